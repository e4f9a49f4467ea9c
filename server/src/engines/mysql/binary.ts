/**
 * The binary protocol of prepared statements: parameters on the way in, and on the way out rows rewritten as rows of the
 * text protocol, byte for byte what the server would have sent, so that one encoder serves both.
 */
import { protocolError } from './errors.ts';
import { doubleText, floatText } from './numbers.ts';
import {
  COMMAND,
  type ColumnDefinition,
  command,
  FLAG,
  lengthEncodedBytes,
  MAX_PAYLOAD,
  Reader,
  TYPE,
  writeLengthEncoded,
} from './protocol.ts';

/** The command that executes a prepared statement with these parameters. */
export function executeCommand(statement: number, parameters: readonly unknown[]): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(statement, 0);
  head.writeUInt32LE(1, 5); // one iteration; the flag byte before it says: no cursor
  if (parameters.length === 0) return command(COMMAND.statementExecute, head);
  const nulls = Buffer.alloc((parameters.length + 7) >> 3);
  const types = Buffer.alloc(parameters.length * 2);
  const values: Buffer[] = [];
  parameters.forEach((parameter, index) => {
    const { type, bytes } = encodeParameter(parameter);
    types[index * 2] = type;
    if (bytes) values.push(bytes);
    else nulls[index >> 3]! |= 1 << (index & 7);
  });
  return command(COMMAND.statementExecute, Buffer.concat([head, nulls, Buffer.from([1]), types, ...values]));
}

function encodeParameter(value: unknown): { type: number; bytes?: Buffer } {
  if (value === null || value === undefined) return { type: TYPE.null };
  if (typeof value === 'boolean') return { type: TYPE.tiny, bytes: Buffer.from([value ? 1 : 0]) };
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return { type: TYPE.double, bytes };
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
    return { type: TYPE.longlong, bytes };
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { type: TYPE.varString, bytes: lengthEncodedBytes(Buffer.from(text)) };
}

/** Reads one value of a binary row; returns its text, or the bytes of a string as they are. */
type ReadValue = (reader: Reader) => string | Buffer;

/** Rewrites binary rows. One for each result; its scratch buffer is reused from call to call. */
export class Transcoder {
  readonly #values: readonly ReadValue[];
  #scratch = Buffer.allocUnsafeSlow(64 * 1024);
  #end = 0;

  constructor(columns: readonly ColumnDefinition[]) {
    this.#values = columns.map(readerOf);
  }

  /** The frames in [start, end) as text rows. The result is valid until the next call. */
  transcode(buffer: Buffer, start: number, end: number): Buffer {
    this.#end = 0;
    for (let at = start; at < end; ) {
      const length = buffer.readUIntLE(at, 3);
      const frameEnd = length === MAX_PAYLOAD ? end : at + 4 + length;
      this.#row(new Reader(buffer, at + 4, frameEnd));
      at = frameEnd;
    }
    return this.#scratch.subarray(0, this.#end);
  }

  #row(reader: Reader): void {
    const start = this.#end;
    this.#reserve(4);
    this.#end += 4;
    reader.skip(1);
    // The first two bits of the null map are reserved.
    const nulls = reader.bytes((this.#values.length + 9) >> 3);
    this.#values.forEach((read, index) => {
      const bit = index + 2;
      if (nulls[bit >> 3]! & (1 << (bit & 7))) {
        this.#reserve(1);
        this.#scratch[this.#end++] = 0xfb;
      } else this.#append(read(reader));
    });
    // Rows over 16 MiB come alone; their length field says so.
    this.#scratch.writeUIntLE(Math.min(this.#end - start - 4, MAX_PAYLOAD), start, 3);
    this.#scratch[start + 3] = 0;
  }

  #append(value: string | Buffer): void {
    const length = value.length; // texts made here are ASCII
    this.#reserve(length + 9);
    this.#end = writeLengthEncoded(this.#scratch, this.#end, length);
    if (typeof value === 'string') this.#scratch.write(value, this.#end, 'latin1');
    else value.copy(this.#scratch, this.#end);
    this.#end += length;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#scratch.length) return;
    const bigger = Buffer.allocUnsafeSlow(Math.max(this.#scratch.length * 2, this.#end + bytes));
    this.#scratch.copy(bigger, 0, 0, this.#end);
    this.#scratch = bigger;
  }
}

function readerOf(column: ColumnDefinition): ReadValue {
  const unsigned = (column.flags & FLAG.unsigned) !== 0;
  const width = (column.flags & FLAG.zerofill) !== 0 ? column.length : 0;
  const padded = (text: string) => text.padStart(width, '0');
  switch (column.type) {
    case TYPE.tiny:
      return (reader) => padded(String(signed(reader.uint(1), unsigned, 24)));
    case TYPE.short:
      return (reader) => padded(String(signed(reader.uint(2), unsigned, 16)));
    case TYPE.year:
      return (reader) => String(reader.uint(2)).padStart(column.length, '0');
    case TYPE.int24:
    case TYPE.long:
      return (reader) => {
        const value = reader.uint(4);
        return padded(String(unsigned ? value : value | 0));
      };
    case TYPE.longlong:
      return (reader) => {
        const bytes = reader.bytes(8);
        return padded(String(unsigned ? bytes.readBigUInt64LE() : bytes.readBigInt64LE()));
      };
    case TYPE.float:
      return (reader) => padded(floatText(reader.bytes(4).readFloatLE(), column.decimals));
    case TYPE.double:
      return (reader) => padded(doubleText(reader.bytes(8).readDoubleLE(), column.decimals));
    case TYPE.date:
    case TYPE.newDate:
      return (reader) => readDate(reader, -1);
    case TYPE.timestamp:
    case TYPE.datetime:
      return (reader) => readDate(reader, column.decimals);
    case TYPE.time:
      return (reader) => readTime(reader, column.decimals);
    case TYPE.null:
      // Such a column holds nothing but nulls, which the null map says.
      return () => {
        throw protocolError('A value of a column without a type was sent.');
      };
    default:
      return (reader) => reader.lengthEncodedBytes();
  }
}

function signed(value: number, unsigned: boolean, shift: number): number {
  return unsigned ? value : (value << shift) >> shift;
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

function fraction(micros: number, decimals: number): string {
  return decimals > 0 && decimals <= 6 ? `.${String(micros).padStart(6, '0').slice(0, decimals)}` : '';
}

/** `decimals` −1 = a date without time. Parts that are zero were left out by the server. */
function readDate(reader: Reader, decimals: number): string {
  const length = reader.uint(1);
  const year = length >= 4 ? reader.uint(2) : 0;
  const month = length >= 4 ? reader.uint(1) : 0;
  const day = length >= 4 ? reader.uint(1) : 0;
  const hour = length >= 7 ? reader.uint(1) : 0;
  const minute = length >= 7 ? reader.uint(1) : 0;
  const second = length >= 7 ? reader.uint(1) : 0;
  const micros = length >= 11 ? reader.uint(4) : 0;
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return decimals < 0 ? date : `${date} ${two(hour)}:${two(minute)}:${two(second)}${fraction(micros, decimals)}`;
}

function readTime(reader: Reader, decimals: number): string {
  const length = reader.uint(1);
  const negative = length >= 8 && reader.uint(1) === 1;
  const days = length >= 8 ? reader.uint(4) : 0;
  const hours = days * 24 + (length >= 8 ? reader.uint(1) : 0);
  const minute = length >= 8 ? reader.uint(1) : 0;
  const second = length >= 8 ? reader.uint(1) : 0;
  const micros = length >= 12 ? reader.uint(4) : 0;
  return `${negative ? '-' : ''}${two(hours)}:${two(minute)}:${two(second)}${fraction(micros, decimals)}`;
}
