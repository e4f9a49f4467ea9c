/** Pages by number, with the traps of chorus.md §3.0: clients loop until `total` equals `page`. */
import type { Listed, NumberedPage } from '../../domain/workspaces/index.ts';
import type { Fields, Value } from './params.ts';

const defaultSize = 50;
const largestSize = 1000;

function whole(value: Value | undefined): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d+$/.test(text.trim()) ? Math.min(Number(text), 1e9) : undefined;
}

/** `page` and `per_page`; whatever is no such number counts as absent (§9 no. 15). */
export function pageOf(params: Fields): NumberedPage {
  const page = Math.max(whole(params.page) ?? 1, 1);
  return { page, perPage: Math.min(whole(params.per_page) ?? defaultSize, largestSize) };
}

/** The envelope of a list. `total` counts pages: 1 when there is nothing. */
export function listed<T>(
  { page, perPage }: NumberedPage,
  { items, records }: Listed<T>,
  present: (item: T) => unknown,
): Record<string, unknown> {
  const total = perPage === 0 ? null : Math.max(1, Math.ceil(records / perPage));
  return { response: items.map(present), pagination: { page, per_page: perPage, records, total } };
}

/** The envelope of a whole list cut here: for lists that are short by nature. */
export function cut<T>(page: NumberedPage, all: readonly T[], present: (item: T) => unknown): Record<string, unknown> {
  const start = (page.page - 1) * page.perPage;
  return listed(page, { items: all.slice(start, start + page.perPage), records: all.length }, present);
}
