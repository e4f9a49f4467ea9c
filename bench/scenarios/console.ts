/**
 * The console in a browser on this machine: how long until the first screen can be used, and how long the page is busy at a
 * stretch while 100,000 rows come in and are scrolled through from end to end.
 */
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../console/test/browser.ts';
import { runStatement } from '../../console/test/screens.ts';
import { buildConsole, consoleIsFresh } from '../../scripts/console-build.ts';
import type { Bench } from '../lib/bench.ts';
import { type Line, median } from '../lib/statistics.ts';

const rows = 100_000;
/** Steps from the first row to the last, one a frame. */
const steps = 240;

/** From the address on to a form that takes letters, ms; nothing is in the browser's cache. */
async function firstScreen(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const started = performance.now();
  await page.goto(`${url}/console/`, { waitUntil: 'commit' });
  await page.getByLabel('User name').fill('a');
  const took = performance.now() - started;
  await context.close();
  return took;
}

/** The browser's own record of tasks that kept the page from answering; it knows those above 50 ms. */
const watchTasks = `window.longTasks = [];
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.longTasks.push(duration); })
    .observe({ entryTypes: ['longtask'] });`;

const scrollThrough = `new Promise((done) => {
  const scroller = document.querySelector('[aria-label="Rows"]');
  const end = scroller.scrollHeight - scroller.clientHeight;
  let step = 0;
  const next = () => {
    step += 1;
    scroller.scrollTop = (end * step) / ${steps};
    if (step < ${steps}) requestAnimationFrame(next);
    else requestAnimationFrame(() => done(scroller.textContent.includes('${rows.toLocaleString('en').replace(',', '')}')));
  };
  next();
})`;

/** The longest of the tasks since the last call, ms; 0 when none lasted 50 ms. */
async function longestTask(page: Page): Promise<number> {
  // An array of numbers: `watchTasks` fills it.
  const durations = (await page.evaluate('window.longTasks.splice(0)')) as number[];
  return Math.max(0, ...durations);
}

async function scroll(browser: Browser, bench: Bench, url: string): Promise<{ coming: number; scrolling: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addCookies([{ name: 'headgate_session', value: bench.headgate.token, url }]);
  const page = await context.newPage();
  await page.goto(`${url}/console/query?source=postgresql`);
  await page.getByRole('combobox', { name: 'At most' }).click();
  await page.getByRole('option', { name: `${rows.toLocaleString('en')} rows` }).click();
  await page.getByLabel('Statement').waitFor();
  await page.evaluate(watchTasks);
  await runStatement(page, `select * from bulk limit ${rows}`);
  await page.getByText('complete').waitFor();
  const coming = await longestTask(page);
  if ((await page.evaluate(scrollThrough)) !== true) throw new Error('The last row was not shown.');
  const scrolling = await longestTask(page);
  await context.close();
  return { coming, scrolling };
}

export async function consoleScenario(bench: Bench): Promise<Line[]> {
  if (!(await consoleIsFresh())) await buildConsole();
  const url = `http://127.0.0.1:${bench.headgate.port}`;
  const browser = await launchBrowser();
  try {
    await firstScreen(browser, url); // the server packs its files once
    const first: number[] = [];
    const coming: number[] = [];
    const scrolling: number[] = [];
    for (let round = 0; round < bench.rounds; round += 1) {
      first.push(await firstScreen(browser, url));
      const longest = await scroll(browser, bench, url);
      coming.push(longest.coming);
      scrolling.push(longest.scrolling);
    }
    const note = 'longest task of the page in any round; 0: none above 50 ms';
    return [
      {
        name: 'console: first screen takes letters, empty cache',
        value: median(first),
        unit: 'ms',
        target: { kind: 'at most', value: 1500 },
      },
      {
        name: `console: ${rows.toLocaleString('en')} rows scrolled from end to end`,
        value: Math.max(...scrolling),
        unit: 'ms',
        target: { kind: 'at most', value: 50 },
        note,
      },
      {
        name: `console: ${rows.toLocaleString('en')} rows coming in`,
        value: Math.max(...coming),
        unit: 'ms',
        target: { kind: 'at most', value: 50 },
        note,
      },
    ];
  } finally {
    await browser.close();
  }
}
