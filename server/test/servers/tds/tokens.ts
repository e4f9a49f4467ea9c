/** The server's side of TDS: tokens of an answer, bytes of descriptions and values ([MS-TDS] 2.2.5, 2.2.7). */

/** A result's column; `type` as people write it: `decimal(10,2)`, `nvarchar(max)`. */
export interface StandInColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean;
}

/** What the server answers instead of a result. */
export class StandInError extends Error {
  readonly number: number;
  readonly severity: number;

  constructor(number: number, message: string, severity = 16) {
    super(message);
    this.number = number;
    this.severity = severity;
  }
}

const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]); // Latin1_General, code page 1252

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

export function ucs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** Text whose length in characters stands before it in one byte. */
function shortText(text: string): Buffer {
  return Buffer.concat([u8(text.length), ucs2(text)]);
}

function longText(text: string): Buffer {
  return Buffer.concat([u16(text.length), ucs2(text)]);
}

function token(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([u8(type), u16(body.length), body]);
}

export const STATUS = { final: 0, more: 1, error: 2, count: 0x10, attention: 0x20 } as const;

/** 0xFD DONE, 0xFE DONEPROC, 0xFF DONEINPROC. */
export function done(type: 0xfd | 0xfe | 0xff, status: number, rows = 0): Buffer {
  return Buffer.concat([u8(type), u16(status), u16(0xc1), u64(BigInt(rows))]);
}

export function errorToken({ number, message, severity }: StandInError): Buffer {
  return token(0xaa, u32(number), u8(1), u8(severity), longText(message), shortText('stand-in'), shortText(''), u32(1));
}

export function changedText(type: number, now: string, before: string): Buffer {
  return token(0xe3, u8(type), shortText(now), shortText(before));
}

export function changedBytes(type: number, now: Buffer, before: Buffer): Buffer {
  return token(0xe3, u8(type), u8(now.length), now, u8(before.length), before);
}

export const collationChange = () => changedBytes(7, COLLATION, Buffer.alloc(0));

/** The server sends its client to another machine. */
export function routing(host: string, port: number): Buffer {
  const target = Buffer.concat([u8(0), u16(port), longText(host)]);
  return token(0xe3, u8(20), u16(target.length), target, u16(0));
}

export function loginAck(): Buffer {
  const version = Buffer.from([0x74, 0, 0, 4]);
  return token(0xad, u8(1), version, shortText('Microsoft SQL Server'), Buffer.from([16, 0, 0x10, 0]));
}

export const returnStatus = () => Buffer.concat([u8(0x79), u32(0)]);

/** How a type is announced, and how its values are written. */
interface WireType {
  readonly info: Buffer;
  readonly userType?: number;
  write(value: unknown): Buffer;
}

const NULL_BYTE = u8(0);

export function columnMetadata(columns: readonly StandInColumn[]): Buffer {
  const parts = columns.map(({ name, type, nullable = true }) => {
    const wire = wireType(type);
    // The older large objects name their table.
    const table = /^(text|ntext|image)$/.test(type) ? Buffer.concat([u8(1), longText('t')]) : Buffer.alloc(0);
    return Buffer.concat([u32(wire.userType ?? 0), u16(8 | (nullable ? 1 : 0)), wire.info, table, shortText(name)]);
  });
  return Buffer.concat([u8(0x81), u16(columns.length), ...parts]);
}

/** Writes rows of these columns. */
export function rowWriter(columns: readonly StandInColumn[]): (row: readonly unknown[]) => Buffer {
  const types = columns.map(({ type }) => wireType(type));
  return (row) => Buffer.concat([u8(0xd1), ...types.map((type, index) => type.write(row[index] ?? null))]);
}

function sized(write: (value: unknown) => Buffer): (value: unknown) => Buffer {
  return (value) => {
    if (value === null) return NULL_BYTE;
    const bytes = write(value);
    return Buffer.concat([u8(bytes.length), bytes]);
  };
}

function integer(size: 1 | 2 | 4 | 8): WireType {
  return {
    info: Buffer.from([0x26, size]),
    write: sized((value) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value as number | string | bigint)); // tests give numbers or digits
      return bytes.subarray(0, size);
    }),
  };
}

function floating(size: 4 | 8): WireType {
  return {
    info: Buffer.from([0x6d, size]),
    write: sized((value) => {
      const bytes = Buffer.alloc(size);
      if (size === 4) bytes.writeFloatLE(Number(value));
      else bytes.writeDoubleLE(Number(value));
      return bytes;
    }),
  };
}

/** Digits with a point → an integer of this many decimals. */
function scaled(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
}

function decimal(code: 0x6a | 0x6c, precision: number, scale: number): WireType {
  const words = precision <= 9 ? 1 : precision <= 19 ? 2 : precision <= 28 ? 3 : 4;
  return {
    info: Buffer.from([code, words * 4 + 1, precision, scale]),
    write: sized((value) => {
      const digits = scaled(String(value), scale);
      const bytes = Buffer.alloc(words * 4 + 1);
      bytes[0] = digits < 0n ? 0 : 1;
      let left = digits < 0n ? -digits : digits;
      for (let word = 0; word < words; word += 1, left >>= 32n)
        bytes.writeUInt32LE(Number(left & 0xffffffffn), 1 + word * 4);
      return bytes;
    }),
  };
}

function money(size: 4 | 8): WireType {
  return {
    info: Buffer.from([0x6e, size]),
    write: sized((value) => {
      const units = scaled(String(value), 4);
      const bytes = Buffer.alloc(size);
      if (size === 4) bytes.writeInt32LE(Number(units));
      else {
        bytes.writeInt32LE(Number(units >> 32n), 0);
        bytes.writeUInt32LE(Number(units & 0xffffffffn), 4);
      }
      return bytes;
    }),
  };
}

const DAY_MS = 86_400_000;
const dayNumber = (text: string, from: string) =>
  Math.round((Date.parse(`${text}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);

function dateBytes(text: string): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(dayNumber(text, '0001-01-01'), 0, 3);
  return bytes;
}

/** `07:08:09.1234567` in units of 10^-scale seconds. */
function timeBytes(text: string, scale: number): Buffer {
  const [hours = '0', minutes = '0', seconds = '0'] = text.split(':');
  const units = (Number(hours) * 3600 + Number(minutes) * 60) * 10 ** scale + Number(scaled(seconds, scale));
  const bytes = Buffer.alloc(scale <= 2 ? 3 : scale <= 4 ? 4 : 5);
  bytes.writeUIntLE(units, 0, bytes.length);
  return bytes;
}

function split(value: unknown): [date: string, time: string] {
  const [date = '', time = '00:00:00'] = String(value).split(' ');
  return [date, time];
}

function oldDateTime(size: 4 | 8): WireType {
  return {
    info: Buffer.from([0x6f, size]),
    write: sized((value) => {
      const [date, time] = split(value);
      const ms = Number(timeBytes(time, 3).readUInt32LE(0));
      const bytes = Buffer.alloc(size);
      if (size === 4) {
        bytes.writeUInt16LE(dayNumber(date, '1900-01-01'), 0);
        bytes.writeUInt16LE(Math.round(ms / 60_000), 2);
      } else {
        bytes.writeInt32LE(dayNumber(date, '1900-01-01'), 0);
        bytes.writeUInt32LE(Math.round((ms * 3) / 10), 4);
      }
      return bytes;
    }),
  };
}

function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

const asBytes = (value: unknown) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value), 'latin1'));

/** Characters or bytes with their length in two bytes, or in chunks for `max`. */
function variable(code: number, length: string, unit: 1 | 2, collated: boolean): WireType {
  const encode = unit === 2 ? (value: unknown) => ucs2(String(value)) : asBytes;
  const max = length === 'max';
  const info = Buffer.concat([
    u8(code),
    u16(max ? 0xffff : Number(length || '1') * unit),
    collated ? COLLATION : Buffer.alloc(0),
  ]);
  return {
    info,
    write: (value) => {
      if (max) return chunked(value === null ? null : encode(value));
      if (value === null) return u16(0xffff);
      const bytes = encode(value);
      return Buffer.concat([u16(bytes.length), bytes]);
    },
  };
}

/** Bytes of any length: all in all, then chunks, then an empty one. */
function chunked(bytes: Buffer | null): Buffer {
  if (bytes === null) return u64(0xffff_ffff_ffff_ffffn);
  const parts = [u64(BigInt(bytes.length))];
  for (let at = 0; at < bytes.length; at += 8_000) {
    const chunk = bytes.subarray(at, at + 8_000);
    parts.push(u32(chunk.length), chunk);
  }
  return Buffer.concat([...parts, u32(0)]);
}

function largeObject(code: number, encode: (value: unknown) => Buffer, collated: boolean): WireType {
  return {
    info: Buffer.concat([u8(code), u32(0x7fffffff), collated ? COLLATION : Buffer.alloc(0)]),
    write: (value) => {
      if (value === null) return NULL_BYTE;
      const bytes = encode(value);
      return Buffer.concat([u8(16), Buffer.alloc(16), Buffer.alloc(8), u32(bytes.length), bytes]);
    },
  };
}

/** `{ type: 'decimal(10,2)', value }`, of the base types that tests need. */
const variant: WireType = {
  info: Buffer.concat([u8(0x62), u32(8009)]),
  write: (value) => {
    if (value === null) return u32(0);
    const { type, value: inner } = value as { type: string; value: unknown }; // see above
    const wire = wireType(type);
    const code =
      { bit: 0x32, int: 0x38, bigint: 0x7f, money: 0x3c, datetime: 0x3d, float: 0x3e }[type] ?? wire.info[0]!;
    let about = Buffer.alloc(0);
    let bytes = wire.write(inner).subarray(1);
    if (/^(decimal|numeric)/.test(type)) about = Buffer.from(wire.info.subarray(2, 4));
    else if (/^(time|datetime2|datetimeoffset)/.test(type)) about = Buffer.from(wire.info.subarray(1, 2));
    else if (/^n?(var)?char|binary/.test(type)) {
      about = Buffer.from(wire.info.subarray(1));
      bytes = bytes.subarray(1);
    }
    return Buffer.concat([u32(2 + about.length + bytes.length), u8(code), u8(about.length), about, bytes]);
  },
};

const SIMPLE: Readonly<Record<string, WireType>> = {
  bit: { info: Buffer.from([0x68, 1]), write: sized((value) => u8(value === true || value === 1 ? 1 : 0)) },
  tinyint: integer(1),
  smallint: integer(2),
  int: integer(4),
  bigint: integer(8),
  real: floating(4),
  float: floating(8),
  money: money(8),
  smallmoney: money(4),
  datetime: oldDateTime(8),
  smalldatetime: oldDateTime(4),
  date: { info: u8(0x28), write: sized((value) => dateBytes(String(value))) },
  uniqueidentifier: { info: Buffer.from([0x24, 16]), write: sized((value) => guidBytes(String(value))) },
  text: largeObject(0x23, asBytes, true),
  ntext: largeObject(0x63, (value) => ucs2(String(value)), true),
  image: largeObject(0x22, asBytes, false),
  xml: { info: Buffer.from([0xf1, 0]), write: (value) => chunked(value === null ? null : ucs2(String(value))) },
  rowversion: { ...variable(0xad, '8', 1, false), userType: 80 },
  sql_variant: variant,
};

function wireType(type: string): WireType {
  const known = SIMPLE[type];
  if (known) return known;
  const [, name = '', first = '', second = '0'] = /^(\w+)(?:\((\w+)(?:,\s*(\d+))?\))?$/.exec(type) ?? [];
  switch (name) {
    case 'decimal':
      return decimal(0x6a, Number(first || '18'), Number(second));
    case 'numeric':
      return decimal(0x6c, Number(first || '18'), Number(second));
    case 'char':
      return variable(0xaf, first, 1, true);
    case 'varchar':
      return variable(0xa7, first, 1, true);
    case 'nchar':
      return variable(0xef, first, 2, true);
    case 'nvarchar':
      return variable(0xe7, first, 2, true);
    case 'binary':
      return variable(0xad, first, 1, false);
    case 'varbinary':
      return variable(0xa5, first, 1, false);
    case 'time':
      return {
        info: Buffer.from([0x29, Number(first)]),
        write: sized((value) => timeBytes(String(value), Number(first))),
      };
    case 'datetime2':
      return { info: Buffer.from([0x2a, Number(first)]), write: sized((value) => dateTime2(value, Number(first))) };
    case 'datetimeoffset':
      return {
        info: Buffer.from([0x2b, Number(first)]),
        // Tests give the time in UTC; the offset that it is shown with is two hours.
        write: sized((value) => Buffer.concat([dateTime2(value, Number(first)), Buffer.from([120, 0])])),
      };
    case 'hierarchyid':
    case 'geometry':
    case 'geography':
      return {
        info: Buffer.concat([
          u8(0xf0),
          u16(0xffff),
          shortText('db'),
          shortText('sys'),
          shortText(name),
          longText('assembly'),
        ]),
        write: (value) => chunked(value === null ? null : asBytes(value)),
      };
    default:
      throw new Error(`The stand-in has no type ${type}.`);
  }
}

function dateTime2(value: unknown, scale: number): Buffer {
  const [date, time] = split(value);
  return Buffer.concat([timeBytes(time, scale), dateBytes(date)]);
}
