import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { PostgresqlAccess } from '../../../test/servers/postgresql.ts';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { stubServer } from '../../../test/servers/stub.ts';
import { CollectingSink, collectRows } from '../collect.ts';
import type { EngineConnection, RowSink, StatementControl, StatementRequest } from '../engine.ts';
import { open, openShared, sharedTarget } from './test-support.ts';

const request = (sql: string, access: 'read' | 'write' = 'read'): StatementRequest => ({
  sql,
  parameters: [],
  access,
  timeoutMs: 0,
});
/** Rows without end that are not computed ahead. */
const ENDLESS = "select generate_series(1, 2000000000), repeat(md5('x'), 30)";

async function activity(server: PostgresqlAccess, sessionId: string): Promise<string> {
  const [row] = await server.execute(`select state, wait_event from pg_stat_activity where pid = ${sessionId}`);
  return row ? `${row.state} ${row.wait_event}` : 'gone';
}

/** Starts a statement and waits until the server reports it in the expected state. */
async function startUntil(
  connection: EngineConnection,
  sql: string,
  expected: RegExp,
  sink: RowSink = new CollectingSink(),
) {
  const server = await sharedPostgresql();
  const outcome = connection.run(request(sql), sink).then(
    () => 'finished',
    (error) => error.code,
  );
  await expect.poll(() => activity(server, connection.sessionId), { timeout: 20_000, interval: 5 }).toMatch(expected);
  return { outcome };
}

async function expectIdle(connection: EngineConnection): Promise<void> {
  expect(await activity(await sharedPostgresql(), connection.sessionId)).toMatch(/^(?:idle (?:ClientRead|null)|gone)/);
  if (connection.usable) expect((await collectRows(connection, { sql: 'select 1' })).rows).toEqual([['1']]);
}

test.each(['disable', 'require'] as const)('cancel while the server computes, sleeps, sorts (%s)', async (mode) => {
  const connection = await openShared({ tls: { mode } });
  for (const [sql, state] of [
    ['select pg_sleep(600)', /^active PgSleep/],
    ['select count(*) from generate_series(1, 2000000000)', /^active/],
    ['select i from generate_series(1, 100000000) i order by md5(i::text)', /^active/],
  ] as const) {
    const { outcome } = await startUntil(connection, sql, state);
    await connection.cancel();
    expect(await outcome).toBe('cancelled');
    expect(connection.usable).toBe(true);
    await expectIdle(connection);
  }
});

test.each(['disable', 'require'] as const)('cancel while nobody reads, twenty times, no orphan (%s)', async (mode) => {
  const server = await sharedPostgresql();
  const sessions: string[] = [];
  let connection = await openShared({ tls: { mode } });
  for (let trial = 0; trial < 20; trial += 1) {
    if (!connection.usable) connection = await openShared({ tls: { mode } });
    sessions.push(connection.sessionId);
    let control: StatementControl | undefined;
    const sink: RowSink = {
      columns: () => {},
      values: () => {},
      frames: (buffer, offset, end) => {
        control?.pause();
        let at = offset;
        while (end - at >= 5 && at + 1 + buffer.readInt32BE(at + 1) <= end && buffer[at] === 0x44)
          at += 1 + buffer.readInt32BE(at + 1);
        return at;
      },
    };
    const outcome = connection
      .run(request(ENDLESS), sink, (given) => {
        control = given;
      })
      .catch((error) => error.code);
    await expect
      .poll(() => activity(server, connection.sessionId), { timeout: 20_000, interval: 5 })
      .toMatch(/^active ClientWrite/);
    await connection.cancel();
    expect(await outcome).toBe('cancelled');
    await expectIdle(connection);
  }
  const running = await server.execute(
    `select pid from pg_stat_activity where pid in (${sessions.join(',')}) and state <> 'idle'`,
  );
  expect(running).toEqual([]);
});

test('cancel before, during and right behind many small statements never hits the next one', async () => {
  const connection = await openShared();
  let cancelled = 0;
  for (let trial = 0; trial < 60; trial += 1) {
    const outcome = collectRows(connection, {
      sql: 'select count(*) from generate_series(1, $1::int)',
      parameters: [trial * 40],
    }).then(
      () => 'finished',
      (error) => error.code,
    );
    // From at once to well after the end, in steps of the event loop.
    for (let turn = 0; turn < trial % 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await connection.cancel();
    if ((await outcome) === 'cancelled') cancelled += 1;
    expect((await collectRows(connection, { sql: 'select $1::int', parameters: [trial] })).rows).toEqual([
      [String(trial)],
    ]);
  }
  expect(cancelled).toBeGreaterThan(0);
});

test('cancel twice at once, and when nothing runs', async () => {
  const connection = await openShared();
  await connection.cancel();
  const { outcome } = await startUntil(connection, 'select pg_sleep(600)', /PgSleep/);
  await Promise.all([connection.cancel(), connection.cancel()]);
  expect(await outcome).toBe('cancelled');
  await expectIdle(connection);
});

test('a cancelled write is undone', async () => {
  const server = await sharedPostgresql();
  const database = await server.createDatabase();
  await server.execute('create table t (a int)', database);
  const connection = await openShared({ database });
  const run = connection
    .run(request('insert into t select 1 from pg_sleep(600)', 'write'), new CollectingSink())
    .catch((e) => e.code);
  await expect.poll(() => activity(server, connection.sessionId), { timeout: 20_000 }).toMatch(/PgSleep/);
  await connection.cancel();
  expect(await run).toBe('cancelled');
  expect((await collectRows(connection, { sql: 'select count(*) from t' })).rows).toEqual([['0']]);
});

test('somebody else cancels or ends the statement', async () => {
  const server = await sharedPostgresql();
  const connection = await openShared();
  const { outcome } = await startUntil(connection, 'select pg_sleep(600)', /PgSleep/);
  await server.execute(`select pg_cancel_backend(${connection.sessionId})`);
  expect(await outcome).toBe('cancelled');
  await expectIdle(connection);
});

test('closing ends what runs', async () => {
  const server = await sharedPostgresql();
  const connection = await openShared();
  const sessionId = connection.sessionId;
  const { outcome } = await startUntil(connection, 'select pg_sleep(600)', /PgSleep/);
  await connection.close();
  expect(await outcome).toBe('cancelled');
  await expect.poll(() => activity(server, sessionId)).toBe('gone');
});

test('the server cannot be reached for the cancel: the connection is given up', async () => {
  const server = await sharedPostgresql();
  const target = await sharedTarget();
  let connections = 0;
  const port = await stubServer((socket) => {
    connections += 1;
    if (connections > 1) return void socket.resetAndDestroy();
    const upstream = connect(target.port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  const connection = await open({ ...target, port });
  const { outcome } = await startUntil(connection, 'select pg_sleep(600)', /PgSleep/);
  await connection.cancel();
  expect([await outcome, connection.usable]).toEqual(['cancelled', false]);
  // The server's own check for vanished clients ends the statement.
  await expect.poll(() => activity(server, connection.sessionId), { timeout: 20_000 }).toBe('gone');
});
