/** Writing and reading audit events. */
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Clock } from '../clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { Page, PageRequest } from '../paging.ts';
import type { AuditCheckpoint, AuditEntry, AuditFilter, AuditInput } from './event.ts';
import type { AuditVerification } from './verify.ts';

export interface AuditDeps {
  readonly store: Store;
  /** Signs checkpoints. */
  readonly vault: Pick<Vault, 'signingKey'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Checkpoints are also appended here, one JSON object a line; best on another disk or machine. */
  readonly checkpointFile?: string | undefined;
}

export class AuditLog {
  constructor(_deps: AuditDeps) {}

  /** Writes an event in the caller's transaction: it exists exactly when the change does. */
  record(_executor: Executor, _principal: Principal, _event: AuditInput): Promise<void> {
    throw new Error('not built yet');
  }

  /**
   * Writes an event at once; resolves when it is durable. Events of the same moment share one insert. Rejects with
   * UnavailableError `audit_unavailable`: then what it was to record must not happen.
   */
  recordNow(_principal: Principal, _event: AuditInput): Promise<void> {
    throw new Error('not built yet');
  }

  /** Newest first. */
  list(_principal: Principal, _filter: AuditFilter, _page: PageRequest): Promise<Page<AuditEntry>> {
    throw new Error('not built yet');
  }

  /** Oldest first, with sequence and hash where sealed; a whole tenant's export can be verified offline. */
  exportEvents(_principal: Principal, _filter: AuditFilter): AsyncIterable<AuditEntry> {
    throw new Error('not built yet');
  }

  /** The newest checkpoint of each tenant that the caller may see, and the key to check them with. */
  checkpoints(_principal: Principal): Promise<{ checkpoints: AuditCheckpoint[]; keyId: string; publicKeyPem: string }> {
    throw new Error('not built yet');
  }

  /** Checks the chains in the store, with the store's checkpoints and those given. For administrators. */
  verify(_principal: Principal, _checkpoints?: Iterable<AuditCheckpoint>): Promise<AuditVerification> {
    throw new Error('not built yet');
  }

  /** Seals until stopped; several nodes may run it, one of them works. */
  startSealer(): () => Promise<void> {
    throw new Error('not built yet');
  }
}
