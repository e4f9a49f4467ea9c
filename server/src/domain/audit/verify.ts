/** Checking audit chains offline. */
import type { AuditCheckpoint, AuditEntry } from './event.ts';

/** What a check found. */
export interface AuditVerification {
  readonly ok: boolean;
  /** Sealed events that were checked. */
  readonly checked: number;
  /** Events not sealed yet: nothing binds them. */
  readonly unsealed: number;
  /** The first event that does not fit, in the order checked. */
  readonly firstBad: {
    readonly tenantId: number;
    readonly sequence: number | null;
    readonly eventId: number | null;
    readonly problem:
      | 'changed'
      | 'missing'
      | 'out_of_order'
      | 'inserted'
      | 'truncated'
      | 'checkpoint_mismatch'
      | 'checkpoint_forged';
    readonly message: string;
  } | null;
  /** A tenant's chain: how far it goes, and the last checkpoint that confirms it. */
  readonly chains: readonly {
    readonly tenantId: number;
    readonly events: number;
    readonly lastSequence: number;
    readonly lastHash: string;
    readonly lastCheckpoint: AuditCheckpoint | null;
  }[];
  /** What this check could not see, in sentences. */
  readonly limits: readonly string[];
}

/** Checks events in chain order (tenants may be mixed) against their hashes and against signed checkpoints. */
export function verifyAudit(
  _entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  _options?: {
    readonly checkpoints?: Iterable<AuditCheckpoint>;
    /** Public keys, PEM, by key id. */
    readonly publicKeys?: Readonly<Record<string, string>>;
  },
): Promise<AuditVerification> {
  throw new Error('not built yet');
}
