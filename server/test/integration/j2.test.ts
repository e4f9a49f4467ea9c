/** J2: a node that dies in the middle of an export, and the other node that finishes it. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SampleDatabase, sampleDatabase, sourceBody } from '../rest/fixture.ts';
import { sharedPostgresql } from '../servers/shared.ts';
import { HeadgateNode } from './node.ts';

const rows = 40_000;
let dataDir: string;
let databaseUrl: string;
let sample: SampleDatabase;
const nodes: HeadgateNode[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-j2-'));
  const server = await sharedPostgresql();
  databaseUrl = server.url(await server.createStore());
  sample = await sampleDatabase();
  await sample.execute(
    `create table pace (seconds float8 not null);
     insert into pace values (3600);
     grant select on pace to ${sample.username}`,
  );
  const settings = {
    DATABASE_URL: databaseUrl,
    HEADGATE_DATA_DIR: dataDir,
    HEADGATE_JOB_HEARTBEAT_SECONDS: '1',
    HEADGATE_JOB_LEASE_SECONDS: '3',
    HEADGATE_JOB_REAP_SECONDS: '1',
  };
  // One after the other: the first makes the key and the schema.
  nodes.push(await HeadgateNode.start(settings), await HeadgateNode.start(settings));
});
afterAll(async () => {
  for (const node of nodes) await node.kill();
  await rm(dataDir, { recursive: true, force: true });
});

async function inStore(query: string): Promise<Record<string, unknown>[]> {
  const server = await sharedPostgresql();
  return server.execute(query, new URL(databaseUrl).pathname.slice(1));
}

/** The process id that the claim of the job's running attempt names. */
async function workerOf(job: string): Promise<number> {
  const [row] = await inStore(`select worker from job where uid = '${job}'`);
  return Number(String(row?.worker).split('/')[1]);
}

/** Half of the rows come at once; then one has to wait as long as `pace` said at the start. */
const slowQuery = `select i, md5(i::text) as digest from generate_series(1, ${rows}) i
  where i <> ${rows / 2} or pg_sleep((select seconds from pace))::text = ''`;

it('retries the job of a killed node on the other one, and shows nothing that is half done', {
  timeout: 120_000,
}, async () => {
  const [first, second] = nodes as [HeadgateNode, HeadgateNode];
  expect((await first.api('POST', '/sources', sourceBody('orders', sample))).status).toBe(201);
  const submitted = await first.api('POST', '/jobs', {
    kind: 'export',
    source: 'orders',
    sql: slowQuery,
    format: 'csv',
    fileName: 'orders.csv',
  });
  expect(submitted).toMatchObject({ status: 202, body: { status: 'queued', attempt: expect.any(Number) } });
  const { id } = submitted.body;

  // The first attempt has written rows and waits for an hour.
  await expect
    .poll(async () => (await first.api('GET', `/jobs/${id}`)).body, { timeout: 30_000 })
    .toMatchObject({ status: 'running', attempt: 1, progress: { bytes: expect.toSatisfy((n: number) => n > 0) } });
  const worker = await workerOf(id);
  const killed = nodes.find((node) => node.process.pid === worker);
  expect(killed, `process ${worker} is one of the nodes`).toBeDefined();
  const survivor = killed === first ? second : first;

  /** What must hold at every moment before the end. Gives whether the job was still under way. */
  const look = async (): Promise<boolean> => {
    // In this order: what is asked later may only be later in the job's life.
    const change = await survivor.api('PATCH', '/sources/orders', { database: 'elsewhere' });
    const output = await survivor.api('GET', `/jobs/${id}/outputs/orders.csv`);
    const job = (await survivor.api('GET', `/jobs/${id}`)).body;
    if (job.status === 'succeeded') return false;
    expect(change).toMatchObject({
      status: 409,
      body: { code: 'source_in_use', holders: [expect.objectContaining({ kind: 'job', id })] },
    });
    expect(output.status).toBe(404);
    expect(job).toMatchObject({ outputs: [], status: expect.stringMatching(/^(queued|running)$/) });
    return true;
  };
  expect(await look()).toBe(true);
  await killed?.kill();
  await sample.execute('update pace set seconds = 0.5');

  let looks = 0;
  while (await look()) looks += 1;
  expect(looks).toBeGreaterThan(0);

  const job = (await survivor.api('GET', `/jobs/${id}`)).body;
  expect(job).toMatchObject({ status: 'succeeded', attempt: 2, outputs: [{ name: 'orders.csv', rows }] });
  expect(job.outputs).toHaveLength(1);
  const download = await survivor.api('GET', `/jobs/${id}/outputs/orders.csv`);
  expect(download.status).toBe(200);
  expect(createHash('sha256').update(download.text).digest('hex')).toBe(job.outputs[0].sha256);
  const lines = download.text.replaceAll('\r', '').trimEnd().split('\n');
  const expected = Array.from(
    { length: rows },
    (_, index) =>
      `${index + 1},${createHash('md5')
        .update(String(index + 1))
        .digest('hex')}`,
  );
  expect(lines.length).toBe(rows + 1);
  expect(lines.slice(1)).toEqual(expected);

  // One loss, one success, nothing more: in the audit log and among the outputs.
  const events = await inStore(
    `select action, outcome, count(*)::int as times from audit_event
     where resource_type = 'job' and resource_uid = '${id}' and action not in ('job.output.read') group by 1, 2 order by 1`,
  );
  expect(events).toEqual([
    { action: 'job.create', outcome: 'allowed', times: 1 },
    { action: 'job.lost', outcome: 'failed', times: 1 },
    { action: 'job.succeed', outcome: 'allowed', times: 1 },
  ]);
  expect(await inStore(`select count(*)::int as outputs from job_output`)).toEqual([{ outputs: 1 }]);
  expect(await workerOf(id)).not.toBe(worker);

  const change = await survivor.api('PATCH', '/sources/orders', { database: 'elsewhere' });
  expect(change).toMatchObject({ status: 200, body: { database: 'elsewhere', inUse: 0 } });
});
