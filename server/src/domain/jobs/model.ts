/** The words of jobs, as doors and executors see them. Types only. */
import type { Json, JsonObject } from '../sources/model.ts';

export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export const jobStatuses: readonly JobStatus[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

export type ExportFormat = 'ndjson' | 'csv' | 'parquet';
/** How a file of text is compressed; Parquet compresses itself. */
export type Compression = 'gzip' | 'zstd';

/** One query of one source into a file. */
export interface ExportInput {
  readonly kind: 'export';
  /** Name or uid. */
  readonly source: string;
  readonly sql: string;
  readonly parameters?: readonly Json[];
  readonly format: ExportFormat;
  readonly compression?: Compression;
  readonly maxRows?: number;
  readonly timeoutMs?: number;
  /** Name of the output; `<source>.<format>` unless said, with `.gz` or `.zst` when compressed. */
  readonly fileName?: string;
  /** Uid of the workspace whose pair is used. */
  readonly workspace?: string;
}

/** One table of an extraction, with what of it is wanted. */
export interface ExtractTableInput {
  /** The engine's default unless said: `public`, `dbo`, the database, the user. */
  readonly schema?: string;
  readonly table: string;
  /** In the order wanted; all of the table's unless said. */
  readonly columns?: readonly string[];
  /** Column → operator → values; all of them must hold. */
  readonly filters?: Readonly<Record<string, ExtractFilter>>;
}

export const extractOperators = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'between', 'in', 'nin', 'like'] as const;
export type ExtractOperator = (typeof extractOperators)[number];
export type ExtractValue = string | number | boolean | null;
export type ExtractFilter = { readonly [operator in ExtractOperator]?: readonly ExtractValue[] };

export interface ExtractSourceInput {
  /** Name or uid. */
  readonly source: string;
  readonly tables: readonly ExtractTableInput[];
  /** Uid of the workspace whose pair is used. */
  readonly workspace?: string;
}

/** `json`: one object, source → table → rows; the others: a file a table. */
export type ExtractFormat = 'ndjson' | 'csv' | 'parquet' | 'json';

/** Tables of one or several sources into files, with a signed manifest. */
export interface ExtractInput {
  readonly kind: 'extract';
  readonly sources: readonly ExtractSourceInput[];
  readonly format: ExtractFormat;
  /** Of ndjson, csv and json; Parquet compresses its own pages. */
  readonly compression?: Compression;
  /** Milliseconds that reading one table may take. */
  readonly timeoutMs?: number;
}
export type JobInput = ExportInput | ExtractInput;

/** A table as stored: names as the caller wrote them, checked for their shape only. */
export interface ExtractTable {
  readonly schema?: string;
  readonly table: string;
  readonly columns?: readonly string[];
  readonly filters?: Readonly<Record<string, ExtractFilter>>;
  /** What the table is called in a result object; `schema.table` or `table` unless said. */
  readonly label?: string;
  /** Milliseconds that reading it may take; the job's `timeoutMs` unless said. */
  readonly timeoutMs?: number;
}

export interface ExtractSource {
  /** Uid. */
  readonly id: string;
  /** What the source is called in outputs and messages. */
  readonly label: string;
  readonly workspace?: string;
  readonly tables: readonly ExtractTable[];
}

/** What is stored of an `extract`. */
export interface ExtractSpec {
  readonly format: ExtractFormat;
  readonly compression?: Compression;
  readonly sources: readonly ExtractSource[];
  readonly timeoutMs?: number;
  /** Milliseconds that the whole attempt may take. */
  readonly deadlineMs?: number;
  /** Set for jobs of the fetcher door: the result is its encrypted, signed object (fetcher.md §6.7). */
  readonly fetcher?: {
    /** Bytes of the plaintext at most. */
    readonly maxBytes: number;
    /** Filters of tables that are not read: the job fails, because without them it would give more than was asked. */
    readonly strayFilters: readonly { readonly source: string; readonly table: string }[];
    /** Submitted through the open door, by nobody in particular. */
    readonly open?: boolean;
  };
}

/** What is stored of an `export`: the input without the source, defaults filled in. */
export interface ExportSpec {
  readonly sql: string;
  readonly parameters: readonly Json[];
  readonly format: ExportFormat;
  readonly compression?: Compression;
  readonly maxRows?: number;
  readonly timeoutMs?: number;
  readonly fileName: string;
  readonly workspace?: string;
}

/** Rows and bytes so far, of the running attempt. */
export interface JobProgress {
  readonly rows: number;
  readonly bytes: number;
  /** By source, in the order of the job's sources; absent for kinds that do not tell. */
  readonly sources?: readonly SourceProgress[];
}

export interface SourceProgress {
  readonly rows: number;
  readonly bytes: number;
  /** Tables read to their end, and the one that is being read. */
  readonly tablesDone: number;
  readonly tables: number;
  readonly table: string | null;
}

/** One source of a job as its viewers see it. */
export interface JobSourceView {
  readonly name: string;
  readonly id: string;
  readonly progress?: SourceProgress;
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

/** One attempt of a job; `outcome` and `finishedAt` are null while it runs. */
export interface JobAttemptView {
  readonly attempt: number;
  /** Host and process that ran it. */
  readonly worker: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly outcome: JobAttemptOutcome | null;
  readonly error: JobError | null;
  readonly progress: { readonly rows: number; readonly bytes: number };
}

/** `retried`: failed, and another attempt follows; `handed_back`: its worker stopped; `lost`: its worker fell silent. */
export const jobAttemptOutcomes = ['succeeded', 'failed', 'cancelled', 'retried', 'handed_back', 'lost'] as const;
export type JobAttemptOutcome = (typeof jobAttemptOutcomes)[number];

export interface JobView {
  /** The uid. */
  readonly id: string;
  readonly kind: string;
  readonly status: JobStatus;
  /** Name of the first source; null when it is gone for good. */
  readonly source: string | null;
  readonly sourceId: string | null;
  /** All sources in the job's order, without those that are gone for good. */
  readonly sources: readonly JobSourceView[];
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
  readonly error?: JobError;
  readonly outputs: readonly JobOutputView[];
  /** The job that this one repeats. */
  readonly retryOf?: string;
  /** The schedule that submitted it. */
  readonly schedule?: string;
}

export interface JobError {
  readonly code: string;
  readonly message: string;
  /** Which source, table and column it is about, where that is known. */
  readonly source?: string;
  readonly table?: string;
  readonly column?: string;
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
  /** Scopes of the token that submitted it; null = unrestricted. */
  readonly scopes: readonly string[] | null;
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
  /** Seals and stores the rest. Without it the output is thrown away. `detail` goes into the manifest. */
  finish(meta?: { readonly rows?: number; readonly detail?: JsonObject }): Promise<OutputSummary>;
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
  /**
   * Opens the output that others read in the store of objects itself: its bytes are stored as they are written, under
   * this location, where they appear in the moment in which the job succeeds.
   */
  published(name: string, mediaType: string, location: string): OutputWriter;
}

/** Kept with the job and shown to nobody but its kind's code. */
export type JobResult = JsonObject;

/**
 * Does the work of one kind. Resolves = succeeded (all finished outputs appear at once); rejects = failed, or tried
 * again when the error is a passing one (see `isPassing`).
 */
export type JobExecutor = (job: ClaimedJob, context: JobContext) => Promise<JobResult>;
