/** API tokens (`hg_…`): for programs; shown once. */
import type { IdentityDeps } from './deps.ts';
import type { Principal } from './principal.ts';
import type { ApiTokenView } from './views.ts';

export class ApiTokens {
  constructor(_deps: IdentityDeps) {}

  /**
   * Makes a token for the caller. Scopes: `read`, `write` (and read), `admin` (everything), `door:<name>` (only through these
   * doors); absent = everything its user may.
   */
  create(
    _principal: Principal,
    _input: {
      readonly name: string;
      readonly scopes?: readonly string[] | null | undefined;
      readonly expiresAt?: Date | null | undefined;
    },
  ): Promise<ApiTokenView & { readonly token: string }> {
    throw new Error('not built yet');
  }

  /** The caller's tokens, newest first; revoked ones too. */
  list(_principal: Principal): Promise<ApiTokenView[]> {
    throw new Error('not built yet');
  }

  /** Throws NotFoundError `token_not_found`. */
  revoke(_principal: Principal, _uid: string): Promise<void> {
    throw new Error('not built yet');
  }
}
