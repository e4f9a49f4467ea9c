/**
 * Jobs from their submission to the object that other programs read (fetcher.md §6), on real PostgreSQL and MariaDB and
 * the MongoDB stand-in. What reads the object here shares no code with what wrote it.
 */
import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../harness.ts';
import { registerJobSources } from '../jobs/sources.ts';
import { finalJob } from '../rest/fixture.ts';
import { type MongodbStandIn, startMongodbStandIn } from '../servers/mongodb.ts';
import { sharedMariadb } from '../servers/shared.ts';
import { connectionsPath, type FetcherClient, startFetcher } from './fixture.ts';

const master = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64');
const product = 'my-product';
const orderId = new ObjectId('65f000000000000000000001');

let client: FetcherClient;
let mongodb: MongodbStandIn;
/** Members of connection bodies by engine. */
const places: Record<string, Record<string, unknown>> = {};

beforeAll(async () => {
  client = await startFetcher({ settings: { HEADGATE_FETCHER_KEY: master } }, { withoutWorker: false });
  await registerJobSources(client.headgate);
  for (const [name, type] of [
    ['pg', 'POSTGRESQL'],
    ['maria', 'MYSQL'],
  ] as const) {
    const { body } = await client.headgate.api('GET', `/sources/${name}`);
    const password = name === 'pg' ? 'reader-password-1' : (await sharedMariadb()).password;
    const { host, port, database } = body;
    places[name] = { type, host, port, databaseName: database, userName: body.credential.username, password };
  }
  mongodb = await startMongodbStandIn({
    users: [{ username: 'ada', password: 'mongo-password-1', role: 'read' }],
    data: {
      shop: {
        orders: [
          {
            _id: orderId,
            total: 12.5,
            made: new Date('2025-11-22T10:30:00.123Z'),
            ship: { city: 'Köln', zip: '50667' },
          },
          { _id: new ObjectId('65f000000000000000000002'), total: 'odd', tags: ['a', { z: 1, b: 2 }] },
        ],
        'ledger.entries': [{ _id: 1, n: 1 }],
      },
    },
  });
  places.mongo = {
    type: 'MONGODB',
    host: mongodb.host,
    port: mongodb.port,
    databaseName: 'shop',
    userName: 'ada',
    password: 'mongo-password-1',
    metadata: { authSource: 'admin' },
  };
  for (const [name, members] of Object.entries(places)) await client.create({ configName: `f-${name}`, ...members });
});
afterAll(async () => {
  await client?.stop();
  await mongodb?.stop();
});

let count = 0;
const submit = (dataRequest: object, metadata?: object): Promise<Answer> => {
  count += 1;
  return client.send('POST', '/v1/fetcher', { dataRequest, metadata: metadata ?? { source: product, count } });
};

/** Reads a job until it is final. */
async function finished(id: string): Promise<Answer['body']> {
  let job: Answer | undefined;
  const status = async (): Promise<string> => {
    job = await client.send('GET', `/v1/fetcher/${id}`);
    return job.body.status;
  };
  await expect.poll(status, { timeout: 60_000 }).toMatch(/^(completed|failed)$/);
  return job?.body;
}

async function run(dataRequest: object): Promise<Answer['body']> {
  const answer = await submit(dataRequest);
  expect(answer.status, answer.text).toBe(202);
  return finished(answer.body.jobId);
}

/** As a consumer does it: from the bucket, with keys of its own. */
async function readResult(path: string): Promise<{ text: string; hmac: string }> {
  const stored = await readFile(join(client.headgate.at.dataDir, 'outputs', path), 'latin1');
  const key = (label: string): Buffer => Buffer.from(hkdfSync('sha256', Buffer.from(master, 'base64'), '', label, 32));
  const bytes = Buffer.from(stored, 'base64');
  expect(bytes.toString('base64')).toBe(stored);
  const decipher = createDecipheriv('aes-256-gcm', key('fetcher-storage-encryption-v1'), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(bytes.length - 16));
  const plain = Buffer.concat([decipher.update(bytes.subarray(12, bytes.length - 16)), decipher.final()]);
  const hmac = createHmac('sha256', key('fetcher-external-hmac-v1')).update(plain).digest('hex');
  return { text: plain.toString('utf8'), hmac };
}

describe('one job over PostgreSQL, MariaDB and MongoDB', () => {
  it('gives one object that decrypts, verifies, and holds every value as the contract writes it', async () => {
    const job = await run({
      mappedFields: {
        'f-pg': {
          'public.orders': ['id', 'amount', 'note', 'big', 'made', 'at', 'seen', 'raw', 'paid'],
          'ledger.entries': ['odd name'],
          nothing: ['id'],
        },
        'f-maria': { orders: ['id', 'amount', 'state', 'made'] },
        'f-mongo': { orders: ['total', 'made', 'ship', 'tags'], 'ledger.entries': ['n'] },
      },
      filters: { 'f-pg': { orders: { id: { lte: [2] } } }, 'f-maria': { orders: { id: { gt: [2] } } } },
    });
    expect(job, JSON.stringify(job)).toMatchObject({
      status: 'completed',
      resultPath: `external-data/${job.id}.json`,
      resultHmac: expect.stringMatching(/^[0-9a-f]{64}$/),
      requestHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      completedAt: expect.any(String),
    });
    const { text, hmac } = await readResult(job.resultPath);
    expect(hmac).toBe(job.resultHmac);
    expect(text.endsWith('}')).toBe(true);
    expect(JSON.stringify(JSON.parse(text), null, 2).length).toBeLessThanOrEqual(text.length);
    expect(Object.keys(JSON.parse(text))).toEqual(['f-maria', 'f-mongo', 'f-pg']);
    expect(text).toContain('"a": 12345678901234567890');
    expect(JSON.parse(text)).toEqual({
      'f-maria': { orders: [{ amount: null, id: 3, made: null, state: 'é' }] },
      'f-mongo': {
        'ledger.entries': [{ _id: 1, n: 1 }],
        orders: [
          {
            _id: orderId.toHexString(),
            made: '2025-11-22T10:30:00.123Z',
            ship: { city: 'Köln', zip: '50667' },
            tags: null,
            total: 12.5,
          },
          { _id: '65f000000000000000000002', made: null, ship: null, tags: ['a', { b: 2, z: 1 }], total: 'odd' },
        ],
      },
      'f-pg': {
        'ledger.entries': [{ 'odd name': 'x' }],
        orders: [
          {
            amount: '1500.00',
            at: '2025-11-22T10:30:00.5Z',
            big: '9007199254740993',
            id: 1,
            made: '2025-11-22T00:00:00Z',
            note: { a: expect.anything(), b: [1, { a: 2, z: 1 }] },
            paid: true,
            raw: 'AP8=',
            seen: '2025-11-22T08:30:00Z',
          },
          { amount: '20.10', at: null, big: 42, id: 2, made: null, note: null, paid: false, raw: null, seen: null },
        ],
      },
    });
  });

  it('gives the same tables as Parquet, natively, with their types', async () => {
    const { headgate } = client;
    const { host, port, databaseName, userName, password } = places.mongo ?? {};
    const mongo = { engine: 'mongodb', host, port, database: databaseName, username: userName, password };
    const source = { name: 'mongo-native', ...mongo, tls: { mode: 'disable' } };
    expect((await headgate.api('POST', '/sources', source)).status).toBe(201);
    const orders = { table: 'orders', columns: ['id', 'amount', 'state', 'made', 'paid'] };
    const { body: submitted } = await headgate.api('POST', '/jobs', {
      kind: 'extract',
      format: 'parquet',
      sources: [
        { source: 'pg', tables: [{ ...orders, filters: { id: { lte: [2] } } }] },
        { source: 'maria', tables: [{ table: 'orders' }] },
        { source: 'mongo-native', tables: [{ table: 'orders', columns: ['_id', 'ship'] }] },
      ],
    });
    const job = await finalJob(headgate, submitted.id);
    expect(job, JSON.stringify(job)).toMatchObject({ status: 'succeeded' });
    const rows = async (name: string) => {
      const response = await fetch(`${headgate.url}/api/v1/jobs/${submitted.id}/outputs/${name}`, {
        headers: { authorization: `Bearer ${headgate.token('admin')}` },
      });
      expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
      const file = await response.arrayBuffer();
      return { metadata: parquetMetadata(file), rows: await parquetReadObjects({ file, compressors }) };
    };
    const pg = await rows('pg.orders.parquet');
    expect(Number(pg.metadata.num_rows)).toBe(2);
    expect(pg.rows[0]).toEqual({ id: 1, amount: 1500, state: 'paid', made: new Date('2025-11-22'), paid: true });
    const types = Object.fromEntries(pg.metadata.schema.slice(1).map((column) => [column.name, column.logical_type]));
    expect(types).toMatchObject({
      amount: { type: 'DECIMAL', precision: 12, scale: 2 },
      state: { type: 'STRING' },
      made: { type: 'DATE' },
    });
    const maria = await rows('maria.orders.parquet');
    expect(maria.rows.map((row) => [row.id, row.state])).toEqual([
      [1, 'paid'],
      [2, 'sent'],
      [3, 'é'],
    ]);
    expect((await rows('mongo-native.orders.parquet')).rows).toHaveLength(2);

    // The third order's date is infinity, which no date of Parquet is.
    const sources = [{ source: 'pg', tables: [orders] }];
    const { body: refused } = await headgate.api('POST', '/jobs', { kind: 'extract', format: 'parquet', sources });
    expect(await finalJob(headgate, refused.id)).toMatchObject({
      status: 'failed',
      error: { code: 'value_invalid', source: 'pg', table: 'orders', message: expect.stringContaining('"made"') },
    });
  });
});

describe('filters', () => {
  const ids = async (name: string, conditions: object): Promise<unknown> => {
    const job = await run({
      mappedFields: { [name]: { orders: ['id'] } },
      filters: { [name]: { orders: conditions } },
    });
    expect(job.status, JSON.stringify(job)).toBe('completed');
    const rows = JSON.parse((await readResult(job.resultPath)).text)[name].orders ?? [];
    return rows.map((row: { id: number }) => row.id);
  };

  it.each([
    ['f-pg', { amount: { gte: [1500] }, state: { in: ['paid', 'sent'] } }, [1]],
    ['f-pg', { state: { like: ['%quoted%', 'ignored'] } }, [3]],
    ['f-pg', { amount: { ne: [null] }, state: { ne: ['paid'] } }, [2]],
    ['f-pg', { made: { between: ['2025-11-01', '2025-11-22'] } }, [1]],
    ['f-maria', { made: { between: ['2025-11-22T10:30:00Z', '2025-11-22T12:30:00.123+02:00'] } }, [1]],
    ['f-maria', { made: { lt: ['2025-11-22T10:30:00.123Z'] } }, []],
    ['f-maria', { amount: { gt: [7], lt: [8] }, id: {} }, [1]],
    ['f-maria', { state: { eq: ['é'] }, unknownOperator: undefined }, [3]],
    ['f-maria', { id: { eq: [1, 3] } }, [1, 3]],
  ])('%s %j', async (name, conditions, expected) => {
    expect(await ids(name, conditions)).toEqual(expected);
  });

  it('finds documents of MongoDB by their types', async () => {
    const request = (conditions: object) =>
      run({
        mappedFields: { 'f-mongo': { orders: ['total'] } },
        filters: { 'f-mongo': { orders: conditions } },
      });
    for (const conditions of [
      { _id: { eq: [orderId.toHexString()] } },
      { made: { gte: ['2025-11-22T00:00:00Z'] } },
      { 'ship.city': { like: ['k%'] } },
    ]) {
      const job = await request(conditions);
      expect(job.status, JSON.stringify(job)).toBe('completed');
      const found = JSON.parse((await readResult(job.resultPath)).text)['f-mongo'].orders;
      expect(found, JSON.stringify(conditions)).toEqual([{ _id: orderId.toHexString(), total: 12.5 }]);
    }
  });
});

describe('what fails says why, and leaves no object', () => {
  it.each([
    [{ mappedFields: { 'f-pg': { absent: ['id'] } } }, /f-pg, table absent/],
    [{ mappedFields: { 'f-pg': { orders: ['*'] } } }, /no column "\*"/],
    [{ mappedFields: { 'f-maria': { orders: ['id', 'Nope'] } } }, /f-maria, table orders.*"Nope"/],
    [
      { mappedFields: { 'f-pg': { orders: ['id'] } }, filters: { 'f-pg': { orders: { nope: { eq: [1] } } } } },
      /"nope"/,
    ],
    [
      { mappedFields: { 'f-pg': { orders: ['id'] } }, filters: { 'f-pg': { order: { id: { eq: [1] } } } } },
      /table order: The filters name a table that is not extracted/,
    ],
    [
      { mappedFields: { 'f-pg': { orders: ['id'] } }, filters: { 'f-pg': { orders: { id: { between: [1] } } } } },
      /takes two values/,
    ],
    [
      { mappedFields: { 'f-pg': { orders: ['id'] } }, filters: { 'f-pg': { orders: { id: { eq: [] } } } } },
      /at least one value/,
    ],
  ])('%j', async (dataRequest, reason) => {
    const before = await readdir(join(client.headgate.at.dataDir, 'outputs'), { recursive: true });
    const job = await run(dataRequest);
    expect(job).toMatchObject({ status: 'failed', completedAt: expect.any(String) });
    expect(job).not.toHaveProperty('resultPath');
    expect(job.metadata).toMatchObject({ source: product, error: expect.stringMatching(reason) });
    expect(await readdir(join(client.headgate.at.dataDir, 'outputs'), { recursive: true })).toEqual(before);
  });

  it('never lets a failed job stand in the way of another try', async () => {
    const request = { mappedFields: { 'f-pg': { soon: ['id'] } } };
    const metadata = { source: product, try: 'again' };
    const first = await submit(request, metadata);
    expect((await finished(first.body.jobId)).status).toBe('failed');
    const second = await submit(request, metadata);
    expect(second.status).toBe(202);
    expect(second.body.jobId).not.toBe(first.body.jobId);
    await finished(second.body.jobId);
  });
});

describe('repeated requests', () => {
  it('gives one job to concurrent equal submissions, and the same again afterwards', async () => {
    const request = { mappedFields: { 'f-pg': { orders: ['id'] } } };
    const metadata = { source: product, once: true };
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(request, metadata)));
    const created = answers.filter(({ status }) => status === 202);
    expect(created).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.jobId)).size).toBe(1);
    const [answer] = created;
    await finished(answer?.body.jobId);
    const again = await submit(request, metadata);
    expect(again).toMatchObject({ status: 200, body: { jobId: answer?.body.jobId, status: 'completed' } });
  });

  it('answers a repeated request although its connection is gone', async () => {
    const { id } = await client.create({ configName: 'short-lived', ...places.pg });
    const request = { mappedFields: { 'short-lived': { orders: ['id'] } } };
    const metadata = { source: product, gone: true };
    const first = await submit(request, metadata);
    await finished(first.body.jobId);
    expect((await client.send('DELETE', `${connectionsPath}/${id}`)).status).toBe(204);
    expect(await submit(request, metadata)).toMatchObject({ status: 200, body: { jobId: first.body.jobId } });
    expect(await submit(request, { source: product, gone: false })).toMatchObject({
      status: 400,
      body: { code: 'FET-1020' },
    });
  });
});

describe('a job and its connections', () => {
  it('blocks patches and deletes until it ends, and is seen and cancelled natively', async () => {
    const { headgate } = client;
    const { id } = await client.create({ configName: 'busy', ...places.mongo });
    const held = mongodb.hold(({ find }) => find === 'orders');
    const { body } = await submit({ mappedFields: { busy: { orders: ['total'] } } });
    await held.reached;
    const path = `${connectionsPath}/${id}`;
    expect(await client.send('GET', `/v1/fetcher/${body.jobId}`)).toMatchObject({ body: { status: 'processing' } });
    expect(await client.send('PATCH', path, { metadata: { a: 'b' } })).toMatchObject({
      status: 409,
      body: { code: 'FET-1021', title: 'Job In Progress', message: 'cannot update connection with active jobs' },
    });
    expect(await client.send('DELETE', path)).toMatchObject({
      status: 409,
      body: { code: 'FET-1021', message: 'cannot delete connection with active jobs' },
    });
    expect((await headgate.api('POST', `/jobs/${body.jobId}/cancel`)).status).toBe(200);
    expect(await finished(body.jobId)).toMatchObject({ status: 'failed' });
    held.release();
    expect((await client.send('PATCH', path, { metadata: { a: 'b' } })).status).toBe(200);
    expect((await client.send('DELETE', path)).status).toBe(204);
    expect((await client.send('GET', `/v1/fetcher/${body.jobId}`)).status).toBe(200);
  });

  it('hides jobs of other doors and of nobody', async () => {
    const { headgate } = client;
    const { body: native } = await headgate.api('POST', '/jobs', {
      kind: 'export',
      source: 'pg',
      sql: 'select 1',
      format: 'csv',
    });
    expect(await client.send('GET', `/v1/fetcher/${native.id}`)).toMatchObject({
      status: 404,
      body: { code: 'FET-1001', message: expect.stringContaining('job') },
    });
  });
});
