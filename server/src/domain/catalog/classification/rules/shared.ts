/** Checks that several countries' numbers share. */
import {
  all,
  type Check,
  complement,
  date6,
  date8,
  isDay,
  isShiftedDay,
  luhn,
  numberAt,
  sum,
  verhoeff,
} from '../checks.ts';
import { form } from './form.ts';

/** One check a place: identifiers that share a check have it run once a value. */
function shared(make: (from: number) => Check): (from?: number) => Check {
  const made = new Map<number, Check>();
  return (from = 0) => {
    const check = made.get(from) ?? make(from);
    made.set(from, check);
    return check;
  };
}

/** The master citizen number of the former Yugoslavia, of the regions `from` to `to`. */
export const jmbg = (from: number, to: number) => [
  form(
    'n{13}',
    all(
      (value) => {
        const region = numberAt(value, 7, 9);
        return region >= from && region <= to && isDay(numberAt(value, 2, 4), numberAt(value, 0, 2));
      },
      complement([7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], 11, { 10: 0, 11: 0 }),
    ),
  ),
];

const birthShifts = [0, 50, 20, 70];
/** The Czech and Slovak birth number from the place `from` on. */
export const birthNumber = shared(
  (from): Check =>
    (value, length) => {
      const day = numberAt(value, from + 4, from + 6);
      if (!isShiftedDay(numberAt(value, from + 2, from + 4), day, birthShifts)) return false;
      if (length - from === 9) return true;
      const first = numberAt(value, from, from + 9) % 11;
      const check = value[from + 9]!;
      return first === check || (first === 10 && check === 0 && numberAt(value, from, from + 2) < 85);
    },
);

/** Estonia and Lithuania: century and sex, date, serial, check. */
export const balticCode = {
  first: [1, 2, 3, 4, 5, 6, 7, 8, 9, 1],
  second: [3, 4, 5, 6, 7, 8, 9, 1, 2, 3],
} as const;

const norwegianFirst = complement([3, 7, 6, 1, 8, 9, 4, 5, 2], 11, { 10: -1, 11: 0 });
const norwegianSecond = complement([5, 4, 3, 2, 7, 6, 5, 4, 3, 2], 11, { 10: -1, 11: 0 });

/** The Norwegian birth number; days + 40 are D-numbers. */
export const norwegian: Check = (value, length) => {
  const day = numberAt(value, 0, 2);
  return (
    isDay(numberAt(value, 2, 4), day > 40 ? day - 40 : day) &&
    norwegianFirst(value, length) &&
    norwegianSecond(value, length)
  );
};

/** The Swedish personal number of ten places, from `from` on; days + 60 are coordination numbers. */
export const swedish = shared(
  (from): Check =>
    (value) => {
      const day = numberAt(value, from + 4, from + 6);
      return isDay(numberAt(value, from + 2, from + 4), day > 60 ? day - 60 : day) && luhn(from, from + 10)(value, 0);
    },
);

/** Year, month, day, serial, a Luhn digit over the first eleven and a Verhoeff digit over the same. */
export const luxembourg: Check = all(date8(0), luhn(0, 12), (value) =>
  verhoeff(value, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]),
);

const dniLetters = [...'TRWAGMYFPDXBNJZSQVHLCKE'].map((letter) => letter.charCodeAt(0) - 55);
/** Eight digits and the letter of their rest mod 23, from the place `from` on. */
export const dni = shared(
  (from): Check =>
    (value) =>
      value[from + 8] === dniLetters[numberAt(value, from, from + 8) % 23],
);
/** X, Y or Z for 0, 1 or 2, seven digits, the letter. */
export const nie = shared(
  (from): Check =>
    (value) =>
      value[from + 8] === dniLetters[((value[from]! - 33) * 10_000_000 + numberAt(value, from + 1, from + 8)) % 23],
);
/** K, L or M, seven digits, the letter of these. */
export const klm = shared(
  (from): Check =>
    (value) =>
      value[from + 8] === dniLetters[numberAt(value, from + 1, from + 8) % 23],
);
const cifLetters = [...'JABCDEFGHI'].map((letter) => letter.charCodeAt(0) - 55);
/** A letter, seven digits, a Luhn-like digit or its letter. */
export const cif = shared(
  (from): Check =>
    (value) => {
      let total = 0;
      for (let index = 1; index <= 7; index += 1) {
        const digit = value[from + index]!;
        total += index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
      }
      const check = (10 - (total % 10)) % 10;
      return value[from + 8] === check || value[from + 8] === cifLetters[check];
    },
);

const irishLetters = [...'WABCDEFGHIJKLMNOPQRSTUV'].map((letter) => letter.charCodeAt(0) - 55);
/** Seven digits, a check letter, perhaps a second letter, from the place `from` on. */
export const ppsn = shared(
  (from): Check =>
    (value, length) => {
      const second = length - from > 8 ? value[from + 8]! - 9 : 0;
      const extra = second === 23 ? 0 : second; // W adds nothing
      const rest = (sum(value, [8, 7, 6, 5, 4, 3, 2], from) + 9 * extra) % 23;
      return value[from + 7] === irishLetters[rest];
    },
);

const hetuAlphabet = [...'0123456789ABCDEFHJKLMNPRSTUVWXY'].map((one) =>
  one <= '9' ? Number(one) : one.charCodeAt(0) - 55,
);
/** Date, perhaps a century letter, three digits, a check of mod 31. */
export const hetu: Check = (value, length) => {
  const serial = length - 4;
  if (!date6('dmy')(value, length)) return false;
  return value[length - 1] === hetuAlphabet[(numberAt(value, 0, 6) * 1000 + numberAt(value, serial, serial + 3)) % 31];
};
export const hetuShape = 'n{9}[0-9A-FHJ-NPR-Y]|n{6}[A-FU-Y]n{3}[0-9A-FHJ-NPR-Y]';

/** The Chilean RUT: weights 2 … 7 from the right, over and over. */
export const rut: Check = (value, length) => {
  let total = 0;
  for (let index = length - 2, weight = 2; index >= 0; index -= 1, weight = weight === 7 ? 2 : weight + 1) {
    total += value[index]! * weight;
  }
  const check = 11 - (total % 11);
  return value[length - 1] === (check === 11 ? 0 : check === 10 ? 20 : check);
};

const nricLetters = {
  st: [...'JZIHGFEDCBA'].map((letter) => letter.charCodeAt(0) - 55),
  fg: [...'XWUTRQPNMLK'].map((letter) => letter.charCodeAt(0) - 55),
  m: [...'KLJNPQRTUWX'].map((letter) => letter.charCodeAt(0) - 55),
};
/** S, T, F, G or M, seven digits, a letter. */
export const nric: Check = (value) => {
  const series = String.fromCharCode(value[0]! + 55);
  const total = sum(value, [2, 7, 6, 5, 4, 3, 2], 1);
  if (series === 'M') return value[8] === nricLetters.m[10 - ((total + 3) % 11)];
  const rest = (total + (series === 'T' || series === 'G' ? 4 : 0)) % 11;
  return value[8] === (series === 'S' || series === 'T' ? nricLetters.st : nricLetters.fg)[rest];
};
