/**
 * F1: malformed requests to every operation of the OpenAPI document get a 4xx problem: never a 5xx, never a hang, and no
 * row changes. The requests are generated from the document's own schemas, with a seed that a failure prints.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
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
  tooLarge,
} from '../malformed/spoils.ts';
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

const rawRequests = process.env.HEADGATE_SOAK === '1' ? 2000 : 120;
const seed = seedOr(20_261_122);

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

const signedOut = badSignIn(['Bearer a b']);

const spoils: Readonly<Record<string, Spoil<DocumentedOperation, Call>>> = {
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
  'a body of another shape': anotherShape(),
  'no JSON': noJson(),
  'broken UTF-8': brokenUtf8('name'),
  'NUL, half a pair, endless numbers, a prototype': oddText(['sql', 'metadata', 'name', 'username'], ['-1e999']),
  'deep nesting': (chance, { body }) =>
    body === undefined
      ? null
      : { body: chance.pick([deep(40), deep(5000), `{"metadata":${deep(200)}}`, '{"a":'.repeat(3000)]) },
  'too large a body': tooLarge('sql', 1_100_000, { oneIn: 10 }),
  'another content type': anotherContentType(),
  'a bad target': badTarget(1),
  'a subject that cannot exist': (chance, operation, call) => {
    // Replacing a path parameter by what no row has: absent, whatever the body says.
    const template = operation.path.split('/');
    const places = template.flatMap((part, index) => (part.startsWith('{') ? [index] : []));
    // An unknown subject may be fine where the operation is about something else, or makes it.
    if (places.length === 0 || ['getSchema', 'putSecret'].includes(operation.id)) return null;
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
  'another method': anotherMethod(['PROPFIND', 'TRACE', 'LOCK', 'REPORT', 'SEARCH']),
  'a bad sign-in': (chance, operation, call) =>
    publicOperations.includes(operation.id) ? null : signedOut(chance, operation, call),
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

/** A problem whose body says the status that it came with. */
function isProblem({ status, type, text }: MalformedAnswer): boolean {
  if (!type.startsWith('application/problem+json')) return false;
  const problem = JSON.parse(text);
  return typeof problem.code === 'string' && problem.status === status;
}

describe('F1: malformed requests', () => {
  it('are refused as problems and change no row', { timeout: 3_600_000 }, async () => {
    const chance = new Chance(seed);
    const { db } = headgate.app.store;
    // A session's last use is noted, and use is counted.
    const books = ['session', 'idempotency_record', 'usage_meter'];
    const before = await digests(db, books);
    const door = {
      url: `${headgate.url}/api/v1`,
      authorization: `Bearer ${headgate.token('admin')}`,
      refuses: isProblem,
    };
    expect(await faults(chance, { operations, calls, spoils }, door), `seed ${seed}`).toEqual([]);
    expect(await digests(db, books)).toEqual(before);
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
