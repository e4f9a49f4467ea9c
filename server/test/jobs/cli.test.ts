/** Jobs, extractions and schedules on the command line, and a worker that runs alone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { type Headgate, startHeadgate } from '../harness.ts';
import { runCommand, startWorker } from '../integration/node.ts';
import { finalJob } from '../rest/fixture.ts';
import { type JobSources, registerJobSources } from './sources.ts';

let headgate: Headgate;
let databases: JobSources;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'));
  headgate = await startHeadgate();
  databases = await registerJobSources(headgate);
});
afterAll(async () => {
  await headgate?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const cli = (...argv: readonly string[]) =>
  runCli(argv, { env: { HEADGATE_SERVER: headgate.url, HEADGATE_TOKEN: headgate.token('admin') } });

it('extracts into a folder whose files can be verified, and sees when one was changed', async () => {
  const out = join(folder, 'out');
  const done = await cli('extract', 'pg:orders', 'pg:ledger.entries', 'maria:orders', '-o', out);
  expect(done, done.stderr).toMatchObject({ code: 0 });
  expect(done.stdout).toMatch(/status: +succeeded/);
  expect(done.stdout).toMatch(/source: +pg, maria/);
  expect(readdirSync(out).sort()).toEqual([
    'manifest.json',
    'maria.orders.ndjson',
    'pg.ledger.entries.ndjson',
    'pg.orders.ndjson',
  ]);
  expect(await cli('job', 'verify', out)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/pg\.orders.* 3 +ok/),
  });
  const file = join(out, 'pg.orders.ndjson');
  writeFileSync(file, readFileSync(file, 'utf8').replace('paid', 'void'));
  rmSync(join(out, 'maria.orders.ndjson'));
  const broken = await cli('job', 'verify', out);
  expect(broken.code).toBe(1);
  expect(broken.stdout).toMatch(/pg\.orders\.ndjson.*changed/);
  expect(broken.stdout).toMatch(/maria\.orders\.ndjson.*missing/);
  const manifest = join(out, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"rows": 3', '"rows": 4'));
  expect(await cli('job', 'verify', out)).toMatchObject({ code: 1, stderr: expect.stringContaining('was changed') });
  expect(await cli('job', 'verify', folder)).toMatchObject({ code: 5 });
});

it('narrows by columns and filters, and takes a specification', async () => {
  const out = join(folder, 'narrow');
  const argv = ['--columns', 'id,state', '--filter', 'state:in:paid,sent', '--filter', 'id:gt:1', '--format', 'csv'];
  expect(await cli('extract', 'pg:orders', ...argv, '-o', out)).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, 'pg.orders.csv'), 'utf8')).toBe('id,state\r\n2,sent\r\n');
  const spec = join(folder, 'spec.json');
  writeFileSync(spec, JSON.stringify([{ source: 'pg', tables: [{ table: 'nothing' }] }]));
  const started = await cli('extract', '--spec', spec, '--background', '--json');
  const watched = await cli('job', 'watch', JSON.parse(started.stdout).id, '--json');
  expect(JSON.parse(watched.stdout)).toMatchObject({ status: 'succeeded', progress: { rows: 0 } });
});

it('queries and exports into Parquet and compressed files', async () => {
  const file = join(folder, 'orders.parquet');
  const queried = await cli('source', 'query', 'pg', 'select id, state from orders', '--format', 'parquet', '-o', file);
  expect(queried).toMatchObject({ code: 0, stderr: expect.stringContaining('3 rows') });
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('PAR1');
  const sql = 'select id from orders order by id';
  const exported = await cli('job', 'export', 'pg', sql, '--compress', 'gzip', '--wait', '--json');
  const { id, outputs } = JSON.parse(exported.stdout);
  expect(outputs).toMatchObject([{ name: 'pg.ndjson.gz', rows: 3 }]);
  const zipped = join(folder, 'pg.ndjson.gz');
  expect(await cli('job', 'download', id, '-o', zipped)).toMatchObject({ code: 0 });
  expect(gunzipSync(readFileSync(zipped)).toString()).toBe('{"id":1}\n{"id":2}\n{"id":3}\n');
});

it.each([
  [['extract'], 'Say what to read'],
  [['extract', 'pg'], 'names no table'],
  [['extract', 'pg:a', 'pg:b', '--columns', 'id'], 'go with one table'],
  [['extract', 'pg:a', '--filter', 'id=1'], 'column:operator:value'],
  [['extract', 'pg:a', '--spec', '-'], 'not in both'],
])('%j says what is wrong', async (argv, message) => {
  expect(await cli(...argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message), stdout: '' });
});

it('fails with the place of the failure, and repeats the job', async () => {
  const failed = await cli('extract', 'pg:later');
  expect(failed.code).toBe(1);
  expect(failed.stdout).toMatch(/error: +table_not_found: Source pg, table later/);
  const id = /^id: +(\S+)$/m.exec(failed.stdout)?.[1] ?? '';
  await databases.postgresql('create table later (id integer)');
  const again = await cli('job', 'retry', id, '--wait');
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(new RegExp(`repeats: +${id}`)) });
});

it('keeps schedules', async () => {
  const job = join(folder, 'job.json');
  writeFileSync(job, JSON.stringify({ kind: 'export', source: 'pg', sql: 'select 1', format: 'csv' }));
  const added = await cli('schedule', 'add', 'nightly', '--cron', '0 3 * * *', '--job', job, '--json');
  const { id } = JSON.parse(added.stdout);
  expect((await cli('schedule', 'list')).stdout).toContain('nightly');
  expect((await cli('schedule', 'set', id, '--disable')).stdout).toMatch(/enabled: +no/);
  expect(await cli('schedule', 'set', id)).toMatchObject({ code: 2 });
  expect((await cli('schedule', 'show', id)).stdout).toMatch(/cron: +0 3 \* \* \*/);
  expect(await cli('schedule', 'rm', id)).toMatchObject({ code: 0 });
  expect((await cli('schedule', 'list')).stderr).toBe('No schedules.\n');
});

it('runs jobs in a worker of its own, for nodes that run none', async () => {
  const serving = await startHeadgate({ settings: { HEADGATE_JOB_CONCURRENCY: '0' } });
  const settings = {
    DATABASE_URL: serving.at.databaseUrl ?? '',
    HEADGATE_DATA_DIR: serving.at.dataDir,
    HEADGATE_LOG_LEVEL: 'warn',
  };
  await registerJobSources(serving);
  const body = { kind: 'extract', format: 'csv', sources: [{ source: 'pg', tables: [{ table: 'orders' }] }] };
  const { body: job } = await serving.api('POST', '/jobs', body);
  const worker = await startWorker(settings);
  expect(await finalJob(serving, job.id)).toMatchObject({ status: 'succeeded' });
  expect((await serving.api('GET', `/jobs/${job.id}/outputs/pg.orders.csv`)).status).toBe(200);
  expect(await worker.stop()).toBe(0);
  await serving.stop();
});

it('refuses to work where it could do nothing', async () => {
  const alone = await runCommand(['worker'], { HEADGATE_DATA_DIR: join(folder, 'none') });
  expect(alone).toMatchObject({ code: 1, output: expect.stringContaining('set DATABASE_URL') });
});
