/** Exports: the same path as queries, into a file of a job. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sharedPostgresql } from '../../test/servers/shared.ts';
import type { ClaimedJob, ExportSpec, JobContext, OutputWriter } from '../domain/jobs/index.ts';
import { loadEngines } from '../engines/registry.ts';
import { type TestBed, testBed, testSource } from './gateway.testkit.ts';

let bed: TestBed;

beforeAll(async () => {
  const { host, port, superuser: username, password, ...server } = await sharedPostgresql();
  const database = await server.createDatabase();
  bed = await testBed(await loadEngines(), [
    testSource(1, 'pg', 'postgresql', { host, port, database, username, password }),
  ]);
});
afterAll(() => bed.close());
beforeEach(() => {
  bed.events.length = 0;
});

/** A writer that counts and hashes, slow when told. */
class MemoryWriter implements OutputWriter {
  readonly name: string;
  bytes = 0;
  full = false;
  failure: Error | undefined;
  finished: { rows?: number } | undefined;
  aborted = false;
  readonly #hash = createHash('sha256');
  readonly chunks: Buffer[] = [];
  constructor(name: string) {
    this.name = name;
  }
  write(chunk: Uint8Array): boolean {
    if (this.failure !== undefined) throw this.failure;
    this.bytes += chunk.length;
    this.#hash.update(chunk);
    this.chunks.push(Buffer.from(chunk));
    this.full = true;
    return false;
  }
  async drained(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.full = false;
  }
  async finish(meta: { rows?: number } = {}) {
    this.finished = meta;
    return { name: this.name, bytes: this.bytes, rows: meta.rows ?? null, sha256: this.#hash.digest('hex') };
  }
  async abort(): Promise<void> {
    this.aborted = true;
  }
}

function run(
  spec: Partial<ExportSpec>,
  signal = new AbortController().signal,
  prepare?: (writer: MemoryWriter) => void,
) {
  const job: ClaimedJob = {
    id: 1,
    uid: '00000000-0000-7000-a000-000000000001',
    tenantId: 1,
    tenantUid: '00000000-0000-7000-8000-000000000001',
    kind: 'export',
    spec: { sql: 'select 1', parameters: [], format: 'ndjson', fileName: 'out.ndjson', ...spec },
    sources: [{ id: 1, uid: '00000000-0000-7000-9000-000000000001', name: 'pg', settingsVersion: 1 }],
    createdBy: { id: 7, uid: '00000000-0000-7000-8000-000000000007', username: 'user7' },
    scopes: null,
    door: 'rest',
    attempt: 1,
    maxAttempts: 3,
  };
  const progress: { rows: number; bytes: number }[] = [];
  let writer: MemoryWriter | undefined;
  const output = (name: string): MemoryWriter => {
    writer = new MemoryWriter(name);
    prepare?.(writer);
    return writer;
  };
  const context: JobContext = { signal, heartbeat: (now) => progress.push(now), output, published: output };
  const result = bed.gateway.exportExecutor(job, context);
  return { result, progress, writer: () => writer as MemoryWriter }; // the executor opens it first
}

describe('export', () => {
  test('rows, bytes and SHA-256 of the whole file, with progress on the way', async () => {
    const { result, progress, writer } = run({ sql: 'select g as n from generate_series(1, 300000) g', format: 'csv' });
    const done = await result;
    const text = Buffer.concat(writer().chunks).toString();
    expect(text.split('\r\n')).toHaveLength(300_002);
    expect(done).toMatchObject({
      rows: 300_000,
      truncated: false,
      bytes: text.length,
      sha256: createHash('sha256').update(text).digest('hex'),
    });
    expect(writer().finished).toEqual({ rows: 300_000 });
    expect(progress.length).toBeGreaterThan(3);
    expect(progress.at(-1)).toEqual({ rows: 300_000, bytes: text.length });
    expect(bed.events[0]).toMatchObject({ action: 'source.extract' });
  });

  test('a limit truncates and says so', async () => {
    const { result } = run({ sql: 'select g from generate_series(1, 100) g', maxRows: 10 });
    expect(await result).toMatchObject({ rows: 10, truncated: true });
  });

  test("the creator's right is decided again, and exports never write", async () => {
    bed.sources.get('pg')?.forbidden.add('source.extract');
    const refused = run({});
    await expect(refused.result).rejects.toMatchObject({ code: 'permission_missing' });
    expect(refused.writer().aborted).toBe(true);
    bed.sources.get('pg')?.forbidden.clear();
    await expect(run({ sql: 'create table x (n int)' }).result).rejects.toMatchObject({ code: 'write_not_requested' });
  });

  test('an error in the middle leaves no output', async () => {
    const { result, writer } = run({ sql: 'select 1 / (200000 - g) from generate_series(1, 200001) g' });
    await expect(result).rejects.toMatchObject({ name: 'SourceError', code: 'value_invalid' });
    expect(writer()).toMatchObject({ finished: undefined, aborted: true });
  });

  test('a cancelled job stops its statement and leaves no output', async () => {
    const cancel = new AbortController();
    const { result, writer } = run(
      { sql: 'select g, pg_sleep(0.001) from generate_series(1, 100000) g' },
      cancel.signal,
    );
    await expect.poll(async () => bed.pools.open).toBeGreaterThan(0);
    cancel.abort('cancelled');
    await expect(result).rejects.toMatchObject({ code: 'query_cancelled' });
    expect(writer()).toMatchObject({ finished: undefined, aborted: true });
  });

  test('a file that cannot be written ends the statement with the error of the file', async () => {
    const { result, writer } = run({ sql: 'select g from generate_series(1, 3000000) g' }, undefined, (one) => {
      one.failure = new Error('disk full');
    });
    await expect(result).rejects.toThrow('disk full');
    expect(writer().aborted).toBe(true);
  });
});
