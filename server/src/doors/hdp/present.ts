/** Domain → wire: what several resources share. */
import type { UserAccount } from '../../domain/identity/index.ts';
import { HdpError } from './errors.ts';

/** UTC as `YYYY-MM-DD HH:mm:ss`. */
export function timestamp(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

/** The same of a time that may be absent. */
export function optionalTimestamp(time: Date | null): string | null {
  return time === null ? null : timestamp(time);
}

/** A time of a payload: `YYYY-MM-DD HH:mm:ss`, a fraction allowed, or RFC 3339. Throws HdpError 900000002. */
export function timeOf(text: string, name: string): Date {
  const plain = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(\.\d{1,9})?Z?$/.exec(text);
  const time = plain === null ? new Date(Number.NaN) : new Date(`${plain[1]}T${plain[2]}Z`);
  if (!Number.isNaN(time.getTime())) return time;
  throw new HdpError(400, 900000002, `Missing or invalid property '${name}'.`);
}

/** A user as administrators see it; optional members that were never set are left out (hdp.md §4.9). */
export function presentUser(
  user: UserAccount,
  details: boolean,
  links: Parameters<typeof presentAuth>[0] = [{ serviceId: 1, login: user.username }],
): Record<string, unknown> {
  return {
    id: user.id,
    userName: user.username,
    tenantId: user.tenantId,
    ...(details ? { tenantName: user.tenantName } : {}),
    statusInfo: presentStatus(user),
    passwordInfo: presentPassword(user),
    permissions: presentGrants(user),
    authenticationInfo: presentAuth(links),
  };
}

export function presentStatus(user: UserAccount): Record<string, unknown> {
  const locked = user.lockedUntil !== null;
  return {
    status: user.status === 'active' ? 1 : 0,
    accountLocked: locked,
    ...(locked && user.lockedAt !== null ? { accountLockedAt: timestamp(user.lockedAt) } : {}),
    ...(user.lockedUntil === null ? {} : { accountLockedUntil: timestamp(user.lockedUntil) }),
  };
}

export function presentPassword(user: UserAccount): Record<string, unknown> {
  return { passwordStatus: user.passwordStatus, passwordExpiration: optionalTimestamp(user.passwordExpiresAt) };
}

/** Roles and explicit permissions, not effective ones. */
export function presentGrants(user: UserAccount): Record<string, unknown> {
  const explicit = user.explicitPermissions.filter((id) => id < 100);
  return { roles: user.roleIds, ...(explicit.length === 0 ? {} : { permissions: explicit }) };
}

/** Ways to sign in, by the number of the service. */
export function presentAuth(links: readonly { readonly serviceId: number; readonly login: string }[]) {
  return { authUsers: links.map(({ serviceId, login }) => ({ authUserName: login, authServiceId: serviceId })) };
}
