import { describe, expect, test } from 'vitest';
import { EngineError } from '../engine.ts';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

const options = {};

test.each([
  ['jdbc:oracle:thin:@//db.example.com:1521/ORCLPDB1', { host: 'db.example.com', port: 1521, database: 'ORCLPDB1' }],
  ['jdbc:oracle:thin://@db.example.com:1521/ORCLPDB1', { host: 'db.example.com', port: 1521, database: 'ORCLPDB1' }],
  ['jdbc:oracle:thin:@db.example.com:1521/svc:dedicated/inst', { host: 'db.example.com', port: 1521, database: 'svc' }],
  ['jdbc:oracle:thin:@db:1521:ORCL', { host: 'db', port: 1521, database: 'ORCL', options: { sid: true } }],
  ['jdbc:oracle:thin://@db:1521:ORCL', { host: 'db', port: 1521, database: 'ORCL', options: { sid: true } }],
  [
    'jdbc:oracle:thin:scott/ti@g/er@//[2001:db8::1]:1522/svc.example.com',
    { host: '2001:db8::1', port: 1522, database: 'svc.example.com', username: 'scott', password: 'ti@g/er' },
  ],
  [
    'jdbc:oracle:thin:"a/b"/"x@y"@//h:1521/s',
    { host: 'h', port: 1521, database: 's', username: 'a/b', password: 'x@y' },
  ],
  ['jdbc:oracle:thin:@tcps://h:2484/s', { host: 'h', port: 2484, database: 's', tlsMode: 'verify-full' }],
  [
    'jdbc:oracle:thin:@tcps://h:2484/s?ssl_server_dn_match=off',
    { host: 'h', port: 2484, database: 's', tlsMode: 'verify-ca' },
  ],
  ['jdbc:oracle:thin:@tcp://h:1521/s', { host: 'h', port: 1521, database: 's', tlsMode: 'disable' }],
  [
    'jdbc:oracle:thin:u/p@(DESCRIPTION = (ADDRESS=(PROTOCOL=TCPS)(HOST= h.example.com )(PORT=2484))(CONNECT_DATA=(SERVICE_NAME=s)(SERVER=DEDICATED)))',
    { host: 'h.example.com', port: 2484, database: 's', username: 'u', password: 'p', tlsMode: 'verify-full' },
  ],
  [
    'jdbc:oracle:oci:@(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=h)(PORT=1521))(CONNECT_DATA=(SID=x)))',
    { host: 'h', port: 1521, database: 'x', tlsMode: 'disable', options: { sid: true } },
  ],
  [
    'oracle://scott:t%40iger@db.example.com:1521/svc?sid=false&tls=require&other=1',
    {
      host: 'db.example.com',
      port: 1521,
      database: 'svc',
      username: 'scott',
      password: 't@iger',
      tlsMode: 'require',
      options: { sid: false },
    },
  ],
  ['oracle://db/svc', { host: 'db', database: 'svc' }],
])('%s', (url, parts) => {
  expect(recognisesUrl(url)).toBe(true);
  expect(parseUrl(url)).toEqual({ options, ...parts });
});

describe('refused without repeating the password', () => {
  test.each([
    'jdbc:oracle:thin:u/canary@PRODUCTION',
    'jdbc:oracle:thin:u/canary@ldap://h:389/x',
    'jdbc:oracle:thin:u/canary@//h:99999/s',
    'jdbc:oracle:thin:u/canary@//h1,h2:1521/s',
    'jdbc:oracle:thin:u/canary',
    'jdbc:oracle:thin:u/canary@(DESCRIPTION=(ADDRESS=(HOST=a)(PORT=1))(ADDRESS=(HOST=b)(PORT=1))(CONNECT_DATA=(SID=x)))',
    'jdbc:oracle:thin:u/canary@(DESCRIPTION=(ADDRESS=(PROTOCOL=ipc)(HOST=a)(PORT=1))(CONNECT_DATA=(SID=x)))',
    'jdbc:oracle:thin:u/canary@(DESCRIPTION=(ADDRESS=(HOST=a)(PORT=1)',
    'jdbc:oracle:thin:u/canary@(DESCRIPTION=(ADDRESS=(HOST=a)(PORT=15.21))(CONNECT_DATA=(SID=x)))',
    'jdbc:oracle:kafka:u/canary@h:1:x',
    'oracle://u:canary@h:x/s',
    'oracle://u:canary%@h/s',
    'oracle://u:canary@h/s?tls=perhaps',
  ])('%s', (url) => {
    let caught: unknown;
    try {
      parseUrl(url);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(EngineError);
    expect(caught).toMatchObject({ code: 'parameter_invalid', message: expect.not.stringContaining('canary') });
  });
});

test('other schemes are not ours', () => {
  for (const text of ['postgresql://h/d', 'jdbc:mysql://h/d', 'oracle', '']) expect(recognisesUrl(text)).toBe(false);
});

test('prints without a password, and reads what it printed', () => {
  const parts = {
    host: '2001:db8::1',
    port: 1522,
    database: 'svc',
    username: 'sc@tt',
    tlsMode: 'verify-ca' as const,
    options: { sid: true, largeRowsPerFetch: 20 },
  };
  const printed = printUrl({ ...parts, password: 'canary' });
  expect(printed).toBe('oracle://sc%40tt@[2001:db8::1]:1522/svc?tls=verify-ca&largeRowsPerFetch=20&sid=true');
  expect(parseUrl(printed)).toEqual(parts);
});
