import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JwtIssuer } from './deps.ts';
import { JwtVerifier } from './jwt.ts';
import { context, openWorld, TestClock, type World } from './testing/world.ts';

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

/** An issuer's key server on loopback. */
class KeyServer {
  readonly #server: Server;
  fetches = 0;
  answer: () => { status: number; body: string } = () => ({ status: 200, body: '{"keys":[]}' });

  constructor() {
    this.#server = createServer((_request, response) => {
      this.fetches += 1;
      const { status, body } = this.answer();
      response.writeHead(status, { 'content-type': 'application/json', ...(status === 302 ? { location: body } : {}) });
      response.end(body);
    });
  }
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys`;
  }
  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
  serve(...keys: object[]): void {
    this.answer = () => ({ status: 200, body: JSON.stringify({ keys }) });
  }
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (key: KeyObject, kid: string, alg: string) => ({ ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' });
const issuerName = 'https://login.example.org/';

describe('JWTs', () => {
  const keys = new KeyServer();
  const clock = new TestClock();
  let issuer: JwtIssuer;
  let verifier: JwtVerifier;
  const seconds = () => Math.floor(clock.now().getTime() / 1000);

  beforeAll(async () => {
    issuer = { issuer: issuerName, jwksUrl: await keys.start(), audience: 'headgate' };
  });
  afterAll(() => keys.stop());
  beforeEach(() => {
    keys.serve(jwk(rsa.publicKey, 'rsa-1', 'RS256'), jwk(ec.publicKey, 'ec-1', 'ES256'));
    keys.fetches = 0;
    verifier = new JwtVerifier([issuer], { clock });
  });

  const claims = (more: JWTPayload = {}): JWTPayload => ({
    iss: issuerName,
    aud: 'headgate',
    sub: 'subject-1',
    exp: seconds() + 300,
    ...more,
  });
  const sign = (payload: JWTPayload, key: KeyObject = rsa.privateKey, kid = 'rsa-1', alg = 'RS256') =>
    new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('accepts tokens of the issuer, RSA and EC, and reads our scopes only', async () => {
    const plain = await verifier.verify(await sign(claims({ scope: 'openid email' })));
    expect(plain).toMatchObject({ subject: 'subject-1', scopes: null });
    const narrow = await verifier.verify(
      await sign(claims({ scope: 'openid headgate:read' }), ec.privateKey, 'ec-1', 'ES256'),
    );
    expect([...narrow.scopes!]).toEqual(['read']);
    expect(keys.fetches).toBe(1);
  });

  it('refuses everything hostile', async () => {
    const good = await sign(claims());
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const none = `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`;
    // The classic: the public key as HMAC secret.
    const hsHead = part({ alg: 'HS256', kid: 'rsa-1' });
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    const hs = `${hsHead}.${payload}.${createHmac('sha256', pem).update(`${hsHead}.${payload}`).digest('base64url')}`;
    const hostile: Record<string, string> = {
      none,
      'none, with a signature': `${none}${signature}`,
      hs256: hs,
      'other key, same kid': await sign(claims(), otherRsa.privateKey),
      'changed payload': `${header}.${part(claims({ sub: 'admin' }))}.${signature}`,
      'changed header': `${part({ alg: 'RS512', kid: 'rsa-1' })}.${payload}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'other issuer': await sign(claims({ iss: 'https://evil.example.org/' })),
      'issuer without slash': await sign(claims({ iss: issuerName.slice(0, -1) })),
      'no issuer': await sign({ ...claims(), iss: undefined }),
      'other audience': await sign(claims({ aud: 'other' })),
      'no audience': await sign({ ...claims(), aud: undefined }),
      expired: await sign(claims({ exp: seconds() - 61 })),
      'no expiry': await sign({ ...claims(), exp: undefined }),
      'not yet': await sign(claims({ nbf: seconds() + 61 })),
      'no subject': await sign({ ...claims(), sub: undefined }),
      'empty subject': await sign(claims({ sub: '' })),
      'key in the header': await new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', jwk: otherRsa.publicKey.export({ format: 'jwk' }) as never })
        .sign(otherRsa.privateKey),
      'critical header': await new SignJWT(claims())
        .setProtectedHeader({ alg: 'RS256', kid: 'rsa-1', crit: ['b64'], b64: true })
        .sign(rsa.privateKey)
        .then((token) => token.replace(/^[^.]+/, part({ alg: 'RS256', kid: 'rsa-1', crit: ['x'], x: 1 }))),
      garbage: 'eyJhbGciOiJSUzI1NiJ9.e30.x',
      'not json': 'ey.ey.ey',
    };
    for (const [what, token] of Object.entries(hostile)) {
      expect([what, await code(verifier.verify(token))]).toEqual([what, 'invalid_token']);
    }
    expect(await code(verifier.verify(good))).toBe('no error');
    // A minute of difference between clocks is allowed.
    expect(await code(verifier.verify(await sign(claims({ exp: seconds() - 59, nbf: seconds() + 59 }))))).toBe(
      'no error',
    );
  });

  it('takes only the algorithms that are configured, and none that is symmetric', async () => {
    const strict = new JwtVerifier([{ ...issuer, algorithms: ['ES256'] }], { clock });
    expect(await code(strict.verify(await sign(claims())))).toBe('invalid_token');
    expect(await code(strict.verify(await sign(claims(), ec.privateKey, 'ec-1', 'ES256')))).toBe('no error');
    for (const algorithms of [['HS256'], ['none'], []]) {
      expect(() => new JwtVerifier([{ ...issuer, algorithms }], { clock })).toThrow('JWT issuer');
    }
    for (const jwksUrl of ['http://login.example.org/keys', 'ftp://x/', 'keys', 'file:///etc/passwd']) {
      expect(() => new JwtVerifier([{ ...issuer, jwksUrl }], { clock })).toThrow('jwksUrl');
    }
    // A symmetric key served as public key is no key.
    keys.serve({ kty: 'oct', k: Buffer.alloc(32).toString('base64url'), kid: 'oct', alg: 'HS256' });
    const fresh = new JwtVerifier([issuer], { clock });
    expect(await code(fresh.verify(await sign(claims())))).toBe('invalid_token');
  });

  it('fetches keys again for an unknown kid, once a minute, whatever the storm', async () => {
    expect(await code(verifier.verify(await sign(claims())))).toBe('no error');
    const storm = await Promise.all(
      Array.from({ length: 50 }, async (_, n) =>
        code(verifier.verify(await sign(claims(), rsa.privateKey, `kid-${n}`))),
      ),
    );
    expect(new Set(storm)).toEqual(new Set(['invalid_token']));
    expect(keys.fetches).toBe(1); // the minute since the first fetch is not over
    const rotated = new JwtVerifier([issuer], { clock });
    await rotated.verify(await sign(claims()));
    expect(keys.fetches).toBe(2);
  });

  it('says that keys cannot be had, for a server that fails, redirects, floods or babbles', async () => {
    const token = await sign(claims());
    const answers = [
      { status: 500, body: '' },
      { status: 302, body: 'http://127.0.0.1:1/' },
      { status: 200, body: ' '.repeat(300 * 1024) },
      { status: 200, body: 'not json' },
      { status: 200, body: '{"keys":5}' },
    ];
    for (const answer of answers) {
      keys.answer = () => answer;
      const fresh = new JwtVerifier([issuer], { clock });
      expect([answer.status, await code(fresh.verify(token))]).toEqual([answer.status, 'jwt_keys_unavailable']);
    }
  });
});

describe('users behind JWTs', () => {
  const keys = new KeyServer();
  let world: World;
  const sign = (sub: string, more: JWTPayload = {}, iss = issuerName) =>
    new SignJWT({ iss, aud: 'headgate', sub, exp: Math.floor(world.clock.now().getTime() / 1000) + 300, ...more })
      .setProtectedHeader({ alg: 'RS256', kid: 'rsa-1' })
      .sign(rsa.privateKey);
  const bearer = async (token: Promise<string>) =>
    world.identity.authenticator.bearer(await token, { ...context, door: 'sdps' });

  beforeAll(async () => {
    keys.serve(jwk(rsa.publicKey, 'rsa-1', 'RS256'));
    const jwksUrl = await keys.start();
    const base = { jwksUrl, audience: ['headgate', 'other'] };
    world = await openWorld('postgresql', {
      jwtIssuers: [
        { ...base, issuer: issuerName },
        {
          ...base,
          issuer: 'https://make.example.org',
          createUsers: true,
          tenantClaim: 'org',
          userClaim: 'login',
          roleClaim: 'groups',
        },
      ],
    });
    await world.user('ann', { email: 'ann@example.org' });
    await world.identity.tenants.create(world.admin, { name: 'Two', slug: 'two' });
  });
  afterAll(async () => {
    await world?.close();
    await keys.stop();
  });

  it('maps (issuer, subject), never the e-mail address or the name', async () => {
    expect(await code(bearer(sign('s-1', { email: 'ann@example.org', preferred_username: 'ann' })))).toBe(
      'invalid_token',
    );
    await world.identity.users.linkExternal(world.admin, 'ann', { issuer: issuerName, subject: 's-1' });
    const principal = await bearer(sign('s-1'));
    expect(principal).toMatchObject({ method: 'jwt', door: 'sdps', credentialUid: null });
    expect(principal.actor.username).toBe('ann');
    expect(await code(bearer(sign('s-1', {}, 'https://make.example.org')))).toBe('invalid_token'); // no name to make one
    expect(
      await code(world.identity.users.linkExternal(world.admin, 'admin', { issuer: issuerName, subject: 's-1' })),
    ).toBe('identity_taken');
    await world.identity.users.update(world.admin, 'ann', { status: 'inactive' });
    expect(await code(bearer(sign('s-1')))).toBe('invalid_token');
  });

  it('makes users where the issuer may, in the tenant of the claim, never an administrator, never over a name', async () => {
    const made = (sub: string, more: JWTPayload) => bearer(sign(sub, more, 'https://make.example.org'));
    const eva = await made('e-1', {
      login: 'eva',
      org: 'two',
      groups: ['Tenant Administrator', 'Administrator'],
      given_name: 'Eva',
    });
    const view = await world.identity.users.get(world.admin, 'eva');
    expect(view).toMatchObject({ tenant: 'two', roles: ['Tenant Administrator'], firstName: 'Eva', administers: [] });
    expect(eva.actor.uid).toBe(view.id);
    const again = await made('e-1', { login: 'somebody-else', org: 'system' });
    expect(again.actor.username).toBe('eva');
    expect(await code(made('e-2', { login: 'admin', org: 'two' }))).toBe('invalid_token');
    expect(await code(made('e-3', { login: 'eve', org: 'none' }))).toBe('invalid_token');
    expect(await code(made('e-4', { login: 'a:b', org: 'two' }))).toBe('invalid_token');
    const both = await Promise.all([
      made('e-5', { login: 'otto', org: 'two' }),
      made('e-5', { login: 'otto', org: 'two' }),
    ]);
    expect(both.map((one) => one.actor.username)).toEqual(['otto', 'otto']);
    expect((await world.identity.users.get(world.admin, 'otto')).roles).toEqual(['User']);
    expect(await code(world.identity.authenticator.signIn({ username: 'eva', password: '' }, context))).toBe(
      'invalid_credentials',
    );
  });

  it('accepts none when no issuer is configured', async () => {
    const bare = await openWorld();
    try {
      const token = await sign('s-1');
      expect(await code(bare.identity.authenticator.bearer(token, context))).toBe('invalid_token');
    } finally {
      await bare.close();
    }
  });
});
