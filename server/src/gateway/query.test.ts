/** Statements through the gateway against a real PostgreSQL and a real MariaDB. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sharedMariadb, sharedPostgresql } from '../../test/servers/shared.ts';
import { noLimits } from '../domain/access/index.ts';
import { UnavailableError } from '../domain/errors.ts';
import type { Principal } from '../domain/identity/index.ts';
import { loadEngines } from '../engines/registry.ts';
import { CollectingOutput, principal, type TestBed, type TestSource, testBed, testSource } from './gateway.testkit.ts';
import type { QueryRequest } from './index.ts';

const never = new AbortController().signal;
let bed: TestBed;
let ask: (source: string, sql: string, more?: Partial<QueryRequest>) => Promise<CollectingOutput>;

beforeAll(async () => {
  const postgresql = await sharedPostgresql();
  const mariadb = await sharedMariadb();
  const [pgDatabase, myDatabase] = await Promise.all([postgresql.createDatabase(), mariadb.createDatabase()]);
  bed = await testBed(await loadEngines(), [
    testSource(1, 'pg', 'postgresql', {
      host: postgresql.host,
      port: postgresql.port,
      database: pgDatabase,
      username: postgresql.superuser,
      password: postgresql.password,
    }),
    testSource(2, 'my', 'mysql', {
      host: mariadb.host,
      port: mariadb.port,
      database: myDatabase,
      username: mariadb.user,
      password: mariadb.password,
    }),
  ]);
  ask = async (name, sql, more = {}) => {
    const output = new CollectingOutput();
    await bed.gateway.query(principal(), name, { sql, ...more }, output, never);
    return output;
  };
  for (const name of ['pg', 'my']) {
    await ask(name, 'create table numbers (n int primary key, label varchar(20))', { write: true });
    await ask(name, "insert into numbers values (1, 'one'), (2, 'two'), (3, null)", { write: true });
  }
});
afterAll(() => bed.close());
beforeEach(() => {
  bed.events.length = 0;
  bed.audit.gate = undefined;
  bed.audit.failure = undefined;
  bed.limits = noLimits;
  for (const one of bed.sources.values()) one.forbidden.clear();
});

const series = { pg: 'select g as n from generate_series(1, $N) g', my: 'select seq as n from seq_1_to_$N' } as const;
const rowsOf = (name: 'pg' | 'my', count: number) => series[name].replace('$N', String(count));
const sleep = { pg: 'select pg_sleep(60)', my: 'select sleep(60)' } as const;

const newestRuns = () =>
  expect.poll(async () => (await bed.gateway.queries.list(principal()))[0]?.state).toBe('running');

describe.each(['pg', 'my'] as const)('%s', (name) => {
  test('a small result leaves whole, with its columns, id and end in the headers', async () => {
    const output = await ask(name, 'select n, label from numbers order by n');
    expect(output.rows).toEqual([
      { n: 1, label: 'one' },
      { n: 2, label: 'two' },
      { n: 3, label: null },
    ]);
    expect(output.meta).toMatchObject({
      contentType: 'application/x-ndjson; charset=utf-8',
      wholeBytes: output.bytes,
      headers: { 'Headgate-Result': 'complete; rows=3' },
    });
    const columns = JSON.parse(Buffer.from(output.meta?.headers['Headgate-Columns'] ?? '', 'base64').toString());
    expect(columns).toMatchObject([
      { name: 'n', kind: 'integer' },
      { name: 'label', kind: 'text' },
    ]);
    expect(output.meta?.headers['Headgate-Query-Id']).toBe(output.meta?.queryId);
  });

  test('JSON and CSV of the same rows; no rows are an empty list and a header', async () => {
    expect(JSON.parse((await ask(name, 'select n from numbers order by n', { format: 'json' })).text)).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
    expect((await ask(name, 'select n, label from numbers order by n', { format: 'csv' })).text).toBe(
      'n,label\r\n1,one\r\n2,two\r\n3,\r\n',
    );
    expect(JSON.parse((await ask(name, 'select n from numbers where n < 0', { format: 'json' })).text)).toEqual([]);
    expect((await ask(name, 'select n from numbers where n < 0', { format: 'csv' })).text).toBe('n\r\n');
  });

  test('parameters are bound', async () => {
    const place = name === 'pg' ? '$1' : '?';
    expect((await ask(name, `select label from numbers where n = ${place}`, { parameters: [2] })).rows).toEqual([
      { label: 'two' },
    ]);
  });

  test('one value of 20 MB passes', async () => {
    const sql =
      name === 'pg'
        ? "select repeat('x', 20000000) as v"
        : "select repeat('x', 16000000) as v, repeat('y', 4000000) as w";
    const [row] = (await ask(name, sql)).rows as { v: string; w?: string }[];
    expect((row?.v.length ?? 0) + (row?.w?.length ?? 0)).toBe(20_000_000);
  });

  test('a long result streams through recycled buffers and ends with its trailer', async () => {
    const output = await ask(name, rowsOf(name, 200_000));
    expect(output.meta?.wholeBytes).toBeUndefined();
    expect(output.trailers).toEqual({ 'Headgate-Result': 'complete; rows=200000' });
    expect(output.rows).toHaveLength(200_000);
    // The sequence engine of MariaDB counts in 64 bits, which are strings.
    expect(output.rows.at(-1)).toEqual({ n: name === 'pg' ? 200_000 : '200000' });
  });

  test.each([
    [10, 9, 'truncated; rows=9'],
    [10, 10, 'complete; rows=10'],
    [10, 11, 'complete; rows=10'],
    [300_000, 10, 'truncated; rows=10'],
  ])('of %i rows at most %i: %s', async (count, maxRows, result) => {
    const output = await ask(name, rowsOf(name, count), { maxRows });
    expect(output.trailers?.['Headgate-Result']).toBe(result);
    expect(output.rows).toHaveLength(Math.min(count, maxRows));
  });

  test('the lowest limit of request and levels holds, for bytes too', async () => {
    bed.limits = { ...noLimits, maxRows: 5 };
    bed.announce(`s:${bed.sources.get(name)?.id}`);
    expect((await ask(name, rowsOf(name, 10), { maxRows: 7 })).rows).toHaveLength(5);
    bed.limits = { ...noLimits, maxBytes: 1000 };
    bed.announce(`s:${bed.sources.get(name)?.id}`);
    const output = await ask(name, rowsOf(name, 100_000));
    expect(output.bytes).toBeLessThanOrEqual(1000);
    expect(output.bytes).toBeGreaterThan(980);
    expect(output.trailers?.['Headgate-Result']).toMatch(/^truncated/);
    bed.limits = noLimits;
    bed.announce(`s:${bed.sources.get(name)?.id}`);
  });

  test('of eight OData requests two run, three wait and three are refused; other doors are not held up', async () => {
    bed.limits = { ...noLimits, maxFetchRows: 4, requests: { running: 2, waiting: 3 } };
    bed.announce(`s:${bed.sources.get(name)?.id}`);
    const caller = { ...principal(), door: 'odata' as const };
    const pause = { pg: 'select pg_sleep(0.3)', my: 'select sleep(0.3)' }[name];
    const one = (who: Principal, sql: string) => {
      const output = new CollectingOutput();
      return bed.gateway.query(who, name, { sql }, output, never).then(() => output);
    };
    const outcomes = Promise.allSettled(Array.from({ length: 8 }, () => one(caller, pause)));
    // hdp's row limit holds on every door, its limit of requests on OData alone.
    expect((await one(principal(), rowsOf(name, 10))).rows).toHaveLength(4);
    const refused = (await outcomes).filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(3).fill('too_many_requests'));
    expect((await one(caller, rowsOf(name, 3))).rows).toHaveLength(3);
    bed.limits = noLimits;
    bed.announce(`s:${bed.sources.get(name)?.id}`);
  });

  test('an error before the first byte rejects with the words of the server', async () => {
    await expect(ask(name, 'select nothing from nowhere')).rejects.toMatchObject({ code: 'object_not_found' });
    expect(bed.events.at(-1)).toMatchObject({ outcome: 'failed', detail: { code: 'object_not_found' } });
  });

  test('an error after the first byte is an error line in NDJSON and breaks CSV off', async () => {
    const failing =
      name === 'pg'
        ? 'select g as n, 1 / (60000 - g) as x from generate_series(1, 60001) g'
        : "select seq as n, if(seq = 60000, (select 1 union select 2), 1) as x, repeat('x', 100) as y from seq_1_to_60001";
    const lines = await ask(name, failing);
    const last = lines.rows.at(-1) as { $headgate_error: { code: string } };
    expect(last.$headgate_error).toMatchObject({ code: expect.any(String), detail: expect.any(String) });
    expect(lines.trailers?.['Headgate-Result']).toMatch(/^failed; rows=\d+; code=/);
    const csv = await ask(name, failing, { format: 'csv' });
    expect(csv.aborted).toBe(true);
    expect(csv.trailers).toBeUndefined();
  });

  test('the time limit ends a statement on the server', async () => {
    await expect(ask(name, sleep[name], { timeoutMs: 100 })).rejects.toMatchObject({ code: 'statement_timeout' });
  });

  test('writes need the word, the permission, and one statement that is understood', async () => {
    const write = "insert into numbers values (9, 'nine')";
    await expect(ask(name, write)).rejects.toMatchObject({ code: 'write_not_requested', field: 'write' });
    bed.sources.get(name)?.forbidden.add('source.write');
    await expect(ask(name, write, { write: true })).rejects.toMatchObject({ code: 'write_not_permitted' });
    await expect(ask(name, `${write}; select 1`, { write: true })).rejects.toMatchObject({
      code: 'statement_not_understood',
    });
    await expect(ask(name, 'select frm where', { write: true })).rejects.toMatchObject({
      code: 'statement_not_understood',
    });
    await expect(ask(name, 'set role nobody', { write: true })).rejects.toMatchObject({ code: 'statement_forbidden' });
    expect(bed.events.map((event) => event.outcome)).toEqual(Array(5).fill('denied'));
    bed.sources.get(name)?.forbidden.clear();
    const done = await ask(name, write, { write: true });
    expect(done.trailers).toEqual({ 'Headgate-Result': 'complete; rows=0; affected=1' });
    const undone = await ask(name, 'delete from numbers where n = 9', { write: true });
    expect(undone.trailers).toEqual({ 'Headgate-Result': 'complete; rows=0; affected=1' });
  });

  test('audit keeps shape and digest of a statement, never its literals, and what came of it', async () => {
    await ask(name, "select n from numbers where label = 'canary'");
    // On a busy machine the end may be an event of its own.
    expect(bed.events.at(-1)).toMatchObject({
      outcome: 'allowed',
      detail: { rows: 0, durationMs: expect.any(Number) },
    });
    expect(bed.events[0]).toMatchObject({
      action: 'source.query',
      outcome: 'allowed',
      resource: { type: 'source', name },
      detail: { command: 'SELECT', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), credential: 'source' },
    });
    expect(JSON.stringify(bed.events)).not.toContain('canary');
  });

  test('nothing leaves before the audit event is durable, however long the result is', async () => {
    for (const sql of ['select n from numbers', rowsOf(name, 300_000)]) {
      let open = () => {};
      bed.audit.gate = new Promise((resolve) => {
        open = resolve;
      });
      const output = new CollectingOutput();
      let durable = false;
      output.onChunk = () => expect(durable).toBe(true);
      const running = bed.gateway.query(principal(), name, { sql }, output, never);
      // Give the statement ample time to fill every buffer that it may fill.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(output.meta).toBeUndefined();
      durable = true;
      open();
      await running;
      expect(output.trailers?.['Headgate-Result']).toMatch(/^complete/);
    }
  });

  test('without audit nothing is answered and no write is sent', async () => {
    bed.audit.failure = new UnavailableError('audit_unavailable', 'no audit');
    await expect(ask(name, 'select 1 as a')).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(ask(name, rowsOf(name, 300_000))).rejects.toMatchObject({ code: 'audit_unavailable' });
    await expect(ask(name, "insert into numbers values (77, 'x')", { write: true })).rejects.toMatchObject({
      code: 'audit_unavailable',
    });
    bed.audit.failure = undefined;
    expect((await ask(name, 'select n from numbers where n = 77')).rows).toEqual([]);
  });

  test('a client that goes away ends the statement on the server, and the connection serves the next one', async () => {
    const gone = new AbortController();
    const output = new CollectingOutput();
    const running = bed.gateway.query(principal(), name, { sql: sleep[name] }, output, gone.signal);
    await newestRuns();
    gone.abort();
    await expect(running).rejects.toMatchObject({ code: 'query_cancelled' });
    expect((await ask(name, 'select 1 as a')).rows).toEqual([{ a: 1 }]);
  });

  test('a client that goes away in the middle of a stream: output broken off, backend idle', async () => {
    const gone = new AbortController();
    const output = new CollectingOutput();
    output.onChunk = () => gone.abort();
    const outcome = await bed.gateway.query(principal(), name, { sql: rowsOf(name, 1_000_000) }, output, gone.signal);
    expect(outcome).toMatchObject({ state: 'cancelled', error: { code: 'query_cancelled' } });
    expect(output.aborted).toBe(true);
    expect(outcome.rows).toBeLessThan(1_000_000);
  });

  test('a slow receiver pauses the server', async () => {
    const output = new CollectingOutput();
    let drain = () => {};
    output.full = new Promise((resolve) => {
      drain = resolve;
    });
    const running = bed.gateway.query(principal(), name, { sql: rowsOf(name, 1_000_000) }, output, never);
    await expect.poll(() => output.bytes).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // A turn's worth of wire bytes may have been on its way, far from the 13 MB of the result.
    expect(output.bytes).toBeLessThan(4_000_000);
    output.full = undefined;
    drain();
    await running;
    expect(output.trailers?.['Headgate-Result']).toBe('complete; rows=1000000');
  });

  test('cancel by id: own queries only, unless the source may be modified', async () => {
    const running = ask(name, sleep[name]).catch((error: unknown) => error);
    await newestRuns();
    const [query] = await bed.gateway.queries.list(principal());
    const id = query?.id ?? '';
    for (const one of bed.sources.values()) one.forbidden.add('source.modify');
    await expect(bed.gateway.queries.get(principal(8), id)).rejects.toMatchObject({ code: 'query_not_found' });
    await expect(bed.gateway.queries.cancel(principal(8), id)).rejects.toMatchObject({ code: 'query_not_found' });
    expect(await bed.gateway.queries.list(principal(8))).toEqual([]);
    expect(await bed.gateway.queries.get(principal(8, [12]), id)).toMatchObject({ user: 'user7' });
    bed.sources.get(name)?.forbidden.clear();
    await bed.gateway.queries.cancel(principal(8), id);
    expect(await running).toMatchObject({ code: 'query_cancelled' });
    expect(await bed.gateway.queries.get(principal(), id)).toMatchObject({ state: 'cancelled' });
  });

  test('the catalog is read live, and into the cache', async () => {
    const tables = [];
    const schema = name === 'pg' ? 'public' : (bed.sources.get(name)?.settings.database ?? '');
    for await (const table of bed.gateway.readCatalog(principal(), name, { schema }, never)) tables.push(table);
    expect(tables).toMatchObject([
      { name: 'numbers', kind: 'table', primaryKey: ['n'], columns: [{ name: 'n' }, { name: 'label' }] },
    ]);
    const { tables: count } = await bed.gateway.refreshCatalog(principal(), name, never);
    expect(count).toBeGreaterThan(0);
    expect(bed.events.map((event) => event.action)).toEqual(['source.schema', 'source.schema']);
    bed.sources.get(name)?.forbidden.add('source.schema');
    await expect(bed.gateway.refreshCatalog(principal(), name, never)).rejects.toMatchObject({
      code: 'permission_missing',
    });
  });

  test('formats that are not built are said to be so', async () => {
    await expect(ask(name, 'select 1', { format: 'arrow' })).rejects.toMatchObject({ code: 'format_unsupported' });
  });

  test('a connection that died while idle is replaced without the caller noticing', async () => {
    await ask(name, 'select 1 as a');
    const database = bed.sources.get(name)?.settings.database ?? '';
    if (name === 'pg') {
      const server = await sharedPostgresql();
      await server.execute(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`);
    } else {
      const server = await sharedMariadb();
      const ids = await server.execute(`select id from information_schema.processlist where db = '${database}'`);
      // One that closes by itself in between is as dead.
      for (const id of ids.match(/\d+/g) ?? []) await server.execute(`kill ${id}`).catch(() => '');
    }
    expect((await ask(name, 'select 2 as a')).rows).toEqual([{ a: 2 }]);
  });

  test('twenty clients go away at random moments: no statement is left behind', async () => {
    const ids = new Set<string>();
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const gone = new AbortController();
        const output = new CollectingOutput();
        output.keep = false;
        output.onChunk = () => gone.abort();
        const sql = index % 2 === 0 ? sleep[name] : rowsOf(name, 3_000_000);
        setTimeout(() => gone.abort(), 20 + index * 7);
        const ended = await bed.gateway
          .query(principal(), name, { sql }, output, gone.signal)
          .catch((error: unknown) => error);
        expect(ended).toSatisfy((it: { code?: string; error?: { code: string } }) =>
          ['query_cancelled'].includes(it.code ?? it.error?.code ?? ''),
        );
        ids.add(String(index));
      }),
    );
    expect(ids.size).toBe(20);
    const database = bed.sources.get(name)?.settings.database ?? '';
    const left = async () => {
      if (name === 'pg') {
        return (await sharedPostgresql()).execute(
          `select query from pg_stat_activity where datname = '${database}' and state = 'active' and pid <> pg_backend_pid()`,
        );
      }
      return (await sharedMariadb()).execute(
        `select info from information_schema.processlist where db = '${database}' and command = 'Query'`,
      );
    };
    expect(await left()).toHaveLength(0);
    expect((await ask(name, 'select 1 as a')).rows).toEqual([{ a: 1 }]);
  });

  test('changing the credential under load fails no query', async () => {
    const of = bed.sources.get(name) as TestSource;
    let stop = false;
    let served = 0;
    const load = Array.from({ length: 8 }, async () => {
      while (!stop) {
        expect((await ask(name, 'select 1 as a')).rows).toEqual([{ a: 1 }]);
        served++;
      }
    });
    for (let round = 0; round < 5; round++) {
      const before = served;
      of.credential = { ...of.credential, version: of.credential.version + 1 };
      bed.announce(`s:${of.id}`);
      await expect.poll(() => served).toBeGreaterThan(before + 20);
    }
    stop = true;
    await Promise.all(load);
  });

  test('a changed credential or setting opens new connections and drains old ones; a delete ends what runs', async () => {
    await ask(name, 'select 1 as a');
    const of = bed.sources.get(name) as TestSource;
    of.credential = { ...of.credential, version: of.credential.version + 1 };
    of.settingsVersion++;
    bed.announce(`s:${of.id}`);
    await ask(name, 'select 1 as a');
    const running = ask(name, sleep[name]).catch((error: unknown) => error);
    await newestRuns();
    of.deleted = true;
    bed.announce(`s:${of.id}`);
    expect(await running).toMatchObject({ code: 'source_deleted' });
    of.deleted = false;
    expect((await ask(name, 'select 3 as a')).rows).toEqual([{ a: 3 }]);
  });
});
