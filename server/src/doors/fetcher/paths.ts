/** Paths are case-insensitive here, and a trailing slash is tolerated (fetcher.md §2.1, decisions.md 21). */

const docs = '/swagger';

/** The request target in the form that the router knows. */
export function rewritePath(url: string): string {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark);
  const folded = path.toLowerCase();
  // Files below the API browser have names of their own.
  if (folded === docs || folded.startsWith(`${docs}/`)) return docs + path.slice(docs.length) + query;
  const bare = folded.length > 1 && folded.endsWith('/') ? folded.slice(0, -1) : folded;
  return bare + query;
}
