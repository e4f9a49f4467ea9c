/** Sign-in sessions. */
import type { IdentityDeps } from './deps.ts';
import type { Principal } from './principal.ts';
import type { SessionView } from './views.ts';

export class Sessions {
  constructor(_deps: IdentityDeps) {}

  /** The session that the principal signed in with; null when it signed in otherwise. */
  current(_principal: Principal): Promise<SessionView | null> {
    throw new Error('not built yet');
  }

  /** The caller's sessions, newest first. */
  list(_principal: Principal): Promise<SessionView[]> {
    throw new Error('not built yet');
  }

  /** Ends the session that the principal signed in with. No error when it signed in otherwise. */
  signOut(_principal: Principal): Promise<void> {
    throw new Error('not built yet');
  }

  /** Ends one of the caller's sessions. Throws NotFoundError `session_not_found`. */
  revoke(_principal: Principal, _uid: string): Promise<void> {
    throw new Error('not built yet');
  }
}
