/**
 * Signing in: password, session token, API token, JWT (decisions.md 22–24; F4). Each way is a small strategy that ends
 * in one `Principal`.
 *
 * What a failed sign-in gives away: nothing about whether the name exists. Known and unknown names take the same
 * steps (one look-up, one argon2id check, one count, one audit event), get the same answer, and lock alike.
 */
import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { Changes, FactsCache } from '../access/cache.ts';
import { announce } from '../access/facts.ts';
import { type DomainError, UnauthenticatedError } from '../errors.ts';
import { BearerTokens } from './bearer.ts';
import type { IdentityDeps } from './deps.ts';
import { JwtVerifier } from './jwt.ts';
import { JwtUsers } from './jwt-users.ts';
import { Lockout } from './lockout.ts';
import { foldName } from './names.ts';
import type { Passwords } from './passwords.ts';
import { anonymousPrincipal, type Principal, principalOf, type RequestContext } from './principal.ts';
import type { Principals, UserRecord } from './principals.ts';
import { tokenKey, tokenKind } from './secrets.ts';
import type { Sessions } from './sessions.ts';
import type { Users } from './users.ts';
import type { UserView } from './views.ts';

/** A new session. `token` is shown once. */
export interface SignIn {
  readonly token: string;
  readonly expiresAt: Date;
  readonly user: UserView;
  /** Uid of the session. */
  readonly uid: string;
  readonly principal: Principal;
}

export interface AuthenticatorParts {
  readonly passwords: Passwords;
  readonly principals: Principals;
  readonly users: Users;
  readonly sessions: Sessions;
}

/** What the store knows of a name. */
interface Candidate {
  readonly userId: number;
  readonly authVersion: number;
  readonly passwordHash: string | null;
  readonly active: boolean;
}

const invalidToken = (): UnauthenticatedError =>
  new UnauthenticatedError('invalid_token', 'This token is not valid, or not any more.', {
    remedy: 'Sign in again, or make a new API token.',
  });

const invalidCredentials = (): UnauthenticatedError =>
  new UnauthenticatedError('invalid_credentials', 'The user name or the password is wrong.');

function lockedOut(until: Date, now: Date): UnauthenticatedError {
  const seconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000));
  return new UnauthenticatedError('sign_in_locked', 'Sign-in under this name is locked after too many failures.', {
    remedy: 'Wait, or ask an administrator to unlock it.',
    extra: { retryAfterSeconds: seconds },
  });
}

const jwtCapacity = 20_000;
const nameCapacity = 20_000;
const maxNameLength = 256;
const maxPasswordInput = 1024;

export class Authenticator {
  readonly #deps: IdentityDeps;
  readonly #parts: AuthenticatorParts;
  readonly #bearer: BearerTokens;
  readonly #lockout: Lockout;
  readonly #jwt: JwtVerifier;
  readonly #jwtUsers: JwtUsers;
  /** JWTs checked in the last second. */
  readonly #jwts: FactsCache<{ userId: number; scopes: ReadonlySet<string> | null; expiresAt: number }>;
  /** Folded name → user id, of names that signed in by `basic` in the last second. */
  readonly #names: FactsCache<number>;
  /** Checks of one name go one after another here, so that parallel guesses do not outrun the lock. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(deps: IdentityDeps, parts: AuthenticatorParts) {
    this.#deps = deps;
    this.#parts = parts;
    this.#bearer = new BearerTokens(deps);
    this.#lockout = new Lockout(deps);
    this.#jwt = new JwtVerifier(deps.config.jwtIssuers, { clock: deps.clock });
    this.#jwtUsers = new JwtUsers(deps);
    this.#jwts = new FactsCache(Changes.of(deps.store), jwtCapacity);
    this.#names = new FactsCache(Changes.of(deps.store), nameCapacity);
  }

  /**
   * Opens a session. Throws UnauthenticatedError `invalid_credentials`, the same for an unknown name, a wrong
   * password and an inactive user; `sign_in_locked` after too many failures, also for names that do not exist.
   */
  async signIn(
    credentials: { readonly username: string; readonly password: string },
    context: RequestContext,
  ): Promise<SignIn> {
    const record = await this.#byPassword(credentials.username, credentials.password, context);
    const { user } = record;
    const session = await this.#deps.store.transaction(async (trx) => {
      const opened = await this.#parts.sessions.open(trx, { id: user.id, authVersion: record.authVersion }, context);
      await trx
        .updateTable('user_account')
        .set({ last_sign_in_at: this.#deps.clock.now() })
        .where('id', '=', user.id)
        .execute();
      await this.#deps.audit.record(trx, principalOf(user, context, { method: 'session', credentialUid: opened.uid }), {
        action: 'session.create',
        outcome: 'allowed',
        resource: { type: 'session', uid: opened.uid, name: user.username },
      });
      return opened;
    });
    const principal = principalOf(user, context, { method: 'session', credentialUid: session.uid });
    return { ...session, user: await this.#parts.users.view(user.id), principal };
  }

  /** The principal of a session token, API token or JWT. Throws UnauthenticatedError `invalid_token`. */
  async bearer(token: string, context: RequestContext): Promise<Principal> {
    const kind = tokenKind(token);
    if (kind === 'unknown') throw invalidToken();
    if (kind === 'jwt') return this.#byJwt(token, context);
    const known = await this.#bearer.find(kind, token);
    if (known === null) throw invalidToken();
    const record = this.#parts.principals.cached(known.userId) ?? (await this.#parts.principals.recordOf(known.userId));
    if (record === null || !this.#bearer.fits(known, record)) throw invalidToken();
    this.#bearer.noteUse(known);
    return principalOf(record.user, context, { method: kind, scopes: known.scopes, credentialUid: known.uid });
  }

  /**
   * The principal of a name and password sent with each request; an API token of that user may stand as password.
   * Throws like `signIn`.
   */
  async basic(username: string, password: string, context: RequestContext): Promise<Principal> {
    if (tokenKind(password) === 'api_token') {
      const principal = await this.bearer(password, context).catch(() => null);
      if (principal !== null && foldName(principal.subject.username) === foldName(username)) return principal;
    }
    const folded = foldName(username);
    const known = this.#rememberedUser(folded, password);
    if (known !== null) return principalOf(known.user, context, { method: 'password' });
    const { user } = await this.#byPassword(username, password, context);
    await this.#names.through(
      folded,
      async () => user.id,
      () => [`u:${user.id}`],
    );
    return principalOf(user, context, { method: 'password' });
  }

  /**
   * Checks the caller's own password, e.g. before it is changed. Counts and locks like a sign-in.
   * Throws like `signIn`.
   */
  async confirm(principal: Principal, password: string): Promise<void> {
    const { door, requestId, address } = principal;
    await this.#byPassword(principal.actor.username, password, { door, requestId, address });
  }

  /** Removes sessions that have ended and counts of failures that no longer matter. */
  async sweep(): Promise<void> {
    await this.#parts.sessions.sweep();
    await this.#lockout.sweep(this.#deps.store.db);
  }

  /** Waits for background writes. */
  async close(): Promise<void> {
    await this.#bearer.settle();
  }

  /** Whom this password was checked for in the last minutes, when all of it is in memory and no lock is known. */
  #rememberedUser(folded: string, password: string): UserRecord | null {
    const userId = this.#names.get(folded);
    const record = userId === undefined ? undefined : this.#parts.principals.cached(userId);
    if (record === undefined) return null;
    if (record.lockedUntil !== null && record.lockedUntil > this.#deps.clock.now()) return null;
    return this.#parts.passwords.remembers(record.user.id, record.authVersion, password) ? record : null;
  }

  async #byJwt(token: string, context: RequestContext): Promise<Principal> {
    const known = await this.#jwts.through(
      tokenKey(token),
      async () => {
        const claims = await this.#jwt.verify(token);
        const userId = await this.#jwtUsers.userOf(claims, context);
        return userId === null ? null : { userId, scopes: claims.scopes, expiresAt: claims.expiresAt };
      },
      (one) => [`u:${one.userId}`],
    );
    if (known === null || known.expiresAt <= this.#deps.clock.now().getTime()) throw invalidToken();
    const record = this.#parts.principals.cached(known.userId) ?? (await this.#parts.principals.recordOf(known.userId));
    if (record === null) throw invalidToken();
    return principalOf(record.user, context, { method: 'jwt', scopes: known.scopes });
  }

  async #byPassword(username: string, password: string, context: RequestContext): Promise<UserRecord> {
    if (username.length > maxNameLength || password.length > maxPasswordInput || username.includes('\0')) {
      throw invalidCredentials();
    }
    const folded = foldName(username);
    return this.#inTurn(folded, async () => {
      const { candidate, lockedUntil, failures } = await this.#look(folded);
      const now = this.#deps.clock.now();
      if (lockedUntil !== null && lockedUntil > now) {
        await this.#audit(context, folded, candidate, 'locked');
        throw lockedOut(lockedUntil, now);
      }
      if (!(await this.#fits(candidate, password))) throw await this.#failed(context, folded, candidate);
      if (failures > 0) await this.#lockout.clear(this.#deps.store.db, folded);
      const record = await this.#parts.principals.recordOf(candidate!.userId); // it fits, so there is one
      if (record === null) throw invalidCredentials();
      return record;
    });
  }

  async #look(folded: string): Promise<{ candidate: Candidate | null; lockedUntil: Date | null; failures: number }> {
    const { rows } = await sql<{
      user_id: number | null;
      auth_version: number;
      password_hash: string | null;
      status: string;
      locked_until: Date | null;
      failures: number | null;
    }>`
      select u.id as user_id, u.auth_version, u.password_hash, u.status, f.locked_until, f.failures
      from (select ${folded}::text as name) q
        left join sign_in_failure f on f.username_folded = q.name
        left join user_account u on u.username_folded = q.name and u.builtin is null`.execute(this.#deps.store.db);
    const row = rows[0]!; // the left joins keep the one row
    const candidate =
      row.user_id === null
        ? null
        : {
            userId: row.user_id,
            authVersion: row.auth_version,
            passwordHash: row.password_hash,
            active: row.status === 'active',
          };
    return { candidate, lockedUntil: row.locked_until, failures: row.failures ?? 0 };
  }

  /** One argon2id check whatever the candidate, unless the same check succeeded in the last minutes. */
  async #fits(candidate: Candidate | null, password: string): Promise<boolean> {
    const { passwords } = this.#parts;
    if (candidate?.active && passwords.remembers(candidate.userId, candidate.authVersion, password)) return true;
    const stored = candidate?.active ? candidate.passwordHash : null;
    const { ok, stale } = await passwords.check(stored, password);
    if (!ok || candidate === null) return false;
    passwords.remember(candidate.userId, candidate.authVersion, password);
    if (stale) await this.#rehash(candidate, password);
    return true;
  }

  /** Stores a hash at today's cost; the password is the same, so sessions go on. */
  async #rehash(candidate: Candidate, password: string): Promise<void> {
    const hashed = await this.#parts.passwords.hash(password);
    await this.#deps.store.db
      .updateTable('user_account')
      .set({ password_hash: hashed })
      .where('id', '=', candidate.userId)
      .where('auth_version', '=', candidate.authVersion)
      .execute();
  }

  /** Counts a failure; answers the error to throw. */
  async #failed(context: RequestContext, folded: string, candidate: Candidate | null): Promise<DomainError> {
    const failure = await this.#lockout.fail(this.#deps.store.db, folded);
    await this.#audit(context, folded, candidate, 'wrong');
    if (failure.lockedUntil === null) return invalidCredentials();
    // An unknown name announces too: the same work, and nobody's fact is user 0.
    await announce(this.#deps.store.db, `u:${candidate?.userId ?? 0}`);
    await this.#audit(context, folded, candidate, 'lock');
    return lockedOut(failure.lockedUntil, this.#deps.clock.now());
  }

  /**
   * A name that does not exist may be a password typed into the wrong field: audit keeps a fingerprint of it only.
   */
  async #audit(
    context: RequestContext,
    folded: string,
    candidate: Candidate | null,
    what: 'wrong' | 'locked' | 'lock',
  ): Promise<void> {
    const name = candidate === null ? `unknown ${hash('sha256', folded).slice(0, 8)}` : folded;
    const record = candidate === null ? null : await this.#parts.principals.recordOf(candidate.userId);
    await this.#deps.audit.recordNow(anonymousPrincipal(context), {
      action: what === 'lock' ? 'user.lock' : 'session.create',
      outcome: what === 'lock' ? 'allowed' : 'denied',
      resource: { type: 'user', uid: record?.user.uid ?? null, name },
      ...(record === null ? {} : { tenantId: record.user.tenantId }),
      detail: { reason: what === 'wrong' ? 'invalid_credentials' : 'too_many_failures' },
    });
  }

  async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#turns.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(name) === mine) this.#turns.delete(name);
    }
  }
}
