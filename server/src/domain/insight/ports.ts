/** What this folder asks about datasets; whoever keeps them answers. */
import type { Executor } from '../../platform/database/index.ts';
import type { Found } from './found.ts';
import type { Room } from './rooms.ts';

/** A resource of a workspace, as sharing and lists know one. */
export interface RoomResource {
  readonly id: number;
  /** On the wire of its own kind. */
  readonly wireId: string;
  readonly name: string;
  readonly ownerId: number;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly updatedAt: Date;
  readonly updatedBy: string | null;
}

export interface Lookup {
  readonly limit: number;
  readonly offset: number;
}

/** Datasets of workspaces. */
export interface DatasetPort {
  /** Whether a dataset stands on this source. In a transaction that holds the source's row. */
  usesSource(executor: Executor, sourceId: number): Promise<boolean>;
  /** One of this workspace; null for none. */
  find(executor: Executor, room: Room, wireId: string): Promise<RoomResource | null>;
  list(executor: Executor, room: Room, page: Lookup): Promise<Found<RoomResource>>;
  /** Those that stand on a source of the workspace. */
  ofSource(executor: Executor, room: Room, sourceId: number): Promise<readonly RoomResource[]>;
  /** Number of the source that a dataset stands on. */
  sourceOf(executor: Executor, datasetId: number): Promise<number | null>;
}
