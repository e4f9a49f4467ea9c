/** The outbox: an event is written in the transaction that makes its job final. */
import { sql } from 'kysely';
import { type Executor, json } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { isFinal } from '../jobs/machine.ts';
import { presentJob, readJobs } from '../jobs/rows.ts';
import { announceDue } from './changes.ts';

/** The row of `setting` that says that events go to RabbitMQ too: nodes with it configured write it at their start. */
export const amqpSetting = 'amqp';

/**
 * Records that a job became final, with a delivery for everybody who wants to hear of it. Call it in the transaction
 * that made it final, after everything else about the job is written. For a job that is not final it does nothing.
 */
export async function recordJobEvent(trx: Executor, jobUid: string): Promise<void> {
  const [record] = await readJobs(trx, sql`j.uid = ${jobUid}`);
  if (record === undefined || !isFinal(record.status)) return;
  const type = `job.${record.status}`;
  // The lock keeps a webhook from being deleted before its delivery refers to it: that would undo the job's end.
  const { rows: webhooks } = await sql<{ id: number }>`
    select w.id from webhook w
    where w.tenant_id = ${record.tenant_id} and w.enabled and ${type} = any(w.events)
      and (w.kind is null or w.kind = ${record.kind})
      and (w.source_uid is null or exists (
        select 1 from job_item i join data_source s on s.id = i.source_id
        where i.job_id = ${record.id} and s.uid = w.source_uid))
    order by w.id for key share of w`.execute(trx);
  const { rows: brokers } = await sql`
    select 1 from job j
    where j.id = ${record.id} and j.door = 'fetcher' and exists (select 1 from setting where name = ${amqpSetting})
  `.execute(trx);
  const receivers = [
    ...webhooks.map(({ id }) => ({ channel: 'webhook', webhook_id: id })),
    ...brokers.map(() => ({ channel: 'amqp', webhook_id: null })),
  ];
  const event = await trx
    .insertInto('job_event')
    .values({ uid: uuidv7(), tenant_id: record.tenant_id, job_id: record.id, type, job: json(presentJob(record)) })
    .returning('id')
    .executeTakeFirstOrThrow();
  if (receivers.length === 0) return;
  await trx
    .insertInto('event_delivery')
    .values(receivers.map((receiver) => ({ uid: uuidv7(), event_id: event.id, ...receiver })))
    .execute();
  await announceDue(trx);
}
