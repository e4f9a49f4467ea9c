/**
 * What becomes of workspaces' people and pairs over time: deleted and deactivated users, pairs that a database has
 * refused, notifications; and names for datasets and comments, attachments of notes, drafts of files.
 */
import { type Kysely, sql } from 'kysely';

/** Columns that go on naming a user who was deleted: who did or wrote something stays known (`deleted_user`). */
const authors: readonly (readonly [table: string, column: string])[] = [
  ['activity', 'actor_id'],
  ['activity', 'promoted_by'],
  ['activity_comment', 'author_id'],
  ['workfile', 'owner_id'],
  ['workfile_version', 'owner_id'],
  ['workfile_version', 'modifier_id'],
  ['workspace', 'archiver_id'],
];

const statements: readonly string[] = [
  /** What is still told of users who are gone; numbers of users are never given twice. */
  `create table deleted_user (
    id bigint primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    username text not null,
    first_name text,
    last_name text,
    user_type text,
    deleted_at timestamptz(3) not null
  )`,
  ...authors.map(([table, column]) => `alter table ${table} drop constraint ${table}_${column}_fkey`),

  `alter table user_account add column deactivated_at timestamptz(3)`,
  `update user_account set deactivated_at = updated_at where status <> 'active'`,

  /** Since when the database refuses the pair; a new pair clears it. */
  `alter table credential add column refused_at timestamptz(3)`,

  /** Made here for a sandbox: it is there although no table shows it. */
  `alter table source_schema add column made boolean not null default false`,
  `alter table dataset add column uid uuid not null default gen_random_uuid() unique`,
  `create unique index dataset_name_of_workspace on dataset (workspace_id, lower(name))
    where workspace_id is not null and deleted_at is null`,
  `alter table activity_comment add column uid uuid not null default gen_random_uuid() unique`,
  /** Only this user sees the activity; null = whoever sees what it is about. */
  `alter table activity add column seen_by bigint references user_account (id) on delete cascade`,

  `create table activity_attachment (
    activity_id bigint not null references activity (id) on delete cascade,
    entity_type text not null check (entity_type in ('dataset', 'workfile')),
    entity_id bigint not null,
    primary key (activity_id, entity_type, entity_id)
  )`,
  `create table notification (
    id bigint generated always as identity primary key,
    recipient_id bigint not null references user_account (id) on delete cascade,
    activity_id bigint not null references activity (id) on delete cascade,
    comment_id bigint references activity_comment (id) on delete cascade,
    created_at timestamptz(3) not null default now(),
    read_at timestamptz(3)
  )`,
  `create index notification_by_recipient on notification (recipient_id, id desc)`,

  /** Counts changes of the file's own row and its content. */
  `alter table workfile add column version integer not null default 1`,
  /** What one person has written into a file and not saved as a version yet. */
  `create table workfile_draft (
    id bigint generated always as identity primary key,
    workfile_id bigint not null references workfile (id) on delete cascade,
    owner_id bigint not null references user_account (id) on delete cascade,
    content bytea not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (workfile_id, owner_id)
  )`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
