/**
 * Starting, pausing and stopping runs (sdps.md §7.4). A run is one job of kind `discover` over all of its sources; its
 * rows tell how far each is, and a worker that takes a lost or paused run up goes on behind the tables that are through.
 */
import { sql } from 'kysely';
import type { Executor, Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Access, SourceFacts } from '../access/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Clock } from '../clock.ts';
import { DomainError } from '../errors.ts';
import { type DoorName, type Principal, type PrincipalUser, principalOf } from '../identity/principal.ts';
import { announceCancel } from '../jobs/changes.ts';
import type { JobService } from '../jobs/index.ts';
import { cancelJob } from '../jobs/transitions.ts';
import { admit, refusal, unforeseen } from '../sdps/index.ts';
import { nextRun } from './cron.ts';
import type { JobRow } from './model.ts';
import {
  endRun,
  idleState,
  insertDatabases,
  isRunning,
  lastRun,
  pauseRun,
  readJob,
  recordDiscovery,
  runningState,
} from './rows.ts';
import { type Chosen, chooseSources } from './targets.ts';
import type { Templates } from './templates.ts';

export interface RunsDeps {
  readonly store: Store;
  readonly access: Access;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly jobs: Pick<JobService, 'submit'>;
  readonly templates: Templates;
  readonly principals: { byId(userId: number): Promise<PrincipalUser | null> };
}

/** Due jobs that one look starts. */
const dueAtOnce = 20;

export class DiscoveryRuns {
  readonly #deps: RunsDeps;

  constructor(deps: RunsDeps) {
    this.#deps = deps;
  }

  /**
   * Starts a run, or takes a paused one up again; gives its id, null when one is running already. Throws SdpsError 1524
   * when there is nothing to look at, 1523 when nothing of it may be looked at, 1000 for an unknown job.
   */
  async start(principal: Principal, id: number): Promise<number | null> {
    admit(principal, 'write');
    const { store, access, templates, audit } = this.#deps;
    const { tenantId } = principal.subject;
    const job = await readJob(store.db, principal, id).catch(() => {
      throw unforeseen();
    });
    const resumed = await this.#takeUp(principal, id);
    if (resumed !== null) return resumed;
    const chosen = await chooseSources(store, access, principal, job.spec);
    const facts = await this.#allowed(principal, chosen);
    const usable = new Set(facts.map(({ source }) => source.id));
    const run = await store.transaction(async (trx) => {
      const locked = await readJob(trx, principal, id, 'locked');
      if (isRunning(locked.state)) return null;
      const nothing = usable.size === 0;
      const { rows } = await sql<{ id: number }>`
        insert into discovery_run (tenant_id, job_id, state, spec, snapshot_no, snapshot, end_time)
        values (${tenantId}, ${id}, ${nothing ? 'Completed' : 'Running'}, ${JSON.stringify(locked.spec)}::jsonb,
          ${await templates.snapshotNumber(trx, tenantId)}, ${JSON.stringify(await templates.current(trx, tenantId))}::jsonb,
          ${nothing ? new Date() : null}::timestamptz)
        returning id`.execute(trx);
      const runId = rows[0]!.id; // one row was inserted
      await insertDatabases(trx, runId, chosen, usable);
      await sql`update discovery_job set state = ${nothing ? idleState(locked.schedule) : runningState(locked.schedule)},
        last_start_time = now(), last_end_time = case when ${nothing} then now() else last_end_time end
        where id = ${id}`.execute(trx);
      const about = { id, name: locked.spec.name };
      await recordDiscovery(audit, trx, principal, 'discovery.start', about, { run: runId, sources: usable.size });
      return runId;
    });
    if (run === null) return null;
    if (chosen.length === 0) throw refusal(1524);
    if (usable.size === 0) throw refusal(1523);
    await this.#submit(principal, run, job.spec.name, facts);
    return run;
  }

  /** Throws SdpsError 1510, 1512 when nothing runs, 1521 when it is stopping already. */
  async stop(principal: Principal, id: number): Promise<void> {
    await this.#halt(principal, id, 'stop');
  }

  /** Lays the run aside, to go on where it was. Throws SdpsError 1510, 1512, 1521. */
  async pause(principal: Principal, id: number): Promise<void> {
    await this.#halt(principal, id, 'pause');
  }

  /** Takes a paused run up again. Throws SdpsError 1510, 1516 when none is paused, 1523. */
  async resume(principal: Principal, id: number): Promise<number> {
    admit(principal, 'write');
    await readJob(this.#deps.store.db, principal, id);
    const run = await this.#takeUp(principal, id);
    if (run === null) throw refusal(1516);
    return run;
  }

  /**
   * Starts scheduled jobs that are due, and ends runs whose work was given up. A run that is not over yet is not joined by
   * another.
   */
  async runDue(): Promise<void> {
    await this.#settle();
    const { store, clock, principals, log } = this.#deps;
    const now = clock.now();
    const { rows } = await sql<{
      id: number;
      schedule: string;
      owner_id: number | null;
      door: DoorName;
      scopes: string[] | null;
      next_run_at: Date;
    }>`
      select id, schedule, owner_id, door, scopes, next_run_at from discovery_job where next_run_at <= ${now}
      order by next_run_at limit ${dueAtOnce}`.execute(store.db);
    for (const due of rows) {
      // Whoever moves the time on starts the run: other nodes find it moved.
      const { numAffectedRows } =
        await sql`update discovery_job set next_run_at = ${nextRun(due.schedule, now)}::timestamptz
        where id = ${due.id} and next_run_at = ${due.next_run_at}`.execute(store.db);
      const user = numAffectedRows === 0n || due.owner_id === null ? null : await principals.byId(due.owner_id);
      if (user === null) continue;
      const principal = principalOf(
        user,
        { door: due.door, requestId: `discovery ${due.id}`, address: null },
        { method: 'system', scopes: due.scopes === null ? null : new Set(due.scopes) },
      );
      await this.start(principal, due.id).catch((error: unknown) => {
        log.warn({ err: error, discovery: due.id }, 'a scheduled discovery did not start');
      });
    }
  }

  /** Runs whose job ended without its worker: given up after its last attempt, or cancelled before it began. */
  async #settle(): Promise<void> {
    const { store } = this.#deps;
    const over = sql`(select r.id, r.pausing, j.status from discovery_run r join job j on j.uid = r.work_uid
      where r.state in ('Running', 'Stopping') and j.status in ('succeeded', 'failed', 'cancelled'))`;
    const { rows } = await sql<{ id: number; pausing: boolean; status: string }>`select * from ${over} o`.execute(
      store.db,
    );
    for (const { id } of rows) {
      await store.transaction(async (trx) => {
        await sql`select 1 from discovery_run where id = ${id} for update`.execute(trx);
        const again = await sql<{
          pausing: boolean;
          status: string;
        }>`select * from ${over} o where o.id = ${id}`.execute(trx);
        const [run] = again.rows;
        if (run === undefined) return;
        if (run.pausing) await pauseRun(trx, id);
        else
          await endRun(
            trx,
            id,
            run.status === 'cancelled' ? 'Stopped' : 'Completed',
            run.status === 'failed' ? 'Failed' : 'Stopped',
          );
      });
    }
  }

  async #halt(principal: Principal, id: number, how: 'stop' | 'pause'): Promise<void> {
    admit(principal, 'write');
    const { store, audit } = this.#deps;
    await store.transaction(async (trx) => {
      const job = await readJob(trx, principal, id, 'locked');
      const run = await lastRun(trx, id);
      if (run?.state === 'Stopping') throw refusal(1521);
      if (run?.state === 'Paused' && how === 'stop') return this.#giveUp(trx, job, run.id);
      if (run === undefined || run.state !== 'Running' || !isRunning(job.state)) throw refusal(1512);
      await sql`update discovery_run set state = 'Stopping', stopped_at = now(), pausing = ${how === 'pause'}
        where id = ${run.id}`.execute(trx);
      await sql`update discovery_run_database set state = 'Stopping' where run_id = ${run.id}
        and state in ('Ready', 'Pending', 'Running')`.execute(trx);
      await sql`update discovery_job set state = 'Stopping' where id = ${id}`.execute(trx);
      await recordDiscovery(audit, trx, principal, `discovery.${how}`, { id, name: job.spec.name }, { run: run.id });
      const work = await sql<{ id: number }>`select id from job where uid = ${run.work_uid}::uuid`.execute(trx);
      const outcome = work.rows[0] === undefined ? 'refused' : await cancelJob(trx, work.rows[0].id);
      // A worker that holds it lays it down by itself.
      if (outcome === 'flagged') await announceCancel(trx, run.work_uid ?? '');
      else if (how === 'pause') await pauseRun(trx, run.id);
      else await endRun(trx, run.id, 'Stopped');
    });
  }

  /** Ends a run that was laid aside; its schedule goes on. */
  async #giveUp(trx: Executor, job: JobRow, runId: number): Promise<void> {
    await endRun(trx, runId, 'Stopped');
    await sql`update discovery_job set next_run_at = ${nextRun(job.schedule, this.#deps.clock.now())}::timestamptz
      where id = ${job.id}`.execute(trx);
  }

  /** Goes on with a paused run; null when none is. Throws SdpsError 1523. */
  async #takeUp(principal: Principal, id: number): Promise<number | null> {
    const { store, access, audit, clock } = this.#deps;
    const taken = await store.transaction(async (trx) => {
      const job = await readJob(trx, principal, id, 'locked');
      const run = await lastRun(trx, id);
      if (run?.state !== 'Paused') return null;
      await sql`update discovery_run set state = 'Running', work_uid = null where id = ${run.id}`.execute(trx);
      await sql`update discovery_job set state = ${runningState(job.schedule)},
        next_run_at = ${nextRun(job.schedule, clock.now())}::timestamptz where id = ${id}`.execute(trx);
      await recordDiscovery(audit, trx, principal, 'discovery.resume', { id, name: job.spec.name }, { run: run.id });
      return { run: run.id, name: job.spec.name };
    });
    if (taken === null) return null;
    const { rows } = await sql<{ uid: string }>`
      select s.uid from discovery_run_database d join data_source s on s.id = d.source_id and s.deleted_at is null
      where d.run_id = ${taken.run} and d.state = 'Ready' order by d.position`.execute(store.db);
    const facts: SourceFacts[] = [];
    for (const { uid } of rows) await addAllowed(access, principal, uid, facts);
    if (facts.length === 0) {
      await store.transaction((trx) => endRun(trx, taken.run, 'Completed', 'Failed'));
      throw refusal(1523);
    }
    await this.#submit(principal, taken.run, taken.name, facts);
    return taken.run;
  }

  async #allowed(principal: Principal, chosen: readonly Chosen[]): Promise<readonly SourceFacts[]> {
    const facts: SourceFacts[] = [];
    for (const { row } of chosen) if (row !== null) await addAllowed(this.#deps.access, principal, row._uid, facts);
    return facts;
  }

  async #submit(principal: Principal, runId: number, name: string, facts: readonly SourceFacts[]): Promise<void> {
    const { jobs, store } = this.#deps;
    try {
      const { job } = await jobs.submit(principal, {
        kind: 'discover',
        spec: { run: runId },
        sources: facts,
        label: name,
        fingerprint: `discover ${runId}`,
        detail: { run: runId, sources: facts.map(({ source }) => source.name) },
      });
      await sql`update discovery_run set work_uid = ${job.id}::uuid where id = ${runId}`.execute(store.db);
    } catch (error) {
      await store.transaction((trx: Executor) => endRun(trx, runId, 'Completed', 'Failed'));
      throw error;
    }
  }
}

/** Adds the facts of a source that the principal may extract from, once. */
async function addAllowed(access: Access, principal: Principal, uid: string, facts: SourceFacts[]): Promise<void> {
  try {
    const found = await access.resolve(principal, uid);
    access.authorise(principal, 'source.extract', found);
    if (!facts.some(({ source }) => source.id === found.source.id)) facts.push(found);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
}
