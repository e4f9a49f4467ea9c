/**
 * Dataset models: named models over one source (tables, joins, queries; dimensions and measures), and the row and column
 * rules on them (dataarts.md §4.7, §4.8). Not to be taken for `domain/workspaces/datasets.ts`, the tables and views that
 * are at hand in a chorus workspace.
 *
 * May be imported: `platform/*`, `domain/access`, `domain/audit`, `domain/identity`, `domain/errors.ts`. Must not be
 * imported: engines, gateway, doors.
 */
export type { Setting } from './authority.ts';
export { type DatasetModelDeps, DatasetModels, type ModelInput } from './datasets.ts';
export {
  type DatasetModelView,
  type FieldType,
  fieldTypes,
  type JoinType,
  joinTypes,
  type ModelDefinition,
  type ModelField,
  type ModelRelation,
  type ModelTable,
  type RuleInput,
  type RuleView,
} from './model.ts';
export { roomDatasets } from './room-datasets.ts';
export { type ModelRow, presentModel } from './rows.ts';
export { DatasetRuleBook } from './rule-book.ts';
export { DatasetRules, type EffectivePolicy } from './rules.ts';
