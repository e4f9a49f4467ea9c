/**
 * One signed-in connection that runs statements: streaming in batches, stop, cancel.
 *
 * Every statement runs in a logical session of its own, so that nothing is left for the next one, and so that it can be
 * ended by `killSessions`, which a user may always do to its own sessions. A statement's life: `running` → (`ending`:
 * cancel or stop asked for it) → ended. While the server works on a command it is killed over the client's second
 * connection, again until it has ended, since the first may come before it; between two batches nothing runs, and closing
 * the cursor is enough. A client that needed its second connection is closed: `sessionId` would no longer tell the truth.
 */
import type { ClientSession, Document, ReadPreferenceLike } from 'mongodb';
import {
  type ConnectTarget,
  type EngineConnection,
  EngineError,
  type RowSink,
  type StatementControl,
  type StatementRequest,
  type StatementResult,
} from '../engine.ts';
import { Binder } from './bind.ts';
import { type ConnectHooks, command, type Opened, open } from './connect.ts';
import { connectionLost, fromAnswer, fromDriver } from './errors.ts';
import { StatementSyntaxError } from './json.ts';
import { columnsOf, readStatementText, type Statement } from './statement.ts';
import { DECODING, jsonOf, valueAt } from './types.ts';

/** Documents in a batch; the server ends one earlier at 16 MiB. */
const BATCH = 1000;
/** Documents decoded at once, and characters handed over, before others get their turn. */
const DECODED = 50;
const TURN_CHARACTERS = 256 * 1024;
/** The server's number for what cannot be done in a transaction. */
const NO_TRANSACTIONS_HERE = '263';
/** And for a snapshot that is not to be had: SnapshotUnavailable, InvalidOptions, ReadConcernMajorityNotEnabled. */
const NO_SNAPSHOT: ReadonlySet<string> = new Set(['246', '72', '148']);
const KILL_FIRST_WAIT_MS = 20;
const KILL_LONGEST_WAIT_MS = 200;
/** How long a statement may survive repeated kills before its connection is torn down. */
const KILL_PATIENCE_MS = 2_000;

/** Connects and signs in. */
export async function openConnection(target: ConnectTarget, hooks: ConnectHooks): Promise<MongodbConnection> {
  return new MongodbConnection(target, await open(target, hooks));
}

/** One statement on its way. */
interface Running {
  readonly sink: RowSink;
  readonly session: ClientSession;
  rows: number;
  /** The sink knows the columns: what comes now cannot be begun again. */
  described: boolean;
  ending: 'cancelled' | 'stopped' | undefined;
  /** The server works on a command of it. */
  inFlight: boolean;
  finished: boolean;
  paused: PromiseWithResolvers<void> | undefined;
  /** Settles when nothing of it runs any more; never rejects. */
  readonly done: PromiseWithResolvers<void>;
}

export class MongodbConnection implements EngineConnection {
  readonly database: string;
  readonly #opened: Opened;
  readonly #readConcern: string;
  #running: Running | undefined;
  #ending: Promise<void> | undefined;
  #closed = false;

  constructor(target: ConnectTarget, opened: Opened) {
    this.#opened = opened;
    this.database = target.database;
    this.#readConcern = readConcern(target, opened);
    opened.client.on('connectionClosed', () => {
      this.#closed = true;
    });
  }

  get sessionId(): string {
    return this.#opened.sessionId;
  }

  get serverVersion(): string {
    return this.#opened.serverVersion;
  }

  get encrypted(): boolean {
    return this.#opened.encrypted;
  }

  get usable(): boolean {
    return !this.#closed;
  }

  async run(
    request: StatementRequest,
    sink: RowSink,
    started?: (control: StatementControl) => void,
  ): Promise<StatementResult> {
    const statement = checked(request);
    if (this.#ending) await this.#ending;
    if (this.#closed) throw connectionLost();
    if (this.#running) throw new EngineError('statement_failed', 'The connection is busy with another statement.');
    const document = this.#documentOf(statement, request);
    const running: Running = {
      sink,
      session: this.#opened.client.startSession({ causalConsistency: false }),
      rows: 0,
      described: false,
      ending: undefined,
      inFlight: false,
      finished: false,
      paused: undefined,
      done: Promise.withResolvers(),
    };
    this.#running = running;
    try {
      started?.(this.#controlOf(running));
      const affectedRows = await this.#execute(running, statement, document);
      if (running.ending === 'cancelled' && statement.access === 'read') throw cancelled();
      return { rows: running.rows, affectedRows, stopped: running.ending === 'stopped' };
    } catch (error) {
      return this.#failed(running, statement, error);
    } finally {
      await running.session.endSession().catch(() => {});
      running.finished = true;
      running.done.resolve();
      this.#running = undefined;
      if (this.#ending) await this.#ending;
    }
  }

  #failed(running: Running, { access }: Statement, error: unknown): StatementResult {
    if (running.ending === 'stopped' && access === 'read') {
      return { rows: running.rows, affectedRows: null, stopped: true };
    }
    if (running.ending === 'cancelled') throw cancelled(error);
    const explained = fromDriver(error);
    if (explained.fatal) void this.close();
    throw explained;
  }

  #execute(running: Running, statement: Statement, document: Document): Promise<number | null> {
    if (statement.access === 'write') return this.#write(running, statement, document);
    const cursor = statement.command === 'find' || statement.command === 'aggregate';
    return cursor ? this.#stream(running, statement, document) : this.#single(running, statement, document);
  }

  /** The command as it is sent: bound, with the limits and the guarantees that are ours to set. */
  #documentOf(statement: Statement, { parameters, timeoutMs }: StatementRequest): Document {
    const binder = new Binder(this.#opened.driver, parameters);
    const document: Document = {};
    for (const [name, value] of statement.members) document[name] = binder.value(value);
    binder.finish();
    if (timeoutMs > 0) document.maxTimeMS = Math.ceil(timeoutMs);
    if (statement.command === 'find') {
      document.batchSize = BATCH;
      if (statement.fields !== null) document.projection = projectionOf(statement.fields);
    }
    if (statement.command === 'aggregate') document.cursor = { batchSize: BATCH };
    if (statement.access === 'read') document.readConcern = { level: this.#concernOf(statement) };
    return document;
  }

  /** The server gives snapshots to cursors; `count` and `distinct` are one command each. */
  #concernOf({ command: name }: Statement): string {
    const cursor = name === 'find' || name === 'aggregate';
    return this.#readConcern === 'snapshot' && !cursor ? 'local' : this.#readConcern;
  }

  /** Some collections have no snapshots (capped ones, those that were just made): they are read as they are. */
  async #stream(running: Running, statement: Statement, document: Document): Promise<null> {
    try {
      return await this.#streamOf(running, statement, document);
    } catch (error) {
      const none = document.readConcern.level === 'snapshot' && NO_SNAPSHOT.has(fromDriver(error).nativeCode ?? '');
      if (!none || running.described) throw error;
      return this.#streamOf(running, statement, { ...document, readConcern: { level: 'local' } });
    }
  }

  async #streamOf(running: Running, statement: Statement, document: Document): Promise<null> {
    const { sink, session } = running;
    const { client } = this.#opened;
    const { readPreference } = client;
    const cursor = client.db(this.database).runCursorCommand(document, { session, readPreference, ...DECODING });
    cursor.setBatchSize(BATCH);
    const paths = statement.fields?.map((name) => name.split('.')) ?? null;
    try {
      let more = await this.#inFlight(running, () => cursor.hasNext());
      if (running.ending) return null;
      running.described = true;
      sink.columns(columnsOf(statement), null);
      for (let characters = 0; more && !running.ending; ) {
        for (const row of cursor.readBufferedDocuments(DECODED)) {
          if (running.paused) await running.paused.promise;
          if (running.ending) break;
          characters += emit(running, rowOf(row, paths));
        }
        if (characters > TURN_CHARACTERS) {
          characters = 0;
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (running.ending) break;
        more = cursor.bufferedCount() > 0 || (await this.#inFlight(running, () => cursor.hasNext()));
      }
    } finally {
      await cursor.close().catch(() => {});
    }
    return null;
  }

  /** `count` and `distinct`: one answer holds everything. */
  async #single(running: Running, statement: Statement, document: Document): Promise<null> {
    const answer = await this.#command(running, document, this.#opened.client.readPreference);
    if (running.ending) return null;
    running.sink.columns(columnsOf(statement), null);
    if (statement.command === 'count') {
      emit(running, [String(answer.n)]);
      return null;
    }
    const values: unknown[] = Array.isArray(answer.values) ? answer.values : [];
    for (const value of values) {
      if (running.paused) await running.paused.promise;
      if (running.ending) break;
      emit(running, [cell(value)]);
    }
    return null;
  }

  /** One statement, all of it or nothing where the server and the collection have transactions. */
  async #write(running: Running, statement: Statement, document: Document): Promise<number | null> {
    let answer: Document;
    try {
      answer = await (this.#opened.replicated
        ? this.#writeAtOnce(running, document)
        : this.#writePlainly(running, statement, document));
    } catch (error) {
      // Time series and capped collections take no transactions; nothing was done so far.
      if (fromDriver(error).nativeCode !== NO_TRANSACTIONS_HERE) throw error;
      answer = await this.#writePlainly(running, statement, document);
    }
    return this.#written(running, statement, answer);
  }

  async #writePlainly(running: Running, statement: Statement, document: Document): Promise<Document> {
    const answer = await this.#command(running, document, 'primary');
    const done = `${Number(answer.n ?? 0)} documents were written before (${statement.command}).`;
    refuseFailed(answer, done);
    return answer;
  }

  async #writeAtOnce(running: Running, document: Document): Promise<Document> {
    const { session } = running;
    session.startTransaction({ readPreference: 'primary', writeConcern: { w: 'majority' } });
    try {
      const answer = await this.#command(running, document, 'primary');
      refuseFailed(answer, 'Nothing of the statement was written.');
      await this.#inFlight(running, () => session.commitTransaction());
      return answer;
    } catch (error) {
      if (session.inTransaction()) await session.abortTransaction().catch(() => {});
      throw error;
    }
  }

  #written(running: Running, statement: Statement, answer: Document): number | null {
    running.sink.columns(columnsOf(statement), null);
    switch (statement.command) {
      case 'update': {
        const upserted: unknown[] = Array.isArray(answer.upserted) ? answer.upserted : [];
        return Number(answer.nModified ?? 0) + upserted.length;
      }
      case 'findAndModify':
        if (answer.value) emit(running, rowOf(answer.value, null));
        return Number(answer.lastErrorObject?.n ?? 0);
      default:
        return Number(answer.n ?? 0);
    }
  }

  #command(running: Running, document: Document, readPreference: ReadPreferenceLike): Promise<Document> {
    const { session } = running;
    const database = this.#opened.client.db(this.database);
    return this.#inFlight(running, () => database.command(document, { session, readPreference, ...DECODING }));
  }

  /** Something the server works on, so that ending it means killing it there. */
  async #inFlight<T>(running: Running, work: () => Promise<T>): Promise<T> {
    if (running.ending) throw cancelled();
    running.inFlight = true;
    try {
      return await work();
    } finally {
      running.inFlight = false;
    }
  }

  #controlOf(running: Running): StatementControl {
    return {
      pause: () => {
        if (!running.ending) running.paused ??= Promise.withResolvers();
      },
      resume: () => wake(running),
      stop: () => {
        if (this.#running === running) this.#end(running, 'stopped');
      },
    };
  }

  async cancel(): Promise<void> {
    const running = this.#running;
    if (running) {
      this.#end(running, 'cancelled');
      await running.done.promise;
    }
    await this.#ending;
  }

  #end(running: Running, how: 'cancelled' | 'stopped'): void {
    if (running.ending === 'cancelled' || running.ending === how) return;
    running.ending = how;
    wake(running);
    if (!running.inFlight || this.#ending) return;
    this.#ending = this.#kill(running).finally(() => {
      this.#ending = undefined;
    });
  }

  async #kill(running: Running): Promise<void> {
    const { client } = this.#opened;
    const deadline = performance.now() + KILL_PATIENCE_MS;
    const killSessions = [{ id: running.session.id?.id }];
    try {
      for (let wait = KILL_FIRST_WAIT_MS; running.inFlight; wait = Math.min(wait * 2, KILL_LONGEST_WAIT_MS)) {
        if (performance.now() > deadline) break;
        await command(client, 'admin', { killSessions });
        if (running.inFlight) await settledWithin(running.done.promise, wait);
      }
    } catch {
      // The server may let nobody else in: tearing the connection down makes it give up the command as well.
    }
    await this.close();
  }

  /** Runs a command of the engine itself on the source's database, or on another one. */
  async command(document: Document, database = this.database): Promise<Document> {
    if (this.#ending) await this.#ending;
    if (this.#closed) throw connectionLost();
    return command(this.#opened.client, database, document);
  }

  /** Documents in their wire form, for the catalog. Throws EngineError. */
  async *documents(document: Document, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const bytes of this.#all(document, { raw: true })) {
      if (signal.aborted) throw new EngineError('cancelled', 'The request was given up.', { cause: signal.reason });
      yield bytes as Uint8Array; // what `raw` makes of documents
    }
  }

  /** Every document of a command that answers with a cursor, decoded. Throws EngineError. */
  list(document: Document): AsyncGenerator<Document> {
    return this.#all(document, DECODING);
  }

  async *#all(document: Document, decoding: { raw: true } | typeof DECODING): AsyncGenerator<Document> {
    if (this.#ending) await this.#ending;
    if (this.#closed) throw connectionLost();
    const readPreference = this.#opened.client.readPreference;
    const cursor = this.#opened.client.db(this.database).runCursorCommand(document, { readPreference, ...decoding });
    cursor.setBatchSize(BATCH);
    try {
      yield* cursor;
    } catch (error) {
      throw fromDriver(error);
    } finally {
      await cursor.close().catch(() => {});
    }
  }

  /** Sessions of the server are made for each statement: there is nothing to clean. */
  async reset(): Promise<boolean> {
    if (this.#ending) await this.#ending;
    return this.usable && this.#running === undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opened.client.close().catch(() => {});
  }
}

/** The gateway has asked before; on this engine the answer is what keeps a read from writing, so it is asked again. */
function checked({ sql, access }: StatementRequest): Statement {
  let statement: Statement;
  try {
    statement = readStatementText(sql);
  } catch (error) {
    if (error instanceof StatementSyntaxError) throw new EngineError('unsupported', error.message, { cause: error });
    throw error;
  }
  if (access === 'read' && statement.access !== 'read') {
    throw new EngineError('read_only', 'The statement is not a read.');
  }
  return statement;
}

/** `snapshot` where the server has it (5.0 on replica sets): a whole collection as it was at one moment. */
function readConcern({ options }: ConnectTarget, { replicated, serverVersion }: Opened): string {
  const wanted = typeof options.readConcern === 'string' ? options.readConcern : 'snapshot';
  return wanted === 'snapshot' && (!replicated || Number.parseInt(serverVersion, 10) < 5) ? 'local' : wanted;
}

/** A field below another one that is asked for as well comes with that one; `_id` only comes when it is asked for. */
function projectionOf(fields: readonly string[]): Document {
  const below = (field: string): boolean => fields.some((other) => field.startsWith(`${other}.`));
  const sent = fields.filter((field) => !below(field));
  const projection = new Map<string, number>(sent.map((field) => [field, 1]));
  if (!sent.some((field) => field === '_id' || field.startsWith('_id.'))) projection.set('_id', 0);
  return projection;
}

function rowOf(document: Document, paths: readonly (readonly string[])[] | null): (string | null)[] {
  return paths === null ? [jsonOf(document)] : paths.map((path) => cell(valueAt(document, path)));
}

/** Null and what is missing are no value; everything else is JSON text. */
function cell(value: unknown): string | null {
  return value === null || value === undefined ? null : jsonOf(value);
}

/** Hands a row over; its size in characters. A row that met the consumer's limit is not counted. */
function emit(running: Running, row: readonly (string | null)[]): number {
  running.sink.values(row);
  if (!running.ending) running.rows += 1;
  return row.reduce((sum, one) => sum + (one?.length ?? 4), 0);
}

function wake(running: Running): void {
  running.paused?.resolve();
  running.paused = undefined;
}

/** Writes answer `ok` although some of their documents were refused. */
function refuseFailed(answer: Document, detail: string): void {
  const [failure] = Array.isArray(answer.writeErrors) ? answer.writeErrors : [answer.writeConcernError];
  if (!failure) return;
  const { code, message, nativeCode } = fromAnswer(failure);
  throw new EngineError(code, message, { nativeCode, detail });
}

function cancelled(cause?: unknown): EngineError {
  return new EngineError('cancelled', 'The statement was cancelled.', { cause });
}

function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
