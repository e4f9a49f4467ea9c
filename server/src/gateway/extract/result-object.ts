/**
 * The result as one JSON object: source → table → rows (fetcher.md §6.7). UTF-8, indented by two spaces, names sorted by
 * bytes at every level, no newline at the end. A table without rows is absent; a source without rows is `{}`.
 *
 * Written as it is read: tables must come in the order of their labels. Rows come as NDJSON whose columns stand in the
 * order of their names.
 */
import type { Column } from '../../engines/engine.ts';
import type { ByteSink } from '../job-output.ts';
import { byBytes } from './tables.ts';

/**
 * How values are written. `native`: as in NDJSON (decisions.md 31). `fetcher`: whole numbers up to 2^53 − 1 as numbers,
 * dates and times as RFC 3339 in UTC (fetcher.md §7.5, target column).
 */
export type ValueStyle = 'native' | 'fetcher';

export class ResultObjectWriter {
  readonly #sink: ByteSink;
  readonly #style: ValueStyle;
  #sources = 0;
  #tables = 0;

  constructor(sink: ByteSink, style: ValueStyle) {
    this.#sink = sink;
    this.#style = style;
  }

  /** Opens the object of a source; labels must come sorted by bytes. */
  beginSource(label: string): void {
    this.#write(`${this.#sources === 0 ? '{\n' : ',\n'}  ${JSON.stringify(label)}: {`);
    this.#sources += 1;
    this.#tables = 0;
  }

  endSource(): void {
    this.#write(this.#tables === 0 ? '}' : '\n  }');
  }

  /** Opens the array of a table when its first row comes; labels must come sorted by bytes. */
  table(label: string): TableRows {
    return new TableRows(this.#sink, this.#style, () => {
      const opening = `${this.#tables === 0 ? '\n' : ',\n'}    ${JSON.stringify(label)}: [`;
      this.#tables += 1;
      return opening;
    });
  }

  /** Closes the object. */
  end(): void {
    this.#write(this.#sources === 0 ? '{}' : '\n}');
  }

  #write(text: string): void {
    this.#sink.write(Buffer.from(text));
  }
}

const newLine = 10;

/** The rows of one table: takes NDJSON, writes them indented. */
export class TableRows implements ByteSink {
  readonly #sink: ByteSink;
  readonly #style: ValueStyle;
  readonly #open: () => string;
  #columns: readonly RowMember[] = [];
  #documents = false;
  /** The beginning of a line whose end has not come yet. */
  #rest: Buffer[] = [];
  #rows = 0;

  constructor(sink: ByteSink, style: ValueStyle, open: () => string) {
    this.#sink = sink;
    this.#style = style;
    this.#open = open;
  }

  /** Must be told before the first byte; `names` as the lines spell them. */
  columns(columns: readonly Column[]): void {
    this.#columns = columns.map(({ name, kind }) => ({
      name,
      key: `        ${JSON.stringify(name)}: `,
      write: writers[this.#style][kind] ?? asJson,
    }));
    this.#documents = columns.some(({ kind }) => kind === 'json');
  }

  write(chunk: Uint8Array): boolean {
    const end = chunk.lastIndexOf(newLine) + 1;
    if (end === 0) {
      this.#rest.push(Buffer.from(chunk));
      return true;
    }
    this.#rest.push(Buffer.from(chunk.subarray(0, end)));
    const lines = Buffer.concat(this.#rest).toString('utf8').split('\n');
    this.#rest = end === chunk.length ? [] : [Buffer.from(chunk.subarray(end))];
    let text = '';
    for (const line of lines) if (line !== '') text += this.#row(line);
    return this.#sink.write(Buffer.from(text));
  }

  drained(): Promise<void> {
    return this.#sink.drained();
  }

  end(): void {
    if (this.#rows > 0) this.#sink.write(Buffer.from('\n    ]'));
  }

  #row(line: string): string {
    // Each line is an object: the encoder wrote it.
    const row = (this.#documents ? parseExactly(line) : JSON.parse(line)) as Readonly<Record<string, unknown>>;
    let text = this.#rows === 0 ? `${this.#open()}\n      {` : ',\n      {';
    this.#rows += 1;
    let separator = '\n';
    for (const { name, key, write } of this.#columns) {
      text += separator + key + write(row[name]);
      separator = ',\n';
    }
    return `${text}\n      }`;
  }
}

interface RowMember {
  readonly name: string;
  readonly key: string;
  readonly write: WriteValue;
}

type WriteValue = (value: unknown) => string;

const asJson: WriteValue = (value) => JSON.stringify(value) ?? 'null';

/** Documents inside a row stand eight spaces deep. */
const asDocument: WriteValue = (value) => print(value, '        ');

const largestSafe = BigInt(Number.MAX_SAFE_INTEGER);

const asWholeNumber: WriteValue = (value) => {
  if (typeof value !== 'string' || !/^-?\d{1,16}$/.test(value)) return asJson(value);
  const number = BigInt(value);
  return number <= largestSafe && number >= -largestSafe ? String(number) : asJson(value);
};

const asDate: WriteValue = (value) =>
  asJson(typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value);

/** Times come as RFC 3339, with an offset where the type has one; without one they count as UTC. */
const asInstant: WriteValue = (value) => {
  if (typeof value !== 'string') return asJson(value);
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?$/.exec(value);
  if (parts === null) return asJson(value); // infinity, years beyond four digits
  const [, local = '', offset] = parts;
  if (offset === undefined || offset === 'Z' || offset === '+00:00') return asJson(`${local}Z`);
  const [seconds = '', fraction] = local.split('.');
  const utc = new Date(`${seconds}${offset}`).toISOString().slice(0, 19);
  return asJson(`${utc}${fraction === undefined ? '' : `.${fraction}`}Z`);
};

const writers: Readonly<Record<ValueStyle, Partial<Record<Column['kind'], WriteValue>>>> = {
  native: { json: asDocument },
  fetcher: { json: asDocument, bigint: asWholeNumber, date: asDate, timestamp: asInstant, timestamptz: asInstant },
};

/** A document with its members by the bytes of their names, at every level; `margin` = what stands before its end. */
function print(value: unknown, margin: string): string {
  const inner = `${margin}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + print(item, inner)).join(',\n')}\n${margin}]`;
  }
  if (typeof value !== 'object' || value === null || exactJson.isRawJSON(value)) return asJson(value);
  const members = Object.entries(value).sort(([a], [b]) => byBytes(a, b));
  if (members.length === 0) return '{}';
  const lines = members.map(([name, member]) => `${inner}${JSON.stringify(name)}: ${print(member, inner)}`);
  return `{\n${lines.join(',\n')}\n${margin}}`;
}

/** What V8 has and TypeScript's library does not describe yet. */
interface ExactJson {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}
const exactJson = JSON as unknown as ExactJson; // see above

/** Numbers that a double would change stay as they are written. */
function parseExactly(text: string): unknown {
  return exactJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? exactJson.rawJSON(source) : value,
  );
}
