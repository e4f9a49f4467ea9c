/**
 * Whether there is a pair for what a caller wants to do at a source, and pairs that a database has refused: good → marked
 * by a refused sign-in → good again by a new pair (chorus.md §5, §6.3).
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { ConflictError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { Credentials, ResolvedCredential } from '../sources/index.ts';
import { recordActivity } from './activities.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { FoundSource } from './found-source.ts';
import { notify } from './notifications.ts';
import { SourceForbiddenError } from './refusals.ts';

export interface PairsDeps extends Pick<WorkspaceDeps, 'store' | 'clock' | 'audit'> {
  readonly credentials: Pick<Credentials, 'resolve'>;
}

/** A pair as whoever connects with it knows it. */
export interface UsedPair {
  readonly uid: string;
  readonly version: number;
}

interface MarkedRow {
  readonly id: number;
  readonly tenant_id: number;
  readonly source_id: number;
  readonly kind: string;
  readonly workspace_id: number | null;
  readonly owner_id: number;
}

export class Pairs {
  readonly #deps: PairsDeps;

  constructor(deps: PairsDeps) {
    this.#deps = deps;
  }

  /**
   * Finds a pair with which the caller may read the source: in this workspace when one is named, else outside of any or
   * in one of the caller's own; the workspace whose pair it is, when it is one's. Throws SourceForbiddenError when there
   * is none, and for one that is known to be refused.
   */
  async require(principal: Principal, found: FoundSource, workspaceUid?: string): Promise<string | undefined> {
    const resolve = (named: string | undefined): Promise<ResolvedCredential | undefined> =>
      this.#deps.credentials
        .resolve(principal, found.facts, { level: 'read', ...(named === undefined ? {} : { workspaceUid: named }) })
        .catch((error: unknown) => {
          if (error instanceof ConflictError && error.code === 'credential_missing') return undefined;
          throw error;
        });
    let named = workspaceUid;
    let pair = await resolve(named);
    if (pair === undefined && workspaceUid === undefined) {
      named = await this.#ownWorkspace(principal, found);
      pair = named === undefined ? undefined : await resolve(named);
    }
    if (pair === undefined) throw new SourceForbiddenError(found.summary);
    const row = await this.#deps.store.db
      .selectFrom('credential')
      .select('refused_at')
      .where('uid', '=', pair.uid)
      .executeTakeFirst();
    if (row?.refused_at != null) throw new SourceForbiddenError(found.summary, true);
    return pair.kind === 'workspace' ? named : undefined;
  }

  /** The first workspace of the caller that has a pair for the source. */
  async #ownWorkspace({ subject }: Principal, found: FoundSource): Promise<string | undefined> {
    const { rows } = await sql<{ uid: string }>`
      select w.uid from credential c join workspace w on w.id = c.workspace_id
      where c.source_id = ${found.row.source_id} and c.kind = 'workspace' and c.secret_sealed is not null
        and w.id = any(${[...subject.workspaceIds]}::bigint[]) order by w.id limit 1`.execute(this.#deps.store.db);
    return rows[0]?.uid;
  }

  /**
   * The database has refused this pair: it is marked once, and its owner notified once. A version that is no more the
   * stored one changes nothing.
   */
  async markRefused({ uid, version }: UsedPair): Promise<void> {
    const { store, clock } = this.#deps;
    await store.transaction(async (trx) => {
      const { rows } = await sql<MarkedRow>`
        update credential c set refused_at = ${clock.now()} from data_source s
        where c.uid = ${uid} and c.version = ${version} and c.refused_at is null and s.id = c.source_id
        returning c.id, c.tenant_id, c.source_id, c.kind, c.workspace_id, case c.kind when 'personal' then c.user_id
          when 'workspace' then coalesce(c.holder_id, (select w.owner_id from workspace w where w.id = c.workspace_id))
          else s.owner_id end as owner_id`.execute(trx);
      if (rows[0] !== undefined) await tellOwner(trx, rows[0]);
    });
  }
}

async function tellOwner(trx: Executor, pair: MarkedRow): Promise<void> {
  const id = await recordActivity(trx, {
    tenantId: pair.tenant_id,
    actorId: 0,
    action: 'CredentialsInvalid',
    workspaceId: pair.workspace_id,
    entityType: 'data_source',
    entityId: pair.source_id,
    seenBy: pair.owner_id,
    detail: { scope: pair.kind },
  });
  await notify(trx, pair.tenant_id, [pair.owner_id], id);
}
