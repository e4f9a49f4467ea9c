/** Versions of files, and what somebody has written into one without saving it as a version (chorus.md §3.8). */
import { sql } from 'kysely';
import { toBuffer } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { Listed, NumberedPage } from './model.ts';
import { peopleById } from './people-rows.ts';
import { notFound } from './refusals.ts';
import { limits, Problems, safeText } from './text.ts';
import { contentOf, findWorkfile, type Workfile, type WorkfileKey, type WorkfileVersionInfo } from './workfile-rows.ts';
import { insertVersion, lockWorkfile, sized, tellOfFile } from './workfiles.ts';
import { windowOf } from './workspaces.ts';

/** Words of one person's own. */
export interface Draft {
  readonly id: number;
  readonly workfileId: number;
  readonly ownerId: number;
  readonly content: Buffer;
}

export class WorkfileVersions {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** The newest first. */
  async list(principal: Principal, key: WorkfileKey, page: NumberedPage): Promise<Listed<WorkfileVersionInfo>> {
    const { db } = this.#deps.store;
    const { id } = await findWorkfile(db, await callerOf(db, principal), key);
    const { rows: counted } = await sql<{ records: number }>`
      select count(*) as records from workfile_version where workfile_id = ${id}`.execute(db);
    const { rows } = await sql<VersionRow>`
      select id, number, commit_message, owner_id, modifier_id, created_at, updated_at from workfile_version
      where workfile_id = ${id} order by number desc ${windowOf(page)}`.execute(db);
    const people = await peopleById(
      db,
      rows.flatMap((row) => [row.owner_id, row.modifier_id]),
    );
    const items = rows.map((row) => ({
      id: row.id,
      number: row.number,
      commitMessage: row.commit_message,
      owner: people.get(row.owner_id ?? 0) ?? null,
      modifier: people.get(row.modifier_id ?? 0) ?? null,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
    return { items, records: counted[0]?.records ?? 0 };
  }

  /** The bytes of a version: the last one unless another is named. Throws NotFoundError `version_not_found`. */
  async content(
    principal: Principal,
    key: WorkfileKey,
    version?: { readonly id: number } | { readonly number: number },
  ): Promise<{ readonly file: Workfile; readonly content: Buffer }> {
    const { db } = this.#deps.store;
    const file = await findWorkfile(db, await callerOf(db, principal), key);
    if (version === undefined) return { file, content: file.latest.content };
    const wanted = 'id' in version ? sql`id = ${version.id}` : sql`number = ${version.number}`;
    const { rows } = await sql<{ id: number }>`
      select id from workfile_version where workfile_id = ${file.id} and ${wanted}`.execute(db);
    if (rows[0] === undefined) throw notFound('version');
    return { file, content: await contentOf(db, rows[0].id) };
  }

  /**
   * Adds a version with this content; the caller's draft is done with. Throws PreconditionError `stale_version` unless
   * at version `ifMatch`.
   */
  async add(
    principal: Principal,
    key: WorkfileKey,
    content: Buffer,
    message: string | null,
    ifMatch?: number,
  ): Promise<Workfile> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const problems = new Problems();
    sized(problems, content);
    const told = problems.text(message, 'commit_message', limits.reason);
    problems.settle();
    const id = await store.transaction(async (trx) => {
      const { file, room } = await lockWorkfile(trx, caller, key, ifMatch);
      const number = file.latest.number + 1;
      const safe = told === null ? null : safeText(told);
      await insertVersion(trx, caller, { workfileId: file.id, number, content, message: safe });
      await sql`
        update workfile set modified_at = now(), version = version + 1 where id = ${file.id}`.execute(trx);
      await sql`
        delete from workfile_draft where workfile_id = ${file.id} and owner_id = ${caller.userId}`.execute(trx);
      await tellOfFile(trx, caller, room, file.id, 'WorkfileUpgradedVersion', {
        versionNum: number,
        commitMessage: safe,
      });
      return file.id;
    });
    return findWorkfile(store.db, caller, id);
  }

  /** The caller's draft of a file. Throws NotFoundError `draft_not_found`. */
  async draft(principal: Principal, id: number): Promise<Draft> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    await findWorkfile(db, caller, id);
    const row = await db
      .selectFrom('workfile_draft')
      .select(['id', 'workfile_id', 'owner_id', 'content'])
      .where('workfile_id', '=', id)
      .where('owner_id', '=', caller.userId)
      .executeTakeFirst();
    if (row === undefined) throw notFound('draft');
    return { id: row.id, workfileId: row.workfile_id, ownerId: row.owner_id, content: toBuffer(row.content) };
  }

  /** Keeps a draft in place of the one that there may be. */
  async putDraft(principal: Principal, id: number, content: Buffer): Promise<Draft> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const caller = await callerOf(store.db, principal);
    const problems = new Problems();
    sized(problems, content);
    problems.settle();
    await store.transaction(async (trx) => {
      const { file } = await lockWorkfile(trx, caller, id);
      await sql`
        insert into workfile_draft (workfile_id, owner_id, content) values (${file.id}, ${caller.userId}, ${content})
        on conflict (workfile_id, owner_id) do update set content = excluded.content, updated_at = now()`.execute(trx);
    });
    return this.draft(principal, id);
  }

  async removeDraft(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'write');
    await this.draft(principal, id);
    await sql`
      delete from workfile_draft where workfile_id = ${id} and owner_id = ${principal.subject.id}`.execute(
      this.#deps.store.db,
    );
  }
}

interface VersionRow {
  readonly id: number;
  readonly number: number;
  readonly commit_message: string | null;
  readonly owner_id: number | null;
  readonly modifier_id: number | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}
