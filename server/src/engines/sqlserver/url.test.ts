import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConnectionParts, EngineError } from '../engine.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

describe('forms', () => {
  test.each<[string, Partial<ConnectionParts>]>([
    [
      'sqlserver://db.example.com:1433;databaseName=shop;user=bob;password=pw;encrypt=true;trustServerCertificate=false',
      { host: 'db.example.com', port: 1433, database: 'shop', username: 'bob', password: 'pw', tlsMode: 'verify-full' },
    ],
    [
      'jdbc:sqlserver://db.example.com:14330;DatabaseName=shop;userName=bob;Password={p;w}}=x};encrypt=true;trustServerCertificate=true;',
      {
        host: 'db.example.com',
        port: 14330,
        database: 'shop',
        username: 'bob',
        password: 'p;w}=x',
        tlsMode: 'require',
      },
    ],
    ['jdbc:sqlserver://;serverName=h;portNumber=1500;database=d', { host: 'h', port: 1500, database: 'd' }],
    ['jdbc:sqlserver://h', { host: 'h' }],
    ['jdbc:sqlserver://[::1]:1433;database=d', { host: '::1', port: 1433, database: 'd' }],
    ['sqlserver://h;encrypt=strict', { host: 'h', tlsMode: 'verify-full', options: { strictEncryption: true } }],
    ['sqlserver://h;applicationIntent=ReadOnly', { host: 'h', options: { readOnlyIntent: true } }],
    [
      'sqlserver://bob:p%40w%2F%3B@db.example.com:1433?database=shop&encrypt=disable',
      { host: 'db.example.com', port: 1433, username: 'bob', password: 'p@w/;', database: 'shop', tlsMode: 'disable' },
    ],
    [
      'mssql://bob:pw@db.example.com:1433/shop?encrypt=true&trustServerCertificate=true',
      { host: 'db.example.com', port: 1433, username: 'bob', password: 'pw', database: 'shop', tlsMode: 'require' },
    ],
    ['mssql://bob@[::1]/shop', { host: '::1', username: 'bob', database: 'shop' }],
    [
      'Server=tcp:db.example.com,1433;Initial Catalog=shop;User ID=bob;Password="p;w""";Encrypt=True;TrustServerCertificate=False;Connection Timeout=30;',
      {
        host: 'db.example.com',
        port: 1433,
        database: 'shop',
        username: 'bob',
        password: 'p;w"',
        tlsMode: 'verify-full',
      },
    ],
    [
      'Data Source=(local),1500;Database=shop;UID=bob;PWD=pw',
      { host: 'localhost', port: 1500, database: 'shop', username: 'bob', password: 'pw' },
    ],
    [
      "server = h , 1500 ; User Id = 'bob' ; Encrypt = Optional",
      { host: 'h', port: 1500, username: 'bob', tlsMode: 'prefer' },
    ],
  ])('%s', (text, parts) => {
    expect(recognisesUrl(text)).toBe(true);
    expect(parseUrl(text)).toEqual({ options: {}, ...parts });
  });
});

test.each([
  'postgresql://h/d',
  'mysql://h/d',
  'jdbc:oracle:thin:@h:1521/s',
  'mongodb://h/d',
  'host=h dbname=d user=u',
  'user:pw@tcp(h:3306)/d',
  'Server=h;Port=3306;Database=d;Uid=u;Pwd=p;',
  'server.example.com',
  '',
])('%s is not ours', (text) => {
  expect(recognisesUrl(text)).toBe(false);
});

describe('what cannot be', () => {
  test.each([
    'sqlserver://h:99999;password=canary',
    'sqlserver://h:0;password=canary',
    'sqlserver://a b;password=canary',
    'sqlserver://h;encrypt=maybe;password=canary',
    'sqlserver://h;=canary',
    'sqlserver://h;password={canary',
    'sqlserver://h\\SQLEXPRESS;password=canary',
    'sqlserver://h;instanceName=SQLEXPRESS;password=canary',
    'Server=h\\SQLEXPRESS;Password=canary',
    'Server=np:h,1;Password=canary',
    'Server=h,1433;Integrated Security=SSPI;Password=canary',
    'mssql://bob:%canary@h/d',
    'jdbc:sqlserver://bob:canary@h;database=d',
    'nonsense canary',
  ])('%s', (text) => {
    const failure = (() => {
      try {
        return parseUrl(text);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(EngineError);
    expect(failure).toMatchObject({ code: 'parameter_invalid' });
    expect(String(failure)).not.toContain('canary');
  });

  test('an instance is answered with what to do instead', () => {
    expect(() => parseUrl('sqlserver://h\\SQLEXPRESS')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('port') }),
    );
  });
});

test('what is printed is read again as the same, and never holds a password', () => {
  const word = fc.string({
    minLength: 1,
    unit: fc.constantFrom('a', 'B', '1', ' ', ';', '=', '{', '&', '?', '/', '%', 'ü'),
  });
  const parts = fc.record(
    {
      host: fc.constantFrom('db.example.com', '10.0.0.1', '::1', 'h_1'),
      port: fc.integer({ min: 1, max: 65535 }),
      database: word,
      username: word,
      tlsMode: fc.constantFrom('disable', 'prefer', 'require', 'verify-ca', 'verify-full'),
      options: fc.constantFrom<Record<string, boolean>>({}, { readOnlyIntent: true }),
    },
    { requiredKeys: ['host', 'options'] },
  );
  fc.assert(
    fc.property(parts, (given) => {
      const text = printUrl({ ...given, password: 'canary' });
      expect(text).not.toContain('canary');
      expect(parseUrl(text)).toEqual(given);
    }),
    { numRuns: 300 },
  );
  const strict: ConnectionParts = { host: 'h', tlsMode: 'verify-full', options: { strictEncryption: true } };
  expect(parseUrl(printUrl(strict))).toEqual(strict);
});
