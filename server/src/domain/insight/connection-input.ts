/** What a write of a data source says, and what of it other doors understand (dataarts.md §4.0; decisions.md 11, 16). Pure. */
import type { JsonObject, TlsMode } from '../sources/index.ts';
import { invalidParameter } from './refusals.ts';

/** Kinds as this protocol spells them, with the engine that runs each; null = kept only. */
export const connectionTypes = {
  MySQL: 'mysql',
  DWS: 'postgresql',
  PostgreSQL: 'postgresql',
  OpenGauss: 'postgresql',
  Doris: 'mysql',
  HIVE: null,
  ClickHouse: null,
  DLI: null,
  API: null,
} as const satisfies Readonly<Record<string, 'mysql' | 'postgresql' | null>>;
export type ConnectionType = keyof typeof connectionTypes;

/** Kinds that are no database at some host. */
const hostless: ReadonlySet<ConnectionType> = new Set(['DLI', 'API']);

/** What an engine is called here when nobody said. */
export const typeOfEngine: Readonly<Record<string, ConnectionType>> = { mysql: 'MySQL', postgresql: 'PostgreSQL' };

/** A write as it came, every member of its kind and no longer than it may be. */
export interface ConnectionWrite {
  readonly name: string;
  readonly type: ConnectionType;
  readonly source: string;
  readonly databaseName: string | undefined;
  readonly description: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly serverList: string | undefined;
  readonly username: string | undefined;
  /** Absent keeps the stored one. */
  readonly password: string | undefined;
  readonly regionId: string | undefined;
  readonly clusterId: string | undefined;
  /** `config` without its secrets. */
  readonly config: JsonObject;
  /** Its secrets by name; absent ones keep what is stored. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What this door alone keeps of a source. */
export interface ConnectionWords {
  readonly type: ConnectionType;
  readonly source: string;
  readonly databaseName: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly serverList: string | null;
  readonly regionId: string | null;
  readonly clusterId: string | null;
  readonly config: JsonObject;
}

/** Where a source is, as every door understands it. */
export interface ConnectionPlace {
  readonly engine: 'mysql' | 'postgresql' | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  /** Encrypted without a check, or when the server offers it (decisions.md 16). */
  readonly tlsMode: TlsMode;
}

export function wordsOf(write: ConnectionWrite): ConnectionWords {
  return {
    type: write.type,
    source: write.source,
    databaseName: write.databaseName ?? null,
    host: write.host ?? null,
    port: write.port ?? null,
    serverList: write.serverList ?? null,
    regionId: write.regionId ?? null,
    clusterId: write.clusterId ?? null,
    config: write.config,
  };
}

/** The first entry of `host:port[,host:port]`. Throws InvalidError for a list that is none. */
function firstServer(serverList: string): { readonly host: string; readonly port: number } {
  const servers = serverList.split(',').map((entry) => {
    const [, host = '', port = ''] = /^\s*(\S+?):(\d{1,5})\s*$/.exec(entry) ?? [];
    return { host, port: Number(port) };
  });
  const sound = servers.every(({ host, port }) => host !== '' && port >= 1 && port <= 65_535);
  if (!sound) throw invalidParameter('server_list');
  return servers[0]!; // splitting a text gives one piece at least
}

/** `defaultPort`: of an engine. Throws InvalidError for a list of servers that is none. */
export function placeOf(words: ConnectionWords, defaultPort: (engine: string) => number): ConnectionPlace {
  const engine = connectionTypes[words.type];
  const listed = words.serverList === null ? null : firstServer(words.serverList);
  const listedPort = words.host === null ? listed?.port : undefined;
  return {
    engine,
    host: words.host ?? listed?.host ?? null,
    port: words.port ?? listedPort ?? (engine === null ? null : defaultPort(engine)),
    database: words.databaseName,
    tlsMode: words.config.ssl === true ? 'require' : 'prefer',
  };
}

/** Members that this kind of source needs. `stored`: names of secrets that are kept already. Throws InvalidError. */
export function requireMembers(write: ConnectionWrite, stored: ReadonlySet<string>): void {
  if (write.databaseName === undefined && write.type !== 'API') throw invalidParameter('database_name');
  const placed = write.host !== undefined || write.serverList !== undefined;
  if (!placed && !hostless.has(write.type)) throw invalidParameter('host');
  if (write.config.auth_type !== 'AKSK') return;
  if (write.config.ds_ak === undefined) throw invalidParameter('config.ds_ak');
  if (write.secrets.ds_sk === undefined && !stored.has('ds_sk')) throw invalidParameter('config.ds_sk');
}

/** Encrypts without checking, or checks as well: both are `ssl` here. */
export function isSsl(mode: TlsMode | null): boolean {
  return mode === 'require' || mode === 'verify-ca' || mode === 'verify-full';
}
