/** The statement that shows rows of a dataset model: its tables joined, its fields by their names. */
import type { DatasetModelView, ModelRelation, ModelTable } from '../domain/dataset-models/index.ts';
import { InvalidError } from '../domain/errors.ts';
import type { Engine } from '../engines/engine.ts';

/** Rows of a preview at most. */
export const mostPreviewRows = 1000;

type Previewed = Pick<DatasetModelView, 'tables' | 'relations' | 'fields'>;

/**
 * Calculated fields are left out: their formulas are the clients' own. Throws InvalidError `preview_unsupported` for what
 * the engine has no SQL for and for queries with variables.
 */
export function previewStatement(engine: Engine, model: Previewed): string {
  const quote = engine.quoteName;
  if (quote === undefined) throw unsupported(`${engine.title} has no statement for it.`);
  const aliases = new Map(model.tables.map(({ id }, index) => [id, quote(`t${index + 1}`)]));
  const aliasOf = (id: string): string => aliases.get(id) ?? ''; // models are checked before they are kept
  const source = (table: ModelTable): string => {
    if (table.sql !== null) {
      if (table.sql.includes('${')) throw unsupported('Its query has variables.');
      return `(${table.sql.replace(/;\s*$/, '')}\n) ${aliasOf(table.id)}`;
    }
    // In MySQL a database is what a schema is elsewhere.
    const place = engine.id === 'mysql' ? (table.database ?? table.schema) : table.schema;
    const name = quote(table.name ?? '');
    return `${place === null ? name : `${quote(place)}.${name}`} ${aliasOf(table.id)}`;
  };
  const fields = model.fields.flatMap(({ table, column, name }) =>
    column === null ? [] : [`${aliasOf(table)}.${quote(column)} as ${quote(name)}`],
  );
  const list = fields.length > 0 ? fields : model.tables.map(({ id }) => `${aliasOf(id)}.*`);
  return `select ${list.join(', ')} from ${joined(model, source, (relation) => conditionOf(relation, aliasOf, quote))}`;
}

function conditionOf(
  relation: ModelRelation,
  aliasOf: (id: string) => string,
  quote: (name: string) => string,
): string {
  return relation.on
    .map(({ from, to }) => `${aliasOf(relation.from)}.${quote(from)} = ${aliasOf(relation.to)}.${quote(to)}`)
    .join(' and ');
}

const turned = { left: 'right', right: 'left', inner: 'inner' } as const;

/** The root, then every table by the relation that ties it to those before. */
function joined(
  { tables, relations }: Previewed,
  source: (table: ModelTable) => string,
  condition: (relation: ModelRelation) => string,
): string {
  const byId = new Map(tables.map((table) => [table.id, table]));
  const root = tables.find((table) => table.root);
  if (root === undefined) throw unsupported('It has no root.');
  let text = source(root);
  const there = new Set([root.id]);
  let left = [...relations];
  while (left.length > 0) {
    const next = left.find(({ from, to }) => there.has(from) !== there.has(to));
    if (next === undefined) throw unsupported('Its tables are joined in a circle.');
    const forward = there.has(next.from);
    const id = forward ? next.to : next.from;
    const table = byId.get(id);
    if (table === undefined) throw unsupported('It lacks a table.');
    text += ` ${forward ? next.type : turned[next.type]} join ${source(table)} on ${condition(next)}`;
    there.add(id);
    left = left.filter((one) => one !== next);
  }
  return text;
}

function unsupported(reason: string): InvalidError {
  return new InvalidError('preview_unsupported', `The dataset cannot be shown. ${reason}`);
}
