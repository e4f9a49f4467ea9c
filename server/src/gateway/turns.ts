/**
 * How many requests of one user run at a time, and how many wait for their turn; more are refused. Kept in the memory of
 * one node: on several nodes each counts its own.
 */
import { BusyError } from '../domain/errors.ts';

export interface TurnLimit {
  /** Running at a time. */
  readonly running: number;
  /** Waiting besides. */
  readonly waiting: number;
}

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

export class Turns {
  readonly #queues = new Map<string, Queue>();

  /**
   * Resolves with the function that gives the turn back, when it is this request's turn. Throws BusyError
   * `too_many_requests` when as many wait as may; rejects with the signal's reason when the caller has gone.
   */
  async take(key: string, limit: TurnLimit, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const queue = this.#queues.get(key) ?? { running: 0, waiting: [] };
    if (queue.running >= limit.running) {
      if (queue.waiting.length >= limit.waiting) {
        throw new BusyError('too_many_requests', `${limit.running} requests of yours run, and no more may wait.`, {
          remedy: 'Try again when one of them has ended.',
        });
      }
      await waitIn(queue, signal);
    } else {
      queue.running += 1;
      this.#queues.set(key, queue);
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = queue.waiting.shift();
      if (next !== undefined)
        next(); // the place passes on
      else if (--queue.running === 0) this.#queues.delete(key);
    };
  }
}

async function waitIn(queue: Queue, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const leave = (): void => {
    const place = queue.waiting.indexOf(resolve);
    if (place >= 0) queue.waiting.splice(place, 1);
    reject(signal.reason);
  };
  queue.waiting.push(resolve);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
