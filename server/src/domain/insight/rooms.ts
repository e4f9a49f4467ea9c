/**
 * How a caller stands to a workspace, and what its role lets it do there (dataarts.md §5.6). Full access is the tenant's
 * administrators', the workspace's owner's, and that of members with the role `administrator`.
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { uuidOf } from '../../platform/ids.ts';
import type { Principal } from '../identity/principal.ts';
import { isTenantAdmin, type MemberRole, memberRoles } from '../workspaces/index.ts';
import { noPermission, workspaceNotFound, workspaceNotNormal } from './refusals.ts';

/** Settings of a workspace (§5.2): text to text; keys that were never sent are absent. */
export type WorkspaceSettings = Readonly<Record<string, string>>;

/** A workspace as this caller stands to it. */
export interface Room {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  readonly name: string;
  readonly ownerId: number | null;
  readonly isDefault: boolean;
  readonly archived: boolean;
  readonly settings: WorkspaceSettings;
  /** Administers the tenant, or owns the workspace. */
  readonly manages: boolean;
  /** Null = no member. */
  readonly role: MemberRole | null;
}

interface RoomRow {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly name: string;
  readonly owner_id: number | null;
  readonly is_default: boolean;
  readonly archived_at: Date | null;
  readonly deleted_at: Date | null;
  readonly settings: WorkspaceSettings;
  readonly role: number | null;
}

/** A live workspace of the caller's tenant, and how the caller stands to it; null for none. */
export async function findRoom(
  executor: Executor,
  principal: Principal,
  workspaceId: string,
  lock: 'plain' | 'update' = 'plain',
): Promise<(Room & { readonly deleted: boolean }) | null> {
  const uid = uuidOf(workspaceId);
  if (uid === null) return null;
  const { subject } = principal;
  const { rows } = await sql<RoomRow>`
    select w.id, w.uid, w.tenant_id, w.name, w.owner_id, w.is_default, w.archived_at, w.deleted_at, w.settings,
      (select max(array_position(${[...memberRoles]}::text[], m.role))
        from workspace_member m where m.workspace_id = w.id
          and (m.user_id = ${subject.id} or m.group_id = any(${[...subject.groupIds]}::bigint[]))) as role
    from workspace w where w.uid = ${uid} and w.tenant_id = ${subject.tenantId}
    ${lock === 'update' ? sql`for update of w` : sql``}`.execute(executor);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    id: row.id,
    uid: row.uid,
    tenantId: row.tenant_id,
    name: row.name,
    ownerId: row.owner_id,
    isDefault: row.is_default,
    archived: row.archived_at !== null,
    deleted: row.deleted_at !== null,
    settings: row.settings,
    manages: isTenantAdmin(principal) || row.owner_id === subject.id,
    role: row.role === null ? null : (memberRoles[row.role - 1] ?? null),
  };
}

/**
 * The workspace that a call inside one names. Throws NotFoundError `workspace_not_found`, ForbiddenError `no_permission`
 * for who is no member, ConflictError `workspace_not_normal` for changes inside an archived one.
 */
export async function enterRoom(
  executor: Executor,
  principal: Principal,
  workspaceId: string,
  work: 'read' | 'write',
): Promise<Room> {
  const room = await findRoom(executor, principal, workspaceId);
  if (room === null || room.deleted) throw workspaceNotFound();
  if (!room.manages && room.role === null) throw noPermission();
  if (work === 'write' && room.archived) throw workspaceNotNormal();
  return room;
}

/** Has the rights of FullAccess inside. */
export function administersRoom(room: Room): boolean {
  return room.manages || room.role === 'administrator';
}

/** Throws ForbiddenError `no_permission` unless the caller has at least this role inside. */
export function requireRole(room: Room, least: MemberRole): void {
  if (room.manages) return;
  const held = room.role === null ? -1 : memberRoles.indexOf(room.role);
  if (held < memberRoles.indexOf(least)) throw noPermission();
}

/** Whether a setting of the workspace is switched on (`"1"`). */
export function isSwitchedOn(room: Room, key: string): boolean {
  return room.settings[key] === '1';
}
