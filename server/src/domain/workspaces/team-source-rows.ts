/** Sources in full, as lists and single answers show them, and which of them a list holds (chorus.md §3.3, §4.3). */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { Caller } from './caller.ts';
import type { SourceRow } from './found-source.ts';
import type { Person, SourceSummary, Tag } from './model.ts';
import { peopleById, tagsOf } from './people-rows.ts';
import { toSummary } from './source-rows.ts';

/** A source in full. */
export interface TeamSource extends SourceSummary {
  readonly host: string;
  readonly port: number | null;
  readonly ssl: boolean;
  readonly dbName: string | null;
  readonly description: string | null;
  /** Of the owner's pair. */
  readonly dbUsername: string | null;
  readonly owner: Person;
  readonly tags: readonly Tag[];
}

export interface TeamSourceFilter {
  readonly entityTypes?: readonly string[];
  /** Every source that the caller may know of; else shared ones, own ones, and those with a pair of the caller's. */
  readonly all?: boolean;
  readonly filterDisabled?: boolean;
}

/** Conditions of a list on `data_source s` and `source_door_data sd`. */
export function conditionsOf(caller: Caller, filter: TeamSourceFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (filter.entityTypes !== undefined) {
    conditions.push(sql`coalesce(sd.data ->> 'entityType', case s.engine when 'postgresql' then 'pg_data_source'
      when 'oracle' then 'oracle_data_source' else 'jdbc_data_source' end) = any(${[...filter.entityTypes]}::text[])`);
  }
  if (filter.all !== true) {
    conditions.push(sql`(s.shares_credential or s.owner_id = ${caller.userId}
      or exists (select 1 from credential c where c.source_id = s.id and c.user_id = ${caller.userId}))`);
  }
  const usable = sql`s.enabled and coalesce(sd.data ->> 'incomplete', 'false') <> 'true'`;
  if (filter.filterDisabled === true) conditions.push(usable);
  // What cannot be used is shown to who can mend it.
  else if (!caller.dataAdmin) conditions.push(sql`((${usable}) or s.owner_id = ${caller.userId})`);
  return conditions;
}

/** Sources in full, of rows that were read. */
export async function inFull(db: Executor, rows: readonly SourceRow[]): Promise<TeamSource[]> {
  if (rows.length === 0) return [];
  const people = await peopleById(
    db,
    rows.map((row) => row.source_owner_id),
  );
  const ids = rows.map((row) => row.source_id);
  const { rows: tagged } = await sql<{ id: number; tags: readonly Tag[] }>`
      select s.id, ${tagsOf('data_source', sql`s.id`)} as tags from data_source s
      where s.id = any(${ids}::bigint[])`.execute(db);
  const tags = new Map(tagged.map((one) => [one.id, one.tags]));
  return rows.flatMap((row) => {
    const owner = people.get(row.source_owner_id);
    if (owner === undefined) return [];
    return [
      {
        ...toSummary(row),
        host: row.words?.host ?? row.host ?? '',
        port: row.port,
        ssl: row.words?.ssl ?? (row.tls_mode !== null && row.tls_mode !== 'disable' && row.tls_mode !== 'prefer'),
        dbName: row.database,
        description: row.description,
        dbUsername: row.username,
        owner,
        tags: tags.get(row.source_id) ?? [],
      },
    ];
  });
}
