/**
 * Internal data sources (fetcher.md §3.9): those that the operator's configuration names. They are rows like any other,
 * made and brought up to date when a node starts, so that tests, schemas and jobs treat them alike; this door shows them
 * and never changes them.
 */
import { createHash, createHmac } from 'node:crypto';
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { announce } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { ConflictError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, systemPrincipal, systemTenantId } from '../identity/principal.ts';
import { writeSourcePair } from '../sources/credential-rows.ts';
import { type ConnectionRecord, type KeptRecord, keptOf } from './connection-record.ts';
import { doorName, freeSlug, nameScope, storedColumns, writeDoor } from './connection-rows.ts';
import { builtinOwner } from './connections.ts';
import type { ConnectionType } from './model.ts';

/** One internal source as configured. Holds a secret. */
export interface InternalSource {
  readonly configName: string;
  readonly type: ConnectionType;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** A TLS word of its type; absent = none. */
  readonly sslMode?: string;
}

/** The namespace of their ids. */
const namespace = Buffer.from('f47ac10b58cc4372a5670e02b2c3d479', 'hex');

/** UUID version 5 (SHA-1) over `<tenantId>/<configName>`. */
export function internalId(tenantUid: string, configName: string): string {
  const bytes = createHash('sha1').update(namespace).update(`${tenantUid}/${configName}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export interface InternalDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: Pick<AuditLog, 'record'>;
}

/** Makes the system tenant's internal sources what the configuration says; those it no longer names are deleted. */
export async function ensureInternalSources(deps: InternalDeps, sources: readonly InternalSource[]): Promise<void> {
  const principal = systemPrincipal('fetcher');
  await deps.store.transaction(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtext('headgate fetcher internal'))`.execute(trx);
    const { uid: tenantUid } = await trx
      .selectFrom('tenant')
      .select('uid')
      .where('id', '=', systemTenantId)
      .executeTakeFirstOrThrow();
    const ids = sources.map((source) => internalId(tenantUid, source.configName));
    await removeOthers(trx, deps, principal, ids);
    for (const [index, source] of sources.entries()) {
      await ensureOne(trx, deps, principal, ids[index] ?? '', source);
    }
  });
}

async function removeOthers(
  trx: Executor,
  deps: InternalDeps,
  principal: Principal,
  ids: readonly string[],
): Promise<void> {
  const { rows } = await sql<{ id: number; uid: string; name: string }>`
    update data_source s set deleted_at = now(), updated_at = now(), version = version + 1
    from source_door_data d
    where d.source_id = s.id and d.door = ${doorName} and (d.data ->> 'internal')::boolean
      and s.deleted_at is null and s.uid <> all(${[...ids]}::uuid[])
    returning s.id, s.uid, s.name`.execute(trx);
  for (const row of rows) {
    await sql`update source_name set live = false where source_id = ${row.id}`.execute(trx);
    await record(trx, deps, principal, 'source.delete', row);
    await announce(trx, `s:${row.id}`);
  }
}

async function ensureOne(
  trx: Executor,
  deps: InternalDeps,
  principal: Principal,
  uid: string,
  source: InternalSource,
): Promise<void> {
  const wanted: ConnectionRecord = {
    configName: source.configName,
    type: source.type,
    host: source.host,
    port: source.port,
    databaseName: source.database,
    userName: source.user,
    schema: null,
    ssl: source.sslMode === undefined ? null : { mode: source.sslMode },
    metadata: null,
    product: null,
  };
  const kept = keptOf(wanted, null);
  // Keyed, because the password is part of it.
  const digest = createHmac('sha256', deps.vault.deriveKey('fetcher internal sources'))
    .update(JSON.stringify(source))
    .digest('hex');
  const { rows } = await sql<{ id: number; live: boolean; digest: string | null }>`
    select s.id, s.deleted_at is null as live, d.data ->> 'digest' as digest from data_source s
    left join source_door_data d on d.source_id = s.id and d.door = ${doorName}
    where s.uid = ${uid}::uuid for update of s`.execute(trx);
  const [known] = rows;
  if (known?.live === true && known.digest === digest) return;
  await refuseTakenName(trx, uid, source.configName);
  const name = await freeSlug(trx, systemTenantId, source.configName);
  const id = known === undefined ? await insertRow(trx, uid, name, kept) : known.id;
  if (known !== undefined) {
    await trx
      .updateTable('data_source')
      .set({
        ...storedColumns(kept),
        ...(known.live ? {} : { name, name_folded: foldName(name), deleted_at: null }),
        version: sql`version + 1`,
        settings_version: sql`settings_version + 1`,
        updated_at: sql`now()`,
      })
      .where('id', '=', id)
      .execute();
  }
  const data = { ...kept.data, internal: true, digest };
  await writeDoor(trx, { id, tenant_id: systemTenantId }, source.configName, data);
  const pair = { username: source.user, password: source.password };
  await writeSourcePair(trx, deps.vault, principal, { id, tenantId: systemTenantId }, pair);
  await record(trx, deps, principal, known === undefined ? 'source.create' : 'source.update', { uid, name });
  await announce(trx, `s:${id}`);
}

/** A connection that somebody registered under the name stands in the way: the operator decides what to do with it. */
async function refuseTakenName(trx: Executor, uid: string, configName: string): Promise<void> {
  const { rows } = await sql`
    select 1 from source_name n join data_source s on s.id = n.source_id
    where n.door = ${doorName} and n.scope = ${nameScope(systemTenantId)} and n.folded_name = ${configName} and n.live
      and s.uid <> ${uid}::uuid`.execute(trx);
  if (rows.length === 0) return;
  throw new ConflictError(
    'name_taken',
    `The internal data source "${configName}" of HEADGATE_FETCHER_INTERNAL_SOURCES cannot be made: a connection has that name. Rename or delete the connection, or leave the source out.`,
  );
}

async function insertRow(trx: Executor, uid: string, name: string, kept: KeptRecord): Promise<number> {
  const { id } = await trx
    .insertInto('data_source')
    .values({
      ...storedColumns(kept),
      uid,
      tenant_id: systemTenantId,
      name,
      name_folded: foldName(name),
      owner_id: await builtinOwner(trx, systemTenantId),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

function record(
  trx: Executor,
  { audit }: InternalDeps,
  principal: Principal,
  action: string,
  source: { readonly uid: string; readonly name: string },
): Promise<void> {
  return audit.record(trx, principal, {
    action,
    outcome: 'allowed',
    resource: { type: 'source', uid: source.uid, name: source.name },
    tenantId: systemTenantId,
    detail: { internal: true },
  });
}
