/**
 * The life of a job as a table: every state meets every event, and no cell is left out. The SQL of `transitions.ts`
 * follows this table, and its model test drives both against each other.
 *
 * Invariants: a job has leases exactly while its state is not final; at most one attempt runs at a time; every write
 * of an attempt names its number and its claim, so that an attempt that was given up changes nothing any more.
 */
import type { JobStatus } from './model.ts';

/**
 * `claim` a worker takes it · `succeed` / `fail` the attempt ended for good · `retry` the attempt failed in passing and
 * attempts are left · `lost` its worker fell silent, attempts are left · `lostForGood` likewise, none left ·
 * `handBack` its worker stops politely · `cancel` somebody asked · `cancelled` the worker obeyed.
 */
export type JobEvent =
  | 'claim'
  | 'heartbeat'
  | 'succeed'
  | 'fail'
  | 'retry'
  | 'lost'
  | 'lostForGood'
  | 'handBack'
  | 'cancel'
  | 'cancelled';

export const jobEvents: readonly JobEvent[] = [
  'claim',
  'heartbeat',
  'succeed',
  'fail',
  'retry',
  'lost',
  'lostForGood',
  'handBack',
  'cancel',
  'cancelled',
];

/** `refused`: the event changes nothing and its sender hears so. */
export type Transition = JobStatus | 'refused';

const over: Readonly<Record<JobEvent, Transition>> = {
  claim: 'refused',
  heartbeat: 'refused',
  succeed: 'refused',
  fail: 'refused',
  retry: 'refused',
  lost: 'refused',
  lostForGood: 'refused',
  handBack: 'refused',
  cancel: 'refused',
  cancelled: 'refused',
};

export const transitions: Readonly<Record<JobStatus, Readonly<Record<JobEvent, Transition>>>> = {
  queued: { ...over, claim: 'running', cancel: 'cancelled' },
  running: {
    claim: 'refused',
    heartbeat: 'running',
    succeed: 'succeeded',
    fail: 'failed',
    retry: 'queued',
    lost: 'queued',
    lostForGood: 'failed',
    handBack: 'queued',
    cancel: 'running', // the flag is set; the worker ends it with `cancelled`
    cancelled: 'cancelled',
  },
  succeeded: over,
  failed: over,
  cancelled: over,
};

const finals: ReadonlySet<JobStatus> = new Set(['succeeded', 'failed', 'cancelled']);

/** No event leads out of it; its leases are gone. */
export function isFinal(status: JobStatus): boolean {
  return finals.has(status);
}

/** States from which this event leads somewhere: the `where status in` of its statement. */
export function statesAccepting(event: JobEvent): JobStatus[] {
  return (Object.keys(transitions) as JobStatus[]).filter((status) => transitions[status][event] !== 'refused');
}

/** Seconds to wait after the given attempt failed in passing: 1, 2, 4 … at most 60. */
export function backOffSeconds(attempt: number): number {
  return Math.min(60, 2 ** Math.max(0, attempt - 1));
}
