/** Members of a group data source (hdp.md §4.2): other sources of its owner, each with the prefix of its entities. */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { InvalidError, NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';

export interface GroupMember {
  readonly id: number;
  /** 1–64 characters, unique in the group ignoring case. */
  readonly prefix: string;
}

export async function readMembers(executor: Executor, groupId: number): Promise<GroupMember[]> {
  const { rows } = await sql<GroupMember>`
    select m.member_id as id, m.prefix from source_member m join data_source s on s.id = m.member_id
    where m.group_id = ${groupId} and s.deleted_at is null order by m.member_id`.execute(executor);
  return rows;
}

/**
 * Puts members beside those that there are, or in their place. The caller holds the group's row. Throws NotFoundError
 * `member_not_found` (extra.memberId) for one that is not its owner's, InvalidError `invalid_member`.
 */
export async function writeMembers(
  trx: Executor,
  group: { readonly id: number; readonly ownerId: number },
  members: readonly GroupMember[],
  mode: 'add' | 'replace',
): Promise<void> {
  if (mode === 'replace') await trx.deleteFrom('source_member').where('group_id', '=', group.id).execute();
  const kept = mode === 'add' ? await readMembers(trx, group.id) : [];
  const prefixes = new Set(
    kept.filter((one) => !members.some(({ id }) => id === one.id)).map((one) => foldName(one.prefix)),
  );
  const ids = new Set<number>();
  for (const { id, prefix } of members) {
    if (prefix.length < 1 || prefix.length > 64 || prefix.includes('\0') || !prefix.isWellFormed()) {
      throw new InvalidError('invalid_member', 'A prefix has 1 to 64 characters.', { field: 'prefix' });
    }
    if (ids.has(id) || prefixes.has(foldName(prefix))) {
      throw new InvalidError('invalid_member', 'Members and their prefixes are named once.', {
        field: ids.has(id) ? 'member' : 'prefix',
      });
    }
    ids.add(id);
    prefixes.add(foldName(prefix));
  }
  await requireOwned(trx, group, [...ids]);
  for (const { id, prefix } of members) {
    await sql`insert into source_member (group_id, member_id, prefix, prefix_folded)
      values (${group.id}, ${id}, ${prefix}, ${foldName(prefix)})
      on conflict (group_id, member_id) do update set prefix = excluded.prefix, prefix_folded = excluded.prefix_folded`.execute(
      trx,
    );
  }
}

async function requireOwned(
  trx: Executor,
  group: { readonly id: number; readonly ownerId: number },
  ids: readonly number[],
): Promise<void> {
  const rows = await trx
    .selectFrom('data_source')
    .select(['id', 'is_group'])
    .where(sql<boolean>`id = any(${ids}::bigint[])`)
    .where('owner_id', '=', group.ownerId)
    .where('deleted_at', 'is', null)
    .execute();
  for (const id of ids) {
    const found = rows.find((row) => row.id === id);
    if (found === undefined) {
      throw new NotFoundError('member_not_found', `There is no source ${id} of the owner.`, {
        extra: { memberId: id },
      });
    }
    if (found.is_group) {
      throw new InvalidError('invalid_member', 'A group cannot be a member.', { field: 'member' });
    }
  }
}
