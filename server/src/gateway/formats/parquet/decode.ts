/**
 * The text of one value, `b[r, e)`, to the number that Parquet stores. The fast functions answer NaN when a value is not
 * of the common form; the exact ones then take it, or answer undefined: no such value. Nothing is ever rounded.
 */

// Reads of bytes are `number | undefined` to the type checker although every index lies inside; `as number` stands for
// that proof throughout this file.

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
export const textOf = (b: Buffer, r: number, e: number): string => b.toString('latin1', r, e);

/** A whole number of up to 15 digits. */
export function integer(b: Uint8Array, r: number, e: number): number {
  const negative = b[r] === 45;
  if (negative) r++;
  if (e - r < 1 || e - r > 15) return Number.NaN;
  let x = 0;
  while (r < e) {
    const digit = (b[r++] as number) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    x = x * 10 + digit;
  }
  return negative ? 0 - x : x;
}

/** A decimal number times 10^scale, when that is whole and below 2^53. */
export function decimal(b: Uint8Array, r: number, e: number, scale: number): number {
  const negative = b[r] === 45;
  if (negative) r++;
  let x = 0;
  let point = -1;
  let digits = 0;
  for (; r < e; r++) {
    const digit = (b[r] as number) - 48;
    if (digit >= 0 && digit <= 9) {
      x = x * 10 + digit;
      digits++;
    } else if (digit === -2 && point < 0) point = digits;
    else return Number.NaN;
  }
  if (digits === 0) return Number.NaN;
  let fraction = point < 0 ? 0 : digits - point;
  if (fraction > scale) return Number.NaN;
  for (; fraction < scale; fraction++) x *= 10;
  if (x > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return negative ? 0 - x : x;
}

/** A decimal number of any size times 10^scale; undefined when it is none or not whole then. */
export function exactDecimal(text: string, scale: number): bigint | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  let digits = whole + fraction;
  if (digits === '') return undefined;
  const shift = Number(exponent) - fraction.length + scale;
  if (shift < 0) {
    const cut = digits.slice(shift);
    if (/[1-9]/.test(cut)) return undefined;
    digits = digits.slice(0, shift) || '0';
  } else if (/[1-9]/.test(digits)) {
    digits += '0'.repeat(shift);
  }
  const value = BigInt(digits);
  return sign === '-' ? -value : value;
}

/** Powers of ten that a double holds exactly. */
const TEN = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** Splits a double into halves whose products are exact (Dekker). */
const SPLIT = 134217729;

/**
 * A decimal fraction of up to 17 digits, correctly rounded; NaN for other forms, and where rounding is a close call.
 *
 * The digits are an integer M = high + low (both exact), the value is M / 10^k. The quotient of `high` and the exact
 * remainder of that division give the value as a sum of two doubles with some 100 good bits; when both ends of its error
 * round to the same double, that is the one.
 */
export function fraction(b: Uint8Array, r: number, e: number): number {
  const negative = b[r] === 45;
  if (negative) r++;
  if (e - r > 18 || r >= e) return Number.NaN;
  let high = 0;
  let last = 0;
  let digits = 0;
  let point = -1;
  for (; r < e; r++) {
    const digit = (b[r] as number) - 48;
    if (digit >= 0 && digit <= 9) {
      if (digits < 15) high = high * 10 + digit;
      else last = last * 10 + digit;
      digits++;
    } else if (digit === -2 && point < 0) point = digits;
    else return Number.NaN;
  }
  if (digits === 0 || digits > 17) return Number.NaN;
  const divisor = TEN[point < 0 ? 0 : digits - point] as number;
  let x: number;
  if (digits <= 15) x = high / divisor;
  else {
    const scaled = high * (digits === 16 ? 10 : 100);
    const product = productError(high, digits === 16 ? 10 : 100, scaled);
    const sum = scaled + last;
    x = quotient(sum, last - (sum - scaled) + product, divisor);
  }
  return negative ? -x : x;
}

/** What `product`, the rounded a × b, lacks of the exact one. */
function productError(a: number, b: number, product: number): number {
  let t = a * SPLIT;
  const aHigh = t - (t - a);
  const aLow = a - aHigh;
  t = b * SPLIT;
  const bHigh = t - (t - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

function quotient(high: number, low: number, divisor: number): number {
  const first = high / divisor;
  const product = first * divisor;
  const rest = (high - product - productError(first, divisor, product) + low) / divisor;
  const margin = Math.abs(rest) * 1e-9;
  const x = first + (rest - margin);
  return x === first + (rest + margin) ? x : Number.NaN;
}

/** Any number that a server prints; undefined when it is none. */
export function exactFloat(text: string): number | undefined {
  if (text === 'NaN') return Number.NaN;
  if (!/^[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/.test(text)) return undefined;
  return Number(text);
}

/** Days from 1970-01-01 of a date of the proleptic Gregorian calendar (year 0 = 1 BC); NaN when there is none. */
export function daysOf(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return Number.NaN;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Two digits; 100 or more when they are none. */
function two(b: Uint8Array, r: number): number {
  const tens = (b[r] as number) - 48;
  const ones = (b[r + 1] as number) - 48;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? 1000 : tens * 10 + ones;
}

/** `YYYY-MM-DD` at the front of a value. */
function frontDate(b: Uint8Array, r: number): number {
  if (b[r + 4] !== 45 || b[r + 7] !== 45) return Number.NaN;
  const year = two(b, r) * 100 + two(b, r + 2);
  return year === 0 || year > 9999 ? Number.NaN : daysOf(year, two(b, r + 5), two(b, r + 8));
}

export function date(b: Uint8Array, r: number, e: number): number {
  return e - r === 10 ? frontDate(b, r) : Number.NaN;
}

/** `44-03-15 BC`, `12024-01-01`, and a date with a midnight behind it. */
export function exactDate(text: string): number | undefined {
  const micros = exactTimestamp(/^\d+-\d\d-\d\d(?: BC)?$/.test(text) ? text.replace(/^[\d-]+/, '$& 00:00:00') : text);
  if (micros === undefined || micros % 86_400_000_000n !== 0n) return undefined;
  return Number(micros / 86_400_000_000n);
}

/** Microseconds of `HH:MM:SS[.ffffff]` in `b[r, e)`; the day ends before 24:00. */
export function time(b: Uint8Array, r: number, e: number): number {
  if (e - r < 8 || b[r + 2] !== 58 || b[r + 5] !== 58) return Number.NaN;
  const hours = two(b, r);
  const minutes = two(b, r + 3);
  const seconds = two(b, r + 6);
  if (hours > 23 || minutes > 59 || seconds > 59) return Number.NaN;
  let micros = 0;
  if (e - r > 8) {
    if (b[r + 8] !== 46 || e - r < 10) return Number.NaN;
    let unit = 100_000;
    for (let at = r + 9; at < e; at++) {
      const digit = (b[at] as number) - 48;
      if (digit < 0 || digit > 9 || (unit < 1 && digit !== 0)) return Number.NaN;
      micros += digit * unit;
      unit = unit === 1 ? 0 : unit / 10;
    }
  }
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros;
}

/** Microseconds since 1970 of `YYYY-MM-DD HH:MM:SS[.ffffff][Z|+HH[:MM[:SS]]]`, below 2^53. */
export function timestamp(b: Uint8Array, r: number, e: number): number {
  if (e - r < 19 || (b[r + 10] !== 32 && b[r + 10] !== 84)) return Number.NaN;
  const days = frontDate(b, r);
  let clockEnd = r + 19;
  if (b[clockEnd] === 46) clockEnd++;
  while (clockEnd < e && isDigit(b[clockEnd] as number)) clockEnd++;
  const clock = time(b, r + 11, clockEnd);
  let x = days * 86_400_000_000 + clock;
  if (clockEnd < e) {
    const offset = offsetSeconds(b, clockEnd, e);
    x -= offset * 1_000_000;
  }
  return x > Number.MAX_SAFE_INTEGER || x < -Number.MAX_SAFE_INTEGER ? Number.NaN : x;
}

/** Seconds east of UTC of `Z`, `+HH`, `+HH:MM`, `+HH:MM:SS`. */
function offsetSeconds(b: Uint8Array, r: number, e: number): number {
  const sign = b[r];
  const length = e - r;
  if (sign === 90 && length === 1) return 0;
  if ((sign !== 43 && sign !== 45) || (length !== 3 && length !== 6 && length !== 9)) return Number.NaN;
  let seconds = two(b, r + 1) * 3600;
  if (length > 3) seconds += two(b, r + 4) * 60;
  if (length > 6) seconds += two(b, r + 7);
  return seconds > 86_400 ? Number.NaN : sign === 43 ? seconds : -seconds;
}

/** Every timestamp that fits 64 bits, also of five-digit years and of years BC. */
export function exactTimestamp(text: string): bigint | undefined {
  const parts = /^(\d{1,6})-(\d\d)-(\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d(?::\d\d){0,2})?( BC)?$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, clock = '', offset = 'Z', bc] = parts;
  if (Number(year) === 0) return undefined;
  const days = daysOf(bc === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));
  const clockBytes = Buffer.from(clock);
  const micros = time(clockBytes, 0, clockBytes.length);
  const offsetBytes = Buffer.from(offset);
  const east = offsetSeconds(offsetBytes, 0, offsetBytes.length);
  if (Number.isNaN(days + micros + east)) return undefined;
  return BigInt(days) * 86_400_000_000n + BigInt(micros) - BigInt(east) * 1_000_000n;
}
