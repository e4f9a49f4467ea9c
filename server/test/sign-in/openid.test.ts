/** Signing in with an OpenID provider, against a real one (oidc-provider): browsers and bearer tokens. */
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { type OidcServer, startOidc } from '../servers/oidc.ts';

let headgate: Headgate;
let oidc: OidcServer;
const base = '/sign-in/oidc';

beforeAll(async () => {
  headgate = await startHeadgate({ settings: { HEADGATE_SIGN_IN_RATE_PER_MINUTE: '0' } });
  oidc = await startOidc([`${headgate.url}/api/v1${base}/sso/callback`]);
  const created = await headgate.api('POST', '/sign-in-services', {
    name: 'sso',
    kind: 'oidc',
    createUsers: true,
    syncRoles: true,
    groupRoles: [{ group: 'Bosses', role: 'Tenant Administrator' }],
    oidc: { issuer: oidc.issuer, clientId: oidc.clientId, clientSecret: oidc.clientSecret },
  });
  expect(created).toMatchObject({ status: 201, body: { oidc: { clientSecret: '********', audiences: ['headgate'] } } });
});
afterAll(async () => {
  await headgate?.stop();
  await oidc?.stop();
});
beforeEach(() => {
  oidc.account = 'ann';
});

const open = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  headgate.api('GET', path, undefined, { as: null, headers });
const cookieOf = (answer: Answer, name: string): string => {
  const line = answer.headers.getSetCookie().find((one) => one.startsWith(`${name}=`));
  return line?.split(';')[0] ?? '';
};

/** As far as the provider's answer: the callback's path with its query, and the browser's cookie. */
async function walk(query = ''): Promise<{ path: string; cookie: string }> {
  const start = await open(`${base}/sso/start${query}`);
  expect([start.status, start.text]).toEqual([302, '']);
  const callback = `${headgate.url}/api/v1${base}/sso/callback`;
  const back = await oidc.browse(start.headers.get('location')!, callback);
  return { path: back.replace(`${headgate.url}/api/v1`, ''), cookie: cookieOf(start, 'headgate_sign_in') };
}

async function signIn(account: string): Promise<string> {
  oidc.account = account;
  const { path, cookie } = await walk();
  const answer = await open(path, { cookie });
  expect([answer.status, answer.text]).toEqual([302, '']);
  return cookieOf(answer, 'headgate_session').replace('headgate_session=', '');
}
const me = async (token: string): Promise<Answer> =>
  headgate.api('GET', '/me', undefined, { as: null, headers: { authorization: `Bearer ${token}` } });

describe('browsers', () => {
  it('are told which services there are, and no more', async () => {
    const { body } = await open('/sign-in/services');
    expect(body).toEqual({
      items: [
        { name: 'Internal', kind: 'internal' },
        { name: 'sso', kind: 'oidc' },
      ],
      nextCursor: null,
    });
  });

  it('sign in and come back to where they wanted to', async () => {
    oidc.claims.set('ann', { given_name: 'Ann', family_name: 'Lee', email: 'ann@example.com' });
    const { path, cookie } = await walk('?returnTo=%2Fconsole%2Fsources%3Fq%3D1');
    const answer = await open(path, { cookie });
    expect(answer).toMatchObject({ status: 302 });
    expect(answer.headers.get('location')).toBe('/console/sources?q=1');
    const [gone, session] = answer.headers.getSetCookie();
    expect(gone).toMatch(/^headgate_sign_in=; Path=\/api\/v1\/sign-in\/oidc\/; HttpOnly; SameSite=Lax; Max-Age=0$/);
    expect(session).toMatch(/^headgate_session=hg_s_[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    const user = await headgate.api('GET', '/me', undefined, {
      as: null,
      headers: { cookie: cookieOf(answer, 'headgate_session') },
    });
    expect(user.body.user).toMatchObject({
      username: 'ann',
      firstName: 'Ann',
      lastName: 'Lee',
      email: 'ann@example.com',
      roles: ['User'],
      tenant: 'system',
    });
    // Twice is the same user, whatever the provider calls it by then.
    oidc.claims.set('ann', { preferred_username: 'ann-lee' });
    expect((await me(await signIn('ann'))).body.user).toMatchObject({ id: user.body.user.id, username: 'ann' });
  });

  it('get the roles of their groups, and lose them', async () => {
    oidc.claims.set('boss', { groups: ['bosses', 'others'] });
    expect((await me(await signIn('boss'))).body.user.roles).toEqual(['User', 'Tenant Administrator']);
    oidc.claims.set('boss', { groups: 'others' });
    const token = await signIn('boss');
    expect((await me(token)).body.user.roles).toEqual(['User']);
  });

  it('are refused an answer that comes twice, late, to another browser or for another state', async () => {
    const over = { status: 401, body: { code: 'sign_in_expired' } };
    const { path, cookie } = await walk();
    expect(await open(path)).toMatchObject(over);
    expect(await open(path, { cookie: 'headgate_sign_in=another' })).toMatchObject(over);
    const other = await walk();
    expect(await open(path, { cookie: other.cookie })).toMatchObject(over);
    expect(await open(path.replace(/state=[^&]+/, 'state=other'), { cookie })).toMatchObject(over);
    expect(await open(`${base}/sso/callback`, { cookie })).toMatchObject(over);
    expect(await open(path, { cookie })).toMatchObject({ status: 302 });
    expect(await open(path, { cookie })).toMatchObject(over);
    await headgate.app.store.db
      .updateTable('sign_in_attempt')
      .set({ expires_at: new Date(Date.now() - 1000) })
      .execute();
    expect(await open(other.path, { cookie: other.cookie })).toMatchObject(over);
  });

  it('are refused a code of another sign-in: nonce and verifier are the browser’s own', async () => {
    const [mine, theirs] = [await walk(), await walk()];
    const code = /code=[^&]+/.exec(theirs.path)![0];
    const mixed = await open(mine.path.replace(/code=[^&]+/, code), { cookie: mine.cookie });
    expect(mixed).toMatchObject({ status: 401, body: { code: 'sign_in_failed' } });
    const wrongIssuer = await walk();
    const path = wrongIssuer.path.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example');
    expect(await open(path, { cookie: wrongIssuer.cookie })).toMatchObject({ body: { code: 'sign_in_failed' } });
  });

  it('are told when the provider refuses', async () => {
    oidc.account = null;
    const { path, cookie } = await walk();
    expect(await open(path, { cookie })).toMatchObject({ status: 401, body: { code: 'sign_in_refused' } });
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/x/..//evil.example',
    '/.//evil.example',
    'console',
    '/a\tb',
    'javascript:alert(1)',
    '/%0d%0a\r\nSet-Cookie: a=b',
  ])('are not led to %j', async (returnTo) => {
    const answer = await open(`${base}/sso/start?returnTo=${encodeURIComponent(returnTo)}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_return_path', field: 'returnTo' } });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it('are told of services that are none', async () => {
    expect(await open(`${base}/none/start`)).toMatchObject({
      status: 400,
      body: { code: 'sign_in_service_not_found' },
    });
    expect(await open(`${base}/internal/start`)).toMatchObject({ status: 400, body: { code: 'sign_in_service_kind' } });
    const byPassword = await headgate.api('POST', '/sessions', { username: 'ann', password: 'x', service: 'sso' });
    expect(byPassword).toMatchObject({ status: 400, body: { code: 'sign_in_service_kind' } });
  });
});

describe('users', () => {
  it('of the same name are not taken over; they are linked by an administrator', async () => {
    await headgate.createUser('carl');
    oidc.account = 'carl';
    const before = await walk();
    expect(await open(before.path, { cookie: before.cookie })).toMatchObject({
      status: 403,
      body: { code: 'no_account' },
    });
    const byName = await headgate.api('POST', '/sign-in-services/sso/users', { username: 'carl' });
    expect(byName).toMatchObject({ status: 400, body: { code: 'subject_required', field: 'subject' } });
    const link = await headgate.api('POST', '/sign-in-services/sso/users', {
      username: 'carl',
      subject: 'subject-of-carl',
    });
    expect(link).toMatchObject({ status: 201, body: { username: 'carl', login: null, subject: 'subject-of-carl' } });
    const token = await signIn('carl');
    expect((await me(token)).body.user.username).toBe('carl');
    await headgate.signIn('carl', 'carl-password-1'); // the password goes on beside it
    const unlinked = await headgate.api('DELETE', `/sign-in-services/sso/users/${link.body.id}`);
    expect(unlinked.status).toBe(204);
    expect((await me(token)).status).toBe(401);
  });

  it('have no password here when the service made them', async () => {
    await signIn('ann');
    const answer = await headgate.api('POST', '/sessions', { username: 'ann', password: 'anything' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
  });

  it('lose their sessions when the service is switched off', async () => {
    const token = await signIn('ann');
    const admin = await headgate.api('PATCH', '/sign-in-services/sso', { enabled: false });
    expect(admin).toMatchObject({ status: 200, body: { enabled: false } });
    expect((await me(token)).status).toBe(401);
    expect((await me(await oidc.token({ sub: 'subject-of-ann' }))).status).toBe(401);
    expect(await open(`${base}/sso/start`)).toMatchObject({ body: { code: 'sign_in_service_not_found' } });
    await headgate.api('PATCH', '/sign-in-services/sso', { enabled: true });
    expect((await me(token)).status).toBe(401);
  });
});

describe('bearer tokens of the provider', () => {
  it('are accepted for the user they name', async () => {
    await signIn('ann');
    const answer = await me(await oidc.token({ sub: 'subject-of-ann' }));
    expect(answer).toMatchObject({ status: 200, body: { method: 'jwt', user: { username: 'ann' } } });
    const narrow = await me(await oidc.token({ sub: 'subject-of-ann', scope: 'openid headgate:read' }));
    expect(narrow.body.scopes).toEqual(['read']);
  });

  it('are refused when anything about them is wrong', async () => {
    const sub = 'subject-of-ann';
    const now = Math.floor(Date.now() / 1000);
    const good = await oidc.token({ sub });
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const { privateKey } = await generateKeyPair('RS256');
    const claims = { iss: oidc.issuer, aud: oidc.clientId, sub, exp: now + 300 };
    const sign = (alg: string, key: CryptoKey | Uint8Array) =>
      new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
    const bad: Record<string, string> = {
      'another audience': await oidc.token({ sub, aud: 'another' }),
      'another issuer': await oidc.token({ sub, iss: 'https://evil.example' }),
      expired: await oidc.token({ sub, exp: now - 120 }),
      'not valid yet': await oidc.token({ sub, nbf: now + 600 }),
      'no subject': await oidc.token({}),
      'alg none': `${encode({ alg: 'none' })}.${payload}.`,
      'another algorithm': `${encode({ alg: 'none', kid: 'test' })}.${payload}.${signature}`,
      HS256: await sign('HS256', new TextEncoder().encode(oidc.clientSecret)),
      'another key': await sign('RS256', privateKey),
      'another payload': `${header}.${encode({ ...claims, sub: 'subject-of-boss' })}.${signature}`,
    };
    for (const [what, token] of Object.entries(bad)) {
      expect([what, await me(token)]).toMatchObject([what, { status: 401, body: { code: 'invalid_token' } }]);
    }
    expect((await me(good)).status).toBe(200);
    await headgate.api('PATCH', '/sign-in-services/sso', { oidc: { audiences: [] } });
    expect((await me(await oidc.token({ sub }))).status).toBe(401);
    await headgate.api('PATCH', '/sign-in-services/sso', { oidc: { audiences: null } });
  });
});

describe('a provider', () => {
  it('is tested stage by stage', async () => {
    const good = await headgate.api('POST', '/sign-in-services/sso/test', {});
    expect(good).toMatchObject({ status: 200, body: { ok: true, stages: [{ stage: 'discovery', ok: true }] } });
  });

  it('that does not answer is told apart from a refusal', async () => {
    const issuer = 'http://127.0.0.1:9';
    const made = await headgate.api('POST', '/sign-in-services', {
      name: 'down',
      kind: 'oidc',
      oidc: { issuer, clientId: 'x' },
    });
    expect(made.status).toBe(201);
    const answer = await open(`${base}/down/start`);
    expect(answer).toMatchObject({ status: 503, body: { code: 'sign_in_service_unavailable' } });
    const report = await headgate.api('POST', '/sign-in-services/down/test', {});
    expect(report.body).toMatchObject({ ok: false, stages: [{ code: 'unreachable', field: 'oidc/issuer' }] });
    // The secret would go to another server.
    const moved = await headgate.api('PATCH', '/sign-in-services/sso', { oidc: { issuer } });
    expect(moved).toMatchObject({ status: 400, body: { code: 'password_required_for_new_target' } });
    const plain = await headgate.api('PATCH', '/sign-in-services/down', { oidc: { issuer: 'http://sso.example' } });
    expect(plain).toMatchObject({ status: 400, body: { code: 'invalid_url', field: 'oidc/issuer' } });
    expect((await headgate.api('DELETE', '/sign-in-services/down')).status).toBe(204);
  });

  it('leaves no secret in the log', () => {
    expect(headgate.logs()).not.toContain(oidc.clientSecret);
    expect(headgate.logs()).not.toMatch(/code=|state=/);
    expect(headgate.logs()).not.toContain('internal_error');
  });
});
