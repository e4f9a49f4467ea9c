/**
 * The policy of one subject on a source: pure, from facts (docs/decisions/023). Rules only ever take away:
 *
 * - Datasets: what several datasets say of one table holds together.
 * - Rows, rules off: all of them, or none where the workspace says so. Rules on: every rule that applies must let the row
 *   through; a kind that is switched on and applies with no rule at all leaves the reader to `othersSeeRows` (conditions)
 *   or out of account (tags); when nothing decides, no row is seen.
 * - Columns: forbidden goes before masked; two masks that differ forbid.
 * - What cannot be worked out for a table alone (a rule over two tables at once, a dataset made of a query) makes the
 *   whole source unreadable for the subject, rather than readable.
 */
import type {
  DatasetFacts,
  Mask,
  RowCondition,
  RuleFacts,
  RuleTest,
  RuleTree,
  SourcePolicy,
  TablePolicy,
  TagFacts,
} from './model.ts';

const never: RowCondition = { kind: 'never' };

interface Draft {
  readonly schema: string | null;
  readonly name: string;
  readonly rows: RowCondition[];
  readonly columns: Map<string, 'forbidden' | Mask>;
  readonly because: Set<string>;
}

/** Why the rules cannot be kept. */
class Unprovable extends Error {}

/** What the subject may see; null = no rule is on its way. */
export function policyOf(datasets: readonly DatasetFacts[], tags: TagFacts): SourcePolicy | null {
  const drafts = new Map<string, Draft>();
  try {
    for (const dataset of datasets) addDataset(drafts, dataset, tags);
  } catch (error) {
    if (!(error instanceof Unprovable)) throw error;
    return { tables: [], unprovable: error.message };
  }
  return drafts.size === 0 ? null : { tables: [...drafts.values()].map(finished), unprovable: null };
}

function finished({ schema, name, rows, columns, because }: Draft): TablePolicy {
  const [only] = rows;
  const all = rows.length > 1 ? ({ kind: 'all', of: rows } as const) : (only ?? null);
  return { schema, name, rows: all, columns, because: [...because] };
}

function addDataset(drafts: Map<string, Draft>, dataset: DatasetFacts, tags: TagFacts): void {
  const draftOf = (tableId: string, because: string): Draft => {
    const table = dataset.tables.find(({ id }) => id === tableId);
    if (table === undefined || table.kind === 'sql' || table.name === null) {
      throw new Unprovable(`The dataset "${dataset.name}" is made of a query, whose tables cannot be told.`);
    }
    const key = JSON.stringify([table.schema, table.name]);
    const draft = drafts.get(key) ?? {
      schema: table.schema,
      name: table.name,
      rows: [],
      columns: new Map(),
      because: new Set(),
    };
    draft.because.add(because);
    drafts.set(key, draft);
    return draft;
  };
  const hideAll = (because: string): void => {
    for (const { id } of dataset.tables) draftOf(id, because).rows.push(never);
  };

  if (!dataset.rowsOn) {
    if (!dataset.openByDefault) hideAll(`${dataset.name} / no rows by default`);
  } else {
    const { decides, rules } = rowRulesOf(dataset);
    if (!decides) hideAll(`${dataset.name} / no rule applies`);
    for (const rule of rules) {
      const because = `${dataset.name} / ${rule.name}`;
      for (const part of conjuncts(rule.where)) {
        const touched = tablesOf(part);
        if (touched.size === 0) hideAll(because);
        else if (touched.size > 1) {
          throw new Unprovable(`The rule "${rule.name}" ties several tables together, which cannot be kept.`);
        }
        for (const table of touched) draftOf(table, because).rows.push(conditionOf(part, tags));
      }
    }
  }

  if (!dataset.columnsOn) return;
  for (const rule of dataset.rules) {
    if ((rule.kind !== 'forbid' && rule.kind !== 'mask') || !applies(rule)) continue;
    const treated = rule.kind === 'mask' ? (rule.mask ?? 'forbidden') : 'forbidden';
    for (const { table, column } of rule.columns ?? []) {
      const { columns } = draftOf(table, `${dataset.name} / ${rule.name}`);
      const other = columns.get(column);
      const same = other === undefined || JSON.stringify(other) === JSON.stringify(treated);
      columns.set(column, same ? treated : 'forbidden');
    }
  }
}

/** The row rules that hold for the subject. `decides` false = nothing lets it see any row. */
function rowRulesOf(dataset: DatasetFacts): { readonly decides: boolean; readonly rules: readonly RuleFacts[] } {
  const of = (kind: 'condition' | 'tag', on: boolean): readonly RuleFacts[] =>
    on ? dataset.rules.filter((rule) => rule.kind === kind && applies(rule)) : [];
  const conditions = of('condition', dataset.byConditionOn);
  const tagged = of('tag', dataset.byTagOn);
  const left = dataset.byConditionOn && conditions.length === 0;
  const decides = left ? dataset.othersSeeRows : conditions.length > 0 || tagged.length > 0;
  return { decides, rules: [...conditions, ...tagged] };
}

function applies({ scope, named }: RuleFacts): boolean {
  return scope === 'all' || (scope === 'specified' && named) || (scope === 'others' && !named);
}

/** Parts that must all hold; a rule without any is one part that nothing fulfils. */
function conjuncts(tree: RuleTree | undefined): readonly RuleTree[] {
  if (tree === undefined) return [{ any: [] }];
  if (!('all' in tree)) return [tree];
  return tree.all.length === 0 ? [tree] : tree.all.flatMap(conjuncts);
}

function tablesOf(tree: RuleTree): Set<string> {
  if ('test' in tree) return new Set([tree.test.table]);
  const parts = 'all' in tree ? tree.all : tree.any;
  return new Set(parts.flatMap((part) => [...tablesOf(part)]));
}

function conditionOf(tree: RuleTree, tags: TagFacts): RowCondition {
  if ('test' in tree) return testOf(tree.test, tags);
  const of = ('all' in tree ? tree.all : tree.any).map((part) => conditionOf(part, tags));
  return { kind: 'all' in tree ? 'all' : 'any', of };
}

const single: ReadonlySet<RuleTest['operator']> = new Set(['gt', 'ge', 'lt', 'le']);

function testOf({ column, operator, values, tag }: RuleTest, tags: TagFacts): RowCondition {
  if (tag === null) return { kind: 'test', column, operator, values };
  const held = tag.names.map((name) => tags[tag.of].get(name.toLowerCase()) ?? []);
  const own = [...new Set(held.flat())];
  // Without a value for the tag nothing is known to be the reader's, not even what is unlike it.
  const fits = held.every((one) => one.length > 0) && (!single.has(operator) || own.length === 1);
  return fits && (operator !== 'between' || own.length === 2) ? { kind: 'test', column, operator, values: own } : never;
}
