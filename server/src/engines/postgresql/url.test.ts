import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectionParts, TlsMode } from '../engine.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

describe('what URLs mean', () => {
  test.each<[string, Partial<ConnectionParts>]>([
    [
      'postgresql://ann:s%40cret@db.example:5433/shop?sslmode=verify-full&application_name=x',
      { host: 'db.example', port: 5433, database: 'shop', username: 'ann', password: 's@cret', tlsMode: 'verify-full' },
    ],
    ['postgres://db', { host: 'db' }],
    ['POSTGRES://db/', { host: 'db' }],
    ['postgresql:///shop?host=db&port=1', { host: 'db', port: 1, database: 'shop' }],
    ['postgresql://[2001:db8::1]:5432/shop', { host: '2001:db8::1', port: 5432, database: 'shop' }],
    ['postgresql://ann:p:q@h@db/x', { host: 'db', username: 'ann', password: 'p:q@h', database: 'x' }],
    ['postgresql://ann@/x', { username: 'ann', database: 'x' }],
    ['postgresql://db/a%2Fb%20c', { host: 'db', database: 'a/b c' }],
    ['postgresql://db/x?options=-c%20search_path%3Dsales', { host: 'db', database: 'x', schema: 'sales' }],
    ['postgresql://db/x?options=-csearch_path%3Dmy%5C%20schema', { host: 'db', database: 'x', schema: 'my schema' }],
    ['postgresql://db/x?sslmode=allow', { host: 'db', database: 'x', tlsMode: 'prefer' }],
    [
      'jdbc:postgresql://db:5432/shop?user=ann&password=a%26b&currentSchema=sales',
      { host: 'db', port: 5432, database: 'shop', username: 'ann', password: 'a&b', schema: 'sales' },
    ],
    ['jdbc:postgresql://db/shop?ssl=true', { host: 'db', database: 'shop', tlsMode: 'verify-full' }],
    ['jdbc:postgresql://db/shop?ssl=true&sslmode=require', { host: 'db', database: 'shop', tlsMode: 'require' }],
    ['jdbc:postgresql:shop', { database: 'shop' }],
    ['jdbc:postgresql://[::1]/', { host: '::1' }],
    [
      "host=db port=5432 dbname=shop user=ann password='it\\'s \\\\ here' sslmode=require",
      { host: 'db', port: 5432, database: 'shop', username: 'ann', password: "it's \\ here", tlsMode: 'require' },
    ],
    [" dbname = 'a b'  host=db ", { host: 'db', database: 'a b' }],
    ["host=db password=''", { host: 'db', password: '' }],
  ])('%s', (text, expected) => {
    expect(parseUrl(text)).toEqual({ ...expected, options: {} });
    expect(recognisesUrl(text)).toBe(true);
  });

  test.each([
    'postgresql://ann:CANARY@a,b/x',
    'postgresql://ann:CANARY@db:port/x',
    'postgresql://ann:CANARY@db:99999/x',
    'postgresql://ann:CANARY%zz@db/x',
    'postgresql://ann:CANARY@db/x?CANARY',
    'postgresql://ann:CANARY@db/x?CANARY=1',
    'postgresql://ann:CANARY@db/x?sslmode=CANARY',
    'postgresql://ann:CANARY@db/x?sslrootcert=/etc/CANARY',
    'postgresql://ann:CANARY@db/x?options=-c%20CANARY%3D1',
    'postgresql://ann:CANARY@%2Fvar%2Frun/x',
    'postgresql://ann:CANARY@[db/x',
    'postgresql://ann:CANARY@d\0b/x',
    'jdbc:postgresql://ann:CANARY@db/x',
    "host=db password='CANARY",
    'host=db CANARY',
    '',
    'CANARY',
  ])('%s is refused without repeating it', (text) => {
    const error = (() => {
      try {
        return parseUrl(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'parameter_invalid' });
    expect(String((error as Error).message)).not.toContain('CANARY');
  });

  test.each(['mysql://db/x', 'jdbc:mysql://db/x', 'Server=db;Database=x', 'http://db', 'mongodb://db', 'host', ''])(
    '%s is not ours',
    (text) => expect(recognisesUrl(text)).toBe(false),
  );
});

describe('round trips', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((value) => !value.includes('\0'));
  const parts = fc.record(
    {
      host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
      port: fc.integer({ min: 1, max: 65_535 }),
      database: text,
      username: text,
      schema: text.filter((value) => value.trim() === value),
      tlsMode: fc.constantFrom<TlsMode>('disable', 'prefer', 'require', 'verify-ca', 'verify-full'),
    },
    { requiredKeys: ['host'] },
  );

  test('a printed URL reads back as its parts', () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(parseUrl(printUrl({ ...given, options: {} }))).toEqual({ ...given, options: {} });
      }),
    );
  });

  test('no password is printed', () => {
    fc.assert(
      fc.property(parts, (given) => {
        expect(printUrl({ ...given, password: 'CANARY', options: {} })).toBe(printUrl({ ...given, options: {} }));
      }),
    );
  });

  test('any password survives a URI and a key=value text', () => {
    fc.assert(
      fc.property(text, (password) => {
        expect(parseUrl(`postgresql://ann:${encodeURIComponent(password)}@db/x`).password).toBe(password);
        const quoted = password.replace(/[\\']/g, '\\$&');
        expect(parseUrl(`host=db password='${quoted}'`).password).toBe(password);
      }),
    );
  });

  test('whatever the text, parsing ends in parts or in a clear refusal', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((tail) => `postgresql://${tail}`),
        ),
        (given) => {
          try {
            parseUrl(given);
          } catch (error) {
            expect(error).toMatchObject({ code: 'parameter_invalid' });
          }
        },
      ),
    );
  });
});
