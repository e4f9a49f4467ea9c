/** PATCH over HTTP: the order of decisions, every member, TLS, metadata, concurrency (fetcher.md §4). */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/platform/ids.ts';
import { connectionsPath, type FetcherClient, noId, startFetcher } from './fixture.ts';

let client: FetcherClient;
beforeAll(async () => {
  client = await startFetcher();
});
afterAll(() => client?.stop());

const pathOf = (id: unknown) => `${connectionsPath}/${id}`;
const patch = (id: unknown, body: unknown) => client.send('PATCH', pathOf(id), body);
const read = async (id: unknown) => (await client.send('GET', pathOf(id))).body;

/** A job lease on the connection, as a submitted job holds it; the answer ends it. */
async function lease(uid: unknown): Promise<() => Promise<void>> {
  const { db } = client.headgate.app.store;
  const holder = uuidv7();
  await sql`insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder)
    select ${uuidv7()}::uuid, tenant_id, id, 'job', ${holder}::uuid, 'a job' from data_source where uid = ${uid}::uuid`.execute(
    db,
  );
  return async () => {
    await sql`delete from lease where holder_uid = ${holder}::uuid`.execute(db);
  };
}

describe('samples of the contract', () => {
  const rows: readonly [body: unknown, status: number, expected: object][] = [
    [{ port: 5433 }, 200, { port: 5433 }],
    [
      { configName: 'ab' },
      400,
      {
        code: 'FET-0001',
        title: 'Bad Request',
        fields: { configName: 'configName must be at least 3 characters in length' },
      },
    ],
    [
      { configName: '' },
      400,
      { code: 'FET-0001', fields: { configName: 'configName must be at least 3 characters in length' } },
    ],
    [
      { configName: 'x'.repeat(101) },
      400,
      { code: 'FET-0001', fields: { configName: 'configName must be a maximum of 100 characters in length' } },
    ],
    [
      { configName: 'bad name!' },
      400,
      { code: 'FET-0402', entityType: 'connection', fields: { config_name: expect.any(String) } },
    ],
    [{ type: 'postgresql' }, 400, { code: 'FET-0001', fields: { type: expect.any(String) } }],
    [{ type: '' }, 400, { code: 'FET-0001', fields: { type: expect.any(String) } }],
    [
      { type: 'SQLITE', port: 70_000 },
      400,
      { code: 'FET-0001', fields: { type: expect.any(String), port: 'port must be 65,535 or less' } },
    ],
    [{ host: '' }, 400, { code: 'FET-0001', fields: { host: expect.any(String) } }],
    [{ host: 'a_b' }, 400, { code: 'FET-0001', fields: { host: expect.any(String) } }],
    [{ port: 0 }, 400, { code: 'FET-0001', fields: { port: 'port must be 1 or greater' } }],
    [{ port: 65_536 }, 400, { code: 'FET-0001', fields: { port: 'port must be 65,535 or less' } }],
    [{ port: 65_535 }, 200, { port: 65_535 }],
    [{ port: '5433' }, 400, { code: 'FET-0001', title: 'Invalid payload', message: 'unable to parse request body' }],
    [
      { databaseName: '  ' },
      400,
      { code: 'FET-0402', entityType: 'connection', fields: { database_name: 'database name is required' } },
    ],
    [{ databaseName: '' }, 400, { code: 'FET-0402', fields: { database_name: 'database name is required' } }],
    [{ databaseName: ' trimmed ' }, 200, { databaseName: 'trimmed' }],
    [{ userName: '' }, 400, { code: 'FET-0402', fields: { username: 'username is required' } }],
    [{ userName: ' someone ' }, 200, { userName: 'someone' }],
    [{ password: '' }, 400, { code: 'FET-0402', fields: { password: expect.any(String) } }],
    [{ password: '', type: 'x' }, 400, { code: 'FET-0402', fields: { password: expect.any(String) } }],
    [{ schema: '' }, 200, { schema: '' }],
    [{ schema: 'Any thing!' }, 200, { schema: 'Any thing!' }],
    [{ ssl: { mode: 'verify-full', ca: '-----BEGIN…' } }, 200, { ssl: { mode: 'verify-full' } }],
    [
      { ssl: { mode: 'verify-ca' } },
      400,
      { code: 'FET-0402', entityType: 'connection', fields: { 'ssl.ca': 'SSL CA is required' } },
    ],
    [{ ssl: { mode: 'disable' } }, 200, { ssl: { mode: 'disable' } }],
    [
      { ssl: { mode: 'REQUIRE', ca: 'x' } },
      400,
      {
        code: 'FET-0001',
        entityType: 'connection',
        fields: { 'ssl.mode': expect.stringMatching(/^FET-0413 - .*'REQUIRE'/) },
      },
    ],
    [{ ssl: { mode: '' } }, 400, { code: 'FET-0402', fields: { 'ssl.mode': 'SSL mode is required' } }],
    [{ ssl: { ca: 'x' } }, 200, { ssl: { mode: 'require' } }],
    [{ ssl: [] }, 400, { message: 'unable to parse request body' }],
    [{ type: 'MYSQL' }, 400, { code: 'FET-0001', fields: { 'ssl.mode': expect.stringMatching(/^FET-0413 - /) } }],
    [{ type: 'MYSQL', ssl: { mode: 'true' } }, 200, { type: 'MYSQL', ssl: { mode: 'true' }, port: 5432 }],
    [{ metadata: {} }, 200, { metadata: {} }],
    [{ metadata: { b: '2' } }, 200, { metadata: { b: '2' } }],
    [{ metadata: { b: 2 } }, 400, { code: 'FET-0001', fields: { 'metadata.b': 'metadata.b must be a string' } }],
    [{ metadata: { b: {} } }, 400, { code: 'FET-0410', title: 'Invalid Metadata Nesting' }],
    [{ metadata: 'x' }, 400, { message: 'unable to parse request body' }],
    [{ productName: 'other' }, 400, { code: 'FET-0001', title: 'Invalid payload', message: 'empty request body' }],
    [{ productName: 'other', port: 5434 }, 200, { productName: 'my-product', port: 5434 }],
    [{ id: noId, createdAt: 'x', updatedAt: 'x' }, 400, { message: 'empty request body' }],
    [{}, 400, { message: 'empty request body' }],
    ['null', 400, { message: 'empty request body' }],
    [{ host: null }, 400, { message: 'empty request body' }],
    [{ ssl: {} }, 400, { message: 'empty request body' }],
    [{ ssl: { mode: null, ca: null } }, 400, { message: 'empty request body' }],
    [{ foo: 1 }, 400, { message: 'empty request body' }],
    ['{', 400, { message: 'unable to parse request body' }],
    ['', 400, { message: 'unable to parse request body' }],
  ];

  it.each(rows)('%j → %i', async (body, status, expected) => {
    const before = await client.create({
      ssl: { mode: 'require', ca: 'a-ca' },
      schema: 'public',
      metadata: { a: '1' },
    });
    const answer = await patch(before.id, body);
    expect([answer.status, answer.body]).toMatchObject([status, expected]);
    const after = await read(before.id);
    if (status !== 200) expect(after).toEqual(before);
    else {
      expect(after).toEqual(answer.body);
      expect(after).toEqual({ ...before, ...expected, updatedAt: after.updatedAt });
      expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(String(before.updatedAt)));
    }
  });

  it('answers the whole sample, and an unchanged value is fine and moves the time', async () => {
    const { id, configName, updatedAt } = await client.create();
    const body = {
      configName: `${configName}-2`,
      host: 'new-db.example.com',
      port: 5433,
      schema: 'analytics',
      userName: 'new_dbuser',
      metadata: { team: 'x' },
    };
    const first = await patch(id, { ...body, password: 'new_secretpassword' });
    expect([first.status, first.body]).toMatchObject([200, body]);
    expect(first.text).not.toContain('new_secretpassword');
    const again = await patch(id, { configName: body.configName });
    expect(again.status).toBe(200);
    expect(Date.parse(again.body.updatedAt)).toBeGreaterThan(Date.parse(first.body.updatedAt));
    expect(Date.parse(first.body.updatedAt)).toBeGreaterThan(Date.parse(String(updatedAt)));
  });

  it('needs a mode before there is a TLS object to merge into', async () => {
    const { id } = await client.create();
    const answer = await patch(id, { ssl: { ca: 'x' } });
    expect([answer.status, answer.body.code, answer.body.fields]).toEqual([
      400,
      'FET-0402',
      { 'ssl.mode': 'SSL mode is required' },
    ]);
  });

  it('replaces a TLS object that has a mode as a whole, and merges one that has none', async () => {
    const { id } = await client.create({ ssl: { mode: 'verify-full', ca: 'a-ca' } });
    // The CA is not sent again, so that it is gone, and this mode needs one.
    expect((await patch(id, { ssl: { mode: 'verify-ca' } })).body.fields).toEqual({ 'ssl.ca': 'SSL CA is required' });
    expect((await patch(id, { ssl: { cert: 'a-cert', key: 'a-key' } })).status).toBe(200);
    const stored = async () =>
      client.headgate.app.store.db
        .selectFrom('data_source')
        .select(['tls', 'tls_key_sealed'])
        .where('uid', '=', id)
        .executeTakeFirstOrThrow();
    const merged = await stored();
    expect(merged.tls).toEqual({ mode: 'verify-full', ca: 'a-ca', cert: 'a-cert' });
    expect(Buffer.from(merged.tls_key_sealed!).includes('a-key')).toBe(false);
    await patch(id, { ssl: { mode: 'require' } });
    expect(await stored()).toEqual({ tls: { mode: 'require' }, tls_key_sealed: null });
  });
});

describe('the order of decisions', () => {
  it('looks at the id, then at the body, then whether there is such a connection', async () => {
    expect((await patch('x', '{')).body.code).toBe('FET-0404');
    expect((await patch(noId, '{')).body.code).toBe('FET-0001');
    expect((await patch(noId, {})).body.message).toBe('empty request body');
    expect((await patch(noId, { port: 0 })).body.fields.port).toBe('port must be 1 or greater');
    expect((await patch(noId, { databaseName: ' ' })).status).toBe(404);
  });

  it('is gated by job leases after shape and look-up, before the record', async () => {
    const before = await client.create();
    const { id } = before;
    const end = await lease(id);
    const refused = { code: 'FET-1021', title: 'Job In Progress' };
    for (const body of [
      { metadata: { a: 'b' } },
      { databaseName: ' ' },
      { port: 1 },
      { configName: before.configName },
    ]) {
      const answer = await patch(id, body);
      expect([body, answer.status, answer.body]).toEqual([
        body,
        409,
        { ...refused, message: 'cannot update connection with active jobs' },
      ]);
    }
    expect((await patch(id, {})).status).toBe(400);
    expect((await patch(id, { port: 0 })).status).toBe(400);
    const deleted = await client.send('DELETE', pathOf(id));
    expect([deleted.status, deleted.body]).toEqual([
      409,
      { ...refused, message: 'cannot delete connection with active jobs' },
    ]);
    expect(await read(id)).toEqual(before);
    await end();
    expect((await patch(id, { port: 1 })).status).toBe(200);
    expect((await client.send('DELETE', pathOf(id))).status).toBe(204);
  });

  it('is gated by a job that was submitted natively, until it ends', async () => {
    const { id } = await client.create();
    const spec = { kind: 'export', source: id, sql: 'select 1', format: 'csv' };
    const job = await client.headgate.api('POST', '/jobs', spec);
    expect(job.status).toBe(202);
    expect((await patch(id, { metadata: { a: 'b' } })).body.code).toBe('FET-1021');
    expect((await client.headgate.api('POST', `/jobs/${job.body.id}/cancel`)).status).toBeLessThan(300);
    expect((await patch(id, { metadata: { a: 'b' } })).status).toBe(200);
  });

  it('never blocks an assign', async () => {
    const { id } = await client.create();
    await client.headgate.app.store.db
      .updateTable('data_source')
      .set({ product: null })
      .where('uid', '=', id)
      .execute();
    const end = await lease(id);
    const answer = await client.send('POST', `${pathOf(id)}/assign`, 'no json', {
      headers: { 'x-product-name': 'New' },
    });
    expect([answer.status, answer.body.productName]).toEqual([200, 'new']);
    await end();
  });

  it('refuses a taken name last', async () => {
    const { configName } = await client.create();
    const { id } = await client.create();
    const answer = await patch(id, { configName });
    expect([answer.status, answer.body]).toMatchObject([409, { code: 'FET-1002', title: 'Conflict' }]);
    expect((await patch(id, { configName, databaseName: ' ' })).status).toBe(400);
  });

  it('frees the old name', async () => {
    const { id, configName } = await client.create();
    await patch(id, { configName: `${configName}-new` });
    expect((await client.create({ configName })).configName).toBe(configName);
  });
});

describe('at the same time', () => {
  it('patches of different members both survive, 100 times', async () => {
    const { id } = await client.create();
    for (let round = 1; round <= 100; round += 1) {
      const [a, b] = await Promise.all([
        patch(id, { port: 1000 + round, userName: `user-${round}` }),
        patch(id, { databaseName: `db-${round}` }),
      ]);
      expect([round, a.status, b.status]).toEqual([round, 200, 200]);
      expect(await read(id)).toMatchObject({
        port: 1000 + round,
        userName: `user-${round}`,
        databaseName: `db-${round}`,
      });
    }
  });

  it('a patch never brings a deleted connection back, 30 times', async () => {
    for (let round = 1; round <= 30; round += 1) {
      const { id } = await client.create();
      const [patched, removed] = await Promise.all([patch(id, { port: 99 }), client.send('DELETE', pathOf(id))]);
      expect([200, 404]).toContain(patched.status);
      expect(removed.status).toBe(204);
      expect((await client.send('GET', pathOf(id))).status).toBe(404);
    }
  });

  it('of patches to one name one wins', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, async () => (await client.create()).id));
    const answers = await Promise.all(ids.map((id) => patch(id, { configName: 'the-one-name' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });
});

describe('what others see of a patch', () => {
  it('new connections take new settings only when something about connecting changed', async () => {
    const { id } = await client.create();
    const version = async () =>
      (
        await client.headgate.app.store.db
          .selectFrom('data_source')
          .select('settings_version')
          .where('uid', '=', id)
          .executeTakeFirstOrThrow()
      ).settings_version;
    const first = await version();
    for (const body of [{ metadata: { a: 'b' } }, { configName: 'other-name-of-it' }, { port: 5432 }])
      await patch(id, body);
    expect(await version()).toBe(first);
    for (const body of [
      { port: 1 },
      { password: 'new' },
      { userName: 'new' },
      { ssl: { mode: 'require' } },
      { ssl: { key: 'k' } },
    ]) {
      const before = await version();
      expect((await patch(id, body)).status).toBe(200);
      expect([body, await version()]).toEqual([body, before + 1]);
    }
  });
});

describe('steering metadata', () => {
  const native = async (id: unknown) =>
    client.headgate.app.store.db
      .selectFrom('data_source')
      .select(['database', 'options'])
      .where('uid', '=', String(id))
      .executeTakeFirstOrThrow();

  it('names the service of Oracle, and the database stays as written', async () => {
    const { id } = await client.create({
      type: 'ORACLE',
      databaseName: 'shown',
      metadata: { serviceName: 'FREEPDB1' },
    });
    expect((await native(id)).database).toBe('FREEPDB1');
    expect((await read(id)).databaseName).toBe('shown');
    await patch(id, { metadata: {} });
    expect((await native(id)).database).toBe('shown');
    const list = await client.send('GET', `${connectionsPath}?databaseName=shown`);
    expect(list.body.total).toBe(1);
  });

  it('names where MongoDB signs in', async () => {
    const { id } = await client.create({
      type: 'MONGODB',
      metadata: { authSource: 'users', directConnection: 'true' },
    });
    expect((await native(id)).options).toEqual({ authSource: 'users', directConnection: true });
    await patch(id, { metadata: {} });
    expect((await native(id)).options).toEqual({ authSource: 'admin' });
  });
});
