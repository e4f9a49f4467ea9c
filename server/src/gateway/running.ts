/**
 * One statement while it runs: takes rows from the engine, encodes them, holds them back until the audit event is
 * durable, hands them to the output at its speed, and ends on time, on demand or with the client.
 *
 * Order of things (U1): nothing leaves before `openGate`. Small results are complete by then and leave in one go.
 */
import { BusyError, DomainError, SourceError, UnavailableError } from '../domain/errors.ts';
import {
  type Column,
  type EngineConnection,
  EngineError,
  type RowFraming,
  type RowSink,
  type StatementControl,
  type StatementRequest,
  type StatementResult,
} from '../engines/engine.ts';
import { describeError, problemOf, sourceError } from './errors.ts';
import {
  type BuiltFormat,
  type EncoderCache,
  type EncoderLimits,
  errorLine,
  openResult,
  type ResultEncoder,
  recycle,
} from './formats/index.ts';
import type { CancelReason, QueryRecord } from './registry.ts';
import type { NumberStyle, QueryOutcome, QueryOutput } from './types.ts';

/** Bytes held back for the audit event before reading from the server stops. */
const HELD_BYTES = 256 * 1024;
/** Chunks up to this size are copied so that their working buffer is free at once. */
const COPY_BYTES = 8 * 1024;

export interface RunOptions {
  readonly record: QueryRecord;
  readonly output: QueryOutput;
  readonly encoders: EncoderCache;
  readonly format: BuiltFormat;
  readonly numbers: NumberStyle;
  readonly limits: EncoderLimits;
  readonly timeoutMs: number;
  /** Called when the audit event can wait no longer, perhaps more than once. */
  readonly onAuditDue: () => void;
}

const NO_COLUMNS: readonly Column[] = [];

export class RunningQuery implements RowSink {
  /** Its place among the running ones. */
  place = -1;
  readonly record: QueryRecord;
  readonly #options: RunOptions;
  readonly #output: QueryOutput;
  #encoder: ResultEncoder | undefined;
  #connection: EngineConnection | undefined;
  #control: StatementControl | undefined;
  #reason: CancelReason | undefined;
  #cancelled: Promise<void> | undefined;
  #abortWait: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firstFlush: NodeJS.Immediate | undefined;
  /** Chunks that wait for the audit event. */
  #held: { readonly buffer: Buffer; readonly length: number }[] = [];
  #heldBytes = 0;
  #gateOpen = false;
  #started = false;
  #ended = false;
  /** The statement is over, its end is still being encoded. */
  #finishing = false;
  /** A limit was hit: the server has been told. */
  #stopped = false;
  /** Why reading from the server is paused: held bytes, a full output, an encoder that has enough to do. */
  #pausedByGate = false;
  #pausedByOutput = false;
  #pausedByEncoder = false;
  /** A value that the format cannot hold: the statement was stopped for it. */
  #refused: DomainError | undefined;
  #affectedRows: number | null = null;
  readonly #startedAt = performance.now();
  /** `flushed` of the state at the last tick, see `tick`. */
  #flushedAtTick = -1;

  constructor(options: RunOptions) {
    this.record = options.record;
    this.#options = options;
    this.#output = options.output;
    if (options.timeoutMs > 0) {
      this.#timer = setTimeout(() => this.cancel('timeout'), Math.min(options.timeoutMs, 2 ** 31 - 1));
    }
  }

  /** Something has reached the output: errors go there from now on. */
  get started(): boolean {
    return this.#started;
  }

  get reason(): CancelReason | undefined {
    return this.#reason;
  }

  get sawColumns(): boolean {
    return this.#encoder !== undefined;
  }

  /** Aborts waiting for a connection when the query is cancelled. */
  readonly waitSignal = (): AbortSignal => {
    this.#abortWait ??= new AbortController();
    if (this.#reason !== undefined) this.#abortWait.abort(this.#stopError());
    return this.#abortWait.signal;
  };

  /** Runs the statement. Rejects with what the engine says; rows have gone to the encoder. */
  async run(connection: EngineConnection, request: StatementRequest): Promise<StatementResult> {
    if (this.#reason !== undefined) throw this.#stopError();
    this.#connection = connection;
    this.#control = undefined;
    try {
      const result = await connection.run(request, this, (control) => {
        this.#control = control;
        if (this.#isPaused) control.pause();
      });
      if (this.#refused !== undefined) throw this.#refused;
      return result;
    } catch (error) {
      throw this.#refused ?? error;
    } finally {
      this.#connection = undefined;
      this.#control = undefined;
      // The connection must not go to anybody else before a cancel of ours has reached the server and is over.
      if (this.#cancelled !== undefined) await this.#cancelled;
    }
  }

  columns(columns: readonly Column[], framing: RowFraming | null): void {
    const { encoders, format, numbers, limits } = this.#options;
    this.#encoder = openResult({ encoders, columns, framing, format, numbers, limits, hooks: this.#hooks });
    this.record.columns = columns;
  }

  frames(buffer: Buffer, offset: number, end: number): number {
    const encoder = this.#encoder;
    if (encoder === undefined) throw misordered();
    if (this.#refused !== undefined) return offset;
    let next = offset;
    try {
      next = encoder.frames(buffer, offset, end);
    } catch (error) {
      this.#refuse(error);
    }
    this.#wrote(encoder);
    return next;
  }

  values(row: readonly unknown[]): void {
    const encoder = this.#encoder;
    if (encoder === undefined) throw misordered();
    if (this.#refused !== undefined) return;
    try {
      encoder.values(row);
    } catch (error) {
      this.#refuse(error);
    }
    this.#wrote(encoder);
  }

  /** The format cannot hold a value: nothing is wrong with the connection, so the statement ends like at a limit. */
  #refuse(error: unknown): void {
    if (!(error instanceof DomainError)) throw error;
    this.#refused = error;
  }

  #wrote(encoder: ResultEncoder): void {
    if (encoder.limited || this.#refused !== undefined) {
      if (!this.#stopped) this.#control?.stop();
      this.#stopped = true;
    } else if (!this.#started && this.#firstFlush === undefined && encoder.rows > 0) {
      // Most results end within this turn: they leave whole. Others show their first rows now.
      this.#firstFlush = setImmediate(() => {
        if (this.#ended || this.#finishing) return; // what is about to be complete leaves whole
        this.#options.onAuditDue();
        this.#encoder?.flush();
      });
    }
  }

  /** Called now and then while it runs: rows that trickle in leave although no buffer is full. */
  tick(): void {
    const encoder = this.#encoder;
    if (this.#ended) return;
    this.#options.onAuditDue();
    if (encoder === undefined) return;
    const { rows, total, flushed } = encoder;
    this.record.rows = rows;
    this.record.bytes = total;
    if (this.#started && total > flushed && this.#flushedAtTick === flushed) encoder.flush();
    this.#flushedAtTick = encoder.flushed;
  }

  /** The audit event is durable: what is held may leave. */
  openGate(): void {
    if (this.#gateOpen) return;
    this.#gateOpen = true;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const { buffer, length } of held) this.#send(buffer, length);
    if (this.#pausedByGate) {
      this.#pausedByGate = false;
      this.#resume();
    }
  }

  /** Ends the statement on the server; `run` rejects then. Safe at any time, the first reason counts. */
  cancel(reason: CancelReason): void {
    if (this.#ended || this.#reason !== undefined) return;
    this.#reason = reason;
    this.#abortWait?.abort(this.#stopError());
    const connection = this.#connection;
    if (connection !== undefined) this.#cancelled = connection.cancel().catch(() => {});
    else if (this.#finishing) this.#encoder?.dispose(this.#stopError());
  }

  /** The error that stands for the reason of a cancel. */
  #stopError(): Error {
    switch (this.#reason) {
      case 'timeout':
        return new SourceError(
          'statement_timeout',
          `The statement took longer than the ${this.#options.timeoutMs} ms that it may take.`,
          { remedy: 'Ask for less, add an index, or raise the time limit.' },
        );
      case 'source_deleted':
        return new SourceError('source_deleted', 'The source was deleted while the statement ran.');
      case 'shutting_down':
        return new BusyError('shutting_down', 'This node is shutting down; another one can run the statement.');
      case 'audit_failed':
        return new UnavailableError('audit_unavailable', 'The audit log does not take events, so nothing may be read.');
      default:
        return new SourceError('query_cancelled', 'The query was cancelled.');
    }
  }

  /** What a failure of `run` means, given why it may have been cancelled. */
  explain(error: unknown): unknown {
    const ours = error instanceof EngineError && (error.code === 'cancelled' || error.code === 'connection_lost');
    if (this.#reason !== undefined && (ours || !(error instanceof EngineError))) return this.#stopError();
    if (error instanceof RangeError) {
      // Reads beyond a buffer: a frame that lies about its lengths.
      return sourceError(new EngineError('protocol_error', 'The server sent a malformed row.', { cause: error }));
    }
    return sourceError(error);
  }

  /** Rows and bytes so far, for the audit event of a result that is complete before its first byte. */
  get progress(): { rows: number; bytes: number; durationMs: number } {
    return {
      rows: this.#encoder?.rows ?? 0,
      bytes: this.#encoder?.total ?? 0,
      durationMs: Math.round((performance.now() - this.#startedAt) * 10) / 10,
    };
  }

  /** The statement ended by itself: encodes what stands behind the last row. Undefined when that is done at once. */
  finish(): Promise<void> | undefined {
    if (this.#encoder === undefined) this.columns(NO_COLUMNS, null);
    const finishing = this.#encoder?.finish();
    if (finishing === undefined) return undefined;
    this.#finishing = true;
    return finishing.finally(() => {
      this.#finishing = false;
    });
  }

  /** Sends the end. What comes before: `finish`, and an open gate. */
  complete(result: StatementResult): QueryOutcome {
    this.#affectedRows = result.affectedRows;
    const encoder = this.#encoder as ResultEncoder; // finish() made it if nobody else did
    const truncated = encoder.limited || result.stopped;
    const { rows, total } = encoder;
    const trailers = resultHeaders(truncated ? 'truncated' : 'complete', rows, result.affectedRows);
    this.#settle(truncated ? 'truncated' : 'complete', rows, total, null);
    if (!this.#started) this.#start(total, trailers);
    encoder.flush();
    encoder.dispose();
    this.#output.end(trailers);
    return this.#outcome();
  }

  /**
   * The statement failed. Before the first byte: answers the error for the caller to throw. Afterwards the output is
   * told and the outcome comes back.
   */
  fail(error: unknown): QueryOutcome | Error {
    const encoder = this.#encoder;
    const described = describeError(error);
    const rows = encoder?.rows ?? 0;
    const clientGone = this.#reason === 'client_gone' || this.#reason === 'asked';
    if (!this.#started) {
      this.#settle(clientGone ? 'cancelled' : 'failed', 0, 0, described);
      for (const { buffer } of this.#held.splice(0)) recycle(buffer);
      encoder?.dispose(error);
      return error instanceof Error ? error : new Error('not an error', { cause: error });
    }
    const total = encoder?.total ?? 0;
    this.#settle(clientGone ? 'cancelled' : 'failed', rows, total, described);
    if (this.#options.format === 'ndjson' && this.#reason !== 'client_gone') {
      encoder?.flush();
      this.#output.write(errorLine(problemOf(error, this.record.id)));
      this.#output.end({ 'Headgate-Result': `failed; rows=${rows}; code=${described.code}` });
    } else {
      this.#output.abort();
    }
    encoder?.dispose(error);
    return this.#outcome(error);
  }

  #settle(state: QueryRecord['state'], rows: number, bytes: number, error: QueryRecord['error']): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#firstFlush !== undefined) clearImmediate(this.#firstFlush);
    const { record } = this;
    record.state = state;
    record.rows = rows;
    record.bytes = bytes;
    record.error = error;
    record.finishedAt = Date.now();
  }

  #outcome(failure?: unknown): QueryOutcome {
    const { id, state, rows, bytes, error } = this.record;
    return {
      queryId: id,
      state,
      rows,
      bytes,
      affectedRows: this.#affectedRows,
      durationMs: performance.now() - this.#startedAt,
      ...(error === null ? {} : { error, failure }),
    };
  }

  /** Takes a full buffer of the encoder. */
  readonly #take = (buffer: Buffer, length: number): void => {
    if (this.#gateOpen) {
      this.#send(buffer, length);
      return;
    }
    this.#options.onAuditDue();
    this.#held.push({ buffer, length });
    this.#heldBytes += length;
    if (this.#heldBytes >= HELD_BYTES && !this.#pausedByGate) {
      this.#pausedByGate = true;
      this.#pause();
    }
  };

  readonly #busy = (busy: boolean): void => {
    this.#pausedByEncoder = busy;
    if (busy) this.#control?.pause();
    else this.#resume();
  };

  readonly #hooks = { take: this.#take, busy: this.#busy };

  #send(buffer: Buffer, length: number): void {
    if (!this.#started) this.#start();
    let more: boolean;
    if (length <= COPY_BYTES) {
      const copy = Buffer.allocUnsafe(length);
      buffer.copy(copy, 0, 0, length);
      recycle(buffer);
      more = this.#output.write(copy);
    } else {
      more = this.#output.write(buffer.subarray(0, length), () => recycle(buffer));
    }
    if (more || this.#pausedByOutput || this.#ended) return;
    this.#pausedByOutput = true;
    this.#pause();
    void this.#output.whenDrained().then(() => {
      this.#pausedByOutput = false;
      this.#resume();
    });
  }

  get #isPaused(): boolean {
    return this.#pausedByGate || this.#pausedByOutput || this.#pausedByEncoder;
  }

  /** The receiver wants nothing for now. */
  #pause(): void {
    this.#control?.pause();
    this.#encoder?.pause();
  }

  #resume(): void {
    if (this.#pausedByGate || this.#pausedByOutput) return;
    if (!this.#ended) this.#encoder?.resume();
    if (!this.#pausedByEncoder) this.#control?.resume();
  }

  #start(wholeBytes?: number, trailers?: Readonly<Record<string, string>>): void {
    this.#started = true;
    const encoder = this.#encoder as ResultEncoder; // nothing is sent before columns()
    const headers: Record<string, string> = { 'Headgate-Query-Id': this.record.id, ...trailers };
    if (encoder.columnsHeader !== null) headers['Headgate-Columns'] = encoder.columnsHeader;
    this.#output.start({
      queryId: this.record.id,
      contentType: encoder.contentType,
      columns: encoder.columns,
      headers,
      ...(wholeBytes === undefined ? {} : { wholeBytes }),
    });
  }
}

function resultHeaders(
  state: 'complete' | 'truncated',
  rows: number,
  affectedRows: number | null,
): Readonly<Record<string, string>> {
  const affected = affectedRows === null ? '' : `; affected=${affectedRows}`;
  return { 'Headgate-Result': `${state}; rows=${rows}${affected}` };
}

function misordered(): EngineError {
  return new EngineError('protocol_error', 'Rows came before their description.', { fatal: true });
}
