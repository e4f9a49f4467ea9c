/** Writing and reading audit events. */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Clock } from '../clock.ts';
import { ForbiddenError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import type { Page, PageRequest } from '../paging.ts';
import type { AuditCheckpoint, AuditEntry, AuditFilter, AuditInput } from './event.ts';
import { filterCondition, listEvents, readable, readCheckpoints, walkEvents } from './reader.ts';
import { sealBatch, sealerSetting, startSealer } from './sealer.ts';
import { type AuditVerification, verifyAudit } from './verify.ts';
import { eventRow, GroupCommit, insertEvents } from './writer.ts';

export interface AuditDeps {
  readonly store: Store;
  /** Signs checkpoints. */
  readonly vault: Pick<Vault, 'signingKey'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Checkpoints are also appended here, one JSON object a line; best on another disk or machine. */
  readonly checkpointFile?: string | undefined;
}

/** Inserts under way at the same time for `recordNow`: one, because what an event costs falls with its batch's size. */
const lanes = 1;

export class AuditLog {
  readonly #deps: AuditDeps;
  readonly #group: GroupCommit;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
    this.#group = new GroupCommit((rows) => insertEvents(deps.store.db, rows), lanes);
  }

  /** Writes an event in the caller's transaction: it exists exactly when the change does. */
  async record(executor: Executor, principal: Principal, event: AuditInput): Promise<void> {
    await insertEvents(executor, [eventRow(principal, event, this.#deps.clock.now())]);
  }

  /**
   * Writes an event at once; resolves when it is durable. Events of the same moment share one insert. Rejects with
   * UnavailableError `audit_unavailable`: then what it was to record must not happen.
   */
  recordNow(principal: Principal, event: AuditInput): Promise<void> {
    return this.#group.add(eventRow(principal, event, this.#deps.clock.now()));
  }

  /** Newest first. Administrators see all, tenant administrators their tenants', everybody their own. */
  async list(principal: Principal, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>> {
    requireScope(principal, 'read');
    return listEvents(this.#deps.store.db, sql`${readable(principal)} and ${filterCondition(filter)}`, page);
  }

  /**
   * Oldest first, chain by chain, with sequence and hash where sealed, then what is not sealed yet. An export without
   * a filter, or of one tenant, can be verified offline. The export itself is an event.
   */
  async *exportEvents(principal: Principal, filter: AuditFilter): AsyncGenerator<AuditEntry> {
    requireScope(principal, 'read');
    const condition = sql`${readable(principal)} and ${filterCondition(filter)}`;
    await this.recordNow(principal, { action: 'audit.export', outcome: 'allowed', detail: { filter } });
    yield* walkEvents(this.#deps.store.db, condition);
  }

  /** The newest checkpoint of each tenant that the caller may see, and the key to check them with. */
  async checkpoints(
    principal: Principal,
  ): Promise<{ checkpoints: AuditCheckpoint[]; keyId: string; publicKeyPem: string }> {
    requireScope(principal, 'read');
    const { subject } = principal;
    const condition = subject.permissions.has(12)
      ? sql`true`
      : sql`e.tenant_id = any(${[subject.tenantId, ...subject.adminOfTenantIds]}::bigint[])`;
    const { keyId, publicKeyPem } = this.#deps.vault.signingKey();
    return { checkpoints: await readCheckpoints(this.#deps.store.db, condition, 'newest'), keyId, publicKeyPem };
  }

  /**
   * Checks the chains in the store against its own checkpoints and those given from elsewhere. Administrators only:
   * ForbiddenError `permission_missing`. Rejects with the reason of `signal` when that aborts.
   */
  async verify(
    principal: Principal,
    checkpoints: Iterable<AuditCheckpoint> = [],
    signal?: AbortSignal,
  ): Promise<AuditVerification> {
    requireScope(principal, 'admin');
    if (!principal.subject.permissions.has(12)) {
      throw new ForbiddenError('permission_missing', 'Only administrators verify the audit trail.');
    }
    const { db } = this.#deps.store;
    const key = this.#deps.vault.signingKey();
    const texts = new WeakMap<AuditEntry, string>();
    // Read before the chains, which may only grow meanwhile.
    const heads = await db.selectFrom('audit_sealer').select(['tenant_id', 'sequence']).execute();
    const result = await verifyAudit(until(signal, walkEvents(db, sql`true`, texts)), {
      checkpoints: [...(await readCheckpoints(db, sql`true`, 'all')), ...checkpoints],
      publicKeys: { [key.keyId]: key.publicKeyPem },
      detailText: (entry) => texts.get(entry)!, // walkEvents sets it for each
    });
    const bad = result.firstBad ?? (await this.#compareWithSealer(result, heads));
    return bad === null ? result : { ...result, ok: false, firstBad: bad };
  }

  /** Seals until stopped; several nodes may run it, one of them works. */
  startSealer(): () => Promise<void> {
    return startSealer(this.#deps);
  }

  /** Seals what can be sealed now; answers how many events that were. */
  async sealNow(): Promise<number> {
    let total = 0;
    for (;;) {
      const { sealed, more } = await sealBatch(this.#deps);
      total += Math.max(sealed, 0);
      if (!more) return total;
    }
  }

  /** The sealer's own notes are two more witnesses: how far it came, and below which id nothing may be unsealed. */
  async #compareWithSealer(
    found: AuditVerification,
    heads: readonly { tenant_id: number; sequence: number }[],
  ): Promise<AuditVerification['firstBad']> {
    for (const head of heads) {
      const chain = found.chains.find((one) => one.tenantId === head.tenant_id);
      if ((chain?.lastSequence ?? 0) < head.sequence) {
        const end = chain?.lastSequence ?? 0;
        return {
          tenantId: head.tenant_id,
          sequence: end + 1,
          eventId: null,
          problem: 'truncated',
          message: `The sealer linked ${head.sequence} events; the chain ends after ${end}.`,
        };
      }
    }
    const { rows } = await sql<{ id: number; tenant_id: number }>`
      select e.id, e.tenant_id from audit_event e
      where e.id <= coalesce((select (value ->> 'floor')::bigint from setting where name = ${sealerSetting}), 0)
        and not exists (select 1 from audit_link l where l.event_id = e.id)
      order by e.id limit 1`.execute(this.#deps.store.db);
    const stray = rows[0];
    if (stray === undefined) return null;
    return {
      tenantId: stray.tenant_id,
      sequence: null,
      eventId: stray.id,
      problem: 'inserted',
      message: `Event ${stray.id} has no place in the chain, although everything around it was sealed long ago.`,
    };
  }
}

/** The entries, until the signal aborts. */
async function* until(signal: AbortSignal | undefined, entries: AsyncIterable<AuditEntry>): AsyncGenerator<AuditEntry> {
  for await (const entry of entries) {
    signal?.throwIfAborted();
    yield entry;
  }
}
