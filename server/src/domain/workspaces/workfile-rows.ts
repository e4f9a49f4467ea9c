/** Reading files of workspaces: what a list shows of them, and one with its content. */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, toBuffer } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import { foldName } from '../identity/names.ts';
import type { Caller } from './caller.ts';
import type { Person, SchemaSummary, Tag, WorkspaceKey, WorkspaceView } from './model.ts';
import { peopleById, tagsOf } from './people-rows.ts';
import { notFound } from './refusals.ts';
import { findWorkspace, readWorkspaces } from './rows.ts';
import { readSchemas } from './source-rows.ts';

/** A version of a file, as lists show it. */
export interface WorkfileVersionInfo {
  readonly id: number;
  readonly number: number;
  readonly commitMessage: string | null;
  readonly owner: Person | null;
  readonly modifier: Person | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface WorkfileVersion extends WorkfileVersionInfo {
  readonly content: Buffer;
}

/** A file, as lists show it: its content is not read. */
export interface WorkfileEntry {
  readonly id: number;
  readonly uid: string;
  readonly fileName: string;
  readonly fileType: string;
  readonly description: string | null;
  readonly workspace: WorkspaceView;
  readonly owner: Person | null;
  readonly modifiedAt: Date;
  readonly tags: readonly Tag[];
  readonly commentCount: number;
  readonly executionSchema: SchemaSummary | null;
  /** The caller has written something into it that is no version yet. */
  readonly hasDraft: boolean;
  /** Counts every change. */
  readonly version: number;
  readonly latest: WorkfileVersionInfo;
}

export interface Workfile extends WorkfileEntry {
  readonly latest: WorkfileVersion;
}

/** Names a file: by number, or by uid or name in a workspace. */
export type WorkfileKey = number | { readonly workspace: WorkspaceKey; readonly file: string };

interface EntryRow {
  readonly id: number;
  readonly uid: string;
  readonly workspace_id: number;
  readonly file_name: string;
  readonly description: string | null;
  readonly owner_id: number | null;
  readonly execution_schema_id: number | null;
  readonly modified_at: Date;
  readonly version: number;
  readonly tags: readonly Tag[];
  readonly comment_count: number;
  readonly has_draft: boolean;
  readonly version_id: number;
  readonly number: number;
  readonly commit_message: string | null;
  readonly version_owner: number | null;
  readonly modifier_id: number | null;
  readonly version_created: Date;
  readonly version_updated: Date;
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

/** A condition on `workfile f`: files of this type. */
export function isOfType(fileType: string): RawBuilder<unknown> {
  const ending = sql`lower(substring(f.file_name from '[^.]*$'))`;
  if (fileType === 'other') return sql`${ending} <> all(${Object.keys(types)}::text[])`;
  return sql`${ending} = any(${Object.keys(types).filter((one) => types[one] === fileType)}::text[])`;
}

/** Live files that fulfil a condition on `workfile f`, without their content. */
export async function readEntries(
  executor: Executor,
  caller: Caller,
  where: RawBuilder<unknown>,
  tail: RawBuilder<unknown> = sql``,
): Promise<WorkfileEntry[]> {
  const { rows } = await sql<EntryRow>`
    select f.id, f.uid, f.workspace_id, f.file_name, f.description, f.owner_id, f.execution_schema_id, f.modified_at,
      f.version, ${tagsOf('workfile', sql`f.id`)} as tags,
      (select count(*) from activity a where a.entity_type = 'workfile' and a.entity_id = f.id and a.action = 'NOTE'
        and a.deleted_at is null) as comment_count,
      exists (select 1 from workfile_draft r where r.workfile_id = f.id and r.owner_id = ${caller.userId}) as has_draft,
      v.id as version_id, v.number, v.commit_message, v.owner_id as version_owner, v.modifier_id,
      v.created_at as version_created, v.updated_at as version_updated
    from workfile f join lateral (
      select id, number, commit_message, owner_id, modifier_id, created_at, updated_at from workfile_version x
      where x.workfile_id = f.id order by x.number desc limit 1) v on true
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
    const schema = schemas.find((one) => one.id === row.execution_schema_id) ?? null;
    return [toEntry(row, workspace, people, schema)];
  });
}

function toEntry(
  row: EntryRow,
  workspace: WorkspaceView,
  people: ReadonlyMap<number, Person>,
  executionSchema: SchemaSummary | null,
): WorkfileEntry {
  const person = (id: number | null): Person | null => people.get(id ?? 0) ?? null;
  return {
    id: row.id,
    uid: row.uid,
    fileName: row.file_name,
    fileType: fileTypeOf(row.file_name),
    description: row.description,
    workspace,
    owner: person(row.owner_id),
    modifiedAt: row.modified_at,
    tags: row.tags,
    commentCount: row.comment_count,
    executionSchema,
    hasDraft: row.has_draft,
    version: row.version,
    latest: {
      id: row.version_id,
      number: row.number,
      commitMessage: row.commit_message,
      owner: person(row.version_owner),
      modifier: person(row.modifier_id),
      createdAt: row.version_created,
      updatedAt: row.version_updated,
    },
  };
}

/**
 * One file of a workspace that the caller may see, with the content of its last version. Throws NotFoundError, and
 * ForbiddenError where the door tells hidden from absent.
 */
export async function findWorkfile(executor: Executor, caller: Caller, key: WorkfileKey): Promise<Workfile> {
  const where = await whereOf(executor, caller, key);
  const { rows } = await sql<{ id: number; workspace_id: number }>`
    select f.id, f.workspace_id from workfile f where f.deleted_at is null and ${where}`.execute(executor);
  const [found] = rows;
  if (found === undefined) throw notFound('workfile');
  await findWorkspace(executor, caller, found.workspace_id);
  const [entry] = await readEntries(executor, caller, sql`f.id = ${found.id}`);
  if (entry === undefined) throw notFound('workfile');
  const content = await contentOf(executor, entry.latest.id);
  return { ...entry, latest: { ...entry.latest, content } };
}

async function whereOf(executor: Executor, caller: Caller, key: WorkfileKey): Promise<RawBuilder<unknown>> {
  if (typeof key === 'number') return sql`f.id = ${key}`;
  const { id } = await findWorkspace(executor, caller, key.workspace);
  const named = isUuid(key.file)
    ? sql`f.uid = ${key.file}::uuid`
    : sql`f.name_folded = ${foldName(key.file).replaceAll('\0', '')}`;
  return sql`f.workspace_id = ${id} and ${named}`;
}

/** The bytes of a version. */
export async function contentOf(executor: Executor, versionId: number): Promise<Buffer> {
  const row = await executor
    .selectFrom('workfile_version')
    .select('content')
    .where('id', '=', versionId)
    .executeTakeFirst();
  if (row === undefined) throw notFound('version');
  return toBuffer(row.content);
}
