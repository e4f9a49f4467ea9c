/**
 * Jobs over several sources, schedules, retries and de-duplication by content (decisions.md 18).
 */
import { type Kysely, sql } from 'kysely';

const statements = [
  /**
   * `scopes`: those of the token that submitted the job, null = unrestricted: the job acts with no more than that.
   * `retry_of`: the job that this one repeats.
   */
  `alter table job add column scopes text[], add column retry_of bigint references job (id) on delete set null`,
  `create index job_by_definition on job (definition_id, id desc) where definition_id is not null`,
  `create index job_by_retry on job (retry_of) where retry_of is not null`,
  /** Fetcher submissions are told apart by their content: at most one active job a content and tenant. */
  `create unique index job_active_fetch on job (tenant_id, fingerprint)
    where door = 'fetcher' and status in ('queued', 'running')`,
  `create index job_fetch_by_content on job (tenant_id, fingerprint, id desc) where door = 'fetcher'`,
  /** The manifest describes outputs by these: which table of which source, and its columns. */
  `alter table job_output add column detail jsonb`,
  /** A schedule is a job definition with a cron expression; `next_run_at` is null while it is disabled. */
  `alter table job_definition add column next_run_at timestamptz(3), add column last_run_at timestamptz(3),
    add column last_error jsonb, add column scopes text[]`,
  `create index job_definition_due on job_definition (next_run_at)
    where deleted_at is null and enabled and next_run_at is not null`,
  `create unique index job_definition_name on job_definition (tenant_id, owner_id, lower(name)) where deleted_at is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
