/**
 * Cursor paging of every list. A cursor is the sort key of the last item of a page, opaque to callers: base64url of
 * JSON with the list's name and a checksum. The checksum keeps out damaged cursors and those of another list; it is
 * no secret, because a list filters by permission whatever its cursor says.
 */
import { hash } from 'node:crypto';
import { InvalidError } from './errors.ts';

/** What a caller asks of a list. */
export interface PageRequest {
  /** Items a page, 1 to 500; 50 when absent. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: T[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** A sort key: what a cursor carries. */
export type CursorKey = readonly (string | number)[];

export const defaultPageLimit = 50;
export const maxPageLimit = 500;

/** The number of items a page is to hold. Throws InvalidError `invalid_limit`. */
export function pageLimit(page: PageRequest): number {
  const limit = page.limit ?? defaultPageLimit;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageLimit) {
    throw new InvalidError('invalid_limit', `A page holds 1 to ${maxPageLimit} items.`, { field: 'limit' });
  }
  return limit;
}

const checksum = (list: string, body: string): string => hash('sha256', `${list}\n${body}`, 'hex').slice(0, 12);

/** Makes the cursor that continues `list` after the item with this sort key. */
export function encodeCursor(list: string, key: CursorKey): string {
  const body = JSON.stringify(key);
  return Buffer.from(`${checksum(list, body)}${body}`).toString('base64url');
}

/**
 * The sort key in a cursor made by `encodeCursor` for the same list; `shape` names the key's types.
 * Throws InvalidError `invalid_cursor` for anything else.
 *
 * @example const [id] = decodeCursor('sources', cursor, ['number']);
 */
export function decodeCursor<const S extends readonly ('string' | 'number')[]>(
  list: string,
  cursor: string,
  shape: S,
): { -readonly [I in keyof S]: S[I] extends 'number' ? number : string } {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const body = text.slice(12);
  if (text.slice(0, 12) === checksum(list, body) && Buffer.from(text).toString('base64url') === cursor) {
    const key = parseJson(body);
    if (Array.isArray(key) && key.length === shape.length && key.every((part, index) => typeof part === shape[index])) {
      return key as never; // just checked against the shape
    }
  }
  throw new InvalidError('invalid_cursor', 'This cursor does not come from this list.', {
    field: 'cursor',
    remedy: 'Start again without a cursor, and pass nextCursor on as it is.',
  });
}

/** The checksum is no proof: anybody may have made one over a text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Makes a page of rows that were read with `limit + 1`: the row too many says that there is more.
 */
export function toPage<Row, T>(
  list: string,
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => CursorKey,
  present: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(present),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(list, keyOf(last)) : null,
  };
}
