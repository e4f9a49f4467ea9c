/** Milestones: named target dates of a workspace (chorus.md §3.10). */
import { type RawBuilder, sql } from 'kysely';
import { uuidv7 } from '../../platform/ids.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf, mayEdit } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { Listed, Milestone, NumberedPage, WorkspaceKey, WorkspaceView } from './model.ts';
import { forbidden, notFound } from './refusals.ts';
import { findWorkspace, standingOf, type WorkspaceRow } from './rows.ts';
import { limits, Problems } from './text.ts';
import { type Workspaces, windowOf } from './workspaces.ts';

export interface MilestoneInput {
  readonly name?: string | null;
  /** A day, or a moment whose own calendar day is kept. */
  readonly targetDate?: string | null;
  readonly state?: string;
}

const states: readonly string[] = ['planned', 'achieved'];

/** The calendar day that a date or timestamp names, as it is written there; undefined when it names none. */
export function calendarDay(text: string): string | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:$|[T ].*)/.exec(text.trim()) ?? [];
  if (year === undefined || month === undefined || day === undefined || year === '0000') return undefined;
  const at = new Date(`${year}-${month}-${day}T00:00:00Z`);
  const real = !Number.isNaN(at.getTime()) && at.toISOString().startsWith(`${year}-${month}-${day}`);
  const valid = real && (text.trim().length === 10 || !Number.isNaN(Date.parse(text.trim())));
  return valid ? `${year}-${month}-${day}` : undefined;
}

export class Milestones {
  readonly #deps: WorkspaceDeps;
  readonly #workspaces: Workspaces;

  constructor(deps: WorkspaceDeps, workspaces: Workspaces) {
    this.#deps = deps;
    this.#workspaces = workspaces;
  }

  /** By target date; with the workspace that they all belong to. */
  async list(
    principal: Principal,
    key: WorkspaceKey,
    page: NumberedPage,
  ): Promise<Listed<Milestone> & { readonly workspace: WorkspaceView }> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const row = await findWorkspace(db, caller, key);
    const items = await this.#read(row.id, sql`true`, windowOf(page));
    const workspace = await this.#workspaces.viewFor(db, caller, row.id);
    return { items, records: workspace.milestoneCount, workspace };
  }

  /** A new one is planned. Throws FieldsInvalidError. */
  async create(
    principal: Principal,
    key: WorkspaceKey,
    input: MilestoneInput,
  ): Promise<{ readonly milestone: Milestone; readonly workspace: WorkspaceView }> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const problems = new Problems();
    const name = problems.required(input.name, 'name', limits.name);
    const date = readDate(problems, input.targetDate);
    const { id, workspaceId } = await store.transaction(async (trx) => {
      const row = await this.#editable(trx, caller, key);
      problems.settle();
      const made = await trx
        .insertInto('milestone')
        .values({ uid: uuidv7(), workspace_id: row.id, name, target_date: date })
        .returning('id')
        .executeTakeFirstOrThrow();
      await this.#changed(trx, caller, row, 'MilestoneCreated', name);
      return { id: made.id, workspaceId: row.id };
    });
    const [milestone] = await this.#read(workspaceId, sql`id = ${id}`);
    if (milestone === undefined) throw notFound('milestone');
    return { milestone, workspace: await this.#workspaces.viewFor(store.db, caller, workspaceId) };
  }

  /** Throws NotFoundError when it is not of this workspace. */
  async update(
    principal: Principal,
    key: WorkspaceKey,
    id: number | string,
    input: MilestoneInput,
  ): Promise<Milestone> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const { workspaceId, at } = await store.transaction(async (trx) => {
      const row = await this.#editable(trx, caller, key);
      const where = milestoneKey(id);
      const [existing] = await this.#read(row.id, where, sql`for update`, trx);
      if (existing === undefined) throw notFound('milestone');
      const problems = new Problems();
      const name = input.name === undefined ? existing.name : problems.required(input.name, 'name', limits.name);
      const date = input.targetDate === undefined ? existing.targetDate : readDate(problems, input.targetDate);
      const state = input.state ?? existing.state;
      if (!states.includes(state)) problems.add('state', 'inclusion', { value: state });
      problems.settle();
      await trx
        .updateTable('milestone')
        .set({ name, target_date: date, state })
        .where('id', '=', existing.id)
        .execute();
      await this.#changed(trx, caller, row, 'MilestoneUpdated', name);
      return { workspaceId: row.id, at: existing.id };
    });
    const [milestone] = await this.#read(workspaceId, sql`id = ${at}`);
    if (milestone === undefined) throw notFound('milestone');
    return milestone;
  }

  async remove(principal: Principal, key: WorkspaceKey, id: number | string): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    await store.transaction(async (trx) => {
      const row = await this.#editable(trx, caller, key);
      const { rows } = await sql<{ name: string }>`
        delete from milestone where workspace_id = ${row.id} and ${milestoneKey(id)} returning name`.execute(trx);
      if (rows[0] === undefined) throw notFound('milestone');
      await this.#changed(trx, caller, row, 'MilestoneDeleted', rows[0].name);
    });
  }

  async #editable(trx: WorkspaceDeps['store']['db'], caller: Caller, key: WorkspaceKey): Promise<WorkspaceRow> {
    const row = await findWorkspace(trx, caller, key, 'update');
    if (!mayEdit(caller, standingOf(row))) throw forbidden('workspace');
    return row;
  }

  async #changed(
    trx: WorkspaceDeps['store']['db'],
    caller: Caller,
    row: WorkspaceRow,
    action: string,
    name: string,
  ): Promise<void> {
    await this.#deps.audit.record(trx, caller.principal, {
      action: 'workspace.milestones',
      outcome: 'allowed',
      resource: { type: 'workspace', uid: row.uid, name: row.name },
      detail: { event: action, milestone: name },
    });
    await recordActivity(trx, {
      tenantId: caller.tenantId,
      actorId: caller.userId,
      action,
      workspaceId: row.id,
      entityType: 'workspace',
      entityId: row.id,
      detail: { milestone: name },
    });
  }

  async #read(
    workspaceId: number,
    where: RawBuilder<unknown>,
    tail: RawBuilder<unknown> = sql``,
    executor: WorkspaceDeps['store']['db'] = this.#deps.store.db,
  ): Promise<Milestone[]> {
    const { rows } = await sql<Milestone>`
      select id, uid, name, target_date as "targetDate", state from milestone
      where workspace_id = ${workspaceId} and ${where} order by target_date, id ${tail}`.execute(executor);
    return rows;
  }
}

function milestoneKey(id: number | string): RawBuilder<unknown> {
  return typeof id === 'number' ? sql`id = ${id}` : sql`uid::text = ${id.toLowerCase()}`;
}

function readDate(problems: Problems, value: unknown): string {
  if (value === undefined || value === null || value === '') {
    problems.add('target_date', 'blank', {});
    return '';
  }
  const day = typeof value === 'string' ? calendarDay(value) : undefined;
  if (day === undefined) problems.add('target_date', 'invalid', { value });
  return day ?? '';
}
