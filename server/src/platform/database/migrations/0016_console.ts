/** What the console's screens ask of the store: accounts of programs, the attempts of a job, the nodes that run. */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  /** A `service` account signs in by tokens and keys alone. */
  `alter table user_account add column kind text not null default 'person' check (kind in ('person', 'service'))`,

  /** Each attempt of a job, how it ended, and how far it came: `progress` is the job's at that moment. */
  `create table job_attempt (
    job_id bigint not null references job (id) on delete cascade,
    attempt integer not null,
    worker text not null,
    started_at timestamptz(3) not null default now(),
    finished_at timestamptz(3),
    outcome text check (outcome in ('succeeded', 'failed', 'cancelled', 'retried', 'handed_back', 'lost')),
    error jsonb,
    progress jsonb not null default '{}',
    primary key (job_id, attempt)
  )`,

  /** Processes on this store; each says again and again that it lives. Address: null for workers. */
  `create table node (
    uid uuid primary key,
    host text not null,
    process_id integer not null,
    version text not null,
    runtime text not null,
    address text,
    started_at timestamptz(3) not null default now(),
    seen_at timestamptz(3) not null default now()
  )`,

  /** Who ran this statement, and when: the audit screen looks for it by its fingerprint. */
  `create index audit_event_by_fingerprint on audit_event ((detail ->> 'fingerprint'), id)
    where detail ->> 'fingerprint' is not null`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
