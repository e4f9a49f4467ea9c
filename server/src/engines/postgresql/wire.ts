/**
 * The words of the PostgreSQL protocol 3.0: message types, an output buffer that writes messages without an object per
 * message, and readers for the few messages that we look into. Knows nothing of sockets.
 */

/** Types of the server's messages (their first byte). */
export const Backend = {
  authentication: 0x52, // R
  backendKeyData: 0x4b, // K
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  commandComplete: 0x43, // C
  copyBothResponse: 0x57, // W
  copyInResponse: 0x47, // G
  copyOutResponse: 0x48, // H
  dataRow: 0x44, // D
  emptyQueryResponse: 0x49, // I
  errorResponse: 0x45, // E
  negotiateProtocolVersion: 0x76, // v
  noData: 0x6e, // n
  noticeResponse: 0x4e, // N
  notificationResponse: 0x41, // A
  parameterDescription: 0x74, // t
  parameterStatus: 0x53, // S
  parseComplete: 0x31, // 1
  portalSuspended: 0x73, // s
  readyForQuery: 0x5a, // Z
  rowDescription: 0x54, // T
} as const;

/** Transaction status in ReadyForQuery. */
export const IDLE = 0x49; // I
export const FAILED = 0x45; // E

/** Requests that stand in place of a start-up message. */
export const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const INITIAL_BYTES = 4096;
/** A buffer that a huge statement made grow is dropped after use. */
const KEEP_BYTES = 65_536;

/**
 * Builds messages in one reusable buffer. `take()` hands out what was built; the bytes stay valid until the next
 * `clear()`, which may come once the server has answered (it has read them then).
 *
 * @example
 * out.clear();
 * out.bind('', 's1', ['42']);
 * out.execute();
 * out.sync();
 * socket.write(out.take());
 */
export class Outgoing {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;
  #start = 0;

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEEP_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  take(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Appends messages built before. */
  append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    bytes.copy(this.#buffer, this.#length);
    this.#length += bytes.length;
  }

  /** Parse: parameter types are left to the server. */
  parse(name: string, sql: string): void {
    this.#begin(0x50);
    this.#cstring(name);
    this.#cstring(sql);
    this.#int16(0);
    this.#end();
  }

  /** Bind to the unnamed portal; every parameter and every result column is text. */
  bind(statement: string, parameters: readonly (string | null)[]): void {
    this.#begin(0x42);
    this.#cstring('');
    this.#cstring(statement);
    this.#int16(0);
    this.#int16(parameters.length);
    for (const parameter of parameters) this.#field(parameter);
    this.#int16(0);
    this.#end();
  }

  describePortal(): void {
    this.#begin(0x44);
    this.#cstring('P');
    this.#end();
  }

  /** Execute the unnamed portal to its end. */
  execute(): void {
    this.#begin(0x45);
    this.#cstring('');
    this.#int32(0);
    this.#end();
  }

  closeStatement(name: string): void {
    this.#begin(0x43);
    this.#cstring(`S${name}`);
    this.#end();
  }

  sync(): void {
    this.#begin(0x53);
    this.#end();
  }

  /** Simple query: only for texts of our own. */
  query(sql: string): void {
    this.#begin(0x51);
    this.#cstring(sql);
    this.#end();
  }

  terminate(): void {
    this.#begin(0x58);
    this.#end();
  }

  /** The answer to an authentication request: `p` with the bytes as they are. */
  authentication(body: Buffer): void {
    this.#begin(0x70);
    this.append(body);
    this.#end();
  }

  startup(parameters: Readonly<Record<string, string>>): void {
    this.#start = this.#length;
    this.#int32(0);
    this.#int32(196_608); // protocol 3.0
    for (const [name, value] of Object.entries(parameters)) {
      this.#cstring(name);
      this.#cstring(value);
    }
    this.#byte(0);
    this.#buffer.writeInt32BE(this.#length - this.#start, this.#start);
  }

  #begin(type: number): void {
    this.#byte(type);
    this.#start = this.#length;
    this.#int32(0);
  }

  #end(): void {
    this.#buffer.writeInt32BE(this.#length - this.#start, this.#start);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  #int16(value: number): void {
    this.#reserve(2);
    this.#buffer.writeUInt16BE(value, this.#length);
    this.#length += 2;
  }

  #int32(value: number): void {
    this.#reserve(4);
    this.#buffer.writeInt32BE(value, this.#length);
    this.#length += 4;
  }

  #cstring(text: string): void {
    this.#text(text);
    this.#byte(0);
  }

  #field(value: string | null): void {
    if (value === null) {
      this.#int32(-1);
      return;
    }
    const at = this.#length;
    this.#int32(0);
    this.#text(value);
    this.#buffer.writeInt32BE(this.#length - at - 4, at);
  }

  #text(text: string): void {
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    this.#reserve(text.length * 3);
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** A CancelRequest: 16 bytes on a connection of its own. */
export function cancelRequest(processId: number, secretKey: number): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeInt32BE(16, 0);
  bytes.writeInt32BE(80_877_102, 4);
  bytes.writeInt32BE(processId, 8);
  bytes.writeInt32BE(secretKey, 12);
  return bytes;
}

/** Fields of an ErrorResponse by their one-letter codes (`C` SQLSTATE, `M` message, `P` position, …). */
export function readErrorFields(buffer: Buffer, start: number, end: number): Map<string, string> {
  const fields = new Map<string, string>();
  let at = start;
  while (at < end && buffer[at] !== 0) {
    const code = String.fromCharCode(buffer[at] ?? 0);
    const stop = buffer.indexOf(0, at + 1);
    if (stop < 0 || stop >= end) break;
    fields.set(code, buffer.toString('utf8', at + 1, stop));
    at = stop + 1;
  }
  return fields;
}

/** Reads a NUL-terminated text; `next` is the offset after its NUL, or -1 when the message ends before. */
export function readText(buffer: Buffer, start: number, end: number): { text: string; next: number } {
  const stop = buffer.indexOf(0, start);
  if (stop < 0 || stop >= end) return { text: '', next: -1 };
  return { text: buffer.toString('utf8', start, stop), next: stop + 1 };
}

/** One column of a RowDescription as the server describes it. */
export interface WireColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
}

/** Reads a RowDescription; null when it is malformed. */
export function readRowDescription(buffer: Buffer, start: number, end: number): WireColumn[] | null {
  if (end - start < 2) return null;
  const count = buffer.readUInt16BE(start);
  const columns: WireColumn[] = [];
  let at = start + 2;
  for (let index = 0; index < count; index += 1) {
    const { text: name, next } = readText(buffer, at, end);
    if (next < 0 || next + 18 > end) return null;
    columns.push({ name, typeOid: buffer.readUInt32BE(next + 6), typeModifier: buffer.readInt32BE(next + 12) });
    at = next + 18;
  }
  return columns;
}
