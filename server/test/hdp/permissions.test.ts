/** hdp.md §3.3 row by row (role × explicit × source list × share × tenant share → result), and §6.3 row by row. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { codeOf, dataSource, type HdpCall, hdpCaller, tenantId, userId } from './client.ts';

let headgate: Headgate;
let sample: SampleDatabase;
let call: HdpCall;
const ids: Record<string, number> = {};

beforeAll(async () => {
  headgate = await startHeadgate();
  call = hdpCaller(headgate);
  sample = await sampleDatabase();
  await headgate.api('POST', '/tenants', { name: 'Acme', slug: 'acme' });
  await headgate.createUser('own');
  await headgate.createUser('other');
  await headgate.createUser('abel', { tenant: 'acme' });
  // Roles of exactly these permissions, so that a row says all that a user has.
  const role = (name: string, permissions: string[]) => headgate.api('POST', '/roles', { name, permissions });
  await role('door only', ['MgmtAPI']);
  await role('no door', ['CreateDataSource', 'view', 'modify', 'delete']);
  await role('viewer', ['MgmtAPI', 'CreateDataSource', 'view']);
  for (const name of ['own', 'other', 'abel']) ids[name] = await userId(headgate, name);
  ids.acme = await tenantId(headgate, 'acme');
  ids.system = 1;
});
afterAll(() => headgate?.stop());

let made = 0;
async function newSource(as = 'own'): Promise<string> {
  made += 1;
  const answer = await call(as, 'POST', '/api/mgmt/datasources', dataSource(`s${made}`, sample));
  expect(answer.status, answer.text).toBe(201);
  return `/api/mgmt/datasources/${answer.body.id}`;
}

async function setUser(name: string, roles: string[], permissions: string[] = []): Promise<void> {
  const answer = await headgate.api('PATCH', `/users/${name}`, { roles, permissions });
  expect(answer.status, answer.text).toBe(200);
}

const all = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const range11 = all(1, 11);

describe('§3.3: the effective set', () => {
  /** `list` is the source's own; undefined shares are none. `sees` undefined: the source does not exist for the user. */
  interface Row {
    readonly what: string;
    readonly who: 'owner' | 'shared';
    readonly roles: string[];
    readonly explicit?: string[];
    readonly list?: number[];
    readonly share?: number[];
    readonly tenantShare?: number[];
    readonly result: number[] | '404' | '403';
  }
  const rows: readonly Row[] = [
    { what: "an owner has the roles' permissions", who: 'owner', roles: ['User'], result: range11 },
    { what: 'and explicit ones', who: 'owner', roles: ['viewer'], explicit: ['odata'], result: [1, 2, 7, 11] },
    { what: 'a list on the source counts alone: fewer', who: 'owner', roles: ['User'], list: [2, 7], result: [2, 7] },
    { what: 'or more', who: 'owner', roles: ['viewer'], list: [2, 3, 4, 10], result: [2, 3, 4, 10] },
    { what: 'without 2 the owner does not see it', who: 'owner', roles: ['User'], list: [7], result: '404' },
    { what: 'an empty list locks the owner out', who: 'owner', roles: ['User'], list: [], result: '404' },
    { what: 'a share counts alone: the role adds nothing', who: 'shared', roles: ['User'], share: [2], result: [2] },
    { what: 'and takes nothing', who: 'shared', roles: ['door only'], share: [2, 3, 7], result: [2, 3, 7] },
    {
      what: 'nor do explicit permissions',
      who: 'shared',
      roles: ['User'],
      explicit: ['odata'],
      share: [2],
      result: [2],
    },
    { what: 'without 2 the share shows nothing', who: 'shared', roles: ['User'], share: [3, 5, 7], result: '404' },
    { what: 'a share of nothing shows nothing', who: 'shared', roles: ['User'], share: [], result: '404' },
    {
      what: "the source's list does not widen a share",
      who: 'shared',
      roles: ['User'],
      list: [2, 3],
      share: [2],
      result: [2],
    },
    { what: 'a share to the tenant counts', who: 'shared', roles: ['User'], tenantShare: [2, 5], result: [2, 5] },
    { what: 'nothing shared, nothing there', who: 'shared', roles: ['User'], result: '404' },
    { what: 'the door comes from the roles alone', who: 'shared', roles: ['no door'], share: [2], result: '403' },
    { what: 'also for an owner', who: 'owner', roles: ['no door'], result: '403' },
    { what: 'an administrator has everything', who: 'shared', roles: ['Administrator'], share: [], result: all(1, 29) },
  ];
  it.each(rows)('$what', async ({ who, roles, explicit, list, share, tenantShare, result }) => {
    await setUser('own', ['User']);
    const at = await newSource();
    if (list !== undefined) {
      const put = await call('admin', 'PUT', `${at}/permissions?user=own`, { permissions: list });
      expect([put.status, put.body], put.text).toEqual([200, { permissions: list }]);
    }
    const subject = who === 'owner' ? 'own' : 'other';
    if (share !== undefined) {
      const entry = { sharedUsers: [{ userId: ids.other, permissions: share }] };
      expect((await call('admin', 'POST', `${at}/sharedUsers?user=own`, entry)).status).toBe(201);
    }
    if (tenantShare !== undefined) {
      const entry = { sharedTenants: [{ tenantId: 1, permissions: tenantShare }] };
      expect((await call('admin', 'POST', `${at}/sharedTenants?user=own`, entry)).status).toBe(201);
    }
    await setUser(subject, roles, explicit);
    const answer = await call(subject, 'GET', `${at}/permissions`);
    if (result === '404') expect(codeOf(answer)).toEqual([404, 222207011]);
    else if (result === '403') expect(codeOf(answer)).toEqual([403, 222208103]);
    else expect([answer.status, answer.body], answer.text).toEqual([200, { permissions: result }]);
    await setUser(subject, ['User']);
  });

  it('null takes the list away, and only ?user= sets one', async () => {
    const at = await newSource();
    await call('admin', 'PUT', `${at}/permissions?user=own`, { permissions: [] });
    expect(codeOf(await call('own', 'GET', at))).toEqual([404, 222207011]);
    const back = await call('admin', 'PUT', `${at}/permissions?user=own`, { permissions: null });
    expect([back.status, back.body]).toEqual([200, { permissions: null }]);
    expect((await call('own', 'GET', at)).status).toBe(200);
    expect(codeOf(await call('admin', 'PUT', `${at}/permissions`, { permissions: [2] }))).toEqual([403, 222208103]);
    expect(codeOf(await call('own', 'PUT', `${at}/permissions?user=own`, { permissions: [2] }))).toEqual([
      403, 222208103,
    ]);
    expect(codeOf(await call('admin', 'PUT', `${at}/permissions?user=other`, { permissions: [2] }))).toEqual([
      404, 222207011,
    ]);
    for (const [permissions, code] of [
      [[1], 900000003],
      [[1234], 222208553],
      [['2'], 900000002],
    ] as const) {
      expect(codeOf(await call('admin', 'PUT', `${at}/permissions?user=own`, { permissions }))).toEqual([400, code]);
    }
    expect(codeOf(await call('admin', 'PUT', `${at}/permissions?user=own`, {}))).toEqual([400, 900000002]);
  });
});

describe('§6.3: payloads of shares', () => {
  const share = (at: string, ...entries: object[]) =>
    call('own', 'POST', `${at}/sharedUsers`, { sharedUsers: entries });
  const listed = async (at: string): Promise<Answer['body']> =>
    (await call('own', 'GET', `${at}/sharedUsers`)).body.sharedUsers;
  const id = (at: string): string => at.split('/').at(-1)!;
  let at: string;
  beforeAll(async () => {
    await headgate.createUser('third');
    ids.third = await userId(headgate, 'third');
  });

  it('POST replaces the entries it names and keeps the others', async () => {
    at = await newSource();
    await share(at, { userId: ids.other, permissions: [2] }, { userId: ids.third, permissions: [7] });
    await share(at, { userId: ids.other, permissions: [3, 5] });
    expect(await listed(at)).toEqual([
      { userId: ids.other, permissions: [3, 5] },
      { userId: ids.third, permissions: [7] },
    ]);
  });

  it('PUT replaces the whole list, also what other doors put there, and never creates', async () => {
    at = await newSource();
    const name = (await headgate.api('GET', '/sources?owner=own&limit=500', undefined, { as: 'own' })).body.items.at(
      -1,
    ).name;
    await headgate.api(
      'PUT',
      `/sources/${name}/shares/users/other`,
      { permissions: ['view', 'sql', 'write'] },
      { as: 'own' },
    );
    expect((await call('own', 'GET', `${at}/sharedUsers/${ids.other}`)).body).toEqual({ permissions: [2] });
    await call('own', 'PUT', `${at}/sharedUsers/${ids.other}`, { permissions: [2, 5] });
    const native = await headgate.api('GET', `/sources/${name}/shares/users/other`, undefined, { as: 'own' });
    expect(native.body.permissions).toEqual(['view', 'jdbc']);
    expect(codeOf(await call('own', 'PUT', `${at}/sharedUsers/${ids.third}`, { permissions: [2] }))).toEqual([
      404, 900000008,
    ]);
    expect(codeOf(await call('own', 'PUT', `${at}/sharedUsers/987654`, { permissions: [2] }))).toEqual([
      404, 900000008,
    ]);
    expect(codeOf(await call('own', 'PUT', `${at}/sharedUsers/${ids.third}`, { permissions: 'x' }))).toEqual([
      404, 900000008,
    ]);
    expect((await listed(at)).length).toBe(1);
  });

  it('one bad entry stores nothing', async () => {
    at = await newSource();
    const answer = await share(at, { userId: ids.other, permissions: [2] }, { userId: 987_654, permissions: [2] });
    expect(codeOf(answer)).toEqual([404, 222207916]);
    expect(answer.body.error.message.value).toBe('There is no User with that id: 987654.');
    expect(await listed(at)).toEqual([]);
  });

  it.each([
    ['missing permissions', { userId: 0 }, 900000002],
    ['no array', { userId: 0, permissions: 2 }, 900000002],
    ['no whole numbers', { userId: 0, permissions: [2.5] }, 900000002],
    ['texts', { userId: 0, permissions: ['2'] }, 900000002],
    ['a permission that does not exist', { userId: 0, permissions: [1234] }, 222208553],
    ["one of Headgate's own", { userId: 0, permissions: [100] }, 222208553],
    ['one that is not for sources', { userId: 0, permissions: [1] }, 900000003],
    ['the editor', { userId: 0, permissions: [2, 10] }, 900000004],
    ['no user', { permissions: [2] }, 900000002],
  ])('refuses %s', async (_what, entry, code) => {
    at = await newSource();
    const filled = 'userId' in entry ? { ...entry, userId: ids.other } : entry;
    expect(codeOf(await share(at, filled))).toEqual([400, code]);
    await share(at, { userId: ids.other, permissions: [2] });
    if ('userId' in entry) {
      expect(codeOf(await call('own', 'PUT', `${at}/sharedUsers/${ids.other}`, entry))).toEqual([400, code]);
    }
    expect(await listed(at)).toEqual([{ userId: ids.other, permissions: [2] }]);
  });

  it('takes an empty list, collapses duplicates, sorts', async () => {
    at = await newSource();
    expect((await share(at, { userId: ids.other, permissions: [] })).body.sharedUsers).toEqual([
      { userId: ids.other, permissions: [] },
    ]);
    expect((await call('own', 'PUT', `${at}/sharedUsers/${ids.other}`, { permissions: [7, 2, 7, 2] })).body).toEqual({
      permissions: [2, 7],
    });
  });

  it('refuses what the restricted owner himself lacks', async () => {
    at = await newSource();
    await call('admin', 'PUT', `${at}/permissions?user=own`, { permissions: [2, 3] });
    expect(codeOf(await share(at, { userId: ids.other, permissions: [2, 7] }))).toEqual([400, 900000003]);
    expect((await share(at, { userId: ids.other, permissions: [2] })).status).toBe(201);
  });

  it('refuses a user named twice, the owner, strangers; takes inactive users', async () => {
    at = await newSource();
    const twice = [ids.other, ids.other].map((user) => ({ userId: user, permissions: [2] }));
    expect(codeOf(await share(at, ...twice))).toEqual([400, 900000002]);
    expect(codeOf(await share(at, { userId: ids.own, permissions: [2] }))).toEqual([400, 900000006]);
    expect(codeOf(await share(at, { userId: ids.abel, permissions: [2] }))).toEqual([404, 222207916]);
    await headgate.api('PATCH', '/users/third', { status: 'inactive' });
    expect((await share(at, { userId: ids.third, permissions: [2] })).status).toBe(201);
    await headgate.api('PATCH', '/users/third', { status: 'active' });
  });

  it('lets a share to a tenant take the place of those to its users, and stand in the way of new ones', async () => {
    at = await newSource('admin');
    const mine = (method: string, path: string, body?: unknown) => call('admin', method, `${at}${path}`, body);
    await mine('POST', '/sharedUsers', { sharedUsers: [{ userId: ids.abel, permissions: [2, 3] }] });
    const shared = await mine('POST', '/sharedTenants', {
      sharedTenants: [{ tenantId: ids.acme, permissions: [2, 5] }],
    });
    expect([shared.status, shared.body]).toEqual([
      201,
      { sharedTenants: [{ tenantId: ids.acme, permissions: [2, 5] }] },
    ]);
    expect((await mine('GET', '/sharedUsers')).body).toEqual({ sharedUsers: [] });
    expect((await call('abel', 'GET', `${at}/permissions`)).body).toEqual({ permissions: [2, 5] });
    const again = await mine('POST', '/sharedUsers', { sharedUsers: [{ userId: ids.abel, permissions: [2] }] });
    expect(codeOf(again)).toEqual([400, 900000007]);
    expect(again.body.error.message.value).toBe(`The data source is already shared with tenant ${ids.acme}.`);
    const put = await mine('PUT', `/sharedTenants/${ids.acme}`, { permissions: [2, 3, 4, 5] });
    expect([put.status, put.body]).toEqual([200, { permissions: [2, 3, 4, 5] }]);
    expect((await mine('DELETE', `/sharedTenants/${ids.acme}`)).status).toBe(204);
    expect((await mine('DELETE', '/sharedTenants')).status).toBe(204);
  });

  it('shares with tenants only through administrators', async () => {
    at = await newSource();
    const entry = { sharedTenants: [{ tenantId: 1, permissions: [2] }] };
    expect(codeOf(await call('own', 'POST', `${at}/sharedTenants`, entry))).toEqual([403, 222208103]);
    expect((await call('admin', 'POST', `${at}/sharedTenants?user=own`, entry)).status).toBe(201);
  });

  it('says in a list which own ones are shared with users or tenants; groups do not show', async () => {
    const flag = async (as: string) => {
      const { body } = await call(as, 'GET', '/api/mgmt/datasources?details=true');
      const found = body.dataSources.find((one: { id: string }) => one.id === id(at));
      return [found.sharedWithAnotherUser, found.sharedByAnotherUser];
    };
    at = await newSource();
    await headgate.api('POST', '/groups', { name: 'crew' });
    const crew = await headgate.api('PUT', `/sources/s${made}/shares/groups/crew`, { permissions: ['view'] });
    expect(crew.status, crew.text).toBe(201);
    expect(await flag('own')).toEqual([undefined, undefined]);
    const tenant = { sharedTenants: [{ tenantId: 1, permissions: [2] }] };
    expect((await call('admin', 'POST', `${at}/sharedTenants?user=own`, tenant)).status).toBe(201);
    expect(await flag('own')).toEqual([true, undefined]);
    expect(await flag('other')).toEqual([undefined, true]);
  });

  it('shares a group only with whom its members are shared with', async () => {
    at = await newSource();
    const group = { name: 'AllRegions', dataStore: '56', connectionType: 'Group', options: {} };
    const made = await call('own', 'POST', '/api/mgmt/datasources', group);
    expect(made.status, made.text).toBe(201);
    expect(made.body).toMatchObject({ isGroup: true, members: [], dataStore: 56 });
    const gid = `/api/mgmt/datasources/${made.body.id}`;
    const members = { members: [{ id: Number(id(at)), entityPrefix: 'east' }] };
    expect((await call('own', 'POST', `${gid}/members`, members)).body).toEqual({ success: true });
    expect((await call('own', 'GET', `${gid}/members`)).body).toEqual(members);
    const nested = { members: [{ id: made.body.id, entityPrefix: 'x' }] };
    const notNested = await call('own', 'PUT', `${gid}/members`, nested);
    expect(codeOf(notNested)).toEqual([400, 900000002]);
    expect(notNested.text).toContain("'id'");
    const refused = await share(gid, { userId: ids.other, permissions: [2, 7] });
    expect(codeOf(refused)).toEqual([400, 900000002]);
    expect(refused.text).toContain("'members'");
    await share(at, { userId: ids.other, permissions: [] });
    expect((await share(gid, { userId: ids.other, permissions: [2, 7] })).status).toBe(201);
    expect(codeOf(await call('own', 'POST', `${gid}/test`, {}))).toEqual([400, 900000012]);
    expect(codeOf(await call('own', 'DELETE', `${gid}/members/987654`))).toEqual([404, 222207004]);
    expect((await call('own', 'DELETE', `${gid}/members/${id(at)}`)).status).toBe(204);
  });

  it('removing one takes modify, removing all takes delete', async () => {
    at = await newSource();
    await share(at, { userId: ids.other, permissions: [2] }, { userId: ids.third, permissions: [2] });
    await call('admin', 'PUT', `${at}/permissions?user=own`, { permissions: [2, 3] });
    expect((await call('own', 'DELETE', `${at}/sharedUsers/${ids.other}`)).status).toBe(204);
    expect(codeOf(await call('own', 'DELETE', `${at}/sharedUsers`))).toEqual([403, 222208103]);
    await call('admin', 'PUT', `${at}/permissions?user=own`, { permissions: [2, 4] });
    expect(codeOf(await call('own', 'DELETE', `${at}/sharedUsers/${ids.third}`))).toEqual([403, 222208103]);
    expect((await call('own', 'DELETE', `${at}/sharedUsers`)).status).toBe(204);
  });

  it('knows no PUT of the collection and no POST of an item', async () => {
    at = await newSource();
    const put = await call('own', 'PUT', `${at}/sharedUsers`, {});
    expect([put.status, put.headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
    expect((await call('own', 'POST', `${at}/sharedUsers/${ids.other}`, {})).status).toBe(405);
  });
});
