import { createHash, randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../platform/telemetry/index.ts';
import { ForbiddenError, SourceError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { SourceView } from '../sources/model.ts';
import { administratorRole, openTestKit, storeKinds, type TestKit } from '../sources/test-kit.ts';
import type { ExportInput, JobContext, JobExecutor, JobView } from './model.ts';
import { FolderObjectStore } from './objects.ts';
import { JobService } from './service.ts';
import { fingerprint } from './submission.ts';
import { claimJob, heartbeat, succeed } from './transitions.ts';
import { JobWorker } from './worker.ts';

const config = {
  jobMaxAttempts: 3,
  jobConcurrency: 2,
  jobHeartbeatSeconds: 0.05,
  jobLeaseSeconds: 15,
  jobReapSeconds: 0.05,
  outputRetentionDays: 7,
};

describe.each(storeKinds)('jobs on %s', (kind) => {
  let kit: TestKit;
  let ann: Principal;
  let bob: Principal;
  let source: SourceView;
  let jobs: JobService;
  let objects: FolderObjectStore;
  const workers: JobWorker[] = [];

  beforeAll(async () => {
    kit = await openTestKit(kind);
    ann = await kit.person('ann');
    bob = await kit.person('bob');
    source = await kit.sources.create(ann, kit.input({ name: 'orders' }));
    objects = new FolderObjectStore(join(kit.folder, 'outputs'));
    jobs = new JobService({ ...kit, objects, config });
  });
  afterAll(async () => {
    await stopWorkers();
    await kit?.close();
  });

  const input = (more: Partial<ExportInput> = {}): ExportInput => ({
    kind: 'export',
    source: 'orders',
    sql: 'select * from orders',
    format: 'csv',
    ...more,
  });
  const refusal = (call: Promise<unknown>): Promise<string | undefined> =>
    call.then(
      () => 'accepted',
      (error: { code?: string }) => error.code,
    );

  async function startWorker(executor: JobExecutor, more: Partial<typeof config> = {}): Promise<JobWorker> {
    const worker = new JobWorker(
      { ...kit, objects, log: silentLogger(), config: { ...config, ...more } },
      { export: executor },
    );
    workers.push(worker);
    await worker.start();
    return worker;
  }
  async function stopWorkers(): Promise<void> {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  }
  const until = (job: JobView, status: JobView['status']): Promise<JobView> =>
    vi.waitFor(
      async () => {
        const now = await jobs.get(ann, job.id);
        expect(now.status).toBe(status);
        return now;
      },
      { timeout: 20_000, interval: 10 },
    );
  const leases = async (): Promise<number> => (await kit.sources.get(ann, source.id)).inUse;
  /** What waits out a back-off does not have to be waited for. */
  const runNow = (job: JobView) => sql`update job set run_after = now() where uid = ${job.id}`.execute(kit.store.db);
  const read = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray());

  const writing =
    (content: Buffer): JobExecutor =>
    async (_job, context) => {
      const out = context.output('orders.csv', 'text/csv');
      if (!out.write(content)) await out.drained();
      await out.finish({ rows: 3 });
      context.heartbeat({ rows: 3, bytes: content.length });
      return { rows: 3 };
    };

  /** An executor that runs until it is told to stop, and says when it began. */
  function waiting(): { executor: JobExecutor; began: Promise<JobContext> } {
    const { promise: began, resolve } = Promise.withResolvers<JobContext>();
    const executor: JobExecutor = async (_job, context) => {
      const out = context.output('orders.csv', 'text/csv');
      out.write(Buffer.from('half of a file'));
      resolve(context);
      await new Promise((_resolve, reject) => {
        context.signal.addEventListener('abort', () => reject(new Error('told to stop')));
      });
      return {};
    };
    return { executor, began };
  }

  it('gives the job of the same idempotency key and content back instead of a second one (J3)', async () => {
    const first = await jobs.create(ann, input(), { idempotencyKey: 'nightly' });
    expect((await jobs.create(ann, input(), { idempotencyKey: 'nightly' })).id).toBe(first.id);
    const others = [
      await jobs.create(ann, input(), { idempotencyKey: 'other' }),
      await jobs.create(ann, input({ sql: 'select 1' }), { idempotencyKey: 'nightly' }),
      await jobs.create(ann, input()),
    ];
    expect(new Set([first.id, ...others.map((job) => job.id)]).size).toBe(4);
    expect(await leases()).toBe(4);
    for (const job of [first, ...others]) await jobs.cancel(ann, job.id);
  });

  it('keeps a source in use from submission to the end, and shows its output only then', async () => {
    const content = randomBytes(3_000_000);
    const job = await jobs.create(ann, input());
    expect(job).toMatchObject({
      status: 'queued',
      source: 'orders',
      format: 'csv',
      createdBy: 'ann',
      attempt: 0,
      outputs: [],
    });
    expect(await leases()).toBe(1);
    expect(await refusal(kit.sources.update(ann, 'orders', { host: 'db2' }))).toBe('source_in_use');
    expect(await refusal(jobs.openOutput(ann, job.id, 'orders.csv'))).toBe('output_not_found');

    const gate = Promise.withResolvers<void>();
    await startWorker(async (claimed, context) => {
      expect(claimed).toMatchObject({
        uid: job.id,
        createdBy: { username: 'ann' },
        door: 'rest',
        attempt: 1,
        spec: { sql: 'select * from orders', fileName: 'orders.csv' },
        sources: [{ name: 'orders', settingsVersion: 1 }],
      });
      const result = await writing(content)(claimed, context);
      await gate.promise;
      return result;
    });
    await vi.waitFor(async () => expect((await jobs.get(ann, job.id)).progress.rows).toBe(3), { timeout: 20_000 });
    expect((await jobs.get(ann, job.id)).outputs).toEqual([]);
    expect(await refusal(kit.sources.remove(ann, 'orders'))).toBe('source_in_use');
    gate.resolve();

    const done = await until(job, 'succeeded');
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(done).toMatchObject({
      attempt: 1,
      progress: { rows: 3, bytes: content.length },
      outputs: [{ name: 'orders.csv', mediaType: 'text/csv', bytes: content.length, rows: 3, sha256 }],
    });
    expect(done.outputs[0]?.expiresAt?.getTime()).toBeGreaterThan(Date.now());
    expect(await leases()).toBe(0);
    const output = await jobs.openOutput(ann, job.id, 'orders.csv');
    expect((await read(output.stream)).equals(content)).toBe(true);
    expect((await kit.events(job.id)).map((event) => event.action)).toEqual([
      'job.create',
      'job.succeed',
      'job.output.read',
    ]);
    await stopWorkers();
  });

  it('tries again after a passing failure, and leaves nothing of the failed attempt', async () => {
    const job = await jobs.create(ann, input());
    await startWorker(async (claimed, context) => {
      if (claimed.attempt === 1) {
        const out = context.output('orders.csv', 'text/csv');
        out.write(Buffer.from('of attempt 1'));
        await out.finish();
        throw new SourceError('unreachable', 'No address answered.');
      }
      return writing(Buffer.from('of attempt 2'))(claimed, context);
    });
    await vi.waitFor(async () => expect((await jobs.get(ann, job.id)).error?.code).toBe('unreachable'), {
      timeout: 20_000,
    });
    expect(await jobs.get(ann, job.id)).toMatchObject({ status: 'queued', attempt: 1, outputs: [] });
    expect(await leases()).toBe(1);
    await runNow(job);
    const done = await until(job, 'succeeded');
    expect(done.attempt).toBe(2);
    expect(done.error).toBeUndefined();
    expect(await jobs.attempts(ann, job.id)).toMatchObject([
      { attempt: 2, outcome: 'succeeded', error: null, worker: expect.stringMatching(/^[^/]+\/\d+$/) },
      { attempt: 1, outcome: 'retried', error: { code: 'unreachable' }, finishedAt: expect.any(Date) },
    ]);
    expect((await read((await jobs.openOutput(ann, job.id, 'orders.csv')).stream)).toString()).toBe('of attempt 2');
    expect(await readdir(join(kit.folder, 'outputs', ann.subject.tenantUid, 'jobs', job.id))).toEqual(['2']);
    await stopWorkers();
  });

  it('fails for good when trying again cannot help, and when attempts are used up', async () => {
    const refused = await jobs.create(ann, input({ sql: 'refused' }));
    const broken = await jobs.create(ann, input({ sql: 'broken' }));
    await startWorker(async (claimed) => {
      if (claimed.spec.sql === 'refused') throw new ForbiddenError('permission_missing', 'You lack extract (101).');
      throw new Error('secret detail of a bug');
    });
    expect((await until(refused, 'failed')).error).toEqual({
      code: 'permission_missing',
      message: 'You lack extract (101).',
    });
    for (let attempt = 1; attempt < 3; attempt += 1) {
      await vi.waitFor(
        async () => expect(await jobs.get(ann, broken.id)).toMatchObject({ attempt, status: 'queued' }),
        {
          timeout: 20_000,
        },
      );
      await runNow(broken);
    }
    const failed = await until(broken, 'failed');
    expect(failed).toMatchObject({ attempt: 3, error: { code: 'internal_error' } });
    expect(JSON.stringify([failed, await kit.events(broken.id)])).not.toContain('secret detail');
    expect(await leases()).toBe(0);
    await stopWorkers();
  });

  it('cancels: a queued job at once, a running one through its signal, an ended one never', async () => {
    const queued = await jobs.create(ann, input());
    expect(await jobs.cancel(ann, queued.id)).toMatchObject({ status: 'cancelled' });
    expect(await jobs.cancel(ann, queued.id)).toMatchObject({ status: 'cancelled' });
    expect(await leases()).toBe(0);

    const { executor, began } = waiting();
    await startWorker(executor, { jobHeartbeatSeconds: 3600 }); // only the notification can tell it
    const job = await jobs.create(ann, input());
    const context = await began;
    expect((await jobs.cancel(ann, job.id)).cancelRequested).toBe(true);
    const done = await until(job, 'cancelled');
    expect(context.signal.reason).toBe('cancelled');
    expect(done).toMatchObject({ outputs: [], cancelRequested: false });
    expect(await leases()).toBe(0);
    expect(await refusal(kit.sources.update(ann, 'orders', { title: 'free again' }))).toBe('accepted');
    await stopWorkers();

    await startWorker(writing(Buffer.from('x')));
    const ended = await until(await jobs.create(ann, input()), 'succeeded');
    expect(await refusal(jobs.cancel(ann, ended.id))).toBe('job_finished');
    await stopWorkers();
  });

  it('hears of a cancel by its heartbeat when the notification is lost', async () => {
    const { executor, began } = waiting();
    await startWorker(executor);
    const job = await jobs.create(ann, input());
    await began;
    await sql`update job set cancel_requested_at = now() where uid = ${job.id}`.execute(kit.store.db);
    await until(job, 'cancelled');
    await stopWorkers();
  });

  it('gives a silent worker up: the job is done by another one, and the old one can write nothing (J2)', async () => {
    const job = await jobs.create(ann, input());
    const claimed = (await claimJob(kit.store.db, ['export'], 'silent', config.jobLeaseSeconds))!;
    expect(claimed.uid).toBe(job.id);
    const silent = { jobId: claimed.id, attempt: claimed.attempt, claim: 'silent' };
    expect(await heartbeat(kit.store.db, silent, { rows: 9, bytes: 9 }, 15)).toBe('held');
    expect((await kit.sources.leases(ann, 'orders'))[0]?.until).toBeInstanceOf(Date);

    await startWorker(writing(Buffer.from('by another')));
    await sql`update job set heartbeat_at = now() - interval '1 minute' where uid = ${job.id}`.execute(kit.store.db);
    await vi.waitFor(async () => expect((await jobs.get(ann, job.id)).error?.code).toBe('worker_lost'), {
      timeout: 20_000,
    });
    expect(await leases()).toBe(1);
    await runNow(job);
    const done = await until(job, 'succeeded');
    expect(done.attempt).toBe(2);
    expect(await heartbeat(kit.store.db, silent, { rows: 9, bytes: 9 }, 15)).toBe('lost');
    expect(await succeed(kit.store.db, silent, {}, { rows: 9, bytes: 9 })).toBe(false);
    expect(await jobs.get(ann, job.id)).toEqual(done);
    expect(await jobs.attempts(ann, job.id)).toMatchObject([
      { attempt: 2, outcome: 'succeeded' },
      { attempt: 1, outcome: 'lost', error: { code: 'worker_lost' }, progress: { rows: 9, bytes: 9 } },
    ]);
    expect((await kit.events(job.id)).map((event) => event.action)).toEqual(['job.create', 'job.lost', 'job.succeed']);
    await stopWorkers();
  });

  it('stops the work of an attempt that was given up', async () => {
    const { executor, began } = waiting();
    await startWorker(executor);
    const job = await jobs.create(ann, input());
    const context = await began;
    await sql`update job set worker = 'somebody else', attempt = attempt + 1 where uid = ${job.id}`.execute(
      kit.store.db,
    );
    await vi.waitFor(() => expect(context.signal.reason).toBe('lost'), { timeout: 20_000 });
    await stopWorkers();
    expect(await jobs.get(ann, job.id)).toMatchObject({ status: 'running', attempt: 2 });
    await jobs.cancel(ann, job.id);
    await sql`update job set heartbeat_at = now() - interval '1 minute' where uid = ${job.id}`.execute(kit.store.db);
    await startWorker(executor);
    await until(job, 'cancelled'); // the reaper finds it, with the cancel
    await stopWorkers();
  });

  it('hands its jobs back when it stops, without burning an attempt', async () => {
    const { executor, began } = waiting();
    const worker = await startWorker(executor);
    const job = await jobs.create(ann, input());
    const context = await began;
    await worker.stop();
    expect(context.signal.reason).toBe('stopping');
    const back = await jobs.get(ann, job.id);
    expect(back.status).toBe('queued');
    expect(back.maxAttempts - back.attempt).toBe(config.jobMaxAttempts);
    expect(back.error).toBeUndefined();
    expect(await jobs.attempts(ann, job.id)).toMatchObject([{ outcome: 'handed_back', error: null }]);
    expect(await leases()).toBe(1);
    await startWorker(writing(Buffer.from('by the next')));
    await until(job, 'succeeded');
    await stopWorkers();
  });

  it('runs every job once, however many workers there are, and never more at a time than said', async () => {
    const ran: string[] = [];
    let now = 0;
    let most = 0;
    const executor: JobExecutor = async (claimed) => {
      now += 1;
      most = Math.max(most, now);
      ran.push(claimed.uid);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return {};
    };
    const submitted = await Promise.all(Array.from({ length: 12 }, () => jobs.create(ann, input())));
    await startWorker(executor);
    await startWorker(executor);
    for (const job of submitted) await until(job, 'succeeded');
    expect(ran.toSorted()).toEqual(submitted.map((job) => job.id).toSorted());
    expect(most).toBeLessThanOrEqual(2 * config.jobConcurrency);
    await stopWorkers();
  });

  it('shows jobs and outputs to their creator and administrators alone', async () => {
    await startWorker(writing(Buffer.from('rows')));
    const job = await until(await jobs.create(ann, input()), 'succeeded');
    const admin = await kit.person('root', { roleId: administratorRole });
    expect(await refusal(jobs.get(bob, job.id))).toBe('job_not_found');
    expect(await refusal(jobs.cancel(bob, job.id))).toBe('job_not_found');
    expect(await refusal(jobs.openOutput(bob, job.id, 'orders.csv'))).toBe('job_not_found');
    expect(await refusal(jobs.get(ann, 'no-uid'))).toBe('job_not_found');
    expect((await jobs.list(bob, {}, {})).items).toEqual([]);
    expect((await jobs.get(admin, job.id)).id).toBe(job.id);
    expect(await refusal(jobs.openOutput(ann, job.id, 'other.csv'))).toBe('output_not_found');

    await kit.share(source.id, bob, [2, 101]);
    const bobs = await until0(bob, await jobs.create(bob, input()));
    await sql`update share set permissions = '{2}'`.execute(kit.store.db);
    await kit.changed();
    await vi.waitFor(
      async () => expect(await refusal(jobs.openOutput(bob, bobs.id, 'orders.csv'))).toBe('permission_missing'),
      { timeout: 20_000 },
    );
    await stopWorkers();

    const first = await jobs.list(ann, { status: 'succeeded', source: 'ORDERS' }, { limit: 1 });
    expect(first.items.map((item) => item.id)).toEqual([job.id]);
    const second = await jobs.list(ann, { status: 'succeeded' }, { limit: 1, cursor: first.nextCursor! });
    expect(second.items[0]?.id).not.toBe(job.id);
    expect((await jobs.list(ann, { source: 'none' }, {})).items).toEqual([]);
  });
  const until0 = (who: Principal, job: JobView): Promise<JobView> =>
    vi.waitFor(
      async () => {
        const now = await jobs.get(who, job.id);
        expect(now.status).toBe('succeeded');
        return now;
      },
      { timeout: 20_000, interval: 10 },
    );

  it('refuses what cannot run, and keeps nothing of it', async () => {
    const before = (await jobs.list(ann, {}, { limit: 500 })).items.length;
    for (const [more, code] of [
      [{ source: 'none' }, 'source_not_found'],
      [{ sql: ' ' }, 'required'],
      [{ sql: 'a\0' }, 'invalid_text'],
      [{ format: 'arrow' }, 'format_unsupported'],
      [{ compression: 'brotli' }, 'compression_unsupported'],
      [{ format: 'parquet', compression: 'gzip' }, 'compression_unsupported'],
      [{ format: 'constructor' }, 'format_unsupported'],
      [{ fileName: '../x' }, 'invalid_file_name'],
      [{ fileName: '' }, 'invalid_file_name'],
      [{ maxRows: -1 }, 'invalid_number'],
      [{ timeoutMs: 1.5 }, 'invalid_number'],
      [{ parameters: ['a\0'] }, 'invalid_parameters'],
      [{ kind: 'import' }, 'kind_unknown'],
    ] as const) {
      const wrong = { ...input(), ...more } as ExportInput; // wrong on purpose
      expect(await refusal(jobs.create(ann, wrong)), JSON.stringify(more)).toBe(code);
    }
    await sql`update share set permissions = '{2}'`.execute(kit.store.db);
    expect((await jobs.list(ann, {}, { limit: 500 })).items.length).toBe(before);
    expect(await leases()).toBe(0);
  });

  it('sweeps what no row speaks of and what has expired, and nothing else', async () => {
    await startWorker(writing(Buffer.from('kept')));
    const kept = await until(await jobs.create(ann, input()), 'succeeded');
    const expired = await until(await jobs.create(ann, input()), 'succeeded');
    await stopWorkers();
    const worker = new JobWorker({ ...kit, objects, log: silentLogger(), config }, {});
    const upload = await objects.put(`${ann.subject.tenantUid}/jobs/${kept.id}/9/abandoned.csv`);
    await upload.commit();
    await writeFile(join(kit.folder, 'outputs', ann.subject.tenantUid, 'jobs', kept.id, '9', 'x.csv.aa.part'), 'x');
    await sql`update job_output set expires_at = now() where job_id = (select id from job where uid = ${expired.id})`.execute(
      kit.store.db,
    );
    const locations = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { location } of objects.list(''))
        if (/kept|\/9\//.test(location) || location.includes(kept.id) || location.includes(expired.id))
          found.push(location);
      return found;
    };
    await worker.sweep();
    expect((await locations()).filter((location) => location.includes('/9/')).length).toBe(2); // too young
    expect(await refusal(jobs.openOutput(ann, expired.id, 'orders.csv'))).toBe('output_not_found');
    for (const location of await locations()) await utimes(join(kit.folder, 'outputs', location), 0, 0);
    await worker.sweep();
    expect(await locations()).toEqual([`${ann.subject.tenantUid}/jobs/${kept.id}/1/orders.csv`]);
    expect((await read((await jobs.openOutput(ann, kept.id, 'orders.csv')).stream)).toString()).toBe('kept');
  });

  it('puts what others read in its place with the success alone, and never from an attempt that was given up', async () => {
    const location = 'external-data/result.json';
    const there = (): Promise<string> =>
      read(objects.get(location)).then(String, (error: { code?: string }) => error.code ?? '');
    const began = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const executor: JobExecutor = async (job, context) => {
      const out = context.published('result.json', 'text/plain', location);
      out.write(Buffer.from(`attempt ${job.attempt}`));
      await out.finish({ rows: 1 });
      if (job.attempt > 1) return {};
      began.resolve();
      await release.promise; // deaf to its signal, as a process that hangs is
      setImmediate(() => ended.resolve());
      return {};
    };
    await startWorker(executor);
    const job = await jobs.create(ann, input());
    await began.promise;
    expect(await there()).toBe('ENOENT');
    await vi.waitFor(
      async () => {
        // Again and again: the first attempt is alive and may renew its lease before anybody looks.
        await sql`update job set heartbeat_at = now() - interval '1 hour'
          where uid = ${job.id} and attempt = 1`.execute(kit.store.db);
        await runNow(job);
        expect(await there()).toBe('attempt 2');
      },
      { timeout: 20_000, interval: 10 },
    );
    await until(job, 'succeeded');
    release.resolve();
    await ended.promise;
    await stopWorkers();
    expect(await there()).toBe('attempt 2');
    expect((await read((await jobs.openOutput(ann, job.id, 'result.json')).stream)).toString()).toBe('attempt 2');
    const left: string[] = [];
    for await (const object of objects.list('')) if (object.location.includes(job.id)) left.push(object.location);
    expect(left).toEqual([]);
  });

  it('notices an output that was touched', async () => {
    await startWorker(writing(randomBytes(100)));
    const job = await until(await jobs.create(ann, input()), 'succeeded');
    await stopWorkers();
    const path = join(kit.folder, 'outputs', ann.subject.tenantUid, 'jobs', job.id, '1', 'orders.csv');
    await writeFile(path, randomBytes(8 + 100 + 16));
    const { stream } = await jobs.openOutput(ann, job.id, 'orders.csv');
    await expect(read(stream)).rejects.toMatchObject({ code: 'output_damaged' });
    await writeFile(path, 'short');
    expect(await refusal(jobs.openOutput(ann, job.id, 'orders.csv'))).toBe('output_unavailable');
  });

  it('gives equal inputs equal fingerprints', () => {
    const { kind: jobKind, source: name, sql: text, format } = input();
    expect(fingerprint({ format, sql: text, source: name, kind: jobKind, maxRows: undefined })).toBe(
      fingerprint(input()),
    );
    expect(fingerprint(input({ sql: 'other' }))).not.toBe(fingerprint(input()));
  });
});
