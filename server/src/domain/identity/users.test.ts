import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../platform/ids.ts';
import { noLimits } from '../access/index.ts';
import { type Principal, principalOf } from './principal.ts';
import { context, openWorld, password, type World } from './testing/world.ts';

const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

describe('users, groups and tenants', () => {
  let world: World;
  let ann: Principal;
  /** Administers tenant `two`. */
  let tom: Principal;

  beforeAll(async () => {
    world = await openWorld();
    await world.identity.tenants.create(world.admin, { name: 'Two', slug: 'two' });
    ann = await world.user('ann');
    tom = await world.user('tom', { tenant: 'two', roles: ['tenant administrator'] });
    await world.user('una', { tenant: 'two' });
  });
  afterAll(() => world?.close());
  const again = async (username: string) =>
    principalOf((await world.identity.principals.byUsername(username))!, context, { method: 'password' });

  it('makes users with names unique in the installation, ignoring case', async () => {
    const { users } = world.identity;
    expect(await code(users.create(world.admin, { username: 'ANN', password }))).toBe('username_taken');
    expect(await code(users.create(world.admin, { username: 'ann', password, tenant: 'two' }))).toBe('username_taken');
    for (const username of ['', ' x', 'x ', 'a:b', 'a\u0000b', 'x'.repeat(129), 'a\nb', 'a\u202eb']) {
      expect([username, await code(users.create(world.admin, { username, password }))]).toEqual([
        username,
        'invalid_name',
      ]);
    }
    for (const bad of ['', 'short', 'x'.repeat(129), 'with\0nul-in-it']) {
      expect(await code(users.create(world.admin, { username: 'new', password: bad }))).toBe('password_invalid');
    }
    expect(await code(users.create(world.admin, { username: 'new', password, roles: ['king'] }))).toBe(
      'role_not_found',
    );
    expect(await code(users.create(world.admin, { username: 'new', password, tenant: 'none' }))).toBe(
      'tenant_not_found',
    );
    expect(await code(users.create(world.admin, { username: 'new', password, permissions: [12] }))).toBe(
      'permission_not_grantable',
    );
    expect(await code(users.create(world.admin, { username: 'new', password, permissions: [999] }))).toBe(
      'permission_unknown',
    );
    const view = await users.create(world.admin, {
      username: 'Zoë',
      password,
      firstName: 'Zoë',
      email: 'zoe@example.org',
      roles: ['User'],
      permissions: [104, 13, 13],
    });
    expect(view).toMatchObject({ username: 'Zoë', firstName: 'Zoë', lastName: null, administers: [] });
    expect(view.permissions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 104]);
    expect(await users.get(world.admin, 'zOË')).toEqual(view);
  });

  it('lets tenant administrators act in their tenants only, and give what they have only', async () => {
    const { users } = world.identity;
    expect(await code(users.create(ann, { username: 'x1', password }))).toBe('permission_missing');
    expect(await code(users.create(tom, { username: 'x1', password, tenant: 'system' }))).toBe('permission_missing');
    expect(await code(users.create(tom, { username: 'x1', password, tenant: 'none' }))).toBe('permission_missing');
    expect(await code(users.create(tom, { username: 'x1', password, permissions: [104] }))).toBe(
      'permission_exceeds_own',
    );
    expect(await code(users.create(tom, { username: 'x1', password, roles: ['administrator'] }))).toBe(
      'permission_exceeds_own',
    );
    expect(await code(users.create(tom, { username: 'x1', password, administers: ['system'] }))).toBe(
      'tenant_not_found',
    );
    const made = await users.create(tom, { username: 'x1', password, roles: ['Tenant Administrator'] });
    expect(made).toMatchObject({ tenant: 'two', administers: ['two'] });
    expect(await code(users.get(tom, 'ann'))).toBe('user_not_found');
    expect(await code(users.update(tom, 'ann', { lastName: 'x' }))).toBe('user_not_found');
    expect(await code(users.setPassword(tom, 'admin', 'new password'))).toBe('user_not_found');
    expect((await users.list(tom, {}, {})).items.map((user) => user.username)).toEqual(['tom', 'una', 'x1']);
    expect((await users.list(ann, {}, {})).items.map((user) => user.username)).toEqual(['ann']);
    // Somebody of the tenant who may more than its administrator is out of his reach.
    await users.update(world.admin, 'x1', { permissions: [104] });
    expect(await code(users.setPassword(tom, 'x1', 'new password'))).toBe('permission_exceeds_own');
    expect(await code(users.update(tom, 'x1', { status: 'inactive' }))).toBe('permission_exceeds_own');
    expect(await code(users.delete(tom, 'x1', 'refuse'))).toBe('permission_exceeds_own');
    await users.delete(world.admin, 'x1', 'refuse');
    expect(await code(users.get(world.admin, 'x1'))).toBe('user_not_found');
  });

  it('pages, searches and does not read wildcards out of a search', async () => {
    const { users } = world.identity;
    const all = (await users.list(world.admin, {}, { limit: 500 })).items.map((user) => user.username);
    const paged: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await users.list(world.admin, {}, { limit: 2, cursor });
      paged.push(...page.items.map((user) => user.username));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
    expect((await users.list(world.admin, { q: 'UN' }, {})).items.map((user) => user.username)).toEqual(['una']);
    expect((await users.list(world.admin, { q: '%' }, {})).items).toEqual([]);
    expect((await users.list(world.admin, { tenant: 'two' }, {})).items.length).toBe(2);
    expect(await code(users.list(world.admin, {}, { limit: 0 }))).toBe('invalid_limit');
    expect(await code(users.list(world.admin, {}, { cursor: 'abc' }))).toBe('invalid_cursor');
  });

  it('lets everybody change the own name but nothing that gives power', async () => {
    const { users } = world.identity;
    expect((await users.update(ann, 'ann', { firstName: 'Ann', email: null })).firstName).toBe('Ann');
    expect(await code(users.update(ann, 'ann', { roles: ['administrator'] }))).toBe('permission_missing');
    expect(await code(users.update(ann, 'ann', { permissions: [2] }))).toBe('permission_missing');
  });

  it('never loses the last administrator, also when two go at once', async () => {
    const { users } = world.identity;
    expect(await code(users.update(world.admin, 'admin', { roles: ['user'] }))).toBe('last_administrator');
    expect(await code(users.update(world.admin, 'admin', { status: 'inactive' }))).toBe('last_administrator');
    expect(await code(users.delete(world.admin, 'admin', 'delete'))).toBe('own_account');
    const root = await world.user('root', { roles: ['administrator'] });
    const codes = await Promise.all([
      code(users.update(world.admin, 'root', { roles: ['user'] })),
      code(users.update(root, 'admin', { roles: ['user'] })),
    ]);
    expect(codes.sort()).toEqual(['last_administrator', 'no error']);
    const left = (await users.get(await again('admin'), 'admin')).roles.includes('Administrator') ? 'admin' : 'root';
    const boss = await again(left);
    await users.update(boss, 'admin', { roles: ['administrator'] });
    if (left === 'root') await users.update(await again('admin'), 'root', { roles: ['user'] });
    expect((await users.get(await again('admin'), 'admin')).roles).toEqual(['Administrator']);
  });

  it('deletes a user who owns nothing, refuses or takes his sources, and stops before a running job', async () => {
    const { users } = world.identity;
    const max = await world.user('max');
    const source = await world.source(max, 'max-source');
    const gone = await world.source(max, 'max-gone', { deleted_at: new Date() });
    await world.shares.put(max, 'max-source', { type: 'user', name: 'ann' }, { permissions: [2] });
    const workspace = await world.store.db
      .selectFrom('workspace')
      .select('id')
      .where('tenant_id', '=', 1)
      .executeTakeFirstOrThrow();
    await world.store.db
      .updateTable('workspace')
      .set({ owner_id: max.subject.id })
      .where('id', '=', workspace.id)
      .execute();
    await expect(users.delete(world.admin, 'max', 'refuse')).rejects.toMatchObject({
      code: 'owns_sources',
      extra: { sources: ['max-source'] },
    });
    const holder = uuidv7();
    const lease = {
      uid: uuidv7(),
      tenant_id: 1,
      source_id: source.id,
      kind: 'job',
      holder_uid: holder,
      holder: 'export 1',
    };
    await world.store.db.insertInto('lease').values(lease).execute();
    await expect(users.delete(world.admin, 'max', 'delete')).rejects.toMatchObject({
      code: 'source_in_use',
      extra: { holders: [{ id: holder, kind: 'job', name: 'export 1', source: 'max-source' }] },
    });
    await world.store.db.deleteFrom('lease').execute();
    await users.delete(world.admin, 'max', 'delete');
    expect(await code(world.access.resolve(ann, 'max-source'))).toBe('source_not_found');
    const left = await world.store.db
      .selectFrom('data_source')
      .select('id')
      .where('id', 'in', [source.id, gone.id])
      .execute();
    expect(left).toEqual([]);
    expect(await world.store.db.selectFrom('share').select('id').execute()).toEqual([]);
    const owner = await world.store.db
      .selectFrom('workspace')
      .select('owner_id')
      .where('id', '=', workspace.id)
      .executeTakeFirst();
    expect(owner?.owner_id).toBe(world.admin.subject.id);
    expect(await code(world.identity.authenticator.signIn({ username: 'max', password }, context))).toBe(
      'invalid_credentials',
    );
  });

  it('keeps groups to their tenant', async () => {
    const { groups } = world.identity;
    expect(await code(groups.create(ann, { name: 'g' }))).toBe('permission_missing');
    await groups.create(tom, { name: 'Crew', description: 'all hands' });
    expect(await code(groups.create(tom, { name: 'CREW' }))).toBe('group_taken');
    expect(await code(groups.get(ann, 'crew'))).toBe('group_not_found');
    expect(await code(groups.addMember(tom, 'crew', 'ann'))).toBe('user_not_found');
    await groups.addMember(tom, 'crew', 'una');
    await groups.addMember(tom, 'crew', 'una');
    const una = await again('una');
    expect(await groups.get(una, 'crew')).toMatchObject({ memberCount: 1, members: ['una'] });
    expect(await code(groups.addMember(una, 'crew', 'tom'))).toBe('permission_missing');
    expect((await groups.list(una, {})).items.map((group) => group.name)).toEqual(['Crew']);
    expect((await groups.list(ann, {})).items).toEqual([]);
    expect(await code(groups.removeMember(tom, 'crew', 'tom'))).toBe('user_not_found');
    await groups.removeMember(tom, 'crew', 'una');
    await groups.delete(tom, 'crew');
    expect(await code(groups.get(tom, 'crew'))).toBe('group_not_found');
  });

  it('shows tenants to those who belong, and makes them for holders of 25', async () => {
    const { tenants, users } = world.identity;
    expect(await code(tenants.create(ann, { name: 'Three' }))).toBe('permission_missing');
    expect(await code(tenants.get(ann, 'two'))).toBe('tenant_not_found');
    expect((await tenants.list(ann, {})).items.map((tenant) => tenant.slug)).toEqual(['system']);
    await users.update(world.admin, 'ann', { permissions: [25] });
    await tenants.create(await again('ann'), { name: 'Three' });
    expect(await code(tenants.create(await again('ann'), { name: 'three' }))).toBe('slug_taken');
    expect((await users.get(world.admin, 'ann')).administers).toEqual(['three']);
    expect((await tenants.list(await again('ann'), {})).items.map((tenant) => tenant.slug)).toEqual([
      'system',
      'three',
    ]);
  });

  it('asks for the scope of the token in everything administrative', async () => {
    const narrow = { ...world.admin, scopes: new Set(['write']) };
    const { users, groups, tenants } = world.identity;
    expect(await code(users.create(narrow, { username: 'n', password }))).toBe('scope_missing');
    expect(await code(users.update(narrow, 'ann', { roles: [] }))).toBe('scope_missing');
    expect(await code(groups.create(narrow, { name: 'n' }))).toBe('scope_missing');
    expect(await code(tenants.create(narrow, { name: 'n' }))).toBe('scope_missing');
    expect(await code(world.audit.verify(narrow))).toBe('scope_missing');
    const elsewhere = { ...world.admin, scopes: new Set(['door:mcp']) };
    expect(await code(users.get(elsewhere, 'ann'))).toBe('scope_missing');
    expect(await code(users.get({ ...elsewhere, door: 'mcp' }, 'ann'))).toBe('no error');
  });

  it('takes the minimum of all levels of a limit', async () => {
    const bob = await world.user('bob');
    await world.source(bob, 'capped');
    const { limits, access } = world;
    const of = async () => limits.effectiveLimits(await access.resolve(bob, 'capped'), bob);
    expect(await of()).toEqual(noLimits);
    const set = (
      principal: Principal,
      level: 'system' | 'tenant' | 'user' | 'source',
      subject: string | undefined,
      value: number | null,
    ) => limits.set(principal, { level, subject, name: 'maxRows', value });
    await set(world.admin, 'system', undefined, 1000);
    await set(world.admin, 'tenant', 'system', 2000);
    expect((await of()).maxRows).toBe(1000);
    await set(world.admin, 'user', 'bob', 500);
    await set(bob, 'source', 'capped', 10);
    expect(await of()).toEqual({ ...noLimits, maxRows: 10 });
    await set(bob, 'source', 'capped', null);
    expect((await of()).maxRows).toBe(500);
    expect(await code(set(bob, 'user', 'bob', 9))).toBe('permission_missing');
    expect(await code(set(bob, 'user', 'nobody', 9))).toBe('permission_missing');
    expect(await code(set(ann, 'source', 'capped', 9))).toBe('source_not_found');
    expect(await code(set(bob, 'source', 'capped', 0))).toBe('invalid_limit_value');
    expect(await code(limits.set(bob, { level: 'source', subject: 'capped', name: 'x', value: 1 }))).toBe(
      'limit_unknown',
    );
    expect((await limits.list(bob)).map((limit) => [limit.level, limit.value])).toEqual([
      ['system', 1000],
      ['tenant', 2000],
      ['user', 500],
    ]);
  });
});
