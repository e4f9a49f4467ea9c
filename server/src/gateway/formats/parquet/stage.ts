/**
 * What follows the columns: pages are compressed several at a time on the thread pool and leave in the order of the
 * file. Nothing here takes longer than a few milliseconds of the event loop at once.
 */
import { promisify } from 'node:util';
import { constants, gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import { type Compression, pageHeader, type WrittenChunk, type WrittenPage, type WrittenRowGroup } from './metadata.ts';
import type { Page } from './page.ts';

/** Pages compressed at a time: one thread of the pool stays free for others. */
const IN_FLIGHT = 3;
/** Smaller pages are compressed at once: the way to another thread costs more. */
const INLINE_BYTES = 8 * 1024;
/** Milliseconds of one turn. */
const TURN_MS = 1;
/** Bytes written between two looks at the clock and at the receiver. */
const SLICE_BYTES = 128 * 1024;

const zstdLevel = 1;
const gzipLevel = 1;

interface Slot {
  readonly page: Page;
  readonly group: Group;
  uncompressed: number;
  bytes: Uint8Array | undefined;
}

interface Group {
  readonly columns: Slot[][];
  /** Set when the group is closed. */
  rows: number | undefined;
  /** Pages not compressed yet. */
  waiting: number;
}

export interface StageHooks {
  /** Takes bytes of the file; copies them. */
  write(bytes: Uint8Array): void;
  /** Where in the file the next byte lies. */
  position(): number;
  /** A page was compressed, or none will be any more: there is less to do. */
  progressed(): void;
}

export class PageStage {
  readonly rowGroups: WrittenRowGroup[] = [];
  readonly #compression: Compression;
  readonly #hooks: StageHooks;
  readonly #columns: number;
  readonly #queue: Slot[] = [];
  readonly #groups: Group[] = [];
  /** What is being written, slice by slice. */
  #writing: Generator<void, void> | undefined;
  #tail: (() => Generator<void, void>) | undefined;
  #inFlight = 0;
  #uncompressedBytes = 0;
  #compressedBytes = 0;
  #scheduled = false;
  #paused = false;
  #state: 'open' | 'finished' | 'closed' = 'open';
  #failure: unknown;
  #done: PromiseWithResolvers<void> | undefined;

  constructor(columns: number, compression: Compression, hooks: StageHooks) {
    this.#columns = columns;
    this.#compression = compression;
    this.#hooks = hooks;
  }

  /** Why it stopped; undefined while it works. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Bytes of pages that wait to be compressed. */
  get uncompressedBytes(): number {
    return this.#uncompressedBytes;
  }

  /** Bytes of compressed pages that wait for their place in the file. */
  get compressedBytes(): number {
    return this.#compressedBytes;
  }

  /** Takes a page of the open row group. */
  add(column: number, page: Page): void {
    const group = this.#openGroup();
    const slot: Slot = { page, group, uncompressed: page.size, bytes: undefined };
    group.columns[column]?.push(slot);
    group.waiting++;
    this.#uncompressedBytes += page.size;
    this.#queue.push(slot);
    this.#schedule();
  }

  closeRowGroup(rows: number): void {
    this.#openGroup().rows = rows;
    this.#schedule();
  }

  /** The receiver wants no more for now. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  /** Nothing more comes: settles when all is written, `tail` last. Undefined when that is already so. */
  finish(tail: () => Generator<void, void>): Promise<void> | undefined {
    this.#tail = tail;
    this.#turn();
    if (this.#state === 'finished') return undefined;
    this.#done = Promise.withResolvers();
    if (this.#failure !== undefined) this.#done.reject(this.#failure);
    return this.#done.promise;
  }

  /** Stops; a promise of `finish` rejects with the error. */
  close(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    this.#failure = error;
    this.#queue.length = 0;
    this.#groups.length = 0;
    this.#done?.reject(error);
    this.#hooks.progressed();
  }

  #openGroup(): Group {
    const last = this.#groups.at(-1);
    if (last !== undefined && last.rows === undefined) return last;
    const group: Group = { columns: Array.from({ length: this.#columns }, () => []), rows: undefined, waiting: 0 };
    this.#groups.push(group);
    return group;
  }

  #schedule(): void {
    if (this.#scheduled || this.#state !== 'open') return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    const until = performance.now() + TURN_MS;
    try {
      while (this.#state === 'open' && (this.#compressNext() || this.#writeNext())) {
        if (performance.now() < until) continue;
        this.#schedule();
        return;
      }
    } catch (error) {
      this.close(error);
    }
  }

  #compressNext(): boolean {
    const slot = this.#queue[0];
    if (slot === undefined || this.#inFlight >= IN_FLIGHT) return false;
    this.#queue.shift();
    const { page } = slot;
    const body = page.body();
    slot.uncompressed = body.length;
    if (this.#compression === 'none' || body.length < INLINE_BYTES) {
      this.#compressed(slot, compressNow(this.#compression, body));
      return true;
    }
    this.#inFlight++;
    compress(this.#compression, body).then(
      (bytes) => {
        this.#inFlight--;
        // What zlib gives may be the front of a much larger buffer.
        if (this.#state === 'open') this.#compressed(slot, Buffer.from(bytes));
        this.#turn();
      },
      (error: unknown) => this.close(error),
    );
    return true;
  }

  #compressed(slot: Slot, bytes: Uint8Array): void {
    slot.bytes = bytes;
    if (this.#compression !== 'none') slot.page.release();
    slot.group.waiting--;
    this.#uncompressedBytes -= slot.page.size;
    this.#compressedBytes += bytes.length;
    this.#hooks.progressed();
  }

  /** One slice of what is ready; false when nothing is, or when the receiver wants nothing. */
  #writeNext(): boolean {
    if (this.#paused) return false;
    if (this.#writing === undefined) {
      const group = this.#groups[0];
      if (group !== undefined) {
        if (group.rows === undefined || group.waiting > 0) return false;
        this.#groups.shift();
        this.#writing = this.#writeGroup(group, group.rows);
      } else if (this.#tail !== undefined) {
        this.#writing = this.#writeEnd(this.#tail);
      } else return false;
    }
    if (this.#writing.next().done === true) this.#writing = undefined;
    return true;
  }

  *#writeEnd(tail: () => Generator<void, void>): Generator<void, void> {
    yield* tail();
    this.#state = 'finished';
    this.#done?.resolve();
  }

  *#writeGroup(group: Group, rows: number): Generator<void, void> {
    const chunks: WrittenChunk[] = [];
    for (const slots of group.columns) {
      const pages: WrittenPage[] = [];
      for (const slot of slots) pages.push(yield* this.#writePage(slot));
      chunks.push({ pages, columnIndex: null, offsetIndex: null });
    }
    this.rowGroups.push({ rows, chunks });
  }

  *#writePage(slot: Slot): Generator<void, WrittenPage> {
    const { page, uncompressed } = slot;
    const bytes = slot.bytes ?? new Uint8Array(0);
    const header = pageHeader(page, uncompressed, bytes.length);
    const offset = this.#hooks.position();
    this.#hooks.write(header);
    for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      this.#compressedBytes -= slice.length;
      this.#hooks.write(slice);
      yield;
    }
    if (this.#compression === 'none') page.release();
    slot.bytes = undefined;
    const { kind, count, nulls, encoding } = page;
    return {
      kind,
      count,
      nulls,
      encoding,
      bounds: page.bounds(),
      offset,
      bytes: header.length + bytes.length,
      uncompressedBytes: header.length + uncompressed,
    };
  }
}

/** Most pages shrink to less: then one call of the library gives everything, and a large buffer would only be garbage. */
const chunkSize = (size: number): number => Math.max(1024, size >> 1);
const zstdOptions = (size: number) => ({
  params: { [constants.ZSTD_c_compressionLevel]: zstdLevel },
  pledgedSrcSize: size,
  chunkSize: chunkSize(size),
});
const gzipOptions = (size: number) => ({ level: gzipLevel, chunkSize: chunkSize(size) });
const zstdAsync = promisify<Uint8Array, ReturnType<typeof zstdOptions>, Buffer>(zstdCompress);
const gzipAsync = promisify<Uint8Array, ReturnType<typeof gzipOptions>, Buffer>(gzip);

function compress(compression: Compression, body: Uint8Array): Promise<Buffer> {
  return compression === 'gzip' ? gzipAsync(body, gzipOptions(body.length)) : zstdAsync(body, zstdOptions(body.length));
}

function compressNow(compression: Compression, body: Uint8Array): Uint8Array {
  if (compression === 'none') return body;
  return compression === 'gzip'
    ? gzipSync(body, gzipOptions(body.length))
    : zstdCompressSync(body, zstdOptions(body.length));
}
