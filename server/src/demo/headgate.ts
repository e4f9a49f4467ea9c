/** The demo's Headgate: a child process, started as `npm start` would start it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DemoFailure } from './caller.ts';

export interface Headgate {
  /** Where it listens, as it says itself: on a port found free before, another server might answer by now. */
  readonly url: string;
  /** Resolves when the server takes requests. Rejects with PortTaken, DemoFailure: it ended or took too long. */
  ready(): Promise<void>;
  /** Resolves when the process has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** The end of its log. */
  lastLines(): string;
  stop(): Promise<void>;
}

/** Somebody took the port after it was found free. */
export class PortTaken extends DemoFailure {
  constructor() {
    super('The port was taken while Headgate started.');
  }
}

const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;
const KEPT_LINES = 20;

/** `port`: 0 = any. */
export function startHeadgate(folder: string, port: number, admin: { username: string; password: string }): Headgate {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
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
  let url: string | undefined;
  const told = Promise.withResolvers<'ready'>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      lines.splice(0, lines.length - KEPT_LINES);
      url ??= /^Headgate is ready at (http:\S+)/.exec(line)?.[1];
      if (url !== undefined) told.resolve('ready');
    });
  }
  const ended = once(child, 'close').then(() => undefined);
  return {
    get url() {
      if (url === undefined) throw new Error('Headgate is not ready yet.');
      return url;
    },
    ended,
    lastLines: () => lines.join('\n'),
    async ready() {
      const late = delay(READY_DEADLINE_MS, 'late' as const, { ref: false });
      const first = await Promise.race([told.promise, late, ended]);
      if (first === 'late') throw new DemoFailure('Headgate was not ready in time.');
      if (first === 'ready') return;
      const taken = lines.some((line) => /Port \d+ .* is taken/.test(line));
      throw taken ? new PortTaken() : new DemoFailure('Headgate ended while starting.');
    },
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
