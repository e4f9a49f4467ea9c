/** The words of connections and jobs of this protocol (fetcher.md §1.1, §3). */
import type { JsonObject } from '../sources/model.ts';

export const connectionTypes = ['ORACLE', 'SQL_SERVER', 'POSTGRESQL', 'MONGODB', 'MYSQL'] as const;
export type ConnectionType = (typeof connectionTypes)[number];

/** Bytes of the master secret of results, decoded (§8.2). */
export const minimumMasterBytes = 32;

/** A connection as shown: never a secret, and of TLS only the mode. */
export interface ConnectionView {
  /** The uid of the data source. */
  readonly id: string;
  /** Null = not assigned to a product yet. */
  readonly productName: string | null;
  readonly configName: string;
  readonly type: ConnectionType;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  /** Null = never set; an empty text was set. */
  readonly schema: string | null;
  readonly userName: string;
  readonly sslMode: string | null;
  /** Null = never set. */
  readonly metadata: JsonObject | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** TLS as written; null members count as absent. */
export interface SslInput {
  readonly mode?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A connection as written, shapes checked. A patch has any of the members, a create those that are required. */
export interface ConnectionInput {
  readonly configName?: string;
  readonly type?: ConnectionType;
  readonly host?: string;
  readonly port?: number;
  readonly databaseName?: string;
  readonly userName?: string;
  readonly password?: string;
  readonly schema?: string;
  /** Undefined = not given: absent, null, `{}` or nothing but nulls. */
  readonly ssl?: SslInput;
  readonly metadata?: JsonObject;
}

/** The switches of this protocol's rules. */
export interface FetcherRules {
  /** Metadata keys ≤ 100 and values texts ≤ 2000 (§4.5); off for clients that nest. */
  readonly metadataLimits: boolean;
  /** A CA is required with every TLS mode, not only with those that verify against it (§4.4). */
  readonly strictCa: boolean;
  /** A change of host or type demands the password again (§4.2). */
  readonly passwordForNewTarget: boolean;
  readonly defaultPageSize: number;
  readonly maxPageSize: number;
  readonly schemaCacheSeconds: number;
  /** Sources at private addresses are allowed; with `tenantsAllowPrivateAddresses` for every tenant. */
  readonly tenantsAllowPrivateAddresses: boolean;
}

/** What a list is asked for (§2.7), checked. */
export interface ConnectionQuery {
  readonly page: number;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** Upper case; one that is no type matches nothing. */
  readonly type?: string;
  readonly host?: string;
  readonly databaseName?: string;
  readonly metadata: readonly (readonly [key: string, value: string])[];
  /** Creation time: from, inclusive. */
  readonly since?: Date;
  /** … until, exclusive. */
  readonly until?: Date;
  /** Lower case. */
  readonly product?: string;
}

export interface ConnectionPage {
  readonly items: readonly ConnectionView[];
  readonly page: number;
  readonly limit: number;
  readonly total: number;
}

export interface TestAnswer {
  /** Whole milliseconds of the connect phase, at least 1. */
  readonly latencyMs: number;
}

/** Names only, in the spelling of §5.3, sorted by bytes. */
export interface TableNames {
  readonly name: string;
  readonly fields: readonly string[];
}

export interface SchemaAnswer {
  readonly connection: ConnectionView;
  readonly tables: readonly TableNames[];
}

/** One wrong reference of a schema validation (§5.4). */
export interface SchemaProblem {
  readonly type: 'DATA_SOURCE_NOT_FOUND' | 'DATA_SOURCE_DOWN' | 'TABLE_NOT_FOUND' | 'FIELD_NOT_FOUND';
  readonly dataSourceId: string;
  readonly table?: string;
  readonly field?: string;
}

/** `configName → table → fields`. */
export type MappedFields = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A row condition: operator → values. Unknown operators are kept and mean nothing. */
export type Condition = Readonly<Record<string, readonly (string | number | boolean | null)[]>>;
/** `configName → table → field → condition`. */
export type Filters = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Condition>>>>>>;
