/** Packets over a socket, in the open or encrypted: inside the handshake TLS travels in PRELOGIN packets ([MS-TDS] 3.3.5.2). */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';

export const PACKET = { batch: 1, call: 3, result: 4, attention: 6, transaction: 14, login: 16, prelogin: 18 } as const;
const HEAD = 8;
const LAST = 1;
const RESET = 8;

export interface Message {
  readonly type: number;
  readonly content: Buffer;
  /** The session is to be reset first. */
  readonly resets: boolean;
}

/** Cuts content into packets of one message. `last` false leaves the message open for more. */
export function packets(type: number, content: Buffer, size: number, last = true): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, id = 1; at < content.length || at === 0; at += size - HEAD, id += 1) {
    const body = content.subarray(at, at + size - HEAD);
    const head = Buffer.alloc(HEAD);
    head.writeUInt8(type, 0);
    head.writeUInt8(last && at + size - HEAD >= content.length ? LAST : 0, 1);
    head.writeUInt16BE(body.length + HEAD, 2);
    head.writeUInt8(id & 0xff, 6);
    parts.push(head, body);
  }
  return Buffer.concat(parts);
}

/** Puts messages together from a stream of bytes. */
export class MessageReader {
  #bytes: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #resets = false;

  /** The messages that these bytes complete. */
  *read(chunk: Buffer): Generator<Message> {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= HEAD && this.#bytes.length >= this.#bytes.readUInt16BE(2)) {
      const length = this.#bytes.readUInt16BE(2);
      const type = this.#bytes.readUInt8(0);
      const status = this.#bytes.readUInt8(1);
      this.#parts.push(this.#bytes.subarray(HEAD, length));
      this.#resets ||= (status & RESET) !== 0;
      this.#bytes = this.#bytes.subarray(length);
      if ((status & LAST) === 0) continue;
      const message = { type, content: Buffer.concat(this.#parts), resets: this.#resets };
      this.#parts = [];
      this.#resets = false;
      yield message;
    }
  }
}

/** Encrypts from now on, the handshake wrapped in packets. Gives the stream of plain bytes. */
export function encryptInside(socket: Socket, secureContext: SecureContext, asksCertificate: boolean): TLSSocket {
  return new TLSSocket(new HandshakePackets(socket) as unknown as Socket, {
    // TLSSocket takes any duplex stream, its type says sockets only.
    isServer: true,
    secureContext,
    requestCert: asksCertificate,
    rejectUnauthorized: asksCertificate,
  });
}

/** Unwraps and wraps the handshake; the first encrypted data of the client ends it. */
class HandshakePackets extends Duplex {
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  #raw = false;
  #waiting: Buffer[] = [];

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('close', () => this.destroy());
    socket.on('error', () => this.destroy());
  }

  #received(chunk: Buffer): void {
    if (!this.#raw && chunk[0] !== PACKET.prelogin) this.#raw = true;
    if (this.#raw) this.push(chunk);
    else for (const { content } of this.#reader.read(chunk)) this.push(content);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    if (this.#raw) {
      this.#socket.write(chunk, () => written());
      return;
    }
    // One answer of the handshake must be one message, however many writes it is made with.
    if (this.#waiting.length === 0) setImmediate(() => this.#flush());
    this.#waiting.push(chunk);
    written();
  }

  #flush(): void {
    const content = Buffer.concat(this.#waiting.splice(0));
    this.#socket.write(packets(PACKET.prelogin, content, 16_384));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
