/** What must exist before anybody can sign in. */
import type { IdentityDeps } from './deps.ts';

/**
 * Makes the system tenant, its roles 1–3, its built-in users and default workspace, and the first administrator, as
 * far as they do not exist. Safe on several nodes at once. A generated password is given back once.
 */
export function ensureInstallation(
  _deps: IdentityDeps,
  _options: { readonly adminUsername: string; readonly adminPassword?: string | undefined },
): Promise<{ createdAdmin?: { username: string; password?: string } }> {
  throw new Error('not built yet');
}
