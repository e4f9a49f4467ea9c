/** A job as the native door shows it, and as people read it. */
import { bytes, count, time } from '../text.ts';

export interface JobView {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly source?: string | null;
  readonly format?: string | null;
  readonly createdBy?: string | null;
  readonly createdAt?: string;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly progress?: { readonly rows?: number; readonly bytes?: number } | null;
  readonly error?: { readonly code?: string; readonly message?: string } | null;
  readonly outputs?: readonly JobOutput[];
  readonly sources?: readonly JobSource[];
  readonly retryOf?: string;
  readonly schedule?: string;
}

export interface JobSource {
  readonly name: string;
  readonly progress?: {
    readonly rows: number;
    readonly tablesDone: number;
    readonly tables: number;
    readonly table: string | null;
  };
}

export interface JobOutput {
  readonly name: string;
  readonly mediaType?: string;
  readonly bytes?: number;
  readonly rows?: number | null;
  readonly sha256?: string;
  readonly expiresAt?: string | null;
}

const FINAL = new Set(['succeeded', 'failed', 'cancelled']);

/** Nothing more will happen to it. */
export function isFinal(job: JobView): boolean {
  return FINAL.has(job.status);
}

/** `12,345 rows, 1.2 MB`. */
export function describeProgress(job: JobView): string {
  if (!job.progress) return '';
  return `${count(job.progress.rows ?? 0)} rows, ${bytes(job.progress.bytes ?? 0)}`;
}

/** Names of its sources. */
export function sourceNames(job: JobView): string | null | undefined {
  const names = job.sources?.map(({ name }) => name) ?? [];
  return names.length > 1 ? names.join(', ') : job.source;
}

/** The lines of `job show`. */
export function jobFields(job: JobView): (readonly [string, unknown])[] {
  const attempts = job.attempt === undefined ? undefined : `${job.attempt} of ${job.maxAttempts ?? '?'}`;
  return [
    ['id', job.id],
    ['kind', job.kind],
    ['status', job.status],
    ['source', sourceNames(job)],
    ['format', job.format],
    ['by', job.createdBy],
    ['repeats', job.retryOf],
    ['schedule', job.schedule],
    ['attempt', attempts],
    ['progress', describeProgress(job) || null],
    ['error', job.error && [job.error.code, job.error.message].filter(Boolean).join(': ')],
    ['created', job.createdAt && time(job.createdAt)],
    ['started', job.startedAt && time(job.startedAt)],
    ['finished', job.finishedAt && time(job.finishedAt)],
    ...(job.outputs ?? []).map((output) => ['output', describeOutput(output)] as const),
  ];
}

function describeOutput(output: JobOutput): string {
  const size = output.bytes === undefined ? '' : `, ${bytes(output.bytes)}`;
  const rows = typeof output.rows !== 'number' ? '' : `, ${count(output.rows)} rows`;
  const until = output.expiresAt ? `, kept until ${time(output.expiresAt)}` : '';
  return `${output.name}${rows}${size}${until}`;
}
