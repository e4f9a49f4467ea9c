/** Acting for somebody else (hdp.md §2.6). */
import { ForbiddenError, NotFoundError } from '../errors.ts';
import { foldName } from './names.ts';
import { Permission, permissionInfo, permissionTable } from './permissions.ts';
import type { Principal, PrincipalUser } from './principal.ts';
import type { Principals } from './principals.ts';
import { administers, isAdministrator } from './rules.ts';

const everything: ReadonlySet<number> = new Set(permissionTable.map((info) => info.id));

/**
 * The caller as somebody who acts for `username`: decisions are made for that user, audit names both. An administrator
 * (12) may do everything there; others need OnBehalfOf (21), administration of the user's tenant and the permissions
 * `needs` themselves; then what the user may holds, but nothing administrative that the caller lacks: nobody climbs by
 * acting for somebody. The reach of sharing is the caller's.
 *
 * Throws ForbiddenError `not_on_behalf`, also for users that do not exist, unless the caller is an administrator:
 * NotFoundError `user_not_found` (extra.user).
 */
export async function onBehalfOf(
  principals: Pick<Principals, 'byUsername'>,
  principal: Principal,
  username: string,
  needs: readonly number[],
): Promise<Principal> {
  const { actor } = principal;
  if (foldName(username) === foldName(actor.username)) return principal;
  const all = isAdministrator(principal);
  const user = await principals.byUsername(username);
  if (user === null && mayKnow(principal)) {
    throw new NotFoundError('user_not_found', 'There is no such user.', { extra: { user: username } });
  }
  if (user === null || !(all || mayActFor(principal, user, needs))) {
    throw new ForbiddenError('not_on_behalf', 'You may not act for this user.');
  }
  const permissions = all ? everything : withoutClimbing(user.permissions, actor.permissions);
  return { ...principal, subject: { ...user, permissions, adminOfTenantIds: actor.adminOfTenantIds } };
}

/** All of an ordinary user's permissions, and of the others those that the caller has too. */
function withoutClimbing(theirs: ReadonlySet<number>, own: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...theirs].filter((id) => permissionInfo(id)?.category === 'user' || own.has(id)));
}

/** Who may act for somebody may know that a name is nobody's. */
function mayKnow(principal: Principal): boolean {
  const { permissions, adminOfTenantIds } = principal.actor;
  return isAdministrator(principal) || (permissions.has(Permission.onBehalfOf) && adminOfTenantIds.length > 0);
}

function mayActFor(principal: Principal, user: PrincipalUser, needs: readonly number[]): boolean {
  const { actor } = principal;
  if (!administers(principal, user.tenantId, Permission.onBehalfOf)) return false;
  if (user.permissions.has(Permission.administrator)) return false;
  // Somebody of another tenant than the system's acts for people of the own one alone.
  if (actor.tenantId !== 1 && actor.tenantId !== user.tenantId) return false;
  return needs.every((id) => actor.permissions.has(id));
}
