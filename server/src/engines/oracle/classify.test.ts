import { describe, expect, test } from 'vitest';
import { classify } from './classify.ts';

describe('what people write in Oracle is understood', () => {
  test.each([
    "select * from t where a != 1 and b ^= 2 and c like 'x' escape '\\'",
    'select * from t minus select * from u',
    "select listagg(a, ',') within group (order by a) over (partition by b) from t",
    'select sum(a) keep (dense_rank first order by b desc nulls last) from t',
    "select * from json_table(:1, '$[*]' columns (a number path '$.a'))",
    "select * from xmltable('/a' passing x columns b number path 'b')",
    "select date '2020-01-01', timestamp '2020-01-01 00:00:00', interval '1' day from dual",
    'with a as (select 1 x from dual) select * from a fetch first 5 rows only',
    'select treat(a as b) from only (t)',
    "select systimestamp at time zone 'UTC', 1.5f, 2d, .5 from dual",
    '(select 1 from dual) union all (select 2 from dual)',
    'select 1 from dual;',
  ])('%s', (sql) => {
    expect(classify(sql)).toMatchObject({ verdict: 'read', command: 'SELECT' });
  });
});

test('relations and functions are as written, without common table expressions', () => {
  expect(
    classify(`with a as (select max(x) m from hr.emp), b (n) as (select m from a union all select n + 1 from b)
              select upper(v), hr.f(1), "S"."Odd name".c from b join only (v1) on 1 = 1, "S"."Odd name" where exists (select 1 from u)`),
  ).toMatchObject({
    verdict: 'read',
    relations: ['hr.emp', 'v1', 'S.Odd name', 'u'],
    functions: ['max', 'upper', 'hr.f'],
  });
});

test('literals leave the text, and do not change the fingerprint', () => {
  const one = classify("SELECT a FROM t WHERE b = 'secret' AND c IN (1, 2) AND d = q'[x]' AND e = :1 -- note");
  const two = classify("select A from T where b = 'other' and c in (1, 2, 3) and d = 'y' and e = :2");
  expect(one.literalFree).toBe('SELECT a FROM t WHERE b = ? AND c IN (?, ?) AND d = ? AND e = :1');
  expect(two.fingerprint).toBe(one.fingerprint);
  expect(classify('select a from t where b = 1 or c = 2').fingerprint).not.toBe(one.fingerprint);
});

test.each([
  ['merge into t using u on (t.a = u.a) when matched then update set b = 1', 'write', 'MERGE'],
  ['create global temporary table t (a number) on commit delete rows', 'write', 'CREATE TABLE'],
  ['alter table t drop column a', 'write', 'ALTER TABLE'],
  ['comment on table t is :1', 'refused', 'COMMENT'],
  ['alter session set x = 1', 'refused', 'ALTER SESSION'],
  ['begin null; end;', 'refused', 'BEGIN'],
  ['', 'refused', ''],
  ['   -- nothing', 'refused', ''],
  ['\0', 'refused', ''],
])('%s is a %s', (sql, verdict, command) => {
  expect(classify(sql)).toMatchObject({ verdict, command });
});

test('the reasons tell what is wrong', () => {
  const reason = (sql: string) => classify(sql).reason?.code;
  expect(reason('')).toBe('empty');
  expect(reason('select 1 from dual; select 2 from dual')).toBe('several_statements');
  expect(reason('select from where')).toBe('not_understood');
  expect(reason(`select ${'1, '.repeat(400_000)} 1 from dual`)).toBe('not_understood');
  expect(reason('select utl_http.request(1) from dual')).toBe('forbidden');
});
