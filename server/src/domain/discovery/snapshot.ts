/** What a run goes by: the template's identifiers at its start, ready to match (sdps.md §7.2). */
import { type ActiveIdentifier, builtinIdentifiers, compilePattern } from '../catalog/classification/index.ts';
import { DomainError } from '../errors.ts';

/** What a snapshot keeps of an identifier; `id` of the product's, so that a run finds its checks again. */
export interface SnapshotIdentifier {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly rule: string | null;
  readonly header_keywords: readonly string[];
  readonly exclude_keywords: readonly string[];
}

export interface Snapshot {
  readonly template_id: number;
  readonly template_name: string;
  readonly identifiers: readonly SnapshotIdentifier[];
}

/** The identifiers of a snapshot, ready to match. A rule that cannot be compiled takes no part; `skipped` names it. */
export function activeIdentifiers(snapshot: Snapshot): { active: ActiveIdentifier[]; skipped: string[] } {
  const active: ActiveIdentifier[] = [];
  const skipped: string[] = [];
  for (const one of snapshot.identifiers) {
    const builtin = builtinIdentifiers.find(({ id }) => id === one.id);
    if (builtin !== undefined) {
      active.push({ kind: 'builtin', identifier: builtin });
      continue;
    }
    const { name, rule, header_keywords: headerKeywords, exclude_keywords: excludeKeywords } = one;
    try {
      const pattern = rule === null ? null : compilePattern(rule);
      active.push({ kind: 'custom', name, pattern, headerKeywords, excludeKeywords });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      skipped.push(name);
    }
  }
  return { active, skipped };
}
