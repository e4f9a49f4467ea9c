import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileTarget } from './targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-targets-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('leaves no file when it is discarded while its file is being opened', async () => {
  for (let round = 0; round < 100; round++) {
    const target = fileTarget(join(folder, `rows-${round}.csv`));
    await target.write(Buffer.from('n,word\n'));
    await target.discard();
  }
  expect(await readdir(folder)).toEqual([]);
});

it('appears under its name only when it is whole', async () => {
  const target = fileTarget(join(folder, 'whole.csv'));
  await target.write(Buffer.from('n\n1\n'));
  expect(await readdir(folder)).not.toContain('whole.csv');
  await target.finish();
  expect(await readdir(folder)).toEqual(['whole.csv']);
});
