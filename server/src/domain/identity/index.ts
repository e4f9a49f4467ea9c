/**
 * Identity: tenants, users, roles, groups, sessions, API tokens, and every way of signing in. All ways end in one
 * `Principal` (`principal.ts`).
 *
 * May be imported: platform/, domain/audit, domain/access (facts and actions). Must not be imported: doors, gateway.
 */
import { AccessKeys } from './access-keys.ts';
import { AddressGate } from './address-lists.ts';
import { Authenticator } from './authenticator.ts';
import { onBehalfOf } from './behalf.ts';
import { CorsOrigins } from './cors-origins.ts';
import type { IdentityDeps } from './deps.ts';
import { Groups } from './groups.ts';
import { Iam } from './iam.ts';
import { OAuth } from './oauth.ts';
import { Passwords } from './passwords.ts';
import { Policies } from './policies.ts';
import type { Principal } from './principal.ts';
import { Principals } from './principals.ts';
import { Roles } from './roles.ts';
import { ServiceAccounts } from './service-accounts.ts';
import { signInParts } from './services/index.ts';
import { ServiceLinks } from './services/links.ts';
import type { OpenIdSignIn } from './services/openid.ts';
import { SignInServices } from './services/services.ts';
import type { ServiceTester } from './services/test-service.ts';
import { Sessions } from './sessions.ts';
import { Tenants } from './tenants.ts';
import { ApiTokens } from './tokens.ts';
import { Users } from './users.ts';

export type { AddressLevel, AddressLists, AddressPart } from './address-lists.ts';
export type { SignIn } from './authenticator.ts';
export type { IdentityConfig, IdentityDeps, JwtIssuer } from './deps.ts';
export { domainTokenScope, type Iam, type IamToken, type Site, type TokenScope } from './iam.ts';
export { ensureInstallation } from './installation.ts';
export { oauthScope, type TokenRequest } from './oauth.ts';
export type { PasswordCost } from './passwords.ts';
export type { PasswordPolicy, PolicyState } from './policies.ts';
export { mustChangePassword, type Principal, type RequestContext } from './principal.ts';
export { coversScope, requireScope } from './scopes.ts';
export type { SignedRequest } from './sdk-signature.ts';
export type * from './services/model.ts';
export { attemptSeconds } from './services/openid.ts';
export type * from './services/test-service.ts';
export type * from './views.ts';

const sweepMs = 10 * 60_000;

/** The services of identity, made from one set of dependencies. */
export class Identity {
  readonly passwords: Passwords;
  readonly users: Users;
  readonly groups: Groups;
  readonly tenants: Tenants;
  readonly roles: Roles;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly serviceAccounts: ServiceAccounts;
  readonly authenticator: Authenticator;
  readonly principals: Principals;
  readonly signInServices: SignInServices;
  readonly serviceLinks: ServiceLinks;
  readonly serviceTester: ServiceTester;
  readonly openId: OpenIdSignIn;
  readonly policies: Policies;
  readonly addresses: AddressGate;
  readonly origins: CorsOrigins;
  readonly oauth: OAuth;
  readonly accessKeys: AccessKeys;
  readonly iam: Iam;
  readonly #log: IdentityDeps['log'];
  #sweeper: NodeJS.Timeout | undefined;

  constructor(deps: IdentityDeps) {
    const passwords = new Passwords(deps);
    this.#log = deps.log;
    this.passwords = passwords;
    this.principals = new Principals(deps);
    this.policies = new Policies(deps);
    this.addresses = new AddressGate(deps, this.policies);
    this.origins = new CorsOrigins(deps, this.policies);
    this.users = new Users(deps, passwords, this.policies, (principal, password) =>
      this.authenticator.confirm(principal, password),
    );
    this.groups = new Groups(deps);
    this.tenants = new Tenants(deps);
    this.roles = new Roles(deps);
    this.oauth = new OAuth(deps, this.principals, () => this.authenticator);
    this.sessions = new Sessions(deps);
    this.tokens = new ApiTokens(deps, passwords);
    this.serviceAccounts = new ServiceAccounts(deps, this.users, this.tokens);
    this.signInServices = new SignInServices(deps);
    this.serviceLinks = new ServiceLinks(deps);
    const { tester, ...parts } = signInParts(deps);
    this.serviceTester = tester;
    this.openId = parts.openId;
    this.authenticator = new Authenticator(deps, {
      ...parts,
      passwords,
      principals: this.principals,
      users: this.users,
      sessions: this.sessions,
    });
    this.accessKeys = new AccessKeys(deps, this.principals);
    this.iam = new Iam(deps, this.authenticator);
  }

  /** Listens for changes; call once before serving. */
  async start(): Promise<void> {
    await this.principals.start();
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /** What has ended is removed; a store that does not answer now is asked again. */
  #sweep(): void {
    Promise.all([this.authenticator.sweep(), this.oauth.sweep()]).catch((error: unknown) =>
      this.#log.warn({ err: error }, 'ended sign-ins could not be removed'),
    );
  }

  /** The caller as somebody who acts for a user; see `onBehalfOf`. */
  actFor(principal: Principal, username: string, needs: readonly number[]): Promise<Principal> {
    return onBehalfOf(this.principals, principal, username, needs);
  }

  /** Stops listening and waits for background writes. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.authenticator.close();
    await this.principals.close();
  }
}
