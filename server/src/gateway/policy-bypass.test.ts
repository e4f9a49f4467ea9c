/** Row and column rules hold: no attempt of the published corpora shows a row or a value that the rules hide. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedMariadb, sharedPostgresql } from '../../test/servers/shared.ts';
import { DomainError } from '../domain/errors.ts';
import type { ColumnMask, TableRules } from '../engines/policy.ts';
import { loadEngines } from '../engines/registry.ts';
import { CollectingOutput, principal, type TestBed, testBed, testSource } from './gateway.testkit.ts';

const never = new AbortController().signal;

/** What stands in the data and must never be seen. */
const HIDDEN = /SECRET|HIDDEN|secretmail|9[1-4][1-9]\d\d(?!\d)|(?:91|92|93|94)\d{3}/i;

const inEurope = { kind: 'test', column: 'region', operator: 'eq', values: ['EU'] } as const;
const people: TableRules = {
  schema: null,
  name: 'people',
  rows: inEurope,
  columns: new Map<string, 'forbidden' | ColumnMask>([
    ['ssn', 'forbidden'],
    ['salary', { style: 'whole' }],
    ['email', { style: 'before', words: ['@'] }],
  ]),
};
const rules: Readonly<Record<string, readonly TableRules[]>> = {
  postgresql: [
    people,
    {
      schema: 'public',
      name: 'events',
      rows: { kind: 'test', column: 'open', operator: 'eq', values: ['true'] },
      columns: new Map(),
    },
    { schema: 'public', name: 'child', rows: inEurope, columns: new Map() },
    {
      schema: 'public',
      name: 'notes',
      rows: { kind: 'test', column: 'body', operator: 'contains', values: ['open', 'public', 'shared'] },
      columns: new Map(),
    },
  ],
  mysql: [people],
};

const ROWS = `(1, 'EU', 'Ann', 'ann.secretmail@example.com', 'SSN-111-SECRET', 91234, null),
  (2, 'EU', 'Bea', 'bea.secretmail@example.com', 'SSN-222-SECRET', 92345, 1),
  (3, 'US', 'HIDDEN-Carl', 'carl.secretmail@example.com', 'SSN-333-SECRET', 93456, 1),
  (4, 'US', 'HIDDEN-Dora', 'dora.secretmail@example.com', 'SSN-444-SECRET', 94567, 3)`;

const POSTGRESQL = `
create table people (id int, region text, name text, email text, ssn text, salary int, boss int,
  email_lower text generated always as (lower(email)) stored);
insert into people values ${ROWS};
create table people_child () inherits (people);
insert into people_child values (3, 'US', 'HIDDEN-Eve', 'eve.secretmail@example.com', 'SSN-555-SECRET', 94444, null);
create table orders (id int, person_id int, amount int); insert into orders values (1, 1, 5), (2, 2, 5), (3, 3, 5), (4, 4, 5);
create view people_view as select * from people; create materialized view people_copy as select * from people;
create view orders_view as select * from orders;
create schema side; create view side.people as select * from public.people; create table side.plain (id int);
insert into side.plain values (1);
create schema other; create table other.people as select id, region, name, email, ssn, salary, boss from people where id in (1, 3);
create schema third; create table third.people as select id, ssn from people;
create table events (id int, open boolean, note text) partition by list (open);
create table events_open partition of events for values in (true); create table events_shut partition of events default;
insert into events values (1, true, 'x'), (2, false, 'HIDDEN');
create table parent (id int, region text); create table child (note text) inherits (parent);
insert into child values (1, 'EU', 'x'), (2, 'US', 'HIDDEN');
create table notes (id int, body text); insert into notes values (1, 'open'), (0, 'HIDDEN');
create sequence counter;
create function leak_all() returns setof people security definer language sql as 'select * from public.people';
create function lower(integer) returns text security definer language sql as 'select string_agg(ssn, '','') from public.people';
create function leak_two(integer, integer) returns text security definer language sql as
  'select string_agg(ssn, '','') from public.people';
create operator === (leftarg = integer, rightarg = integer, function = leak_two);
create domain leaky as text check (value <> 'SECRET');`;

const MYSQL = `
create table people (id int primary key, region varchar(9), name varchar(99), email varchar(99), ssn varchar(99), salary int,
  boss int, email_lower varchar(99) generated always as (lower(email)) virtual) engine=InnoDB;
insert into people (id, region, name, email, ssn, salary, boss) values ${ROWS};
create table orders (id int, person_id int, amount int); insert into orders values (1, 1, 5), (2, 2, 5), (3, 3, 5), (4, 4, 5);
create view people_view as select * from people; create view orders_view as select * from orders;
create table plain_rows (id int) engine=MyISAM; create table merged (id int) engine=MERGE union=(plain_rows);
create table events (id int) partition by hash (id) partitions 2;
create sequence counter;
DELIMITER //
create function leak() returns text reads sql data begin return (select group_concat(ssn) from people); end//
create function \`lower\`(a text) returns text reads sql data begin return (select group_concat(ssn) from people); end//`;

interface Attempt {
  readonly name: string;
  /** `refused-any`: the classifier may have refused it before. `safe-or-error`: the source may say that it knows no such thing. */
  readonly expected: 'refused' | 'refused-any' | 'safe' | 'safe-or-error';
  readonly write: boolean;
  readonly rows: unknown[] | undefined;
  readonly sql: string;
}

function attempts(engine: string): Attempt[] {
  const text = readFileSync(new URL(`../../test/bypass/policy-${engine}.sql`, import.meta.url), 'utf8');
  const parts = text.split(/^-- @case (.*)\n/m).slice(1);
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    const head = /^(\S+) expect=(refused|refused-any|safe|safe-or-error)( write)?(?: rows=(.*))?$/.exec(
      parts[index * 2] ?? '',
    );
    if (head === null) throw new Error(`A case cannot be read: ${parts[index * 2]}`);
    const [, name = '', expected = '', write, rows] = head;
    return {
      name,
      expected: expected as Attempt['expected'], // the pattern allows no other
      write: write !== undefined,
      rows: rows === undefined ? undefined : (JSON.parse(rows) as unknown[]),
      sql: (parts[index * 2 + 1] ?? '').replace(/\n$/, ''),
    };
  });
}

let bed: TestBed;
let database: string;

beforeAll(async () => {
  const [postgresql, mariadb] = [await sharedPostgresql(), await sharedMariadb()];
  const [pg, my] = await Promise.all([postgresql.createDatabase(), mariadb.createDatabase()]);
  database = my;
  await postgresql.execute(`create role "${pg}" login password 'reads'`);
  await postgresql.execute(
    `grant create, usage on schema public to "${pg}"; grant create on database "${pg}" to "${pg}"`,
    pg,
  );
  await postgresql.execute(`set role "${pg}"; ${POSTGRESQL}`, pg);
  await mariadb.execute(
    `create user '${my}'@'127.0.0.1' identified by 'reads'; grant all privileges on ${my}.* to '${my}'@'127.0.0.1'; ${MYSQL}`,
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
    { rules: { rulesFor: async (_who, { source }) => ({ tables: rules[source.name] ?? [], unprovable: null }) } },
  );
  for (const source of bed.sources.values()) source.ruled = true;
});
afterAll(() => bed.close());

async function run(
  source: string,
  sql: string,
  write: boolean,
): Promise<{ text: string; rows: unknown[] } | DomainError> {
  const output = new CollectingOutput();
  try {
    await bed.gateway.query(principal(8), source, { sql, write, numbers: 'string' }, output, never);
    return { text: output.text, rows: output.rows };
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

describe.each(['postgresql', 'mysql'])('%s', (source) => {
  test.each(attempts(source).map((one) => [one.name, one] as const))('%s', async (_name, attempt) => {
    const answer = await run(source, attempt.sql.replaceAll('{db}', database), attempt.write);
    const { expected } = attempt;
    if (answer instanceof DomainError) {
      expect(`${answer.message} ${JSON.stringify(answer.extra ?? {})}`).not.toMatch(HIDDEN);
      if (expected === 'refused') expect(answer.code).toBe('policy_unprovable');
      else
        expect([answer.code, answer.message, expected]).toEqual([
          answer.code,
          answer.message,
          expected.replace(/^safe$/, 'safe, not an error'),
        ]);
      return;
    }
    expect([answer.text, expected]).toEqual([answer.text, expected.replace(/^refused.*/, 'refused, not run')]);
    expect(answer.text).not.toMatch(HIDDEN);
    if (attempt.rows !== undefined) expect(answer.rows).toEqual(attempt.rows);
  });
});
