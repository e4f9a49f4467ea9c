import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/principal.ts';
import { openTestKit, storeKinds, type TestKit } from '../sources/test-kit.ts';
import type { CatalogTable } from './model.ts';
import { CatalogStore } from './store.ts';

describe.each(storeKinds)('catalogs on %s', (kind) => {
  let kit: TestKit;
  let ann: Principal;
  let catalog: CatalogStore;
  beforeAll(async () => {
    kit = await openTestKit(kind);
    ann = await kit.person('ann');
    catalog = new CatalogStore(kit);
  });
  afterAll(() => kit?.close());

  const table = (schema: string, name: string, more: Partial<CatalogTable> = {}): CatalogTable => ({
    schema,
    name,
    kind: 'table',
    comment: null,
    rowEstimate: 10,
    columns: [{ name: 'id', type: 'bigint', kind: 'bigint', nullable: false, default: null, comment: null }],
    primaryKey: ['id'],
    uniqueKeys: [],
    foreignKeys: [],
    ...more,
  });
  async function* stream(...tables: CatalogTable[]): AsyncGenerator<CatalogTable> {
    yield* tables;
  }
  const sourceId = async (): Promise<number> => {
    const view = await kit.sources.create(ann, kit.input());
    return (await kit.access.resolve(ann, view.id)).source.id;
  };
  const names = async (id: number, filter = {}): Promise<string[]> =>
    (await catalog.read(id, filter, {})).items.map((item) => `${item.schema}.${item.name}`);

  it('gives back what was streamed in, in order, by pages and filters', async () => {
    const id = await sourceId();
    expect(await catalog.info(id)).toBeNull();
    const orders = table('shop', 'orders', {
      kind: 'view',
      comment: "it's 100%",
      rowEstimate: null,
      columns: [
        { name: 'Total_€', type: 'numeric(14,2)', kind: 'decimal', nullable: true, default: '0', comment: 'c' },
      ],
      uniqueKeys: [['a', 'b']],
      foreignKeys: [
        { name: 'fk', columns: ['a'], referencedSchema: 'shop', referencedTable: 'users', referencedColumns: ['id'] },
      ],
    });
    const tables = [table('app', 'a'), table('app', 'b'), orders, table('shop', 'users')];
    const info = await catalog.replace(id, 1, stream(...tables));
    expect(info).toMatchObject({ tables: 4, columns: 4, stale: false, settingsVersion: 1 });
    expect(info.digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await catalog.read(id, {}, {})).items).toEqual(tables);
    const first = await catalog.read(id, {}, { limit: 3 });
    const rest = await catalog.read(id, {}, { limit: 3, cursor: first.nextCursor! });
    expect([...first.items, ...rest.items]).toEqual(tables);
    expect(rest.nextCursor).toBeNull();
    expect(await names(id, { schema: 'shop' })).toEqual(['shop.orders', 'shop.users']);
    expect(await names(id, { q: 'ORD' })).toEqual(['shop.orders']);
    expect(await names(id, { q: 'total_€' })).toEqual(['shop.orders']);
    expect(await names(id, { q: '%' })).toEqual([]);
    expect(await names(id, { q: 'a\0', schema: '\0' })).toEqual([]);
  });

  it('replaces the whole, or keeps the old when the stream breaks off', async () => {
    const id = await sourceId();
    const before = await catalog.replace(id, 1, stream(table('s', 'old'), table('s', 'same')));
    async function* broken(): AsyncGenerator<CatalogTable> {
      yield table('s', 'new');
      throw new Error('connection lost');
    }
    await expect(catalog.replace(id, 1, broken())).rejects.toThrow('connection lost');
    expect(await names(id)).toEqual(['s.old', 's.same']);
    expect(await catalog.info(id)).toEqual(before);
    const after = await catalog.replace(id, 1, stream(table('s', 'new'), table('s', 'same')));
    expect(await names(id)).toEqual(['s.new', 's.same']);
    expect(after.digest).not.toBe(before.digest);
    const again = await catalog.replace(id, 1, stream(table('s', 'new'), table('s', 'same')));
    expect(again.digest).toBe(after.digest);
    expect((await catalog.replace(id, 1, stream())).tables).toBe(0);
    expect(await names(id)).toEqual([]);
  });

  it('is stale once the way to connect has changed, and an older reading never replaces a newer one', async () => {
    const id = await sourceId();
    await catalog.replace(id, 1, stream(table('s', 'first')));
    const view = (await kit.sources.list(ann, {}, { limit: 500 })).items.at(-1)!;
    await kit.sources.update(ann, view.id, { host: 'db2' });
    expect((await catalog.info(id))?.stale).toBe(true);
    await catalog.replace(id, 2, stream(table('s', 'second')));
    expect((await catalog.info(id))?.stale).toBe(false);
    await catalog.replace(id, 1, stream(table('s', 'late')));
    expect(await names(id)).toEqual(['s.second']);
  });

  it('keeps each source apart, and one whole catalog when two readings end at once', async () => {
    const [one, two] = [await sourceId(), await sourceId()];
    await catalog.replace(two, 1, stream(table('s', 'theirs')));
    const readings = ['x', 'y', 'z'].map((name) => stream(...[1, 2, 3].map((n) => table(name, `t${n}`))));
    await Promise.all(readings.map((reading) => catalog.replace(one, 1, reading)));
    const found = await names(one);
    expect(found.length).toBe(3);
    expect(new Set(found.map((name) => name[0])).size).toBe(1);
    expect(await names(two)).toEqual(['s.theirs']);
  });

  it('takes what a source may send and the store cannot keep', async () => {
    const id = await sourceId();
    await catalog.replace(
      id,
      1,
      stream(table('s', 'nul\0', { comment: 'half \ud800, and \\u0000 as text', rowEstimate: 1.6 })),
    );
    const [item] = (await catalog.read(id, {}, {})).items;
    expect(item).toMatchObject({ name: 'nul\ufffd', comment: 'half \ufffd, and \\u0000 as text', rowEstimate: 2 });
  });

  it('streams many tables in, and refuses more than it keeps', async () => {
    const id = await sourceId();
    async function* many(count: number): AsyncGenerator<CatalogTable> {
      for (let n = 0; n < count; n += 1)
        yield table('s', `t${String(n).padStart(5, '0')}`, { comment: 'x'.repeat(500) });
    }
    expect(await catalog.replace(id, 1, many(3000))).toMatchObject({ tables: 3000 });
    const small = new CatalogStore({ store: kit.store, maximumSize: 100_000 });
    await expect(small.replace(id, 1, many(3000))).rejects.toMatchObject({ code: 'catalog_too_large' });
    expect((await catalog.info(id))?.tables).toBe(3000);
    await expect(catalog.replace(999_999, 1, many(1))).rejects.toMatchObject({ code: 'source_not_found' });
  });
});
