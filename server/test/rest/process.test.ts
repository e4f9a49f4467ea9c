/** `headgate serve` as a process: F6 (stopping), and what keeps it from starting. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareMigrated } from '../../src/platform/testing/folders.ts';
import { type Headgate, startHeadgate } from '../harness.ts';
import { sharedPostgresql } from '../servers/shared.ts';
import { registerSource, sampleDatabase } from './fixture.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

class Served {
  readonly process: ChildProcess;
  #output = '';

  constructor(settings: Readonly<Record<string, string>>, port = 0) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(HEADGATE_|DATABASE_URL$|NODE_OPTIONS$)/.test(name),
    );
    this.process = spawn(process.execPath, [main, 'serve', '--port', String(port)], {
      env: { ...Object.fromEntries(inherited), HEADGATE_ADMIN_PASSWORD: 'admin-password-1', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output += String(chunk);
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  async exitCode(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  /** Its address, once it is ready. */
  async url(): Promise<string> {
    for (;;) {
      const found = /Headgate is ready at (http:\/\/[^\s]+)/.exec(this.#output)?.[1];
      if (found !== undefined) return found;
      if (this.process.exitCode !== null) throw new Error(`It ended instead: ${this.#output}`);
      await Promise.race([once(this.process.stdout!, 'data'), once(this.process, 'exit')]);
    }
  }
}

let dataDir: string;
let databaseUrl: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-process-'));
  const server = await sharedPostgresql();
  databaseUrl = server.url(await server.createDatabase());
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const onServer = () => ({ DATABASE_URL: databaseUrl, HEADGATE_DATA_DIR: dataDir, HEADGATE_LOG_LEVEL: 'warn' });

async function signIn(url: string): Promise<Record<string, string>> {
  const answer = await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'admin-password-1' }),
  });
  const { token } = (await answer.json()) as { token: string };
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
}

describe('F6: stopping', () => {
  it('turns /readyz first, ends running requests, hands jobs back and exits with 0', async () => {
    const served = new Served(onServer());
    const url = await served.url();
    const headers = await signIn(url);
    const send = (path: string, body: unknown) =>
      fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const sample = await sampleDatabase();
    const { host, port, database, username, password } = sample;
    const source = { name: 's', engine: 'postgresql', host, port, database, username, password };
    expect((await send('/sources', source)).status).toBe(201);
    const job = (await (
      await send('/jobs', { kind: 'export', source: 's', sql: 'select pg_sleep(60)', format: 'csv' })
    ).json()) as { id: string };
    const statusOf = async () =>
      ((await (await fetch(`${url}/api/v1/jobs/${job.id}`, { headers })).json()) as { status: string }).status;
    await expect.poll(statusOf).toBe('running');

    const slow = send('/sources/s/query', { sql: 'select 7 as seven from pg_sleep(3)', format: 'csv' });
    await expect
      .poll(
        async () =>
          (
            await sample.execute(
              "select 1 from pg_stat_activity where query like '%pg_sleep(3)%' and state = 'active' and pid <> pg_backend_pid()",
            )
          ).length,
      )
      .toBeGreaterThan(0);
    served.process.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
    const answer = await slow;
    expect([answer.status, (await answer.text()).replaceAll('\r', '')]).toEqual([200, 'seven\n7\n']);
    expect(await served.exitCode()).toBe(0);
    const server = await sharedPostgresql();
    const name = new URL(databaseUrl).pathname.slice(1);
    expect(await server.execute(`select status, attempt from job where uid = '${job.id}'`, name)).toMatchObject([
      { status: 'queued' },
    ]);
  });

  it('ends at once at the second signal', async () => {
    const served = new Served(onServer());
    const url = await served.url();
    const headers = await signIn(url);
    const hanging = fetch(`${url}/api/v1/sources/s/query`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ sql: 'select pg_sleep(50)' }),
    }).then(
      () => 'answered',
      () => 'cut off',
    );
    await expect
      .poll(async () => {
        const answer = await fetch(`${url}/api/v1/queries`, { headers });
        return ((await answer.json()) as { items: unknown[] }).items.length;
      })
      .toBeGreaterThan(0);
    served.process.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
    served.process.kill('SIGTERM');
    expect(await served.exitCode()).toBe(1);
    expect(await hanging).toBe('cut off');
  });

  it('loses no request while two nodes restart in turn', async () => {
    const settings = { HEADGATE_SHUTDOWN_GRACE_SECONDS: '10' };
    let nodes: Headgate[] = [await startHeadgate({ settings })];
    const { at } = nodes[0]!;
    nodes.push(await startHeadgate({ at, settings }));
    await registerSource(nodes[0]!, 'loaded', await sampleDatabase());
    const token = nodes[0]!.token('admin');
    // A load balancer: asks /readyz, and sends only to nodes that said yes.
    let ready: string[] = nodes.map((node) => node.url);
    let done = false;
    const watching = (async () => {
      while (!done) {
        const asked = await Promise.all(
          nodes.map(async ({ url }) => ((await fetch(`${url}/readyz`).catch(() => null))?.status === 200 ? [url] : [])),
        );
        ready = asked.flat();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const failures: string[] = [];
    let answered = 0;
    const load = async (start: number): Promise<void> => {
      for (let index = start; !done; index += 1) {
        const url = ready[index % ready.length];
        try {
          const answer = await fetch(`${url}/api/v1/sources/loaded/query`, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
            body: '{"sql":"select count(*) from people"}',
          });
          const text = await answer.text();
          if (answer.status !== 200) failures.push(`${answer.status} ${text}`);
          answered += 1;
        } catch (error) {
          failures.push(String((error as Error).cause ?? error));
        }
      }
    };
    const loads = [0, 1, 2, 3].map(load);
    for (const place of [0, 1]) {
      await nodes[place]!.stopServer();
      const fresh = await startHeadgate({ at, settings });
      nodes = nodes.map((node, index) => (index === place ? fresh : node));
      await expect.poll(() => ready.includes(fresh.url)).toBe(true);
    }
    done = true;
    await Promise.all([...loads, watching]);
    for (const node of nodes) await node.stopServer();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(50);
  });
});

describe('starting', () => {
  /** Exits with another code than 0 and says one sentence that matches. */
  async function refuses(settings: Readonly<Record<string, string>>, sentence: RegExp, port = 0): Promise<void> {
    const served = new Served(settings, port);
    expect([await served.exitCode(), served.output]).toEqual([expect.any(Number), expect.stringMatching(sentence)]);
    expect(served.process.exitCode).not.toBe(0);
    expect(served.output).not.toContain('    at ');
  }

  it('shows the password that it made, once', async () => {
    const server = await sharedPostgresql();
    const fresh = await mkdtemp(join(tmpdir(), 'headgate-first-'));
    const settings = {
      DATABASE_URL: server.url(await server.createDatabase()),
      HEADGATE_DATA_DIR: fresh,
      HEADGATE_ADMIN_PASSWORD: '',
    };
    const outputs: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      const served = new Served(settings);
      await served.url();
      served.process.kill('SIGTERM');
      expect(await served.exitCode()).toBe(0);
      outputs.push(served.output);
    }
    await rm(fresh, { recursive: true });
    expect(outputs[0]).toMatch(/The first administrator is "admin" with the password \S{12,}/);
    expect(outputs[1]).not.toContain('password');
  });

  it('refuses a data folder in use', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headgate-twice-'));
    await prepareMigrated(folder);
    const first = new Served({ HEADGATE_DATA_DIR: folder });
    await first.url();
    await refuses({ HEADGATE_DATA_DIR: folder }, /in use/);
    first.process.kill('SIGTERM');
    expect(await first.exitCode()).toBe(0);
    await rm(folder, { recursive: true });
  });

  it('refuses a taken port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    await refuses(onServer(), new RegExp(`Port ${port} .* is taken`), port);
    taken.close();
  });

  it('refuses a data folder that is a file', async () => {
    const file = join(dataDir, 'a-file');
    await writeFile(file, '');
    await refuses({ ...onServer(), HEADGATE_DATA_DIR: file }, /a-file cannot be used .* --data-dir/);
  });

  it('refuses a missing, a short and a wrong key, an unreachable and a newer store', async () => {
    const other = await mkdtemp(join(tmpdir(), 'headgate-key-'));
    await refuses({ ...onServer(), HEADGATE_DATA_DIR: other }, /key/i);
    await refuses({ ...onServer(), HEADGATE_MASTER_KEY: 'c2hvcnQ=' }, /32 bytes/);
    await refuses({ ...onServer(), HEADGATE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }, /key/i);
    await writeFile(join(other, 'master.key'), Buffer.alloc(32, 9).toString('base64'), { mode: 0o600 });
    await refuses({ ...onServer(), HEADGATE_DATA_DIR: other }, /key/i);
    await refuses({ HEADGATE_DATA_DIR: other, DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/x' }, /store|database/i);
    const server = await sharedPostgresql();
    const name = await server.createDatabase();
    const newer = { ...onServer(), DATABASE_URL: server.url(name) };
    await server.execute(
      `create table headgate_migration (name varchar(255) primary key, timestamp varchar(255) not null);
       insert into headgate_migration values ('9999_future', '2099-01-01T00:00:00.000Z')`,
      name,
    );
    await refuses(newer, /newer/);
    await rm(other, { recursive: true });
  });
});
