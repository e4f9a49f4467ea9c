/** Runs jobs: claims, heartbeats, retries, reaps. */
import type { Store } from '../../platform/database/index.ts';
import type { Queue } from '../../platform/queue/index.ts';
import type { Logger } from '../../platform/telemetry/log.ts';
import type { Vault } from '../../platform/vault/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { JobExecutor } from './model.ts';
import type { ObjectStore } from './objects.ts';

export interface JobWorkerConfig {
  /** Jobs at a time in this process. */
  readonly jobConcurrency: number;
  readonly jobHeartbeatSeconds: number;
  /** A running attempt without a heartbeat for this long is given up. */
  readonly jobLeaseSeconds: number;
  /** How often runnable and lost jobs are looked for. */
  readonly jobReapSeconds: number;
  readonly outputRetentionDays: number;
}

export interface JobWorkerDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly queue: Queue;
  readonly objects: ObjectStore;
  readonly config: JobWorkerConfig;
  readonly log: Logger;
}

export class JobWorker {
  constructor(_deps: JobWorkerDeps, _executors: Readonly<Record<string, JobExecutor>>) {}
  start(): Promise<void> {
    throw new Error('not built yet');
  }
  /** Takes no new job, aborts running ones (`stopping`), hands them back and resolves when nothing runs here. */
  stop(): Promise<void> {
    throw new Error('not built yet');
  }
}
