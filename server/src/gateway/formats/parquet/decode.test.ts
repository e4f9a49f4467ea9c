import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as decode from './decode.ts';

const bytes = (text: string): [Buffer, number, number] => [Buffer.from(text), 0, Buffer.byteLength(text)];

describe('numbers', () => {
  test('decimals are what they say or left to the exact path, never rounded', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(6), fc.nat(8), (units, places, scale) => {
        const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
        const text = `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - places)}${places > 0 ? `.${digits.slice(-places)}` : ''}`;
        const exact = decode.exactDecimal(text, scale);
        const fits = scale >= places || units % 10n ** BigInt(places - scale) === 0n;
        const expected = fits ? (units * 10n ** BigInt(scale)) / 10n ** BigInt(places) : undefined;
        expect(exact).toBe(expected);
        const fast = decode.decimal(...bytes(text), scale);
        if (!Number.isNaN(fast)) expect(BigInt(fast)).toBe(expected);
      }),
    );
  });

  test('floats are rounded as JavaScript rounds them', () => {
    const spelled = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? '-0' : String(x))),
      fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.nat(17)).map(([digits, point]) => {
        const text = digits.toString();
        return point >= text.length ? text : `${text.slice(0, text.length - point)}.${text.slice(text.length - point)}`;
      }),
    );
    let fast = 0;
    fc.assert(
      fc.property(spelled, (text) => {
        const x = decode.fraction(...bytes(text));
        if (!Number.isNaN(x)) {
          fast++;
          expect(x).toBe(Number(text));
        }
        expect(decode.exactFloat(text)).toBe(Number(text));
      }),
      { numRuns: 3000 },
    );
    expect(fast).toBeGreaterThan(1000);
  });

  test.each(['', '-', '.', '1.2.3', '1,5', 'one', ' 1'])('%j is no number', (text) => {
    expect(decode.integer(...bytes(text))).toBeNaN();
    expect(decode.decimal(...bytes(text), 2)).toBeNaN();
    expect(decode.fraction(...bytes(text))).toBeNaN();
    expect(decode.exactDecimal(text, 2)).toBeUndefined();
    expect(decode.exactFloat(text)).toBeUndefined();
  });
});

describe('times', () => {
  const instant = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });

  test('timestamps and dates are those of JavaScript, with and without the fast path', () => {
    fc.assert(
      fc.property(instant, fc.nat(999), (at, micros) => {
        const text = at
          .toISOString()
          .replace('T', ' ')
          .replace('Z', `${String(micros).padStart(3, '0')}+00`);
        const expected = BigInt(at.getTime()) * 1000n + BigInt(micros);
        const fast = decode.timestamp(...bytes(text));
        if (Math.abs(Number(expected)) <= Number.MAX_SAFE_INTEGER) expect(BigInt(fast)).toBe(expected);
        else expect(fast).toBeNaN();
        expect(decode.exactTimestamp(text)).toBe(expected);
        const day = text.slice(0, 10);
        expect(decode.date(...bytes(day))).toBe(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
        expect(decode.exactDate(day)).toBe(Date.parse(`${day}T00:00:00Z`) / 86_400_000);
      }),
    );
  });

  test.each([
    ['2024-05-06 07:08:09+05:30', '2024-05-06T07:08:09+05:30'],
    ['2024-05-06 07:08:09-03', '2024-05-06T07:08:09-03:00'],
    ['2024-05-06T07:08:09Z', '2024-05-06T07:08:09Z'],
    ['2024-05-06 07:08:09', '2024-05-06T07:08:09Z'],
  ])('%s', (text, iso) => {
    expect(decode.timestamp(...bytes(text))).toBe(Date.parse(iso) * 1000);
  });

  test('years before our era and beyond 9999', () => {
    expect(decode.exactDate('0001-12-31 BC')).toBe(-719_163);
    expect(decode.date(...bytes('0001-01-01'))).toBe(-719_162);
    expect(decode.exactDate('10000-01-01')).toBe(2_932_897);
  });

  test.each([
    'infinity',
    '-infinity',
    '0000-00-00 00:00:00',
    '2024-02-30 00:00:00',
    '2024-13-01 00:00:00',
    '2024-01-01 24:00:00',
    '2024-01-01 00:00:00.0000001',
  ])('%s is no timestamp', (text) => {
    expect(decode.timestamp(...bytes(text))).toBeNaN();
    expect(decode.exactTimestamp(text)).toBeUndefined();
  });

  test('times of day', () => {
    expect(decode.time(...bytes('23:59:59.999999'))).toBe(86_399_999_999);
    expect(decode.time(...bytes('00:00:00.5'))).toBe(500_000);
    for (const text of ['24:00:00', '-01:00:00', '100:00:00', '1:2:3', '00:00:00.']) {
      expect(decode.time(...bytes(text))).toBeNaN();
    }
  });
});
