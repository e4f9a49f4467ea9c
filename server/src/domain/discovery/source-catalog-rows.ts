/** Rows of one source's catalog, and how they are shown natively. */
import { type RawBuilder, sql } from 'kysely';
import { type Found, foundIn, type Privacy, privacyWord, samplesOf } from './privacy.ts';

export interface CatalogOverview {
  readonly source: string;
  readonly sourceId: string;
  readonly description: string | null;
  readonly privacy: Privacy;
  readonly sensitivity: string;
  readonly labels: readonly string[];
  readonly corrected: boolean;
  readonly tables: number;
  readonly columns: number;
  /** Rows that discoveries have sampled, of all tables. */
  readonly sampledRows: number;
  readonly crawledAt: Date;
  readonly version: number;
}

export interface TableView {
  /** Its address: `database.table` or `database.schema.table`. */
  readonly name: string;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly comment: string | null;
  readonly keys: object;
  readonly columns: number;
  readonly rowEstimate: number | null;
  readonly sampledRows: number;
  readonly privacy: Privacy;
  readonly sensitivity: string;
  readonly identifiers: readonly string[];
  readonly labels: readonly string[];
  readonly corrected: boolean;
  readonly changedAt: Date;
  readonly detectedAt: Date | null;
  readonly version: number;
}

export interface ColumnView {
  readonly name: string;
  readonly position: number;
  readonly type: string;
  readonly nullable: boolean;
  readonly comment: string | null;
  readonly identifiers: readonly Found[];
  readonly privacy: Privacy;
  readonly sensitivity: string;
  /** Masked; null for whoever may not extract from the source. */
  readonly samples: readonly string[] | null;
  readonly corrected: boolean;
  readonly review: 'accepted' | 'rejected' | null;
  readonly modifiedBy: string;
  readonly modifiedAt: Date;
  readonly version: number;
}

export interface DriftView {
  readonly id: number;
  readonly at: Date;
  readonly change: string;
  readonly table: string;
  readonly column: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

export interface TableFilter {
  readonly q?: string | undefined;
  readonly identifier?: string | undefined;
  readonly label?: string | undefined;
  readonly privacy?: Privacy | undefined;
}

/** Names of the labels that a row carries. */
export const labelNames = (
  alias: string,
): RawBuilder<unknown> => sql`coalesce((select json_agg(l.label_name order by l.label_name)
  from catalog_label l where l.id = any(${sql.ref(`${alias}.label_ids`)})), '[]')`;

export interface TableRow extends Omit<TableView, 'privacy'> {
  readonly id: number;
  readonly privacy: number;
}

export const tableRows = sql`
  select i.id, i.place as name, i.database_name as database, i.schema_name as schema, i.table_name as "table", i.kind,
    i.comment, i.keys, (select count(*) from catalog_column c where c.item_id = i.id) as columns,
    i.row_estimate as "rowEstimate", i.row_count as "sampledRows", i.privacy, i.sensitivity, i.identifiers,
    ${labelNames('i')} as labels, i.manual_tag is not distinct from 'manual' as corrected, i.changed_at as "changedAt",
    i.detected_at as "detectedAt", i.version
  from catalog_item i join catalog_database d on d.id = i.database_id`;

export function presentTable({ id: _id, ...row }: TableRow): TableView {
  return { ...row, privacy: privacyWord(row.privacy) };
}

export interface ColumnRow {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  readonly type: string;
  readonly nullable: boolean;
  readonly comments: string | null;
  readonly identifier: Readonly<Record<string, number>>;
  readonly sample: string;
  readonly privacy: number;
  readonly sensitivity: string;
  readonly manual_tag: string | null;
  readonly review: 'accepted' | 'rejected' | null;
  readonly modify_by: string;
  readonly modify_time: Date;
  readonly version: number;
}

export function presentColumn(row: ColumnRow, open: boolean): ColumnView {
  const { name, position, type, nullable, comments: comment, sensitivity, review, version } = row;
  return {
    name,
    position,
    type,
    nullable,
    comment,
    identifiers: foundIn(row.identifier),
    privacy: privacyWord(row.privacy),
    sensitivity,
    samples: open ? samplesOf(row.sample) : null,
    corrected: row.manual_tag === 'manual',
    review,
    modifiedBy: row.modify_by,
    modifiedAt: row.modify_time,
    version,
  };
}
