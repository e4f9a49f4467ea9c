/** Every column type, through both protocols, and what columns are called. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { MariadbAccess } from '../../../test/servers/mariadb.ts';
import { sharedMariadb } from '../../../test/servers/shared.ts';
import { collectRows } from '../collect.ts';
import type { Column, RowSink } from '../engine.ts';
import type { MysqlConnection } from './connection.ts';
import { doubleText, floatText, NOT_FIXED } from './numbers.ts';
import { connected, targetOf } from './testkit.ts';

let server: MariadbAccess;
let database: string;

beforeAll(async () => {
  server = await sharedMariadb();
  database = await server.createDatabase();
  await server.execute(
    `SET sql_mode = 'ALLOW_INVALID_DATES';
     CREATE TABLE every (
       id int PRIMARY KEY,
       ti tinyint, tiu tinyint unsigned, flag tinyint(1), si smallint, siu smallint unsigned, mi mediumint,
       miu mediumint unsigned, i int, iu int unsigned, bi bigint, biu bigint unsigned, zf int(8) unsigned zerofill,
       y year, f float, d double, f2 float(7,3), d2 double(12,4), fu float unsigned, dz double zerofill,
       n decimal(14,2), nu decimal(20,0) unsigned, n0 decimal(65,30), b1 bit(1), b9 bit(9), b64 bit(64),
       da date, dt datetime, dt3 datetime(3), dt6 datetime(6), ts timestamp NULL, ts6 timestamp(6) NULL, t time, t6 time(6),
       c char(5), vc varchar(20), lc varchar(20) CHARACTER SET latin1, bn binary(4), vb varbinary(20), tt tinytext, tx text,
       mt mediumtext, lt longtext, tb tinyblob, bb blob, mb mediumblob, lb longblob,
       e enum('one','zwei'), s set('a','b','c'), j json, g point, u uuid, ip inet6
     ) CHARACTER SET utf8mb4;
     SET time_zone = '+05:30';
     INSERT INTO every VALUES (1, -128, 255, 1, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295,
       -9223372036854775808, 18446744073709551615, 42, 1901, 0.1, 0.1, 1234.5, -1234567.12345, 3.4e38, 1.5,
       -123456789012.34, 99999999999999999999, '1.5', b'1', b'100000001', 0xFFFFFFFFFFFFFFFF,
       '2024-02-29', '2024-02-29 23:59:59', '2024-02-29 23:59:59.123', '9999-12-31 23:59:59.999999',
       '2024-01-01 00:00:00', '2024-01-01 00:00:00.000001', '-838:59:59', '12:34:56.000789',
       'abc', 'grüße 🚣', 'é', 'a\\0b', 'x\\'y', '', 'text', 'medium', 'long', 'tiny', REPEAT('b', 300), 'mb', 'lb',
       'zwei', 'a,c', '{"a": [1, 2, "ü"]}', POINT(1, 2), '123e4567-e89b-12d3-a456-426655440000', '2001:db8::1');
     INSERT INTO every (id) VALUES (2);
     INSERT INTO every (id, ti, si, mi, i, bi, y, f, d, f2, d2, da, dt, dt6, t, t6, c, vc, bb, b9, zf) VALUES
       (3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00', '00:00:00', '-00:00:00.5', '', '',
        '', 0, 0),
       (4, -1, -1, -1, -1, -1, 2155, 1e-20, 1e300, -0.5, 0.00005, '2024-02-31', '2024-00-00 00:00:00', '0001-01-01', '01:02:03',
        '-100:00:00.000001', ' x ', '\\\\', REPEAT('z', 70000), 1, 12345678),
       (5, 1, 1, 1, 1, 1, 70, 16777216, 123456789012345678, 9999.999, 99999999.9999, '1000-01-01', '1000-01-01 01:01:01.9',
        '1970-01-01 00:00:00.1', '838:59:59', '838:59:59.999999', 'ñandú', '"', 'q', 511, 1);`,
    database,
  );
});

/** The wire's bytes of a result, sequence numbers aside, which differ by how many packets came before. */
async function framesOf(connection: MysqlConnection, sql: string, parameters: unknown[]) {
  const parts: Buffer[] = [];
  let columns: readonly Column[] = [];
  const sink: RowSink = {
    columns: (described) => {
      columns = described;
    },
    frames: (buffer, offset, end) => {
      const copy = Buffer.from(buffer.subarray(offset, end));
      for (let at = 0; at < copy.length; at += 4 + copy.readUIntLE(at, 3)) copy[at + 3] = 0;
      parts.push(copy);
      return end;
    },
    values: () => {},
  };
  await connection.run({ sql, parameters, access: 'read', timeoutMs: 10_000 }, sink);
  return { bytes: Buffer.concat(parts), columns };
}

test('both protocols give the same bytes and columns for every type', async () => {
  const connection = await connected(targetOf(server, database));
  const text = await framesOf(connection, 'SELECT * FROM every WHERE id > 0 ORDER BY id', []);
  const binary = await framesOf(connection, 'SELECT * FROM every WHERE id > ? ORDER BY id', [0]);
  expect(binary.columns).toEqual(text.columns);
  expect(binary.bytes.toString('latin1')).toBe(text.bytes.toString('latin1'));
});

test('columns carry kind, printed type and spelling', async () => {
  const connection = await connected(targetOf(server, database));
  const { columns } = await collectRows(connection, { sql: 'SELECT * FROM every LIMIT 0' });
  const described = Object.fromEntries(columns.map(({ name, kind, type, spelling }) => [name, [kind, type, spelling]]));
  expect(described).toMatchObject({
    ti: ['integer', 'tinyint', 'plain'],
    tiu: ['integer', 'tinyint unsigned', 'plain'],
    flag: ['integer', 'tinyint(1)', 'plain'],
    mi: ['integer', 'mediumint', 'plain'],
    iu: ['integer', 'int unsigned', 'plain'],
    bi: ['bigint', 'bigint', 'plain'],
    biu: ['bigint', 'bigint unsigned', 'plain'],
    y: ['integer', 'year', 'plain'],
    f: ['float', 'float', 'plain'],
    d: ['float', 'double', 'plain'],
    n: ['decimal', 'decimal(14,2)', 'plain'],
    nu: ['decimal', 'decimal(20,0) unsigned', 'plain'],
    n0: ['decimal', 'decimal(65,30)', 'plain'],
    b1: ['boolean', 'bit(1)', 'bit-raw'],
    b9: ['integer', 'bit(9)', 'bit-raw'],
    b64: ['bigint', 'bit(64)', 'bit-raw'],
    da: ['date', 'date', 'plain'],
    dt: ['timestamp', 'datetime', 'plain'],
    dt6: ['timestamp', 'datetime(6)', 'plain'],
    ts: ['timestamptz', 'timestamp', 'plain'],
    ts6: ['timestamptz', 'timestamp(6)', 'plain'],
    t: ['time', 'time', 'plain'],
    c: ['text', 'char(5)', 'plain'],
    vc: ['text', 'varchar(20)', 'plain'],
    bn: ['bytes', 'binary(4)', 'raw-bytes'],
    vb: ['bytes', 'varbinary(20)', 'raw-bytes'],
    tt: ['text', 'tinytext', 'plain'],
    tx: ['text', 'text', 'plain'],
    mt: ['text', 'mediumtext', 'plain'],
    lt: ['text', 'longtext', 'plain'],
    tb: ['bytes', 'tinyblob', 'raw-bytes'],
    bb: ['bytes', 'blob', 'raw-bytes'],
    mb: ['bytes', 'mediumblob', 'raw-bytes'],
    lb: ['bytes', 'longblob', 'raw-bytes'],
    e: ['text', 'enum', 'plain'],
    s: ['text', 'set', 'plain'],
    j: ['json', 'json', 'plain'],
    g: ['bytes', 'point', 'raw-bytes'],
    u: ['text', 'uuid', 'plain'],
    ip: ['text', 'inet6', 'plain'],
  });
});

test('values are spelled as the server stores them, instants in UTC', async () => {
  const connection = await connected(targetOf(server, database));
  const { rows } = await collectRows(connection, {
    sql: 'SELECT biu, zf, nu, b1, b9, dt3, ts, ts6, t, vc, lc, bn, s, j, ip FROM every WHERE id = ?',
    parameters: [1],
  });
  expect(rows[0]).toEqual([
    '18446744073709551615',
    '00000042',
    '99999999999999999999',
    '\x01',
    '\x01\x01',
    '2024-02-29 23:59:59.123',
    '2023-12-31 18:30:00',
    '2023-12-31 18:30:00.000001',
    '-838:59:59',
    'grüße 🚣',
    'é',
    'a\0b\0',
    'a,c',
    '{"a": [1, 2, "ü"]}',
    '2001:db8::1',
  ]);
});

test('expressions without a table have types too, in both protocols', async () => {
  const connection = await connected(targetOf(server, database));
  const list =
    "1, -1.5, 1e3, NULL, 'a', NOW() > '2000-01-01', CAST(1 AS UNSIGNED), x'4142', DATE '2024-01-01', 1/3, PI(), '' = ''";
  const text = await framesOf(connection, `SELECT ${list}`, []);
  const binary = await framesOf(connection, `SELECT ${list} FROM DUAL WHERE 1 = ?`, [1]);
  expect(binary.bytes).toEqual(text.bytes);
  expect(binary.columns).toEqual(text.columns);
});

test('parameters arrive as what they are', async () => {
  const connection = await connected(targetOf(server, database));
  const values = [
    null,
    true,
    false,
    0,
    -5,
    1.5,
    2 ** 53 - 1,
    1e300,
    'grüße 🚣',
    '',
    "'; --",
    { a: [1, 'ü'] },
    [1, null],
  ];
  const { rows } = await collectRows(connection, {
    sql: `SELECT ${values.map(() => '?').join(', ')}`,
    parameters: values,
  });
  expect(rows[0]).toEqual([
    null,
    '1',
    '0',
    '0',
    '-5',
    '1.5',
    '9007199254740991',
    '1e300',
    'grüße 🚣',
    '',
    "'; --",
    '{"a":[1,"ü"]}',
    '[1,null]',
  ]);
});

describe('floating point numbers as text', () => {
  test('are what the server prints', async () => {
    const connection = await connected(targetOf(server, database));
    const finite = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -400, max: 400 }).map((power) => 10 ** (power % 300)),
      fc.tuple(fc.integer(), fc.integer({ min: -20, max: 20 })).map(([digits, power]) => digits * 10 ** power),
    );
    const values = fc.sample(finite, { numRuns: 400, seed: 7 }).filter(Number.isFinite);
    const doubles = values.map((value) => `(CAST(${value === 0 ? '0e0' : value.toExponential()} AS DOUBLE))`);
    const { rows } = await collectRows(connection, { sql: `SELECT * FROM (VALUES ${doubles.join(',')}) AS t` });
    expect(rows.map(([text]) => text)).toEqual(values.map((value) => doubleText(value === 0 ? 0 : value, NOT_FIXED)));
  });

  test('FLOAT shows six digits', async () => {
    const connection = await connected(targetOf(server, database));
    const values = fc.sample(fc.float({ noNaN: true, noDefaultInfinity: true }), { numRuns: 300, seed: 11 });
    const sane = values.filter((value) => value !== 0 && Math.abs(value) > 1e-37);
    const floats = sane.map((value) => `(CAST(${value.toExponential()} AS FLOAT))`);
    const { rows } = await collectRows(connection, { sql: `SELECT * FROM (VALUES ${floats.join(',')}) AS t` });
    expect(rows.map(([text]) => text)).toEqual(sane.map((value) => floatText(value, NOT_FIXED)));
  });

  test.each([
    [0, 2, '0.00'],
    [-0, NOT_FIXED, '-0'],
    [1e15, NOT_FIXED, '1e15'],
    [999999999999999, NOT_FIXED, '999999999999999'],
    [1e-7, NOT_FIXED, '0.0000001'],
    [-1.25e-15, NOT_FIXED, '-0.00000000000000125'],
    [1e-16, NOT_FIXED, '1e-16'],
    [1e22, 1, '10000000000000000000000.0'],
  ])('%d with %d decimals is %s', (value, decimals, text) => {
    expect(doubleText(value, decimals)).toBe(text);
  });
});
