/**
 * A3: what is withdrawn on one node ends on the other within a second. J4: what nobody waits for any more leaves the
 * database within two seconds, ten statements at a time.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { finalJob, registerSource, sampleDatabase } from '../rest/fixture.ts';
import { sharedMariadb, sharedPostgresql } from '../servers/shared.ts';
import { Gate } from './gate.ts';
import { HeadgateNode } from './node.ts';

const trials = 10;
let first: Headgate;
/** Another node: a process of its own, because nodes in one process would hear of changes without the store. */
let second: HeadgateNode;
/** Between the second node and the store. */
let gate: Gate;

beforeAll(async () => {
  // Room for all statements of a trial at once.
  const settings = { HEADGATE_SOURCE_POOL_SIZE: String(trials + 2), HEADGATE_JOB_CONCURRENCY: String(trials) };
  first = await startHeadgate({ settings });
  await registerSource(first, 'shared', await sampleDatabase());
  await first.createUser('carl');
  gate = new Gate(await sharedPostgresql());
  await gate.open();
  const url = new URL(first.at.databaseUrl ?? '');
  url.port = String(gate.port);
  second = await HeadgateNode.start({
    DATABASE_URL: url.href,
    HEADGATE_DATA_DIR: first.at.dataDir,
    HEADGATE_JOB_CONCURRENCY: '0',
  });
});
afterAll(async () => {
  gate?.cut();
  await second?.kill();
  await first?.stop();
});

/** Asks until the answer has this status; gives when after `since`, in ms, the last request began that was let in. */
async function lastLetIn(status: number, since: number, ask: () => Promise<Answer>): Promise<number> {
  let last = 0;
  for (;;) {
    const started = performance.now() - since;
    const answer = await ask();
    if (answer.status === status) return last;
    expect(answer.status, answer.text).toBe(200);
    last = started;
    expect(last, 'still let in').toBeLessThan(5_000);
  }
}

describe('A3', () => {
  const select = { sql: 'select 1 as one' };

  /** Shares with carl and takes it back on the first node, while he queries on the second. Gives how late he was refused. */
  async function withdraw(): Promise<number> {
    const share = '/sources/shared/shares/users/carl';
    const query = () => second.api('POST', '/sources/shared/query', select, { token: first.token('carl') });
    expect((await first.api('PUT', share, { permissions: ['view', 'sql'] })).status).toBe(201);
    await expect.poll(async () => (await query()).status).toBe(200);
    expect((await query()).status).toBe(200); // by now from memory
    expect((await first.api('DELETE', share)).status).toBe(204);
    const late = await lastLetIn(404, performance.now(), query);
    expect((await query()).status).toBe(404);
    return late;
  }

  it('a share that was withdrawn on one node opens nothing on the other', async () => {
    for (let round = 0; round < 5; round += 1) expect(await withdraw()).toBeLessThan(1_000);
  });

  it('a token and a session that ended on one node open nothing on the other', async () => {
    const made = await first.api('POST', '/tokens', { name: 'robot' });
    const session = await first.signIn('carl', 'carl-password-1');
    const ended = [
      { token: made.body.token, end: () => first.api('DELETE', `/tokens/${made.body.id}`) },
      { token: session, end: () => first.api('DELETE', '/sessions/current', undefined, { as: 'carl' }) },
    ];
    for (const { token, end } of ended) {
      const me = () => second.api('GET', '/me', undefined, { token });
      expect((await me()).status).toBe(200);
      expect((await end()).status).toBe(204);
      expect(await lastLetIn(401, performance.now(), me)).toBeLessThan(1_000);
    }
    await first.signIn('carl', 'carl-password-1');
  });

  it('the same holds on a node that hears of nothing', async () => {
    expect(gate.holdNotifications()).toBeGreaterThan(0);
    const lates: number[] = [];
    for (let round = 0; round < 3; round += 1) lates.push(await withdraw());
    expect(Math.max(...lates)).toBeLessThan(1_000);
    // Else the notifications came through after all, and this showed nothing.
    expect(Math.max(...lates), 'served from memory for a while').toBeGreaterThan(0);
  });
});

/** One engine's words, and its own list of what it runs. */
interface Backend {
  readonly source: string;
  computing(mark: string): string;
  streaming(mark: string): string;
  /** How many statements with this mark the database is at. */
  statements(mark: string): Promise<number>;
}

const postgresql: Backend = {
  source: 'on-postgresql',
  computing: (mark) => `select '${mark}' as mark, pg_sleep(600)`,
  // Not in FROM: there the server would make all rows before it sends the first.
  streaming: (mark) => `select '${mark}' as mark, generate_series(1, 100000000) as n, repeat('x', 500) as filler`,
  async statements(mark) {
    const [row] = await (await sharedPostgresql()).execute(
      `select count(*)::int as n from pg_stat_activity
       where query like '%${mark}%' and state <> 'idle' and pid <> pg_backend_pid()`,
    );
    return Number(row?.n);
  },
};
const mariadb: Backend = {
  source: 'on-mariadb',
  // Not SLEEP: its sleepers share a lock, for which a KILL waits up to two seconds when several end at once.
  computing: (mark) => `select '${mark}' as mark, count(*) as n from seq_1_to_1000000000000 where seq % 7 = 8`,
  streaming: (mark) => `select '${mark}' as mark, seq, repeat('x', 500) as filler from seq_1_to_100000000`,
  async statements(mark) {
    const text = await (await sharedMariadb()).execute(
      `select concat('n=', count(*)) from information_schema.processlist where info like '%${mark}%' and id <> connection_id()`,
    );
    return Number(/n=(\d+)/.exec(text)?.[1]);
  },
};

async function registerMariadb(): Promise<void> {
  const server = await sharedMariadb();
  const database = await server.createDatabase();
  const password = randomBytes(12).toString('hex');
  const username = `reader_${randomBytes(4).toString('hex')}`;
  await server.execute(
    `create user '${username}'@'%' identified by '${password}'; grant select on \`${database}\`.* to '${username}'@'%';`,
  );
  const { host, port } = server;
  const body = { name: mariadb.source, engine: 'mysql', host, port, database, username, password };
  const created = await first.api('POST', '/sources', { ...body, tls: { mode: 'prefer' } });
  expect(created.status, created.text).toBe(201);
}

describe.each([postgresql, mariadb])('J4 $source', (backend) => {
  beforeAll(async () => {
    if (backend === mariadb) await registerMariadb();
    else await registerSource(first, backend.source, await sampleDatabase());
  });

  const path = `/sources/${backend.source}/query`;
  const newMark = (): string => `mark_${randomBytes(6).toString('hex')}`;
  const each = <T>(make: () => T): T[] => Array.from({ length: trials }, make);
  const allRun = (mark: string) => expect.poll(() => backend.statements(mark), { timeout: 20_000 }).toBe(trials);
  /** Looks until none is left; fails with what it saw (milliseconds: statements) when one outlives two seconds. */
  async function allGone(mark: string): Promise<void> {
    const since = performance.now();
    const seen: string[] = [];
    for (;;) {
      const looked = performance.now() - since;
      const count = await backend.statements(mark);
      seen.push(`${Math.round(looked)}: ${count}`);
      if (count === 0 || looked > 10_000) {
        expect(looked, seen.join(', ')).toBeLessThan(2_000);
        return;
      }
    }
  }
  const stillWorks = async () =>
    expect((await first.api('POST', path, { sql: 'select 1 as one' })).text).toBe('{"one":1}\n');

  it('a client that goes away while the database computes', async () => {
    const mark = newMark();
    const gone = new AbortController();
    const asked = each(() =>
      first
        .api('POST', path, { sql: backend.computing(mark) }, { signal: gone.signal })
        .catch((error: Error) => error.name),
    );
    await allRun(mark);
    gone.abort();
    await allGone(mark);
    expect(await Promise.all(asked)).toEqual(each(() => 'AbortError'));
    await stillWorks();
  });

  it('a client that goes away in the middle of a result', async () => {
    const mark = newMark();
    const gone = new AbortController();
    const begun = each(async () => {
      const response = await fetch(`${first.url}/api/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${first.token('admin')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ sql: backend.streaming(mark) }),
        signal: gone.signal,
      });
      expect(response.status).toBe(200);
      const { value } = await response.body!.getReader().read(); // a 200 of a query has a body
      expect(value?.length).toBeGreaterThan(0);
    });
    await Promise.all(begun);
    expect(await backend.statements(mark)).toBe(trials);
    gone.abort();
    await allGone(mark);
    await stillWorks();
  });

  it('a query that is cancelled', async () => {
    const mark = newMark();
    const asked = each(() => first.api('POST', path, { sql: backend.computing(mark) }));
    await allRun(mark);
    const { items } = (await first.api('GET', '/queries')).body;
    const running = (items as { id: string; state: string }[]).filter((query) => query.state === 'running');
    expect(running).toHaveLength(trials);
    const cancelled = await Promise.all(running.map(({ id }) => first.api('DELETE', `/queries/${id}`)));
    for (const answer of cancelled) expect(answer.status, answer.text).toBeLessThan(300);
    await allGone(mark);
    for (const answer of await Promise.all(asked)) {
      expect([answer.status, answer.body.code], answer.text).toEqual([expect.any(Number), 'query_cancelled']);
    }
    await stillWorks();
  });

  it('an export job that is cancelled, also on another node', async () => {
    const mark = newMark();
    const job = { kind: 'export', source: backend.source, sql: backend.computing(mark), format: 'csv' };
    const jobs = await Promise.all(each(() => first.api('POST', '/jobs', job)));
    await allRun(mark);
    await Promise.all(
      jobs.map(async ({ body }, index) => {
        const answer = await (index % 2 === 0 ? first : second).api('POST', `/jobs/${body.id}/cancel`);
        expect(answer.status, answer.text).toBe(200);
      }),
    );
    await allGone(mark);
    for (const { body } of jobs) expect((await finalJob(first, body.id)).status).toBe('cancelled');
    await stillWorks();
  });
});
