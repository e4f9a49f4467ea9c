/**
 * S5 and F1 over this door: no answer, log line or dump holds a secret; malformed requests get the door's own refusals under
 * HTTP 200 and change no row. Generated from valid calls, with a seed that a failure prints.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../src/domain/catalog/classification/planted.testkit.ts';
import { digests, requests, seedOr } from '../malformed/kit.ts';
import { type SdpsClient, sampleDatabase, startSdps } from './fixture.ts';
import { type Call, callsOf, operationsOf, type SdpsOperation } from './operations.ts';

const seed = seedOr(20_261_126);
const canary = (): string => `canary-${randomBytes(12).toString('hex')}`;
const [stored, sent] = [canary(), canary()];

let client: SdpsClient;
let calls: Readonly<Record<string, Call>>;
let operations: readonly SdpsOperation[];
beforeAll(async () => {
  client = await startSdps({ settings: { HEADGATE_LOG_LEVEL: 'trace' } }, { withoutWorker: true });
  calls = await callsOf(client, await sampleDatabase(stored), { password: sent });
  operations = await operationsOf(client);
});
afterAll(() => client?.stop());

const methodOf = (id: string): string => operations.find((one) => one.id === id)!.method;

it('knows every operation', () => {
  expect(operations.map(({ id }) => id).sort()).toEqual(Object.keys(calls).sort());
});

interface Malformed {
  readonly path: string;
  readonly body: string | Buffer | undefined;
  readonly headers?: Record<string, string>;
  readonly method?: string;
}

/** Ways to spoil a call; null where one does not apply. */
const spoils: readonly ((r: Random, call: Call) => Malformed | null)[] = [
  // No JSON, another shape, bytes that are no text.
  (r, { path, body }) => {
    if (typeof body !== 'object' || Array.isArray(body)) return null;
    const text = JSON.stringify(body);
    const broken = ['{', `${text}}`, text.slice(0, -1), "{'a':1}", 'NaN', '"x"', '12', 'true', '[1]', `\ufeff${text}`];
    return { path, body: r.pick([...broken, Buffer.from([0x7b, 0xff, 0x7d])]) };
  },
  // A required member that is missing or of a kind that it never takes.
  (r, { path, body }) => {
    const required = [
      'account_provider',
      'account_id',
      'account_provider_id',
      'region',
      'instances',
      'accounts',
      'bucket',
      'instance',
      'databases',
      'identifier_ids',
      'template_id',
      'prop_name',
      'label_name',
      'ids',
      'connection_url',
      'database_type',
      'labels',
    ];
    if (
      typeof body !== 'object' ||
      body === null ||
      Array.isArray(body) ||
      'instance_id' in body ||
      path === '/data-source/sync-glue-database'
    )
      return null;
    const names = Object.keys(body).filter(
      (name) => required.includes(name) && !(name === 'database_type' && path.startsWith('/discovery')),
    );
    if (names.length === 0) return null;
    return { path, body: JSON.stringify({ ...body, [r.pick(names)]: r.pick([null, {}, undefined]) }) };
  },
  // Values that no store can hold.
  (r, { path, body }) => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
    const value = r.pick([
      '"\\u0000"',
      '"\\ud83d"',
      '1e400',
      '{"__proto__":1}',
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
    ]);
    const text = JSON.stringify(body);
    return { path, body: text === '{}' ? `{"region":${value}}` : `${text.slice(0, -1)},"colour":${value}}` };
  },
  // Pages, sizes, columns and operations that there are none of.
  (r, { path, body }) => {
    if (typeof body !== 'object' || body === null || !('conditions' in body)) return null;
    const wrong = [
      { page: 0 },
      { size: 0 },
      { size: 101 },
      { page: -1 },
      { page: 1e15 },
      { sort_column: 'x"; drop table share; --' },
      { sort_column: '_id' },
      { group_column: '1' },
      { conditions: [{ column: "x'", values: ['a'] }] },
      { conditions: 'x' },
      { conditions: [1] },
      { conditions: [{ values: [] }] },
      { asc: 'maybe' },
    ];
    return { path, body: JSON.stringify({ ...body, ...r.pick(wrong) }) };
  },
  // Too long texts.
  (r, { path, body }) => {
    if (typeof body !== 'object' || body === null || !('instance_id' in body)) return null;
    const long = [
      { instance_id: 'x'.repeat(256) },
      { region: 'r'.repeat(300) },
      { description: 'd'.repeat(3000) },
      { master_username: 'u'.repeat(70_000) },
    ];
    const fields = r.pick(long);
    return Object.keys(fields)[0]! in body ? { path, body: JSON.stringify({ ...body, ...fields }) } : null;
  },
  // Queries and paths.
  (r, { path, body }) => {
    const [bare = '', query] = path.split('?');
    const text = body === undefined ? undefined : JSON.stringify(body);
    if (query !== undefined)
      return query.includes('provider_id=') || query.includes('id=1')
        ? {
            path: `${bare}?${r.pick(['', 'provider_id=', 'id=', 'provider_id=x&id=x', 'provider_id=1e3&id=1.5'])}`,
            body: text,
          }
        : { path: bare, body: text };
    return /\/\d+(\/|$)/.test(bare)
      ? {
          path: bare.replace(/\/\d+(?=\/|$)/, `/${r.pick(['x', '1.5', '%00', '99999999999999999999', '-', '%e2%82'])}`),
          body: text,
        }
      : null;
  },
  // A sign-in that is none.
  (r, { path, body }) => ({
    path,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      authorization: r.pick([
        'Bearer',
        'x',
        'Bearer x',
        'Basic YTpi',
        `Bearer hg_${'a'.repeat(43)}`,
        'Bearer eyJhbGciOiJub25lIn0.e30.',
      ]),
    },
  }),
];

async function refusalOf(method: string, request: Malformed): Promise<string | null> {
  const told = `${method} ${request.path.slice(0, 200)} ${String(request.body).slice(0, 300)}`;
  try {
    const response = await fetch(client.headgate.url + request.path, {
      method,
      headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json', ...request.headers },
      ...(request.body === undefined || method === 'GET' ? {} : { body: request.body as string }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const { status, code, message } = JSON.parse(text);
    const fine =
      response.status === 200 &&
      status === 'fail' &&
      typeof code === 'number' &&
      code !== 1001 &&
      typeof message === 'string';
    return fine ? null : `${told} → ${response.status} ${text.slice(0, 300)}`;
  } catch (error) {
    return `${told} → ${String(error)} ${String((error as Error).cause)}`;
  }
}

it('refuses what is malformed, in its own words, and changes no row (F1)', { timeout: 3_600_000 }, async () => {
  const random = new Random(seed);
  const { db } = client.headgate.app.store;
  const books = ['session', 'api_token'];
  const before = await digests(db, books);
  const failures: string[] = [];
  let count = 0;
  // Bodies that are not looked at cannot be malformed.
  const loose = new Set([
    'correctDatabase',
    'correctTable',
    'listProviders',
    'providerInfos',
    'setMapping',
    'updateLabel',
    'regionsByProvider',
    'listS3',
    'listRds',
    'listGlueDatabases',
    's3TableCounts',
  ]);
  const worker = async (): Promise<void> => {
    while (count < requests && failures.length < 10) {
      const id = random.pick(Object.keys(calls).filter((one) => !loose.has(one)));
      const malformed = random.pick(spoils)(random, calls[id]!);
      if (malformed === null || (methodOf(id) === 'GET' && malformed.body !== undefined)) continue;
      count += 1;
      const failure = await refusalOf(methodOf(id), malformed);
      if (failure !== null) failures.push(`${id}: ${failure}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(failures, `seed ${seed}`).toEqual([]);
  expect(await digests(db, books)).toEqual(before);
  expect(client.headgate.logs().includes('request failed')).toBe(false);
});

const forms = [stored, sent].flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
]);
function expectClean(what: string, text: string): void {
  for (const form of forms) expect([what, text.includes(form)]).toEqual([what, false]);
}

it('shows no secret, whatever is called (S5)', async () => {
  for (const [id, { path, body }] of Object.entries(calls)) {
    const answers = [await client.send(methodOf(id), path, body)];
    if (methodOf(id) !== 'GET' && typeof body === 'object' && !Array.isArray(body)) {
      answers.push(await client.send(methodOf(id), path, `{"password":"${sent}"`));
      answers.push(await client.send(methodOf(id), path, { ...body, password: [sent], instance_id: {} }));
    }
    for (const answer of answers) expectClean(id, JSON.stringify([...answer.headers]) + answer.text);
  }
  expectClean('log', client.headgate.logs());
  expect(client.headgate.logs().includes(client.token)).toBe(false);
  expectClean('audit', (await client.headgate.api('GET', '/audit?limit=500')).text);
  const { db } = client.headgate.app.store;
  const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
  for (const { name } of rows) {
    const { rows: dumped } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(db);
    expectClean(name, dumped.map(({ row }) => row).join('\n'));
  }
});
