/** Schedules over the native door, and their runs by the workers of two nodes. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { finalJob } from '../rest/fixture.ts';
import { type JobSources, registerJobSources } from './sources.ts';

let headgate: Headgate;
let other: Headgate;
let databases: JobSources;
const settings = { HEADGATE_JOB_REAP_SECONDS: '1' };
beforeAll(async () => {
  headgate = await startHeadgate({ settings });
  other = await startHeadgate({ settings, at: headgate.at });
  databases = await registerJobSources(headgate);
  await headgate.createUser('carl');
});
afterAll(async () => {
  await other?.stopServer();
  await headgate?.stop();
});

const job = {
  kind: 'extract',
  format: 'ndjson',
  sources: [{ source: 'pg', tables: [{ table: 'orders', columns: ['id'] }] }],
};
const nightly = { name: 'nightly', cron: '30 3 * * *', timeZone: 'Europe/Berlin', job };

it('is made, read, changed and deleted by its owner', async () => {
  const created = await headgate.api('POST', '/schedules', nightly);
  expect(created, created.text).toMatchObject({
    status: 201,
    body: { name: 'nightly', enabled: true, owner: 'admin', job, lastJob: null, lastRunAt: null },
  });
  const berlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'short' });
  expect(berlin.format(new Date(created.body.nextRunAt))).toBe('03:30');
  const path = `/schedules/${created.body.id}`;
  expect(await headgate.api('POST', '/schedules', { ...nightly, name: 'Nightly' })).toMatchObject({
    status: 409,
    body: { code: 'name_taken', field: 'name' },
  });
  expect((await headgate.api('GET', path, undefined, { as: 'carl' })).status).toBe(404);
  expect(await headgate.api('PATCH', path, { enabled: false })).toMatchObject({
    status: 200,
    body: { enabled: false, nextRunAt: null, cron: '30 3 * * *' },
  });
  expect((await headgate.api('GET', '/schedules')).body.items).toHaveLength(1);
  expect((await headgate.api('DELETE', path)).status).toBe(204);
  expect((await headgate.api('GET', path)).status).toBe(404);
});

it.each([
  [{ cron: 'every day' }, 'cron'],
  [{ cron: '* * * * * *' }, 'cron'],
  [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
  [{ name: '  ' }, 'name'],
  [{ job: { ...job, sources: [] } }, 'job/sources'],
  [{ job: { ...job, format: 'xml' } }, 'job/format'],
])('refuses %j', async (more, field) => {
  const answer = await headgate.api('POST', '/schedules', { ...nightly, ...more });
  expect(answer, answer.text).toMatchObject({ status: 400, body: { field } });
});

/** Time passes: the schedule's next run was a minute ago, never twice at the same moment. */
const makeDue = (id: string) =>
  sql`update job_definition set next_run_at = clock_timestamp() - interval '1 minute' where uid = ${id}`.execute(
    headgate.app.store.db,
  );
const show = async (id: string) => (await headgate.api('GET', `/schedules/${id}`)).body;
const jobsOf = async (id: string) =>
  (await headgate.api('GET', '/jobs')).body.items.filter((one: { schedule?: string }) => one.schedule === id);

it('runs once when it is due, also with several nodes, and not while its last job goes on', async () => {
  const { body: made } = await headgate.api('POST', '/schedules', { ...nightly, name: 'due' });
  await makeDue(made.id);
  await expect.poll(async () => (await show(made.id)).lastRunAt, { timeout: 20_000 }).not.toBeNull();
  const shown = await show(made.id);
  expect(new Date(shown.nextRunAt).getTime()).toBeGreaterThan(Date.now());
  expect(await finalJob(headgate, shown.lastJob)).toMatchObject({ status: 'succeeded', schedule: made.id });
  expect(await jobsOf(made.id)).toHaveLength(1);

  await databases.postgresql('create view resting as select pg_sleep(600)::text as nap');
  await headgate.api('PATCH', `/schedules/${made.id}`, {
    job: { kind: 'export', source: 'pg', sql: 'select * from resting', format: 'csv' },
  });
  await makeDue(made.id);
  await expect.poll(async () => (await jobsOf(made.id)).length, { timeout: 20_000 }).toBe(2);
  await expect.poll(async () => new Date((await show(made.id)).nextRunAt) > new Date()).toBe(true);
  await makeDue(made.id);
  await expect.poll(async () => new Date((await show(made.id)).nextRunAt) > new Date(), { timeout: 20_000 }).toBe(true);
  const [newest, ...rest] = await jobsOf(made.id);
  expect(rest).toHaveLength(1);
  await headgate.api('POST', `/jobs/${newest.id}/cancel`);
  await headgate.api('DELETE', `/schedules/${made.id}`);
});

it('says why a run could not be submitted, and goes on', async () => {
  const { body: made } = await headgate.api('POST', '/schedules', { ...nightly, name: 'broken' });
  await headgate.api('PATCH', '/sources/pg', { enabled: false });
  await makeDue(made.id);
  await expect
    .poll(async () => (await show(made.id)).lastError, { timeout: 20_000 })
    .toMatchObject({ code: 'source_disabled' });
  expect(new Date((await show(made.id)).nextRunAt) > new Date()).toBe(true);
  expect(await jobsOf(made.id)).toHaveLength(0);
});
