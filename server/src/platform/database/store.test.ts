import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../ids.ts';
import { silentLogger } from '../telemetry/index.ts';
import { openTestStore, storeKinds, type TestStore } from '../testing/stores.ts';
import {
  isForeignKeyViolation,
  isUniqueViolation,
  json,
  notify,
  openStore,
  type Store,
  StoreRefusedError,
} from './index.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';

describe.each(storeKinds)('the store on %s', (kind) => {
  let opened: TestStore;
  let store: Store;
  beforeAll(async () => {
    opened = await openTestStore(kind);
    store = opened.store;
    await sql`create table counter (name text primary key, n int8 not null, seen timestamptz(3))`.execute(store.db);
    await sql`create table kinds (i int8, i2 int2[], big int8[], exact numeric, at timestamptz(3), day date, j jsonb, b bytea, t text[])`.execute(
      store.db,
    );
  });
  afterAll(() => opened.close());

  const settingValue = async (name: string): Promise<unknown> =>
    (await store.db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst())?.value;

  it('says what it is', async () => {
    expect(store.kind).toBe(kind);
    expect(store.endpoint === null).toBe(kind === 'pglite');
    expect(store.listening).toBe(true);
    await store.ping();
  });

  it('gives every type the same form in Node', async () => {
    const at = new Date('2026-03-04T05:06:07.089Z');
    const { rows } = await sql<Record<string, unknown>>`
      insert into kinds values (${9_007_199_254_740_991}, ${[1, -2]}, ${[3, 4]}, ${'123456789012345678.5'}, ${at},
        ${'2026-03-04'}, ${json([1, 'a', null])}, ${Buffer.from([0, 255, 7])}, ${['x', 'y,"z']}) returning *`.execute(
      store.db,
    );
    expect(rows).toEqual([
      {
        i: 9_007_199_254_740_991,
        i2: [1, -2],
        big: [3, 4],
        exact: '123456789012345678.5',
        at,
        day: '2026-03-04',
        j: [1, 'a', null],
        b: Buffer.from([0, 255, 7]),
        t: ['x', 'y,"z'],
      },
    ]);
    expect(Buffer.isBuffer(rows[0]?.b)).toBe(true);
  });

  it('commits what a transaction did, and nothing of one that threw', async () => {
    await store.transaction((trx) =>
      trx
        .insertInto('setting')
        .values({ name: 'kept', value: json(1) })
        .execute(),
    );
    const failed = store.transaction(async (trx) => {
      await trx
        .insertInto('setting')
        .values({ name: 'lost', value: json(1) })
        .execute();
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    expect(await settingValue('kept')).toBe(1);
    expect(await settingValue('lost')).toBeUndefined();
  });

  it('does not commit a transaction in which a failed statement was swallowed', async () => {
    const swallowed = store.transaction(async (trx) => {
      await trx
        .insertInto('setting')
        .values({ name: 'half', value: json(1) })
        .execute();
      await sql`select 1 / 0`.execute(trx).catch(() => {});
    });
    await expect(swallowed).rejects.toThrow();
    expect(await settingValue('half')).toBeUndefined();
  });

  it('keeps SQLSTATE, constraint and table of an error', async () => {
    await store.db
      .insertInto('setting')
      .values({ name: 'twice', value: json(1) })
      .execute();
    const error = await store.db
      .insertInto('setting')
      .values({ name: 'twice', value: json(2) })
      .execute()
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code: '23505', constraint: 'setting_pkey', table: 'setting' });
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'setting_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'other')).toBe(false);
    expect(isForeignKeyViolation(error)).toBe(false);
  });

  it('keeps parallel transactions and statements apart', async () => {
    await sql`insert into counter values ('sum', 0)`.execute(store.db);
    const transactions = Array.from({ length: 60 }, (_, index) =>
      store
        .transaction(async (trx) => {
          const { rows } = await sql<{ n: number }>`select n from counter where name = 'sum' for update`.execute(trx);
          await sql`insert into counter values (${`row ${index}`}, ${index})`.execute(trx);
          await sql`update counter set n = ${(rows[0]?.n ?? 0) + 1} where name = 'sum'`.execute(trx);
          if (index % 4 === 0) throw new Error('rolled back');
        })
        .then(
          () => 1,
          () => 0,
        ),
    );
    const statements = Array.from({ length: 100 }, (_, index) =>
      sql<{ got: number }>`select ${index}::int8 as got`.execute(store.db).then(({ rows }) => rows[0]?.got),
    );
    const committed = (await Promise.all(transactions)).reduce((sum: number, one) => sum + one, 0);
    expect(committed).toBe(45);
    expect(await Promise.all(statements)).toEqual(Array.from({ length: 100 }, (_, index) => index));
    const { rows } = await sql<{ n: number; others: number }>`
      select n, (select count(*) from counter) - 1 as others from counter where name = 'sum'`.execute(store.db);
    expect(rows).toEqual([{ n: 45, others: 45 }]);
  });

  it('tries a serialisation failure again, three times in all', async () => {
    let attempts = 0;
    const result = await store.transaction(async (trx) => {
      attempts += 1;
      if (attempts < 3) await sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`.execute(trx);
      return 'done';
    });
    expect([result, attempts]).toEqual(['done', 3]);

    attempts = 0;
    const hopeless = store.transaction(async (trx) => {
      attempts += 1;
      await sql`do $$ begin raise exception 'again' using errcode = '40P01'; end $$`.execute(trx);
    });
    await expect(hopeless).rejects.toMatchObject({ code: '40P01' });
    expect(attempts).toBe(3);
  });

  it('survives a change of the schema under its prepared statements', async () => {
    await sql`create table shape (id int primary key)`.execute(store.db);
    await sql`insert into shape values (1)`.execute(store.db);
    const read = () => sql`select * from shape where id = ${1}`.execute(store.db).then(({ rows }) => rows);
    for (let index = 0; index < 5; index += 1) expect(await read()).toEqual([{ id: 1 }]);
    await sql`alter table shape add column more text default 'x'`.execute(store.db);
    for (let index = 0; index < 5; index += 1) expect(await read()).toEqual([{ id: 1, more: 'x' }]);
    await sql`alter table shape drop column more`.execute(store.db);
    const inside = await store.transaction((trx) => sql`select * from shape where id = ${1}`.execute(trx));
    expect(inside.rows).toEqual([{ id: 1 }]);
  });

  it('delivers notifications of committed transactions only, in order, until told to stop', async () => {
    const heard: string[] = [];
    const { promise: last, resolve } = Promise.withResolvers<void>();
    const stop = await store.listen('test channel', (payload) => {
      heard.push(payload);
      if (payload === 'last') resolve();
    });
    await store.transaction((trx) => notify(trx, 'test channel', 'first'));
    await store
      .transaction(async (trx) => {
        await notify(trx, 'test channel', 'never');
        throw new Error('rolled back');
      })
      .catch(() => {});
    await store.transaction((trx) => notify(trx, 'test channel', 'last'));
    await last;
    expect(heard).toEqual(['first', 'last']);

    await stop();
    const { promise: other, resolve: otherHeard } = Promise.withResolvers<void>();
    const stopOther = await store.listen('other', () => otherHeard());
    await notify(store.db, 'test channel', 'too late');
    await notify(store.db, 'other', '');
    await other;
    await stopOther();
    expect(heard).toEqual(['first', 'last']);
  });

  it('applies migrations that are new, each transactionally, and refuses a schema that is newer', async () => {
    const broken = {
      ...Object.fromEntries(Object.keys(migrations).map((name) => [name, { up: async () => {} }])),
      '9000_half': {
        async up(db: typeof store.db) {
          await sql`create table half_made (id int)`.execute(db);
          await sql`select 1 / 0`.execute(db);
        },
      },
    };
    await expect(migrate(store.db as never, silentLogger(), broken)).rejects.toMatchObject({ code: '22012' });
    const { rows } = await sql<{ found: boolean }>`select to_regclass('half_made') is not null as found`.execute(
      store.db,
    );
    expect(rows).toEqual([{ found: false }]);

    await sql`insert into headgate_migration (name, timestamp) values ('9999_future', now()::text)`.execute(store.db);
    try {
      await expect(migrate(store.db as never, silentLogger())).rejects.toThrow(/newer Headgate.*9999_future/);
      if (kind === 'postgresql') {
        const refused = openStore(opened.config, silentLogger());
        await expect(refused).rejects.toMatchObject({ code: 'store_too_new' });
        await expect(refused).rejects.toBeInstanceOf(StoreRefusedError);
      }
    } finally {
      await sql`delete from headgate_migration where name = '9999_future'`.execute(store.db);
    }
  });

  it('finds everything again after it was closed and opened', async () => {
    const name = uuidv7();
    await store.db
      .insertInto('setting')
      .values({ name, value: json('still here') })
      .execute();
    await store.close();
    store = await openStore(opened.config, silentLogger());
    opened = { ...opened, store, close: () => store.close() };
    expect(await settingValue(name)).toBe('still here');
  });
});
