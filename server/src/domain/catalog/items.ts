/**
 * The catalog over all databases of a source: what people label and correct, and what a new reading leaves alone
 * (sdps.md §7.1, §7.5). Known tables and columns keep labels, findings and corrections; what is gone is removed; every
 * difference between two readings is kept as drift.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { NotFoundError, TooLargeError } from '../errors.ts';
import { storable } from '../text.ts';
import type { CatalogTable } from './model.ts';

/** A table as a crawl reads it. */
export interface CrawledTable extends Pick<CatalogTable, 'schema' | 'name' | 'kind' | 'comment' | 'rowEstimate'> {
  readonly database: string;
  readonly columns: readonly Pick<CatalogTable['columns'][number], 'name' | 'type' | 'nullable' | 'comment'>[];
  readonly keys: object;
}

export interface CrawlSummary {
  readonly tables: number;
  readonly columns: number;
  readonly changes: number;
}

const batchSize = 500;
const mostTables = 200_000;

/** `database.table`, with the schema between them where it is not the database itself. */
export function placeOf(table: Pick<CrawledTable, 'database' | 'schema' | 'name'>): string {
  const { database, schema, name } = table;
  return (schema === database || schema === '' ? [database, name] : [database, schema, name]).join('.');
}

interface Row {
  readonly place: string;
  readonly database_name: string;
  readonly schema_name: string;
  readonly table_name: string;
  readonly kind: string;
  readonly comment: string | null;
  readonly keys: object;
  readonly row_estimate: number | null;
  readonly digest: string;
  readonly columns: readonly object[];
}

function rowOf(table: CrawledTable): Row {
  const columns = table.columns.map(({ name, type, nullable, comment }, index) => ({
    name: storable(name),
    position: index + 1,
    type: storable(type),
    nullable,
    comment: comment === null ? null : storable(comment),
  }));
  return {
    place: storable(placeOf(table)),
    database_name: storable(table.database),
    schema_name: storable(table.schema),
    table_name: storable(table.name),
    kind: table.kind,
    comment: table.comment === null ? null : storable(table.comment),
    keys: table.keys,
    row_estimate: table.rowEstimate === null ? null : Math.round(table.rowEstimate),
    digest: createHash('sha256').update(JSON.stringify(columns)).digest('hex'),
    columns,
  };
}

export class CatalogItems {
  readonly #store: Store;

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store;
  }

  /**
   * Takes a whole reading in, in one transaction at its end. Throws TooLargeError `catalog_too_large`, NotFoundError.
   */
  async replace(sourceId: number, by: string, tables: AsyncIterable<CrawledTable>): Promise<CrawlSummary> {
    const rows: Row[] = [];
    for await (const table of tables) {
      rows.push(rowOf(table));
      if (rows.length > mostTables) throw new TooLargeError('catalog_too_large', 'The source has too many tables.');
    }
    return this.#store.transaction(async (trx) => {
      const { id, fresh } = await ensureDatabase(trx, sourceId, by);
      await sql`create temporary table crawled (place text primary key, database_name text, schema_name text,
        table_name text, kind text, comment text, keys jsonb, row_estimate bigint, digest text, columns jsonb)
        on commit drop`.execute(trx);
      for (let from = 0; from < rows.length; from += batchSize) {
        await sql`insert into crawled select * from jsonb_to_recordset(${JSON.stringify(rows.slice(from, from + batchSize))}::jsonb)
          as t(place text, database_name text, schema_name text, table_name text, kind text, comment text, keys jsonb,
          row_estimate bigint, digest text, columns jsonb) on conflict do nothing`.execute(trx);
      }
      const changes = fresh ? 0 : await recordDrift(trx, id, sourceId);
      await merge(trx, id, by);
      const columns = rows.reduce((total, row) => total + row.columns.length, 0);
      return { tables: rows.length, columns, changes };
    });
  }
}

/** The catalog's row of a source; `fresh` when this is its first reading. The row is the lock between two readings. */
async function ensureDatabase(trx: Executor, sourceId: number, by: string): Promise<{ id: number; fresh: boolean }> {
  const known = await sql`select 1 from catalog_database where source_id = ${sourceId} for update`.execute(trx);
  const { rows } = await sql<{ id: number }>`
    insert into catalog_database (tenant_id, source_id, description, create_by, modify_by, crawled_at)
    select tenant_id, id, description, ${by}, ${by}, now() from data_source where id = ${sourceId} and deleted_at is null
    on conflict (source_id) do update set crawled_at = now(), modify_time = now(), version = catalog_database.version + 1
    returning id`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new NotFoundError('source_not_found', 'There is no such data source.');
  return { id: row.id, fresh: known.rows.length === 0 };
}

const crawledColumns = sql`crawled r cross join lateral jsonb_to_recordset(r.columns)
  as n(name text, position integer, type text, nullable boolean, comment text)`;

async function recordDrift(trx: Executor, databaseId: number, sourceId: number): Promise<number> {
  const changed = sql`(select i.id, i.place from catalog_item i join crawled r on r.place = i.place
    where i.database_id = ${databaseId} and i.digest <> r.digest)`;
  const { numAffectedRows } = await sql`
    with changed as materialized ${changed},
    fresh as (select c.id, n.name, n.type from changed c join crawled r on r.place = c.place
      cross join lateral jsonb_to_recordset(r.columns) as n(name text, type text))
    insert into catalog_drift (source_id, change, place, column_name, before, after)
    select ${sourceId}::bigint, 'table_added', r.place, null, null, null from crawled r
      where not exists (select 1 from catalog_item i where i.database_id = ${databaseId} and i.place = r.place)
    union all
    select ${sourceId}::bigint, 'table_removed', i.place, null, null, null from catalog_item i
      where i.database_id = ${databaseId} and not exists (select 1 from crawled r where r.place = i.place)
    union all
    select ${sourceId}::bigint, 'column_added', c.place, f.name, null, f.type from fresh f join changed c on c.id = f.id
      where not exists (select 1 from catalog_column o where o.item_id = f.id and o.name = f.name)
    union all
    select ${sourceId}::bigint, 'column_removed', c.place, o.name, o.type, null from catalog_column o join changed c on c.id = o.item_id
      where not exists (select 1 from fresh f where f.id = o.item_id and f.name = o.name)
    union all
    select ${sourceId}::bigint, 'column_changed', c.place, o.name, o.type, f.type
      from catalog_column o join changed c on c.id = o.item_id join fresh f on f.id = o.item_id and f.name = o.name
      where o.type <> f.type`.execute(trx);
  return Number(numAffectedRows ?? 0);
}

async function merge(trx: Executor, databaseId: number, by: string): Promise<void> {
  await sql`
    delete from catalog_item i where i.database_id = ${databaseId}
      and not exists (select 1 from crawled r where r.place = i.place)`.execute(trx);
  await sql`
    insert into catalog_item (database_id, place, database_name, schema_name, table_name, kind, comment, keys, row_estimate,
      digest, create_by, modify_by)
    select ${databaseId}, place, database_name, schema_name, table_name, kind, comment, keys, row_estimate, digest, ${by}, ${by}
    from crawled
    on conflict (database_id, place) do update set kind = excluded.kind, comment = excluded.comment, keys = excluded.keys,
      row_estimate = excluded.row_estimate, digest = excluded.digest,
      changed_at = case when catalog_item.digest = excluded.digest then catalog_item.changed_at else now() end`.execute(
    trx,
  );
  await sql`
    delete from catalog_column o using catalog_item i where o.item_id = i.id and i.database_id = ${databaseId}
      and not exists (select 1 from ${crawledColumns} where r.place = i.place and n.name = o.name)
      and exists (select 1 from crawled r where r.place = i.place and i.changed_at = now()::timestamptz(3))`.execute(
    trx,
  );
  await sql`
    insert into catalog_column (item_id, name, position, type, nullable, source_comment, comments, create_by, modify_by)
    select i.id, n.name, n.position, n.type, n.nullable, n.comment, n.comment, ${by}, ${by}
    from ${crawledColumns} join catalog_item i on i.database_id = ${databaseId} and i.place = r.place
    on conflict (item_id, name) do update set position = excluded.position, type = excluded.type,
      nullable = excluded.nullable, source_comment = excluded.source_comment,
      comments = case when catalog_column.comments is not distinct from catalog_column.source_comment
        then excluded.comments else catalog_column.comments end
      where (catalog_column.position, catalog_column.type, catalog_column.nullable) is distinct from
        (excluded.position, excluded.type, excluded.nullable)
        or catalog_column.source_comment is distinct from excluded.source_comment`.execute(trx);
}
