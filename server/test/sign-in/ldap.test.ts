/** Signing in with directories, against a real LDAP server (ldapjs), over the native door. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Permission } from '../../src/domain/identity/permissions.ts';
import { runCli } from '../cli/run-cli.ts';
import { type Answer, adminPassword, type Headgate, startHeadgate } from '../harness.ts';
import { makeAuthority } from '../servers/certificates.ts';
import { type DirectoryEntry, type LdapServer, serviceDn, servicePassword, startLdap } from '../servers/ldap.ts';

const person = (uid: string, more: DirectoryEntry['attributes'] = {}): DirectoryEntry => ({
  dn: `uid=${uid},ou=people,dc=example`,
  password: `directory password of ${uid}`,
  attributes: {
    objectClass: 'person',
    uid,
    sn: 'Lee',
    mail: `${uid}@example.com`,
    entryUUID: `uuid-of-${uid}`,
    ...more,
  },
});
const names = ['ann', 'bea', 'carl', 'dora', 'eve', 'fay', 'gus', 'hal', 'ivy', 'jo'];
const entries = [
  ...names.map((name) => person(name)),
  person('boss', { memberOf: 'cn=Bosses,ou=groups,dc=example' }),
  person('root', { memberOf: 'cn=Roots,ou=groups,dc=example' }),
];
const secret = (uid: string): string => `directory password of ${uid}`;

const authority = makeAuthority();
let headgate: Headgate;
let directory: LdapServer;
let settings: Record<string, unknown>;

beforeAll(async () => {
  const certificate = authority.issue({ names: ['localhost'] });
  directory = await startLdap(entries, { tls: 'ldaps', certificate });
  headgate = await startHeadgate({ settings: { HEADGATE_SIGN_IN_RATE_PER_MINUTE: '0', HEADGATE_LOCKOUT_LIMIT: '3' } });
  settings = {
    url: directory.url.replace('127.0.0.1', 'localhost'),
    tls: { mode: 'verify-full', ca: authority.ca },
    bindDn: serviceDn,
    bindPassword: servicePassword,
    userBase: 'ou=people,dc=example',
    userFilter: '(|(uid={login})(mail={login}))',
    groups: { from: 'memberOf', base: 'ou=groups,dc=example' },
    timeoutMs: 2000,
  };
  const made = await headgate.api('POST', '/sign-in-services', {
    name: 'Corp',
    kind: 'ldap',
    default: true,
    createUsers: true,
    syncRoles: true,
    groupRoles: [
      { group: 'bosses', role: 'Tenant Administrator' },
      { group: 'cn=Roots, ou=groups, dc=example', role: 'Administrator' },
    ],
    ldap: settings,
  });
  expect([made.status, made.text]).toEqual([201, expect.stringContaining('"bindPassword":"********"')]);
});
afterAll(async () => {
  await headgate?.stop();
  await directory?.stop();
});

const signIn = (username: string, password: string, service?: string): Promise<Answer> =>
  headgate.api(
    'POST',
    '/sessions',
    { username, password, ...(service === undefined ? {} : { service }) },
    { as: null },
  );
const change = (body: unknown): Promise<Answer> => headgate.api('PATCH', '/sign-in-services/corp', body);
const wrong = { status: 401, body: { code: 'invalid_credentials' } };
const locked = { status: 401, body: { code: 'sign_in_locked' } };
const me = (token: string): Promise<Answer> =>
  headgate.api('GET', '/me', undefined, { as: null, headers: { authorization: `Bearer ${token}` } });

describe('the chorus door', () => {
  it('finds people in the directory for administrators, and tells whom it shows with where they sign in', async () => {
    const find = (username: string, as = 'admin'): Promise<Answer> =>
      headgate.call('GET', `/api/users/ldap?username=${username}`, undefined, {
        as: null,
        headers: { 'x-token': headgate.token(as) },
      });
    const found = await find('jo');
    expect([found.status, found.body.response]).toEqual([
      200,
      [
        {
          username: 'jo',
          first_name: null,
          last_name: 'Lee',
          email: 'jo@example.com',
          title: null,
          dept: null,
          ldap_dn: expect.any(String),
        },
      ],
    ]);
    expect((await find('nobody')).body.response).toEqual([]);
  });
});

describe('somebody of the directory', () => {
  it('gets an account at the first sign-in, and the same one afterwards', async () => {
    const first = await signIn('ann', secret('ann'));
    expect(first).toMatchObject({
      status: 201,
      body: { user: { username: 'ann', lastName: 'Lee', email: 'ann@example.com', roles: ['User'], tenant: 'system' } },
    });
    const again = await signIn('ANN', secret('ann'), 'corp');
    expect(again.body.user.id).toBe(first.body.user.id);
    const { body } = await headgate.api('GET', '/sign-in-services/corp/users');
    expect(body.items).toEqual([
      expect.objectContaining({
        username: 'ann',
        login: 'ann',
        subject: 'uuid-of-ann',
        lastSignInAt: expect.any(String),
      }),
    ]);
  });

  it('is refused with a wrong password, without one, and under odd names', async () => {
    expect(await signIn('bea', 'wrong')).toMatchObject(wrong);
    expect(await signIn('nobody', secret('bea'))).toMatchObject(wrong);
    for (const odd of ['*', 'be*', 'bea)(uid=*', ' bea', 'bea ', 'ｂea', 'b\u00adea', 'bea\u0007']) {
      expect([odd, await signIn(odd, secret('bea'))]).toMatchObject([odd, wrong]);
      expect([odd, await signIn(odd, secret('bea'), 'corp')]).toMatchObject([odd, wrong]);
    }
    const { authenticator } = headgate.app.identity;
    const context = { door: 'rest', requestId: 'test', address: null } as const;
    await expect(authenticator.basic('bea', '', context)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(directory.binds.filter((one) => one.password === '')).toEqual([]);
    expect(await signIn('bea', secret('bea'))).toMatchObject({ status: 201 });
  });

  it('is locked out after failures, by whatever spelling', async () => {
    for (let index = 0; index < 2; index += 1) expect(await signIn('carl', 'wrong')).toMatchObject(wrong);
    expect(await signIn('carl', 'wrong')).toMatchObject(locked);
    expect(await signIn('carl', secret('carl'))).toMatchObject(locked);
    expect(await signIn('carl', secret('carl'), 'corp')).toMatchObject(locked);
    // The entry is locked, not only the name typed.
    expect(await signIn('carl@example.com', secret('carl'))).toMatchObject(locked);
    expect(await signIn('ann@example.com', secret('ann'))).toMatchObject({ body: { user: { username: 'ann' } } });
    for (let index = 0; index < 2; index += 1) expect(await signIn('nobody-else', 'wrong')).toMatchObject(wrong);
    expect(await signIn('nobody-else', 'wrong')).toMatchObject(locked);
  });

  it('is unlocked by an administrator, at the directory’s entry too', async () => {
    expect((await signIn('dora', secret('dora'))).status).toBe(201);
    for (let index = 0; index < 3; index += 1) await signIn('dora', 'wrong');
    expect(await signIn('dora', secret('dora'), 'corp')).toMatchObject(locked);
    expect((await headgate.api('POST', '/users/dora/unlock')).status).toBe(200);
    // Another service version, so that nothing is remembered.
    await change({ description: 'changed' });
    expect(await signIn('dora', secret('dora'))).toMatchObject({ status: 201 });
  });

  it('has the roles of its groups', async () => {
    const boss = await signIn('boss', secret('boss'));
    expect(boss.body.user.roles).toEqual(['User', 'Tenant Administrator']);
    const root = await signIn('root', secret('root'));
    expect(root.body.user.roles).toEqual(['Administrator', 'User']);
    directory.entries = directory.entries.map((one) => (one.dn.startsWith('uid=boss') ? person('boss') : one));
    await change({ description: 'changed again' });
    expect((await signIn('boss', secret('boss'))).body.user.roles).toEqual(['User']);
  });

  it('keeps no account that came by another person’s login', async () => {
    expect((await signIn('eve', secret('eve'))).status).toBe(201);
    directory.entries = directory.entries.filter((one) => !one.dn.startsWith('uid=eve'));
    directory.entries.push(person('eve', { entryUUID: 'uuid-of-another-eve' }));
    await change({ description: 'a new eve' });
    expect(await signIn('eve', secret('eve'))).toMatchObject({ status: 403, body: { code: 'identity_changed' } });
  });

  it('gets no account where none are made, and never that of a local user of the same name', async () => {
    await headgate.createUser('hal');
    expect(await signIn('hal', secret('hal'))).toMatchObject(wrong);
    expect(await signIn('hal', secret('hal'), 'corp')).toMatchObject({ status: 403, body: { code: 'no_account' } });
    await change({ createUsers: false });
    expect(await signIn('fay', secret('fay'))).toMatchObject({ status: 403, body: { code: 'no_account' } });
    expect(await signIn('fay', 'wrong')).toMatchObject(wrong);
    await change({ createUsers: true });
    expect((await headgate.api('GET', '/users/fay')).status).toBe(404);
  });

  it('cannot change a password that is kept elsewhere', async () => {
    const { body } = await signIn('ann', secret('ann'));
    const headers = { authorization: `Bearer ${body.token}` };
    const passwords = { currentPassword: secret('ann'), newPassword: 'another password' };
    const answer = await headgate.api('PUT', '/me/password', passwords, { as: null, headers });
    expect(answer).toMatchObject({ status: 409, body: { code: 'password_kept_elsewhere' } });
  });
});

describe('a local user', () => {
  it('linked to the directory alone never gets in with the local password', async () => {
    await headgate.createUser('gus');
    const link = await headgate.api('POST', '/sign-in-services/corp/users', { username: 'gus', exclusive: true });
    expect(link).toMatchObject({ status: 201, body: { login: 'gus', subject: null } });
    expect((await me(headgate.token('gus'))).status).toBe(401);
    expect(await signIn('gus', 'gus-password-1')).toMatchObject(wrong);
    expect(await signIn('gus', 'gus-password-1', 'internal')).toMatchObject(wrong);
    const { body } = await signIn('gus', secret('gus'));
    expect(body.user.username).toBe('gus');
    const links = await headgate.api('GET', '/sign-in-services/corp/users');
    expect(links.body.items).toContainEqual(expect.objectContaining({ username: 'gus', subject: 'uuid-of-gus' }));
    expect((await headgate.api('DELETE', `/sign-in-services/corp/users/${link.body.id}`)).status).toBe(204);
    expect((await me(body.token)).status).toBe(401);
    await headgate.signIn('gus', 'gus-password-1');
  });

  it('linked beside has both ways', async () => {
    await headgate.createUser('ivy');
    const link = { username: 'ivy', login: 'ivy' };
    expect((await headgate.api('POST', '/sign-in-services/corp/users', link)).status).toBe(201);
    expect((await signIn('ivy', 'ivy-password-1')).status).toBe(201);
    expect((await signIn('ivy', secret('ivy'))).status).toBe(201);
    const taken = await headgate.api('POST', '/sign-in-services/corp/users', { username: 'hal', login: 'IVY' });
    expect(taken).toMatchObject({ status: 409, body: { code: 'identity_taken' } });
  });

  it('may stand for everybody whom the service knows and nobody else is', async () => {
    await headgate.createUser('guest');
    const link = await headgate.api('POST', '/sign-in-services/corp/users', { username: 'guest', login: '*' });
    expect(link.status).toBe(201);
    expect((await signIn('jo', secret('jo'))).body.user.username).toBe('guest');
    expect((await signIn('ann', secret('ann'), 'corp')).body.user.username).toBe('ann');
    await headgate.api('DELETE', `/sign-in-services/corp/users/${link.body.id}`);
  });
});

describe('the service', () => {
  it('remembers a success, but not past its own end', async () => {
    await change({ description: 'fresh' });
    expect((await signIn('ann', secret('ann'))).status).toBe(201);
    const before = directory.binds.length;
    const { body } = await signIn('ann', secret('ann'));
    expect(directory.binds.length).toBe(before);
    expect((await change({ enabled: false })).status).toBe(200);
    expect((await me(body.token)).status).toBe(401);
    expect(await signIn('ann', secret('ann'))).toMatchObject(wrong);
    expect(await signIn('ann', secret('ann'), 'corp')).toMatchObject({
      status: 400,
      body: { code: 'sign_in_service_not_found' },
    });
    await change({ enabled: true });
    expect((await me(body.token)).status).toBe(401);
  });

  it('does the same work for names that exist and names that do not', async () => {
    await headgate.createUser('local');
    const work = async (username: string): Promise<number[]> => {
      const [searches, binds] = [directory.searches.length, directory.binds.length];
      expect(await signIn(username, 'wrong')).toMatchObject(wrong);
      return [directory.searches.length - searches, directory.binds.length - binds];
    };
    expect(await work('local')).toEqual([1, 2]);
    expect(await work('boss')).toEqual([1, 2]);
    expect(await work('no-such-name')).toEqual([1, 2]);
    expect(directory.searches.join()).not.toContain('(uid=local)');
  });

  it('that is silent or down fails clearly; local users still get in', async () => {
    await change({ ldap: { timeoutMs: 200 } });
    directory.silent = true;
    expect(await signIn('bea', secret('bea'))).toMatchObject({
      status: 503,
      body: { code: 'sign_in_service_unavailable' },
    });
    const report = await headgate.api('POST', '/sign-in-services/corp/test', {});
    expect(report.body).toMatchObject({ ok: false });
    expect(report.body.stages.at(-1)).toMatchObject({ code: 'connect_timeout', field: 'ldap/url' });
    await headgate.signIn('admin', adminPassword);
    expect(await signIn('local', 'wrong')).toMatchObject(wrong);
    directory.silent = false;
    await change({ ldap: { timeoutMs: 2000 } });
    expect((await signIn('bea', secret('bea'))).status).toBe(201);
  });

  it('is tested stage by stage', async () => {
    const good = await headgate.api('POST', '/sign-in-services/corp/test', { login: 'root' });
    expect(good.body).toMatchObject({
      ok: true,
      person: { login: 'root', subject: 'uuid-of-root', roles: ['Administrator', 'User'] },
    });
    expect(good.body.stages.map((one: { stage: string }) => one.stage)).toEqual([
      'address',
      'tls',
      'bind',
      'user',
      'groups',
    ]);
    const none = await headgate.api('POST', '/sign-in-services/corp/test', { login: 'nobody' });
    expect(none.body.stages.at(-1)).toMatchObject({ code: 'person_not_found', field: 'ldap/userFilter' });
    await change({ ldap: { tls: { ca: null }, bindPassword: servicePassword } });
    const untrusted = await headgate.api('POST', '/sign-in-services/corp/test', {});
    expect(untrusted.body.stages.at(-1)).toMatchObject({ stage: 'tls', code: 'tls_untrusted', field: 'ldap/tls/ca' });
    await change({ ldap: { url: directory.url, tls: { ca: authority.ca }, bindPassword: servicePassword } });
    const name = await headgate.api('POST', '/sign-in-services/corp/test', {});
    expect(name.body.stages.at(-1)).toMatchObject({ code: 'tls_name_mismatch', remedy: expect.any(String) });
    const weak = await change({ ldap: { tls: { mode: 'require' }, bindPassword: servicePassword } });
    expect(weak.status).toBe(200);
    const warned = await headgate.api('POST', '/sign-in-services/corp/test', {});
    expect(warned.body).toMatchObject({ ok: true });
    expect(warned.body.stages[1].warning).toMatch(/not fully verified/);
    const audit = await headgate.api('GET', '/audit?action=sign_in_service.tls_weakened');
    expect(audit.body.items).toEqual([expect.objectContaining({ detail: { kind: 'ldap', mode: 'require' } })]);
    await change({ ldap: settings });
  });

  it('sends its stored password nowhere else', async () => {
    const moved = { status: 400, body: { code: 'password_required_for_new_target', field: 'ldap/bindPassword' } };
    expect(await change({ ldap: { url: 'ldaps://evil.example' } })).toMatchObject(moved);
    expect(await change({ ldap: { url: 'ldaps://evil.example', bindPassword: '********' } })).toMatchObject(moved);
    expect(await change({ ldap: { tls: { mode: 'require' } } })).toMatchObject(moved);
    expect((await change({ ldap: { bindPassword: '********' } })).status).toBe(200);
  });

  it.each([
    ['ldap/url', { url: 'http://directory.example' }],
    ['ldap/url', { url: 'ldap://u:p@directory.example' }],
    ['ldap/tls/mode', { url: 'ldaps://localhost', tls: { mode: 'disable' } }],
    ['ldap/tls/ca', { tls: { ca: 'no certificate' } }],
    ['ldap/userFilter', { userFilter: '(uid=ann)' }],
    ['ldap/userFilter', { userFilter: '(&(uid={login})' }],
    ['ldap/userDn', { userDn: 'uid=ann' }],
    ['ldap/userBase', { userBase: null }],
    ['ldap/groups/base', { groups: { from: 'search', base: null } }],
    ['ldap/bindPassword', { bindPassword: null }],
  ])('refuses bad settings, naming %s', async (field, ldap) => {
    expect(await change({ ldap })).toMatchObject({ status: 400, body: { field } });
  });
});

describe('administering services', () => {
  it('takes permission 26 in the tenant, and everything that the service may give', async () => {
    await headgate.api('POST', '/tenants', { name: 'Other', slug: 'other' });
    await headgate.createUser('tina', { tenant: 'other', roles: ['Tenant Administrator'] });
    await headgate.createUser('plain');
    const tina = { as: 'tina' };
    const body = { name: 'theirs', kind: 'ldap', ldap: { url: 'ldaps://directory.example', userBase: 'dc=example' } };
    const denied = { status: 403, body: { code: 'permission_missing' } };
    expect(await headgate.api('POST', '/sign-in-services', body, { as: 'plain' })).toMatchObject(denied);
    expect(await headgate.api('POST', '/sign-in-services', { ...body, tenant: 'system' }, tina)).toMatchObject(denied);
    expect(await headgate.api('POST', '/sign-in-services', { ...body, default: true }, tina)).toMatchObject(denied);
    const root = { ...body, groupRoles: [{ group: 'all', role: 'Administrator' }] };
    expect(await headgate.api('POST', '/sign-in-services', root, tina)).toMatchObject({
      status: 403,
      body: { code: 'permission_exceeds_own' },
    });
    const all = { ...body, roles: ['Administrator'] };
    expect(await headgate.api('POST', '/sign-in-services', all)).toMatchObject({ body: { code: 'role_not_for_all' } });
    expect((await headgate.api('POST', '/sign-in-services', body, tina)).status).toBe(201);
    expect(await headgate.api('POST', '/sign-in-services', { ...body, name: 'THEIRS' })).toMatchObject({
      status: 409,
      body: { code: 'sign_in_service_taken' },
    });
    const listed = await headgate.api('GET', '/sign-in-services', undefined, tina);
    expect(listed.body.items.map((one: { name: string }) => one.name)).toEqual(['Internal', 'theirs']);
    expect((await headgate.api('GET', '/sign-in-services/corp', undefined, tina)).status).toBe(404);
    expect((await headgate.api('PATCH', '/sign-in-services/corp', {}, tina)).status).toBe(404);
    expect(await headgate.api('PATCH', '/sign-in-services/internal', {}, tina)).toMatchObject({ status: 403 });
  });

  it('lets nobody become somebody who may more', async () => {
    const tina = { as: 'tina' };
    const link = (username: string) =>
      headgate.api('POST', '/sign-in-services/theirs/users', { username, exclusive: true }, tina);
    expect(await link('admin')).toMatchObject({ status: 404, body: { code: 'user_not_found' } });
    await headgate.createUser('ruth', { tenant: 'other', roles: ['Administrator'] });
    expect(await link('ruth')).toMatchObject({ status: 403, body: { code: 'permission_exceeds_own' } });
    const linked = await headgate.api('POST', '/sign-in-services/theirs/users', { username: 'ruth' });
    expect(linked.status).toBe(201);
    // Who decides where ruth's password is checked could be ruth.
    const evil = { ldap: { url: 'ldaps://evil.example' } };
    expect(await headgate.api('PATCH', '/sign-in-services/theirs', evil, tina)).toMatchObject({
      status: 403,
      body: { code: 'permission_exceeds_own' },
    });
    const foreign = await headgate.api('POST', '/sign-in-services/theirs/users', { username: 'plain' });
    expect(foreign).toMatchObject({ status: 400, body: { code: 'wrong_tenant' } });
    expect(await headgate.api('DELETE', '/sign-in-services/theirs')).toMatchObject({
      status: 409,
      body: { code: 'sign_in_service_in_use', linkedUsers: 1 },
    });
    expect((await headgate.api('DELETE', '/sign-in-services/theirs?unlink=true')).status).toBe(204);
    expect(Permission.registerAuthService).toBe(26);
  });

  it('uses versions', async () => {
    const { headers, body } = await headgate.api('GET', '/sign-in-services/corp');
    expect(headers.get('etag')).toBe(`"v${body.version}"`);
    const stale = { headers: { 'if-match': '"v1"' } };
    expect(await headgate.api('PATCH', '/sign-in-services/corp', {}, stale)).toMatchObject({ status: 412 });
  });

  it('shows no secret', async () => {
    const whole = JSON.stringify([
      (await headgate.api('GET', '/sign-in-services')).body,
      (await headgate.api('GET', '/audit/export')).text,
      await headgate.app.store.db.selectFrom('sign_in_service').selectAll().execute(),
      headgate.logs(),
    ]);
    expect(whole).not.toContain(servicePassword);
    expect(whole).not.toContain('directory password');
    expect(whole).not.toContain('internal_error');
  });
});

describe('the command line', () => {
  const run = async (argv: string[], stdin?: string) => {
    const env = { HEADGATE_SERVER: headgate.url, HEADGATE_TOKEN: headgate.token('admin') };
    return runCli(argv, { env, ...(stdin === undefined ? {} : { stdin }) });
  };

  it('adds, tests, changes and removes a service', async () => {
    await headgate.signIn('admin', adminPassword);
    const plain = await startLdap(entries);
    try {
      const words = ['--kind', 'ldap', '--url', plain.url, '--tls', 'disable', '--user-base', 'ou=people,dc=example'];
      const more = ['--bind-dn', serviceDn, '--secret-stdin', '--group-role', 'cn=Bosses,ou=groups,dc=example=User'];
      const added = await run(['sign-in-service', 'add', 'plain', ...words, ...more], servicePassword);
      expect(added).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Added plain.') });
      const shown = await run(['sign-in-service', 'show', 'plain']);
      expect(shown.stdout).toMatch(/cn=bosses,ou=groups,dc=example → User/);
      expect(shown.stdout).toMatch(/bindPassword: +\*{8}/);
      expect(shown.stdout).toMatch(/tls\/mode: +disable/);
      const tested = await run(['sign-in-service', 'test', 'plain', '--login', 'bea']);
      expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining('uuid-of-bea') });
      expect(tested.stdout).toContain('in clear');
      const linked = await run(['sign-in-service', 'link', 'plain', 'local', '--login', 'jo']);
      expect(linked.stdout).toBe('local can sign in with plain.\n');
      const users = JSON.parse((await run(['sign-in-service', 'users', 'plain', '--json'])).stdout);
      expect(users.items).toMatchObject([{ username: 'local', login: 'jo' }]);
      const home = await mkdtemp(join(tmpdir(), 'headgate-login-'));
      const login = ['login', '--server', headgate.url, '--service', 'plain', '--username', 'jo', '--password-stdin'];
      expect(await runCli(login, { stdin: secret('jo'), env: { XDG_CONFIG_HOME: home } })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('as local'),
      });
      await rm(home, { recursive: true });
      expect((await run(['sign-in-service', 'unlink', 'plain', users.items[0].id])).code).toBe(0);
      expect((await run(['sign-in-service', 'set', 'plain', '--disable', '--sync-roles'])).code).toBe(0);
      expect((await run(['sign-in-service', 'list'])).stdout).toMatch(/plain\s+ldap\s+system\s+off\s+0/);
      expect((await run(['sign-in-service', 'rm', 'plain'])).code).toBe(0);
    } finally {
      await plain.stop();
    }
  });
});
