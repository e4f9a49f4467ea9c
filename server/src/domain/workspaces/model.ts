/** The words of workspaces, as doors see them. Types only, and the enumerations (chorus.md §6.6). */

export const projectStatuses = ['on_track', 'needs_attention', 'at_risk'] as const;
export type ProjectStatus = (typeof projectStatuses)[number];

export const userTypes = ['analytics_developer', 'data_analyst', 'collaborator', 'business_user'] as const;

/** What somebody may do in a workspace (chorus.md §6.4). */
export type WorkspaceRight = 'admin' | 'read' | 'commenting' | 'update' | 'duplicate_chorus_view' | 'create_workflow';

/** Label of a member who was given none. */
export const defaultLabel = 'Project Member';
/** Label of who made the workspace. */
export const ownerLabel = 'Owner';

/** Page by number, as the numbered doors ask for it. `perPage` 0 = no items, only the count. */
export interface NumberedPage {
  readonly page: number;
  readonly perPage: number;
}

/** Items of a page and how many there are over all pages. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly records: number;
}

export interface Tag {
  readonly id: number;
  readonly name: string;
  /** How many things carry it. */
  readonly count: number;
}

export interface Picture {
  readonly fileName: string;
  readonly updatedAt: Date;
}

/** A user as colleagues see one. */
export interface Person {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly title: string | null;
  readonly dept: string | null;
  readonly notes: string | null;
  readonly userType: string;
  /** Where the password is checked. */
  readonly authMethod: 'internal' | 'ldap';
  /** Administers the tenant. */
  readonly admin: boolean;
  /** Holds the installation's Administrator role. */
  readonly siteAdmin: boolean;
  /** Manages the tenant's sources (104) without being an administrator. */
  readonly dataAdmin: boolean;
  readonly deactivatedAt: Date | null;
  /** Somebody who is gone: shown only by what he did. */
  readonly deletedAt: Date | null;
  readonly subscribedToEmails: boolean;
  readonly picture: Picture | null;
  readonly tags: readonly Tag[];
}

/** What a member may do on the doors that ask for a role, the least first (dataarts.md §5.6). */
export const memberRoles = ['viewer', 'analyst', 'developer', 'administrator'] as const;
export type MemberRole = (typeof memberRoles)[number];

export interface Member extends Person {
  readonly role: MemberRole;
  /** Descriptive only: no permission comes from it. */
  readonly label: string;
}

export interface Stage {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  readonly isDefault: boolean;
  readonly descriptionLong: string;
  readonly descriptionShort: string;
}

/** A source in the few words that stand inside other things. */
export interface SourceSummary {
  readonly id: number;
  readonly uid: string;
  /** What the door calls it. */
  readonly name: string;
  readonly entityType: string;
  readonly shared: boolean;
  readonly ownerId: number;
  readonly version: string | null;
  readonly isHawq: boolean | null;
  readonly state: SourceState;
  readonly isPublic: boolean;
}

export type SourceState = 'online' | 'offline' | 'incomplete' | 'disabled';

export interface SchemaSummary {
  readonly id: number;
  readonly name: string;
  readonly datasetCount: number;
  readonly refreshedAt: Date | null;
  readonly stale: boolean;
  readonly database: { readonly id: number; readonly name: string };
  readonly source: SourceSummary;
}

/** A workspace from one caller's point of view. `rights`, `isMember` and `datasetsCount` are the caller's alone. */
export interface WorkspaceView {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly isPublic: boolean;
  readonly archivedAt: Date | null;
  readonly summary: string | null;
  readonly rights: readonly WorkspaceRight[];
  readonly isMember: boolean;
  readonly datasetsCount: number;
  readonly membersCount: number;
  readonly workfilesCount: number;
  readonly insightsCount: number;
  readonly recentInsightsCount: number;
  /** Notes, insights among them, of the last seven days. */
  readonly recentNotesCount: number;
  /** Comments of the last seven days under its activities. */
  readonly recentCommentsCount: number;
  readonly stage: Stage | null;
  readonly archiver: Person | null;
  readonly picture: Picture | null;
  readonly tags: readonly Tag[];
  readonly hasAddedMember: boolean;
  readonly hasAddedWorkfile: boolean;
  readonly hasAddedSandbox: boolean;
  readonly hasChangedSettings: boolean;
  readonly sandbox: SchemaSummary | null;
  readonly showSandboxDatasets: boolean;
  readonly owner: Person;
  readonly isProject: boolean;
  readonly projectStatus: ProjectStatus;
  readonly projectStatusReason: string | null;
  readonly milestoneCount: number;
  readonly milestonesAchieved: number;
  /** The latest date of a milestone, `YYYY-MM-DD`. */
  readonly targetDate: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface WorkspaceInput {
  readonly name: string;
  readonly summary?: string | null;
  readonly isPublic?: boolean;
}

/** Absent members stay as they are. */
export interface WorkspaceChange {
  readonly name?: string;
  readonly summary?: string | null;
  readonly isPublic?: boolean;
  readonly archived?: boolean;
  /** Number of a member. */
  readonly ownerId?: number;
  /** The same as a user name. */
  readonly owner?: string;
  readonly stageId?: number | null;
  readonly showSandboxDatasets?: boolean;
  readonly isProject?: boolean;
  readonly projectStatus?: string;
  readonly projectStatusReason?: string | null;
  readonly hasAddedMember?: boolean;
  readonly hasChangedSettings?: boolean;
}

export interface WorkspaceFilter {
  /** Only those that are not archived. */
  readonly active?: boolean;
  /** Only those that this user belongs to, by number. */
  readonly userId?: number;
  /** The ten with the most activities, the busiest first. */
  readonly mostActive?: boolean;
}

/** Names a workspace: by number, or by uid or name. */
export type WorkspaceKey = number | string;

export interface MemberInput {
  readonly userId: number;
  readonly label?: string | undefined;
  /** Who stays keeps the one it has, who is new is a developer, unless said. */
  readonly role?: MemberRole | undefined;
}

export interface Milestone {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  /** `YYYY-MM-DD`. */
  readonly targetDate: string;
  readonly state: 'planned' | 'achieved';
}

/** A stored pair, without its password. */
export interface Account {
  readonly id: number;
  readonly uid: string;
  readonly dbUsername: string;
  readonly ownerId: number;
  readonly owner: Person;
  readonly sourceId: number;
  /** Since when the database refuses it; null = it is good, or was not tried since. */
  readonly refusedAt: Date | null;
  /** Only of a workspace's account: the workspace as the caller sees it. */
  readonly workspace?: WorkspaceView;
}

/** What a write of an account says; an absent member keeps what is stored. */
export interface PairInput {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}
