/** Reading stored pairs as accounts of somebody: without their passwords, but for whoever completes a partial change. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { CredentialSlot, SlotRow } from '../sources/credential-rows.ts';
import type { Account } from './model.ts';
import { peopleById } from './people-rows.ts';

export interface AccountRow {
  readonly id: number;
  readonly uid: string;
  readonly kind: 'source' | 'workspace' | 'personal';
  readonly username: string | null;
  readonly owner_id: number | null;
  readonly source_id: number;
  readonly user_id: number | null;
  readonly workspace_id: number | null;
  readonly refused_at: Date | null;
}

/** A condition on `credential c`: the row in this slot, at any level. */
export function isSlot(slot: CredentialSlot): RawBuilder<unknown> {
  return sql`c.source_id = ${slot.sourceId} and c.kind = ${slot.kind}
    and c.user_id is not distinct from ${slot.userId}::bigint
    and c.workspace_id is not distinct from ${slot.workspaceId}::bigint`;
}

/** A slot without a lock. */
export async function readStored(executor: Executor, slot: CredentialSlot): Promise<SlotRow | undefined> {
  const { rows } = await sql<SlotRow>`
    select c.uid, c.username, c.secret_sealed as sealed, c.version from credential c
    where ${isSlot(slot)} and c.level = 'any'`.execute(executor);
  return rows[0];
}

/** Pairs of level `any` that fulfil a condition on `credential c`. */
export async function readAccountRows(
  executor: Executor,
  condition: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql`order by c.id`,
): Promise<AccountRow[]> {
  const { rows } = await sql<AccountRow>`
    select c.id, c.uid, c.kind, c.username, c.source_id, c.user_id, c.workspace_id, c.refused_at,
      case c.kind when 'personal' then c.user_id when 'workspace' then coalesce(c.holder_id, w.owner_id)
        else s.owner_id end as owner_id
    from credential c join data_source s on s.id = c.source_id left join workspace w on w.id = c.workspace_id
    where c.level = 'any' and c.username is not null and ${condition} ${tail}`.execute(executor);
  return rows;
}

/** The accounts of rows; those of built-in users are no person's and are left out. */
export async function toAccounts(executor: Executor, rows: readonly AccountRow[]): Promise<Account[]> {
  const people = await peopleById(
    executor,
    rows.map((row) => row.owner_id),
  );
  return rows.flatMap((row) => {
    const owner = people.get(row.owner_id ?? 0);
    if (owner === undefined) return [];
    const { id, uid, username, source_id: sourceId, refused_at: refusedAt } = row;
    return [{ id, uid, dbUsername: username ?? '', ownerId: owner.id, owner, sourceId, refusedAt }];
  });
}
