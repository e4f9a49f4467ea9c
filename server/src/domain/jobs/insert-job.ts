/** Inserting a job with its items and leases: in one transaction that locks its sources FOR SHARE (decisions.md 17). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { jobsChannel, queuedSignal } from './changes.ts';
import type { JobView } from './model.ts';
import { presentJob } from './rows.ts';
import type { Submission } from './submission.ts';

export interface NewJob extends Submission {
  /** Chosen by the caller. */
  readonly uid: string;
  readonly maxAttempts: number;
  readonly idempotencyKey?: string | undefined;
  /** Row id of the job that it repeats. */
  readonly retryOf?: number | undefined;
  /** Row id of the schedule that submits it. */
  readonly definitionId?: number | undefined;
}

/**
 * The sources must have been locked for use in this transaction; `settingsVersions` by their row ids, as read then.
 * Wakes workers when the transaction commits. Gives the job as it is now, without reading it.
 */
export async function insertJob(
  trx: Executor,
  principal: Principal,
  job: NewJob,
  settingsVersions: ReadonlyMap<number, number>,
): Promise<JobView> {
  const creator = storedUserId(principal.subject);
  const items = job.sources.map(({ source }, position) => ({
    position,
    source_id: source.id,
    tenant_id: source.tenantId,
    spec: { settingsVersion: settingsVersions.get(source.id) },
    lease_uid: uuidv7(),
  }));
  const { rows } = await sql<{ created_at: Date; retry_of: string | null; schedule: string | null }>`
    with made as (
      insert into job (uid, tenant_id, kind, status, spec, created_by, door, scopes, max_attempts, fingerprint,
        idempotency_key, retry_of, definition_id)
      values (${job.uid}, ${principal.subject.tenantId}, ${job.kind}, 'queued', ${JSON.stringify(job.spec)}::jsonb,
        ${creator}::bigint, ${principal.door}, ${principal.scopes === null ? null : [...principal.scopes]}::text[],
        ${job.maxAttempts}, ${job.fingerprint}, ${job.idempotencyKey ?? null}, ${job.retryOf ?? null}::bigint,
        ${job.definitionId ?? null}::bigint)
      returning id, created_at
    ), given as (
      select * from jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
        as item (position integer, source_id bigint, tenant_id bigint, spec jsonb, lease_uid uuid)
    ), made_items as (
      insert into job_item (job_id, position, source_id, spec)
      select made.id, given.position, given.source_id, given.spec from made, given
    ), leases as (
      insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder, user_id)
      select lease_uid, tenant_id, source_id, 'job', ${job.uid}::uuid, ${`${job.kind} ${job.label}`}, ${creator}::bigint
      from given
    )
    select made.created_at, pg_notify(${jobsChannel}, ${queuedSignal}) as told,
      (select uid from job where id = ${job.retryOf ?? null}::bigint) as retry_of,
      (select uid from job_definition where id = ${job.definitionId ?? null}::bigint) as schedule
    from made`.execute(trx);
  const [made] = rows;
  if (made === undefined) throw new Error('The job was not inserted.');
  return presentJob({
    id: 0, // not shown
    uid: job.uid,
    tenant_id: principal.subject.tenantId,
    tenant_uid: principal.subject.tenantUid,
    kind: job.kind,
    status: 'queued',
    spec: job.spec,
    door: principal.door,
    creator: creator === null ? null : principal.subject.username,
    sources: job.sources.map(({ source }, position) => ({
      position,
      uid: source.uid,
      name: source.name,
      deleted: false,
    })),
    retry_of: made.retry_of,
    schedule: made.schedule,
    attempt: 0,
    max_attempts: job.maxAttempts,
    cancel_requested_at: null,
    progress: {},
    error: null,
    created_at: made.created_at,
    started_at: null,
    finished_at: null,
    outputs: [],
  });
}
