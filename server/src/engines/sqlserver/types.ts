/**
 * Column types: from the driver's description to the kinds that encoders know, and a row's values to the engine's natural
 * mapping: bigint, decimals and money as digits, times as the server prints them, bytes as bytes.
 */
import type { Column, ValueKind } from '../engine.ts';
import { shortestSingle } from './values.ts';

/** The part of the driver's column description that matters. */
export interface ColumnDescription {
  readonly colName: string;
  readonly type: { readonly name: string };
  readonly flags: number;
  readonly userType: number;
  readonly dataLength?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly udtInfo?: { readonly typeName: string } | undefined;
}

/** One value as the driver reads it → as the sink takes it. */
export type ConvertValue = (value: unknown) => unknown;

const NULLABLE = 0x01;
const MAX_LENGTH = 0xffff;
/** A rowversion is eight bytes with this user type. */
const ROW_VERSION = 80;

/** The engine-neutral description of a result column. */
export function describeColumn(column: ColumnDescription): Column {
  const type = printedType(column);
  return {
    name: column.colName,
    kind: kindOfPrintedType(type),
    type,
    nullable: (column.flags & NULLABLE) !== 0,
    spelling: 'plain',
  };
}

function printedType(column: ColumnDescription): string {
  const { dataLength = 0, precision = 18, scale = 0 } = column;
  const size = (unit: number) => (dataLength === MAX_LENGTH ? 'max' : String(dataLength / unit));
  switch (column.type.name) {
    case 'IntN':
      return { 1: 'tinyint', 2: 'smallint', 4: 'int', 8: 'bigint' }[dataLength] ?? 'int';
    case 'FloatN':
      return dataLength === 4 ? 'real' : 'float';
    case 'MoneyN':
      return dataLength === 4 ? 'smallmoney' : 'money';
    case 'DateTimeN':
      return dataLength === 4 ? 'smalldatetime' : 'datetime';
    case 'BitN':
      return 'bit';
    case 'DecimalN':
      return `decimal(${precision},${scale})`;
    case 'NumericN':
      return `numeric(${precision},${scale})`;
    case 'VarChar':
    case 'Char':
    case 'VarBinary':
      return `${column.type.name.toLowerCase()}(${size(1)})`;
    case 'Binary':
      return column.userType === ROW_VERSION ? 'rowversion' : `binary(${size(1)})`;
    case 'NVarChar':
    case 'NChar':
      return `${column.type.name.toLowerCase()}(${size(2)})`;
    case 'Time':
    case 'DateTime2':
    case 'DateTimeOffset':
      return `${column.type.name.toLowerCase()}(${scale})`;
    case 'Variant':
      return 'sql_variant';
    case 'UDT':
      return column.udtInfo?.typeName ?? 'udt';
    default:
      return column.type.name.toLowerCase();
  }
}

const KINDS: Readonly<Record<string, ValueKind>> = {
  tinyint: 'integer',
  smallint: 'integer',
  int: 'integer',
  bigint: 'bigint',
  decimal: 'decimal',
  numeric: 'decimal',
  money: 'decimal',
  smallmoney: 'decimal',
  real: 'float',
  float: 'float',
  bit: 'boolean',
  date: 'date',
  time: 'time',
  datetime: 'timestamp',
  smalldatetime: 'timestamp',
  datetime2: 'timestamp',
  datetimeoffset: 'timestamptz',
  binary: 'bytes',
  varbinary: 'bytes',
  image: 'bytes',
  rowversion: 'bytes',
  timestamp: 'bytes',
  json: 'json',
  // Types of the CLR travel in their own binary form.
  hierarchyid: 'bytes',
  geometry: 'bytes',
  geography: 'bytes',
  udt: 'bytes',
};

/** The kind of a column from its printed type (`decimal(10,2)`, `nvarchar(max)`). */
export function kindOfPrintedType(printed: string): ValueKind {
  const name = /^[a-z0-9_]+/.exec(printed.toLowerCase())?.[0] ?? '';
  return Object.hasOwn(KINDS, name) ? (KINDS[name] ?? 'text') : 'text';
}

/** How a column's values are changed on their way; undefined when they are right already. */
export function converterOf(column: Column): ConvertValue | undefined {
  if (column.type === 'real') return (value) => (typeof value === 'number' ? shortestSingle(value) : value);
  if (column.type === 'sql_variant') return variantText;
  return undefined;
}

/** A variant's column holds text: bytes in it become the server's own literal. */
function variantText(value: unknown): unknown {
  return Buffer.isBuffer(value) ? `0x${value.toString('hex').toUpperCase()}` : value;
}
