/** Every type that the engine maps, from the bytes of the wire to the value that a sink gets. */
import { describe, expect, test } from 'vitest';
import type { ValueKind } from '../engine.ts';
import { connected, standIn, targetOf, ValuesSink } from './testkit.ts';
import { kindOfPrintedType } from './types.ts';

/** type on the server, what goes over the wire, what the sink gets (as sent unless said), kind, type as printed. */
const cases: readonly [type: string, sent: unknown, kind: ValueKind, got?: unknown, printed?: string][] = [
  ['bit', true, 'boolean'],
  ['bit', false, 'boolean'],
  ['tinyint', 255, 'integer'],
  ['smallint', -32768, 'integer'],
  ['int', -2147483648, 'integer'],
  ['bigint', '9223372036854775807', 'bigint'],
  ['bigint', '-9223372036854775808', 'bigint'],
  ['real', 0.1, 'float'],
  ['real', 16777216, 'float'],
  ['float', 0.1, 'float'],
  ['float', 1.7976931348623157e308, 'float'],
  ['decimal(5,2)', '-123.40', 'decimal'],
  ['decimal(5,2)', '0.00', 'decimal'],
  ['decimal(18,0)', '123456789012345678', 'decimal'],
  ['decimal(28,10)', '-0.0000000001', 'decimal'],
  ['numeric(38,0)', '99999999999999999999999999999999999999', 'decimal'],
  ['numeric(38,37)', '-9.9999999999999999999999999999999999999', 'decimal'],
  ['money', '922337203685477.5807', 'decimal'],
  ['money', '-922337203685477.5808', 'decimal'],
  ['money', '0.0001', 'decimal'],
  ['smallmoney', '-214748.3648', 'decimal'],
  ['date', '0001-01-01', 'date'],
  ['date', '9999-12-31', 'date'],
  ['time(0)', '23:59:59', 'time'],
  ['time(3)', '07:08:09.100', 'time'],
  ['time(7)', '23:59:59.9999999', 'time'],
  ['datetime', '1753-01-01 00:00:00.000', 'timestamp'],
  ['datetime', '9999-12-31 23:59:59.997', 'timestamp'],
  ['smalldatetime', '2079-06-06 23:59:00', 'timestamp'],
  ['datetime2(0)', '2024-02-29 12:00:00', 'timestamp'],
  ['datetime2(7)', '9999-12-31 23:59:59.9999999', 'timestamp'],
  ['datetimeoffset(7)', '2024-05-06 07:08:09.1234567', 'timestamptz', '2024-05-06 07:08:09.1234567+00:00'],
  ['datetimeoffset(0)', '2024-05-06 07:08:09', 'timestamptz', '2024-05-06 07:08:09+00:00'],
  ['char(5)', 'abc  ', 'text'],
  ['varchar(20)', 'caf\u00e9', 'text'],
  ['varchar(max)', 'x'.repeat(20_000), 'text'],
  ['nchar(3)', 'äöü', 'text'],
  ['nvarchar(50)', 'ß € 漢字 😀', 'text'],
  ['nvarchar(50)', '', 'text'],
  ['nvarchar(max)', '漢'.repeat(30_000), 'text'],
  ['text', 'old text', 'text'],
  ['ntext', 'old 漢字', 'text'],
  ['xml', '<a b="c"/>', 'text'],
  ['uniqueidentifier', '0123abcd-4567-89ef-0123-456789abcdef', 'text'],
  ['binary(4)', Buffer.from([0, 1, 254, 255]), 'bytes'],
  ['varbinary(10)', Buffer.from([]), 'bytes'],
  ['varbinary(max)', Buffer.alloc(40_000, 7), 'bytes'],
  ['image', Buffer.from([1, 2, 3]), 'bytes'],
  ['rowversion', Buffer.from([0, 0, 0, 0, 0, 0, 7, 209]), 'bytes'],
  ['hierarchyid', Buffer.from([0x5a, 0xc0]), 'bytes'],
  ['geometry', Buffer.from([0, 0, 0, 0, 1]), 'bytes'],
  ['geography', Buffer.from([230, 16, 0, 0, 1]), 'bytes'],
  ['sql_variant', { type: 'int', value: -7 }, 'text', -7],
  ['sql_variant', { type: 'bigint', value: '9007199254740993' }, 'text', '9007199254740993'],
  ['sql_variant', { type: 'money', value: '922337203685477.5807' }, 'text', '922337203685477.5807'],
  [
    'sql_variant',
    { type: 'decimal(38,2)', value: '123456789012345678901234567890.12' },
    'text',
    '123456789012345678901234567890.12',
  ],
  ['sql_variant', { type: 'datetime', value: '2024-05-06 07:08:09.123' }, 'text', '2024-05-06 07:08:09.123'],
  [
    'sql_variant',
    { type: 'datetime2(7)', value: '2024-05-06 07:08:09.1234567' },
    'text',
    '2024-05-06 07:08:09.1234567',
  ],
  ['sql_variant', { type: 'date', value: '2024-05-06' }, 'text', '2024-05-06'],
  ['sql_variant', { type: 'nvarchar(20)', value: 'text' }, 'text', 'text'],
  ['sql_variant', { type: 'varbinary(20)', value: Buffer.from([1, 171]) }, 'text', '0x01AB'],
  ['sql_variant', { type: 'bit', value: true }, 'text', true],
];

describe.each(cases)('%s', (type, sent, kind, got, printed) => {
  test(`gives ${JSON.stringify(got ?? sent)?.slice(0, 60)}, and null`, async () => {
    const server = await standIn();
    const columns = [
      { name: 'before', type: 'int' },
      { name: 'v', type },
      { name: 'after', type: 'int' },
    ];
    server.answer('from t', {
      columns,
      rows: [
        [1, sent, 2],
        [3, null, 4],
        [5, sent, 6],
      ],
    });
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    await connection.run({ sql: 'select v from t', parameters: [], access: 'read', timeoutMs: 0 }, sink);
    const value = got ?? sent;
    expect(sink.rows).toEqual([
      [1, value, 2],
      [3, null, 4],
      [5, value, 6],
    ]);
    expect(sink.kinds).toEqual(['integer', kind, 'integer']);
    expect(sink.types[1]).toBe(printed ?? type);
    expect(kindOfPrintedType(type)).toBe(kind);
  });
});

test('values that are cut by packets anywhere are put together', async () => {
  const server = await standIn();
  const types = [
    'decimal(38,2)',
    'money',
    'datetimeoffset(7)',
    'time(7)',
    'sql_variant',
    'nvarchar(100)',
    'nvarchar(max)',
  ];
  const row = (n: number) => [
    `${n}.25`,
    `${n}.5000`,
    '2024-05-06 07:08:09.1234567',
    '07:08:09.1234567',
    { type: 'decimal(20,3)', value: `${n}.125` },
    `text ${n}`.padEnd(n % 90, '.'),
    'y'.repeat(n % 300),
  ];
  const rows = Array.from({ length: 3_000 }, (_, n) => row(n));
  server.answer('from t', { columns: types.map((type, index) => ({ name: `c${index}`, type })), rows });
  const connection = await connected(targetOf(server));
  const sink = new ValuesSink();
  await connection.run({ sql: 'select v from t', parameters: [], access: 'read', timeoutMs: 0 }, sink);
  expect(sink.rows).toEqual(rows.map(([a, b, c, d, , f, g], n) => [a, b, `${c}+00:00`, d, `${n}.125`, f, g]));
});
