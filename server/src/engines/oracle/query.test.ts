/** Statements on a driver in memory: transactions, streaming, pausing, stopping, cancelling, parameters, failures. */
import { expect, test, vi } from 'vitest';
import { collectRows } from '../collect.ts';
import type { StatementControl, StatementRequest } from '../engine.ts';
import { column, connected, FakeServer, failure, rowsOf, WatchingSink } from './testkit.ts';

const read = (sql: string, parameters: readonly unknown[] = []): StatementRequest => ({
  sql,
  parameters,
  access: 'read',
  timeoutMs: 60_000,
});
const write = (sql: string): StatementRequest => ({ ...read(sql), access: 'write' });

function* numbers(until: number): Generator<readonly unknown[]> {
  for (let number = 1; number <= until; number += 1) yield [String(number)];
}

const counting = (until: number, more = {}) => ({ columns: [column('N', 'NUMBER')], rows: numbers(until), ...more });

test('a read begins a read-only transaction, loses its semicolon, and ends in a rollback', async () => {
  const server = new FakeServer().on(/^select 1/, rowsOf(['A'], [['1']]));
  const connection = await connected(server);
  expect(await collectRows(connection, { sql: 'select 1 from dual ; -- done' })).toMatchObject({
    rows: [['1']],
    affectedRows: null,
    stopped: false,
  });
  expect(server.log).toEqual(['SET TRANSACTION READ ONLY', 'select 1 from dual ', 'close result', 'rollback']);
});

test('a write commits when it succeeded and rolls back when not', async () => {
  const server = new FakeServer()
    .on(/^insert/, { affected: 3 })
    .on(/^delete/, { error: failure('ORA-02292', 'integrity constraint (S.FK) violated - child record found') });
  const connection = await connected(server);
  expect(await connection.run(write('insert into t values (1)'), new WatchingSink())).toEqual({
    rows: 0,
    affectedRows: 3,
    stopped: false,
  });
  await expect(connection.run(write('delete from t'), new WatchingSink())).rejects.toMatchObject({
    code: 'constraint_violation',
    nativeCode: 'ORA-02292',
    fatal: false,
  });
  expect(server.log).toEqual(['insert into t values (1)', 'commit', 'delete from t', 'rollback']);
  expect(connection.usable).toBe(true);
});

test('what is no read never reaches the server', async () => {
  const server = new FakeServer();
  const connection = await connected(server);
  for (const [sql, code] of [
    ['insert into t values (1)', 'read_only'],
    ['select * from t for update', 'read_only'],
    ['begin null; end;', 'unsupported'],
    ['select 1 from dual; select 2 from dual', 'unsupported'],
    ['select utl_http.request(:1) from dual', 'unsupported'],
  ] as const) {
    await expect(connection.run(read(sql), new WatchingSink())).rejects.toMatchObject({ code });
  }
  await expect(connection.run(write('drop user x'), new WatchingSink())).rejects.toMatchObject({ code: 'unsupported' });
  expect(server.log).toEqual([]);
});

test('rows are fetched in batches by their width; rows with large objects one by one, or as the option says', async () => {
  const server = new FakeServer()
    .on(/^select narrow/, () => counting(2500))
    .on(/^select wide/, () => ({ columns: Array.from({ length: 500 }, (_, i) => column(`C${i}`)), rows: [] }))
    .on(/^select lob/, () => ({ columns: [column('C', 'CLOB')], rows: [['a'], ['b']] }));
  const batch = async (sql: string, options = {}) => {
    const connection = await connected(server, { options });
    server.largestBatch = 0;
    await collectRows(connection, { sql });
    return server.largestBatch;
  };
  expect(await batch('select narrow from t')).toBe(1000);
  expect(await batch('select wide from t')).toBe(20);
  expect(await batch('select lob from t')).toBe(1);
  expect(await batch('select lob from t', { largeRowsPerFetch: 50 })).toBe(50);
});

test('no rows come while paused', async () => {
  const server = new FakeServer().on(/^select n/, () => counting(5000));
  const connection = await connected(server);
  let control: StatementControl | undefined;
  const paused = Promise.withResolvers<void>();
  const sink = new WatchingSink((count) => {
    if (count !== 1200) return;
    control?.pause();
    paused.resolve();
  });
  const result = connection.run(read('select n from t'), sink, (given) => {
    control = given;
  });
  await paused.promise;
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(sink.raw).toHaveLength(1200);
  control?.resume();
  expect(await result).toMatchObject({ rows: 5000, stopped: false });
  expect(sink.raw.at(-1)).toEqual(['5000']);
});

test('stopping between rows ends the result without interrupting anybody', async () => {
  const server = new FakeServer().on(/^select n/, () => counting(5000));
  const connection = await connected(server);
  let control: StatementControl | undefined;
  const sink = new WatchingSink((count) => {
    if (count === 10) control?.stop();
  });
  const result = await connection.run(read('select n from t'), sink, (given) => {
    control = given;
  });
  expect(result).toEqual({ rows: 10, affectedRows: null, stopped: true });
  expect(server.log.slice(-2)).toEqual(['close result', 'rollback']);
  expect(connection.usable).toBe(true);
});

test.each([-1, 2])('stopping while the server works interrupts it (at row %i)', async (hangsAt) => {
  const server = new FakeServer().on(/^select n/, () => counting(5000, { hangsAt }));
  const connection = await connected(server);
  let control: StatementControl | undefined;
  const result = connection.run(read('select n from t'), new WatchingSink(), (given) => {
    control = given;
  });
  await logged(server, 'hangs');
  control?.stop();
  expect(await result).toEqual({ rows: Math.max(0, hangsAt), affectedRows: null, stopped: true });
  expect(server.log).toContain('break');
  expect(server.log.at(-1)).toBe('rollback');
  expect(connection.usable).toBe(true);
});

async function logged(server: FakeServer, word: string): Promise<void> {
  while (!server.log.includes(word)) await new Promise((resolve) => setImmediate(resolve));
}

test.each(['read', 'write'] as const)('cancelling a %s interrupts it and leaves no transaction', async (access) => {
  const server = new FakeServer().on(/^(?:select|update)/, { columns: [column('N')], rows: [], hangsAt: -1 });
  const connection = await connected(server);
  const sql = access === 'read' ? 'select n from t' : 'update t set n = 1';
  const result = connection.run({ ...read(sql), access }, new WatchingSink());
  const refused = expect(result).rejects.toMatchObject({ code: 'cancelled', fatal: false });
  await logged(server, 'hangs');
  await connection.cancel();
  await refused;
  expect(server.log.slice(-2)).toEqual(['break', 'rollback']);
  expect(connection.usable).toBe(true);
});

test('a break that came too late is not left for the next statement', async () => {
  const server = new FakeServer().on(/^select/, { columns: [column('N')], rows: [], hangsAt: -1, late: true });
  const connection = await connected(server);
  const result = connection.run(read('select n from t'), new WatchingSink());
  const refused = expect(result).rejects.toMatchObject({ code: 'cancelled', fatal: true });
  await logged(server, 'hangs');
  await connection.cancel();
  await refused;
  expect(server.log.slice(-2)).toEqual(['break', 'destroy']);
  expect(connection.usable).toBe(false);
});

test('cancelling a paused statement needs no interruption', async () => {
  const server = new FakeServer().on(/^select n/, () => counting(5000));
  const connection = await connected(server);
  let control: StatementControl | undefined;
  const paused = Promise.withResolvers<void>();
  const sink = new WatchingSink(() => {
    control?.pause();
    paused.resolve();
  });
  const result = connection.run(read('select n from t'), sink, (given) => {
    control = given;
  });
  const refused = expect(result).rejects.toMatchObject({ code: 'cancelled' });
  await paused.promise;
  await connection.cancel();
  await refused;
  expect(server.log).not.toContain('break');
  expect(connection.usable).toBe(true);
});

test('a lost connection is fatal, and nothing runs on it any more', async () => {
  const server = new FakeServer().on(/^select/, {
    error: Object.assign(failure('NJS-500', 'connection was closed\nORA-00028: your session has been killed'), {
      errorNum: 28,
    }),
  });
  const connection = await connected(server);
  await expect(connection.run(read('select 1 from dual'), new WatchingSink())).rejects.toMatchObject({
    code: 'connection_lost',
    nativeCode: 'ORA-00028',
    message: 'your session has been killed',
    fatal: true,
  });
  expect(connection.usable).toBe(false);
  await expect(connection.run(read('select 1 from dual'), new WatchingSink())).rejects.toMatchObject({ fatal: true });
});

test("a consumer's own error comes back as it is, and the session stays", async () => {
  const server = new FakeServer().on(/^select n/, () => counting(10));
  const connection = await connected(server);
  const broken = new Error('the consumer broke');
  const sink = new WatchingSink(() => {
    throw broken;
  });
  await expect(connection.run(read('select n from t'), sink)).rejects.toBe(broken);
  expect(server.log.slice(-2)).toEqual(['close result', 'rollback']);
  expect(connection.usable).toBe(true);
});

test('one statement at a time', async () => {
  const server = new FakeServer().on(/^select n/, () => counting(10));
  const connection = await connected(server);
  const first = connection.run(read('select n from t'), new WatchingSink());
  await expect(connection.run(read('select n from t'), new WatchingSink())).rejects.toMatchObject({
    code: 'protocol_error',
  });
  expect(await first).toMatchObject({ rows: 10 });
});

test('parameters go by number wherever they stand, or by the order of names', async () => {
  const server = new FakeServer().on(/^select/, rowsOf(['A'], []));
  const connection = await connected(server);
  const bound = async (sql: string, parameters: readonly unknown[]) => {
    await connection.run(read(sql, parameters), new WatchingSink());
    return server.binds;
  };
  expect(await bound('select :2, :1, :2 from dual', ['a', 7])).toEqual({ 1: 'a', 2: 7 });
  expect(await bound('select :b, :"x y", : b, :"B" from dual', [true, { k: [1] }])).toEqual({
    B: 1,
    '"x y"': '{"k":[1]}',
  });
  expect(await bound("select ':1', q'[:2]' from t where a = :1 -- :3", [null])).toEqual({ 1: null });
  for (const [sql, parameters] of [
    ['select :1 from dual', []],
    ['select 1 from dual', ['a']],
    ['select :1, :3 from dual', ['a', 'b', 'c']],
  ] as const) {
    await expect(connection.run(read(sql, parameters), new WatchingSink())).rejects.toMatchObject({
      code: 'parameter_invalid',
    });
  }
});

test('reset keeps a session that only read, and closes one that wrote', async () => {
  const server = new FakeServer().on(/^select 1/, rowsOf(['A'], [])).on(/^insert/, { affected: 1 });
  const connection = await connected(server);
  await connection.run(read('select 1 from dual'), new WatchingSink());
  expect(await connection.reset()).toBe(true);
  expect(server.log.slice(-2)).toEqual([expect.stringContaining('RESET_PACKAGE'), 'session settings']);
  await connection.run(write('insert into t values (1)'), new WatchingSink());
  expect(await connection.reset()).toBe(false);
  expect(connection.usable).toBe(false);
  expect(server.log.slice(-2)).toEqual(['close', 'destroy']);
});

test('closing cancels what runs', async () => {
  const server = new FakeServer().on(/^select/, { columns: [column('N')], rows: [], hangsAt: -1 });
  const connection = await connected(server);
  const result = connection.run(read('select n from t'), new WatchingSink());
  const refused = expect(result).rejects.toMatchObject({ code: 'cancelled' });
  await logged(server, 'hangs');
  await connection.close();
  await refused;
  expect(server.log.slice(-4)).toEqual(['break', 'rollback', 'close', 'destroy']);
});

test('a server that does not even give up a statement is left', async () => {
  const server = new FakeServer().on(/^select/, { columns: [column('N')], rows: [], hangsAt: -1, deaf: true });
  const connection = await connected(server);
  const result = connection.run(read('select n from t'), new WatchingSink());
  const refused = expect(result).rejects.toMatchObject({ code: 'cancelled', fatal: true });
  await logged(server, 'hangs');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const cancelled = connection.cancel();
    vi.advanceTimersByTime(10_000);
    await cancelled;
  } finally {
    vi.useRealTimers();
  }
  await refused;
  expect(server.log.slice(-2)).toEqual(['break', 'destroy']);
  expect(connection.usable).toBe(false);
});

test('the server is told to give up in time', async () => {
  const server = new FakeServer().on(/^select 1/, { error: failure('NJS-123', 'call timeout of 1500 ms exceeded') });
  const connection = await connected(server);
  const request = { ...read('select 1 from dual'), timeoutMs: 1500 };
  await expect(connection.run(request, new WatchingSink())).rejects.toMatchObject({
    code: 'statement_timeout',
    fatal: false,
  });
  expect(server.timeouts).toEqual([1500, 5000]);
});
