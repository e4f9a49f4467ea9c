/**
 * The DataArts Insight door (dataarts.md): tokens that are held to a scope, access keys that lock, who made and last
 * changed a workspace or a source, the sharing switches of a resource, and tags of users and groups.
 */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  /** As on API tokens: what the session may do at most; empty = everything its user may. */
  `alter table session add column scopes text[] not null default '{}'`,

  /** Failed signatures in a row, and until when the key is locked after too many. */
  `alter table access_key
    add column failures integer not null default 0,
    add column locked_until timestamptz(3)`,

  `alter table workspace
    add column created_by bigint references user_account (id) on delete set null,
    add column updated_by bigint references user_account (id) on delete set null`,
  `update workspace set created_by = owner_id, updated_by = owner_id`,
  `alter table workspace_member
    add constraint workspace_member_role check (role in ('administrator', 'developer', 'analyst', 'viewer'))`,
  `create index workspace_member_by_group on workspace_member (group_id) where group_id is not null`,

  `alter table data_source add column updated_by bigint references user_account (id) on delete set null`,

  /** Sharing switches of a resource: point → boolean. */
  `create table share_switch (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id) on delete cascade,
    resource_type text not null check (resource_type in ('source', 'dataset')),
    resource_id bigint not null,
    switches jsonb not null default '{}',
    created_by bigint references user_account (id) on delete set null,
    created_at timestamptz(3) not null default now(),
    updated_by bigint references user_account (id) on delete set null,
    updated_at timestamptz(3) not null default now(),
    unique (resource_type, resource_id)
  )`,

  /** Attributes of users or groups that row rules may refer to; a value is a list of texts. */
  `create table user_tag (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id) on delete cascade,
    kind text not null check (kind in ('user', 'group')),
    name text not null,
    name_folded text not null,
    description text,
    created_by bigint references user_account (id) on delete set null,
    created_at timestamptz(3) not null default now(),
    updated_by bigint references user_account (id) on delete set null,
    updated_at timestamptz(3) not null default now(),
    unique (tenant_id, kind, name_folded)
  )`,
  `create table user_tag_value (
    tag_id bigint not null references user_tag (id) on delete cascade,
    user_id bigint references user_account (id) on delete cascade,
    group_id bigint references user_group (id) on delete cascade,
    value text[] not null,
    updated_at timestamptz(3) not null default now(),
    check (num_nonnulls(user_id, group_id) = 1)
  )`,
  `create unique index user_tag_value_user on user_tag_value (tag_id, user_id) where user_id is not null`,
  `create unique index user_tag_value_group on user_tag_value (tag_id, group_id) where group_id is not null`,
  `create index user_tag_value_by_user on user_tag_value (user_id) where user_id is not null`,
  `create index user_tag_value_by_group on user_tag_value (group_id) where group_id is not null`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
