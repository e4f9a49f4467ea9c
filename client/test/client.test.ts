/** The client against a real server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Headgate, startHeadgate } from '../../server/test/harness.ts';
import { registerSource, sampleDatabase } from '../../server/test/rest/fixture.ts';
import { ConnectionError, HeadgateClient, type Job, ProblemError } from '../src/index.ts';

let headgate: Headgate;
let client: HeadgateClient;

beforeAll(async () => {
  headgate = await startHeadgate();
  client = new HeadgateClient({ baseUrl: `${headgate.url}/`, token: () => headgate.token('admin') });
  await registerSource(headgate, 'people', await sampleDatabase());
});
afterAll(() => headgate?.stop());

/** The error of a call that is to be refused. */
async function problemOf(call: Promise<unknown>): Promise<ProblemError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemError) return error;
  throw new Error(`No problem but ${String(error)}`, { cause: error });
}

describe('calls', () => {
  it('take typed input and answer typed JSON', async () => {
    const made = await client.call('createGroup', { body: { name: 'a/b ü?' } });
    const read = await client.call('getGroup', { params: { group: made.name } });
    expect(read).toEqual({ ...made, members: [] });
    expect(await client.call('deleteGroup', { params: { group: made.id } })).toBeUndefined();
    // @ts-expect-error the parameter has another name
    await expect(client.call('getGroup', { params: { name: 'x' } })).rejects.toThrow('"group" is missing');
  });

  it('carry versions', async () => {
    const { data, etag } = await client.reply('getSource', { params: { name: 'people' } });
    const change = { params: { name: 'people' }, body: { title: 'People' }, ifMatch: etag };
    expect(etag).toBe(`"v${data.version}"`);
    await client.call('updateSource', change);
    const problem = await problemOf(client.call('updateSource', change));
    expect([problem.status, problem.code]).toEqual([412, 'stale_version']);
  });

  it('repeat safely with a key', async () => {
    const call = { body: { name: 'once' }, idempotencyKey: 'key-of-a-test' };
    expect(await client.call('createGroup', call)).toEqual(await client.call('createGroup', call));
    const anew = { ...call, idempotencyKey: true } as const;
    expect((await problemOf(client.call('createGroup', anew))).status).toBe(409);
  });

  it('reject with the problem', async () => {
    const body = { name: 'x', engine: 'postgresql', host: 'h', port: 0, database: 'd' };
    const problem = await problemOf(client.call('createSource', { body }));
    expect(problem).toMatchObject({ status: 400, field: 'port', requestId: expect.stringMatching(/./) });
    expect(problem.message).toBe(problem.problem.detail);
    const nobody = new HeadgateClient({ baseUrl: headgate.url });
    expect(await problemOf(nobody.call('getMe'))).toMatchObject({ status: 401, code: 'sign_in_required' });
  });

  it('reject with ConnectionError when nobody answers, and with the reason of an abort', async () => {
    const alone = new HeadgateClient({ baseUrl: 'http://127.0.0.1:1' });
    await expect(alone.call('getMe')).rejects.toBeInstanceOf(ConnectionError);
    const reason = new Error('enough');
    await expect(client.call('getMe', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

it('lists page by page, and item by item', async () => {
  for (const name of ['one', 'two', 'three', 'four', 'five']) await client.call('createGroup', { body: { name } });
  const request = { query: { limit: 2 } };
  const sizes: number[] = [];
  const names: string[] = [];
  for await (const page of client.pages('listGroups', request)) sizes.push(page.length);
  for await (const group of client.items('listGroups', request)) names.push(group.name);
  expect(Math.max(...sizes)).toBe(2);
  expect(sizes.length).toBe(Math.ceil(names.length / 2));
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(['one', 'two', 'three', 'four', 'five']));
});

describe('a query', () => {
  it('tells its columns before its rows, under the names that the rows have', async () => {
    const result = await client.query('people', { sql: 'select id, name, id as name from people order by 1' });
    expect(result.columns.map(({ name }) => name)).toEqual(['id', 'name', 'name_2']);
    expect(await result.all()).toEqual([
      { id: 1, name: 'Ada', name_2: 1 },
      { id: 2, name: 'Grace', name_2: 2 },
      { id: 3, name: 'Edsger', name_2: 3 },
    ]);
    expect(await result.outcome()).toEqual({ state: 'complete', rows: 3, affectedRows: null });
  });

  it('streams a long result and learns that a limit cut it', async () => {
    const sql = "select n, repeat('ü', 20) as text from generate_series(1, 200000) n";
    const result = await client.query('people', { sql, maxRows: 100_000 });
    let batches = 0;
    let sum = 0;
    for await (const rows of result.batches()) {
      batches += 1;
      for (const row of rows) sum += Number(row.n);
    }
    expect(batches).toBeGreaterThan(1);
    expect(sum).toBe((100_000 * 100_001) / 2);
    expect(await result.outcome()).toEqual({ state: 'truncated', rows: 100_000, affectedRows: null });
  });

  it('asks for columns that are too many for a header', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `a_column_with_a_name_${index}`);
    const sql = `select ${names.map((name) => `1 as ${name}`).join(', ')}`;
    const result = await client.query('people', { sql });
    expect(result.columns.map(({ name }) => name)).toEqual(names);
    expect(await result.all()).toHaveLength(1);
  });

  it('ends with the problem when the statement fails after its first rows', async () => {
    const sql = 'select 100000 / (90000 - n) as q from generate_series(1, 100000) n';
    const result = await client.query('people', { sql });
    const problem = await problemOf(result.all());
    expect(problem.code).toBe('value_invalid');
    expect(result.rowCount).toBeGreaterThan(0);
    await expect(result.outcome()).rejects.toBeInstanceOf(TypeError);
  });

  it('is refused before it begins', async () => {
    expect((await problemOf(client.query('people', { sql: 'select * from nowhere' }))).status).toBe(422);
    expect((await problemOf(client.query('nobodys', { sql: 'select 1' }))).status).toBe(404);
  });

  it('ends on its server when it is cancelled, when the loop is left, and when its signal aborts', async () => {
    const body = { sql: 'select a.n from generate_series(1, 10000) a(n) cross join generate_series(1, 10000) b(n)' };
    const cancelled = await client.query('people', body);
    await cancelled.cancel();
    expect((await problemOf(cancelled.all())).code).toBe('query_cancelled');

    const left = await client.query('people', body);
    for await (const _ of left.batches()) break;
    await expect.poll(async () => (await client.call('getQuery', { params: { id: left.id } })).state).toBe('cancelled');

    const stop = new AbortController();
    const aborted = await client.query('people', body, { signal: stop.signal });
    const reading = aborted.all();
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    await expect
      .poll(async () => (await client.call('getQuery', { params: { id: aborted.id } })).state)
      .toBe('cancelled');
  });
});

it('watches a job to its end and downloads what it made', async () => {
  const { id } = await client.call('createJob', {
    body: { kind: 'export', source: 'people', sql: 'select name from people', format: 'csv', fileName: 'out.csv' },
  });
  let last: Job | undefined;
  for await (const { job } of client.watchJob(id)) last = job;
  expect(last).toMatchObject({ id, status: 'succeeded', progress: { rows: 3 } });
  const input = { params: { id, name: 'out.csv' } };
  expect(await (await client.open('getJobOutput', input)).text()).toBe('name\r\nAda\r\nGrace\r\nEdsger\r\n');
  expect(client.url('getJobOutput', input)).toBe(`${headgate.url}/api/v1/jobs/${id}/outputs/out.csv`);
  expect((await problemOf(client.watchJob('nobodys').next())).status).toBe(404);
});
