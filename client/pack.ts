/** Makes `client/dist`: the package as it is published, JavaScript with its types. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('.', import.meta.url);
const dist = new URL('dist/', folder);

rmSync(dist, { recursive: true, force: true });
const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', folder));
const { status } = spawnSync(tsc, ['-p', fileURLToPath(new URL('tsconfig.json', folder))], { stdio: 'inherit' });
if (status !== 0) process.exit(1);

const described = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
delete described.scripts;
described.exports = { '.': { types: './index.d.ts', default: './index.js' } };
described.engines = { node: '>=20' };
writeFileSync(new URL('package.json', dist), `${JSON.stringify(described, null, 2)}\n`);
cpSync(new URL('README.md', folder), new URL('README.md', dist));
cpSync(new URL('../LICENSE', folder), new URL('LICENSE', dist));
