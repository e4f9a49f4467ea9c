/** Acting as the owner of one source, after this folder's own rules have allowed it. */
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';

/**
 * The principal with every permission, for one call about one source that was checked before: an owner of a workspace
 * has the pair of a source tested, and a data administrator changes the tenant's sources, without holding a share on
 * them (chorus.md §3.0, §5). Audit still names the person.
 */
export function asOwner(principal: Principal): Principal {
  const permissions = new Set([...principal.subject.permissions, Permission.administrator]);
  return { ...principal, subject: { ...principal.subject, permissions } };
}
