/**
 * The `headgate` command: one file a verb, all on top of the native REST door, but for those that work on the store
 * itself (`config`, `key rotate`, `fetcher keys`, `audit verify`) and `serve`, which starts everything.
 *
 * May be imported: `config.ts`, `serve.ts`, `domain/audit`, `domain/fetcher` and `platform/*`, and those lazily: `headgate source list`
 * must not load a server.
 */
import { version } from '../version.ts';
import { Cli } from './cli.ts';
import { type CliIo, processIo } from './io.ts';
import { createProgram } from './program.ts';
import { reportFailure } from './report.ts';

/** Runs one command line (without `node` and the script) and returns its exit code. Never throws. */
export async function run(argv: readonly string[], io?: CliIo): Promise<number> {
  if (io !== undefined) return await runWith(argv, io);
  // These handle signals themselves: they have work to finish.
  if (argv[0] === 'serve' || argv[0] === 'worker') return await runWith(argv, { ...processIoWithoutSignal() });
  const process = processIo();
  try {
    return await runWith(argv, process.io);
  } finally {
    process.release();
  }
}

async function runWith(argv: readonly string[], io: CliIo): Promise<number> {
  const cli = new Cli(io);
  try {
    await createProgram(cli, version).parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return reportFailure(error, io, argv.includes('--json'));
  }
}

function processIoWithoutSignal(): CliIo {
  const { env, stdin, stdout, stderr } = process;
  return { env, stdin, stdout, stderr, signal: new AbortController().signal };
}
