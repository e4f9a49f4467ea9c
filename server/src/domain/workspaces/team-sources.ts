/**
 * Data sources as the chorus protocol registers and lists them (chorus.md §3.3; decisions.md 6, 9, 10). They are data
 * sources like all others, visible to everyone of their tenant, under a name of this protocol beside the native one.
 */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, isUniqueViolation, json } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { announce } from '../access/index.ts';
import { ConflictError } from '../errors.ts';
import { foldName, slugOf } from '../identity/names.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { writeSourcePair } from '../sources/credential-rows.ts';
import { refuseWhileInUse } from '../sources/leases.ts';
import type { EngineFacts } from '../sources/model.ts';
import { refuseOwnStore } from '../sources/own-store.ts';
import { recordActivity } from './activities.ts';
import { type Caller, callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import {
  expressible,
  type FoundSource,
  findSource,
  readSourceRows,
  requireManages,
  type SourceRow,
} from './found-source.ts';
import type { Listed, NumberedPage, Person, SourceSummary, Tag } from './model.ts';
import { peopleById, tagsOf } from './people-rows.ts';
import { DatabaseFailedError, invalid, notFound, SourceForbiddenError } from './refusals.ts';
import { doorName, nameScope, type SourceWords, summaryJoins, toSummary } from './source-rows.ts';
import { kinds, nameLimit, type Place, readPlace, type SplitUrl, type TeamSourceInput } from './team-source-input.ts';
import { limits, Problems, safeText } from './text.ts';
import type { PairChecks } from './verify.ts';
import { windowOf } from './workspaces.ts';

export interface TeamSourceDeps extends WorkspaceDeps {
  readonly checks: PairChecks;
  readonly engines: EngineFacts;
  readonly splitUrl: SplitUrl;
}

/** A source in full. */
export interface TeamSource extends SourceSummary {
  readonly host: string;
  readonly port: number | null;
  readonly ssl: boolean;
  readonly dbName: string | null;
  readonly description: string | null;
  /** Of the owner's pair. */
  readonly dbUsername: string | null;
  readonly owner: Person;
  readonly tags: readonly Tag[];
}

export interface TeamSourceFilter {
  readonly entityTypes?: readonly string[];
  /** Every source that the caller may know of; else shared ones, own ones, and those with a pair of the caller's. */
  readonly all?: boolean;
  readonly filterDisabled?: boolean;
}

/** Tries for a native name when others take the same at the same time. */
const slugAttempts = 20;
const states: readonly string[] = ['online', 'offline', 'incomplete', 'disabled', 'enabled'];

export class TeamSources {
  readonly #deps: TeamSourceDeps;

  constructor(deps: TeamSourceDeps) {
    this.#deps = deps;
  }

  /** By lower-cased name, then number. */
  async list(principal: Principal, filter: TeamSourceFilter, page: NumberedPage): Promise<Listed<TeamSource>> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const where = sql.join([this.#listed(caller), ...conditionsOf(caller, filter)], sql` and `);
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from data_source s ${summaryJoins} where ${where}`.execute(db);
    const found = await readSourceRows(
      db,
      where,
      sql`order by lower(coalesce(sn.name, s.title, s.name)), s.id ${windowOf(page)}`,
    );
    return { items: await this.#inFull(found), records: rows[0]?.records ?? 0 };
  }

  /** One source; disabled and half-filled ones are for who manages them. Throws NotFoundError. */
  async get(principal: Principal, id: number): Promise<TeamSource> {
    const found = await this.find(principal, id);
    const usable = found.summary.state !== 'disabled' && found.summary.state !== 'incomplete';
    if (!usable && !found.manages) throw notFound('data source');
    return this.#one(found.row);
  }

  /** A source that the caller may know of, whatever its state. */
  async find(principal: Principal, id: number): Promise<FoundSource> {
    const { store, access } = this.#deps;
    return findSource(store.db, access, await callerOf(store.db, principal), id);
  }

  /** Registers a source whose pair works; with state `incomplete` whatever there is of it. */
  async create(principal: Principal, input: TeamSourceInput): Promise<TeamSource> {
    const { store, access } = this.#deps;
    access.authoriseCreate(principal);
    const caller = await callerOf(store.db, principal);
    const { entityType } = input;
    if (entityType === undefined || !Object.hasOwn(kinds, entityType)) throw invalid('entity_type', 'invalid', {});
    const lenient = input.state === 'incomplete';
    const problems = new Problems();
    const name = problems.required(input.name, 'name', nameLimit);
    const place = this.#place(problems, entityType, { ...input, host: input.host, dbName: input.dbName }, lenient);
    const pair = readPair(problems, input, lenient);
    const description = problems.text(input.description, 'description', limits.description);
    problems.settle();
    await this.#refuseTaken(caller, name, null);
    refuseOwnStore(store.endpoint, { ...place, username: pair.username ?? null });
    const words: SourceWords = {
      entityType,
      isHawq: input.isHawq ?? null,
      host: input.host ?? '',
      ssl: input.ssl ?? false,
      isPublic: input.isPublic ?? true,
      ...(lenient ? { incomplete: true } : {}),
    };
    const version = lenient ? undefined : await this.#tried(principal, place, words, pair);
    const id = await this.#insertUnderFreeName(principal, {
      name,
      place,
      words,
      pair,
      description: description === null ? null : safeText(description),
      shared: input.shared ?? false,
      version,
    });
    return this.#byId(principal, id);
  }

  /** Changes what the input says; where it is and its pair are tried first. */
  async update(principal: Principal, id: number, input: TeamSourceInput): Promise<TeamSource> {
    requireScope(principal, 'write');
    const { store } = this.#deps;
    const found = await this.find(principal, id);
    requireManages(found);
    const plan = await this.#plan(principal, found, input);
    await store
      .transaction((trx) => this.#change(trx, principal, found, plan))
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'source_name_taken') ? nameTaken() : error;
      });
    return this.#byId(principal, id);
  }

  /** Deletes for everybody, its pairs with it; also a disabled one. Throws ConflictError `source_in_use`. */
  async remove(principal: Principal, id: number): Promise<void> {
    requireScope(principal, 'write');
    const found = await this.find(principal, id);
    requireManages(found);
    await this.#deps.store.transaction(async (trx) => {
      await this.#lock(trx, found);
      await refuseWhileInUse(trx, { id, name: found.summary.name }, 'the delete');
      await sql`delete from credential where source_id = ${id} and kind <> 'source'`.execute(trx);
      await sql`
        with names as (update source_name set live = false where source_id = ${id})
        update data_source set deleted_at = now(), updated_at = now(), version = version + 1 where id = ${id}`.execute(
        trx,
      );
      await this.#record(trx, principal, found.row, 'source.delete', { version: found.row.version + 1 });
    });
  }

  /** Lets the owner's pair serve everybody, and removes all others. */
  async share(principal: Principal, id: number): Promise<TeamSource> {
    return this.#share(principal, id, true);
  }

  async unshare(principal: Principal, id: number): Promise<TeamSource> {
    return this.#share(principal, id, false);
  }

  /**
   * Gives the source to another person. Shared: its pair goes along; else the new owner's own pair becomes the
   * source's. Throws NotFoundError for who does not manage it, SourceForbiddenError when the new owner has no pair.
   */
  async changeOwner(principal: Principal, id: number, newOwner: number | undefined): Promise<TeamSource> {
    requireScope(principal, 'write');
    const found = await this.find(principal, id);
    if (!found.manages) throw notFound('data source');
    await this.#deps.store.transaction(async (trx) => {
      await this.#lock(trx, found);
      const user = await trx
        .selectFrom('user_account')
        .select(['id', 'username'])
        .where('id', '=', newOwner ?? 0)
        .where('tenant_id', '=', found.row.tenant_id)
        .where('builtin', 'is', null)
        .executeTakeFirst();
      if (user === undefined) throw notFound('user');
      if (user.id === found.row.source_owner_id) return;
      await refuseWhileInUse(trx, { id, name: found.summary.name }, 'a change of the owner');
      if (!found.summary.shared) await this.#swapPairs(trx, principal, found, user.id);
      await sql`
        update data_source set owner_id = ${user.id}, version = version + 1, settings_version = settings_version + 1,
          updated_at = now() where id = ${id}`.execute(trx);
      await this.#record(trx, principal, found.row, 'source.update', { changed: ['owner'], owner: user.username });
    });
    return this.#byId(principal, id);
  }

  #listed(caller: Caller): RawBuilder<unknown> {
    const visible = this.#deps.access.visibleFilter(caller.principal, { alias: 's' });
    return sql`${expressible(caller.tenantId)} and ${visible}`;
  }

  async #byId(principal: Principal, id: number): Promise<TeamSource> {
    return this.#one((await this.find(principal, id)).row);
  }

  async #one(row: SourceRow): Promise<TeamSource> {
    const [one] = await this.#inFull([row]);
    if (one === undefined) throw notFound('data source');
    return one;
  }

  async #inFull(rows: readonly SourceRow[]): Promise<TeamSource[]> {
    if (rows.length === 0) return [];
    const { db } = this.#deps.store;
    const people = await peopleById(
      db,
      rows.map((row) => row.source_owner_id),
    );
    const ids = rows.map((row) => row.source_id);
    const { rows: tagged } = await sql<{ id: number; tags: readonly Tag[] }>`
      select s.id, ${tagsOf('data_source', sql`s.id`)} as tags from data_source s
      where s.id = any(${ids}::bigint[])`.execute(db);
    const tags = new Map(tagged.map((one) => [one.id, one.tags]));
    return rows.flatMap((row) => {
      const owner = people.get(row.source_owner_id);
      if (owner === undefined) return [];
      return [
        {
          ...toSummary(row),
          host: row.words?.host ?? row.host ?? '',
          port: row.port,
          ssl: row.words?.ssl ?? (row.tls_mode !== null && row.tls_mode !== 'disable' && row.tls_mode !== 'prefer'),
          dbName: row.database,
          description: row.description,
          dbUsername: row.username,
          owner,
          tags: tags.get(row.source_id) ?? [],
        },
      ];
    });
  }

  #place(
    problems: Problems,
    entityType: string,
    input: { readonly host: unknown; readonly port?: unknown; readonly dbName?: unknown },
    lenient: boolean,
  ): Place {
    const { engines, splitUrl } = this.#deps;
    const given = { host: input.host, port: input.port, dbName: input.dbName };
    return readPlace(problems, entityType, given, {
      lenient,
      splitUrl,
      defaultPort: (engine) => engines.defaultPort(engine),
    });
  }

  async #tried(
    principal: Principal,
    place: Place,
    words: SourceWords,
    pair: { readonly username?: string; readonly password?: string },
  ): Promise<string | undefined> {
    if (place.engine === null || place.host === null) {
      throw new DatabaseFailedError('DATA_SOURCE_DRIVER_NOT_CONFIGURED', 'No engine here can run this data source.');
    }
    const draft = {
      engine: place.engine,
      host: place.host,
      ...(place.port === null ? {} : { port: place.port }),
      database: place.database,
      username: pair.username ?? '',
      password: pair.password ?? '',
      tls: { mode: words.ssl === true ? ('require' as const) : ('prefer' as const) },
    };
    return this.#deps.checks.check(principal, { draft }, words.isHawq === true);
  }

  async #refuseTaken(caller: Caller, name: string, except: number | null): Promise<void> {
    const { rows } = await sql<{ taken: boolean }>`
      select exists (select 1 from data_source s ${summaryJoins}
        where ${this.#listed(caller)} and lower(coalesce(sn.name, s.title, s.name)) = ${foldName(name)}
          and s.id is distinct from ${except}::bigint) as taken`.execute(this.#deps.store.db);
    if (rows[0]?.taken === true) throw nameTaken();
  }

  async #insertUnderFreeName(principal: Principal, made: NewSource): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#deps.store.transaction((trx) => this.#insert(trx, principal, made));
      } catch (error) {
        if (isUniqueViolation(error, 'source_name_taken')) throw nameTaken();
        // Somebody took the native name between our look and our write.
        if (!isUniqueViolation(error, 'data_source_name') || attempt >= slugAttempts) throw error;
      }
    }
  }

  async #insert(trx: Executor, principal: Principal, made: NewSource): Promise<number> {
    const { subject } = principal;
    const { place, words } = made;
    const uid = uuidv7();
    const name = await freeSlug(trx, subject.tenantId, made.name);
    const { id } = await trx
      .insertInto('data_source')
      .values({
        uid,
        tenant_id: subject.tenantId,
        name,
        name_folded: foldName(name),
        title: made.name,
        description: made.description,
        ...place,
        tls: json({ mode: words.ssl === true ? 'require' : 'prefer' }),
        owner_id: subject.id,
        created_by: storedUserId(principal.actor),
        visibility: 'tenant',
        shares_credential: made.shared,
        complete: words.incomplete !== true && place.engine !== null && place.host !== null && place.port !== null,
        ...(made.version === undefined ? {} : { probe: 'online', probe_at: sql`now()`, server_version: made.version }),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await writeDoor(trx, { id, tenantId: subject.tenantId }, made.name, words);
    await writeSourcePair(trx, this.#deps.vault, principal, { id, tenantId: subject.tenantId }, made.pair);
    const row = { source_id: id, source_uid: uid, native_name: name, tenant_id: subject.tenantId };
    await this.#record(trx, principal, row, 'source.create', {
      engine: place.engine,
      tls: words.ssl === true ? 'require' : 'prefer',
      version: 1,
    });
    await recordActivity(trx, {
      tenantId: subject.tenantId,
      actorId: subject.id,
      action: 'DataSourceCreated',
      workspaceId: null,
      entityType: 'data_source',
      entityId: id,
    });
    return id;
  }

  /** Reads a change against what there is, and tries what it would make of the connection. */
  async #plan(principal: Principal, found: FoundSource, input: TeamSourceInput): Promise<SourcePlan> {
    const { row, summary } = found;
    const caller = await callerOf(this.#deps.store.db, principal);
    const problems = new Problems();
    if (input.state !== undefined && !states.includes(input.state)) {
      problems.add('state', 'inclusion', { value: input.state });
    }
    const name = input.name === undefined ? summary.name : problems.required(input.name, 'name', nameLimit);
    const lenient = input.state === 'incomplete' || (found.words.incomplete === true && input.state !== 'enabled');
    const shown = { host: found.words.host ?? row.host, port: row.port, dbName: row.database };
    const place = this.#place(
      problems,
      summary.entityType,
      {
        host: input.host ?? shown.host,
        port: input.port === undefined ? shown.port : input.port,
        dbName: input.dbName === undefined ? shown.dbName : input.dbName,
      },
      lenient,
    );
    const description =
      input.description === undefined
        ? row.description
        : problems.text(input.description, 'description', limits.description);
    const pair = readPair(problems, input, true);
    problems.settle();
    if (name !== summary.name) await this.#refuseTaken(caller, name, row.source_id);
    const { incomplete: _was, ...kept } = found.words;
    const words: SourceWords = {
      ...kept,
      entityType: summary.entityType,
      host: input.host ?? shown.host ?? '',
      ssl: input.ssl ?? found.words.ssl ?? false,
      ...(input.isHawq === undefined ? {} : { isHawq: input.isHawq }),
      ...(input.isPublic === undefined ? {} : { isPublic: input.isPublic }),
      ...(lenient ? { incomplete: true } : {}),
    };
    const moved =
      place.engine !== row.engine ||
      place.host !== row.host ||
      place.port !== row.port ||
      place.database !== row.database ||
      words.ssl !== (found.words.ssl ?? false);
    const enabled = input.state === 'disabled' ? false : input.state === 'enabled' ? true : row.enabled;
    const tries =
      !lenient && (moved || pair.username !== undefined || pair.password !== undefined || (enabled && !row.enabled));
    refuseOwnStore(this.#deps.store.endpoint, { ...place, username: pair.username ?? row.username });
    const version = tries
      ? await this.#tryAgain(principal, found, place, words, pair, input.state === 'enabled')
      : undefined;
    const safe = description === null ? null : safeText(description);
    return { name, place, words, pair, description: safe, enabled, moved, version };
  }

  /** A probe that fails only shows: the source is enabled and offline. Everything else must work. */
  async #tryAgain(
    principal: Principal,
    found: FoundSource,
    place: Place,
    words: SourceWords,
    pair: { readonly username?: string; readonly password?: string },
    probing: boolean,
  ): Promise<string | undefined> {
    const stored = await this.#storedPair(found);
    const whole = {
      username: pair.username ?? stored?.username ?? '',
      password: pair.password ?? stored?.password ?? '',
    };
    try {
      return await this.#tried(principal, place, words, whole);
    } catch (error) {
      if (probing && error instanceof DatabaseFailedError) return undefined;
      throw error;
    }
  }

  async #storedPair(found: FoundSource): Promise<{ username: string; password: string } | undefined> {
    const { rows } = await sql<{ uid: string; username: string | null; sealed: Buffer | null }>`
      select uid, username, secret_sealed as sealed from credential
      where source_id = ${found.row.source_id} and kind = 'source' and level = 'any'`.execute(this.#deps.store.db);
    const [row] = rows;
    if (row?.username == null || row.sealed === null) return undefined;
    try {
      const context = { tenantId: found.row.tenant_id, table: 'credential', rowUid: row.uid, field: 'secret' };
      return { username: row.username, password: this.#deps.vault.openText(context, row.sealed) };
    } catch {
      return undefined; // unreadable: a new one must be said (S7)
    }
  }

  async #change(trx: Executor, principal: Principal, found: FoundSource, plan: SourcePlan): Promise<void> {
    const { row } = found;
    await this.#lock(trx, found);
    const repaired = plan.pair.username !== undefined || plan.pair.password !== undefined;
    const renamed = plan.name !== found.summary.name;
    if (plan.moved || repaired || renamed) {
      await refuseWhileInUse(trx, { id: row.source_id, name: found.summary.name }, 'a change of it');
    }
    const { place, words } = plan;
    await trx
      .updateTable('data_source')
      .set({
        ...place,
        title: plan.name,
        description: plan.description,
        enabled: plan.enabled,
        ...(plan.moved ? { tls: json({ mode: words.ssl === true ? 'require' : 'prefer' }) } : {}),
        complete: words.incomplete !== true && place.engine !== null && place.host !== null && place.port !== null,
        ...(plan.version === undefined ? {} : { probe: 'online', probe_at: sql`now()`, server_version: plan.version }),
        version: row.version + 1,
        settings_version: plan.moved || repaired ? row.settings_version + 1 : row.settings_version,
        updated_at: sql`now()`,
      })
      .where('id', '=', row.source_id)
      .execute();
    await writeDoor(trx, { id: row.source_id, tenantId: row.tenant_id }, plan.name, words);
    if (repaired) {
      await writeSourcePair(
        trx,
        this.#deps.vault,
        principal,
        { id: row.source_id, tenantId: row.tenant_id },
        plan.pair,
      );
    }
    await this.#record(trx, principal, row, 'source.update', {
      moved: plan.moved,
      renamed,
      credential: repaired,
      enabled: plan.enabled,
      version: row.version + 1,
    });
  }

  async #share(principal: Principal, id: number, shared: boolean): Promise<TeamSource> {
    requireScope(principal, 'write');
    const found = await this.find(principal, id);
    if (!found.row.enabled) throw new ConflictError('source_disabled', 'The data source is disabled.');
    requireManages(found);
    await this.#deps.store.transaction(async (trx) => {
      await this.#lock(trx, found);
      await refuseWhileInUse(trx, { id, name: found.summary.name }, 'a change of its credentials');
      if (shared) await sql`delete from credential where source_id = ${id} and kind <> 'source'`.execute(trx);
      await sql`
        update data_source set shares_credential = ${shared}, version = version + 1, updated_at = now()
        where id = ${id}`.execute(trx);
      await this.#record(trx, principal, found.row, 'source.update', { changed: ['sharesCredential'], shared });
    });
    return this.#byId(principal, id);
  }

  /** The new owner's personal pair becomes the source's; the old owner keeps his as a personal one. */
  async #swapPairs(trx: Executor, principal: Principal, found: FoundSource, newOwner: number): Promise<void> {
    const { row } = found;
    const { vault } = this.#deps;
    const { rows } = await sql<{ uid: string; kind: string; username: string; sealed: Buffer }>`
      select uid, kind, username, secret_sealed as sealed from credential
      where source_id = ${row.source_id} and level = 'any' and username is not null and secret_sealed is not null
        and (kind = 'source' or user_id = ${newOwner}) for update`.execute(trx);
    const theirs = rows.find((one) => one.kind === 'personal');
    if (theirs === undefined) throw new SourceForbiddenError(found.summary);
    const context = { tenantId: row.tenant_id, table: 'credential', rowUid: theirs.uid, field: 'secret' };
    const pair = { username: theirs.username, password: vault.openText(context, theirs.sealed) };
    await trx.deleteFrom('credential').where('uid', '=', theirs.uid).execute();
    await sql`
      update credential set kind = 'personal', user_id = ${row.source_owner_id}
      where source_id = ${row.source_id} and kind = 'source'`.execute(trx);
    await writeSourcePair(trx, vault, principal, { id: row.source_id, tenantId: row.tenant_id }, pair);
  }

  async #lock(trx: Executor, { row }: FoundSource): Promise<void> {
    const { rows } = await sql<{ version: number }>`
      select version from data_source where id = ${row.source_id} and deleted_at is null for update`.execute(trx);
    if (rows[0] === undefined) throw notFound('data source');
    if (rows[0].version !== row.version) {
      throw new ConflictError('source_changed', 'Somebody has changed the data source just now.', {
        remedy: 'Try again.',
      });
    }
  }

  async #record(
    trx: Executor,
    principal: Principal,
    row: Pick<SourceRow, 'source_id' | 'source_uid' | 'native_name' | 'tenant_id'>,
    action: string,
    detail: object,
  ): Promise<void> {
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'source', uid: row.source_uid, name: row.native_name },
      tenantId: row.tenant_id,
      detail,
    });
    await announce(trx, `s:${row.source_id}`);
  }
}

interface NewSource {
  readonly name: string;
  readonly place: Place;
  readonly words: SourceWords;
  readonly pair: { readonly username?: string; readonly password?: string };
  readonly description: string | null;
  readonly shared: boolean;
  /** Of the server that answered. */
  readonly version: string | undefined;
}

interface SourcePlan extends Omit<NewSource, 'shared'> {
  readonly enabled: boolean;
  /** Where it is, or how one connects, changes. */
  readonly moved: boolean;
}

function readPair(
  problems: Problems,
  input: TeamSourceInput,
  lenient: boolean,
): { readonly username?: string; readonly password?: string } {
  const pair: { username?: string; password?: string } = {};
  if (input.dbUsername !== undefined || !lenient) {
    pair.username = problems.required(input.dbUsername, 'db_username', limits.name);
  }
  if (input.dbPassword !== undefined || !lenient) {
    pair.password = problems.required(input.dbPassword, 'db_password', 4096);
  }
  return pair;
}

function conditionsOf(caller: Caller, filter: TeamSourceFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (filter.entityTypes !== undefined) {
    conditions.push(sql`coalesce(sd.data ->> 'entityType', case s.engine when 'postgresql' then 'pg_data_source'
      when 'oracle' then 'oracle_data_source' else 'jdbc_data_source' end) = any(${[...filter.entityTypes]}::text[])`);
  }
  if (filter.all !== true) {
    conditions.push(sql`(s.shares_credential or s.owner_id = ${caller.userId}
      or exists (select 1 from credential c where c.source_id = s.id and c.user_id = ${caller.userId}))`);
  }
  const usable = sql`s.enabled and coalesce(sd.data ->> 'incomplete', 'false') <> 'true'`;
  if (filter.filterDisabled === true) conditions.push(usable);
  // What cannot be used is shown to who can mend it.
  else if (!caller.dataAdmin) conditions.push(sql`((${usable}) or s.owner_id = ${caller.userId})`);
  return conditions;
}

function nameTaken(): ConflictError {
  return new ConflictError('name_taken', 'There is a data source with this name already.', {
    field: 'name',
    remedy: 'Use another name.',
  });
}

async function writeDoor(
  trx: Executor,
  row: { readonly id: number; readonly tenantId: number },
  name: string,
  words: SourceWords,
): Promise<void> {
  await sql`
    insert into source_name (tenant_id, source_id, door, scope, folded_name, name)
    values (${row.tenantId}, ${row.id}, ${doorName}, ${nameScope(row.tenantId)}, ${foldName(name)}, ${name})
    on conflict (source_id, door) do update
      set folded_name = excluded.folded_name, name = excluded.name, live = true`.execute(trx);
  await sql`
    insert into source_door_data (tenant_id, source_id, door, data)
    values (${row.tenantId}, ${row.id}, ${doorName}, ${json(words)})
    on conflict (source_id, door) do update set data = excluded.data, updated_at = now()`.execute(trx);
}

/** A native name made of a free one: a suffix counts up until it is free (decisions.md 9). */
async function freeSlug(trx: Executor, tenantId: number, name: string): Promise<string> {
  const plain = /^[A-Za-z0-9_-]+$/.test(name) ? name : slugOf(name) || 'source';
  const folded = plain.toLowerCase();
  const { rows } = await sql<{ name_folded: string }>`
    select name_folded from data_source where tenant_id = ${tenantId} and deleted_at is null
      and (name_folded = ${folded} or name_folded like ${`${folded.replace(/[\\%_]/g, '\\$&')}-%`})`.execute(trx);
  const taken = new Set(rows.map((row) => row.name_folded));
  if (!taken.has(folded)) return plain;
  let suffix = 2;
  while (taken.has(`${folded}-${suffix}`)) suffix += 1;
  return `${plain}-${suffix}`;
}
