/** `PUT /api/workspaces/:id/data_source_account` against a real PostgreSQL (chorus.md §3.1, §5). */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleDatabase } from '../rest/fixture.ts';
import { type Chorus, extraLogin, json, sampleDatabase, startChorus } from './fixture.ts';

let chorus: Chorus;
let sample: SampleDatabase;
let source: number;
let sourceUid: string;
let workspace: number;
let workspaceUid: string;
const people: Record<string, number> = {};

const path = (id: number = workspace): string => `/workspaces/${id}/data_source_account`;
const pair = (username: string, password: string, of: number = source) => ({
  data_source_id: of,
  db_username: username,
  db_password: password,
});

async function currentUser(as: string): Promise<string> {
  const answer = await chorus.headgate.api(
    'POST',
    `/sources/${sourceUid}/query`,
    { sql: 'select current_user as who', workspace: workspaceUid, format: 'json' },
    { as },
  );
  if (answer.status !== 200) return `${answer.status} ${answer.body.code}`;
  return answer.body[0]?.who ?? answer.body.rows?.[0]?.who;
}

beforeAll(async () => {
  chorus = await startChorus();
  sample = await sampleDatabase();
  for (const name of ['owner', 'member', 'stranger', 'boss']) {
    people[name] = await chorus.person(name);
    await chorus.headgate.signIn(name, `${name}-password-1`);
  }
  people.steward = await chorus.person('steward', { roles: 'data_admin' });
  source = await chorus.source(sample, 'boss');
  workspace = (await chorus.get('POST', '/workspaces', { name: 'Team', public: 'true' }, { as: 'owner' })).id;
  await chorus.get(
    'POST',
    `/workspaces/${workspace}/members`,
    json({ collection: {}, members: [{ user_id: people.owner }, { user_id: people.member, role: 'Data Scientist' }] }),
    { as: 'owner' },
  );
  const { db } = chorus.headgate.app.store;
  sourceUid = (await db.selectFrom('data_source').select('uid').where('id', '=', source).executeTakeFirstOrThrow()).uid;
  workspaceUid = (await db.selectFrom('workspace').select('uid').where('id', '=', workspace).executeTakeFirstOrThrow())
    .uid;
});
afterAll(() => chorus?.stop());

describe('the pair of a workspace', () => {
  it('is null until somebody stores one', async () => {
    const answer = await chorus.send('GET', `${path()}?data_source_id=${source}`, undefined, { as: 'member' });
    expect([answer.status, answer.body]).toEqual([200, { response: null }]);
    const gone = await chorus.send('DELETE', `${path()}?data_source_id=${source}`, undefined, { as: 'owner' });
    expect([gone.status, gone.body]).toEqual([404, { errors: { record: 'NOT_FOUND' } }]);
  });

  it('is what members query with, and its owner is who stored it first', async () => {
    const team = await extraLogin(sample);
    const before = await currentUser('member');
    expect(before).toMatch(/^40[349]/);
    const answer = await chorus.send('PUT', path(), pair(team.username, team.password), { as: 'owner' });
    expect([answer.status, answer.body.response.db_username, answer.body.response.owner_id]).toEqual([
      200,
      team.username,
      people.owner,
    ]);
    expect(Object.keys(answer.body.response)).toEqual([
      'id',
      'db_username',
      'owner_id',
      'data_source_id',
      'owner',
      'workspace',
      'entity_type',
      'complete_json',
    ]);
    expect(answer.text.includes(team.password)).toBe(false);
    expect(await currentUser('member')).toBe(team.username);
    expect(await currentUser('stranger')).toMatch(/^40[34]/);
    const again = await chorus.send('PUT', path(), pair(team.username, team.password), { as: 'owner' });
    expect(again.text).toBe(answer.text);
    const byOther = await chorus.get('PUT', path(), pair(team.username, team.password), { as: 'steward' });
    expect([byOther.id, byOther.owner_id]).toEqual([answer.body.response.id, people.owner]);
  });

  it('stays as it was when the new one is wrong, half-said or cannot be tried', async () => {
    const team = await currentUser('member');
    const refused = await chorus.send('PUT', path(), pair(team, 'not-the-password'), { as: 'owner' });
    expect([refused.status, refused.body]).toEqual([422, { errors: { fields: { base: { INVALID_PASSWORD: {} } } } }]);
    const blank = await chorus.send('PUT', path(), pair('', ''), { as: 'owner' });
    expect([blank.status, blank.body]).toEqual([
      422,
      { errors: { fields: { db_username: { BLANK: {} }, db_password: { BLANK: {} } } } },
    ]);
    const renamed = await chorus.send(
      'PUT',
      path(),
      { data_source_id: source, db_username: 'nobody' },
      { as: 'owner' },
    );
    expect(renamed.body).toEqual({ errors: { fields: { base: { INVALID_PASSWORD: {} } } } });
    const { db } = chorus.headgate.app.store;
    const port = sample.port;
    await sql`update data_source set port = 1 where id = ${source}`.execute(db);
    const unreachable = await chorus.send('PUT', path(), pair('somebody', 'a-secret-word'), { as: 'owner' });
    await sql`update data_source set port = ${port} where id = ${source}`.execute(db);
    expect([unreachable.status, unreachable.body.errors.record]).toEqual([422, 'DATA_SOURCE_UNREACHABLE']);
    expect(unreachable.text).not.toMatch(/somebody|a-secret-word/);
    expect(await currentUser('member')).toBe(team);
  });

  it('keeps the stored half that a partial change leaves out', async () => {
    const team = await currentUser('member');
    const { status } = await chorus.send('PUT', path(), { data_source_id: source, db_username: team }, { as: 'owner' });
    expect(status).toBe(200);
    const masked = await chorus.send('PUT', path(), pair(team, '********'), { as: 'owner' });
    expect(masked.status).toBe(200);
    expect(await currentUser('member')).toBe(team);
  });

  it('is one of two when two are stored at once, and never half of each', async () => {
    const logins = await Promise.all([extraLogin(sample), extraLogin(sample)]);
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        logins.flatMap(({ username, password }) => [
          chorus.send('PUT', path(), pair(username, password), { as: 'owner' }),
          chorus.send('PUT', path(), pair(username, password), { as: 'boss' }),
        ]),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const stored = await chorus.get('GET', `${path()}?data_source_id=${source}`, undefined, { as: 'member' });
      expect(await currentUser('member')).toBe(stored.db_username);
    }
    const { db } = chorus.headgate.app.store;
    const { rows } = await sql`select 1 from credential where workspace_id = ${workspace}`.execute(db);
    expect(rows.length).toBe(1);
  });

  it('is for its keepers alone', async () => {
    const model = {
      id: source,
      entity_type: 'pg_data_source',
      shared: false,
      owner_id: people.boss,
      name: expect.any(String),
    };
    for (const as of ['member', 'stranger']) {
      const answer = await chorus.send('PUT', path(), pair('a', 'b'), { as });
      expect([as, answer.status, answer.body]).toEqual([as, 403, { errors: { model_data: model } }]);
    }
    expect((await chorus.send('PUT', path(), pair('a', 'b'), { as: null })).status).toBe(401);
    expect((await chorus.send('PUT', path(), pair('a', 'b', 987_654), { as: 'owner' })).status).toBe(404);
    expect((await chorus.send('PUT', path(), { db_username: 'a', db_password: 'b' }, { as: 'owner' })).status).toBe(
      404,
    );
    expect((await chorus.send('PUT', path(987_654), pair('a', 'b'), { as: 'owner' })).status).toBe(404);
  });

  it('meets a shared, a disabled and an archived state as the contract says', async () => {
    const { db } = chorus.headgate.app.store;
    const other = await chorus.source(sample, 'boss', { shared: 'true' });
    const shared = await chorus.send('PUT', path(), pair('a', 'b', other), { as: 'owner' });
    expect([shared.status, shared.body]).toEqual([404, { errors: { record: 'NOT_FOUND' } }]);
    await chorus.get('PUT', `/data_sources/${source}`, { state: 'disabled' }, { as: 'boss' });
    const disabled = await chorus.send('PUT', path(), pair('a', 'b'), { as: 'owner' });
    expect([disabled.status, disabled.body]).toEqual([403, {}]);
    await chorus.get('PUT', `/data_sources/${source}`, { state: 'enabled' }, { as: 'boss' });
    await chorus.get('PUT', `/workspaces/${workspace}`, { archived: 'true' }, { as: 'owner' });
    const archived = await chorus.send('PUT', path(), pair('a', 'b'), { as: 'owner' });
    expect([archived.status, archived.body]).toEqual([403, { errors: { model_data: {} } }]);
    expect(await currentUser('member')).toMatch(/^40[349]/);
    await chorus.get('PUT', `/workspaces/${workspace}`, { archived: 'false' }, { as: 'owner' });
    expect(await currentUser('member')).toMatch(/^team_/);
    const { rows } = await sql`select 1 from credential where workspace_id = ${workspace}`.execute(db);
    expect(rows.length).toBe(1);
  });

  it('is lost to who leaves the workspace, at once', async () => {
    expect(await currentUser('member')).toMatch(/^team_/);
    const all = { 'member_ids[]': [people.owner, people.member] };
    await chorus.get('POST', `/workspaces/${workspace}/members`, { 'member_ids[]': [people.owner] }, { as: 'owner' });
    expect(await currentUser('member')).toMatch(/^40[349]/);
    await chorus.get('POST', `/workspaces/${workspace}/members`, all, { as: 'owner' });
    expect(await currentUser('member')).toMatch(/^team_/);
  });

  it('is never completed with a half that somebody replaces meanwhile', async () => {
    const [first, second] = [await extraLogin(sample), await extraLogin(sample)];
    const whole = ({ username, password }: typeof first) => pair(username, password);
    for (let round = 0; round < 3; round += 1) {
      await chorus.get('PUT', path(), whole(first), { as: 'owner' });
      const [half, full] = await Promise.all([
        chorus.send('PUT', path(), { data_source_id: source, db_username: first.username }, { as: 'owner' }),
        chorus.send('PUT', path(), whole(second), { as: 'boss' }),
      ]);
      expect(full.status).toBe(200);
      expect([200, 422]).toContain(half.status);
      // Whatever came last, it signs in.
      expect([first.username, second.username]).toContain(await currentUser('member'));
    }
  });

  it('goes with its source’s sharing and with its workspace', async () => {
    const { db } = chorus.headgate.app.store;
    const team = await extraLogin(sample);
    const room = (await chorus.get('POST', '/workspaces', { name: 'Short-lived' }, { as: 'owner' })).id;
    await chorus.get('PUT', path(room), pair(team.username, team.password), { as: 'owner' });
    expect((await chorus.send('DELETE', `/workspaces/${room}`, undefined, { as: 'owner' })).body).toEqual({});
    const count = async (): Promise<number> =>
      (await sql`select 1 from credential where source_id = ${source} and kind = 'workspace'`.execute(db)).rows.length;
    expect(await count()).toBe(1);
    await chorus.get('POST', `/data_sources/${source}/sharing`, undefined, { as: 'boss' });
    expect(await count()).toBe(0);
  });
});
