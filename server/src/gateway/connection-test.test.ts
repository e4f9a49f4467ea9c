/** F7: the connection test explains itself, and never sends a stored password anywhere else. */
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../test/servers/certificates.ts';
import { type PostgresqlServer, startPostgresql } from '../../test/servers/postgresql.ts';
import { sharedMariadb, sharedPostgresql } from '../../test/servers/shared.ts';
import { loadEngines } from '../engines/registry.ts';
import { principal, type TestBed, testBed, testSource } from './gateway.testkit.ts';
import type { SourceDraft, TestReport } from './index.ts';

const never = new AbortController().signal;
const CANARY = 'canary-password-1234';
let bed: TestBed;
let pg: { host: string; port: number; database: string; username: string; password: string; ca: string | null };
let my: { host: string; port: number; database: string; username: string; password: string };
/** Accepts connections and says nothing. */
let mute: Server;
let mutePort: number;
let heard = 0;

beforeAll(async () => {
  const postgresql = await sharedPostgresql();
  const mariadb = await sharedMariadb();
  const [pgDatabase, myDatabase] = await Promise.all([postgresql.createDatabase(), mariadb.createDatabase()]);
  await postgresql.execute(
    `create role "${pgDatabase}_reader" login password '${CANARY}'; revoke all on schema public from public;
     grant usage on schema public to "${pgDatabase}_reader"`,
    pgDatabase,
  );
  pg = {
    host: postgresql.host,
    port: postgresql.port,
    database: pgDatabase,
    username: `${pgDatabase}_reader`,
    password: CANARY,
    ca: postgresql.ca,
  };
  my = {
    host: mariadb.host,
    port: mariadb.port,
    database: myDatabase,
    username: mariadb.user,
    password: mariadb.password,
  };
  mute = createServer((socket) => {
    heard++;
    // Reading on shows it that the other end has hung up.
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  mutePort = portOf(mute);
  bed = await testBed(
    await loadEngines(['postgresql', 'mysql']),
    [testSource(1, 'pg', 'postgresql', pg), testSource(2, 'my', 'mysql', my)],
    {
      connectTimeoutMs: 2000,
    },
  );
});
afterAll(async () => {
  await bed.close();
  await new Promise((resolve) => mute.close(resolve));
});
beforeEach(() => {
  bed.probes.length = 0;
  bed.events.length = 0;
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const saved = (name: string, overrides?: Partial<SourceDraft>): Promise<TestReport> =>
  bed.gateway.test(principal(), { saved: name, ...(overrides ? { overrides } : {}) }, never);
const draft = (change: Partial<SourceDraft>): Promise<TestReport> =>
  bed.gateway.test(
    principal(),
    {
      draft: {
        engine: 'postgresql',
        host: pg.host,
        port: pg.port,
        database: pg.database,
        username: pg.username,
        password: pg.password,
        tls: { mode: 'disable' },
        ...change,
      },
    },
    never,
  );
const stagesOf = (report: TestReport) => report.stages.map(({ stage, ok }) => `${stage} ${ok ? 'ok' : 'failed'}`);
const lastOf = (report: TestReport) => report.stages.at(-1);

describe('a saved source', () => {
  test('that works: every stage, version, clock and latency, and a probe is kept', async () => {
    const report = await saved('pg');
    expect(report.ok).toBe(true);
    expect(stagesOf(report)).toEqual(
      ['name', 'address', 'login', 'database', 'privileges', 'clock'].map((one) => `${one} ok`),
    );
    expect(report.server).toMatchObject({ encrypted: false, version: expect.stringMatching(/^1\d/) });
    expect(report.server?.latencyMs).toBeGreaterThan(0);
    expect(report.stages.some((one) => one.warning)).toBe(false);
    expect(bed.probes).toEqual([{ ok: true, code: null, version: report.server?.version }]);
    expect(bed.events).toMatchObject([{ action: 'source.test', detail: { ok: true } }]);
  });

  test('a login that can write and do worse is worth a warning', async () => {
    const report = await saved('my');
    expect(report.ok).toBe(true);
    expect(report.stages.find((one) => one.stage === 'privileges')?.warning).toMatch(/can write/);
  });

  test('the mask keeps the stored password; overrides keep no probe', async () => {
    expect(await saved('pg', { password: '********', database: pg.database })).toMatchObject({ ok: true });
    expect(bed.probes).toEqual([]);
  });

  test.each([
    ['host', { host: 'localhost' }],
    ['port', { port: 1 }],
    ['user', { username: 'somebody' }],
    ['mask', { host: 'localhost', password: '********' }],
    ['options', { options: { application_name: 'x' } }],
  ] as const)('a stored password never goes to another target: %s', async (_what, overrides) => {
    heard = 0;
    const target = 'port' in overrides ? { port: mutePort } : overrides;
    await expect(saved('pg', target)).rejects.toMatchObject({
      code: expect.stringMatching(/^(password_required_for_new_target|invalid_options)$/),
    });
    expect(heard).toBe(0);
  });

  test('weaker TLS with the stored password is refused too', async () => {
    const source = bed.sources.get('pg');
    if (source === undefined) throw new Error('no source');
    source.settings = { ...source.settings, tls: { mode: 'require' } };
    await expect(saved('pg', { tls: { mode: 'prefer' } })).rejects.toMatchObject({
      code: 'password_required_for_new_target',
    });
    source.settings = { ...source.settings, tls: { mode: 'disable' } };
  });

  test('a new target with its own password is tried', async () => {
    const report = await saved('pg', { username: pg.username, password: CANARY, host: 'localhost' });
    expect(report.ok).toBe(true);
  });

  test('its engine cannot be overridden, and it must be permitted', async () => {
    await expect(saved('pg', { engine: 'mysql' })).rejects.toMatchObject({ code: 'invalid_override' });
    bed.sources.get('pg')?.forbidden.add('source.test');
    await expect(saved('pg')).rejects.toMatchObject({ code: 'permission_missing' });
    bed.sources.get('pg')?.forbidden.clear();
  });
});

describe('each stage says what to mend', () => {
  test.each<[string, Partial<SourceDraft>, string, string, string]>([
    ['an unknown name', { host: 'no-such-host.invalid' }, 'name', 'name_not_found', 'host'],
    ['a link-local address', { host: '169.254.169.254' }, 'address', 'address_refused', 'host'],
    ['an unspecified address', { host: '0.0.0.0' }, 'address', 'address_refused', 'host'],
    ['a closed port', { port: 1 }, 'address', 'unreachable', 'host'],
    ['a wrong password', { password: 'wrong-password' }, 'login', 'login_failed', 'password'],
    ['an unknown database', { database: 'nowhere' }, 'database', 'database_not_found', 'database'],
  ])('%s', async (_what, change, stage, code, field) => {
    const report = await draft(change);
    expect(report.ok).toBe(false);
    expect(lastOf(report)).toMatchObject({ stage, ok: false, code, field, remedy: expect.any(String) });
    expect(report.stages.slice(0, -1).every((one) => one.ok)).toBe(true);
    expect(JSON.stringify(report)).not.toContain(CANARY);
    expect(JSON.stringify(report)).not.toContain('wrong-password');
  });

  test('a server that accepts and says nothing', async () => {
    const report = await draft({ port: mutePort });
    expect(report.ok).toBe(false);
    expect(lastOf(report)).toMatchObject({ ok: false, code: 'connect_timeout', remedy: expect.any(String) });
  });

  test('MySQL: wrong password, unknown database', async () => {
    const of = (change: Partial<SourceDraft>) => draft({ engine: 'mysql', ...my, ...change });
    expect(lastOf(await of({ password: 'wrong' }))).toMatchObject({ stage: 'login', code: 'login_failed' });
    expect(lastOf(await of({ database: 'nowhere' }))).toMatchObject({ stage: 'database', code: 'database_not_found' });
    expect((await of({})).ok).toBe(true);
  });
});

describe('TLS', () => {
  const authority = makeAuthority();
  let expired: PostgresqlServer;
  const login = (server: PostgresqlServer): Partial<SourceDraft> => ({
    host: server.host,
    port: server.port,
    username: server.superuser,
    password: server.password,
    database: 'postgres',
  });

  beforeAll(async () => {
    expired = await startPostgresql({ tls: authority.issue({ names: ['127.0.0.1'], expired: true }) });
  });
  afterAll(() => expired.stop());

  test('verified against the given authority; untrusted without it', async () => {
    const shared = await sharedPostgresql();
    // A server given by TEST_POSTGRESQL_URL has an authority of its own that we do not know.
    const tls = shared.ca === null ? { mode: 'require' as const } : { mode: 'verify-full' as const, ca: shared.ca };
    const trusted = await draft({ tls });
    expect(trusted).toMatchObject({ ok: true, server: { encrypted: true } });
    expect(stagesOf(trusted)).toContain('tls ok');
    expect(lastOf(await draft({ tls: { mode: 'verify-full' } }))).toMatchObject({
      stage: 'tls',
      code: 'tls_untrusted',
      field: 'tls/ca',
    });
  });

  test('an expired certificate is named', async () => {
    expect(lastOf(await draft({ ...login(expired), tls: { mode: 'verify-full', ca: authority.ca } }))).toMatchObject({
      stage: 'tls',
      code: 'tls_expired',
    });
  });

  test('a server without TLS', async () => {
    // What PostgreSQL answers to a request for TLS that it does not speak.
    const plain = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.write('N')));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const report = await draft({ host: '127.0.0.1', port: portOf(plain), tls: { mode: 'require' } });
    plain.close();
    expect(lastOf(report)).toMatchObject({ stage: 'tls', code: 'tls_unsupported', field: 'tls/mode' });
  });
});

describe('drafts', () => {
  test('need the permission to create, an engine that is there, and no mask', async () => {
    await expect(bed.gateway.test(principal(9, []), { draft: { engine: 'postgresql' } }, never)).rejects.toMatchObject({
      code: 'permission_missing',
    });
    await expect(draft({ engine: 'dbase' })).rejects.toMatchObject({ code: 'invalid_engine', field: 'engine' });
    await expect(draft({ engine: 'oracle' })).rejects.toMatchObject({ code: 'engine_unavailable' });
    await expect(draft({ password: '********' })).rejects.toMatchObject({ field: 'password' });
    await expect(draft({ database: null })).rejects.toMatchObject({ field: 'database' });
    await expect(draft({ options: { nonsense: 1 } })).rejects.toMatchObject({ field: 'options/nonsense' });
  });

  test('other tenants reach no private or loopback address by default', async () => {
    const stranger = { ...principal(), subject: { ...principal().subject, tenantId: 2 } };
    const report = await bed.gateway.test(
      stranger,
      {
        draft: { engine: 'postgresql', host: '127.0.0.1', port: pg.port, database: 'x', username: 'x', password: 'x' },
      },
      never,
    );
    expect(lastOf(report)).toMatchObject({ stage: 'address', code: 'address_refused' });
  });
});

test("Headgate's own store is never a source, by whatever name", async () => {
  const own = await testBed(
    await loadEngines(),
    [],
    {},
    {
      store: {
        kind: 'postgresql',
        db: undefined as never, // nothing is open, so that nothing is looked up
        listen: async () => async () => {},
        onReconnect: () => () => {},
        endpoint: { host: 'localhost', port: pg.port, database: 'headgate', username: 'headgate' },
      },
    },
  );
  const report = (change: Partial<SourceDraft>) =>
    own.gateway.test(
      principal(),
      { draft: { engine: 'postgresql', ...pg, tls: { mode: 'disable' }, ...change } },
      never,
    );
  expect(lastOf(await report({ database: 'headgate' }))).toMatchObject({ stage: 'address', code: 'own_store' });
  expect(lastOf(await report({ username: 'headgate' }))).toMatchObject({ code: 'own_store' });
  expect((await report({})).ok).toBe(true);
  await own.close();
});
