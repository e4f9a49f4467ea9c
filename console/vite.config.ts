import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Resolved against the folder that vite is given, so that it builds the same from wherever it is called.
  base: '/console/',
  plugins: [react()],
  // The server replaces this by a nonce of its own for every page that it serves.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: ['chrome120', 'edge120', 'firefox121', 'safari17.4'],
    sourcemap: false,
    // A page of a strict policy may not read `data:` addresses for scripts and styles; every asset is a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
  },
});
