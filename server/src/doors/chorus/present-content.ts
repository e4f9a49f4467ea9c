/** What people put into workspaces, as this protocol writes it (chorus.md §3.7–3.9). */
import type {
  Activity,
  Attachment,
  CatalogDataset,
  Comment,
  Dataset,
  Draft,
  Target,
  Workfile,
  WorkfileEntry,
  WorkfileVersionInfo,
} from '../../domain/workspaces/index.ts';
import {
  presentPerson,
  presentPersonShort,
  presentSchema,
  presentSourceShort,
  presentTag,
  presentWorkspaceCore,
  presentWorkspaceShort,
  time,
} from './present.ts';

type Wire = Record<string, unknown>;

export function presentComment(comment: Comment): Wire {
  return {
    id: comment.id,
    author: comment.author === null ? null : presentPersonShort(comment.author),
    body: comment.body,
    action: 'SUB_COMMENT',
    timestamp: time(comment.at),
    entity_type: 'comment',
    complete_json: true,
  };
}

/** A table or a file that a note points at, under a key that says which. */
function presentAttachment(attachment: Attachment): Wire {
  return { ...presentTarget(attachment), entity_type: 'attachment' };
}

function presentTarget(target: Target): Wire {
  if (target.type === 'data_source') return { data_source: presentSourceShort(target.source) };
  const { id, name } = target;
  return target.type === 'workfile'
    ? { workfile: { id, file_name: name, entity_type: 'workfile' } }
    : { dataset: { id, object_name: name, entity_type: 'dataset' } };
}

const targetNames: Readonly<Record<Activity['entityType'], string>> = {
  workspace: 'Workspace',
  data_source: 'DataSource',
  dataset: 'WorkspaceDataset',
  workfile: 'Workfile',
};

/** `tiny`: the workspace as id and name alone. */
export function presentActivity(activity: Activity, tiny = false): Wire {
  const { workspace, target, detail } = activity;
  const note = activity.action === 'NOTE';
  const room = workspace && (tiny ? { id: workspace.id, name: workspace.name } : presentWorkspaceCore(workspace));
  return {
    id: activity.id,
    actor: activity.actor === null ? null : presentPersonShort(activity.actor),
    action: activity.action,
    timestamp: time(activity.at),
    ...(room === null ? {} : { workspace: room }),
    ...(target === null ? {} : presentTarget(target)),
    ...(note ? { body: activity.body } : detail),
    action_type: note ? `NoteOn${targetNames[activity.entityType]}` : activity.action,
    attachments: activity.attachments.map(presentAttachment),
    comments: activity.comments.map(presentComment),
    is_insight: activity.isInsight,
    promoted_by: activity.promotedBy === null ? null : presentPersonShort(activity.promotedBy),
    promotion_time: time(activity.promotedAt),
    is_published: activity.published,
    complete_json: true,
  };
}

const textTypes: ReadonlySet<string> = new Set(['sql', 'text', 'code', 'xml']);

/** `content` is null where it was not read. */
function presentVersion(file: WorkfileEntry, version: WorkfileVersionInfo, content: Buffer | null): Wire {
  return {
    id: version.id,
    version_num: version.number,
    commit_message: version.commitMessage,
    owner: version.owner === null ? null : presentPersonShort(version.owner),
    modifier: version.modifier === null ? null : presentPersonShort(version.modifier),
    created_at: time(version.createdAt),
    updated_at: time(version.updatedAt),
    content_url: `/api/workfiles/${file.id}/download?version_id=${version.id}`,
    partial_file: false,
    icon_url: null,
    content: content !== null && textTypes.has(file.fileType) ? content.toString('utf8') : null,
  };
}

function presentFile(file: WorkfileEntry, versionInfo: Wire): Wire {
  return {
    id: file.id,
    workspace: presentWorkspaceShort(file.workspace),
    file_name: file.fileName,
    description: file.description,
    file_type: file.fileType,
    latest_version_id: file.latest.id,
    is_deleted: null,
    recent_comments: [],
    comment_count: file.commentCount,
    tags: file.tags.map(presentTag),
    entity_type: 'workfile',
    entity_subtype: null,
    user_modified_at: time(file.modifiedAt),
    status: 'idle',
    owner: file.owner === null ? null : presentPerson(file.owner),
    associated_worklets: [],
    has_draft: file.hasDraft,
    execution_schema: file.executionSchema === null ? null : presentSchema(file.executionSchema),
    version_info: versionInfo,
    complete_json: true,
  };
}

/** A file with the content of its last version. */
export function presentWorkfile(file: Workfile): Wire {
  return presentFile(file, presentVersion(file, file.latest, file.latest.content));
}

/** A file of a list. */
export function presentWorkfileEntry(file: WorkfileEntry): Wire {
  return presentFile(file, presentVersion(file, file.latest, null));
}

/** A file at one of its versions. */
export function presentWorkfileAt(file: WorkfileEntry, version: WorkfileVersionInfo): Wire {
  return presentFile(file, presentVersion(file, version, null));
}

export function presentDraft({ id, workfileId, ownerId, content }: Draft): Wire {
  return { id, workfile_id: workfileId, owner_id: ownerId, content: content.toString('utf8') };
}

export function presentDataset(dataset: Dataset): Wire {
  const { kind } = dataset;
  return {
    recent_comments: [],
    comment_count: dataset.commentCount,
    id: dataset.id,
    object_name: dataset.name,
    schema: presentSchema(dataset.schema),
    entity_type: 'dataset',
    entity_subtype: kind === 'CHORUS_VIEW' ? 'CHORUS_VIEW' : dataset.inSandbox ? 'SANDBOX_TABLE' : 'SOURCE_TABLE',
    stale: dataset.staleAt !== null,
    stale_at: time(dataset.staleAt),
    is_deleted: null,
    associated_workspaces: dataset.associated,
    workspace: presentWorkspaceShort(dataset.workspace),
    has_credentials: true,
    tags: dataset.tags.map(presentTag),
    object_type: kind,
    ...(dataset.query === null ? {} : { query: dataset.query }),
    complete_json: true,
  };
}

/** A table or view of a schema, outside of any workspace. */
export function presentCatalogDataset(dataset: CatalogDataset): Wire {
  return {
    id: dataset.id,
    object_name: dataset.name,
    schema: presentSchema(dataset.schema),
    entity_type: 'dataset',
    entity_subtype: 'SOURCE_TABLE',
    stale: dataset.staleAt !== null,
    stale_at: time(dataset.staleAt),
    is_deleted: null,
    has_credentials: true,
    object_type: dataset.kind,
    complete_json: true,
  };
}
