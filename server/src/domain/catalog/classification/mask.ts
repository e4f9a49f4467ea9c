/** Samples as they may be kept: masked (sdps.md §7.3.10). */

/** Samples of a column that are kept. */
export const sampleCount = 10;

/** Of n characters, at most 80 of the first four fifths stay; at most 20 asterisks stand for the rest. */
export function maskSample(value: string): string {
  const characters = [...value.slice(0, 400)];
  const shown = Math.min(Math.floor(characters.length * 0.8), 80);
  return characters.slice(0, shown).join('') + '*'.repeat(Math.min(20, characters.length - shown));
}
