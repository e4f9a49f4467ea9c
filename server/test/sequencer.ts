/**
 * The order of a whole run: files that take long first, so that none of them is left running alone at the end; then the
 * tests of the whole, then the tests of parts, which are many and short.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take more than ten seconds, longest first; what is not named here comes in vitest's own order. */
const long = [
  'console/test/console.test.ts',
  'server/test/cli/demo.test.ts',
  'server/test/rest/process.test.ts',
  'server/src/platform/database/crash.test.ts',
  'server/test/integration/u1.test.ts',
  'server/test/cli/offline.test.ts',
  'server/test/integration/a2.test.ts',
  'server/test/fetcher/in-use.test.ts',
  'server/test/jobs/j5.test.ts',
  'server/test/rest/contract.test.ts',
  'server/test/jobs/cli.test.ts',
  'server/src/engines/mysql/connection.test.ts',
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = new Map(sorted.map((file) => [file, placeOf(file)]));
    return sorted.toSorted((a, b) => place.get(a)! - place.get(b)!); // every file has its place
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const index = long.findIndex((file) => moduleId.endsWith(file));
  if (index >= 0) return index;
  return long.length + (moduleId.includes('/test/') ? 0 : 1);
}
