/** Sharing, lists over resources, tags, and families that are not offered (dataarts.md §4.9, §4.10, §4.12; example 9). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataarts, startDataarts } from './fixture.ts';

let dataarts: Dataarts;
let room: string;
let base: string;
let source: string;
let group: string;
const people: Record<string, string> = {};
beforeAll(async () => {
  dataarts = await startDataarts();
  base = `${dataarts.project}/authorization/cooperate-authorization`;
  for (const name of ['owner', 'friend', 'colleague', 'outsider']) people[name] = await dataarts.person(name);
  room = await dataarts.workspace('together');
  for (const name of ['owner', 'friend', 'colleague']) await dataarts.member(room, name, 'developer');
  const made = await dataarts.headgate.api('POST', '/groups', { name: 'team' });
  group = made.body.id.replaceAll('-', '');
  source = await addSource('shared', 'owner');
});
afterAll(() => dataarts?.stop());

const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const ms = expect.any(Number);
const refused = (code: string, status = 400) => [status, `DataArtsInsight.${code}`];

async function addSource(name: string, as: string): Promise<string> {
  const body = { name, type: 'PostgreSQL', source: 'public', database_name: 'd', host: 'db.example', config: {} };
  return (await dataarts.get('POST', `${dataarts.project}/connections`, body, { as, in: room })).id;
}
const get = (method: string, path: string, body?: unknown, as = 'owner') =>
  dataarts.get(method, path, body, { as, in: room });
async function codeOf(method: string, path: string, body?: unknown, as = 'owner'): Promise<unknown[]> {
  const answer = await dataarts.send(method, path, body, { as, in: room });
  return [answer.status, answer.body?.error_code];
}
const entry = (authority: string | null | undefined, more: object = {}) => ({
  auth_level: 'user',
  auth_id: people.friend,
  authority,
  resource_type: 'datasource',
  resource_id: source,
  ...more,
});
const save = (entries: unknown, as = 'owner') => codeOf('POST', `${base}/rules/batch-save`, entries, as);
const named = () => `resource_type=datasource&resource_id=${source}`;
const rules = async (more = '', as = 'owner') =>
  (await get('GET', `${base}/rules?${named()}${more}`, undefined, as)).page_data;

describe('rules', () => {
  it('share with one user, and take it back (example 9)', async () => {
    expect(await get('POST', `${base}/rules/batch-save`, [entry('use')])).toEqual({ message: 'success' });
    const list = await get('GET', `${base}/rules?${named()}`);
    const about = {
      resource_type: 'datasource',
      resource_id: source,
      auth_level: 'user',
      create_date: ms,
      update_date: ms,
    };
    expect(list).toEqual({
      count: 2,
      page_data: [
        {
          ...about,
          id: uuid,
          auth_id: people.owner,
          auth_name: 'owner',
          is_owner: true,
          authed: true,
          sort: 4,
          authority: 'edit',
          create_user: null,
          create_user_name: null,
          update_user: null,
          update_user_name: null,
        },
        {
          ...about,
          id: uuid,
          auth_id: people.friend,
          auth_name: 'friend',
          is_owner: false,
          authed: true,
          sort: 1,
          authority: 'use',
          create_user: people.owner,
          create_user_name: 'owner',
          update_user: people.owner,
          update_user_name: 'owner',
        },
      ],
    });
    expect(await save([entry('')])).toEqual([200, undefined]);
    expect(await rules()).toHaveLength(1);
    expect(await save([entry(undefined)])).toEqual([200, undefined]); // there is nothing to take back
  });

  it.each([
    ['read', ['view'], 'read'],
    ['use', ['jdbc', 'odata', 'odbc', 'sql', 'view'], 'use'],
    ['export', ['extract', 'jdbc', 'odata', 'odbc', 'sql', 'view'], 'export'],
    ['EDIT', ['jdbc', 'modify', 'odata', 'odbc', 'sql', 'view'], 'edit'],
    ['export, edit', ['extract', 'jdbc', 'modify', 'odata', 'odbc', 'sql', 'view'], 'edit,export'],
  ])('%s is a share on every door', async (authority, permissions, shown) => {
    await save([entry(authority)]);
    const { body } = await dataarts.headgate.api('GET', '/sources/shared/shares', undefined, { as: 'owner' });
    expect([...body.items[0].permissions].sort()).toEqual(permissions);
    expect((await rules())[1]).toMatchObject({ authority: shown });
    await save([entry(null)]);
  });

  it('made elsewhere show as the highest point that they contain', async () => {
    const put = (permissions: string[]) =>
      dataarts.headgate.api('PUT', '/sources/shared/shares/users/friend', { permissions }, { as: 'owner' });
    await put(['view', 'extract']);
    expect((await rules())[1]).toMatchObject({ authority: 'read' });
    await put(['sql']);
    expect(await rules()).toHaveLength(1);
    await save([entry('')]);
  });

  it('let one use and change what is shared', async () => {
    const path = `${dataarts.project}/connections/${source}`;
    const body = {
      name: 'shared',
      type: 'PostgreSQL',
      source: 'public',
      database_name: 'd',
      host: 'db.example',
      config: {},
    };
    expect(await codeOf('PUT', path, body, 'friend')).toEqual(refused('24010043'));
    await save([entry('edit')]);
    expect(await codeOf('PUT', path, body, 'friend')).toEqual([200, undefined]);
    expect(await codeOf('DELETE', path, undefined, 'friend')).toEqual(refused('24010043'));
    expect(await save([entry('use')], 'friend')).toEqual(refused('24010043')); // nobody shares on
    await save([entry('')]);
    expect(await codeOf('PUT', path, body, 'friend')).toEqual(refused('24010043'));
  });

  it('are for the owner and for administrators', async () => {
    for (const [method, path, body] of [
      ['GET', `${base}/rules?${named()}`, undefined],
      ['GET', `${base}/properties?${named()}`, undefined],
      ['POST', `${base}/rules/batch-save`, [entry('use')]],
      ['POST', `${base}/properties`, { resource_id: source, resource_type: 'datasource' }],
    ] as const) {
      expect(await codeOf(method, path, body, 'colleague')).toEqual(refused('24010043'));
      expect(await codeOf(method, path, body, 'outsider')).toEqual(refused('20010003', 403));
      expect(await codeOf(method, path, body, 'admin')).toEqual([200, undefined]);
    }
    await save([entry('')]);
  });

  it('hold for groups, and name members without a right when asked', async () => {
    await save([entry('read', { auth_level: 'group', auth_id: group })]);
    const all = await rules('&filter_authed=false');
    expect(all.map((one: { auth_name: string; authed: boolean }) => [one.auth_name, one.authed])).toEqual([
      ['owner', true],
      ['team', true],
      ['admin', false],
      ['colleague', false],
      ['friend', false],
    ]);
    expect(all[2]).toMatchObject({ id: null, authority: null, sort: null, create_date: null, create_user: null });
    const names = async (more: string) => (await rules(more)).map((one: { auth_name: string }) => one.auth_name);
    expect(await names('&auth_level=group')).toEqual(['team']);
    expect(await names('&auth_name=EA')).toEqual(['team']);
    expect(await names('&filter_authed=false&limit=2&offset=1')).toEqual(['team', 'admin']);
    expect(await names('&filter_authed=false&sort_dir=desc&auth_level=user')).toEqual([
      'owner',
      'friend',
      'colleague',
      'admin',
    ]);
    await save([entry('', { auth_level: 'group', auth_id: group })]);
  });

  it('are saved all or none', async () => {
    const other = await addSource('other', 'owner');
    const foreign = await addSource('foreign', 'colleague');
    for (const bad of [
      entry('use', { resource_id: foreign }),
      entry('use', { auth_id: '0'.repeat(32) }),
      entry('use', { resource_id: '0'.repeat(32) }),
      entry('use', { resource_type: 'dashboard' }),
      entry('sleep'),
    ]) {
      expect((await save([entry('use'), entry('use', { resource_id: other }), bad]))[0]).toBeGreaterThanOrEqual(400);
      expect(await rules()).toHaveLength(1);
    }
    expect(await save([entry('use'), entry('read', { resource_id: other })])).toEqual([200, undefined]);
    expect(await rules()).toHaveLength(2);
    expect(await save([entry(''), entry('', { resource_id: other })])).toEqual([200, undefined]);
    expect(await save([])).toEqual([200, undefined]);
  });

  it('of the owner stay', async () => {
    const own = (authority: string) => entry(authority, { auth_id: people.owner });
    for (const authority of ['', 'read', 'use', 'export'])
      expect(await save([own(authority)])).toEqual(refused('24010001'));
    for (const authority of ['edit', 'edit,export']) expect(await save([own(authority)])).toEqual([200, undefined]);
    expect(await rules()).toHaveLength(1);
  });

  it.each([
    ['no list', {}],
    ['an entry that is none', ['x']],
    ['no subject', [{ auth_level: 'user', authority: 'use', resource_type: 'datasource', resource_id: 'x' }]],
    [
      'another level',
      [{ auth_level: 'tenant', auth_id: 'x', authority: 'use', resource_type: 'datasource', resource_id: 'x' }],
    ],
    [
      'another kind',
      [{ auth_level: 'user', auth_id: 'x', authority: 'use', resource_type: 'pigeon', resource_id: 'x' }],
    ],
    ['no resource', [{ auth_level: 'user', auth_id: 'x', authority: 'use', resource_type: 'datasource' }]],
  ])('are refused with %s', async (_what, body) => {
    expect(await save(body)).toEqual(refused('24010001'));
  });

  it('are asked with both names of a resource that is there', async () => {
    expect(await codeOf('GET', `${base}/rules?resource_type=datasource`)).toEqual(refused('24010001'));
    expect(await codeOf('GET', `${base}/rules?resource_id=${source}`)).toEqual(refused('24010001'));
    expect(await codeOf('GET', `${base}/properties?resource_id=${source}&resource_type=x`)).toEqual(
      refused('24010001'),
    );
    expect(await codeOf('GET', `${base}/rules?resource_id=x&resource_type=SCREEN`)).toEqual(refused('24010003', 404));
    expect(await codeOf('GET', `${base}/rules?resource_id=x&resource_type=datasource`)).toEqual(
      refused('24010003', 404),
    );
  });
});

describe('switches', () => {
  it('are off until they are saved, and edit brings use', async () => {
    const about = {
      resource_id: source,
      resource_type: 'datasource',
      owner: people.owner,
      project_id: dataarts.projectId,
      workspace_id: room,
    };
    const switchless = await addSource('switches', 'owner');
    const at = `resource_type=datasource&resource_id=${switchless}`;
    expect(await get('GET', `${base}/properties?${at}`)).toEqual({
      ...about,
      resource_id: switchless,
      id: null,
      auth_switch_config: { edit: false, use: false },
      create_user: null,
      create_user_name: null,
      create_date: null,
      update_user: null,
      update_user_name: null,
      update_date: null,
    });
    const saved = await get('POST', `${base}/properties`, {
      resource_id: switchless,
      resource_type: 'DataSource',
      auth_switch_config: { edit: true },
    });
    expect(saved).toEqual({
      ...about,
      resource_id: switchless,
      id: uuid,
      auth_switch_config: { edit: true, use: true },
      create_user: people.owner,
      create_user_name: 'owner',
      create_date: ms,
      update_user: people.owner,
      update_user_name: 'owner',
      update_date: ms,
    });
    expect(await get('GET', `${base}/properties?${at}`)).toEqual(saved);
    const body = { resource_id: switchless, resource_type: 'datasource' };
    expect((await get('POST', `${base}/properties`, body)).auth_switch_config).toEqual({ edit: false, use: false });
    for (const auth_switch_config of [{ sleep: true }, { edit: 'maybe' }, [], 'x']) {
      expect(await codeOf('POST', `${base}/properties`, { ...body, auth_switch_config })).toEqual(refused('24010001'));
    }
  });
});

describe('resources', () => {
  it('are listed by kind', async () => {
    const list = await get('GET', `${dataarts.project}/resources/DATASOURCE?limit=1`);
    expect(list.count).toBeGreaterThan(1);
    expect(list.page_data).toEqual([
      {
        id: expect.any(String),
        name: expect.any(String),
        create_user_name: 'owner',
        create_date: ms,
        update_user_name: 'owner',
        update_date: ms,
        status: 1,
      },
    ]);
    expect(await get('GET', `${dataarts.project}/resources/dashboard`)).toEqual({ count: 0, page_data: [] });
    expect(await codeOf('GET', `${dataarts.project}/resources/pigeon`)).toEqual(refused('24010001'));
  });

  it('know what hangs on them', async () => {
    const path = `${dataarts.project}/resources/relationships`;
    const ref = { resource_type: 'datasource', resource_id: source };
    expect(await get('POST', path, { resources: [ref] })).toEqual({
      resources: [{ ...ref, resource_name: 'shared', relations: [] }],
      workspace_id: room,
    });
    expect(await get('POST', path, {})).toEqual({ resources: [], workspace_id: room });
    expect(await codeOf('POST', path, { resources: [{ ...ref, resource_id: 'x' }] })).toEqual(refused('24010003', 404));
    expect(await codeOf('POST', path, { resources: Array(51).fill(ref) })).toEqual(refused('24010001'));
  });
});

describe('tags', () => {
  const tags = () => `${dataarts.project}/tags`;
  const call = (method: string, path: string, body?: unknown, as = 'admin') => dataarts.get(method, path, body, { as });
  const code = async (method: string, path: string, body?: unknown, as = 'admin') => {
    const answer = await dataarts.send(method, path, body, { as });
    return [answer.status, answer.body?.error_code];
  };

  it('are made, changed, given and deleted by administrators', async () => {
    const made = await call('POST', tags(), { name: 'region', type: 'user', description: 'where' });
    expect(made).toEqual({
      data: true,
      id: uuid,
      name: 'region',
      type: 'user',
      description: 'where',
      create_date: ms,
      update_date: ms,
    });
    const one = `${tags()}/${made.id}`;
    expect(await code('POST', tags(), { name: 'REGION', type: 'user' })).toEqual(refused('24010001'));
    expect(await call('PUT', one, { name: 'area', type: 'user' })).toEqual({ data: true });
    expect(await call('PUT', `${one}/values`, { user_id: people.friend, value: ['north', 'east'] })).toEqual({
      data: true,
    });
    expect(await call('GET', `${tags()}/value?type=user`)).toEqual({
      data: [{ user_id: people.friend, user_name: 'friend', values: { [made.id]: ['north', 'east'] } }],
    });
    expect((await call('GET', `${tags()}/head?type=user`)).data).toMatchObject([{ id: made.id, name: 'area' }]);
    expect((await call('GET', `${tags()}/head?type=userGroup`)).data).toEqual([]);
    expect(await call('PUT', `${one}/values`, { user_id: people.friend, value: [] })).toEqual({ data: true });
    expect((await call('GET', `${tags()}/value?type=user`)).data).toEqual([]);
    const grouped = await call('POST', tags(), { name: 'region', type: 'userGroup' });
    expect(await call('PUT', `${tags()}/${grouped.id}/values`, { user_id: group, value: ['all'] })).toEqual({
      data: true,
    });
    expect(await code('PUT', `${one}/values`, { user_id: group, value: ['x'] })).toEqual(refused('24010001'));
    expect(await call('DELETE', one)).toEqual({ data: true });
    for (const [method, path] of [
      ['DELETE', one],
      ['PUT', one],
      ['PUT', `${one}/values`],
    ] as const) {
      expect(await code(method, path)).toEqual(refused('24010003', 404));
      expect(await code(method, path, undefined, 'owner')).toEqual(refused('20010003', 403));
    }
    expect(await code('GET', `${tags()}/head`)).toEqual(refused('24010001'));
    expect(await code('POST', tags(), { name: 'x', type: 'dog' })).toEqual(refused('24010001'));
    expect(await code('GET', `${tags()}/head?type=user`, undefined, 'owner')).toEqual(refused('20010003', 403));
  });
});

it.each([
  ['POST', '/resource-package/export'],
  ['POST', '/resource-package/api-import'],
  ['GET', '/resource-package/import-tasks/x'],
  ['POST', '/exports/configs'],
  ['POST', '/dashboards/batch-publish'],
  ['GET', '/embeddings'],
  ['GET', '/quota-users/all'],
  ['GET', '/subjects'],
  ['POST', '/nl-query'],
  ['POST', '/tickets'],
  ['POST', '/connections/vpc-endpoint'],
])('%s %s is not offered', async (method, path) => {
  expect(await codeOf(method, `${dataarts.project}${path}`, method === 'POST' ? {} : undefined)).toEqual([
    404,
    'APIGW.0101',
  ]);
});
