/**
 * Activities, and what people write: notes, which may become insights, and comments under any activity (chorus.md §3.9).
 * An activity is seen by who may see its workspace, or its data source.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type EntityType, recordActivity } from './activities.ts';
import { type Caller, callerOf, isListed } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findSource } from './found-source.ts';
import type { Listed, NumberedPage, Person, SourceSummary, WorkspaceView } from './model.ts';
import { peopleById } from './people-rows.ts';
import { archived, forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, readWorkspaces } from './rows.ts';
import { type SummaryRow, summaryColumns, summaryJoins, toSummary } from './source-rows.ts';
import { limits, Problems, safeText } from './text.ts';
import { windowOf } from './workspaces.ts';

export interface Comment {
  readonly id: number;
  readonly author: Person | null;
  readonly body: string;
  readonly at: Date;
}

/** What an activity is about, beside its workspace. */
export type Target =
  | { readonly type: 'data_source'; readonly source: SourceSummary }
  | { readonly type: 'dataset'; readonly id: number; readonly name: string }
  | { readonly type: 'workfile'; readonly id: number; readonly name: string };

export interface Activity {
  readonly id: number;
  readonly action: string;
  readonly actor: Person | null;
  readonly at: Date;
  readonly entityType: EntityType;
  readonly workspace: WorkspaceView | null;
  readonly target: Target | null;
  readonly body: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly isInsight: boolean;
  readonly promotedBy: Person | null;
  readonly promotedAt: Date | null;
  readonly published: boolean;
  readonly comments: readonly Comment[];
}

export interface NoteInput {
  readonly entityType: string;
  readonly entityId: number;
  readonly body: string;
  readonly isInsight?: boolean;
  /** In which workspace a dataset is spoken of. */
  readonly workspaceId?: number;
}

/** Whose activities: of what the caller sees anywhere, of a workspace, a data source or a person. */
export interface ActivityFilter {
  readonly entityType?: string;
  readonly entityId?: number;
  readonly insightsOnly?: boolean;
  readonly mineOnly?: boolean;
}

interface ActivityRow {
  readonly id: number;
  readonly action: string;
  readonly actor_id: number | null;
  readonly workspace_id: number | null;
  readonly entity_type: EntityType;
  readonly entity_id: number;
  readonly body: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly is_insight: boolean;
  readonly promoted_by: number | null;
  readonly promoted_at: Date | null;
  readonly published: boolean;
  readonly created_at: Date;
  readonly target_name: string | null;
  readonly comments: readonly { id: number; author_id: number | null; body: string; at: string }[];
}

/** Types that a note may be about, as the wire says them. */
const noted: Readonly<Record<string, EntityType>> = {
  workspace: 'workspace',
  data_source: 'data_source',
  gpdb_data_source: 'data_source',
  pg_data_source: 'data_source',
  oracle_data_source: 'data_source',
  jdbc_data_source: 'data_source',
  dataset: 'dataset',
  workfile: 'workfile',
};

export class Notes {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** Writes a note. Throws NotFoundError for what the caller may not see, ConflictError `workspace_archived`. */
  async create(principal: Principal, input: NoteInput): Promise<Activity> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const entityType = Object.hasOwn(noted, input.entityType) ? noted[input.entityType] : undefined;
    if (entityType === undefined) {
      throw invalid('general', 'generic', { message: 'There are no notes on things of this type.' });
    }
    const problems = new Problems();
    const body = problems.required(input.body, 'body', limits.body);
    problems.settle();
    const workspaceId = await this.#workspaceOf(caller, entityType, input);
    const id = await store.transaction(async (trx) => {
      if (workspaceId !== null) {
        const row = await findWorkspace(trx, caller, workspaceId, 'share');
        if (row.archived_at !== null) throw archived();
      }
      return recordActivity(trx, {
        tenantId: caller.tenantId,
        actorId: caller.userId,
        action: 'NOTE',
        workspaceId,
        entityType,
        entityId: input.entityId,
        body: safeText(body),
        isInsight: input.isInsight ?? false,
      });
    });
    return this.get(principal, id);
  }

  /** One activity that the caller may see. */
  async get(principal: Principal, id: number): Promise<Activity> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    return this.#one(db, caller, id);
  }

  /** Changes what a note says: its author, or an administrator. */
  async update(principal: Principal, id: number, text: string): Promise<Activity> {
    requireScope(principal, 'write');
    const problems = new Problems();
    const body = problems.required(text, 'body', limits.body);
    problems.settle();
    await this.#change(principal, id, (note, caller) => isAuthor(note, caller), sql`body = ${safeText(body)}`);
    return this.get(principal, id);
  }

  /** Removes a note: its author, the workspace's owner, or an administrator. */
  async remove(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'write');
    await this.#change(
      principal,
      id,
      (note, caller) => isAuthor(note, caller) || ownsRoom(note, caller),
      sql`deleted_at = now()`,
    );
  }

  /** Makes a note an insight: whoever sees it. */
  async promote(principal: Principal, id: number): Promise<Activity> {
    requireScope(principal, 'write');
    const set = sql`is_insight = true, promoted_by = ${principal.subject.id}, promoted_at = now()`;
    await this.#change(
      principal,
      id,
      () => true,
      set,
      (note) => !note.isInsight,
    );
    return this.get(principal, id);
  }

  /** Takes it back: who promoted it, the workspace's owner, an administrator. */
  async demote(principal: Principal, id: number): Promise<Activity> {
    requireScope(principal, 'write');
    const may = (note: Activity, caller: Caller): boolean =>
      caller.admin || note.promotedBy?.id === caller.userId || ownsRoom(note, caller);
    const set = sql`is_insight = false, published = false, promoted_by = null, promoted_at = null`;
    await this.#change(principal, id, may, set, (note) => note.isInsight);
    return this.get(principal, id);
  }

  async publish(principal: Principal, id: number): Promise<Activity> {
    requireScope(principal, 'write');
    await this.#change(
      principal,
      id,
      () => true,
      sql`published = true`,
      (note) => note.isInsight,
    );
    return this.get(principal, id);
  }

  async unpublish(principal: Principal, id: number): Promise<Activity> {
    requireScope(principal, 'write');
    await this.#change(
      principal,
      id,
      (note, caller) => isAuthor(note, caller),
      sql`published = false`,
      (note) => note.published,
    );
    return this.get(principal, id);
  }

  /** The newest first. */
  async list(principal: Principal, filter: ActivityFilter, page: NumberedPage): Promise<Listed<Activity>> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const where = sql.join([this.#visible(caller), ...(await this.#conditions(caller, filter))], sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from activity a where ${where}`.execute(db);
    const items = await this.#read(db, caller, where, windowOf(page));
    return { items, records: rows[0]?.records ?? 0 };
  }

  /** Comments on an activity that the caller sees. */
  async comment(principal: Principal, activityId: number, text: string): Promise<Comment> {
    requireScope(principal, 'write');
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    await this.#one(db, caller, activityId);
    const problems = new Problems();
    const body = problems.required(text, 'body', limits.body);
    problems.settle();
    const { id } = await db
      .insertInto('activity_comment')
      .values({ activity_id: activityId, author_id: caller.userId, body: safeText(body) })
      .returning('id')
      .executeTakeFirstOrThrow();
    return this.getComment(principal, id);
  }

  async getComment(principal: Principal, id: number): Promise<Comment> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const row = await db
      .selectFrom('activity_comment')
      .selectAll()
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) throw notFound('comment');
    await this.#one(db, caller, row.activity_id);
    const people = await peopleById(db, [row.author_id]);
    return { id: row.id, author: people.get(row.author_id ?? 0) ?? null, body: row.body, at: row.created_at };
  }

  /** Its author, or an administrator. */
  async removeComment(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'write');
    const comment = await this.getComment(principal, id);
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    if (!caller.admin && comment.author?.id !== caller.userId) throw forbidden('comment');
    await sql`update activity_comment set deleted_at = now() where id = ${id}`.execute(db);
  }

  /** The last change of a workspace's status, when there was one. */
  async lastStatusChange(principal: Principal, workspaceId: number): Promise<Activity | null> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const where = sql`a.workspace_id = ${workspaceId} and a.action = 'ProjectStatusChanged' and a.deleted_at is null`;
    const [last] = await this.#read(db, caller, where, sql`limit 1`);
    return last ?? null;
  }

  /** The workspace that a new note belongs to, once the caller is known to see its target. */
  async #workspaceOf(caller: Caller, entityType: EntityType, input: NoteInput): Promise<number | null> {
    const { db } = this.#deps.store;
    if (entityType === 'workspace') return (await findWorkspace(db, caller, input.entityId)).id;
    if (entityType === 'data_source') {
      await findSource(db, this.#deps.access, caller, input.entityId);
      return null;
    }
    const { rows } =
      entityType === 'workfile'
        ? await sql<{ id: number }>`
            select workspace_id as id from workfile where id = ${input.entityId} and deleted_at is null`.execute(db)
        : await sql<{ id: number }>`
            select coalesce(d.workspace_id, wd.workspace_id) as id from dataset d
            left join workspace_dataset wd on wd.dataset_id = d.id
            where d.id = ${input.entityId} and d.deleted_at is null
              and coalesce(d.workspace_id, wd.workspace_id) = ${input.workspaceId ?? 0} limit 1`.execute(db);
    const [found] = rows;
    if (found === undefined) throw notFound(entityType);
    return (await findWorkspace(db, caller, found.id)).id;
  }

  #visible(caller: Caller): RawBuilder<SqlBool> {
    const sources = this.#deps.access.visibleFilter(caller.principal, { alias: 's' });
    return sql<SqlBool>`a.tenant_id = ${caller.tenantId} and a.deleted_at is null and (
      a.workspace_id in (select w.id from workspace w where ${isListed(caller)})
      or (a.workspace_id is null and a.entity_type = 'data_source' and exists (
        select 1 from data_source s where s.id = a.entity_id and s.deleted_at is null and ${sources})))`;
  }

  async #conditions(caller: Caller, filter: ActivityFilter): Promise<RawBuilder<unknown>[]> {
    const conditions: RawBuilder<unknown>[] = [];
    const { entityType = 'dashboard', entityId = 0 } = filter;
    if (entityType === 'workspace') {
      const { id } = await findWorkspace(this.#deps.store.db, caller, entityId);
      conditions.push(sql`a.workspace_id = ${id}`);
    } else if (entityType === 'user') conditions.push(sql`a.actor_id = ${entityId}`);
    else if (Object.hasOwn(noted, entityType)) {
      conditions.push(sql`a.entity_type = ${noted[entityType]} and a.entity_id = ${entityId}`);
    }
    if (filter.insightsOnly === true) conditions.push(sql`a.is_insight`);
    if (filter.mineOnly === true) conditions.push(sql`a.actor_id = ${caller.userId}`);
    return conditions;
  }

  async #change(
    principal: Principal,
    id: number,
    may: (note: Activity, caller: Caller) => boolean,
    set: RawBuilder<unknown>,
    when: (note: Activity) => boolean = () => true,
  ): Promise<void> {
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    await store.transaction(async (trx) => {
      await sql`select id from activity where id = ${id} for update`.execute(trx);
      const note = await this.#one(trx, caller, id);
      if (note.action !== 'NOTE') throw invalid('base', 'generic', { message: 'This is no note.' });
      if (!may(note, caller)) throw forbidden('note');
      if (!when(note)) throw invalid('base', 'generic', { message: 'The note is not in a state for this.' });
      await sql`update activity set ${set} where id = ${id}`.execute(trx);
    });
  }

  async #one(executor: Executor, caller: Caller, id: number): Promise<Activity> {
    const [activity] = await this.#read(executor, caller, sql`a.id = ${id} and ${this.#visible(caller)}`);
    if (activity === undefined) throw notFound('activity');
    return activity;
  }

  async #read(
    executor: Executor,
    caller: Caller,
    where: RawBuilder<unknown>,
    tail: RawBuilder<unknown> = sql``,
  ): Promise<Activity[]> {
    const { rows } = await sql<ActivityRow>`
      select a.id, a.action, a.actor_id, a.workspace_id, a.entity_type, a.entity_id, a.body, a.detail, a.is_insight,
        a.promoted_by, a.promoted_at, a.published, a.created_at,
        case a.entity_type when 'workfile' then (select f.file_name from workfile f where f.id = a.entity_id)
          when 'dataset' then (select d.name from dataset d where d.id = a.entity_id) end as target_name,
        (select coalesce(json_agg(json_build_object('id', c.id, 'author_id', c.author_id, 'body', c.body,
            'at', c.created_at) order by c.id), '[]')
          from activity_comment c where c.activity_id = a.id and c.deleted_at is null) as comments
      from activity a where ${where} order by a.id desc ${tail}`.execute(executor);
    const people = await peopleById(
      executor,
      rows.flatMap((row) => [row.actor_id, row.promoted_by, ...row.comments.map((one) => one.author_id)]),
    );
    const rooms = await workspacesOf(executor, caller, rows);
    const sources = await sourcesOf(executor, rows);
    return rows.map((row) => ({
      id: row.id,
      action: row.action,
      actor: people.get(row.actor_id ?? 0) ?? null,
      at: row.created_at,
      entityType: row.entity_type,
      workspace: rooms.get(row.workspace_id ?? 0) ?? null,
      target: targetOf(row, sources),
      body: row.body,
      detail: row.detail,
      isInsight: row.is_insight,
      promotedBy: people.get(row.promoted_by ?? 0) ?? null,
      promotedAt: row.promoted_at,
      published: row.published,
      comments: row.comments.map(({ id, author_id, body, at }) => ({
        id,
        author: people.get(author_id ?? 0) ?? null,
        body,
        at: new Date(at),
      })),
    }));
  }
}

async function workspacesOf(
  executor: Executor,
  caller: Caller,
  rows: readonly ActivityRow[],
): Promise<ReadonlyMap<number, WorkspaceView>> {
  const ids = [...new Set(rows.flatMap(({ workspace_id: id }) => (id === null ? [] : [id])))];
  if (ids.length === 0) return new Map();
  const views = await readWorkspaces(executor, caller, sql`w.id = any(${ids}::bigint[])`);
  return new Map(views.map((view) => [view.id, view]));
}

async function sourcesOf(
  executor: Executor,
  rows: readonly ActivityRow[],
): Promise<ReadonlyMap<number, SourceSummary>> {
  const ids = rows.flatMap((row) => (row.entity_type === 'data_source' ? [row.entity_id] : []));
  if (ids.length === 0) return new Map();
  const found = await sql<SummaryRow>`
    select ${summaryColumns} from data_source s ${summaryJoins} where s.id = any(${ids}::bigint[])`.execute(executor);
  return new Map(found.rows.map((row) => [row.source_id, toSummary(row)]));
}

function targetOf(row: ActivityRow, sources: ReadonlyMap<number, SourceSummary>): Target | null {
  if (row.entity_type === 'workspace') return null;
  if (row.entity_type !== 'data_source') {
    return { type: row.entity_type, id: row.entity_id, name: row.target_name ?? '' };
  }
  const source = sources.get(row.entity_id);
  return source === undefined ? null : { type: 'data_source', source };
}

function isAuthor(note: Activity, caller: Caller): boolean {
  return caller.admin || note.actor?.id === caller.userId;
}

function ownsRoom(note: Activity, caller: Caller): boolean {
  return note.workspace?.owner.id === caller.userId;
}
