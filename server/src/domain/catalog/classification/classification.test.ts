import { describe, expect, it } from 'vitest';
import { builtinIdentifiers, Classifier, compilePattern, maskSample } from './index.ts';
import { type PlantedColumn, plantedColumns } from './planted.testkit.ts';
import { specials } from './special.ts';

const whole = new Classifier(builtinIdentifiers.map((identifier) => ({ kind: 'builtin', identifier })));
/** A date alone is no one's: the decoys are full of them. */
const withoutDates = new Classifier(
  builtinIdentifiers.filter(({ name }) => name !== 'DATE').map((identifier) => ({ kind: 'builtin', identifier })),
);
const found = (name: string, values: readonly (string | null)[], threshold = 0.2): string[] =>
  Object.keys(whole.classify(name, values, { threshold }).identifiers);

/** Numbers that their issuers, or textbooks, print as examples. */
const published: Readonly<Record<string, readonly string[]>> = {
  EMAIL: ['jane.doe+tag@mail.example.org'],
  CREDIT_CARD: ['4111 1111 1111 1111', '378282246310005', '6011111111111117', '3530111333300000'],
  IP_ADDRESS: ['192.0.2.17', '2001:db8::1', '::ffff:1', 'fe80:0:0:0:202:b3ff:fe1e:8329'],
  MAC_ADDRESS: ['00:1b:44:11:3a:b7', '00-1B-44-11-3A-B7', '001b.4411.3ab7'],
  USA_SSN: ['536-90-4399'],
  USA_ITIN: ['912-90-3456'],
  USA_ATIN: ['900-93-1234'],
  USA_NATIONAL_PROVIDER_IDENTIFIER: ['1234567893'],
  USA_DEA_NUMBER: ['AB1234563'],
  USA_MEDICARE_BENEFICIARY_IDENTIFIER: ['1EG4-TE5-MK73'],
  JAPAN_MY_NUMBER: ['6214 9832 0257'],
  UK_NATIONAL_HEALTH_SERVICE_NUMBER: ['943 476 5919'],
  UK_NATIONAL_INSURANCE_NUMBER: ['QQ 12 34 56 C'.replace('QQ', 'AB')],
  UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER: ['1955839661'],
  UK_VALUE_ADDED_TAX: ['GB 980 7806 84'],
  UK_DRIVING_LICENSE: ['MORGA657054SM9IJ'],
  ARGENTINA_TAX_IDENTIFICATION_NUMBER: ['20-05536168-2'],
  AUSTRALIA_BUSINESS_NUMBER: ['83 914 571 673'],
  AUSTRALIA_COMPANY_NUMBER: ['004 085 616'],
  AUSTRALIA_MEDICARE_NUMBER: ['2123 45670 1'],
  AUSTRALIA_TAX_FILE_NUMBER: ['123 456 782'],
  AUSTRIA_SSN: ['1237 010180'],
  AUSTRIA_TAX_IDENTIFICATION_NUMBER: ['59-119/9013'],
  AUSTRIA_VALUE_ADDED_TAX: ['ATU13585627'],
  BELGIUM_NATIONAL_IDENTIFICATION_NUMBER: ['85.07.30-033 28'],
  BELGIUM_VALUE_ADDED_TAX: ['BE 0428.759.497'],
  BOSNIA_UNIQUE_MASTER_CITIZEN_NUMBER: [],
  BRAZIL_NATIONAL_REGISTRY_OF_LEGAL_ENTITIES_NUMBER: ['16.727.230/0001-97'],
  BRAZIL_NATURAL_PERSON_REGISTRY_NUMBER: ['390.533.447-05'],
  BULGARIA_UNIFORM_CIVIL_NUMBER: ['7523169263'],
  BULGARIA_VALUE_ADDED_TAX: ['BG 175 074 752'],
  CANADA_SOCIAL_INSURANCE_NUMBER: ['123-456-782'],
  CHILE_NATIONAL_IDENTIFICATION_NUMBER: ['76.086.428-5', '12.531.909-2'],
  CHINA_IDENTIFICATION: ['11010519491231002X', '440524188001010014'],
  COLOMBIA_TAX_IDENTIFICATION_NUMBER: ['213.123.432-1'],
  CROATIA_PERSONAL_IDENTIFICATION_NUMBER: ['33392005961'],
  CYPRUS_VALUE_ADDED_TAX: ['CY10259033P'],
  CYPRUS_TAX_IDENTIFICATION_NUMBER: ['10259033P'],
  CZECHIA_PERSONAL_IDENTIFICATION_NUMBER: ['710319/2745'],
  CZECHIA_VALUE_ADDED_TAX: ['CZ 25123891'],
  DENMARK_PERSONAL_IDENTIFICATION_NUMBER: ['211062-5629'],
  DENMARK_VALUE_ADDED_TAX: ['DK 13585628'],
  ESTONIA_PERSONAL_IDENTIFICATION_CODE: ['36805280109'],
  ESTONIA_VALUE_ADDED_TAX: ['EE 100 931 558'],
  FINLAND_NATIONAL_IDENTIFICATION_NUMBER: ['131052-308T'],
  FINLAND_VALUE_ADDED_TAX: ['FI 20774740'],
  FRANCE_BANK_ACCOUNT: ['FR14 2004 1010 0505 0001 3M02 606', '20041 01005 0500013M026 06'],
  FRANCE_INSEE_CODE: ['2 95 10 99 126 111 93'],
  FRANCE_TAX_IDENTIFICATION_NUMBER: ['3023217600053'],
  FRANCE_VALUE_ADDED_TAX: ['FR 40 303 265 045'],
  GERMANY_BANK_ACCOUNT: ['DE89 3704 0044 0532 0130 00'],
  GERMANY_TAX_IDENTIFICATION_NUMBER: ['36 574 261 809'],
  GERMANY_VALUE_ADDED_TAX: ['DE 136 695 976'],
  GREECE_SSN: ['01013099997'],
  GREECE_TAX_IDENTIFICATION_NUMBER: ['094259216'],
  HONG_KONG_IDENTITY_CARD: ['A123456(3)', 'AB987654(3)'],
  HUNGARY_SSN: ['111 111 110'],
  HUNGARY_TAX_IDENTIFICATION_NUMBER: ['8071592153'],
  HUNGARY_VALUE_ADDED_TAX: ['HU-12892312'],
  ICELAND_NATIONAL_IDENTIFICATION_NUMBER: ['120174-3399'],
  INDIA_AADHAAR_NUMBER: ['2341 2341 2346'],
  INDIA_PERMANENT_ACCOUNT_NUMBER: ['ACUPA7085R'],
  IRELAND_PERSONAL_PUBLIC_SERVICE_NUMBER: ['6433435F', '1234567FA'],
  ITALY_BANK_ACCOUNT: ['IT60 X054 2811 1010 0000 0123 456'],
  ITALY_FISCAL_CODE: ['RCCMNL83S18D969H'],
  ITALY_VALUE_ADDED_TAX: ['IT 00743110157'],
  KOREA_RESIDENCE_REGISTRATION_NUMBER_FOR_CITIZENS: ['971013-9019902'],
  LATVIA_PERSONAL_IDENTIFICATION_NUMBER: ['161175-19997'],
  LATVIA_VALUE_ADDED_TAX: ['LV 4000 3521 600'],
  LITHUANIA_PERSONAL_IDENTIFICATION_NUMBER: ['38703181745'],
  LITHUANIA_VALUE_ADDED_TAX: ['LT 119511515', 'LT 100001919017'],
  LUXEMBOURG_NATIONAL_INDIVIDUAL_NUMBER: ['1893120105732'],
  LUXEMBOURG_VALUE_ADDED_TAX: ['LU 150 274 42'],
  MALTA_VALUE_ADDED_TAX: ['MT 1167-9112'],
  MEXICO_CLABE_NUMBER: ['032180000118359719'],
  MEXICO_TAX_IDENTIFICATION_NUMBER: ['GODE561231GR8'],
  MEXICO_UNIQUE_POPULATION_REGISTRY_CODE: ['BOXW310820HNERXN09'],
  NETHERLANDS_BANK_ACCOUNT: ['NL91 ABNA 0417 1643 00'],
  NETHERLANDS_CITIZEN_SERVICE_NUMBER: ['111222333'],
  NETHERLANDS_VALUE_ADDED_TAX: ['NL4495445B01'.replace('4495445', '004495445')],
  NEW_ZEALAND_NATIONAL_HEALTH_INDEX_NUMBER: ['ZZZ0016'],
  NEW_ZEALAND_TAX_IDENTIFICATION_NUMBER: ['49091850', '136410132'],
  NORWAY_BIRTH_NUMBER: ['151086 95088'],
  NORWAY_VALUE_ADDED_TAX: ['NO 995 525 828 MVA'],
  POLAND_IDENTIFICATION_NUMBER: ['ABA300000'],
  POLAND_REGON_NUMBER: ['192598184', '12345678512347'],
  POLAND_SSN: ['44051401458'],
  POLAND_TAX_IDENTIFICATION_NUMBER: ['856-734-62-15'],
  PORTUGAL_NATIONAL_IDENTIFICATION_NUMBER: ['00000000 0 ZZ4'],
  PORTUGAL_TAX_IDENTIFICATION_NUMBER: ['501964843'],
  ROMANIA_NUMERICAL_PERSONAL_CODE: ['1630615123457'],
  ROMANIA_VALUE_ADDED_TAX: ['RO 185 472 90'],
  SERBIA_VALUE_ADDED_TAX: ['101134702'],
  SINGAPORE_NATIONAL_REGISTRY_IDENTIFICATION_NUMBER: ['S1234567D', 'G1234567X'],
  SINGAPORE_UNIQUE_ENTITY_NUMBER: ['00192200M', '197401143C', 'T01FC6132D'],
  SLOVAKIA_VALUE_ADDED_TAX: ['SK 202 274 96 19'],
  SLOVENIA_TAX_IDENTIFICATION_NUMBER: ['50223054'],
  SLOVENIA_UNIQUE_MASTER_CITIZEN_NUMBER: ['0101006500006'],
  SOUTH_AFRICA_PERSONAL_IDENTIFICATION_NUMBER: ['7503305044089'],
  SPAIN_BANK_ACCOUNT: ['ES91 2100 0418 4502 0005 1332', '2100 0418 45 0200051332'],
  SPAIN_DNI: ['54362315-K'],
  SPAIN_NIE: ['X-2482300W'],
  SPAIN_NIF: ['A13 585 625'],
  SPAIN_SSN: ['281234567840'],
  SWEDEN_PERSONAL_IDENTIFICATION_NUMBER: ['880320-0016'],
  SWEDEN_VALUE_ADDED_TAX: ['SE 123456789701'],
  SWITZERLAND_AHV: ['756.9217.0769.85'],
  SWITZERLAND_VALUE_ADDED_TAX: ['CHE-107.787.577 IVA'],
  TAIWAN_NATIONAL_IDENTIFICATION_NUMBER: ['A123456789'],
  THAILAND_PERSONAL_IDENTIFICATION_NUMBER: ['1-2345-45678-78-1'],
  TURKEY_NATIONAL_IDENTIFICATION_NUMBER: ['17291716060'],
  TURKEY_VALUE_ADDED_TAX: ['4540536920'],
  UKRAINE_INDIVIDUAL_IDENTIFICATION_NUMBER: ['1759013776'],
  VENEZUELA_VALUE_ADDED_TAX: ['V-11470283-4'],
  CHINA_PHONE_NUMBER: ['13800138000', '+86 138 0013 8000'],
  CHINA_LICENSE_PLATE_NUMBER: ['京A12345'],
  PHONE_NUMBER: ['+1 415 555 2671'],
  UK_PHONE_NUMBER: ['+44 20 7946 0958'],
  DATE: ['2024-02-29', '31.12.1999', '12/31/1999', '5 March 2020'],
};

describe('built-in identifiers', () => {
  it('are the 272 of the product, each with a rule or without one', () => {
    expect(builtinIdentifiers.length).toBe(272);
    expect(new Set(builtinIdentifiers.map(({ id }) => id)).size).toBe(272);
    const without = builtinIdentifiers.filter(({ rule }) => rule === 'none').map(({ id }) => id);
    expect(without).toEqual([274, 275, 276, 277]);
    for (const { name, needsKeyword, headerKeywords } of builtinIdentifiers) {
      expect([name, needsKeyword && headerKeywords.length === 0]).toEqual([name, false]);
    }
  });

  it.each(Object.entries(published))('%s knows the numbers that are printed as examples', (name, examples) => {
    for (const example of examples) {
      expect([example, found('c', Array(40).fill(example)).includes(name)]).toEqual([example, true]);
    }
  });

  it('refuses a number with one digit changed, wherever a check digit catches it', () => {
    const caught = [
      '943 476 5918',
      '390.533.447-06',
      '4111 1111 1111 1112',
      'DE88370400440532013000',
      '2341 2341 2345',
    ];
    for (const wrong of caught) expect([wrong, found('c', Array(40).fill(wrong))]).toEqual([wrong, []]);
  });

  it('counts what needs a header below one only', () => {
    const numbers = Array.from({ length: 50 }, (_, row) => `A${10_000_000 + row}`);
    expect(found('c', numbers)).not.toContain('USA_PASSPORT_NUMBER');
    expect(found('Passport No.', numbers)).toContain('USA_PASSPORT_NUMBER');
  });

  it('finds numbers and addresses inside of texts', () => {
    const text = 'please write to jane@example.org, card 4111111111111111 ok';
    expect(found('remark', Array(20).fill(text)).sort()).toEqual(expect.arrayContaining(['CREDIT_CARD', 'EMAIL']));
  });

  // A square of this length takes hours: the test would run into its limit.
  it('comes to an end on hostile values', () => {
    const hostile = ['a', '1', '1-', 'a@', '@a.', '1.', ':', 'ff:', '省', 'Aa ', '1/', '+', '9-', '证', '1 a '];
    const length = 200_000;
    for (const piece of hostile) {
      const value = piece.repeat(length).slice(0, length);
      for (const { count } of specials) expect(Number.isFinite(count(value))).toBe(true);
    }
  });
});

describe('planted data', () => {
  it.each([20_261_126, 7, 99])('is told from decoys, seed %i', (seed) => {
    const columns = plantedColumns(seed, 200);
    const planted = columns.filter(({ kind }) => kind !== null);
    const decoys = columns.filter(({ kind }) => kind === null);
    expect([planted.length, new Set(planted.map(({ kind }) => kind)).size, decoys.length]).toEqual([40, 20, 40]);
    const keep = ({ name, values }: PlantedColumn): string[] =>
      Object.keys(withoutDates.classify(name, values, { threshold: 0.2 }).identifiers);
    const missed = planted.filter((column) => !keep(column).includes(column.kind!));
    const wrong = decoys.flatMap((column) => keep(column).map((name) => `${column.name}: ${name}`));
    const flagged = decoys.filter((column) => keep(column).length > 0).length;
    const right = planted.length - missed.length;
    const labels = planted.reduce((total, column) => total + keep(column).length, 0);
    const precision = right / (right + flagged);
    const recall = right / planted.length;
    console.log(
      `planted data, seed ${seed}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)} of columns; ` +
        `${labels} labels on ${planted.length} planted columns; missed ${missed.map(({ name }) => name)}; wrong ${wrong}`,
    );
    expect(precision).toBeGreaterThanOrEqual(0.95);
    expect(recall).toBeGreaterThanOrEqual(0.95);
    // With DATE on as well, nothing else changes.
    const beyondDates = decoys.filter(({ name, values }) =>
      found(name, values).some((identifier) => identifier !== 'DATE'),
    );
    expect(beyondDates.length).toBe(flagged);
  });
});

describe('patterns of users', () => {
  const values = ['oooo-1', 'x', null, ''];
  const custom = (more: object): Classifier =>
    new Classifier([{ kind: 'custom', name: 'mine', pattern: null, headerKeywords: [], excludeKeywords: [], ...more }]);

  it('are looked for anywhere in a value, by rows', () => {
    const finding = custom({ pattern: compilePattern('o+-[0-9]') }).classify('a', values, { threshold: 0.2 });
    expect(finding).toEqual({ identifiers: { mine: 0.25 }, privacy: 1 });
    expect(custom({ pattern: compilePattern('O+-') }).classify('a', values, { threshold: 0.2 }).privacy).toBe(0);
    expect(custom({ pattern: compilePattern('(?i)O+-') }).classify('a', values, { threshold: 0.2 }).privacy).toBe(1);
    expect(custom({ pattern: compilePattern('o+-') }).classify('a', values, { threshold: 0.25 }).privacy).toBe(0);
  });

  it('keep to header and exclude keywords; keywords alone take every row', () => {
    const keyed = custom({ headerKeywords: ['_id'], excludeKeywords: ['x'] });
    expect(keyed.classify('order_id', values, { threshold: 0.2 }).identifiers).toEqual({ mine: 1 });
    expect(keyed.classify('id', values, { threshold: 0.2 }).identifiers).toEqual({});
    expect(keyed.classify('x_id', values, { threshold: 0.2 }).identifiers).toEqual({});
    const job = { threshold: 0.2, includeKeywords: ['sal'], excludeKeywords: ['id'] };
    expect(keyed.classify('Salary', values, job).identifiers).toEqual({ 'IncludeJobKeyword: sal': 1 });
    expect(keyed.classify('order_id', values, job)).toEqual({ identifiers: {}, privacy: 0 });
  });

  it('come to an end, whatever the pattern', () => {
    const pattern = compilePattern('^(a+)+$'); // doubles its time with each letter where a matcher backtracks
    expect(pattern.found(`${'a'.repeat(10_000)}!`)).toBe(false);
    expect(pattern.found('aaa')).toBe(true);
  });

  it('that cannot be run are refused', () => {
    for (const wrong of ['(', '(?=a)', '\\1(a)', 'a'.repeat(1025)]) {
      expect(() => compilePattern(wrong)).toThrowError(expect.objectContaining({ code: 'invalid_pattern' }));
    }
  });
});

it('masks samples', () => {
  expect(maskSample('jane@example.org')).toBe('jane@example****');
  expect(maskSample('a')).toBe('*');
  expect(maskSample('')).toBe('');
  expect(maskSample('x'.repeat(300))).toBe('x'.repeat(80) + '*'.repeat(20));
});
