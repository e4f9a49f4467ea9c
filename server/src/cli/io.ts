/** Everything a command touches of the process it runs in, so that tests can run commands inside their own. */
import type { Readable, Writable } from 'node:stream';

export interface CliIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * The real process. Ctrl-C aborts `signal` once, so that a command can cancel its work on the server; a second one
 * ends the process the ordinary way. `release` takes the listener off again.
 */
export function processIo(): { io: CliIo; release(): void } {
  const interrupt = new AbortController();
  const onInterrupt = () => {
    process.removeListener('SIGINT', onInterrupt);
    interrupt.abort();
  };
  process.on('SIGINT', onInterrupt);
  // `headgate … | head` has read enough: that is no failure. Ending closes the connection, which cancels the statement.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const io: CliIo = {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interrupt.signal,
  };
  return { io, release: () => process.removeListener('SIGINT', onInterrupt) };
}
