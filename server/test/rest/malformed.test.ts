/**
 * F1: malformed requests to every operation of the OpenAPI document get a 4xx problem: never a 5xx, never a hang, and no
 * row changes. The requests are generated from the document's own schemas, with a seed that a failure prints.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { finalJob, sampleDatabase } from './fixture.ts';
import {
  buildWorld,
  type Call,
  callsOf,
  type DocumentedOperation,
  documentedOperations,
  type JsonSchema,
  publicOperations,
} from './operations.ts';

const requests = process.env.HEADGATE_SOAK === '1' ? 100_000 : 2000;
const rawRequests = process.env.HEADGATE_SOAK === '1' ? 2000 : 120;
const seed = Number(process.env.HEADGATE_SEED ?? 20_261_122);

/** mulberry32: small, seeded, good enough to choose. */
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

const json = { 'content-type': 'application/json' };
const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Values of every JSON type, with the extremes of each. */
const extremes: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  Number.MIN_SAFE_INTEGER,
  2 ** 63,
  [],
  [[]],
  {},
  { a: { b: {} } },
  'x'.repeat(70_000),
  ['x'.repeat(500)],
];

function typesOf(schema: JsonSchema): string[] {
  return (schema.anyOf ?? [schema]).flatMap(({ type }) => (type === undefined ? ['any'] : [type]));
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** A value of a type that the schema does not take. */
function wrongValue(chance: Chance, schema: JsonSchema): unknown {
  const types = typesOf(schema);
  const wrong = extremes.filter((value) => {
    const type = jsonType(value);
    return !types.includes(type) && !(type === 'integer' && types.includes('number'));
  });
  return chance.pick(wrong);
}

type Spoil = (chance: Chance, operation: DocumentedOperation, call: Call) => Partial<Malformed> | null;

/** Each breaks one valid call so that it cannot be valid any more. Null: it does not fit this operation. */
const spoils: Readonly<Record<string, Spoil>> = {
  'wrong type of a member': (chance, { body }, call) => {
    const members = Object.entries(body?.properties ?? {}).filter(([, schema]) => !typesOf(schema).includes('any'));
    if (members.length === 0) return null;
    const [name, schema] = chance.pick(members);
    return { body: JSON.stringify({ ...(call.body as object), [name]: wrongValue(chance, schema) }) };
  },
  'a member missing': (chance, { body }, call) => {
    if ((body?.required?.length ?? 0) === 0) return null;
    const name = chance.pick(body!.required!);
    return { body: JSON.stringify({ ...(call.body as object), [name]: undefined }) };
  },
  'an unknown member': (chance, { body }, call) => {
    if (body === undefined) return null;
    const name = chance.pick([
      'colour',
      'constructor',
      'toString',
      'Name',
      'x'.repeat(10_000),
      '',
      '💥',
      'id',
      'tenantId',
    ]);
    return { body: JSON.stringify({ ...(call.body as object), [name]: chance.pick(extremes) }) };
  },
  'a body of another shape': (chance, { body }) =>
    body === undefined ? null : { body: JSON.stringify(chance.pick([[], 'text', 12, true, null, [{}], ['a', 1]])) },
  'no JSON': (chance, { body }, call) => {
    if (body === undefined) return null;
    const whole = JSON.stringify(call.body);
    const broken = [
      whole.slice(0, 1 + chance.below(whole.length - 1)),
      `${whole}}`,
      `\uFEFF${whole}`,
      "{'a':1}",
      '{"a":01}',
      'NaN',
    ];
    return { body: chance.pick(broken) };
  },
  'broken UTF-8': (chance, { body }, call) => {
    if (body === undefined) return null;
    const bytes = Buffer.from(JSON.stringify({ ...(call.body as object), name: 'zzzz' }));
    const at = bytes.indexOf('zzzz') + chance.below(3);
    chance.pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0], [0xf5], [0x80]]).forEach((byte, index) => {
      bytes[at + index] = byte;
    });
    return { body: bytes };
  },
  'NUL, half a pair, endless numbers, a prototype': (chance, { body }, call) => {
    if (body === undefined) return null;
    const text = chance.pick([
      '"\\u0000"',
      '"a\\u0000b"',
      '"\\ud83d"',
      '"\\udc00x"',
      '1e400',
      '-1e999',
      '{"__proto__":1}',
    ]);
    const { length } = JSON.stringify(call.body);
    const start = JSON.stringify(call.body).slice(0, length - 1);
    return {
      body: `${start}${length > 2 ? ',' : ''}"${chance.pick(['sql', 'metadata', 'name', 'username'])}":${text}}`,
    };
  },
  'deep nesting': (chance, { body }) =>
    body === undefined
      ? null
      : { body: chance.pick([deep(40), deep(5000), `{"metadata":${deep(200)}}`, '{"a":'.repeat(3000)]) },
  'too large a body': (chance, { body }, call) =>
    body === undefined || chance.below(10) > 0
      ? null
      : { body: JSON.stringify({ ...(call.body as object), sql: 'x'.repeat(1_100_000) }) },
  'another content type': (chance, { body }, call) => {
    if (body === undefined) return null;
    const types = [
      'text/plain',
      'application/xml',
      'multipart/form-data',
      'application/x-www-form-urlencoded',
      'x',
      ';',
      'application/jsonx',
    ];
    return { body: JSON.stringify(call.body), headers: { 'content-type': chance.pick(types) } };
  },
  'a bad target': (chance, _operation, call) => {
    const bad = ['%', '%zz', '%ff', '%c0%af', '%00', 'a%00b', '%e2%82', '%ed%a0%80', 'x'.repeat(9000)];
    const segments = call.path.split('?')[0]!.split('/');
    segments[1 + chance.below(segments.length - 1)] = chance.pick(bad);
    return { path: segments.join('/') };
  },
  'a subject that cannot exist': (chance, operation, call) => {
    // Replacing a path parameter by what no row has: absent, whatever the body says.
    const template = operation.path.split('/');
    const places = template.flatMap((part, index) => (part.startsWith('{') ? [index] : []));
    // An unknown subject may be fine where the operation is about something else.
    if (places.length === 0 || operation.id === 'getSchema') return null;
    const odd = [
      "'; drop table share; --",
      '../..',
      'a b',
      '💥',
      '\u200b',
      '%',
      '*',
      'NULL',
      '0',
      '-1',
      '9'.repeat(40),
      '\u0001',
      'é'.repeat(200),
    ];
    const segments = call.path.split('?')[0]!.split('/');
    segments[chance.pick(places)] = encodeURIComponent(chance.pick(odd)).replace(/\./g, '%2E');
    return { path: segments.join('/') };
  },
  'a bad query string': (chance, operation, call) => {
    const [path] = call.path.split('?');
    if (operation.query.length === 0 || chance.below(3) === 0) {
      if (operation.query.length === 0) return null;
      return { path: `${path}?${chance.pick(['colour=red', '=', 'Limit=1', '%5B%5D=1', '__proto__=1', 'limit[]=1'])}` };
    }
    const { name, schema } = chance.pick(operation.query);
    const values: Record<string, readonly string[]> = {
      integer: ['', 'x', '-1', '0', '1.5', '1e3', '99999999999999999999', 'null', '%20'],
      boolean: ['', 'yes', '1', 'TRUE', 'null'],
      string: [`a&${name}=b`, 'x'.repeat(2000)],
    };
    const type = typesOf(schema)[0] ?? 'string';
    // `label` may be repeated and its length is checked alone.
    if (schema.anyOf !== undefined) return { path: `${path}?${name}=${'x'.repeat(2000)}` };
    return { path: `${path}?${name}=${chance.pick(values[type] ?? values.string!)}` };
  },
  'another method': (chance, _operation, call) => ({
    method: chance.pick(['PROPFIND', 'TRACE', 'LOCK', 'REPORT', 'SEARCH']),
    path: call.path,
    body: undefined,
  }),
  'a bad sign-in': (chance, { id }) =>
    publicOperations.includes(id)
      ? null
      : {
          headers: {
            ...json,
            authorization: chance.pick([
              'Bearer',
              'Bearer x',
              'Basic YTpi',
              `Bearer hg_${'a'.repeat(43)}`,
              'Bearer eyJhbGciOiJub25lIn0.e30.',
              `Bearer ${'x'.repeat(12_000)}`,
              'Bearer a b',
              'hg_abc',
            ]),
          },
        },
  'a bad condition or key': (chance, { id, method }, _call) => {
    if (method === 'GET' || id === 'signIn') return null;
    if ((id === 'updateSource' || id === 'deleteSource') && chance.below(2) === 0) {
      return {
        headers: { ...json, 'if-match': chance.pick(['1', '"', '"v1', 'W/"v1"', '"v0"', '"v99999"', '"x", "y"', '']) },
      };
    }
    return { headers: { ...json, 'idempotency-key': chance.pick(['', ' ', 'a b', 'é', 'x'.repeat(300), '\t']) } };
  },
};

let headgate: Headgate;
let operations: DocumentedOperation[];
let calls: Readonly<Record<string, Call>>;

beforeAll(async () => {
  headgate = await startHeadgate({
    settings: { HEADGATE_SIGN_IN_RATE_PER_MINUTE: '0', HEADGATE_LOG_LEVEL: 'warn' },
    // A delivery that is tried again would change a row while the test compares rows.
    overrides: { webhooks: { delaysSeconds: [] } },
  });
  const world = await buildWorld(headgate, await sampleDatabase(), 'a-password-of-length');
  for (const { jobId, username } of world.users.values()) await finalJob(headgate, jobId, username);
  await vi.waitFor(async () => {
    const { rows } = await sql`select 1 from event_delivery where status = 'pending'`.execute(headgate.app.store.db);
    expect(rows).toEqual([]);
  }, 20_000);
  operations = await documentedOperations(headgate);
  calls = callsOf(world, 'admin');
});
afterAll(() => headgate?.stop());

function malform(chance: Chance): Malformed {
  for (;;) {
    const operation = chance.pick(operations);
    const what = chance.pick(Object.keys(spoils));
    const call = calls[operation.id]!;
    const spoilt = spoils[what]!(chance, operation, call);
    if (spoilt === null) continue;
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    return {
      operation: operation.id,
      what,
      method: operation.method,
      path: call.path,
      headers: body === undefined ? {} : json,
      body,
      ...spoilt,
    };
  }
}

/** A digest of each table whose rows a refused request must not touch. */
async function digests(): Promise<Record<string, string>> {
  const { db } = headgate.app.store;
  // Audit tells of refusals (its sealer keeps its place in `setting`); sessions and failed sign-ins keep books too.
  const books = [
    'audit_event',
    'audit_link',
    'audit_sealer',
    'audit_checkpoint',
    'setting',
    'session',
    'sign_in_failure',
    'idempotency_record',
    'usage_meter',
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

async function refusalOf(request: Malformed): Promise<string | null> {
  const authorization = `Bearer ${headgate.token('admin')}`;
  const told = `${request.operation}: ${request.what}: ${request.method} ${request.path.slice(0, 200)} ${String(request.body).slice(0, 300)}`;
  try {
    const response = await fetch(`${headgate.url}/api/v1${request.path}`, {
      method: request.method,
      headers: { authorization, ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body as string }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (response.status < 400 || response.status > 499) return `${told} → ${response.status} ${text.slice(0, 300)}`;
    const type = response.headers.get('content-type') ?? '';
    if (!type.startsWith('application/problem+json')) return `${told} → ${response.status} ${type}`;
    const { code, status } = JSON.parse(text);
    return typeof code === 'string' && status === response.status ? null : `${told} → ${text.slice(0, 300)}`;
  } catch (error) {
    // fetch itself refuses a few headers and methods: such a request never reaches the server.
    if (error instanceof TypeError && error.cause === undefined) return null;
    return `${told} → ${String(error)} ${String((error as Error).cause)}`;
  }
}

describe('F1: malformed requests', () => {
  it('are refused as problems and change no row', { timeout: 3_600_000 }, async () => {
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

  it('are refused when they are not even HTTP', { timeout: 3_600_000 }, async () => {
    const chance = new Chance(seed + 1);
    const start = 'POST /api/v1/sources HTTP/1.1\r\nHost: a\r\n';
    const broken = [
      () => `${start}Content-Length: -1\r\n\r\n`,
      () => `${start}Content-Length: 1e3\r\n\r\n`,
      () => `${start}Content-Length: 99999999999999999999\r\n\r\n`,
      () => `${start}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
      () => `${start}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      () => `${start}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
      () => `${start}X Y: z\r\n\r\n`,
      () => `${start}X: a\0b\r\n\r\n`,
      () => `${start}${'X: y\r\n'.repeat(5000)}\r\n`,
      () => `${start}X: ${'y'.repeat(40_000)}\r\n\r\n`,
      () => `GET ${'/a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      () => 'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
      () => `GET /api/v1/sources?q=${String.fromCharCode(1 + chance.below(31))} HTTP/1.1\r\nHost: a\r\n\r\n`,
      () => 'GET /api/v1/me HTTP/1.1\r\n\r\n',
      () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      () => `${'\0'.repeat(1 + chance.below(50))}\r\n\r\n`,
      () =>
        Array.from({ length: 30 }, () => String.fromCharCode(chance.below(256)))
          .join('')
          .concat('\r\n\r\n'),
    ];
    for (let index = 0; index < rawRequests; index += 1) {
      const request = broken[index % broken.length]!();
      const answer = await headgate.raw(Buffer.from(request, 'latin1'), 2000);
      expect([request.slice(0, 200), answer.slice(0, 12)]).toEqual([
        request.slice(0, 200),
        expect.stringMatching(/^HTTP\/1\.1 4\d\d$/),
      ]);
      expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    }
  });

  it('leaves the server well', async () => {
    expect((await headgate.call('GET', '/readyz', undefined, { as: null })).status).toBe(200);
    expect(headgate.logs()).not.toContain('internal_error');
  });
});
