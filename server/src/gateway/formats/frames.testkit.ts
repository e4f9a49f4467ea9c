/** For tests: row frames as servers send them, and a CSV reader. */
import type { Column, RowFraming } from '../../engines/engine.ts';
import type { NumberStyle } from '../types.ts';
import { generateEncoder } from './generate.ts';
import { type EncoderLimits, EncoderState, RowEncoder, recycle } from './index.ts';
import { type EncodeFrames, interpreter } from './interpret.ts';
import { layoutOf, type RowFormat } from './layout.ts';

export type Cell = Buffer | null;

export function postgresqlFrame(cells: readonly Cell[]): Buffer {
  const body = cells.map((cell) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(cell === null ? -1 : cell.length);
    return cell === null ? length : Buffer.concat([length, cell]);
  });
  const rest = Buffer.concat(body);
  const head = Buffer.alloc(7);
  head[0] = 0x44;
  head.writeInt32BE(6 + rest.length, 1);
  head.writeInt16BE(cells.length, 5);
  return Buffer.concat([head, rest]);
}

export function mysqlFrame(cells: readonly Cell[], sequence = 0): Buffer {
  const rest = Buffer.concat(
    cells.map((cell) => (cell === null ? Buffer.from([0xfb]) : Buffer.concat([lengthEncoded(cell.length), cell]))),
  );
  const head = Buffer.alloc(4);
  head.writeUIntLE(rest.length, 0, 3);
  head[3] = sequence & 255;
  return Buffer.concat([head, rest]);
}

function lengthEncoded(length: number): Buffer {
  if (length < 251) return Buffer.from([length]);
  const size = length < 0x10000 ? 2 : 3;
  const bytes = Buffer.alloc(1 + size);
  bytes[0] = size === 2 ? 0xfc : 0xfd;
  bytes.writeUIntLE(length, 1, size);
  return bytes;
}

export const framesOf = (framing: RowFraming, rows: readonly (readonly Cell[])[]): Buffer =>
  Buffer.concat(rows.map((cells, at) => (framing === 'mysql' ? mysqlFrame(cells, at) : postgresqlFrame(cells))));

/** What follows the rows on the wire: CommandComplete, or an EOF packet. */
export const endOf = (framing: RowFraming): Buffer =>
  framing === 'mysql' ? Buffer.from([5, 0, 0, 9, 0xfe, 0, 0, 2, 0]) : Buffer.from('C\0\0\0\x0dSELECT 1\0', 'latin1');

export interface Encoded {
  readonly text: string;
  readonly bytes: Buffer;
  readonly rows: number;
  readonly limited: boolean;
  /** Bytes of the wire consumed. */
  readonly consumed: number;
}

export interface EncodeOptions {
  readonly columns: readonly Column[];
  readonly framing: RowFraming;
  readonly format: RowFormat;
  readonly numbers?: NumberStyle;
  readonly limits?: Partial<EncoderLimits>;
  /** Lengths of the pieces in which the wire arrives; the rest comes as one. */
  readonly pieces?: readonly number[];
  readonly by?: 'interpreter' | 'generated';
}

/** Encodes a wire in pieces the way an engine feeds it: what is not consumed comes again with the next piece. */
export function encode(wire: Buffer, options: EncodeOptions): Encoded {
  const { columns, framing, format, numbers = 'string' } = options;
  const layout = layoutOf(columns, framing, format, numbers);
  const frames: EncodeFrames | null = options.by === 'generated' ? generateEncoder(layout) : interpreter(layout);
  if (frames === null) throw new Error('no encoder was generated');
  const encoder = new RowEncoder(columns, framing, format, numbers);
  const out: Buffer[] = [];
  const limits = { maxRows: 0, maxBytes: 0, ...options.limits };
  const state = new EncoderState(limits, encoder.closingBytes, (buffer, length) => {
    out.push(Buffer.from(buffer.subarray(0, length)));
    recycle(buffer);
  });
  encoder.begin(state);
  let kept = Buffer.alloc(0);
  let at = 0;
  let consumed = 0;
  for (const size of [...(options.pieces ?? []), wire.length]) {
    const piece = Buffer.concat([kept, wire.subarray(at, at + size)]);
    at = Math.min(wire.length, at + size);
    const next = frames(state, piece, 0, piece.length);
    consumed += next;
    kept = piece.subarray(next);
  }
  encoder.finish(state);
  state.flush();
  const bytes = Buffer.concat(out);
  const { rows, limited } = state;
  state.dispose();
  return { text: bytes.toString('utf8'), bytes, rows, limited, consumed };
}

/** RFC 4180; an unquoted empty field is null. A row of one NULL is an empty line, which counts as a row here. */
export function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: (string | null)[] = [];
    for (;;) {
      if (text[at] === '"') {
        let field = '';
        at++;
        for (;;) {
          if (at >= text.length) throw new Error('unterminated quote');
          if (text[at] === '"' && text[at + 1] === '"') {
            field += '"';
            at += 2;
          } else if (text[at] === '"') {
            at++;
            break;
          } else {
            field += text[at++];
          }
        }
        row.push(field);
      } else {
        const start = at;
        while (at < text.length && text[at] !== ',' && text[at] !== '\r') {
          if (text[at] === '"' || text[at] === '\n') throw new Error(`stray ${JSON.stringify(text[at])}`);
          at++;
        }
        row.push(at === start ? null : text.slice(start, at));
      }
      if (text[at] === ',') {
        at++;
        continue;
      }
      if (text.slice(at, at + 2) !== '\r\n') throw new Error(`row does not end with CRLF at ${at}`);
      at += 2;
      break;
    }
    rows.push(row);
  }
  return rows;
}
