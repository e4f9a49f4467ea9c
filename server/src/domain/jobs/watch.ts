/** Watching a job: what it is now, and again whenever something of it has changed, until it is over. */
import { setTimeout as delay } from 'node:timers/promises';
import { isFinal } from './machine.ts';
import type { JobView } from './model.ts';

/** How often the store is asked, ms: progress is written once a second, the end at once. */
const lookMs = 250;
/** Rates are taken over at least this time, ms. */
const rateMs = 900;

export interface JobObservation {
  readonly job: JobView;
  /** Over the last second or two; null while too little is known. */
  readonly rate: { readonly rowsPerSecond: number; readonly bytesPerSecond: number } | null;
}

export interface WatchOptions {
  /** Ends the watching without an error. */
  readonly signal: AbortSignal;
  /** Yields the unchanged job again after so long, ms, so that the other end knows that somebody is there. */
  readonly repeatMs: number;
}

/** `look` reads the job; its errors end the watching (the job may be hidden meanwhile). The final view is the last. */
export async function* watchJob(look: () => Promise<JobView>, options: WatchOptions): AsyncGenerator<JobObservation> {
  const rate = new Rate();
  let told = '';
  let toldAt = 0;
  for (;;) {
    const job = await look();
    const text = JSON.stringify(job);
    const now = performance.now();
    if (text !== told || now - toldAt >= options.repeatMs) {
      told = text;
      toldAt = now;
      yield { job, rate: rate.add(job, now) };
    }
    if (isFinal(job.status)) return;
    const woken = await delay(lookMs, true, { signal: options.signal }).catch(() => false);
    if (!woken) return;
  }
}

/** Rows and bytes a second, between two looks that lie far enough apart. */
class Rate {
  #from: { readonly attempt: number; readonly rows: number; readonly bytes: number; readonly at: number } | undefined;
  #last: JobObservation['rate'] = null;

  add({ status, attempt, progress: { rows, bytes } }: JobView, at: number): JobObservation['rate'] {
    if (status !== 'running') return null;
    const from = this.#from;
    if (from === undefined || from.attempt !== attempt) {
      this.#from = { attempt, rows, bytes, at };
      this.#last = null;
    } else if (at - from.at >= rateMs) {
      const seconds = (at - from.at) / 1_000;
      this.#last = {
        rowsPerSecond: Math.round((rows - from.rows) / seconds),
        bytesPerSecond: Math.round((bytes - from.bytes) / seconds),
      };
      this.#from = { attempt, rows, bytes, at };
    }
    return this.#last;
  }
}
