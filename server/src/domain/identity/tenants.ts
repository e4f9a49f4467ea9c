/** Tenants (decisions.md 1, 2). */
import { type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { announce } from '../access/facts.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import type { IdentityDeps } from './deps.ts';
import { checkName, checkSlug, checkText, slugOf } from './names.ts';
import { Permission } from './permissions.ts';
import { type Principal, storedUserId } from './principal.ts';
import { administers, isAdministrator, lacksPermission } from './rules.ts';
import { requireScope } from './scopes.ts';
import { furnishTenant, insertTenant } from './tenant-setup.ts';
import type { TenantView } from './views.ts';

interface TenantRow {
  id: number;
  uid: string;
  name: string;
  slug: string;
  description: string | null;
  created_at: Date;
  updated_at: Date;
}

const columns = ['id', 'uid', 'name', 'slug', 'description', 'created_at', 'updated_at'] as const;

export class Tenants {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /**
   * Needs TenantAPI (25); who is no administrator then administers the new tenant. With copies of the roles User and
   * Tenant Administrator, built-in users and a default workspace. Throws ConflictError `slug_taken`.
   */
  async create(
    principal: Principal,
    input: {
      readonly name: string;
      readonly slug?: string | undefined;
      readonly description?: string | null | undefined;
    },
  ): Promise<TenantView> {
    requireScope(principal, 'admin');
    if (!isAdministrator(principal) && !principal.subject.permissions.has(Permission.tenantApi)) {
      throw lacksPermission(Permission.tenantApi, 'This needs TenantAPI (25).');
    }
    const name = checkName(input.name, 'name');
    const slug = checkSlug(input.slug ?? slugOf(name));
    const description = checkText(input.description, 'description', 4096);
    try {
      return await this.#deps.store.transaction(async (trx) => {
        const tenant = await insertTenant(trx, { name, slug, description });
        await furnishTenant(trx, { id: tenant.id, slug });
        const userId = storedUserId(principal.subject);
        if (!isAdministrator(principal) && userId !== null) {
          await trx.insertInto('tenant_admin').values({ tenant_id: tenant.id, user_id: userId }).execute();
          await announce(trx, `u:${userId}`);
        }
        await this.#deps.audit.record(trx, principal, {
          action: 'tenant.create',
          outcome: 'allowed',
          resource: { type: 'tenant', uid: tenant.uid, name: slug },
          tenantId: tenant.id,
          detail: { name },
        });
        return toView({ ...tenant, name, slug, description });
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('slug_taken', `The slug ${slug} is taken.`, { field: 'slug' });
    }
  }

  /** By slug. Throws NotFoundError `tenant_not_found`, also for tenants that are none of the caller's. */
  async get(principal: Principal, slug: string): Promise<TenantView> {
    requireScope(principal, 'read');
    const row = await this.#deps.store.db
      .selectFrom('tenant')
      .select(columns)
      .where('slug', '=', slug)
      .$if(!isAdministrator(principal), (query) => query.where('id', 'in', ownTenants(principal)))
      .executeTakeFirst();
    if (row === undefined) throw new NotFoundError('tenant_not_found', 'There is no such tenant.');
    return toView(row);
  }

  /** By id: the own tenant and administered ones; all for administrators. */
  async list(principal: Principal, page: PageRequest): Promise<Page<TenantView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? 0 : decodeCursor('tenants', page.cursor, ['number'])[0];
    const rows = await this.#deps.store.db
      .selectFrom('tenant')
      .select(columns)
      .where('id', '>', after)
      .$if(!isAdministrator(principal), (query) => query.where('id', 'in', ownTenants(principal)))
      .orderBy('id')
      .limit(limit + 1)
      .execute();
    return toPage('tenants', rows, limit, (row) => [row.id], toView);
  }
}

function ownTenants(principal: Principal): number[] {
  return [principal.subject.tenantId, ...principal.subject.adminOfTenantIds];
}

/**
 * The tenant of a slug, or the caller's own, for something that needs `permission` in it.
 * Throws ForbiddenError `permission_missing`; InvalidError `tenant_not_found` to those who may act in all tenants.
 */
export async function findTenant(
  executor: Executor,
  principal: Principal,
  slug: string | undefined,
  permission: number,
): Promise<{ id: number; slug: string }> {
  const tenant = await executor
    .selectFrom('tenant')
    .select(['id', 'slug'])
    .where((where) => (slug === undefined ? where('id', '=', principal.subject.tenantId) : where('slug', '=', slug)))
    .executeTakeFirst();
  if (tenant !== undefined && administers(principal, tenant.id, permission)) return tenant;
  if (!isAdministrator(principal)) throw lacksPermission(permission);
  throw new InvalidError('tenant_not_found', 'There is no such tenant.', { field: 'tenant' });
}

function toView(row: TenantRow): TenantView {
  return {
    id: row.uid,
    name: row.name,
    slug: row.slug,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
