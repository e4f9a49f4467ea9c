import { expect, test } from 'vitest';
import { UnprovableError } from '../policy.ts';
import { type Family, fitted, requireOperands } from './rule-values.ts';

const fit = (value: string, family: Family): string | null => {
  try {
    return fitted(value, family, 'c');
  } catch (error) {
    // What a rule says is nobody's business but its makers': the message does not repeat it.
    expect(error).toEqual(new UnprovableError('A value of a rule does not fit the column "c".'));
    return null;
  }
};

test.each<[Family, readonly string[], readonly string[]]>([
  [
    'exact',
    ['1', '-1.50', '+3', '.5', ' 7 ', '9007199254740993'],
    ['', 'a', '1e3', '1.', '0x1', "1' or '1", '9'.repeat(61), 'NaN', '--1'],
  ],
  ['float', ['1', '-2.5', '1e300'], ['', 'NaN', 'Infinity', '1e999', '1;']],
  ['date', ['2024-02-29'], ['2023-02-29', '2024-2-9', '0000-01-01', '2024-01-01T00:00', "2024-01-01'"]],
  [
    'timestamp',
    ['2024-02-29', '2024-02-29 10:00', '2024-02-29T10:00:00.123456Z'],
    ['2024-02-30 10:00', '10:00', '2024-02-29 25:00'],
  ],
  ['time', ['10:00', '23:59:59.999999'], ['24:00', '1:00', '10:00:60']],
  ['boolean', ['true', 'FALSE', '1', '0'], ['2', 'yes', '']],
  ['text', ['', "it's", '\\', '😀'], ['a\0b', '\ud800']],
  ['opaque', [], ['', 'a', '1']],
])('%s takes what fits', (family, good, bad) => {
  expect(good.map((value) => fit(value, family) !== null)).toEqual(good.map(() => true));
  expect(bad.map((value) => fit(value, family))).toEqual(bad.map(() => null));
});

test('moments are made UTC', () => {
  expect(fit('2024-02-29T23:30:00+02:00', 'timestamptz')).toBe('2024-02-29 21:30:00');
  expect(fit('2024-02-29', 'timestamptz')).toBe('2024-02-29 00:00:00');
});

test('operators stand where they mean something', () => {
  const stands = (...given: Parameters<typeof requireOperands>): boolean => {
    try {
      requireOperands(...given);
      return true;
    } catch {
      return false;
    }
  };
  expect(stands('eq', 'text', 2, 'c')).toBe(true);
  expect(stands('eq', 'text', 0, 'c')).toBe(false);
  expect(stands('gt', 'exact', 2, 'c')).toBe(false);
  expect(stands('between', 'date', 1, 'c')).toBe(false);
  expect(stands('contains', 'exact', 1, 'c')).toBe(false);
  expect(stands('eq', 'opaque', 1, 'c')).toBe(false);
  expect(stands('null', 'opaque', 0, 'c')).toBe(true);
});
