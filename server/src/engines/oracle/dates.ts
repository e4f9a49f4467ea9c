/**
 * Dates and timestamps without loss. The driver turns them into JS dates: milliseconds, and for types without a zone the
 * wall clock of this process, which skips an hour in spring. So what the server sent is kept beside each date.
 */

const EXACT = Symbol('the fields of the server');

/** A date or timestamp as the server stored it; zone-less types as they are, zoned ones in the zone of the wire. */
export interface ExactDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanoseconds: number;
}

type Keeper = Date & { [EXACT]?: ExactDate };

/** Notes the fields of the server beside a date. */
export function keepExact(date: Date, exact: ExactDate): Date {
  (date as Keeper)[EXACT] = exact; // a symbol of our own on an object that the driver has just made
  return date;
}

type Decode = (this: unknown, bytes: Buffer, ...more: unknown[]) => unknown;

/** Makes the driver's decoder of dates note what it read. Its results stay what they are. */
export function withExactDates(load: NodeJS.Require): void {
  const { BaseBuffer } = load('oracledb/lib/impl/datahandlers/buffer.js') as {
    // The driver's own class, without types; checked below.
    BaseBuffer?: { prototype: { parseOracleDate?: Decode } };
  };
  const decode = BaseBuffer?.prototype.parseOracleDate;
  if (!BaseBuffer || typeof decode !== 'function') {
    throw new Error('This version of oracledb reads dates in another way than the one that Headgate was made for.');
  }
  BaseBuffer.prototype.parseOracleDate = function (bytes, ...more) {
    const date = decode.call(this, bytes, ...more);
    return date instanceof Date && bytes.length >= 7 ? keepExact(date, fieldsOf(bytes)) : date;
  };
}

/** Oracle's bytes: century + 100, year + 100, month, day, hour + 1, minute + 1, second + 1, nanoseconds (4 bytes). */
function fieldsOf(bytes: Buffer): ExactDate {
  const at = (index: number) => bytes[index] ?? 0;
  return {
    year: (at(0) - 100) * 100 + at(1) - 100,
    month: at(2),
    day: at(3),
    hour: at(4) - 1,
    minute: at(5) - 1,
    second: at(6) - 1,
    nanoseconds: bytes.length >= 11 ? bytes.readUInt32BE(7) : 0,
  };
}

/** `2024-05-06 07:08:09.123456789`, fraction without trailing zeros; years before our era with ` BC`. */
export function wallClock(value: Date): string {
  const exact = (value as Keeper)[EXACT] ?? {
    year: value.getFullYear(),
    month: value.getMonth() + 1,
    day: value.getDate(),
    hour: value.getHours(),
    minute: value.getMinutes(),
    second: value.getSeconds(),
    nanoseconds: value.getMilliseconds() * 1_000_000,
  };
  return print(exact);
}

/** The same of a value with a zone, in UTC, with `Z`. */
export function utcClock(value: Date): string {
  const kept = (value as Keeper)[EXACT]?.nanoseconds;
  return `${print({
    year: value.getUTCFullYear(),
    month: value.getUTCMonth() + 1,
    day: value.getUTCDate(),
    hour: value.getUTCHours(),
    minute: value.getUTCMinutes(),
    second: value.getUTCSeconds(),
    nanoseconds: kept ?? value.getUTCMilliseconds() * 1_000_000,
  })}Z`;
}

function print({ year, month, day, hour, minute, second, nanoseconds }: ExactDate): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const fraction = nanoseconds === 0 ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
  const years = String(Math.abs(year)).padStart(4, '0');
  return `${years}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}${fraction}${year < 0 ? ' BC' : ''}`;
}
