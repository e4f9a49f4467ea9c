/** Groups: named sets of users of one tenant (decisions.md 7). */
import type { Page, PageRequest } from '../paging.ts';
import type { IdentityDeps } from './deps.ts';
import type { Principal } from './principal.ts';
import type { GroupView } from './views.ts';

export class Groups {
  constructor(_deps: IdentityDeps) {}

  create(
    _principal: Principal,
    _input: {
      readonly name: string;
      readonly description?: string | null | undefined;
      readonly tenant?: string | undefined;
    },
  ): Promise<GroupView> {
    throw new Error('not built yet');
  }

  get(_principal: Principal, _name: string): Promise<GroupView> {
    throw new Error('not built yet');
  }

  list(_principal: Principal, _page: PageRequest): Promise<Page<GroupView>> {
    throw new Error('not built yet');
  }

  delete(_principal: Principal, _name: string): Promise<void> {
    throw new Error('not built yet');
  }

  /** Adding a member twice is no error. */
  addMember(_principal: Principal, _group: string, _username: string): Promise<void> {
    throw new Error('not built yet');
  }

  removeMember(_principal: Principal, _group: string, _username: string): Promise<void> {
    throw new Error('not built yet');
  }
}
