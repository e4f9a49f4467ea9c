/**
 * Reading activities: what happened, and what people wrote. An activity is seen by who may see its workspace, or its data
 * source; one that is for a single person, by that one alone.
 */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import type { Access } from '../access/index.ts';
import type { EntityType } from './activities.ts';
import { type Caller, isListed } from './caller.ts';
import type { Person, SourceSummary, WorkspaceView } from './model.ts';
import { peopleById } from './people-rows.ts';
import { notFound } from './refusals.ts';
import { readWorkspaces } from './rows.ts';
import { type SummaryRow, summaryColumns, summaryJoins, toSummary } from './source-rows.ts';

export interface Comment {
  readonly id: number;
  readonly uid: string;
  readonly author: Person | null;
  readonly body: string;
  readonly at: Date;
}

/** A table or a file that a note points at. */
export interface Attachment {
  readonly type: 'dataset' | 'workfile';
  readonly id: number;
  readonly name: string;
}

/** What an activity is about, beside its workspace. */
export type Target = { readonly type: 'data_source'; readonly source: SourceSummary } | Attachment;

export interface Activity {
  readonly id: number;
  readonly uid: string;
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
  readonly attachments: readonly Attachment[];
  readonly comments: readonly Comment[];
}

/** Names an activity or comment: by number, or by uid. */
export type ActivityKey = number | string;

interface ActivityRow {
  readonly id: number;
  readonly uid: string;
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
  readonly attachments: readonly Attachment[];
  readonly comments: readonly { id: number; uid: string; author_id: number | null; body: string; at: string }[];
}

/** A condition on `activity a`: the caller sees it. */
export function isSeen(access: Access, caller: Caller): RawBuilder<SqlBool> {
  const sources = access.visibleFilter(caller.principal, { alias: 's' });
  return sql<SqlBool>`a.tenant_id = ${caller.tenantId} and a.deleted_at is null
    and (a.seen_by is null or a.seen_by = ${caller.userId}) and (
    a.workspace_id in (select w.id from workspace w where ${isListed(caller)})
    or (a.workspace_id is null and a.entity_type = 'data_source' and exists (
      select 1 from data_source s where s.id = a.entity_id and s.deleted_at is null and ${sources})))`;
}

/** A condition on the row `alias`: the one that the key names. */
export function isNamed(alias: 'a' | 'c', key: ActivityKey): RawBuilder<SqlBool> {
  if (typeof key === 'number') return sql<SqlBool>`${sql.ref(`${alias}.id`)} = ${key}`;
  return isUuid(key) ? sql<SqlBool>`${sql.ref(`${alias}.uid`)} = ${key}::uuid` : sql<SqlBool>`false`;
}

/** One activity that the caller sees. Throws NotFoundError. */
export async function findActivity(
  executor: Executor,
  access: Access,
  caller: Caller,
  key: ActivityKey,
): Promise<Activity> {
  const [activity] = await readActivities(executor, caller, sql`${isNamed('a', key)} and ${isSeen(access, caller)}`);
  if (activity === undefined) throw notFound('activity');
  return activity;
}

/** Activities that fulfil a condition on `activity a`, the newest first. */
export async function readActivities(
  executor: Executor,
  caller: Caller,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<Activity[]> {
  const { rows } = await sql<ActivityRow>`
    select a.id, a.uid, a.action, a.actor_id, a.workspace_id, a.entity_type, a.entity_id, a.body, a.detail, a.is_insight,
      a.promoted_by, a.promoted_at, a.published, a.created_at,
      case a.entity_type when 'workfile' then (select f.file_name from workfile f where f.id = a.entity_id)
        when 'dataset' then (select d.name from dataset d where d.id = a.entity_id) end as target_name,
      (select coalesce(json_agg(json_build_object('type', x.entity_type, 'id', x.entity_id, 'name', case x.entity_type
            when 'workfile' then (select f.file_name from workfile f where f.id = x.entity_id)
            else (select d.name from dataset d where d.id = x.entity_id) end)
          order by x.entity_type, x.entity_id), '[]')
        from activity_attachment x where x.activity_id = a.id) as attachments,
      (select coalesce(json_agg(json_build_object('id', c.id, 'uid', c.uid, 'author_id', c.author_id, 'body', c.body,
          'at', c.created_at) order by c.id), '[]')
        from activity_comment c where c.activity_id = a.id and c.deleted_at is null) as comments
    from activity a where ${where} order by a.id desc ${tail}`.execute(executor);
  const people = await peopleById(
    executor,
    rows.flatMap((row) => [row.actor_id, row.promoted_by, ...row.comments.map((one) => one.author_id)]),
  );
  const rooms = await workspacesOf(executor, caller, rows);
  const sources = await sourcesOf(executor, rows);
  return rows.map((row) => toActivity(row, { people, rooms, sources }));
}

interface Around {
  readonly people: ReadonlyMap<number, Person>;
  readonly rooms: ReadonlyMap<number, WorkspaceView>;
  readonly sources: ReadonlyMap<number, SourceSummary>;
}

function toActivity(row: ActivityRow, { people, rooms, sources }: Around): Activity {
  const person = (id: number | null): Person | null => people.get(id ?? 0) ?? null;
  return {
    id: row.id,
    uid: row.uid,
    action: row.action,
    actor: person(row.actor_id),
    at: row.created_at,
    entityType: row.entity_type,
    workspace: rooms.get(row.workspace_id ?? 0) ?? null,
    target: targetOf(row, sources),
    body: row.body,
    detail: row.detail,
    isInsight: row.is_insight,
    promotedBy: person(row.promoted_by),
    promotedAt: row.promoted_at,
    published: row.published,
    attachments: row.attachments,
    comments: row.comments.map(({ id, uid, author_id, body, at }) => ({
      id,
      uid,
      author: person(author_id),
      body,
      at: new Date(at),
    })),
  };
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
