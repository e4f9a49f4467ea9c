/** Queries over all kinds of resources (dataarts.md §4.10). */
import {
  invalidParameter,
  type RelatedResource,
  type RoomResource,
  resourceTypes,
} from '../../domain/insight/index.ts';
import { hexOf } from '../../platform/ids.ts';
import { choiceOf, listOf, objectOf, readObject } from './body.ts';
import { refOf } from './collaboration.ts';
import { directionOf, paged, windowOf } from './paging.ts';
import { millis } from './present.ts';
import type { Routes } from './routes.ts';
import type { DataartsServices } from './services.ts';

type Wire = Record<string, unknown>;

const tag = 'resources';
const role = 'viewer' as const;

function presentListed(resource: RoomResource): Wire {
  return {
    id: resource.wireId,
    name: resource.name,
    create_user_name: resource.createdBy,
    create_date: millis(resource.createdAt),
    update_user_name: resource.updatedBy,
    update_date: millis(resource.updatedAt),
    status: 1,
  };
}

function presentRelated(resource: RelatedResource): Wire {
  return {
    resource_id: resource.id,
    resource_name: resource.name,
    resource_type: resource.type,
    relations: resource.relations.map(presentRelated),
  };
}

export function registerResources(routes: Routes, { resources }: DataartsServices): void {
  routes.inWorkspace(
    {
      method: 'GET',
      path: '/resources/:type',
      id: 'listResources',
      tag,
      summary: 'Resources of a kind.',
      role,
      query: ['offset', 'limit', 'sort_key', 'sort_dir'],
    },
    async ({ principal, room, query, path }) => {
      const type = choiceOf(path('type'), 'resource_type', resourceTypes);
      if (type === undefined) throw invalidParameter('resource_type');
      const asked = { ...windowOf(query), sortDirection: directionOf(query, 'desc') };
      return paged(await resources.list(principal, room, type, asked), presentListed);
    },
  );
  routes.inWorkspace(
    {
      method: 'POST',
      path: '/resources/relationships',
      id: 'listRelationships',
      tag,
      summary: 'What hangs together with the given resources.',
      role,
      work: 'read',
      body: ['resources'],
    },
    async ({ principal, room, request }) => {
      const entries = listOf(readObject(request).resources, 'resources', 50) ?? [];
      const refs = entries.map((entry) => {
        const members = objectOf(entry, 'resources');
        if (members === undefined) throw invalidParameter('resources');
        return refOf(members);
      });
      const found = await resources.relations(principal, room, refs);
      return { resources: found.map(presentRelated), workspace_id: hexOf(room.uid) };
    },
  );
}
