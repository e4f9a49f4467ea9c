/** Southern, central and eastern Europe. */
import {
  all,
  type Check,
  complement,
  divides,
  iban,
  isDay,
  isShiftedDay,
  luhn,
  mod1110,
  numberAt,
  remainder,
  sum,
  twoStep,
} from '../checks.ts';
import type { Places } from '../shape.ts';
import { form, type Rules } from './form.ts';
import { birthNumber, cif, dni, jmbg, klm, nie } from './shared.ts';

const egnShifts = [0, 20, 40];
const egnDate = (value: Places, from: number): boolean =>
  isShiftedDay(numberAt(value, from + 2, from + 4), numberAt(value, from + 4, from + 6), egnShifts);
const egn =
  (from = 0): Check =>
  (value, length) =>
    egnDate(value, from) && remainder([2, 4, 8, 5, 10, 9, 7, 3, 6], 11, from)(value, length);
const bulgarianVat: Check = (value, length) => {
  if (length === 11) return twoStep([1, 2, 3, 4, 5, 6, 7, 8], [3, 4, 5, 6, 7, 8, 9, 10], 2)(value, length);
  if (egn(2)(value, length)) return true;
  const check = (11 - (sum(value, [4, 3, 2, 7, 6, 5, 4, 3, 2], 2) % 11)) % 11;
  return value[11] === check % 10;
};

const cyprusOdd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
const cyprus =
  (from = 0): Check =>
  (value) => {
    let total = 0;
    for (let index = 0; index < 8; index += 1) {
      const digit = value[from + index]!;
      total += index % 2 === 0 ? cyprusOdd[digit]! : digit;
    }
    return value[from + 8] === (total % 26) + 10;
  };

const czechVat: Check = (value, length) => {
  if (length > 10) return birthNumber(2)(value, length);
  const check = 11 - (sum(value, [8, 7, 6, 5, 4, 3, 2], 2) % 11);
  return value[9] === (check === 10 ? 0 : check === 11 ? 1 : check) || (check === 11 && value[9] === 0);
};

const greekTax =
  (from = 0): Check =>
  (value, length) =>
    remainder([256, 128, 64, 32, 16, 8, 4, 2], 11, from)(value, length);

const fiscalLetters = 'LMNPQRSTUV';
const fiscalOdd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
const fiscalOddLetters = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
const fiscalDigit = (place: number): number =>
  place < 10 ? place : fiscalLetters.indexOf(String.fromCharCode(place + 55));
const fiscalCode: Check = (value) => {
  const day = fiscalDigit(value[9]!) * 10 + fiscalDigit(value[10]!);
  if (!((day >= 1 && day <= 31) || (day >= 41 && day <= 71))) return false;
  let total = 0;
  for (let index = 0; index < 15; index += 1) {
    const place = value[index]!;
    if (index % 2 === 0) total += place < 10 ? fiscalOdd[place]! : fiscalOddLetters[place - 10]!;
    else total += place < 10 ? place : place - 10;
  }
  return value[15] === (total % 26) + 10;
};
const fiscalDigits = '[0-9L-NP-V]';
const fiscalShape = `a{6}${fiscalDigits}{2}[A-EHLMPR-T]${fiscalDigits}{2}a${fiscalDigits}{3}a`;

const pesel: Check = (value) => {
  const month = numberAt(value, 2, 4) % 20;
  if (!isDay(month, numberAt(value, 4, 6))) return false;
  return value[10] === (10 - (sum(value, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10;
};
const nip =
  (from = 0): Check =>
  (value) =>
    sum(value, [6, 5, 7, 2, 3, 4, 5, 6, 7], from) % 11 === value[from + 9];
const regon: Check = (value, length) =>
  length === 9
    ? remainder([8, 9, 2, 3, 4, 5, 6, 7], 11)(value, length)
    : remainder([2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8], 11)(value, length);

/** Luhn over letters and digits. */
const citizenCard: Check = (value, length) => {
  let total = 0;
  for (let index = 0; index < length; index += 1) {
    const place = value[index]!;
    const doubled = (length - index) % 2 === 0;
    total += doubled ? (place * 2 > 9 ? place * 2 - 9 : place * 2) : place;
  }
  return total % 10 === 0;
};
const portugueseTax =
  (from = 0): Check =>
  (value) => {
    const check = (11 - (sum(value, [9, 8, 7, 6, 5, 4, 3, 2], from) % 11)) % 11;
    return value[from + 8] === check % 10 && value[from]! !== 0;
  };

const cnp: Check = (value) => {
  if (value[0] === 0 || !isDay(numberAt(value, 3, 5), numberAt(value, 5, 7))) return false;
  const rest = sum(value, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
  return value[12] === (rest === 10 ? 1 : rest);
};
const romanianVat: Check = (value, length) => {
  const weights = [7, 5, 3, 2, 1, 7, 5, 3, 2];
  let total = 0;
  for (let index = length - 2, step = 8; index >= 2; index -= 1, step -= 1) total += value[index]! * weights[step]!;
  return value[length - 1] === ((10 * total) % 11) % 10;
};

const slovenianTax = (from = 0): Check => complement([8, 7, 6, 5, 4, 3, 2], 11, { 10: 0, 11: -1 }, from);

const cccWeights = [1, 2, 4, 8, 5, 10, 9, 7, 3, 6];
const cccDigit = (total: number): number => {
  const digit = 11 - (total % 11);
  return digit === 11 ? 0 : digit === 10 ? 1 : digit;
};
const ccc: Check = (value) =>
  value[8] === cccDigit(sum(value, cccWeights.slice(2))) && value[9] === cccDigit(sum(value, cccWeights, 10));
const spanishSsn: Check = (value) => {
  const number = numberAt(value, 2, 10);
  const whole = number < 10_000_000 ? numberAt(value, 0, 2) * 10_000_000 + number : numberAt(value, 0, 10);
  return numberAt(value, 10, 12) === whole % 97;
};
const nifForms = (prefix: string) => {
  const from = prefix.length;
  return [
    form(`${prefix}n{8}a`, dni(from)),
    form(`${prefix}[XYZ]n{7}a`, nie(from)),
    form(`${prefix}[KLM]n{7}a`, klm(from)),
    form(`${prefix}[A-HJNP-SUVW]n{7}[0-9A-J]`, cif(from)),
  ];
};

const ukrainian: Check = (value) => {
  const rest = ((sum(value, [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11) + 11) % 11;
  return value[9] === rest % 10;
};

export const europeSouth: Rules = {
  62: jmbg(10, 19),
  68: [form('n{9}')],
  69: [form('n{10}', egn())],
  70: [form('BGn{9}|BGn{10}', bulgarianVat)],
  91: [form('n{8}')],
  92: [form('n{9}')],
  93: [form('n{9}')],
  94: [form('n{11}', mod1110())],
  95: [form('n{12}')],
  96: [form('n{5,10}')],
  97: [form('an{6,8}')],
  98: [form('n{8}a', cyprus())],
  99: [form('CYn{8}a', cyprus(2))],
  100: [form('aan{6}')],
  101: [form('n{10}', birthNumber()), { shape: 'n{9}', check: birthNumber(), counts: 'below a keyword' }],
  102: [form('CZn{8,10}', czechVat)],
  130: [form('n{9}')],
  131: [form('aan{7}')],
  132: [
    form(
      'n{11}',
      all((value) => isDay(numberAt(value, 2, 4), numberAt(value, 0, 2)), luhn()),
    ),
  ],
  133: [form('n{9}', greekTax())],
  134: [form('ELn{9}', greekTax(2))],
  135: [form('aan{6}')],
  136: [form('aan{6,7}')],
  137: [form('n{9}', (value) => sum(value, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === value[8])],
  138: [form('8n{9}', (value) => sum(value, [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 === value[9])],
  139: [form('HUn{8}', divides([9, 7, 3, 1, 9, 7, 3, 1], 10, 2))],
  152: [form('ITnnan{10}x{12}', iban)],
  153: [form('a[AV]x{7}a')],
  154: [form(fiscalShape, fiscalCode)],
  155: [form('xxn{7}')],
  156: [form('ITn{11}', luhn(2))],
  160: jmbg(91, 96),
  177: jmbg(41, 49),
  180: [form('aan{6}')],
  181: [form('n{3,7}[ABGHLMPZ]')],
  182: [form('n{3,7}[ABGHLMPZ]|n{9}')],
  183: [form('MTn{8}', divides([3, 4, 6, 7, 8, 9, 10, 1], 37, 2))],
  189: jmbg(20, 29),
  206: [form('n{11}')],
  207: [form('a{3}n{6}', divides([7, 3, 1, 9, 7, 3, 1, 7, 3], 10))],
  208: [form('aan{7}')],
  209: [form('n{9}|n{14}', regon)],
  210: [form('n{11}', pesel)],
  211: [form('n{10}', nip())],
  212: [form('PLn{10}', nip(2))],
  213: [form('a{1,2}n{5,9}|n{5,9}')],
  214: [form('n{9}xxn', citizenCard)],
  215: [form('an{6}')],
  216: [form('n{9}', portugueseTax())],
  217: [form('PTn{9}', portugueseTax(2))],
  218: [form('an{8}')],
  219: [form('n{13}', cnp)],
  220: [form('n{8,9}')],
  221: [form('ROn{2,10}', romanianVat)],
  222: jmbg(70, 79),
  223: [form('n{9}', mod1110())],
  224: jmbg(80, 89),
  229: [form('an{7}')],
  230: [form('n{10}', birthNumber()), { shape: 'n{9}', check: birthNumber(), counts: 'below a keyword' }],
  231: [form('xn{7}')],
  232: [form('SKn{10}', (value) => numberAt(value, 2, 12) % 11 === 0)],
  233: [form('n{9}')],
  234: [form('aan{7}')],
  235: [form('[1-9]n{7}', slovenianTax())],
  236: jmbg(50, 59),
  237: [form('SI[1-9]n{7}', slovenianTax(2))],
  239: [form('n{20}', ccc), form('ESn{22}', iban)],
  240: [form('n{8}a', dni())],
  241: [form('n{8}a', dni()), form('[XYZ]n{7}a', nie())],
  242: [form('[XYZ]n{7}a', nie())],
  243: nifForms(''),
  244: [form('a{2,3}n{6}')],
  245: [form('n{12}', spanishSsn)],
  246: nifForms('ES'),
  262: [form('n{10}', ukrainian)],
  263: [form('n{9}')], // with two Cyrillic letters: see the special rules
  264: [form('aan{6}')],
};
