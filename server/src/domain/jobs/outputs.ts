/** Outputs between the store of rows and the store of objects: names, keys, opening, expiry. */
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { type Executor, type Store, toBuffer } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Vault } from '../../platform/vault/index.ts';
import { UnavailableError } from '../errors.ts';
import type { ObjectStore } from './objects.ts';
import type { FinishedOutput } from './output.ts';
import { OutputDamagedError, openSealed, plaintextSize } from './sealed-file.ts';
import type { Attempt } from './transitions.ts';

/** Where an output lies (decisions.md 18). */
export function outputLocation(tenantUid: string, jobUid: string, attempt: number, name: string): string {
  return `${tenantUid}/jobs/${jobUid}/${attempt}/${name}`;
}

/** Binds a sealed file to its place. */
export function outputContext(jobUid: string, attempt: number, name: string): string {
  return `headgate job output\n${jobUid}\n${attempt}\n${name}`;
}

const keyContext = (tenantId: number, outputUid: string) => ({
  tenantId,
  table: 'job_output',
  rowUid: outputUid,
  field: 'data_key',
});

/**
 * Makes finished outputs visible: in the transaction that makes the job succeed, and only then. Outputs that others read
 * in the store of objects are moved there now, under the lock that the success holds on the job: an attempt that was
 * given up cannot replace them any more.
 */
export async function commitOutputs(
  trx: Executor,
  { vault, objects }: { readonly vault: Vault; readonly objects: ObjectStore },
  job: Attempt & { readonly tenantId: number },
  outputs: readonly FinishedOutput[],
  retentionDays: number,
): Promise<void> {
  for (const output of outputs) {
    const uid = uuidv7();
    const key = output.key === null ? null : toBuffer(vault.seal(keyContext(job.tenantId, uid), output.key));
    await sql`
      insert into job_output (uid, job_id, attempt, name, media_type, location, bytes, rows, sha256, data_key_sealed,
        detail, expires_at)
      values (${uid}, ${job.jobId}, ${job.attempt}, ${output.name}, ${output.mediaType},
        ${output.publishAs ?? output.location}, ${output.bytes}, ${output.rows}, ${output.sha256}, ${key},
        ${output.detail === null ? null : JSON.stringify(output.detail)}::jsonb,
        ${retentionDays > 0 ? sql`now() + make_interval(days => ${retentionDays}::int)` : sql`null`})`.execute(trx);
    if (output.publishAs !== undefined) await objects.move(output.location, output.publishAs);
  }
}

/** A row of an output that may be read. */
export interface OutputRow {
  readonly uid: string;
  readonly jobUid: string;
  readonly tenantId: number;
  readonly attempt: number;
  readonly name: string;
  readonly location: string;
  readonly bytes: number;
  /** Null for an output that is stored as it is. */
  readonly sealedKey: Buffer | null;
}

export async function findOutput(executor: Executor, jobId: number, name: string): Promise<OutputRow | undefined> {
  const { rows } = await sql<OutputRow>`
    select o.uid, j.uid as "jobUid", j.tenant_id as "tenantId", o.attempt, o.name, o.location, o.bytes,
      o.data_key_sealed as "sealedKey"
    from job_output o join job j on j.id = o.job_id
    where o.job_id = ${jobId} and o.name = ${name} and o.deleted_at is null
      and (o.expires_at is null or o.expires_at > now())`.execute(executor);
  return rows[0];
}

/**
 * The plaintext of an output. Throws UnavailableError `output_unavailable` when it cannot be read; the stream errors
 * with OutputDamagedError when the file was touched.
 */
export async function openOutputStream(objects: ObjectStore, vault: Vault, output: OutputRow): Promise<Readable> {
  try {
    if (output.sealedKey === null) {
      const stored = await objects.size(output.location);
      if (stored !== output.bytes) throw new OutputDamagedError('The stored output has another size.');
      return objects.get(output.location);
    }
    const key = vault.open(keyContext(output.tenantId, output.uid), output.sealedKey);
    const stored = plaintextSize(await objects.size(output.location));
    if (stored !== output.bytes) throw new OutputDamagedError('The stored output has another size.');
    const context = outputContext(output.jobUid, output.attempt, output.name);
    return Readable.from(openLazily(objects, output.location, key, context), { objectMode: false });
  } catch (cause) {
    throw new UnavailableError('output_unavailable', 'The stored output cannot be read.', {
      remedy: 'Run the job again; an administrator finds the reason in the log.',
      cause,
    });
  }
}

/** Opens the file with the first read: a stream that is destroyed before holds no file. */
async function* openLazily(objects: ObjectStore, location: string, key: Buffer, context: string) {
  yield* openSealed(objects.get(location), key, context);
}

/** An object that was touched in this time is left alone: its row may be about to commit. */
const abandonedAfterMs = 60 * 60 * 1000;

/**
 * Deletes expired outputs, and objects that no row speaks of: attempts that were given up. The running attempt's own
 * are left alone, and so is everything that is no output of a tenant of this store: a bucket may have other users.
 */
export async function sweepOutputs(store: Store, objects: ObjectStore, now: Date): Promise<{ deleted: number }> {
  const { rows: expired } = await sql<{ id: number; location: string }>`
    select id, location from job_output
    where deleted_at is null and expires_at <= now() order by id limit 1000`.execute(store.db);
  for (const output of expired) {
    // The row first: a file without a row is swept later, a row without a file would promise what is not there.
    await sql`update job_output set deleted_at = now(), data_key_sealed = null where id = ${output.id}`.execute(
      store.db,
    );
    await objects.delete(output.location);
  }
  let deleted = expired.length;
  const tenants = new Set((await store.db.selectFrom('tenant').select('uid').execute()).map(({ uid }) => uid));
  for await (const object of objects.list('')) {
    if (now.getTime() - object.changedAt.getTime() < abandonedAfterMs) continue;
    if (!tenants.has(object.location.split('/')[0] ?? '')) continue;
    const { rows } = await sql`
      select 1 from job_output where location = ${object.location} and deleted_at is null
      union all
      select 1 from job where uid::text = ${object.location.split('/')[2] ?? ''} and status = 'running'
        and attempt::text = ${object.location.split('/')[3] ?? ''}`.execute(store.db);
    if (rows.length > 0) continue;
    await objects.delete(object.location);
    deleted += 1;
  }
  return { deleted };
}
