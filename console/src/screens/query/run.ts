/**
 * Running a statement: its rows as they come, its end, and stopping it on its server.
 *
 * Rows stay outside of React's state: a hundred thousand of them change only the counter that components watch.
 */
import { type Body, type Column, ProblemError, type QueryResult, type Row } from '@headgate/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { headgate } from '../../api/client.ts';

export interface RunRequest {
  readonly source: string;
  readonly body: Omit<Body<'runQuery'>, 'format'>;
}

/** `stopped`: it ended before its last row because it was told to. */
export type RunState = 'running' | 'stopping' | 'complete' | 'truncated' | 'stopped' | 'failed';

export interface Run {
  readonly request: RunRequest;
  readonly state: RunState;
  readonly columns: readonly Column[];
  /** Grows while the run goes on; `count` says how far. */
  readonly rows: readonly Row[];
  readonly count: number;
  readonly startedAt: number;
  /** Milliseconds from start to end; absent while it runs. */
  readonly ms?: number;
  readonly affectedRows: number | null;
  readonly error?: unknown;
  /** What the server said of a stopped statement: it has ended there too. */
  readonly endedOnServer?: boolean;
}

/** Components hear of new rows at most this often, ms. */
const flushEveryMs = 100;

/** Work at a stretch before the page may answer to its user again, ms. */
const stretchMs = 8;

/** Lets what waits come to its turn: input, painting. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

class Running {
  readonly request: RunRequest;
  readonly rows: Row[] = [];
  readonly startedAt = performance.now();
  readonly #abort = new AbortController();
  readonly #publish: (run: Run) => void;
  #columns: readonly Column[] = [];
  #result: QueryResult | undefined;
  #stopped = false;
  /** The query's id, when it had to be looked up to stop it. */
  #foundId: string | undefined;
  #flushedAt = 0;
  #over = false;

  constructor(request: RunRequest, publish: (run: Run) => void) {
    this.request = request;
    this.#publish = publish;
  }

  async go(): Promise<void> {
    this.#tell({ state: 'running' });
    try {
      const { source, body } = this.request;
      this.#result = await headgate.query(source, body, { signal: this.#abort.signal });
      this.#columns = this.#result.columns;
      // Rows that have arrived already come without a pause between them.
      let stretch = performance.now();
      for await (const batch of this.#result.batches()) {
        for (const row of batch) this.rows.push(row);
        const now = performance.now();
        if (now - this.#flushedAt >= flushEveryMs) {
          this.#flushedAt = now;
          this.#tell({ state: this.#stopped ? 'stopping' : 'running' });
        }
        if (now - stretch < stretchMs) continue;
        await breathe();
        stretch = performance.now();
      }
      const { state, affectedRows } = await this.#result.outcome();
      this.#end({ state: state === 'truncated' ? 'truncated' : 'complete', affectedRows });
    } catch (error) {
      if (this.#stopped) this.#end({ state: 'stopped', endedOnServer: await this.#endedOnServer(error) });
      else this.#end({ state: 'failed', error });
    }
  }

  /** Ends it on its server. Before its first rows the statement's id is not told yet, so it is looked up. */
  async stop(): Promise<void> {
    if (this.#stopped || this.#over) return;
    this.#stopped = true;
    this.#tell({ state: 'stopping' });
    try {
      this.#foundId = this.#result?.id ?? (await this.#find());
      if (this.#foundId === undefined) this.#abort.abort();
      else await headgate.call('cancelQuery', { params: { id: this.#foundId } });
    } catch {
      // Over meanwhile, or on another node: a connection that closes ends the statement as well.
      this.#abort.abort();
    }
  }

  /** Nobody looks at it any more. */
  abandon(): void {
    this.#over = true;
    this.#abort.abort();
  }

  async #find(): Promise<string | undefined> {
    const { items } = await headgate.call('listQueries');
    const { source } = this.request;
    // Newest first; jobs have doors of their own, and one browser tab runs one statement at a time.
    return items.find(({ state, door, source: at }) => state === 'running' && door === 'rest' && at.name === source)
      ?.id;
  }

  async #endedOnServer(error: unknown): Promise<boolean> {
    if (error instanceof ProblemError && error.code === 'query_cancelled') return true;
    const id = this.#foundId ?? this.#result?.id;
    if (id === undefined) return false;
    const query = await headgate.call('getQuery', { params: { id } }).catch(() => undefined);
    return query !== undefined && query.state !== 'running';
  }

  #end(outcome: Partial<Run> & Pick<Run, 'state'>): void {
    if (this.#over) return;
    this.#tell({ ...outcome, ms: performance.now() - this.startedAt });
    this.#over = true;
  }

  #tell(part: Partial<Run> & Pick<Run, 'state'>): void {
    if (this.#over) return;
    const { request, rows, startedAt } = this;
    this.#publish({
      request,
      columns: this.#columns,
      rows,
      count: rows.length,
      startedAt,
      affectedRows: null,
      ...part,
    });
  }
}

/** One statement at a time. `onEnd` hears of each that is over. */
export function useRun(onEnd: (run: Run) => void): {
  readonly run: Run | undefined;
  readonly start: (request: RunRequest) => void;
  readonly stop: () => void;
} {
  const [run, setRun] = useState<Run>();
  const current = useRef<Running>(undefined);
  const ended = useRef(onEnd);
  ended.current = onEnd;
  useEffect(() => () => current.current?.abandon(), []);
  const start = useCallback((request: RunRequest) => {
    current.current?.abandon();
    const running = new Running(request, (next) => {
      setRun(next);
      if (next.ms !== undefined) ended.current(next);
    });
    current.current = running;
    void running.go();
  }, []);
  const stop = useCallback(() => void current.current?.stop(), []);
  return { run, start, stop };
}

export const isRunning = (run: Run | undefined): boolean => run?.state === 'running' || run?.state === 'stopping';
