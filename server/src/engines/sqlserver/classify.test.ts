/** What statements are called, what they touch, and what audit keeps of them. The corpus of attempts: `bypass.test.ts`. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CatalogTable, ReadCondition } from '../engine.ts';
import { classify } from './classify.ts';
import { sqlserverEngine } from './index.ts';
import { tokenize } from './tokens.ts';

describe('reads', () => {
  test.each([
    'SELECT 1',
    'select 1;',
    '  -- hello\n SELECT 1 ; ',
    '/* a /* b */ c */ SELECT 1',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'SELECT TOP 5 * FROM dbo.t WITH (NOLOCK) ORDER BY a OPTION (RECOMPILE, MAXDOP 1)',
    'SELECT TOP (@p1) WITH TIES a FROM [dbo].[odd ]] name] ORDER BY a',
    'WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n OPTION (MAXRECURSION 10)',
    "SELECT a, COUNT(*) FROM t WHERE b LIKE N'x%' GROUP BY ROLLUP(a) HAVING COUNT(*) > 1",
    'SELECT x = a, [y z] = 2, "q" FROM t AS u CROSS APPLY dbo.f(u.a) AS g',
    'SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 5 ROWS ONLY',
    'SELECT * FROM t INNER MERGE JOIN u ON t.a = u.a',
    'SELECT * FROM t JOIN u ON t.a = u.a OPTION (MERGE JOIN)',
    "SELECT * FROM OPENJSON(@p1) WITH (a int '$.a', b nvarchar(10))",
    'SELECT CONVERT(varchar(10), GETDATE(), 112), TRY_CAST(a AS int), IIF(a > 1, 2, 3) FROM t',
    'SELECT a FROM t PIVOT (SUM(x) FOR y IN ([a], [b])) AS p',
    "SELECT STRING_AGG(a, ',') WITHIN GROUP (ORDER BY a), ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) FROM t",
    "SELECT N'x' + 'y' COLLATE Latin1_General_CI_AS, $1.5, 0x1F, 1e3",
    'SELECT * FROM t FOR JSON PATH',
    'SELECT * FROM t FOR XML AUTO',
    "SELECT * FROM t FOR SYSTEM_TIME AS OF '2020-01-01'",
    'SELECT * FROM (VALUES (1), (2)) AS v(a) WHERE a IN (SELECT b FROM other.dbo.t)',
    "SELECT a AT TIME ZONE 'UTC', @@SPID, DB_NAME() FROM sys.objects",
    "SELECT geometry::Parse('POINT(1 2)')",
    'SELECT [delete], "drop" FROM [update]',
    'SELECT name FROM sys.tables t TABLESAMPLE (10 PERCENT)',
  ])('%s', (sql) => {
    const { verdict, reason } = classify(sql);
    expect([verdict, reason]).toEqual(['read', undefined]);
  });
});

test.each([
  ['SELECT FROM WHERE', 'not_understood'],
  ['', 'empty'],
  [' ; ', 'empty'],
  ['SELECT 1;;', 'several_statements'],
  ['SELECT 1; SELECT 2', 'several_statements'],
  ['SELECT 1 COMMIT', 'several_statements'],
  ['SELECT 1 \0', 'not_understood'],
  ["SELECT 'a", 'not_understood'],
  ['SELECT [a', 'not_understood'],
  ['SELECT 1 /* /* */', 'not_understood'],
  ['SELECT 1 -- a\rDELETE', 'not_understood'],
  ['SELECT 1\u00a0', 'not_understood'],
  ['SET NOCOUNT ON', 'forbidden'],
  ['hello world', 'forbidden'],
  [`SELECT ${'('.repeat(5_000)}1${')'.repeat(5_000)}`, 'not_understood'],
  [`SELECT '${'x'.repeat(1_100_000)}'`, 'not_understood'],
])('%.60s is refused as %s', (sql, code) => {
  expect(classify(sql)).toMatchObject({ verdict: 'refused', reason: { code } });
});

test('relations and functions are named, common table expressions are not', () => {
  const sql =
    'WITH c AS (SELECT * FROM dbo.a) SELECT lower(x), dbo.f(1) FROM c JOIN shop..b ON 1 = 1 CROSS APPLY dbo.g(1) AS g';
  expect(classify(sql)).toMatchObject({
    command: 'SELECT',
    relations: ['dbo.a', 'shop..b'],
    functions: expect.arrayContaining(['lower', 'dbo.f', 'dbo.g']),
  });
  expect(classify('WITH a AS (SELECT 1 AS n) UPDATE t SET n = 1').command).toBe('UPDATE');
  expect(classify('CREATE UNIQUE CLUSTERED INDEX i ON t (a)').command).toBe('CREATE INDEX');
});

test('audit keeps no literal, and one shape has one fingerprint', () => {
  const a = classify("SELECT * FROM t WHERE a = 'canary' AND b IN (1, 2, 3) -- canary");
  const b = classify("select * from t where a = N'x' and b in (4)");
  expect(a.literalFree).toBe('SELECT * FROM t WHERE a = ? AND b IN (?, ?, ?)');
  expect(a.fingerprint).toBe(b.fingerprint);
  expect(classify("SELECT 'canary' 'x").literalFree).not.toContain('canary');
});

test('tokens join to the text that they were cut from', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom("'", '"', '[', ']', '-', '/', '*', '\n', ' ', 'a', 'N', '@', '#', '1', ';', '('),
      }),
      (sql) => {
        const { tokens, problem } = tokenize(sql);
        let at = 0;
        for (const token of tokens) {
          const found = sql.indexOf(token.text, at);
          expect(found).toBeGreaterThanOrEqual(at);
          at = found + token.text.length;
        }
        if (problem === undefined && !/--|\/\*/.test(sql)) expect(sql.slice(at).trim()).toBe('');
      },
    ),
    { numRuns: 500 },
  );
});

describe('the statement that reads a table', () => {
  const table: CatalogTable = {
    schema: 'odd]schema',
    name: 'select',
    kind: 'table',
    comment: null,
    rowEstimate: null,
    columns: (
      [
        ['id', 'bigint', 'bigint'],
        ['total', 'decimal(10,2)', 'decimal'],
        ['na]me', 'nvarchar(50)', 'text'],
        ['made', 'datetime2(7)', 'timestamp'],
        ['raw', 'varbinary(10)', 'bytes'],
        ['n', 'int', 'integer'],
      ] as const
    ).map(([name, type, kind]) => ({ name, type, kind, nullable: true, default: null, comment: null })),
    primaryKey: ['id'],
    uniqueKeys: [],
    foreignKeys: [],
  };
  const read = (...conditions: ReadCondition[]) =>
    sqlserverEngine.readStatement({ table, columns: ['id', 'na]me'], conditions });

  test('quotes its names and binds its values', () => {
    const statement = read(
      { column: 'total', operator: 'gte', values: [1500.5] },
      { column: 'na]me', operator: 'in', values: ["o'brien", null] },
      { column: 'raw', operator: 'eq', values: ['AQI='] },
      { column: 'na]me', operator: 'like', values: ['50[%'] },
      { column: 'n', operator: 'like', values: ['5%'] },
    );
    expect(statement).toEqual({
      sql:
        'select [id], [na]]me] from [odd]]schema].[select] where [total] >= @p1 and ([na]]me] in (@p2) or [na]]me] is null) ' +
        "and [raw] in (convert(varbinary(max), @p3, 1)) and [na]]me] like replace(@p4, N'[', N'[[]') " +
        "and cast([n] as nvarchar(max)) like replace(@p5, N'[', N'[[]')",
      parameters: ['1500.5', "o'brien", '0x0102', '50[%', '5%'],
    });
    expect(classify(statement.sql)).toMatchObject({ verdict: 'read', relations: ['odd]schema.select'] });
  });

  test('without conditions is a read, too', () => {
    expect(classify(read().sql).verdict).toBe('read');
  });
});
