/**
 * The one PostgreSQL and the one MariaDB of a test run. vitest's global setup starts each on first use and stops it at
 * the end, so a run of unit tests alone starts none. Test files ask here and make databases of their own.
 * `TEST_POSTGRESQL_URL` and `TEST_MARIADB_URL` (an administrator's URL) name servers to use instead.
 */
import { inject } from 'vitest';
import { accessMariadb, type MariadbAccess, type MariadbAddress } from './mariadb.ts';
import { accessPostgresql, type PostgresqlAccess, type PostgresqlAddress } from './postgresql.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Base URL of the global setup's own little server; `GET {url}/{kind}` answers a server's address as JSON. */
    testServers: string;
  }
}

/** The run's PostgreSQL: SCRAM, TLS with a certificate for `localhost` and 127.0.0.1 by the authority `ca`. */
export async function sharedPostgresql(): Promise<SharedPostgresql> {
  const address = await ask<PostgresqlAddress & { ca: string | null }>('postgresql');
  const access = accessPostgresql(address);
  const createStore = async () => {
    const { template } = await ask<{ template: string }>('store');
    return access.createDatabase(undefined, template);
  };
  return { ...access, ca: address.ca, createStore };
}

export interface SharedPostgresql extends PostgresqlAccess {
  readonly ca: string | null;
  /** Makes a database that has the store's schema already, and returns its name. */
  createStore(): Promise<string>;
}

/** The run's MariaDB: password sign-in, TLS with a certificate for `localhost` and 127.0.0.1 by the authority `ca`. */
export async function sharedMariadb(): Promise<MariadbAccess & { readonly ca: string | null }> {
  const address = await ask<MariadbAddress & { ca: string | null }>('mariadb');
  return { ...accessMariadb(address), ca: address.ca };
}

/** The folder of the console, built from the present sources once a run. */
export async function sharedConsole(): Promise<string> {
  return (await ask<{ folder: string }>('console')).folder;
}

async function ask<T>(kind: 'postgresql' | 'mariadb' | 'store' | 'console'): Promise<T> {
  const response = await fetch(`${inject('testServers')}/${kind}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  // The other end is our own global setup; it sends exactly this shape.
  return JSON.parse(text) as T;
}
