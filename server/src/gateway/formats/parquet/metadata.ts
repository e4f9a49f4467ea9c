/** Parquet's metadata: page headers, page indexes, the footer. Field numbers are those of `parquet.thrift`. */
import { type Leaf, type Meaning, Physical } from './leaf.ts';
import { type Bounds, Encoding, type Page } from './page.ts';
import { CompactWriter, Wire } from './thrift.ts';

export type Compression = 'none' | 'gzip' | 'zstd';
const CODECS: Readonly<Record<Compression, number>> = { none: 0, gzip: 2, zstd: 6 };

/** A page as it lies in the file. */
export interface WrittenPage extends Pick<Page, 'kind' | 'count' | 'nulls' | 'encoding'> {
  readonly bounds: Bounds | null;
  readonly offset: number;
  /** Header included. */
  readonly bytes: number;
  readonly uncompressedBytes: number;
}

/** One column of a row group as it lies in the file. */
export interface WrittenChunk {
  readonly pages: readonly WrittenPage[];
  /** Where its indexes were written; set before the footer is made. */
  columnIndex: { readonly offset: number; readonly bytes: number } | null;
  offsetIndex: { readonly offset: number; readonly bytes: number } | null;
}

export interface WrittenRowGroup {
  readonly rows: number;
  readonly chunks: readonly WrittenChunk[];
}

export function pageHeader(page: Page, uncompressed: number, compressed: number): Buffer {
  const w = new CompactWriter();
  w.i32(1, page.kind === 'data' ? 0 : 2)
    .i32(2, uncompressed)
    .i32(3, compressed);
  if (page.kind === 'dictionary') {
    w.struct(7, () => w.i32(1, page.count).i32(2, page.encoding));
  } else {
    w.struct(5, () => {
      // No statistics here: the column index has them.
      w.i32(1, page.count).i32(2, page.encoding).i32(3, Encoding.rle).i32(4, Encoding.rle);
    });
  }
  return w.end();
}

function statistics(w: CompactWriter, nulls: number, bounds: Bounds | null): void {
  w.i64(3, nulls);
  if (bounds === null) return;
  w.binary(5, bounds.max).binary(6, bounds.min).bool(7, bounds.maxExact).bool(8, bounds.minExact);
}

const dataPages = (chunk: WrittenChunk): readonly WrittenPage[] => chunk.pages.filter((page) => page.kind === 'data');

/** Null when a page with values has no bounds: then readers must not skip by this index. */
export function columnIndex(chunk: WrittenChunk): Buffer | null {
  const pages = dataPages(chunk);
  const empty = (page: WrittenPage): boolean => page.nulls === page.count;
  if (pages.some((page) => page.bounds === null && !empty(page))) return null;
  const w = new CompactWriter();
  w.list(1, Wire.true, pages.length);
  for (const page of pages) w.truth(empty(page));
  w.list(2, Wire.binary, pages.length);
  for (const page of pages) w.text(page.bounds?.min ?? '');
  w.list(3, Wire.binary, pages.length);
  for (const page of pages) w.text(page.bounds?.max ?? '');
  w.i32(4, 0); // in no order that we know
  w.list(5, Wire.i64, pages.length);
  for (const page of pages) w.integer(page.nulls);
  return w.end();
}

export function offsetIndex(chunk: WrittenChunk): Buffer {
  const pages = dataPages(chunk);
  const w = new CompactWriter();
  w.list(1, Wire.struct, pages.length);
  let firstRow = 0;
  for (const page of pages) {
    w.element(() => w.i64(1, page.offset).i32(2, page.bytes).i64(3, firstRow));
    firstRow += page.count;
  }
  return w.end();
}

export interface FooterParts {
  readonly leaves: readonly Leaf[];
  readonly rowGroups: readonly WrittenRowGroup[];
  readonly compression: Compression;
  readonly createdBy: string;
}

/** FileMetaData, without the length and the magic number behind it. Yields now and then, so that others may run. */
export function* footer({ leaves, rowGroups, compression, createdBy }: FooterParts): Generator<void, Buffer> {
  const w = new CompactWriter();
  w.i32(1, 1);
  w.list(2, Wire.struct, leaves.length + 1);
  w.element(() => w.binary(4, 'schema').i32(5, leaves.length));
  for (const leaf of leaves) schemaElement(w, leaf);
  w.i64(
    3,
    rowGroups.reduce((sum, group) => sum + group.rows, 0),
  );
  w.list(4, Wire.struct, rowGroups.length);
  for (const [ordinal, group] of rowGroups.entries()) {
    w.element(() => rowGroup(w, leaves, group, ordinal, compression));
    yield;
  }
  w.binary(6, createdBy);
  w.list(7, Wire.struct, leaves.length);
  for (const _ of leaves) w.element(() => w.struct(1, () => {})); // the order that the type defines
  return w.end();
}

function schemaElement(w: CompactWriter, { name, physical, meaning }: Leaf): void {
  w.element(() => {
    w.i32(1, physical);
    if (physical === Physical.fixed) w.i32(2, 16);
    w.i32(3, 1); // optional
    w.binary(4, name);
    const converted = convertedType(meaning);
    if (converted !== undefined) w.i32(6, converted);
    if (meaning.is === 'decimal') w.i32(7, meaning.scale).i32(8, meaning.precision);
    logicalType(w, meaning);
  });
}

/** What readers before logical types go by. */
function convertedType(meaning: Meaning): number | undefined {
  switch (meaning.is) {
    case 'string':
      return 0;
    case 'decimal':
      return 5;
    case 'date':
      return 6;
    case 'timestamp':
      // The old annotation says UTC: a local time has none.
      return meaning.utc ? 10 : undefined;
    case 'integer':
      return ({ 16: 16, 32: 17, 64: 18 } as const)[meaning.bits] - (meaning.signed ? 0 : 4);
    case 'json':
      return 19;
    default:
      return undefined;
  }
}

function logicalType(w: CompactWriter, meaning: Meaning): void {
  const microseconds = (utc: boolean) => () => w.bool(1, utc).struct(2, () => w.struct(2, () => {}));
  const nothing = (): void => {};
  const fields: Partial<Record<Meaning['is'], number>> = {
    string: 1,
    decimal: 5,
    date: 6,
    time: 7,
    timestamp: 8,
    integer: 10,
    json: 12,
    uuid: 14,
  };
  const field = fields[meaning.is];
  if (field === undefined) return;
  w.struct(10, () => {
    switch (meaning.is) {
      case 'decimal':
        return w.struct(field, () => w.i32(1, meaning.scale).i32(2, meaning.precision));
      case 'time':
        return w.struct(field, microseconds(false));
      case 'timestamp':
        return w.struct(field, microseconds(meaning.utc));
      case 'integer':
        return w.struct(field, () => w.byte(1, meaning.bits).bool(2, meaning.signed));
      default:
        return w.struct(field, nothing);
    }
  });
}

const sum = (pages: readonly WrittenPage[], of: 'bytes' | 'uncompressedBytes'): number =>
  pages.reduce((total, page) => total + page[of], 0);

function rowGroup(
  w: CompactWriter,
  leaves: readonly Leaf[],
  { chunks, rows }: WrittenRowGroup,
  ordinal: number,
  compression: Compression,
): void {
  w.list(1, Wire.struct, chunks.length);
  chunks.forEach((chunk, index) => {
    w.element(() => columnChunk(w, leaves[index] as Leaf, chunk, rows, compression)); // one chunk for each leaf
  });
  w.i64(
    2,
    chunks.reduce((total, chunk) => total + sum(chunk.pages, 'uncompressedBytes'), 0),
  );
  w.i64(3, rows);
  w.i64(5, chunks[0]?.pages[0]?.offset ?? 4);
  w.i64(
    6,
    chunks.reduce((total, chunk) => total + sum(chunk.pages, 'bytes'), 0),
  );
  // The ordinal has 16 bits.
  if (ordinal < 32768) w.shortInteger(7, ordinal);
}

function columnChunk(w: CompactWriter, leaf: Leaf, chunk: WrittenChunk, rows: number, compression: Compression): void {
  const { pages } = chunk;
  const data = dataPages(chunk);
  const dictionary = pages.find((page) => page.kind === 'dictionary');
  w.i64(2, 0); // where readers of old looked for metadata
  w.struct(3, () => {
    w.i32(1, leaf.physical);
    const encodings = new Set<number>([Encoding.rle, ...pages.map((page) => page.encoding)]);
    w.list(2, Wire.i32, encodings.size);
    for (const encoding of encodings) w.integer(encoding);
    w.list(3, Wire.binary, 1).text(leaf.name);
    w.i32(4, CODECS[compression]);
    w.i64(5, rows);
    w.i64(6, sum(pages, 'uncompressedBytes'));
    w.i64(7, sum(pages, 'bytes'));
    w.i64(9, data[0]?.offset ?? 0);
    if (dictionary !== undefined) w.i64(11, dictionary.offset);
    const nulls = data.reduce((total, page) => total + page.nulls, 0);
    w.struct(12, () => statistics(w, nulls, chunkBounds(leaf, data)));
  });
  if (chunk.offsetIndex !== null) w.i64(4, chunk.offsetIndex.offset).i32(5, chunk.offsetIndex.bytes);
  if (chunk.columnIndex !== null) w.i64(6, chunk.columnIndex.offset).i32(7, chunk.columnIndex.bytes);
}

/** Smallest and largest of all pages; null when one with values has none. */
function chunkBounds(leaf: Leaf, pages: readonly WrittenPage[]): Bounds | null {
  const withValues = pages.filter((page) => page.nulls < page.count);
  let all: Bounds | null = null;
  for (const { bounds } of withValues) {
    if (bounds === null) return null;
    if (all === null) {
      all = bounds;
      continue;
    }
    const low: Bounds = compareStored(leaf, bounds.min, all.min) < 0 ? bounds : all;
    const high: Bounds = compareStored(leaf, bounds.max, all.max) > 0 ? bounds : all;
    all = { min: low.min, minExact: low.minExact, max: high.max, maxExact: high.maxExact };
  }
  return all;
}

/** The order that Parquet defines for the type, on values as statistics hold them. */
function compareStored({ physical, meaning }: Leaf, a: Buffer, b: Buffer): number {
  switch (physical) {
    case Physical.int32:
      return a.readInt32LE() - b.readInt32LE();
    case Physical.int64: {
      const unsigned = meaning.is === 'integer' && !meaning.signed;
      const left = unsigned ? a.readBigUInt64LE() : a.readBigInt64LE();
      const right = unsigned ? b.readBigUInt64LE() : b.readBigInt64LE();
      return left < right ? -1 : left > right ? 1 : 0;
    }
    case Physical.float:
      return a.readFloatLE() - b.readFloatLE();
    case Physical.double:
      return a.readDoubleLE() - b.readDoubleLE();
    case Physical.fixed:
      if (meaning.is === 'decimal') return a.readInt8() - b.readInt8() || Buffer.compare(a, b);
      return Buffer.compare(a, b);
    default:
      return Buffer.compare(a, b);
  }
}
