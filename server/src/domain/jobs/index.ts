/**
 * Jobs: work that outlives a request. State machine, leases, heartbeats, retries, outputs (decisions.md 17, 18).
 *
 * May be imported: `platform/*`, `domain/*`. Must not be imported: engines, gateway, doors: what a job does is an
 * executor handed to the worker.
 */
export { isPassing } from './failure.ts';
export { checkManifest, manifestName } from './manifest.ts';
export * from './model.ts';
export { FolderObjectStore, type ObjectStore, type ObjectUpload } from './objects.ts';
export { type ScheduleInput, Schedules, type ScheduleView } from './schedules.ts';
export { JobService, type JobServiceDeps, type OpenedOutput } from './service.ts';
export { fingerprint, type Submission } from './submission.ts';
export type { JobObservation, WatchOptions } from './watch.ts';
export { JobWorker, type JobWorkerConfig, type JobWorkerDeps } from './worker.ts';
