import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../platform/ids.ts';
import { type Principal, principalOf } from '../identity/principal.ts';
import { context, openWorld, type World } from '../identity/testing/world.ts';

/** Random sources, shares and users, all in the store; then the list's condition against `decide()` for each pair. */
describe('visibleFilter', () => {
  let world: World;
  const people: Principal[] = [];

  const pick = <T>(random: () => number, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

  beforeAll(async () => {
    world = await openWorld();
    const { store } = world;
    // A fixed sequence, so that a failure can be looked at.
    const random = ((state: number) => () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    })(42);
    await world.identity.tenants.create(world.admin, { name: 'Two', slug: 'two' });
    const tenants = await store.db.selectFrom('tenant').select(['id', 'slug']).orderBy('id').execute();
    for (let index = 0; index < 8; index += 1) {
      await world.user(`user${index}`, {
        tenant: tenants[index % 2]!.slug,
        permissions: pick(random, [[], [104], [], [2]]),
        roles: pick(random, [['user'], [], ['tenant administrator']]),
      });
    }
    const users = await store.db.selectFrom('user_account').select(['id', 'tenant_id', 'builtin']).execute();
    const groups: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      const row = { uid: uuidv7(), tenant_id: 1, name: `g${index}`, name_folded: `g${index}` };
      const { id } = await store.db.insertInto('user_group').values(row).returning('id').executeTakeFirstOrThrow();
      groups.push(id);
    }
    const ordinary = users.filter((user) => user.builtin === null);
    const workspaces = await store.db.selectFrom('workspace').select(['id', 'tenant_id']).execute();
    for (const user of ordinary) {
      for (const group of groups) {
        if (random() < 0.4)
          await store.db.insertInto('user_group_member').values({ group_id: group, user_id: user.id }).execute();
      }
      for (const workspace of workspaces) {
        if (random() < 0.4)
          await store.db
            .insertInto('workspace_member')
            .values({ workspace_id: workspace.id, user_id: user.id })
            .execute();
      }
    }
    for (let index = 0; index < 60; index += 1) {
      const owner = pick(random, users);
      const workspace = pick(random, [null, ...workspaces.filter((one) => one.tenant_id === owner.tenant_id)]);
      const { id } = await store.db
        .insertInto('data_source')
        .values({
          uid: uuidv7(),
          tenant_id: owner.tenant_id,
          name: `s${index}`,
          name_folded: `s${index}`,
          owner_id: owner.id,
          visibility: pick(random, ['private', 'private', 'workspace', 'tenant']),
          permissions: pick(random, [null, null, [2, 3], [3]]),
          workspace_id: workspace?.id ?? null,
          deleted_at: random() < 0.05 ? new Date() : null,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      const subjects = [
        ...ordinary.map((user) => ({ subject_type: 'user', user_id: user.id })),
        ...groups.map((group) => ({ subject_type: 'group', group_id: group })),
        ...tenants.map((tenant) => ({ subject_type: 'tenant', subject_tenant_id: tenant.id })),
      ];
      for (const subject of subjects) {
        if (random() > 0.15) continue;
        await store.db
          .insertInto('share')
          .values({
            uid: uuidv7(),
            tenant_id: owner.tenant_id,
            resource_id: id,
            ...subject,
            permissions: pick(random, [[], [2], [2, 100], [100], [3, 5]]),
            expires_at: pick(random, [
              null,
              null,
              new Date(world.clock.now().getTime() - 1000),
              new Date(world.clock.now().getTime() + 60_000),
            ]),
          })
          .execute();
      }
      if (workspace !== null && random() < 0.3) {
        const secret = {
          uid: uuidv7(),
          tenant_id: owner.tenant_id,
          source_id: id,
          kind: 'workspace',
          workspace_id: workspace.id,
        };
        await store.db.insertInto('credential').values(secret).execute();
      }
    }
    for (const user of ordinary) {
      const found = (await world.identity.principals.byId(user.id))!;
      people.push(principalOf(found, context, { method: 'password' }));
      if (user.id % 3 !== 0) continue;
      people.push(principalOf(found, context, { method: 'api_token', scopes: new Set(['door:fetcher']) }));
    }
  });
  afterAll(() => world?.close());

  const visibleTo = async (person: Principal, options?: { afterId: number; take: number }): Promise<number[]> => {
    const filter = world.access.visibleFilter(person, { alias: 's', ...options });
    const rows = await world.store.db
      .selectFrom('data_source as s')
      .select('s.id')
      .where('s.deleted_at', 'is', null)
      .where(filter)
      .$if(options !== undefined, (query) => query.where('s.id', '>', options!.afterId))
      .orderBy('s.id')
      .limit(options?.take ?? 1000)
      .execute();
    return rows.map((row) => row.id);
  };

  it('shows exactly what decide() lets one view, also page by page', async () => {
    const sources = await world.store.db
      .selectFrom('data_source')
      .select('id')
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .execute();
    let shown = 0;
    for (const person of people) {
      const all = await Promise.all(sources.map(({ id }) => world.access.factsById(world.store.db, person, id)));
      const expected = all
        .filter((facts) => facts !== null && world.access.decide(person, 'source.view', facts).allowed)
        .map((facts) => facts!.source.id);
      expect(await visibleTo(person)).toEqual(expected);
      const paged: number[] = [];
      for (let afterId = 0; ; ) {
        const page = await visibleTo(person, { afterId, take: 11 });
        paged.push(...page);
        if (page.length < 11) break;
        afterId = page.at(-1)!;
      }
      expect(paged).toEqual(expected);
      shown += expected.length;
    }
    expect(shown).toBeGreaterThan(100);
    expect(shown).toBeLessThan(people.length * sources.length * 0.8);
  });

  it('finds by name what it finds by uid, or says that there is nothing', async () => {
    const sources = await world.store.db.selectFrom('data_source').select(['id', 'uid', 'name', 'tenant_id']).execute();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...people), fc.constantFrom(...sources), async (person, source) => {
        const by = (key: string) =>
          world.access.resolve(person, key).then(
            (facts) => facts.source.id,
            () => null,
          );
        const [name, uid] = [await by(source.name.toUpperCase()), await by(source.uid)];
        const facts = await world.access.factsById(world.store.db, person, source.id);
        const permissions = facts === null ? [] : world.access.permissionsOn(person, facts);
        expect(uid !== null).toBe(permissions.length > 0);
        // A name speaks of the own tenant and of what is shared; the rest is reached by uid.
        const shared =
          facts !== null && (facts.userShare ?? facts.tenantShare ?? facts.groupShares[0] ?? null) !== null;
        expect(name).toBe(source.tenant_id === person.subject.tenantId || shared ? uid : null);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('costs a page, not the number of sources: every branch is bounded and walks an index', async () => {
    const filter = world.access.visibleFilter(people[2]!, { afterId: 10, take: 51 });
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain select id from data_source where ${filter} order by id limit 51`.execute(world.store.db);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan.match(/Limit/g)?.length).toBeGreaterThan(3);
  });
});
