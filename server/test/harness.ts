/**
 * A real Headgate for black-box tests: the whole app on a free port, on a throwaway store, with its administrator
 * signed in. Everything a test does goes over HTTP; `app` is there for what only the inside can tell.
 *
 * ```ts
 * const headgate = await startHeadgate();
 * await headgate.createUser('bob');
 * const answer = await headgate.api('GET', '/sources', undefined, { as: 'bob' });
 * await headgate.stop();
 * ```
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, type AppOverrides, createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { createLogger } from '../src/platform/telemetry/index.ts';
import { prepareMigrated } from '../src/platform/testing/folders.ts';
import { sharedPostgresql } from './servers/shared.ts';

export interface HarnessOptions {
  /** `postgresql` (a new database of the run's server) unless said. */
  readonly store?: 'postgresql' | 'pglite';
  /** An existing database or folder instead of a new one: a second node, or a restart. */
  readonly at?: StoreLocation;
  /** Settings by their environment names, e.g. `{ HEADGATE_RATE_LIMIT_PER_MINUTE: '10' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly overrides?: AppOverrides;
}

export interface StoreLocation {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
}

/** An answer with its body read and parsed: JSON when it says so, text otherwise. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of every shape; a wrong member shows as a failed expectation.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
  readonly text: string;
}

export interface ApiOptions {
  /** User name of somebody signed in here, or null for nobody; the administrator unless said. */
  readonly as?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Headgate {
  readonly app: App;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  readonly at: StoreLocation;
  /** Everything logged so far, as text. */
  logs(): string;
  /** Calls `/api/v1{path}`; an object as body is sent as JSON. */
  api(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<Answer>;
  /** The same for any path of the server. */
  call(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<Answer>;
  /** Makes a user with the password `<username>-password-1` and signs it in. */
  createUser(username: string, more?: Readonly<Record<string, unknown>>): Promise<void>;
  signIn(username: string, password: string): Promise<string>;
  token(username: string): string;
  /** Sends bytes as they are on a connection of their own; the answer until the server closes or `ms` pass. */
  raw(bytes: string | Buffer, ms?: number): Promise<string>;
  /** Stops the server and keeps the store, for a restart. */
  stopServer(): Promise<void>;
  /** Stops the server and removes what it stored. */
  stop(): Promise<void>;
}

export const adminName = 'admin';
export const adminPassword = 'admin-password-1';
/** Enough for argon2id to be argon2id. */
const cheapHash = { memoryCost: 64, timeCost: 1, parallelism: 1 };

async function newLocation(store: 'postgresql' | 'pglite'): Promise<StoreLocation> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
  if (store === 'pglite') {
    await prepareMigrated(dataDir);
    return { dataDir, databaseUrl: undefined };
  }
  const server = await sharedPostgresql();
  return { dataDir, databaseUrl: server.url(await server.createStore()) };
}

/** Starts a Headgate and signs its administrator in. */
export async function startHeadgate(options: HarnessOptions = {}): Promise<Headgate> {
  const at = options.at ?? (await newLocation(options.store ?? 'postgresql'));
  const lines: string[] = [];
  const log = createLogger({ level: 'info', format: 'json' }, { write: (line: string) => void lines.push(line) });
  const config = loadConfig({
    env: {
      HEADGATE_PORT: '0',
      HEADGATE_DATA_DIR: at.dataDir,
      HEADGATE_ADMIN_USERNAME: adminName,
      HEADGATE_ADMIN_PASSWORD: adminPassword,
      // A tenth of it passes before anything stops, for load balancers.
      HEADGATE_SHUTDOWN_GRACE_SECONDS: '1',
      ...(at.databaseUrl === undefined ? {} : { DATABASE_URL: at.databaseUrl }),
      ...options.settings,
    },
    argv: [],
    cwd: at.dataDir,
  });
  const app = await createApp(config, log, { passwordCost: cheapHash, ...options.overrides });
  const url = await app.listen();
  const headgate = new RunningHeadgate(app, url, at, lines);
  await headgate.signIn(adminName, adminPassword);
  return headgate;
}

class RunningHeadgate implements Headgate {
  readonly app: App;
  readonly url: string;
  readonly port: number;
  readonly at: StoreLocation;
  readonly #lines: readonly string[];
  readonly #tokens = new Map<string, string>();

  constructor(app: App, url: string, at: StoreLocation, lines: readonly string[]) {
    this.app = app;
    this.url = url;
    this.port = Number(new URL(url).port);
    this.at = at;
    this.#lines = lines;
  }

  logs(): string {
    return this.#lines.join('');
  }

  api(method: string, path: string, body?: unknown, options?: ApiOptions): Promise<Answer> {
    return this.call(method, `/api/v1${path}`, body, options);
  }

  async call(method: string, path: string, body?: unknown, options: ApiOptions = {}): Promise<Answer> {
    const { as = adminName, signal } = options;
    const headers: Record<string, string> = {};
    if (as !== null) headers.authorization = `Bearer ${this.token(as)}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: { ...headers, ...options.headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    const json = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: json && text !== '' ? JSON.parse(text) : text,
    };
  }

  async createUser(username: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const password = `${username}-password-1`;
    const created = await this.api('POST', '/users', { username, password, ...more });
    if (created.status !== 201) throw new Error(`User ${username} was not created: ${created.text}`);
    await this.signIn(username, password);
  }

  async signIn(username: string, password: string): Promise<string> {
    const answer = await this.api('POST', '/sessions', { username, password }, { as: null });
    if (answer.status !== 201) throw new Error(`${username} could not sign in: ${answer.text}`);
    this.#tokens.set(username, answer.body.token);
    return answer.body.token;
  }

  token(username: string): string {
    const token = this.#tokens.get(username);
    if (token === undefined) throw new Error(`${username} is not signed in here.`);
    return token;
  }

  raw(bytes: string | Buffer, ms = 5000): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const socket = connect(this.port, '127.0.0.1', () => socket.write(bytes));
      const timer = setTimeout(() => socket.destroy(), ms);
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
      });
      // A reset after an answer is an answer too: what counts is what was said before.
      socket.on('error', () => {});
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  stopServer(): Promise<void> {
    return this.app.close();
  }

  async stop(): Promise<void> {
    await this.app.close();
    await rm(this.at.dataDir, { recursive: true, force: true });
  }
}
