/**
 * A signed-in session: commands go out, answers come back in order.
 *
 * Commands may be sent back to back before their answers arrive: the server works through them in turn. Each waiting
 * answer is an `Exchange`; the first in the queue gets the packets.
 */
import type { EngineError } from '../engine.ts';
import { fromServerError, protocolError } from './errors.ts';
import {
  COMMAND,
  type ColumnDefinition,
  command,
  HEADER,
  type Ok,
  parseColumn,
  parseError,
  parseOk,
  Reader,
  STATUS_MORE_RESULTS,
} from './protocol.ts';
import type { PacketHandler, Wire } from './wire.ts';

/** The answer to one command. */
export interface Exchange {
  readonly expectsRows: boolean;
  /** Complete row frames (see `PacketHandler.rows`). */
  rows(buffer: Buffer, start: number, end: number, count: number): void;
  /** One packet; true when the answer is complete. */
  packet(buffer: Buffer, start: number, end: number): boolean;
  /** The connection ended before the answer did. */
  failed(error: EngineError): void;
}

/** What the server told about itself and us at sign-in. */
export interface SessionFacts {
  readonly threadId: number;
  /** As the server prints it, without MariaDB's historic `5.5.5-`. */
  readonly serverVersion: string;
  readonly mariadb: boolean;
  readonly encrypted: boolean;
  /** MariaDB's extended column metadata was agreed upon. */
  readonly extendedMetadata: boolean;
}

export class Session implements PacketHandler {
  readonly facts: SessionFacts;
  readonly wire: Wire;
  readonly #queue: Exchange[] = [];
  #onClosed: ((error: EngineError) => void) | undefined;

  constructor(wire: Wire, facts: SessionFacts) {
    this.wire = wire;
    this.facts = facts;
    wire.handler = this;
  }

  get usable(): boolean {
    return this.wire.dead === undefined;
  }

  /** Called once when the connection ends by itself. */
  set onClosed(listener: (error: EngineError) => void) {
    this.#onClosed = listener;
  }

  get expectsRows(): boolean {
    return this.#queue.length > 0 && this.#queue[0]!.expectsRows;
  }

  rows(buffer: Buffer, start: number, end: number, count: number): void {
    this.#queue[0]!.rows(buffer, start, end, count);
  }

  packet(buffer: Buffer, start: number, end: number): void {
    const exchange = this.#queue[0];
    if (!exchange) {
      // E.g. the server says goodbye to an idle connection.
      const error = buffer[start] === HEADER.error ? fromServerError(parseError(buffer, start, end)) : undefined;
      this.wire.destroy(error ?? protocolError('The server spoke without being asked.'));
      return;
    }
    if (exchange.packet(buffer, start, end)) this.#queue.shift();
  }

  closed(error: EngineError): void {
    for (const exchange of this.#queue.splice(0)) exchange.failed(error);
    this.#onClosed?.(error);
  }

  /** Sends commands in one write and queues the exchanges that wait for their answers, in the same order. */
  send(bytes: Buffer, ...exchanges: readonly Exchange[]): void {
    const dead = this.wire.dead;
    if (dead) {
      for (const exchange of exchanges) exchange.failed(dead);
      return;
    }
    this.#queue.push(...exchanges);
    this.wire.send(bytes);
  }

  /** Runs a statement of ours that answers without rows. */
  execute(sql: string): Promise<Ok> {
    return new Promise((resolve, reject) => {
      this.send(command(COMMAND.query, sql), new OkExchange(resolve, reject));
    });
  }

  /** Runs a query of ours and collects its rows as text. Only for small results. */
  query(sql: string): Promise<(string | null)[][]> {
    return new Promise((resolve, reject) => {
      const rows: (string | null)[][] = [];
      const exchange = new ResultExchange(this, {
        columns: () => {},
        rows: (buffer, start, end) => {
          for (let at = start; at < end; at += 4 + buffer.readUIntLE(at, 3)) rows.push(textRow(buffer, at, end));
        },
        done: (error) => (error ? reject(error) : resolve(rows)),
      });
      this.send(command(COMMAND.query, sql), exchange);
    });
  }

  /** Says goodbye. */
  close(): void {
    this.wire.end(command(COMMAND.quit));
  }
}

function textRow(buffer: Buffer, at: number, end: number): (string | null)[] {
  const reader = new Reader(buffer, at + 4, Math.min(end, at + 4 + buffer.readUIntLE(at, 3)));
  const row: (string | null)[] = [];
  while (reader.left > 0) {
    const [first] = reader.bytes(1);
    if (first === 0xfb) {
      row.push(null);
      continue;
    }
    let length = first!;
    if (first === 0xfc) length = reader.uint(2);
    else if (first === 0xfd) length = reader.uint(3);
    row.push(reader.bytes(length).toString('utf8'));
  }
  return row;
}

/** An answer that is one packet: OK or an error. */
export class OkExchange implements Exchange {
  readonly expectsRows = false;
  readonly #resolve: (ok: Ok) => void;
  readonly #reject: (error: EngineError) => void;

  constructor(resolve: (ok: Ok) => void, reject: (error: EngineError) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  rows(): void {
    throw protocolError('The server sent rows where none were expected.');
  }

  packet(buffer: Buffer, start: number, end: number): boolean {
    if (buffer[start] === HEADER.error) this.#reject(fromServerError(parseError(buffer, start, end)));
    else if (buffer[start] === HEADER.ok) this.#resolve(parseOk(buffer, start, end));
    else throw protocolError('The server sent a result where none was expected.');
    return true;
  }

  failed(error: EngineError): void {
    this.#reject(error);
  }
}

/** Where a result goes. */
export interface ResultReceiver {
  columns(columns: readonly ColumnDefinition[]): void;
  rows(buffer: Buffer, start: number, end: number, count: number): void;
  /** Exactly once: `ok` for a statement without rows, nothing for a complete result, else the error. */
  done(error: EngineError | undefined, ok?: Ok): void;
}

/** An answer that may be a result set, in the text or in the binary protocol. */
export class ResultExchange implements Exchange {
  expectsRows = false;
  readonly #session: Session;
  readonly #receiver: ResultReceiver;
  readonly #columns: ColumnDefinition[] = [];
  #expected = -1;

  constructor(session: Session, receiver: ResultReceiver) {
    this.#session = session;
    this.#receiver = receiver;
  }

  rows(buffer: Buffer, start: number, end: number, count: number): void {
    this.#receiver.rows(buffer, start, end, count);
  }

  packet(buffer: Buffer, start: number, end: number): boolean {
    const first = buffer[start];
    if (first === HEADER.error) {
      this.#receiver.done(fromServerError(parseError(buffer, start, end)));
      return true;
    }
    if (this.#expected < 0) return this.#header(buffer, start, end);
    if (this.#columns.length < this.#expected) {
      this.#columns.push(parseColumn(new Reader(buffer, start, end), this.#session.facts.extendedMetadata));
      return false;
    }
    if (first !== HEADER.eof || end - start >= 9) throw protocolError('The end of a list was expected.');
    if (!this.expectsRows) {
      this.expectsRows = true;
      this.#receiver.columns(this.#columns);
      return false;
    }
    if (buffer.readUInt16LE(start + 3) & STATUS_MORE_RESULTS) {
      throw protocolError('The server sent more than one result.');
    }
    this.#receiver.done(undefined);
    return true;
  }

  #header(buffer: Buffer, start: number, end: number): boolean {
    const first = buffer[start];
    if (first === HEADER.localInfile) {
      // Answering would hand a file of this machine to the server.
      throw protocolError('The server asked for a local file.');
    }
    if (first === HEADER.ok) {
      const ok = parseOk(buffer, start, end);
      if (ok.status & STATUS_MORE_RESULTS) throw protocolError('The server sent more than one result.');
      this.#receiver.done(undefined, ok);
      return true;
    }
    this.#expected = new Reader(buffer, start, end).lengthEncoded();
    return false;
  }

  failed(error: EngineError): void {
    this.#receiver.done(error);
  }
}

/** A prepared statement on the server. */
export interface Prepared {
  readonly id: number;
  readonly parameters: number;
}

/** The answer to a preparation: the statement's number, then the descriptions of its parameters and columns. */
export class PrepareExchange implements Exchange {
  readonly expectsRows = false;
  readonly #resolve: (prepared: Prepared) => void;
  readonly #reject: (error: EngineError) => void;
  #prepared: Prepared | undefined;
  /** Packets still to come that we do not need. */
  #left = 0;

  constructor(resolve: (prepared: Prepared) => void, reject: (error: EngineError) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  rows(): void {
    throw protocolError('The server sent rows where none were expected.');
  }

  packet(buffer: Buffer, start: number, end: number): boolean {
    if (!this.#prepared) {
      if (buffer[start] === HEADER.error) {
        this.#reject(fromServerError(parseError(buffer, start, end)));
        return true;
      }
      const reader = new Reader(buffer, start + 1, end);
      const id = reader.uint(4);
      const columns = reader.uint(2);
      const parameters = reader.uint(2);
      this.#prepared = { id, parameters };
      // Each list ends with an EOF packet.
      this.#left = (columns > 0 ? columns + 1 : 0) + (parameters > 0 ? parameters + 1 : 0);
    } else this.#left -= 1;
    if (this.#left > 0) return false;
    this.#resolve(this.#prepared);
    return true;
  }

  failed(error: EngineError): void {
    this.#reject(error);
  }
}
