/** Building the console, and telling whether that is needed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where the built console lies. */
export const consoleOutput = join(root, 'console', 'dist');
/** Names the sources of the build beside it; a dot file, so the server does not serve it. */
const stamp = join(consoleOutput, '.built-from');
/** All that the build depends on. */
const inputs = [
  'console/src',
  'console/public',
  'console/index.html',
  'console/vite.config.ts',
  'client/src',
  'package-lock.json',
];

function* filesOf(path: string): Generator<string> {
  let entries: string[];
  try {
    entries = readdirSync(join(root, path)).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') yield path;
    else if (code !== 'ENOENT') throw error;
    return;
  }
  for (const entry of entries) yield* filesOf(`${path}/${entry}`);
}

/** A fingerprint of the sources. */
function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of filesOf(input)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

/** Is there a build, made from the present sources? */
export async function consoleIsFresh(): Promise<boolean> {
  const builtFrom = await readFile(stamp, 'utf8').catch(() => null);
  return builtFrom === sourcesHash();
}

/** Builds. Rejects with the builder's words when it fails. */
export async function buildConsole(): Promise<void> {
  const sources = sourcesHash();
  await new Promise<void>((resolve, reject) => {
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const child = spawn(process.execPath, [vite, 'build', 'console', '--logLevel', 'warn'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    const said: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`vite ended with ${code}.\n${Buffer.concat(said).toString('utf8')}`));
    });
  });
  // Last: a build that was cut off must not look whole.
  writeFileSync(stamp, sources);
}
