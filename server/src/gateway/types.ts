/** What the gateway takes and gives: the contract between it and the doors. */
import type { Column, ConnectStage, EngineId, TlsMode } from '../engines/engine.ts';

/** Formats of a result. `arrow` is reserved: it answers `format_unsupported` until it is built. */
export type ResultFormat = 'ndjson' | 'csv' | 'json' | 'arrow' | 'parquet';

/** How 64-bit integers and decimals are written in JSON: as strings (exact everywhere) or as JSON numbers. */
export type NumberStyle = 'string' | 'json';

/** A user name and password sent with one request (decisions.md 15, step 0): used for it alone, never stored. */
export interface PostedCredential {
  readonly username: string;
  readonly password: string;
}

/** One statement to run on a source. */
export interface QueryRequest {
  readonly sql: string;
  /** Positional parameters: null, boolean, number, string; objects and arrays are sent as JSON. */
  readonly parameters?: readonly unknown[];
  /** `ndjson` unless said. */
  readonly format?: ResultFormat;
  /** Rows at most; the lowest of this and the limits of all levels holds. 0 or absent = no wish. */
  readonly maxRows?: number;
  /** Milliseconds at most, likewise. */
  readonly timeoutMs?: number;
  /** Must be true for a statement that writes (decisions.md 27). */
  readonly write?: boolean;
  /** Uid of the workspace whose credential may be used. */
  readonly workspace?: string;
  readonly numbers?: NumberStyle;
  readonly credential?: PostedCredential;
}

/** The head of an answer; given once, before any byte of it. */
export interface ResultMeta {
  readonly queryId: string;
  readonly contentType: string;
  readonly columns: readonly Column[];
  /** Headers to send as they are: `Headgate-Query-Id`, `Headgate-Columns`, … */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Set when the whole result is known already: its size in bytes. Then `start`, at most one `write` and `end` come in
   * one turn, `headers` holds the trailers too, and a door may send a `Content-Length` and no trailers.
   */
  readonly wholeBytes?: number;
}

/**
 * Where a door takes a result. Order: `start`, `write`*, then `end` or `abort`, exactly one of the two.
 * A query that fails before `start` rejects instead and calls none of these.
 */
export interface QueryOutput {
  start(meta: ResultMeta): void;
  /**
   * Takes a chunk; false = hold on until `whenDrained`. The chunk's memory is lent: the door calls `release` once it
   * holds the chunk no more (e.g. in the callback of a socket write) and it is then used again. A door that never
   * calls `release` only costs garbage.
   */
  write(chunk: Buffer, release?: () => void): boolean;
  /** Resolves when writing may go on. Also resolves when the receiver has gone. */
  whenDrained(): Promise<void>;
  /** The clean end; `trailers` holds `Headgate-Result`. */
  end(trailers: Readonly<Record<string, string>>): void;
  /** Break the answer off so that it cannot be taken for a whole one (reset the connection). */
  abort(): void;
}

/** Where a query stands. Final states: all but `running`. */
export type QueryState = 'running' | 'complete' | 'truncated' | 'failed' | 'cancelled';

/** How a query ended, for doors that want to know beyond the output. */
export interface QueryOutcome {
  readonly queryId: string;
  readonly state: QueryState;
  readonly rows: number;
  /** Bytes of the body written. */
  readonly bytes: number;
  /** Rows a writing statement changed, when the server says. */
  readonly affectedRows: number | null;
  readonly durationMs: number;
  /** Set when an error came after the first byte: the output has been told (error line or abort). */
  readonly error?: { readonly code: string; readonly message: string };
  /** The error itself: for jobs, which decide by it whether to try again. */
  readonly failure?: unknown;
}

/** A running or finished query as listed by `GET /api/v1/queries`. */
export interface QueryView {
  readonly id: string;
  readonly source: { readonly uid: string; readonly name: string };
  readonly user: string;
  readonly door: string;
  readonly state: QueryState;
  /** Literal-free text of the statement. */
  readonly statement: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly type: string }[] | null;
  readonly rows: number;
  readonly bytes: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A source as a draft for a connection test: what a create would send. */
export interface SourceDraft {
  readonly engine: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string | null;
  readonly schema?: string | null;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly tls?: {
    readonly mode?: TlsMode;
    readonly ca?: string | null;
    readonly cert?: string | null;
    readonly key?: string | null;
  };
  readonly options?: Readonly<Record<string, string | number | boolean>>;
}

/** What to test: a saved source, perhaps with some settings replaced, or a draft. */
export type TestSubject =
  | { readonly saved: string; readonly overrides?: Partial<SourceDraft> }
  | { readonly draft: SourceDraft };

/** One stage of a connection test (F7), in order; a failed stage is the last. */
export interface TestStage {
  readonly stage: ConnectStage;
  readonly ok: boolean;
  /** Wall time of the stage in milliseconds, one decimal. */
  readonly ms: number;
  /** Stable code of what went wrong. */
  readonly code?: string;
  /** The member of the source to mend, e.g. `password` or `tls/ca`. */
  readonly field?: string;
  readonly message?: string;
  /** What to do, for the person who reads it at 3 a.m. */
  readonly remedy?: string;
  /** The stage passed, but look at this. */
  readonly warning?: string;
}

export interface TestReport {
  readonly ok: boolean;
  readonly stages: readonly TestStage[];
  readonly server?: {
    readonly version: string;
    readonly encrypted: boolean;
    /** One round trip in milliseconds. */
    readonly latencyMs?: number;
    /** The server's clock minus ours, milliseconds. */
    readonly clockSkewMs?: number;
  };
}

/** The parts of a connection URL as a source's input wants them. */
export interface UrlParts {
  readonly engine: EngineId;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly schema?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly mode: TlsMode };
  readonly options: Readonly<Record<string, string | number | boolean>>;
}
