/** Lists of the domain that are paged by number, behind the cursors of this door. */
import { decodeCursor, encodeCursor, pageLimit } from '../../domain/paging.ts';
import type { Listed, NumberedPage } from '../../domain/workspaces/index.ts';

interface PageAsked {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** A cursor carries the next page's number, with the size of the pages. */
export async function paged<T, V>(
  list: string,
  asked: PageAsked,
  read: (page: NumberedPage) => Promise<Listed<T>>,
  present: (item: T) => V,
): Promise<{ items: V[]; nextCursor: string | null }> {
  const [page, perPage] =
    asked.cursor === undefined ? [1, pageLimit(asked)] : decodeCursor(list, asked.cursor, ['number', 'number']);
  const { items, records } = await read({ page, perPage });
  const more = page * perPage < records;
  return { items: items.map(present), nextCursor: more ? encodeCursor(list, [page + 1, perPage]) : null };
}
