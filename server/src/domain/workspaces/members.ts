/** Who belongs to a workspace (chorus.md §3.5). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { announce } from '../access/index.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { recordActivity } from './activities.ts';
import { callerOf, mayOwn } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import {
  defaultLabel,
  type Listed,
  type Member,
  type MemberInput,
  type MemberRole,
  type NumberedPage,
  ownerLabel,
  type WorkspaceKey,
} from './model.ts';
import { notify } from './notifications.ts';
import { memberIds, readMembers } from './people-rows.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, standingOf, type WorkspaceRow } from './rows.ts';
import { limits, Problems } from './text.ts';
import { windowOf } from './workspaces.ts';

/** Members of one workspace at most. */
const most = 10_000;

/** The tenant's default workspace is one of the dataarts door; its members are said natively. */
function whichOn({ door }: Principal): 'owned' | 'any' {
  return door === 'rest' ? 'any' : 'owned';
}

/** A group whose users belong to a workspace. */
export interface GroupMembership {
  /** Name of the group. */
  readonly group: string;
  readonly role: MemberRole;
}

/** What a change of members did. */
interface Outcome {
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

export class Members {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** Those who belong to it, themselves or by a group, the owner among them, by number. */
  async list(principal: Principal, key: WorkspaceKey, page: NumberedPage): Promise<Listed<Member>> {
    const { db } = this.#deps.store;
    const { id } = await findWorkspace(db, await callerOf(db, principal), key, 'plain', whichOn(principal));
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from (${memberIds(sql`${id}`)}) as people`.execute(db);
    return { items: await readMembers(db, id, windowOf(page)), records: rows[0]?.records ?? 0 };
  }

  /** Groups whose users belong to it, by name. */
  async listGroups(principal: Principal, key: WorkspaceKey): Promise<GroupMembership[]> {
    const { db } = this.#deps.store;
    const { id } = await findWorkspace(db, await callerOf(db, principal), key, 'plain', whichOn(principal));
    return readGroups(db, id);
  }

  /** Replaces the groups whose users belong to it. Throws NotFoundError for groups that the tenant has not. */
  async replaceGroups(
    principal: Principal,
    key: WorkspaceKey,
    groups: readonly { readonly group: string; readonly role?: MemberRole | undefined }[],
  ): Promise<GroupMembership[]> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const roles = new Map(groups.map(({ group, role = 'developer' }) => [foldName(group), role]));
    return store.transaction(async (trx) => {
      const row = await findWorkspace(trx, caller, key, 'update', whichOn(principal));
      if (!mayOwn(caller, standingOf(row))) throw forbidden('workspace');
      const { rows: known } = await sql<{ id: number; folded: string }>`
        select id, name_folded as folded from user_group
        where tenant_id = ${row.tenant_id} and name_folded = any(${[...roles.keys()]}::text[])`.execute(trx);
      if (known.length !== roles.size) throw notFound('group');
      await sql`delete from workspace_member where workspace_id = ${row.id} and group_id is not null`.execute(trx);
      for (const { id, folded } of known) {
        await sql`
          insert into workspace_member (workspace_id, group_id, role)
          values (${row.id}, ${id}, ${roles.get(folded)})`.execute(trx);
      }
      await audit.record(trx, principal, {
        action: 'workspace.members',
        outcome: 'allowed',
        resource: { type: 'workspace', uid: row.uid, name: row.name },
        detail: { groups: Object.fromEntries(roles) },
      });
      await announce(trx, '*');
      return readGroups(trx, row.id);
    });
  }

  /** The same as `replace` with user names. Throws NotFoundError for unknown ones. */
  async replaceByName(
    principal: Principal,
    key: WorkspaceKey,
    members: readonly { readonly username: string; readonly label?: string; readonly role?: MemberRole }[],
  ): Promise<Member[]> {
    const ids = await this.#numbers(
      principal,
      members.map(({ username }) => username),
    );
    const named = members.map(({ username, ...rest }) => ({ userId: ids.get(foldName(username)) ?? 0, ...rest }));
    return this.replace(principal, key, named);
  }

  /**
   * Replaces the users who belong to it; who stays keeps the role of other doors, groups are not touched
   * (decisions.md 13). Throws FieldsInvalidError `owner` when the owner is left out, NotFoundError for unknown users.
   */
  async replace(principal: Principal, key: WorkspaceKey, members: readonly MemberInput[]): Promise<Member[]> {
    const wanted = wordsOf(members);
    return this.#change(principal, key, async (trx, row) => {
      if (row.owner_id !== null && !wanted.has(row.owner_id)) throw invalid('owner', 'owner_must_be_a_member', null);
      const ids = [...wanted.keys()];
      const { rows: gone } = await sql<{ user_id: number }>`
        delete from workspace_member where workspace_id = ${row.id} and user_id is not null
          and user_id <> all(${ids}::bigint[]) returning user_id`.execute(trx);
      const added = await putMembers(trx, row, wanted);
      return { added, removed: gone.map(({ user_id }) => user_id) };
    });
  }

  /** Adds one user, or gives another label or role. Throws NotFoundError for an unknown one. */
  async put(
    principal: Principal,
    key: WorkspaceKey,
    username: string,
    words: Pick<MemberInput, 'label' | 'role'> = {},
  ): Promise<Member> {
    const ids = await this.#numbers(principal, [username]);
    const userId = ids.get(foldName(username)) ?? 0;
    const wanted = wordsOf([{ userId, ...words }]);
    const members = await this.#change(principal, key, async (trx, row) => ({
      added: await putMembers(trx, row, wanted),
      removed: [],
    }));
    const member = members.find(({ id }) => id === userId);
    if (member === undefined) throw notFound('member');
    return member;
  }

  /** Takes one user out. Throws NotFoundError for who does not belong to it, FieldsInvalidError `owner` for its owner. */
  async remove(principal: Principal, key: WorkspaceKey, username: string): Promise<void> {
    const ids = await this.#numbers(principal, [username]);
    const userId = ids.get(foldName(username)) ?? 0;
    await this.#change(principal, key, async (trx, row) => {
      if (userId === row.owner_id) throw invalid('owner', 'owner_must_be_a_member', null);
      const { rows } = await sql`
        delete from workspace_member where workspace_id = ${row.id} and user_id = ${userId} returning user_id`.execute(
        trx,
      );
      if (rows.length === 0) throw notFound('member');
      return { added: [], removed: [userId] };
    });
  }

  /** One change by who may make it, with its audit event and activity; the members afterwards. */
  async #change(
    principal: Principal,
    key: WorkspaceKey,
    work: (trx: Executor, row: WorkspaceRow) => Promise<Outcome>,
  ): Promise<Member[]> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    const caller = await callerOf(store.db, principal);
    return store.transaction(async (trx) => {
      const row = await findWorkspace(trx, caller, key, 'update', whichOn(principal));
      if (!mayOwn(caller, standingOf(row))) throw forbidden('workspace');
      const { added, removed } = await work(trx, row);
      await sql`update workspace set has_added_member = true where id = ${row.id}`.execute(trx);
      await audit.record(trx, principal, {
        action: 'workspace.members',
        outcome: 'allowed',
        resource: { type: 'workspace', uid: row.uid, name: row.name },
        detail: { added, removed },
      });
      if (added.length > 0) {
        const activityId = await recordActivity(trx, {
          tenantId: caller.tenantId,
          actorId: caller.userId,
          action: 'MembersAdded',
          workspaceId: row.id,
          entityType: 'workspace',
          entityId: row.id,
          detail: { memberIds: added, numAdded: added.length },
        });
        await notify(
          trx,
          caller.tenantId,
          added.filter((id) => id !== caller.userId),
          activityId,
        );
      }
      await announce(trx, ...[...added, ...removed].map((id) => `u:${id}` as const));
      return readMembers(trx, row.id);
    });
  }

  async #numbers(principal: Principal, usernames: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const folded = usernames.map((username) => foldName(username).replaceAll('\0', ''));
    const { rows } = await sql<{ id: number; name: string }>`
      select id, username_folded as name from user_account
      where username_folded = any(${folded}::text[]) and tenant_id = ${principal.subject.tenantId}`.execute(
      this.#deps.store.db,
    );
    return new Map(rows.map(({ id, name }) => [name, id]));
  }
}

/** Makes these users members, or gives them these labels and roles; the numbers of those who were none before. */
async function putMembers(
  trx: Executor,
  row: WorkspaceRow,
  wanted: ReadonlyMap<number, Pick<MemberInput, 'label' | 'role'>>,
): Promise<number[]> {
  const ids = [...wanted.keys()];
  const { rows: known } = await sql<{ id: number }>`
    select id from user_account where id = any(${ids}::bigint[]) and tenant_id = ${row.tenant_id}
      and builtin is null`.execute(trx);
  if (known.length !== ids.length) throw notFound('user');
  const { rows: before } = await sql<{ user_id: number }>`
    select user_id from workspace_member where workspace_id = ${row.id} and user_id = any(${ids}::bigint[])`.execute(
    trx,
  );
  for (const [userId, { label, role }] of wanted) {
    const owns = userId === row.owner_id;
    const given = label ?? (owns ? ownerLabel : defaultLabel);
    await sql`
      insert into workspace_member (workspace_id, user_id, role, label)
      values (${row.id}, ${userId}, ${owns ? 'administrator' : (role ?? 'developer')}, ${given})
      on conflict (workspace_id, user_id) where user_id is not null
      do update set role = coalesce(${owns ? null : (role ?? null)}::text, workspace_member.role),
        label = coalesce(${label ?? null}, workspace_member.label, ${given})`.execute(trx);
  }
  const kept = new Set(before.map(({ user_id }) => user_id));
  return ids.filter((id) => !kept.has(id));
}

interface GroupRow {
  readonly name: string;
  readonly role: MemberRole;
}

async function readGroups(executor: Executor, workspaceId: number): Promise<GroupMembership[]> {
  const { rows } = await sql<GroupRow>`
    select g.name, m.role from workspace_member m join user_group g on g.id = m.group_id
    where m.workspace_id = ${workspaceId} order by g.name_folded`.execute(executor);
  return rows.map(({ name, role }) => ({ group: name, role }));
}

/** Users with label and role, each user once. */
function wordsOf(members: readonly MemberInput[]): ReadonlyMap<number, Pick<MemberInput, 'label' | 'role'>> {
  if (members.length > most) throw invalid('members', 'too_long', { count: most });
  const problems = new Problems();
  const words = new Map<number, Pick<MemberInput, 'label' | 'role'>>();
  for (const { userId, label, role } of members) {
    if (!Number.isSafeInteger(userId) || userId < 1) throw notFound('user');
    words.set(userId, { label: problems.text(label, 'role', limits.label) ?? undefined, role });
  }
  problems.settle();
  return words;
}
