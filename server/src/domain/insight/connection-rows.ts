/** Reading the data sources of a workspace (dataarts.md §4.1; decisions.md 9–11). */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { uuidOf } from '../../platform/ids.ts';
import type { TlsMode, Visibility } from '../sources/index.ts';
import {
  type ConnectionPlace,
  type ConnectionType,
  type ConnectionWords,
  isSsl,
  placeOf,
  typeOfEngine,
} from './connection-input.ts';
import type { Room } from './rooms.ts';

/** A data source as this protocol shows it. */
export interface Connection {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly type: ConnectionType;
  readonly source: string;
  readonly description: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly serverList: string | null;
  readonly databaseName: string | null;
  readonly schema: string | null;
  readonly username: string | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly regionId: string | null;
  readonly clusterId: string | null;
  readonly ownerId: number;
  readonly visibility: Visibility;
  /** Uid and user name; null when that user is gone. */
  readonly createdBy: { readonly uid: string; readonly name: string } | null;
  readonly createdAt: Date;
  readonly updatedBy: { readonly uid: string; readonly name: string } | null;
  readonly updatedAt: Date;
  readonly tlsMode: TlsMode | null;
}

interface Row {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly engine: string | null;
  readonly description: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
  readonly schema: string | null;
  readonly tls_mode: TlsMode | null;
  readonly visibility: Visibility;
  readonly owner_id: number;
  readonly words: ConnectionWords | null;
  readonly username: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly creator_uid: string | null;
  readonly creator: string | null;
  readonly editor_uid: string | null;
  readonly editor: string | null;
}

/** What the door calls a source `s`. */
export const shownName = sql`coalesce(sn.name, s.title, s.name)`;

const engineTypes = sql.join(
  Object.entries(typeOfEngine).map(([engine, type]) => sql`when ${sql.lit(engine)} then ${sql.lit(type)}`),
  sql` `,
);
/** The type of a source `s`: as said here, as long as it is still of that engine. */
export const shownType = sql`(case when sd.data is not null and sd.data->>'engine' is not distinct from s.engine
  then sd.data->>'type' else case s.engine ${engineTypes} end end)`;

export const connectionJoins = sql`
  left join source_name sn on sn.source_id = s.id and sn.door = 'dataarts'
  left join source_door_data sd on sd.source_id = s.id and sd.door = 'dataarts'`;

/** A condition on `data_source s`: live, of this workspace, and of a kind that this protocol knows. */
export function inRoom(room: Room): RawBuilder<SqlBool> {
  const home = room.isDefault
    ? sql`(s.workspace_id = ${room.id} or s.workspace_id is null)`
    : sql`s.workspace_id = ${room.id}`;
  return sql<SqlBool>`s.tenant_id = ${room.tenantId} and ${home} and s.deleted_at is null and not s.is_group
    and ${shownType} is not null`;
}

export async function readConnections(
  executor: Executor,
  where: RawBuilder<unknown>,
  defaultPort: (engine: string) => number,
  tail: RawBuilder<unknown> = sql``,
): Promise<Connection[]> {
  const { rows } = await sql<Row>`
    select s.id, s.uid, ${shownName} as name, s.engine, s.description, s.host, s.port, s.database, s.schema,
      s.tls->>'mode' as tls_mode, s.visibility, s.owner_id, sd.data as words, s.created_at, s.updated_at,
      (select k.username from credential k where k.source_id = s.id and k.kind = 'source' and k.level = 'any') as username,
      c.uid as creator_uid, c.username as creator, e.uid as editor_uid, e.username as editor
    from data_source s ${connectionJoins}
      left join user_account c on c.id = s.created_by left join user_account e on e.id = coalesce(s.updated_by, s.created_by)
    where ${where} ${tail}`.execute(executor);
  return rows.map((row) => toConnection(row, defaultPort));
}

/** One by its id on this wire. */
export function withWireId(id: string): RawBuilder<SqlBool> {
  const uid = uuidOf(id);
  return uid === null ? sql<SqlBool>`false` : sql<SqlBool>`s.uid = ${uid}`;
}

function toConnection(row: Row, defaultPort: (engine: string) => number): Connection {
  const words = agreedWords(row, defaultPort);
  const person = (uid: string | null, name: string | null) => (uid === null || name === null ? null : { uid, name });
  return {
    id: row.id,
    uid: row.uid,
    name: row.name,
    type: words?.type ?? row.words?.type ?? typeOfEngine[row.engine ?? ''] ?? 'PostgreSQL', // `inRoom` lets no other engine through
    source: row.words?.source ?? 'public',
    description: row.description,
    host: words === null ? row.host : words.host,
    port: words === null ? row.port : words.port,
    serverList: words?.serverList ?? null,
    databaseName: words === null ? row.database : words.databaseName,
    schema: row.schema,
    username: row.username,
    config: configOf(row, words),
    regionId: row.words?.regionId ?? null,
    clusterId: row.words?.clusterId ?? null,
    ownerId: row.owner_id,
    visibility: row.visibility,
    createdBy: person(row.creator_uid, row.creator),
    createdAt: row.created_at,
    updatedBy: person(row.editor_uid, row.editor),
    updatedAt: row.updated_at,
    tlsMode: row.tls_mode,
  };
}

/** The door's own words while the shared columns still say the same (decisions.md 11); else null. */
function agreedWords(row: Row, defaultPort: (engine: string) => number): ConnectionWords | null {
  if (row.words === null) return null;
  const place: ConnectionPlace = placeOf(row.words, defaultPort);
  const same =
    place.engine === row.engine &&
    place.host === row.host &&
    place.port === row.port &&
    place.database === row.database;
  return same ? row.words : null;
}

/** `ssl` as it now is: shown where it was said, and where there is encryption. */
function configOf(row: Row, words: ConnectionWords | null): Readonly<Record<string, unknown>> {
  const config = (words ?? row.words)?.config ?? {};
  const ssl = isSsl(row.tls_mode ?? (row.words === null ? 'verify-full' : 'prefer'));
  const { ssl: said, ...rest } = config;
  return said === undefined && !ssl ? rest : { ...rest, ssl };
}
