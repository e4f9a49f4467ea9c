/** Dataset models and rules as callers of this door write them, and as they are shown. */
import type { Static } from 'typebox';
import {
  type Mask,
  type RuleContent,
  type RuleTest,
  type RuleTree,
  rowOperators,
} from '../../domain/access/policy/index.ts';
import type {
  DatasetModelView,
  EffectivePolicy,
  ModelDefinition,
  RuleInput,
  RuleView,
} from '../../domain/dataset-models/index.ts';
import { InvalidError } from '../../domain/errors.ts';
import type * as schemas from './schemas/index.ts';

/** The definition with what was left out. */
export function definitionOf(body: Static<typeof schemas.datasetReplacement>): ModelDefinition {
  const rooted = body.tables.some(({ root }) => root === true);
  const tables = body.tables.map((table, index) => ({
    id: table.id ?? `t${index + 1}`,
    kind: table.sql === undefined ? ('table' as const) : ('sql' as const),
    database: table.database ?? null,
    schema: table.schema ?? null,
    name: table.name ?? null,
    sql: table.sql ?? null,
    root: table.root ?? (!rooted && index === 0),
  }));
  const first = tables[0]?.id ?? '';
  return {
    name: body.name,
    description: body.description ?? null,
    status: 1,
    tables,
    relations: (body.relations ?? []).map((one) => ({ ...one, type: one.type ?? 'left' })),
    fields: (body.fields ?? []).map((field) => {
      const table = field.table ?? first;
      return {
        id: field.id ?? `${table}.${field.column}`,
        name: field.name ?? field.column,
        role: field.role ?? 'dimension',
        table,
        column: field.column,
        type: field.type ?? 'STRING',
        formula: null,
      };
    }),
    variables: [],
  };
}

export function presentDataset(view: DatasetModelView): Record<string, unknown> {
  return {
    id: view.id,
    name: view.name,
    description: view.description,
    source: view.source,
    workspace: view.workspace,
    tables: view.tables,
    relations: view.relations,
    fields: view.fields.map(({ id, name, role, table, column, type }) => ({ id, name, role, table, column, type })),
    policy: view.switches,
    createdBy: view.createdBy,
    updatedBy: view.updatedBy,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
    version: view.version,
  };
}

type RuleBody = Static<typeof schemas.ruleBody>;

/** What a rule says; users and groups are still names. Throws InvalidError `invalid_rule`. */
export function ruleOf(body: RuleBody, tables: ModelDefinition['tables']): Omit<RuleInput, 'users' | 'groups'> {
  const only = tables.length === 1 ? tables[0]?.id : undefined;
  const content: RuleContent = {
    ...(body.where === undefined ? {} : { where: treeOf(body.where, only, 0) }),
    ...(body.columns === undefined
      ? {}
      : { columns: body.columns.map(({ table, column }) => ({ table: tableOf(table, only), column })) }),
    ...(body.mask === undefined ? {} : { mask: maskOf(body.mask) }),
  };
  return { name: body.name, enabled: body.enabled ?? true, kind: body.kind, scope: body.scope, ...content };
}

function invalid(field: string, message: string): InvalidError {
  return new InvalidError('invalid_rule', message, { field });
}

function tableOf(table: unknown, only: string | undefined): string {
  const id = table ?? only;
  if (typeof id !== 'string') throw invalid('table', 'Say which table of the dataset is meant.');
  return id;
}

function maskOf(mask: NonNullable<RuleBody['mask']>): Mask {
  const { style, first = 0, last = 0, from = 1, to = 1, words = [] } = mask;
  if (style === 'whole') return { style };
  if (style === 'ends') return { style, first, last };
  return style === 'range' ? { style, from, to } : { style, words };
}

/** Deeper trees are refused by the domain; this keeps the reading itself short. */
const deepest = 40;

function treeOf(value: unknown, only: string | undefined, depth: number): RuleTree {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > deepest) {
    throw invalid('where', 'A condition is an object.');
  }
  const node = value as Readonly<Record<string, unknown>>; // an object, checked above
  const known = ['all', 'any', 'table', 'column', 'operator', 'values', 'userTags', 'groupTags'];
  const unknown = Object.keys(node).find((member) => !known.includes(member));
  if (unknown !== undefined)
    throw invalid('where', `A condition has no member ${JSON.stringify(unknown).slice(0, 100)}.`);
  for (const member of ['all', 'any'] as const) {
    const parts = node[member];
    if (parts === undefined) continue;
    if (!Array.isArray(parts) || Object.keys(node).length !== 1) {
      throw invalid('where', `\`${member}\` is a list of conditions, and stands alone.`);
    }
    const of = parts.map((part) => treeOf(part, only, depth + 1));
    return member === 'all' ? { all: of } : { any: of };
  }
  return { test: testOf(node, only) };
}

function testOf(node: Readonly<Record<string, unknown>>, only: string | undefined): RuleTest {
  const { column, operator } = node;
  const known = rowOperators.find((one) => one === operator);
  if (typeof column !== 'string' || known === undefined)
    throw invalid('where', 'A condition has a column and an operator.');
  const list = (member: string): string[] | undefined => {
    const values = node[member];
    if (values === undefined) return undefined;
    if (!Array.isArray(values)) throw invalid('where', `\`${member}\` is a list.`);
    return values.map((one) => {
      if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') return String(one);
      throw invalid('where', `\`${member}\` holds texts, numbers and booleans.`);
    });
  };
  const [userTags, groupTags] = [list('userTags'), list('groupTags')];
  if (userTags !== undefined && groupTags !== undefined) throw invalid('where', 'Tags are of users or of groups.');
  const names = userTags ?? groupTags;
  const tag =
    names === undefined ? null : { of: userTags === undefined ? ('group' as const) : ('user' as const), names };
  return { table: tableOf(node.table, only), column, operator: known, values: list('values') ?? [], tag };
}

export function presentRule({ display: _display, ...rule }: RuleView): Record<string, unknown> {
  return {
    ...rule,
    users: rule.users.map(({ name }) => name),
    groups: rule.groups.map(({ name }) => name),
    ...(rule.where === undefined ? {} : { where: presentTree(rule.where) }),
  };
}

function presentTree(tree: RuleTree): unknown {
  if ('all' in tree) return { all: tree.all.map(presentTree) };
  if ('any' in tree) return { any: tree.any.map(presentTree) };
  const { table, column, operator, values, tag } = tree.test;
  if (tag === null) return { table, column, operator, values };
  return { table, column, operator, [tag.of === 'user' ? 'userTags' : 'groupTags']: tag.names };
}

export function presentPolicy({ user, exempt, policy }: EffectivePolicy): Record<string, unknown> {
  return {
    user,
    exempt,
    unprovable: policy?.unprovable ?? null,
    tables: (policy?.tables ?? []).map(({ schema, name, rows, columns, because }) => ({
      schema,
      name,
      rows: rows ?? { kind: 'everything' },
      columns: [...columns].map(([column, treated]) => ({
        column,
        shown: treated === 'forbidden' ? 'forbidden' : 'masked',
        mask: treated === 'forbidden' ? null : treated,
      })),
      because,
    })),
  };
}
