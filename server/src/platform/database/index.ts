/**
 * The store: everything Headgate remembers, in an embedded PostgreSQL (PGlite in the data folder) or in a
 * PostgreSQL server. One SQL dialect, one driver and one set of migrations for both.
 *
 * May be imported by everything; imports nothing of ours but its siblings in platform/.
 *
 * Rules for callers: inside `transaction` use only its `trx` (the embedded store has one connection, which the
 * transaction holds); write jsonb values that are arrays or plain values through `json()`; compare bytes with
 * `toBuffer()`.
 */
import { join } from 'node:path';
import { Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { Logger } from 'pino';
import { isStalePlan, pooledDialect, StatementNames } from './driver.ts';
import { sqlStateOf, translateStoreError } from './errors.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { migrate } from './migrate.ts';
import { type Connections, embeddedConnections, serverConnections } from './postgresql.ts';
import type { DB } from './schema.generated.ts';

export {
  isForeignKeyViolation,
  isUniqueViolation,
  StoreRefusedError,
  StoreUnavailableError,
  sqlStateOf,
} from './errors.ts';
export type { DB } from './schema.generated.ts';
export { toBuffer } from './values.ts';

/** What runs queries: the store's `db`, or a transaction. */
export type Executor = Kysely<DB>;

export interface Store {
  readonly kind: 'pglite' | 'postgresql';
  /** For single statements outside a transaction. */
  readonly db: Kysely<DB>;
  /**
   * Runs `work` in a transaction and commits it. Deadlocks and serialisation failures are tried again, up to 3
   * times in all: `work` must not do anything outside the database. A statement that fails ends the transaction.
   */
  transaction<T>(work: (trx: Transaction<DB>) => Promise<T>): Promise<T>;
  /** Calls `onPayload` for every notification on `channel`; the answer stops it. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  /** Whether notifications arrive now. While false, what is cached by notification must be looked up afresh. */
  readonly listening: boolean;
  /** Calls `tell` whenever notifications arrive again after a time in which they were missed. */
  onReconnect(tell: () => void): () => void;
  /** Rejects with StoreUnavailableError when the store does not answer. */
  ping(): Promise<void>;
  /** Ends all connections, and frees the folder. */
  close(): Promise<void>;
  /** Where the store's server is (decisions.md 32: it is never a source); null when embedded. */
  readonly endpoint: { host: string; port: number; database: string; username: string } | null;
}

export interface StoreConfig {
  /** Folder of the embedded store (it lives in `store/` below); unused with `databaseUrl`. */
  readonly dataDir: string;
  readonly databaseUrl?: string | undefined;
  /** Connections to a PostgreSQL server; default 20. */
  readonly poolSize?: number | undefined;
}

const defaultPoolSize = 20;
const attempts = 3;

/**
 * Opens the store: locks its folder, starts or connects, applies missing migrations.
 * Throws StoreRefusedError when it cannot be used as it is, StoreUnavailableError when it does not answer.
 */
export async function openStore(config: StoreConfig, log: Logger): Promise<Store> {
  let lock: FolderLock | undefined;
  let connections: Connections | undefined;
  try {
    if (config.databaseUrl === undefined) {
      lock = lockFolder(config.dataDir);
      connections = await embeddedConnections(join(config.dataDir, 'store'), log);
    } else {
      connections = await serverConnections(config.databaseUrl, config.poolSize ?? defaultPoolSize, log);
    }
    const db = new Kysely<DB>({ dialect: pooledDialect(connections.pool, new StatementNames()) });
    await migrate(db as unknown as Kysely<unknown>, log); // the migrator knows no tables
    await connections.listener.open();
    return new OpenStore(db, connections, lock);
  } catch (error) {
    await connections?.close().catch(() => {});
    lock?.release();
    throw translateStoreError(error);
  }
}

class OpenStore implements Store {
  readonly db: Kysely<DB>;
  readonly #connections: Connections;
  readonly #lock: FolderLock | undefined;
  #closing: Promise<void> | undefined;

  constructor(db: Kysely<DB>, connections: Connections, lock: FolderLock | undefined) {
    this.db = db;
    this.#connections = connections;
    this.#lock = lock;
  }

  get kind(): Store['kind'] {
    return this.#connections.kind;
  }

  get endpoint(): Store['endpoint'] {
    return this.#connections.endpoint;
  }

  get listening(): boolean {
    return this.#connections.listener.listening;
  }

  async transaction<T>(work: (trx: Transaction<DB>) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.db.transaction().execute(work);
      } catch (error) {
        if (attempt >= attempts || !isWorthRetrying(error)) throw error;
      }
    }
  }

  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#connections.listener.listen(channel, onPayload);
  }

  onReconnect(tell: () => void): () => void {
    return this.#connections.listener.onReconnect(tell);
  }

  async ping(): Promise<void> {
    await sql`select 1`.execute(this.db);
  }

  close(): Promise<void> {
    this.#closing ??= this.#connections.close().finally(() => this.#lock?.release());
    return this.#closing;
  }
}

/** Serialisation failure, deadlock, or a plan that a migration on another node made stale. */
function isWorthRetrying(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40001' || state === '40P01' || isStalePlan(error);
}

/** Sends a notification when the executor's transaction commits. `payload` is at most 7,999 bytes. */
export async function notify(executor: Executor, channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(executor);
}

/** A value for a jsonb column. Needed for arrays, strings and null, which the driver would write differently. */
export function json<T>(value: T): RawBuilder<T> {
  return sql<T>`${JSON.stringify(value)}::jsonb`;
}
