/** Data sources of a workspace (dataarts.md §4.0–§4.6, §5.2, §5.5, §5.6; worked example 8). */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataarts, dashed, type SampleDatabase, sampleDatabase, startDataarts } from './fixture.ts';

let dataarts: Dataarts;
let room: string;
let root: string;
let sample: SampleDatabase;
beforeAll(async () => {
  [dataarts, sample] = await Promise.all([startDataarts(), sampleDatabase()]);
  root = `${dataarts.project}/connections`;
  for (const name of ['ann', 'bob', 'eve', 'viewer', 'lead', 'stranger']) await dataarts.person(name);
  room = await dataarts.workspace('sources');
  for (const [name, role] of [
    ['ann', 'developer'],
    ['bob', 'developer'],
    ['eve', 'analyst'],
    ['viewer', 'viewer'],
    ['lead', 'administrator'],
  ] as const) {
    await dataarts.member(room, name, role);
  }
});
afterAll(async () => {
  await dataarts?.stop();
});

const hex = expect.stringMatching(/^[0-9a-f]{32}$/);
const refused = (code: string, status = 400) => [status, `DataArtsInsight.${code}`];
const orders = {
  name: 'orders',
  type: 'MySQL',
  source: 'public',
  database_name: 'shop',
  host: '10.0.0.5',
  port: 3306,
  user_name: 'bi',
  password: 'not-returned',
  config: { ssl: true },
};

async function codeOf(
  method: string,
  path: string,
  body?: unknown,
  as = 'admin',
  workspace = room,
): Promise<unknown[]> {
  const answer = await dataarts.send(method, path, body, { as, in: workspace });
  return [answer.status, answer.body?.error_code];
}
const get = (method: string, path: string, body?: unknown, as = 'admin', workspace = room) =>
  dataarts.get(method, path, body, { as, in: workspace });

async function create(more: object = {}, as = 'ann', workspace = room): Promise<string> {
  return (await get('POST', root, { ...orders, ...more }, as, workspace)).id;
}

describe('a data source', () => {
  it('is added, and found by its name (example 8)', async () => {
    const made = await dataarts.send('POST', root, orders, { as: 'ann', in: room });
    expect([made.status, made.body]).toEqual([200, { message: 'success', id: hex }]);
    const list = await dataarts.send('GET', `${root}?name=ORDERS`, undefined, { as: 'bob', in: room });
    const { password: _secret, ...told } = orders;
    expect(list.body).toEqual({
      count: 1,
      page_data: [
        {
          ...told,
          id: made.body.id,
          project_id: dataarts.projectId,
          domain_id: dataarts.domainId,
          region_id: 'cn-north-4',
          work_space_id: room,
          creation_user: hex,
          creation_user_name: 'ann',
          creation_date: expect.any(Number),
          update_user: hex,
          update_user_name: 'ann',
          update_date: expect.any(Number),
        },
      ],
    });
    const shown = await get('GET', `${root}/${made.body.id}`, undefined, 'bob');
    const { creation_user: _a, creation_user_name: _b, creation_date: _c, ...rest } = list.body.page_data[0];
    const { update_user: _d, update_user_name: _e, update_date: _f, ...core } = rest;
    expect(shown).toEqual(core);
  });

  it('is the native one, with its TLS', async () => {
    const { body } = await dataarts.headgate.api('GET', '/sources/orders', undefined, { as: 'ann' });
    expect(body).toMatchObject({
      name: 'orders',
      engine: 'mysql',
      host: '10.0.0.5',
      port: 3306,
      database: 'shop',
      visibility: 'workspace',
      tls: { mode: 'require' },
      owner: 'ann',
    });
    expect((await dataarts.headgate.api('GET', '/sources/orders', undefined, { as: 'stranger' })).status).toBe(404);
  });

  it('has a name that is unique in its workspace, ignoring case, and free elsewhere', async () => {
    expect(await codeOf('POST', root, { ...orders, name: 'ORDERS' })).toEqual(refused('24010001'));
    const elsewhere = await dataarts.workspace('elsewhere');
    const other = await create({}, 'admin', elsewhere);
    expect(await codeOf('GET', `${root}/${other}`)).toEqual(refused('24010003', 404));
    expect(await get('GET', `${root}/${other}`, undefined, 'admin', elsewhere)).toMatchObject({ name: 'orders' });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => codeOf('POST', root, { ...orders, name: 'Ünïque näme' }, 'ann')),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'DataArtsInsight.24010001')).toHaveLength(4);
    const many = await Promise.all(
      ['a', 'b', 'c'].map((name) => codeOf('POST', root, { ...orders, name: `表 ${name}` }, 'ann')),
    );
    expect(many.map(([status]) => status)).toEqual([200, 200, 200]); // one native name wanted by all
  });

  it.each([
    ['no name', { name: null }],
    ['an empty name', { name: '' }],
    ['a name that is too long', { name: 'x'.repeat(256) }],
    ['no type', { type: undefined }],
    ['another type', { type: 'Oracle' }],
    ['another way', { source: 'pigeon' }],
    ['no database', { database_name: '' }],
    ['no config', { config: null }],
    ['a text as config', { config: 'x' }],
    ['ssl that is no boolean', { config: { ssl: 'maybe' } }],
    ['another way of signing in', { config: { auth_type: 'MAGIC' } }],
    ['AKSK without its key', { config: { auth_type: 'AKSK' } }],
    ['AKSK without its secret', { config: { auth_type: 'AKSK', ds_ak: 'x' } }],
    ['no host', { host: undefined }],
    ['a host that is none', { host: 'a b' }],
    ['a port of 0', { port: 0 }],
    ['a port too many', { port: 65_536 }],
    ['a text as port', { port: 'x' }],
    ['servers that are none', { host: undefined, server_list: 'a,b' }],
    ['a long description', { description: 'x'.repeat(129) }],
    ['a long user name', { user_name: 'x'.repeat(65) }],
    ['a text as cluster', { cluster: 'x' }],
    ['parameters that are none', { type: 'API', config: { request_params: [{}] } }],
  ])('is refused with %s', async (_what, change) => {
    expect(await codeOf('POST', root, { ...orders, name: 'refused', ...change }, 'ann')).toEqual(refused('24010001'));
    expect((await get('GET', `${root}?name=refused`)).count).toBe(0);
  });

  it('of every kind is kept and spelt as listed', async () => {
    for (const [type, more, told] of [
      ['POSTGRESQL', {}, 'PostgreSQL'],
      ['dws', { host: undefined, port: undefined, server_list: '10.0.0.12:8000,10.0.0.13:8000' }, 'DWS'],
      ['OPENGAUSS', {}, 'OpenGauss'],
      ['doris', {}, 'Doris'],
      ['hive', {}, 'HIVE'],
      ['CLICKHOUSE', { host: undefined, port: undefined, server_list: 'ch:8123' }, 'ClickHouse'],
      ['dli', { host: undefined, port: undefined, config: { queue_name: 'q', connect_type: 'default' } }, 'DLI'],
      ['api', { host: undefined, database_name: undefined, source: 'restapi', config: { request_url: '/x' } }, 'API'],
    ] as const) {
      const id = await create({ name: `kind ${told}`, type, ...more });
      const shown = await get('GET', `${root}/${id}`);
      const said = JSON.parse(JSON.stringify({ ...more, type: told }));
      expect(shown).toMatchObject(said);
      expect((await get('GET', `${root}?type=${type}`)).page_data).toMatchObject([{ id, type: told }]);
    }
  });

  it('keeps its secrets to itself, also of requests', async () => {
    const parameter = {
      location: 'Header',
      param_name: 'X-Key',
      field_type: 'String',
      param_source: 'custom',
      value: ['hidden-value'],
      type: true,
    };
    const config = {
      auth_type: 'AKSK',
      ds_ak: 'AK',
      ds_sk: 'hidden-sk',
      token_key: 'X-Token',
      token_value: 'hidden-token',
      request_params: [parameter, { ...parameter, param_name: 'open', type: false, value: ['seen'] }],
    };
    const id = await create({ name: 'secretive', type: 'API', database_name: undefined, config });
    const told = JSON.stringify([await get('GET', `${root}/${id}`), await get('GET', `${root}?all=true`)]);
    expect(told).not.toContain('hidden');
    expect(told).not.toContain('not-returned');
    expect(told).toContain('seen');
    const { ds_sk: _sk, token_value: _token, ...rest } = config;
    const again = {
      ...orders,
      name: 'secretive',
      type: 'API',
      config: { ...rest, request_params: [{ ...parameter, value: [] }] },
    };
    expect(await get('PUT', `${root}/${id}`, again, 'ann')).toEqual({ message: 'success' }); // the secret is still there
  });
});

describe('a change', () => {
  it('replaces what is said, keeps the password, and never the type', async () => {
    const id = await create({
      name: 'changing',
      type: 'PostgreSQL',
      host: sample.host,
      port: sample.port,
      database_name: sample.database,
      user_name: sample.username,
      password: sample.password,
      description: 'old',
      config: {},
    });
    const path = `${root}/${id}`;
    const works = async () =>
      (await dataarts.headgate.api('POST', '/sources/changing/test', {}, { as: 'ann' })).body.ok;
    expect(await works()).toBe(true);
    const before = await get('GET', path);
    const { password: _gone, ...rest } = { ...orders, ...before };
    const body = { ...rest, name: 'changed', description: 'new', config: { ssl: false } };
    expect(await get('PUT', path, body, 'ann')).toEqual({ message: 'success' });
    expect(await get('GET', path)).toEqual({ ...before, name: 'changed', description: 'new', config: { ssl: false } });
    expect(await works()).toBe(true); // under its native name, which is not this door's to change
    expect(await codeOf('PUT', path, { ...body, type: 'MySQL' }, 'ann')).toEqual(refused('24010001'));
    expect(await codeOf('PUT', path, { ...body, name: 'orders' }, 'ann')).toEqual(refused('24010001'));
    expect(await codeOf('PUT', path, { ...body, type: undefined }, 'ann')).toEqual(refused('24010001'));
    const listed = (await get('GET', `${root}?name=changed`)).page_data[0];
    expect(listed.update_date).toBeGreaterThanOrEqual(listed.creation_date);
  });

  it('made elsewhere shows here, and a stricter check of certificates stays', async () => {
    const id = await create({ name: 'elsewhere', config: { ssl: true, region_id: 'r' } });
    const native = await dataarts.headgate.api(
      'PATCH',
      '/sources/elsewhere',
      { host: 'db.example', tls: { mode: 'verify-full' } },
      { as: 'ann' },
    );
    expect(native.status).toBe(200);
    const shown = await get('GET', `${root}/${id}`);
    expect(shown).toMatchObject({ host: 'db.example', config: { ssl: true, region_id: 'r' } });
    await get('PUT', `${root}/${id}`, { ...orders, ...shown }, 'ann');
    const { body } = await dataarts.headgate.api('GET', '/sources/elsewhere', undefined, { as: 'ann' });
    expect([body.host, body.tls.mode]).toEqual(['db.example', 'verify-full']);
  });
});

describe('who may', () => {
  let id: string;
  beforeAll(async () => {
    id = await create({ name: 'of ann' });
  });

  it('list and add: developers; nothing: who may only look at works; nobody: who is no member', async () => {
    for (const as of ['eve', 'viewer', 'stranger']) {
      expect(await codeOf('GET', root, undefined, as)).toEqual(refused('20010003', 403));
      expect(await codeOf('POST', root, '{', as)).toEqual(refused('20010003', 403));
      expect(await codeOf('GET', `${root}/${id}`, undefined, as)).toEqual(refused('20010003', 403));
    }
  });

  it('change and delete: the owner, administrators of the workspace, and who is shared with', async () => {
    const path = `${root}/${id}`;
    const body = { ...orders, name: 'of ann' };
    expect(await codeOf('PUT', path, body, 'bob')).toEqual(refused('24010043'));
    expect(await codeOf('PUT', path, '{', 'bob')).toEqual(refused('24010043'));
    expect(await codeOf('DELETE', path, undefined, 'bob')).toEqual(refused('24010043'));
    for (const as of ['ann', 'lead', 'admin']) expect(await codeOf('PUT', path, body, as)).toEqual([200, undefined]);
    const shared = { permissions: ['view', 'modify'] };
    await dataarts.headgate.api('PUT', '/sources/of-ann/shares/users/bob', shared, { as: 'ann' });
    expect(await codeOf('PUT', path, { ...body, description: 'by bob' }, 'bob')).toEqual([200, undefined]);
    expect((await get('GET', `${root}?name=of ann`)).page_data[0]).toMatchObject({ update_user_name: 'bob' });
  });

  it('add when only administrators may: administrators', async () => {
    const workspace = `${dataarts.instance}/workspaces/${room}`;
    const put = (value: string) =>
      dataarts.get('PUT', workspace, {
        name: 'sources',
        eps_id: '0',
        configs: { only_admin_create_datasource: value },
      });
    await put('1');
    expect(await codeOf('POST', root, { ...orders, name: 'x' }, 'ann')).toEqual(refused('20010003', 403));
    expect(await codeOf('PUT', `${root}/${id}`, { ...orders, name: 'of ann' }, 'ann')).toEqual([200, undefined]);
    for (const as of ['lead', 'admin']) {
      expect(await codeOf('POST', root, { ...orders, name: `by ${as}` }, as)).toEqual([200, undefined]);
    }
    await put('0');
    expect(await codeOf('POST', root, { ...orders, name: 'x' }, 'ann')).toEqual([200, undefined]);
  });

  it('come in through a group', async () => {
    await dataarts.person('grouped');
    const { api } = dataarts.headgate;
    await api.call(dataarts.headgate, 'POST', '/groups', { name: 'analysts' });
    await api.call(dataarts.headgate, 'PUT', '/groups/analysts/members/grouped', {});
    expect(await codeOf('GET', root, undefined, 'grouped')).toEqual(refused('20010003', 403));
    const groups = (role: string) =>
      api.call(dataarts.headgate, 'PUT', `/workspaces/${dashed(room)}/groups`, {
        groups: [{ group: 'analysts', role }],
      });
    await groups('viewer');
    expect(await codeOf('GET', root, undefined, 'grouped')).toEqual(refused('20010003', 403));
    await groups('developer');
    expect((await get('GET', root, undefined, 'grouped')).count).toBeGreaterThan(3);
  });

  it('see what is private: its owner alone', async () => {
    await dataarts.headgate.api('PATCH', '/sources/of-ann', { visibility: 'private' }, { as: 'ann' });
    await dataarts.headgate.api('DELETE', '/sources/of-ann/shares/users/bob', undefined, { as: 'ann' });
    for (const as of ['bob', 'lead']) {
      expect(await codeOf('GET', `${root}/${id}`, undefined, as)).toEqual(refused('24010003', 404));
      expect((await get('GET', `${root}?name=of ann`, undefined, as)).count).toBe(0);
    }
    expect((await get('GET', `${root}?name=of ann`, undefined, 'ann')).count).toBe(1);
  });
});

describe('where it is', () => {
  it('sources of other doors stand in the default workspace, those that this protocol knows', async () => {
    const page = await dataarts.get('GET', `${dataarts.instance}/workspaces?name=default`);
    const standard = page.page_data[0].id;
    await dataarts.headgate.api('POST', '/sources', {
      name: 'native',
      engine: 'postgresql',
      host: 'db.example',
      database: 'd',
    });
    await dataarts.headgate.api('POST', '/sources', {
      name: 'unknown-here',
      engine: 'mongodb',
      host: 'db.example',
      database: 'd',
    });
    const { page_data } = await get('GET', `${root}?all=true`, undefined, 'admin', standard);
    expect(page_data.map((one: { name: string }) => one.name)).toEqual(['native']);
    expect(page_data[0]).toMatchObject({
      type: 'PostgreSQL',
      source: 'public',
      host: 'db.example',
      port: 5432,
      database_name: 'd',
      config: { ssl: true },
      work_space_id: standard,
    });
    expect(await codeOf('GET', root, undefined, 'ann', standard)).toEqual(refused('20010003', 403));
    await dataarts.member(standard, 'ann', 'developer');
    expect(await get('GET', root, undefined, 'ann', standard)).toEqual({ count: 0, page_data: [] }); // `native` is private
  });

  it('a workspace of another project is none', async () => {
    await dataarts.headgate.api('POST', '/tenants', { name: 'Other', slug: 'other' });
    const { rows } = await sql<{ uid: string }>`
      select w.uid from workspace w join tenant t on t.id = w.tenant_id where t.slug = 'other'`.execute(
      dataarts.headgate.app.store.db,
    );
    const foreign = rows[0]!.uid.replaceAll('-', '');
    expect(await codeOf('GET', root, undefined, 'admin', foreign)).toEqual(refused('24150005'));
    expect(await codeOf('POST', root, orders, 'admin', foreign)).toEqual(refused('24150005'));
  });

  it.each([
    ['is not named', undefined, '24010001', 400],
    ['is empty', '', '24010001', 400],
    ['is unknown', '0'.repeat(32), '24150005', 400],
    ['is no id', 'x'.repeat(200), '24150005', 400],
  ])('a workspace that %s', async (_what, workspace, code, status) => {
    const options = workspace === undefined ? {} : { in: workspace };
    for (const [method, path] of [
      ['GET', root],
      ['POST', root],
      ['GET', `${root}/x`],
      ['DELETE', `${root}/x`],
    ] as const) {
      const answer = await dataarts.send(method, path, undefined, options);
      expect([answer.status, answer.body.error_code]).toEqual(refused(code, status));
    }
  });

  it('an archived one is read, not changed', async () => {
    const { db } = dataarts.headgate.app.store;
    await sql`update workspace set archived_at = now() where uid = ${dashed(room)}`.execute(db);
    expect(await codeOf('POST', root, orders)).toEqual(refused('24150004'));
    expect((await codeOf('GET', root))[0]).toBe(200);
    await sql`update workspace set archived_at = null where uid = ${dashed(room)}`.execute(db);
  });

  it('is gone with its workspace', async () => {
    const doomed = await dataarts.workspace('doomed');
    const id = await create({ name: 'inside' }, 'admin', doomed);
    await dataarts.get('DELETE', `${dataarts.instance}/workspaces/${doomed}`);
    expect(await codeOf('GET', `${root}/${id}`, undefined, 'admin', doomed)).toEqual(refused('24150005'));
    expect((await dataarts.headgate.api('GET', '/sources/inside')).status).toBe(404);
  });
});

describe('lists', () => {
  it('sort, page and filter', async () => {
    const shelf = await dataarts.workspace('shelf');
    for (const name of ['b', 'A', 'c'])
      await create({ name, type: name === 'c' ? 'PostgreSQL' : 'MySQL' }, 'admin', shelf);
    const names = async (query: string): Promise<string[]> =>
      (await get('GET', `${root}?${query}`, undefined, 'admin', shelf)).page_data.map(
        (one: { name: string }) => one.name,
      );
    expect(await names('')).toEqual(['A', 'b', 'c']);
    expect(await names('sort_dir=DESC')).toEqual(['c', 'b', 'A']);
    expect(await names('sort_key=creation_date')).toEqual(['b', 'A', 'c']);
    expect(await names('sort_key=update_date&sort_dir=desc')).toEqual(['c', 'A', 'b']);
    expect(await names('limit=1&offset=1')).toEqual(['b']);
    expect(await names('all=true&limit=1&offset=1')).toEqual(['A', 'b', 'c']);
    expect(await names('type=mysql')).toEqual(['A', 'b']);
    for (const bad of [
      'sort_key=host',
      'sort_dir=up',
      'type=Oracle',
      'limit=1001',
      'all=maybe',
      `name=${'x'.repeat(513)}`,
    ]) {
      expect([bad, await codeOf('GET', `${root}?${bad}`)]).toEqual([bad, refused('24010001')]);
    }
  });
});

describe('delete', () => {
  it('is final, and waits for jobs', async () => {
    const id = await create({ name: 'in-use' });
    const { db } = dataarts.headgate.app.store;
    await sql`insert into lease (uid, tenant_id, source_id, kind, holder_uid, holder)
      select gen_random_uuid(), tenant_id, id, 'job', gen_random_uuid(), 'a job' from data_source where uid = ${dashed(id)}`.execute(
      db,
    );
    expect(await codeOf('DELETE', `${root}/${id}`, undefined, 'ann')).toEqual(refused('24010001'));
    expect(await codeOf('PUT', `${root}/${id}`, { ...orders, name: 'in-use', host: 'other' }, 'ann')).toEqual(
      refused('24010001'),
    );
    expect(await codeOf('DELETE', `${dataarts.instance}/workspaces/${room}`)).toEqual(refused('24150004'));
    await sql`delete from lease`.execute(db);
    expect(await get('DELETE', `${root}/${id}`, undefined, 'ann')).toEqual({
      message: 'Delete Data Connection Success!',
    });
    expect(await codeOf('DELETE', `${root}/${id}`, undefined, 'ann')).toEqual(refused('24010003', 404));
    expect(await create({ name: 'in-use' })).not.toBe(id);
  });
});
