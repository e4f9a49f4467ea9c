/**
 * S5 and F1 on the hdp door: no operation shows a secret; malformed requests are refused in the door's own error body and
 * change no row. F4: a failed sign-in tells nothing about whether the name exists.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { Chance, digests, json, requests, seedOr } from '../malformed/kit.ts';
import { sampleDatabase } from '../rest/fixture.ts';
import type { DocumentedOperation } from '../rest/operations.ts';
import { basic, codeOf, type HdpCall, hdpCaller, userId } from './client.ts';
import { buildHdpWorld, type HdpOperation, hdpCalls, hdpOperations, notBuilt } from './operations.ts';

const seed = seedOr(20_261_125);
const canary = (what: string): string => `Canary-${what}-${randomBytes(6).toString('hex')}`;

let headgate: Headgate;
let call: HdpCall;
let operations: DocumentedOperation[];
let calls: Readonly<Record<string, HdpOperation>>;
const secret = canary('pw').slice(0, 32);
const canaries = [secret];

beforeAll(async () => {
  headgate = await startHeadgate({ settings: { HEADGATE_SIGN_IN_RATE_PER_MINUTE: '0', HEADGATE_LOCKOUT_LIMIT: '0' } });
  call = hdpCaller(headgate);
  const sample = await sampleDatabase(canary('source'));
  canaries.push(sample.password);
  const world = await buildHdpWorld(headgate, call, sample, secret);
  calls = hdpCalls(world, await userId(headgate, 'admin'), secret);
  operations = await hdpOperations(headgate);
}, 120_000);
afterAll(() => headgate?.stop());

interface Malformed {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | undefined;
}

type Pick = <T>(of: readonly T[]) => T;
/** Values that no member of any payload takes. */
const odd: readonly unknown[] = [
  -1,
  0.5,
  1e300,
  [[]],
  ['\u0001'.repeat(3)],
  { a: { b: {} } },
  [{}],
  'x'.repeat(1_100_000),
];
/** Members that decide: replacing one by an odd value cannot be right. */
const decisive = (body: object): string[] =>
  Object.keys(body).filter(
    (name) => !['description', 'id', 'driverLogConfig', 'restart', 'user', 'password'].includes(name),
  );

const spoils: Readonly<Record<string, (pick: Pick, one: HdpOperation) => Partial<Malformed> | null>> = {
  'an odd value': (pick, { body }) => {
    const names = body === undefined ? [] : decisive(body as object);
    if (names.length === 0) return null;
    return { body: JSON.stringify({ ...(body as object), [pick(names)]: pick(odd) }) };
  },
  'no object': (pick, { body }) =>
    body === undefined ? null : { body: JSON.stringify(pick([[], 'text', 12, true, null, [{}]])) },
  'no JSON': (pick, { body }) => {
    if (body === undefined) return null;
    const whole = JSON.stringify(body);
    return {
      body: pick([
        whole.slice(0, -1),
        `${whole}}`,
        `\uFEFF${whole}`,
        "{'a':1}",
        '{"a":01}',
        'NaN',
        '{"a":1e400}',
        '{"a":"\\ud83d"}',
      ]),
    };
  },
  'broken UTF-8': (_pick, { body }) =>
    body === undefined
      ? null
      : { body: Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]) },
  'deep nesting': (pick, { body }) => {
    const levels = pick([40, 5000]);
    return body === undefined ? null : { body: `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}` };
  },
  'a prototype': (_pick, { body }) => (body === undefined ? null : { body: '{"__proto__":{"a":1}}' }),
  'another content type': (pick, { body }) =>
    body === undefined || Object.keys(body as object).length === 0
      ? null
      : { headers: { 'content-type': pick(['text/plain', 'application/xml', 'multipart/form-data', 'x', ';']) } },
  'a bad target': (pick, { path }) => {
    const segments = path.split('?')[0]!.split('/');
    segments[segments.length - 1] = pick(['%', '%zz', '%ff', '%00', 'a%00b', '%ed%a0%80', 'x'.repeat(9000)]);
    return { path: segments.join('/') };
  },
  'an id that cannot be': (pick, { path }) => {
    if (!/\/\d+(\/|$|\?)/.test(path) || /permissions\/1$|auth\/|nodes\//.test(path)) return null;
    const odd = pick([
      '0',
      '-1',
      '1.5',
      '1e3',
      '9'.repeat(40),
      '%F0%9F%92%A5',
      "1'--",
      '0x1',
      '%20',
      '999999999999999',
    ]);
    // The first id of a path, which is what the rest is about.
    return { path: path.replace(/\/\d+(?=\/|$|\?)/, `/${odd}`) };
  },
  'another method': (pick, { path }) => ({
    method: pick(['PATCH', 'PROPFIND', 'LOCK', 'SEARCH']),
    path,
    body: undefined,
  }),
  'a bad sign-in': (pick) => ({
    headers: {
      ...json,
      authorization: pick([
        'Basic',
        'Basic %%%',
        'Basic YWRtaW4=',
        'Bearer x',
        basic('admin', 'wrong'),
        basic('nobody', 'x'),
        `Basic ${'A'.repeat(9000)}`,
      ]),
    },
  }),
};

describe('the hdp door', () => {
  it('knows every operation', () => {
    const known = Object.keys(calls);
    expect(operations.map(({ id }) => id).filter((id) => !known.includes(id))).toEqual([]);
    expect(known.filter((id) => !operations.some((operation) => operation.id === id))).toEqual([]);
  });

  it('F1: refuses malformed requests in its own error body and changes no row', { timeout: 3_600_000 }, async () => {
    const chance = new Chance(seed);
    const pick: Pick = (of) => chance.pick(of);
    const { db } = headgate.app.store;
    const authorization = basic('admin');
    const before = await digests(db, ['usage_meter']);
    const failures: string[] = [];
    let sent = 0;
    const once = async (): Promise<void> => {
      const operation = pick(operations);
      const one = calls[operation.id]!;
      const what = pick(Object.keys(spoils));
      const spoilt = spoils[what]!(pick, one);
      if (spoilt === null) return;
      sent += 1;
      const body = one.body === undefined ? undefined : JSON.stringify(one.body);
      const request: Malformed = {
        method: operation.method,
        path: one.path,
        headers: body === undefined ? {} : json,
        body,
        ...spoilt,
      };
      const told = `${operation.id}: ${what}: ${request.method} ${request.path.slice(0, 200)} ${String(request.body).slice(0, 300)}`;
      const response = await fetch(headgate.url + request.path, {
        method: request.method,
        headers: { authorization, ...request.headers },
        ...(request.body === undefined || request.method === 'GET' ? {} : { body: request.body as string }),
        signal: AbortSignal.timeout(20_000),
      }).catch((error: unknown) =>
        error instanceof TypeError && error.cause === undefined ? null : Promise.reject(error),
      );
      if (response === null) return; // fetch itself refuses it
      const text = await response.text();
      // What is not built says so whatever the payload; before it, who asks and what for count.
      const fine = notBuilt.has(operation.id)
        ? response.status === 501 || response.status < 500
        : response.status < 500;
      if (response.status < 400 || !fine)
        return void failures.push(`${told} → ${response.status} ${text.slice(0, 300)}`);
      const { error } = JSON.parse(text) as { error: { code: unknown; message: { lang: string; value: unknown } } };
      if (typeof error.code === 'number' && error.message.lang === 'en-US' && typeof error.message.value === 'string')
        return;
      failures.push(`${told} → ${text.slice(0, 300)}`);
    };
    const worker = async (): Promise<void> => {
      while (sent < requests && failures.length < 10) await once();
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    expect(failures, `seed ${seed}`).toEqual([]);
    expect(await digests(db, ['usage_meter'])).toEqual(before);
  });

  it('S5: shows no secret, whichever operation is called', { timeout: 120_000 }, async () => {
    const leaks: string[] = [];
    const failed: string[] = [];
    const look = (id: string, answer: Answer): void => {
      const whole = `${JSON.stringify([...answer.headers])} ${answer.text}`;
      if (canaries.some((one) => whole.includes(one) || whole.includes(encodeURIComponent(one)))) leaks.push(id);
    };
    for (const [id, { path, body }] of Object.entries(calls)) {
      const { method } = operations.find((operation) => operation.id === id)!;
      if (body !== undefined) look(id, await call('admin', method, path, JSON.stringify(body).slice(0, -1)));
      for (const as of ['guest', 'admin']) {
        const answer = await call(as, method, path, body);
        look(id, answer);
        const right =
          answer.status < 400 ||
          notBuilt.has(id) ||
          ['revokeApplication', 'updateAuthService', 'deleteAuthService', 'changePassword'].includes(id);
        if (as === 'admin' && !right) failed.push(`${id}: ${answer.status} ${answer.text}`);
      }
    }
    expect(leaks).toEqual([]);
    expect(failed).toEqual([]);
    expect(canaries.some((one) => headgate.logs().includes(one))).toBe(false);
    const audit = await headgate.api('GET', '/audit/export');
    expect(canaries.filter((one) => audit.text.includes(one))).toEqual([]);
  });

  it('F4: known and unknown names get the same answer for the same work', async () => {
    const shapes = await Promise.all(
      ['admin', 'nobody-of-that-name'].map(async (name) => {
        const answer = await headgate.call('GET', '/api/mgmt/user', undefined, {
          as: null,
          headers: { authorization: basic(name, 'wrong password') },
        });
        return { ...codeOf(answer), text: answer.text, challenge: answer.headers.get('www-authenticate') };
      }),
    );
    expect(shapes[0]).toEqual(shapes[1]);
    expect(shapes[0]).toMatchObject({ 0: 401, 1: 222206007, challenge: 'Basic realm="HDP"' });
    const missing = await call(null, 'GET', '/api/mgmt/user');
    expect([...codeOf(missing), missing.headers.get('www-authenticate')]).toEqual([
      401,
      222206007,
      'Basic realm="HDP"',
    ]);
  });
});
