/**
 * What every engine promises, the same for the stand-in and for a real server. `TEST_SQLSERVER_URL` names one, with a login
 * that may create tables in its database, e.g. `sqlserver://sa:…@127.0.0.1:1433?database=tempdb&encrypt=require`.
 */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SqlserverStandIn, type StandInColumn, startSqlserverStandIn } from '../../../test/servers/sqlserver.ts';
import type { CatalogTable, ConnectTarget, StatementControl } from '../engine.ts';
import { sqlserverEngine } from './index.ts';
import { connected, targetOf, ValuesSink } from './testkit.ts';

const ENDLESS =
  'SELECT a.object_id AS n FROM sys.all_columns a CROSS JOIN sys.all_columns b CROSS JOIN sys.all_columns c';
const SLOW =
  'SELECT COUNT_BIG(*) AS n FROM sys.all_columns a CROSS JOIN sys.all_columns b CROSS JOIN sys.all_columns c CROSS JOIN sys.all_columns d';
const table = `headgate_${randomBytes(4).toString('hex')}`;

/** expression, type, value */
const values: readonly [expression: string, type: string, value: unknown][] = [
  ['CAST(1 AS bit)', 'bit', true],
  ['CAST(255 AS tinyint)', 'tinyint', 255],
  ['CAST(-32768 AS smallint)', 'smallint', -32768],
  ['CAST(-2147483648 AS int)', 'int', -2147483648],
  ['CAST(9223372036854775807 AS bigint)', 'bigint', '9223372036854775807'],
  ['CAST(0.1 AS real)', 'real', 0.1],
  ['CAST(0.1 AS float)', 'float', 0.1],
  [
    'CAST(-99999999999999999999999999999999999.999 AS decimal(38,3))',
    'decimal(38,3)',
    '-99999999999999999999999999999999999.999',
  ],
  ['CAST(922337203685477.5807 AS money)', 'money', '922337203685477.5807'],
  ['CAST(-214748.3648 AS smallmoney)', 'smallmoney', '-214748.3648'],
  ["CAST('0001-01-01' AS date)", 'date', '0001-01-01'],
  ["CAST('23:59:59.9999999' AS time(7))", 'time(7)', '23:59:59.9999999'],
  ["CAST('2024-05-06T07:08:09.997' AS datetime)", 'datetime', '2024-05-06 07:08:09.997'],
  ["CAST('2024-05-06T07:08:00' AS smalldatetime)", 'smalldatetime', '2024-05-06 07:08:00'],
  ["CAST('9999-12-31T23:59:59.9999999' AS datetime2(7))", 'datetime2(7)', '9999-12-31 23:59:59.9999999'],
  [
    "CAST('2024-05-06T09:08:09.1234567+02:00' AS datetimeoffset(7))",
    'datetimeoffset(7)',
    '2024-05-06 07:08:09.1234567',
  ],
  ["CAST(N'ß € 漢字' AS nvarchar(20))", 'nvarchar(20)', 'ß € 漢字'],
  ["CAST(REPLICATE(CAST(N'漢' AS nvarchar(max)), 30000) AS nvarchar(max))", 'nvarchar(max)', '漢'.repeat(30_000)],
  [
    "CAST('0123ABCD-4567-89EF-0123-456789ABCDEF' AS uniqueidentifier)",
    'uniqueidentifier',
    '0123abcd-4567-89ef-0123-456789abcdef',
  ],
  ['CAST(0x0001FEFF AS varbinary(4))', 'varbinary(4)', Buffer.from([0, 1, 254, 255])],
  ["CAST('<a/>' AS xml)", 'xml', '<a/>'],
];

/** What the stand-in has to be told; a real server knows it. */
function teach(server: SqlserverStandIn): void {
  const n: StandInColumn[] = [{ name: 'n', type: 'int' }];
  const endless = function* () {
    for (let row = 1; ; row += 1) yield [row];
  };
  server.answer(ENDLESS, () => ({ columns: n, rows: endless() }));
  server.answer(SLOW, { columns: n, hangs: true });
  server.answer('CAST(1 AS bit)', {
    columns: values.map(([, type], index) => ({ name: `c${index}`, type })),
    rows: [values.map(([, , value]) => value), values.map(() => null)],
  });
  server.answer('SELECT @p1 AS a', ({ parameters }) => ({
    columns: ['nvarchar(50)', 'int', 'float', 'bit', 'nvarchar(50)', 'nvarchar(50)'].map((type, index) => ({
      name: String(index),
      type,
    })),
    rows: [parameters],
  }));
  const rows: unknown[][] = [];
  server.answer(`INSERT INTO ${table}`, ({ parameters }) => {
    rows.push([...parameters]);
    return { affected: 1 };
  });
  server.answer(`CREATE TABLE ${table}`, {});
  server.answer(`DROP TABLE ${table}`, {});
  server.answer(`[${table}]`, () => ({ columns: [...n, { name: 't', type: 'nvarchar(50)' }], rows }));
  const text: StandInColumn = { name: '', type: 'nvarchar(4000)' };
  const int: StandInColumn = { name: '', type: 'int' };
  const bit: StandInColumn = { name: '', type: 'bit' };
  server.answer('FROM sys.objects o', {
    columns: [int, text, text, text, text, { name: '', type: 'bigint' }],
    rows: [[1, 'dbo', table, 'table', null, 2]],
  });
  server.answer('FROM sys.columns c', {
    columns: [int, text, text, int, int, int, bit, text, bit, text],
    rows: [
      [1, 'n', 'int', 4, 10, 0, false, null, false, null],
      [1, 't', 'nvarchar', 100, 0, 0, true, null, false, null],
    ],
  });
  server.answer('FROM sys.indexes i\n', { columns: [int, text, bit, text], rows: [[1, 'pk', true, 'n']] });
  server.answer('FROM sys.foreign_keys f', { columns: [int, text, text, text, text, text], rows: [] });
  server.answer('HAS_PERMS_BY_NAME', { columns: [text], rows: [['writes']] });
  server.answer('SYSUTCDATETIME', () => ({ columns: [{ name: '', type: 'bigint' }], rows: [[Date.now()]] }));
}

const url = process.env.TEST_SQLSERVER_URL;

describe.each(url ? (['stand-in', 'server'] as const) : (['stand-in'] as const))('%s', (kind) => {
  let server: SqlserverStandIn | undefined;
  let target: ConnectTarget;

  beforeAll(async () => {
    if (kind === 'stand-in') {
      server = await startSqlserverStandIn();
      teach(server);
      target = targetOf(server);
      return;
    }
    const parts = sqlserverEngine.parseUrl(url ?? '');
    const host = parts.host ?? 'localhost';
    target = {
      host,
      addresses: (await lookup(host, { all: true })).map(({ address }) => address),
      port: parts.port ?? sqlserverEngine.defaultPort,
      database: parts.database ?? '',
      username: parts.username ?? '',
      password: parts.password ?? '',
      tls: { mode: parts.tlsMode ?? 'prefer' },
      options: parts.options,
      applicationName: 'headgate',
    };
  });
  afterAll(() => server?.stop());

  const read = (sql: string, parameters: readonly unknown[] = [], timeoutMs = 0) =>
    ({ sql, parameters, access: 'read', timeoutMs }) as const;
  const write = (sql: string, parameters: readonly unknown[] = []) =>
    ({ sql, parameters, access: 'write', timeoutMs: 0 }) as const;

  test('signs in', async () => {
    const connection = await connected(target);
    expect(connection.sessionId).toMatch(/^\d+$/);
    expect(connection.serverVersion).toMatch(/^\d+\.\d+/);
  });

  test('refuses a wrong password and a missing database', async () => {
    const signal = AbortSignal.timeout(30_000);
    await expect(sqlserverEngine.connect({ ...target, password: 'wrong' }, { signal })).rejects.toMatchObject({
      code: 'login_failed',
      stage: 'login',
    });
    await expect(sqlserverEngine.connect({ ...target, database: 'no such' }, { signal })).rejects.toMatchObject({
      code: 'database_not_found',
      stage: 'database',
    });
  });

  test('gives every type as it is', async () => {
    const connection = await connected(target);
    const sink = new ValuesSink();
    const list = values.map(([expression], index) => `${expression} AS c${index}`).join(', ');
    await connection.run(read(`SELECT ${list}`), sink);
    expect(sink.types).toEqual(values.map(([, type]) => type));
    expect(sink.rows[0]).toEqual(
      values.map(([, type, value]) => (type === 'datetimeoffset(7)' ? `${value}+00:00` : value)),
    );
  });

  test('takes parameters', async () => {
    const connection = await connected(target);
    const sink = new ValuesSink();
    const parameters = ["o'brien ß", 5, 1.5, true, null, { a: [1] }];
    await connection.run(read('SELECT @p1 AS a, @p2 AS b, @p3 AS c, @p4 AS d, @p5 AS e, @p6 AS f', parameters), sink);
    expect(sink.rows).toEqual([["o'brien ß", 5, 1.5, true, null, '{"a":[1]}']]);
  });

  test('streams, pauses and stops', async () => {
    const connection = await connected(target);
    const sink = new ValuesSink();
    let control: StatementControl | undefined;
    sink.onRow = (rows) => {
      if (rows === 100) {
        control?.pause();
        setImmediate(() => control?.resume());
      }
      if (rows === 50_000) control?.stop();
    };
    const result = await connection.run(read(ENDLESS), sink, (handle) => {
      control = handle;
    });
    expect(result).toEqual({ rows: 50_000, affectedRows: null, stopped: true });
    expect(await connection.reset()).toBe(true);
  });

  test('cancels, gives up in time, and goes on', async () => {
    const connection = await connected(target);
    const running = connection.run(read(SLOW), new ValuesSink());
    const failure = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    // A real server shows nothing that could be waited for.
    if (server) await server.seen((event) => event.kind === 'call' && event.sql === SLOW);
    else await new Promise((resolve) => setTimeout(resolve, 100));
    await connection.cancel();
    await failure;
    await expect(connection.run(read(SLOW, [], 100), new ValuesSink())).rejects.toMatchObject({
      code: 'statement_timeout',
    });
    expect(connection.usable).toBe(true);
    expect(await connection.reset()).toBe(true);
  });

  test('writes only when it is told to, shows what is there, reads it back', async () => {
    const connection = await connected(target);
    const insert = `INSERT INTO ${table} (n, t) VALUES (@p1, @p2)`;
    const create = `CREATE TABLE ${table} (n int NOT NULL PRIMARY KEY, t nvarchar(50) NULL)`;
    await connection.run(write(create), new ValuesSink());
    try {
      await expect(connection.run(read(insert, [1, 'a']), new ValuesSink())).rejects.toMatchObject({
        code: 'read_only',
      });
      expect(await connection.run(write(insert, [1, 'a']), new ValuesSink())).toMatchObject({ affectedRows: 1 });
      expect(await connection.run(write(insert, [2, null]), new ValuesSink())).toMatchObject({ affectedRows: 1 });
      const options = { signal: AbortSignal.timeout(30_000), schema: 'dbo', tables: [table] };
      const found: CatalogTable[] = [];
      for await (const one of sqlserverEngine.introspect(connection, options)) found.push(one);
      expect(found).toMatchObject([
        {
          schema: 'dbo',
          name: table,
          kind: 'table',
          columns: [
            { name: 'n', type: 'int', kind: 'integer', nullable: false },
            { name: 't', type: 'nvarchar(50)', kind: 'text', nullable: true },
          ],
          primaryKey: ['n'],
        },
      ]);
      const statement = sqlserverEngine.readStatement({
        table: found[0]!,
        columns: ['n', 't'],
        conditions: [{ column: 'n', operator: 'gte', values: [1] }],
      });
      const sink = new ValuesSink();
      await connection.run(read(statement.sql, statement.parameters), sink);
      expect(sink.rows).toEqual([
        [1, 'a'],
        [2, null],
      ]);
    } finally {
      await connection.run(write(`DROP TABLE ${table}`), new ValuesSink());
    }
  });

  test('says what the login may do and what time it is', async () => {
    const connection = await connected(target);
    expect((await sqlserverEngine.privileges(connection)).canWrite).toBe(true);
    const clock = await sqlserverEngine.clock(connection);
    expect(clock).toBeGreaterThan(Date.parse('2020-01-01'));
  });
});

test('the driver is not loaded before somebody connects', async () => {
  const { execFileSync } = await import('node:child_process');
  const engine = new URL('./index.ts', import.meta.url).href;
  const script = `await import(${JSON.stringify(engine)}); const { createRequire } = await import('node:module');
    console.log(Object.keys(createRequire(${JSON.stringify(engine)}).cache).some((file) => file.includes('tedious')));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(output.trim()).toBe('false');
});
