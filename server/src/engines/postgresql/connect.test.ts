import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.ts';
import { type PostgresqlServer, startPostgresql } from '../../../test/servers/postgresql.ts';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { stubServer } from '../../../test/servers/stub.ts';
import { collectRows } from '../collect.ts';
import type { ConnectStage, ConnectTarget, TlsMode } from '../engine.ts';
import { postgresqlEngine } from './index.ts';
import { backendMessage, int32, open, openShared, sharedTarget } from './test-support.ts';

const signal = () => AbortSignal.timeout(30_000);
const attempt = (target: ConnectTarget) => postgresqlEngine.connect(target, { signal: signal() });

describe('TLS', () => {
  const authority = makeAuthority();
  const stranger = makeAuthority('A stranger');
  let expired: PostgresqlServer;
  let plain: PostgresqlServer;

  beforeAll(async () => {
    [expired, plain] = await Promise.all([
      startPostgresql({
        tls: { ...authority.issue({ names: ['localhost', '127.0.0.1'], expired: true }), ca: authority.ca },
        hba: ['hostssl all tls_only 127.0.0.1/32 scram-sha-256', 'host all tls_only all reject'],
      }),
      startPostgresql(),
    ]);
  });
  afterAll(() => Promise.all([expired.stop(), plain.stop()]));

  const at = (server: PostgresqlServer, tls: ConnectTarget['tls'], change: Partial<ConnectTarget> = {}) =>
    sharedTarget({ port: server.port, password: server.password, tls, ...change });

  test.each<[TlsMode, boolean]>([
    ['disable', false],
    ['prefer', true],
    ['require', true],
    ['verify-ca', true],
    ['verify-full', true],
  ])('mode %s against a server with a good certificate', async (mode, encrypted) => {
    const { ca } = await sharedPostgresql();
    const stages: ConnectStage[] = [];
    const connection = await postgresqlEngine.connect(await sharedTarget({ tls: { mode, ca: ca ?? undefined } }), {
      signal: signal(),
      onStage: (stage) => stages.push(stage),
    });
    onTestFinished(() => connection.close());
    expect(connection.encrypted).toBe(encrypted);
    expect(stages).toEqual([...(encrypted ? ['tls'] : []), 'login', 'database']);
    const { rows } = await collectRows(connection, {
      sql: 'select ssl, version from pg_stat_ssl where pid = pg_backend_pid()',
    });
    expect(rows[0]?.[0]).toBe(encrypted ? 't' : 'f');
    if (encrypted) expect(rows[0]?.[1]).toMatch(/^TLSv1\.[23]$/);
  });

  test('an IP address as host is verified against the addresses in the certificate', async () => {
    const { ca } = await sharedPostgresql();
    const tls = { mode: 'verify-full', ca: ca ?? undefined } as const;
    expect((await openShared({ host: '127.0.0.1', tls })).encrypted).toBe(true);
    await expect(attempt(await sharedTarget({ host: '127.0.0.2', tls }))).rejects.toMatchObject({
      code: 'tls_name_mismatch',
    });
  });

  test('another name is refused by verify-full only', async () => {
    const { ca } = await sharedPostgresql();
    const target = (mode: TlsMode) => sharedTarget({ host: 'db.example', tls: { mode, ca: ca ?? undefined } });
    await expect(attempt(await target('verify-full'))).rejects.toMatchObject({
      code: 'tls_name_mismatch',
      stage: 'tls',
    });
    expect((await open(await target('verify-ca'))).encrypted).toBe(true);
  });

  test.each<TlsMode>(['verify-ca', 'verify-full'])('%s refuses a certificate of a stranger', async (mode) => {
    const target = await sharedTarget({ tls: { mode, ca: stranger.ca } });
    await expect(attempt(target)).rejects.toMatchObject({ code: 'tls_untrusted', stage: 'tls' });
  });

  test('without an authority of its own the system decides, and does not know ours', async () => {
    await expect(attempt(await sharedTarget({ tls: { mode: 'verify-full' } }))).rejects.toMatchObject({
      code: 'tls_untrusted',
    });
  });

  test('an expired certificate is called expired, and require does not look at it', async () => {
    const verified = await at(expired, { mode: 'verify-full', ca: authority.ca });
    await expect(attempt(verified)).rejects.toMatchObject({ code: 'tls_expired', stage: 'tls' });
    expect((await open(await at(expired, { mode: 'require' }))).encrypted).toBe(true);
  });

  test('a server without TLS: prefer goes on, require does not', async () => {
    expect((await open(await at(plain, { mode: 'prefer' }))).encrypted).toBe(false);
    await expect(attempt(await at(plain, { mode: 'require' }))).rejects.toMatchObject({
      code: 'tls_unsupported',
      stage: 'tls',
    });
  });

  test('a lowest protocol version that the server does not have', async () => {
    const old = createTlsServer({ ...authority.issue({ names: ['localhost'] }), maxVersion: 'TLSv1.2' });
    const port = await stubServer((socket) => {
      socket.once('data', () => {
        socket.write('S');
        old.emit('connection', socket);
      });
    });
    const target = await sharedTarget({ port, tls: { mode: 'require', minVersion: 'TLSv1.3' } });
    await expect(attempt(target)).rejects.toMatchObject({ code: 'tls_failed', stage: 'tls' });
  });

  test('a client certificate that cannot be read does not get into the message', async () => {
    const { ca } = await sharedPostgresql();
    const target = await sharedTarget({ tls: { mode: 'require', ca: ca ?? undefined, cert: 'CANARY', key: 'CANARY' } });
    const error = await attempt(target).catch((e) => e);
    expect(error).toMatchObject({ code: 'tls_failed' });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('CANARY');
  });

  test('a login that may come over TLS only', async () => {
    await expired.execute("create role tls_only login password 'p'");
    const login = { username: 'tls_only', password: 'p' };
    expect((await open(await at(expired, { mode: 'require' }, login))).encrypted).toBe(true);
    await expect(attempt(await at(expired, { mode: 'disable' }, login))).rejects.toMatchObject({ nativeCode: '28000' });
  });

  test('bytes behind the answer to SSLRequest are refused: they came before TLS', async () => {
    const port = await stubServer((socket) =>
      socket.once('data', () => socket.write(`S${backendMessage('R', int32(0))}`)),
    );
    await expect(attempt(await sharedTarget({ port, tls: { mode: 'require' } }))).rejects.toMatchObject({
      code: 'protocol_error',
    });
  });

  test('SCRAM is bound to the TLS connection where the server offers it', async () => {
    const offered: string[] = [];
    const context = authority.issue({ names: ['localhost'] });
    const port = await stubServer((socket) => {
      socket.once('data', () => {
        socket.write('S');
        const secure = new TLSSocket(socket, { isServer: true, ...context });
        secure.on('error', () => {});
        secure.once('data', () => {
          secure.write(
            backendMessage('R', Buffer.concat([int32(10), Buffer.from('SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0')])),
          );
          secure.once('data', (answer: Buffer) => {
            offered.push(answer.toString('latin1'));
            secure.end();
          });
        });
      });
    });
    await expect(attempt(await sharedTarget({ port, tls: { mode: 'require' } }))).rejects.toMatchObject({
      stage: 'login',
    });
    expect(offered[0]).toContain('SCRAM-SHA-256-PLUS\0');
    expect(offered[0]).toContain('p=tls-server-end-point,,');
  });
});

describe('sign-in', () => {
  let server: PostgresqlServer;
  beforeAll(async () => {
    const authority = makeAuthority();
    server = await startPostgresql({
      tls: authority.issue({ names: ['localhost'] }),
      hba: [
        'host all md5_user 127.0.0.1/32 md5',
        'host all clear_user 127.0.0.1/32 password',
        'host all trusted 127.0.0.1/32 trust',
        'host all refused 127.0.0.1/32 reject',
      ],
      settings: { max_connections: 12, superuser_reserved_connections: 3, reserved_connections: 0 },
    });
    await server.execute(`
      create role md5_user login; set password_encryption = 'md5'; alter role md5_user password 'md5 pass'; reset password_encryption;
      create role clear_user login password 'clear'; create role trusted login; create role refused login;
      create role no_login password 'p'; create role unicode login password 'Pässwörd ①\u00a0ﬁ';
      create role emoji login password 'p😀ﬁ'; create role outsider login password 'o'; create role crowd login password 'c';`);
    await server.createDatabase('closed');
    await server.execute('revoke connect on database closed from public');
  });
  afterAll(() => server.stop());

  const as = (username: string, password: string, change: Partial<ConnectTarget> = {}) =>
    sharedTarget({ port: server.port, username, password, ...change });

  test.each([
    ['postgres', () => server.password],
    ['md5_user', () => 'md5 pass'],
    ['trusted', () => ''],
    ['unicode', () => 'Pässwörd ①\u00a0ﬁ'],
    ['unicode', () => 'Pässwörd 1 fi'], // the same after SASLprep
    ['emoji', () => 'p😀ﬁ'], // unassigned in Unicode 3.2: used as it is
  ])('%s gets in', async (username, password) => {
    const connection = await open(await as(username, password()));
    expect((await collectRows(connection, { sql: 'select current_user' })).rows).toEqual([[username]]);
  });

  test('a password in clear text goes over TLS only', async () => {
    await open(await as('clear_user', 'clear', { tls: { mode: 'require' } }));
    await expect(attempt(await as('clear_user', 'clear'))).rejects.toMatchObject({ code: 'auth_unsupported' });
  });

  test.each([
    ['a wrong password', 'postgres', 'CANARY', {}, { code: 'login_failed', stage: 'login', nativeCode: '28P01' }],
    ['an unknown user', 'nobody_here', 'CANARY', {}, { code: 'login_failed', stage: 'login' }],
    ['a role without LOGIN', 'no_login', 'p', {}, { code: 'login_not_allowed', stage: 'login' }],
    ['a user that pg_hba.conf refuses', 'refused', 'CANARY', {}, { code: 'login_not_allowed', stage: 'login' }],
    [
      'an unknown database',
      'outsider',
      'o',
      { database: 'nowhere' },
      { code: 'database_not_found', stage: 'database' },
    ],
    [
      'a database without CONNECT',
      'outsider',
      'o',
      { database: 'closed' },
      { code: 'database_denied', stage: 'database' },
    ],
    ['a NUL in the name', 'a\0b', 'CANARY', {}, { code: 'parameter_invalid' }],
  ])('%s is refused', async (_, username, password, change, expected) => {
    const error = await attempt(await as(username, password, change)).catch((e) => e);
    expect(error).toMatchObject({ ...expected, fatal: true });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('CANARY');
  });

  test('a full server says so', async () => {
    const target = await as('crowd', 'c');
    const crowd = await Promise.allSettled(Array.from({ length: 12 }, () => attempt(target)));
    await Promise.all(crowd.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    const refused = crowd.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(new Set(refused)).toEqual(new Set(['too_many_connections']));
  });
});

describe('a server that is none', () => {
  test('nothing listens', async () => {
    const port = await stubServer(() => {});
    const target = await sharedTarget({ port: port === 1 ? 2 : 1 });
    await expect(attempt(target)).rejects.toMatchObject({
      code: 'unreachable',
      stage: 'address',
      nativeCode: 'ECONNREFUSED',
    });
  });

  test('the next address is tried when one does not answer', async () => {
    const connection = await openShared({ addresses: ['127.0.0.99', '127.0.0.1'] });
    expect((await collectRows(connection, { sql: 'select 1' })).rows).toEqual([['1']]);
  });

  test('no address at all', async () => {
    await expect(attempt(await sharedTarget({ addresses: [] }))).rejects.toMatchObject({ code: 'unreachable' });
  });

  test.each(['disable', 'require'] as const)('a silent one runs into the deadline (%s)', async (mode) => {
    const port = await stubServer(() => {});
    const target = await sharedTarget({ port, tls: { mode } });
    const attempted = postgresqlEngine.connect(target, { signal: AbortSignal.timeout(100) });
    await expect(attempted).rejects.toMatchObject({ code: 'connect_timeout', fatal: true });
  });

  test('an abort ends the attempt', async () => {
    const controller = new AbortController();
    const port = await stubServer(() => controller.abort());
    const attempted = postgresqlEngine.connect(await sharedTarget({ port }), { signal: controller.signal });
    await expect(attempted).rejects.toMatchObject({ code: 'cancelled' });
  });

  test.each([
    ['HTTP', (): Buffer => Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
    ['a message of impossible length', () => Buffer.from([0x52, 0, 0, 0, 1])],
    ['an endless message', () => Buffer.from([0x52, 0x7f, 0xff, 0xff, 0xff])],
    ['a malformed request', () => backendMessage('R', Buffer.from([0]))],
    ['readiness before sign-in', () => backendMessage('Z', 'I')],
    ['a SCRAM answer out of order', () => backendMessage('R', Buffer.concat([int32(11), Buffer.from('r=x')]))],
    ['too much chatter', () => Buffer.concat(Array.from({ length: 1100 }, () => backendMessage('N', 'x\0')))],
    ['rows', () => backendMessage('D', Buffer.from([0, 0]))],
  ])('%s is no PostgreSQL', async (_, answer) => {
    const port = await stubServer((socket) => socket.once('data', () => socket.write(answer())));
    await expect(attempt(await sharedTarget({ port }))).rejects.toMatchObject({ code: 'protocol_error', fatal: true });
  });

  test('one that hangs up', async () => {
    const port = await stubServer((socket) => socket.once('data', () => socket.end()));
    await expect(attempt(await sharedTarget({ port }))).rejects.toMatchObject({ code: 'unreachable', stage: 'login' });
  });

  test.each([
    ['no proof', (): Buffer => backendMessage('R', int32(0))],
    ['a wrong proof', () => backendMessage('R', Buffer.concat([int32(12), Buffer.from(`v=${'A'.repeat(43)}=`)]))],
  ])('an impostor with %s that it knows the password', async (_, last) => {
    const port = await stubServer((socket) => {
      socket.once('data', () => {
        socket.write(backendMessage('R', Buffer.concat([int32(10), Buffer.from('SCRAM-SHA-256\0\0')])));
        socket.once('data', (first: Buffer) => {
          const nonce = /r=([^,]+)$/.exec(first.toString('latin1'))?.[1] ?? '';
          socket.write(
            backendMessage('R', Buffer.concat([int32(11), Buffer.from(`r=${nonce}server,s=c2FsdA==,i=4096`)])),
          );
          socket.once('data', () =>
            socket.write(Buffer.concat([last(), backendMessage('R', int32(0)), backendMessage('Z', 'I')])),
          );
        });
      });
    });
    await expect(attempt(await sharedTarget({ port }))).rejects.toMatchObject({ stage: 'login', fatal: true });
  });

  test.each([
    ['too many iterations', 'i=999999999', 'auth_unsupported'],
    ['no iterations', 'i=0', 'protocol_error'],
    ['a nonce that is not ours', 'i=4096', 'protocol_error'],
  ])('a SCRAM challenge with %s', async (what, count, code) => {
    const port = await stubServer((socket) => {
      socket.once('data', () => {
        socket.write(backendMessage('R', Buffer.concat([int32(10), Buffer.from('SCRAM-SHA-256\0\0')])));
        socket.once('data', (first: Buffer) => {
          const nonce =
            what === 'a nonce that is not ours' ? 'other' : /r=([^,]+)$/.exec(first.toString('latin1'))?.[1];
          socket.write(
            backendMessage('R', Buffer.concat([int32(11), Buffer.from(`r=${nonce}server,s=c2FsdA==,${count}`)])),
          );
        });
      });
    });
    await expect(attempt(await sharedTarget({ port }))).rejects.toMatchObject({ code });
  });
});
