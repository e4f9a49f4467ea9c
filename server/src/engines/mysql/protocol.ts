/**
 * The words of the MySQL client/server protocol that we use: numbers, packets, length-encoded values. No sockets here.
 */

/** Capability flags of the handshake (low 32 bits). */
export const CAPABILITY = {
  longPassword: 0x1, // MySQL sets it; a MariaDB server that leaves it out understands its own extensions
  longFlag: 0x4,
  connectWithDatabase: 0x8,
  localFiles: 0x80, // never set: a server may not ask us for files
  protocol41: 0x200,
  tls: 0x800,
  transactions: 0x2000,
  secureConnection: 0x8000,
  pluginAuth: 0x80000,
  connectAttributes: 0x100000,
  pluginAuthLengthEncoded: 0x200000,
} as const;

/** MariaDB's own capabilities, the 32 bits above the common ones. */
export const MARIADB_EXTENDED_METADATA = 0x8;

export const COMMAND = {
  quit: 0x01,
  query: 0x03,
  statementPrepare: 0x16,
  statementExecute: 0x17,
  statementClose: 0x19,
  resetConnection: 0x1f,
} as const;

/** First byte of an answer. */
export const HEADER = { ok: 0x00, more: 0x01, localInfile: 0xfb, eof: 0xfe, error: 0xff } as const;

/** A length field of this value says that the packet goes on in the next one. */
export const MAX_PAYLOAD = 0xff_ff_ff;

/** `SERVER_MORE_RESULTS_EXISTS` in a status word. */
export const STATUS_MORE_RESULTS = 0x8;

/** utf8mb4_general_ci: every server since 5.5 knows it. */
export const UTF8MB4 = 45;
/** The pseudo character set of bytes. */
export const BINARY_CHARSET = 63;

/** Column types on the wire. */
export const TYPE = {
  decimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  newDate: 14,
  varchar: 15,
  bit: 16,
  json: 245,
  newDecimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  mediumBlob: 250,
  longBlob: 251,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

export const FLAG = { notNull: 0x1, unsigned: 0x20, zerofill: 0x40, enum: 0x100, set: 0x800 } as const;

/** Wraps a payload into packets, splitting it where the protocol demands it (every 0xffffff bytes). */
export function packet(sequence: number, payload: Buffer): Buffer {
  if (payload.length < MAX_PAYLOAD) {
    const result = Buffer.allocUnsafe(4 + payload.length);
    result.writeUIntLE(payload.length, 0, 3);
    result[3] = sequence & 0xff;
    payload.copy(result, 4);
    return result;
  }
  const parts: Buffer[] = [];
  let next = sequence;
  for (let at = 0; at <= payload.length; at += MAX_PAYLOAD) {
    const part = payload.subarray(at, Math.min(at + MAX_PAYLOAD, payload.length));
    const header = Buffer.allocUnsafe(4);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = next++ & 0xff;
    parts.push(header, part);
  }
  return Buffer.concat(parts);
}

/** A command packet: its number and its text or bytes. */
export function command(number: number, body: string | Buffer = ''): Buffer {
  if (typeof body === 'string') {
    const length = Buffer.byteLength(body);
    if (length + 1 < MAX_PAYLOAD) {
      const result = Buffer.allocUnsafe(5 + length);
      result.writeUIntLE(length + 1, 0, 3);
      result[3] = 0;
      result[4] = number;
      result.write(body, 5, 'utf8');
      return result;
    }
  }
  return packet(0, Buffer.concat([Buffer.from([number]), typeof body === 'string' ? Buffer.from(body) : body]));
}

/** Reads a payload from front to back. Reading past its end throws a RangeError: the caller reports a protocol error. */
export class Reader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#end) throw new RangeError('a packet ended too early');
    this.#at = at + length;
    return at;
  }

  skip(length: number): void {
    this.#take(length);
  }

  uint(length: 1 | 2 | 3 | 4): number {
    return this.#buffer.readUIntLE(this.#take(length), length);
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** The rest of the payload. */
  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** A length-encoded integer. Beyond 2^53 it loses precision, which no length or count reaches. */
  lengthEncoded(): number {
    const first = this.uint(1);
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.uint(2);
    if (first === 0xfd) return this.uint(3);
    if (first === 0xfe) return Number(this.#buffer.readBigUInt64LE(this.#take(8)));
    throw new RangeError('a length was expected');
  }

  lengthEncodedBytes(): Buffer {
    return this.bytes(this.lengthEncoded());
  }

  lengthEncodedText(): string {
    return this.lengthEncodedBytes().toString('utf8');
  }

  /** Text up to a zero byte, or up to the end when there is none. */
  zeroTerminated(): Buffer {
    const stop = this.#buffer.indexOf(0, this.#at);
    if (stop < 0 || stop >= this.#end) return this.rest();
    const result = this.bytes(stop - this.#at);
    this.skip(1);
    return result;
  }
}

/** Bytes that a length-encoded integer of this value takes. */
export function lengthEncodedSize(value: number): number {
  if (value < 0xfb) return 1;
  if (value <= 0xff_ff) return 3;
  return value <= 0xff_ff_ff ? 4 : 9;
}

/** Writes a length-encoded integer and returns the offset after it. */
export function writeLengthEncoded(buffer: Buffer, offset: number, value: number): number {
  if (value < 0xfb) {
    buffer[offset] = value;
    return offset + 1;
  }
  if (value <= 0xff_ff) {
    buffer[offset] = 0xfc;
    return buffer.writeUInt16LE(value, offset + 1);
  }
  if (value <= 0xff_ff_ff) {
    buffer[offset] = 0xfd;
    return buffer.writeUIntLE(value, offset + 1, 3);
  }
  buffer[offset] = 0xfe;
  return buffer.writeBigUInt64LE(BigInt(value), offset + 1);
}

/** A length-encoded string as a buffer. */
export function lengthEncodedBytes(value: Buffer): Buffer {
  const result = Buffer.allocUnsafe(lengthEncodedSize(value.length) + value.length);
  value.copy(result, writeLengthEncoded(result, 0, value.length));
  return result;
}

/** What the server says first. */
export interface Greeting {
  readonly serverVersion: string;
  readonly threadId: number;
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly scramble: Buffer;
  readonly plugin: string;
}

/** Parses the server's first packet (handshake version 10). Throws RangeError for anything else. */
export function parseGreeting(reader: Reader): Greeting {
  const version = reader.uint(1);
  if (version !== 10) throw new RangeError(`handshake version ${version} is not supported`);
  const serverVersion = reader.zeroTerminated().toString('latin1');
  const threadId = reader.uint(4);
  const first = Buffer.from(reader.bytes(8));
  reader.skip(1);
  let capabilities = reader.uint(2);
  if (reader.left < 29)
    return { serverVersion, threadId, capabilities, mariadbCapabilities: 0, scramble: first, plugin: '' };
  reader.skip(3); // character set, status
  capabilities = (capabilities | (reader.uint(2) << 16)) >>> 0;
  const scrambleLength = reader.uint(1);
  reader.skip(6);
  const mariadbCapabilities = reader.uint(4);
  const second = reader.bytes(Math.min(reader.left, Math.max(13, scrambleLength - 8)));
  const scramble = Buffer.concat([first, second]).subarray(0, 20);
  const plugin = reader.left > 0 ? reader.zeroTerminated().toString('latin1') : 'mysql_native_password';
  const mariadb = (capabilities & CAPABILITY.longPassword) === 0;
  return {
    serverVersion,
    threadId,
    capabilities,
    mariadbCapabilities: mariadb ? mariadbCapabilities : 0,
    scramble,
    plugin,
  };
}

/** An error packet. */
export interface ServerError {
  readonly number: number;
  readonly state: string;
  readonly message: string;
}

/** Parses an error packet; `start` is at its 0xff. */
export function parseError(buffer: Buffer, start: number, end: number): ServerError {
  const reader = new Reader(buffer, start + 1, end);
  const number = reader.uint(2);
  let state = 'HY000';
  if (reader.left >= 6 && buffer[start + 3] === 0x23) {
    reader.skip(1);
    state = reader.bytes(5).toString('latin1');
  }
  return { number, state, message: reader.rest().toString('utf8') };
}

/** What an OK packet says. */
export interface Ok {
  readonly affectedRows: number;
  readonly status: number;
}

/** Parses an OK packet; `start` is at its header byte. */
export function parseOk(buffer: Buffer, start: number, end: number): Ok {
  const reader = new Reader(buffer, start + 1, end);
  const affectedRows = reader.lengthEncoded();
  reader.lengthEncoded(); // last insert id
  return { affectedRows, status: reader.left >= 2 ? reader.uint(2) : 0 };
}

/** A column as the server describes it. */
export interface ColumnDefinition {
  readonly name: string;
  readonly table: string;
  readonly charset: number;
  /** Display length in bytes. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly decimals: number;
  /** MariaDB's own type name (`uuid`, `inet6`, `point`), when it says one. */
  readonly extendedType: string;
  /** MariaDB's format name (`json`), when it says one. */
  readonly extendedFormat: string;
}

/** Parses a column definition. `extended`: the MariaDB extension was agreed upon. */
export function parseColumn(reader: Reader, extended: boolean): ColumnDefinition {
  reader.lengthEncodedBytes(); // catalog
  reader.lengthEncodedBytes(); // schema
  reader.lengthEncodedBytes(); // table alias
  const table = reader.lengthEncodedText();
  const name = reader.lengthEncodedText();
  reader.lengthEncodedBytes(); // name in the table
  let extendedType = '';
  let extendedFormat = '';
  if (extended) {
    const bytes = reader.lengthEncodedBytes();
    const more = new Reader(bytes, 0, bytes.length);
    while (more.left > 0) {
      const kind = more.uint(1);
      const text = more.lengthEncodedText();
      if (kind === 0) extendedType = text;
      else if (kind === 1) extendedFormat = text;
    }
  }
  reader.lengthEncoded(); // length of what follows
  const charset = reader.uint(2);
  const length = reader.uint(4);
  const type = reader.uint(1);
  const flags = reader.uint(2);
  return { name, table, charset, length, type, flags, decimals: reader.uint(1), extendedType, extendedFormat };
}
