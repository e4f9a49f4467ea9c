/** Files of a workspace (chorus.md §3.8): listed, made, changed, copied, deleted. */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { ConflictError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { checkVersion } from '../sources/leases.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf, mayEdit } from './caller.ts';
import type { Catalogs, SchemaName } from './catalogs.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findUsable } from './found-source.ts';
import type { Listed, NumberedPage, WorkspaceKey } from './model.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, standingOf, type WorkspaceRow } from './rows.ts';
import { readSchemas } from './source-rows.ts';
import { limits, Problems, safeText } from './text.ts';
import {
  findWorkfile,
  isOfType,
  readEntries,
  type Workfile,
  type WorkfileEntry,
  type WorkfileKey,
} from './workfile-rows.ts';
import { windowOf } from './workspaces.ts';

export interface WorkfileInput {
  readonly fileName?: string;
  readonly description?: string | null;
  readonly content?: Buffer;
  /** The name came with an upload: it is made unique instead of refused. */
  readonly uploaded?: boolean;
  /** Where it runs; in the sandbox of the workspace when absent. */
  readonly runsIn?: SchemaName;
}

export interface WorkfileChange {
  readonly fileName?: string;
  readonly description?: string | null;
  /** Number of the schema that it runs in; null: the sandbox of the workspace. */
  readonly executionSchemaId?: number | null;
  /** The same by names. */
  readonly runsIn?: SchemaName | null;
}

export interface WorkfilesDeps extends WorkspaceDeps {
  readonly catalogs: Catalogs;
}

export interface WorkfileFilter {
  readonly fileType?: string;
  readonly namePattern?: string;
  readonly order: 'file_name' | 'newest';
}

export class Workfiles {
  readonly #deps: WorkfilesDeps;

  constructor(deps: WorkfilesDeps) {
    this.#deps = deps;
  }

  async list(
    principal: Principal,
    workspace: WorkspaceKey,
    filter: WorkfileFilter,
    page: NumberedPage,
  ): Promise<Listed<WorkfileEntry>> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const { id } = await findWorkspace(db, caller, workspace);
    const conditions: RawBuilder<unknown>[] = [sql`f.workspace_id = ${id}`];
    if (filter.namePattern !== undefined && filter.namePattern !== '') {
      conditions.push(sql`f.name_folded like ${`%${foldName(filter.namePattern).replace(/[\\%_]/g, '\\$&')}%`}`);
    }
    if (filter.fileType !== undefined && filter.fileType !== '') conditions.push(isOfType(filter.fileType));
    const where = sql.join(conditions, sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from workfile f where f.deleted_at is null and ${where}`.execute(db);
    const order = filter.order === 'newest' ? sql`f.modified_at desc, f.id desc` : sql`f.name_folded, f.id`;
    const items = await readEntries(db, caller, where, sql`order by ${order} ${windowOf(page)}`);
    return { items, records: rows[0]?.records ?? 0 };
  }

  /** One file with the content of its last version. */
  async get(principal: Principal, key: WorkfileKey): Promise<Workfile> {
    const { db } = this.#deps.store;
    return findWorkfile(db, await callerOf(db, principal), key);
  }

  /** Throws FieldsInvalidError, ConflictError `name_taken`. */
  async create(principal: Principal, workspace: WorkspaceKey, input: WorkfileInput): Promise<Workfile> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const problems = new Problems();
    const asked = fileName(problems, input.fileName);
    const description = problems.text(input.description, 'description', limits.description);
    const content = sized(problems, input.content ?? Buffer.alloc(0));
    await editable(store.db, caller, workspace);
    problems.settle();
    const place = input.runsIn === undefined ? null : await this.#deps.catalogs.schemaNamed(principal, input.runsIn);
    const id = await store
      .transaction(async (trx) => {
        const row = await editable(trx, caller, workspace);
        const name = input.uploaded === true ? await freeName(trx, row.id, asked) : asked;
        const made = await trx
          .insertInto('workfile')
          .values({
            uid: uuidv7(),
            workspace_id: row.id,
            file_name: name,
            name_folded: foldName(name),
            description: description === null ? null : safeText(description),
            owner_id: caller.userId,
            execution_schema_id: place?.id ?? null,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await insertVersion(trx, caller, { workfileId: made.id, number: 1, content, message: null });
        await sql`update workspace set has_added_workfile = true where id = ${row.id}`.execute(trx);
        await tellOfFile(trx, caller, row, made.id, 'WorkfileCreated');
        return made.id;
      })
      .catch(nameTaken);
    return this.get(principal, id);
  }

  /** Renames, describes, or says where it runs. Throws PreconditionError `stale_version` unless at version `ifMatch`. */
  async update(principal: Principal, key: WorkfileKey, change: WorkfileChange, ifMatch?: number): Promise<Workfile> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const { workspace } = await findWorkfile(store.db, caller, key);
    await editable(store.db, caller, workspace.id);
    const place =
      change.runsIn == null ? change.runsIn : await this.#deps.catalogs.schemaNamed(principal, change.runsIn);
    const placeId = place === undefined ? change.executionSchemaId : (place?.id ?? null);
    const id = await store
      .transaction(async (trx) => {
        const { file } = await lockWorkfile(trx, caller, key, ifMatch);
        const problems = new Problems();
        const name = change.fileName === undefined ? file.fileName : fileName(problems, change.fileName);
        const text =
          change.description === undefined
            ? file.description
            : problems.text(change.description, 'description', limits.description);
        problems.settle();
        const schema = placeId === undefined ? file.executionSchema?.id : (placeId ?? undefined);
        if (schema !== undefined && schema !== file.executionSchema?.id) await this.#requireSchema(trx, caller, schema);
        await sql`
          update workfile set file_name = ${name}, name_folded = ${foldName(name)},
            description = ${text === null ? null : safeText(text)}, execution_schema_id = ${schema ?? null},
            modified_at = now(), version = version + 1 where id = ${file.id}`.execute(trx);
        return file.id;
      })
      .catch(nameTaken);
    return this.get(principal, id);
  }

  /** Copies the last version into a workspace; a name in use is made unique. */
  async copy(
    principal: Principal,
    id: number,
    workspace: number | undefined,
    name: string | undefined,
  ): Promise<Workfile> {
    const file = await this.get(principal, id);
    return this.create(principal, workspace ?? file.workspace.id, {
      fileName: name ?? file.fileName,
      description: file.description,
      content: file.latest.content,
      uploaded: name === undefined,
    });
  }

  /** `workspace`: all of them must be its own. */
  async remove(
    principal: Principal,
    keys: readonly WorkfileKey[],
    options: { readonly workspace?: number; readonly ifMatch?: number } = {},
  ): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    if (keys.length === 0) throw invalid('workfile_ids', 'blank', {});
    await store.transaction(async (trx) => {
      for (const key of keys) {
        const { file } = await lockWorkfile(trx, caller, key, options.ifMatch);
        if (options.workspace !== undefined && file.workspace.id !== options.workspace) throw notFound('workfile');
        await sql`update workfile set deleted_at = now() where id = ${file.id}`.execute(trx);
      }
    });
  }

  async #requireSchema(executor: Executor, caller: Caller, id: number): Promise<void> {
    const [schema] = await readSchemas(executor, sql`c.id = ${id} and s.tenant_id = ${caller.tenantId}`);
    if (schema === undefined) throw notFound('schema');
    await findUsable(executor, this.#deps.access, caller, schema.source.id);
  }
}

/** The workspace whose content the caller may change; it stays so until the transaction ends. */
export async function editable(trx: Executor, caller: Caller, workspace: WorkspaceKey): Promise<WorkspaceRow> {
  const row = await findWorkspace(trx, caller, workspace, 'share');
  if (!mayEdit(caller, standingOf(row))) throw forbidden('workspace');
  return row;
}

/** A file that the caller may change, locked. Throws PreconditionError `stale_version` unless at version `ifMatch`. */
export async function lockWorkfile(
  trx: Executor,
  caller: Caller,
  key: WorkfileKey,
  ifMatch?: number,
): Promise<{ readonly file: Workfile; readonly room: WorkspaceRow }> {
  const found = await findWorkfile(trx, caller, key);
  await sql`select id from workfile where id = ${found.id} for update`.execute(trx);
  const file = await findWorkfile(trx, caller, found.id); // as it is now that nobody else changes it
  const room = await editable(trx, caller, file.workspace.id);
  checkVersion({ name: file.fileName, version: file.version }, ifMatch);
  return { file, room };
}

/** Tells the people of the workspace what happened to a file. */
export async function tellOfFile(
  trx: Executor,
  caller: Caller,
  room: WorkspaceRow,
  id: number,
  action: string,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await recordActivity(trx, {
    tenantId: caller.tenantId,
    actorId: caller.userId,
    action,
    workspaceId: room.id,
    entityType: 'workfile',
    entityId: id,
    detail,
  });
}

export async function insertVersion(
  trx: Executor,
  caller: Caller,
  version: {
    readonly workfileId: number;
    readonly number: number;
    readonly content: Buffer;
    readonly message: string | null;
  },
): Promise<void> {
  await trx
    .insertInto('workfile_version')
    .values({
      workfile_id: version.workfileId,
      number: version.number,
      commit_message: version.message,
      owner_id: caller.userId,
      modifier_id: caller.userId,
      content: version.content,
    })
    .execute();
}

function fileName(problems: Problems, value: string | undefined): string {
  const name = problems.required(value?.trim(), 'file_name', limits.fileName);
  if (name !== '' && !/^[\p{L}\p{N} _.()-]+$/u.test(name)) problems.add('file_name', 'invalid', { value: name });
  return name;
}

/** Content that is not too large. */
export function sized(problems: Problems, content: Buffer): Buffer {
  if (content.length > limits.file) problems.add('versions', 'file_size_exceeded', { count: limits.file });
  return content;
}

/** `report.sql` → `report_1.sql` when the name is in use. */
async function freeName(trx: Executor, workspaceId: number, name: string): Promise<string> {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const { rows } = await sql<{ name: string }>`
    select name_folded as name from workfile where workspace_id = ${workspaceId} and deleted_at is null
      and name_folded like ${`${foldName(stem).replace(/[\\%_]/g, '\\$&')}%`}`.execute(trx);
  const taken = new Set(rows.map((row) => row.name));
  let free = name;
  for (let suffix = 1; taken.has(foldName(free)); suffix += 1) free = `${stem}_${suffix}${ending}`;
  return free;
}

function nameTaken(error: unknown): never {
  if (!isUniqueViolation(error, 'workfile_name')) throw error;
  throw new ConflictError('name_taken', 'There is a file with this name in the workspace already.', {
    field: 'file_name',
    remedy: 'Use another name.',
  });
}
