/**
 * A signed-in connection: runs statements in their envelope, cancels them, resets the session.
 *
 * States of a connection: idle (`#exchange` null) or in one exchange with the server, which ends with ReadyForQuery.
 * Whatever the protocol does not allow at a point closes the connection: a session in doubt is never used again.
 */
import {
  type ConnectTarget,
  type EngineConnection,
  EngineError,
  type RowSink,
  type StatementControl,
  type StatementRequest,
  type StatementResult,
} from '../engine.ts';
import { requestCancel, type Session } from './connect.ts';
import { EPILOGUE, prologue, ROLLBACK_AND_SYNC, SYNC, sessionSetup } from './envelope.ts';
import { endsSession, statementError } from './errors.ts';
import { maxRowBytes, searchPath } from './options.ts';
import { encodeParameters } from './parameters.ts';
import { PreparedStatements } from './prepared.ts';
import { Statement, type StatementHost } from './statement.ts';
import type { Receiver, Transport } from './transport.ts';
import { Backend, FAILED, IDLE, Outgoing, readErrorFields, readText } from './wire.ts';

/** How long a statement may go on after a cancel request, and how much it may still send, before we hang up. */
const CANCEL_TIMEOUT_MS = 5_000;
const DRAIN_LIMIT_BYTES = 16 * 1024 * 1024;
/** A result that ends this soon after a stop needs no cancel request (which costs the server a process). */
const STOP_GRACE_MS = 10;
const STOP_GRACE_BYTES = 262_144;
/** A cancel that reaches the server's process before it has read the statement is lost: it is sent again, less and less often. */
const CANCEL_AGAIN_MS = 50;
const CLOSE_TIMEOUT_MS = 1_000;

/** Something that listens to the server until it is ready for queries again. */
interface Exchange {
  message(type: number, buffer: Buffer, start: number, end: number): void;
  rows(buffer: Buffer, offset: number, end: number): number;
  /** The server is ready; `status` is the transaction's. */
  ready(status: number): void;
  /** The connection is gone. */
  broken(error: EngineError): void;
}

export class PostgresqlConnection implements EngineConnection, Receiver {
  readonly sessionId: string;
  readonly serverVersion: string;
  readonly encrypted: boolean;
  readonly #target: ConnectTarget;
  readonly #session: Session;
  readonly #transport: Transport;
  readonly #out = new Outgoing();
  readonly #prepared = new PreparedStatements();
  #exchange: Exchange | null = null;
  #statement: Statement | null = null;
  #usable = true;
  /** Why the connection ended, when the server said so. */
  #lastWord: EngineError | null = null;
  /** The session's settings changed under a statement: what comes next might read values in another spelling. */
  #settingsChanged = false;
  /** Prepared statements that the server still has and that we forgot. */
  #toClose: string[] = [];
  readonly #host: StatementHost;

  constructor(target: ConnectTarget, session: Session) {
    this.#target = target;
    this.#session = session;
    this.#transport = session.transport;
    this.sessionId = String(session.processId);
    this.serverVersion = session.settings.get('server_version') ?? 'unknown';
    this.encrypted = session.encrypted;
    this.#transport.receiver = this;
    this.#transport.maxRowBytes = maxRowBytes(target.options);
    this.#transport.socket.setKeepAlive(true, 30_000);
    this.#host = {
      expectRows: (expected) => this.#expectRows(expected),
      pause: () => this.#transport.pause(),
      resume: () => this.#transport.resume(),
      stop: (statement) => this.#stop(statement),
      discardedTooMuch: (statement) => this.#discardedTooMuch(statement),
      abort: (statement) => this.#cancelOnServer(statement),
      ready: (statement, status) => this.#ready(statement, status),
      broken: (statement, error) => this.#broken(statement, error),
      violated: (what) => this.#violated(what),
    };
  }

  get usable(): boolean {
    return this.#usable && !this.#transport.destroyed;
  }

  /** Prepares a fresh or reset session. */
  async setUp(): Promise<void> {
    const version = Number.parseInt(this.serverVersion, 10) || 0;
    try {
      await this.#roundTrip(this.#setupMessages(version));
    } catch (error) {
      // Some platforms cannot watch a client while they compute; they refuse that setting.
      if (!(error instanceof EngineError) || error.nativeCode !== '22023') throw error;
      await this.#roundTrip(this.#setupMessages(Math.min(version, 13)));
    }
    this.#settingsChanged = false;
  }

  run(
    request: StatementRequest,
    sink: RowSink,
    started?: (control: StatementControl) => void,
  ): Promise<StatementResult> {
    if (!this.usable) return Promise.reject(this.#gone());
    if (this.#exchange) {
      return Promise.reject(new EngineError('protocol_error', 'The connection runs another statement.'));
    }
    let parameters: (string | null)[];
    try {
      parameters = encodeParameters(request.parameters);
      if (request.sql.includes('\0')) {
        throw new EngineError('syntax_error', 'The statement contains the character NUL.');
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const statement = new Statement(request, parameters, sink, this.#host, resolve, reject);
      this.#statement = statement;
      this.#send(statement);
      started?.(statement);
    });
  }

  async cancel(): Promise<void> {
    const statement = this.#statement;
    if (!statement) return;
    statement.cancelled = true;
    this.#cancelOnServer(statement);
    await new Promise<void>((resolve) => statement.onSettled.push(resolve));
  }

  async reset(): Promise<boolean> {
    if (!this.usable || this.#exchange) {
      await this.close();
      return false;
    }
    this.#prepared.clear();
    this.#toClose.length = 0;
    try {
      this.#out.clear();
      this.#out.query('DISCARD ALL');
      await this.#roundTrip(this.#out.take());
      await this.setUp();
      return true;
    } catch {
      await this.close();
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.#statement) await this.cancel();
    this.#usable = false;
    if (this.#transport.destroyed) return;
    this.#out.clear();
    this.#out.terminate();
    const gone = new Promise<void>((resolve) => {
      this.#transport.socket.once('close', () => resolve());
      setTimeout(resolve, CLOSE_TIMEOUT_MS).unref();
    });
    this.#transport.write(this.#out.take());
    this.#transport.end();
    this.#transport.resume();
    await gone;
    this.#transport.destroy();
  }

  // What the transport delivers.

  rows(buffer: Buffer, offset: number, end: number): number {
    return this.#exchange?.rows(buffer, offset, end) ?? offset;
  }

  message(type: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case Backend.readyForQuery:
        this.#exchange?.ready(buffer[start] ?? 0);
        return;
      case Backend.parameterStatus:
        if (readText(buffer, start, end).text !== 'in_hot_standby') this.#settingsChanged = true;
        return;
      case Backend.noticeResponse:
      case Backend.notificationResponse:
        return;
      case Backend.copyInResponse:
      case Backend.copyOutResponse:
      case Backend.copyBothResponse:
        this.#transport.destroy(
          new EngineError('unsupported', 'COPY to or from the client is not supported.', { fatal: true }),
        );
        return;
      case Backend.errorResponse: {
        const fields = readErrorFields(buffer, start, end);
        if (endsSession(fields)) this.#lastWord = statementError(fields, true);
      }
    }
    if (this.#exchange) this.#exchange.message(type, buffer, start, end);
    else if (type !== Backend.errorResponse) this.#violated('a message that nobody asked for');
  }

  closed(error: Error | null): void {
    this.#usable = false;
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.broken(error instanceof EngineError ? error : this.#gone(error));
  }

  #setupMessages(version: number): Buffer {
    this.#out.clear();
    sessionSetup(this.#out, version, searchPath(this.#target.options));
    return this.#out.take();
  }

  /** Writes the envelope. A text that came before is prepared; one that is prepared is only bound. */
  #send(statement: Statement): void {
    const { sql, access, timeoutMs } = statement.request;
    const out = this.#out;
    out.clear();
    out.append(prologue(access, timeoutMs));
    let prepared = this.#prepared.find(sql);
    if (!prepared && !statement.retried && this.#prepared.worthPreparing(sql)) {
      const added = this.#prepared.add(sql);
      if (added.evicted) this.#toClose.push(added.evicted);
      prepared = added.statement;
      statement.parses = true;
    }
    for (const name of this.#toClose) out.closeStatement(name);
    this.#toClose.length = 0;
    statement.prepared = prepared ?? null;
    const name = prepared?.name ?? '';
    if (!prepared || statement.parses) out.parse(name, sql);
    out.bind(name, statement.parameters);
    if (prepared?.columns === undefined) out.describePortal();
    out.execute();
    out.append(EPILOGUE);
    this.#transport.rowMode = 'message';
    this.#exchange = statement;
    this.#transport.write(out.take());
  }

  #expectRows(expected: boolean): void {
    if (this.#transport.rowMode !== 'discard') this.#transport.rowMode = expected ? 'deliver' : 'message';
  }

  /** ReadyForQuery after a statement's envelope. The plain case settles at once; the others clean up first. */
  #ready(statement: Statement, status: number): void {
    this.#exchange = null;
    this.#transport.rowMode = 'message';
    this.#transport.resume();
    this.#transport.shrink();
    if (statement.error === null && statement.cancelDelivered === null) {
      if (!statement.complete || status !== IDLE) {
        this.#exchange = statement;
        this.#violated('an envelope that did not end');
      } else this.#settle(statement);
      return;
    }
    this.#recover(statement, status).then(
      (again) => {
        if (again) this.#send(statement);
        else this.#settle(statement);
      },
      () => {
        this.#hangUp();
        this.#settle(statement);
      },
    );
  }

  /**
   * After an error or a cancel: ends the transaction and makes sure that no cancel is still on its way to the next
   * statement. True when the statement is to be sent again.
   */
  async #recover(statement: Statement, status: number): Promise<boolean> {
    // A stop's timer has nothing left to stop; a cancel's stays, for a server that does not answer any more.
    if (statement.timer && !statement.cancelDelivered) clearTimeout(statement.timer);
    if (statement.cancelDelivered) {
      // The server has signalled the process when this settles; a signal that came too late is used up by `SYNC`.
      await statement.cancelDelivered;
      await this.#roundTrip(SYNC);
    }
    if (status === FAILED) await this.#rollBack();
    else if (status !== IDLE) this.#hangUp();
    const { prepared } = statement;
    if (prepared && (statement.stale || (statement.parses && !statement.parsed))) {
      this.#prepared.forget(statement.request.sql);
      if (statement.stale) this.#toClose.push(prepared.name);
    }
    if (!statement.stale || statement.cancelled || statement.stopped || !this.usable) return false;
    statement.restart();
    return true;
  }

  async #rollBack(): Promise<void> {
    try {
      await this.#roundTrip(ROLLBACK_AND_SYNC);
    } catch (error) {
      // A cancel that came late hit the ROLLBACK.
      if (!(error instanceof EngineError) || error.nativeCode !== '57014') throw error;
      await this.#roundTrip(ROLLBACK_AND_SYNC);
    }
  }

  #settle(statement: Statement): void {
    if (statement.settled) return;
    statement.settled = true;
    if (statement.timer) clearTimeout(statement.timer);
    if (this.#statement === statement) this.#statement = null;
    // A session whose settings or transaction were touched would read the next statement differently.
    if (this.#settingsChanged || statement.leftEnvelope) this.#hangUp();
    const failure = statement.failure();
    if (failure) statement.reject(failure);
    else statement.resolve(statement.result());
    for (const heard of statement.onSettled) heard();
  }

  #broken(statement: Statement, error: EngineError): void {
    statement.error ??= error;
    this.#settle(statement);
  }

  /** Closes a connection whose session is not in the state that we keep it in. */
  #hangUp(): void {
    this.#usable = false;
    this.#transport.destroy();
  }

  #stop(statement: Statement): void {
    // A write is not cancelled: that would undo it. Its remaining rows are read and dropped.
    const reading = statement.request.access === 'read';
    this.#discard(reading ? STOP_GRACE_BYTES : Number.POSITIVE_INFINITY);
    if (reading) statement.timer = setTimeout(() => this.#cancelOnServer(statement), STOP_GRACE_MS);
  }

  #discardedTooMuch(statement: Statement): void {
    if (statement.cancelDelivered) this.#giveUp();
    else this.#cancelOnServer(statement);
  }

  #discard(limitBytes: number): void {
    this.#transport.rowMode = 'discard';
    this.#transport.discardedBytes = 0;
    this.#transport.discardLimitBytes = limitBytes;
    this.#transport.resume();
  }

  /**
   * Asks the server to cancel, and reads on so that it notices: a process that waits for us to read does not look. The
   * connection is closed when the statement does not end in time or sends too much.
   */
  #cancelOnServer(statement: Statement): void {
    // Once the statement itself is over, a cancel could only hit something else.
    if (statement.cancelDelivered || this.#exchange !== statement) return;
    if (statement.timer) clearTimeout(statement.timer);
    this.#requestCancel(statement);
    statement.timer = setTimeout(() => this.#giveUp(), CANCEL_TIMEOUT_MS);
    this.#discard(DRAIN_LIMIT_BYTES);
  }

  /** Sends a cancel request, and another one each time the server has taken it and the statement still runs. */
  #requestCancel(statement: Statement, againMs = CANCEL_AGAIN_MS): void {
    const delivered = requestCancel(this.#target, this.#session, CANCEL_TIMEOUT_MS).catch(() => {
      // Not delivered: only closing the connection is left, and the server's own check for vanished clients.
      this.#giveUp();
    });
    statement.cancelDelivered = delivered;
    void delivered.then(() => {
      if (this.#exchange !== statement) return;
      setTimeout(() => {
        if (this.#exchange === statement && this.usable) this.#requestCancel(statement, againMs * 2);
      }, againMs).unref();
    });
  }

  #giveUp(): void {
    this.#transport.destroy(
      new EngineError('cancelled', 'The statement was cancelled.', { nativeCode: '57014', fatal: true }),
    );
  }

  /** Sends internal messages and waits for the server to be ready. Rejects with the first error. */
  #roundTrip(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.usable) {
        reject(this.#gone());
        return;
      }
      let failure: EngineError | null = null;
      this.#exchange = {
        message: (type, buffer, start, end) => {
          if (type === Backend.errorResponse) failure ??= statementError(readErrorFields(buffer, start, end));
        },
        rows: (_, offset) => offset,
        ready: () => {
          this.#exchange = null;
          if (failure) reject(failure);
          else resolve();
        },
        broken: reject,
      };
      this.#transport.rowMode = 'message';
      this.#transport.resume();
      this.#transport.write(bytes);
    });
  }

  #violated(what: string): void {
    this.#transport.destroy(new EngineError('protocol_error', `The server sent ${what}.`, { fatal: true }));
  }

  #gone(cause: Error | null = null): EngineError {
    if (this.#lastWord) return this.#lastWord;
    const writing = this.#statement?.request.access === 'write';
    return new EngineError('connection_lost', 'The connection to the server was lost.', {
      fatal: true,
      detail: writing ? 'It is not known whether the statement took effect.' : undefined,
      cause,
    });
  }
}
