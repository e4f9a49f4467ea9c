/** The domain's words as this protocol writes them: times in UTC without offset, to the second. */

/** `2024-05-01T10:20:30`. */
export function time(at: Date): string {
  return at.toISOString().slice(0, 19);
}

/** The members that are shown: names of our own begin with `_`, dates become texts. */
export function present(value: unknown): unknown {
  if (value instanceof Date) return time(value);
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith('_'))
      .map(([name, member]) => [name, present(member)]),
  );
}

/** The envelope of success (§2.2). */
export function success(data: unknown): string {
  return JSON.stringify({ status: 'success', code: 1001, message: 'Operation succeeded', data: present(data) });
}
