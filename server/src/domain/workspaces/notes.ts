/** Notes, which may become insights, and what happened (chorus.md §3.9). */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type EntityType, recordActivity } from './activities.ts';
import {
  type Activity,
  type ActivityKey,
  type Comment,
  findActivity,
  isNamed,
  isSeen,
  readActivities,
} from './activity-rows.ts';
import { type Caller, callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findSource } from './found-source.ts';
import type { Listed, NumberedPage, WorkspaceKey } from './model.ts';
import { type NoteState, type NoteStep, noteStateOf, noteSteps, noteWays } from './note-states.ts';
import { notify } from './notifications.ts';
import { archived, forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace } from './rows.ts';
import { limits, Problems, safeText } from './text.ts';
import { windowOf } from './workspaces.ts';

export interface NoteInput {
  readonly entityType: string;
  readonly entityId: number;
  readonly body: string;
  readonly isInsight?: boolean;
  /** In which workspace a dataset is spoken of. */
  readonly workspaceId?: number;
  /** Users to notify, by number. */
  readonly recipients?: readonly number[];
  /** Tables and files of the workspace that the note points at, by number. */
  readonly datasetIds?: readonly number[];
  readonly workfileIds?: readonly number[];
}

/** Whose activities: of what the caller sees anywhere, of a workspace, a data source or a person. */
export interface ActivityFilter {
  readonly entityType?: string;
  readonly entityId?: number;
  readonly insightsOnly?: boolean;
  readonly notesOnly?: boolean;
  readonly mineOnly?: boolean;
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

/** Notes and comments that a workspace shows of itself. */
const latestShown = 5;
/** Things attached to one note at most. */
const mostAttachments = 1000;

export class Notes {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /**
   * Writes a note, and notifies whom it names. Throws NotFoundError for what the caller may not see and for attachments
   * that are not of the workspace, ConflictError `workspace_archived`.
   */
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
      const made = await recordActivity(trx, {
        tenantId: caller.tenantId,
        actorId: caller.userId,
        action: 'NOTE',
        workspaceId,
        entityType,
        entityId: input.entityId,
        body: safeText(body),
        isInsight: input.isInsight ?? false,
      });
      await attach(trx, made, workspaceId, 'dataset', input.datasetIds ?? []);
      await attach(trx, made, workspaceId, 'workfile', input.workfileIds ?? []);
      await notify(trx, caller.tenantId, input.recipients ?? [], made);
      return made;
    });
    return this.get(principal, id);
  }

  /** Writes a note on a workspace that is named as the native door names it. */
  async createIn(
    principal: Principal,
    workspace: WorkspaceKey,
    input: { readonly body: string; readonly state?: NoteState },
  ): Promise<Activity> {
    const { db } = this.#deps.store;
    const { id } = await findWorkspace(db, await callerOf(db, principal), workspace);
    const note = await this.create(principal, { entityType: 'workspace', entityId: id, body: input.body });
    return this.bring(principal, note.id, input.state ?? 'note');
  }

  /** One activity that the caller may see. */
  async get(principal: Principal, key: ActivityKey): Promise<Activity> {
    const { store, access } = this.#deps;
    return findActivity(store.db, access, await callerOf(store.db, principal), key);
  }

  /** One note of a workspace. Throws NotFoundError for one of another. */
  async getIn(principal: Principal, workspace: WorkspaceKey, key: ActivityKey): Promise<Activity> {
    const { store } = this.#deps;
    const room = await findWorkspace(store.db, await callerOf(store.db, principal), workspace);
    const note = await this.get(principal, key);
    if (note.workspace?.id !== room.id || note.action !== 'NOTE') throw notFound('note');
    return note;
  }

  /** Changes what a note says: its author, or an administrator. */
  async update(principal: Principal, key: ActivityKey, text: string): Promise<Activity> {
    const problems = new Problems();
    const body = problems.required(text, 'body', limits.body);
    problems.settle();
    return this.#change(principal, key, isAuthor, () => sql`body = ${safeText(body)}`);
  }

  /** Removes a note: its author, the workspace's owner, or an administrator. */
  async remove(principal: Principal, key: ActivityKey): Promise<void> {
    const may = (note: Activity, caller: Caller): boolean => isAuthor(note, caller) || ownsRoom(note, caller);
    const { store, access } = this.#deps;
    requireScope(principal, 'write');
    const caller = await callerOf(store.db, principal);
    await store.transaction(async (trx) => {
      const { id } = await this.#locked(trx, access, caller, key, may);
      await sql`update activity set deleted_at = now() where id = ${id}`.execute(trx);
    });
  }

  /**
   * Makes a note an insight, publishes it, or takes either back: who may is said by `mayStep`. Throws FieldsInvalidError
   * `base` for a step that the note's state does not take.
   */
  async step(principal: Principal, key: ActivityKey, step: NoteStep): Promise<Activity> {
    return this.#change(principal, key, mayStep[step], (note) => {
      const next = noteSteps[noteStateOf(note)][step];
      if (next === null) throw invalid('base', 'generic', { message: 'The note is not in a state for this.' });
      const promoting = step === 'promote' ? sql`, promoted_by = ${principal.subject.id}, promoted_at = now()` : sql``;
      const demoting = next === 'note' ? sql`, promoted_by = null, promoted_at = null` : sql``;
      return sql`is_insight = ${next !== 'note'}, published = ${next === 'published'} ${promoting} ${demoting}`;
    });
  }

  /** Takes the steps that lead to a state. */
  async bring(principal: Principal, key: ActivityKey, state: NoteState): Promise<Activity> {
    let note = await this.get(principal, key);
    for (const step of noteWays[noteStateOf(note)][state]) note = await this.step(principal, key, step);
    return note;
  }

  /** The newest first. */
  async list(principal: Principal, filter: ActivityFilter, page: NumberedPage): Promise<Listed<Activity>> {
    const { store, access } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const where = sql.join([isSeen(access, caller), ...(await this.#conditions(caller, filter))], sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from activity a where ${where}`.execute(store.db);
    const items = await readActivities(store.db, caller, where, windowOf(page));
    return { items, records: rows[0]?.records ?? 0 };
  }

  /** The same for a workspace that is named as the native door names it. */
  async listIn(
    principal: Principal,
    workspace: WorkspaceKey,
    filter: Pick<ActivityFilter, 'notesOnly'>,
    page: NumberedPage,
  ): Promise<Listed<Activity>> {
    const { db } = this.#deps.store;
    const { id } = await findWorkspace(db, await callerOf(db, principal), workspace);
    return this.list(principal, { ...filter, entityType: 'workspace', entityId: id }, page);
  }

  /** The newest notes and comments of a workspace, and its newest insight (chorus.md §4.1). */
  async latest(
    principal: Principal,
    workspaceId: number,
  ): Promise<{ readonly list: readonly (Activity | Comment)[]; readonly insight: Activity | null }> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const notes = sql`a.workspace_id = ${workspaceId} and a.action = 'NOTE' and a.deleted_at is null`;
    const [insight] = await readActivities(db, caller, sql`${notes} and a.is_insight`, sql`limit 1`);
    const newest = await readActivities(db, caller, sql`${notes} and not a.is_insight`, sql`limit ${latestShown}`);
    const commented = await readActivities(
      db,
      caller,
      sql`a.id in (select c.activity_id from activity_comment c join activity o on o.id = c.activity_id
        where o.workspace_id = ${workspaceId} and o.deleted_at is null and c.deleted_at is null
        order by c.id desc limit ${latestShown})`,
    );
    const list = [...newest, ...commented.flatMap(({ comments }) => comments)]
      .sort((one, other) => other.at.getTime() - one.at.getTime())
      .slice(0, latestShown);
    return { list, insight: insight ?? null };
  }

  /** The last change of a workspace's status, when there was one. */
  async lastStatusChange(principal: Principal, workspaceId: number): Promise<Activity | null> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const where = sql`a.workspace_id = ${workspaceId} and a.action = 'ProjectStatusChanged' and a.deleted_at is null`;
    const [last] = await readActivities(db, caller, where, sql`limit 1`);
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
            select w.id from dataset d join workspace w on w.id = coalesce(${input.workspaceId ?? null}, d.workspace_id)
            where d.id = ${input.entityId} and d.deleted_at is null and (d.workspace_id = w.id
              or (d.workspace_id is null and d.schema_id = w.sandbox_schema_id)
              or exists (select 1 from workspace_dataset x where x.workspace_id = w.id and x.dataset_id = d.id))`.execute(
            db,
          );
    const [found] = rows;
    if (found === undefined) throw notFound(entityType);
    return (await findWorkspace(db, caller, found.id)).id;
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
    if (filter.notesOnly === true) conditions.push(sql`a.action = 'NOTE'`);
    if (filter.mineOnly === true) conditions.push(sql`a.actor_id = ${caller.userId}`);
    return conditions;
  }

  /** Sets columns of a note that the caller may change so. */
  async #change(
    principal: Principal,
    key: ActivityKey,
    may: (note: Activity, caller: Caller) => boolean,
    set: (note: Activity) => RawBuilder<unknown>,
  ): Promise<Activity> {
    requireScope(principal, 'write');
    const { store, access } = this.#deps;
    const caller = await callerOf(store.db, principal);
    return store.transaction(async (trx) => {
      const note = await this.#locked(trx, access, caller, key, may);
      await sql`update activity set ${set(note)} where id = ${note.id}`.execute(trx);
      return findActivity(trx, access, caller, note.id);
    });
  }

  async #locked(
    trx: Executor,
    access: WorkspaceDeps['access'],
    caller: Caller,
    key: ActivityKey,
    may: (note: Activity, caller: Caller) => boolean,
  ): Promise<Activity> {
    await sql`select id from activity a where ${isNamed('a', key)} for update`.execute(trx);
    const note = await findActivity(trx, access, caller, key);
    if (note.action !== 'NOTE') throw invalid('base', 'generic', { message: 'This is no note.' });
    if (!may(note, caller)) throw forbidden('note');
    return note;
  }
}

/** Attaches tables or files of the note's workspace. Throws NotFoundError for others. */
async function attach(
  trx: Executor,
  activityId: number,
  workspaceId: number | null,
  type: 'dataset' | 'workfile',
  ids: readonly number[],
): Promise<void> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return;
  if (wanted.length > mostAttachments) throw invalid(`${type}_ids`, 'too_long', { count: mostAttachments });
  const known =
    type === 'workfile'
      ? sql`select f.id from workfile f where f.workspace_id = ${workspaceId} and f.deleted_at is null`
      : sql`select d.id from dataset d join workspace w on w.id = ${workspaceId} where d.deleted_at is null and (
          d.workspace_id = w.id or d.schema_id = w.sandbox_schema_id
          or exists (select 1 from workspace_dataset x where x.workspace_id = w.id and x.dataset_id = d.id))`;
  const { rows } = await sql`
    insert into activity_attachment (activity_id, entity_type, entity_id)
    select ${activityId}, ${type}, k.id from (${known}) k where k.id = any(${wanted}::bigint[])
    returning entity_id`.execute(trx);
  if (rows.length !== wanted.length) throw notFound(type);
}

function isAuthor(note: Activity, caller: Caller): boolean {
  return caller.admin || note.actor?.id === caller.userId;
}

function ownsRoom(note: Activity, caller: Caller): boolean {
  return note.workspace?.owner.id === caller.userId;
}

/** Who may take a step, of those who see the note. */
const mayStep: Readonly<Record<NoteStep, (note: Activity, caller: Caller) => boolean>> = {
  promote: () => true,
  demote: (note, caller) => caller.admin || note.promotedBy?.id === caller.userId || ownsRoom(note, caller),
  publish: () => true,
  unpublish: isAuthor,
};
