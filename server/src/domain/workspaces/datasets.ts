/** Datasets that are at hand in a workspace: associated ones, those of its sandbox, and its saved queries (chorus.md §3.7). */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type Caller, callerOf, isMemberOf, mayEdit } from './caller.ts';
import type { Catalogs, SchemaName } from './catalogs.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findUsable } from './found-source.ts';
import type { Listed, NumberedPage, SchemaSummary, Tag, WorkspaceKey, WorkspaceView } from './model.ts';
import type { Pairs } from './pairs.ts';
import { tagsOf } from './people-rows.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, hasPair, readWorkspaces, standingOf } from './rows.ts';
import { readSchemas } from './source-rows.ts';
import { windowOf } from './workspaces.ts';

export interface DatasetDeps extends WorkspaceDeps {
  readonly pairs: Pairs;
  readonly catalogs: Catalogs;
}

export interface Dataset {
  readonly id: number;
  readonly name: string;
  readonly uid: string;
  readonly kind: 'TABLE' | 'VIEW' | 'CHORUS_VIEW';
  /** The statement of a saved query. */
  readonly query: string | null;
  readonly tags: readonly Tag[];
  readonly schema: SchemaSummary;
  readonly staleAt: Date | null;
  /** It lives in the sandbox of the workspace that was asked about. */
  readonly inSandbox: boolean;
  readonly workspace: WorkspaceView;
  readonly associated: readonly { readonly id: number; readonly name: string }[];
  readonly commentCount: number;
}

export interface DatasetFilter {
  readonly subtype?: string;
  readonly namePattern?: string;
}

interface DatasetRow {
  readonly id: number;
  readonly uid: string;
  readonly query: string | null;
  readonly tags: readonly Tag[];
  readonly name: string;
  readonly kind: Dataset['kind'];
  readonly schema_id: number;
  readonly stale_at: Date | null;
  readonly in_sandbox: boolean;
  readonly associated: readonly { id: number; name: string }[];
  readonly comment_count: number;
}

export class Datasets {
  readonly #deps: DatasetDeps;

  constructor(deps: DatasetDeps) {
    this.#deps = deps;
  }

  async list(
    principal: Principal,
    workspace: WorkspaceKey,
    filter: DatasetFilter,
    page: NumberedPage,
  ): Promise<Listed<Dataset>> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const room = await findWorkspace(db, caller, workspace);
    const where = sql.join([this.#inRoom(caller, room.id), ...conditionsOf(filter)], sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from dataset d, workspace w where w.id = ${room.id} and ${where}`.execute(db);
    const items = await this.#read(db, caller, room.id, where, windowOf(page));
    return { items, records: rows[0]?.records ?? 0 };
  }

  /** One dataset of the workspace, by number, uid or name. Throws SourceForbiddenError without a pair for its source. */
  async get(principal: Principal, workspace: WorkspaceKey, key: number | string): Promise<Dataset> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const room = await findWorkspace(db, caller, workspace);
    const named =
      typeof key === 'number' ? sql`d.id = ${key}` : isUuid(key) ? sql`d.uid = ${key}::uuid` : sql`d.name = ${key}`;
    const [dataset] = await this.#read(
      db,
      caller,
      room.id,
      sql`${this.#inRoom(caller, room.id)} and ${named}`,
      sql`limit 1`,
    );
    if (dataset === undefined) throw notFound('dataset');
    const found = await findUsable(db, this.#deps.access, caller, dataset.schema.source.id);
    if (!found.row.enabled) throw notFound('dataset');
    await this.#deps.pairs.require(principal, found, room.uid);
    return dataset;
  }

  /** Puts tables and views at hand. Of several the unfit are left out; a single unfit one is refused. */
  async associate(principal: Principal, workspace: WorkspaceKey, ids: readonly number[]): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    await store.transaction(async (trx) => {
      const room = await findWorkspace(trx, caller, workspace, 'share');
      if (!mayEdit(caller, { ...standingOf(room), archived: false })) throw forbidden('workspace');
      if (room.archived_at !== null && !caller.admin) throw invalid('dataset', 'archived', null);
      if (ids.length === 0) throw invalid('dataset_ids', 'blank', {});
      for (const id of new Set(ids)) {
        const { rows } = await sql<{ kind: string; source_id: number; taken: boolean }>`
          select d.kind, b.source_id, (d.schema_id = ${room.sandbox_schema_id ?? 0} or exists (
              select 1 from workspace_dataset x where x.workspace_id = ${room.id} and x.dataset_id = d.id)) as taken
          from dataset d join source_schema c on c.id = d.schema_id join source_database b on b.id = c.database_id
          where d.id = ${id} and d.deleted_at is null`.execute(trx);
        const [row] = rows;
        if (row === undefined) throw notFound('dataset');
        await findUsable(trx, this.#deps.access, caller, row.source_id);
        const problem = row.kind === 'CHORUS_VIEW' ? 'invalid_type' : row.taken ? 'already_associated' : null;
        if (problem === null) {
          await sql`insert into workspace_dataset (workspace_id, dataset_id) values (${room.id}, ${id})`.execute(trx);
        } else if (ids.length === 1) {
          throw invalid('dataset', problem, problem === 'invalid_type' ? {} : { workspace_name: room.name });
        }
      }
    });
  }

  /** Puts a table or view at hand by its names, as the source's catalog was last read. */
  async associateNamed(
    principal: Principal,
    workspace: WorkspaceKey,
    named: SchemaName & { readonly name: string },
  ): Promise<Dataset> {
    const { store, catalogs } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const room = await findWorkspace(store.db, caller, workspace);
    if (!mayEdit(caller, standingOf(room))) throw forbidden('workspace');
    const id = await catalogs.tableNamed(principal, named);
    await this.associate(principal, room.id, [id]);
    const [dataset] = await this.#read(store.db, caller, room.id, sql`d.id = ${id}`, sql`limit 1`);
    if (dataset === undefined) throw notFound('dataset');
    return dataset;
  }

  /** Takes them away, by number or uid; no table is dropped. */
  async dissociate(principal: Principal, workspace: WorkspaceKey, keys: readonly (number | string)[]): Promise<void> {
    requireScope(principal, 'write');
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const room = await findWorkspace(db, caller, workspace);
    if (!mayEdit(caller, standingOf(room))) throw forbidden('workspace');
    const { rows } = await sql`
      delete from workspace_dataset x using dataset d where x.workspace_id = ${room.id} and d.id = x.dataset_id
        and (d.id = any(${keys.filter((key) => typeof key === 'number')}::bigint[])
          or d.uid::text = any(${keys.filter((key) => typeof key === 'string')}::text[]))
      returning x.dataset_id`.execute(db);
    if (rows.length === 0) throw notFound('dataset');
  }

  /**
   * A condition on `dataset d` and `workspace w`: at hand in this workspace, for a caller who may know of its source or
   * works with the workspace's pair for it. Tables of the sandbox take a pair that is not known to be refused (§6.5).
   */
  #inRoom(caller: Caller, workspaceId: number): RawBuilder<unknown> {
    const visible = this.#deps.access.visibleFilter(caller.principal, { alias: 's' });
    return sql`d.deleted_at is null and (d.workspace_id = ${workspaceId}
        or exists (select 1 from workspace_dataset x where x.workspace_id = ${workspaceId} and x.dataset_id = d.id)
        or (d.workspace_id is null and d.schema_id = w.sandbox_schema_id and w.show_sandbox_datasets
          and exists (select 1 from source_schema bc join source_database bb on bb.id = bc.database_id
            join data_source bs on bs.id = bb.source_id where bc.id = d.schema_id and ${hasPair(caller)})))
      and exists (select 1 from source_schema c join source_database b on b.id = c.database_id
        join data_source s on s.id = b.source_id where c.id = d.schema_id and s.deleted_at is null
          and (${visible} or (${isMemberOf(caller)} and exists (select 1 from credential k where k.source_id = s.id
            and k.kind = 'workspace' and k.workspace_id = w.id and k.secret_sealed is not null))))`;
  }

  async #read(
    executor: Executor,
    caller: Caller,
    workspaceId: number,
    where: RawBuilder<unknown>,
    tail: RawBuilder<unknown>,
  ): Promise<Dataset[]> {
    const { rows } = await sql<DatasetRow>`
      select d.id, d.uid, d.name, d.kind, d.query, d.schema_id, d.stale_at, ${tagsOf('dataset', sql`d.id`)} as tags,
        coalesce(d.schema_id = w.sandbox_schema_id, false) as in_sandbox,
        (select coalesce(json_agg(json_build_object('id', y.id, 'name', y.name) order by y.id), '[]')
          from workspace_dataset x join workspace y on y.id = x.workspace_id
          where x.dataset_id = d.id and x.workspace_id = ${workspaceId}) as associated,
        (select count(*) from activity a where a.entity_type = 'dataset' and a.entity_id = d.id and a.action = 'NOTE'
          and a.deleted_at is null and a.workspace_id = ${workspaceId}) as comment_count
      from dataset d, workspace w where w.id = ${workspaceId} and ${where}
      order by lower(d.name), d.id ${tail}`.execute(executor);
    if (rows.length === 0) return [];
    const ids = [...new Set(rows.map((row) => row.schema_id))];
    const schemas = new Map(
      (await readSchemas(executor, sql`c.id = any(${ids}::bigint[])`)).map((schema) => [schema.id, schema]),
    );
    const [workspace] = await readWorkspaces(executor, caller, sql`w.id = ${workspaceId}`);
    return rows.flatMap((row) => {
      const schema = schemas.get(row.schema_id);
      if (schema === undefined || workspace === undefined) return [];
      const { id, uid, name, kind, query, tags } = row;
      const told = { staleAt: row.stale_at, inSandbox: row.in_sandbox, associated: row.associated };
      return [{ id, uid, name, kind, query, tags, schema, workspace, commentCount: row.comment_count, ...told }];
    });
  }
}

function conditionsOf(filter: DatasetFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (filter.namePattern !== undefined && filter.namePattern !== '') {
    conditions.push(sql`d.name ilike ${`%${filter.namePattern.replace(/[\\%_]/g, '\\$&')}%`}`);
  }
  const inSandbox = sql`coalesce(d.schema_id = w.sandbox_schema_id, false) and d.kind <> 'CHORUS_VIEW'`;
  const subtypes: Readonly<Record<string, RawBuilder<unknown>>> = {
    SANDBOX_TABLE: sql`${inSandbox} and d.kind = 'TABLE'`,
    SANDBOX_DATASET: inSandbox,
    CHORUS_VIEW: sql`d.kind = 'CHORUS_VIEW'`,
    SOURCE_TABLE: sql`not (${inSandbox}) and d.kind <> 'CHORUS_VIEW'`,
    NON_CHORUS_VIEW: sql`d.kind = 'VIEW'`,
  };
  const { subtype } = filter;
  if (subtype !== undefined && Object.hasOwn(subtypes, subtype)) conditions.push(subtypes[subtype]!);
  return conditions;
}
