/**
 * One attempt of a job on this worker: runs the executor, beats, obeys cancels, and writes how it ended. Every write
 * is fenced by the attempt's claim: when another worker has the job, this one only cleans up after itself.
 */
import { randomBytes } from 'node:crypto';
import type { Store } from '../../platform/database/index.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { AuditLog } from '../audit/index.ts';
import { recordJobEvent } from '../events/record.ts';
import { systemPrincipal } from '../identity/principal.ts';
import { announceQueued } from './changes.ts';
import { fileName } from './export-spec.ts';
import { failureOf, isPassing } from './failure.ts';
import { backOffSeconds } from './machine.ts';
import { manifestName, writeManifest } from './manifest.ts';
import type { AbortReason, ClaimedJob, JobExecutor, JobProgress, JobResult, OutputWriter } from './model.ts';
import type { ObjectStore } from './objects.ts';
import { type FinishedOutput, StoredOutputWriter } from './output.ts';
import { commitOutputs, outputContext, outputLocation } from './outputs.ts';
import { fileKeyBytes } from './sealed-file.ts';
import { type Attempt, endCancelled, fail, heartbeat, type JobFailure, requeue, succeed } from './transitions.ts';

export interface AttemptDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly objects: ObjectStore;
  readonly log: Logger;
  readonly config: {
    readonly jobHeartbeatSeconds: number;
    readonly jobLeaseSeconds: number;
    readonly outputRetentionDays: number;
  };
}

/** How often progress is written while there is some, ms: what watchers see. */
const progressMs = 1_000;

/** Kinds whose outputs come with a signed manifest. */
const kindsWithManifest: ReadonlySet<string> = new Set(['extract']);

/** How an attempt ended, as far as this worker wrote it. */
export type AttemptEnd = 'succeeded' | 'failed' | 'cancelled' | 'requeued' | 'lost';

export class RunningAttempt {
  readonly job: ClaimedJob;
  readonly #deps: AttemptDeps;
  readonly #attempt: Attempt;
  readonly #abort = new AbortController();
  readonly #outputs: StoredOutputWriter[] = [];
  #progress: JobProgress = { rows: 0, bytes: 0 };
  #written: JobProgress = this.#progress;
  #beating = false;
  /** When a heartbeat last got through: this worker's own monotonic clock, in ms. */
  #lastBeat = performance.now();

  constructor(deps: AttemptDeps, job: ClaimedJob, claim: string) {
    this.#deps = deps;
    this.job = job;
    this.#attempt = { jobId: job.id, attempt: job.attempt, claim };
  }

  /** Asks the executor to stop; the first reason counts. */
  abort(reason: AbortReason): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(reason);
  }

  /** Runs the attempt to its end. Rejects only when the store does not take the end: then the reaper decides. */
  async run(executor: JobExecutor): Promise<AttemptEnd> {
    const beat = setInterval(
      () => void this.#tick(),
      Math.min(progressMs, this.#deps.config.jobHeartbeatSeconds * 1000),
    );
    let outcome: { readonly result: JobResult } | { readonly error: unknown };
    try {
      outcome = {
        result: await executor(this.job, {
          signal: this.#abort.signal,
          heartbeat: (progress) => {
            this.#progress = progress;
          },
          output: (name, mediaType) => this.#output(name, mediaType),
          published: (name, mediaType, location) => this.#output(name, mediaType, location),
        }),
      };
      if (kindsWithManifest.has(this.job.kind)) await this.#writeManifest();
    } catch (error) {
      outcome = { error };
    } finally {
      clearInterval(beat);
    }
    // When the store fails while it commits, the success may have landed: finished outputs are left to the sweeper.
    let discard = this.#outputs.filter((output) => output.finished === undefined);
    try {
      const end = 'result' in outcome ? await this.#succeed(outcome.result) : await this.#end(outcome.error);
      if (end !== 'succeeded') discard = this.#outputs;
      return end;
    } finally {
      await Promise.all(discard.map((output) => output.abort()));
    }
  }

  /** Beats when it is due, and when watchers can be shown something new. */
  async #tick(): Promise<void> {
    const due = performance.now() - this.#lastBeat >= this.#deps.config.jobHeartbeatSeconds * 1000;
    if (this.#beating || (!due && this.#progress === this.#written)) return;
    this.#beating = true;
    await this.#beat().finally(() => {
      this.#beating = false;
    });
  }

  async #beat(): Promise<void> {
    try {
      const { store, config } = this.#deps;
      const progress = this.#progress;
      const heard = await heartbeat(store.db, this.#attempt, progress, config.jobLeaseSeconds);
      this.#written = progress;
      this.#lastBeat = performance.now();
      if (heard === 'lost') this.abort('lost');
      if (heard === 'cancel requested') this.abort('cancelled');
    } catch (error) {
      this.#deps.log.warn({ err: error, job: this.job.uid }, 'a heartbeat did not get through');
      // Others give this attempt up by now: go on and two would work on one job.
      if (performance.now() - this.#lastBeat > this.#deps.config.jobLeaseSeconds * 1000) this.abort('lost');
    }
  }

  #output(name: string, mediaType: string, publishAs?: string): OutputWriter {
    const { uid, attempt, tenantUid } = this.job;
    const checked = fileName(name);
    if (this.#outputs.some((output) => output.name === checked))
      throw new Error(`The output ${checked} is open already.`);
    const writer = new StoredOutputWriter({
      objects: this.#deps.objects,
      location: outputLocation(tenantUid, uid, attempt, checked),
      name: checked,
      mediaType,
      key: publishAs === undefined ? randomBytes(fileKeyBytes) : null,
      context: outputContext(uid, attempt, checked),
      ...(publishAs === undefined ? {} : { publishAs }),
    });
    this.#outputs.push(writer);
    return writer;
  }

  /** The last output: it speaks of all others that are downloaded from here. */
  async #writeManifest(): Promise<void> {
    const described = this.#outputs.flatMap(({ finished }) =>
      finished === undefined || finished.publishAs !== undefined ? [] : [finished],
    );
    if (described.length === 0) return;
    const { uid, kind, attempt } = this.job;
    const text = writeManifest(
      {
        version: 1,
        job: uid,
        kind,
        attempt,
        finishedAt: new Date().toISOString(),
        outputs: described.map(manifestOutput),
      },
      this.#deps.vault.signingKey(),
    );
    const writer = this.#output(manifestName, 'application/json');
    writer.write(Buffer.from(text));
    await writer.finish();
  }

  async #succeed(result: JobResult): Promise<AttemptEnd> {
    const { store, vault, objects, config } = this.#deps;
    const unfinished = this.#outputs.find((output) => output.finished === undefined);
    if (unfinished !== undefined) return this.#end(new Error(`The output ${unfinished.name} was not finished.`));
    const outputs = this.#outputs.flatMap((output) => output.finished ?? []);
    const held = await store.transaction(async (trx) => {
      if (!(await succeed(trx, this.#attempt, result, this.#progress))) return false;
      const job = { ...this.#attempt, tenantId: this.job.tenantId };
      await commitOutputs(trx, { vault, objects }, job, outputs, config.outputRetentionDays);
      await this.#record(trx, 'job.succeed', 'allowed', {
        outputs: outputs.map(({ name, bytes, rows, sha256 }) => ({ name, bytes, rows, sha256 })),
      });
      await recordJobEvent(trx, this.job.uid);
      return true;
    });
    return held ? 'succeeded' : 'lost';
  }

  async #end(error: unknown): Promise<AttemptEnd> {
    const reason = this.#abort.signal.aborted ? (this.#abort.signal.reason as AbortReason) : null; // we alone abort it
    if (reason === 'lost') return 'lost';
    if (reason === 'cancelled') return this.#cancelled();
    if (reason === 'stopping') return this.#requeue('handBack', null);
    const failure = failureOf(error);
    const { job } = this;
    this.#deps.log.warn({ err: error, job: job.uid, attempt: job.attempt, code: failure.code }, 'an attempt failed');
    if (isPassing(error) && job.attempt < job.maxAttempts) return this.#requeue('retry', failure);
    const held = await this.#deps.store.transaction(async (trx) => {
      if (!(await fail(trx, this.#attempt, failure))) return false;
      await this.#record(trx, 'job.fail', 'failed', { code: failure.code });
      await recordJobEvent(trx, this.job.uid);
      return true;
    });
    return held ? 'failed' : 'lost';
  }

  async #requeue(event: 'retry' | 'handBack', failure: JobFailure | null): Promise<AttemptEnd> {
    const afterSeconds = event === 'retry' ? backOffSeconds(this.job.attempt) : 0;
    const put = await this.#deps.store.transaction(async (trx) => {
      const queued = await requeue(trx, event, this.#attempt, { afterSeconds, failure });
      if (queued && event === 'handBack') await announceQueued(trx); // another node can go on at once
      return queued;
    });
    return put ? 'requeued' : this.#cancelled();
  }

  async #cancelled(): Promise<AttemptEnd> {
    const held = await this.#deps.store.transaction(async (trx) => {
      if (!(await endCancelled(trx, this.#attempt))) return false;
      await this.#record(trx, 'job.cancelled', 'allowed', {});
      await recordJobEvent(trx, this.job.uid);
      return true;
    });
    return held ? 'cancelled' : 'lost';
  }

  #record(
    trx: Parameters<AuditLog['record']>[0],
    action: string,
    outcome: 'allowed' | 'failed',
    detail: object,
  ): Promise<void> {
    const { uid, kind, tenantId, attempt, sources } = this.job;
    return this.#deps.audit.record(trx, systemPrincipal(), {
      action,
      outcome,
      resource: { type: 'job', uid, name: kind },
      tenantId,
      detail: { ...detail, attempt, sources: sources.map((source) => source.name) },
    });
  }
}

function manifestOutput({ name, mediaType, bytes, rows, sha256, detail }: FinishedOutput) {
  return { ...detail, name, mediaType, bytes, rows, sha256 };
}
