/**
 * Dataset models: named models over one source, and the row and column rules on them (dataarts.md §4.7, §4.8;
 * decisions.md 26). They stand beside `dataset`, which keeps the tables and views that are at hand in a chorus workspace.
 */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  /**
   * \`tables\`: what it is made of, \`{id, database, schema, name, kind: table|sql, sql, root}\`; \`fields\`: dimensions and
   * measures; \`*_on\`: the switches of its rules (§4.8.1), all off at first.
   */
  `create table dataset_model (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id) on delete cascade,
    source_id bigint not null references data_source (id) on delete cascade,
    workspace_id bigint references workspace (id) on delete cascade,
    name text not null,
    description text,
    status smallint not null default 1,
    tables jsonb not null,
    relations jsonb not null default '[]',
    fields jsonb not null default '[]',
    variables jsonb not null default '[]',
    row_rules_on boolean not null default false,
    row_by_condition_on boolean not null default false,
    row_by_tag_on boolean not null default false,
    others_see_rows boolean not null default false,
    column_rules_on boolean not null default false,
    created_by bigint references user_account (id) on delete set null,
    updated_by bigint references user_account (id) on delete set null,
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `create index dataset_model_by_source on dataset_model (source_id)`,
  `create index dataset_model_by_workspace on dataset_model (workspace_id, id) where workspace_id is not null`,
  `create index dataset_model_by_tenant on dataset_model (tenant_id, id)`,

  /**
   * \`kind\`: condition and tag choose rows, forbid and mask treat columns. Users and groups stay named when they are
   * deleted: what a rule says must not change by that. \`display\`: names that a caller wants back as they were.
   */
  `create table dataset_rule (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    dataset_id bigint not null references dataset_model (id) on delete cascade,
    name text not null,
    is_on boolean not null,
    kind text not null check (kind in ('condition', 'tag', 'forbid', 'mask')),
    scope text not null check (scope in ('all', 'none', 'specified', 'others')),
    users uuid[] not null default '{}',
    groups uuid[] not null default '{}',
    content jsonb not null,
    display jsonb,
    created_by bigint references user_account (id) on delete set null,
    updated_by bigint references user_account (id) on delete set null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `create index dataset_rule_by_dataset on dataset_rule (dataset_id, id)`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
