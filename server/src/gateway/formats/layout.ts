/** What an encoder needs to know of a result, worked out once per column list. */
import type { Column, RowFraming } from '../../engines/engine.ts';
import type { NumberStyle } from '../types.ts';
import {
  csvText,
  csvTimestamp,
  hexBase64,
  jsonInline,
  jsonNumber,
  jsonText,
  jsonTimestamp,
  rawBase64,
  rawBoolean,
  rawDigits,
  textBoolean,
} from './cells.ts';
import { uniqueNames } from './names.ts';

/** The formats that are built, and the layouts of their rows. */
export type RowFormat = 'ndjson' | 'json' | 'csv';

/** How one column's bytes are written. */
export const Form = {
  number: 0,
  text: 1,
  inline: 2,
  textBoolean: 3,
  rawBoolean: 4,
  digits: 5,
  quotedDigits: 6,
  rawBase64: 7,
  hexBase64: 8,
  timestamp: 9,
  timestamptz: 10,
} as const;
export type Form = (typeof Form)[keyof typeof Form];

export interface Layout {
  readonly format: RowFormat;
  readonly framing: RowFraming | null;
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly numbers: NumberStyle;
  readonly forms: readonly Form[];
  /** Bytes before each value: key or separator, without what opens the row. */
  readonly keys: readonly Uint8Array[];
  /** Room per row beside its values. */
  readonly slack: number;
}

/** Room for what a value may gain beside its bytes: quotes, `null`, `false`, `:00`, base64 padding. */
const SLACK_PER_VALUE = 12;

export function layoutOf(
  columns: readonly Column[],
  framing: RowFraming | null,
  format: RowFormat,
  numbers: NumberStyle,
): Layout {
  const names = uniqueNames(columns.map((column) => column.name));
  const keys = names.map((name, index) =>
    Buffer.from(format === 'csv' ? (index > 0 ? ',' : '') : `${index > 0 ? ',' : ''}${JSON.stringify(name)}:`),
  );
  return {
    format,
    framing,
    names,
    columns,
    numbers,
    forms: columns.map((column) => formOf(column, numbers)),
    keys,
    slack: keys.reduce((sum, key) => sum + key.length + SLACK_PER_VALUE, 16),
  };
}

function formOf({ kind, spelling }: Column, numbers: NumberStyle): Form {
  const raw = spelling === 'raw-bytes' || spelling === 'bit-raw';
  switch (kind) {
    case 'integer':
      return raw ? Form.digits : Form.number;
    case 'float':
      return Form.number;
    case 'bigint':
    case 'decimal':
      if (raw) return numbers === 'json' ? Form.digits : Form.quotedDigits;
      return numbers === 'json' ? Form.number : Form.text;
    case 'boolean':
      return raw ? Form.rawBoolean : Form.textBoolean;
    case 'timestamp':
      return Form.timestamp;
    case 'timestamptz':
      return Form.timestamptz;
    case 'json':
      return Form.inline;
    case 'bytes':
      return spelling === 'pg-bytea-hex' ? Form.hexBase64 : Form.rawBase64;
    case 'date':
    case 'time':
    case 'text':
      return Form.text;
  }
}

/** Writes a quoted run of bytes that needs no escapes. */
function quoted(
  write: (b: Uint8Array, r: number, e: number, w: Uint8Array, p: number) => number,
  b: Uint8Array,
  r: number,
  e: number,
  w: Uint8Array,
  p: number,
): number {
  w[p] = 34;
  const end = write(b, r, e, w, p + 1);
  w[end] = 34;
  return end + 1;
}

/** One value into a JSON row. */
export function writeJson(form: Form, b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  switch (form) {
    case Form.number:
      return jsonNumber(b, r, e, w, p);
    case Form.text:
      return jsonText(b, r, e, w, p);
    case Form.inline:
      return jsonInline(b, r, e, w, p);
    case Form.textBoolean:
      return textBoolean(b, r, e, w, p);
    case Form.rawBoolean:
      return rawBoolean(b, r, e, w, p);
    case Form.digits:
      return rawDigits(b, r, e, w, p);
    case Form.quotedDigits:
      return quoted(rawDigits, b, r, e, w, p);
    case Form.rawBase64:
      return quoted(rawBase64, b, r, e, w, p);
    case Form.hexBase64:
      return quoted(hexBase64, b, r, e, w, p);
    case Form.timestamp:
      return jsonTimestamp(b, r, e, w, p, false);
    case Form.timestamptz:
      return jsonTimestamp(b, r, e, w, p, true);
  }
}

/** One value into a CSV row. Empty bytes are written `""` like the empty text: nothing at all means NULL. */
export function writeCsv(form: Form, b: Uint8Array, r: number, e: number, w: Uint8Array, p: number): number {
  switch (form) {
    case Form.textBoolean:
      return textBoolean(b, r, e, w, p);
    case Form.rawBoolean:
      return rawBoolean(b, r, e, w, p);
    case Form.digits:
    case Form.quotedDigits:
      return rawDigits(b, r, e, w, p);
    case Form.rawBase64:
    case Form.hexBase64: {
      const end = (form === Form.rawBase64 ? rawBase64 : hexBase64)(b, r, e, w, p);
      return end === p ? csvText(b, r, r, w, p) : end;
    }
    case Form.timestamp:
      return csvTimestamp(b, r, e, w, p, false);
    case Form.timestamptz:
      return csvTimestamp(b, r, e, w, p, true);
    default:
      return csvText(b, r, e, w, p);
  }
}
