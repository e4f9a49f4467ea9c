/**
 * Groups: named sets of users of one tenant (decisions.md 7). Everybody sees the groups of the own tenant, to share
 * with them; changing them takes ModifyUsers (15) in the tenant, seeing members ViewUsers (14) or membership.
 */
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { type DB, type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/facts.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import type { IdentityDeps } from './deps.ts';
import { checkName, checkText, foldName } from './names.ts';
import { Permission } from './permissions.ts';
import type { Principal } from './principal.ts';
import { administers, isAdministrator, requireAdministers } from './rules.ts';
import { requireScope } from './scopes.ts';
import { findTenant } from './tenants.ts';
import type { GroupView } from './views.ts';

interface GroupRow {
  id: number;
  uid: string;
  tenant_id: number;
  slug: string;
  name: string;
  description: string | null;
  members: number;
  created_at: Date;
  updated_at: Date;
}

const notFound = (): NotFoundError => new NotFoundError('group_not_found', 'There is no such group.');

export class Groups {
  readonly #deps: IdentityDeps;

  constructor(deps: IdentityDeps) {
    this.#deps = deps;
  }

  /** Throws ConflictError `group_taken`. */
  async create(
    principal: Principal,
    input: {
      readonly name: string;
      readonly description?: string | null | undefined;
      readonly tenant?: string | undefined;
    },
  ): Promise<GroupView> {
    requireScope(principal, 'admin');
    const tenant = await findTenant(this.#deps.store.db, principal, input.tenant, Permission.modifyUsers);
    const name = checkName(input.name, 'name');
    const description = checkText(input.description, 'description', 4096);
    try {
      return await this.#deps.store.transaction(async (trx) => {
        const uid = uuidv7();
        const now = this.#deps.clock.now();
        await trx
          .insertInto('user_group')
          .values({
            uid,
            tenant_id: tenant.id,
            name,
            name_folded: foldName(name),
            description,
            created_at: now,
            updated_at: now,
          })
          .execute();
        await this.#record(trx, principal, { uid, name, tenant_id: tenant.id }, 'group.create', {});
        return {
          id: uid,
          name,
          description,
          tenant: tenant.slug,
          memberCount: 0,
          members: [],
          createdAt: now,
          updatedAt: now,
        };
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ConflictError('group_taken', `There is a group ${name} already.`, { field: 'name' });
    }
  }

  /** Throws NotFoundError `group_not_found`. */
  async get(principal: Principal, name: string): Promise<GroupView> {
    requireScope(principal, 'read');
    const { db } = this.#deps.store;
    const group = await this.#find(db, principal, name);
    const sees =
      administers(principal, group.tenant_id, Permission.viewUsers) || principal.subject.groupIds.includes(group.id);
    const members = sees
      ? await db
          .selectFrom('user_group_member as m')
          .innerJoin('user_account as u', 'u.id', 'm.user_id')
          .select('u.username')
          .where('m.group_id', '=', group.id)
          .orderBy('u.username_folded')
          .execute()
      : null;
    return { ...toView(group), members: members?.map((member) => member.username) ?? null };
  }

  /** By id. */
  async list(principal: Principal, page: PageRequest): Promise<Page<GroupView>> {
    requireScope(principal, 'read');
    const limit = pageLimit(page);
    const after = page.cursor === undefined ? 0 : decodeCursor('groups', page.cursor, ['number'])[0];
    const rows = await readGroups(this.#deps.store.db, sql`${visible(principal)} and g.id > ${after}`, limit + 1);
    return toPage('groups', rows, limit, (row) => [row.id], toView);
  }

  /** With its shares. */
  async delete(principal: Principal, name: string): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const group = await this.#findToChange(trx, principal, name);
      const shares = await trx
        .selectFrom('share')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('group_id', '=', group.id)
        .executeTakeFirstOrThrow();
      await trx.deleteFrom('user_group').where('id', '=', group.id).execute();
      await this.#record(trx, principal, group, 'group.delete', { members: group.members, shares: shares.count });
      await announce(trx, `g:${group.id}`);
    });
  }

  /** Adding a member twice is no error. Throws NotFoundError `user_not_found`: members are of the group's tenant. */
  async addMember(principal: Principal, group: string, username: string): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const found = await this.#findToChange(trx, principal, group);
      const user = await findMember(trx, principal, found, username);
      const added = await trx
        .insertInto('user_group_member')
        .values({ group_id: found.id, user_id: user.id })
        .onConflict((conflict) => conflict.doNothing())
        .returning('user_id')
        .executeTakeFirst();
      if (added === undefined) return;
      await this.#record(trx, principal, found, 'group.member.add', { user: user.username });
      await announce(trx, `u:${user.id}`);
    });
  }

  /** Throws NotFoundError `user_not_found` when the user is no member. */
  async removeMember(principal: Principal, group: string, username: string): Promise<void> {
    requireScope(principal, 'admin');
    await this.#deps.store.transaction(async (trx) => {
      const found = await this.#findToChange(trx, principal, group);
      const removed = await trx
        .deleteFrom('user_group_member')
        .using('user_account')
        .whereRef('user_account.id', '=', 'user_group_member.user_id')
        .where('user_group_member.group_id', '=', found.id)
        .where('user_account.username_folded', '=', foldName(username))
        .returning(['user_account.id', 'user_account.username'])
        .executeTakeFirst();
      if (removed === undefined) throw new NotFoundError('user_not_found', 'The group has no such member.');
      await this.#record(trx, principal, found, 'group.member.remove', { user: removed.username });
      await announce(trx, `u:${removed.id}`);
    });
  }

  async #findToChange(trx: Transaction<DB>, principal: Principal, name: string): Promise<GroupRow> {
    const group = await this.#find(trx, principal, name);
    requireAdministers(principal, group.tenant_id, Permission.modifyUsers);
    return group;
  }

  /** By name, the own tenant's first; or by uid. */
  async #find(executor: Executor, principal: Principal, name: string): Promise<GroupRow> {
    const key = foldName(name);
    const rows = await readGroups(
      executor,
      sql`${visible(principal)} and (g.name_folded = ${key} or g.uid::text = ${key})`,
      100,
    );
    const own = rows.find((row) => row.tenant_id === principal.subject.tenantId) ?? rows[0];
    if (own === undefined) throw notFound();
    return own;
  }

  async #record(
    trx: Transaction<DB>,
    principal: Principal,
    group: { readonly uid: string; readonly name: string; readonly tenant_id: number },
    action: string,
    detail: object,
  ): Promise<void> {
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'group', uid: group.uid, name: group.name },
      tenantId: group.tenant_id,
      detail,
    });
  }
}

/** A condition on `user_group g`. */
function visible(principal: Principal): RawBuilder<unknown> {
  if (isAdministrator(principal)) return sql`true`;
  const { tenantId, adminOfTenantIds } = principal.subject;
  return sql`g.tenant_id = any(${[tenantId, ...adminOfTenantIds]}::bigint[])`;
}

async function readGroups(executor: Executor, condition: RawBuilder<unknown>, limit: number): Promise<GroupRow[]> {
  const { rows } = await sql<GroupRow>`
    select g.id, g.uid, g.tenant_id, t.slug, g.name, g.description, g.created_at, g.updated_at,
      (select count(*) from user_group_member m where m.group_id = g.id) as members
    from user_group g join tenant t on t.id = g.tenant_id where ${condition} order by g.id limit ${limit}`.execute(
    executor,
  );
  return rows;
}

/** A user who may become a member: of the group's tenant, or anybody for administrators. */
async function findMember(
  trx: Transaction<DB>,
  principal: Principal,
  group: GroupRow,
  username: string,
): Promise<{ id: number; username: string }> {
  const user = await trx
    .selectFrom('user_account')
    .select(['id', 'username'])
    .where('username_folded', '=', foldName(username))
    .where('builtin', 'is', null)
    .$if(!isAdministrator(principal), (query) => query.where('tenant_id', '=', group.tenant_id))
    .executeTakeFirst();
  if (user === undefined) throw new NotFoundError('user_not_found', 'There is no such user in the tenant.');
  return user;
}

function toView(row: GroupRow): GroupView {
  return {
    id: row.uid,
    name: row.name,
    description: row.description,
    tenant: row.slug,
    memberCount: row.members,
    members: null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
