/** What people put into workspaces: files, datasets, notes, tags, pictures (chorus.md §3.6–3.9, §3.11). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce } from '../../src/domain/access/index.ts';
import type { SampleDatabase } from '../rest/fixture.ts';
import { type Chorus, extraLogin, json, sampleDatabase, startChorus } from './fixture.ts';

let chorus: Chorus;
let sample: SampleDatabase;
let source: number;
let workspace: number;
let member: number;
let team: { username: string; password: string };

beforeAll(async () => {
  chorus = await startChorus();
  sample = await sampleDatabase();
  await chorus.person('owner');
  member = await chorus.person('member');
  await chorus.person('stranger');
  source = await chorus.source(sample, 'owner');
  const room = await chorus.get('POST', '/workspaces', { name: 'Team' }, { as: 'owner' });
  workspace = room.id;
  const members = { members: [{ user_id: room.owner.id }, { user_id: member }] };
  await chorus.get('POST', `/workspaces/${workspace}/members`, json(members), { as: 'owner' });
  team = await extraLogin(sample);
  const { username: db_username, password: db_password } = team;
  await chorus.get(
    'PUT',
    `/workspaces/${workspace}/data_source_account`,
    { data_source_id: source, db_username, db_password },
    { as: 'owner' },
  );
});
afterAll(() => chorus?.stop());

describe('files', () => {
  it('have versions, and SQL among them runs with the pair of the workspace', async () => {
    const as = 'member';
    const path = `/workspaces/${workspace}/workfiles`;
    const made = await chorus.send('POST', path, { file_name: 'who.sql', content: 'select 1' }, { as });
    expect([made.status, made.body.response.file_type, made.body.response.version_info.version_num]).toEqual([
      201,
      'sql',
      1,
    ]);
    const { id } = made.body.response;
    const taken = await chorus.send('POST', path, { file_name: 'WHO.sql' }, { as });
    expect(taken.body).toEqual({ errors: { fields: { file_name: { TAKEN: {} } } } });
    const odd = await chorus.send('POST', path, { file_name: 'a/b.sql' }, { as });
    expect(odd.body.errors.fields.file_name).toHaveProperty('INVALID');
    const noPlace = await chorus.send('POST', `/workfiles/${id}/run`, undefined, { as });
    expect(noPlace.body).toEqual({ errors: { fields: { execution_schema: { BLANK: {} } } } });

    const [database] = await chorus.get('GET', `/data_sources/${source}/databases`, undefined, { as: 'owner' });
    const schemas = await chorus.get('GET', `/databases/${database.id}/schemas`, undefined, { as: 'owner' });
    const schema = schemas.find((one: { name: string }) => one.name === 'public');
    const sandbox = await chorus.send(
      'POST',
      `/workspaces/${workspace}/sandbox`,
      { schema_id: schema.id },
      { as: 'owner' },
    );
    expect([sandbox.status, sandbox.body]).toEqual([201, {}]);
    expect((await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as })).sandbox_info.name).toBe('public');

    const next = await chorus.send(
      'POST',
      `/workfiles/${id}/versions`,
      { content: 'select current_user as who', commit_message: 'ask who' },
      { as },
    );
    expect([next.status, next.body.response.version_info.version_num]).toEqual([201, 2]);
    const run = await chorus.send('POST', `/workfiles/${id}/run`, undefined, { as });
    expect([run.status, run.body.response.rows]).toEqual([202, [{ who: team.username }]]);
    expect((await chorus.send('POST', `/workfiles/${id}/run`, undefined, { as: 'stranger' })).status).toBe(403);
    const versions = await chorus.send('GET', `/workfiles/${id}/versions`, undefined, { as });
    expect(versions.body.pagination.records).toBe(2);
    const bytes = await chorus.send('GET', `/workfiles/${id}/download`, undefined, { as });
    expect([bytes.text, bytes.headers.get('content-type')]).toEqual([
      'select current_user as who',
      'application/octet-stream',
    ]);
    const copy = await chorus.send('POST', `/workfiles/${id}/copy`, {}, { as });
    expect([copy.status, copy.body.response.file_name]).toEqual([201, 'who_1.sql']);
    expect((await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as })).workfiles_count).toBe(2);
    expect((await chorus.send('DELETE', `/workfiles/${id}`, undefined, { as })).body).toEqual({});
    expect((await chorus.send('GET', `/workfiles/${id}`, undefined, { as })).status).toBe(404);
  });

  it('E11: meet a pair that the database refuses by now, and one that is missing', async () => {
    const path = `/workspaces/${workspace}/workfiles`;
    const { id } = await chorus.get('POST', path, { file_name: 'e11.sql', content: 'select 1' }, { as: 'member' });
    const { owner, ...shown } = await chorus.get('GET', `/data_sources/${source}`, undefined, { as: 'owner' });
    const model = {
      id: source,
      entity_type: 'pg_data_source',
      shared: false,
      owner_id: owner.id,
      name: shown.name,
    };
    await sample.execute(`alter role ${team.username} password 'another'`);
    const account = `/workspaces/${workspace}/data_source_account`;
    // A new version of the pair needs a new connection; the unchecked old password is refused there.
    const { db } = chorus.headgate.app.store;
    await db.updateTable('credential').set({ version: 99 }).where('workspace_id', '=', workspace).execute();
    await chorus.headgate.app.store.transaction((trx) => announce(trx, '*'));
    const refused = await chorus.send('POST', `/workfiles/${id}/run`, undefined, { as: 'member' });
    expect([refused.status, refused.body]).toEqual([
      403,
      { errors: { model_data: model, record: 'INVALID_CREDENTIALS' } },
    ]);
    await sample.execute(`alter role ${team.username} password '${team.password}'`);
    const seen = async (): Promise<number[]> => {
      const { datasets_count: count } = await chorus.get('GET', `/workspaces/${workspace}`, undefined, {
        as: 'member',
      });
      const listed = await chorus.get('GET', `/workspaces/${workspace}/datasets`, undefined, { as: 'member' });
      return [count, listed.length];
    };
    expect(await seen()).toEqual([0, 0]); // the sandbox takes a pair that works
    await chorus.get('DELETE', `${account}?data_source_id=${source}`, undefined, { as: 'owner' });
    const missing = await chorus.send('POST', `/workfiles/${id}/run`, undefined, { as: 'member' });
    expect([missing.status, missing.body]).toEqual([403, { errors: { model_data: model } }]);
    const { username: db_username, password: db_password } = team;
    await chorus.get('PUT', account, { data_source_id: source, db_username, db_password }, { as: 'owner' });
    expect((await chorus.send('POST', `/workfiles/${id}/run`, undefined, { as: 'member' })).status).toBe(202);
    expect(await seen()).toEqual([1, 1]);
  });

  it('are uploaded', async () => {
    const form =
      '--x\r\nContent-Disposition: form-data; name="workfile[versions_attributes][0][contents]"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x--\r\n';
    const response = await fetch(`${chorus.headgate.url}/api/workspaces/${workspace}/workfiles`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x', 'x-token': chorus.session('member') },
      body: form,
    });
    const { response: file } = (await response.json()) as { response: Record<string, Record<string, unknown>> };
    expect([response.status, file.file_name, file.version_info!.content]).toEqual([201, 'a.txt', 'hello']);
  });
});

describe('datasets', () => {
  it('are those of the sandbox, and others that were put at hand', async () => {
    const path = `/workspaces/${workspace}/datasets`;
    const listed = await chorus.send('GET', path, undefined, { as: 'member' });
    expect(listed.body.response.map((one: { object_name: string }) => one.object_name)).toEqual(['people']);
    const [{ id }] = listed.body.response;
    const refused = await chorus.send('POST', path, { 'dataset_ids[]': [id] }, { as: 'member' });
    expect(refused.body).toEqual({
      errors: { fields: { dataset: { ALREADY_ASSOCIATED: { workspace_name: 'Team' } } } },
    });
    const other = await chorus.get('POST', '/workspaces', { name: 'Other' }, { as: 'owner' });
    const there = `/workspaces/${other.id}/datasets`;
    expect((await chorus.send('POST', there, { 'dataset_ids[]': [id] }, { as: 'owner' })).status).toBe(201);
    const [shown] = await chorus.get('GET', there, undefined, { as: 'owner' });
    expect([shown.id, shown.entity_subtype, shown.associated_workspaces]).toEqual([
      id,
      'SOURCE_TABLE',
      [{ id: other.id, name: 'Other' }],
    ]);
    expect((await chorus.send('GET', `${there}/${id}`, undefined, { as: 'owner' })).status).toBe(200);
    expect((await chorus.send('DELETE', `${there}/${id}`, undefined, { as: 'owner' })).body).toEqual({});
    expect((await chorus.send('GET', there, undefined, { as: 'owner' })).body.pagination.records).toBe(0);
  });
});

describe('notes', () => {
  it('become insights, are published, and take comments', async () => {
    const as = 'member';
    const target = { entity_type: 'workspace', entity_id: workspace };
    const made = await chorus.send('POST', '/notes', { ...target, body: 'Look <script>x</script>here' }, { as });
    expect([made.status, made.body.response.body, made.body.response.action_type]).toEqual([
      201,
      'Look xhere',
      'NoteOnWorkspace',
    ]);
    const { id } = made.body.response;
    const early = await chorus.send('POST', '/insights/publish', { note_id: id }, { as });
    expect(early.body.errors.fields.base).toHaveProperty('GENERIC');
    const insight = await chorus.send('POST', '/insights', { note_id: id }, { as });
    expect([insight.status, insight.body.response.is_insight, insight.body.response.promoted_by.id]).toEqual([
      201,
      true,
      member,
    ]);
    expect((await chorus.get('POST', '/insights/publish', { note_id: id }, { as })).is_published).toBe(true);
    const comment = await chorus.send('POST', '/comments', { event_id: id, body: 'Yes' }, { as: 'owner' });
    expect([comment.status, Object.keys(comment.body.response)]).toEqual([
      201,
      ['id', 'author', 'body', 'action', 'timestamp', 'entity_type', 'complete_json'],
    ]);
    const blank = await chorus.send('POST', '/comments', { event_id: id, body: ' ' }, { as });
    expect(blank.body).toEqual({ errors: { fields: { body: { BLANK: {} } } } });
    const mine = await chorus.send('GET', `/insights?entity_type=workspace&entity_id=${workspace}`, undefined, { as });
    expect(mine.body.response.map((one: { id: number }) => one.id)).toEqual([id]);
    for (const [method, path, body] of [
      ['POST', '/comments', { event_id: id, body: 'I see' }],
      ['POST', '/insights', { note_id: id }],
      ['PUT', `/notes/${id}`, { body: 'x' }],
    ] as const) {
      expect([path, (await chorus.send(method, path, body, { as: 'stranger' })).status]).toEqual([path, 404]);
    }
    expect((await chorus.send('PUT', `/notes/${id}`, { body: 'x' }, { as: 'owner' })).status).toBe(403);
    const room = await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as });
    expect([room.insights_count, room.recent_comments_count, room.has_recent_comments]).toEqual([1, 1, true]);
    const odd = await chorus.send('POST', '/notes', { entity_type: 'x', entity_id: 1, body: 'x' }, { as });
    expect(odd.body.errors.fields.general).toHaveProperty('GENERIC');
    expect((await chorus.send('DELETE', `/notes/${id}`, undefined, { as: 'owner' })).body).toEqual({});
    expect((await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as })).insights_count).toBe(0);
  });

  it('are told of in activities, with changes of status', async () => {
    await chorus.get(
      'PUT',
      `/workspaces/${workspace}`,
      { project_status: 'at_risk', project_status_reason: 'late' },
      { as: 'owner' },
    );
    const room = await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as: 'owner' });
    expect(room.latest_status_change_activity).toMatchObject({
      action: 'ProjectStatusChanged',
      status: 'at_risk',
      reason: 'late',
      workspace: { id: workspace, name: 'Team' },
    });
    const seen = await chorus.send('GET', `/activities?entity_type=workspace&entity_id=${workspace}`, undefined, {
      as: 'member',
    });
    expect(seen.body.response[0].action).toBe('ProjectStatusChanged');
    const hidden = await chorus.send('GET', '/activities', undefined, { as: 'stranger' });
    expect(hidden.text.includes('ProjectStatusChanged')).toBe(false);
  });
});

describe('what people are told of', () => {
  const as = 'member';
  const unread = async (who: string): Promise<{ id: number; event: Record<string, unknown> }[]> =>
    chorus.get('GET', '/notifications?type=unread', undefined, { as: who });

  it('membership and notes that name them, until they have read it', async () => {
    const [{ id, event }] = (await unread(as)) as [{ id: number; event: Record<string, unknown> }];
    expect([event.action, (event.workspace as { id: number }).id]).toEqual(['MembersAdded', workspace]);
    const read = await chorus.send('PUT', '/notifications/read', { 'notification_ids[]': [id] }, { as });
    expect([read.status, read.body]).toEqual([200, {}]);
    expect(await unread(as)).toEqual([]);
    const files = `/workspaces/${workspace}/workfiles`;
    const { id: file } = await chorus.get('POST', files, { file_name: 'told.txt', content: 'x' }, { as: 'owner' });
    const [{ id: table }] = await chorus.get('GET', `/workspaces/${workspace}/datasets`, undefined, { as });
    const note = {
      entity_type: 'workspace',
      entity_id: workspace,
      body: 'Look',
      'recipients[]': [member, 987_654],
      'workfile_ids[]': [file],
      'dataset_ids[]': [table],
    };
    const made = await chorus.get('POST', '/notes', note, { as: 'owner' });
    expect(made.attachments).toEqual([
      { dataset: { id: table, object_name: 'people', entity_type: 'dataset' }, entity_type: 'attachment' },
      { workfile: { id: file, file_name: 'told.txt', entity_type: 'workfile' }, entity_type: 'attachment' },
    ]);
    expect((await unread(as)).map((one) => one.event.body)).toEqual(['Look']);
    const foreign = await chorus.send('POST', '/notes', { ...note, 'workfile_ids[]': [file + 999] }, { as: 'owner' });
    expect(foreign.status).toBe(404);
    expect((await unread('stranger')).length).toBe(0);
  });

  it('the latest comments and the latest insight, where they are asked for', async () => {
    const note = { entity_type: 'workspace', entity_id: workspace, body: 'An insight', is_insight: 'true' };
    const insight = await chorus.get('POST', '/notes', note, { as });
    await chorus.get('POST', '/comments', { event_id: insight.id, body: 'Indeed' }, { as: 'owner' });
    const path = `/workspaces/${workspace}?show_latest_comments=true`;
    const shown = await chorus.get('GET', path, undefined, { as });
    const keys = Object.keys(shown);
    expect(keys.slice(keys.indexOf('project_target_date') + 1)).toEqual([
      'latest_status_change_activity',
      'number_of_insights',
      'number_of_comments',
      'latest_comment_list',
      'latest_insight',
      'complete_json',
    ]);
    expect([shown.number_of_insights, shown.latest_insight.body, shown.latest_comment_list[0].body]).toEqual([
      1,
      'An insight',
      'Indeed',
    ]);
    const [listed] = await chorus.get('GET', '/workspaces?show_latest_comments=true', undefined, { as });
    expect(listed.latest_insight.id).toBe(insight.id);
  });

  it('what they search for, of what they may see', async () => {
    const found = await chorus.get('GET', '/search?query=TEA', undefined, { as });
    expect([found.workspaces.numFound, found.workspaces.results[0].id]).toEqual([1, workspace]);
    const files = await chorus.get('GET', '/search?query=told', undefined, { as });
    expect(files.workfiles.results.map((one: { file_name: string }) => one.file_name)).toEqual(['told.txt']);
    const people = await chorus.get('GET', '/search?query=Membe', undefined, { as: 'stranger' });
    expect(people.users.results.map((one: { id: number }) => one.id)).toEqual([member]);
    const hidden = await chorus.get('GET', '/search?query=told', undefined, { as: 'stranger' });
    expect([hidden.workfiles.numFound, hidden.workspaces.numFound]).toEqual([0, 0]);
    const all = await chorus.get('GET', '/search?query=%25', undefined, { as });
    expect(all.users.numFound).toBe(0);
  });
});

describe('drafts and runs', () => {
  it('keep what was not saved, for its writer alone, until there is a version', async () => {
    const as = 'member';
    const files = `/workspaces/${workspace}/workfiles`;
    const { id } = await chorus.get('POST', files, { file_name: 'draft.sql', content: 'select 1' }, { as });
    const draft = `/workfiles/${id}/draft`;
    expect((await chorus.send('GET', draft, undefined, { as })).status).toBe(404);
    const kept = await chorus.send('POST', draft, { content: 'select 2' }, { as });
    expect([kept.status, kept.body.response.content]).toEqual([201, 'select 2']);
    expect((await chorus.get('PUT', draft, { content: 'select 3' }, { as })).content).toBe('select 3');
    expect((await chorus.send('GET', draft, undefined, { as: 'owner' })).status).toBe(404);
    expect((await chorus.get('GET', `/workfiles/${id}`, undefined, { as })).has_draft).toBe(true);
    const [listed] = await chorus.get('GET', `${files}?name_pattern=draft`, undefined, { as });
    expect([listed.id, listed.version_info.content]).toEqual([id, null]);
    await chorus.get('POST', `/workfiles/${id}/versions`, { content: 'select 3' }, { as });
    expect((await chorus.send('DELETE', draft, undefined, { as })).status).toBe(404);
  });

  it('run another text, and are stopped by the name that the client gave them', async () => {
    const as = 'member';
    const files = `/workspaces/${workspace}/workfiles`;
    const { id } = await chorus.get('POST', files, { file_name: 'long.sql', content: 'select 1' }, { as });
    const path = `/workfiles/${id}/executions`;
    const quick = await chorus.send('POST', path, { sql: 'select 1 as a, 2 as b', check_id: 'quick' }, { as });
    expect([quick.status, quick.body.response.rows]).toEqual([201, [[1, 2]]]);
    for (const sql of ['delete from people', 'select pg_advisory_lock(4711)', 'select from where']) {
      const refused = await chorus.send('POST', path, { sql }, { as });
      expect([sql, refused.status, refused.body.errors.record]).toEqual([sql, 422, 'INVALID_STATEMENT']);
    }
    const endless = 'select count(*) as n from generate_series(1, 100000) a, generate_series(1, 10000000) b';
    const running = chorus.send('POST', path, { sql: endless, check_id: 'mine' }, { as });
    const active = `select 1 from pg_stat_activity where usename = '${team.username}' and query like '%generate_series%'
      and state = 'active'`;
    while ((await sample.execute(active)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await chorus.send('DELETE', `${path}/other`, undefined, { as })).body).toEqual({});
    expect((await sample.execute(active)).length).toBe(1);
    expect((await chorus.send('DELETE', `${path}/mine`, undefined, { as })).body).toEqual({});
    const stopped = await running;
    expect([stopped.status, JSON.stringify(stopped.body)]).toEqual([422, expect.stringContaining('stopped')]);
    while ((await sample.execute(active)).length > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('saved queries and sandboxes', () => {
  it('are datasets of their workspace, under a name of its own', async () => {
    const as = 'member';
    const { sandbox_info: schema } = await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as });
    const view = { workspace_id: workspace, schema_id: schema.id, object_name: 'kept', query: 'select 1 as one' };
    const made = await chorus.send('POST', '/chorus_views', view, { as });
    expect([made.status, made.body.response?.entity_subtype, made.body.response?.query]).toEqual([
      201,
      'CHORUS_VIEW',
      'select 1 as one',
    ]);
    const { id } = made.body.response;
    const taken = await chorus.send('POST', '/chorus_views', { ...view, object_name: 'KEPT' }, { as });
    expect(taken.body).toEqual({ errors: { fields: { object_name: { TAKEN: {} } } } });
    const writes = await chorus.send('PUT', `/chorus_views/${id}`, { query: 'delete from people' }, { as });
    expect(writes.body.errors.fields.query).toHaveProperty('GENERIC');
    expect((await chorus.get('PUT', `/chorus_views/${id}`, { query: 'select 2' }, { as })).query).toBe('select 2');
    const copy = await chorus.get('POST', `/chorus_views/${id}/duplicate`, { object_name: 'copy' }, { as });
    const path = `/workspaces/${workspace}/datasets?entity_subtype=CHORUS_VIEW`;
    const listed = await chorus.get('GET', path, undefined, { as });
    expect(listed.map((one: { object_name: string }) => one.object_name)).toEqual(['copy', 'kept']);
    expect((await chorus.send('DELETE', `/chorus_views/${copy.id}`, undefined, { as: 'stranger' })).status).toBe(403);
    expect((await chorus.send('DELETE', `/chorus_views/${copy.id}`, undefined, { as })).body).toEqual({});
    expect((await chorus.get('GET', path, undefined, { as })).length).toBe(1);
  });

  it('make the schema that is not there yet, on the server', async () => {
    const [database] = await chorus.get('GET', `/data_sources/${source}/databases`, undefined, { as: 'owner' });
    const room = await chorus.get('POST', '/workspaces', { name: 'Builders' }, { as: 'owner' });
    const path = `/workspaces/${room.id}/sandbox`;
    const input = { database_id: database.id, schema_name: 'made_here', show_sandbox_datasets: 'true' };
    const refused = await chorus.send('POST', path, input, { as: 'owner' });
    expect([refused.status, refused.body.errors.fields.schema]).toEqual([422, { GENERIC: expect.anything() }]);
    await sample.execute(`grant create on database "${sample.database}" to ${sample.username}`);
    const made = await chorus.send('POST', path, input, { as: 'owner' });
    expect([made.status, made.body]).toEqual([201, {}]);
    const [there] = await sample.execute(
      "select nspowner::regrole::text as owner from pg_namespace where nspname = 'made_here'",
    );
    expect(there).toEqual({ owner: sample.username });
    const shown = await chorus.get('GET', `/workspaces/${room.id}`, undefined, { as: 'owner' });
    expect([shown.sandbox_info.name, shown.sandbox_info.stale, shown.has_added_sandbox]).toEqual([
      'made_here',
      false,
      true,
    ]);
    await sample.execute(`create table made_here.big as select generate_series(1, 1000) as n;
      grant select on made_here.big to ${sample.username}`);
    const schemas = await chorus.get('GET', `/data_sources/${source}/schemas`, undefined, { as: 'owner' });
    const schema = schemas.find((one: { name: string }) => one.name === 'made_here');
    const tables = await chorus.get('GET', `/schemas/${schema.id}/datasets`, undefined, { as: 'owner' });
    expect(tables.map((one: { object_name: string }) => one.object_name)).toEqual(['big']);
    const detail = await chorus.get('GET', `/data_sources/${source}/workspace_detail`, undefined, { as: 'owner' });
    const ours = detail.workspaces.find((one: { id: number }) => one.id === room.id);
    expect(ours).toEqual({
      id: room.id,
      name: 'Builders',
      size_in_bytes: expect.any(Number),
      percentage_used: expect.any(Number),
      owner_full_name: 'owner User',
      schema_name: 'made_here',
      database_name: sample.database,
    });
    expect(ours.size_in_bytes).toBeGreaterThan(8000);
    const nothing = await chorus.get('GET', `/data_sources/${source}/workspace_detail`, undefined, { as: 'stranger' });
    expect(nothing).toEqual({ workspaces: null, sandboxes_size_in_bytes: null, complete_json: true });
  });
});

describe('tags and pictures', () => {
  it('tags keep their first spelling', async () => {
    const things = [{ entity_type: 'workspace', entity_id: workspace }];
    const as = 'member';
    for (const add of ['Sales', 'SALES']) {
      expect((await chorus.send('POST', '/taggings', json({ taggables: things, add }), { as })).status).toBe(201);
    }
    const { tags } = await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as });
    expect(tags).toEqual([{ id: expect.any(Number), name: 'Sales', count: 1, entity_type: 'tag' }]);
    const renamed = await chorus.send('PUT', `/tags/${tags[0].id}`, { name: 'a,b' }, { as });
    expect(renamed.body.errors.fields.name).toHaveProperty('INVALID');
    expect((await chorus.send('DELETE', `/tags/${tags[0].id}`, undefined, { as })).status).toBe(403);
    const long = await chorus.send('POST', '/taggings', json({ taggables: things, add: 'x'.repeat(101) }), { as });
    expect(long.body).toEqual({ errors: { fields: { base: { TOO_LONG: { field: 'Tag', count: 100 } } } } });
    await chorus.send('POST', '/taggings', json({ taggables: things, remove: 'sales' }), { as });
    const left = await chorus.get('GET', `/taggings?entity_type=workspace&entity_id=${workspace}`, undefined, { as });
    expect(left).toEqual([]);
  });

  it('pictures are served under the address that is shown', async () => {
    const png = Buffer.from('89504e470d0a1a0a00', 'hex');
    const send = (content: Buffer): Promise<Response> =>
      fetch(`${chorus.headgate.url}/api/users/${member}/image`, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=x', 'x-token': chorus.session('member') },
        body: Buffer.concat([
          Buffer.from('--x\r\nContent-Disposition: form-data; name="files[]"; filename="me.png"\r\n\r\n'),
          content,
          Buffer.from('\r\n--x--\r\n'),
        ]),
      });
    expect((await send(Buffer.from('<svg onload=x>'))).status).toBe(422);
    expect((await send(png)).status).toBe(200);
    const { image } = await chorus.get('GET', `/users/${member}`);
    expect(image.original).toMatch(/^\/paperclip\/users\/images\/\d{3}\/\d{3}\/\d{3}\/original\/me\.png\?\d+$/);
    const shown = await fetch(chorus.headgate.url + image.icon, { headers: { 'x-token': chorus.session('owner') } });
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await shown.arrayBuffer()).equals(png)).toBe(true);
    expect((await fetch(chorus.headgate.url + image.icon)).status).toBe(401);
  });
});
