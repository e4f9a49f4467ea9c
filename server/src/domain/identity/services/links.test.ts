import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { context, openWorld, password, type World } from '../testing/world.ts';
import { internalServiceId } from './model.ts';

describe('the ways in of a user', () => {
  let world: World;
  let corp: number;
  beforeAll(async () => {
    world = await openWorld();
    await world.user('ann');
    await world.user('bob');
    const ldap = { url: 'ldaps://directory.example', userBase: 'dc=example' };
    await world.identity.signInServices.create(world.admin, { name: 'Corp', kind: 'ldap', ldap });
    const all = await world.identity.signInServices.numbered(world.admin);
    expect(all.map((one) => one.service.name)).toEqual(['Internal', 'Corp']);
    expect(all[0]?.number).toBe(internalServiceId);
    corp = all[1]!.number;
  });
  afterAll(() => world?.close());
  const ways = (username: string) => world.identity.serviceLinks.ofUser(world.admin, username);
  const set = (username: string, ...links: [number, string][]) =>
    world.identity.serviceLinks
      .replace(
        world.admin,
        username,
        links.map(([serviceId, login]) => ({ serviceId, login })),
      )
      .then(
        () => 'done',
        (error: { code: string }) => error.code,
      );

  it('are replaced exactly', async () => {
    const { authenticator } = world.identity;
    const signIn = () =>
      authenticator.signIn({ username: 'ann', password, service: 'internal' }, context).then(
        ({ token }) => token,
        (error: { code: string }) => error.code,
      );
    expect(await ways('ann')).toEqual([{ serviceId: internalServiceId, login: 'ann' }]);
    const token = await signIn();
    expect(await set('ann', [corp, 'a.lee'], [internalServiceId, 'ann'])).toBe('done');
    await authenticator.bearer(token, context);
    expect(await set('ann', [corp, 'a.lee'], [corp, 'ann.lee'])).toBe('done');
    expect(await ways('ann')).toEqual([
      { serviceId: corp, login: 'a.lee' },
      { serviceId: corp, login: 'ann.lee' },
    ]);
    await expect(authenticator.bearer(token, context)).rejects.toMatchObject({ code: 'invalid_token' });
    expect(await signIn()).toBe('invalid_credentials');
    expect(await set('ann', [internalServiceId, 'ANN'])).toBe('done');
    expect(await signIn()).toMatch(/^hg_s_/);
  });

  it('are refused when they belong to somebody, to nothing, or are none', async () => {
    expect(await set('ann', [corp, 'shared'])).toBe('done');
    expect(await set('bob', [corp, 'SHARED'])).toBe('identity_taken');
    expect(await set('bob', [4711, 'bob'])).toBe('sign_in_service_not_found');
    expect(await set('bob', [internalServiceId, 'ann'])).toBe('invalid_login');
    expect(await set('bob')).toBe('links_missing');
    expect(await set('nobody', [corp, 'x'])).toBe('user_not_found');
    expect(await ways('bob')).toEqual([{ serviceId: internalServiceId, login: 'bob' }]);
  });
});
