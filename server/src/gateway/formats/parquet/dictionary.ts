/** The distinct values of a column chunk, in order of appearance, and each row's index among them. */
import { varint } from './page.ts';

/** Is `w[a, aEnd)` before `w[b, bEnd)` in the order of unsigned bytes? */
export function isBefore(w: Buffer, a: number, aEnd: number, b: number, bEnd: number): boolean {
  while (a < aEnd && b < bEnd) {
    const difference = (w[a++] as number) - (w[b++] as number); // inside
    if (difference !== 0) return difference < 0;
  }
  return a === aEnd && b < bEnd;
}

/** A dictionary above these is not worth its memory. */
const MAX_ENTRIES = 16 * 1024;
const MAX_BYTES = 256 * 1024;
/** Entries before anything is concluded, and how many values there must be for each entry after that. */
const TRIAL_ENTRIES = 256;
const VALUES_PER_ENTRY = 4;

export class Dictionary {
  /** The entries as a dictionary page holds them: length, bytes, length, bytes … */
  bytes = Buffer.allocUnsafe(1024);
  bytesUsed = 0;
  entries = 0;
  /** Where each entry's length lies, and the end of the last one. */
  starts = new Int32Array(64);
  /** Values, NULLs left out. */
  values = 0;
  indexes = new Uint16Array(1024);
  /** What the values would take without a dictionary. */
  plainSize = 0;
  /** Open addressing; entry + 1, 0 = free. */
  #slots = new Uint16Array(256);

  /** Bytes that the chunk takes this way. */
  get size(): number {
    return this.bytesUsed + this.values * 2;
  }

  get pays(): boolean {
    const { entries } = this;
    if (entries <= TRIAL_ENTRIES && this.bytesUsed <= MAX_BYTES) return true;
    return entries <= MAX_ENTRIES && this.bytesUsed <= MAX_BYTES && entries * VALUES_PER_ENTRY <= this.values;
  }

  add(b: Buffer, r: number, e: number): void {
    const length = e - r;
    let hash = length;
    for (let at = r; at < e; at++) hash = Math.imul(hash ^ (b[at] as number), 16777619); // inside
    hash ^= hash >>> 15;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const found = (this.#slots[slot] as number) - 1; // the mask keeps it inside
      if (found < 0) break;
      if (this.#is(found, b, r, length)) {
        this.#use(found, length);
        return;
      }
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.entries + 1;
    this.#insert(b, r, e);
    if (this.entries * 2 > this.#slots.length) this.#rehash();
  }

  /** Forgets the last `add`, which has made an entry. */
  takeBack(): void {
    this.values--;
    this.entries--;
    this.plainSize -= this.bytesUsed - (this.starts[this.entries] as number); // one for each entry
    this.bytesUsed = this.starts[this.entries] as number; // likewise
    this.#rehash();
  }

  #is(entry: number, b: Buffer, r: number, length: number): boolean {
    const { bytes } = this;
    let at = (this.starts[entry] as number) + 4; // one for each entry
    if ((this.starts[entry + 1] as number) - at !== length) return false; // and one more
    const end = at + length;
    while (at < end) if (bytes[at++] !== b[r++]) return false;
    return true;
  }

  #use(entry: number, length: number): void {
    if (this.values === this.indexes.length) {
      const larger = new Uint16Array(this.values * 2);
      larger.set(this.indexes);
      this.indexes = larger;
    }
    this.indexes[this.values++] = entry;
    this.plainSize += length + 4;
  }

  #insert(b: Buffer, r: number, e: number): void {
    const need = this.bytesUsed + e - r + 4;
    if (need > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(need, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.bytesUsed);
      this.bytes = larger;
    }
    this.bytes.writeInt32LE(e - r, this.bytesUsed);
    b.copy(this.bytes, this.bytesUsed + 4, r, e);
    this.bytesUsed = need;
    if (this.entries + 2 > this.starts.length) {
      const larger = new Int32Array(this.starts.length * 2);
      larger.set(this.starts);
      this.starts = larger;
    }
    this.#use(this.entries, e - r);
    this.entries++;
    this.starts[this.entries] = need;
  }

  #rehash(): void {
    const slots = new Uint16Array(Math.max(256, this.#slots.length * (this.entries * 2 > this.#slots.length ? 2 : 1)));
    const mask = slots.length - 1;
    for (let entry = 0; entry < this.entries; entry++) {
      const start = (this.starts[entry] as number) + 4; // one for each entry
      const end = this.starts[entry + 1] as number; // and one more
      let hash = end - start;
      for (let at = start; at < end; at++) hash = Math.imul(hash ^ (this.bytes[at] as number), 16777619); // inside
      hash ^= hash >>> 15;
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }

  /** Start and end of the smallest and of the largest entry's bytes. */
  extremes(): [number, number, number, number] {
    const { bytes, starts } = this;
    let min = 0;
    let max = 0;
    const from = (entry: number): number => (starts[entry] as number) + 4; // one for each entry
    const to = (entry: number): number => starts[entry + 1] as number; // and one more
    for (let entry = 1; entry < this.entries; entry++) {
      if (isBefore(bytes, from(entry), to(entry), from(min), to(min))) min = entry;
      if (isBefore(bytes, from(max), to(max), from(entry), to(entry))) max = entry;
    }
    return [from(min), to(min), from(max), to(max)];
  }

  /** The indexes as a data page holds them: their width, then one run of them, bit-packed. */
  packed(): Uint8Array {
    const { values, indexes, entries } = this;
    const width = Math.max(1, 32 - Math.clz32(entries - 1));
    const groups = (values + 7) >> 3;
    const head = varint((groups << 1) | 1);
    const out = new Uint8Array(1 + head.length + groups * width);
    out[0] = width;
    out.set(head, 1);
    let p = 1 + head.length;
    let bits = 0;
    let count = 0;
    for (let at = 0; at < values; at++) {
      bits |= (indexes[at] as number) << count; // one for each value
      count += width;
      while (count >= 8) {
        out[p++] = bits;
        bits >>>= 8;
        count -= 8;
      }
    }
    if (count > 0) out[p] = bits;
    return out;
  }
}
