/** Roles (hdp.md §3.2). */
import type { IdentityDeps } from './deps.ts';
import type { Principal } from './principal.ts';
import type { RoleView } from './views.ts';

export class Roles {
  constructor(_deps: IdentityDeps) {}

  /** Roles of the own tenant and of administered ones; of all for administrators. */
  list(_principal: Principal): Promise<RoleView[]> {
    throw new Error('not built yet');
  }
}
