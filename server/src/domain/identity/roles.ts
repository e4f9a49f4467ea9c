/** Roles (hdp.md §3.2). */

import type { IdentityDeps } from './deps.ts';
import { normalisePermissions } from './permissions.ts';
import type { Principal } from './principal.ts';
import { isAdministrator } from './rules.ts';
import { requireScope } from './scopes.ts';
import type { RoleView } from './views.ts';

export class Roles {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** By id: roles of the own tenant and of administered ones; of all for administrators. */
  async list(principal: Principal): Promise<RoleView[]> {
    requireScope(principal, 'read');
    const { subject } = principal;
    const rows = await this.#deps.store.db
      .selectFrom('role as r')
      .innerJoin('tenant as t', 't.id', 'r.tenant_id')
      .select(['r.uid', 'r.name', 'r.description', 'r.permissions', 'r.builtin', 't.slug'])
      .$if(!isAdministrator(principal), (query) =>
        query.where('r.tenant_id', 'in', [subject.tenantId, ...subject.adminOfTenantIds]),
      )
      .orderBy('r.id')
      .execute();
    return rows.map((row) => ({
      id: row.uid,
      name: row.name,
      description: row.description,
      tenant: row.slug,
      permissions: normalisePermissions(row.permissions),
      builtin: row.builtin,
    }));
  }
}
