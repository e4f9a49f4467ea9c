/** Connection URLs in all their dialects. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConnectionParts, EngineError } from '../engine.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

test.each<[string, ConnectionParts]>([
  ['mysql://db.example', { host: 'db.example', options: {} }],
  [
    'mysql://ada:s3@db.example:3307/shop',
    { host: 'db.example', port: 3307, database: 'shop', username: 'ada', password: 's3', options: {} },
  ],
  ['MariaDB://ada@[::1]/shop', { host: '::1', database: 'shop', username: 'ada', options: {} }],
  [
    'mysql://a%40b:p%2F%3A%40%20@h/d%20b',
    { host: 'h', database: 'd b', username: 'a@b', password: 'p/:@ ', options: {} },
  ],
  ['mysql://a:p@ss@h/', { host: 'h', username: 'a', password: 'p@ss', options: {} }],
  ['mysql://h/d?sslMode=VERIFY_IDENTITY', { host: 'h', database: 'd', tlsMode: 'verify-full', options: {} }],
  ['mysql://h/d?ssl-mode=DISABLED', { host: 'h', database: 'd', tlsMode: 'disable', options: {} }],
  [
    'jdbc:mysql://h:3306/d?user=ada&password=p%26q&useSSL=false',
    { host: 'h', port: 3306, database: 'd', username: 'ada', password: 'p&q', tlsMode: 'disable', options: {} },
  ],
  ['jdbc:mysql://h/d?useSSL=true', { host: 'h', database: 'd', tlsMode: 'prefer', options: {} }],
  ['jdbc:mysql://h/d?useSSL=true&requireSSL=true', { host: 'h', database: 'd', tlsMode: 'require', options: {} }],
  [
    'jdbc:mysql://h/d?useSSL=true&verifyServerCertificate=true',
    { host: 'h', database: 'd', tlsMode: 'verify-ca', options: {} },
  ],
  [
    'jdbc:mariadb://h/d?sslMode=verify-full&allowPublicKeyRetrieval=true',
    { host: 'h', database: 'd', tlsMode: 'verify-full', options: { allowPublicKeyRetrieval: true } },
  ],
  ['jdbc:mariadb://h/d?sslMode=trust', { host: 'h', database: 'd', tlsMode: 'require', options: {} }],
  [
    'ada:p@ss:w/rd@tcp(10.0.0.1:3307)/shop?tls=skip-verify&parseTime=true',
    {
      host: '10.0.0.1',
      port: 3307,
      database: 'shop',
      username: 'ada',
      password: 'p@ss:w/rd',
      tlsMode: 'require',
      options: {},
    },
  ],
  ['ada@tcp([fe80::1]:3306)/', { host: 'fe80::1', port: 3306, username: 'ada', options: {} }],
  [
    'ada:p@tcp(h)/d?tls=true&allowCleartextPasswords=1',
    {
      host: 'h',
      database: 'd',
      username: 'ada',
      password: 'p',
      tlsMode: 'verify-full',
      options: { allowCleartextPassword: true },
    },
  ],
])('%s', (text, parts) => {
  expect(recognisesUrl(text)).toBe(true);
  expect(parseUrl(text)).toEqual(parts);
});

test.each(['postgresql://h/d', 'jdbc:postgresql://h/d', 'http://mysql/', 'just text', ''])('%s is not ours', (text) => {
  expect(recognisesUrl(text)).toBe(false);
});

describe('what cannot be read', () => {
  test.each([
    'mysql://ada:hush-hush@h:0/',
    'mysql://ada:hush-hush@h:65536/',
    'mysql://ada:hush-hush@h:x/',
    'mysql://ada:hush-hush@h1,h2/d',
    'mysql://ada:hush-hush%zz@h/d',
    'mysql://ada:hush-hush@h/d?sslMode=maybe',
    'mysql://ada:hush-hush@[zz]/d',
    'ada:hush-hush@tcp(h:1:2)/d',
    'hush-hush',
  ])('%s is refused without repeating the secret', (text) => {
    let error: unknown;
    try {
      parseUrl(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: 'parameter_invalid' });
    expect(String(error)).not.toContain('hush-hush');
  });
});

describe('properties', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  const parts = fc.record<ConnectionParts>(
    {
      host,
      port: fc.integer({ min: 1, max: 65535 }),
      database: text,
      username: text,
      tlsMode: fc.constantFrom('disable', 'prefer', 'require', 'verify-ca', 'verify-full'),
      options: fc.record({ allowPublicKeyRetrieval: fc.boolean() }, { requiredKeys: [] }),
    },
    { requiredKeys: ['host', 'options'] },
  );

  test('what is printed is read back as it was', () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(parseUrl(printUrl(given))).toEqual(given);
      }),
    );
  });

  test('a password is read back from every dialect, and never printed', () => {
    fc.assert(
      fc.property(
        text,
        text.filter((user) => !user.includes(':') && user === user.trim()),
        (password, username) => {
          const secret = `${password}-canary`;
          const encoded = [username, secret].map(encodeURIComponent);
          const urls = [
            `mysql://${encoded[0]}:${encoded[1]}@h/d`,
            `jdbc:mariadb://h/d?user=${encoded[0]}&password=${encoded[1]}`,
            `${username}:${secret}@tcp(h)/d`,
          ];
          for (const url of urls) {
            const read = parseUrl(url);
            expect(read).toMatchObject({ username, password: secret, host: 'h', database: 'd' });
            expect(printUrl(read)).not.toContain('canary');
          }
        },
      ),
    );
  });

  test('any text is read or refused, never anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `mysql://${rest}`),
          fc.string().map((rest) => `a:b@tcp(${rest})/`),
        ),
        (input) => {
          try {
            parseUrl(input);
          } catch (error) {
            expect(error).toBeInstanceOf(EngineError);
          }
        },
      ),
    );
  });
});
