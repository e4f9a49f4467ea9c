/** What audit keeps of a statement: its text without literals, and the fingerprint of that. */
import type { AuditEntry } from '@headgate/client';

export interface AuditedStatement {
  readonly fingerprint: string;
  readonly text: string;
}

/** The statement of an event that ran one. */
export function statementOf({ detail }: Pick<AuditEntry, 'detail'>): AuditedStatement | undefined {
  if (typeof detail !== 'object' || detail === null) return undefined;
  const { fingerprint, statement } = detail as { fingerprint?: unknown; statement?: unknown };
  if (typeof fingerprint !== 'string' || typeof statement !== 'string') return undefined;
  return { fingerprint, text: statement };
}
