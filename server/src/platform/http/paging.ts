/** Cursor paging as every list of a native door has it: `?limit=&cursor=` in, `{ items, nextCursor }` out. */
import Type, { type TSchema } from 'typebox';

export const defaultPageSize = 50;
export const maxPageSize = 500;

/** Members of a list's query string; spread them into its schema. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: maxPageSize, description: `Items a page; ${defaultPageSize} when absent.` }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1024, description: '`nextCursor` of the page before; opaque.' }),
  ),
};

/** The answer of a list. */
export function pageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    items: Type.Array(item),
    nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page.' }),
  });
}
