/** The worked examples of the contract, key by key (chorus.md §7). */
import { request } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldName } from '../../src/domain/identity/names.ts';
import { uuidv7 } from '../../src/platform/ids.ts';
import { adminPassword } from '../harness.ts';
import type { SampleDatabase } from '../rest/fixture.ts';
import { type Chorus, json, sampleDatabase, startChorus } from './fixture.ts';

let chorus: Chorus;
let sample: SampleDatabase;
const insert = (text: ReturnType<typeof sql>) => text.execute(chorus.headgate.app.store.db);

beforeAll(async () => {
  chorus = await startChorus();
  sample = await sampleDatabase();
});
afterAll(() => chorus?.stop());

/** A body on a GET, which `fetch` cannot send. */
function getWithBody(path: string, body: unknown, session: string): Promise<{ status: number; body: unknown }> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(
      `${chorus.headgate.url}/api${path}?session_id=${session}`,
      { method: 'GET', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } },
      (response) => {
        let got = '';
        response.on('data', (chunk) => {
          got += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(got) }));
      },
    );
    call.on('error', reject);
    call.end(text);
  });
}

const userKeys = [
  'id',
  'username',
  'first_name',
  'last_name',
  'image',
  'is_deleted',
  'auth_method',
  'ldap_group_id',
  'user_type',
  'entity_type',
  'using_default_image',
  'active_license',
  'is_siteadmin',
  'roles',
  'email',
  'title',
  'dept',
  'notes',
  'admin',
  'subscribed_to_emails',
  'tags',
  'deactivated_at',
];
const noImage = { original: '', icon: '', entity_type: 'image', complete_json: true };

async function seedUser(id: number, username: string, more: Record<string, unknown>): Promise<void> {
  const { first_name, last_name, email, permissions = '{}' } = more;
  const profile = JSON.stringify({
    title: 'Chief Data Scientist',
    dept: 'Corporation Corp., Inc.',
    notes: 'One of our top performers',
  });
  await insert(sql`
    insert into user_account (id, uid, tenant_id, username, username_folded, first_name, last_name, email, user_type, profile,
      explicit_permissions)
    overriding system value values (${id}, ${uuidv7()}, 1, ${username}, ${foldName(username)}, ${first_name}, ${last_name},
      ${email}, 'analytics_developer', ${profile}::jsonb, ${permissions}::smallint[])`);
  await insert(
    sql`insert into user_role (user_id, role_id) select ${id}, id from role where tenant_id = 1 and name = 'User'`,
  );
}

/** The state behind the published sample of 6.6, with its numbers. */
async function seedSample(): Promise<void> {
  await seedUser(1000006, 'owner', {
    first_name: 'searchquery',
    last_name: 'User_1',
    email: 'chorususer282295@alpinenow.com',
    permissions: '{104}',
  });
  await seedUser(1000019, 'user432932', {
    first_name: 'Chorus',
    last_name: 'User',
    email: 'chorususer87894@alpinenow.com',
  });
  await insert(sql`insert into picture (user_id, file_name, media_type, content, updated_at)
    values (1000006, 'User.png', 'image/png', '\\x89504e47', to_timestamp(1554329366))`);
  await insert(sql`insert into workspace_stage (id, name, position, description_long, description_short)
    select 1000000, name, position, description_long, description_short from workspace_stage where id = 1`);
  await insert(sql`update workspace_stage set is_default = false where id = 1`);
  await insert(sql`update workspace_stage set is_default = true where id = 1000000`);
  const { host, port, database } = sample;
  const words = JSON.stringify({ entityType: 'gpdb_data_source', isHawq: null, host, isPublic: false });
  await insert(sql`insert into data_source (id, uid, tenant_id, name, name_folded, title, engine, host, port, database, tls,
      owner_id, visibility, shares_credential, probe, server_version)
    overriding system value values (1000002, ${uuidv7()}, 1, 'owners', 'owners', 'Owners', 'postgresql', ${host}, ${port},
      ${database}, '{"mode":"prefer"}', 1000006, 'tenant', false, 'online', '9.1.2 - FactoryVersion')`);
  await insert(sql`insert into source_name (tenant_id, source_id, door, scope, folded_name, name)
    values (1, 1000002, 'chorus', 'tenant:1', 'owners', 'Owners')`);
  await insert(sql`insert into source_door_data (tenant_id, source_id, door, data)
    values (1, 1000002, 'chorus', ${words}::jsonb)`);
  await insert(
    sql`insert into source_database (id, source_id, name) overriding system value values (1000001, 1000002, 'default')`,
  );
  await insert(sql`insert into source_schema (id, database_id, name, refreshed_at)
    overriding system value values (1000006, 1000001, 'default', '2019-04-03T22:09:24Z')`);
  await insert(sql`insert into workspace (id, uid, tenant_id, name, name_folded, description, owner_id, is_public, stage_id,
      sandbox_schema_id, has_added_workfile, has_added_sandbox)
    overriding system value values (1000008, ${uuidv7()}, 1, 'Public', 'public', 'searchquery', 1000006, true, 1000000,
      1000006, true, true)`);
  await insert(sql`insert into workspace_member (workspace_id, user_id) select 1000008, id from user_account
    where id in (1000006, (select min(id) from user_account where builtin is null))`);
  await insert(
    sql`insert into dataset (schema_id, name, kind) select 1000006, 't' || n, 'TABLE' from generate_series(1, 5) n`,
  );
  await insert(sql`insert into workspace_dataset (workspace_id, dataset_id) select 1000008, id from dataset`);
  await insert(sql`insert into workfile (uid, workspace_id, file_name, name_folded)
    select gen_random_uuid(), 1000008, 'f' || n, 'f' || n from generate_series(1, 17) n`);
  await insert(sql`insert into milestone (uid, workspace_id, name, target_date)
    select gen_random_uuid(), 1000008, 'm' || n, date '2019-04-25' + n from generate_series(1, 3) n`);
  await insert(sql`insert into activity (uid, tenant_id, action, actor_id, workspace_id, entity_type, entity_id, body, is_insight)
    select gen_random_uuid(), 1, 'NOTE', 1000006, 1000008, 'workspace', 1000008, 'a note', n = 1 from generate_series(1, 9) n`);
  await insert(sql`insert into credential (id, uid, tenant_id, source_id, kind, workspace_id, username, secret_sealed, holder_id)
    overriding system value values (1000030, ${uuidv7()}, 1, 1000002, 'workspace', 1000008, 'before', null, 1000019)`);
}

const e1 = `{"response":{"id":1000030,"db_username":"snuffle","owner_id":1000019,"data_source_id":1000002,
"owner":{"id":1000019,"username":"user432932","first_name":"Chorus","last_name":"User",
 "image":{"original":"","icon":"","entity_type":"image","complete_json":true},"is_deleted":null,"auth_method":"internal",
 "ldap_group_id":null,"user_type":"analytics_developer","entity_type":"user","using_default_image":false,"active_license":true,
 "is_siteadmin":false,"roles":[],"email":"chorususer87894@alpinenow.com","title":"Chief Data Scientist","dept":"Corporation Corp., Inc.",
 "notes":"One of our top performers","admin":false,"subscribed_to_emails":true,"tags":[],"deactivated_at":null,"complete_json":true},
"workspace":{"id":1000008,"name":"Public","is_deleted":null,"entity_type":"workspace","archived":false,"public":true,"archived_at":null,
 "summary":"searchquery","permission":["read","commenting"],"datasets_count":5,"members_count":2,"workfiles_count":17,"insights_count":1,
 "recent_insights_count":1,"recent_comments_count":9,"has_recent_comments":true,"has_milestones":true,
 "workspace_stage":{"default":true,"id":1000000,"name":"Define","position":0,
  "description_long":"Define the essential components of the project.",
  "description_short":"Define the two essential components of a machine learning project. What business problem are we solving? How should the solution change the way our business operates? Locate or acquire all necessary data.",
  "complete_json":true},
 "workspace_stage_id":1000000,"archiver":null,
 "image":{"original":"","icon":"","entity_type":"image","complete_json":true},"tags":[],
 "has_added_member":false,"has_added_workfile":true,"has_added_sandbox":true,"has_changed_settings":false,
 "sandbox_info":{"id":1000006,"name":"default","dataset_count":0,"refreshed_at":"2019-04-03T22:09:24Z","entity_type":"gpdb_schema",
  "is_deleted":null,"stale":false,"database":{"id":1000001,"name":"default",
   "data_source":{"id":1000002,"name":"Owners","entity_type":"gpdb_data_source","is_deleted":null,"shared":false,"owner_id":1000006,
    "version":"9.1.2 - FactoryVersion","is_hawq":null,"state":"online","public":false},
   "entity_type":"gpdb_database","complete_json":true},"complete_json":true},
 "show_sandbox_datasets":true,
 "owner":{"id":1000006,"username":"owner","first_name":"searchquery","last_name":"User_1",
  "image":{"original":"/paperclip/users/images/001/000/006/original/User.png?1554329366",
           "icon":"/paperclip/users/images/001/000/006/icon/User.png?1554329366","entity_type":"image","complete_json":true},
  "is_deleted":null,"auth_method":"internal","ldap_group_id":null,"user_type":"analytics_developer","entity_type":"user",
  "using_default_image":false,"active_license":true,"is_siteadmin":false,"roles":["data_admin"],"email":"chorususer282295@alpinenow.com",
  "title":"Chief Data Scientist","dept":"Corporation Corp., Inc.","notes":"One of our top performers","admin":false,
  "subscribed_to_emails":true,"tags":[],"deactivated_at":null,"complete_json":true},
 "is_member":false,"is_project":true,"project_status":"on_track","project_status_reason":null,"milestone_count":3,
 "milestone_completed_count":0,"project_target_date":"2019-04-28T00:00:00Z","complete_json":true},
"entity_type":"data_source_account","complete_json":true}}`;

describe('worked examples', () => {
  it('E1: update workspace credentials, byte for byte', async () => {
    await seedSample();
    await sample.execute(`create role snuffle login password 'upagus'`);
    // The row's own owner: a plain user who is no member.
    await chorus.headgate.api('PUT', '/users/user432932/password', { password: 'a-new-password' });
    const signIn = await chorus.send(
      'POST',
      '/sessions',
      { username: 'user432932', password: 'a-new-password' },
      { as: null },
    );
    const answer = await chorus.send(
      'PUT',
      '/workspaces/1000008/data_source_account',
      { data_source_id: '1000002', db_username: 'snuffle', db_password: 'upagus' },
      { as: null, headers: { cookie: signIn.headers.get('set-cookie')!.split(';')[0]! } },
    );
    await sample.execute('drop role snuffle');
    const wanted = e1.replace(/\n\s*/g, '');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(wanted);
    expect([answer.headers.get('content-length'), wanted.length]).toEqual(['3226', 3226]);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('E2, E3: log in and ask who one is', async () => {
    const answer = await chorus.send(
      'POST',
      '/sessions?session_id=NULL',
      { username: 'ADMIN', password: adminPassword },
      { as: null },
    );
    expect(answer.status).toBe(201);
    const { session_id: session, user } = answer.body.response;
    expect(Object.keys(answer.body.response)).toEqual(['session_id', 'user', 'complete_json']);
    expect(session).toMatch(/^[0-9a-f]{40}$/);
    expect(Object.keys(user)).toEqual(userKeys);
    expect(answer.headers.get('set-cookie')).toMatch(/^_session_id=\S+; path=\/; HttpOnly/);
    const me = await chorus.send('GET', `/sessions?session_id=${session}`, undefined, { as: null });
    expect(me.body).toEqual({
      response: { session_id: session, user: { ...user, complete_json: true }, complete_json: true },
    });
    const unknown = await chorus.send('GET', '/sessions?session_id=NULL');
    expect([unknown.status, unknown.text]).toEqual([401, '']);
    const byHeader = await chorus.send('GET', '/sessions', undefined, { as: null, headers: { 'x-token': session } });
    expect(byHeader.status).toBe(200);
    const out = await chorus.send('DELETE', `/sessions?session_id=${session}`, undefined, { as: null });
    expect([out.status, Object.keys(out.body)]).toEqual([200, ['csrf_token']]);
    expect((await chorus.send('GET', `/sessions?session_id=${session}`, undefined, { as: null })).status).toBe(401);
    expect((await chorus.send('DELETE', '/sessions', undefined, { as: null })).status).toBe(200);
  });

  it('refuses log-ins as the contract says', async () => {
    const wrong = await chorus.send('POST', '/sessions', { username: 'admin', password: 'x' }, { as: null });
    expect([wrong.status, wrong.body]).toEqual([
      401,
      { errors: { fields: { username_or_password: { INVALID: {} } } } },
    ]);
    const blank = await chorus.send('POST', '/sessions', { username: '' }, { as: null });
    expect([blank.status, blank.body]).toEqual([
      401,
      { errors: { fields: { username: { BLANK: {} }, password: { BLANK: {} } } } },
    ]);
    const nested = await chorus.send(
      'POST',
      '/sessions',
      { 'session[username]': 'admin', 'session[password]': adminPassword },
      { as: null },
    );
    expect(nested.status).toBe(201);
  });

  it('E4: create a workspace', async () => {
    const made = await chorus.send('POST', '/workspaces', {
      name: 'Awesome Workspace',
      public: 'false',
      summary: 'Lots of good data in here',
    });
    expect(made.status).toBe(201);
    const { response } = made.body;
    expect(response).toEqual({
      id: expect.any(Number),
      name: 'Awesome Workspace',
      is_deleted: null,
      entity_type: 'workspace',
      archived: false,
      public: false,
      archived_at: null,
      summary: 'Lots of good data in here',
      permission: ['admin', 'create_workflow'],
      datasets_count: 0,
      members_count: 1,
      workfiles_count: 0,
      insights_count: 0,
      recent_insights_count: 0,
      recent_comments_count: 0,
      has_recent_comments: false,
      has_milestones: false,
      workspace_stage: expect.objectContaining({ name: 'Define', position: 0, default: true }),
      workspace_stage_id: expect.any(Number),
      archiver: null,
      image: noImage,
      tags: [],
      has_added_member: false,
      has_added_workfile: false,
      has_added_sandbox: false,
      has_changed_settings: false,
      sandbox_info: null,
      show_sandbox_datasets: true,
      owner: expect.objectContaining({ username: 'admin', roles: ['admin'], complete_json: true }),
      is_member: true,
      is_project: true,
      project_status: 'on_track',
      project_status_reason: null,
      milestone_count: 0,
      milestone_completed_count: 0,
      project_target_date: null,
      complete_json: true,
    });
    const shown = await chorus.send('GET', `/workspaces/${response.id}`);
    expect(shown.text).toBe(made.text);
    const taken = await chorus.send('POST', '/workspaces', { name: 'awesome workspace' });
    expect([taken.status, taken.body]).toEqual([422, { errors: { fields: { name: { TAKEN: {} } } } }]);
    // The client reads, changes and sends everything back.
    const whole = { ...response, summary: 'Other words', workspace_stage_id: 2, project_status: 'at_risk' };
    const changed = await chorus.send('PUT', `/workspaces/${response.id}`, json(whole));
    expect([changed.status, changed.body.response.summary, changed.body.response.workspace_stage.name]).toEqual([
      200,
      'Other words',
      'Transform',
    ]);
  });

  it('E5, E6: create a user, and all that is wrong with none', async () => {
    const sent = {
      username: 'cookiemonster',
      first_name: 'Cookie',
      last_name: 'Monster',
      email: 'cookie@monster.com',
      title: 'Chief Cookie Officer',
      dept: 'jar',
      notes: 'great',
      user_type: 'analytics_developer',
    };
    const made = await chorus.send('POST', '/users', { ...sent, password: 'secret' });
    expect(made.status).toBe(201);
    expect(Object.keys(made.body.response)).toEqual([...userKeys, 'complete_json']);
    expect(made.body.response).toEqual({
      ...sent,
      id: expect.any(Number),
      image: noImage,
      is_deleted: null,
      auth_method: 'internal',
      ldap_group_id: null,
      entity_type: 'user',
      using_default_image: false,
      active_license: true,
      is_siteadmin: false,
      roles: [],
      admin: false,
      subscribed_to_emails: true,
      tags: [],
      deactivated_at: null,
      complete_json: true,
    });
    const login = await chorus.send(
      'POST',
      '/sessions',
      { username: 'CookieMonster', password: 'secret' },
      { as: null },
    );
    expect(login.status).toBe(201);
    const empty = await chorus.send('POST', '/users', {});
    expect([empty.status, empty.body]).toEqual([
      422,
      {
        errors: {
          fields: {
            username: { BLANK: {}, INVALID: { value: null } },
            first_name: { BLANK: {} },
            last_name: { BLANK: {} },
            email: { BLANK: {}, INVALID: { value: null } },
            password: { BLANK: {} },
            user_type: { BLANK: {} },
          },
        },
      },
    ]);
    const again = await chorus.send('POST', '/users', { ...sent, password: 'secret', username: 'COOKIEMONSTER' });
    expect(again.body).toEqual({ errors: { fields: { username: { TAKEN: { value: 'COOKIEMONSTER' } } } } });
  });

  it('E7: individual credentials', async () => {
    await chorus.person('big');
    const source = await chorus.source(sample, 'admin');
    const path = `/data_sources/${source}/account`;
    expect((await chorus.send('GET', path, undefined, { as: 'big' })).body).toEqual({ response: null });
    const { username, password } = sample;
    const pair = { db_username: username, db_password: password };
    const made = await chorus.send('POST', path, pair, { as: 'big' });
    expect(made.status).toBe(201);
    expect(Object.keys(made.body.response)).toEqual([
      'id',
      'db_username',
      'owner_id',
      'data_source_id',
      'owner',
      'entity_type',
      'complete_json',
    ]);
    const put = await chorus.send('PUT', path, { db_username: username }, { as: 'big' });
    expect([put.status, put.text]).toEqual([200, made.text]);
    const wrong = await chorus.send('PUT', path, { db_password: 'wrong' }, { as: 'big' });
    expect([wrong.status, wrong.body]).toEqual([422, { errors: { fields: { base: { INVALID_PASSWORD: {} } } } }]);
    const accounts = await chorus.send('GET', `/data_sources/${source}/members`);
    expect(accounts.body.pagination.records).toBe(2);
    expect((await chorus.send('GET', `/data_sources/${source}/members`, undefined, { as: 'big' })).status).toBe(403);
    expect((await chorus.send('DELETE', path, undefined, { as: 'big' })).body).toEqual({});
    expect((await chorus.send('DELETE', path, undefined, { as: 'big' })).status).toBe(404);
  });

  it('E8: a data source', async () => {
    const { host, port, database, username } = sample;
    const source = await chorus.source(sample, 'admin', { name: 'Sesame_Street', entity_type: 'gpdb_data_source' });
    const shown = await chorus.send('GET', `/data_sources/${source}`);
    expect(shown.body.response).toEqual({
      id: source,
      name: 'Sesame_Street',
      entity_type: 'gpdb_data_source',
      is_deleted: false,
      shared: false,
      owner_id: expect.any(Number),
      version: expect.any(String),
      is_hawq: null,
      state: 'online',
      public: true,
      host,
      port,
      ssl: false,
      online: true,
      db_name: database,
      description: null,
      schema_blacklist: [],
      db_username: username,
      owner: expect.objectContaining({ username: 'admin' }),
      tags: [],
      data_source_provider: 'Greenplum Database',
      complete_json: true,
    });
    const same = await chorus.send('PUT', `/data_sources/${source}`, json(shown.body.response));
    expect([same.status, same.text]).toEqual([200, shown.text]);
    const nothing = await chorus.send('POST', '/data_sources', { entity_type: 'pg_data_source' });
    expect(Object.keys(nothing.body.errors.fields)).toEqual([
      'name',
      'host',
      'port',
      'db_name',
      'db_username',
      'db_password',
    ]);
    const odd = await chorus.send('POST', '/data_sources', { entity_type: 'mongo' });
    expect(odd.body).toEqual({ errors: { fields: { entity_type: { INVALID: {} } } } });
    expect((await chorus.send('DELETE', `/data_sources/${source}`)).body).toEqual({});
    expect((await chorus.send('GET', `/data_sources/${source}`)).status).toBe(404);
  });

  it('E9: milestones and paging', async () => {
    const { id } = await chorus.get('POST', '/workspaces', { name: 'Paged' });
    const path = `/workspaces/${id}/milestones`;
    const empty = await chorus.send('GET', path);
    expect(empty.body).toEqual({ response: [], pagination: { page: 1, per_page: 50, records: 0, total: 1 } });
    const made = await chorus.send('POST', path, {
      name: 'Another great milestone',
      target_date: '2020-07-30T14:00:00-07:00',
    });
    expect(made.status).toBe(201);
    expect(Object.keys(made.body.response)).toEqual(['id', 'workspace', 'name', 'target_date', 'state']);
    expect([made.body.response.target_date, made.body.response.state]).toEqual(['2020-07-30', 'planned']);
    const put = await chorus.send('PUT', `${path}/${made.body.response.id}`, { state: 'achieved' });
    expect([put.status, put.body]).toEqual([200, {}]);
    const odd = await chorus.send('PUT', `${path}/${made.body.response.id}`, { state: 'done' });
    expect(odd.body).toEqual({ errors: { fields: { state: { INCLUSION: { value: 'done' } } } } });
    const workspace = await chorus.get('GET', `/workspaces/${id}`);
    expect([workspace.milestone_count, workspace.milestone_completed_count, workspace.project_target_date]).toEqual([
      1,
      1,
      '2020-07-30T00:00:00Z',
    ]);
    const blank = await chorus.send('POST', path, {});
    expect(blank.body).toEqual({ errors: { fields: { name: { BLANK: {} }, target_date: { BLANK: {} } } } });
    const other = await chorus.get('POST', '/workspaces', { name: 'Elsewhere' });
    const across = await chorus.send('DELETE', `/workspaces/${other.id}/milestones/${made.body.response.id}`);
    expect(across.status).toBe(404);
    const beyond = await chorus.send('GET', `${path}?page=7&per_page=1`);
    expect(beyond.body).toEqual({ response: [], pagination: { page: 7, per_page: 1, records: 1, total: 1 } });
    const none = await chorus.send('GET', `${path}?per_page=0`);
    expect(none.body.pagination).toEqual({ page: 1, per_page: 0, records: 1, total: null });
  });

  it('E10: membership, and a page asked for in the body of a GET', async () => {
    const users = [await chorus.person('ten'), await chorus.person('eleven')];
    const { id } = await chorus.get('POST', '/workspaces', { name: 'Members' }, { as: 'ten' });
    const path = `/workspaces/${id}/members`;
    const members = [
      { user_id: users[0], role: 'Project Manager' },
      { user_id: users[1], role: 'Data Scientist' },
    ];
    const answer = await chorus.send('POST', path, json({ collection: {}, members }), { as: 'ten' });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['response']);
    expect(answer.body.response.map((one: { role: string }) => one.role)).toEqual([
      'Project Manager',
      'Data Scientist',
    ]);
    expect(Object.keys(answer.body.response[0])).toEqual([...userKeys, 'complete_json', 'role']);
    const left = await chorus.send('POST', path, { 'member_ids[]': [users[1]] }, { as: 'ten' });
    expect([left.status, left.body]).toEqual([
      422,
      { errors: { fields: { owner: { 'OWNER MUST BE A MEMBER': null } } } },
    ]);
    const page = await getWithBody(path, { page: 2, per_page: 1 }, chorus.session('ten'));
    expect(page).toMatchObject({
      status: 200,
      body: { response: [{ id: users[1] }], pagination: { page: 2, per_page: 1, records: 2, total: 2 } },
    });
  });

  it('E12: the licence, the status and the version', async () => {
    const { response } = (await chorus.send('GET', '/license')).body;
    expect(Object.keys(response)).toEqual(
      `admins advisor_now_enabled analytics_developer analytics_developer_limit_reached branding business_user
      business_user_limit_reached client_name collaborator collaborator_limit_reached correct_mac_address data_analyst
      data_analyst_limit_reached expired expires is_enabled_api is_enabled_custom is_enabled_jobs is_enabled_milestones
      is_enabled_modeling is_enabled_touchpoints level limit_api limit_custom limit_jobs limit_milestones limit_modeling
      limit_touchpoints mac_address organization_uuid users_license_limit_reached vendor version workflow_enabled`.split(
        /\s+/,
      ),
    );
    const status = await chorus.send('GET', '/status', undefined, { as: null });
    expect(status.body).toEqual({
      user_count_exceeded: false,
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      status: 'Chorus is running',
    });
    const version = await chorus.send('GET', '/VERSION', undefined, { as: null });
    expect([version.status, version.text]).toEqual([200, expect.stringMatching(/^\d+\.\d+/)]);
    const unknown = await chorus.send('GET', '/dashboards');
    expect([unknown.status, unknown.body]).toEqual([404, { errors: { record: 'NOT_FOUND' } }]);
    const malformed = await chorus.send('POST', '/workspaces', '{"name":');
    expect([malformed.status, Object.keys(malformed.body.errors)]).toEqual([400, ['message']]);
  });
});
