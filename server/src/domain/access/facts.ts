/**
 * Facts that decisions about a source rest on, and the channel that says when they changed (decisions.md 29).
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { touch } from './changes.ts';

/** The source's own part of the facts. */
export interface SourceRow {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  readonly tenantUid: string;
  readonly name: string;
  /** Null for kinds that are stored but cannot run. */
  readonly engine: string | null;
  readonly ownerId: number;
  readonly ownerName: string;
  /** Set when a built-in user owns it (decisions.md 6). */
  readonly ownerBuiltin: 'fetcher' | 'sdps' | null;
  /** Restricts the owner exactly; null = unrestricted. */
  readonly permissions: readonly number[] | null;
  readonly visibility: 'private' | 'workspace' | 'tenant';
  /** A group data source: its members are sources. */
  readonly isGroup: boolean;
  readonly workspaceId: number | null;
  readonly enabled: boolean;
  readonly complete: boolean;
  readonly version: number;
  readonly settingsVersion: number;
  readonly sharesCredential: boolean;
  readonly pinnedCredential: CredentialKind | null;
}

export type CredentialKind = 'source' | 'workspace' | 'personal';

/** A share as decisions see it. */
export interface ShareFacts {
  readonly permissions: readonly number[];
  readonly expiresAt: Date | null;
  /** Pins the kind of credential used under this share. */
  readonly credentialKind: CredentialKind | null;
  readonly version: number;
}

/**
 * What is known of a source from one subject's point of view. The object stays the same while it is fresh (≤ 1 s,
 * dropped when it changes), so that others may keep what they derive from it beside it.
 */
export interface SourceFacts {
  readonly source: SourceRow;
  readonly userShare: ShareFacts | null;
  /** Shares to groups of the subject. */
  readonly groupShares: readonly ShareFacts[];
  readonly tenantShare: ShareFacts | null;
  /** The subject belongs to the unarchived workspace that is the source's home. */
  readonly memberOfWorkspace: boolean;
  /** A workspace that the subject belongs to holds a credential for the source (decisions.md 15). */
  readonly workspacePair: boolean;
  /** Some dataset over the source has row or column rules: whether one binds the subject is asked apart. */
  readonly ruled: boolean;
  /** When these were read, ms since the epoch. */
  readonly loadedAt: number;
}

/** Name of the NOTIFY channel. */
export const factsChannel = 'headgate_facts';

/** What changed: user, source, group, tenant, role, workspace with its id, or everything. */
export type Fact = `${'u' | 's' | 'g' | 't' | 'r' | 'w'}:${number}` | '*';

/**
 * Says, inside the changing transaction, which facts change; other nodes hear it when the transaction commits. On
 * this node nothing about them is served from memory from now until then, so that a change holds at once.
 *
 * @example await announce(trx, `s:${sourceId}`, `u:${userId}`);
 */
export async function announce(executor: Executor, ...facts: Fact[]): Promise<void> {
  if (facts.length === 0) return;
  touch(facts);
  await sql`select pg_notify(${factsChannel}, fact) from unnest(${facts}::text[]) as fact`.execute(executor);
}
