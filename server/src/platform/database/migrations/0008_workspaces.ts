/**
 * Workspaces as people work in them: stage, milestones, files, notes, tags, datasets, a sandbox, pictures; and whose a
 * workspace's pair of credentials is.
 */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  `create table workspace_stage (
    id bigint primary key,
    name text not null,
    position integer not null,
    is_default boolean not null default false,
    description_long text not null,
    description_short text not null
  )`,
  `create unique index workspace_stage_default on workspace_stage ((true)) where is_default`,
  `insert into workspace_stage (id, name, position, is_default, description_long, description_short) values
    (1, 'Define', 0, true, 'Define the essential components of the project.',
      'Define the two essential components of a machine learning project. What business problem are we solving? How should the solution change the way our business operates? Locate or acquire all necessary data.'),
    (2, 'Transform', 1, false, 'Bring the data into shape.',
      'Clean, join and reshape what was found until it can answer the question.'),
    (3, 'Model', 2, false, 'Build and compare models.',
      'Try models on the prepared data and keep the one whose error you can explain.'),
    (4, 'Deploy', 3, false, 'Put the result to work.',
      'Hand the chosen model to the systems and people that will use it, and watch it there.'),
    (5, 'Act', 4, false, 'Change what is done.',
      'Decide by the results, measure what the decisions bring, and start again where it pays.')`,

  /** Catalogs of sources as numbers: what a sandbox, a dataset or a file's place is named by. */
  `create table source_database (
    id bigint generated always as identity primary key,
    source_id bigint not null references data_source (id) on delete cascade,
    name text not null,
    unique (source_id, name)
  )`,
  `create table source_schema (
    id bigint generated always as identity primary key,
    database_id bigint not null references source_database (id) on delete cascade,
    name text not null,
    
    dataset_count integer not null default 0,
    refreshed_at timestamptz(3),
    stale boolean not null default false,
    unique (database_id, name)
  )`,
  /** A table or view of a schema, or a saved query of one workspace (\`query\`, \`workspace_id\`). */
  `create table dataset (
    id bigint generated always as identity primary key,
    schema_id bigint not null references source_schema (id) on delete cascade,
    name text not null,
    kind text not null check (kind in ('TABLE', 'VIEW', 'CHORUS_VIEW')),
    query text,
    workspace_id bigint references workspace (id) on delete cascade,
    stale_at timestamptz(3),
    created_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3),
    check ((kind = 'CHORUS_VIEW') = (query is not null and workspace_id is not null))
  )`,
  `create unique index dataset_name on dataset (schema_id, name) where workspace_id is null`,
  `create index dataset_by_workspace on dataset (workspace_id) where workspace_id is not null`,
  `create table workspace_dataset (
    workspace_id bigint not null references workspace (id) on delete cascade,
    dataset_id bigint not null references dataset (id) on delete cascade,
    created_at timestamptz(3) not null default now(),
    primary key (workspace_id, dataset_id)
  )`,
  `create index workspace_dataset_by_dataset on workspace_dataset (dataset_id)`,

  /** \`has_*\`: the checklist of a new workspace; \`sandbox_schema_id\`: where it may create tables. */
  `alter table workspace
    add column stage_id bigint references workspace_stage (id),
    add column archiver_id bigint references user_account (id) on delete set null,
    add column is_project boolean not null default true,
    add column project_status text not null default 'on_track'
      check (project_status in ('on_track', 'needs_attention', 'at_risk')),
    add column project_status_reason text,
    add column show_sandbox_datasets boolean not null default true,
    add column sandbox_schema_id bigint references source_schema (id) on delete set null,
    add column has_added_member boolean not null default false,
    add column has_added_workfile boolean not null default false,
    add column has_added_sandbox boolean not null default false,
    add column has_changed_settings boolean not null default false`,
  `update workspace set stage_id = 1`,

  /** Who first stored a workspace's pair; it stays theirs whoever changes it later. */
  `alter table credential add column holder_id bigint references user_account (id) on delete set null`,
  `update credential set holder_id = created_by`,

  `create table milestone (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    workspace_id bigint not null references workspace (id) on delete cascade,
    name text not null,
    target_date date not null,
    state text not null default 'planned' check (state in ('planned', 'achieved')),
    created_at timestamptz(3) not null default now()
  )`,
  `create index milestone_by_workspace on milestone (workspace_id, target_date, id)`,

  `create table workfile (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    workspace_id bigint not null references workspace (id) on delete cascade,
    file_name text not null,
    name_folded text not null,
    description text,
    owner_id bigint references user_account (id) on delete set null,
    execution_schema_id bigint references source_schema (id) on delete set null,
    created_at timestamptz(3) not null default now(),
    modified_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3)
  )`,
  `create unique index workfile_name on workfile (workspace_id, name_folded) where deleted_at is null`,
  `create table workfile_version (
    id bigint generated always as identity primary key,
    workfile_id bigint not null references workfile (id) on delete cascade,
    number integer not null,
    commit_message text,
    owner_id bigint references user_account (id) on delete set null,
    modifier_id bigint references user_account (id) on delete set null,
    content bytea not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (workfile_id, number)
  )`,

  /** What happened in a workspace or to a source, for people; notes are the activities that people write. */
  `create table activity (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    action text not null,
    actor_id bigint references user_account (id) on delete set null,
    workspace_id bigint references workspace (id) on delete cascade,
    entity_type text not null check (entity_type in ('workspace', 'data_source', 'dataset', 'workfile')),
    entity_id bigint not null,
    body text,
    detail jsonb not null default '{}',
    is_insight boolean not null default false,
    promoted_by bigint references user_account (id) on delete set null,
    promoted_at timestamptz(3),
    published boolean not null default false,
    created_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3)
  )`,
  `create index activity_by_workspace on activity (workspace_id, id desc) where workspace_id is not null`,
  `create index activity_by_entity on activity (entity_type, entity_id, id desc)`,
  `create index activity_by_tenant on activity (tenant_id, id desc)`,
  `create table activity_comment (
    id bigint generated always as identity primary key,
    activity_id bigint not null references activity (id) on delete cascade,
    author_id bigint references user_account (id) on delete set null,
    body text not null,
    created_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3)
  )`,
  `create index activity_comment_by_activity on activity_comment (activity_id, id)`,

  `create table tag (
    id bigint generated always as identity primary key,
    tenant_id bigint not null references tenant (id),
    name text not null,
    name_folded text not null,
    unique (tenant_id, name_folded)
  )`,
  `create table tagging (
    tag_id bigint not null references tag (id) on delete cascade,
    entity_type text not null check (entity_type in ('workspace', 'user', 'data_source', 'dataset', 'workfile')),
    entity_id bigint not null,
    primary key (entity_type, entity_id, tag_id)
  )`,
  `create index tagging_by_tag on tagging (tag_id)`,

  `create table picture (
    id bigint generated always as identity primary key,
    user_id bigint unique references user_account (id) on delete cascade,
    workspace_id bigint unique references workspace (id) on delete cascade,
    file_name text not null,
    media_type text not null,
    content bytea not null,
    updated_at timestamptz(3) not null default now(),
    check (num_nonnulls(user_id, workspace_id) = 1)
  )`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
