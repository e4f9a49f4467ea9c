/**
 * What a parsed statement touches: relations, functions, row locks, and whether everything in it is of a kind we know.
 * The tree is the parser's JSON; kinds of tables or bodies without a rule are reported, so that the caller can refuse them.
 */

type Node = Readonly<Record<string, unknown>>;

/** What was found in a statement's tree. */
export interface Findings {
  /** Base relations as written, names of common table expressions left out, in order of appearance. */
  readonly relations: readonly string[];
  /** Called functions, lower case, qualified as written. */
  readonly functions: readonly string[];
  /** FOR UPDATE, FOR SHARE. */
  readonly locks: boolean;
  /** A query whose body is an INSERT, UPDATE, DELETE …; where the dialect has them, SELECT … INTO and a locking hint. */
  readonly writes: boolean;
  /** Kinds of nodes that we have no rule for, and names that reach another server. */
  readonly unknown: readonly string[];
}

export const NOTHING: Findings = { relations: [], functions: [], locks: false, writes: false, unknown: [] };

/** How a dialect's tree is read. Kinds are the parser's names of nodes. */
export interface TreeRules {
  /** Kinds of bodies of a query that only read. */
  readonly bodies: ReadonlySet<string>;
  /** Kinds of bodies of a query that write. */
  readonly writingBodies: ReadonlySet<string>;
  /** Kinds of things that may stand where a table is expected … */
  readonly tables: ReadonlySet<string>;
  /** … and the members under which they are found. */
  readonly tableMembers: ReadonlySet<string>;
  /** One spelling for all spellings of an unquoted name. */
  fold(name: string): string;
  /**
   * When a common table expression sees itself. Where it does not, its own name means a base table inside it.
   */
  readonly recursion: 'always' | 'with-recursive';
  /** What SELECT … INTO a table is. */
  readonly selectInto: 'writes' | 'unknown';
  /** A table with arguments is a function that gives one. */
  readonly tableFunctions?: boolean;
  /** Hints of a table that take locks which others feel. */
  readonly lockingHints?: readonly string[];
  /** Names with more parts than this are of another server. */
  readonly mostNameParts?: number;
  /** Parts of a name may be left empty: `database..table`. */
  readonly emptyNameParts?: boolean;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Walks a statement of the parser. */
export function inspect(statement: unknown, rules: TreeRules): Findings {
  const walker = new Walker(rules);
  walker.visit(statement, NO_NAMES);
  return {
    relations: [...walker.relations],
    functions: [...walker.functions],
    locks: walker.locks,
    writes: walker.writes,
    unknown: [...walker.unknown],
  };
}

const NO_NAMES: ReadonlySet<string> = new Set();

class Walker {
  readonly relations = new Set<string>();
  readonly functions = new Set<string>();
  readonly unknown = new Set<string>();
  locks = false;
  writes = false;
  readonly #rules: TreeRules;

  constructor(rules: TreeRules) {
    this.#rules = rules;
  }

  /** `scope`: the common table expressions that can be seen here, folded. */
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
    if (this.#rules.tableMembers.has(key)) this.#table(child);
    if (key === 'Table' && isNode(child) && Array.isArray(child.name)) this.#tableFactor(child, scope);
    else if (key === 'Function' && isNode(child)) this.#function(child.name);
    else if (key === 'TableName' || key === 'table_name') this.#relation(child, NO_NAMES);
    else if (key === 'table_names') {
      for (const item of listOf(child)) this.#relation(isNode(item) ? item.name : item, NO_NAMES);
    } else if (key === 'into' && isNode(child)) this.#into(child);
    this.visit(child, scope);
  }

  #into(target: Node): void {
    if (this.#rules.selectInto === 'unknown') {
      this.unknown.add('SELECT INTO');
      return;
    }
    this.writes = true;
    this.#relation(target.name, NO_NAMES);
  }

  #tableFactor(table: Node, scope: ReadonlySet<string>): void {
    if (this.#rules.tableFunctions && isNode(table.args)) this.#function(table.name);
    else this.#relation(table.name, scope);
    const { lockingHints } = this.#rules;
    if (lockingHints === undefined) return;
    for (const hint of listOf(table.with_hints)) {
      const word = JSON.stringify(hint).toUpperCase();
      if (lockingHints.some((locking) => word.includes(`"${locking}"`))) this.writes = true;
    }
  }

  #query(query: Node, outer: ReadonlySet<string>): void {
    const scope = new Set(outer);
    if (isNode(query.with)) {
      const seesItself = this.#rules.recursion === 'always' || query.with.recursive === true;
      for (const item of listOf(query.with.cte_tables)) {
        if (!isNode(item)) continue;
        const alias = isNode(item.alias) && isNode(item.alias.name) ? String(item.alias.name.value) : '';
        if (seesItself) scope.add(this.#rules.fold(alias));
        this.visit(item.query, scope);
        scope.add(this.#rules.fold(alias));
      }
    }
    if (listOf(query.locks).length > 0) this.locks = true;
    this.#body(query.body);
    for (const [key, child] of Object.entries(query)) if (key !== 'with') this.#member(key, child, scope);
  }

  #body(body: unknown): void {
    if (!isNode(body)) return;
    for (const [kind, child] of Object.entries(body)) {
      if (this.#rules.writingBodies.has(kind)) this.writes = true;
      else if (!this.#rules.bodies.has(kind)) this.unknown.add(kind);
      if (kind === 'SetOperation' && isNode(child)) {
        this.#body(child.left);
        this.#body(child.right);
      }
    }
  }

  #table(table: unknown): void {
    if (!isNode(table)) return;
    for (const kind of Object.keys(table)) {
      if (/^[A-Z]/.test(kind) && !this.#rules.tables.has(kind)) this.unknown.add(kind);
    }
  }

  #function(name: unknown): void {
    this.functions.add(this.#nameOf(name).toLowerCase());
  }

  #relation(name: unknown, scope: ReadonlySet<string>): void {
    const text = this.#nameOf(name);
    if (text === '') return;
    const parts = listOf(name).length;
    if (parts > (this.#rules.mostNameParts ?? Infinity)) this.unknown.add('A table of another server');
    // A qualified name is never a common table expression.
    if (!(parts === 1 && scope.has(this.#rules.fold(text)))) this.relations.add(text);
  }

  /** `schema.table` from the parser's list of name parts. */
  #nameOf(name: unknown): string {
    const parts = listOf(name).map((part) =>
      isNode(part) && isNode(part.Identifier) ? String(part.Identifier.value) : '',
    );
    return (this.#rules.emptyNameParts ? parts : parts.filter((part) => part !== '')).join('.');
  }
}
