/**
 * Results as bytes: encoders from wire frames or JS values to NDJSON, CSV, JSON (decisions.md 31) and Parquet.
 *
 * May be imported: `engines/engine.ts`, `domain/errors.ts`. Must not be imported: anything else of the product.
 */
import type { Column, RowFraming } from '../../engines/engine.ts';
import type { NumberStyle, ResultFormat } from '../types.ts';
import { csvText } from './cells.ts';
import { generateEncoder } from './generate.ts';
import { type EncodeFrames, interpreter } from './interpret.ts';
import { type Layout, layoutOf, type RowFormat } from './layout.ts';
import { ERROR_KEY, uniqueNames } from './names.ts';
import { ParquetResult } from './parquet/index.ts';
import { type ResultEncoder, type ResultHooks, TextResult } from './result.ts';
import type { EncoderLimits, EncoderState } from './state.ts';
import { type EncodeRow, valuesEncoder } from './values.ts';

export type { RowFormat } from './layout.ts';
export type { ResultEncoder } from './result.ts';
export { type EncoderLimits, EncoderState, recycle } from './state.ts';

/** Rows after which a column list's encoder is generated: code for a result of three rows would never pay. */
const GENERATE_AFTER_ROWS = 256;

/** One column list in one format: makes no state of its own per result, so that it is cached and shared. */
export class RowEncoder {
  readonly layout: Layout;
  readonly contentType: string;
  /** Bytes that `finish` writes at most. */
  readonly closingBytes: number;
  /** `Headgate-Columns`, or null when it would be larger than 8 kB. Base64 of JSON `[{name, kind, type}]`. */
  readonly columnsHeader: string | null;
  #frames: EncodeFrames;
  #rowsSeen = 0;
  #settled = false;
  #values: EncodeRow | undefined;

  constructor(columns: readonly Column[], framing: RowFraming | null, format: RowFormat, numbers: NumberStyle) {
    this.layout = layoutOf(columns, framing, format, numbers);
    this.contentType = CONTENT_TYPES[format];
    this.closingBytes = format === 'json' ? 3 : 0;
    this.columnsHeader = columnsHeader(columns, this.layout.names);
    this.#frames = interpreter(this.layout);
  }

  /** Writes what stands before the first row: the CSV header. */
  begin(state: EncoderState): void {
    if (this.layout.format !== 'csv') return;
    const names = this.layout.names.map((name) => Buffer.from(name.toWellFormed()));
    state.room(names.reduce((sum, name) => sum + name.length * 2 + 3, 2));
    let p = state.position;
    names.forEach((name, index) => {
      if (index > 0) state.bytes[p++] = 44;
      p = csvText(name, 0, name.length, state.bytes, p);
    });
    state.bytes[p] = 13;
    state.bytes[p + 1] = 10;
    state.position = p + 2;
  }

  /** Consumes complete row frames of `b[o, end)`; returns the offset of the first byte not consumed. */
  frames(state: EncoderState, b: Buffer, o: number, end: number): number {
    if (!this.#settled && this.#rowsSeen > GENERATE_AFTER_ROWS) {
      this.#settled = true;
      this.#frames = generateEncoder(this.layout) ?? this.#frames;
    }
    const before = state.rows;
    const next = this.#frames(state, b, o, end);
    this.#rowsSeen += state.rows - before;
    return next;
  }

  /** Writes one row of JS values; false when a limit stopped it. */
  values(state: EncoderState, row: readonly unknown[]): boolean {
    this.#values ??= valuesEncoder(this.layout);
    return this.#values(state, row);
  }

  /** Writes what stands behind the last row. */
  finish(state: EncoderState): void {
    if (this.layout.format !== 'json') return;
    state.room(3);
    state.position += state.bytes.write(state.rows === 0 ? '[]\n' : ']\n', state.position, 'latin1');
  }
}

const CONTENT_TYPES: Readonly<Record<RowFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** Largest `Headgate-Columns` value. */
const MAX_COLUMNS_HEADER = 8192;

function columnsHeader(columns: readonly Column[], names: readonly string[]): string | null {
  // Base64 is a third longer than its source: wide results are not even serialised.
  if (columns.length > 200) return null;
  const text = Buffer.from(
    JSON.stringify(columns.map((column, index) => ({ name: names[index], kind: column.kind, type: column.type }))),
  ).toString('base64');
  return text.length <= MAX_COLUMNS_HEADER ? text : null;
}

/** The formats that results can be had in. */
export type BuiltFormat = RowFormat | 'parquet';

/** Can results be had in this format? */
export function isBuilt(format: ResultFormat): format is BuiltFormat {
  return format === 'parquet' || Object.hasOwn(CONTENT_TYPES, format);
}

export interface ResultParts {
  readonly encoders: EncoderCache;
  readonly columns: readonly Column[];
  readonly framing: RowFraming | null;
  readonly format: BuiltFormat;
  readonly numbers: NumberStyle;
  readonly limits: EncoderLimits;
  readonly hooks: ResultHooks;
}

/** Begins a result. */
export function openResult({ encoders, columns, framing, format, numbers, limits, hooks }: ResultParts): ResultEncoder {
  if (format !== 'parquet') return new TextResult(encoders.get(columns, framing, format, numbers), limits, hooks.take);
  const header = columnsHeader(columns, uniqueNames(columns.map((column) => column.name)));
  return new ParquetResult({ columns, framing, columnsHeader: header, limits, hooks });
}

/** The NDJSON line of an error after the first byte. */
export function errorLine(problem: object): Buffer {
  return Buffer.from(`${JSON.stringify({ [ERROR_KEY]: problem })}\n`);
}

/**
 * Encoders by column list. Engines hand the same array for the same prepared statement: the first look-up goes by
 * its identity, the second by its content.
 */
export class EncoderCache {
  readonly #byIdentity = new WeakMap<readonly Column[], Map<string, RowEncoder>>();
  readonly #byContent = new Map<string, RowEncoder>();
  readonly #capacity: number;

  constructor(capacity = 2000) {
    this.#capacity = capacity;
  }

  get(columns: readonly Column[], framing: RowFraming | null, format: RowFormat, numbers: NumberStyle): RowEncoder {
    const variant = VARIANTS[framing ?? 'values'][format][numbers];
    let variants = this.#byIdentity.get(columns);
    if (variants === undefined) {
      variants = new Map();
      this.#byIdentity.set(columns, variants);
    }
    let encoder = variants.get(variant);
    if (encoder === undefined) {
      encoder = this.#shared(columns, framing, format, numbers, variant);
      variants.set(variant, encoder);
    }
    return encoder;
  }

  #shared(
    columns: readonly Column[],
    framing: RowFraming | null,
    format: RowFormat,
    numbers: NumberStyle,
    variant: string,
  ): RowEncoder {
    let key = variant;
    for (const { name, kind, type, spelling } of columns) {
      key += `\0${name.length}:${name}\0${kind}\0${spelling ?? ''}\0${type}`;
    }
    let encoder = this.#byContent.get(key);
    if (encoder === undefined) {
      encoder = new RowEncoder(columns, framing, format, numbers);
      if (this.#byContent.size >= this.#capacity) {
        // The oldest goes: maps keep insertion order.
        for (const oldest of this.#byContent.keys()) {
          this.#byContent.delete(oldest);
          break;
        }
      }
      this.#byContent.set(key, encoder);
    }
    return encoder;
  }
}

const variantsOf = (framing: string) => ({
  ndjson: { string: `${framing} ndjson`, json: `${framing} ndjson json` },
  json: { string: `${framing} json`, json: `${framing} json json` },
  csv: { string: `${framing} csv`, json: `${framing} csv` },
});
const VARIANTS = {
  postgresql: variantsOf('postgresql'),
  mysql: variantsOf('mysql'),
  values: variantsOf('values'),
} as const;
