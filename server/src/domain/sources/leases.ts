/**
 * In use (decisions.md 17). Submitting a job locks the sources FOR SHARE and inserts its leases in the same
 * transaction; a blocked kind of change locks the source FOR UPDATE and then looks for job leases. The second
 * statement of the change sees every lease whose transaction committed before the lock was granted, so no
 * interleaving lets both win (J1). Never look for leases in the statement that takes the lock: its snapshot is older
 * than the lock.
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { ConflictError, NotFoundError, PreconditionError } from '../errors.ts';
import type { JobSource } from '../jobs/model.ts';
import type { LeaseHolder } from './model.ts';

/** Holders named in a refusal; the rest is counted. */
const shownHolders = 20;

/** Everybody who uses the source now, the longest first. */
export async function leaseHolders(executor: Executor, sourceId: number): Promise<LeaseHolder[]> {
  const rows = await executor
    .selectFrom('lease')
    .leftJoin('user_account', 'user_account.id', 'lease.user_id')
    .where('lease.source_id', '=', sourceId)
    .select(['lease.kind', 'lease.holder_uid', 'lease.holder', 'user_account.username', 'lease.since', 'lease.until'])
    .orderBy('lease.since')
    .orderBy('lease.id')
    .execute();
  return rows.map((row) => ({
    kind: row.kind as LeaseHolder['kind'], // the table allows no other
    id: row.holder_uid,
    name: row.holder,
    user: row.username,
    since: row.since,
    until: row.until,
  }));
}

/**
 * For a job's transaction: keeps the sources from changing until it commits, and tells how they stand. Locks in the
 * order of ids, so that two submissions never wait for each other.
 */
export async function lockForUse(trx: Executor, sourceIds: readonly number[]): Promise<JobSource[]> {
  const { rows } = await sql<{ id: number; uid: string; name: string; settings_version: number }>`
    select id, uid, name, settings_version from data_source
    where id = any(${[...sourceIds]}::bigint[]) and deleted_at is null
    order by id for share`.execute(trx);
  if (rows.length !== new Set(sourceIds).size) {
    throw new NotFoundError('source_not_found', 'There is no such data source.');
  }
  return rows.map((row) => ({ id: row.id, uid: row.uid, name: row.name, settingsVersion: row.settings_version }));
}

/**
 * For a change's transaction that has locked the source FOR UPDATE: refuses with `source_in_use` and the holders
 * while a job uses it. `what` names the change; with `user` only that user's jobs count.
 */
export async function refuseWhileInUse(
  trx: Executor,
  source: { readonly id: number; readonly name: string },
  what: string,
  user?: string,
): Promise<void> {
  const all = await leaseHolders(trx, source.id);
  const holders = all.filter((holder) => holder.kind === 'job' && (user === undefined || holder.user === user));
  if (holders.length === 0) return;
  const named = holders.slice(0, 3).map((holder) => `${holder.name} (${holder.id})`);
  const more = holders.length > named.length ? ` and ${holders.length - named.length} more` : '';
  throw new ConflictError(
    'source_in_use',
    `"${source.name}" is in use by ${named.join(', ')}${more}: ${what} must wait.`,
    {
      remedy: 'Wait until the jobs end, or cancel them.',
      extra: { holders: holders.slice(0, shownHolders), holderCount: holders.length },
    },
  );
}

/**
 * Locks a source for a blocked kind of change, in the caller's transaction. Throws NotFoundError `source_not_found`,
 * PreconditionError `stale_version`, ConflictError `source_in_use`.
 */
export async function lockForChange(trx: Executor, sourceId: number, ifMatch?: number): Promise<void> {
  const { rows } = await sql<{ id: number; name: string; version: number }>`
    select id, name, version from data_source where id = ${sourceId} and deleted_at is null for update`.execute(trx);
  const [source] = rows;
  if (source === undefined) throw new NotFoundError('source_not_found', 'There is no such data source.');
  checkVersion(source, ifMatch);
  await refuseWhileInUse(trx, source, 'the change');
}

/** Throws PreconditionError `stale_version` with `currentVersion` unless the caller saw this version, or named none. */
export function checkVersion(source: { readonly name: string; readonly version: number }, ifMatch?: number): void {
  if (ifMatch === undefined || ifMatch === source.version) return;
  throw new PreconditionError('stale_version', `"${source.name}" has changed since you read it.`, {
    remedy: 'Read it again and repeat the change.',
    extra: { currentVersion: source.version },
  });
}
