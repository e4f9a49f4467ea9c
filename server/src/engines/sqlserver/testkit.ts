/**
 * What the tests of this engine share: targets, stand-ins and connections that are ended after the test, a sink.
 */
import { type SqlserverStandIn, type StandInOptions, startSqlserverStandIn } from '../../../test/servers/sqlserver.ts';
import type { ConnectStage, ConnectTarget, RowSink } from '../engine.ts';
import { endedAfterEach, targetAt } from '../testing/kit.ts';
import { openConnection, type SqlserverConnection } from './connection.ts';

/** A target for a stand-in; TLS off unless said. */
export function targetOf(server: SqlserverStandIn, changes: Partial<ConnectTarget> = {}): ConnectTarget {
  return targetAt(server, { database: 'shop', username: server.username, password: server.password, ...changes });
}

const stopped = endedAfterEach<SqlserverStandIn>((server) => server.stop());
const closed = endedAfterEach<SqlserverConnection>((connection) => connection.close());

/** A stand-in that is stopped after the test. */
export async function standIn(options?: StandInOptions): Promise<SqlserverStandIn> {
  return stopped(await startSqlserverStandIn(options));
}

/** A connection that is closed after the test. */
export async function connected(
  target: ConnectTarget,
  onStage?: (stage: ConnectStage) => void,
): Promise<SqlserverConnection> {
  return closed(await openConnection(target, { signal: AbortSignal.timeout(30_000), onStage }));
}

/** Keeps rows as the engine gives them, and may act on each. */
export class ValuesSink implements RowSink {
  names: readonly string[] = [];
  kinds: readonly string[] = [];
  types: readonly string[] = [];
  readonly rows: (readonly unknown[])[] = [];
  /** Called after every row with the number of rows so far. */
  onRow: (rows: number) => void = () => {};

  columns: RowSink['columns'] = (columns) => {
    this.names = columns.map(({ name }) => name);
    this.kinds = columns.map(({ kind }) => kind);
    this.types = columns.map(({ type }) => type);
  };

  frames(): number {
    throw new Error('This engine gives values.');
  }

  values(row: readonly unknown[]): void {
    this.rows.push(row);
    this.onRow(this.rows.length);
  }
}
