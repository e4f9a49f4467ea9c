/** Sampling, and what a sample showed: into the run and into the catalog (sdps.md §7.3). */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { type Classifier, type ClassifyOptions, maskSample, sampleCount } from '../catalog/classification/index.ts';
import { storable } from '../text.ts';

export interface ColumnResult {
  readonly column: string;
  readonly identifiers: Readonly<Record<string, number>>;
  readonly privacy: 0 | 1;
  /** The first sampled values, masked. */
  readonly sample: string;
}

export type SampleRow = readonly (string | null)[];

/** Of at most 10 × depth rows about `depth`, each with the same chance. */
export function pickRows(
  rows: readonly SampleRow[],
  depth: number,
  random: () => number = Math.random,
): readonly SampleRow[] {
  if (rows.length <= depth) return rows;
  const rate = depth / rows.length;
  const picked = rows.filter(() => random() < rate);
  return picked.length === 0 ? rows.slice(0, depth) : picked;
}

/** Looks at every column of a sample; other work gets its turn between two columns. */
export async function classifyRows(
  classifier: Classifier,
  columns: readonly string[],
  rows: readonly SampleRow[],
  options: ClassifyOptions,
): Promise<ColumnResult[]> {
  const results: ColumnResult[] = [];
  if (rows.length === 0) return results;
  for (const [index, column] of columns.entries()) {
    const values = rows.map((row) => row[index] ?? null);
    const { identifiers, privacy } = classifier.classify(column, values, options);
    const sample = values.slice(0, sampleCount).map((value) => maskSample(storable(value ?? '')));
    results.push({ column, identifiers, privacy, sample: sample.join('|') });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return results;
}

/** Keeps a table's results: those of the run for good, the catalog's unless somebody corrected them. */
export async function keepTable(
  store: Store,
  at: {
    readonly runDatabaseId: number;
    readonly sourceId: number;
    readonly place: string;
    readonly overwrite: boolean;
  },
  results: readonly ColumnResult[],
  rowCount: number,
): Promise<void> {
  const found = results.filter(({ privacy }) => privacy === 1);
  const columns = JSON.stringify(
    results.map(({ column, identifiers, privacy, sample }) => ({
      name: storable(column),
      identifier: privacy === 1 ? identifiers : { 'N/A': 0 },
      privacy,
      sample,
    })),
  );
  await store.transaction(async (trx) => {
    await sql`
      insert into discovery_table (run_database_id, place, rows) values (${at.runDatabaseId}, ${at.place}, ${rowCount})
      on conflict (run_database_id, place) do update set rows = excluded.rows, error = null`.execute(trx);
    await sql`
      insert into discovery_finding (run_database_id, place, column_name, identifier, sample)
      select ${at.runDatabaseId}, ${at.place}, c.name, c.identifier, c.sample
      from jsonb_to_recordset(${columns}::jsonb) as c(name text, identifier jsonb, privacy int, sample text)
      where c.privacy = 1
      on conflict (run_database_id, place, column_name) do update set identifier = excluded.identifier,
        sample = excluded.sample`.execute(trx);
    await sql`
      update discovery_run_database set tables_done = tables_done + 1, columns_found = columns_found + ${found.length}
      where id = ${at.runDatabaseId}`.execute(trx);
    if (results.length > 0) await intoCatalog(trx, at, columns, rowCount);
  });
}

async function intoCatalog(
  trx: Executor,
  { sourceId, place, overwrite }: { sourceId: number; place: string; overwrite: boolean },
  columns: string,
  rowCount: number,
): Promise<void> {
  const untouched = overwrite ? sql`true` : sql`manual_tag is distinct from 'manual'`;
  const item = sql`(select i.id from catalog_item i join catalog_database d on d.id = i.database_id
    where d.source_id = ${sourceId} and i.place = ${place})`;
  await sql`
    update catalog_column o set identifier = c.identifier, privacy = c.privacy, sample = c.sample, state = 'DETECTED',
      manual_tag = 'system', modify_by = 'SDPS', modify_time = now(), version = version + 1,
      review = null, reviewed_by = null, reviewed_at = null, rejected = null
    from jsonb_to_recordset(${columns}::jsonb) as c(name text, identifier jsonb, privacy int, sample text)
    where o.item_id = ${item} and o.name = c.name and ${untouched}`.execute(trx);
  await sql`
    update catalog_item i set row_count = ${rowCount}, detected_at = now(), state = 'DETECTED' where i.id = ${item}`.execute(
    trx,
  );
  await sql`
    update catalog_item i set identifiers = ${identifiersOf}, privacy = ${privacyOf}, manual_tag = 'system',
      modify_by = 'SDPS', modify_time = now(), version = version + 1
    where i.id = ${item} and ${untouched}`.execute(trx);
}

/** Distinct names of a table's columns' identifiers, of `i`. */
export const identifiersOf = sql`coalesce((select array_agg(distinct k order by k) from catalog_column o
  cross join lateral jsonb_object_keys(o.identifier) as k where o.item_id = i.id and k <> 'N/A'), '{}')`;
/** The highest of a table's columns, of `i`. */
export const privacyOf = sql`coalesce((select max(o.privacy) from catalog_column o where o.item_id = i.id), -1)`;

/** Sums a source's tables up into its row. */
export async function sumUp(store: Store, sourceId: number, overwrite: boolean): Promise<void> {
  const untouched = overwrite ? sql`true` : sql`d.manual_tag is distinct from 'manual'`;
  await sql`
    update catalog_database d set row_count = coalesce((select sum(row_count) from catalog_item where database_id = d.id), 0),
      privacy = case when ${untouched} then coalesce((select max(privacy) from catalog_item where database_id = d.id), -1)
        else d.privacy end,
      state = 'DETECTED', modify_time = now(), version = version + 1
    where d.source_id = ${sourceId}`.execute(store.db);
}
