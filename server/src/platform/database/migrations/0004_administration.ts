/**
 * Administration (hdp.md §4–§5): group data sources, lists of addresses and origins, OAuth clients and
 * their grants, connectors, usage meters.
 */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  // ── Group data sources (hdp.md §4.2) ───────────────────────────────────────────────────────────────────────
  `alter table data_source add column is_group boolean not null default false`,
  /** Members of a group data source: other sources of the same owner, each with the prefix of its entities. */
  `create table source_member (
    group_id bigint not null references data_source (id) on delete cascade,
    member_id bigint not null references data_source (id) on delete cascade,
    prefix text not null,
    prefix_folded text not null,
    primary key (group_id, member_id),
    unique (group_id, prefix_folded)
  )`,
  `create index source_member_by_member on source_member (member_id)`,

  // ── Who may come, and from where ───────────────────────────────────────────────────────────────────────────
  /** Addresses from which a part of Headgate may be reached. A level without rows for a part lets everybody pass. */
  `create table address_rule (
    id bigint generated always as identity primary key,
    level text not null check (level in ('system', 'tenant', 'user')),
    tenant_id bigint references tenant (id) on delete cascade,
    user_id bigint references user_account (id) on delete cascade,
    part text not null check (part in ('management', 'administration', 'data', 'console')),
    first_address text not null,
    last_address text not null,
    check ((level = 'tenant') = (tenant_id is not null)),
    check ((level = 'user') = (user_id is not null))
  )`,
  `create index address_rule_by_tenant on address_rule (tenant_id) where tenant_id is not null`,
  `create index address_rule_by_user on address_rule (user_id) where user_id is not null`,
  /** Origins of web pages that may call. */
  `create table cors_origin (
    id bigint generated always as identity primary key,
    origin text not null,
    origin_folded text not null unique,
    description text,
    modified_by text not null,
    modified_at timestamptz(3) not null default now()
  )`,

  // ── OAuth: programs that ask for tokens (hdp.md §4.12) ─────────────────────────────────────────────────────
  `create table oauth_client (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id) on delete cascade,
    user_id bigint not null references user_account (id) on delete cascade,
    name text not null,
    description text,
    redirect_urls text[] not null default '{}',
    client_id text not null unique,
    secret_hash bytea not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `create index oauth_client_by_user on oauth_client (user_id)`,
  /** What a client was given: codes, access and refresh tokens; SHA-256 kept. */
  `create table oauth_grant (
    token_hash bytea primary key,
    kind text not null check (kind in ('code', 'access', 'refresh')),
    client_id bigint not null references oauth_client (id) on delete cascade,
    user_id bigint not null references user_account (id) on delete cascade,
    auth_version integer not null,
    scope text not null,
    redirect_url text,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3) not null
  )`,
  `create index oauth_grant_by_user on oauth_grant (user_id, client_id)`,
  `create index oauth_grant_by_client on oauth_grant (client_id)`,
  `create index oauth_grant_by_expiry on oauth_grant (expires_at)`,

  // ── Connectors behind firewalls: who owns and may use which (hdp.md §4.13) ─────────────────────────────────
  `create table connector (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id) on delete cascade,
    owner_id bigint not null references user_account (id) on delete cascade,
    label text not null,
    version text,
    is_group boolean not null default false,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  `create index connector_by_owner on connector (owner_id)`,
  `create table connector_user (
    connector_id bigint not null references connector (id) on delete cascade,
    user_id bigint not null references user_account (id) on delete cascade,
    primary key (connector_id, user_id)
  )`,
  `create index connector_user_by_user on connector_user (user_id)`,
  `create table connector_member (
    group_id bigint not null references connector (id) on delete cascade,
    member_id bigint not null references connector (id) on delete cascade,
    primary key (group_id, member_id)
  )`,

  // ── Usage meters (hdp.md §4.14): what was read, by day ─────────────────────────────────────────────────────
  `create table usage_meter (
    day date not null,
    tenant_id bigint not null,
    user_id bigint not null,
    source_id bigint not null,
    access_type text not null,
    queries bigint not null default 0,
    rows bigint not null default 0,
    bytes bigint not null default 0,
    primary key (day, user_id, source_id, access_type)
  )`,
  `create index usage_meter_by_source on usage_meter (source_id, day)`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
