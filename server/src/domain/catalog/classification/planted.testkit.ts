/**
 * Columns with planted personal data, and decoys that look like some: made from a seed, check digits by formulas of their
 * own, so that a mistake in a rule is not made twice.
 */

export interface PlantedColumn {
  readonly name: string;
  /** Null: a decoy. */
  readonly kind: string | null;
  readonly values: readonly (string | null)[];
}

/** mulberry32. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }
  pick<T>(of: readonly T[]): T {
    return of[this.between(0, of.length - 1)]!;
  }
  digits(count: number): string {
    return Array.from({ length: count }, () => this.between(0, 9)).join('');
  }
  letters(count: number, of = 'ABCDEFGHJKLMNPRSTUVWXYZ'): string {
    return Array.from({ length: count }, () => this.pick([...of])).join('');
  }
  date(): { y: string; m: string; d: string } {
    const two = (n: number): string => String(n).padStart(2, '0');
    return { y: String(this.between(1940, 2004)), m: two(this.between(1, 12)), d: two(this.between(1, 28)) };
  }
}

const dot = (text: string, weights: readonly number[]): number =>
  weights.reduce((total, weight, index) => total + weight * Number(text[index]), 0);

function withLuhn(body: string): string {
  let total = 0;
  [...body].reverse().forEach((digit, index) => {
    const twice = Number(digit) * (index % 2 === 0 ? 2 : 1);
    total += Math.floor(twice / 10) + (twice % 10);
  });
  return body + ((10 - (total % 10)) % 10);
}

/** Makes bodies until one has a check digit. */
function until(make: () => string | null): string {
  for (;;) {
    const made = make();
    if (made !== null) return made;
  }
}

function ibanOf(country: string, account: string): string {
  const text = [...`${account}${country}00`].map((one) => (one <= '9' ? one : String(one.charCodeAt(0) - 55))).join('');
  return country + String(98n - (BigInt(text) % 97n)).padStart(2, '0') + account;
}

function verhoeffOf(body: string): string {
  // The dihedral group of order ten by its rule instead of its table.
  const times = (a: number, b: number): number => {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + ((a + b - 5) % 5);
    return b < 5 ? 5 + ((a - 5 - b + 5) % 5) : (a - b + 10) % 5;
  };
  const step = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
  const permute = (digit: number, count: number): number => {
    let result = digit;
    for (let index = 0; index < count; index += 1) result = step[result]!;
    return result;
  };
  for (let check = 0; check <= 9; check += 1) {
    const whole = [...body, String(check)].reverse();
    if (whole.reduce((state, digit, index) => times(state, permute(Number(digit), index)), 0) === 0)
      return body + check;
  }
  throw new Error('No digit fits.');
}

const given = ['James', 'Maria', 'Robert', 'Linda', 'David', 'Anna', 'Thomas', 'Laura', 'Hans', 'Sofia'];
const family = ['Smith', 'Garcia', 'Schmidt', 'Rossi', 'Silva', 'Jones', 'Kumar', 'Novak', 'Dubois', 'Tanaka'];

export const generators: Readonly<Record<string, { headers: readonly [string, string]; make: (r: Random) => string }>> =
  {
    EMAIL: {
      headers: ['email_address', 'c_01'],
      make: (r) =>
        `${r.letters(6).toLowerCase()}.${r.digits(2)}@${r.letters(7).toLowerCase()}.${r.pick(['com', 'org', 'co.uk'])}`,
    },
    CREDIT_CARD: {
      headers: ['card_number', 'c_02'],
      make: (r) => {
        const card = withLuhn(r.pick(['4', '51', '55', '2345']).padEnd(15, r.digits(15)));
        return r.next() < 0.5 ? card : card.replace(/(.{4})(?=.)/g, '$1 ');
      },
    },
    USA_SSN: {
      headers: ['ssn', 'c_03'],
      make: (r) => `${r.between(100, 665)}-${r.between(10, 99)}-${r.between(1000, 9999)}`,
    },
    UK_NATIONAL_HEALTH_SERVICE_NUMBER: {
      headers: ['nhs_number', 'c_04'],
      make: (r) =>
        until(() => {
          const body = r.digits(9);
          const check = 11 - (dot(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
          return check === 10 ? null : `${body.slice(0, 3)} ${body.slice(3, 6)} ${body.slice(6)}${check % 11}`;
        }),
    },
    CHINA_IDENTIFICATION: {
      headers: ['identity_card', 'c_05'],
      make: (r) => {
        const { y, m, d } = r.date();
        const body = `${r.between(110_000, 659_999)}${y}${m}${d}${r.digits(3)}`;
        return body + '10X98765432'[dot(body, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11];
      },
    },
    CHINA_PHONE_NUMBER: { headers: ['mobile', 'c_06'], make: (r) => `1${r.between(3, 9)}${r.digits(9)}` },
    FRANCE_INSEE_CODE: {
      headers: ['nir', 'c_07'],
      make: (r) => {
        const { y, m } = r.date();
        const body = `${r.between(1, 2)}${y.slice(2)}${m}${r.between(10, 95)}${r.digits(6)}`;
        return body + String(97 - (Number(body) % 97)).padStart(2, '0');
      },
    },
    SPAIN_DNI: {
      headers: ['dni', 'c_08'],
      make: (r) => {
        const body = r.digits(8);
        return `${body}-${'TRWAGMYFPDXBNJZSQVHLCKE'[Number(body) % 23]}`;
      },
    },
    BRAZIL_NATURAL_PERSON_REGISTRY_NUMBER: {
      headers: ['cpf', 'c_09'],
      make: (r) => {
        const digit = (text: string): string => {
          const rest =
            (dot(
              text,
              Array.from({ length: text.length }, (_, index) => text.length + 1 - index),
            ) *
              10) %
            11;
          return text + (rest % 10);
        };
        const whole = digit(digit(r.digits(9)));
        return whole.replace(/^(...)(...)(...)(..)$/, '$1.$2.$3-$4');
      },
    },
    BRAZIL_NATIONAL_REGISTRY_OF_LEGAL_ENTITIES_NUMBER: {
      headers: ['cnpj', 'c_10'],
      make: (r) => {
        const digit = (text: string): string => {
          let total = 0;
          for (
            let index = text.length - 1, weight = 2;
            index >= 0;
            index -= 1, weight = weight === 9 ? 2 : weight + 1
          ) {
            total += Number(text[index]) * weight;
          }
          return text + (total % 11 < 2 ? 0 : 11 - (total % 11));
        };
        return digit(digit(`${r.digits(8)}0001`));
      },
    },
    POLAND_SSN: {
      headers: ['pesel', 'c_11'],
      make: (r) => {
        const { y, m, d } = r.date();
        const month = Number(y) >= 2000 ? Number(m) + 20 : Number(m);
        const body = `${y.slice(2)}${String(month).padStart(2, '0')}${d}${r.digits(4)}`;
        return body + ((10 - (dot(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10);
      },
    },
    NETHERLANDS_BANK_ACCOUNT: {
      headers: ['iban', 'c_12'],
      make: (r) => ibanOf('NL', `${r.pick(['ABNA', 'INGB', 'RABO'])}${r.digits(10)}`),
    },
    AUSTRALIA_BUSINESS_NUMBER: {
      headers: ['abn', 'c_13'],
      make: (r) =>
        until(() => {
          const body = `${r.between(1, 9)}${r.digits(10)}`;
          const shifted = `${Number(body[0]) - 1}${body.slice(1)}`;
          return dot(shifted, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 === 0 ? body : null;
        }),
    },
    INDIA_AADHAAR_NUMBER: {
      headers: ['aadhaar', 'c_14'],
      make: (r) => verhoeffOf(`${r.between(2, 9)}${r.digits(10)}`),
    },
    IP_ADDRESS: {
      headers: ['client_ip', 'c_15'],
      make: (r) => `${r.between(1, 223)}.${r.between(0, 255)}.${r.between(0, 255)}.${r.between(1, 254)}`,
    },
    MAC_ADDRESS: {
      headers: ['mac', 'c_16'],
      make: (r) => Array.from({ length: 6 }, () => r.between(0, 255).toString(16).padStart(2, '0')).join(':'),
    },
    TURKEY_NATIONAL_IDENTIFICATION_NUMBER: {
      headers: ['tckn', 'c_17'],
      make: (r) => {
        const body = `${r.between(1, 9)}${r.digits(8)}`;
        const at = (index: number): number => Number(body[index]);
        const odd = at(0) + at(2) + at(4) + at(6) + at(8);
        const even = at(1) + at(3) + at(5) + at(7);
        const tenth = (((odd * 7 - even) % 10) + 10) % 10;
        return `${body}${tenth}${(odd + even + tenth) % 10}`;
      },
    },
    SWEDEN_PERSONAL_IDENTIFICATION_NUMBER: {
      headers: ['personnummer', 'c_18'],
      make: (r) => {
        const { y, m, d } = r.date();
        const whole = withLuhn(`${y.slice(2)}${m}${d}${r.digits(3)}`);
        return `${whole.slice(0, 6)}-${whole.slice(6)}`;
      },
    },
    PERSON_NAME: { headers: ['full_name', 'customer_name'], make: (r) => `${r.pick(given)} ${r.pick(family)}` },
    USA_PASSPORT_NUMBER: {
      headers: ['passport_no', 'passport_number'],
      make: (r) => (r.next() < 0.5 ? r.digits(9) : r.letters(1) + r.digits(8)),
    },
  };

const words = 'red blue steel copper box lamp table chair delta north field order ship late early paid open'.split(' ');
const two = (n: number): string => String(n).padStart(2, '0');

/** What decoys hold. */
const decoys: readonly (readonly [name: string, make: (r: Random, row: number) => string])[] = [
  ...[6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18].map(
    (length) => [`reference_${length}`, (r: Random) => r.digits(length)] as const,
  ),
  ['order_number', (_r, row) => `ORD-2024-${String(row + 1000).padStart(6, '0')}`],
  ['order_id', (_r, row) => String(4_000_017 + row)],
  ['invoice', (r, row) => `INV${r.between(20, 24)}-${10_000 + row}`],
  ['sequence', (_r, row) => String(row + 1)],
  ['big_sequence', (_r, row) => String(7_000_000_001 + row * 3)],
  ['created', (r) => `${r.between(1990, 2024)}-${two(r.between(1, 12))}-${two(r.between(1, 28))}`],
  ['shipped', (r) => `${two(r.between(1, 28))}.${two(r.between(1, 12))}.${r.between(1990, 2024)}`],
  ['due', (r) => `${r.between(1, 12)}/${r.between(1, 28)}/${r.between(1990, 2024)}`],
  ['compact_day', (r) => `${r.between(1990, 2024)}${two(r.between(1, 12))}${two(r.between(1, 28))}`],
  [
    'modified',
    (r) =>
      `2024-${two(r.between(1, 12))}-${two(r.between(1, 28))} ${two(r.between(0, 23))}:${two(r.between(0, 59))}:00`,
  ],
  ['epoch', (r) => String(1_600_000_000 + r.between(0, 150_000_000))],
  ['epoch_ms', (r) => String(1_600_000_000_000 + r.between(0, 150_000_000) * 1000 + r.between(0, 999))],
  ['price', (r) => (r.next() * 10_000).toFixed(2)],
  ['balance', (r) => (r.next() * 2_000_000 - 1_000_000).toFixed(4)],
  ['latitude', (r) => (r.next() * 180 - 90).toFixed(7)],
  ['percentage', (r) => `${r.between(0, 100)}%`],
  ['sku', (r) => `${r.letters(2)}-${r.digits(6)}`],
  ['part', (r) => `${r.letters(1)}${r.digits(7)}`],
  ['serial', (r) => r.letters(3) + r.digits(6)],
  ['release', (r) => `${r.between(0, 9)}.${r.between(0, 20)}.${r.between(0, 99)}`],
  ['status', (r) => r.pick(['open', 'paid', 'late', 'void'])],
  ['flag', (r) => r.pick(['true', 'false'])],
  ['remark', (r) => Array.from({ length: 8 }, () => r.pick(words)).join(' ')],
  ['note', (r) => `${r.pick(words)} ${r.digits(6)} ${r.pick(words)} ${r.digits(8)}`],
  ['product', (r) => `${r.pick(['Steel', 'Blue', 'Copper'])} ${r.pick(['Lamp', 'Table', 'Chair'])}`],
  ['uuid', (r) => [8, 4, 4, 4, 12].map((n) => r.letters(n, '0123456789abcdef')).join('-')],
  ['hash', (r) => r.letters(32, '0123456789abcdef')],
  ['path', (r) => `/var/data/${r.digits(4)}/${r.pick(words)}.txt`],
];

/** Forty columns of twenty kinds and forty decoys, in one order. */
export function plantedColumns(seed: number, rows: number): PlantedColumn[] {
  const random = new Random(seed);
  const fill = (make: (row: number) => string): (string | null)[] =>
    Array.from({ length: rows }, (_, row) => (random.next() < 0.1 ? null : make(row)));
  const planted = Object.entries(generators).flatMap(([kind, { headers, make }]) =>
    headers.map((name): PlantedColumn => ({ name, kind, values: fill(() => make(random)) })),
  );
  const looking = decoys.map(
    ([name, make]): PlantedColumn => ({ name, kind: null, values: fill((row) => make(random, row)) }),
  );
  return [...planted, ...looking];
}
