/** A6 through the gateway: no attempt of the published corpora writes as a read, on any engine. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedMariadb, sharedPostgresql } from '../../test/servers/shared.ts';
import { DomainError } from '../domain/errors.ts';
import { loadEngines } from '../engines/registry.ts';
import { bypassCases, postgresqlPrey } from '../engines/testing/kit.ts';
import { CollectingOutput, principal, type TestBed, testBed, testSource } from './gateway.testkit.ts';

const never = new AbortController().signal;
let bed: TestBed;
let pgState: () => Promise<string>;
let myState: () => Promise<string>;

beforeAll(async () => {
  const postgresql = await sharedPostgresql();
  const mariadb = await sharedMariadb();
  const [pg, my] = await Promise.all([postgresql.createDatabase(), mariadb.createDatabase()]);
  const pgLogin = { username: pg, password: 'may-write' };
  const myLogin = { username: my, password: 'may-write' };
  await postgresql.execute(`create role "${pg}" login password 'may-write'; grant all on database "${pg}" to "${pg}"`);
  await postgresql.execute(`grant all on schema public to "${pg}"; set role "${pg}"; ${postgresqlPrey}`, pg);
  await mariadb.execute(
    `create table items (id int primary key auto_increment, v text);
     insert into items (v) values ('a'), ('b');
     create table items_myisam (id int) engine=MyISAM;
     insert into items_myisam values (1);
     create sequence counter;
     create user '${my}'@'127.0.0.1' identified by 'may-write';
     grant all privileges on ${my}.* to '${my}'@'127.0.0.1';
DELIMITER //
create function write_it() returns int modifies sql data begin insert into items (v) values ('f'); return 1; end//
create procedure write_all() begin delete from items; end//
create view calls as select write_it() as n//
`,
    my,
  );
  bed = await testBed(await loadEngines(), [
    testSource(1, 'postgresql', 'postgresql', {
      ...pgLogin,
      host: postgresql.host,
      port: postgresql.port,
      database: pg,
    }),
    testSource(2, 'mysql', 'mysql', { ...myLogin, host: mariadb.host, port: mariadb.port, database: my }),
  ]);
  pgState = async () =>
    JSON.stringify(
      await postgresql.execute(
        `select (select json_agg(prey order by id) from prey) as prey, (select json_agg(prey_copy) from prey_copy) as copy,
                (select last_value::text || is_called::text from counter) as counter,
                (select json_agg(json_build_array(relname, relfilenode, relacl::text) order by relname)
                   from pg_class where relnamespace = 'public'::regnamespace) as relations,
                (select json_agg(json_build_array(proname, prosrc) order by oid)
                   from pg_proc where pronamespace = 'public'::regnamespace) as functions,
                (select json_agg(attname order by attnum) from pg_attribute where attrelid = 'prey'::regclass) as columns,
                (select count(*)::int from pg_namespace) as schemas, (select count(*)::int from pg_trigger) as triggers,
                (select count(*)::int from pg_largeobject_metadata) as large_objects`,
        pg,
      ),
    );
  myState = () =>
    mariadb.execute(
      `select * from items; select * from items_myisam; select next_not_cached_value from counter; show full tables;
       show triggers; show events; select routine_name from information_schema.routines where routine_schema = database();
       select count(*) from mysql.global_priv; show databases like 'made%'`,
      my,
    );
});
afterAll(() => bed.close());

test('PostgreSQL: no session state survives what is allowed, so that reads share connections as they are', async () => {
  const look = async () => {
    const output = new CollectingOutput();
    // Everything that a session could keep (a procedural language brings its defaults along when it loads): settings, prepared statements of users, cursors, locks, channels.
    const sql = `select (select json_agg(json_build_array(name, setting) order by name) from pg_settings where name not like 'plpgsql.%') as settings,
      (select json_agg(name) from pg_cursors where name <> '') as cursors,
      (select count(*)::int from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())) as locks,
      (select count(*)::int from pg_class where relpersistence = 't') as temporary`;
    await bed.gateway.query(principal(1), 'postgresql', { sql }, output, never);
    return JSON.parse(output.text);
  };
  const before = await look();
  for (const { sql } of bypassCases('postgresql').filter((one) => one.expected === 'read')) {
    await bed.gateway.query(principal(2), 'postgresql', { sql }, new CollectingOutput(), never).catch(() => {});
  }
  expect(await look()).toEqual(before);
});

describe.each(['postgresql', 'mysql'] as const)('%s', (name) => {
  test('no attempt of the corpus writes', async () => {
    const cases = bypassCases(name);
    expect(cases.length).toBeGreaterThan(50);
    const state = name === 'mysql' ? myState : pgState;
    const before = await state();
    for (const { name: attempt, expected, sql } of cases) {
      const text = sql.replaceAll('{file}', '/nowhere/to/be/found');
      const outcome = await bed.gateway
        .query(principal(), name, { sql: text, timeoutMs: 5000 }, new CollectingOutput(), never)
        .then(
          () => 'ran',
          (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
        );
      if (expected === 'write') expect([attempt, outcome]).toEqual([attempt, 'write_not_requested']);
      if (expected === 'refused') {
        expect([attempt, outcome]).toEqual([attempt, expect.stringMatching(/^statement_(forbidden|not_understood)$/)]);
      }
    }
    expect(await state()).toBe(before);
  });

  test('what is refused stays refused when the request asks to write', async () => {
    for (const { name: attempt, sql } of bypassCases(name).filter((one) => one.expected === 'refused')) {
      const run = bed.gateway.query(principal(), name, { sql, write: true }, new CollectingOutput(), never);
      await expect(run, attempt).rejects.toMatchObject({
        code: expect.stringMatching(/^statement_(forbidden|not_understood)$/),
      });
    }
  });
});
