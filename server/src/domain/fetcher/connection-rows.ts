/**
 * Reading connections: the data sources of a tenant that this protocol can express (decisions.md 10): one of its five
 * engines with host, port, database and a user name, under a name that is unambiguous here.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Executor, json } from '../../platform/database/index.ts';
import type { ConnectionRow, KeptRecord } from './connection-record.ts';
import { expressibleEngines } from './engines.ts';

/** The key of this protocol's rows in the tables of names and of door data. */
export const doorName = 'fetcher';

/** The scope in which a configName is unique: its tenant. */
export function nameScope(tenantId: number): string {
  return `tenant:${tenantId}`;
}

const from = sql`
  data_source s
  join user_account o on o.id = s.owner_id
  left join source_name n on n.source_id = s.id and n.door = ${sql.lit(doorName)} and n.live
  left join source_door_data d on d.source_id = s.id and d.door = ${sql.lit(doorName)}
  left join credential c on c.source_id = s.id and c.kind = 'source' and c.level = 'any'`;

/** A native name that is also somebody's configName addresses that one: the row has no name here then. */
const named = (tenantId: number): RawBuilder<SqlBool> => sql<SqlBool>`
  (n.name is not null or not exists (select 1 from source_name x where x.door = ${sql.lit(doorName)}
    and x.scope = ${nameScope(tenantId)} and x.folded_name = s.name and x.live))`;

/** Live rows of the tenant that this protocol can express. */
function expressible(tenantId: number): RawBuilder<SqlBool> {
  return sql<SqlBool>`s.tenant_id = ${tenantId} and s.deleted_at is null
    and s.engine = any(${[...expressibleEngines]}::text[]) and s.host is not null and s.port is not null
    and s.database is not null and c.username is not null and ${named(tenantId)}`;
}

/** Rows that meet `where`, ordered and cut by `tail`. */
export async function readConnections(
  executor: Executor,
  tenantId: number,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<readonly ConnectionRow[]> {
  const { rows } = await sql<ConnectionRow>`
    select s.id, s.uid, s.tenant_id, s.name, s.engine, s.host, s.port, s.database, s.schema, s.tls,
      s.tls_key_sealed is not null as has_key, s.options, s.metadata, s.product,
      o.builtin as owner_builtin, s.version, s.settings_version,
      s.created_at, s.updated_at, n.name as config_name, d.data, c.username, c.secret_sealed is not null as has_password
    from ${from} where ${expressible(tenantId)} and ${where} ${tail}`.execute(executor);
  return rows;
}

/** How many rows meet `where`. */
export async function countConnections(
  executor: Executor,
  tenantId: number,
  where: RawBuilder<unknown>,
): Promise<number> {
  const { rows } = await sql<{ total: number }>`
    select count(*) as total from ${from} where ${expressible(tenantId)} and ${where}`.execute(executor);
  return rows[0]?.total ?? 0;
}

/** One connection by its id; undefined when the tenant has none that can be expressed. */
export async function readConnection(
  executor: Executor,
  tenantId: number,
  uid: string,
): Promise<ConnectionRow | undefined> {
  const [row] = await readConnections(executor, tenantId, sql`s.uid = ${uid}::uuid`);
  return row;
}

/** A native name made of a configName: a suffix counts up until it is free (decisions.md 9). */
export async function freeSlug(executor: Executor, tenantId: number, configName: string): Promise<string> {
  const folded = configName.toLowerCase();
  const { rows } = await sql<{ name_folded: string }>`
    select name_folded from data_source
    where tenant_id = ${tenantId} and deleted_at is null
      and (name_folded = ${folded} or name_folded like ${`${folded.replace(/[\\%_]/g, '\\$&')}-%`})`.execute(executor);
  const taken = new Set(rows.map((row) => row.name_folded));
  if (!taken.has(folded)) return configName;
  let suffix = 2;
  while (taken.has(`${folded}-${suffix}`)) suffix += 1;
  return `${configName}-${suffix}`;
}

/** What is kept of a record, as columns of `data_source`. */
export function storedColumns({ columns }: KeptRecord) {
  const { tls, options, metadata, ...plain } = columns;
  return { ...plain, tls: json(tls), options: json(options), metadata: json(metadata) };
}

/** Writes this door's name and words of a row. `data` may hold more than `kept.data`, never a secret. */
export async function writeDoor(
  trx: Executor,
  row: { readonly id: number; readonly tenant_id: number },
  configName: string,
  data: object,
): Promise<void> {
  await sql`
    insert into source_name (tenant_id, source_id, door, scope, folded_name, name)
    values (${row.tenant_id}, ${row.id}, ${doorName}, ${nameScope(row.tenant_id)}, ${configName}, ${configName})
    on conflict (source_id, door) do update
      set folded_name = excluded.folded_name, name = excluded.name, live = true`.execute(trx);
  await sql`
    insert into source_door_data (tenant_id, source_id, door, data)
    values (${row.tenant_id}, ${row.id}, ${doorName}, ${JSON.stringify(data)}::jsonb)
    on conflict (source_id, door) do update set data = excluded.data, updated_at = now()`.execute(trx);
}
