/** Reading users as they are shown, what administering them asks of the store. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { ConflictError } from '../errors.ts';
import { normalisePermissions } from './permissions.ts';
import type { UserAccount, UserKind, UserView } from './views.ts';

/** A user with what rules need to know beside the view. */
export interface UserRow {
  id: number;
  uid: string;
  tenant_id: number;
  tenant_name: string;
  slug: string;
  username: string;
  username_folded: string;
  kind: UserKind;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  status: 'active' | 'inactive';
  auth_version: number;
  explicit_permissions: number[];
  role_permissions: number[];
  roles: string[];
  role_ids: number[];
  administers: string[];
  password_status: number;
  password_expires_at: Date | null;
  locked_at: Date | null;
  locked_until: Date | null;
  last_sign_in_at: Date | null;
  created_at: Date;
}

/** Users that fulfil a condition on `user_account u`; built-in ones never show. */
export async function readUsers(executor: Executor, condition: RawBuilder<unknown>, limit: number): Promise<UserRow[]> {
  const { rows } = await sql<UserRow>`
    select u.id, u.uid, u.tenant_id, t.name as tenant_name, t.slug, u.username, u.username_folded, u.kind, u.first_name, u.last_name, u.email, u.status,
      u.auth_version, u.explicit_permissions, u.last_sign_in_at, u.created_at, u.password_status, u.password_expires_at,
      array(select ur.role_id from user_role ur where ur.user_id = u.id order by 1) as role_ids,
      (select f.window_started_at from sign_in_failure f where f.username_folded = u.username_folded) as locked_at,
      array(select distinct p from user_role ur join role r on r.id = ur.role_id, unnest(r.permissions) p
        where ur.user_id = u.id) as role_permissions,
      array(select r.name from user_role ur join role r on r.id = ur.role_id where ur.user_id = u.id order by r.id) as roles,
      array(select a.slug from tenant_admin ta join tenant a on a.id = ta.tenant_id where ta.user_id = u.id
        order by a.id) as administers,
      (select f.locked_until from sign_in_failure f where f.username_folded = u.username_folded) as locked_until
    from user_account u join tenant t on t.id = u.tenant_id
    where u.builtin is null and ${condition} order by u.id limit ${limit}`.execute(executor);
  return rows;
}

/** roles ∪ explicit (hdp.md §3.3). */
export function effectiveOf(row: UserRow): number[] {
  return normalisePermissions([...row.role_permissions, ...row.explicit_permissions]);
}

/** `now`: a lock that is over does not show. */
export function toUserView(row: UserRow, now: Date): UserView {
  return {
    id: row.uid,
    username: row.username,
    kind: row.kind,
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email,
    tenant: row.slug,
    roles: row.roles,
    administers: row.administers,
    permissions: effectiveOf(row),
    status: row.status,
    lockedUntil: row.locked_until !== null && row.locked_until > now ? row.locked_until : null,
    mustChangePassword:
      row.password_status === 2 || (row.password_expires_at !== null && row.password_expires_at <= now),
    passwordExpiresAt: row.password_expires_at,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at,
  };
}

/** `now`: a lock that is over does not show. */
export function toUserAccount(row: UserRow, now: Date): UserAccount {
  const locked = row.locked_until !== null && row.locked_until > now;
  return {
    id: row.id,
    username: row.username,
    tenantId: row.tenant_id,
    tenantName: row.tenant_name,
    status: row.status,
    roleIds: row.role_ids,
    explicitPermissions: normalisePermissions(row.explicit_permissions),
    effectivePermissions: effectiveOf(row),
    passwordStatus: row.password_status,
    passwordExpiresAt: row.password_expires_at,
    lockedAt: locked ? row.locked_at : null,
    lockedUntil: locked ? row.locked_until : null,
  };
}

const administratorRole = 1;

/** Serialises changes of who is an administrator. Take it before such a change. */
export async function lockAdministrators(executor: Executor): Promise<void> {
  await sql`select id from role where id = ${administratorRole} for update`.execute(executor);
}

/** Throws ConflictError `last_administrator` when nobody who can act is left with role 1. */
export async function requireAdministratorLeft(executor: Executor): Promise<void> {
  const { rows } = await sql<{ left: boolean }>`
    select exists (select 1 from user_role ur join user_account u on u.id = ur.user_id
      where ur.role_id = ${administratorRole} and u.status = 'active' and u.kind = 'person') as left`.execute(executor);
  if (rows[0]?.left !== true) {
    throw new ConflictError('last_administrator', 'This is the last active administrator.', {
      remedy: 'Make somebody else an administrator first.',
    });
  }
}
