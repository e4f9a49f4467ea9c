/** Rules of datasets as clients write and read them (dataarts.md §4.8). */
import type {
  Mask,
  PolicySwitches,
  RowOperator,
  RuleContent,
  RuleTest,
  RuleTree,
} from '../../domain/access/policy/index.ts';
import type { DatasetModelView, RuleInput, RuleView } from '../../domain/dataset-models/index.ts';
import { invalidParameter } from '../../domain/insight/index.ts';
import { hexOf, uuidOf } from '../../platform/ids.ts';
import { booleanOf, choiceOf, integerOf, listOf, type Members, objectOf, requiredText, textOf } from './body.ts';

type Wire = Record<string, unknown>;
type Kind = RuleInput['kind'];

/** Words of the wire by kind of rule. */
const kindWords: Readonly<Record<Kind, { readonly permission: 'ROW' | 'COLUMN'; readonly rule: string }>> = {
  condition: { permission: 'ROW', rule: 'BY_CONDITION' },
  tag: { permission: 'ROW', rule: 'BY_TAG' },
  forbid: { permission: 'COLUMN', rule: 'FORBID' },
  mask: { permission: 'COLUMN', rule: 'MASK' },
};
const scopes = { ALL: 'all', ALL_NO: 'none', SPECIFIED: 'specified', SPECIFIED_NOT: 'others' } as const;

/** Operators without dashes; ABSOLUTE is one value or a range. */
const operators: Readonly<Record<string, RowOperator>> = {
  'EQUAL-TO': 'eq',
  'NOT-EQUAL': 'ne',
  'GREATER-THAN': 'gt',
  'GREATER-THAN-OR-EQUAL-TO': 'ge',
  'LESS-THAN': 'lt',
  'LESS-THAN-OR-EQUAL-TO': 'le',
  BETWEEN: 'between',
  IN: 'eq',
  'NOT-IN': 'ne',
  'START-WITH': 'starts',
  'NOT-START-WITH': 'not_starts',
  'END-WITH': 'ends',
  'NOT-END-WITH': 'not_ends',
  CONTAIN: 'contains',
  'NOT-CONTAIN': 'not_contains',
  NULL: 'null',
  'NOT-NULL': 'not_null',
};
/** Of two words for one operator the first: the one for a single value. */
const operatorWords = new Map(
  Object.entries(operators)
    .map(([word, operator]) => [operator, word] as const)
    .reverse(),
);

/** The kinds of a `permission_type`. */
export const kindsOf = (permission: 'ROW' | 'COLUMN'): readonly Kind[] =>
  (Object.keys(kindWords) as Kind[]).filter((kind) => kindWords[kind].permission === permission); // its own keys

/** One rule of a body: its id, undefined for a new one, and what it says. Throws InvalidError. */
export function readRule(
  rule: Members,
  dataset: DatasetModelView,
): { readonly id: string | undefined; readonly input: RuleInput } {
  const name = requiredText(rule.name, 'name', 64);
  if (uuidOf(requiredText(rule.dataset_id, 'dataset_id', 128)) !== dataset.id) throw invalidParameter('dataset_id');
  const enabled = booleanOf(rule.is_open, 'is_open');
  const permission = choiceOf(rule.permission_type, 'permission_type', ['ROW', 'COLUMN']);
  const ruleType = choiceOf(rule.rule_type, 'rule_type', ['BY_CONDITION', 'BY_TAG', 'FORBID', 'MASK']);
  const scope = choiceOf(rule.rule_scope, 'rule_scope', ['ALL', 'ALL_NO', 'SPECIFIED', 'SPECIFIED_NOT']);
  if (enabled === undefined) throw invalidParameter('is_open');
  if (permission === undefined) throw invalidParameter('permission_type');
  if (scope === undefined) throw invalidParameter('rule_scope');
  const kind = kindsOf(permission).find((one) => kindWords[one].rule === ruleType);
  if (kind === undefined) throw invalidParameter('rule_type');
  const people = objectOf(rule.rule_user, 'rule_user');
  if (people === undefined) throw invalidParameter('rule_user');
  const content = objectOf(rule.rule_content, 'rule_content') ?? {};
  return {
    id: textOf(rule.id, 'id', 100) || undefined,
    input: {
      name,
      enabled,
      kind,
      scope: scopes[scope],
      users: idsOf(people.users, 'rule_user.users', 1000),
      groups: idsOf(people.user_groups, 'rule_user.user_groups', 100),
      ...readContent(kind, content, dataset),
      display: { rule_content: content, display_fields: rule.display_fields ?? null },
    },
  };
}

function idsOf(value: unknown, name: string, most: number): string[] {
  const ids = (listOf(value, name, most) ?? []).map((id) => uuidOf(requiredText(id, name, 128)));
  return ids.map((id) => {
    if (id === null) throw invalidParameter(name);
    return id;
  });
}

function readContent(kind: Kind, content: Members, dataset: DatasetModelView): RuleContent {
  if (kind === 'condition' || kind === 'tag') return { where: readTree(content, kind, dataset, 0) };
  const ids = listOf(content.column_ids, 'rule_content.column_ids', 1000) ?? [];
  const columns = ids.map((id) => columnOf(requiredText(id, 'rule_content.column_ids', 512), undefined, dataset));
  return kind === 'forbid' ? { columns } : { columns, mask: readMask(content) };
}

/** The column that a field stands for; calculated ones stand for none. */
function columnOf(
  id: string | undefined,
  name: string | undefined,
  { fields, tables }: DatasetModelView,
): { readonly table: string; readonly column: string } {
  const field = fields.find((one) => one.id === id);
  if (field !== undefined) {
    if (field.column === null) throw invalidParameter('rule_content.column_id');
    return { table: field.table, column: field.column };
  }
  const [owner, ...rest] = (id ?? '').split('.');
  const table = tables.find((one) => one.id === owner || one.name === owner);
  if (table !== undefined && rest.length > 0) return { table: table.id, column: rest.join('.') };
  const [only] = tables;
  if (tables.length === 1 && only !== undefined && name !== undefined) return { table: only.id, column: name };
  throw invalidParameter('rule_content.column_id');
}

const deepest = 40;

function readTree(node: Members, kind: Kind, dataset: DatasetModelView, depth: number): RuleTree {
  if (depth > deepest) throw invalidParameter('rule_content');
  const logic = choiceOf(node.logic_operator, 'rule_content.logic_operator', ['AND', 'OR']) ?? 'AND';
  const condition = objectOf(node.condition_node, 'rule_content.condition_node');
  const test = condition === undefined ? undefined : readTest(condition, kind, dataset);
  const inner = (listOf(node.sub_conditions, 'rule_content.sub_conditions', 1000) ?? []).map((part) =>
    readTree(objectOf(part, 'rule_content.sub_conditions') ?? {}, kind, dataset, depth + 1),
  );
  const parts = test === undefined ? inner : [{ test }, ...inner];
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  return logic === 'AND' ? { all: parts } : { any: parts };
}

/** Undefined for a node without an operator: it demands nothing. */
function readTest(node: Members, kind: Kind, dataset: DatasetModelView): RuleTest | undefined {
  const word = (textOf(node.relation_operator, 'relation_operator', 64) ?? '').trim().toUpperCase();
  if (word === '') return undefined;
  const place = columnOf(
    textOf(node.column_id, 'column_id', 512),
    textOf(node.column_name, 'column_name', 255),
    dataset,
  );
  const value = objectOf(node.value, 'value') ?? {};
  const type = choiceOf(value.value_type, 'value_type', ['ENUM', 'CONDITION', 'TAG_USER', 'TAG_USER_GROUP']);
  const texts = (member: unknown, name: string): string[] =>
    (listOf(member, name, 10_000) ?? []).map((one) => {
      const text = textOf(one, name, 8192);
      if (text === undefined) throw invalidParameter(name);
      return text;
    });
  const values = texts(value.values, 'values');
  const operator = word === 'ABSOLUTE' ? (values.length === 2 ? 'between' : 'eq') : operators[word];
  if (operator === undefined) throw invalidParameter('relation_operator');
  const nullTest = operator === 'null' || operator === 'not_null';
  if (type !== 'TAG_USER' && type !== 'TAG_USER_GROUP') {
    return { ...place, operator, values: nullTest ? [] : values, tag: null };
  }
  const names = texts(value.value_names, 'value_names');
  if (kind !== 'tag' || names.length === 0) throw invalidParameter('value_names');
  return { ...place, operator, values: [], tag: { of: type === 'TAG_USER' ? 'user' : 'group', names } };
}

const maskTypes = [
  'PRESET_STYLE_1',
  'PRESET_STYLE_2',
  'PRESET_STYLE_3',
  'RETAIN_FIRST_N_LAST_M',
  'RETAIN_N_TO_M',
  'REPLACE_SPECIAL_CHARACTERS',
  'RETAIN_SPECIAL_CHARACTERS',
  'BEFORE_SPECIAL_CHARACTERS',
  'AFTER_SPECIAL_CHARACTERS',
] as const;

/** The presets are not documented: the first hides all, the second all but the first character, the third all but both ends. */
function readMask(content: Members): Mask {
  const type = choiceOf(content.mask_type, 'rule_content.mask_type', maskTypes);
  const number = (member: 'first' | 'last', least: number): number => {
    const found = integerOf(content[member], `rule_content.${member}`, least, 10_000);
    if (found === undefined) throw invalidParameter(`rule_content.${member}`);
    return found;
  };
  const words = (): string[] => {
    const list = listOf(content.special_words, 'rule_content.special_words', 100) ?? [];
    if (list.length === 0) throw invalidParameter('rule_content.special_words');
    return list.map((word) => requiredText(word, 'rule_content.special_words', 255));
  };
  switch (type) {
    case 'PRESET_STYLE_1':
      return { style: 'whole' };
    case 'PRESET_STYLE_2':
      return { style: 'ends', first: 1, last: 0 };
    case 'PRESET_STYLE_3':
      return { style: 'ends', first: 1, last: 1 };
    case 'RETAIN_FIRST_N_LAST_M':
      return { style: 'ends', first: number('first', 0), last: number('last', 0) };
    case 'RETAIN_N_TO_M':
      return { style: 'range', from: number('first', 1), to: number('last', 1) };
    case 'REPLACE_SPECIAL_CHARACTERS':
      return { style: 'replace', words: words() };
    case 'RETAIN_SPECIAL_CHARACTERS':
      return { style: 'only', words: words() };
    case 'BEFORE_SPECIAL_CHARACTERS':
      return { style: 'before', words: words() };
    case 'AFTER_SPECIAL_CHARACTERS':
      return { style: 'after', words: words() };
    default:
      throw invalidParameter('rule_content.mask_type');
  }
}

/** Switches that are given (§4.8.2). */
export function readSwitches(body: Members): Partial<PolicySwitches> {
  const row = objectOf(body.row_permission_config, 'row_permission_config') ?? {};
  const column = objectOf(body.col_permission_config, 'col_permission_config') ?? {};
  const given = {
    rowsOn: booleanOf(row.is_open, 'row_permission_config.is_open'),
    byConditionOn: booleanOf(row.is_open_by_condition, 'row_permission_config.is_open_by_condition'),
    byTagOn: booleanOf(row.is_open_by_tag, 'row_permission_config.is_open_by_tag'),
    othersSeeRows: booleanOf(
      row.others_has_permission_by_condition,
      'row_permission_config.others_has_permission_by_condition',
    ),
    columnsOn: booleanOf(column.is_open, 'col_permission_config.is_open'),
  };
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<PolicySwitches>; // the same members, fewer
}

export function presentRule(rule: RuleView, dataset: DatasetModelView): Wire {
  const { permission, rule: ruleType } = kindWords[rule.kind];
  const scope = Object.entries(scopes).find(([, one]) => one === rule.scope)?.[0];
  return {
    id: rule.id,
    name: rule.name,
    dataset_id: dataset.id,
    is_open: rule.enabled ? 1 : 0,
    permission_type: permission,
    rule_type: ruleType,
    rule_scope: scope,
    rule_user: { users: rule.users.map(({ id }) => hexOf(id)), user_groups: rule.groups.map(({ id }) => hexOf(id)) },
    rule_content: rule.display?.rule_content ?? presentContent(rule, dataset),
    display_fields: rule.display?.display_fields ?? displayOf(rule),
  };
}

/** Of a rule that was made elsewhere. */
function presentContent(rule: RuleContent, dataset: DatasetModelView): Wire {
  if (rule.where !== undefined) return presentTree(rule.where, dataset);
  const column_ids = (rule.columns ?? []).map((column) => columnId(column, dataset));
  return rule.mask === undefined ? { column_ids } : { column_ids, ...presentMask(rule.mask) };
}

const columnId = ({ table, column }: { table: string; column: string }, { fields }: DatasetModelView): string =>
  fields.find((field) => field.table === table && field.column === column)?.id ?? `${table}.${column}`;

function presentTree(tree: RuleTree, dataset: DatasetModelView): Wire {
  if (!('test' in tree)) {
    const parts = 'all' in tree ? tree.all : tree.any;
    const sub_conditions = parts.map((part) => presentTree(part, dataset));
    return { logic_operator: 'all' in tree ? 'AND' : 'OR', condition_node: null, sub_conditions };
  }
  const { test } = tree;
  const several = test.values.length > 1 && (test.operator === 'eq' || test.operator === 'ne');
  const word = several ? (test.operator === 'eq' ? 'IN' : 'NOT-IN') : operatorWords.get(test.operator);
  const type = test.tag === null ? 'ENUM' : test.tag.of === 'user' ? 'TAG_USER' : 'TAG_USER_GROUP';
  return {
    logic_operator: 'AND',
    condition_node: {
      column_id: columnId(test, dataset),
      column_name: test.column,
      is_measure: false,
      relation_operator: word,
      value: { values: test.values, value_type: type, value_names: test.tag?.names ?? [] },
    },
    sub_conditions: [],
  };
}

function presentMask(mask: Mask): Wire {
  switch (mask.style) {
    case 'whole':
      return { mask_type: 'PRESET_STYLE_1' };
    case 'ends':
      return { mask_type: 'RETAIN_FIRST_N_LAST_M', first: mask.first, last: mask.last };
    case 'range':
      return { mask_type: 'RETAIN_N_TO_M', first: mask.from, last: mask.to };
    case 'replace':
      return { mask_type: 'REPLACE_SPECIAL_CHARACTERS', special_words: mask.words };
    case 'only':
      return { mask_type: 'RETAIN_SPECIAL_CHARACTERS', special_words: mask.words };
    case 'before':
      return { mask_type: 'BEFORE_SPECIAL_CHARACTERS', special_words: mask.words };
    case 'after':
      return { mask_type: 'AFTER_SPECIAL_CHARACTERS', special_words: mask.words };
  }
}

function displayOf({ users, groups }: RuleView): Wire {
  const named = (list: readonly { id: string; name: string }[]): Wire =>
    Object.fromEntries(list.map(({ id, name }) => [hexOf(id), name]));
  return { field_map: {}, user_map: named(users), group_map: named(groups) };
}
