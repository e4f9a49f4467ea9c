/**
 * Column types: from the server's description to the kinds that encoders know.
 *
 * Spellings to mind: `timestamptz` values (MySQL TIMESTAMP) come without an offset and are always UTC, because every
 * session runs with `time_zone = '+00:00'`; `bit(n)` comes as big-endian bytes; a date may be `0000-00-00`; a time may be
 * negative or beyond 24 hours.
 */
import type { Column, ValueKind } from '../engine.ts';
import { BINARY_CHARSET, type ColumnDefinition, FLAG, TYPE } from './protocol.ts';

interface Typed {
  readonly kind: ValueKind;
  readonly type: string;
  readonly spelling?: Column['spelling'];
}

/** The engine-neutral description of a result column. */
export function describeColumn(definition: ColumnDefinition): Column {
  const { kind, type, spelling } = typeOf(definition);
  return {
    name: definition.name,
    kind,
    type,
    nullable: (definition.flags & FLAG.notNull) === 0,
    spelling: spelling ?? 'plain',
  };
}

function typeOf(column: ColumnDefinition): Typed {
  const unsigned = (column.flags & FLAG.unsigned) !== 0 ? ' unsigned' : '';
  const fraction = column.decimals > 0 && column.decimals <= 6 ? `(${column.decimals})` : '';
  switch (column.type) {
    case TYPE.tiny:
      // tinyint(1) stays a number: MySQL itself does not tell a boolean from a small number.
      return { kind: 'integer', type: `${column.length === 1 ? 'tinyint(1)' : 'tinyint'}${unsigned}` };
    case TYPE.short:
      return { kind: 'integer', type: `smallint${unsigned}` };
    case TYPE.int24:
      return { kind: 'integer', type: `mediumint${unsigned}` };
    case TYPE.long:
      return { kind: 'integer', type: `int${unsigned}` };
    case TYPE.longlong:
      return { kind: 'bigint', type: `bigint${unsigned}` };
    case TYPE.year:
      return { kind: 'integer', type: 'year' };
    case TYPE.float:
      return { kind: 'float', type: `float${unsigned}` };
    case TYPE.double:
      return { kind: 'float', type: `double${unsigned}` };
    case TYPE.decimal:
    case TYPE.newDecimal:
      return { kind: 'decimal', type: `decimal(${decimalPrecision(column)},${column.decimals})${unsigned}` };
    case TYPE.timestamp:
      return { kind: 'timestamptz', type: `timestamp${fraction}` };
    case TYPE.datetime:
      return { kind: 'timestamp', type: `datetime${fraction}` };
    case TYPE.date:
    case TYPE.newDate:
      return { kind: 'date', type: 'date' };
    case TYPE.time:
      return { kind: 'time', type: `time${fraction}` };
    case TYPE.bit:
      return { kind: bitKind(column.length), type: `bit(${column.length})`, spelling: 'bit-raw' };
    case TYPE.json:
      return { kind: 'json', type: 'json' };
    case TYPE.geometry:
      return { kind: 'bytes', type: column.extendedType || 'geometry', spelling: 'raw-bytes' };
    case TYPE.null:
      return { kind: 'text', type: 'null' };
    default:
      return textOrBytes(column);
  }
}

/** bit(1) is what people use for a boolean; larger ones are numbers. */
function bitKind(bits: number): ValueKind {
  if (bits === 1) return 'boolean';
  return bits <= 53 ? 'integer' : 'bigint';
}

/** The length counts the sign and the point. */
function decimalPrecision(column: ColumnDefinition): number {
  const point = column.decimals > 0 ? 1 : 0;
  const sign = (column.flags & FLAG.unsigned) !== 0 ? 0 : 1;
  return column.length - point - sign;
}

/** Bytes that a character takes at most, for the character sets that the protocol gives us (utf8mb4 is asked for). */
const UTF8MB4_WIDTH = 4;

function textOrBytes(column: ColumnDefinition): Typed {
  if (column.extendedFormat === 'json') return { kind: 'json', type: 'json' };
  if (column.flags & FLAG.enum || column.type === TYPE.enum) return { kind: 'text', type: 'enum' };
  if (column.flags & FLAG.set || column.type === TYPE.set) return { kind: 'text', type: 'set' };
  if (column.extendedType !== '') return { kind: 'text', type: column.extendedType };
  const binary = column.charset === BINARY_CHARSET;
  const size = binary ? column.length : Math.floor(column.length / UTF8MB4_WIDTH);
  const typed = (text: string, bytes: string): Typed =>
    binary ? { kind: 'bytes', type: bytes, spelling: 'raw-bytes' } : { kind: 'text', type: text };
  switch (column.type) {
    case TYPE.string:
      return typed(`char(${size})`, `binary(${size})`);
    case TYPE.varString:
    case TYPE.varchar:
      return typed(`varchar(${size})`, `varbinary(${size})`);
    default:
      break;
  }
  const family = blobFamily(column);
  return typed(`${family}text`, `${family}blob`);
}

/** `tiny`, nothing, `medium` or `long`: by the wire's type, else by the length in bytes of the column. */
function blobFamily(column: ColumnDefinition): string {
  if (column.type === TYPE.tinyBlob) return 'tiny';
  if (column.type === TYPE.mediumBlob) return 'medium';
  if (column.type === TYPE.longBlob) return 'long';
  const width = column.charset === BINARY_CHARSET ? 1 : UTF8MB4_WIDTH;
  if (column.length <= 0xff * width) return 'tiny';
  if (column.length <= 0xff_ff * width) return '';
  return column.length <= 0xff_ff_ff * width ? 'medium' : 'long';
}

/** The kind of a column from its type as the catalog prints it (`int(11) unsigned`, `varchar(20)`). */
export function kindOfPrintedType(printed: string): ValueKind {
  const name = /^[a-z0-9]+/.exec(printed.toLowerCase())?.[0] ?? '';
  switch (name) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'year':
      return 'integer';
    case 'bigint':
      return 'bigint';
    case 'decimal':
      return 'decimal';
    case 'float':
    case 'double':
      return 'float';
    case 'bit':
      return bitKind(Number(/\d+/.exec(printed)?.[0] ?? 1));
    case 'timestamp':
      return 'timestamptz';
    case 'datetime':
      return 'timestamp';
    case 'date':
      return 'date';
    case 'time':
      return 'time';
    case 'json':
      return 'json';
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
    case 'geometry':
    case 'point':
    case 'linestring':
    case 'polygon':
    case 'multipoint':
    case 'multilinestring':
    case 'multipolygon':
    case 'geometrycollection':
      return 'bytes';
    default:
      return 'text';
  }
}
