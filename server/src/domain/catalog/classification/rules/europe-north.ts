/** Northern and western Europe. */
import {
  all,
  type Check,
  complement,
  date6,
  divides,
  iban,
  isDay,
  luhn,
  luhnSum,
  mod97,
  mod1110,
  numberAt,
  sum,
  twoStep,
} from '../checks.ts';
import type { Places } from '../shape.ts';
import { form, type Rules, strong, weak } from './form.ts';
import { balticCode, hetu, hetuShape, luxembourg, norwegian, ppsn, swedish } from './shared.ts';

const austrianSsn: Check = (value) => {
  const month = numberAt(value, 6, 8); // 13 and beyond: the birthday's serials were used up
  const dated = month >= 1 && month <= 15 && isDay(Math.min(month, 12), numberAt(value, 4, 6));
  return dated && value[3] === sum(value, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
};
const austrianVat: Check = (value) => {
  let total = 4;
  for (let index = 3; index <= 9; index += 1) {
    const digit = value[index]!;
    total += index % 2 === 1 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return value[10] === (10 - (total % 10)) % 10;
};

const belgian =
  (lastMonth: number): Check =>
  (value) => {
    // Parts of a date may be unknown: the month is 0 then.
    if (numberAt(value, 2, 4) % 20 > 12 || numberAt(value, 2, 4) > lastMonth || numberAt(value, 4, 6) > 31)
      return false;
    const nine = numberAt(value, 0, 9);
    const check = numberAt(value, 9, 11);
    return check === 97 - (nine % 97) || check === 97 - ((2_000_000_000 + nine) % 97);
  };

const danish = divides([4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11);

const ribLetters = 'AJ,BKS,CLT,DMU,ENV,FOW,GPX,HQY,IRZ'.split(',');
function ribDigit(place: number): number {
  if (place < 10) return place;
  return ribLetters.findIndex((group) => group.includes(String.fromCharCode(place + 55))) + 1;
}
const rib: Check = (value) => {
  let account = 0;
  for (let index = 10; index < 21; index += 1) account = account * 10 + ribDigit(value[index]!);
  const rest = (89 * numberAt(value, 0, 5) + 15 * numberAt(value, 5, 10) + 3 * account) % 97;
  return numberAt(value, 21, 23) === 97 - rest;
};
const insee: Check = (value) => {
  const second = value[6]!;
  const department = second === 10 ? 19 : second === 11 ? 18 : value[5]! * 10 + second;
  const month = numberAt(value, 3, 5);
  if (value[0] === 0 || month === 0 || (month > 12 && month < 20)) return false;
  const number = (numberAt(value, 0, 5) * 100 + department) * 1_000_000 + numberAt(value, 7, 13);
  return numberAt(value, 13, 15) === 97 - (number % 97);
};
const frenchVat: Check = (value) => {
  if (luhnSum(value, 4, 13) % 10 !== 0) return false;
  if (value[2]! > 9 || value[3]! > 9) return true; // letters in the key follow no published rule
  return numberAt(value, 2, 4) === (12 + 3 * (numberAt(value, 4, 13) % 97)) % 97;
};

/** Among the first ten digits exactly one comes again, twice or three times. */
const steuerDigits = (value: Places): boolean => {
  const counts = new Uint8Array(10);
  for (let index = 0; index < 10; index += 1) counts[value[index]!]! += 1;
  let repeated = 0;
  for (const count of counts) {
    if (count > 3) return false;
    if (count > 1) repeated += 1;
  }
  return repeated === 1;
};
const germanSet = '[0-9CFGHJKLMNPRTVWXYZ]';

const icelandic: Check = (value) => {
  const day = numberAt(value, 0, 2);
  const born = isDay(numberAt(value, 2, 4), day > 40 ? day - 40 : day);
  return born && value[9]! % 9 === 0 && sum(value, [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
};

const latvianPerson =
  (from = 0): Check =>
  (value, length) => {
    if (numberAt(value, from, from + 2) === 32) return true;
    if (!date6('dmy', from)(value, length)) return false;
    return value[from + 10] === ((1 + sum(value, [10, 5, 8, 4, 2, 1, 6, 3, 7, 9], from)) % 11) % 10;
  };
const latvianVat: Check = (value, length) =>
  value[2]! > 3 ? sum(value, [9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1], 2) % 11 === 3 : latvianPerson(2)(value, length);

const balticPerson: Check = all(
  (value) => value[0]! >= 1 && value[0]! <= 8 && isDay(numberAt(value, 3, 5), numberAt(value, 5, 7)),
  twoStep(balticCode.first, balticCode.second),
);
const cycling = (length: number, start: number): number[] =>
  Array.from({ length }, (_, index) => ((index + start - 1) % 9) + 1);
const lithuanianVat: Check = (value, length) => {
  const digits = length - 2;
  return value[length - 2] === 1 && twoStep(cycling(digits - 1, 1), cycling(digits - 1, 3), 2)(value, length);
};

const bsn: Check = (value, length) => {
  const weights = length === 9 ? [9, 8, 7, 6, 5, 4, 3, 2, -1] : [8, 7, 6, 5, 4, 3, 2, -1];
  return sum(value, weights) % 11 === 0 && numberAt(value, 0, length) > 0;
};
const dutchVat: Check = (value, length) =>
  sum(value, [9, 8, 7, 6, 5, 4, 3, 2, -1], 2) % 11 === 0 || mod97(value, length, 0) === 1;

const ukDriver: Check = (value) => {
  const month = numberAt(value, 6, 8);
  const pads = value.subarray(0, 5);
  const letters = pads.indexOf(9);
  const padded = letters === -1 || pads.subarray(letters).every((place) => place === 9);
  const initials = value[11] === 9 ? value[12] === 9 : true;
  return value[0]! > 9 && padded && initials && isDay(month > 50 ? month - 50 : month, numberAt(value, 8, 10));
};
const nino: Check = (value) => {
  const prefix = String.fromCharCode(value[0]! + 55, value[1]! + 55);
  return !['BG', 'GB', 'KN', 'NK', 'NT', 'TN', 'ZZ'].includes(prefix);
};
const ninoLetters = '[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]';
const utrChecks = [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1];
const utr: Check = (value) => value[0] === utrChecks[sum(value, [6, 7, 8, 9, 10, 5, 4, 3, 2], 1) % 11];
const ukVat: Check = (value) => {
  const rest = (sum(value, [8, 7, 6, 5, 4, 3, 2], 2) + numberAt(value, 9, 11)) % 97;
  return rest === 0 || rest === 42 || rest === 55;
};

const ahv: Check = (value) => sum(value, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;
const swissVat: Check = (value) => {
  const check = (11 - (sum(value, [5, 4, 3, 2, 7, 6, 5, 4], 3) % 11)) % 11;
  return check !== 10 && value[11] === check;
};
const begins = (number: string): Check => {
  const wanted = [...number].map(Number);
  return (value) => wanted.every((digit, index) => value[index] === digit);
};

export const europeNorth: Rules = {
  31: [form('n{8}'), strong('GBnna{4}n{14}', iban)],
  32: [form('n{6}')],
  33: [form('[A-Z9]{5}n{6}[A-Z9]{2}naa|[A-Z9]{5}n{6}[A-Z9]{2}naann', ukDriver)],
  34: [form('aan{1,4}')],
  35: [form('n{10}', complement([10, 9, 8, 7, 6, 5, 4, 3, 2], 11, { 11: 0, 10: -1 }))],
  36: [form(`${ninoLetters}n{6}[A-D]`, nino), weak(`${ninoLetters}n{6}`, nino)],
  37: [form('n{9}')],
  38: [form('0n{9,10}|44n{9,10}'), { shape: '44n{9,10}', counts: 'always', plus: true }],
  39: [form('n{10}|n{10}K', utr)],
  40: [form('GBn{9}|GBn{12}', ukVat), form('GBGDn{3}|GBHAn{3}')],
  52: [form('n{8}')],
  53: [form('an{7}')],
  54: [form('n{10}', austrianSsn)],
  55: [form('n{9}', luhn())],
  56: [form('ATUn{8}', austrianVat)],
  57: [form('n{10}')],
  58: [form('n{11}', belgian(12))],
  59: [form('aan{6}')],
  60: [form('n{11}', belgian(52))],
  61: [form('BE[01]n{9}', (value) => numberAt(value, 10, 12) === 97 - (numberAt(value, 2, 10) % 97))],
  103: [form('n{8}')],
  104: [form('n{10}', date6('dmy')), strong('n{10}', all(date6('dmy'), danish))],
  105: [form('n{10}', date6('dmy')), form('n{8}')],
  106: [form('DKn{8}', divides([2, 7, 6, 5, 4, 3, 2, 1], 11, 2))],
  107: [form('aan{6}')],
  108: [form('an{7}')],
  109: [form('n{11}', balticPerson)],
  110: [form('EEn{9}', divides([3, 7, 1, 3, 7, 1, 3, 7, 1], 10, 2))],
  111: [form(hetuShape, hetu)],
  112: [form('n{20}', begins('80246'))],
  113: [form(hetuShape, hetu)],
  114: [form('aan{7}')],
  115: [form('FIn{8}', divides([7, 9, 10, 5, 8, 4, 2, 1], 11, 2))],
  116: [form('n{10}x{11}nn', rib), form('FRnnn{10}x{11}nn', iban)],
  117: [form('n{12}')],
  118: [form('n{21}')],
  119: [form('n{15}|n{5}2[AB]n{8}', insee)],
  120: [form('n{12}|x{9}')],
  121: [form('nnaan{5}')],
  122: [form('[0-3]n{12}', (value) => numberAt(value, 10, 13) === numberAt(value, 0, 10) % 511)],
  123: [form('FRxxn{9}', frenchVat)],
  124: [form('DEn{20}', iban), weak('n{9,18}')],
  125: [form('xnnx{6}nx')],
  126: [form(`${germanSet}{9}|${germanSet}{9}n`)],
  127: [form(`[CFGHJKLMNPRTVWXYZ]${germanSet}{8}|[CFGHJKLMNPRTVWXYZ]${germanSet}{8}n`)],
  128: [
    form(
      '[1-9]n{10}',
      all(mod1110(), (value) => steuerDigits(value)),
    ),
  ],
  129: [form('DE[1-9]n{8}', mod1110(2))],
  140: [form('n{10}', icelandic)],
  141: [form('an{7}')],
  142: [form('ISn{5,6}')],
  146: [form('n{6}a{4}')],
  147: [form('xxn{7}')],
  148: [form('n{7}[A-W]|n{7}[A-W]a', ppsn())],
  149: [form('n{7}[A-W]|n{7}[A-W]a', ppsn())],
  150: [form('IEn{7}[A-W]|IEn{7}[A-W]a', ppsn(2)), form('IEnan{5}a')],
  161: [form('a{3}n{6}')],
  162: [form('xxn{7}')],
  163: [form('n{11}', latvianPerson())],
  164: [form('LVn{11}', latvianVat)],
  165: [form('aan{6,8}')],
  166: [form('an{5}')],
  167: [form('n{4,12}')],
  168: [form('n{8}')],
  169: [form('n{11}', balticPerson)],
  170: [form('n{9,10}'), form('n{11}', balticPerson)],
  171: [form('LTn{9}|LTn{12}', lithuanianVat)],
  172: [form('n{6}')],
  173: [form('n{13}', luxembourg)],
  174: [form('x{8}')],
  175: [form('n{13}', luxembourg)],
  176: [form('LUn{8}', (value) => numberAt(value, 8, 10) === numberAt(value, 2, 8) % 89)],
  190: [form('NLnna{4}n{10}', iban)],
  191: [form('n{8,9}', bsn)],
  192: [form('n{10}')],
  193: [form('aax{6}n')],
  194: [form('n{8,9}', bsn)],
  195: [form('NLn{9}Bnn', dutchVat)],
  199: [form('n{11}', norwegian)],
  200: [form('n{11}')],
  201: [form('n{20}', begins('80578'))],
  202: [form('n{11}', norwegian)],
  203: [form('NOn{9}MVA', divides([3, 2, 7, 6, 5, 4, 3, 2, 1], 11, 2))],
  248: [form('n{10}', swedish(0)), form('n{12}', swedish(2))],
  249: [form('n{8}')],
  250: [form('n{10}', swedish(0)), form('n{12}', swedish(2))],
  251: [form('n{10}', swedish(0)), form('n{12}', swedish(2))],
  252: [form('SEn{10}01', luhn(2, 12))],
  253: [form('756n{10}', ahv)],
  254: [form('n{20}', begins('80756'))],
  255: [form('ax{7}')],
  256: [form('CHEn{9}|CHEn{9}MWST|CHEn{9}TVA|CHEn{9}IVA', swissVat)],
};
