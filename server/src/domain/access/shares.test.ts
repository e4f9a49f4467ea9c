import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/principal.ts';
import { openWorld, type World } from '../identity/testing/world.ts';

describe.each(['postgresql', 'pglite'] as const)('shares on %s', (kind) => {
  let world: World;
  let ann: Principal;
  let bob: Principal;
  let name: string;
  let count = 0;
  const to = (username: string) => ({ type: 'user', name: username }) as const;

  beforeAll(async () => {
    world = await openWorld(kind);
    ann = await world.user('ann');
    bob = await world.user('bob');
    await world.user('cy');
    await world.identity.tenants.create(world.admin, { name: 'Other', slug: 'other' });
    await world.user('dora', { tenant: 'other' });
    await world.identity.groups.create(world.admin, { name: 'Analysts' });
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    count += 1;
    name = `sales-${count}`;
    await world.source(ann, name);
  });

  const code = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'no error',
      (error: { code: string }) => error.code,
    );

  it('creates, replaces and removes a share, and audits the sets before and after', async () => {
    const first = await world.shares.put(ann, name, to('BOB'), { permissions: [100, 2, 2] });
    expect(first.created).toBe(true);
    expect(first.share).toMatchObject({
      subject: { type: 'user', name: 'bob', id: bob.subject.id },
      permissions: [2, 100],
      expiresAt: null,
      createdBy: 'ann',
      version: 1,
    });
    const second = await world.shares.put(ann, name, to('bob'), { permissions: [3] });
    expect(second).toMatchObject({ created: false, share: { permissions: [3], version: 2 } });
    expect(await world.shares.list(ann, name)).toEqual([second.share]);
    await world.shares.remove(ann, name, to('bob'));
    expect(await world.shares.list(ann, name)).toEqual([]);
    const { items } = await world.audit.list(world.admin, { resource: name }, {});
    expect(items.map(({ action, detail }) => ({ action, detail }))).toMatchObject([
      { action: 'share.remove', detail: { shares: [{ type: 'user', subject: 'bob', before: [3] }], after: null } },
      { action: 'share.update', detail: { subject: 'bob', before: [2, 100], after: [3] } },
      { action: 'share.create', detail: { subject: 'bob', before: null, after: [2, 100] } },
    ]);
    expect(items[0]).toMatchObject({ actor: 'ann', resourceType: 'source', door: 'rest', outcome: 'allowed' });
  });

  it('keeps the rules of hdp.md §6.1–6.5', async () => {
    const put = (principal: Principal, subject: Parameters<World['shares']['put']>[2], permissions: number[]) =>
      code(world.shares.put(principal, name, subject, { permissions }));
    expect(await put(ann, to('bob'), [77])).toBe('permission_unknown');
    expect(await put(ann, to('bob'), [10])).toBe('permission_not_shareable');
    expect(await put(ann, to('bob'), [104])).toBe('permission_not_shareable');
    expect(await put(ann, to('ann'), [2])).toBe('share_with_owner');
    expect(await put(ann, to('nobody'), [2])).toBe('subject_not_found');
    expect(await put(ann, to('fetcher'), [2])).toBe('subject_not_found');
    expect(await put(ann, to('dora'), [2])).toBe('subject_not_found'); // of another tenant
    expect(await put(world.admin, to('dora'), [2])).toBe('no error');
    expect(await put(ann, { type: 'tenant', name: 'system' }, [2])).toBe('subject_not_found');
    expect(await put(ann, { type: 'group', name: 'analysts' }, [2])).toBe('no error');
    expect(await put(bob, to('cy'), [2])).toBe('source_not_found');
    expect(await put(ann, to('bob'), [2, 3, 4])).toBe('no error');
    expect(await put(bob, to('cy'), [2])).toBe('not_owner'); // no sharing on, even with 3
    expect(await code(world.shares.list(bob, name))).toBe('not_owner');
    expect(await put(ann, to('cy'), [])).toBe('no error');
    const cy = await world.user(`cy-${name}`);
    expect(await put(ann, { type: 'user', id: cy.subject.id }, [])).toBe('no error');
    expect(await code(world.access.resolve(cy, name))).toBe('source_not_found'); // an empty share grants nothing
    expect(await code(world.shares.replace(ann, name, to(`cy-${name}`), { permissions: [2] }))).toBe('no error');
    expect((await world.access.resolve(cy, name)).userShare?.permissions).toEqual([2]);
    await world.shares.remove(ann, name, to(`cy-${name}`));
    expect(await code(world.access.resolve(cy, name))).toBe('source_not_found');
    expect(await code(world.shares.replace(ann, name, to(`cy-${name}`), { permissions: [2] }))).toBe('share_not_found');
    expect(await code(world.shares.remove(ann, name, to(`cy-${name}`)))).toBe('share_not_found');
    const past = new Date(world.clock.now().getTime() - 1);
    expect(await code(world.shares.put(ann, name, to('bob'), { permissions: [2], expiresAt: past }))).toBe(
      'invalid_expiry',
    );
  });

  it('lets no share pass what an administrator took from the owner', async () => {
    await world.source(ann, `${name}-r`, { permissions: [2, 3, 5] });
    const put = (permissions: number[]) => world.shares.put(ann, `${name}-r`, to('bob'), { permissions });
    expect(await code(put([2, 7]))).toBe('permission_exceeds_owner');
    expect(await code(put([2, 100]))).toBe('permission_exceeds_owner');
    expect(await code(put([2, 5]))).toBe('no error');
  });

  it('puts a share to a tenant in the place of those to its users', async () => {
    await world.shares.put(ann, name, to('bob'), { permissions: [2, 100] });
    await world.shares.put(world.admin, name, to('dora'), { permissions: [2] });
    const { share } = await world.shares.put(
      world.admin,
      name,
      { type: 'tenant', name: 'system' },
      { permissions: [5] },
    );
    expect(share.subject).toEqual({ type: 'tenant', name: 'system', id: 1 });
    const left = await world.shares.list(ann, name);
    expect(left.map((one) => one.subject.name)).toEqual(['dora', 'system']);
    expect(await code(world.shares.put(ann, name, to('bob'), { permissions: [2] }))).toBe('shared_through_tenant');
    const { items } = await world.audit.list(world.admin, { resource: name }, { limit: 1 });
    expect(items[0]?.detail).toMatchObject({ type: 'tenant', replaced: [{ subject: 'bob', before: [2, 100] }] });
    await world.shares.remove(world.admin, name, { type: 'tenant', name: 'system' });
    expect(await code(world.shares.put(ann, name, to('bob'), { permissions: [2] }))).toBe('no error');
  });

  it('adds several, all or none', async () => {
    await world.shares.put(ann, name, to('bob'), { permissions: [2] });
    const add = (...entries: [string, number[]][]) =>
      world.shares.add(
        ann,
        name,
        entries.map(([username, permissions]) => ({ subject: to(username), input: { permissions } })),
      );
    expect(await code(add(['cy', [2]], ['nobody', [2]]))).toBe('subject_not_found');
    expect(await code(add(['cy', [2]], ['CY', [3]]))).toBe('duplicate_subject');
    expect((await world.shares.list(ann, name)).length).toBe(1);
    expect((await add(['cy', [2]], ['bob', [3]])).map((share) => share.permissions)).toEqual([[2], [3]]);
    expect((await world.shares.list(ann, name)).length).toBe(2);
    expect(await world.shares.removeAll(ann, name, 'user')).toBe(2);
    expect(await world.shares.removeAll(ann, name)).toBe(0);
  });

  it('neither loses nor doubles parallel writes of one share', async () => {
    const rounds = Array.from({ length: 24 }, (_, index) =>
      world.shares.put(ann, name, to('bob'), { permissions: index % 2 === 0 ? [2] : [2, 100] }),
    );
    const written = await Promise.all(rounds);
    expect(written.filter((one) => one.created).length).toBe(1);
    const versions = written.map((one) => one.share.version).sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
    const [left, ...more] = await world.shares.list(ann, name);
    expect(more).toEqual([]);
    expect(left).toEqual(written.find((one) => one.share.version === 24)?.share);
    // Each event's set before is the one that the event before it wrote: no write was overlooked.
    const { items } = await world.audit.list(world.admin, { resource: name, action: 'share.' }, { limit: 100 });
    const byVersion = written.toSorted((a, b) => a.share.version - b.share.version);
    const before = items.map((item) => (item.detail as { before: number[] | null }).before);
    expect(before.filter((one) => one === null).length).toBe(1);
    const expected = byVersion.slice(0, -1).map((one) => JSON.stringify(one.share.permissions));
    expect(
      before
        .filter((one) => one !== null)
        .map((one) => JSON.stringify(one))
        .sort(),
    ).toEqual(expected.sort());
  });

  it('never has a user share beside a share to the tenant, whatever the order', async () => {
    for (let round = 0; round < 10; round += 1) {
      const source = `${name}-t${round}`;
      await world.source(ann, source);
      await Promise.allSettled([
        world.shares.put(ann, source, to('bob'), { permissions: [2] }),
        world.shares.put(world.admin, source, { type: 'tenant', name: 'system' }, { permissions: [2] }),
        world.shares.put(ann, source, to('cy'), { permissions: [2] }),
      ]);
      const left = await world.shares.list(world.admin, source);
      expect(left.map((share) => share.subject.name)).toEqual(['system']);
    }
  });

  it('ends with its time, without anything being written', async () => {
    const expiresAt = new Date(world.clock.now().getTime() + 5000);
    await world.shares.put(ann, name, to('bob'), { permissions: [2, 100], expiresAt });
    const facts = await world.access.resolve(bob, name);
    world.access.authorise(bob, 'source.query', facts);
    world.clock.advance(5000);
    expect(() => world.access.authorise(bob, 'source.query', facts)).toThrow('no such data source');
    expect(await code(world.access.resolve(bob, name))).toBe('source_not_found');
  });

  it('holds at once on this node, and explains itself', async () => {
    await world.shares.put(ann, name, to('bob'), { permissions: [2, 100] });
    const before = await world.access.resolve(bob, name);
    world.access.authorise(bob, 'source.query', before);
    expect(await world.access.explain(ann, name, { username: 'bob', action: 'source.write' })).toMatchObject({
      allowed: false,
      because: 'the share to user bob lacks write (103)',
      permissions: [2, 100],
    });
    await world.shares.put(ann, name, to('bob'), { permissions: [2] });
    const after = await world.access.resolve(bob, name);
    expect(after.userShare?.permissions).toEqual([2]);
    expect(() => world.access.authorise(bob, 'source.query', after)).toThrow('the share to user bob lacks sql (100)');
    expect((await world.access.explain(bob, name)).allowed).toBe(true);
    expect(await code(world.access.explain(bob, name, { username: 'ann' }))).toBe('not_owner');
  });
});
