/** What a user is given: roles, explicit permissions, tenants to administer; each within what the giver has. */
import type { Executor } from '../../platform/database/index.ts';
import { InvalidError } from '../errors.ts';
import { foldName } from './names.ts';
import { normalisePermissions, Permission, permissionInfo } from './permissions.ts';
import type { Principal } from './principal.ts';
import { isAdministrator, requireAdministers, requireCovers } from './rules.ts';
import type { RoleRef } from './views.ts';

export interface Role {
  readonly id: number;
  readonly name: string;
  readonly permissions: number[];
}

const administratorRole = 1;
/** `Tenant Administrator`, `tenant-administrator` and `tenantAdministrator` are the same name. */
const squash = (name: string): string => foldName(name).replace(/[\s_-]+/g, '');

/** Roles of a tenant by name or number, and the installation's Administrator. Throws InvalidError `role_not_found`. */
export async function findRoles(executor: Executor, tenantId: number, refs: readonly RoleRef[]): Promise<Role[]> {
  const all = await executor
    .selectFrom('role')
    .select(['id', 'name', 'permissions'])
    .where((where) => where.or([where('tenant_id', '=', tenantId), where('id', '=', administratorRole)]))
    .orderBy('id')
    .execute();
  const found = new Map<number, Role>();
  for (const ref of refs) {
    const role = all.find((one) => (typeof ref === 'string' ? squash(one.name) === squash(ref) : one.id === ref.id));
    if (role === undefined) {
      const called = typeof ref === 'string' ? JSON.stringify(ref) : ref.id;
      throw new InvalidError('role_not_found', `There is no role ${called} in this tenant.`, {
        field: 'roles',
        remedy: `Roles are ${all.map((one) => one.name).join(', ')}.`,
        ...(typeof ref === 'string' ? {} : { extra: { roleId: ref.id } }),
      });
    }
    found.set(role.id, role);
  }
  return [...found.values()];
}

/** Throws unless the principal may give these roles: nobody gives what he lacks, and only 12 gives 12. */
export function requireMayGiveRoles(principal: Principal, roles: readonly Role[]): void {
  for (const role of roles) requireCovers(principal, role.permissions, `The role ${role.name}`);
}

/**
 * Explicit permissions as stored. Throws InvalidError `permission_unknown`, `permission_not_grantable` (12 comes from
 * role 1 alone, decisions.md 2), ForbiddenError `permission_exceeds_own`.
 */
export function checkExplicit(principal: Principal, permissions: readonly number[]): number[] {
  for (const id of permissions) {
    if (permissionInfo(id) === undefined) {
      throw new InvalidError('permission_unknown', `There is no permission ${id}.`, {
        field: 'permissions',
        extra: { permissionId: id },
      });
    }
    if (id === Permission.administrator) {
      throw new InvalidError(
        'permission_not_grantable',
        'Administrator (12) comes with the role Administrator alone.',
        {
          field: 'permissions',
          remedy: 'Give the role Administrator.',
        },
      );
    }
  }
  requireCovers(principal, permissions, 'This');
  return normalisePermissions(permissions);
}

/**
 * Ids of tenants by slug for `administers`. One may pass on administration of tenants that one administers oneself.
 * Throws InvalidError `tenant_not_found`, also for tenants that the principal does not administer.
 */
export async function findAdministered(
  executor: Executor,
  principal: Principal,
  slugs: readonly string[],
): Promise<number[]> {
  if (slugs.length === 0) return [];
  const rows = await executor.selectFrom('tenant').select(['id', 'slug']).where('slug', 'in', slugs).execute();
  for (const slug of slugs) {
    const tenant = rows.find((row) => row.slug === slug);
    if (
      tenant === undefined ||
      !(isAdministrator(principal) || principal.subject.adminOfTenantIds.includes(tenant.id))
    ) {
      throw new InvalidError('tenant_not_found', `There is no tenant ${JSON.stringify(slug)} that you administer.`, {
        field: 'administers',
      });
    }
    requireAdministers(principal, tenant.id, Permission.modifyUsers);
  }
  return rows.map((row) => row.id);
}

/** Whether one of the roles is a tenant's administrator role: natively its holder administers the own tenant. */
export function makesTenantAdministrator(roles: readonly Role[]): boolean {
  return roles.some((role) => squash(role.name) === 'tenantadministrator');
}

/** Throws InvalidError `user_not_found` (extra.userId) unless all of these are users of the tenant. */
export async function findTenantUsers(executor: Executor, tenantId: number, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = await executor
    .selectFrom('user_account')
    .select('id')
    .where('id', 'in', ids)
    .where('tenant_id', '=', tenantId)
    .where('builtin', 'is', null)
    .execute();
  const missing = ids.find((id) => !rows.some((row) => row.id === id));
  if (missing === undefined) return;
  throw new InvalidError('user_not_found', `There is no user ${missing} in this tenant.`, {
    field: 'users',
    extra: { userId: missing },
  });
}
