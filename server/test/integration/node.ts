/**
 * `headgate serve` as a process of its own, for what only a process can show: being killed, and several nodes on one
 * store.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer } from '../harness.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The first administrator of every node here. */
export const adminPassword = 'admin-password-1';

function environment(settings: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(HEADGATE_|DATABASE_URL$|NODE_OPTIONS$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), HEADGATE_ADMIN_PASSWORD: adminPassword, ...settings };
}

function startCommand(argv: readonly string[], settings: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, [main, ...argv], { env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs one command line to its end. */
export async function runCommand(
  argv: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<{ code: number | null; output: string }> {
  const child = startCommand(argv, settings);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  await once(child, 'close');
  return { code: child.exitCode, output };
}

export class HeadgateNode {
  readonly process: ChildProcess;
  #output = '';
  #url = '';
  #token = '';

  private constructor(settings: Readonly<Record<string, string>>) {
    this.process = startCommand(['serve', '--port', '0'], settings);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += String(chunk);
      });
    }
  }

  /** Starts one, waits until it is ready and signs its administrator in. */
  static async start(settings: Readonly<Record<string, string>>): Promise<HeadgateNode> {
    const node = new HeadgateNode(settings);
    node.#url = await node.#ready();
    const { status, body, text } = await node.api('POST', '/sessions', { username: 'admin', password: adminPassword });
    if (status !== 201) throw new Error(`The administrator could not sign in: ${text}`);
    node.#token = body.token;
    return node;
  }

  get url(): string {
    return this.#url;
  }

  /** Headers that sign the administrator in. */
  get authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` };
  }

  /** Everything that it printed. */
  get output(): string {
    return this.#output;
  }

  /** Calls `/api/v1{path}` as the administrator, or with another token. */
  async api(method: string, path: string, body?: unknown, options: { token?: string } = {}): Promise<Answer> {
    const token = options.token ?? this.#token;
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    const { status, headers } = response;
    return { status, headers, text, body: json && text !== '' ? JSON.parse(text) : text };
  }

  /** `kill -9`: no handler of the process runs any more. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it in order; gives its exit code. */
  async stop(): Promise<number | null> {
    await this.#end('SIGTERM');
    return this.process.exitCode;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill(signal);
    await gone;
  }

  async #ready(): Promise<string> {
    for (;;) {
      const found = /Headgate is ready at (http:\/\/[^\s]+)/.exec(this.#output)?.[1];
      if (found !== undefined) return found;
      if (this.process.exitCode !== null) throw new Error(`It ended instead: ${this.#output}`);
      // Set by the options in `startCommand`: a pipe.
      await Promise.race([once(this.process.stdout!, 'data'), once(this.process, 'exit')]);
    }
  }
}

/** `headgate worker` as a process of its own. */
export async function startWorker(
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly pid: number | undefined; stop(): Promise<number | null> }> {
  const child = startCommand(['worker'], settings);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  while (!output.includes('Headgate works on jobs')) {
    // Set by the options in `startCommand`: a pipe.
    await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(`It ended instead: ${output}`);
  }
  return {
    pid: child.pid,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    },
  };
}
