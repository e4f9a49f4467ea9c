/**
 * Workspaces: made, listed, changed, archived, deleted; their members and milestones (chorus.md §3.4, §3.5, §3.10).
 * Every change is one transaction with its audit event, and with an activity where people want to see it.
 */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/index.ts';
import { ConflictError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { checkVersion } from '../sources/leases.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf, isListed, mayEdit, mayOwn } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import {
  type Listed,
  type NumberedPage,
  ownerLabel,
  type Stage,
  type WorkspaceChange,
  type WorkspaceFilter,
  type WorkspaceInput,
  type WorkspaceKey,
  type WorkspaceView,
} from './model.ts';
import { memberIds } from './people-rows.ts';
import { forbidden, notFound } from './refusals.ts';
import { deleteWorkspace } from './removal.ts';
import { findWorkspace, readWorkspaces, standingOf } from './rows.ts';
import { limits, Problems, safeText } from './text.ts';
import { planChange } from './workspace-plan.ts';

/** The name of a workspace of the tenant is in use. */
export function nameTaken(): ConflictError {
  return new ConflictError('name_taken', 'There is a workspace with this name already.', {
    field: 'name',
    remedy: 'Use another name.',
  });
}

/** `limit` and `offset` of a page. */
export function windowOf({ page, perPage }: NumberedPage) {
  return sql`limit ${perPage} offset ${Math.min((page - 1) * perPage, Number.MAX_SAFE_INTEGER)}`;
}

export class Workspaces {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** Makes a workspace; the caller is its owner and first member. Throws FieldsInvalidError, ConflictError `name_taken`. */
  async create(principal: Principal, input: WorkspaceInput): Promise<WorkspaceView> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    const caller = await callerOf(store.db, principal);
    if (caller.userType === 'business_user' && !caller.admin) throw forbidden('workspace');
    const problems = new Problems();
    const name = problems.required(input.name, 'name', limits.name);
    const summary = problems.text(input.summary, 'summary', limits.summary);
    problems.settle();
    const uid = uuidv7();
    const id = await store
      .transaction(async (trx) => {
        const { rows } = await sql<{ id: number }>`
          insert into workspace (uid, tenant_id, name, name_folded, description, owner_id, is_public, stage_id, created_by,
            updated_by)
          values (${uid}, ${caller.tenantId}, ${name}, ${foldName(name)}, ${summary === null ? null : safeText(summary)},
            ${caller.userId}, ${input.isPublic ?? false}, (select id from workspace_stage where is_default), ${storedUserId(principal.actor)},
            ${storedUserId(principal.actor)})
          returning id`.execute(trx);
        const made = rows[0]!.id; // an insert of one row returns one
        await trx
          .insertInto('workspace_member')
          .values({ workspace_id: made, user_id: caller.userId, role: 'administrator', label: ownerLabel })
          .execute();
        await audit.record(trx, principal, {
          action: 'workspace.create',
          outcome: 'allowed',
          resource: { type: 'workspace', uid, name },
          detail: { public: input.isPublic ?? false },
        });
        await recordActivity(trx, {
          tenantId: caller.tenantId,
          actorId: caller.userId,
          action: input.isPublic === true ? 'PublicWorkspaceCreated' : 'PrivateWorkspaceCreated',
          workspaceId: made,
          entityType: 'workspace',
          entityId: made,
        });
        await announce(trx, `u:${caller.userId}`);
        return made;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'workspace_name') ? nameTaken() : error;
      });
    return this.get(principal, id);
  }

  /** One workspace. Throws NotFoundError, and ForbiddenError where the door tells hidden from absent. */
  async get(principal: Principal, key: WorkspaceKey): Promise<WorkspaceView> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const { id } = await findWorkspace(db, caller, key);
    return this.viewFor(db, caller, id);
  }

  /** The view of a workspace, without asking whether the caller may see it. */
  async viewFor(executor: Executor, caller: Caller, id: number): Promise<WorkspaceView> {
    const [view] = await readWorkspaces(executor, caller, sql`w.id = ${id}`);
    if (view === undefined) throw notFound('workspace');
    return view;
  }

  /** Public ones, those the caller owns or belongs to; for administrators all of the tenant. */
  async list(principal: Principal, filter: WorkspaceFilter, page: NumberedPage): Promise<Listed<WorkspaceView>> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const conditions = [isListed(caller)];
    if (filter.active === true) conditions.push(sql`w.archived_at is null`);
    if (filter.userId !== undefined) {
      const known = await db
        .selectFrom('user_account')
        .select('id')
        .where('id', '=', filter.userId)
        .where('tenant_id', '=', caller.tenantId)
        .executeTakeFirst();
      if (known === undefined) throw notFound('user');
      conditions.push(sql`${filter.userId} in (${memberIds(sql`w.id`)})`);
    }
    const where = sql.join(conditions, sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from workspace w where ${where}`.execute(db);
    const records = rows[0]?.records ?? 0;
    if (filter.mostActive === true) {
      const items = await readWorkspaces(
        db,
        caller,
        where,
        sql`order by (select count(*) from activity a where a.workspace_id = w.id) desc, w.id limit 10`,
      );
      return { items, records: items.length };
    }
    const items = await readWorkspaces(db, caller, where, sql`order by lower(w.name), w.id ${windowOf(page)}`);
    return { items, records };
  }

  /**
   * Changes what the input says and what differs. Members may change name and summary; the rest is the owner's
   * (chorus.md §3.4). Throws ForbiddenError, FieldsInvalidError, ConflictError `name_taken`, PreconditionError
   * `stale_version` unless at version `ifMatch`.
   */
  async update(
    principal: Principal,
    key: WorkspaceKey,
    change: WorkspaceChange,
    ifMatch?: number,
  ): Promise<WorkspaceView> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    const caller = await callerOf(store.db, principal);
    await store
      .transaction(async (trx) => {
        const row = await findWorkspace(trx, caller, key, 'update');
        const standing = standingOf(row);
        if (!mayEdit(caller, standing) && !mayOwn(caller, standing)) throw forbidden('workspace');
        checkVersion(row, ifMatch);
        const plan = await planChange(trx, caller, row, change, this.#deps.clock.now());
        const changed = Object.keys(plan.columns);
        if (changed.length === 0) return;
        if (plan.owning.length > 0 && !mayOwn(caller, standing)) throw forbidden('workspace');
        await trx
          .updateTable('workspace')
          .set({
            ...plan.columns,
            version: row.version + 1,
            updated_by: storedUserId(principal.actor),
            updated_at: this.#deps.clock.now(),
          })
          .where('id', '=', row.id)
          .execute();
        await audit.record(trx, principal, {
          action: 'workspace.update',
          outcome: 'allowed',
          resource: { type: 'workspace', uid: row.uid, name: row.name },
          detail: { changed, version: row.version + 1 },
        });
        for (const { action, detail } of plan.events) await this.#tell(trx, caller, row.id, action, detail);
        // Who may use what through a workspace changes with its archive and its owner.
        if ('archived_at' in plan.columns || 'owner_id' in plan.columns) await announce(trx, '*');
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'workspace_name') ? nameTaken() : error;
      });
    return this.get(principal, key);
  }

  /**
   * Deletes for everybody; its name is free again, its pairs are gone, and so are the sources whose home it is
   * (decisions.md 13). Throws ConflictError `default_workspace`, `source_in_use`, PreconditionError `stale_version`.
   */
  async remove(principal: Principal, key: WorkspaceKey, ifMatch?: number): Promise<void> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    const caller = await callerOf(store.db, principal);
    await store.transaction(async (trx) => {
      const row = await findWorkspace(trx, caller, key, 'update');
      if (!mayOwn(caller, standingOf(row))) throw forbidden('workspace');
      checkVersion(row, ifMatch);
      if (row.is_default) {
        throw new ConflictError('default_workspace', "The tenant's default workspace cannot be deleted.");
      }
      const sources = await deleteWorkspace(trx, row.id);
      await audit.record(trx, principal, {
        action: 'workspace.delete',
        outcome: 'allowed',
        resource: { type: 'workspace', uid: row.uid, name: row.name },
        detail: { sources },
      });
    });
  }

  /** Sets the checklist of a new workspace as done, whatever the facts are. */
  async dismissQuickstart(principal: Principal, key: WorkspaceKey): Promise<WorkspaceView> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    await store.transaction(async (trx) => {
      const row = await findWorkspace(trx, caller, key, 'update');
      if (!mayEdit(caller, standingOf(row))) throw forbidden('workspace');
      await sql`
        update workspace set has_added_member = true, has_added_workfile = true, has_added_sandbox = true,
          has_changed_settings = true where id = ${row.id}`.execute(trx);
    });
    return this.get(principal, key);
  }

  /** The stages that a workspace goes through, in order. */
  async stages(): Promise<Stage[]> {
    const rows = await this.#deps.store.db.selectFrom('workspace_stage').selectAll().orderBy('position').execute();
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      position: row.position,
      isDefault: row.is_default,
      descriptionLong: row.description_long,
      descriptionShort: row.description_short,
    }));
  }

  async #tell(
    trx: Executor,
    caller: Caller,
    workspaceId: number,
    action: string,
    detail?: Record<string, unknown>,
  ): Promise<void> {
    await recordActivity(trx, {
      tenantId: caller.tenantId,
      actorId: caller.userId,
      action,
      workspaceId,
      entityType: 'workspace',
      entityId: workspaceId,
      ...(detail === undefined ? {} : { detail }),
    });
  }
}
