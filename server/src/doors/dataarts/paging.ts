/** Pages (dataarts.md §2.8): `limit` and `offset`, which counts records; `count` is the number over all pages. */
import { choiceOf, integerOf } from './body.ts';

type Query = Readonly<Record<string, string | undefined>>;

const most = 1000;

/** A window of a list. `limit` 0 = no items, only the count. */
export interface Window {
  readonly limit: number;
  readonly offset: number;
}

/** The page that is asked for. Throws InvalidError for what is no number from 0 to 1000. */
export function windowOf(query: Query, defaultLimit = 10): Window {
  return {
    limit: integerOf(query.limit, 'limit', 0, most) ?? defaultLimit,
    offset: integerOf(query.offset, 'offset', 0, most) ?? 0,
  };
}

/** `asc` or `desc`, in any case. */
export function directionOf(query: Query, fallback: 'asc' | 'desc' = 'asc'): 'asc' | 'desc' {
  return choiceOf(query.sort_dir, 'sort_dir', ['asc', 'desc']) ?? fallback;
}

/** A page as it is sent. */
export function paged<T, W>(
  found: { readonly items: readonly T[]; readonly count: number },
  present: (item: T) => W,
): { count: number; page_data: W[] } {
  return { count: found.count, page_data: found.items.map(present) };
}
