// Runs before the first paint, so that a dark page does not flash white. The key is the one of main.tsx.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('headgate-color-scheme');
  } catch {
    // Storage may be switched off; the system's choice then counts.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
