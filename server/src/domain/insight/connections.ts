/**
 * Data sources of a workspace (dataarts.md §4.1–§4.5). They are data sources like all others, seen by the members of their
 * workspace, under a name that is unique in it. Administrators and the workspace's owner act as owners of all of them that
 * are not private; others by what they own and by what is shared with them.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { hexOf } from '../../platform/ids.ts';
import { type Action, effectivePermissions } from '../access/index.ts';
import { ConflictError } from '../errors.ts';
import { foldName, slugOf } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import {
  type DoorEntry,
  type EngineFacts,
  openDoorSecrets,
  readDoorEntry,
  type SourceInput,
  type Sources,
} from '../sources/index.ts';
import { asOwner } from '../workspaces/index.ts';
import {
  type ConnectionPlace,
  type ConnectionType,
  type ConnectionWrite,
  isSsl,
  placeOf,
  requireMembers,
  wordsOf,
} from './connection-input.ts';
import {
  type Connection,
  connectionJoins,
  inRoom,
  readConnections,
  shownName,
  shownType,
  withWireId,
} from './connection-rows.ts';
import type { InsightDeps } from './deps.ts';
import type { Found } from './found.ts';
import type { DatasetPort, RoomResource } from './ports.ts';
import { invalidParameter, noPermission, noRight, resourceNotFound } from './refusals.ts';
import { administersRoom, isSwitchedOn, type Room } from './rooms.ts';

export interface ConnectionDeps extends InsightDeps {
  readonly sources: Sources;
  readonly engines: EngineFacts;
  readonly datasets: DatasetPort;
}

export interface ConnectionQuery {
  readonly name: string;
  readonly type: ConnectionType | undefined;
  readonly sortKey: 'name' | 'creation_date' | 'update_date';
  readonly sortDirection: 'asc' | 'desc';
  /** Absent = all. */
  readonly page: { readonly limit: number; readonly offset: number } | undefined;
}

/** Tries for a native name when others take the same at the same time. */
const attempts = 5;
const sortColumns = {
  name: sql`lower(${shownName})`,
  creation_date: sql`s.created_at`,
  update_date: sql`s.updated_at`,
};

export class Connections {
  readonly #deps: ConnectionDeps;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  async list(principal: Principal, room: Room, query: ConnectionQuery): Promise<Found<Connection>> {
    const { db } = this.#deps.store;
    const conditions: RawBuilder<unknown>[] = [inRoom(room), this.#visible(principal, room)];
    if (query.name !== '') conditions.push(sql`strpos(lower(${shownName}), ${foldName(query.name)}) > 0`);
    if (query.type !== undefined) conditions.push(sql`${shownType} = ${query.type}`);
    const where = sql.join(conditions, sql` and `);
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from data_source s ${connectionJoins} where ${where}`.execute(db);
    const direction = query.sortDirection === 'desc' ? sql`desc` : sql`asc`;
    const window = query.page === undefined ? sql`` : sql`limit ${query.page.limit} offset ${query.page.offset}`;
    const tail = sql`order by ${sortColumns[query.sortKey]} ${direction}, s.id ${window}`;
    const items = await readConnections(db, where, (engine) => this.#deps.engines.defaultPort(engine), tail);
    return { items, count: rows[0]?.count ?? 0 };
  }

  /** Throws NotFoundError `resource_not_found`, ForbiddenError `no_right`. */
  async get(principal: Principal, room: Room, id: string): Promise<Connection> {
    return (await this.admit(principal, room, id, 'source.view')).connection;
  }

  /**
   * The source, and as whom the caller may do this with it. A private source of somebody else looks as if it did not exist
   * (decisions.md 6). Throws NotFoundError `resource_not_found`, ForbiddenError `no_right`.
   */
  async admit(
    principal: Principal,
    room: Room,
    id: string,
    action: Action,
  ): Promise<{ readonly connection: Connection; readonly as: Principal }> {
    const { access, store } = this.#deps;
    const [connection] = await this.#read(sql`${inRoom(room)} and ${withWireId(id)}`);
    if (connection === undefined) throw resourceNotFound();
    if (administersRoom(room) && connection.visibility !== 'private') return { connection, as: asOwner(principal) };
    const facts = await access.factsById(store.db, principal, connection.id);
    if (facts === null) throw resourceNotFound();
    if (access.decide(principal, action, facts).allowed) return { connection, as: principal };
    const nothing = effectivePermissions(principal, facts).permissions.size === 0;
    throw nothing && connection.visibility === 'private' ? resourceNotFound() : noRight();
  }

  /** Whether the caller may add sources to the workspace. Throws ForbiddenError `no_permission`. */
  admitCreate(principal: Principal, room: Room): void {
    if (isSwitchedOn(room, 'only_admin_create_datasource') && !administersRoom(room)) throw noPermission();
    this.#deps.access.authoriseCreate(principal);
  }

  /** Registers a source; its uid. Throws InvalidError, also for a name that the workspace has already. */
  async create(principal: Principal, room: Room, write: ConnectionWrite): Promise<{ uid: string }> {
    requireMembers(write, new Set());
    const words = wordsOf(write);
    const place = this.#place(words);
    await this.#requireFree(this.#deps.store.db, room, write.name, null);
    const input = inputOf(write, place);
    const entry = entryOf(room, write, place, write.secrets);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { id } = await this.#deps.sources.createFor(principal, input, {
          entry,
          kind: 'simple',
          workspaceId: room.id,
        });
        const [made] = await this.#read(sql`s.id = ${id}`);
        if (made === undefined) throw resourceNotFound();
        return { uid: made.uid };
      } catch (error) {
        const taken = error instanceof ConflictError && error.code === 'name_taken';
        if (!taken || attempt >= attempts) throw taken ? invalidParameter('name') : error;
        // Somebody took this name here, or only the native one between our look and our write.
        await this.#requireFree(this.#deps.store.db, room, write.name, null);
      }
    }
  }

  /**
   * Replaces what this protocol can express; absent secrets stay. `admit` with `source.modify` before. Throws InvalidError,
   * ConflictError `source_in_use`.
   */
  async update(
    room: Room,
    at: { readonly connection: Connection; readonly as: Principal },
    write: ConnectionWrite,
  ): Promise<void> {
    const { connection, as } = at;
    const { store, vault, sources } = this.#deps;
    requireScope(as, 'write');
    if (write.type !== connection.type) throw invalidParameter('type');
    const stored = await readDoorEntry(store.db, connection.id, 'dataarts');
    const key = { id: connection.id, uid: connection.uid, tenantId: room.tenantId };
    const before = openDoorSecrets(vault, key, 'dataarts', stored.sealed) ?? {};
    requireMembers(write, new Set(Object.keys(before)));
    const place = this.#place(wordsOf(write));
    await this.#requireFree(store.db, room, write.name, connection.id);
    // Its native name and title are other doors' (decisions.md 9).
    const {
      name: _slug,
      title: _title,
      engine: _engine,
      visibility: _visibility,
      tls,
      ...rest
    } = inputOf(write, place);
    const secrets = { ...kept(before, write), ...write.secrets };
    const { name, ...entry } = entryOf(room, write, place, secrets);
    // A check that is stricter than what this protocol can say stays.
    const sameTls = isSsl(connection.tlsMode ?? 'verify-full') === isSsl(place.tlsMode);
    await sources
      .update(
        as,
        { id: connection.id },
        {
          ...rest,
          description: write.description ?? null,
          host: place.host,
          port: place.port,
          ...(sameTls ? {} : { tls }),
        },
        { entry: write.name === connection.name && stored.name !== null ? entry : { ...entry, name } },
      )
      .catch((error: unknown) => {
        throw error instanceof ConflictError && error.code === 'name_taken' ? invalidParameter('name') : error;
      });
  }

  /**
   * Deletes it. `admit` with `source.delete` before. Throws ConflictError `source_in_use` while a job uses it or a dataset
   * stands on it.
   */
  async remove(at: { readonly connection: Connection; readonly as: Principal }): Promise<void> {
    const { datasets, sources } = this.#deps;
    await sources.remove(
      at.as,
      { id: at.connection.id },
      {
        guard: async (trx, sourceId) => {
          if (await datasets.usesSource(trx, sourceId)) {
            throw new ConflictError('source_in_use', 'a dataset uses this data source');
          }
        },
      },
    );
  }

  /** A source of the workspace by its number, whoever asks; null for none. */
  async byNumber(room: Room, id: number): Promise<Connection | null> {
    const [found] = await this.#read(sql`${inRoom(room)} and s.id = ${id}`);
    return found ?? null;
  }

  /** The same among resources of all kinds. */
  asResource(connection: Connection): RoomResource {
    return {
      id: connection.id,
      wireId: hexOf(connection.uid),
      name: connection.name,
      ownerId: connection.ownerId,
      createdAt: connection.createdAt,
      createdBy: connection.createdBy?.name ?? null,
      updatedAt: connection.updatedAt,
      updatedBy: connection.updatedBy?.name ?? null,
    };
  }

  /** A condition on `data_source s`: what of the workspace the caller sees. */
  #visible(principal: Principal, room: Room): RawBuilder<unknown> {
    const seen = this.#deps.access.visibleFilter(principal, { alias: 's' });
    return administersRoom(room) ? sql`(s.visibility <> 'private' or ${seen})` : seen;
  }

  #place(words: ReturnType<typeof wordsOf>): ConnectionPlace {
    return placeOf(words, (engine) => this.#deps.engines.defaultPort(engine));
  }

  #read(where: RawBuilder<unknown>): Promise<Connection[]> {
    const { store, engines } = this.#deps;
    return readConnections(store.db, where, (engine) => engines.defaultPort(engine));
  }

  /** Names of a workspace are unique ignoring case, those that other doors gave included. */
  async #requireFree(executor: Executor, room: Room, name: string, except: number | null): Promise<void> {
    const { rows } = await sql`
      select 1 from data_source s ${connectionJoins}
      where ${inRoom(room)} and lower(${shownName}) = ${foldName(name)} and s.id is distinct from ${except}::bigint
      limit 1`.execute(executor);
    if (rows.length > 0) throw invalidParameter('name');
  }
}

const nativeName = /^[A-Za-z0-9_-]{1,128}$/;
/** Characters that a title may have natively. */
const titleLimit = 256;

function inputOf(write: ConnectionWrite, place: ConnectionPlace): SourceInput {
  const { name, username, password } = write;
  return {
    name: nativeName.test(name) ? name : slugOf(name) || 'source',
    ...(name.length <= titleLimit ? { title: name } : {}),
    engine: place.engine,
    ...(write.description === undefined ? {} : { description: write.description }),
    ...(place.host === null ? {} : { host: place.host }),
    ...(place.port === null ? {} : { port: place.port }),
    ...(place.database === null ? {} : { database: place.database }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    tls: { mode: place.tlsMode },
    visibility: 'workspace',
  };
}

function entryOf(
  room: Room,
  write: ConnectionWrite,
  place: ConnectionPlace,
  secrets: Readonly<Record<string, string>>,
): DoorEntry {
  return {
    door: 'dataarts',
    name: { scope: room.uid, name: write.name, within: 'scope' },
    data: { ...wordsOf(write), engine: place.engine },
    secrets,
  };
}

/** Secrets of before whose place in the settings is still there. */
function kept(before: Readonly<Record<string, string>>, write: ConnectionWrite): Readonly<Record<string, string>> {
  const parameters = new Set(
    (Array.isArray(write.config.request_params) ? write.config.request_params : []).map(
      (one) => secretOfParameter(one as { location: string; param_name: string }), // as the door wrote them
    ),
  );
  return Object.fromEntries(
    Object.entries(before).filter(([name]) => !name.startsWith('param:') || parameters.has(name)),
  );
}

/** Under which name the values of an encrypted request parameter are kept. */
export function secretOfParameter(parameter: { readonly location: string; readonly param_name: string }): string {
  return `param:${parameter.location}:${parameter.param_name}`;
}
