/** The channel that wakes workers: NOTIFY inside the transaction that changes a job. */
import { type Executor, notify } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';

export const jobsChannel = 'headgate_jobs';

/** `queued` = there may be work; `cancel` = the worker of this job should stop. */
export type JobSignal = { readonly kind: 'queued' } | { readonly kind: 'cancel'; readonly uid: string };

/** What announces that there may be work. */
export const queuedSignal = 'queued';

export function announceQueued(trx: Executor): Promise<void> {
  return notify(trx, jobsChannel, queuedSignal);
}

export function announceCancel(trx: Executor, uid: string): Promise<void> {
  return notify(trx, jobsChannel, `cancel:${uid}`);
}

/** Reads a payload of the channel; undefined for one that is not ours. */
export function parseSignal(payload: string): JobSignal | undefined {
  if (payload === queuedSignal) return { kind: 'queued' };
  const uid = payload.startsWith('cancel:') ? payload.slice('cancel:'.length) : '';
  return isUuid(uid) ? { kind: 'cancel', uid } : undefined;
}
