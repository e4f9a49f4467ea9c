/**
 * Row and column rules mean the same wherever they are worked out: the rows and values that come through the gateway are
 * those that an evaluator in memory, which knows no SQL, finds in the same data. Random rules, random data, PostgreSQL
 * and MariaDB.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedMariadb, sharedPostgresql } from '../../test/servers/shared.ts';
import type { ColumnMask, RowCondition, RowOperator, TableRules } from '../engines/policy.ts';
import { loadEngines } from '../engines/registry.ts';
import { CollectingOutput, principal, type TestBed, testBed, testSource } from './gateway.testkit.ts';

const seed = 20_260_226;
const never = new AbortController().signal;
const rowRuns = process.env.HEADGATE_SOAK === undefined ? 200 : 1500;

/** Texts that collations, padding, patterns and quoting treat in their own ways. */
const texts = [
  '',
  ' ',
  'a',
  'A',
  'a ',
  ' a',
  'ab',
  'Ab',
  'aB',
  'abc',
  'á',
  'ä',
  'ae',
  'ß',
  'ss',
  'É',
  'é',
  'e\u0301',
  '%',
  '_',
];
texts.push(
  'a%',
  'a_b',
  'a\\b',
  '\\',
  "it's",
  "''",
  '"',
  '`',
  '😀',
  'a😀b',
  '﷐',
  '\t',
  'a\nb',
  'ﬁ',
  'İ',
  'i',
  'Z',
  '0',
  '-1',
  "x' or '1'='1",
);
const whole = ['0', '1', '-1', '2', '7', '10', '100', '-2147483648', '2147483647'];
const large = [...whole, '9007199254740993', '9007199254740992', '-9223372036854775808', '9223372036854775807'];
const exact = ['0', '0.5', '0.500', '-0.001', '1', '1.001', '999999999.999', '-1.5', '10'];
const floats = ['0', '0.1', '0.30000000000000004', '0.3', '-2.5', '1e300', '100', '-0'];
const days = ['2024-02-29', '2024-03-01', '1999-12-31', '2000-01-01', '1970-01-01'];
const moments = [
  '2024-02-29 00:00:00',
  '2024-02-29 23:59:59.999999',
  '2024-03-01 00:00:00.000001',
  '1999-12-31 12:00:00.5',
];

interface Kind {
  readonly pool: readonly string[];
  /** Type in PostgreSQL and in MariaDB. */
  readonly types: readonly [string, string];
  /** What values are compared by. */
  readonly order: (a: string, b: string) => number;
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const thousandths = (text: string): bigint => {
  const [, sign = '', units = '', parts = ''] = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  return BigInt(sign + units + parts.padEnd(3, '0'));
};
const bySize = (a: string, b: string): number => Number(thousandths(a) - thousandths(b));
const moment = (text: string): string =>
  `${text.padEnd(19, ' 00:00:00').slice(0, 19)}.${(text.split('.')[1] ?? '').padEnd(6, '0')}`;

const kinds: Readonly<Record<string, Kind>> = {
  t: { pool: texts, types: ['text', 'varchar(60)'], order: byBytes },
  c: { pool: texts, types: ['char(12)', 'char(12)'], order: byBytes },
  n: { pool: whole, types: ['integer', 'int'], order: bySize },
  big: { pool: large, types: ['bigint', 'bigint'], order: bySize },
  d: { pool: exact, types: ['numeric(14,3)', 'decimal(14,3)'], order: bySize },
  f: { pool: floats, types: ['float8', 'double'], order: (a, b) => Number(a) - Number(b) },
  b: {
    pool: ['true', 'false'],
    types: ['boolean', 'boolean'],
    order: (a, b) => Number(a === 'true') - Number(b === 'true'),
  },
  day: { pool: days, types: ['date', 'date'], order: byBytes },
  at: { pool: moments, types: ['timestamp', 'datetime(6)'], order: (a, b) => byBytes(moment(a), moment(b)) },
  tz: { pool: moments, types: ['timestamptz', 'timestamp(6) null'], order: (a, b) => byBytes(moment(a), moment(b)) },
};
const columns = Object.keys(kinds);
type Row = Readonly<Record<string, string | null>>;

const rowArbitrary: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(
    Object.entries(kinds).map(([name, { pool }]) => [name, fc.option(fc.constantFrom(...pool), { freq: 8 })]),
  ),
);

const comparing = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'between', 'null', 'not_null'] as const;
const matching = ['starts', 'not_starts', 'ends', 'not_ends', 'contains', 'not_contains'] as const;
const isText = (column: string): boolean => column === 't' || column === 'c';

const testArbitrary: fc.Arbitrary<RowCondition> = fc.constantFrom(...columns, 't', 't', 'c').chain((column) => {
  const value = fc.constantFrom(...(kinds[column]?.pool ?? []));
  const operators: readonly RowOperator[] = isText(column) ? [...comparing, ...matching] : comparing;
  return fc.constantFrom(...operators).chain((operator) => {
    const [minLength, maxLength] =
      operator === 'null' || operator === 'not_null'
        ? [0, 0]
        : operator === 'between'
          ? [2, 2]
          : /^[gl][et]$/.test(operator)
            ? [1, 1]
            : [1, 3];
    return fc
      .array(value, { minLength, maxLength })
      .map((values): RowCondition => ({ kind: 'test', column, operator, values }));
  });
});

const { condition: conditionArbitrary } = fc.letrec<{ condition: RowCondition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    testArbitrary,
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('condition'), { minLength: 0, maxLength: 3 }),
    }),
    fc.constant<RowCondition>({ kind: 'never' }),
  ),
}));

/** The independent reading of a rule. NULL satisfies nothing but `null`. */
function sees(row: Row, condition: RowCondition): boolean {
  if (condition.kind === 'never') return false;
  if (condition.kind === 'all') return condition.of.length > 0 && condition.of.every((part) => sees(row, part));
  if (condition.kind !== 'test') return condition.of.some((part) => sees(row, part));
  const { column, operator, values } = condition;
  const stored = row[column] ?? null;
  if (operator === 'null') return stored === null;
  if (stored === null) return false;
  // A fixed length is no part of the value: both servers give it without its trailing spaces.
  const value = column === 'c' ? stored.replace(/ +$/, '') : stored;
  const { order } = kinds[column]!; // conditions are made from these columns
  const [first = '', second = ''] = values;
  switch (operator) {
    case 'not_null':
      return true;
    case 'eq':
      return values.some((one) => order(value, one) === 0);
    case 'ne':
      return values.every((one) => order(value, one) !== 0);
    case 'gt':
      return order(value, first) > 0;
    case 'ge':
      return order(value, first) >= 0;
    case 'lt':
      return order(value, first) < 0;
    case 'le':
      return order(value, first) <= 0;
    case 'between':
      return order(value, first) >= 0 && order(value, second) <= 0;
    case 'starts':
      return values.some((one) => value.startsWith(one));
    case 'not_starts':
      return !values.some((one) => value.startsWith(one));
    case 'ends':
      return values.some((one) => value.endsWith(one));
    case 'not_ends':
      return !values.some((one) => value.endsWith(one));
    case 'contains':
      return values.some((one) => value.includes(one));
    case 'not_contains':
      return !values.some((one) => value.includes(one));
  }
}

const words = fc.array(fc.constantFrom('a', 'b', '%', '😀', 'it', "'", '\\', 'A'), { minLength: 1, maxLength: 3 });
const few = fc.nat({ max: 3 });
const maskArbitrary: fc.Arbitrary<ColumnMask> = fc.oneof(
  fc.constant<ColumnMask>({ style: 'whole' }),
  fc.record({ style: fc.constant('ends' as const), first: few, last: few }),
  fc.tuple(few, few).map(([from, more]): ColumnMask => ({ style: 'range', from: from + 1, to: from + 1 + more })),
  fc.record({
    style: fc.constantFrom('replace' as const, 'only' as const, 'before' as const, 'after' as const),
    words,
  }),
);

/** The independent reading of a mask. */
function masked(value: string | null, mask: ColumnMask): string | null {
  if (value === null) return null;
  const characters = [...value];
  switch (mask.style) {
    case 'whole':
      return '****';
    case 'ends': {
      const { first, last } = mask;
      if (characters.length <= first + last || first + last === 0) return '****';
      return `${characters.slice(0, first).join('')}****${last === 0 ? '' : characters.slice(-last).join('')}`;
    }
    case 'range': {
      const { from, to } = mask;
      if (from === 1 ? characters.length <= to : characters.length < from) return '****';
      return `${from > 1 ? '****' : ''}${characters.slice(from - 1, to).join('')}****`;
    }
    case 'replace':
      return mask.words.reduce((text, word) => text.replaceAll(word, '****'), value);
    case 'only':
      return `****${mask.words.map((word) => (value.includes(word) ? `${word}****` : '')).join('')}`;
    case 'before': {
      const found = mask.words.find((word) => value.includes(word));
      return found === undefined ? '****' : `****${value.slice(value.indexOf(found))}`;
    }
    case 'after': {
      const found = mask.words.find((word) => value.includes(word));
      return found === undefined ? '****' : `${value.slice(0, value.indexOf(found) + found.length)}****`;
    }
  }
}

/** Ways to ask for the rows that are seen. */
const questions = [
  'select id from things order by id',
  'select x.id from things as x where x.id > 0 order by 1',
  'with x as (select * from things) select id from x order by id',
  'select id from things union select id from things order by id',
  'select a.id from things a join things b on a.id = b.id order by a.id',
  'select id from things where id in (select id from things) order by id',
  'select max(id) as id from things group by id having count(*) = 1 order by id',
] as const;

const rowsOf = (number: number): readonly Row[] => fc.sample(rowArbitrary, { seed: seed + number, numRuns: 50 });
const data: readonly Row[] = [...rowsOf(0), ...rowsOf(1)];

let bed: TestBed;
let current: TableRules;

beforeAll(async () => {
  const [postgresql, mariadb] = [await sharedPostgresql(), await sharedMariadb()];
  const [pg, my] = await Promise.all([postgresql.createDatabase(), mariadb.createDatabase()]);
  const script = (position: 0 | 1, literal: (text: string) => string): string => {
    const definition = columns.map((name) => `${name} ${kinds[name]?.types[position]}`);
    const values = data.map(
      (row, index) =>
        `(${index + 1}, ${columns.map((name) => (row[name] === null ? 'null' : literal(row[name] ?? ''))).join(', ')})`,
    );
    return `create table things (id int, ${definition.join(', ')}); insert into things values ${values.join(', ')};`;
  };
  await postgresql.execute(`create role "${pg}" login password 'reads'`);
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  await postgresql.execute(`set timezone = 'UTC'; ${script(0, quoted)} grant select on things to "${pg}"`, pg);
  const hex = (text: string): string =>
    /^(?:true|false)$/.test(text) ? text : `convert(x'${Buffer.from(text).toString('hex')}' using utf8mb4)`;
  await mariadb.execute(
    `set time_zone = '+00:00'; ${script(1, hex)} create user '${my}'@'127.0.0.1' identified by 'reads'; grant select on ${my}.* to '${my}'@'127.0.0.1';`,
    my,
  );
  const login = (name: string) => ({ username: name, password: 'reads', database: name, host: '127.0.0.1' });
  bed = await testBed(
    await loadEngines(),
    [
      testSource(1, 'postgresql', 'postgresql', { ...login(pg), port: postgresql.port }),
      testSource(2, 'mysql', 'mysql', { ...login(my), port: mariadb.port }),
    ],
    {},
    { rules: { rulesFor: async () => ({ tables: [current], unprovable: null }) } },
  );
  for (const source of bed.sources.values()) source.ruled = true;
});
afterAll(() => bed.close());

async function ask(source: string, sql: string): Promise<Record<string, unknown>[]> {
  const output = new CollectingOutput();
  await bed.gateway.query(principal(8), source, { sql }, output, never);
  return output.rows as Record<string, unknown>[];
}

describe.each(['postgresql', 'mysql'])('%s', (source) => {
  test('the rows are those that the rule lets through', async () => {
    let some = 0;
    await fc.assert(
      fc.asyncProperty(conditionArbitrary, fc.constantFrom(...questions), async (rows, sql) => {
        current = { schema: null, name: 'things', rows, columns: new Map() };
        const expected = data.flatMap((row, index) => (sees(row, rows) ? [index + 1] : []));
        if (expected.length > 0 && expected.length < data.length) some += 1;
        expect((await ask(source, sql)).map(({ id }) => id)).toEqual(expected);
      }),
      { seed, numRuns: rowRuns },
    );
    // Otherwise the rules would say nothing about the data.
    expect(some).toBeGreaterThan(rowRuns / 3);
  });

  test('masked values are those that the mask leaves', async () => {
    await fc.assert(
      fc.asyncProperty(maskArbitrary, fc.constantFrom('t', 'big', 'c'), async (mask, column) => {
        current = { schema: null, name: 'things', rows: null, columns: new Map([[column, mask]]) };
        const expected = data.map((row) => {
          const value = row[column] ?? null;
          return masked(column === 'c' && value !== null ? value.replace(/ +$/, '') : value, mask);
        });
        const found = await ask(source, `select ${column} from things order by id`);
        expect(found.map((row) => row[column])).toEqual(expected);
      }),
      { seed, numRuns: 60 },
    );
  });
});
