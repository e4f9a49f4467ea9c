/**
 * Statements of this tab: the text of each source's editor, and what was run. Kept while the page is open and no
 * longer: statements may hold literals that are nobody else's business.
 */
export interface PastRun {
  readonly source: string;
  readonly sql: string;
  readonly at: string;
  readonly state: string;
  readonly rows: number;
  readonly ms: number;
}

const texts = new Map<string, string>();
const past: PastRun[] = [];
const mostPast = 200;

export const textOf = (source: string): string => texts.get(source) ?? '';

export function keepText(source: string, text: string): void {
  texts.set(source, text);
}

/** Newest first. */
export const pastRuns = (): readonly PastRun[] => past;

export function remember(run: PastRun): void {
  past.unshift(run);
  past.length = Math.min(past.length, mostPast);
}
