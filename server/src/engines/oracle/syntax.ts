/**
 * What a parsed statement touches: relations, functions, row locks, and whether everything in it is of a kind we know.
 * The tree is the parser's JSON; kinds of tables or bodies without a rule here are reported, so that the caller can
 * refuse them.
 */

type Node = Readonly<Record<string, unknown>>;

/** What was found in a statement's tree. */
export interface Findings {
  /** Base relations as written, names of common table expressions left out, in order of appearance. */
  readonly relations: readonly string[];
  /** Called functions, lower case, qualified as written. */
  readonly functions: readonly string[];
  /** FOR UPDATE. */
  readonly locks: boolean;
  /** Kinds of nodes that we have no rule for. */
  readonly unknown: readonly string[];
}

const BODIES = new Set(['Select', 'Query', 'SetOperation', 'Values']);
const TABLES = new Set([
  'Table',
  'Derived',
  'NestedJoin',
  'JsonTable',
  'XmlTable',
  'TableFunction',
  'Function',
  'Pivot',
  'Unpivot',
  'MatchRecognize',
]);

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Walks a statement of the parser. */
export function inspect(statement: unknown): Findings {
  const walker = new Walker();
  walker.visit(statement, new Set());
  return {
    relations: [...walker.relations],
    functions: [...walker.functions],
    locks: walker.locks,
    unknown: [...walker.unknown],
  };
}

class Walker {
  readonly relations = new Set<string>();
  readonly functions = new Set<string>();
  readonly unknown = new Set<string>();
  locks = false;

  /** `scope`: the common table expressions that can be seen here, upper case. */
  visit(value: unknown, scope: ReadonlySet<string>): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, scope);
      return;
    }
    if (!isNode(value)) return;
    if ('body' in value && 'locks' in value) {
      this.#query(value, scope);
      return;
    }
    for (const [key, child] of Object.entries(value)) this.#member(key, child, scope);
  }

  #member(key: string, child: unknown, scope: ReadonlySet<string>): void {
    if (key === 'relation') this.#table(child);
    if (key === 'Table' && isNode(child) && Array.isArray(child.name)) this.#relation(child.name, scope);
    else if (key === 'Function' && isNode(child)) this.functions.add(nameOf(child.name).toLowerCase());
    else if (key === 'TableName' || key === 'table_name') this.#relation(child, new Set());
    else if (key === 'table_names') {
      for (const item of listOf(child)) this.#relation(isNode(item) ? item.name : item, new Set());
    } else if (key === 'into' && isNode(child)) this.unknown.add('SELECT INTO');
    this.visit(child, scope);
  }

  #query(query: Node, outer: ReadonlySet<string>): void {
    const scope = new Set(outer);
    if (isNode(query.with)) {
      for (const item of listOf(query.with.cte_tables)) {
        if (!isNode(item)) continue;
        const alias = isNode(item.alias) && isNode(item.alias.name) ? String(item.alias.name.value).toUpperCase() : '';
        // Oracle's common table expressions see themselves without a word for it: there the name is no base table.
        scope.add(alias);
        this.visit(item.query, scope);
      }
    }
    if (listOf(query.locks).length > 0) this.locks = true;
    this.#body(query.body);
    for (const [key, child] of Object.entries(query)) if (key !== 'with') this.#member(key, child, scope);
  }

  #body(body: unknown): void {
    if (!isNode(body)) return;
    for (const [kind, child] of Object.entries(body)) {
      if (!BODIES.has(kind)) this.unknown.add(kind);
      if (kind === 'SetOperation' && isNode(child)) {
        this.#body(child.left);
        this.#body(child.right);
      }
    }
  }

  #table(table: unknown): void {
    if (!isNode(table)) return;
    for (const kind of Object.keys(table)) {
      if (/^[A-Z]/.test(kind) && !TABLES.has(kind)) this.unknown.add(kind);
    }
  }

  #relation(name: unknown, scope: ReadonlySet<string>): void {
    const text = nameOf(name);
    // A qualified name is never a common table expression.
    if (text !== '' && !(listOf(name).length === 1 && scope.has(text.toUpperCase()))) this.relations.add(text);
  }
}

/** `schema.table` from the parser's list of name parts. */
function nameOf(name: unknown): string {
  return listOf(name)
    .map((part) => (isNode(part) && isNode(part.Identifier) ? String(part.Identifier.value) : ''))
    .filter((part) => part !== '')
    .join('.');
}
