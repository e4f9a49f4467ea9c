/**
 * Workspaces as the DataArts Insight protocol knows them (dataarts.md): with settings and roles, and the data sources,
 * sharing and tags inside, over the rows that every door shares.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/identity`,
 * `domain/sources`, `domain/workspaces`. Must not be imported: engines, gateway, doors.
 */
export { type MemberRole, memberRoles } from '../workspaces/index.ts';
export { Collaboration, type Rule, type RuleWrite, type Switches } from './collaboration.ts';
export {
  type ConnectionType,
  type ConnectionWrite,
  connectionTypes,
} from './connection-input.ts';
export type { Connection } from './connection-rows.ts';
export { type ConnectionQuery, Connections, secretOfParameter } from './connections.ts';
export type { Found } from './found.ts';
export type { DatasetPort, RoomResource } from './ports.ts';
export * from './refusals.ts';
export { type RelatedResource, type ResourceRef, Resources, type ResourceType, resourceTypes } from './resources.ts';
export {
  administersRoom,
  enterRoom,
  findRoom,
  isSwitchedOn,
  type Room,
  requireRole,
  type WorkspaceSettings,
} from './rooms.ts';
export { type InsightRules, insightSettings } from './settings.ts';
export { type HeldTag, type TagKind, type TagValues, tagsHeldBy, type UserTag, UserTags } from './tags.ts';
export type { WorkspaceWrite } from './workspace-fields.ts';
export { type InsightWorkspace, InsightWorkspaces, workspaceLimit } from './workspaces.ts';
