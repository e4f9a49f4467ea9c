/**
 * F1 over this door: malformed requests get a 4xx in one of the door's shapes: never a 5xx, never a hang, and no row
 * changes. Generated from valid calls, with a seed that a failure prints.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entityNotFound, type FetcherJobs } from '../../src/domain/fetcher/index.ts';
import { sampleDatabase } from '../rest/fixture.ts';
import { connectionsPath, type FetcherClient, noId, startFetcher } from './fixture.ts';
import { buildFetcherWorld, type Call, callsOf, type FetcherOperation, operationsOf } from './operations.ts';

const requests = process.env.HEADGATE_SOAK === '1' ? 100_000 : 2000;
const seed = Number(process.env.HEADGATE_SEED ?? 20_261_125);

/** mulberry32. */
function generator(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Chance {
  readonly #next: () => number;
  constructor(start: number) {
    this.#next = generator(start);
  }
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

interface Malformed {
  readonly operation: string;
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | undefined;
}

type Spoil = (chance: Chance, operation: FetcherOperation, call: Call) => Partial<Malformed> | null;

const json = { 'content-type': 'application/json' };
const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
/** Operations whose body is ignored: nothing about it can be malformed. */
const bodiless = new Set(['testConnection', 'assignConnection']);
const takesBody = (call: Call): call is Call & { body: object } => call.body !== undefined;

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

const spoils: Readonly<Record<string, Spoil>> = {
  'a member of the wrong type': (chance, { id }, call) => {
    if (!takesBody(call)) return null;
    const body = replaced(call.body, chance.pick(members[id]!), chance.pick(wrong));
    return { body: JSON.stringify(body) };
  },
  'a required member missing': (chance, { id }, call) => {
    const required: Readonly<Record<string, readonly string[]>> = {
      createConnection: ['configName', 'type', 'host', 'port', 'databaseName', 'userName', 'password'],
      validateSchema: ['mappedFields'],
      createJob: ['dataRequest', 'metadata'],
    };
    const names = required[id];
    if (names === undefined || !takesBody(call)) return null;
    return {
      body: JSON.stringify({ ...call.body, [chance.pick(names)]: chance.pick([undefined, null, '', {}]) || undefined }),
    };
  },
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
      { databaseName: 'd'.repeat(300) },
      { userName: 'u'.repeat(300) },
      { password: 'p'.repeat(5000) },
      { schema: 's'.repeat(300) },
      { ssl: { mode: 'require', ca: 'c'.repeat(70_000) } },
    ];
    return { body: JSON.stringify({ ...(call.body as object), ...chance.pick(values) }) };
  },
  'a body of another shape': (chance, _operation, call) =>
    takesBody(call)
      ? { body: JSON.stringify(chance.pick([[], 'text', 12, true, null, {}, [{}], ['a', 1], { colour: 'red' }])) }
      : null,
  'no JSON': (chance, _operation, call) => {
    if (!takesBody(call)) return null;
    const whole = JSON.stringify(call.body);
    return {
      body: chance.pick([
        whole.slice(0, 1 + chance.below(whole.length - 1)),
        `${whole}}`,
        `\uFEFF${whole}`,
        "{'a':1}",
        '{"port":01}',
        'NaN',
        '',
        ' ',
        '{"a":1,}',
      ]),
    };
  },
  'broken UTF-8': (chance, _operation, call) => {
    if (!takesBody(call)) return null;
    const bytes = Buffer.from(JSON.stringify({ ...call.body, zzzz: 'zzzz' }));
    const place = bytes.lastIndexOf('zzzz') + chance.below(3);
    chance.pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0], [0xf5], [0x80]]).forEach((byte, index) => {
      bytes[place + index] = byte;
    });
    return { body: bytes };
  },
  'NUL, half a pair, endless numbers, a prototype, a deep value': (chance, _operation, call) => {
    if (!takesBody(call)) return null;
    const value = chance.pick([
      '"\\u0000"',
      '"a\\u0000b"',
      '"\\ud83d"',
      '"\\udc00x"',
      '1e400',
      '{"__proto__":1}',
      deep(40),
      deep(5000),
    ]);
    return {
      body: `${JSON.stringify(call.body).slice(0, -1)},"${chance.pick(['metadata', 'schema', 'colour', 'port'])}":${value}}`,
    };
  },
  'too large a body': (chance, _operation, call) =>
    !takesBody(call) || chance.below(20) > 0
      ? null
      : { body: JSON.stringify({ ...call.body, colour: 'x'.repeat(4_300_000) }) },
  'another content type': (chance, _operation, call) => {
    if (!takesBody(call)) return null;
    const types = [
      'text/plain',
      'application/xml',
      'multipart/form-data',
      'application/x-www-form-urlencoded',
      'x',
      ';',
      'application/jsonx',
      'json',
      '+json',
    ];
    return { body: JSON.stringify(call.body), headers: { 'content-type': chance.pick(types) } };
  },
  'a bad target': (chance, _operation, call) => {
    const bad = ['%', '%zz', '%ff', '%c0%af', '%00', 'a%00b', '%e2%82', '%ed%a0%80', 'x'.repeat(9000)];
    const segments = call.path.split('?')[0]!.split('/');
    if (segments.length < 4) return null; // before that the request belongs to another door
    segments[3 + chance.below(segments.length - 3)] = chance.pick(bad);
    return { path: segments.join('/') };
  },
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
  'another method': (chance, _operation, call) => ({
    method: chance.pick(['PUT', 'PROPFIND', 'TRACE', 'LOCK']),
    path: call.path.split('?')[0]!,
    body: undefined,
  }),
  'a bad sign-in': (chance) => ({
    headers: {
      ...json,
      authorization: chance.pick([
        'Bearer',
        'Bearer x',
        'Basic YTpi',
        `Bearer hg_${'a'.repeat(43)}`,
        'Bearer eyJhbGciOiJub25lIn0.e30.',
        `Bearer ${'x'.repeat(12_000)}`,
        'hg_abc',
        ' ',
      ]),
    },
  }),
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

function malform(chance: Chance): Malformed {
  for (;;) {
    const operation = chance.pick(operations);
    const call = calls[operation.id]!;
    const what = chance.pick(Object.keys(spoils));
    const spoilt = spoils[what]!(chance, operation, call);
    if (spoilt === null || (bodiless.has(operation.id) && spoilt.body !== undefined)) continue;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const product: Record<string, string> = call.product ? { 'x-product-name': 'my-product' } : {};
    const headers = { ...product, ...(body === undefined ? {} : json), ...spoilt.headers };
    return { operation: operation.id, what, method: operation.method, path: call.path, body, ...spoilt, headers };
  }
}

/** A digest of each table whose rows a refused request must not touch. */
async function digests(): Promise<Record<string, string>> {
  const { db } = client.headgate.app.store;
  const books = [
    'audit_event',
    'audit_link',
    'audit_sealer',
    'audit_checkpoint',
    'setting',
    'session',
    'api_token',
    'sign_in_failure',
    'rate_bucket',
  ];
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(db);
  const found: Record<string, string> = {};
  for (const { name } of rows.filter((row) => !books.includes(row.name))) {
    const { rows: one } = await sql<{ digest: string | null }>`
      select md5(string_agg(t::text, ',' order by t::text)) as digest from ${sql.table(name)} as t`.execute(db);
    found[name] = one[0]?.digest ?? 'empty';
  }
  return found;
}

/** Whether a body is in one of the door's shapes for its status. */
function wellFormed(status: number, type: string, text: string): boolean {
  if (status === 401 || status === 403)
    return type.startsWith('text/plain') && ['Missing Token', 'Forbidden'].includes(text);
  if (!type.startsWith('application/json')) return false;
  const { code, title, message } = JSON.parse(text);
  const known = code === status || (typeof code === 'string' && /^FET-\d{4}$/.test(code));
  return known && typeof title === 'string' && typeof message === 'string';
}

async function refusalOf(request: Malformed): Promise<string | null> {
  const told = `${request.operation}: ${request.what}: ${request.method} ${request.path.slice(0, 200)} ${String(request.body).slice(0, 300)}`;
  try {
    const response = await fetch(client.headgate.url + request.path, {
      method: request.method,
      headers: { authorization: `Bearer ${client.token}`, ...request.headers },
      ...(request.body === undefined || request.method === 'GET' ? {} : { body: request.body as string }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const refused = response.status >= 400 && response.status <= 499 && wellFormed(response.status, type, text);
    return refused ? null : `${told} → ${response.status} ${type} ${text.slice(0, 300)}`;
  } catch (error) {
    // fetch itself refuses a few headers and methods: such a request never reaches the server.
    if (error instanceof TypeError && error.cause === undefined) return null;
    return `${told} → ${String(error)} ${String((error as Error).cause)}`;
  }
}

describe('F1: malformed requests', () => {
  it('are refused in the door’s shapes and change no row', { timeout: 3_600_000 }, async () => {
    const chance = new Chance(seed);
    const before = await digests();
    const failures: string[] = [];
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < requests && failures.length < 10) {
        sent += 1;
        const failure = await refusalOf(malform(chance));
        if (failure !== null) failures.push(failure);
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(failures, `seed ${seed}`).toEqual([]);
    expect(await digests()).toEqual(before);
  });

  it('leaves the server well', async () => {
    expect((await client.send('GET', connectionsPath)).status).toBe(200);
    expect(client.headgate.logs().includes('request failed')).toBe(false);
  });
});
