/** A MongoDB source through the whole server: test, schema, queries in every format, writes, cancel. */
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { type MongodbStandIn, startMongodbStandIn } from '../servers/mongodb.ts';

const id = '0123456789abcdef01234567';
let server: MongodbStandIn;
let headgate: Headgate;

beforeAll(async () => {
  const people = [
    { _id: new ObjectId(id), name: 'Ada', born: new Date('1815-12-10T00:00:00Z'), langs: ['en', 'fr'] },
    { _id: new ObjectId(), name: 'Grace, "Amazing"', langs: [] },
  ];
  function* numbers() {
    for (let index = 0; index < 3000; index += 1) yield { _id: index };
  }
  server = await startMongodbStandIn({
    users: [{ username: 'reader', password: 'mongo-canary-1' }],
    data: { shop: { people, numbers: numbers() } },
  });
  headgate = await startHeadgate();
  const created = await headgate.api('POST', '/sources', { name: 'shop', url: server.url('shop') });
  expect(created.status, created.text).toBe(201);
});
afterAll(async () => {
  await headgate?.stop();
  await server?.stop();
});

const query = (statement: object, more: object = {}) =>
  headgate.api('POST', '/sources/shop/query', { sql: JSON.stringify(statement), ...more });

test('the source keeps what the URL said, but not the password', async () => {
  const { body, text } = await headgate.api('GET', '/sources/shop');
  expect(body).toMatchObject({
    engine: 'mongodb',
    port: server.port,
    database: 'shop',
    options: { authSource: 'admin' },
  });
  expect(text).not.toContain('canary');
});

test('the connection test passes every stage, and warns of a login that can write', async () => {
  const { status, body } = await headgate.api('POST', '/sources/shop/test', {});
  expect(status).toBe(200);
  expect(body).toMatchObject({ ok: true, server: { version: '8.0.0', encrypted: false } });
  const privileges = body.stages.find(({ stage }: { stage: string }) => stage === 'privileges');
  expect(privileges.warning).toContain('can write');
  const wrong = await headgate.api('POST', '/sources/shop/test', { password: 'not-it' });
  expect(wrong.body.stages.at(-1)).toMatchObject({
    stage: 'login',
    ok: false,
    code: 'login_failed',
    field: 'password',
  });
  const option = await headgate.api('POST', '/sources/shop/test', {
    password: 'mongo-canary-1',
    options: { authMechanism: 'MONGODB-AWS' },
  });
  expect(option).toMatchObject({ status: 400, body: { code: 'invalid_options', field: 'options/authMechanism' } });
});

test('the schema is the collections with the members that were seen', async () => {
  const { status, body } = await headgate.api('GET', '/sources/shop/schema');
  expect(status).toBe(200);
  expect(JSON.stringify(body)).toContain('"objectId"');
  expect(JSON.stringify(body)).toContain('"born"');
});

describe('queries', () => {
  const people = { find: 'people', projection: { name: 1, born: 1, langs: 1 }, sort: { name: 1 } };

  test('as NDJSON, JSON and CSV', async () => {
    const lines = (await query(people)).text.trim().split('\n');
    const rows = [
      { name: 'Ada', born: '1815-12-10T00:00:00.000Z', langs: ['en', 'fr'] },
      { name: 'Grace, "Amazing"', born: null, langs: [] },
    ];
    expect(lines.map((line) => JSON.parse(line))).toEqual(rows);
    expect((await query(people, { format: 'json' })).body).toEqual(rows);
    const csv = (await query(people, { format: 'csv' })).text.split('\r\n');
    expect(csv[0]).toBe('name,born,langs');
    // Members may be of any type, so that they are JSON in CSV too.
    expect(csv[1]).toBe('"""Ada""","""1815-12-10T00:00:00.000Z""","[""en"",""fr""]"');
  });

  test('with parameters, whole documents, and limits', async () => {
    const one = { find: 'people', filter: { _id: { $param: 1 } } };
    const found = await query(one, { parameters: [{ $oid: id }] });
    expect(JSON.parse(found.text)).toMatchObject({ document: { _id: id, name: 'Ada' } });
    const few = await query({ find: 'numbers', projection: { _id: 1 } }, { maxRows: 1200 });
    expect(few.text.trim().split('\n')).toHaveLength(1200);
    expect(server.openCursors()).toBe(0);
  });

  test('that write need to be asked for, and those that write in secret never run', async () => {
    const insert = { insert: 'people', documents: [{ name: 'Edsger' }] };
    expect(await query(insert)).toMatchObject({ status: 400, body: { code: 'write_not_requested' } });
    expect((await query({ count: 'people', query: { name: 'Edsger' } })).text).toBe('{"n":0}\n');
    expect((await query(insert, { write: true })).status).toBe(200);
    expect((await query({ count: 'people', query: { name: 'Edsger' } })).text).toBe('{"n":1}\n');
    const out = { aggregate: 'people', pipeline: [{ $out: 'people' }] };
    for (const more of [{}, { write: true }]) {
      expect(await query(out, more)).toMatchObject({ status: 403, body: { code: 'statement_forbidden' } });
    }
    const where = { find: 'people', filter: { name: { $param: 1 } } };
    const injected = await query(where, { parameters: [{ $where: 'sleep(1000)' }] });
    expect(injected.status).toBe(422);
    expect(injected.body.code).toBe('parameter_invalid');
  });

  test('that nobody waits for any more are ended on the server', async () => {
    const held = server.hold(({ find }) => find === 'numbers');
    const abort = new AbortController();
    const sql = JSON.stringify({ find: 'numbers' });
    const asked = headgate.api('POST', '/sources/shop/query', { sql }, { signal: abort.signal });
    asked.catch(() => {});
    await held.reached;
    expect(server.operations()).toHaveLength(1);
    abort.abort();
    await expect.poll(() => server.operations(), { timeout: 10_000, interval: 5 }).toEqual([]);
    await expect(asked).rejects.toThrow();
  });
});

test('audit keeps the statement without its values', async () => {
  await query({ find: 'people', filter: { name: 'audit-canary' } });
  const { text } = await headgate.api('GET', '/audit?limit=50');
  expect(text).toContain('{\\"find\\":\\"people\\",\\"filter\\":{\\"name\\":\\"?\\"}}');
  expect(text).not.toContain('audit-canary');
  expect(headgate.logs()).not.toContain('mongo-canary-1');
});
