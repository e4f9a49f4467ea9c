/**
 * Looking a session token or API token up: the hot path of every request. Known tokens are answered from memory for at
 * most a second; a revoked one is dropped at once here and when the store tells on other nodes (decisions.md 29).
 */
import type { Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import { Changes, FactsCache } from '../access/cache.ts';
import type { Clock } from '../clock.ts';
import type { UserRecord } from './principals.ts';
import { tokenHash, tokenKey } from './secrets.ts';

/** A token that is known. */
export interface KnownToken {
  readonly kind: 'session' | 'api_token';
  readonly uid: string;
  readonly userId: number;
  /** Of sessions: ends when the user's changes. Null for API tokens. */
  readonly authVersion: number | null;
  readonly scopes: ReadonlySet<string> | null;
  /** ms since the epoch; null = never. */
  readonly expiresAt: number | null;
  /** ms since the epoch; moves forward as the token is used. */
  lastUsedAt: number;
}

export interface BearerDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly config: { readonly sessionIdleMinutes?: number | undefined };
}

const capacity = 50_000;
/** How often the last use of a token is written down. */
const noteEveryMs = 60_000;

export class BearerTokens {
  readonly #deps: BearerDeps;
  readonly #cache: FactsCache<KnownToken>;
  readonly #writes = new Set<Promise<unknown>>();

  constructor(deps: BearerDeps) {
    this.#deps = deps;
    this.#cache = new FactsCache(Changes.of(deps.store), capacity);
  }

  /** The token when it is valid now, apart from its user; null otherwise. */
  async find(kind: 'session' | 'api_token', token: string): Promise<KnownToken | null> {
    const key = tokenKey(token);
    const known = this.#cache.get(key) ?? (await this.#read(kind, token, key));
    return known !== null && this.#isLive(known) ? known : null;
  }

  /** Whether a token still counts for its user. */
  fits(token: KnownToken, record: UserRecord): boolean {
    return token.authVersion === null || token.authVersion === record.authVersion;
  }

  /** Writes the use down, at most once a minute and without anybody waiting for it. */
  noteUse(token: KnownToken): void {
    const now = this.#deps.clock.now();
    if (now.getTime() - token.lastUsedAt < noteEveryMs) return;
    token.lastUsedAt = now.getTime();
    const write = this.#write(token, now)
      .catch((error: unknown) => this.#deps.log.debug({ err: error }, 'the last use of a token was not written'))
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  /** Resolves when no write is under way. */
  async settle(): Promise<void> {
    await Promise.all(this.#writes);
  }

  #isLive(token: KnownToken): boolean {
    const now = this.#deps.clock.now().getTime();
    if (token.expiresAt !== null && token.expiresAt <= now) return false;
    const idle = this.#deps.config.sessionIdleMinutes ?? 0;
    return token.kind !== 'session' || idle === 0 || now - token.lastUsedAt < idle * 60_000;
  }

  #read(kind: 'session' | 'api_token', token: string, key: string): Promise<KnownToken | null> {
    const hash = tokenHash(token);
    return this.#cache.through(
      key,
      () => (kind === 'session' ? this.#readSession(hash) : this.#readApiToken(hash)),
      (known) => [`u:${known.userId}`],
    );
  }

  async #readSession(hash: Buffer): Promise<KnownToken | null> {
    const row = await this.#deps.store.db
      .selectFrom('session')
      .select(['uid', 'user_id', 'auth_version', 'scopes', 'expires_at', 'last_seen_at'])
      .where('token_hash', '=', hash)
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      kind: 'session',
      uid: row.uid,
      userId: row.user_id,
      authVersion: row.auth_version,
      scopes: row.scopes.length === 0 ? null : new Set(row.scopes),
      expiresAt: row.expires_at.getTime(),
      lastUsedAt: row.last_seen_at.getTime(),
    };
  }

  async #readApiToken(hash: Buffer): Promise<KnownToken | null> {
    const row = await this.#deps.store.db
      .selectFrom('api_token')
      .select(['uid', 'user_id', 'scopes', 'expires_at', 'last_used_at'])
      .where('token_hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      kind: 'api_token',
      uid: row.uid,
      userId: row.user_id,
      authVersion: null,
      scopes: row.scopes.length === 0 ? null : new Set(row.scopes),
      expiresAt: row.expires_at?.getTime() ?? null,
      lastUsedAt: row.last_used_at?.getTime() ?? 0,
    };
  }

  async #write(token: KnownToken, now: Date): Promise<void> {
    const { db } = this.#deps.store;
    const before = new Date(now.getTime() - noteEveryMs);
    if (token.kind === 'session') {
      await db
        .updateTable('session')
        .set({ last_seen_at: now })
        .where('uid', '=', token.uid)
        .where('last_seen_at', '<=', before)
        .execute();
      return;
    }
    await db
      .updateTable('api_token')
      .set({ last_used_at: now })
      .where('uid', '=', token.uid)
      .where('revoked_at', 'is', null)
      .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<=', before)]))
      .execute();
  }
}
