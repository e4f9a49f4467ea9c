import { describe, expect, test } from 'vitest';
import { StandInError } from '../../../test/servers/sqlserver.ts';
import { collectRows } from '../collect.ts';
import type { StatementControl } from '../engine.ts';
import { connected, standIn, targetOf, ValuesSink } from './testkit.ts';

const numbers = { columns: [{ name: 'n', type: 'int' }] } as const;

/** 1, 2, 3 … for as long as somebody reads. */
function* endless(): Generator<readonly unknown[]> {
  for (let n = 1; ; n += 1) yield [n];
}

function read(sql: string, parameters: readonly unknown[] = [], timeoutMs = 0) {
  return { sql, parameters, access: 'read', timeoutMs } as const;
}

describe('a read', () => {
  test('gives its rows inside a snapshot that is rolled back', async () => {
    const server = await standIn();
    server.answer('from items', { ...numbers, rows: [[1], [null], [3]] });
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    const result = await connection.run(read('select n from items'), sink);
    expect(result).toEqual({ rows: 3, affectedRows: null, stopped: false });
    expect(sink.rows).toEqual([[1], [null], [3]]);
    const kinds = server.events.map((event) => (event.kind === 'begin' ? `begin ${event.isolation}` : event.kind));
    expect(kinds.slice(-3)).toEqual(['begin 5', 'call', 'rollback']);
  });

  test('is rolled back in READ COMMITTED where the database keeps no snapshots', async () => {
    const server = await standIn({ snapshot: false });
    server.answer('from items', numbers);
    const connection = await connected(targetOf(server));
    await connection.run(read('select n from items'), new ValuesSink());
    expect(server.events.find(({ kind }) => kind === 'begin')).toMatchObject({ isolation: 2 });
  });

  test('is tried once more without a snapshot that another database does not keep', async () => {
    const server = await standIn();
    let attempts = 0;
    server.answer('from other', () => {
      attempts += 1;
      return attempts === 1
        ? new StandInError(3952, 'Snapshot isolation is not allowed.')
        : { ...numbers, rows: [[7]] };
    });
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    await connection.run(read('select n from other.dbo.t'), sink);
    expect(sink.rows).toEqual([[7]]);
    expect(server.events.filter(({ kind }) => kind === 'begin')).toMatchObject([{ isolation: 5 }, { isolation: 2 }]);
  });

  test('streams many packets', async () => {
    const server = await standIn();
    const rows = Array.from({ length: 20_000 }, (_, index) => [index, `row ${index}`]);
    server.answer('from items', { columns: [...numbers.columns, { name: 't', type: 'nvarchar(50)' }], rows });
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    const result = await connection.run(read('select n, t from items'), sink);
    expect(result.rows).toBe(20_000);
    expect(sink.rows.at(-1)).toEqual([19_999, 'row 19999']);
  });

  test('does not read on while it is paused', async () => {
    const server = await standIn();
    let made = 0;
    server.answer('from items', () => ({
      columns: [{ name: 't', type: 'nvarchar(4000)' }],
      rows: (function* () {
        for (; made < 100_000; made += 1) yield ['x'.repeat(4000)];
      })(),
    }));
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    let control: StatementControl | undefined;
    const paused = Promise.withResolvers<void>();
    sink.onRow = (rows) => {
      if (rows !== 10) return;
      control?.pause();
      paused.resolve();
    };
    const running = connection.run(read('select t from items'), sink, (handle) => {
      control = handle;
    });
    await paused.promise;
    // The server fills what lies between us and then has to wait: far from all that it has.
    for (let before = -1; before !== made; await new Promise((resolve) => setTimeout(resolve, 50))) before = made;
    expect(made).toBeLessThan(10_000);
    expect(sink.rows).toHaveLength(10);
    control?.resume();
    sink.onRow = (rows) => {
      if (rows === 20) control?.stop();
    };
    const result = await running;
    expect(result).toMatchObject({ stopped: true, rows: 20 });
  });

  test('can be stopped, and the connection goes on', async () => {
    const server = await standIn();
    server.answer('from items', () => ({ ...numbers, rows: endless() }));
    server.answer('from other', { ...numbers, rows: [[1]] });
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    let control: StatementControl | undefined;
    sink.onRow = (rows) => {
      if (rows === 5) control?.stop();
    };
    const result = await connection.run(read('select n from items'), sink, (handle) => {
      control = handle;
    });
    expect(result).toEqual({ rows: 5, affectedRows: null, stopped: true });
    expect(server.events.some(({ kind }) => kind === 'attention')).toBe(true);
    expect((await collectRows(connection, { sql: 'select n from other' })).rows).toEqual([['1']]);
  });

  test('that a sink throws out of ends with what it threw', async () => {
    const server = await standIn();
    server.answer('from items', () => ({ ...numbers, rows: endless() }));
    server.answer('from other', { ...numbers, rows: [[1]] });
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    sink.onRow = () => {
      throw new Error('the sink is full');
    };
    await expect(connection.run(read('select n from items'), sink)).rejects.toThrow('the sink is full');
    expect((await collectRows(connection, { sql: 'select n from other' })).rows).toEqual([['1']]);
  });

  test('is refused when it is none, whatever it is called', async () => {
    const server = await standIn();
    const connection = await connected(targetOf(server));
    const before = server.events.length;
    await expect(connection.run(read('delete from items'), new ValuesSink())).rejects.toMatchObject({
      code: 'read_only',
    });
    await expect(connection.run(read('select 1 commit'), new ValuesSink())).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(server.events).toHaveLength(before);
  });
});

describe('cancelling', () => {
  test('reaches a statement that hangs, and the connection goes on', async () => {
    const server = await standIn();
    server.answer('from items', { ...numbers, rows: [[1]], hangs: true });
    server.answer('from other', { ...numbers, rows: [[1]] });
    const connection = await connected(targetOf(server));
    const running = connection.run(read('select n from items'), new ValuesSink());
    const failure = expect(running).rejects.toMatchObject({ code: 'cancelled', fatal: false });
    await server.seen((event) => event.kind === 'call' && event.sql.includes('from items'));
    await connection.cancel();
    await failure;
    expect(server.events.filter(({ kind }) => kind === 'attention')).toHaveLength(1);
    expect((await collectRows(connection, { sql: 'select n from other' })).rows).toEqual([['1']]);
  });

  test('reaches a paused statement', async () => {
    const server = await standIn();
    server.answer('from items', () => ({ ...numbers, rows: endless() }));
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    let control: StatementControl | undefined;
    const paused = Promise.withResolvers<void>();
    sink.onRow = () => {
      control?.pause();
      paused.resolve();
    };
    const running = connection.run(read('select n from items'), sink, (handle) => {
      control = handle;
    });
    const failure = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await paused.promise;
    await connection.cancel();
    await failure;
    expect(connection.usable).toBe(true);
  });

  test('before the statement is sent, or when nothing runs, is safe', async () => {
    const server = await standIn();
    server.answer('from items', { ...numbers, rows: [[1]], hangs: true });
    const connection = await connected(targetOf(server));
    await connection.cancel();
    const running = connection.run(read('select n from items'), new ValuesSink());
    const failure = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await connection.cancel();
    await failure;
    expect(connection.usable).toBe(true);
  });

  test('that the server does not heed costs the connection', async () => {
    const server = await standIn({ deaf: true });
    server.answer('from items', { ...numbers, rows: [[1]], hangs: true });
    const connection = await connected(targetOf(server));
    const running = connection.run(read('select n from items'), new ValuesSink());
    const failure = expect(running).rejects.toMatchObject({ code: 'cancelled', fatal: true });
    await server.seen((event) => event.kind === 'call' && event.sql.includes('from items'));
    const cancelled = connection.cancel();
    await server.seen(({ kind }) => kind === 'attention');
    server.cut();
    await Promise.all([failure, cancelled]);
    expect(connection.usable).toBe(false);
  });

  test('happens by itself when the time is over', async () => {
    const server = await standIn();
    server.answer('from items', { ...numbers, hangs: true });
    const connection = await connected(targetOf(server));
    await expect(connection.run(read('select n from items', [], 50), new ValuesSink())).rejects.toMatchObject({
      code: 'statement_timeout',
    });
    expect(server.events.some((event) => event.kind === 'batch' && event.sql === 'SET LOCK_TIMEOUT 50')).toBe(true);
  });
});

describe('a write', () => {
  const write = (sql: string) => ({ sql, parameters: [], access: 'write', timeoutMs: 0 }) as const;

  test('is committed and counted', async () => {
    const server = await standIn();
    server.answer('insert', { affected: 3 });
    const connection = await connected(targetOf(server));
    const result = await connection.run(write('insert into items (n) values (1), (2), (3)'), new ValuesSink());
    expect(result).toEqual({ rows: 0, affectedRows: 3, stopped: false });
    expect(server.events.map(({ kind }) => kind).slice(-3)).toEqual(['begin', 'call', 'commit']);
  });

  test('that fails is not committed', async () => {
    const server = await standIn();
    server.answer('insert', new StandInError(2627, 'Violation of PRIMARY KEY constraint.', 14));
    const connection = await connected(targetOf(server));
    await expect(connection.run(write('insert into items (n) values (1)'), new ValuesSink())).rejects.toMatchObject({
      code: 'constraint_violation',
      nativeCode: '2627',
      fatal: false,
    });
    expect(server.events.some(({ kind }) => kind === 'commit')).toBe(false);
    expect(connection.usable).toBe(true);
  });

  test('whose rows are enough is not taken back', async () => {
    const server = await standIn();
    server.answer('output', { ...numbers, rows: Array.from({ length: 100 }, (_, index) => [index]) });
    const connection = await connected(targetOf(server));
    const sink = new ValuesSink();
    let control: StatementControl | undefined;
    sink.onRow = () => control?.stop();
    const result = await connection.run(write('delete from items output deleted.n'), sink, (handle) => {
      control = handle;
    });
    expect(result).toEqual({ rows: 1, affectedRows: 100, stopped: true });
    expect(server.events.at(-1)).toMatchObject({ kind: 'commit' });
  });
});

test('parameters are typed from their values', async () => {
  const server = await standIn();
  server.answer('@p1', { ...numbers, rows: [] });
  const connection = await connected(targetOf(server));
  const parameters = ['a', 5, 5_000_000_000, 1.5, true, null, { a: [1] }, 'x'.repeat(9_000), "o'brien ß €"];
  await connection.run(
    read(`select 1 where ${parameters.map((_, index) => `@p${index + 1} is null`).join(' and ')}`, parameters),
    new ValuesSink(),
  );
  const call = server.events.findLast((event) => event.kind === 'call');
  expect(call).toMatchObject({
    parameters: ['a', 5, 5_000_000_000n, 1.5, true, null, '{"a":[1]}', 'x'.repeat(9_000), "o'brien ß €"],
  });
  const declared = call?.kind === 'call' ? call.declaration.replace(/\(\w+\)/g, '') : '';
  expect(declared.split(/,\s*/).map((part) => part.split(' ')[1])).toEqual([
    'nvarchar',
    'int',
    'bigint',
    'float',
    'bit',
    'nvarchar',
    'nvarchar',
    'nvarchar',
    'nvarchar',
  ]);
});

test.each([[Number.NaN], [Symbol('x')]])('a parameter that cannot be sent is refused', async (value) => {
  const server = await standIn();
  const connection = await connected(targetOf(server));
  await expect(connection.run(read('select @p1', [value]), new ValuesSink())).rejects.toMatchObject({
    code: 'parameter_invalid',
  });
  expect(connection.usable).toBe(true);
});

test.each([
  [102, 15, 'syntax_error'],
  [208, 16, 'object_not_found'],
  [229, 14, 'permission_denied'],
  [1205, 13, 'lock_conflict'],
  [1222, 16, 'lock_conflict'],
  [8134, 16, 'value_invalid'],
  [701, 17, 'resource_exhausted'],
  [54321, 16, 'statement_failed'],
])('error %i is %s', async (number, severity, code) => {
  const server = await standIn();
  server.answer('from items', new StandInError(number, 'What the server says.', severity));
  const connection = await connected(targetOf(server));
  await expect(connection.run(read('select n from items'), new ValuesSink())).rejects.toMatchObject({
    code,
    nativeCode: String(number),
    message: 'What the server says.',
    fatal: false,
  });
  expect(connection.usable).toBe(true);
});

test('an error behind rows rejects', async () => {
  const server = await standIn();
  server.answer('from items', { ...numbers, rows: [[1]], error: new StandInError(8134, 'Divide by zero.') });
  const connection = await connected(targetOf(server));
  const sink = new ValuesSink();
  await expect(connection.run(read('select n from items'), sink)).rejects.toMatchObject({ code: 'value_invalid' });
  expect(sink.rows).toEqual([[1]]);
});

test('a broken connection is lost and not usable', async () => {
  const server = await standIn();
  server.answer('from items', { ...numbers, rows: [[1]], hangs: true });
  const connection = await connected(targetOf(server));
  const running = connection.run(read('select n from items'), new ValuesSink());
  const failure = expect(running).rejects.toMatchObject({ code: 'connection_lost', fatal: true });
  await server.seen((event) => event.kind === 'call' && event.sql.includes('from items'));
  server.cut();
  await failure;
  expect(connection.usable).toBe(false);
  await expect(connection.run(read('select n from items'), new ValuesSink())).rejects.toMatchObject({
    code: 'connection_lost',
  });
  expect(await connection.reset()).toBe(false);
});

test('a reset makes the server forget the session', async () => {
  const server = await standIn();
  server.answer('from items', numbers);
  const connection = await connected(targetOf(server));
  await connection.run(read('select n from items', [], 5_000), new ValuesSink());
  expect(await connection.reset()).toBe(true);
  expect(server.events.some(({ kind }) => kind === 'reset')).toBe(true);
  await connection.run(read('select n from items', [], 5_000), new ValuesSink());
  // The lock timeout was forgotten with it, hence set again.
  expect(server.events.filter((event) => event.kind === 'batch' && event.sql.startsWith('SET LOCK'))).toHaveLength(2);
});

test('one statement at a time', async () => {
  const server = await standIn();
  server.answer('from items', { ...numbers, hangs: true });
  const connection = await connected(targetOf(server));
  const running = connection.run(read('select n from items'), new ValuesSink());
  const failure = expect(running).rejects.toMatchObject({ code: 'cancelled' });
  await expect(connection.run(read('select n from items'), new ValuesSink())).rejects.toMatchObject({
    code: 'unsupported',
  });
  expect(await connection.reset()).toBe(false);
  await connection.cancel();
  await failure;
});
