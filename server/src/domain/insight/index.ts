/**
 * Workspaces as the DataArts Insight protocol knows them (dataarts.md): with settings and roles, and the data sources,
 * sharing and tags inside, over the rows that every door shares.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/identity`,
 * `domain/sources`, `domain/workspaces`. Must not be imported: engines, gateway, doors.
 */
export { type MemberRole, memberRoles } from '../workspaces/index.ts';
export * from './refusals.ts';
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
export type { WorkspaceWrite } from './workspace-fields.ts';
export { type Found, type InsightWorkspace, InsightWorkspaces, workspaceLimit } from './workspaces.ts';
