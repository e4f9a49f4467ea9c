/** The life of a company through the administrator API: tenants, roles, users, passwords, acting for others, limits, lists. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Headgate, startHeadgate } from '../harness.ts';
import { type SampleDatabase, sampleDatabase } from '../rest/fixture.ts';
import { basic, codeOf, dataSource, type HdpCall, hdpCaller, userId } from './client.ts';

let headgate: Headgate;
let sample: SampleDatabase;
let call: HdpCall;
const admin = (method: string, path: string, body?: unknown): Promise<Answer> => call('admin', method, path, body);
/** With a password of its own. */
const as = (username: string, password: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  headgate.call(method, path, body, { as: null, headers: { authorization: basic(username, password) } });
const ok = async (answer: Promise<Answer>, status = 200): Promise<Answer['body']> => {
  const { status: found, text, body } = await answer;
  expect(found, text).toBe(status);
  return body;
};
const active = { status: 1, accountLocked: false };

beforeAll(async () => {
  headgate = await startHeadgate({ settings: { HEADGATE_TENANTS_ALLOW_PRIVATE_ADDRESSES: 'true' } });
  call = hdpCaller(headgate);
  sample = await sampleDatabase();
});
afterAll(() => headgate?.stop());

describe('a company', () => {
  let tenant: number;
  let boss: number;
  let worker: number;
  let roles: { id: number; name: string }[];
  const bossPassword = 'first boss password';
  const inTenant = (name: string): number => roles.find((role) => role.name === name)!.id;

  it('gets a tenant; two may have one name', async () => {
    const made = await ok(admin('POST', '/api/admin/tenants', { name: 'OrgB', parentTenant: 1, status: 0 }), 201);
    tenant = made.id;
    expect(made).toMatchObject({ name: 'OrgB', parentTenant: 1, status: 0, admins: [await userId(headgate, 'admin')] });
    const twin = await ok(admin('POST', '/api/admin/tenants', { name: 'OrgB', parentTenant: 1 }), 201);
    expect(twin.id).not.toBe(tenant);
    await ok(admin('DELETE', `/api/admin/tenants/${twin.id}`), 204);
    expect(codeOf(await admin('GET', `/api/admin/tenants/${twin.id}`))).toEqual([404, 222208573]);
    expect((await ok(admin('GET', '/api/admin/tenants/1'))).parentTenant).toBeNull();
    expect(codeOf(await admin('DELETE', '/api/admin/tenants/1'))).toEqual([403, 222208103]);
    roles = (await ok(admin('GET', `/api/admin/roles?tenantID=${tenant}`))).roles;
    expect(roles.map((role) => role.name)).toEqual(['User', 'Tenant Administrator']);
  });

  it('gets its administrator, whose first password is temporary', async () => {
    const body = {
      userName: 'boss',
      tenantId: tenant,
      statusInfo: active,
      passwordInfo: { password: bossPassword, passwordStatus: 2 },
      permissions: { roles: [inTenant('Tenant Administrator')] },
    };
    const made = await ok(admin('POST', '/api/admin/users', body), 201);
    boss = made.id;
    expect(made).toEqual({
      id: boss,
      userName: 'boss',
      tenantId: tenant,
      statusInfo: active,
      passwordInfo: { passwordStatus: 2, passwordExpiration: null },
      permissions: { roles: [inTenant('Tenant Administrator')] },
      authenticationInfo: { authUsers: [{ authUserName: 'boss', authServiceId: 1 }] },
    });
    await ok(admin('PUT', `/api/admin/tenants/${tenant}/admins`, { admins: [boss] }));
    expect(codeOf(await as('boss', bossPassword, 'GET', '/api/mgmt/user'))).toEqual([403, 222208103]);
    const change = { currentPassword: bossPassword, newPassword: 'boss-password-1' };
    const changed = await ok(as('boss', bossPassword, 'PUT', '/api/admin/userdetails/changePassword', change));
    expect(changed).toEqual({ passwordStatus: 1, passwordExpiration: null });
    const me = await ok(call('boss', 'GET', '/api/mgmt/user'));
    expect(me).toMatchObject({ userId: boss, passwordExpiration: null });
    expect(me.permissions).toEqual([
      ...Array.from({ length: 11 }, (_, i) => i + 1),
      ...Array.from({ length: 9 }, (_, i) => i + 13),
      26,
      28,
      29,
    ]);
  });

  it('which may administer its own tenant, and give no more than it has', async () => {
    const made = await ok(
      call('boss', 'POST', '/api/admin/users', {
        userName: 'worker',
        statusInfo: active,
        passwordInfo: { password: 'worker-password-1', passwordStatus: 1 },
        permissions: { roles: [inTenant('User')] },
      }),
      201,
    );
    worker = made.id;
    expect(made.tenantId).toBe(tenant);
    expect((await ok(call('boss', 'GET', '/api/admin/users'))).users.map((user: { id: number }) => user.id)).toEqual([
      boss,
      worker,
    ]);
    const root = await userId(headgate, 'admin');
    expect(codeOf(await call('boss', 'GET', `/api/admin/users/${root}`))).toEqual([404, 222207916]);
    const limits = { roles: [inTenant('User')], permissions: [27] };
    expect(codeOf(await call('boss', 'PUT', `/api/admin/users/${worker}/permissions`, limits))).toEqual([
      403, 222208103,
    ]);
    const own = { roles: [inTenant('User')] };
    expect(codeOf(await call('boss', 'PUT', `/api/admin/users/${boss}/permissions`, own))).toEqual([403, 222208103]);
    expect(codeOf(await call('boss', 'GET', '/api/admin/tenants'))).toEqual([403, 222208103]);
    expect(codeOf(await call('worker', 'GET', '/api/admin/users'))).toEqual([403, 222208103]);
    expect(codeOf(await admin('PUT', `/api/admin/users/${worker}/permissions`, { roles: [2] }))).toEqual([
      400, 222207924,
    ]);
    expect(codeOf(await admin('PUT', `/api/admin/users/${worker}/permissions`, { roles: [] }))).toEqual([
      400, 900000002,
    ]);
  });

  it('has roles of its own', async () => {
    const body = { name: 'Readers', description: 'Read', permissions: [2, 7, 11], users: [worker] };
    const made = await ok(call('boss', 'POST', '/api/admin/roles', body), 201);
    expect(made).toEqual({ id: made.id, tenantId: tenant, ...body });
    const at = `/api/admin/roles/${made.id}`;
    expect(codeOf(await call('boss', 'DELETE', at))).toEqual([400, 900000011]);
    expect(codeOf(await call('boss', 'PUT', at, { name: 'Readers', permissions: [27] }))).toEqual([403, 222208103]);
    expect(codeOf(await admin('POST', '/api/admin/roles', { name: 'Sly', permissions: [12] }))).toEqual([
      400, 900000002,
    ]);
    expect(codeOf(await admin('POST', '/api/admin/roles', { name: 'None', permissions: [1234] }))).toEqual([
      400, 222208553,
    ]);
    expect(codeOf(await call('boss', 'PUT', at, { name: 'Readers' }))).toEqual([400, 900000002]);
    expect((await ok(call('boss', 'PUT', at, { name: 'Readers', permissions: [2] }))).users).toEqual([worker]);
    await ok(call('boss', 'PUT', at, { name: 'Readers', permissions: [2, 11], users: [] }));
    await ok(call('boss', 'DELETE', at), 204);
    expect(codeOf(await call('boss', 'GET', at))).toEqual([404, 222207924]);
    for (const id of [1, 2, 3])
      expect(codeOf(await admin('DELETE', `/api/admin/roles/${id}`))).toEqual([403, 222208103]);
    expect(codeOf(await admin('PUT', '/api/admin/roles/2', { name: 'User', permissions: [2], users: [] }))).toEqual([
      403, 222208103,
    ]);
  });

  it('acts for its people', async () => {
    const made = await ok(
      call('boss', 'POST', '/api/mgmt/datasources?user=worker', {
        ...dataSource('theirs', sample),
        permissions: [2, 3, 7],
      }),
      201,
    );
    const at = `/api/mgmt/datasources/${made.id}`;
    expect(made.permissions).toEqual([2, 3, 7]);
    expect((await ok(call('worker', 'GET', `${at}/permissions`))).permissions).toEqual([2, 3, 7]);
    expect((await ok(call('boss', 'GET', '/api/mgmt/datasources?user=worker'))).dataSources).toHaveLength(1);
    expect((await ok(call('boss', 'GET', '/api/mgmt/datasources'))).dataSources).toEqual([]);
    expect(codeOf(await call('boss', 'GET', at))).toEqual([404, 222207011]);
    expect(codeOf(await call('boss', 'DELETE', `${at}?user=worker`))).toEqual([403, 222208103]);
    expect((await ok(admin('GET', `/api/admin/users/${worker}/datasources`))).dataSources).toMatchObject([
      { id: made.id, permissions: [2, 3, 7] },
    ]);
    expect(codeOf(await call('boss', 'GET', '/api/mgmt/datasources?user=admin'))).toEqual([403, 222208103]);
    expect(codeOf(await call('worker', 'GET', '/api/mgmt/datasources?user=boss'))).toEqual([403, 222208103]);
    // Nobody climbs by acting for an administrator of the same tenant.
    const chief = await ok(
      admin('POST', '/api/admin/users', {
        userName: 'chief',
        tenantId: tenant,
        statusInfo: active,
        permissions: { roles: [1] },
      }),
      201,
    );
    expect(codeOf(await call('boss', 'GET', '/api/mgmt/datasources?user=chief'))).toEqual([403, 222208103]);
    await ok(admin('DELETE', `/api/admin/users/${chief.id}`), 204);
    const unknown = await admin('GET', '/api/mgmt/datasources?user=nobody');
    expect([...codeOf(unknown), unknown.body.error.message.value]).toEqual([
      404,
      222207916,
      'There is no User with that id: nobody.',
    ]);
    const audit = await headgate.api('GET', '/audit?action=source.create&actor=boss');
    expect(audit.body.items[0]).toMatchObject({ actor: 'boss', subject: 'worker' });
    await ok(admin('DELETE', `${at}?user=worker`), 204);
  });

  it('locks after three failures, and is unlocked', async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) await as('worker', 'wrong', 'GET', '/api/mgmt/user');
    expect(codeOf(await call('worker', 'GET', '/api/mgmt/user'))).toEqual([401, 222206007]);
    expect((await ok(call('boss', 'GET', `/api/admin/users/${worker}/statusinfo`))).accountLocked).toBe(true);
    await ok(call('boss', 'PUT', `/api/admin/users/${worker}/statusinfo`, active));
    await ok(call('worker', 'GET', '/api/mgmt/user'));
    await ok(admin('POST', '/api/admin/limits/system/3', { value: 0 }), 201);
    for (let attempt = 0; attempt < 5; attempt += 1) await as('worker', 'wrong', 'GET', '/api/mgmt/user');
    await ok(call('worker', 'GET', '/api/mgmt/user'));
    await ok(admin('DELETE', '/api/admin/limits/system/3'), 204);
    await ok(call('boss', 'PUT', `/api/admin/users/${worker}/statusinfo`, { status: 0 }));
    expect(codeOf(await call('worker', 'GET', '/api/mgmt/user'))).toEqual([401, 222206007]);
    await ok(call('boss', 'PUT', `/api/admin/users/${worker}/statusinfo`, active));
  });

  it('holds passwords to the policy once it is in force', async () => {
    const reset = (newPassword: string) =>
      call('boss', 'PUT', `/api/admin/users/${worker}/resetpassword`, { newPassword });
    await ok(admin('PUT', '/api/admin/configurations/6', { value: '1' }));
    for (const weak of ['short-1A', 'no digits Here!', 'no upper 1 here!', 'NO LOWER 1 HERE!', 'NoSpecial1Here']) {
      expect(codeOf(await reset(weak)), weak).toEqual([400, 900000002]);
    }
    expect(codeOf(await reset('x'.repeat(33)))).toEqual([400, 900000002]);
    await ok(reset('Good Enough 1!'), 204);
    const info = await ok(call('boss', 'GET', `/api/admin/users/${worker}/passwordinfo`));
    expect(info.passwordStatus).toBe(2);
    expect(info.passwordExpiration).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
    expect(codeOf(await as('worker', 'Good Enough 1!', 'GET', '/api/mgmt/user'))).toEqual([403, 222208103]);
    await ok(admin('PUT', '/api/admin/configurations/6', { value: '-1' }));
    const past = { passwordStatus: 1, passwordExpiration: '2020-01-01 00:00:00' };
    await ok(call('boss', 'PUT', `/api/admin/users/${worker}/passwordinfo`, past));
    expect(codeOf(await as('worker', 'Good Enough 1!', 'GET', '/api/mgmt/user'))).toEqual([403, 222208103]);
    const body = { currentPassword: 'Good Enough 1!', newPassword: 'worker-password-1' };
    await ok(as('worker', 'Good Enough 1!', 'PUT', '/api/admin/userdetails/changePassword', body));
    await ok(call('worker', 'GET', '/api/mgmt/user'));
  });

  it('renames and moves a user, and ends', async () => {
    const at = `/api/admin/users/${worker}/authinfo`;
    const own = { authUsers: [{ authUserName: 'worker', authServiceId: 1 }] };
    expect(await ok(call('boss', 'PUT', at, own))).toEqual(own);
    const other = { authUsers: [{ authUserName: 'w.orker', authServiceId: 1 }] };
    expect(codeOf(await call('boss', 'PUT', at, other))).toEqual([400, 900000002]);
    const moved = { userName: 'moved', tenantId: 1, statusInfo: active, permissions: { roles: [2] } };
    expect(await ok(admin('PUT', `/api/admin/users/${worker}`, moved))).toMatchObject({
      tenantId: 1,
      userName: 'moved',
    });
    await ok(as('moved', 'worker-password-1', 'GET', '/api/mgmt/user'));
    expect(codeOf(await call('boss', 'GET', `/api/admin/users/${worker}`))).toEqual([404, 222207916]);
    expect(codeOf(await admin('DELETE', `/api/admin/tenants/${tenant}`))).toEqual([400, 900000014]);
    await ok(admin('DELETE', `/api/admin/users/${worker}`), 204);
    await ok(admin('DELETE', `/api/admin/users/${boss}`), 204);
    await ok(admin('DELETE', `/api/admin/tenants/${tenant}`), 204);
  });
});

describe('data sources', () => {
  it('keep their words, their secrets and their names', async () => {
    const options = {
      Database: 'Accounting',
      User: 'me',
      Password: 'pw-1',
      SecurityToken: 'token-1',
      StmtCallLimit: '60',
    };
    const made = await ok(
      admin('POST', '/api/mgmt/datasources', { name: 'SF', dataStore: '1', connectionType: 'Cloud', options }),
      201,
    );
    const masked = { ...options, Password: '********', SecurityToken: '********' };
    expect(made.options).toEqual(masked);
    const at = `/api/mgmt/datasources/${made.id}`;
    const kept = { name: 'SF2', dataStore: 1, options: { ...masked, StmtCallLimit: '61' }, id: Number(made.id) };
    const put = await ok(admin('PUT', at, kept));
    expect([put.name, put.options]).toEqual(['SF2', { ...masked, StmtCallLimit: '61' }]);
    const less = await ok(admin('PUT', at, { name: 'SF2', options: { User: 'me' } }));
    expect(less.options).toEqual({ User: 'me' });
    for (const change of [{ dataStore: 101 }, { connectionType: 'Hybrid' }, { id: 987 }]) {
      expect(codeOf(await admin('PUT', at, { name: 'SF2', options: {}, ...change }))).toEqual([400, 900000009]);
    }
    expect(codeOf(await admin('POST', `${at}/test`, {}))).toEqual([400, 900000012]);
    await headgate.createUser('namesake');
    // Unique for the owner, whatever the case; another owner may have the name, and gets another slug natively.
    expect(codeOf(await admin('POST', '/api/mgmt/datasources', dataSource('sf2', sample)))).toEqual([400, 900000005]);
    await ok(call('namesake', 'POST', '/api/mgmt/datasources', dataSource('SF', sample)), 201);
    const native = await headgate.api('GET', '/sources', undefined, { as: 'namesake' });
    expect(native.body.items.map((source: { name: string }) => source.name)).toEqual(['SF-2']);
    for (const name of ['1x', 'a b', '', 'x'.repeat(129)]) {
      expect(codeOf(await admin('POST', '/api/mgmt/datasources', { ...dataSource('x', sample), name }))).toEqual([
        400, 900000002,
      ]);
    }
    const stray = { ...dataSource('stray', sample), options: { ServerName: 'x', Database: 'y', Nonsense: '1' } };
    expect(codeOf(await admin('POST', '/api/mgmt/datasources', stray))).toEqual([400, 900000002]);
    expect(codeOf(await admin('GET', '/api/mgmt/datasources/x1'))).toEqual([400, 222207011]);
    await ok(admin('DELETE', at), 204);
  });

  it('show what another door changed', async () => {
    const made = await ok(admin('POST', '/api/mgmt/datasources', dataSource('seen', sample)), 201);
    await headgate.api('PATCH', '/sources/seen', { schema: 'public', description: 'native', port: sample.port });
    const shown = await ok(admin('GET', `/api/mgmt/datasources/${made.id}`));
    expect(shown).toMatchObject({ description: 'native', options: { Schema: 'public', ServerName: sample.host } });
    const filtered = await ok(admin('GET', '/api/mgmt/datasources?type=simple;isOData=true'));
    expect(filtered.dataSources).toEqual([]);
    const map = { ODataSchemaMap: '{"odata_mapping_v3":{"schemas":[{"name":"public"}]}}' };
    const body = dataSource('seen', sample);
    await ok(
      admin('PUT', `/api/mgmt/datasources/${made.id}`, { ...body, options: { ...(body.options as object), ...map } }),
    );
    expect((await ok(admin('GET', '/api/mgmt/datasources?type=simple;isOData=true'))).dataSources).toMatchObject([
      { id: made.id },
    ]);
    expect((await ok(admin('GET', `/api/mgmt/datasources/${made.id}`))).options).toMatchObject(map);
    expect((await ok(admin('GET', `/api/mgmt/datasources/${made.id}/schemas`))).schemas).toContainEqual({
      name: 'public',
    });
    const keys = await ok(admin('GET', `/api/mgmt/datasources/${made.id}/schemas/public/tables/people/primarykeys`));
    expect(keys).toEqual({ primaryKeys: [{ name: 'id' }] });
  });
});

describe('limits', () => {
  const rows = async (as: string, source: string): Promise<number> => {
    const answer = await headgate.api(
      'POST',
      `/sources/${source}/query`,
      { sql: 'select generate_series(1, 100) as n', format: 'json' },
      { as },
    );
    expect(answer.status, answer.text).toBe(200);
    return answer.body.length ?? answer.body.rows.length;
  };

  it('of rows: the closest of four levels holds', async () => {
    await headgate.createUser('lim');
    const made = await ok(call('lim', 'POST', '/api/mgmt/datasources', dataSource('limited', sample)), 201);
    const lim = await userId(headgate, 'lim');
    const base = '/api/admin/limits';
    const places = ['system', 'tenants/1', `users/${lim}`, `users/${lim}/datasources/${made.id}`].map(
      (place) => `${base}/${place}/1`,
    );
    expect(await rows('lim', 'limited')).toBe(100);
    // Closer levels are set to more: the closest wins, not the lowest.
    for (const [index, value] of [10, 20, 30, 40].entries()) {
      expect(await ok(admin('POST', places[index]!, { value }), 201)).toEqual({ value });
      expect(await rows('lim', 'limited')).toBe(value);
    }
    for (const [index, value] of [...[30, 20, 10].entries()]) {
      await ok(admin('DELETE', places[3 - index]!), 204);
      expect(await rows('lim', 'limited')).toBe(value);
    }
    await ok(admin('PUT', places[0]!, { value: 5 }));
    // Headgate's own cap is a maximum beside it.
    await headgate.api('PUT', '/limits', { level: 'user', subject: 'lim', name: 'maxRows', value: 3 });
    expect(await rows('lim', 'limited')).toBe(3);
    await headgate.api('PUT', '/limits', { level: 'user', subject: 'lim', name: 'maxRows', value: null });
    await ok(admin('DELETE', places[0]!), 204);

    expect(codeOf(await admin('POST', places[0]!, { value: 0 }))).toEqual([400, 222207929]);
    expect(codeOf(await admin('POST', `${base}/users/${lim}/3`, { value: 1 }))).toEqual([400, 900000002]);
    expect(codeOf(await admin('POST', `${base}/users/1/datasources/987654/1`, { value: 1 }))).toEqual([404, 222207916]);
    const root = await userId(headgate, 'admin');
    expect(codeOf(await admin('POST', `${base}/users/${root}/datasources/${made.id}/1`, { value: 1 }))).toEqual([
      400, 222207926,
    ]);
    const all = await admin('GET', base);
    expect(all.text).toContain('"maxValue":9000000000000000000');
    expect(all.body.limits.map((limit: { id: number }) => limit.id)).toEqual([1, 2, 3, 4, 5, 6, 15, 24, 25]);
  });

  it('of requests at a time: two of eight run, the others are refused and hold nothing up', async () => {
    await headgate.api('PUT', '/limits', { level: 'user', subject: 'lim', name: 'maxConcurrentQueries', value: 2 });
    const query = () => headgate.api('POST', '/sources/limited/query', { sql: 'select pg_sleep(0.7)' }, { as: 'lim' });
    const answers = await Promise.all(Array.from({ length: 8 }, query));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 429, 429, 429, 429, 429, 429]);
    expect(answers.find((answer) => answer.status === 429)?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await rows('lim', 'limited')).toBe(100);
    await headgate.api('PUT', '/limits', { level: 'user', subject: 'lim', name: 'maxConcurrentQueries', value: null });
  });

  it('and meters count what was read', async () => {
    const lim = await userId(headgate, 'lim');
    const usage = await ok(admin('GET', `/api/admin/usage?userId=${lim}`));
    expect(usage.usage).toHaveLength(1);
    expect(usage.usage[0]).toMatchObject({ userId: lim, accessType: 'Query' });
    expect(usage.usage[0].queries).toBeGreaterThan(8);
    expect(usage.usage[0].rows).toBeGreaterThan(300);
  });
});

describe('lists', () => {
  const elsewhere = { managementAPI: [{ startAddress: '203.0.113.1', endAddress: '203.0.113.9' }] };

  it('of addresses hold at once, at every level, and per part', async () => {
    await headgate.createUser('lis');
    const lis = '/api/mgmt/security/whitelist/user?user=lis';
    expect(codeOf(await call('lis', 'POST', '/api/mgmt/security/whitelist/user', elsewhere))).toEqual([403, 222208103]);
    await ok(admin('POST', lis, elsewhere), 201);
    expect(codeOf(await call('lis', 'GET', '/api/mgmt/user'))).toEqual([403, 222208103]);
    await ok(call('lis', 'GET', '/api/admin/permissions'));
    expect(await ok(admin('GET', lis))).toEqual(elsewhere);
    for (const [path, answer] of [
      [`/api/users?session_id=${headgate.token('lis')}`, 403],
      ['/v1/management/connections', 403],
      ['/data-source/list-accounts', 1003],
    ] as const) {
      const other = await headgate.call('GET', path, undefined, { as: 'lis' });
      expect([path, other.body.status === 'fail' ? other.body.code : other.status]).toEqual([path, answer]);
    }
    await ok(admin('PUT', lis, { managementAPI: [...elsewhere.managementAPI, { startAddress: '127.0.0.1' }] }));
    await ok(call('lis', 'GET', '/api/mgmt/user'));
    await ok(admin('DELETE', lis), 204);
    const tenant = '/api/admin/security/whitelist/tenants/1';
    await ok(admin('POST', tenant, { dataAccess: elsewhere.managementAPI }), 201);
    const query = await headgate.api('POST', '/sources/limited/query', { sql: 'select 1' }, { as: 'lim' });
    expect([query.status, query.body.code]).toEqual([403, 'address_not_allowed']);
    await ok(admin('DELETE', tenant), 204);
    for (const range of [
      { startAddress: '10.0.0.9', endAddress: '10.0.0.1' },
      { startAddress: '10.0.0.1', endAddress: '::1' },
      { startAddress: 'x' },
    ]) {
      expect(codeOf(await admin('POST', '/api/admin/security/whitelist/system', { webUI: [range] }))).toEqual([
        400, 900000002,
      ]);
    }
    // A switch lets everybody in again.
    await ok(admin('POST', '/api/admin/security/whitelist/system', elsewhere), 201);
    expect(codeOf(await admin('GET', '/api/mgmt/user'))).toEqual([403, 222208103]);
    await ok(admin('PUT', '/api/admin/configurations/8', { value: 'false' }));
    await ok(admin('GET', '/api/mgmt/user'));
    await ok(admin('DELETE', '/api/admin/security/whitelist/system'), 204);
    await ok(admin('PUT', '/api/admin/configurations/8', { value: 'true' }));
  });

  it('of origins count as CORSBehavior says', async () => {
    const origin = 'https://page.example';
    const ask = (method: string, headers: Record<string, string> = {}, body?: unknown) =>
      headgate.call(method, '/api/mgmt/user', body, {
        as: null,
        headers: { authorization: basic('admin'), origin, ...headers },
      });
    const allowed = async () => (await ask('GET')).headers.get('access-control-allow-origin');
    const post = (type: string) =>
      headgate.call('POST', '/api/mgmt/connectors', '{}', {
        as: null,
        headers: { authorization: basic('admin'), origin, 'content-type': type },
      });
    expect(await allowed()).toBeNull();
    expect(codeOf(await post('application/json'))).toEqual([403, 222208103]);
    await ok(admin('POST', '/api/admin/limits/system/5', { value: 2 }), 201);
    expect(await allowed()).toBeNull();
    await ok(admin('POST', '/api/admin/security/cors/whitelist', { whitelist: [{ domain: origin }] }), 201);
    expect(await allowed()).toBe(origin);
    expect(codeOf(await post('application/json'))).toEqual([400, 900000002]);
    await ok(admin('PUT', '/api/admin/limits/system/5', { value: 1 }));
    expect(codeOf(await post('application/json'))).toEqual([400, 900000002]);
    expect(codeOf(await post('text/plain'))).toEqual([403, 222208103]);
    await ok(admin('DELETE', '/api/admin/limits/system/5'), 204);
  });
});

describe('OAuth', () => {
  it('gives tokens for a password, a consent and a refresh, each once', async () => {
    await headgate.createUser('oa');
    const redirect = 'https://app.example/back';
    const made = await ok(
      call('oa', 'POST', '/api/mgmt/oauth/client/applications', { name: 'App', redirectUrls: [redirect] }),
      201,
    );
    expect(made.clientSecret).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ok(call('oa', 'GET', `/api/mgmt/oauth/client/applications/${made.id}`))).not.toHaveProperty(
      'clientSecret',
    );
    const token = (fields: Record<string, string>, prefix = '/api/mgmt') =>
      headgate.call(
        'POST',
        `${prefix}/oauth2/token`,
        new URLSearchParams({ client_id: made.clientId, client_secret: made.clientSecret, ...fields }).toString(),
        {
          as: null,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        },
      );
    const password = { grant_type: 'password', username: 'oa', password: 'oa-password-1', scope: 'api.access.odata' };
    const set = await ok(token(password));
    expect(set).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'api.access.odata' });
    const context = { door: 'odata', requestId: 'test', address: null } as const;
    expect((await headgate.app.identity.oauth.bearer(set.access_token, context)).actor.username).toBe('oa');
    expect((await token({ ...password, password: 'wrong' })).body).toEqual({ error: 'invalid_grant' });
    expect((await token({ ...password, client_secret: 'wrong' })).status).toBe(401);
    expect((await token({ ...password, grant_type: 'implicit' })).body).toEqual({ error: 'unsupported_grant_type' });
    const refresh = { grant_type: 'refresh_token', refresh_token: set.refresh_token };
    const next = await ok(token(refresh, ''));
    expect((await token(refresh)).body).toEqual({ error: 'invalid_grant' });

    const authorize = `/api/mgmt/oauth2/authorize?response_type=code&client_id=${made.clientId}&redirect_uri=${encodeURIComponent(redirect)}&state=s1`;
    const page = await headgate.call('GET', authorize, undefined, {
      as: null,
      headers: { authorization: basic('oa') },
    });
    expect([page.status, page.text.includes('value="allow"')]).toEqual([200, true]);
    const decide = (decision: string, headers: Record<string, string> = {}) =>
      headgate.call(
        'POST',
        '/api/mgmt/oauth2/authorize',
        new URLSearchParams({ client_id: made.clientId, redirect_uri: redirect, state: 's1', decision }).toString(),
        {
          as: null,
          headers: { authorization: basic('oa'), 'content-type': 'application/x-www-form-urlencoded', ...headers },
        },
      );
    expect((await decide('allow', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await decide('deny')).headers.get('location')).toBe(`${redirect}?state=s1&error=access_denied`);
    const back = new URL((await decide('allow')).headers.get('location')!);
    const grant = { grant_type: 'authorization_code', code: back.searchParams.get('code')!, redirect_uri: redirect };
    await ok(token(grant));
    expect((await token(grant)).body).toEqual({ error: 'invalid_grant' });

    expect((await ok(call('oa', 'GET', '/api/mgmt/oauth/client/allowedapplications'))).applications).toHaveLength(1);
    await ok(call('oa', 'DELETE', `/api/mgmt/oauth/client/allowedapplications/${made.id}`), 204);
    await expect(headgate.app.identity.oauth.bearer(next.access_token, context)).rejects.toMatchObject({
      code: 'invalid_token',
    });
  });
});

describe('A3: what is taken back is refused at once', () => {
  it('a share, a permission, a user', async () => {
    for (const name of ['giver', 'taker']) await headgate.createUser(name);
    const taker = await userId(headgate, 'taker');
    const made = await ok(call('giver', 'POST', '/api/mgmt/datasources', dataSource('taken', sample)), 201);
    const at = `/api/mgmt/datasources/${made.id}`;
    for (let round = 0; round < 10; round += 1) {
      await ok(
        call('giver', 'POST', `${at}/sharedUsers`, { sharedUsers: [{ userId: taker, permissions: [2, 5] }] }),
        201,
      );
      await ok(call('taker', 'GET', at));
      await ok(call('giver', 'DELETE', `${at}/sharedUsers/${taker}`), 204);
      expect(codeOf(await call('taker', 'GET', at))).toEqual([404, 222207011]);
    }
    await ok(admin('PUT', `/api/admin/users/${taker}/permissions`, { roles: [2], permissions: [] }));
    await headgate.api('PATCH', '/users/taker', { roles: [] });
    expect(codeOf(await call('taker', 'GET', at))).toEqual([403, 222208103]);
    await ok(admin('DELETE', `/api/admin/users/${taker}`), 204);
    expect(codeOf(await call('taker', 'GET', at))).toEqual([401, 222206007]);
    await ok(admin('DELETE', `/api/admin/users/${await userId(headgate, 'giver')}`), 204);
    expect(codeOf(await admin('GET', at))).toEqual([404, 222207011]);
  });
});
