/**
 * One signed-in connection that runs statements: envelope, streaming, stop and cancel, reset.
 *
 * The envelope of a read. SQL Server has no read-only transaction. A read runs in a transaction that is always rolled back,
 * in SNAPSHOT isolation where the database allows it (every statement then sees one state of the data), else in READ
 * COMMITTED; and inside `sp_executesql`, so that SET and USE end with it. That takes back whatever a statement may have
 * changed in tables, but not: values drawn from sequences and identities, what a statement does outside of the database
 * (OPENROWSET, linked servers, xp_cmdshell), and whatever runs after a COMMIT in the statement itself. Those are kept away
 * by the classifier, which `run` asks again, and by the login.
 *
 * A statement's life: envelope opened → `running` → (`ending`: cancel or stop has sent an attention) → envelope closed.
 * `run` settles when the server has acknowledged all of it.
 */
import type { Connection, Request } from 'tedious';
import {
  type Column,
  type ConnectTarget,
  type EngineConnection,
  EngineError,
  type RowSink,
  type StatementControl,
  type StatementRequest,
  type StatementResult,
} from '../engine.ts';
import { connectionLost, givenUp } from '../network-errors.ts';
import { requireAllowed } from '../sql/classifier.ts';
import { classify } from './classify.ts';
import { type ConnectHooks, type Session, signIn } from './connect.ts';
import type { Driver } from './driver.ts';
import { fromRequestError, hasNumber } from './errors.ts';
import { bindParameters } from './parameters.ts';
import { type ColumnDescription, type ConvertValue, converterOf, describeColumn } from './types.ts';

/** What the server says about itself at sign-in. */
interface Facts {
  readonly sessionId: string;
  readonly serverVersion: string;
  /** The database keeps row versions for SNAPSHOT isolation. */
  readonly snapshot: boolean;
}

const FACTS = `SELECT CAST(@@SPID AS int), CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)),
  CAST(ISNULL((SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()), 0) AS int)`;

/** SNAPSHOT isolation was asked for and another database that the statement reads does not allow it. */
const NO_SNAPSHOT = 3952;

/** Connects, signs in and learns what the session needs to know. */
export async function openConnection(target: ConnectTarget, hooks: ConnectHooks): Promise<SqlserverConnection> {
  const session = await signIn(target, hooks);
  const onAbort = () => session.connection.close();
  hooks.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [row = []] = await collect(session, FACTS, [], undefined);
    const facts = {
      sessionId: String(row[0] ?? ''),
      serverVersion: String(row[1] ?? ''),
      snapshot: row[2] === 1,
    };
    hooks.onStage?.('database');
    return new SqlserverConnection(session, facts);
  } catch (error) {
    session.connection.close();
    if (hooks.signal.aborted) throw givenUp(hooks.signal, 'database');
    const { code, message, nativeCode } = fromRequestError(error);
    throw new EngineError(code, message, { nativeCode, stage: 'database', fatal: true, cause: error });
  } finally {
    hooks.signal.removeEventListener('abort', onAbort);
  }
}

/** One statement on its way. */
interface Running {
  readonly sink: RowSink;
  /** The request on the wire now; undefined between two of them. */
  request: Request | undefined;
  rows: number;
  affectedRows: number | null;
  columns: readonly Column[] | undefined;
  ending: 'cancelled' | 'stopped' | 'timeout' | undefined;
  readonly writes: boolean;
  /** Reading waits: asked for before the request was there, too. */
  paused: boolean;
  /** What the sink threw, or what we found wrong ourselves. */
  error: EngineError | Error | undefined;
  /** Settles when everything is over; never rejects. */
  readonly done: Promise<void>;
  readonly finish: () => void;
}

type Settle = (error: Error | null | undefined) => void;

export class SqlserverConnection implements EngineConnection {
  readonly #driver: Driver;
  readonly #connection: Connection;
  readonly #facts: Facts;
  readonly encrypted: boolean;
  #running: Running | undefined;
  /** A request of the engine's own is on the wire. */
  #busy = false;
  #ended = false;
  /** Something has happened after which nothing more is sent. */
  #broken = false;
  /** LOCK_TIMEOUT of the session now. */
  #lockTimeout = -1;

  constructor(session: Session, facts: Facts) {
    this.#driver = session.driver;
    this.#connection = session.connection;
    this.encrypted = session.encrypted;
    this.#facts = facts;
    this.#connection.on('end', () => {
      this.#ended = true;
    });
  }

  get sessionId(): string {
    return this.#facts.sessionId;
  }

  get serverVersion(): string {
    return this.#facts.serverVersion;
  }

  get usable(): boolean {
    return !this.#ended && !this.#broken;
  }

  async run(
    request: StatementRequest,
    sink: RowSink,
    started?: (control: StatementControl) => void,
  ): Promise<StatementResult> {
    // The gateway has asked the same question before. It is asked again here, because on this engine the answer is what
    // keeps a statement from leaving the envelope.
    requireAllowed(classify(request.sql), request.access);
    this.#claim();
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const running: Running = {
      sink,
      request: undefined,
      rows: 0,
      affectedRows: null,
      columns: undefined,
      ending: undefined,
      writes: request.access === 'write',
      paused: false,
      error: undefined,
      done,
      finish,
    };
    this.#running = running;
    const timer =
      request.timeoutMs > 0
        ? setTimeout(() => running.ending || this.#end(running, 'timeout'), Math.min(request.timeoutMs, 2 ** 31 - 1))
        : undefined;
    try {
      started?.(this.#controlOf(running));
      return await this.#enveloped(running, request);
    } finally {
      clearTimeout(timer);
      this.#running = undefined;
      this.#busy = false;
      running.finish();
    }
  }

  /** Runs a query of the engine itself outside of any envelope and collects it. Only for small results. */
  async query(sql: string, parameters: readonly unknown[] = [], signal?: AbortSignal): Promise<unknown[][]> {
    if (signal?.aborted) throw new EngineError('cancelled', 'The request was given up.', { cause: signal.reason });
    this.#claim();
    try {
      return await collect({ driver: this.#driver, connection: this.#connection }, sql, parameters, signal);
    } finally {
      this.#busy = false;
    }
  }

  #claim(): void {
    if (!this.usable) throw connectionLost();
    if (this.#busy) throw new EngineError('unsupported', 'The connection already runs a statement.');
    this.#busy = true;
  }

  async #enveloped(running: Running, request: StatementRequest): Promise<StatementResult> {
    try {
      await this.#limitLocks(request.timeoutMs);
      await this.#inTransaction(running, request, request.access === 'read' && this.#facts.snapshot);
    } catch (error) {
      // Nothing has been shown yet: once more without the snapshot that another database does not keep.
      if (!hasNumber(error, NO_SNAPSHOT) || running.columns !== undefined || running.ending) {
        return this.#outcome(running, error);
      }
      try {
        await this.#inTransaction(running, request, false);
      } catch (second) {
        return this.#outcome(running, second);
      }
    }
    return this.#outcome(running, undefined);
  }

  #outcome(running: Running, error: unknown): StatementResult {
    const result = {
      rows: running.rows,
      affectedRows: running.affectedRows,
      stopped: running.ending === 'stopped',
    };
    // A sink that fails rejects the run with what it threw.
    if (running.error) throw running.error;
    if (error === undefined) return result;
    const problem = fromRequestError(error);
    if (problem.fatal) this.#hangUp();
    const attended = problem.code === 'cancelled' || problem.code === 'connection_lost';
    if (!attended || running.ending === undefined) throw problem;
    // What we asked for has happened, also when the server let the connection go instead of acknowledging it.
    if (running.ending === 'stopped' && !running.writes) return result;
    const more = { fatal: problem.fatal, cause: problem };
    if (running.ending === 'timeout') {
      throw new EngineError('statement_timeout', 'The statement took longer than it may take.', more);
    }
    throw running.ending === 'cancelled' ? new EngineError('cancelled', 'The statement was cancelled.', more) : problem;
  }

  /** The connection cannot be used any more, whether the driver has noticed or not. */
  #hangUp(): void {
    this.#broken = true;
    this.#connection.close();
  }

  /** A statement that waits for a lock gives up by itself, should our attention not reach the server. */
  async #limitLocks(timeoutMs: number): Promise<void> {
    const limit = timeoutMs > 0 ? Math.min(Math.ceil(timeoutMs), 2 ** 31 - 1) : -1;
    if (limit === this.#lockTimeout) return;
    await this.#send((settle) => {
      this.#connection.execSqlBatch(new this.#driver.Request(`SET LOCK_TIMEOUT ${limit}`, settle));
    });
    this.#lockTimeout = limit;
  }

  async #inTransaction(running: Running, request: StatementRequest, snapshot: boolean): Promise<void> {
    const { SNAPSHOT, READ_COMMITTED } = this.#driver.ISOLATION_LEVEL;
    await this.#send((settle) => {
      this.#connection.beginTransaction((error) => settle(error), '', snapshot ? SNAPSHOT : READ_COMMITTED);
    });
    let failure: unknown;
    try {
      if (running.ending) throw new EngineError('cancelled', 'The statement was cancelled.');
      await this.#statement(running, request);
    } catch (error) {
      failure = error;
    }
    if (!this.usable) throw failure ?? connectionLost();
    // After an error the server has rolled back itself (XACT_ABORT).
    const commits = request.access === 'write' && failure === undefined && running.error === undefined;
    if (this.#connection.inTransaction) {
      await this.#send((settle) => {
        if (commits) this.#connection.commitTransaction(settle);
        else this.#connection.rollbackTransaction(settle);
      });
    } else if (commits) {
      throw new EngineError('statement_failed', 'The server has rolled the transaction back.');
    }
    if (failure !== undefined) throw failure;
  }

  async #statement(running: Running, statement: StatementRequest): Promise<void> {
    await this.#send((settle) => {
      const request = new this.#driver.Request(statement.sql, settle);
      bindParameters(this.#driver, request, statement.parameters);
      this.#listen(running, request);
      running.request = request;
      if (running.paused) request.pause();
      this.#connection.execSql(request);
    }).finally(() => {
      running.request = undefined;
    });
  }

  #listen(running: Running, request: Request): void {
    /** A throw inside a listener would break the driver's parser: it ends the statement instead. */
    const guarded = <T extends unknown[]>(work: (...args: T) => void) => {
      return (...args: T) => {
        if (running.ending || running.error) return;
        try {
          work(...args);
        } catch (error) {
          running.error = error instanceof Error ? error : new Error(String(error));
          request.cancel();
        }
      };
    };
    let converters: readonly (ConvertValue | undefined)[] = [];
    request.on(
      'columnMetadata',
      guarded((metadata) => {
        if (running.columns) throw new EngineError('unsupported', 'The statement gives more than one result.');
        const columns = Array.isArray(metadata)
          ? metadata.map((column: ColumnDescription) => describeColumn(column))
          : [];
        running.columns = columns;
        converters = columns.map(converterOf);
        running.sink.columns(columns, null);
      }),
    );
    request.on(
      'row',
      guarded((cells: readonly { readonly value: unknown }[]) => {
        running.rows += 1;
        running.sink.values(
          cells.map(({ value }, index) => {
            const convert = converters[index];
            return convert === undefined || value === null ? value : convert(value);
          }),
        );
      }),
    );
    // The last count is the statement's own; triggers count before it.
    const count = (rows: number | undefined) => {
      if (rows !== undefined && running.writes) running.affectedRows = rows;
    };
    request.on('doneInProc', count);
    request.on('done', count);
  }

  /** One request of the driver as a promise. */
  #send(start: (settle: Settle) => void): Promise<void> {
    if (!this.usable) return Promise.reject(connectionLost());
    return new Promise((resolve, reject) => {
      start((error) => (error ? reject(fromRequestError(error)) : resolve()));
    });
  }

  #controlOf(running: Running): StatementControl {
    const active = () => this.#running === running && !running.ending;
    return {
      pause: () => {
        if (!active()) return;
        running.paused = true;
        running.request?.pause();
      },
      resume: () => {
        if (!active()) return;
        running.paused = false;
        running.request?.resume();
      },
      stop: () => {
        if (active()) this.#end(running, 'stopped');
      },
    };
  }

  /** Sends the attention; the driver resumes a paused request by itself, to read its end. */
  #end(running: Running, why: 'cancelled' | 'stopped' | 'timeout'): void {
    // Later reasons count for the answer, but a stopped read has had its attention already.
    const attended = running.ending !== undefined && !(running.ending === 'stopped' && running.writes);
    running.ending = why;
    if (attended) return;
    // An attention would roll a write back: what it changed stays, the rows that it shows are thrown away.
    if (why === 'stopped' && running.writes) running.request?.resume();
    else running.request?.cancel();
  }

  async cancel(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#end(running, 'cancelled');
    await running.done;
  }

  async reset(): Promise<boolean> {
    if (!this.usable || this.#busy) return false;
    this.#busy = true;
    try {
      await this.#send((settle) => this.#connection.reset(settle));
      // The server has put it back to its default.
      this.#lockTimeout = -1;
      return true;
    } catch {
      this.#hangUp();
      return false;
    } finally {
      this.#busy = false;
    }
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise<void>((resolve) => {
      this.#connection.once('end', () => resolve());
    });
    this.#connection.close();
    await ended;
  }
}

/** Runs a query of our own and keeps its rows. */
function collect(
  { driver, connection }: Pick<Session, 'driver' | 'connection'>,
  sql: string,
  parameters: readonly unknown[],
  signal: AbortSignal | undefined,
): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  return new Promise((resolve, reject) => {
    const onAbort = () => request.cancel();
    const request = new driver.Request(sql, (error) => {
      signal?.removeEventListener('abort', onAbort);
      if (error) reject(fromRequestError(error));
      else resolve(rows);
    });
    bindParameters(driver, request, parameters);
    request.on('row', (cells: readonly { readonly value: unknown }[]) => rows.push(cells.map(({ value }) => value)));
    signal?.addEventListener('abort', onAbort, { once: true });
    connection.execSql(request);
  });
}
