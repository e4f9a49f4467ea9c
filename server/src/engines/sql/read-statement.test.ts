import { expect, test } from 'vitest';
import type { CatalogTable, ReadCondition } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { mysqlEngine } from '../mysql/index.ts';
import { postgresqlEngine } from '../postgresql/index.ts';

const column = (name: string, type: string, kind: CatalogTable['columns'][number]['kind']) => ({
  name,
  type,
  kind,
  nullable: true,
  default: null,
  comment: null,
});
const table: CatalogTable = {
  schema: 'sales',
  name: 'the "odd" `one`',
  kind: 'table',
  comment: null,
  rowEstimate: null,
  columns: [column('id', 'integer', 'integer'), column('a"b`', 'text', 'text'), column('at', 'timestamp', 'timestamp')],
  primaryKey: [],
  uniqueKeys: [],
  foreignKeys: [],
};
const read = (columns: readonly string[], ...conditions: ReadCondition[]) => ({ table, columns, conditions });

test('names are quoted, values are bound, and the parser takes the statement for a read', () => {
  const wanted = read(
    ['a"b`', 'id'],
    { column: 'id', operator: 'in', values: [1, null, 2] },
    {
      column: 'at',
      operator: 'between',
      values: ['2025-01-01', '2025-02-01'],
    },
  );
  const postgresql = postgresqlEngine.readStatement(wanted);
  expect(postgresql).toEqual({
    sql: `select "a""b\`", "id" from "sales"."the ""odd"" \`one\`" where ("id" in ($1, $2) or "id" is null) and "at" between $3 and $4`,
    parameters: [1, 2, '2025-01-01', '2025-02-01'],
  });
  expect(postgresqlEngine.classify(postgresql.sql).verdict).toBe('read');
  const mysql = mysqlEngine.readStatement(wanted);
  expect(mysql.sql).toBe(
    'select `a"b```, `id` from `sales`.`the "odd" ``one``` where (`id` in (?, ?) or `id` is null) and `at` between ? and ?',
  );
  expect(mysqlEngine.classify(mysql.sql).verdict).toBe('read');
});

test('every operator has its words', () => {
  const words = (operator: ReadCondition['operator'], values: ReadCondition['values']) =>
    postgresqlEngine.readStatement(read(['id'], { column: 'id', operator, values })).sql.split(' where ')[1];
  expect(words('eq', [1])).toBe('"id" in ($1)');
  expect(words('eq', [null])).toBe('"id" is null');
  expect(words('ne', [1, null])).toBe('("id" not in ($1) and "id" is not null)');
  expect(words('nin', [1, 2])).toBe('"id" not in ($1, $2)');
  expect([words('gt', [1]), words('gte', [1]), words('lt', [1]), words('lte', [1])]).toEqual([
    '"id" > $1',
    '"id" >= $1',
    '"id" < $1',
    '"id" <= $1',
  ]);
  expect(words('like', ['a%'])).toBe('"id"::text like $1');
});

test.each([
  ['eq', []],
  ['nin', []],
  ['gt', []],
  ['gt', [1, 2]],
  ['gte', [null]],
  ['between', [1]],
  ['between', [1, 2, 3]],
  ['like', [1]],
] as const)('%s with %j is refused', (operator, values) => {
  expect(() => postgresqlEngine.readStatement(read(['id'], { column: 'id', operator, values }))).toThrow(EngineError);
});

test('an unknown column is refused', () => {
  expect(() => postgresqlEngine.readStatement(read(['nope']))).toThrow('has no column "nope"');
  expect(() => mysqlEngine.readStatement(read(['id'], { column: 'x', operator: 'eq', values: [1] }))).toThrow('"x"');
  expect(() => mysqlEngine.readStatement(read([]))).toThrow('No column');
});
