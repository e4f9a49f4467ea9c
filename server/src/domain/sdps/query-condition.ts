/** Lists of this protocol: filters, order and pages over any query whose columns have the names of the wire (§2.7). */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { unforeseen } from './refusals.ts';

export interface Condition {
  readonly column: string;
  readonly values: readonly string[];
  readonly operation: string;
}

export interface QueryCondition {
  readonly page: number;
  readonly size: number;
  /** Empty: the last changed first. */
  readonly sortColumn: string;
  readonly ascending: boolean;
  readonly conditions: readonly Condition[] | null;
  readonly groupColumn: string;
}

export const everything: QueryCondition = {
  page: 1,
  size: 100,
  sortColumn: '',
  ascending: true,
  conditions: null,
  groupColumn: '',
};

/** A list that may be asked: a query whose columns are these, and two more, `_modified` and `_id`, for the order. */
export interface Listing {
  readonly base: RawBuilder<unknown>;
  readonly columns: readonly string[];
  /** Columns that a condition without a column looks into. */
  readonly searchable: readonly string[];
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly page: number;
  readonly size: number;
  readonly pages: number;
}

const literal = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
const textOf = (column: string): RawBuilder<string> => sql<string>`lower(${sql.ref(`q.${column}`)}::text)`;

function known(listing: Listing, column: string): string {
  if (!listing.columns.includes(column)) throw unforeseen();
  return column;
}

function only(values: readonly string[]): string {
  const [value] = values;
  if (value === undefined || values.length !== 1) throw unforeseen();
  return value.toLowerCase();
}

/** One condition in SQL. Throws SdpsError 1000 for an unknown column, and where values are missing. */
function conditionOf(listing: Listing, { column, values, operation }: Condition): RawBuilder<unknown> {
  if (column === '') {
    const [value] = values;
    if (value === undefined) throw unforeseen();
    const pattern = `%${literal(value.toLowerCase())}%`;
    if (listing.searchable.length === 0) return sql`true`;
    return sql`(${sql.join(
      listing.searchable.map((name) => sql`${textOf(name)} like ${pattern}`),
      sql` or `,
    )})`;
  }
  const text = textOf(known(listing, column));
  switch (operation) {
    case '=':
      return sql`${text} = ${only(values)}`;
    case '!=':
      return sql`${text} <> ${only(values)}`;
    case ':':
      return sql`${text} like ${`%${only(values)}%`}`;
    case 'in':
      return sql`${text} = any(${values.map((value) => value.toLowerCase())}::text[])`;
    default:
      return sql`(${text} is null or ${text} not like ${`%${only(values)}%`})`;
  }
}

function whereOf(listing: Listing, conditions: readonly Condition[]): RawBuilder<unknown> {
  if (conditions.length === 0) return sql`true`;
  return sql.join(
    conditions.map((condition) => conditionOf(listing, condition)),
    sql` and `,
  );
}

/** A page of a list. Throws SdpsError 1000 for what the list cannot be asked. */
export async function readPage<T>(executor: Executor, listing: Listing, asked: QueryCondition): Promise<Page<T>> {
  const where = whereOf(listing, asked.conditions ?? []);
  const sorted = asked.sortColumn === '' ? undefined : known(listing, asked.sortColumn);
  const direction = asked.ascending ? sql`asc` : sql`desc`;
  const order =
    sorted === undefined
      ? sql`q._modified desc nulls last, q._id desc`
      : sql`${sql.ref(`q.${sorted}`)} ${direction} nulls last, q._id`;
  const group = asked.groupColumn === '' ? undefined : known(listing, asked.groupColumn);
  const from =
    group === undefined
      ? sql`(${listing.base}) q`
      : sql`(select distinct on (g.${sql.ref(group)}) g.* from (${listing.base}) g order by g.${sql.ref(group)}, g._id) q`;
  const skipped = (asked.page - 1) * asked.size;
  const { rows } = await sql<T & { _total: number | null }>`
    select q.*, count(*) over () as _total from ${from} where ${where}
    order by ${order} limit ${asked.size} offset ${skipped}`.execute(executor);
  let total = rows[0]?._total ?? 0;
  if (rows.length === 0 && asked.page > 1) {
    const counted = await sql<{ total: number }>`select count(*) as total from ${from} where ${where}`.execute(
      executor,
    );
    total = counted.rows[0]?.total ?? 0;
  }
  return {
    items: rows.map((row) => row as T),
    total,
    page: asked.page,
    size: asked.size,
    pages: Math.ceil(total / asked.size),
  };
}

/** A page of a list that this installation can have nothing in. */
export function emptyPage(asked: Pick<QueryCondition, 'page' | 'size'>): Page<never> {
  return { items: [], total: 0, page: asked.page, size: asked.size, pages: 0 };
}
