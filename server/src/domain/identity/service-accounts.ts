/**
 * Service accounts: users for programs. They sign in by API tokens and access keys alone, have no password and cannot
 * get one, and do not count as the administrator that must be left. Their tokens are made by whoever administers them;
 * those of persons are made by themselves, and may be seen and revoked by whoever administers these.
 */
import { InvalidError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';
import { requireScope } from './scopes.ts';
import type { ApiTokens } from './tokens.ts';
import type { Users } from './users.ts';
import type { ApiTokenView, NewApiToken, TokenInput, UserInput, UserView } from './views.ts';

export class ServiceAccounts {
  readonly #deps: IdentityDeps;
  readonly #users: Users;
  readonly #tokens: ApiTokens;

  constructor(deps: IdentityDeps, users: Users, tokens: ApiTokens) {
    this.#deps = deps;
    this.#users = users;
    this.#tokens = tokens;
  }

  /** Needs CreateUsers (13) in the tenant. Throws as `Users.create` does. */
  create(
    principal: Principal,
    input: Pick<UserInput, 'username' | 'email' | 'roles' | 'permissions' | 'tenant'>,
  ): Promise<UserView> {
    return this.#users.create(principal, { ...input, kind: 'service', passwordExpiresAt: null });
  }

  /** The tokens of a user, newest first; needs ViewUsers (14) or that it is the caller. NotFoundError `user_not_found`. */
  async tokens(principal: Principal, username: string): Promise<ApiTokenView[]> {
    requireScope(principal, 'read');
    const user = await this.#users.find(this.#deps.store.db, principal, username);
    return this.#tokens.listOf(user.id);
  }

  /**
   * Makes a token for a service account; needs ModifyUsers (15) and all that the account may. Throws InvalidError
   * `not_a_service_account`: nobody makes tokens in the name of a person.
   */
  async createToken(principal: Principal, username: string, input: TokenInput): Promise<NewApiToken> {
    requireScope(principal, 'admin');
    const user = await this.#users.findAdministered(this.#deps.store.db, principal, username, Permission.modifyUsers);
    if (user.kind !== 'service') {
      throw new InvalidError('not_a_service_account', `${user.username} is a person.`, {
        field: 'username',
        remedy: 'Persons make their own tokens. Make a service account for a program.',
      });
    }
    return this.#tokens.createFor(principal, { id: user.id, tenantId: user.tenant_id, username: user.username }, input);
  }

  /** Needs ModifyUsers (15) and all that the user may. Throws NotFoundError `token_not_found`. */
  async revokeToken(principal: Principal, username: string, uid: string): Promise<void> {
    requireScope(principal, 'admin');
    const user = await this.#users.findAdministered(this.#deps.store.db, principal, username, Permission.modifyUsers);
    await this.#tokens.revokeOf(principal, user.id, uid);
  }
}
