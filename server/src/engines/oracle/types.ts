/**
 * Column types: what a result's and the catalog's types are to encoders, and how their values are fetched and spelled.
 *
 * NUMBER comes as its digits; DATE has a time of day, hence `timestamp`; zoned timestamps are printed in UTC; intervals
 * as Oracle writes them (`+01-06`, `+2 03:04:05.5`).
 */
import type { Column, ValueKind } from '../engine.ts';
import { utcClock, wallClock } from './dates.ts';
import type { DriverColumn, FetchAs } from './driver.ts';

/** Values of these types may be as large as memory: rows with them are fetched by ones. */
const LARGE = new Set(['CLOB', 'NCLOB', 'BLOB', 'BFILE', 'LONG', 'LONG RAW', 'JSON', 'XMLTYPE', 'VECTOR', 'OBJECT']);

/** Digits that a double holds exactly. */
const SAFE_DIGITS = 15;
/** What the server says for the scale of FLOAT and of NUMBER without a precision. */
const NO_SCALE = -127;

/** Does a column of this kind keep rows from being fetched many at a time? */
export function isLarge(column: DriverColumn): boolean {
  return LARGE.has(column.dbTypeName) || kindOf(column) === 'json';
}

/** The engine-neutral description of a result column. */
export function describeColumn(column: DriverColumn): Column {
  return {
    name: column.name,
    kind: kindOf(column),
    type: printedType(column),
    ...(column.nullable === undefined ? {} : { nullable: column.nullable }),
    spelling: kindOf(column) === 'bytes' ? 'raw-bytes' : 'plain',
  };
}

function kindOf({ dbTypeName, precision = 0, scale = 0, isJson }: DriverColumn): ValueKind {
  switch (dbTypeName) {
    case 'SYS.XMLTYPE':
      return 'text';
    case 'NUMBER':
      return precision > 0 && precision <= SAFE_DIGITS && scale === 0 ? 'integer' : 'decimal';
    case 'BINARY_INTEGER':
      return 'integer';
    case 'BINARY_FLOAT':
    case 'BINARY_DOUBLE':
      return 'float';
    case 'BOOLEAN':
      return 'boolean';
    case 'DATE':
    case 'TIMESTAMP':
      return 'timestamp';
    case 'TIMESTAMP WITH TIME ZONE':
    case 'TIMESTAMP WITH LOCAL TIME ZONE':
      return 'timestamptz';
    case 'RAW':
    case 'LONG RAW':
    case 'BLOB':
    case 'BFILE':
      return 'bytes';
    case 'JSON':
      return 'json';
    case 'CLOB':
    case 'NCLOB':
    case 'VARCHAR2':
    case 'NVARCHAR2':
      return isJson ? 'json' : 'text';
    default:
      // Oracle's and users' own object types come as plain objects.
      return KNOWN_TEXT.has(dbTypeName) ? 'text' : 'json';
  }
}

const KNOWN_TEXT = new Set([
  'CHAR',
  'NCHAR',
  'LONG',
  'ROWID',
  'UROWID',
  'XMLTYPE',
  'VECTOR',
  'CURSOR',
  'INTERVAL YEAR TO MONTH',
  'INTERVAL DAY TO SECOND',
]);

/** `number(12,2)`, `varchar2(20)`, `timestamp(6) with time zone`: lower case, as people write it. */
function printedType(column: DriverColumn): string {
  const { dbTypeName, precision = 0, scale = 0, byteSize = 0 } = column;
  const name = dbTypeName.toLowerCase();
  switch (dbTypeName) {
    case 'TIMESTAMP':
    case 'TIMESTAMP WITH TIME ZONE':
    case 'TIMESTAMP WITH LOCAL TIME ZONE':
      // The driver calls the digits of a second so.
      return column.precision === undefined ? name : name.replace('timestamp', `timestamp(${precision})`);
    case 'NUMBER':
      if (scale === NO_SCALE) return precision > 0 ? `float(${precision})` : 'number';
      if (precision === 0) return scale === 0 ? 'number' : `number(*,${scale})`;
      return scale === 0 ? `number(${precision})` : `number(${precision},${scale})`;
    case 'VARCHAR2':
    case 'NVARCHAR2':
    case 'CHAR':
    case 'NCHAR':
    case 'RAW':
      return byteSize > 0 ? `${name}(${byteSize})` : name;
    default:
      return name;
  }
}

/** How the driver is to fetch a column. */
export function fetchAs(column: DriverColumn): FetchAs {
  switch (column.dbTypeName) {
    case 'NUMBER':
      return { as: 'text', convert: digits };
    case 'CLOB':
    case 'NCLOB':
    case 'LONG':
    case 'JSON':
    case 'VECTOR':
      return { as: 'text' };
    case 'BLOB':
      return { as: 'bytes' };
    case 'BFILE':
      return { convert: readLob };
    case 'DATE':
    case 'TIMESTAMP':
      return { convert: (value) => (value instanceof Date ? wallClock(value) : value) };
    case 'TIMESTAMP WITH TIME ZONE':
    case 'TIMESTAMP WITH LOCAL TIME ZONE':
      return { convert: (value) => (value instanceof Date ? utcClock(value) : value) };
    case 'INTERVAL YEAR TO MONTH':
      return { convert: yearsAndMonths };
    case 'INTERVAL DAY TO SECOND':
      return { convert: daysAndTime };
    default:
      return {};
  }
}

/** `.5` → `0.5`; everything else as the server has it. */
function digits(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^(-?)\./, '$10.') : value;
}

/** A file that a BFILE stands for is read by the server. */
async function readLob(value: unknown): Promise<unknown> {
  const isLob = typeof value === 'object' && value !== null && 'getData' in value;
  return isLob && typeof value.getData === 'function' ? value.getData() : value;
}

const fields = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null ? { ...value } : undefined;
const two = (number: number): string => String(Math.abs(number)).padStart(2, '0');
const signOf = (parts: readonly number[]): string => (parts.some((part) => part < 0) ? '-' : '+');

function yearsAndMonths(value: unknown): unknown {
  const parts = fields(value);
  if (!parts) return value;
  const [years = 0, months = 0] = [Number(parts.years ?? 0), Number(parts.months ?? 0)];
  return `${signOf([years, months])}${two(years)}-${two(months)}`;
}

function daysAndTime(value: unknown): unknown {
  const parts = fields(value);
  if (!parts) return value;
  const part = (name: string) => Number(parts[name] ?? 0);
  const [days, hours, minutes, seconds, nanos] = [
    part('days'),
    part('hours'),
    part('minutes'),
    part('seconds'),
    part('fseconds'),
  ];
  const fraction = nanos === 0 ? '' : `.${String(Math.abs(nanos)).padStart(9, '0').replace(/0+$/, '')}`;
  const sign = signOf([days, hours, minutes, seconds, nanos]);
  return `${sign}${Math.abs(days)} ${two(hours)}:${two(minutes)}:${two(seconds)}${fraction}`;
}

/** What the catalog says of a column's type. */
export interface CatalogType {
  /** `NUMBER`, `TIMESTAMP(6) WITH TIME ZONE`, `VARCHAR2`, … or the name of an object type. */
  readonly dataType: string;
  readonly owner: string | null;
  readonly length: number | null;
  /** Characters, for types that are declared in them. */
  readonly characters: number | null;
  /** `C` when the length was declared in characters. */
  readonly charUsed: string | null;
  readonly precision: number | null;
  readonly scale: number | null;
}

/** A catalog column's printed type and kind. */
export function catalogType(type: CatalogType): { readonly type: string; readonly kind: ValueKind } {
  const { dataType, precision, scale } = type;
  const plain = dataType.replace(/\(\d+\)/g, '');
  if (dataType === 'FLOAT') return { type: `float(${precision ?? 126})`, kind: 'decimal' };
  const column: DriverColumn = {
    name: '',
    dbTypeName: plain,
    precision: precision ?? 0,
    scale: scale ?? (precision === null && dataType === 'NUMBER' ? NO_SCALE : 0),
    byteSize: type.length ?? 0,
  };
  const kind = kindOf(column);
  if (dataType === 'NUMBER') {
    // NUMBER(*,0), which INTEGER stands for, has a scale and no precision.
    if (precision === null && scale !== null) return { type: `number(*,${scale})`, kind: 'decimal' };
    return { type: printedType(column), kind };
  }
  if (/^N?(?:VARCHAR2|CHAR)$/.test(dataType)) {
    const inCharacters = type.charUsed === 'C';
    const size = inCharacters
      ? `${type.characters ?? type.length}${dataType.startsWith('N') ? '' : ' char'}`
      : type.length;
    return { type: `${dataType.toLowerCase()}(${size})`, kind };
  }
  if (dataType === 'RAW' || dataType === 'UROWID') {
    return { type: `${dataType.toLowerCase()}(${type.length ?? 0})`, kind };
  }
  if (type.owner !== null && dataType !== 'XMLTYPE') return { type: `${type.owner}.${dataType}`, kind: 'json' };
  return { type: dataType.toLowerCase(), kind };
}
