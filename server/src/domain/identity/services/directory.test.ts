import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { FilterParser } from 'ldapts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../../test/servers/certificates.ts';
import {
  type DirectoryEntry,
  type LdapServer,
  serviceDn,
  servicePassword,
  startLdap,
} from '../../../../test/servers/ldap.ts';
import { Directory, type DirectoryError } from './directory.ts';
import { escapeDnValue, fillBindName, fillFilter, firstValue, foldDn, isBelow } from './ldap-text.ts';
import type { LdapInput, LdapSettings } from './model.ts';
import { checkLdap } from './settings.ts';

const policy = { allowPrivate: true, allowLoopback: true, forbidden: [] };
const people: readonly DirectoryEntry[] = [
  {
    dn: 'uid=ann,ou=people,dc=example',
    password: 'anns password',
    attributes: {
      objectClass: 'person',
      uid: 'ann',
      givenName: 'Ann',
      sn: 'Lee',
      mail: 'ann@example.com',
      entryUUID: '11111111-aaaa',
      memberOf: ['cn=Data Team,ou=groups,dc=example', 'cn=outside,dc=elsewhere'],
    },
  },
  {
    dn: 'uid=bob,ou=people,dc=example',
    password: 'bobs password',
    attributes: { objectClass: 'person', uid: 'bob', entryUUID: '22222222-bbbb' },
  },
  {
    dn: 'cn=Data Team,ou=groups,dc=example',
    attributes: {
      objectClass: 'groupOfNames',
      cn: 'Data Team',
      member: 'uid=ann,ou=people,dc=example',
      memberOf: 'cn=Staff,ou=groups,dc=example',
    },
  },
  {
    dn: 'cn=Staff,ou=groups,dc=example',
    attributes: {
      objectClass: 'groupOfNames',
      cn: 'Staff',
      member: 'cn=Data Team,ou=groups,dc=example',
      memberOf: 'cn=Data Team,ou=groups,dc=example',
    },
  },
];

function settingsOf(url: string, more: LdapInput = {}): LdapSettings {
  return checkLdap({
    url,
    tls: { mode: 'disable' },
    bindDn: serviceDn,
    bindPassword: servicePassword,
    userBase: 'ou=people,dc=example',
    ...more,
  }).settings;
}

const failure = (promise: Promise<unknown>): Promise<DirectoryError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: DirectoryError) => error,
  );

describe('a directory', () => {
  let server: LdapServer;
  beforeEach(async () => {
    server = await startLdap(people);
  });
  afterEach(() => server?.stop());
  const directory = (more: LdapInput = {}, password = servicePassword) =>
    new Directory(settingsOf(server.url, more), password, policy);

  it('tells who somebody is', async () => {
    const answer = await directory({ groups: { from: 'memberOf' } }).check('ANN', 'anns password');
    expect(answer).toMatchObject({
      kind: 'person',
      person: {
        subject: '11111111-aaaa',
        login: 'ann',
        firstName: 'Ann',
        lastName: 'Lee',
        email: 'ann@example.com',
      },
    });
    if (answer.kind !== 'person') return;
    expect(answer.person.groups).toContain('data team');
    expect(answer.person.groups).toContain('cn=data team,ou=groups,dc=example');
    expect(answer.person.groups).toContain('outside');
    expect(answer.person.groups).not.toContain('staff');
  });

  it.each(['memberOf', 'search'] as const)('finds groups of groups by %s, within their base', async (from) => {
    const groups = { from, base: 'ou=groups,dc=example', nested: true };
    const answer = await directory({ groups }).check('ann', 'anns password');
    if (answer.kind !== 'person') throw new Error(answer.kind);
    expect([...answer.person.groups].sort()).toEqual([
      'cn=data team,ou=groups,dc=example',
      'cn=staff,ou=groups,dc=example',
      'data team',
      'staff',
    ]);
  });

  it('does the same for nobody as for a wrong password', async () => {
    expect(await directory().check('bob', 'wrong')).toEqual({ kind: 'wrong', subject: '22222222-bbbb' });
    const [searches, binds] = [server.searches.length, server.binds.length];
    expect(await directory().check('nobody', 'bobs password')).toEqual({ kind: 'wrong', subject: null });
    expect([server.searches.length, server.binds.length]).toEqual([searches * 2, binds * 2]);
    expect(server.binds.map((one) => one.password)).not.toContain('bobs password');
  });

  it('never binds without a password', async () => {
    expect(await directory().check('ann', '')).toEqual({ kind: 'wrong', subject: null });
    const direct = directory({ bindDn: null, bindPassword: null, userDn: 'uid={login},ou=people,dc=example' });
    expect(await direct.check('ann', '')).toEqual({ kind: 'wrong', subject: null });
    expect(server.binds).toEqual([]);
  });

  it('binds as the person at once by a template', async () => {
    const input = { bindDn: null, bindPassword: null, userBase: null, userDn: 'uid={login},ou=people,dc=example' };
    const direct = new Directory(settingsOf(server.url, input), null, policy);
    expect(await direct.check('ann', 'wrong')).toEqual({ kind: 'wrong', subject: null });
    expect(await direct.check('ann', 'anns password')).toMatchObject({ person: { subject: '11111111-aaaa' } });
    expect(await direct.check('ann,ou=people', 'anns password')).toEqual({ kind: 'wrong', subject: null });
  });

  it('does not try a password that its guard holds back', async () => {
    const until = new Date();
    const asked: (string | null)[] = [];
    const answer = await directory().check('ann', 'anns password', async (subject) => {
      asked.push(subject);
      return until;
    });
    expect(answer).toEqual({ kind: 'locked', until });
    expect(asked).toEqual(['11111111-aaaa']);
    expect(server.binds.map((one) => one.password)).not.toContain('anns password');
  });

  it('lets no login change the search (property)', async () => {
    const odd = ['*', 'ann)(uid=*', '*)(objectClass=*', 'a\\2a', '(&', 'ann\\', '{dn}', '{login}', '$&'];
    for (const login of odd) {
      expect([login, await directory().check(login, 'anns password')]).toMatchObject([login, { kind: 'wrong' }]);
    }
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
        (login) => {
          const filter = fillFilter('(&(objectClass=person)(|(uid={login})(mail={login})))', { login });
          const { filters } = JSON.parse(JSON.stringify(filter));
          return filters.length === 2 && filters[1].filters.every((one: { value: string }) => one.value === login);
        },
      ),
    );
  });

  it('says what is wrong with the settings', async () => {
    const refused = await failure(directory({}, 'not it').check('ann', 'anns password'));
    expect(refused).toMatchObject({ code: 'login_failed', field: 'bindPassword' });
    const none = await failure(directory({ attributes: { subject: 'employeeId' } }).check('ann', 'anns password'));
    expect(none).toMatchObject({ code: 'attribute_missing', field: 'attributes/subject' });
    const base = await failure(directory({ userBase: 'ou=nowhere,dc=example' }).explore(null, () => {}));
    expect(base).toMatchObject({ code: 'search_failed', field: 'userBase' });
  });

  it('says that it is down, silent, or not allowed', async () => {
    server.silent = true;
    expect(await failure(directory({ timeoutMs: 150 }).check('ann', 'x'))).toMatchObject({ code: 'connect_timeout' });
    server.silent = false;
    const closed = new Directory(settingsOf(server.url), servicePassword, { ...policy, allowLoopback: false });
    expect(await failure(closed.check('ann', 'x'))).toMatchObject({ code: 'address_refused', field: 'url' });
    const down = directory();
    await server.stop();
    expect(await failure(down.check('ann', 'x'))).toMatchObject({ code: 'unreachable', field: 'url' });
    server = await startLdap(people);
  });

  it('takes more than one entry for nobody', async () => {
    server.entries.push({ ...people[0]!, dn: 'uid=ann,ou=more,ou=people,dc=example' });
    expect(await directory().check('ann', 'anns password')).toMatchObject({ kind: 'wrong' });
  });
});

describe.each(['ldaps', 'starttls'] as const)('TLS by %s', (tls) => {
  const authority = makeAuthority();
  let server: LdapServer;
  beforeAll(async () => {
    server = await startLdap(people, { tls, certificate: authority.issue({ names: ['localhost'] }) });
  });
  afterAll(() => server?.stop());
  const check = (host: string, tlsInput: LdapInput['tls']) =>
    new Directory(
      settingsOf(server.url.replace('127.0.0.1', host), { tls: tlsInput, userBase: 'ou=people,dc=example' }),
      servicePassword,
      policy,
    ).check('ann', 'anns password');

  it('is verified unless somebody says otherwise', async () => {
    expect(await check('localhost', { ca: authority.ca })).toMatchObject({ kind: 'person' });
    expect(await failure(check('localhost', {}))).toMatchObject({
      code: 'tls_untrusted',
      stage: 'tls',
      field: 'tls/ca',
    });
    expect(await failure(check('127.0.0.1', { ca: authority.ca }))).toMatchObject({ code: 'tls_name_mismatch' });
    expect(await check('127.0.0.1', { mode: 'verify-ca', ca: authority.ca })).toMatchObject({ kind: 'person' });
    expect(await failure(check('127.0.0.1', { mode: 'verify-ca' }))).toMatchObject({ code: 'tls_untrusted' });
    expect(await check('127.0.0.1', { mode: 'require' })).toMatchObject({ kind: 'person' });
    expect(server.binds.filter((one) => one.password === 'anns password')).toHaveLength(3);
  });
});

describe('STARTTLS', () => {
  const success = (id = 1) => [0x30, 0x0c, 0x02, 0x01, id, 0x78, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00];
  const refused = success().with(9, 0x35);
  // The beginning of a good answer to a later bind, to be completed by what comes under TLS.
  const injected = [...success(), 0x30, 0x50, 0x02, 0x01, 0x02, 0x61, 0x4b, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x44];
  it.each([
    ['a refusal', refused, 'tls_unsupported'],
    ['more than one answer', injected, 'tls_failed'],
    ['an answer to something else', success(2), 'tls_failed'],
    ['no LDAP', [...Buffer.from('HTTP/1.1 400 Bad Request')], 'tls_failed'],
    ['an endless answer', [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], 'tls_failed'],
    ['nothing', [], 'connect_timeout'],
  ])('takes %s for a failure', async (_what, answer, code) => {
    const heard: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(Buffer.from(answer)));
      socket.on('data', (chunk) => heard.push(chunk));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // it listens on a port
    const input = { tls: { mode: 'require' }, timeoutMs: 300 } as const;
    const directory = new Directory(settingsOf(`ldap://127.0.0.1:${port}`, input), servicePassword, policy);
    expect(await failure(directory.check('ann', 'anns password'))).toMatchObject({ code });
    // The request itself, and not a word more.
    expect(Buffer.concat(heard).length).toBe(31);
    server.close();
  });
});

describe('texts of LDAP', () => {
  it('escape what means something in a name', () => {
    expect(escapeDnValue(' a,b+c"d\\e<f>g;h=i# ')).toBe('\\ a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h\\=i\\#\\ ');
    expect(escapeDnValue('\u0000\u000a')).toBe('\\00\\0a');
    expect(fillBindName('{login}@corp.example', 'a=b')).toBe('a=b@corp.example');
    fc.assert(
      fc.property(fc.string(), (login) => {
        const name = fillBindName('uid={login},dc=example', login);
        return name.replace(/\\(?:[0-9a-f]{2}|.)/gs, '').match(/[,=]/g)?.length === 3;
      }),
    );
  });

  it('compare names', () => {
    expect(foldDn('CN = Data Team , OU=Groups')).toBe('cn=data team,ou=groups');
    expect(firstValue('cn=Data\\, Team,ou=groups')).toBe('Data, Team');
    expect(isBelow('cn=a,ou=Groups,dc=x', 'OU=groups, dc=x')).toBe(true);
    expect(isBelow('cn=a,ou=notgroups,dc=x', 'groups,dc=x')).toBe(false);
    expect(FilterParser.parseString('(uid={login})').toString()).toContain('{login}');
  });
});
