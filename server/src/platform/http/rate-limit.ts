/**
 * Token buckets: one a subject (user or address), refilled evenly over a minute. They live in the memory of one node:
 * their purpose is to keep one caller from starving others, not to count exactly across nodes.
 */

interface Bucket {
  tokens: number;
  /** Milliseconds of the clock at the last refill. */
  at: number;
}

/** Subjects kept at most; the least recently used go first. */
const maxSubjects = 100_000;

export class RateLimiter {
  readonly #perMinute: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** `perMinute` 0 switches the limit off. A burst may use a whole minute's allowance at once. */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  get enabled(): boolean {
    return this.#perMinute > 0;
  }

  /** Takes one token. Returns 0 when allowed, else the whole seconds after which to try again (≥ 1). */
  take(subject: string): number {
    if (this.#perMinute <= 0) return 0;
    const now = this.#now();
    const bucket = this.#buckets.get(subject) ?? { tokens: this.#perMinute, at: now };
    // Deleted and put back, so that the map's order is the order of use.
    this.#buckets.delete(subject);
    this.#buckets.set(subject, bucket);
    if (this.#buckets.size > maxSubjects) this.#dropOldest();
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + ((now - bucket.at) / 60_000) * this.#perMinute);
    bucket.at = now;
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - bucket.tokens) / this.#perMinute) * 60));
  }

  #dropOldest(): void {
    for (const subject of this.#buckets.keys()) {
      this.#buckets.delete(subject);
      return;
    }
  }
}
