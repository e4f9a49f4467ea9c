/** Access keys: made, switched off, locked; what their signatures open (dataarts.md §2.5). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalHashes, signatureOf } from '../../src/domain/identity/sdk-signature.ts';
import type { Answer } from '../harness.ts';
import { type Dataarts, startDataarts } from './fixture.ts';

let now = Date.now();
let dataarts: Dataarts;
let root: string;
beforeAll(async () => {
  dataarts = await startDataarts({ overrides: { clock: { now: () => new Date(now) } } });
  await dataarts.person('signer');
  root = `${dataarts.instance}/workspaces`;
});
afterAll(() => dataarts?.stop());

interface Key {
  readonly id: string;
  readonly accessKey: string;
  readonly secretKey: string;
}
let key: Key;
beforeEach(async () => {
  key = (await dataarts.headgate.api('POST', '/access-keys', { description: 'tests' })).body;
});

interface Signed {
  readonly body?: string;
  readonly at?: number;
  readonly secretKey?: string;
  readonly names?: readonly string[];
  /** Sent instead of what was signed. */
  readonly sent?: { readonly path?: string; readonly body?: string; readonly headers?: Record<string, string> };
}

function send(method: string, path: string, of: Key, options: Signed = {}): Promise<Answer> {
  const { body = '', at = now, secretKey = of.secretKey, sent = {} } = options;
  const date = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = {
    host: new URL(dataarts.headgate.url).host,
    'x-sdk-date': date,
    'content-type': 'application/json',
    'x-project-id': dataarts.projectId,
  };
  const names = options.names ?? Object.keys(headers).sort();
  const [hash = ''] = canonicalHashes({ method, target: path, headers, body: Buffer.from(body) }, names);
  const { host: _host, ...rest } = headers;
  const claim = `Access=${of.accessKey}, SignedHeaders=${names.join(';')}, Signature=${signatureOf(secretKey, date, hash)}`;
  const text = sent.body ?? body;
  return dataarts.headgate.call(method, sent.path ?? path, text === '' ? undefined : text, {
    as: null,
    headers: { ...rest, authorization: `SDK-HMAC-SHA256 ${claim}`, ...sent.headers },
  });
}

const failed = (detail: string) => [
  401,
  {
    error_msg: `Incorrect IAM authentication information: ${detail}`,
    error_code: 'APIGW.0301',
    request_id: expect.any(String),
  },
];
const wrong = failed('verify aksk signature fail');
const told = ({ status, body }: Answer) => [status, body];

describe('a signature', () => {
  it('opens what a token opens, with a body and with a query', async () => {
    const made = await send('POST', root, key, { body: '{"name":"signed ✓","eps_id":"0"}' });
    expect(told(made)).toEqual([400, expect.objectContaining({ error_code: 'DataArtsInsight.24150000' })]);
    const good = await send('POST', root, key, { body: '{"name":"signed","eps_id":"0"}' });
    expect([good.status, good.body.create_user]).toEqual([200, 'admin']);
    const list = await send('GET', `${root}?name=sig&limit=5`, key);
    expect([list.status, list.body.count]).toEqual([200, 1]);
    const slash = await send('GET', `${root}/?name=sig`, key);
    expect([slash.status, slash.body.count]).toEqual([200, 1]);
  });

  it.each([
    ['another body', { body: '{"name":"a","eps_id":"0"}', sent: { body: '{"name":"b","eps_id":"0"}' } }],
    ['another date', { sent: { headers: { 'x-sdk-date': '20260101T000000Z' } } }],
    ['another secret', { secretKey: 'x'.repeat(40) }],
    ['no host among what was signed', { names: ['x-sdk-date'] }],
    ['no date among what was signed', { names: ['host'] }],
    ['no signature at all', { sent: { headers: { authorization: 'SDK-HMAC-SHA256 Access=x' } } }],
    ['another scheme', { sent: { headers: { authorization: 'Bearer x' } } }],
  ] as [string, Signed][])('does not open anything with %s', async (_what, options) => {
    expect(told(await send('POST', root, key, options))).toEqual(wrong);
  });

  it('does not open anything with a path or a query that was not signed', async () => {
    expect(told(await send('GET', root, key, { sent: { path: `${root}?limit=1` } }))).toEqual(wrong);
    expect(told(await send('GET', root, key, { sent: { path: `${dataarts.project}/instances` } }))).toEqual(wrong);
  });

  it('is good for fifteen minutes either way', async () => {
    const minute = 60_000;
    for (const [at, status] of [
      [-14.9, 200],
      [14.9, 200],
      [-15.1, 401],
      [15.1, 401],
    ] as const) {
      expect([at, (await send('GET', root, key, { at: now + at * minute })).status]).toEqual([at, status]);
    }
  });

  it('is not looked at beside a token', async () => {
    const token = { 'x-auth-token': dataarts.token('signer') };
    const answer = await send('GET', root, key, { secretKey: 'wrong', sent: { headers: token } });
    expect([answer.status, answer.body.count]).toEqual([200, 0]);
    const bad = await send('GET', root, key, { sent: { headers: { 'x-auth-token': 'x' } } });
    expect(told(bad)).toEqual(failed('decrypt token fail'));
  });
});

describe('a key', () => {
  it('shows its secret once, and is its user’s alone', async () => {
    const { body } = await dataarts.headgate.api('GET', '/access-keys');
    const shown = body.items.find((one: Key) => one.id === key.id);
    expect(shown).toEqual({
      id: key.id,
      accessKey: key.accessKey,
      enabled: true,
      description: 'tests',
      createdAt: expect.any(String),
      lastUsedAt: null,
      lockedUntil: null,
    });
    expect(JSON.stringify(body)).not.toContain(key.secretKey);
    const others = await dataarts.headgate.api('GET', '/access-keys', undefined, { as: 'signer' });
    expect(others.body.items).toEqual([]);
    for (const method of ['PATCH', 'DELETE']) {
      const answer = await dataarts.headgate.api(
        method,
        `/access-keys/${key.id}`,
        method === 'PATCH' ? {} : undefined,
        {
          as: 'signer',
        },
      );
      expect([answer.status, answer.body.code]).toEqual([404, 'access_key_not_found']);
    }
  });

  it('opens nothing while it is off, and nothing when it is deleted', async () => {
    const path = `/access-keys/${key.id}`;
    await dataarts.headgate.api('PATCH', path, { enabled: false });
    expect(told(await send('GET', root, key))).toEqual(wrong);
    await dataarts.headgate.api('PATCH', path, { enabled: true });
    expect((await send('GET', root, key)).status).toBe(200);
    await dataarts.headgate.api('DELETE', path);
    expect(told(await send('GET', root, key))).toEqual(wrong);
  });

  it('opens nothing once its user is switched off', async () => {
    await dataarts.person('leaver');
    const own = (await dataarts.headgate.api('POST', '/access-keys', {}, { as: 'leaver' })).body;
    expect((await send('GET', root, own)).status).toBe(200);
    await dataarts.headgate.api('PATCH', '/users/leaver', { status: 'inactive' });
    expect(told(await send('GET', root, own))).toEqual(wrong);
  });

  it('locks for five minutes after five wrong signatures in a row', async () => {
    const bad = { secretKey: 'wrong' };
    for (let turn = 0; turn < 4; turn += 1) expect(told(await send('GET', root, key, bad))).toEqual(wrong);
    expect((await send('GET', root, key)).status).toBe(200); // the row ends
    for (let turn = 0; turn < 5; turn += 1) expect(told(await send('GET', root, key, bad))).toEqual(wrong);
    const locked = failed('AK access failed to reach the limit,forbidden');
    expect(told(await send('GET', root, key))).toEqual(locked);
    now += 4.9 * 60_000;
    expect(told(await send('GET', root, key))).toEqual(locked);
    now += 0.2 * 60_000;
    expect((await send('GET', root, key)).status).toBe(200);
    const audit = await dataarts.headgate.api('GET', '/audit?action=access_key.lock&limit=1');
    expect(audit.body.items[0]).toMatchObject({ resource: key.accessKey, door: 'dataarts' });
  });

  it('is made by no token that is held to other doors', async () => {
    const { body } = await dataarts.headgate.api('POST', '/tokens', { name: 'rest', scopes: ['door:rest'] });
    const answer = await dataarts.headgate.call(
      'POST',
      '/api/v1/access-keys',
      {},
      {
        as: null,
        headers: { authorization: `Bearer ${body.token}` },
      },
    );
    expect([answer.status, answer.body.code]).toEqual([403, 'scope_missing']);
  });
});

it('a token ends after its day', async () => {
  const look = () => dataarts.send('GET', root, undefined, { as: 'signer' });
  await dataarts.signIn('signer');
  now += 24 * 3_600_000 - 1000;
  expect((await look()).status).toBe(200);
  now += 1000;
  expect(told(await look())).toEqual(failed('decrypt token fail'));
});
