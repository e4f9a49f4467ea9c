/** Watching a job by server-sent events. */
import type { Job } from './api.generated.ts';
import { linesOf } from './lines.ts';
import { ConnectionError } from './problem.ts';

/** A job as it is now, and how fast it goes; the rate is null while too little is known. */
export interface JobEvent {
  readonly job: Job;
  readonly rate: { readonly rowsPerSecond: number; readonly bytesPerSecond: number } | null;
}

const finalStates: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

/** Whether a job will change no more. */
export function isFinal(job: Pick<Job, 'status'>): boolean {
  return finalStates.has(job.status);
}

/** Pauses before connecting again, ms: a node that stops hands its watchers on. */
const pausesMs = [250, 1000, 2000, 4000, 8000];

/**
 * Events of a job until it is over; its final state comes last. A connection that ends before that is made anew.
 * Rejects with the error of `open`, after some tries when it was ConnectionError.
 */
export async function* watch(
  open: () => Promise<Response>,
  signal: AbortSignal | undefined,
  pauses: readonly number[] = pausesMs,
): AsyncGenerator<JobEvent> {
  let failures = 0;
  for (;;) {
    try {
      for await (const event of eventsOf(await open(), signal)) {
        failures = 0;
        yield event;
        if (isFinal(event.job)) return;
      }
    } catch (error) {
      if (!(error instanceof ConnectionError) || failures >= pauses.length) throw error;
    }
    await pause(pauses[Math.min(failures, pauses.length - 1)] ?? 0, signal);
    failures += 1;
  }
}

async function* eventsOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<JobEvent> {
  for await (const lines of linesOf(response, signal)) {
    for (const line of lines) {
      // Every event of this stream has one line of data; the lines around it only name it.
      if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as JobEvent;
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
