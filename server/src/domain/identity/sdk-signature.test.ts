/** Signatures against the contract's test vector (dataarts.md §2.5), and what must not pass for one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalHashes,
  isSignedWith,
  readClaim,
  readSdkDate,
  type SignedRequest,
  signatureOf,
} from './sdk-signature.ts';

const secretKey = 'SKexampleSKexampleSKexampleSKexample0001';
const path = '/v1/9c3043ab4dac4055888643b331a0b227/instances/0f537d17c41c414dabaa08f47c7d86dd/workspaces';
const signedHeaders = ['content-type', 'host', 'x-project-id', 'x-sdk-date'];
const signature = '646e3bc5cfbb473b95e83bf085970fbe157636f0f53163506d9776bb6588a649';
const vector: SignedRequest = {
  method: 'GET',
  target: `${path}?limit=10&name=sales%20team&offset=0`,
  headers: {
    'content-type': 'application/json',
    host: 'insight.example.test',
    'x-project-id': '9c3043ab4dac4055888643b331a0b227',
    'x-sdk-date': '20260101T000000Z',
  },
  body: new Uint8Array(),
};
const claim = { accessKey: 'AKEXAMPLE0000000001', signedHeaders, signature };

describe('the vector of the contract', () => {
  it('has its hash and its signature', () => {
    const canonical = 'c2abf4cd7e71a26dd25af0fd5e21e8bf0f42ad764a1adca5cb173bbe878779e0';
    expect(canonicalHashes(vector, signedHeaders)).toEqual([canonical]);
    expect(signatureOf(secretKey, '20260101T000000Z', canonical)).toBe(signature);
    expect(isSignedWith(vector, claim, secretKey)).toBe(true);
  });

  it.each([
    ['a trailing slash', { target: `${path}/?limit=10&name=sales%20team&offset=0` }],
    ['a query in another order and encoding', { target: `${path}?offset=0&name=sales+team&limit=10` }],
    ['space around a header', { headers: { ...vector.headers, host: ' insight.example.test ' } }],
    ['a header that was not signed', { headers: { ...vector.headers, accept: '*/*' } }],
  ])('holds for %s', (_what, change) => {
    expect(isSignedWith({ ...vector, ...change }, claim, secretKey)).toBe(true);
  });

  it.each([
    ['another method', { method: 'PUT' }],
    ['another path', { target: `${path}x?limit=10&name=sales%20team&offset=0` }],
    ['another query', { target: `${path}?limit=11&name=sales%20team&offset=0` }],
    ['another host', { headers: { ...vector.headers, host: 'evil.example.test' } }],
    ['another date', { headers: { ...vector.headers, 'x-sdk-date': '20260101T000001Z' } }],
    ['a body', { body: Buffer.from('{}') }],
    ['a hash that is not the body’s', { headers: { ...vector.headers, 'x-sdk-content-sha256': 'a'.repeat(64) } }],
  ])('does not hold for %s', (_what, change) => {
    expect(isSignedWith({ ...vector, ...change }, claim, secretKey)).toBe(false);
  });

  it('does not hold with another secret', () => {
    expect(isSignedWith(vector, claim, `${secretKey}x`)).toBe(false);
  });
});

it('a path with encoded characters may be signed as the vendor’s clients for Node and others do', () => {
  const request = { ...vector, target: '/v1/a%20b' };
  const forms = canonicalHashes(request, signedHeaders);
  expect(forms).toHaveLength(2);
  for (const form of forms) {
    const signed = { ...claim, signature: signatureOf(secretKey, '20260101T000000Z', form) };
    expect(isSignedWith(request, signed, secretKey)).toBe(true);
  }
});

describe('the header', () => {
  it('is read as it is written', () => {
    const names = signedHeaders.join(';');
    const text = `SDK-HMAC-SHA256 Access=AKEXAMPLE0000000001, SignedHeaders=${names}, Signature=${signature}`;
    expect(readClaim(text)).toEqual(claim);
  });

  it('is no claim otherwise, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(readClaim(`SDK-HMAC-SHA256 ${text}`)).toBe(null);
      }),
    );
    expect(readClaim(`SDK-HMAC-SHA256 Access=A, SignedHeaders=host, Signature=${'x'.repeat(64)}`)).toBe(null);
    expect(readClaim('Bearer x')).toBe(null);
  });

  it('has a date in one form', () => {
    expect(readSdkDate('20260101T000000Z')).toBe(Date.UTC(2026, 0, 1));
    for (const bad of ['', '2026-01-01T00:00:00Z', '20261301T000000Z', '20260101T000000', '20260101T250000Z']) {
      expect([bad, readSdkDate(bad)]).toEqual([bad, null]);
    }
  });
});
