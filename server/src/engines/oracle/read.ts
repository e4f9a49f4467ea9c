/**
 * The words of Oracle in the statement that reads a table under conditions.
 *
 * Values are bound as text and converted by the column's type with formats of our own, so that no setting of a session
 * or server has a say: times in ISO forms, with or without a zone (without one they are UTC), become what the column
 * holds. A column without a zone is compared with the value's wall clock in UTC.
 */
import { EngineError, type TableRead, type ValueKind } from '../engine.ts';
import { type ReadDialect, sqlReadStatement } from '../sql/read-statement.ts';

const SECONDS = 'YYYY-MM-DD HH24:MI:SS';
const FRACTION = `${SECONDS}.FF9`;
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d)?)?$/i;

/** See `Engine.quoteName`. */
export function quoteName(name: string): string {
  return new Dialect().quote(name);
}

/** See `Engine.readStatement`. */
export function readStatement(read: TableRead): { sql: string; parameters: unknown[] } {
  return sqlReadStatement(read, new Dialect());
}

class Dialect implements ReadDialect {
  /** How the value bound last is to be converted. */
  #conversion: (placeholder: string) => string = (placeholder) => placeholder;

  quote(name: string): string {
    // Oracle's names cannot hold a double quote.
    if (/["\0]/.test(name)) throw new EngineError('parameter_invalid', 'A name holds a double quote.');
    return `"${name}"`;
  }

  value(value: string | number | boolean, kind: ValueKind, type: string): unknown {
    const { bound, conversion } = bind(value, kind, type);
    this.#conversion = conversion;
    return bound;
  }

  parameter(position: number): string {
    const conversion = this.#conversion;
    this.#conversion = (placeholder) => placeholder;
    return conversion(`:${position}`);
  }

  like(quoted: string, placeholder: string, kind: ValueKind): string {
    return `${kind === 'text' ? quoted : `TO_CHAR(${quoted})`} LIKE ${placeholder}`;
  }
}

interface Bound {
  readonly bound: string | number;
  readonly conversion: (placeholder: string) => string;
}

const as =
  (name: string, format?: string) =>
  (placeholder: string): string =>
    format === undefined ? `${name}(${placeholder})` : `${name}(${placeholder}, '${format}')`;
const unchanged = (placeholder: string): string => placeholder;

function bind(value: string | number | boolean, kind: ValueKind, type: string): Bound {
  switch (kind) {
    case 'integer':
    case 'bigint':
    case 'decimal':
      return number(value);
    case 'float':
      return { bound: String(value), conversion: as('TO_BINARY_DOUBLE') };
    case 'boolean':
      return { bound: String(value), conversion: as('TO_BOOLEAN') };
    case 'timestamp':
    case 'timestamptz':
      return time(String(value), kind, type);
    case 'text':
      if (/^(?:clob|nclob|long|xmltype)$/.test(type)) throw incomparable(type);
      return { bound: padded(String(value), type), conversion: unchanged };
    case 'bytes':
      if (!type.startsWith('raw')) throw incomparable(type);
      if (!/^(?:[0-9a-f]{2})*$/i.test(String(value))) throw invalid('Bytes are compared with hexadecimal digits.');
      return { bound: String(value), conversion: as('HEXTORAW') };
    default:
      throw incomparable(type);
  }
}

function invalid(message: string): EngineError {
  return new EngineError('parameter_invalid', message);
}

const incomparable = (type: string): EngineError => invalid(`Columns of type ${type} cannot be compared.`);

function number(value: string | number | boolean): Bound {
  if (typeof value === 'boolean') return { bound: value ? 1 : 0, conversion: unchanged };
  if (typeof value === 'number') return { bound: value, conversion: unchanged };
  const text = value.trim();
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) throw invalid('A value for a number is none.');
  return { bound: text, conversion: as('TO_NUMBER') };
}

/** Values of CHAR are blank-padded, and are compared with bound text character by character. */
function padded(value: string, type: string): string {
  const [, national, size = '0', characters] = /^(n?)char\((\d+)( char)?\)$/.exec(type) ?? [];
  const length = characters || national ? [...value].length : Buffer.byteLength(value);
  return value + ' '.repeat(Math.max(0, Number(size) - length));
}

function time(text: string, kind: ValueKind, type: string): Bound {
  const match = ISO.exec(text.trim());
  if (!match) throw invalid('A value for a time is not of the form 2024-05-06T07:08:09Z.');
  const [, year, month, day, hour = '00', minute = '00', second = '00', digits = '', , sign, zoneHours, zoneMinutes] =
    match;
  const shift = sign === undefined ? 0 : Number(zoneHours) * 60 + Number(zoneMinutes ?? 0);
  const utc = new Date(0);
  utc.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  utc.setUTCHours(Number(hour), Number(minute) + (sign === '-' ? shift : -shift), Number(second));
  const exists = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= daysIn(year!, month!);
  if (!exists || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || Number.isNaN(utc.getTime())) {
    throw invalid('A value for a time is no point in time.');
  }
  const clock = utc.toISOString().slice(0, 19).replace('T', ' ');
  const fraction = digits.padEnd(9, '0');
  if (kind === 'timestamptz') {
    return { bound: `${clock}.${fraction} +00:00`, conversion: as('TO_TIMESTAMP_TZ', `${FRACTION} TZH:TZM`) };
  }
  // A DATE has whole seconds; compared with one the server can use an index.
  if (type === 'date' && Number(fraction) === 0) return { bound: clock, conversion: as('TO_DATE', SECONDS) };
  return { bound: `${clock}.${fraction}`, conversion: as('TO_TIMESTAMP', FRACTION) };
}

const daysIn = (year: string, month: string): number => {
  const last = new Date(0);
  last.setUTCFullYear(Number(year), Number(month), 0);
  return last.getUTCDate();
};
