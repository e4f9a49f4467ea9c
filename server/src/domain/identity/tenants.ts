/** Tenants (decisions.md 1, 2). */
import type { Page, PageRequest } from '../paging.ts';
import type { IdentityDeps } from './deps.ts';
import type { Principal } from './principal.ts';
import type { TenantView } from './views.ts';

export class Tenants {
  constructor(_deps: IdentityDeps) {}

  /** With copies of the roles User and Tenant Administrator, built-in users and a default workspace. */
  create(
    _principal: Principal,
    _input: {
      readonly name: string;
      readonly slug?: string | undefined;
      readonly description?: string | null | undefined;
    },
  ): Promise<TenantView> {
    throw new Error('not built yet');
  }

  /** By slug. Throws NotFoundError `tenant_not_found`. */
  get(_principal: Principal, _slug: string): Promise<TenantView> {
    throw new Error('not built yet');
  }

  list(_principal: Principal, _page: PageRequest): Promise<Page<TenantView>> {
    throw new Error('not built yet');
  }
}
