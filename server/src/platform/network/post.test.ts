import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../test/servers/certificates.ts';
import { type Receiver, startReceiver } from '../../../test/servers/receiver.ts';
import type { AddressPolicy } from './addresses.ts';
import { type PostRequest, postChecked } from './post.ts';

const open: AddressPolicy = { allowPrivate: true, allowLoopback: true, forbidden: [] };
const authority = makeAuthority();
let plain: Receiver;
let secure: Receiver;

beforeAll(async () => {
  plain = await startReceiver();
  secure = await startReceiver(authority.issue({ names: ['hooks.example'] }));
});
afterEach(() => {
  plain.reset();
  secure.reset();
});
afterAll(async () => {
  await plain.stop();
  await secure.stop();
});

function post(url: string, more: Partial<PostRequest> = {}) {
  return postChecked(new URL(url), {
    headers: { 'content-type': 'application/json' },
    body: '{"a":"ä"}',
    policy: open,
    signal: AbortSignal.timeout(20_000),
    ...more,
  });
}

/** Resolves every name to these, and counts how often it was asked. */
function resolving(...addresses: string[]) {
  const asked: string[] = [];
  return {
    asked,
    resolver: async (name: string) => {
      asked.push(name);
      return addresses;
    },
  };
}

describe('a checked POST', () => {
  it('looks the name up once and connects to what was checked', async () => {
    const names = resolving('127.0.0.1');
    const answer = await post(`http://hooks.example:${plain.port}/in?x=1`, names);
    expect(answer).toEqual({ status: 204, body: Buffer.alloc(0) });
    expect(names.asked).toEqual(['hooks.example']);
    expect(plain.received[0]).toMatchObject({ path: '/in?x=1', body: { a: 'ä' } });
    expect(plain.received[0]?.headers.host).toBe(`hooks.example:${plain.port}`);
  });

  it('leaves out addresses that the policy refuses', async () => {
    const both = resolving('169.254.169.254', '127.0.0.1');
    expect((await post(`http://hooks.example:${plain.port}/`, both)).status).toBe(204);
    const closed = { ...open, allowLoopback: false };
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]']) {
      const refused = post(`http://${host}:${plain.port}/`, { policy: closed });
      await expect(refused).rejects.toMatchObject({ code: 'address_refused' });
    }
    const forbidden = { ...open, forbidden: [{ address: '127.0.0.1', port: plain.port }] };
    await expect(post(plain.url, { policy: forbidden })).rejects.toMatchObject({ code: 'address_refused' });
    expect(plain.received.length).toBe(1);
  });

  it('checks the certificate against the name, not against the address', async () => {
    const names = resolving('127.0.0.1');
    const { ca } = authority;
    expect((await post(`https://hooks.example:${secure.port}/`, { ...names, ca })).status).toBe(204);
    await expect(post(`https://other.example:${secure.port}/`, { ...names, ca })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(post(`https://127.0.0.1:${secure.port}/`, { ca })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(post(`https://hooks.example:${secure.port}/`, names)).rejects.toMatchObject({
      code: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/),
    });
    expect(secure.received.length).toBe(1);
  });

  it('follows no redirect and reads no more than the beginning of an endless answer', async () => {
    plain.answer = (response) => void response.writeHead(302, { location: '/elsewhere' }).end();
    expect((await post(plain.url)).status).toBe(302);
    expect(plain.received.map(({ path }) => path)).toEqual(['/']);
    plain.reset();
    const closed = Promise.withResolvers<void>();
    plain.answer = (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        response.once('drain', more);
      };
      response.on('close', closed.resolve);
      response.writeHead(200);
      more();
    };
    const { status, body } = await post(plain.url);
    expect([status, body.length]).toEqual([200, 1024]);
    await closed.promise;
  });

  it('ends with its signal, also in the middle of an answer', async () => {
    plain.answer = (response) => void response.writeHead(200).write('a');
    const stop = new AbortController();
    const posted = post(plain.url, { signal: stop.signal });
    await plain.request(0);
    stop.abort(new Error('enough'));
    await expect(posted).rejects.toThrow('enough');
  });
});
