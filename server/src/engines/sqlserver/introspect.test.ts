/** The catalog, privileges and the clock, from answers as a server gives them to our queries. */
import { describe, expect, test } from 'vitest';
import type { SqlserverStandIn, StandInColumn } from '../../../test/servers/sqlserver.ts';
import type { CatalogTable, IntrospectOptions } from '../engine.ts';
import { sqlserverEngine } from './index.ts';
import { connected, standIn, targetOf } from './testkit.ts';

const text = (count: number): StandInColumn[] =>
  Array.from({ length: count }, () => ({ name: '', type: 'nvarchar(4000)' }));
const int: StandInColumn = { name: '', type: 'int' };
const bit: StandInColumn = { name: '', type: 'bit' };
const bigint: StandInColumn = { name: '', type: 'bigint' };

type Tables = readonly (readonly [
  id: number,
  schema: string,
  name: string,
  kind: string,
  comment: string | null,
  rows: number | null,
])[];

/** Answers the four queries; the pages of tables as their keyset asks for them. */
function answerCatalog(
  server: SqlserverStandIn,
  tables: Tables,
  details: { columns?: unknown[][]; keys?: unknown[][]; foreign?: unknown[][] } = {},
): void {
  const idsOf = (sql: string) => new Set((/IN \((\d[\d, ]*)\)\s*ORDER/.exec(sql)?.[1] ?? '').split(', ').map(Number));
  server.answer('FROM sys.objects o', ({ sql, parameters }) => {
    const [schema, name] = parameters as (string | undefined)[]; // what our query declares
    const after = tables.filter(
      (row) => schema === undefined || row[1] > schema || (row[1] === schema && row[2] > (name ?? '')),
    );
    const limit = Number(/TOP \((\d+)\)/.exec(sql)?.[1]);
    return { columns: [int, ...text(4), bigint], rows: after.slice(0, limit) };
  });
  const part = (rows: unknown[][] | undefined, columns: StandInColumn[]) => (statement: { sql: string }) => {
    const ids = idsOf(statement.sql);
    return { columns, rows: (rows ?? []).filter(([id]) => ids.has(Number(id))) };
  };
  server.answer(
    'FROM sys.columns c',
    part(details.columns, [int, ...text(2), int, int, int, bit, ...text(1), bit, ...text(1)]),
  );
  server.answer('FROM sys.indexes i\n', part(details.keys, [int, ...text(1), bit, ...text(1)]));
  server.answer('FROM sys.foreign_keys f', part(details.foreign, [int, ...text(5)]));
}

async function catalogOf(server: SqlserverStandIn, options: Partial<IntrospectOptions> = {}): Promise<CatalogTable[]> {
  const connection = await connected(targetOf(server));
  const tables: CatalogTable[] = [];
  const signal = AbortSignal.timeout(30_000);
  for await (const table of sqlserverEngine.introspect(connection, { signal, ...options })) tables.push(table);
  return tables;
}

describe('the catalog', () => {
  test('has tables and views with everything about them', async () => {
    const server = await standIn();
    answerCatalog(
      server,
      [
        [11, 'dbo', 'orders', 'table', 'What was sold', 1500],
        [12, 'dbo', 'sums', 'materialized_view', null, 3],
        [13, 'sales', 'open orders', 'view', null, null],
      ],
      {
        columns: [
          [11, 'id', 'bigint', 8, 19, 0, false, null, true, null],
          [11, 'customer', 'nvarchar', 100, 0, 0, false, null, false, 'Who bought'],
          [11, 'note', 'nvarchar', -1, 0, 0, true, null, false, null],
          [11, 'total', 'decimal', 9, 10, 2, false, '((0))', false, null],
          [11, 'made', 'datetime2', 8, 27, 7, true, '(sysutcdatetime())', false, null],
          [11, 'raw', 'varbinary', 16, 0, 0, true, null, false, null],
          [11, 'version', 'timestamp', 8, 0, 0, false, null, false, null],
          [11, 'place', 'geography', -1, 0, 0, true, null, false, null],
          [13, 'id', 'int', 4, 10, 0, true, null, false, null],
        ],
        keys: [
          [11, 'pk_orders', true, 'id'],
          [11, 'uq_orders', false, 'customer'],
          [11, 'uq_orders', false, 'made'],
        ],
        foreign: [
          [11, 'fk_a', 'customer', 'crm', 'customers', 'code'],
          [11, 'fk_a', 'made', 'crm', 'customers', 'since'],
          [11, 'fk_b', 'id', 'dbo', 'orders', 'id'],
        ],
      },
    );
    const [orders, sums, open] = await catalogOf(server);
    expect(orders).toEqual({
      schema: 'dbo',
      name: 'orders',
      kind: 'table',
      comment: 'What was sold',
      rowEstimate: 1500,
      columns: [
        { name: 'id', type: 'bigint', kind: 'bigint', nullable: false, default: 'IDENTITY', comment: null },
        { name: 'customer', type: 'nvarchar(50)', kind: 'text', nullable: false, default: null, comment: 'Who bought' },
        { name: 'note', type: 'nvarchar(max)', kind: 'text', nullable: true, default: null, comment: null },
        { name: 'total', type: 'decimal(10,2)', kind: 'decimal', nullable: false, default: '((0))', comment: null },
        {
          name: 'made',
          type: 'datetime2(7)',
          kind: 'timestamp',
          nullable: true,
          default: '(sysutcdatetime())',
          comment: null,
        },
        { name: 'raw', type: 'varbinary(16)', kind: 'bytes', nullable: true, default: null, comment: null },
        { name: 'version', type: 'rowversion', kind: 'bytes', nullable: false, default: null, comment: null },
        { name: 'place', type: 'geography', kind: 'bytes', nullable: true, default: null, comment: null },
      ],
      primaryKey: ['id'],
      uniqueKeys: [['customer', 'made']],
      foreignKeys: [
        {
          name: 'fk_a',
          columns: ['customer', 'made'],
          referencedSchema: 'crm',
          referencedTable: 'customers',
          referencedColumns: ['code', 'since'],
        },
        {
          name: 'fk_b',
          columns: ['id'],
          referencedSchema: 'dbo',
          referencedTable: 'orders',
          referencedColumns: ['id'],
        },
      ],
    });
    expect(sums).toMatchObject({ kind: 'materialized_view', columns: [], primaryKey: [] });
    expect(open).toMatchObject({ schema: 'sales', kind: 'view', rowEstimate: null, columns: [{ name: 'id' }] });
  });

  test('comes a page at a time', async () => {
    const server = await standIn();
    const name = (number: number) => `t${String(number).padStart(4, '0')}`;
    answerCatalog(
      server,
      Array.from({ length: 450 }, (_, index) => [index + 1, 'dbo', name(index), 'table', null, 0]),
    );
    const tables = await catalogOf(server);
    expect(tables.map((table) => table.name)).toEqual(Array.from({ length: 450 }, (_, index) => name(index)));
    const pages = server.events.filter((event) => event.kind === 'call' && event.sql.includes('FROM sys.objects o'));
    expect(pages).toHaveLength(3);
  });

  test('is narrowed to a schema and to tables of exactly these names', async () => {
    const server = await standIn();
    answerCatalog(server, [
      [1, 'dbo', "o'brien", 'table', null, 0],
      [2, 'dbo', "O'BRIEN", 'table', null, 0],
    ]);
    const tables = await catalogOf(server, { schema: 'dbo', tables: ["o'brien"] });
    expect(tables.map((table) => table.name)).toEqual(["o'brien"]);
    const call = server.events.find((event) => event.kind === 'call' && event.sql.includes('FROM sys.objects o'));
    expect(call?.kind === 'call' && call.sql).toContain("AND s.name = N'dbo' AND o.name IN (N'o''brien')");
    expect(await catalogOf(server, { tables: [] })).toEqual([]);
  });

  test('ends when nobody wants it any more', async () => {
    const server = await standIn();
    answerCatalog(server, [[1, 'dbo', 'a', 'table', null, 0]]);
    await expect(catalogOf(server, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('privileges', () => {
  test.each([
    [[], { canWrite: false, dangerous: [] }],
    [['writes'], { canWrite: true, dangerous: [] }],
    [['db_owner'], { canWrite: true, dangerous: ['db_owner'] }],
    [['writes', 'sysadmin', 'CONTROL SERVER'], { canWrite: true, dangerous: ['CONTROL SERVER', 'sysadmin'] }],
    [['bulkadmin'], { canWrite: false, dangerous: ['bulkadmin'] }],
  ])('%j', async (names, report) => {
    const server = await standIn();
    server.answer('HAS_PERMS_BY_NAME', { columns: text(1), rows: names.map((name) => [name]) });
    expect(await sqlserverEngine.privileges(await connected(targetOf(server)))).toEqual(report);
  });
});

test('the clock', async () => {
  const server = await standIn();
  server.answer('SYSUTCDATETIME', { columns: [bigint], rows: [['1714979289123']] });
  expect(await sqlserverEngine.clock(await connected(targetOf(server)))).toBe(1714979289123);
});
