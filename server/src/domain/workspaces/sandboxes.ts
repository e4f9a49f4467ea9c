/** The sandbox of a workspace: the one schema in which it may make tables (chorus.md §3.6). */
import { sql } from 'kysely';
import { SourceError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf, mayOwn } from './caller.ts';
import type { Catalogs } from './catalogs.ts';
import type { WorkspaceDeps } from './deps.ts';
import { asOwner } from './elevate.ts';
import { type FoundSource, findSource } from './found-source.ts';
import type { SchemaSummary, WorkspaceKey, WorkspaceView } from './model.ts';
import type { Pairs } from './pairs.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, standingOf, type WorkspaceRow } from './rows.ts';
import { readSchemas } from './source-rows.ts';
import type { Workspaces } from './workspaces.ts';

/** Runs one statement that writes, in the gateway. */
export interface StatementPort {
  execute(
    principal: Principal,
    source: string,
    statement: { readonly sql: string; readonly workspace: string },
  ): Promise<void>;
}

export interface SandboxDeps extends WorkspaceDeps {
  readonly catalogs: Catalogs;
  readonly pairs: Pairs;
  readonly statements: StatementPort;
  readonly workspaces: Workspaces;
}

export interface SandboxInput {
  readonly schemaId?: number;
  readonly databaseId?: number;
  readonly sourceId?: number;
  /** Name or uid of the source. */
  readonly source?: string;
  readonly databaseName?: string;
  readonly schemaName?: string;
  readonly showSandboxDatasets?: boolean;
}

/** Bytes of a name in PostgreSQL. */
const longestName = 63;

function refused(field: 'database' | 'schema', message: string): Error {
  return invalid(field, 'generic', { message });
}

export class Sandboxes {
  readonly #deps: SandboxDeps;

  constructor(deps: SandboxDeps) {
    this.#deps = deps;
  }

  /**
   * Tells the workspace where it may make tables; a schema that is not there yet is made with the pair that its owner
   * would read with. Throws FieldsInvalidError `database` or `schema` with what is wrong.
   */
  async set(principal: Principal, workspace: WorkspaceKey, input: SandboxInput): Promise<WorkspaceView> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const room = await this.#owned(caller, workspace);
    const schema = await this.#schema(principal, caller, room, input);
    await this.#write(principal, caller, room, schema, input.showSandboxDatasets);
    return this.#deps.workspaces.viewFor(store.db, caller, room.id);
  }

  /** The workspace has a sandbox no more; its tables stay where they are. */
  async clear(principal: Principal, workspace: WorkspaceKey): Promise<void> {
    requireScope(principal, 'write');
    const caller = await callerOf(this.#deps.store.db, principal);
    const room = await this.#owned(caller, workspace);
    if (room.sandbox_schema_id === null) throw notFound('sandbox');
    await this.#write(principal, caller, room, null, undefined);
  }

  async #owned(caller: Caller, workspace: WorkspaceKey): Promise<WorkspaceRow> {
    const room = await findWorkspace(this.#deps.store.db, caller, workspace);
    if (!mayOwn(caller, standingOf(room))) throw forbidden('workspace');
    if (room.archived_at !== null) throw forbidden('workspace', 'The workspace is archived.');
    return room;
  }

  async #write(
    principal: Principal,
    caller: Caller,
    room: WorkspaceRow,
    schema: SchemaSummary | null,
    show: boolean | undefined,
  ): Promise<void> {
    const { store, audit } = this.#deps;
    await store.transaction(async (trx) => {
      await sql`
        update workspace set sandbox_schema_id = ${schema?.id ?? null},
          has_added_sandbox = has_added_sandbox or ${schema !== null},
          show_sandbox_datasets = ${show ?? room.show_sandbox_datasets},
          version = version + 1, updated_at = now() where id = ${room.id}`.execute(trx);
      await audit.record(trx, principal, {
        action: 'workspace.sandbox',
        outcome: 'allowed',
        resource: { type: 'workspace', uid: room.uid, name: room.name },
        detail: schema === null ? {} : { source: schema.source.name, schema: schema.name },
      });
      await recordActivity(trx, {
        tenantId: caller.tenantId,
        actorId: caller.userId,
        action: schema === null ? 'WorkspaceRemoveSandbox' : 'WorkspaceAddSandbox',
        workspaceId: room.id,
        entityType: 'workspace',
        entityId: room.id,
      });
    });
  }

  async #schema(principal: Principal, caller: Caller, room: WorkspaceRow, input: SandboxInput): Promise<SchemaSummary> {
    const { store, access } = this.#deps;
    if (input.schemaId !== undefined) {
      const [schema] = await readSchemas(store.db, sql`c.id = ${input.schemaId} and s.tenant_id = ${caller.tenantId}`);
      if (schema === undefined) throw refused('database', 'There is no such schema.');
      const found = await findSource(store.db, access, caller, schema.source.id);
      requirePostgresql(found);
      return schema;
    }
    const found = await this.#source(principal, caller, input);
    requirePostgresql(found);
    if (input.databaseName !== undefined && input.databaseName !== found.row.database) {
      throw refused('database', 'New databases are not made here: register one as a data source of its own.');
    }
    return this.#named(principal, room, found, input.schemaName);
  }

  async #source(principal: Principal, caller: Caller, input: SandboxInput): Promise<FoundSource> {
    const { store, access, catalogs } = this.#deps;
    if (input.databaseId !== undefined) return catalogs.ofDatabase(principal, input.databaseId);
    if (input.sourceId !== undefined) return findSource(store.db, access, caller, input.sourceId);
    if (input.source === undefined) throw refused('database', 'Say schema_id, database_id or data_source_id.');
    const { source } = await access.resolve(principal, input.source);
    return findSource(store.db, access, caller, source.id);
  }

  async #named(
    principal: Principal,
    room: WorkspaceRow,
    found: FoundSource,
    name: string | undefined,
  ): Promise<SchemaSummary> {
    const { store, catalogs, statements } = this.#deps;
    checkName(name);
    await catalogs.refresh(principal, found);
    const is = sql`b.source_id = ${found.row.source_id} and c.name = ${name} and not c.stale`;
    const [there] = await readSchemas(store.db, is);
    if (there !== undefined) return there;
    try {
      const statement = `create schema if not exists "${name.replaceAll('"', '""')}"`;
      await statements.execute(asOwner(principal), found.row.source_uid, { sql: statement, workspace: room.uid });
    } catch (error) {
      if (error instanceof SourceError) throw refused('schema', error.message);
      throw error;
    }
    await sql`
      insert into source_schema (database_id, name, made, refreshed_at)
      select b.id, ${name}, true, now() from source_database b where b.source_id = ${found.row.source_id}
      on conflict (database_id, name) do update set made = true, stale = false`.execute(store.db);
    const [made] = await readSchemas(store.db, is);
    if (made === undefined) throw refused('schema', 'The schema could not be found after it was made.');
    return made;
  }
}

function requirePostgresql(found: FoundSource): void {
  if (found.row.engine !== 'postgresql') throw refused('database', 'A sandbox is a schema of PostgreSQL or Greenplum.');
}

function checkName(name: string | undefined): asserts name is string {
  if (name === undefined || name.trim() === '') throw refused('schema', 'The schema is not named.');
  if (/\p{Cc}/u.test(name) || Buffer.byteLength(name) > longestName) {
    throw refused('schema', `A schema has a name of at most ${longestName} bytes without control characters.`);
  }
  if (/^pg_/i.test(name)) throw refused('schema', 'Names that begin with pg_ belong to PostgreSQL.');
}
