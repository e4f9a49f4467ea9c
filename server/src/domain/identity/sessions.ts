/** Sign-in sessions: opened by the authenticator, listed and ended by their user. */
import type { Executor } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/facts.ts';
import { NotFoundError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import type { Principal, RequestContext } from './principal.ts';
import { requireScope } from './scopes.ts';
import { newSessionToken, newShortSessionToken, tokenHash } from './secrets.ts';
import type { SessionView } from './views.ts';

/** What a session is held to; absent members take what is usual. */
export interface SessionTerms {
  /** Scopes as on API tokens; none = everything its user may. */
  readonly scopes?: readonly string[];
  /** Its life; the setting `sessionTtlMinutes` unless said. */
  readonly minutes?: number;
}

export class Sessions {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /**
   * Opens a session of a user; for the authenticator. The token is in nobody's hands but the caller's. It ends when
   * `serviceId`, the sign-in service that it came by (null = internal), is switched off. `terms`: as asked for at sign-in.
   */
  async open(
    executor: Executor,
    user: { readonly id: number; readonly authVersion: number },
    context: RequestContext,
    serviceId: number | null = null,
    terms: SessionTerms = {},
  ): Promise<{ token: string; uid: string; createdAt: Date; expiresAt: Date }> {
    const token = context.door === 'chorus' ? newShortSessionToken() : newSessionToken();
    const uid = uuidv7();
    const now = this.#deps.clock.now();
    const minutes = terms.minutes ?? this.#deps.config.sessionTtlMinutes;
    const expiresAt = new Date(now.getTime() + minutes * 60_000);
    await executor
      .insertInto('session')
      .values({
        token_hash: tokenHash(token),
        uid,
        user_id: user.id,
        auth_version: user.authVersion,
        service_id: serviceId,
        scopes: [...(terms.scopes ?? [])],
        door: context.door,
        user_agent: context.userAgent?.replaceAll('\0', '').slice(0, 512) ?? null,
        address: context.address,
        created_at: now,
        last_seen_at: now,
        expires_at: expiresAt,
      })
      .execute();
    return { token, uid, createdAt: now, expiresAt };
  }

  /** The session that the principal signed in with; null when it signed in otherwise. */
  async current(principal: Principal): Promise<SessionView | null> {
    const all = await this.list(principal);
    return all.find((session) => session.current) ?? null;
  }

  /** The caller's sessions that have not ended, newest first. */
  async list(principal: Principal): Promise<SessionView[]> {
    const rows = await this.#deps.store.db
      .selectFrom('session as s')
      .innerJoin('user_account as u', 'u.id', 's.user_id')
      .select(['s.uid', 's.door', 's.address', 's.user_agent', 's.created_at', 's.last_seen_at', 's.expires_at'])
      .where('s.user_id', '=', principal.actor.id)
      .whereRef('s.auth_version', '=', 'u.auth_version')
      .where('s.expires_at', '>', this.#deps.clock.now())
      .orderBy('s.created_at', 'desc')
      .orderBy('s.uid', 'desc')
      .limit(500)
      .execute();
    return rows.map((row) => ({
      id: row.uid,
      door: row.door,
      address: row.address,
      userAgent: row.user_agent,
      createdAt: row.created_at,
      lastSeenAt: row.last_seen_at,
      expiresAt: row.expires_at,
      current: principal.method === 'session' && row.uid === principal.credentialUid,
    }));
  }

  /** Ends the session that the principal signed in with. No error when it signed in otherwise, or twice. */
  async signOut(principal: Principal): Promise<void> {
    if (principal.method !== 'session' || principal.credentialUid === null) return;
    await this.#end(principal, principal.credentialUid);
  }

  /** Ends one of the caller's sessions. Throws NotFoundError `session_not_found`. */
  async revoke(principal: Principal, uid: string): Promise<void> {
    requireScope(principal, 'write');
    if (!isUuid(uid) || !(await this.#end(principal, uid))) {
      throw new NotFoundError('session_not_found', 'There is no such session of yours.');
    }
  }

  /** Lets the session that the principal signed in with last from now on for so long. */
  async extend(principal: Principal, minutes: number): Promise<void> {
    if (principal.method !== 'session' || principal.credentialUid === null) return;
    const until = new Date(this.#deps.clock.now().getTime() + minutes * 60_000);
    await this.#deps.store.transaction(async (trx) => {
      await trx
        .updateTable('session')
        .set({ expires_at: until })
        .where('uid', '=', principal.credentialUid)
        .where('user_id', '=', principal.actor.id)
        .execute();
      await announce(trx, `u:${principal.actor.id}`);
    });
  }

  /** Removes sessions that have ended by themselves. */
  async sweep(): Promise<void> {
    await this.#deps.store.db.deleteFrom('session').where('expires_at', '<', this.#deps.clock.now()).execute();
  }

  async #end(principal: Principal, uid: string): Promise<boolean> {
    const { actor } = principal;
    return this.#deps.store.transaction(async (trx) => {
      const gone = await trx
        .deleteFrom('session')
        .where('uid', '=', uid)
        .where('user_id', '=', actor.id)
        .returning('uid')
        .executeTakeFirst();
      if (gone === undefined) return false;
      await this.#deps.audit.record(trx, principal, {
        action: 'session.end',
        outcome: 'allowed',
        resource: { type: 'session', uid, name: actor.username },
      });
      await announce(trx, `u:${actor.id}`);
      return true;
    });
  }
}
