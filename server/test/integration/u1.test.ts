/** U1: what was acknowledged is in the audit log, also when the process is killed right after its answer. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { prepareMigrated } from '../../src/platform/testing/folders.ts';
import { type SampleDatabase, sampleDatabase, sourceBody } from '../rest/fixture.ts';
import { HeadgateNode, runCommand } from './node.ts';

const rounds = process.env.HEADGATE_SOAK === '1' ? 50 : 3;
let dataDir: string;
let sample: SampleDatabase;
let node: HeadgateNode | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-u1-'));
  await prepareMigrated(dataDir);
  sample = await sampleDatabase();
});
afterAll(async () => {
  await node?.kill();
  await rm(dataDir, { recursive: true, force: true });
});

/** What a round was told, and must be found after the kill. */
interface Acknowledged {
  readonly title: string;
  readonly version: number;
  readonly queryId: string;
}

async function start(): Promise<HeadgateNode> {
  return HeadgateNode.start({ HEADGATE_DATA_DIR: dataDir });
}

/** Everything in the audit log, oldest first. */
async function events(from: HeadgateNode): Promise<Record<string, unknown>[]> {
  const { status, text } = await from.api('GET', '/audit/export');
  expect(status, text).toBe(200);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function checkKept(from: HeadgateNode, { title, version, queryId }: Acknowledged): Promise<void> {
  expect((await from.api('GET', '/sources/ledger')).body.title).toBe(title);
  const all = await events(from);
  const about = (action: string, detail: object) =>
    all.filter(
      (event) => event.action === action && isDeepStrictEqual({ ...(event.detail as object), ...detail }, event.detail),
    );
  expect(about('source.update', { version })).toHaveLength(1);
  expect(about('source.query', { queryId })).toHaveLength(1);
}

it('keeps the event of every acknowledged change and delivered result', { timeout: 120_000 }, async () => {
  node = await start();
  expect((await node.api('POST', '/sources', sourceBody('ledger', sample))).status).toBe(201);
  for (let round = 1; round <= rounds; round += 1) {
    const title = `Round ${round} ${randomUUID()}`;
    const change = (one: HeadgateNode) => one.api('PATCH', '/sources/ledger', { title });
    const query = (one: HeadgateNode) => one.api('POST', '/sources/ledger/query', { sql: `select ${round} as round` });
    // Now the one, now the other is the last before the end.
    const [first, second] = round % 2 === 0 ? [change, query] : [query, change];
    const answers = [await first(node), await second(node)];
    await node.kill();
    for (const answer of answers) expect(answer.status, answer.text).toBe(200);
    const version = answers.find(({ body }) => body.title === title)?.body.version;
    const queryId = answers.map(({ headers }) => headers.get('headgate-query-id')).find((id) => id !== null) ?? '';
    expect([version, queryId]).toEqual([round + 1, expect.stringMatching(/.+/)]);
    node = await start();
    await checkKept(node, { title, version, queryId });
  }
  await node.kill();
  const verified = await runCommand(['audit', 'verify', '--data-dir', dataDir], {});
  expect(verified.output).toContain('The audit chain is whole');
  expect(verified.code).toBe(0);
});
