/** Parquet through the gateway, from a real PostgreSQL and a real MariaDB: as an answer and as an export. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sharedMariadb, sharedPostgresql } from '../../test/servers/shared.ts';
import { noLimits } from '../domain/access/index.ts';
import type { ExportSpec, JobContext, OutputWriter } from '../domain/jobs/index.ts';
import { loadEngines } from '../engines/registry.ts';
import { metadataOf, read } from './formats/parquet/parquet.testkit.ts';
import { CollectingOutput, principal, type TestBed, testBed, testSource } from './gateway.testkit.ts';
import type { QueryRequest } from './index.ts';

const never = new AbortController().signal;
let bed: TestBed;

beforeAll(async () => {
  const postgresql = await sharedPostgresql();
  const mariadb = await sharedMariadb();
  const [pgDatabase, myDatabase] = await Promise.all([postgresql.createDatabase(), mariadb.createDatabase()]);
  const { host, port, superuser: username, password } = postgresql;
  const my = { host: mariadb.host, port: mariadb.port, username: mariadb.user, password: mariadb.password };
  bed = await testBed(await loadEngines(), [
    testSource(1, 'pg', 'postgresql', { host, port, database: pgDatabase, username, password }),
    testSource(2, 'my', 'mysql', { ...my, database: myDatabase }),
  ]);
});
afterAll(() => bed.close());
beforeEach(() => {
  bed.events.length = 0;
  bed.audit.gate = undefined;
  bed.limits = noLimits;
});

async function ask(source: string, sql: string, more: Partial<QueryRequest> = {}, output = new CollectingOutput()) {
  const outcome = await bed.gateway.query(principal(), source, { sql, format: 'parquet', ...more }, output, never);
  return { output, outcome, file: Buffer.concat(output.chunks) };
}

const numbers = { pg: (rows: number) => `generate_series(1, ${rows}) n`, my: (rows: number) => `seq_1_to_${rows}` };
const manyRows = (name: 'pg' | 'my', rows: number) =>
  name === 'pg'
    ? `select n, md5(n::text) as h from ${numbers.pg(rows)}`
    : `select seq as n, md5(seq) as h from ${numbers.my(rows)}`;

describe.each(['pg', 'my'] as const)('%s', (name) => {
  test('a small result leaves whole, and audit hears of its rows and bytes', async () => {
    const { output, file } = await ask(name, "select 1 as n, 'one' as label, null as nothing");
    expect(output.meta).toMatchObject({
      contentType: 'application/vnd.apache.parquet',
      wholeBytes: file.length,
      headers: { 'Headgate-Result': 'complete; rows=1', 'Headgate-Columns': expect.any(String) },
    });
    expect(await read(file)).toEqual([{ n: 1, label: 'one', nothing: null }]);
    expect(bed.events[0]).toMatchObject({ action: 'source.query' });
    expect(bed.events.at(-1)).toMatchObject({ detail: { rows: 1, bytes: file.length } });
  });

  test('a long one streams in row groups', async () => {
    const { output, outcome, file } = await ask(name, manyRows(name, 200_000));
    expect(output.meta?.wholeBytes).toBeUndefined();
    expect(output.trailers).toEqual({ 'Headgate-Result': 'complete; rows=200000' });
    expect(outcome).toMatchObject({ state: 'complete', rows: 200_000, bytes: file.length });
    expect(metadataOf(file).row_groups).toHaveLength(2);
    const last = (await read(file, { rowStart: 199_999 }))[0];
    expect(last).toEqual({ n: name === 'pg' ? 200_000 : 200_000n, h: expect.stringMatching(/^[\da-f]{32}$/) });
  });

  test('nothing leaves before the audit event is durable, and a slow receiver is waited for', async () => {
    const gate = Promise.withResolvers<void>();
    bed.audit.gate = gate.promise;
    const output = new CollectingOutput();
    const free = Promise.withResolvers<void>();
    output.full = free.promise;
    const asked = ask(name, manyRows(name, 150_000), {}, output);
    await expect.poll(() => bed.pools.open).toBeGreaterThan(0);
    expect(output.meta).toBeUndefined();
    gate.resolve();
    await expect.poll(() => output.bytes, { timeout: 10_000 }).toBeGreaterThan(0);
    output.full = undefined;
    free.resolve();
    const { file } = await asked;
    expect(metadataOf(file).num_rows).toBe(150_000n);
  });

  test('limits of rows and bytes leave a whole file', async () => {
    const rows = await ask(name, manyRows(name, 1000), { maxRows: 10 });
    expect(rows.outcome).toMatchObject({ state: 'truncated', rows: 10 });
    expect(await read(rows.file)).toHaveLength(10);
    bed.limits = { ...noLimits, maxBytes: 400_000 };
    bed.announce(`s:${bed.sources.get(name)?.id}`);
    const bytes = await ask(name, manyRows(name, 200_000));
    expect(bytes.outcome.state).toBe('truncated');
    expect(bytes.file.length).toBeLessThanOrEqual(400_000);
    expect(await read(bytes.file)).toHaveLength(bytes.outcome.rows);
    bed.limits = noLimits;
    bed.announce(`s:${bed.sources.get(name)?.id}`);
  });

  test('a value that Parquet cannot hold is refused by name, and the connection goes on', async () => {
    const sql = name === 'pg' ? "select 'infinity'::timestamp as t" : "select cast('0000-00-00' as date) as t";
    await expect(ask(name, sql)).rejects.toMatchObject({ name: 'SourceError', code: 'value_invalid', field: 't' });
    const cast = name === 'pg' ? "select 'infinity'::timestamp::text as t" : "select '0000-00-00' as t";
    expect(await read((await ask(name, cast)).file)).toHaveLength(1);
  });

  test('a failure after the first byte breaks the answer off', async () => {
    const sql =
      name === 'pg'
        ? 'select case when n = 280000 then 1 / (n - 280000) else n end as n, md5(n::text) from generate_series(1, 280000) n'
        : 'select case when seq = 280000 then (select 1 union select 2) else seq end as n, md5(seq) from seq_1_to_280000';
    const { output, outcome } = await ask(name, sql);
    expect(output.bytes).toBeGreaterThan(0);
    expect(output.aborted).toBe(true);
    expect(outcome).toMatchObject({ state: 'failed' });
  });

  test('types of the database', async () => {
    const sql =
      name === 'pg'
        ? `select 1::int2 as i, 2::int8 as b, 12.50::numeric(10,2) as d, 1.5::numeric as u, 0.1::float8 as f, true as t,
            date '2024-02-29' as day, timestamp '2024-05-06 07:08:09.123' as ts, '{"a":[1]}'::jsonb as j,
            '\\x00ff'::bytea as y`
        : `select cast(1 as unsigned) * 1000000000000 as b, cast(12.5 as decimal(10,2)) as d, 0.1e0 as f, cast('2024-02-29' as date) as day,
            cast('2024-05-06 07:08:09.123' as datetime(6)) as ts, x'00ff' as y, b'1' as t, cast('838:59:59' as time) as c`;
    const at = new Date('2024-05-06T07:08:09.123Z');
    const day = new Date('2024-02-29');
    const y = Uint8Array.of(0, 255);
    expect((await read((await ask(name, sql)).file))[0]).toEqual(
      name === 'pg'
        ? { i: 1, b: 2n, d: 12.5, u: '1.5', f: 0.1, t: true, day, ts: at, j: { a: [1] }, y }
        : { b: 1_000_000_000_000n, d: 12.5, f: 0.1, day, ts: at, y, t: expect.anything(), c: '838:59:59' },
    );
  });

  test('exports: Parquet, and compressed text', async () => {
    const parquet = await exported(name, { sql: manyRows(name, 150_000), format: 'parquet', fileName: 'a.parquet' });
    expect(parquet.result).toMatchObject({ rows: 150_000, truncated: false, bytes: parquet.file.length });
    expect(parquet.mediaType).toBe('application/vnd.apache.parquet');
    expect(metadataOf(parquet.file).num_rows).toBe(150_000n);
    const zipped = await exported(name, { sql: manyRows(name, 150_000), format: 'csv', compression: 'gzip' });
    expect(zipped.mediaType).toBe('application/gzip');
    expect(zipped.result).toMatchObject({ rows: 150_000, bytes: zipped.file.length });
    expect(gunzipSync(zipped.file).toString().split('\r\n')).toHaveLength(150_002);
  });
});

/** Runs an export into memory, through a writer that is slow. */
async function exported(source: 'pg' | 'my', spec: Partial<ExportSpec>) {
  const chunks: Buffer[] = [];
  let mediaType = '';
  const writer: OutputWriter = {
    name: 'out',
    get bytes() {
      return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    },
    write: (chunk) => {
      chunks.push(Buffer.from(chunk));
      return false;
    },
    drained: () => new Promise((resolve) => setImmediate(resolve)),
    finish: async ({ rows } = {}) => {
      const file = Buffer.concat(chunks);
      const sha256 = createHash('sha256').update(file).digest('hex');
      return { name: 'out', bytes: file.length, rows: rows ?? null, sha256 };
    },
    abort: async () => {},
  };
  const context: JobContext = {
    signal: never,
    heartbeat: () => {},
    output: (_, type) => {
      mediaType = type;
      return writer;
    },
    published: () => writer,
  };
  const id = source === 'pg' ? 1 : 2;
  const result = await bed.gateway.exportExecutor(
    {
      id: 1,
      uid: '00000000-0000-7000-a000-000000000001',
      tenantId: 1,
      tenantUid: '00000000-0000-7000-8000-000000000001',
      kind: 'export',
      spec: { sql: 'select 1', parameters: [], format: 'ndjson', fileName: 'out.ndjson', ...spec },
      sources: [{ id, uid: `00000000-0000-7000-9000-00000000000${id}`, name: source, settingsVersion: 1 }],
      createdBy: { id: 7, uid: '00000000-0000-7000-8000-000000000007', username: 'user7' },
      scopes: null,
      door: 'rest',
      attempt: 1,
      maxAttempts: 3,
    },
    context,
  );
  return { result, mediaType, file: Buffer.concat(chunks) };
}
