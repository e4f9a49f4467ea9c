/** Which table a rule or a statement means, and what is to be shown of it: the same for every SQL engine. */
import {
  type ColumnMask,
  type PolicyCatalog,
  type PolicyTable,
  type RowCondition,
  type TableRules,
  UnprovableError,
} from '../policy.ts';

/** A table of the source with what may be seen of it. */
export interface RuledTable {
  readonly table: PolicyTable;
  readonly rows: RowCondition | null;
  /** In the table's order; forbidden ones are left out. */
  readonly columns: readonly { readonly name: string; readonly mask: ColumnMask | null }[];
}

/** The tables of a source under the rules of one principal. */
export class RuleTables {
  readonly #catalog: PolicyCatalog;
  readonly #ruled = new Map<PolicyTable, RuledTable>();
  /** Tables under a rule that does not fit them. */
  readonly #closed = new Set<PolicyTable>();

  /** Throws UnprovableError when a rule names something that is not there: it would protect nothing. */
  constructor(catalog: PolicyCatalog, rules: readonly TableRules[]) {
    this.#catalog = catalog;
    const byTable = new Map<PolicyTable, TableRules>();
    const add = (table: PolicyTable, rule: TableRules): void => {
      const other = byTable.get(table);
      byTable.set(table, other === undefined ? rule : bothRules(other, rule));
    };
    const doubtful = new Set<PolicyTable>();
    for (const rule of rules) {
      const table = this.find(rule.schema, rule.name);
      if (table === undefined) {
        throw new UnprovableError(`A rule protects the table "${rule.name}", which this login cannot find.`);
      }
      requireBase(table);
      add(table, rule);
      if (rule.schema !== null) continue;
      // Where the search path leads is a setting that others may change: what has the name elsewhere is under the rule too.
      for (const namesake of this.#named(rule.name)) {
        if (namesake === table || namesake.notBase !== null) continue;
        add(namesake, rule);
        doubtful.add(namesake);
      }
    }
    for (const [table, rule] of byTable) {
      if (doubtful.has(table) && missingColumn(table, rule) !== undefined) this.#closed.add(table);
      else this.#ruled.set(table, this.#apply(table, rule));
    }
  }

  /** The table that a name means; null as schema = none was written. */
  find(schema: string | null, name: string): PolicyTable | undefined {
    const { schemas } = this.#catalog;
    const fold = (text: string): string => this.#fold(text);
    const named = this.#named(name);
    if (schema !== null) return named.find((table) => fold(table.schema) === fold(schema));
    for (const place of schemas) {
      const found = named.find((table) => fold(table.schema) === fold(place));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** What a statement may read for this name; null = the table is under no rule. Throws UnprovableError. */
  read(schema: string | null, name: string): { readonly table: PolicyTable; readonly ruled: RuledTable | null } {
    const table = this.find(schema, name);
    if (table === undefined) throw new UnprovableError(`"${name}" is no table that this login can find.`);
    requireBase(table);
    if (this.#closed.has(table)) throw new UnprovableError(`A rule that does not fit "${name}" is on it.`);
    const ruled = this.#ruled.get(table) ?? null;
    for (const [relatedSchema, relatedName] of table.related) {
      const related = this.find(relatedSchema, relatedName);
      if (related === undefined || this.#ruled.has(related) || this.#closed.has(related)) {
        throw new UnprovableError(`"${name}" shares its rows with a table that is under a rule.`);
      }
    }
    return { table, ruled };
  }

  /** Is a table of this name, in whatever schema, under a rule? */
  rules(name: string): boolean {
    for (const { name: ruled } of this.#ruled.keys()) if (ruled.toLowerCase() === name.toLowerCase()) return true;
    return false;
  }

  #fold(text: string): string {
    return this.#catalog.foldsNames ? text.toLowerCase() : text;
  }

  #named(name: string): readonly PolicyTable[] {
    return this.#catalog.tables.filter((table) => this.#fold(table.name) === this.#fold(name));
  }

  #apply(table: PolicyTable, rule: TableRules): RuledTable {
    const missing = missingColumn(table, rule);
    if (missing !== undefined) {
      throw new UnprovableError(`A rule protects the column "${missing}", which "${table.name}" does not have.`);
    }
    const hides = rule.columns.size > 0;
    const columns = table.columns.flatMap(({ name }) => {
      const treated = rule.columns.get(name);
      // The server may have computed it from a hidden one: it would tell what that holds.
      if (treated === 'forbidden' || (treated === undefined && hides && table.generated.has(name))) return [];
      return [{ name, mask: treated ?? null }];
    });
    return { table, rows: rule.rows, columns };
  }
}

/** Rules that name one table in two ways, with its schema and without: both hold. */
function bothRules(a: TableRules, b: TableRules): TableRules {
  const rows = a.rows === null ? b.rows : b.rows === null ? a.rows : ({ kind: 'all', of: [a.rows, b.rows] } as const);
  const columns = new Map(a.columns);
  for (const [name, treated] of b.columns) {
    const other = columns.get(name);
    // Of two masks neither is known to hide what the other does.
    const same = other === undefined || JSON.stringify(other) === JSON.stringify(treated);
    columns.set(name, same ? treated : 'forbidden');
  }
  return { ...a, rows, columns };
}

function missingColumn(table: PolicyTable, rule: TableRules): string | undefined {
  const known = new Set(table.columns.map(({ name }) => name));
  return [...rule.columns.keys(), ...columnsOf(rule.rows)].find((name) => !known.has(name));
}

function requireBase({ name, notBase }: PolicyTable): void {
  if (notBase !== null) throw new UnprovableError(`"${name}" is ${notBase}; what it shows cannot be checked.`);
}

function columnsOf(condition: RowCondition | null): string[] {
  if (condition === null || condition.kind === 'never') return [];
  return condition.kind === 'test' ? [condition.column] : condition.of.flatMap(columnsOf);
}
