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
    const { id } = await findWorkspace(db, await callerOf(db, principal), key);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from (${memberIds(sql`${id}`)}) as people`.execute(db);
    return { items: await readMembers(db, id, windowOf(page)), records: rows[0]?.records ?? 0 };
  }

  /** The same as `replace` with user names. Throws NotFoundError for unknown ones. */
  async replaceByName(
    principal: Principal,
    key: WorkspaceKey,
    members: readonly { readonly username: string; readonly label?: string }[],
  ): Promise<Member[]> {
    const ids = await this.#numbers(
      principal,
      members.map(({ username }) => username),
    );
    const named = members.map(({ username, label }) => ({ userId: ids.get(foldName(username)) ?? 0, label }));
    return this.replace(principal, key, named);
  }

  /**
   * Replaces the users who belong to it; who stays keeps the role of other doors, groups are not touched
   * (decisions.md 13). Throws FieldsInvalidError `owner` when the owner is left out, NotFoundError for unknown users.
   */
  async replace(principal: Principal, key: WorkspaceKey, members: readonly MemberInput[]): Promise<Member[]> {
    const wanted = labelsOf(members);
    return this.#change(principal, key, async (trx, row) => {
      if (row.owner_id === null || !wanted.has(row.owner_id)) throw invalid('owner', 'owner_must_be_a_member', null);
      const ids = [...wanted.keys()];
      const { rows: gone } = await sql<{ user_id: number }>`
        delete from workspace_member where workspace_id = ${row.id} and user_id is not null
          and user_id <> all(${ids}::bigint[]) returning user_id`.execute(trx);
      const added = await putMembers(trx, row, wanted);
      return { added, removed: gone.map(({ user_id }) => user_id) };
    });
  }

  /** Adds one user, or gives another label. Throws NotFoundError for an unknown one. */
  async put(principal: Principal, key: WorkspaceKey, username: string, label?: string): Promise<Member> {
    const ids = await this.#numbers(principal, [username]);
    const userId = ids.get(foldName(username)) ?? 0;
    const wanted = labelsOf([{ userId, label }]);
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
      const row = await findWorkspace(trx, caller, key, 'update');
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

/** Makes these users members, or gives them these labels; the numbers of those who were none before. */
async function putMembers(
  trx: Executor,
  row: WorkspaceRow,
  wanted: ReadonlyMap<number, string | undefined>,
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
  for (const [userId, label] of wanted) {
    const owns = userId === row.owner_id;
    const given = label ?? (owns ? ownerLabel : defaultLabel);
    await sql`
      insert into workspace_member (workspace_id, user_id, role, label)
      values (${row.id}, ${userId}, ${owns ? 'administrator' : 'developer'}, ${given})
      on conflict (workspace_id, user_id) where user_id is not null
      do update set label = coalesce(${label ?? null}, workspace_member.label, ${given})`.execute(trx);
  }
  const kept = new Set(before.map(({ user_id }) => user_id));
  return ids.filter((id) => !kept.has(id));
}

/** Users and their labels, each user once. */
function labelsOf(members: readonly MemberInput[]): ReadonlyMap<number, string | undefined> {
  if (members.length > most) throw invalid('members', 'too_long', { count: most });
  const problems = new Problems();
  const labels = new Map<number, string | undefined>();
  for (const { userId, label } of members) {
    if (!Number.isSafeInteger(userId) || userId < 1) throw notFound('user');
    labels.set(userId, problems.text(label, 'role', limits.label) ?? undefined);
  }
  problems.settle();
  return labels;
}
