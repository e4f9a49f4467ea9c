/** Events of the fetcher door to a real RabbitMQ (fetcher.md §6.8): what arrives, and what a broker that is away costs. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { Connection } from 'rabbitmq-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { recordJobEvent } from '../../src/domain/events/index.ts';
import { uuidv7 } from '../../src/platform/ids.ts';
import { at, clientOf, product, tokenWith } from '../fetcher/fixture.ts';
import { type Headgate, startHeadgate } from '../harness.ts';
import { sampleDatabase } from '../rest/fixture.ts';
import { type RabbitServer, startRabbitmq } from '../servers/rabbitmq.ts';

let rabbit: RabbitServer;
let headgate: Headgate;
let consumer: Connection;
let line: Line;

/** A line to a port that can be cut and mended. */
interface Line {
  readonly port: number;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

async function lineTo(port: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    cut,
    mend: () => {
      isCut = false;
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Message {
  readonly messageId?: string | undefined;
  readonly contentType?: string | undefined;
  readonly durable?: boolean | undefined;
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers?: Record<string, unknown> | undefined;
  readonly body: unknown;
}

beforeAll(async () => {
  rabbit = await startRabbitmq();
  line = await lineTo(rabbit.port);
  headgate = await startHeadgate({
    settings: { HEADGATE_AMQP_URL: `amqp://guest:guest@127.0.0.1:${line.port}` },
  });
  consumer = new Connection(rabbit.url);
});
afterAll(async () => {
  await headgate?.stop();
  await line?.close();
  await consumer?.close();
  await rabbit?.stop();
});

/** Ends a job as the fetcher's own work would, and gives its uid. */
async function endJob(status: 'succeeded' | 'failed' | 'cancelled', door = 'fetcher'): Promise<string> {
  const uid = uuidv7();
  const spec = { metadata: { source: 'my-product', reportId: '42' }, mappedFields: { db: { t: ['a'] } }, sql: 'hush' };
  const result = {
    resultPath: `external-data/${uid}.json`,
    resultHmac: 'ab12',
    sizeBytes: 1234,
    rowCount: 8,
    executionTimeMs: 210,
  };
  await headgate.app.store.transaction(async (trx) => {
    await sql`insert into job (uid, tenant_id, kind, status, spec, door, result, error, finished_at)
      values (${uid}, 1, 'fetch', ${status}, ${JSON.stringify(spec)}::jsonb, ${door},
        ${status === 'succeeded' ? JSON.stringify(result) : null}::jsonb,
        ${status === 'failed' ? JSON.stringify({ code: 'x', message: 'The source did not answer.' }) : null}::jsonb,
        now())`.execute(trx);
    await recordJobEvent(trx, uid);
  });
  return uid;
}

async function next(queue: string): Promise<Message> {
  return vi.waitFor(
    async () => {
      const message = await consumer.basicGet({ queue, noAck: true });
      if (message === undefined) throw new Error(`nothing in ${queue}`);
      return message;
    },
    { timeout: 30_000, interval: 20 },
  );
}

const completed = 'fetcher.job.completed.queue';
const failed = 'fetcher.job.failed.queue';

describe('events of the fetcher door', () => {
  it('arrive as CloudEvents in the queue of completed jobs', async () => {
    const uid = await endJob('succeeded');
    const message = await next(completed);
    const id = `fetcher.job.completed.${uid}`;
    expect(message).toMatchObject({
      exchange: 'fetcher.job.events',
      routingKey: 'job.completed',
      messageId: id,
      contentType: 'application/json',
      durable: true,
    });
    expect(message.headers).toEqual({
      'cloudEvents:specversion': '1.0',
      'cloudEvents:id': id,
      'cloudEvents:source': '//lerian.fetcher/worker',
      'cloudEvents:type': 'fetcher.job.completed',
      'cloudEvents:subject': uid,
      'cloudEvents:time': expect.stringMatching(/Z$/),
      'cloudEvents:tenantid': 'single-tenant',
    });
    expect(message.body).toEqual({
      jobId: uid,
      status: 'completed',
      metadata: { source: 'my-product', reportId: '42' },
      result: {
        path: `external-data/${uid}.json`,
        sizeBytes: 1234,
        rowCount: 8,
        format: 'json',
        hmac: 'ab12',
        integrity: { algorithm: 'HMAC-SHA256', signature: 'ab12' },
        protection: { encrypted: true, mode: 'adapter-managed', appliedBy: 'adapter' },
      },
      executionTimeMs: 210,
      completedAt: expect.stringMatching(/Z$/),
    });
  });

  it('arrive in the queue of failed jobs, cancelled ones among them', async () => {
    const lost = await endJob('failed');
    expect(await next(failed)).toMatchObject({
      routingKey: 'job.failed',
      messageId: `fetcher.job.failed.${lost}`,
      body: {
        jobId: lost,
        status: 'failed',
        metadata: { source: 'my-product', reportId: '42', error: { message: 'The source did not answer.' } },
      },
    });
    const cancelled = await endJob('cancelled');
    const { body } = await next(failed);
    expect(body).toEqual({
      jobId: cancelled,
      status: 'failed',
      metadata: { source: 'my-product', reportId: '42', error: { message: 'The job was cancelled.' } },
    });
  });

  it('come of a job that was submitted through the door, and name what its reader finds', async () => {
    const sample = await sampleDatabase();
    const client = clientOf(headgate, await tokenWith(headgate, ['door:fetcher']));
    await client.create({ configName: 'told', ...at(sample) });
    const submitted = await client.send('POST', '/v1/fetcher', {
      dataRequest: { mappedFields: { told: { people: ['id', 'name'] } } },
      metadata: { source: product, nested: { report: 7 } },
    });
    const { jobId } = submitted.body;
    const message = await next(completed);
    const { body: job } = await client.send('GET', `/v1/fetcher/${jobId}`);
    expect(message.body).toMatchObject({
      jobId,
      metadata: { source: product, nested: { report: 7 } },
      result: { path: job.resultPath, hmac: job.resultHmac, rowCount: 3 },
      executionTimeMs: expect.any(Number),
    });
    const broken = await client.send('POST', '/v1/fetcher', {
      dataRequest: { mappedFields: { told: { nothing: ['id'] } } },
      metadata: { source: product },
    });
    expect((await next(failed)).body).toMatchObject({
      jobId: broken.body.jobId,
      metadata: { source: product, error: { message: expect.stringContaining('told, table nothing') } },
    });
  });

  it('come of jobs of that door alone', async () => {
    await endJob('succeeded', 'rest');
    const uid = await endJob('succeeded');
    expect((await next(completed)).body).toMatchObject({ jobId: uid });
  });

  it('wait while the broker is away, hold up nothing, and arrive when it is back', async () => {
    line.cut();
    const uids = [await endJob('succeeded'), await endJob('succeeded')];
    await vi.waitFor(() => expect(headgate.logs()).toContain('RabbitMQ did not take an event'), { timeout: 30_000 });
    expect((await headgate.call('GET', '/readyz', undefined, { as: null })).status).toBe(200);
    line.mend();
    // What waits out a pause does not have to be waited for.
    await sql`update event_delivery set due_at = now() where status = 'pending'`.execute(headgate.app.store.db);
    await sql`select pg_notify('headgate_events', 'due')`.execute(headgate.app.store.db);
    const ids = [(await next(completed)).messageId, (await next(completed)).messageId];
    expect(ids.sort()).toEqual(uids.map((uid) => `fetcher.job.completed.${uid}`).sort());
    await vi.waitFor(async () => {
      const { rows } = await sql`select 1 from event_delivery where status = 'pending'`.execute(headgate.app.store.db);
      expect(rows).toEqual([]);
    }, 30_000);
    expect(headgate.logs()).not.toContain('guest:guest@');
  });
});
