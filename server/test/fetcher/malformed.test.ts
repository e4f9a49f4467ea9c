/**
 * F1 over this door: malformed requests get a 4xx in one of the door's shapes: never a 5xx, never a hang, and no row
 * changes. Generated from valid calls, with a seed that a failure prints.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entityNotFound, type FetcherJobs } from '../../src/domain/fetcher/index.ts';
import { Chance, digests, faults, json, type MalformedAnswer, type Spoil, seedOr } from '../malformed/kit.ts';
import {
  anotherContentType,
  anotherMethod,
  anotherShape,
  badSignIn,
  badTarget,
  brokenUtf8,
  deep,
  noJson,
  oddText,
  ofBody,
  tooLarge,
} from '../malformed/spoils.ts';
import { sampleDatabase } from '../rest/fixture.ts';
import { connectionsPath, type FetcherClient, noId, startFetcher } from './fixture.ts';
import { buildFetcherWorld, type Call, callsOf, type FetcherOperation, operationsOf } from './operations.ts';

const seed = seedOr(20_261_125);

/** Operations whose body is ignored: nothing about it can be malformed. */
const bodiless = new Set(['testConnection', 'assignConnection']);

/** Values that no member of these bodies takes. */
const wrong: readonly unknown[] = [true, -1.5, 1e308, [[]], [{}], [1], 'x'.repeat(70_000).concat('\0')];

/** Members that stand in each body, by a path of names. */
const members: Readonly<Record<string, readonly (readonly string[])[]>> = {
  createConnection: [
    ['configName'],
    ['type'],
    ['host'],
    ['port'],
    ['databaseName'],
    ['userName'],
    ['password'],
    ['schema'],
    ['ssl'],
    ['ssl', 'mode'],
    ['ssl', 'key'],
    ['metadata'],
    ['metadata', 'a'],
  ],
  updateConnection: [['password'], ['ssl'], ['ssl', 'mode'], ['ssl', 'ca'], ['schema'], ['port']],
  validateSchema: [['mappedFields'], ['mappedFields', 'kept'], ['mappedFields', 'kept', 'people']],
  createJob: [
    ['dataRequest'],
    ['dataRequest', 'mappedFields'],
    ['dataRequest', 'mappedFields', 'kept'],
    ['metadata'],
    ['metadata', 'source'],
    ['dataRequest', 'filters'],
  ],
};

function replaced(body: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const of = body as Record<string, unknown>; // the paths above lead through objects
  return { ...of, [name]: replaced(of[name] ?? {}, rest, value) };
}

const spoils: Readonly<Record<string, Spoil<FetcherOperation, Call>>> = {
  'a member of the wrong type': ofBody((chance, body, { id }) => ({
    body: JSON.stringify(replaced(body, chance.pick(members[id]!), chance.pick(wrong))),
  })),
  'a required member missing': ofBody((chance, body, { id }) => {
    const required: Readonly<Record<string, readonly string[]>> = {
      createConnection: ['configName', 'type', 'host', 'port', 'databaseName', 'userName', 'password'],
      validateSchema: ['mappedFields'],
      createJob: ['dataRequest', 'metadata'],
    };
    const names = required[id];
    if (names === undefined) return null;
    return {
      body: JSON.stringify({ ...body, [chance.pick(names)]: chance.pick([undefined, null, '', {}]) || undefined }),
    };
  }),
  'a value out of range': (chance, { id }, call) => {
    if (id !== 'createConnection' && id !== 'updateConnection') return null;
    const values = [
      { port: -1 },
      { port: 65_536 },
      { port: Number.MAX_SAFE_INTEGER },
      { host: '' },
      { host: 'a b' },
      { host: `${'a-'.repeat(20_000)}!` },
      { host: '💥' },
      { host: "'; drop table share; --" },
      { configName: 'ab' },
      { configName: '../..' },
      { configName: '💥💥💥' },
      { configName: 'x'.repeat(101) },
      { type: 'postgresql' },
      { type: 'constructor' },
      { type: '__proto__' },
      { databaseName: '\u00a0' },
      { userName: '\t' },
      { password: '' },
      { ssl: { mode: 'constructor', ca: 'x' } },
      { ssl: { mode: 'toString' } },
      { metadata: { a: {} } },
      { metadata: { a: [] } },
      { metadata: { ['k'.repeat(101)]: 'v' } },
      { databaseName: 'd'.repeat(513) },
      { userName: 'u'.repeat(300) },
      { password: 'p'.repeat(5000) },
      { schema: 's'.repeat(300) },
      { ssl: { mode: 'require', ca: 'c'.repeat(70_000) } },
    ];
    return { body: JSON.stringify({ ...(call.body as object), ...chance.pick(values) }) };
  },
  'a body of another shape': anotherShape([{}, { colour: 'red' }]),
  'no JSON': noJson(['', ' ', '{"a":1,}']),
  'broken UTF-8': brokenUtf8('zzzz'),
  'NUL, half a pair, endless numbers, a prototype, a deep value': oddText(
    ['metadata', 'schema', 'colour', 'port'],
    [deep(40), deep(5000)],
  ),
  'too large a body': tooLarge('colour', 4_300_000, { oneIn: 20 }),
  'another content type': anotherContentType(['json', '+json']),
  // Before that the request belongs to another door.
  'a bad target': badTarget(3),
  'an id that is none, or nobody’s': (chance, operation, call) => {
    if (!operation.path.includes('{id}')) return null;
    const odd = [
      "'; drop table share; --",
      'a b',
      '💥',
      '%',
      '*',
      '0',
      '-1',
      '9'.repeat(40),
      '\u0001',
      noId,
      noId.toUpperCase(),
      `{${noId}`,
      `urn:uuid:x${noId}`,
    ];
    return { path: call.path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, encodeURIComponent(chance.pick(odd))) };
  },
  'a bad query string': (chance, { id }, call) => {
    if (!id.startsWith('list')) return null;
    const queries = [
      'limit=0',
      'limit=-1',
      'limit=x',
      'limit=1e3',
      'limit=999999999999',
      'page=0',
      'page=1.5',
      'sortOrder=up',
      'startDate=x',
      'endDate=2025-13-01',
      'startDate=2025-02-02&endDate=2025-02-01',
      'cursor=%7B',
      '$where=1',
      '_x=1',
      `${'k'.repeat(70)}=1`,
      `colour=${'v'.repeat(300)}`,
      '__proto__=1',
    ];
    return { path: `${call.path.split('?')[0]}?${chance.pick(queries)}` };
  },
  'a bad product': (chance, { id }) => {
    if (id !== 'createConnection' && id !== 'assignConnection') return null;
    return { headers: { ...json, 'x-product-name': chance.pick(['', ' ', 'a b', 'é', 'x'.repeat(101), 'a/b', '{}']) } };
  },
  'another method': anotherMethod(['PUT', 'PROPFIND', 'TRACE', 'LOCK']),
  'a bad sign-in': badSignIn([' ']),
};

let client: FetcherClient;
let operations: FetcherOperation[];
let calls: Readonly<Record<string, Call>>;

beforeAll(async () => {
  const fetcherJobs: FetcherJobs = {
    submit: () => Promise.reject(new Error('A malformed request was let in.')),
    get: () => Promise.reject(entityNotFound('job')),
  };
  client = await startFetcher({ settings: { HEADGATE_LOG_LEVEL: 'warn' } }, { fetcherJobs });
  const world = await buildFetcherWorld(client, await sampleDatabase(), { password: 'a-password', key: 'a-key' });
  operations = await operationsOf(client);
  calls = callsOf(world);
});
afterAll(() => client?.stop());

/** Whether a body is in one of the door's shapes for its status. */
function wellFormed({ status, type, text }: MalformedAnswer): boolean {
  if (status === 401 || status === 403)
    return type.startsWith('text/plain') && ['Missing Token', 'Forbidden'].includes(text);
  if (!type.startsWith('application/json')) return false;
  const { code, title, message } = JSON.parse(text);
  const known = code === status || (typeof code === 'string' && /^FET-\d{4}$/.test(code));
  return known && typeof title === 'string' && typeof message === 'string';
}

describe('F1: malformed requests', () => {
  it('are refused in the door’s shapes and change no row', { timeout: 3_600_000 }, async () => {
    const chance = new Chance(seed);
    const { db } = client.headgate.app.store;
    const books = ['session', 'api_token', 'rate_bucket'];
    const before = await digests(db, books);
    const material = {
      operations,
      calls,
      spoils,
      headersOf: ({ product }: Call): Record<string, string> => (product ? { 'x-product-name': 'my-product' } : {}),
      harmless: ({ id }: FetcherOperation, { body }: { body?: unknown }) => bodiless.has(id) && body !== undefined,
    };
    const door = { url: client.headgate.url, authorization: `Bearer ${client.token}`, refuses: wellFormed };
    expect(await faults(chance, material, door), `seed ${seed}`).toEqual([]);
    expect(await digests(db, books)).toEqual(before);
  });

  it('leaves the server well', async () => {
    expect((await client.send('GET', connectionsPath)).status).toBe(200);
    expect(client.headgate.logs().includes('request failed')).toBe(false);
  });
});
