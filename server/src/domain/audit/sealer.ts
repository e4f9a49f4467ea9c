/**
 * The sealer: links committed events into a hash chain a tenant, in batches at most a second apart, and signs a
 * checkpoint for each batch (decisions.md 33).
 *
 * Invariants:
 * - One sealer works at a time in the installation (an advisory lock held by its transaction).
 * - It takes every committed event that has no link yet, at once: one whose transaction commits late is taken by a
 *   later batch. Waiting for the transactions below it instead (`txid < pg_snapshot_xmin`) would let one transaction left
 *   open anywhere on the database server stop the sealing for all.
 * - It looks only above `floor`: an event id up to which everything is sealed or will never exist. The floor moves in
 *   two steps. First it notes a candidate: the last event id given out, and then the next transaction id. A transaction
 *   has its own id before it takes an event id (`insertEvents`), so whoever holds an event id up to the candidate has a
 *   transaction id below the noted one. Once `pg_snapshot_xmin` has reached the noted one, all of those are over, and a
 *   batch that then finds nothing more below the candidate makes it the floor.
 */
import { appendFile } from 'node:fs/promises';
import { setTimeout as rest } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import type { DB, Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { Clock } from '../clock.ts';
import { type AuditCheckpoint, chainHash, checkpointText, genesis, type StoredEvent, toHashed } from './event.ts';
import { eventColumns } from './reader.ts';

export interface SealerDeps {
  readonly store: Store;
  readonly vault: Pick<Vault, 'signingKey'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly checkpointFile?: string | undefined;
}

/** Name of the row in `setting` with the sealer's floor. */
export const sealerSetting = 'audit_sealer';
const lockKey = 4_843_001;
/** Events of one transaction: read, hashed and linked page by page, so that requests are served in between. */
const batchSize = 2000;
const pageSize = 100;
/** Rest between pages: what a busy second left to seal is spread over the next one instead of holding it up. */
const pageRestMs = 5;
const pauseMs = 700;

interface Floor {
  readonly floor: number;
  readonly candidate: { readonly id: number; readonly xid: string } | null;
}

/** Seals one batch, with a rest of `restMs` after each full page. `sealed` = events linked, −1 when another node is at work; `more` = there is more to do at once. */
export async function sealBatch(deps: SealerDeps, restMs = 0): Promise<{ sealed: number; more: boolean }> {
  const result = await deps.store.transaction(async (trx) => {
    const floor = await lockAndReadFloor(trx);
    if (floor === null) return null;
    const { sealed, more, heads } = await linkPages(trx, floor.floor, restMs);
    const checkpoints = await writeHeads(deps, trx, heads);
    if (!more) await moveFloor(trx, floor);
    return { sealed, more, checkpoints };
  });
  if (result === null) return { sealed: -1, more: false };
  await publish(deps, result.checkpoints);
  return { sealed: result.sealed, more: result.more };
}

async function lockAndReadFloor(trx: Transaction<DB>): Promise<Floor | null> {
  const { rows } = await sql<{ locked: boolean; value: Floor | null }>`
    select pg_try_advisory_xact_lock(${lockKey}) as locked,
      (select value from setting where name = ${sealerSetting}) as value`.execute(trx);
  if (rows[0]?.locked !== true) return null;
  return rows[0].value ?? { floor: 0, candidate: null };
}

/** The end of a tenant's chain. */
interface Head {
  readonly sequence: number;
  readonly hash: Buffer;
  readonly eventId: number;
}

/** Links what has no link yet, up to a batch; `heads` = the new ends of the chains that grew. */
async function linkPages(
  trx: Transaction<DB>,
  floor: number,
  restMs: number,
): Promise<{ sealed: number; more: boolean; heads: Map<number, Head> }> {
  const heads = new Map<number, Head>();
  // Both indexes are walked side by side from `last` on; a hash would be built of all that is above it, for each page.
  await sql`set local enable_hashjoin = off`.execute(trx);
  let last = floor;
  for (let sealed = 0; ; ) {
    const { rows } = await sql<StoredEvent>`
      select ${eventColumns} from audit_event e
      where e.id > ${last}
        and not exists (select 1 from audit_link l where l.event_id = e.id and l.event_id > ${last})
      order by e.id limit ${pageSize}`.execute(trx);
    if (rows.length > 0) await linkPage(trx, rows, heads);
    sealed += rows.length;
    last = rows.at(-1)?.id ?? last;
    const full = rows.length === pageSize;
    if (!full || sealed >= batchSize) return { sealed, more: full, heads };
    if (restMs > 0) await rest(restMs);
  }
}

/** Links events to the ends of their tenants' chains. */
async function linkPage(trx: Transaction<DB>, rows: readonly StoredEvent[], heads: Map<number, Head>): Promise<void> {
  const unknown = [...new Set(rows.map((row) => row.tenant_id))].filter((tenantId) => !heads.has(tenantId));
  if (unknown.length > 0) {
    const found = await trx.selectFrom('audit_sealer').selectAll().where('tenant_id', 'in', unknown).execute();
    for (const { tenant_id, sequence, hash, last_event_id } of found) {
      heads.set(tenant_id, { sequence, hash: Buffer.from(hash), eventId: last_event_id });
    }
  }
  const links: { tenant_id: number; sequence: number; event_id: number; hash: string }[] = [];
  for (const row of rows) {
    const head = heads.get(row.tenant_id) ?? { sequence: 0, hash: genesis(row.tenant_id), eventId: 0 };
    const sequence = head.sequence + 1;
    const hash = chainHash(head.hash, sequence, toHashed(row), row.detail);
    heads.set(row.tenant_id, { sequence, hash, eventId: row.id });
    links.push({ tenant_id: row.tenant_id, sequence, event_id: row.id, hash: hash.toString('hex') });
  }
  await sql`insert into audit_link (tenant_id, sequence, event_id, hash)
    select tenant_id, sequence, event_id, decode(hash, 'hex') from jsonb_to_recordset(${JSON.stringify(links)}::jsonb)
      as l(tenant_id bigint, sequence bigint, event_id bigint, hash text)`.execute(trx);
}

/** Writes down the new ends of chains; answers their checkpoints. */
async function writeHeads(
  deps: SealerDeps,
  trx: Transaction<DB>,
  heads: ReadonlyMap<number, Head>,
): Promise<AuditCheckpoint[]> {
  const checkpoints: AuditCheckpoint[] = [];
  for (const [tenantId, head] of heads) {
    await trx
      .insertInto('audit_sealer')
      .values({ tenant_id: tenantId, sequence: head.sequence, hash: head.hash, last_event_id: head.eventId })
      .onConflict((conflict) =>
        conflict
          .column('tenant_id')
          .doUpdateSet({ sequence: head.sequence, hash: head.hash, last_event_id: head.eventId }),
      )
      .execute();
    checkpoints.push(await sign(deps, trx, tenantId, head));
  }
  return checkpoints;
}

async function sign(
  deps: SealerDeps,
  trx: Transaction<DB>,
  tenantId: number,
  head: { sequence: number; hash: Buffer },
): Promise<AuditCheckpoint> {
  const key = deps.vault.signingKey();
  const at = deps.clock.now().toISOString();
  const unsigned = { tenantId, sequence: head.sequence, hash: head.hash.toString('hex'), at, keyId: key.keyId };
  const signature = key.sign(checkpointText(unsigned));
  await trx
    .insertInto('audit_checkpoint')
    .values({
      tenant_id: tenantId,
      sequence: head.sequence,
      hash: head.hash,
      at,
      key_id: key.keyId,
      signature,
    })
    .execute();
  return { ...unsigned, signature: signature.toString('base64') };
}

/** One of the two steps above, when there is one to make. */
async function moveFloor(trx: Transaction<DB>, { floor, candidate }: Floor): Promise<void> {
  if (candidate !== null) {
    const { rows } = await sql<{ over: boolean }>`
      select pg_snapshot_xmin(pg_current_snapshot()) >= ${candidate.xid}::xid8 as over`.execute(trx);
    // What was over when this batch was read is over now; what was not yet is found by the next batch.
    if (rows[0]?.over !== true) return;
    const { rows: left } = await sql<{ left: boolean }>`
      select exists (select 1 from audit_event e where e.id > ${floor} and e.id <= ${candidate.id}
        and not exists (select 1 from audit_link l where l.event_id = e.id)) as left`.execute(trx);
    if (left[0]?.left === true) return;
    await writeFloor(trx, { floor: candidate.id, candidate: null });
    return;
  }
  // The order of these two statements matters: first the last id given out, then a snapshot.
  const last = await sql<{ id: number }>`
    select coalesce(pg_sequence_last_value(pg_get_serial_sequence('audit_event', 'id')), 0) as id`.execute(trx);
  const id = last.rows[0]?.id ?? 0;
  if (id <= floor) return;
  const next = await sql<{ xid: string }>`
    select pg_snapshot_xmax(pg_current_snapshot())::text as xid`.execute(trx);
  await writeFloor(trx, { floor, candidate: { id, xid: next.rows[0]!.xid } }); // a select without from has one row
}

async function writeFloor(trx: Transaction<DB>, value: Floor): Promise<void> {
  await sql`insert into setting (name, value) values (${sealerSetting}, ${JSON.stringify(value)}::jsonb)
    on conflict (name) do update set value = excluded.value, updated_at = now()`.execute(trx);
}

/** Copies checkpoints to where the store's owner cannot reach them, as far as configured. */
async function publish(deps: SealerDeps, checkpoints: readonly AuditCheckpoint[]): Promise<void> {
  if (deps.checkpointFile === undefined || checkpoints.length === 0) return;
  const lines = checkpoints.map((one) => `${JSON.stringify(one)}\n`).join('');
  try {
    await appendFile(deps.checkpointFile, lines, { mode: 0o600 });
  } catch (error) {
    deps.log.error({ err: error, file: deps.checkpointFile }, 'audit checkpoints cannot be written to their file');
  }
}

/** Seals until the answer is called; that resolves when the batch under way is done. */
export function startSealer(deps: SealerDeps): () => Promise<void> {
  const stopped = new AbortController();
  // The embedded store has one connection: a rest there would hold everybody up.
  const restMs = deps.store.kind === 'postgresql' ? pageRestMs : 0;
  const done = (async () => {
    while (!stopped.signal.aborted) {
      let more = false;
      try {
        more = (await sealBatch(deps, restMs)).more;
      } catch (error) {
        deps.log.warn({ err: error }, 'audit events could not be sealed; trying again');
      }
      if (!more) await pause(pauseMs, stopped.signal);
    }
  })();
  return () => {
    stopped.abort();
    return done;
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    timer.unref();
    signal.addEventListener('abort', end, { once: true });
  });
}
