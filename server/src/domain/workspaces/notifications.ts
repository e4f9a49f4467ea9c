/** What concerns one person, until it is read (chorus.md §3.13; §3.5, §3.9 and §5 say of what one is notified). */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { Principal } from '../identity/principal.ts';
import { requireScope } from '../identity/scopes.ts';
import { type Activity, isSeen, readActivities } from './activity-rows.ts';
import { callerOf } from './caller.ts';
import type { WorkspaceDeps } from './deps.ts';
import type { Listed, NumberedPage } from './model.ts';
import { windowOf } from './workspaces.ts';

export interface Notification {
  readonly id: number;
  readonly activity: Activity;
  readonly at: Date;
  readonly unread: boolean;
}

/** Notifies live users of the tenant of an activity. Numbers that name nobody are passed over. */
export async function notify(
  trx: Executor,
  tenantId: number,
  recipients: readonly number[],
  activityId: number,
): Promise<void> {
  if (recipients.length === 0) return;
  await sql`
    insert into notification (recipient_id, activity_id)
    select id, ${activityId} from user_account
    where id = any(${[...recipients]}::bigint[]) and tenant_id = ${tenantId} and builtin is null order by id`.execute(
    trx,
  );
}

export class Notifications {
  readonly #deps: WorkspaceDeps;

  constructor(deps: WorkspaceDeps) {
    this.#deps = deps;
  }

  /** The caller's own, the newest first; of what may not be seen any more nothing is told. */
  async list(
    principal: Principal,
    filter: { readonly unreadOnly?: boolean },
    page: NumberedPage,
  ): Promise<Listed<Notification>> {
    const { store, access } = this.#deps;
    const { db } = store;
    const caller = await callerOf(db, principal);
    const mine = sql`n.recipient_id = ${caller.userId} and ${isSeen(access, caller)}
      ${filter.unreadOnly === true ? sql`and n.read_at is null` : sql``}`;
    const from = sql`from notification n join activity a on a.id = n.activity_id where ${mine}`;
    const { rows: counted } = await sql<{ records: number }>`select count(*) as records ${from}`.execute(db);
    const { rows } = await sql<{ id: number; activity_id: number; created_at: Date; read_at: Date | null }>`
      select n.id, n.activity_id, n.created_at, n.read_at ${from} order by n.id desc ${windowOf(page)}`.execute(db);
    const ids = rows.map((row) => row.activity_id);
    const activities = ids.length === 0 ? [] : await readActivities(db, caller, sql`a.id = any(${ids}::bigint[])`);
    const items = rows.flatMap((row) => {
      const activity = activities.find(({ id }) => id === row.activity_id);
      return activity === undefined ? [] : [{ id: row.id, activity, at: row.created_at, unread: row.read_at === null }];
    });
    return { items, records: counted[0]?.records ?? 0 };
  }

  /** Those of the caller with these numbers are read; without numbers all of them. */
  async markRead(principal: Principal, ids?: readonly number[]): Promise<void> {
    requireScope(principal, 'write');
    const these = ids === undefined ? sql`true` : sql`id = any(${[...ids]}::bigint[])`;
    await sql`
      update notification set read_at = ${this.#deps.clock.now()}
      where recipient_id = ${principal.subject.id} and read_at is null and ${these}`.execute(this.#deps.store.db);
  }
}
