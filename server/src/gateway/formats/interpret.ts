/**
 * The interpreting encoder: correct for every column list, used for short results, for very wide ones and where code
 * generation is switched off. Generated code (`generate.ts`) does the same some 20 % faster.
 */
import { writeNull } from './cells.ts';
import { type Layout, writeCsv, writeJson } from './layout.ts';
import { type EncoderState, rowBound } from './state.ts';

/** Encodes complete row frames of `b[o, end)`; returns the offset of the first byte not consumed. */
export type EncodeFrames = (state: EncoderState, b: Buffer, o: number, end: number) => number;

export function interpreter(layout: Layout): EncodeFrames {
  return layout.framing === 'mysql' ? mysqlInterpreter(layout) : postgresqlInterpreter(layout);
}

/** Writes what opens row number `rows`. */
function open(layout: Layout, w: Uint8Array, p: number, rows: number): number {
  if (layout.format === 'csv') return p;
  if (layout.format === 'json') w[p++] = rows === 0 ? 91 : 44;
  w[p] = 123;
  return p + 1;
}

/** Writes what closes a row. */
function close(layout: Layout, w: Uint8Array, p: number): number {
  w[p] = layout.format === 'csv' ? 13 : 125;
  w[p + 1] = 10;
  return p + 2;
}

function postgresqlInterpreter(layout: Layout): EncodeFrames {
  const { keys, forms, slack } = layout;
  const count = forms.length;
  const csv = layout.format === 'csv';
  const write = csv ? writeCsv : writeJson;
  return (s, b, o, end) => {
    while (end - o >= 7 && b[o] === 0x44) {
      const next = o + 1 + b.readInt32BE(o + 1);
      if (next < o + 7) s.malformed();
      if (next > end) break;
      if (s.limited) break;
      if (s.rows >= s.maxRows) {
        s.limited = true;
        break;
      }
      s.room(rowBound(b, o, next, slack));
      const w = s.bytes;
      let p = open(layout, w, s.position, s.rows);
      if (b.readInt16BE(o + 5) !== count) s.malformed();
      let r = o + 7;
      for (let index = 0; index < count; index++) {
        const key = keys[index] as Uint8Array; // same length as forms
        for (let at = 0; at < key.length; at++) w[p++] = key[at] as number;
        if (r + 4 > next) s.malformed();
        const length = b.readInt32BE(r);
        r += 4;
        if (length < 0) {
          if (!csv) p = writeNull(w, p);
          continue;
        }
        const e = r + length;
        if (e > next) s.malformed();
        p = write(forms[index] as Layout['forms'][number], b, r, e, w, p);
        r = e;
      }
      if (r !== next) s.malformed();
      p = close(layout, w, p);
      if (p > s.byteEnd) {
        s.limited = true;
        break;
      }
      s.position = p;
      s.rows++;
      o = next;
    }
    return o;
  };
}

function mysqlInterpreter(layout: Layout): EncodeFrames {
  const { keys, forms, slack } = layout;
  const count = forms.length;
  const csv = layout.format === 'csv';
  const write = csv ? writeCsv : writeJson;
  return (s, b, o, end) => {
    while (end - o >= 5) {
      const payload = b.readUIntLE(o, 3);
      // A row over 16 MiB comes alone, joined: its length field is full and it reaches up to `end`.
      const next = payload === 0xffffff ? end : o + 4 + payload;
      if (next > end || payload === 0) break;
      if (b[o + 4] === 0xff || (b[o + 4] === 0xfe && payload < 0xffffff)) break;
      if (s.limited) break;
      if (s.rows >= s.maxRows) {
        s.limited = true;
        break;
      }
      s.room(rowBound(b, o, next, slack));
      const w = s.bytes;
      let p = open(layout, w, s.position, s.rows);
      let r = o + 4;
      for (let index = 0; index < count; index++) {
        const key = keys[index] as Uint8Array; // same length as forms
        for (let at = 0; at < key.length; at++) w[p++] = key[at] as number;
        if (r >= next) s.malformed();
        let length = b[r++] as number;
        if (length === 0xfb) {
          if (!csv) p = writeNull(w, p);
          continue;
        }
        if (length > 0xfb) {
          if (length === 0xfc) {
            length = b.readUInt16LE(r);
            r += 2;
          } else if (length === 0xfd) {
            length = b.readUIntLE(r, 3);
            r += 3;
          } else {
            length = b.readUInt32LE(r) + b.readUInt32LE(r + 4) * 4294967296;
            r += 8;
          }
        }
        const e = r + length;
        if (e > next) s.malformed();
        p = write(forms[index] as Layout['forms'][number], b, r, e, w, p);
        r = e;
      }
      if (r !== next) s.malformed();
      p = close(layout, w, p);
      if (p > s.byteEnd) {
        s.limited = true;
        break;
      }
      s.position = p;
      s.rows++;
      o = next;
    }
    return o;
  };
}
