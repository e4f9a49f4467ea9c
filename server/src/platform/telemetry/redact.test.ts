import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, mask, redactText, redactValue } from './redact.ts';

/** Marks around the secret show that exactly it was taken out, whatever it holds, also when it is empty. */
const hard = [
  '',
  'a',
  '$&',
  '.*',
  'p@ss:w/rd',
  'pä$$wörd\u{1F511}',
  '[redacted]',
  '%40%3A',
  '\\"quoted\\"',
  "it's",
  'x'.repeat(5_000),
];
/** Anything but what would end it where it stands. */
const urlSecret = fc
  .oneof(fc.constantFrom(...hard), fc.string({ unit: 'grapheme' }))
  .map((text) => text.replaceAll(/[\s"'<>]/g, '-'));
const anySecret = fc.oneof(fc.constantFrom(...hard), fc.string({ unit: 'binary', minLength: 0, maxLength: 40 }));

describe('a secret in a text', () => {
  it('goes out of URLs, whatever it is', () => {
    const scheme = fc.constantFrom('postgresql', 'mysql', 'mongodb+srv', 'https', 'jdbc:postgresql', 'redis');
    fc.assert(
      fc.property(scheme, urlSecret, (name, secret) => {
        expect(redactText(`could not reach ${name}://ann:${secret}@db.example:5432/sales now`)).toBe(
          `could not reach ${name}://ann:${mask}@db.example:5432/sales now`,
        );
      }),
    );
  });

  it('goes out of URLs with two of them', () => {
    const text = 'from mysql://a:one@x/ to mysql://b:two@y/, not http://c.example:8080/z';
    expect(redactText(text)).toBe(`from mysql://a:${mask}@x/ to mysql://b:${mask}@y/, not http://c.example:8080/z`);
  });

  it('goes out of URL parameters and DSNs', () => {
    const value = urlSecret.map((text) => text.replaceAll(/[;&,)}{]/g, '-'));
    fc.assert(
      fc.property(fc.constantFrom('password', 'Pwd', 'sslpassword', 'PASSWORD'), value, (name, secret) => {
        expect(redactText(`host=db ${name}=${secret} user=ann`)).toBe(`host=db ${name}=${mask} user=ann`);
        expect(redactText(`Server=db;${name}=${secret};Database=x`)).toBe(`Server=db;${name}=${mask};Database=x`);
        expect(redactText(`/x?user=ann&${name}=${secret}&tls=on`)).toBe(`/x?user=ann&${name}=${mask}&tls=on`);
      }),
    );
    fc.assert(
      fc.property(anySecret, (secret) => {
        const quoted = `'${secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
        expect(redactText(`host=db password=${quoted} user=ann`)).toBe(`host=db password=${mask} user=ann`);
      }),
    );
  });

  it('goes out of JSON, also inside a JSON text', () => {
    const name = fc.constantFrom('password', 'newPassword', 'session_id', 'secret', 'accessToken', 'apiKey', 'sk');
    fc.assert(
      fc.property(name, anySecret, (member, secret) => {
        const json = JSON.stringify({ user: 'ann', [member]: secret, port: 5432 });
        expect(redactText(`body ${json} refused`)).toBe(
          `body ${JSON.stringify({ user: 'ann', [member]: mask, port: 5432 })} refused`,
        );
      }),
    );
    const simple = fc.string({ unit: 'grapheme-ascii' }).map((text) => text.replaceAll(/["\\]/g, '-'));
    fc.assert(
      fc.property(name, simple, (member, secret) => {
        const nested = JSON.stringify({ text: JSON.stringify({ [member]: secret, n: 1 }) });
        expect(JSON.parse(JSON.parse(redactText(nested)).text)).toEqual({ [member]: mask, n: 1 });
      }),
    );
  });

  it('goes out of headers, tokens and keys', () => {
    const token = 'hg_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789';
    const basic = Buffer.from('ann:hunter22').toString('base64');
    const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const secret of [token, basic, jwt, 'sid=0123456789abcdef']) {
      for (const text of [
        `Authorization: Bearer ${secret}`,
        `authorization: Basic ${secret}\nhost: x`,
        `Cookie: ${secret}\r\nHost: x`,
        `{"authorization":"Bearer ${secret}"}`,
      ]) {
        expect(redactText(text), text).not.toContain(secret);
      }
    }
    expect(redactText(`used ${token} twice`)).toBe(`used ${mask} twice`);
    expect(redactText(`got ${jwt}.`)).not.toContain('eyJzdWIiOiJhbm4ifQ');
    expect(redactText(`key: ${pem} end`)).toBe(`key: ${mask}\n end`);
    expect(redactText(`cut off ${pem.slice(0, 80)}`)).toBe(`cut off ${mask}`);
    expect(redactText(JSON.stringify({ key: pem }))).not.toContain(pem.split('\n')[1]);
    expect(redactText('GET /api/x?session_id=abc&page=2')).toBe(`GET /api/x?session_id=${mask}&page=2`);
  });

  it.each([
    '',
    'The password is wrong.',
    'passwords: 3 changed, tokens: 2 revoked, session 7 ended',
    'GET https://db.example:8443/a?b=c took 3 ms',
    'mail ann@db.example about postgresql://db.example/sales',
    'relation "secret_plans" does not exist',
    'bearer of bad news',
    '{"user":"ann","rows":[1,2,3]}',
    'hg_ is a prefix, key=value pairs are fine, tokenizer=simple',
    'select * from passport where pass_count = 3',
  ])('leaves other text alone: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('takes no more than linear time', () => {
    for (const piece of [
      '://a:',
      'password=',
      '"password":"',
      '\\"token\\":\\"',
      'Basic ',
      '-----BEGIN PRIVATE KEY-----',
    ]) {
      const short = piece.repeat(500);
      const long = piece.repeat(5_000);
      const time = (text: string): number => {
        const started = performance.now();
        redactText(text);
        return performance.now() - started;
      };
      time(short);
      // Quadratic would be 100 times; the bound leaves room for a busy machine.
      expect(time(long), piece).toBeLessThan(2_000);
    }
  });
});

describe('a secret in an object', () => {
  it.each([
    'password',
    'newPassword',
    'PASSWORD',
    'secret',
    'client_secret',
    'token',
    'access-token',
    'authorization',
    'Cookie',
    'set-cookie',
    'session_id',
    'secret_sealed',
    'tls_key_sealed',
    'sealed',
    'privateKey',
  ])('goes with the member %s', (name) => {
    expect(isSecretName(name)).toBe(true);
    for (const value of ['x', '', 12, ['a'], { a: 1 }]) {
      expect(redactValue({ deep: [{ [name]: value, other: 'y' }] })).toEqual({ deep: [{ [name]: mask, other: 'y' }] });
    }
    expect(redactValue({ [name]: null })).toEqual({ [name]: null });
  });

  it('goes out of texts, and bytes show only their length', () => {
    expect(redactValue({ url: 'mysql://a:b@c/', key: Buffer.from('abc'), n: 1, list: ['Basic aGVsbG8='] })).toEqual({
      url: `mysql://a:${mask}@c/`,
      key: '[3 bytes]',
      n: 1,
      list: [`Basic ${mask}`],
    });
  });

  it('survives cycles', () => {
    const loop: Record<string, unknown> = { password: 'x' };
    loop.self = loop;
    expect(JSON.stringify(redactValue(loop))).not.toContain('"x"');
  });
});
