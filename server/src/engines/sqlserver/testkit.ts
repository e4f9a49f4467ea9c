/**
 * What the tests of this engine share: targets, connections that are closed at the end, blocks of the bypass corpus.
 */
import { readFileSync } from 'node:fs';
import { afterEach } from 'vitest';
import { type SqlserverStandIn, type StandInOptions, startSqlserverStandIn } from '../../../test/servers/sqlserver.ts';
import type { ConnectStage, ConnectTarget, RowSink } from '../engine.ts';
import { openConnection, type SqlserverConnection } from './connection.ts';

/** A target for a stand-in; TLS off unless said. */
export function targetOf(server: SqlserverStandIn, changes: Partial<ConnectTarget> = {}): ConnectTarget {
  return {
    host: 'localhost',
    addresses: [server.host],
    port: server.port,
    database: 'shop',
    username: server.username,
    password: server.password,
    tls: { mode: 'disable' },
    options: {},
    applicationName: 'headgate',
    ...changes,
  };
}

const open: { close(): Promise<void> }[] = [];
const servers: SqlserverStandIn[] = [];

/** A stand-in that is stopped after the test. */
export async function standIn(options?: StandInOptions): Promise<SqlserverStandIn> {
  const server = await startSqlserverStandIn(options);
  servers.push(server);
  return server;
}

/** A connection that is closed after the test. */
export async function connected(
  target: ConnectTarget,
  onStage?: (stage: ConnectStage) => void,
): Promise<SqlserverConnection> {
  const connection = await openConnection(target, { signal: AbortSignal.timeout(30_000), onStage });
  open.push(connection);
  return connection;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

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

/** One attempt of the corpus. */
export interface BypassCase {
  readonly name: string;
  readonly expected: 'read' | 'write' | 'refused';
  readonly sql: string;
}

/** The published corpus of attempts to write. */
export function bypassCases(): BypassCase[] {
  const text = readFileSync(new URL('../../../test/bypass/sqlserver.sql', import.meta.url), 'utf8');
  const parts = text.split(/^-- @case (.*)\n/m).slice(1);
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    const head = parts[index * 2] ?? '';
    const [, name, expected] = /^(\S+) expect=(read|write|refused)(?: envelope=escapes)?$/.exec(head) ?? [];
    if (!name || !expected) throw new Error(`A case of the corpus cannot be read: ${head}`);
    return {
      name,
      expected: expected as BypassCase['expected'], // the pattern allows no other
      sql: (parts[index * 2 + 1] ?? '').replace(/\n$/, ''),
    };
  });
}
