/** The words of data sources, credentials and leases, as doors and the gateway see them. Types only. */

/** `prefer` = TLS when offered, unverified; `require` = TLS, unverified; the other two verify (decisions.md 16). */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export const tlsModes: readonly TlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Sent instead of a secret: "leave the stored one as it is" (S6). */
export const secretMask = '********';

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
export type JsonObject = { readonly [member: string]: Json };

export type OptionValue = string | number | boolean;
export type SourceOptions = Readonly<Record<string, OptionValue>>;
export type Visibility = 'private' | 'workspace' | 'tenant';
export type CredentialKind = 'source' | 'workspace' | 'personal';
/** What a login is for: a read takes `read` else `any`, a write `write` else `any` (decisions.md 15). */
export type CredentialLevel = 'any' | 'read' | 'write';
/** `missing` = no usable secret is kept; `unreadable` = one is kept but the vault cannot open it (S7). */
export type CredentialState = 'set' | 'missing' | 'unreadable';

/** One problem with an engine's options. `field` is a member of the options. */
export interface OptionProblem {
  readonly field: string;
  readonly message: string;
  readonly remedy?: string;
}

/** What the domain must know about engines; the gateway hands it in, so that the domain imports no engine. */
export interface EngineFacts {
  /** Every engine that can be named, in the order people read them. */
  readonly ids: readonly string[];
  /** As people write it: `PostgreSQL`. */
  title(id: string): string;
  defaultPort(id: string): number;
  /** False where a source may leave the database out. */
  databaseRequired(id: string): boolean;
  /** Problems of these options for this engine; empty = fine. */
  validateOptions(id: string, options: Readonly<Record<string, unknown>>): readonly OptionProblem[];
  /** False for an engine that is known but cannot run in this installation. */
  engineAvailable(id: string): boolean;
}

/** TLS as a caller writes it. `key` is never shown again; `********` keeps it. */
export interface TlsInput {
  readonly mode?: TlsMode;
  /** PEM; absent = the system's authorities. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A source as a caller writes it. A URL was split into these parts before. */
export interface SourceInput {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** null for a kind that Headgate only stores; then it needs no host. */
  readonly engine: string | null;
  readonly host?: string;
  /** 1..65535; absent = the engine's default. */
  readonly port?: number;
  readonly database?: string;
  readonly schema?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: TlsInput;
  readonly options?: SourceOptions;
  /** Belongs to callers alone: Headgate only keeps it (decisions.md 11). */
  readonly metadata?: JsonObject;
  readonly labels?: Readonly<Record<string, string>>;
  /** Permission ids that restrict the owner exactly (decisions.md 4); absent = not restricted. Administrators only. */
  readonly permissions?: readonly number[];
  readonly visibility?: Visibility;
  /** Whether others use the source's own pair (decisions.md 15); true unless said. */
  readonly sharesCredential?: boolean;
  readonly enabled?: boolean;
}

/** RFC 7396: a member that is absent stays, null goes back to its default, objects merge, all else replaces. */
export type MergePatch<T> = {
  readonly [K in keyof T]?:
    | (NonNullable<T[K]> extends readonly unknown[]
        ? T[K]
        : NonNullable<T[K]> extends object
          ? MergePatch<NonNullable<T[K]>>
          : T[K])
    | null;
};
export type SourcePatch = MergePatch<SourceInput>;

/** A source as this caller sees it. No secret is in it. */
export interface SourceView {
  /** The uid. */
  readonly id: string;
  readonly name: string;
  readonly title: string | null;
  readonly description: string | null;
  /** Null for kinds that Headgate stores but cannot run. */
  readonly engine: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly schema: string | null;
  /** `mode` is the one in force, the default filled in. */
  readonly tls: { readonly mode: TlsMode; readonly ca?: string; readonly cert?: string; readonly hasKey: boolean };
  readonly options: SourceOptions;
  readonly metadata: JsonObject;
  readonly labels: Readonly<Record<string, string>>;
  /** Username of the owner. */
  readonly owner: string;
  /** Slug. */
  readonly tenant: string;
  readonly visibility: Visibility;
  readonly sharesCredential: boolean;
  readonly enabled: boolean;
  readonly complete: boolean;
  readonly health: {
    readonly state: 'online' | 'offline' | 'unknown';
    readonly code?: string;
    readonly checkedAt?: Date;
    readonly serverVersion?: string;
  };
  /** The pair that a read by this caller would use. */
  readonly credential: {
    readonly state: CredentialState;
    readonly kind: CredentialKind;
    readonly username?: string;
    readonly since?: Date;
    /** Username of who set it. */
    readonly by?: string;
  };
  /** The caller's effective permissions on this source, in native words. */
  readonly permissions: readonly string[];
  /** Job leases on it now: while not 0, blocked kinds of change are refused (decisions.md 17). */
  readonly inUse: number;
  /** The ETag. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt?: Date;
}

export interface SourceFilter {
  /** Part of the name, title, host or description, ignoring case. */
  readonly q?: string;
  readonly engine?: string;
  /** `key=value`, or `key` alone for any value; several must all match. */
  readonly label?: string | readonly string[];
  /** Username of the owner. */
  readonly owner?: string;
  /** `only` lists soft-deleted sources that the caller may bring back. */
  readonly deleted?: 'only';
}

/** Who uses a source now. */
export interface LeaseHolder {
  readonly kind: 'job' | 'query' | 'session';
  /** Uid of the job, query or session. */
  readonly id: string;
  /** What people call it: `export orders.csv`. */
  readonly name: string;
  /** Username; null when the user is gone. */
  readonly user: string | null;
  readonly since: Date;
  /** When the lease ends unless its holder renews it; null = until the holder is done. */
  readonly until: Date | null;
}

/** What a change or delete would touch. */
export interface BlastRadius {
  readonly operation: 'update' | 'delete';
  readonly source: { readonly id: string; readonly name: string; readonly version: number };
  /** Members whose value would change. */
  readonly changes: readonly string[];
  /** Those of `changes` that a job lease blocks. */
  readonly blockedChanges: readonly string[];
  /** True when the real call would be refused now because of `holders`. */
  readonly refused: boolean;
  readonly holders: readonly LeaseHolder[];
  readonly shares: { readonly users: number; readonly groups: number; readonly tenants: number };
  readonly credentials: Readonly<Record<CredentialKind, number>>;
  /** Workspaces with a pair for it, or whose home it is. */
  readonly workspaces: readonly { readonly id: string; readonly name: string }[];
  readonly jobs: { readonly queued: number; readonly running: number };
}

export interface CredentialInput {
  readonly kind: CredentialKind;
  /** With kind `workspace`. */
  readonly workspaceUid?: string;
  /** `any` unless said. */
  readonly level?: CredentialLevel;
  readonly username: string;
  /** `********` keeps the stored one. */
  readonly password: string;
}

/** Names one credential of a source. */
export interface CredentialKey {
  readonly kind: CredentialKind;
  readonly workspaceUid?: string;
  readonly level?: CredentialLevel;
}

/** A credential as shown: never its secret. */
export interface CredentialView {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly level: CredentialLevel;
  readonly state: CredentialState;
  readonly username: string | null;
  readonly workspace?: { readonly id: string; readonly name: string };
  /** Whose it is, with kind `personal`. */
  readonly user?: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Username of who set it. */
  readonly by: string | null;
}

/** A pair posted with a request: rule 0 of decisions.md 15. It is never kept. */
export interface PostedPair {
  readonly username: string;
  readonly password: string;
}

export interface CredentialRequest {
  readonly level: 'read' | 'write';
  /** The workspace that the request names. */
  readonly workspaceUid?: string;
  readonly posted?: PostedPair;
}

/** The pair to sign in with. Holds the secret: never log or keep it. */
export interface ResolvedCredential {
  /** Uid of the credential row; for a posted pair a digest of it. With `version` it keys a pool (decisions.md 28). */
  readonly uid: string;
  readonly version: number;
  readonly kind: CredentialKind | 'posted';
  readonly username: string;
  readonly password: string;
  /** Level of the row that was taken. */
  readonly level: CredentialLevel;
  /** False when reads and writes share one login, so that only Headgate's own checks keep a read from writing. */
  readonly separateLevels: boolean;
}

/** Everything the gateway needs to connect; a frozen copy. Holds secrets. */
export interface ConnectSettings {
  readonly sourceId: number;
  readonly sourceUid: string;
  readonly tenantId: number;
  readonly engine: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly schema: string | null;
  readonly tls: { readonly mode: TlsMode; readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly options: SourceOptions;
  readonly username: string;
  readonly password: string;
  readonly settingsVersion: number;
}
