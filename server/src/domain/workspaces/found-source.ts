/** Finding a source by its number, for a caller who may know of it; and who may manage it. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { Access, SourceFacts } from '../access/index.ts';
import type { Caller } from './caller.ts';
import type { SourceSummary } from './model.ts';
import { notFound, SourceForbiddenError } from './refusals.ts';
import {
  expressibleEngines,
  type SourceWords,
  type SummaryRow,
  summaryColumns,
  summaryJoins,
  toSummary,
} from './source-rows.ts';

export interface SourceRow extends SummaryRow {
  readonly tenant_id: number;
  readonly native_name: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly description: string | null;
  readonly tls_mode: string | null;
  /** User name of the source's own pair. */
  readonly username: string | null;
  readonly version: number;
  readonly settings_version: number;
}

/** A source that a request named. */
export interface FoundSource {
  readonly row: SourceRow;
  readonly summary: SourceSummary;
  readonly words: SourceWords;
  readonly facts: SourceFacts;
  /** The caller is its owner. */
  readonly owns: boolean;
  /** The caller may change it: its owner, administrators, and data administrators for the tenant's visible sources. */
  readonly manages: boolean;
}

/** Live sources of the tenant that the protocol can express. */
export function expressible(tenantId: number): RawBuilder<SqlBool> {
  return sql<SqlBool>`s.tenant_id = ${tenantId} and s.deleted_at is null
    and (s.engine = any(${expressibleEngines}::text[]) or sd.data is not null)`;
}

/** Sources that fulfil a condition. */
export async function readSourceRows(
  executor: Executor,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<readonly SourceRow[]> {
  const { rows } = await sql<SourceRow>`
    select ${summaryColumns}, s.tenant_id, s.name as native_name, s.host, s.port, s.database, s.description,
      s.tls ->> 'mode' as tls_mode, s.version, s.settings_version,
      (select c.username from credential c where c.source_id = s.id and c.kind = 'source' and c.level = 'any') as username
    from data_source s ${summaryJoins} where ${where} ${tail}`.execute(executor);
  return rows;
}

/**
 * The source with this number. Throws NotFoundError for absent ones and for those that the caller has no permission on
 * (decisions.md 6).
 */
export async function findSource(executor: Executor, access: Access, caller: Caller, id: number): Promise<FoundSource> {
  return find(executor, access, caller, id, access.visibleFilter(caller.principal, { alias: 's' }));
}

/**
 * The same for who may look at its schema without reading its definition, as members of a workspace with a pair for it
 * may (decisions.md 5).
 */
export async function findUsable(executor: Executor, access: Access, caller: Caller, id: number): Promise<FoundSource> {
  const found = await find(executor, access, caller, id, sql<SqlBool>`true`);
  if (!access.decide(caller.principal, 'source.schema', found.facts).allowed) throw notFound('data source');
  return found;
}

async function find(
  executor: Executor,
  access: Access,
  caller: Caller,
  id: number,
  seen: RawBuilder<SqlBool>,
): Promise<FoundSource> {
  const { principal } = caller;
  const rows = await readSourceRows(executor, sql`s.id = ${id} and ${expressible(caller.tenantId)} and ${seen}`);
  const [row] = rows;
  const facts = row === undefined ? null : await access.factsById(executor, principal, row.source_id);
  if (row === undefined || facts === null) throw notFound('data source');
  const administers = caller.dataAdmin && row.visibility === 'tenant';
  return {
    row,
    summary: toSummary(row),
    words: row.words ?? {},
    facts,
    owns: row.source_owner_id === caller.userId,
    manages: administers || access.decide(principal, 'source.modify', facts).allowed,
  };
}

/** Throws SourceForbiddenError unless the caller manages the source. */
export function requireManages(found: FoundSource): void {
  if (!found.manages) throw new SourceForbiddenError(found.summary);
}
