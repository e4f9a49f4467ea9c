/** Bodies of datasets (dataarts.md §4.7.3): what clients send, as the domain keeps it. */
import {
  type DatasetModelView,
  fieldTypes,
  type JoinType,
  type ModelDefinition,
  type ModelField,
  type ModelRelation,
  type ModelTable,
} from '../../domain/dataset-models/index.ts';
import { invalidParameter } from '../../domain/insight/index.ts';
import { booleanOf, choiceOf, integerOf, listOf, type Members, objectOf, requiredText, textOf } from './body.ts';

export const datasetMembers = [
  'id',
  'caption',
  'table_type',
  'ds_id',
  'ds_name',
  'ds_type',
  'status',
  'description',
  'physical_schema',
  'logical_schema',
] as const;

/** A body before its parts are read. */
export interface DatasetWrite {
  /** Undefined = a new one. */
  readonly id: string | undefined;
  readonly sourceId: string;
  readonly definition: (before: DatasetModelView | undefined) => ModelDefinition;
}

/** Throws InvalidError with the member that is wrong. */
export function readDataset(body: Members): DatasetWrite {
  const caption = requiredText(body.caption, 'caption', 128);
  const tableType = choiceOf(body.table_type, 'table_type', ['table', 'sql']);
  if (tableType === undefined) throw invalidParameter('table_type');
  const physical = objectOf(body.physical_schema, 'physical_schema');
  const logical = objectOf(body.logical_schema, 'logical_schema');
  if (physical === undefined) throw invalidParameter('physical_schema');
  if (logical === undefined) throw invalidParameter('logical_schema');
  const sourceId = requiredText(body.ds_id, 'ds_id', 128);
  const status = integerOf(body.status, 'status', 0, 1) ?? 1;
  const description = textOf(body.description, 'description', 1000) ?? null;
  return {
    id: textOf(body.id, 'id', 128) || undefined,
    sourceId,
    definition: (before) => {
      const tables = readTables(physical, before?.tables ?? []);
      const hasQuery = tables.some(({ kind }) => kind === 'sql');
      if (hasQuery !== (tableType === 'sql')) throw invalidParameter('table_type');
      // The reference misspells it; clients send either.
      const selection = objectOf(logical.filed_schema ?? logical.field_schema, 'logical_schema.field_schema') ?? {};
      const fields = readFields(selection, tables);
      return {
        name: caption,
        description,
        status: status === 1 ? 1 : 0,
        tables,
        fields,
        relations: readRelations(logical, tables, fields),
        variables: readVariables(logical),
      };
    },
  };
}

function readTables(physical: Members, before: readonly ModelTable[]): ModelTable[] {
  const items = listOf(physical.tables, 'physical_schema.tables', 100) ?? [];
  const taken = new Set<string>();
  return items.map((item, index) => {
    const place = `physical_schema.tables[${index}]`;
    const table = objectOf(item, place) ?? {};
    const kind = choiceOf(table.table_type, `${place}.table_type`, ['table', 'sql']);
    const root = booleanOf(table.is_fact_table, `${place}.is_fact_table`);
    if (kind === undefined) throw invalidParameter(`${place}.table_type`);
    if (root === undefined) throw invalidParameter(`${place}.is_fact_table`);
    const read = {
      kind,
      database: requiredText(table.database_name, `${place}.database_name`, 255),
      schema: textOf(table.schema_name, `${place}.schema_name`, 255) || null,
      name: requiredText(table.table_name, `${place}.table_name`, 255),
      sql: kind === 'sql' ? requiredText(table.sql_text, `${place}.sql_text`, 100_000) : null,
      root,
    };
    // Rules name tables by their ids: a table that was there keeps its own.
    const known = before.find(
      (one) =>
        !taken.has(one.id) && one.name === read.name && one.schema === read.schema && one.database === read.database,
    );
    const id = textOf(table.id, `${place}.id`, 128) || (known?.id ?? freeId(taken, before));
    taken.add(id);
    return { id, ...read };
  });
}

function freeId(taken: ReadonlySet<string>, before: readonly ModelTable[]): string {
  for (let number = 1; ; number += 1) {
    const id = `t${number}`;
    if (!taken.has(id) && !before.some((table) => table.id === id)) return id;
  }
}

function readFields(selection: Members, tables: readonly ModelTable[]): ModelField[] {
  const measures = listOf(selection.measures, 'measures', 2000) ?? [];
  const dimensions = listOf(selection.dimensions, 'dimensions', 2000) ?? [];
  return [
    ...measures.map((item, index) => {
      const measure = objectOf(item, `measures[${index}]`) ?? {};
      return readField(measure, measure, 'measure', tables, `measures[${index}]`, { whole: measure });
    }),
    ...dimensions.flatMap((item, index) => {
      const place = `dimensions[${index}]`;
      const dimension = objectOf(item, place) ?? {};
      const hierarchies = listOf(dimension.hierarchies, `${place}.hierarchies`, 100) ?? [];
      const levels = hierarchies.flatMap(
        (hierarchy) => listOf(objectOf(hierarchy, place)?.levels, `${place}.levels`, 100) ?? [],
      );
      const parts = levels.length === 0 ? [dimension] : levels.map((level) => objectOf(level, place) ?? {});
      return parts.map((part, position) =>
        readField(part, dimension, 'dimension', tables, place, position === 0 ? { whole: dimension } : { part: true }),
      );
    }),
  ];
}

function readField(
  field: Members,
  outer: Members,
  role: 'measure' | 'dimension',
  tables: readonly ModelTable[],
  place: string,
  more: Readonly<Record<string, unknown>>,
): ModelField {
  const id = textOf(field.id, `${place}.id`, 512) ?? textOf(outer.id, `${place}.id`, 512);
  const column = textOf(field.origin_column_name, `${place}.origin_column_name`, 255) || columnIn(id);
  const calculated = booleanOf(field.is_expansion, `${place}.is_expansion`) === true;
  const table = tableOf(textOf(field.cube_id ?? outer.cube_id, `${place}.cube_id`, 255), id, tables);
  if (table === undefined) throw invalidParameter(`${place}.cube_id`);
  if (!calculated && column === undefined) throw invalidParameter(`${place}.origin_column_name`);
  const name = textOf(field.caption ?? outer.caption, `${place}.caption`, 512) || column || id;
  if (name === undefined) throw invalidParameter(`${place}.caption`);
  return {
    id: id ?? `${table.id}.${column ?? name}`,
    name,
    role,
    table: table.id,
    column: calculated ? null : (column ?? null),
    type: choiceOf(field.data_type ?? field.origin_data_type, `${place}.data_type`, fieldTypes) ?? 'STRING',
    formula: textOf(field.column_formula, `${place}.column_formula`, 10_000) ?? null,
    more,
  };
}

/** `{table}.{column}` */
function columnIn(id: string | undefined): string | undefined {
  const dot = id?.indexOf('.') ?? -1;
  return dot < 0 ? undefined : id?.slice(dot + 1) || undefined;
}

function tableOf(
  cube: string | undefined,
  id: string | undefined,
  tables: readonly ModelTable[],
): ModelTable | undefined {
  const named = cube ?? id?.split('.', 1)[0];
  return (
    tables.find((table) => table.id === named || table.name === named) ?? (tables.length === 1 ? tables[0] : undefined)
  );
}

const joinWords: Readonly<Record<string, JoinType>> = {
  'left join': 'left',
  'right join': 'right',
  'inner join': 'inner',
};

function readRelations(
  logical: Members,
  tables: readonly ModelTable[],
  fields: readonly ModelField[],
): ModelRelation[] {
  const items = listOf(logical.relations, 'logical_schema.relations', 200) ?? [];
  return items.map((item, index) => {
    const place = `logical_schema.relations[${index}]`;
    const relation = objectOf(item, place) ?? {};
    const end = (side: 'source' | 'target'): string => {
      const id = textOf(relation[side], `${place}.${side}`, 255);
      const name = textOf(relation[`${side}_table_name`], `${place}.${side}_table_name`, 255);
      const schema = textOf(relation[`${side}_schema`], `${place}.${side}_schema`, 255) || null;
      const found =
        tables.find((table) => table.id === id) ??
        tables.find(
          (table) => table.name === name && (schema === null || table.schema === null || table.schema === schema),
        );
      if (found === undefined) throw invalidParameter(`${place}.${side}_table_name`);
      return found.id;
    };
    const word = textOf(relation.join_type, `${place}.join_type`, 32)?.toLowerCase();
    const type = joinWords[word ?? ''];
    if (type === undefined) throw invalidParameter(`${place}.join_type`);
    const joins = listOf(relation.joins, `${place}.joins`, 32) ?? [];
    const column = (value: unknown): string => {
      const key = requiredText(value, `${place}.joins`, 512);
      return fields.find((field) => field.id === key)?.column ?? columnIn(key) ?? key;
    };
    const on = joins.map((one) => {
      const { source_key, target_key } = objectOf(one, `${place}.joins`) ?? {};
      return { from: column(source_key), to: column(target_key) };
    });
    return { from: end('source'), to: end('target'), type, on };
  });
}

const variableTypes = ['STRING', 'NUMBER', 'DATE', 'DATETIME', 'TIMESTAMP'] as const;

function readVariables(logical: Members): Members[] {
  const items = listOf(logical.variables, 'logical_schema.variables', 100) ?? [];
  return items.map((item, index) => {
    const place = `logical_schema.variables[${index}]`;
    const variable = objectOf(item, place) ?? {};
    if (!/^[A-Za-z]\w{0,31}$/.test(requiredText(variable.name, `${place}.name`)))
      throw invalidParameter(`${place}.name`);
    if (choiceOf(variable.type, `${place}.type`, variableTypes) === undefined) throw invalidParameter(`${place}.type`);
    if (choiceOf(variable.use_scope, `${place}.use_scope`, ['dataset', 'global']) === undefined) {
      throw invalidParameter(`${place}.use_scope`);
    }
    listOf(variable.default_values, `${place}.default_values`, 3000);
    return variable;
  });
}
