/** What the tests of this engine share: targets, connections that are closed at the end. */
import type { MariadbAddress } from '../../../test/servers/mariadb.ts';
import type { ConnectTarget } from '../engine.ts';
import { endedAfterEach, targetAt } from '../testing/kit.ts';
import { type MysqlConnection, openConnection } from './connection.ts';

/** A target for a test server; TLS off unless said. */
export function targetOf(
  server: MariadbAddress,
  database: string,
  changes: Partial<ConnectTarget> = {},
): ConnectTarget {
  return targetAt(server, { database, username: server.user, password: server.password, ...changes });
}

const closed = endedAfterEach<MysqlConnection>((connection) => connection.close());

/** A connection that is closed after the test. */
export async function connected(target: ConnectTarget): Promise<MysqlConnection> {
  return closed(await openConnection(target, { signal: AbortSignal.timeout(30_000) }));
}

/** Waits until a condition of the server holds; fails after a generous time. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
