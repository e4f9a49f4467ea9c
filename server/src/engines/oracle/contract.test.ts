/**
 * What an Oracle source must do, as one suite: it runs on a real server when TEST_ORACLE_URL names one (a login that may
 * create tables), and on the driver in memory always, so that the suite itself is known to work.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { resolveTarget } from '../../platform/network/addresses.ts';
import { collectRows } from '../collect.ts';
import type { ConnectStage, ConnectTarget, Engine, EngineConnection, StatementControl } from '../engine.ts';
import { keepExact } from './dates.ts';
import { oracleEngine } from './index.ts';
import { column, FakeServer, failure, rowsOf, targetOf, WatchingSink } from './testkit.ts';

const url = process.env.TEST_ORACLE_URL;

const COUNT = 'SELECT LEVEL AS n FROM DUAL CONNECT BY LEVEL <= 5000';
const ENDLESS = 'SELECT COUNT(*) AS n FROM all_objects a, all_objects b, all_objects c, all_objects d';
const TYPES = `
  SELECT CAST(1.5 AS NUMBER(10,2)) AS n, CAST(7 AS NUMBER(5)) AS i, 12345678901234567890.123456789 AS big,
         TO_BINARY_DOUBLE('0.25') AS f, TO_DATE('2024-03-31 02:30:00', 'YYYY-MM-DD HH24:MI:SS') AS d,
         TIMESTAMP '2024-05-06 07:08:09.123456789' AS t, TIMESTAMP '2024-05-06 07:08:09.5 +02:00' AS z,
         INTERVAL '1-06' YEAR TO MONTH AS ym, INTERVAL '2 03:04:05.5' DAY TO SECOND AS ds,
         HEXTORAW('00FF') AS r, TO_CLOB('long text é') AS c, TO_BLOB(HEXTORAW('0102')) AS b, CAST('x' AS VARCHAR2(9)) AS v,
         CAST(NULL AS NUMBER) AS nothing
  FROM DUAL`;
const EXPECTED = [
  '1.5',
  '7',
  '12345678901234567890.123456789',
  0.25,
  '2024-03-31 02:30:00',
  '2024-05-06 07:08:09.123456789',
  '2024-05-06 05:08:09.5Z',
  '+01-06',
  '+2 03:04:05.5',
  Buffer.from([0, 255]),
  'long text é',
  Buffer.from([1, 2]),
  'x',
  null,
];

/** Where the suite runs. */
interface Bed {
  readonly engine: Engine;
  target(): Promise<ConnectTarget>;
}

const moment = (nanoseconds: number) => ({ year: 2024, month: 5, day: 6, hour: 7, minute: 8, second: 9, nanoseconds });

/** A server in memory that knows the statements of the suite. */
function inMemory(): Bed {
  let stored: string[] | undefined;
  const server = new FakeServer()
    .on(/^SELECT LEVEL/, () => ({
      columns: [column('N', 'NUMBER')],
      rows: Array.from({ length: 5000 }, (_, index) => [String(index + 1)]),
    }))
    .on(/^SELECT COUNT\(\*\) AS n FROM all_objects/, { columns: [column('N', 'NUMBER')], hangsAt: -1 })
    .on(/^SELECT 1 /, rowsOf(['A'], [['1']]))
    .on(/^SELECT :1/, (binds) => rowsOf(['A', 'B', 'C'], [[binds[1], String(binds[2]), binds[1]]]))
    .on(/^SELECT 1\/0/, { error: failure('ORA-01476', 'divisor is equal to zero') })
    .on(/^SELECT FROM/, { error: failure('ORA-00936', 'missing expression', { offset: 7 }) })
    .on(/^CREATE TABLE/, () => {
      stored = [];
      return {};
    })
    .on(/^DROP TABLE/, () => {
      stored = undefined;
      return {};
    })
    .on(/^INSERT/, (binds) => {
      stored?.push(String(binds[1]));
      return { affected: 1 };
    })
    .on(/^SELECT v FROM headgate_contract/, () =>
      stored === undefined
        ? { error: failure('ORA-00942', 'no table') }
        : rowsOf(
            ['V'],
            stored.map((v) => [v]),
          ),
    )
    .on(/^SELECT username/, rowsOf(['U'], [['SCOTT']]))
    .on(/^SELECT t\.table_name, CASE/, () =>
      rowsOf(['T', 'K', 'N', 'C'], stored ? [['HEADGATE_CONTRACT', 'T', null, null]] : []),
    )
    .on(
      /^SELECT t\.table_name, t\.column_name/,
      rowsOf(['A'], [['HEADGATE_CONTRACT', 'V', 'VARCHAR2', null, '20', '20', 'B', null, null, 'N', null, null]]),
    )
    .on(/^SELECT k\.table_name/, rowsOf(['A'], [['HEADGATE_CONTRACT', 'PK', 'P', 'V', null, null, null]]))
    .on(/SYS_EXTRACT_UTC/, () => rowsOf(['N'], [[String(Date.now())]]))
    .on(/session_privs|session_roles|user_tables|all_tab_privs/, rowsOf(['N'], [['0']]))
    .on(/^SELECT CAST\(1\.5/, {
      columns: [
        column('N', 'NUMBER', { precision: 10, scale: 2 }),
        column('I', 'NUMBER', { precision: 5, scale: 0 }),
        column('BIG', 'NUMBER', { scale: -127 }),
        column('F', 'BINARY_DOUBLE'),
        column('D', 'DATE'),
        column('T', 'TIMESTAMP'),
        column('Z', 'TIMESTAMP WITH TIME ZONE'),
        column('YM', 'INTERVAL YEAR TO MONTH'),
        column('DS', 'INTERVAL DAY TO SECOND'),
        column('R', 'RAW'),
        column('C', 'CLOB'),
        column('B', 'BLOB'),
        column('V', 'VARCHAR2'),
        column('NOTHING', 'NUMBER'),
      ],
      rows: [
        [
          '1.5',
          '7',
          '12345678901234567890.123456789',
          0.25,
          keepExact(new Date(), { ...moment(0), month: 3, day: 31, hour: 2, minute: 30, second: 0 }),
          keepExact(new Date(), moment(123_456_789)),
          keepExact(new Date(Date.UTC(2024, 4, 6, 5, 8, 9, 500)), moment(500_000_000)),
          { years: 1, months: 6 },
          { days: 2, hours: 3, minutes: 4, seconds: 5, fseconds: 500_000_000 },
          Buffer.from([0, 255]),
          'long text é',
          Buffer.from([1, 2]),
          'x',
          null,
        ],
      ],
    });
  return { engine: server.engine, target: async () => targetOf() };
}

/** The server that TEST_ORACLE_URL names. */
function real(): Bed {
  return {
    engine: oracleEngine,
    target: async () => {
      const { host = 'localhost', port = 1521, ...parts } = oracleEngine.parseUrl(url ?? '');
      const policy = { allowPrivate: true, allowLoopback: true, forbidden: [] };
      const { addresses } = await resolveTarget(host, policy, AbortSignal.timeout(10_000));
      return targetOf({
        host,
        addresses,
        port,
        database: parts.database ?? '',
        username: parts.username ?? '',
        password: parts.password ?? '',
        tls: { mode: parts.tlsMode ?? 'disable' },
        options: parts.options,
      });
    },
  };
}

const open: EngineConnection[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
});

function contract(bed: () => Bed): void {
  const connect = async (changes: Partial<ConnectTarget> = {}, onStage: (stage: ConnectStage) => void = () => {}) => {
    const { engine, target } = bed();
    const hooks = { signal: AbortSignal.timeout(30_000), onStage };
    const connection = await engine.connect({ ...(await target()), ...changes }, hooks);
    open.push(connection);
    return connection;
  };
  const statement = (sql: string) => ({ sql, parameters: [], access: 'read', timeoutMs: 60_000 }) as const;
  const works = async (connection: EngineConnection) =>
    expect((await collectRows(connection, { sql: 'SELECT 1 AS a FROM DUAL' })).rows).toEqual([['1']]);

  test('signs in', async () => {
    const stages: ConnectStage[] = [];
    const connection = await connect({}, (stage) => stages.push(stage));
    expect(stages.slice(-2)).toEqual(['login', 'database']);
    expect(connection.sessionId).toMatch(/^\d+$/);
    expect(connection.serverVersion).toMatch(/^\d+\.\d+/);
    await works(connection);
    await connection.close();
    expect(connection.usable).toBe(false);
  });

  test('a wrong password', async () => {
    await expect(connect({ password: 'certainly-wrong' })).rejects.toMatchObject({
      code: 'login_failed',
      stage: 'login',
      message: expect.not.stringContaining('certainly-wrong'),
    });
  });

  test('streams, pauses and goes on', async () => {
    const connection = await connect();
    let control: StatementControl | undefined;
    const paused = Promise.withResolvers<void>();
    const sink = new WatchingSink((count) => {
      if (count !== 7) return;
      control?.pause();
      paused.resolve();
    });
    const result = connection.run(statement(COUNT), sink, (given) => {
      control = given;
    });
    await paused.promise;
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sink.raw).toHaveLength(7);
    control?.resume();
    expect(await result).toEqual({ rows: 5000, affectedRows: null, stopped: false });
    expect([sink.raw[0], sink.raw.at(-1)]).toEqual([['1'], ['5000']]);
  });

  test('stops', async () => {
    const connection = await connect();
    let control: StatementControl | undefined;
    const sink = new WatchingSink((count) => {
      if (count === 10) control?.stop();
    });
    const result = await connection.run(statement(COUNT), sink, (given) => {
      control = given;
    });
    expect(result).toMatchObject({ rows: 10, stopped: true });
    await works(connection);
  });

  test('cancels, and the connection can be used again', async () => {
    const connection = await connect();
    const result = connection.run(statement(ENDLESS), new WatchingSink());
    const refused = expect(result).rejects.toMatchObject({ code: 'cancelled' });
    await new Promise((resolve) => setImmediate(resolve));
    await connection.cancel();
    await refused;
    if (connection.usable) await works(connection);
  });

  test('says what is wrong', async () => {
    const connection = await connect();
    const refusal = (sql: string) => collectRows(connection, { sql }).catch((error: unknown) => error);
    expect(await refusal('SELECT 1/0 AS n FROM DUAL')).toMatchObject({
      code: 'value_invalid',
      nativeCode: 'ORA-01476',
    });
    expect(await refusal('SELECT a FROM headgate_no_such_table')).toMatchObject({ code: 'object_not_found' });
    await works(connection);
  });

  test('parameters', async () => {
    const connection = await connect();
    const { rows } = await collectRows(connection, {
      sql: 'SELECT :1 AS a, :2 AS b, :1 AS c FROM DUAL',
      parameters: ["x'é", 2.5],
    });
    expect(rows).toEqual([["x'é", '2.5', "x'é"]]);
  });

  test('types', async () => {
    const connection = await connect();
    const sink = new WatchingSink();
    await connection.run(statement(TYPES), sink);
    expect(sink.raw[0]).toEqual(EXPECTED);
    expect(sink.described.map(({ kind }) => kind).join(' ')).toBe(
      'decimal integer decimal float timestamp timestamp timestamptz text text bytes text bytes text decimal',
    );
  });

  test('writes when asked to, keeps reads reads, and finds the table', async () => {
    const connection = await connect();
    const write = (sql: string, parameters: readonly unknown[] = []) =>
      collectRows(connection, { sql, parameters, access: 'write' });
    await write('CREATE TABLE headgate_contract (v VARCHAR2(20) PRIMARY KEY)');
    try {
      expect((await write('INSERT INTO headgate_contract VALUES (:1)', ['kept'])).affectedRows).toBe(1);
      for (const sql of [
        "INSERT INTO headgate_contract VALUES ('lost')",
        'SELECT v FROM headgate_contract FOR UPDATE',
      ]) {
        await expect(collectRows(connection, { sql })).rejects.toMatchObject({ code: 'read_only' });
      }
      const other = await connect();
      expect((await collectRows(other, { sql: 'SELECT v FROM headgate_contract' })).rows).toEqual([['kept']]);
      const { engine, target } = bed();
      const schema = engine.defaultSchema(await target());
      const found: unknown[] = [];
      const options = { signal: AbortSignal.timeout(30_000), schema, tables: ['HEADGATE_CONTRACT'] };
      for await (const table of engine.introspect(other, options)) found.push(table);
      expect(found).toMatchObject([
        {
          schema,
          name: 'HEADGATE_CONTRACT',
          kind: 'table',
          primaryKey: ['V'],
          columns: [{ name: 'V', type: 'varchar2(20)', nullable: false }],
        },
      ]);
    } finally {
      await write('DROP TABLE headgate_contract');
    }
  });

  test('privileges and the clock', async () => {
    const connection = await connect();
    expect(await bed().engine.privileges(connection)).toMatchObject({ canWrite: expect.any(Boolean) });
    expect(Math.abs((await bed().engine.clock(connection)) - Date.now())).toBeLessThan(86_400_000);
  });
}

describe('on a driver in memory', () => {
  const bed = inMemory();
  contract(() => bed);
});

describe.skipIf(url === undefined)('on a real server (skipped unless TEST_ORACLE_URL names one)', () => {
  contract(real);
});
