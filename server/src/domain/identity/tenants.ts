/** Tenants (decisions.md 1, 2; hdp.md §4.11): two levels, the system's and its children. */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type DB, type Executor, isForeignKeyViolation, isUniqueViolation } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/facts.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import type { IdentityDeps } from './deps.ts';
import { checkName, checkSlug, checkText, foldName, slugOf } from './names.ts';
import { Permission } from './permissions.ts';
import { type Principal, storedUserId, systemTenantId } from './principal.ts';
import { administers, isAdministrator, lacksPermission, requireCovers } from './rules.ts';
import { requireScope } from './scopes.ts';
import { furnishTenant, insertTenant } from './tenant-setup.ts';
import type { TenantRecord, TenantRef, TenantView } from './views.ts';

export interface TenantInput {
  readonly name: string;
  /** Made from the name when absent. */
  readonly slug?: string | undefined;
  readonly description?: string | null | undefined;
  /** Roles of the system tenant to copy, by number. */
  readonly importedRoles?: readonly number[] | undefined;
  /** Numbers of users to administer it besides its maker. */
  readonly admins?: readonly number[] | undefined;
  /** As hdp keeps it; it has no effect. */
  readonly legacyStatus?: number | undefined;
}

/** Absent members stay. */
export interface TenantPatch {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly status?: 'active' | 'inactive' | undefined;
  readonly legacyStatus?: number | undefined;
  /** Names or numbers of the users that administer it: exactly these. */
  readonly admins?: readonly (string | number)[] | undefined;
}

interface TenantRow {
  id: number;
  uid: string;
  name: string;
  slug: string;
  description: string | null;
  parent_id: number | null;
  status: number;
  legacy_status: number | null;
  role_ids: number[];
  admin_ids: number[];
  admin_names: string[];
  created_at: Date;
  updated_at: Date;
}

const notFound = (ref: TenantRef): NotFoundError =>
  new NotFoundError(
    'tenant_not_found',
    'There is no such tenant.',
    typeof ref === 'string' ? {} : { extra: { tenantId: ref.id } },
  );

export class Tenants {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /**
   * Needs TenantAPI (25); its maker administers the new tenant (natively: who is no administrator). With copies of the roles
   * User and Tenant Administrator, built-in users and a default workspace. Throws ConflictError `slug_taken`; InvalidError
   * `role_not_found` (extra.roleId), `user_not_found` (extra.userId).
   */
  async create(principal: Principal, input: TenantInput): Promise<TenantView> {
    return toView(await this.#create(principal, input, checkSlug(input.slug ?? slugOf(input.name))), principal);
  }

  /** The same for a door whose names may repeat: the slug is one that nobody has. */
  async createRecord(principal: Principal, input: TenantInput): Promise<TenantRecord> {
    const slug = await freeSlug(this.#deps.store.db, checkName(input.name, 'name'));
    return toRecord(await this.#create(principal, input, slug));
  }

  /** By slug. Throws NotFoundError `tenant_not_found`, also for tenants that are none of the caller's. */
  async get(principal: Principal, ref: TenantRef): Promise<TenantView> {
    requireScope(principal, 'read');
    return toView(await this.#find(this.#deps.store.db, principal, ref), principal);
  }

  /** Number and name of a slug: for doors that show both of what the caller may see anyway. */
  async named(slug: string): Promise<{ readonly id: number; readonly name: string } | null> {
    const query = this.#deps.store.db.selectFrom('tenant').select(['id', 'name']).where('slug', '=', slug);
    return (await query.executeTakeFirst()) ?? null;
  }

  /** Needs TenantAPI (25) and administration of it. Throws NotFoundError `tenant_not_found`. */
  async record(principal: Principal, ref: TenantRef): Promise<TenantRecord> {
    requireScope(principal, 'read');
    return toRecord(await this.#administered(this.#deps.store.db, principal, ref));
  }

  /** Tenants that the principal may manage: by TenantAPI (25), administered ones. */
  async records(principal: Principal): Promise<TenantRecord[]> {
    requireScope(principal, 'read');
    this.#requireTenantApi(principal);
    const within = isAdministrator(principal)
      ? sql`true`
      : sql`t.id = any(${[...principal.subject.adminOfTenantIds]}::bigint[])`;
    return (await readTenants(this.#deps.store.db, within)).map(toRecord);
  }

  /** By id: the own tenant and administered ones; all for administrators. */
  async list(principal: Principal, page: PageRequest): Promise<Page<TenantView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? 0 : decodeCursor('tenants', page.cursor, ['number'])[0];
    const rows = await readTenants(
      this.#deps.store.db,
      sql`t.id > ${after} and ${visible(principal)}`,
      sql`limit ${limit + 1}`,
    );
    return toPage(
      'tenants',
      rows,
      limit,
      (row) => [row.id],
      (row) => ({ ...toView(row, principal), admins: null }),
    );
  }

  /**
   * Needs TenantAPI (25) and administration of it. Administrators of a tenant live in the system tenant or in it. Throws
   * NotFoundError `tenant_not_found`, InvalidError `user_not_found` (extra.userId), ForbiddenError `system_tenant`.
   */
  async update(principal: Principal, ref: TenantRef, patch: TenantPatch): Promise<TenantRecord> {
    requireScope(principal, 'admin');
    const name = patch.name === undefined ? undefined : checkName(patch.name, 'name');
    const id = await this.#deps.store.transaction(async (trx) => {
      const tenant = await this.#administered(trx, principal, ref, sql`for update of t`);
      if (tenant.id === systemTenantId && patch.status === 'inactive') throw systemTenant();
      const description =
        patch.description === undefined ? tenant.description : checkText(patch.description, 'description', 4096);
      const status = patch.status === undefined ? tenant.status : patch.status === 'active' ? 1 : 0;
      await sql`update tenant set name = ${name ?? tenant.name}, description = ${description}, status = ${status},
        settings = settings || ${JSON.stringify(patch.legacyStatus === undefined ? {} : { legacyStatus: patch.legacyStatus })}::jsonb,
        updated_at = ${this.#deps.clock.now()} where id = ${tenant.id}`.execute(trx);
      const admins = patch.admins === undefined ? undefined : await this.#setAdmins(trx, tenant, patch.admins);
      await this.#record(trx, principal, tenant, 'tenant.update', {
        name: name ?? tenant.name,
        description,
        ...(patch.status === undefined ? {} : { status: patch.status }),
        ...(admins === undefined ? {} : { admins }),
      });
      await announce(trx, `t:${tenant.id}`);
      return tenant.id;
    });
    const [row] = await readTenants(this.#deps.store.db, sql`t.id = ${id}`);
    if (row === undefined) throw notFound({ id });
    return toRecord(row);
  }

  /**
   * Needs what an update needs. Refused while it has users or sources: ConflictError `tenant_not_empty`; ForbiddenError
   * `system_tenant` for tenant 1. Its roles, groups, workspaces and shares go with it.
   */
  async delete(principal: Principal, ref: TenantRef): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store
      .transaction(async (trx) => {
        const tenant = await this.#administered(trx, principal, ref, sql`for update of t`);
        if (tenant.id === systemTenantId) throw systemTenant();
        const { rows } = await sql<{ users: number; sources: number }>`
        select (select count(*) from user_account where tenant_id = ${tenant.id} and builtin is null) as users,
          (select count(*) from data_source where tenant_id = ${tenant.id} and deleted_at is null) as sources`.execute(
          trx,
        );
        const { users, sources } = rows[0]!; // one row always
        if (users + sources > 0) throw notEmpty(tenant, { users, sources });
        await emptyTenant(trx, tenant.id);
        await this.#record(trx, principal, { ...tenant, id: systemTenantId }, 'tenant.delete', {});
        await announce(trx, '*');
      })
      .catch((error: unknown) => {
        // Something that a later version keeps for a tenant.
        if (isForeignKeyViolation(error))
          throw new ConflictError('tenant_not_empty', 'The tenant still owns something.');
        throw error;
      });
  }

  async #create(principal: Principal, input: TenantInput, slug: string): Promise<TenantRow> {
    requireScope(principal, 'admin');
    this.#requireTenantApi(principal);
    const name = checkName(input.name, 'name');
    const description = checkText(input.description, 'description', 4096);
    const { db } = this.#deps.store;
    try {
      const id = await this.#deps.store.transaction(async (trx) => {
        const tenant = await insertTenant(trx, { name, slug, description, legacyStatus: input.legacyStatus });
        await furnishTenant(trx, { id: tenant.id, slug });
        await importRoles(trx, principal, tenant.id, input.importedRoles ?? []);
        const userId = storedUserId(principal.subject);
        const maker = userId !== null && (input.admins !== undefined || !isAdministrator(principal)) ? [userId] : [];
        const admins = [...new Set([...maker, ...(input.admins ?? [])])];
        await this.#setAdmins(trx, { id: tenant.id, admin_ids: [] }, admins);
        await this.#record(trx, principal, { id: tenant.id, uid: tenant.uid, slug }, 'tenant.create', { name, admins });
        return tenant.id;
      });
      const [row] = await readTenants(db, sql`t.id = ${id}`);
      return row!; // just made
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('slug_taken', `The slug ${slug} is taken.`, { field: 'slug' });
    }
  }

  #requireTenantApi(principal: Principal): void {
    if (isAdministrator(principal) || principal.subject.permissions.has(Permission.tenantApi)) return;
    throw lacksPermission(Permission.tenantApi, 'This needs TenantAPI (25).');
  }

  async #setAdmins(
    trx: Transaction<DB>,
    tenant: { readonly id: number; readonly admin_ids: readonly number[] },
    wanted: readonly (string | number)[],
  ): Promise<number[]> {
    const rows = await trx
      .selectFrom('user_account')
      .select(['id', 'username_folded'])
      .where('tenant_id', 'in', [systemTenantId, tenant.id])
      .where('builtin', 'is', null)
      .where((where) =>
        where.or([
          where('id', 'in', [0, ...wanted.filter((one) => typeof one === 'number')]),
          where('username_folded', 'in', ['', ...wanted.filter((one) => typeof one === 'string').map(foldName)]),
        ]),
      )
      .execute();
    const ids = wanted.map((one) => {
      const found = rows.find(
        (row) => row.id === one || (typeof one === 'string' && row.username_folded === foldName(one)),
      );
      if (found !== undefined) return found.id;
      throw new InvalidError('user_not_found', `There is no user ${one} in this tenant or in the system's.`, {
        field: 'admins',
        extra: { userId: one },
      });
    });
    const removed = tenant.admin_ids.filter((id) => !ids.includes(id));
    const added = [...new Set(ids)].filter((id) => !tenant.admin_ids.includes(id));
    if (removed.length > 0) {
      await trx.deleteFrom('tenant_admin').where('tenant_id', '=', tenant.id).where('user_id', 'in', removed).execute();
    }
    if (added.length > 0) {
      await trx
        .insertInto('tenant_admin')
        .values(added.map((user_id) => ({ tenant_id: tenant.id, user_id })))
        .execute();
    }
    await announce(trx, ...[...added, ...removed].map((id) => `u:${id}` as const));
    return ids;
  }

  async #find(executor: Executor, principal: Principal, ref: TenantRef, tail = sql``): Promise<TenantRow> {
    const key = typeof ref === 'string' ? sql`t.slug = ${ref}` : sql`t.id = ${ref.id}`;
    const [row] = await readTenants(executor, sql`${key} and ${visible(principal)}`, tail);
    if (row === undefined) throw notFound(ref);
    return row;
  }

  async #administered(executor: Executor, principal: Principal, ref: TenantRef, tail = sql``): Promise<TenantRow> {
    this.#requireTenantApi(principal);
    const row = await this.#find(executor, principal, ref, tail);
    if (!administers(principal, row.id, Permission.tenantApi)) throw lacksPermission(Permission.tenantApi);
    return row;
  }

  #record(
    trx: Transaction<DB>,
    principal: Principal,
    tenant: { readonly id: number; readonly uid: string; readonly slug: string },
    action: string,
    detail: object,
  ): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'tenant', uid: tenant.uid, name: tenant.slug },
      tenantId: tenant.id,
      detail,
    });
  }
}

function systemTenant(): ForbiddenError {
  return new ForbiddenError('system_tenant', 'The system tenant is always there and always active.');
}

function notEmpty(tenant: { readonly slug: string }, extra: { users: number; sources: number }): ConflictError {
  return new ConflictError(
    'tenant_not_empty',
    `The tenant ${tenant.slug} still has ${extra.users} users and ${extra.sources} data sources.`,
    { remedy: 'Delete or move them first.', extra },
  );
}

/** A condition on `tenant t`. */
function visible(principal: Principal): RawBuilder<unknown> {
  if (isAdministrator(principal)) return sql`true`;
  const { tenantId, adminOfTenantIds } = principal.subject;
  return sql`t.id = any(${[tenantId, ...adminOfTenantIds]}::bigint[])`;
}

async function readTenants(
  executor: Executor,
  condition: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<TenantRow[]> {
  const { rows } = await sql<TenantRow>`
    select t.id, t.uid, t.name, t.slug, t.description, t.parent_id, t.status, t.created_at, t.updated_at,
      (t.settings->>'legacyStatus')::integer as legacy_status,
      array(select r.id from role r where r.tenant_id = t.id order by 1) as role_ids,
      array(select a.user_id from tenant_admin a where a.tenant_id = t.id order by 1) as admin_ids,
      array(select u.username from tenant_admin a join user_account u on u.id = a.user_id where a.tenant_id = t.id
        order by u.username_folded) as admin_names
    from tenant t where ${condition} order by t.id ${tail}`.execute(executor);
  return rows;
}

/** A slug of the name that nobody has; tenants' names may repeat, their slugs may not. */
async function freeSlug(executor: Executor, name: string): Promise<string> {
  const base = (slugOf(name) || 'tenant').slice(0, 56).replace(/-+$/, '');
  const { rows } = await sql<{ slug: string }>`
    select slug from tenant where slug = ${base} or slug like ${`${base}-%`}`.execute(executor);
  const taken = new Set(rows.map((row) => row.slug));
  let slug = base;
  for (let number = 2; taken.has(slug); number += 1) slug = `${base}-${number}`;
  return slug;
}

/** Copies roles of the system tenant. The built-in ones are there already; one with 12 is never copied. */
async function importRoles(
  trx: Executor,
  principal: Principal,
  tenantId: number,
  ids: readonly number[],
): Promise<void> {
  if (ids.length === 0) return;
  const rows = await trx
    .selectFrom('role')
    .select(['id', 'name', 'name_folded', 'description', 'permissions', 'builtin'])
    .where('tenant_id', '=', systemTenantId)
    .where('id', 'in', ids)
    .execute();
  for (const id of new Set(ids)) {
    const role = rows.find((row) => row.id === id);
    if (role === undefined || role.permissions.includes(Permission.administrator)) {
      throw new InvalidError('role_not_found', `There is no role ${id} that can be imported.`, {
        field: 'importedRoles',
        extra: { roleId: id },
      });
    }
    if (role.builtin) continue;
    requireCovers(principal, role.permissions, `The role ${role.name}`);
    const { name, name_folded, description, permissions } = role;
    await trx
      .insertInto('role')
      .values({ uid: uuidv7(), tenant_id: tenantId, name, name_folded, description, permissions })
      .execute();
  }
}

/** Removes what a tenant without users and live sources still has. */
async function emptyTenant(trx: Executor, tenantId: number): Promise<void> {
  const statements = [
    sql`delete from share where tenant_id = ${tenantId} or subject_tenant_id = ${tenantId}`,
    sql`delete from data_source where tenant_id = ${tenantId}`,
    sql`delete from workspace where tenant_id = ${tenantId}`,
    sql`delete from job where tenant_id = ${tenantId}`,
    sql`delete from job_definition where tenant_id = ${tenantId}`,
    sql`delete from user_group where tenant_id = ${tenantId}`,
    sql`delete from provider_account where tenant_id = ${tenantId}`,
    sql`delete from named_secret where tenant_id = ${tenantId}`,
    sql`delete from user_account where tenant_id = ${tenantId}`,
    sql`delete from role where tenant_id = ${tenantId}`,
    sql`delete from activity where tenant_id = ${tenantId}`,
    sql`delete from tag where tenant_id = ${tenantId}`,
    sql`delete from deleted_user where tenant_id = ${tenantId}`,
    sql`delete from tenant where id = ${tenantId}`,
  ];
  for (const statement of statements) await statement.execute(trx);
}

/**
 * The tenant of a slug or number, or the caller's own, for something that needs `permission` in it.
 * Throws ForbiddenError `permission_missing`; InvalidError `tenant_not_found` to those who may act in all tenants.
 */
export async function findTenant(
  executor: Executor,
  principal: Principal,
  ref: TenantRef | undefined,
  permission: number,
): Promise<{ id: number; slug: string }> {
  const tenant = await executor
    .selectFrom('tenant')
    .select(['id', 'slug'])
    .where((where) =>
      typeof ref === 'string' ? where('slug', '=', ref) : where('id', '=', ref?.id ?? principal.subject.tenantId),
    )
    .executeTakeFirst();
  if (tenant !== undefined && administers(principal, tenant.id, permission)) return tenant;
  if (!isAdministrator(principal)) throw lacksPermission(permission);
  throw new InvalidError('tenant_not_found', 'There is no such tenant.', {
    field: 'tenant',
    ...(typeof ref === 'object' ? { extra: { tenantId: ref.id } } : {}),
  });
}

function toView(row: TenantRow, principal: Principal): TenantView {
  return {
    id: row.uid,
    name: row.name,
    slug: row.slug,
    description: row.description,
    status: row.status === 1 ? 'active' : 'inactive',
    admins: administers(principal, row.id, Permission.viewUsers) ? row.admin_names : null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toRecord(row: TenantRow): TenantRecord {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    description: row.description,
    parentId: row.id === systemTenantId ? null : systemTenantId,
    legacyStatus: row.legacy_status ?? 1,
    roleIds: row.role_ids,
    adminIds: row.admin_ids,
  };
}
