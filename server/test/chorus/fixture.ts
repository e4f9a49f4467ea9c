/** A Headgate with people signed in at the chorus door, and data sources on the run's PostgreSQL. */
import {
  type Answer,
  adminName,
  adminPassword,
  type HarnessOptions,
  type Headgate,
  startHeadgate,
} from '../harness.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';

export interface SendOptions {
  /** User name; null = nobody; the administrator unless said. */
  readonly as?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Chorus {
  readonly headgate: Headgate;
  /** A plain object goes as a form, `json(…)` and text as JSON. */
  send(method: string, path: string, body?: unknown, options?: SendOptions): Promise<Answer>;
  /** The same, and it must succeed: what stands under `response`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  get(method: string, path: string, body?: unknown, options?: SendOptions): Promise<any>;
  /** Makes a user through this door and signs it in; its number. */
  person(username: string, more?: Readonly<Record<string, string>>): Promise<number>;
  session(username: string): string;
  /** Registers the sample database as this user; its number. */
  source(sample: SampleDatabase, as: string, more?: Readonly<Record<string, string>>): Promise<number>;
  stop(): Promise<void>;
}

class Json {
  readonly text: string;
  constructor(value: unknown) {
    this.text = JSON.stringify(value);
  }
}
/** A body sent as JSON. */
export const json = (value: unknown): Json => new Json(value);

function encoded(body: unknown): { type?: string; text?: string } {
  if (body === undefined) return {};
  if (body instanceof Json) return { type: 'application/json', text: body.text };
  if (typeof body === 'string') return { type: 'application/json', text: body };
  const pairs = Object.entries(body as Record<string, unknown>).flatMap(([name, value]): [string, string][] =>
    Array.isArray(value) ? value.map((one) => [name, String(one)]) : [[name, String(value)]],
  );
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(pairs).toString() };
}

export async function startChorus(options: HarnessOptions = {}): Promise<Chorus> {
  const headgate = await startHeadgate({
    ...options,
    settings: { HEADGATE_SIGN_IN_RATE_PER_MINUTE: '0', ...options.settings },
    overrides: { withoutWorker: true, ...options.overrides },
  });
  const sessions = new Map<string, string>();
  const send: Chorus['send'] = (method, path, body, sent = {}) => {
    const { as = adminName } = sent;
    const { type, text } = encoded(body);
    const cookie: Record<string, string> = as === null ? {} : { cookie: `_session_id=${sessions.get(as)}` };
    const content: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    return headgate.call(method, `/api${path}`, text, {
      as: null,
      headers: { ...content, ...cookie, ...sent.headers },
    });
  };
  const get: Chorus['get'] = async (method, path, body, sent) => {
    const answer = await send(method, path, body, sent);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body.response;
  };
  const signIn = async (username: string, password: string): Promise<void> => {
    const { session_id } = await get('POST', '/sessions', { username, password }, { as: null });
    sessions.set(username, session_id);
  };
  await signIn(adminName, adminPassword);
  return {
    headgate,
    send,
    get,
    session: (username) => sessions.get(username)!,
    person: async (username, more = {}) => {
      const password = `${username}-password-1`;
      const { id } = await get('POST', '/users', {
        username,
        password,
        first_name: username,
        last_name: 'User',
        email: `${username}@example.com`,
        user_type: 'analytics_developer',
        ...more,
      });
      await signIn(username, password);
      return id;
    },
    source: async (sample, as, more = {}) => {
      const { host, port, database, username, password } = sample;
      const made = await get(
        'POST',
        '/data_sources',
        {
          entity_type: 'pg_data_source',
          name: `source-${Math.random().toString(36).slice(2, 10)}`,
          host,
          port: String(port),
          db_name: database,
          db_username: username,
          db_password: password,
          ...more,
        },
        { as },
      );
      return made.id;
    },
    stop: () => headgate.stop(),
  };
}

/** A second login of the sample database. */
export async function extraLogin(sample: SampleDatabase): Promise<{ username: string; password: string }> {
  const username = `team_${Math.random().toString(36).slice(2, 12)}`;
  const password = `pw-${Math.random().toString(36).slice(2)}`;
  await sample.execute(`create role ${username} login password '${password}'`);
  return { username, password };
}

export { sampleDatabase };
