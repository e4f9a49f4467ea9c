/** Accounts, named secrets, catalogs and discovery over the native door and the command line. */
import { unzipSync } from 'fflate';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { finalJob, registerSource, type SampleDatabase, sampleDatabase } from './fixture.ts';

let headgate: Headgate;
let sample: SampleDatabase;
/** The clock stands still between the tests that move it. */
let ahead = 0;
const names = ['anna', 'bert', 'carla', 'dora', 'emil'];
const clock = { now: () => new Date(Date.now() + ahead) };

beforeAll(async () => {
  headgate = await startHeadgate({
    settings: {
      HEADGATE_JOB_REAP_SECONDS: '1',
      HEADGATE_JOB_HEARTBEAT_SECONDS: '1',
      // A source takes one connection at a time: crawls and discoveries wait for it like everybody (J6).
      HEADGATE_SOURCE_POOL_SIZE: '1',
      HEADGATE_SOURCE_WAIT_MS: '100',
    },
    overrides: { clock },
  });
  sample = await sampleDatabase();
  const values = names.map((name, index) => `(${index}, '${name}@example.org', 'PN-${1000 + index}', ${index * 7})`);
  await sample.execute(
    `create table contact (id int primary key, email text, staff text, amount int);
     comment on column contact.email is 'where to write';
     insert into contact values ${values.join(',')};
     create table later (id int primary key, email text); insert into later values (1, 'z@example.org');
     grant select on contact, later to ${sample.username}`,
  );
  await headgate.createUser('owner');
  await headgate.createUser('reader');
  await registerSource(headgate, 'shop', sample, 'owner');
});
afterAll(() => headgate?.stop());

const api = (method: string, path: string, body?: unknown, as?: string, headers: Record<string, string> = {}) =>
  headgate.api(method, path, body, { ...(as === undefined ? {} : { as }), headers });
/** The body of a call that must succeed. */
async function ok(method: string, path: string, body?: unknown, as?: string): Promise<Answer['body']> {
  const answer = await api(method, path, body, as);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}
const refused = async (method: string, path: string, body?: unknown, as?: string): Promise<[number, string]> => {
  const answer = await api(method, path, body, as);
  return [answer.status, answer.body.code];
};
const place = (table: string): string => `${sample.database}.public.${table}`;
const tablePath = (table: string): string => `/sources/shop/catalog/tables/${place(table)}`;

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('It did not come about in time.');
}
const lastRun = async (job: number) => (await ok('GET', `/discovery/jobs/${job}/runs?limit=1`)).items[0];
const runEnds = (job: number, state: string) =>
  until(async () => {
    const run = await lastRun(job);
    return run?.state === state ? run : undefined;
  });

describe('accounts and secrets', () => {
  it('are made, listed and deleted by those with permission 104', async () => {
    expect(await refused('GET', '/accounts', undefined, 'owner')).toEqual([403, 'permission_missing']);
    const made = await api('POST', '/accounts', { id: 'Tc-9', provider: 'tencent', region: 'ap-guangzhou-1' });
    expect([made.status, made.headers.get('location')]).toEqual([201, '/api/v1/accounts/Tc-9']);
    expect(made.body).toMatchObject({ id: 'Tc-9', provider: 'tencent', sources: 0, catalogued: 0, builtin: false });
    expect(await refused('POST', '/accounts', { id: 'tc-9', provider: 'google', region: 'x' })).toEqual([
      409,
      'account_exists',
    ]);
    expect(await refused('POST', '/accounts', { id: 'a', provider: 'aws' })).toEqual([409, 'account_not_installed']);
    expect(await refused('POST', '/accounts', { id: 'a', provider: 'tencent' })).toEqual([400, 'region_missing']);
    expect(await refused('POST', '/accounts', { id: 'headgate', provider: 'tencent', region: 'x' })).toEqual([
      400,
      'account_reserved',
    ]);
    const { items } = await ok('GET', '/accounts?limit=1');
    const rest = await ok('GET', `/accounts?cursor=${(await ok('GET', '/accounts?limit=1')).nextCursor}`);
    expect([...items, ...rest.items]).toMatchObject([
      { id: 'headgate', provider: 'jdbc-proxy', builtin: true, sources: 1, createdAt: null },
      { id: 'Tc-9' },
    ]);
    expect((await ok('GET', '/accounts?provider=google')).items).toEqual([]);
    expect(await refused('DELETE', '/accounts/headgate')).toEqual([400, 'account_builtin']);
    expect((await api('DELETE', '/accounts/TC-9')).status).toBe(204);
    expect(await refused('GET', '/accounts/tc-9')).toEqual([404, 'account_not_found']);
    expect((await ok('GET', '/providers')).items[1]).toMatchObject({ name: 'tencent', title: 'Tencent Cloud' });
  });

  it('hold logins that are never shown again', async () => {
    const pair = { username: 'loader', password: 'pw-of-the-loader' };
    expect(await refused('PUT', '/secrets/loader', pair, 'owner')).toEqual([403, 'permission_missing']);
    const made = await api('PUT', '/secrets/loader', pair);
    expect(made.body).toEqual({ name: 'loader', username: 'loader', updatedAt: expect.any(String) });
    expect((await ok('GET', '/secrets')).items).toMatchObject([{ name: 'loader', username: 'loader' }]);
    expect((await api('DELETE', '/secrets/loader')).status).toBe(204);
    expect(await refused('GET', '/secrets/loader')).toEqual([404, 'secret_not_found']);
  });
});

describe('the catalog of a source', () => {
  it('is read by a crawl and shown to those who may see the source', async () => {
    expect(await refused('GET', '/sources/shop/catalog', undefined, 'owner')).toEqual([404, 'catalog_missing']);
    const crawl = await api('POST', '/sources/shop/catalog/crawls', undefined, 'owner');
    expect([crawl.status, crawl.body.kind]).toEqual([202, 'crawl']);
    expect((await finalJob(headgate, crawl.body.id, 'owner')).status).toBe('succeeded');
    expect(await refused('POST', `/jobs/${crawl.body.id}/retry`, undefined, 'owner')).toEqual([409, 'job_succeeded']);
    const overview = await ok('GET', '/sources/shop/catalog', undefined, 'owner');
    expect(overview).toMatchObject({ source: 'shop', tables: 3, columns: 8, privacy: 'unknown', labels: [] });
    const { items } = await ok('GET', '/sources/shop/catalog/tables?q=email', undefined, 'owner');
    expect(items.map((one: { name: string }) => one.name)).toEqual([place('contact'), place('later')]);
    expect(items[0]).toMatchObject({ schema: 'public', table: 'contact', columns: 4, keys: { primaryKey: ['id'] } });
    const columns = await ok('GET', `${tablePath('contact')}/columns?limit=2`, undefined, 'owner');
    expect(columns.items).toMatchObject([
      { name: 'id', position: 1, privacy: 'unknown', samples: [] },
      { name: 'email', comment: 'where to write', identifiers: [] },
    ]);
    const rest = await ok('GET', `${tablePath('contact')}/columns?cursor=${columns.nextCursor}`, undefined, 'owner');
    expect(rest.items.map((one: { name: string }) => one.name)).toEqual(['staff', 'amount']);
    for (const path of ['/sources/shop/catalog', tablePath('contact'), `${tablePath('contact')}/columns`]) {
      expect(await refused('GET', path, undefined, 'reader')).toEqual([404, 'source_not_found']);
    }
  });

  it('is corrected by those who may change the source, on the version that they read', async () => {
    await ok('PUT', '/sources/shop/shares/users/reader', { permissions: ['view'] }, 'owner');
    const column = `${tablePath('contact')}/columns/amount`;
    expect(await refused('PATCH', column, { identifiers: ['MONEY'] }, 'reader')).toEqual([403, 'permission_missing']);
    const changed = await api('PATCH', column, { identifiers: ['MONEY'], comment: 'in cents' }, 'owner', {
      'if-match': '"v1"',
    });
    expect(changed.headers.get('etag')).toBe('"v2"');
    expect(changed.body).toMatchObject({
      privacy: 'personal',
      comment: 'in cents',
      corrected: true,
      modifiedBy: 'owner',
    });
    const stale = await api('PATCH', column, { comment: 'x' }, 'owner', { 'if-match': '"v1"' });
    expect([stale.status, stale.body.code]).toEqual([412, 'stale_version']);
    expect(await ok('GET', tablePath('contact'), undefined, 'owner')).toMatchObject({
      privacy: 'personal',
      identifiers: ['MONEY'],
    });
    expect(await ok('PATCH', column, { identifiers: [] }, 'owner')).toMatchObject({ privacy: 'none', identifiers: [] });
    expect(await refused('PATCH', `${tablePath('contact')}/columns/nothing`, {}, 'owner')).toEqual([
      404,
      'column_not_found',
    ]);
    expect((await ok('POST', '/catalog/labels', { name: 'Finance' })).used).toBe(0);
    expect(await refused('POST', '/catalog/labels', { name: 'finance' })).toEqual([409, 'label_exists']);
    expect(await refused('PATCH', tablePath('later'), { labels: ['nothing'] }, 'owner')).toEqual([
      400,
      'label_unknown',
    ]);
    expect(await ok('PATCH', tablePath('later'), { labels: ['finance'] }, 'owner')).toMatchObject({
      labels: ['Finance'],
      corrected: false,
    });
    const labelled = await ok('GET', '/sources/shop/catalog/tables?label=finance', undefined, 'reader');
    expect(labelled.items).toMatchObject([{ name: place('later') }]);
    expect((await ok('GET', '/catalog/labels')).items).toMatchObject([{ name: 'Finance', used: 1 }]);
    // Samples take the right to extract.
    const seen = await ok('GET', `${tablePath('contact')}/columns`, undefined, 'reader');
    expect(seen.items[3]).toMatchObject({ name: 'amount', samples: null });
  });

  it('tells what differs at the next reading, and keeps what people said', async () => {
    await sample.execute(`alter table contact alter column amount type bigint; alter table later add column more int`);
    const { id } = await ok('POST', '/sources/shop/catalog/crawls', undefined, 'owner');
    await finalJob(headgate, id, 'owner');
    const { items } = await ok('GET', '/sources/shop/catalog/drift', undefined, 'owner');
    expect(items).toHaveLength(2);
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ change: 'column_changed', column: 'amount', before: 'integer', after: 'bigint' }),
        expect.objectContaining({ change: 'column_added', table: place('later'), column: 'more' }),
      ]),
    );
    const columns = await ok('GET', `${tablePath('contact')}/columns`, undefined, 'owner');
    expect(columns.items[3]).toMatchObject({ name: 'amount', type: 'bigint', comment: 'in cents', corrected: true });
  });

  it('takes no more connections than the source may have, and waits for one', async () => {
    await ok('PUT', '/sources/shop/shares/users/reader', { permissions: ['view', 'sql'] }, 'owner');
    await sample.execute(`create table gate (id int); grant select on gate to ${sample.username}`);
    const lock = sample.execute('begin; lock table gate in access exclusive mode; select pg_sleep(1.5); commit');
    const held = async (): Promise<number> => {
      const [row] = await sample.execute(
        `select count(*)::int as n from pg_stat_activity where usename = '${sample.username}'`,
      );
      return Number(row?.n);
    };
    const waiting = api('POST', '/sources/shop/query', { sql: 'select * from gate' }, 'owner');
    await until(async () => ((await held()) === 1 ? true : undefined));
    const { id } = await ok('POST', '/sources/shop/catalog/crawls', undefined, 'owner');
    const most: number[] = [];
    const job = finalJob(headgate, id, 'owner');
    let over = false;
    void job.finally(() => {
      over = true;
    });
    while (!over) most.push(await held());
    expect((await job).status).toBe('succeeded');
    expect((await waiting).status).toBe(200);
    expect(Math.max(...most)).toBe(1);
    await lock;
    await sample.execute('drop table gate');
  });
});

let job: number;
describe('discovery', () => {
  it('looks for identifiers of the product and one’s own', async () => {
    const own = {
      name: 'staff number',
      pattern: 'PN-[0-9]{4}',
      headerKeywords: ['staff'],
      properties: ['personal', 's4'],
    };
    const made = await api('POST', '/discovery/identifiers', own);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ builtin: false, properties: ['PERSONAL', 'S4'], inTemplate: false, version: 1 });
    const codes: readonly (readonly [object, number, string])[] = [
      [own, 409, 'identifier_exists'],
      [{ name: 'email', pattern: 'x' }, 409, 'identifier_exists'],
      [{ name: 'a' }, 400, 'identifier_empty'],
      [{ name: 'a', pattern: '(?=x)' }, 400, 'invalid_pattern'],
      [{ name: 'a', headerKeywords: [' '] }, 400, 'keyword_empty'],
      [{ name: 'a', pattern: 'x', properties: ['nothing'] }, 400, 'property_unknown'],
    ];
    for (const [body, status, code] of codes) {
      expect([body, await refused('POST', '/discovery/identifiers', body)]).toEqual([body, [status, code]]);
    }
    expect(await refused('PATCH', '/discovery/identifiers/EMAIL', { pattern: 'x' })).toEqual([
      400,
      'identifier_builtin',
    ]);
    expect(
      await ok('PATCH', '/discovery/identifiers/staff%20number', { description: 'of people', pattern: 'PN-[0-9]+' }),
    ).toMatchObject({ description: 'of people', headerKeywords: ['staff'], version: 2 });
    expect(await ok('GET', '/discovery/template')).toMatchObject({ snapshot: 'init', identifiers: 0 });
    const template = await ok('POST', '/discovery/template/add', { identifiers: ['EMAIL', 'staff number'] });
    expect(template).toMatchObject({ snapshot: expect.stringMatching(/^\d{14}$/), identifiers: 2 });
    expect((await ok('POST', '/discovery/template/add', { identifiers: ['email'] })).identifiers).toBe(2);
    expect(await refused('DELETE', '/discovery/identifiers/staff%20number')).toEqual([409, 'identifier_in_use']);
    expect((await ok('GET', '/discovery/identifiers?inTemplate=true')).items).toMatchObject([
      { name: 'EMAIL', builtin: true },
      { name: 'staff number' },
    ]);
    expect((await ok('POST', '/discovery/template/add', { identifiers: 'all' })).identifiers).toBeGreaterThan(260);
    expect((await ok('POST', '/discovery/template/remove', { identifiers: 'all' })).identifiers).toBe(0);
    await ok('POST', '/discovery/template/add', { identifiers: ['EMAIL', 'staff number'] });
  });

  it('is defined by names, and shown as it was defined', async () => {
    expect(await refused('POST', '/discovery/jobs', { name: 'x' }, 'owner')).toEqual([403, 'permission_missing']);
    expect(await refused('POST', '/discovery/jobs', { name: 'x', sources: [{ source: 'nothing' }] })).toEqual([
      404,
      'source_not_found',
    ]);
    for (const cron of ['often', '0 3 * *', '0 3 * * 9', 'cron(0 3 * * ? *)', '0 0 3 * * *']) {
      expect([cron, await refused('POST', '/discovery/jobs', { name: 'x', cron })]).toEqual([
        cron,
        [400, 'invalid_cron'],
      ]);
    }
    const wanted = {
      name: 'nightly',
      description: 'people',
      sources: [{ source: 'shop', tables: ['contact', 'public.later'] }],
      provider: 'jdbc-proxy',
      cron: '30 3 * * 1-5',
      depth: 50,
      threshold: 0.5,
      changedOnly: false,
      overwrite: false,
      includeKeywords: ['secret'],
      excludeKeywords: ['internal'],
    };
    const { id, ...made } = await ok('POST', '/discovery/jobs', wanted);
    expect(made).toMatchObject({
      ...wanted,
      sources: [{ source: 'shop', account: 'headgate', instance: 'shop', tables: ['contact', 'public.later'] }],
      state: 'scheduled',
      version: 1,
    });
    expect(made.nextRunAt).toMatch(/T03:30:00.000Z$/);
    const path = `/discovery/jobs/${id}`;
    const stale = await api('PATCH', path, { depth: 10 }, undefined, { 'if-match': '"v7"' });
    expect(stale.status).toBe(412);
    expect(
      await ok('PATCH', path, { cron: null, provider: null, sources: [{ source: 'shop' }], excludeKeywords: [] }),
    ).toMatchObject({
      state: 'ready',
      cron: null,
      nextRunAt: null,
      provider: null,
      version: 2,
      depth: 50,
      excludeKeywords: [],
    });
    expect(await refused('POST', `${path}/disable`)).toEqual([409, 'discovery_not_scheduled']);
    expect(await refused('POST', `${path}/pause`)).toEqual([409, 'discovery_not_running']);
    expect(await refused('POST', `${path}/resume`)).toEqual([409, 'discovery_not_paused']);
    expect(await refused('GET', '/discovery/runs/999999')).toEqual([404, 'run_not_found']);
    job = id;
  });

  it('says how far it is, table by table, and what it found', async () => {
    await ok('POST', `/discovery/jobs/${job}/start`);
    const run = await runEnds(job, 'completed');
    expect(run).toMatchObject({
      sources: { total: 1, done: 1, failed: 0 },
      tables: { total: 3, done: 3 },
      columnsFound: 3,
    });
    const path = `/discovery/runs/${run.id}`;
    expect((await ok('GET', `${path}/sources`)).items).toMatchObject([
      { source: 'shop', state: 'succeeded', tables: { total: 3, done: 3 }, error: null },
    ]);
    expect((await ok('GET', `${path}/tables`)).items).toMatchObject([
      { table: place('contact'), rows: 5, columnsFound: 2, error: null },
      { table: place('later'), rows: 1, columnsFound: 1 },
      { table: place('people'), rows: 3, columnsFound: 0 },
    ]);
    const first = await ok('GET', `${path}/findings?limit=1`);
    expect(first.items).toMatchObject([
      { source: 'shop', table: place('contact'), column: 'email', identifiers: [{ name: 'EMAIL', score: 1 }] },
    ]);
    expect(first.items[0].samples[0]).toMatch(/^[a-z]+@.*\*+$/);
    expect((await ok('GET', `${path}/findings?cursor=${first.nextCursor}`)).items).toHaveLength(2);
    const csv = await api('GET', `${path}/report?format=csv`);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(csv.text.split('\r\n')[1]).toContain(`${place('contact')},email`);
    const workbook = await fetch(`${headgate.url}/api/v1${path}/report`, {
      headers: { authorization: `Bearer ${headgate.token('admin')}` },
    });
    expect(Object.keys(unzipSync(new Uint8Array(await workbook.arrayBuffer())))).toContain('xl/workbook.xml');
    expect(await ok('GET', tablePath('contact'), undefined, 'owner')).toMatchObject({
      privacy: 'personal',
      identifiers: ['EMAIL', 'staff number'],
    });
  });

  it('queues findings for review, and keeps the verdict', async () => {
    const { items } = await ok('GET', '/discovery/findings?state=pending&source=shop');
    expect(items.map((one: { column: string }) => one.column).sort()).toEqual(['email', 'email', 'staff']);
    const idOf = (table: string, column: string): number =>
      items.find((one: { table: string; column: string }) => one.table === place(table) && one.column === column).id;
    const [right, wrong] = [idOf('contact', 'email'), idOf('contact', 'staff')];
    expect(
      await refused('POST', '/discovery/findings/review', { findings: [right, 999_999], verdict: 'accepted' }),
    ).toEqual([404, 'finding_not_found']);
    await ok('POST', '/discovery/findings/review', { findings: [right], verdict: 'accepted' });
    const rejected = await ok('POST', '/discovery/findings/review', { findings: [wrong], verdict: 'rejected' });
    expect(rejected.items).toMatchObject([
      { state: 'rejected', reviewedBy: 'admin', identifiers: [{ name: 'staff number' }] },
    ]);
    expect((await ok('GET', '/discovery/findings?state=pending')).items).toMatchObject([{ table: place('later') }]);
    expect((await ok('GET', '/discovery/findings?identifier=staff%20number')).items).toMatchObject([{ id: wrong }]);
    expect(await refused('GET', '/discovery/findings', undefined, 'owner')).toEqual([403, 'permission_missing']);
    expect(await ok('GET', tablePath('contact'), undefined, 'owner')).toMatchObject({ identifiers: ['EMAIL'] });
    await ok('POST', `/discovery/jobs/${job}/start`);
    const run = await runEnds(job, 'completed');
    expect(run.columnsFound).toBe(3); // the run tells what it found, the catalog what people said of it
    const columns = await ok('GET', `${tablePath('contact')}/columns`, undefined, 'owner');
    expect(columns.items).toMatchObject([
      {},
      { name: 'email', review: 'accepted', privacy: 'personal' },
      { name: 'staff', review: 'rejected', privacy: 'none', identifiers: [] },
      {},
    ]);
    // Whoever changes their mind says so.
    const turned = await ok('POST', '/discovery/findings/review', { findings: [wrong], verdict: 'accepted' });
    expect(turned.items).toMatchObject([{ state: 'accepted', identifiers: [{ name: 'staff number' }] }]);
  });
});

/** Keeps a table from being read while `during` runs. */
async function whileLocked(table: string, during: () => Promise<void>): Promise<void> {
  await sample.execute(`alter table ${table} rename to ${table}_hidden; create view ${table} as
    select id, email, pg_sleep((select seconds from pace))::text as slow from ${table}_hidden;
    grant select on ${table} to ${sample.username}`);
  try {
    await during();
  } finally {
    await sample.execute(`drop view ${table}; alter table ${table}_hidden rename to ${table}`);
  }
}

describe('a run', () => {
  const firstTable = async (run: number) =>
    (await ok('GET', `/discovery/runs/${run}/tables`)).items.find(
      (one: { table: string }) => one.table === place('contact'),
    );

  /** Resolves once the slow table is being read. */
  const isSlow = () =>
    until(async () => {
      const rows = await sample.execute(
        `select 1 from pg_stat_activity where usename = '${sample.username}' and wait_event = 'PgSleep'`,
      );
      return rows.length > 0 ? true : undefined;
    });

  beforeAll(async () => {
    await sample.execute(
      `create table pace (seconds float8 not null); insert into pace values (3600);
       grant select on pace to ${sample.username}`,
    );
  });

  it('is laid aside and taken up where it was', async () => {
    await whileLocked('later', async () => {
      await ok('POST', `/discovery/jobs/${job}/start`);
      const { id } = await lastRun(job);
      await isSlow();
      expect(await firstTable(id)).toMatchObject({ table: place('contact') });
      expect((await ok('POST', `/discovery/jobs/${job}/pause`)).state).toMatch(/stopping|paused/);
      await runEnds(job, 'paused');
      expect((await ok('GET', `/discovery/jobs/${job}`)).state).toBe('paused');
      expect(await refused('POST', `/discovery/jobs/${job}/pause`)).toEqual([409, 'discovery_not_running']);
      await sample.execute('update pace set seconds = 0; delete from contact where id = 4');
      expect((await ok('POST', `/discovery/jobs/${job}/resume`)).state).toBe('running');
      const run = await runEnds(job, 'completed');
      expect(run.id).toBe(id);
      // Read before the pause, and not again after it.
      expect(await firstTable(id)).toMatchObject({ rows: 5 });
    });
  });

  it('goes on behind the tables that are through when its worker is lost', async () => {
    await sample.execute('update pace set seconds = 3600');
    await whileLocked('later', async () => {
      await ok('POST', `/discovery/jobs/${job}/start`);
      const { id, workJob } = await lastRun(job);
      await isSlow();
      expect(await firstTable(id)).toMatchObject({ table: place('contact') });
      await sample.execute('delete from contact where id = 3; update pace set seconds = 0');
      // What a killed process leaves behind: a running attempt whose heartbeat is long ago.
      await until(async () => {
        await sql`update job set heartbeat_at = now() - interval '1 hour' where uid = ${workJob}::uuid and attempt = 1`.execute(
          headgate.app.store.db,
        );
        return (await ok('GET', `/jobs/${workJob}`)).attempt === 2 ? true : undefined;
      });
      const run = await runEnds(job, 'completed');
      expect(run.id).toBe(id);
      expect(await firstTable(id)).toMatchObject({ rows: 4 });
    });
  });

  it('starts when its time has come', async () => {
    const { id } = await ok('POST', '/discovery/jobs', {
      name: 'hourly',
      sources: [{ source: 'shop', tables: ['people'] }],
      cron: '0 * * * *',
      changedOnly: false,
    });
    expect((await ok('GET', `/discovery/jobs/${id}/runs`)).items).toEqual([]);
    expect((await ok('POST', `/discovery/jobs/${id}/disable`)).state).toBe('paused');
    expect((await ok('POST', `/discovery/jobs/${id}/enable`)).state).toBe('scheduled');
    ahead += 3_600_000;
    const run = await runEnds(id, 'completed');
    expect(run.tables.done).toBe(1);
    const { nextRunAt } = await ok('GET', `/discovery/jobs/${id}`);
    expect(new Date(nextRunAt).getTime()).toBeGreaterThan(clock.now().getTime());
    // A run that is laid aside holds the schedule up; when it is given up, the schedule goes on.
    await sql`update discovery_run set state = 'Paused' where id = ${run.id}`.execute(headgate.app.store.db);
    await sql`update discovery_job set state = 'Paused', next_run_at = null where id = ${id}`.execute(
      headgate.app.store.db,
    );
    const stopped = await ok('POST', `/discovery/jobs/${id}/stop`);
    expect(stopped).toMatchObject({ state: 'scheduled', nextRunAt });
  });
});

describe('the command line', () => {
  it('does the same', async () => {
    const env = { HEADGATE_SERVER: headgate.url, HEADGATE_TOKEN: headgate.token('admin') };
    const run = async (line: string, stdin?: string): Promise<string> => {
      const { code, stdout, stderr } = await runCli(line.split(' '), {
        env,
        ...(stdin === undefined ? {} : { stdin }),
      });
      expect([line, code, stderr]).toEqual([line, 0, expect.not.stringContaining('headgate:')]);
      return stdout;
    };
    expect(await run('account add g-1 --provider google --region asia-east1')).toContain('google');
    expect(await run('account list')).toMatch(/g-1 +google +asia-east1 +0 +0/);
    expect(await run('account rm g-1')).toBe('Account g-1 is deleted.\n');
    expect(await run('secret set loader --username u --password-stdin', 'pw-of-a-loader')).toContain('signs u in');
    expect(await run('secret list')).toContain('loader');
    expect(await run('catalog crawl shop')).toContain('succeeded');
    expect(await run('catalog show shop')).toMatch(/tables: +4/);
    expect(await run('catalog tables shop --privacy personal')).toContain(place('contact'));
    expect(await run(`catalog columns shop ${place('contact')} --samples`)).toContain('EMAIL 1');
    expect(await run(`catalog correct shop ${place('contact')} amount --identifiers MONEY`)).toMatch(/version \d/);
    expect(await run('catalog label add urgent')).toContain('urgent');
    expect(await run(`catalog describe shop ${place('contact')} --labels urgent`)).toContain('version');
    expect(await run('catalog drift shop')).toContain('column_changed');
    expect(await run('discover identifier add badge --pattern B-[0-9]+ --properties S2')).toContain('B-[0-9]+');
    expect(await run('discover template add badge')).toBe('The template holds 3 identifiers.\n');
    expect(await run('discover add again --sources shop --tables contact --all')).toContain('ready');
    const { items } = await ok('GET', '/discovery/jobs?limit=1');
    const started = await run(`discover start ${items[0].id}`);
    expect(started).toMatch(/shop +succeeded +1\/1/);
    const { id } = await lastRun(items[0].id);
    expect(await run(`discover report ${id} --format csv -o -`)).toContain('email');
    expect(await run('discover findings --state pending')).toContain(place('later'));
    const [pending] = (await ok('GET', '/discovery/findings?state=pending')).items;
    expect(await run(`discover reject ${pending.id}`)).toContain('rejected');
    expect(await run(`discover rm ${items[0].id}`)).toContain('deleted');
  });
});
