/**
 * BYTE_ARRAY columns: text, JSON, raw bytes. A column chunk begins with a dictionary and gives it up as soon as values
 * repeat too little; a column that gave it up stays plain for the rest of the result.
 */
import { isUtf8 as isUtf8Buffer } from 'node:buffer';
import { isUtf8 } from '../cells.ts';
import { textOf } from './decode.ts';
import { Dictionary, isBefore } from './dictionary.ts';
import type { Leaf } from './leaf.ts';
import { type Bounds, type Cells, ColumnBuilder, Encoding, PAGE_BYTES, type Page, type PageBuffers } from './page.ts';

/** Values up to this length are copied byte by byte, which is faster than a call. */
const SHORT_BYTES = 48;
/** Statistics hold values up to this length; longer ones are cut. */
const BOUND_BYTES = 64;

export class BytesColumn extends ColumnBuilder {
  readonly #isText: boolean;
  #dictionary: Dictionary | undefined = new Dictionary();
  /** The dictionary outgrew its use when its values were too many to be written anew. */
  #endsRowGroup = false;
  /** Where the smallest and the largest value of the open page lie; −1 = none yet. */
  #min = -1;
  #minEnd = -1;
  #max = -1;
  #maxEnd = -1;
  /** For values of another spelling: where they are decoded to. */
  #scratch = Buffer.alloc(0);

  constructor(leaf: Leaf, buffers: PageBuffers) {
    super(leaf, buffers);
    this.#isText = leaf.meaning.is !== 'bytes';
  }

  append(cells: Cells, column: number): void {
    const { starts, ends } = cells;
    const from = column * cells.stride;
    for (let cell = from; cell < from + cells.rows; cell++) {
      const e = ends[cell] as number; // cells holds all columns and rows
      if (e < 0) {
        this.skip();
        continue;
      }
      this.keep(1);
      const r = starts[cell] as number; // likewise
      if (this.leaf.spelling === 'hex') this.#appendHex(cells, r, e);
      else if (this.#dictionary === undefined) this.#plain(cells.bytes, r, e);
      else this.#indexed(cells.bytes, r, e);
    }
  }

  override get size(): number {
    return this.#dictionary === undefined ? super.size : this.#dictionary.size + (this.rows >> 3);
  }

  override get full(): boolean {
    return this.#dictionary === undefined && super.full;
  }

  override get endsRowGroup(): boolean {
    return this.#endsRowGroup;
  }

  #appendHex(cells: Cells, r: number, e: number): void {
    if (cells.bytes[r] !== 92 || cells.bytes[r + 1] !== 120) this.invalid(cells, r, e);
    const length = (e - r - 2) >> 1;
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafe(Math.max(256, length * 2));
    const written = this.#scratch.write(textOf(cells.bytes, r + 2, e), 0, 'hex');
    if (written !== length) this.invalid(cells, r, e);
    if (this.#dictionary === undefined) this.#plain(this.#scratch, 0, length);
    else this.#indexed(this.#scratch, 0, length);
  }

  #plain(b: Buffer, r: number, e: number): void {
    const length = e - r;
    this.room(length + 4);
    const w = this.bytes;
    let p = this.position;
    w[p] = length;
    w[p + 1] = length >> 8;
    w[p + 2] = length >> 16;
    w[p + 3] = length >> 24;
    p += 4;
    if (length <= SHORT_BYTES) {
      let seen = 0;
      for (let at = r; at < e; at++) {
        const c = b[at] as number; // inside
        w[p++] = c;
        seen |= c;
      }
      if (seen > 127 && this.#isText && !isUtf8(b, r, e)) {
        this.#repaired(b, r, e);
        return;
      }
    } else {
      if (this.#isText && !isUtf8Buffer(b.subarray(r, e))) {
        this.#repaired(b, r, e);
        return;
      }
      b.copy(w, p, r, e);
      p += length;
    }
    const start = p - length;
    if (this.#min < 0 || isBefore(w, start, p, this.#min, this.#minEnd)) {
      this.#min = start;
      this.#minEnd = p;
    }
    if (this.#max < 0 || isBefore(w, this.#max, this.#maxEnd, start, p)) {
      this.#max = start;
      this.#maxEnd = p;
    }
    this.position = p;
  }

  /** Ill-formed UTF-8 from the server: every bad sequence becomes U+FFFD, as in the other formats. */
  #repaired(b: Buffer, r: number, e: number): void {
    const clean = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(b.subarray(r, e)));
    if (this.#dictionary === undefined) this.#plain(clean, 0, clean.length);
    else this.#indexed(clean, 0, clean.length);
  }

  #indexed(b: Buffer, r: number, e: number): void {
    const dictionary = this.#dictionary as Dictionary; // the caller looked
    const known = dictionary.entries;
    dictionary.add(b, r, e);
    if (dictionary.entries === known) return;
    if (this.#isText && !isUtf8(b, r, e)) {
      dictionary.takeBack();
      this.#repaired(b, r, e);
      return;
    }
    if (dictionary.pays) return;
    if (dictionary.plainSize <= PAGE_BYTES) this.#giveUp(dictionary);
    else this.#endsRowGroup = true;
  }

  /** Writes what the dictionary holds as plain values. */
  #giveUp(dictionary: Dictionary): void {
    this.#dictionary = undefined;
    this.room(dictionary.plainSize);
    const { bytes, starts, indexes } = dictionary;
    for (let at = 0; at < dictionary.values; at++) {
      const entry = indexes[at] as number; // one for each value
      this.#plain(bytes, (starts[entry] as number) + 4, starts[entry + 1] as number); // and one more start than entries
    }
  }

  override takePages(): Page[] {
    const dictionary = this.#dictionary;
    if (dictionary === undefined || dictionary.values === 0) return super.takePages();
    const { rows, nulls } = this;
    const levels = this.takeLevels();
    this.startPage();
    this.#dictionary = new Dictionary();
    return [
      {
        kind: 'dictionary',
        count: dictionary.entries,
        nulls: 0,
        encoding: Encoding.plain,
        bounds: () => null,
        size: dictionary.bytesUsed,
        body: () => dictionary.bytes.subarray(0, dictionary.bytesUsed),
        release: () => {},
      },
      {
        kind: 'data',
        count: rows,
        nulls,
        encoding: Encoding.dictionary,
        bounds: () => this.#boundsOf(dictionary.bytes, ...dictionary.extremes()),
        size: dictionary.values * 2 + levels.length,
        body: () => Buffer.concat([levels, dictionary.packed()]),
        release: () => {},
      },
    ];
  }

  override endRowGroup(): void {
    if (this.#endsRowGroup) this.#dictionary = undefined;
    this.#endsRowGroup = false;
  }

  protected bounds(): Bounds | null {
    return this.#boundsOf(this.bytes, this.#min, this.#minEnd, this.#max, this.#maxEnd);
  }

  #boundsOf(b: Buffer, min: number, minEnd: number, max: number, maxEnd: number): Bounds | null {
    const highest = upperBound(b.subarray(max, maxEnd), this.#isText);
    if (highest === null) return null;
    return {
      min: Buffer.from(b.subarray(min, cut(b, min, minEnd, this.#isText))),
      max: highest,
      minExact: minEnd - min <= BOUND_BYTES,
      maxExact: maxEnd - max <= BOUND_BYTES,
    };
  }

  protected reset(): void {
    this.#min = -1;
    this.#minEnd = -1;
    this.#max = -1;
    this.#maxEnd = -1;
  }
}

/** Where a lower bound of `b[r, e)` may end: a prefix is never larger. Not within a character. */
function cut(b: Buffer, r: number, e: number, isText: boolean): number {
  if (e - r <= BOUND_BYTES) return e;
  let end = r + BOUND_BYTES;
  if (isText) while (end > r && ((b[end] as number) & 0xc0) === 0x80) end--; // before `e`
  return end;
}

/**
 * The value, or when it is long a shorter one that is larger than all values with its prefix; null when there is none.
 * In text only ASCII letters are raised, so that it stays text.
 */
export function upperBound(value: Buffer, isText: boolean): Buffer | null {
  if (value.length <= BOUND_BYTES) return Buffer.from(value);
  const bound = Buffer.from(value.subarray(0, cut(value, 0, value.length, isText)));
  for (let at = bound.length - 1; at >= 0; at--) {
    const byte = bound[at] as number; // inside
    if (byte < (isText ? 0x7f : 0xff)) {
      bound[at] = byte + 1;
      return bound.subarray(0, at + 1);
    }
  }
  return null;
}
