/**
 * Row and column rules in engine-neutral words, and what an engine does with them (decisions.md 26).
 *
 * An engine that has a `policy` can change a SELECT so that it sees each table under a rule through a sub-select that
 * holds the permitted rows and the permitted spelling of each column, and nothing else. It throws `UnprovableError`
 * whenever it cannot show that this holds. Engines without one run nothing for a principal that is under a rule.
 *
 * May be imported: `engine.ts`. Must not be imported: `domain`, `gateway`, `doors`.
 */
import type { CatalogTable, ConnectTarget, EngineConnection } from './engine.ts';

export type RowOperator =
  | 'eq'
  | 'ne'
  | 'gt'
  | 'ge'
  | 'lt'
  | 'le'
  | 'between'
  | 'starts'
  | 'not_starts'
  | 'ends'
  | 'not_ends'
  | 'contains'
  | 'not_contains'
  | 'null'
  | 'not_null';

/**
 * A condition on the rows of one table. There is no negation, so a comparison that is unknown (NULL) is as good as a
 * false one: the row is not seen. Text is compared by code points, whatever the collation of the column: case,
 * accents and trailing spaces count.
 */
export type RowCondition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly RowCondition[] }
  | { readonly kind: 'never' }
  | {
      readonly kind: 'test';
      readonly column: string;
      readonly operator: RowOperator;
      /**
       * `eq`, and the other text operators without `not`: any of them; `ne` and those with `not`: none of them;
       * comparisons: one; `between`: two, inclusive; `null`, `not_null`: none.
       */
      readonly values: readonly string[];
    };

/** How a value is shown instead of what it is; NULL stays NULL. What is hidden becomes `****`, whatever its length. */
export type ColumnMask =
  | { readonly style: 'whole' }
  /** The first and last characters stay; a value that has no more than these is hidden whole. */
  | { readonly style: 'ends'; readonly first: number; readonly last: number }
  /** Characters `from` to `to` (from 1, inclusive) stay; a value that would stay whole is hidden whole. */
  | { readonly style: 'range'; readonly from: number; readonly to: number }
  /** Each of the words is hidden. */
  | { readonly style: 'replace'; readonly words: readonly string[] }
  /** Only which of the words occur is shown. */
  | { readonly style: 'only'; readonly words: readonly string[] }
  /** What stands before (after) the first place of the first listed word that occurs is hidden; without one, all. */
  | { readonly style: 'before' | 'after'; readonly words: readonly string[] };

/** What one principal may see of one table. */
export interface TableRules {
  /** Null = where names without a schema are looked up. */
  readonly schema: string | null;
  readonly name: string;
  /** Null = all rows. */
  readonly rows: RowCondition | null;
  /** Columns that are not shown as they are. */
  readonly columns: ReadonlyMap<string, 'forbidden' | ColumnMask>;
}

/** What must be known of the tables that a statement and the rules name. */
export interface PolicyCatalog {
  /** Schemas in which a name without one is looked up, in order. */
  readonly schemas: readonly string[];
  /** Names of tables are the same whatever their case. */
  readonly foldsNames: boolean;
  readonly tables: readonly PolicyTable[];
}

export interface PolicyTable extends Pick<CatalogTable, 'schema' | 'name' | 'columns'> {
  /** Why its rows cannot be told from those of other relations: it is a view, another server's table …; null = base. */
  readonly notBase: string | null;
  /** Tables whose rows it holds too, or that hold its rows: inheritance. `[schema, name]`. */
  readonly related: readonly (readonly [schema: string, name: string])[];
  /** Columns that the server computes from other ones. */
  readonly generated: ReadonlySet<string>;
}

export interface PolicyEngine {
  /**
   * Names of the relations that a statement mentions, without schema, common table expressions among them. Throws
   * UnprovableError for what is not a SELECT that the engine understands down to its last node.
   */
  namesIn(sql: string): readonly string[];
  /** Reads what is known of tables with these names, in any schema. */
  describe(connection: EngineConnection, names: readonly string[], signal: AbortSignal): Promise<PolicyCatalog>;
  /** Options of the sessions that run what `rewrite` made. */
  fence(options: ConnectTarget['options']): ConnectTarget['options'];
  /** The statement under the rules. Throws UnprovableError. */
  rewrite(sql: string, catalog: PolicyCatalog, rules: readonly TableRules[]): string;
}

/** It cannot be shown that the rules hold; the message says what stands in the way, and no value of a rule. */
export class UnprovableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnprovableError';
  }
}
