/**
 * The demo's walk: register, test, share, query, refuse, export, refuse the change while the export runs, find personal data,
 * audit.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresqlServer } from '../../test/servers/postgresql.ts';
import { type Caller, promise } from './caller.ts';
import type { Narrator } from './narrator.ts';
import { type Sample, SHOP_READER } from './sample.ts';

/** Sign-ins that exist only in the demo. */
export const ADMINISTRATOR = { username: 'admin', password: 'demo-admin-harbour' } as const;
export const PEOPLE = [
  { username: 'ana', password: 'demo-ana-meadow', firstName: 'Ana', who: 'owns the source "shop"' },
  { username: 'ben', password: 'demo-ben-lantern', firstName: 'Ben', who: 'her colleague: may view and query it' },
  {
    username: 'cara',
    password: 'demo-cara-pebble',
    firstName: 'Cara',
    who: 'another colleague: nothing is shared with her',
  },
] as const;

export interface Stage {
  readonly caller: Caller;
  readonly narrator: Narrator;
  readonly postgresql: PostgresqlServer;
  readonly sample: Sample;
  /** Where the exported file goes. */
  readonly folder: string;
}

const BEST_CUSTOMERS = `
  SELECT c.name, c.city, count(*) AS orders, sum(p.amount) AS paid
  FROM customers c JOIN orders o ON o.customer_id = c.id JOIN payments p ON p.order_id = o.id
  WHERE c.city = $1 GROUP BY c.id ORDER BY paid DESC LIMIT 5`
  .replace(/\s+/g, ' ')
  .trim();
const ALL_ORDERS =
  'SELECT o.id, o.placed_at, o.status, p.amount, p.method FROM orders o LEFT JOIN payments p ON p.order_id = o.id ORDER BY o.id';
const JOB_DEADLINE_MS = 30_000;

/** What a refusal promises, and the members of its problem that a reader wants. */
const refused = (expect: number, code: string) => ({
  expect,
  code,
  only: ['status', 'code', 'detail', 'remedy', 'holders'],
});

/** Walks through everything once. Throws at the first answer that is not the promised one. */
export async function walk(stage: Stage): Promise<void> {
  await people(stage);
  await register(stage);
  await share(stage);
  await useIt(stage);
  await refusals(stage);
  await exportWhileChanging(stage);
  await discover(stage);
  await audit(stage);
}

async function people({ caller, narrator }: Stage): Promise<void> {
  narrator.step('The administrator signs in and creates three people.');
  await caller.signIn(ADMINISTRATOR.username, ADMINISTRATOR.password);
  for (const { username, password, firstName } of PEOPLE) {
    const body = { username, password, firstName };
    const only = ['username', 'roles', 'status'];
    await caller.call({ method: 'POST', path: '/api/v1/users', user: 'admin', body, expect: 201, only });
  }
}

async function register({ caller, narrator, postgresql, sample }: Stage): Promise<void> {
  narrator.step(
    'Ana signs in and registers the shop database by its URL. The password is sealed and never shown again.',
  );
  await caller.signIn('ana', PEOPLE[0].password);
  const { username, password } = SHOP_READER;
  const url = `postgresql://${username}:${password}@${postgresql.host}:${postgresql.port}/${sample.database}`;
  const created = await caller.call({
    method: 'POST',
    path: '/api/v1/sources',
    user: 'ana',
    body: { name: 'shop', title: 'The shop', url, labels: { team: 'sales' } },
    expect: 201,
    only: ['name', 'engine', 'host', 'port', 'database', 'tls', 'owner', 'visibility', 'credential', 'version'],
  });
  promise(!created.text.includes(password), 'no answer shows the password of a source.');

  narrator.step('She tests the connection, stage by stage.');
  const test = await caller.call({
    method: 'POST',
    path: '/api/v1/sources/shop/test',
    user: 'ana',
    body: {},
    expect: 200,
  });
  promise(test.json.ok === true, 'the connection test passes.');
}

async function share({ caller, narrator }: Stage): Promise<void> {
  narrator.step('She shares it with Ben: he may view it and run SQL, exactly that.');
  await caller.call({
    method: 'PUT',
    path: '/api/v1/sources/shop/shares/users/ben',
    user: 'ana',
    body: { permissions: ['view', 'sql'] },
    expect: 201,
    only: ['subject', 'permissions', 'expiresAt'],
  });
  const path = '/api/v1/sources/shop/access?user=ben&action=source.query';
  await caller.call({ path, user: 'ana', expect: 200, only: ['allowed', 'because'] });
}

async function useIt({ caller, narrator }: Stage): Promise<void> {
  narrator.step('Ben finds the source and queries it through Headgate. He never sees a database password.');
  await caller.signIn('ben', PEOPLE[1].password);
  const list = await caller.call({
    path: '/api/v1/sources',
    user: 'ben',
    expect: 200,
    only: ['name', 'engine', 'owner', 'permissions'],
  });
  promise(list.json.items.length === 1, 'Ben sees one source.');
  const rows = await caller.call({
    method: 'POST',
    path: '/api/v1/sources/shop/query',
    user: 'ben',
    body: { sql: BEST_CUSTOMERS, parameters: ['Oslo'] },
    expect: 200,
  });
  promise(rows.text.trimEnd().split('\n').length === 5, 'the query gives five rows.');
}

async function refusals({ caller, narrator }: Stage): Promise<void> {
  const query = { method: 'POST', path: '/api/v1/sources/shop/query' } as const;
  narrator.step('Ben may not write: the share does not say so.');
  const sql = "UPDATE orders SET status = 'paid' WHERE id = 1";
  await caller.call({ ...query, user: 'ben', body: { sql, write: true }, ...refused(403, 'write_not_permitted') });

  narrator.step('Nor does a write pass as a read, not even for the owner: it has to say that it writes.');
  const hidden = 'WITH gone AS (DELETE FROM payments RETURNING *) SELECT count(*) FROM gone';
  await caller.call({ ...query, user: 'ana', body: { sql: hidden }, ...refused(400, 'write_not_requested') });

  narrator.step('Ben may see the source, so changing it is "forbidden". For Cara it does not exist at all.');
  const change = { title: "Ben's shop" };
  await caller.call({
    method: 'PATCH',
    path: '/api/v1/sources/shop',
    user: 'ben',
    body: change,
    ...refused(403, 'permission_missing'),
  });
  await caller.signIn('cara', PEOPLE[2].password);
  await caller.call({ path: '/api/v1/sources/shop', user: 'cara', ...refused(404, 'source_not_found') });
}

/**
 * The export must still run when the change is tried. A race would make a poor demo, so a lock of our own on one of
 * its tables holds it up for as long as we like.
 */
async function exportWhileChanging({ caller, narrator, postgresql, sample, folder }: Stage): Promise<void> {
  const lock = new pg.Client({ connectionString: postgresql.url(sample.database) });
  await lock.connect();
  try {
    await lock.query('BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE');
    narrator.step('Ana starts an export job. (The demo holds a lock on a table, so that the job has to wait.)');
    const { json: job } = await caller.call({
      method: 'POST',
      path: '/api/v1/jobs',
      user: 'ana',
      body: { kind: 'export', source: 'shop', sql: ALL_ORDERS, format: 'csv' },
      expect: 202,
      only: ['id', 'kind', 'status', 'source', 'format'],
    });
    await jobStatus(caller, job.id, (status) => status === 'running');
    const path = `/api/v1/jobs/${job.id}`;
    await caller.call({ path, user: 'ana', expect: 200, only: ['status', 'startedAt', 'attempt', 'progress'] });

    narrator.step('While it runs, the address of the source must not change under it: refused, with who holds it.');
    const move = { method: 'PATCH', path: '/api/v1/sources/shop', user: 'ana', body: { host: 'localhost' } } as const;
    await caller.call({ ...move, ...refused(409, 'source_in_use') });

    narrator.step('The lock is released, the job ends, and Ana fetches the file.');
    await lock.query('COMMIT');
    const done = await jobStatus(caller, job.id, (status) => status === 'succeeded');
    await caller.call({ path, user: 'ana', expect: 200, only: ['status', 'finishedAt', 'progress', 'outputs'] });
    const [output] = done.outputs;
    const file = await caller.call({ path: `${path}/outputs/${output.name}`, user: 'ana', expect: 200 });
    promise(Buffer.byteLength(file.text) === output.bytes, 'the file is as long as the job says.');
    const saved = join(folder, 'orders.csv');
    await writeFile(saved, file.text);
    narrator.say(`  Saved as ${saved}.`);

    narrator.step('Now nothing uses the source, and the same change passes.');
    await caller.call({ ...move, expect: 200, only: ['name', 'host', 'version'] });
  } finally {
    await lock.end();
  }
}

/** Polls until the job has the wanted status; another final status or the deadline fails the demo. */
async function jobStatus(caller: Caller, id: string, wanted: (status: string) => boolean, user = 'ana') {
  const deadline = performance.now() + JOB_DEADLINE_MS;
  while (true) {
    const { json } = await caller.call({ path: `/api/v1/jobs/${id}`, user, expect: 200, silent: true });
    if (wanted(json.status)) return json;
    const over = json.status === 'failed' || json.status === 'cancelled' || performance.now() > deadline;
    promise(!over, `the job goes on; it is ${json.status}: ${JSON.stringify(json.error ?? null)}`);
    await delay(50);
  }
}

async function discover({ caller, narrator }: Stage): Promise<void> {
  narrator.step('The administrator looks for e-mail addresses in the shop: every table is read, and some rows of it.');
  const admin = { user: 'admin' } as const;
  const add = { method: 'POST', path: '/api/v1/discovery/template/add', body: { identifiers: ['EMAIL'] } } as const;
  await caller.call({ ...admin, ...add, expect: 200, only: ['snapshot', 'identifiers'] });
  const { json: job } = await caller.call({
    ...admin,
    method: 'POST',
    path: '/api/v1/discovery/jobs',
    body: { name: 'addresses', sources: [{ source: 'shop' }] },
    expect: 201,
    only: ['id', 'state', 'depth', 'threshold'],
  });
  const path = `/api/v1/discovery/jobs/${job.id}`;
  await caller.call({ ...admin, method: 'POST', path: `${path}/start`, expect: 200, only: ['state'] });
  const { json: runs } = await caller.call({ ...admin, path: `${path}/runs`, expect: 200, silent: true });
  await jobStatus(caller, runs.items[0].workJob, (status) => status === 'succeeded', 'admin');
  const findings = await caller.call({
    ...admin,
    path: '/api/v1/discovery/findings?state=pending',
    expect: 200,
    only: ['table', 'column', 'identifiers', 'state'],
  });
  promise(
    findings.json.items.length === 1 && findings.json.items[0].column === 'email',
    'the column of e-mail addresses is found, and no other.',
  );
}

async function audit({ caller, narrator }: Stage): Promise<void> {
  narrator.step('Every change and every use was recorded, refused statements too.');
  const path = '/api/v1/audit?resource=shop&limit=8';
  const only = ['at', 'actor', 'action', 'outcome'];
  const { json } = await caller.call({ path, user: 'admin', expect: 200, only });
  promise(
    json.items.some((event: { outcome: string }) => event.outcome === 'denied'),
    'the audit log shows the refusals.',
  );
}
