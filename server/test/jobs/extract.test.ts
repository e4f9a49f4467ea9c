/** The job kind `extract` over the native door, on real PostgreSQL and MariaDB. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkManifest } from '../../src/domain/jobs/index.ts';
import { type Headgate, startHeadgate } from '../harness.ts';
import { finalJob } from '../rest/fixture.ts';
import { type JobSources, registerJobSources } from './sources.ts';

let headgate: Headgate;
let databases: JobSources;
beforeAll(async () => {
  headgate = await startHeadgate();
  databases = await registerJobSources(headgate);
  await headgate.createUser('carl');
});
afterAll(() => headgate?.stop());

const orders = (source: string, more: object = {}) => ({ source, tables: [{ table: 'orders', ...more }] });

async function submit(body: object) {
  const answer = await headgate.api('POST', '/jobs', { kind: 'extract', format: 'ndjson', ...body });
  expect(answer.status, answer.text).toBe(202);
  return answer.body;
}
async function finished(body: object) {
  const { id } = await submit(body);
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape, looked into below
  return (await finalJob(headgate, id)) as any;
}
const output = (id: string, name: string) => headgate.api('GET', `/jobs/${id}/outputs/${name}`);

describe('files', () => {
  it('holds the tables of several sources, a file a table, with a signed manifest', async () => {
    const job = await finished({
      sources: [
        {
          source: 'pg',
          tables: [
            { table: 'orders', columns: ['state', 'id'] },
            { schema: 'ledger', table: 'entries' },
          ],
        },
        orders('maria', { columns: ['id', 'amount'] }),
      ],
    });
    expect(job).toMatchObject({
      status: 'succeeded',
      kind: 'extract',
      format: 'ndjson',
      progress: { rows: 7 },
      sources: [
        { name: 'pg', progress: { rows: 4, tables: 2, tablesDone: 2, table: null } },
        { name: 'maria', progress: { rows: 3, tables: 1, tablesDone: 1 } },
      ],
    });
    const names = job.outputs.map((one: { name: string }) => one.name).sort();
    expect(names).toEqual(['manifest.json', 'maria.orders.ndjson', 'pg.ledger.entries.ndjson', 'pg.orders.ndjson']);
    expect((await output(job.id, 'pg.orders.ndjson')).text).toBe(
      '{"state":"paid","id":1}\n{"state":"sent","id":2}\n{"state":"O\'Brien \\"quoted\\"","id":3}\n',
    );
    expect((await output(job.id, 'pg.ledger.entries.ndjson')).text).toBe('{"id":1,"odd name":"x"}\n');
    expect((await output(job.id, 'maria.orders.ndjson')).text).toContain('{"id":1,"amount":"7.50"}');

    const manifest = await output(job.id, 'manifest.json');
    const { keyId, publicKeyPem } = (await headgate.api('GET', '/audit/checkpoint')).body;
    const checked = checkManifest(manifest.text, { [keyId]: publicKeyPem });
    expect(checked).toMatchObject({ ok: true, manifest: { job: job.id, kind: 'extract', attempt: 1 } });
    const files = checked.ok ? checked.manifest.outputs : [];
    expect(files).toHaveLength(3);
    for (const file of files) {
      const { text } = await output(job.id, file.name);
      expect(file).toMatchObject({
        sha256: createHash('sha256').update(text).digest('hex'),
        bytes: Buffer.byteLength(text),
        rows: text.split('\n').length - 1,
      });
    }
    expect(files.find((file) => file.name === 'pg.ledger.entries.ndjson')).toMatchObject({
      source: 'pg',
      schema: 'ledger',
      table: 'entries',
      columns: [
        { name: 'id', kind: 'integer', type: 'integer' },
        { name: 'odd name', kind: 'text', type: 'text' },
      ],
    });
    expect(checkManifest(manifest.text.replace('"rows": 1', '"rows": 2'), { [keyId]: publicKeyPem })).toEqual({
      ok: false,
      because: 'it was changed after it was signed',
    });
    expect(checkManifest(manifest.text, {})).toMatchObject({ ok: false });
  });

  it('filters on the server, with values that are never part of the statement', async () => {
    const hostile = `x' or '1'='1`;
    const job = await finished({
      format: 'csv',
      sources: [
        {
          source: 'pg',
          tables: [
            { table: 'orders', columns: ['id'], filters: { amount: { gte: [20] }, state: { in: ['paid', 'sent'] } } },
          ],
        },
        orders('maria', { columns: ['id'], filters: { state: { eq: [hostile] } } }),
      ],
    });
    expect(job.status).toBe('succeeded');
    expect((await output(job.id, 'pg.orders.csv')).text).toBe('id\r\n1\r\n2\r\n');
    expect((await output(job.id, 'maria.orders.csv')).text).toBe('id\r\n');
  });

  it.each([
    [{ eq: [null] }, [3]],
    [{ ne: [1500] }, [2]],
    [{ ne: [null] }, [1, 2]],
    [{ gt: [20.1] }, [1]],
    [{ lte: ['20.10'] }, [2]],
    [{ between: [20, 2000] }, [1, 2]],
    [{ nin: [1500, 7] }, [2]],
    [{ gt: [10], lt: [100] }, [2]],
  ])('amount %j', async (filter, ids) => {
    const job = await finished({ sources: [orders('pg', { columns: ['id'], filters: { amount: filter } })] });
    const lines = (await output(job.id, 'pg.orders.ndjson')).text.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).id).sort()).toEqual(ids);
  });
});

describe('one object', () => {
  it('is indented and sorted at every level, keeps numbers exact, and leaves empty tables out', async () => {
    const job = await finished({
      format: 'json',
      sources: [
        { source: 'pg', tables: [{ table: 'orders', columns: ['note', 'id', 'big'] }, { table: 'nothing' }] },
        orders('maria', { columns: ['state'], filters: { id: { eq: [99] } } }),
      ],
    });
    expect(job.status, JSON.stringify(job.error)).toBe('succeeded');
    expect((await output(job.id, 'result.json')).text).toBe(`{
  "maria": {},
  "pg": {
    "orders": [
      {
        "big": "9007199254740993",
        "id": 1,
        "note": {
          "a": 12345678901234567890,
          "b": [
            1,
            {
              "a": 2,
              "z": 1
            }
          ]
        }
      },
      {
        "big": "42",
        "id": 2,
        "note": null
      },
      {
        "big": null,
        "id": 3,
        "note": []
      }
    ]
  }
}`);
  });
});

describe('what goes wrong says where', () => {
  it.each([
    [{ table: 'absent' }, { code: 'table_not_found', source: 'pg', table: 'absent' }],
    [
      { schema: 'ledger', table: 'orders' },
      { code: 'table_not_found', table: 'ledger.orders' },
    ],
    [
      { table: 'orders', columns: ['id', 'Id'] },
      { code: 'column_not_found', table: 'orders', column: 'Id' },
    ],
    [
      { table: 'orders', columns: ['id'], filters: { nope: { eq: [1] } } },
      { code: 'column_not_found', column: 'nope' },
    ],
    [
      { table: 'orders', filters: { amount: { gt: ['many'] } } },
      { code: 'value_invalid', table: 'orders' },
    ],
  ])('%j', async (table, error) => {
    const job = await finished({ sources: [orders('maria'), { source: 'pg', tables: [table] }] });
    expect(job).toMatchObject({ status: 'failed', attempt: 1, outputs: [], error: { source: 'pg', ...error } });
    expect(job.error.message).toContain('Source pg');
    const leases = await headgate.api('GET', '/sources/pg/leases');
    expect(leases.body.items).toEqual([]);
  });

  it('fails instead of cutting a table off at a limit', async () => {
    const limit = { level: 'source', subject: 'maria', name: 'maxRows', value: 2 };
    await headgate.api('PUT', '/limits', limit);
    const job = await finished({ sources: [orders('maria')] });
    await headgate.api('PUT', '/limits', { ...limit, value: null });
    expect(job).toMatchObject({ status: 'failed', error: { code: 'limit_reached', source: 'maria', table: 'orders' } });
  });

  it.each([
    [{ sources: [] }, 'sources'],
    [{ sources: [orders('pg'), orders('pg')] }, 'sources/1/source'],
    [{ sources: [{ source: 'pg', tables: [] }] }, 'sources/0/tables'],
    [{ sources: [orders('pg', { columns: ['id', 'id'] })] }, 'sources/0/tables/0/columns'],
    [{ sources: [orders('pg', { filters: { id: { like: [1] } } })] }, 'sources/0/tables/0/filters/id/like'],
    [{ sources: [orders('pg', { filters: { id: { gt: [1, 2] } } })] }, 'sources/0/tables/0/filters/id/gt'],
    [{ sources: [orders('pg', { filters: { id: { is: [1] } } })] }, 'sources/0/tables/0/filters/id/is'],
    [{ sources: [orders('pg')], format: 'parquet', compression: 'gzip' }, 'compression'],
    [{ sources: [orders('pg')], format: 'xml' }, 'format'],
    [{ sources: [{ source: 'pg', table: 'orders' }] }, 'sources/0/table'],
    [{}, 'sources'],
  ])('refuses %j at the submission', async (body, field) => {
    const answer = await headgate.api('POST', '/jobs', { kind: 'extract', format: 'ndjson', ...body });
    expect(answer, answer.text).toMatchObject({ status: 400, body: { field } });
  });

  it('says of an export what an export lacks', async () => {
    const answer = await headgate.api('POST', '/jobs', { kind: 'export', source: 'pg', format: 'csv' });
    expect(answer).toMatchObject({ status: 400, body: { field: 'sql' } });
  });

  it('hides sources that are not shared', async () => {
    const answer = await headgate.api(
      'POST',
      '/jobs',
      { kind: 'extract', format: 'csv', sources: [orders('pg')] },
      { as: 'carl' },
    );
    expect(answer).toMatchObject({ status: 404, body: { code: 'source_not_found' } });
  });
});

describe('a job is followed', () => {
  it('repeats what failed, as a new job', async () => {
    const failed = await finished({ sources: [orders('pg', { columns: ['later'] })] });
    expect(failed.status).toBe('failed');
    await databases.postgresql('alter table orders add column later integer');
    const again = await headgate.api('POST', `/jobs/${failed.id}/retry`);
    expect(again).toMatchObject({ status: 202, body: { retryOf: failed.id, kind: 'extract' } });
    expect(await finalJob(headgate, again.body.id)).toMatchObject({ status: 'succeeded' });
    expect(await headgate.api('POST', `/jobs/${again.body.id}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'job_succeeded' },
    });
    expect((await headgate.api('POST', `/jobs/${failed.id}/retry`, undefined, { as: 'carl' })).status).toBe(404);
  });

  it('is watched by server-sent events until it is over', async () => {
    await databases.postgresql(
      `create view slow as select g as id, repeat('x', 2000) as filling, pg_sleep(0.02)::text as nap from generate_series(1, 100) g`,
    );
    const { id } = await submit({ sources: [{ source: 'pg', tables: [{ table: 'slow' }] }] });
    const response = await fetch(`${headgate.url}/api/v1/jobs/${id}/events`, {
      headers: { authorization: `Bearer ${headgate.token('admin')}` },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = (await response.text())
      .trim()
      .split('\n\n')
      .map((event) => {
        expect(event).toMatch(/^event: job\ndata: \{/);
        return JSON.parse(event.slice(event.indexOf('{')));
      });
    expect(events.at(-1)).toMatchObject({ job: { status: 'succeeded', progress: { rows: 100 } } });
    const running = events.filter(({ job }) => job.status === 'running' && job.progress.rows > 0);
    expect(running.length).toBeGreaterThan(0);
    expect((await headgate.api('GET', '/jobs/absent/events')).status).toBe(404);
  });

  it('ends its statement when it is cancelled, and frees its sources', async () => {
    await databases.postgresql('create view endless as select pg_sleep(600)::text as nap');
    const { id } = await submit({ sources: [{ source: 'pg', tables: [{ table: 'endless' }] }, orders('maria')] });
    const active = () => databases.activeStatements('endless');
    await expect.poll(active).toBe(1);
    expect((await headgate.api('DELETE', '/sources/maria')).status).toBe(409);
    expect((await headgate.api('POST', `/jobs/${id}/cancel`)).status).toBe(200);
    expect(await finalJob(headgate, id)).toMatchObject({ status: 'cancelled', outputs: [] });
    expect(await active()).toBe(0);
    expect((await headgate.api('GET', '/sources/maria/leases')).body.items).toEqual([]);
  });
});
