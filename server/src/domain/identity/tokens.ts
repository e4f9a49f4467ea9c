/** API tokens (`hg_…`): for programs; shown once. */
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/facts.ts';
import { ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { checkName, foldName } from './names.ts';
import { Passwords } from './passwords.ts';
import { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';
import { checkScopes, coversScope, requireScope, type WorkScope } from './scopes.ts';
import { newApiToken, tokenHash } from './secrets.ts';
import type { ApiTokenView, NewApiToken, TokenInput } from './views.ts';

interface TokenRow {
  uid: string;
  name: string;
  hint: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

const columns = ['uid', 'name', 'hint', 'scopes', 'created_at', 'expires_at', 'last_used_at', 'revoked_at'] as const;
/** As many characters of a token are kept to recognise it: `hg_` and six of 43. */
const hintLength = 9;

export class ApiTokens {
  readonly #deps: IdentityDeps;
  readonly #passwords: Passwords;

  constructor(deps: IdentityDeps, passwords: Passwords = new Passwords(deps)) {
    this.#deps = deps;
    this.#passwords = passwords;
  }

  /**
   * Makes a token for the caller (the subject). Scopes: see `scopes.ts`; absent = everything its user may. A token
   * cannot make one that reaches further than itself; scopes `door:fetcher` and `door:sdps`, which act as the built-in
   * owners, take permission 104 or 12 of whoever makes it (decisions.md 6).
   * Throws InvalidError `scope_unknown`, `invalid_expiry`; ForbiddenError `scope_missing`, `permission_missing`.
   */
  async create(principal: Principal, input: TokenInput): Promise<NewApiToken> {
    requireScope(principal, 'write');
    return this.createFor(principal, principal.subject, input);
  }

  /** The same for another account; whether the caller may is for whoever calls. */
  async createFor(
    principal: Principal,
    owner: { readonly id: number; readonly tenantId: number; readonly username: string },
    input: TokenInput,
  ): Promise<NewApiToken> {
    const name = checkName(input.name, 'name');
    const scopes = checkScopes(input.scopes ?? []);
    const now = this.#deps.clock.now();
    if (input.expiresAt && input.expiresAt.getTime() <= now.getTime()) {
      throw new InvalidError('invalid_expiry', 'A token must end in the future.', { field: 'expiresAt' });
    }
    requireMayGive(principal, scopes);
    const token = newApiToken();
    const uid = uuidv7();
    const verifier = await this.#passwords.scramVerifier(foldName(owner.username), token);
    const sealed = this.#deps.vault.seal(
      { tenantId: owner.tenantId, table: 'api_token', rowUid: uid, field: 'scram_sealed' },
      verifier,
    );
    const row = await this.#deps.store.transaction(async (trx) => {
      const stored = await trx
        .insertInto('api_token')
        .values({
          uid,
          tenant_id: owner.tenantId,
          user_id: owner.id,
          name,
          token_hash: tokenHash(token),
          hint: token.slice(0, hintLength),
          scopes,
          scram_sealed: sealed,
          created_at: now,
          expires_at: input.expiresAt ?? null,
        })
        .returning(columns)
        .executeTakeFirstOrThrow();
      await this.#deps.audit.record(trx, principal, {
        action: 'token.create',
        outcome: 'allowed',
        resource: { type: 'token', uid, name },
        tenantId: owner.tenantId,
        detail: { user: owner.username, scopes, expiresAt: input.expiresAt ?? null },
      });
      return stored;
    });
    return { ...toView(row), token };
  }

  /** The caller's tokens, newest first; revoked ones too. */
  async list(principal: Principal): Promise<ApiTokenView[]> {
    return this.listOf(principal.subject.id);
  }

  /** Those of a user; whether the caller may see them is for whoever calls. */
  async listOf(userId: number): Promise<ApiTokenView[]> {
    const rows = await this.#deps.store.db
      .selectFrom('api_token')
      .select(columns)
      .where('user_id', '=', userId)
      .orderBy('id', 'desc')
      .limit(1000)
      .execute();
    return rows.map(toView);
  }

  /** Throws NotFoundError `token_not_found`; also when it is revoked already. */
  async revoke(principal: Principal, uid: string): Promise<void> {
    requireScope(principal, 'write');
    await this.revokeOf(principal, principal.subject.id, uid);
  }

  /** The same for a user's; whether the caller may is for whoever calls. */
  async revokeOf(principal: Principal, userId: number, uid: string): Promise<void> {
    const revoked =
      isUuid(uid) &&
      (await this.#deps.store.transaction(async (trx) => {
        const row = await trx
          .updateTable('api_token')
          .set({ revoked_at: this.#deps.clock.now(), scram_sealed: null })
          .where('uid', '=', uid)
          .where('user_id', '=', userId)
          .where('revoked_at', 'is', null)
          .returning(['name', 'tenant_id'])
          .executeTakeFirst();
        if (row === undefined) return false;
        await this.#deps.audit.record(trx, principal, {
          action: 'token.revoke',
          outcome: 'allowed',
          resource: { type: 'token', uid, name: row.name },
          tenantId: row.tenant_id,
        });
        await announce(trx, `u:${userId}`);
        return true;
      }));
    if (!revoked) throw new NotFoundError('token_not_found', 'There is no such token.');
  }
}

/** A token reaches no further than whoever makes it. */
function requireMayGive(principal: Principal, scopes: readonly string[]): void {
  const work = scopes.filter((scope): scope is WorkScope => !scope.startsWith('door:'));
  const wanted: readonly WorkScope[] = work.length > 0 ? work : ['admin'];
  for (const scope of wanted) {
    if (!coversScope(principal, scope)) requireScope(principal, scope);
  }
  const doors = scopes.filter((scope) => scope.startsWith('door:'));
  const held = principal.scopes === null ? [] : [...principal.scopes].filter((scope) => scope.startsWith('door:'));
  const beyond = held.length > 0 && (doors.length === 0 || doors.some((door) => !held.includes(door)));
  const { permissions } = principal.actor;
  const asOwner = doors.includes('door:fetcher') || doors.includes('door:sdps');
  const mayOwn = permissions.has(Permission.administrator) || permissions.has(Permission.manageTenantSources);
  if (beyond || (asOwner && !mayOwn)) {
    throw new ForbiddenError('permission_missing', 'You may not make a token for these doors.', {
      remedy: 'Scopes door:fetcher and door:sdps take ManageTenantSources (104).',
      extra: { permissions: ['ManageTenantSources'] },
    });
  }
}

function toView(row: TokenRow): ApiTokenView {
  return {
    id: row.uid,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes.length === 0 ? null : row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
