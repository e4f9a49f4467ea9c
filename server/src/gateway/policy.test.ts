/** When rules bind at all, and what becomes of those whom they bind where they cannot be kept. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedPostgresql } from '../../test/servers/shared.ts';
import { DomainError } from '../domain/errors.ts';
import type { EngineRegistry } from '../engines/engine.ts';
import { loadEngines } from '../engines/registry.ts';
import { CollectingOutput, principal, type TestBed, testBed, testSource } from './gateway.testkit.ts';
import type { SourceRules } from './policy.ts';

const never = new AbortController().signal;
const bound = principal(8);
let bed: TestBed;
let database: string;
let rules: SourceRules | null = null;

beforeAll(async () => {
  const server = await sharedPostgresql();
  database = await server.createDatabase();
  await server.execute(
    `create role "${database}" login password 'reads'; create table t (a int, b text); insert into t values (1, 'x'), (2, 'HIDDEN');
     grant select, insert on t to "${database}"`,
    database,
  );
  const engines = await loadEngines();
  const withoutPolicy: EngineRegistry = {
    ids: engines.ids,
    get: (id) => {
      const engine = engines.get(id === 'oracle' ? 'postgresql' : id);
      if (engine === undefined || id !== 'oracle') return engine;
      const { policy: _policy, ...plain } = engine;
      return plain;
    },
  };
  const login = { username: database, password: 'reads', database, host: '127.0.0.1', port: server.port };
  bed = await testBed(
    withoutPolicy,
    [testSource(1, 'with', 'postgresql', login), testSource(2, 'without', 'oracle', login)],
    {},
    { rules: { rulesFor: async ({ subject }) => (subject.id === 8 ? rules : null) } },
  );
});
afterAll(() => bed.close());

async function ask(source: string, sql: string, who = bound, write = false): Promise<unknown> {
  const output = new CollectingOutput();
  try {
    await bed.gateway.query(who, source, { sql, write }, output, never);
    return output.rows;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

const allRows = [{ a: 1 }, { a: 2 }];
const someRules: SourceRules = {
  tables: [
    { schema: null, name: 't', rows: { kind: 'test', column: 'a', operator: 'lt', values: ['2'] }, columns: new Map() },
  ],
  unprovable: null,
};

test('rules are asked for where a source has some, and hold from the next statement on', async () => {
  const source = bed.sources.get('with')!; // made above
  rules = someRules;
  expect(await ask('with', 'select a from t order by a')).toEqual(allRows);
  source.ruled = true;
  bed.announce('s:1');
  expect(await ask('with', 'select a from t order by a')).toEqual([{ a: 1 }]);
  expect(await ask('with', 'select a from t order by a', principal(9))).toEqual(allRows);
  expect(await ask('with', "insert into t values (3, 'y')", bound, true)).toBe('policy_unprovable');
  rules = null;
  expect(await ask('with', 'select a from t order by a')).toEqual(allRows);
});

test('what cannot be kept closes the source: rules without a meaning, engines without a proof', async () => {
  rules = { tables: [], unprovable: 'A rule ties several tables together.' };
  expect(await ask('with', 'select 1')).toBe('policy_unprovable');
  const other = bed.sources.get('without')!; // made above
  rules = someRules;
  expect(await ask('without', 'select a from t order by a')).toEqual(allRows);
  other.ruled = true;
  bed.announce('s:2');
  expect(await ask('without', 'select a from t order by a')).toBe('policy_unprovable');
  expect(await ask('without', 'select a from t order by a', principal(9))).toEqual(allRows);
});

test('a table that is gone, or renamed away from its rule, closes the source', async () => {
  rules = { tables: [{ schema: 'public', name: 'gone', rows: null, columns: new Map() }], unprovable: null };
  expect(await ask('with', 'select a from t')).toBe('policy_unprovable');
});

test('no samples are taken for who is under a rule', async () => {
  rules = someRules;
  const facts = await bed.gateway.scanner.admit(bound, 'with', 'source.extract');
  const session = await bed.gateway.scanner.open(bound, facts, database, never);
  try {
    for await (const table of session.tables()) {
      await expect(session.sample(table, 5)).rejects.toMatchObject({ code: 'policy_unprovable' });
    }
  } finally {
    await session.close();
  }
});

test('audit says that rules were in a statement, and keeps the caller’s own text', async () => {
  rules = someRules;
  await ask('with', 'select a from t where a <> 77');
  const event = bed.events.findLast(({ action }) => action === 'source.query');
  expect(event?.detail).toMatchObject({ ruled: true, statement: 'select a from t where a <> ?' });
});
