/**
 * One statement on its way through the envelope: follows the server's answers step by step, hands rows to the sink and
 * knows how the statement ended. It never writes to the server; its host (the connection) does.
 */
import {
  type Column,
  EngineError,
  type RowSink,
  type StatementControl,
  type StatementRequest,
  type StatementResult,
} from '../engine.ts';
import { Step } from './envelope.ts';
import { statementError } from './errors.ts';
import type { PreparedStatement } from './prepared.ts';
import { DISCARD_LIMIT, OVERSIZED_ROW } from './transport.ts';
import { describeColumn } from './types.ts';
import { Backend, readErrorFields, readRowDescription } from './wire.ts';

/** What a statement asks of its connection. */
export interface StatementHost {
  /** From here on rows belong to the statement's result; or no longer. */
  expectRows(expected: boolean): void;
  pause(): void;
  resume(): void;
  /** No more rows are wanted. */
  stop(statement: Statement): void;
  /** More rows came after a stop than are worth reading. */
  discardedTooMuch(statement: Statement): void;
  /** The statement cannot go on: cancel it on the server. */
  abort(statement: Statement): void;
  ready(statement: Statement, status: number): void;
  broken(statement: Statement, error: EngineError): void;
  violated(what: string): void;
}

/** Commands that a read may turn out to be; any other one leaves the connection in doubt. */
const READ_COMMANDS = new Set(['SELECT', 'SHOW', 'EXPLAIN', '']);
/** Commands that end our transaction, start another one or change the session: the envelope was left. */
const LEAVING_COMMANDS =
  /^(?:BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE|EXECUTE|DEALLOCATE|DISCARD|SET|RESET|LISTEN|UNLISTEN)/;

export class Statement implements StatementControl {
  readonly request: StatementRequest;
  readonly parameters: readonly (string | null)[];
  readonly resolve: (result: StatementResult) => void;
  readonly reject: (error: unknown) => void;
  /** The server's prepared statement that it runs; null = the unnamed one. */
  prepared: PreparedStatement | null = null;
  /** The text is sent with this run, and the server has accepted it. */
  parses = false;
  parsed = false;
  /** The caller cancelled. */
  cancelled = false;
  stopped = false;
  /** Settles when the cancel request was delivered; null = none was sent. */
  cancelDelivered: Promise<void> | null = null;
  /** The first thing that went wrong, on the server or in the sink. */
  error: Error | null = null;
  /** It changed the transaction or the session: the connection must not be used again. */
  leftEnvelope = false;
  /** It is over for the caller. */
  settled = false;
  onSettled: (() => void)[] = [];
  timer: NodeJS.Timeout | null = null;
  retried = false;
  /** The server refused its prepared plan before any row: running it afresh will do. */
  stale = false;
  readonly #sink: RowSink;
  readonly #host: StatementHost;
  readonly #startedAt = performance.now();
  #step: number = Step.begin;
  #rows = 0;
  #affectedRows: number | null = null;
  #columnsGiven = false;

  constructor(
    request: StatementRequest,
    parameters: readonly (string | null)[],
    sink: RowSink,
    host: StatementHost,
    resolve: (result: StatementResult) => void,
    reject: (error: unknown) => void,
  ) {
    this.request = request;
    this.parameters = parameters;
    this.#sink = sink;
    this.#host = host;
    this.resolve = resolve;
    this.reject = reject;
  }

  get complete(): boolean {
    return this.#step === Step.done;
  }

  // What the consumer may do.

  pause(): void {
    if (!this.settled && !this.stopped && !this.cancelled) this.#host.pause();
  }

  resume(): void {
    if (!this.settled) this.#host.resume();
  }

  stop(): void {
    if (this.settled || this.stopped) return;
    this.stopped = true;
    this.#host.stop(this);
  }

  // What the server sends.

  rows(buffer: Buffer, offset: number, end: number): number {
    try {
      if (!this.#columnsGiven) this.#giveColumns(this.prepared?.columns ?? []);
      const next = this.#sink.frames(buffer, offset, end);
      for (let at = offset; at < next; at += buffer.readInt32BE(at + 1) + 1) this.#rows += 1;
      return next;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error('The row sink failed.', { cause: error }));
      return offset;
    }
  }

  message(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.commandComplete:
        this.#completed(buffer, start, end);
        return;
      case Backend.parseComplete:
        this.parsed = true;
        return;
      case Backend.bindComplete:
      case Backend.closeComplete:
      case Backend.parameterDescription:
        return;
      case Backend.rowDescription:
        this.#described(buffer, start, end);
        return;
      case Backend.noData:
        if (this.prepared) this.prepared.columns = null;
        return;
      case Backend.dataRow:
        // The time limit's own row; anything else is a row that the sink left lying without a stop.
        if (this.#step === Step.limits || this.error || this.stopped) return;
        this.#fail(new Error('A row sink must take every complete row or stop the statement.'));
        return;
      case Backend.emptyQueryResponse:
        this.#step += 1;
        this.#host.expectRows(false);
        return;
      case Backend.errorResponse:
        this.#refused(readErrorFields(buffer, start, end));
        return;
      case OVERSIZED_ROW:
        this.#fail(
          new EngineError('resource_exhausted', 'A row of the result is larger than this connection accepts.'),
        );
        return;
      case DISCARD_LIMIT:
        this.#host.discardedTooMuch(this);
        return;
      default:
        this.#host.violated('an unexpected message');
    }
  }

  ready(status: number): void {
    this.#host.ready(this, status);
  }

  broken(error: EngineError): void {
    this.#host.broken(this, error);
  }

  /** To be sent once more, without its prepared plan. */
  restart(): void {
    this.retried = true;
    this.stale = false;
    this.error = null;
    this.prepared = null;
    this.parses = false;
    this.parsed = false;
    this.#step = Step.begin;
  }

  /** Why `run` must reject; null when it resolves. */
  failure(): Error | null {
    if (this.leftEnvelope) {
      return new EngineError(
        'read_only',
        'The statement changed the transaction or the session, which is not allowed.',
        {
          fatal: true,
        },
      );
    }
    if (this.error && !isCancelError(this.error)) return this.error;
    const { access } = this.request;
    // A write that committed before the cancel arrived has happened: saying otherwise would be a lie.
    if (this.cancelled && !(access === 'write' && this.complete)) {
      return new EngineError('cancelled', 'The statement was cancelled.', { nativeCode: '57014' });
    }
    if (this.error && this.stopped) return null;
    return this.error ? this.#cancelledByOthers(this.error) : null;
  }

  result(): StatementResult {
    return { rows: this.#rows, affectedRows: this.#affectedRows, stopped: this.stopped };
  }

  #giveColumns(columns: readonly Column[]): void {
    this.#columnsGiven = true;
    this.#sink.columns(columns, 'postgresql');
  }

  #described(buffer: Buffer, start: number, end: number): void {
    const described = readRowDescription(buffer, start, end);
    if (!described) {
      this.#host.violated('a malformed row description');
      return;
    }
    const columns = described.map(describeColumn);
    if (this.prepared) this.prepared.columns = columns;
    try {
      if (!this.#columnsGiven) this.#giveColumns(columns);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error('The row sink failed.', { cause: error }));
    }
  }

  #completed(buffer: Buffer, start: number, end: number): void {
    switch (this.#step) {
      case Step.limits:
        this.#host.expectRows(true);
        break;
      case Step.statement:
        this.#host.expectRows(false);
        if (!this.#columnsGiven && this.prepared?.columns) this.#giveColumns(this.prepared.columns);
        this.#readTag(buffer, start, end);
        break;
      case Step.done:
        this.#host.violated('more answers than were asked for');
        return;
    }
    this.#step += 1;
  }

  #readTag(buffer: Buffer, start: number, end: number): void {
    const { access } = this.request;
    // The common case without making a string: `SEL…` can only be SELECT.
    if (access === 'read' && buffer[start] === 0x53 && buffer[start + 2] === 0x4c) return;
    const tag = buffer.toString('latin1', start, end - 1);
    // `INSERT 0 5`, `UPDATE 5`, `CREATE TABLE`.
    const count = / (\d+)$/.exec(tag)?.[1];
    const command = tag.replace(/(?: \d+)+$/, '');
    if (access === 'read' ? !READ_COMMANDS.has(command) : LEAVING_COMMANDS.test(tag)) this.leftEnvelope = true;
    if (access === 'write' && count !== undefined && !(command === 'SELECT' && this.#columnsGiven)) {
      this.#affectedRows = Number(count);
    }
  }

  #refused(fields: ReadonlyMap<string, string>): void {
    this.error ??= statementError(fields);
    this.#host.expectRows(false);
    const state = fields.get('C');
    const stalePlan = state === '26000' || (state === '0A000' && fields.get('R') === 'RevalidateCachedQuery');
    this.stale = stalePlan && this.prepared !== null && !this.retried && this.#rows === 0;
  }

  #fail(error: Error): void {
    this.error ??= error;
    this.#host.abort(this);
  }

  /** The server cancelled although we did not ask: its time limit, or an administrator. */
  #cancelledByOthers(error: Error): Error {
    const { timeoutMs } = this.request;
    const timedOut =
      /statement timeout/.test(error.message) || (timeoutMs > 0 && performance.now() - this.#startedAt >= timeoutMs);
    return timedOut ? new EngineError('statement_timeout', error.message, { nativeCode: '57014' }) : error;
  }
}

function isCancelError(error: Error): boolean {
  return error instanceof EngineError && error.nativeCode === '57014';
}
