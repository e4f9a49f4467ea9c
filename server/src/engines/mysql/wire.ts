/**
 * One socket to a server, seen as packets.
 *
 * Bytes land in one buffer that we own (on plain sockets the kernel reads straight into it), and complete packets are
 * handed on where they lie. In row mode a whole run of row packets is handed over in one call, so that an encoder may go
 * from wire bytes to output bytes. Invariants: a handler never keeps a part of the buffer; the buffer is replaced only
 * inside a read callback; at most `TURN_BUDGET` bytes are handled in one turn of the event loop.
 */
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import { EngineError, type TlsSettings } from '../engine.ts';
import { connectionLost, fromSocketError, givenUp } from '../network-errors.ts';
import { fromTlsError, protocolError } from './errors.ts';
import { HEADER, MAX_PAYLOAD } from './protocol.ts';

const BUFFER_BYTES = 64 * 1024;
/** Bytes per loop turn and stream: keeps one bulk read from slowing another's small one (data-plane.md §2). */
const TURN_BUDGET = 256 * 1024;
/** Above this a single packet is refused: one row must not be able to fill the memory. */
const MAX_PACKET_BYTES = 256 * 1024 * 1024;

/** Who gets the packets. */
export interface PacketHandler {
  /** True while packets that are neither end nor error are rows. */
  readonly expectsRows: boolean;
  /** `count` complete row frames, headers included, lie in [start, end). A frame over 16 MiB comes alone: its length
   *  field says 0xffffff and it reaches up to `end`. */
  rows(buffer: Buffer, start: number, end: number, count: number): void;
  /** One other packet's payload. */
  packet(buffer: Buffer, start: number, end: number, sequence: number): void;
  /** The connection ended; nothing follows. */
  closed(error: EngineError): void;
}

/** Opens a TCP connection to the first address that answers. */
export async function openSocket(
  addresses: readonly string[],
  port: number,
  signal: AbortSignal,
  onread: { buffer: () => Buffer; callback: (bytes: number) => boolean },
): Promise<Socket> {
  let last: EngineError = new EngineError('unreachable', 'The source has no address.', {
    stage: 'address',
    fatal: true,
  });
  for (const host of addresses) {
    try {
      return await openOne(host, port, signal, onread);
    } catch (error) {
      if (signal.aborted) throw givenUp(signal, 'address');
      last = fromSocketError(error);
    }
  }
  throw last;
}

function openOne(
  host: string,
  port: number,
  signal: AbortSignal,
  onread: { buffer: () => Buffer; callback: (bytes: number) => boolean },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connectSocket({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      onread: { buffer: onread.buffer, callback: (bytes) => onread.callback(bytes) },
    });
    const finish = (done: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('connect', onConnect);
      done();
    };
    const onAbort = () =>
      finish(() => {
        socket.on('error', () => {});
        socket.destroy();
        reject(signal.reason);
      });
    const onError = (error: Error) => finish(() => reject(error));
    const onConnect = () => finish(() => resolve(socket));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', onConnect);
  });
}

/** Options of `tls.connect` for the given settings. Verification follows the mode; TLS 1.2 is the lowest version. */
export function tlsOptions(tls: TlsSettings, host: string): ConnectionOptions {
  const verifies = tls.mode === 'verify-ca' || tls.mode === 'verify-full';
  return {
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    minVersion: tls.minVersion ?? 'TLSv1.2',
    rejectUnauthorized: verifies,
    // Server names must be names: an address as SNI is refused by the standard.
    servername: isIP(host) ? '' : host,
    checkServerIdentity: (_name, certificate) =>
      tls.mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

export class Wire {
  #socket: Socket | TLSSocket | undefined;
  #encrypted = false;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #tail = 0;
  #handler: PacketHandler;
  #paused = false;
  #resting = false;
  #turnBytes = 0;
  #dead: EngineError | undefined;

  constructor(handler: PacketHandler) {
    this.#handler = handler;
  }

  get encrypted(): boolean {
    return this.#encrypted;
  }

  /** Set once the connection is gone. */
  get dead(): EngineError | undefined {
    return this.#dead;
  }

  set handler(handler: PacketHandler) {
    this.#handler = handler;
  }

  async open(addresses: readonly string[], port: number, signal: AbortSignal): Promise<void> {
    const socket = await openSocket(addresses, port, signal, {
      buffer: () => this.#buffer.subarray(this.#tail),
      callback: (bytes) => this.#received(bytes),
    });
    this.#socket = socket;
    this.#watch(socket);
    socket.resume();
  }

  /** Encrypts the open connection. The caller has told the server so. Rejects with an EngineError of stage `tls`. */
  async encrypt(tls: TlsSettings, host: string, signal: AbortSignal): Promise<void> {
    const plain = this.#socket;
    if (!plain) throw connectionLost(undefined, 'tls');
    plain.removeAllListeners('close');
    plain.removeAllListeners('error');
    const secure = await new Promise<TLSSocket>((resolve, reject) => {
      let socket: TLSSocket;
      try {
        socket = connectTls({ ...tlsOptions(tls, host), socket: plain });
      } catch (error) {
        // E.g. a certificate authority that is not PEM.
        reject(fromTlsError(error, host));
        return;
      }
      const onAbort = () => {
        socket.destroy();
        reject(givenUp(signal, 'tls'));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = (done: () => void) => {
        signal.removeEventListener('abort', onAbort);
        done();
      };
      socket.once('secureConnect', () => settle(() => resolve(socket)));
      socket.once('error', (error) => settle(() => reject(fromTlsError(error, host))));
      socket.once('close', () => settle(() => reject(connectionLost(undefined, 'tls'))));
      plain.on('error', () => {}); // the encrypted socket reports it
    });
    secure.removeAllListeners('error');
    secure.removeAllListeners('close');
    this.#socket = secure;
    this.#encrypted = true;
    this.#watch(secure);
    secure.on('data', (chunk: Buffer) => this.#receivedChunk(chunk));
  }

  #watch(socket: Socket | TLSSocket): void {
    socket.on('error', (error) => this.destroy(connectionLost(error)));
    socket.on('end', () => this.destroy(connectionLost()));
    socket.on('close', () => this.destroy(connectionLost()));
  }

  /** Sends packets. Silently nothing when the connection is gone: the handler has heard of it. */
  send(bytes: Buffer): void {
    if (!this.#dead) this.#socket?.write(bytes);
  }

  /** Closes at once. The handler hears `closed` exactly once. */
  destroy(error: EngineError): void {
    if (this.#dead) return;
    this.#dead = error;
    this.#socket?.destroy();
    this.#handler.closed(error);
  }

  /** Sends a last packet and closes politely. */
  end(bytes: Buffer): void {
    if (this.#dead) return;
    this.#dead = new EngineError('connection_lost', 'The connection was closed.', { fatal: true });
    const socket = this.#socket;
    socket?.end(bytes);
    // A server that does not close its side must not keep ours open.
    const force = setTimeout(() => socket?.destroy(), 1000);
    force.unref();
    socket?.once('close', () => clearTimeout(force));
    socket?.resume();
  }

  /** Lets the process exit while this connection is idle. */
  unref(): void {
    this.#socket?.unref();
  }

  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#resting) this.#socket?.resume();
  }

  /** Called by the socket: `bytes` new bytes lie at the tail. False = stop reading. */
  #received(bytes: number): boolean {
    this.#process(this.#tail + bytes);
    this.#spend(bytes);
    return !this.#paused && !this.#resting;
  }

  #receivedChunk(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#dead; ) {
      const part = chunk.subarray(at, at + this.#buffer.length - this.#tail);
      part.copy(this.#buffer, this.#tail);
      at += part.length;
      this.#process(this.#tail + part.length);
    }
    this.#spend(chunk.length);
    if (this.#resting) this.#socket?.pause();
  }

  /** Counts bytes of this loop turn, and rests until the next one when they are used up. */
  #spend(bytes: number): void {
    this.#turnBytes += bytes;
    if (this.#resting || this.#turnBytes <= TURN_BUDGET) return;
    this.#resting = true;
    setImmediate(() => {
      this.#turnBytes = 0;
      this.#resting = false;
      if (!this.#paused && !this.#dead) this.#socket?.resume();
    });
  }

  /** Hands on every complete packet in [0, end) and moves the rest to the front. */
  #process(end: number): void {
    let at = 0;
    try {
      at = this.#handOn(end);
    } catch (error) {
      this.#tail = 0;
      this.destroy(error instanceof EngineError ? error : failure(error));
      return;
    }
    if (this.#dead) return;
    const left = end - at;
    if (left > 0 && at > 0) this.#buffer.copyWithin(0, at, end);
    this.#tail = left;
    if (left === 0 && this.#buffer.length > BUFFER_BYTES) this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    else if (left === this.#buffer.length) this.#grow(left + 1, left);
  }

  /** Returns the offset of the first byte that is not part of a complete packet. */
  #handOn(end: number): number {
    let at = 0;
    while (end - at >= 4 && !this.#dead) {
      const buffer = this.#buffer;
      if (this.#handler.expectsRows) {
        const before = at;
        let count = 0;
        while (end - at >= 5) {
          const length = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16);
          if (length === 0 || length === MAX_PAYLOAD || end - at < length + 4) break;
          const first = buffer[at + 4]!;
          if (first === HEADER.error || (first === HEADER.eof && length < 9)) break;
          at += length + 4;
          count += 1;
        }
        if (count > 0) {
          this.#handler.rows(buffer, before, at, count);
          continue;
        }
      }
      const length = buffer.readUIntLE(at, 3);
      if (length === MAX_PAYLOAD) {
        const joined = this.#join(at, end);
        if (!joined) return at;
        if (this.#handler.expectsRows) this.#handler.rows(this.#buffer, at, joined.payloadEnd, 1);
        else this.#handler.packet(this.#buffer, at + 4, joined.payloadEnd, joined.sequence);
        at = joined.next;
        continue;
      }
      if (end - at < length + 4) {
        if (length + 4 > buffer.length) this.#grow(length + 4 + at, end);
        return at;
      }
      this.#handler.packet(buffer, at + 4, at + 4 + length, buffer[at + 3]!);
      at += length + 4;
    }
    return at;
  }

  /**
   * Joins a packet that was split at 0xffffff bytes, in place, once all its parts are here. `payloadEnd` is the end of
   * the joined payload, `next` the start of the packet after it.
   */
  #join(start: number, end: number): { payloadEnd: number; next: number; sequence: number } | undefined {
    const buffer = this.#buffer;
    let at = start;
    for (;;) {
      if (end - at < 4) {
        this.#grow(at + 4 + BUFFER_BYTES, end);
        return undefined;
      }
      const length = buffer.readUIntLE(at, 3);
      const needed = at + 4 + length;
      if (needed > end) {
        // One more byte than the part, so that there is always room to read into.
        this.#grow(needed + 1, end);
        return undefined;
      }
      if (length < MAX_PAYLOAD) break;
      at = needed;
    }
    let from = start + 4 + MAX_PAYLOAD;
    let to = from;
    for (;;) {
      const length = buffer.readUIntLE(from, 3);
      const sequence = buffer[from + 3]!;
      buffer.copyWithin(to, from + 4, from + 4 + length);
      to += length;
      from += 4 + length;
      if (length < MAX_PAYLOAD) return { payloadEnd: to, next: from, sequence };
    }
  }

  /** Makes the buffer at least `size` bytes; its first `used` bytes are kept. */
  #grow(size: number, used: number): void {
    if (size <= this.#buffer.length) return;
    if (size > MAX_PACKET_BYTES) {
      throw new EngineError('resource_exhausted', 'A single row is larger than 256 MiB.', { fatal: true });
    }
    const bigger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(this.#buffer.length * 2, MAX_PACKET_BYTES)));
    this.#buffer.copy(bigger, 0, 0, used);
    this.#buffer = bigger;
  }
}

function failure(error: unknown): EngineError {
  if (error instanceof RangeError) return protocolError(`The server sent a broken packet: ${error.message}.`);
  return new EngineError('statement_failed', 'The result could not be handled.', { fatal: true, cause: error });
}
