/** Job outputs in S3-compatible storage: their whole life, seen through two nodes that share it. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sweepOutputs } from '../../src/domain/jobs/outputs.ts';
import { openS3ObjectStore, type S3ObjectStore } from '../../src/platform/objects/s3.ts';
import { type Headgate, startHeadgate } from '../harness.ts';
import { finalJob, registerSource, sampleDatabase } from '../rest/fixture.ts';
import { type S3Server, startS3 } from '../servers/s3.ts';
import { runCommand } from './node.ts';

let s3: S3Server;
let headgate: Headgate;
let other: Headgate;
let objects: S3ObjectStore;
const environment = { ...process.env };

function settings(): Record<string, string> {
  return {
    HEADGATE_OBJECT_STORE: `s3://${s3.bucket}/outputs`,
    HEADGATE_S3_ENDPOINT: s3.endpoint,
    HEADGATE_S3_REGION: 'eu-central-1',
    HEADGATE_S3_FORCE_PATH_STYLE: 'true',
  };
}

beforeAll(async () => {
  s3 = await startS3();
  Object.assign(process.env, s3.credentials, { AWS_MAX_ATTEMPTS: '1' });
  headgate = await startHeadgate({
    settings: { ...settings(), HEADGATE_JOB_REAP_SECONDS: '1', HEADGATE_JOB_MAX_ATTEMPTS: '100' },
  });
  other = await startHeadgate({ settings: settings(), at: headgate.at, overrides: { withoutWorker: true } });
  await registerSource(headgate, 'people', await sampleDatabase());
  objects = await openS3ObjectStore({
    bucket: s3.bucket,
    prefix: 'outputs',
    endpoint: s3.endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
  });
});
afterEach(() => {
  s3.refuse = undefined;
});
afterAll(async () => {
  objects?.close();
  await other?.stopServer();
  await headgate?.stop();
  process.env = environment;
  await s3?.stop();
});

async function submit(sql: string): Promise<string> {
  const body = { kind: 'export', source: 'people', sql, format: 'csv', fileName: 'out.csv' };
  const job = await headgate.api('POST', '/jobs', body);
  expect([job.status, job.text]).toEqual([202, expect.any(String)]);
  return job.body.id;
}

const small = 'select id, name from people order by id';
/** About 20 MB: three parts. */
const large = "select g as n, repeat('x', 1000) as filling from generate_series(1, 20000) g";

describe('job outputs on S3', () => {
  it('are written by one node and read through another, and lie there sealed', async () => {
    const id = await submit(small);
    expect(await finalJob(headgate, id)).toMatchObject({ status: 'succeeded' });
    const output = await other.api('GET', `/jobs/${id}/outputs/out.csv`);
    expect([output.status, output.text]).toEqual([200, 'id,name\r\n1,Ada\r\n2,Grace\r\n3,Edsger\r\n']);
    const [key] = (await s3.keys()).filter((one) => one.includes(id));
    expect(key).toMatch(new RegExp(`^outputs/[0-9a-f-]{36}/jobs/${id}/1/out\\.csv$`));
    const stored = await objects.get(key!.slice('outputs/'.length)).toArray();
    expect(Buffer.concat(stored).includes('Grace')).toBe(false);
  });

  it('never show an upload that was cut off; the next attempt starts afresh', async () => {
    s3.refuse = (request) => request.includes('partNumber=2');
    const id = await submit(large);
    await vi.waitFor(
      async () =>
        expect((await headgate.api('GET', `/jobs/${id}`)).body).toMatchObject({
          status: 'queued',
          error: { code: 'object_store_unavailable', message: 'The store of outputs did not answer.' },
          outputs: [],
        }),
      20_000,
    );
    expect((await s3.keys()).filter((key) => key.includes(id))).toEqual([]);
    expect((await headgate.api('GET', `/jobs/${id}/outputs/out.csv`)).status).toBe(404);
    s3.refuse = undefined;
    const done = await finalJob(headgate, id);
    expect(done.status).toBe('succeeded');
    const output = await other.api('GET', `/jobs/${id}/outputs/out.csv`);
    expect(output.text.split('\r\n').length).toBe(20_002);
    expect((await s3.keys()).filter((key) => key.includes(id))).toEqual([
      expect.stringMatching(/\/([2-9]|\d\d)\/out\.csv$/),
    ]);
    expect(await s3.uploads()).toEqual([]);
  });

  it('are swept with what dead attempts left; what others keep in the bucket stays', async () => {
    const id = await submit(small);
    await finalJob(headgate, id);
    const [kept] = (await s3.keys()).filter((key) => key.includes(id));
    const folder = kept!.slice('outputs/'.length, -'/1/out.csv'.length);
    const cutOff = await objects.put(`${folder}/7/out.csv`);
    await cutOff.write(Buffer.alloc(9 * 1024 * 1024));
    for (const location of [`${folder}/8/out.csv`, 'of/somebody/else', `no-tenant/jobs/${id}/1/out.csv`]) {
      await (await objects.put(location)).commit();
    }
    const { store } = headgate.app;
    await sweepOutputs(store, objects, new Date());
    expect((await s3.uploads()).length).toBe(1); // too young
    await s3.age();
    await sweepOutputs(store, objects, new Date());
    expect(await s3.uploads()).toEqual([]);
    const keys = await s3.keys();
    expect(keys).toContain(kept);
    expect(keys).toContain('outputs/of/somebody/else');
    expect(keys).toContain(`outputs/no-tenant/jobs/${id}/1/out.csv`);
    expect(keys).not.toContain(`outputs/${folder}/8/out.csv`);
    expect((await other.api('GET', `/jobs/${id}/outputs/out.csv`)).status).toBe(200);
  });

  it('are unavailable, not gone, while the storage does not answer', async () => {
    const id = await submit(small);
    await finalJob(headgate, id);
    s3.refuse = () => true;
    const answer = await headgate.api('GET', `/jobs/${id}/outputs/out.csv`);
    expect([answer.status, answer.body.code]).toEqual([503, 'output_unavailable']);
    expect((await headgate.call('GET', '/readyz', undefined, { as: null })).status).toBe(200);
  });

  it('keep the server from starting when the bucket cannot be used', async () => {
    const dataDir = `${headgate.at.dataDir}/refused`;
    const bad = { ...settings(), HEADGATE_DATA_DIR: dataDir, HEADGATE_OBJECT_STORE: 's3://not-there/outputs' };
    const { code, output } = await runCommand(['serve', '--port', '0'], bad);
    expect(code).toBe(1);
    expect(output).toContain(`The object store s3://not-there/outputs at ${s3.endpoint} cannot be used: NoSuchBucket`);
    expect(output).toContain('HEADGATE_OBJECT_STORE');
  });
});
