/** What a model and a rule must fulfil before they are kept. Throws InvalidError with the member that is wrong. */
import type { RuleColumn, RuleContent, RuleTest, RuleTree } from '../access/policy/index.ts';
import { InvalidError } from '../errors.ts';
import type { ModelDefinition, ModelTable, RuleInput } from './model.ts';

const mostTables = 100;
const mostFields = 2000;
const mostRelations = 200;
/** Tests of a row rule, and how deep they may be nested. */
const mostTests = 1000;
const deepest = 32;

function invalid(field: string, message: string): InvalidError {
  return new InvalidError('invalid_dataset', message, { field });
}

function invalidRule(field: string, message: string): InvalidError {
  return new InvalidError('invalid_rule', message, { field });
}

/** Text that the store can keep. */
function requireText(value: string, field: string, most: number, least = 1): void {
  const length = [...value].length;
  if (length < least || length > most || value.includes('\0') || !value.isWellFormed()) {
    throw invalid(field, `Give ${least} to ${most} characters.`);
  }
}

/** Throws InvalidError `invalid_dataset`. */
export function checkModel(model: ModelDefinition): void {
  requireText(model.name, 'name', 255);
  if (model.description !== null) requireText(model.description, 'description', 1000, 0);
  const ids = new Set<string>();
  if (model.tables.length === 0 || model.tables.length > mostTables) {
    throw invalid('tables', `A dataset has 1 to ${mostTables} tables.`);
  }
  for (const [index, table] of model.tables.entries()) {
    checkTable(table, `tables/${index}`);
    if (ids.has(table.id)) throw invalid(`tables/${index}/id`, 'Another table of the dataset has this id.');
    ids.add(table.id);
  }
  if (model.tables.filter(({ root }) => root).length !== 1) {
    throw invalid('tables', 'Exactly one table is the root that others are joined to.');
  }
  checkRelations(model, ids);
  const fields = new Set<string>();
  if (model.fields.length > mostFields) throw invalid('fields', `A dataset has ${mostFields} fields at most.`);
  for (const [index, field] of model.fields.entries()) {
    const place = `fields/${index}`;
    requireText(field.id, `${place}/id`, 512);
    requireText(field.name, `${place}/name`, 512);
    if (field.column !== null) requireText(field.column, `${place}/column`, 255);
    if (!ids.has(field.table)) throw invalid(`${place}/table`, 'The dataset has no such table.');
    if (fields.has(field.id)) throw invalid(`${place}/id`, 'Another field of the dataset has this id.');
    fields.add(field.id);
  }
}

function checkTable(table: ModelTable, place: string): void {
  if (!/^[\w.-]{1,255}$/.test(table.id)) throw invalid(`${place}/id`, 'An id has letters, digits, `_`, `.` and `-`.');
  for (const member of ['database', 'schema', 'name'] as const) {
    const value = table[member];
    if (value !== null) requireText(value, `${place}/${member}`, 255);
  }
  if (table.kind === 'sql') {
    if (table.sql === null) throw invalid(`${place}/sql`, 'A table that is a query has its text.');
    requireText(table.sql, `${place}/sql`, 100_000);
  } else if (table.name === null) {
    throw invalid(`${place}/name`, 'Name the table.');
  }
}

function checkRelations({ tables, relations }: ModelDefinition, ids: ReadonlySet<string>): void {
  if (relations.length > mostRelations) throw invalid('relations', `A dataset has ${mostRelations} joins at most.`);
  const joined = new Set(tables.filter(({ root }) => root).map(({ id }) => id));
  let left = [...relations];
  for (const [index, relation] of relations.entries()) {
    if (!ids.has(relation.from) || !ids.has(relation.to)) {
      throw invalid(`relations/${index}`, 'The dataset has no such table.');
    }
    if (relation.on.length === 0 || relation.on.length > 32) {
      throw invalid(`relations/${index}/on`, 'Tables are joined on 1 to 32 pairs of columns.');
    }
    for (const { from, to } of relation.on) {
      requireText(from, `relations/${index}/on`, 255);
      requireText(to, `relations/${index}/on`, 255);
    }
  }
  for (let before = -1; before !== joined.size; ) {
    before = joined.size;
    left = left.filter(({ from, to }) => {
      if (!joined.has(from) && !joined.has(to)) return true;
      joined.add(from).add(to);
      return false;
    });
  }
  if (relations.length !== tables.length - 1) {
    throw invalid('relations', 'Each table but the root is joined once.');
  }
  if (joined.size !== tables.length) throw invalid('relations', 'Every table is joined to the root, directly or not.');
}

/** Throws InvalidError `invalid_rule`. */
export function checkRule(rule: RuleInput, tables: readonly ModelTable[]): void {
  if (rule.name.trim() === '' || [...rule.name].length > 64 || rule.name.includes('\0')) {
    throw invalidRule('name', 'A rule has a name of 1 to 64 characters.');
  }
  if (rule.users.length > 1000 || rule.groups.length > 100) {
    throw invalidRule('users', 'A rule names 1,000 users and 100 groups at most.');
  }
  const members: readonly (keyof RuleContent)[] =
    rule.kind === 'forbid' ? ['columns'] : rule.kind === 'mask' ? ['columns', 'mask'] : ['where'];
  for (const member of ['where', 'columns', 'mask'] as const) {
    if ((rule[member] !== undefined) !== members.includes(member)) {
      throw invalidRule(member, `A rule of the kind ${rule.kind} has ${members.join(' and ')}, and nothing else.`);
    }
  }
  const known = new Set(tables.filter(({ kind }) => kind === 'table').map(({ id }) => id));
  const requireColumn = ({ table, column }: RuleColumn, field: string): void => {
    if (!known.has(table)) {
      throw invalidRule(field, 'The dataset has no such table of the source; rules cannot be kept on queries.');
    }
    if (column === '' || [...column].length > 255 || column.includes('\0'))
      throw invalidRule(field, 'Name the column.');
  };
  if (rule.columns !== undefined) {
    if (rule.columns.length === 0 || rule.columns.length > 1000)
      throw invalidRule('columns', 'Name 1 to 1,000 columns.');
    for (const column of rule.columns) requireColumn(column, 'columns');
  }
  if (rule.mask !== undefined) checkMask(rule.mask);
  if (rule.where !== undefined) checkTree(rule.where, rule.kind, requireColumn);
}

function checkMask(mask: NonNullable<RuleContent['mask']>): void {
  const whole = (value: number, least: number): boolean => Number.isInteger(value) && value >= least && value <= 10_000;
  if (mask.style === 'ends' && !(whole(mask.first, 0) && whole(mask.last, 0))) {
    throw invalidRule('mask', 'Say how many characters stay at each end.');
  }
  if (mask.style === 'range' && !(whole(mask.from, 1) && whole(mask.to, mask.from))) {
    throw invalidRule('mask', 'Say which characters stay, counted from 1.');
  }
  if ('words' in mask) {
    const fits = mask.words.length > 0 && mask.words.length <= 100;
    if (
      !fits ||
      mask.words.some((word) => word === '' || word.length > 255 || word.includes('\0') || !word.isWellFormed())
    ) {
      throw invalidRule('mask', 'Name 1 to 100 words.');
    }
  }
}

function checkTree(
  root: RuleTree,
  kind: RuleInput['kind'],
  requireColumn: (column: RuleColumn, field: string) => void,
): void {
  let tests = 0;
  const visit = (tree: RuleTree, depth: number): void => {
    if (depth > deepest) throw invalidRule('where', `Conditions are nested ${deepest} deep at most.`);
    if ('test' in tree) {
      tests += 1;
      requireColumn(tree.test, 'where');
      checkTest(tree.test, kind);
      return;
    }
    for (const part of 'all' in tree ? tree.all : tree.any) visit(part, depth + 1);
  };
  visit(root, 0);
  if (tests === 0 || tests > mostTests) throw invalidRule('where', `A rule has 1 to ${mostTests} conditions.`);
}

function checkTest({ operator, values, tag }: RuleTest, kind: RuleInput['kind']): void {
  if (values.length > 10_000 || values.some((value) => value.includes('\0') || !value.isWellFormed())) {
    throw invalidRule('where', 'A value of a condition cannot be kept.');
  }
  if (tag !== null) {
    if (kind !== 'tag') throw invalidRule('where', 'Only a rule of the kind tag refers to tags.');
    if (tag.names.length === 0 || operator === 'null' || operator === 'not_null') {
      throw invalidRule('where', 'Name the tag that the column is compared with.');
    }
    return;
  }
  const wanted = { between: 2, gt: 1, ge: 1, lt: 1, le: 1, null: 0, not_null: 0 } as Readonly<Record<string, number>>;
  const count = wanted[operator];
  if (count === undefined ? values.length === 0 : values.length !== count) {
    throw invalidRule('where', `The operator ${operator} takes ${count ?? 'at least one'} value(s).`);
  }
}
