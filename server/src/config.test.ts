import { describe, expect, it } from 'vitest';
import { ConfigError, describeSettings, keyProviderOf, loadConfig, settings } from './config.ts';

const load = (env: Record<string, string> = {}, argv: readonly string[] = []) => loadConfig({ env, argv, cwd: '/srv' });

function problemOf(env: Record<string, string>, argv: readonly string[] = []): ConfigError {
  try {
    load(env, argv);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('the configuration', () => {
  it('has defaults for a start without any setting', () => {
    const config = load();
    expect(config).toMatchObject({ port: 8080, host: '127.0.0.1', dataDir: '/srv/data', storePoolSize: 20 });
    expect(config.databaseUrl).toBeUndefined();
    expect(config.warnings).toEqual([]);
    expect(new Set(Object.values(config.origins))).toEqual(new Set(['default']));
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes flags over the environment, and says where a value came from', () => {
    const env = { HEADGATE_PORT: '1', HEADGATE_DATA_DIR: '/var/x', HEADGATE_TRUST_PROXY: 'true', HEADGATE_HOST: '' };
    const config = load(env, ['--port', '2', '--query-max-rows=10', '--no-trust-proxy', '--audit-statement-text']);
    expect(config).toMatchObject({
      port: 2,
      dataDir: '/var/x',
      queryMaxRows: 10,
      trustProxy: false,
      auditStatementText: true,
      host: '127.0.0.1',
    });
    expect(config.origins).toMatchObject({
      port: 'flag --port',
      dataDir: 'environment HEADGATE_DATA_DIR',
      host: 'default',
    });
  });

  it('knows DATABASE_URL, also under its prefixed name', () => {
    expect(load({ DATABASE_URL: 'postgres://a@b/c' }).databaseUrl).toBe('postgres://a@b/c');
    const prefixed = load({ HEADGATE_DATABASE_URL: 'postgresql://a@b/c' });
    expect([prefixed.databaseUrl, prefixed.origins.databaseUrl]).toEqual([
      'postgresql://a@b/c',
      'environment HEADGATE_DATABASE_URL',
    ]);
  });

  it.each([
    [{ HEADGATE_PORT: 'eighty' }, 'HEADGATE_PORT', "it is 'eighty'"],
    [{ HEADGATE_PORT: '70000' }, 'HEADGATE_PORT', '65535'],
    [{ HEADGATE_PORT: '-1' }, 'HEADGATE_PORT', 'whole number'],
    [{ HEADGATE_QUERY_MAX_ROWS: '1e3' }, 'HEADGATE_QUERY_MAX_ROWS', 'whole number'],
    [{ HEADGATE_TRUST_PROXY: 'maybe' }, 'HEADGATE_TRUST_PROXY', 'true or false'],
    [{ HEADGATE_LOG_FORMAT: 'xml' }, 'HEADGATE_LOG_FORMAT', 'json, pretty'],
    [{ HEADGATE_OBJECT_STORE: 's3:/bucket' }, 'HEADGATE_OBJECT_STORE', 'must be folder or s3://bucket/prefix'],
    [{ HEADGATE_OBJECT_STORE: 's3://bucket/../x y' }, 'HEADGATE_OBJECT_STORE', 'must be folder or s3://bucket/prefix'],
    [{ HEADGATE_S3_ENDPOINT: 'https://s3.example/bucket' }, 'HEADGATE_S3_ENDPOINT', 'must be an origin'],
    [{ HEADGATE_AMQP_URL: 'amqp://u:hush@[' }, 'HEADGATE_AMQP_URL', 'must be an amqp:// or amqps:// URL'],
    [{ HEADGATE_PUBLIC_URL: 'ftp://x' }, 'HEADGATE_PUBLIC_URL', 'https://'],
    [{ HEADGATE_PUBLIC_URL: 'https://x/path' }, 'HEADGATE_PUBLIC_URL', 'origin'],
    [{ HEADGATE_JWT_ISSUERS: '{' }, 'HEADGATE_JWT_ISSUERS', 'JSON'],
    [{ HEADGATE_JWT_ISSUERS: '[{"issuer":"x"}]' }, 'HEADGATE_JWT_ISSUERS', 'jwksUrl'],
    [
      { HEADGATE_JWT_ISSUERS: '[{"issuer":"x","jwksUrl":"http://x/k","audience":"a"}]' },
      'HEADGATE_JWT_ISSUERS',
      'https://',
    ],
    [
      { HEADGATE_JWT_ISSUERS: '[{"issuer":"x","jwksUrl":"https://x/k","audience":"a","algorithms":["HS256"]}]' },
      'HEADGATE_JWT_ISSUERS',
      'asymmetric',
    ],
  ])('refuses %j, naming the setting, the problem and an example', (env, name, part) => {
    const problem = problemOf(env as Record<string, string>);
    expect(problem.setting).toBe(name);
    expect(problem.message).toContain(part);
    expect(problem.message).toContain(`Example: ${name}=`);
  });

  it.each([
    [['--colour', 'red'], '--colour'],
    [['--port'], '--port 8080'],
    [['8080'], '--name value'],
    [['--admin-password', 'x'], 'HEADGATE_ADMIN_PASSWORD'],
    [['--no-port', '5'], '--no-port is not a setting'],
    [['--no-trust-proxy=true'], 'is not a setting'],
  ])('refuses the flags %j', (argv, part) => {
    expect(problemOf({}, argv).message).toContain(part);
  });

  it('never quotes a secret, neither in a refusal nor in a description', () => {
    expect(problemOf({ DATABASE_URL: 'mysql://u:canary@h/d' }).message).not.toContain('canary');
    const config = load({ HEADGATE_MASTER_KEY: 'canary', DATABASE_URL: 'postgres://u:canary@h/d' });
    const described = JSON.stringify(describeSettings(config));
    expect(described).not.toContain('canary');
    const values = new Map(describeSettings(config).map((one) => [one.name, one.value]));
    expect([values.get('HEADGATE_MASTER_KEY'), values.get('HEADGATE_ADMIN_PASSWORD')]).toEqual(['set', 'unset']);
  });

  it('reads the issuers of JWTs', () => {
    const issuer = { issuer: 'https://sso', jwksUrl: 'https://sso/keys', audience: ['a', 'b'], createUsers: true };
    expect(load({ HEADGATE_JWT_ISSUERS: JSON.stringify([issuer]) }).jwtIssuers).toEqual([issuer]);
    expect(load({ HEADGATE_CORS_ORIGINS: 'https://a, http://b:1/,' }).corsOrigins).toEqual(['https://a', 'http://b:1']);
  });

  it('warns of unknown variables and contradictions, and goes on', () => {
    const { warnings } = load({ HEADGATE_PROT: '1', HEADGATE_HOST: '0.0.0.0', PATH: '/bin' });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('HEADGATE_PROT');
    expect(warnings[1]).toContain('HEADGATE_PUBLIC_URL');
  });

  it('gives each setting a name and a flag of its own, and reads its own example', () => {
    const all = Object.values(settings);
    expect(new Set(all.flatMap((one) => [one.name, ...one.aliases])).size).toBe(
      all.length + all.flatMap((one) => one.aliases).length,
    );
    expect(new Set(all.map((one) => one.flag)).size).toBe(all.length);
    for (const one of all) expect(() => one.parse(one.example), one.name).not.toThrow();
    expect(settings.sourcePoolSize).toMatchObject({ name: 'HEADGATE_SOURCE_POOL_SIZE', flag: 'source-pool-size' });
  });

  it('reads what the fetcher door needs, and never repeats a secret of it', () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    expect(load({ APP_ENC_KEY: key }).fetcherKey).toBe(key);
    expect(() => load({ APP_ENC_KEY: Buffer.alloc(31).toString('base64') })).toThrow('at least 32 bytes');
    const one = { configName: 'a-b', type: 'MYSQL', host: 'h', port: 1, database: 'd', user: 'u', password: 'hunter2' };
    const read = (entry: unknown) => load({ HEADGATE_FETCHER_INTERNAL_SOURCES: JSON.stringify([entry]) });
    expect(read({ ...one, sslMode: 'true' }).fetcherInternalSources).toEqual([{ ...one, sslMode: 'true' }]);
    const wrong = [
      { ...one, port: '1' },
      { ...one, type: 'mysql' },
      { ...one, sslMode: 'require' },
      { ...one, x: 1 },
      5,
    ];
    for (const entry of [...wrong, { ...one, configName: 'ab' }, { ...one, user: '' }]) {
      expect(() => read(entry)).toThrow('HEADGATE_FETCHER_INTERNAL_SOURCES');
      expect(() => read(entry)).not.toThrow('hunter2');
    }
    expect(() => load({ HEADGATE_FETCHER_OPEN: 'true', HEADGATE_HOST: '10.0.0.1' })).toThrow('loopback');
    expect(load({ HEADGATE_FETCHER_OPEN: 'true' }).fetcherOpen).toBe(true);
  });

  it('names the key provider', () => {
    expect(keyProviderOf(load()).name).toBe('local');
    expect(() => keyProviderOf(load({ HEADGATE_MASTER_KEY: 'short' }))).toThrow('HEADGATE_MASTER_KEY');
  });
});
