/** Pictures of people and workspaces. */
import { sql } from 'kysely';
import { toBuffer } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type Caller, callerOf, mayOwn } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { Picture } from './model.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace, standingOf } from './rows.ts';
import { limits } from './text.ts';

export interface PictureFile extends Picture {
  readonly mediaType: string;
  readonly content: Buffer;
}

/** Kinds by their first bytes: what a browser shows as a picture and never runs. */
const kinds: readonly { readonly mediaType: string; readonly begins: Buffer; readonly ending: string }[] = [
  { mediaType: 'image/png', begins: Buffer.from('89504e470d0a1a0a', 'hex'), ending: 'png' },
  { mediaType: 'image/jpeg', begins: Buffer.from('ffd8ff', 'hex'), ending: 'jpg' },
  { mediaType: 'image/gif', begins: Buffer.from('GIF8', 'latin1'), ending: 'gif' },
];

export type PictureOwner = 'user' | 'workspace';

export class Pictures {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** The picture of somebody of the tenant, or of a workspace that the caller sees. Throws NotFoundError. */
  async get(principal: Principal, owner: PictureOwner, id: number): Promise<PictureFile> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    if (owner === 'workspace') await findWorkspace(db, caller, id);
    const row = await db
      .selectFrom('picture as p')
      .leftJoin('user_account as u', 'u.id', 'p.user_id')
      .select(['p.file_name', 'p.media_type', 'p.content', 'p.updated_at', 'u.tenant_id'])
      .where(owner === 'user' ? 'p.user_id' : 'p.workspace_id', '=', id)
      .executeTakeFirst();
    if (row === undefined || (owner === 'user' && row.tenant_id !== caller.tenantId)) throw notFound('picture');
    return {
      fileName: row.file_name,
      updatedAt: row.updated_at,
      mediaType: row.media_type,
      content: toBuffer(row.content),
    };
  }

  /** Oneself or an administrator; the owner of a workspace. Throws FieldsInvalidError for what is no picture. */
  async put(
    principal: Principal,
    owner: PictureOwner,
    id: number,
    file: { readonly fileName: string; readonly content: Buffer } | undefined,
  ): Promise<Picture> {
    const { store } = this.#deps;
    const caller = await this.#changer(principal, owner, id);
    if (file === undefined) throw invalid('image', 'blank', {});
    if (file.content.length > limits.picture) throw invalid('image', 'file_size_exceeded', { count: limits.picture });
    const kind = kinds.find(({ begins }) => file.content.subarray(0, begins.length).equals(begins));
    if (kind === undefined) throw invalid('image', 'invalid', {});
    const plain = file.fileName.replace(/[^A-Za-z0-9_.-]/g, '_').slice(-100);
    const fileName = plain === '' ? `picture.${kind.ending}` : plain;
    const column = sql.ref(owner === 'user' ? 'user_id' : 'workspace_id');
    const { rows } = await sql<{ updated_at: Date }>`
      insert into picture (${column}, file_name, media_type, content)
      select ${id}, ${fileName}, ${kind.mediaType}, ${file.content}
      where ${owner === 'workspace' ? sql`true` : sql`exists (select 1 from user_account where id = ${id} and tenant_id = ${caller.tenantId})`}
      on conflict (${column}) do update set file_name = excluded.file_name, media_type = excluded.media_type,
        content = excluded.content, updated_at = now()
      returning updated_at`.execute(store.db);
    if (rows[0] === undefined) throw notFound(owner);
    return { fileName, updatedAt: rows[0].updated_at };
  }

  /** Whoever may set it takes it away. Throws NotFoundError when there is none. */
  async remove(principal: Principal, owner: PictureOwner, id: number): Promise<void> {
    await this.#changer(principal, owner, id);
    const column = owner === 'user' ? 'user_id' : 'workspace_id';
    const { numDeletedRows } = await this.#deps.store.db
      .deleteFrom('picture')
      .where(column, '=', id)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw notFound('picture');
  }

  async #changer(principal: Principal, owner: PictureOwner, id: number): Promise<Caller> {
    requireScope(principal, 'write');
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    if (owner === 'workspace') {
      const row = await findWorkspace(db, caller, id);
      if (!mayOwn(caller, standingOf(row))) throw forbidden('workspace');
    } else if (!caller.admin && caller.userId !== id) throw forbidden('user');
    return caller;
  }
}
