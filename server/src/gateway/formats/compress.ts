/**
 * Compressed files: the bytes of an output are cut into blocks of 1 MiB, compressed side by side on the thread pool, and
 * written in order. Each block is a gzip member or a zstd frame of its own; concatenated they are one valid file.
 */
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { Compression, OutputSummary, OutputWriter } from '../../domain/jobs/index.ts';

const BLOCK_BYTES = 1024 * 1024;
/** Blocks under way before the writer asks to slow down: one thread of the pool stays free for others. */
const MOST_BLOCKS = 3;
const gzipLevel = 1;
const zstdLevel = 1;

/** Text shrinks to less: then one call of the library gives everything, and a large buffer would only be garbage. */
const chunkSize = (size: number): number => Math.max(1024, size >> 2);
const gzipOptions = (size: number) => ({ level: gzipLevel, memLevel: 9, chunkSize: chunkSize(size) });
const zstdOptions = (size: number) => ({
  params: { [constants.ZSTD_c_compressionLevel]: zstdLevel },
  pledgedSrcSize: size,
  chunkSize: chunkSize(size),
});
const gzipAsync = promisify<Uint8Array, ReturnType<typeof gzipOptions>, Buffer>(gzip);
const zstdAsync = promisify<Uint8Array, ReturnType<typeof zstdOptions>, Buffer>(zstdCompress);

/**
 * A writer whose bytes reach `writer` compressed; `bytes` counts compressed ones. Memory is a few blocks, whatever the
 * file's size.
 *
 * @example
 * const out = compressed(context.output('rows.ndjson.gz', compressedMediaTypes.gzip), 'gzip');
 */
export function compressed(writer: OutputWriter, compression: Compression): OutputWriter {
  return new CompressedWriter(writer, compression);
}

/** Media types of compressed files. */
export const compressedMediaTypes: Readonly<Record<Compression, string>> = {
  gzip: 'application/gzip',
  zstd: 'application/zstd',
};

class CompressedWriter implements OutputWriter {
  readonly #writer: OutputWriter;
  readonly #compression: Compression;
  #block: Buffer | undefined;
  #filled = 0;
  #blocks = 0;
  /** Blocks of earlier writes, used again. */
  readonly #idle: Buffer[] = [];
  /** One promise for each block under way, oldest first; each settles once its block was written. */
  readonly #underWay: Promise<void>[] = [];
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  constructor(writer: OutputWriter, compression: Compression) {
    this.#writer = writer;
    this.#compression = compression;
  }

  get name(): string {
    return this.#writer.name;
  }

  get bytes(): number {
    return this.#writer.bytes;
  }

  write(chunk: Uint8Array): boolean {
    if (this.#closed) throw new Error('The output is closed.');
    if (this.#failure !== undefined) throw this.#failure.error;
    for (let taken = 0; taken < chunk.length; ) {
      this.#block ??= this.#idle.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
      const part = chunk.subarray(taken, taken + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === BLOCK_BYTES) this.#send();
    }
    return this.#underWay.length < MOST_BLOCKS;
  }

  async drained(): Promise<void> {
    while (this.#underWay.length >= MOST_BLOCKS) await this.#underWay[0];
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async finish(meta?: Parameters<OutputWriter['finish']>[0]): Promise<OutputSummary> {
    if (this.#closed) throw new Error('The output is closed.');
    // A file of nothing is still a file of the format.
    if (this.#filled > 0 || this.#blocks === 0) this.#send();
    this.#closed = true;
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#writer.finish(meta);
  }

  async abort(): Promise<void> {
    this.#closed = true;
    this.#failure ??= { error: new Error('The output was given up.') };
    await Promise.all(this.#underWay);
    await this.#writer.abort();
  }

  #send(): void {
    const block = this.#block ?? Buffer.alloc(0);
    const bytes = block.subarray(0, this.#filled);
    this.#block = undefined;
    this.#filled = 0;
    this.#blocks++;
    const before = this.#underWay.at(-1);
    const made = this.#compressed(bytes);
    const step = this.#writeAfter(before, made).catch((error: unknown) => {
      this.#failure ??= { error };
    });
    const settled = step.then(() => {
      this.#underWay.shift(); // they settle in order
      if (block.length === BLOCK_BYTES) this.#idle.push(block);
    });
    this.#underWay.push(settled);
  }

  async #writeAfter(before: Promise<void> | undefined, made: Promise<Buffer>): Promise<void> {
    // Both are waited for, so that none rejects unheard and the order stays.
    const [result] = await Promise.allSettled([made, before]);
    if (result.status === 'rejected') throw result.reason;
    if (this.#failure !== undefined) return;
    if (!this.#writer.write(result.value)) await this.#writer.drained();
  }

  #compressed(bytes: Buffer): Promise<Buffer> {
    return this.#compression === 'gzip'
      ? gzipAsync(bytes, gzipOptions(bytes.length))
      : zstdAsync(bytes, zstdOptions(bytes.length));
  }
}
