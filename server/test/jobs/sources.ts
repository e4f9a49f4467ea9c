/** Two registered sources with the same tables of every type, on PostgreSQL and on MariaDB. */
import { randomBytes } from 'node:crypto';
import type { Headgate } from '../harness.ts';
import { sharedMariadb, sharedPostgresql } from '../servers/shared.ts';

export interface JobSources {
  /** Statements on the PostgreSQL source's database, as its login. */
  postgresql(script: string): Promise<unknown>;
  /** Statements with this word in their text that PostgreSQL runs now for the source's login. */
  activeStatements(word: string): Promise<number>;
  /** Statements on the MariaDB source's database, as the administrator. */
  mariadb(script: string): Promise<unknown>;
}

/** Registers `pg` and `maria`, owned by the administrator, each with an `orders` table of three rows. */
export async function registerJobSources(headgate: Headgate): Promise<JobSources> {
  const pg = await sharedPostgresql();
  const pgDatabase = await pg.createDatabase();
  // A login of its own: the store's own never opens a source.
  const reader = `reader_${randomBytes(6).toString('hex')}`;
  await pg.execute(
    `create role ${reader} login password 'reader-password-1';
     create schema ledger authorization ${reader};
     alter schema public owner to ${reader};
     set role ${reader};
     create table orders (id integer primary key, amount numeric(12,2), state text, paid boolean, note jsonb,
       big bigint, made date, at timestamp, seen timestamptz, raw bytea);
     insert into orders values
       (1, 1500.00, 'paid', true, '{"b":[1,{"z":1,"a":2}],"a":12345678901234567890}', 9007199254740993, '2025-11-22',
         '2025-11-22 10:30:00.5', '2025-11-22 10:30:00+02', '\\x00ff'),
       (2, 20.10, 'sent', false, null, 42, null, null, null, null),
       (3, null, 'O''Brien "quoted"', null, '[]', null, 'infinity', null, null, '');
     create table ledger.entries (id integer, "odd name" text);
     insert into ledger.entries values (1, 'x');
     create table nothing (id integer)`,
    pgDatabase,
  );
  const maria = await sharedMariadb();
  const mariaDatabase = await maria.createDatabase();
  await maria.execute(
    `create table orders (id int primary key, amount decimal(12,2), state varchar(40), made datetime(3));
     insert into orders values (1, 7.50, 'paid', '2025-11-22 10:30:00.123'), (2, 8.50, 'sent', null), (3, null, 'é', null)`,
    mariaDatabase,
  );
  const bodies = [
    {
      name: 'pg',
      engine: 'postgresql',
      host: pg.host,
      port: pg.port,
      database: pgDatabase,
      username: reader,
      password: 'reader-password-1',
    },
    {
      name: 'maria',
      engine: 'mysql',
      host: maria.host,
      port: maria.port,
      database: mariaDatabase,
      username: maria.user,
      password: maria.password,
    },
  ];
  for (const body of bodies) {
    const created = await headgate.api('POST', '/sources', { ...body, tls: { mode: 'prefer' } });
    if (created.status !== 201) throw new Error(created.text);
  }
  return {
    postgresql: (script) => pg.execute(`set role ${reader}; ${script}`, pgDatabase),
    activeStatements: async (word) => {
      const rows = await pg.execute(
        `select 1 from pg_stat_activity where state = 'active' and usename = '${reader}' and query like '%${word}%'`,
      );
      return rows.length;
    },
    mariadb: (script) => maria.execute(script, mariaDatabase),
  };
}
