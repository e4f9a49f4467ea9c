import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type MongodbStandIn, startMongodbStandIn } from '../../../test/servers/mongodb.ts';
import { CollectingSink, collectRows } from '../collect.ts';
import type { Column, RowSink, StatementControl, StatementRequest } from '../engine.ts';
import { introspect } from './introspect.ts';
import { ada, bypassCases, connected, targetOf } from './testkit.ts';

const MANY = 5000;
let server: MongodbStandIn;
let standalone: MongodbStandIn;

function* many() {
  for (let index = 0; index < MANY; index += 1) yield { _id: index, text: 'x'.repeat(200) };
}

/** A document whose text is no UTF-8. */
const broken = Buffer.from('11000000026100050000006162ff630000', 'hex');
broken.writeInt32LE(broken.length);

beforeAll(async () => {
  const items = [
    { _id: 1, v: 'a' },
    { _id: 2, v: 'b' },
  ];
  const users = [ada, { username: 'reader', password: 'reader-password', role: 'read' as const }];
  server = await startMongodbStandIn({
    users,
    data: { shop: { many: many(), items, broken: [{ _id: 1 }, broken, { _id: 3 }] } },
  });
  standalone = await startMongodbStandIn({ users: [ada], replicaSet: null, data: { shop: { items } } });
});
afterAll(() => Promise.all([server.stop(), standalone.stop()]));
afterEach(() => {
  expect(server.operations()).toEqual([]);
  expect(server.openCursors()).toBe(0);
});

const request = (sql: string, more: Partial<StatementRequest> = {}): StatementRequest => ({
  sql,
  parameters: [],
  access: 'read',
  timeoutMs: 60_000,
  ...more,
});

/** The commands of one name that the server got since `from`. */
const sent = (name: string, from: number, one = server) =>
  one.commands.slice(from).filter((command) => name in command);

class Sink implements RowSink {
  rows = 0;
  described: readonly Column[] = [];
  onRow: (() => void) | undefined;
  columns(columns: readonly Column[]): void {
    this.described = columns;
  }
  frames(): number {
    throw new Error('this engine has no frames');
  }
  values(): void {
    this.rows += 1;
    this.onRow?.();
  }
}

describe('a read', () => {
  test('asks for a snapshot on a replica set, and only there', async () => {
    const from = server.commands.length;
    await collectRows(await connected(targetOf(server)), { sql: '{"find":"items"}' });
    await collectRows(await connected(targetOf(server)), { sql: '{"aggregate":"items","pipeline":[]}' });
    await collectRows(await connected(targetOf(server)), { sql: '{"count":"items"}' });
    const local = targetOf(server, { options: { readConcern: 'local' } });
    await collectRows(await connected(local), { sql: '{"find":"items"}' });
    const concerns = server.commands.slice(from).flatMap(({ readConcern }) => (readConcern ? [readConcern.level] : []));
    expect(concerns).toEqual(['snapshot', 'snapshot', 'local', 'local']);
    await collectRows(await connected(targetOf(standalone)), { sql: '{"find":"items"}' });
    expect(sent('find', 0, standalone).at(-1)?.readConcern).toEqual({ level: 'local' });
  });

  test('tells the server its time, and ends when that is over', async () => {
    const connection = await connected(targetOf(server));
    server.hold(({ find }) => find === 'items');
    const run = connection.run(request('{"find":"items"}', { timeoutMs: 30 }), new Sink());
    await expect(run).rejects.toMatchObject({ code: 'statement_timeout', nativeCode: '50' });
    expect(connection.usable).toBe(true);
  });

  test('comes in batches', async () => {
    const from = server.commands.length;
    const sink = new Sink();
    const connection = await connected(targetOf(server));
    expect(await connection.run(request('{"find":"many"}'), sink)).toEqual({
      rows: MANY,
      affectedRows: null,
      stopped: false,
    });
    expect(sink.rows).toBe(MANY);
    expect(sent('getMore', from)).toHaveLength(MANY / 1000 - 1);
  });

  test('waits while it is paused', async () => {
    const from = server.commands.length;
    const sink = new Sink();
    let control: StatementControl | undefined;
    const paused = Promise.withResolvers<void>();
    sink.onRow = () => {
      if (sink.rows !== 1500) return;
      control?.pause();
      paused.resolve();
    };
    const connection = await connected(targetOf(server));
    const run = connection.run(request('{"find":"many"}'), sink, (given) => {
      control = given;
    });
    await paused.promise;
    // Another round trip of the server shows that nothing goes on meanwhile.
    await collectRows(await connected(targetOf(server)), { sql: '{"count":"items"}' });
    expect(sink.rows).toBe(1500);
    expect(sent('getMore', from)).toHaveLength(1);
    control?.resume();
    expect((await run).rows).toBe(MANY);
  });

  test('that is stopped closes its cursor, and the connection goes on', async () => {
    const from = server.commands.length;
    const sink = new Sink();
    let control: StatementControl | undefined;
    sink.onRow = () => {
      if (sink.rows > 10) control?.stop();
    };
    const connection = await connected(targetOf(server));
    const result = await connection.run(request('{"find":"many"}'), sink, (given) => {
      control = given;
    });
    expect(result).toEqual({ rows: 10, affectedRows: null, stopped: true });
    expect(sent('killCursors', from)).toHaveLength(1);
    expect((await collectRows(connection, { sql: '{"count":"items"}' })).rows).toEqual([['2']]);
  });

  test('that meets a document which cannot be decoded fails, and so does the catalog', async () => {
    const connection = await connected(targetOf(server));
    await expect(connection.run(request('{"find":"broken"}'), new Sink())).rejects.toMatchObject({
      code: 'protocol_error',
    });
    const cut = await startMongodbStandIn({
      data: { shop: { cut: [{ _id: 1 }, Buffer.from('0c00000010610001000000ff', 'hex')] } },
    });
    try {
      const other = await connected(targetOf(cut, { username: '', password: '' }));
      const catalog = introspect(other, { signal: AbortSignal.timeout(10_000) });
      const read = async () => {
        for await (const _ of catalog);
      };
      await expect(read()).rejects.toMatchObject({ code: 'protocol_error' });
    } finally {
      await cut.stop();
    }
  });
});

test('the catalog lists collections and indexes beyond one batch', async () => {
  const names = Array.from({ length: 150 }, (_, index) => `c${String(index).padStart(3, '0')}`);
  const wide = await startMongodbStandIn({
    data: { shop: Object.fromEntries(names.map((name) => [name, [{ _id: 1 }]])) },
  });
  try {
    const connection = await connected(targetOf(wide, { username: '', password: '' }));
    const found: string[] = [];
    for await (const { name } of introspect(connection, { signal: AbortSignal.timeout(20_000) })) found.push(name);
    expect(found).toEqual(names);
    // A cursor belongs to the session that opened it.
    const list = wide.commands.find((command) => 'listCollections' in command);
    const more = wide.commands.filter((command) => 'getMore' in command);
    expect(more.length).toBeGreaterThan(0);
    for (const { lsid } of more) expect(lsid).toEqual(list?.lsid);
  } finally {
    await wide.stop();
  }
});

describe('cancel', () => {
  test('ends what the server works on, over the own session alone', async () => {
    const reader = targetOf(server, { username: 'reader', password: 'reader-password' });
    const connection = await connected(reader);
    const held = server.hold(({ find }) => find === 'many');
    const run = connection.run(request('{"find":"many"}'), new Sink());
    run.catch(() => {});
    await held.reached;
    expect(server.operations()).toMatchObject([{ connectionId: Number(connection.sessionId), user: 'reader' }]);
    await connection.cancel();
    expect(server.operations()).toEqual([]);
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('ends a later batch too, and leaves no cursor', async () => {
    const connection = await connected(targetOf(server));
    const held = server.hold((command) => 'getMore' in command && command.collection === 'many');
    const sink = new Sink();
    const run = connection.run(request('{"find":"many"}'), sink);
    run.catch(() => {});
    await held.reached;
    await connection.cancel();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(sink.rows).toBe(1000);
    expect([server.operations(), server.openCursors()]).toEqual([[], 0]);
  });

  test('between two batches, while paused', async () => {
    const connection = await connected(targetOf(server));
    const sink = new Sink();
    let control: StatementControl | undefined;
    const paused = Promise.withResolvers<void>();
    sink.onRow = () => {
      control?.pause();
      paused.resolve();
    };
    const run = connection.run(request('{"find":"many"}'), sink, (given) => {
      control = given;
    });
    run.catch(() => {});
    await paused.promise;
    await connection.cancel();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(server.openCursors()).toBe(0);
  });

  test('from within `started`, before anything was sent', async () => {
    const from = server.commands.length;
    const connection = await connected(targetOf(server));
    let cancelling: Promise<void> | undefined;
    const run = connection.run(request('{"find":"many"}'), new Sink(), () => {
      cancelling = connection.cancel();
    });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    await cancelling;
    expect(sent('find', from)).toEqual([]);
  });

  test('of a write undoes it where there are transactions', async () => {
    const connection = await connected(targetOf(server));
    const held = server.hold(({ insert }) => insert === 'items');
    const write = request('{"insert":"items","documents":[{"_id":50}]}', { access: 'write' });
    const run = connection.run(write, new Sink());
    run.catch(() => {});
    await held.reached;
    await connection.cancel();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    const count = { sql: '{"count":"items","query":{"_id":50}}' };
    expect((await collectRows(await connected(targetOf(server)), count)).rows).toEqual([['0']]);
  });

  test('when nothing runs changes nothing', async () => {
    const connection = await connected(targetOf(server));
    await connection.cancel();
    expect((await collectRows(connection, { sql: '{"count":"items"}' })).rows).toEqual([['2']]);
    await connection.cancel();
    expect(connection.usable).toBe(true);
  });

  test('a connection that goes away ends what it runs', async () => {
    const connection = await connected(targetOf(server));
    const held = server.hold(({ find }) => find === 'many');
    const run = connection.run(request('{"find":"many"}'), new Sink());
    run.catch(() => {});
    await held.reached;
    await connection.close();
    await expect(run).rejects.toMatchObject({ code: 'connection_lost' });
    expect(connection.usable).toBe(false);
    await expect(collectRows(connection, { sql: '{"count":"items"}' })).rejects.toMatchObject({ fatal: true });
    await collectRows(await connected(targetOf(server)), { sql: '{"count":"items"}' }); // the server has seen it go
  });
});

describe('writes', () => {
  test('run in a transaction on a replica set, plainly on a server of its own', async () => {
    const from = server.commands.length;
    const write = {
      sql: '{"update":"items","updates":[{"q":{"_id":1},"u":{"$set":{"v":"z"}}}]}',
      access: 'write',
    } as const;
    await collectRows(await connected(targetOf(server)), write);
    expect(sent('update', from)).toMatchObject([{ startTransaction: true, autocommit: false }]);
    expect(sent('commitTransaction', from)).toHaveLength(1);
    await collectRows(await connected(targetOf(standalone)), write);
    expect(sent('update', 0, standalone)[0]).not.toHaveProperty('startTransaction');
  });

  test('of which the server refuses a part say what happened', async () => {
    const insert = { sql: '{"insert":"items","documents":[{"_id":70},{"_id":1}]}', access: 'write' } as const;
    await expect(collectRows(await connected(targetOf(server)), insert)).rejects.toMatchObject({
      code: 'constraint_violation',
      detail: expect.stringContaining('Nothing'),
    });
    await expect(collectRows(await connected(targetOf(standalone)), insert)).rejects.toMatchObject({
      code: 'constraint_violation',
      detail: expect.stringContaining('1 documents were written before'),
    });
  });

  test('of a login that may not write are refused by the server', async () => {
    const reader = targetOf(server, { username: 'reader', password: 'reader-password' });
    const insert = { sql: '{"insert":"items","documents":[{"_id":80}]}', access: 'write' } as const;
    await expect(collectRows(await connected(reader), insert)).rejects.toMatchObject({ code: 'permission_denied' });
  });
});

test('no attempt of the bypass corpus writes as a read, one after the other on one connection', async () => {
  const state = () =>
    JSON.stringify(
      [...server.store.databases].map(([name, collections]) => [
        name,
        [...collections].map(([one, { documents, indexes }]) => [
          one,
          documents.length,
          one === 'items' ? documents.map(({ view }) => view) : '',
          indexes,
        ]),
      ]),
    );
  const before = state();
  const connection = await connected(targetOf(server));
  const from = server.commands.length;
  for (const { name, sql, expect: expected } of bypassCases()) {
    const run = connection.run(request(sql), new CollectingSink()).then(
      () => 'ran',
      (error: { code: string }) => error.code,
    );
    const outcome = await run;
    if (expected !== 'read') {
      expect([name, outcome]).toEqual([name, expected === 'write' ? 'read_only' : 'unsupported']);
    }
  }
  expect(state()).toBe(before);
  const names = new Set(server.commands.slice(from).map((command) => Object.keys(command)[0]));
  expect([...names].sort()).toEqual(['aggregate', 'count', 'distinct', 'find']);
});
