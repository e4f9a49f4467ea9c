/** For tests: rows to a Parquet file, and back through an independent reader. */
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Column, RowFraming } from '../../../engines/engine.ts';
import { type Cell, framesOf } from '../frames.testkit.ts';
import { type EncoderLimits, recycle } from '../state.ts';
import { type Compression, ParquetResult } from './index.ts';

export interface WriteOptions {
  readonly columns: readonly Column[];
  readonly framing?: RowFraming | null;
  readonly limits?: Partial<EncoderLimits>;
  readonly compression?: Compression;
  /** Rows in one buffer. */
  readonly batch?: number;
}

export interface Written {
  readonly file: Buffer;
  readonly rows: number;
  readonly limited: boolean;
}

export function column(name: string, kind: Column['kind'], type: string, spelling?: Column['spelling']): Column {
  return { name, kind, type, ...(spelling === undefined ? {} : { spelling }) };
}

export const cells = (...values: readonly (string | Buffer | null)[]): Cell[] =>
  values.map((value) => (typeof value === 'string' ? Buffer.from(value) : value));

/** Waits as a source does while the encoder has enough to do. */
export async function write(
  rows: Iterable<readonly Cell[] | readonly unknown[]>,
  { columns, framing = 'postgresql', limits, compression, batch = 100 }: WriteOptions,
): Promise<Written> {
  const chunks: Buffer[] = [];
  let calm: PromiseWithResolvers<void> | undefined;
  const result = new ParquetResult({
    columns,
    framing,
    columnsHeader: null,
    limits: { maxRows: 0, maxBytes: 0, ...limits },
    ...(compression === undefined ? {} : { compression }),
    hooks: {
      take: (buffer, length) => {
        chunks.push(Buffer.from(buffer.subarray(0, length)));
        recycle(buffer);
      },
      busy: (busy) => {
        if (busy) calm = Promise.withResolvers();
        else calm?.resolve();
      },
    },
  });
  let frames: Cell[][] = [];
  const hand = async (): Promise<void> => {
    const wire = framesOf(framing ?? 'postgresql', frames);
    frames = [];
    const next = result.frames(wire, 0, wire.length);
    if (next !== wire.length && !result.limited) throw new Error('not every frame was taken');
    await calm?.promise;
  };
  for (const row of rows) {
    if (result.limited) break;
    if (framing === null) {
      result.values(row);
      await calm?.promise;
    } else {
      frames.push(row as Cell[]); // what framed rows are made of
      if (frames.length >= batch) await hand();
    }
  }
  if (frames.length > 0) await hand();
  await result.finish();
  result.flush();
  const written = { rows: result.rows, limited: result.limited, total: result.total };
  result.dispose();
  const file = Buffer.concat(chunks);
  if (file.length !== written.total) throw new Error('the bytes counted are not the bytes written');
  return { file, rows: written.rows, limited: written.limited };
}

const arrayBuffer = (file: Buffer): ArrayBuffer => new Uint8Array(file).buffer;

export const metadataOf = (file: Buffer): FileMetaData => parquetMetadata(arrayBuffer(file));

/** Rows as the reader understands them: bigint for 64 bits, Date for days and timestamps. */
export async function read(
  file: Buffer,
  options: Partial<Parameters<typeof parquetReadObjects>[0]> = {},
): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: arrayBuffer(file), compressors, utf8: false, ...options });
}
