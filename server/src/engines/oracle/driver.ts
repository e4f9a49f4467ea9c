/**
 * The few calls of Oracle's driver that this engine uses, as an interface of our own; and the driver behind it
 * (node-oracledb in thin mode, loaded at the first connection). Tests put a driver in memory in its place.
 */
import { createRequire } from 'node:module';
import { withExactDates } from './dates.ts';
import { type Attempt, withTransport } from './transport.ts';

/** A column of a result as the server describes it. */
export interface DriverColumn {
  readonly name: string;
  /** `NUMBER`, `VARCHAR2`, `TIMESTAMP WITH TIME ZONE`, … */
  readonly dbTypeName: string;
  readonly byteSize?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly nullable?: boolean;
  /** A text or binary column with the check `IS JSON`. */
  readonly isJson?: boolean;
}

/** How a column's values are asked for: as the driver gives them, as text, or as bytes. */
export interface FetchAs {
  readonly as?: 'text' | 'bytes';
  readonly convert?: (value: unknown) => unknown;
}

export interface DriverResultSet {
  /** The next rows, at most so many; none when the result has ended. */
  getRows(count: number): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
}

export interface DriverResult {
  readonly metaData?: readonly DriverColumn[];
  /** Only of queries. */
  readonly resultSet?: DriverResultSet;
  readonly rowsAffected?: number;
}

/** Values by the names of their placeholders. */
export type Binds = Readonly<Record<string, string | number | null>>;

export interface DriverConnection {
  readonly serverVersion: string;
  /** The socket is open. */
  readonly alive: boolean;
  /** Milliseconds for each round trip, after which the driver interrupts the server; 0 = none. */
  callTimeout: number;
  execute(
    sql: string,
    binds: Binds,
    options: { readonly prefetchRows: number; readonly fetchAs: (column: DriverColumn) => FetchAs },
  ): Promise<DriverResult>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Interrupts the call that is on its way; it then rejects with ORA-01013. */
  break(): Promise<void>;
  /** Signs off. */
  close(): Promise<void>;
  /** Closes the socket at once. */
  destroy(): void;
}

/** What went wrong in the driver or on the server: `code` is `ORA-00942`, `NJS-500`, …; `errorNum` the server's number. */
export interface DriverFailure extends Error {
  readonly code?: string;
  readonly errorNum?: number;
  /** Offset in the statement, in bytes. */
  readonly offset?: number;
}

export interface Driver {
  /** Signs in over a transport that `attempt` opens and checks. */
  connect(
    attempt: Attempt,
    login: {
      readonly user: string;
      readonly password: string;
      readonly connectString: string;
      readonly program: string;
    },
  ): Promise<DriverConnection>;
}

/** The parts of the module `oracledb` that are used; it comes without types. */
export interface OracledbModule {
  readonly thin: boolean;
  readonly STRING: unknown;
  readonly BUFFER: unknown;
  readonly OUT_FORMAT_ARRAY: number;
  getConnection(options: Readonly<Record<string, unknown>>): Promise<OracledbConnection>;
}

/** A connection of that module, as far as it is used. */
export interface OracledbConnection {
  readonly oracleServerVersionString: string;
  callTimeout: number;
  execute(sql: string, binds: Binds, options: Readonly<Record<string, unknown>>): Promise<DriverResult>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  break(): Promise<void>;
  close(): Promise<void>;
}

let loaded: Driver | undefined;

/** Oracle's own driver. Nothing of it is loaded before the first call; none of its global settings is changed. */
export function oracledbDriver(): Driver {
  if (loaded) return loaded;
  const load = createRequire(import.meta.url);
  // The module has no types; what is used of it is described above and exercised by the tests.
  const oracledb = load('oracledb') as OracledbModule;
  const signIn = withTransport(load);
  withExactDates(load);
  loaded = {
    connect: async (attempt, { user, password, connectString, program }) => {
      const connection = await signIn(attempt, () =>
        oracledb.getConnection({
          user,
          password,
          connectString,
          program,
          driverName: program,
          osUser: program,
          events: false,
          stmtCacheSize: 30,
          // Minutes until a silent peer is asked whether it is still there.
          expireTime: 1,
          // Seconds; the caller's signal ends an attempt long before.
          transportConnectTimeout: 600,
        }),
      );
      return adapt(oracledb, connection, attempt);
    },
  };
  return loaded;
}

/** The driver's connection behind our interface; `transport` closes its socket. */
export function adapt(
  oracledb: Pick<OracledbModule, 'STRING' | 'BUFFER' | 'OUT_FORMAT_ARRAY'>,
  connection: OracledbConnection,
  transport: { readonly alive: boolean; destroy(): void },
): DriverConnection {
  const types = { text: oracledb.STRING, bytes: oracledb.BUFFER };
  return {
    serverVersion: connection.oracleServerVersionString,
    get alive() {
      return transport.alive;
    },
    get callTimeout() {
      return connection.callTimeout;
    },
    set callTimeout(milliseconds: number) {
      connection.callTimeout = milliseconds;
    },
    execute: async (sql, binds, { prefetchRows, fetchAs }) => {
      let described: readonly DriverColumn[] = [];
      const result = await connection.execute(sql, binds, {
        autoCommit: false,
        resultSet: true,
        outFormat: oracledb.OUT_FORMAT_ARRAY,
        dbObjectAsPojo: true,
        prefetchRows,
        maxRows: 0,
        fetchTypeHandler: (column: DriverColumn, all: readonly DriverColumn[]) => {
          described = all;
          const { as, convert } = fetchAs(column);
          return { type: as && types[as], converter: convert };
        },
      });
      // The driver renames columns whose names repeat.
      const metaData = result.metaData?.map((column, index) => ({
        ...column,
        name: described[index]?.name ?? column.name,
      }));
      return { metaData, resultSet: result.resultSet, rowsAffected: result.rowsAffected };
    },
    commit: () => connection.commit(),
    rollback: () => connection.rollback(),
    break: () => connection.break(),
    close: () => connection.close(),
    destroy: () => transport.destroy(),
  };
}
