/** Calling the hdp door as its clients do: Basic authentication, numbers for everything. */
import type { Answer, Headgate } from '../harness.ts';
import { adminName, adminPassword } from '../harness.ts';
import type { SampleDatabase } from '../rest/fixture.ts';

/** The password that `Headgate.createUser` gives. */
export function passwordOf(username: string): string {
  return username === adminName ? adminPassword : `${username}-password-1`;
}

export function basic(username: string, password = passwordOf(username)): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export type HdpCall = (as: string | null, method: string, path: string, body?: unknown) => Promise<Answer>;

/** A caller bound to a server. `as` null = nobody. */
export function hdpCaller(headgate: Headgate): HdpCall {
  return (as, method, path, body) =>
    headgate.call(method, path, body, { as: null, headers: as === null ? {} : { authorization: basic(as) } });
}

/** `code` of an error answer. */
export function codeOf(answer: Answer): [number, number | undefined] {
  return [answer.status, answer.body?.error?.code];
}

/** Number of a user. */
export async function userId(headgate: Headgate, username: string): Promise<number> {
  const row = await headgate.app.store.db
    .selectFrom('user_account')
    .select('id')
    .where('username', '=', username)
    .executeTakeFirstOrThrow();
  return row.id;
}

export async function tenantId(headgate: Headgate, slug: string): Promise<number> {
  const row = await headgate.app.store.db
    .selectFrom('tenant')
    .select('id')
    .where('slug', '=', slug)
    .executeTakeFirstOrThrow();
  return row.id;
}

/** Number of the PostgreSQL data store. */
export const postgresqlStore = 101;

/** Body of a create for a sample database. */
export function dataSource(name: string, sample: SampleDatabase): Record<string, unknown> {
  return {
    name,
    dataStore: postgresqlStore,
    connectionType: 'Cloud',
    description: `Source ${name}`,
    options: {
      ServerName: sample.host,
      PortNumber: String(sample.port),
      Database: sample.database,
      User: sample.username,
      Password: sample.password,
    },
  };
}

/** Makes an empty group data source of that user; it has the same name natively. Throws when that does not work. */
export async function createGroup(headgate: Headgate, name: string, as: string): Promise<string> {
  const body = { name, dataStore: 56, connectionType: 'Group', options: {} };
  const made = await hdpCaller(headgate)(as, 'POST', '/api/mgmt/datasources', body);
  if (made.status !== 201) throw new Error(`The group ${name} was not created: ${made.text}`);
  return name;
}
