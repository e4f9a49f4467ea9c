import { beforeAll, describe, expect, test } from 'vitest';
import type { PostgresqlAccess } from '../../../test/servers/postgresql.ts';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import type { CatalogTable, EngineConnection } from '../engine.ts';
import { clock, introspect, privileges } from './introspect.ts';
import { openShared } from './test-support.ts';

let server: PostgresqlAccess;
let database: string;

beforeAll(async () => {
  server = await sharedPostgresql();
  database = await server.createDatabase();
  await server.execute(
    `create schema sales; create domain positive as int not null check (value > 0);
    create table sales.customer (id bigint generated always as identity primary key, name varchar(40) not null, email text unique,
      score numeric(6,2) default 0, doubled numeric generated always as (score * 2) stored, born date, data jsonb, n positive);
    comment on table sales.customer is 'Who buys'; comment on column sales.customer.name is 'As on the passport';
    create unique index on sales.customer (lower(name)); create unique index on sales.customer (born) where born is not null;
    create unique index two on sales.customer (name, born) include (data);
    create table sales."Order" (customer bigint references sales.customer, no int, primary key (customer, no));
    create table sales.item (customer bigint, no int, foreign key (customer, no) references sales."Order" (customer, no));
    create view sales.names as select name from sales.customer; create materialized view sales.summary as select count(*) from sales.customer;
    create table event (at timestamptz, what text) partition by range (at);
    create table event_2024 partition of event for values from ('2024-01-01') to ('2025-01-01');
    insert into sales.customer (name, n) select i::text, i from generate_series(1, 500) i; analyze sales.customer;`,
    database,
  );
});

async function collect(tables: AsyncIterable<CatalogTable>): Promise<CatalogTable[]> {
  const result: CatalogTable[] = [];
  for await (const table of tables) result.push(table);
  return result;
}

async function all(connection: EngineConnection, schema?: string): Promise<CatalogTable[]> {
  return collect(introspect(connection, { signal: AbortSignal.timeout(30_000), schema }));
}

describe('introspection', () => {
  test('tables, views and partitions, in order', async () => {
    const tables = await all(await openShared({ database }));
    expect(tables.map((table) => `${table.schema}.${table.name} ${table.kind}`)).toEqual([
      'public.event table',
      'sales.Order table',
      'sales.customer table',
      'sales.item table',
      'sales.names view',
      'sales.summary materialized_view',
    ]);
  });

  test('columns, defaults, comments, keys and estimates', async () => {
    const [order, customer, item] = await all(await openShared({ database }), 'sales');
    expect(customer).toMatchObject({
      comment: 'Who buys',
      rowEstimate: 500,
      primaryKey: ['id'],
      uniqueKeys: [['email'], ['name', 'born']],
    });
    expect(customer?.columns).toEqual([
      {
        name: 'id',
        type: 'bigint',
        kind: 'bigint',
        nullable: false,
        default: 'generated always as identity',
        comment: null,
      },
      {
        name: 'name',
        type: 'character varying(40)',
        kind: 'text',
        nullable: false,
        default: null,
        comment: 'As on the passport',
      },
      { name: 'email', type: 'text', kind: 'text', nullable: true, default: null, comment: null },
      { name: 'score', type: 'numeric(6,2)', kind: 'decimal', nullable: true, default: '0', comment: null },
      {
        name: 'doubled',
        type: 'numeric',
        kind: 'decimal',
        nullable: true,
        default: 'generated always as ((score * (2)::numeric)) stored',
        comment: null,
      },
      { name: 'born', type: 'date', kind: 'date', nullable: true, default: null, comment: null },
      { name: 'data', type: 'jsonb', kind: 'json', nullable: true, default: null, comment: null },
      { name: 'n', type: 'positive', kind: 'integer', nullable: false, default: null, comment: null },
    ]);
    expect(order).toMatchObject({ rowEstimate: null, primaryKey: ['customer', 'no'] });
    expect(order?.foreignKeys).toEqual([
      {
        name: 'Order_customer_fkey',
        columns: ['customer'],
        referencedSchema: 'sales',
        referencedTable: 'customer',
        referencedColumns: ['id'],
      },
    ]);
    expect(item?.foreignKeys).toMatchObject([
      { columns: ['customer', 'no'], referencedTable: 'Order', referencedColumns: ['customer', 'no'] },
    ]);
    expect(item?.primaryKey).toEqual([]);
  });

  test('more tables than one chunk, only what the login may use, and an abort', async () => {
    const many = await server.createDatabase();
    await server.execute(
      `do $$ begin for i in 1..450 loop execute format('create table t%s (a int)', lpad(i::text, 3, '0')); end loop; end $$;
       create role "reader_${many}" login password 'p'; grant select on t001 to "reader_${many}"; grant select (a) on t002 to "reader_${many}"`,
      many,
    );
    const connection = await openShared({ database: many });
    const tables = await all(connection);
    expect([tables.length, tables[449]?.name, tables[449]?.columns.length]).toEqual([450, 't450', 1]);
    const reader = await openShared({ database: many, username: `reader_${many}`, password: 'p' });
    expect((await all(reader)).map((table) => table.name)).toEqual(['t001', 't002']);
    const controller = new AbortController();
    const walk = introspect(connection, { signal: controller.signal });
    await walk.next();
    controller.abort();
    await expect(collect(walk)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('privileges', () => {
  test('of a superuser', async () => {
    const report = await privileges(await openShared({ database }));
    expect(report.canWrite).toBe(true);
    expect(report.dangerous).toContain('superuser');
  });

  test.each([
    ['nothing', '', false, []],
    [
      'select only',
      'grant usage on schema sales to NAME; grant select on all tables in schema sales to NAME',
      false,
      [],
    ],
    [
      'update of one column',
      'grant usage on schema sales to NAME; grant update (name) on sales.customer to NAME',
      true,
      [],
    ],
    ['create in a schema', 'grant create on schema sales to NAME', true, []],
    ['a dangerous role', 'grant pg_read_server_files to NAME', false, ['pg_read_server_files']],
    ['createrole', 'alter role NAME createrole', false, ['createrole']],
    ['a table in a schema that it may not enter', 'grant insert on sales.customer to NAME', false, []],
  ])('with %s', async (_, grants, canWrite, dangerous) => {
    const name = `login_${Math.random().toString(36).slice(2)}`;
    await server.execute(`create role ${name} login password 'p'; ${grants.replaceAll('NAME', name)}`, database);
    const connection = await openShared({ database, username: name, password: 'p' });
    expect(await privileges(connection)).toEqual({ canWrite, dangerous });
    expect(Math.abs((await clock(connection)) - Date.now())).toBeLessThan(60_000);
  });
});
