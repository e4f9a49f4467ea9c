/** Asking a person, and reading secrets without showing them. */
import { usageError } from './exit.ts';
import type { CliIo } from './io.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const BACKSPACE = '\u007f';

/** Thrown when the person pressed Ctrl-C at a prompt. */
export class Interrupted extends Error {
  constructor() {
    super('Interrupted.');
    this.name = 'Interrupted';
  }
}

/** Asks on stderr for one line. `secret` answers are not echoed. Refuses where no terminal is attached. */
export async function ask(
  io: CliIo,
  question: string,
  options: { secret: boolean; insteadUse: string },
): Promise<string> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw usageError(`${question} is needed, and there is no terminal to ask on.`, options.insteadUse);
  }
  io.stderr.write(`${question}: `);
  io.stdin.setRawMode?.(true);
  try {
    return await readKeys(io, options.secret);
  } finally {
    io.stdin.setRawMode?.(false);
    io.stdin.pause();
    io.stderr.write('\n');
  }
}

/** Reads keys up to Enter; raw mode leaves echo and line editing to us. */
function readKeys(io: CliIo, secret: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const finish = (settle: () => void) => {
      io.stdin.removeListener('data', onData);
      io.stdin.removeListener('end', onEnd);
      settle();
    };
    const onEnd = () => finish(() => reject(new Interrupted()));
    const onData = (chunk: Buffer | string) => {
      for (const key of chunk.toString('utf8')) {
        if (key === CTRL_C || key === CTRL_D) return finish(() => reject(new Interrupted()));
        if (key === '\r' || key === '\n') return finish(() => resolve(answer));
        if (key === BACKSPACE || key === '\b') {
          if (answer !== '' && !secret) io.stderr.write('\b \b');
          answer = [...answer].slice(0, -1).join('');
        } else if (key >= ' ') {
          answer += key;
          if (!secret) io.stderr.write(key);
        }
      }
    };
    io.stdin.on('data', onData);
    io.stdin.once('end', onEnd);
    io.stdin.resume();
  });
}

/** All of standard input as text, without the newline that `echo` adds. */
export async function readStdin(io: CliIo): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
