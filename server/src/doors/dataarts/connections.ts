/** Data sources of a workspace, which this protocol's paths call connections (dataarts.md §4.1–§4.5). */
import type { Site } from '../../domain/identity/index.ts';
import type { Connection, Room } from '../../domain/insight/index.ts';
import { hexOf } from '../../platform/ids.ts';
import { booleanOf, choiceOf, textOf } from './body.ts';
import { connectionMembers, readConnection, typeOf } from './connection-body.ts';
import { directionOf, paged, windowOf } from './paging.ts';
import { millis, success } from './present.ts';
import type { Routes } from './routes.ts';
import type { DataartsServices } from './services.ts';

const tag = 'connections';
const root = '/connections';
const one = `${root}/:connection`;

type Wire = Record<string, unknown>;

/** Members that nobody has said are left out, and so are all secrets. */
function presentConnection(site: Site, room: Room, connection: Connection): Wire {
  const members: Wire = {
    id: hexOf(connection.uid),
    name: connection.name,
    description: connection.description,
    host: connection.host,
    port: connection.port,
    server_list: connection.serverList,
    database_name: connection.databaseName ?? '',
    user_name: connection.username,
    default_schema: connection.schema,
    type: connection.type,
    source: connection.source,
    config: connection.config,
    source_instance_id: connection.clusterId,
    project_id: site.projectId,
    domain_id: site.domainId,
    region_id: connection.regionId ?? site.projectName,
    work_space_id: hexOf(room.uid),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function presentListed(site: Site, room: Room, connection: Connection): Wire {
  const { createdBy, updatedBy } = connection;
  return {
    ...presentConnection(site, room, connection),
    creation_user: createdBy === null ? null : hexOf(createdBy.uid),
    creation_user_name: createdBy?.name ?? null,
    creation_date: millis(connection.createdAt),
    update_user: updatedBy === null ? null : hexOf(updatedBy.uid),
    update_user_name: updatedBy?.name ?? null,
    update_date: millis(connection.updatedAt),
  };
}

export function registerConnections(routes: Routes, { connections }: DataartsServices): void {
  const role = 'developer' as const;
  routes.inWorkspace(
    {
      method: 'GET',
      path: root,
      id: 'listConnections',
      tag,
      summary: 'Data sources of the workspace.',
      role,
      query: ['all', 'limit', 'offset', 'name', 'type', 'sort_key', 'sort_dir'],
    },
    async ({ principal, site, room, query }) => {
      const page = windowOf(query);
      const found = await connections.list(principal, room, {
        name: textOf(query.name, 'name', 512) ?? '',
        type: typeOf(query.type),
        sortKey: choiceOf(query.sort_key, 'sort_key', ['name', 'creation_date', 'update_date']) ?? 'name',
        sortDirection: directionOf(query),
        page: booleanOf(query.all, 'all') === true ? undefined : page,
      });
      return paged(found, (connection) => presentListed(site, room, connection));
    },
  );
  routes.inWorkspace(
    {
      method: 'POST',
      path: root,
      id: 'createConnection',
      tag,
      summary: 'Register a data source.',
      role,
      body: connectionMembers,
    },
    async ({ principal, room, request }) => {
      connections.admitCreate(principal, room);
      const { uid } = await connections.create(principal, room, readConnection(request));
      return { ...success, id: hexOf(uid) };
    },
  );
  routes.inWorkspace(
    { method: 'GET', path: one, id: 'getConnection', tag, summary: 'One data source.', role },
    async ({ principal, site, room, path }) =>
      presentConnection(site, room, await connections.get(principal, room, path('connection'))),
  );
  routes.inWorkspace(
    {
      method: 'PUT',
      path: one,
      id: 'updateConnection',
      tag,
      summary: 'Change a data source; absent secrets stay.',
      role,
      body: connectionMembers,
    },
    async ({ principal, room, request, path }) => {
      const admitted = await connections.admit(principal, room, path('connection'), 'source.modify');
      await connections.update(room, admitted, readConnection(request));
      return success;
    },
  );
  routes.inWorkspace(
    { method: 'DELETE', path: one, id: 'deleteConnection', tag, summary: 'Delete a data source.', role },
    async ({ principal, room, path }) => {
      await connections.remove(await connections.admit(principal, room, path('connection'), 'source.delete'));
      return { message: 'Delete Data Connection Success!' };
    },
  );
}
