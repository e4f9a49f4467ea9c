import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { verify } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authenticator } from './authenticator.ts';
import { ensureInstallation } from './installation.ts';
import { Passwords } from './passwords.ts';
import type { Principal } from './principal.ts';
import { principalOf } from './principal.ts';
import { context, lightCost, type Node, openWorld, password, type World } from './testing/world.ts';

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

describe.each(['postgresql', 'pglite'] as const)('signing in on %s', (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind);
    await world.user('ann');
  });
  afterAll(() => world?.close());
  const signIn = (username: string, secret = password) =>
    world.identity.authenticator.signIn({ username, password: secret }, context);

  it('opens a session whose token is a bearer, and ends it', async () => {
    const { token, user, expiresAt, uid } = await signIn('ANN');
    expect(token).toMatch(/^hg_s_[A-Za-z0-9_-]{43}$/);
    expect(expiresAt.getTime() - world.clock.now().getTime()).toBe(720 * 60_000);
    expect(user).toMatchObject({ username: 'ann', roles: ['User'], tenant: 'system', status: 'active' });
    const principal = await world.identity.authenticator.bearer(token, context);
    expect(principal).toMatchObject({ method: 'session', credentialUid: uid, door: 'rest', scopes: null });
    expect(principal.subject).toBe(principal.actor);
    expect(await world.identity.sessions.current(principal)).toMatchObject({ id: uid, current: true });
    await world.identity.sessions.signOut(principal);
    expect(await code(world.identity.authenticator.bearer(token, context))).toBe('invalid_token');
    const { items } = await world.audit.list(world.admin, { action: 'session.' }, {});
    expect(items.map((one) => one.action)).toEqual(['session.end', 'session.create']);
  });

  it('refuses tokens of every other shape, and expired ones', async () => {
    const { token } = await signIn('ann');
    const { bearer } = { bearer: (text: string) => code(world.identity.authenticator.bearer(text, context)) };
    for (const text of [
      '',
      'x',
      'hg_',
      'hg_s_',
      token.slice(0, -1),
      `${token}A`,
      token.replace('hg_s_', 'hg_'),
      'eyJ.x.y',
      `hg_${'A'.repeat(43)}`,
      '\0',
    ]) {
      expect([text, await bearer(text)]).toEqual([text, 'invalid_token']);
    }
    expect(await bearer(token)).toBe('no error');
    world.clock.advance(720 * 60_000);
    expect(await bearer(token)).toBe('invalid_token');
  });

  it('makes API tokens with scopes and expiry, shown once, revoked at once', async () => {
    const ann = (await signIn('ann')).principal;
    const { tokens, authenticator } = world.identity;
    expect(await code(tokens.create(ann, { name: 'x', scopes: ['root'] }))).toBe('scope_unknown');
    expect(await code(tokens.create(ann, { name: 'x', scopes: ['door:fetcher'] }))).toBe('permission_missing');
    expect(await code(tokens.create(ann, { name: 'x', expiresAt: world.clock.now() }))).toBe('invalid_expiry');
    const expiresAt = new Date(world.clock.now().getTime() + 60_000);
    const made = await tokens.create(ann, { name: 'ci', scopes: ['read', 'door:rest'], expiresAt });
    expect(made.token).toMatch(/^hg_[A-Za-z0-9_-]{43}$/);
    const { token: _token, ...view } = made;
    expect((await tokens.list(ann))[0]).toEqual({ ...view, lastUsedAt: null });
    const principal = await authenticator.bearer(made.token, context);
    expect(principal).toMatchObject({ method: 'api_token', credentialUid: made.id });
    expect([...principal.scopes!]).toEqual(['door:rest', 'read']);
    // A narrow token cannot make a wider one, nor one for other doors.
    expect(await code(tokens.create(principal, { name: 'x' }))).toBe('scope_missing');
    expect(await code(tokens.revoke(principal, made.id))).toBe('scope_missing');
    const writer = await authenticator.bearer(
      (await tokens.create(ann, { name: 'w', scopes: ['write'] })).token,
      context,
    );
    expect(await code(tokens.create(writer, { name: 'x', scopes: ['admin'] }))).toBe('scope_missing');
    expect(await code(tokens.create(writer, { name: 'x', scopes: ['read'] }))).toBe('no error');
    await tokens.revoke(ann, made.id);
    expect(await code(authenticator.bearer(made.token, context))).toBe('invalid_token');
    expect(await code(tokens.revoke(ann, made.id))).toBe('token_not_found');
    expect(await code(tokens.revoke(world.admin, writer.credentialUid!))).toBe('token_not_found');
    const short = await tokens.create(ann, { name: 'short', expiresAt });
    world.clock.advance(60_000);
    expect(await code(authenticator.bearer(short.token, context))).toBe('invalid_token');
    const text = JSON.stringify((await world.audit.list(world.admin, {}, { limit: 500 })).items);
    expect(text).not.toContain(made.token.slice(3));
    expect(text).not.toContain(password);
  });

  it('keeps no secret in the store', async () => {
    const { token } = await signIn('ann');
    const dump: string[] = [];
    for (const table of ['user_account', 'session', 'api_token', 'audit_event'] as const) {
      dump.push(
        JSON.stringify(await world.store.db.selectFrom(table).selectAll().execute(), (_key, value) =>
          value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
        ),
      );
    }
    const all = dump.join('\n');
    expect(all).toContain('$argon2id$');
    for (const secret of [token, token.slice(5), password]) expect(all).not.toContain(secret);
  });
});

describe('failed sign-ins (F4)', () => {
  let world: World;
  let other: Node;
  let checks: () => number;
  let authenticator: Authenticator;

  beforeAll(async () => {
    world = await openWorld();
    other = await world.node();
    for (const name of ['ann', 'bob', 'cy', 'dora', 'eve']) await world.user(name);
    await world.identity.users.update(world.admin, 'dora', { status: 'inactive' });
    const passwords = new Passwords({ vault: world.vault, passwordCost: lightCost });
    checks = () => passwords.checks;
    const { users, sessions, principals } = world.identity;
    authenticator = new Authenticator(depsOf(world), { passwords, users, sessions, principals });
  });
  afterAll(() => world?.close());

  const depsOf = (node: World) => ({
    store: node.store,
    vault: node.vault,
    audit: node.audit,
    clock: node.clock,
    log: null as never,
    config: {
      sessionTtlMinutes: 60,
      lockoutLimit: 3,
      lockoutWindowSeconds: 900,
      lockoutPeriodSeconds: 1800,
      jwtIssuers: [],
    },
  });
  const wrong = async (username: string): Promise<unknown> => {
    const before = checks();
    const error = await authenticator
      .signIn({ username, password: 'not this one' }, context)
      .catch((one: unknown) => one);
    const { code: is, message, extra } = error as { code: string; message: string; extra: object };
    return { code: is, message, extra, checks: checks() - before };
  };

  it('does the same work and says the same for a known, an unknown and an inactive name, also when they lock', async () => {
    const events = async () => (await world.audit.list(world.admin, {}, { limit: 500 })).items.length;
    const seen: unknown[][] = [];
    for (const name of ['ann', 'nobody', 'dora', 'fetcher']) {
      const answers: unknown[] = [];
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const before = await events();
        answers.push(await wrong(name), (await events()) - before);
      }
      seen.push(answers);
    }
    expect(seen[0]).toMatchObject([
      { code: 'invalid_credentials', checks: 1 },
      1,
      { code: 'invalid_credentials', checks: 1 },
      1,
      { code: 'sign_in_locked', checks: 1, extra: { retryAfterSeconds: 1800 } },
      2,
      { code: 'sign_in_locked', checks: 0 },
      1,
      { code: 'sign_in_locked', checks: 0 },
      1,
    ]);
    for (const answers of seen.slice(1)) expect(answers).toEqual(seen[0]);
  });

  it('stays locked for the right password, on every node, until the time or an administrator ends it', async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) await wrong('bob');
    const right = (node: Node) => code(node.identity.authenticator.signIn({ username: 'Bob', password }, context));
    expect(await right(world)).toBe('sign_in_locked');
    expect(await right(other)).toBe('sign_in_locked');
    expect((await world.identity.users.get(world.admin, 'bob')).lockedUntil).not.toBeNull();
    expect((await world.identity.users.unlock(world.admin, 'bob')).lockedUntil).toBeNull();
    expect(await right(other)).toBe('no error');
    for (let attempt = 0; attempt < 3; attempt += 1) await wrong('bob');
    world.clock.advance(1800 * 1000);
    expect(await right(world)).toBe('no error');
    await wrong('bob');
    await wrong('bob');
    expect(await right(world)).toBe('no error'); // forgets the two
    await wrong('bob');
    await wrong('bob');
    world.clock.advance(901 * 1000);
    await wrong('bob');
    expect(await right(world)).toBe('no error');
    const { items } = await world.audit.list(world.admin, { action: 'user.lock' }, {});
    expect(items.filter((item) => item.resource === 'bob').length).toBe(2);
    expect(JSON.stringify(items)).not.toContain('nobody'); // it might have been a password
  });

  it('does not let parallel guesses outrun the lock', async () => {
    const before = checks();
    const codes = await Promise.all(Array.from({ length: 20 }, () => wrong('cy')));
    expect(checks() - before).toBe(3);
    expect(codes.length).toBe(20);
  });

  it('keeps sessions and tokens of a user whose name somebody locked', async () => {
    const { token } = await world.identity.authenticator.signIn({ username: 'eve', password }, context);
    for (let attempt = 0; attempt < 3; attempt += 1) await wrong('eve');
    expect((await world.identity.authenticator.bearer(token, context)).actor.username).toBe('eve');
  });

  it('ends sessions when the password or the status changes, and keeps the one that changed it', async () => {
    const eve = await world.user('eve2');
    const { authenticator: auth, users } = world.identity;
    const [first, second] = [
      await auth.signIn({ username: 'eve2', password }, context),
      await auth.signIn({ username: 'eve2', password }, context),
    ];
    expect(await code(users.changeOwnPassword(first.principal, 'wrong', 'another one'))).toBe('wrong_password');
    expect(await code(users.changeOwnPassword(first.principal, password, 'short'))).toBe('password_invalid');
    await users.changeOwnPassword(first.principal, password, 'another one');
    expect(await code(auth.bearer(first.token, context))).toBe('no error');
    expect(await code(auth.bearer(second.token, context))).toBe('invalid_token');
    expect(await code(auth.signIn({ username: 'eve2', password }, context))).toBe('invalid_credentials');
    await users.setPassword(world.admin, 'eve2', 'a third one');
    expect(await code(auth.bearer(first.token, context))).toBe('invalid_token');
    const third = await auth.signIn({ username: 'eve2', password: 'a third one' }, context);
    const { token } = await world.identity.tokens.create(third.principal, { name: 't' });
    await users.update(world.admin, 'eve2', { status: 'inactive' });
    expect(await code(auth.bearer(third.token, context))).toBe('invalid_token');
    expect(await code(auth.bearer(token, context))).toBe('invalid_token');
    expect(await code(auth.signIn({ username: 'eve2', password: 'a third one' }, context))).toBe('invalid_credentials');
    expect(eve.subject.username).toBe('eve2');
  });

  it('holds a revocation on the other node within the time that facts may be old', async () => {
    await world.user('fay');
    const { token, principal } = await world.identity.authenticator.signIn({ username: 'fay', password }, context);
    expect(await code(other.identity.authenticator.bearer(token, context))).toBe('no error');
    await world.identity.sessions.signOut(principal);
    await expect
      .poll(() => code(other.identity.authenticator.bearer(token, context)), { timeout: 5000 })
      .toBe('invalid_token');
  });

  it('writes the last use at most once a minute, and never after a revocation', async () => {
    const gil = await world.user('gil');
    const { tokens, authenticator: auth } = world.identity;
    const made = await tokens.create(gil, { name: 'x' });
    const used = async () => {
      await auth.bearer(made.token, context);
      await auth.close(); // waits for the write
      return (await tokens.list(gil))[0]!.lastUsedAt?.getTime() ?? null;
    };
    const first = await used();
    expect(first).toBe(world.clock.now().getTime());
    world.clock.advance(30_000);
    expect(await used()).toBe(first);
    world.clock.advance(30_000);
    expect(await used()).toBe(first! + 60_000);
    world.clock.advance(120_000);
    await tokens.revoke(gil, made.id);
    await expect(used()).rejects.toThrow();
    expect((await tokens.list(gil))[0]!.lastUsedAt?.getTime()).toBe(first! + 60_000);
  });

  it('remembers a successful check, but not past a change of the password', async () => {
    await world.user('hal');
    const basic = (secret: string) => authenticator.basic('hal', secret, { ...context, door: 'hdp' });
    const before = checks();
    expect((await basic(password)).door).toBe('hdp');
    await basic(password);
    expect(checks() - before).toBe(1);
    // A lock, wherever the failures came from, also holds for what is remembered.
    for (let attempt = 0; attempt < 3; attempt += 1) await wrong('hal');
    expect(await code(basic(password))).toBe('sign_in_locked');
    await world.identity.users.unlock(world.admin, 'hal');
    expect(await code(basic(password))).toBe('no error');
    await world.identity.users.setPassword(world.admin, 'hal', 'something else');
    expect(await code(basic(password))).toBe('invalid_credentials');
    expect((await basic('something else')).method).toBe('password');
    const hal = principalOf((await world.identity.principals.byUsername('hal'))!, context, { method: 'password' });
    const { token } = await world.identity.tokens.create(hal, { name: 'basic' });
    expect((await basic(token)).method).toBe('api_token');
    expect(await code(authenticator.basic('ann', token, context))).not.toBe('no error');
  });
});

describe('passwords', () => {
  const vault = { deriveKey: () => Buffer.alloc(32, 1) };
  const passwords = new Passwords({ vault: vault as never, passwordCost: lightCost });

  it('hashes as argon2id with the parameters of today, and knows a hash that is not', async () => {
    const stored = await passwords.hash('pa\u00e9sswort');
    expect(stored).toContain('$argon2id$v=19$m=64,t=1,p=1$');
    expect(await verify(stored, 'pa\u00e9sswort')).toBe(true);
    expect(await passwords.check(stored, 'pae\u0301sswort')).toEqual({ ok: true, stale: false });
    const heavier = new Passwords({ vault: vault as never, passwordCost: { ...lightCost, timeCost: 2 } });
    expect(await heavier.check(stored, 'pa\u00e9sswort')).toEqual({ ok: true, stale: true });
    expect(await passwords.check(stored, 'x')).toMatchObject({ ok: false });
    expect(await passwords.check('nonsense', 'x')).toMatchObject({ ok: false });
    expect(await passwords.check(null, 'x')).toMatchObject({ ok: false });
  });

  it('uses 64 MiB and three passes unless told otherwise', async () => {
    expect(await new Passwords({ vault: vault as never }).hash('x')).toContain('$argon2id$v=19$m=65536,t=3,p=1$');
  });

  it('makes SCRAM verifiers that a client proof fits (RFC 5802)', async () => {
    const verifier = await passwords.scramVerifier('ann', 'secret');
    const [, iterations, salt, storedKey, serverKey] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier)!;
    const salted = pbkdf2Sync('secret', Buffer.from(salt!, 'base64'), Number(iterations), 32, 'sha256');
    const clientKey = createHmac('sha256', salted).update('Client Key').digest();
    expect(createHash('sha256').update(clientKey).digest('base64')).toBe(storedKey);
    expect(createHmac('sha256', salted).update('Server Key').digest('base64')).toBe(serverKey);
    expect((await passwords.scramVerifier('ann', 'other')).split('$')[1]).toBe(verifier.split('$')[1]);
    expect(passwords.scramParameters('nobody').salt.length).toBe(16);
  });
});

describe('ensureInstallation', () => {
  it('makes what hdp knows, and copies for every new tenant', async () => {
    const world = await openWorld();
    try {
      const roles = await world.identity.roles.list(world.admin);
      expect(roles.map((role) => role.name)).toEqual(['Administrator', 'User', 'Tenant Administrator']);
      const stored = await world.store.db.selectFrom('role').select('id').orderBy('id').execute();
      expect(stored.map((role) => role.id)).toEqual([1, 2, 3]);
      const me: Principal = (await world.identity.authenticator.signIn({ username: 'admin', password }, context))
        .principal;
      expect(me.subject.permissions.has(12)).toBe(true);
      expect(me.subject.tenantId).toBe(1);
      const made = await world.identity.tenants.create(world.admin, { name: 'Zürich & Söhne' });
      expect(made.slug).toBe('zu-rich-so-hne');
      const copies = (await world.identity.roles.list(world.admin)).filter((role) => role.tenant === made.slug);
      expect(copies.map((role) => role.name)).toEqual(['User', 'Tenant Administrator']);
      const builtin = await world.store.db
        .selectFrom('user_account')
        .select('username')
        .where('builtin', 'is not', null)
        .execute();
      expect(builtin.map((user) => user.username).sort()).toEqual([
        'fetcher',
        `fetcher:${made.slug}`,
        'sdps',
        `sdps:${made.slug}`,
      ]);
    } finally {
      await world.close();
    }
  });

  it('makes one installation when several nodes start at once, and nothing the next time', async () => {
    const world = await openWorld('postgresql', {}, 'empty');
    try {
      const nodes = [world, await world.node(), await world.node()];
      const made = await Promise.all(nodes.map((node) => ensureInstallation(node.deps, { adminUsername: 'Root' })));
      const admins = made.flatMap((one) => (one.createdAdmin === undefined ? [] : [one.createdAdmin]));
      expect(admins.length).toBe(1);
      expect(admins[0]!.password!.length).toBeGreaterThanOrEqual(20);
      const signedIn = await world.identity.authenticator.signIn(
        { username: 'root', password: admins[0]!.password! },
        context,
      );
      expect(signedIn.user.roles).toEqual(['Administrator']);
      expect(await ensureInstallation(world.deps, { adminUsername: 'other', adminPassword: 'long enough' })).toEqual(
        {},
      );
      expect((await world.store.db.selectFrom('tenant').select('id').execute()).length).toBe(1);
    } finally {
      await world.close();
    }
  });
});
