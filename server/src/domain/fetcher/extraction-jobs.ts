/** Jobs of this protocol over Headgate's own: submit with de-duplication, and show (fetcher.md §6.1–§6.4). */
import { type RawBuilder, sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { NotFoundError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { JobError, JobStatus } from '../jobs/model.ts';
import type { JobService } from '../jobs/service.ts';
import { type ExtractionLimits, extractionOf, type FetcherSpec } from './extraction-spec.ts';
import { failureText } from './failure-text.ts';
import type { JobRequest } from './job-request.ts';
import type { FetcherJobStatus, FetcherJobs, FetcherJobView, JobSubmission } from './jobs.ts';
import type { LiveConnections } from './live.ts';
import { entityNotFound } from './refusals.ts';

export interface ExtractionJobsDeps {
  readonly store: Store;
  readonly jobs: Pick<JobService, 'submit'>;
  readonly live: LiveConnections;
  readonly limits: ExtractionLimits;
}

/** A job of this door as stored. */
interface JobRow {
  readonly uid: string;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly spec: FetcherSpec;
  readonly fingerprint: string | null;
  readonly result: { readonly resultPath?: string; readonly resultHmac?: string } | null;
  readonly error: JobError | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

export class ExtractionJobs implements FetcherJobs {
  readonly #deps: ExtractionJobsDeps;

  constructor(deps: ExtractionJobsDeps) {
    this.#deps = deps;
  }

  async submit(principal: Principal, request: JobRequest, signal: AbortSignal): Promise<JobSubmission> {
    const { hash } = request;
    // Before the connections are looked at: a repeated request is answered although one of them is gone (§6.4).
    const [known] = await this.#read(principal, sql`j.fingerprint = ${hash} and ${recent}`);
    if (known !== undefined) return duplicate(known.uid, statusOf(known), known.created_at);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#admitAndSubmit(principal, request, signal);
      } catch (error) {
        // A connection went away after it was found: looked at once more, it is one that is not there.
        if (!(error instanceof NotFoundError) || attempt === admissions) throw error;
      }
    }
  }

  async #admitAndSubmit(principal: Principal, request: JobRequest, signal: AbortSignal): Promise<JobSubmission> {
    const { live, jobs, limits } = this.#deps;
    const { hash } = request;
    const connections = await live.admitJob(principal, request, signal);
    const open = principal.subject.id === 0;
    const { job, created } = await jobs.submit(
      principal,
      {
        kind: 'extract',
        spec: extractionOf(request, connections, limits, open),
        sources: connections.map(({ facts }) => facts),
        label: request.source.trim().slice(0, 100),
        fingerprint: hash,
        detail: { product: request.source, sources: connections.map(({ view }) => view.configName), requestHash: hash },
      },
      {
        lock: `fetcher ${principal.subject.tenantId} ${hash}`,
        earlier: sql`${ofTenant(principal)} and j.fingerprint = ${hash} and (${recent} or ${active})`,
      },
    );
    const status = statusOf(job);
    if (!created) return duplicate(job.id, status, job.createdAt);
    return { outcome: 'created', jobId: job.id, status, createdAt: job.createdAt };
  }

  async get(principal: Principal, id: string): Promise<FetcherJobView> {
    const [row] = await this.#read(principal, sql`j.uid = ${id}`);
    if (row === undefined) throw entityNotFound('job');
    const { spec, result } = row;
    const done = row.status === 'succeeded';
    const ended = row.finished_at !== null;
    return {
      id: row.uid,
      metadata:
        row.error === null || !ended ? spec.metadata : { ...spec.metadata, error: failureText(row.error.message) },
      mappedFields: spec.mappedFields,
      filters: spec.filters,
      status: statusOf(row),
      resultPath: done ? result?.resultPath : undefined,
      resultHmac: done ? result?.resultHmac : undefined,
      requestHash: row.fingerprint ?? undefined,
      createdAt: row.created_at,
      completedAt: row.finished_at ?? undefined,
    };
  }

  /** Jobs of this door in the principal's tenant, newest first. */
  async #read(principal: Principal, where: RawBuilder<unknown>): Promise<readonly JobRow[]> {
    const { rows } = await sql<JobRow>`
      select j.uid, j.status, j.attempt, j.spec, j.fingerprint, j.result, j.error, j.created_at, j.finished_at
      from job j where ${ofTenant(principal)} and ${where} order by j.id desc limit 1`.execute(this.#deps.store.db);
    return rows;
  }
}

/** Looks at the connections of one submission at most. */
const admissions = 3;

const ofTenant = ({ subject }: Principal): RawBuilder<unknown> =>
  sql`j.door = 'fetcher' and j.tenant_id = ${subject.tenantId}`;

const active = sql`j.status in ('queued', 'running')`;
/** A job that failed never stands in the way of another try; a cancelled one shows as failed. */
const recent = sql`j.status in ('queued', 'running', 'succeeded') and j.created_at > now() - interval '5 minutes'`;

/** A job that waits for another attempt has begun already. */
function statusOf({ status, attempt }: { readonly status: JobStatus; readonly attempt: number }): FetcherJobStatus {
  switch (status) {
    case 'queued':
      return attempt === 0 ? 'pending' : 'processing';
    case 'running':
      return 'processing';
    case 'succeeded':
      return 'completed';
    case 'failed':
    case 'cancelled':
      return 'failed';
  }
}

function duplicate(jobId: string, status: FetcherJobStatus, createdAt: Date): JobSubmission {
  return { outcome: 'duplicate', jobId, status, createdAt };
}
