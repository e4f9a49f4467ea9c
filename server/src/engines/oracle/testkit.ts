/**
 * A driver in memory for the tests of this engine: a server of scripted answers that notes what is asked of it. It
 * behaves like the real driver where the engine depends on it: rows come in batches, converters run on values, a break
 * ends the call on its way with ORA-01013, a destroyed session rejects with NJS-500.
 */
import { CollectingSink } from '../collect.ts';
import type { ConnectTarget, Engine, RowSink } from '../engine.ts';
import { targetAt } from '../testing/kit.ts';
import { SESSION_SETTINGS } from './connect.ts';
import type { Driver, DriverColumn, DriverConnection, DriverFailure, DriverResult, FetchAs } from './driver.ts';
import { oracleEngineOver } from './index.ts';
import type { OracleConnection } from './query.ts';

/** What a statement is answered with. */
export interface Answer {
  readonly columns?: readonly DriverColumn[];
  readonly rows?: Iterable<readonly unknown[]>;
  readonly affected?: number;
  readonly error?: DriverFailure;
  /** The call that would give this row (or, at −1, the execution) does not end before a break. */
  readonly hangsAt?: number;
  /** A break does not help either. */
  readonly deaf?: boolean;
  /** A break comes too late: the call ends as if there had been none. */
  readonly late?: boolean;
}

/** An error as the driver throws it. */
export function failure(code: string, message: string, more: { offset?: number } = {}): DriverFailure {
  const errorNum = code.startsWith('ORA-') ? Number(code.slice(4)) : undefined;
  return Object.assign(new Error(`${code}: ${message}`), { code, ...(errorNum ? { errorNum } : {}), ...more });
}

export const column = (name: string, dbTypeName = 'VARCHAR2', more: Partial<DriverColumn> = {}): DriverColumn => ({
  name,
  dbTypeName,
  byteSize: dbTypeName === 'VARCHAR2' ? 4000 : 22,
  ...more,
});

/** A query's answer with text columns of these names. */
export const rowsOf = (names: readonly string[], rows: readonly (readonly unknown[])[]): Answer => ({
  columns: names.map((name) => column(name)),
  rows,
});

type Script = readonly [pattern: RegExp, answer: Answer | ((binds: Readonly<Record<string, unknown>>) => Answer)];

export class FakeServer {
  /** What was asked for, in order: statements, `commit`, `rollback`, `break`, `close`, `destroy`. */
  readonly log: string[] = [];
  /** Values of the last statement that had some. */
  binds: Readonly<Record<string, unknown>> = {};
  /** The largest number of rows asked for at a time since it was last set to 0. */
  largestBatch = 0;
  /** The limits set for calls, in order. */
  readonly timeouts: number[] = [];
  /** The password that signs in. */
  password = 'secret';
  readonly #scripts: Script[] = [
    [/^SELECT SYS_CONTEXT\('USERENV', 'SID'\)/, rowsOf(['SID'], [['4711']])],
    [/^(?:ALTER SESSION|SET TRANSACTION READ ONLY|BEGIN DBMS_SESSION)/, {}],
  ];

  /** Later scripts win. */
  on(pattern: RegExp, answer: Script[1]): this {
    this.#scripts.unshift([pattern, answer]);
    return this;
  }

  get driver(): Driver {
    return {
      connect: async (_attempt, login) => {
        if (login.password !== this.password) {
          throw failure(
            'ORA-01017',
            'invalid username/password; logon denied\nHelp: https://docs.oracle.com/error-help',
          );
        }
        return new FakeSession(this);
      },
    };
  }

  get engine(): Engine {
    return oracleEngineOver(() => this.driver);
  }

  answerTo(sql: string, binds: Readonly<Record<string, unknown>>): Answer {
    const found = this.#scripts.find(([pattern]) => pattern.test(sql.trim()));
    if (!found) throw failure('ORA-00942', 'table or view does not exist', { offset: 14 });
    return typeof found[1] === 'function' ? found[1](binds) : found[1];
  }
}

class FakeSession implements DriverConnection {
  readonly serverVersion = '23.9.0.25.07';
  readonly #server: FakeServer;
  #interrupt: ((error: Error, destroyed: boolean) => void) | undefined;
  #gone = false;

  constructor(server: FakeServer) {
    this.#server = server;
  }

  get alive(): boolean {
    return !this.#gone;
  }

  get callTimeout(): number {
    return this.#server.timeouts.at(-1) ?? 0;
  }

  set callTimeout(milliseconds: number) {
    this.#server.timeouts.push(milliseconds);
  }

  async execute(
    sql: string,
    binds: Readonly<Record<string, string | number | null>>,
    { fetchAs }: { readonly prefetchRows: number; readonly fetchAs: (column: DriverColumn) => FetchAs },
  ): Promise<DriverResult> {
    await this.#turn(sql === SESSION_SETTINGS ? 'session settings' : sql);
    if (Object.keys(binds).length > 0) this.#server.binds = binds;
    const answer = this.#server.answerTo(sql, binds);
    if (answer.error) throw answer.error;
    if (answer.hangsAt === -1) await this.#hang(answer);
    if (!answer.columns) return { rowsAffected: answer.affected ?? 0 };
    const conversions = answer.columns.map(fetchAs);
    const rows = (answer.rows ?? [])[Symbol.iterator]();
    let given = 0;
    return {
      metaData: answer.columns,
      resultSet: {
        getRows: async (count) => {
          await this.#turn();
          this.#server.largestBatch = Math.max(this.#server.largestBatch, count);
          if (answer.hangsAt !== undefined && given >= answer.hangsAt) await this.#hang(answer);
          const batch: unknown[][] = [];
          while (batch.length < count && given !== answer.hangsAt) {
            const next = rows.next();
            if (next.done) break;
            given += 1;
            batch.push(await converted(next.value, conversions));
          }
          return batch;
        },
        close: async () => void this.#server.log.push('close result'),
      },
    };
  }

  async commit(): Promise<void> {
    await this.#turn('commit');
  }

  async rollback(): Promise<void> {
    await this.#turn('rollback');
  }

  async break(): Promise<void> {
    this.#server.log.push('break');
    this.#interrupt?.(failure('ORA-01013', 'user requested cancel of current operation'), false);
  }

  async close(): Promise<void> {
    await this.#turn('close');
  }

  destroy(): void {
    if (!this.#gone) this.#server.log.push('destroy');
    this.#gone = true;
    this.#interrupt?.(failure('NJS-500', 'connection to Oracle Database was closed or broken'), true);
  }

  async #turn(word?: string): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#gone) throw failure('NJS-500', 'connection to Oracle Database was closed or broken');
    if (word) this.#server.log.push(word);
  }

  #hang({ deaf, late }: Answer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#interrupt = (error, destroyed) => {
        if (deaf && !destroyed) return;
        this.#interrupt = undefined;
        if (late && !destroyed) resolve();
        else reject(error);
      };
      this.#server.log.push('hangs');
    });
  }
}

async function converted(row: readonly unknown[], conversions: readonly FetchAs[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const [index, value] of row.entries()) {
    const convert = conversions[index]?.convert;
    values.push(convert && value !== null ? await convert(value) : value);
  }
  return values;
}

/** A target; nothing is connected to it but what a test puts there. */
export function targetOf(changes: Partial<ConnectTarget> = {}): ConnectTarget {
  const login = { database: 'FREEPDB1', username: 'scott', password: 'secret' };
  return targetAt({ host: '127.0.0.1', port: 1521 }, { host: 'db.example.test', ...login, ...changes });
}

/** Signs in to a server in memory; its log begins after that. */
export async function connected(server: FakeServer, changes: Partial<ConnectTarget> = {}): Promise<OracleConnection> {
  const connection = await server.engine.connect(targetOf(changes), { signal: new AbortController().signal });
  server.log.length = 0;
  server.timeouts.length = 0;
  return connection as OracleConnection; // the engine makes no others
}

/** A sink that keeps rows as they are and tells of each. */
export class WatchingSink extends CollectingSink implements RowSink {
  readonly raw: (readonly unknown[])[] = [];
  readonly #onRow: (count: number) => void;

  constructor(onRow: (count: number) => void = () => {}) {
    super();
    this.#onRow = onRow;
  }

  override values(row: readonly unknown[]): void {
    super.values(row);
    this.raw.push(row);
    this.#onRow(this.raw.length);
  }
}
