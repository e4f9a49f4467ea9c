/** The users behind principals, loaded once and cached at most a second (decisions.md 29). */
import type { IdentityDeps } from './deps.ts';
import type { PrincipalUser } from './principal.ts';

export class Principals {
  constructor(_deps: Pick<IdentityDeps, 'store' | 'clock'>) {}

  async start(): Promise<void> {}

  /** The user, or null when there is none or it is not active. */
  byId(_userId: number): Promise<PrincipalUser | null> {
    throw new Error('not built yet');
  }

  /** The user by name (case does not matter), or null when there is none. Not cached. */
  byUsername(_username: string): Promise<PrincipalUser | null> {
    throw new Error('not built yet');
  }

  async close(): Promise<void> {}
}
