import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column, RowFraming, ValueKind } from '../../engines/engine.ts';
import type { NumberStyle } from '../types.ts';
import { type Cell, encode, endOf, framesOf, parseCsv } from './frames.testkit.ts';
import { generateEncoder, MAX_GENERATED_COLUMNS } from './generate.ts';
import { EncoderCache, EncoderState, errorLine, RowEncoder } from './index.ts';
import { layoutOf, type RowFormat } from './layout.ts';
import { uniqueNames } from './names.ts';

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');
const column = (kind: ValueKind, spelling?: Column['spelling'], name = 'a'): Column => ({
  name,
  kind,
  type: kind,
  ...(spelling ? { spelling } : {}),
});

/** One kind of column: how a server spells a random value, and what JSON and CSV must say. */
interface Kind {
  readonly column: Column;
  readonly arbitrary: fc.Arbitrary<unknown>;
  wire(value: unknown): Buffer;
  json(value: unknown, numbers: NumberStyle): unknown;
  csv(value: unknown): string;
}

function kind<T>(
  of: Column,
  arbitrary: fc.Arbitrary<T>,
  say: { wire(value: T): Buffer; json(value: T, numbers: NumberStyle): unknown; csv(value: T): string },
): Kind {
  // The three functions only ever see values of this arbitrary.
  return { column: of, arbitrary, ...say } as Kind;
}

const pad = (value: number, size = 2): string => String(value).padStart(size, '0');
const instant = fc.record({
  date: fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
  micros: fc.integer({ min: 0, max: 999_999 }),
  offset: fc.constantFrom('+00', '+05', '-11', '+05:30', '+00:00', '-00:30'),
});
type Instant = typeof instant extends fc.Arbitrary<infer T> ? T : never;
const plain = ({ date, micros }: Instant, between: string): string =>
  `${date.toISOString().slice(0, 10)}${between}${date.toISOString().slice(11, 19)}${micros > 0 ? `.${pad(micros, 6)}` : ''}`;
const zone = (offset: string): string =>
  offset === '+00' || offset === '+00:00' ? 'Z' : offset.length === 3 ? `${offset}:00` : offset;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\r', '\t', ',', '\u0001', 'é', '😀', 'a'), maxLength: 12 }),
  fc.constantFrom('', 'NULL', '"', ',', '\u2028', 'x'.repeat(5000), 'é'.repeat(3000)),
);
const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));

const common: Kind[] = [
  kind(column('integer'), fc.integer(), { wire: (v) => utf8(`${v}`), json: (v) => v, csv: (v) => `${v}` }),
  kind(column('bigint'), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), {
    wire: (v) => utf8(`${v}`),
    json: (v, numbers) => (numbers === 'json' ? Number(v) : `${v}`),
    csv: (v) => `${v}`,
  }),
  kind(column('decimal'), fc.constantFrom('0.00', '-12.50', 'NaN', '99999999999999999999.99', 'Infinity', '0'), {
    wire: (v) => utf8(v),
    json: (v, numbers) => (numbers === 'json' && Number.isFinite(Number(v)) ? Number(v) : v),
    csv: (v) => v,
  }),
  kind(column('float'), fc.double(), {
    wire: (v) => utf8(Object.is(v, -0) ? '-0' : `${v}`),
    json: (v) => (Number.isFinite(v) ? v : `${v}`),
    csv: (v) => (Object.is(v, -0) ? '-0' : `${v}`),
  }),
  kind(column('boolean', 'pg-bool'), fc.boolean(), {
    wire: (v) => utf8(v ? 't' : 'f'),
    json: (v) => v,
    csv: (v) => `${v}`,
  }),
  kind(column('boolean', 'int-bool'), fc.constantFrom('0', '1', '-1', '7'), {
    wire: (v) => utf8(v),
    json: (v) => v !== '0',
    csv: (v) => `${v !== '0'}`,
  }),
  kind(column('boolean', 'bit-raw'), fc.boolean(), {
    wire: (v) => Buffer.from([v ? 1 : 0]),
    json: (v) => v,
    csv: (v) => `${v}`,
  }),
  kind(column('integer', 'bit-raw'), fc.integer({ min: 0, max: 2 ** 32 - 1 }), {
    wire: (v) => Buffer.from(pad(0, 0).concat(v.toString(16).padStart(8, '0')).slice(-8), 'hex'),
    json: (v) => v,
    csv: (v) => `${v}`,
  }),
  kind(column('bigint', 'bit-raw'), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), {
    wire: (v) => Buffer.from(v.toString(16).padStart(16, '0'), 'hex'),
    json: (v, numbers) => (numbers === 'json' ? Number(v) : `${v}`),
    csv: (v) => `${v}`,
  }),
  kind(column('timestamp'), instant, {
    wire: (v) => utf8(plain(v, ' ')),
    json: (v) => plain(v, 'T'),
    csv: (v) => plain(v, 'T'),
  }),
  kind(column('timestamptz'), instant, {
    wire: (v) => utf8(plain(v, ' ') + v.offset),
    json: (v) => plain(v, 'T') + zone(v.offset),
    csv: (v) => plain(v, 'T') + zone(v.offset),
  }),
  kind(column('timestamptz'), fc.constantFrom('infinity', '-infinity', '0044-03-15 12:00:00+00 BC'), {
    wire: utf8,
    json: (v) => v,
    csv: (v) => v,
  }),
  kind(column('date'), fc.constantFrom('2024-02-29', 'infinity'), { wire: utf8, json: (v) => v, csv: (v) => v }),
  kind(column('time'), fc.constantFrom('23:59:59.5', '-838:59:59'), { wire: utf8, json: (v) => v, csv: (v) => v }),
  kind(column('json'), fc.jsonValue(), {
    wire: (v) => utf8(JSON.stringify(v, null, 2)),
    json: (v) => JSON.parse(JSON.stringify(v)),
    csv: (v) => JSON.stringify(v, null, 2),
  }),
  kind(column('bytes', 'raw-bytes'), bytes, {
    wire: (v) => v,
    json: (v) => v.toString('base64'),
    csv: (v) => v.toString('base64'),
  }),
  kind(column('bytes', 'pg-bytea-hex'), bytes, {
    wire: (v) => utf8(`\\x${v.toString('hex')}`),
    json: (v) => v.toString('base64'),
    csv: (v) => v.toString('base64'),
  }),
  kind(column('text'), text, { wire: utf8, json: (v) => v.toWellFormed(), csv: (v) => v.toWellFormed() }),
];

/** A random result: columns of random kinds, rows of random values and NULLs, cut into random pieces. */
const result = fc.array(fc.constantFrom(...common), { minLength: 1, maxLength: 9 }).chain((kinds) =>
  fc.record({
    kinds: fc.constant(kinds),
    names: fc.array(fc.oneof(text, fc.constantFrom('a', 'b')), {
      minLength: kinds.length,
      maxLength: kinds.length,
    }),
    rows: fc.array(fc.tuple(...kinds.map((one) => fc.option(one.arbitrary, { freq: 5 }))), { maxLength: 12 }),
    framing: fc.constantFrom<RowFraming>('postgresql', 'mysql'),
    numbers: fc.constantFrom<NumberStyle>('string', 'json'),
    pieces: fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 12 }),
    maxRows: fc.option(fc.integer({ min: 1, max: 14 }), { freq: 2 }),
  }),
);
type Result = typeof result extends fc.Arbitrary<infer T> ? T : never;

const columnsOf = ({ kinds, names }: Result): Column[] =>
  kinds.map((one, index) => ({ ...one.column, name: (names[index] ?? '').toWellFormed() }));
const wireOf = ({ kinds, rows, framing }: Result): Buffer =>
  Buffer.concat([
    framesOf(
      framing,
      rows.map((row) => row.map((value, index): Cell => (value === null ? null : (kinds[index]?.wire(value) ?? null)))),
    ),
    endOf(framing),
  ]);
const optionsOf = (it: Result, format: RowFormat) => ({
  columns: columnsOf(it),
  framing: it.framing,
  format,
  numbers: it.numbers,
  pieces: it.pieces,
  limits: { maxRows: it.maxRows ?? 0 },
});

describe('encoders', () => {
  for (const by of ['interpreter', 'generated'] as const) {
    test(`${by}: JSON.parse gives the values of every kind, both framings, any split`, () => {
      fc.assert(
        fc.property(result, (it) => {
          const wire = wireOf(it);
          const names = uniqueNames(columnsOf(it).map((one) => one.name));
          const shown = it.rows.slice(0, it.maxRows ?? it.rows.length);
          const expected = shown.map((row) =>
            Object.fromEntries(
              row.map((value, index) => [
                names[index],
                value === null ? null : it.kinds[index]?.json(value, it.numbers),
              ]),
            ),
          );
          const lines = encode(wire, { ...optionsOf(it, 'ndjson'), by });
          expect(
            lines.text
              .split('\n')
              .slice(0, -1)
              .map((line) => JSON.parse(line)),
          ).toEqual(expected);
          expect(lines.text.endsWith('\n') || lines.text === '').toBe(true);
          expect(lines.rows).toBe(shown.length);
          expect(lines.limited).toBe(shown.length < it.rows.length);
          const array = encode(wire, { ...optionsOf(it, 'json'), by });
          expect(JSON.parse(array.text)).toEqual(expected);
          expect(array.limited).toBe(shown.length < it.rows.length);
        }),
        { numRuns: 300 },
      );
    });

    test(`${by}: a CSV reader gives the values, NULL apart from the empty text`, () => {
      fc.assert(
        fc.property(result, (it) => {
          const { text: csv } = encode(wireOf(it), { ...optionsOf(it, 'csv'), by });
          const names = uniqueNames(columnsOf(it).map((one) => one.name));
          const shown = it.rows.slice(0, it.maxRows ?? it.rows.length);
          expect(parseCsv(csv)).toEqual([
            names,
            ...shown.map((row) => row.map((value, index) => (value === null ? null : it.kinds[index]?.csv(value)))),
          ]);
        }),
        { numRuns: 200 },
      );
    });
  }

  test('generated code writes the same bytes as the interpreter, consumes the same, and stops at the same byte', () => {
    fc.assert(
      fc.property(
        result,
        fc.constantFrom<RowFormat>('ndjson', 'json', 'csv'),
        fc.integer({ min: 0, max: 3000 }),
        (it, format, maxBytes) => {
          const options = { ...optionsOf(it, format), limits: { maxRows: it.maxRows ?? 0, maxBytes } };
          const wire = wireOf(it);
          expect(encode(wire, { ...options, by: 'generated' })).toEqual(
            encode(wire, { ...options, by: 'interpreter' }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test('ill-formed UTF-8 is replaced and never breaks JSON', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 30 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('interpreter' as const, 'generated' as const),
        (values, by) => {
          const columns = [column('text')];
          const wire = framesOf(
            'postgresql',
            values.map((value) => [Buffer.from(value)]),
          );
          const { bytes } = encode(wire, { columns, framing: 'postgresql', format: 'ndjson', by });
          const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
          expect(
            strict
              .split('\n')
              .slice(0, -1)
              .map((line) => JSON.parse(line).a),
          ).toEqual(values.map((value) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(value)));
          const csv = encode(wire, { columns, framing: 'postgresql', format: 'csv', by });
          new TextDecoder('utf-8', { fatal: true }).decode(csv.bytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('hostile text in a numeric column stays inside a string', () => {
    for (const by of ['interpreter', 'generated'] as const) {
      const { text: out } = encode(framesOf('mysql', [[utf8('1,"b":2')]]), {
        columns: [column('integer')],
        framing: 'mysql',
        format: 'ndjson',
        by,
      });
      expect(JSON.parse(out)).toEqual({ a: '1,"b":2' });
    }
  });

  test.each([
    ['00042', 42],
    ['-007', -7],
    ['0', 0],
    ['-0.5', -0.5],
    ['0.50', 0.5],
    ['000', 0],
  ])('padding zeros of %s are left out', (wire, value) => {
    for (const by of ['interpreter', 'generated'] as const) {
      const { text: out } = encode(framesOf('mysql', [[utf8(wire)]]), {
        columns: [column('float')],
        framing: 'mysql',
        format: 'ndjson',
        by,
      });
      expect(JSON.parse(out)).toEqual({ a: value });
    }
  });

  test.each([
    ['2024-01-02 03:04:05', '2024-01-02T03:04:05Z'],
    ['2024-01-02 03:04:05.25+05:30', '2024-01-02T03:04:05.25+05:30'],
    ['12024-01-02 03:04:05-03', '12024-01-02T03:04:05-03:00'],
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['0000-00-00 00:00:00', '0000-00-00T00:00:00Z'],
    ['infinity', 'infinity'],
    ['2024-01-02', '2024-01-02'],
    ['', ''],
  ])('timestamptz %s is written %s', (wire, shown) => {
    const options = { columns: [column('timestamptz')], framing: 'mysql' as const };
    const frame = framesOf('mysql', [[utf8(wire)]]);
    expect(JSON.parse(encode(frame, { ...options, format: 'ndjson' }).text)).toEqual({ a: shown });
    expect(parseCsv(encode(frame, { ...options, format: 'csv' }).text)).toEqual([['a'], [shown]]);
  });

  test('a row or byte limit cuts at a whole row; exactly as many rows as allowed is complete', () => {
    const rows = Array.from({ length: 10 }, (_, index) => [utf8(`${index}`)]);
    const wire = Buffer.concat([framesOf('postgresql', rows), endOf('postgresql')]);
    const options = { columns: [column('integer')], framing: 'postgresql' as const, format: 'ndjson' as const };
    for (const by of ['interpreter', 'generated'] as const) {
      expect(encode(wire, { ...options, by, limits: { maxRows: 10 } })).toMatchObject({ rows: 10, limited: false });
      const nine = encode(wire, { ...options, by, limits: { maxRows: 9 } });
      expect(nine).toMatchObject({ rows: 9, limited: true });
      // The frame that would be one too many is not consumed.
      expect(wire[nine.consumed]).toBe(0x44);
      // `{"a":0}` and a line break are 8 bytes.
      expect(encode(wire, { ...options, by, limits: { maxBytes: 24 } })).toMatchObject({ rows: 3, limited: true });
      expect(encode(wire, { ...options, by, limits: { maxBytes: 80 } })).toMatchObject({ rows: 10, limited: false });
      const array = encode(wire, { ...options, format: 'json', by, limits: { maxBytes: 40 } });
      expect(array.bytes.length).toBeLessThanOrEqual(40);
      expect(JSON.parse(array.text)).toHaveLength(array.rows);
    }
  });

  test('values larger than any buffer pass', () => {
    const long = `${'x'.repeat(3_000_000)}"${'é'.repeat(100_000)}`;
    for (const framing of ['postgresql', 'mysql'] as const) {
      for (const by of ['interpreter', 'generated'] as const) {
        const wire = framesOf(framing, [[utf8('a')], [utf8(long)], [utf8('b')]]);
        const { text: out } = encode(wire, { columns: [column('text')], framing, format: 'ndjson', by });
        expect(
          out
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line).a),
        ).toEqual(['a', long, 'b']);
      }
    }
  });

  test('a MySQL row over 16 MiB, joined by its engine, reaches up to the end', () => {
    const long = 'y'.repeat(17 * 1024 * 1024);
    const value = Buffer.alloc(9);
    value[0] = 0xfe;
    value.writeBigUInt64LE(BigInt(long.length), 1);
    const wire = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0]), value, utf8(long)]);
    for (const by of ['interpreter', 'generated'] as const) {
      const { text: out } = encode(wire, { columns: [column('text')], framing: 'mysql', format: 'ndjson', by });
      expect(JSON.parse(out).a.length).toBe(long.length);
    }
  });

  test('a frame that contradicts itself is a protocol error, not a read beyond it', () => {
    const columns = [column('text', undefined, 'a'), column('text', undefined, 'b')];
    const good = framesOf('postgresql', [[utf8('one'), utf8('two')]]);
    const bad = [7, 14].map((at) => {
      const copy = Buffer.from(good);
      copy.writeInt32BE(2 ** 31 - 1, at);
      return copy;
    });
    const short = framesOf('postgresql', [[utf8('one')]]);
    for (const by of ['interpreter', 'generated'] as const) {
      for (const wire of [...bad, short]) {
        expect(() => encode(wire, { columns, framing: 'postgresql', format: 'csv', by })).toThrow(
          expect.objectContaining({ code: 'protocol_error' }),
        );
      }
      const mysql = framesOf('mysql', [[utf8('one'), utf8('two')]]);
      mysql[4] = 200;
      expect(() => encode(mysql, { columns, framing: 'mysql', format: 'csv', by })).toThrow(
        expect.objectContaining({ code: 'protocol_error' }),
      );
    }
  });
});

describe('rows of values', () => {
  test('JSON and CSV say the same as for frames of the same values', () => {
    fc.assert(
      fc.property(result, (it) => {
        const columns = columnsOf(it);
        const kept: string[] = [];
        for (const format of ['ndjson', 'json', 'csv'] as const) {
          const encoder = new RowEncoder(columns, null, format, it.numbers);
          const out: Buffer[] = [];
          const state = new EncoderState({ maxRows: it.maxRows ?? 0, maxBytes: 0 }, encoder.closingBytes, (b, n) =>
            out.push(Buffer.from(b.subarray(0, n))),
          );
          encoder.begin(state);
          for (const row of it.rows) {
            const spelled = row.map((value, index) => {
              const one = it.kinds[index];
              if (value === null || one === undefined) return null;
              if (one.column.kind === 'bytes') return value;
              // Raw bits reach the values path as numbers and booleans.
              return one.column.spelling === 'bit-raw' ? value : one.wire(value).toString('utf8');
            });
            if (!encoder.values(state, spelled)) break;
          }
          encoder.finish(state);
          state.flush();
          kept.push(Buffer.concat(out).toString('utf8'));
        }
        const framed = (['ndjson', 'json', 'csv'] as const).map(
          (format) => encode(wireOf(it), optionsOf(it, format)).text,
        );
        expect(kept).toEqual(framed);
      }),
      { numRuns: 200 },
    );
  });

  test('objects, dates and bigints print', () => {
    const encoder = new RowEncoder(
      [column('json', undefined, 'j'), column('timestamptz', undefined, 't'), column('bigint', undefined, 'n')],
      null,
      'json',
      'string',
    );
    const out: Buffer[] = [];
    const state = new EncoderState({ maxRows: 0, maxBytes: 0 }, 3, (b, n) => out.push(Buffer.from(b.subarray(0, n))));
    encoder.values(state, [{ x: [1, 'é'] }, new Date(0), 2n ** 63n]);
    encoder.finish(state);
    state.flush();
    expect(JSON.parse(Buffer.concat(out).toString())).toEqual([
      { j: { x: [1, 'é'] }, t: '1970-01-01T00:00:00.000Z', n: '9223372036854775808' },
    ]);
  });
});

describe('names and headers', () => {
  test('repeated names step over names that exist, and the error key is never a column', () => {
    expect(uniqueNames(['a', 'a', 'a'])).toEqual(['a', 'a_2', 'a_3']);
    expect(uniqueNames(['a', 'a', 'a_2'])).toEqual(['a', 'a_3', 'a_2']);
    expect(uniqueNames(['$headgate_error'])).toEqual(['$headgate_error_2']);
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'a_2', 'a_3', 'a_2_2', 'b', '')), (names) => {
        const unique = uniqueNames(names);
        expect(new Set(unique).size).toBe(names.length);
        names.forEach((name, index) => {
          if (names.indexOf(name) === index) expect(unique[index]).toBe(name);
        });
      }),
    );
  });

  test('an error line can be told from every row', () => {
    expect(JSON.parse(errorLine({ code: 'x' }).toString())).toEqual({ $headgate_error: { code: 'x' } });
  });

  test('column headers are base64 of JSON and left out above 8 kB', () => {
    const one = new RowEncoder([column('integer', undefined, 'é')], 'mysql', 'ndjson', 'string');
    expect(JSON.parse(Buffer.from(one.columnsHeader ?? '', 'base64').toString())).toEqual([
      { name: 'é', kind: 'integer', type: 'integer' },
    ]);
    const wide = Array.from({ length: 150 }, (_, index) =>
      column('text', undefined, `column_${index}_${'x'.repeat(40)}`),
    );
    expect(new RowEncoder(wide, 'mysql', 'ndjson', 'string').columnsHeader).toBeNull();
  });

  test('the cache knows a column list by identity and by content, and takes formats apart', () => {
    const cache = new EncoderCache();
    const columns = [column('integer')];
    const encoder = cache.get(columns, 'mysql', 'ndjson', 'string');
    expect(cache.get(columns, 'mysql', 'ndjson', 'string')).toBe(encoder);
    expect(cache.get([column('integer')], 'mysql', 'ndjson', 'string')).toBe(encoder);
    expect(cache.get(columns, 'postgresql', 'ndjson', 'string')).not.toBe(encoder);
    expect(cache.get(columns, 'mysql', 'json', 'string')).not.toBe(encoder);
    expect(cache.get([column('bigint')], 'mysql', 'ndjson', 'string')).not.toBe(encoder);
  });

  test('no text of a column name enters generated code, and very wide results are interpreted', () => {
    const evil = column('integer', undefined, '"];throw new Error("run");//');
    const frame = framesOf('mysql', [[utf8('1')]]);
    const { text: out } = encode(frame, { columns: [evil], framing: 'mysql', format: 'ndjson', by: 'generated' });
    expect(JSON.parse(out)).toEqual({ [evil.name]: 1 });
    const wide = Array.from({ length: MAX_GENERATED_COLUMNS + 1 }, () => column('integer'));
    expect(generateEncoder(layoutOf(wide, 'mysql', 'ndjson', 'string'))).toBeNull();
  });
});
