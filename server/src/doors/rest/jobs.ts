/** Jobs and their outputs. */
import { Readable } from 'node:stream';
import type { Principal } from '../../domain/identity/index.ts';
import type { JobInput } from '../../domain/jobs/index.ts';
import { pageOf, pageQuery, streamResponse } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'jobs';

/** RFC 6266: a plain name for old clients, the exact one beside it. */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const exact = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}

/** A watcher hears something at least as often, ms: proxies close connections that say nothing. */
const keepAliveMs = 15_000;

async function* eventsOf(
  { jobs, draining }: RestServices,
  principal: Principal,
  uid: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const observation of jobs.watch(principal, uid, { signal, repeatMs: keepAliveMs })) {
    yield `event: job\ndata: ${JSON.stringify(observation)}\n\n`;
    // The browser or program connects again, to a node that stays.
    if (draining()) return;
  }
}

export function registerJobs(operations: Operations, services: RestServices): void {
  const { jobs } = services;
  operations.add(
    {
      method: 'POST',
      path: '/jobs',
      id: 'createJob',
      tag,
      summary: 'Submit a job: an export of one query into a file, or an extraction of tables of several sources.',
      body: schemas.jobBody,
      answers: { 202: schemas.job },
      problems: [404],
    },
    async ({ principal, body, request, reply }) => {
      const key = request.headers['idempotency-key'];
      const job = await jobs.create(
        principal,
        body as JobInput, // its parameters are JSON, parsed from the body
        typeof key === 'string' ? { idempotencyKey: key } : {},
      );
      reply.code(202).header('location', `/api/v1/jobs/${job.id}`);
      return job;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/jobs',
      id: 'listJobs',
      tag,
      summary: 'List jobs, newest first.',
      query: schemas.strict({ ...pageQuery, ...schemas.jobFilter }),
      answers: { 200: pageOf(schemas.job) },
    },
    ({ principal, query: { limit, cursor, ...filter } }) => jobs.list(principal, filter, { limit, cursor }),
  );
  operations.add(
    {
      method: 'GET',
      path: '/jobs/:id',
      id: 'getJob',
      tag,
      summary: 'Read a job.',
      params: schemas.idParams,
      answers: { 200: schemas.job },
      problems: [404],
    },
    ({ principal, params }) => jobs.get(principal, params.id),
  );
  operations.add(
    {
      method: 'GET',
      path: '/jobs/:id/attempts',
      id: 'listJobAttempts',
      tag,
      summary: 'Its attempts and how each ended, the newest first.',
      params: schemas.idParams,
      answers: { 200: pageOf(schemas.jobAttempt) },
      problems: [404],
    },
    async ({ principal, params }) => ({ items: await jobs.attempts(principal, params.id), nextCursor: null }),
  );
  operations.add(
    {
      method: 'POST',
      path: '/jobs/:id/cancel',
      id: 'cancelJob',
      tag,
      summary: 'Cancel a job; no error when it is final already.',
      params: schemas.idParams,
      answers: { 200: schemas.job },
      problems: [404],
    },
    ({ principal, params }) => jobs.cancel(principal, params.id),
  );
  operations.add(
    {
      method: 'POST',
      path: '/jobs/:id/retry',
      id: 'retryJob',
      tag,
      summary: 'Submit a job that failed or was cancelled once more: a new job.',
      params: schemas.idParams,
      answers: { 202: schemas.job },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      const job = await jobs.retry(principal, params.id);
      reply.code(202).header('location', `/api/v1/jobs/${job.id}`);
      return job;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/jobs/:id/events',
      id: 'watchJob',
      tag,
      summary: 'Watch a job as server-sent events, until it is over.',
      description:
        'Every event is called `job`; its data is `{"job":…,"rate":{"rowsPerSecond","bytesPerSecond"}|null}`. The stream ends with the event of the final state.',
      params: schemas.idParams,
      answers: { 200: streamResponse('The events.', 'text/event-stream') },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      // A job that is not there is answered as a problem, before any event.
      await jobs.get(principal, params.id);
      const stop = new AbortController();
      const events = Readable.from(eventsOf(services, principal, params.id, stop.signal));
      events.once('close', () => stop.abort());
      return reply.type('text/event-stream').headers({ 'cache-control': 'no-store' }).send(events);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/jobs/:id/outputs/:name',
      id: 'getJobOutput',
      tag,
      summary: 'Download an output.',
      params: schemas.outputParams,
      answers: { 200: streamResponse('The file.', 'application/x-ndjson', 'text/csv') },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      const output = await jobs.openOutput(principal, params.id, params.name);
      return reply
        .type(output.mediaType)
        .headers({
          'content-length': output.bytes,
          'content-disposition': attachment(output.name),
          'repr-digest': `sha-256=:${Buffer.from(output.sha256, 'hex').toString('base64')}:`,
        })
        .send(output.stream);
    },
  );
}
