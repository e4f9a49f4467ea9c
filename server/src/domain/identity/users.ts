/** Users (hdp.md §3, §4.9; decisions.md 1, 2, 8). */
import type { Page, PageRequest } from '../paging.ts';
import type { IdentityDeps } from './deps.ts';
import type { Passwords } from './passwords.ts';
import type { Principal } from './principal.ts';
import type { Principals } from './principals.ts';
import type { UserInput, UserPatch, UserView } from './views.ts';

export class Users {
  constructor(_deps: IdentityDeps, _passwords: Passwords, _principals: Principals) {}

  create(_principal: Principal, _input: UserInput): Promise<UserView> {
    throw new Error('not built yet');
  }

  /** Throws NotFoundError `user_not_found`, also when the caller may not see the user. */
  get(_principal: Principal, _username: string): Promise<UserView> {
    throw new Error('not built yet');
  }

  list(
    _principal: Principal,
    _filter: { readonly q?: string | undefined; readonly tenant?: string | undefined },
    _page: PageRequest,
  ): Promise<Page<UserView>> {
    throw new Error('not built yet');
  }

  update(_principal: Principal, _username: string, _patch: UserPatch): Promise<UserView> {
    throw new Error('not built yet');
  }

  /** Throws ConflictError `owns_sources` (extra.sources), `source_in_use` (extra.holders), `last_administrator`. */
  delete(_principal: Principal, _username: string, _ifOwnsSources: 'refuse' | 'delete'): Promise<void> {
    throw new Error('not built yet');
  }

  setPassword(_principal: Principal, _username: string, _password: string): Promise<void> {
    throw new Error('not built yet');
  }

  changeOwnPassword(_principal: Principal, _current: string, _next: string): Promise<void> {
    throw new Error('not built yet');
  }

  /** Forgets failed sign-ins. */
  unlock(_principal: Principal, _username: string): Promise<UserView> {
    throw new Error('not built yet');
  }

  /** Lets a JWT subject sign in as this user (decisions.md 23). */
  linkExternal(
    _principal: Principal,
    _username: string,
    _identity: { issuer: string; subject: string },
  ): Promise<void> {
    throw new Error('not built yet');
  }
}
