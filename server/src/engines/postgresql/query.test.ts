import { describe, expect, test } from 'vitest';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { CollectingSink, collectRows } from '../collect.ts';
import type { EngineConnection, StatementControl } from '../engine.ts';
import { openShared } from './test-support.ts';

const read = (connection: EngineConnection, sql: string, parameters: readonly unknown[] = []) =>
  collectRows(connection, { sql, parameters });
const write = (connection: EngineConnection, sql: string, parameters: readonly unknown[] = []) =>
  collectRows(connection, { sql, parameters, access: 'write' });

async function openDatabase(setup = ''): Promise<{ connection: EngineConnection; database: string }> {
  const server = await sharedPostgresql();
  const database = await server.createDatabase();
  if (setup !== '') await server.execute(setup, database);
  return { connection: await openShared({ database }), database };
}

describe('values', () => {
  test.each([
    ["'x'::text", 'x', 'text', 'text'],
    ['null::text', null, 'text', 'text'],
    ["''::text", '', 'text', 'text'],
    ['(-32768)::int2', '-32768', 'integer', 'smallint'],
    ['2147483647', '2147483647', 'integer', 'integer'],
    ['9223372036854775807', '9223372036854775807', 'bigint', 'bigint'],
    ['12.50::numeric(14,2)', '12.50', 'decimal', 'numeric(14,2)'],
    ['1200::numeric(3,-2)', '1200', 'decimal', 'numeric(3,-2)'],
    ["'NaN'::numeric", 'NaN', 'decimal', 'numeric'],
    ["'Infinity'::numeric", 'Infinity', 'decimal', 'numeric'],
    ['0.1::float8', '0.1', 'float', 'double precision'],
    ["'NaN'::float8", 'NaN', 'float', 'double precision'],
    ["'-Infinity'::float4", '-Infinity', 'float', 'real'],
    ['true', 't', 'boolean', 'boolean'],
    ["'2024-02-29'::date", '2024-02-29', 'date', 'date'],
    ["'0044-03-15 BC'::date", '0044-03-15 BC', 'date', 'date'],
    ["'infinity'::timestamptz", 'infinity', 'timestamptz', 'timestamp with time zone'],
    ["'-infinity'::timestamp", '-infinity', 'timestamp', 'timestamp without time zone'],
    [
      "'2024-01-02 03:04:05.678+02'::timestamptz",
      '2024-01-02 01:04:05.678+00',
      'timestamptz',
      'timestamp with time zone',
    ],
    ["'2024-01-02 03:04:05'::timestamp(3)", '2024-01-02 03:04:05', 'timestamp', 'timestamp(3) without time zone'],
    ["'03:04:05.6'::time", '03:04:05.6', 'time', 'time without time zone'],
    ["'03:04+02'::timetz", '03:04:00+02', 'text', 'time with time zone'],
    ["'1 year 2 days 03:04'::interval", '1 year 2 days 03:04:00', 'text', 'interval'],
    ["'\\x00ff'::bytea", '\\x00ff', 'bytes', 'bytea'],
    ["''::bytea", '\\x', 'bytes', 'bytea'],
    ['\'{"a":\n1}\'::json', '{"a":\n1}', 'json', 'json'],
    ['\'{"a": [1, null]}\'::jsonb', '{"a": [1, null]}', 'json', 'jsonb'],
    ['array[1,null,3]', '{1,NULL,3}', 'text', 'integer[]'],
    ["array['a b','c\"d',null]", '{"a b","c\\"d",NULL}', 'text', 'text[]'],
    ['array[1.5]::numeric(5,1)[]', '{1.5}', 'text', 'numeric(5,1)[]'],
    ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'text', 'uuid'],
    ["'ab'::varchar(20)", 'ab', 'text', 'character varying(20)'],
    ["'ab'::char(4)", 'ab  ', 'text', 'character(4)'],
    ["b'101'::bit(3)", '101', 'text', 'bit(3)'],
    ["'10.0.0.1'::inet", '10.0.0.1', 'text', 'inet'],
    ['(1,2)', '(1,2)', 'text', 'record'],
    ["'[1,5)'::int4range", '[1,5)', 'text', 'int4range'],
    ["'Grüße, 世界, 😀'", 'Grüße, 世界, 😀', 'text', 'text'],
  ])('%s', async (expression, text, kind, type) => {
    const result = await read(await openShared(), `select ${expression} as value`);
    expect(result.rows).toEqual([[text]]);
    expect(result.columns).toMatchObject([{ name: 'value', kind, type }]);
  });

  test('booleans and bytes say how they are spelled', async () => {
    const { columns } = await read(await openShared(), "select true, ''::bytea, 1");
    expect(columns.map((column) => column.spelling)).toEqual(['pg-bool', 'pg-bytea-hex', undefined]);
  });

  test('a type that only the server knows is text', async () => {
    const { connection } = await openDatabase("create type mood as enum ('sad', 'ok')");
    const { rows, columns } = await read(connection, "select 'ok'::mood");
    expect(rows).toEqual([['ok']]);
    expect(columns[0]).toMatchObject({ kind: 'text', type: expect.stringMatching(/^oid \d+$/) });
  });

  test('printed types agree with format_type for every type and modifier that the server can print', async () => {
    const { connection } =
      await openDatabase(`create table every (a numeric(7,3), b varchar(9), c char, d timestamptz(2), e time(0),
      f interval(1), g bit(5), h varbit(6), i varchar(4)[], j timestamp(1)[], k text, l "char", m name, n oid, o money)`);
    const { columns } = await read(connection, 'select * from every');
    const { rows } = await read(
      connection,
      "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'every'::regclass and attnum > 0 order by attnum",
    );
    expect(columns.map((column) => [column.type])).toEqual(rows);
  });

  test('settings of the role do not change how values are spelled', async () => {
    const server = await sharedPostgresql();
    const database = await server.createDatabase();
    await server.execute(`alter database "${database}" set DateStyle = 'German'; alter database "${database}" set IntervalStyle = 'iso_8601';
      alter database "${database}" set bytea_output = 'escape'; alter database "${database}" set TimeZone = 'Asia/Tokyo';
      alter database "${database}" set extra_float_digits = -5`);
    const connection = await openShared({ database });
    const sql = "select '2024-01-02 03:04:05+00'::timestamptz, interval '1 day', '\\x01'::bytea, 0.1::float8 + 0.2";
    const expected = [['2024-01-02 03:04:05+00', '1 day', '\\x01', '0.30000000000000004']];
    expect((await read(connection, sql)).rows).toEqual(expected);
    expect(await connection.reset()).toBe(true);
    expect((await read(connection, sql)).rows).toEqual(expected);
  });
});

describe('parameters', () => {
  test('reach the server as the types that it infers', async () => {
    const connection = await openShared();
    const sql = 'select $1::int + 1, $2::text, $3::bool, $4::jsonb, $5::float8, $6::int8, $7::text, $8::int[]';
    const parameters = [41, 'it\'s "x" \\ 😀', true, { a: [1] }, Number.NaN, 9007199254740993n, null, '{1,2}'];
    expect((await read(connection, sql, parameters)).rows).toEqual([
      ['42', 'it\'s "x" \\ 😀', 't', '{"a": [1]}', 'NaN', '9007199254740993', null, '{1,2}'],
    ]);
  });

  test('a large one', async () => {
    const { rows } = await read(await openShared(), 'select length($1)', ['é'.repeat(3_000_000)]);
    expect(rows).toEqual([['3000000']]);
  });

  test.each([
    ['undefined', [undefined]],
    ['a function', [() => 1]],
    ['NUL', ['a\0b']],
    ['too many', Array.from({ length: 65_536 }, () => 1)],
  ])('%s is refused before anything is sent', async (_, parameters) => {
    const connection = await openShared();
    await expect(read(connection, 'select $1', parameters)).rejects.toMatchObject({ code: 'parameter_invalid' });
    expect((await read(connection, 'select 1')).rows).toEqual([['1']]);
  });

  test('a wrong number of them, or a wrong value', async () => {
    const connection = await openShared();
    await expect(read(connection, 'select $1::int, $2::int', [1])).rejects.toMatchObject({ code: 'parameter_invalid' });
    await expect(read(connection, 'select $1::int', ['x'])).rejects.toMatchObject({
      code: 'value_invalid',
      nativeCode: '22P02',
    });
    expect(connection.usable).toBe(true);
  });
});

describe('results', () => {
  test('repeated names, no rows, no columns', async () => {
    const connection = await openShared();
    const repeated = await read(connection, 'select 1 as a, 2 as a');
    expect([repeated.columns.map((column) => column.name), repeated.rows]).toEqual([['a', 'a'], [['1', '2']]]);
    const empty = await read(connection, 'select 1 as a where false');
    expect([empty.columns.length, empty.rows]).toEqual([1, []]);
    const bare = await read(connection, 'select from generate_series(1, 2)');
    expect([bare.columns, bare.rows]).toEqual([[], [[], []]]);
  });

  test('the same text again and again, through every way of preparing it', async () => {
    const connection = await openShared();
    for (let round = 0; round < 5; round += 1) {
      const { rows, columns } = await read(connection, 'select $1::int as n', [round]);
      expect([rows, columns.map((column) => column.name)]).toEqual([[[String(round)]], ['n']]);
      expect((await read(connection, 'select 1 as a where false')).columns).toHaveLength(1);
    }
  });

  test('more texts than are kept prepared', async () => {
    const connection = await openShared();
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 130; index += 1) {
        expect((await read(connection, `select ${index}`)).rows).toEqual([[String(index)]]);
      }
    }
    const { rows } = await read(connection, 'select count(*) <= 106 from pg_prepared_statements');
    expect(rows).toEqual([['t']]);
  });

  test('a prepared statement whose table changed is prepared afresh', async () => {
    const { connection, database } = await openDatabase('create table t as select 1 as a');
    const server = await sharedPostgresql();
    for (let round = 0; round < 3; round += 1) await read(connection, 'select * from t');
    await server.execute('alter table t add column b text', database);
    const { rows, columns } = await read(connection, 'select * from t');
    expect([rows, columns.length]).toEqual([[['1', null]], 2]);
    await server.execute('alter table t rename column a to c', database);
    expect((await read(connection, 'select * from t')).columns[0]?.name).toBe('c');
    expect(connection.usable).toBe(true);
  });

  test('fields and rows larger than the receive buffer', async () => {
    const connection = await openShared();
    const { rows } = await read(
      connection,
      "select i, repeat(chr(96 + i), i * 3000000), 'end' from generate_series(1, 4) i",
    );
    expect(rows.map((row) => [row[0], row[1]?.length, row[1]?.at(-1), row[2]])).toEqual([
      ['1', 3_000_000, 'a', 'end'],
      ['2', 6_000_000, 'b', 'end'],
      ['3', 9_000_000, 'c', 'end'],
      ['4', 12_000_000, 'd', 'end'],
    ]);
    expect((await read(connection, 'select 1')).rows).toEqual([['1']]);
  });

  test('rows of every size around the buffer boundary arrive whole', async () => {
    const connection = await openShared({ tls: { mode: 'require' } });
    for (const one of [connection, await openShared()]) {
      const { rows } = await read(one, "select repeat('x', n) from generate_series(65400, 65600, 7) n");
      expect(rows.map((row) => row[0]?.length)).toEqual(Array.from({ length: 29 }, (_, index) => 65_400 + index * 7));
    }
  });

  test('a row above the limit ends the statement, not the connection', async () => {
    const connection = await openShared({ options: { maxRowBytes: 65_536 } });
    await expect(read(connection, "select repeat('x', 100000) from generate_series(1, 3)")).rejects.toMatchObject({
      code: 'resource_exhausted',
    });
    expect((await read(connection, "select length(repeat('x', 100000))")).rows).toEqual([['100000']]);
  });

  test('many rows', async () => {
    const { rows } = await read(
      await openShared({ tls: { mode: 'require' } }),
      'select i, i * 2 from generate_series(1, 100000) i',
    );
    expect(rows.length).toBe(100_000);
    expect(rows.every((row, index) => row[0] === String(index + 1) && row[1] === String(2 * index + 2))).toBe(true);
  });

  test('writes say what they changed', async () => {
    const { connection } = await openDatabase();
    expect((await write(connection, 'create table t (a int primary key)')).affectedRows).toBe(null);
    expect((await write(connection, 'insert into t select generate_series(1, 5)')).affectedRows).toBe(5);
    expect((await write(connection, 'update t set a = a + 10 where a > $1 returning a', [3])).rows).toEqual([
      ['14'],
      ['15'],
    ]);
    expect((await write(connection, 'delete from t where a > 3')).affectedRows).toBe(2);
    expect((await write(connection, 'select * into u from t')).affectedRows).toBe(3);
    expect((await write(connection, 'select a from t order by a')).affectedRows).toBe(null);
    expect((await read(connection, 'select count(*) from u')).rows).toEqual([['3']]);
  });
});

describe('errors', () => {
  test.each([
    ['selec 1', 'syntax_error', '42601', 1],
    ['select x from nowhere', 'object_not_found', '42P01', 15],
    ['select nope(1)', 'object_not_found', '42883', 8],
    ["select 'x'::int", 'value_invalid', '22P02', 8],
    ['select 1/0', 'value_invalid', '22012', undefined],
    ['create table t (i int)', 'read_only', '25006', undefined],
    ['select pg_read_file($1)', 'value_invalid', undefined, undefined],
    ['select 1; select 2', 'syntax_error', '42601', undefined],
    ['select \0', 'syntax_error', undefined, undefined],
  ])('%s', async (sql, code, nativeCode, position) => {
    const connection = await openShared();
    if (sql.includes('$1')) {
      await expect(read(connection, sql, [null])).resolves.toMatchObject({ rows: [[null]] });
      return;
    }
    await expect(read(connection, sql)).rejects.toMatchObject({ code, nativeCode, position, fatal: false });
    expect((await read(connection, 'select 1')).rows).toEqual([['1']]);
  });

  test('in the middle of a result', async () => {
    const connection = await openShared();
    const sink = new CollectingSink();
    const run = connection.run(
      { sql: 'select 1 / (20000 - i) from generate_series(1, 30000) i', parameters: [], access: 'read', timeoutMs: 0 },
      sink,
    );
    await expect(run).rejects.toMatchObject({ nativeCode: '22012' });
    expect(sink.rows.length).toBe(19_999);
    expect((await read(connection, 'select 1')).rows).toEqual([['1']]);
  });

  test('a failed write leaves nothing', async () => {
    const { connection } = await openDatabase('create table t (a int primary key)');
    await expect(write(connection, 'insert into t values (1), (1)')).rejects.toMatchObject({
      code: 'constraint_violation',
      nativeCode: '23505',
      detail: expect.stringContaining('already exists'),
    });
    expect((await read(connection, 'select count(*) from t')).rows).toEqual([['0']]);
  });

  test('one that comes only with COMMIT', async () => {
    const { connection } = await openDatabase('create table t (a int unique deferrable initially deferred)');
    await expect(write(connection, 'insert into t values (1), (1)')).rejects.toMatchObject({ nativeCode: '23505' });
    expect((await read(connection, 'select count(*) from t')).rows).toEqual([['0']]);
  });

  test('the time limit is the server’s too', async () => {
    const connection = await openShared();
    const run = collectRows(connection, { sql: 'select pg_sleep(30)', timeoutMs: 50 });
    await expect(run).rejects.toMatchObject({ code: 'statement_timeout', nativeCode: '57014' });
    expect((await read(connection, "select current_setting('statement_timeout')")).rows).toEqual([['1min']]);
  });

  test('COPY to the client closes the connection', async () => {
    const connection = await openShared();
    await expect(read(connection, 'copy (select 1) to stdout')).rejects.toMatchObject({
      code: 'unsupported',
      fatal: true,
    });
    expect(connection.usable).toBe(false);
    await expect(read(connection, 'select 1')).rejects.toMatchObject({ code: 'connection_lost' });
  });

  test('a sink that fails ends the statement', async () => {
    const connection = await openShared();
    const sink = new CollectingSink();
    sink.frames = () => {
      throw new Error('the consumer is gone');
    };
    const request = {
      sql: 'select * from generate_series(1, 1000000)',
      parameters: [],
      access: 'read',
      timeoutMs: 0,
    } as const;
    await expect(connection.run(request, sink)).rejects.toThrow('the consumer is gone');
    expect((await read(connection, 'select 1')).rows).toEqual([['1']]);
  });

  test('the server ends the session', async () => {
    const connection = await openShared();
    const server = await sharedPostgresql();
    const run = read(connection, 'select pg_sleep(60)').catch((error) => error);
    await server.execute(`select pg_terminate_backend(${connection.sessionId})`);
    expect(await run).toMatchObject({ code: 'connection_lost', nativeCode: '57P01', fatal: true });
    expect(connection.usable).toBe(false);
    expect(await connection.reset()).toBe(false);
  });

  test('a second statement at the same time is refused', async () => {
    const connection = await openShared();
    const first = read(connection, 'select 1');
    await expect(read(connection, 'select 2')).rejects.toMatchObject({ code: 'protocol_error' });
    expect((await first).rows).toEqual([['1']]);
  });
});

describe('session', () => {
  test('what a statement changes in the session ends the connection', async () => {
    for (const sql of [
      "select set_config('TimeZone', 'Asia/Tokyo', false)",
      'set search_path = x',
      'commit',
      'rollback',
      'listen x',
      'deallocate all',
      'begin',
    ]) {
      const connection = await openShared();
      await read(connection, sql).catch(() => {});
      expect([sql, connection.usable]).toEqual([sql, false]);
    }
  });

  test('reset forgets everything a write may have left', async () => {
    const { connection } = await openDatabase();
    await write(connection, 'create temp table left_behind (a int)');
    await write(connection, "select pg_advisory_lock(7), set_config('my.setting', 'x', false)");
    expect(await connection.reset()).toBe(true);
    const { rows } = await read(
      connection,
      "select to_regclass('pg_temp.left_behind'), coalesce(current_setting('my.setting', true), ''), (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())",
    );
    expect(rows).toEqual([[null, '', '0']]);
  });

  test('the source’s schema is where names are looked up, also after a reset', async () => {
    const { database } = await openDatabase(
      'create schema "Od,d"; create schema b; create table "Od,d".t as select 1 as a; create table b.u as select 2 as a',
    );
    const connection = await openShared({ database, options: { schema: 'b' } });
    expect((await read(connection, 'select a from u')).rows).toEqual([['2']]);
    await connection.reset();
    expect((await read(connection, 'select a from u')).rows).toEqual([['2']]);
  });
});

describe('flow', () => {
  const endless = {
    sql: "select generate_series(1, 200000000), repeat(md5('x'), 30)",
    parameters: [],
    access: 'read',
    timeoutMs: 0,
  } as const;

  test.each(['disable', 'require'] as const)(
    'a paused reader makes the server wait, in bounded memory (%s)',
    async (mode) => {
      const connection = await openShared({ tls: { mode } });
      const server = await sharedPostgresql();
      let bytes = 0;
      let control: StatementControl | undefined;
      const sink = new CollectingSink();
      sink.frames = (_buffer, offset, end) => {
        bytes += end - offset;
        if (bytes > 1_000_000) control?.pause();
        // Whole frames only are consumed by a real sink; this one takes what is complete.
        return CollectingSink.prototype.frames.call(new CollectingSink(), _buffer, offset, end);
      };
      const run = connection.run(endless, sink, (given) => {
        control = given;
      });
      await expect
        .poll(() => server.execute(`select wait_event from pg_stat_activity where pid = ${connection.sessionId}`), {
          timeout: 20_000,
        })
        .toEqual([{ wait_event: 'ClientWrite' }]);
      const before = bytes;
      expect(before).toBeLessThan(2_000_000);
      control?.resume();
      await expect.poll(() => bytes, { timeout: 20_000 }).toBeGreaterThan(before);
      control?.stop();
      expect(await run).toMatchObject({ stopped: true });
    },
  );

  test.each([
    ['a small result', 'select * from generate_series(1, 1000)', 10],
    ['a large result', endless.sql, 10],
    [
      'a result that goes on slowly',
      "select repeat('x', 1000), case when i > 50 then pg_sleep(30)::text end from generate_series(1, 100) i",
      10,
    ],
  ])('stop after a few rows of %s', async (_, sql, limit) => {
    const connection = await openShared();
    const sink = new CollectingSink();
    let control: StatementControl | undefined;
    sink.frames = (buffer, offset, end) => {
      let at = offset;
      while (at < end && sink.rows.length < limit && buffer[at] === 0x44) {
        const next = CollectingSink.prototype.frames.call(
          sink,
          buffer,
          at,
          Math.min(end, at + 1 + buffer.readInt32BE(at + 1)),
        );
        if (next === at) return at;
        at = next;
      }
      if (sink.rows.length >= limit) control?.stop();
      return at;
    };
    const result = await connection.run({ ...endless, sql }, sink, (given) => {
      control = given;
    });
    expect(result).toEqual({ rows: limit, affectedRows: null, stopped: true });
    expect((await read(connection, 'select 1')).rows).toEqual([['1']]);
  });

  test('stopping a write keeps the write', async () => {
    const { connection } = await openDatabase('create table t (a int)');
    let control: StatementControl | undefined;
    const sink = new CollectingSink();
    sink.frames = (_buffer, offset) => {
      control?.stop();
      return offset;
    };
    const request = {
      sql: 'insert into t select generate_series(1, 50000) returning a',
      parameters: [],
      access: 'write',
      timeoutMs: 0,
    } as const;
    const result = await connection.run(request, sink, (given) => {
      control = given;
    });
    expect(result).toEqual({ rows: 0, affectedRows: 50_000, stopped: true });
    expect((await read(connection, 'select count(*) from t')).rows).toEqual([['50000']]);
  });
});
