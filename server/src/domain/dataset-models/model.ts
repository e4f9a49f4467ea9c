/** Dataset models and their rules as callers see them. */
import type { PolicySwitches, RuleContent, RuleKind, RuleScope } from '../access/policy/index.ts';

/** A table of a model: one of the source, or a query over it. */
export interface ModelTable {
  /** Unique inside the model: letters, digits, `_` and `-`. */
  readonly id: string;
  readonly kind: 'table' | 'sql';
  /** As the caller names it; the source's own database unless the engine has several. */
  readonly database: string | null;
  readonly schema: string | null;
  /** Null for queries. */
  readonly name: string | null;
  /** Null for tables. */
  readonly sql: string | null;
  /** The one that the others are joined to. */
  readonly root: boolean;
}

export const joinTypes = ['left', 'right', 'inner'] as const;
export type JoinType = (typeof joinTypes)[number];

/** `from` is joined to `to` where the columns are equal. Tables by their ids. */
export interface ModelRelation {
  readonly from: string;
  readonly to: string;
  readonly type: JoinType;
  readonly on: readonly { readonly from: string; readonly to: string }[];
}

/** What people see of a column. */
export interface ModelField {
  /** Unique inside the model; `{table}.{column}` unless said. */
  readonly id: string;
  readonly name: string;
  readonly role: 'dimension' | 'measure';
  readonly table: string;
  /** Null for a calculated field. */
  readonly column: string | null;
  readonly type: FieldType;
  /** Of calculated fields: kept for clients, not computed here. */
  readonly formula: string | null;
  /** The words of a door about it, verbatim. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export const fieldTypes = ['STRING', 'NUMBER', 'DATE', 'DATETIME'] as const;
export type FieldType = (typeof fieldTypes)[number];

/** What a model is, as it is kept. */
export interface ModelDefinition {
  readonly name: string;
  readonly description: string | null;
  readonly status: 0 | 1;
  readonly tables: readonly ModelTable[];
  readonly relations: readonly ModelRelation[];
  readonly fields: readonly ModelField[];
  /** Variables of its queries, as clients send them. */
  readonly variables: readonly Readonly<Record<string, unknown>>[];
}

export interface DatasetModelView extends ModelDefinition {
  readonly id: string;
  readonly source: { readonly id: string; readonly name: string };
  readonly workspace: string | null;
  readonly switches: PolicySwitches;
  /** The source as `domain/sources` numbers it. */
  readonly sourceNumber: number;
  /** Uids; null when the user is gone. */
  readonly createdById: string | null;
  readonly updatedById: string | null;
  /** User names. */
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

/** Named people of a rule: what they are called now; a deleted one keeps its id as name. */
export interface NamedSubject {
  readonly id: string;
  readonly name: string;
}

export interface RuleView extends RuleContent {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly kind: RuleKind;
  readonly scope: RuleScope;
  readonly users: readonly NamedSubject[];
  readonly groups: readonly NamedSubject[];
  /** What a door wants back as it sent it. */
  readonly display: Readonly<Record<string, unknown>> | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A rule as it is stored; users and groups by uid. */
export interface RuleInput extends RuleContent {
  readonly name: string;
  readonly enabled: boolean;
  readonly kind: RuleKind;
  readonly scope: RuleScope;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly display?: Readonly<Record<string, unknown>> | null;
}
