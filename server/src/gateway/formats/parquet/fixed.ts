/** Columns whose values have a fixed width: numbers, times, booleans, 16-byte values. */
import {
  date,
  decimal,
  exactDate,
  exactDecimal,
  exactFloat,
  exactTimestamp,
  fraction,
  integer,
  textOf,
  time,
  timestamp,
} from './decode.ts';
import { type Leaf, Physical } from './leaf.ts';
import { type Bounds, type Cells, ColumnBuilder, type PageBuffers } from './page.ts';

/** `x` as it is stored when it is common; NaN asks `exact`, whose undefined means that there is no such value. */
interface Decoder {
  fast(b: Buffer, r: number, e: number): number;
  exact(b: Buffer, r: number, e: number): bigint | undefined;
}

const never = (): undefined => undefined;

/** A big-endian number without a sign: a bit field. */
function bits(b: Buffer, r: number, e: number): bigint | undefined {
  return e - r > 8 ? undefined : BigInt(`0x0${b.toString('hex', r, e)}`);
}

function decoderOf({ meaning, spelling }: Leaf): Decoder {
  switch (meaning.is) {
    case 'integer':
      if (spelling === 'raw') return { fast: () => Number.NaN, exact: bits };
      return { fast: integer, exact: (b, r, e) => exactDecimal(textOf(b, r, e), 0) };
    case 'decimal': {
      const { scale } = meaning;
      return {
        fast: (b, r, e) => decimal(b, r, e, scale),
        exact: (b, r, e) => exactDecimal(textOf(b, r, e), scale),
      };
    }
    case 'timestamp':
      return { fast: timestamp, exact: (b, r, e) => exactTimestamp(textOf(b, r, e)) };
    case 'time':
      return { fast: time, exact: never };
    case 'date':
      return {
        fast: date,
        exact: (b, r, e) => {
          const days = exactDate(textOf(b, r, e));
          return days === undefined ? undefined : BigInt(days);
        },
      };
    default:
      throw new Error(`No whole numbers are made of ${meaning.is}.`);
  }
}

/** What the stored whole number may be. */
function rangeOf({ physical, meaning }: Leaf): readonly [bigint, bigint] {
  if (meaning.is === 'decimal') {
    const limit = 10n ** BigInt(meaning.precision) - 1n;
    return [-limit, limit];
  }
  if (meaning.is === 'integer' && !meaning.signed) return [0n, 2n ** BigInt(meaning.bits) - 1n];
  const width = meaning.is === 'integer' ? meaning.bits : physical === Physical.int32 ? 32 : 64;
  const limit = 2n ** BigInt(width - 1);
  return [-limit, limit - 1n];
}

/** INT32 and INT64: integers, dates, times, short decimals. */
export class IntegerColumn extends ColumnBuilder {
  readonly #decoder: Decoder;
  readonly #range: readonly [bigint, bigint];
  /** The range as far as doubles tell it exactly. */
  readonly #low: number;
  readonly #high: number;
  readonly #wide: boolean;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  /** Of the values beyond what doubles hold exactly. */
  #exactMin: bigint | undefined;
  #exactMax: bigint | undefined;

  constructor(leaf: Leaf, buffers: PageBuffers) {
    super(leaf, buffers);
    this.#decoder = decoderOf(leaf);
    this.#range = rangeOf(leaf);
    this.#low = Math.max(Number(this.#range[0]), -Number.MAX_SAFE_INTEGER);
    this.#high = Math.min(Number(this.#range[1]), Number.MAX_SAFE_INTEGER);
    this.#wide = leaf.physical === Physical.int64;
  }

  append(cells: Cells, column: number): void {
    const { bytes, starts, ends } = cells;
    const from = column * cells.stride;
    const to = from + cells.rows;
    const wide = this.#wide;
    const decoder = this.#decoder;
    this.room(cells.rows << (wide ? 3 : 2));
    const { ints } = this;
    let at = this.position >> 2;
    let min = this.#min;
    let max = this.#max;
    let kept = 0;
    for (let cell = from; cell < to; cell++) {
      const e = ends[cell] as number; // cells holds all columns and rows
      if (e < 0) {
        this.keep(kept);
        kept = 0;
        this.skip();
        continue;
      }
      const r = starts[cell] as number; // likewise
      kept++;
      const x = decoder.fast(bytes, r, e);
      if (x >= this.#low && x <= this.#high) {
        if (x < min) min = x;
        if (x > max) max = x;
        if (wide) {
          const high = Math.floor(x / 4294967296);
          ints[at] = x - high * 4294967296;
          ints[at + 1] = high;
          at += 2;
        } else ints[at++] = x;
      } else {
        at = this.#exact(cells, r, e, at);
      }
    }
    this.keep(kept);
    this.#min = min;
    this.#max = max;
    this.position = at << 2;
  }

  /** The rarer path: numbers beyond 2^53, spellings with an exponent, odd dates. */
  #exact(cells: Cells, r: number, e: number, at: number): number {
    const value = this.#decoder.exact(cells.bytes, r, e);
    if (value === undefined || value < this.#range[0] || value > this.#range[1]) this.invalid(cells, r, e);
    if (this.#exactMin === undefined || value < this.#exactMin) this.#exactMin = value;
    if (this.#exactMax === undefined || value > this.#exactMax) this.#exactMax = value;
    this.ints[at] = Number(BigInt.asIntN(32, value));
    if (!this.#wide) return at + 1;
    this.ints[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
    return at + 2;
  }

  protected bounds(): Bounds {
    const values = [this.#exactMin, this.#exactMax, ...[this.#min, this.#max].filter(Number.isFinite).map(BigInt)];
    let min: bigint | undefined;
    let max: bigint | undefined;
    for (const value of values) {
      if (value === undefined) continue;
      if (min === undefined || value < min) min = value;
      if (max === undefined || value > max) max = value;
    }
    return { min: this.#stored(min ?? 0n), max: this.#stored(max ?? 0n), minExact: true, maxExact: true };
  }

  #stored(value: bigint): Buffer {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
    return this.#wide ? bytes : bytes.subarray(0, 4);
  }

  protected reset(): void {
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    this.#exactMin = undefined;
    this.#exactMax = undefined;
  }
}

/** FLOAT and DOUBLE. A page with a NaN has no bounds: readers differ in how NaN compares. */
export class FloatColumn extends ColumnBuilder {
  readonly #wide: boolean;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #sawNaN = false;

  constructor(leaf: Leaf, buffers: PageBuffers) {
    super(leaf, buffers);
    this.#wide = leaf.physical === Physical.double;
  }

  append(cells: Cells, column: number): void {
    const { bytes, starts, ends } = cells;
    const from = column * cells.stride;
    const to = from + cells.rows;
    const wide = this.#wide;
    this.room(cells.rows << (wide ? 3 : 2));
    const { doubles } = this;
    let p = this.position;
    let min = this.#min;
    let max = this.#max;
    let kept = 0;
    for (let cell = from; cell < to; cell++) {
      const e = ends[cell] as number; // cells holds all columns and rows
      if (e < 0) {
        this.keep(kept);
        kept = 0;
        this.skip();
        continue;
      }
      const r = starts[cell] as number; // likewise
      kept++;
      let x = fraction(bytes, r, e);
      if (Number.isNaN(x)) x = this.#exact(cells, r, e);
      if (!wide) x = Math.fround(x);
      if (x < min) min = x;
      if (x > max) max = x;
      if (wide) {
        doubles[p >> 3] = x;
        p += 8;
      } else p = this.bytes.writeFloatLE(x, p);
    }
    this.keep(kept);
    this.#min = min;
    this.#max = max;
    this.position = p;
  }

  #exact(cells: Cells, r: number, e: number): number {
    const x = exactFloat(textOf(cells.bytes, r, e));
    if (x === undefined) this.invalid(cells, r, e);
    if (Number.isNaN(x)) this.#sawNaN = true;
    return x;
  }

  protected bounds(): Bounds | null {
    if (this.#sawNaN) return null;
    // The zeros are equal to some readers and ordered to others.
    const min = this.#min === 0 ? -0 : this.#min;
    const max = this.#max === 0 ? 0 : this.#max;
    return { min: this.#stored(min), max: this.#stored(max), minExact: true, maxExact: true };
  }

  #stored(value: number): Buffer {
    const bytes = Buffer.allocUnsafe(this.#wide ? 8 : 4);
    if (this.#wide) bytes.writeDoubleLE(value);
    else bytes.writeFloatLE(value);
    return bytes;
  }

  protected reset(): void {
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    this.#sawNaN = false;
  }
}

/** BOOLEAN: one bit a value. */
export class BooleanColumn extends ColumnBuilder {
  /** Bits of the last byte in use. */
  #bits = 0;
  #sawTrue = false;
  #sawFalse = false;

  append(cells: Cells, column: number): void {
    const { starts, ends } = cells;
    const from = column * cells.stride;
    this.room((cells.rows >> 3) + 2);
    for (let cell = from; cell < from + cells.rows; cell++) {
      const e = ends[cell] as number; // cells holds all columns and rows
      if (e < 0) {
        this.skip();
        continue;
      }
      this.keep(1);
      this.#put(this.#truth(cells, starts[cell] as number, e)); // likewise
    }
  }

  #put(value: boolean): void {
    if (this.#bits === 0) this.bytes[this.position++] = 0;
    if (value) {
      this.#sawTrue = true;
      this.bytes[this.position - 1] = (this.bytes[this.position - 1] as number) | (1 << this.#bits); // written above
    } else this.#sawFalse = true;
    this.#bits = (this.#bits + 1) & 7;
  }

  #truth(cells: Cells, r: number, e: number): boolean {
    const { bytes } = cells;
    if (this.leaf.spelling === 'raw') {
      for (let at = r; at < e; at++) if (bytes[at] !== 0) return true;
      return false;
    }
    const first = bytes[r];
    if (e - r === 1 && (first === 116 || first === 49)) return true;
    if (e - r === 1 && (first === 102 || first === 48)) return false;
    const text = textOf(bytes, r, e).toLowerCase();
    if (text === 'true') return true;
    if (text === 'false') return false;
    if (!/^[+-]?\d+(?:\.\d+)?$/.test(text)) this.invalid(cells, r, e);
    return Number(text) !== 0;
  }

  protected bounds(): Bounds {
    const min = Buffer.of(this.#sawFalse ? 0 : 1);
    return { min, max: Buffer.of(this.#sawTrue ? 1 : 0), minExact: true, maxExact: true };
  }

  protected reset(): void {
    this.#bits = 0;
    this.#sawTrue = false;
    this.#sawFalse = false;
  }
}

const FIXED_BYTES = 16;

/** FIXED_LEN_BYTE_ARRAY(16): long decimals (big-endian, two's complement) and UUIDs. */
export class FixedColumn extends ColumnBuilder {
  readonly #scale: number;
  readonly #limit: bigint;
  /** Turns signed order into the order of bytes. */
  readonly #flip: number;
  #min = -1;
  #max = -1;

  constructor(leaf: Leaf, buffers: PageBuffers) {
    super(leaf, buffers);
    const { meaning } = leaf;
    this.#scale = meaning.is === 'decimal' ? meaning.scale : 0;
    this.#limit = meaning.is === 'decimal' ? 10n ** BigInt(meaning.precision) : 0n;
    this.#flip = meaning.is === 'decimal' ? 128 : 0;
  }

  append(cells: Cells, column: number): void {
    const { starts, ends } = cells;
    const from = column * cells.stride;
    const isDecimal = this.#flip !== 0;
    this.room(cells.rows * FIXED_BYTES);
    for (let cell = from; cell < from + cells.rows; cell++) {
      const e = ends[cell] as number; // cells holds all columns and rows
      if (e < 0) {
        this.skip();
        continue;
      }
      const r = starts[cell] as number; // likewise
      this.keep(1);
      if (isDecimal) this.#decimal(cells, r, e);
      else this.#uuid(cells, r, e);
      const p = this.position;
      if (this.#min < 0 || this.#compare(p, this.#min) < 0) this.#min = p;
      if (this.#max < 0 || this.#compare(p, this.#max) > 0) this.#max = p;
      this.position = p + FIXED_BYTES;
    }
  }

  #decimal(cells: Cells, r: number, e: number): void {
    const { bytes, position: p } = this;
    const x = decimal(cells.bytes, r, e, this.#scale);
    // The precision is at least 19 digits here: what a double holds exactly always fits.
    if (!Number.isNaN(x)) {
      const high = Math.floor(x / 4294967296);
      bytes.fill(x < 0 ? 255 : 0, p, p + 8);
      bytes.writeInt32BE(high, p + 8);
      bytes.writeUInt32BE(x - high * 4294967296, p + 12);
      return;
    }
    const value = exactDecimal(textOf(cells.bytes, r, e), this.#scale);
    if (value === undefined || value >= this.#limit || -value >= this.#limit) this.invalid(cells, r, e);
    bytes.writeBigInt64BE(value >> 64n, p);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value), p + 8);
  }

  #uuid(cells: Cells, r: number, e: number): void {
    const text = textOf(cells.bytes, r, e);
    if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) this.invalid(cells, r, e);
    this.bytes.write(text.replaceAll('-', ''), this.position, 'hex');
  }

  #compare(a: number, b: number): number {
    const { bytes } = this;
    const first = ((bytes[a] as number) ^ this.#flip) - ((bytes[b] as number) ^ this.#flip); // both were written
    return first !== 0 ? first : bytes.compare(bytes, b, b + FIXED_BYTES, a, a + FIXED_BYTES);
  }

  protected bounds(): Bounds {
    const at = (p: number): Buffer => Buffer.from(this.bytes.subarray(p, p + FIXED_BYTES));
    return { min: at(this.#min), max: at(this.#max), minExact: true, maxExact: true };
  }

  protected reset(): void {
    this.#min = -1;
    this.#max = -1;
  }
}
