/**
 * Exact values. The driver reads decimals and money into doubles and times into dates: digits get lost that way. These
 * functions read the same bytes into text, as the server itself prints them; `driver.ts` puts them in the driver's place.
 *
 * Layouts: [MS-TDS] 2.2.5.5. `datetimeoffset` travels as UTC and is printed as UTC.
 */

/** What a value's bytes mean; of the description of its column. */
export interface ValueShape {
  /** The driver's name of the type on the wire. */
  readonly name: string;
  readonly scale: number;
}

const DAY_MS = 86_400_000;
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');
const YEAR_1900 = Date.parse('1900-01-01T00:00:00Z');

/** Bytes of a type whose length does not travel with it; undefined for the others. */
const FIXED: Readonly<Record<string, number>> = { Money: 8, SmallMoney: 4, DateTime: 8, SmallDateTime: 4 };

/** Types that these functions read. */
const EXACT = new Set([
  ...Object.keys(FIXED),
  'MoneyN',
  'DateTimeN',
  'NumericN',
  'DecimalN',
  'Date',
  'Time',
  'DateTime2',
  'DateTimeOffset',
]);

/** Is this type read by `readExact`? */
export function isExact(name: string): boolean {
  return EXACT.has(name);
}

/** Length of the value without the byte that may announce it. */
export function fixedLength(name: string): number | undefined {
  return FIXED[name];
}

/** A value's bytes as text. Throws RangeError for a length that the type does not have. */
export function readExact(bytes: Buffer, { name, scale }: ValueShape): string {
  switch (name) {
    case 'Money':
    case 'SmallMoney':
    case 'MoneyN':
      return money(bytes);
    case 'NumericN':
    case 'DecimalN':
      return decimal(bytes, scale);
    case 'DateTime':
    case 'SmallDateTime':
    case 'DateTimeN':
      return bytes.length === 4 ? smallDateTime(bytes) : dateTime(bytes);
    case 'Date':
      return dateText(bytes.readUIntLE(0, 3));
    case 'Time':
      return clock(bytes, bytes.length, scale);
    case 'DateTime2':
      return `${dateText(bytes.readUIntLE(bytes.length - 3, 3))} ${clock(bytes, bytes.length - 3, scale)}`;
    case 'DateTimeOffset':
      return `${dateText(bytes.readUIntLE(bytes.length - 5, 3))} ${clock(bytes, bytes.length - 5, scale)}+00:00`;
    default:
      throw new RangeError(`no reader for ${name}`);
  }
}

function withPoint(digits: bigint, scale: number): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(scale + 1, '0');
  const sign = negative ? '-' : '';
  return scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** Ten-thousandths; of eight bytes the high half comes first. */
function money(bytes: Buffer): string {
  if (bytes.length === 4) return withPoint(BigInt(bytes.readInt32LE(0)), 4);
  return withPoint((BigInt(bytes.readInt32LE(0)) << 32n) | BigInt(bytes.readUInt32LE(4)), 4);
}

/** A sign (1 = positive) and the digits as a little-endian integer of 4, 8, 12 or 16 bytes. */
function decimal(bytes: Buffer, scale: number): string {
  let digits = 0n;
  for (let at = bytes.length - 4; at > 0; at -= 4) digits = (digits << 32n) | BigInt(bytes.readUInt32LE(at));
  return withPoint(bytes[0] === 1 ? digits : -digits, scale);
}

/** Days since 0001-01-01. */
function dateText(days: number): string {
  return new Date(YEAR_1 + days * DAY_MS).toISOString().slice(0, 10);
}

/** Units of 10^-scale seconds since midnight, in 3 to 5 bytes. */
function clock(bytes: Buffer, length: number, scale: number): string {
  const units = bytes.readUIntLE(0, length);
  const perSecond = 10 ** scale;
  const seconds = Math.floor(units / perSecond);
  const fraction = units - seconds * perSecond;
  const text = `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return scale === 0 ? text : `${text}.${String(fraction).padStart(scale, '0')}`;
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

/** Days since 1900 and three-hundredths of a second; the server shows milliseconds. */
function dateTime(bytes: Buffer): string {
  const ms = YEAR_1900 + bytes.readInt32LE(0) * DAY_MS + Math.round((bytes.readUInt32LE(4) * 10) / 3);
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
}

/** Days since 1900 and minutes. */
function smallDateTime(bytes: Buffer): string {
  const ms = YEAR_1900 + bytes.readUInt16LE(0) * DAY_MS + bytes.readUInt16LE(2) * 60_000;
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
}

/** The shortest number that is the same in single precision: `0.1`, not `0.10000000149011612`. */
export function shortestSingle(value: number): number {
  for (let digits = 6; digits <= 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
