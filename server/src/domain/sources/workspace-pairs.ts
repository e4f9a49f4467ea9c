/** Who may set the pair that a workspace has for a source (chorus.md §5, §9 no. 2, 7, 10): one rule for every door. */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { PrincipalUser } from '../identity/principal.ts';

export interface Keeper {
  readonly subject: PrincipalUser;
  /** May change the source, or administers the sources of its tenant. */
  readonly managesSource: boolean;
  /** Plain members may set pairs in this installation. */
  readonly membersSet: boolean;
}

/**
 * Whoever manages the source; who stored the pair first; the workspace's owner, and its members where the installation
 * lets them: the last two not for a source that is kept to other workspaces. Such a one belongs to the workspace whose
 * sandbox it holds.
 */
export async function maySetWorkspacePair(
  executor: Executor,
  { subject, managesSource, membersSet }: Keeper,
  sourceId: number,
  workspaceId: number,
): Promise<boolean> {
  if (managesSource) return true;
  const { rows } = await sql<{ keeps: boolean; owns: boolean; available: boolean }>`
    select exists (select 1 from credential c where c.source_id = ${sourceId} and c.kind = 'workspace'
        and c.workspace_id = w.id and coalesce(c.holder_id, w.owner_id) = ${subject.id}) as keeps,
      w.owner_id is not distinct from ${subject.id}::bigint as owns,
      not exists (select 1 from source_door_data d where d.source_id = ${sourceId} and d.door = 'chorus'
          and d.data ->> 'isPublic' = 'false')
        or exists (select 1 from source_schema c join source_database b on b.id = c.database_id
          where c.id = w.sandbox_schema_id and b.source_id = ${sourceId}) as available
    from workspace w where w.id = ${workspaceId}`.execute(executor);
  const [row] = rows;
  if (row === undefined) return false;
  if (row.keeps) return true;
  const inside = row.owns || (membersSet && subject.workspaceIds.includes(workspaceId));
  return inside && row.available;
}
