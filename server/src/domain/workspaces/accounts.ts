/**
 * Pairs of user name and password for a source (chorus.md §3.1, §3.2, §5): one of a workspace for everybody who works in
 * it, one of a person, and the source's own, which is its owner's.
 *
 * A pair is tried before it is kept, outside of any transaction. It is then written whole, in one transaction that holds
 * the source's row: of two writers one comes last, and nobody ever sees half of each. What a partial change was completed
 * with must still be what is stored, else it is tried again with what is there now.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { announce } from '../access/index.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { changeKinds } from '../sources/blocking.ts';
import { type CredentialSlot, readSlot, type SlotRow, writeSlot } from '../sources/credential-rows.ts';
import { refuseWhileInUse } from '../sources/leases.ts';
import { secretMask } from '../sources/model.ts';
import { refuseOwnStore } from '../sources/own-store.ts';
import { secretContext } from '../sources/view.ts';
import { type Caller, callerOf, mayOwn, mayRead } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { type FoundSource, findSource, requireManages } from './found-source.ts';
import type { Account, Listed, NumberedPage, PairInput, WorkspaceKey } from './model.ts';
import { peopleById } from './people-rows.ts';
import { DatabaseFailedError, forbidden, hidden, notFound, SourceForbiddenError } from './refusals.ts';
import { findWorkspace, rowOf, standingOf, type WorkspaceRow } from './rows.ts';
import { Problems } from './text.ts';
import type { PairChecks } from './verify.ts';
import { type Workspaces, windowOf } from './workspaces.ts';

export interface AccountDeps extends WorkspaceDeps {
  readonly checks: PairChecks;
  readonly workspaces: Workspaces;
  /** Whether plain members may store a workspace's pair (chorus.md §9 no. 2). */
  readonly membersSetCredentials: boolean;
}

const limit = { username: 256, password: 4096 };
/** How often a partial change is completed anew when others change the pair meanwhile. */
const attempts = 5;

interface AccountRow {
  readonly id: number;
  readonly uid: string;
  readonly kind: 'source' | 'workspace' | 'personal';
  readonly username: string | null;
  readonly owner_id: number | null;
  readonly source_id: number;
  readonly user_id: number | null;
  readonly workspace_id: number | null;
  readonly refused_at: Date | null;
}

/** Where a pair goes, and whether the workspace it is of must still be there. */
interface Target {
  readonly slot: CredentialSlot;
  readonly found: FoundSource;
  readonly workspaceId?: number;
  /** Kept without being tried. */
  readonly unchecked?: boolean;
}

export class Accounts {
  readonly #deps: AccountDeps;

  constructor(deps: AccountDeps) {
    this.#deps = deps;
  }

  // ── Of a workspace ──────────────────────────────────────────────────────────────────────────────────────────

  /** Stores or replaces the workspace's pair for the source (§5, in the order of its steps). */
  async putForWorkspace(
    principal: Principal,
    key: WorkspaceKey,
    sourceId: number | undefined,
    pair: PairInput,
  ): Promise<{ readonly created: boolean; readonly account: Account }> {
    requireScope(principal, 'write');
    const { caller, workspace, found } = await this.#forWrite(principal, key, sourceId);
    if (workspace.archived_at !== null) throw forbidden('workspace', 'The workspace is archived.');
    const slot = slotOf(found, { kind: 'workspace', workspaceId: workspace.id });
    const created = await this.#store(caller, { slot, found, workspaceId: workspace.id }, pair);
    return { created, account: await this.#one(caller, slot, workspace.id) };
  }

  /** The workspace's pair for the source, without its password; null when it has none. */
  async getForWorkspace(
    principal: Principal,
    key: WorkspaceKey,
    sourceId: number | undefined,
  ): Promise<Account | null> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const workspace = await findWorkspace(db, caller, key);
    const found = await this.#source(caller, sourceId);
    return this.#read(caller, slotOf(found, { kind: 'workspace', workspaceId: workspace.id }), workspace.id);
  }

  /** Removes it. Throws NotFoundError `account_not_found`. */
  async removeForWorkspace(principal: Principal, key: WorkspaceKey, sourceId: number | undefined): Promise<void> {
    requireScope(principal, 'write');
    const { caller, workspace, found } = await this.#forWrite(principal, key, sourceId);
    await this.#remove(caller, found, slotOf(found, { kind: 'workspace', workspaceId: workspace.id }));
  }

  /** The workspace's pairs, by source. */
  async listForWorkspace(principal: Principal, key: WorkspaceKey): Promise<Account[]> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const workspace = await findWorkspace(db, caller, key);
    const visible = this.#deps.access.visibleFilter(principal, { alias: 's' });
    const rows = await this.#rows(sql`c.kind = 'workspace' and c.workspace_id = ${workspace.id} and ${visible}`);
    return this.#toAccounts(rows);
  }

  // ── Of a person, and the source's own ───────────────────────────────────────────────────────────────────────

  /** The pair that is the caller's for this source: the owner's when it is shared or theirs; null when there is none. */
  async getOwn(principal: Principal, sourceId: number): Promise<Account | null> {
    const caller = await callerOf(this.#deps.store.db, principal);
    const found = await this.#enabled(caller, sourceId);
    return this.#read(caller, ownSlot(found, caller));
  }

  /** Stores it. Of a shared source only who manages it may. */
  async putOwn(
    principal: Principal,
    sourceId: number,
    pair: PairInput,
  ): Promise<{ readonly created: boolean; readonly account: Account }> {
    requireScope(principal, 'write');
    const caller = await callerOf(this.#deps.store.db, principal);
    const found = await this.#enabled(caller, sourceId);
    if (found.summary.shared) requireManages(found);
    const slot = ownSlot(found, caller);
    const created = await this.#store(caller, { slot, found }, pair);
    return { created, account: await this.#one(caller, slot) };
  }

  /** Removes it. Throws NotFoundError for a shared source, and when there is none. */
  async removeOwn(principal: Principal, sourceId: number): Promise<void> {
    requireScope(principal, 'write');
    const caller = await callerOf(this.#deps.store.db, principal);
    const found = await this.#enabled(caller, sourceId);
    if (found.summary.shared) throw notFound('account');
    await this.#remove(caller, found, ownSlot(found, caller));
  }

  /** Every pair of the source, by number; for who manages it. */
  async listOfSource(principal: Principal, sourceId: number, page: NumberedPage): Promise<Listed<Account>> {
    const { found } = await this.#managed(principal, sourceId);
    const where = sql`c.source_id = ${found.row.source_id}`;
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from credential c where ${where} and c.level = 'any' and c.username is not null`.execute(
      this.#deps.store.db,
    );
    const items = await this.#toAccounts(await this.#rows(where, sql`order by c.id ${windowOf(page)}`));
    return { items, records: rows[0]?.records ?? 0 };
  }

  /** Gives a person a pair for an unshared source. `unchecked`: it is kept without being tried. */
  async addMember(
    principal: Principal,
    sourceId: number,
    userId: number | undefined,
    pair: PairInput & { readonly unchecked?: boolean },
  ): Promise<Account> {
    requireScope(principal, 'write');
    const { caller, found } = await this.#managed(principal, sourceId);
    if (found.summary.shared) throw notFound('account');
    const user = await this.#colleague(caller, userId);
    const own = user === found.row.source_owner_id;
    const slot = slotOf(found, own ? { kind: 'source' } : { kind: 'personal', userId: user });
    await this.#store(caller, { slot, found, unchecked: pair.unchecked === true }, pair);
    return this.#one(caller, slot);
  }

  /** Changes any pair of the source. */
  async updateMember(
    principal: Principal,
    sourceId: number,
    accountId: number,
    pair: PairInput & { readonly unchecked?: boolean },
  ): Promise<Account> {
    requireScope(principal, 'write');
    const { caller, found } = await this.#managed(principal, sourceId);
    const slot = await this.#slotOfAccount(found, accountId);
    await this.#store(caller, { slot, found, unchecked: pair.unchecked === true }, pair);
    return this.#one(caller, slot);
  }

  async removeMember(principal: Principal, sourceId: number, accountId: number): Promise<void> {
    requireScope(principal, 'write');
    const { caller, found } = await this.#managed(principal, sourceId);
    await this.#remove(caller, found, await this.#slotOfAccount(found, accountId));
  }

  // ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Steps 2 to 7 of §5. */
  async #forWrite(
    principal: Principal,
    key: WorkspaceKey,
    sourceId: number | undefined,
  ): Promise<{ caller: Caller; workspace: WorkspaceRow; found: FoundSource }> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const workspace = await rowOf(db, caller, key);
    const found = await this.#source(caller, sourceId);
    const standing = standingOf(workspace);
    if (!mayRead(caller, standing) && !caller.dataAdmin) throw hidden(principal, 'workspace');
    if (!found.row.enabled) throw disabled();
    if (!(await this.#maySet(caller, workspace, found))) throw new SourceForbiddenError(found.summary);
    // There the shared pair always comes first (§5, step 7); elsewhere who gets in by the workspace alone has its pair.
    if (found.summary.shared && principal.door === 'chorus') throw notFound('data source');
    return { caller, workspace, found };
  }

  async #maySet(caller: Caller, workspace: WorkspaceRow, found: FoundSource): Promise<boolean> {
    if (caller.dataAdmin || found.manages) return true;
    const standing = standingOf(workspace);
    const slot = slotOf(found, { kind: 'workspace', workspaceId: workspace.id });
    const [stored] = await this.#rows(where(slot));
    if (stored?.owner_id === caller.userId) return true;
    if (!(await this.#isAvailable(workspace, found))) return false;
    return mayOwn(caller, standing) || (standing.isMember && this.#deps.membersSetCredentials);
  }

  /** Public sources are everywhere; a limited one belongs to the workspace whose sandbox it holds (§9 no. 7, 10). */
  async #isAvailable(workspace: WorkspaceRow, found: FoundSource): Promise<boolean> {
    if (found.summary.isPublic) return true;
    if (workspace.sandbox_schema_id === null) return false;
    const { rows } = await sql<{ id: number }>`
      select b.source_id as id from source_schema c join source_database b on b.id = c.database_id
      where c.id = ${workspace.sandbox_schema_id}`.execute(this.#deps.store.db);
    return rows[0]?.id === found.row.source_id;
  }

  #source(caller: Caller, id: number | undefined): Promise<FoundSource> {
    if (id === undefined) throw notFound('data source');
    return findSource(this.#deps.store.db, this.#deps.access, caller, id);
  }

  async #enabled(caller: Caller, id: number): Promise<FoundSource> {
    const found = await this.#source(caller, id);
    if (!found.row.enabled) throw disabled();
    return found;
  }

  async #managed(principal: Principal, id: number): Promise<{ caller: Caller; found: FoundSource }> {
    const caller = await callerOf(this.#deps.store.db, principal);
    const found = await this.#enabled(caller, id);
    requireManages(found);
    return { caller, found };
  }

  async #colleague(caller: Caller, userId: number | undefined): Promise<number> {
    const known =
      userId === undefined
        ? undefined
        : await this.#deps.store.db
            .selectFrom('user_account')
            .select('id')
            .where('id', '=', userId)
            .where('tenant_id', '=', caller.tenantId)
            .where('builtin', 'is', null)
            .executeTakeFirst();
    if (known === undefined) throw notFound('user');
    return known.id;
  }

  async #slotOfAccount(found: FoundSource, accountId: number): Promise<CredentialSlot> {
    const [row] = await this.#rows(sql`c.source_id = ${found.row.source_id} and c.id = ${accountId}`);
    if (row === undefined) throw notFound('account');
    return slotOf(found, { kind: row.kind, userId: row.user_id, workspaceId: row.workspace_id });
  }

  /** Steps 9 to 11: completes the pair, tries it, writes it. True when there was none before. */
  async #store(caller: Caller, target: Target, pair: PairInput): Promise<boolean> {
    const { store } = this.#deps;
    const given = { ...pair, password: pair.password === secretMask ? undefined : pair.password };
    const whole = given.username !== undefined && given.password !== undefined;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const stored = await readStored(store.db, target.slot);
      const complete = this.#complete(target.slot, stored, given);
      await this.#try(caller, target, complete);
      const done = await this.#write(caller, target, complete, whole ? undefined : (stored?.version ?? 0));
      if (done !== 'changed meanwhile') return done === 'created';
    }
    throw new ConflictError('credential_busy', 'Others keep changing this pair.', { remedy: 'Try again.' });
  }

  #complete(
    slot: CredentialSlot,
    stored: SlotRow | undefined,
    pair: PairInput,
  ): { username: string; password: string } {
    const problems = new Problems();
    const username = problems.required(pair.username ?? stored?.username, 'db_username', limit.username);
    const kept = (): string | undefined => this.#open(slot, stored);
    const password = problems.required(pair.password ?? kept(), 'db_password', limit.password);
    problems.settle();
    return { username, password };
  }

  /** A stored password that cannot be read is as good as none: a new one must be said (S7). */
  #open(slot: CredentialSlot, stored: SlotRow | undefined): string | undefined {
    if (stored?.sealed == null) return undefined;
    try {
      return this.#deps.vault.openText(secretContext(slot.tenantId, stored.uid), stored.sealed);
    } catch {
      return undefined;
    }
  }

  async #try(caller: Caller, target: Target, pair: { username: string; password: string }): Promise<void> {
    const { row, words } = target.found;
    refuseOwnStore(this.#deps.store.endpoint, { ...row, username: pair.username });
    if (target.unchecked === true || words.incomplete === true) return;
    if (row.engine === null) {
      throw new DatabaseFailedError('DATA_SOURCE_DRIVER_NOT_CONFIGURED', 'No engine here can run this data source.');
    }
    const subject = { saved: row.source_uid, overrides: pair };
    await this.#deps.checks.check(caller.principal, subject, words.isHawq === true);
  }

  /** `version` is what a partial change was completed with; undefined: the pair is whole and replaces whatever is there. */
  #write(
    { principal }: Caller,
    { slot, found, workspaceId }: Target,
    pair: { username: string; password: string },
    version: number | undefined,
  ): Promise<'created' | 'replaced' | 'changed meanwhile'> {
    const { store, vault, audit } = this.#deps;
    return store.transaction(async (trx) => {
      await lockSource(trx, found);
      await refuseWhileInUse(
        trx,
        { id: found.row.source_id, name: found.summary.name },
        `a change of ${changeKinds.password}`,
      );
      if (workspaceId !== undefined) await lockWorkspace(trx, workspaceId);
      const existing = await readSlot(trx, slot);
      if (version !== undefined && version !== (existing?.version ?? 0)) return 'changed meanwhile';
      await writeSlot(trx, vault, principal, slot, existing, pair);
      await changed(trx, found, slot);
      await audit.record(trx, principal, this.#event(found, slot, 'credential.put'));
      return existing === undefined ? 'created' : 'replaced';
    });
  }

  async #remove({ principal }: Caller, found: FoundSource, slot: CredentialSlot): Promise<void> {
    const { store, audit } = this.#deps;
    await store.transaction(async (trx) => {
      await lockSource(trx, found);
      const existing = await readSlot(trx, slot);
      if (existing === undefined) throw notFound('account');
      await refuseWhileInUse(
        trx,
        { id: found.row.source_id, name: found.summary.name },
        `a change of ${changeKinds.password}`,
      );
      await trx.deleteFrom('credential').where('uid', '=', existing.uid).execute();
      await changed(trx, found, slot);
      await audit.record(trx, principal, this.#event(found, slot, 'credential.delete'));
    });
  }

  #event({ row }: FoundSource, slot: CredentialSlot, action: string) {
    return {
      action,
      outcome: 'allowed',
      resource: { type: 'source', uid: row.source_uid, name: row.native_name },
      tenantId: row.tenant_id,
      detail: {
        kind: slot.kind,
        level: slot.level,
        ...(slot.workspaceId === null ? {} : { workspaceId: slot.workspaceId }),
        ...(slot.userId === null ? {} : { userId: slot.userId }),
      },
    } as const;
  }

  async #one(caller: Caller, slot: CredentialSlot, workspaceId?: number): Promise<Account> {
    const account = await this.#read(caller, slot, workspaceId);
    if (account === null) throw notFound('account'); // somebody removed it in this moment
    return account;
  }

  async #read(caller: Caller, slot: CredentialSlot, workspaceId?: number): Promise<Account | null> {
    const [account] = await this.#toAccounts(await this.#rows(where(slot)));
    if (account === undefined) return null;
    if (workspaceId === undefined) return account;
    const workspace = await this.#deps.workspaces.viewFor(this.#deps.store.db, caller, workspaceId);
    return { ...account, workspace };
  }

  async #rows(condition: RawBuilder<unknown>, tail: RawBuilder<unknown> = sql`order by c.id`): Promise<AccountRow[]> {
    const { rows } = await sql<AccountRow>`
      select c.id, c.uid, c.kind, c.username, c.source_id, c.user_id, c.workspace_id, c.refused_at,
        case c.kind when 'personal' then c.user_id when 'workspace' then coalesce(c.holder_id, w.owner_id)
          else s.owner_id end as owner_id
      from credential c join data_source s on s.id = c.source_id left join workspace w on w.id = c.workspace_id
      where c.level = 'any' and c.username is not null and ${condition} ${tail}`.execute(this.#deps.store.db);
    return rows;
  }

  async #toAccounts(rows: readonly AccountRow[]): Promise<Account[]> {
    const people = await peopleById(
      this.#deps.store.db,
      rows.map((row) => row.owner_id),
    );
    return rows.flatMap((row) => {
      const owner = people.get(row.owner_id ?? 0);
      if (owner === undefined) return []; // of a built-in user: no person's account
      const { id, uid, username, source_id: sourceId, refused_at: refusedAt } = row;
      return [{ id, uid, dbUsername: username ?? '', ownerId: owner.id, owner, sourceId, refusedAt }];
    });
  }
}

function disabled(): ConflictError {
  return new ConflictError('source_disabled', 'The data source is disabled.', { remedy: 'Its owner can enable it.' });
}

function slotOf(
  { row }: FoundSource,
  of: { kind: CredentialSlot['kind']; userId?: number | null; workspaceId?: number | null },
): CredentialSlot {
  return {
    sourceId: row.source_id,
    tenantId: row.tenant_id,
    kind: of.kind,
    userId: of.userId ?? null,
    workspaceId: of.workspaceId ?? null,
    level: 'any',
  };
}

/** Of a shared source, and for its owner, the source's own pair; else the caller's. */
function ownSlot(found: FoundSource, caller: Caller): CredentialSlot {
  if (found.summary.shared || found.owns) return slotOf(found, { kind: 'source' });
  return slotOf(found, { kind: 'personal', userId: caller.userId });
}

function where(slot: CredentialSlot): RawBuilder<unknown> {
  return sql`c.source_id = ${slot.sourceId} and c.kind = ${slot.kind}
    and c.user_id is not distinct from ${slot.userId}::bigint
    and c.workspace_id is not distinct from ${slot.workspaceId}::bigint`;
}

/** A slot without a lock. */
async function readStored(executor: Executor, slot: CredentialSlot): Promise<SlotRow | undefined> {
  const { rows } = await sql<SlotRow>`
    select c.uid, c.username, c.secret_sealed as sealed, c.version from credential c
    where ${where(slot)} and c.level = 'any'`.execute(executor);
  return rows[0];
}

async function lockSource(trx: Executor, { row }: FoundSource): Promise<void> {
  const { rows } = await sql<{ enabled: boolean }>`
    select enabled from data_source where id = ${row.source_id} and deleted_at is null for update`.execute(trx);
  if (rows[0] === undefined) throw new NotFoundError('data_source_not_found', 'There is no such data source.');
  if (!rows[0].enabled) throw disabled();
}

/** Keeps the workspace from being archived or deleted until the pair is written. */
async function lockWorkspace(trx: Executor, id: number): Promise<void> {
  const { rows } = await sql<{ archived: boolean }>`
    select archived_at is not null as archived from workspace where id = ${id} and deleted_at is null for share`.execute(
    trx,
  );
  if (rows[0] === undefined) throw notFound('workspace');
  if (rows[0].archived) throw forbidden('workspace', 'The workspace is archived.');
}

/** The source's own pair is a part of its definition; every change is told to caches and pools. */
async function changed(trx: Executor, { row }: FoundSource, slot: CredentialSlot): Promise<void> {
  if (slot.kind === 'source') {
    await sql`
      update data_source set version = version + 1, settings_version = settings_version + 1, updated_at = now()
      where id = ${row.source_id}`.execute(trx);
  }
  await announce(trx, `s:${row.source_id}`);
}
