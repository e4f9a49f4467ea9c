/** Asia, the Pacific and Africa. */
import { all, type Check, date6, date8, isDay, luhn, numberAt, sum, verhoeff } from '../checks.ts';
import { form, type Rules, weak } from './form.ts';
import { nric } from './shared.ts';

/** Weight n + 1 for the six digits at the right of the check, n − 5 for the five before them. */
const myNumber: Check = (value) => {
  const rest = sum(value, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return value[11] === (rest <= 1 ? 0 : 11 - rest);
};
const japanLicence: Check = (value) => {
  const rest = sum(value, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return value[10] === (rest <= 1 ? 0 : 11 - rest);
};

const abnWeights = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];
const abn: Check = (value) => (sum(value, abnWeights) - 10) % 89 === 0;

const chineseCheck = [1, 0, 33, 9, 8, 7, 6, 5, 4, 3, 2];
const chineseId: Check = (value, length) =>
  value[17] === chineseCheck[sum(value, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] &&
  value[0]! > 0 &&
  date8(6)(value, length);

/** One letter counts 8 times, behind an absent one that counts 36. */
const hongKong: Check = (value, length) => {
  const first = length === 8 ? 36 * 9 : value[0]! * 9;
  const from = length === 8 ? 0 : 1;
  return (first + sum(value, [8, 7, 6, 5, 4, 3, 2, 1], from)) % 11 === 0;
};

const taiwanLetters = [
  10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33,
];
const taiwan: Check = (value) => {
  const letter = taiwanLetters[value[0]! - 10]!;
  const total = Math.floor(letter / 10) + (letter % 10) * 9 + sum(value, [8, 7, 6, 5, 4, 3, 2, 1, 1], 1);
  return total % 10 === 0;
};

const aadhaar: Check = (value) => {
  let mirrored = true;
  for (let index = 0; index < 6; index += 1) mirrored &&= value[index] === value[11 - index];
  return !mirrored && verhoeff(value, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
};

const koreanWeights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/** Numbers that were given out since October 2020 carry no check: a birthday from then on needs none. */
const korean =
  (series: readonly number[], base: number): Check =>
  (value, length) => {
    if (!series.includes(value[6]!) || !date6('ymd')(value, length)) return false;
    return value[12] === (base - (sum(value, koreanWeights) % 11)) % 10;
  };

const uenLetters = {
  business: [...'XMKECAWLJDB'].map((letter) => letter.charCodeAt(0) - 55),
  local: [...'ZKCMDNERGWH'].map((letter) => letter.charCodeAt(0) - 55),
  /** Its own order of letters and digits: places of this text. */
  other: 'ABCDEFGHJKLMNPQRSTUVWX0123456789',
};
const uenPlace = Array.from({ length: 36 }, (_, place) =>
  uenLetters.other.indexOf(place < 10 ? String(place) : String.fromCharCode(place + 55)),
);
const uenOther: Check = (value) => {
  let total = 0;
  for (const [index, weight] of [4, 3, 5, 3, 10, 2, 2, 5, 7].entries()) total += uenPlace[value[index]!]! * weight;
  return uenPlace[value[9]!] === (((total - 5) % 11) + 11) % 11;
};

const nhi: Check = (value) => {
  // I and O are left out of the letters, which count from 1.
  const worth = (place: number): number => place - 9 - (place > 18 ? 1 : 0) - (place > 24 ? 1 : 0);
  const total =
    worth(value[0]!) * 7 + worth(value[1]!) * 6 + worth(value[2]!) * 5 + value[3]! * 4 + value[4]! * 3 + value[5]! * 2;
  const rest = total % 11;
  return rest !== 0 && value[6] === (11 - rest) % 10;
};

const ird: Check = (value, length) => {
  const from = length === 9 ? 0 : -1;
  const at = (index: number): number => (index + from < 0 ? 0 : value[index + from]!);
  const weigh = (weights: readonly number[]): number => {
    let total = 0;
    for (let index = 0; index < 8; index += 1) total += (from === -1 ? at(index) : value[index]!) * weights[index]!;
    return (11 - (total % 11)) % 11;
  };
  let check = weigh([3, 2, 7, 6, 5, 4, 3, 2]);
  if (check === 10) check = weigh([7, 4, 3, 2, 5, 2, 7, 6]);
  return check === value[length - 1];
};

const tfn: Check = (value, length) =>
  sum(value, length === 9 ? [1, 4, 3, 7, 5, 8, 6, 9, 10] : [10, 7, 8, 4, 6, 3, 5, 1]) % 11 === 0;

export const asia: Rules = {
  27: [form('n{7}|n{14}')],
  28: [form('n{12}', japanLicence)],
  29: [form('n{12}', myNumber)],
  30: [form('aan{7}')],
  46: [form('[1-9]n{10}', abn)],
  47: [form('n{9}', (value) => value[8] === (10 - (sum(value, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10)],
  48: [form('n{6,10}|an{5,9}|aan{4,8}')],
  49: [form('[2-6]n{9,10}', (value) => sum(value, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === value[8])],
  50: [form('a{1,2}n{7}')],
  51: [form('n{8,9}', tfn)],
  79: [form('n{17}[0-9X]', chineseId)],
  81: [form('[HM]n{8}|[HM]n{10}')],
  82: [form('n{8}|n{10}a')],
  83: [form('[EGDPS]n{8}|Ean{7}')],
  84: [form('1[3-9]n{9}|861[3-9]n{9}'), weak('0n{9,11}')],
  85: [form('an{6}[0-9A]|aan{6}[0-9A]', hongKong)],
  86: [form('[157]n{7}')],
  87: [form('a[1289]n{8}', taiwan)],
  88: [form('n{9}')],
  143: [form('[2-9]n{11}', aadhaar)],
  144: [form('a{3}[ABCFGHJKLPT]an{4}a')],
  145: [
    form('n{16}', (value) => {
      const day = numberAt(value, 6, 8);
      return isDay(numberAt(value, 8, 10), day > 40 ? day - 40 : day);
    }),
  ],
  151: [form('n{5,9}', luhn())],
  157: [form('[MSRODG]n{8}|an{3}an{4}')],
  158: [form('n{13}', korean([1, 2, 3, 4, 9, 0], 11))],
  159: [form('n{13}', korean([5, 6, 7, 8], 13))],
  178: [form('n{12}', date6('ymd'))],
  179: [form('[AHK]n{8}')],
  196: [form('aan{6}')],
  197: [form('[A-HJ-NP-Z]{3}n{4}', nhi), weak('[A-HJ-NP-Z]{3}n{2}[A-HJ-NP-Z]{2}')],
  198: [form('n{8,9}', ird)],
  204: [form('an{10}')],
  205: [form('Pn{7}a|aan{6,7}')],
  225: [form('[STFGM]n{7}a', nric)],
  226: [form('[STFGM]n{7}a', nric)],
  227: [form('[EK]n{7}a')],
  228: [
    form('n{8}a', (value) => value[8] === uenLetters.business[sum(value, [10, 4, 9, 3, 8, 2, 7, 1]) % 11]),
    form('[12]n{8}a', (value) => value[9] === uenLetters.local[sum(value, [10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11]),
    form('[RST]nnaan{4}[A-HJ-NP-X0-9]', uenOther),
  ],
  238: [form('n{13}', all(date6('ymd'), luhn()))],
  247: [form('n{9}[VX]|n{12}')],
  257: [form('a{1,2}n{6,7}')],
  258: [
    form('[1-8]n{12}', (value) => {
      const rest = sum(value, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
      return value[12] === (11 - rest) % 10;
    }),
  ],
  259: [
    form('[1-9]n{10}', (value) => {
      const odd = value[0]! + value[2]! + value[4]! + value[6]! + value[8]!;
      const even = value[1]! + value[3]! + value[5]! + value[7]!;
      const tenth = (7 * odd - even) % 10;
      return value[9] === (tenth + 10) % 10 && value[10] === (odd + even + value[9]!) % 10;
    }),
  ],
  260: [form('an{8}')],
  261: [
    form('n{10}', (value) => {
      let total = 0;
      for (let step = 1; step <= 9; step += 1) {
        const shifted = (value[9 - step]! + step) % 10;
        const rest = (shifted * 2 ** step) % 9;
        total += shifted !== 0 && rest === 0 ? 9 : rest;
      }
      return value[9] === (10 - (total % 10)) % 10;
    }),
  ],
  265: [form('784n{12}', luhn())],
};
