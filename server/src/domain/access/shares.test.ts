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
});
