/** Datasets as sharing and lists of a workspace know them (`domain/insight/ports.ts`). */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { isUuid } from '../../platform/ids.ts';
import type { DatasetPort, RoomResource } from '../insight/index.ts';

interface ResourceRow extends Omit<RoomResource, 'id'> {
  readonly id: number;
}

async function read(
  executor: Executor,
  condition: RawBuilder<SqlBool>,
  tail: RawBuilder<unknown> = sql`order by d.id`,
): Promise<ResourceRow[]> {
  const { rows } = await sql<ResourceRow>`
    select d.id, d.uid as "wireId", d.name, coalesce(d.created_by, s.owner_id) as "ownerId", d.created_at as "createdAt",
      c.username as "createdBy", d.updated_at as "updatedAt", u.username as "updatedBy"
    from dataset_model d join data_source s on s.id = d.source_id and s.deleted_at is null
    left join user_account c on c.id = d.created_by left join user_account u on u.id = d.updated_by
    where ${condition} ${tail}`.execute(executor);
  return rows;
}

/** The datasets of workspaces. */
export const roomDatasets: DatasetPort = {
  usesSource: async (executor, sourceId) => (await read(executor, sql`d.source_id = ${sourceId}`)).length > 0,
  find: async (executor, room, wireId) => {
    if (!isUuid(wireId)) return null;
    const [found] = await read(executor, sql`d.workspace_id = ${room.id} and d.uid = ${wireId}`);
    return found ?? null;
  },
  list: async (executor, room, page) => {
    const condition = sql<boolean>`d.workspace_id = ${room.id}`;
    const items = await read(executor, condition, sql`order by d.id limit ${page.limit} offset ${page.offset}`);
    const all = await read(executor, condition);
    return { items, count: all.length };
  },
  ofSource: (executor, room, sourceId) =>
    read(executor, sql`d.workspace_id = ${room.id} and d.source_id = ${sourceId}`),
  sourceOf: async (executor, datasetId) => {
    const { rows } = await sql<{ id: number }>`
      select source_id as id from dataset_model where id = ${datasetId}`.execute(executor);
    return rows[0]?.id ?? null;
  },
};
