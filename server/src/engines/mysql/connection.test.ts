/** Statements on a real server: streaming, limits, back-pressure, cancel, reset, errors. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type MariadbAccess, type MariadbServer, startMariadb } from '../../../test/servers/mariadb.ts';
import { sharedMariadb } from '../../../test/servers/shared.ts';
import { CollectingSink, collectRows } from '../collect.ts';
import type { RowSink, StatementControl } from '../engine.ts';
import { signIn } from './connect.ts';
import { acquireControlLine } from './control.ts';
import { mysqlEngine } from './index.ts';
import type { Session } from './session.ts';
import { connected, targetOf, until } from './testkit.ts';

let server: MariadbAccess;
let database: string;
/** Looks at the server's list of sessions. */
let monitor: Session;

beforeAll(async () => {
  server = await sharedMariadb();
  database = await server.createDatabase();
  monitor = await signIn(targetOf(server, ''), { signal: AbortSignal.timeout(30_000) });
  await server.execute(
    `CREATE TABLE numbers (id int PRIMARY KEY, name varchar(40), pad char(200)) ENGINE=InnoDB;
     INSERT INTO numbers SELECT seq, CONCAT('n', seq), 'x' FROM seq_1_to_20000;
     CREATE TABLE child (id int PRIMARY KEY, number int NOT NULL, FOREIGN KEY (number) REFERENCES numbers(id));`,
    database,
  );
  return () => monitor.close();
});

const target = () => targetOf(server, database);
const request = (sql: string, parameters: unknown[] = []) =>
  ({ sql, parameters, access: 'read', timeoutMs: 60_000 }) as const;

/** Counts rows and bytes, and lets a test act on every batch. */
class Counter implements RowSink {
  rows = 0;
  bytes = 0;
  readonly onBatch: (counter: Counter) => void;

  constructor(onBatch: (counter: Counter) => void = () => {}) {
    this.onBatch = onBatch;
  }

  columns(): void {}
  values(): void {}

  frames(buffer: Buffer, offset: number, end: number): number {
    for (let at = offset; at < end; at += 4 + buffer.readUIntLE(at, 3)) this.rows += 1;
    this.bytes += end - offset;
    this.onBatch(this);
    return end;
  }
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Is the session's thread working on a caller's statement? (`DO 0` is what absorbs a KILL that came late.) */
async function isActive(sessionId: string): Promise<boolean> {
  const list = await monitor.query(
    `SELECT id FROM information_schema.processlist WHERE id = ${sessionId} AND command IN ('Query', 'Execute')
     AND info IS NOT NULL AND info <> 'DO 0'`,
  );
  return list.length > 0;
}

describe('results', () => {
  test('rows arrive once, in order, in both protocols', async () => {
    const connection = await connected(target());
    const text = await collectRows(connection, { sql: 'SELECT id, name FROM numbers ORDER BY id' });
    expect(text.rows).toHaveLength(20_000);
    expect(text.rows.every(([id, name], index) => id === String(index + 1) && name === `n${index + 1}`)).toBe(true);
    const bound = await collectRows(connection, {
      sql: 'SELECT id, name FROM numbers WHERE id > ? ORDER BY id',
      parameters: [0],
    });
    expect(bound.rows).toEqual(text.rows);
  });

  test('no rows, no columns, repeated names, empty strings and nulls', async () => {
    const connection = await connected(target());
    expect((await collectRows(connection, { sql: 'SELECT id FROM numbers WHERE 1 = 0' })).rows).toEqual([]);
    const { columns, rows } = await collectRows(connection, { sql: "SELECT 1 AS a, '' AS a, NULL AS `b c`" });
    expect(columns.map(({ name }) => name)).toEqual(['a', 'a', 'b c']);
    expect(rows).toEqual([['1', '', null]]);
  });

  test('writes tell how many rows they changed, and commit', async () => {
    const connection = await connected(target());
    const write = (sql: string, parameters: unknown[] = []) =>
      collectRows(connection, { sql, parameters, access: 'write' });
    expect(await write('CREATE TABLE written (id int PRIMARY KEY, v text)')).toMatchObject({ affectedRows: 0 });
    expect((await write('INSERT INTO written VALUES (1, ?), (2, ?)', ['a', null])).affectedRows).toBe(2);
    expect((await write("UPDATE written SET v = 'z' WHERE id = 1")).affectedRows).toBe(1);
    const other = await connected(target());
    expect((await collectRows(other, { sql: 'SELECT * FROM written' })).rows).toEqual([
      ['1', 'z'],
      ['2', null],
    ]);
    expect((await write('DELETE FROM written RETURNING id')).rows).toEqual([['1'], ['2']]);
  });

  test('a failed write leaves nothing behind', async () => {
    const connection = await connected(target());
    const sql = 'INSERT INTO child VALUES (1, 1), (2, 999999)';
    await expect(collectRows(connection, { sql, access: 'write' })).rejects.toMatchObject({
      code: 'constraint_violation',
      nativeCode: '1452',
    });
    expect((await collectRows(connection, { sql: 'SELECT COUNT(*) FROM child' })).rows).toEqual([['0']]);
  });

  test('prepared statements are kept, and the oldest forgotten', async () => {
    const connection = await connected(target());
    const count = async () =>
      Number((await collectRows(connection, { sql: "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'" })).rows[0]?.[1]);
    const ask = async (variant: number) =>
      (await collectRows(connection, { sql: `SELECT ? + ${variant}`, parameters: [1] })).rows[0]?.[0];
    for (let again = 0; again < 3; again += 1) expect(await ask(1)).toBe('2');
    expect(await count()).toBe(1);
    for (let variant = 2; variant <= 130; variant += 1) expect(Number(await ask(variant))).toBe(variant + 1);
    expect(await ask(1)).toBe('2');
    expect(await count()).toBe(131);
  });
});

describe('large rows', () => {
  let large: MariadbServer;
  beforeAll(async () => {
    large = await startMariadb({ settings: { 'max-allowed-packet': '128M' } });
    return () => large.stop();
  });

  /** Sizes of the second column, with the frames' own idea of where they end. */
  class Sizes implements RowSink {
    readonly sizes: number[] = [];
    readonly ends: boolean[] = [];
    columns(): void {}
    values(): void {}
    frames(buffer: Buffer, offset: number, end: number): number {
      for (let at = offset; at < end; ) {
        const length = buffer.readUIntLE(at, 3);
        const frameEnd = length === 0xffffff ? end : at + 4 + length;
        // The first column has one digit; then the length-encoded length.
        let p = at + 4 + 2;
        const first = buffer[p] ?? 0;
        p += first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
        const size =
          first < 0xfb
            ? first
            : buffer.readUIntLE(
                p - (first === 0xfc ? 2 : first === 0xfd ? 3 : 8),
                first === 0xfc ? 2 : first === 0xfd ? 3 : 6,
              );
        this.sizes.push(size);
        this.ends.push(p + size === frameEnd && buffer[frameEnd - 1] === 0x78);
        at = frameEnd;
      }
      return end;
    }
  }

  // Around the size at which the protocol splits a row: payload = 2 + 4 + n for 64 KiB < n < 16 MiB.
  const split = 0xffffff;
  const sizes = [1, 70_000, split - 7, split - 6, split - 5, split, split + 1, 2 * split + 10, 40_000_000, 5];

  test.each([
    ['text', []],
    ['binary', ['x']],
  ] as const)('over 16 MiB are joined (%s)', async (_protocol, parameters) => {
    const connection = await connected(targetOf(large, ''));
    const character = parameters.length > 0 ? '?' : "'x'";
    const sink = new Sizes();
    for (const size of sizes) {
      const result = await connection.run(
        request(`SELECT 1 AS a, REPEAT(${character}, ${size}) AS b`, [...parameters]),
        sink,
      );
      expect(result.rows).toBe(1);
    }
    expect(sink.sizes).toEqual(sizes);
    expect(sink.ends.every(Boolean)).toBe(true);
  });

  test('come between small ones', async () => {
    const connection = await connected(targetOf(large, ''));
    const sink = new Sizes();
    const list = [3, split + 5, 4, 17_000_000, 6];
    await connection.run(
      request(list.map((size) => `SELECT 1 AS a, REPEAT('x', ${size}) AS b`).join(' UNION ALL ')),
      sink,
    );
    expect(sink.sizes).toEqual(list);
    expect(sink.ends.every(Boolean)).toBe(true);
  });

  test('a parameter over 16 MiB is split on the way in', async () => {
    const connection = await connected(targetOf(large, ''));
    const { rows } = await collectRows(connection, {
      sql: 'SELECT LENGTH(?), MD5(?)',
      parameters: ['y'.repeat(17_000_000), 'abc'],
    });
    expect(rows).toEqual([['17000000', '900150983cd24fb0d6963f7d28e17f72']]);
  });
});

describe('stopping and slowing', () => {
  test('a sink that takes fewer rows than it gets ends the statement', async () => {
    const connection = await connected(target());
    const sink: RowSink = {
      columns: () => {},
      values: () => {},
      frames: (buffer, offset) => offset + 4 + buffer.readUIntLE(offset, 3),
    };
    const result = await connection.run(request('SELECT a.* FROM numbers a, numbers b'), sink);
    expect(result).toEqual({ rows: 1, affectedRows: null, stopped: true });
    expect(await isActive(connection.sessionId)).toBe(false);
    expect((await collectRows(connection, { sql: 'SELECT 5' })).rows).toEqual([['5']]);
  });

  test('stop ends a statement that gives no rows yet', async () => {
    const connection = await connected(target());
    let control: StatementControl | undefined;
    const result = connection.run(request('SELECT SLEEP(100)'), new Counter(), (given) => {
      control = given;
    });
    await until(() => isActive(connection.sessionId), 'the statement runs');
    control?.stop();
    expect(await result).toMatchObject({ rows: 0, stopped: true });
    expect((await collectRows(connection, { sql: 'SELECT 5' })).rows).toEqual([['5']]);
  });

  test('a paused reader gets nothing, holds the server back, and goes on where it was', async () => {
    const connection = await connected(target());
    let control: StatementControl | undefined;
    const sink = new Counter((counter) => {
      if (counter.bytes > 500_000 && counter.rows < 100_000) control?.pause();
    });
    const running = connection.run(
      request("SELECT a.id, REPEAT('y', 400) FROM numbers a, seq_1_to_10"),
      sink,
      (given) => {
        control = given;
      },
    );
    await until(async () => sink.bytes > 500_000, 'half a megabyte has come');
    const seen = sink.rows;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sink.rows).toBe(seen);
    expect(await isActive(connection.sessionId)).toBe(true);
    const resumed = setInterval(() => control?.resume(), 1);
    expect(await running).toMatchObject({ rows: 200_000, stopped: false });
    clearInterval(resumed);
    expect(sink.rows).toBe(200_000);
  });

  test('a consumer that left while paused does not keep the next statement from reading', async () => {
    const connection = await connected(target());
    let control: StatementControl | undefined;
    const sink = new Counter(() => control?.pause());
    await connection.run(request('SELECT 1'), sink, (given) => {
      control = given;
    });
    expect((await collectRows(connection, { sql: 'SELECT * FROM numbers' })).rows).toHaveLength(20_000);
  });

  test('a sink that throws ends the statement and the connection', async () => {
    const connection = await connected(target());
    const sink = new Counter(() => {
      throw new Error('no room');
    });
    await expect(connection.run(request('SELECT a.* FROM numbers a, numbers b'), sink)).rejects.toMatchObject({
      fatal: true,
    });
    expect(connection.usable).toBe(false);
    await until(async () => !(await isActive(connection.sessionId)), 'the server has stopped');
  });

  test('a bulk read lets the loop turn between its parts', async () => {
    const connection = await connected(target());
    let turns = 0;
    let going = true;
    const turn = () => {
      turns += 1;
      if (going) setImmediate(turn);
    };
    setImmediate(turn);
    const sink = new Counter();
    await connection.run(request('SELECT a.* FROM numbers a, seq_1_to_20'), sink);
    going = false;
    // Never more than a budget and a buffer for a turn.
    expect(turns).toBeGreaterThan(sink.bytes / (512 * 1024));
  });
});

describe('cancel', () => {
  const statements = [
    ['before the first row', 'SELECT SLEEP(100)', []],
    ['while computing', 'SELECT COUNT(*) FROM numbers a, numbers b, numbers c WHERE a.id + b.id + c.id > ?', [5]],
    ['mid-stream', 'SELECT a.* FROM numbers a, numbers b', []],
    ['while sorting', 'SELECT a.* FROM numbers a, seq_1_to_50 ORDER BY a.pad, RAND()', []],
  ] as const;

  test.each(statements)('%s, five times on one connection', async (_phase, sql, parameters) => {
    const connection = await connected(target());
    for (let trial = 0; trial < 5; trial += 1) {
      const running = connection.run(request(sql, [...parameters]), new Counter());
      const outcome = running.then(
        () => 'finished',
        (error: { code: string }) => error.code,
      );
      await until(() => isActive(connection.sessionId), 'the statement runs');
      await connection.cancel();
      expect(await isActive(connection.sessionId)).toBe(false);
      expect(await outcome).toBe('cancelled');
      expect(connection.usable).toBe(true);
      // A late KILL would hit this one.
      expect((await collectRows(connection, { sql: 'SELECT 7' })).rows).toEqual([['7']]);
    }
  });

  test('with a paused reader, mid-stream', async () => {
    const connection = await connected(target());
    let control: StatementControl | undefined;
    const sink = new Counter(() => control?.pause());
    const running = connection.run(request('SELECT a.* FROM numbers a, numbers b'), sink, (given) => {
      control = given;
    });
    const outcome = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await until(async () => sink.rows > 0, 'rows have come');
    const rows = sink.rows;
    await connection.cancel();
    await outcome;
    expect(sink.rows).toBe(rows);
    expect(await isActive(connection.sessionId)).toBe(false);
  });

  test('many sleeping statements cancelled at once all end, and their connections go on', async () => {
    const connections = await Promise.all(Array.from({ length: 12 }, () => connected(target())));
    const outcomes = connections.map((connection) =>
      expect(connection.run(request('SELECT SLEEP(60)'), new Counter())).rejects.toMatchObject({ code: 'cancelled' }),
    );
    await Promise.all(
      connections.map((connection) => until(() => isActive(connection.sessionId), 'the statement is running')),
    );
    await Promise.all(connections.map((connection) => connection.cancel()));
    await Promise.all(outcomes);
    for (const connection of connections) {
      expect(await isActive(connection.sessionId)).toBe(false);
      if (connection.usable) expect((await connection.run(request('SELECT 1'), new Counter())).rows).toBe(1);
      await connection.close();
    }
  });

  test('twenty abandoned statements leave no orphan', async () => {
    const before = await server.execute(
      "SELECT COUNT(*) FROM information_schema.processlist WHERE command IN ('Query', 'Execute');",
    );
    await Promise.all(
      Array.from({ length: 20 }, async (_, trial) => {
        const connection = await connected(target());
        const [, sql, parameters] = statements[trial % statements.length]!;
        const outcome = expect(connection.run(request(sql, [...parameters]), new Counter())).rejects.toMatchObject({
          code: 'cancelled',
        });
        // From before it has even begun to well into it.
        await new Promise((resolve) => setTimeout(resolve, trial * 3));
        await connection.cancel();
        await outcome;
        expect(await isActive(connection.sessionId)).toBe(false);
        await connection.close();
      }),
    );
    expect(
      await server.execute(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE command IN ('Query', 'Execute');",
      ),
    ).toBe(before);
  });

  test('closing in the middle of a statement ends it on the server', async () => {
    const connection = await connected(target());
    const outcome = expect(
      connection.run(request('SELECT COUNT(*) FROM numbers a, numbers b, numbers c'), new Counter()),
    ).rejects.toMatchObject({ fatal: true });
    await until(() => isActive(connection.sessionId), 'the statement runs');
    await connection.close();
    await outcome;
    await until(async () => !(await isActive(connection.sessionId)), 'the server has stopped');
  });

  test('is nothing when nothing runs, also many times', async () => {
    const connection = await connected(target());
    await Promise.all([connection.cancel(), connection.cancel()]);
    expect((await collectRows(connection, { sql: 'SELECT 1' })).rows).toEqual([['1']]);
    await connection.close();
    await connection.cancel();
  });

  test('a statement that starts while a cancel is under way waits for its end', async () => {
    const connection = await connected(target());
    for (let trial = 0; trial < 10; trial += 1) {
      const first = expect(connection.run(request('SELECT SLEEP(100)'), new Counter())).rejects.toMatchObject({
        code: 'cancelled',
      });
      void connection.cancel();
      await first;
      expect((await collectRows(connection, { sql: 'SELECT SLEEP(0.001)' })).rows).toEqual([['0']]);
    }
  });

  test('a cancelled write that was complete says so, an incomplete one changes nothing', async () => {
    const connection = await connected(target());
    const running = connection.run(
      { sql: 'UPDATE numbers SET pad = SLEEP(0.01)', parameters: [], access: 'write', timeoutMs: 60_000 },
      new Counter(),
    );
    const outcome = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => isActive(connection.sessionId), 'the statement runs');
    await connection.cancel();
    await outcome;
    const { rows } = await collectRows(connection, { sql: "SELECT COUNT(*) FROM numbers WHERE pad <> 'x'" });
    expect(rows).toEqual([['0']]);
  });

  test('one control line serves all connections of a target', async () => {
    const line = acquireControlLine(target());
    expect(acquireControlLine(target())).toBe(line);
    expect(acquireControlLine({ ...target(), password: 'other' })).not.toBe(line);
    line.warmUp();
    expect(await line.isRunning(2 ** 31)).toBe(false);
    await line.kill(2 ** 31, 'QUERY'); // nobody has this number
    line.release();
    line.release();
  });
});

describe('limits and errors', () => {
  test('the server gives up after the time of the request', async () => {
    const connection = await connected(target());
    const slow = { sql: 'SELECT SLEEP(100)', parameters: [], access: 'read', timeoutMs: 50 } as const;
    await expect(connection.run(slow, new Counter())).rejects.toMatchObject({
      code: 'statement_timeout',
      nativeCode: '1969',
    });
    expect((await collectRows(connection, { sql: 'SELECT SLEEP(0.06)' })).rows).toEqual([['0']]);
  });

  test.each([
    ['SELECT * FROM not_there', 'object_not_found', '1146'],
    ['SELECT not_there FROM numbers', 'object_not_found', '1054'],
    ['SELECT not_a_function(1)', 'object_not_found', '1305'],
    ['SELECT COUNT(*) FROM numbers GROUP BY COUNT(*)', 'syntax_error', '1111'],
    ['SELECT (SELECT id FROM numbers)', 'value_invalid', '1242'],
    ["SELECT 'a' COLLATE utf8mb4_bin REGEXP '('", 'value_invalid', '1139'],
    ['SELECT ST_GeomFromText(?, 1)', 'parameter_invalid', undefined],
  ])('%s', async (sql, code, nativeCode) => {
    const connection = await connected(target());
    await expect(collectRows(connection, { sql })).rejects.toMatchObject(
      sql.includes('?') ? { code: 'syntax_error' } : { code, nativeCode, fatal: false },
    );
    expect((await collectRows(connection, { sql: 'SELECT 1' })).rows).toEqual([['1']]);
  });

  test('the number of parameters must fit', async () => {
    const connection = await connected(target());
    const outcome = collectRows(connection, { sql: 'SELECT ?, ?', parameters: [1] });
    await expect(outcome).rejects.toMatchObject({ code: 'parameter_invalid', fatal: false });
    expect((await collectRows(connection, { sql: 'SELECT ?, ?', parameters: [1, 2] })).rows).toEqual([['1', '2']]);
  });

  test('an error in the middle of a result comes after its rows', async () => {
    const connection = await connected(target());
    const sink = new Counter();
    const sql = 'SELECT id, IF(id = 15000, (SELECT id FROM numbers), 1) FROM numbers ORDER BY id';
    await expect(connection.run(request(sql), sink)).rejects.toMatchObject({ code: 'value_invalid', fatal: false });
    expect(sink.rows).toBeGreaterThan(0);
    expect((await collectRows(connection, { sql: 'SELECT 1' })).rows).toEqual([['1']]);
  });

  test('two statements at a time are refused', async () => {
    const connection = await connected(target());
    const first = collectRows(connection, { sql: 'SELECT SLEEP(0.05)' });
    await expect(collectRows(connection, { sql: 'SELECT 1' })).rejects.toMatchObject({ code: 'unsupported' });
    await first;
  });

  test('a connection that the server ended is lost, and says so', async () => {
    const connection = await connected(target());
    await server.execute(`KILL ${connection.sessionId};`);
    await until(async () => !connection.usable, 'the connection is gone');
    await expect(collectRows(connection, { sql: 'SELECT 1' })).rejects.toMatchObject({
      code: 'connection_lost',
      fatal: true,
    });
    expect(await connection.reset()).toBe(false);
  });

  test('a connection that breaks in the middle of a statement', async () => {
    const connection = await connected(target());
    const outcome = expect(collectRows(connection, { sql: 'SELECT SLEEP(100)' })).rejects.toMatchObject({
      code: 'connection_lost',
      fatal: true,
    });
    await until(() => isActive(connection.sessionId), 'the statement runs');
    await server.execute(`KILL ${connection.sessionId};`);
    await outcome;
    expect(connection.usable).toBe(false);
  });
});

describe('session', () => {
  test('reset forgets variables, temporary tables, locks, prepared statements and modes', async () => {
    const connection = await connected(target());
    await collectRows(connection, { sql: 'CREATE TEMPORARY TABLE scratch (id int)', access: 'write' });
    await collectRows(connection, { sql: 'SELECT @kept := 5' });
    await collectRows(connection, { sql: 'SELECT ? + 1', parameters: [1] });
    expect((await collectRows(connection, { sql: 'SELECT @kept' })).rows).toEqual([['5']]);
    expect(await connection.reset()).toBe(true);
    expect((await collectRows(connection, { sql: 'SELECT @kept' })).rows).toEqual([[null]]);
    await expect(collectRows(connection, { sql: 'SELECT * FROM scratch' })).rejects.toMatchObject({
      code: 'object_not_found',
    });
    expect((await collectRows(connection, { sql: 'SELECT ? + 1', parameters: [1] })).rows).toEqual([['2']]);
    const { rows } = await collectRows(connection, {
      sql: "SELECT @@time_zone, @@tx_read_only, @@character_set_client, @@character_set_results, @@autocommit, DATABASE(), 'ü🚣'",
    });
    expect(rows).toEqual([['+00:00', '1', 'utf8mb4', 'utf8mb4', '1', database, 'ü🚣']]);
  });

  test('modes that change how text is read are switched off, the others stay', async () => {
    const own = await startMariadb({
      settings: { 'sql-mode': 'ANSI,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES', autocommit: 0 },
    });
    try {
      const connection = await connected(targetOf(own, ''));
      const { rows } = await collectRows(connection, { sql: `SELECT @@sql_mode, "a\\"b", 'c\\'d'` });
      expect(rows).toEqual([['REAL_AS_FLOAT,STRICT_ALL_TABLES', 'a"b', "c'd"]]);
    } finally {
      await own.stop();
    }
  });
});

test('introspection streams tables, views, keys and comments', async () => {
  const name = await server.createDatabase();
  await server.execute(
    `CREATE TABLE parent (a int, b int, label varchar(20) NOT NULL DEFAULT 'it''s' COMMENT 'a label', doc json,
       PRIMARY KEY (b, a), UNIQUE KEY by_label (label)) COMMENT 'the parents';
     CREATE TABLE kid (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, pa int, pb int, at timestamp NULL,
       CONSTRAINT to_parent FOREIGN KEY (pb, pa) REFERENCES parent (b, a));
     CREATE VIEW labels AS SELECT label FROM parent; CREATE SEQUENCE counter; INSERT INTO parent (a, b) VALUES (1, 1);`,
    name,
  );
  const connection = await connected(targetOf(server, name));
  const tables = await allOf(mysqlEngine.introspect(connection, { signal: AbortSignal.timeout(30_000), schema: name }));
  expect(tables.map((table) => [table.schema, table.name, table.kind])).toEqual([
    [name, 'kid', 'table'],
    [name, 'labels', 'view'],
    [name, 'parent', 'table'],
  ]);
  expect(tables[0]).toMatchObject({
    primaryKey: ['id'],
    foreignKeys: [
      {
        name: 'to_parent',
        columns: ['pb', 'pa'],
        referencedSchema: name,
        referencedTable: 'parent',
        referencedColumns: ['b', 'a'],
      },
    ],
    columns: [
      { name: 'id', type: 'bigint(20) unsigned', kind: 'bigint', nullable: false, default: 'auto_increment' },
      { name: 'pa', type: 'int(11)', kind: 'integer', nullable: true, default: null },
      { name: 'pb' },
      { name: 'at', kind: 'timestamptz' },
    ],
  });
  expect(tables[2]).toMatchObject({
    comment: 'the parents',
    primaryKey: ['b', 'a'],
    uniqueKeys: [['label']],
    columns: [
      { name: 'a' },
      { name: 'b' },
      { name: 'label', type: 'varchar(20)', default: "'it''s'", comment: 'a label', nullable: false },
      { name: 'doc', type: 'json', kind: 'json' },
    ],
  });
  expect(tables[1]?.comment).toBeNull();
  const all = await allOf(mysqlEngine.introspect(connection, { signal: AbortSignal.timeout(30_000) }));
  expect(all.some((table) => table.schema === 'mysql')).toBe(false);
  expect(all.length).toBeGreaterThanOrEqual(3);
});

test('an aborted introspection says so', async () => {
  const connection = await connected(target());
  const reading = allOf(mysqlEngine.introspect(connection, { signal: AbortSignal.abort() }));
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  expect(connection.usable).toBe(true);
});

test('the collecting sink and the engine agree on frames', async () => {
  const connection = await connected(target());
  const sink = new CollectingSink();
  const result = await connection.run(request('SELECT id FROM numbers WHERE id <= ?', [3]), sink);
  expect([result.rows, sink.rows]).toEqual([3, [['1'], ['2'], ['3']]]);
});
