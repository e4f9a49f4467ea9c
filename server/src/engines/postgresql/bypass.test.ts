/** A6 of the design: read-only holds against a published corpus, with and without the classifier. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresqlServer, startPostgresql } from '../../../test/servers/postgresql.ts';
import { collectRows } from '../collect.ts';
import { type ConnectTarget, type EngineConnection, EngineError } from '../engine.ts';
import { bypassCases, postgresqlPrey } from '../testing/kit.ts';
import { postgresqlEngine } from './index.ts';
import { sharedTarget } from './test-support.ts';

const corpus = bypassCases('postgresql');

const SETUP = `
create role writer login password 'writer' createrole;
grant all on schema public to writer;
set role writer;
${postgresqlPrey}
reset role; create extension dblink;`;

/** Everything that a write could have changed, as one text. */
const DIGEST = `select md5(concat_ws('|',
  (select string_agg(t::text, ',' order by id) from prey t), (select string_agg(t::text, ',' order by id) from prey_copy t),
  (select last_value::text || is_called::text from counter),
  (select string_agg(c.oid || relname || relkind::text || relowner || coalesce(relacl::text, '') || relfilenode || relhasrules || relhastriggers, ',' order by c.oid)
    from pg_class c where relnamespace = 'public'::regnamespace),
  (select string_agg(p.oid || proname || prosrc, ',' order by p.oid) from pg_proc p where pronamespace = 'public'::regnamespace),
  (select string_agg(a::text, ',' order by attrelid, attnum) from pg_attribute a where attrelid in ('prey'::regclass, 'prey_copy'::regclass)),
  (select count(*) from pg_largeobject_metadata), (select count(*) from pg_namespace where nspname !~ '^pg_'), (select count(*) from pg_type),
  (select count(*) from pg_trigger), (select count(*) from pg_rewrite), (select count(*) from pg_description where objoid >= 16384),
  (select string_agg(r::text, ',' order by oid) from pg_authid r), (select string_agg(d.oid || datname || coalesce(datacl::text, ''), ',' order by oid) from pg_database d),
  (select string_agg(s::text, ',') from pg_db_role_setting s), (select count(*) from pg_extension), (select count(*) from pg_prepared_xacts),
  (select count(*) from pg_replication_slots), (select count(*) from pg_publication), (select count(*) from pg_foreign_server),
  (select string_agg(m::text, ',' order by oid) from pg_auth_members m), (select count(*) from pg_default_acl), (select count(*) from pg_statistic where starelid = 'prey'::regclass))) as digest`;

let server: PostgresqlServer;
let witness: pg.Client;
let target: ConnectTarget;

beforeAll(async () => {
  server = await startPostgresql({ settings: { max_prepared_transactions: 5 } });
  await server.execute(SETUP);
  witness = new pg.Client({ connectionString: server.url('postgres') });
  await witness.connect();
  target = await sharedTarget({ port: server.port, username: 'writer', password: 'writer' });
});
afterAll(async () => {
  await witness?.end();
  await server?.stop();
});

const digest = async () => (await witness.query<{ digest: string }>(DIGEST)).rows[0]?.digest;

test('the corpus is large', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(80);
  expect(corpus.every((attempt) => /^(?:read|write|refused)$/.test(attempt.expected) && attempt.name !== '')).toBe(
    true,
  );
});

test.each(corpus)('$name is $expected', ({ sql, expected }) => {
  expect(postgresqlEngine.classify(sql).verdict).toBe(expected);
});

test('no attempt changes anything, though the classifier is not asked', async () => {
  let before = await digest();
  const survived: string[] = [];
  let connection: EngineConnection | null = null;
  for (const { name, sql, escapes } of corpus) {
    if (escapes) continue;
    if (!connection?.usable)
      connection = await postgresqlEngine.connect(target, { signal: AbortSignal.timeout(30_000) });
    await collectRows(connection, { sql, timeoutMs: 10_000 }).catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
    });
    const after = await digest();
    if (after !== before) survived.push(name);
    before = after;
  }
  await connection?.close();
  expect(survived).toEqual([]);
});

test('what the corpus attempts would succeed without the envelope', async () => {
  const connection = await postgresqlEngine.connect(target, { signal: AbortSignal.timeout(30_000) });
  const before = await digest();
  await collectRows(connection, { sql: 'select write_quietly()', access: 'write' });
  expect(await digest()).not.toBe(before);
  await connection.close();
});

test('no session state survives the reads that the classifier accepts (decisions.md 28)', async () => {
  const state = `select md5(concat_ws('|', (select string_agg(name || '=' || coalesce(setting, ''), ',' order by name) from pg_settings
    where name !~ '^plpgsql[.]'), current_user, session_user,
    (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), (select count(*) from pg_listening_channels()),
    (select count(*) from pg_cursors), (select string_agg(name, ',') from pg_prepared_statements where name !~ '^hg_'),
    (select count(*) from pg_class where relpersistence = 't')))`;
  const connection = await postgresqlEngine.connect(target, { signal: AbortSignal.timeout(30_000) });
  const before = (await collectRows(connection, { sql: state })).rows;
  let accepted = 0;
  for (const { sql, expected } of corpus) {
    if (expected !== 'read' || !connection.usable) continue;
    accepted += 1;
    await collectRows(connection, { sql }).catch(() => {});
    // A function of the user's own may set what a reused session must not keep: then the connection is gone.
    if (connection.usable) expect((await collectRows(connection, { sql: state })).rows).toEqual(before);
  }
  expect(accepted).toBeGreaterThan(8);
  await connection.close();
});
