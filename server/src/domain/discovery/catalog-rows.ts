/** The levels of the catalog as the protocol writes their rows (sdps.md §4.7): queries to filter, page and count. */
import { type RawBuilder, sql } from 'kysely';
import type { Access } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';
import { instancesBase } from '../sdps/index.ts';
import { sampleFor } from './privacy.ts';

/** The four fields that address a database of the catalog. */
export interface CatalogKey {
  readonly account_id: string;
  readonly region: string;
  readonly database_type: string;
  readonly database_name: string;
}

const audited = ['state', 'version', 'create_by', 'create_time', 'modify_by', 'modify_time'];
const key = ['account_id', 'region', 'database_type', 'database_name'];
export const databaseColumns = [
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
export const tableColumns = [
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
export const columnColumns = [
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

const typeOf = sql`case s.account_provider_id when 2 then 'jdbc_tencent' when 3 then 'jdbc_google' when 4 then 'jdbc_proxy' else 'jdbc_aws' end`;

export function databasesBase(access: Access, principal: Principal): RawBuilder<unknown> {
  return sql`
      select d.id, s.account_provider_id as _provider, s.account_id, s.region, ${typeOf} as database_type, s.instance_id as database_name, d.description,
        s.jdbc_connection_url as url, d.privacy, d.sensitivity, t.tables as object_count, 0 as size_key, t.tables as table_count,
        t.columns as column_count, d.row_count, s.jdbc_connection_url as storage_location,
        array_to_string(d.label_ids, ',') as label_ids, ${labelsOf('d')} as labels, d.manual_tag, ${changed('d')}
      from catalog_database d join (${instancesBase(access, principal)}) s on s._id = d.source_id
      cross join lateral (select count(distinct i.id) as tables, count(c.id) as columns from catalog_item i
        left join catalog_column c on c.item_id = i.id where i.database_id = d.id) t`;
}

export function tablesBase(access: Access, principal: Principal): RawBuilder<unknown> {
  return sql`
      select i.id, s.account_id, s.region, ${typeOf} as database_type, s.instance_id as database_name, i.place as table_name,
        i.privacy, i.sensitivity, 1 as object_count, 0 as size_key,
        (select count(*) from catalog_column c where c.item_id = i.id) as column_count, i.row_count, i.place as storage_location,
        case when i.identifiers = '{}' then 'N/A' else array_to_string(i.identifiers, '|') end as identifiers,
        array_to_string(i.label_ids, ',') as label_ids, ${labelsOf('i')} as labels, i.manual_tag, s._engine as classification,
        true as struct_type, i.detected_at as detected_time, null::text as serde_info, null::text as table_properties, ${changed('i')}
      from catalog_item i join catalog_database d on d.id = i.database_id
      join (${instancesBase(access, principal)}) s on s._id = d.source_id`;
}

export function columnsBase(access: Access, principal: Principal): RawBuilder<unknown> {
  return sql`
      select c.id, s.account_id, s.region, ${typeOf} as database_type, s.instance_id as database_name, i.place as table_name,
        c.name as column_name, c.type as column_type, c.position as column_order_num,
        (select ${sampleFor(principal)} from data_source s where s.id = d.source_id) as column_value_example,
        c.identifier::text as identifier, null::text as identifier_score, c.privacy, c.sensitivity, c.comments, c.manual_tag,
        null::text as job_keyword, null::text as column_path, i.id as _item, d.id as _database, i.row_count as _rows, ${changed('c')}
      from catalog_column c join catalog_item i on i.id = c.item_id join catalog_database d on d.id = i.database_id
      join (${instancesBase(access, principal)}) s on s._id = d.source_id`;
}

/** Rows `c` of one database. */
export function sameDatabase(at: CatalogKey): RawBuilder<unknown> {
  return sql`c.account_id = ${at.account_id} and c.region = ${at.region} and c.database_type = ${at.database_type}
    and c.database_name = ${at.database_name}`;
}
