import { describe, expect, it } from 'vitest';
import type { FoundConnection } from './connections.ts';
import { extractionOf } from './extraction-spec.ts';
import { failureText } from './failure-text.ts';
import { readJobRequest } from './job-request.ts';
import type { ConnectionType } from './model.ts';

const limits = { deadlineMs: 1000, maxBytes: 2000 };

function specOf(type: ConnectionType, tables: object, filters?: object) {
  const request = readJobRequest({
    dataRequest: { mappedFields: { db: tables }, ...(filters === undefined ? {} : { filters: { db: filters } }) },
    metadata: { source: 'product' },
  });
  const view = { id: 'uid', configName: 'db', type, databaseName: 'shop', userName: 'ada', schema: 'elsewhere' };
  // Only what names depend on is looked at.
  return extractionOf(request, [{ view } as unknown as FoundConnection], limits, false);
}

describe('tables', () => {
  it.each([
    ['POSTGRESQL', 'orders', { schema: 'public', table: 'orders', label: 'orders' }],
    ['POSTGRESQL', 'public.orders', { schema: 'public', table: 'orders', label: 'orders' }],
    ['POSTGRESQL', 'ledger.entries', { schema: 'ledger', table: 'entries', label: 'ledger.entries' }],
    ['SQL_SERVER', 'dbo.orders', { schema: 'dbo', table: 'orders', label: 'orders' }],
    ['SQL_SERVER', 'x.y', { schema: 'x', table: 'y', label: 'x.y' }],
    ['MYSQL', 'orders', { schema: 'shop', table: 'orders', label: 'orders' }],
    ['MYSQL', 'shop.orders', { schema: 'shop', table: 'orders', label: 'orders' }],
    ['ORACLE', 'orders', { schema: 'ADA', table: 'ORDERS', label: 'ORDERS' }],
    ['ORACLE', 'other.t', { schema: 'OTHER', table: 'T', label: 'OTHER.T' }],
    ['MONGODB', 'fs.files', { schema: 'shop', table: 'fs.files', label: 'fs.files' }],
  ] as const)('%s %s', (type, written, table) => {
    const columns = type === 'ORACLE' ? ['ID'] : type === 'MONGODB' ? ['_id', 'id'] : ['id'];
    expect(specOf(type, { [written]: ['id'] }).sources).toEqual([
      { id: 'uid', label: 'db', tables: [{ ...table, columns, timeoutMs: 60_000 }] },
    ]);
  });

  it('is read once when it is written twice, and not at all without fields', () => {
    const tables = { orders: ['id', 'id'], 'public.orders': ['total'], empty: [] };
    expect(specOf('POSTGRESQL', tables).sources[0]?.tables).toMatchObject([
      { label: 'orders', columns: ['id', 'total'] },
    ]);
  });
});

describe('filters', () => {
  const filterOf = (type: ConnectionType, conditions: object) =>
    specOf(type, { t: ['id'] }, { 'public.t': conditions, t: conditions }).sources[0]?.tables[0]?.filters;

  it.each([
    ['made_at', ['2025-01-01', '2025-01-02'], ['2025-01-01', '2025-01-02T23:59:59.999Z']],
    ['birthDate', ['2025-01-01T10:00:00Z', '2025-01-02'], ['2025-01-01T10:00:00Z', '2025-01-02T23:59:59.999Z']],
    ['made', ['2025-01-01', '2025-01-02'], ['2025-01-01', '2025-01-02']],
    ['made_at', ['2025-01-01', '2025-01-02T00:00:00Z'], ['2025-01-01', '2025-01-02T00:00:00Z']],
    ['made_at', [1, 2], [1, 2]],
    ['made_at', ['2025-01-01'], ['2025-01-01']],
  ])('the end of a range of days: %s %j', (field, between, expected) => {
    expect(filterOf('POSTGRESQL', { [field]: { between } })).toEqual({ [field]: { between: expected } });
    if (between.length === 2) {
      expect(specOf('MONGODB', { t: ['id'] }, { t: { [field]: { between } } }).sources[0]?.tables[0]).toMatchObject({
        filters: { [field]: { between } },
        timeoutMs: 120_000,
      });
    }
  });

  it('keeps the first pattern, folds for Oracle, and tells tables that are not read', () => {
    expect(filterOf('POSTGRESQL', { a: { like: ['x%', 'y%'] }, b: { nonsense: [1] } })).toEqual({
      a: { like: ['x%'] },
      b: {},
    });
    const oracle = specOf('ORACLE', { t: ['id'] }, { T: { total: { gt: [1] } } });
    expect(oracle.sources[0]?.tables[0]).toMatchObject({ filters: { TOTAL: { gt: [1] } } });
    const stray = specOf('MYSQL', { t: ['id'] }, { tt: { a: { eq: [1] } }, none: {} });
    expect(stray.fetcher).toEqual({ maxBytes: 2000, strayFilters: [{ source: 'db', table: 'tt' }] });
  });
});

it.each([
  ['connect to db.example.com:5432 failed', 'connect to [redacted] failed'],
  ['postgresql://ann:secret@h/db is down', '[redacted] is down'],
  ['10.0.0.7 and 10.0.0.8:3306 refused', '[redacted] and [redacted] refused'],
  ['[fe80::1]:5432 or ::1 refused', '[redacted] or [redacted] refused'],
  ['Source f-pg, table orders: There is no column "a".', 'Source f-pg, table orders: There is no column "a".'],
  ['took longer than the 120000 ms at 10:30', 'took longer than the 120000 ms at [redacted]'],
])('%s', (message, shown) => {
  expect(failureText(message)).toBe(shown);
});
