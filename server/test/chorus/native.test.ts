/** Workspaces and their pairs through the native door and the command line, over the same rows as the chorus door. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce } from '../../src/domain/access/index.ts';
import { runCli } from '../cli/run-cli.ts';
import type { Answer } from '../harness.ts';
import { registerSource, type SampleDatabase } from '../rest/fixture.ts';
import { type Chorus, extraLogin, sampleDatabase, startChorus } from './fixture.ts';

let chorus: Chorus;
let sample: SampleDatabase;
let team: { username: string; password: string };

const api = (as: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  chorus.headgate.api(method, path, body, { as });

async function who(as: string): Promise<string> {
  const sql = 'select current_user as who';
  const answer = await api(as, 'POST', '/sources/kept/query', { sql, workspace: await roomId(), format: 'ndjson' });
  return answer.status === 200 ? JSON.parse(answer.text).who : answer.body.code;
}

const roomId = async (): Promise<string> => (await api('owner', 'GET', '/workspaces/room')).body.id;

beforeAll(async () => {
  chorus = await startChorus();
  sample = await sampleDatabase();
  team = await extraLogin(sample);
  for (const name of ['owner', 'member', 'stranger']) {
    await chorus.person(name);
    await chorus.headgate.signIn(name, `${name}-password-1`);
  }
  await registerSource(chorus.headgate, 'kept', sample, 'owner');
});
afterAll(() => chorus?.stop());

describe('the native door', () => {
  it('makes a workspace whose members query with its pair', async () => {
    const made = await api('owner', 'POST', '/workspaces', { name: 'room', summary: 'words' });
    expect([made.status, made.body.owner, made.body.public]).toEqual([201, 'owner', false]);
    const members = await api('owner', 'PUT', '/workspaces/room/members', {
      members: [{ username: 'owner' }, { username: 'Member', label: 'Data Scientist' }],
    });
    expect(members.body.items).toEqual([
      { username: 'owner', label: 'Owner', role: 'administrator' },
      { username: 'member', label: 'Data Scientist', role: 'developer' },
    ]);
    expect(await who('member')).toBe('source_not_found');
    const wrong = await api('owner', 'PUT', '/workspaces/room/credentials/kept', { ...team, password: 'wrong' });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid_fields']);
    const put = await api('owner', 'PUT', '/workspaces/room/credentials/kept', team);
    expect([put.status, put.body.username, put.body.owner]).toEqual([201, team.username, 'owner']);
    expect(put.text.includes(team.password)).toBe(false);
    expect((await api('owner', 'PUT', '/workspaces/room/credentials/kept', team)).status).toBe(200);
    expect(await who('member')).toBe(team.username);
    expect(await who('stranger')).toBe('source_not_found');
  });

  it('hides what one may not see, and pages', async () => {
    for (const [method, path] of [
      ['GET', '/workspaces/room'],
      ['GET', '/workspaces/room/members'],
      ['DELETE', '/workspaces/room'],
      ['PUT', '/workspaces/room/members'],
    ] as const) {
      const body = method === 'PUT' ? { members: [{ username: 'stranger' }] } : undefined;
      const answer = await api('stranger', method, path, body);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'workspace_not_found']);
    }
    expect((await api('member', 'DELETE', '/workspaces/room')).status).toBe(403);
    for (const name of ['a', 'b', 'c']) await api('owner', 'POST', '/workspaces', { name });
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Answer = await api('owner', 'GET', `/workspaces?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      names.push(...page.body.items.map((item: { name: string }) => item.name));
      cursor = page.body.nextCursor;
    }
    expect(names).toEqual(['a', 'b', 'c', 'room']);
    const taken = await api('owner', 'PATCH', '/workspaces/a', { name: 'B' });
    expect([taken.status, taken.body.code]).toEqual([409, 'name_taken']);
  });

  it('shows the same row at the chorus door', async () => {
    const [row] = (await chorus.get('GET', '/workspaces', undefined, { as: 'member' })) as {
      name: string;
      id: number;
    }[];
    expect(row?.name).toBe('room');
    const milestone = await api('member', 'POST', '/workspaces/room/milestones', {
      name: 'm',
      targetDate: '2031-05-06',
    });
    expect(milestone.status).toBe(201);
    const done = await api('member', 'PATCH', `/workspaces/room/milestones/${milestone.body.id}`, {
      state: 'achieved',
    });
    expect(done.body.state).toBe('achieved');
    const shown = await chorus.get('GET', `/workspaces/${row?.id}`, undefined, { as: 'member' });
    expect([shown.milestone_completed_count, shown.project_target_date]).toEqual([1, '2031-05-06T00:00:00Z']);
  });
});

describe('what is in a workspace, natively', () => {
  it('files are written in versions under a condition, and run with the pair of the workspace', async () => {
    const files = '/workspaces/room/files';
    const runsIn = { source: 'kept', schema: 'public' };
    const made = await api('member', 'POST', files, { name: 'who.sql', content: 'select 1', runsIn });
    expect([made.status, made.body.type, made.body.content, made.body.runsIn.schema]).toEqual([
      201,
      'sql',
      'select 1',
      'public',
    ]);
    const tag = (await api('member', 'GET', `${files}/WHO.sql`)).headers.get('etag') ?? '';
    const write = (content: string): Promise<Answer> =>
      chorus.headgate.api(
        'POST',
        `${files}/who.sql/versions`,
        { content },
        { as: 'owner', headers: { 'if-match': tag } },
      );
    const second = await write('select current_user as who');
    expect([second.status, second.body.latest.number]).toEqual([201, 2]);
    const stale = await write('select 3');
    expect([stale.status, stale.body.code]).toEqual([412, 'stale_version']);
    const run = await api('member', 'POST', `${files}/who.sql/run`, { format: 'ndjson' });
    expect([run.status, JSON.parse(run.text)]).toEqual([200, { who: team.username }]);
    const listed = await api('owner', 'GET', `${files}?q=who`);
    expect([listed.body.items.length, 'content' in listed.body.items[0]]).toEqual([1, false]);
    const first = await api('owner', 'GET', `${files}/${made.body.id}/content?version=1`);
    expect([first.text, first.headers.get('content-disposition')]).toEqual(['select 1', 'attachment']);
    const versions = await api('owner', 'GET', `${files}/who.sql/versions`);
    expect(versions.body.items.map((one: { number: number }) => one.number)).toEqual([2, 1]);
    const renamed = await api('member', 'PATCH', `${files}/who.sql`, { name: 'whoami.sql', runsIn: null });
    expect([renamed.body.name, renamed.body.runsIn, renamed.body.id]).toEqual(['whoami.sql', null, made.body.id]);
    expect((await api('stranger', 'GET', `${files}/whoami.sql`)).body.code).toBe('workspace_not_found');
    expect((await api('member', 'DELETE', `${files}/whoami.sql`)).status).toBe(204);
    expect((await api('member', 'GET', `${files}/whoami.sql`)).body.code).toBe('workfile_not_found');
  });

  it('notes go through their states, and take comments', async () => {
    const notes = '/workspaces/room/notes';
    const made = await api('member', 'POST', notes, { body: 'Look <b>here</b>' });
    expect([made.status, made.body.body, made.body.state]).toEqual([201, 'Look here', 'note']);
    const path = `${notes}/${made.body.id}`;
    for (const state of ['published', 'insight', 'note'] as const) {
      expect((await api('member', 'PATCH', path, { state })).body.state).toBe(state);
    }
    expect((await api('owner', 'PATCH', path, { body: 'Mine' })).status).toBe(403);
    const comment = await api('owner', 'POST', `${path}/comments`, { body: 'Yes' });
    expect([comment.status, comment.body.author]).toEqual([201, 'owner']);
    expect((await api('member', 'DELETE', `${path}/comments/${comment.body.id}`)).status).toBe(403);
    expect((await api('owner', 'DELETE', `${path}/comments/${comment.body.id}`)).status).toBe(204);
    const other = await api('owner', 'POST', '/workspaces/a/notes', { body: 'There' });
    expect((await api('owner', 'DELETE', `${notes}/${other.body.id}`)).body.code).toBe('note_not_found');
    expect((await api('owner', 'DELETE', path)).status).toBe(204);
    expect((await api('owner', 'GET', notes)).body.items).toEqual([]);
    const told = await api('member', 'GET', '/workspaces/room/activities?limit=1');
    expect([told.body.items.length, typeof told.body.nextCursor]).toEqual([1, 'string']);
  });

  it('members come and go one by one, and one of them may become the owner', async () => {
    const room = '/workspaces/b';
    const added = await api('owner', 'PUT', `${room}/members/member`, { label: 'Data Engineer' });
    expect(added.body).toEqual({ username: 'member', label: 'Data Engineer', role: 'developer' });
    const tag = (await api('owner', 'GET', room)).headers.get('etag') ?? '';
    const patch = (body: unknown, as: string): Promise<Answer> =>
      chorus.headgate.api('PATCH', room, body, { as, headers: { 'if-match': tag } });
    expect((await patch({ owner: 'stranger' }, 'owner')).body.code).toBe('invalid_fields');
    const passed = await patch({ owner: 'member', stage: 2 }, 'owner');
    expect([passed.status, passed.body.owner, passed.body.stage]).toEqual([
      200,
      'member',
      { id: 2, name: 'Transform' },
    ]);
    expect((await patch({ summary: 'x' }, 'member')).status).toBe(412);
    expect((await api('owner', 'DELETE', `${room}/members/owner`)).status).toBe(403);
    expect((await api('member', 'DELETE', `${room}/members/member`)).body.code).toBe('invalid_fields');
    expect((await api('member', 'DELETE', `${room}/members/owner`)).status).toBe(204);
    expect((await api('member', 'DELETE', `${room}/members/owner`)).body.code).toBe('member_not_found');
    expect((await api('member', 'PUT', `${room}/members/nobody`, {})).body.code).toBe('user_not_found');
    expect((await api('owner', 'GET', room)).status).toBe(404);
  });
});

describe('members by a group', () => {
  it('are counted, listed and found as those who belong to it themselves', async () => {
    const { db } = chorus.headgate.app.store;
    expect((await chorus.headgate.api('POST', '/groups', { name: 'guests' })).status).toBe(201);
    expect((await chorus.headgate.api('PUT', '/groups/guests/members/stranger')).status).toBeLessThan(300);
    const group = await db.selectFrom('user_group').select('id').where('name', '=', 'guests').executeTakeFirstOrThrow();
    const [shown] = await chorus.get('GET', '/workspaces', undefined, { as: 'owner' });
    const before = shown.members_count;
    await db
      .insertInto('workspace_member')
      .values({ workspace_id: shown.id, group_id: group.id, role: 'developer' })
      .execute();
    await chorus.headgate.app.store.transaction((trx) => announce(trx, '*'));
    const path = `/workspaces/${shown.id}`;
    const after = await chorus.get('GET', path, undefined, { as: 'stranger' });
    expect([after.members_count, after.is_member]).toEqual([before + 1, true]);
    const members = await chorus.send('GET', `${path}/members`, undefined, { as: 'stranger' });
    const stranger = members.body.response.find((one: { username: string }) => one.username === 'stranger');
    expect([members.body.pagination.records, stranger.role]).toEqual([before + 1, 'Project Member']);
    const theirs = await chorus.get('GET', `/workspaces?user_id=${stranger.id}`, undefined, { as: 'owner' });
    expect(theirs.map((one: { id: number }) => one.id)).toEqual([shown.id]);
    await db.deleteFrom('workspace_member').where('group_id', '=', group.id).execute();
    await chorus.headgate.app.store.transaction((trx) => announce(trx, '*'));
  });
});

describe('data of a workspace, natively', () => {
  it('tables are put at hand, and a schema is made for the sandbox', async () => {
    const room = '/workspaces/room';
    await sample.execute(`grant create on database "${sample.database}" to ${sample.username}`);
    expect((await api('owner', 'POST', '/sources/kept/schema/refresh')).status).toBe(200);
    const put = (name: string, as = 'member'): Promise<Answer> =>
      api(as, 'POST', `${room}/datasets`, { source: 'kept', schema: 'public', name });
    const people = await put('people');
    expect([people.status, people.body.kind, people.body.inSandbox]).toEqual([201, 'table', false]);
    expect((await put('people')).body.code).toBe('invalid_fields');
    const listed = await api('member', 'GET', `${room}/datasets?q=peo`);
    expect(listed.body.items).toEqual([people.body]);
    expect((await put('nothing')).body.code).toBe('invalid_fields');
    expect((await put('people', 'stranger')).status).toBe(404);
    const made = await api('owner', 'PUT', `${room}/sandbox`, { source: 'kept', schema: 'our "own"' });
    expect([made.status, made.body.sandbox?.schema]).toEqual([200, 'our "own"']);
    const [there] = await sample.execute(
      `select nspowner::regrole::text as owner from pg_namespace where nspname = 'our "own"'`,
    );
    expect(there).toEqual({ owner: sample.username }); // the source shares its own pair, which comes first
    expect((await api('member', 'PUT', `${room}/sandbox`, { source: 'kept', schema: 'x' })).status).toBe(403);
    expect((await api('owner', 'PUT', `${room}/sandbox`, { source: 'kept', schema: 'pg_own' })).status).toBe(400);
    expect((await api('owner', 'DELETE', `${room}/sandbox`)).status).toBe(204);
    expect((await api('owner', 'GET', room)).body.sandbox).toBe(null);
    expect((await api('member', 'DELETE', `${room}/datasets/${people.body.id}`)).status).toBe(204);
    expect((await api('member', 'GET', `${room}/datasets`)).body.items).toEqual([]);
  });

  it('tags and a picture tell it from others', async () => {
    const room = '/workspaces/room';
    for (const name of ['Sales', 'sales']) {
      expect((await api('member', 'PUT', `${room}/tags/${name}`)).status).toBe(204);
    }
    expect((await api('member', 'GET', room)).body.tags).toEqual(['Sales']);
    expect((await api('member', 'DELETE', `${room}/tags/SALES`)).status).toBe(204);
    const content = Buffer.from('89504e470d0a1a0a00', 'hex').toString('base64');
    expect((await api('member', 'PUT', `${room}/picture`, { content })).status).toBe(403);
    expect((await api('owner', 'PUT', `${room}/picture`, { content: 'PHN2Zz4=' })).body.code).toBe('invalid_fields');
    expect((await api('owner', 'PUT', `${room}/picture`, { content })).status).toBe(204);
    const shown = await api('member', 'GET', `${room}/picture`);
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect((await api('owner', 'DELETE', `${room}/picture`)).status).toBe(204);
    expect((await api('member', 'GET', `${room}/picture`)).body.code).toBe('picture_not_found');
  });
});

describe('headgate workspace', () => {
  it('makes, shows, changes and deletes, and stores a pair from standard input', async () => {
    const run = (argv: string[], stdin = '') =>
      runCli(['workspace', ...argv], {
        stdin,
        env: { HEADGATE_SERVER: chorus.headgate.url, HEADGATE_TOKEN: chorus.headgate.token('owner') },
      });
    expect((await run(['create', 'shell', '--summary', 'by hand'])).stdout).toBe('Created workspace shell.\n');
    const stored = await run(
      ['credential', 'set', 'shell', 'kept', '--username', team.username, '--password-stdin'],
      team.password,
    );
    expect([stored.code, stored.stdout]).toEqual([0, `shell uses kept as ${team.username}.\n`]);
    expect((await run(['credential', 'list', 'shell'])).stdout).toContain(team.username);
    expect((await run(['members', 'shell', '--set', 'owner', 'member=Project Manager'])).stdout).toContain(
      'Project Manager',
    );
    expect((await run(['set', 'shell', '--archive', '--status', 'at_risk'])).code).toBe(0);
    expect((await run(['show', 'shell'])).stdout).toMatch(/at_risk/);
    expect((await run(['set', 'shell'])).code).not.toBe(0);
    expect((await run(['set', 'shell', '--unarchive', '--owner', 'owner', '--stage', '3'])).code).toBe(0);
    const write = ['file', 'write', 'shell', 'who.sql'];
    const first = await run([...write, '--source', 'kept', '--schema', 'public'], 'select 1');
    expect([first.code, first.stdout]).toEqual([0, 'who.sql is at version 1.\n']);
    expect((await run(write, 'select current_user as who')).stdout).toBe('who.sql is at version 2.\n');
    expect((await run(['file', 'run', 'shell', 'who.sql'])).stdout.trim()).toBe(`{"who":"${sample.username}"}`);
    expect((await run(['file', 'show', 'shell', 'who.sql'])).stdout).toBe('select current_user as who');
    expect((await run(['file', 'versions', 'shell', 'who.sql'])).stdout).toContain('owner');
    expect((await run(['file', 'set', 'shell', 'who.sql', '--name', 'me.sql'])).stdout).toBe('Changed me.sql.\n');
    expect((await run(['file', 'list', 'shell'])).stdout).toContain('me.sql');
    expect((await run(['file', 'rm', 'shell', 'me.sql'])).code).toBe(0);
    const note = JSON.parse((await run(['note', 'add', 'shell', 'Look', '--state', 'insight', '--json'])).stdout);
    expect((await run(['note', 'set', 'shell', note.id, '--state', 'published'])).stdout).toContain('published');
    expect((await run(['note', 'list', 'shell'])).stdout).toContain('Look');
    expect((await run(['note', 'rm', 'shell', note.id])).code).toBe(0);
    const planned = JSON.parse((await run(['milestone', 'add', 'shell', 'm', '2030-01-31', '--json'])).stdout);
    const achieved = await run(['milestone', 'set', 'shell', planned.id, '--state', 'achieved']);
    expect(achieved.stdout).toBe('m: 2030-01-31, achieved.\n');
    expect((await run(['milestone', 'list', 'shell'])).stdout).toContain('2030-01-31');
    expect((await run(['milestone', 'rm', 'shell', planned.id])).code).toBe(0);
    const dataset = JSON.parse((await run(['dataset', 'add', 'shell', 'kept', 'public', 'people', '--json'])).stdout);
    expect((await run(['dataset', 'list', 'shell'])).stdout).toContain('people');
    expect((await run(['dataset', 'rm', 'shell', dataset.id])).code).toBe(0);
    expect((await run(['sandbox', 'set', 'shell', 'kept', 'public'])).code).toBe(0);
    expect((await run(['sandbox', 'rm', 'shell'])).code).toBe(0);
    expect((await run(['tag', 'add', 'shell', 'red'])).stdout).toBe('Added red.\n');
    expect((await run(['tag', 'rm', 'shell', 'red'])).code).toBe(0);
    expect((await run(['members', 'shell', '--remove', 'member'])).stdout).not.toContain('member');
    expect((await run(['members', 'shell', '--add', 'member=Data Engineer'])).stdout).toContain('Data Engineer');
    expect((await run(['credential', 'rm', 'shell', 'kept'])).code).toBe(0);
    expect((await run(['list'])).stdout).toContain('shell');
    expect((await run(['rm', 'shell'])).stdout).toBe('Deleted workspace shell.\n');
  });
});
