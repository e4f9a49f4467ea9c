/** Corrections of a column by hand, and what follows from them for its table and database (sdps.md §7.5). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { identifiersOf, privacyOf } from './findings.ts';

export interface Correction {
  /** Name → score; null leaves them. */
  readonly identifier: Readonly<Record<string, number>> | null;
  readonly privacy: number | null;
  readonly sensitivity: string | null;
  readonly comments: string | null;
}

/** What a column without any identifier holds. */
export const noIdentifier = { 'N/A': 0 } as const;

/** Corrects one column: a reading and a discovery leave it alone from now on. */
export async function correct(trx: Executor, columnId: number, change: Correction, by: string): Promise<void> {
  await sql`
    update catalog_column set identifier = coalesce(${change.identifier === null ? null : JSON.stringify(change.identifier)}::jsonb, identifier),
      privacy = coalesce(${change.privacy}::smallint, privacy), sensitivity = coalesce(${change.sensitivity}::text, sensitivity),
      comments = coalesce(${change.comments}::text, comments), manual_tag = 'manual', state = 'UPDATED',
      modify_by = ${by}, modify_time = now(), version = version + 1
    where id = ${columnId}`.execute(trx);
  await followUp(trx, [columnId]);
}

/** Tables and databases of these columns take over what their columns say. */
export async function followUp(trx: Executor, columnIds: readonly number[]): Promise<void> {
  const items = sql`(select item_id from catalog_column where id = any(${[...columnIds]}::bigint[]))`;
  await sql`update catalog_item i set identifiers = ${identifiersOf}, privacy = ${privacyOf}, modify_time = now(),
    version = version + 1 where i.id in ${items}`.execute(trx);
  await sql`update catalog_database d set modify_time = now(), version = version + 1,
      privacy = coalesce((select max(privacy) from catalog_item where database_id = d.id), -1)
    where d.id in (select database_id from catalog_item where id in ${items})`.execute(trx);
}
