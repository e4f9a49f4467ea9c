/** What goes wrong in real life gets a clear problem with a stable code, and loses nothing. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { makeAuthority } from '../servers/certificates.ts';
import { startPostgresql } from '../servers/postgresql.ts';
import { registerSource, type SampleDatabase, sampleDatabase, sourceBody } from './fixture.ts';

let headgate: Headgate;
let sample: SampleDatabase;

beforeAll(async () => {
  headgate = await startHeadgate();
  sample = await sampleDatabase();
  await headgate.createUser('olga');
  await headgate.createUser('carl');
  await registerSource(headgate, 'sales', sample, 'olga');
});
afterAll(() => headgate?.stop());

const olga = { as: 'olga' };
const query = (source: string, sql: string, more: object = {}, as = 'olga') =>
  headgate.api('POST', `/sources/${source}/query`, { sql, ...more }, { as });

/** Registers a source with one part replaced, and queries it. */
async function queryOf(name: string, part: object) {
  const created = await headgate.api('POST', '/sources', { ...sourceBody(name, sample), ...part }, olga);
  expect(created.status).toBe(201);
  return query(name, 'select 1');
}

describe('registering', () => {
  it.each([
    ['an unknown engine', { engine: 'dbase' }, 400, 'engine_unknown', 'engine'],
    ['no engine', { engine: undefined }, 400, 'invalid_request', 'engine'],
    ['a port out of range', { port: 70_000 }, 400, 'invalid_request', 'port'],
    ['a name with a space', { name: 'a b' }, 400, 'invalid_name', 'name'],
    ['an unknown TLS mode', { tls: { mode: 'maybe' } }, 400, 'invalid_request', 'tls/mode'],
    ['a name that is taken', { name: 'SALES' }, 409, 'name_taken', 'name'],
  ])('refuses %s', async (_what, part, status, code, field) => {
    const answer = await headgate.api('POST', '/sources', { ...sourceBody('fresh', sample), ...part }, olga);
    expect(answer).toMatchObject({ status, body: { code, field } });
  });

  it('refuses a bad URL without repeating it', async () => {
    const answer = await headgate.api('POST', '/sources', { name: 'u', url: 'postgresql://a:hunter2@[::1/db' }, olga);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_url' } });
    expect(answer.text).not.toContain('hunter2');
  });

  it('refuses a body that is too large', async () => {
    const answer = await headgate.api('POST', '/sources', { name: 'x'.repeat(1_100_000) }, olga);
    expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });
});

describe('using', () => {
  it('tells a wrong password, an unreachable host and an unknown database apart', async () => {
    expect(await queryOf('wrong-password', { password: 'wrong' })).toMatchObject({
      status: 502,
      body: { code: 'login_failed', remedy: expect.any(String) },
    });
    // A port that was free a moment ago: nobody answers there.
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    expect(await queryOf('nobody-there', { port })).toMatchObject({ status: 502, body: { code: 'unreachable' } });
    expect(await queryOf('no-database', { database: 'absent' })).toMatchObject({
      status: 502,
      body: { code: expect.stringMatching(/^database_/) },
    });
    const unnamed = await queryOf('no-name', { host: 'no-such-host.invalid' });
    expect(unnamed).toMatchObject({ status: 502, body: { code: expect.any(String) } });
  });

  it('refuses an expired certificate', async () => {
    const authority = makeAuthority();
    const server = await startPostgresql({
      tls: authority.issue({ names: ['localhost', '127.0.0.1'], expired: true }),
    });
    try {
      const { host, port, password } = server;
      const body = {
        name: 'expired',
        engine: 'postgresql',
        host,
        port,
        database: 'postgres',
        username: 'postgres',
        password,
        tls: { mode: 'verify-full', ca: authority.ca },
      };
      expect((await headgate.api('POST', '/sources', body, olga)).status).toBe(201);
      expect(await query('expired', 'select 1')).toMatchObject({ status: 502, body: { code: 'tls_expired' } });
      const test = await headgate.api('POST', '/sources/expired/test', {}, olga);
      expect(test.body).toMatchObject({ ok: false });
      expect(test.body.stages.at(-1)).toMatchObject({ stage: 'tls', ok: false, code: 'tls_expired' });
    } finally {
      await server.stop();
    }
  });

  it('explains an SQL error with its position', async () => {
    const answer = await query('sales', 'select nam from people');
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'object_not_found', detail: expect.stringContaining('nam') },
    });
    expect(await query('sales', 'selec 1')).toMatchObject({
      status: expect.any(Number),
      body: { code: expect.any(String) },
    });
    expect((await query('sales', 'selec 1')).status).toBeLessThan(500);
  });

  it('refuses writes that were not asked for, not permitted or not understood', async () => {
    const insert = "insert into people values (9, 'Mallory')";
    expect(await query('sales', insert)).toMatchObject({ status: 400, body: { code: 'write_not_requested' } });
    await headgate.api('PUT', '/sources/sales/shares/users/carl', { permissions: ['view', 'sql'] }, olga);
    const carl = await query('sales', insert, { write: true }, 'carl');
    expect(carl).toMatchObject({ status: 403, body: { code: 'write_not_permitted' } });
    const several = await query('sales', `select 1; ${insert}`, { write: true });
    expect(several.status).toBeGreaterThanOrEqual(400);
    expect(several.status).toBeLessThan(500);
    expect(await sample.execute('select count(*)::int as n from people')).toEqual([{ n: 3 }]);
    expect((await query('sales', insert, { write: true })).status).toBe(200);
    expect(await sample.execute('select count(*)::int as n from people')).toEqual([{ n: 4 }]);
    await sample.execute('delete from people where id = 9');
  });

  it('says what credential is missing', async () => {
    const { username: _username, password: _password, ...body } = sourceBody('no-pair', sample);
    expect((await headgate.api('POST', '/sources', body, olga)).status).toBe(201);
    const answer = await query('no-pair', 'select 1');
    expect(answer.body).toMatchObject({ code: 'credential_missing' });
    expect(answer.status).toBeLessThan(500);
  });

  it('refuses its own store as a source', async () => {
    const store = new URL(headgate.at.databaseUrl!);
    const own = await headgate.api(
      'POST',
      '/sources',
      {
        ...sourceBody('own-store', sample),
        host: store.hostname,
        port: Number(store.port),
        database: store.pathname.slice(1),
        username: decodeURIComponent(store.username),
        password: decodeURIComponent(store.password),
      },
      olga,
    );
    expect(own).toMatchObject({ status: 400, body: { code: expect.stringMatching(/own_store|address/) } });
  });
});

/** Stands between Headgate and its store, and can be cut. */
class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      if (this.#cut) {
        near.destroy();
        return;
      }
      const far = connect(Number(target.port), target.hostname);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
  }

  static async between(target: URL): Promise<{ cable: Cable; port: number }> {
    const cable = new Cable(target);
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    return { cable, port: (cable.#server.address() as { port: number }).port };
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe('the store gone while serving', () => {
  it('is said, and everything is there when it is back', async () => {
    const direct = await startHeadgate();
    const target = new URL(direct.at.databaseUrl!);
    const { cable, port } = await Cable.between(new URL(target));
    target.port = String(port);
    const node = await startHeadgate({ at: { dataDir: direct.at.dataDir, databaseUrl: target.href } });
    try {
      expect((await node.api('POST', '/groups', { name: 'before' })).status).toBe(201);
      cable.cut();
      const lost = await node.api('POST', '/groups', { name: 'during' });
      expect(lost).toMatchObject({ status: 503, body: { code: expect.stringMatching(/_unavailable$/) } });
      expect(lost.headers.get('retry-after')).toEqual(expect.any(String));
      expect((await node.call('GET', '/readyz', undefined, { as: null })).status).toBe(503);
      expect((await node.call('GET', '/healthz', undefined, { as: null })).status).toBe(200);
      cable.mend();
      await expect.poll(async () => (await node.call('GET', '/readyz', undefined, { as: null })).status).toBe(200);
      const groups = await node.api('GET', '/groups');
      expect(groups.body.items.map((group: { name: string }) => group.name)).toEqual(['before']);
      expect((await node.api('POST', '/groups', { name: 'after' })).status).toBe(201);
    } finally {
      cable.mend();
      await node.stopServer();
      cable.close();
      await direct.stop();
    }
  });
});
