/** North and South America, and what is written alike everywhere. */
import { all, type Check, complement, iban, isDay, luhn, luhnSum, numberAt, sum } from '../checks.ts';
import type { Places } from '../shape.ts';
import { form, type Rules, strong, weak } from './form.ts';
import { rut } from './shared.ts';

/** Digits make up at least half of it. */
const mostlyDigits: Check = (value, length) => {
  let digits = 0;
  for (let index = 0; index < length; index += 1) if (value[index]! < 10) digits += 1;
  return digits * 2 >= length;
};

function issuer(value: Places, length: number): boolean {
  const two = numberAt(value, 0, 2);
  const three = numberAt(value, 0, 3);
  const four = numberAt(value, 0, 4);
  if (value[0] === 4) return length === 13 || length === 16 || length === 19;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16;
  if (two === 34 || two === 37) return length === 15;
  if (four === 6011 || (three >= 644 && three <= 649) || two === 65) return length >= 16;
  if (four >= 3528 && four <= 3589) return length >= 16;
  if ((three >= 300 && three <= 305) || two === 36 || two === 38) return length >= 14;
  return two === 62 && length >= 16;
}

/** Area, group and serial of a social security number. */
const ssn: Check = (value) => {
  const area = numberAt(value, 0, 3);
  const whole = numberAt(value, 0, 9);
  if (area === 0 || area === 666 || area >= 900 || numberAt(value, 3, 5) === 0 || numberAt(value, 5, 9) === 0)
    return false;
  return whole !== 78_051_120 && whole !== 219_099_999 && whole !== 457_555_462;
};

const itin: Check = (value) => {
  const group = numberAt(value, 3, 5);
  return (
    value[0] === 9 && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) || (group >= 90 && group !== 93))
  );
};

const cnpj = all(
  complement([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], 11, { 10: 0, 11: 0 }),
  complement([6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], 11, { 10: 0, 11: 0 }),
);

const cpf = all(
  complement([10, 9, 8, 7, 6, 5, 4, 3, 2], 11, { 10: 0, 11: 0 }),
  complement([11, 10, 9, 8, 7, 6, 5, 4, 3, 2], 11, { 10: 0, 11: 0 }),
  (value) => value.subarray(0, 11).some((digit) => digit !== value[0]),
);

const cuitPrefix = new Uint8Array(100);
for (const prefix of [20, 23, 24, 27, 30, 33, 34, 50, 51, 55]) cuitPrefix[prefix] = 1;

const nitWeights = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];
const nit: Check = (value, length) => {
  let total = 0;
  for (let index = length - 2, step = 0; index >= 0; index -= 1, step += 1) total += value[index]! * nitWeights[step]!;
  const rest = total % 11;
  return value[length - 1] === (rest < 2 ? rest : 11 - rest);
};

/** Places of the Mexican alphabets: Ñ and & stand between the letters, blanks behind them. */
const mexican = (place: number, shift: number): number => (place >= 24 ? place + shift : place);

const rfc: Check = (value, length) => {
  const pad = 13 - length;
  let total = pad === 1 ? 37 * 13 : 0;
  for (let index = 0; index < length - 1; index += 1) {
    total += mexican(value[index]!, 1) * (13 - pad - index);
  }
  const check = 11 - (total % 11);
  const dated = length - 9;
  if (!isDay(numberAt(value, dated + 2, dated + 4), numberAt(value, dated + 4, dated + 6))) return false;
  return value[length - 1] === (check === 11 ? 0 : check);
};

const curp: Check = (value) => {
  let total = 0;
  for (let index = 0; index < 17; index += 1) total += mexican(value[index]!, 1) * (18 - index);
  return isDay(numberAt(value, 6, 8), numberAt(value, 8, 10)) && value[17] === (10 - (total % 10)) % 10;
};

const clabe: Check = (value) => {
  let total = 0;
  for (let index = 0; index < 17; index += 1) total += (value[index]! * [3, 7, 1][index % 3]!) % 10;
  return value[17] === (10 - (total % 10)) % 10;
};

const rifSeries: Readonly<Record<number, number>> = { 31: 4, 14: 8, 19: 12, 25: 16, 16: 20 };
const rif: Check = (value) => {
  const check = 11 - ((rifSeries[value[0]!]! + sum(value, [3, 2, 7, 6, 5, 4, 3, 2], 1)) % 11);
  return value[9] === (check > 9 ? 0 : check);
};

const medicareLetter = '[AC-HJKMNP-RT-Y]';
const medicareEither = '[0-9AC-HJKMNP-RT-Y]';

export const americas: Rules = {
  12: [form('n{13,19}', (value, length) => issuer(value, length) && luhnSum(value, 0, length) % 10 === 0)],
  15: [form('[2-9]n{2}[2-9]n{6}|1[2-9]n{2}[2-9]n{6}'), { shape: '[1-9]n{7,14}', counts: 'always', plus: true }],
  16: [form('n{9}|an{8}')],
  17: [weak('n{9}', ssn)],
  18: [weak('n{9}', itin)],
  19: [form('n{6,17}')],
  20: [form('x{4,19}', mostlyDigits)],
  21: [form('[A-V]n{4}')],
  22: [weak('n{10,11}')],
  23: [form('[12]n{9}', (value) => (luhnSum(value, 0, 10) + 24) % 10 === 0)],
  24: [
    form('a[A-Z9]n{7}', (value) => {
      const total = value[2]! + value[4]! + value[6]! + 2 * (value[3]! + value[5]! + value[7]!);
      return total % 10 === value[8];
    }),
  ],
  25: [form('n{9}a|n{9}ax|a{1,3}n{6}|a{1,3}n{9}')],
  26: [form(`[1-9]${medicareLetter}${medicareEither}n${medicareLetter}${medicareEither}n${medicareLetter}{2}nn`)],
  43: [form('Pn{8}')],
  44: [form('n{5}|n{4}[FTUM]')],
  45: [
    form(
      'n{11}',
      all(
        (value) => cuitPrefix[numberAt(value, 0, 2)] === 1,
        complement([5, 4, 3, 2, 7, 6, 5, 4, 3, 2], 11, { 11: 0, 10: 9 }),
      ),
    ),
  ],
  63: [form('n{9,17}'), strong('BRn{25}ax', iban)],
  64: [form('n{7,9}|n{6,8}X')],
  65: [form('n{14}', cnpj)],
  66: [form('n{11}', cpf)],
  67: [form('n{8}')],
  71: [form('an{14}|n{5,15}|x{5,15}', mostlyDigits)],
  72: [form('x{7,15}', mostlyDigits)],
  73: [form('aan{6}|an{6}aa')],
  74: [form('aan{7,10}')],
  75: [form('n{9,12}')],
  76: [form('[1-79]n{8}', luhn())],
  77: [form('n{8,9}|n{7,8}K', rut)],
  78: [form('n{8,9}|n{7,8}K', rut)],
  89: [form('n{6,10}')],
  90: [form('n{9,16}', nit)],
  184: [form('n{18}', clabe)],
  185: [form('x{6,15}', mostlyDigits)],
  186: [form('an{8}')],
  187: [form('a{3,4}n{6}x{2}[0-9A]', rfc)],
  188: [form('a{4}n{6}[HM]aa[B-DF-HJ-NP-TV-Z]{3}xn', curp)],
  266: [form('n{6,9}|[VE]n{6,9}')],
  267: [form('[VE]n{6,9}')],
  268: [form('[VEJPG]n{9}', rif)],
};
