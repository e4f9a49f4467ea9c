/** Datasets as they are sent (dataarts.md §4.7). */

import type { DatasetModelView, ModelField } from '../../domain/dataset-models/index.ts';
import type { Site } from '../../domain/identity/index.ts';
import type { Room } from '../../domain/insight/index.ts';
import { hexOf } from '../../platform/ids.ts';
import { millis } from './present.ts';

type Wire = Record<string, unknown>;

/** What the door knows beside the dataset itself. */
export interface DatasetContext {
  readonly site: Site;
  readonly room: Room;
  /** The type of its source on this wire. */
  readonly sourceType: string | null;
}

const joinWords = { left: 'left join', right: 'right join', inner: 'inner join' } as const;
const flag = (on: boolean): 0 | 1 => (on ? 1 : 0);

export function tableTypeOf({ tables }: DatasetModelView): 'table' | 'sql' {
  return tables.some(({ kind }) => kind === 'sql') ? 'sql' : 'table';
}

function fieldOf(field: ModelField): Wire {
  return {
    id: field.id,
    caption: field.name,
    cube_id: field.table,
    data_type: field.type,
    origin_data_type: field.type,
    origin_column_name: field.column ?? '',
    origin_column_type: null,
    is_expansion: flag(field.column === null),
    expansion_type: 0,
    column_formula: field.formula,
  };
}

/** What a client sent of it, with what the reference requires. */
function sentOf(field: ModelField): Wire {
  const whole = field.more?.whole;
  return { ...fieldOf(field), ...(typeof whole === 'object' && whole !== null ? whole : {}), cube_id: field.table };
}

function dimensionOf(field: ModelField): Wire {
  const whole = field.more?.whole;
  if (typeof whole === 'object' && whole !== null && 'hierarchies' in whole) {
    return { dimension_type: 'StandardDimension', caption: field.name, ...whole, cube_id: field.table };
  }
  const { id, name } = field;
  const hierarchies = [{ caption: name, levels: [fieldOf(field)] }];
  return { id, caption: name, cube_id: field.table, dimension_type: 'StandardDimension', hierarchies };
}

export function physicalSchema({ tables }: DatasetModelView): Wire {
  return {
    tables: tables.map((table) => ({
      id: table.id,
      database_name: table.database ?? '',
      schema_name: table.schema,
      table_name: table.name,
      table_type: table.kind,
      sql_text: table.sql,
      is_fact_table: table.root,
    })),
  };
}

export function logicalSchema({ fields, relations, variables }: DatasetModelView): Wire {
  return {
    field_schema: {
      measures: fields.filter(({ role }) => role === 'measure').map(sentOf),
      dimensions: fields.filter(({ role, more }) => role === 'dimension' && more?.part !== true).map(dimensionOf),
    },
    relations: relations.map(({ from, to, type, on }) => ({
      source: from,
      target: to,
      join_type: joinWords[type],
      joins: on.map((one) => ({
        source_key: one.from,
        source_type: 'dimension',
        target_key: one.to,
        target_type: 'dimension',
        condition: 'equal-to',
      })),
    })),
    variables,
  };
}

function commonOf(view: DatasetModelView, { site, room, sourceType }: DatasetContext): Wire {
  return {
    id: view.id,
    caption: view.name,
    version: '2.0',
    ds_id: hexOf(view.source.id),
    ds_type: sourceType,
    domain_id: site.domainId,
    project_id: site.projectId,
    workspace_id: hexOf(room.uid),
  };
}

const wireId = (uid: string | null): string | null => (uid === null ? null : hexOf(uid));

const changesOf = (view: DatasetModelView): Wire => ({
  create_date: millis(view.createdAt),
  create_user: wireId(view.createdById),
  create_user_name: view.createdBy,
  update_date: millis(view.updatedAt),
  update_user: wireId(view.updatedById),
  update_user_name: view.updatedBy,
});

/** §4.7.2 */
export function presentMetadata(view: DatasetModelView, context: DatasetContext): Wire {
  return {
    ...commonOf(view, context),
    ...changesOf(view),
    physical_schema: physicalSchema(view),
    logical_schema: logicalSchema(view),
  };
}

/** §4.7.3 */
export function presentSaved(view: DatasetModelView, context: DatasetContext): Wire {
  const { switches } = view;
  return {
    ...commonOf(view, context),
    catalog_id: '-1',
    description: view.description,
    status: view.status,
    table_type: tableTypeOf(view),
    physical_schema: physicalSchema(view),
    logical_schema: {
      ...logicalSchema(view),
      field_tree: view.fields.map(({ id, name, role }) => ({ id, caption: name, type: role })),
    },
    advanced_config: {
      is_open_row_permission: flag(switches.rowsOn),
      is_open_col_permission: flag(switches.columnsOn),
      dataset_permission_config: JSON.stringify(presentSwitches(switches)),
    },
  };
}

/** §4.7.1 */
export function presentListed(view: DatasetModelView, context: DatasetContext, points: readonly string[]): Wire {
  return {
    id: view.id,
    name: view.name,
    description: view.description,
    type: tableTypeOf(view),
    permission_list: points,
    ds_name: view.source.name,
    ds_type: context.sourceType,
    project_id: context.site.projectId,
    workspace_id: hexOf(context.room.uid),
    ...changesOf(view),
    directory: false,
    pid: '-1',
    favorite: 0,
    status: view.status,
  };
}

/** §4.8.1 */
export function presentSwitches(switches: DatasetModelView['switches']): Wire {
  return {
    row_permission_config: {
      is_open: switches.rowsOn,
      is_open_by_condition: switches.byConditionOn,
      is_open_by_tag: switches.byTagOn,
      others_has_permission_by_condition: switches.othersSeeRows,
    },
    col_permission_config: { is_open: switches.columnsOn },
  };
}
