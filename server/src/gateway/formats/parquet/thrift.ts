/** Thrift's compact protocol, writing only, as far as Parquet's metadata needs it. */

/** Types of the protocol. */
export const Wire = { true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;

/** Writes one struct; nested ones within it. Field ids must rise within a struct. */
export class CompactWriter {
  #bytes = Buffer.allocUnsafe(256);
  #position = 0;
  /** The last field id of each open struct. */
  #last: number[] = [0];

  bool(id: number, value: boolean): this {
    return this.#field(id, value ? Wire.true : Wire.false);
  }

  byte(id: number, value: number): this {
    this.#field(id, Wire.byte);
    this.#put(value);
    return this;
  }

  shortInteger(id: number, value: number): this {
    this.#field(id, Wire.i16);
    return this.integer(value);
  }

  i32(id: number, value: number): this {
    this.#field(id, Wire.i32);
    return this.integer(value);
  }

  i64(id: number, value: number): this {
    this.#field(id, Wire.i64);
    return this.integer(value);
  }

  binary(id: number, value: string | Uint8Array): this {
    this.#field(id, Wire.binary);
    return this.text(value);
  }

  struct(id: number, members: () => void): this {
    this.#field(id, Wire.struct);
    return this.element(members);
  }

  /** A list's head; its elements follow by `integer`, `text`, `truth` or `element`. */
  list(id: number, type: number, count: number): this {
    this.#field(id, Wire.list);
    if (count < 15) this.#put((count << 4) | type);
    else {
      this.#put(0xf0 | type);
      this.#varint(count);
    }
    return this;
  }

  /** An element of a list of structs. */
  element(members: () => void): this {
    this.#last.push(0);
    members();
    this.#put(0);
    this.#last.pop();
    return this;
  }

  /** An element of a list of integers. Exact up to 2^52. */
  integer(value: number): this {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
    return this;
  }

  text(value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    this.#varint(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#position);
    this.#position += bytes.length;
    return this;
  }

  truth(value: boolean): this {
    this.#put(value ? Wire.true : Wire.false);
    return this;
  }

  /** Ends the outermost struct and gives its bytes. */
  end(): Buffer {
    this.#put(0);
    return this.#bytes.subarray(0, this.#position);
  }

  #field(id: number, type: number): this {
    const depth = this.#last.length - 1;
    const step = id - (this.#last[depth] ?? 0);
    if (step < 1 || step > 15) throw new Error('Fields must be written in order.');
    this.#put((step << 4) | type);
    this.#last[depth] = id;
    return this;
  }

  #varint(value: number): void {
    while (value >= 128) {
      this.#put((value % 128) | 128);
      value = Math.floor(value / 128);
    }
    this.#put(value);
  }

  #put(byte: number): void {
    this.#room(1);
    this.#bytes[this.#position++] = byte;
  }

  #room(need: number): void {
    if (this.#position + need <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#position + need));
    this.#bytes.copy(larger, 0, 0, this.#position);
    this.#bytes = larger;
  }
}
