/** Naming of tables, engine by engine (fetcher.md §5.3, §5.4, §7.4), and hosts (§3.1). */
import { describe, expect, it } from 'vitest';
import { isBlockedHost, isHost } from './host.ts';
import type { ConnectionType } from './model.ts';
import { type Discovered, findProblems } from './schema-validation.ts';
import { type CatalogEntry, defaultSchema, lookupName, type NamingScope, namesOf, schemasFor } from './table-names.ts';

const scopeOf = (type: ConnectionType, schema: string | null = null): NamingScope => ({
  type,
  databaseName: 'sales',
  schema,
  userName: 'app',
});
const table = (schema: string, name: string, kind = 'table', columns: string[] = []): CatalogEntry => ({
  schema,
  name,
  kind,
  columns: columns.map((column) => ({ name: column })),
});
const names = (scope: NamingScope, ...tables: CatalogEntry[]) => namesOf(scope, tables).map(({ name }) => name);

describe('names', () => {
  it('of PostgreSQL', () => {
    const scope = scopeOf('POSTGRESQL');
    expect(defaultSchema(scope)).toBe('public');
    expect(defaultSchema(scopeOf('POSTGRESQL', ''))).toBe('public');
    expect(defaultSchema(scopeOf('POSTGRESQL', 'x'))).toBe('x');
    expect(
      names(
        scope,
        table('public', 'b'),
        table('x', 'a'),
        table('public', 'B'),
        table('public', 'v', 'view'),
        table('public', 'pg_x'),
      ),
    ).toEqual(['B', 'b', 'x.a']);
    expect(lookupName(scope, 'public.b')).toBe('b');
    expect(lookupName(scope, 'x.b')).toBe('x.b');
    expect(schemasFor(scopeOf('POSTGRESQL', 'own'), ['a', 'public.b', 'x.c'])).toEqual(['own', 'public', 'x']);
  });

  it('of SQL Server', () => {
    const scope = scopeOf('SQL_SERVER');
    expect(names(scope, table('dbo', 'a'), table('s', 'b'), table('sys', 'c'), table('db_owner', 'd'))).toEqual([
      'a',
      's.b',
    ]);
    expect(lookupName(scope, 'dbo.a')).toBe('a');
  });

  it('of Oracle, in upper case', () => {
    const scope = scopeOf('ORACLE');
    expect(defaultSchema(scope)).toBe('APP');
    const tables = namesOf(scope, [
      table('APP', 'orders', 'table', ['id', 'A']),
      table('OTHER', 'T'),
      table('APP', 'X$Y'),
      table('APP', 'PLAN_TABLE'),
      table('SYS', 'T'),
    ]);
    expect(tables).toEqual([
      { name: 'ORDERS', fields: ['A', 'ID'] },
      { name: 'OTHER.T', fields: [] },
    ]);
    expect(lookupName(scope, 'app.orders')).toBe('ORDERS');
    expect(lookupName(scope, 'other.t')).toBe('OTHER.T');
  });

  it('of MySQL and MongoDB, bare', () => {
    expect(names(scopeOf('MYSQL'), table('sales', 'T'), table('sys', 'x'))).toEqual(['T']);
    expect(
      names(scopeOf('MONGODB'), table('sales', 'a'), table('sales', 'system.views'), table('sales', 'local')),
    ).toEqual(['a']);
  });
});

describe('problems', () => {
  it('know logical names that fan out, and folded names', () => {
    const crm: Discovered = {
      scope: scopeOf('MONGODB'),
      fansOut: true,
      tables: [
        { name: 'holders_1', fields: ['a', 'address.city'] },
        { name: 'holders_2', fields: ['b'] },
      ],
    };
    const oracle: Discovered = {
      scope: scopeOf('ORACLE'),
      fansOut: false,
      tables: [{ name: 'ORDERS', fields: ['ID'] }],
    };
    const found = findProblems(
      { crm: { holders: ['a', 'b', 'address', 'c'], x: [] }, ora: { Orders: ['id', 'no'] } },
      new Map([
        ['crm', crm],
        ['ora', oracle],
      ]),
    );
    expect(found).toEqual([
      { type: 'FIELD_NOT_FOUND', dataSourceId: 'crm', table: 'holders', field: 'c' },
      { type: 'TABLE_NOT_FOUND', dataSourceId: 'crm', table: 'x' },
      { type: 'FIELD_NOT_FOUND', dataSourceId: 'ora', table: 'Orders', field: 'no' },
    ]);
  });
});

describe('hosts', () => {
  it('are scanned without ever going back', () => {
    expect(isHost(`${'a-'.repeat(500_000)}!`)).toBe(false);
    expect(isHost(`${'a.'.repeat(126)}a`)).toBe(true);
    expect(isHost('fe80::1%eth0')).toBe(false);
  });

  it.each(['localhost.', 'a.LOCAL', '127.0.0.1', '169.254.169.254', '::ffff:127.0.0.1'])('%s is blocked', (host) => {
    expect(isBlockedHost(host)).toBe(true);
  });

  it.each(['example.com', '8.8.8.8', 'internal', '2606:4700::1111'])('%s is not', (host) => {
    expect(isBlockedHost(host)).toBe(false);
  });
});
