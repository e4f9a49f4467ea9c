/** Sources as legacy doors work with them: by number, as lists of one account, with the door's own words. */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { Action, SourceAddress, SourceFacts } from '../access/index.ts';
import { announce } from '../access/index.ts';
import { ForbiddenError, NotFoundError } from '../errors.ts';
import { Permission } from '../identity/permissions.ts';
import type { DoorName, Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import type { Current } from './definition.ts';
import { type DoorEntry, openDoorSecrets, readDoorEntry } from './door-entries.ts';
import { checkPermissions } from './fields.ts';
import { currentOf } from './list-filter.ts';
import { type GroupMember, readMembers } from './members.ts';
import type { JsonObject, SourceInput, SourcePatch } from './model.ts';
import { byId, readSources } from './rows.ts';
import type { Sources, SourcesDeps } from './sources.ts';

/** A source in a list. */
export interface ListedSource {
  readonly id: number;
  readonly name: string;
  readonly engine: string | null;
  readonly description: string | null;
  readonly is_group: boolean;
  readonly owner_id: number;
  readonly permissions: number[] | null;
  /** The door's own words without its options; null where an engine says it all. */
  readonly data: JsonObject | null;
  /** Names of the door's options; null unless asked for. */
  readonly option_names: readonly string[] | null;
  /** With a user or a tenant. Told of the account's own sources, and only where asked for. */
  readonly shared: boolean;
}

export interface DoorDefinition {
  readonly id: number;
  readonly name: string;
  readonly ownerId: number;
  readonly isGroup: boolean;
  readonly current: Current;
  readonly shared: boolean;
  readonly members: readonly GroupMember[];
  /** What the door itself said; null when it has said nothing. */
  readonly data: JsonObject | null;
  /** Names of the door's secrets. */
  readonly secretNames: readonly string[];
}

export interface AccountFilter {
  readonly kind?: 'simple' | 'group' | undefined;
  /** Groups that this source is a member of. */
  readonly memberId?: number | undefined;
  /** Says of each own source whether it is shared. */
  readonly shares?: boolean | undefined;
  /** Reads the names of the door's options too, which may be large. */
  readonly optionNames?: boolean | undefined;
}

/** A door's write of a definition, made from what there is. */
export interface DoorChange {
  readonly patch: SourcePatch;
  readonly entry: DoorEntry;
}

export class DoorSources {
  readonly #deps: SourcesDeps;
  readonly #sources: Sources;

  constructor(deps: SourcesDeps, sources: Sources) {
    this.#deps = deps;
    this.#sources = sources;
  }

  /**
   * Sources of the principal's subject, and those of others whose definition it may read, by number. Also an administrator
   * gets one account's list; acting for somebody, all that this one owns.
   */
  async list(principal: Principal, door: DoorName, filter: AccountFilter = {}): Promise<ListedSource[]> {
    requireScope(principal, 'read');
    const { subject } = principal;
    const administrator = subject.permissions.has(Permission.administrator);
    const permissions = new Set([...subject.permissions].filter((id) => id !== Permission.administrator));
    const visible = this.#deps.access.visibleFilter(
      { ...principal, subject: { ...subject, permissions } },
      { alias: 's' },
    );
    const own = administrator ? sql`(s.owner_id = ${subject.id} or ${visible})` : visible;
    const conditions: RawBuilder<unknown>[] = [sql`s.deleted_at is null`, own];
    if (filter.kind !== undefined) conditions.push(sql`s.is_group = ${filter.kind === 'group'}`);
    if (filter.memberId !== undefined) {
      conditions.push(sql`s.id in (select group_id from source_member where member_id = ${filter.memberId})`);
    }
    return readListed(this.#deps.store.db, door, sql.join(conditions, sql` and `), {
      optionNames: filter.optionNames === true,
      sharesOfOwner: filter.shares === true ? subject.id : null,
    });
  }

  /** All that a user owns or is shared with; whoever may see the user's account has been asked for before. */
  async listOf(principal: Principal, door: DoorName, userId: number): Promise<ListedSource[]> {
    requireScope(principal, 'read');
    return readListed(
      this.#deps.store.db,
      door,
      sql`s.deleted_at is null and (s.owner_id = ${userId} or s.id in (
        select sh.resource_id from share sh left join user_account u on u.id = ${userId}
        where sh.resource_type = 'source' and (sh.user_id = ${userId} or sh.subject_tenant_id = u.tenant_id)))`,
      { optionNames: false, sharesOfOwner: userId },
    );
  }

  /**
   * The facts, when the principal may do this with the source. Acting for somebody, it must be this one's own, or for
   * `source.view` and use at least shared with this one. Throws like `Access.authorise`.
   */
  async admit(principal: Principal, at: SourceAddress, action: Action): Promise<SourceFacts> {
    const facts = await this.#deps.access.resolve(principal, at);
    if (principal.subject !== principal.actor && !reachable(principal, facts, action)) throw notFound();
    this.#deps.access.authorise(principal, action, facts);
    return facts;
  }

  /** Throws like `Sources.get`. */
  async definition(principal: Principal, at: SourceAddress, door: DoorName): Promise<DoorDefinition> {
    return this.#definition(principal, await this.admit(principal, at, 'source.view'), door);
  }

  /** Registers a source under the door's name; unique for its owner: ConflictError `name_taken`. */
  async create(
    principal: Principal,
    input: SourceInput,
    entry: DoorEntry,
    kind: 'simple' | 'group',
  ): Promise<DoorDefinition> {
    const { id } = await this.#sources.createFor(principal, input, { entry, kind });
    const facts = await this.#deps.access.factsById(this.#deps.store.db, principal, id);
    if (facts === null) throw notFound();
    return this.#definition(principal, facts, entry.door);
  }

  /** Replaces what the door can express. `plan` gets what there is, secrets included. Throws like `Sources.update`. */
  async replace(
    principal: Principal,
    facts: SourceFacts,
    door: DoorName,
    plan: (now: DoorDefinition, secrets: Readonly<Record<string, string>>) => DoorChange,
  ): Promise<DoorDefinition> {
    const { id, uid, tenantId } = facts.source;
    const before = await this.#definition(principal, facts, door);
    const { sealed } = await readDoorEntry(this.#deps.store.db, id, door);
    const secrets = openDoorSecrets(this.#deps.vault, { id, uid, tenantId }, door, sealed) ?? {};
    const { patch, entry } = plan(before, secrets);
    await this.#sources.update(principal, { id }, patch, { entry });
    return this.#definition(principal, facts, door);
  }

  /** Restricts what the owner may do, or takes the restriction away. For administrators who act for the owner. */
  async restrict(principal: Principal, id: number, permissions: readonly number[] | null): Promise<number[] | null> {
    requireScope(principal, 'admin');
    const checked = checkPermissions(permissions);
    return this.#deps.store.transaction(async (trx) => {
      const source = await this.#ownedBySubject(trx, principal, id);
      await sql`update data_source set permissions = ${checked}::smallint[], version = version + 1, updated_at = now()
        where id = ${id}`.execute(trx);
      await this.#deps.audit.record(trx, principal, {
        action: 'source.restrict',
        outcome: 'allowed',
        resource: { type: 'source', uid: source.uid, name: source.name },
        tenantId: source.tenantId,
        detail: { before: source.permissions, after: checked },
      });
      await announce(trx, `s:${id}`);
      return checked;
    });
  }

  /**
   * The source when the principal acts for its owner and administers the owner's tenant. Throws NotFoundError
   * `source_not_found`, ForbiddenError `administrator_required`.
   */
  async mayRestrict(principal: Principal, id: number): Promise<void> {
    await this.#ownedBySubject(this.#deps.store.db, principal, id);
  }

  async #ownedBySubject(
    executor: Executor,
    principal: Principal,
    id: number,
  ): Promise<{ uid: string; name: string; tenantId: number; permissions: number[] | null }> {
    const { actor, subject } = principal;
    const row = await executor
      .selectFrom('data_source')
      .select(['uid', 'name', 'tenant_id', 'permissions'])
      .where('id', '=', id)
      .where('owner_id', '=', subject.id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) throw notFound();
    if (!actor.permissions.has(Permission.administrator) && !actor.adminOfTenantIds.includes(row.tenant_id)) {
      throw new ForbiddenError('administrator_required', 'Only an administrator may restrict what the owner may do.');
    }
    return { uid: row.uid, name: row.name, tenantId: row.tenant_id, permissions: row.permissions };
  }

  /** Whether the user owns a live source of this number. */
  async isOwned(id: number, userId: number): Promise<boolean> {
    const row = await this.#deps.store.db
      .selectFrom('data_source')
      .select('id')
      .where('id', '=', id)
      .where('owner_id', '=', userId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** What a door keeps of a user's source. Administrators only. */
  async words(principal: Principal, id: number, userId: number, door: DoorName): Promise<JsonObject> {
    if (!(await this.isOwned(id, userId))) throw notFound();
    requireAdministrator(principal);
    return (await readDoorEntry(this.#deps.store.db, id, door)).data ?? {};
  }

  /** Sets one member of it. Administrators only. */
  async setWord(
    principal: Principal,
    id: number,
    userId: number,
    door: DoorName,
    member: string,
    value: JsonObject,
  ): Promise<void> {
    requireScope(principal, 'write');
    const words = await this.words(principal, id, userId, door);
    await this.#sources.update(principal, { id }, {}, { entry: { door, data: { ...words, [member]: value } } });
  }

  async #definition(principal: Principal, facts: SourceFacts, door: DoorName): Promise<DoorDefinition> {
    const { db } = this.#deps.store;
    const { id, uid, tenantId } = facts.source;
    const [record] = await readSources(db, principal, {
      shares: 'without',
      where: sql`${byId(id)} and s.deleted_at is null`,
    });
    if (record === undefined) throw notFound();
    const entry = await readDoorEntry(db, id, door);
    const secrets = openDoorSecrets(this.#deps.vault, { id, uid, tenantId }, door, entry.sealed);
    const { rows } = await sql`
      select 1 from share where resource_type = 'source' and resource_id = ${id} and subject_type in ('user', 'tenant') limit 1`.execute(
      db,
    );
    return {
      id,
      name: entry.name ?? record.name,
      ownerId: record.owner_id,
      isGroup: facts.source.isGroup,
      current: currentOf(record),
      shared: rows.length > 0,
      members: facts.source.isGroup ? await readMembers(db, id) : [],
      data: entry.data,
      secretNames: Object.keys(secrets ?? {}),
    };
  }
}

/** What acting for somebody reaches: what this one owns; to look at and to use also what is shared with this one. */
function reachable({ subject }: Principal, facts: SourceFacts, action: Action): boolean {
  if (facts.source.ownerId === subject.id) return true;
  if (action !== 'source.view' && action !== 'source.schema' && action !== 'source.test') return false;
  return facts.userShare !== null || facts.groupShares.length > 0 || facts.tenantShare !== null;
}

async function readListed(
  executor: Executor,
  door: DoorName,
  where: RawBuilder<unknown>,
  read: { readonly optionNames: boolean; readonly sharesOfOwner: number | null },
): Promise<ListedSource[]> {
  const names = read.optionNames ? sql`array(select jsonb_object_keys(d.data->'options'))` : sql`null`;
  // One probe a source, of the index `share_seen`: written as an "exists" the planner would read everybody's shares.
  const shared =
    read.sharesOfOwner === null
      ? sql`false`
      : sql`s.owner_id = ${read.sharesOfOwner} and (select true from share h where h.resource_type = 'source'
          and h.resource_id = s.id and h.group_id is null limit 1) is not null`;
  const { rows } = await sql<ListedSource>`
    select s.id, coalesce(n.name, s.name) as name, s.engine, s.description, s.is_group, s.owner_id, s.permissions,
      case when s.engine is null then d.data - 'options' end as data, ${names} as option_names, ${shared} as shared
    from data_source s
    left join source_name n on n.source_id = s.id and n.door = ${door}
    left join source_door_data d on d.source_id = s.id and d.door = ${door}
    where ${where} order by s.id`.execute(executor);
  return rows;
}

function requireAdministrator({ actor }: Principal): void {
  if (actor.permissions.has(Permission.administrator)) return;
  throw new ForbiddenError('administrator_required', 'Only an administrator may.');
}

function notFound(): NotFoundError {
  return new NotFoundError('source_not_found', 'There is no such data source.');
}
