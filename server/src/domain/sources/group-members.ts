/** Who belongs to a group data source: read, added, replaced, removed; by number for doors, by name natively. */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { announce, type SourceFacts } from '../access/index.ts';
import { ConflictError, InvalidError, NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type GroupMember, readMembers, writeMembers } from './members.ts';
import type { SourcesDeps } from './sources.ts';

/** A member as a caller sees it. */
export interface GroupMemberView {
  /** The member's uid. */
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
}

export class GroupMembers {
  readonly #deps: SourcesDeps;

  constructor(deps: SourcesDeps) {
    this.#deps = deps;
  }

  /** All members by number; whoever may see the group has been asked for before. */
  async of(facts: SourceFacts): Promise<GroupMember[]> {
    return readMembers(this.#deps.store.db, facts.source.id);
  }

  /**
   * Adds members, or replaces all; whoever may change the group has been asked for before. Throws ConflictError
   * `not_a_group`, `prefix_taken`, and like `writeMembers`.
   */
  async set(
    principal: Principal,
    facts: SourceFacts,
    members: readonly GroupMember[],
    mode: 'add' | 'replace',
  ): Promise<void> {
    await this.#change(principal, facts, { mode, members }, (trx) => writeMembers(trx, facts.source, members, mode));
  }

  /** The same for one that goes. Throws ConflictError `not_a_group`, NotFoundError `member_not_found` (extra.memberId). */
  async drop(principal: Principal, facts: SourceFacts, memberId: number): Promise<void> {
    await this.#drop(principal, facts, memberId, { memberId });
  }

  /**
   * The members of a group that the principal may see, by name. Throws like `Access.authorise` for `source.view`;
   * ConflictError `not_a_group`.
   */
  async list(principal: Principal, group: string): Promise<GroupMemberView[]> {
    const facts = await this.#admit(principal, group, 'source.view');
    requireGroup(facts);
    const visible = this.#deps.access.visibleFilter(principal, { alias: 's' });
    const { rows } = await sql<GroupMemberView>`
      select s.uid as id, s.name, m.prefix from source_member m join data_source s on s.id = m.member_id
      where m.group_id = ${facts.source.id} and s.deleted_at is null and ${visible}
      order by s.name_folded`.execute(this.#deps.store.db);
    return rows;
  }

  /**
   * Makes a source a member, or gives the member another prefix. Throws like `Access.authorise` for `source.modify` of
   * the group, NotFoundError `source_not_found` for a member that the principal may not see, InvalidError
   * `invalid_member` for one of another owner, and like `set`.
   */
  async put(principal: Principal, group: string, member: string, prefix: string): Promise<GroupMemberView> {
    const facts = await this.#admit(principal, group, 'source.modify');
    const { source } = await this.#admit(principal, member, 'source.view');
    if (source.ownerId !== facts.source.ownerId) {
      throw new InvalidError('invalid_member', "A member is another source of the group's owner.", { field: 'member' });
    }
    await this.set(principal, facts, [{ id: source.id, prefix }], 'add');
    return { id: source.uid, name: source.name, prefix };
  }

  /** Takes a member out. Throws like `put`, and like `drop`. */
  async remove(principal: Principal, group: string, member: string): Promise<void> {
    const facts = await this.#admit(principal, group, 'source.modify');
    const { source } = await this.#admit(principal, member, 'source.view');
    await this.#drop(principal, facts, source.id, { member: source.name });
  }

  async #drop(principal: Principal, facts: SourceFacts, memberId: number, shown: object): Promise<void> {
    await this.#change(principal, facts, { mode: 'remove', memberId }, async (trx) => {
      const removed = await trx
        .deleteFrom('source_member')
        .where('group_id', '=', facts.source.id)
        .where('member_id', '=', memberId)
        .returning('member_id')
        .executeTakeFirst();
      if (removed === undefined) {
        throw new NotFoundError('member_not_found', 'The group has no such member.', { extra: { ...shown } });
      }
    });
  }

  async #admit(principal: Principal, name: string, action: 'source.view' | 'source.modify'): Promise<SourceFacts> {
    const facts = await this.#deps.access.resolve(principal, name);
    this.#deps.access.authorise(principal, action, facts);
    return facts;
  }

  async #change(
    principal: Principal,
    facts: SourceFacts,
    detail: object,
    work: (trx: Executor) => Promise<void>,
  ): Promise<void> {
    requireScope(principal, 'write');
    requireGroup(facts);
    const { source } = facts;
    await this.#deps.store
      .transaction(async (trx) => {
        await sql`select id from data_source where id = ${source.id} for no key update`.execute(trx);
        await work(trx);
        await this.#deps.audit.record(trx, principal, {
          action: 'source.members',
          outcome: 'allowed',
          resource: { type: 'source', uid: source.uid, name: source.name },
          tenantId: source.tenantId,
          detail,
        });
        await announce(trx, `s:${source.id}`);
      })
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) throw new ConflictError('prefix_taken', 'A prefix is taken in this group.');
        throw error;
      });
  }
}

function requireGroup({ source }: SourceFacts): void {
  if (!source.isGroup) throw new ConflictError('not_a_group', 'Only a group data source has members.');
}
