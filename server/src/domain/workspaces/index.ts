/**
 * Workspaces: rooms in which people work on data sources together, and the credentials that a room shares. Also what
 * its protocol (chorus.md) calls users, sources and accounts, over identity and sources.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/identity`,
 * `domain/sources`. Must not be imported: engines, gateway, doors; the gateway comes in as `ConnectionPort`.
 */
export { Accounts } from './accounts.ts';
export { recordActivity } from './activities.ts';
export type { Activity, Attachment, Comment, Target } from './activity-rows.ts';
export { type Caller, callerOf, defaultUserType, isTenantAdmin } from './caller.ts';
export { type CatalogDataset, Catalogs } from './catalogs.ts';
export { type ChorusViewInput, ChorusViews } from './chorus-views.ts';
export { Comments } from './comments.ts';
export { type Dataset, Datasets } from './datasets.ts';
export { asOwner } from './elevate.ts';
export { type GroupMembership, Members } from './members.ts';
export { type MilestoneInput, Milestones } from './milestones.ts';
export * from './model.ts';
export { type NoteState, type NoteStep, noteStateOf, noteStates } from './note-states.ts';
export { Notes } from './notes.ts';
export { type Notification, Notifications } from './notifications.ts';
export { Pairs } from './pairs.ts';
export { People, type PersonInput } from './people.ts';
export { type PictureOwner, Pictures } from './pictures.ts';
export { SourceProbes } from './probes.ts';
export { DatabaseFailedError, type FieldProblem, FieldsInvalidError, SourceForbiddenError } from './refusals.ts';
export { deleteWorkspace } from './removal.ts';
export { type ReadPort, SandboxUsage } from './sandbox-usage.ts';
export { Sandboxes, type SandboxInput, type StatementPort } from './sandboxes.ts';
export { Search } from './search.ts';
export { type Taggable, Tags } from './tags.ts';
export type { TeamSourceInput } from './team-source-input.ts';
export type { TeamSource, TeamSourceFilter } from './team-source-rows.ts';
export { TeamSources } from './team-sources.ts';
export { type ConnectionPort, PairChecks } from './verify.ts';
export type {
  Workfile,
  WorkfileEntry,
  WorkfileKey,
  WorkfileVersion,
  WorkfileVersionInfo,
} from './workfile-rows.ts';
export { WorkfileRuns } from './workfile-runs.ts';
export { type Draft, WorkfileVersions } from './workfile-versions.ts';
export { Workfiles } from './workfiles.ts';
export { Workspaces } from './workspaces.ts';
