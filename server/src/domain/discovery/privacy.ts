import { type RawBuilder, sql } from 'kysely';
import { wholeFilter } from '../access/index.ts';
import type { Principal } from '../identity/principal.ts';

/** Words for what the protocol writes as numbers (sdps.md §1.14). */
export const privacyWords = ['unknown', 'none', 'personal'] as const;
export type Privacy = (typeof privacyWords)[number];

/** −1 = not looked at, 0 = holds none, 1 = holds personal data. */
export const privacyWord = (value: number): Privacy => privacyWords[value + 1] ?? 'unknown';
export const privacyNumber = (word: Privacy): number => privacyWords.indexOf(word) - 1;

/** An identifier that was found in a column, and in which share of its values. */
export interface Found {
  readonly name: string;
  readonly score: number;
}

export function foundIn(identifier: Readonly<Record<string, number>>): Found[] {
  return Object.entries(identifier)
    .filter(([name]) => name !== 'N/A')
    .map(([name, score]) => ({ name, score }));
}

/** Masked samples as they are stored: one text, its values joined. */
export function samplesOf(text: string): string[] {
  return text === 'N/A' || text === '' ? [] : text.split('|');
}

/**
 * The samples of `c`, a row of `catalog_column` or `discovery_finding`, of the source `s`: empty where rules keep something
 * of the source back from the principal, since what is masked still tells most of a value.
 */
export function sampleFor(principal: Principal | null, table: 'c' | 'f' = 'c'): RawBuilder<string> {
  return sql<string>`case when ${wholeFilter(principal)} then ${sql.ref(`${table}.sample`)} else '' end`;
}
