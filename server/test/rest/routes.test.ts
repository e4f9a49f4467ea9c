/** Every route of the native door: its main path and its errors, over HTTP, on real databases. */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { createGroup } from '../hdp/client.ts';
import { finalJob, registerSource, type SampleDatabase, sampleDatabase, sourceBody } from './fixture.ts';

let headgate: Headgate;
let sample: SampleDatabase;

beforeAll(async () => {
  headgate = await startHeadgate();
  sample = await sampleDatabase();
  await headgate.createUser('olga');
  await headgate.createUser('carl');
  await registerSource(headgate, 'sales', sample, 'olga');
});
afterAll(() => headgate?.stop());

const olga = { as: 'olga' };
const carl = { as: 'carl' };

/** What a problem must have; more members may follow. */
function problemOf(status: number, code: string, more: object = {}) {
  return { status, body: { status, code, instance: expect.any(String), detail: expect.any(String), ...more } };
}

describe('sessions', () => {
  it('signs in, tells who one is, and signs out', async () => {
    const answer = await headgate.api(
      'POST',
      '/sessions',
      { username: 'carl', password: 'carl-password-1' },
      { as: null },
    );
    expect(answer).toMatchObject({ status: 201, body: { user: { username: 'carl' }, expiresAt: expect.any(String) } });
    const headers = { authorization: `Bearer ${answer.body.token}` };
    const me = await headgate.api('GET', '/me', undefined, { as: null, headers });
    expect(me).toMatchObject({
      status: 200,
      body: { user: { username: 'carl', tenant: 'system' }, method: 'session' },
    });
    expect(me.body.permissions).toContain('CreateDataSource');
    const current = await headgate.api('GET', '/sessions/current', undefined, { as: null, headers });
    expect(current).toMatchObject({ status: 200, body: { current: true, door: 'rest' } });
    const out = await headgate.api('DELETE', '/sessions/current', undefined, { as: null, headers });
    expect([out.status, out.text]).toEqual([204, '']);
    expect(await headgate.api('GET', '/me', undefined, { as: null, headers })).toMatchObject(
      problemOf(401, 'invalid_token'),
    );
  });

  it('says the same of a wrong password and an unknown user', async () => {
    const wrong = await headgate.api(
      'POST',
      '/sessions',
      { username: 'olga', password: 'wrong-password' },
      { as: null },
    );
    const unknown = await headgate.api(
      'POST',
      '/sessions',
      { username: 'nobody', password: 'wrong-password' },
      { as: null },
    );
    expect(wrong).toMatchObject(problemOf(401, 'invalid_credentials'));
    expect({ ...unknown.body, instance: '' }).toEqual({ ...wrong.body, instance: '' });
    expect(wrong.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('needs a sign-in everywhere else', async () => {
    for (const path of ['/me', '/sources', '/sources/sales', '/audit', '/jobs', '/engines']) {
      const answer = await headgate.api('GET', path, undefined, { as: null });
      expect(answer).toMatchObject(problemOf(401, 'sign_in_required'));
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="headgate"');
    }
  });

  it('changes the own password', async () => {
    await headgate.createUser('paul');
    const wrong = { currentPassword: 'not-this-one', newPassword: 'another-password-1' };
    expect((await headgate.api('PUT', '/me/password', wrong, { as: 'paul' })).status).toBeGreaterThanOrEqual(400);
    const right = { currentPassword: 'paul-password-1', newPassword: 'another-password-1' };
    expect((await headgate.api('PUT', '/me/password', right, { as: 'paul' })).status).toBe(204);
    await headgate.signIn('paul', 'another-password-1');
  });
});

describe('users, groups, tenants, tokens', () => {
  it('creates, reads, changes, lists and deletes a user', async () => {
    const body = { username: 'Dora', password: 'dora-password-1', firstName: 'Dora', email: 'dora@example.org' };
    const created = await headgate.api('POST', '/users', body);
    expect(created).toMatchObject({ status: 201, body: { username: 'Dora', firstName: 'Dora', roles: ['User'] } });
    expect(created.headers.get('location')).toBe('/api/v1/users/Dora');
    expect((await headgate.api('POST', '/users', { ...body, username: 'dora' })).status).toBe(409);
    const changed = await headgate.api('PATCH', '/users/dora', { firstName: null, lastName: 'Delta' });
    expect(changed).toMatchObject({ status: 200, body: { firstName: null, lastName: 'Delta' } });
    expect((await headgate.api('PUT', '/users/dora/password', { password: 'dora-password-2' })).status).toBe(204);
    expect((await headgate.api('POST', '/users/dora/unlock')).status).toBe(200);
    const list = await headgate.api('GET', '/users?q=dora');
    expect(list.body.items.map((user: { username: string }) => user.username)).toEqual(['Dora']);
    expect((await headgate.api('DELETE', '/users/dora')).status).toBe(204);
    expect(await headgate.api('GET', '/users/dora')).toMatchObject(problemOf(404, 'user_not_found'));
    expect(await headgate.api('POST', '/users', { username: 'x' })).toMatchObject(
      problemOf(400, 'invalid_request', { field: 'password' }),
    );
    expect((await headgate.api('POST', '/users', body, carl)).status).toBe(403);
  });

  it('keeps groups with members', async () => {
    expect(await headgate.api('POST', '/groups', { name: 'analysts' })).toMatchObject({ status: 201 });
    expect((await headgate.api('PUT', '/groups/analysts/members/carl')).status).toBe(204);
    expect(await headgate.api('GET', '/groups/analysts')).toMatchObject({ status: 200, body: { members: ['carl'] } });
    expect((await headgate.api('GET', '/groups')).body.items).toMatchObject([{ name: 'analysts', memberCount: 1 }]);
    expect((await headgate.api('DELETE', '/groups/analysts/members/carl')).status).toBe(204);
    expect((await headgate.api('DELETE', '/groups/analysts')).status).toBe(204);
    expect((await headgate.api('GET', '/groups/analysts')).status).toBe(404);
  });

  it('keeps tenants, roles and permissions', async () => {
    expect(await headgate.api('POST', '/tenants', { name: 'Acme', slug: 'acme' })).toMatchObject({
      status: 201,
      body: { slug: 'acme' },
    });
    expect((await headgate.api('GET', '/tenants/acme')).status).toBe(200);
    expect((await headgate.api('GET', '/tenants')).body.items).toHaveLength(2);
    expect((await headgate.api('GET', '/tenants/absent')).status).toBe(404);
    const roles = await headgate.api('GET', '/roles');
    expect(roles.body.items.map((role: { name: string }) => role.name)).toContain('Tenant Administrator');
    const permissions = await headgate.api('GET', '/permissions');
    expect(permissions.body.items).toContainEqual(expect.objectContaining({ id: 2, word: 'view', onShare: true }));
  });

  it('shows a token once and revokes it', async () => {
    const created = await headgate.api('POST', '/tokens', { name: 'ci', scopes: ['read'] }, olga);
    expect(created).toMatchObject({ status: 201, body: { name: 'ci', token: expect.stringMatching(/^hg_/) } });
    const headers = { authorization: `Bearer ${created.body.token}` };
    expect((await headgate.api('GET', '/sources/sales', undefined, { as: null, headers })).status).toBe(200);
    const write = await headgate.api('PATCH', '/sources/sales', { title: 'x' }, { as: null, headers });
    expect(write).toMatchObject(problemOf(403, 'scope_missing'));
    const listed = await headgate.api('GET', '/tokens', undefined, olga);
    expect(JSON.stringify(listed.body)).not.toContain(created.body.token);
    expect((await headgate.api('DELETE', `/tokens/${created.body.id}`, undefined, olga)).status).toBe(204);
    expect((await headgate.api('GET', '/me', undefined, { as: null, headers })).status).toBe(401);
    const past = await headgate.api('POST', '/tokens', { name: 'x', expiresAt: '2027-02-31T99:00:00Z' }, olga);
    expect(past).toMatchObject(problemOf(400, 'invalid_time', { field: 'expiresAt' }));
  });
});

describe('sources', () => {
  it('creates by parts and by URL, and reads without the password', async () => {
    const { host, port, database, username, password } = sample;
    const url = `postgresql://${username}:${encodeURIComponent(password)}@${host}:${port}/${database}?sslmode=prefer`;
    const created = await headgate.api('POST', '/sources', { name: 'by-url', url, labels: { team: 'red' } }, olga);
    expect(created).toMatchObject({
      status: 201,
      body: { name: 'by-url', engine: 'postgresql', host, port, database, owner: 'olga', labels: { team: 'red' } },
    });
    expect(created.headers.get('etag')).toBe('"v1"');
    expect(created.text).not.toContain(password);
    const read = await headgate.api('GET', `/sources/${created.body.id}`, undefined, olga);
    expect(read).toMatchObject({ status: 200, body: { name: 'by-url', credential: { state: 'set', username } } });
    const again = await headgate.api('GET', '/sources/by-url', undefined, {
      ...olga,
      headers: { 'if-none-match': '"v1"' },
    });
    expect([again.status, again.text]).toEqual([304, '']);
    const labelled = await headgate.api('GET', '/sources?label=team%3Dred&engine=postgresql', undefined, olga);
    expect(labelled.body.items.map((source: { name: string }) => source.name)).toEqual(['by-url']);
  });

  it('pages', async () => {
    const first = await headgate.api('GET', '/sources?limit=1', undefined, olga);
    expect(first.body.items).toHaveLength(1);
    const second = await headgate.api('GET', `/sources?limit=1&cursor=${first.body.nextCursor}`, undefined, olga);
    expect(second.body.items).toHaveLength(1);
    expect(second.body.items[0].id).not.toBe(first.body.items[0].id);
    expect(await headgate.api('GET', '/sources?cursor=AAAA', undefined, olga)).toMatchObject(
      problemOf(400, 'invalid_cursor'),
    );
  });

  it('changes by merge patch under If-Match, previews, deletes and brings back', async () => {
    await registerSource(headgate, 'changing', sample, 'olga');
    const patched = await headgate.api(
      'PATCH',
      '/sources/changing',
      { title: 'T', metadata: { a: { b: 1 } } },
      {
        ...olga,
        headers: { 'content-type': 'application/merge-patch+json', 'if-match': '"v1"' },
      },
    );
    expect(patched).toMatchObject({ status: 200, body: { title: 'T', metadata: { a: { b: 1 } }, version: 2 } });
    const stale = await headgate.api(
      'PATCH',
      '/sources/changing',
      { title: 'U' },
      { ...olga, headers: { 'if-match': '"v1"' } },
    );
    expect(stale).toMatchObject(problemOf(412, 'stale_version'));
    const odd = await headgate.api('PATCH', '/sources/changing', {}, { ...olga, headers: { 'if-match': 'v1' } });
    expect(odd).toMatchObject(problemOf(400, 'invalid_if_match'));
    const preview = await headgate.api('PATCH', '/sources/changing?dryRun=true', { host: 'elsewhere.example' }, olga);
    expect(preview).toMatchObject({ status: 200, body: { operation: 'update', changes: ['host'], refused: false } });
    const dry = await headgate.api('DELETE', '/sources/changing?dryRun=true', undefined, olga);
    expect(dry).toMatchObject({ status: 200, body: { operation: 'delete' } });
    expect((await headgate.api('GET', '/sources/changing', undefined, olga)).body.title).toBe('T');
    expect((await headgate.api('DELETE', '/sources/changing', undefined, olga)).status).toBe(204);
    expect((await headgate.api('GET', '/sources/changing', undefined, olga)).status).toBe(404);
    const back = await headgate.api('POST', '/sources/changing/undelete', undefined, olga);
    expect(back).toMatchObject({ status: 200, body: { name: 'changing', title: 'T' } });
  });

  it('tests a saved source with its stored secret, with overrides, and a draft', async () => {
    const saved = await headgate.api('POST', '/sources/sales/test', {}, olga);
    expect(saved).toMatchObject({ status: 200, body: { ok: true, server: { version: expect.any(String) } } });
    expect(saved.body.stages.map((stage: { stage: string }) => stage.stage)).toContain('login');
    const empty = await headgate.api('POST', '/sources/sales/test', undefined, olga);
    expect(empty).toMatchObject({ status: 200, body: { ok: true } });
    const wrong = await headgate.api('POST', '/sources/sales/test', { password: 'wrong' }, olga);
    expect(wrong).toMatchObject({ status: 200, body: { ok: false } });
    expect(wrong.body.stages.at(-1)).toMatchObject({
      stage: 'login',
      ok: false,
      code: 'login_failed',
      field: 'password',
    });
    const { name: _name, ...draft } = sourceBody('x', sample);
    expect(await headgate.api('POST', '/connection-tests', draft, olga)).toMatchObject({
      status: 200,
      body: { ok: true },
    });
  });

  it('splits a connection URL and keeps its password to itself', async () => {
    const url = 'postgresql://reader:s3cr3t%40word@db.example:6432/sales?sslmode=require';
    const split = await headgate.api('POST', '/connection-urls', { url }, olga);
    expect(split.body).toEqual({
      engine: 'postgresql',
      host: 'db.example',
      port: 6432,
      database: 'sales',
      username: 'reader',
      tls: { mode: 'require' },
      options: {},
      hasPassword: true,
    });
    const without = await headgate.api('POST', '/connection-urls', { url: 'mysql://db.example/shop' }, olga);
    expect(without.body).toMatchObject({ engine: 'mysql', hasPassword: false });
    expect(await headgate.api('POST', '/connection-urls', { url: 'ftp://s3cr3t@x' }, olga)).toMatchObject({
      status: 400,
      body: { code: 'invalid_url', field: 'url', detail: expect.not.stringContaining('s3cr3t') },
    });
  });

  it('lists engines and leases', async () => {
    const engines = await headgate.api('GET', '/engines');
    expect(engines.body.items).toContainEqual(
      expect.objectContaining({ id: 'postgresql', available: true, defaultPort: 5432 }),
    );
    expect(await headgate.api('GET', '/sources/sales/leases', undefined, olga)).toMatchObject({
      status: 200,
      body: { items: [] },
    });
  });

  it('keeps credentials that nobody can read', async () => {
    const body = { username: sample.username, password: sample.password };
    const path = '/sources/sales/credentials';
    expect((await headgate.api('PUT', `${path}/personal`, body, olga)).status).toBe(201);
    expect((await headgate.api('PUT', `${path}/personal`, { ...body, password: '********' }, olga)).status).toBe(200);
    const read = await headgate.api('GET', `${path}/personal`, undefined, olga);
    expect(read).toMatchObject({ status: 200, body: { kind: 'personal', state: 'set', username: sample.username } });
    const all = await headgate.api('GET', path, undefined, olga);
    expect(all.body.items).toHaveLength(2);
    expect(all.text + read.text).not.toContain(sample.password);
    expect((await headgate.api('DELETE', `${path}/personal`, undefined, olga)).status).toBe(204);
    expect((await headgate.api('GET', `${path}/personal`, undefined, olga)).status).toBe(404);
    expect((await headgate.api('GET', `${path}/source?level=read`, undefined, olga)).status).toBe(404);
    expect((await headgate.api('PUT', `${path}/source`, body, olga)).status).toBe(200);
  });
});

describe('sharing', () => {
  it('shares exactly, explains, and takes back', async () => {
    const path = '/sources/sales/shares/users/carl';
    const put = await headgate.api(
      'PUT',
      path,
      { permissions: ['sql', 'view'], expiresAt: '2099-01-01T00:00:00Z' },
      olga,
    );
    expect(put).toMatchObject({
      status: 201,
      body: { subject: { type: 'user', name: 'carl' }, permissions: ['view', 'sql'] },
    });
    expect((await headgate.api('PUT', path, { permissions: ['view'] }, olga)).status).toBe(200);
    expect((await headgate.api('GET', path, undefined, olga)).body.permissions).toEqual(['view']);
    const seen = await headgate.api('GET', '/sources/sales', undefined, carl);
    expect(seen).toMatchObject({ status: 200, body: { permissions: ['view'] } });
    const query = await headgate.api('POST', '/sources/sales/query', { sql: 'select 1' }, carl);
    expect(query).toMatchObject(problemOf(403, 'permission_missing'));
    const why = await headgate.api('GET', '/sources/sales/access?user=carl&action=query', undefined, olga);
    expect(why).toMatchObject({ status: 200, body: { allowed: false, because: expect.stringContaining('100') } });
    const own = await headgate.api('GET', '/sources/sales/access', undefined, carl);
    expect(own).toMatchObject({ status: 200, body: { allowed: true, permissions: ['view'] } });
    const unknown = await headgate.api('PUT', path, { permissions: ['fly'] }, olga);
    expect(unknown).toMatchObject(problemOf(400, 'permission_unknown', { field: 'permissions/0' }));
    expect((await headgate.api('GET', '/sources/sales/shares', undefined, olga)).body.items).toHaveLength(1);
    expect((await headgate.api('PUT', '/sources/sales/shares/users/absent', { permissions: [] }, olga)).status).toBe(
      404,
    );
    expect((await headgate.api('DELETE', path, undefined, olga)).status).toBe(204);
    expect((await headgate.api('DELETE', path, undefined, olga)).status).toBe(404);
    expect((await headgate.api('DELETE', '/sources/sales/shares', undefined, olga)).status).toBe(204);
    expect((await headgate.api('GET', '/sources/sales', undefined, carl)).status).toBe(404);
  });
});

describe('schema and queries', () => {
  it('reads the schema from the cache and live', async () => {
    const first = await headgate.api('GET', '/sources/sales/schema', undefined, olga);
    expect(first).toMatchObject({
      status: 200,
      body: { catalog: { tables: 1, stale: false }, items: [{ name: 'people' }] },
    });
    const refreshed = await headgate.api('POST', '/sources/sales/schema/refresh', undefined, olga);
    expect(refreshed).toMatchObject({ status: 200, body: { tables: 1, columns: 2 } });
    const live = await headgate.api('GET', '/sources/sales/schema?live=true&q=NAME', undefined, olga);
    expect(live.body.items).toMatchObject([{ schema: 'public', name: 'people', primaryKey: ['id'] }]);
    expect((await headgate.api('GET', '/sources/sales/schema?q=absent', undefined, olga)).body.items).toEqual([]);
  });

  it('streams NDJSON, CSV, JSON and Parquet', async () => {
    const run = (format: string) =>
      headgate.api('POST', '/sources/sales/query', { sql: 'select id, name from people order by id', format }, olga);
    const ndjson = await run('ndjson');
    expect([ndjson.status, ndjson.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    expect(ndjson.text).toBe('{"id":1,"name":"Ada"}\n{"id":2,"name":"Grace"}\n{"id":3,"name":"Edsger"}\n');
    expect(ndjson.headers.get('cache-control')).toBe('no-store');
    const csv = await run('csv');
    expect(csv.text.replaceAll('\r', '')).toBe('id,name\n1,Ada\n2,Grace\n3,Edsger\n');
    expect((await run('json')).body).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
    const parquet = await fetch(`${headgate.url}/api/v1/sources/sales/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${headgate.token('olga')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ sql: 'select id, name from people order by id', format: 'parquet' }),
    });
    expect(parquet.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    expect(await parquetReadObjects({ file: await parquet.arrayBuffer(), compressors })).toEqual([
      { id: 1, name: 'Ada' },
      { id: 2, name: 'Grace' },
      { id: 3, name: 'Edsger' },
    ]);
    expect(await run('arrow')).toMatchObject(problemOf(400, 'format_unsupported'));
    const columns = JSON.parse(Buffer.from(ndjson.headers.get('headgate-columns') ?? '', 'base64').toString());
    expect(columns).toMatchObject([{ name: 'id' }, { name: 'name' }]);
    const id = ndjson.headers.get('headgate-query-id');
    expect(await headgate.api('GET', `/queries/${id}`, undefined, olga)).toMatchObject({
      status: 200,
      body: { id, state: 'complete', rows: 3, source: { name: 'sales' } },
    });
    expect((await headgate.api('GET', '/queries', undefined, olga)).body.items[0]).toMatchObject({ user: 'olga' });
  });

  it('sends the result as a trailer and tells truncation', async () => {
    const body = JSON.stringify({ sql: 'select * from generate_series(1, 50000) as n', maxRows: 20_000 });
    const answer = await headgate.raw(
      `POST /api/v1/sources/sales/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${headgate.token('olga')}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(answer.toLowerCase()).toContain('trailer: headgate-result');
    expect(answer).toMatch(/\r\n0\r\nHeadgate-Result: truncated; rows=20000\r\n/i);
  });

  it('takes parameters', async () => {
    const sql = 'select name from people where id = $1';
    const answer = await headgate.api('POST', '/sources/sales/query', { sql, parameters: [2] }, olga);
    expect(answer.text).toBe('{"name":"Grace"}\n');
  });

  it('cancels by id', async () => {
    const running = headgate.api('POST', '/sources/sales/query', { sql: 'select pg_sleep(30)' }, olga);
    const found = await expect
      .poll(async () => {
        const { body } = await headgate.api('GET', '/queries', undefined, olga);
        return body.items.find((query: { state: string }) => query.state === 'running')?.id;
      })
      .toEqual(expect.any(String))
      .then(() => headgate.api('GET', '/queries', undefined, olga));
    const { id } = found.body.items.find((query: { state: string }) => query.state === 'running');
    expect((await headgate.api('DELETE', `/queries/${id}`, undefined, olga)).status).toBe(204);
    expect(await running).toMatchObject(problemOf(422, 'query_cancelled'));
    expect(await headgate.api('DELETE', '/queries/absent', undefined, olga)).toMatchObject(
      problemOf(404, 'query_not_found'),
    );
  });
});

describe('jobs', () => {
  it('exports into a file', async () => {
    const body = { kind: 'export', source: 'sales', sql: 'select * from people order by id', format: 'csv' };
    const created = await headgate.api('POST', '/jobs', body, olga);
    expect(created).toMatchObject({ status: 202, body: { kind: 'export', source: 'sales', format: 'csv' } });
    expect(created.headers.get('location')).toBe(`/api/v1/jobs/${created.body.id}`);
    const job = await finalJob(headgate, created.body.id, 'olga');
    const attempts = `/jobs/${created.body.id}/attempts`;
    expect((await headgate.api('GET', attempts, undefined, olga)).body.items).toMatchObject([
      { attempt: 1, outcome: 'succeeded', progress: { rows: 3 } },
    ]);
    expect((await headgate.api('GET', attempts, undefined, carl)).status).toBe(404);
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ name: 'sales.csv', rows: 3 }] });
    const output = await headgate.api('GET', `/jobs/${created.body.id}/outputs/sales.csv`, undefined, olga);
    expect(output.text.replaceAll('\r', '')).toBe('id,name\n1,Ada\n2,Grace\n3,Edsger\n');
    expect(output.headers.get('content-disposition')).toContain('filename="sales.csv"');
    expect((await headgate.api('GET', '/jobs?status=succeeded&source=sales', undefined, olga)).body.items).toHaveLength(
      1,
    );
    expect((await headgate.api('GET', `/jobs/${created.body.id}`, undefined, carl)).status).toBe(404);
    expect((await headgate.api('GET', `/jobs/${created.body.id}/outputs/absent`, undefined, olga)).status).toBe(404);
  });

  it('cancels a job, and blocks changes while it runs', async () => {
    const body = { kind: 'export', source: 'sales', sql: 'select pg_sleep(30)', format: 'ndjson' };
    const { body: job } = await headgate.api('POST', '/jobs', body, olga);
    const blocked = await headgate.api('DELETE', '/sources/sales', undefined, olga);
    expect(blocked).toMatchObject(
      problemOf(409, 'source_in_use', { holders: [{ kind: 'job', id: job.id, user: 'olga' }] }),
    );
    expect((await headgate.api('GET', '/sources/sales/leases', undefined, olga)).body.items).toHaveLength(1);
    expect((await headgate.api('PATCH', '/sources/sales', { title: 'free' }, olga)).status).toBe(200);
    expect((await headgate.api('POST', `/jobs/${job.id}/cancel`, undefined, olga)).status).toBe(200);
    expect(await finalJob(headgate, job.id, 'olga')).toMatchObject({ status: 'cancelled' });
  });
});

describe('service accounts', () => {
  const root = '/users/nightly';

  it('have no password, but tokens that whoever administers them makes and revokes', async () => {
    const made = await headgate.api('POST', '/service-accounts', { username: 'nightly', permissions: ['WebUI'] });
    expect(made).toMatchObject({ status: 201, body: { username: 'nightly', kind: 'service', roles: ['User'] } });
    const names = (await headgate.api('GET', '/users?kind=service')).body.items;
    expect(names.map((user: { username: string }) => user.username)).toEqual(['nightly']);
    expect(await headgate.api('PUT', `${root}/password`, { password: 'nightly-password-1' })).toMatchObject(
      problemOf(400, 'service_account'),
    );
    const token = await headgate.api('POST', `${root}/tokens`, { name: 'cron', scopes: ['read'] });
    expect(token).toMatchObject({ status: 201, body: { token: expect.stringMatching(/^hg_/) } });
    const headers = { authorization: `Bearer ${token.body.token}` };
    const me = await headgate.api('GET', '/me', undefined, { as: null, headers });
    expect(me).toMatchObject({ status: 200, body: { user: { username: 'nightly' }, scopes: ['read'] } });
    const listed = await headgate.api('GET', `${root}/tokens`);
    expect(listed.body.items).toMatchObject([{ name: 'cron', revokedAt: null }]);
    expect(listed.text).not.toContain(token.body.token);
    expect((await headgate.api('DELETE', `${root}/tokens/${token.body.id}`)).status).toBe(204);
    expect((await headgate.api('GET', '/me', undefined, { as: null, headers })).status).toBe(401);
    expect(await headgate.api('DELETE', `${root}/tokens/${token.body.id}`)).toMatchObject(
      problemOf(404, 'token_not_found'),
    );
  });

  it('are made by those alone who may make users, and nobody makes tokens in the name of a person', async () => {
    const body = { username: 'daily' };
    expect((await headgate.api('POST', '/service-accounts', body, carl)).status).toBe(403);
    expect((await headgate.api('GET', `${root}/tokens`, undefined, carl)).status).toBe(404);
    expect((await headgate.api('POST', `${root}/tokens`, { name: 'x' }, carl)).status).toBe(404);
    expect(await headgate.api('POST', '/users/carl/tokens', { name: 'x' })).toMatchObject(
      problemOf(400, 'not_a_service_account'),
    );
    expect((await headgate.api('GET', '/users/carl/tokens')).status).toBe(200);
  });

  it('are not the administrator that must be left', async () => {
    const body = { username: 'robot', roles: ['Administrator'] };
    expect((await headgate.api('POST', '/service-accounts', body)).status).toBe(201);
    expect(await headgate.api('PATCH', '/users/admin', { roles: ['User'] })).toMatchObject(
      problemOf(409, 'last_administrator'),
    );
    expect((await headgate.api('DELETE', '/users/robot')).status).toBe(204);
  });
});

describe('audit and limits', () => {
  it('lists, filters and exports events', async () => {
    const list = await headgate.api('GET', '/audit?action=source.create&limit=1');
    expect(list.body.items).toMatchObject([{ action: 'source.create', outcome: 'allowed' }]);
    expect(list.body.nextCursor).toEqual(expect.any(String));
    const events = (await headgate.api('GET', '/audit/export?since=2020-01-01T00:00:00Z')).text.trim().split('\n');
    expect(events.length).toBeGreaterThan(10);
    expect(JSON.parse(events[0]!)).toMatchObject({ id: expect.any(Number), action: expect.any(String) });
    await expect
      .poll(async () => (await headgate.api('GET', '/audit/checkpoint')).body.checkpoints.length)
      .toBeGreaterThan(0);
    const fingerprints = (await headgate.api('GET', '/audit?action=source.query&limit=500')).body.items.map(
      (event: { detail: { fingerprint: string } }) => event.detail.fingerprint,
    );
    const first = fingerprints[0];
    const same = await headgate.api('GET', `/audit?fingerprint=${encodeURIComponent(first)}&door=rest`);
    expect(same.body.items.length).toBeGreaterThan(0);
    for (const { detail } of same.body.items) expect(detail.fingerprint).toBe(first);
    expect((await headgate.api('GET', `/audit?fingerprint=${first}&door=hdp`)).body.items).toEqual([]);
    const denied = await headgate.api('GET', '/audit/checkpoint', undefined, carl);
    expect([200, 403]).toContain(denied.status);
  });

  it('checks the chains for administrators', async () => {
    const found = await headgate.api('POST', '/audit/verify');
    expect(found).toMatchObject({ status: 200, body: { ok: true, firstBad: null, chains: expect.any(Array) } });
    expect(found.body.checked).toBeGreaterThan(0);
    expect((await headgate.api('POST', '/audit/verify', undefined, carl)).status).toBe(403);
  });

  it('sets and removes limits', async () => {
    const limit = { level: 'user', subject: 'carl', name: 'maxRows', value: 5 };
    expect(await headgate.api('PUT', '/limits', limit)).toMatchObject({ status: 200, body: { value: 5 } });
    expect((await headgate.api('GET', '/limits')).body.items).toHaveLength(1);
    const removed = await headgate.api('PUT', '/limits', { ...limit, value: null });
    expect([removed.status, removed.body]).toEqual([200, null]);
    expect((await headgate.api('PUT', '/limits', limit, carl)).status).toBe(403);
    expect((await headgate.api('PUT', '/limits', { ...limit, name: 'maxJoy' })).status).toBe(400);
  });
});

describe('the system', () => {
  it('shows administrators its nodes and the age of its keys, never the keys', async () => {
    const found = await headgate.api('GET', '/system');
    expect(found).toMatchObject({
      status: 200,
      body: {
        healthy: true,
        checks: [{ name: 'store', up: true }],
        store: { kind: 'postgresql', bytes: expect.any(Number) },
        keys: { dataKeys: [{ state: 'active', rewrappedAt: null, createdAt: expect.any(String) }] },
        work: { jobsRunning: expect.any(Number) },
      },
    });
    const { currentKeyId, dataKeys } = found.body.keys;
    expect(dataKeys[0].keyId).toBe(currentKeyId);
    const nodes = await headgate.api('GET', '/system/nodes');
    expect(nodes.body.items).toMatchObject([
      { address: headgate.url, alive: true, current: true, processId: process.pid, version: found.body.version },
    ]);
    for (const path of ['/system', '/system/nodes']) {
      expect(await headgate.api('GET', path, undefined, carl)).toMatchObject(problemOf(403, 'permission_missing'));
    }
  });

  it('tells health, readiness, metrics and documentation without a sign-in', async () => {
    expect(await headgate.call('GET', '/healthz', undefined, { as: null })).toMatchObject({ status: 200 });
    expect(await headgate.call('GET', '/readyz', undefined, { as: null })).toMatchObject({
      status: 200,
      body: { status: 'healthy', checks: { store: { status: 'up' } } },
    });
    const metrics = await headgate.call('GET', '/metrics', undefined, { as: null });
    expect(metrics.text).toContain('headgate_http_request_seconds_bucket');
    expect((await headgate.call('GET', '/', undefined, { as: null })).headers.get('location')).toBe('/console/');
    const docs = await headgate.call('GET', '/docs/', undefined, { as: null });
    expect(docs.status).toBe(200);
    expect(docs.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(docs.text).not.toMatch(/(src|href)="https?:/);
    for (const [, asset] of docs.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
      expect((await headgate.call('GET', `/docs/${asset}`, undefined, { as: null })).status).toBe(200);
    }
  });

  it('describes every operation in OpenAPI 3.1', async () => {
    const { body } = await headgate.api('GET', '/openapi.json', undefined, { as: null });
    expect(body.openapi).toMatch(/^3\.1/);
    const operations = Object.values(body.paths).flatMap((path) => Object.values(path as object));
    expect(operations.length).toBeGreaterThan(60);
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const operation of operations) {
      expect(operation).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] });
      expect(operation.responses[400].content).toHaveProperty(['application/problem+json']);
    }
  });
});

describe('members of a group data source', () => {
  const members = '/sources/bundle/members';

  beforeAll(async () => {
    await createGroup(headgate, 'bundle', 'olga');
    for (const name of ['north', 'south']) await registerSource(headgate, name, sample, 'olga');
    await registerSource(headgate, 'carls', sample, 'carl');
  });

  it('adds, renames, lists and removes them', async () => {
    const { body } = await headgate.api('PUT', `${members}/north`, { prefix: 'n' }, olga);
    expect(body).toEqual({ id: expect.any(String), name: 'north', prefix: 'n' });
    expect((await headgate.api('PUT', `${members}/${body.id}`, { prefix: 'N2' }, olga)).body.prefix).toBe('N2');
    expect((await headgate.api('PUT', `${members}/south`, { prefix: 's' }, olga)).status).toBe(200);
    const listed = await headgate.api('GET', members, undefined, olga);
    expect(listed.body.items.map((one: { name: string; prefix: string }) => [one.name, one.prefix])).toEqual([
      ['north', 'N2'],
      ['south', 's'],
    ]);
    expect((await headgate.api('DELETE', `${members}/north`, undefined, olga)).status).toBe(204);
    expect((await headgate.api('GET', members, undefined, olga)).body.items).toHaveLength(1);
    expect((await headgate.api('GET', '/sources/north', undefined, olga)).status).toBe(200);
    expect(await headgate.api('DELETE', `${members}/north`, undefined, olga)).toMatchObject(
      problemOf(404, 'member_not_found', { member: 'north' }),
    );
  });

  it('refuses what cannot be a member and changes nothing', async () => {
    const put = (path: string, prefix: string, as = olga) => headgate.api('PUT', path, { prefix }, as);
    expect((await put(`${members}/south`, 's')).status).toBe(200);
    expect(await put(`${members}/north`, 'S')).toMatchObject(problemOf(400, 'invalid_member', { field: 'prefix' }));
    expect(await put(`${members}/bundle`, 'b')).toMatchObject(problemOf(400, 'invalid_member', { field: 'member' }));
    expect(await put('/sources/north/members/south', 's')).toMatchObject(problemOf(409, 'not_a_group'));
    expect(await headgate.api('GET', '/sources/north/members', undefined, olga)).toMatchObject(
      problemOf(409, 'not_a_group'),
    );
    expect(await put(`${members}/carls`, 'c')).toMatchObject(problemOf(404, 'source_not_found'));
    await headgate.api('PUT', '/sources/carls/shares/users/olga', { permissions: ['view'] }, carl);
    expect(await put(`${members}/carls`, 'c')).toMatchObject(problemOf(400, 'invalid_member', { field: 'member' }));
    expect(await put(`${members}/north`, 'n', carl)).toMatchObject(problemOf(404, 'source_not_found'));
    expect((await headgate.api('GET', members, undefined, olga)).body.items).toMatchObject([{ name: 'south' }]);
  });

  it('shows of a shared group only the members that the reader may see', async () => {
    for (const name of ['south', 'bundle']) {
      const shared = await headgate.api('PUT', `/sources/${name}/shares/users/carl`, { permissions: ['view'] }, olga);
      expect(shared.status, shared.text).toBe(201);
    }
    expect((await headgate.api('PUT', `${members}/north`, { prefix: 'n' }, olga)).status).toBe(200);
    const seen = await headgate.api('GET', members, undefined, carl);
    expect(seen.body.items).toMatchObject([{ name: 'south', prefix: 's' }]);
    expect(await headgate.api('DELETE', `${members}/south`, undefined, carl)).toMatchObject(
      problemOf(403, 'permission_missing'),
    );
  });
});
