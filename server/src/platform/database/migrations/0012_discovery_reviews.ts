/**
 * What people said of findings, runs that are laid aside, and what the sdps door keeps beside: its settings and files
 * (sdps.md §3.5, §5.6).
 */
import { type Kysely, sql } from 'kysely';

const statements = [
  /** \`rejected\` keeps what was found before somebody said that it is none. */
  `alter table catalog_column
    add column review text check (review in ('accepted', 'rejected')),
    add column reviewed_by text,
    add column reviewed_at timestamptz(3),
    add column rejected jsonb`,
  `create index catalog_column_found on catalog_column (id) where privacy = 1 or review is not null`,
  /** The run is asked to stop, and to go on later. */
  `alter table discovery_run add column pausing boolean not null default false`,
  `create table sdps_setting (
    tenant_id bigint not null references tenant (id) on delete cascade,
    config_key text not null,
    config_value text not null,
    primary key (tenant_id, config_key)
  )`,
  /** Files that links open: exports, workbooks with the results of batches. \`counts\`: {success, warning, failed} of a batch. */
  `create table sdps_file (
    tenant_id bigint not null references tenant (id) on delete cascade,
    name text not null,
    counts jsonb,
    content bytea not null,
    created_at timestamptz(3) not null default now(),
    primary key (tenant_id, name)
  )`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
