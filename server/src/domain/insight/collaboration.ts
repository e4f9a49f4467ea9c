/**
 * Sharing of resources inside a workspace (dataarts.md §4.9): rules are shares, so every door sees them (decisions.md 7).
 * Switches are kept for clients and change nothing by themselves.
 */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, json } from '../../platform/database/index.ts';
import { uuidOf, uuidv7 } from '../../platform/ids.ts';
import { announce, type Shares, type SourceFacts } from '../access/index.ts';
import { NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import type { InsightDeps } from './deps.ts';
import type { Found } from './found.ts';
import { authorityOf, completeSwitches, permissionsOfPoints, pointsOf, rankOf } from './points.ts';
import type { RoomResource } from './ports.ts';
import { invalidParameter } from './refusals.ts';
import type { ResourceRef, Resources } from './resources.ts';
import type { Room } from './rooms.ts';

export interface CollaborationDeps extends InsightDeps {
  readonly shares: Shares;
  readonly resources: Resources;
}

type SubjectLevel = 'user' | 'group';

/** One entry of a batch. `authority` undefined or empty ends the rule. */
export interface RuleWrite {
  readonly ref: ResourceRef;
  readonly level: SubjectLevel;
  /** Of the user or group, on this wire. */
  readonly subjectId: string;
  readonly authority: string | undefined;
}

/** Who has what on a resource. Without a right most members are null. */
export interface Rule {
  readonly uid: string | null;
  readonly level: SubjectLevel;
  readonly subjectUid: string;
  readonly subjectName: string;
  readonly isOwner: boolean;
  readonly authority: string | null;
  readonly sort: number | null;
  readonly createdAt: Date | null;
  readonly createdBy: { readonly uid: string; readonly name: string } | null;
  readonly updatedAt: Date | null;
}

export interface RuleQuery {
  readonly level: SubjectLevel | undefined;
  /** Also members of the workspace without a right. */
  readonly all: boolean;
  readonly name: string;
  readonly sortDirection: 'asc' | 'desc';
  readonly limit: number;
  readonly offset: number;
}

export interface Switches {
  /** Null: they were never saved. */
  readonly uid: string | null;
  readonly ownerUid: string;
  readonly switches: Readonly<Record<string, boolean>>;
  readonly createdAt: Date | null;
  readonly createdBy: { readonly uid: string; readonly name: string } | null;
  readonly updatedAt: Date | null;
  readonly updatedBy: { readonly uid: string; readonly name: string } | null;
}

interface Planned {
  readonly kind: 'source' | 'dataset';
  readonly resource: RoomResource;
  readonly as: Principal;
  /** Of a source. */
  readonly facts: SourceFacts | null;
  readonly entries: {
    readonly level: SubjectLevel;
    readonly subjectId: number;
    readonly permissions: number[] | null;
  }[];
}

const highest = 4;

export class Collaboration {
  readonly #deps: CollaborationDeps;

  constructor(deps: CollaborationDeps) {
    this.#deps = deps;
  }

  /** The switches of a resource. For those who may share it: throws NotFoundError, ForbiddenError. */
  async switches(principal: Principal, room: Room, ref: ResourceRef): Promise<Switches> {
    const { resource, kind } = await this.#deps.resources.toShare(principal, room, ref);
    return readSwitches(this.#deps.store.db, kind, resource);
  }

  /** Saves them; points that are not given are off. Throws like `switches`, and InvalidError for a word that is no point. */
  async saveSwitches(
    principal: Principal,
    room: Room,
    ref: ResourceRef,
    given: Readonly<Record<string, boolean>>,
  ): Promise<Switches> {
    requireScope(principal, 'write');
    const { resource, kind } = await this.#deps.resources.toShare(principal, room, ref);
    const switches = completeSwitches(given);
    const by = storedUserId(principal.actor);
    return this.#deps.store.transaction(async (trx) => {
      await sql`
        insert into share_switch (uid, tenant_id, resource_type, resource_id, switches, created_by, updated_by)
        values (${uuidv7()}, ${room.tenantId}, ${kind}, ${resource.id}, ${json(switches)}, ${by}::bigint, ${by}::bigint)
        on conflict (resource_type, resource_id) do update set switches = excluded.switches,
          updated_by = excluded.updated_by, updated_at = now()`.execute(trx);
      await this.#deps.audit.record(trx, principal, {
        action: 'share.switches',
        outcome: 'allowed',
        resource: { type: kind, uid: uuidOf(resource.wireId), name: resource.name },
        detail: { switches },
      });
      return readSwitches(trx, kind, resource);
    });
  }

  /** Who has what on a resource, its owner first. For those who may share it. */
  async rules(principal: Principal, room: Room, ref: ResourceRef, query: RuleQuery): Promise<Found<Rule>> {
    const { resource, kind } = await this.#deps.resources.toShare(principal, room, ref);
    return readRules(this.#deps.store.db, room, kind, resource, query);
  }

  /**
   * Sets and ends rules, all or none. The owner's own can be neither ended nor lowered. Throws InvalidError, and like
   * `switches` for each resource.
   */
  async saveRules(principal: Principal, room: Room, writes: readonly RuleWrite[]): Promise<void> {
    requireScope(principal, 'write');
    const plans = await this.#plan(principal, room, writes);
    await this.#deps.store
      .transaction(async (trx) => {
        for (const plan of plans) {
          if (plan.facts === null) await this.#writeDatasetShares(trx, room, plan);
          else {
            const entries = plan.entries.map(({ level, subjectId, permissions }) => ({
              subject: { type: level, id: subjectId },
              input: permissions === null ? null : { permissions },
            }));
            await this.#deps.shares.applyWithin(trx, plan.as, plan.facts, entries);
          }
        }
      })
      .catch((error: unknown) => {
        throw error instanceof NotFoundError && error.code === 'subject_not_found'
          ? invalidParameter('auth_id')
          : error;
      });
  }

  /** Everything that must be asked before the transaction, by resource, in the order of their numbers. */
  async #plan(principal: Principal, room: Room, writes: readonly RuleWrite[]): Promise<Planned[]> {
    const plans = new Map<string, Planned>();
    for (const { ref, level, subjectId, authority } of writes) {
      const points = pointsOf(authority);
      const key = `${ref.type} ${uuidOf(ref.id) ?? ref.id}`;
      const plan = plans.get(key) ?? (await this.#planOf(principal, room, ref));
      plans.set(key, plan);
      const id = await subjectNumber(this.#deps.store.db, room, level, subjectId);
      if (level === 'user' && id === plan.resource.ownerId) {
        if (points?.includes('edit') !== true) throw invalidParameter('authority');
        continue; // the owner has it already
      }
      plan.entries.push({ level, subjectId: id, permissions: points === null ? null : permissionsOfPoints(points) });
    }
    return [...plans.values()].sort((a, b) => a.resource.id - b.resource.id);
  }

  async #planOf(principal: Principal, room: Room, ref: ResourceRef): Promise<Planned> {
    const { resources, shares } = this.#deps;
    const { resource, kind, as } = await resources.toShare(principal, room, ref);
    const facts = kind === 'source' ? await shares.permitted(as, { id: resource.id }) : null;
    return { kind, resource, as, facts, entries: [] };
  }

  async #writeDatasetShares(trx: Executor, room: Room, { resource, as, entries }: Planned): Promise<void> {
    const by = storedUserId(as.actor);
    for (const { level, subjectId, permissions } of entries) {
      const column = level === 'user' ? sql`user_id` : sql`group_id`;
      await sql`delete from share where resource_type = 'dataset' and resource_id = ${resource.id}
        and ${column} = ${subjectId}`.execute(trx);
      if (permissions === null) continue;
      await sql`insert into share (uid, tenant_id, resource_type, resource_id, subject_type, ${column}, permissions, created_by)
        values (${uuidv7()}, ${room.tenantId}, 'dataset', ${resource.id}, ${level}, ${subjectId},
          ${permissions}::smallint[], ${by}::bigint)`.execute(trx);
    }
    await this.#deps.audit.record(trx, as, {
      action: 'share.update',
      outcome: 'allowed',
      resource: { type: 'dataset', uid: uuidOf(resource.wireId), name: resource.name },
      detail: { shares: entries },
    });
    await announce(trx, '*');
  }
}

/** A user or group of the tenant. Throws InvalidError `auth_id`. */
async function subjectNumber(executor: Executor, room: Room, level: SubjectLevel, id: string): Promise<number> {
  const uid = uuidOf(id);
  const from = level === 'user' ? sql`user_account where builtin is null and` : sql`user_group where`;
  const { rows } = await sql<{ id: number }>`
    select id from ${from} uid = ${uid}::uuid and tenant_id = ${room.tenantId}`.execute(executor);
  const [row] = rows;
  if (row === undefined) throw invalidParameter('auth_id');
  return row.id;
}

interface SwitchRow {
  readonly uid: string | null;
  readonly owner_uid: string;
  readonly switches: Readonly<Record<string, boolean>> | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
  readonly creator_uid: string | null;
  readonly creator: string | null;
  readonly editor_uid: string | null;
  readonly editor: string | null;
}

const person = (uid: string | null, name: string | null) => (uid === null || name === null ? null : { uid, name });

async function readSwitches(executor: Executor, kind: 'source' | 'dataset', resource: RoomResource): Promise<Switches> {
  const { rows } = await sql<SwitchRow>`
    select w.uid, o.uid as owner_uid, w.switches, w.created_at, w.updated_at, c.uid as creator_uid, c.username as creator,
      e.uid as editor_uid, e.username as editor
    from user_account o left join share_switch w on w.resource_type = ${kind} and w.resource_id = ${resource.id}
      left join user_account c on c.id = w.created_by left join user_account e on e.id = w.updated_by
    where o.id = ${resource.ownerId}`.execute(executor);
  const row = rows[0]!; // an owner is always there
  return {
    uid: row.uid,
    ownerUid: row.owner_uid,
    switches: row.switches ?? completeSwitches({}),
    createdAt: row.created_at,
    createdBy: person(row.creator_uid, row.creator),
    updatedAt: row.updated_at,
    updatedBy: person(row.editor_uid, row.editor),
  };
}

interface RuleRow {
  readonly level: SubjectLevel;
  readonly subject_uid: string;
  readonly name: string;
  readonly is_owner: boolean;
  readonly uid: string | null;
  readonly permissions: number[] | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
  readonly creator_uid: string | null;
  readonly creator: string | null;
}

/** Everybody with a right on the resource as rows of one shape; with `all` members of the workspace too. */
function holders(room: Room, kind: 'source' | 'dataset', resource: RoomResource, all: boolean): RawBuilder<unknown> {
  const shared = sql`sh.resource_type = ${kind} and sh.resource_id = ${resource.id} and 2 = any(sh.permissions)
    and (sh.expires_at is null or sh.expires_at > now())`;
  const none = sql`null::uuid as uid, null::smallint[] as permissions, null::timestamptz as created_at,
    null::timestamptz as updated_at, null::uuid as creator_uid, null::text as creator`;
  const members = sql`
    union all
    select case when u.id is null then 'group' else 'user' end, coalesce(u.uid, g.uid), coalesce(u.username, g.name), false, ${none}
    from workspace_member m left join user_account u on u.id = m.user_id left join user_group g on g.id = m.group_id
    where m.workspace_id = ${room.id} and m.user_id is distinct from ${resource.ownerId}
      and not exists (select 1 from share sh where ${shared} and (sh.user_id = m.user_id or sh.group_id = m.group_id))`;
  return sql`
    select 'user' as level, o.uid as subject_uid, o.username as name, true as is_owner, ${none}
    from user_account o where o.id = ${resource.ownerId}
    union all
    select sh.subject_type, coalesce(u.uid, g.uid), coalesce(u.username, g.name), false, sh.uid, sh.permissions, sh.created_at,
      sh.updated_at, c.uid, c.username
    from share sh left join user_account u on u.id = sh.user_id left join user_group g on g.id = sh.group_id
      left join user_account c on c.id = sh.created_by
    where ${shared} and sh.subject_type in ('user', 'group') and sh.user_id is distinct from ${resource.ownerId}
    ${all ? members : sql``}`;
}

async function readRules(
  executor: Executor,
  room: Room,
  kind: 'source' | 'dataset',
  resource: RoomResource,
  query: RuleQuery,
): Promise<Found<Rule>> {
  const { level, name, limit, offset } = query;
  const from = sql`(${holders(room, kind, resource, query.all)}) p
    where strpos(lower(p.name), ${foldName(name)}) > 0 ${level === undefined ? sql`` : sql`and p.level = ${level}`}`;
  const { rows: counted } = await sql<{ count: number }>`select count(*) as count from ${from}`.execute(executor);
  const direction = query.sortDirection === 'desc' ? sql`desc` : sql`asc`;
  const { rows } = await sql<RuleRow>`
    select p.* from ${from}
    order by p.is_owner desc, p.permissions is null, lower(p.name) ${direction}, p.subject_uid
    limit ${limit} offset ${offset}`.execute(executor);
  return { items: rows.map((row) => toRule(row, resource)), count: counted[0]?.count ?? 0 };
}

function toRule(row: RuleRow, resource: RoomResource): Rule {
  const authority = row.is_owner ? 'edit' : row.permissions === null ? null : authorityOf(row.permissions);
  return {
    uid: row.is_owner ? uuidOf(resource.wireId) : row.uid,
    level: row.level,
    subjectUid: row.subject_uid,
    subjectName: row.name,
    isOwner: row.is_owner,
    authority,
    sort: row.is_owner ? highest : authority === null ? null : rankOf(authority),
    createdAt: row.is_owner ? resource.createdAt : row.created_at,
    createdBy: person(row.creator_uid, row.creator),
    updatedAt: row.is_owner ? resource.updatedAt : row.updated_at,
  };
}
