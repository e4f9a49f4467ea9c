/** Tags of users and groups: attributes that row rules may refer to (dataarts.md §1 no. 14, §4.12). For administrators. */
import { sql } from 'kysely';
import { type Executor, isUniqueViolation } from '../../platform/database/index.ts';
import { hexOf, uuidOf, uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/index.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { isTenantAdmin } from '../workspaces/index.ts';
import type { InsightDeps } from './deps.ts';
import { invalidParameter, noPermission, resourceNotFound } from './refusals.ts';

export type TagKind = 'user' | 'group';

export interface UserTag {
  readonly uid: string;
  readonly name: string;
  readonly kind: TagKind;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What one user or group carries: values by the tag's uid. */
export interface TagValues {
  /** Of the user or group. */
  readonly uid: string;
  readonly name: string;
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export interface TagInput {
  readonly name: string;
  readonly kind: TagKind;
  readonly description?: string | undefined;
}

/** A tag with what a user has by it, for rules. */
export interface HeldTag {
  readonly tagUid: string;
  readonly name: string;
  readonly kind: TagKind;
  readonly values: readonly string[];
}

/** Every tag value that concerns a user: its own, and those of its groups. */
export async function tagsHeldBy(
  executor: Executor,
  user: { readonly id: number; readonly groupIds: readonly number[] },
): Promise<HeldTag[]> {
  const { rows } = await sql<HeldTag>`
    select t.uid as "tagUid", t.name, t.kind, v.value as values
    from user_tag_value v join user_tag t on t.id = v.tag_id
    where v.user_id = ${user.id} or v.group_id = any(${[...user.groupIds]}::bigint[])
    order by t.id`.execute(executor);
  return rows;
}

const subjects = { user: sql`user_id`, group: sql`group_id` } as const;

export class UserTags {
  readonly #deps: InsightDeps;

  constructor(deps: InsightDeps) {
    this.#deps = deps;
  }

  /** Throws ForbiddenError `no_permission` for who is no administrator. */
  admit(principal: Principal): void {
    this.#require(principal, 'read');
  }

  /** The same for one tag, which must be there. Throws NotFoundError `resource_not_found`. */
  async admitOne(principal: Principal, id: string): Promise<void> {
    this.#require(principal, 'read');
    await this.#find(this.#deps.store.db, principal, id);
  }

  /** Throws InvalidError for a name that a tag of this kind has already. */
  async create(principal: Principal, input: TagInput): Promise<UserTag> {
    this.#require(principal, 'write');
    const uid = uuidv7();
    const by = storedUserId(principal.actor);
    return this.#deps.store
      .transaction(async (trx) => {
        const { rows } = await sql<UserTag>`
          insert into user_tag (uid, tenant_id, kind, name, name_folded, description, created_by, updated_by)
          values (${uid}, ${principal.subject.tenantId}, ${input.kind}, ${input.name}, ${foldName(input.name)},
            ${input.description ?? null}, ${by}::bigint, ${by}::bigint)
          returning uid, name, kind, description, created_at as "createdAt", updated_at as "updatedAt"`.execute(trx);
        await this.#record(trx, principal, { uid, name: input.name }, 'user_tag.create');
        return rows[0]!; // an insert of one row returns one
      })
      .catch(nameTaken);
  }

  /** Changes name and description; the kind stays. Throws NotFoundError `resource_not_found`. */
  async update(
    principal: Principal,
    id: string,
    input: Omit<TagInput, 'kind'> & { readonly kind: TagKind | undefined },
  ): Promise<void> {
    this.#require(principal, 'write');
    await this.#deps.store
      .transaction(async (trx) => {
        const tag = await this.#find(trx, principal, id);
        if (input.kind !== undefined && input.kind !== tag.kind) throw invalidParameter('type');
        await sql`
          update user_tag set name = ${input.name}, name_folded = ${foldName(input.name)}, updated_at = now(),
            description = ${input.description ?? null}, updated_by = ${storedUserId(principal.actor)}::bigint
          where id = ${tag.id}`.execute(trx);
        await this.#record(trx, principal, { uid: tag.uid, name: input.name }, 'user_tag.update');
        await announce(trx, '*');
      })
      .catch(nameTaken);
  }

  /** Deletes a tag with its values. Throws NotFoundError `resource_not_found`. */
  async remove(principal: Principal, id: string): Promise<void> {
    this.#require(principal, 'write');
    await this.#deps.store.transaction(async (trx) => {
      const tag = await this.#find(trx, principal, id);
      await sql`delete from user_tag where id = ${tag.id}`.execute(trx);
      await this.#record(trx, principal, tag, 'user_tag.delete');
      await announce(trx, '*');
    });
  }

  /** Tags of a kind, by name. */
  async list(principal: Principal, kind: TagKind): Promise<UserTag[]> {
    this.#require(principal, 'read');
    const { rows } = await sql<UserTag>`
      select uid, name, kind, description, created_at as "createdAt", updated_at as "updatedAt" from user_tag
      where tenant_id = ${principal.subject.tenantId} and kind = ${kind} order by name_folded`.execute(
      this.#deps.store.db,
    );
    return rows;
  }

  /** Who carries tags of a kind, by name. */
  async values(principal: Principal, kind: TagKind): Promise<TagValues[]> {
    this.#require(principal, 'read');
    const { rows } = await sql<TagValues>`
      select coalesce(u.uid, g.uid) as uid, coalesce(u.username, g.name) as name,
        jsonb_object_agg(t.uid, to_jsonb(v.value)) as values
      from user_tag_value v join user_tag t on t.id = v.tag_id
        left join user_account u on u.id = v.user_id left join user_group g on g.id = v.group_id
      where t.tenant_id = ${principal.subject.tenantId} and t.kind = ${kind}
      group by 1, 2 order by 2`.execute(this.#deps.store.db);
    return rows;
  }

  /** Gives a user, or a group, the values of a tag; none takes the tag away. Throws NotFoundError, InvalidError `user_id`. */
  async setValue(principal: Principal, id: string, subjectId: string, values: readonly string[]): Promise<void> {
    this.#require(principal, 'write');
    const { tenantId } = principal.subject;
    await this.#deps.store.transaction(async (trx) => {
      const tag = await this.#find(trx, principal, id);
      const table = tag.kind === 'user' ? sql`user_account` : sql`user_group`;
      const { rows } = await sql<{ id: number }>`
        select id from ${table} where uid = ${uuidOf(subjectId)}::uuid and tenant_id = ${tenantId}`.execute(trx);
      const subject = rows[0];
      if (subject === undefined) throw invalidParameter('user_id');
      const column = subjects[tag.kind];
      await sql`delete from user_tag_value where tag_id = ${tag.id} and ${column} = ${subject.id}`.execute(trx);
      if (values.length > 0) {
        await sql`insert into user_tag_value (tag_id, ${column}, value)
          values (${tag.id}, ${subject.id}, ${[...values]}::text[])`.execute(trx);
      }
      await this.#record(trx, principal, tag, 'user_tag.value', { [tag.kind]: hexOf(uuidOf(subjectId) ?? '') });
      await announce(trx, '*');
    });
  }

  #require(principal: Principal, work: 'read' | 'write'): void {
    requireScope(principal, work);
    if (!isTenantAdmin(principal)) throw noPermission();
  }

  async #find(
    trx: Executor,
    principal: Principal,
    id: string,
  ): Promise<{ id: number; uid: string; name: string; kind: TagKind }> {
    const { rows } = await sql<{ id: number; uid: string; name: string; kind: TagKind }>`
      select id, uid, name, kind from user_tag
      where uid = ${uuidOf(id)}::uuid and tenant_id = ${principal.subject.tenantId} for update`.execute(trx);
    const [row] = rows;
    if (row === undefined) throw resourceNotFound();
    return row;
  }

  #record(
    trx: Executor,
    principal: Principal,
    tag: { readonly uid: string; readonly name: string },
    action: string,
    detail: object = {},
  ): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'user_tag', uid: tag.uid, name: tag.name },
      detail,
    });
  }
}

function nameTaken(error: unknown): never {
  throw isUniqueViolation(error) ? invalidParameter('name') : error;
}
