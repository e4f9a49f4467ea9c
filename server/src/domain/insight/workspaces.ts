/**
 * Workspaces through the DataArts Insight protocol (dataarts.md §3, §5): the same rows that the chorus door shows. Names are
 * unique in the tenant ignoring case (decisions.md 13). A change is one transaction with its audit event.
 */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, isUniqueViolation, json } from '../../platform/database/index.ts';
import { uuidOf, uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/index.ts';
import { ConflictError } from '../errors.ts';
import type { Site } from '../identity/iam.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { deleteWorkspace, isTenantAdmin, recordActivity } from '../workspaces/index.ts';
import type { InsightDeps } from './deps.ts';
import type { Found } from './found.ts';
import {
  defaultWorkspace,
  invalidParameter,
  noPermission,
  resourceNotFound,
  workspaceNameTaken,
  workspaceNotFound,
  workspaceNotNormal,
  workspaceQuota,
} from './refusals.ts';
import { findRoom, type Room, type WorkspaceSettings } from './rooms.ts';
import { checkFields, mergeSettings, type WorkspaceFields, type WorkspaceWrite } from './workspace-fields.ts';

/** Workspaces of an instance at most, the default one included. */
export const workspaceLimit = 200;
const searchLimit = 100;

/** A workspace as this protocol shows it. Users are named by their user names; null = not known any more. */
export interface InsightWorkspace {
  readonly uid: string;
  readonly name: string;
  readonly description: string;
  readonly settings: WorkspaceSettings;
  readonly epsId: string;
  readonly isDefault: boolean;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  readonly updatedBy: string | null;
  readonly owner: string | null;
}

interface Row {
  readonly uid: string;
  readonly name: string;
  readonly description: string | null;
  readonly settings: WorkspaceSettings;
  readonly eps_id: string | null;
  readonly is_default: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly created_by_name: string | null;
  readonly updated_by_name: string | null;
  readonly owner_name: string | null;
}

export class InsightWorkspaces {
  readonly #deps: InsightDeps;

  constructor(deps: InsightDeps) {
    this.#deps = deps;
  }

  /**
   * Workspaces that the caller may enter: all for administrators, else own ones and those it belongs to. The default one
   * first, then the newest. Throws NotFoundError for another instance, InvalidError for a `name` over 100 characters.
   */
  async list(
    principal: Principal,
    site: Site,
    instanceId: string,
    asked: { readonly name?: string | undefined; readonly limit: number; readonly offset: number },
  ): Promise<Found<InsightWorkspace>> {
    requireInstance(site, instanceId);
    const { name = '', limit, offset } = asked;
    if ([...name].length > searchLimit) throw invalidParameter('name');
    const { db } = this.#deps.store;
    const where = sql`w.tenant_id = ${site.tenantId} and w.deleted_at is null and ${enterable(principal)}
      and strpos(w.name_folded, ${foldName(name)}) > 0`;
    const { rows } = await sql<{ count: number }>`select count(*) as count from workspace w where ${where}`.execute(db);
    const tail = sql`order by w.is_default desc, w.created_at desc, w.uid limit ${limit} offset ${offset}`;
    return { items: limit === 0 ? [] : await read(db, where, tail), count: rows[0]?.count ?? 0 };
  }

  /** Whether the caller may make workspaces of this instance. Throws ForbiddenError, NotFoundError. */
  admitCreate(principal: Principal, site: Site, instanceId: string): void {
    if (!isTenantAdmin(principal)) throw noPermission();
    requireInstance(site, instanceId);
  }

  /**
   * Makes a workspace; the caller owns it and is its first member. `admitCreate` before. Throws InvalidError, ConflictError
   * `workspace_name_taken`, `workspace_quota`.
   */
  async create(principal: Principal, write: WorkspaceWrite): Promise<InsightWorkspace> {
    requireScope(principal, 'write');
    const fields = checkFields(write, this.#deps.rules.dataartsEnterpriseProjects);
    const settings = mergeSettings({}, fields.settings);
    const uid = uuidv7();
    const made = await this.#deps.store
      .transaction((trx) => this.#insert(trx, principal, uid, fields, settings))
      .catch(nameTaken);
    return made;
  }

  /**
   * The workspace, when the caller may change or delete it: administrators of the tenant and its owner. Throws in the
   * order of the contract: ForbiddenError, NotFoundError for the instance, then `workspace_not_found`.
   */
  async admit(
    principal: Principal,
    site: Site,
    instanceId: string,
    workspaceId: string,
    executor: Executor = this.#deps.store.db,
    lock: 'plain' | 'update' = 'plain',
  ): Promise<Room> {
    const room = await findRoom(executor, principal, workspaceId, lock);
    if (room === null ? !isTenantAdmin(principal) : !room.manages) throw noPermission();
    requireInstance(site, instanceId);
    if (room === null || room.deleted) throw workspaceNotFound();
    return room;
  }

  /** Throws ConflictError `workspace_not_normal` for an archived one. */
  requireNormal(room: Room): void {
    if (room.archived) throw workspaceNotNormal();
  }

  /**
   * Changes what is said (§5.3): name and enterprise project always, the description when given, settings key by key. Two
   * changes at a time follow one another, so neither loses keys of the other. Also a change that changes nothing is one.
   * Throws like `admit`, and InvalidError, ConflictError `workspace_name_taken`, `workspace_not_normal`.
   */
  async update(
    principal: Principal,
    site: Site,
    instanceId: string,
    workspaceId: string,
    write: WorkspaceWrite,
  ): Promise<{ uid: string }> {
    requireScope(principal, 'write');
    const fields = checkFields(write, this.#deps.rules.dataartsEnterpriseProjects);
    return this.#deps.store
      .transaction(async (trx) => {
        const room = await this.admit(principal, site, instanceId, workspaceId, trx, 'update');
        this.requireNormal(room);
        await this.#write(trx, principal, room, fields);
        return { uid: room.uid };
      })
      .catch(nameTaken);
  }

  /**
   * Deletes for good, with everything inside, in one transaction (§5.4). Throws like `admit`, and ConflictError
   * `default_workspace`; `workspace_not_normal` for an archived one, and while a job uses a source inside.
   */
  async remove(principal: Principal, site: Site, instanceId: string, workspaceId: string): Promise<void> {
    requireScope(principal, 'write');
    await this.#deps.store.transaction(async (trx) => {
      const room = await this.admit(principal, site, instanceId, workspaceId, trx, 'update');
      if (room.isDefault) throw defaultWorkspace();
      this.requireNormal(room);
      const sources = await deleteWorkspace(trx, room.id).catch((error: unknown) => {
        throw error instanceof ConflictError ? workspaceNotNormal() : error;
      });
      await this.#record(trx, principal, room, 'workspace.delete', { sources });
    });
  }

  async #insert(
    trx: Executor,
    principal: Principal,
    uid: string,
    fields: WorkspaceFields,
    settings: WorkspaceSettings,
  ): Promise<InsightWorkspace> {
    const { subject } = principal;
    // Creations of one tenant follow one another: the quota holds.
    await sql`select id from tenant where id = ${subject.tenantId} for no key update`.execute(trx);
    await this.#requireFree(trx, subject.tenantId, fields.name);
    const now = this.#deps.clock.now();
    const by = storedUserId(principal.actor);
    const { rows } = await sql<{ id: number }>`
      insert into workspace (uid, tenant_id, name, name_folded, description, eps_id, settings, owner_id, stage_id,
        created_by, created_at, updated_by, updated_at)
      values (${uid}, ${subject.tenantId}, ${fields.name}, ${foldName(fields.name)}, ${fields.description || null},
        ${fields.epsId}, ${json(settings)}, ${subject.id}, (select id from workspace_stage where is_default),
        ${by}::bigint, ${now}, ${by}::bigint, ${now})
      returning id`.execute(trx);
    const { id } = rows[0]!; // an insert of one row returns one
    await trx
      .insertInto('workspace_member')
      .values({ workspace_id: id, user_id: subject.id, role: 'administrator', label: 'Owner' })
      .execute();
    await this.#record(trx, principal, { uid, name: fields.name }, 'workspace.create', { epsId: fields.epsId });
    await this.#tell(trx, principal, id, 'PrivateWorkspaceCreated');
    await announce(trx, `u:${subject.id}`);
    const [made] = await read(trx, sql`w.id = ${id}`);
    return made!; // just made
  }

  async #requireFree(trx: Executor, tenantId: number, name: string): Promise<void> {
    const { rows } = await sql<{ taken: boolean; count: number }>`
      select count(*) as count, coalesce(bool_or(name_folded = ${foldName(name)}), false) as taken
      from workspace where tenant_id = ${tenantId} and deleted_at is null`.execute(trx);
    const { taken, count } = rows[0]!; // an aggregate has one row
    if (taken) throw workspaceNameTaken();
    if (count >= workspaceLimit) throw workspaceQuota();
  }

  async #write(trx: Executor, principal: Principal, room: Room, fields: WorkspaceFields): Promise<void> {
    const settings = mergeSettings(room.settings, fields.settings);
    const { name, description } = fields;
    await sql`
      update workspace set name = ${name}, name_folded = ${foldName(name)}, eps_id = ${fields.epsId},
        description = ${description === undefined ? sql`description` : sql`${description || null}`},
        settings = ${json(settings)}, version = version + 1, updated_by = ${storedUserId(principal.actor)}::bigint,
        updated_at = ${this.#deps.clock.now()}
      where id = ${room.id}`.execute(trx);
    await this.#record(trx, principal, { uid: room.uid, name }, 'workspace.update', {
      settings: Object.keys(fields.settings),
      ...(name === room.name ? {} : { formerName: room.name }),
    });
    if (name !== room.name) {
      await this.#tell(trx, principal, room.id, 'WorkspaceChangeName', { workspaceOldName: room.name });
    }
  }

  #record(
    trx: Executor,
    principal: Principal,
    workspace: { readonly uid: string; readonly name: string },
    action: string,
    detail: object,
  ): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'workspace', uid: workspace.uid, name: workspace.name },
      detail,
    });
  }

  /** What people see in the workspace's history. */
  async #tell(trx: Executor, principal: Principal, workspaceId: number, action: string, detail = {}): Promise<void> {
    const { tenantId, id: actorId } = principal.subject;
    const about = { workspaceId, entityType: 'workspace', entityId: workspaceId } as const;
    await recordActivity(trx, { tenantId, actorId, action, ...about, detail });
  }
}

function nameTaken(error: unknown): never {
  throw isUniqueViolation(error, 'workspace_name') ? workspaceNameTaken() : error;
}

/** A project has one instance; any other looks as if it did not exist. */
function requireInstance(site: Site, instanceId: string): void {
  if (uuidOf(instanceId) !== uuidOf(site.instanceId)) throw resourceNotFound();
}

/** A condition on `workspace w`. Publicity among chorus users means nothing here (decisions.md 13). */
function enterable(principal: Principal): RawBuilder<unknown> {
  if (isTenantAdmin(principal)) return sql`true`;
  const { id, groupIds } = principal.subject;
  return sql`(w.owner_id = ${id} or exists (select 1 from workspace_member m where m.workspace_id = w.id
    and (m.user_id = ${id} or m.group_id = any(${[...groupIds]}::bigint[]))))`;
}

async function read(
  executor: Executor,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<InsightWorkspace[]> {
  const { rows } = await sql<Row>`
    select w.uid, w.name, w.description, w.settings, w.eps_id, w.is_default, w.created_at, w.updated_at,
      c.username as created_by_name, u.username as updated_by_name, o.username as owner_name
    from workspace w left join user_account c on c.id = w.created_by left join user_account u on u.id = w.updated_by
      left join user_account o on o.id = w.owner_id
    where ${where} ${tail}`.execute(executor);
  return rows.map((row) => ({
    uid: row.uid,
    name: row.name,
    description: row.description ?? '',
    settings: row.settings,
    epsId: row.eps_id ?? '0',
    isDefault: row.is_default,
    createdAt: row.created_at,
    createdBy: row.created_by_name,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by_name,
    owner: row.owner_name,
  }));
}
