/** The words of jobs, as doors and executors see them. Types only. */
import type { Json, JsonObject } from '../sources/model.ts';

export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export const jobStatuses: readonly JobStatus[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

export type ExportFormat = 'ndjson' | 'csv' | 'parquet';
/** How a file of text is compressed; Parquet compresses itself. */
export type ExportCompression = 'gzip' | 'zstd';

/** One query of one source into a file. */
export interface ExportInput {
  readonly kind: 'export';
  /** Name or uid. */
  readonly source: string;
  readonly sql: string;
  readonly parameters?: readonly Json[];
  readonly format: ExportFormat;
  readonly compression?: ExportCompression;
  readonly maxRows?: number;
  readonly timeoutMs?: number;
  /** Name of the output; `<source>.<format>` unless said, with `.gz` or `.zst` when compressed. */
  readonly fileName?: string;
  /** Uid of the workspace whose pair is used. */
  readonly workspace?: string;
}
export type JobInput = ExportInput;

/** What is stored of an `export`: the input without the source, defaults filled in. */
export interface ExportSpec {
  readonly sql: string;
  readonly parameters: readonly Json[];
  readonly format: ExportFormat;
  readonly compression?: ExportCompression;
  readonly maxRows?: number;
  readonly timeoutMs?: number;
  readonly fileName: string;
  readonly workspace?: string;
}

/** Rows and bytes so far, of the running attempt. */
export interface JobProgress {
  readonly rows: number;
  readonly bytes: number;
}

export interface JobOutputView {
  readonly name: string;
  readonly mediaType: string;
  /** Of the plaintext. */
  readonly bytes: number;
  readonly rows: number | null;
  /** Of the plaintext, hex. */
  readonly sha256: string;
  readonly expiresAt: Date | null;
}

export interface JobView {
  /** The uid. */
  readonly id: string;
  readonly kind: string;
  readonly status: JobStatus;
  /** Name of the source; null when it is gone for good. */
  readonly source: string | null;
  readonly sourceId: string | null;
  /** Null for kinds without one. */
  readonly format: string | null;
  /** Username; null when the user is gone. */
  readonly createdBy: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** 0 before the first start. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** A cancel was asked for and the worker has not ended yet. */
  readonly cancelRequested: boolean;
  readonly progress: JobProgress;
  readonly error?: { readonly code: string; readonly message: string };
  readonly outputs: readonly JobOutputView[];
}

export interface JobFilter {
  readonly status?: JobStatus;
  readonly kind?: string;
  /** Name or uid of the source. */
  readonly source?: string;
}

/** A source that a job uses, as it stood when the job was submitted; the job's lease kept it so. */
export interface JobSource {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly settingsVersion: number;
}

/** A job that this worker holds. */
export interface ClaimedJob {
  readonly id: number;
  readonly uid: string;
  readonly tenantId: number;
  readonly tenantUid: string;
  readonly kind: string;
  /** As stored for its kind, e.g. `ExportSpec`. */
  readonly spec: JsonObject;
  readonly sources: readonly JobSource[];
  /** Who submitted it: the executor decides this user's rights again. Null when the user is gone. */
  readonly createdBy: { readonly id: number; readonly uid: string; readonly username: string } | null;
  /** The door it was submitted through. */
  readonly door: string;
  readonly attempt: number;
  readonly maxAttempts: number;
}

export interface OutputSummary {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number | null;
  readonly sha256: string;
}

/**
 * Writes one output of a running attempt. What is written becomes visible only when the job succeeds.
 *
 * ```ts
 * const out = ctx.output('orders.csv', 'text/csv');
 * if (!out.write(chunk)) await out.drained();
 * await out.finish({ rows });
 * ```
 */
export interface OutputWriter {
  readonly name: string;
  /** Plaintext bytes taken so far. */
  readonly bytes: number;
  /** Copies the bytes (the buffer may be reused). False = wait for `drained()` before writing more. */
  write(chunk: Uint8Array): boolean;
  /** Resolves when there is room again; rejects when storing failed. */
  drained(): Promise<void>;
  /** Seals and stores the rest. Without it the output is thrown away. */
  finish(meta?: { readonly rows?: number }): Promise<OutputSummary>;
  /** Throws away what was written; never rejects. */
  abort(): Promise<void>;
}

/** Why `ctx.signal` fired: `reason` of the signal. */
export type AbortReason = 'cancelled' | 'lost' | 'stopping';

export interface JobContext {
  /** Fires when the job is cancelled, was given to another worker, or this process stops. Stop work then. */
  readonly signal: AbortSignal;
  /** Tells how far it got; cheap, may be called for every chunk. The worker writes it with its next heartbeat. */
  heartbeat(progress: JobProgress): void;
  /** Opens an output. Names: one path segment, unique in the job. */
  output(name: string, mediaType: string): OutputWriter;
}

/** Kept with the job and shown to nobody but its kind's code. */
export type JobResult = JsonObject;

/**
 * Does the work of one kind. Resolves = succeeded (all finished outputs appear at once); rejects = failed, or tried
 * again when the error is a passing one (see `isPassing`).
 */
export type JobExecutor = (job: ClaimedJob, context: JobContext) => Promise<JobResult>;
