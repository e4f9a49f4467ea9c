/**
 * One column of the row group that is being filled: an open page in buffers of its own, which are handed on whole when
 * the page is full. Subclasses know how values are stored; this class knows levels, sizes and how pages begin and end.
 */
import { SourceError } from '../../../domain/errors.ts';
import { textOf } from './decode.ts';
import type { Leaf } from './leaf.ts';

/** Bytes of values after which a page is closed. */
export const PAGE_BYTES = 1024 * 1024;
/** Room before a page's values, for levels that take no more than a run. Keeps values aligned to eight bytes. */
const HEAD_BYTES = 16;
const FIRST_BYTES = 4096;
/** A full page, and what one batch may add behind its limit. */
const FULL_BYTES = PAGE_BYTES + 256 * 1024;

/** Encodings of Parquet. */
export const Encoding = { plain: 0, rle: 3, dictionary: 8 } as const;

/** Smallest and largest value, as Parquet writes them in statistics. */
export interface Bounds {
  readonly min: Buffer;
  readonly max: Buffer;
  readonly minExact: boolean;
  readonly maxExact: boolean;
}

/** A page that takes no more values. */
export interface Page {
  readonly kind: 'data' | 'dictionary';
  /** Rows of a data page, entries of a dictionary. */
  readonly count: number;
  readonly nulls: number;
  readonly encoding: number;
  /** Null: nothing is known of the values, or there are none. Called once. */
  bounds(): Bounds | null;
  /** Bytes of `body`, roughly. */
  readonly size: number;
  /** Makes the uncompressed bytes. Called once, when the page's turn comes. */
  body(): Uint8Array;
  /** The bytes of `body` are no longer needed. */
  release(): void;
}

/** Where the cells of a batch of rows lie: those of column c from `c * stride` on. An end of −1 is NULL. */
export interface Cells {
  bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly stride: number;
  rows: number;
}

/** Page buffers of one result, used again. */
export class PageBuffers {
  readonly #idle: Buffer[] = [];

  take(need: number): Buffer {
    if (need > FULL_BYTES) return Buffer.allocUnsafeSlow(Math.ceil(need / 8) * 8);
    if (need * 2 < FULL_BYTES) return Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(need))));
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(FULL_BYTES);
  }

  give(buffer: Buffer): void {
    if (buffer.length === FULL_BYTES && this.#idle.length < 16) this.#idle.push(buffer);
  }
}

export abstract class ColumnBuilder {
  readonly leaf: Leaf;
  /** The open page: values begin at `HEAD_BYTES`. */
  protected bytes: Buffer;
  /** The same bytes, for the page's 32-bit halves and its doubles. */
  protected ints: Int32Array;
  protected doubles: Float64Array;
  /** Where the next value goes in `bytes`. */
  protected position = HEAD_BYTES;
  /** Rows of the open page, and how many of them are NULL. */
  protected rows = 0;
  protected nulls = 0;
  readonly #buffers: PageBuffers;
  /** One bit a row, set unless NULL; kept once the page has a NULL. */
  #valid = new Uint8Array(0);
  /** What the last page took: the next one begins as large. */
  #lastSize = FIRST_BYTES;

  constructor(leaf: Leaf, buffers: PageBuffers) {
    this.leaf = leaf;
    this.#buffers = buffers;
    this.bytes = buffers.take(FIRST_BYTES);
    this.ints = new Int32Array(this.bytes.buffer, 0, this.bytes.length >> 2);
    this.doubles = new Float64Array(this.bytes.buffer, 0, this.bytes.length >> 3);
  }

  /** Takes the cells of one column of a batch. Throws SourceError `value_invalid`. */
  abstract append(cells: Cells, column: number): void;

  /** Bytes in the open page, as far as they count for the size of a row group. */
  get size(): number {
    return this.position - HEAD_BYTES + (this.rows >> 3);
  }

  /** The open page has rows. */
  get isOpen(): boolean {
    return this.rows > 0;
  }

  /** The open page should be closed. */
  get full(): boolean {
    return this.position - HEAD_BYTES >= PAGE_BYTES;
  }

  /** The row group should be closed: going on in it would cost too much. */
  get endsRowGroup(): boolean {
    return false;
  }

  /** Statistics of the open page's values; called only when there are some. */
  protected abstract bounds(): Bounds | null;
  /** Prepares for the next page. */
  protected abstract reset(): void;

  /** Closes the open page. Dictionaries come before the data. */
  takePages(): Page[] {
    return [this.takePlainPage()];
  }

  /** The next column chunk begins. */
  endRowGroup(): void {}

  protected takePlainPage(): Page {
    const { bytes, position, rows, nulls } = this;
    const levels = this.takeLevels();
    const buffers = this.#buffers;
    const bounds = rows > nulls ? this.bounds() : null;
    this.#lastSize = position;
    const page: Page = {
      kind: 'data',
      count: rows,
      nulls,
      encoding: Encoding.plain,
      bounds: () => bounds,
      size: position - HEAD_BYTES + levels.length,
      body: () => {
        if (levels.length > HEAD_BYTES) return Buffer.concat([levels, bytes.subarray(HEAD_BYTES, position)]);
        bytes.set(levels, HEAD_BYTES - levels.length);
        return bytes.subarray(HEAD_BYTES - levels.length, position);
      },
      release: () => buffers.give(bytes),
    };
    this.#useBuffer(buffers.take(Math.min(this.#lastSize, FULL_BYTES)));
    this.startPage();
    return page;
  }

  protected startPage(): void {
    this.position = HEAD_BYTES;
    this.rows = 0;
    this.nulls = 0;
    this.reset();
  }

  /** Makes room for `need` more bytes of values. */
  protected room(need: number): void {
    if (this.position + need <= this.bytes.length) return;
    const old = this.bytes;
    const larger = this.#buffers.take(Math.max(this.position + need, Math.min(old.length * 4, FULL_BYTES)));
    old.copy(larger, 0, 0, this.position);
    this.#buffers.give(old);
    this.#useBuffer(larger);
  }

  /** The row after the last one is NULL. */
  protected skip(): void {
    if (this.nulls === 0) this.#markAll(this.rows);
    this.#growValid(this.rows + 1);
    this.nulls++;
    this.rows++;
  }

  /** `count` more rows have values, the rows before them are marked already. */
  protected keep(count: number): void {
    if (this.nulls > 0) {
      this.#growValid(this.rows + count);
      for (let row = this.rows; row < this.rows + count; row++) {
        this.#valid[row >> 3] = (this.#valid[row >> 3] as number) | (1 << (row & 7)); // grown to hold it
      }
    }
    this.rows += count;
  }

  /** The value of a cell does not fit the column's type in Parquet. */
  protected invalid(cells: Cells, start: number, end: number): never {
    const { column, meaning } = this.leaf;
    throw new SourceError(
      'value_invalid',
      `Column ${JSON.stringify(column.name)} (${column.type}) holds ${kindOfValue(cells.bytes, start, end)}, which a Parquet column of this type (${meaning.is}) cannot hold.`,
      {
        field: column.name,
        remedy: 'Cast the column to text in the statement, leave such rows out, or choose another format.',
      },
    );
  }

  /** The definition levels of the open page with their length in front: one run, or a bitmap. */
  protected takeLevels(): Uint8Array {
    const { rows, nulls } = this;
    const uniform = nulls === 0 || nulls === rows;
    const head = varint(uniform ? rows << 1 : (((rows + 7) >> 3) << 1) | 1);
    const bits = uniform ? Uint8Array.of(nulls === 0 ? 1 : 0) : this.#valid.subarray(0, (rows + 7) >> 3);
    const levels = new Uint8Array(4 + head.length + bits.length);
    new DataView(levels.buffer).setUint32(0, head.length + bits.length, true);
    levels.set(head, 4);
    levels.set(bits, 4 + head.length);
    this.#valid.fill(0);
    return levels;
  }

  #useBuffer(bytes: Buffer): void {
    this.bytes = bytes;
    this.ints = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
    this.doubles = new Float64Array(bytes.buffer, 0, bytes.length >> 3);
  }

  #growValid(rows: number): void {
    const need = (rows + 7) >> 3;
    if (need <= this.#valid.length) return;
    const larger = new Uint8Array(Math.max(64, need, this.#valid.length * 2));
    larger.set(this.#valid);
    this.#valid = larger;
  }

  #markAll(rows: number): void {
    this.#growValid(rows);
    this.#valid.fill(255, 0, rows >> 3);
    if ((rows & 7) > 0) this.#valid[rows >> 3] = (1 << (rows & 7)) - 1;
  }
}

export { HEAD_BYTES };

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** The kind of a value, never the value itself: errors go to logs. */
function kindOfValue(bytes: Buffer, start: number, end: number): string {
  const text = textOf(bytes, start, Math.min(end, start + 40));
  if (/^[+-]?inf/i.test(text)) return 'an infinite value';
  if (/^nan$/i.test(text)) return 'NaN';
  if (/^0{4}-|-00(?:-|$| )/.test(text)) return 'a date with a zero year, month or day';
  if (/^24:/.test(text)) return 'the time 24:00';
  if (/^[+-]?\d/.test(text)) return 'a value outside of the range or the precision';
  return 'a value of another form';
}
