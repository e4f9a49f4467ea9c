/**
 * J5: an extraction of a large table, by a server in a process of its own whose memory is watched. 1 M rows here, 10 M in
 * `npm run soak`. What was written is counted and hashed by readers of their own.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parquetMetadata } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkManifest } from '../../src/domain/jobs/index.ts';
import { HeadgateNode } from '../integration/node.ts';
import { sharedPostgresql } from '../servers/shared.ts';

const rows = process.env.HEADGATE_SOAK === '1' ? 10_000_000 : 1_000_000;
const megabyte = 1024 * 1024;

let folder: string;
let node: HeadgateNode;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-j5-'));
  const server = await sharedPostgresql();
  const [store, database] = [await server.createStore(), await server.createDatabase()];
  await server.execute(
    `create role ${database}_reader login password 'reader-password-1';
     create unlogged table large as select g as id, md5(g::text) as digest, g * 1.5 as amount, g % 7 = 0 as flag,
       'state ' || g % 5 as state from generate_series(1, ${rows}) g;
     grant select on large to ${database}_reader`,
    database,
  );
  node = await HeadgateNode.start({
    DATABASE_URL: server.url(store),
    HEADGATE_DATA_DIR: folder,
    HEADGATE_LOG_LEVEL: 'warn',
    HEADGATE_QUERY_TIMEOUT_MS: '0',
  });
  const login = { username: `${database}_reader`, password: 'reader-password-1' };
  const source = { name: 'pg', engine: 'postgresql', host: server.host, port: server.port, database, ...login };
  expect((await node.api('POST', '/sources', source)).status).toBe(201);
}, 300_000);
afterAll(async () => {
  await node?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Resident bytes of the server now. */
function resident(): number {
  const status = readFileSync(`/proc/${node.process.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function extract(format: string, compression?: string) {
  const idle = resident();
  let most = idle;
  const submitted = await node.api('POST', '/jobs', {
    kind: 'extract',
    format,
    compression,
    sources: [{ source: 'pg', tables: [{ table: 'large' }] }],
  });
  expect(submitted.status, submitted.text).toBe(202);
  const { id } = submitted.body;
  for (;;) {
    most = Math.max(most, resident());
    const { body } = await node.api('GET', `/jobs/${id}`);
    if (body.status === 'failed') throw new Error(JSON.stringify(body.error));
    if (body.status === 'succeeded') return { id, outputs: body.outputs, grown: most - idle };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function open(id: string, name: string): Promise<Response> {
  const response = await fetch(`${node.url}/api/v1/jobs/${id}/outputs/${name}`, { headers: node.authorization });
  expect(response.status).toBe(200);
  return response;
}

it(`extracts ${rows} rows as NDJSON in gzip within 64 MiB`, async () => {
  await extract('ndjson', 'gzip'); // the first run compiles code and fills pools
  const { id, outputs, grown } = await extract('ndjson', 'gzip');
  expect(grown / megabyte).toBeLessThan(64);
  const manifest = await (await open(id, 'manifest.json')).text();
  const { keyId, publicKeyPem } = (await node.api('GET', '/audit/checkpoint')).body;
  const checked = checkManifest(manifest, { [keyId]: publicKeyPem });
  expect(checked).toMatchObject({ ok: true, manifest: { outputs: [{ name: 'pg.large.ndjson.gz', rows }] } });
  const { body } = await open(id, 'pg.large.ndjson.gz');
  const hash = createHash('sha256');
  let lines = 0;
  const stored = Readable.fromWeb(body as import('node:stream/web').ReadableStream); // a fetch body is one
  stored.on('data', (chunk: Buffer) => hash.update(chunk));
  for await (const chunk of stored.pipe(createGunzip())) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  expect(lines).toBe(rows);
  const file = outputs.find((output: { name: string }) => output.name === 'pg.large.ndjson.gz');
  expect(hash.digest('hex')).toBe(file.sha256);
});

it(`extracts ${rows} rows as Parquet within 256 MiB`, async () => {
  const { id, grown } = await extract('parquet');
  expect(grown / megabyte).toBeLessThan(256);
  const metadata = parquetMetadata(await (await open(id, 'pg.large.parquet')).arrayBuffer());
  expect(Number(metadata.num_rows)).toBe(rows);
  const ids = metadata.row_groups.map(({ columns }) => columns[0]?.meta_data?.statistics);
  expect(Number(ids[0]?.min_value)).toBe(1);
  expect(Number(ids.at(-1)?.max_value)).toBe(rows);
});
