import fc from 'fast-check';
import { Int32, ObjectId, UUID } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MongodbStandIn, startMongodbStandIn } from '../../../test/servers/mongodb.ts';
import { collectRows } from '../collect.ts';
import type { ReadCondition } from '../engine.ts';
import { mongodbEngine } from './index.ts';
import { likePattern, readStatement } from './read.ts';
import { ada, connected, tableOf, targetOf } from './testkit.ts';

const table = tableOf('things', {
  _id: 'int',
  oid: 'objectId',
  at: 'date',
  n: 'int | double',
  s: 'string',
  mixed: 'int | string',
  flag: 'bool',
  uuid: 'uuid',
  maybe: 'string',
  deep: 'object',
});
const hex = '0123456789abcdef01234567';
const uuid = '00112233-4455-6677-8899-aabbccddeeff';

let server: MongodbStandIn;
beforeAll(async () => {
  const things = [
    {
      _id: 1,
      oid: new ObjectId(hex),
      at: new Date('2024-05-01T10:00:00Z'),
      n: new Int32(5),
      s: 'Alpha',
      mixed: 7,
      flag: true,
    },
    { _id: 2, oid: new ObjectId(), at: new Date('2024-06-01T00:00:00Z'), n: 7.5, s: 'beta.c', mixed: '7', flag: false },
    { _id: 3, uuid: new UUID(uuid), s: 'a%b_c', maybe: 'x', deep: { city: 'Bern', tags: ['a', 'b'] } },
  ];
  server = await startMongodbStandIn({ users: [ada], data: { shop: { things } } });
});
afterAll(() => server.stop());

async function idsOf(...conditions: ReadCondition[]): Promise<number[]> {
  const connection = await connected(targetOf(server));
  const { rows } = await collectRows(connection, readStatement({ table, columns: ['_id'], conditions }));
  return rows.map(([id]) => Number(id)).sort();
}

const on = (
  column: string,
  operator: ReadCondition['operator'],
  ...values: ReadCondition['values']
): ReadCondition => ({
  column,
  operator,
  values,
});

describe('conditions find', () => {
  test.each<[string, ReadCondition[], number[]]>([
    ['an ObjectId by its digits', [on('oid', 'eq', hex)], [1]],
    ['other ObjectIds', [on('oid', 'gt', hex)], [2]],
    ['a date by its text', [on('at', 'eq', '2024-05-01T10:00:00Z')], [1]],
    ['dates between days', [on('at', 'between', '2024-05-01', '2024-05-31T23:59:59.999Z')], [1]],
    ['a UUID', [on('uuid', 'eq', uuid)], [3]],
    ['numbers of several types', [on('n', 'gte', 5)], [1, 2]],
    ['numbers given as texts', [on('n', 'lt', '6')], [1]],
    ['a number and its text in a mixed column', [on('mixed', 'eq', '7')], [1, 2]],
    ['booleans given as texts', [on('flag', 'eq', 'false')], [2]],
    ['one of several', [on('s', 'in', 'Alpha', 'beta.c')], [1, 2]],
    ['null as well as what is missing', [on('maybe', 'eq', null)], [1, 2]],
    ['what is there', [on('maybe', 'ne', null)], [3]],
    ['none of several', [on('s', 'nin', 'Alpha', 'beta.c')], [3]],
    ['all of several ne', [on('s', 'ne', 'Alpha'), on('s', 'ne', 'beta.c')], [3]],
    ['eq beside other operators', [on('n', 'eq', 5), on('n', 'lt', 3)], []],
    ['like without regard to case', [on('s', 'like', 'alp%')], [1]],
    ['like with a literal dot', [on('s', 'like', 'beta.%')], [2]],
    ['like with one character', [on('s', 'like', 'bet_.c')], [2]],
    ['like anchored', [on('s', 'like', 'lph')], []],
    ['members of members', [on('deep.city', 'eq', 'Bern')], [3]],
    ['nothing for a text that is no such number', [on('n', 'eq', 'many')], []],
  ])('%s', async (_, conditions, ids) => {
    expect(await idsOf(...conditions)).toEqual(ids);
  });
});

describe('the statement', () => {
  test('is a read whose values are bound, and exactly the columns come in their order', async () => {
    const conditions = [on('_id', 'eq', 3)];
    const columns = ['deep.tags', 's', 'deep', 'deep.city', 'oid'];
    const statement = readStatement({ table, columns, conditions });
    expect(mongodbEngine.classify(statement.sql)).toMatchObject({ verdict: 'read', relations: ['things'] });
    expect(statement.sql).not.toContain('3');
    const connection = await connected(targetOf(server));
    const found = await collectRows(connection, statement);
    expect(found.columns.map(({ name }) => name)).toEqual(columns);
    expect(found.rows).toEqual([['["a","b"]', '"a%b_c"', '{"city":"Bern","tags":["a","b"]}', '"Bern"', null]]);
  });

  test('keeps names that are whole numbers in their place', () => {
    const numbered = tableOf('t', { b: 'int', '2': 'int', '1': 'int' });
    expect(readStatement({ table: numbered, columns: ['b', '2', '1'], conditions: [] }).sql).toBe(
      '{"find":"t","projection":{"b":1,"2":1,"1":1}}',
    );
  });

  test.each<[string, ReadCondition]>([
    ['an unknown column', on('nope', 'eq', 1)],
    ['an unknown parent', on('nope.city', 'eq', 1)],
    ['an operator as a name', on('deep.$where', 'eq', 1)],
    ['a comparison with null', on('n', 'gt', null)],
    ['between with one value', on('n', 'between', 1)],
    ['like without a text', on('s', 'like', 1)],
    ['no value', on('n', 'in')],
  ])('%s is refused', (_, condition) => {
    expect(() => readStatement({ table, columns: ['_id'], conditions: [condition] })).toThrow(
      expect.objectContaining({ code: 'parameter_invalid' }),
    );
  });

  test('an unknown column, or none, cannot be asked for', () => {
    for (const columns of [['nope'], [], ['s.'], ['']]) {
      expect(() => readStatement({ table, columns, conditions: [] })).toThrow(
        expect.objectContaining({ code: 'parameter_invalid' }),
      );
    }
  });
});

describe('like', () => {
  /** `like` by its definition: every way to split the text is tried. */
  function matches(pattern: string, text: string): boolean {
    if (pattern === '') return text === '';
    if (pattern[0] === '%') return matches(pattern.slice(1), text) || (text !== '' && matches(pattern, text.slice(1)));
    if (text === '') return false;
    const same = pattern[0] === '_' || pattern[0]?.toLowerCase() === text[0]?.toLowerCase();
    return same && matches(pattern.slice(1), text.slice(1));
  }

  test('as a regular expression means the same', () => {
    const character = fc.constantFrom(...'aAb%_.*\\(\n9');
    const texts = fc.array(character, { maxLength: 9 }).map((list) => list.join(''));
    fc.assert(
      fc.property(texts, texts, (pattern, text) => {
        expect(new RegExp(likePattern(pattern), 'is').test(text)).toBe(matches(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  test('does not blow up on a text made for it', () => {
    // Without the look-aheads this takes longer than any test may.
    expect(new RegExp(likePattern('%a'.repeat(30)), 'is').test(`${'a'.repeat(5000)}b`)).toBe(false);
  });
});
