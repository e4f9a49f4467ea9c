/** Runs the command line inside the test's process, with streams that keep what was written. */
import { PassThrough, Writable } from 'node:stream';
import { run } from '../../src/cli/index.ts';
import type { CliIo } from '../../src/cli/io.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRunOptions {
  readonly env?: Record<string, string | undefined>;
  readonly stdin?: string;
  /** Columns of a pretended terminal; absent = output is a pipe. */
  readonly terminal?: number;
  readonly signal?: AbortSignal;
  /** Keys that a person types at prompts, one entry a prompt. */
  readonly types?: readonly string[];
  /** Hears of output as it comes. */
  readonly onStdout?: (text: string) => void;
}

class Kept extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  readonly #hear: ((text: string) => void) | undefined;

  constructor(columns: number | undefined, hear?: (text: string) => void) {
    super({ decodeStrings: false });
    this.isTTY = columns !== undefined;
    this.columns = columns;
    this.#hear = hear;
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString();
    this.text += text;
    this.#hear?.(text);
    done();
  }
}

/** Runs one command line to its end. */
export async function runCli(argv: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const typed = [...(options.types ?? [])];
  const stdin = Object.assign(new PassThrough(), { isTTY: options.types !== undefined, setRawMode: () => undefined });
  if (options.types === undefined) stdin.end(options.stdin ?? '');
  const stdout = new Kept(options.terminal, options.onStdout);
  const stderr = new Kept(options.types === undefined ? options.terminal : 80, (text) => {
    // A prompt ends in ": "; the person then types and presses Enter.
    if (text.endsWith(': ') && typed.length > 0) setImmediate(() => stdin.write(`${typed.shift()}\r`));
  });
  const io: CliIo = {
    env: { HOME: '/nonexistent', ...options.env },
    stdin,
    stdout,
    stderr,
    signal: options.signal ?? new AbortController().signal,
  };
  const code = await run(argv, io);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
