/** Small words of this wire. */

/** ms since the epoch. */
export function millis(at: Date): number {
  return at.getTime();
}

/** The three envelopes of success (dataarts.md §4.12). */
export const success = { message: 'success' } as const;
export const done = { data: true } as const;
