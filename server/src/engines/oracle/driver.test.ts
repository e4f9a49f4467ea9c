/**
 * The real driver's own connection, with only its wire replaced: that our options, values to bind, ways of fetching and
 * conversions are what the driver takes, and what comes out of it is what encoders expect.
 */
import { createRequire } from 'node:module';
import { beforeEach, expect, test } from 'vitest';
import { collectRows } from '../collect.ts';
import { adapt, oracledbDriver } from './driver.ts';
import { OracleConnection } from './query.ts';
import { WatchingSink } from './testkit.ts';

const load = createRequire(import.meta.url);
const oracledb = load('oracledb');
const types = load('oracledb/lib/types.js');
const { GrowableBuffer } = load('oracledb/lib/impl/datahandlers/buffer.js');
const Connection = load('oracledb/lib/connection.js');
const ConnectionImpl = load('oracledb/lib/impl/connection.js');
const ResultSetImpl = load('oracledb/lib/impl/resultset.js');
oracledbDriver();

/** What the wire would deliver: descriptions of columns, and values as the driver's decoders make them. */
let columns: Record<string, unknown>[] = [];
let row: unknown[] = [];
let executed: { sql: string; binds: { name: string; values: unknown[]; type: unknown }[] }[] = [];

class Rows extends ResultSetImpl {
  #left = 1;

  async getRows() {
    const rows = this.#left > 0 ? [[...row]] : [];
    this.#left -= 1;
    return rows;
  }

  async close() {}
}

class Wire extends ConnectionImpl {
  connection: unknown;

  async execute(sql: string, _iterations: number, binds: (typeof executed)[number]['binds'], options: object) {
    executed.push({ sql, binds });
    if (!sql.startsWith('select')) return { rowsAffected: 2 };
    const resultSet = new Rows();
    resultSet._setup(
      { ...options, connection: this.connection },
      columns.map((column) => ({ ...column })),
    );
    return { resultSet };
  }

  async commit() {}
  async rollback() {}
  setCallTimeout() {}
  getOracleServerVersionString() {
    return '23.9.0.25.7';
  }
}

function connection(transport = { alive: true, destroy() {} }): OracleConnection {
  const real = new Connection();
  real._impl = new Wire();
  real._impl.connection = real;
  const facts = { sessionId: '1', serverVersion: '23.0', encrypted: false };
  return new OracleConnection(adapt(oracledb, real, transport), facts, {}, '');
}

beforeEach(() => {
  executed = [];
});

const date = (bytes: readonly number[], local: boolean) =>
  new GrowableBuffer().parseOracleDate(Buffer.from(bytes), local);
const number = (...bytes: number[]) => new GrowableBuffer().parseOracleNumber(Buffer.from(bytes));
const described = (name: string, dbType: unknown, more: object = {}) => ({ name, dbType, ...more });

test('every type is fetched in a way that the driver knows, and converted', async () => {
  const moment = [120, 124, 5, 6, 8, 9, 10, 0x07, 0x5b, 0xcd, 0x15];
  const cells: [Record<string, unknown>, value: unknown, expected: unknown][] = [
    [described('N', types.DB_TYPE_NUMBER, { precision: 10, scale: 2 }), number(192, 51), '0.5'],
    [
      described('BIG', types.DB_TYPE_NUMBER, { precision: 0, scale: -127 }),
      number(203, 2, 24, 46, 68, 90, 13, 35, 57, 79, 91),
      '123456789123456789000',
    ],
    [described('D', types.DB_TYPE_DATE), date(moment.slice(0, 7), true), '2024-05-06 07:08:09'],
    [described('T', types.DB_TYPE_TIMESTAMP, { precision: 9 }), date(moment, true), '2024-05-06 07:08:09.123456789'],
    [described('TZ', types.DB_TYPE_TIMESTAMP_TZ), date([...moment, 20, 60], false), '2024-05-06 07:08:09.123456789Z'],
    [described('LTZ', types.DB_TYPE_TIMESTAMP_LTZ), date(moment, false), '2024-05-06 07:08:09.123456789Z'],
    [described('YM', types.DB_TYPE_INTERVAL_YM), new oracledb.IntervalYM({ years: 1, months: 6 }), '+01-06'],
    [described('DS', types.DB_TYPE_INTERVAL_DS), new oracledb.IntervalDS({ days: 1, hours: 2 }), '+1 02:00:00'],
    [described('F', types.DB_TYPE_BINARY_DOUBLE), Number.NaN, Number.NaN],
    [described('V', types.DB_TYPE_VARCHAR, { byteSize: 9 }), 'x', 'x'],
    [described('J', types.DB_TYPE_VARCHAR, { byteSize: 9, isJson: true }), '{"a":1}', '{"a":1}'],
    [described('C', types.DB_TYPE_CLOB), 'long', 'long'],
    [described('NC', types.DB_TYPE_NCLOB), 'long', 'long'],
    [described('L', types.DB_TYPE_LONG), 'long', 'long'],
    [described('B', types.DB_TYPE_BLOB), Buffer.from('b'), Buffer.from('b')],
    [described('R', types.DB_TYPE_RAW, { byteSize: 9 }), Buffer.from('b'), Buffer.from('b')],
    [described('JS', types.DB_TYPE_JSON), '{"n":12345678901234567890}', '{"n":12345678901234567890}'],
    [described('VEC', types.DB_TYPE_VECTOR), '[1,2]', '[1,2]'],
    [described('ROW', types.DB_TYPE_ROWID), 'AAAR3sAAEAAAACXAAA', 'AAAR3sAAEAAAACXAAA'],
    [described('BO', types.DB_TYPE_BOOLEAN), true, true],
    [described('NOTHING', types.DB_TYPE_TIMESTAMP), null, null],
  ];
  columns = cells.map(([column]) => column);
  row = cells.map(([, value]) => value);
  const sink = new WatchingSink();
  const request = { sql: 'select everything from t', parameters: [], access: 'read', timeoutMs: 0 } as const;
  await connection().run(request, sink);
  expect(sink.raw[0]).toEqual(cells.map(([, , expected]) => expected));
  expect(sink.described.find(({ name }) => name === 'T')?.type).toBe('timestamp(9)');
});

test('names of columns may repeat', async () => {
  columns = ['A', 'B', 'A', 'A'].map((name) => described(name, types.DB_TYPE_VARCHAR));
  row = ['1', '2', '3', '4'];
  const { columns: names, rows } = await collectRows(connection(), { sql: 'select a, b, a, a from t' });
  expect(names.map(({ name }) => name)).toEqual(['A', 'B', 'A', 'A']);
  expect(rows).toEqual([['1', '2', '3', '4']]);
});

test('values to bind are ones that the driver takes', async () => {
  columns = [described('A', types.DB_TYPE_VARCHAR)];
  row = ['1'];
  await collectRows(connection(), {
    sql: 'select a from t where a in (:1, :2, :3, :4, :5)',
    parameters: ['text', 1.5, true, null, { k: 1 }],
  });
  expect(executed.at(-1)?.binds.map(({ name, values, type }) => [name, values[0] ?? null, type])).toEqual([
    ['1', 'text', types.DB_TYPE_VARCHAR],
    ['2', 1.5, types.DB_TYPE_NUMBER],
    ['3', 1, types.DB_TYPE_NUMBER],
    ['4', null, types.DB_TYPE_VARCHAR],
    ['5', '{"k":1}', types.DB_TYPE_VARCHAR],
  ]);
});

test('a write tells how many rows it changed', async () => {
  const { affectedRows } = await collectRows(connection(), { sql: 'update t set a = 1', access: 'write' });
  expect(affectedRows).toBe(2);
});

test('the driver finds placeholders by the names that we bind', () => {
  const { Statement } = load('oracledb/lib/thin/statement.js');
  const statement = new Statement();
  statement._prepare(`select ':0', q'[:9]', :1, :b, :"x y" from t where a = :1 -- :8`);
  expect([...statement.bindInfoDict.keys()]).toEqual(['1', 'B', 'x y']);
});

test('a session whose socket is gone is not used', async () => {
  const lost = connection({ alive: false, destroy() {} });
  expect(lost.usable).toBe(false);
  await expect(collectRows(lost, { sql: 'select a from t' })).rejects.toMatchObject({
    code: 'connection_lost',
    fatal: true,
  });
  expect(executed).toEqual([]);
});
