/** Reads the rules that stand between a subject and a source, and has them combined: what the gateway asks. */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { type SourceFacts, seesWhole } from '../access/index.ts';
import {
  type DatasetFacts,
  policyOf,
  type RuleContent,
  type RuleFacts,
  type SourcePolicy,
} from '../access/policy/index.ts';
import type { Principal, PrincipalUser } from '../identity/principal.ts';
import type { ModelTable } from './model.ts';

interface RuleJson extends Pick<RuleFacts, 'name' | 'kind' | 'scope' | 'named'> {
  readonly content: RuleContent;
}

interface FactsRow extends Omit<DatasetFacts, 'rules' | 'tables'> {
  readonly engine: string | null;
  readonly tables: readonly ModelTable[];
  readonly rules: readonly RuleJson[];
}

interface TagRow {
  readonly of: 'user' | 'group';
  readonly name: string;
  readonly value: readonly string[];
}

export class DatasetRuleBook {
  readonly #store: Store;
  /** Facts are of one subject and at most a second old; what follows from them lives as long. */
  readonly #kept = new WeakMap<SourceFacts, Promise<SourcePolicy | null>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Null when no rule binds the principal: nothing is hidden from who acts as owner of the source (023). */
  async rulesFor(principal: Principal, facts: SourceFacts): Promise<SourcePolicy | null> {
    if (seesWhole(principal, facts)) return null;
    let policy = this.#kept.get(facts);
    if (policy === undefined) {
      policy = this.read(principal.subject, facts.source.id);
      this.#kept.set(facts, policy);
      policy.catch(() => this.#kept.delete(facts));
    }
    return policy;
  }

  /** The policy of a user on a source as the store says now, whoever owns it. */
  async read(user: PrincipalUser, sourceId: number): Promise<SourcePolicy | null> {
    const { db } = this.#store;
    const groups = sql`array(select g.uid from user_group g where g.id = any(${[...user.groupIds]}::bigint[]))`;
    const { rows } = await sql<FactsRow>`
      select d.name, d.tables, s.engine, d.row_rules_on as "rowsOn", d.row_by_condition_on as "byConditionOn",
        d.row_by_tag_on as "byTagOn", d.others_see_rows as "othersSeeRows", d.column_rules_on as "columnsOn",
        coalesce(w.settings->>'default_dataset_permission' <> '0', true) as "openByDefault",
        coalesce((select jsonb_agg(jsonb_build_object('name', r.name, 'kind', r.kind, 'scope', r.scope,
            'named', ${user.uid}::uuid = any(r.users) or r.groups && ${groups}, 'content', r.content) order by r.id)
          from dataset_rule r where r.dataset_id = d.id and r.is_on), '[]') as rules
      from dataset_model d join data_source s on s.id = d.source_id left join workspace w on w.id = d.workspace_id
      where d.source_id = ${sourceId} order by d.id`.execute(db);
    const datasets = rows.map((row) => ({
      ...row,
      // In MySQL a database is what a schema is elsewhere.
      tables: row.tables.map((table) =>
        row.engine === 'mysql' ? { ...table, schema: table.database ?? table.schema } : table,
      ),
      rules: row.rules.map(({ content, ...rule }) => ({ ...rule, ...content })),
    }));
    const asked = datasets.some(({ byTagOn, rules }) => byTagOn && rules.some(({ kind }) => kind === 'tag'));
    const tags = asked ? await this.#tagsOf(user) : [];
    const valuesOf = (of: 'user' | 'group'): Map<string, string[]> => {
      const found = new Map<string, string[]>();
      for (const tag of tags) {
        if (tag.of === of) found.set(tag.name, [...(found.get(tag.name) ?? []), ...tag.value]);
      }
      return found;
    };
    return policyOf(datasets, { user: valuesOf('user'), group: valuesOf('group') });
  }

  async #tagsOf(user: PrincipalUser): Promise<TagRow[]> {
    const { rows } = await sql<TagRow>`
      select t.kind as of, lower(t.name) as name, v.value from user_tag_value v join user_tag t on t.id = v.tag_id
      where t.tenant_id = ${user.tenantId} and ((t.kind = 'user' and v.user_id = ${user.id})
        or (t.kind = 'group' and v.group_id = any(${[...user.groupIds]}::bigint[])))
      order by t.id, v.user_id, v.group_id`.execute(this.#store.db);
    return rows;
  }
}
