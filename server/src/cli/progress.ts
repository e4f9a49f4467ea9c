/** One line on stderr that says how far long work is. Silent where stderr is no terminal. */
import type { CliIo } from './io.ts';

const INTERVAL_MS = 200;
const CLEAR_LINE = '\r\u001b[K';

export class Progress {
  readonly #io: CliIo;
  #next: number;
  #shown = false;

  constructor(io: CliIo) {
    this.#io = io;
    // Short work shows nothing at all.
    this.#next = performance.now() + 2 * INTERVAL_MS;
  }

  /** Shows the text at most five times a second; it is made only then. */
  show(text: () => string): void {
    if (!this.#io.stderr.isTTY) return;
    const now = performance.now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    this.#shown = true;
    this.#io.stderr.write(`${CLEAR_LINE}${text()}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) this.#io.stderr.write(CLEAR_LINE);
    this.#shown = false;
  }
}
