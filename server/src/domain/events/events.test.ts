/** The outbox and its deliveries on both stores: what a job leaves, who claims it, and what happens when nobody marks it. */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isSignedBy, type Receiver, startReceiver } from '../../../test/servers/receiver.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { silentLogger } from '../../platform/telemetry/index.ts';
import type { Principal } from '../identity/principal.ts';
import { JobService, JobWorker } from '../jobs/index.ts';
import { FolderObjectStore } from '../jobs/objects.ts';
import { administratorRole, openTestKit, storeKinds, type TestKit } from '../sources/test-kit.ts';
import type { BrokerMessage } from './amqp.ts';
import { type DelivererOptions, EventDeliverer } from './deliverer.ts';
import { claimPost, markDelivered, markFailed, sweepDeliveries } from './deliveries.ts';
import { recordJobEvent } from './record.ts';
import { Webhooks } from './webhooks.ts';

const addresses = { allowPrivateAddresses: true, allowLoopbackAddresses: true, tenantsAllowPrivateAddresses: false };
const jobConfig = {
  jobMaxAttempts: 1,
  jobConcurrency: 1,
  jobHeartbeatSeconds: 5,
  jobLeaseSeconds: 15,
  jobReapSeconds: 60,
  outputRetentionDays: 7,
};

describe.each(storeKinds)('events on %s', (kind) => {
  let kit: TestKit;
  let boss: Principal;
  let webhooks: Webhooks;
  let jobs: JobService;
  let receiver: Receiver;
  const deliverers: EventDeliverer[] = [];
  const published: BrokerMessage[] = [];

  beforeAll(async () => {
    kit = await openTestKit(kind);
    boss = await kit.person('boss', { roleId: administratorRole });
    await kit.sources.create(boss, kit.input({ name: 'orders' }));
    webhooks = new Webhooks(kit);
    jobs = new JobService({ ...kit, objects: new FolderObjectStore(kit.folder), config: jobConfig });
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await Promise.all(deliverers.splice(0).map((deliverer) => deliverer.stop()));
    await sql`delete from webhook`.execute(kit.store.db);
    await sql`delete from job_event`.execute(kit.store.db);
    receiver.reset();
  });
  afterAll(async () => {
    await receiver?.stop();
    await kit?.close();
  });

  async function startDeliverer(more: Partial<DelivererOptions> = {}): Promise<EventDeliverer> {
    const options = { vault: kit.vault, config: addresses, userAgent: 'test', amqp: null, ...more };
    const deliverer = new EventDeliverer({ ...kit, log: silentLogger() }, options);
    deliverers.push(deliverer);
    await deliverer.start();
    return deliverer;
  }
  const hook = (name: string, url = receiver.url) => webhooks.create(boss, { name, url });
  async function cancelledJob(): Promise<string> {
    const { id } = await jobs.create(boss, { kind: 'export', source: 'orders', sql: 'select 1', format: 'csv' });
    await jobs.cancel(boss, id);
    return id;
  }
  const count = async (table: string): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(kit.store.db);
    return rows[0]!.n;
  };

  it('leaves one event a job that ends, however it ends, and none before', async () => {
    const { secret } = await hook('every');
    await startDeliverer();
    const cancelled = await cancelledJob();
    expect((await receiver.request(0)).body).toMatchObject({ type: 'job.cancelled', job: { id: cancelled } });
    const worker = new JobWorker(
      { ...kit, objects: new FolderObjectStore(kit.folder), config: jobConfig, log: silentLogger() },
      {
        export: async (job) => {
          if (job.spec.sql === 'bad') throw new Error('a bug');
          return {};
        },
      },
    );
    await worker.start();
    const good = await jobs.create(boss, { kind: 'export', source: 'orders', sql: 'good', format: 'csv' });
    expect((await receiver.request(1)).body).toMatchObject({ type: 'job.succeeded', job: { id: good.id } });
    const bad = await jobs.create(boss, { kind: 'export', source: 'orders', sql: 'bad', format: 'csv' });
    expect((await receiver.request(2)).body).toMatchObject({ type: 'job.failed', job: { id: bad.id, attempt: 1 } });
    await worker.stop();
    expect(receiver.received.every((request) => isSignedBy(secret, request))).toBe(true);
    expect(await count('job_event')).toBe(3);
  });

  it('leaves one for a job whose worker fell silent for good', async () => {
    await hook('lost');
    const { id } = await jobs.create(boss, { kind: 'export', source: 'orders', sql: 'x', format: 'csv' });
    await sql`update job set status = 'running', attempt = 1, worker = 'dead', heartbeat_at = now() - interval '1 hour'
      where uid = ${id}`.execute(kit.store.db);
    const worker = new JobWorker(
      { ...kit, objects: new FolderObjectStore(kit.folder), config: jobConfig, log: silentLogger() },
      {},
    );
    await worker.reap();
    await startDeliverer();
    expect((await receiver.request(0)).body).toMatchObject({
      type: 'job.failed',
      job: { id, status: 'failed', error: { code: 'worker_lost' } },
    });
  });

  it('is rolled back with the transaction that it tells of', async () => {
    await hook('rolled-back');
    const { id } = await jobs.create(boss, { kind: 'export', source: 'orders', sql: 'x', format: 'csv' });
    const attempt = kit.store.transaction(async (trx) => {
      await sql`update job set status = 'cancelled' where uid = ${id}`.execute(trx);
      await recordJobEvent(trx, id);
      throw new Error('no');
    });
    await expect(attempt).rejects.toThrow('no');
    expect([await count('job_event'), await count('event_delivery')]).toEqual([0, 0]);
    await kit.store.transaction((trx) => recordJobEvent(trx, id)); // it is queued still
    expect(await count('job_event')).toBe(0);
  });

  it.runIf(kind === 'postgresql')('ends a job although its webhook is deleted at the same moment', async () => {
    await hook('deleted');
    const { id } = await jobs.create(boss, { kind: 'export', source: 'orders', sql: 'x', format: 'csv' });
    const deleted = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const deleting = kit.store.transaction(async (trx) => {
      await sql`delete from webhook`.execute(trx);
      deleted.resolve();
      await gate.promise;
    });
    await deleted.promise;
    const ending = jobs.cancel(boss, id);
    await vi.waitFor(async () => {
      const { rows } = await sql`select 1 from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(kit.store.db);
      expect(rows.length).toBe(1);
    }, 20_000);
    gate.resolve();
    await deleting;
    expect((await ending).status).toBe('cancelled');
    expect([await count('job_event'), await count('event_delivery')]).toEqual([0, 0]);
  });

  it('claims a delivery for one, makes it due again for the next, and lets the overtaken write nothing', async () => {
    await hook('claimed');
    await cancelledJob();
    const { db } = kit.store;
    const first = (await claimPost(db, []))!;
    expect(await claimPost(db, [])).toBeUndefined();
    await sql`update event_delivery set due_at = now()`.execute(db); // its minute has passed
    expect(await claimPost(db, [first.webhook_id])).toBeUndefined();
    const second = (await claimPost(db, []))!;
    expect([second.uid, second.event_uid, second.attempts]).toEqual([first.uid, first.event_uid, 2]);
    expect(await markFailed(db, first, { error: 'late', durationMs: 1 }, null)).toBe(false);
    expect(await markDelivered(db, second, { statusCode: 200, durationMs: 1 })).toBe(true);
    expect(await markDelivered(db, second, { statusCode: 200, durationMs: 1 })).toBe(false);
  });

  it('holds up no other webhook for one that is slow', async () => {
    const slow = await hook('slow', `${receiver.url}/slow`);
    receiver.answer = (response, { path }) => void (path === '/slow' || response.writeHead(204).end());
    for (let n = 0; n < 10; n += 1) await webhooks.ping(boss, slow.id);
    await startDeliverer({ deadlineMs: 60_000 });
    await receiver.request(1);
    const { id } = await hook('quick', `${receiver.url}/quick`);
    await webhooks.ping(boss, id);
    await vi.waitFor(async () => {
      const { items } = await webhooks.deliveries(boss, id, {}, {});
      expect(items[0]?.status).toBe('delivered');
    }, 20_000);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/slow', '/slow', '/quick']);
  });

  it('hands back what it is sending when it stops', async () => {
    const { id } = await hook('stopping');
    receiver.answer = () => {};
    await webhooks.ping(boss, id);
    const deliverer = await startDeliverer({ deadlineMs: 60_000 });
    await receiver.request(0);
    await deliverer.stop();
    receiver.answer = (response) => void response.writeHead(204).end();
    await startDeliverer();
    const again = await receiver.request(1);
    expect(again.headers['webhook-id']).toBe(receiver.received[0]?.headers['webhook-id']);
  });

  it('sweeps the log after thirty days, and only then', async () => {
    const { id } = await hook('swept');
    await webhooks.ping(boss, id);
    await cancelledJob();
    const { db } = kit.store;
    await sweepDeliveries(db, 30);
    expect([await count('job_event'), await count('event_delivery')]).toEqual([2, 2]);
    await sql`update event_delivery set created_at = created_at - interval '31 days', status = 'delivered',
      finished_at = now() - interval '31 days' where id = (select min(id) from event_delivery)`.execute(db);
    await sql`update job_event set created_at = created_at - interval '31 days'`.execute(db);
    await sweepDeliveries(db, 30);
    expect([await count('job_event'), await count('event_delivery')]).toEqual([1, 1]);
  });

  it('keeps messages for a broker that fails, and sends each until it is confirmed', async () => {
    let refusals = 2;
    const broker = {
      publish: async (message: BrokerMessage) => {
        if (refusals > 0) {
          refusals -= 1;
          throw new Error('away');
        }
        published.push(message);
      },
    };
    const deliverer = await startDeliverer({ amqp: { broker, source: '//test' } });
    const uid = uuidv7();
    await kit.store.transaction(async (trx) => {
      await sql`insert into job (uid, tenant_id, kind, status, spec, door, finished_at)
        values (${uid}, (select id from tenant where slug = 'other'), 'fetch', 'failed', '{}', 'fetcher', now())`.execute(
        trx,
      );
      await recordJobEvent(trx, uid);
    });
    for (const left of [1, 0]) {
      await vi.waitFor(() => expect(refusals).toBe(left), 20_000);
      await vi.waitFor(async () => {
        // Each pause that the failure has set is cut short.
        const { rows } = await sql`update event_delivery set due_at = now()
          where error = 'not_published' and attempts = ${2 - left} returning id`.execute(kit.store.db);
        expect(rows.length).toBe(1);
      }, 20_000);
      deliverer.wake();
    }
    await vi.waitFor(() => expect(published.length).toBe(1), 20_000);
    const { rows } = await sql<{ uid: string }>`select uid from tenant where slug = 'other'`.execute(kit.store.db);
    expect(published[0]).toMatchObject({
      messageId: `fetcher.job.failed.${uid}`,
      routingKey: 'job.failed',
      headers: { 'cloudEvents:source': '//test', 'cloudEvents:tenantid': rows[0]!.uid },
    });
    expect(JSON.parse(published[0]!.body)).toEqual({
      jobId: uid,
      status: 'failed',
      metadata: { error: { message: 'The job failed.' } },
    });
    published.length = 0;
  });
});
