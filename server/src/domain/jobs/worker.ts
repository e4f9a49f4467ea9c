/**
 * Runs jobs in this process: claims, heartbeats, retries, reaps, sweeps. Any number of processes may do so on one
 * store. What wakes a worker may be lost or doubled (a NOTIFY, a new listener, the clock): it only ever looks for
 * runnable rows.
 */
import { hostname } from 'node:os';
import type { Store } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { recordJobEvent } from '../events/record.ts';
import { systemPrincipal } from '../identity/principal.ts';
import { RunningAttempt } from './attempt.ts';
import { announceQueued, jobsChannel, parseSignal } from './changes.ts';
import { backOffSeconds } from './machine.ts';
import type { JobExecutor } from './model.ts';
import type { ObjectStore } from './objects.ts';
import { sweepOutputs } from './outputs.ts';
import { claimJob, reapLost } from './transitions.ts';

export interface JobWorkerConfig {
  /** Jobs at a time in this process. */
  readonly jobConcurrency: number;
  readonly jobHeartbeatSeconds: number;
  /** A running attempt without a heartbeat for this long is given up. */
  readonly jobLeaseSeconds: number;
  /** How often runnable and lost jobs are looked for. */
  readonly jobReapSeconds: number;
  /** 0 = outputs are kept. */
  readonly outputRetentionDays: number;
  /** How long `stop` waits for executors to obey before their jobs are left to the reaper; 20 unless said. */
  readonly shutdownGraceSeconds?: number;
}

export interface JobWorkerDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly objects: ObjectStore;
  readonly config: JobWorkerConfig;
  readonly log: Logger;
  /** Looked at as often as lost jobs are. */
  readonly schedules?: { runDue(): Promise<unknown> };
}

const sweepIntervalMs = 10 * 60 * 1000;

export class JobWorker {
  readonly #deps: JobWorkerDeps;
  readonly #executors: Readonly<Record<string, JobExecutor>>;
  /** Names this process in claims, for people who look into the store. */
  readonly #name = `${hostname()}/${process.pid}`;
  /** Attempts, not jobs: one that was given up but is deaf to it may still run when this worker claims its job again. */
  readonly #running = new Map<RunningAttempt, Promise<void>>();
  #timers: NodeJS.Timeout[] = [];
  #stopListening: (() => Promise<void>) | undefined;
  #state: 'new' | 'started' | 'stopping' = 'new';
  #claiming = false;
  #claimAgain = false;
  /** Whatever runs in the background beside attempts: `stop` waits for it. */
  readonly #background = new Set<Promise<void>>();

  constructor(deps: JobWorkerDeps, executors: Readonly<Record<string, JobExecutor>>) {
    this.#deps = deps;
    this.#executors = executors;
  }

  /** Attempts that run here now. */
  get running(): number {
    return this.#running.size;
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error('The worker was started before.');
    this.#state = 'started';
    const { store, config } = this.#deps;
    const stopListening = await store.listen(jobsChannel, (payload) => this.#hear(payload));
    // What was said while nobody listened is not repeated.
    const forget = store.onReconnect(() => this.wake());
    this.#stopListening = async () => {
      forget();
      await stopListening();
    };
    this.#timers = [
      setInterval(() => this.#look(), config.jobReapSeconds * 1000),
      setInterval(() => this.#inBackground(this.sweep()), sweepIntervalMs),
    ];
    this.#look();
  }

  #look(): void {
    this.#inBackground(this.reap());
    const { schedules } = this.#deps;
    if (schedules !== undefined) this.#inBackground(schedules.runDue().then(() => {}));
  }

  /** Takes no new job, aborts running ones (`stopping`), hands them back and resolves when nothing runs here. */
  async stop(): Promise<void> {
    if (this.#state === 'stopping') return;
    this.#state = 'stopping';
    for (const timer of this.#timers) clearInterval(timer);
    await this.#stopListening?.();
    await Promise.all(this.#background);
    for (const attempt of this.#running.keys()) attempt.abort('stopping');
    const grace = (this.#deps.config.shutdownGraceSeconds ?? 20) * 1000;
    await Promise.race([
      Promise.all(this.#running.values()),
      new Promise((resolve) => setTimeout(resolve, grace).unref()),
    ]);
  }

  /** Looks for runnable jobs now; returns at once. */
  wake(): void {
    if (this.#state === 'started') this.#inBackground(this.#claim());
  }

  /** Gives up attempts whose worker fell silent, and looks for runnable jobs. */
  async reap(): Promise<void> {
    const { store, audit, config, log } = this.#deps;
    const lost = await store.transaction(async (trx) => {
      const jobs = await reapLost(trx, config.jobLeaseSeconds, backOffSeconds);
      for (const job of jobs) {
        await audit.record(trx, systemPrincipal(), {
          action: 'job.lost',
          outcome: 'failed',
          resource: { type: 'job', uid: job.uid, name: job.kind },
          tenantId: job.tenantId,
          detail: { attempt: job.attempt, status: job.status },
        });
        await recordJobEvent(trx, job.uid);
      }
      if (jobs.some((job) => job.status === 'queued')) await announceQueued(trx);
      return jobs;
    });
    for (const job of lost)
      log.warn({ job: job.uid, attempt: job.attempt, status: job.status }, 'a worker fell silent');
    this.wake();
  }

  /** Deletes expired outputs and what abandoned attempts left. */
  async sweep(): Promise<void> {
    const { deleted } = await sweepOutputs(this.#deps.store, this.#deps.objects, new Date());
    if (deleted > 0) this.#deps.log.info({ deleted }, 'outputs were swept');
  }

  #hear(payload: string): void {
    const signal = parseSignal(payload);
    if (signal?.kind === 'queued') this.wake();
    if (signal?.kind !== 'cancel') return;
    for (const attempt of this.#running.keys()) if (attempt.job.uid === signal.uid) attempt.abort('cancelled');
  }

  /** One claimer at a time; a wake meanwhile makes it look once more. */
  async #claim(): Promise<void> {
    this.#claimAgain = true;
    if (this.#claiming) return;
    this.#claiming = true;
    try {
      while (this.#claimAgain) {
        this.#claimAgain = false;
        while (this.#running.size < this.#deps.config.jobConcurrency && this.#state === 'started') {
          if (!(await this.#claimOne())) break;
        }
      }
    } finally {
      this.#claiming = false;
    }
  }

  async #claimOne(): Promise<boolean> {
    const { store, config } = this.#deps;
    const claim = `${this.#name}/${uuidv7()}`;
    const job = await claimJob(store.db, Object.keys(this.#executors), claim, config.jobLeaseSeconds);
    if (job === undefined) return false;
    const attempt = new RunningAttempt(this.#deps, job, claim);
    this.#running.set(attempt, this.#run(attempt));
    return true;
  }

  async #run(attempt: RunningAttempt): Promise<void> {
    const { uid, kind } = attempt.job;
    const { log } = this.#deps;
    await Promise.resolve(); // lets the caller note the attempt before it ends
    try {
      const end = await attempt.run(this.#executors[kind]!); // only kinds with an executor are claimed
      log.info({ job: uid, kind, attempt: attempt.job.attempt, end }, 'an attempt ended');
    } catch (error) {
      log.error({ err: error, job: uid }, 'the end of an attempt could not be written');
    } finally {
      this.#running.delete(attempt);
      this.wake();
    }
  }

  #inBackground(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'background work on jobs failed'))
      .finally(() => this.#background.delete(guarded));
    this.#background.add(guarded);
  }
}
