/** The documentation: generated pages are up to date, links lead somewhere, decision records stay short. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });

describe('documentation', () => {
  it('has a page of the command line that is not behind the commands', () => {
    const check = spawnSync(process.execPath, ['scripts/generate-cli-docs.ts', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(check).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(pages)('%s links to files that are there', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    const missing = targets.filter(
      (target) => !/^[a-z]+:/.test(target) && !existsSync(join(ROOT, dirname(page), target)),
    );
    expect(missing).toEqual([]);
  });

  it.each(pages.filter((page) => page.startsWith('docs/decisions/')))('%s has at most 40 lines', (page) => {
    expect(readFileSync(join(ROOT, page), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });
});
