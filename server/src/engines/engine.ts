/**
 * The interface that every database engine implements, one folder an engine with the same files. It speaks of no
 * particular product: SQL Server, Oracle and MongoDB must fit it too.
 *
 * May be imported: `platform/*`. Must not be imported: `domain`, `gateway`, `doors`.
 *
 * Rows take one of two ways. Hot engines hand over the bytes of the wire (`RowSink.frames`) with a description of
 * their framing, so that an encoder can go from wire bytes to output bytes without an object per row
 * (data-plane.md §2). Other engines hand over arrays of values (`RowSink.values`).
 */
import type { SecureVersion } from 'node:tls';
import type { PolicyEngine } from './policy.ts';

export type EngineId = 'postgresql' | 'mysql' | 'sqlserver' | 'oracle' | 'mongodb';

/** `prefer` = TLS when the server offers it, unverified; `require` = TLS, unverified; the others verify. */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface TlsSettings {
  readonly mode: TlsMode;
  /** PEM; absent = the system's authorities. */
  readonly ca?: string;
  /** Client certificate and its key, PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Lowest protocol version; TLS 1.2 unless said. */
  readonly minVersion?: SecureVersion;
}

/** Where and how to connect. Addresses were resolved and checked before (F3): an engine never looks a name up. */
export interface ConnectTarget {
  /** The name as configured: for TLS verification and messages only. */
  readonly host: string;
  /** IP addresses, tried in order. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly tls: TlsSettings;
  /** Engine-specific options as checked by `Engine.optionsSchema`. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Shown in the server's own session list, e.g. `headgate`. */
  readonly applicationName: string;
}

/** Stages of a connection attempt, in order (F7). `name` and `address` are done by the gateway before the engine. */
export type ConnectStage = 'name' | 'address' | 'tls' | 'login' | 'database' | 'privileges' | 'clock';

/**
 * Anything a source did wrong, in words every engine shares. `code` is stable and engine-neutral (see `SourceErrorCode`),
 * `nativeCode` the server's own (SQLSTATE, MySQL number). `message` comes from the server and never holds a secret.
 */
export class EngineError extends Error {
  readonly code: SourceErrorCode;
  readonly nativeCode: string | undefined;
  readonly stage: ConnectStage | undefined;
  /** 1-based character position in the statement, when the server says so. */
  readonly position: number | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** The connection cannot be used any more. */
  readonly fatal: boolean;

  constructor(
    code: SourceErrorCode,
    message: string,
    more: {
      nativeCode?: string;
      stage?: ConnectStage;
      position?: number;
      detail?: string;
      hint?: string;
      fatal?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'EngineError';
    this.code = code;
    this.nativeCode = more.nativeCode;
    this.stage = more.stage;
    this.position = more.position;
    this.detail = more.detail;
    this.hint = more.hint;
    this.fatal = more.fatal ?? false;
  }
}

export type SourceErrorCode =
  | 'unreachable' // no address answered: refused, reset, no route
  | 'connect_timeout'
  | 'tls_unsupported' // TLS demanded, the server has none
  | 'tls_required' // the server demands TLS
  | 'tls_untrusted' // chain not trusted
  | 'tls_expired'
  | 'tls_name_mismatch'
  | 'tls_failed'
  | 'login_failed' // user or password
  | 'login_not_allowed' // the server refuses this user from here
  | 'auth_unsupported'
  | 'database_not_found'
  | 'database_denied'
  | 'too_many_connections'
  | 'protocol_error'
  | 'connection_lost'
  | 'syntax_error'
  | 'object_not_found' // table, column, function, schema
  | 'permission_denied' // the login lacks a privilege inside the database
  | 'read_only' // the server refused a write in a read-only session
  | 'constraint_violation'
  | 'value_invalid' // conversion, division by zero, out of range
  | 'parameter_invalid'
  | 'statement_timeout'
  | 'cancelled'
  | 'lock_conflict' // deadlock, lock wait, serialisation
  | 'resource_exhausted'
  | 'unsupported'
  | 'statement_failed'; // everything else the server said no to

/** How a column's value is to be written; engine-neutral (decisions.md 31). */
export type ValueKind =
  | 'integer' // fits a double exactly: int2, int4, …
  | 'bigint' // 64 bits: a string in JSON unless `numbers: "json"`
  | 'decimal' // likewise
  | 'float' // a number; NaN and infinities as strings
  | 'boolean'
  | 'timestamp' // without zone
  | 'timestamptz'
  | 'date'
  | 'time'
  | 'json' // inline
  | 'bytes' // base64
  | 'text';

export interface Column {
  /** As the server names it; may repeat. */
  readonly name: string;
  readonly kind: ValueKind;
  /** The engine's own type, printed: `numeric(14,2)`, `bigint unsigned`. */
  readonly type: string;
  readonly nullable?: boolean;
  /**
   * How the bytes in a frame spell the value, where `kind` alone does not say it; the encoder needs it.
   * E.g. PostgreSQL `bool` = `t`/`f`, `bytea` = `\x…` hex; MySQL `bit(1)` = one raw byte, blobs = raw bytes.
   */
  readonly spelling?: 'pg-bool' | 'pg-bytea-hex' | 'int-bool' | 'raw-bytes' | 'bit-raw' | 'plain';
}

/**
 * How complete row frames lie in a buffer.
 * `postgresql`: `D` int32 length, int16 field count, per field int32 length (−1 = null) + text bytes.
 * `mysql`: 3-byte length, sequence, per field length-encoded string (0xfb = null) of the text protocol; packets of
 * exactly 0xffffff bytes are joined by the engine before the sink sees them.
 */
export type RowFraming = 'postgresql' | 'mysql';

/** Receives a result. Methods are called in the order columns → (frames | values)* ; errors reject `run`. */
export interface RowSink {
  /** Once per result, before any row. `framing` is null when rows come through `values`. */
  columns(columns: readonly Column[], framing: RowFraming | null): void;
  /**
   * Consume complete row frames from `buffer[offset, end)`; returns the offset of the first byte not consumed: an
   * incomplete frame, a frame of another kind, or where it stopped because a limit was hit (then it calls `stop`).
   * The buffer is reused after the call: copy what is kept.
   */
  frames(buffer: Buffer, offset: number, end: number): number;
  /** One row of JS values in the engine's natural mapping (strings for bigint, decimal, times). */
  values(row: readonly unknown[]): void;
}

export interface StatementRequest {
  readonly sql: string;
  /** Positional parameters: null, boolean, number, string, or JSON for object and array values. */
  readonly parameters: readonly unknown[];
  /** `read` runs inside the engine's read-only envelope; `write` in one transaction that commits on success. */
  readonly access: 'read' | 'write';
  /** The server is told to give up after this time, beside the gateway's own timer. */
  readonly timeoutMs: number;
}

export interface StatementResult {
  /** Rows handed to the sink. */
  readonly rows: number;
  /** Rows a writing statement changed, when the server says. */
  readonly affectedRows: number | null;
  /** The sink stopped the result before its end (limit). */
  readonly stopped: boolean;
}

/** A running statement's handle: how the consumer slows, stops and aborts it. */
export interface StatementControl {
  /** Stop reading from the server until `resume`; the socket's window closes, the server waits. */
  pause(): void;
  resume(): void;
  /** No more rows are wanted: end the statement on the server without an error (`stopped: true`). */
  stop(): void;
}

/** One signed-in connection. One statement at a time. */
export interface EngineConnection {
  /** The server's id of this session, as its own session list shows it. */
  readonly sessionId: string;
  readonly serverVersion: string;
  readonly encrypted: boolean;
  /** False once closed or broken. */
  readonly usable: boolean;
  /**
   * Runs one statement; rows go to `sink`. `started` gets the control before the first row.
   * Rejects with EngineError; after a rejection with `fatal` the connection is closed.
   */
  run(
    request: StatementRequest,
    sink: RowSink,
    started?: (control: StatementControl) => void,
  ): Promise<StatementResult>;
  /**
   * Cancels the running statement on the server and settles when the server no longer runs it: `run` rejects with
   * `cancelled`. Safe to call at any time; resolves at once when nothing runs. The connection may be closed by it.
   */
  cancel(): Promise<void>;
  /** Puts the session into a clean state for another principal or after a write; false = it had to be closed. */
  reset(): Promise<boolean>;
  /** Closes politely; never rejects. */
  close(): Promise<void>;
}

/** What a statement is, decided by parsing it before it is sent (decisions.md 26, 27). */
export interface Classification {
  /**
   * `read` may run under the read-only envelope; `write` needs permission 103 and the request's `write: true`;
   * `refused` never runs (second statement, COPY PROGRAM, SET ROLE, LOAD DATA, …).
   */
  readonly verdict: 'read' | 'write' | 'refused';
  /** For `refused`: why, for the caller. `not_understood` when the parser gave up. */
  readonly reason?: {
    readonly code: 'not_understood' | 'several_statements' | 'empty' | 'forbidden';
    readonly message: string;
  };
  /** `SELECT`, `INSERT`, `CREATE TABLE`, … */
  readonly command: string;
  /** Base relations as written, `schema.table` or `table`; CTE names left out. */
  readonly relations: readonly string[];
  readonly functions: readonly string[];
  /** The statement with every literal replaced by `?`: what audit keeps. */
  readonly literalFree: string;
  /** Stable digest of the statement's shape, hex. */
  readonly fingerprint: string;
}

/** Schema introspection in engine-neutral words. */
export interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly kind: ValueKind;
  readonly nullable: boolean;
  readonly default: string | null;
  readonly comment: string | null;
}
export interface CatalogForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly referencedSchema: string;
  readonly referencedTable: string;
  readonly referencedColumns: readonly string[];
}
export interface CatalogTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'materialized_view' | 'foreign_table';
  readonly comment: string | null;
  readonly rowEstimate: number | null;
  readonly columns: readonly CatalogColumn[];
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly CatalogForeignKey[];
}

export type ConditionOperator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'between' | 'in' | 'nin' | 'like';

/** One condition on a column of a table. Conditions of a read are ANDed. */
export interface ReadCondition {
  readonly column: string;
  readonly operator: ConditionOperator;
  /**
   * `eq`, `in`: equal to one of them; `ne`, `nin`: different from every one; the comparisons: one; `between`: two,
   * inclusive; `like`: one text with `%` and `_`. A null in the first four means IS (NOT) NULL.
   */
  readonly values: readonly (string | number | boolean | null)[];
}

/** Columns of one table under conditions: what an extraction reads. */
export interface TableRead {
  /** As `introspect` has just given it: names and types are the server's own. */
  readonly table: CatalogTable;
  /** Names of columns of the table, at least one, in the order in which they are wanted. */
  readonly columns: readonly string[];
  readonly conditions: readonly ReadCondition[];
}

/** What the login can do, for the connection test and for the warning about "read" logins that can write. */
export interface PrivilegeReport {
  readonly canWrite: boolean;
  /** Superuser, FILE, SUPER, pg_execute_server_program, …: worth a warning. */
  readonly dangerous: readonly string[];
}

/** The parts of a connection URL (libpq, JDBC, DSN, driver URIs). */
export interface ConnectionParts {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly username?: string;
  readonly password?: string;
  readonly schema?: string;
  readonly tlsMode?: TlsMode;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

export interface IntrospectOptions {
  readonly signal: AbortSignal;
  readonly schema?: string;
  readonly tables?: readonly string[];
}

/** JSON Schema (draft 2020-12) of one engine's options: the form and the validation come from it. */
export type OptionsSchema = Readonly<Record<string, unknown>>;

export interface Engine {
  readonly id: EngineId;
  /** As people write it: `PostgreSQL`. */
  readonly title: string;
  readonly defaultPort: number;
  /** False where a source may leave it out (MySQL may connect without a database). */
  readonly databaseRequired: boolean;
  readonly optionsSchema: OptionsSchema;
  /** Does this text look like a URL or DSN of this engine? Decides by its scheme alone. */
  recognisesUrl(text: string): boolean;
  /** Splits a URL. Throws EngineError `parameter_invalid` whose message never repeats the secret. */
  parseUrl(text: string): ConnectionParts;
  /** Prints a URL without a password, in the engine's canonical form. */
  printUrl(parts: ConnectionParts): string;
  /** Connects and signs in. `signal` aborts; `onStage` hears of each stage as it succeeds. Rejects with EngineError + stage. */
  connect(
    target: ConnectTarget,
    hooks: { signal: AbortSignal; onStage?: (stage: ConnectStage) => void },
  ): Promise<EngineConnection>;
  /** Pure and fast (cached by text): classifies one statement. */
  classify(sql: string): Classification;
  /** Where tables without a schema are looked for: `public`, `dbo`, the database, the user. */
  defaultSchema(target: { readonly database: string; readonly username: string }): string;
  /**
   * Pure: the statement that reads columns of a table under conditions, names quoted and values bound. `classify` takes
   * it for a read. Throws EngineError `parameter_invalid` for a condition that the engine cannot express.
   */
  readStatement(read: TableRead): { readonly sql: string; readonly parameters: readonly unknown[] };
  /**
   * Streams the catalog, one table at a time, in (schema, name) order; without system schemas. `tables` narrows it to
   * tables of these exact names.
   */
  introspect(connection: EngineConnection, options: IntrospectOptions): AsyncIterable<CatalogTable>;
  /** A name as a quoted identifier; absent where there is no SQL. */
  readonly quoteName?: (name: string) => string;
  /** Row and column rules; absent where the engine cannot show that they hold. */
  readonly policy?: PolicyEngine;
  /** What the login may do. */
  privileges(connection: EngineConnection): Promise<PrivilegeReport>;
  /** The server's clock in ms since the epoch. */
  clock(connection: EngineConnection): Promise<number>;
}

/** The engines of this installation, by id. Drivers load lazily on the first `get`. */
export interface EngineRegistry {
  readonly ids: readonly EngineId[];
  get(id: string): Engine | undefined;
}
