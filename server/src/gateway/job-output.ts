/** The output of a query inside a job: bytes for a file, or for a part of one. */
import type { QueryOutput, ResultMeta } from './types.ts';

/** Takes bytes at its own speed. */
export interface ByteSink {
  /** Takes the bytes or a copy of them; false = wait for `drained` before the next ones. Throws when it cannot go on. */
  write(chunk: Uint8Array): boolean;
  /** Resolves when there is room; rejects when it cannot go on. */
  drained(): Promise<void>;
}

export interface JobOutputHooks {
  /** Called once, before any byte. */
  readonly start?: (meta: ResultMeta) => void;
  /** Called after each chunk. */
  readonly wrote: (queryId: string) => void;
}

/** Joins a query to a sink: back-pressure, and a failure of the sink that stops the query. */
export class JobOutput implements QueryOutput {
  readonly #sink: ByteSink;
  readonly #hooks: JobOutputHooks;
  readonly #stop = new AbortController();
  #queryId = '';
  /** What went wrong with the sink. */
  failure: unknown;
  ended = false;

  constructor(sink: ByteSink, hooks: JobOutputHooks) {
    this.#sink = sink;
    this.#hooks = hooks;
  }

  /** Aborts when the sink cannot go on. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  start(meta: ResultMeta): void {
    this.#queryId = meta.queryId;
    this.#guard(() => this.#hooks.start?.(meta));
  }

  write(chunk: Buffer, release?: () => void): boolean {
    if (this.failure !== undefined) return true;
    let more = true;
    this.#guard(() => {
      more = this.#sink.write(chunk);
      release?.();
      this.#hooks.wrote(this.#queryId);
    });
    return more;
  }

  async whenDrained(): Promise<void> {
    await this.#sink.drained().catch((error: unknown) => this.#fail(error));
  }

  end(): void {
    this.ended = true;
  }

  abort(): void {}

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.failure ??= error ?? new Error('the output failed');
    this.#stop.abort(this.failure);
  }
}
