/** Rows of models and rules, and how they are presented. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { PolicySwitches, RuleContent, RuleKind, RuleScope } from '../access/policy/index.ts';
import { sharedWith } from '../access/read-facts.ts';
import type { PrincipalUser } from '../identity/principal.ts';
import type { DatasetModelView, ModelDefinition, NamedSubject, RuleView } from './model.ts';

export interface ModelRow {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly source_id: number;
  readonly source_uid: string;
  readonly source_name: string;
  readonly workspace_id: number | null;
  readonly workspace_uid: string | null;
  /** The workspace shows no rows while row rules are off. */
  readonly closed_by_default: boolean;
  readonly name: string;
  readonly description: string | null;
  readonly status: 0 | 1;
  readonly tables: ModelDefinition['tables'];
  readonly relations: ModelDefinition['relations'];
  readonly fields: ModelDefinition['fields'];
  readonly variables: ModelDefinition['variables'];
  readonly row_rules_on: boolean;
  readonly row_by_condition_on: boolean;
  readonly row_by_tag_on: boolean;
  readonly others_see_rows: boolean;
  readonly column_rules_on: boolean;
  readonly created_by: number | null;
  readonly creator: string | null;
  readonly creator_uid: string | null;
  readonly changer: string | null;
  readonly changer_uid: string | null;
  /** What shares of the dataset give the reader. */
  readonly shared: readonly number[];
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Models over live sources, as one reader stands to them. `condition` is on `dataset_model d`, `data_source s`, `workspace w`. */
export async function readModels(
  executor: Executor,
  reader: PrincipalUser,
  condition: RawBuilder<SqlBool>,
  tail: RawBuilder<unknown> = sql``,
): Promise<ModelRow[]> {
  const { rows } = await sql<ModelRow>`
    select d.*, s.uid as source_uid, s.name as source_name, w.uid as workspace_uid, c.username as creator,
      c.uid as creator_uid, u.username as changer, u.uid as changer_uid, array(select distinct p from share sh
        cross join unnest(sh.permissions) p where sh.resource_type = 'dataset' and sh.resource_id = d.id
          and ${sharedWith(reader)}) as shared,
      coalesce(w.settings->>'default_dataset_permission' = '0', false) as closed_by_default
    from dataset_model d join data_source s on s.id = d.source_id and s.deleted_at is null
    left join workspace w on w.id = d.workspace_id
    left join user_account c on c.id = d.created_by left join user_account u on u.id = d.updated_by
    where ${condition} ${tail}`.execute(executor);
  return rows;
}

export function switchesOf(row: ModelRow): PolicySwitches {
  return {
    rowsOn: row.row_rules_on,
    byConditionOn: row.row_by_condition_on,
    byTagOn: row.row_by_tag_on,
    othersSeeRows: row.others_see_rows,
    columnsOn: row.column_rules_on,
  };
}

export function presentModel(row: ModelRow): DatasetModelView {
  return {
    id: row.uid,
    source: { id: row.source_uid, name: row.source_name },
    workspace: row.workspace_uid,
    name: row.name,
    description: row.description,
    status: row.status,
    tables: row.tables,
    relations: row.relations,
    fields: row.fields,
    variables: row.variables,
    switches: switchesOf(row),
    sourceNumber: row.source_id,
    createdById: row.creator_uid,
    updatedById: row.changer_uid,
    createdBy: row.creator,
    updatedBy: row.changer,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  };
}

export interface RuleRow {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly is_on: boolean;
  readonly kind: RuleKind;
  readonly scope: RuleScope;
  readonly users: readonly NamedSubject[];
  readonly groups: readonly NamedSubject[];
  readonly content: RuleContent;
  readonly display: Readonly<Record<string, unknown>> | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** `condition` is on `dataset_rule r`. */
export async function readRules(
  executor: Executor,
  condition: RawBuilder<SqlBool>,
  tail: RawBuilder<unknown> = sql`order by r.id`,
): Promise<RuleRow[]> {
  const { rows } = await sql<RuleRow>`
    select r.id, r.uid, r.name, r.is_on, r.kind, r.scope, r.content, r.display, r.created_at, r.updated_at,
      coalesce((select jsonb_agg(jsonb_build_object('id', n.uid, 'name', coalesce(a.username, n.uid::text)) order by n.place)
        from unnest(r.users) with ordinality n (uid, place) left join user_account a on a.uid = n.uid), '[]') as users,
      coalesce((select jsonb_agg(jsonb_build_object('id', n.uid, 'name', coalesce(g.name, n.uid::text)) order by n.place)
        from unnest(r.groups) with ordinality n (uid, place) left join user_group g on g.uid = n.uid), '[]') as groups
    from dataset_rule r where ${condition} ${tail}`.execute(executor);
  return rows;
}

export function presentRule(row: RuleRow): RuleView {
  return {
    id: row.uid,
    name: row.name,
    enabled: row.is_on,
    kind: row.kind,
    scope: row.scope,
    users: row.users,
    groups: row.groups,
    ...row.content,
    display: row.display,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
