/**
 * Pairs of user name and password for a source (chorus.md §3.1, §3.2, §5): one of a workspace for everybody who works in
 * it, one of a person, and the source's own, which is its owner's.
 */
import { sql } from 'kysely';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import type { CredentialSlot } from '../sources/credential-rows.ts';
import { maySetWorkspacePair } from '../sources/workspace-pairs.ts';
import { isSlot, readAccountRows, toAccounts } from './account-rows.ts';
import { type Caller, callerOf, mayRead } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import { type FoundSource, findSource, requireManages } from './found-source.ts';
import type { Account, Listed, NumberedPage, PairInput, WorkspaceKey } from './model.ts';
import { disabled, PairStore } from './pair-store.ts';
import { forbidden, hidden, notFound, SourceForbiddenError } from './refusals.ts';
import { findWorkspace, rowOf, standingOf, type WorkspaceRow } from './rows.ts';
import type { PairChecks } from './verify.ts';
import { type Workspaces, windowOf } from './workspaces.ts';

export interface AccountDeps extends WorkspaceDeps {
  readonly checks: PairChecks;
  readonly workspaces: Workspaces;
  /** Whether plain members may store a workspace's pair (chorus.md §9 no. 2). */
  readonly membersSetCredentials: boolean;
}

export class Accounts {
  readonly #deps: AccountDeps;
  readonly #pairs: PairStore;

  constructor(deps: AccountDeps) {
    this.#deps = deps;
    this.#pairs = new PairStore(deps);
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
    const created = await this.#pairs.store(caller, { slot, found, workspaceId: workspace.id }, pair);
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
    await this.#pairs.remove(caller, found, slotOf(found, { kind: 'workspace', workspaceId: workspace.id }));
  }

  /** The workspace's pairs, by source. */
  async listForWorkspace(principal: Principal, key: WorkspaceKey): Promise<Account[]> {
    const { db } = this.#deps.store;
    const caller = await callerOf(db, principal);
    const workspace = await findWorkspace(db, caller, key);
    const visible = this.#deps.access.visibleFilter(principal, { alias: 's' });
    const rows = await readAccountRows(
      this.#deps.store.db,
      sql`c.kind = 'workspace' and c.workspace_id = ${workspace.id} and ${visible}`,
    );
    return toAccounts(this.#deps.store.db, rows);
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
    const created = await this.#pairs.store(caller, { slot, found }, pair);
    return { created, account: await this.#one(caller, slot) };
  }

  /** Removes it. Throws NotFoundError for a shared source, and when there is none. */
  async removeOwn(principal: Principal, sourceId: number): Promise<void> {
    requireScope(principal, 'write');
    const caller = await callerOf(this.#deps.store.db, principal);
    const found = await this.#enabled(caller, sourceId);
    if (found.summary.shared) throw notFound('account');
    await this.#pairs.remove(caller, found, ownSlot(found, caller));
  }

  /** Every pair of the source, by number; for who manages it. */
  async listOfSource(principal: Principal, sourceId: number, page: NumberedPage): Promise<Listed<Account>> {
    const { found } = await this.#managed(principal, sourceId);
    const where = sql`c.source_id = ${found.row.source_id}`;
    const { rows } = await sql<{ records: number }>`
      select count(*) as records from credential c where ${where} and c.level = 'any' and c.username is not null`.execute(
      this.#deps.store.db,
    );
    const items = await toAccounts(
      this.#deps.store.db,
      await readAccountRows(this.#deps.store.db, where, sql`order by c.id ${windowOf(page)}`),
    );
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
    await this.#pairs.store(caller, { slot, found, unchecked: pair.unchecked === true }, pair);
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
    await this.#pairs.store(caller, { slot, found, unchecked: pair.unchecked === true }, pair);
    return this.#one(caller, slot);
  }

  async removeMember(principal: Principal, sourceId: number, accountId: number): Promise<void> {
    requireScope(principal, 'write');
    const { caller, found } = await this.#managed(principal, sourceId);
    await this.#pairs.remove(caller, found, await this.#slotOfAccount(found, accountId));
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

  #maySet(caller: Caller, workspace: WorkspaceRow, found: FoundSource): Promise<boolean> {
    const keeper = {
      subject: caller.principal.subject,
      managesSource: caller.dataAdmin || found.manages,
      membersSet: this.#deps.membersSetCredentials,
    };
    return maySetWorkspacePair(this.#deps.store.db, keeper, found.row.source_id, workspace.id);
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
    const [row] = await readAccountRows(
      this.#deps.store.db,
      sql`c.source_id = ${found.row.source_id} and c.id = ${accountId}`,
    );
    if (row === undefined) throw notFound('account');
    return slotOf(found, { kind: row.kind, userId: row.user_id, workspaceId: row.workspace_id });
  }

  async #one(caller: Caller, slot: CredentialSlot, workspaceId?: number): Promise<Account> {
    const account = await this.#read(caller, slot, workspaceId);
    if (account === null) throw notFound('account'); // somebody removed it in this moment
    return account;
  }

  async #read(caller: Caller, slot: CredentialSlot, workspaceId?: number): Promise<Account | null> {
    const [account] = await toAccounts(this.#deps.store.db, await readAccountRows(this.#deps.store.db, isSlot(slot)));
    if (account === undefined) return null;
    if (workspaceId === undefined) return account;
    const workspace = await this.#deps.workspaces.viewFor(this.#deps.store.db, caller, workspaceId);
    return { ...account, workspace };
  }
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
