/** The fetcher door's result object on its way to the store of objects: encrypted and signed as it is written. */
import { TooLargeError } from '../../domain/errors.ts';
import type { ResultSealer, SealedResult } from '../../domain/fetcher/index.ts';
import type { OutputWriter } from '../../domain/jobs/index.ts';
import type { ByteSink } from '../job-output.ts';

export class SealedSink implements ByteSink {
  readonly #writer: OutputWriter;
  readonly #sealer: ResultSealer;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(writer: OutputWriter, sealer: ResultSealer, maxBytes: number) {
    this.#writer = writer;
    this.#sealer = sealer;
    this.#maxBytes = maxBytes;
  }

  /** Plaintext bytes taken so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws TooLargeError `result_too_large`. */
  write(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      throw new TooLargeError(
        'result_too_large',
        `The result is larger than the ${this.#maxBytes} bytes that it may have.`,
        {
          remedy: 'Ask for fewer rows or fields in one job.',
        },
      );
    }
    return this.#writer.write(this.#sealer.push(chunk));
  }

  drained(): Promise<void> {
    return this.#writer.drained();
  }

  /** Writes the end of the object; the writer is not finished by it. */
  end(): SealedResult {
    const sealed = this.#sealer.end();
    this.#writer.write(sealed.tail);
    return sealed;
  }
}
