/**
 * Where catalogs are kept. It decides no right: callers authorise before.
 *
 * A new catalog is collected first and swapped in by one short transaction: reading a source may take minutes, and the
 * embedded store has one connection, which a transaction would hold for all that time.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import { NotFoundError, TooLargeError } from '../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { containing, storable } from '../text.ts';
import type { CatalogFilter, CatalogInfo, CatalogTable } from './model.ts';

/** Characters of JSON a catalog may have: some 100,000 tables. */
const maximumSize = 256 * 1024 * 1024;
/** Characters of JSON a statement carries. */
const batchSize = 1024 * 1024;
const listName = 'catalog';

export class CatalogStore {
  readonly #store: Store;
  readonly #maximumSize: number;

  /** `maximumSize` in characters of JSON. */
  constructor(deps: { store: Store; maximumSize?: number }) {
    this.#store = deps.store;
    this.#maximumSize = deps.maximumSize ?? maximumSize;
  }

  /**
   * Replaces the whole catalog at once, or not at all when `tables` rejects. A catalog that was read under newer
   * settings is kept: then its info comes back. Throws TooLargeError `catalog_too_large`, NotFoundError.
   */
  async replace(sourceId: number, settingsVersion: number, tables: AsyncIterable<CatalogTable>): Promise<CatalogInfo> {
    const collected = await this.#collect(tables);
    await this.#store.transaction(async (trx) => {
      // The crawl's row is the lock between two replacements: the second waits here.
      const { rows } = await sql`
        insert into catalog_crawl (source_id, captured_at, settings_version, tables, columns, digest)
        select id, clock_timestamp(), ${settingsVersion}, ${collected.tables}, ${collected.columns}, ${collected.digest}
        from data_source where id = ${sourceId} and deleted_at is null
        on conflict (source_id) do update set captured_at = excluded.captured_at,
          settings_version = excluded.settings_version, tables = excluded.tables, columns = excluded.columns,
          digest = excluded.digest
          where catalog_crawl.settings_version <= excluded.settings_version
        returning source_id`.execute(trx);
      if (rows.length === 0) return;
      await sql`delete from catalog_table where source_id = ${sourceId}`.execute(trx);
      for (const batch of collected.batches) await insertBatch(trx, sourceId, batch);
      await sql`update data_source set catalog_state = 'ready' where id = ${sourceId}`.execute(trx);
    });
    const info = await this.info(sourceId);
    if (info === null) throw new NotFoundError('source_not_found', 'There is no such data source.');
    return info;
  }

  /** Tables in (schema, name) order. */
  async read(sourceId: number, filter: CatalogFilter, page: PageRequest): Promise<Page<CatalogTable>> {
    const limit = pageLimit(page);
    const conditions = [sql`source_id = ${sourceId}`];
    if (page.cursor !== undefined) {
      const [schema, table] = decodeCursor(listName, page.cursor, ['string', 'string']);
      conditions.push(sql`(schema_name, table_name) > (${schema}, ${table})`);
    }
    if (filter.schema !== undefined) conditions.push(sql`schema_name = ${storable(filter.schema)}`);
    if (filter.q !== undefined && filter.q !== '') {
      const part = containing(filter.q);
      conditions.push(sql`(table_name ilike ${part} or exists (
        select 1 from jsonb_array_elements(columns) c where c->>'name' ilike ${part}))`);
    }
    const { rows } = await sql<TableRow>`
      select schema_name, table_name, kind, comment, row_estimate, columns, keys from catalog_table
      where ${sql.join(conditions, sql` and `)}
      order by schema_name, table_name limit ${limit + 1}`.execute(this.#store.db);
    return toPage(listName, rows, limit, (row) => [row.schema_name, row.table_name], presentTable);
  }

  /** Null when it was never read. */
  async info(sourceId: number): Promise<CatalogInfo | null> {
    const { rows } = await sql<CatalogInfo>`
      select c.captured_at as "capturedAt", c.settings_version <> s.settings_version as stale,
        c.settings_version as "settingsVersion", c.tables, c.columns, c.digest
      from catalog_crawl c join data_source s on s.id = c.source_id where c.source_id = ${sourceId}`.execute(
      this.#store.db,
    );
    return rows[0] ?? null;
  }

  async #collect(tables: AsyncIterable<CatalogTable>): Promise<Collected> {
    const hash = createHash('sha256');
    const batches: string[] = [];
    let batch: string[] = [];
    let pending = 0;
    let size = 0;
    let count = 0;
    let columns = 0;
    for await (const table of tables) {
      const text = serialise(table);
      hash.update(text).update('\n');
      count += 1;
      columns += table.columns.length;
      size += text.length;
      if (size > this.#maximumSize) {
        throw new TooLargeError('catalog_too_large', 'The catalog of this source is larger than Headgate keeps.', {
          remedy: 'Read one schema at a time, or use a login that sees less.',
        });
      }
      batch.push(text);
      pending += text.length;
      if (pending >= batchSize) {
        batches.push(`[${batch.join(',')}]`);
        batch = [];
        pending = 0;
      }
    }
    if (batch.length > 0) batches.push(`[${batch.join(',')}]`);
    return { batches, tables: count, columns, digest: hash.digest('hex') };
  }
}

interface Collected {
  /** JSON arrays of rows. */
  readonly batches: readonly string[];
  readonly tables: number;
  readonly columns: number;
  readonly digest: string;
}

interface TableRow {
  readonly schema_name: string;
  readonly table_name: string;
  readonly kind: CatalogTable['kind'];
  readonly comment: string | null;
  readonly row_estimate: number | null;
  readonly columns: CatalogTable['columns'];
  readonly keys: Pick<CatalogTable, 'primaryKey' | 'uniqueKeys' | 'foreignKeys'>;
}

function serialise(table: CatalogTable): string {
  const { schema, name, kind, comment, rowEstimate, columns, primaryKey, uniqueKeys, foreignKeys } = table;
  const text = JSON.stringify({
    schema_name: schema,
    table_name: name,
    kind,
    comment,
    row_estimate: rowEstimate === null ? null : Math.round(rowEstimate),
    columns,
    keys: { primaryKey, uniqueKeys, foreignKeys },
  });
  // A source may hold names that the store cannot keep: NUL and halves of a surrogate pair.
  // Escapes are read one by one, so that a backslash before `u0000` as text stays what it is.
  return text.replace(/\\(?:u[0-9a-f]{4}|.)/g, (found) => (/^\\u(0000|d[89a-f])/.test(found) ? '\ufffd' : found));
}

async function insertBatch(trx: Executor, sourceId: number, batch: string): Promise<void> {
  await sql`
    insert into catalog_table (source_id, schema_name, table_name, kind, comment, row_estimate, columns, keys)
    select ${sourceId}, schema_name, table_name, kind, comment, row_estimate, columns, keys
    from jsonb_to_recordset(${batch}::jsonb) as t(schema_name text, table_name text, kind text, comment text,
      row_estimate bigint, columns jsonb, keys jsonb)`.execute(trx);
}

function presentTable(row: TableRow): CatalogTable {
  return {
    schema: row.schema_name,
    name: row.table_name,
    kind: row.kind,
    comment: row.comment,
    rowEstimate: row.row_estimate,
    columns: row.columns,
    primaryKey: row.keys.primaryKey,
    uniqueKeys: row.keys.uniqueKeys,
    foreignKeys: row.keys.foreignKeys,
  };
}
