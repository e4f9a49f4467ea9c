import { describe, expect, test } from 'vitest';
import { classify } from './classify.ts';
import { columnsOf, readStatementText } from './statement.ts';
import { bypassCases } from './testkit.ts';

const cases = bypassCases();

describe('the bypass corpus', () => {
  test('has at least 200 attempts, each with its own name', () => {
    expect(cases.length).toBeGreaterThanOrEqual(200);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test.each(cases)('$name is called $expect', ({ sql, expect: expected }) => {
    const { verdict, reason } = classify(sql);
    expect(verdict).toBe(expected);
    expect(reason === undefined).toBe(expected !== 'refused');
  });
});

describe('why a statement is refused', () => {
  test.each([
    ['', 'empty'],
    ['{"find":"a"}{"find":"b"}', 'several_statements'],
    ['select 1', 'not_understood'],
    ['{"drop":"a"}', 'forbidden'],
    ['{"find":"a","filter":{"$where":"1"}}', 'forbidden'],
  ])('%s', (sql, code) => {
    expect(classify(sql).reason?.code).toBe(code);
  });

  test('nothing of what was refused is kept for audit, since it may be a literal', () => {
    const { literalFree, fingerprint } = classify('{"find":"a","filter":{"$where":"secret-canary"}}');
    expect(literalFree).toBe('');
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('what audit keeps', () => {
  test('every literal is replaced, names and paths stay', () => {
    const sql = `{"aggregate":"orders","pipeline":[
      {"$match":{"name":"canary-1","total":{"$in":[41,42]},"at":{"$gt":{"$date":"2024-01-01T00:00:00Z"}},"$text":{"$search":"canary-2"}}},
      {"$lookup":{"from":"people","localField":"by","foreignField":"_id","as":"who"}},
      {"$project":{"x":{"$concat":["$name","canary-3"]},"y":{"$literal":"canary-4"},"z":1}},
      {"$limit":43}]}`;
    expect(classify(sql)).toMatchObject({
      verdict: 'read',
      command: 'aggregate',
      relations: ['orders', 'people'],
      functions: ['$concat', '$literal'],
      literalFree:
        '{"aggregate":"orders","pipeline":[{"$match":{"name":"?","total":{"$in":["?"]},"at":{"$gt":"?"},"$text":{"$search":"?"}}},' +
        '{"$lookup":{"from":"people","localField":"by","foreignField":"_id","as":"who"}},' +
        '{"$project":{"x":{"$concat":["$name","?"]},"y":{"$literal":"?"},"z":1}},{"$limit":"?"}]}',
    });
  });

  test('inserted documents leave no value behind', () => {
    const { literalFree } = classify('{"insert":"a","documents":[{"v":"canary","n":1},{"v":"other","n":2}]}');
    expect(literalFree).toBe('{"insert":"a","documents":[{"v":"?","n":"?"}]}');
  });

  test('the fingerprint depends on the shape alone', () => {
    const of = (value: string) => classify(`{"find":"a","filter":{"v":{"$in":${value}}}}`).fingerprint;
    expect(of('[1,2,3]')).toBe(of('["x"]'));
    expect(of('[1]')).not.toBe(classify('{"find":"a","filter":{"w":{"$in":[1]}}}').fingerprint);
  });

  test('collections of every stage are told', () => {
    const sql = `{"aggregate":"a","pipeline":[{"$facet":{"x":[{"$unionWith":{"coll":"b","pipeline":[{"$lookup":
      {"from":"c","as":"c","pipeline":[{"$graphLookup":{"from":"d","startWith":"$x","connectFromField":"x","connectToField":"y","as":"z"}}]}}]}}]}}]}`;
    expect(classify(sql).relations).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('the columns of a result', () => {
  test.each([
    ['{"find":"a"}', ['document']],
    ['{"find":"a","projection":{"b":1,"a":true,"_id":0}}', ['b', 'a']],
    ['{"find":"a","projection":{"_id":1,"2":1,"1":1}}', ['_id', '2', '1']],
    ['{"find":"a","projection":{"x.y":1}}', ['x.y']],
    ['{"find":"a","projection":{"b":0}}', ['document']],
    ['{"find":"a","projection":{"b":{"$slice":1}}}', ['document']],
    ['{"find":"a","projection":{"b.$":1}}', ['document']],
    ['{"find":"a","projection":{}}', ['document']],
    ['{"aggregate":"a","pipeline":[]}', ['document']],
    ['{"aggregate":"a","pipeline":[{"$project":{"x":"$y","z":1}},{"$sort":{"x":1}},{"$limit":2}]}', ['x', 'z']],
    ['{"aggregate":"a","pipeline":[{"$project":{"x":0}}]}', ['document']],
    ['{"aggregate":"a","pipeline":[{"$project":{"x":{"y":0}}}]}', ['document']],
    ['{"aggregate":"a","pipeline":[{"$group":{"_id":"$x","n":{"$sum":1}}}]}', ['_id', 'n']],
    ['{"aggregate":"a","pipeline":[{"$project":{"x":1}},{"$addFields":{"y":1}}]}', ['document']],
    ['{"aggregate":"a","pipeline":[{"$count":"many"}]}', ['many']],
    ['{"aggregate":"a","pipeline":[{"$sortByCount":"$x"}]}', ['_id', 'count']],
    ['{"count":"a"}', ['n']],
    ['{"distinct":"a","key":"x"}', ['value']],
    ['{"insert":"a","documents":[{}]}', []],
    ['{"findAndModify":"a","remove":true}', ['document']],
  ])('%s', (sql, names) => {
    expect(columnsOf(readStatementText(sql)).map(({ name }) => name)).toEqual(names);
  });
});
