/** Sign-in, paths, framework errors, system addresses, switches (fetcher.md §2, §3.14; decisions 19–22). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHeadgate } from '../harness.ts';
import { connectionBody, connectionsPath, type FetcherClient, noId, startFetcher, tokenWith } from './fixture.ts';

let client: FetcherClient;
beforeAll(async () => {
  client = await startFetcher();
  await client.headgate.createUser('plain');
});
afterAll(() => client?.stop());

const routes: readonly [method: string, path: string][] = [
  ['POST', connectionsPath],
  ['GET', connectionsPath],
  ['GET', `${connectionsPath}/unassigned`],
  ['POST', `${connectionsPath}/validate-schema`],
  ['GET', `${connectionsPath}/${noId}`],
  ['PATCH', `${connectionsPath}/${noId}`],
  ['DELETE', `${connectionsPath}/${noId}`],
  ['POST', `${connectionsPath}/${noId}/test`],
  ['GET', `${connectionsPath}/${noId}/schema`],
  ['POST', `${connectionsPath}/${noId}/assign`],
  ['POST', '/v1/fetcher'],
  ['GET', `/v1/fetcher/${noId}`],
];

describe('sign-in', () => {
  it('comes before everything else, as plain text', async () => {
    const plain = await tokenWith(client.headgate, [], 'plain');
    const refused: Record<string, Record<string, string>> = {
      'Missing Token': {},
      'Missing Token ': { authorization: 'Basic YTpi' },
      Forbidden: { authorization: `Bearer hg_${'a'.repeat(43)}` },
      'Forbidden ': { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
      'Forbidden  ': { authorization: `Bearer ${plain}` },
      'Forbidden   ': { authorization: 'Bearer a b' },
    };
    for (const [method, path] of routes) {
      for (const [text, headers] of Object.entries(refused)) {
        const answer = await client.send(method, path.replace(noId, 'x'), undefined, { token: null, headers });
        expect([method, path, answer.status, answer.text]).toEqual([
          method,
          path,
          text.startsWith('Missing') ? 401 : 403,
          text.trim(),
        ]);
        expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
      }
    }
  });

  it('holds tokens to their scopes', async () => {
    const body = connectionBody();
    const tokens = {
      read: await tokenWith(client.headgate, ['read', 'door:fetcher']),
      other: await tokenWith(client.headgate, ['door:rest']),
      everything: await tokenWith(client.headgate, []),
    };
    const status = async (token: string, method: string) =>
      (
        await client.send(method, connectionsPath, method === 'POST' ? body : undefined, {
          token,
          headers: { 'x-product-name': 'a' },
        })
      ).status;
    expect([await status(tokens.read, 'GET'), await status(tokens.read, 'POST')]).toEqual([200, 403]);
    expect([await status(tokens.other, 'GET'), await status(tokens.other, 'POST')]).toEqual([403, 403]);
    expect([await status(tokens.everything, 'GET'), await status(tokens.everything, 'POST')]).toEqual([200, 201]);
  });

  it('ignores the organisation header', async () => {
    const answer = await client.send('GET', connectionsPath, undefined, {
      headers: { 'x-organization-id': 'no uuid' },
    });
    expect(answer.status).toBe(200);
  });

  it('lets pages of any origin call with a token', async () => {
    const answer = await client.send('GET', connectionsPath, undefined, { headers: { origin: 'https://a.example' } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect((await client.send('OPTIONS', connectionsPath, undefined, { token: null })).status).toBe(204);
  });

  it('does not show a private source of somebody else', async () => {
    const { headgate } = client;
    await headgate.createUser('keeper');
    await headgate.createUser('steward', { permissions: ['ManageTenantSources'] });
    const steward = { token: await tokenWith(headgate, ['door:fetcher'], 'steward') };
    const native = {
      name: 'kept',
      engine: 'postgresql',
      host: 'n.example.com',
      port: 5432,
      database: 'd',
      username: 'u',
      password: 'p',
    };
    const { body } = await headgate.api('POST', '/sources', native, { as: 'keeper' });
    expect((await client.send('GET', `${connectionsPath}/${body.id}`, undefined, steward)).status).toBe(404);
    const all = await client.send('GET', `${connectionsPath}?limit=100`, undefined, steward);
    expect(all.text).not.toContain('kept');
    // Its name is no secret worth a refusal here: the connection gets another native one.
    const created = await client.send('POST', connectionsPath, connectionBody({ configName: 'kept' }), {
      ...steward,
      headers: { 'x-product-name': 'a' },
    });
    expect([created.status, created.body.configName]).toEqual([201, 'kept']);
  });
});

describe('paths', () => {
  it('are taken in any case and with a slash at the end', async () => {
    const { id } = await client.create();
    for (const path of [
      '/V1/Management/CONNECTIONS',
      `${connectionsPath}/`,
      `/v1/MANAGEMENT/connections/${id.toUpperCase()}/`,
      '/v1/management/connections/Unassigned/?limit=1',
    ]) {
      expect([path, (await client.send('GET', path)).status]).toEqual([path, 200]);
    }
  });

  it.each([
    ['GET', '/v1/management', 404],
    ['GET', '/v1/management/other', 404],
    ['GET', `${connectionsPath}/${noId}/other`, 404],
    ['GET', '/v1/fetcher', 405],
    ['PUT', connectionsPath, 405],
    ['PUT', `${connectionsPath}/${noId}`, 405],
    ['GET', `${connectionsPath}/${noId}/test`, 405],
    ['DELETE', `/v1/fetcher/${noId}`, 405],
  ])('%s %s is answered in the framework’s shape', async (method, path, status) => {
    const answer = await client.send(method, path);
    expect([answer.status, answer.body]).toEqual([
      status,
      { code: status, title: 'request_failed', message: expect.stringContaining(path) },
    ]);
  });

  it('refuses a body beyond 4 MiB, and takes one below', async () => {
    const sized = (bytes: number) => connectionBody({ metadata: { a: 'x'.repeat(bytes) } });
    const send = (bytes: number) =>
      client.send('POST', connectionsPath, sized(bytes), { headers: { 'x-product-name': 'a' } });
    const large = await send(4 * 1024 * 1024);
    expect([large.status, large.body]).toEqual([
      413,
      { code: 413, title: 'request_failed', message: expect.any(String) },
    ]);
    expect((await send(4 * 1024 * 1024 - 1000)).body.code).toBe('FET-0411');
  });

  it('answers a broken target in its own shape', async () => {
    const answer = await client.headgate.raw('GET /v1/fetcher/%ff HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":400,"title":"request_failed"');
  });
});

describe('system addresses', () => {
  const get = (path: string) => client.send('GET', path, undefined, { token: null });

  it('need no sign-in', async () => {
    expect((await get('/health')).body).toEqual({ status: 'healthy' });
    expect((await get('/version')).body).toEqual({
      version: expect.any(String),
      requestDate: expect.stringMatching(/Z$/),
    });
    const ready = await get('/readyz');
    expect([ready.status, ready.body]).toMatchObject([
      200,
      { status: 'healthy', checks: { store: { status: 'up' } }, deployment_mode: 'local' },
    ]);
    expect((await get('/metrics')).status).toBe(200);
    expect((await get('/swagger/')).text).toContain('swagger');
    expect((await get('/swagger/index.html')).headers.get('location')).toBe('/swagger/');
    expect((await get('/swagger/static/swagger-ui.css')).status).toBe(200);
  });

  it('document every route', async () => {
    const { body } = await get('/swagger/json');
    const documented = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const expected = routes.map(([method, path]) => `${method} ${path.replace(noId, '{id}')}`);
    expect(documented.sort()).toEqual([...expected].sort());
  });

  it('tell whether a tenant is ready', async () => {
    const { uid } = await client.headgate.app.store.db
      .selectFrom('tenant')
      .select('uid')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    expect((await get(`/readyz/tenant/${uid}`)).body).toMatchObject({ status: 'healthy' });
    for (const id of [noId, 'x']) {
      const answer = await get(`/readyz/tenant/${id}`);
      expect([answer.status, answer.body]).toEqual([404, { error: 'tenant not found', tenant_id: id }]);
    }
  });
});

describe('switches', () => {
  it('the door can be off', async () => {
    const headgate = await startHeadgate({
      settings: { HEADGATE_FETCHER_ENABLED: 'false' },
      overrides: { withoutWorker: true },
    });
    // What is left of /v1 is the dataarts door's: "management" is a project there, and nobody has signed in.
    const answer = await headgate.call('GET', connectionsPath);
    expect([answer.status, answer.body.error_code]).toEqual([401, 'APIGW.0301']);
    await headgate.stop();
  });

  it('rules can be relaxed and made stricter', async () => {
    const other = await startFetcher({
      settings: {
        HEADGATE_FETCHER_METADATA_LIMITS: 'false',
        HEADGATE_FETCHER_STRICT_CA: 'true',
        HEADGATE_FETCHER_PASSWORD_FOR_NEW_TARGET: 'true',
        MAX_PAGINATION_LIMIT: '20',
        HEADGATE_FETCHER_DEFAULT_PAGE_SIZE: '5',
      },
    });
    const metadata = { nested: { a: [1, null, true] }, number: 1.5 };
    const { id } = await other.create({ metadata });
    expect((await other.send('GET', `${connectionsPath}/${id}`)).body.metadata).toEqual(metadata);
    const path = `${connectionsPath}/${id}`;
    expect((await other.send('PATCH', path, { ssl: { mode: 'disable' } })).body.fields).toEqual({
      'ssl.ca': 'SSL CA is required',
    });
    expect((await other.send('PATCH', path, { ssl: { mode: 'disable', ca: 'x' } })).status).toBe(200);
    for (const change of [{ host: 'elsewhere.example.com' }, { type: 'ORACLE' }]) {
      const refused = await other.send('PATCH', path, change);
      expect([refused.status, refused.body.code, Object.keys(refused.body.fields)]).toEqual([
        400,
        'FET-0402',
        ['password'],
      ]);
      expect((await other.send('PATCH', path, { ...change, password: 'again' })).status).toBe(200);
    }
    expect((await other.send('PATCH', path, { port: 99 })).status).toBe(200);
    expect((await other.send('GET', connectionsPath)).body.limit).toBe(5);
    expect((await other.send('GET', `${connectionsPath}?limit=21`)).body.code).toBe('FET-0406');
    await other.stop();
  });

  it('the open mode asks nobody, and lets only programs on this machine in', async () => {
    const other = await startFetcher({ settings: { HEADGATE_FETCHER_OPEN: 'true' } });
    const call = (headers: Record<string, string>) =>
      other.send('GET', connectionsPath, undefined, { token: null, headers });
    const created = await other.send('POST', connectionsPath, connectionBody(), {
      token: null,
      headers: { 'x-product-name': 'a' },
    });
    expect(created.status).toBe(201);
    expect((await call({ authorization: 'Bearer nonsense' })).body.total).toBe(1);
    expect((await call({})).headers.get('access-control-allow-origin')).toBeNull();
    for (const headers of [
      { origin: other.headgate.url },
      { forwarded: 'for=1.2.3.4' },
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-host': 'a' },
    ]) {
      const answer = await call(headers as unknown as Record<string, string>);
      expect([headers, answer.status, answer.text]).toEqual([headers, 403, 'Forbidden']);
    }
    const rebound = await other.headgate.raw(
      `GET ${connectionsPath} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    );
    expect(rebound).toMatch(/^HTTP\/1\.1 403 /);
    // It acts for the built-in owner alone: what a person owns stays theirs.
    const native = {
      name: 'mine',
      engine: 'postgresql',
      host: 'n.example.com',
      port: 5432,
      database: 'd',
      username: 'u',
      password: 'p',
    };
    await other.headgate.api('POST', '/sources', native);
    expect((await call({})).body.total).toBe(1);
    expect((await other.send('GET', '/readyz/tenant/x', undefined, { token: null })).body).toEqual({
      error: 'multi-tenant mode is disabled',
    });
    const { body } = await other.headgate.api('GET', `/audit?resource=${created.body.id}`);
    expect(body.items[0]).toMatchObject({ actor: 'anonymous', door: 'fetcher' });
    await other.stop();
  });

  it('the open mode needs a loopback address', async () => {
    await expect(
      startHeadgate({ settings: { HEADGATE_FETCHER_OPEN: 'true', HEADGATE_HOST: '0.0.0.0' } }),
    ).rejects.toThrow('HEADGATE_FETCHER_OPEN');
  });
});
