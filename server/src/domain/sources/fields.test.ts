import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../errors.ts';
import {
  checkDatabase,
  checkEngine,
  checkHost,
  checkLabels,
  checkMetadata,
  checkName,
  checkOptions,
  checkPermissions,
  checkPort,
  checkVisibility,
} from './fields.ts';
import { mergePatch, sameJson } from './merge-patch.ts';
import { testEngines } from './test-kit.ts';

/** The error of a check as `code field`, with a remedy wherever one is promised. */
function refusal(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    if (error instanceof DomainError) return `${error.code} ${error.field}`;
    throw error;
  }
  return 'accepted';
}

describe('the rules of members', () => {
  it.each(['a', 'Orders_2-x', 'x'.repeat(128)])('takes the name %s', (name) => expect(checkName(name)).toBe(name));
  it.each([
    ['', 'required name'],
    [undefined, 'required name'],
    ['a b', 'invalid_name name'],
    ['ä', 'invalid_name name'],
    ['a/b', 'invalid_name name'],
    ['a\0', 'invalid_text name'],
    ['x'.repeat(129), 'too_long name'],
    [7, 'invalid_type name'],
  ])('refuses the name %j', (name, expected) => expect(refusal(() => checkName(name))).toBe(expected));

  it.each([
    ['localhost', 'localhost'],
    ['db_1.example.com', 'db_1.example.com'],
    ['db.example.com.', 'db.example.com.'],
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ])('takes the host %s', (host, kept) => expect(checkHost(host)).toBe(kept));
  it.each([
    '',
    'postgres://db',
    'user@db',
    'user:secret@db',
    'db:5432',
    'a b',
    'a\0b',
    'a\nb',
    '/var/run',
    'a,b',
    '-db',
    'db-',
    'a..b',
    'bücher.example',
    '::g',
    '[::1',
    'x'.repeat(254),
    { host: 'db' },
  ])('refuses the host %j', (host) => {
    const text = refusal(() => checkHost(host));
    expect(text).toMatch(/^(invalid_host|invalid_text|invalid_type|too_long|required) host$/);
    expect(text).not.toContain('secret');
  });

  it.each([1, 65_535])('takes the port %i', (port) => expect(checkPort(port)).toBe(port));
  it.each([0, -1, 65_536, 1.5, Number.NaN, '5432', null])('refuses the port %j', (port) => {
    expect(refusal(() => checkPort(port))).toBe('invalid_port port');
  });

  it('names the engines that there are', () => {
    expect(() => checkEngine('cobol', testEngines)).toThrow(
      expect.objectContaining({
        code: 'engine_unknown',
        field: 'engine',
        remedy: expect.stringContaining('postgresql'),
      }),
    );
    expect(refusal(() => checkEngine('oracle', testEngines))).toBe('engine_unavailable engine');
    expect(refusal(() => checkEngine('__proto__', testEngines))).toBe('engine_unknown engine');
    expect(refusal(() => checkDatabase('', 'postgresql', testEngines))).toBe('database_required database');
    expect(checkDatabase('', 'mysql', testEngines)).toBeNull();
  });

  it('asks the engine about options', () => {
    expect(checkOptions({ a: 1, b: 'x', c: true }, 'mysql', testEngines)).toEqual({ a: 1, b: 'x', c: true });
    expect(refusal(() => checkOptions({ unknown: 1 }, 'postgresql', testEngines))).toBe(
      'invalid_option options/unknown',
    );
    expect(refusal(() => checkOptions({ a: { b: 1 } }, 'mysql', testEngines))).toBe('invalid_option options/a');
    expect(refusal(() => checkOptions([], 'mysql', testEngines))).toBe('invalid_type options');
  });

  it('bounds metadata and labels', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 17; level += 1) deep = { deep };
    expect(refusal(() => checkMetadata(deep))).toBe('too_deep metadata');
    expect(refusal(() => checkMetadata({ text: 'x'.repeat(65_600) }))).toBe('too_long metadata/text');
    expect(refusal(() => checkMetadata({ text: ['x'.repeat(40_000), 'y'.repeat(40_000)] }))).toBe('too_large metadata');
    expect(refusal(() => checkMetadata({ 'a/b': 'x\0' }))).toBe('invalid_text metadata/a~1b');
    expect(refusal(() => checkMetadata({ half: '\ud800' }))).toBe('invalid_text metadata/half');
    expect(refusal(() => checkLabels({ 'a=b': 'c' }))).toBe('invalid_label labels');
    expect(refusal(() => checkLabels({ a: 1 }))).toBe('invalid_type labels/a');
    expect(refusal(() => checkLabels(Object.fromEntries([...Array(65).keys()].map((n) => [n, 'x']))))).toBe(
      'too_many labels',
    );
  });

  it('takes permissions that may stand on a source', () => {
    expect(checkPermissions([100, 2, 2])).toEqual([2, 100]);
    expect(checkPermissions(null)).toBeNull();
    expect(checkPermissions([])).toEqual([]);
    for (const wrong of [[1], [12], ['view'], 'view', [2.5], [undefined]]) {
      expect(refusal(() => checkPermissions(wrong))).toBe('invalid_permission permissions');
    }
    expect(refusal(() => checkVisibility('public'))).toBe('invalid_visibility visibility');
  });
});

describe('merge patch', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('merges as RFC 7396 says: %j + %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  it('changes neither argument, is repeatable, and never reaches a prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target, patch);
        expect(sameJson(mergePatch(once, patch), once)).toBe(true);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
    mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
