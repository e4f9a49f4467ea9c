import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { keepExact, utcClock, wallClock } from './dates.ts';
import { type DriverColumn, oracledbDriver } from './driver.ts';
import { column } from './testkit.ts';
import { catalogType, describeColumn, fetchAs, isLarge } from './types.ts';

test.each<[DriverColumn, kind: string, type: string]>([
  [column('N', 'NUMBER', { precision: 15, scale: 0 }), 'integer', 'number(15)'],
  [column('N', 'NUMBER', { precision: 16, scale: 0 }), 'decimal', 'number(16)'],
  [column('N', 'NUMBER', { precision: 12, scale: 2 }), 'decimal', 'number(12,2)'],
  [column('N', 'NUMBER', { precision: 0, scale: -127 }), 'decimal', 'number'],
  [column('N', 'NUMBER', { precision: 63, scale: -127 }), 'decimal', 'float(63)'],
  [column('N', 'NUMBER', { precision: 5, scale: -2 }), 'decimal', 'number(5,-2)'],
  [column('N', 'BINARY_DOUBLE'), 'float', 'binary_double'],
  [column('N', 'VARCHAR2', { byteSize: 20 }), 'text', 'varchar2(20)'],
  [column('N', 'VARCHAR2', { byteSize: 20, isJson: true }), 'json', 'varchar2(20)'],
  [column('N', 'CLOB'), 'text', 'clob'],
  [column('N', 'CLOB', { isJson: true }), 'json', 'clob'],
  [column('N', 'BLOB'), 'bytes', 'blob'],
  [column('N', 'RAW', { byteSize: 16 }), 'bytes', 'raw(16)'],
  [column('N', 'DATE'), 'timestamp', 'date'],
  [column('N', 'TIMESTAMP'), 'timestamp', 'timestamp'],
  [column('N', 'TIMESTAMP WITH TIME ZONE', { precision: 9 }), 'timestamptz', 'timestamp(9) with time zone'],
  [column('N', 'TIMESTAMP WITH LOCAL TIME ZONE'), 'timestamptz', 'timestamp with local time zone'],
  [column('N', 'BOOLEAN'), 'boolean', 'boolean'],
  [column('N', 'JSON'), 'json', 'json'],
  [column('N', 'ROWID'), 'text', 'rowid'],
  [column('N', 'VECTOR'), 'text', 'vector'],
  [column('N', 'INTERVAL DAY TO SECOND'), 'text', 'interval day to second'],
  [column('N', 'SYS.XMLTYPE'), 'text', 'sys.xmltype'],
  [column('N', 'MDSYS.SDO_GEOMETRY'), 'json', 'mdsys.sdo_geometry'],
])('%o', (described, kind, type) => {
  expect(describeColumn(described)).toMatchObject({ name: 'N', kind, type });
});

test('values that may be large are known', () => {
  const large = ['CLOB', 'BLOB', 'JSON', 'LONG', 'VECTOR', 'MDSYS.SDO_GEOMETRY'];
  expect(large.every((name) => isLarge(column('N', name)))).toBe(true);
  expect(['NUMBER', 'VARCHAR2', 'DATE', 'RAW', 'ROWID'].some((name) => isLarge(column('N', name)))).toBe(false);
});

describe('values', () => {
  const convert = (type: string, value: unknown) => fetchAs(column('N', type)).convert?.(value);

  test('numbers keep all their digits', () => {
    expect(fetchAs(column('N', 'NUMBER')).as).toBe('text');
    expect(convert('NUMBER', '12345678901234567890.123456789012345678')).toBe(
      '12345678901234567890.123456789012345678',
    );
    expect([convert('NUMBER', '.5'), convert('NUMBER', '-.05'), convert('NUMBER', '0')]).toEqual(['0.5', '-0.05', '0']);
  });

  test('intervals look as Oracle writes them', () => {
    expect(convert('INTERVAL YEAR TO MONTH', { years: 1, months: 6 })).toBe('+01-06');
    expect(convert('INTERVAL YEAR TO MONTH', { years: 0, months: -3 })).toBe('-00-03');
    const parts = { days: 2, hours: 3, minutes: 4, seconds: 5, fseconds: 500_000_000 };
    expect(convert('INTERVAL DAY TO SECOND', parts)).toBe('+2 03:04:05.5');
    expect(convert('INTERVAL DAY TO SECOND', { days: 0, hours: -1, minutes: 0, seconds: 0, fseconds: 0 })).toBe(
      '-0 01:00:00',
    );
  });

  test('a BFILE is read', async () => {
    await expect(convert('BFILE', { getData: async () => Buffer.from('x') })).resolves.toEqual(Buffer.from('x'));
  });
});

describe("dates as the real driver's decoder hands them over", () => {
  /** Oracle's bytes of a moment. */
  const bytes = (year: number, rest: readonly number[], nanoseconds?: number, zone: readonly number[] = []) => {
    const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = rest;
    const head = Buffer.from([
      Math.trunc(year / 100) + 100,
      (year % 100) + 100,
      month,
      day,
      hour + 1,
      minute + 1,
      second + 1,
    ]);
    const fraction = Buffer.alloc(nanoseconds === undefined ? 0 : 4);
    if (nanoseconds !== undefined) fraction.writeUInt32BE(nanoseconds);
    return Buffer.concat([head, fraction, Buffer.from(zone)]);
  };

  function decoded(buffer: Buffer, local: boolean): Date {
    oracledbDriver();
    const { GrowableBuffer } = createRequire(import.meta.url)('oracledb/lib/impl/datahandlers/buffer.js');
    return new GrowableBuffer().parseOracleDate(buffer, local);
  }

  test('nine digits of a second survive', () => {
    expect(wallClock(decoded(bytes(2024, [5, 6, 7, 8, 9], 123_456_789), true))).toBe('2024-05-06 07:08:09.123456789');
    expect(wallClock(decoded(bytes(2024, [5, 6, 7, 8, 9], 100_000), true))).toBe('2024-05-06 07:08:09.0001');
    expect(utcClock(decoded(bytes(2024, [5, 6, 7, 8, 9], 123_456_789, [20, 60]), false))).toBe(
      '2024-05-06 07:08:09.123456789Z',
    );
  });

  test('a date has its time of day, also one that no clock of this machine shows, and in any year', () => {
    for (const [month, day] of [
      [3, 31],
      [3, 10],
      [10, 6],
    ] as const) {
      const text = `2024-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')} 02:30:00`;
      expect(wallClock(decoded(bytes(2024, [month, day, 2, 30, 0]), true))).toBe(text);
    }
    expect(wallClock(decoded(bytes(988, [1, 2]), true))).toBe('0988-01-02 00:00:00');
    expect(wallClock(decoded(bytes(-4712, [1, 1]), true))).toBe('4712-01-01 00:00:00 BC');
  });

  test('without what the server sent a date still prints', () => {
    expect(utcClock(new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 60)))).toBe('2024-01-02 03:04:05.06Z');
    expect(wallClock(new Date(2024, 0, 2, 3, 4, 5, 60))).toBe('2024-01-02 03:04:05.06');
    const kept = { year: 1, month: 2, day: 3, hour: 4, minute: 5, second: 6, nanoseconds: 7 };
    expect(wallClock(keepExact(new Date(), kept))).toBe('0001-02-03 04:05:06.000000007');
  });
});

test.each([
  [{ dataType: 'NUMBER', precision: 10, scale: 0 }, 'number(10)', 'integer'],
  [{ dataType: 'NUMBER', precision: 10, scale: 2 }, 'number(10,2)', 'decimal'],
  [{ dataType: 'NUMBER', precision: null, scale: 0 }, 'number(*,0)', 'decimal'],
  [{ dataType: 'NUMBER', precision: null, scale: null }, 'number', 'decimal'],
  [{ dataType: 'FLOAT', precision: 126, scale: null }, 'float(126)', 'decimal'],
  [{ dataType: 'VARCHAR2', length: 80, characters: 20, charUsed: 'C' }, 'varchar2(20 char)', 'text'],
  [{ dataType: 'VARCHAR2', length: 80, characters: 80, charUsed: 'B' }, 'varchar2(80)', 'text'],
  [{ dataType: 'NVARCHAR2', length: 40, characters: 20, charUsed: 'C' }, 'nvarchar2(20)', 'text'],
  [{ dataType: 'RAW', length: 16 }, 'raw(16)', 'bytes'],
  [{ dataType: 'TIMESTAMP(6) WITH TIME ZONE', scale: 6 }, 'timestamp(6) with time zone', 'timestamptz'],
  [{ dataType: 'TIMESTAMP(9)', scale: 9 }, 'timestamp(9)', 'timestamp'],
  [{ dataType: 'INTERVAL DAY(2) TO SECOND(6)' }, 'interval day(2) to second(6)', 'text'],
  [{ dataType: 'DATE' }, 'date', 'timestamp'],
  [{ dataType: 'XMLTYPE', owner: 'SYS' }, 'xmltype', 'text'],
  [{ dataType: 'SDO_GEOMETRY', owner: 'MDSYS' }, 'MDSYS.SDO_GEOMETRY', 'json'],
])('the catalog says %o', (said, type, kind) => {
  const nothing = { owner: null, length: null, characters: null, charUsed: null, precision: null, scale: null };
  expect(catalogType({ ...nothing, ...said })).toEqual({ type, kind });
});
