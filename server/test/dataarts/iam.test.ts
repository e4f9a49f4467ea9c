/** Tokens, projects and domains (dataarts.md §2.3, §2.4; worked examples 1–3). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataarts, region, startDataarts, tokenRequest } from './fixture.ts';

let dataarts: Dataarts;
beforeAll(async () => {
  dataarts = await startDataarts();
  await dataarts.person('analyst1');
});
afterAll(() => dataarts?.stop());

const hex = expect.stringMatching(/^[0-9a-f]{32}$/);
const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const password = 'analyst1-password-1';

function post(body: unknown, query = '', headers: Record<string, string> = {}) {
  return dataarts.send('POST', `/v3/auth/tokens${query}`, body, { as: null, headers });
}

describe('a token', () => {
  it('is given for a password, in the header alone (example 1)', async () => {
    const scope = { project: { id: dataarts.projectId } };
    const answer = await post(tokenRequest('analyst1', password, 'system', scope), '?nocatalog=true', {
      'content-type': 'application/json;charset=utf8',
    });
    expect(answer.status).toBe(201);
    const token = answer.headers.get('x-subject-token')!;
    expect(token.length).toBeGreaterThanOrEqual(43);
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect(answer.text).not.toContain(token);
    const domain = { id: dataarts.domainId, name: 'system' };
    expect(answer.body).toEqual({
      token: {
        methods: ['password'],
        issued_at: instant,
        expires_at: instant,
        user: { id: hex, name: 'analyst1', password_expires_at: '', domain },
        project: { id: dataarts.projectId, name: region, domain },
        roles: [{ id: '0', name: 'te_member' }],
      },
    });
    const { issued_at, expires_at } = answer.body.token;
    expect(Date.parse(expires_at) - Date.parse(issued_at)).toBe(24 * 3_600_000);
  });

  it('comes with a catalog unless told not to', async () => {
    const { body } = await post(tokenRequest('analyst1', password, 'system', { project: { name: region } }));
    expect(body.token.catalog[0]).toEqual({
      id: hex,
      name: 'iam',
      type: 'identity',
      endpoints: [{ id: hex, interface: 'public', region: '*', region_id: '*', url: `${dataarts.headgate.url}/v3` }],
    });
  });

  it.each([
    ['no scope', undefined],
    ['an empty scope', {}],
    ['the domain by name', { domain: { name: 'system' } }],
  ])('for %s is for the account: IAM takes it, the service does not', async (_what, scope) => {
    const answer = await post(tokenRequest('analyst1', password, 'system', scope));
    expect(answer.status).toBe(201);
    expect(answer.body.token).not.toHaveProperty('project');
    expect(answer.body.token.domain).toEqual({ id: dataarts.domainId, name: 'system' });
    const token = answer.headers.get('x-subject-token')!;
    expect((await dataarts.send('GET', '/v3/projects', undefined, { as: token })).status).toBe(200);
    const refused = await dataarts.send('GET', `${dataarts.project}/instances`, undefined, { as: token });
    expect([refused.status, refused.body.error_code]).toEqual([403, 'DataArtsInsight.20010003']);
  });

  it('for a project wins when both are named', async () => {
    const scope = { project: { name: region }, domain: { name: 'system' } };
    const { body } = await post(tokenRequest('analyst1', password, 'system', scope));
    expect(body.token.project.id).toBe(dataarts.projectId);
  });

  it('is held to this door', async () => {
    const native = await dataarts.headgate.call('GET', '/api/v1/sources', undefined, {
      as: null,
      headers: { authorization: `Bearer ${dataarts.token('analyst1')}` },
    });
    expect(native.status).toBe(403);
  });

  it('leaves older ones alone', async () => {
    const before = dataarts.token('analyst1');
    await dataarts.signIn('analyst1');
    expect((await dataarts.send('GET', '/v3/projects', undefined, { as: before })).status).toBe(200);
  });

  it.each([
    ['a wrong password', 'analyst1', 'wrong', 'system'],
    ['an unknown user', 'nobody', 'wrong', 'system'],
    ['another domain', 'analyst1', password, 'acme'],
  ])('is refused for %s in the same words (example 2)', async (_what, user, pass, domain) => {
    const answer = await post(tokenRequest(user, pass, domain));
    expect([answer.status, answer.body]).toEqual([
      401,
      { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } },
    ]);
    await dataarts.signIn('analyst1'); // ends the row of failures
  });

  it.each([
    ['no body', undefined],
    ['no object', []],
    ['no methods', { auth: { identity: {} } }],
    ['another method', { auth: { identity: { methods: ['totp'] } } }],
    ['a number as name', tokenRequest(1 as unknown as string, 'x', 'system')],
    ['a scope that names nothing', tokenRequest('analyst1', password, 'system', { project: {} })],
    ['a scope of another kind', tokenRequest('analyst1', password, 'system', { project: 'x' })],
  ])('is refused for %s with 400', async (_what, body) => {
    const answer = await post(body);
    expect([answer.status, answer.body.error]).toMatchObject([400, { code: 400, title: 'Bad Request' }]);
  });

  it.each([
    ['project', { project: { id: '0'.repeat(32) } }],
    ['domain', { domain: { name: 'acme' } }],
  ])('for an unknown %s is 404', async (_what, scope) => {
    const answer = await post(tokenRequest('analyst1', password, 'system', scope));
    expect([answer.status, answer.body.error]).toMatchObject([404, { code: 404, title: 'Not Found' }]);
  });
});

describe('looking at a token', () => {
  const look = (method: string, subject: string | null, as: string | null = 'analyst1') =>
    dataarts.send(method, '/v3/auth/tokens?nocatalog=1', undefined, {
      as,
      headers: subject === null ? {} : { 'x-subject-token': subject },
    });

  it('repeats what was told when it was made', async () => {
    const made = await dataarts.signIn('analyst1');
    const token = dataarts.token('analyst1');
    const shown = await look('GET', token);
    const { catalog: _left, ...told } = made.body.token;
    expect([shown.status, shown.body.token]).toEqual([200, told]);
    const head = await look('HEAD', token);
    expect([head.status, head.text, head.headers.get('x-subject-token')]).toEqual([200, '', token]);
  });

  it('is for its user and for administrators', async () => {
    await dataarts.person('other');
    expect((await look('GET', dataarts.token('other'), 'analyst1')).status).toBe(404);
    expect((await look('GET', dataarts.token('other'), 'admin')).status).toBe(200);
    expect((await look('GET', `hg_s_${'a'.repeat(43)}`)).status).toBe(404);
    expect((await look('GET', dataarts.headgate.token('admin'), 'admin')).status).toBe(404); // a session of another door
    expect((await look('GET', null)).status).toBe(400);
    const nobody = await look('GET', dataarts.token('other'), null);
    expect([nobody.status, nobody.body.error.code]).toEqual([401, 401]);
  });
});

describe('projects and domains', () => {
  const link = (path: string) => `${dataarts.headgate.url}${path}`;

  it.each(['/v3/projects', '/v3/auth/projects'])('%s finds the project by its name', async (path) => {
    const answer = await dataarts.get('GET', `${path}?name=${region}`, undefined, { as: 'analyst1' });
    expect(answer).toEqual({
      links: { self: link(`${path}?name=${region}`), previous: null, next: null },
      projects: [
        {
          id: dataarts.projectId,
          name: region,
          domain_id: dataarts.domainId,
          parent_id: dataarts.domainId,
          description: expect.any(String),
          enabled: true,
          is_domain: false,
          links: { self: link(`/v3/projects/${dataarts.projectId}`) },
        },
      ],
    });
    for (const none of ['name=elsewhere', 'enabled=false', 'is_domain=true', 'domain_id=x', 'page=2&per_page=5']) {
      expect((await dataarts.get('GET', `${path}?${none}`)).projects).toEqual([]);
    }
    for (const bad of ['page=1', 'per_page=1', 'page=0&per_page=1', 'page=1&per_page=5001', 'enabled=maybe']) {
      const refused = await dataarts.send('GET', `${path}?${bad}`);
      expect([refused.status, refused.body]).toEqual([400, { error_code: 'IAM.0073', error_msg: expect.any(String) }]);
    }
  });

  it('/v3/auth/domains tells the account', async () => {
    expect((await dataarts.get('GET', '/v3/auth/domains')).domains).toMatchObject([
      { id: dataarts.domainId, name: 'system', enabled: true },
    ]);
    const nobody = await dataarts.send('GET', '/v3/auth/domains', undefined, { as: null });
    expect([nobody.status, nobody.body.error_code]).toEqual([401, 'IAM.0001']);
  });

  it('finds the instance (example 3)', async () => {
    const answer = await dataarts.get('GET', `${dataarts.project}/instances?limit=10&offset=0`);
    expect(answer).toEqual({
      count: 1,
      page_data: [
        {
          project_id: dataarts.projectId,
          region_id: region,
          order_id: hex,
          instance_id: dataarts.instanceId,
          instance_name: expect.any(String),
          resource_spec_code: 'DataArtsInsight.unit.enterprise.user',
          order_type: 'ON_DEMAND',
          status: 2,
          domain_id: dataarts.domainId,
          eps_id: '0',
        },
      ],
    });
    const beyond = await dataarts.get('GET', `${dataarts.project}/instances?offset=1`);
    expect(beyond).toEqual({ count: 1, page_data: [] });
  });
});

describe('who may come in', () => {
  const gateway = { error_msg: expect.stringContaining('decrypt token fail'), error_code: 'APIGW.0301' };

  it.each([
    ['nobody', {}],
    ['an empty token', { 'x-auth-token': '' }],
    ['an unknown token', { 'x-auth-token': 'MIIDkgYJKoZIhvcNAQcCoIIDgzCC' }],
    ['a long token', { 'x-auth-token': 'x'.repeat(9000) }],
  ])('not %s', async (_what, headers) => {
    const answer = await dataarts.send('GET', `${dataarts.project}/instances`, undefined, {
      as: null,
      headers: headers as Record<string, string>,
    });
    expect([answer.status, answer.body]).toEqual([401, { ...gateway, request_id: answer.headers.get('x-request-id') }]);
  });

  it.each([
    ['GET', '/v1/x/unknown'],
    ['PATCH', '/v1/x/instances'],
    ['GET', '/v3/unknown'],
    ['DELETE', '/v3/auth/tokens'],
    ['POST', '/v1/x/connections/vpc-endpoint'],
  ])('%s %s is no API, whoever asks', async (method, path) => {
    const answer = await dataarts.send(method, path, undefined, { as: null });
    expect([answer.status, answer.body.error_code]).toEqual([404, 'APIGW.0101']);
  });

  it('with API tokens, as far as their scopes reach', async () => {
    const token = async (scopes: string[]): Promise<string> =>
      (await dataarts.headgate.api('POST', '/tokens', { name: 'program', scopes })).body.token;
    const root = `${dataarts.instance}/workspaces`;
    const code = async (as: string, method: string) => {
      const answer = await dataarts.send(method, root, method === 'POST' ? {} : undefined, { as });
      return [answer.status, answer.body.error_code];
    };
    const [full, reading, elsewhere] = [await token([]), await token(['read']), await token(['door:rest'])];
    const denied = [403, 'DataArtsInsight.20010003'];
    expect(await code(full, 'GET')).toEqual([200, undefined]);
    expect(await code(full, 'POST')).toEqual([400, 'DataArtsInsight.24150000']);
    expect(await code(reading, 'GET')).toEqual([200, undefined]);
    expect(await code(reading, 'POST')).toEqual(denied);
    expect(await code(elsewhere, 'GET')).toEqual(denied);
  });

  it('not with the token of another project', async () => {
    const answer = await dataarts.send('GET', `/v1/${'0'.repeat(32)}/instances`);
    expect([answer.status, answer.body]).toEqual([
      403,
      { error_code: 'DataArtsInsight.20010003', error_msg: expect.any(String) },
    ]);
  });

  it('in Chinese when asked, with a trailing slash, with the content type of a body that is not there', async () => {
    const zh = await dataarts.send('GET', `/v1/${'0'.repeat(32)}/instances/`, undefined, {
      headers: { 'x-language': 'zh_cn', 'content-type': 'application/json' },
    });
    expect(zh.body).toEqual({ error_code: 'DataArtsInsight.20010003', error_msg: '没有权限执行此操作' });
    expect((await dataarts.send('GET', `${dataarts.project}/instances/`)).status).toBe(200);
    const head = await dataarts.send('HEAD', `${dataarts.project}/instances`);
    expect([head.status, head.text]).toEqual([200, '']);
  });
});

describe('a token ends at once', () => {
  it('when the password changes, and when the user is switched off', async () => {
    await dataarts.person('leaver');
    const look = () => dataarts.send('GET', `${dataarts.project}/instances`, undefined, { as: 'leaver' });
    expect((await look()).status).toBe(200);
    const changed = await dataarts.headgate.api('PUT', '/users/leaver/password', { password: 'another-password-2' });
    expect([changed.status, changed.text]).toEqual([204, '']);
    expect((await look()).status).toBe(401);
    expect((await dataarts.signIn('leaver', 'system', 'another-password-2')).status).toBe(201);
    expect((await look()).status).toBe(200);
    await dataarts.headgate.api('PATCH', '/users/leaver', { status: 'inactive' });
    expect((await look()).status).toBe(401);
    const refused = await dataarts.signIn('leaver', 'system', 'another-password-2');
    expect([refused.status, refused.body.error.message]).toEqual([401, 'The username or password is wrong.']);
  });

  it('and is good for nothing while the password is to be changed', async () => {
    await dataarts.person('newcomer');
    const body = { password: 'handed-over-password-1', temporary: true };
    await dataarts.headgate.api('PUT', '/users/newcomer/password', body);
    const made = await dataarts.signIn('newcomer', 'system', body.password);
    expect(made.body.token.user.password_expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
    const answer = await dataarts.send('GET', `${dataarts.project}/instances`, undefined, { as: 'newcomer' });
    expect([answer.status, answer.body.error_code]).toEqual([403, 'DataArtsInsight.20010003']);
  });

  it('and failures lock the name on every door', async () => {
    await dataarts.person('forgetful');
    for (let turn = 0; turn < 3; turn += 1) await dataarts.signIn('forgetful', 'system', 'wrong');
    const locked = await dataarts.signIn('forgetful');
    expect([locked.status, locked.body.error.message]).toEqual([401, 'The account is locked after too many failures.']);
    const native = await dataarts.headgate.api('POST', '/sessions', {
      username: 'forgetful',
      password: 'forgetful-password-1',
    });
    expect([native.status, native.body.code]).toEqual([401, 'sign_in_locked']);
  });
});
