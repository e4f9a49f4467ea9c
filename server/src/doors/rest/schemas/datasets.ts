/** Dataset models, and the row and column rules on them. */
import Type from 'typebox';
import { ruleKinds, ruleScopes } from '../../../domain/access/policy/index.ts';
import { fieldTypes, joinTypes } from '../../../domain/dataset-models/index.ts';
import { anyJson, clearable, nullable, oneOf, optionalText, strict, text, timestamp } from './common.ts';

export const datasetParams = strict({ dataset: text(64, "The dataset's id.") });
export const ruleParams = strict({ dataset: text(64, "The dataset's id."), rule: text(64) });

const tableInput = strict({
  id: Type.Optional(text(255, 'How relations, fields and rules name it; `t1`, `t2`, … unless said.')),
  database: Type.Optional(text(255)),
  schema: Type.Optional(text(255, 'Where it is looked for; the usual place of the source unless said.')),
  name: Type.Optional(text(255, 'A table or view of the source.')),
  sql: Type.Optional(text(100_000, 'A query instead of a table. Rules cannot be kept on it.')),
  root: Type.Optional(Type.Boolean({ description: 'The others are joined to it; the first unless said.' })),
});

const relation = strict({
  from: text(255),
  to: text(255),
  type: Type.Optional(oneOf(joinTypes, '`left` unless said.')),
  on: Type.Array(strict({ from: text(255), to: text(255) }), { minItems: 1, maxItems: 32 }),
});

const fieldInput = strict({
  id: Type.Optional(text(512, '`{table}.{column}` unless said.')),
  name: Type.Optional(text(512, 'What people see; the column unless said.')),
  role: Type.Optional(oneOf(['dimension', 'measure'], '`dimension` unless said.')),
  table: Type.Optional(text(255, 'The first unless said.')),
  column: text(255),
  type: Type.Optional(oneOf(fieldTypes, '`STRING` unless said.')),
});

const definition = {
  name: text(255),
  description: clearable(Type.String({ maxLength: 1000 })),
  tables: Type.Array(tableInput, { minItems: 1, maxItems: 100 }),
  relations: Type.Optional(Type.Array(relation, { maxItems: 200 })),
  fields: Type.Optional(Type.Array(fieldInput, { maxItems: 2000 })),
  workspace: clearable(text(64, "A workspace's id; for who makes rules of the source.")),
};
export const datasetBody = strict({ ...definition, source: text(256, "The source's name, or its id.") });
export const datasetReplacement = strict(definition);

export const policySwitches = {
  rowsOn: Type.Boolean({ description: 'Row rules are on.' }),
  byConditionOn: Type.Boolean({ description: 'Those of the kind `condition`.' }),
  byTagOn: Type.Boolean({ description: 'Those of the kind `tag`.' }),
  othersSeeRows: Type.Boolean({ description: 'Whom no condition rule applies to sees all rows, or none.' }),
  columnsOn: Type.Boolean({ description: 'Rules on columns are on.' }),
};
export const policySwitchesView = Type.Object(policySwitches, { title: 'DatasetPolicy' });
export const policyPatch = strict({
  rowsOn: Type.Optional(policySwitches.rowsOn),
  byConditionOn: Type.Optional(policySwitches.byConditionOn),
  byTagOn: Type.Optional(policySwitches.byTagOn),
  othersSeeRows: Type.Optional(policySwitches.othersSeeRows),
  columnsOn: Type.Optional(policySwitches.columnsOn),
});

export const dataset = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: nullable(Type.String()),
    source: Type.Object({ id: Type.String(), name: Type.String() }),
    workspace: nullable(Type.String()),
    tables: Type.Array(
      Type.Object({
        id: Type.String(),
        kind: oneOf(['table', 'sql']),
        database: nullable(Type.String()),
        schema: nullable(Type.String()),
        name: nullable(Type.String()),
        sql: nullable(Type.String()),
        root: Type.Boolean(),
      }),
    ),
    relations: Type.Array(
      Type.Object({
        from: Type.String(),
        to: Type.String(),
        type: oneOf(joinTypes),
        on: Type.Array(Type.Object({ from: Type.String(), to: Type.String() })),
      }),
    ),
    fields: Type.Array(
      Type.Object({
        id: Type.String(),
        name: Type.String(),
        role: oneOf(['dimension', 'measure']),
        table: Type.String(),
        column: nullable(Type.String()),
        type: oneOf(fieldTypes),
      }),
    ),
    policy: policySwitchesView,
    createdBy: nullable(Type.String({ description: 'User name.' })),
    updatedBy: nullable(Type.String({ description: 'User name.' })),
    createdAt: timestamp,
    updatedAt: timestamp,
    version: Type.Integer(),
  },
  { title: 'Dataset' },
);

export const previewBody = strict({
  format: Type.Optional(oneOf(['ndjson', 'csv', 'json'])),
  maxRows: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless said.' })),
});

const column = strict({ table: Type.Optional(text(255, 'The only one unless said.')), column: text(255) });
const where =
  'Conditions: `{"all": […]}`, `{"any": […]}`, or `{"table"?, "column", "operator", "values"}`; of the kind `tag` with ' +
  '`userTags` or `groupTags` (names) instead of values. Operators: eq, ne, gt, ge, lt, le, between, starts, not_starts, ' +
  'ends, not_ends, contains, not_contains, null, not_null.';
const mask =
  'How values are shown: `{"style": "whole"}`, `{"style": "ends", "first", "last"}`, `{"style": "range", "from", "to"}`, ' +
  'or `{"style": "replace" | "only" | "before" | "after", "words": […]}`.';

export const ruleBody = strict({
  name: text(64),
  enabled: Type.Optional(Type.Boolean({ description: 'True unless said.' })),
  kind: oneOf(ruleKinds),
  scope: oneOf(ruleScopes, 'Whom it applies to: all, none, the specified ones, or the others.'),
  users: Type.Optional(Type.Array(text(256, 'User name.'), { maxItems: 1000 })),
  groups: Type.Optional(Type.Array(text(256, 'Name of a group.'), { maxItems: 100 })),
  where: Type.Optional(Type.Unsafe<unknown>({ ...anyJson, description: where })),
  columns: Type.Optional(Type.Array(column, { minItems: 1, maxItems: 1000 })),
  mask: Type.Optional(
    strict(
      {
        style: oneOf(['whole', 'ends', 'range', 'replace', 'only', 'before', 'after']),
        first: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
        last: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
        from: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        to: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        words: Type.Optional(Type.Array(text(255), { minItems: 1, maxItems: 100 })),
      },
      { description: mask },
    ),
  ),
});

export const rule = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    enabled: Type.Boolean(),
    kind: oneOf(ruleKinds),
    scope: oneOf(ruleScopes),
    users: Type.Array(Type.String(), { description: 'User names.' }),
    groups: Type.Array(Type.String()),
    where: Type.Optional(anyJson),
    columns: Type.Optional(Type.Array(Type.Object({ table: Type.String(), column: Type.String() }))),
    mask: Type.Optional(anyJson),
    createdAt: timestamp,
    updatedAt: timestamp,
  },
  { title: 'DatasetRule' },
);

export const policyQuery = strict({ user: optionalText(256, 'Whose; your own unless said.') });
export const effectivePolicy = Type.Object(
  {
    user: Type.String(),
    exempt: Type.Boolean({ description: 'Acts as owner of the source: no rule binds.' }),
    unprovable: nullable(Type.String({ description: 'Why nothing of the source can be read, whatever is asked.' })),
    tables: Type.Array(
      Type.Object({
        schema: nullable(Type.String()),
        name: Type.String(),
        rows: anyJson,
        columns: Type.Array(
          Type.Object({ column: Type.String(), shown: oneOf(['forbidden', 'masked']), mask: nullable(anyJson) }),
        ),
        because: Type.Array(Type.String({ description: '`dataset / rule`' })),
      }),
      { description: 'Tables that are not listed are under no rule.' },
    ),
  },
  { title: 'EffectivePolicy' },
);
