/** Entity tags: a row's version in quotes, `"v7"` (RFC 9110 §8.8.3), and the conditions built on them. */
import { problem } from './problem.ts';

/** The ETag of a version. */
export function etagOf(version: number): string {
  return `"v${version}"`;
}

/**
 * The version that `If-Match` demands; undefined when the header is absent or `*` (the row exists or the call fails
 * anyway). A tag that can never be ours (weak, of another form, a list without one of ours) reads as version −1: no row has it,
 * so the domain answers that the caller's version is stale. Throws a 400 problem when it is no tag at all.
 */
export function ifMatchVersion(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  if (header.length > 200 || !/^\s*(W\/)?"[^"]*"(\s*,\s*(W\/)?"[^"]*")*\s*$/.test(header)) {
    throw problem(400, 'invalid_if_match', 'If-Match is neither `*` nor a quoted entity tag.', {
      field: 'If-Match',
      remedy: 'Send the ETag of the last answer, quotes included.',
    });
  }
  const match = /^\s*"v(\d{1,15})"\s*$/.exec(header);
  return match === null ? -1 : Number(match[1]);
}

/** Does `If-None-Match` name this version? Then the answer may be 304. */
export function matchesNone(header: string | undefined, version: number): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etagOf(version));
}
