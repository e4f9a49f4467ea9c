/**
 * The whole record of a connection: how a stored row reads in this protocol's words, what a patch makes of it, which
 * rules it is held to, and what is then kept (fetcher.md §3.1 step 6, §4.1 step 8, §4.4; decisions.md 11). Pure.
 */
import type { JsonObject, SourceOptions, TlsMode } from '../sources/model.ts';
import { effectiveTlsMode } from '../sources/tls.ts';
import { connectionTypeOf, nativeTlsMode, typeFacts, verifyingWords } from './engines.ts';
import type { ConnectionInput, ConnectionType, ConnectionView, FetcherRules, SslInput } from './model.ts';
import { missingFields, refuseFields } from './refusals.ts';

/** TLS material as kept in `data_source.tls`. */
export interface NativeTls {
  readonly mode?: TlsMode;
  readonly ca?: string;
  readonly cert?: string;
}

/** This door's own words for a row. They count as long as the shared columns still agree with `native`. */
export interface DoorData {
  readonly databaseName: string;
  readonly schema: string | null;
  /** The TLS word as written; null = no TLS object. */
  readonly sslMode: string | null;
  /** Metadata was set, perhaps to an empty object. */
  readonly metadataGiven: boolean;
  /** Made from the configuration (§3.9): shown, tested and read, never changed here. */
  readonly internal?: true;
  readonly native: {
    readonly engine: string;
    readonly database: string;
    readonly schema: string | null;
    readonly tlsMode: TlsMode | null;
  };
}

/** A row that this protocol can express, as read from the store. */
export interface ConnectionRow {
  readonly id: number;
  readonly uid: string;
  readonly tenant_id: number;
  readonly name: string;
  readonly engine: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly schema: string | null;
  readonly tls: NativeTls;
  readonly has_key: boolean;
  readonly options: SourceOptions;
  readonly metadata: JsonObject;
  readonly product: string | null;
  /** The built-in user that owns it; null when a person does. */
  readonly owner_builtin: string | null;
  readonly version: number;
  readonly settings_version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly config_name: string | null;
  readonly data: DoorData | null;
  readonly username: string;
  readonly has_password: boolean;
}

/** A connection in this protocol's words, with what of it is never shown. */
export interface ConnectionRecord {
  readonly configName: string;
  readonly type: ConnectionType;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly userName: string;
  readonly schema: string | null;
  /** Null = no TLS object. */
  readonly ssl: { readonly mode: string; readonly ca?: string; readonly cert?: string } | null;
  readonly metadata: JsonObject | null;
  readonly product: string | null;
}

/** The tenants' time zero: internal data sources were never made (§3.9). */
const never = new Date('0001-01-01T00:00:00Z');

function agrees(row: ConnectionRow): boolean {
  const { data } = row;
  return data !== null && data.native.engine === row.engine;
}

function sslOf(row: ConnectionRow, type: ConnectionType): ConnectionRecord['ssl'] {
  const own = agrees(row) && row.data?.native.tlsMode === (row.tls.mode ?? null);
  const inForce = effectiveTlsMode(row.tls.mode, row.host);
  const mode = own ? (row.data?.sslMode ?? null) : typeFacts[type].words[inForce];
  if (mode === null) return null;
  const { ca, cert } = row.tls;
  return { mode, ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }) };
}

/** The row in this protocol's words. */
export function recordOf(row: ConnectionRow): ConnectionRecord {
  const type = connectionTypeOf(row.engine) ?? 'POSTGRESQL'; // rows of other engines are never read here
  const data = agrees(row) ? row.data : null;
  const given = Object.keys(row.metadata).length > 0 || row.data?.metadataGiven === true;
  return {
    configName: row.config_name ?? row.name,
    type,
    host: row.host,
    port: row.port,
    databaseName: data !== null && data.native.database === row.database ? data.databaseName : row.database,
    userName: row.username,
    schema: data !== null && data.native.schema === row.schema ? data.schema : row.schema,
    ssl: sslOf(row, type),
    metadata: given ? row.metadata : null,
    product: row.product,
  };
}

/** The row as shown. */
export function viewOf(row: ConnectionRow): ConnectionView {
  const { product, ssl, ...record } = recordOf(row);
  const internal = row.data?.internal === true;
  return {
    ...record,
    id: row.uid,
    productName: product,
    sslMode: ssl?.mode ?? null,
    createdAt: internal ? never : row.created_at,
    updatedAt: internal ? never : row.updated_at,
  };
}

/** What a patch does to the private key: replaced, dropped, or left as it is. */
export type KeyChange = { readonly key: string } | 'drop' | 'keep';

export interface AppliedPatch {
  readonly record: ConnectionRecord;
  readonly key: KeyChange;
}

/** Names are kept without spaces around them; the password never comes here. */
function trimmed(input: ConnectionInput): ConnectionInput {
  const result: Record<string, unknown> = { ...input };
  for (const name of ['configName', 'databaseName', 'userName', 'host'] as const) {
    const value = input[name];
    if (value !== undefined) result[name] = value.trim();
  }
  return result as ConnectionInput; // the same members, texts trimmed
}

function withoutKey(ssl: SslInput): { mode: string; ca?: string; cert?: string } {
  const { key: _key, mode, ...rest } = ssl;
  return { mode: mode ?? '', ...rest };
}

/**
 * The record after a patch. A TLS object with a mode replaces the stored one as a whole; one without is merged into it.
 * Throws InvalidError FET-0402 `ssl.mode` when there is nothing to merge into.
 */
export function applyPatch(before: ConnectionRecord, patch: ConnectionInput): AppliedPatch {
  const { ssl, password: _password, ...members } = trimmed(patch);
  const next: ConnectionRecord = { ...before, ...members };
  if (ssl === undefined) return { record: next, key: 'keep' };
  if (ssl.mode === undefined && before.ssl === null) {
    throw missingFields({ 'ssl.mode': 'SSL mode is required' }, 'record');
  }
  const key = ssl.key === undefined && ssl.mode === undefined ? 'keep' : keyOf(ssl);
  const merged = ssl.mode === undefined ? { ...before.ssl, ...ssl } : ssl;
  return { record: { ...next, ssl: withoutKey(merged) }, key };
}

/** The record of a create. */
export function newRecord(
  input: Required<Pick<ConnectionInput, 'configName' | 'type' | 'host' | 'port' | 'databaseName' | 'userName'>> &
    ConnectionInput,
  product: string,
): AppliedPatch {
  const { ssl, password: _password, metadata, schema, ...members } = trimmed(input) as typeof input;
  return {
    record: {
      ...members,
      schema: schema ?? null,
      ssl: ssl === undefined ? null : withoutKey(ssl),
      metadata: metadata ?? null,
      product,
    },
    key: ssl === undefined ? 'drop' : keyOf(ssl),
  };
}

function keyOf({ key }: SslInput): KeyChange {
  return key === undefined || key === '' ? 'drop' : { key };
}

/** Letters, digits, underscores and hyphens alone. */
const namePattern = /^[a-zA-Z0-9_-]*$/;

/**
 * The rules of the whole record. `tlsTouched`: the request speaks of TLS or changes the type; a CA is only asked for
 * then, so that what was set elsewhere does not stand in the way of another change.
 * Throws InvalidError FET-0402 for what is missing, else FET-0001 for what is wrong.
 */
export function checkRecord(
  record: ConnectionRecord,
  rules: Pick<FetcherRules, 'strictCa'>,
  tlsTouched: boolean,
): void {
  const missing: Record<string, string> = {};
  const invalid: Record<string, string> = {};
  const nameLength = [...record.configName].length;
  if (record.product === null) missing.product_name = 'product name is required';
  if (!namePattern.test(record.configName)) {
    missing.config_name = 'config name can only contain alphanumeric characters, underscores, and hyphens';
  } else if (nameLength < 3 || nameLength > 100) {
    invalid.config_name = 'config name must be between 3 and 100 characters';
  }
  if (record.host === '') missing.host = 'host is required';
  if (record.databaseName === '') missing.database_name = 'database name is required';
  if (record.userName === '') missing.username = 'username is required';
  if (record.ssl !== null && tlsTouched) checkSsl(record.ssl, record.type, rules, missing, invalid);
  refuseFields(missing, invalid, 'record');
}

function checkSsl(
  ssl: NonNullable<ConnectionRecord['ssl']>,
  type: ConnectionType,
  rules: Pick<FetcherRules, 'strictCa'>,
  missing: Record<string, string>,
  invalid: Record<string, string>,
): void {
  if (ssl.mode === '') missing['ssl.mode'] = 'SSL mode is required';
  const needsCa = rules.strictCa || verifyingWords.has(ssl.mode);
  if (needsCa && (ssl.ca ?? '') === '') missing['ssl.ca'] = 'SSL CA is required';
  if (ssl.mode === '' || nativeTlsMode(type, ssl.mode) !== undefined) return;
  const quoted = ssl.mode.slice(0, 64);
  invalid['ssl.mode'] =
    `FET-0413 - Invalid SSL mode. The provided SSL mode '${quoted}' is not supported by ${type}. ` +
    `Supported modes: ${Object.keys(typeFacts[type].tls).join(', ')}`;
}

/** What is kept of a record. */
export interface KeptRecord {
  readonly columns: {
    readonly engine: string;
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly schema: string | null;
    readonly tls: NativeTls;
    readonly options: SourceOptions;
    readonly metadata: JsonObject;
  };
  readonly data: DoorData;
}

function text(metadata: JsonObject | null, key: string): string | undefined {
  const value = metadata !== null && Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Oracle connects to a service: `serviceName` of the metadata, else the database's name. */
function nativeDatabase(record: ConnectionRecord): string {
  return record.type === 'ORACLE' ? (text(record.metadata, 'serviceName') ?? record.databaseName) : record.databaseName;
}

/** Options that metadata steers (§4.5), over those that were set elsewhere. */
function nativeOptions(record: ConnectionRecord, engine: string, before: ConnectionRow | null): SourceOptions {
  const kept = before !== null && before.engine === engine ? before.options : {};
  if (record.type !== 'MONGODB') return kept;
  const { directConnection: _direct, ...rest } = kept;
  const direct = text(record.metadata, 'directConnection') === 'true';
  return {
    ...rest,
    authSource: text(record.metadata, 'authSource') ?? 'admin',
    ...(direct ? { directConnection: true } : {}),
  };
}

/** What is to be kept of a checked record. `before` = the row as it stands; null for a new one. */
export function keptOf(record: ConnectionRecord, before: ConnectionRow | null): KeptRecord {
  const { engine } = typeFacts[record.type];
  const word = record.ssl?.mode ?? null;
  const unchanged = before !== null && recordOf(before).ssl?.mode === word && before.engine === engine;
  // A mode that was set elsewhere stays exactly as it was set while its word stays.
  const mode =
    unchanged && (before.tls.mode !== undefined || word !== null) ? before.tls.mode : nativeTlsMode(record.type, word);
  const tls: NativeTls = {
    ...(mode === undefined ? {} : { mode }),
    ...((record.ssl?.ca ?? '') === '' ? {} : { ca: record.ssl?.ca as string }), // not empty, so there
    ...((record.ssl?.cert ?? '') === '' ? {} : { cert: record.ssl?.cert as string }), // likewise
  };
  const database = nativeDatabase(record);
  const schema = record.schema === '' ? null : record.schema;
  return {
    columns: {
      engine,
      host: record.host,
      port: record.port,
      database,
      schema,
      tls,
      options: nativeOptions(record, engine, before),
      metadata: record.metadata ?? {},
    },
    data: {
      databaseName: record.databaseName,
      schema: record.schema,
      sslMode: word,
      metadataGiven: record.metadata !== null,
      native: { engine, database, schema, tlsMode: tls.mode ?? null },
    },
  };
}
