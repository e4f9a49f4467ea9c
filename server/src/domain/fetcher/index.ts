/**
 * The meaning of the `fetcher` protocol on top of data sources (contract: fetcher.md): connections, their use, job
 * requests, the keys and the form of results.
 *
 * May be imported: `platform/*`, `domain/errors.ts`, `domain/access`, `domain/audit`, `domain/identity`,
 * `domain/jobs`, `domain/sources`. Must not be imported: engines, gateway, doors; the gateway comes in as `LivePort`.
 */
export { Connections, type ConnectionsDeps, type FoundConnection } from './connections.ts';
export { ExtractionJobs, type ExtractionJobsDeps } from './extraction-jobs.ts';
export type { ExtractionLimits, FetcherSpec } from './extraction-spec.ts';
export { failureText } from './failure-text.ts';
export { ensureInternalSources, type InternalSource } from './internal.ts';
export { canonicalJson, type JobRequest, jobLimits, readJobRequest, requestHash } from './job-request.ts';
export type * from './jobs.ts';
export { deriveKey, type FetcherKeys, keysOf, loadMaster } from './keys.ts';
export { readId, readListQuery, readProduct, readUuid } from './list-query.ts';
export { CatalogFailedError, ConnectFailedError, LiveConnections, type LivePort } from './live.ts';
export * from './model.ts';
export { TestBuckets } from './rate-limit.ts';
export { emptyBody, entityNotFound, isRefusal, unparsable } from './refusals.ts';
export { ResultSealer, type SealedResult } from './result-object.ts';
