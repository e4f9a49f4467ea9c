/** Names of columns on the wire. */

/** The key of an error line in NDJSON (decisions.md 31): no column may have it. */
export const ERROR_KEY = '$headgate_error';

/**
 * Makes column names unique in a row object: a repeated `a` becomes `a_2`, then `a_3`, stepping over names that the
 * result has anyway.
 *
 * @example
 * uniqueNames(['a', 'a', 'a_2']); // ['a', 'a_3', 'a_2']
 */
export function uniqueNames(names: readonly string[]): string[] {
  const given = new Set(names);
  const used = new Set<string>([ERROR_KEY]);
  return names.map((name) => {
    let unique = name;
    for (let n = 2; used.has(unique); n++) {
      const candidate = `${name}_${n}`;
      if (!given.has(candidate)) unique = candidate;
    }
    used.add(unique);
    return unique;
  });
}
