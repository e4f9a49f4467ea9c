import { describe, expect, test } from 'vitest';
import { parseUrl, printUrl, recognisesUrl } from './url.ts';

describe('URLs', () => {
  test.each([
    ['mongodb://h', { host: 'h', options: {} }],
    [
      'mongodb://ada:p%40ss%2Fw@db.example.com:27018/shop?authSource=admin&tls=true',
      {
        host: 'db.example.com',
        port: 27018,
        username: 'ada',
        password: 'p@ss/w',
        database: 'shop',
        tlsMode: 'verify-full',
        options: { authSource: 'admin' },
      },
    ],
    [
      'MongoDB://ada@[::1]:1/shop',
      { host: '::1', port: 1, username: 'ada', database: 'shop', options: { authSource: 'shop' } },
    ],
    ['mongodb://h/?ssl=false&replicaSet=rs0&w=majority', { host: 'h', tlsMode: 'disable', options: {} }],
    ['mongodb://h/d?tls=true&tlsInsecure=true', { host: 'h', database: 'd', tlsMode: 'require', options: {} }],
    [
      'mongodb://h/d?tls=true&tlsAllowInvalidHostnames=true',
      { host: 'h', database: 'd', tlsMode: 'verify-ca', options: {} },
    ],
    [
      'mongodb://u:p@h/d?authmechanism=PLAIN&readPreference=secondary&readConcernLevel=local',
      {
        host: 'h',
        database: 'd',
        username: 'u',
        password: 'p',
        options: { authMechanism: 'PLAIN', readPreference: 'secondary', readConcern: 'local' },
      },
    ],
  ])('%s', (text, parts) => {
    expect(parseUrl(text)).toEqual(parts);
  });

  test.each([
    ['mongodb+srv://ada:canary@cluster.example.com/shop', /mongodb:\/\/host:port/],
    ['mongodb://ada:canary@a,b:27018/shop', /several hosts/],
    ['mongodb://ada:canary@h:99999/shop', /port/],
    ['mongodb://ada:canary@h:x/shop', /host/],
    ['mongodb://ada:can%ary@h/shop', /password/],
    ['mongodb://ada:canary@h/d?tls=maybe', /tls/],
    ['mongodb://ada:canary@%2Ftmp%2Fmongo.sock/d', /socket/],
    ['mysql://ada:canary@h/d', /no MongoDB URL/],
  ])('%s is refused with a reason and without the password', (text, reason) => {
    expect(() => parseUrl(text)).toThrow(reason);
    expect(() => parseUrl(text)).toThrow(expect.objectContaining({ code: 'parameter_invalid' }));
    try {
      parseUrl(text);
    } catch (error) {
      expect(String(error)).not.toMatch(/can%?ary/);
    }
  });

  test('are told from those of others', () => {
    expect(['mongodb://h', ' MONGODB+SRV://h'].map(recognisesUrl)).toEqual([true, true]);
    expect(['mysql://h', 'mongodb', 'postgresql://h'].map(recognisesUrl)).toEqual([false, false, false]);
  });

  test('are printed without a password, so that they mean the same when read again', () => {
    for (const tlsMode of ['disable', 'require', 'verify-ca', 'verify-full'] as const) {
      const parts = {
        host: '::1',
        port: 27018,
        username: 'a@b',
        password: 'canary',
        database: 'shop',
        tlsMode,
        options: { authSource: 'admin', readConcern: 'local' },
      };
      const printed = printUrl(parts);
      expect(printed).not.toContain('canary');
      const { password: _, ...rest } = parts;
      expect(parseUrl(printed)).toEqual(rest);
    }
  });
});
