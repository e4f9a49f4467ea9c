/** Reading workspaces with everything that is counted about them, from one caller's point of view. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import { foldName } from '../identity/names.ts';
import { type Caller, isMemberOf, mayRead, rightsOf, type Standing } from './caller.ts';
import type { Person, ProjectStatus, SchemaSummary, Tag, WorkspaceKey, WorkspaceView } from './model.ts';
import { memberIds, peopleById, tagsOf } from './people-rows.ts';
import { hidden, notFound } from './refusals.ts';
import { readSchemas } from './source-rows.ts';
import { safeText } from './text.ts';

/** A workspace's own row and the caller's standing in it: what rules are asked about. */
export interface WorkspaceRow {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly name: string;
  readonly description: string | null;
  readonly owner_id: number | null;
  readonly is_default: boolean;
  readonly is_public: boolean;
  readonly archived_at: Date | null;
  readonly archiver_id: number | null;
  readonly stage_id: number | null;
  readonly is_project: boolean;
  readonly project_status: ProjectStatus;
  readonly project_status_reason: string | null;
  readonly show_sandbox_datasets: boolean;
  readonly sandbox_schema_id: number | null;
  readonly has_added_member: boolean;
  readonly has_added_workfile: boolean;
  readonly has_added_sandbox: boolean;
  readonly has_changed_settings: boolean;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly is_member: boolean;
}

interface CountedRow extends WorkspaceRow {
  readonly members: number;
  readonly workfiles: number;
  readonly insights: number;
  readonly recent_insights: number;
  readonly recent_notes: number;
  readonly recent_comments: number;
  readonly datasets: number;
  readonly milestones: number;
  readonly achieved: number;
  readonly target_date: string | null;
  readonly picture_name: string | null;
  readonly picture_at: Date | null;
  readonly tags: readonly Tag[];
  readonly stage_name: string | null;
  readonly stage_position: number | null;
  readonly stage_default: boolean | null;
  readonly stage_long: string | null;
  readonly stage_short: string | null;
}

const own = sql.raw(
  `w.id, w.uid, w.tenant_id, w.name, w.description, w.owner_id, w.is_default, w.is_public, w.archived_at, w.archiver_id, w.stage_id,
   w.is_project, w.project_status, w.project_status_reason, w.show_sandbox_datasets, w.sandbox_schema_id, w.has_added_member,
   w.has_added_workfile, w.has_added_sandbox, w.has_changed_settings, w.version, w.created_at, w.updated_at`,
);

const week = sql`now() - interval '7 days'`;
const notes = sql`from activity a where a.workspace_id = w.id and a.action = 'NOTE' and a.deleted_at is null`;

/** A condition on `data_source bs` and `workspace w`: the caller has a pair for the source that is not known to be refused. */
export function hasPair(caller: Caller): RawBuilder<unknown> {
  return sql`exists (select 1 from credential k
    where k.source_id = bs.id and k.secret_sealed is not null and k.refused_at is null and (
      (k.kind = 'source' and (bs.shares_credential or bs.owner_id = ${caller.userId}))
      or (k.kind = 'workspace' and k.workspace_id = w.id and ${isMemberOf(caller)})
      or (k.kind = 'personal' and k.user_id = ${caller.userId})))`;
}

/**
 * Datasets that this caller sees (§6.5): associated ones and saved queries; the sandbox's own only when the caller has a
 * pair for its source. No connection is made for a number.
 */
function datasetCount(caller: Caller): RawBuilder<unknown> {
  return sql`(
    (select count(*) from workspace_dataset wd join dataset d on d.id = wd.dataset_id
      where wd.workspace_id = w.id and d.deleted_at is null)
    + (select count(*) from dataset d where d.workspace_id = w.id and d.deleted_at is null)
    + (select count(*) from dataset d join source_schema bc on bc.id = d.schema_id
        join source_database bb on bb.id = bc.database_id join data_source bs on bs.id = bb.source_id
      where w.show_sandbox_datasets and d.schema_id = w.sandbox_schema_id and d.workspace_id is null
        and d.deleted_at is null and bs.deleted_at is null and ${hasPair(caller)}
        and not exists (select 1 from workspace_dataset wd where wd.workspace_id = w.id and wd.dataset_id = d.id)))`;
}

function counts(caller: Caller): RawBuilder<unknown> {
  return sql`
    (select count(*) from (${memberIds(sql`w.id`)} union select w.owner_id) as people) as members,
    (select count(*) from workfile f where f.workspace_id = w.id and f.deleted_at is null) as workfiles,
    (select count(*) ${notes} and a.is_insight) as insights,
    (select count(*) ${notes} and a.is_insight and a.created_at > ${week}) as recent_insights,
    (select count(*) ${notes} and a.created_at > ${week}) as recent_notes,
    (select count(*) from activity_comment c join activity a on a.id = c.activity_id
      where a.workspace_id = w.id and a.deleted_at is null and c.deleted_at is null and c.created_at > ${week})
      as recent_comments,
    ${datasetCount(caller)} as datasets,
    (select count(*) from milestone l where l.workspace_id = w.id) as milestones,
    (select count(*) from milestone l where l.workspace_id = w.id and l.state = 'achieved') as achieved,
    (select max(l.target_date) from milestone l where l.workspace_id = w.id) as target_date`;
}

/** Workspaces that fulfil a condition on `workspace w`, with counts; `tail` orders and cuts. */
export async function readWorkspaces(
  executor: Executor,
  caller: Caller,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql`order by lower(w.name), w.id`,
): Promise<WorkspaceView[]> {
  const { rows } = await sql<CountedRow>`
    select ${own}, ${isMemberOf(caller)} as is_member, ${counts(caller)}, p.file_name as picture_name,
      p.updated_at as picture_at, ${tagsOf('workspace', sql`w.id`)} as tags, g.name as stage_name,
      g.position as stage_position, g.is_default as stage_default, g.description_long as stage_long,
      g.description_short as stage_short
    from workspace w left join workspace_stage g on g.id = w.stage_id left join picture p on p.workspace_id = w.id
    where w.deleted_at is null and w.owner_id is not null and ${where} ${tail}`.execute(executor);
  const people = await peopleById(
    executor,
    rows.flatMap(({ owner_id, archiver_id }) => [owner_id, archiver_id]),
  );
  const schemaIds = rows.flatMap(({ sandbox_schema_id: id }) => (id === null ? [] : [id]));
  const schemas = schemaIds.length === 0 ? [] : await readSchemas(executor, sql`c.id = any(${schemaIds}::bigint[])`);
  const byId = new Map(schemas.map((schema) => [schema.id, schema]));
  return rows.flatMap((row) => {
    const owner = people.get(row.owner_id ?? 0);
    return owner === undefined ? [] : [toView(row, caller, { owner, people, schemas: byId })];
  });
}

/** How the caller stands to a row. */
export function standingOf(row: WorkspaceRow): Standing {
  return {
    ownerId: row.owner_id,
    isMember: row.is_member,
    isPublic: row.is_public,
    archived: row.archived_at !== null,
  };
}

interface Around {
  readonly owner: Person;
  readonly people: ReadonlyMap<number, Person>;
  readonly schemas: ReadonlyMap<number, SchemaSummary>;
}

function toView(row: CountedRow, caller: Caller, { owner, people, schemas }: Around): WorkspaceView {
  return {
    id: row.id,
    uid: row.uid,
    name: row.name,
    isPublic: row.is_public,
    archivedAt: row.archived_at,
    // Other doors keep their descriptions word for word.
    summary: row.description === null ? null : safeText(row.description),
    rights: rightsOf(caller, standingOf(row)),
    isMember: row.is_member,
    datasetsCount: row.datasets,
    membersCount: row.members,
    workfilesCount: row.workfiles,
    insightsCount: row.insights,
    recentInsightsCount: row.recent_insights,
    recentNotesCount: row.recent_notes,
    recentCommentsCount: row.recent_comments,
    stage:
      row.stage_id === null
        ? null
        : {
            id: row.stage_id,
            name: row.stage_name ?? '',
            position: row.stage_position ?? 0,
            isDefault: row.stage_default ?? false,
            descriptionLong: row.stage_long ?? '',
            descriptionShort: row.stage_short ?? '',
          },
    archiver: row.archived_at === null ? null : (people.get(row.archiver_id ?? 0) ?? owner),
    picture:
      row.picture_name === null || row.picture_at === null
        ? null
        : { fileName: row.picture_name, updatedAt: row.picture_at },
    tags: row.tags,
    hasAddedMember: row.has_added_member,
    hasAddedWorkfile: row.has_added_workfile,
    hasAddedSandbox: row.has_added_sandbox,
    hasChangedSettings: row.has_changed_settings,
    sandbox: schemas.get(row.sandbox_schema_id ?? 0) ?? null,
    showSandboxDatasets: row.show_sandbox_datasets,
    owner,
    isProject: row.is_project,
    projectStatus: row.project_status,
    projectStatusReason: row.project_status_reason,
    milestoneCount: row.milestones,
    milestonesAchieved: row.achieved,
    targetDate: row.target_date,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function keyed(key: WorkspaceKey): RawBuilder<unknown> {
  if (typeof key === 'number') return sql`w.id = ${key}`;
  return isUuid(key) ? sql`w.uid = ${key}::uuid` : sql`w.name_folded = ${foldName(key).replaceAll('\0', '')}`;
}

/** `any`: also the default one, which nobody owns and the chorus door does not know. */
type Which = 'owned' | 'any';

/** Finds a workspace that the caller may see. Throws NotFoundError, and ForbiddenError where the door says so. */
export async function findWorkspace(
  executor: Executor,
  caller: Caller,
  key: WorkspaceKey,
  lock: 'plain' | 'share' | 'update' = 'plain',
  which: Which = 'owned',
): Promise<WorkspaceRow> {
  const row = await rowOf(executor, caller, key, lock, which);
  if (!mayRead(caller, standingOf(row))) throw hidden(caller.principal, 'workspace');
  return row;
}

/** The same without asking whether the caller may see it: the caller of this function does. */
export async function rowOf(
  executor: Executor,
  caller: Caller,
  key: WorkspaceKey,
  lock: 'plain' | 'share' | 'update' = 'plain',
  which: Which = 'owned',
): Promise<WorkspaceRow> {
  const owned = which === 'owned' ? sql`and w.owner_id is not null` : sql``;
  const locking = { plain: sql``, share: sql`for share of w`, update: sql`for update of w` }[lock];
  const { rows } = await sql<WorkspaceRow>`
    select ${own}, ${isMemberOf(caller)} as is_member from workspace w
    where w.tenant_id = ${caller.tenantId} and w.deleted_at is null ${owned} and ${keyed(key)}
    ${locking}`.execute(executor);
  const [row] = rows;
  if (row === undefined) throw notFound('workspace');
  return row;
}
