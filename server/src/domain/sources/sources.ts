/** Data sources: register, read, change, delete, bring back. Every mutation is one transaction with its audit event. */
import { type RawBuilder, sql } from 'kysely';
import { type Executor, type Store, toBuffer } from '../../platform/database/index.ts';
import { isUuid, uuidv7 } from '../../platform/ids.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { type Access, announce, effectivePermissions, type SourceAddress, type SourceFacts } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import { Permission } from '../identity/permissions.ts';
import { type Principal, storedUserId } from '../identity/principal.ts';
import { decodeCursor, type Page, type PageRequest, pageLimit, toPage } from '../paging.ts';
import { blastRadius } from './blast-radius.ts';
import { blockedMembers, changesConnection, changesTarget, type SourceMember } from './blocking.ts';
import { columnsOf, nameTaken, pick } from './columns.ts';
import { writeSourcePair } from './credential-rows.ts';
import { applyPatch, type Definition, type DefinitionChange, readInput } from './definition.ts';
import { claimOwnersName, type DoorEntry, freeSlug, writeDoorEntry } from './door-entries.ts';
import { checkVersion, leaseHolders, refuseWhileInUse } from './leases.ts';
import { currentOf, deletedFilter, matches } from './list-filter.ts';
import type {
  BlastRadius,
  ConnectSettings,
  EngineFacts,
  LeaseHolder,
  ResolvedCredential,
  SourceFilter,
  SourceInput,
  SourcePatch,
  SourceView,
} from './model.ts';
import { refuseOwnStore } from './own-store.ts';
import { byId, factsOf, readSources, type SourceRecord } from './rows.ts';
import { isWeakened } from './tls.ts';
import { connectionRecord, connectSettings } from './use.ts';
import { presentSource, tlsKeyContext } from './view.ts';

export interface SourcesDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly engines: EngineFacts;
  readonly clock: Clock;
  /** May plain members of a workspace store its pair (chorus.md §9 no. 2)? False unless said. */
  readonly membersSetCredentials?: boolean;
}

/** How a legacy door registers a source (decisions.md 9, 11). */
export interface DoorCreation {
  readonly entry: DoorEntry;
  readonly kind: 'simple' | 'group';
  /** Number of the workspace that is its home. */
  readonly workspaceId?: number;
}

export interface ChangeOptions {
  /** The door's own words, written with the change. */
  readonly entry?: DoorEntry | undefined;
  /** The version that the caller saw; another one → PreconditionError `stale_version` with `currentVersion`. */
  readonly ifMatch?: number | undefined;
  /** Runs in the transaction of a delete, the source's row locked; what it throws refuses the delete. */
  readonly guard?: ((trx: Executor, sourceId: number) => Promise<void>) | undefined;
}

const listName = 'sources';

export class Sources {
  readonly #deps: SourcesDeps;

  constructor(deps: SourcesDeps) {
    this.#deps = deps;
  }

  /**
   * Registers a source, private to its owner unless said. Throws InvalidError with the field and a remedy,
   * ConflictError `name_taken`, ForbiddenError `permission_missing`.
   */
  async create(principal: Principal, input: SourceInput): Promise<SourceView> {
    const { vault, clock } = this.#deps;
    const record = await this.#create(principal, input);
    const now = clock.now().getTime();
    return presentSource(record, principal, factsOf(record, principal, now), vault, now);
  }

  /**
   * The same through a legacy door: its name is the door's, unique for the owner, and a taken slug is no refusal
   * (decisions.md 9). Answers the source's number.
   */
  async createFor(principal: Principal, input: SourceInput, creation: DoorCreation): Promise<{ id: number }> {
    const { id } = await this.#create(principal, input, creation);
    return { id };
  }

  async #create(principal: Principal, input: SourceInput, creation?: DoorCreation): Promise<SourceRecord> {
    const { store, access, engines, vault } = this.#deps;
    access.authoriseCreate(principal);
    const change = readInput(input, engines);
    if (change.definition.permissions !== null) mayRestrictOwner(principal, principal.subject.tenantId);
    this.#refuseOwnStore(change.definition, change.pair.username ?? null);
    const uid = uuidv7();
    return store.transaction(async (trx) => {
      const { subject } = principal;
      const called = creation?.entry.name;
      if (called !== undefined && called.within !== 'scope') {
        await claimOwnersName(trx, principal.door, subject.id, called.name, null);
      }
      const name =
        called === undefined ? change.definition.name : await freeSlug(trx, subject.tenantId, change.definition.name);
      const { id } = await trx
        .insertInto('data_source')
        .values({
          ...columnsOf({ ...change.definition, name }),
          is_group: creation?.kind === 'group',
          uid,
          tenant_id: subject.tenantId,
          owner_id: subject.id,
          workspace_id: creation?.workspaceId ?? null,
          created_by: storedUserId(principal.actor),
          updated_by: storedUserId(principal.actor),
          tls_key_sealed: this.#sealedKey(change, subject.tenantId, uid) ?? null,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
        .catch(nameTaken(change.definition.name));
      if (hasPair(change)) {
        await writeSourcePair(trx, vault, principal, { id, tenantId: subject.tenantId }, change.pair);
      }
      if (creation !== undefined) {
        await writeDoorEntry(trx, vault, { id, uid, tenantId: subject.tenantId }, creation.entry);
      }
      const source = { uid, name, tenantId: subject.tenantId };
      await this.#record(trx, principal, 'source.create', source, { engine: change.definition.engine, version: 1 });
      await this.#recordTls(trx, principal, source, change.definition, change.changed);
      await announce(trx, `s:${id}`);
      return readOne(trx, principal, id);
    });
  }

  /** Throws NotFoundError `source_not_found` when it is absent or hidden. */
  async get(principal: Principal, at: SourceAddress): Promise<SourceView> {
    const { access, store, vault, clock } = this.#deps;
    const facts = await access.resolve(principal, at);
    access.authorise(principal, 'source.view', facts);
    const record = await readOne(store.db, principal, facts.source.id, 'without');
    return presentSource(record, principal, facts, vault, clock.now().getTime());
  }

  /** Sources whose definition the principal may read, by age. Filters and rights are applied in SQL. */
  async list(principal: Principal, filter: SourceFilter, page: PageRequest): Promise<Page<SourceView>> {
    const { access, store, vault, clock } = this.#deps;
    const limit = pageLimit(page);
    const [after] = page.cursor === undefined ? [0] : decodeCursor(listName, page.cursor, ['number']);
    const conditions = matches(filter);
    const window = conditions.length === 0 ? { afterId: after, take: limit + 1 } : {};
    const visible =
      filter.deleted === 'only'
        ? deletedFilter(principal)
        : sql`s.deleted_at is null and ${access.visibleFilter(principal, { alias: 's', ...window })}`;
    const rows = await readSources(store.db, principal, {
      shares: 'with',
      where: sql.join([sql`s.id > ${after}`, visible, ...conditions], sql` and `),
      tail: sql`order by s.id limit ${limit + 1}`,
    });
    const now = clock.now().getTime();
    return toPage(
      listName,
      rows,
      limit,
      (record) => [record.id],
      (record) => presentSource(record, principal, factsOf(record, principal, now), vault, now),
    );
  }

  /**
   * Merges a patch (RFC 7396). A change that a job lease blocks throws ConflictError `source_in_use` with `holders`;
   * a patch that changes nothing keeps the version.
   */
  async update(
    principal: Principal,
    at: SourceAddress,
    patch: SourcePatch,
    options: ChangeOptions = {},
  ): Promise<SourceView> {
    const { access, store, vault, clock } = this.#deps;
    const known = await access.resolve(principal, at);
    access.authorise(principal, 'source.modify', known);
    return store.transaction(async (trx) => {
      const record = await this.#lock(trx, principal, known, options.ifMatch);
      const now = clock.now().getTime();
      const change = this.#plan(principal, record, patch, now);
      const { entry } = options;
      if (entry !== undefined) {
        if (entry.name !== undefined) {
          await refuseWhileInUse(trx, record, 'a change of name');
          if (entry.name.within !== 'scope') {
            await claimOwnersName(trx, entry.door, record.owner_id, entry.name.name, record.id);
          }
        }
        await writeDoorEntry(trx, vault, { id: record.id, uid: record.uid, tenantId: record.tenant_id }, entry);
      }
      if (change.changed.length === 0) {
        if (entry !== undefined) await this.#recordEntry(trx, principal, record, entry);
        return presentSource(record, principal, factsOf(record, principal, now), vault, now);
      }
      const blocked = blockedMembers(principal.door, change.changed);
      if (blocked.length > 0) await refuseWhileInUse(trx, record, `a change of ${blocked.join(', ')}`);
      const written = await this.#write(trx, principal, record, change);
      const source = { uid: record.uid, name: change.definition.name, tenantId: record.tenant_id };
      await this.#record(trx, principal, 'source.update', source, {
        changed: change.changed,
        version: written.version,
        ...(record.name === change.definition.name ? {} : { formerName: record.name }),
      });
      await this.#recordTls(trx, principal, source, change.definition, change.changed);
      await announce(trx, `s:${record.id}`);
      return presentSource(written, principal, factsOf(written, principal, now), vault, now);
    });
  }

  /** Deletes for everybody; `undelete` brings it back. Throws ConflictError `source_in_use` while a job uses it. */
  async remove(principal: Principal, at: SourceAddress, options: ChangeOptions = {}): Promise<void> {
    const { access, store } = this.#deps;
    const known = await access.resolve(principal, at);
    access.authorise(principal, 'source.delete', known);
    await store.transaction(async (trx) => {
      const record = await this.#lock(trx, principal, known, options.ifMatch);
      await refuseWhileInUse(trx, record, 'the delete');
      await options.guard?.(trx, record.id);
      await sql`
        with names as (update source_name set live = false where source_id = ${record.id})
        update data_source set deleted_at = now(), updated_at = now(), version = version + 1
        where id = ${record.id}`.execute(trx);
      await this.#record(trx, principal, 'source.delete', nameOf(record), { version: record.version + 1 });
      await announce(trx, `s:${record.id}`);
    });
  }

  /**
   * Brings a deleted source back as it was: shares, credentials and names with it. Of several deleted sources of one
   * name the last deleted is meant. Throws ConflictError `name_taken` when its name is used again.
   */
  async undelete(principal: Principal, at: SourceAddress): Promise<SourceView> {
    const { access, store, vault, clock } = this.#deps;
    return store.transaction(async (trx) => {
      const key = deletedKey(principal, at);
      const [record] = await readSources(trx, principal, {
        shares: 'with',
        where: sql`s.deleted_at is not null and ${key}`,
        tail: sql`order by s.deleted_at desc limit 1 for update of s`,
      });
      if (record === undefined) throw notFound();
      const now = clock.now().getTime();
      const facts = factsOf(record, principal, now);
      access.authorise(principal, 'source.delete', facts);
      await sql`
        with names as (update source_name set live = true where source_id = ${record.id})
        update data_source set deleted_at = null, updated_at = now(), version = version + 1
        where id = ${record.id}`
        .execute(trx)
        .catch(nameTaken(record.name));
      await this.#record(trx, principal, 'source.undelete', nameOf(record), { version: record.version + 1 });
      await announce(trx, `s:${record.id}`);
      const written = await readOne(trx, principal, record.id);
      return presentSource(written, principal, factsOf(written, principal, now), vault, now);
    });
  }

  /** What an update or delete would touch, and whether it would be refused. Changes nothing. */
  async preview(principal: Principal, at: SourceAddress, operation: 'delete'): Promise<BlastRadius>;
  async preview(
    principal: Principal,
    at: SourceAddress,
    operation: 'update',
    patch: SourcePatch,
    options?: ChangeOptions,
  ): Promise<BlastRadius>;
  async preview(
    principal: Principal,
    at: SourceAddress,
    operation: 'update' | 'delete',
    patch: SourcePatch = {},
    options: ChangeOptions = {},
  ): Promise<BlastRadius> {
    const { access, store, clock } = this.#deps;
    const known = await access.resolve(principal, at);
    access.authorise(principal, operation === 'delete' ? 'source.delete' : 'source.modify', known);
    const record = await readOne(store.db, principal, known.source.id);
    checkVersion(record, options.ifMatch);
    const changed = operation === 'delete' ? [] : this.#plan(principal, record, patch, clock.now().getTime()).changed;
    return blastRadius(store.db, record, operation, changed, blockedMembers(principal.door, changed));
  }

  /** Who uses the source now. */
  async leases(principal: Principal, at: SourceAddress): Promise<LeaseHolder[]> {
    const { access, store } = this.#deps;
    const facts = await access.resolve(principal, at);
    access.authorise(principal, 'source.leases.view', facts);
    return leaseHolders(store.db, facts.source.id);
  }

  /** What a connection with this credential needs, secrets included; a frozen copy. Authorise before. */
  async connectSettings(facts: SourceFacts, credential: ResolvedCredential): Promise<ConnectSettings> {
    const { store, vault } = this.#deps;
    return connectSettings(await connectionRecord(store, facts), credential, vault);
  }

  /** Keeps how the last connection attempt went. No new version: health is not a part of the definition. */
  async recordProbe(sourceId: number, ok: boolean, code: string | null, serverVersion: string | null): Promise<void> {
    await sql`
      update data_source set probe = ${ok ? 'online' : 'offline'}, probe_code = ${code},
        probe_at = ${this.#deps.clock.now()},
        server_version = coalesce(${serverVersion}, server_version)
      where id = ${sourceId}`.execute(this.#deps.store.db);
  }

  /** Locks the source for a change and reads it as it now stands. */
  async #lock(
    trx: Executor,
    principal: Principal,
    known: SourceFacts,
    ifMatch: number | undefined,
  ): Promise<SourceRecord> {
    const [record] = await readSources(trx, principal, {
      shares: 'with',
      where: sql`${byId(known.source.id)} and s.deleted_at is null`,
      tail: sql`for update of s`,
    });
    if (record === undefined) throw notFound();
    checkVersion(record, ifMatch);
    return record;
  }

  /** Reads the patch against the record, and checks what of it this principal may change. */
  #plan(principal: Principal, record: SourceRecord, patch: SourcePatch, now: number): DefinitionChange {
    const change = applyPatch(currentOf(record), patch, this.#deps.engines);
    if (change.changed.includes('permissions')) mayRestrictOwner(principal, record.tenant_id);
    if (!effectivePermissions(principal, factsOf(record, principal, now), now).owner) {
      refuseToOthers(change, record);
    }
    if (change.changed.some(changesConnection)) {
      const { username } = change.pair;
      this.#refuseOwnStore(change.definition, username === undefined ? currentOf(record).username : username);
    }
    return change;
  }

  /** Writes the change; gives the record as it is then, without reading it again where that can be known. */
  async #write(
    trx: Executor,
    principal: Principal,
    record: SourceRecord,
    change: DefinitionChange,
  ): Promise<SourceRecord> {
    const reconnects = change.changed.some(changesConnection);
    const sealedKey = this.#sealedKey(change, record.tenant_id, record.uid);
    const columns = columnsOf(change.definition);
    const changes = {
      ...pick(columns, change.changed),
      ...(sealedKey === undefined ? {} : { tls_key_sealed: sealedKey }),
      complete: columns.complete,
      version: record.version + 1,
      settings_version: record.settings_version + (reconnects ? 1 : 0),
      ...(reconnects ? { probe: 'unknown' as const, probe_code: null, probe_at: null } : {}),
    };
    const { updated_at } = await trx
      .updateTable('data_source')
      .set({ ...changes, updated_by: storedUserId(principal.actor), updated_at: sql`now()` })
      .where('id', '=', record.id)
      .returning('updated_at')
      .executeTakeFirstOrThrow()
      .catch(nameTaken(change.definition.name));
    if (hasPair(change)) {
      await writeSourcePair(
        trx,
        this.#deps.vault,
        principal,
        { id: record.id, tenantId: record.tenant_id },
        change.pair,
      );
      return readOne(trx, principal, record.id);
    }
    const { tls, options, metadata, labels } = change.definition;
    return { ...record, ...changes, updated_at, tls, options, metadata, labels };
  }

  /** Undefined = the stored key stays as it is. */
  #sealedKey(change: DefinitionChange, tenantId: number, uid: string): Buffer | null | undefined {
    if (change.tlsKey === 'keep') return undefined;
    if (change.tlsKey === 'remove') return null;
    return toBuffer(this.#deps.vault.seal(tlsKeyContext(tenantId, uid), change.tlsKey.key));
  }

  #refuseOwnStore(definition: Definition, username: string | null): void {
    const { host, port, database } = definition;
    refuseOwnStore(this.#deps.store.endpoint, { host, port, database, username });
  }

  #record(trx: Executor, principal: Principal, action: string, source: NamedSource, detail: object): Promise<void> {
    return this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'source', uid: source.uid, name: source.name },
      tenantId: source.tenantId,
      detail,
    });
  }

  /** A change of a door's own words alone. */
  async #recordEntry(trx: Executor, principal: Principal, record: SourceRecord, entry: DoorEntry): Promise<void> {
    await sql`update data_source set updated_at = now(), updated_by = ${storedUserId(principal.actor)}::bigint
      where id = ${record.id}`.execute(trx);
    await this.#record(trx, principal, 'source.update', nameOf(record), {
      changed: [],
      door: entry.door,
      version: record.version,
    });
    await announce(trx, `s:${record.id}`);
  }

  /** Weaker TLS than the default is an event of its own (F2). */
  async #recordTls(
    trx: Executor,
    principal: Principal,
    source: NamedSource,
    definition: Definition,
    changed: readonly SourceMember[],
  ): Promise<void> {
    if (!changed.includes('tls') || !isWeakened(definition.tls.mode)) return;
    await this.#record(trx, principal, 'source.tls.weaken', source, { mode: definition.tls.mode });
  }
}

interface NamedSource {
  readonly uid: string;
  readonly name: string;
  readonly tenantId: number;
}

function nameOf(record: SourceRecord): NamedSource {
  return { uid: record.uid, name: record.name, tenantId: record.tenant_id };
}

async function readOne(
  executor: Executor,
  principal: Principal,
  id: number,
  shares: 'with' | 'without' = 'with',
): Promise<SourceRecord> {
  const [record] = await readSources(executor, principal, { shares, where: sql`${byId(id)} and s.deleted_at is null` });
  if (record === undefined) throw notFound();
  return record;
}

function hasPair(change: DefinitionChange): boolean {
  return Object.keys(change.pair).length > 0;
}

/** Which deleted source is meant: a name is of the own tenant. */
function deletedKey(principal: Principal, at: SourceAddress): RawBuilder<unknown> {
  if (typeof at !== 'string') return sql`s.id = ${at.id}`;
  if (isUuid(at)) return sql`s.uid = ${at}`;
  return sql`s.tenant_id = ${principal.subject.tenantId} and s.name_folded = ${foldName(at)}`;
}

/** Restricting an owner is for administrators of the tenant (decisions.md 4). */
function mayRestrictOwner(principal: Principal, tenantId: number): void {
  const { actor } = principal;
  if (actor.permissions.has(Permission.administrator) || actor.adminOfTenantIds.includes(tenantId)) return;
  throw new ForbiddenError('administrator_required', 'Only an administrator may restrict what the owner may do.', {
    field: 'permissions',
  });
}

function notFound(): NotFoundError {
  return new NotFoundError('source_not_found', 'There is no such data source.', {
    remedy: 'Check its name; its owner may have to share it with you.',
  });
}

/**
 * What a share with `modify` does not let one change. The owner trusted the server that was configured with the
 * password: somebody else may point the source elsewhere only with a password of their own, never with the stored one.
 */
function refuseToOthers(change: DefinitionChange, record: SourceRecord): void {
  const sharing = change.changed.filter((member) => member === 'visibility' || member === 'sharesCredential');
  if (sharing.length > 0) {
    throw new ForbiddenError('owner_required', `Only the owner may change ${sharing.join(' and ')}.`, {
      field: sharing[0],
      remedy: `Ask ${record.owner_name}.`,
    });
  }
  const aimed = change.changed.find(changesTarget);
  if (aimed !== undefined && currentOf(record).hasPassword && change.pair.password === undefined) {
    throw new InvalidError(
      'password_required_for_new_target',
      `The stored password is only ever sent to the server it was stored for, and ${aimed} changes that.`,
      { field: 'password', remedy: `Send the password with the change, or ask ${record.owner_name} to make it.` },
    );
  }
}
