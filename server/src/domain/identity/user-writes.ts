/** Writing what hangs on a user's row: roles, administered tenants, sign-in names, locks; moving to another tenant. */
import { sql, type Transaction } from 'kysely';
import type { DB } from '../../platform/database/index.ts';
import { ConflictError } from '../errors.ts';
import { checkText } from './names.ts';
import { Permission } from './permissions.ts';
import type { UserRow } from './user-rows.ts';
import type { UserPatch } from './views.ts';

/** The columns of the profile that an input names. */
export function profileOf(input: Pick<UserPatch, 'firstName' | 'lastName' | 'email'>): {
  first_name?: string | null;
  last_name?: string | null;
  email?: string | null;
} {
  return {
    ...(input.firstName === undefined ? {} : { first_name: checkText(input.firstName, 'firstName') }),
    ...(input.lastName === undefined ? {} : { last_name: checkText(input.lastName, 'lastName') }),
    ...(input.email === undefined ? {} : { email: checkText(input.email, 'email') }),
  };
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

export async function setAdministered(
  trx: Transaction<DB>,
  userId: number,
  tenantIds: readonly number[],
): Promise<void> {
  await trx.deleteFrom('tenant_admin').where('user_id', '=', userId).execute();
  if (tenantIds.length === 0) return;
  await trx
    .insertInto('tenant_admin')
    .values(tenantIds.map((tenant_id) => ({ user_id: userId, tenant_id })))
    .execute();
}

export function nameTaken(username: string): ConflictError {
  return new ConflictError('username_taken', `The user name ${username} is taken.`, { field: 'username' });
}

/** Locks a name until then, or forgets its failures. */
export async function setLock(trx: Transaction<DB>, folded: string, until: Date | null, now: Date): Promise<void> {
  if (until === null) {
    await trx.deleteFrom('sign_in_failure').where('username_folded', '=', folded).execute();
    return;
  }
  await sql`insert into sign_in_failure (username_folded, failures, window_started_at, locked_until)
    values (${folded}, 0, ${now}, ${until})
    on conflict (username_folded) do update set locked_until = excluded.locked_until,
      window_started_at = excluded.window_started_at`.execute(trx);
}

/**
 * What a move to another tenant ends: membership of groups, and shares whose source's owner does not administer the new
 * tenant (hdp.md §6.5). Throws ConflictError `owns_sources`: sources stay in their tenant with their owner.
 */
export async function moveUser(trx: Transaction<DB>, user: UserRow, tenantId: number): Promise<void> {
  const owned = await trx
    .selectFrom('data_source')
    .select('name')
    .where('owner_id', '=', user.id)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(100)
    .execute();
  if (owned.length > 0) {
    throw new ConflictError('owns_sources', `${user.username} owns data sources, which stay in their tenant.`, {
      remedy: 'Delete the sources first.',
      extra: { sources: owned.map((source) => source.name) },
    });
  }
  await sql`delete from user_group_member m using user_group g
    where m.user_id = ${user.id} and g.id = m.group_id and g.tenant_id <> ${tenantId}`.execute(trx);
  await sql`delete from share sh using data_source s
    where sh.user_id = ${user.id} and sh.resource_type = 'source' and s.id = sh.resource_id
      and not exists (select 1 from tenant_admin a where a.user_id = s.owner_id and a.tenant_id = ${tenantId})
      and not exists (select 1 from user_role ur join role r on r.id = ur.role_id
        where ur.user_id = s.owner_id and ${Permission.administrator} = any(r.permissions))`.execute(trx);
  // A verifier is sealed for its tenant; one for the new tenant is made with the next password.
  await sql`update api_token set scram_sealed = null where user_id = ${user.id}`.execute(trx);
}
