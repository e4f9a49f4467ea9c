/** Chorus views: queries that a workspace keeps under a name, as datasets of its own (chorus.md §1 no. 11, §3.7). */
import { sql } from 'kysely';
import { isUniqueViolation } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf, mayEdit } from './caller.ts';
import type { Dataset, Datasets } from './datasets.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findUsable } from './found-source.ts';
import type { Pairs } from './pairs.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, standingOf, type WorkspaceRow } from './rows.ts';
import { readSchemas } from './source-rows.ts';
import { limits, Problems } from './text.ts';

export interface ChorusViewInput {
  readonly workspaceId: number;
  /** The schema that the query reads in, by number; of a dataset or file in its place the same. */
  readonly schemaId?: number;
  readonly datasetId?: number;
  readonly workfileId?: number;
  readonly name?: string;
  readonly query?: string;
}

export interface ChorusViewDeps extends WorkspaceDeps {
  readonly datasets: Datasets;
  readonly pairs: Pairs;
}

/** Characters of a query. */
const longestQuery = 1_000_000;

export class ChorusViews {
  readonly #deps: ChorusViewDeps;

  constructor(deps: ChorusViewDeps) {
    this.#deps = deps;
  }

  /** Keeps a query. Throws FieldsInvalidError `object_name`, `query`. */
  async create(principal: Principal, input: ChorusViewInput): Promise<Dataset> {
    requireScope(principal, 'write');
    const { store, access, datasets, pairs } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const problems = new Problems();
    const name = problems.required(input.name, 'object_name', limits.name);
    const query = readQuery(problems, input.query);
    const room = await this.#editable(caller, input.workspaceId);
    problems.settle();
    const schemaId = await this.#schemaOf(caller, input);
    const [schema] = await readSchemas(store.db, sql`c.id = ${schemaId} and s.tenant_id = ${caller.tenantId}`);
    if (schema === undefined) throw notFound('schema');
    await pairs.require(principal, await findUsable(store.db, access, caller, schema.source.id), room.uid);
    const id = await store
      .transaction(async (trx) => {
        const { rows } = await sql<{ id: number }>`
          insert into dataset (schema_id, name, kind, query, workspace_id)
          values (${schema.id}, ${name}, 'CHORUS_VIEW', ${query}, ${room.id}) returning id`.execute(trx);
        const made = rows[0]!.id; // an insert of one row returns one
        await recordActivity(trx, {
          tenantId: caller.tenantId,
          actorId: caller.userId,
          action: 'ChorusViewCreated',
          workspaceId: room.id,
          entityType: 'dataset',
          entityId: made,
        });
        return made;
      })
      .catch(nameTaken);
    return datasets.get(principal, room.id, id);
  }

  /** Another query under the same name. */
  async update(principal: Principal, id: number, text: string | undefined): Promise<Dataset> {
    requireScope(principal, 'write');
    const { store, datasets } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const view = await this.#find(caller, id);
    const problems = new Problems();
    const query = readQuery(problems, text);
    problems.settle();
    await datasets.get(principal, view.workspaceId, id); // who has no pair for its source changes nothing
    await sql`update dataset set query = ${query} where id = ${id}`.execute(store.db);
    return datasets.get(principal, view.workspaceId, id);
  }

  /** Keeps the same query under another name. */
  async duplicate(principal: Principal, id: number, name: string | undefined): Promise<Dataset> {
    const caller = await callerOf(this.#deps.store.db, principal);
    const { workspaceId, schemaId, query } = await this.#find(caller, id);
    return this.create(principal, { workspaceId, schemaId, query, ...(name === undefined ? {} : { name }) });
  }

  async remove(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    await this.#find(await callerOf(store.db, principal), id);
    await sql`update dataset set deleted_at = now() where id = ${id}`.execute(store.db);
  }

  async #find(
    caller: Caller,
    id: number,
  ): Promise<{ readonly workspaceId: number; readonly schemaId: number; readonly query: string }> {
    const { rows } = await sql<{ workspace_id: number; schema_id: number; query: string }>`
      select workspace_id, schema_id, query from dataset
      where id = ${id} and kind = 'CHORUS_VIEW' and deleted_at is null`.execute(this.#deps.store.db);
    const [row] = rows;
    if (row === undefined) throw notFound('dataset');
    await this.#editable(caller, row.workspace_id);
    return { workspaceId: row.workspace_id, schemaId: row.schema_id, query: row.query };
  }

  async #editable(caller: Caller, workspace: number): Promise<WorkspaceRow> {
    const room = await findWorkspace(this.#deps.store.db, caller, workspace);
    if (!mayEdit(caller, standingOf(room))) throw forbidden('workspace');
    return room;
  }

  async #schemaOf(caller: Caller, input: ChorusViewInput): Promise<number> {
    if (input.schemaId !== undefined) return input.schemaId;
    const { db } = this.#deps.store;
    const { rows } =
      input.workfileId === undefined
        ? await sql<{ id: number | null }>`
            select d.schema_id as id from dataset d join source_schema c on c.id = d.schema_id
              join source_database b on b.id = c.database_id join data_source s on s.id = b.source_id
            where d.id = ${input.datasetId ?? 0} and d.deleted_at is null and s.tenant_id = ${caller.tenantId}`.execute(
            db,
          )
        : await sql<{ id: number | null }>`
            select coalesce(f.execution_schema_id, w.sandbox_schema_id) as id
            from workfile f join workspace w on w.id = f.workspace_id
            where f.id = ${input.workfileId} and f.workspace_id = ${input.workspaceId} and f.deleted_at is null`.execute(
            db,
          );
    const id = rows[0]?.id;
    if (id == null) throw notFound('source_object');
    return id;
  }
}

/** A query that only reads, as far as its beginning tells; what runs it checks the whole. */
function readQuery(problems: Problems, value: string | undefined): string {
  const query = problems.required(value, 'query', longestQuery).trim();
  if (query !== '' && !/^(?:select|with)\b/i.test(query)) {
    problems.add('query', 'generic', { message: 'A saved query begins with SELECT or WITH.' });
  }
  return query;
}

function nameTaken(error: unknown): never {
  throw isUniqueViolation(error, 'dataset_name_of_workspace') ? invalid('object_name', 'taken', {}) : error;
}
