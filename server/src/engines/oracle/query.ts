/**
 * A signed-in connection: runs statements in their transaction, streams their rows, cancels them.
 *
 * A read is `SET TRANSACTION READ ONLY`, the statement, rollback. That gives one snapshot, and the server refuses every
 * INSERT, UPDATE, DELETE, MERGE and SELECT … FOR UPDATE (ORA-01456). It does not stop DDL, which commits first, nor a
 * function that is an autonomous transaction, nor a sequence: DDL and NEXTVAL are the classifier's, which is asked again
 * here, and functions are the login's.
 *
 * One call is on its way at a time; between calls the server waits. So pausing is not asking for more rows, and only a
 * call that is on its way is ever interrupted.
 */
import {
  type EngineConnection,
  EngineError,
  type RowSink,
  type StatementControl,
  type StatementRequest,
  type StatementResult,
} from '../engine.ts';
import { requireAllowed } from '../sql/classifier.ts';
import { classify } from './classify.ts';
import type { Binds, DriverColumn, DriverConnection, DriverResult, DriverResultSet } from './driver.ts';
import { fromDriver } from './errors.ts';
import { prepare } from './parameters.ts';
import { describeColumn, fetchAs, isLarge } from './types.ts';

/** How long a statement may go on after it was interrupted before we hang up. */
const CANCEL_TIMEOUT_MS = 5_000;
const CLEAN_UP_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** Rows are fetched in batches of about this size, by the widths that the columns are declared with. */
const BATCH_BYTES = 2 * 1024 * 1024;
const MIN_BATCH = 20;
const MAX_BATCH = 1_000;
/** Rows that come with the answer to the statement itself. */
const PREFETCH = 50;
/** The longest time that the driver's timer takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export interface SessionFacts {
  readonly sessionId: string;
  readonly serverVersion: string;
  readonly encrypted: boolean;
}

/** A statement on its way: what its consumer and its canceller want of it. */
class Running implements StatementControl {
  cancelled = false;
  stopped = false;
  /** The server works for us; the call can be interrupted. */
  busy = false;
  /** It was interrupted; `answered` once the server has said so. */
  interrupted = false;
  answered = false;
  /** Rows handed to the sink. */
  rows = 0;
  readonly settled: Promise<void>;
  settle: () => void = () => {};
  #paused = false;
  #wake: (() => void) | undefined;
  readonly #interrupt: (running: Running) => void;
  readonly #reads: boolean;

  constructor(reads: boolean, interrupt: (running: Running) => void) {
    this.#reads = reads;
    this.#interrupt = interrupt;
    this.settled = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  stop(): void {
    this.stopped = true;
    this.resume();
    // A write is not interrupted: that would undo it.
    if (this.#reads) this.#interrupt(this);
  }

  cancel(): void {
    this.cancelled = true;
    this.resume();
    this.#interrupt(this);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Settles when the consumer wants rows, or nothing any more. */
  async wanted(): Promise<void> {
    while (this.#paused && !this.stopped && !this.cancelled) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.cancelled) throw cancelled();
  }
}

function cancelled(): EngineError {
  return new EngineError('cancelled', 'The statement was cancelled.', { nativeCode: 'ORA-01013' });
}

export class OracleConnection implements EngineConnection {
  readonly sessionId: string;
  readonly serverVersion: string;
  readonly encrypted: boolean;
  readonly #session: DriverConnection;
  readonly #settings: string;
  readonly #largeRows: number;
  #running: Running | undefined;
  #usable = true;
  #wrote = false;

  /** `settings`: the statement that puts a session into the state that we keep it in. */
  constructor(
    session: DriverConnection,
    facts: SessionFacts,
    options: Readonly<Record<string, string | number | boolean>>,
    settings: string,
  ) {
    this.#session = session;
    this.#settings = settings;
    this.#largeRows = typeof options.largeRowsPerFetch === 'number' ? options.largeRowsPerFetch : 1;
    this.sessionId = facts.sessionId;
    this.serverVersion = facts.serverVersion;
    this.encrypted = facts.encrypted;
  }

  get usable(): boolean {
    return this.#usable && this.#session.alive;
  }

  async run(
    request: StatementRequest,
    sink: RowSink,
    started?: (control: StatementControl) => void,
  ): Promise<StatementResult> {
    const reads = request.access === 'read';
    requireAllowed(classify(request.sql), request.access);
    const { sql, binds } = prepare(request.sql, request.parameters);
    return this.#exclusively(reads, request.timeoutMs, async (running) => {
      started?.(running);
      if (!reads) this.#wrote = true;
      let affectedRows: number | null = null;
      try {
        if (reads) await this.#call(running, () => this.#execute('SET TRANSACTION READ ONLY', {}, 0));
        const result = await this.#call(running, () => this.#execute(sql, binds, PREFETCH), sql);
        if (result.resultSet) await this.#stream(running, result.resultSet, result.metaData ?? [], sink);
        else affectedRows = result.rowsAffected ?? null;
        if (!reads) await this.#commit();
      } catch (error) {
        // Interrupted because no more rows are wanted: that is an end, not a failure.
        if (running.cancelled || !running.stopped || !running.answered) throw error;
      }
      return { rows: running.rows, affectedRows, stopped: running.stopped };
    });
  }

  /**
   * Runs a query of our own and answers its rows, numbers as text. Outside of the read-only transaction: a dictionary
   * needs no snapshot. Rejects with EngineError, `cancelled` when the signal says so.
   */
  async query(sql: string, binds: Binds = {}, signal?: AbortSignal): Promise<(string | null)[][]> {
    if (signal?.aborted) throw cancelled();
    const abort = () => void this.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await this.#exclusively(true, 0, async (running) => {
        const { resultSet } = await this.#call(running, () => this.#execute(sql, binds, PREFETCH), sql);
        const rows: (string | null)[][] = [];
        if (!resultSet) return rows;
        try {
          for (;;) {
            const batch = await this.#call(running, () => resultSet.getRows(MAX_BATCH));
            if (batch.length === 0) return rows;
            for (const row of batch) rows.push(row.map((value) => (value === null ? null : String(value))));
          }
        } finally {
          await closeQuietly(resultSet);
        }
      });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async cancel(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.cancel();
    await running.settled;
  }

  /** Package state of functions is thrown away; rows of temporary tables cannot be, so a session that wrote is closed. */
  async reset(): Promise<boolean> {
    if (this.usable && !this.#running && !this.#wrote) {
      try {
        await this.#exclusively(false, CLEAN_UP_TIMEOUT_MS, async () => {
          await this.#execute('BEGIN DBMS_SESSION.RESET_PACKAGE; DBMS_SESSION.CLEAR_IDENTIFIER; END;', {}, 0);
          await this.#execute(this.#settings, {}, 0);
        });
        return true;
      } catch {
        // Closed below.
      }
    }
    await this.close();
    return false;
  }

  async close(): Promise<void> {
    if (this.#running) await this.cancel();
    if (!this.#usable) {
      this.#session.destroy();
      return;
    }
    this.#usable = false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([this.#session.close().catch(() => {}), late]);
    clearTimeout(timer);
    this.#session.destroy();
  }

  /** One piece of work at a time; whatever it was, no transaction is left open behind it. */
  async #exclusively<T>(reads: boolean, timeoutMs: number, work: (running: Running) => Promise<T>): Promise<T> {
    if (!this.usable) throw new EngineError('connection_lost', 'The connection is closed.', { fatal: true });
    if (this.#running) throw new EngineError('protocol_error', 'The connection runs another statement.');
    const running = new Running(reads, (one) => this.#interrupt(one));
    this.#running = running;
    let outcome: { value: T } | { error: unknown };
    try {
      this.#session.callTimeout = Math.min(Math.max(0, Math.ceil(timeoutMs)), MAX_TIMEOUT_MS);
      outcome = { value: await work(running) };
    } catch (error) {
      outcome = { error };
    }
    const failed = 'error' in outcome;
    if ('error' in outcome && outcome.error instanceof EngineError && outcome.error.fatal) this.#hangUp();
    // An interruption that nobody answered would hit the next statement.
    if (running.interrupted && !running.answered) this.#hangUp();
    if (this.#usable && (reads || failed)) await this.#rollBack();
    this.#running = undefined;
    running.settle();
    if ('value' in outcome) return outcome.value;
    throw this.#usable || !(outcome.error instanceof EngineError) ? outcome.error : asFatal(outcome.error);
  }

  #execute(sql: string, binds: Binds, prefetchRows: number): Promise<DriverResult> {
    return this.#session.execute(sql, binds, { prefetchRows, fetchAs });
  }

  /** A call to the server that may be interrupted. */
  async #call<T>(running: Running, call: () => Promise<T>, sql?: string): Promise<T> {
    if (running.cancelled) throw cancelled();
    running.busy = true;
    try {
      const value = await call();
      if (running.cancelled) throw cancelled();
      return value;
    } catch (error) {
      const problem = fromDriver(error, { sql });
      if (running.interrupted && problem.nativeCode === 'ORA-01013' && problem.cause) running.answered = true;
      if (!running.cancelled) throw problem;
      throw problem.fatal ? asFatal(cancelled()) : cancelled();
    } finally {
      running.busy = false;
    }
  }

  /** Not interruptible: whether it happened must be known. */
  async #commit(): Promise<void> {
    try {
      await this.#session.commit();
    } catch (error) {
      throw fromDriver(error);
    }
  }

  async #stream(
    running: Running,
    resultSet: DriverResultSet,
    columns: readonly DriverColumn[],
    sink: RowSink,
  ): Promise<void> {
    try {
      sink.columns(columns.map(describeColumn), null);
      const count = this.#batchOf(columns);
      while (!running.stopped) {
        await running.wanted();
        const batch = running.stopped ? [] : await this.#call(running, () => resultSet.getRows(count));
        if (batch.length === 0) break;
        for (const row of batch) {
          if (running.paused) await running.wanted();
          if (running.stopped) break;
          sink.values(row);
          running.rows += 1;
        }
      }
    } finally {
      await closeQuietly(resultSet);
    }
  }

  #batchOf(columns: readonly DriverColumn[]): number {
    if (columns.some(isLarge)) return this.#largeRows;
    const bytes = columns.reduce((sum, { byteSize = 0 }) => sum + Math.max(byteSize, 24), 0);
    return Math.min(MAX_BATCH, Math.max(MIN_BATCH, Math.floor(BATCH_BYTES / Math.max(bytes, 1))));
  }

  /** Asks the server to give up the call that is on its way; hangs up when it does not. */
  #interrupt(running: Running): void {
    if (!running.busy || running.interrupted) return;
    running.interrupted = true;
    const timer = setTimeout(() => this.#hangUp(), CANCEL_TIMEOUT_MS);
    void running.settled.then(() => clearTimeout(timer));
    this.#session.break().catch(() => this.#hangUp());
  }

  async #rollBack(): Promise<void> {
    try {
      this.#session.callTimeout = CLEAN_UP_TIMEOUT_MS;
      await this.#session.rollback();
    } catch {
      this.#hangUp();
    }
  }

  #hangUp(): void {
    this.#usable = false;
    this.#session.destroy();
  }
}

async function closeQuietly(resultSet: DriverResultSet): Promise<void> {
  try {
    await resultSet.close();
  } catch {
    // The statement's own outcome is what counts.
  }
}

function asFatal(error: EngineError): EngineError {
  if (error.fatal) return error;
  const { code, message, nativeCode, stage, position, detail, hint, cause } = error;
  return new EngineError(code, message, { nativeCode, stage, position, detail, hint, cause, fatal: true });
}
