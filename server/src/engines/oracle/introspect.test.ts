/** The catalog, privileges and clock on a driver in memory that answers as the dictionary of a server would. */
import { expect, test } from 'vitest';
import type { CatalogTable, IntrospectOptions } from '../engine.ts';
import { connected, FakeServer, failure, rowsOf } from './testkit.ts';

const never = new AbortController().signal;

/** A dictionary with a schema of some tables; what is asked about other owners is empty. */
function dictionary(): FakeServer {
  const forOwner =
    (owner: string, names: readonly string[], rows: readonly (readonly unknown[])[]) =>
    (binds: Readonly<Record<string, unknown>>) => {
      const wanted = Object.entries(binds).flatMap(([name, value]) => (/^N\d/.test(name) ? [value] : []));
      const kept = rows.filter((row) => wanted.length === 0 || wanted.includes(row[0]));
      return rowsOf(names, binds.OWNER === owner ? kept : []);
    };
  const column = (table: string, name: string, type: string, more: readonly unknown[]) => [table, name, type, ...more];
  return new FakeServer()
    .on(/^SELECT username/, rowsOf(['U'], [['SHOP'], ['AAA']]))
    .on(
      /^SELECT t\.table_name, CASE/,
      forOwner(
        'SHOP',
        ['T', 'K', 'N', 'C'],
        [
          ['ORDERS', 'T', '1200', 'Every order'],
          ['items', 'T', null, null],
          ['V_ORDERS', 'V', null, null],
          ['M_ORDERS', 'M', '5', null],
          ['X_FILE', 'X', null, null],
        ],
      ),
    )
    .on(
      /^SELECT t\.table_name, t\.column_name/,
      forOwner(
        'SHOP',
        Array.from({ length: 12 }, (_, index) => `C${index}`),
        [
          column('ORDERS', 'ID', 'NUMBER', [null, '22', '0', null, '10', '0', 'N', '"SHOP"."ISEQ$$_1".nextval ', null]),
          column('ORDERS', 'NAME', 'VARCHAR2', [null, '80', '20', 'C', null, null, 'Y', "'x'\n", 'Who']),
          column('ORDERS', 'MADE', 'TIMESTAMP(6) WITH TIME ZONE', [
            null,
            '13',
            '0',
            null,
            null,
            '6',
            'Y',
            'NULL',
            null,
          ]),
          column('V_ORDERS', 'ID', 'NUMBER', [null, '22', '0', null, null, null, 'Y', null, null]),
        ],
      ),
    )
    .on(
      /^SELECT k\.table_name/,
      forOwner(
        'SHOP',
        Array.from({ length: 7 }, (_, index) => `C${index}`),
        [
          ['ORDERS', 'FK_CUSTOMER', 'R', 'NAME', 'CRM', 'CUSTOMERS', 'CODE'],
          ['ORDERS', 'FK_CUSTOMER', 'R', 'MADE', 'CRM', 'CUSTOMERS', 'SINCE'],
          ['ORDERS', 'PK_ORDERS', 'P', 'ID', null, null, null],
          ['ORDERS', 'UQ_ORDERS', 'U', 'NAME', null, null, null],
          ['ORDERS', 'UQ_ORDERS', 'U', 'MADE', null, null, null],
        ],
      ),
    );
}

async function tablesOf(server: FakeServer, options: Partial<IntrospectOptions> = {}): Promise<CatalogTable[]> {
  const connection = await connected(server);
  const tables: CatalogTable[] = [];
  for await (const table of server.engine.introspect(connection, { signal: never, ...options })) tables.push(table);
  return tables;
}

test('tables of all kinds, in order, with columns and keys', async () => {
  const tables = await tablesOf(dictionary());
  expect(tables.map(({ schema, name, kind }) => `${schema}.${name} ${kind}`)).toEqual([
    'SHOP.M_ORDERS materialized_view',
    'SHOP.ORDERS table',
    'SHOP.V_ORDERS view',
    'SHOP.X_FILE foreign_table',
    'SHOP.items table',
  ]);
  expect(tables[1]).toEqual({
    schema: 'SHOP',
    name: 'ORDERS',
    kind: 'table',
    comment: 'Every order',
    rowEstimate: 1200,
    columns: [
      {
        name: 'ID',
        type: 'number(10)',
        kind: 'integer',
        nullable: false,
        default: '"SHOP"."ISEQ$$_1".nextval',
        comment: null,
      },
      { name: 'NAME', type: 'varchar2(20 char)', kind: 'text', nullable: true, default: "'x'", comment: 'Who' },
      {
        name: 'MADE',
        type: 'timestamp(6) with time zone',
        kind: 'timestamptz',
        nullable: true,
        default: null,
        comment: null,
      },
    ],
    primaryKey: ['ID'],
    uniqueKeys: [['NAME', 'MADE']],
    foreignKeys: [
      {
        name: 'FK_CUSTOMER',
        columns: ['NAME', 'MADE'],
        referencedSchema: 'CRM',
        referencedTable: 'CUSTOMERS',
        referencedColumns: ['CODE', 'SINCE'],
      },
    ],
  });
});

test('narrowed to a schema and to names', async () => {
  const server = dictionary();
  expect(
    (await tablesOf(server, { schema: 'SHOP', tables: ['ORDERS', 'ORDERS', 'none'] })).map(({ name }) => name),
  ).toEqual(['ORDERS']);
  expect(server.log.some((sql) => sql.includes('all_users'))).toBe(false);
  expect(await tablesOf(server, { schema: 'OTHER' })).toEqual([]);
  expect(await tablesOf(server, { tables: [] })).toEqual([]);
});

test('a large schema is described a block of tables at a time', async () => {
  const names = Array.from({ length: 450 }, (_, index) => `T${String(index).padStart(4, '0')}`);
  const blocks: number[] = [];
  const server = dictionary()
    .on(/^SELECT username/, rowsOf(['U'], [['BIG']]))
    .on(
      /^SELECT t\.table_name, CASE/,
      rowsOf(
        ['T', 'K', 'N', 'C'],
        names.map((name) => [name, 'T', null, null]),
      ),
    )
    .on(/^SELECT t\.table_name, t\.column_name/, (binds) => {
      blocks.push(Object.keys(binds).length - 1);
      return rowsOf([], []);
    });
  expect((await tablesOf(server)).map(({ name }) => name)).toEqual(names);
  expect(blocks).toEqual([200, 200, 50]);
});

test('servers that do not say who maintains an owner', async () => {
  const server = dictionary()
    .on(/^SELECT username/, { error: failure('ORA-00904', '"ORACLE_MAINTAINED": invalid identifier') })
    .on(/^SELECT owner FROM all_tables/, rowsOf(['O'], [['SYS'], ['XDB'], ['SHOP'], ['APEX_190200']]));
  expect(new Set((await tablesOf(server)).map(({ schema }) => schema))).toEqual(new Set(['SHOP']));
});

test('ends when the caller goes away', async () => {
  const server = dictionary();
  const connection = await connected(server);
  const caller = new AbortController();
  const tables = server.engine.introspect(connection, { signal: caller.signal })[Symbol.asyncIterator]();
  await tables.next();
  caller.abort();
  await expect(tables.next()).rejects.toMatchObject({ code: 'cancelled' });
  expect(connection.usable).toBe(true);
});

test('a dictionary query on its way is interrupted', async () => {
  const server = dictionary().on(/^SELECT username/, { hangsAt: -1 });
  const connection = await connected(server);
  const caller = new AbortController();
  const tables = server.engine.introspect(connection, { signal: caller.signal })[Symbol.asyncIterator]();
  const refused = expect(tables.next()).rejects.toMatchObject({ code: 'cancelled' });
  while (!server.log.includes('hangs')) await new Promise((resolve) => setImmediate(resolve));
  caller.abort();
  await refused;
  expect(server.log).toContain('break');
  expect(connection.usable).toBe(true);
});

test.each([
  [['CREATE SESSION'], ['CONNECT'], 0, 0, { canWrite: false, dangerous: [] }],
  [['CREATE SESSION'], [], 3, 0, { canWrite: true, dangerous: [] }],
  [['CREATE SESSION'], [], 0, 1, { canWrite: true, dangerous: [] }],
  [['CREATE SESSION', 'CREATE TABLE'], [], 0, 0, { canWrite: true, dangerous: [] }],
  [
    ['ALTER SYSTEM', 'SELECT ANY TABLE', 'INSERT ANY TABLE', 'CREATE USER'],
    ['DBA', 'CONNECT'],
    0,
    0,
    { canWrite: true, dangerous: ['ALTER SYSTEM', 'CREATE USER', 'DBA', 'INSERT ANY TABLE', 'SELECT ANY TABLE'] },
  ],
])('privileges %o and roles %o', async (privileges, roles, granted, own, report) => {
  const server = new FakeServer()
    .on(
      /session_privs/,
      rowsOf(
        ['P'],
        privileges.map((name) => [name]),
      ),
    )
    .on(
      /^SELECT role FROM session_roles/,
      rowsOf(
        ['R'],
        roles.map((name) => [name]),
      ),
    )
    .on(/all_tab_privs/, rowsOf(['N'], [[String(granted)]]))
    .on(/user_tables/, rowsOf(['N'], [[String(own)]]));
  expect(await server.engine.privileges(await connected(server))).toEqual(report);
});

test('the clock is milliseconds since the epoch', async () => {
  const server = new FakeServer().on(/SYS_EXTRACT_UTC/, rowsOf(['N'], [['1714979289123']]));
  expect(await server.engine.clock(await connected(server))).toBe(1714979289123);
});

test('where tables without a schema are looked for', () => {
  const { engine } = new FakeServer();
  const schema = (username: string) => engine.defaultSchema({ database: 'x', username });
  expect([schema('scott'), schema('"Scott"'), schema('proxy[hr]')]).toEqual(['SCOTT', 'Scott', 'HR']);
});
