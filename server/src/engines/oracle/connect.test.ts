/** The real driver against a stand-in of the listener: addresses, TLS, stages, refusals, deadlines. */

import { afterEach, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.ts';
import { type ListenerOptions, type OracleListener, startOracleListener } from '../../../test/servers/oracle.ts';
import { stubServer } from '../../../test/servers/stub.ts';
import { type ConnectStage, type ConnectTarget, EngineError, type TlsSettings } from '../engine.ts';
import { oracleEngine } from './index.ts';
import { FakeServer, failure, targetOf } from './testkit.ts';

const authority = makeAuthority();
const certificate = authority.issue({ names: ['db.example.test'] });
const verified: TlsSettings = { mode: 'verify-full', ca: authority.ca };
/** Why a signal of AbortSignal.timeout is aborted. */
const late = new DOMException('The operation timed out.', 'TimeoutError');
const unknownService = { refuse: 12514 } as const;

const listeners: OracleListener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

async function listening(options: ListenerOptions): Promise<OracleListener> {
  const listener = await startOracleListener(options);
  listeners.push(listener);
  return listener;
}

/** Tries to connect, and tells the stages that succeeded and the error. */
async function attempt(changes: Partial<ConnectTarget>, signal = AbortSignal.timeout(20_000)) {
  const stages: ConnectStage[] = [];
  const target = targetOf({ password: 'canary-password', ...changes });
  try {
    await oracleEngine.connect(target, { signal, onStage: (stage) => stages.push(stage) });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    expect(`${error.message} ${error.hint} ${error.detail}`).not.toContain('canary-password');
    return { stages, error };
  }
  throw new Error('Nobody can sign in there.');
}

describe('what a listener refuses', () => {
  test.each([
    [12514, 'database', 'database_not_found'],
    [12505, 'database', 'database_not_found'],
    [12516, 'login', 'too_many_connections'],
    [12520, 'login', 'too_many_connections'],
    [12528, 'login', 'unreachable'],
  ])('ORA-%i fails the stage %s', async (refuse, stage, code) => {
    const { port } = await listening({ answer: { refuse } });
    expect(await attempt({ port })).toMatchObject({
      stages: ['tls'],
      error: { stage, code, nativeCode: `ORA-${refuse}`, fatal: true },
    });
  });

  test('service and SID are asked for, at the address that was checked, as the program', async () => {
    const listener = await listening({ answer: unknownService });
    await attempt({ port: listener.port, database: 'sales.example.test' });
    await attempt({ port: listener.port, database: 'ORCL', options: { sid: true } });
    expect(listener.asked[0]).toContain(`(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${listener.port})`);
    expect(listener.asked[0]).toContain('(SERVICE_NAME=sales.example.test)');
    expect(listener.asked[0]).toContain('(PROGRAM=headgate)');
    expect(listener.asked[1]).toContain('(SID=ORCL)');
  });

  test('a name that would end the descriptor is never sent', async () => {
    const listener = await listening({ answer: unknownService });
    expect(await attempt({ port: listener.port, database: 'x)(SERVER=POOLED' })).toMatchObject({
      error: { stage: 'database', code: 'database_not_found' },
    });
    expect(listener.accepted()).toBe(0);
  });

  test('a request that is to be sent again is sent again', async () => {
    const listener = await listening({ answer: { resendThen: unknownService } });
    expect((await attempt({ port: listener.port })).error.code).toBe('database_not_found');
    expect(listener.asked).toHaveLength(2);
  });
});

describe('addresses', () => {
  test('are tried in order, IPv6 too', async () => {
    const { port } = await listening({ answer: unknownService, host: '::1' });
    expect((await attempt({ port, addresses: ['127.0.0.1', '::1'] })).error.code).toBe('database_not_found');
  });

  test('a closed port', async () => {
    const listener = await listening({ answer: 'silence' });
    await listener.stop();
    expect(await attempt({ port: listener.port })).toMatchObject({
      stages: [],
      error: { stage: 'address', code: 'unreachable', nativeCode: 'ECONNREFUSED' },
    });
  });

  test('a listener may send clients to a checked address only', async () => {
    const node = await listening({ answer: unknownService });
    const allowed = await listening({ answer: { redirect: { host: '127.0.0.1', port: node.port } } });
    expect((await attempt({ port: allowed.port })).error.code).toBe('database_not_found');
    expect(node.accepted()).toBe(1);
    const other = await listening({ answer: unknownService, host: '127.0.0.2' });
    const foreign = await listening({ answer: { redirect: { host: '127.0.0.2', port: other.port } } });
    expect(await attempt({ port: foreign.port })).toMatchObject({
      error: { stage: 'address', code: 'unreachable', message: expect.stringContaining('127.0.0.2') },
    });
    expect(other.accepted()).toBe(0);
  });
});

describe('servers that do not talk', () => {
  test('a deadline', async () => {
    const listener = await listening({ answer: 'silence' });
    const deadline = new AbortController();
    const result = attempt({ port: listener.port }, deadline.signal);
    await listener.request();
    deadline.abort(late);
    expect(await result).toMatchObject({ stages: ['tls'], error: { stage: 'login', code: 'connect_timeout' } });
  });

  test('a caller that goes away', async () => {
    const listener = await listening({ answer: 'silence' });
    const caller = new AbortController();
    const result = attempt({ port: listener.port }, caller.signal);
    await listener.request();
    caller.abort();
    expect((await result).error).toMatchObject({ code: 'cancelled' });
    expect((await attempt({ port: listener.port }, caller.signal)).error).toMatchObject({ code: 'cancelled' });
    expect(listener.accepted()).toBe(1);
  });

  test.each(['hang up', 'reset'] as const)('%s', async (answer) => {
    const { port } = await listening({ answer });
    expect((await attempt({ port })).error).toMatchObject({
      stage: 'login',
      code: 'connection_lost',
      hint: expect.stringContaining('TCPS'),
    });
  });

  test('another protocol', async () => {
    const { port } = await listening({ answer: { bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') } });
    expect((await attempt({ port })).error.code).toBe('protocol_error');
  });
});

describe('TLS', () => {
  test.each<[string, TlsSettings, string]>([
    ['db.example.test', verified, 'database_not_found'],
    ['other.example.test', verified, 'tls_name_mismatch'],
    ['other.example.test', { ...verified, mode: 'verify-ca' }, 'database_not_found'],
    ['db.example.test', { mode: 'verify-full' }, 'tls_untrusted'],
    ['db.example.test', { mode: 'verify-ca' }, 'tls_untrusted'],
    ['db.example.test', { mode: 'require' }, 'database_not_found'],
  ])('of %s with %o: %s', async (host, tls, code) => {
    const listener = await listening({ answer: unknownService, tls: certificate });
    const { stages, error } = await attempt({ port: listener.port, host, tls });
    expect(error.code).toBe(code);
    expect(stages).toEqual(code.startsWith('tls') ? [] : ['tls']);
    // Nothing is said to a server whose certificate does not hold.
    expect(listener.asked).toHaveLength(code.startsWith('tls') ? 0 : 1);
  });

  test('a second handshake on the same socket, as listeners ask for that hand over to a process, is verified too', async () => {
    const { port, asked } = await listening({ answer: { resendThen: unknownService }, tls: certificate });
    expect((await attempt({ port, tls: verified })).error.code).toBe('database_not_found');
    expect(asked).toHaveLength(2);
  });

  test('an expired certificate', async () => {
    const tls = authority.issue({ names: ['db.example.test'], expired: true });
    const { port } = await listening({ answer: unknownService, tls });
    expect((await attempt({ port, tls: verified })).error).toMatchObject({ stage: 'tls', code: 'tls_expired' });
  });

  test('a version below the lowest one is not spoken', async () => {
    const { port } = await listening({ answer: unknownService, tls: { ...certificate, maxVersion: 'TLSv1.2' } });
    expect((await attempt({ port, tls: { ...verified, minVersion: 'TLSv1.3' } })).error).toMatchObject({
      stage: 'tls',
      code: 'tls_failed',
    });
  });

  test('a client key that is none', async () => {
    const { port } = await listening({ answer: unknownService, tls: certificate });
    const tls: TlsSettings = { ...verified, cert: 'canary-password', key: 'canary-password' };
    expect((await attempt({ port, tls })).error).toMatchObject({ stage: 'tls', code: 'tls_failed' });
  });

  test('a listener without it', async () => {
    for (const answer of [unknownService, 'hang up', 'reset'] as const) {
      const { port } = await listening({ answer });
      expect((await attempt({ port, tls: verified })).error).toMatchObject({ stage: 'tls', code: 'tls_unsupported' });
    }
  });

  test('a listener that speaks nothing else', async () => {
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 70]);
    const { port } = await listening({ answer: { bytes: alert } });
    expect((await attempt({ port, tls: { mode: 'prefer' } })).error).toMatchObject({
      stage: 'tls',
      code: 'tls_required',
    });
  });

  test('a handshake that nobody answers', async () => {
    const heard = Promise.withResolvers<void>();
    const port = await stubServer((socket) => socket.once('data', () => heard.resolve()));
    const deadline = new AbortController();
    const result = attempt({ port, tls: verified }, deadline.signal);
    await heard.promise;
    deadline.abort(late);
    expect((await result).error).toMatchObject({ stage: 'tls', code: 'connect_timeout' });
  });
});

describe('behind the listener, on a driver in memory', () => {
  const signIn = async (server: FakeServer, changes: Partial<ConnectTarget> = {}) => {
    const stages: ConnectStage[] = [];
    const hooks = { signal: AbortSignal.timeout(20_000), onStage: (stage: ConnectStage) => void stages.push(stage) };
    const outcome = await server.engine.connect(targetOf(changes), hooks).catch((error: unknown) => error);
    return { stages, outcome };
  };

  test('a session is set up before it is handed out', async () => {
    const server = new FakeServer();
    const { stages, outcome } = await signIn(server);
    expect(stages).toEqual(['login', 'database']);
    expect(outcome).toMatchObject({ sessionId: '4711', serverVersion: '23.9.0.25.07', encrypted: false, usable: true });
    expect(server.log[0]).toBe('session settings');
  });

  test('a wrong password', async () => {
    const { stages, outcome } = await signIn(new FakeServer(), { password: 'canary-password' });
    expect(stages).toEqual([]);
    expect(outcome).toMatchObject({
      code: 'login_failed',
      stage: 'login',
      nativeCode: 'ORA-01017',
      message: 'invalid username/password; logon denied',
      fatal: true,
    });
  });

  test('a session that cannot be set up is closed', async () => {
    const server = new FakeServer().on(/^ALTER SESSION/, { error: failure('ORA-01031', 'insufficient privileges') });
    expect(await signIn(server)).toMatchObject({
      stages: ['login'],
      outcome: { code: 'permission_denied', stage: 'database', fatal: true },
    });
    expect(server.log).toContain('destroy');
  });
});
