/**
 * Sign-in services: where somebody's password or identity is checked (internal, LDAP, OpenID Connect), and who of a
 * service is which user here.
 */
import { type Kysely, sql } from 'kysely';

const statements: readonly string[] = [
  /**
   * `tenant_id` null: of the whole installation, which only the internal service is; it has id 1 (hdp.md §4). `saml` and
   * `plugin` are kinds that a door may keep for its callers and nothing here can run. `is_default`: asked for names
   * that no user here has. `secrets_sealed` is a JSON object.
   */
  `create table sign_in_service (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    tenant_id bigint references tenant (id),
    name text not null,
    name_folded text not null unique,
    kind text not null check (kind in ('internal', 'ldap', 'oidc', 'saml', 'plugin')),
    description text,
    enabled boolean not null default true,
    is_default boolean not null default false,
    settings jsonb not null default '{}',
    secrets_sealed bytea,
    create_users boolean not null default false,
    sync_roles boolean not null default false,
    version integer not null default 1,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now(),
    check (kind = 'internal' or tenant_id is not null)
  )`,
  `create index sign_in_service_by_tenant on sign_in_service (tenant_id)`,
  `create unique index sign_in_service_default on sign_in_service (is_default) where is_default`,
  `insert into sign_in_service (uid, name, name_folded, kind) values (gen_random_uuid(), 'Internal', 'internal', 'internal')`,
  /** Roles of users made by a service: those of everybody have the empty group. */
  `create table sign_in_service_role (
    service_id bigint not null references sign_in_service (id) on delete cascade,
    external_group text not null,
    role_id bigint not null references role (id) on delete cascade,
    primary key (service_id, external_group, role_id)
  )`,
  `create index sign_in_service_role_by_role on sign_in_service_role (role_id)`,
  /**
   * Who of a service is which user. A user without links signs in internally; one with links by these alone. `login`
   * is what the person types there (`*`: whoever the service knows); `subject` the service's own lasting id, noted at
   * the first sign-in when the link was made by login.
   */
  `create table sign_in_link (
    id bigint generated always as identity primary key,
    uid uuid not null unique,
    service_id bigint not null references sign_in_service (id) on delete cascade,
    user_id bigint not null references user_account (id) on delete cascade,
    login text,
    login_folded text,
    subject text,
    created_at timestamptz(3) not null default now(),
    last_sign_in_at timestamptz(3),
    unique (service_id, login_folded),
    unique (service_id, subject)
  )`,
  `create index sign_in_link_by_user on sign_in_link (user_id)`,
  /** Browsers on their way to an OpenID provider and back: hashes only, gone with the first answer. */
  `create table sign_in_attempt (
    state_hash bytea primary key,
    browser_hash bytea not null,
    service_id bigint not null references sign_in_service (id) on delete cascade,
    return_to text not null,
    expires_at timestamptz(3) not null
  )`,
  `create index sign_in_attempt_by_expiry on sign_in_attempt (expires_at)`,
  /** The service that a session was opened by; null = internal. */
  `alter table session add column service_id bigint references sign_in_service (id) on delete cascade`,
  `create index session_by_service on session (service_id) where service_id is not null`,
];

/** Applies the migration inside the migrator's transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
