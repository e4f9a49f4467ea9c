/** Who may come in: the one gate of accounts, catalogs and discovery, on every door. */
import { ForbiddenError } from '../errors.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';

/**
 * May this principal come in at all? Holders of 104 and 12, and tokens of scope `door:sdps`. Throws ForbiddenError.
 */
export function admit(principal: Principal, work: 'read' | 'write'): void {
  const { permissions } = principal.subject;
  const may =
    permissions.has(Permission.manageTenantSources) ||
    permissions.has(Permission.administrator) ||
    principal.scopes?.has('door:sdps') === true;
  if (!may) {
    throw new ForbiddenError(
      'permission_missing',
      'Accounts and catalogs take permission 104 or the token scope door:sdps.',
    );
  }
  requireScope(principal, work);
}
