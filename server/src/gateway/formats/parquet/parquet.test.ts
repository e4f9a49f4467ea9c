/** Files of ours through a reader that is not ours. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column } from '../../../engines/engine.ts';
import type { Cell } from '../frames.testkit.ts';
import { upperBound } from './bytes.ts';
import { cells, column, metadataOf, read, write } from './parquet.testkit.ts';

const text = column('t', 'text', 'text');
const bigint = column('n', 'bigint', 'bigint');

/** A kind of column with values of it: what the server prints, and what the reader gives. */
interface Case {
  readonly column: Omit<Column, 'name'>;
  readonly value: fc.Arbitrary<readonly [string | Buffer, unknown]>;
}

const wholeNumber = (low: bigint, high: bigint) =>
  fc.bigInt({ min: low, max: high }).map((n) => [n.toString(), n] as const);
const day = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((at) => new Date(at.toISOString().slice(0, 10)));

const kinds: readonly Case[] = [
  {
    column: { kind: 'integer', type: 'integer' },
    value: wholeNumber(-(2n ** 31n), 2n ** 31n - 1n).map(([s, n]) => [s, Number(n)]),
  },
  {
    column: { kind: 'integer', type: 'smallint' },
    value: wholeNumber(-32768n, 32767n).map(([s, n]) => [s, Number(n)]),
  },
  { column: { kind: 'integer', type: 'int unsigned' }, value: wholeNumber(0n, 2n ** 32n - 1n) },
  { column: { kind: 'bigint', type: 'bigint' }, value: wholeNumber(-(2n ** 63n), 2n ** 63n - 1n) },
  { column: { kind: 'bigint', type: 'bigint unsigned' }, value: wholeNumber(0n, 2n ** 64n - 1n) },
  {
    column: { kind: 'decimal', type: 'numeric(14,2)' },
    value: fc.integer({ min: -999_999_999, max: 999_999_999 }).map((n) => [(n / 100).toFixed(2), n / 100]),
  },
  { column: { kind: 'decimal', type: 'numeric' }, value: fc.bigInt().map((n) => [`${n}.5`, `${n}.5`]) },
  {
    column: { kind: 'float', type: 'double precision' },
    value: fc.double().map((x) => [Object.is(x, -0) ? '-0' : String(x), x]),
  },
  { column: { kind: 'float', type: 'real' }, value: fc.float().map((x) => [Object.is(x, -0) ? '-0' : String(x), x]) },
  {
    column: { kind: 'boolean', type: 'boolean', spelling: 'pg-bool' },
    value: fc.boolean().map((b) => [b ? 't' : 'f', b]),
  },
  { column: { kind: 'date', type: 'date' }, value: day.map((at) => [at.toISOString().slice(0, 10), at]) },
  {
    column: { kind: 'timestamptz', type: 'timestamp with time zone' },
    value: day.map((at) => [`${at.toISOString().slice(0, 10)} 00:00:00+00`, at]),
  },
  {
    column: { kind: 'time', type: 'time without time zone' },
    value: fc.nat(59).map((s) => [`00:00:${String(s).padStart(2, '0')}`, BigInt(s) * 1_000_000n]),
  },
  { column: { kind: 'text', type: 'text' }, value: fc.string({ unit: 'grapheme', maxLength: 120 }).map((s) => [s, s]) },
  { column: { kind: 'text', type: 'uuid' }, value: fc.uuid().map((u) => [u, u]) },
  {
    column: { kind: 'json', type: 'jsonb' },
    value: fc.jsonValue().map((j) => [JSON.stringify(j), JSON.parse(JSON.stringify(j))]),
  },
  {
    column: { kind: 'bytes', type: 'bytea', spelling: 'pg-bytea-hex' },
    value: fc.uint8Array({ maxLength: 80 }).map((b) => [`\\x${Buffer.from(b).toString('hex')}`, b]),
  },
];

describe('what goes in comes out', () => {
  test.each(kinds.map((one) => [`${one.column.kind} ${one.column.type}`, one] as const))('%s', async (_, one) => {
    const value = fc.option(one.value, { nil: null, freq: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 40 }),
        fc.constantFrom('zstd' as const, 'gzip' as const, 'none' as const),
        fc.integer({ min: 1, max: 20 }),
        async (values, compression, batch) => {
          const columns = [{ ...one.column, name: 'v' }];
          const rows = values.map((each) => cells(each === null ? null : each[0]));
          const { file } = await write(rows, { columns, compression, batch });
          const back = await read(file);
          expect(back.map((row) => row.v)).toEqual(values.map((each) => (each === null ? null : each[1])));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('MySQL frames, several columns, batches of any size', async () => {
    const columns = [bigint, text, column('d', 'decimal', 'decimal(10,3)'), column('b', 'bytes', 'blob', 'raw-bytes')];
    const row = fc.tuple(
      fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.option(fc.string({ unit: 'grapheme', maxLength: 400 })),
      fc.option(fc.integer({ min: -9_999_999, max: 9_999_999 })),
      fc.option(fc.uint8Array({ maxLength: 300 })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), async (rows, batch) => {
        const wire = rows.map(([n, s, d, b]): Cell[] =>
          cells(
            n === null ? null : n.toString(),
            s,
            d === null ? null : (d / 1000).toFixed(3),
            b === null ? null : Buffer.from(b),
          ),
        );
        const { file } = await write(wire, { columns, framing: 'mysql', batch });
        expect(await read(file)).toEqual(rows.map(([n, t, d, b]) => ({ n, t, d: d === null ? null : d / 1000, b })));
      }),
      { numRuns: 30 },
    );
  });

  test('JS values of engines without frames', async () => {
    const columns = [
      bigint,
      text,
      column('at', 'timestamp', 'datetime'),
      column('x', 'float', 'float'),
      column('b', 'bytes', 'varbinary'),
      column('ok', 'boolean', 'bit'),
    ];
    const at = new Date('2024-05-06T07:08:09.123Z');
    const rows = [
      ['12', 'naïve', at, 1.5, Buffer.from([1, 2]), true],
      [13n, '', null, Number.NaN, 'AQI=', false],
      [null, null, null, null, null, null],
    ];
    const { file } = await write(rows, { columns, framing: null });
    expect(await read(file)).toEqual([
      { n: 12n, t: 'naïve', at, x: 1.5, b: Uint8Array.of(1, 2), ok: true },
      { n: 13n, t: '', at: null, x: Number.NaN, b: Uint8Array.of(1, 2), ok: false },
      { n: null, t: null, at: null, x: null, b: null, ok: null },
    ]);
    const many = Array.from({ length: 140_000 }, (_, index) => [index]);
    const large = await write(many, { columns: [bigint], framing: null });
    expect(large.rows).toBe(140_000);
    expect((await read(large.file)).at(-1)).toEqual({ n: 139_999n });
  });

  test('no rows, no columns, repeated names', async () => {
    const none = await write([], { columns: [bigint, text] });
    expect(await read(none.file)).toEqual([]);
    expect(metadataOf(none.file).schema.map((element) => element.name)).toEqual(['schema', 'n', 't']);
    const empty = await write([], { columns: [] });
    expect(metadataOf(empty.file)).toMatchObject({ num_rows: 0n });
    const twice = await write([cells('1', '2')], { columns: [bigint, bigint] });
    expect(await read(twice.file)).toEqual([{ n: 1n, n_2: 2n }]);
  });

  test('ill-formed UTF-8 is repaired, in dictionaries and in plain pages', async () => {
    const bad = Buffer.from([0x61, 0xff, 0x62]);
    const distinct = Array.from({ length: 600 }, (_, index) => cells(`distinct ${index}`));
    const { file } = await write([cells(bad), cells(bad), ...distinct, cells(bad)], { columns: [text] });
    const back = await read(file);
    expect(back[0]).toEqual({ t: 'a\ufffdb' });
    expect(back[1]).toEqual({ t: 'a\ufffdb' });
    expect(back.at(-1)).toEqual({ t: 'a\ufffdb' });
    expect(back).toHaveLength(603);
  });
});

describe('types', () => {
  test.each([
    ['integer', 'integer', { type: 'INT32', logical_type: { type: 'INTEGER', bitWidth: 32, isSigned: true } }],
    ['integer', 'oid', { type: 'INT64' }],
    ['bigint', 'bigint unsigned', { type: 'INT64', logical_type: { type: 'INTEGER', bitWidth: 64, isSigned: false } }],
    ['decimal', 'numeric(18,4)', { type: 'INT64', logical_type: { type: 'DECIMAL', precision: 18, scale: 4 } }],
    [
      'decimal',
      'decimal(38,0)',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'DECIMAL', precision: 38, scale: 0 } },
    ],
    ['decimal', 'numeric(2,-3)', { type: 'INT64', logical_type: { type: 'DECIMAL', precision: 5, scale: 0 } }],
    ['decimal', 'numeric', { type: 'BYTE_ARRAY', logical_type: { type: 'STRING' } }],
    ['decimal', 'decimal(65,30)', { type: 'BYTE_ARRAY', logical_type: { type: 'STRING' } }],
    ['float', 'real', { type: 'FLOAT' }],
    ['float', 'double precision', { type: 'DOUBLE' }],
    ['date', 'date', { type: 'INT32', logical_type: { type: 'DATE' } }],
    [
      'timestamp',
      'timestamp without time zone',
      { logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
    ],
    [
      'timestamptz',
      'timestamp with time zone',
      { logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
    ],
    ['timestamp', 'datetime2(7)', { type: 'BYTE_ARRAY' }],
    ['time', 'time without time zone', { logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } }],
    ['json', 'jsonb', { type: 'BYTE_ARRAY', logical_type: { type: 'JSON' } }],
    ['text', 'uuid', { type: 'FIXED_LEN_BYTE_ARRAY', logical_type: { type: 'UUID' } }],
  ] as const)('%s %s', async (kind, type, expected) => {
    const { file } = await write([], { columns: [column('v', kind, type)] });
    expect(metadataOf(file).schema[1]).toMatchObject({ repetition_type: 'OPTIONAL', ...expected });
  });

  test.each([
    ['decimal', 'numeric(5,2)', 'NaN', 'NaN'],
    ['decimal', 'numeric(5,2)', '1234.00', 'precision'],
    ['decimal', 'numeric(20,2)', '0.001', 'precision'],
    ['integer', 'integer', '2147483648', 'range'],
    ['integer', 'int', 'many', 'another form'],
    ['bigint', 'bigint unsigned', '-1', 'range'],
    ['timestamp', 'timestamp without time zone', 'infinity', 'infinite'],
    ['timestamp', 'datetime', '0000-00-00 00:00:00', 'zero'],
    ['timestamptz', 'timestamp with time zone', '294276-12-31 00:00:00+00', 'range'],
    ['date', 'date', '-infinity', 'infinite'],
    ['date', 'date', '2024-00-00', 'zero'],
    ['time', 'time without time zone', '24:00:00', '24:00'],
    ['boolean', 'boolean', 'perhaps', 'another form'],
    ['text', 'uuid', 'not-a-uuid', 'another form'],
  ] as const)('%s %s does not hold %s', async (kind, type, value, says) => {
    const failure = await write([cells(value)], { columns: [column('v', kind, type)] }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'value_invalid', field: 'v', remedy: expect.stringContaining('Cast') });
    expect(String(failure)).toContain(says);
    expect(String(failure)).toContain(`"v" (${type})`);
  });
});

describe('pages, row groups, statistics', () => {
  test('many row groups, each with its own bounds, and a reader that skips by them', async () => {
    const rows = function* () {
      for (let n = 0; n < 300_000; n++) yield cells(String(n), n % 3 === 0 ? null : `group ${n >> 17}`);
    };
    const { file } = await write(rows(), { columns: [bigint, text], batch: 1000 });
    const metadata = metadataOf(file);
    expect(metadata.num_rows).toBe(300_000n);
    const groups = metadata.row_groups.map((group) => group.columns.map((chunk) => chunk.meta_data?.statistics));
    expect(groups).toMatchObject([
      [
        { min_value: 0n, max_value: 131_071n, null_count: 0n },
        { min_value: 'group 0', max_value: 'group 0' },
      ],
      [
        { min_value: 131_072n, max_value: 262_143n },
        { min_value: 'group 1', max_value: 'group 1', null_count: 43_691n },
      ],
      [
        { min_value: 262_144n, max_value: 299_999n },
        { min_value: 'group 2', max_value: 'group 2' },
      ],
    ]);
    expect(metadata.row_groups[0]?.columns[1]?.meta_data?.encodings).toContain('RLE_DICTIONARY');
    const found = await read(file, { filter: { n: { $gte: 299_998n } }, usePageIndex: true });
    expect(found).toEqual([
      { n: 299_998n, t: 'group 2' },
      { n: 299_999n, t: 'group 2' },
    ]);
  });

  test('bounds are the smallest and largest value, in the order of the type', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1 }), async (values) => {
        const { file } = await write(
          values.map((n) => cells(n.toString(), `${n}`, (n % 2n === 0n ? '-' : '') + n.toString())),
          { columns: [column('u', 'bigint', 'bigint unsigned'), text, column('d', 'decimal', 'numeric(25,0)')] },
        );
        const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const texts = values.map(String).toSorted();
        const signed = values.map((n) => (n % 2n === 0n ? -n : n)).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const [u, t, d] = metadataOf(file).row_groups[0]?.columns.map((chunk) => chunk.meta_data?.statistics) ?? [];
        expect(u).toMatchObject({ min_value: sorted[0], max_value: sorted.at(-1) });
        expect(t).toMatchObject({ min_value: texts[0], max_value: texts.at(-1) });
        expect(d).toMatchObject({ min_value: Number(signed[0]), max_value: Number(signed.at(-1)) });
      }),
    );
  });

  test('NaN is kept and leaves no bounds; zeros have both signs', async () => {
    const columns = [column('x', 'float', 'double precision')];
    const nan = metadataOf((await write([cells('1'), cells('NaN')], { columns })).file);
    expect(nan.row_groups[0]?.columns[0]?.meta_data?.statistics).toMatchObject({
      null_count: 0n,
      min_value: undefined,
    });
    const zero = metadataOf((await write([cells('0')], { columns })).file);
    expect(zero.row_groups[0]?.columns[0]?.meta_data?.statistics).toMatchObject({ min_value: -0, max_value: 0 });
  });

  test('bounds of long texts are cut so that they still hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (value) => {
        const bytes = Buffer.from(value);
        const bound = upperBound(bytes, true);
        if (bound === null) return;
        expect(Buffer.compare(bound, bytes)).toBeGreaterThanOrEqual(0);
        expect(bound.length).toBeLessThanOrEqual(64);
        expect(Buffer.from(bound.toString())).toEqual(bound);
      }),
    );
    expect(upperBound(Buffer.alloc(100, 0xff), false)).toBeNull();
  });

  test('values larger than a page, and pages of many sizes', async () => {
    const sizes = [0, 3_000_000, 10, 1_048_576, 70_000, 70_001, 2_500_000, 1];
    const rows = sizes.map((size, at) => cells(String(at), 'x'.repeat(size)));
    const { file } = await write(rows, { columns: [bigint, text], batch: 1 });
    expect((await read(file)).map((row) => String(row.t).length)).toEqual(sizes);
  });

  test('a dictionary is given up when values do not repeat, and kept when they do', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => cells(`value ${index}`, `kind ${index % 7}`));
    const columns = [text, column('k', 'text', 'text')];
    const { file } = await write(rows, { columns });
    const [unique, repeating] = metadataOf(file).row_groups[0]?.columns ?? [];
    expect(unique?.meta_data?.encodings).not.toContain('RLE_DICTIONARY');
    expect(repeating?.meta_data?.encodings).toContain('RLE_DICTIONARY');
    expect(await read(file)).toEqual(rows.map(([t, k]) => ({ t: String(t), k: String(k) })));
  });

  test('a dictionary that grows too late ends the row group instead of writing everything anew', async () => {
    const long = 'y'.repeat(2000);
    const rows = Array.from({ length: 3000 }, (_, at) => cells(at < 2500 ? `${long}${at % 3}` : `${long}${at}`));
    const { file } = await write(rows, { columns: [text] });
    expect(metadataOf(file).row_groups.length).toBeGreaterThan(1);
    expect(await read(file)).toEqual(rows.map(([t]) => ({ t: String(t) })));
  });
});

describe('limits', () => {
  test('rows', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => cells(String(index)));
    expect(await write(rows, { columns: [bigint], limits: { maxRows: 7 } })).toMatchObject({ rows: 7, limited: true });
    expect(await write(rows, { columns: [bigint], limits: { maxRows: 50 } })).toMatchObject({
      rows: 50,
      limited: false,
    });
    const values = await write([[1], [2], [3]], { columns: [bigint], framing: null, limits: { maxRows: 2 } });
    expect(values).toMatchObject({ rows: 2, limited: true });
    expect(await read(values.file)).toHaveLength(2);
  });

  test.each([3000, 20_000, 3_000_000])('%i bytes are never exceeded, and the file is whole', async (maxBytes) => {
    const noise = function* () {
      let state = 1;
      for (let at = 0; at < 60_000; at++) {
        let value = '';
        for (let part = 0; part < 12; part++) {
          state = (Math.imul(state, 1103515245) + 12345) >>> 0;
          value += state.toString(36);
        }
        yield cells(String(at), value);
      }
    };
    for (const framing of ['postgresql', null] as const) {
      const { file, rows, limited } = await write(framing === null ? asValues(noise()) : noise(), {
        columns: [bigint, text],
        framing,
        limits: { maxBytes },
      });
      expect(limited).toBe(true);
      expect(file.length).toBeLessThanOrEqual(maxBytes);
      expect(file.length).toBeGreaterThan(maxBytes > 1_000_000 ? maxBytes / 2 : 0);
      expect(await read(file)).toHaveLength(rows);
    }
  });
});

function* asValues(rows: Iterable<readonly Cell[]>): Generator<(string | null)[]> {
  for (const row of rows) yield row.map((cell) => cell?.toString() ?? null);
}
