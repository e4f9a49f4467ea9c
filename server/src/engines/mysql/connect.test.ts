/** Sign-in: passwords, TLS, addresses, databases, and what each failure is called. */

import { beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.ts';
import { type MariadbAccess, type MariadbServer, startMariadb } from '../../../test/servers/mariadb.ts';
import { sharedMariadb } from '../../../test/servers/shared.ts';
import { stubServer } from '../../../test/servers/stub.ts';
import { collectRows } from '../collect.ts';
import { type ConnectStage, type ConnectTarget, EngineError, type TlsSettings } from '../engine.ts';
import { openConnection } from './connection.ts';
import { mysqlEngine } from './index.ts';
import { connected, targetOf } from './testkit.ts';

let server: MariadbAccess & { ca: string | null };
let database: string;

/** One without TLS, with a sign-in method that is not there by default. */
let without: MariadbServer;

beforeAll(async () => {
  server = await sharedMariadb();
  database = await server.createDatabase();
  without = await startMariadb({ settings: { 'skip-ssl': 1, 'plugin-load-add': 'auth_ed25519' } });
  return () => without.stop();
});

/** Tries to connect, and tells the stages that succeeded and the error. */
async function attempt(target: ConnectTarget, signal = AbortSignal.timeout(30_000)) {
  const stages: ConnectStage[] = [];
  try {
    const connection = await openConnection(target, { signal, onStage: (stage) => stages.push(stage) });
    await connection.close();
    return { stages, error: undefined };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { stages, error };
  }
}

/** A server that sends these bytes to whoever connects. */
const listening = (greeting: Buffer): Promise<number> => stubServer((socket) => socket.write(greeting));

describe('sign-in', () => {
  test('reports each stage in order', async () => {
    expect(await attempt(targetOf(server, database))).toEqual({
      stages: ['tls', 'login', 'database'],
      error: undefined,
    });
  });

  test('works without a database', async () => {
    const connection = await connected(targetOf(server, ''));
    expect((await collectRows(connection, { sql: 'SELECT DATABASE()' })).rows).toEqual([[null]]);
  });

  test('shows the application and its session in the server’s list', async () => {
    const connection = await connected(targetOf(server, database));
    const list = await server.execute('SELECT id FROM information_schema.processlist;');
    expect(list.split('\n')).toContain(connection.sessionId);
    expect(connection.serverVersion).toMatch(/^1\d\.\d+\.\d+-MariaDB/);
    expect(connection.encrypted).toBe(false);
  });

  test.each([
    ['a wrong password', { password: 'canary-secret' }, 'login_failed', 'login', '1045', ['tls']],
    ['an unknown user', { username: 'nobody_here' }, 'login_failed', 'login', '1045', ['tls']],
    ['an unknown database', { database: 'not_there' }, 'database_not_found', 'database', '1049', ['tls', 'login']],
    ['a closed port', { port: 1 }, 'unreachable', 'address', 'ECONNREFUSED', []],
    ['no address', { addresses: [] }, 'unreachable', 'address', undefined, []],
  ] as const)('%s', async (_name, changes, code, stage, nativeCode, stages) => {
    const { error, stages: seen } = await attempt(targetOf(server, database, changes));
    expect(error).toMatchObject({ code, stage, nativeCode, fatal: true });
    expect(seen).toEqual(stages);
    expect(String(error)).not.toContain('canary-secret');
  });

  test('a database that the login may not use', async () => {
    await server.execute(`CREATE USER '${database}'@'127.0.0.1' IDENTIFIED BY 'x';`);
    const { error } = await attempt(targetOf(server, database, { username: database, password: 'x' }));
    expect(error).toMatchObject({ code: 'database_denied', stage: 'database', nativeCode: '1044' });
  });

  test('a login without a password', async () => {
    await server.execute(`CREATE USER 'open_${database}'@'127.0.0.1';`);
    const target = targetOf(server, '', { username: `open_${database}`, password: '' });
    expect((await attempt(target)).error).toBeUndefined();
  });

  test('takes the next address when one does not answer', async () => {
    expect(
      (await attempt(targetOf(server, database, { addresses: ['127.0.0.2', '127.0.0.1'] }))).error,
    ).toBeUndefined();
  });

  test('an ed25519 login, whose method only MariaDB has', async () => {
    await without.execute(`CREATE USER ed@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('päss');`);
    const target = targetOf(without, '', { username: 'ed', password: 'päss' });
    expect((await attempt(target)).error).toBeUndefined();
    expect((await attempt({ ...target, password: 'pass' })).error).toMatchObject({ code: 'login_failed' });
  });
});

describe('giving up', () => {
  test('a server that says nothing runs into the deadline', async () => {
    const port = await listening(Buffer.alloc(0));
    const { error } = await attempt(targetOf(server, '', { port }), AbortSignal.timeout(200));
    expect(error).toMatchObject({ code: 'connect_timeout', stage: 'tls', fatal: true });
  });

  test('an abort is no timeout', async () => {
    const port = await listening(Buffer.alloc(0));
    const controller = new AbortController();
    const result = attempt(targetOf(server, '', { port }), controller.signal);
    setTimeout(() => controller.abort(), 20);
    expect((await result).error).toMatchObject({ code: 'cancelled' });
  });

  test('an aborted signal connects nowhere', async () => {
    expect((await attempt(targetOf(server, ''), AbortSignal.abort())).error).toMatchObject({ code: 'cancelled' });
  });

  test.each([
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'connect_timeout'],
    ['an old handshake', Buffer.from([5, 0, 0, 0, 9, 53, 46, 48, 0]), 'protocol_error'],
    ['a broken handshake', Buffer.from([2, 0, 0, 0, 10, 53]), 'protocol_error'],
    [
      'too many connections',
      Buffer.from('\x17\0\0\0\xff\x10\x04#08004Too many conns', 'latin1'),
      'too_many_connections',
    ],
  ])('%s', async (_name, greeting, code) => {
    const port = await listening(greeting);
    const { error } = await attempt(targetOf(server, '', { port }), AbortSignal.timeout(500));
    expect(error).toMatchObject({ code, fatal: true });
  });
});

describe('TLS', () => {
  const authority = makeAuthority();
  let expired: MariadbServer;

  beforeAll(async () => {
    expired = await startMariadb({ tls: authority.issue({ names: ['localhost'], expired: true }) });
    return () => expired.stop();
  });

  const encrypted = async (target: ConnectTarget) => {
    const connection = await connected(target);
    const { rows } = await collectRows(connection, { sql: "SHOW SESSION STATUS LIKE 'Ssl_version'" });
    return { encrypted: connection.encrypted, version: rows[0]?.[1] };
  };

  test.each([
    ['disable', 'localhost', false],
    ['prefer', 'localhost', true],
    ['require', 'elsewhere.example', true],
    ['verify-ca', 'elsewhere.example', true],
    ['verify-full', 'localhost', true],
    ['verify-full', '127.0.0.1', true],
  ] as const)('%s to %s', async (mode, host, expected) => {
    const tls: TlsSettings = { mode, ca: server.ca ?? undefined };
    const seen = await encrypted(targetOf(server, database, { tls, host }));
    expect(seen.encrypted).toBe(expected);
    expect(seen.version).toMatch(expected ? /^TLSv1\.[23]$/ : /^$/);
  });

  test.each([
    ['verify-ca without the authority', () => server, { mode: 'verify-ca' }, 'localhost', 'tls_untrusted'],
    ['verify-full without the authority', () => server, { mode: 'verify-full' }, 'localhost', 'tls_untrusted'],
    ['another authority', () => server, { mode: 'verify-ca', ca: authority.ca }, 'localhost', 'tls_untrusted'],
    ['an expired certificate', () => expired, { mode: 'verify-ca', ca: authority.ca }, 'localhost', 'tls_expired'],
    ['a server without TLS', () => without, { mode: 'require' }, 'localhost', 'tls_unsupported'],
    ['an authority that is no PEM', () => server, { mode: 'verify-ca', ca: 'x', cert: 'y' }, 'localhost', 'tls_failed'],
  ] as const)('%s', async (_name, where, tls, host, code) => {
    const { error, stages } = await attempt(targetOf(where(), '', { tls, host }));
    expect(error).toMatchObject({ code, stage: 'tls', fatal: true });
    expect(stages).toEqual([]);
  });

  test('a certificate for another name', async () => {
    const tls: TlsSettings = { mode: 'verify-full', ca: server.ca ?? undefined };
    const { error } = await attempt(targetOf(server, '', { tls, host: 'elsewhere.example' }));
    expect(error).toMatchObject({ code: 'tls_name_mismatch', stage: 'tls' });
    const expiredName: TlsSettings = { mode: 'require', ca: authority.ca };
    expect((await attempt(targetOf(expired, '', { tls: expiredName }))).error).toBeUndefined();
  });

  test('prefer goes on without TLS where there is none', async () => {
    expect((await encrypted(targetOf(without, '', { tls: { mode: 'prefer' } }))).encrypted).toBe(false);
  });

  test('a large result comes through TLS as it is', async () => {
    const connection = await connected(targetOf(server, database, { tls: { mode: 'require' } }));
    const sql = "SELECT seq, REPEAT('x', seq % 300) FROM seq_1_to_10000";
    const { rows } = await collectRows(connection, { sql });
    expect(rows).toHaveLength(10_000);
    expect(rows.every(([seq, text]) => text?.length === Number(seq) % 300)).toBe(true);
  });
});

test('the engine reports privileges and the clock', async () => {
  await server.execute(
    `CREATE USER 'ro_${database}'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT SELECT ON ${database}.* TO 'ro_${database}'@'127.0.0.1';`,
  );
  const reader = await connected(targetOf(server, database, { username: `ro_${database}`, password: 'x' }));
  expect(await mysqlEngine.privileges(reader)).toEqual({ canWrite: false, dangerous: [] });
  const admin = await connected(targetOf(server, database));
  expect(await mysqlEngine.privileges(admin)).toEqual({
    canWrite: true,
    dangerous: ['ALL PRIVILEGES', 'GRANT OPTION'],
  });
  expect(Math.abs((await mysqlEngine.clock(admin)) - Date.now())).toBeLessThan(60_000);
});
