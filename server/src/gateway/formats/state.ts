/**
 * Where encoders write: preallocated buffers that are handed on when full and used again when their receiver lets go
 * of them, so that a result of any size costs the same memory.
 */
import { EngineError } from '../../engines/engine.ts';

/** Size of the working buffers of a stream. */
export const CHUNK_BYTES = 128 * 1024;
/** Size of the first buffer of a result: most results fit, and long ones show their first rows soon. */
export const FIRST_CHUNK_BYTES = 16 * 1024;
/** Idle buffers kept per size; more are left to the garbage collector. */
const KEEP = 64;

class BufferPool {
  readonly #size: number;
  readonly #idle: Buffer[] = [];
  constructor(size: number) {
    this.#size = size;
  }
  take(): Buffer {
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }
  give(buffer: Buffer): void {
    if (this.#idle.length < KEEP) this.#idle.push(buffer);
  }
}

const firstChunks = new BufferPool(FIRST_CHUNK_BYTES);
const chunks = new BufferPool(CHUNK_BYTES);

/** Gives a buffer of an encoder back; buffers of other sizes (huge rows) are dropped. */
export function recycle(buffer: Buffer): void {
  if (buffer.length === CHUNK_BYTES) chunks.give(buffer);
  else if (buffer.length === FIRST_CHUNK_BYTES) firstChunks.give(buffer);
}

/** Takes a filled part of a buffer; it owns `buffer` from now on and calls `recycle(buffer)` when done with it. */
export type TakeChunk = (buffer: Buffer, length: number) => void;

export interface EncoderLimits {
  /** Rows at most; 0 = no limit. */
  readonly maxRows: number;
  /** Bytes of the body at most, closing bytes included; 0 = no limit. */
  readonly maxBytes: number;
}

/**
 * The state of one result while it is encoded. The public members are what generated code works on: it keeps them in
 * local variables within a call and writes them back at its end.
 */
export class EncoderState {
  bytes: Buffer = firstChunks.take();
  /** Bytes of `bytes` in use. */
  position = 0;
  rows = 0;
  readonly maxRows: number;
  /** Where in `bytes` the byte limit lies. */
  byteEnd: number;
  /** A limit was hit: nothing more is written, the consumer stops the statement. */
  limited = false;
  /** Bytes handed on. */
  flushed = 0;
  readonly #take: TakeChunk;
  readonly #maxBytes: number;

  constructor(limits: EncoderLimits, closingBytes: number, take: TakeChunk) {
    this.maxRows = limits.maxRows > 0 ? limits.maxRows : Number.MAX_SAFE_INTEGER;
    this.#maxBytes = limits.maxBytes > 0 ? Math.max(0, limits.maxBytes - closingBytes) : Number.MAX_SAFE_INTEGER;
    this.byteEnd = this.#maxBytes;
    this.#take = take;
  }

  /** Bytes written so far, handed on or not. */
  get total(): number {
    return this.flushed + this.position;
  }

  /** Makes `bytes` hold at least `need` free bytes at `position`: hands the filled part on when they do not fit. */
  room(need: number): void {
    if (this.position + need <= this.bytes.length) return;
    this.flush(need);
  }

  /** Hands the filled part on and takes a buffer of at least `need` bytes. */
  flush(need = 0): void {
    if (this.position > 0) {
      const { bytes, position } = this;
      this.flushed += position;
      this.byteEnd = this.#maxBytes - this.flushed;
      this.position = 0;
      this.bytes = need > CHUNK_BYTES ? Buffer.allocUnsafeSlow(need) : chunks.take();
      this.#take(bytes, position);
    } else if (need > this.bytes.length) {
      recycle(this.bytes);
      this.bytes = need > CHUNK_BYTES ? Buffer.allocUnsafeSlow(need) : chunks.take();
    }
  }

  /** Gives the working buffer back; the state must not be used afterwards. */
  dispose(): void {
    recycle(this.bytes);
    this.position = 0;
  }

  /** A frame contradicts itself. */
  malformed(): never {
    throw new EngineError('protocol_error', 'The server sent a row that does not have the shape it announced.', {
      fatal: true,
    });
  }
}

/** Rows up to this many bytes get room for six output bytes per byte without a look at them. */
const LONG_ROW = 4096;

/** Output bytes that a byte of input can become at most, by byte; bytes of base64 grow by 4/3, rounded up here. */
const WEIGHT = new Uint8Array(256).fill(2);
for (let code = 0; code < 32; code++) WEIGHT[code] = 6;
for (let code = 128; code < 256; code++) WEIGHT[code] = 3;

/**
 * An upper bound for the output of the row in `b[o, end)`. Short rows take the cheap bound, long ones are measured, so
 * that a value of 100 MB does not ask for 600 MB.
 */
export function rowBound(b: Uint8Array, o: number, end: number, slack: number): number {
  const length = end - o;
  if (length <= LONG_ROW) return length * 6 + slack;
  let bound = slack;
  for (let at = o; at < end; at++) bound += WEIGHT[b[at] as number] as number;
  return bound;
}
