/**
 * Keeping a pair (chorus.md §5, steps 9 to 11): completed with what is stored, tried, then written whole in one
 * transaction that holds the source's row: of two writers one comes last, and nobody ever sees half of each. What a partial
 * change was completed with must still be what is stored, else it is tried again with what is there now.
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { announce } from '../access/index.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { changeKinds } from '../sources/blocking.ts';
import { type CredentialSlot, readSlot, type SlotRow, writeSlot } from '../sources/credential-rows.ts';
import { refuseWhileInUse } from '../sources/leases.ts';
import { secretMask } from '../sources/model.ts';
import { refuseOwnStore } from '../sources/own-store.ts';
import { secretContext } from '../sources/view.ts';
import { readStored } from './account-rows.ts';
import type { Caller } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { FoundSource } from './found-source.ts';
import type { PairInput } from './model.ts';
import { DatabaseFailedError, forbidden, notFound } from './refusals.ts';
import { Problems } from './text.ts';
import type { PairChecks } from './verify.ts';

const limit = { username: 256, password: 4096 };
/** How often a partial change is completed anew when others change the pair meanwhile. */
const attempts = 5;

/** Where a pair goes, and whether the workspace it is of must still be there. */
export interface PairTarget {
  readonly slot: CredentialSlot;
  readonly found: FoundSource;
  readonly workspaceId?: number;
  /** Kept without being tried. */
  readonly unchecked?: boolean;
}

export class PairStore {
  readonly #deps: WorkspaceDeps & { readonly checks: PairChecks };

  constructor(deps: WorkspaceDeps & { readonly checks: PairChecks }) {
    this.#deps = deps;
  }

  /** Steps 9 to 11: completes the pair, tries it, writes it. True when there was none before. */
  async store(caller: Caller, target: PairTarget, pair: PairInput): Promise<boolean> {
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

  async #try(caller: Caller, target: PairTarget, pair: { username: string; password: string }): Promise<void> {
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
    { slot, found, workspaceId }: PairTarget,
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

  /** Removes it. Throws NotFoundError when there is none. */
  async remove({ principal }: Caller, found: FoundSource, slot: CredentialSlot): Promise<void> {
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
}

/** A disabled source takes no pairs. */
export function disabled(): ConflictError {
  return new ConflictError('source_disabled', 'The data source is disabled.', { remedy: 'Its owner can enable it.' });
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
