/** Reading users as they are shown, what administering them asks of the store, and their roles there. */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { DB, Executor } from '../../platform/database/index.ts';
import { ConflictError } from '../errors.ts';
import { normalisePermissions } from './permissions.ts';
import type { UserView } from './views.ts';

/** A user with what rules need to know beside the view. */
export interface UserRow {
  id: number;
  uid: string;
  tenant_id: number;
  slug: string;
  username: string;
  username_folded: string;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  status: 'active' | 'inactive';
  auth_version: number;
  explicit_permissions: number[];
  role_permissions: number[];
  roles: string[];
  administers: string[];
  locked_until: Date | null;
  last_sign_in_at: Date | null;
  created_at: Date;
}

/** Users that fulfil a condition on `user_account u`; built-in ones never show. */
export async function readUsers(executor: Executor, condition: RawBuilder<unknown>, limit: number): Promise<UserRow[]> {
  const { rows } = await sql<UserRow>`
    select u.id, u.uid, u.tenant_id, t.slug, u.username, u.username_folded, u.first_name, u.last_name, u.email, u.status,
      u.auth_version, u.explicit_permissions, u.last_sign_in_at, u.created_at,
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
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email,
    tenant: row.slug,
    roles: row.roles,
    administers: row.administers,
    permissions: effectiveOf(row),
    status: row.status,
    lockedUntil: row.locked_until !== null && row.locked_until > now ? row.locked_until : null,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at,
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
      where ur.role_id = ${administratorRole} and u.status = 'active') as left`.execute(executor);
  if (rows[0]?.left !== true) {
    throw new ConflictError('last_administrator', 'This is the last active administrator.', {
      remedy: 'Make somebody else an administrator first.',
    });
  }
}

/** Replaces all roles of a user. */
export async function setRoles(trx: Transaction<DB>, userId: number, roleIds: readonly number[]): Promise<void> {
  await trx.deleteFrom('user_role').where('user_id', '=', userId).execute();
  if (roleIds.length === 0) return;
  await trx
    .insertInto('user_role')
    .values(roleIds.map((role_id) => ({ user_id: userId, role_id })))
    .execute();
}
