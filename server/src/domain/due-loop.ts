/** Works when woken and when something is due; one round at a time, and a wake during a round makes another one. */
import type { Logger } from '../platform/telemetry/index.ts';

/** Looks at least so often: a notification may be missed. */
const longestPauseMs = 60_000;
/** What is due and could not be taken is in somebody's hands: another node's, or all of this one's are full. */
const pauseWhileTakenMs = 250;
/** After a round that failed, as when the store does not answer. */
const pauseAfterErrorMs = 5_000;

export class DueLoop {
  readonly #round: () => Promise<void>;
  readonly #nextDue: () => Promise<number | null>;
  readonly #log: Logger;
  readonly #failure: string;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** `nextDue`: seconds until something is due; null = nothing waits. `failure`: what the log says of a failed round. */
  constructor(round: () => Promise<void>, nextDue: () => Promise<number | null>, log: Logger, failure: string) {
    this.#round = round;
    this.#nextDue = nextDue;
    this.#log = log;
    this.#failure = failure;
  }

  /** Returns at once. */
  wake(): void {
    this.#again = true;
    if (this.#stopped || this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) this.wake();
    });
  }

  /** Resolves when no round runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    let pauseMs = longestPauseMs;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#round();
      }
      const seconds = await this.#nextDue();
      if (seconds !== null) {
        pauseMs = seconds > 0 ? Math.min(longestPauseMs, Math.ceil(seconds * 1000)) : pauseWhileTakenMs;
      }
    } catch (error) {
      this.#log.warn({ err: error }, this.#failure);
      pauseMs = pauseAfterErrorMs;
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.wake(), pauseMs);
    this.#timer.unref();
  }
}
