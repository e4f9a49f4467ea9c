/** Files of a workspace, in versions; SQL among them can be run (chorus.md §3.8). */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, isUniqueViolation, toBuffer } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { ConflictError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf, mayEdit } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { Listed, NumberedPage, Person, SchemaSummary, Tag, WorkspaceView } from './model.ts';
import { peopleById, tagsOf } from './people-rows.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, readWorkspaces, standingOf, type WorkspaceRow } from './rows.ts';
import { readSchemas } from './source-rows.ts';
import { limits, Problems, safeText } from './text.ts';
import { windowOf } from './workspaces.ts';

export interface WorkfileVersion {
  readonly id: number;
  readonly number: number;
  readonly commitMessage: string | null;
  readonly owner: Person | null;
  readonly modifier: Person | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly content: Buffer;
}

export interface Workfile {
  readonly id: number;
  readonly fileName: string;
  readonly fileType: string;
  readonly description: string | null;
  readonly workspace: WorkspaceView;
  readonly owner: Person | null;
  readonly modifiedAt: Date;
  readonly tags: readonly Tag[];
  readonly commentCount: number;
  readonly executionSchema: SchemaSummary | null;
  readonly latest: WorkfileVersion;
}

export interface WorkfileInput {
  readonly fileName?: string;
  readonly description?: string | null;
  readonly content?: Buffer;
  /** The name came with an upload: it is made unique instead of refused. */
  readonly uploaded?: boolean;
}

export interface WorkfileFilter {
  readonly fileType?: string;
  readonly namePattern?: string;
  readonly order: 'file_name' | 'newest';
}

/** What running a file takes. */
export interface Statement {
  readonly text: string;
  readonly sourceUid: string;
  readonly source: SchemaSummary['source'];
  readonly workspaceUid: string;
}

interface Row {
  readonly id: number;
  readonly workspace_id: number;
  readonly file_name: string;
  readonly description: string | null;
  readonly owner_id: number | null;
  readonly execution_schema_id: number | null;
  readonly modified_at: Date;
  readonly tags: readonly Tag[];
  readonly comment_count: number;
  readonly version_id: number;
  readonly number: number;
  readonly commit_message: string | null;
  readonly version_owner: number | null;
  readonly modifier_id: number | null;
  readonly version_created: Date;
  readonly version_updated: Date;
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  sql: 'sql',
  txt: 'text',
  md: 'text',
  csv: 'text',
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  py: 'code',
  r: 'code',
  js: 'code',
  ts: 'code',
  java: 'code',
  json: 'code',
  xml: 'xml',
  html: 'code',
};

/** What a file is, by its name. */
export function fileTypeOf(name: string): string {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(types, ending) ? types[ending]! : 'other';
}

export class Workfiles {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  async list(
    principal: Principal,
    workspace: number,
    filter: WorkfileFilter,
    page: NumberedPage,
  ): Promise<Listed<Workfile>> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const { id } = await findWorkspace(db, caller, workspace);
    const conditions: RawBuilder<unknown>[] = [sql`f.workspace_id = ${id}`];
    if (filter.namePattern !== undefined && filter.namePattern !== '') {
      conditions.push(sql`f.name_folded like ${`%${foldName(filter.namePattern).replace(/[\\%_]/g, '\\$&')}%`}`);
    }
    if (filter.fileType !== undefined && filter.fileType !== '') {
      const endings = Object.keys(types).filter((ending) => types[ending] === filter.fileType);
      const ending = sql`lower(substring(f.file_name from '[^.]*$'))`;
      conditions.push(
        filter.fileType === 'other'
          ? sql`${ending} <> all(${Object.keys(types)}::text[])`
          : sql`${ending} = any(${endings}::text[])`,
      );
    }
    const where = sql.join(conditions, sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from workfile f where f.deleted_at is null and ${where}`.execute(db);
    const order = filter.order === 'newest' ? sql`f.modified_at desc, f.id desc` : sql`f.name_folded, f.id`;
    const items = await this.#read(db, caller, where, sql`order by ${order} ${windowOf(page)}`);
    return { items, records: rows[0]?.records ?? 0 };
  }

  async get(principal: Principal, id: number): Promise<Workfile> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    return this.#one(db, caller, id);
  }

  async create(principal: Principal, workspace: number, input: WorkfileInput): Promise<Workfile> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const problems = new Problems();
    const asked = fileName(problems, input.fileName);
    const description = problems.text(input.description, 'description', limits.description);
    const content = sized(problems, input.content ?? Buffer.alloc(0));
    const id = await store
      .transaction(async (trx) => {
        const row = await this.#editable(trx, caller, workspace);
        problems.settle();
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
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await insertVersion(trx, caller, { workfileId: made.id, number: 1, content, message: null });
        await sql`update workspace set has_added_workfile = true where id = ${row.id}`.execute(trx);
        await this.#tell(trx, caller, row, made.id, 'WorkfileCreated');
        return made.id;
      })
      .catch(nameTaken);
    return this.get(principal, id);
  }

  /** Renames, describes, or says where it runs. */
  async update(
    principal: Principal,
    id: number,
    change: WorkfileInput & { readonly executionSchemaId?: number | null },
  ): Promise<Workfile> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    await store
      .transaction(async (trx) => {
        const file = await this.#one(trx, caller, id);
        await this.#editable(trx, caller, file.workspace.id);
        const problems = new Problems();
        const name = change.fileName === undefined ? file.fileName : fileName(problems, change.fileName);
        const text =
          change.description === undefined
            ? file.description
            : problems.text(change.description, 'description', limits.description);
        problems.settle();
        const schema =
          change.executionSchemaId === undefined ? file.executionSchema?.id : (change.executionSchemaId ?? undefined);
        if (schema !== undefined) await this.#schema(trx, caller, schema);
        await sql`
          update workfile set file_name = ${name}, name_folded = ${foldName(name)},
            description = ${text === null ? null : safeText(text)}, execution_schema_id = ${schema ?? null},
            modified_at = now() where id = ${id}`.execute(trx);
      })
      .catch(nameTaken);
    return this.get(principal, id);
  }

  /** A new version with this content. */
  async addVersion(principal: Principal, id: number, content: Buffer, message: string | null): Promise<Workfile> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const problems = new Problems();
    sized(problems, content);
    const told = problems.text(message, 'commit_message', limits.reason);
    problems.settle();
    await store.transaction(async (trx) => {
      await sql`select id from workfile where id = ${id} for update`.execute(trx);
      const file = await this.#one(trx, caller, id);
      const row = await this.#editable(trx, caller, file.workspace.id);
      const number = file.latest.number + 1;
      await insertVersion(trx, caller, {
        workfileId: id,
        number,
        content,
        message: told === null ? null : safeText(told),
      });
      await sql`update workfile set modified_at = now() where id = ${id}`.execute(trx);
      await this.#tell(trx, caller, row, id, 'WorkfileUpgradedVersion', { versionNum: number, commitMessage: told });
    });
    return this.get(principal, id);
  }

  /** All versions, the newest first. */
  async versions(principal: Principal, id: number): Promise<WorkfileVersion[]> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    await this.#one(db, caller, id);
    const rows = await db
      .selectFrom('workfile_version')
      .selectAll()
      .where('workfile_id', '=', id)
      .orderBy('number', 'desc')
      .limit(1000)
      .execute();
    const people = await peopleById(
      db,
      rows.flatMap((row) => [row.owner_id, row.modifier_id]),
    );
    return rows.map((row) => ({
      id: row.id,
      number: row.number,
      commitMessage: row.commit_message,
      owner: people.get(row.owner_id ?? 0) ?? null,
      modifier: people.get(row.modifier_id ?? 0) ?? null,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      content: toBuffer(row.content),
    }));
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

  async remove(principal: Principal, ids: readonly number[], workspace?: number): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    if (ids.length === 0) throw invalid('workfile_ids', 'blank', {});
    await store.transaction(async (trx) => {
      for (const id of ids) {
        const file = await this.#one(trx, caller, id);
        if (workspace !== undefined && file.workspace.id !== workspace) throw notFound('workfile');
        await this.#editable(trx, caller, file.workspace.id);
        await sql`update workfile set deleted_at = now() where id = ${id}`.execute(trx);
      }
    });
  }

  /** What running the file takes: its text, and its own schema's source or the sandbox's. */
  async statement(principal: Principal, id: number): Promise<Statement> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const file = await this.#one(db, caller, id);
    const row = await findWorkspace(db, caller, file.workspace.id);
    if (!mayEdit(caller, standingOf(row))) throw forbidden('workspace');
    if (fileTypeOf(file.fileName) !== 'sql') throw invalid('workfile', 'invalid_type', {});
    const schema = file.executionSchema ?? file.workspace.sandbox;
    if (schema === null) throw invalid('execution_schema', 'blank', {});
    return {
      text: file.latest.content.toString('utf8'),
      sourceUid: schema.source.uid,
      source: schema.source,
      workspaceUid: file.workspace.uid,
    };
  }

  async #schema(executor: Executor, caller: Caller, id: number): Promise<void> {
    const visible = this.#deps.access.visibleFilter(caller.principal, { alias: 's' });
    const [schema] = await readSchemas(executor, sql`c.id = ${id} and s.tenant_id = ${caller.tenantId} and ${visible}`);
    if (schema === undefined) throw notFound('schema');
  }

  async #editable(trx: Executor, caller: Caller, workspace: number): Promise<WorkspaceRow> {
    const row = await findWorkspace(trx, caller, workspace, 'share');
    if (!mayEdit(caller, standingOf(row))) throw forbidden('workspace');
    return row;
  }

  async #tell(
    trx: Executor,
    caller: Caller,
    row: WorkspaceRow,
    id: number,
    action: string,
    detail: Record<string, unknown> = {},
  ): Promise<void> {
    await recordActivity(trx, {
      tenantId: caller.tenantId,
      actorId: caller.userId,
      action,
      workspaceId: row.id,
      entityType: 'workfile',
      entityId: id,
      detail,
    });
  }

  async #one(executor: Executor, caller: Caller, id: number): Promise<Workfile> {
    const owner = await executor
      .selectFrom('workfile')
      .select('workspace_id')
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (owner === undefined) throw notFound('workfile');
    await findWorkspace(executor, caller, owner.workspace_id);
    const [file] = await this.#read(executor, caller, sql`f.id = ${id}`, sql``);
    if (file === undefined) throw notFound('workfile');
    return file;
  }

  async #read(
    executor: Executor,
    caller: Caller,
    where: RawBuilder<unknown>,
    tail: RawBuilder<unknown>,
  ): Promise<Workfile[]> {
    const { rows } = await sql<Row>`
      select f.id, f.workspace_id, f.file_name, f.description, f.owner_id, f.execution_schema_id, f.modified_at,
        ${tagsOf('workfile', sql`f.id`)} as tags,
        (select count(*) from activity a where a.entity_type = 'workfile' and a.entity_id = f.id and a.action = 'NOTE'
          and a.deleted_at is null) as comment_count,
        v.id as version_id, v.number, v.commit_message, v.owner_id as version_owner, v.modifier_id,
        v.created_at as version_created, v.updated_at as version_updated, v.content
      from workfile f join lateral (
        select * from workfile_version x where x.workfile_id = f.id order by x.number desc limit 1) v on true
      where f.deleted_at is null and ${where} ${tail}`.execute(executor);
    const people = await peopleById(
      executor,
      rows.flatMap((row) => [row.owner_id, row.version_owner, row.modifier_id]),
    );
    const rooms = [...new Set(rows.map((row) => row.workspace_id))];
    const views = rooms.length === 0 ? [] : await readWorkspaces(executor, caller, sql`w.id = any(${rooms}::bigint[])`);
    const schemaIds = rows.flatMap(({ execution_schema_id: id }) => (id === null ? [] : [id]));
    const schemas = schemaIds.length === 0 ? [] : await readSchemas(executor, sql`c.id = any(${schemaIds}::bigint[])`);
    return rows.flatMap((row) => {
      const workspace = views.find((view) => view.id === row.workspace_id);
      if (workspace === undefined) return [];
      return [
        {
          id: row.id,
          fileName: row.file_name,
          fileType: fileTypeOf(row.file_name),
          description: row.description,
          workspace,
          owner: people.get(row.owner_id ?? 0) ?? null,
          modifiedAt: row.modified_at,
          tags: row.tags,
          commentCount: row.comment_count,
          executionSchema: schemas.find((schema) => schema.id === row.execution_schema_id) ?? null,
          latest: {
            id: row.version_id,
            number: row.number,
            commitMessage: row.commit_message,
            owner: people.get(row.version_owner ?? 0) ?? null,
            modifier: people.get(row.modifier_id ?? 0) ?? null,
            createdAt: row.version_created,
            updatedAt: row.version_updated,
            content: row.content,
          },
        },
      ];
    });
  }
}

function fileName(problems: Problems, value: string | undefined): string {
  const name = problems.required(value?.trim(), 'file_name', limits.fileName);
  if (name !== '' && !/^[\p{L}\p{N} _.()-]+$/u.test(name)) problems.add('file_name', 'invalid', { value: name });
  return name;
}

function sized(problems: Problems, content: Buffer): Buffer {
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

async function insertVersion(
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

function nameTaken(error: unknown): never {
  if (!isUniqueViolation(error, 'workfile_name')) throw error;
  throw new ConflictError('name_taken', 'There is a file with this name in the workspace already.', {
    field: 'file_name',
    remedy: 'Use another name.',
  });
}
