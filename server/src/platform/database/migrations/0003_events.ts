/** Events about jobs: webhooks, the outbox, and the log of deliveries. */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  /** Where a tenant's events are sent. `source_uid` null = any source, `kind` null = any kind. */
  `create table webhook (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id) on delete cascade,
    name text not null,
    name_folded text not null,
    url text not null,
    events text[] not null,
    kind text,
    source_uid uuid,
    enabled boolean not null default true,
    disabled_because text,
    secret_sealed bytea not null,
    previous_secret_sealed bytea,
    previous_until timestamptz(3),
    created_by bigint references user_account (id) on delete set null,
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (tenant_id, name_folded)
  )`,
  /** The outbox: written in the transaction that makes a job final. `job` = as the native door shows it; a ping has none. */
  `create table job_event (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id) on delete cascade,
    job_id bigint references job (id) on delete cascade,
    type text not null,
    job jsonb,
    created_at timestamptz(3) not null default now()
  )`,
  `create index job_event_by_job on job_event (job_id)`,
  `create index job_event_by_age on job_event (created_at)`,
  /**
   * One event on its way to one receiver. Whoever claims it pushes due_at into the future: when its process dies, the
   * delivery is due again. attempts is a fence: who was overtaken writes nothing.
   */
  `create table event_delivery (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    event_id bigint not null references job_event (id) on delete cascade,
    channel text not null check (channel in ('webhook', 'amqp')),
    webhook_id bigint references webhook (id) on delete cascade,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    due_at timestamptz(3) not null default now(),
    attempted_at timestamptz(3),
    finished_at timestamptz(3),
    status_code integer,
    error text,
    response text,
    duration_ms integer,
    created_at timestamptz(3) not null default now(),
    check ((channel = 'webhook') = (webhook_id is not null))
  )`,
  `create index event_delivery_due on event_delivery (channel, due_at) where status = 'pending'`,
  `create index event_delivery_by_webhook on event_delivery (webhook_id, id desc)`,
  `create index event_delivery_by_event on event_delivery (event_id)`,
  `create index event_delivery_finished on event_delivery (finished_at) where finished_at is not null`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
