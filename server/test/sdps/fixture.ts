/** A Headgate with a token for the sdps door, and instances at the run's sample databases. */
import { randomBytes } from 'node:crypto';
import type { AppOverrides } from '../../src/app.ts';
import { type Answer, type HarnessOptions, type Headgate, startHeadgate } from '../harness.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { sharedMariadb } from '../servers/shared.ts';

export interface SendOptions {
  /** Null = no token at all. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SdpsClient {
  readonly headgate: Headgate;
  /** An API token with the scope `door:sdps` alone. */
  readonly token: string;
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  /** The data of a call that must succeed. */
  // Tests look into answers of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  data(method: string, path: string, body?: unknown): Promise<any>;
  /** Code and message of a call. */
  said(path: string, body?: unknown): Promise<[code: number, message: string]>;
  stop(): Promise<void>;
}

export async function startSdps(options: HarnessOptions = {}, overrides: AppOverrides = {}): Promise<SdpsClient> {
  const headgate = await startHeadgate({ ...options, overrides });
  const made = await headgate.api('POST', '/tokens', { name: 'portal', scopes: ['door:sdps'] });
  const token: string = made.body.token;
  const send: SdpsClient['send'] = (method, path, body, sent = {}) => {
    const authorization: Record<string, string> =
      sent.token === null ? {} : { authorization: `Bearer ${sent.token ?? token}` };
    return headgate.call(method, path, body, { as: null, headers: { ...authorization, ...sent.headers } });
  };
  return {
    headgate,
    token,
    send,
    post: (path, body) => send('POST', path, body),
    data: async (method, path, body) => {
      const answer = await send(method, path, body);
      if (answer.body.code !== 1001) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.body.data;
    },
    said: async (path, body) => {
      const answer = await send('POST', path, body);
      return [answer.body.code, answer.body.message];
    },
    stop: () => headgate.stop(),
  };
}

export const account = { account_provider: 2, account_id: 'tc-001', region: 'ap-guangzhou-1' };

let made = 0;
/** The key of an instance with a name of its own. */
export function keyOf(name?: string) {
  made += 1;
  const { account_id, region } = account;
  return { instance_id: name ?? `instance-${made}`, account_provider_id: 2, account_id, region };
}

/** The body of an instance at a PostgreSQL sample. */
export function instanceAt(sample: SampleDatabase, more: Readonly<Record<string, unknown>> = {}) {
  const { host, port, database, username, password } = sample;
  return {
    ...keyOf(),
    description: 'd',
    jdbc_connection_url: `jdbc:postgresql://${host}:${port}/${database}`,
    jdbc_connection_schema: database,
    jdbc_enforce_ssl: 'false',
    master_username: username,
    password,
    network_subnet_id: 'subnet-1',
    network_sg_id: 'sg-1',
    create_type: 7,
    ...more,
  };
}

export interface MariadbSample {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  execute(script: string): Promise<string>;
}

/** A database of MariaDB with a login that sees it alone. */
export async function mariadbSample(password = `pw-${randomBytes(6).toString('hex')}`): Promise<MariadbSample> {
  const server = await sharedMariadb();
  const database = await server.createDatabase();
  const username = `u_${randomBytes(5).toString('hex')}`;
  await server.execute(
    `CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'; GRANT ALL ON \`${database}\`.* TO '${username}'@'%';
     CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(80)); INSERT INTO people VALUES (1, 'a@example.org');`,
    database,
  );
  const { host, port } = server;
  return { host, port, database, username, password, execute: (script) => server.execute(script, database) };
}

export { type SampleDatabase, sampleDatabase };

/** Waits until `look` gives something that is not undefined; the state that is awaited is another process's affair. */
export async function until<T>(look: () => Promise<T | undefined>, ms = 20_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
