/** A SQL Server source through the whole gateway, against the stand-in: test, query in every format, cancel, refuse. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Headgate, startHeadgate } from '../harness.ts';
import { makeAuthority } from '../servers/certificates.ts';
import { type SqlserverStandIn, StandInError, startSqlserverStandIn } from '../servers/sqlserver.ts';

let headgate: Headgate;
let server: SqlserverStandIn;
const authority = makeAuthority();

const columns = [
  { name: 'id', type: 'bigint' },
  { name: 'n', type: 'int' },
  { name: 'total', type: 'decimal(20,2)' },
  { name: 'made', type: 'datetime2(7)' },
  { name: 'zoned', type: 'datetimeoffset(7)' },
  { name: 'raw', type: 'varbinary(10)' },
  { name: 'yes', type: 'bit' },
  { name: 't', type: 'nvarchar(50)' },
  { name: 'key', type: 'uniqueidentifier' },
];
const row = [
  '9007199254740993',
  7,
  '123456789012345678.90',
  '2024-05-06 07:08:09.1234567',
  '2024-05-06 07:08:09.1234567',
  Buffer.from([1, 2]),
  true,
  'a "b", ß',
  '0123abcd-4567-89ef-0123-456789abcdef',
];

beforeAll(async () => {
  headgate = await startHeadgate();
  server = await startSqlserverStandIn({ tls: authority.issue({ names: ['localhost'] }) });
  server.answer('HAS_PERMS_BY_NAME', { columns: [{ name: '', type: 'nvarchar(50)' }], rows: [['writes']] });
  server.answer('SYSUTCDATETIME', () => ({ columns: [{ name: '', type: 'bigint' }], rows: [[Date.now()]] }));
  server.answer('from orders', { columns, rows: [row, columns.map(() => null)] });
  const created = await headgate.api('POST', '/sources', {
    name: 'shop',
    engine: 'sqlserver',
    host: 'localhost',
    port: server.port,
    database: 'shop',
    username: server.username,
    password: server.password,
    tls: { mode: 'verify-full', ca: authority.ca },
  });
  if (created.status !== 201) throw new Error(created.text);
});
beforeEach(() => {
  server.events.length = 0;
});
afterAll(async () => {
  await headgate?.stop();
  await server?.stop();
});

const query = (body: object) => headgate.api('POST', '/sources/shop/query', body);

test('the connection test goes through its stages', async () => {
  const { status, body } = await headgate.api('POST', '/sources/shop/test', {});
  expect(status).toBe(200);
  expect(body).toMatchObject({ ok: true, server: { version: '16.0.4165.4', encrypted: true } });
  const stages = body.stages.map(({ stage, ok }: { stage: string; ok: boolean }) => `${stage} ${ok}`);
  expect(stages).toEqual(
    ['name', 'address', 'tls', 'login', 'database', 'privileges', 'clock'].map((name) => `${name} true`),
  );
});

test.each([
  [{ username: 'reader', password: 'wrong-password-1' }, 'login', 'login_failed'],
  [{ username: 'reader', password: 'Stand-in-password-1', database: 'missing' }, 'database', 'database_not_found'],
  [
    { username: 'reader', password: 'Stand-in-password-1', tls: { ca: makeAuthority('Other').ca } },
    'tls',
    'tls_untrusted',
  ],
])('the connection test explains what is wrong', async (changes, stage, code) => {
  const { body } = await headgate.api('POST', '/sources/shop/test', changes);
  expect(body.ok).toBe(false);
  expect(body.stages.at(-1)).toMatchObject({ stage, ok: false, code });
});

describe('a query', () => {
  test('as NDJSON', async () => {
    const answer = await query({ sql: 'select * from orders where n = @p1', parameters: [7] });
    expect(answer.status, answer.text).toBe(200);
    const [first, second] = answer.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toEqual({
      id: '9007199254740993',
      n: 7,
      total: '123456789012345678.90',
      made: '2024-05-06T07:08:09.1234567',
      zoned: '2024-05-06T07:08:09.1234567Z',
      raw: 'AQI=',
      yes: true,
      t: 'a "b", ß',
      key: '0123abcd-4567-89ef-0123-456789abcdef',
    });
    expect(Object.values(second)).toEqual(columns.map(() => null));
    const described = JSON.parse(Buffer.from(answer.headers.get('headgate-columns') ?? '', 'base64').toString());
    expect(described[2]).toEqual({ name: 'total', kind: 'decimal', type: 'decimal(20,2)' });
    expect(server.events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['begin', 'call', 'rollback']));
  });

  test('as CSV', async () => {
    const answer = await query({ sql: 'select * from orders', format: 'csv' });
    expect(answer.text).toBe(
      'id,n,total,made,zoned,raw,yes,t,key\r\n' +
        '9007199254740993,7,123456789012345678.90,2024-05-06T07:08:09.1234567,2024-05-06T07:08:09.1234567Z,AQI=,true,' +
        '"a ""b"", ß",0123abcd-4567-89ef-0123-456789abcdef\r\n' +
        ',,,,,,,,\r\n',
    );
  });

  test('ends at its limit without an error', async () => {
    const rows = (function* () {
      for (let n = 1; ; n += 1) yield [n];
    })();
    server.answer('from endless', { columns: [{ name: 'n', type: 'int' }], rows });
    const answer = await query({ sql: 'select n from endless', maxRows: 1000 });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.text.trim().split('\n')).toHaveLength(1000);
    expect(server.events.some(({ kind }) => kind === 'attention')).toBe(true);
  });

  test('that hangs is cancelled on the server', async () => {
    server.answer('from slow', { columns: [{ name: 'n', type: 'int' }], hangs: true });
    const answer = query({ sql: 'select n from slow' });
    await server.seen((event) => event.kind === 'call' && event.sql.includes('from slow'));
    const { body } = await headgate.api('GET', '/queries');
    const running = body.items.find((item: { state: string }) => item.state === 'running');
    expect((await headgate.api('DELETE', `/queries/${running.id}`)).status).toBeLessThan(300);
    expect((await answer).body).toMatchObject({ code: 'query_cancelled' });
    await server.seen((event) => event.kind === 'rollback' || event.kind === 'attention');
    expect((await query({ sql: 'select * from orders' })).status).toBe(200);
  });

  test('shows what the server said', async () => {
    server.answer('from nowhere', new StandInError(208, "Invalid object name 'nowhere'."));
    const answer = await query({ sql: 'select * from nowhere' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).toMatchObject({ detail: expect.stringContaining("Invalid object name 'nowhere'.") });
  });

  test('that is two is refused before anything is sent', async () => {
    const answer = await query({ sql: 'select 1 commit' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(server.events.filter(({ kind }) => kind === 'call')).toEqual([]);
  });
});

test('a write is committed when it is asked for', async () => {
  server.answer('insert into orders', { affected: 2 });
  const refused = await query({ sql: 'insert into orders (n) values (1), (2)' });
  expect(refused.body).toMatchObject({ code: 'write_not_requested' });
  const answer = await query({ sql: 'insert into orders (n) values (1), (2)', write: true });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get('headgate-result')).toContain('affected=2');
  expect(server.events.map(({ kind }) => kind)).toContain('commit');
});

test('a URL becomes a source', async () => {
  const created = await headgate.api('POST', '/sources', {
    name: 'by-url',
    url: 'jdbc:sqlserver://db.example.com:1434;databaseName=shop;user=bob;password=canary-secret-7;encrypt=true',
  });
  expect(created.status, created.text).toBe(201);
  expect(created.body).toMatchObject({
    engine: 'sqlserver',
    host: 'db.example.com',
    port: 1434,
    database: 'shop',
    tls: { mode: 'verify-full' },
  });
  expect(created.text).not.toContain('canary-secret-7');
  expect(headgate.logs()).not.toContain('canary-secret-7');
});
