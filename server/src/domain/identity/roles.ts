/** Roles (hdp.md §3.2, §4.10): named sets of permissions within one tenant. Nobody gives or takes what he lacks. */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type DB, type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/facts.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';
import type { IdentityDeps } from './deps.ts';
import { checkExplicit, findTenantUsers } from './grants.ts';
import { checkName, checkText, foldName } from './names.ts';
import { normalisePermissions, Permission } from './permissions.ts';
import type { Principal } from './principal.ts';
import { administers, isAdministrator, requireAdministers, requireCovers } from './rules.ts';
import { requireScope } from './scopes.ts';
import { findTenant } from './tenants.ts';
import { lockAdministrators, requireAdministratorLeft } from './user-rows.ts';
import type { RoleRecord, RoleRef, RoleView, TenantRef } from './views.ts';

export interface RoleInput {
  readonly name: string;
  readonly description?: string | null | undefined;
  /** The caller's when absent. */
  readonly tenant?: TenantRef | undefined;
  readonly permissions: readonly number[];
  /** Numbers of the users that have it: exactly these. */
  readonly users?: readonly number[] | undefined;
}

/** Absent members stay. */
export interface RolePatch {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly permissions?: readonly number[] | undefined;
  readonly users?: readonly number[] | undefined;
}

interface RoleRow {
  id: number;
  uid: string;
  name: string;
  description: string | null;
  permissions: number[];
  builtin: boolean;
  tenant_id: number;
  slug: string;
  user_ids: number[];
}

const notFound = (ref: RoleRef): NotFoundError =>
  new NotFoundError(
    'role_not_found',
    'There is no such role.',
    typeof ref === 'string' ? {} : { extra: { roleId: ref.id } },
  );

export class Roles {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** By id: roles of the own tenant and of administered ones; of all for administrators. */
  async list(principal: Principal): Promise<RoleView[]> {
    requireScope(principal, 'read');
    return (await readRoles(this.#deps.store.db, visible(principal))).map(toView);
  }

  /** The same with numbers; of the tenants where the principal holds ViewRole (18). */
  async records(
    principal: Principal,
    filter: { readonly tenantId?: number | undefined; readonly tenantName?: string | undefined } = {},
  ): Promise<RoleRecord[]> {
    requireScope(principal, 'read');
    const conditions = [isAdministrator(principal) ? sql`true` : sql`r.tenant_id = any(${held(principal)}::bigint[])`];
    if (filter.tenantId !== undefined) conditions.push(sql`r.tenant_id = ${filter.tenantId}`);
    if (filter.tenantName !== undefined) conditions.push(sql`t.name = ${filter.tenantName}`);
    return (await readRoles(this.#deps.store.db, sql.join(conditions, sql` and `))).map(toRecord);
  }

  /** Needs ViewRole (18) in its tenant. Throws NotFoundError `role_not_found`. */
  async record(principal: Principal, ref: RoleRef): Promise<RoleRecord> {
    requireScope(principal, 'read');
    return toRecord(await this.#find(this.#deps.store.db, principal, ref, Permission.viewRole));
  }

  async get(principal: Principal, ref: RoleRef): Promise<RoleView> {
    requireScope(principal, 'read');
    return toView(await this.#find(this.#deps.store.db, principal, ref, null));
  }

  /**
   * Needs CreateRole (17), and to give it to somebody ModifyUsers (15), in the tenant. Throws ConflictError `role_taken`;
   * InvalidError `permission_unknown`, `permission_not_grantable`, `user_not_found` (extra.userId); ForbiddenError
   * `permission_exceeds_own`.
   */
  async create(principal: Principal, input: RoleInput): Promise<RoleRecord> {
    requireScope(principal, 'admin');
    const tenant = await findTenant(this.#deps.store.db, principal, input.tenant, Permission.createRole);
    const name = checkName(input.name, 'name');
    const description = checkText(input.description, 'description', 4096);
    const permissions = checkExplicit(principal, input.permissions);
    const id = await this.#write(name, async (trx) => {
      const row = await trx
        .insertInto('role')
        .values({ uid: uuidv7(), tenant_id: tenant.id, name, name_folded: foldName(name), description, permissions })
        .returning(['id', 'uid'])
        .executeTakeFirstOrThrow();
      const users = await this.#setUsers(
        trx,
        principal,
        { id: row.id, tenant_id: tenant.id, user_ids: [] },
        input.users,
      );
      await this.#record(trx, principal, { uid: row.uid, name, tenant_id: tenant.id }, 'role.create', {
        permissions,
        users,
      });
      await announce(trx, `r:${row.id}`);
      return row.id;
    });
    return this.#read(id);
  }

  /**
   * Needs ModifyRole (19) in its tenant, and all that the role gives. Of built-in roles only the users change: ForbiddenError
   * `role_builtin`. Else throws like `create`; ConflictError `last_administrator`.
   */
  async update(principal: Principal, ref: RoleRef, patch: RolePatch): Promise<RoleRecord> {
    requireScope(principal, 'admin');
    const name = patch.name === undefined ? undefined : checkName(patch.name, 'name');
    const id = await this.#write(name ?? '', async (trx) => {
      const role = await this.#find(trx, principal, ref, Permission.modifyRole, 'for update of r');
      requireCovers(principal, role.permissions, `The role ${role.name}`);
      const description =
        patch.description === undefined ? role.description : checkText(patch.description, 'description', 4096);
      const permissions =
        patch.permissions === undefined
          ? normalisePermissions(role.permissions)
          : role.builtin
            ? normalisePermissions(patch.permissions)
            : checkExplicit(principal, patch.permissions);
      const next = { name: name ?? role.name, description, permissions };
      const same = next.name === role.name && String(permissions) === String(normalisePermissions(role.permissions));
      if (role.builtin && !same) throw builtinRole(role);
      await trx
        .updateTable('role')
        .set((set) => ({
          ...next,
          name_folded: foldName(next.name),
          version: set('version', '+', 1),
          updated_at: this.#deps.clock.now(),
        }))
        .where('id', '=', role.id)
        .execute();
      const users = await this.#setUsers(trx, principal, role, patch.users);
      await this.#record(trx, principal, role, 'role.update', {
        ...next,
        before: normalisePermissions(role.permissions),
        users,
      });
      await announce(trx, `r:${role.id}`);
      return role.id;
    });
    return this.#read(id);
  }

  /** Needs DeleteRole (20). Throws ConflictError `role_in_use` (extra.users), ForbiddenError `role_builtin`. */
  async delete(principal: Principal, ref: RoleRef): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const role = await this.#find(trx, principal, ref, Permission.deleteRole, 'for update of r');
      requireCovers(principal, role.permissions, `The role ${role.name}`);
      if (role.builtin) throw builtinRole(role);
      if (role.user_ids.length > 0) {
        throw new ConflictError('role_in_use', `${role.user_ids.length} users have the role ${role.name}.`, {
          remedy: 'Take it from them first.',
          extra: { users: role.user_ids.length, roleId: role.id },
        });
      }
      await trx.deleteFrom('role').where('id', '=', role.id).execute();
      await this.#record(trx, principal, role, 'role.delete', {});
      await announce(trx, `r:${role.id}`);
    });
  }

  async #setUsers(
    trx: Transaction<DB>,
    principal: Principal,
    role: { readonly id: number; readonly tenant_id: number; readonly user_ids: readonly number[] },
    users: readonly number[] | undefined,
  ): Promise<readonly number[]> {
    const wanted = [...new Set(users ?? role.user_ids)];
    const added = wanted.filter((id) => !role.user_ids.includes(id));
    const removed = role.user_ids.filter((id) => !wanted.includes(id));
    if (added.length + removed.length === 0) return wanted;
    requireAdministers(principal, role.tenant_id, Permission.modifyUsers);
    if ([...added, ...removed].includes(principal.actor.id)) {
      throw new ForbiddenError('own_roles', 'Nobody changes the roles of the account that they are signed in with.');
    }
    await lockAdministrators(trx);
    await findTenantUsers(trx, role.tenant_id, added);
    if (removed.length > 0) {
      await trx.deleteFrom('user_role').where('role_id', '=', role.id).where('user_id', 'in', removed).execute();
    }
    if (added.length > 0) {
      await trx
        .insertInto('user_role')
        .values(added.map((user_id) => ({ user_id, role_id: role.id })))
        .execute();
    }
    await requireAdministratorLeft(trx);
    return wanted;
  }

  async #read(id: number): Promise<RoleRecord> {
    const [row] = await readRoles(this.#deps.store.db, sql`r.id = ${id}`);
    if (row === undefined) throw notFound({ id });
    return toRecord(row);
  }

  /** By number, by uid, or by name: the own tenant's first. `permission` null: whoever may see it. */
  async #find(
    executor: Executor,
    principal: Principal,
    ref: RoleRef,
    permission: number | null,
    lock: '' | 'for update of r' = '',
  ): Promise<RoleRow> {
    const key =
      typeof ref !== 'string'
        ? sql`r.id = ${ref.id}`
        : isUuid(ref)
          ? sql`r.uid = ${ref}`
          : sql`r.name_folded = ${foldName(ref)}`;
    const rows = await readRoles(executor, sql`${key} and ${visible(principal)}`, lock);
    const row = rows.find((one) => one.tenant_id === principal.subject.tenantId) ?? rows[0];
    if (row === undefined) throw notFound(ref);
    if (permission !== null && !administers(principal, row.tenant_id, permission)) {
      requireAdministers(principal, row.tenant_id, permission);
    }
    return row;
  }

  async #write<T>(name: string, work: (trx: Transaction<DB>) => Promise<T>): Promise<T> {
    try {
      return await this.#deps.store.transaction(work);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('role_taken', `There is a role ${name} already.`, { field: 'name' });
    }
  }

  #record(
    trx: Transaction<DB>,
    principal: Principal,
    role: { readonly uid: string; readonly name: string; readonly tenant_id: number },
    action: string,
    detail: object,
  ): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'role', uid: role.uid, name: role.name },
      tenantId: role.tenant_id,
      detail,
    });
  }
}

function builtinRole(role: { readonly name: string }): ForbiddenError {
  return new ForbiddenError('role_builtin', `The role ${role.name} is built in: only its users change.`);
}

/** Tenants in which the principal may see roles by ViewRole. */
function held(principal: Principal): readonly number[] {
  const { permissions, adminOfTenantIds } = principal.subject;
  return permissions.has(Permission.viewRole) ? adminOfTenantIds : [];
}

/** A condition on `role r`. */
function visible(principal: Principal): RawBuilder<unknown> {
  if (isAdministrator(principal)) return sql`true`;
  const { tenantId, adminOfTenantIds } = principal.subject;
  return sql`r.tenant_id = any(${[tenantId, ...adminOfTenantIds]}::bigint[])`;
}

async function readRoles(
  executor: Executor,
  condition: RawBuilder<unknown>,
  lock: '' | 'for update of r' = '',
): Promise<RoleRow[]> {
  const { rows } = await sql<RoleRow>`
    select r.id, r.uid, r.name, r.description, r.permissions, r.builtin, r.tenant_id, t.slug,
      array(select ur.user_id from user_role ur where ur.role_id = r.id order by 1) as user_ids
    from role r join tenant t on t.id = r.tenant_id where ${condition} order by r.id ${sql.raw(lock)}`.execute(
    executor,
  );
  return rows;
}

function toRecord(row: RoleRow): RoleRecord {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    tenantId: row.tenant_id,
    permissions: normalisePermissions(row.permissions),
    userIds: row.user_ids,
    builtin: row.builtin,
  };
}

function toView(row: RoleRow): RoleView {
  return {
    id: row.uid,
    name: row.name,
    description: row.description,
    tenant: row.slug,
    permissions: normalisePermissions(row.permissions),
    builtin: row.builtin,
    userCount: row.user_ids.length,
  };
}
