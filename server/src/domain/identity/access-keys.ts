/**
 * Access keys: a pair of which the secret half signs requests and never travels (dataarts.md §2.5). The secret is kept
 * sealed, because checking a signature needs it, and is shown once.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { toBuffer } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import { ConflictError, ForbiddenError, NotFoundError, UnauthenticatedError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { checkText } from './names.ts';
import { anonymousPrincipal, type Principal, principalOf, type RequestContext } from './principal.ts';
import type { Principals } from './principals.ts';
import { requireScope } from './scopes.ts';
import { isSignedWith, readClaim, readSdkDate, type SignedRequest } from './sdk-signature.ts';
import type { AccessKeyView } from './views.ts';

/** How far the client's clock may be from ours, ms. */
const skewMs = 15 * 60_000;
const failureLimit = 5;
const lockMs = 5 * 60_000;
/** Keys of one user at most. */
const perUser = 100;
/** How often the last use of a key is written down, ms. */
const noteEveryMs = 60_000;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** 20 capitals and digits: 103 random bits, which are a name and no secret. */
function newAccessKey(): string {
  return `HG${[...randomBytes(18)].map((byte) => alphabet[byte % alphabet.length]).join('')}`;
}
/** 240 random bits. */
const newSecretKey = (): string => randomBytes(30).toString('base64url');

interface KeyRow {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly user_id: number;
  readonly secret_sealed: Buffer;
  readonly status: string;
  readonly locked_until: Date | null;
  readonly failures: number;
  readonly last_used_at: Date | null;
}

const columns = ['uid', 'access_key', 'status', 'description', 'created_at', 'last_used_at', 'locked_until'] as const;

function secretContext(tenantId: number, uid: string) {
  return { tenantId, table: 'access_key', rowUid: uid, field: 'secret_sealed' };
}

/** One error for an unknown key, a wrong signature and a stale one: none of them tells which it was. */
const badSignature = (): UnauthenticatedError =>
  new UnauthenticatedError('invalid_signature', 'The signature of this request is not valid.', {
    remedy: 'Check the access key, its secret and the clock.',
  });

const locked = (): UnauthenticatedError =>
  new UnauthenticatedError('access_key_locked', 'This access key is locked after too many wrong signatures.', {
    remedy: 'Wait five minutes.',
  });

export class AccessKeys {
  readonly #deps: IdentityDeps;
  readonly #principals: Principals;

  constructor(deps: IdentityDeps, principals: Principals) {
    this.#deps = deps;
    this.#principals = principals;
  }

  /** Makes a key for the caller (the subject). Throws ConflictError `too_many_access_keys`. */
  async create(
    principal: Principal,
    input: { readonly description?: string | null | undefined } = {},
  ): Promise<AccessKeyView & { readonly secretKey: string }> {
    requireScope(principal, 'admin');
    requireDoor(principal);
    const description = checkText(input.description, 'description');
    const { subject } = principal;
    const [uid, accessKey, secretKey] = [uuidv7(), newAccessKey(), newSecretKey()];
    const sealed = toBuffer(this.#deps.vault.seal(secretContext(subject.tenantId, uid), secretKey));
    const row = await this.#deps.store.transaction(async (trx) => {
      await sql`select id from user_account where id = ${subject.id} for no key update`.execute(trx);
      const { rows } = await sql<{ keys: number }>`
        select count(*) as keys from access_key where user_id = ${subject.id}`.execute(trx);
      if ((rows[0]?.keys ?? 0) >= perUser) {
        throw new ConflictError('too_many_access_keys', `There are ${perUser} access keys already.`, {
          remedy: 'Delete one that is not used.',
        });
      }
      const stored = await trx
        .insertInto('access_key')
        .values({
          uid,
          tenant_id: subject.tenantId,
          user_id: subject.id,
          access_key: accessKey,
          secret_sealed: sealed,
          description,
          created_at: this.#deps.clock.now(),
        })
        .returning(columns)
        .executeTakeFirstOrThrow();
      await this.#deps.audit.record(trx, principal, {
        action: 'access_key.create',
        outcome: 'allowed',
        resource: { type: 'access_key', uid, name: accessKey },
      });
      return stored;
    });
    return { ...toView(row), secretKey };
  }

  /** The caller's keys, newest first. */
  async list(principal: Principal): Promise<AccessKeyView[]> {
    const rows = await this.#deps.store.db
      .selectFrom('access_key')
      .select(columns)
      .where('user_id', '=', principal.subject.id)
      .orderBy('id', 'desc')
      .execute();
    return rows.map(toView);
  }

  /** Switches a key off or on, and says what it is for. Throws NotFoundError `access_key_not_found`. */
  async update(
    principal: Principal,
    uid: string,
    change: { readonly enabled?: boolean | undefined; readonly description?: string | null | undefined },
  ): Promise<AccessKeyView> {
    requireScope(principal, 'admin');
    const set = {
      ...(change.enabled === undefined ? {} : { status: change.enabled ? 'active' : 'inactive' }),
      // A key that is switched on again starts anew.
      ...(change.enabled === true ? { failures: 0, locked_until: null } : {}),
      ...(change.description === undefined ? {} : { description: checkText(change.description, 'description') }),
    };
    return this.#deps.store.transaction(async (trx) => {
      const row = isUuid(uid)
        ? await trx
            .updateTable('access_key')
            .set({ uid, ...set })
            .where('uid', '=', uid)
            .where('user_id', '=', principal.subject.id)
            .returning(columns)
            .executeTakeFirst()
        : undefined;
      if (row === undefined) throw notFound();
      await this.#deps.audit.record(trx, principal, {
        action: 'access_key.update',
        outcome: 'allowed',
        resource: { type: 'access_key', uid, name: row.access_key },
        detail: { enabled: row.status === 'active' },
      });
      return toView(row);
    });
  }

  /** Throws NotFoundError `access_key_not_found`. */
  async remove(principal: Principal, uid: string): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const row = isUuid(uid)
        ? await trx
            .deleteFrom('access_key')
            .where('uid', '=', uid)
            .where('user_id', '=', principal.subject.id)
            .returning('access_key')
            .executeTakeFirst()
        : undefined;
      if (row === undefined) throw notFound();
      await this.#deps.audit.record(trx, principal, {
        action: 'access_key.delete',
        outcome: 'allowed',
        resource: { type: 'access_key', uid, name: row.access_key },
      });
    });
  }

  /**
   * The principal of a signed request. Five wrong signatures in a row lock the key for five minutes. Throws
   * UnauthenticatedError `invalid_signature`, also for keys that are unknown or off; `access_key_locked`.
   */
  async verify(request: SignedRequest, context: RequestContext): Promise<Principal> {
    const authorization = request.headers.authorization;
    const claim = typeof authorization === 'string' ? readClaim(authorization) : null;
    if (claim === null || !claim.signedHeaders.includes('host') || !claim.signedHeaders.includes('x-sdk-date')) {
      throw badSignature();
    }
    const key = await this.#find(claim.accessKey);
    if (key === null) throw badSignature();
    const now = this.#deps.clock.now();
    if (key.locked_until !== null && key.locked_until > now) throw locked();
    const record = key.status === 'active' ? await this.#principals.recordOf(key.user_id) : null;
    const date = request.headers['x-sdk-date'];
    const at = typeof date === 'string' ? readSdkDate(date) : null;
    const inTime = at !== null && Math.abs(now.getTime() - at) <= skewMs;
    const secret = this.#open(key);
    if (secret === null) throw badSignature();
    if (!isSignedWith(request, claim, secret)) throw await this.#failed(key, claim.accessKey, now, context);
    if (!inTime || record === null) throw badSignature();
    await this.#used(key, now);
    return principalOf(record.user, context, { method: 'access_key', credentialUid: key.uid });
  }

  /** Null when the vault cannot open it (S7): such a key opens nothing. */
  #open(key: KeyRow): string | null {
    try {
      return this.#deps.vault.openText(secretContext(key.tenant_id, key.uid), key.secret_sealed);
    } catch (error) {
      this.#deps.log.warn({ err: error, accessKey: key.uid }, 'the secret of an access key cannot be opened');
      return null;
    }
  }

  async #find(accessKey: string): Promise<KeyRow | null> {
    const row = await this.#deps.store.db
      .selectFrom('access_key')
      .select([
        'id',
        'uid',
        'tenant_id',
        'user_id',
        'secret_sealed',
        'status',
        'locked_until',
        'failures',
        'last_used_at',
      ])
      .where('access_key', '=', accessKey)
      .executeTakeFirst();
    return row === undefined ? null : { ...row, secret_sealed: toBuffer(row.secret_sealed) };
  }

  async #failed(key: KeyRow, accessKey: string, now: Date, context: RequestContext): Promise<UnauthenticatedError> {
    const until = new Date(now.getTime() + lockMs);
    const { rows } = await sql<{ locked_until: Date | null }>`
      update access_key set
        failures = case when failures + 1 >= ${failureLimit}::integer then 0 else failures + 1 end,
        locked_until = case when failures + 1 >= ${failureLimit}::integer then ${until}::timestamptz else null end
      where id = ${key.id} and (locked_until is null or locked_until <= ${now})
      returning locked_until`.execute(this.#deps.store.db);
    const lockedNow = rows[0]?.locked_until != null;
    await this.#deps.audit.recordNow(anonymousPrincipal(context), {
      action: lockedNow ? 'access_key.lock' : 'session.create',
      outcome: lockedNow ? 'allowed' : 'denied',
      resource: { type: 'access_key', uid: key.uid, name: accessKey },
      tenantId: key.tenant_id,
      detail: { reason: 'invalid_signature' },
    });
    return badSignature();
  }

  /** A right signature ends a row of wrong ones. Written at most once a minute otherwise. */
  async #used(key: KeyRow, now: Date): Promise<void> {
    const recently = key.last_used_at !== null && now.getTime() - key.last_used_at.getTime() < noteEveryMs;
    if (recently && key.failures === 0) return;
    await this.#deps.store.db
      .updateTable('access_key')
      .set({ last_used_at: now, failures: 0 })
      .where('id', '=', key.id)
      .execute();
  }
}

/** A key reaches no further than the token that makes it: one that is held to other doors makes none. */
function requireDoor({ scopes }: Principal): void {
  const doors = [...(scopes ?? [])].filter((scope) => scope.startsWith('door:'));
  if (doors.length === 0 || doors.includes('door:dataarts')) return;
  throw new ForbiddenError('scope_missing', 'Access keys sign requests to the dataarts door, which this token lacks.', {
    remedy: 'Use a token with scope door:dataarts, or one without scopes.',
  });
}

function notFound(): NotFoundError {
  return new NotFoundError('access_key_not_found', 'There is no such access key of yours.');
}

function toView(row: {
  readonly uid: string;
  readonly access_key: string;
  readonly status: string;
  readonly description: string | null;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly locked_until: Date | null;
}): AccessKeyView {
  return {
    id: row.uid,
    accessKey: row.access_key,
    enabled: row.status === 'active',
    description: row.description,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    lockedUntil: row.locked_until,
  };
}
