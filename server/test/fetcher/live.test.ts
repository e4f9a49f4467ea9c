/** Connections in use, against real servers: test, schema, schema validation, internal sources (fetcher.md §3.9, §5.2–5.4). */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { sharedMariadb } from '../servers/shared.ts';
import { at, connectionBody, connectionsPath, type FetcherClient, noId, startFetcher, tokenWith } from './fixture.ts';

let client: FetcherClient;
let sample: SampleDatabase;
let pg: string;
let mysql: string;
let gone: string;
let wrong: string;

const pathOf = (id: string, tail = '') => `${connectionsPath}/${id}${tail}`;
const test = (id: string) => client.send('POST', pathOf(id, '/test'), undefined);
const schema = (id: string) => client.send('GET', pathOf(id, '/schema'));

async function mariadbMembers(): Promise<Record<string, unknown>> {
  const server = await sharedMariadb();
  const database = await server.createDatabase();
  const user = `u${randomBytes(5).toString('hex')}`;
  await server.execute(
    `create table Orders (id int primary key, Total decimal(10,2)); create view v as select 1 as one;
     create user '${user}'@'%' identified by 'pw-maria'; grant all on ${database}.* to '${user}'@'%'`,
    database,
  );
  return {
    type: 'MYSQL',
    host: server.host,
    port: server.port,
    databaseName: database,
    userName: user,
    password: 'pw-maria',
  };
}

let settings: Record<string, string>;
const internalName = 'midaz_onboarding';

beforeAll(async () => {
  sample = await sampleDatabase();
  await sample.execute(
    `create table "Accounts" (z text, "a.b" text, a integer); create view a_view as select 1 as one;
     create table pg_like (x integer); create schema accounting; create table accounting.invoices (id integer, paid boolean);
     grant usage on schema accounting to ${sample.username};
     grant select on all tables in schema accounting to ${sample.username};
     grant select on "Accounts", a_view, pg_like to ${sample.username}`,
  );
  const { host, port, database, username, password } = sample;
  const internal = { configName: internalName, type: 'POSTGRESQL', host, port, database, user: username, password };
  settings = { HEADGATE_FETCHER_INTERNAL_SOURCES: JSON.stringify([internal]) };
  client = await startFetcher({ settings });
  pg = (await client.create({ configName: 'main-db', ...at(sample) })).id;
  mysql = (await client.create({ configName: 'maria', ...(await mariadbMembers()) })).id;
  gone = (await client.create({ configName: 'offline', ...at(sample), port: 1 })).id;
  wrong = (await client.create({ configName: 'wrong-password', ...at(sample), password: 'not-the-password' })).id;
});
afterAll(() => client?.stop());

const connectError = {
  code: 500,
  title: 'Database Connection Error',
  message: 'The adapter failed to connect to the target data source. Check credentials and network access.',
};

describe('test', () => {
  it('connects, and tells whole milliseconds', async () => {
    for (const id of [pg, mysql]) {
      const answer = await test(id);
      expect([answer.status, answer.body]).toEqual([
        200,
        { status: 'success', message: 'Connection successful', latencyMs: expect.any(Number) },
      ]);
      expect(Number.isInteger(answer.body.latencyMs) && answer.body.latencyMs > 0).toBe(true);
    }
  });

  it('tells nothing about why it failed', async () => {
    const oracle = (await client.create({ type: 'ORACLE' })).id;
    for (const id of [gone, wrong, oracle]) {
      const answer = await test(id);
      expect([answer.status, answer.body]).toEqual([500, connectError]);
    }
  });

  it('uses new settings at once', async () => {
    expect((await client.send('PATCH', pathOf(wrong), { password: sample.password })).status).toBe(200);
    expect((await test(wrong)).status).toBe(200);
    expect((await client.send('PATCH', pathOf(wrong), { password: 'not-the-password' })).status).toBe(200);
    expect((await test(wrong)).status).toBe(500);
  });

  it('is limited to ten a minute and connection, unknown ones too, on all nodes', async () => {
    const second = await startFetcher({ at: client.headgate.at, settings });
    const answers = [];
    for (let index = 0; index < 11; index += 1) {
      const sender = index % 2 === 0 ? client : second;
      answers.push(await sender.send('POST', pathOf(noId, '/test'), undefined));
    }
    expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(404), 429]);
    const last = answers.at(-1)!;
    const seconds = Number(
      /^Connection test limit reached\. Try again in (\d+) seconds\.$/.exec(last.body.message)?.[1],
    );
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect([last.body.code, last.body.title, last.headers.get('retry-after')]).toEqual([
      429,
      'Rate Limit Exceeded',
      String(seconds),
    ]);
    expect((await client.send('POST', pathOf('x', '/test'))).status).toBe(400);
    await second.headgate.stopServer();
  });
});

describe('schema', () => {
  it('names tables and fields of PostgreSQL, sorted, without views', async () => {
    const answer = await schema(pg);
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        id: pg,
        configName: 'main-db',
        databaseName: sample.database,
        type: 'POSTGRESQL',
        tables: [
          { name: 'Accounts', fields: ['a', 'a.b', 'z'] },
          { name: 'people', fields: ['id', 'name'] },
        ],
      },
    ]);
  });

  it('names those of another schema with it', async () => {
    const { id } = await client.create({ ...at(sample), schema: 'accounting' });
    expect((await schema(id)).body.tables).toEqual([{ name: 'accounting.invoices', fields: ['id', 'paid'] }]);
    const empty = await client.create({ ...at(sample), schema: 'nothing_there' });
    expect((await schema(empty.id)).body.tables).toEqual([]);
  });

  it('names those of MariaDB bare', async () => {
    expect((await schema(mysql)).body.tables).toEqual([{ name: 'Orders', fields: ['Total', 'id'] }]);
  });

  it('fails without a word of the driver', async () => {
    for (const id of [gone, wrong]) {
      const answer = await schema(id);
      expect([answer.status, answer.body]).toEqual([500, connectError]);
    }
  });
});

describe('validate-schema', () => {
  const validate = (mappedFields: unknown) =>
    client.send('POST', `${connectionsPath}/validate-schema`, { mappedFields });

  it('is content with what exists', async () => {
    const answer = await validate({
      'main-db': {
        people: ['id', 'name'],
        'public.people': ['id'],
        'accounting.invoices': ['paid'],
        Accounts: ['a.b', 'a'],
        pg: [],
      },
      maria: { Orders: ['id'] },
    });
    // `pg` is no table; the rest is.
    expect([answer.status, answer.body.errors]).toEqual([
      422,
      [{ type: 'TABLE_NOT_FOUND', dataSourceId: 'main-db', table: 'pg' }],
    ]);
    const fine = await validate({ 'main-db': { people: ['id'] }, maria: {} });
    expect([fine.status, fine.body]).toEqual([
      200,
      { status: 'success', message: 'Schema validated successfully. All datasources, tables, and fields exist.' },
    ]);
  });

  it('collects every problem, in order', async () => {
    const answer = await validate({
      offline: { x: ['a'] },
      'main-db': { people: ['zz', 'id', '*', 'aa'], nope: ['a'], Nope: [] },
      missing_db: { x: ['y'] },
    });
    expect([answer.status, answer.body]).toEqual([
      422,
      {
        title: 'Schema validation failed',
        code: 'FET-1060',
        message: 'Schema validation found inconsistencies.',
        errors: [
          { type: 'TABLE_NOT_FOUND', dataSourceId: 'main-db', table: 'Nope' },
          { type: 'TABLE_NOT_FOUND', dataSourceId: 'main-db', table: 'nope' },
          { type: 'FIELD_NOT_FOUND', dataSourceId: 'main-db', table: 'people', field: 'zz' },
          { type: 'FIELD_NOT_FOUND', dataSourceId: 'main-db', table: 'people', field: '*' },
          { type: 'FIELD_NOT_FOUND', dataSourceId: 'main-db', table: 'people', field: 'aa' },
          { type: 'DATA_SOURCE_NOT_FOUND', dataSourceId: 'missing_db' },
          { type: 'DATA_SOURCE_DOWN', dataSourceId: 'offline' },
        ],
      },
    ]);
  });

  it('believes what it read for a while, until the connection changes', async () => {
    const { id, configName } = await client.create(at(sample));
    const look = async () => (await validate({ [configName as string]: { late: ['id'] } })).status;
    expect(await look()).toBe(422);
    await sample.execute(`create table late (id integer); grant select on late to ${sample.username}`);
    expect(await look()).toBe(422);
    await client.send('PATCH', pathOf(id), { metadata: { a: 'b' } });
    expect(await look()).toBe(200);
  });

  const many = (count: number, value: unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, value]));
  it.each<[unknown, string, string | undefined]>([
    [undefined, 'FET-0402', 'Missing Fields in Request'],
    [null, 'FET-0402', 'Missing Fields in Request'],
    [{}, 'FET-0401', 'Invalid Data Request'],
    [[], 'FET-0001', 'Invalid payload'],
    [{ a: [] }, 'FET-0001', 'Invalid payload'],
    [{ a: { b: 'c' } }, 'FET-0001', 'Invalid payload'],
    [{ a: { b: [1] } }, 'FET-0001', 'Invalid payload'],
    [many(11, {}), 'FET-1061', 'Validation Limit Exceeded'],
    [{ ' ': {} }, 'FET-0401', 'Invalid Data Request'],
    [{ a: { '': [] } }, 'FET-0401', 'Invalid Data Request'],
    [{ a: { b: [' '] } }, 'FET-0401', 'Invalid Data Request'],
    [{ a: many(21, []) }, 'FET-1061', 'Validation Limit Exceeded'],
    [{ a: { b: Array(51).fill('c') } }, 'FET-1061', 'Validation Limit Exceeded'],
    [{ a: many(20, Array(50).fill('c')) }, 'FET-1062', 'No Connections Found'],
  ])('refuses %j', async (mappedFields, code, title) => {
    const answer = await validate(mappedFields);
    expect([answer.status, answer.body.code, answer.body.title]).toEqual([400, code, title]);
    if (code === 'FET-0402') expect(answer.body.fields).toEqual({ mappedFields: 'mappedFields is a required field' });
  });
});

describe('internal data sources', () => {
  it('stand in front of the first page, are tested and read, and never change', async () => {
    const list = async (query: string) => (await client.send('GET', `${connectionsPath}?limit=2${query}`)).body;
    const first = await list('&page=1');
    expect([first.items.length, first.items[0].configName]).toEqual([3, internalName]);
    const [{ id, productName, createdAt, updatedAt }] = first.items;
    expect([id[14], productName, createdAt, updatedAt]).toEqual([
      '5',
      undefined,
      '0001-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
    ]);
    const second = await list('&page=2');
    expect([second.items.length, second.total]).toEqual([2, first.total]);
    expect((await list('&type=MYSQL')).items[0].configName).toBe('maria');
    const unassigned = (await client.send('GET', `${connectionsPath}/unassigned`)).body;
    expect(unassigned.items.map((one: { id: string }) => one.id)).not.toContain(id);
    expect((await client.send('GET', pathOf(id))).body.configName).toBe(internalName);
    expect((await test(id)).status).toBe(200);
    expect((await schema(id)).body.tables.length).toBeGreaterThan(1);
    const calls = [
      ['PATCH', '', { port: 1 }],
      ['DELETE', ''],
      ['POST', '/assign'],
    ] as const;
    for (const [method, tail, body] of calls) {
      const answer = await client.send(method, pathOf(id, tail), body, { headers: { 'x-product-name': 'a' } });
      expect([method, answer.status, answer.body.code]).toEqual([method, 404, 'FET-1001']);
    }
  });

  it('follow the configuration over restarts', async () => {
    const where = { at: client.headgate.at };
    const internalOf = async (node: FetcherClient) =>
      (await node.send('GET', `${connectionsPath}?type=POSTGRESQL`)).body.items.filter(
        (one: { configName: string }) => one.configName === internalName,
      );
    const before = await internalOf(client);
    const without = await startFetcher(where);
    expect(await internalOf(without)).toEqual([]);
    await without.headgate.stopServer();
    const again = await startFetcher({ ...where, settings });
    expect(await internalOf(again)).toEqual(before);
    await again.headgate.stopServer();
  });
});

describe('hosts of other tenants', () => {
  let token: string;
  const send = (method: string, path: string, body?: unknown) =>
    client.send(method, path, body, { token, headers: { 'x-product-name': 'theirs' } });
  const created = (host: string) => send('POST', connectionsPath, connectionBody({ host }));

  beforeAll(async () => {
    const { headgate } = client;
    const tenant = await headgate.api('POST', '/tenants', { name: 'Other', slug: 'other' });
    expect(tenant.status).toBe(201);
    await headgate.createUser('their-admin', { tenant: 'other', permissions: ['ManageTenantSources'] });
    token = await tokenWith(headgate, ['door:fetcher'], 'their-admin');
  });

  const forbidden = {
    code: 'FET-0414',
    title: 'Forbidden Host',
    message: 'Host is not a valid external database endpoint',
  };

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '100.64.0.1',
    '198.18.0.1',
    '203.0.113.9',
    '240.0.0.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
  ])('may not be the address %s', async (host) => {
    const answer = await created(host);
    expect([answer.status, answer.body]).toEqual([400, forbidden]);
    const fine = await created('db.example.com');
    const patched = await send('PATCH', pathOf(fine.body.id), { host, type: 'x' });
    expect([patched.status, patched.body]).toEqual([400, forbidden]);
  });

  it.each([
    'localhost',
    'LOCALHOST',
    'metadata.google.internal',
    'printer.local',
    'db.internal',
    'x.svc.cluster.local',
  ])('are not connected to by the name %s', async (host) => {
    const { body } = await created(host);
    const calls = [
      ['POST', '/test'],
      ['GET', '/schema'],
    ] as const;
    for (const [method, tail] of calls) {
      const answer = await send(method, pathOf(body.id, tail));
      expect([method, answer.status, answer.body]).toEqual([method, 400, forbidden]);
    }
    const mappedFields = { [body.configName]: { a: ['b'] } };
    const validated = await send('POST', `${connectionsPath}/validate-schema`, { mappedFields });
    expect([validated.status, validated.body]).toEqual([400, forbidden]);
  });

  it('sees nothing of ours, and we nothing of theirs', async () => {
    const { body } = await created('db.example.com');
    expect((await send('GET', pathOf(pg))).status).toBe(404);
    expect((await client.send('GET', pathOf(body.id))).status).toBe(404);
    for (const [method, tail, sent] of [
      ['PATCH', '', { port: 1 }],
      ['DELETE', ''],
      ['POST', '/test'],
      ['GET', '/schema'],
      ['POST', '/assign'],
    ] as const) {
      const answer = await send(method, pathOf(pg, tail), sent);
      const absent = await send(method, pathOf(noId, tail), sent);
      expect([method, answer.status, answer.body]).toEqual([method, 404, absent.body]);
    }
    const mappedFields = { 'main-db': { people: ['id'] } };
    expect((await send('POST', `${connectionsPath}/validate-schema`, { mappedFields })).body.code).toBe('FET-1062');
    // Their names are their own.
    expect((await send('POST', connectionsPath, connectionBody({ configName: 'main-db' }))).status).toBe(201);
  });

  it('may be anything in the system tenant', async () => {
    expect((await client.create({ host: '10.0.0.1' })).host).toBe('10.0.0.1');
  });
});
