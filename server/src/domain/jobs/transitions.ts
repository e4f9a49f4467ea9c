/**
 * The state machine of `machine.ts` in SQL. Every statement names the states that accept its event; those of an
 * attempt also name its number and its claim, so that a worker that was given up changes nothing (fencing).
 *
 * Liveness is measured by the store's clock alone: nodes need not agree on the time.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { type JobEvent, statesAccepting } from './machine.ts';
import type { ClaimedJob, JobError, JobProgress, JobResult, JobSource } from './model.ts';

/** Who may write for an attempt. `claim` is unique to each claim, also of one worker. */
export interface Attempt {
  readonly jobId: number;
  readonly attempt: number;
  readonly claim: string;
}

/** What is kept of a failure; `source`, `table` and `column` say where, when that is known. */
export type JobFailure = JobError;

/** A job that left the running state without its worker. */
export interface LostJob {
  readonly uid: string;
  readonly kind: string;
  readonly tenantId: number;
  readonly status: 'queued' | 'failed' | 'cancelled';
  readonly attempt: number;
}

const accepting = (event: JobEvent) => sql`j.status = any(${statesAccepting(event)}::text[])`;

const holds = (attempt: Attempt) =>
  sql`j.id = ${attempt.jobId} and j.attempt = ${attempt.attempt} and j.worker = ${attempt.claim}`;

/**
 * Times of jobs are kept in whole milliseconds, rounded: `run_after = now()` may lie half a millisecond ahead. Without
 * this, a worker woken at once would miss the job it was woken for.
 */
const due = sql`j.run_after <= now() + interval '1 millisecond'`;

/** Takes the runnable job that waits longest; undefined when there is none. */
export async function claimJob(
  executor: Executor,
  kinds: readonly string[],
  claim: string,
  leaseSeconds: number,
): Promise<ClaimedJob | undefined> {
  const { rows } = await sql<ClaimRow>`
    with claimed as (
      update job set status = 'running', attempt = attempt + 1, worker = ${claim}, heartbeat_at = now(),
        started_at = coalesce(started_at, now()), error = null, progress = '{}'
      where id = (select j.id from job j
        where j.status = 'queued' and ${due} and j.kind = any(${[...kinds]}::text[])
        order by j.run_after, j.id limit 1 for update skip locked)
      returning *
    ), leases as (
      update lease set node = ${claim}, until = now() + make_interval(secs => ${leaseSeconds})
      where kind = 'job' and holder_uid = (select uid from claimed)
    ), items as (
      update job_item set status = 'running' where job_id = (select id from claimed)
    ), tried as (
      insert into job_attempt (job_id, attempt, worker) select id, attempt, ${claim} from claimed
    )
    select c.id, c.uid, c.tenant_id, t.uid as tenant_uid, c.kind, c.spec, c.door, c.scopes, c.attempt, c.max_attempts,
      u.id as user_id, u.uid as user_uid, u.username,
      (select coalesce(json_agg(json_build_object('id', s.id, 'uid', s.uid, 'name', s.name,
          'settingsVersion', i.spec->'settingsVersion') order by i.position), '[]')
        from job_item i join data_source s on s.id = i.source_id where i.job_id = c.id) as sources
    from claimed c join tenant t on t.id = c.tenant_id left join user_account u on u.id = c.created_by`.execute(
    executor,
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    id: row.id,
    uid: row.uid,
    tenantId: row.tenant_id,
    tenantUid: row.tenant_uid,
    kind: row.kind,
    spec: row.spec,
    sources: row.sources,
    createdBy: row.user_id === null ? null : { id: row.user_id, uid: row.user_uid, username: row.username },
    door: row.door,
    scopes: row.scopes,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
  };
}

type ClaimRow = {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly tenant_uid: string;
  readonly kind: string;
  readonly spec: ClaimedJob['spec'];
  readonly door: string;
  readonly scopes: readonly string[] | null;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly sources: JobSource[];
} & (
  | { readonly user_id: number; readonly user_uid: string; readonly username: string }
  | { readonly user_id: null; readonly user_uid: null; readonly username: null }
);

/** What a heartbeat learns: `lost` = the attempt was given up, stop at once. */
export type Heartbeat = 'held' | 'cancel requested' | 'lost';

/** Says that the attempt lives, and how far it got; renews its leases. */
export async function heartbeat(
  executor: Executor,
  attempt: Attempt,
  progress: JobProgress,
  leaseSeconds: number,
): Promise<Heartbeat> {
  const { rows } = await sql<{ cancel: boolean }>`
    with beaten as (
      update job j set heartbeat_at = now(), progress = ${JSON.stringify(progress)}::jsonb
      where ${holds(attempt)} and ${accepting('heartbeat')}
      returning uid, cancel_requested_at is not null as cancel
    ), leases as (
      update lease set until = now() + make_interval(secs => ${leaseSeconds})
      where kind = 'job' and holder_uid = (select uid from beaten)
    )
    select cancel from beaten`.execute(executor);
  const [row] = rows;
  if (row === undefined) return 'lost';
  return row.cancel ? 'cancel requested' : 'held';
}

/** False = the attempt was given up, nothing was written. */
export function succeed(trx: Executor, attempt: Attempt, result: JobResult, progress: JobProgress): Promise<boolean> {
  return end(trx, 'succeed', attempt, {
    status: 'succeeded',
    result: JSON.stringify(result),
    progress: JSON.stringify(progress),
  });
}

export function fail(trx: Executor, attempt: Attempt, failure: JobFailure): Promise<boolean> {
  return end(trx, 'fail', attempt, { status: 'failed', error: JSON.stringify(failure) });
}

export function endCancelled(trx: Executor, attempt: Attempt): Promise<boolean> {
  return end(trx, 'cancelled', attempt, { status: 'cancelled' });
}

interface Ending {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly result?: string;
  readonly error?: string;
  readonly progress?: string;
}

async function end(trx: Executor, event: JobEvent, attempt: Attempt, ending: Ending): Promise<boolean> {
  const { rows } = await sql`
    with ended as (
      update job j set status = ${ending.status}, finished_at = now(), worker = null, heartbeat_at = null,
        result = ${ending.result ?? null}::jsonb, error = ${ending.error ?? null}::jsonb,
        progress = coalesce(${ending.progress ?? null}::jsonb, progress)
      where ${holds(attempt)} and ${accepting(event)}
      returning id, uid, status, attempt, error, progress
    ), ${release}, ${closeAttempt(sql`e.status`, sql`e.error`)}
    select id from ended`.execute(trx);
  return rows.length === 1;
}

/** Writes down how the attempts of `ended` (id, attempt, progress) ended. */
const closeAttempt = (outcome: RawBuilder<unknown>, error: RawBuilder<unknown>) => sql`
  tried as (
    update job_attempt a set finished_at = now(), outcome = ${outcome}, error = ${error}, progress = e.progress
    from ended e where a.job_id = e.id and a.attempt = e.attempt
  )`;

/** Leases go in the statement that makes the state final, so that the two never disagree. `ended` = id, uid, status. */
const release = sql`
  released as (delete from lease where kind = 'job' and holder_uid in (select uid from ended)),
  items as (update job_item i set status = e.status from ended e where i.job_id = e.id)`;

/**
 * Puts an attempt back: after a passing failure, or because its worker stops. Leases stay: the job is not final.
 * False = the attempt was given up, or a cancel was asked for: end it with `endCancelled` then.
 */
export async function requeue(
  trx: Executor,
  event: 'retry' | 'handBack',
  attempt: Attempt,
  options: { readonly afterSeconds: number; readonly failure: JobFailure | null },
): Promise<boolean> {
  // Handing back burns no attempt. The number still grows, so that it stays a fence: what grows too is the limit.
  const [extra, outcome] = event === 'handBack' ? [1, 'handed_back'] : [0, 'retried'];
  const { rows } = await sql`
    with ended as (
      update job j set status = 'queued', worker = null, heartbeat_at = null, max_attempts = max_attempts + ${extra}::int,
        run_after = now() + make_interval(secs => ${options.afterSeconds}),
        error = ${options.failure === null ? null : JSON.stringify(options.failure)}::jsonb
      where ${holds(attempt)} and ${accepting(event)} and j.cancel_requested_at is null
      returning id, uid, attempt, error, progress
    ), leases as (
      update lease set node = null, until = null where kind = 'job' and holder_uid = (select uid from ended)
    ), items as (
      update job_item set status = 'queued' where job_id = (select id from ended)
    ), ${closeAttempt(sql`${outcome}`, sql`e.error`)}
    select id from ended`.execute(trx);
  return rows.length === 1;
}

/**
 * Gives up attempts whose worker fell silent: queued again while attempts are left, failed with `worker_lost` when
 * not, cancelled when that was asked for. `backOff` = seconds before the next attempt.
 */
export async function reapLost(
  trx: Executor,
  leaseSeconds: number,
  backOff: (attempt: number) => number,
): Promise<LostJob[]> {
  const { rows: silent } = await sql<{ id: number; attempt: number; max_attempts: number; cancel: boolean }>`
    select j.id, j.attempt, j.max_attempts, j.cancel_requested_at is not null as cancel from job j
    where ${accepting('lost')} and j.heartbeat_at < now() - make_interval(secs => ${leaseSeconds})
    order by j.id limit 100 for update skip locked`.execute(trx);
  const lost: LostJob[] = [];
  for (const job of silent) {
    const status = job.cancel ? 'cancelled' : job.attempt < job.max_attempts ? 'queued' : 'failed';
    const failure = { code: 'worker_lost', message: 'The worker stopped without a word.' };
    const { rows } = await sql<Omit<LostJob, 'status'>>`
      with ended as (
        update job set status = ${status}, worker = null, heartbeat_at = null,
          run_after = now() + make_interval(secs => ${backOff(job.attempt)}),
          finished_at = case when ${status} = 'queued' then null else now() end,
          error = case when ${status} = 'cancelled' then null else ${JSON.stringify(failure)}::jsonb end
        where id = ${job.id}
        returning id, uid, status, kind, tenant_id, attempt, progress
      ), leases as (
        delete from lease where kind = 'job' and ${status} <> 'queued' and holder_uid in (select uid from ended)
      ), kept as (
        update lease set node = null, until = null
        where kind = 'job' and ${status} = 'queued' and holder_uid in (select uid from ended)
      ), items as (
        update job_item i set status = e.status from ended e where i.job_id = e.id
      ), ${closeAttempt(sql`'lost'`, sql`${JSON.stringify(failure)}::jsonb`)}
      select uid, kind, tenant_id as "tenantId", attempt from ended`.execute(trx);
    for (const row of rows) lost.push({ ...row, status });
  }
  return lost;
}

/**
 * A cancel by somebody: a queued job ends at once, a running one is flagged. `refused` = it is final already.
 */
export async function cancelJob(trx: Executor, jobId: number): Promise<'cancelled' | 'flagged' | 'refused'> {
  const { rows } = await sql<{ status: string }>`
    with ended as (
      update job j set
        cancel_requested_at = coalesce(cancel_requested_at, now()),
        status = case when status = 'queued' then 'cancelled' else status end,
        finished_at = case when status = 'queued' then now() else finished_at end
      where j.id = ${jobId} and ${accepting('cancel')}
      returning id, uid, status
    ), released as (
      delete from lease where kind = 'job' and holder_uid in (select uid from ended where status = 'cancelled')
    ), items as (
      update job_item i set status = e.status from ended e where i.job_id = e.id
    )
    select status from ended`.execute(trx);
  const [row] = rows;
  if (row === undefined) return 'refused';
  return row.status === 'cancelled' ? 'cancelled' : 'flagged';
}
