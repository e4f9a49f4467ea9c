/** Deleting a workspace with what lives in it, the same on every door (decisions.md 13). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import { announce } from '../access/index.ts';
import { ConflictError } from '../errors.ts';

/**
 * Marks the workspace as deleted; its pairs are gone, and so are the sources whose home it is: their names. The caller holds
 * its row and has asked whether it may. Throws ConflictError `source_in_use` while a job uses one of the sources.
 */
export async function deleteWorkspace(trx: Executor, workspaceId: number): Promise<string[]> {
  const sources = await removeHomeSources(trx, workspaceId);
  await trx.deleteFrom('credential').where('workspace_id', '=', workspaceId).execute();
  await sql`
    update workspace set deleted_at = now(), updated_at = now(), version = version + 1
    where id = ${workspaceId}`.execute(trx);
  await announce(trx, '*');
  return sources;
}

async function removeHomeSources(trx: Executor, workspaceId: number): Promise<string[]> {
  const { rows } = await sql<{ id: number; name: string }>`
    select id, name from data_source where workspace_id = ${workspaceId} and deleted_at is null
    order by id for update`.execute(trx);
  if (rows.length === 0) return [];
  const ids = rows.map((source) => source.id);
  const { rows: leases } = await sql<{ name: string }>`
    select s.name from lease l join data_source s on s.id = l.source_id
    where l.kind = 'job' and l.source_id = any(${ids}::bigint[]) limit 1`.execute(trx);
  if (leases[0] !== undefined) {
    throw new ConflictError('source_in_use', `A job uses "${leases[0].name}", whose home this workspace is.`, {
      remedy: 'Wait until the job ends, or cancel it.',
    });
  }
  await sql`
    with names as (update source_name set live = false where source_id = any(${ids}::bigint[]))
    update data_source set deleted_at = now(), updated_at = now(), version = version + 1
    where id = any(${ids}::bigint[])`.execute(trx);
  return rows.map((source) => source.name);
}
