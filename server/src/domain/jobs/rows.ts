/** Reading jobs as their callers see them. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import { foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type {
  JobAttemptOutcome,
  JobAttemptView,
  JobError,
  JobOutputView,
  JobProgress,
  JobStatus,
  JobView,
} from './model.ts';

export interface JobRecord {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly tenant_uid: string;
  readonly kind: string;
  readonly status: JobStatus;
  readonly spec: { readonly format?: string };
  readonly door: string;
  readonly creator: string | null;
  /** By position; those that are gone for good are not there. */
  readonly sources: readonly {
    readonly position: number;
    readonly uid: string;
    readonly name: string;
    readonly deleted: boolean;
  }[];
  readonly retry_of: string | null;
  readonly schedule: string | null;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly cancel_requested_at: Date | null;
  readonly progress: Partial<JobProgress>;
  readonly error: JobError | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly outputs: readonly {
    readonly name: string;
    readonly media_type: string;
    readonly bytes: number;
    readonly rows: number | null;
    readonly sha256: string;
    readonly expires_at: string | null;
  }[];
}

/** Jobs as `j`. */
export async function readJobs(
  executor: Executor,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<readonly JobRecord[]> {
  const { rows } = await sql<JobRecord>`
    select j.id, j.uid, j.tenant_id, t.uid as tenant_uid, j.kind, j.status, j.spec, j.door, u.username as creator,
      (select coalesce(json_agg(json_build_object('position', i.position, 'uid', s.uid, 'name', s.name,
          'deleted', s.deleted_at is not null) order by i.position), '[]')
        from job_item i join data_source s on s.id = i.source_id where i.job_id = j.id) as sources,
      r.uid as retry_of, d.uid as schedule,
      j.attempt, j.max_attempts, j.cancel_requested_at, j.progress, j.error, j.created_at, j.started_at, j.finished_at,
      (select coalesce(json_agg(json_build_object('name', o.name, 'media_type', o.media_type, 'bytes', o.bytes,
          'rows', o.rows, 'sha256', o.sha256, 'expires_at', o.expires_at) order by o.id), '[]')
        from job_output o where o.job_id = j.id and o.deleted_at is null) as outputs
    from job j
    join tenant t on t.id = j.tenant_id
    left join user_account u on u.id = j.created_by
    left join job r on r.id = j.retry_of
    left join job_definition d on d.id = j.definition_id
    where ${where} ${tail}`.execute(executor);
  return rows;
}

/** Jobs of one's own; of the whole tenant for holders of 104; all for administrators. */
export function visibleJobs(principal: Principal): RawBuilder<unknown> {
  const { subject } = principal;
  if (subject.permissions.has(Permission.administrator)) return sql`true`;
  if (subject.permissions.has(Permission.manageTenantSources)) {
    return sql`(j.created_by = ${subject.id} or j.tenant_id = ${subject.tenantId})`;
  }
  return sql`j.created_by = ${subject.id}`;
}

/** A condition: the job uses the source that this name or uid names. */
export function usesSource(nameOrUid: string): RawBuilder<unknown> {
  const named = isUuid(nameOrUid)
    ? sql`s.uid = ${nameOrUid}`
    : sql`s.name_folded = ${foldName(nameOrUid.replaceAll('\0', ''))}`;
  return sql`exists (select from job_item i join data_source s on s.id = i.source_id where i.job_id = j.id and ${named})`;
}

export function presentJob(record: JobRecord): JobView {
  const { progress } = record;
  const first = record.sources[0];
  return {
    id: record.uid,
    kind: record.kind,
    status: record.status,
    source: first?.name ?? null,
    sourceId: first?.uid ?? null,
    sources: record.sources.map(({ position, name, uid }) => {
      const own = progress.sources?.[position];
      return { name, id: uid, ...(own === undefined ? {} : { progress: own }) };
    }),
    format: record.spec.format ?? null,
    createdBy: record.creator,
    createdAt: record.created_at,
    startedAt: record.started_at,
    finishedAt: record.finished_at,
    attempt: record.attempt,
    maxAttempts: record.max_attempts,
    cancelRequested: record.cancel_requested_at !== null && record.finished_at === null,
    progress: { rows: progress.rows ?? 0, bytes: progress.bytes ?? 0 },
    ...(record.error === null ? {} : { error: record.error }),
    outputs: presentOutputs(record),
    ...(record.retry_of === null ? {} : { retryOf: record.retry_of }),
    ...(record.schedule === null ? {} : { schedule: record.schedule }),
  };
}

/** The attempts of a job, the newest first. */
export async function readAttempts(executor: Executor, jobId: number): Promise<readonly JobAttemptView[]> {
  const rows = await executor
    .selectFrom('job_attempt')
    .select(['attempt', 'worker', 'started_at', 'finished_at', 'outcome', 'error', 'progress'])
    .where('job_id', '=', jobId)
    .orderBy('attempt', 'desc')
    .limit(1000)
    .execute();
  return rows.map((row) => {
    const { rows: read = 0, bytes = 0 } = row.progress as Partial<JobProgress>; // the worker of the attempt wrote it
    return {
      attempt: row.attempt,
      // A claim is the worker's name and a part of its own, which is nobody's business.
      worker: row.worker.replace(/\/[^/]*$/, ''),
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      outcome: row.outcome as JobAttemptOutcome | null, // held to them by the store
      error: row.error as JobError | null, // likewise
      progress: { rows: read, bytes },
    };
  });
}

export function presentOutputs(record: JobRecord): JobOutputView[] {
  return record.outputs.map((output) => ({
    name: output.name,
    mediaType: output.media_type,
    bytes: output.bytes,
    rows: output.rows,
    sha256: output.sha256,
    expiresAt: output.expires_at === null ? null : new Date(output.expires_at),
  }));
}
