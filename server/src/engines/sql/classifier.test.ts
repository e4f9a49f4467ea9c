/** The frame alone, with a dialect that counts how often it is asked. The rules of the dialects have tests of their own. */
import { expect, test } from 'vitest';
import { EngineError } from '../engine.ts';
import { classifierOf, refuse, requireAllowed } from './classifier.ts';
import { NOTHING } from './syntax.ts';
import { readTokens, unreadable } from './tokens.ts';

function counting() {
  let asked = 0;
  const classify = classifierOf({
    tokenize: (sql) =>
      readTokens(sql, {
        space: /\s/,
        comment: (text, at) => (text[at] === '#' ? unreadable('No comments.') : undefined),
        token: (place) =>
          place.first([
            ['word', /[a-z]+/y],
            ['number', /\d+/y],
            ['symbol', /[;,]/y],
          ]) ?? unreadable('What is this?'),
      }),
    block: ([first]) => (first?.upper === 'BEGIN' ? refuse('forbidden', 'No blocks.') : undefined),
    judge: ([first]) => {
      asked += 1;
      return first?.upper === 'READ'
        ? { verdict: 'read', findings: { ...NOTHING, relations: ['t'] } }
        : refuse('forbidden', 'Only reads.', { ...NOTHING, relations: ['u'] });
    },
    commandOf: ([first]) => first?.upper ?? '',
  });
  return { classify, asked: () => asked };
}

test('the rules are asked for one readable statement and for nothing else', () => {
  const { classify, asked } = counting();
  expect(classify('read a 12 , 7;')).toEqual({
    verdict: 'read',
    command: 'READ',
    relations: ['t'],
    functions: [],
    literalFree: 'read a ? , ?',
    fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(classify('write')).toMatchObject({ verdict: 'refused', relations: ['u'], reason: { code: 'forbidden' } });
  expect(asked()).toBe(2);
  const refused = ['', ' ; ', 'read a; read b', 'begin; read a', 'read 1 # x', `read ${'a'.repeat(1024 * 1024)}`];
  expect(
    refused.map((sql) => classify(sql)).map(({ reason, literalFree }) => [reason?.code, literalFree.length]),
  ).toEqual([
    ['empty', 0],
    ['empty', 0],
    ['several_statements', 'read a; read b'.length],
    ['forbidden', 'begin; read a'.length],
    ['not_understood', 'read ? …'.length],
    ['not_understood', 1024 * 1024],
  ]);
  expect(asked()).toBe(2);
});

test('lengths of lists and the case of words do not change the fingerprint', () => {
  const { classify } = counting();
  const { fingerprint } = classify('read a 1 , 2');
  expect(classify('read a 3 , 4 , 5').fingerprint).toBe(fingerprint);
  expect(classify('read b 1 , 2').fingerprint).not.toBe(fingerprint);
});

test('the answers used last are kept, those of long texts are not', () => {
  const { classify, asked } = counting();
  const kept = classify('read first');
  for (let index = 0; index < 1999; index += 1) classify(`read ${index}`);
  expect(classify('read first')).toBe(kept);
  classify('read one more');
  expect(classify('read first')).toBe(kept);
  const before = asked();
  classify('read 0');
  expect(asked()).toBe(before + 1);
  const long = `read ${'a'.repeat(8 * 1024)}`;
  expect(classify(long)).not.toBe(classify(long));
});

test('what is refused, and a write that came as a read, are not let through', () => {
  const { classify } = counting();
  const codeOf = (sql: string, access: 'read' | 'write') => {
    try {
      requireAllowed(classify(sql), access);
      return 'allowed';
    } catch (error) {
      return error instanceof EngineError ? error.code : error;
    }
  };
  expect([codeOf('read a', 'read'), codeOf('read a', 'write'), codeOf('write', 'write')]).toEqual([
    'allowed',
    'allowed',
    'unsupported',
  ]);
  expect(() => requireAllowed({ ...classify('read a'), verdict: 'write' }, 'read')).toThrow('not a read');
});
