/** Tags: words that people put on things (chorus.md §3.11). */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type Caller, callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { findSource } from './found-source.ts';
import type { Listed, NumberedPage, Tag } from './model.ts';
import { forbidden, invalid, notFound } from './refusals.ts';
import { findWorkspace } from './rows.ts';
import { windowOf } from './workspaces.ts';

/** A thing that may carry tags. */
export interface Taggable {
  readonly entityType: string;
  readonly entityId: number;
}

const longest = 100;
/** Things tagged by one call. */
const mostThings = 1000;

const columns = sql`t.id, t.name, (select count(*) from tagging x where x.tag_id = t.id) as count`;

export class Tags {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** By lower-cased name; `q` is a part of it. */
  async list(principal: Principal, q: string | undefined, page: NumberedPage): Promise<Listed<Tag>> {
    const { db } = this.#deps.store;
    const part = `%${foldName(q ?? '').replace(/[\\%_]/g, '\\$&')}%`;
    const where = sql`t.tenant_id = ${principal.subject.tenantId} and t.name_folded like ${part}`;
    const { rows } = await sql<{ records: number }>`select count(*) as records from tag t where ${where}`.execute(db);
    const items = await this.#read(where, sql`order by t.name_folded, t.id ${windowOf(page)}`);
    return { items, records: rows[0]?.records ?? 0 };
  }

  /** Throws FieldsInvalidError `name`: too short, too long, a comma, taken. */
  async rename(principal: Principal, id: number, name: string): Promise<Tag> {
    requireScope(principal, 'write');
    const text = name.trim();
    if (text.length === 0) throw invalid('name', 'too_short', { count: 1 });
    if (text.length > longest) throw invalid('name', 'too_long', { count: longest });
    if (text.includes(',')) throw invalid('name', 'invalid', { value: name });
    const { rows } = await sql<{ id: number }>`
      update tag set name = ${text}, name_folded = ${foldName(text)}
      where id = ${id} and tenant_id = ${principal.subject.tenantId} returning id`
      .execute(this.#deps.store.db)
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? invalid('name', 'taken', { value: name }) : error;
      });
    if (rows.length === 0) throw notFound('tag');
    const [tag] = await this.#read(sql`t.id = ${id}`);
    if (tag === undefined) throw notFound('tag');
    return tag;
  }

  /** For administrators. */
  async remove(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'write');
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    if (!caller.admin) throw forbidden('tag');
    const { rows } = await sql`
      delete from tag where id = ${id} and tenant_id = ${caller.tenantId} returning id`.execute(db);
    if (rows.length === 0) throw notFound('tag');
  }

  /** Tags of one thing that the caller sees. */
  async of(principal: Principal, thing: Taggable): Promise<Tag[]> {
    const { db } = this.#deps.store;
    const type = await this.#seen(db, await callerOf(db, principal), thing);
    return this.#read(
      sql`t.id in (select g.tag_id from tagging g where g.entity_type = ${type} and g.entity_id = ${thing.entityId})`,
      sql`order by t.name_folded`,
    );
  }

  /** Puts one tag on things, or takes it off. Case does not matter: the first spelling stays. */
  async tag(
    principal: Principal,
    things: readonly Taggable[],
    change: { readonly add?: string; readonly remove?: string },
  ): Promise<void> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const name = (change.add ?? change.remove ?? '').trim();
    if (name.length > longest) throw invalid('base', 'too_long', { field: 'Tag', count: longest });
    if (name === '') throw invalid('base', 'too_short', { field: 'Tag', count: 1 });
    if (name.includes(',')) throw invalid('base', 'invalid', { value: name });
    if (things.length > mostThings) throw invalid('taggables', 'too_long', { count: mostThings });
    const caller = await callerOf(store.db, principal);
    await store.transaction(async (trx) => {
      for (const thing of things) {
        const type = await this.#seen(trx, caller, thing);
        if (change.add === undefined) await untag(trx, caller, type, thing.entityId, name);
        else await addTag(trx, caller, type, thing.entityId, name);
      }
    });
  }

  /** The type as it is kept. Throws when the caller does not see the thing. */
  async #seen(executor: Executor, caller: Caller, { entityType, entityId }: Taggable): Promise<string> {
    if (entityType === 'workspace') {
      await findWorkspace(executor, caller, entityId);
      return 'workspace';
    }
    if (entityType.endsWith('data_source')) {
      await findSource(executor, this.#deps.access, caller, entityId);
      return 'data_source';
    }
    if (entityType === 'user') {
      const user = await executor
        .selectFrom('user_account')
        .select('id')
        .where('id', '=', entityId)
        .where('tenant_id', '=', caller.tenantId)
        .executeTakeFirst();
      if (user === undefined) throw notFound('user');
      return 'user';
    }
    if (entityType === 'workfile') {
      const file = await executor
        .selectFrom('workfile')
        .select('workspace_id')
        .where('id', '=', entityId)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
      if (file === undefined) throw notFound('workfile');
      await findWorkspace(executor, caller, file.workspace_id);
      return 'workfile';
    }
    throw invalid('general', 'generic', { message: 'Things of this type carry no tags.' });
  }

  async #read(where: RawBuilder<unknown>, tail: RawBuilder<unknown> = sql``): Promise<Tag[]> {
    const { rows } = await sql<Tag>`select ${columns} from tag t where ${where} ${tail}`.execute(this.#deps.store.db);
    return rows;
  }
}

async function addTag(trx: Executor, caller: Caller, type: string, id: number, name: string): Promise<void> {
  await sql`
    with named as (
      insert into tag (tenant_id, name, name_folded) values (${caller.tenantId}, ${name}, ${foldName(name)})
      on conflict (tenant_id, name_folded) do update set name = tag.name returning id)
    insert into tagging (tag_id, entity_type, entity_id) select id, ${type}, ${id} from named
    on conflict do nothing`.execute(trx);
}

async function untag(trx: Executor, caller: Caller, type: string, id: number, name: string): Promise<void> {
  await sql`
    delete from tagging where entity_type = ${type} and entity_id = ${id}
      and tag_id in (select id from tag where tenant_id = ${caller.tenantId} and name_folded = ${foldName(name)})`.execute(
    trx,
  );
}
