/** The kit as a caller sees it: a real server with two doors, asked with fetch and with raw bytes. */
import { connect } from 'node:net';
import pino from 'pino';
import Type from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Door } from './door.ts';
import { exchangeOf } from './exchange.ts';
import { pageQuery } from './paging.ts';
import { problem } from './problem.ts';
import { HttpServer, type RequestRecord } from './server.ts';

const records: RequestRecord[] = [];
const logged: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
let release: () => void = () => {};
const held = new Promise<void>((resolve) => {
  release = resolve;
});

const native: Door = {
  name: 'native',
  prefixes: ['/', '/api/v1'],
  problemOf: (error) =>
    error instanceof RangeError ? { status: 409, code: 'out_of_range', detail: error.message } : undefined,
  register(app) {
    const body = Type.Object(
      { name: Type.String({ maxLength: 8 }), port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })) },
      { additionalProperties: false },
    );
    app.post('/api/v1/things', { schema: { body } }, async (request) => request.body);
    app.get(
      '/api/v1/things',
      { schema: { querystring: Type.Object(pageQuery, { additionalProperties: false }) } },
      async (request) => request.query,
    );
    app.get('/api/v1/things/:name', async (request) => request.params);
    app.get('/api/v1/throws/:what', async (request) => {
      const { what } = request.params as { what: string };
      if (what === 'foreseen') throw new RangeError('too far');
      if (what === 'problem') throw problem(403, 'no', 'No.', { headers: { 'retry-after': '3' } });
      throw new Error('password=hunter2');
    });
    app.get('/api/v1/held', async () => {
      await held;
      return { done: true };
    });
  },
};
const other: Door = {
  name: 'other',
  prefixes: ['/api'],
  problemOf: () => undefined,
  refuse: (refused, id) => ({ status: refused.status, headers: { 'content-type': 'text/plain' }, body: `no ${id}` }),
  answerUnknown: (_request, reply) => reply.code(404).send('other 404'),
  register() {},
};

let server: HttpServer;
let port = 0;
const url = (path: string): string => `http://127.0.0.1:${port}${path}`;

beforeAll(async () => {
  server = await HttpServer.create({
    doors: [native, other],
    log,
    bodyLimitBytes: 10_000,
    trustProxy: false,
    secure: true,
    finished: (record) => records.push(record),
  });
  ({ port } = await server.listen(0, '127.0.0.1'));
});
afterAll(async () => {
  release();
  await server.stop(0, 1000);
});

/** Sends bytes as they are and gathers the answer until the server closes. */
function raw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

async function post(body: string | Buffer, type = 'application/json'): Promise<{ status: number; problem: never }> {
  const answer = await fetch(url('/api/v1/things'), { method: 'POST', body, headers: { 'content-type': type } });
  return { status: answer.status, problem: (await answer.json()) as never };
}

describe('bodies', () => {
  it('takes what the schema takes, unchanged', async () => {
    expect(await post('{"name":"a","port":5432}')).toEqual({ status: 200, problem: { name: 'a', port: 5432 } });
  });

  it.each([
    ['an unknown member', '{"name":"a","colour":"red"}', 'invalid_request', 'colour'],
    ['a number as text', '{"name":"a","port":"5432"}', 'invalid_request', 'port'],
    ['a missing member', '{}', 'invalid_request', 'name'],
    ['too long a string', '{"name":"123456789"}', 'invalid_request', 'name'],
    ['a fraction', '{"name":"a","port":1.5}', 'invalid_request', 'port'],
    ['null', 'null', 'malformed_body', undefined],
    ['an array', '[]', 'invalid_request', undefined],
    ['no JSON', '{"name":', 'malformed_body', undefined],
    ['a NUL', '{"name":"a\\u0000"}', 'malformed_body', undefined],
    ['half a surrogate pair', '{"name":"\\ud800"}', 'malformed_body', undefined],
    ['an endless number', '{"name":"a","port":1e999}', 'malformed_body', undefined],
    ['a prototype', '{"name":"a","__proto__":{}}', 'malformed_body', undefined],
    ['deep nesting', `{"name":${'['.repeat(2000)}${']'.repeat(2000)}}`, 'malformed_body', undefined],
    ['nesting beyond the stack', '['.repeat(9000), 'malformed_body', undefined],
  ])('refuses %s with 400', async (_name, body, code, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.problem).toMatchObject({ status: 400, code, ...(field === undefined ? {} : { field }) });
  });

  it('refuses broken UTF-8, other types and too much', async () => {
    const broken = await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]));
    expect(broken).toMatchObject({ status: 400, problem: { code: 'malformed_body' } });
    expect(await post('<a/>', 'application/xml')).toMatchObject({
      status: 415,
      problem: { code: 'unsupported_media_type' },
    });
    expect(await post('x'.repeat(10_001))).toMatchObject({ status: 413, problem: { code: 'body_too_large' } });
  });

  it('never repeats what was sent', async () => {
    const secret = 'hunter2-and-more';
    const answers = await Promise.all([post(`{"name":"${secret}"}`), post(`{"name":"${secret}`), post(`{"${secret}"`)]);
    for (const answer of answers) expect(JSON.stringify(answer.problem)).not.toContain(secret);
  });
});

describe('targets', () => {
  it('converts numbers of the query string, and only there', async () => {
    expect(await (await fetch(url('/api/v1/things?limit=7'))).json()).toEqual({ limit: 7 });
    for (const query of ['limit=x', 'limit=0', 'limit=501', 'limit=1&limit=2', 'offset=1']) {
      const answer = await fetch(url(`/api/v1/things?${query}`));
      expect([query, answer.status]).toEqual([query, 400]);
    }
  });

  it('answers 404 and 405 as problems', async () => {
    const missing = await fetch(url('/api/v1/nothing'));
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toContain('application/problem+json');
    const wrong = await fetch(url('/api/v1/things/x'), { method: 'DELETE' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
    expect(await wrong.json()).toMatchObject({ code: 'method_not_allowed' });
    expect((await fetch(url('/api/v1/things/'))).status).toBe(404);
  });

  it('gives each door its own', async () => {
    expect(await (await fetch(url('/api/sessions'))).text()).toBe('other 404');
    expect(await (await fetch(url('/api/v1x'))).text()).toBe('other 404');
    expect((await fetch(url('/elsewhere'))).headers.get('content-type')).toContain('problem');
    expect(await raw('GET /api/%zz HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*\r\n\r\nno /s);
  });

  it.each([
    ['bad percent-encoding', 'GET /api/v1/things/%zz HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'malformed_url'],
    ['broken UTF-8', 'GET /api/v1/things/%ff HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'malformed_url'],
    ['a NUL', 'GET /api/v1/things?cursor=%00 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'malformed_url'],
    ['a long URL', `GET /api/v1/things/${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414, 'url_too_long'],
    ['long headers', `GET /a HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(30_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['an unknown method', 'FROB / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'malformed_request'],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'malformed_request'],
    ['a foreign target', 'GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'malformed_url'],
    ['an expectation', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n', 417, 'expectation_failed'],
    [
      'two lengths',
      'POST /api/v1/things HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'malformed_request',
    ],
  ])('refuses %s', async (_name, request, status, code) => {
    const answer = await raw(request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(`"code":"${code}"`);
  });

  it('understands the absolute form', async () => {
    const answer = await raw('GET http://a/api/v1/things/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answer).toContain('{"name":"x"}');
  });
});

describe('errors', () => {
  it('shows the foreseen and hides the rest', async () => {
    const foreseen = await fetch(url('/api/v1/throws/foreseen'));
    expect([foreseen.status, await foreseen.json()]).toMatchObject([409, { code: 'out_of_range', detail: 'too far' }]);
    const asked = await fetch(url('/api/v1/throws/problem'));
    expect([asked.status, asked.headers.get('retry-after')]).toEqual([403, '3']);
    const hidden = await fetch(url('/api/v1/throws/else'), { headers: { 'x-request-id': 'my-own-id-1' } });
    const body = (await hidden.json()) as { instance: string };
    expect(hidden.status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(body).toMatchObject({ code: 'internal_error', instance: 'my-own-id-1' });
    expect(logged.some((line) => line.includes('my-own-id-1'))).toBe(true);
  });

  it('sends security headers and a request id of its own when the caller’s is odd', async () => {
    const answer = await fetch(url('/api/v1/things/x'), { headers: { 'x-request-id': 'a b' } });
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('strict-transport-security')).toContain('max-age');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}-/);
  });

  it('records each request once, without its query string', async () => {
    records.length = 0;
    await (await fetch(url('/api/v1/things/x?token=abc'))).text();
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]).toMatchObject({
      route: '/api/v1/things/:name',
      path: '/api/v1/things/x',
      status: 200,
      aborted: false,
    });
    expect(() => exchangeOf({} as never)).toThrow();
  });
});

describe('stopping', () => {
  it('ends running requests, refuses new connections and then resolves', async () => {
    const extra = await HttpServer.create({
      doors: [native],
      log,
      bodyLimitBytes: 1000,
      trustProxy: false,
      secure: false,
      finished: () => {},
    });
    const at = await extra.listen(0, '127.0.0.1');
    const running = fetch(`http://127.0.0.1:${at.port}/api/v1/held`);
    // A second answer on another connection shows that the first request has arrived.
    await fetch(`http://127.0.0.1:${at.port}/api/v1/things/x`);
    const stopped = extra.stop(0, 10_000);
    expect(extra.draining).toBe(true);
    await expect
      .poll(() =>
        fetch(`http://127.0.0.1:${at.port}/`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed');
    release();
    expect(await (await running).json()).toEqual({ done: true });
    await stopped;
  });
});
