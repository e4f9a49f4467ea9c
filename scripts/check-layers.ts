/** Fails when an import goes against the arrows between the server's parts (scripts/layers.ts has the rule). */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { layerViolations } from './layers.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
let broken = 0;
for await (const path of glob('server/src/**/*.ts', { cwd: root })) {
  const file = path.replaceAll('\\', '/');
  for (const { line, imported, because } of layerViolations(file, readFileSync(`${root}/${file}`, 'utf8'))) {
    console.error(`${file}:${line}: imports ${imported}: ${because}`);
    broken += 1;
  }
}
if (broken > 0) process.exit(1);
