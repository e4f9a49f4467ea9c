/**
 * Locking sign-in after failures (F4). The count is kept by name in the store, so that it holds on all nodes and for
 * names that do not exist: a lock tells nothing about a user.
 */
import { sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';
import type { Clock } from '../clock.ts';
import type { IdentityDeps } from './deps.ts';
import { Policies } from './policies.ts';

export interface Failure {
  /** Failures in the window, this one included. */
  readonly failures: number;
  /** Set when the name is locked now. */
  readonly lockedUntil: Date | null;
}

export class Lockout {
  readonly #policies: Policies;
  readonly #clock: Clock;

  constructor(deps: IdentityDeps) {
    this.#policies = new Policies(deps);
    this.#clock = deps.clock;
  }

  /** Counts a failure; at the policy's limit within its window locks the name for its period. A limit of 0 never locks. */
  async fail(executor: Executor, folded: string): Promise<Failure> {
    const { limit, windowSeconds, periodSeconds } = (await this.#policies.current()).lockout;
    const lockoutLimit = limit === 0 ? 2_147_483_647 : limit;
    const now = this.#clock.now();
    const windowStart = new Date(now.getTime() - windowSeconds * 1000);
    const until = new Date(now.getTime() + periodSeconds * 1000);
    // A new window starts when the old one is over, or when a lock has ended.
    const fresh = sql`(f.window_started_at <= ${windowStart} or f.locked_until <= ${now})`;
    const { rows } = await sql<{ failures: number; locked_until: Date | null }>`
      insert into sign_in_failure as f (username_folded, failures, window_started_at, locked_until)
      values (${folded}, 1, ${now}, case when ${lockoutLimit}::integer <= 1 then ${until}::timestamptz end)
      on conflict (username_folded) do update set
        failures = case when ${fresh} then 1 else f.failures + 1 end,
        window_started_at = case when ${fresh} then excluded.window_started_at else f.window_started_at end,
        locked_until = case
          when (case when ${fresh} then 1 else f.failures + 1 end) >= ${lockoutLimit}::integer then ${until}::timestamptz
          else null end
      returning failures, locked_until`.execute(executor);
    const row = rows[0]!; // an upsert returns its row
    return { failures: row.failures, lockedUntil: row.locked_until };
  }

  /** Until when a name is locked; null = it is not. */
  async lockedUntil(executor: Executor, folded: string): Promise<Date | null> {
    const row = await executor
      .selectFrom('sign_in_failure')
      .select('locked_until')
      .where('username_folded', '=', folded)
      .executeTakeFirst();
    const until = row?.locked_until ?? null;
    return until !== null && until > this.#clock.now() ? until : null;
  }

  /** Forgets the failures of a name. */
  async clear(executor: Executor, folded: string): Promise<void> {
    await executor.deleteFrom('sign_in_failure').where('username_folded', '=', folded).execute();
  }

  /** Removes counts that no longer matter; names that never existed would pile up. */
  async sweep(executor: Executor): Promise<void> {
    const now = this.#clock.now();
    const { windowSeconds } = (await this.#policies.current()).lockout;
    const windowStart = new Date(now.getTime() - windowSeconds * 1000);
    await executor
      .deleteFrom('sign_in_failure')
      .where('window_started_at', '<', windowStart)
      .where((where) => where.or([where('locked_until', 'is', null), where('locked_until', '<', now)]))
      .execute();
  }
}
