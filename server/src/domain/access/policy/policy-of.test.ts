import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DatasetFacts, RuleFacts, RuleTree, TagFacts } from './model.ts';
import { policyOf } from './policy-of.ts';

const noTags: TagFacts = { user: new Map(), group: new Map() };
const is = (column: string, value: string, table = 't'): RuleTree => ({
  test: { table, column, operator: 'eq', values: [value], tag: null },
});
const rule = (more: Partial<RuleFacts>): RuleFacts => ({
  name: 'rule',
  kind: 'condition',
  scope: 'all',
  named: false,
  where: is('region', 'EU'),
  ...more,
});
const dataset = (more: Partial<DatasetFacts>): DatasetFacts => ({
  name: 'set',
  openByDefault: true,
  rowsOn: true,
  byConditionOn: true,
  byTagOn: false,
  othersSeeRows: false,
  columnsOn: false,
  tables: [{ id: 't', kind: 'table', schema: 'public', name: 'people' }],
  rules: [],
  ...more,
});
const rows = (...sets: DatasetFacts[]) => policyOf(sets, noTags)?.tables[0]?.rows;
const never = { kind: 'never' };
const seesEurope = { kind: 'test', column: 'region', operator: 'eq', values: ['EU'] };

describe('rows', () => {
  test.each([
    ['rules off, open by default', dataset({ rowsOn: false }), undefined],
    ['rules off, closed by default', dataset({ rowsOn: false, openByDefault: false }), never],
    ['rules off do not count their rules', dataset({ rowsOn: false, rules: [rule({})] }), undefined],
    ['nothing switched on decides', dataset({ byConditionOn: false, rules: [rule({})] }), never],
    ['no rule applies, others see nothing', dataset({ rules: [rule({ scope: 'specified' })] }), never],
    [
      'no rule applies, others see all',
      dataset({ othersSeeRows: true, rules: [rule({ scope: 'specified' })] }),
      undefined,
    ],
    ['named', dataset({ rules: [rule({ scope: 'specified', named: true })] }), seesEurope],
    ['everybody', dataset({ othersSeeRows: true, rules: [rule({})] }), seesEurope],
    ['nobody', dataset({ rules: [rule({ scope: 'none', named: true })] }), never],
    ['all but the named', dataset({ rules: [rule({ scope: 'others', named: true })] }), never],
    ['not among the named', dataset({ rules: [rule({ scope: 'others' })] }), seesEurope],
    ['a rule that demands nothing shows nothing', dataset({ rules: [rule({ where: { all: [] } })] }), never],
    ['a rule without a tree shows nothing', dataset({ rules: [{ ...rule({}), where: undefined } as never] }), never],
    ['tag rules alone, none applies', dataset({ byConditionOn: false, byTagOn: true }), never],
    [
      'tag rules do not stand in for conditions',
      dataset({ byTagOn: true, rules: [rule({ kind: 'tag' })] }),
      {
        kind: 'all',
        of: [never, seesEurope],
      },
    ],
  ])('%s', (_name, facts, expected) => {
    expect(rows(facts)).toEqual(expected);
  });

  test('what several rules and datasets say holds together', () => {
    const one = dataset({ rules: [rule({}), rule({ where: is('dept', 'A') })] });
    const closed = dataset({ name: 'other', rowsOn: false, openByDefault: false });
    expect(rows(one, closed)).toEqual({
      kind: 'all',
      of: [seesEurope, { kind: 'test', column: 'dept', operator: 'eq', values: ['A'] }, never],
    });
  });

  test('a rule over several tables is split where it may be, and makes the source unreadable where not', () => {
    const tables = [...dataset({}).tables, { id: 'o', kind: 'table', schema: 'public', name: 'orders' } as const];
    const both = [is('region', 'EU'), is('kind', 'x', 'o')];
    expect(policyOf([dataset({ tables, rules: [rule({ where: { all: both } })] })], noTags)?.tables).toMatchObject([
      { name: 'people', rows: seesEurope },
      { name: 'orders', rows: { column: 'kind' } },
    ]);
    expect(policyOf([dataset({ tables, rules: [rule({ where: { any: both } })] })], noTags)).toMatchObject({
      tables: [],
      unprovable: expect.stringContaining('several tables'),
    });
  });

  test('a dataset made of a query cannot keep rows back', () => {
    const tables = [{ id: 't', kind: 'sql', schema: null, name: null } as const];
    expect(policyOf([dataset({ tables, rowsOn: false })], noTags)).toBeNull();
    expect(policyOf([dataset({ tables })], noTags)?.unprovable).toContain('made of a query');
  });
});

describe('tags', () => {
  const where = (operator: 'eq' | 'ne' | 'gt', of: 'user' | 'group', ...names: string[]): RuleTree => ({
    test: { table: 't', column: 'region', operator, values: [], tag: { of, names } },
  });
  const tags: TagFacts = {
    user: new Map([
      ['area', ['EU']],
      ['many', ['EU', 'US']],
    ]),
    group: new Map([['area', ['US']]]),
  };
  const seen = (tree: RuleTree) =>
    policyOf([dataset({ byConditionOn: false, byTagOn: true, rules: [rule({ kind: 'tag', where: tree })] })], tags)
      ?.tables[0]?.rows;

  test('are those of the reader, whatever the case of their names; without a value nothing is seen', () => {
    expect(seen(where('eq', 'user', 'Area'))).toEqual(seesEurope);
    expect(seen(where('ne', 'group', 'AREA'))).toMatchObject({ operator: 'ne', values: ['US'] });
    expect(seen(where('eq', 'user', 'many'))).toMatchObject({ values: ['EU', 'US'] });
    expect(seen(where('gt', 'user', 'many'))).toEqual(never);
    expect(seen(where('ne', 'user', 'unknown'))).toEqual(never);
    expect(seen(where('eq', 'user', 'area', 'unknown'))).toEqual(never);
  });
});

describe('columns', () => {
  const columns = (...rules: RuleFacts[]) =>
    policyOf([dataset({ rowsOn: false, columnsOn: true, rules })], noTags)?.tables[0]?.columns.get('ssn');
  const on = { columns: [{ table: 't', column: 'ssn' }] };
  const whole = rule({ kind: 'mask', mask: { style: 'whole' }, ...on });
  const ends = rule({ kind: 'mask', mask: { style: 'ends', first: 1, last: 1 }, ...on });
  const forbid = rule({ kind: 'forbid', ...on });

  test('forbidden goes before masked, and masks that differ forbid', () => {
    expect(columns(whole)).toEqual({ style: 'whole' });
    expect(columns(whole, whole)).toEqual({ style: 'whole' });
    expect(columns(whole, ends)).toBe('forbidden');
    expect(columns(forbid, whole)).toBe('forbidden');
    expect(columns(whole, forbid, whole)).toBe('forbidden');
    expect(columns({ ...forbid, scope: 'specified' })).toBeUndefined();
    expect(columns({ ...whole, mask: undefined } as never)).toBe('forbidden');
  });

  test('a switch that is off takes all column rules away', () => {
    expect(policyOf([dataset({ rowsOn: false, rules: [forbid] })], noTags)).toBeNull();
  });
});

test('one more rule never shows more', () => {
  const arbitrary: fc.Arbitrary<RuleFacts> = fc.record({
    name: fc.constant('r'),
    kind: fc.constantFrom('condition' as const, 'tag' as const),
    scope: fc.constantFrom('all' as const, 'specified' as const, 'others' as const),
    named: fc.boolean(),
    where: fc.oneof(
      fc.constantFrom('EU', 'US').map((value) => is('region', value)),
      fc.constant({ all: [] }),
    ),
  });
  const sees = (rules: RuleFacts[], region: string): boolean => {
    const holds = (condition: unknown): boolean => {
      const { kind, of, values } = condition as { kind: string; of: unknown[]; values: string[] };
      if (kind === 'never') return false;
      if (kind === 'test') return values.includes(region);
      return kind === 'all' ? of.length > 0 && of.every(holds) : of.some(holds);
    };
    const policy = policyOf([dataset({ byTagOn: true, othersSeeRows: true, rules })], noTags);
    return policy === null || policy.tables.every(({ rows: seen }) => seen === null || holds(seen));
  };
  fc.assert(
    fc.property(
      fc.array(arbitrary, { maxLength: 5 }),
      arbitrary,
      fc.constantFrom('EU', 'US'),
      (rules, more, region) => {
        if (sees([...rules, more], region)) expect(sees(rules, region)).toBe(true);
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});
