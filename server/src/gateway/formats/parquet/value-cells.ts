/** Rows that arrive as JS values: spelled as a server would, gathered into batches of cells. */
import { spell } from '../values.ts';
import type { Leaf } from './leaf.ts';
import type { Cells } from './page.ts';

/** A batch is handed on at this size. */
const BATCH_BYTES = 64 * 1024;

export class ValueCells {
  readonly #leaves: readonly Leaf[];
  readonly #cells: Cells;
  #buffer = Buffer.allocUnsafe(1024);
  #used = 0;
  #rows = 0;

  constructor(leaves: readonly Leaf[], cells: Cells) {
    this.#leaves = leaves;
    this.#cells = cells;
  }

  /** Rows gathered. */
  get waiting(): number {
    return this.#rows;
  }
  /** Bytes of their values. */
  get bytes(): number {
    return this.#used;
  }
  get full(): boolean {
    return this.#rows >= this.#cells.stride || this.#used >= BATCH_BYTES;
  }

  /** Returns the bytes that the row took. */
  add(row: readonly unknown[]): number {
    const { starts, ends, stride } = this.#cells;
    const before = this.#used;
    for (let index = 0; index < this.#leaves.length; index++) {
      const at = index * stride + this.#rows;
      const bytes = this.#spelled(row[index], (this.#leaves[index] as Leaf).meaning.is === 'bytes'); // counted
      if (bytes === null) {
        ends[at] = -1;
        continue;
      }
      this.#room(bytes.length);
      starts[at] = this.#used;
      this.#buffer.set(bytes, this.#used);
      this.#used += bytes.length;
      ends[at] = this.#used;
    }
    this.#rows++;
    return this.#used - before;
  }

  /** Forgets the last row, which took so many bytes. */
  takeBack(bytes: number): void {
    this.#rows--;
    this.#used -= bytes;
  }

  /** Puts the rows into the cells. */
  begin(): void {
    this.#cells.bytes = this.#buffer;
    this.#cells.rows = this.#rows;
  }

  clear(): void {
    this.#rows = 0;
    this.#used = 0;
    if (this.#buffer.length > 16 * BATCH_BYTES) this.#buffer = Buffer.allocUnsafe(BATCH_BYTES);
  }

  /** A text in a column of bytes is base64, as in the other formats. */
  #spelled(value: unknown, isBytes: boolean): Uint8Array | null {
    return isBytes && typeof value === 'string' ? Buffer.from(value, 'base64') : spell(value);
  }

  #room(need: number): void {
    if (this.#used + need <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#used + need));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
