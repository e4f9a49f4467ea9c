/** What a change of a workspace would set, who may ask for it, and what people are told of it (chorus.md §3.4). */
import type { Executor } from '../../platform/database/index.ts';
import { foldName } from '../identity/names.ts';
import type { Caller } from './caller.ts';
import { type ProjectStatus, projectStatuses, type WorkspaceChange } from './model.ts';
import type { WorkspaceRow } from './rows.ts';
import { limits, Problems, safeText } from './text.ts';

/** Columns that a change sets, and what people are told about it. */
export interface Plan {
  readonly columns: Record<string, unknown>;
  /** Members of the change that only the owner may touch. */
  readonly owning: string[];
  readonly events: { readonly action: string; readonly detail?: Record<string, unknown> }[];
}

/** Reads a change against what there is. Throws FieldsInvalidError. */
export async function planChange(
  trx: Executor,
  caller: Caller,
  row: WorkspaceRow,
  change: WorkspaceChange,
  now: Date,
): Promise<Plan> {
  const problems = new Problems();
  const plan: Plan = { columns: {}, owning: [], events: [] };
  planTexts(plan, problems, row, change);
  const flags = [
    ['isPublic', 'is_public'],
    ['showSandboxDatasets', 'show_sandbox_datasets'],
    ['isProject', 'is_project'],
    ['hasAddedMember', 'has_added_member'],
    ['hasChangedSettings', 'has_changed_settings'],
  ] as const;
  for (const [member, column] of flags) {
    if (change[member] === undefined || change[member] === row[column]) continue;
    plan.columns[column] = change[member];
    plan.owning.push(member);
  }
  if ('is_public' in plan.columns) {
    plan.events.push({ action: change.isPublic === true ? 'WorkspaceMakePublic' : 'WorkspaceMakePrivate' });
  }
  planArchive(plan, row, change, caller, now);
  planStatus(plan, problems, row, change);
  const owner = change.ownerId ?? (change.owner === undefined ? undefined : await userNamed(trx, row, change.owner));
  if (owner !== undefined && owner !== row.owner_id) {
    if (!(await isUserMember(trx, row.id, owner))) problems.add('owner', 'owner_must_be_a_member', null);
    plan.columns.owner_id = owner;
    plan.owning.push('ownerId');
    plan.events.push({ action: 'WorkspaceChangeOwner', detail: { ownerId: owner } });
  }
  if (change.stageId !== undefined && change.stageId !== row.stage_id) {
    if (change.stageId !== null && !(await isStage(trx, change.stageId))) {
      problems.add('workspace_stage_id', 'inclusion', { value: change.stageId });
    }
    plan.columns.stage_id = change.stageId;
    plan.owning.push('stageId');
  }
  problems.settle();
  return plan;
}

function planTexts(plan: Plan, problems: Problems, row: WorkspaceRow, change: WorkspaceChange): void {
  if (change.name !== undefined && change.name !== row.name) {
    const name = problems.required(change.name, 'name', limits.name);
    plan.columns.name = name;
    plan.columns.name_folded = foldName(name);
    plan.events.push({ action: 'WorkspaceChangeName', detail: { workspaceOldName: row.name } });
  }
  if (change.summary === undefined) return;
  const text = problems.text(change.summary, 'summary', limits.summary);
  const summary = text === null ? null : safeText(text);
  if (summary !== row.description) plan.columns.description = summary;
}

function planArchive(plan: Plan, row: WorkspaceRow, change: WorkspaceChange, caller: Caller, now: Date): void {
  if (change.archived === undefined || change.archived === (row.archived_at !== null)) return;
  plan.columns.archived_at = change.archived ? now : null;
  plan.columns.archiver_id = change.archived ? caller.userId : null;
  plan.owning.push('archived');
  plan.events.push({ action: change.archived ? 'WorkspaceArchived' : 'WorkspaceUnarchived' });
}

function planStatus(plan: Plan, problems: Problems, row: WorkspaceRow, change: WorkspaceChange): void {
  const reason =
    change.projectStatusReason === undefined
      ? row.project_status_reason
      : problems.text(change.projectStatusReason, 'project_status_reason', limits.reason);
  const safe = reason === null ? null : safeText(reason);
  if (safe !== row.project_status_reason) {
    plan.columns.project_status_reason = safe;
    plan.owning.push('projectStatusReason');
  }
  if (change.projectStatus !== undefined && change.projectStatus !== row.project_status) {
    if (!projectStatuses.includes(change.projectStatus as ProjectStatus)) {
      problems.add('project_status', 'inclusion', { value: change.projectStatus });
    }
    plan.columns.project_status = change.projectStatus;
    plan.owning.push('projectStatus');
    plan.events.push({ action: 'ProjectStatusChanged', detail: { status: change.projectStatus, reason: safe } });
  }
}

/** The number of a user of the workspace's tenant; 0 for a name that nobody has. */
async function userNamed(executor: Executor, row: WorkspaceRow, username: string): Promise<number> {
  const user = await executor
    .selectFrom('user_account')
    .select('id')
    .where('username_folded', '=', foldName(username).replaceAll('\0', ''))
    .where('tenant_id', '=', row.tenant_id)
    .executeTakeFirst();
  return user?.id ?? 0;
}

async function isUserMember(executor: Executor, workspaceId: number, userId: number): Promise<boolean> {
  if (!Number.isSafeInteger(userId)) return false;
  const row = await executor
    .selectFrom('workspace_member')
    .select('user_id')
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}

async function isStage(executor: Executor, id: number): Promise<boolean> {
  if (!Number.isSafeInteger(id)) return false;
  const row = await executor.selectFrom('workspace_stage').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}
