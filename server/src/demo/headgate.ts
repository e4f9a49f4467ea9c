/** The demo's Headgate: a child process, started as `npm start` would start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DemoFailure } from './caller.ts';

export interface Headgate {
  readonly url: string;
  /** Resolves when the server takes requests; rejects when it ended or took too long. */
  ready(): Promise<void>;
  /** Resolves when the process has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** The end of its log. */
  lastLines(): string;
  stop(): Promise<void>;
}

const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;
const KEPT_LINES = 20;

export function startHeadgate(folder: string, port: number, admin: { username: string; password: string }): Headgate {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const url = `http://127.0.0.1:${port}`;
  // Settings of the shell must not reach the demo's server: it would open somebody's real store.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(HEADGATE_|DATABASE_URL$)/.test(name));
  const child = spawn(process.execPath, [main, 'serve', '--port', String(port), '--data-dir', join(folder, 'data')], {
    cwd: folder,
    env: {
      ...Object.fromEntries(inherited),
      HEADGATE_ADMIN_USERNAME: admin.username,
      HEADGATE_ADMIN_PASSWORD: admin.password,
      HEADGATE_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter(Boolean));
      lines.splice(0, lines.length - KEPT_LINES);
    });
  }
  const ended = once(child, 'exit').then(() => undefined);
  return {
    url,
    ended,
    lastLines: () => lines.join('\n'),
    ready: () => untilReady(child, url),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const late = delay(STOP_DEADLINE_MS, 'late', { ref: false });
      if ((await Promise.race([ended, late])) === 'late') {
        child.kill('SIGKILL');
        await ended;
      }
    },
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new DemoFailure('Headgate ended while starting.');
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await delay(50);
  }
  throw new DemoFailure('Headgate was not ready in time.');
}
