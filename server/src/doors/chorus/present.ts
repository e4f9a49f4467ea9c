/** The domain's words as this protocol writes them, key by key in its order (chorus.md §4). */
import type {
  Account,
  Member,
  Milestone,
  Person,
  Picture,
  SchemaSummary,
  SourceSummary,
  Stage,
  Tag,
  TeamSource,
  WorkspaceView,
} from '../../domain/workspaces/index.ts';

type Wire = Record<string, unknown>;

/** RFC 3339 in UTC, whole seconds. */
export function time(at: Date | null): string | null {
  return at === null ? null : `${at.toISOString().slice(0, 19)}Z`;
}

/** `1000006` → `001/000/006`. */
function partition(id: number): string {
  return (
    String(id)
      .padStart(9, '0')
      .match(/\d{1,3}(?=(?:\d{3})*$)/g) ?? []
  ).join('/');
}

export function presentImage(owner: 'users' | 'workspaces', id: number, picture: Picture | null): Wire {
  const at = (style: string): string =>
    picture === null
      ? ''
      : `/paperclip/${owner}/images/${partition(id)}/${style}/${encodeURIComponent(picture.fileName)}?${Math.floor(picture.updatedAt.getTime() / 1000)}`;
  return { original: at('original'), icon: at('icon'), entity_type: 'image', complete_json: true };
}

export function presentTag({ id, name, count }: Tag): Wire {
  return { id, name, count, entity_type: 'tag' };
}

function roles(person: Person): string[] {
  if (person.admin) return ['admin'];
  return person.dataAdmin ? ['data_admin'] : [];
}

/** A user in lists of other things. */
export function presentPersonShort(person: Person): Wire {
  return {
    id: person.id,
    username: person.username,
    first_name: person.firstName,
    last_name: person.lastName,
    image: presentImage('users', person.id, person.picture),
    is_deleted: person.deletedAt === null ? null : true,
    auth_method: person.authMethod,
    ldap_group_id: null,
    user_type: person.userType,
    entity_type: 'user',
    using_default_image: false,
    active_license: person.deactivatedAt === null,
    is_siteadmin: person.siteAdmin,
    roles: roles(person),
  };
}

/** A user as the answer to a log-in shows it. */
export function presentPersonAtLogin(person: Person): Wire {
  return {
    ...presentPersonShort(person),
    email: person.email,
    title: person.title,
    dept: person.dept,
    notes: person.notes,
    admin: person.admin,
    subscribed_to_emails: person.subscribedToEmails,
    tags: person.tags.map(presentTag),
    deactivated_at: time(person.deactivatedAt),
  };
}

export function presentPerson(person: Person): Wire {
  return { ...presentPersonAtLogin(person), complete_json: true };
}

export function presentMember(member: Member): Wire {
  return { ...presentPerson(member), role: member.label };
}

export function presentStage(stage: Stage): Wire {
  return {
    default: stage.isDefault,
    id: stage.id,
    name: stage.name,
    position: stage.position,
    description_long: stage.descriptionLong,
    description_short: stage.descriptionShort,
    complete_json: true,
  };
}

export function presentSourceShort(source: SourceSummary): Wire {
  return {
    id: source.id,
    name: source.name,
    entity_type: source.entityType,
    is_deleted: null,
    shared: source.shared,
    owner_id: source.ownerId,
    version: source.version,
    is_hawq: source.isHawq,
    state: source.state,
    public: source.isPublic,
  };
}

const providers: Readonly<Record<string, string>> = {
  gpdb_data_source: 'Greenplum Database',
  pg_data_source: 'PostgreSQL Database',
};

export function presentSource(source: TeamSource): Wire {
  const provider = providers[source.entityType];
  return {
    ...presentSourceShort(source),
    ...(provider === undefined ? {} : { is_deleted: false }),
    host: source.host,
    port: source.port,
    ssl: source.ssl,
    online: source.state === 'online',
    db_name: source.dbName,
    description: source.description,
    schema_blacklist: [],
    db_username: source.dbUsername,
    owner: presentPerson(source.owner),
    tags: source.tags.map(presentTag),
    ...(provider === undefined ? {} : { data_source_provider: provider }),
    complete_json: true,
  };
}

/** Schemas and databases are of Greenplum where their source is said to be. */
function kindOf(source: SourceSummary, what: 'schema' | 'database'): string {
  return source.entityType === 'gpdb_data_source' ? `gpdb_${what}` : `pg_${what}`;
}

export function presentSchema(schema: SchemaSummary): Wire {
  return {
    id: schema.id,
    name: schema.name,
    dataset_count: schema.datasetCount,
    refreshed_at: time(schema.refreshedAt),
    entity_type: kindOf(schema.source, 'schema'),
    is_deleted: null,
    stale: schema.stale,
    database: {
      id: schema.database.id,
      name: schema.database.name,
      data_source: presentSourceShort(schema.source),
      entity_type: kindOf(schema.source, 'database'),
      complete_json: true,
    },
    complete_json: true,
  };
}

/** The keys that every form of a workspace begins with. */
export function presentWorkspaceCore(workspace: WorkspaceView): Wire {
  return {
    id: workspace.id,
    name: workspace.name,
    is_deleted: null,
    entity_type: 'workspace',
    archived: workspace.archivedAt !== null,
    public: workspace.isPublic,
    archived_at: time(workspace.archivedAt),
    summary: workspace.summary,
    permission: workspace.rights,
    datasets_count: workspace.datasetsCount,
    members_count: workspace.membersCount,
    workfiles_count: workspace.workfilesCount,
    insights_count: workspace.insightsCount,
    recent_insights_count: workspace.recentInsightsCount,
    recent_comments_count: workspace.recentNotesCount,
    has_recent_comments: workspace.recentNotesCount > 0,
    has_milestones: workspace.milestoneCount > 0,
    workspace_stage: workspace.stage === null ? null : presentStage(workspace.stage),
    workspace_stage_id: workspace.stage?.id ?? null,
  };
}

function progress(workspace: WorkspaceView): Wire {
  return {
    is_member: workspace.isMember,
    is_project: workspace.isProject,
    project_status: workspace.projectStatus,
    project_status_reason: workspace.projectStatusReason,
    milestone_count: workspace.milestoneCount,
    milestone_completed_count: workspace.milestonesAchieved,
    project_target_date: workspace.targetDate === null ? null : `${workspace.targetDate}T00:00:00Z`,
  };
}

export function presentWorkspaceShort(workspace: WorkspaceView): Wire {
  return { ...presentWorkspaceCore(workspace), owner: presentPersonShort(workspace.owner), ...progress(workspace) };
}

/** `more`: the optional keys before the last one. */
export function presentWorkspace(workspace: WorkspaceView, more: Wire = {}): Wire {
  return {
    ...presentWorkspaceCore(workspace),
    archiver: workspace.archiver === null ? null : presentPerson(workspace.archiver),
    image: presentImage('workspaces', workspace.id, workspace.picture),
    tags: workspace.tags.map(presentTag),
    has_added_member: workspace.hasAddedMember,
    has_added_workfile: workspace.hasAddedWorkfile,
    has_added_sandbox: workspace.hasAddedSandbox,
    has_changed_settings: workspace.hasChangedSettings,
    sandbox_info: workspace.sandbox === null ? null : presentSchema(workspace.sandbox),
    show_sandbox_datasets: workspace.showSandboxDatasets,
    owner: presentPerson(workspace.owner),
    ...progress(workspace),
    ...more,
    complete_json: true,
  };
}

export function presentAccount(account: Account): Wire {
  return {
    id: account.id,
    db_username: account.dbUsername,
    owner_id: account.ownerId,
    data_source_id: account.sourceId,
    owner: presentPerson(account.owner),
    ...(account.workspace === undefined ? {} : { workspace: presentWorkspace(account.workspace) }),
    entity_type: 'data_source_account',
    complete_json: true,
  };
}

export function presentMilestone(milestone: Milestone, workspace: WorkspaceView): Wire {
  return {
    id: milestone.id,
    workspace: presentWorkspaceShort(workspace),
    name: milestone.name,
    target_date: milestone.targetDate,
    state: milestone.state,
  };
}
