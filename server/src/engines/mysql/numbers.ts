/**
 * Floating point numbers as the server prints them in its text protocol, so that a row looks the same whichever
 * protocol carried it.
 */

/** `decimals` of a column without a fixed number of decimals. */
export const NOT_FIXED = 31;
/** Outside these powers of ten the server writes an exponent. */
const SMALLEST_EXPONENT = -15;
const LARGEST_EXPONENT = 14;
/** Digits of a FLOAT that the server shows. */
const FLOAT_DIGITS = 6;

/** A DOUBLE as text. */
export function doubleText(value: number, decimals: number): string {
  return decimals < NOT_FIXED ? fixed(value, decimals) : shortest(value);
}

/** A FLOAT (widened to a double) as text. */
export function floatText(value: number, decimals: number): string {
  return decimals < NOT_FIXED ? fixed(value, decimals) : shortest(Number(value.toPrecision(FLOAT_DIGITS)));
}

function fixed(value: number, decimals: number): string {
  const sign = Object.is(value, -0) ? '-' : '';
  if (Math.abs(value) < 1e21) return sign + value.toFixed(decimals);
  return `${BigInt(value)}${decimals > 0 ? `.${'0'.repeat(decimals)}` : ''}`;
}

function shortest(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, power] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < SMALLEST_EXPONENT || exponent > LARGEST_EXPONENT) return `${mantissa}e${exponent}`;
  if (exponent >= -6) return String(value);
  // JavaScript would write an exponent here, the server does not yet.
  const negative = value < 0 ? '-' : '';
  const digits = mantissa!.replace(/[-.]/g, '');
  return `${negative}0.${'0'.repeat(-exponent - 1)}${digits}`;
}
