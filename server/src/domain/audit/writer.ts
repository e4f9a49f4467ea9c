/** Inserting events, one or many with one statement. */
import { CompiledQuery } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import { UnavailableError } from '../errors.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { cleanDetail } from './detail.ts';
import type { AuditInput } from './event.ts';

/** An event ready to be inserted; names are those of the columns. */
export interface EventRow {
  readonly uid: string;
  readonly tenant_id: number;
  readonly at: string;
  readonly action: string;
  readonly outcome: string;
  readonly door: string;
  readonly actor_id: number | null;
  readonly actor: string;
  readonly subject_id: number | null;
  readonly subject: string;
  readonly resource_type: string | null;
  readonly resource_uid: string | null;
  readonly resource: string | null;
  readonly request_id: string;
  readonly address: string | null;
  readonly detail: unknown;
}

const text = <T extends string | null>(value: T): T => cleanDetail(value) as T; // a string stays one, null too

/** The row of an event. */
export function eventRow(principal: Principal, event: AuditInput, now: Date): EventRow {
  const { actor, subject } = principal;
  const uid = event.resource?.uid ?? null;
  return {
    uid: uuidv7(),
    tenant_id: event.tenantId ?? subject.tenantId,
    at: now.toISOString(),
    action: event.action,
    outcome: event.outcome,
    door: principal.door,
    actor_id: storedUserId(actor),
    actor: text(actor.username),
    subject_id: storedUserId(subject),
    subject: text(subject.username),
    resource_type: event.resource?.type ?? null,
    resource_uid: uid !== null && isUuid(uid) ? uid : null,
    resource: text(event.resource?.name ?? null),
    request_id: text(principal.requestId),
    address: text(principal.address),
    detail: cleanDetail(event.detail ?? {}),
  };
}

/**
 * Inserts rows. `start` assigns the transaction's id before any event gets its own: the sealer relies on a transaction
 * that holds an event id being known as running (`sealer.ts`).
 */
export async function insertEvents(executor: Executor, rows: readonly EventRow[]): Promise<void> {
  await executor.executeQuery(CompiledQuery.raw(insertText, [JSON.stringify(rows)]));
}

/** Written once: putting it together anew costs as much as sending it. */
const insertText = `
    with start as materialized (select pg_current_xact_id() as txid),
      event as materialized (
        select start.txid, e.* from start, jsonb_to_recordset($1::jsonb) as e(
          uid uuid, tenant_id bigint, at timestamptz, action text, outcome text, door text, actor_id bigint, actor text,
          subject_id bigint, subject text, resource_type text, resource_uid uuid, resource text, request_id text,
          address text, detail jsonb))
    insert into audit_event (txid, uid, tenant_id, at, action, outcome, door, actor_id, actor, subject_id, subject,
      resource_type, resource_uid, resource, request_id, address, detail)
    select txid, uid, tenant_id, at, action, outcome, door, actor_id, actor, subject_id, subject,
      resource_type, resource_uid, resource, request_id, address, detail from event`;

const maxBatch = 1000;

interface Waiting {
  readonly row: EventRow;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: an event that comes while nothing is written goes at once; those that come while an insert is under
 * way share the next one. Nobody waits for a timer, and the number of inserts under way is bounded.
 */
export class GroupCommit {
  readonly #insert: (rows: readonly EventRow[]) => Promise<void>;
  readonly #waiting: Waiting[] = [];
  readonly #lanes: number;
  #running = 0;

  /** `lanes`: inserts under way at the same time. */
  constructor(insert: (rows: readonly EventRow[]) => Promise<void>, lanes: number) {
    this.#insert = insert;
    this.#lanes = lanes;
  }

  /** Resolves when the row is durable; rejects with UnavailableError `audit_unavailable`. */
  add(row: EventRow): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      // The rest of this turn of the loop may bring more events of the same moment.
      if (this.#waiting.length === 1 && this.#running === 0) setImmediate(() => this.#next());
    });
  }

  #next(): void {
    if (this.#running >= this.#lanes || this.#waiting.length === 0) return;
    this.#running += 1;
    const batch = this.#waiting.splice(0, maxBatch);
    void this.#write(batch).finally(() => {
      this.#running -= 1;
      this.#next();
    });
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#insert(batch.map((one) => one.row));
      for (const one of batch) one.resolve();
    } catch (cause) {
      const error = new UnavailableError(
        'audit_unavailable',
        'The audit trail cannot be written, so nothing was done.',
        {
          cause,
          remedy: 'Try again when the store answers.',
        },
      );
      for (const one of batch) one.reject(error);
    }
  }
}
