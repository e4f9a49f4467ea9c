/**
 * The first schema. It already holds what would be costly to change later (decisions.md 1, 9–17, 30, 33), also
 * where the door that needs it comes later. A landed migration never changes: add a new one.
 *
 * Conventions: `id` bigint identity (the number legacy doors show), `uid` UUIDv7 made in Node, `tenant_id` in every
 * tenant-owned table and in its composite foreign keys, times `timestamptz(3)` in UTC, `*_folded` = lower-cased
 * for case-insensitive uniqueness, `*_sealed` = vault ciphertext, permission sets = ascending `smallint[]`.
 */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  // ── Installation ────────────────────────────────────────────────────────────────────────────────────────────
  /** One row a fact of the installation: 'installation' (uid), 'vault' (key check), … */
  `create table setting (
    name text primary key,
    value jsonb not null,
    updated_at timestamptz(3) not null default now()
  )`,
  /** Data keys of the vault, wrapped by a key-encryption key. `state`: active (seals) | retired (opens only). */
  `create table data_key (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    provider text not null,
    kek_id text not null,
    wrapped bytea not null,
    state text not null check (state in ('active', 'retired')),
    created_at timestamptz(3) not null default now(),
    rewrapped_at timestamptz(3)
  )`,
  `create unique index data_key_one_active on data_key ((true)) where state = 'active'`,

  // ── Identity ────────────────────────────────────────────────────────────────────────────────────────────────
  `create table tenant (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    domain_uid uuid not null unique,
    instance_uid uuid not null unique,
    name text not null,
    slug text not null unique,
    description text,
    parent_id bigint references tenant (id),
    status smallint not null default 1,
    settings jsonb not null default '{}',
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  /**
   * Users. `explicit_permissions` come on top of the roles' (hdp.md §3.3). `builtin` users own what program doors
   * create and can never sign in (decisions.md 6). `auth_version` changes with password, lock and status (24).
   */
  `create table user_account (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    username text not null,
    username_folded text not null unique,
    first_name text,
    last_name text,
    email text,
    user_type text,
    profile jsonb not null default '{}',
    explicit_permissions smallint[] not null default '{}',
    status text not null default 'active' check (status in ('active', 'inactive')),
    builtin text check (builtin in ('fetcher', 'sdps')),
    password_hash text,
    password_status smallint not null default 1,
    password_changed_at timestamptz(3),
    password_expires_at timestamptz(3),
    scram_sealed bytea,
    auth_version integer not null default 1,
    locked_at timestamptz(3),
    locked_until timestamptz(3),
    last_sign_in_at timestamptz(3),
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (tenant_id, id)
  )`,
  `create unique index user_account_builtin on user_account (tenant_id, builtin) where builtin is not null`,
  `create table role (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    name text not null,
    name_folded text not null,
    description text,
    permissions smallint[] not null default '{}',
    builtin boolean not null default false,
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (tenant_id, id),
    unique (tenant_id, name_folded)
  )`,
  `create table user_role (
    user_id bigint not null references user_account (id) on delete cascade,
    role_id bigint not null references role (id) on delete cascade,
    primary key (user_id, role_id)
  )`,
  `create index user_role_by_role on user_role (role_id)`,
  /** Who administers which tenant (decisions.md 2). */
  `create table tenant_admin (
    tenant_id bigint not null references tenant (id) on delete cascade,
    user_id bigint not null references user_account (id) on delete cascade,
    created_at timestamptz(3) not null default now(),
    primary key (tenant_id, user_id)
  )`,
  `create index tenant_admin_by_user on tenant_admin (user_id)`,
  `create table user_group (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    name text not null,
    name_folded text not null,
    description text,
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (tenant_id, id),
    unique (tenant_id, name_folded)
  )`,
  `create table user_group_member (
    group_id bigint not null references user_group (id) on delete cascade,
    user_id bigint not null references user_account (id) on delete cascade,
    created_at timestamptz(3) not null default now(),
    primary key (group_id, user_id)
  )`,
  `create index user_group_member_by_user on user_group_member (user_id)`,
  /** Sign-in sessions. Only SHA-256 of the secret is kept. */
  `create table session (
    token_hash bytea primary key,
    uid uuid not null unique,
    user_id bigint not null references user_account (id) on delete cascade,
    auth_version integer not null,
    door text not null,
    user_agent text,
    address text,
    created_at timestamptz(3) not null default now(),
    last_seen_at timestamptz(3) not null default now(),
    expires_at timestamptz(3) not null
  )`,
  `create index session_by_user on session (user_id)`,
  `create index session_by_expiry on session (expires_at)`,
  /** API tokens (`hg_…`): SHA-256 kept; `hint` = first characters, to recognise one; SCRAM verifier sealed (24). */
  `create table api_token (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    user_id bigint not null references user_account (id) on delete cascade,
    name text not null,
    token_hash bytea not null unique,
    hint text not null,
    scopes text[] not null default '{}',
    scram_sealed bytea,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3),
    last_used_at timestamptz(3),
    revoked_at timestamptz(3)
  )`,
  `create index api_token_by_user on api_token (user_id)`,
  /** Access keys for request signatures (dataarts AK/SK): sealed, because HMAC needs the key itself. */
  `create table access_key (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    user_id bigint not null references user_account (id) on delete cascade,
    access_key text not null unique,
    secret_sealed bytea not null,
    status text not null default 'active' check (status in ('active', 'inactive')),
    description text,
    created_at timestamptz(3) not null default now(),
    last_used_at timestamptz(3)
  )`,
  `create index access_key_by_user on access_key (user_id)`,
  /** External identities: (issuer, subject) → user, never by email alone (decisions.md 23). */
  `create table external_identity (
    issuer text not null,
    subject text not null,
    user_id bigint not null references user_account (id) on delete cascade,
    created_at timestamptz(3) not null default now(),
    primary key (issuer, subject)
  )`,
  `create index external_identity_by_user on external_identity (user_id)`,
  /** Failed sign-ins by folded name, also of names that do not exist, so that locking reveals nothing (F4). */
  `create table sign_in_failure (
    username_folded text primary key,
    failures integer not null,
    window_started_at timestamptz(3) not null,
    locked_until timestamptz(3)
  )`,

  // ── Workspaces (the row chorus and dataarts share; features come with their doors) ─────────────────────────
  `create table workspace (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    name text not null,
    name_folded text not null,
    description text,
    owner_id bigint references user_account (id),
    is_default boolean not null default false,
    is_public boolean not null default false,
    archived_at timestamptz(3),
    eps_id text,
    settings jsonb not null default '{}',
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3),
    unique (tenant_id, id)
  )`,
  `create unique index workspace_name on workspace (tenant_id, name_folded) where deleted_at is null`,
  `create unique index workspace_default on workspace (tenant_id) where is_default and deleted_at is null`,
  `create table workspace_member (
    workspace_id bigint not null references workspace (id) on delete cascade,
    user_id bigint references user_account (id) on delete cascade,
    group_id bigint references user_group (id) on delete cascade,
    role text not null default 'developer',
    label text,
    created_at timestamptz(3) not null default now(),
    check (num_nonnulls(user_id, group_id) = 1)
  )`,
  `create unique index workspace_member_user on workspace_member (workspace_id, user_id) where user_id is not null`,
  `create unique index workspace_member_group on workspace_member (workspace_id, group_id) where group_id is not null`,
  `create index workspace_member_by_user on workspace_member (user_id)`,

  // ── Sources ────────────────────────────────────────────────────────────────────────────────────────────────
  /** Provider accounts (sdps). A source keeps provider, account and region as values, not as a key (12). */
  `create table provider_account (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    provider smallint not null,
    account_id text not null,
    account_folded text not null,
    region text not null,
    alias text,
    details jsonb not null default '{}',
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    unique (tenant_id, account_folded)
  )`,
  /**
   * Data sources. `engine` is null for kinds that are stored but cannot run (11). `permissions` restricts the owner
   * exactly (4). `tls` = {mode, ca?, cert?}; its private key is sealed apart. `version` is the ETag; `settings_version`
   * grows with every change of how one connects, and pools are keyed by it (28).
   */
  `create table data_source (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    name text not null,
    name_folded text not null,
    title text,
    description text,
    engine text,
    host text,
    port integer,
    database text,
    schema text,
    tls jsonb not null default '{}',
    tls_key_sealed bytea,
    options jsonb not null default '{}',
    metadata jsonb not null default '{}',
    labels jsonb not null default '{}',
    product text,
    provider smallint,
    account_id text,
    region text,
    workspace_id bigint,
    owner_id bigint not null references user_account (id),
    permissions smallint[],
    visibility text not null default 'private' check (visibility in ('private', 'workspace', 'tenant')),
    shares_credential boolean not null default true,
    pinned_credential text check (pinned_credential in ('source', 'workspace', 'personal')),
    enabled boolean not null default true,
    complete boolean not null default true,
    probe text not null default 'unknown' check (probe in ('online', 'offline', 'unknown')),
    probe_code text,
    probe_at timestamptz(3),
    server_version text,
    catalog_state text not null default 'none',
    hidden_in_sdps boolean not null default false,
    version integer not null default 1,
    settings_version integer not null default 1,
    created_by bigint references user_account (id),
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3),
    unique (tenant_id, id),
    foreign key (tenant_id, workspace_id) references workspace (tenant_id, id)
  )`,
  `create unique index data_source_name on data_source (tenant_id, name_folded) where deleted_at is null`,
  // Sources shared from another tenant are found by name alone.
  `create index data_source_by_name on data_source (name_folded) where deleted_at is null`,
  `create index data_source_by_owner on data_source (owner_id, id) where deleted_at is null`,
  `create index data_source_by_visibility on data_source (tenant_id, visibility, id) where deleted_at is null and visibility <> 'private'`,
  `create index data_source_by_workspace on data_source (workspace_id) where workspace_id is not null`,
  `create index data_source_labels on data_source using gin (labels jsonb_path_ops)`,
  /** What each door calls a source (decisions.md 9). Rows are removed with a soft delete and put back by undelete. */
  `create table source_name (
    tenant_id bigint not null,
    source_id bigint not null,
    door text not null,
    scope text not null,
    folded_name text not null,
    name text not null,
    live boolean not null default true,
    primary key (source_id, door),
    foreign key (tenant_id, source_id) references data_source (tenant_id, id) on delete cascade
  )`,
  `create unique index source_name_taken on source_name (door, scope, folded_name) where live`,
  /** A door's own words for a source, verbatim (decisions.md 11); secrets inside are sealed apart. */
  `create table source_door_data (
    tenant_id bigint not null,
    source_id bigint not null,
    door text not null,
    data jsonb not null,
    secrets_sealed bytea,
    updated_at timestamptz(3) not null default now(),
    primary key (source_id, door),
    foreign key (tenant_id, source_id) references data_source (tenant_id, id) on delete cascade
  )`,
  /** Tenant-wide named secrets (sdps `secret`). */
  `create table named_secret (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    name text not null,
    username text,
    secret_sealed bytea not null,
    updated_at timestamptz(3) not null default now(),
    unique (tenant_id, name)
  )`,
  /** Credentials (decisions.md 15): source pair, one a workspace, or personal; one row a level. */
  `create table credential (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null,
    source_id bigint not null,
    kind text not null check (kind in ('source', 'workspace', 'personal')),
    user_id bigint references user_account (id) on delete cascade,
    workspace_id bigint references workspace (id) on delete cascade,
    level text not null default 'any' check (level in ('any', 'read', 'write')),
    username text,
    secret_sealed bytea,
    version integer not null default 1,
    created_by bigint references user_account (id) on delete set null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    foreign key (tenant_id, source_id) references data_source (tenant_id, id) on delete cascade,
    check ((kind = 'personal') = (user_id is not null)),
    check ((kind = 'workspace') = (workspace_id is not null)),
    unique nulls not distinct (source_id, kind, user_id, workspace_id, level)
  )`,
  `create index credential_by_user on credential (user_id) where user_id is not null`,
  `create index credential_by_workspace on credential (workspace_id) where workspace_id is not null`,
  /**
   * Shares: (resource, subject) → exact permission set. `tenant_id` is the resource's tenant; the subject may live in
   * another one (decisions.md 1). The subject's id stands in the column of its type.
   */
  `create table share (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null,
    resource_type text not null default 'source' check (resource_type in ('source', 'dataset')),
    resource_id bigint not null,
    subject_type text not null check (subject_type in ('user', 'group', 'tenant')),
    user_id bigint references user_account (id) on delete cascade,
    group_id bigint references user_group (id) on delete cascade,
    subject_tenant_id bigint references tenant (id) on delete cascade,
    permissions smallint[] not null,
    credential_kind text check (credential_kind in ('source', 'workspace', 'personal')),
    expires_at timestamptz(3),
    version integer not null default 1,
    created_by bigint references user_account (id) on delete set null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    check ((subject_type = 'user') = (user_id is not null)),
    check ((subject_type = 'group') = (group_id is not null)),
    check ((subject_type = 'tenant') = (subject_tenant_id is not null)),
    unique nulls not distinct (resource_type, resource_id, user_id, group_id, subject_tenant_id)
  )`,
  `create index share_by_user on share (user_id, resource_id) where user_id is not null`,
  `create index share_by_group on share (group_id, resource_id) where group_id is not null`,
  `create index share_by_tenant on share (subject_tenant_id, resource_id) where subject_tenant_id is not null`,
  /** Who uses a source now. Only `job` leases block changes (decisions.md 17). */
  `create table lease (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null,
    source_id bigint not null,
    kind text not null check (kind in ('job', 'query', 'session')),
    holder_uid uuid not null,
    holder text not null,
    user_id bigint references user_account (id) on delete set null,
    node text,
    since timestamptz(3) not null default now(),
    until timestamptz(3),
    foreign key (tenant_id, source_id) references data_source (tenant_id, id) on delete cascade,
    unique (source_id, kind, holder_uid)
  )`,
  `create index lease_by_holder on lease (holder_uid)`,
  /** Limits at four levels (decisions.md 30). The column of the level holds its subject. */
  `create table limit_value (
    level text not null check (level in ('system', 'tenant', 'user', 'source')),
    tenant_id bigint references tenant (id) on delete cascade,
    user_id bigint references user_account (id) on delete cascade,
    source_id bigint references data_source (id) on delete cascade,
    name text not null,
    value numeric(20) not null,
    updated_at timestamptz(3) not null default now(),
    check ((level = 'tenant') = (tenant_id is not null)),
    check ((level = 'user') = (user_id is not null)),
    check ((level = 'source') = (source_id is not null)),
    unique nulls not distinct (name, tenant_id, user_id, source_id)
  )`,
  `create index limit_value_by_source on limit_value (source_id) where source_id is not null`,
  `create index limit_value_by_user on limit_value (user_id) where user_id is not null`,
  `create index limit_value_by_tenant on limit_value (tenant_id) where tenant_id is not null`,

  // ── Catalog ────────────────────────────────────────────────────────────────────────────────────────────────
  /** The catalog as last read: one row a table or view, columns and keys as JSON in the engine-neutral shape. */
  `create table catalog_crawl (
    source_id bigint primary key references data_source (id) on delete cascade,
    captured_at timestamptz(3) not null,
    settings_version integer not null,
    tables integer not null,
    columns integer not null,
    digest text not null
  )`,
  `create table catalog_table (
    source_id bigint not null references data_source (id) on delete cascade,
    schema_name text not null,
    table_name text not null,
    kind text not null,
    comment text,
    row_estimate bigint,
    columns jsonb not null,
    keys jsonb not null default '{}',
    primary key (source_id, schema_name, table_name)
  )`,

  // ── Jobs (decisions.md 18) ─────────────────────────────────────────────────────────────────────────────────
  `create table job_definition (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    kind text not null,
    name text not null,
    schedule text,
    time_zone text,
    spec jsonb not null,
    owner_id bigint references user_account (id) on delete cascade,
    enabled boolean not null default true,
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    deleted_at timestamptz(3)
  )`,
  `create index job_definition_by_tenant on job_definition (tenant_id, id)`,
  /**
   * One run. Our row is the truth; the queue only wakes workers. `attempt` names the running attempt: every write of
   * a worker carries it, so that a worker that was given up cannot change the job any more.
   */
  `create table job (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint not null references tenant (id),
    definition_id bigint references job_definition (id) on delete set null,
    kind text not null,
    status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    spec jsonb not null,
    created_by bigint references user_account (id) on delete set null,
    door text not null,
    attempt integer not null default 0,
    max_attempts integer not null default 3,
    run_after timestamptz(3) not null default now(),
    worker text,
    heartbeat_at timestamptz(3),
    cancel_requested_at timestamptz(3),
    progress jsonb not null default '{}',
    result jsonb,
    error jsonb,
    fingerprint text,
    idempotency_key text,
    created_at timestamptz(3) not null default now(),
    started_at timestamptz(3),
    finished_at timestamptz(3)
  )`,
  `create index job_by_tenant on job (tenant_id, id desc)`,
  `create index job_by_creator on job (created_by, id desc)`,
  `create index job_by_idempotency_key on job (created_by, idempotency_key) where idempotency_key is not null`,
  `create index job_runnable on job (run_after, id) where status = 'queued'`,
  `create index job_running on job (heartbeat_at) where status = 'running'`,
  `create table job_item (
    job_id bigint not null references job (id) on delete cascade,
    position integer not null,
    source_id bigint references data_source (id) on delete set null,
    spec jsonb not null default '{}',
    status text not null default 'queued',
    progress jsonb not null default '{}',
    error jsonb,
    primary key (job_id, position)
  )`,
  `create index job_item_by_source on job_item (source_id)`,
  /** An output exists once its row commits (decisions.md 18). `location` is relative to the object store's root. */
  `create table job_output (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    job_id bigint not null references job (id) on delete cascade,
    attempt integer not null,
    name text not null,
    media_type text not null,
    location text not null,
    bytes bigint not null,
    rows bigint,
    sha256 text not null,
    data_key_sealed bytea,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3),
    deleted_at timestamptz(3),
    unique (job_id, name)
  )`,
  `create index job_output_by_expiry on job_output (expires_at) where deleted_at is null`,

  // ── Audit (decisions.md 33) ────────────────────────────────────────────────────────────────────────────────
  /** Events are inserted and never changed. `txid` lets the sealer see which events may still be uncommitted below them. */
  `create table audit_event (
    id bigint generated always as identity primary key,
    uid uuid not null,
    tenant_id bigint not null,
    txid xid8 not null default pg_current_xact_id(),
    at timestamptz(3) not null default clock_timestamp(),
    action text not null,
    outcome text not null,
    door text not null,
    actor_id bigint,
    actor text,
    subject_id bigint,
    subject text,
    resource_type text,
    resource_uid uuid,
    resource text,
    request_id text,
    address text,
    detail jsonb not null default '{}'
  )`,
  `create index audit_event_by_tenant on audit_event (tenant_id, id)`,
  `create index audit_event_by_resource on audit_event (tenant_id, resource_uid, id) where resource_uid is not null`,
  `create index audit_event_by_actor on audit_event (tenant_id, actor_id, id) where actor_id is not null`,
  /** The chain: one link an event, in sealing order, without gaps per tenant. */
  `create table audit_link (
    tenant_id bigint not null,
    sequence bigint not null,
    event_id bigint not null unique,
    hash bytea not null,
    primary key (tenant_id, sequence)
  )`,
  `create table audit_checkpoint (
    tenant_id bigint not null,
    sequence bigint not null,
    hash bytea not null,
    at timestamptz(3) not null,
    key_id text not null,
    signature bytea not null,
    primary key (tenant_id, sequence)
  )`,
  `create table audit_sealer (
    tenant_id bigint primary key,
    sequence bigint not null,
    hash bytea not null,
    last_event_id bigint not null
  )`,

  // ── Idempotency (J3, decisions.md 34) ──────────────────────────────────────────────────────────────────────
  `create table idempotency_record (
    user_id bigint not null references user_account (id) on delete cascade,
    door text not null,
    key text not null,
    request_digest bytea not null,
    state text not null check (state in ('running', 'done')),
    status smallint,
    headers jsonb,
    body_sealed bytea,
    shows_secret boolean not null default false,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3) not null,
    primary key (user_id, door, key)
  )`,
  `create index idempotency_record_by_expiry on idempotency_record (expires_at)`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
