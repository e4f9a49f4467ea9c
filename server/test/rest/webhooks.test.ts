/** Webhooks through the native door, with a real receiver: what comes, what does not, what is shown, what survives. */
import { rm } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { HeadgateNode } from '../integration/node.ts';
import { isSignedBy, type Receiver, startReceiver } from '../servers/receiver.ts';
import { sharedPostgresql } from '../servers/shared.ts';
import { finalJob, registerSource, sampleDatabase } from './fixture.ts';

let headgate: Headgate;
let receiver: Receiver;
const secrets: string[] = [];

/** Attempts follow at once; a receiver that does not answer is given up soon. */
const overrides = { webhooks: { delaysSeconds: [0.01, 0.01, 0.01], deadlineMs: 1500 } };

beforeAll(async () => {
  receiver = await startReceiver();
  headgate = await startHeadgate({ overrides });
  await registerSource(headgate, 'people', await sampleDatabase());
  await headgate.createUser('nobody');
  await headgate.createUser('keeper', { permissions: ['ManageTenantSources'] });
});
afterEach(async () => {
  const { body } = await headgate.api('GET', '/webhooks');
  for (const { id } of body.items) await headgate.api('DELETE', `/webhooks/${id}`);
  receiver.reset();
});
afterAll(async () => {
  await headgate?.stop();
  await receiver?.stop();
});

interface Hook {
  readonly id: string;
  readonly secret: string;
}

async function hook(name: string, more: object = {}): Promise<Hook> {
  const created = await headgate.api('POST', '/webhooks', { name, url: `${receiver.url}/${name}`, ...more });
  expect([created.status, created.text]).toEqual([201, expect.stringContaining('whsec_')]);
  secrets.push(created.body.secret);
  return created.body;
}

async function run(sqlText: string): Promise<string> {
  const job = await headgate.api('POST', '/jobs', { kind: 'export', source: 'people', sql: sqlText, format: 'csv' });
  expect(job.status).toBe(202);
  await finalJob(headgate, job.body.id);
  return job.body.id;
}

/** The newest delivery once nothing more will be tried. */
function finalDelivery(id: string): Promise<Answer['body']> {
  return vi.waitFor(
    async () => {
      const { body } = await headgate.api('GET', `/webhooks/${id}/deliveries`);
      expect(body.items[0]?.status).toMatch(/delivered|failed/);
      return body.items[0];
    },
    { timeout: 20_000, interval: 10 },
  );
}

describe('managing webhooks', () => {
  it('shows the secret once, at the making, and never again', async () => {
    const { id, secret } = await hook('once');
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64').length).toBe(32);
    const shown = await headgate.api('GET', `/webhooks/${id}`);
    expect(shown.body).toMatchObject({ id, name: 'once', enabled: true, kind: null, source: null, tenant: 'system' });
    expect(shown.body.events).toEqual(['job.succeeded', 'job.failed', 'job.cancelled']);
    expect((await headgate.api('GET', '/webhooks/once')).body).toEqual(shown.body);
    const patched = await headgate.api('PATCH', `/webhooks/${id}`, { kind: 'export', events: ['job.failed'] });
    expect(patched.body).toMatchObject({ kind: 'export', events: ['job.failed'], version: 2 });
    const texts = [shown.text, patched.text, (await headgate.api('GET', '/webhooks')).text];
    expect(texts.some((text) => text.includes('whsec_') || text.includes('"secret"'))).toBe(false);
  });

  it('does not show it in a repeated answer either', async () => {
    const body = { name: 'twice', url: receiver.url };
    const headers = { 'idempotency-key': 'webhook-twice' };
    const first = await headgate.api('POST', '/webhooks', body, { headers });
    secrets.push(first.body.secret);
    const again = await headgate.api('POST', '/webhooks', body, { headers });
    expect([first.status, again.status, again.body.code]).toEqual([201, 409, 'secret_already_shown']);
  });

  it('is for those who manage the tenant', async () => {
    const { id } = await hook('guarded');
    const body = { name: 'mine', url: receiver.url };
    const nobody = { as: 'nobody' };
    expect((await headgate.api('POST', '/webhooks', body, nobody)).body.code).toBe('permission_missing');
    expect((await headgate.api('GET', '/webhooks', undefined, nobody)).body.code).toBe('permission_missing');
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/ping'],
      ['GET', '/deliveries'],
    ] as const) {
      const patch = method === 'PATCH' ? {} : undefined;
      const answer = await headgate.api(method, `/webhooks/${id}${path}`, patch, nobody);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, 'webhook_not_found']);
    }
    const keeper = { as: 'keeper' };
    const made = await headgate.api('POST', '/webhooks', body, keeper);
    expect(made.status).toBe(201);
    expect((await headgate.api('GET', `/webhooks/${id}`, undefined, keeper)).status).toBe(200);
  });

  it('refuses what cannot be one', async () => {
    const refusals: [object, string, string][] = [
      [{ url: 'ftp://x.example/' }, 'invalid_url', 'url'],
      [{ url: 'https://user:hush@x.example/' }, 'invalid_url', 'url'],
      [{ url: 'https://x.example/#top' }, 'invalid_url', 'url'],
      [{ url: 'nonsense' }, 'invalid_url', 'url'],
      [{ source: 'no-such-source' }, 'source_unknown', 'source'],
      [{ kind: 'Not A Kind' }, 'invalid_kind', 'kind'],
      [{ name: ' x' }, 'invalid_name', 'name'],
      [{ tenant: 'no-such-tenant' }, 'tenant_not_found', 'tenant'],
    ];
    for (const [more, code, field] of refusals) {
      const body = { name: 'bad', url: receiver.url, ...more };
      const answer = await headgate.api('POST', '/webhooks', body);
      expect([more, answer.status, answer.body.code, answer.body.field]).toEqual([more, 400, code, field]);
      expect(answer.text).not.toContain('hush');
    }
    const { id } = await hook('taken');
    const twin = await headgate.api('POST', '/webhooks', { name: 'TAKEN', url: receiver.url });
    expect([twin.status, twin.body.code]).toEqual([409, 'webhook_taken']);
    const stale = await headgate.api('PATCH', `/webhooks/${id}`, { kind: 'scan' }, { headers: { 'if-match': '"v9"' } });
    expect([stale.status, stale.body.code]).toEqual([412, 'stale_version']);
  });
});

describe('delivering', () => {
  it('sends a signed event with the job as the API shows it', async () => {
    const { id, secret } = await hook('plain');
    const jobId = await run('select id, name from people');
    const request = await receiver.request(0);
    expect(request).toMatchObject({ method: 'POST', path: '/plain' });
    expect(request.headers['content-type']).toBe('application/json');
    expect(isSignedBy(secret, request)).toBe(true);
    expect(isSignedBy(secret, { ...request, text: request.text.replace('succeeded', 'succeedeD') })).toBe(false);
    const { body: job } = await headgate.api('GET', `/jobs/${jobId}`);
    expect(request.body).toEqual({
      id: request.headers['webhook-id'],
      type: 'job.succeeded',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      job,
    });
    expect(await finalDelivery(id)).toMatchObject({
      eventId: request.body.id,
      type: 'job.succeeded',
      jobId,
      status: 'delivered',
      attempts: 1,
      statusCode: 204,
      error: null,
      nextAttemptAt: null,
    });
  });

  it('tells of failed and cancelled jobs, to those who asked for them', async () => {
    await hook('failures', { events: ['job.failed', 'job.cancelled'], source: 'people' });
    const others = [await hook('other-kind', { kind: 'discovery' })];
    await registerSource(headgate, 'elsewhere', await sampleDatabase());
    others.push(await hook('other-source', { source: 'elsewhere' }));
    await run('select 1 as fine');
    const failed = await run('select nonsense from people');
    const { body: waiting } = await headgate.api('POST', '/jobs', {
      kind: 'export',
      source: 'people',
      sql: 'select pg_sleep(60)',
      format: 'csv',
    });
    await headgate.api('POST', `/jobs/${waiting.id}/cancel`);
    await receiver.request(1);
    const told = receiver.received.map(({ path, body }) => [path, body.type, body.job.id, body.job.status]);
    expect(told.sort()).toEqual(
      [
        ['/failures', 'job.failed', failed, 'failed'],
        ['/failures', 'job.cancelled', waiting.id, 'cancelled'],
      ].sort(),
    );
    expect(receiver.received.find(({ body }) => body.type === 'job.failed')?.body.job.error.code).toBeDefined();
    for (const { id } of others) {
      expect((await headgate.api('GET', `/webhooks/${id}/deliveries`)).body.items).toEqual([]);
    }
  });

  it('keeps tenants apart', async () => {
    await headgate.api('POST', '/tenants', { name: 'Apart', slug: 'apart' });
    const { id } = await hook('apart', { tenant: 'apart' });
    const own = await hook('own');
    await run('select 1 as one');
    await finalDelivery(own.id);
    expect((await headgate.api('GET', `/webhooks/${id}/deliveries`)).body.items).toEqual([]);
  });

  it('tries again under the same id, after an error and after silence', async () => {
    const { id, secret } = await hook('again');
    receiver.answer = (response, _received, nth) => {
      if (nth === 0) response.writeHead(500).end('\0 token=abcdef out of order '.repeat(100));
      if (nth === 2) response.writeHead(200).end('thanks'); // 1 is left without an answer
    };
    await headgate.api('POST', `/webhooks/${id}/ping`);
    const delivery = await finalDelivery(id);
    expect(delivery).toMatchObject({
      status: 'delivered',
      attempts: 3,
      statusCode: 200,
      response: 'thanks',
      type: 'ping',
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery.eventId]));
    expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1);
    expect(receiver.received.every((request) => isSignedBy(secret, request))).toBe(true);
    expect(receiver.received[0]?.body.webhook).toEqual({ id, name: 'again' });
  });

  it('gives up after the last attempt, keeps the answer without secrets, and sends once more when told', async () => {
    const { id } = await hook('deaf');
    receiver.answer = (response) => void response.writeHead(500).end(`\0 password=hunter2 ${'x'.repeat(100_000)}`);
    await headgate.api('POST', `/webhooks/${id}/ping`);
    const failed = await finalDelivery(id);
    expect(failed).toMatchObject({ status: 'failed', attempts: 4, statusCode: 500, error: 'status' });
    expect(failed.response.length).toBeLessThanOrEqual(1100);
    expect(failed.response).not.toContain('hunter2');
    receiver.reset();
    const again = await headgate.api('POST', `/webhooks/${id}/deliveries/${failed.id}/redeliver`);
    expect([again.status, again.body.eventId]).toEqual([202, failed.eventId]);
    expect((await receiver.request(0)).headers['webhook-id']).toBe(failed.eventId);
    expect(await finalDelivery(id)).toMatchObject({ id: again.body.id, status: 'delivered' });
    const absent = await headgate.api('POST', `/webhooks/${id}/deliveries/${again.body.eventId}/redeliver`);
    expect([absent.status, absent.body.code]).toEqual([404, 'delivery_not_found']);
    const page = await headgate.api('GET', `/webhooks/${id}/deliveries?limit=1&status=failed`);
    expect([page.body.items.length, page.body.nextCursor]).toEqual([1, null]);
  });

  it('follows no redirect', async () => {
    const { id } = await hook('moved');
    receiver.answer = (response) => void response.writeHead(307, { location: `${receiver.url}/secret-place` }).end();
    await headgate.api('POST', `/webhooks/${id}/ping`);
    expect(await finalDelivery(id)).toMatchObject({ status: 'failed', error: 'redirect_refused', statusCode: 307 });
    expect(new Set(receiver.received.map(({ path }) => path))).toEqual(new Set(['/moved']));
  });

  it('switches a webhook off whose receiver is gone', async () => {
    const { id } = await hook('gone');
    receiver.answer = (response) => void response.writeHead(410).end();
    await headgate.api('POST', `/webhooks/${id}/ping`);
    expect(await finalDelivery(id)).toMatchObject({ status: 'failed', attempts: 1, error: 'gone' });
    const shown = (await headgate.api('GET', `/webhooks/${id}`)).body;
    expect(shown).toMatchObject({ enabled: false, disabledBecause: 'gone' });
    const { body: audit } = await headgate.api('GET', '/audit?action=webhook.disable');
    expect(audit.items[0]).toMatchObject({ actor: 'system', resource: 'gone', detail: { because: 'gone' } });
    expect((await headgate.api('POST', `/webhooks/${id}/ping`)).body.code).toBe('webhook_disabled');
    const on = await headgate.api('PATCH', `/webhooks/${id}`, { enabled: true });
    expect(on.body).toMatchObject({ enabled: true, disabledBecause: null });
  });

  it('gives up what waits when it is switched off', async () => {
    const { id } = await hook('off', { url: 'http://127.0.0.1:1/' });
    await sql`insert into job_event (uid, tenant_id, type) values (gen_random_uuid(), 1, 'ping')`.execute(
      headgate.app.store.db,
    );
    await sql`insert into event_delivery (uid, event_id, channel, webhook_id, due_at)
      select gen_random_uuid(), (select max(id) from job_event), 'webhook', id, now() + interval '1 hour'
      from webhook where uid = ${id}`.execute(headgate.app.store.db);
    await headgate.api('PATCH', `/webhooks/${id}`, { enabled: false });
    expect(await finalDelivery(id)).toMatchObject({ status: 'failed', error: 'webhook_disabled' });
  });

  it('signs with the old and the new secret for a day after a change', async () => {
    const { id, secret } = await hook('rotated');
    const rotated = await headgate.api('POST', `/webhooks/${id}/rotate-secret`);
    secrets.push(rotated.body.secret);
    expect(rotated.body.secret).not.toBe(secret);
    await headgate.api('POST', `/webhooks/${id}/ping`);
    const first = await receiver.request(0);
    expect([isSignedBy(secret, first), isSignedBy(rotated.body.secret, first)]).toEqual([true, true]);
    await sql`update webhook set previous_until = now() where uid = ${id}`.execute(headgate.app.store.db);
    await headgate.api('POST', `/webhooks/${id}/ping`);
    const second = await receiver.request(1);
    expect([isSignedBy(secret, second), isSignedBy(rotated.body.secret, second)]).toEqual([false, true]);
  });

  it('replaces a secret that cannot be opened any more', async () => {
    const { id } = await hook('unreadable');
    const { store } = headgate.app;
    await sql`update webhook set secret_sealed = set_byte(secret_sealed, 40, get_byte(secret_sealed, 40) # 1)
      where uid = ${id}`.execute(store.db);
    expect((await headgate.api('GET', `/webhooks/${id}`)).status).toBe(200);
    await headgate.api('POST', `/webhooks/${id}/ping`);
    expect(await finalDelivery(id)).toMatchObject({ status: 'failed', error: 'secret_unreadable', statusCode: null });
    const rotated = await headgate.api('POST', `/webhooks/${id}/rotate-secret`);
    secrets.push(rotated.body.secret);
    await headgate.api('POST', `/webhooks/${id}/ping`);
    expect(isSignedBy(rotated.body.secret, await receiver.request(0))).toBe(true);
  });

  it('connects to no forbidden address, nor to its own store', async () => {
    const { port } = await sharedPostgresql();
    for (const url of [
      'http://169.254.169.254/latest',
      'http://[::ffff:169.254.169.254]/',
      `http://127.0.0.1:${port}/`,
    ]) {
      const { id } = await hook('forbidden', { url });
      await headgate.api('POST', `/webhooks/${id}/ping`);
      expect([url, await finalDelivery(id)]).toEqual([
        url,
        expect.objectContaining({ status: 'failed', error: 'address_refused', statusCode: null }),
      ]);
      await headgate.api('DELETE', `/webhooks/${id}`);
    }
  });

  it('sends each event once from two nodes', async () => {
    const { id } = await hook('both');
    const second = await startHeadgate({ at: headgate.at, overrides });
    try {
      await Promise.all(Array.from({ length: 30 }, () => headgate.api('POST', `/webhooks/${id}/ping`)));
      await receiver.request(29);
      await vi.waitFor(async () => {
        const { body } = await headgate.api('GET', `/webhooks/${id}/deliveries?status=delivered`);
        expect(body.items.length).toBe(30);
      }, 20_000);
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(30);
      expect(receiver.received.length).toBe(30);
    } finally {
      await second.stopServer();
    }
  });

  it('never showed a secret in the log, in metrics or in audit', async () => {
    const audit = await headgate.api('GET', '/audit/export');
    expect(audit.text).toContain('webhook.rotate_secret');
    const metrics = await headgate.call('GET', '/metrics', undefined, { as: null });
    expect(metrics.text).toMatch(/headgate_webhook_attempts_total\{outcome="delivered"\} [1-9]/);
    expect(secrets.length).toBeGreaterThan(10);
    for (const secret of secrets) {
      const bare = secret.slice('whsec_'.length);
      for (const text of [audit.text, metrics.text, headgate.logs()]) expect(text.includes(bare)).toBe(false);
    }
  });
});

describe('a process that dies between the sending and the marking', () => {
  it('leaves the event to be sent again, under the same id', async () => {
    const server = await sharedPostgresql();
    const place = { dataDir: `${headgate.at.dataDir}-crash`, databaseUrl: server.url(await server.createStore()) };
    const node = await HeadgateNode.start({ HEADGATE_DATA_DIR: place.dataDir, DATABASE_URL: place.databaseUrl });
    const { body: made } = await node.api('POST', '/webhooks', { name: 'crash', url: receiver.url });
    receiver.answer = () => {}; // it has taken the event, and its answer never arrives
    await node.api('POST', `/webhooks/${made.id}/ping`);
    const first = await receiver.request(0);
    await node.kill();
    receiver.answer = (response) => void response.writeHead(204).end();
    const next = await startHeadgate({ at: place });
    try {
      // The claim of the dead runs out in a minute: the test does not wait for it.
      await sql`update event_delivery set due_at = now()`.execute(next.app.store.db);
      await sql`select pg_notify('headgate_events', 'due')`.execute(next.app.store.db);
      const second = await receiver.request(1);
      expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
      expect(isSignedBy(made.secret, second)).toBe(true);
    } finally {
      await next.stop();
      await rm(place.dataDir, { recursive: true, force: true });
    }
  });
});
