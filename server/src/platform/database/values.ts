/** How values of the store look in Node, the same for both kinds of store. */
import { types } from 'pg';

/** Type ids of PostgreSQL with a parser of our own; the others keep pg's. */
const parsers = new Map<number, (text: string) => unknown>([
  [20, Number], // int8: identities and counts, far below 2^53
  [1016, (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number))], // int8[]
  [1082, (text) => text], // date: a calendar day, not a moment
]);

/** pg's type parsers with ours before them. numeric stays text, timestamptz is a Date, bytea a Buffer. */
export const valueParsers: { getTypeParser: typeof types.getTypeParser } = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(id)) ||
    types.getTypeParser(id, format as 'text')) as typeof types.getTypeParser, // pg's overloads
};

/** A Buffer over the same memory. */
export function toBuffer(value: Uint8Array): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
