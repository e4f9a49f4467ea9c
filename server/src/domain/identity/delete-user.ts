/** Deleting a user and what hangs on him (decisions.md 8). */
import { sql, type Transaction } from 'kysely';
import type { DB } from '../../platform/database/index.ts';
import { ConflictError } from '../errors.ts';
import type { UserRow } from './user-rows.ts';

/**
 * Removes the user's row, and keeps the name that what he did goes on showing. Live sources that he owns refuse it or go with him, by `ifOwnsSources`; a job that uses one
 * blocks. Sources deleted before go for good; workspaces pass to the tenant's longest-serving administrator.
 * Answers the names of the live sources that went.
 */
export async function deleteUserRows(
  trx: Transaction<DB>,
  user: UserRow,
  ifOwnsSources: 'refuse' | 'delete',
  now: Date,
): Promise<string[]> {
  await sql`select id from user_account where id = ${user.id} for update`.execute(trx);
  const sources = await trx
    .selectFrom('data_source')
    .select(['id', 'name', 'deleted_at'])
    .where('owner_id', '=', user.id)
    .orderBy('id')
    .forUpdate()
    .execute();
  const live = sources.filter((source) => source.deleted_at === null);
  if (live.length > 0 && ifOwnsSources === 'refuse') {
    throw new ConflictError('owns_sources', `${user.username} owns ${live.length} data sources.`, {
      remedy: 'Delete the sources first.',
      extra: { sources: live.slice(0, 100).map((source) => source.name) },
    });
  }
  const ids = sources.map((source) => source.id);
  if (ids.length > 0) {
    await refuseWhileInUse(trx, ids);
    await trx.deleteFrom('share').where('resource_type', '=', 'source').where('resource_id', 'in', ids).execute();
    await trx.deleteFrom('data_source').where('id', 'in', ids).execute();
  }
  await passWorkspacesOn(trx, user);
  await trx.updateTable('data_source').set({ created_by: null }).where('created_by', '=', user.id).execute();
  await trx.deleteFrom('sign_in_failure').where('username_folded', '=', user.username_folded).execute();
  // Chorus shows authors who are gone (chorus.md §6.3); nothing that identifies further or signs in is kept.
  await sql`
    insert into deleted_user (id, uid, tenant_id, username, first_name, last_name, user_type, deleted_at)
    select id, uid, tenant_id, username, first_name, last_name, user_type, ${now}
    from user_account where id = ${user.id} and builtin is null`.execute(trx);
  await trx.deleteFrom('user_account').where('id', '=', user.id).execute();
  return live.map((source) => source.name);
}

async function refuseWhileInUse(trx: Transaction<DB>, sourceIds: readonly number[]): Promise<void> {
  const holders = await trx
    .selectFrom('lease as l')
    .innerJoin('data_source as s', 's.id', 'l.source_id')
    .leftJoin('user_account as u', 'u.id', 'l.user_id')
    .select(['l.kind', 'l.holder_uid', 'l.holder', 'u.username', 'l.since', 'l.until', 's.name as source'])
    .where('l.source_id', 'in', sourceIds)
    .where('l.kind', '=', 'job')
    .orderBy('l.id')
    .limit(100)
    .execute();
  if (holders.length === 0) return;
  throw new ConflictError('source_in_use', 'Jobs use data sources of this user.', {
    remedy: 'Wait for the jobs to end, or cancel them.',
    extra: {
      holders: holders.map((holder) => ({
        kind: holder.kind,
        id: holder.holder_uid,
        name: holder.holder,
        user: holder.username,
        source: holder.source,
        since: holder.since,
        until: holder.until,
      })),
    },
  });
}

async function passWorkspacesOn(trx: Transaction<DB>, user: UserRow): Promise<void> {
  await sql`
    update workspace w set owner_id = (
      select a.user_id from tenant_admin a join user_account u on u.id = a.user_id
      where a.tenant_id = w.tenant_id and a.user_id <> ${user.id} and u.status = 'active'
      order by a.created_at, a.user_id limit 1)
    where w.owner_id = ${user.id}`.execute(trx);
}
