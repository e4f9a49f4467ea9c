/** The streamed result of a statement. */
import type { Query as QueryState } from './api.generated.ts';
import { linesOf } from './lines.ts';
import { isProblem, ProblemError } from './problem.ts';

/** A column: its name in the rows, what kind of value it holds, and its type as the database calls it. */
export interface Column {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
}

/** A row as JSON: see docs/querying.md for how each type is written. */
export type Row = Readonly<Record<string, unknown>>;

export interface Outcome {
  /**
   * `complete`: every row came. `truncated`: a limit ended the result. `unknown`: the rows came without an error, but
   * whether a limit cut them could not be learned.
   */
  readonly state: 'complete' | 'truncated' | 'unknown';
  readonly rows: number;
  /** Rows that a writing statement changed; null where the server did not say. */
  readonly affectedRows: number | null;
}

/** What a result asks of the client that made it. */
export interface QueryHome {
  /** The query as the server keeps it. */
  read(id: string): Promise<QueryState>;
  cancel(id: string): Promise<void>;
}

const errorName = '$headgate_error';
const errorStart = `{"${errorName}":`;

/**
 * Rows as they come; read once.
 *
 * ```ts
 * const result = await headgate.query('crm', { sql: 'select * from customers' });
 * for await (const row of result) console.log(row.name);
 * const { state } = await result.outcome();
 * ```
 */
export class QueryResult implements AsyncIterable<Row> {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly #response: Response;
  readonly #signal: AbortSignal | undefined;
  readonly #home: QueryHome;
  #rows = 0;
  #ended = false;

  constructor(response: Response, columns: readonly Column[], home: QueryHome, signal: AbortSignal | undefined) {
    this.id = response.headers.get('headgate-query-id') ?? '';
    this.columns = columns;
    this.#response = response;
    this.#home = home;
    this.#signal = signal;
  }

  /** Rows that have come so far. */
  get rowCount(): number {
    return this.#rows;
  }

  /**
   * The rows in the batches in which they come: for grids, which would rather not be told of every one. Rejects with
   * ProblemError when the statement fails after its first rows, with ConnectionError when the result breaks off.
   * Leaving the loop early cancels the statement.
   */
  async *batches(): AsyncGenerator<Row[]> {
    for await (const lines of linesOf(this.#response, this.#signal)) {
      const failed = lines.at(-1)?.startsWith(errorStart) ? lines.pop() : undefined;
      // The door writes one object a line.
      const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
      this.#rows += rows.length;
      if (rows.length > 0) yield rows;
      if (failed !== undefined) throw errorOf(failed);
    }
    this.#ended = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const rows of this.batches()) yield* rows;
  }

  /** All rows at once: for small results. */
  async all(): Promise<Row[]> {
    const all: Row[] = [];
    for await (const rows of this.batches()) for (const row of rows) all.push(row);
    return all;
  }

  /**
   * How it ended; after the last row. Short results say so themselves. The trailer that ends long ones cannot be read
   * by `fetch`, so the server is asked.
   */
  async outcome(): Promise<Outcome> {
    if (!this.#ended) throw new TypeError('How a result ended is known after its last row.');
    const said = this.#response.headers.get('headgate-result');
    const found = /^(complete|truncated)(?:; rows=\d+)?(?:; affected=(\d+))?/.exec(said ?? '');
    if (found !== null) {
      const affectedRows = found[2] === undefined ? null : Number(found[2]);
      return { state: found[1] === 'truncated' ? 'truncated' : 'complete', rows: this.#rows, affectedRows };
    }
    // A node keeps only its last queries, and another node may be asked.
    const state = await this.#home.read(this.id).then(
      (query) => query.state,
      () => undefined,
    );
    const known = state === 'complete' || state === 'truncated';
    return { state: known ? state : 'unknown', rows: this.#rows, affectedRows: null };
  }

  /** Asks for the statement's end. Once it has ended on its server the rows end with the problem `query_cancelled`. */
  cancel(): Promise<void> {
    return this.#home.cancel(this.id);
  }
}

function errorOf(line: string): ProblemError {
  const { [errorName]: problem } = JSON.parse(line) as Record<string, unknown>; // known by its beginning
  if (!isProblem(problem)) throw new TypeError('The result ended with an error that cannot be read.');
  return new ProblemError(problem);
}

/** Columns of the header, or undefined when they are too many for one. */
export function columnsOf(header: string | null): readonly Column[] | undefined {
  if (header === null) return undefined;
  const bytes = Uint8Array.from(atob(header), (sign) => sign.charCodeAt(0));
  return withUniqueNames(JSON.parse(new TextDecoder().decode(bytes)) as Column[]); // written by the same door
}

/** As the rows have them: a repeated name becomes `a_2`, stepping over names that are there anyway. */
export function withUniqueNames(columns: readonly Column[]): Column[] {
  const given = new Set(columns.map(({ name }) => name));
  const used = new Set<string>([errorName]);
  return columns.map((column) => {
    let { name } = column;
    for (let n = 2; used.has(name); n += 1) {
      const candidate = `${column.name}_${n}`;
      if (!given.has(candidate)) name = candidate;
    }
    used.add(name);
    return { ...column, name };
  });
}
