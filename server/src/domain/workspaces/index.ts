/**
 * Workspaces: rooms in which people work on data sources together, and the credentials that a room shares. Also what
 * its protocol (chorus.md) calls users, sources and accounts, over identity and sources.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/identity`,
 * `domain/sources`. Must not be imported: engines, gateway, doors; the gateway comes in as `ConnectionPort`.
 */
export { Accounts } from './accounts.ts';
export { recordActivity } from './activities.ts';
export { type Caller, callerOf, defaultUserType, isTenantAdmin } from './caller.ts';
export { type Dataset, Datasets, type SandboxInput } from './datasets.ts';
export { asOwner } from './elevate.ts';
export { type GroupMembership, Members } from './members.ts';
export { type MilestoneInput, Milestones } from './milestones.ts';
export * from './model.ts';
export { type Activity, type Comment, Notes, type Target } from './notes.ts';
export { People, type PersonInput } from './people.ts';
export { type PictureOwner, Pictures } from './pictures.ts';
export { DatabaseFailedError, type FieldProblem, FieldsInvalidError, SourceForbiddenError } from './refusals.ts';
export { deleteWorkspace } from './removal.ts';
export { type Taggable, Tags } from './tags.ts';
export type { TeamSourceInput } from './team-source-input.ts';
export { type TeamSource, type TeamSourceFilter, TeamSources } from './team-sources.ts';
export { type ConnectionPort, PairChecks } from './verify.ts';
export { type Workfile, Workfiles, type WorkfileVersion } from './workfiles.ts';
export { Workspaces } from './workspaces.ts';
