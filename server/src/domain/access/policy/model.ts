/**
 * Row and column rules as the domain knows them (decisions.md 26; dataarts.md §4.8): what a dataset's rules say, and what
 * follows for one subject on the tables of its source. The gateway's engines turn the latter into SQL.
 */

/** Whom a rule applies to: everybody, nobody, those it names, or all but those it names. */
export type RuleScope = 'all' | 'none' | 'specified' | 'others';

/** `condition` and `tag` say which rows are seen; `forbid` and `mask` what of columns is not. */
export type RuleKind = 'condition' | 'tag' | 'forbid' | 'mask';

export const ruleScopes: readonly RuleScope[] = ['all', 'none', 'specified', 'others'];
export const ruleKinds: readonly RuleKind[] = ['condition', 'tag', 'forbid', 'mask'];

export const rowOperators = [
  'eq',
  'ne',
  'gt',
  'ge',
  'lt',
  'le',
  'between',
  'starts',
  'not_starts',
  'ends',
  'not_ends',
  'contains',
  'not_contains',
  'null',
  'not_null',
] as const;
export type RowOperator = (typeof rowOperators)[number];

/** A column of one of the dataset's tables. */
export interface RuleColumn {
  /** Id of the table inside the dataset. */
  readonly table: string;
  /** As the source names it. */
  readonly column: string;
}

/** A test of a column against values, or against a tag of the reader or of the reader's groups. */
export interface RuleTest extends RuleColumn {
  readonly operator: RowOperator;
  readonly values: readonly string[];
  readonly tag: { readonly of: 'user' | 'group'; readonly names: readonly string[] } | null;
}

/** What a row rule demands. */
export type RuleTree =
  | { readonly all: readonly RuleTree[] }
  | { readonly any: readonly RuleTree[] }
  | { readonly test: RuleTest };

/** How a value is shown instead of what it is (`engines/policy.ts` says each in full). */
export type Mask =
  | { readonly style: 'whole' }
  | { readonly style: 'ends'; readonly first: number; readonly last: number }
  | { readonly style: 'range'; readonly from: number; readonly to: number }
  | { readonly style: 'replace' | 'only' | 'before' | 'after'; readonly words: readonly string[] };

/** What a rule says, by its kind. */
export interface RuleContent {
  /** Of `condition` and `tag`. */
  readonly where?: RuleTree;
  /** Of `forbid` and `mask`. */
  readonly columns?: readonly RuleColumn[];
  /** Of `mask`. */
  readonly mask?: Mask;
}

/** A rule that is on, as it stands to one subject. */
export interface RuleFacts extends RuleContent {
  readonly name: string;
  readonly kind: RuleKind;
  readonly scope: RuleScope;
  /** The rule names the subject, or a group of the subject. */
  readonly named: boolean;
}

/** The switches of a dataset's rules (dataarts.md §4.8.1); all are off at first. */
export interface PolicySwitches {
  readonly rowsOn: boolean;
  readonly byConditionOn: boolean;
  readonly byTagOn: boolean;
  /** Those whom no condition rule applies to see: true = all rows, false = none. */
  readonly othersSeeRows: boolean;
  readonly columnsOn: boolean;
}

/** One dataset over the source. */
export interface DatasetFacts extends PolicySwitches {
  readonly name: string;
  /** While row rules are off: whether all rows are seen, or none (`default_dataset_permission`). */
  readonly openByDefault: boolean;
  readonly tables: readonly {
    readonly id: string;
    readonly kind: 'table' | 'sql';
    /** Null = where names without a schema are looked up. */
    readonly schema: string | null;
    readonly name: string | null;
  }[];
  readonly rules: readonly RuleFacts[];
}

/** Values of the tags that the subject has, by folded name. */
export interface TagFacts {
  readonly user: ReadonlyMap<string, readonly string[]>;
  readonly group: ReadonlyMap<string, readonly string[]>;
}

/** Which rows of one table are seen. There is no negation; an unknown comparison shows nothing. */
export type RowCondition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly RowCondition[] }
  | { readonly kind: 'never' }
  | {
      readonly kind: 'test';
      readonly column: string;
      readonly operator: RowOperator;
      readonly values: readonly string[];
    };

/** What one subject may see of one table. */
export interface TablePolicy {
  readonly schema: string | null;
  readonly name: string;
  /** Null = all rows. */
  readonly rows: RowCondition | null;
  readonly columns: ReadonlyMap<string, 'forbidden' | Mask>;
  /** Datasets and rules that say so: `dataset / rule`. */
  readonly because: readonly string[];
}

/** What one subject may see of a source. Tables that are not listed are under no rule. */
export interface SourcePolicy {
  readonly tables: readonly TablePolicy[];
  /** Why the rules cannot be kept whatever is asked; null = they can. */
  readonly unprovable: string | null;
}
