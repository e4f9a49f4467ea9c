/** Check digits, as published. A value is its places (0–9 digits, 10–35 letters); every check runs through it once. */
import type { Places } from './shape.ts';

/** Whether the value's check holds. `length` = its places; further places of the buffer mean nothing. */
export type Check = (value: Places, length: number) => boolean;

/** Σ place × weight, from `from` on. */
export function sum(value: Places, weights: readonly number[], from = 0): number {
  let total = 0;
  for (let index = 0; index < weights.length; index += 1) total += value[from + index]! * weights[index]!;
  return total;
}

/** The number that stands at the places `from` … `to` − 1; at most 15 digits. */
export function numberAt(value: Places, from: number, to: number): number {
  let number = 0;
  for (let index = from; index < to; index += 1) number = number * 10 + value[index]!;
  return number;
}

/** Luhn over the places `from` … `to` − 1, the check digit being the last. */
export function luhnSum(value: Places, from: number, to: number): number {
  let total = 0;
  for (let index = to - 1, double = false; index >= from; index -= 1, double = !double) {
    const digit = value[index]!;
    total += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return total;
}

export const luhn =
  (from = 0, to?: number): Check =>
  (value, length) =>
    luhnSum(value, from, to ?? length) % 10 === 0;

/** ISO 7064 MOD 11,10 over the places from `from` on. */
export const mod1110 =
  (from = 0): Check =>
  (value, length) => {
    let rest = 10;
    for (let index = from; index < length - 1; index += 1) {
      const step = (rest + value[index]!) % 10 || 10;
      rest = (step * 2) % 11;
    }
    return (11 - rest) % 10 === value[length - 1];
  };

/** ISO 7064 MOD 97,10 of the places in the order `start` … end, then those before `start`; letters count as two digits. */
export function mod97(value: Places, length: number, start: number): number {
  let rest = 0;
  for (let step = 0; step < length; step += 1) {
    const place = value[(start + step) % length]!;
    rest = (place > 9 ? rest * 100 + place : rest * 10 + place) % 97;
  }
  return rest;
}

/** An IBAN's two check digits. */
export const iban: Check = (value, length) => mod97(value, length, 4) === 1;

const dihedral = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
  [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
  [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
  [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
  [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
  [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
  [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
  [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
  [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
] as const;

const permuted: number[][] = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]];
for (let row = 1; row < 8; row += 1) {
  const step = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
  permuted.push(permuted[row - 1]!.map((digit) => step[digit]!));
}

/** Verhoeff over the given places, the check digit being the last of them. */
export function verhoeff(value: Places, order: readonly number[]): boolean {
  let state = 0;
  for (let index = order.length - 1, row = 0; index >= 0; index -= 1, row += 1) {
    state = dihedral[state]![permuted[row % 8]![value[order[index]!]!]!]!;
  }
  return state === 0;
}

/** Σ mod `modulus` is 0. */
export const divides =
  (weights: readonly number[], modulus: number, from = 0): Check =>
  (value) =>
    sum(value, weights, from) % modulus === 0;

/**
 * The digit behind the weighted ones is `modulus` − (Σ mod `modulus`); `folds` says what results beyond 9 become, −1 =
 * such numbers are not issued.
 */
export function complement(
  weights: readonly number[],
  modulus: number,
  folds: Readonly<Record<number, number>>,
  from = 0,
): Check {
  const digitOf = Int8Array.from({ length: modulus }, (_, rest) => folds[modulus - rest] ?? modulus - rest);
  return (value) => digitOf[sum(value, weights, from) % modulus] === value[from + weights.length];
}

/** The digit behind the weighted ones is Σ mod `modulus`, mod 10. */
export const remainder =
  (weights: readonly number[], modulus: number, from = 0): Check =>
  (value) =>
    (sum(value, weights, from) % modulus) % 10 === value[from + weights.length];

/** Two sets of weights: the second counts when the first leaves 10, and 10 again means 0 (Estonia, Lithuania, Bulgaria). */
export const twoStep =
  (first: readonly number[], second: readonly number[], from = 0): Check =>
  (value) => {
    let rest = sum(value, first, from) % 11;
    if (rest === 10) rest = (sum(value, second, from) % 11) % 10;
    return rest === value[from + first.length];
  };

/** Both hold. */
export const all =
  (...checks: readonly Check[]): Check =>
  (value, length) => {
    for (const check of checks) if (!check(value, length)) return false;
    return true;
  };

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day that the calendar has in some year. */
export function isDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= monthDays[month - 1]!;
}

/** Whether `month` lies in the calendar once one of the shifts is taken off, and has this day. */
export function isShiftedDay(month: number, day: number, shifts: readonly number[]): boolean {
  for (const shift of shifts) {
    if (month > shift && month <= shift + 12) return isDay(month - shift, day);
  }
  return false;
}

/** A date of two-digit year, month and day in the order told (`ymd` or `dmy`), from the place `from` on. */
export const date6 =
  (order: 'ymd' | 'dmy', from = 0): Check =>
  (value) => {
    const month = numberAt(value, from + 2, from + 4);
    const day = order === 'ymd' ? numberAt(value, from + 4, from + 6) : numberAt(value, from, from + 2);
    return isDay(month, day);
  };

/** A date of a four-digit year between 1850 and 2100, month and day. */
export const date8 =
  (from = 0): Check =>
  (value) => {
    const year = numberAt(value, from, from + 4);
    return (
      year >= 1850 && year <= 2100 && isDay(numberAt(value, from + 4, from + 6), numberAt(value, from + 6, from + 8))
    );
  };
