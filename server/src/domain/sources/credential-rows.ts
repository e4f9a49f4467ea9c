/** Writing credentials: sealed for their row, version growing with every change. */
import { sql } from 'kysely';
import { type Executor, toBuffer } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import type { PairChange } from './definition.ts';
import type { CredentialKind, CredentialLevel } from './model.ts';
import { secretContext } from './view.ts';

/** Names the row: unique in the store. */
export interface CredentialSlot {
  readonly sourceId: number;
  readonly tenantId: number;
  readonly kind: CredentialKind;
  readonly userId: number | null;
  readonly workspaceId: number | null;
  readonly level: CredentialLevel;
}

/** The row in a slot as a writer needs it. */
export interface SlotRow {
  readonly uid: string;
  readonly username: string | null;
  readonly sealed: Buffer | null;
  readonly version: number;
  /** Who stored it first. */
  readonly holder_id: number | null;
}

/** Reads a slot and locks its row. */
export async function readSlot(executor: Executor, slot: CredentialSlot): Promise<SlotRow | undefined> {
  const { rows } = await sql<SlotRow>`
    select uid, username, secret_sealed as sealed, version, holder_id from credential
    where source_id = ${slot.sourceId} and kind = ${slot.kind} and level = ${slot.level}
      and user_id is not distinct from ${slot.userId}::bigint
      and workspace_id is not distinct from ${slot.workspaceId}::bigint
    for update`.execute(executor);
  return rows[0];
}

/**
 * Changes the row in a slot, makes it, or removes it when nothing is left of it. The caller holds the source's row
 * locked, so that two writers never make the same slot. Gives the uid of the row, null when there is none now.
 */
export async function writeSlot(
  trx: Executor,
  vault: Vault,
  principal: Principal,
  slot: CredentialSlot,
  existing: SlotRow | undefined,
  pair: PairChange,
): Promise<string | null> {
  const uid = existing?.uid ?? uuidv7();
  const username = pair.username === undefined ? (existing?.username ?? null) : pair.username;
  const sealed = sealedAfter(vault, slot.tenantId, uid, existing, pair);
  if (username === null && sealed === null) {
    if (existing !== undefined) await trx.deleteFrom('credential').where('uid', '=', uid).execute();
    return null;
  }
  const written = { username, secret_sealed: sealed, created_by: storedUserId(principal.actor) };
  if (existing === undefined) {
    await trx
      .insertInto('credential')
      .values({
        ...written,
        uid,
        holder_id: storedUserId(principal.subject),
        tenant_id: slot.tenantId,
        source_id: slot.sourceId,
        kind: slot.kind,
        user_id: slot.userId,
        workspace_id: slot.workspaceId,
        level: slot.level,
      })
      .execute();
  } else {
    await trx
      .updateTable('credential')
      .set({ ...written, version: existing.version + 1, refused_at: null, updated_at: sql`now()` })
      .where('uid', '=', uid)
      .execute();
  }
  return uid;
}

/** Changes the source's own pair at level `any`: what a write of the source itself says. */
export async function writeSourcePair(
  trx: Executor,
  vault: Vault,
  principal: Principal,
  source: { readonly id: number; readonly tenantId: number },
  pair: PairChange,
): Promise<void> {
  const slot: CredentialSlot = {
    sourceId: source.id,
    tenantId: source.tenantId,
    kind: 'source',
    userId: null,
    workspaceId: null,
    level: 'any',
  };
  await writeSlot(trx, vault, principal, slot, await readSlot(trx, slot), pair);
}

function sealedAfter(
  vault: Vault,
  tenantId: number,
  uid: string,
  existing: SlotRow | undefined,
  pair: PairChange,
): Buffer | null {
  if (pair.password === undefined) return existing?.sealed ?? null;
  if (pair.password === null) return null;
  return toBuffer(vault.seal(secretContext(tenantId, uid), pair.password));
}
