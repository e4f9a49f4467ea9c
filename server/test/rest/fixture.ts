/** A sample database on the run's PostgreSQL, with a login of its own, and the source that registers it. */
import { randomBytes } from 'node:crypto';
import type { Headgate } from '../harness.ts';
import { sharedPostgresql } from '../servers/shared.ts';

export interface SampleDatabase {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** Runs statements there as the superuser. */
  execute(script: string): Promise<Record<string, unknown>[]>;
}

/** Makes a database with the table `people` (3 rows) and a login that may read and write it. */
export async function sampleDatabase(password = `pw-${randomBytes(6).toString('hex')}`): Promise<SampleDatabase> {
  const server = await sharedPostgresql();
  const database = await server.createDatabase();
  const username = `reader_${randomBytes(6).toString('hex')}`;
  await server.execute(
    `create role ${username} login password '${password}';
     create table people (id integer primary key, name text not null);
     insert into people values (1, 'Ada'), (2, 'Grace'), (3, 'Edsger');
     grant select, insert, update, delete on people to ${username}`,
    database,
  );
  return {
    host: server.host,
    port: server.port,
    database,
    username,
    password,
    execute: (script) => server.execute(script, database),
  };
}

/** Body of `POST /sources` for a sample database. */
export function sourceBody(name: string, sample: SampleDatabase): Record<string, unknown> {
  const { host, port, database, username, password } = sample;
  return { name, engine: 'postgresql', host, port, database, username, password, tls: { mode: 'prefer' } };
}

/** Registers it; throws when that does not work. */
export async function registerSource(
  headgate: Headgate,
  name: string,
  sample: SampleDatabase,
  as?: string,
): Promise<void> {
  const created = await headgate.api('POST', '/sources', sourceBody(name, sample), { as });
  if (created.status !== 201) throw new Error(`Source ${name} was not created: ${created.text}`);
}

/** Reads a job until it is final. */
export async function finalJob(headgate: Headgate, id: string, as?: string): Promise<{ status: string }> {
  for (;;) {
    const answer = await headgate.api('GET', `/jobs/${id}`, undefined, { as });
    if (answer.status !== 200) throw new Error(answer.text);
    if (!['queued', 'running'].includes(answer.body.status)) return answer.body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
