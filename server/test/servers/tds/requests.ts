/** The client's side of TDS: what its messages say ([MS-TDS] 2.2.6). */

export interface Login {
  readonly username: string;
  readonly password: string;
  readonly applicationName: string;
  readonly serverName: string;
  readonly database: string;
  readonly readOnlyIntent: boolean;
}

export function readLogin(message: Buffer): Login {
  const field = (index: number) => {
    const offset = message.readUInt16LE(36 + index * 4);
    return message.subarray(offset, offset + message.readUInt16LE(38 + index * 4) * 2);
  };
  const text = (index: number) => field(index).toString('utf16le');
  const password = Buffer.from(field(2)).map((byte) => {
    const plain = byte ^ 0xa5;
    return ((plain & 0x0f) << 4) | (plain >> 4);
  });
  return {
    username: text(1),
    password: Buffer.from(password).toString('utf16le'),
    applicationName: text(3),
    serverName: text(4),
    database: text(8),
    readOnlyIntent: (message.readUInt8(26) & 0x20) !== 0,
  };
}

/** Where the message's own content begins: transactions and the like come before it. */
function afterHeaders(message: Buffer): number {
  return message.readUInt32LE(0);
}

export function readBatch(message: Buffer): string {
  return message.toString('utf16le', afterHeaders(message));
}

export interface TransactionRequest {
  readonly kind: 'begin' | 'commit' | 'rollback' | 'other';
  /** Of `begin`: 2 = READ COMMITTED, 5 = SNAPSHOT. */
  readonly isolation: number;
}

export function readTransaction(message: Buffer): TransactionRequest {
  const at = afterHeaders(message);
  const kinds: Readonly<Record<number, TransactionRequest['kind']>> = { 5: 'begin', 7: 'commit', 8: 'rollback' };
  const kind = kinds[message.readUInt16LE(at)] ?? 'other';
  return { kind, isolation: kind === 'begin' ? message.readUInt8(at + 2) : 0 };
}

export interface Call {
  readonly sql: string;
  /** The declaration, as in `@p1 int,@p2 nvarchar(4000)`. */
  readonly declaration: string;
  readonly parameters: readonly unknown[];
}

/** A call of `sp_executesql`: the statement, the declaration of its parameters, their values. */
export function readCall(message: Buffer): Call {
  let at = afterHeaders(message);
  const length = message.readUInt16LE(at);
  at += 2;
  if (length !== 0xffff || message.readUInt16LE(at) !== 10) throw new Error('The stand-in only knows sp_executesql.');
  at += 4;
  const values: unknown[] = [];
  while (at < message.length) {
    at += 1 + message.readUInt8(at) * 2 + 1; // name, status
    const [value, next] = readValue(message, at);
    values.push(value);
    at = next;
  }
  const [sql, declaration, ...parameters] = values;
  return { sql: String(sql), declaration: declaration === undefined ? '' : String(declaration), parameters };
}

function readValue(message: Buffer, start: number): [value: unknown, next: number] {
  const type = message.readUInt8(start);
  let at = start + 1;
  if (type === 0xe7) {
    const max = message.readUInt16LE(at) === 0xffff;
    at += 7; // length, collation
    if (max) return readChunks(message, at);
    const length = message.readUInt16LE(at);
    at += 2;
    if (length === 0xffff) return [null, at];
    return [message.toString('utf16le', at, at + length), at + length];
  }
  const length = message.readUInt8(at + 1);
  at += 2;
  const next = at + length;
  if (length === 0) return [null, next];
  if (type === 0x68) return [message.readUInt8(at) === 1, next];
  if (type === 0x6d) return [length === 4 ? message.readFloatLE(at) : message.readDoubleLE(at), next];
  if (type !== 0x26) throw new Error(`The stand-in does not know parameters of type ${type}.`);
  if (length === 8) return [message.readBigInt64LE(at), next];
  return [message.readIntLE(at, length), next];
}

function readChunks(message: Buffer, start: number): [value: string | null, next: number] {
  let at = start + 8;
  if (message.readBigUInt64LE(start) === 0xffff_ffff_ffff_ffffn) return [null, at];
  const parts: Buffer[] = [];
  for (;;) {
    const length = message.readUInt32LE(at);
    at += 4;
    if (length === 0) return [Buffer.concat(parts).toString('utf16le'), at];
    parts.push(message.subarray(at, at + length));
    at += length;
  }
}

/** The encryption that a PRELOGIN asks for: 0 off, 1 on, 2 not supported, 3 required. */
export function readPrelogin(message: Buffer): { readonly encryption: number } {
  for (let at = 0; message[at] !== 0xff && at + 5 <= message.length; at += 5) {
    if (message[at] === 1) return { encryption: message.readUInt8(message.readUInt16BE(at + 1)) };
  }
  return { encryption: 2 };
}

/** The answer to it. */
export function prelogin(encryption: number): Buffer {
  const options: [number, Buffer][] = [
    [0, Buffer.from([16, 0, 0x10, 0, 0, 0])], // version
    [1, Buffer.from([encryption])],
    [2, Buffer.from([0])], // instance
    [3, Buffer.alloc(0)], // thread
    [4, Buffer.from([0])], // no multiple active results
  ];
  let offset = options.length * 5 + 1;
  const heads = options.map(([type, body]) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(type, 0);
    head.writeUInt16BE(offset, 1);
    head.writeUInt16BE(body.length, 3);
    offset += body.length;
    return head;
  });
  return Buffer.concat([...heads, Buffer.from([0xff]), ...options.map(([, body]) => body)]);
}
