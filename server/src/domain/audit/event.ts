/** What an audit event is made of, and how it is written down so that one hash binds every part of it. */

import { hash as digest } from 'node:crypto';

export type AuditOutcome = 'allowed' | 'denied' | 'failed';

/** What a service says happened. Who, where and when come from the principal and the clock. */
export interface AuditInput {
  /** `noun.verb`: `source.update`, `session.create`. */
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly resource?: { readonly type: string; readonly uid: string | null; readonly name: string } | undefined;
  /** Whose chain it joins: the resource's tenant; the subject's when absent. */
  readonly tenantId?: number | undefined;
  /** Anything that JSON holds; never a secret. */
  readonly detail?: object | undefined;
}

/** An event as listed and exported. */
export interface AuditEntry {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  /** The store's transaction id. */
  readonly txid: string;
  /** ISO 8601, UTC, ms. */
  readonly at: string;
  readonly action: string;
  readonly outcome: string;
  readonly door: string;
  readonly actorId: number | null;
  readonly actor: string | null;
  readonly subjectId: number | null;
  readonly subject: string | null;
  readonly resourceType: string | null;
  readonly resourceUid: string | null;
  readonly resource: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly detail: unknown;
  /** Place in its tenant's chain, from 1; null while not sealed yet (about a second). */
  readonly sequence: number | null;
  /** Hex SHA-256 of the chain up to here; null while not sealed. */
  readonly hash: string | null;
}

/** A signed statement: the chain of a tenant had this hash at this sequence at this time. */
export interface AuditCheckpoint {
  readonly tenantId: number;
  readonly sequence: number;
  /** Hex. */
  readonly hash: string;
  /** ISO 8601, UTC, ms. */
  readonly at: string;
  readonly keyId: string;
  /** Base64 Ed25519. */
  readonly signature: string;
}

/** What to list or export. */
export interface AuditFilter {
  /** Exactly, or a prefix that ends in `.`: `source.`. */
  readonly action?: string | undefined;
  readonly outcome?: string | undefined;
  /** User name of the actor. */
  readonly actor?: string | undefined;
  /** Name or uid of the resource. */
  readonly resource?: string | undefined;
  /** Tenant slug. */
  readonly tenant?: string | undefined;
  readonly door?: string | undefined;
  /** Of a statement: whatever its literals. */
  readonly fingerprint?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** The columns of an event as stored, in the order in which they are hashed. */
export interface StoredEvent {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly txid: string;
  readonly at: Date;
  readonly action: string;
  readonly outcome: string;
  readonly door: string;
  readonly actor_id: number | null;
  readonly actor: string | null;
  readonly subject_id: number | null;
  readonly subject: string | null;
  readonly resource_type: string | null;
  readonly resource_uid: string | null;
  readonly resource: string | null;
  readonly request_id: string | null;
  readonly address: string | null;
  /** The jsonb's own text: every digit of it is bound. */
  readonly detail: string;
}

/** What of an event is hashed beside the text of its detail. */
export type HashedEvent = Omit<AuditEntry, 'detail' | 'sequence' | 'hash'>;

/** A stored event as hashed. */
export function toHashed(row: StoredEvent): HashedEvent {
  return {
    id: row.id,
    uid: row.uid,
    tenantId: row.tenant_id,
    txid: row.txid,
    at: row.at.toISOString(),
    action: row.action,
    outcome: row.outcome,
    door: row.door,
    actorId: row.actor_id,
    actor: row.actor,
    subjectId: row.subject_id,
    subject: row.subject,
    resourceType: row.resource_type,
    resourceUid: row.resource_uid,
    resource: row.resource,
    requestId: row.request_id,
    address: row.address,
  };
}

/** A stored event as shown. */
export function toEntry(row: StoredEvent & { sequence: number | null; hash: Uint8Array | null }): AuditEntry {
  return {
    ...toHashed(row),
    detail: JSON.parse(row.detail),
    sequence: row.sequence,
    hash: row.hash === null ? null : Buffer.from(row.hash).toString('hex'),
  };
}

/**
 * The chain's hash after an event.
 *
 *   hash(n) = SHA-256( hash(n−1) ‖ canonical(event n) )
 *   hash(0) = SHA-256( "headgate audit v1 tenant <tenant id>" )
 *
 * canonical = UTF-8 of a JSON array without spaces: [sequence, id, uid, tenantId, txid, at, action, outcome, door, actorId,
 * actor, subjectId, subject, resourceType, resourceUid, resource, requestId, address, detailText]: every stored field,
 * each in one fixed spelling. `detailText` is the detail as the store prints jsonb (`jsonbText`).
 */
export function chainHash(previous: Uint8Array, sequence: number, entry: HashedEvent, detailText: string): Buffer {
  const canonical = JSON.stringify([
    sequence,
    entry.id,
    entry.uid,
    entry.tenantId,
    entry.txid,
    entry.at,
    entry.action,
    entry.outcome,
    entry.door,
    entry.actorId,
    entry.actor,
    entry.subjectId,
    entry.subject,
    entry.resourceType,
    entry.resourceUid,
    entry.resource,
    entry.requestId,
    entry.address,
    detailText,
  ]);
  // One call over one buffer: a hash object for each event would cost more than the hash.
  const bytes = Buffer.allocUnsafe(previous.length + canonical.length * 3);
  bytes.set(previous);
  const length = previous.length + bytes.write(canonical, previous.length);
  return digest('sha256', bytes.subarray(0, length), 'buffer');
}

/** The hash that a tenant's chain starts from. */
export function genesis(tenantId: number): Buffer {
  return digest('sha256', `headgate audit v1 tenant ${tenantId}`, 'buffer');
}

/** What a checkpoint's signature is over. */
export function checkpointText(checkpoint: Omit<AuditCheckpoint, 'signature'>): Buffer {
  const { tenantId, sequence, hash, at, keyId } = checkpoint;
  return Buffer.from(`headgate audit checkpoint v1\n${tenantId}\n${sequence}\n${hash}\n${at}\n${keyId}\n`);
}
