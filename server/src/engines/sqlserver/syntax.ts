/**
 * What a parsed statement touches: relations, functions, locks, and whether everything in it is of a kind we know. The tree
 * is the parser's JSON; unknown kinds of tables or bodies are reported, so that the caller can refuse them.
 */

type Node = Readonly<Record<string, unknown>>;

/** What was found in a statement's tree. */
export interface Findings {
  /** Base relations as written, names of common table expressions left out, in order of appearance. */
  readonly relations: readonly string[];
  /** Called functions, lower case, qualified as written. */
  readonly functions: readonly string[];
  /** SELECT … INTO, a locking hint, a query whose body is an INSERT, UPDATE, DELETE … */
  readonly writes: boolean;
  /** Kinds of nodes that we have no rule for, and names that reach another server. */
  readonly unknown: readonly string[];
}

export const NOTHING: Findings = { relations: [], functions: [], writes: false, unknown: [] };

const BODIES = new Set(['Select', 'Query', 'SetOperation', 'Values']);
const WRITING_BODIES = new Set(['Insert', 'Update', 'Delete', 'Merge']);
const TABLES = new Set([
  'Table',
  'Derived',
  'NestedJoin',
  'TableFunction',
  'OpenJsonTable',
  'Pivot',
  'Unpivot',
  'Function',
]);
/** Table hints that take locks which others feel; the others only say how to read. */
const LOCKING_HINTS = new Set(['UPDLOCK', 'XLOCK', 'TABLOCKX', 'TABLOCK', 'PAGLOCK', 'HOLDLOCK', 'SERIALIZABLE']);

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Walks a statement of the parser. */
export function inspect(statement: unknown): Findings {
  const walker = new Walker();
  walker.visit(statement, new Set());
  return {
    relations: [...walker.relations],
    functions: [...walker.functions],
    writes: walker.writes,
    unknown: [...walker.unknown],
  };
}

class Walker {
  readonly relations = new Set<string>();
  readonly functions = new Set<string>();
  readonly unknown = new Set<string>();
  writes = false;

  /** `scope`: the common table expressions that can be seen here, lower case. */
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
    if (key === 'relation' || key === 'source') this.#table(child);
    if (key === 'Table' && isNode(child) && Array.isArray(child.name)) this.#tableFactor(child, scope);
    else if (key === 'Function' && isNode(child)) this.functions.add(nameOf(child.name).toLowerCase());
    else if (key === 'TableName' || key === 'table_name') this.#relation(child, new Set());
    else if (key === 'table_names')
      for (const item of listOf(child)) this.#relation(isNode(item) ? item.name : item, new Set());
    else if (key === 'into' && isNode(child)) {
      this.writes = true;
      this.#relation(child.name, new Set());
    }
    this.visit(child, scope);
  }

  /** A table, or with arguments a function that gives one. */
  #tableFactor(table: Node, scope: ReadonlySet<string>): void {
    if (isNode(table.args)) this.functions.add(nameOf(table.name).toLowerCase());
    else this.#relation(table.name, scope);
    for (const hint of listOf(table.with_hints)) {
      const word = JSON.stringify(hint).toUpperCase();
      if ([...LOCKING_HINTS].some((locking) => word.includes(`"${locking}"`))) this.writes = true;
    }
  }

  #query(query: Node, outer: ReadonlySet<string>): void {
    const scope = new Set(outer);
    if (isNode(query.with)) {
      for (const item of listOf(query.with.cte_tables)) {
        if (!isNode(item)) continue;
        // A common table expression may always refer to itself here: recursion needs no word in this dialect.
        if (isNode(item.alias) && isNode(item.alias.name)) scope.add(String(item.alias.name.value).toLowerCase());
        this.visit(item.query, scope);
      }
    }
    this.#body(query.body);
    for (const [key, child] of Object.entries(query)) if (key !== 'with') this.#member(key, child, scope);
  }

  #body(body: unknown): void {
    if (!isNode(body)) return;
    for (const [kind, child] of Object.entries(body)) {
      if (WRITING_BODIES.has(kind)) this.writes = true;
      else if (!BODIES.has(kind)) this.unknown.add(kind);
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
    if (text === '') return;
    if (listOf(name).length > 3) this.unknown.add('A table of another server');
    // A qualified name is never a common table expression.
    if (!(listOf(name).length === 1 && scope.has(text.toLowerCase()))) this.relations.add(text);
  }
}

/** `database.schema.table` from the parser's list of name parts; an empty part stays (`database..table`). */
export function nameOf(name: unknown): string {
  return listOf(name)
    .map((part) => (isNode(part) && isNode(part.Identifier) ? String(part.Identifier.value) : ''))
    .join('.');
}
