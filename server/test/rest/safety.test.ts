/**
 * A4: what one may not see is as if it were not there. F5: cookies and origins. J3: idempotency keys, also over
 * restarts and nodes. Limits on requests.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { finalJob, registerSource, type SampleDatabase, sampleDatabase } from './fixture.ts';
import { buildWorld, callsOf, type DocumentedOperation, documentedOperations, type World } from './operations.ts';

let headgate: Headgate;
let sample: SampleDatabase;

beforeAll(async () => {
  headgate = await startHeadgate();
  sample = await sampleDatabase();
});
afterAll(() => headgate?.stop());

describe('A4: hidden equals absent', () => {
  let world: World;
  let operations: DocumentedOperation[];

  beforeAll(async () => {
    world = await buildWorld(headgate, sample, 'a-password-of-length');
    operations = await documentedOperations(headgate);
  });

  /** What an answer tells, without what names the request or the source asked for. */
  function told(answer: Answer, asked: string): unknown {
    const headers = [...answer.headers].filter(([name]) => !['x-request-id', 'date', 'content-length'].includes(name));
    const body = answer.text.replaceAll(asked, 'ASKED').replace(/"instance":"[^"]*"/, '');
    return { status: answer.status, headers, body };
  }

  it('on every route of a source, by name and by id', async () => {
    const { body: source } = await headgate.api('GET', '/sources/owner-own', undefined, { as: 'owner' });
    const absentId = source.id.replace(/....$/, '0000');
    const ofSources = operations.filter((operation) => operation.path.startsWith('/sources/{name}'));
    expect(ofSources.length).toBeGreaterThan(20);
    for (const { id, method } of ofSources) {
      const call = callsOf(world, 'owner')[id]!;
      for (const [hidden, absent] of [
        ['owner-own', 'absent-one'],
        [source.id, absentId],
      ]) {
        const ask = (name: string) =>
          headgate.api(method, call.path.replace('/owner-own', `/${name}`), call.body, { as: 'guest' });
        const answers = [told(await ask(hidden), hidden), told(await ask(absent), absent)];
        expect([id, answers[0]]).toEqual([id, answers[1]]);
        expect([id, answers[0]]).toMatchObject([id, { status: 404 }]);
      }
    }
  });

  it('audits what was denied, also what was hidden', async () => {
    await headgate.api('PATCH', '/sources/owner-own', { title: 'not mine' }, { as: 'guest' });
    const denied = async (): Promise<Record<string, unknown>[]> =>
      (await headgate.api('GET', '/audit?outcome=denied&actor=guest&limit=500')).body.items;
    await expect.poll(denied).toContainEqual(
      expect.objectContaining({
        action: 'source.view',
        resource: 'owner-own',
        detail: { code: 'source_not_found' },
      }),
    );
  });

  it('in jobs, queries and lists', async () => {
    const owner = world.users.get('owner')!;
    for (const path of [`/jobs/${owner.jobId}`, `/jobs/${owner.jobId}/outputs/out.csv`, `/queries/${owner.queryId}`]) {
      expect([path, (await headgate.api('GET', path, undefined, { as: 'guest' })).status]).toEqual([path, 404]);
    }
    expect((await headgate.api('GET', '/sources', undefined, { as: 'guest' })).body.items).toEqual([]);
    expect((await headgate.api('GET', '/jobs', undefined, { as: 'guest' })).body.items).toEqual([]);
    expect((await headgate.api('GET', '/queries', undefined, { as: 'guest' })).body.items).toEqual([]);
    const job = { kind: 'export', source: 'owner-own', sql: 'select 1', format: 'csv' };
    const hidden = await headgate.api('POST', '/jobs', job, { as: 'guest' });
    const absent = await headgate.api('POST', '/jobs', { ...job, source: 'absent-one' }, { as: 'guest' });
    expect(told(hidden, 'owner-own')).toEqual(told(absent, 'absent-one'));
    expect(hidden.status).toBe(404);
  });
});

describe('F5: cookies', () => {
  const signIn = { username: 'admin', password: 'admin-password-1' };

  it('are HttpOnly and SameSite, and Secure under https', async () => {
    const plain = await headgate.api('POST', '/sessions', signIn, { as: null });
    expect(plain.headers.get('set-cookie')).toMatch(
      /^headgate_session=hg_[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/,
    );
    const secure = await startHeadgate({
      at: headgate.at,
      settings: { HEADGATE_PUBLIC_URL: 'https://headgate.example' },
    });
    try {
      const answer = await secure.api('POST', '/sessions', signIn, { as: null });
      expect(answer.headers.get('set-cookie')).toMatch(/; Secure$/);
      expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
      const headers = { cookie: `headgate_session=${answer.body.token}`, origin: 'https://headgate.example' };
      expect((await secure.api('POST', '/users/admin/unlock', undefined, { as: null, headers })).status).toBe(200);
    } finally {
      await secure.stopServer();
    }
  });

  it('change nothing for pages of other origins', async () => {
    const { body } = await headgate.api('POST', '/sessions', signIn, { as: null });
    const cookie = `other=1; headgate_session=${body.token}`;
    const unlock = async (headers: Record<string, string>): Promise<number> =>
      (await headgate.api('POST', '/users/admin/unlock', undefined, { as: null, headers })).status;
    expect(await unlock({ cookie })).toBe(200);
    expect(await unlock({ cookie, origin: headgate.url })).toBe(200);
    expect(await unlock({ cookie, 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await unlock({ cookie, origin: 'https://evil.example' })).toBe(403);
    expect(await unlock({ cookie, origin: 'null' })).toBe(403);
    expect(await unlock({ cookie, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await unlock({ authorization: `Bearer ${body.token}`, origin: 'https://tools.example' })).toBe(200);
    const read = await headgate.api('GET', '/me', undefined, {
      as: null,
      headers: { cookie, origin: 'https://evil.example' },
    });
    expect(read.status).toBe(200);
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
    const forced = await headgate.api('POST', '/sessions', signIn, {
      as: null,
      headers: { origin: 'https://evil.example' },
    });
    expect(forced).toMatchObject({ status: 403, body: { code: 'foreign_origin' } });
    const gone = await headgate.api('DELETE', '/sessions/current', undefined, { as: null, headers: { cookie } });
    expect(gone.headers.get('set-cookie')).toMatch(/^headgate_session=; .*Max-Age=0/);
    expect(await unlock({ cookie })).toBe(401);
  });
});

describe('pages of other origins', () => {
  it('may call with a bearer token when they are listed', async () => {
    const origin = 'https://tools.example';
    const open = await startHeadgate({ at: headgate.at, settings: { HEADGATE_CORS_ORIGINS: origin } });
    try {
      const preflight = await open.api('OPTIONS', '/sources', undefined, {
        as: null,
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
      expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
      const read = await open.api('GET', '/me', undefined, { headers: { origin } });
      expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
      expect(read.headers.get('access-control-allow-credentials')).toBeNull();
      const other = await open.api('GET', '/me', undefined, { headers: { origin: 'https://evil.example' } });
      expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([200, null]);
      expect((await open.api('GET', '/nowhere', undefined, { as: null })).status).toBe(404);
    } finally {
      await open.stopServer();
    }
  });
});

describe('J3: idempotency keys', () => {
  let node: Headgate;
  const key = (value: string) => ({ headers: { 'idempotency-key': value } });
  const jobs = async (): Promise<number> => (await node.api('GET', '/jobs?limit=500')).body.items.length;
  const exportBody = { kind: 'export', source: 'kept', sql: 'select 1 as one', format: 'csv' };

  beforeAll(async () => {
    node = await startHeadgate();
    await registerSource(node, 'kept', sample);
  });
  afterAll(() => node?.stop());

  it('make one job and one answer of many equal requests', async () => {
    const before = await jobs();
    const first = await node.api('POST', '/jobs', exportBody, key('job-1'));
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([202, null]);
    await finalJob(node, first.body.id);
    const again = await node.api('POST', '/jobs', exportBody, key('job-1'));
    expect(again).toMatchObject({ status: 202, text: first.text });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await jobs()).toBe(before + 1);

    const many = await Promise.all(
      Array.from({ length: 20 }, () => node.api('POST', '/jobs', exportBody, key('job-2'))),
    );
    const accepted = many.filter((answer) => answer.status === 202);
    expect(accepted.length).toBeGreaterThan(0);
    expect(new Set(accepted.map((answer) => answer.body.id)).size).toBe(1);
    const refused = many.filter((answer) => answer.status !== 202).map((answer) => answer.body.code);
    expect(new Set([...refused, 'idempotency_in_progress'])).toEqual(new Set(['idempotency_in_progress']));
    expect(await jobs()).toBe(before + 2);
  });

  it('are refused for another request, and are per user', async () => {
    const other = await node.api('POST', '/jobs', { ...exportBody, format: 'ndjson' }, key('job-1'));
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    await node.createUser('other');
    const mine = await node.api('POST', '/tokens', { name: 'x' }, { as: 'other', ...key('job-1') });
    expect(mine.status).toBe(201);
  });

  it('never show a secret again, and never repeat a stream', async () => {
    expect((await node.api('POST', '/tokens', { name: 'ci' }, key('token-1'))).status).toBe(201);
    const again = await node.api('POST', '/tokens', { name: 'ci' }, key('token-1'));
    expect(again).toMatchObject({ status: 409, body: { code: 'secret_already_shown' } });
    const stream = await node.api('POST', '/sources/kept/query', { sql: 'select 1' }, key('stream-1'));
    expect(stream).toMatchObject({ status: 400, body: { code: 'idempotency_unsupported' } });
  });

  it('replay refusals too, and answers without a body', async () => {
    const taken = await node.api('POST', '/groups', { name: 'team' }, key('group-1'));
    expect(taken.status).toBe(201);
    const conflict = await node.api('POST', '/groups', { name: 'team' }, key('group-2'));
    expect(conflict.status).toBe(409);
    const replayed = await node.api('POST', '/groups', { name: 'team' }, key('group-2'));
    expect(replayed).toMatchObject({ status: 409, text: conflict.text });
    expect((await node.api('DELETE', '/groups/team', undefined, key('group-3'))).status).toBe(204);
    const gone = await node.api('DELETE', '/groups/team', undefined, key('group-3'));
    expect([gone.status, gone.text, gone.headers.get('idempotency-replayed')]).toEqual([204, '', 'true']);
  });

  it('hold on another node and after a restart', async () => {
    const first = await node.api('POST', '/jobs', exportBody, key('job-3'));
    const second = await startHeadgate({ at: node.at });
    try {
      const elsewhere = await second.api('POST', '/jobs', exportBody, key('job-3'));
      expect(elsewhere).toMatchObject({ status: 202, text: first.text });
    } finally {
      await second.stopServer();
    }
    await node.stopServer();
    node = await startHeadgate({ at: node.at });
    const later = await node.api('POST', '/jobs', exportBody, key('job-3'));
    expect([later.text, later.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
  });

  it('of a node that died are taken over once its lease is over, and are forgotten after a day', async () => {
    const { db } = node.app.store;
    const answer = await node.api('POST', '/groups', { name: 'lost' }, key('lost-1'));
    expect(answer.status).toBe(201);
    const set = (values: object) =>
      db.updateTable('idempotency_record').set(values).where('key', '=', 'lost-1').execute();
    // As a node leaves it that dies before it answers.
    await set({ state: 'running', status: null, body_sealed: null, expires_at: new Date(Date.now() + 60_000) });
    const running = await node.api('POST', '/groups', { name: 'lost' }, key('lost-1'));
    expect(running).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
    expect(running.headers.get('retry-after')).toBe('1');
    await set({ expires_at: new Date(Date.now() - 1000) });
    const taken = await node.api('POST', '/groups', { name: 'lost' }, key('lost-1'));
    expect(taken).toMatchObject({ status: 409, body: { code: expect.not.stringContaining('idempotency') } });
    const dayAgo = new Date(Date.now() - 24 * 3600 * 1000 - 1000);
    await set({ created_at: dayAgo, expires_at: dayAgo });
    const other = await node.api('POST', '/groups', { name: 'anew' }, key('lost-1'));
    expect([other.status, other.headers.get('idempotency-replayed')]).toEqual([201, null]);
  });
});

describe('rate limits', () => {
  it('answer 429 with Retry-After, per user and per address', async () => {
    const limited = await startHeadgate({
      settings: { HEADGATE_RATE_LIMIT_PER_MINUTE: '5', HEADGATE_SIGN_IN_RATE_PER_MINUTE: '3' },
    });
    try {
      const statuses: number[] = [];
      for (let index = 0; index < 8; index += 1) statuses.push((await limited.api('GET', '/engines')).status);
      expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
      const refused = await limited.api('GET', '/engines');
      expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      const body = { username: 'admin', password: 'wrong-password' };
      const signIns: number[] = [];
      for (let index = 0; index < 4; index += 1) {
        signIns.push((await limited.api('POST', '/sessions', body, { as: null })).status);
      }
      expect(signIns.at(-1)).toBe(429);
    } finally {
      await limited.stop();
    }
  });
});
