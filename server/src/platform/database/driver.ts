/**
 * Kysely on a pool of pg clients, for both kinds of store (the embedded one is a pool of one, embedded.ts).
 *
 * Beyond Kysely's own driver it names the statements that come often, so that PostgreSQL parses them once a
 * connection, and turns the errors of a lost store into StoreUnavailableError.
 */
import { createHash } from 'node:crypto';
import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type pg from 'pg';
import type { Pool, PoolClient } from 'pg';
import { sqlStateOf, translateStoreError } from './errors.ts';

/** A statement gets a name at this use; rare texts would only fill the server's memory. */
const usesBeforeName = 3;
/** At most so many named statements a connection; further texts run unnamed. */
const maxNames = 500;
/** At most so many texts are counted; then counting starts afresh. */
const maxCounted = 5_000;

/** Chooses which statements are prepared under a name. One a store: names mean the same on every connection. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  #uses = new Map<string, number>();
  #generation = 0;

  /** The name to prepare `query` under, or undefined to run it unnamed. */
  nameOf(query: CompiledQuery): string | undefined {
    const known = this.#names.get(query.sql);
    if (known !== undefined) return known;
    // Raw text without parameters may hold several statements, which cannot be prepared.
    if (query.query.kind === 'RawNode' && query.parameters.length === 0) return undefined;
    if (this.#names.size >= maxNames) return undefined;
    const uses = (this.#uses.get(query.sql) ?? 0) + 1;
    if (uses < usesBeforeName) {
      if (this.#uses.size >= maxCounted) this.#uses = new Map();
      this.#uses.set(query.sql, uses);
      return undefined;
    }
    this.#uses.delete(query.sql);
    const name = `h${this.#generation}_${createHash('sha256').update(query.sql).digest('base64url').slice(0, 22)}`;
    this.#names.set(query.sql, name);
    return name;
  }

  /** After a change of the schema under us: every statement is prepared afresh under a new name. */
  forget(): void {
    this.#generation += 1;
    this.#names.clear();
  }
}

/** "cached plan must not change result type": a table changed since the statement was prepared. */
export function isStalePlan(error: unknown): boolean {
  return sqlStateOf(error) === '0A000' && error instanceof Error && error.message.includes('cached plan');
}

class PooledConnection implements DatabaseConnection {
  readonly client: PoolClient;
  readonly #names: StatementNames;
  inTransaction = false;
  broken = false;

  constructor(client: PoolClient, names: StatementNames) {
    this.client = client;
    this.#names = names;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const name = this.#names.nameOf(query);
    try {
      return await this.#run(query, name);
    } catch (error) {
      if (name !== undefined && isStalePlan(error)) {
        this.#names.forget();
        if (!this.inTransaction) return await this.#run(query, undefined);
      }
      const translated = translateStoreError(error);
      if (translated !== error) this.broken = true;
      // The driver's stack ends in its parser: let the caller's frames show.
      if (translated instanceof Error) Error.captureStackTrace(translated, PooledConnection.prototype.executeQuery);
      throw translated;
    }
  }

  async #run<R>(query: CompiledQuery, name: string | undefined): Promise<QueryResult<R>> {
    const result = await this.client.query({ name, text: query.sql, values: query.parameters as unknown[] }); // pg does not write to it
    // A text with several statements (the queue's scripts) has a result for each: their rows, one after the other.
    if (Array.isArray(result))
      return { rows: result.flatMap((one: pg.QueryResult<R & pg.QueryResultRow>) => one.rows) };
    const { command, rowCount, rows } = result;
    const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
    return {
      rows: (command === 'ROLLBACK' ? [{ command }] : (rows ?? [])) as R[], // the type of a row is the caller's claim
      numAffectedRows: changes ? BigInt(rowCount ?? 0) : undefined,
    };
  }

  // biome-ignore lint/correctness/useYield: streaming from the store is refused, lists are paged
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('The store does not stream: read page by page.');
  }
}

class PooledDriver implements Driver {
  readonly #pool: Pool;
  readonly #names: StatementNames;

  constructor(pool: Pool, names: StatementNames) {
    this.#pool = pool;
    this.#names = names;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    try {
      return new PooledConnection(await this.#pool.connect(), this.#names);
    } catch (error) {
      throw translateStoreError(error);
    }
  }

  async beginTransaction(connection: PooledConnection, settings: TransactionSettings): Promise<void> {
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : '';
    const access = settings.accessMode ? ` ${settings.accessMode}` : '';
    await this.#command(connection, `start transaction${isolation}${access}`);
    connection.inTransaction = true;
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    connection.inTransaction = false;
    // A transaction in which a statement failed answers COMMIT with a rollback.
    if ((await this.#command(connection, 'commit')) === 'ROLLBACK') throw new AbortedTransactionError();
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    connection.inTransaction = false;
    if (connection.broken) return;
    try {
      await this.#command(connection, 'rollback');
    } catch (error) {
      connection.broken = true;
      throw error;
    }
  }

  async savepoint(connection: PooledConnection, name: string): Promise<void> {
    await this.#command(connection, `savepoint ${quoteIdentifier(name)}`);
  }

  async rollbackToSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await this.#command(connection, `rollback to ${quoteIdentifier(name)}`);
  }

  async releaseSavepoint(connection: PooledConnection, name: string): Promise<void> {
    await this.#command(connection, `release ${quoteIdentifier(name)}`);
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    connection.client.release(connection.broken);
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }

  async #command(connection: PooledConnection, text: string): Promise<string> {
    try {
      return (await connection.client.query(text)).command;
    } catch (error) {
      const translated = translateStoreError(error);
      if (translated !== error) connection.broken = true;
      throw translated;
    }
  }
}

/** Quotes a name for SQL text. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The dialect of a store on `pool`. */
export function pooledDialect(pool: Pool, names: StatementNames): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PooledDriver(pool, names),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}
