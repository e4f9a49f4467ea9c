/** What statements are called, what they touch, and what audit keeps of them. The corpus of attempts: `bypass.test.ts`. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MariadbAccess } from '../../../test/servers/mariadb.ts';
import { sharedMariadb } from '../../../test/servers/shared.ts';
import { collectRows } from '../collect.ts';
import { EngineError } from '../engine.ts';
import { classify } from './classify.ts';
import { reportOf } from './privileges.ts';
import { connected, targetOf } from './testkit.ts';
import { tokenize } from './tokens.ts';

describe('reads', () => {
  test.each([
    'SELECT 1',
    'select 1;',
    '  -- hello\n SELECT 1 ; ',
    '(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 1',
    'VALUES (1), (2)',
    'WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n',
    "SELECT a, COUNT(*) FROM t WHERE b LIKE 'x%' GROUP BY a WITH ROLLUP HAVING COUNT(*) > 1",
    'SELECT 5 MOD 2, 5 DIV 2, !a, a XOR b, a <=> b, 5--1 FROM t',
    "SELECT a SOUNDS LIKE b, 'a' NOT LIKE 'b' FROM t",
    "SELECT IF(a, b, c), REPLACE(a, 'x', 'y'), INSERT(a, 1, 2, 'z'), LEFT(a, 2) FROM t",
    'SELECT * FROM t FORCE INDEX (i) LEFT JOIN u USING (id), LATERAL (SELECT 1) AS l',
    "SELECT JSON_EXTRACT(doc, '$.a'), doc->'$.b', doc->>'$.c' FROM t",
    "SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (a INT PATH '$')) AS j",
    "SELECT GROUP_CONCAT(DISTINCT a ORDER BY b SEPARATOR ', '), ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) FROM t",
    "SELECT DATE '2024-01-01' + INTERVAL 1 DAY, CAST(a AS UNSIGNED), CONVERT(a USING utf8mb4), _utf8mb4'x', x'41', b'1', 0x41",
    "SELECT @@version, @a, @`odd name`, @'x' FROM dual",
    'SELECT /*+ BKA(t) */ * FROM t',
    'SELECT SLEEP(0)',
    'SHOW TABLES',
    "SHOW FULL COLUMNS FROM `t` LIKE 'a%'",
    'SHOW CREATE TABLE db.t',
    'SHOW INDEX FROM t',
    "SHOW GLOBAL VARIABLES LIKE 'max%'",
    'DESCRIBE t',
    'DESC db.t name',
    "EXPLAIN t 'a%'",
    'EXPLAIN SELECT 1',
    'EXPLAIN FORMAT=JSON SELECT * FROM t',
    'ANALYZE FORMAT=JSON SELECT * FROM t',
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
  ['SELECT 1 \0', 'not_understood'],
  ['SET @a = 1', 'forbidden'],
  ['hello world', 'forbidden'],
  [`SELECT ${'('.repeat(5_000)}1${')'.repeat(5_000)}`, 'not_understood'],
  [`SELECT '${'x'.repeat(1_100_000)}'`, 'not_understood'],
])('%.40s is refused as %s', (sql, code) => {
  const { verdict, reason } = classify(sql);
  expect([verdict, reason?.code]).toEqual(['refused', code]);
  expect(reason?.message).toBeTruthy();
});

describe('what is touched', () => {
  test.each<[string, string[], string[]]>([
    ['SELECT COUNT(*), upper(a) FROM db.t JOIN `u v` USING (id)', ['db.t', 'u v'], ['count', 'upper']],
    ['WITH c AS (SELECT * FROM base) SELECT * FROM c, other', ['base', 'other'], []],
    // Without RECURSIVE the inner name is the base table; with it, it is the expression itself.
    ['WITH t AS (SELECT * FROM t) SELECT * FROM t', ['t'], []],
    ['WITH RECURSIVE t AS (SELECT 1 AS n UNION SELECT n + 1 FROM t) SELECT * FROM t', [], []],
    ['WITH c AS (SELECT 1) SELECT * FROM db.c', ['db.c'], []],
    ['SELECT (WITH c AS (SELECT * FROM x) SELECT 1 FROM c), c.a FROM c', ['x', 'c'], []],
    ['SELECT * FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.id IN (SELECT id FROM c))', ['a', 'b', 'c'], []],
    ['SELECT db.f(1), f2(g(2))', [], ['db.f', 'f2', 'g']],
    ['INSERT INTO t SELECT * FROM u', ['t', 'u'], []],
    ['UPDATE t JOIN u USING (id) SET t.a = u.a', ['t', 'u'], []],
    ['DELETE FROM t WHERE id IN (SELECT id FROM u)', ['t', 'u'], []],
    ['DESCRIBE db.t', ['db.t'], []],
  ])('%s', (sql, relations, functions) => {
    const result = classify(sql);
    expect([...result.relations].sort()).toEqual([...relations].sort());
    expect([...result.functions].sort()).toEqual([...functions].sort());
  });
});

test.each([
  ['select 1', 'SELECT'],
  ['WITH a AS (SELECT 1) SELECT * FROM a', 'SELECT'],
  ['WITH a AS (SELECT 1) UPDATE t SET x = 1', 'UPDATE'],
  ['create or replace view v as select 1', 'CREATE VIEW'],
  ['CREATE TEMPORARY TABLE t (a int)', 'CREATE TABLE'],
  ['DROP TABLE IF EXISTS t', 'DROP TABLE'],
  ['desc t', 'DESCRIBE'],
  ['SHOW FULL TABLES', 'SHOW TABLES'],
  ['SET @a = 1', 'SET'],
])('%s is the command %s', (sql, command) => {
  expect(classify(sql).command).toBe(command);
});

test('END may be a name, and never hides what follows it', () => {
  expect(classify('SELECT start, end FROM t').verdict).toBe('read');
  expect(classify('SELECT CASE a WHEN 1 THEN CASE b WHEN 2 THEN 3 END END, end FROM t').verdict).toBe('read');
  expect(classify('SELECT * FROM t END DELETE FROM x')).toMatchObject({ verdict: 'refused' });
  expect(classify('INSERT INTO t VALUES (1) END foo bar')).toMatchObject({ verdict: 'refused' });
});

describe('what audit keeps', () => {
  test('no literal, no comment', () => {
    const sql = `SELECT a, 'canary', "canary", 0x63616e617279, x'63', 42.5e1 /* canary */ FROM t -- canary
      WHERE b = 'it''s \\' canary' AND c IN (1,2,3)`;
    expect(classify(sql).literalFree).toBe('SELECT a, ?, ?, ?, x?, ? FROM t WHERE b = ? AND c IN (?,?,?)');
  });

  test('a text that cannot be read gives nothing away after the point where it stops', () => {
    expect(classify("SELECT 1 'canary").literalFree).toBe('SELECT ? …');
    expect(classify("CREATE USER a IDENTIFIED BY 'canary'").literalFree).toBe('CREATE USER a IDENTIFIED BY ?');
  });

  test('the fingerprint is the shape', () => {
    const of = (sql: string) => classify(sql).fingerprint;
    expect(of('SELECT * FROM t WHERE a = 1')).toBe(of("select  *\nFROM t where a = 'x' -- c"));
    expect(of('SELECT * FROM t WHERE a IN (1, 2)')).toBe(of('SELECT * FROM t WHERE a IN (?)'));
    expect(of('SELECT * FROM t WHERE a = 1')).not.toBe(of('SELECT * FROM t WHERE b = 1'));
    expect(of('SELECT `A` FROM t')).not.toBe(of('SELECT `a` FROM t'));
    expect(of('SELECT 1')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('the same text gives the same answer object again', () => {
    expect(classify('SELECT 4711')).toBe(classify('SELECT 4711'));
  });
});

test('no text makes the classifier throw', () => {
  const part = fc.constantFrom(
    'SELECT',
    ' ',
    "'",
    '"',
    '`',
    '\\',
    '--',
    '#',
    '/*',
    '*/',
    '!',
    ';',
    '(',
    ')',
    '@',
    '.',
    '1',
    'a',
    '\n',
    '?',
    'é',
    '\0',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(part, { maxLength: 30 }).map((parts) => parts.join('')),
      ),
      (sql) => {
        expect(['read', 'write', 'refused']).toContain(classify(sql).verdict);
      },
    ),
    { numRuns: 500 },
  );
});

describe('the server reads a text as we do', () => {
  let server: MariadbAccess;
  let database: string;
  beforeAll(async () => {
    server = await sharedMariadb();
    database = await server.createDatabase();
  });

  /** What a string token means, by the rules of our sessions. */
  function meaningOf(token: string): string {
    const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', 0: '\0', Z: '\x1a' };
    const quote = token[0]!;
    return token
      .slice(1, -1)
      .replace(/\\(.)|(['"])\2/gs, (whole, escaped: string | undefined, doubled: string | undefined) => {
        if (escaped !== undefined) return escapes[escaped] ?? (/[%_]/.test(escaped) ? whole : escaped);
        return doubled === quote ? quote : whole;
      });
  }

  test('where strings and comments begin and end', async () => {
    const connection = await connected(targetOf(server, database));
    const part = fc.constantFrom(
      "'",
      "'",
      '"',
      '`',
      '\\',
      '\\',
      '--',
      '-- ',
      '#',
      '/*',
      '*/',
      '\n',
      ' ',
      'a',
      ',',
      ' 1',
      '\\n',
      '%',
      'ü',
    );
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const sql = `SELECT 'x${parts.join('')}' AS a, 'end' AS b`;
        const { tokens, problem } = tokenize(sql);
        const shape = tokens.map((token) => (token.kind === 'string' ? 'S' : token.upper)).join(' ');
        // Whatever we take for one string here must be that string to the server.
        if (problem || shape !== 'SELECT S AS A , S AS B') return;
        const { rows } = await collectRows(connection, { sql }).catch((error: unknown) => {
          throw new Error(`${sql}: ${error instanceof EngineError ? error.message : error}`);
        });
        expect(rows).toEqual([[meaningOf(tokens[1]!.text), meaningOf(tokens[5]!.text)]]);
        compared += 1;
      }),
      { numRuns: 1_500, seed: 42 },
    );
    expect(compared).toBeGreaterThan(100);
  });

  test('where a statement ends: what we call one statement is never two to the server', async () => {
    const connection = await connected(targetOf(server, database));
    const part = fc.constantFrom(
      "'",
      '"',
      '`',
      '\\',
      '--',
      '-- ',
      '#',
      '/*',
      '*/',
      '\n',
      ' ',
      ';',
      ' 1 ',
      ' AS c',
      ',',
      '+',
      '(',
      ')',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 10 }), async (parts) => {
        const sql = `SELECT 1 ${parts.join('')}`;
        if (classify(sql).verdict !== 'read') return;
        const literals = tokenize(sql).tokens.filter((token) => token.text === ';');
        const failure = await collectRows(connection, { sql }).then(
          () => undefined,
          (error: unknown) => error,
        );
        // A server that saw a second statement would complain about the text after the semicolon.
        if (failure instanceof EngineError && failure.code === 'syntax_error') {
          expect([sql, literals.length > 0 && /near ';/.test(failure.message)]).toEqual([sql, false]);
        }
      }),
      { numRuns: 1_500, seed: 43 },
    );
  });
});

test.each([
  [['GRANT USAGE ON *.* TO `a`@`%`', 'GRANT SELECT, SHOW VIEW ON `d`.* TO `a`@`%`'], false, []],
  [['GRANT SELECT (`a`, `b`) ON `d`.`t` TO `a`@`%`'], false, []],
  [['GRANT SELECT, INSERT ON `d`.* TO `a`@`%`'], true, []],
  [['GRANT ALL PRIVILEGES ON `d`.* TO `a`@`%`'], true, []],
  [['GRANT SELECT, FILE, SUPER ON *.* TO `a`@`%` WITH GRANT OPTION'], false, ['FILE', 'GRANT OPTION', 'SUPER']],
  [['GRANT ALL PRIVILEGES ON *.* TO `a`@`%`'], true, ['ALL PRIVILEGES']],
  [['GRANT SELECT, CREATE TEMPORARY TABLES, LOCK TABLES ON `d`.* TO `a`@`%`'], false, []],
  [['GRANT `writers` TO `a`@`%`'], false, []],
  [["GRANT PROXY ON ''@'' TO 'a'@'%' WITH GRANT OPTION"], false, ['GRANT OPTION', 'PROXY']],
])('privileges of %s', (grants, canWrite, dangerous) => {
  expect(reportOf(grants)).toEqual({ canWrite, dangerous });
});
