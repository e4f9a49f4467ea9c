/**
 * A socket and the buffer that its bytes arrive in. Cuts the stream into messages, hands runs of DataRow messages over
 * as they lie in the buffer, and is fair: at most 256 KiB, and little more than 1 ms of work, of one stream in a turn of
 * the event loop (data-plane.md §2).
 *
 * Invariants: the bytes `[0, #tail)` of the buffer are an incomplete message; whoever gets a range of the buffer must
 * copy what it keeps; after `destroy()` nothing is delivered but one `closed`.
 */
import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { EngineError } from '../engine.ts';
import { Backend } from './wire.ts';

/** What a transport delivers to. */
export interface Receiver {
  /**
   * One message; its body is `buffer[start, end)`. A DataRow comes here in row mode `message`, or when `rows` did not
   * take it although it was complete.
   */
  message(type: number, buffer: Buffer, start: number, end: number): void;
  /** Takes complete DataRow messages from `buffer[offset, end)`; returns the first offset not taken. */
  rows(buffer: Buffer, offset: number, end: number): number;
  /** The connection is gone; null = the server closed it without a word. */
  closed(error: Error | null): void;
}

/** What happens to DataRow messages: `deliver` to `rows`, `discard` them, or treat them as `message`. */
export type RowMode = 'deliver' | 'discard' | 'message';

const BASE_BYTES = 65_536;
/** A grown buffer above this size is given back as soon as its large message is done, a smaller one at the statement's end. */
const SHRINK_EARLY_BYTES = 4 * 1024 * 1024;
const TURN_BYTES = 262_144;
/** A turn also ends after this much time spent on its bytes: encoding takes longer than reading. */
const TURN_MS = 1;
/** Smaller reads are not timed: a look at the clock would cost small queries more than it finds. */
const TIMED_BYTES = 16_384;

export class Transport {
  rowMode: RowMode = 'message';
  /** Largest row accepted, in bytes; a larger one is announced as `OVERSIZED_ROW`. */
  maxRowBytes = 256 * 1024 * 1024;
  /** No message but a row may be larger: errors and notices with their details stay far below. */
  maxMessageBytes = 4 * 1024 * 1024;
  /** Takes the bytes of the next read as they are, before any message: the answer to SSLRequest. */
  onRawBytes: ((bytes: Buffer) => void) | null = null;
  /** Bytes of rows thrown away so far in `discard` mode; whoever starts to discard sets it to 0. */
  discardedBytes = 0;
  /** Once this much was thrown away, `DISCARD_LIMIT` is announced (for every further row). */
  discardLimitBytes = Number.POSITIVE_INFINITY;
  #socket: Socket;
  #receiver: Receiver;
  #buffer = Buffer.allocUnsafeSlow(BASE_BYTES);
  /** What the socket reads into: the buffer behind `#viewStart`. */
  #view: Buffer = this.#buffer;
  #viewStart = 0;
  #tail = 0;
  /** Bytes of an oversized row that is being thrown away. */
  #skip = 0;
  #turnBytes = 0;
  #turnMs = 0;
  #pausedByReader = false;
  #pausedByTurn = false;
  #destroyed = false;
  #failure: Error | null = null;

  /**
   * Connects a transport to an address. The socket reads straight into our buffer.
   * `open` receives the net.connect options to use; the transport adds its own.
   */
  constructor(
    open: (onread: { buffer: () => Buffer; callback: (bytes: number) => boolean }) => Socket,
    receiver: Receiver,
  ) {
    this.#receiver = receiver;
    this.#socket = open({
      // Called before the first read and after each: a new range only when the free part has changed.
      buffer: () => this.#freeRange(),
      callback: (bytes) => this.#received(bytes),
    });
    this.#watch(this.#socket);
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Who gets the messages from now on. */
  set receiver(receiver: Receiver) {
    this.#receiver = receiver;
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Starts TLS on the open connection; the returned socket emits `secureConnect` or `error`. */
  startTls(options: ConnectionOptions): TLSSocket {
    const plain = this.#socket;
    plain.removeAllListeners('error');
    plain.removeAllListeners('close');
    plain.on('error', () => {}); // the TLS socket reports it
    const secure = connectTls({ ...options, socket: plain });
    this.#socket = secure;
    this.#watch(secure);
    secure.on('data', (chunk: Buffer) => this.#receivedChunk(chunk));
    return secure;
  }

  /** Stops reading; the server will wait once the socket's window is full. */
  pause(): void {
    this.#pausedByReader = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#pausedByReader) return;
    this.#pausedByReader = false;
    if (!this.#pausedByTurn) this.#resumeSocket();
  }

  /** Gives memory back after a statement whose rows made the buffer grow. */
  shrink(): void {
    if (this.#buffer.length > BASE_BYTES && this.#tail <= BASE_BYTES) this.#resize(BASE_BYTES, 0, this.#tail);
  }

  /** Ends politely after what was written. */
  end(): void {
    this.#socket.end();
  }

  destroy(error?: Error): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#failure = error ?? null;
    this.#socket.destroy();
  }

  #watch(socket: Socket): void {
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.on('close', () => {
      this.#destroyed = true;
      this.#receiver.closed(this.#failure);
    });
    socket.on('end', () => socket.destroy());
  }

  #freeRange(): Buffer {
    if (this.#viewStart !== this.#tail) {
      this.#viewStart = this.#tail;
      this.#view = this.#tail === 0 ? this.#buffer : this.#buffer.subarray(this.#tail);
    }
    return this.#view;
  }

  /** `bytes` bytes have arrived behind the tail. False stops the socket. */
  #received(bytes: number): boolean {
    if (this.#destroyed) return false;
    if (this.onRawBytes) {
      this.onRawBytes(this.#buffer.subarray(0, bytes));
      return true;
    }
    const startedAt = bytes < TIMED_BYTES ? 0 : performance.now();
    this.#consume(this.#tail + bytes);
    if (startedAt !== 0) this.#turnMs += performance.now() - startedAt;
    return this.#keepReading(bytes);
  }

  /** The TLS layer hands over buffers of its own: they are copied behind the tail, piece by piece. */
  #receivedChunk(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#destroyed) {
      const taken = chunk.copy(this.#buffer, this.#tail, at);
      at += taken;
      this.#consume(this.#tail + taken);
    }
    if (!this.#keepReading(chunk.length)) this.#socket.pause();
  }

  #keepReading(bytes: number): boolean {
    this.#turnBytes += bytes;
    if ((this.#turnBytes > TURN_BYTES || this.#turnMs > TURN_MS) && !this.#pausedByTurn) {
      this.#turnBytes = 0;
      this.#turnMs = 0;
      this.#pausedByTurn = true;
      setImmediate(() => {
        this.#pausedByTurn = false;
        if (!this.#pausedByReader) this.#resumeSocket();
      });
    }
    return !(this.#pausedByReader || this.#pausedByTurn || this.#destroyed);
  }

  #resumeSocket(): void {
    if (!this.#destroyed) this.#socket.resume();
  }

  #consume(end: number): void {
    try {
      this.#cut(end);
    } catch (error) {
      // A body that ends before its fields do: reading past its end throws.
      this.#violated('a malformed message', error);
    }
  }

  /** Delivers the complete messages in `[0, end)` and keeps the rest. */
  #cut(end: number): void {
    const buffer = this.#buffer;
    let at = 0;
    if (this.#skip > 0) {
      at = Math.min(this.#skip, end);
      this.#skip -= at;
    }
    let needed = 0;
    const { maxRowBytes } = this;
    while (end - at >= 5 && !this.#destroyed) {
      const length = buffer.readInt32BE(at + 1) + 1;
      if (length < 5) {
        this.#violated('a message of impossible length');
        return;
      }
      const type = buffer[at] ?? 0;
      if (type === Backend.dataRow && this.rowMode !== 'message') {
        const next = this.rowMode === 'deliver' && length <= maxRowBytes ? this.#receiver.rows(buffer, at, end) : at;
        if (next > at) {
          at = next;
          continue;
        }
        if (length > maxRowBytes && this.rowMode === 'deliver') this.#receiver.message(OVERSIZED_ROW, buffer, at, at);
        if (this.rowMode === 'discard') {
          this.discardedBytes += length;
          if (this.discardedBytes > this.discardLimitBytes) this.#receiver.message(DISCARD_LIMIT, buffer, at, at);
          this.#skip = Math.max(0, length - (end - at));
          at = Math.min(end, at + length);
          continue;
        }
      }
      if (length > end - at) {
        if (type !== Backend.dataRow && length > this.maxMessageBytes) {
          this.#violated('an oversized message');
          return;
        }
        needed = length;
        break;
      }
      const start = at + 5;
      at += length;
      this.#receiver.message(type, buffer, start, at);
    }
    if (!this.#destroyed) this.#keep(at, end, needed);
  }

  /** Moves the incomplete message to the front; grows the buffer when the message does not fit. */
  #keep(at: number, end: number, needed: number): void {
    const rest = end - at;
    const size = this.#buffer.length;
    if (needed > size) {
      this.#resize(Math.min(2 ** Math.ceil(Math.log2(needed)), Math.max(needed, this.maxRowBytes)), at, end);
    } else if (size > SHRINK_EARLY_BYTES && needed <= BASE_BYTES && rest <= BASE_BYTES) {
      this.#resize(BASE_BYTES, at, end);
    } else {
      if (rest > 0 && at > 0) this.#buffer.copyWithin(0, at, end);
      this.#tail = rest;
    }
  }

  #resize(bytes: number, at: number, end: number): void {
    const next = Buffer.allocUnsafeSlow(bytes);
    this.#buffer.copy(next, 0, at, end);
    this.#buffer = next;
    this.#tail = end - at;
    this.#viewStart = -1;
  }

  #violated(what: string, cause?: unknown): void {
    this.destroy(
      new EngineError('protocol_error', `The server sent ${what}: is this PostgreSQL?`, { fatal: true, cause }),
    );
  }
}

/** Pseudo message: a row above `maxRowBytes` is about to come; the receiver must switch to `discard`. */
export const OVERSIZED_ROW = -1;
/** Pseudo message: more rows were thrown away than was allowed. */
export const DISCARD_LIMIT = -2;
