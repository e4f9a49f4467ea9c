/** Writing down what happens, for the people of a workspace; audit keeps its own, stricter record. */
import { type Executor, json } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';

export type EntityType = 'workspace' | 'data_source' | 'dataset' | 'workfile';

export interface ActivityInput {
  readonly tenantId: number;
  readonly actorId: number;
  /** `NOTE`, or the event's name. */
  readonly action: string;
  readonly workspaceId: number | null;
  readonly entityType: EntityType;
  readonly entityId: number;
  readonly body?: string;
  readonly isInsight?: boolean;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** The only user who sees it; whoever sees what it is about when absent. */
  readonly seenBy?: number;
  /** When, for what must be in step with other times; now when absent. */
  readonly at?: Date;
}

/** Inserts an activity; its number. */
export async function recordActivity(trx: Executor, input: ActivityInput): Promise<number> {
  const { id } = await trx
    .insertInto('activity')
    .values({
      uid: uuidv7(),
      tenant_id: input.tenantId,
      action: input.action,
      actor_id: input.actorId === 0 ? null : input.actorId,
      workspace_id: input.workspaceId,
      entity_type: input.entityType,
      entity_id: input.entityId,
      body: input.body ?? null,
      detail: json(input.detail ?? {}),
      is_insight: input.isInsight ?? false,
      seen_by: input.seenBy ?? null,
      ...(input.isInsight === true ? { promoted_by: input.actorId, promoted_at: input.at ?? new Date() } : {}),
      ...(input.at === undefined ? {} : { created_at: input.at }),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
