/** Inserting a job with its items and leases: in one transaction that locks its sources FOR SHARE (decisions.md 17). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
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
 */
export async function insertJob(
  trx: Executor,
  principal: Principal,
  job: NewJob,
  settingsVersions: ReadonlyMap<number, number>,
): Promise<void> {
  const creator = storedUserId(principal.subject);
  const items = job.sources.map(({ source }, position) => ({
    position,
    source_id: source.id,
    tenant_id: source.tenantId,
    spec: { settingsVersion: settingsVersions.get(source.id) },
    lease_uid: uuidv7(),
  }));
  await sql`
    with made as (
      insert into job (uid, tenant_id, kind, status, spec, created_by, door, scopes, max_attempts, fingerprint,
        idempotency_key, retry_of, definition_id)
      values (${job.uid}, ${principal.subject.tenantId}, ${job.kind}, 'queued', ${JSON.stringify(job.spec)}::jsonb,
        ${creator}::bigint, ${principal.door}, ${principal.scopes === null ? null : [...principal.scopes]}::text[],
        ${job.maxAttempts}, ${job.fingerprint}, ${job.idempotencyKey ?? null}, ${job.retryOf ?? null}::bigint,
        ${job.definitionId ?? null}::bigint)
      returning id
    ), given as (
      select * from jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
        as item (position integer, source_id bigint, tenant_id bigint, spec jsonb, lease_uid uuid)
    ), made_items as (
      insert into job_item (job_id, position, source_id, spec)
      select made.id, given.position, given.source_id, given.spec from made, given
    )
    insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder, user_id)
    select lease_uid, tenant_id, source_id, 'job', ${job.uid}::uuid, ${`${job.kind} ${job.label}`}, ${creator}::bigint
    from given`.execute(trx);
}
