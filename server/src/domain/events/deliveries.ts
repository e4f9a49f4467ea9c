/**
 * Deliveries on their way, in SQL. A claim is a moment in the future (`due_at`): when the process that claimed dies, the
 * delivery is due again by itself. Every write after a claim names its attempt, so that who was overtaken changes
 * nothing. Time is the store's alone.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Executor } from '../../platform/database/index.ts';

/** Longer than an attempt can take. */
const claimSeconds = 60;

/** Times are kept in whole milliseconds, rounded: `due_at = now()` may lie half a millisecond ahead. */
const due = sql`d.due_at <= now() + interval '1 millisecond'`;

/** Who may write about an attempt. */
export interface ClaimedAttempt {
  readonly id: number;
  readonly attempts: number;
}

export interface ClaimedPost extends ClaimedAttempt {
  readonly uid: string;
  readonly event_uid: string;
  readonly type: string;
  readonly job: unknown;
  readonly event_at: Date;
  readonly webhook_id: number;
  readonly webhook_uid: string;
  readonly webhook_name: string;
  readonly tenant_id: number;
  readonly url: string;
  readonly secret_sealed: Buffer;
  readonly previous_secret_sealed: Buffer | null;
}

/** Takes the webhook delivery that is due longest, of a webhook that is not in `busy`. */
export async function claimPost(executor: Executor, busy: readonly number[]): Promise<ClaimedPost | undefined> {
  const { rows } = await sql<ClaimedPost>`
    with claimed as (
      update event_delivery set attempts = attempts + 1, attempted_at = now(),
        due_at = now() + make_interval(secs => ${claimSeconds})
      where id = (select d.id from event_delivery d join webhook w on w.id = d.webhook_id
        where d.status = 'pending' and d.channel = 'webhook' and ${due} and w.enabled
          and d.webhook_id <> all(${[...busy]}::bigint[])
        order by d.due_at, d.id limit 1 for update of d skip locked)
      returning id, uid, attempts, event_id, webhook_id
    )
    select c.id, c.uid, c.attempts, c.webhook_id, e.uid as event_uid, e.type, e.job, e.created_at as event_at,
      w.uid as webhook_uid, w.name as webhook_name, w.tenant_id, w.url, w.secret_sealed,
      case when w.previous_until > now() then w.previous_secret_sealed end as previous_secret_sealed
    from claimed c join job_event e on e.id = c.event_id join webhook w on w.id = c.webhook_id`.execute(executor);
  return rows[0];
}

export interface ClaimedMessage extends ClaimedAttempt {
  readonly job_uid: string;
  readonly tenant_uid: string;
  readonly tenant_id: number;
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly spec: unknown;
  readonly result: unknown;
  readonly error: { readonly message?: string } | null;
  readonly finished_at: Date;
}

/** Takes the messages for RabbitMQ that are due longest. */
export async function claimMessages(executor: Executor, limit: number): Promise<ClaimedMessage[]> {
  const { rows } = await sql<ClaimedMessage>`
    with claimed as (
      update event_delivery set attempts = attempts + 1, attempted_at = now(),
        due_at = now() + make_interval(secs => ${claimSeconds})
      where id = any(array(select d.id from event_delivery d
        where d.status = 'pending' and d.channel = 'amqp' and ${due}
        order by d.due_at, d.id limit ${limit} for update skip locked))
      returning id, attempts, event_id
    )
    select c.id, c.attempts, j.uid as job_uid, t.uid as tenant_uid, t.id as tenant_id, j.status, j.spec, j.result, j.error,
      j.finished_at
    from claimed c join job_event e on e.id = c.event_id join job j on j.id = e.job_id
      join tenant t on t.id = j.tenant_id
    order by c.id`.execute(executor);
  return rows;
}

/** What came of an attempt; the beginning of the answer and why it did not succeed. */
export interface AttemptResult {
  readonly statusCode?: number;
  readonly response?: string;
  readonly error?: string;
  readonly durationMs: number;
}

export function markDelivered(executor: Executor, claim: ClaimedAttempt, result: AttemptResult): Promise<boolean> {
  return mark(executor, claim, result, sql`status = 'delivered', finished_at = now()`);
}

/** `afterSeconds` null: nothing more is tried. */
export function markFailed(
  executor: Executor,
  claim: ClaimedAttempt,
  result: AttemptResult,
  afterSeconds: number | null,
): Promise<boolean> {
  const next =
    afterSeconds === null
      ? sql`status = 'failed', finished_at = now()`
      : sql`due_at = now() + make_interval(secs => ${afterSeconds}::float8)`;
  return mark(executor, claim, result, next);
}

/** Gives a claim back: its process stops before the attempt has an end. */
export async function handBack(executor: Executor, claim: ClaimedAttempt): Promise<void> {
  await sql`update event_delivery set due_at = now() where ${holds(claim)}`.execute(executor);
}

const holds = (claim: ClaimedAttempt) => sql`id = ${claim.id} and attempts = ${claim.attempts} and status = 'pending'`;

async function mark(
  executor: Executor,
  claim: ClaimedAttempt,
  result: AttemptResult,
  change: RawBuilder<unknown>,
): Promise<boolean> {
  const { rows } = await sql`
    update event_delivery set ${change}, status_code = ${result.statusCode ?? null}::integer,
      error = ${result.error ?? null}::text, response = ${result.response ?? null}::text,
      duration_ms = ${Math.round(result.durationMs)}
    where ${holds(claim)} returning id`.execute(executor);
  return rows.length === 1;
}

/** The receiver is gone for good (410): its webhook is switched off, and what waits for it is given up. */
export async function disableGone(trx: Executor, webhookId: number): Promise<boolean> {
  const { rows } = await sql`
    update webhook set enabled = false, disabled_because = 'gone', version = version + 1, updated_at = now()
    where id = ${webhookId} and enabled returning id`.execute(trx);
  await giveUpWaiting(trx, webhookId);
  return rows.length === 1;
}

/** Ends what waits for a webhook that was switched off. */
export async function giveUpWaiting(trx: Executor, webhookId: number): Promise<void> {
  await sql`update event_delivery set status = 'failed', finished_at = now(), error = 'webhook_disabled'
    where webhook_id = ${webhookId} and status = 'pending'`.execute(trx);
}

/** Seconds until the next delivery of a channel is due; null when none waits. */
export async function nextDue(executor: Executor, channel: 'webhook' | 'amqp'): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from min(d.due_at) - now())::float8 as seconds
    from event_delivery d left join webhook w on w.id = d.webhook_id
    where d.status = 'pending' and d.channel = ${channel} and coalesce(w.enabled, true)`.execute(executor);
  return rows[0]?.seconds ?? null;
}

/** Deletes what ended `days` ago, what waited in vain for so long, and events that nobody waits for. */
export async function sweepDeliveries(executor: Executor, days: number): Promise<void> {
  const old = sql`now() - make_interval(days => ${days}::int)`;
  await sql`delete from event_delivery where finished_at < ${old} or (finished_at is null and created_at < ${old})`.execute(
    executor,
  );
  await sql`delete from job_event e where e.created_at < ${old}
    and not exists (select 1 from event_delivery d where d.event_id = e.id)`.execute(executor);
}
