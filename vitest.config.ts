import { defineConfig } from 'vitest/config';
import LongestFirst from './server/test/sequencer.ts';

const soak = process.env.HEADGATE_SOAK === '1';

export default defineConfig({
  test: {
    include: ['server/**/*.test.ts', 'scripts/**/*.test.ts', 'client/**/*.test.ts', 'console/test/**/*.test.ts'],
    // Files share their processes: to load the parts anew for each would cost a third of the time.
    isolate: false,
    // The full numbers of the design's properties take minutes: `npm run soak`.
    exclude: ['**/node_modules/**', ...(soak ? [] : ['**/*.soak.test.ts'])],
    // V8 keeps one table of code pages a process; threads that come and go with WebAssembly corrupt it once in a while
    // ("Check failed: jit_page.has_value()"), and the whole run dies. Processes fail alone.
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['server/test/global-setup.ts'],
    // Upper bounds for a busy machine, not expectations.
    testTimeout: soak ? 3_600_000 : 60_000,
    hookTimeout: 60_000,
    // None, so that an unsteady test shows. A machine that nobody watches may allow one, and the report names its user.
    retry: Number(process.env.HEADGATE_TEST_RETRIES ?? 0),
    reporters: ['default', './server/test/reporter.ts'],
  },
});
