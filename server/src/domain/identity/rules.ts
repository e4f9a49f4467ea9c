/** Who may administer whom (hdp.md §3; decisions.md 1, 2). */
import { ForbiddenError } from '../errors.ts';
import { Permission, permissionInfo, permissionWord } from './permissions.ts';
import type { Principal } from './principal.ts';

/** Permission 12: everything, in every tenant. */
export function isAdministrator(principal: Principal): boolean {
  return principal.subject.permissions.has(Permission.administrator);
}

/** Administrators; and administrators of this tenant who hold the permission. */
export function administers(principal: Principal, tenantId: number, permission: number): boolean {
  if (isAdministrator(principal)) return true;
  const { permissions, adminOfTenantIds } = principal.subject;
  return permissions.has(permission) && adminOfTenantIds.includes(tenantId);
}

/** The tenants in which the principal may use a permission; null = all. */
export function administeredTenants(principal: Principal, permission: number): readonly number[] | null {
  if (isAdministrator(principal)) return null;
  return principal.subject.permissions.has(permission) ? principal.subject.adminOfTenantIds : [];
}

/** The error for a missing administrative permission. */
export function lacksPermission(permission: number, because?: string): ForbiddenError {
  const name = permissionInfo(permission)?.name ?? permissionWord(permission);
  return new ForbiddenError(
    'permission_missing',
    because ?? `This needs ${name} (${permission}) and administration of the tenant.`,
    { remedy: 'Ask an administrator.', extra: { permissions: [permissionWord(permission)] } },
  );
}

/** Throws unless `administers`. */
export function requireAdministers(principal: Principal, tenantId: number, permission: number): void {
  if (!administers(principal, tenantId, permission)) throw lacksPermission(permission);
}

/** Nobody gives what he lacks. Throws ForbiddenError `permission_exceeds_own`. */
export function requireCovers(principal: Principal, permissions: Iterable<number>, doing: string): void {
  if (isAdministrator(principal)) return;
  const own = principal.subject.permissions;
  const beyond = [...permissions].filter((id) => !own.has(id));
  if (beyond.length === 0) return;
  throw new ForbiddenError('permission_exceeds_own', `${doing} takes permissions that you do not have yourself.`, {
    remedy: 'Ask an administrator.',
    extra: { permissions: beyond.map(permissionWord) },
  });
}
