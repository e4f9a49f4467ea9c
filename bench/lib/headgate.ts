/** A Headgate under measurement: its own store, an administrator, an owner, registered sources. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './process.ts';

const adminPassword = 'bench administrator password';

export class Headgate {
  readonly child: Child;
  readonly port: number;
  readonly token: string;
  readonly #folder: string;

  private constructor(child: Child, port: number, token: string, folder: string) {
    this.child = child;
    this.port = port;
    this.token = token;
    this.#folder = folder;
  }

  /** Starts on PGlite, or on the PostgreSQL database at `databaseUrl`. */
  static async start(databaseUrl?: string, env: NodeJS.ProcessEnv = {}): Promise<Headgate> {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-bench-'));
    const [child, { port }] = await Child.start<{ port: number }>(
      new URL('./headgate-child.ts', import.meta.url),
      ['--port', '0', '--data-dir', folder],
      {
        HEADGATE_ADMIN_USERNAME: 'admin',
        HEADGATE_ADMIN_PASSWORD: adminPassword,
        HEADGATE_LOG_LEVEL: 'warn',
        ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
        ...env,
      },
    );
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: adminPassword }),
    });
    const { token } = (await answer.json()) as { token: string };
    return new Headgate(child, port, token, folder);
  }

  /** One API call; throws with the problem when it is refused. */
  api<T = unknown>(method: string, path: string, body?: unknown, token = this.token): Promise<T> {
    return this.call(method, `/api/v1${path}`, body, token);
  }

  /** The same for any path of the server. */
  async call<T = unknown>(method: string, path: string, body?: unknown, token = this.token): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  async stop(): Promise<void> {
    await this.child.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
