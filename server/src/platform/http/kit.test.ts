/** The kit's small parts: prefixes, entity tags, token buckets, documents. */
import { describe, expect, it } from 'vitest';
import { PrefixTable } from './door.ts';
import { etagOf, ifMatchVersion, matchesNone } from './etag.ts';
import { loggablePath } from './exchange.ts';
import { kitProblem, problem, problemDocument } from './problem.ts';
import { RateLimiter } from './rate-limit.ts';

describe('PrefixTable', () => {
  // The table of decisions.md 19.
  const table = new PrefixTable(
    Object.entries({
      native: ['/', '/api/v1'],
      fetcher: ['/v1/management', '/v1/fetcher', '/health', '/swagger', '=/version'],
      dataarts: ['/v1', '/v3'],
      hdp: ['/api/mgmt', '/api/admin', '/api/odata', '/api/odata4', '/api/sql', '/oauth2'],
      chorus: ['/api'],
      sdps: ['/data-source', '/catalog', '/discovery-jobs', '/template', '/labels', '/query', '/config', '/version/'],
    }).flatMap(([door, prefixes]) => prefixes.map((prefix) => [prefix, door] as const)),
  );

  it.each([
    ['/', 'native'],
    ['/console/x', 'native'],
    ['/api/v1', 'native'],
    ['/api/v1?x', 'native'],
    ['/api/v1/sources', 'native'],
    ['/api/v11', 'chorus'],
    ['/api', 'chorus'],
    ['/api/odata', 'hdp'],
    ['/api/odata4/x', 'hdp'],
    ['/api/odata5', 'chorus'],
    ['/v1/fetcher/jobs', 'fetcher'],
    ['/v1/fetchers', 'dataarts'],
    ['/v3/auth/tokens', 'dataarts'],
    ['/version', 'fetcher'],
    ['/version?a=b', 'fetcher'],
    ['/version/2', 'sdps'],
    ['/versions', 'native'],
    ['/query/1', 'sdps'],
    ['/queryx', 'native'],
  ])('gives %s to %s', (path, door) => {
    expect(table.find(path)).toBe(door);
  });

  it('refuses a prefix with two owners', () => {
    expect(() => new PrefixTable([['/a', 1] as const, ['/a', 2] as const])).toThrow('/a');
  });

  it('folds the case of those prefixes alone that ask for it', () => {
    const folding = new PrefixTable([
      ['/', 'native'],
      ['/v1/fetcher', 'fetcher', true],
      ['=/version', 'fetcher', true],
    ]);
    for (const path of ['/V1/Fetcher', '/v1/FETCHER/x?Y', '/VERSION?x']) expect(folding.find(path)).toBe('fetcher');
    for (const path of ['/V1/Fetchers', '/Version/', '/V1']) expect(folding.find(path)).toBe('native');
    expect(table.find('/V1/fetcher')).toBe('native');
  });
});

describe('entity tags', () => {
  it('are the version in quotes, there and back', () => {
    expect(etagOf(7)).toBe('"v7"');
    expect(ifMatchVersion('"v7"')).toBe(7);
    expect(ifMatchVersion(undefined)).toBeUndefined();
    expect(ifMatchVersion(' * ')).toBeUndefined();
  });

  it('that cannot be ours match no version', () => {
    for (const tag of ['W/"v7"', '"7"', '"v7", "v8"', '"v-1"', '""'])
      expect([tag, ifMatchVersion(tag)]).toEqual([tag, -1]);
    for (const tag of ['v7', '"v7', '7', '', `"${'x'.repeat(300)}"`])
      expect(() => ifMatchVersion(tag)).toThrow('If-Match');
  });

  it('answer If-None-Match weakly', () => {
    expect(matchesNone('W/"v7", "v8"', 7)).toBe(true);
    expect(matchesNone('*', 7)).toBe(true);
    expect(matchesNone('"v8"', 7)).toBe(false);
    expect(matchesNone(undefined, 7)).toBe(false);
  });
});

describe('RateLimiter', () => {
  it('allows a minute’s allowance at once, then refills evenly, per subject', () => {
    let now = 0;
    const limiter = new RateLimiter(60, () => now);
    for (let count = 0; count < 60; count += 1) expect(limiter.take('a')).toBe(0);
    expect(limiter.take('a')).toBe(1);
    expect(limiter.take('b')).toBe(0);
    now += 1000;
    expect(limiter.take('a')).toBe(0);
    expect(limiter.take('a')).toBe(1);
    now += 3_600_000;
    for (let count = 0; count < 60; count += 1) expect(limiter.take('a')).toBe(0);
    expect(limiter.take('a')).toBe(1);
  });

  it('says how long to wait, and can be off', () => {
    const slow = new RateLimiter(2, () => 0);
    expect([slow.take('a'), slow.take('a'), slow.take('a')]).toEqual([0, 0, 30]);
    const off = new RateLimiter(0);
    expect([off.enabled, off.take('a'), off.take('a')]).toEqual([false, 0, 0]);
  });
});

describe('problems', () => {
  it('cannot be disguised by further members', () => {
    const document = problemDocument(
      { status: 409, code: 'in_use', detail: 'In use.', extra: { status: 200, code: 'ok', holders: [1] } },
      'request-1',
    );
    expect(document).toEqual({
      type: 'urn:headgate:problem:in_use',
      title: 'Conflict',
      status: 409,
      detail: 'In use.',
      code: 'in_use',
      instance: 'request-1',
      holders: [1],
    });
  });

  it('are made of what the kit knows, and of nothing else', () => {
    expect(kitProblem(problem(418, 'teapot', 'Short and stout.'))?.status).toBe(418);
    expect(kitProblem(Object.assign(new Error('x'), { code: 'FST_ERR_NEW', statusCode: 431 }))?.status).toBe(431);
    expect(kitProblem(Object.assign(new Error('x'), { code: 'FST_ERR_NEW', statusCode: 500 }))).toBeUndefined();
    expect(kitProblem(Object.assign(new Error('x'), { code: 'toString' }))).toBeUndefined();
    expect(kitProblem(new Error('x'))).toBeUndefined();
    expect(kitProblem(null)).toBeUndefined();
  });

  it('log paths without what may be secret', () => {
    expect(loggablePath('/a/b?token=secret')).toBe('/a/b');
    expect(loggablePath(`/${'x'.repeat(500)}`)).toHaveLength(301);
  });
});
