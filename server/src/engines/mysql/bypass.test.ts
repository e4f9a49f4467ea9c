/**
 * A6: no attempt of the corpus writes, neither through the engine nor, but for the marked ones, through the read-only
 * session alone. The login may write everywhere in its database: what holds is the engine, not a missing right.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { MariadbAccess } from '../../../test/servers/mariadb.ts';
import { sharedMariadb } from '../../../test/servers/shared.ts';
import { CollectingSink, collectRows } from '../collect.ts';
import { EngineError } from '../engine.ts';
import { bypassCases } from '../testing/kit.ts';
import { classify } from './classify.ts';
import { signIn } from './connect.ts';
import { COMMAND, command } from './protocol.ts';
import { OkExchange, ResultExchange, type Session } from './session.ts';
import { initialSettings, StatementSettings } from './settings.ts';
import { connected, targetOf } from './testkit.ts';

const cases = bypassCases('mysql');
/** Where the server could write a file; unlike any other run's. */
let file: string;
const filled = (sql: string) => sql.replaceAll('{file}', file);
let server: MariadbAccess;
let database: string;
let login: { username: string; password: string };

/** Everything that an attempt might change, in one text. */
async function state(): Promise<string> {
  return server.execute(
    `SELECT * FROM items; SELECT * FROM items_myisam; SELECT next_not_cached_value FROM counter; SHOW CREATE TABLE items;
     SHOW FULL TABLES; SHOW CREATE VIEW calls; SHOW TRIGGERS; SHOW EVENTS;
     SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1;
     SHOW DATABASES LIKE 'made%'; SELECT user, host, priv FROM mysql.global_priv WHERE user IN ('made', '${login.username}');
     SELECT * FROM mysql.servers; SELECT * FROM mysql.func; SELECT * FROM mysql.db WHERE user = 'x';
     ${[1, 2, 3, 4, 5].map((number) => `SELECT LOAD_FILE('${file}-${number}');`).join(' ')}`,
    database,
  );
}

beforeAll(async () => {
  server = await sharedMariadb();
  database = await server.createDatabase();
  file = `${(await server.execute('SELECT @@tmpdir;')).trim()}/${database}`;
  login = { username: database, password: 'may-write' };
  await server.execute(
    `CREATE TABLE items (id int PRIMARY KEY AUTO_INCREMENT, v text) ENGINE=InnoDB;
     INSERT INTO items(v) VALUES ('a'), ('b');
     CREATE TABLE items_myisam (id int) ENGINE=MyISAM;
     INSERT INTO items_myisam VALUES (1);
     CREATE SEQUENCE counter;
     CREATE USER '${login.username}'@'127.0.0.1' IDENTIFIED BY '${login.password}';
     GRANT ALL PRIVILEGES ON ${database}.* TO '${login.username}'@'127.0.0.1';
     GRANT FILE, RELOAD, CREATE USER ON *.* TO '${login.username}'@'127.0.0.1';
     GRANT ALL PRIVILEGES ON \`made\\_by\\_bypass\`.* TO '${login.username}'@'127.0.0.1';
DELIMITER //
CREATE FUNCTION write_it() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO items(v) VALUES ('f'); RETURN 1; END//
CREATE FUNCTION unlock_it() RETURNS int BEGIN SET SESSION tx_read_only = 0; RETURN 1; END//
CREATE FUNCTION reparse_it() RETURNS int BEGIN SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'; RETURN 1; END//
CREATE PROCEDURE write_all() BEGIN DELETE FROM items; END//
CREATE VIEW calls AS SELECT write_it() AS n//
`,
    database,
  );
});

const readTarget = () => targetOf(server, database, login);

test('the corpus has at least 80 attempts, each with its own name', () => {
  expect(cases.length).toBeGreaterThanOrEqual(80);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test.each(cases)('$name is called $expected', ({ sql, expected }) => {
  const { verdict, reason } = classify(sql);
  expect(verdict).toBe(expected);
  expect(reason === undefined).toBe(expected !== 'refused');
});

test('no attempt writes through the engine, one after the other on one connection', async () => {
  const before = await state();
  const connection = await connected(readTarget());
  for (const { name, sql, expected } of cases) {
    const outcome = await collectRows(connection, { sql: filled(sql) }).then(
      () => 'ran',
      (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
    );
    if (expected !== 'read')
      expect([name, outcome]).toEqual([name, expected === 'write' ? 'read_only' : 'unsupported']);
    expect(connection.usable).toBe(true);
  }
  expect(await state()).toBe(before);
});

test('a stored function that lifts the session or changes its parsing does not help the next statement', async () => {
  const before = await state();
  const connection = await connected(readTarget());
  await collectRows(connection, { sql: 'SELECT unlock_it(), reparse_it()' });
  await expect(collectRows(connection, { sql: 'SELECT write_it()' })).rejects.toMatchObject({ code: 'read_only' });
  // One string to us; two statements' worth of text to a server that ignores backslashes.
  const { rows } = await collectRows(connection, { sql: `SELECT "a", 'b\\', write_it(), \\''` });
  expect(rows).toEqual([['a', "b', write_it(), '"]]);
  expect(await state()).toBe(before);
});

describe('the read-only session alone, without the classifier', () => {
  /** Sends a statement as the engine would, without asking what it is. */
  async function sendRaw(session: Session, sql: string): Promise<void> {
    const settings = new StatementSettings(session.facts, 'STRICT_TRANS_TABLES').command('read', 5_000);
    await new Promise<void>((resolve) => {
      const ignore = () => {};
      const result = new ResultExchange(session, { columns: ignore, rows: ignore, done: () => resolve() });
      session.send(Buffer.concat([settings, command(COMMAND.query, sql)]), new OkExchange(ignore, ignore), result);
    });
  }

  test('stops every attempt that is not marked', async () => {
    const before = await state();
    // These are no writes, but they end the session or another one, or wait.
    const left = /^(shutdown|kill|benchmark|flush-with-lock|lock-tables|change-master)$/;
    const names: string[] = [];
    for (const { name, sql } of cases.filter(({ name, escapes }) => !escapes && !left.test(name))) {
      const session = await signIn(readTarget(), { signal: AbortSignal.timeout(30_000) });
      await session.execute(initialSettings(session.facts));
      await sendRaw(session, filled(sql));
      session.close();
      // Looking takes longer than trying: after every tenth attempt, named in the failure.
      names.push(name);
      if (names.length % 10 === 0) expect([names.slice(-10), await state()]).toEqual([names.slice(-10), before]);
    }
    expect([names.slice(-10), await state()]).toEqual([names.slice(-10), before]);
  });

  test.each(cases.filter(({ escapes }) => escapes))('does not stop $name: the classifier must', async ({ sql }) => {
    const before = await state();
    const session = await signIn(readTarget(), { signal: AbortSignal.timeout(30_000) });
    await session.execute(initialSettings(session.facts));
    await sendRaw(session, filled(sql));
    session.close();
    expect(await state()).not.toBe(before);
  });
});

test('the same connection may write when it is asked to', async () => {
  const connection = await connected(readTarget());
  const result = await collectRows(connection, { sql: "INSERT INTO items(v) VALUES ('w')", access: 'write' });
  expect(result.affectedRows).toBe(1);
  const sink = new CollectingSink();
  await connection.run(
    { sql: "SELECT v FROM items WHERE v = 'w'", parameters: [], access: 'read', timeoutMs: 0 },
    sink,
  );
  expect(sink.rows).toEqual([['w']]);
});
