/** Resources of a workspace over all kinds, and what hangs on what (dataarts.md §4.10). */
import type { Principal } from '../identity/principal.ts';
import type { ConnectionDeps, Connections } from './connections.ts';
import type { Found } from './found.ts';
import type { RoomResource } from './ports.ts';
import { noRight, resourceNotFound } from './refusals.ts';
import { administersRoom, type Room, requireRole } from './rooms.ts';

/** Kinds of resources, as they are spelt on the wire. Only the first two can exist here. */
export const resourceTypes = [
  'datasource',
  'dataset',
  'metric',
  'dashboard',
  'screen',
  'embedAnalysis',
  'portal',
  'subject',
] as const;
export type ResourceType = (typeof resourceTypes)[number];

export interface ResourceRef {
  readonly type: ResourceType;
  /** On the wire of its own kind. */
  readonly id: string;
}

/** A resource with those it hangs together with. */
export interface RelatedResource extends ResourceRef {
  readonly name: string;
  readonly relations: readonly RelatedResource[];
}

export class Resources {
  readonly #deps: ConnectionDeps;
  readonly #connections: Connections;

  constructor(deps: ConnectionDeps, connections: Connections) {
    this.#deps = deps;
    this.#connections = connections;
  }

  /** Those of a kind, newest change first unless sorted otherwise. Data sources: for developers (§5.6). */
  async list(
    principal: Principal,
    room: Room,
    type: ResourceType,
    asked: { readonly limit: number; readonly offset: number; readonly sortDirection: 'asc' | 'desc' },
  ): Promise<Found<RoomResource>> {
    if (type === 'dataset') return this.#deps.datasets.list(this.#deps.store.db, room, asked);
    if (type !== 'datasource') return { items: [], count: 0 };
    requireRole(room, 'developer');
    const { items, count } = await this.#connections.list(principal, room, {
      name: '',
      type: undefined,
      sortKey: 'update_date',
      sortDirection: asked.sortDirection,
      page: asked,
    });
    return { items: items.map((connection) => this.#connections.asResource(connection)), count };
  }

  /**
   * What the given resources hang together with: a dataset with its source, a source with the datasets on it. Throws
   * NotFoundError `resource_not_found`, ForbiddenError `no_right`.
   */
  async relations(principal: Principal, room: Room, refs: readonly ResourceRef[]): Promise<RelatedResource[]> {
    const found: RelatedResource[] = [];
    for (const ref of refs) found.push(await this.#related(principal, room, ref));
    return found;
  }

  async #related(principal: Principal, room: Room, ref: ResourceRef): Promise<RelatedResource> {
    const { datasets, store } = this.#deps;
    if (ref.type === 'datasource') {
      const connection = await this.#connections.get(principal, room, ref.id);
      const above = await datasets.ofSource(store.db, room, connection.id);
      const relations = above.map(
        ({ wireId, name }) => ({ type: 'dataset', id: wireId, name, relations: [] }) as const,
      );
      return { type: ref.type, id: ref.id, name: connection.name, relations };
    }
    const dataset = ref.type === 'dataset' ? await datasets.find(store.db, room, ref.id) : null;
    if (dataset === null) throw resourceNotFound();
    const sourceId = await datasets.sourceOf(store.db, dataset.id);
    const below = sourceId === null ? null : await this.#connections.byNumber(room, sourceId);
    const relations =
      below === null
        ? []
        : [
            {
              type: 'datasource',
              id: this.#connections.asResource(below).wireId,
              name: below.name,
              relations: [],
            } as const,
          ];
    return { type: ref.type, id: ref.id, name: dataset.name, relations };
  }

  /**
   * A resource that the caller may share: its owner, and administrators of the workspace. `as`: as whom. Throws
   * NotFoundError, ForbiddenError `no_right`.
   */
  async toShare(
    principal: Principal,
    room: Room,
    { type, id }: ResourceRef,
  ): Promise<{ readonly resource: RoomResource; readonly kind: 'source' | 'dataset'; readonly as: Principal }> {
    if (type === 'datasource') {
      const { connection, as } = await this.#connections.admit(principal, room, id, 'source.share');
      return { resource: this.#connections.asResource(connection), kind: 'source', as };
    }
    const dataset = type === 'dataset' ? await this.#deps.datasets.find(this.#deps.store.db, room, id) : null;
    if (dataset === null) throw resourceNotFound();
    if (dataset.ownerId !== principal.subject.id && !administersRoom(room)) throw noRight();
    return { resource: dataset, kind: 'dataset', as: principal };
  }
}
