/**
 * What a door keeps of a source in its own words (decisions.md 9, 11): the name it knows it by, and what no shared column
 * can express; secrets among it sealed apart.
 */
import { sql } from 'kysely';
import { type Executor, json, toBuffer } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { ConflictError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import type { DoorName } from '../identity/principal.ts';
import { nameTaken } from './columns.ts';
import type { JsonObject } from './model.ts';

/** A write of a door's own words; members that are absent stay as they are. */
export interface DoorEntry {
  readonly door: DoorName;
  /**
   * Unique among the door's names within the scope, ignoring case; `owner`: also among all names that the door shows of one
   * owner's sources.
   */
  readonly name?: { readonly scope: string; readonly name: string; readonly within?: 'owner' | 'scope' };
  readonly data?: JsonObject;
  /** All secrets of the door, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
}

interface SourceKey {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
}

function secretsContext(source: SourceKey, door: DoorName) {
  return { tenantId: source.tenantId, table: 'source_door_data', rowUid: source.uid, field: `secrets_${door}` };
}

/** Writes the entry. Throws ConflictError `name_taken`. */
export async function writeDoorEntry(trx: Executor, vault: Vault, source: SourceKey, entry: DoorEntry): Promise<void> {
  const { door, name, data, secrets } = entry;
  if (name !== undefined) {
    await sql`
      insert into source_name (tenant_id, source_id, door, scope, folded_name, name)
      values (${source.tenantId}, ${source.id}, ${door}, ${name.scope}, ${foldName(name.name)}, ${name.name})
      on conflict (source_id, door) do update set scope = excluded.scope, folded_name = excluded.folded_name, name = excluded.name`
      .execute(trx)
      .catch(nameTaken(name.name));
  }
  if (data === undefined && secrets === undefined) return;
  const sealed =
    secrets === undefined || Object.keys(secrets).length === 0
      ? null
      : toBuffer(vault.seal(secretsContext(source, door), JSON.stringify(secrets)));
  await sql`
    insert into source_door_data (tenant_id, source_id, door, data, secrets_sealed)
    values (${source.tenantId}, ${source.id}, ${door}, ${json(data ?? {})}, ${sealed}::bytea)
    on conflict (source_id, door) do update set updated_at = now(),
      data = ${data === undefined ? sql`source_door_data.data` : sql`excluded.data`},
      secrets_sealed = ${secrets === undefined ? sql`source_door_data.secrets_sealed` : sql`excluded.secrets_sealed`}`.execute(
    trx,
  );
}

export interface StoredDoorEntry {
  readonly name: string | null;
  readonly data: JsonObject | null;
  readonly sealed: Buffer | null;
}

/** The entry of one source; members are null where the door has said nothing. */
export async function readDoorEntry(executor: Executor, sourceId: number, door: DoorName): Promise<StoredDoorEntry> {
  const { rows } = await sql<StoredDoorEntry>`
    select (select name from source_name where source_id = ${sourceId} and door = ${door}) as name,
      (select data from source_door_data where source_id = ${sourceId} and door = ${door}) as data,
      (select secrets_sealed from source_door_data where source_id = ${sourceId} and door = ${door}) as sealed`.execute(
    executor,
  );
  return rows[0]!; // one row always
}

/** The door's secrets; null when they cannot be opened (S7). */
export function openDoorSecrets(
  vault: Vault,
  source: SourceKey,
  door: DoorName,
  sealed: Buffer | null,
): Readonly<Record<string, string>> | null {
  if (sealed === null) return {};
  try {
    return JSON.parse(vault.openText(secretsContext(source, door), sealed)) as Record<string, string>; // as `writeDoorEntry` sealed it
  } catch {
    return null;
  }
}

/**
 * Holds the owner's names still, and throws ConflictError `name_taken` when another live source of the owner is known
 * under this name: by the door's own entry, or natively where the door has none.
 */
export async function claimOwnersName(
  trx: Executor,
  door: DoorName,
  ownerId: number,
  name: string,
  except: number | null,
): Promise<void> {
  await sql`select id from user_account where id = ${ownerId} for no key update`.execute(trx);
  const { rows } = await sql`
    select 1 from data_source s left join source_name n on n.source_id = s.id and n.door = ${door}
    where s.owner_id = ${ownerId} and s.deleted_at is null and s.id is distinct from ${except}::bigint
      and coalesce(n.folded_name, s.name_folded) = ${foldName(name)}`.execute(trx);
  if (rows.length === 0) return;
  throw new ConflictError('name_taken', `There is a data source with the name "${name}" already.`, { field: 'name' });
}

/** The name itself where it is free in the tenant, else with `-2`, `-3` … behind it (decisions.md 9). */
export async function freeSlug(trx: Executor, tenantId: number, name: string): Promise<string> {
  const stem = name.slice(0, 120);
  const { rows } = await sql<{ folded: string }>`
    select name_folded as folded from data_source
    where tenant_id = ${tenantId} and deleted_at is null
      and (name_folded = ${foldName(name)} or starts_with(name_folded, ${`${foldName(stem)}-`}))`.execute(trx);
  const taken = new Set(rows.map((row) => row.folded));
  let slug = name;
  for (let number = 2; taken.has(foldName(slug)); number += 1) slug = `${stem}-${number}`;
  return slug;
}
