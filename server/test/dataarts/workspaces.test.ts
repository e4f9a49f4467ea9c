/** Workspaces (dataarts.md §3, §5; worked examples 4–7 and 10). The most looked-at call is the PUT. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataarts, dashed, startDataarts } from './fixture.ts';

let dataarts: Dataarts;
let root: string;
beforeAll(async () => {
  dataarts = await startDataarts();
  root = `${dataarts.instance}/workspaces`;
  for (const name of ['owner', 'developer', 'stranger']) await dataarts.person(name);
});
afterAll(() => dataarts?.stop());

const hex = expect.stringMatching(/^[0-9a-f]{32}$/);
const ms = expect.any(Number);
const refused = (code: string, status = 400) => [status, `DataArtsInsight.${code}`];

async function codeOf(method: string, path: string, body?: unknown, as?: string | null): Promise<unknown[]> {
  const answer = await dataarts.send(method, path, body, as === undefined ? {} : { as });
  return [answer.status, answer.body?.error_code];
}

/** The workspace as the list shows it. */
// biome-ignore lint/suspicious/noExplicitAny: an object of the wire
async function shown(id: string): Promise<any> {
  const { page_data } = await dataarts.get('GET', `${root}?limit=1000`);
  return page_data.find((one: { id: string }) => one.id === id);
}

async function give(id: string, owner: string): Promise<void> {
  const answer = await dataarts.headgate.api('PUT', `/workspaces/${dashed(id)}/members`, {
    members: [{ username: 'admin' }, { username: owner }],
  });
  expect(answer.status).toBe(200);
  await sql`update workspace set owner_id = (select id from user_account where username = ${owner})
    where uid = ${dashed(id)}`.execute(dataarts.headgate.app.store.db);
}

describe('create', () => {
  it('answers the whole workspace (example 4), and refuses the name again (example 5)', async () => {
    const configs = { default_dataset_permission: '0', works_public: '1' };
    const body = { name: 'sales-emea', description: 'EMEA sales reporting', eps_id: '0', configs };
    const answer = await dataarts.send('POST', root, body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    const { id, create_time } = answer.body;
    expect(answer.body).toEqual({
      id: hex,
      name: 'sales-emea',
      description: 'EMEA sales reporting',
      configs,
      eps_id: '0',
      project_id: dataarts.projectId,
      instance_id: dataarts.instanceId,
      domain_id: dataarts.domainId,
      is_default: 0,
      create_time: ms,
      create_user: 'admin',
      update_time: create_time,
      update_user: 'admin',
      owner_name: 'admin',
    });
    expect(await shown(id)).toEqual(answer.body);
    const again = await dataarts.send('POST', root, { name: 'sales-emea', eps_id: '0' });
    expect([again.status, again.body]).toEqual([
      400,
      { error_code: 'DataArtsInsight.24150001', error_msg: expect.any(String) },
    ]);
    expect(await codeOf('POST', root, { name: ' SALES-emea ', eps_id: '0' })).toEqual(refused('24150001'));
  });

  it('needs full access, and a name and an enterprise project', async () => {
    expect(await codeOf('POST', root, { name: 'x', eps_id: '0' }, 'developer')).toEqual(refused('20010003', 403));
    expect(await codeOf('POST', root, '{', 'developer')).toEqual(refused('20010003', 403));
    expect(await codeOf('POST', root, {})).toEqual(refused('24150000'));
    expect(await codeOf('POST', root, { name: 'x' })).toEqual(refused('24010001'));
    expect(await codeOf('POST', root, { name: 'x', eps_id: '' })).toEqual(refused('24010001'));
    expect(await codeOf('POST', root)).toEqual(refused('24010001'));
  });

  it('lets one of many with the same name at the same time win', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, turn) =>
        codeOf('POST', root, { name: turn % 2 === 0 ? 'race' : 'RACE', eps_id: '0' }),
      ),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'DataArtsInsight.24150001')).toHaveLength(7);
  });
});

describe('names', () => {
  it.each([
    'x',
    'Test name',
    'Example workspace name',
    'a_b-C9',
    '销售团队',
    'Größe ٣',
    'x'.repeat(32),
    '𝒳'.repeat(32),
  ])('may be %s', async (name) => {
    const made = await dataarts.get('POST', root, { name: ` ${name}\t`, eps_id: '0' });
    expect(made.name).toBe(name);
    await dataarts.get('DELETE', `${root}/${made.id}`);
  });

  it.each([null, '', '   ', 'x'.repeat(33), 'a/b', 'a.b', 'a\tb', 'a\u00a0b', 'emoji 💥', 'tag<b>', 'a(b)', '\u200b'])(
    'may not be %s',
    async (name) => {
      expect(await codeOf('POST', root, { name, eps_id: '0' })).toEqual(refused('24150000'));
    },
  );
});

describe('modify', () => {
  let id: string;
  let at: string;
  beforeAll(async () => {
    const made = await dataarts.get('POST', root, {
      name: 'modified',
      description: 'EMEA sales reporting',
      eps_id: '0',
      configs: { default_dataset_permission: '0', works_public: '1' },
    });
    id = made.id;
    at = `${root}/${id}`;
  });

  it('answers the id alone; what is left out survives (example 6)', async () => {
    const before = await shown(id);
    const answer = await dataarts.send('PUT', at, { name: 'modified', eps_id: '0', configs: { works_public: '0' } });
    expect([answer.status, answer.body]).toEqual([200, { id }]);
    const { count, page_data } = await dataarts.get('GET', `${root}?name=MODIF`);
    expect(count).toBe(1);
    expect(page_data[0]).toEqual({
      ...before,
      configs: { default_dataset_permission: '0', works_public: '0' },
      update_time: ms,
    });
  });

  it('takes the vendor’s sample', async () => {
    const configs = {
      mode: '0',
      field_show_type: '0',
      only_admin_create_datasource: '0',
      works_authorized: '0',
      works_public: '1',
      works_view: '0',
    };
    const body = { configs, name: 'Test name', description: 'This is a test description.', eps_id: '0' };
    expect(await dataarts.get('PUT', at, body)).toEqual({ id });
    expect(await shown(id)).toMatchObject({
      name: 'Test name',
      description: 'This is a test description.',
      configs: { ...configs, default_dataset_permission: '0' },
    });
    expect(await dataarts.get('PUT', at, body)).toEqual({ id }); // the same again
    await dataarts.get('PUT', at, { name: 'modified', eps_id: '0' });
  });

  it('replaces, keeps, clears, merges and removes as §5.3 says', async () => {
    const put = (change: object) => dataarts.get('PUT', at, { name: 'modified', eps_id: '0', ...change });
    await put({ description: ' kept as sent ', configs: { a: '1', b: '2' }, eps_id: 'finance' });
    const start = await shown(id);
    expect(start).toMatchObject({ description: ' kept as sent ', eps_id: 'finance' });
    await put({ description: null, configs: null });
    expect(await shown(id)).toMatchObject({ description: ' kept as sent ', configs: start.configs, eps_id: '0' });
    await put({ description: '', configs: {} });
    expect(await shown(id)).toMatchObject({ description: '', configs: start.configs });
    await put({ configs: { a: null, c: '3', never_there: null } });
    const { a: _gone, ...rest } = start.configs;
    expect((await shown(id)).configs).toEqual({ ...rest, c: '3' });
    await put({ configs: { b: null, c: null } });
  });

  it('ignores what is not its to set, and takes numbers and booleans for texts', async () => {
    const before = await shown(id);
    await dataarts.get('PUT', at, {
      name: 'modified',
      eps_id: 0,
      configs: { mode: 1, works_view: true, default_dataset_permission: 1 },
      id: 'x',
      is_default: 1,
      owner_name: 'stranger',
      create_time: 5,
      create_user: 'x',
      colour: { deep: [1] },
    });
    const after = await shown(id);
    expect(after).toEqual({
      ...before,
      eps_id: '0',
      configs: { ...before.configs, mode: '1', works_view: 'true', default_dataset_permission: '1' },
      update_time: ms,
    });
    const renamed = await dataarts.get('PUT', at, { name: 12, eps_id: '0' });
    expect(renamed).toEqual({ id });
    expect((await shown(id)).name).toBe('12');
    await dataarts.get('PUT', at, { name: 'modified', eps_id: '0' });
  });

  it('says who changed it and when, also when nothing changed', async () => {
    await give(id, 'owner');
    const before = await shown(id);
    const body = { name: before.name, description: before.description, eps_id: before.eps_id, configs: before.configs };
    await dataarts.get('PUT', at, body, { as: 'owner' });
    const after = await shown(id);
    expect(after).toEqual({ ...before, update_user: 'owner', update_time: ms });
    expect(after.update_time).toBeGreaterThan(before.update_time);
    expect(after).toMatchObject({ create_user: 'admin', create_time: before.create_time, owner_name: 'owner' });
  });

  it.each([
    ['no eps_id (example 7)', { name: 'modified' }, '24010001'],
    ['an eps_id that is too long', { name: 'modified', eps_id: 'x'.repeat(129) }, '24010001'],
    ['an object as eps_id', { name: 'modified', eps_id: {} }, '24010001'],
    ['no name', { eps_id: '0' }, '24150000'],
    ['neither', {}, '24150000'],
    ['a blank name', { name: ' ', eps_id: '0' }, '24150000'],
    ['a list as name', { name: ['x'], eps_id: '0' }, '24010001'],
    ['a list as name, and no eps_id', { name: ['x'] }, '24010001'],
    [
      'a bad name and bad settings',
      { name: 'a/b', eps_id: '0', configs: { default_dataset_permission: '2' } },
      '24150000',
    ],
    ['a long description', { name: 'modified', eps_id: '0', description: 'x'.repeat(10_241) }, '24010001'],
    ['an object as description', { name: 'modified', eps_id: '0', description: {} }, '24010001'],
    ['a text as settings', { name: 'modified', eps_id: '0', configs: 'configs' }, '24010001'],
    ['a list as settings', { name: 'modified', eps_id: '0', configs: [] }, '24010001'],
    ['an object as a setting', { name: 'modified', eps_id: '0', configs: { a: {} } }, '24010001'],
    [
      'a default permission of 2',
      { name: 'modified', eps_id: '0', configs: { default_dataset_permission: '2' } },
      '24010001',
    ],
    [
      'a default permission of true',
      { name: 'modified', eps_id: '0', configs: { default_dataset_permission: true } },
      '24010001',
    ],
    ['a long key', { name: 'modified', eps_id: '0', configs: { ['k'.repeat(129)]: '1' } }, '24010001'],
    ['a long setting', { name: 'modified', eps_id: '0', configs: { k: 'x'.repeat(8193) } }, '24010001'],
    [
      'too many settings',
      {
        name: 'modified',
        eps_id: '0',
        configs: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, '1'])),
      },
      '24010001',
    ],
    ['the name of another', { name: 'SALES-emea', eps_id: '0' }, '24150001'],
    ['the name of the default one', { name: 'default', eps_id: '0' }, '24150001'],
    ['a list', [], '24010001'],
    ['a text', '"x"', '24010001'],
    ['no JSON', '{"name":', '24010001'],
    ['no body', undefined, '24010001'],
  ])('refuses %s and changes nothing', async (_what, body, code) => {
    const before = await shown(id);
    expect(await codeOf('PUT', at, body)).toEqual(refused(code));
    expect(await shown(id)).toEqual(before);
  });

  it('names the parameter (example 7)', async () => {
    const { body } = await dataarts.send('PUT', at, { name: 'modified' });
    expect(body).toEqual({
      error_code: 'DataArtsInsight.24010001',
      error_msg: 'invalid request parameter: eps_id',
    });
  });

  it('takes what is exactly long enough', async () => {
    const wide = '𝒳'.repeat(10_240);
    const configs = { ['𝒦'.repeat(128)]: 'x'.repeat(8192) };
    await dataarts.get('PUT', at, { name: 'modified', eps_id: 'e'.repeat(128), description: wide, configs });
    expect(await shown(id)).toMatchObject({ description: wide, configs });
    await dataarts.get('PUT', at, {
      name: 'modified',
      eps_id: '0',
      description: '',
      configs: { ['𝒦'.repeat(128)]: null },
    });
  });

  it('keeps its own name in another case', async () => {
    expect(await dataarts.get('PUT', at, { name: 'MODIFIED', eps_id: '0' })).toEqual({ id });
    expect((await shown(id)).name).toBe('MODIFIED');
    await dataarts.get('PUT', at, { name: 'modified', eps_id: '0' });
  });

  it('loses no setting when many change at the same time', async () => {
    const keys = Array.from({ length: 12 }, (_, n) => `race_${n}`);
    const answers = await Promise.all(
      keys.map((key) => dataarts.send('PUT', at, { name: 'modified', eps_id: '0', configs: { [key]: key } })),
    );
    expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200));
    const { configs } = await shown(id);
    for (const key of keys) expect(configs[key]).toBe(key);
  });

  it('never leaves two with one name when many want it', async () => {
    const ids = await Promise.all(['one', 'two', 'three'].map((name) => dataarts.workspace(`rival-${name}`)));
    const answers = await Promise.all(
      ids.map((one) => codeOf('PUT', `${root}/${one}`, { name: 'wanted', eps_id: '0' })),
    );
    expect(answers.map(([status]) => status).sort()).toEqual([200, 400, 400]);
    expect((await dataarts.get('GET', `${root}?name=wanted`)).count).toBe(1);
  });

  it('and delete at the same time: whoever comes first, the other is told the truth', async () => {
    const rival = await dataarts.workspace('short-lived');
    const [put, gone] = await Promise.all([
      codeOf('PUT', `${root}/${rival}`, { name: 'short-lived', eps_id: '0' }),
      codeOf('DELETE', `${root}/${rival}`),
    ]);
    expect([[200, undefined], refused('24150005')]).toContainEqual(put);
    expect(gone).toEqual([200, undefined]);
  });

  it('is seen on the chorus side, word for word but for markup', async () => {
    await dataarts.get('PUT', at, { name: 'modified', eps_id: '0', description: 'a <b>bold</b> plan' });
    const { body } = await dataarts.headgate.api('GET', `/workspaces/${dashed(id)}`, undefined, {});
    expect(body).toMatchObject({ name: 'modified', summary: 'a bold plan', owner: 'owner' });
    expect((await shown(id)).description).toBe('a <b>bold</b> plan');
    const audit = await dataarts.headgate.api('GET', '/audit?action=workspace.update&limit=1');
    expect(audit.body.items[0]).toMatchObject({ door: 'dataarts', actor: 'admin', resource: 'modified' });
  });
});

describe('who may, and in which order it is asked', () => {
  let id: string;
  let other: { project: string; workspace: string };
  const body = { name: 'guarded', eps_id: '0' };
  const nowhere = '0'.repeat(32);
  beforeAll(async () => {
    id = await dataarts.workspace('guarded');
    await give(id, 'owner');
    await dataarts.member(id, 'developer', 'administrator');
    const { api } = dataarts.headgate;
    const tenant = await api.call(dataarts.headgate, 'POST', '/tenants', { name: 'Other', slug: 'other' });
    const { rows } = await sql<{ uid: string }>`
      select w.uid from workspace w join tenant t on t.id = w.tenant_id where t.slug = 'other'`.execute(
      dataarts.headgate.app.store.db,
    );
    other = { project: tenant.body.id.replaceAll('-', ''), workspace: rows[0]!.uid.replaceAll('-', '') };
  });

  it('its owner may do all of it; members may not, whatever their role; nobody else may', async () => {
    const at = `${root}/${id}`;
    expect(await codeOf('PUT', at, body, 'owner')).toEqual([200, undefined]);
    for (const as of ['developer', 'stranger']) {
      expect(await codeOf('PUT', at, body, as)).toEqual(refused('20010003', 403));
      expect(await codeOf('DELETE', at, undefined, as)).toEqual(refused('20010003', 403));
      expect(await codeOf('PUT', `${root}/${nowhere}`, body, as)).toEqual(refused('20010003', 403));
    }
    expect(await codeOf('PUT', at, body, null)).toEqual([401, 'APIGW.0301']);
    expect(await codeOf('PUT', `${root}/${nowhere}`, body, null)).toEqual([401, 'APIGW.0301']);
    const own = await dataarts.workspace('passing');
    await give(own, 'owner');
    expect(await codeOf('DELETE', `${root}/${own}`, undefined, 'owner')).toEqual([200, undefined]);
    expect(await codeOf('DELETE', `${root}/${own}`, undefined, 'owner')).toEqual(refused('24150005'));
  });

  it('ids that do not belong together (§5.5)', async () => {
    const wrongInstance = root.replace(dataarts.instanceId, nowhere);
    const cases: [what: string, method: string, path: string, answer: unknown[]][] = [
      ['another project', 'PUT', `/v1/${other.project}${root.slice(36)}/${id}`, refused('20010003', 403)],
      ['no project', 'PUT', `/v1/x${root.slice(36)}/${id}`, refused('20010003', 403)],
      ['another instance', 'PUT', `${wrongInstance}/${id}`, refused('24010003', 404)],
      ['another instance, no workspace', 'PUT', `${wrongInstance}/${nowhere}`, refused('24010003', 404)],
      ['no workspace', 'PUT', `${root}/${nowhere}`, refused('24150005')],
      ['a workspace that is no id', 'PUT', `${root}/${encodeURIComponent("'; drop --")}`, refused('24150005')],
      ['a workspace elsewhere', 'PUT', `${root}/${other.workspace}`, refused('24150005')],
      ['a workspace elsewhere', 'DELETE', `${root}/${other.workspace}`, refused('24150005')],
      ['another instance', 'DELETE', `${wrongInstance}/${id}`, refused('24010003', 404)],
      ['another instance', 'GET', wrongInstance, refused('24010003', 404)],
      ['another instance', 'POST', wrongInstance, refused('24010003', 404)],
    ];
    for (const [what, method, path, answer] of cases) {
      for (const sent of [body, '{']) {
        const told = await codeOf(method, path, method === 'GET' || method === 'DELETE' ? undefined : sent);
        expect([what, method, told]).toEqual([what, method, answer]);
      }
    }
    expect(await codeOf('GET', `${root}/${id}`)).toEqual([404, 'APIGW.0101']);
  });

  it('an archived one takes no change', async () => {
    const { store } = dataarts.headgate.app;
    await sql`update workspace set archived_at = now() where uid = ${dashed(id)}`.execute(store.db);
    expect(await codeOf('PUT', `${root}/${id}`, body)).toEqual(refused('24150004'));
    expect(await codeOf('PUT', `${root}/${id}`, '{')).toEqual(refused('24150004'));
    expect(await codeOf('DELETE', `${root}/${id}`)).toEqual(refused('24150004'));
    expect(await shown(id)).toMatchObject({ name: 'guarded' });
    await sql`update workspace set archived_at = null where uid = ${dashed(id)}`.execute(store.db);
  });
});

describe('list', () => {
  it('shows the default one first, then the newest, page by page; others see what they belong to', async () => {
    const all = await dataarts.get('GET', `${root}?limit=1000`);
    expect(all.count).toBe(all.page_data.length);
    expect(all.page_data.map((one: { is_default: number }) => one.is_default)).toEqual([
      1,
      ...Array(all.count - 1).fill(0),
    ]);
    expect(all.page_data[0]).toMatchObject({
      name: 'default',
      eps_id: '0',
      description: '',
      configs: {},
      owner_name: null,
    });
    const times = all.page_data.slice(1).map((one: { create_time: number }) => one.create_time);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    const pages = [];
    for (let offset = 0; offset < all.count; offset += 2) {
      pages.push(...(await dataarts.get('GET', `${root}?limit=2&offset=${offset}`)).page_data);
    }
    expect(pages).toEqual(all.page_data);
    expect((await dataarts.get('GET', root)).page_data).toEqual(all.page_data.slice(0, 10));
    const own = await dataarts.get('GET', root, undefined, { as: 'developer' });
    expect(own.page_data.map((one: { name: string }) => one.name)).toEqual(['guarded']);
    expect(await dataarts.get('GET', root, undefined, { as: 'stranger' })).toEqual({ count: 0, page_data: [] });
  });

  it('filters by a part of the name, word for word', async () => {
    const names = async (name: string): Promise<string[]> =>
      (await dataarts.get('GET', `${root}?name=${encodeURIComponent(name)}`)).page_data.map(
        (one: { name: string }) => one.name,
      );
    await dataarts.workspace('half_way');
    expect(await names('LF_W')).toEqual(['half_way']);
    expect(await names('a_e')).toEqual([]);
    expect(await names('%')).toEqual([]);
    expect(await codeOf('GET', `${root}?name=${'x'.repeat(101)}`)).toEqual(refused('24010001'));
    const none = await dataarts.get('GET', `${root}?limit=0`);
    expect([none.count > 3, none.page_data]).toEqual([true, []]);
    for (const bad of ['limit=-1', 'limit=1001', 'limit=x', 'limit=1.5', 'offset=-1', 'offset=1001', 'offset=1e3']) {
      expect([bad, await codeOf('GET', `${root}?${bad}`)]).toEqual([bad, refused('24010001')]);
    }
  });
});

describe('delete', () => {
  it('refuses the default one and is final for others (example 10)', async () => {
    const { page_data } = await dataarts.get('GET', `${root}?name=default`);
    const refusal = await dataarts.send('DELETE', `${root}/${page_data[0].id}`);
    expect([refusal.status, refusal.body]).toEqual([
      400,
      { error_code: 'DataArtsInsight.24150002', error_msg: expect.any(String) },
    ]);
    expect(await dataarts.get('PUT', `${root}/${page_data[0].id}`, { name: 'default', eps_id: '0' })).toEqual({
      id: page_data[0].id,
    });
    const id = await dataarts.workspace('passing');
    const gone = await dataarts.send('DELETE', `${root}/${id}`);
    expect([gone.status, gone.body]).toEqual([200, { status_code: 200, message: null, is_success: true }]);
    const again = await dataarts.send('DELETE', `${root}/${id}`);
    expect([again.status, again.body]).toEqual([
      400,
      { error_code: 'DataArtsInsight.24150005', error_msg: 'no such workspace' },
    ]);
    const anonymous = await dataarts.send('GET', root, undefined, { as: null });
    expect([anonymous.status, anonymous.body]).toEqual([
      401,
      {
        error_code: 'APIGW.0301',
        error_msg: 'Incorrect IAM authentication information: decrypt token fail',
        request_id: anonymous.headers.get('x-request-id'),
      },
    ]);
    expect(await dataarts.workspace('passing')).not.toBe(id); // the name is free again
  });
});

it('an instance holds 200 workspaces', async () => {
  const { db } = dataarts.headgate.app.store;
  await sql`insert into workspace (uid, tenant_id, name, name_folded, owner_id)
    select gen_random_uuid(), 1, 'filler ' || n, 'filler ' || n, (select min(id) from user_account where builtin is null)
    from generate_series(1, 199 - (select count(*) from workspace where tenant_id = 1 and deleted_at is null)::int) n`.execute(
    db,
  );
  const answers = await Promise.all(['last', 'beyond'].map((name) => codeOf('POST', root, { name, eps_id: '0' })));
  expect(answers).toContainEqual([200, undefined]);
  expect(answers).toContainEqual(refused('24150003'));
  expect(await codeOf('POST', root, { name: 'last', eps_id: '0' })).toEqual(
    answers[0]![0] === 200 ? refused('24150001') : refused('24150003'),
  );
});
