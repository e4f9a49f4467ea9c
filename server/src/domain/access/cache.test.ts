import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/principal.ts';
import { type Node, openWorld, type World } from '../identity/testing/world.ts';
import { Changes, FactsCache } from './cache.ts';
import { announce } from './facts.ts';

describe('facts in memory', () => {
  let world: World;
  let other: Node;
  let ann: Principal;
  let bob: Principal;

  beforeAll(async () => {
    world = await openWorld();
    other = await world.node();
    ann = await world.user('ann');
    bob = await world.user('bob');
    await world.source(ann, 'sales');
    await world.shares.put(ann, 'sales', { type: 'user', name: 'bob' }, { permissions: [2, 100] });
  });
  afterAll(() => world?.close());

  /** Resolves once `changes` of a store heard of everything announced until now. */
  const heard = async (node: Node): Promise<void> => {
    const arrived = Promise.withResolvers<void>();
    const stop = await node.store.listen('headgate_facts', (fact) => fact === 's:999999' && arrived.resolve());
    await announce(world.store.db, 's:999999');
    await arrived.promise;
    await stop();
  };

  it('hands out the same object while nothing changes', async () => {
    await heard(world);
    const first = await world.access.resolve(bob, 'sales');
    expect(await world.access.resolve(bob, 'sales')).toBe(first);
  });

  it('forgets on this node at once, and on another when the store tells', async () => {
    await heard(other);
    const there = await other.access.resolve(bob, 'sales');
    expect(there.userShare?.permissions).toEqual([2, 100]);
    await world.shares.put(ann, 'sales', { type: 'user', name: 'bob' }, { permissions: [2] });
    expect((await world.access.resolve(bob, 'sales')).userShare?.permissions).toEqual([2]);
    await heard(other);
    expect((await other.access.resolve(bob, 'sales')).userShare?.permissions).toEqual([2]);
  });

  it('keeps nothing that was read before a change', async () => {
    const changes = Changes.of(world.store);
    const cache = new FactsCache<{ n: number }>(changes, 10);
    const gate = Promise.withResolvers<void>();
    const reading = cache.through(
      'k',
      async () => {
        await gate.promise;
        return { n: 1 };
      },
      () => ['s:77'],
    );
    await announce(world.store.db, 's:77');
    await heard(world);
    gate.resolve();
    expect(await reading).toEqual({ n: 1 });
    expect(cache.get('k')).toBeUndefined();
    await cache.through(
      'k',
      async () => ({ n: 2 }),
      () => ['s:77'],
    );
    expect(cache.get('k')).toEqual({ n: 2 });
  });

  it('shares one read among those who ask at once, but none that began before a change', async () => {
    await heard(world);
    const cache = new FactsCache<{ n: number }>(Changes.of(world.store), 10);
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let reads = 0;
    const ask = () =>
      cache.through(
        'k',
        async () => {
          const n = reads++;
          await gates[n]?.promise;
          return { n };
        },
        () => ['s:78'],
      );
    const before = [ask(), ask(), ask()];
    expect(reads).toBe(1);
    await announce(world.store.db, 's:78');
    const after = ask();
    expect(reads).toBe(2);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(before)).toEqual([{ n: 0 }, { n: 0 }, { n: 0 }]);
    expect(await after).toEqual({ n: 1 });
  });

  it('keeps nothing while a change is under way here', async () => {
    const cache = new FactsCache<{ n: number }>(Changes.of(world.store), 10);
    await world.store.transaction(async (trx) => {
      await announce(trx, 's:78');
      await cache.through(
        'k',
        async () => ({ n: 1 }),
        () => ['s:78'],
      );
      expect(cache.get('k')).toBeUndefined();
    });
  });

  it('is bounded, and drops what was used longest ago', async () => {
    const cache = new FactsCache<number>(Changes.of(world.store), 3);
    await heard(world);
    for (const key of ['a', 'b', 'c'])
      await cache.through(
        key,
        async () => 1,
        () => [],
      );
    cache.get('a');
    await cache.through(
      'd',
      async () => 1,
      () => [],
    );
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
  });

  it('is passed by while changes cannot be heard', async () => {
    let listening = true;
    const deaf = {
      ...fakeStore(),
      get listening() {
        return listening;
      },
    };
    const changes = Changes.of(deaf as never);
    await changes.ready;
    const cache = new FactsCache<number>(changes, 3);
    await cache.through(
      'a',
      async () => 1,
      () => [],
    );
    expect(cache.get('a')).toBe(1);
    listening = false;
    expect(cache.get('a')).toBeUndefined();
    await cache.through(
      'a',
      async () => 2,
      () => [],
    );
    listening = true;
    expect(cache.get('a')).toBeUndefined();
  });

  function fakeStore() {
    return { listen: async () => async () => {}, onReconnect: () => () => {} };
  }

  it('follows membership, roles and status of a user', async () => {
    await world.user('eve');
    const eveOf = async () => (await world.identity.principals.byId(eve.subject.id))!;
    const eve = { subject: (await world.identity.principals.byUsername('eve'))! };
    await world.identity.groups.create(world.admin, { name: 'crew' });
    await world.identity.groups.addMember(world.admin, 'crew', 'eve');
    expect((await eveOf()).groupIds.length).toBe(1);
    await world.identity.groups.removeMember(world.admin, 'crew', 'eve');
    expect((await eveOf()).groupIds).toEqual([]);
    await world.identity.users.update(world.admin, 'eve', { roles: [] });
    expect([...(await eveOf()).permissions]).toEqual([]);
    await world.identity.users.update(world.admin, 'eve', { status: 'inactive' });
    expect(await world.identity.principals.byId(eve.subject.id)).toBeNull();
  });
});
