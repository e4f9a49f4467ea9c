/** What a result's column becomes in Parquet; `docs/querying.md` shows the same as a table. Pure. */
import type { Column, RowFraming } from '../../../engines/engine.ts';

/** Parquet's physical types. */
export const Physical = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, bytes: 6, fixed: 7 } as const;
export type Physical = (typeof Physical)[keyof typeof Physical];

/** What the stored values mean. */
export type Meaning =
  | { readonly is: 'boolean' | 'float' | 'date' | 'time' | 'string' | 'json' | 'bytes' | 'uuid' }
  | { readonly is: 'integer'; readonly bits: 16 | 32 | 64; readonly signed: boolean }
  | { readonly is: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly is: 'timestamp'; readonly utc: boolean };

export interface Leaf {
  /** Unique in the result. */
  readonly name: string;
  readonly column: Column;
  readonly physical: Physical;
  readonly meaning: Meaning;
  /** The bytes of a cell are not text: big-endian bits, or raw bytes. */
  readonly spelling: 'text' | 'hex' | 'raw';
}

/** Longest decimal that fits 64 and 128 bits. */
const int64Digits = 18;
const int128Digits = 38;

export function leafOf(column: Column, name: string, framing: RowFraming | null): Leaf {
  const meaning = meaningOf(column, framing);
  return {
    name,
    column,
    meaning,
    physical: physicalOf(column, meaning, framing),
    spelling: spellingOf(column, framing),
  };
}

function spellingOf({ spelling }: Column, framing: RowFraming | null): Leaf['spelling'] {
  if (framing === null) return 'text';
  if (spelling === 'raw-bytes' || spelling === 'bit-raw') return 'raw';
  return spelling === 'pg-bytea-hex' ? 'hex' : 'text';
}

function meaningOf(column: Column, framing: RowFraming | null): Meaning {
  const type = column.type.toLowerCase();
  switch (column.kind) {
    case 'integer':
      return { is: 'integer', bits: integerBits(type), signed: true };
    case 'bigint':
      return { is: 'integer', bits: 64, signed: !/unsigned|^bit\(|^xid8$/.test(type) };
    case 'decimal':
      return decimal(type) ?? { is: 'string' };
    case 'timestamp':
      return isFinerThanMicroseconds(type) ? { is: 'string' } : { is: 'timestamp', utc: false };
    case 'timestamptz':
      return isFinerThanMicroseconds(type) ? { is: 'string' } : { is: 'timestamp', utc: true };
    case 'time':
      // MySQL's TIME is a span from -838 to 838 hours.
      return framing === 'mysql' || isFinerThanMicroseconds(type) ? { is: 'string' } : { is: 'time' };
    case 'text':
      return { is: type === 'uuid' ? 'uuid' : 'string' };
    case 'boolean':
    case 'float':
    case 'date':
    case 'json':
    case 'bytes':
      return { is: column.kind };
  }
}

/** Types that are known to fit; any other integer gets 64 bits. */
function integerBits(type: string): 16 | 32 | 64 {
  if (/^(smallint|int2|tinyint)( |\(|$)/.test(type)) return /unsigned/.test(type) ? 32 : 16;
  if (/^(integer|int|int4|int32|mediumint|year)(\(|$)/.test(type)) return 32;
  if (/^mediumint/.test(type)) return 32;
  return 64;
}

function decimal(type: string): Meaning | undefined {
  const printed = /^(?:numeric|decimal|number)\((\d+)(?:,\s*(-?\d+))?\)/.exec(type);
  if (printed === null) return undefined;
  let precision = Number(printed[1]);
  let scale = Number(printed[2] ?? 0);
  // PostgreSQL and Oracle round to hundreds with a negative scale, and count zeros behind the point beyond the precision.
  if (scale < 0) {
    precision -= scale;
    scale = 0;
  }
  precision = Math.max(precision, scale, 1);
  return precision > int128Digits ? undefined : { is: 'decimal', precision, scale };
}

/** Microseconds are the finest unit written: what is declared finer stays text, unrounded. */
function isFinerThanMicroseconds(type: string): boolean {
  return /\([789]\)/.test(type) || /^(datetime2|datetimeoffset)(?!\()/.test(type);
}

function physicalOf(column: Column, meaning: Meaning, framing: RowFraming | null): Physical {
  switch (meaning.is) {
    case 'boolean':
      return Physical.boolean;
    case 'integer':
      return meaning.bits === 64 ? Physical.int64 : Physical.int32;
    case 'decimal':
      return meaning.precision <= int64Digits ? Physical.int64 : Physical.fixed;
    case 'float':
      return isSingle(column.type.toLowerCase(), framing) ? Physical.float : Physical.double;
    case 'date':
      return Physical.int32;
    case 'time':
    case 'timestamp':
      return Physical.int64;
    case 'uuid':
      return Physical.fixed;
    case 'string':
    case 'json':
    case 'bytes':
      return Physical.bytes;
  }
}

/** `float` alone means single precision in MySQL and double elsewhere. */
function isSingle(type: string, framing: RowFraming | null): boolean {
  return type === 'real' ? framing !== 'mysql' : framing === 'mysql' && /^float( |$)/.test(type);
}
