/**
 * Parquet of our own making (docs/decisions/010-own-parquet-writer.md): from wire bytes to column pages without an object
 * per row, pages compressed on other threads, statistics and page indexes for readers that skip.
 *
 * Rows are cut into cells a batch at a time (`cut.ts`), each column decodes its cells of the batch into its open page
 * (`fixed.ts`, `bytes.ts`), full pages go to the stage that compresses and writes them in order (`stage.ts`), and the
 * footer comes last (`metadata.ts`). Memory is bound by the size of a row group, whatever the size of the result.
 */
import type { Column, RowFraming } from '../../../engines/engine.ts';
import { uniqueNames } from '../names.ts';
import type { ResultEncoder, ResultHooks } from '../result.ts';
import { type EncoderLimits, EncoderState } from '../state.ts';
import { BytesColumn } from './bytes.ts';
import { type Cut, cutter } from './cut.ts';
import { BooleanColumn, FixedColumn, FloatColumn, IntegerColumn } from './fixed.ts';
import { type Leaf, leafOf, Physical } from './leaf.ts';
import { type Compression, columnIndex, footer, offsetIndex } from './metadata.ts';
import { type Cells, type ColumnBuilder, PageBuffers } from './page.ts';
import { PageStage } from './stage.ts';
import { ValueCells } from './value-cells.ts';

export type { Compression } from './metadata.ts';

/** A row group is closed at one of these; bytes are counted before compression. */
const ROW_GROUP_ROWS = 128 * 1024;
const ROW_GROUP_BYTES = 32 * 1024 * 1024;
/** Rows of a batch, and cells for very wide results. */
const BATCH_ROWS = 1024;
const BATCH_CELLS = 64 * 1024;
/** Bytes that wait to be compressed before rows must wait, and when they may come again. */
const BUSY_BYTES = 16 * 1024 * 1024;
const CALM_BYTES = 4 * 1024 * 1024;
/** Near the byte limit: rows wait until what they compress to is known, unless that is hardly worth it. */
const NEAR_LIMIT_BYTES = 1024 * 1024;
const WORTH_CLOSING_BYTES = 256 * 1024;
/** Bytes of metadata at most: of a file, of a column, of a column in each row group. */
const FILE_OVERHEAD = 256;
const LEAF_OVERHEAD = 64;
const CHUNK_OVERHEAD = 768;
/** What a cell may take beside the bytes of its text. */
const CELL_OVERHEAD = 17;

const MAGIC = Buffer.from('PAR1');
/** Readers know writers and their bugs by this: the version is the writer's, and rises when its files change. */
const CREATED_BY = 'headgate version 1.0.0';

export interface ParquetOptions {
  readonly columns: readonly Column[];
  readonly framing: RowFraming | null;
  readonly columnsHeader: string | null;
  readonly limits: EncoderLimits;
  readonly hooks: ResultHooks;
  readonly compression?: Compression;
}

export class ParquetResult implements ResultEncoder {
  readonly contentType = 'application/vnd.apache.parquet';
  readonly columnsHeader: string | null;
  readonly columns: readonly Column[];
  readonly #leaves: readonly Leaf[];
  readonly #builders: readonly ColumnBuilder[];
  readonly #hooks: ResultHooks;
  readonly #compression: Compression;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #cut: Cut | undefined;
  readonly #cells: Cells;
  readonly #values: ValueCells | undefined;
  readonly #out: EncoderState;
  readonly #stage: PageStage;
  #rows = 0;
  #groupRows = 0;
  /** Bytes of the open row group's pages that were closed, and of those that are open. */
  #closedBytes = 0;
  #openBytes = 0;
  #groups = 0;
  #limited = false;
  #busy = false;
  #disposed = false;

  constructor({ columns, framing, columnsHeader, limits, hooks, compression = 'zstd' }: ParquetOptions) {
    this.columns = columns;
    this.columnsHeader = columnsHeader;
    this.#hooks = hooks;
    this.#compression = compression;
    this.#maxRows = limits.maxRows > 0 ? limits.maxRows : Number.MAX_SAFE_INTEGER;
    this.#maxBytes = limits.maxBytes > 0 ? limits.maxBytes : Number.MAX_SAFE_INTEGER;
    const names = uniqueNames(columns.map((column) => column.name.toWellFormed()));
    this.#leaves = columns.map((column, index) => leafOf(column, names[index] ?? '', framing));
    const buffers = new PageBuffers();
    this.#builders = this.#leaves.map((leaf) => builderOf(leaf, buffers));
    const stride = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_CELLS / Math.max(1, columns.length))));
    this.#cells = {
      bytes: MAGIC,
      starts: new Int32Array(stride * columns.length),
      ends: new Int32Array(stride * columns.length),
      stride,
      rows: 0,
    };
    this.#cut = framing === null ? undefined : cutter(framing, columns.length);
    this.#values = framing === null ? new ValueCells(this.#leaves, this.#cells) : undefined;
    this.#out = new EncoderState({ maxRows: 0, maxBytes: 0 }, 0, hooks.take);
    this.#stage = new PageStage(columns.length, compression, {
      write: (bytes) => this.#write(bytes),
      position: () => this.#out.total,
      progressed: () => this.#calmed(),
    });
    this.#write(MAGIC);
  }

  get rows(): number {
    return this.#rows + (this.#values?.waiting ?? 0);
  }
  get total(): number {
    return this.#out.total;
  }
  get flushed(): number {
    return this.#out.flushed;
  }
  get limited(): boolean {
    return this.#limited;
  }

  frames(b: Buffer, o: number, end: number): number {
    const cut = this.#cut;
    if (cut === undefined) throw new Error('This result has no frames.');
    if (this.#stage.failure !== undefined) throw this.#stage.failure;
    let at = o;
    while (!this.#limited) {
      const room = this.#roomInRows();
      const next = cut(this.#cells, b, at, end, Math.max(1, room));
      if (next === at) break;
      if (room === 0) {
        this.#limited = true;
        break;
      }
      at = this.#withinBytes(cut, b, at, next);
      this.#append();
    }
    return at;
  }

  values(row: readonly unknown[]): void {
    const values = this.#values;
    if (values === undefined) throw new Error('This result has frames.');
    if (this.#stage.failure !== undefined) throw this.#stage.failure;
    if (this.#limited) return;
    if (this.rows >= this.#maxRows) {
      this.#limited = true;
      return;
    }
    const bytes = values.add(row);
    if (
      this.#maxBytes < Number.MAX_SAFE_INTEGER &&
      this.#bound() + values.bytes + this.#overhead(values.waiting) > this.#maxBytes
    ) {
      values.takeBack(bytes);
      this.#limited = true;
    }
    if (values.full || this.#groupRows + values.waiting >= ROW_GROUP_ROWS) this.#appendValues();
  }

  flush(): void {
    // The four bytes that every file begins with are worth no packet.
    if (this.#out.total > MAGIC.length) this.#out.flush();
  }

  pause(): void {
    this.#stage.pause();
  }

  resume(): void {
    this.#stage.resume();
  }

  finish(): Promise<void> | undefined {
    this.#appendValues();
    this.#closeRowGroup();
    return this.#stage.finish(() => this.#tail());
  }

  dispose(error?: unknown): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#stage.close(error ?? new Error('The result was given up.'));
    this.#out.dispose();
  }

  /** Rows that the next batch may have; 0 = the limit of rows is reached. */
  #roomInRows(): number {
    return Math.min(this.#cells.stride, ROW_GROUP_ROWS - this.#groupRows, this.#maxRows - this.#rows);
  }

  /** Leaves out the last rows of the batch that do not fit the limit of bytes for sure. Returns where the batch ends. */
  #withinBytes(cut: Cut, b: Buffer, from: number, next: number): number {
    if (this.#maxBytes === Number.MAX_SAFE_INTEGER) return next;
    const bound = this.#bound();
    if (bound + (next - from) + this.#overhead(this.#cells.rows) <= this.#maxBytes) return next;
    this.#limited = true;
    let at = from;
    let rows = 0;
    for (;;) {
      const after = cut(this.#cells, b, at, next, 1);
      if (after === at || bound + (after - from) + this.#overhead(rows + 1) > this.#maxBytes) break;
      at = after;
      rows++;
    }
    if (rows > 0) cut(this.#cells, b, from, at, rows);
    else this.#cells.rows = 0;
    return at;
  }

  #overhead(rows: number): number {
    return rows * this.#leaves.length * CELL_OVERHEAD;
  }

  /** Bytes that the file will have at most if no row follows. */
  #bound(): number {
    const names = this.#leaves.reduce((sum, leaf) => sum + leaf.name.length * 3, 0);
    const metadata =
      FILE_OVERHEAD +
      (names + this.#leaves.length * LEAF_OVERHEAD) +
      (this.#groups + 1) * (names + this.#leaves.length * CHUNK_OVERHEAD);
    const pages = this.#stage.uncompressedBytes + this.#stage.compressedBytes + this.#openBytes;
    return this.#out.total + metadata + pages + (pages >> 7);
  }

  #appendValues(): void {
    if (this.#values === undefined) return;
    this.#values.begin();
    this.#append();
    this.#values.clear();
  }

  /** The cells go to their columns; what is full goes to the stage. */
  #append(): void {
    const cells = this.#cells;
    if (cells.rows === 0) return;
    let open = 0;
    let endsRowGroup = false;
    for (let index = 0; index < this.#builders.length; index++) {
      const builder = this.#builders[index] as ColumnBuilder; // counted
      builder.append(cells, index);
      if (builder.full) this.#takePages(builder, index);
      open += builder.size;
      if (builder.endsRowGroup) endsRowGroup = true;
    }
    this.#openBytes = open;
    this.#rows += cells.rows;
    this.#groupRows += cells.rows;
    cells.rows = 0;
    const fullGroup = this.#groupRows >= ROW_GROUP_ROWS || open + this.#closedBytes >= ROW_GROUP_BYTES;
    if (fullGroup || endsRowGroup) this.#closeRowGroup();
    const nearLimit =
      this.#maxBytes < Number.MAX_SAFE_INTEGER && !this.#limited && this.#bound() > this.#maxBytes - NEAR_LIMIT_BYTES;
    if (nearLimit && this.#openBytes > WORTH_CLOSING_BYTES) this.#closeRowGroup();
    const waits = nearLimit ? this.#stage.uncompressedBytes > 0 : this.#stage.uncompressedBytes > BUSY_BYTES;
    if (waits && !this.#busy) {
      this.#busy = true;
      this.#hooks.busy(true);
    }
  }

  #calmed(): void {
    if (!this.#busy) return;
    if (this.#stage.failure !== undefined) {
      // The next rows hear of it.
      this.#busy = false;
      this.#hooks.busy(false);
      return;
    }
    const near = this.#maxBytes < Number.MAX_SAFE_INTEGER;
    if (this.#stage.uncompressedBytes > (near ? 0 : CALM_BYTES)) return;
    this.#busy = false;
    this.#hooks.busy(false);
  }

  #takePages(builder: ColumnBuilder, index: number): void {
    for (const page of builder.takePages()) {
      this.#closedBytes += page.size;
      this.#stage.add(index, page);
    }
  }

  #closeRowGroup(): void {
    if (this.#groupRows === 0) return;
    for (let index = 0; index < this.#builders.length; index++) {
      const builder = this.#builders[index] as ColumnBuilder; // counted
      if (builder.isOpen) this.#takePages(builder, index);
      builder.endRowGroup();
    }
    this.#stage.closeRowGroup(this.#groupRows);
    this.#groups++;
    this.#groupRows = 0;
    this.#openBytes = 0;
    this.#closedBytes = 0;
  }

  #write(bytes: Uint8Array): void {
    const out = this.#out;
    for (let at = 0; at < bytes.length; ) {
      out.room(1);
      const part = bytes.subarray(at, at + out.bytes.length - out.position);
      out.bytes.set(part, out.position);
      out.position += part.length;
      at += part.length;
    }
  }

  /** Page indexes, then the footer. */
  *#tail(): Generator<void, void> {
    const { rowGroups } = this.#stage;
    for (const { chunks } of rowGroups) {
      for (const chunk of chunks) {
        const index = columnIndex(chunk);
        if (index !== null) chunk.columnIndex = this.#place(index);
      }
      yield;
    }
    for (const { chunks } of rowGroups) {
      for (const chunk of chunks) chunk.offsetIndex = this.#place(offsetIndex(chunk));
      yield;
    }
    const metadata = yield* footer({
      leaves: this.#leaves,
      rowGroups,
      compression: this.#compression,
      createdBy: CREATED_BY,
    });
    this.#write(metadata);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(metadata.length);
    this.#write(length);
    this.#write(MAGIC);
  }

  #place(index: Buffer): { readonly offset: number; readonly bytes: number } {
    const offset = this.#out.total;
    this.#write(index);
    return { offset, bytes: index.length };
  }
}

function builderOf(leaf: Leaf, buffers: PageBuffers): ColumnBuilder {
  switch (leaf.physical) {
    case Physical.boolean:
      return new BooleanColumn(leaf, buffers);
    case Physical.int32:
    case Physical.int64:
      return new IntegerColumn(leaf, buffers);
    case Physical.float:
    case Physical.double:
      return new FloatColumn(leaf, buffers);
    case Physical.fixed:
      return new FixedColumn(leaf, buffers);
    case Physical.bytes:
      return new BytesColumn(leaf, buffers);
  }
}
