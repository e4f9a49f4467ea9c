/** What the door asks of jobs (fetcher.md §6.1 steps 8–13, §6.2). Types only. */
import type { Principal } from '../identity/principal.ts';
import type { JsonObject } from '../sources/model.ts';
import type { JobRequest } from './job-request.ts';
import type { Filters, MappedFields } from './model.ts';

export type FetcherJobStatus = 'pending' | 'processing' | 'completed' | 'failed';

/** The answer to a submission: a new job (202), or the one that there is already (200). */
export interface JobSubmission {
  readonly outcome: 'created' | 'duplicate';
  readonly jobId: string;
  readonly status: FetcherJobStatus;
  readonly createdAt: Date;
}

/** A job as shown. What is undefined is left out. */
export interface FetcherJobView {
  readonly id: string;
  readonly metadata: JsonObject;
  readonly mappedFields: MappedFields;
  readonly filters: Filters | undefined;
  readonly status: FetcherJobStatus;
  /** With `completed` alone. */
  readonly resultPath: string | undefined;
  /** Hex; with `completed` alone. */
  readonly resultHmac: string | undefined;
  readonly requestHash: string | undefined;
  readonly createdAt: Date;
  /** With a final status. */
  readonly completedAt: Date | undefined;
}

export interface FetcherJobs {
  /**
   * De-duplicates, resolves and probes the connections (`LiveConnections.admitJob`), stores and queues the job. Throws
   * the refusals of §6.1 steps 9–12.
   */
  submit(principal: Principal, request: JobRequest, signal: AbortSignal): Promise<JobSubmission>;
  /** A job of the principal's tenant. Throws NotFoundError FET-1001. */
  get(principal: Principal, id: string): Promise<FetcherJobView>;
}
