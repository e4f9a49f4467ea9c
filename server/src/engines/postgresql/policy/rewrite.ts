/**
 * A SELECT under rules. The parser that reads it is PostgreSQL's own; three things together are the proof:
 *
 * 1. Every node of the tree is of a kind, with members, that `shape.ts` knows; functions and types are allow-listed.
 * 2. Each name of a table is replaced in the text, by position, by a sub-select (or by its full name where no rule is on
 *    it). The new text is parsed again, and its tree must be the old one with exactly these nodes exchanged.
 * 3. It runs in a session whose search path holds the server's own schema alone (`fence`): a name that was taken for a
 *    common table expression, function, operator or type finds the server's own thing or nothing, never a table.
 */
import { type PolicyCatalog, type TableRules, UnprovableError } from '../../policy.ts';
import { policySelect } from '../../sql/rule-sql.ts';
import { RuleTables } from '../../sql/rule-tables.ts';
import { dialect, quote } from './dialect.ts';
import { allowedFunctions, allowedTypes } from './functions.ts';
import { IMPLIED_NAMES } from './shape.ts';
import { isNode, type Node, parseSelect, sameTree, stringsOf, walk } from './tree.ts';

/** Common table expressions that can be seen at a place of the tree. */
interface Scope {
  readonly names: ReadonlySet<string>;
  readonly outer: Scope | null;
}

interface Findings {
  /** Names of tables in FROM. */
  readonly tables: readonly Node[];
  readonly columns: readonly Node[];
  /** Names that columns may have: aliases and implied names. Those of the tables come on top. */
  readonly columnNames: ReadonlySet<string>;
  /** Names that may stand before a column's. */
  readonly qualifiers: ReadonlySet<string>;
  readonly common: ReadonlySet<string>;
}

/** See `PolicyEngine.namesIn`. */
export function namesIn(sql: string): readonly string[] {
  const { tables, common } = examine(parseSelect(sql));
  return [...new Set([...tables.map((table) => String(table.relname)), ...common])];
}

/** See `PolicyEngine.rewrite`. */
export function rewrite(sql: string, catalog: PolicyCatalog, rules: readonly TableRules[]): string {
  const tree = parseSelect(sql);
  const found = examine(tree);
  const known = new RuleTables(catalog, rules);
  for (const name of found.common) {
    if (known.rules(name)) throw new UnprovableError(`WITH gives the name of the table "${name}" to something else.`);
  }
  const columnNames = new Set(found.columnNames);
  const changes = found.tables.map((node) => {
    const change = replacement(node, known);
    for (const name of change.columns) columnNames.add(name);
    return { node, ...change };
  });
  for (const column of found.columns) requireColumn(column, columnNames, found.qualifiers);
  const text = splice(sql, changes);
  const expected = exchanged(tree, new Map(changes.map(({ node, tree: by }) => [node, by]))) as Node;
  if (!sameTree(parseSelect(text), expected)) throw new UnprovableError('A name of a table cannot be replaced here.');
  return text;
}

function examine(tree: Node): Findings {
  const tables: Node[] = [];
  const columns: Node[] = [];
  const columnNames = new Set<string>();
  const qualifiers = new Set<string>();
  const common = new Set<string>();
  const scopes = new Map<Node, Scope>();

  walk<Scope | null>('SelectStmt', tree, null, (kind, node, scope) => {
    switch (kind) {
      case 'SelectStmt':
        return isNode(node.withClause) ? enterWith(node.withClause, scope) : scope;
      case 'CommonTableExpr': {
        const name = String(node.ctename);
        if (name.startsWith('pg_')) throw new UnprovableError(`"${name}" is a name of the server's own.`);
        common.add(name);
        qualifiers.add(name);
        addAll(columnNames, stringsOf(node.aliascolnames));
        return scopes.get(node) ?? scope;
      }
      case 'RangeVar': {
        const name = String(node.relname);
        if (!isNode(node.alias)) qualifiers.add(name);
        if (typeof node.schemaname === 'string' || !isCommon(name, scope)) tables.push(node);
        return scope;
      }
      case 'Alias':
        qualifiers.add(String(node.aliasname));
        addAll(columnNames, stringsOf(node.colnames));
        return scope;
      case 'ResTarget':
        addAll(columnNames, [typeof node.name === 'string' ? node.name : impliedName(node.val)]);
        return scope;
      case 'RangeFunction':
        // A function that gives one column gives it the function's alias or name.
        if (isNode(node.alias)) columnNames.add(String(node.alias.aliasname));
        if (node.ordinality === true) columnNames.add('ordinality');
        for (const name of NAMES_OF_SETS) columnNames.add(name);
        return scope;
      case 'ColumnRef':
        columns.push(node);
        return scope;
      default:
        examineNames(kind, node, columnNames);
        return scope;
    }
  });
  return { tables, columns, columnNames, qualifiers, common };

  function enterWith(clause: Node, outer: Scope | null): Scope {
    const names = new Set<string>();
    const all: Scope = { names, outer };
    for (const item of Array.isArray(clause.ctes) ? clause.ctes : []) {
      const one = isNode(item) ? item.CommonTableExpr : undefined;
      if (!isNode(one)) throw new UnprovableError('The statement is not understood.');
      scopes.set(one, clause.recursive === true ? all : { names: new Set(names), outer });
      names.add(String(one.ctename));
    }
    return all;
  }
}

/** What `json_each` and its like call their columns. */
const NAMES_OF_SETS = ['key', 'value'] as const;

function isCommon(name: string, scope: Scope | null): boolean {
  for (let place = scope; place !== null; place = place.outer) if (place.names.has(name)) return true;
  return false;
}

function addAll(names: Set<string>, more: readonly (string | null)[]): void {
  for (const name of more) if (name !== null) names.add(name);
}

/** Functions, operators, types and collations: the server's own, and of those the harmless ones. */
function examineNames(kind: string, node: Node, columnNames: Set<string>): void {
  switch (kind) {
    case 'FuncCall': {
      const name = ownName(node.funcname);
      if (name === null || !allowedFunctions.has(name)) {
        throw new UnprovableError(`The function ${name ?? 'of that name'} may not be called where a rule binds.`);
      }
      columnNames.add(name);
      return;
    }
    case 'TypeName': {
      const name = ownName(node.names);
      if (name === null || !allowedTypes.has(name)) {
        throw new UnprovableError('A type of that name may not be used where a rule binds.');
      }
      columnNames.add(name);
      return;
    }
    case 'A_Expr':
      if (ownName(node.name) === null) throw new UnprovableError('An operator of that name may not be used here.');
      return;
    case 'SubLink':
      if (node.operName !== undefined && ownName(node.operName) === null) {
        throw new UnprovableError('An operator of that name may not be used here.');
      }
      return;
    case 'CollateClause':
      if (ownName(node.collname) === null) throw new UnprovableError('A collation of that name may not be used here.');
      return;
    case 'A_Indirection':
      // `(row).field` may be a call of a function in other clothes.
      if (
        stringsOf(node.indirection).some((part) => part !== null) ||
        JSON.stringify(node.indirection).includes('A_Star')
      ) {
        throw new UnprovableError('Members of rows may not be taken where a rule binds.');
      }
  }
}

/** The last part of a name that is unqualified or of `pg_catalog`; null for others. */
function ownName(value: unknown): string | null {
  const parts = stringsOf(value);
  const last = parts.at(-1) ?? null;
  return parts.length === 1 || (parts.length === 2 && parts[0] === 'pg_catalog') ? last : null;
}

/** Null for a column that keeps its name: being named does not make it one. */
function impliedName(value: unknown): string | null {
  const [kind = '', node] = isNode(value) ? (Object.entries(value)[0] ?? []) : [];
  if (!isNode(node)) return '?column?';
  if (kind === 'ColumnRef') return null;
  if (kind === 'TypeCast' || kind === 'CollateClause') return impliedName(node.arg);
  if (kind === 'A_Indirection') return impliedName(node.arg);
  if (kind === 'SubLink') return node.subLinkType === 'EXISTS_SUBLINK' ? 'exists' : '?column?';
  if (kind === 'MinMaxExpr') return node.op === 'IS_LEAST' ? 'least' : 'greatest';
  if (kind === 'SQLValueFunction')
    return String(node.op)
      .replace(/^SVFOP_/, '')
      .replace(/_N$/, '')
      .toLowerCase();
  return IMPLIED_NAMES[kind] ?? '?column?';
}

/** A column must be one of a name that something in the statement gives. A whole row is none. */
function requireColumn(node: Node, names: ReadonlySet<string>, qualifiers: ReadonlySet<string>): void {
  const fields = Array.isArray(node.fields) ? node.fields : [];
  const parts = stringsOf(fields);
  const star = parts.at(-1) === null;
  const named = star ? parts.slice(0, -1) : parts;
  const [qualifier] = named;
  if (named.some((part) => part === null) || parts.length > 2) {
    throw new UnprovableError('Columns are named by their table or alias and their name alone where a rule binds.');
  }
  const qualified = parts.length === 2;
  if (qualified && !qualifiers.has(qualifier ?? '')) {
    throw new UnprovableError(`"${qualifier}" is no table or alias of this statement.`);
  }
  const last = star ? undefined : (named.at(-1) ?? '');
  if (last !== undefined && !names.has(last)) {
    throw new UnprovableError(`"${last}" is no column that may be used in this statement.`);
  }
}

interface Replacement {
  /** What stands in the text for the name. */
  readonly text: string;
  /** The node that the parser must find there. */
  readonly tree: Node;
  readonly columns: readonly string[];
}

function replacement(node: Node, known: RuleTables): Replacement {
  const name = String(node.relname);
  if (node.inh !== true) throw new UnprovableError(`ONLY "${name}" is not accepted where a rule binds.`);
  const schema = typeof node.schemaname === 'string' ? node.schemaname : null;
  const { table, ruled } = known.read(schema, name);
  if (ruled === null) {
    const exact = { ...node, schemaname: table.schema, relname: table.name };
    return {
      text: `${quote(table.schema)}.${quote(table.name)}`,
      tree: { RangeVar: exact },
      columns: table.columns.map((column) => column.name),
    };
  }
  const select = policySelect(ruled, dialect);
  const alias = isNode(node.alias) ? node.alias : { aliasname: name };
  return {
    text: isNode(node.alias) ? select : `${select} as ${quote(name)}`,
    tree: { RangeSubselect: { subquery: { SelectStmt: parseSelect(select.slice(1, -1)) }, alias } },
    columns: ruled.columns.map((column) => column.name),
  };
}

/** The text with each table's name replaced; names stand where the parser says, in bytes. */
function splice(sql: string, changes: readonly { readonly node: Node; readonly text: string }[]): string {
  const bytes = Buffer.from(sql);
  const inOrder = changes
    .map(({ node, text }) => ({ start: Number(node.location ?? 0), node, text }))
    .sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let at = 0;
  for (const { start, node, text } of inOrder) {
    const end = start + nameLength(bytes.subarray(start).toString('utf8'), typeof node.schemaname === 'string' ? 2 : 1);
    if (start < at) throw new UnprovableError('The statement is not understood.');
    parts.push(bytes.subarray(at, start).toString('utf8'), text);
    at = end;
  }
  parts.push(bytes.subarray(at).toString('utf8'));
  return parts.join('');
}

const NAME = /(?:"(?:[^"]|"")*"|[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*)/uy;

/** Bytes of a name of so many parts that begins the text. The comparison of the trees finds out whether it was right. */
function nameLength(text: string, parts: number): number {
  let at = 0;
  for (let part = 0; part < parts; part += 1) {
    if (part > 0) {
      const dot = /\s*\.\s*/y;
      dot.lastIndex = at;
      if (!dot.test(text)) throw new UnprovableError('The name of a table is written in an unknown way.');
      at = dot.lastIndex;
    }
    NAME.lastIndex = at;
    if (!NAME.test(text)) throw new UnprovableError('The name of a table is written in an unknown way.');
    at = NAME.lastIndex;
  }
  return Buffer.byteLength(text.slice(0, at));
}

/** A copy of the tree in which some `RangeVar` nodes are other nodes. */
function exchanged(value: unknown, by: ReadonlyMap<Node, Node>): unknown {
  if (Array.isArray(value)) return value.map((item) => exchanged(item, by));
  if (!isNode(value)) return value;
  if (isNode(value.RangeVar)) {
    const other = by.get(value.RangeVar);
    if (other !== undefined) return other;
  }
  return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, exchanged(inner, by)]));
}
