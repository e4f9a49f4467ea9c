/** Rows that arrive as JS values (engines without a wire path of ours): to the same bytes as the frame encoders write. */
import { csvText, csvTimestamp, jsonInline, jsonNumber, jsonText, jsonTimestamp } from './cells.ts';
import { Form, type Layout } from './layout.ts';
import { type EncoderState, rowBound } from './state.ts';

/** Writes one row; false when a limit stopped it. */
export type EncodeRow = (state: EncoderState, row: readonly unknown[]) => boolean;

const NOTHING = Buffer.alloc(0);

/**
 * The server's text of a value as the frames would spell it; null = NULL. Strings stay as they are, numbers and bigints
 * print, dates print as UTC, bytes give themselves, objects print as JSON.
 */
export function spell(value: unknown): Uint8Array | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return Buffer.from(value.toISOString());
  if (typeof value === 'object') return Buffer.from(JSON.stringify(value) ?? 'null');
  return value === '' ? NOTHING : Buffer.from(String(value).toWellFormed());
}

export function valuesEncoder(layout: Layout): EncodeRow {
  const { keys, forms, slack, format } = layout;
  const csv = format === 'csv';
  return (s, row) => {
    if (s.limited) return false;
    if (s.rows >= s.maxRows) {
      s.limited = true;
      return false;
    }
    const cells = forms.map((_, index) => spell(row[index]));
    s.room(cells.reduce((sum, cell) => sum + (cell === null ? 0 : rowBound(cell, 0, cell.length, 4)), slack));
    const w = s.bytes;
    let p = s.position;
    if (format === 'json') w[p++] = s.rows === 0 ? 91 : 44;
    if (!csv) w[p++] = 123;
    for (let index = 0; index < forms.length; index++) {
      const key = keys[index] as Uint8Array; // same length as forms
      w.set(key, p);
      p += key.length;
      const cell = cells[index] as Uint8Array | null; // likewise
      if (cell === null) {
        if (!csv) p += (w as Buffer).write('null', p);
        continue;
      }
      p = csv
        ? csvValue(forms[index] as Form, cell, row[index], w, p)
        : jsonValue(forms[index] as Form, cell, row[index], w, p);
    }
    w[p] = csv ? 13 : 125;
    w[p + 1] = 10;
    p += 2;
    if (p > s.byteEnd) {
      s.limited = true;
      return false;
    }
    s.position = p;
    s.rows++;
    return true;
  };
}

/** Bytes in the forms of bytes print as base64; a text in such a column is taken for base64 already. */
function base64(cell: Uint8Array, value: unknown): Uint8Array {
  return value instanceof Uint8Array ? Buffer.from(Buffer.from(cell).toString('base64')) : cell;
}

function jsonValue(form: Form, cell: Uint8Array, value: unknown, w: Buffer, p: number): number {
  const end = cell.length;
  switch (form) {
    case Form.number:
    case Form.digits:
      return jsonNumber(cell, 0, end, w, p);
    case Form.inline:
      // A JS string in a JSON column is JSON text, as servers and drivers without parsing hand it over.
      return jsonInline(cell, 0, end, w, p);
    case Form.textBoolean:
    case Form.rawBoolean:
      return p + w.write(truth(cell) ? 'true' : 'false', p);
    case Form.rawBase64:
    case Form.hexBase64: {
      const text = base64(cell, value);
      return jsonText(text, 0, text.length, w, p);
    }
    case Form.timestamp:
      return jsonTimestamp(cell, 0, end, w, p, false);
    case Form.timestamptz:
      return jsonTimestamp(cell, 0, end, w, p, true);
    default:
      return jsonText(cell, 0, end, w, p);
  }
}

function csvValue(form: Form, cell: Uint8Array, value: unknown, w: Buffer, p: number): number {
  switch (form) {
    case Form.textBoolean:
    case Form.rawBoolean:
      return p + w.write(truth(cell) ? 'true' : 'false', p);
    case Form.rawBase64:
    case Form.hexBase64: {
      const text = base64(cell, value);
      return csvText(text, 0, text.length, w, p);
    }
    case Form.timestamp:
    case Form.timestamptz:
      return csvTimestamp(cell, 0, cell.length, w, p, form === Form.timestamptz);
    default:
      return csvText(cell, 0, cell.length, w, p);
  }
}

/** `true`, `t`, and numbers other than 0. */
function truth(cell: Uint8Array): boolean {
  const text = Buffer.from(cell).toString('latin1').toLowerCase();
  return text === 't' || text === 'true' || (text !== '' && Number(text) !== 0 && !Number.isNaN(Number(text)));
}
