/** Runs the demo as a user would, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/demo/main.ts', import.meta.url));

export interface DemoProcess {
  /** Resolves with what was printed so far once it holds the text; rejects when the demo ends before. */
  until(text: string): Promise<string>;
  /** Resolves with the exit code and everything printed. */
  readonly ended: Promise<{ code: number | null; output: string }>;
  interrupt(): void;
}

export function startDemo(...options: string[]): DemoProcess {
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, output }));
  return {
    ended,
    interrupt: () => child.kill('SIGINT'),
    until(text) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (!output.includes(text)) return;
          waiting.delete(look);
          resolve(output);
        };
        waiting.add(look);
        ended.then(() => reject(new Error(`The demo ended before "${text}":\n${output}`)));
        look();
      });
    },
  };
}
