/** The routes of jobs, and which connections a job may read (fetcher.md §6.1, §6.2), over jobs that stand in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FetcherJobs, FetcherJobView, JobRequest } from '../../src/domain/fetcher/index.ts';
import { Connections, entityNotFound, LiveConnections } from '../../src/domain/fetcher/index.ts';
import { anyRules } from '../../src/domain/fetcher/testing/rules.ts';
import type { Principal } from '../../src/domain/identity/index.ts';
import { uuidv7 } from '../../src/platform/ids.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { at, connectionsPath, type FetcherClient, noId, startFetcher } from './fixture.ts';

/** Remembers what was submitted; admits connections as real jobs do. */
class StandInJobs implements FetcherJobs {
  live: LiveConnections | undefined;
  readonly #jobs = new Map<string, FetcherJobView>();

  async submit(principal: Principal, request: JobRequest, signal: AbortSignal) {
    const known = [...this.#jobs.values()].find((one) => one.requestHash === request.hash);
    if (known !== undefined)
      return { outcome: 'duplicate' as const, jobId: known.id, status: known.status, createdAt: known.createdAt };
    await this.live!.admitJob(principal, request, signal);
    const id = uuidv7();
    const createdAt = new Date('2025-11-22T10:30:00.120Z');
    const { mappedFields, filters, metadata, hash } = request;
    const none = { resultPath: undefined, resultHmac: undefined, completedAt: undefined };
    this.#jobs.set(id, {
      id,
      mappedFields,
      filters,
      metadata,
      requestHash: hash,
      status: 'pending',
      createdAt,
      ...none,
    });
    return { outcome: 'created' as const, jobId: id, status: 'pending' as const, createdAt };
  }

  async get(_principal: Principal, id: string) {
    const job = this.#jobs.get(id);
    if (job === undefined) throw entityNotFound('job');
    return job;
  }
}

let client: FetcherClient;
let sample: SampleDatabase;
const jobs = new StandInJobs();

beforeAll(async () => {
  sample = await sampleDatabase();
  client = await startFetcher({}, { fetcherJobs: jobs });
  const { app } = client.headgate;
  const clock = { now: () => new Date() };
  jobs.live = new LiveConnections({
    connections: new Connections({ ...app, clock, rules: anyRules }),
    gateway: app.gateway,
    rules: anyRules,
  });
  await client.create({ configName: 'main', ...at(sample) });
  await client.create({ configName: 'second', ...at(sample) });
  await client.create({ configName: 'foreign', ...at(sample) }, 'other-product');
  await client.create({ configName: 'down', ...at(sample), port: 1 });
  const { id } = await client.create({ configName: 'nobodys', ...at(sample) });
  await app.store.db.updateTable('data_source').set({ product: null }).where('uid', '=', id).execute();
});
afterAll(() => client?.stop());

const submit = (names: readonly string[], source: unknown = 'my-product', more: object = {}) =>
  client.send('POST', '/v1/fetcher', {
    dataRequest: { mappedFields: Object.fromEntries(names.map((name) => [name, { people: ['id'] }])) },
    metadata: { source, ...more },
  });

describe('submission', () => {
  it('answers 202, and 200 for the same again, and the job can be read', async () => {
    const first = await submit(['main', 'second'], ' My-Product ', { reportId: '42' });
    expect([first.status, first.body]).toEqual([
      202,
      {
        jobId: expect.any(String),
        status: 'pending',
        createdAt: '2025-11-22T10:30:00.12Z',
        message: 'Job created and queued for processing',
      },
    ]);
    const again = await submit(['second', 'main'], ' My-Product ', { reportId: '42' });
    expect([again.status, again.body]).toEqual([
      200,
      { ...first.body, message: 'Duplicate request detected - returning existing job' },
    ]);
    const read = await client.send('GET', `/v1/fetcher/${first.body.jobId.toUpperCase()}`);
    expect([read.status, read.body]).toEqual([
      200,
      {
        id: first.body.jobId,
        metadata: { source: ' My-Product ', reportId: '42' },
        mappedFields: { main: { people: ['id'] }, second: { people: ['id'] } },
        status: 'pending',
        requestHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        createdAt: '2025-11-22T10:30:00.12Z',
      },
    ]);
  });

  it.each([
    [['unknown'], 'FET-1020', 'No Connections Found', 'No connections configured for the requested datasources'],
    [
      ['z-missing', 'main', 'a-missing'],
      'FET-1020',
      'Missing Data Source',
      "No connection configured for datasource 'a-missing'",
    ],
    [['MAIN', 'main'], 'FET-1020', 'Missing Data Source', "No connection configured for datasource 'MAIN'"],
    [
      ['nobodys'],
      'FET-1014',
      'Connection Not Assigned',
      "Connection 'nobodys' has no product assigned. Use the migration endpoint to assign it first.",
    ],
    [
      ['main', 'foreign'],
      'FET-1016',
      'Product Mismatch',
      "Connection 'foreign' does not belong to the product identified by source 'my-product'",
    ],
    [['down', 'foreign'], 'FET-1016', 'Product Mismatch', expect.any(String)],
    [['main', 'down'], 'FET-1040', 'Connection Down', "Connection 'down' is not available"],
  ])('of %j is refused', async (names, code, title, message) => {
    const answer = await submit(names);
    expect([answer.status, answer.body]).toEqual([400, { code, title, message }]);
  });

  it('refuses a body before it looks at connections', async () => {
    const answer = await submit(['unknown'], 5);
    expect(answer.body).toEqual({
      code: 'FET-0402',
      title: 'Invalid Field Value',
      message: 'metadata.source must be a non-empty string',
    });
    expect((await client.send('POST', '/v1/fetcher', '{')).body.message).toBe('unable to parse request body');
    expect((await client.send('POST', '/v1/fetcher', '')).body.code).toBe('FET-0001');
    const missing = await client.send('POST', '/v1/fetcher', {});
    expect([missing.status, missing.body.title, missing.body.fields]).toEqual([
      400,
      'Missing Fields in Request',
      { mappedFields: 'dataRequest.mappedFields is a required field' },
    ]);
  });
});

describe('a job', () => {
  it('needs a good id, and must be there', async () => {
    const bad = await client.send('GET', '/v1/fetcher/x');
    expect([bad.status, bad.body]).toEqual([
      400,
      { code: 'FET-0404', title: 'Invalid Path Parameter', message: 'invalid job id' },
    ]);
    const absent = await client.send('GET', `/v1/fetcher/${noId}`);
    expect([absent.status, absent.body.code, absent.body.message]).toEqual([
      404,
      'FET-1001',
      expect.stringContaining('job'),
    ]);
  });

  it('that fails in a way that nobody foresaw says nothing about it', async () => {
    const fails = (): Promise<never> => Promise.reject(new Error('hunter2 at 10.0.0.1'));
    const other = await startFetcher({}, { fetcherJobs: { submit: fails, get: fails } });
    const answer = await other.send('GET', `/v1/fetcher/${noId}`);
    expect([answer.status, answer.body]).toEqual([
      500,
      { code: 'FET-0002', title: 'Internal Server Error', message: 'The server encountered an unexpected error.' },
    ]);
    await other.headgate.app.store.close();
    const unavailable = await other.send('GET', connectionsPath);
    expect([unavailable.status, unavailable.body]).toMatchObject([
      503,
      { code: 'FET-0003', title: 'Service Unavailable' },
    ]);
    await other.stop();
  });
});
