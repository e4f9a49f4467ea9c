/**
 * Directus as a reference for the control plane: two plain tables on the bench's PostgreSQL server, its own REST API, a static
 * token of its administrator. It is installed by whoever wants the comparison, in a folder of its own: `npm i directus`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Bench } from './bench.ts';
import { request } from './load.ts';

const email = 'admin@example.com';
const password = 'bench directus password';
const token = 'bench-directus-static-token';
const startWithinMs = 120_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export class Directus {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #shares: number;

  private constructor(port: number, child: ChildProcess, shares: number) {
    this.port = port;
    this.#process = child;
    this.#shares = shares;
  }

  /** Bootstraps a database of its own with `sources` rows of `people` shares each, and serves it. */
  static async start(folder: string, bench: Bench, sources: number, people: number): Promise<Directus> {
    const database = await bench.postgresql.createDatabase('directus');
    const url = new URL(bench.postgresql.url(database));
    const port = await freePort();
    const env = {
      ...process.env,
      DB_CLIENT: 'pg',
      DB_HOST: url.hostname,
      DB_PORT: url.port,
      DB_DATABASE: database,
      DB_USER: decodeURIComponent(url.username),
      DB_PASSWORD: decodeURIComponent(url.password),
      SECRET: 'bench secret',
      ADMIN_EMAIL: email,
      ADMIN_PASSWORD: password,
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'error',
      TELEMETRY: 'false',
    };
    const cli = join(folder, 'node_modules', 'directus', 'cli.js');
    await promisify(execFile)(process.execPath, [cli, 'bootstrap'], { cwd: folder, env, timeout: startWithinMs });
    await fill(url.href, sources, people);
    const child = spawn(process.execPath, [cli, 'start'], { cwd: folder, env, stdio: 'ignore' });
    const directus = new Directus(port, child, sources * people);
    try {
      await directus.#ready();
    } catch (error) {
      await directus.stop();
      throw error;
    }
    return directus;
  }

  /** Changes one share's list. */
  readonly changeShare = (index: number): Buffer =>
    request('PATCH', `/items/bench_share/${1 + (index % this.#shares)}`, {
      token,
      body: { permissions: index % 2 === 0 ? [2, 3, 4, 5] : [2, 3, 5] },
    });

  /** All sources with how many shares each has. */
  readonly list = (): Buffer =>
    request('GET', '/items/bench_source?limit=-1&fields=id,name,description,is_group,count(shares)', { token });

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + startWithinMs;
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${this.port}/server/ping`).catch(() => null);
      if (answer?.ok) return;
      if (performance.now() > deadline || this.#process.exitCode !== null) throw new Error('Directus did not start.');
      await pause(200);
    }
  }
}

async function fill(url: string, sources: number, people: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create table bench_source (id serial primary key, name text not null, description text, is_group boolean not null default false);
      create table bench_share (id serial primary key, source integer not null references bench_source (id), user_id integer not null,
        permissions json not null);
      insert into bench_source (name, description) select 'hdp_' || i, 'Source ' || i from generate_series(1, ${sources}) i;
      insert into bench_share (source, user_id, permissions)
        select s, u, '[2,3,5]' from generate_series(1, ${sources}) s, generate_series(1, ${people}) u;
      create index bench_share_by_source on bench_share (source);
      insert into directus_collections (collection) values ('bench_source'), ('bench_share');
      insert into directus_relations (many_collection, many_field, one_collection, one_field)
        values ('bench_share', 'source', 'bench_source', 'shares');
      insert into directus_fields (collection, field, special) values ('bench_source', 'shares', 'o2m');
      update directus_users set token = '${token}' where email = '${email}'`);
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}
