/**
 * Sources as numbers and words of the chorus protocol (chorus.md §4.3): relational sources of the tenant that it can
 * express (decisions.md 10).
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { SchemaSummary, SourceState, SourceSummary } from './model.ts';

/** The key of this protocol's rows in the tables of names and of door data. */
export const doorName = 'chorus';

/** Names are unique in the tenant (decisions.md 9). */
export const nameScope = (tenantId: number): string => `tenant:${tenantId}`;

/** What the protocol calls a source of an engine that was made elsewhere. */
export const entityTypeOf: Readonly<Record<string, string>> = {
  postgresql: 'pg_data_source',
  oracle: 'oracle_data_source',
  mysql: 'jdbc_data_source',
  sqlserver: 'jdbc_data_source',
};

export const expressibleEngines = Object.keys(entityTypeOf);

/** This protocol's own words for a source. */
export interface SourceWords {
  readonly entityType?: string;
  readonly isHawq?: boolean | null;
  /** The JDBC URL as given. */
  readonly host?: string;
  /** Saved half-filled, and never probed. */
  readonly incomplete?: boolean;
  readonly ssl?: boolean;
  /** Seen by every workspace; false: by those that it is associated with. */
  readonly isPublic?: boolean;
}

/** The row behind a summary; the joins that it takes stand in `summaryFrom`. */
export interface SummaryRow {
  readonly source_id: number;
  readonly source_uid: string;
  readonly source_name: string;
  readonly engine: string | null;
  readonly words: SourceWords | null;
  readonly shares_credential: boolean;
  readonly source_owner_id: number;
  readonly server_version: string | null;
  readonly enabled: boolean;
  readonly complete: boolean;
  readonly probe: string;
  readonly visibility: string;
}

/** Columns of a summary, of `data_source s`, `source_name sn`, `source_door_data sd`. */
export const summaryColumns = sql.raw(
  `s.id as source_id, s.uid as source_uid, coalesce(sn.name, s.title, s.name) as source_name, s.engine, sd.data as words,
   s.shares_credential, s.owner_id as source_owner_id, s.server_version, s.enabled, s.complete, s.probe, s.visibility`,
);
export const summaryJoins = sql.raw(
  `left join source_name sn on sn.source_id = s.id and sn.door = 'chorus'
   left join source_door_data sd on sd.source_id = s.id and sd.door = 'chorus'`,
);

function stateOf(row: SummaryRow): SourceState {
  if (!row.enabled) return 'disabled';
  if (row.words?.incomplete === true) return 'incomplete';
  return row.probe === 'online' ? 'online' : 'offline';
}

export function toSummary(row: SummaryRow): SourceSummary {
  return {
    id: row.source_id,
    uid: row.source_uid,
    name: row.source_name,
    entityType: row.words?.entityType ?? entityTypeOf[row.engine ?? ''] ?? 'jdbc_data_source',
    shared: row.shares_credential,
    ownerId: row.source_owner_id,
    version: row.server_version,
    isHawq: row.words?.isHawq ?? null,
    state: stateOf(row),
    isPublic: row.words?.isPublic ?? row.visibility === 'tenant',
  };
}

interface SchemaRow extends SummaryRow {
  readonly id: number;
  readonly name: string;
  readonly dataset_count: number;
  readonly refreshed_at: Date | null;
  readonly stale: boolean;
  readonly database_id: number;
  readonly database_name: string;
}

/** Schemas of live sources that fulfil a condition on `source_schema c`, `source_database b`, `data_source s`. */
export async function readSchemas(
  executor: Executor,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql`order by lower(c.name), c.id`,
): Promise<SchemaSummary[]> {
  const { rows } = await sql<SchemaRow>`
    select c.id, c.name, c.dataset_count, c.refreshed_at, c.stale, b.id as database_id, b.name as database_name,
      ${summaryColumns}
    from source_schema c join source_database b on b.id = c.database_id join data_source s on s.id = b.source_id
    ${summaryJoins} where s.deleted_at is null and ${where} ${tail}`.execute(executor);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    datasetCount: row.dataset_count,
    refreshedAt: row.refreshed_at,
    stale: row.stale,
    database: { id: row.database_id, name: row.database_name },
    source: toSummary(row),
  }));
}
