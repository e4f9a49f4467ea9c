import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.ts';
import { type MongodbStandIn, type StandInOptions, startMongodbStandIn } from '../../../test/servers/mongodb.ts';
import { stubServer } from '../../../test/servers/stub.ts';
import type { ConnectStage, ConnectTarget } from '../engine.ts';
import { mongodbEngine } from './index.ts';
import { reportOf } from './privileges.ts';
import { openConnection } from './query.ts';
import { ada, connected, targetOf } from './testkit.ts';

const authority = makeAuthority();
const named = authority.issue({ names: ['localhost'] });
let plain: MongodbStandIn;
let secure: MongodbStandIn;

beforeAll(async () => {
  [plain, secure] = await Promise.all([
    startMongodbStandIn({ users: [ada, { username: 'reader', password: 'reader-password', role: 'read' }] }),
    startMongodbStandIn({ users: [ada], tls: named }),
  ]);
});
afterAll(() => Promise.all([plain.stop(), secure.stop()]));

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function standIn(options: StandInOptions): Promise<MongodbStandIn> {
  const server = await startMongodbStandIn(options);
  started.push(server);
  return server;
}

/** Something that listens and is no MongoDB. */
const listener = (onData: (write: (text: string) => void) => void): Promise<number> =>
  stubServer((socket) => socket.on('data', () => onData((text) => socket.write(text))));

async function failure(target: ConnectTarget): Promise<{ code: string; stage: string | undefined; text: string }> {
  try {
    await connected(target);
  } catch (error) {
    const { code, stage, message, hint } = error as { code: string; stage?: string; message: string; hint?: string };
    return { code, stage, text: `${message} ${hint ?? ''}` };
  }
  throw new Error('It connected.');
}

describe('signing in', () => {
  test('tells its stages, the session and the version', async () => {
    const stages: ConnectStage[] = [];
    const target = targetOf(secure, { tls: { mode: 'verify-full', ca: authority.ca } });
    const connection = await openConnection(target, {
      signal: AbortSignal.timeout(30_000),
      onStage: (stage) => stages.push(stage),
    });
    expect(stages).toEqual(['tls', 'login']);
    expect(connection).toMatchObject({ encrypted: true, usable: true, serverVersion: '8.0.0' });
    expect(connection.sessionId).toMatch(/^\d+$/);
    await connection.close();
    expect(connection.usable).toBe(false);
  });

  test.each([
    ['a wrong password', { password: 'canary-wrong' }],
    ['an unknown user', { username: 'nobody' }],
  ])('%s is login_failed, and the password is not repeated', async (_, changes) => {
    const { code, stage, text } = await failure(targetOf(plain, changes));
    expect({ code, stage }).toEqual({ code: 'login_failed', stage: 'login' });
    expect(text).not.toContain('canary');
  });

  test('a method that the server does not have', async () => {
    const target = targetOf(plain, { options: { authMechanism: 'SCRAM-SHA-1' } });
    expect(await failure(target)).toMatchObject({ code: 'auth_unsupported', stage: 'login' });
  });

  test('PLAIN is never sent without TLS', async () => {
    const target = targetOf(plain, { options: { authMechanism: 'PLAIN' } });
    const before = plain.connections();
    expect(await failure(target)).toMatchObject({ code: 'auth_unsupported', stage: 'login' });
    expect(plain.connections()).toBe(before);
  });

  test('without a user on a server without access control', async () => {
    const open = await standIn({});
    const connection = await connected(targetOf(open, { username: '', password: '' }));
    expect(await mongodbEngine.privileges(connection)).toMatchObject({ canWrite: true, dangerous: [/no sign-in/] });
  });
});

describe('TLS', () => {
  const verified = { mode: 'verify-full', ca: authority.ca } as const;
  const on = (changes: Partial<ConnectTarget>) => failure(targetOf(secure, changes));

  test.each([
    ['require', { mode: 'require' }],
    ['prefer', { mode: 'prefer' }],
    ['verify-ca', { mode: 'verify-ca', ca: authority.ca }],
    ['verify-full', verified],
  ] as const)('%s is encrypted', async (_, tls) => {
    expect((await connected(targetOf(secure, { tls }))).encrypted).toBe(true);
  });

  test('prefer goes without where the server has none', async () => {
    expect((await connected(targetOf(plain, { tls: { mode: 'prefer' } }))).encrypted).toBe(false);
  });

  test('prefer does not hide a wrong password', async () => {
    const target = targetOf(plain, { tls: { mode: 'prefer' }, password: 'wrong' });
    expect(await failure(target)).toMatchObject({ code: 'login_failed' });
  });

  test('the configured name is verified, not the address', async () => {
    expect(await on({ host: 'other.example.com', tls: verified })).toMatchObject({
      code: 'tls_name_mismatch',
      stage: 'tls',
      text: expect.stringContaining('other.example.com'),
    });
    const ca = { mode: 'verify-ca', ca: authority.ca } as const;
    expect((await connected(targetOf(secure, { host: 'other.example.com', tls: ca }))).encrypted).toBe(true);
  });

  test('an unknown authority, an expired certificate', async () => {
    expect(await on({ tls: { mode: 'verify-full' } })).toMatchObject({ code: 'tls_untrusted', stage: 'tls' });
    const other = { mode: 'verify-ca', ca: makeAuthority().ca } as const;
    expect(await on({ tls: other })).toMatchObject({ code: 'tls_untrusted', stage: 'tls' });
    const expired = await standIn({ users: [ada], tls: authority.issue({ names: ['localhost'], expired: true }) });
    expect(await failure(targetOf(expired, { tls: verified }))).toMatchObject({ code: 'tls_expired', stage: 'tls' });
  });

  test('a server that demands it, and one that has none', async () => {
    expect(await on({ tls: { mode: 'disable' } })).toMatchObject({ code: 'tls_required', stage: 'tls' });
    expect(await failure(targetOf(plain, { tls: { mode: 'require' } }))).toMatchObject({
      code: 'tls_unsupported',
      stage: 'tls',
    });
  });

  test('client certificates', async () => {
    const strict = await standIn({ users: [ada], tls: { ...named, ca: authority.ca } });
    const client = authority.issue({ names: ['ada'] });
    expect((await connected(targetOf(strict, { tls: { ...verified, ...client } }))).encrypted).toBe(true);
    expect(await failure(targetOf(strict, { tls: verified }))).toMatchObject({ code: 'tls_failed', stage: 'tls' });
    const broken = { ...verified, cert: 'x', key: 'canary-key' };
    const { code, text } = await failure(targetOf(strict, { tls: broken }));
    expect(code).toBe('tls_failed');
    expect(text).not.toContain('canary');
  });
});

describe('addresses', () => {
  test('only the given ones are connected to, whatever the server says of its replica set', async () => {
    // The stand-in calls itself and all members of its set `elsewhere.invalid`.
    const connection = await connected(targetOf(plain, { host: 'name.invalid' }));
    expect(await connection.command({ ping: 1 })).toMatchObject({ ok: 1 });
    // The same server without our options: the driver follows the list, and gets lost.
    const followed = new MongoClient(`mongodb://127.0.0.1:${plain.port}/?replicaSet=rs0`, {
      serverSelectionTimeoutMS: 200,
    });
    await expect(followed.connect()).rejects.toThrow();
    await followed.close();
  });

  test('are tried in order', async () => {
    const target = targetOf(plain, { addresses: ['127.0.0.2', '127.0.0.1'] });
    expect((await connected(target)).usable).toBe(true);
  });

  test('that nobody listens at are unreachable', async () => {
    const closed = await standIn({});
    const { port } = closed;
    await closed.stop();
    started.length = 0;
    for (const mode of ['disable', 'prefer', 'require'] as const) {
      expect(await failure({ ...targetOf(plain, { tls: { mode } }), port })).toMatchObject({
        code: 'unreachable',
        stage: 'address',
      });
    }
  });

  test('where something else answers', async () => {
    const port = await listener((write) => write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await failure({ ...targetOf(plain), port })).toMatchObject({ code: 'protocol_error' });
  });

  test('where somebody listens and says nothing: the attempt ends with its signal', async () => {
    const abort = new AbortController();
    const port = await listener(() => abort.abort(new Error('enough')));
    const opening = openConnection({ ...targetOf(plain), port }, { signal: abort.signal });
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('privileges', () => {
  test('of a login that may read, and of one that may write', async () => {
    const reader = await connected(targetOf(plain, { username: 'reader', password: 'reader-password' }));
    expect(await mongodbEngine.privileges(reader)).toEqual({ canWrite: false, dangerous: [] });
    const writer = await connected(targetOf(plain));
    expect(await mongodbEngine.privileges(writer)).toEqual({ canWrite: true, dangerous: [] });
  });

  test.each([
    [{ resource: { db: 'shop', collection: 'orders' }, actions: ['find', 'insert'] }, true, []],
    [{ resource: { db: 'other', collection: '' }, actions: ['insert'] }, false, []],
    [{ resource: { db: 'shop', collection: 'system.js' }, actions: ['insert'] }, false, []],
    [{ resource: { cluster: true }, actions: ['shutdown', 'killop', 'serverStatus'] }, false, ['killop', 'shutdown']],
    [{ resource: { anyResource: true }, actions: ['anyAction'] }, true, ['anyAction']],
  ])('%j', (privilege, canWrite, dangerous) => {
    const authInfo = { authenticatedUsers: [{ user: 'x', db: 'admin' }], authenticatedUserPrivileges: [privilege] };
    expect(reportOf(authInfo, 'shop')).toEqual({ canWrite, dangerous });
  });
});
