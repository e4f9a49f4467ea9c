/** Credentials of a source (decisions.md 15): kept sealed, resolved for a use, never shown. */
import { createHmac, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { announce, effectivePermissions, type SourceFacts } from '../access/index.ts';
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from '../errors.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { changeKinds } from './blocking.ts';
import { type CredentialSlot, readSlot, writeSlot } from './credential-rows.ts';
import { checkSecret } from './definition.ts';
import { checkLevel, checkText, sourceLimits } from './fields.ts';
import { refuseWhileInUse } from './leases.ts';
import type {
  CredentialInput,
  CredentialKey,
  CredentialKind,
  CredentialLevel,
  CredentialRequest,
  CredentialView,
  ResolvedCredential,
} from './model.ts';
import { refuseOwnStore } from './own-store.ts';
import { type CredentialRow, type MissingReason, resolveCredential } from './resolution.ts';
import { credentialRows, type SourceRecord } from './rows.ts';
import type { SourcesDeps } from './sources.ts';
import { useRecord } from './use.ts';
import { credentialState, secretContext } from './view.ts';
import { maySetWorkspacePair } from './workspace-pairs.ts';

/** Makes ids of posted pairs, so that equal pairs share a pool and nothing can be learnt from an id. */
const postedPairKey = randomBytes(32);

/**
 * What was resolved from facts, beside them: gone with them when anything changes, and after a second at most. The
 * hottest path asks here for every statement.
 */
const resolved = new WeakMap<SourceFacts, Map<string, Promise<ResolvedCredential>>>();

export class Credentials {
  readonly #deps: SourcesDeps;

  constructor(deps: SourcesDeps) {
    this.#deps = deps;
  }

  /**
   * Sets a pair. The source's: for who may change the source; a workspace's: as `maySetWorkspacePair` says; a personal one: for
   * the caller alone. Throws ConflictError `source_in_use` while a job that could use it runs.
   */
  async put(
    principal: Principal,
    nameOrUid: string,
    input: CredentialInput,
  ): Promise<{ created: boolean; credential: CredentialView }> {
    const { store, vault } = this.#deps;
    const facts = await this.#authorise(principal, nameOrUid, input.kind);
    const username = checkText(input.username, 'username', sourceLimits.username);
    if (username === '') {
      throw new InvalidError('required', '"username" is missing.', { field: 'username', remedy: 'Say "username".' });
    }
    return store.transaction(async (trx) => {
      const source = await this.#lock(trx, principal, facts, input.kind);
      if (input.kind === 'source') refuseOwnStore(store.endpoint, { ...source, username });
      const slot = await this.#slot(trx, principal, facts, input);
      const existing = await readSlot(trx, slot);
      await this.#requireMayStore(trx, principal, facts, slot);
      const password = checkSecret(input.password, existing?.sealed != null);
      const pair = { username, ...(password === undefined ? {} : { password }) };
      await writeSlot(trx, vault, principal, slot, existing, pair);
      await this.#changed(trx, principal, facts, slot, 'credential.put');
      const credential = await this.#readView(trx, facts, slot);
      return { created: existing === undefined, credential: credential! }; // written just now
    });
  }

  /** One credential, without its secret. Throws NotFoundError `credential_not_found`. */
  async get(principal: Principal, nameOrUid: string, key: CredentialKey): Promise<CredentialView> {
    const facts = await this.#mayRead(principal, nameOrUid);
    const slot = await this.#slot(this.#deps.store.db, principal, facts, key);
    const view = await this.#readView(this.#deps.store.db, facts, slot);
    if (view === undefined) throw noCredential(key);
    return view;
  }

  /**
   * The credentials that concern the caller: the source's, their own, and those of workspaces: all of them for who
   * may change the source, else those they belong to. Other people's personal ones are never listed.
   */
  async list(principal: Principal, nameOrUid: string): Promise<CredentialView[]> {
    const facts = await this.#mayRead(principal, nameOrUid);
    const { subject } = principal;
    const every = this.#deps.access.decide(principal, 'source.modify', facts).allowed;
    return this.#readViews(
      this.#deps.store.db,
      facts,
      sql`(c.kind = 'source' or c.user_id = ${subject.id} or (c.kind = 'workspace' and
        (${every} or c.workspace_id = any(${[...subject.workspaceIds]}::bigint[]))))`,
    );
  }

  /** Removes a pair. Throws NotFoundError `credential_not_found`, ConflictError `source_in_use`. */
  async remove(principal: Principal, nameOrUid: string, key: CredentialKey): Promise<void> {
    const facts = await this.#authorise(principal, nameOrUid, key.kind);
    await this.#deps.store.transaction(async (trx) => {
      await this.#lock(trx, principal, facts, key.kind);
      const slot = await this.#slot(trx, principal, facts, key);
      const existing = await readSlot(trx, slot);
      if (existing === undefined) throw noCredential(key);
      await this.#requireMayStore(trx, principal, facts, slot);
      await trx.deleteFrom('credential').where('uid', '=', existing.uid).execute();
      await this.#changed(trx, principal, facts, slot, 'credential.delete');
    });
  }

  /**
   * The pair for a use of the source by the principal's subject (decisions.md 15). Authorise before.
   * Throws ConflictError `credential_missing` that says what to add, or `credential_unreadable`.
   */
  async resolve(principal: Principal, facts: SourceFacts, request: CredentialRequest): Promise<ResolvedCredential> {
    if (request.posted !== undefined) return postedCredential(request.posted.username, request.posted.password);
    const known = resolved.get(facts) ?? new Map<string, Promise<ResolvedCredential>>();
    resolved.set(facts, known);
    const key = `${request.level} ${request.workspaceUid ?? ''}`;
    let credential = known.get(key);
    if (credential === undefined) {
      credential = this.#resolveStored(principal, facts, request);
      known.set(key, credential);
      credential.catch(() => known.delete(key));
    }
    return credential;
  }

  async #resolveStored(
    principal: Principal,
    facts: SourceFacts,
    request: CredentialRequest,
  ): Promise<ResolvedCredential> {
    const { store, clock } = this.#deps;
    const record = await useRecord(store, principal, facts);
    const effective = effectivePermissions(principal, facts, clock.now().getTime());
    const resolution = resolveCredential(credentialRows(record), principal, facts, effective, request);
    if (resolution.row === null) throw missing(record, resolution.because, resolution.add, request.level);
    const { row } = resolution;
    return {
      uid: row.uid,
      version: row.version,
      kind: row.kind,
      username: row.username ?? '',
      password: this.#openSecret(record, row),
      level: row.level,
      separateLevels: row.level !== 'any',
    };
  }

  #openSecret(record: SourceRecord, row: CredentialRow): string {
    try {
      return this.#deps.vault.openText(secretContext(record.tenant_id, row.uid), row.sealed ?? Buffer.alloc(0));
    } catch (cause) {
      throw new ConflictError('credential_unreadable', `The stored password for "${record.name}" cannot be read.`, {
        field: 'password',
        remedy: `Set the ${kindWords[row.kind]} again.`,
        extra: { kind: row.kind, level: row.level },
        cause,
      });
    }
  }

  /** Who may set or remove a pair of this kind. */
  async #authorise(principal: Principal, nameOrUid: string, kind: CredentialKind): Promise<SourceFacts> {
    const { access } = this.#deps;
    const facts = await access.resolve(principal, nameOrUid);
    if (kind === 'source') access.authorise(principal, 'source.credential.set', facts);
    else requireScope(principal, 'write'); // `resolve` has found that the source is theirs to see or use
    return facts;
  }

  /** States and user names are for who may read the definition, or may use the source. */
  async #mayRead(principal: Principal, nameOrUid: string): Promise<SourceFacts> {
    const { access } = this.#deps;
    const facts = await access.resolve(principal, nameOrUid);
    access.authorise(principal, 'source.view', facts);
    return facts;
  }

  /** Locks the source; refuses while jobs run that could use a pair of this kind. */
  async #lock(trx: Executor, principal: Principal, facts: SourceFacts, kind: CredentialKind): Promise<LockedSource> {
    const { rows } = await sql<LockedSource>`
      select id, name, host, port, database from data_source
      where id = ${facts.source.id} and deleted_at is null for update`.execute(trx);
    const [source] = rows;
    if (source === undefined) throw new NotFoundError('source_not_found', 'There is no such data source.');
    const user = kind === 'personal' ? principal.subject.username : undefined;
    await refuseWhileInUse(trx, source, `a change of ${changeKinds.password}`, user);
    return source;
  }

  async #slot(
    executor: Executor,
    principal: Principal,
    facts: SourceFacts,
    key: CredentialKey,
  ): Promise<CredentialSlot> {
    const base = {
      sourceId: facts.source.id,
      tenantId: facts.source.tenantId,
      kind: key.kind,
      level: checkLevel(key.level),
      userId: null,
      workspaceId: null,
    };
    if (key.kind === 'personal') return { ...base, userId: principal.subject.id };
    if (key.kind === 'source') return base;
    return { ...base, workspaceId: await this.#workspace(executor, principal, facts, key.workspaceUid) };
  }

  /** The workspace, of the source's tenant, that the caller belongs to (or administers as 12 or 104). */
  async #workspace(
    executor: Executor,
    principal: Principal,
    facts: SourceFacts,
    uid: string | undefined,
  ): Promise<number> {
    if (uid === undefined) {
      throw new InvalidError('required', 'The workspace is missing.', {
        field: 'workspace',
        remedy: 'Name the workspace by its id.',
      });
    }
    const { rows } = await sql<{ id: number }>`
      select id from workspace where uid::text = ${uid.toLowerCase()} and tenant_id = ${facts.source.tenantId}
        and deleted_at is null and archived_at is null`.execute(executor);
    const id = rows[0]?.id;
    const { subject } = principal;
    if (id === undefined || !(administersTenant(principal, facts) || subject.workspaceIds.includes(id))) {
      throw new NotFoundError('workspace_not_found', 'There is no such workspace.', { field: 'workspace' });
    }
    return id;
  }

  /** Throws ForbiddenError `permission_missing` unless the caller may set the pair in this slot. */
  async #requireMayStore(
    executor: Executor,
    principal: Principal,
    facts: SourceFacts,
    slot: CredentialSlot,
  ): Promise<void> {
    if (slot.workspaceId === null) return;
    const { access, membersSetCredentials: membersSet = false } = this.#deps;
    const { subject } = principal;
    const managesSource =
      administersTenant(principal, facts) || access.decide(principal, 'source.modify', facts).allowed;
    const keeper = { subject, managesSource, membersSet };
    if (await maySetWorkspacePair(executor, keeper, slot.sourceId, slot.workspaceId)) return;
    throw new ForbiddenError('permission_missing', 'You may not set the credentials of this workspace.', {
      remedy: "Ask the workspace's owner, or set a personal pair.",
    });
  }

  /** After a change: versions grow, caches hear of it, audit keeps it. */
  async #changed(
    trx: Executor,
    principal: Principal,
    facts: SourceFacts,
    slot: CredentialSlot,
    action: string,
  ): Promise<void> {
    const { source } = facts;
    if (slot.kind === 'source') {
      await sql`
        update data_source set version = version + 1, settings_version = settings_version + 1, updated_at = now()
        where id = ${source.id}`.execute(trx);
    }
    await this.#deps.audit.record(trx, principal, {
      action,
      outcome: 'allowed',
      resource: { type: 'source', uid: source.uid, name: source.name },
      tenantId: source.tenantId,
      detail: { kind: slot.kind, level: slot.level },
    });
    await announce(trx, `s:${source.id}`);
  }

  async #readView(executor: Executor, facts: SourceFacts, slot: CredentialSlot): Promise<CredentialView | undefined> {
    const [view] = await this.#readViews(
      executor,
      facts,
      sql`c.kind = ${slot.kind} and c.level = ${slot.level} and c.user_id is not distinct from ${slot.userId}::bigint
        and c.workspace_id is not distinct from ${slot.workspaceId}::bigint`,
    );
    return view;
  }

  async #readViews(executor: Executor, facts: SourceFacts, where: ReturnType<typeof sql>): Promise<CredentialView[]> {
    const { rows } = await sql<ViewRow>`
      select c.uid, c.kind, c.level, c.username, c.secret_sealed as sealed, c.version, c.created_at, c.updated_at,
        w.uid as workspace_uid, w.name as workspace_name, u.username as holder, b.username as by
      from credential c
      left join workspace w on w.id = c.workspace_id
      left join user_account u on u.id = c.user_id
      left join user_account b on b.id = c.created_by
      where c.source_id = ${facts.source.id} and ${where}
      order by c.kind desc, c.id`.execute(executor);
    return rows.map((row) => ({
      id: row.uid,
      kind: row.kind,
      level: row.level,
      state: credentialState(this.#deps.vault, facts.source.tenantId, row),
      username: row.username,
      ...(row.workspace_uid === null ? {} : { workspace: { id: row.workspace_uid, name: row.workspace_name ?? '' } }),
      ...(row.holder === null ? {} : { user: row.holder }),
      version: row.version,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      by: row.by,
    }));
  }
}

interface LockedSource {
  readonly id: number;
  readonly name: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
}

interface ViewRow {
  readonly uid: string;
  readonly kind: CredentialKind;
  readonly level: CredentialLevel;
  readonly username: string | null;
  readonly sealed: Buffer | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly workspace_uid: string | null;
  readonly workspace_name: string | null;
  readonly holder: string | null;
  readonly by: string | null;
}

const kindWords: Readonly<Record<CredentialKind, string>> = {
  source: "source's user name and password",
  workspace: "workspace's user name and password",
  personal: 'personal user name and password',
};

function postedCredential(username: string, password: string): ResolvedCredential {
  const name = checkText(username, 'credential/username', sourceLimits.username);
  const secret = checkText(password, 'credential/password', sourceLimits.password);
  const uid = createHmac('sha256', postedPairKey).update(`${name}\0${secret}`).digest('hex');
  return { uid, version: 1, kind: 'posted', username: name, password: secret, level: 'any', separateLevels: false };
}

const missingWords: Readonly<Record<MissingReason, string>> = {
  pinned: 'the kind of credential that must be used here is not set',
  workspace_not_named: 'a workspace of yours has one, but the request names no workspace',
  not_shared: 'its own is not shared with you',
  none: 'none is set',
};

function missing(
  record: SourceRecord,
  because: MissingReason,
  add: readonly CredentialKind[],
  level: 'read' | 'write',
): ConflictError {
  const ways: Readonly<Record<CredentialKind, string>> = {
    source: `set the source's own pair (credentials/source; for ${record.owner_name} and whoever may modify it)`,
    workspace: 'name a workspace in the request whose pair is set (credentials/workspaces/{id})',
    personal: 'set your own pair (credentials/personal)',
  };
  const remedy =
    add.length === 0 ? `Ask ${record.owner_name}.` : `${sentence(add.map((kind) => ways[kind]).join(', or '))}.`;
  return new ConflictError(
    'credential_missing',
    `There is no user name and password for you to ${level} "${record.name}": ${missingWords[because]}.`,
    { field: 'credential', remedy, extra: { source: record.name, level, reason: because, add } },
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function noCredential(key: CredentialKey): NotFoundError {
  return new NotFoundError(
    'credential_not_found',
    `There is no ${key.kind} credential at level ${key.level ?? 'any'}.`,
  );
}

/** Is this an administrator, or somebody who manages the sources of the source's tenant? */
function administersTenant({ subject }: Principal, facts: SourceFacts): boolean {
  return (
    subject.permissions.has(Permission.administrator) ||
    (subject.permissions.has(Permission.manageTenantSources) && subject.tenantId === facts.source.tenantId)
  );
}
