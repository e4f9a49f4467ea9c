/**
 * What the engine promises, on a real server when `TEST_MONGODB_URL` names one (its user may do anything), on the stand-in
 * otherwise. Everything happens in a database of its own. What needs a look inside the server is in `query.test.ts`.
 */
import { randomBytes } from 'node:crypto';
import { Binary, BSONRegExp, Decimal128, Double, Int32, Long, MongoClient, ObjectId, Timestamp, UUID } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type MongodbStandIn, startMongodbStandIn } from '../../../test/servers/mongodb.ts';
import { collectRows } from '../collect.ts';
import type { CatalogTable, ConnectTarget } from '../engine.ts';
import { mongodbEngine } from './index.ts';
import { type MongodbConnection, openConnection } from './query.ts';
import { ada } from './testkit.ts';

const database = `test_${randomBytes(6).toString('hex')}`;
let standIn: MongodbStandIn | undefined;
let admin: MongoClient;
let target: ConnectTarget;
const opened: MongodbConnection[] = [];

beforeAll(async () => {
  const given = process.env.TEST_MONGODB_URL;
  if (!given) standIn = await startMongodbStandIn({ users: [{ ...ada, role: 'root' }] });
  const url = given || (standIn?.url(database) ?? '');
  const parts = mongodbEngine.parseUrl(url);
  const host = parts.host ?? '127.0.0.1';
  target = {
    host,
    addresses: [host],
    port: parts.port ?? 27017,
    database,
    username: parts.username ?? '',
    password: parts.password ?? '',
    tls: { mode: parts.tlsMode ?? 'prefer' },
    options: parts.options,
    applicationName: 'headgate',
  };
  admin = await new MongoClient(url, { directConnection: true }).connect();
  await admin
    .db(database)
    .collection('people')
    .insertMany([
      { _id: 1, name: 'Ada', born: new Date('1815-12-10T00:00:00Z'), tags: ['a', 'b'] },
      { _id: 2, name: 'Bob', boss: 1 },
      { _id: 3, name: 'Cyd', boss: 1 },
    ] as object[]);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
});
afterAll(async () => {
  await admin.db(database).dropDatabase();
  await admin.close();
  await standIn?.stop();
});

async function connected(): Promise<MongodbConnection> {
  const connection = await openConnection(target, { signal: AbortSignal.timeout(30_000) });
  opened.push(connection);
  return connection;
}

async function run(sql: object | string, parameters: unknown[] = [], access: 'read' | 'write' = 'read') {
  const connection = await connected();
  return collectRows(connection, { sql: typeof sql === 'string' ? sql : JSON.stringify(sql), parameters, access });
}

describe('reading', () => {
  test('a projection gives columns in its order, without an _id that it does not name', async () => {
    const { columns, rows } = await run({ find: 'people', projection: { boss: 1, name: 1 }, sort: { name: 1 } });
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ['boss', 'json'],
      ['name', 'json'],
    ]);
    expect(rows).toEqual([
      [null, '"Ada"'],
      ['1', '"Bob"'],
      ['1', '"Cyd"'],
    ]);
  });

  test('without one each row is the whole document', async () => {
    const { columns, rows } = await run({ find: 'people', filter: { _id: 1 } });
    expect(columns).toEqual([{ name: 'document', kind: 'json', type: 'object' }]);
    expect(JSON.parse(rows[0]?.[0] ?? '')).toEqual({
      _id: 1,
      name: 'Ada',
      born: '1815-12-10T00:00:00.000Z',
      tags: ['a', 'b'],
    });
  });

  test('count, distinct, aggregate', async () => {
    expect((await run({ count: 'people', query: { boss: 1 } })).rows).toEqual([['2']]);
    expect((await run({ distinct: 'people', key: 'boss' })).rows).toEqual([['1']]);
    const group = {
      aggregate: 'people',
      pipeline: [{ $group: { _id: '$boss', n: { $sum: 1 } } }, { $sort: { n: 1 } }],
    };
    expect((await run(group)).rows).toEqual([
      [null, '1'],
      ['1', '2'],
    ]);
  });

  test('a collection that is not there is empty', async () => {
    expect(await run({ find: 'nowhere', projection: { a: 1 } })).toMatchObject({ columns: [{ name: 'a' }], rows: [] });
  });

  test('more than one batch comes whole', async () => {
    const many = Array.from({ length: 2500 }, (_, index) => ({ _id: index }) as object);
    await admin.db(database).collection('many').insertMany(many);
    const { rows } = await run({ find: 'many', projection: { _id: 1 }, sort: { _id: 1 } });
    expect(rows.map(([id]) => Number(id))).toEqual(many.map((_, index) => index));
  });
});

describe('parameters', () => {
  test('stand for values, also of types that JSON lacks', async () => {
    const sql = '{"find":"people","projection":{"_id":1},"filter":{"born":{"$lt":{"$param":2}},"name":{"$param":1}}}';
    const { rows } = await run(sql, ['Ada', { $date: '1900-01-01T00:00:00Z' }]);
    expect(rows).toEqual([['1']]);
  });

  test('in an expression are literals, not fields', async () => {
    const sql = '{"aggregate":"people","pipeline":[{"$limit":1},{"$project":{"x":{"$param":1},"_id":0}}]}';
    expect((await run(sql, ['$name'])).rows).toEqual([['"$name"']]);
  });

  test.each<[string, unknown[], RegExp]>([
    ['{"find":"people","filter":{"name":{"$param":1}}}', [{ $where: 'true' }], /\$where/],
    ['{"find":"people","filter":{"name":{"$param":1}}}', [{ a: [{ $gt: '' }] }], /\$gt/],
    ['{"find":"people","filter":{"$param":1}}', [{ $or: [] }], /\$or/],
    ['{"find":"people","filter":{"name":{"$param":1}}}', [{ $param: 1 }], /placeholder/],
    ['{"find":"people","filter":{"name":{"$param":2}}}', ['x'], /placeholder 2/],
    ['{"find":"people"}', ['x'], /no placeholder/],
    ['{"find":"people","filter":{"name":{"$param":1}}}', ['\ud800'], /Unicode/],
  ])('%s with %j is refused', async (sql, parameters, message) => {
    await expect(run(sql, parameters)).rejects.toMatchObject({
      code: 'parameter_invalid',
      message: expect.stringMatching(message),
    });
  });
});

test('every type of a document has its text', async () => {
  const at = new Date('2024-02-29T12:34:56.789Z');
  await admin
    .db(database)
    .collection<{ _id: string }>('types')
    .insertOne({
      _id: 'all',
      int: new Int32(1),
      double: new Double(1.5),
      whole: new Double(2),
      nan: Number.NaN,
      infinite: Number.NEGATIVE_INFINITY,
      small: Long.fromNumber(2 ** 40),
      long: Long.fromString('-9007199254740993'),
      decimal: Decimal128.fromString('1.500'),
      text: 'q"\n\u2028é😀',
      oid: new ObjectId('0123456789abcdef01234567'),
      date: at,
      uuid: new UUID('00112233-4455-6677-8899-aabbccddeeff'),
      legacy: new Binary(Buffer.alloc(16, 1), 3),
      bytes: new Binary(Buffer.from([0, 255])),
      yes: true,
      nothing: null,
      stamp: new Timestamp({ t: 5, i: 6 }),
      regex: new BSONRegExp('^a/', 'i'),
      list: [[1, { deep: at }], []],
      empty: {},
    } as { _id: string });
  const { rows } = await run({ find: 'types' });
  expect(JSON.parse(rows[0]?.[0] ?? '')).toEqual({
    _id: 'all',
    int: 1,
    double: 1.5,
    whole: 2,
    nan: 'NaN',
    infinite: '-Infinity',
    small: 2 ** 40,
    long: '-9007199254740993',
    decimal: '1.500',
    text: 'q"\n\u2028é😀',
    oid: '0123456789abcdef01234567',
    date: '2024-02-29T12:34:56.789Z',
    uuid: '00112233-4455-6677-8899-aabbccddeeff',
    legacy: '01010101-0101-0101-0101-010101010101',
    bytes: '00ff',
    yes: true,
    nothing: null,
    stamp: { T: 5, I: 6 },
    regex: { Pattern: '^a/', Options: 'i' },
    list: [[1, { deep: '2024-02-29T12:34:56.789Z' }], []],
    empty: {},
  });
});

test('types that a statement writes are the ones it says', async () => {
  const sql = `{"insert":"written","documents":[{"_id":1,"i":5,"l":5000000000,"big":9007199254740993,"d":1.5,
    "n":{"$numberDecimal":"0.10"},"o":{"$oid":"0123456789abcdef01234567"},"u":{"$uuid":"00112233-4455-6677-8899-aabbccddeeff"},
    "t":{"$date":"2024-01-01T00:00:00Z"},"r":{"$regularExpression":{"pattern":"x","options":"i"}},"f":{"$numberDouble":"3"}}]}`;
  await run(sql, [], 'write');
  const tables: CatalogTable[] = [];
  const options = { signal: AbortSignal.timeout(30_000), tables: ['written'] };
  const connection = await connected();
  for await (const table of mongodbEngine.introspect(connection, options)) tables.push(table);
  expect(tables[0]?.columns.map(({ name, type, kind }) => [name, type, kind])).toEqual([
    ['_id', 'int', 'integer'],
    ['i', 'int', 'integer'],
    ['l', 'long', 'bigint'],
    ['big', 'long', 'bigint'],
    ['d', 'double', 'float'],
    ['n', 'decimal', 'decimal'],
    ['o', 'objectId', 'text'],
    ['u', 'uuid', 'text'],
    ['t', 'date', 'timestamptz'],
    ['r', 'regex', 'json'],
    ['f', 'double', 'float'],
  ]);
});

describe('writing', () => {
  test('tells how many documents it changed', async () => {
    expect((await run({ insert: 'w', documents: [{ _id: 1 }, { _id: 2 }] }, [], 'write')).affectedRows).toBe(2);
    const update = {
      update: 'w',
      updates: [
        { q: { _id: 1 }, u: { $set: { v: 1 } } },
        { q: { _id: 9 }, u: { $set: { v: 1 } }, upsert: true },
      ],
    };
    expect((await run(update, [], 'write')).affectedRows).toBe(2);
    expect((await run({ delete: 'w', deletes: [{ q: { v: 1 }, limit: 0 }] }, [], 'write')).affectedRows).toBe(2);
    const modify = { findAndModify: 'w', query: { _id: 2 }, update: { $set: { v: 3 } }, new: true };
    expect(await run(modify, [], 'write')).toMatchObject({ affectedRows: 1, rows: [['{"_id":2,"v":3}']] });
  });

  test('is not done by a read', async () => {
    await expect(run({ insert: 'w', documents: [{ _id: 100 }] })).rejects.toMatchObject({ code: 'read_only' });
    await expect(run({ aggregate: 'people', pipeline: [{ $out: 'made' }] }, [], 'write')).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect((await run({ count: 'w', query: { _id: 100 } })).rows).toEqual([['0']]);
  });

  test('writes all of a statement or nothing on a replica set', async () => {
    await run({ insert: 'unique', documents: [{ _id: 1 }] }, [], 'write');
    const second = run({ insert: 'unique', documents: [{ _id: 2 }, { _id: 1 }, { _id: 3 }] }, [], 'write');
    await expect(second).rejects.toMatchObject({ code: 'constraint_violation', nativeCode: '11000' });
    const { setName } = await admin.db('admin').command({ hello: 1 });
    expect((await run({ count: 'unique' })).rows).toEqual([[setName ? '1' : '2']]);
  });
});

test('collections without transactions and snapshots are written and read all the same', async () => {
  await admin.db(database).createCollection('log', { capped: true, size: 65_536 });
  const insert = { insert: 'log', documents: [{ _id: 1 }] };
  expect((await run(insert, [], 'write')).affectedRows).toBe(1);
  expect((await run({ find: 'log', projection: { _id: 1 } })).rows).toEqual([['1']]);
});

test('the catalog has collections, members, types, keys and views', async () => {
  const db = admin.db(database);
  await db.collection('people').createIndex({ name: 1 }, { unique: true, name: 'by_name' });
  await db.createCollection('bosses', { viewOn: 'people', pipeline: [{ $match: { boss: { $exists: false } } }] });
  const connection = await connected();
  const tables: CatalogTable[] = [];
  const options = { signal: AbortSignal.timeout(30_000), tables: ['people', 'bosses'] };
  for await (const table of mongodbEngine.introspect(connection, options)) tables.push(table);
  expect(tables.map(({ name, kind }) => [name, kind])).toEqual([
    ['bosses', 'view'],
    ['people', 'table'],
  ]);
  expect(tables[1]).toMatchObject({
    schema: database,
    rowEstimate: 3,
    primaryKey: ['_id'],
    uniqueKeys: [['name']],
    columns: [
      { name: '_id', type: 'int', kind: 'integer', nullable: false },
      { name: 'name', type: 'string', kind: 'text', nullable: false },
      { name: 'born', type: 'date', kind: 'timestamptz', nullable: true },
      { name: 'tags', type: 'array', kind: 'json', nullable: true },
      { name: 'boss', type: 'int', kind: 'integer', nullable: true },
    ],
  });
  const elsewhere = mongodbEngine.introspect(connection, { ...options, schema: 'other' });
  for await (const table of elsewhere) expect(table).toBeUndefined();
});

test('a sampled collection keeps its types and its count', async () => {
  const many = Array.from({ length: 1500 }, (_, index) => ({ _id: index, v: `v${index}` }) as object);
  await admin.db(database).collection('large').insertMany(many);
  const connection = await connected();
  const options = { signal: AbortSignal.timeout(30_000), tables: ['large'] };
  for await (const table of mongodbEngine.introspect(connection, options)) {
    expect(table).toMatchObject({ rowEstimate: 1500, columns: [{ name: '_id' }, { name: 'v', type: 'string' }] });
  }
});

test('the clock is near ours, and a session can be used again', async () => {
  const connection = await connected();
  expect(Math.abs((await mongodbEngine.clock(connection)) - Date.now())).toBeLessThan(60_000);
  expect(await connection.reset()).toBe(true);
  expect((await collectRows(connection, { sql: '{"count":"people"}' })).rows).toEqual([['3']]);
});
