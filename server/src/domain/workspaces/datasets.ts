/**
 * Catalogs of sources by number, the sandbox of a workspace, and the datasets that are at hand in it (chorus.md §3.3, §3.6,
 * §3.7). Tables and views are those that the catalog of the source holds since it was last read.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { ConflictError, SourceError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf, mayEdit, mayOwn } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { type FoundSource, findSource } from './found-source.ts';
import type { Listed, NumberedPage, SchemaSummary, WorkspaceView } from './model.ts';
import { archived, forbidden, invalid, notFound, SourceForbiddenError } from './refusals.ts';
import { findWorkspace, readWorkspaces, standingOf } from './rows.ts';
import { readSchemas } from './source-rows.ts';
import { windowOf } from './workspaces.ts';

/** The gateway's reading of a catalog, as far as it is used here. */
export interface CatalogPort {
  refreshCatalog(principal: Principal, source: string, signal: AbortSignal): Promise<unknown>;
}

export interface DatasetDeps extends WorkspaceDeps {
  readonly gateway: CatalogPort;
}

export interface Dataset {
  readonly id: number;
  readonly name: string;
  readonly kind: 'TABLE' | 'VIEW' | 'CHORUS_VIEW';
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

export interface DatabaseView {
  readonly id: number;
  readonly name: string;
  readonly source: FoundSource['summary'];
}

export interface SandboxInput {
  readonly schemaId?: number;
  readonly databaseId?: number;
  readonly sourceId?: number;
  readonly databaseName?: string;
  readonly schemaName?: string;
  readonly showSandboxDatasets?: boolean;
}

interface DatasetRow {
  readonly id: number;
  readonly name: string;
  readonly kind: Dataset['kind'];
  readonly schema_id: number;
  readonly stale_at: Date | null;
  readonly in_sandbox: boolean;
  readonly associated: readonly { id: number; name: string }[];
  readonly comment_count: number;
}

const deadlineMs = 60_000;

export class Datasets {
  readonly #deps: DatasetDeps;

  constructor(deps: DatasetDeps) {
    this.#deps = deps;
  }

  /** The database of a source: Headgate's sources have one each. Throws SourceForbiddenError without a pair. */
  async databases(principal: Principal, sourceId: number): Promise<DatabaseView[]> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const found = await findSource(db, this.#deps.access, caller, sourceId);
    await this.#requirePair(caller, found);
    return [await this.#database(found)];
  }

  async database(principal: Principal, id: number): Promise<DatabaseView> {
    const found = await this.#ofDatabase(principal, id);
    return this.#database(found);
  }

  /** Schemas of a database, read from the server. */
  async schemas(principal: Principal, databaseId: number): Promise<SchemaSummary[]> {
    const found = await this.#ofDatabase(principal, databaseId);
    await this.#refresh(principal, found);
    return readSchemas(this.#deps.store.db, sql`b.id = ${databaseId}`);
  }

  async schema(principal: Principal, id: number): Promise<SchemaSummary> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const [schema] = await readSchemas(db, sql`c.id = ${id}`);
    if (schema === undefined) throw notFound('schema');
    const found = await findSource(db, this.#deps.access, caller, schema.source.id);
    await this.#requirePair(caller, found);
    return schema;
  }

  /** Tells the workspace where it may make tables: an existing schema. Throws FieldsInvalidError `database`, `schema`. */
  async setSandbox(principal: Principal, workspace: number, input: SandboxInput): Promise<void> {
    requireScope(principal, 'write');
    const { store, audit } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const room = await findWorkspace(store.db, caller, workspace);
    if (!mayOwn(caller, standingOf(room))) throw forbidden('workspace');
    if (room.archived_at !== null) throw forbidden('workspace', 'The workspace is archived.');
    const schema = await this.#sandboxOf(principal, caller, input);
    await store.transaction(async (trx) => {
      await sql`
        update workspace set sandbox_schema_id = ${schema.id}, has_added_sandbox = true,
          show_sandbox_datasets = ${input.showSandboxDatasets ?? room.show_sandbox_datasets},
          version = version + 1, updated_at = now() where id = ${room.id}`.execute(trx);
      await audit.record(trx, principal, {
        action: 'workspace.sandbox',
        outcome: 'allowed',
        resource: { type: 'workspace', uid: room.uid, name: room.name },
        detail: { source: schema.source.name, schema: schema.name },
      });
      await recordActivity(trx, {
        tenantId: caller.tenantId,
        actorId: caller.userId,
        action: 'WorkspaceAddSandbox',
        workspaceId: room.id,
        entityType: 'workspace',
        entityId: room.id,
      });
    });
  }

  async list(
    principal: Principal,
    workspace: number,
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

  /** One dataset of the workspace, by number or name. */
  async get(principal: Principal, workspace: number, key: number | string): Promise<Dataset> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const room = await findWorkspace(db, caller, workspace);
    const named = typeof key === 'number' ? sql`d.id = ${key}` : sql`d.name = ${key}`;
    const [dataset] = await this.#read(
      db,
      caller,
      room.id,
      sql`${this.#inRoom(caller, room.id)} and ${named}`,
      sql`limit 1`,
    );
    if (dataset === undefined) throw notFound('dataset');
    const found = await findSource(db, this.#deps.access, caller, dataset.schema.source.id);
    if (!found.row.enabled) throw notFound('dataset');
    await this.#requirePair(caller, found, room.id);
    return dataset;
  }

  /** Puts tables and views at hand. Of several the unfit are left out; a single unfit one is refused. */
  async associate(principal: Principal, workspace: number, ids: readonly number[]): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    if (ids.length === 0) throw invalid('dataset_ids', 'blank', {});
    await store.transaction(async (trx) => {
      const room = await findWorkspace(trx, caller, workspace, 'share');
      if (room.archived_at !== null && !caller.admin) throw archived();
      if (!mayEdit(caller, standingOf(room))) throw forbidden('workspace');
      for (const id of new Set(ids)) {
        const { rows } = await sql<{ kind: string; source_id: number; taken: boolean }>`
          select d.kind, b.source_id, (d.schema_id = ${room.sandbox_schema_id ?? 0} or exists (
              select 1 from workspace_dataset x where x.workspace_id = ${room.id} and x.dataset_id = d.id)) as taken
          from dataset d join source_schema c on c.id = d.schema_id join source_database b on b.id = c.database_id
          where d.id = ${id} and d.deleted_at is null`.execute(trx);
        const [row] = rows;
        if (row === undefined) throw notFound('dataset');
        await findSource(trx, this.#deps.access, caller, row.source_id);
        const problem = row.kind === 'CHORUS_VIEW' ? 'invalid_type' : row.taken ? 'already_associated' : null;
        if (problem === null) {
          await sql`insert into workspace_dataset (workspace_id, dataset_id) values (${room.id}, ${id})`.execute(trx);
        } else if (ids.length === 1) {
          throw invalid('dataset', problem, problem === 'invalid_type' ? {} : { workspace_name: room.name });
        }
      }
    });
  }

  /** Takes them away; no table is dropped. */
  async dissociate(principal: Principal, workspace: number, ids: readonly number[]): Promise<void> {
    requireScope(principal, 'write');
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const room = await findWorkspace(db, caller, workspace);
    if (!mayEdit(caller, standingOf(room))) throw forbidden('workspace');
    const { rows } = await sql`
      delete from workspace_dataset where workspace_id = ${room.id} and dataset_id = any(${[...ids]}::bigint[])
      returning dataset_id`.execute(db);
    if (rows.length === 0) throw notFound('dataset');
  }

  async #sandboxOf(principal: Principal, caller: Caller, input: SandboxInput): Promise<SchemaSummary> {
    const refused = (field: string, message: string): never => {
      throw invalid(field, 'generic', { message });
    };
    const { db } = this.#deps.store;
    if (input.schemaId !== undefined) {
      const [schema] = await readSchemas(db, sql`c.id = ${input.schemaId} and s.tenant_id = ${caller.tenantId}`);
      if (schema === undefined) return refused('database', 'There is no such schema.');
      await findSource(db, this.#deps.access, caller, schema.source.id);
      return schema;
    }
    const found =
      input.databaseId !== undefined
        ? await this.#ofDatabase(principal, input.databaseId)
        : input.sourceId !== undefined
          ? await findSource(db, this.#deps.access, caller, input.sourceId)
          : refused('database', 'Say schema_id, database_id or data_source_id.');
    if (found.row.engine !== 'postgresql')
      return refused('database', 'A sandbox is a schema of PostgreSQL or Greenplum.');
    if (input.databaseName !== undefined && input.databaseName !== found.row.database) {
      return refused('database', 'New databases are not made here: name the one of the data source.');
    }
    if (input.schemaName === undefined) return refused('schema', 'The schema is not named.');
    await this.#requirePair(caller, found);
    await this.#refresh(principal, found);
    const [schema] = await readSchemas(db, sql`b.source_id = ${found.row.source_id} and c.name = ${input.schemaName}`);
    return schema ?? refused('schema', 'There is no such schema with a table that this login sees; make it first.');
  }

  async #ofDatabase(principal: Principal, id: number): Promise<FoundSource> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const row = await db.selectFrom('source_database').select('source_id').where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw notFound('database');
    const found = await findSource(db, this.#deps.access, caller, row.source_id);
    await this.#requirePair(caller, found);
    return found;
  }

  async #database(found: FoundSource): Promise<DatabaseView> {
    const name = found.row.database ?? found.summary.name;
    const { rows } = await sql<{ id: number }>`
      insert into source_database (source_id, name) values (${found.row.source_id}, ${name})
      on conflict (source_id, name) do update set name = excluded.name returning id`.execute(this.#deps.store.db);
    return { id: rows[0]!.id, name, source: found.summary }; // an upsert of one row returns one
  }

  /** Reads the catalog anew, and numbers what it holds. */
  async #refresh(principal: Principal, found: FoundSource): Promise<void> {
    const signal = AbortSignal.timeout(deadlineMs);
    await this.#deps.gateway.refreshCatalog(principal, found.row.source_uid, signal).catch((error: unknown) => {
      if (error instanceof SourceError && error.code === 'login_failed')
        throw new SourceForbiddenError(found.summary, true);
      const missing = error instanceof ConflictError && error.code === 'credential_missing';
      throw missing ? new SourceForbiddenError(found.summary) : error;
    });
    const { id } = await this.#database(found);
    const { source_id: source } = found.row;
    await this.#deps.store.transaction(async (trx) => {
      await sql`select id from source_database where id = ${id} for update`.execute(trx);
      await sql`
        insert into source_schema (database_id, name)
        select ${id}, name from (select distinct schema_name as name from catalog_table where source_id = ${source}
          union select 'public' where ${found.row.engine === 'postgresql'}) as names
        on conflict (database_id, name) do nothing`.execute(trx);
      await sql`
        insert into dataset (schema_id, name, kind)
        select c.id, t.table_name, case when t.kind like '%view%' then 'VIEW' else 'TABLE' end
        from catalog_table t join source_schema c on c.database_id = ${id} and c.name = t.schema_name
        where t.source_id = ${source}
        on conflict (schema_id, name) where workspace_id is null
        do update set kind = excluded.kind, stale_at = null, deleted_at = null`.execute(trx);
      await sql`
        update dataset d set stale_at = coalesce(d.stale_at, now()) from source_schema c
        where c.id = d.schema_id and c.database_id = ${id} and d.workspace_id is null and not exists (
          select 1 from catalog_table t where t.source_id = ${source} and t.schema_name = c.name and t.table_name = d.name)`.execute(
        trx,
      );
      await sql`
        update source_schema c set refreshed_at = now(), dataset_count = (select count(*) from dataset d
          where d.schema_id = c.id and d.workspace_id is null and d.stale_at is null and d.deleted_at is null),
          stale = c.name <> 'public' and not exists (
            select 1 from catalog_table t where t.source_id = ${source} and t.schema_name = c.name)
        where c.database_id = ${id}`.execute(trx);
    });
  }

  /** A pair that is the caller's to use: of the source when shared or theirs, their own, or a workspace's. */
  async #requirePair(caller: Caller, found: FoundSource, workspaceId?: number): Promise<void> {
    const { rows } = await sql<{ has: boolean }>`
      select exists (select 1 from credential k where k.source_id = ${found.row.source_id} and k.secret_sealed is not null and (
        (k.kind = 'source' and ${found.summary.shared || found.owns})
        or (k.kind = 'personal' and k.user_id = ${caller.userId})
        or (k.kind = 'workspace' and (k.workspace_id = ${workspaceId ?? 0}
          or k.workspace_id = any(${[...caller.principal.subject.workspaceIds]}::bigint[]))))) as has`.execute(
      this.#deps.store.db,
    );
    if (rows[0]?.has !== true) throw new SourceForbiddenError(found.summary);
  }

  /** A condition on `dataset d` and `workspace w`: at hand in this workspace, for a caller who may know of its source. */
  #inRoom(caller: Caller, workspaceId: number): RawBuilder<unknown> {
    const visible = this.#deps.access.visibleFilter(caller.principal, { alias: 's' });
    return sql`d.deleted_at is null and (d.workspace_id = ${workspaceId}
        or exists (select 1 from workspace_dataset x where x.workspace_id = ${workspaceId} and x.dataset_id = d.id)
        or (d.workspace_id is null and d.schema_id = w.sandbox_schema_id and w.show_sandbox_datasets))
      and exists (select 1 from source_schema c join source_database b on b.id = c.database_id
        join data_source s on s.id = b.source_id where c.id = d.schema_id and s.deleted_at is null and ${visible})`;
  }

  async #read(
    executor: Executor,
    caller: Caller,
    workspaceId: number,
    where: RawBuilder<unknown>,
    tail: RawBuilder<unknown>,
  ): Promise<Dataset[]> {
    const { rows } = await sql<DatasetRow>`
      select d.id, d.name, d.kind, d.schema_id, d.stale_at,
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
      const { id, name, kind } = row;
      const told = { staleAt: row.stale_at, inSandbox: row.in_sandbox, associated: row.associated };
      return [{ id, name, kind, schema, workspace, commentCount: row.comment_count, ...told }];
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
