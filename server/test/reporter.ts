/**
 * Prints the outcome of a test run in one fixed line, `N passed, N failed` (`, N skipped` only when some were), as the
 * very last line, so that a script can read it. A file that fails to load, and an error outside any test, count as
 * failed. Before it, tests that passed only on a second try are named: each is a defect of the test or of the code.
 */
import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const lines = [...unsteady(modules), summarise(modules, errors.length)];
    // At the process's end, after everything that other reporters and the teardown print.
    process.once('exit', () => writeSync(1, `${lines.join('\n')}\n`));
  }
}

function unsteady(modules: readonly TestModule[]): string[] {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  return tests
    .filter((test) => test.diagnostic()?.flaky === true)
    .map((test) => `Passed only on a second try: ${test.module.relativeModuleId} > ${test.fullName}`);
}

function summarise(modules: readonly TestModule[], errors: number): string {
  let passed = 0;
  let failed = errors;
  let skipped = 0;
  for (const module of modules) {
    if (module.errors().length > 0) failed += 1;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'skipped') skipped += 1;
      else failed += 1;
    }
  }
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
