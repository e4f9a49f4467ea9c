import { expect, test } from 'vitest';
import type { CatalogColumn, CatalogTable, ReadCondition } from '../engine.ts';
import { classify } from './classify.ts';
import { readStatement } from './read.ts';
import { catalogType } from './types.ts';

const columnOf = (name: string, dataType: string, more = {}): CatalogColumn => ({
  name,
  ...catalogType({
    dataType,
    owner: null,
    length: null,
    characters: null,
    charUsed: null,
    precision: null,
    scale: null,
    ...more,
  }),
  nullable: true,
  default: null,
  comment: null,
});

const table: CatalogTable = {
  schema: 'SHOP',
  name: 'Order lines',
  kind: 'table',
  comment: null,
  rowEstimate: null,
  columns: [
    columnOf('ID', 'NUMBER', { precision: 10, scale: 0 }),
    columnOf('TOTAL', 'NUMBER', { precision: 12, scale: 2 }),
    columnOf('NOTE', 'VARCHAR2', { length: 20 }),
    columnOf('CODE', 'CHAR', { length: 4 }),
    columnOf('AT', 'TIMESTAMP(6)'),
    columnOf('ZONED', 'TIMESTAMP(6) WITH TIME ZONE'),
    columnOf('DAY', 'DATE'),
    columnOf('RATIO', 'BINARY_DOUBLE'),
    columnOf('FLAG', 'BOOLEAN'),
    columnOf('HASH', 'RAW', { length: 16 }),
    columnOf('BODY', 'CLOB'),
    columnOf('DOC', 'JSON'),
  ],
  primaryKey: [],
  uniqueKeys: [],
  foreignKeys: [],
};

function where(...conditions: [string, ReadCondition['operator'], ...ReadCondition['values']][]) {
  const { sql, parameters } = readStatement({
    table,
    columns: ['ID'],
    conditions: conditions.map(([column, operator, ...values]) => ({ column, operator, values })),
  });
  expect(classify(sql).verdict).toBe('read');
  return [sql.replace('select "ID" from "SHOP"."Order lines"', '').replace(' where ', ''), parameters];
}

test('names are quoted, values bound by number and in order', () => {
  expect(where()).toEqual(['', []]);
  expect(where(['ID', 'in', 1, '2', null], ['TOTAL', 'gte', '15.50'], ['NOTE', 'ne', 'x'])).toEqual([
    '("ID" in (:1, TO_NUMBER(:2)) or "ID" is null) and "TOTAL" >= TO_NUMBER(:3) and "NOTE" not in (:4)',
    [1, '2', '15.50', 'x'],
  ]);
});

test('times come in any ISO form', () => {
  expect(where(['AT', 'gte', '2024-05-06T07:08:09.123456789']).at(1)).toEqual(['2024-05-06 07:08:09.123456789']);
  expect(where(['AT', 'between', '2024-05-06', '2024-05-06T23:30+05:30'])).toEqual([
    `"AT" between TO_TIMESTAMP(:1, 'YYYY-MM-DD HH24:MI:SS.FF9') and TO_TIMESTAMP(:2, 'YYYY-MM-DD HH24:MI:SS.FF9')`,
    ['2024-05-06 00:00:00.000000000', '2024-05-06 18:00:00.000000000'],
  ]);
  expect(where(['ZONED', 'lt', '2024-12-31T23:59:59.5-08:00'])).toEqual([
    `"ZONED" < TO_TIMESTAMP_TZ(:1, 'YYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM')`,
    ['2025-01-01 07:59:59.500000000 +00:00'],
  ]);
});

test('a DATE is compared with one, unless the value has a fraction', () => {
  expect(where(['DAY', 'in', '2024-05-06', '2024-05-06 07:08:09.5Z'])).toEqual([
    `"DAY" in (TO_DATE(:1, 'YYYY-MM-DD HH24:MI:SS'), TO_TIMESTAMP(:2, 'YYYY-MM-DD HH24:MI:SS.FF9'))`,
    ['2024-05-06 00:00:00', '2024-05-06 07:08:09.500000000'],
  ]);
});

test('other kinds', () => {
  expect(where(['RATIO', 'gt', '1e3'], ['FLAG', 'eq', true], ['HASH', 'eq', '00ff'], ['CODE', 'eq', 'é'])).toEqual([
    '"RATIO" > TO_BINARY_DOUBLE(:1) and "FLAG" in (TO_BOOLEAN(:2)) and "HASH" in (HEXTORAW(:3)) and "CODE" in (:4)',
    ['1e3', 'true', '00ff', 'é  '],
  ]);
  expect(where(['NOTE', 'like', 'a%'], ['BODY', 'like', '%x%'], ['ID', 'like', '1%'])).toEqual([
    '"NOTE" LIKE :1 and "BODY" LIKE :2 and TO_CHAR("ID") LIKE :3',
    ['a%', '%x%', '1%'],
  ]);
});

test.each<[string, ReadCondition['values'][number]]>([
  ['ID', 'abc'],
  ['ID', ''],
  ['AT', 'yesterday'],
  ['AT', '2024-02-30'],
  ['AT', '2024-05-06T25:00'],
  ['HASH', 'xyz'],
  ['BODY', 'x'],
  ['DOC', '{}'],
])('%s = %o cannot be asked for', (column, value) => {
  expect(() => where([column, 'eq', value])).toThrow(expect.objectContaining({ code: 'parameter_invalid' }));
});
