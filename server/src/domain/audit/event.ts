/** What an audit event is made of, and how it is written down so that one hash binds every part of it. */

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
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}
