/**
 * One signed-in connection that runs statements: envelope, streaming, stop and cancel, reset.
 *
 * A statement's life: `running` → (`ending`: cancel or stop asked for it; its rows are thrown away and the server is told
 * to KILL it) → ended. Between statements nothing is in flight: whoever ended a statement early first waits for the KILL's
 * own answer and then lets a harmless statement absorb a KILL that came too late, before the next one may start.
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
import { connectionLost } from '../network-errors.ts';
import { requireAllowed } from '../sql/classifier.ts';
import { executeCommand, Transcoder } from './binary.ts';
import { classify } from './classify.ts';
import { type ConnectHooks, signIn } from './connect.ts';
import { acquireControlLine, type ControlLine } from './control.ts';
import { COMMAND, type ColumnDefinition, command, MAX_PAYLOAD, type Ok } from './protocol.ts';
import { OkExchange, type Prepared, PrepareExchange, ResultExchange, type Session } from './session.ts';
import { initialSettings, parsingSafeMode, StatementSettings } from './settings.ts';
import { describeColumn } from './types.ts';

/** Prepared statements kept for each connection. */
const PREPARED_LIMIT = 100;
/** A statement that runs longer than this gets a warm control line, so that a cancel takes no sign-in. */
const WARM_UP_AFTER_MS = 25;
/** Bytes of an ended statement's result that are read away before the connection is given up instead. */
const DRAIN_LIMIT_BYTES = 32 * 1024 * 1024;
/** How long a statement may survive repeated KILL QUERY before its whole connection is ended. */
const KILL_PATIENCE_MS = 2_000;
const KILL_FIRST_WAIT_MS = 20;
const KILL_LONGEST_WAIT_MS = 200;

/** Connects, signs in and prepares the session. */
export async function openConnection(target: ConnectTarget, hooks: ConnectHooks): Promise<MysqlConnection> {
  const session = await signIn(target, hooks);
  try {
    const [, rows] = await Promise.all([
      session.execute(initialSettings(session.facts)),
      session.query('SELECT @@SESSION.sql_mode'),
    ]);
    return new MysqlConnection(target, session, parsingSafeMode(rows[0]?.[0] ?? ''));
  } catch (error) {
    session.close();
    throw error;
  }
}

/** One statement on its way. */
interface Running {
  readonly sink: RowSink;
  readonly startedAt: number;
  rows: number;
  /** Why its rows are thrown away, if they are. */
  ending: 'cancelled' | 'stopped' | undefined;
  drained: number;
  transcoder: Transcoder | undefined;
  /** The first thing that went wrong. */
  error: EngineError | undefined;
  finished: boolean;
  /** Settles when the server has answered everything; never rejects. */
  readonly done: Promise<void>;
  readonly finish: () => void;
}

export class MysqlConnection implements EngineConnection {
  readonly #session: Session;
  readonly #settings: StatementSettings;
  readonly #control: ControlLine;
  readonly #prepared = new Map<string, Prepared>();
  #running: Running | undefined;
  /** The end of a statement that was ended early: nothing else may start before. */
  #ending: Promise<void> | undefined;
  #closed = false;

  constructor(target: ConnectTarget, session: Session, sqlMode: string) {
    this.#session = session;
    this.#settings = new StatementSettings(session.facts, sqlMode);
    this.#control = acquireControlLine(target);
    session.onClosed = () => this.#released();
  }

  get sessionId(): string {
    return String(this.#session.facts.threadId);
  }

  get serverVersion(): string {
    return this.#session.facts.serverVersion;
  }

  get mariadb(): boolean {
    return this.#session.facts.mariadb;
  }

  get encrypted(): boolean {
    return this.#session.facts.encrypted;
  }

  get usable(): boolean {
    return !this.#closed && this.#session.usable;
  }

  async run(
    request: StatementRequest,
    sink: RowSink,
    started?: (control: StatementControl) => void,
  ): Promise<StatementResult> {
    // The gateway has asked the same question before. It is asked again here, because on this engine the answer is what
    // keeps a statement from leaving the read-only session (`BEGIN NOT ATOMIC`, `SET STATEMENT`).
    requireAllowed(classify(request.sql), request.access);
    return this.#run(request, sink, started);
  }

  /** Runs a query of the engine itself, under the read-only settings, and collects it. */
  async query(sql: string, signal?: AbortSignal): Promise<(string | null)[][]> {
    if (this.#ending) await this.#ending;
    if (this.#running) throw busy();
    const onAbort = () => void this.#session.wire.destroy(connectionLost(signal?.reason));
    if (signal?.aborted) throw new EngineError('cancelled', 'The request was given up.', { cause: signal.reason });
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#session.query(sql);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #run(
    request: StatementRequest,
    sink: RowSink,
    started?: (control: StatementControl) => void,
  ): Promise<StatementResult> {
    if (this.#ending) await this.#ending;
    if (!this.usable) throw this.#session.wire.dead ?? connectionLost();
    if (this.#running) throw busy();
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const running: Running = {
      sink,
      startedAt: performance.now(),
      rows: 0,
      ending: undefined,
      drained: 0,
      transcoder: undefined,
      error: undefined,
      finished: false,
      done,
      finish,
    };
    this.#running = running;
    const warmUp = this.#control.warm ? undefined : setTimeout(() => this.#control.warmUp(), WARM_UP_AFTER_MS);
    try {
      started?.(this.#controlOf(running));
      const settings = this.#settings.command(request.access, request.timeoutMs);
      const ok =
        request.parameters.length === 0
          ? await this.#text(running, settings, request.sql)
          : await this.#preparedStatement(running, settings, request);
      return this.#result(running, ok);
    } finally {
      clearTimeout(warmUp);
      running.finished = true;
      running.finish();
      this.#running = undefined;
      // A consumer that paused and left must not keep the next statement from reading.
      this.#session.wire.resume();
      // Whoever stopped the statement gets the connection back clean.
      if (running.ending === 'stopped' && this.#ending) await this.#ending;
    }
  }

  #result(running: Running, ok: Ok | undefined): StatementResult {
    const result = {
      rows: running.rows,
      affectedRows: ok ? ok.affectedRows : null,
      stopped: running.ending === 'stopped',
    };
    // A write that was complete before the cancel reached it has happened: saying otherwise would be a lie.
    if (running.ending === 'cancelled' && !ok) throw cancelled(running.error);
    if (running.ending === 'stopped' && running.error && !running.error.fatal) return result;
    if (running.error) throw running.error;
    return result;
  }

  /** Settings and statement in one write; the text protocol's rows go to the sink as they lie in the buffer. */
  async #text(running: Running, settings: Buffer, sql: string): Promise<Ok | undefined> {
    return new Promise((resolve) => {
      this.#session.send(
        Buffer.concat([settings, command(COMMAND.query, sql)]),
        settingsExchange(running),
        this.#resultExchange(running, false, resolve),
      );
    });
  }

  async #preparedStatement(running: Running, settings: Buffer, request: StatementRequest): Promise<Ok | undefined> {
    const known = this.#prepared.get(request.sql);
    let prepared = known;
    if (known) {
      // Most recently used last.
      this.#prepared.delete(request.sql);
      this.#prepared.set(request.sql, known);
    }
    try {
      prepared ??= await this.#prepare(running, settings, request.sql);
    } catch (error) {
      running.error ??= error instanceof EngineError ? error : connectionLost(error);
      return undefined;
    }
    // Asked to end while it was being prepared.
    if (running.ending || running.error) return undefined;
    if (prepared.parameters !== request.parameters.length) {
      running.error = new EngineError(
        'parameter_invalid',
        `The statement has ${prepared.parameters} placeholders, and ${request.parameters.length} parameters were given.`,
      );
      return undefined;
    }
    const execute = executeCommand(prepared.id, request.parameters);
    return new Promise((resolve) => {
      const result = this.#resultExchange(running, true, resolve);
      // The settings went ahead of the preparation, if there was one.
      if (known) this.#session.send(Buffer.concat([settings, execute]), settingsExchange(running), result);
      else this.#session.send(execute, result);
    });
  }

  #prepare(running: Running, settings: Buffer, sql: string): Promise<Prepared> {
    return new Promise((resolve, reject) => {
      const keep = (prepared: Prepared) => {
        this.#prepared.set(sql, prepared);
        this.#forgetOldest();
        resolve(prepared);
      };
      this.#session.send(
        Buffer.concat([settings, command(COMMAND.statementPrepare, sql)]),
        settingsExchange(running),
        new PrepareExchange(keep, reject),
      );
    });
  }

  #forgetOldest(): void {
    if (this.#prepared.size <= PREPARED_LIMIT) return;
    const [sql, prepared] = this.#prepared.entries().next().value!;
    this.#prepared.delete(sql);
    const body = Buffer.alloc(4);
    body.writeUInt32LE(prepared.id);
    this.#session.wire.send(command(COMMAND.statementClose, body)); // has no answer
  }

  #resultExchange(running: Running, binary: boolean, resolve: (ok: Ok | undefined) => void): ResultExchange {
    return new ResultExchange(this.#session, {
      columns: (columns) => this.#columns(running, columns, binary),
      rows: (buffer, start, end, count) => this.#rows(running, buffer, start, end, count),
      done: (error, ok) => {
        running.error ??= error;
        resolve(ok);
      },
    });
  }

  #columns(running: Running, columns: readonly ColumnDefinition[], binary: boolean): void {
    if (binary) running.transcoder = new Transcoder(columns);
    if (!running.ending) running.sink.columns(columns.map(describeColumn), 'mysql');
  }

  #rows(running: Running, buffer: Buffer, start: number, end: number, count: number): void {
    if (running.ending) {
      running.drained += end - start;
      if (running.drained > DRAIN_LIMIT_BYTES) this.#hangUp();
      return;
    }
    let frames = buffer;
    let from = start;
    let to = end;
    if (running.transcoder) {
      frames = running.transcoder.transcode(buffer, start, end);
      from = 0;
      to = frames.length;
    }
    const consumed = running.sink.frames(frames, from, to);
    if (consumed >= to) {
      running.rows += count;
      return;
    }
    for (let at = from; at < consumed; ) {
      const length = frames.readUIntLE(at, 3);
      at = length === MAX_PAYLOAD ? to : at + 4 + length;
      running.rows += 1;
    }
    // The sink took less than it got: it has seen enough, whether it has said so or not.
    this.#stop(running);
  }

  #controlOf(running: Running): StatementControl {
    const active = () => this.#running === running && !running.ending;
    return {
      pause: () => {
        if (active()) this.#session.wire.pause();
      },
      resume: () => {
        if (active()) this.#session.wire.resume();
      },
      stop: () => {
        if (active()) this.#stop(running);
      },
    };
  }

  #stop(running: Running): void {
    if (running.ending) return;
    running.ending = 'stopped';
    this.#session.wire.resume();
    // The end of the result may be in the buffer already; then there is nothing to end.
    setImmediate(() => {
      if (!running.finished) this.#end(running);
    });
  }

  async cancel(): Promise<void> {
    const running = this.#running;
    if (running && running.ending !== 'cancelled') {
      running.ending = 'cancelled';
      this.#session.wire.resume();
      this.#end(running);
    }
    await this.#ending;
  }

  /** Ends a running statement on the server. `#ending` settles when the connection is clean again, or gone. */
  #end(running: Running): void {
    this.#ending ??= this.#kill(running)
      .catch(() => this.#hangUp())
      .finally(() => {
        this.#ending = undefined;
      });
  }

  async #kill(running: Running): Promise<void> {
    const { threadId } = this.#session.facts;
    const deadline = performance.now() + KILL_PATIENCE_MS;
    // A KILL may hit the settings that go before the statement, or come before it: hence again until it has ended.
    for (let wait = KILL_FIRST_WAIT_MS; !running.finished; wait = Math.min(wait * 2, KILL_LONGEST_WAIT_MS)) {
      if (!this.#session.usable) return;
      if (performance.now() > deadline) {
        await this.#endThread();
        return;
      }
      await this.#control.kill(threadId, 'QUERY');
      if (!running.finished) await settledWithin(running.done, wait);
    }
    if (this.#session.usable) await this.#absorbKill();
  }

  /** A KILL that came after its statement would hit the next one: let it hit one that does nothing. */
  async #absorbKill(): Promise<void> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        await this.#session.execute('DO 0');
        return;
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'cancelled') throw error;
      }
    }
  }

  /** Ends the whole connection on the server, and waits until the server has done so. */
  async #endThread(): Promise<void> {
    const { threadId } = this.#session.facts;
    await this.#control.kill(threadId, 'CONNECTION');
    this.#session.wire.destroy(cancelledAndClosed());
    const deadline = performance.now() + KILL_PATIENCE_MS;
    while (performance.now() < deadline && (await this.#control.isRunning(threadId))) {
      await new Promise((resolve) => setTimeout(resolve, KILL_FIRST_WAIT_MS));
    }
  }

  /** Closes at once; what may still run on the server is ended in the background. */
  #hangUp(): void {
    const running = this.#running;
    this.#session.wire.destroy(running?.ending ? cancelledAndClosed() : connectionLost());
    if (running) this.#control.kill(this.#session.facts.threadId, 'CONNECTION').catch(() => {});
  }

  async reset(): Promise<boolean> {
    if (this.#ending) await this.#ending;
    if (!this.usable || this.#running) return false;
    this.#prepared.clear(); // the server forgets them too
    const { wire, facts } = this.#session;
    try {
      await new Promise<void>((resolve, reject) => {
        let failure: EngineError | undefined;
        this.#session.send(
          Buffer.concat([command(COMMAND.resetConnection), command(COMMAND.query, initialSettings(facts))]),
          new OkExchange(
            () => {},
            (error) => {
              failure = error;
            },
          ),
          new OkExchange(() => (failure ? reject(failure) : resolve()), reject),
        );
      });
      return true;
    } catch {
      // Servers before MySQL 5.7.3 and MariaDB 10.2.4 do not know the command: a new connection is as clean.
      wire.destroy(connectionLost());
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#running) this.#hangUp();
    this.#session.close();
    this.#released();
  }

  #released(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#control.release();
  }
}

/** The answer to the settings: if they fail, so does the statement, whatever it answers itself. */
function settingsExchange(running: Running): OkExchange {
  return new OkExchange(
    () => {},
    (error) => {
      running.error ??= error;
    },
  );
}

function cancelled(cause?: EngineError): EngineError {
  return new EngineError('cancelled', 'The statement was cancelled.', {
    nativeCode: cause?.nativeCode,
    fatal: cause?.fatal ?? false,
    cause,
  });
}

function cancelledAndClosed(): EngineError {
  return new EngineError('cancelled', 'The statement was cancelled.', { fatal: true });
}

function busy(): EngineError {
  return new EngineError('unsupported', 'The connection already runs a statement.');
}

async function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    promise,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}
