import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { classify } from './classify.ts';
import { isForbiddenFunction } from './functions.ts';

test.each([
  ['select 1', 'read', 'SELECT', [], []],
  ['table t', 'read', 'SELECT', ['t'], []],
  ['values (1), (2)', 'read', 'VALUES', [], []],
  ['select * from s.t join u using (id) where exists (select from v)', 'read', 'SELECT', ['s.t', 'u', 'v'], []],
  ['with c as (select * from t) select lower(a) from c', 'read', 'SELECT', ['t'], ['lower']],
  ['with c as (select * from c) select * from c', 'read', 'SELECT', ['c'], []], // the inner c is a table
  ['with recursive c as (select 1 union select * from c) select * from c', 'read', 'SELECT', [], []],
  ['with a as (select * from b), b as (select 1) select * from a, b', 'read', 'SELECT', ['b'], []],
  ['select * from s.c, (with c as (select 1) select * from c) x, c', 'read', 'SELECT', ['c', 's.c'], []],
  ['select s.f(g(1)) from h(2)', 'read', 'SELECT', [], ['g', 'h', 's.f']],
  ['explain select * from t', 'read', 'EXPLAIN', ['t'], []],
  ['explain analyze select * from t', 'read', 'EXPLAIN', ['t'], []],
  ['show search_path', 'read', 'SHOW', [], []],
  ['select 1;', 'read', 'SELECT', [], []],
  ['insert into a select * from b', 'write', 'INSERT', ['a', 'b'], []],
  ['drop table s.t', 'write', 'DROP', ['s.t'], []],
  ['truncate t, u', 'write', 'TRUNCATE', ['t', 'u'], []],
])('%s', (sql, verdict, command, relations, functions) => {
  const result = classify(sql);
  expect(result).toMatchObject({ verdict, command });
  expect([...result.relations].sort()).toEqual(relations);
  expect([...result.functions].sort()).toEqual(functions);
});

test.each([
  ['', 'empty'],
  [' -- x', 'empty'],
  [';;', 'empty'],
  ['select 1; select 2', 'several_statements'],
  ['select', undefined],
  ["select 'x", 'not_understood'],
  ['select \0', 'not_understood'],
  [`select ${'('.repeat(50_000)}1${')'.repeat(50_000)}`, 'not_understood'],
  [`select ${'1+'.repeat(50_000)}1`, 'not_understood'],
  [`select '${'x'.repeat(1_100_000)}'`, 'not_understood'],
  ['commit', 'forbidden'],
])('%s has the reason %s', (sql, code) => {
  expect(classify(sql).reason?.code).toBe(code);
});

test('a reason does not repeat what the statement says', () => {
  const { reason, literalFree } = classify("select 'CANARY' 'CANARY' from where 'CANARY'");
  expect(`${reason?.message} ${literalFree}`).not.toContain('CANARY');
});

test('the fingerprint is of the shape, and the answer is kept', () => {
  expect(classify('select * from t where a = 1').fingerprint).toBe(
    classify("SELECT *  from t where a='x'").fingerprint,
  );
  expect(classify('select * from t where a = 1').fingerprint).not.toBe(
    classify('select * from t where b = 1').fingerprint,
  );
  expect(classify('select 42')).toBe(classify('select 42'));
});

test('no text makes it throw, and what it lets through as a read has no writing word at its head', () => {
  const word = fc.constantFrom(
    'select',
    'delete',
    'from',
    't',
    'with',
    'as',
    '(',
    ')',
    ';',
    'insert',
    'into',
    '1',
    "'",
    '$$',
    '--',
    '/*',
    '*/',
    'commit',
    ',',
    'explain',
    'analyze',
    'x',
    'returning',
    '*',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word, { maxLength: 14 }).map((words) => words.join(' ')),
      ),
      (sql) => {
        const { verdict, literalFree } = classify(sql);
        if (verdict === 'read') expect(literalFree).toMatch(/^[;\s(]*(?:select|explain|with|values|table|show)\b/i);
      },
    ),
    { numRuns: 2000 },
  );
});

test('every volatile function of the server is forbidden or known to be harmless', async () => {
  const server = await sharedPostgresql();
  const rows = await server.execute(
    `select distinct proname from pg_proc where provolatile = 'v' and prokind = 'f' and pronamespace = 'pg_catalog'::regnamespace
     and prorettype not in ('trigger'::regtype, 'language_handler'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype, 'internal'::regtype)
     and not 'internal'::regtype = any (proargtypes::oid[]) order by 1`,
  );
  const harmless =
    /^(?:random|random_normal|gen_random_uuid|uuidv[47]|clock_timestamp|timeofday|currval|lastval|nextval|setval|currtid2|current_query|array_(?:sample|shuffle)|txid_status|ts_rewrite|amvalidate|plpgsql_\w+|pg_sleep\w*|pg_(?:database|table|tablespace|relation|indexes|total_relation)_size|pg_partition_\w+|pg_(?:is|last|control|lock|xact|safe|blocking|isolation|prepared|collation|database_collation|jit|available|notification|sequence)_\w+|pg_current_wal_\w+|pg_get_\w+|pg_stat_(?:get|have)_\w+|pg_show_replication_origin_status|pg_replication_origin_(?:session_is_setup|progress|session_progress)|pg_wal_summary_contents)$/;
  const open = rows
    .map((row) => String(row.proname))
    .filter((name) => !isForbiddenFunction(name) && !harmless.test(name));
  expect(open).toEqual([]);
});
