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
import { ConflictError, type DomainError, InvalidError, UnauthenticatedError } from '../errors.ts';
import { BearerTokens } from './bearer.ts';
import type { IdentityDeps } from './deps.ts';
import { JwtVerifier, unverifiedIssuer } from './jwt.ts';
import { JwtUsers } from './jwt-users.ts';
import type { Lockout } from './lockout.ts';
import { foldName } from './names.ts';
import type { Passwords } from './passwords.ts';
import {
  anonymousPrincipal,
  type Principal,
  type PrincipalUser,
  principalOf,
  type RequestContext,
} from './principal.ts';
import type { Principals, UserRecord } from './principals.ts';
import { tokenKey, tokenKind } from './secrets.ts';
import { internalServiceId, type ServiceRecord } from './services/model.ts';
import type { Arrival, OpenIdSignIn } from './services/openid.ts';
import { type PasswordAnswer, type PasswordsElsewhere, realmOf } from './services/passwords-elsewhere.ts';
import type { RunningServices } from './services/running.ts';
import type { Sessions, SessionTerms } from './sessions.ts';
import type { Users } from './users.ts';
import type { UserView } from './views.ts';

/** A new session. `token` is shown once. */
export interface SignIn {
  readonly token: string;
  readonly createdAt: Date;
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
  readonly lockout: Lockout;
  readonly services: RunningServices;
  readonly elsewhere: PasswordsElsewhere;
  readonly openId: OpenIdSignIn;
}

/** What a name and password are checked by. `service`: the name of one; absent = the user's own links decide. */
export interface PasswordCredentials {
  readonly username: string;
  readonly password: string;
  readonly service?: string | undefined;
}

/** What the store knows of a name. */
interface Candidate {
  readonly userId: number;
  /** Failures are counted by it. */
  readonly folded: string;
  /** Whether the password kept here counts. */
  readonly internal: boolean;
  /** The LDAP service that the user is linked to, and the login there. */
  readonly elsewhere: { readonly serviceId: number; readonly login: string } | null;
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

/** A password that fits. */
interface Fit {
  readonly record: UserRecord;
  /** Null = internal. */
  readonly service: ServiceRecord | null;
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
  /** Service and folded name → user, of names that signed in by `basic` in the last second. */
  readonly #names: FactsCache<{ readonly userId: number; readonly realm: string }>;
  /** Checks of one name go one after another here, so that parallel guesses do not outrun the lock. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(deps: IdentityDeps, parts: AuthenticatorParts) {
    this.#deps = deps;
    this.#parts = parts;
    this.#bearer = new BearerTokens(deps);
    this.#lockout = parts.lockout;
    this.#jwt = new JwtVerifier(deps.config.jwtIssuers, { clock: deps.clock });
    this.#jwtUsers = new JwtUsers(deps);
    this.#jwts = new FactsCache(Changes.of(deps.store), jwtCapacity);
    this.#names = new FactsCache(Changes.of(deps.store), nameCapacity);
  }

  /**
   * Opens a session. Throws UnauthenticatedError `invalid_credentials`, the same for an unknown name, a wrong
   * password and an inactive user; `sign_in_locked` after too many failures, also for names that do not exist;
   * InvalidError `sign_in_service_not_found`, `sign_in_service_kind`; UnavailableError `sign_in_service_unavailable`;
   * ForbiddenError `no_account` for somebody whom only the service knows.
   */
  async signIn(credentials: PasswordCredentials, context: RequestContext): Promise<SignIn> {
    const { record, service } = await this.#byPassword(credentials, context);
    return this.#open(record, service, context);
  }

  /**
   * The same on terms that depend on who it is: `termsOf` gets the user after the password has been found right, and
   * null from it is answered like a wrong password.
   */
  async signInOn(
    credentials: PasswordCredentials,
    context: RequestContext,
    termsOf: (user: PrincipalUser) => Promise<SessionTerms | null>,
  ): Promise<SignIn> {
    const { record, service } = await this.#byPassword(credentials, context);
    const terms = await termsOf(record.user);
    if (terms === null) throw invalidCredentials();
    return this.#open(record, service, context, terms);
  }

  /** Opens a session for whom an OpenID provider has sent back. Throws UnauthenticatedError for an inactive user. */
  async arrive(arrival: Arrival, context: RequestContext): Promise<SignIn> {
    const record = await this.#parts.principals.recordOf(arrival.userId);
    if (record === null) throw invalidCredentials();
    return this.#open(record, { id: arrival.serviceId }, context);
  }

  async #open(
    record: UserRecord,
    by: { readonly id: number; readonly name?: string } | null,
    context: RequestContext,
    terms?: SessionTerms,
  ): Promise<SignIn> {
    const { user } = record;
    const serviceId = by?.id ?? null;
    const service = by?.name;
    const session = await this.#deps.store.transaction(async (trx) => {
      const opened = await this.#parts.sessions.open(
        trx,
        { id: user.id, authVersion: record.authVersion },
        context,
        serviceId,
        terms,
      );
      await trx
        .updateTable('user_account')
        .set({ last_sign_in_at: this.#deps.clock.now() })
        .where('id', '=', user.id)
        .execute();
      await this.#deps.audit.record(trx, principalOf(user, context, { method: 'session', credentialUid: opened.uid }), {
        action: 'session.create',
        outcome: 'allowed',
        resource: { type: 'session', uid: opened.uid, name: user.username },
        ...(serviceId === null ? {} : { detail: { serviceId, ...(service === undefined ? {} : { service }) } }),
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
  async basic(username: string, password: string, context: RequestContext, service?: string): Promise<Principal> {
    if (tokenKind(password) === 'api_token') {
      const principal = await this.bearer(password, context).catch(() => null);
      if (principal !== null && foldName(principal.subject.username) === foldName(username)) return principal;
    }
    const key = `${service === undefined ? '' : foldName(service)}\n${foldName(username)}`;
    const known = this.#rememberedUser(key, password);
    if (known !== null) return principalOf(known.user, context, { method: 'password' });
    const { record, service: by } = await this.#byPassword({ username, password, service }, context);
    const { user } = record;
    await this.#names.through(
      key,
      async () => ({ userId: user.id, realm: by === null ? '' : realmOf(by) }),
      () => [`u:${user.id}`],
    );
    return principalOf(user, context, { method: 'password' });
  }

  /**
   * Checks the caller's own password, e.g. before it is changed. Counts and locks like a sign-in.
   * Throws like `signIn`; ConflictError `password_kept_elsewhere` when a service keeps it.
   */
  async confirm(principal: Principal, password: string): Promise<void> {
    if (!(await this.#parts.services.allowsInternal(principal.actor.id))) {
      throw new ConflictError('password_kept_elsewhere', 'Your password is kept by your sign-in service.', {
        remedy: 'Change it there.',
      });
    }
    const { door, requestId, address } = principal;
    const credentials = { username: principal.actor.username, password, service: 'internal' };
    await this.#byPassword(credentials, { door, requestId, address });
  }

  /** Removes sessions that have ended and counts of failures that no longer matter. */
  async sweep(): Promise<void> {
    await this.#parts.sessions.sweep();
    await this.#lockout.sweep(this.#deps.store.db);
    await this.#parts.openId.sweep();
  }

  /** Waits for background writes. */
  async close(): Promise<void> {
    await this.#bearer.settle();
  }

  /** Whom this password was checked for in the last minutes, when all of it is in memory and no lock is known. */
  #rememberedUser(key: string, password: string): UserRecord | null {
    const known = this.#names.get(key);
    const record = known === undefined ? undefined : this.#parts.principals.cached(known.userId);
    if (known === undefined || record === undefined) return null;
    if (record.lockedUntil !== null && record.lockedUntil > this.#deps.clock.now()) return null;
    const fits = this.#parts.passwords.remembers(record.user.id, record.authVersion, password, known.realm);
    return fits ? record : null;
  }

  async #byJwt(token: string, context: RequestContext): Promise<Principal> {
    const known = await this.#jwts.through(
      tokenKey(token),
      async () => {
        if (!this.#jwt.has(unverifiedIssuer(token))) return this.#parts.openId.bearer(token, context);
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

  async #byPassword(credentials: PasswordCredentials, context: RequestContext): Promise<Fit> {
    const { username, password } = credentials;
    if (username.length > maxNameLength || password.length > maxPasswordInput || username.includes('\0')) {
      throw invalidCredentials();
    }
    const chosen = credentials.service === undefined ? null : await this.#chosen(credentials.service);
    const folded = foldName(username);
    // A login at a service counts for the user it is linked to, together with the user's own name.
    const counted = chosen === null ? folded : ((await this.#look(folded, chosen)).candidate?.folded ?? folded);
    return this.#inTurn(counted, async () => {
      const { candidate, lockedUntil, failures } = await this.#look(folded, chosen);
      const now = this.#deps.clock.now();
      if (lockedUntil !== null && lockedUntil > now) {
        await this.#audit(context, counted, candidate, 'locked');
        throw lockedOut(lockedUntil, now);
      }
      const answer = await this.#check(candidate, chosen, credentials, context);
      if (answer.kind === 'locked') {
        await this.#audit(context, counted, candidate, 'locked');
        throw lockedOut(answer.until, now);
      }
      const record = answer.kind === 'user' ? await this.#parts.principals.recordOf(answer.userId) : null;
      if (answer.kind === 'wrong' || record === null) throw await this.#failed(context, counted, candidate);
      if (failures > 0) await this.#lockout.clear(this.#deps.store.db, counted);
      const { service } = answer;
      this.#parts.passwords.remember(
        record.user.id,
        record.authVersion,
        password,
        service === null ? '' : realmOf(service),
      );
      return { record, service };
    });
  }

  /** A service that a caller named: one that takes passwords. */
  async #chosen(name: string): Promise<ServiceRecord> {
    const service = await this.#parts.services.byName(name, 'service');
    if (service.kind === 'internal' || service.kind === 'ldap') return service;
    throw new InvalidError('sign_in_service_kind', `${service.name} takes no passwords.`, {
      field: 'service',
      remedy: `Open /api/v1/sign-in/oidc/${encodeURIComponent(service.name)}/start in a browser.`,
    });
  }

  /** By user name; with an LDAP service chosen, by the login linked there. */
  async #look(
    folded: string,
    chosen: ServiceRecord | null,
  ): Promise<{ candidate: Candidate | null; lockedUntil: Date | null; failures: number }> {
    const linked = chosen?.kind === 'ldap' ? chosen.id : null;
    const { rows } = await sql<{
      user_id: number | null;
      username_folded: string;
      auth_version: number;
      password_hash: string | null;
      status: string;
      locked_until: Date | null;
      failures: number | null;
      links: { serviceId: number; login: string | null; runs: boolean }[];
    }>`
      select u.id as user_id, u.username_folded, u.auth_version, u.password_hash, u.status, f.locked_until, f.failures,
        coalesce((select jsonb_agg(jsonb_build_object('serviceId', l.service_id, 'login', l.login,
              'runs', s.enabled and s.kind = 'ldap') order by l.id)
            from sign_in_link l join sign_in_service s on s.id = l.service_id where l.user_id = u.id),
          '[]'::jsonb) as links
      from (select ${folded}::text as name) q
        left join sign_in_link c on c.service_id = ${linked}::bigint and c.login_folded = q.name and q.name <> '*'
        left join user_account u on u.builtin is null
          and case when ${linked}::bigint is null then u.username_folded = q.name else u.id = c.user_id end
        left join sign_in_failure f on f.username_folded = coalesce(u.username_folded, q.name)`.execute(
      this.#deps.store.db,
    );
    const row = rows[0]!; // the left joins keep the one row
    const { lockedUntil, failures } = { lockedUntil: row.locked_until, failures: row.failures ?? 0 };
    if (row.user_id === null) return { candidate: null, lockedUntil, failures };
    const elsewhere = row.links.find((one) => one.runs && one.login !== null && one.login !== '*');
    const candidate = {
      userId: row.user_id,
      folded: row.username_folded,
      internal: row.links.length === 0 || row.links.some((one) => one.serviceId === internalServiceId),
      elsewhere: elsewhere === undefined ? null : { serviceId: elsewhere.serviceId, login: elsewhere.login! },
      authVersion: row.auth_version,
      passwordHash: row.password_hash,
      active: row.status === 'active',
    };
    return { candidate, lockedUntil, failures };
  }

  /**
   * Whatever the candidate: one argon2id check, then, where there are directories, the work of one check there. Only a
   * password that fits here, or was checked in the last minutes, saves the rest.
   */
  async #check(
    candidate: Candidate | null,
    chosen: ServiceRecord | null,
    { username, password }: PasswordCredentials,
    context: RequestContext,
  ): Promise<
    (PasswordAnswer & { kind: 'wrong' | 'locked' }) | { kind: 'user'; userId: number; service: ServiceRecord | null }
  > {
    const internal = candidate?.active === true && candidate.internal && chosen?.kind !== 'ldap';
    const { passwords, services } = this.#parts;
    const linked =
      chosen === null && candidate?.elsewhere ? await services.directoryService(candidate.elsewhere.serviceId) : null;
    const directory = chosen?.kind === 'ldap' ? chosen : linked;
    if (candidate?.active) {
      const { userId, authVersion } = candidate;
      if (internal && passwords.remembers(userId, authVersion, password))
        return { kind: 'user', userId, service: null };
      if (directory !== null && passwords.remembers(userId, authVersion, password, realmOf(directory))) {
        return { kind: 'user', userId, service: directory };
      }
    }
    if (await this.#fitsHere(internal ? candidate : null, password)) {
      return { kind: 'user', userId: candidate!.userId, service: null }; // it fits, so there is one
    }
    if (directory !== null) {
      const login = linked === null ? username : candidate!.elsewhere!.login; // the link was found by them
      const answer = await this.#parts.elsewhere.check(directory, login, password, context);
      return answer.kind === 'user' ? { ...answer, service: directory } : answer;
    }
    if (chosen !== null) return { kind: 'wrong' };
    const fallback = await services.fallback();
    if (fallback === null) return { kind: 'wrong' };
    if (candidate !== null || !fallback.isDefault) {
      await this.#parts.elsewhere.pretend(fallback);
      return { kind: 'wrong' };
    }
    const answer = await this.#parts.elsewhere.check(fallback, username, password, context);
    return answer.kind === 'user' ? { ...answer, service: fallback } : answer;
  }

  /** One argon2id check, also for nobody. */
  async #fitsHere(candidate: Candidate | null, password: string): Promise<boolean> {
    const { ok, stale } = await this.#parts.passwords.check(candidate?.passwordHash ?? null, password);
    if (!ok || candidate === null) return false;
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
