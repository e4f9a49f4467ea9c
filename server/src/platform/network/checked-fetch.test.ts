import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkedFetch, type FetchLimits } from './checked-fetch.ts';

const limits: FetchLimits = {
  policy: { allowPrivate: true, allowLoopback: true, forbidden: [] },
  timeoutMs: 5000,
  maxBytes: 1000,
};

describe('checkedFetch', () => {
  let server: Server;
  let base: string;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.host}`);
      if (request.url === '/silent') return;
      if (request.url === '/away') return response.writeHead(302, { location: '/there' }).end();
      if (request.url === '/large') return response.end('x'.repeat(1001));
      if (request.url === '/none') return response.writeHead(204).end();
      if (request.url === '/broken') return request.socket.destroy();
      request.pipe(response.writeHead(201, { 'content-type': request.headers['content-type'] ?? 'text/plain' }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const fails = (path: string, more: Partial<FetchLimits> = {}) =>
    checkedFetch(path.startsWith('/') ? base + path : path, {}, { ...limits, ...more }).then(
      () => 'no error',
      (error: { code: string }) => error.code,
    );

  it('sends and answers as fetch does', async () => {
    const body = new URLSearchParams({ a: 'b c' });
    const answer = await checkedFetch(`${base}/echo?x=1`, { method: 'POST', body }, limits);
    expect([answer.status, await answer.text()]).toEqual([201, 'a=b+c']);
    expect(answer.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
    expect(asked.at(-1)).toBe(`POST /echo?x=1 ${new URL(base).host}`);
    expect((await checkedFetch(`${base}/none`, {}, limits)).status).toBe(204);
  });

  it('does not follow redirects', async () => {
    const answer = await checkedFetch(`${base}/away`, {}, limits);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/there']);
    expect(asked.at(-1)).toContain('/away');
  });

  it('keeps to addresses, https, time and size', async () => {
    const { policy } = limits;
    const before = asked.length;
    expect(await fails('/x', { policy: { ...policy, allowLoopback: false } })).toBe('address_refused');
    const port = Number(new URL(base).port);
    expect(await fails('/x', { policy: { ...policy, forbidden: [{ address: '127.0.0.1', port }] } })).toBe(
      'address_refused',
    );
    expect(await fails('http://192.0.2.1/x')).toBe('address_refused');
    expect(await fails('https://169.254.169.254/x')).toBe('address_refused');
    expect(await fails('ftp://127.0.0.1/x')).toBe('address_refused');
    expect(asked.length).toBe(before);
    expect(await fails('/silent', { timeoutMs: 100 })).toBe('connect_timeout');
    expect(await fails('/large')).toBe('unreachable');
    expect(await fails('/broken')).toBe('unreachable');
    expect(await fails(base.replace('http:', 'https:'))).toBe('tls_failed');
    expect(await fails('http://127.0.0.1:9/')).toBe('unreachable');
  });
});
