import { beforeAll, describe, expect, test } from 'vitest';
import { type Authority, makeAuthority } from '../../../test/servers/certificates.ts';
import { StandInError } from '../../../test/servers/sqlserver.ts';
import { stubServer } from '../../../test/servers/stub.ts';
import type { ConnectStage, TlsSettings } from '../engine.ts';
import { openConnection } from './connection.ts';
import { connected, standIn, targetOf } from './testkit.ts';

let authority: Authority;
let stranger: Authority;
beforeAll(() => {
  authority = makeAuthority();
  stranger = makeAuthority('Somebody else');
});

const attempt = (target: Parameters<typeof openConnection>[0], signal = AbortSignal.timeout(20_000)) =>
  openConnection(target, { signal });

describe('signing in', () => {
  test('goes through its stages and knows the server', async () => {
    const server = await standIn();
    const stages: ConnectStage[] = [];
    const connection = await connected(targetOf(server), (stage) => stages.push(stage));
    expect(stages).toEqual(['tls', 'login', 'database']);
    expect(connection.sessionId).toBe('51');
    expect(connection.serverVersion).toBe('16.0.4165.4');
    expect(connection.encrypted).toBe(false);
    expect(connection.usable).toBe(true);
    const login = server.events.find((event) => event.kind === 'login');
    expect(login).toMatchObject({ login: { database: 'shop', applicationName: 'headgate', readOnlyIntent: false } });
    await connection.close();
    expect(connection.usable).toBe(false);
  });

  test('says that it only reads when the option asks for it', async () => {
    const server = await standIn();
    await connected(targetOf(server, { options: { readOnlyIntent: true } }));
    expect(server.events[0]).toMatchObject({ login: { readOnlyIntent: true } });
  });

  test('may leave the database to the server', async () => {
    const server = await standIn();
    await connected(targetOf(server, { database: '' }));
    expect(server.events[0]).toMatchObject({ login: { database: '' } });
  });

  test('tries the addresses in turn', async () => {
    const server = await standIn();
    const connection = await connected(targetOf(server, { addresses: ['127.0.0.99', '127.0.0.1'] }));
    expect(connection.usable).toBe(true);
  });

  test('never looks the name up', async () => {
    const server = await standIn();
    await connected(targetOf(server, { host: 'no.such.name.invalid' }));
    expect(server.events[0]).toMatchObject({ login: { serverName: 'no.such.name.invalid' } });
  });
});

describe('a refusal', () => {
  test('of the password', async () => {
    const server = await standIn();
    const stages: ConnectStage[] = [];
    const target = targetOf(server, { password: 'canary-secret-1' });
    const failure = await openConnection(target, {
      signal: AbortSignal.timeout(20_000),
      onStage: (stage) => stages.push(stage),
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'login_failed', stage: 'login', nativeCode: '18456', fatal: true });
    expect(stages).toEqual(['tls']);
    expect(JSON.stringify(failure) + String(failure)).not.toContain('canary-secret-1');
  });

  test('of the database', async () => {
    const server = await standIn();
    await expect(attempt(targetOf(server, { database: 'missing' }))).rejects.toMatchObject({
      code: 'database_not_found',
      stage: 'database',
      nativeCode: '4060',
    });
  });

  test.each([
    [18470, 'login_failed', 'login'],
    [18451, 'login_not_allowed', 'login'],
    [17809, 'too_many_connections', 'login'],
    [10928, 'too_many_connections', 'login'],
    [916, 'database_denied', 'database'],
    [99999, 'login_failed', 'login'],
  ])('with the number %i', async (number, code, stage) => {
    const server = await standIn({ refuses: new StandInError(number, 'No.', 14) });
    await expect(attempt(targetOf(server))).rejects.toMatchObject({ code, stage, nativeCode: String(number) });
  });

  test('to follow the server to another machine', async () => {
    const server = await standIn({ routesTo: { host: 'other.example.com', port: 1433 } });
    await expect(attempt(targetOf(server))).rejects.toMatchObject({ code: 'unsupported', stage: 'login' });
    expect(server.events.filter(({ kind }) => kind === 'login')).toHaveLength(1);
  });
});

describe('an address', () => {
  test('where nothing listens', async () => {
    const server = await standIn();
    const target = targetOf(server);
    await server.stop();
    await expect(attempt(target)).rejects.toMatchObject({ code: 'unreachable', stage: 'address' });
  });

  test('that says nothing is given up at the deadline', async () => {
    const port = await stubServer(() => {});
    const server = await standIn();
    const failure = attempt(targetOf(server, { port }), AbortSignal.timeout(100));
    await expect(failure).rejects.toMatchObject({ code: 'connect_timeout', stage: 'tls' });
  });

  test('that hangs up', async () => {
    const port = await stubServer((socket) => socket.once('data', () => socket.destroy()));
    const server = await standIn();
    await expect(attempt(targetOf(server, { port }))).rejects.toMatchObject({
      code: 'connection_lost',
      stage: 'tls',
    });
  });

  test('of another kind of server', async () => {
    const port = await stubServer((socket) =>
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nand a few more words, to be longer than a head\r\n',
      ),
    );
    const server = await standIn();
    await expect(attempt(targetOf(server, { port }))).rejects.toMatchObject({
      code: expect.stringMatching(/^(protocol_error|connection_lost)$/),
    });
  });

  test('is left when nobody wants it any more', async () => {
    const port = await stubServer(() => {});
    const server = await standIn();
    const controller = new AbortController();
    const failure = attempt(targetOf(server, { port }), controller.signal);
    const rejected = expect(failure).rejects.toMatchObject({ code: 'cancelled' });
    setImmediate(() => controller.abort());
    await rejected;
    await expect(attempt(targetOf(server), AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('TLS', () => {
  const certified = (names: string[], more: { expired?: boolean; by?: Authority } = {}) =>
    (more.by ?? authority).issue({ names, ...(more.expired ? { expired: true } : {}) });
  const verified = (mode: TlsSettings['mode'] = 'verify-full'): TlsSettings => ({ mode, ca: authority.ca });

  test.each(['prefer', 'require', 'verify-ca', 'verify-full'] as const)('%s encrypts', async (mode) => {
    const server = await standIn({ tls: certified(['localhost']) });
    const stages: ConnectStage[] = [];
    const connection = await connected(targetOf(server, { tls: verified(mode) }), (stage) => stages.push(stage));
    expect(connection.encrypted).toBe(true);
    expect(server.events[0]).toMatchObject({ kind: 'login', encrypted: true });
    expect(stages).toEqual(['tls', 'login', 'database']);
  });

  test('results of many packets come through', async () => {
    const server = await standIn({ tls: certified(['localhost']) });
    const rows = Array.from({ length: 30_000 }, (_, index) => [index, 'some text']);
    const columns = [
      { name: 'n', type: 'int' },
      { name: 't', type: 'nvarchar(20)' },
    ];
    server.answer('from items', { columns, rows });
    const connection = await connected(targetOf(server, { tls: verified() }));
    let seen = 0;
    const values = () => {
      seen += 1;
    };
    const sink = { columns: () => {}, frames: () => 0, values };
    const request = { sql: 'select n, t from items', parameters: [], access: 'read', timeoutMs: 0 } as const;
    await connection.run(request, sink);
    expect(seen).toBe(30_000);
  });

  test('disable and prefer do without; the others insist', async () => {
    const server = await standIn();
    expect((await connected(targetOf(server, { tls: { mode: 'prefer' } }))).encrypted).toBe(false);
    for (const mode of ['require', 'verify-ca', 'verify-full'] as const) {
      await expect(attempt(targetOf(server, { tls: { mode } }))).rejects.toMatchObject({
        code: 'tls_unsupported',
        stage: 'tls',
      });
    }
  });

  test('a server that requires it is not talked to in the open', async () => {
    const server = await standIn({ tls: certified(['localhost']), encryption: 'required' });
    await expect(attempt(targetOf(server))).rejects.toMatchObject({ code: 'tls_required', stage: 'tls' });
    expect((await connected(targetOf(server, { tls: { mode: 'prefer' } }))).encrypted).toBe(true);
    expect(server.events.filter(({ kind }) => kind === 'login')).toMatchObject([{ encrypted: true }]);
  });

  test.each([
    ['verify-full', ['localhost'], 'stranger', 'tls_untrusted'],
    ['verify-ca', ['localhost'], 'stranger', 'tls_untrusted'],
    ['verify-full', ['db.example.com'], 'ours', 'tls_name_mismatch'],
    ['verify-full', ['localhost'], 'expired', 'tls_expired'],
    ['verify-ca', ['localhost'], 'expired', 'tls_expired'],
  ] as const)('%s refuses a certificate for %s by %s, before the password leaves', async (mode, names, by, code) => {
    const tls = certified([...names], { expired: by === 'expired', ...(by === 'stranger' ? { by: stranger } : {}) });
    const server = await standIn({ tls });
    await expect(attempt(targetOf(server, { tls: verified(mode) }))).rejects.toMatchObject({ code, stage: 'tls' });
    expect(server.events.some(({ kind }) => kind === 'login')).toBe(false);
  });

  test('verify-ca does not mind the name, require does not mind anything', async () => {
    const named = await standIn({ tls: certified(['db.example.com']) });
    expect((await connected(targetOf(named, { tls: verified('verify-ca') }))).encrypted).toBe(true);
    const strange = await standIn({ tls: certified(['db.example.com'], { by: stranger, expired: true }) });
    expect((await connected(targetOf(strange, { tls: { mode: 'require' } }))).encrypted).toBe(true);
  });

  test('verify-full takes an address that the certificate names', async () => {
    const server = await standIn({ tls: certified(['127.0.0.1']) });
    expect((await connected(targetOf(server, { host: '127.0.0.1', tls: verified() }))).encrypted).toBe(true);
  });

  test('a client certificate is shown', async () => {
    const server = await standIn({ tls: { ...certified(['localhost']), clientCa: authority.ca } });
    const client = authority.issue({ names: ['headgate'] });
    expect((await connected(targetOf(server, { tls: { ...verified(), ...client } }))).encrypted).toBe(true);
    await expect(attempt(targetOf(server, { tls: verified() }))).rejects.toMatchObject({ fatal: true });
  });

  test('an authority that is no certificate is an error of its own', async () => {
    const server = await standIn({ tls: certified(['localhost']) });
    await expect(
      attempt(targetOf(server, { tls: { mode: 'verify-full', cert: 'nonsense', key: 'nonsense' } })),
    ).rejects.toMatchObject({ code: 'tls_failed', stage: 'tls' });
  });

  describe('strict encryption', () => {
    const options = { strictEncryption: true };

    test('is there before the first word', async () => {
      const server = await standIn({ tls: certified(['localhost']) });
      const stages: ConnectStage[] = [];
      const target = targetOf(server, { tls: { ...verified(), minVersion: 'TLSv1.3' }, options });
      const connection = await connected(target, (stage) => stages.push(stage));
      expect(connection.encrypted).toBe(true);
      expect(stages).toEqual(['tls', 'login', 'database']);
      expect(server.events[0]).toMatchObject({ kind: 'login', encrypted: true });
    });

    test.each([
      [['db.example.com'], 'ours', 'tls_name_mismatch'],
      [['localhost'], 'stranger', 'tls_untrusted'],
    ] as const)('refuses a certificate for %s by %s', async (names, by, code) => {
      const server = await standIn({ tls: certified([...names], by === 'stranger' ? { by: stranger } : {}) });
      await expect(attempt(targetOf(server, { tls: verified(), options }))).rejects.toMatchObject({
        code,
        stage: 'tls',
      });
    });

    test('and TLS 1.3 want the settings that belong to them', async () => {
      const server = await standIn({ tls: certified(['localhost']) });
      await expect(attempt(targetOf(server, { tls: { mode: 'require' }, options }))).rejects.toMatchObject({
        code: 'parameter_invalid',
      });
      await expect(attempt(targetOf(server, { tls: { ...verified(), minVersion: 'TLSv1.3' } }))).rejects.toMatchObject({
        code: 'parameter_invalid',
      });
    });
  });
});
