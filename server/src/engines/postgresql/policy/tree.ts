/** Reading the parser's tree down to its last member, and comparing two of them. */
import { parseSync } from 'libpg-query';
import { UnprovableError } from '../../policy.ts';
import { type MemberKind, SHAPES } from './shape.ts';

/** A parse node: the parser's JSON. */
export type Node = Record<string, unknown>;

/** Deeper statements are made by machines, and would cost everybody else's time. */
const DEEPEST = 1000;

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The one SELECT of a text. Throws UnprovableError for anything else. */
export function parseSelect(sql: string): Node {
  let statements: readonly unknown[];
  try {
    statements = (parseSync(sql).stmts ?? []) as readonly unknown[];
  } catch {
    throw new UnprovableError('The statement is not understood.');
  }
  const [statement] = statements;
  const select = isNode(statement) && isNode(statement.stmt) ? statement.stmt.SelectStmt : undefined;
  if (statements.length !== 1 || !isNode(select)) {
    throw new UnprovableError('Only a SELECT may run where a rule binds.');
  }
  return select;
}

/** Called for each node, its parents first; what it answers is given to the nodes inside. */
export type Visit<Context> = (kind: string, node: Node, context: Context) => Context;

/** Goes through a node; refuses every kind and member that `SHAPES` does not know. */
export function walk<Context>(kind: string, node: Node, context: Context, visit: Visit<Context>, depth = 0): void {
  if (depth > DEEPEST) throw new UnprovableError('The statement is nested too deeply.');
  const shape = SHAPES[kind];
  if (shape === undefined) throw new UnprovableError(`${kind} is not accepted where a rule binds.`);
  const inner = visit(kind, node, context);
  for (const [member, value] of Object.entries(node)) {
    const how: MemberKind | undefined = shape[member];
    if (how === undefined) throw new UnprovableError(`${kind} with ${member} is not accepted where a rule binds.`);
    if (how === 'value') continue;
    if (typeof how === 'object') {
      if (!isNode(value)) throw new UnprovableError('The statement is not understood.');
      walk(how.bare, value, inner, visit, depth + 1);
      continue;
    }
    for (const item of Array.isArray(value) ? value : [value]) walkWrapped(item, inner, visit, depth + 1);
  }
}

function walkWrapped<Context>(item: unknown, context: Context, visit: Visit<Context>, depth: number): void {
  if (!isNode(item)) throw new UnprovableError('The statement is not understood.');
  const entries = Object.entries(item);
  // An empty node stands for nothing: the absent column definitions of a function in FROM, say.
  if (entries.length === 0) return;
  const [entry] = entries;
  if (entries.length !== 1 || entry === undefined || !isNode(entry[1])) {
    throw new UnprovableError('The statement is not understood.');
  }
  walk(entry[0], entry[1], context, visit, depth);
}

/** Texts of a list of `String` nodes; null where something else stands among them. */
export function stringsOf(value: unknown): (string | null)[] {
  if (!Array.isArray(value)) return [];
  return value.map((item) => (isNode(item) && isNode(item.String) ? String(item.String.sval ?? '') : null));
}

const PLACES: ReadonlySet<string> = new Set([
  'location',
  'stmt_location',
  'stmt_len',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
]);

/** Do two trees say the same, wherever their texts stand? */
export function sameTree(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameTree(item, b[index]));
  }
  if (!isNode(a) || !isNode(b)) return a === b;
  const members = (of: Node): string[] => Object.keys(of).filter((member) => !PLACES.has(member));
  const ofA = members(a);
  return ofA.length === members(b).length && ofA.every((member) => member in b && sameTree(a[member], b[member]));
}
