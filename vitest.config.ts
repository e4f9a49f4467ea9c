import { defineConfig } from 'vitest/config';

const soak = process.env.HEADGATE_SOAK === '1';

export default defineConfig({
  test: {
    include: ['server/**/*.test.ts', 'scripts/**/*.test.ts'],
    // The full numbers of the design's properties take minutes: `npm run soak`.
    exclude: ['**/node_modules/**', ...(soak ? [] : ['**/*.soak.test.ts'])],
    pool: 'threads',
    maxWorkers: 2,
    globalSetup: ['server/test/global-setup.ts'],
    // Upper bounds for a busy machine, not expectations.
    testTimeout: soak ? 3_600_000 : 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './server/test/reporter.ts'],
  },
});
