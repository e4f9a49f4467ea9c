/**
 * Connections (fetcher.md §3–§5.1): data sources that the built-in user `fetcher` of a tenant owns, under a name of this
 * door, and other data sources of the tenant that it can express. Every change is one transaction with its audit event.
 *
 * Gate and write are one step: the row is locked FOR UPDATE, read again, held against the job leases, and written. So two
 * patches of different members both survive, and a record that was deleted meanwhile is never written (§4.3).
 */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, isUniqueViolation, type Store, toBuffer } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { type Access, announce, effectivePermissions, type SourceFacts } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { writeSourcePair } from '../sources/credential-rows.ts';
import { refuseWhileInUse } from '../sources/leases.ts';
import { sameJson } from '../sources/merge-patch.ts';
import type { JsonObject } from '../sources/model.ts';
import { refuseOwnStore } from '../sources/own-store.ts';
import type { Sources } from '../sources/sources.ts';
import { isWeakened } from '../sources/tls.ts';
import { tlsKeyContext } from '../sources/view.ts';
import { readCreate, readPatch, type ShapeContext } from './connection-input.ts';
import {
  type AppliedPatch,
  applyPatch,
  type ConnectionRow,
  checkRecord,
  type KeptRecord,
  type KeyChange,
  keptOf,
  newRecord,
  recordOf,
  viewOf,
} from './connection-record.ts';
import {
  countConnections,
  doorName,
  freeSlug,
  readConnection,
  readConnections,
  storedColumns,
  writeDoor,
} from './connection-rows.ts';
import { typeFacts } from './engines.ts';
import { isGuarded } from './host.ts';
import type {
  ConnectionInput,
  ConnectionPage,
  ConnectionQuery,
  ConnectionType,
  ConnectionView,
  FetcherRules,
} from './model.ts';
import { conflict, entityNotFound, forbiddenHost, missingFields, nameTaken } from './refusals.ts';

export interface ConnectionsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly sources: Pick<Sources, 'remove'>;
  readonly rules: FetcherRules;
}

/** A connection that a request named, with what decisions about it rest on. */
export interface FoundConnection {
  readonly view: ConnectionView;
  readonly row: ConnectionRow;
  readonly facts: SourceFacts;
  readonly internal: boolean;
}

/** Tries for a native name when others take the same at the same time. */
const slugAttempts = 20;

export class Connections {
  readonly #deps: ConnectionsDeps;

  constructor(deps: ConnectionsDeps) {
    this.#deps = deps;
  }

  /**
   * May this principal come in at all? Holders of 104 and 12, and tokens of scope `door:fetcher`; a token must also
   * cover the class of work. Throws ForbiddenError.
   */
  admit(principal: Principal, work: 'read' | 'write'): void {
    const { permissions } = principal.subject;
    const may =
      permissions.has(Permission.manageTenantSources) ||
      permissions.has(Permission.administrator) ||
      principal.scopes?.has(`door:${doorName}`) === true;
    if (!may) {
      throw new ForbiddenError('permission_missing', 'This door takes permission 104 or the token scope door:fetcher.');
    }
    requireScope(principal, work);
  }

  /** Reads a create body (§3.1 steps 2–6) and registers the connection. Throws InvalidError, ConflictError FET-1002. */
  async create(principal: Principal, product: string, body: unknown): Promise<ConnectionView> {
    requireScope(principal, 'write');
    const { store, rules } = this.#deps;
    const input = readCreate(body, this.#shape(principal));
    const applied = newRecord(input as Parameters<typeof newRecord>[0], product);
    checkRecord(applied.record, rules, true);
    const kept = keptOf(applied.record, null);
    this.#refuseOwnStore(kept, applied.record.userName);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await store.transaction((trx) => this.#insert(trx, principal, applied, kept, input.password ?? ''));
      } catch (error) {
        if (isUniqueViolation(error, 'source_name_taken')) throw nameTaken();
        // Somebody took the native name between our look and our write.
        if (!isUniqueViolation(error, 'data_source_name') || attempt >= slugAttempts) throw error;
      }
    }
  }

  /** One connection. Throws NotFoundError FET-1001. */
  async get(principal: Principal, uid: string): Promise<ConnectionView> {
    return (await this.find(principal, uid)).view;
  }

  /** One connection with its facts, for who may see it. Throws NotFoundError FET-1001. */
  async find(principal: Principal, uid: string): Promise<FoundConnection> {
    const row = await readConnection(this.#deps.store.db, principal.subject.tenantId, uid);
    if (row === undefined) throw entityNotFound('connection');
    return this.#found(this.#deps.store.db, principal, row);
  }

  /** A page of the tenant's connections that the caller may see; on the first one internal sources come first (§3.2). */
  async list(principal: Principal, query: ConnectionQuery): Promise<ConnectionPage> {
    const matching = sql`${this.#visible(principal)} and ${conditionsOf(query)}`;
    const page = await this.#page(principal, query, sql`${matching} and not ${isInternal}`);
    const ofType = query.type === undefined ? sql`true` : typeCondition(query.type);
    const internal = await readConnections(
      this.#deps.store.db,
      principal.subject.tenantId,
      sql`${this.#visible(principal)} and ${isInternal} and ${ofType}`,
      sql`order by s.name`,
    );
    const first = query.page === 1 ? internal.map(viewOf) : [];
    return { ...page, items: [...first, ...page.items], total: page.total + internal.length };
  }

  /** A page of the connections without a product. */
  async listUnassigned(principal: Principal, query: ConnectionQuery): Promise<ConnectionPage> {
    const { product: _product, ...rest } = query;
    const where = sql`${this.#visible(principal)} and ${conditionsOf(rest)} and s.product is null and not ${isInternal}`;
    return this.#page(principal, rest, where);
  }

  /**
   * Changes what the patch says (§4). Throws InvalidError, NotFoundError FET-1001, ForbiddenError, ConflictError
   * FET-1021 while a job uses the connection, FET-1002.
   */
  async patch(principal: Principal, uid: string, body: unknown): Promise<ConnectionView> {
    const patch = readPatch(body, this.#shape(principal));
    return this.#deps.store
      .transaction(async (trx) => {
        const { row, facts } = await this.#lock(trx, principal, uid);
        await gate(trx, row, 'update');
        return viewOf(await this.#write(trx, principal, row, facts, patch));
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'source_name_taken') ? nameTaken() : error;
      });
  }

  /** Deletes for every door (§5.1). Throws NotFoundError FET-1001, ConflictError FET-1021. */
  async remove(principal: Principal, uid: string): Promise<void> {
    const found = await this.find(principal, uid);
    if (found.internal) throw entityNotFound('connection');
    try {
      await this.#deps.sources.remove(principal, uid);
    } catch (error) {
      if (error instanceof ConflictError && error.code === 'source_in_use') throw inUse('delete');
      if (error instanceof NotFoundError) throw entityNotFound('connection');
      throw error;
    }
  }

  /** Gives a connection without product to one, for good (§3.11). Job leases do not block it. */
  async assign(principal: Principal, uid: string, product: string): Promise<ConnectionView> {
    return this.#deps.store.transaction(async (trx) => {
      const { row } = await this.#lock(trx, principal, uid);
      if (row.product !== null) {
        throw conflict('FET-1015', 'Connection Already Assigned', 'The connection is assigned to a product already.');
      }
      await sql`
        update data_source set product = ${product}, version = version + 1, ${touched}
        where id = ${row.id}`.execute(trx);
      await this.#record(trx, principal, 'source.update', row, { changed: ['product'], version: row.version + 1 });
      await announce(trx, `s:${row.id}`);
      return viewOf(await this.#again(trx, row));
    });
  }

  /** Those of the names that the caller may see, by name (case counts). */
  async byNames(principal: Principal, names: readonly string[]): Promise<ReadonlyMap<string, FoundConnection>> {
    const { db } = this.#deps.store;
    const rows = await readConnections(
      db,
      principal.subject.tenantId,
      sql`coalesce(n.name, s.name) = any(${[...names]}::text[])`,
      sql`order by n.name nulls last, s.id`,
    );
    const found = new Map<string, FoundConnection>();
    for (const row of rows) {
      const name = row.config_name ?? row.name;
      if (found.has(name)) continue;
      try {
        found.set(name, await this.#found(db, principal, row));
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error; // hidden = absent
      }
    }
    return found;
  }

  /** May a job of this principal read it? Throws ForbiddenError, NotFoundError, ConflictError like `Access.authorise`. */
  authoriseExtract(principal: Principal, found: FoundConnection): void {
    this.#deps.access.authorise(principal, 'source.extract', found.facts);
  }

  #shape(principal: Principal): ShapeContext {
    const { rules } = this.#deps;
    return { rules, guarded: isGuarded(principal.subject.tenantId, rules.tenantsAllowPrivateAddresses) };
  }

  #visible(principal: Principal): RawBuilder<unknown> {
    return this.#deps.access.visibleFilter(principal, { alias: 's' });
  }

  async #page(principal: Principal, query: ConnectionQuery, where: RawBuilder<unknown>): Promise<ConnectionPage> {
    const { db } = this.#deps.store;
    const { tenantId } = principal.subject;
    const direction = query.order === 'asc' ? sql`asc` : sql`desc`;
    const skipped = (query.page - 1) * query.limit;
    const [total, rows] = await Promise.all([
      countConnections(db, tenantId, where),
      readConnections(
        db,
        tenantId,
        where,
        sql`order by s.created_at ${direction}, s.id ${direction} limit ${query.limit} offset ${skipped}`,
      ),
    ]);
    return { items: rows.map(viewOf), page: query.page, limit: query.limit, total };
  }

  async #found(executor: Executor, principal: Principal, row: ConnectionRow): Promise<FoundConnection> {
    const facts = await this.#deps.access.factsById(executor, principal, row.id);
    if (facts === null) throw entityNotFound('connection');
    this.#authorise(principal, 'source.view', facts);
    return { view: viewOf(row), row, facts, internal: row.data?.internal === true };
  }

  /** Absent and hidden look alike; the rest of a refusal stays a refusal. */
  #authorise(principal: Principal, action: 'source.view' | 'source.modify', facts: SourceFacts): void {
    try {
      this.#deps.access.authorise(principal, action, facts);
    } catch (error) {
      if (error instanceof NotFoundError) throw entityNotFound('connection');
      throw error;
    }
  }

  /** Locks the row, then reads it: what the reading sees is at least as new as the lock. */
  async #lock(trx: Executor, principal: Principal, uid: string): Promise<FoundConnection> {
    const { tenantId } = principal.subject;
    await sql`
      select id from data_source where uid = ${uid}::uuid and tenant_id = ${tenantId} and deleted_at is null
      for update`.execute(trx);
    const row = await readConnection(trx, tenantId, uid);
    if (row === undefined || row.data?.internal === true) throw entityNotFound('connection');
    const found = await this.#found(trx, principal, row);
    this.#authorise(principal, 'source.modify', found.facts);
    return found;
  }

  async #again(trx: Executor, row: ConnectionRow): Promise<ConnectionRow> {
    const again = await readConnection(trx, row.tenant_id, row.uid);
    if (again === undefined) throw entityNotFound('connection');
    return again;
  }

  async #insert(
    trx: Executor,
    principal: Principal,
    applied: AppliedPatch,
    kept: KeptRecord,
    password: string,
  ): Promise<ConnectionView> {
    const { tenantId } = principal.subject;
    const { record } = applied;
    await this.#refuseVisibleName(trx, principal, record.configName, null);
    const uid = uuidv7();
    const name = await freeSlug(trx, tenantId, record.configName);
    const { id } = await trx
      .insertInto('data_source')
      .values({
        ...storedColumns(kept),
        uid,
        tenant_id: tenantId,
        name,
        name_folded: foldName(name),
        product: record.product,
        owner_id: await builtinOwner(trx, tenantId),
        created_by: storedUserId(principal.actor),
        tls_key_sealed: this.#sealedKey(applied.key, tenantId, uid) ?? null,
        created_at: sql`clock_timestamp()`,
        updated_at: sql`clock_timestamp()`,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await writeDoor(trx, { id, tenant_id: tenantId }, record.configName, kept.data);
    await writeSourcePair(trx, this.#deps.vault, principal, { id, tenantId }, { username: record.userName, password });
    const row = await readConnection(trx, tenantId, uid);
    if (row === undefined) throw entityNotFound('connection');
    await this.#record(trx, principal, 'source.create', row, {
      engine: kept.columns.engine,
      product: record.product,
      version: 1,
    });
    await this.#recordTls(trx, principal, row, kept);
    await announce(trx, `s:${id}`);
    return viewOf(row);
  }

  async #write(
    trx: Executor,
    principal: Principal,
    row: ConnectionRow,
    facts: SourceFacts,
    patch: ConnectionInput,
  ): Promise<ConnectionRow> {
    const { rules, vault, clock } = this.#deps;
    const before = recordOf(row);
    const applied = applyPatch(before, patch);
    const { record } = applied;
    checkRecord(record, rules, patch.ssl !== undefined || record.type !== before.type);
    const moved = record.host !== before.host || record.type !== before.type;
    const aimed = moved || record.port !== before.port || patch.ssl !== undefined;
    // Who is not the owner may never send the stored password elsewhere; for owners it is a setting.
    const { owner } = effectivePermissions(principal, facts, clock.now().getTime());
    const demanded = (rules.passwordForNewTarget && moved) || (!owner && aimed);
    if (demanded && patch.password === undefined && row.has_password) {
      throw missingFields({ password: 'password is a required field' });
    }
    if (record.configName !== before.configName) {
      await this.#refuseVisibleName(trx, principal, record.configName, row.id);
    }
    const kept = keptOf(record, row);
    this.#refuseOwnStore(kept, record.userName);
    const sealedKey = this.#sealedKey(applied.key, row.tenant_id, row.uid);
    const pair = {
      ...(record.userName === before.userName ? {} : { username: record.userName }),
      ...(patch.password === undefined ? {} : { password: patch.password }),
    };
    const repaired = Object.keys(pair).length > 0;
    const reconnects = repaired || sealedKey !== undefined || changesConnection(row, kept);
    await trx
      .updateTable('data_source')
      .set({
        ...storedColumns(kept),
        ...(sealedKey === undefined ? {} : { tls_key_sealed: sealedKey }),
        version: row.version + 1,
        settings_version: row.settings_version + (reconnects ? 1 : 0),
        ...(reconnects ? { probe: 'unknown', probe_code: null, probe_at: null } : {}),
        updated_at: sql`greatest(clock_timestamp(), updated_at + interval '1 millisecond')`,
      })
      .where('id', '=', row.id)
      .execute();
    await writeDoor(trx, row, record.configName, kept.data);
    if (repaired) {
      await writeSourcePair(trx, vault, principal, { id: row.id, tenantId: row.tenant_id }, pair);
    }
    const said = { changed: Object.keys(patch), version: row.version + 1 };
    await this.#record(trx, principal, 'source.update', row, said);
    if (patch.ssl !== undefined) await this.#recordTls(trx, principal, row, kept);
    await announce(trx, `s:${row.id}`);
    return this.#again(trx, row);
  }

  /** A name is also taken by a row made elsewhere that the caller sees under it. */
  async #refuseVisibleName(trx: Executor, principal: Principal, configName: string, own: number | null): Promise<void> {
    const [other] = await readConnections(
      trx,
      principal.subject.tenantId,
      sql`coalesce(n.name, s.name) = ${configName} and s.id is distinct from ${own}::bigint
        and (n.name is not null or ${this.#visible(principal)})`,
      sql`limit 1`,
    );
    if (other !== undefined) throw nameTaken();
  }

  #sealedKey(change: KeyChange, tenantId: number, uid: string): Buffer | null | undefined {
    if (change === 'keep') return undefined;
    if (change === 'drop') return null;
    return toBuffer(this.#deps.vault.seal(tlsKeyContext(tenantId, uid), change.key));
  }

  #refuseOwnStore(kept: KeptRecord, username: string): void {
    const { host, port, database } = kept.columns;
    try {
      refuseOwnStore(this.#deps.store.endpoint, { host, port, database, username });
    } catch (error) {
      throw error instanceof InvalidError ? forbiddenHost() : error;
    }
  }

  #record(trx: Executor, principal: Principal, action: string, row: ConnectionRow, detail: object): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'source', uid: row.uid, name: row.name },
      tenantId: row.tenant_id,
      // Who did it is the principal; on whose behalf, the built-in owner (decisions.md 6).
      detail: { ...detail, ...(row.owner_builtin === null ? {} : { actsFor: row.owner_builtin }) },
    });
  }

  async #recordTls(trx: Executor, principal: Principal, row: ConnectionRow, kept: KeptRecord): Promise<void> {
    const { mode } = kept.columns.tls;
    if (isWeakened(mode)) await this.#record(trx, principal, 'source.tls.weaken', row, { mode });
  }
}

/** Whether one connects differently with what is kept now. */
function changesConnection(row: ConnectionRow, { columns }: KeptRecord): boolean {
  const { metadata: _metadata, ...connecting } = columns;
  return Object.entries(connecting).some(([name, value]) => !sameJson(row[name as keyof typeof connecting], value)); // its own keys
}

const isInternal = sql`coalesce((d.data ->> 'internal')::boolean, false)`;
const touched = sql`updated_at = greatest(clock_timestamp(), updated_at + interval '1 millisecond')`;

async function gate(trx: Executor, row: ConnectionRow, verb: 'update' | 'delete'): Promise<void> {
  try {
    await refuseWhileInUse(trx, row, `the ${verb}`);
  } catch (error) {
    throw error instanceof ConflictError ? inUse(verb) : error;
  }
}

function inUse(verb: 'update' | 'delete'): ConflictError {
  return conflict('FET-1021', 'Job In Progress', `cannot ${verb} connection with active jobs`);
}

/** The built-in user that owns what this door makes (decisions.md 6). */
export async function builtinOwner(executor: Executor, tenantId: number): Promise<number> {
  const { id } = await executor
    .selectFrom('user_account')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('builtin', '=', doorName)
    .executeTakeFirstOrThrow();
  return id;
}

function typeCondition(type: string): RawBuilder<unknown> {
  const engine = Object.hasOwn(typeFacts, type) ? typeFacts[type as ConnectionType].engine : ''; // one of its keys
  return sql`s.engine = ${engine}`;
}

/** A query's filters as a condition. */
function conditionsOf(query: Omit<ConnectionQuery, 'page' | 'limit' | 'order'>): RawBuilder<unknown> {
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (query.product !== undefined) conditions.push(sql`s.product = ${query.product}`);
  if (query.type !== undefined) conditions.push(typeCondition(query.type));
  if (query.host !== undefined) conditions.push(sql`s.host = ${query.host}`);
  if (query.databaseName !== undefined) {
    conditions.push(sql`case when d.data #>> '{native,database}' = s.database and d.data #>> '{native,engine}' = s.engine
      then d.data ->> 'databaseName' else s.database end = ${query.databaseName}`);
  }
  if (query.since !== undefined) conditions.push(sql`s.created_at >= ${query.since}`);
  if (query.until !== undefined) conditions.push(sql`s.created_at < ${query.until}`);
  for (const [key, value] of query.metadata) {
    const member: JsonObject = { [key]: value };
    conditions.push(sql`s.metadata @> ${JSON.stringify(member)}::jsonb`);
  }
  return sql.join(conditions, sql` and `);
}
