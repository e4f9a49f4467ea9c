/** `npm run check`: everything that can be told without running the tests, side by side. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const binary = (name: string): string => join(root, 'node_modules', '.bin', name);

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What to do when it fails. */
  readonly mend: string;
}

const checks: readonly Check[] = [
  { name: 'format and lint', command: [binary('biome'), 'check', '.'], mend: 'npm run format mends most of it' },
  { name: 'types', command: [binary('tsc'), '-p', '.'], mend: 'mend the types; npx tsc -p . shows them again' },
  {
    name: 'types of the console',
    command: [binary('tsc'), '-p', 'console'],
    mend: 'mend the types; npx tsc -p console shows them again',
  },
  {
    name: 'layers',
    command: [process.execPath, 'scripts/check-layers.ts'],
    mend: 'docs/architecture.md says which part may import which',
  },
  {
    name: 'types of the schema',
    command: [process.execPath, 'scripts/generate-schema-types.ts', '--check'],
    mend: 'node scripts/generate-schema-types.ts',
  },
  {
    name: 'reference of settings',
    command: [process.execPath, 'scripts/generate-reference.ts', '--check'],
    mend: 'node scripts/generate-reference.ts',
  },
  {
    name: 'reference of commands',
    command: [process.execPath, 'scripts/generate-cli-docs.ts', '--check'],
    mend: 'node scripts/generate-cli-docs.ts',
  },
  {
    name: 'types of the client',
    command: [process.execPath, 'scripts/generate-client.ts', '--check'],
    mend: 'node scripts/generate-client.ts',
  },
];

interface Result {
  readonly check: Check;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

function run(check: Check): Promise<Result> {
  const started = performance.now();
  const [command, ...args] = check.command;
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const end = (passed: boolean, note = ''): void =>
      resolve({
        check,
        passed,
        output: Buffer.concat(chunks).toString('utf8') + note,
        seconds: (performance.now() - started) / 1_000,
      });
    child.on('error', (error) => end(false, error.message));
    child.on('close', (code) => end(code === 0));
  });
}

const results = await Promise.all(
  checks.map(async (check) => {
    const result = await run(check);
    console.log(`${result.passed ? 'ok    ' : 'FAILED'} ${check.name} (${result.seconds.toFixed(1)} s)`);
    return result;
  }),
);
const failed = results.filter((result) => !result.passed);
for (const { check, output } of failed) {
  console.log(`\n── ${check.name} ──\n${output.trimEnd()}\nTo mend it: ${check.mend}`);
}
process.exitCode = failed.length === 0 ? 0 : 1;
