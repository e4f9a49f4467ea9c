/**
 * Identity: tenants, users, roles, groups, sessions, API tokens, and every way of signing in. All ways end in one
 * `Principal` (`principal.ts`).
 *
 * May be imported: platform/, domain/audit, domain/access (facts and actions). Must not be imported: doors, gateway.
 */
import { Authenticator } from './authenticator.ts';
import type { IdentityDeps } from './deps.ts';
import { Groups } from './groups.ts';
import { Passwords } from './passwords.ts';
import { Principals } from './principals.ts';
import { Roles } from './roles.ts';
import { signInParts } from './services/index.ts';
import { ServiceLinks } from './services/links.ts';
import type { OpenIdSignIn } from './services/openid.ts';
import { SignInServices } from './services/services.ts';
import type { ServiceTester } from './services/test-service.ts';
import { Sessions } from './sessions.ts';
import { Tenants } from './tenants.ts';
import { ApiTokens } from './tokens.ts';
import { Users } from './users.ts';

export type { SignIn } from './authenticator.ts';
export type { IdentityConfig, IdentityDeps, JwtIssuer } from './deps.ts';
export { ensureInstallation } from './installation.ts';
export type { PasswordCost } from './passwords.ts';
export type { Principal, RequestContext } from './principal.ts';
export { requireScope } from './scopes.ts';
export type * from './services/model.ts';
export { attemptSeconds } from './services/openid.ts';
export type * from './services/test-service.ts';
export type * from './views.ts';

/** The services of identity, made from one set of dependencies. */
export class Identity {
  readonly passwords: Passwords;
  readonly users: Users;
  readonly groups: Groups;
  readonly tenants: Tenants;
  readonly roles: Roles;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly authenticator: Authenticator;
  readonly principals: Principals;
  readonly signInServices: SignInServices;
  readonly serviceLinks: ServiceLinks;
  readonly serviceTester: ServiceTester;
  readonly openId: OpenIdSignIn;

  constructor(deps: IdentityDeps) {
    const passwords = new Passwords(deps);
    this.passwords = passwords;
    this.principals = new Principals(deps);
    this.users = new Users(deps, passwords, (principal, password) => this.authenticator.confirm(principal, password));
    this.groups = new Groups(deps);
    this.tenants = new Tenants(deps);
    this.roles = new Roles(deps);
    this.sessions = new Sessions(deps);
    this.tokens = new ApiTokens(deps, passwords);
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
  }

  /** Listens for changes; call once before serving. */
  async start(): Promise<void> {
    await this.principals.start();
  }

  /** Stops listening and waits for background writes. */
  async close(): Promise<void> {
    await this.authenticator.close();
    await this.principals.close();
  }
}
