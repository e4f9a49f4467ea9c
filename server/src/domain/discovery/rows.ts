/** Rows of discovery jobs and runs, as every part of this folder reads and moves them. */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Principal } from '../identity/principal.ts';
import { refusal } from '../sdps/index.ts';
import { onDemand } from './cron.ts';
import type { JobRow, RunDatabase } from './model.ts';
import type { Chosen } from './targets.ts';

export const isRunning = (state: string): boolean => ['Running', 'Active (running)', 'Stopping'].includes(state);

/** The state of a job that nothing runs of. */
export const idleState = (schedule: string): string => (schedule === onDemand ? 'Ready' : 'Active (idle)');

/** The state of a job while a run of it is under way. */
export const runningState = (schedule: string): string => (schedule === onDemand ? 'Running' : 'Active (running)');

/** Throws SdpsError 1510. */
export async function readJob(executor: Executor, principal: Principal, id: number, lock?: 'locked'): Promise<JobRow> {
  const { rows } = await sql<JobRow>`
    select id, state, schedule, spec, owner_id, scopes, version, next_run_at, last_start_time, last_end_time, create_by,
      create_time, modify_time
    from discovery_job
    where tenant_id = ${principal.subject.tenantId} and id = ${id} ${lock === undefined ? sql`` : sql`for update`}`.execute(
    executor,
  );
  const [row] = rows;
  if (row === undefined) throw refusal(1510);
  return row;
}

export interface RunRow {
  readonly id: number;
  readonly job_id: number;
  /** Ready, Running, Completed, Stopping, Stopped (§4.6), and Paused, which is our own. */
  readonly state: string;
  readonly work_uid: string | null;
}

/** The newest run of a job, locked; undefined when it never ran. */
export async function lastRun(trx: Executor, jobId: number): Promise<RunRow | undefined> {
  const { rows } = await sql<RunRow>`
    select id, job_id, state, work_uid from discovery_run where job_id = ${jobId} order by id desc limit 1 for update`.execute(
    trx,
  );
  return rows[0];
}

export async function insertDatabases(
  trx: Executor,
  runId: number,
  chosen: readonly Chosen[],
  usable: ReadonlySet<number>,
): Promise<void> {
  const rows = chosen.map(({ row, tables, ...rest }, position) => ({
    ...rest,
    position,
    source_id: row?._id ?? null,
    table_names: tables,
    state: row === null ? 'NotExist' : usable.has(row._id) ? 'Ready' : 'Failed',
  }));
  await sql`
    insert into discovery_run_database (run_id, position, source_id, account_id, region, database_type, database_name, table_names, state)
    select ${runId}, position, source_id, account_id, region, database_type, database_name, table_names, state
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(position int, source_id bigint, account_id text, region text,
      database_type text, database_name text, table_names text[], state text)`.execute(trx);
}

/** Ends a run: what was not through becomes `rest`, its job is idle again. */
export async function endRun(
  trx: Executor,
  runId: number,
  state: 'Completed' | 'Stopped',
  rest = 'Stopped',
): Promise<void> {
  await sql`update discovery_run_database set state = ${rest}, end_time = now()
    where run_id = ${runId} and state in ('Ready', 'Pending', 'Running', 'Stopping')`.execute(trx);
  await sql`update discovery_run set state = ${state}, end_time = now(), pausing = false where id = ${runId}`.execute(
    trx,
  );
  await sql`
    update discovery_job j set last_end_time = now(),
      state = case when j.schedule <> 'OnDemand' then 'Active (idle)' when ${state} = 'Stopped' then 'Ready' else 'Completed' end
    from discovery_run r where r.id = ${runId} and r.job_id = j.id`.execute(trx);
}

/** Lays a run aside: what is not through waits, its job rests. */
export async function pauseRun(trx: Executor, runId: number): Promise<void> {
  await sql`update discovery_run_database set state = 'Ready'
    where run_id = ${runId} and state in ('Pending', 'Running', 'Stopping')`.execute(trx);
  await sql`update discovery_run set state = 'Paused', pausing = false where id = ${runId}`.execute(trx);
  await sql`
    update discovery_job j set state = 'Paused', next_run_at = null
    from discovery_run r where r.id = ${runId} and r.job_id = j.id`.execute(trx);
}

/** The databases of a run that are not through yet. */
export async function openDatabases(store: Store, runId: number): Promise<readonly RunDatabase[]> {
  const { rows } = await sql<RunDatabase>`
    select id, position, source_id, database_name, table_names, state from discovery_run_database
    where run_id = ${runId} and state in ('Ready', 'Pending', 'Running') order by position`.execute(store.db);
  return rows;
}

export function recordDiscovery(
  audit: AuditLog,
  executor: Executor,
  principal: Principal,
  action: string,
  job: { readonly id: number; readonly name: string },
  detail: object = {},
): Promise<void> {
  return audit.record(executor, principal, {
    action,
    outcome: 'allowed',
    resource: { type: 'discovery', uid: null, name: job.name },
    detail: { ...detail, job: job.id },
  });
}
