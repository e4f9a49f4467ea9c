/** The outbox: an event is written in the transaction that makes its job final. */
import { sql } from 'kysely';
import { type Executor, json } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { isFinal } from '../jobs/machine.ts';
import { jobStatuses } from '../jobs/model.ts';
import { presentJob, readJobs } from '../jobs/rows.ts';
import { announceDue } from './changes.ts';

/** The row of `setting` that says that events go to RabbitMQ too: nodes with it configured write it at their start. */
export const amqpSetting = 'amqp';

const finalStatuses = jobStatuses.filter(isFinal);

/**
 * Records that a job became final, with a delivery for everybody who wants to hear of it. Call it in the transaction
 * that made it final, after everything else about the job is written. For a job that is not final it does nothing.
 */
export async function recordJobEvent(trx: Executor, jobUid: string): Promise<void> {
  const receivers = await receiversOf(trx, jobUid);
  // Most installations have nobody to tell: then the end of a job costs this one look.
  if (receivers.length === 0) return;
  const [record] = await readJobs(trx, sql`j.uid = ${jobUid}`);
  if (record === undefined) return;
  const event = await trx
    .insertInto('job_event')
    .values({
      uid: uuidv7(),
      tenant_id: record.tenant_id,
      job_id: record.id,
      type: `job.${record.status}`,
      job: json(presentJob(record)),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('event_delivery')
    .values(receivers.map(({ webhook_id }) => ({ uid: uuidv7(), event_id: event.id, ...deliveryTo(webhook_id) })))
    .execute();
  await announceDue(trx);
}

/** Where a delivery goes: to a webhook, or to the message broker. */
function deliveryTo(webhookId: number | null) {
  return { channel: webhookId === null ? 'amqp' : 'webhook', webhook_id: webhookId };
}

/** Everybody who wants to hear that this job became final; nobody while it is not final. */
async function receiversOf(trx: Executor, jobUid: string): Promise<readonly { webhook_id: number | null }[]> {
  // The lock keeps a webhook from being deleted before its delivery refers to it: that would undo the job's end.
  const { rows } = await sql<{ webhook_id: number | null }>`
    with ended as (
      select j.id, j.tenant_id, j.kind, j.door, 'job.' || j.status as type from job j
      where j.uid = ${jobUid} and j.status = any(${finalStatuses}::text[])
    ), hooks as (
      select w.id from webhook w join ended e on e.tenant_id = w.tenant_id
      where w.enabled and e.type = any(w.events) and (w.kind is null or w.kind = e.kind)
        and (w.source_uid is null or exists (
          select 1 from job_item i join data_source s on s.id = i.source_id
          where i.job_id = e.id and s.uid = w.source_uid))
      order by w.id for key share of w
    )
    select id as webhook_id from hooks
    union all
    select null from ended e where e.door = 'fetcher' and exists (select 1 from setting where name = ${amqpSetting})
  `.execute(trx);
  return rows;
}
