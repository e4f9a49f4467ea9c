/** Totals over the catalog, for the first page of the portal (sdps.md §3.2). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import { admit, type Page, type QueryCondition, readPage } from '../sdps/index.ts';
import {
  type CatalogKey,
  columnsBase,
  databaseColumns,
  databasesBase,
  sameDatabase,
  tablesBase,
} from './catalog-rows.ts';
import type { Property } from './identifier-rows.ts';
import type { Templates } from './templates.ts';

type Row = Readonly<Record<string, unknown>>;

export class CatalogDashboards {
  readonly #store: Store;
  readonly #access: Access;
  readonly #templates: Templates;

  constructor(deps: { readonly store: Store; readonly access: Access; readonly templates: Templates }) {
    this.#store = deps.store;
    this.#access = deps.access;
    this.#templates = deps.templates;
  }

  /** Totals of a kind of database by one of its columns. */
  async totals(
    principal: Principal,
    types: readonly string[],
    by: 'region' | 'modifier' | null,
  ): Promise<readonly Row[]> {
    admit(principal, 'read');
    const group = {
      modifier: sql`case when d.manual_tag = 'manual' then 'Manual' else 'System' end`,
      region: sql`d.region`,
      none: sql`1`,
    }[by ?? 'none'];
    const { rows } = await sql<Row>`
      select ${group} as "group", count(*) as instance_total, count(*) as database_total, sum(d.table_count)::bigint as table_total,
        sum(d.column_count)::bigint as row_total from (${databasesBase(this.#access, principal)}) d
      where d.database_type = any(${[...types]}::text[]) group by 1 order by 1`.execute(this.#store.db);
    return rows;
  }

  /** How many databases, tables and columns there are of each privacy; `row_total` counts columns. */
  async byPrivacy(principal: Principal, types: readonly string[]): Promise<readonly Row[]> {
    admit(principal, 'read');
    const wanted = [...types];
    const { rows } = await sql<Row>`
      with d as (select privacy, count(*) as n from (${databasesBase(this.#access, principal)}) x
          where database_type = any(${wanted}::text[]) group by 1),
        t as (select privacy, count(*) as n from (${tablesBase(this.#access, principal)}) x
          where database_type = any(${wanted}::text[]) group by 1),
        c as (select privacy, count(*) as n from (${columnsBase(this.#access, principal)}) x
          where database_type = any(${wanted}::text[]) group by 1)
      select p.privacy, coalesce(d.n, 0) as database_total, coalesce(d.n, 0) as instance_total, coalesce(c.n, 0) as row_total,
        0 as size_total, coalesce(t.n, 0) as table_total
      from (select privacy from d union select privacy from t union select privacy from c) p
      left join d using (privacy) left join t using (privacy) left join c using (privacy) order by 1`.execute(
      this.#store.db,
    );
    return rows;
  }

  /** Tables by the engine that they are of. */
  async byEngine(principal: Principal, types: readonly string[]): Promise<readonly Row[]> {
    admit(principal, 'read');
    const { rows } = await sql<Row>`
      select classification, count(*) as table_total from (${tablesBase(this.#access, principal)}) t
      where database_type = any(${[...types]}::text[]) group by 1 order by 2 desc, 1`.execute(this.#store.db);
    return rows;
  }

  /** What there is of a provider in a region, by the type of its databases. */
  async byProviderRegion(principal: Principal, provider: number, region: string): Promise<readonly Row[]> {
    admit(principal, 'read');
    const { rows } = await sql<Row>`
      select d.database_type, count(*) as database_total, count(*) as instance_total, 0 as object_total, 0 as size_total,
        sum(d.table_count)::bigint as table_total, sum(d.column_count)::bigint as row_total
      from (${databasesBase(this.#access, principal)}) d
      where d.region = ${region} and d._provider = ${provider} group by 1 order by 1`.execute(this.#store.db);
    return rows;
  }

  /** The accounts with most data sources, the identifiers that are found in most of them. */
  async top(principal: Principal, types: readonly string[], most: number): Promise<Row> {
    admit(principal, 'read');
    const accounts = await sql<Row>`
      select account_id as name, count(*) as data_source_count from (${databasesBase(this.#access, principal)}) d
      where database_type = any(${[...types]}::text[]) group by 1 order by 2 desc, 1 limit ${most}`.execute(
      this.#store.db,
    );
    const identifiers = await sql<{ name: string }>`
      select k as name, count(distinct c._database) as data_source_count from (${columnsBase(this.#access, principal)}) c
      cross join lateral jsonb_object_keys(c.identifier::jsonb) as k
      where c.database_type = any(${[...types]}::text[]) and k <> 'N/A' group by 1 order by 2 desc, 1 limit ${most}`.execute(
      this.#store.db,
    );
    return {
      account_top_n: accounts.rows,
      identifier_top_n: await this.#withProps(principal, identifiers.rows, 'name'),
    };
  }

  /** Databases in which an identifier was found. Throws SdpsError 1000 for other conditions. */
  async databasesOf(principal: Principal, identifier: string, asked: QueryCondition): Promise<Page<Row>> {
    admit(principal, 'read');
    const base = sql`select d.* from (${databasesBase(this.#access, principal)}) d where exists (
      select 1 from catalog_item i where i.database_id = d.id and ${identifier} = any(i.identifiers))`;
    return readPage<Row>(this.#store.db, { base, columns: databaseColumns, searchable: ['database_name'] }, asked);
  }

  /** Identifiers found in a database, summed over its tables. */
  async identifiersIn(principal: Principal, at: CatalogKey): Promise<readonly Row[]> {
    admit(principal, 'read');
    const { rows } = await sql<Row>`
      select k as identifier, count(distinct c._item) as table_count, count(*) as column_count, sum(c._rows)::bigint as row_count,
        count(distinct c._item) as objects, 0 as size, array_agg(distinct c.table_name) as table_name_list
      from (${columnsBase(this.#access, principal)}) c cross join lateral jsonb_object_keys(c.identifier::jsonb) as k
      where ${sameDatabase(at)} and k <> 'N/A' group by 1 order by 1`.execute(this.#store.db);
    return this.#withProps(principal, rows, 'identifier');
  }

  /** Labels of a database, and of its tables where these are wanted. */
  async labelsOf(principal: Principal, at: CatalogKey, tables: boolean): Promise<Row> {
    admit(principal, 'read');
    const databases = await sql<{ labels: unknown }>`
      select labels from (${databasesBase(this.#access, principal)}) c where ${sameDatabase(at)}`.execute(
      this.#store.db,
    );
    const ofTables = tables
      ? await sql<Row>`
          select table_name as "tableName", labels from (${tablesBase(this.#access, principal)}) c
          where ${sameDatabase(at)} and label_ids <> '' order by table_name`.execute(this.#store.db)
      : { rows: [] };
    return {
      databaseLabels: { databaseName: at.database_name, labels: databases.rows[0]?.labels ?? [] },
      tablesLabels: ofTables.rows,
    };
  }

  async #withProps(principal: Principal, rows: readonly Row[], name: string): Promise<readonly Row[]> {
    const props = await this.#templates.propertiesByName(principal);
    return rows.map((row) => ({ ...row, props: props.get(String(row[name])) ?? ([] as readonly Property[]) }));
  }
}
