/** Who asks, with what workspaces want to know of somebody; and what one may do in a workspace (chorus.md §6.2). */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import type { WorkspaceRight } from './model.ts';

export interface Caller {
  readonly principal: Principal;
  readonly userId: number;
  readonly tenantId: number;
  /** Administers the tenant (decisions.md 2). */
  readonly admin: boolean;
  /** Administrator, or holder of 104. */
  readonly dataAdmin: boolean;
  readonly userType: string;
}

/** What a user without a type is. */
export const defaultUserType = 'analytics_developer';

/** Administrators of the installation, and those of the subject's tenant. */
export function isTenantAdmin({ subject }: Principal): boolean {
  return (
    subject.permissions.has(Permission.administrator) ||
    (subject.permissions.has(Permission.modifyUsers) && subject.adminOfTenantIds.includes(subject.tenantId))
  );
}

export async function callerOf(executor: Executor, principal: Principal): Promise<Caller> {
  const { subject } = principal;
  const row = await executor
    .selectFrom('user_account')
    .select('user_type')
    .where('id', '=', subject.id)
    .executeTakeFirst();
  const admin = isTenantAdmin(principal);
  return {
    principal,
    userId: subject.id,
    tenantId: subject.tenantId,
    admin,
    dataAdmin: admin || subject.permissions.has(Permission.manageTenantSources),
    userType: row?.user_type ?? defaultUserType,
  };
}

/** How a caller stands to a workspace. */
export interface Standing {
  readonly ownerId: number | null;
  readonly isMember: boolean;
  readonly isPublic: boolean;
  readonly archived: boolean;
}

export function mayRead(caller: Caller, at: Standing): boolean {
  return at.isMember || at.isPublic || caller.admin || at.ownerId === caller.userId;
}

/** Content: files, datasets, milestones, name and summary. */
export function mayEdit(caller: Caller, at: Standing): boolean {
  return caller.admin || (!at.archived && (at.isMember || at.ownerId === caller.userId));
}

/** Members, publicity, archive, owner, status, stage, sandbox, delete. */
export function mayOwn(caller: Caller, at: Standing): boolean {
  return caller.admin || at.ownerId === caller.userId;
}

/** The caller's rights as the protocol lists them (§6.4). */
export function rightsOf(caller: Caller, at: Standing): WorkspaceRight[] {
  const rights: WorkspaceRight[] = mayOwn(caller, at)
    ? ['admin']
    : at.isMember
      ? ['read', 'commenting', 'update', 'duplicate_chorus_view']
      : at.isPublic
        ? ['read', 'commenting']
        : [];
  const builds = caller.userType === 'analytics_developer' || caller.userType === 'data_analyst';
  return at.isMember && builds ? [...rights, 'create_workflow'] : rights;
}

/** A condition on `workspace w`: the caller is a member, himself or by a group. */
export function isMemberOf(caller: Caller): RawBuilder<SqlBool> {
  const groups = [...caller.principal.subject.groupIds];
  return sql<SqlBool>`exists (select 1 from workspace_member cm where cm.workspace_id = w.id
    and (cm.user_id = ${caller.userId} or cm.group_id = any(${groups}::bigint[])))`;
}

/** A condition on `workspace w`: live, of the caller's tenant, and theirs to read. Business users list public ones only. */
export function isListed(caller: Caller): RawBuilder<SqlBool> {
  const live = sql`w.tenant_id = ${caller.tenantId} and w.deleted_at is null and w.owner_id is not null`;
  if (caller.admin) return sql<SqlBool>`${live}`;
  if (caller.userType === 'business_user') return sql<SqlBool>`${live} and w.is_public`;
  return sql<SqlBool>`${live} and (w.is_public or w.owner_id = ${caller.userId} or ${isMemberOf(caller)})`;
}
