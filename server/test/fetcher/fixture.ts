/** A Headgate with a token for the fetcher door, and connections to the run's sample databases. */
import type { AppOverrides } from '../../src/app.ts';
import { type Answer, type HarnessOptions, type Headgate, startHeadgate } from '../harness.ts';
import type { SampleDatabase } from '../rest/fixture.ts';

export const connectionsPath = '/v1/management/connections';
export const product = 'my-product';
export const noId = '01999999-0000-7000-8000-000000000000';

export interface SendOptions {
  /** Null = no token at all. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FetcherClient {
  readonly headgate: Headgate;
  /** An API token with the scope `door:fetcher` alone. */
  readonly token: string;
  /** Text and bytes go as they are; anything else as JSON. */
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>;
  /** Registers a connection and gives its body; throws when that does not work. */
  create(
    members?: Readonly<Record<string, unknown>>,
    product?: string,
  ): Promise<Record<string, unknown> & { id: string }>;
  stop(): Promise<void>;
}

/** A create body that is in order. */
export function connectionBody(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    configName: `connection-${Math.random().toString(36).slice(2, 10)}`,
    type: 'POSTGRESQL',
    host: 'db.example.com',
    port: 5432,
    databaseName: 'mydatabase',
    userName: 'dbuser',
    password: 'a-database-password',
    ...more,
  };
}

/** Members that point at a sample database. */
export function at(sample: SampleDatabase): Record<string, unknown> {
  const { host, port, database, username, password } = sample;
  return { host, port, databaseName: database, userName: username, password };
}

/** A token of the caller's own with these scopes. */
export async function tokenWith(headgate: Headgate, scopes: readonly string[], as?: string): Promise<string> {
  const { status, body, text } = await headgate.api('POST', '/tokens', { name: 'program', scopes }, { as });
  if (status !== 201) throw new Error(text);
  return body.token;
}

export async function startFetcher(options: HarnessOptions = {}, overrides: AppOverrides = {}): Promise<FetcherClient> {
  const headgate = await startHeadgate({ ...options, overrides: { withoutWorker: true, ...overrides } });
  return clientOf(headgate, await tokenWith(headgate, ['door:fetcher']));
}

/** A client of this door on a Headgate that runs already. */
export function clientOf(headgate: Headgate, token: string): FetcherClient {
  const send: FetcherClient['send'] = (method, path, body, sent = {}) => {
    const authorization: Record<string, string> =
      sent.token === null ? {} : { authorization: `Bearer ${sent.token ?? token}` };
    return headgate.call(method, path, body, { as: null, headers: { ...authorization, ...sent.headers } });
  };
  return {
    headgate,
    token,
    send,
    create: async (members = {}, owner = product) => {
      const answer = await send('POST', connectionsPath, connectionBody(members), {
        headers: { 'x-product-name': owner },
      });
      if (answer.status !== 201) throw new Error(`Not created: ${answer.status} ${answer.text}`);
      return answer.body;
    },
    stop: () => headgate.stop(),
  };
}
