/** The catalog as people see and correct it (sdps.md §3.2, §4.7, §7.5). */
import { type RawBuilder, sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Access } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Principal } from '../identity/principal.ts';
import {
  admit,
  instancesBase,
  type Listing,
  type Page,
  type QueryCondition,
  readPage,
  refusal,
} from '../sdps/index.ts';
import { type Correction, correct } from './corrections.ts';

/** The four fields that address a database of the catalog. */
export interface CatalogKey {
  readonly account_id: string;
  readonly region: string;
  readonly database_type: string;
  readonly database_name: string;
}

export interface ColumnChange extends CatalogKey, Correction {
  readonly table_name: string;
  readonly column_name: string;
}

const audited = ['state', 'version', 'create_by', 'create_time', 'modify_by', 'modify_time'];
const key = ['account_id', 'region', 'database_type', 'database_name'];
const databaseColumns = [
  'id',
  ...key,
  'description',
  'url',
  'privacy',
  'sensitivity',
  'object_count',
  'size_key',
  'table_count',
  'column_count',
  'row_count',
  'storage_location',
  'label_ids',
  'manual_tag',
  ...audited,
];
const tableColumns = [
  'id',
  ...key,
  'table_name',
  'privacy',
  'sensitivity',
  'object_count',
  'size_key',
  'column_count',
  'row_count',
  'storage_location',
  'identifiers',
  'label_ids',
  'manual_tag',
  'classification',
  'struct_type',
  'detected_time',
  ...audited,
];
const columnColumns = [
  'id',
  ...key,
  'table_name',
  'column_name',
  'column_type',
  'column_order_num',
  'column_value_example',
  'identifier',
  'privacy',
  'sensitivity',
  'comments',
  'manual_tag',
  ...audited,
];

const changed = (alias: string): RawBuilder<unknown> =>
  sql.raw(
    `${alias}.state, ${alias}.version, ${alias}.create_by, ${alias}.create_time, ${alias}.modify_by, ${alias}.modify_time, ${alias}.modify_time as _modified, ${alias}.id as _id`,
  );
const labelsOf = (alias: string): RawBuilder<unknown> => sql`(select coalesce(json_agg(json_build_object('id', l.id,
  'label_name', l.label_name) order by l.label_name), '[]') from catalog_label l where l.id = any(${sql.ref(`${alias}.label_ids`)}))`;

export class CatalogView {
  readonly #store: Store;
  readonly #access: Access;
  readonly #audit: AuditLog;

  constructor(deps: { readonly store: Store; readonly access: Access; readonly audit: AuditLog }) {
    this.#store = deps.store;
    this.#access = deps.access;
    this.#audit = deps.audit;
  }

  databases(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    return this.#page(
      this.#databases(principal),
      databaseColumns,
      ['account_id', 'region', 'database_name', 'description', 'url', 'table_count', 'storage_location'],
      asked,
    );
  }

  tables(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    return this.#page(
      this.#tables(principal),
      tableColumns,
      ['database_name', 'table_name', 'privacy', 'struct_type'],
      asked,
    );
  }

  columns(principal: Principal, asked: QueryCondition): Promise<Page<Record<string, unknown>>> {
    admit(principal, 'read');
    return this.#page(this.#columns(principal), columnColumns, ['column_name'], asked);
  }

  /** Identifiers found in a database, summed over its tables. */
  async identifiers(principal: Principal, at: CatalogKey): Promise<readonly Record<string, unknown>[]> {
    admit(principal, 'read');
    const { rows } = await sql<Record<string, unknown>>`
      select k as identifier, count(distinct c._item) as table_count, count(*) as column_count, sum(c._rows) as row_count,
        count(distinct c._item) as objects, 0 as size, array_agg(distinct c.table_name) as table_name_list
      from (${this.#columns(principal)}) c cross join lateral jsonb_object_keys(c.identifier::jsonb) as k
      where ${sameDatabase(at)} and k <> 'N/A' group by 1 order by 1`.execute(this.#store.db);
    return rows.map((row) => ({ ...row, props: [] }));
  }

  /** A header of names, then ten rows of masked samples, padded. */
  async samples(principal: Principal, at: CatalogKey, table: string): Promise<readonly (readonly string[])[]> {
    admit(principal, 'read');
    const { rows } = await sql<{ column_name: string; column_value_example: string }>`
      select column_name, column_value_example from (${this.#columns(principal)}) c
      where ${sameDatabase(at)} and table_name = ${table} order by column_order_num`.execute(this.#store.db);
    const samples = rows.map((row) => (row.column_value_example === 'N/A' ? [] : row.column_value_example.split('|')));
    const line = (index: number): string[] => samples.map((values) => values[index] ?? '');
    return [rows.map((row) => row.column_name), ...Array.from({ length: 10 }, (_, index) => line(index))];
  }

  /** Name and value pairs of a table; null for an unknown one. */
  async tableProperty(principal: Principal, id: number): Promise<readonly (readonly [string, unknown])[] | null> {
    admit(principal, 'read');
    const { rows } = await sql<
      Record<string, string>
    >`select * from (${this.#tables(principal)}) c where id = ${id}`.execute(this.#store.db);
    const [row] = rows;
    if (row === undefined) return null;
    return [
      ['Account', row.account_id],
      ['Region', row.region],
      ['LastUpdated', row.modify_time],
      ['GlueDatabase', row.database_name],
      ['GlueTable', row.table_name],
      ['Location', row.table_name],
    ];
  }

  /** Sets what people say of a database or table; false when there is none. */
  async correct(
    principal: Principal,
    level: 'database' | 'table',
    id: number,
    change: {
      readonly privacy: number | null;
      readonly sensitivity: string | null;
      readonly description?: string | null;
    },
  ): Promise<boolean> {
    admit(principal, 'write');
    return this.#change(principal, level, id, (trx) => {
      const described =
        level === 'database' && change.description !== undefined ? sql`, description = ${change.description}` : sql``;
      return sql`update ${tableOf(level)} set privacy = coalesce(${change.privacy}::smallint, privacy),
        sensitivity = coalesce(${change.sensitivity}::text, sensitivity)${described}, manual_tag = 'manual', state = 'UPDATED',
        modify_by = ${principal.actor.username}, modify_time = now(), version = version + 1 where id = ${id}`.execute(
        trx,
      );
    });
  }

  /** Gives a database or table these labels; unknown ones are left out. False when there is none of this id. */
  async setLabels(
    principal: Principal,
    level: 'database' | 'table',
    id: number,
    labels: readonly number[],
  ): Promise<boolean> {
    admit(principal, 'write');
    return this.#change(principal, level, id, (trx) =>
      sql`update ${tableOf(level)} set label_ids = coalesce((select array_agg(l.id order by l.id) from catalog_label l
        where l.tenant_id = ${principal.subject.tenantId} and l.id = any(${[...labels]}::bigint[])), '{}'),
        modify_time = now() where id = ${id}`.execute(trx),
    );
  }

  /** Corrects a column by hand; its table and database follow (§7.5). Throws SdpsError 1302. */
  async correctColumn(principal: Principal, change: ColumnChange): Promise<void> {
    admit(principal, 'write');
    await this.#store.transaction(async (trx) => {
      const { rows } = await sql<{ id: number }>`
        select c.id from (${this.#columns(principal)}) c
        where ${sameDatabase(change)} and c.table_name = ${change.table_name} and c.column_name = ${change.column_name}`.execute(
        trx,
      );
      const [row] = rows;
      if (row === undefined) throw refusal(1302);
      await correct(trx, row.id, change, principal.actor.username);
      await this.#record(trx, principal, `${change.database_name} ${change.table_name}.${change.column_name}`);
    });
  }

  /** False when there is no such column. */
  async setComments(principal: Principal, id: number, comments: string): Promise<boolean> {
    admit(principal, 'write');
    return this.#store.transaction(async (trx) => {
      const { rows } = await sql`select 1 from (${this.#columns(principal)}) c where c.id = ${id}`.execute(trx);
      if (rows.length === 0) return false;
      await sql`update catalog_column set comments = ${comments}, modify_by = ${principal.actor.username}, modify_time = now()
        where id = ${id}`.execute(trx);
      await this.#record(trx, principal, `column ${id}`);
      return true;
    });
  }

  /** Totals of a kind of database by one of its columns: for dashboards. */
  async totals(
    principal: Principal,
    types: readonly string[],
    by: 'region' | 'privacy' | 'modifier' | null,
  ): Promise<readonly Record<string, unknown>[]> {
    admit(principal, 'read');
    const group =
      by === 'modifier'
        ? sql`case when d.manual_tag = 'manual' then 'Manual' else 'System' end`
        : by === null
          ? sql`1`
          : sql.ref(`d.${by}`);
    const { rows } = await sql<Record<string, unknown>>`
      select ${group} as "group", count(*) as instance_total, count(*) as database_total, sum(d.table_count) as table_total,
        sum(d.column_count) as row_total from (${this.#databases(principal)}) d
      where d.database_type = any(${[...types]}::text[]) group by 1 order by 1`.execute(this.#store.db);
    return rows;
  }

  #page(base: RawBuilder<unknown>, columns: readonly string[], searchable: readonly string[], asked: QueryCondition) {
    const listing: Listing = { base, columns, searchable };
    return readPage<Record<string, unknown>>(this.#store.db, listing, asked);
  }

  async #change(
    principal: Principal,
    level: 'database' | 'table',
    id: number,
    write: (trx: Executor) => Promise<unknown>,
  ): Promise<boolean> {
    return this.#store.transaction(async (trx) => {
      const base = level === 'database' ? this.#databases(principal) : this.#tables(principal);
      const { rows } = await sql`select 1 from (${base}) c where c.id = ${id}`.execute(trx);
      if (rows.length === 0) return false;
      await write(trx);
      await this.#record(trx, principal, `${level} ${id}`);
      return true;
    });
  }

  #record(trx: Executor, principal: Principal, name: string): Promise<void> {
    return this.#audit.record(trx, principal, {
      action: 'catalog.correct',
      outcome: 'allowed',
      resource: { type: 'catalog', uid: null, name },
    });
  }

  #instances(principal: Principal): RawBuilder<unknown> {
    return instancesBase(this.#access, principal);
  }

  #databases(principal: Principal): RawBuilder<unknown> {
    return sql`
      select d.id, s.account_id, s.region, ${typeOf} as database_type, s.instance_id as database_name, d.description,
        s.jdbc_connection_url as url, d.privacy, d.sensitivity, t.tables as object_count, 0 as size_key, t.tables as table_count,
        t.columns as column_count, d.row_count, s.jdbc_connection_url as storage_location,
        array_to_string(d.label_ids, ',') as label_ids, ${labelsOf('d')} as labels, d.manual_tag, ${changed('d')}
      from catalog_database d join (${this.#instances(principal)}) s on s._id = d.source_id
      cross join lateral (select count(distinct i.id) as tables, count(c.id) as columns from catalog_item i
        left join catalog_column c on c.item_id = i.id where i.database_id = d.id) t`;
  }

  #tables(principal: Principal): RawBuilder<unknown> {
    return sql`
      select i.id, s.account_id, s.region, ${typeOf} as database_type, s.instance_id as database_name, i.place as table_name,
        i.privacy, i.sensitivity, 1 as object_count, 0 as size_key,
        (select count(*) from catalog_column c where c.item_id = i.id) as column_count, i.row_count, i.place as storage_location,
        case when i.identifiers = '{}' then 'N/A' else array_to_string(i.identifiers, '|') end as identifiers,
        array_to_string(i.label_ids, ',') as label_ids, ${labelsOf('i')} as labels, i.manual_tag, s._engine as classification,
        true as struct_type, i.detected_at as detected_time, null::text as serde_info, null::text as table_properties, ${changed('i')}
      from catalog_item i join catalog_database d on d.id = i.database_id
      join (${this.#instances(principal)}) s on s._id = d.source_id`;
  }

  #columns(principal: Principal): RawBuilder<unknown> {
    return sql`
      select c.id, s.account_id, s.region, ${typeOf} as database_type, s.instance_id as database_name, i.place as table_name,
        c.name as column_name, c.type as column_type, c.position as column_order_num, c.sample as column_value_example,
        c.identifier::text as identifier, null::text as identifier_score, c.privacy, c.sensitivity, c.comments, c.manual_tag,
        null::text as job_keyword, null::text as column_path, i.id as _item, d.id as _database, i.row_count as _rows, ${changed('c')}
      from catalog_column c join catalog_item i on i.id = c.item_id join catalog_database d on d.id = i.database_id
      join (${this.#instances(principal)}) s on s._id = d.source_id`;
  }
}

const typeOf = sql`case s.account_provider_id when 2 then 'jdbc_tencent' when 3 then 'jdbc_google' when 4 then 'jdbc_proxy' else 'jdbc_aws' end`;

function tableOf(level: 'database' | 'table'): RawBuilder<unknown> {
  return sql.table(level === 'database' ? 'catalog_database' : 'catalog_item');
}

function sameDatabase(at: CatalogKey): RawBuilder<unknown> {
  return sql`c.account_id = ${at.account_id} and c.region = ${at.region} and c.database_type = ${at.database_type}
    and c.database_name = ${at.database_name}`;
}
