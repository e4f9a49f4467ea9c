/**
 * Audit: what happened, kept so that nobody can change it unnoticed (decisions.md 33; U1, U2).
 *
 * Events are rows that are only ever inserted, in the transaction of the change (`record`) or at once and durable
 * before the answer (`recordNow`). One sealer for the whole installation links committed events into a hash chain a
 * tenant, at most a second later (`sealer.ts`), and signs checkpoints. `verify.ts` checks chains offline.
 *
 * May be imported: platform/, domain/identity/principal. Must not be imported: the rest of the domain.
 */

export type { AuditCheckpoint, AuditEntry, AuditFilter, AuditInput, AuditOutcome } from './event.ts';
export { type AuditDeps, AuditLog } from './log.ts';
export { type AuditVerification, verifyAudit } from './verify.ts';
