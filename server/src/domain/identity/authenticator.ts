/** Signing in: password, session token, API token, JWT (decisions.md 22–24; F4). */
import type { IdentityDeps } from './deps.ts';
import type { Passwords } from './passwords.ts';
import type { Principal, RequestContext } from './principal.ts';
import type { Principals } from './principals.ts';
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

export class Authenticator {
  constructor(_deps: IdentityDeps, _parts: AuthenticatorParts) {}

  /**
   * Opens a session. Throws UnauthenticatedError `invalid_credentials`, the same for an unknown name, a wrong
   * password and an inactive user; `sign_in_locked` after too many failures, also for names that do not exist.
   */
  signIn(
    _credentials: { readonly username: string; readonly password: string },
    _context: RequestContext,
  ): Promise<SignIn> {
    throw new Error('not built yet');
  }

  /** The principal of a session token, API token or JWT. Throws UnauthenticatedError `invalid_token`. */
  bearer(_token: string, _context: RequestContext): Promise<Principal> {
    throw new Error('not built yet');
  }

  /** The principal of a name and password sent with each request; an API token may stand as password. */
  basic(_username: string, _password: string, _context: RequestContext): Promise<Principal> {
    throw new Error('not built yet');
  }

  /** Waits for background writes. */
  async close(): Promise<void> {}
}
