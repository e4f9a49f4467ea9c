/**
 * What the tests of this engine share: targets, connections that are closed at the end, blocks of the bypass corpus.
 */
import { readFileSync } from 'node:fs';
import { afterEach } from 'vitest';
import type { MariadbAddress } from '../../../test/servers/mariadb.ts';
import type { ConnectTarget } from '../engine.ts';
import { type MysqlConnection, openConnection } from './connection.ts';

/** A target for a test server; TLS off unless said. */
export function targetOf(
  server: MariadbAddress,
  database: string,
  changes: Partial<ConnectTarget> = {},
): ConnectTarget {
  return {
    host: 'localhost',
    addresses: [server.host],
    port: server.port,
    database,
    username: server.user,
    password: server.password,
    tls: { mode: 'disable' },
    options: {},
    applicationName: 'headgate',
    ...changes,
  };
}

const open: MysqlConnection[] = [];

/** A connection that is closed after the test. */
export async function connected(target: ConnectTarget): Promise<MysqlConnection> {
  const connection = await openConnection(target, { signal: AbortSignal.timeout(30_000) });
  open.push(connection);
  return connection;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
});

/** Waits until a condition of the server holds; fails after a generous time. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** One attempt of the corpus. */
export interface BypassCase {
  readonly name: string;
  readonly expected: 'read' | 'write' | 'refused';
  /** The read-only session alone does not stop it. */
  readonly escapes: boolean;
  readonly sql: string;
}

/** The published corpus of attempts to write. `{file}` in a statement is still to be replaced. */
export function bypassCases(): BypassCase[] {
  const text = readFileSync(new URL('../../../test/bypass/mysql.sql', import.meta.url), 'utf8');
  const parts = text.split(/^-- @case (.*)\n/m).slice(1);
  return Array.from({ length: parts.length / 2 }, (_, index) => {
    const head = parts[index * 2] ?? '';
    const [, name, expected, rest] = /^(\S+) expect=(read|write|refused)( envelope=escapes)?$/.exec(head) ?? [];
    if (!name || !expected) throw new Error(`A case of the corpus cannot be read: ${head}`);
    return {
      name,
      expected: expected as BypassCase['expected'], // the pattern allows no other
      escapes: rest !== undefined,
      sql: (parts[index * 2 + 1] ?? '').replace(/\n$/, ''),
    };
  });
}
