/** Writing one output of an attempt: split into segments, sealed unless others read it, counted, hashed, stored. */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../sources/model.ts';
import type { OutputSummary, OutputWriter } from './model.ts';
import type { ObjectStore, ObjectUpload } from './objects.ts';
import { Sealer, segmentBytes } from './sealed-file.ts';

/** Sealed segments that may wait for storage before the writer asks to slow down. */
const waitingSegments = 2;

/** Bytes of the first buffer. */
const firstBytes = 16 * 1024;

export interface OutputTarget {
  readonly objects: ObjectStore;
  readonly location: string;
  readonly name: string;
  readonly mediaType: string;
  /** Fresh for this file; null = the bytes are stored as they are written. */
  readonly key: Buffer | null;
  /** Binds the file to its place, see `sealed-file.ts`. */
  readonly context: string;
  /** See `FinishedOutput`. */
  readonly publishAs?: string;
}

/** A finished output: stored under its final location, not yet in the store of rows. */
export interface FinishedOutput extends OutputSummary {
  readonly location: string;
  readonly mediaType: string;
  /** Null for an output whose bytes are stored as they are. */
  readonly key: Buffer | null;
  readonly detail: JsonObject | null;
  /** Where it is moved to in the moment in which the job succeeds. */
  readonly publishAs?: string | undefined;
}

export class StoredOutputWriter implements OutputWriter {
  readonly name: string;
  readonly #target: OutputTarget;
  readonly #sealer: Sealer | null;
  readonly #hash = createHash('sha256');
  /** Grows to a segment: most outputs are small. */
  #buffer = Buffer.allocUnsafe(firstBytes);
  #filled = 0;
  #bytes = 0;
  #waiting = 0;
  #state: 'open' | 'finished' | 'aborted' = 'open';
  readonly #upload: Promise<ObjectUpload>;
  /** Settles when everything handed over so far is stored: the tail of a chain, so that writes keep their order. */
  #stored: Promise<void>;
  #failure: { readonly error: unknown } | undefined;
  #finished: FinishedOutput | undefined;

  constructor(target: OutputTarget) {
    this.name = target.name;
    this.#target = target;
    const sealer = target.key === null ? null : new Sealer(target.key, target.context);
    this.#sealer = sealer;
    this.#upload = target.objects.put(target.location);
    this.#stored = Promise.resolve();
    if (sealer !== null) this.#then((upload) => upload.write(sealer.head()));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Set once `finish` has resolved. */
  get finished(): FinishedOutput | undefined {
    return this.#finished;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#state !== 'open') throw new Error('The output is closed.');
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    for (let taken = 0; taken < chunk.length; ) {
      // A full segment leaves only when more follows: the last one must be sealed as the last.
      if (this.#filled === segmentBytes) this.#flush('inner');
      const part = chunk.subarray(taken, taken + segmentBytes - this.#filled);
      this.#makeRoom(this.#filled + part.length);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
    }
    return this.#waiting < waitingSegments;
  }

  async drained(): Promise<void> {
    await this.#stored;
  }

  async finish(meta: { readonly rows?: number; readonly detail?: JsonObject } = {}): Promise<OutputSummary> {
    if (this.#state !== 'open') throw new Error('The output is closed.');
    this.#flush('last');
    this.#state = 'finished';
    await this.#then((upload) => upload.commit());
    const { name, location, mediaType, key, publishAs } = this.#target;
    const summary = { name, bytes: this.#bytes, rows: meta.rows ?? null, sha256: this.#hash.digest('hex') };
    this.#finished = { ...summary, location, mediaType, key, detail: meta.detail ?? null, publishAs };
    return summary;
  }

  async abort(): Promise<void> {
    const before = this.#state;
    this.#state = 'aborted';
    this.#finished = undefined;
    await this.#stored.catch(() => {});
    const upload = await this.#upload.catch(() => undefined);
    await upload?.abort();
    if (before === 'finished') await this.#target.objects.delete(this.#target.location).catch(() => {});
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(bytes > segmentBytes / 4 ? segmentBytes : Math.max(bytes, segmentBytes / 4));
    this.#buffer.copy(larger, 0, 0, this.#filled);
    this.#buffer = larger;
  }

  #flush(position: 'inner' | 'last'): void {
    const filled = this.#buffer.subarray(0, this.#filled);
    const sealed = this.#sealer === null ? Buffer.from(filled) : this.#sealer.seal(filled, position);
    this.#filled = 0;
    this.#waiting += 1;
    this.#then(async (upload) => {
      await upload.write(sealed);
      this.#waiting -= 1;
    });
  }

  #then(step: (upload: ObjectUpload) => Promise<void>): Promise<void> {
    this.#stored = this.#stored.then(async () => step(await this.#upload));
    this.#stored.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    return this.#stored;
  }
}
