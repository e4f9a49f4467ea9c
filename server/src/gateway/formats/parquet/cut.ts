/** Row frames to cells: where each value of each row lies, column by column, so that columns are decoded one at a time. */
import { EngineError, type RowFraming } from '../../../engines/engine.ts';
import type { Cells } from './page.ts';

/**
 * Notes the cells of complete rows in `b[o, end)`, at most `rows`, into `cells`; sets `cells.rows` and returns the offset
 * of the first byte not consumed.
 */
export type Cut = (cells: Cells, b: Buffer, o: number, end: number, rows: number) => number;

export function cutter(framing: RowFraming, columns: number): Cut {
  return framing === 'mysql' ? cutMysql(columns) : cutPostgresql(columns);
}

function malformed(): never {
  throw new EngineError('protocol_error', 'The server sent a row that does not have the shape it announced.', {
    fatal: true,
  });
}

function cutPostgresql(columns: number): Cut {
  return (cells, b, o, end, rows) => {
    const { starts, ends, stride } = cells;
    let row = 0;
    while (row < rows && end - o >= 7 && b[o] === 0x44) {
      const next = o + 1 + b.readInt32BE(o + 1);
      if (next < o + 7) malformed();
      if (next > end) break;
      if (b.readInt16BE(o + 5) !== columns) malformed();
      let r = o + 7;
      for (let at = row; at < columns * stride; at += stride) {
        if (r + 4 > next) malformed();
        // Inside: the line above has looked. Four reads beat a call here.
        const length =
          ((b[r] as number) << 24) | ((b[r + 1] as number) << 16) | ((b[r + 2] as number) << 8) | (b[r + 3] as number);
        r += 4;
        if (length < 0) {
          ends[at] = -1;
          continue;
        }
        starts[at] = r;
        r += length;
        ends[at] = r;
      }
      if (r !== next) malformed();
      row++;
      o = next;
    }
    cells.bytes = b;
    cells.rows = row;
    return o;
  };
}

function cutMysql(columns: number): Cut {
  return (cells, b, o, end, rows) => {
    const { starts, ends, stride } = cells;
    let row = 0;
    while (row < rows && end - o >= 5) {
      const payload = b.readUIntLE(o, 3);
      // A row over 16 MiB comes alone, joined: its length field is full and it reaches up to `end`.
      const next = payload === 0xffffff ? end : o + 4 + payload;
      if (next > end || payload === 0) break;
      if (b[o + 4] === 0xff || (b[o + 4] === 0xfe && payload < 0xffffff)) break;
      let r = o + 4;
      for (let at = row; at < columns * stride; at += stride) {
        if (r >= next) malformed();
        let length = b[r++] as number; // inside
        if (length === 0xfb) {
          ends[at] = -1;
          continue;
        }
        if (length === 0xfc) {
          length = b.readUInt16LE(r);
          r += 2;
        } else if (length === 0xfd) {
          length = b.readUIntLE(r, 3);
          r += 3;
        } else if (length > 0xfd) {
          length = b.readUInt32LE(r) + b.readUInt32LE(r + 4) * 4294967296;
          r += 8;
        }
        if (r + length > next) malformed();
        starts[at] = r;
        r += length;
        ends[at] = r;
      }
      if (r !== next) malformed();
      row++;
      o = next;
    }
    cells.bytes = b;
    cells.rows = row;
    return o;
  };
}
