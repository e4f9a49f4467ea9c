/** Who may do what (chorus.md §6.2), and that what is the caller's own stays it (§6.4, §6.5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHeadgate } from '../harness.ts';
import type { SampleDatabase } from '../rest/fixture.ts';
import { type Chorus, json, type SendOptions, sampleDatabase, startChorus } from './fixture.ts';

let chorus: Chorus;
let sample: SampleDatabase;
let source: number;
const ids: Record<string, number> = {};
const rooms: Record<string, number> = {};

beforeAll(async () => {
  chorus = await startChorus();
  sample = await sampleDatabase();
  for (const name of ['owner', 'member', 'stranger', 'chief']) {
    ids[name] = await chorus.person(name, name === 'chief' ? { roles: 'admin' } : {});
  }
  ids.steward = await chorus.person('steward', { roles: 'data_admin' });
  ids.business = await chorus.person('business', { user_type: 'business_user' });
  source = await chorus.source(sample, 'stranger');
  for (const kind of ['private', 'public', 'archived']) rooms[kind] = await roomOf(kind);
});
afterAll(() => chorus?.stop());

type Action = (room: number) => readonly [method: string, path: string, body?: unknown];

/** One call for each line of the table. Allowed: any 2xx, or a refusal that comes after the right was found. */
const actions: Readonly<Record<string, Action>> = {
  see: (room) => ['GET', `/workspaces/${room}`],
  'see members': (room) => ['GET', `/workspaces/${room}/members`],
  'see files': (room) => ['GET', `/workspaces/${room}/workfiles`],
  'see notes': (room) => ['GET', `/activities?entity_type=workspace&entity_id=${room}`],
  'see datasets': (room) => ['GET', `/workspaces/${room}/datasets`],
  'see milestones': (room) => ['GET', `/workspaces/${room}/milestones`],
  'write a note': (room) => ['POST', '/notes', { entity_type: 'workspace', entity_id: room, body: 'x' }],
  comment: (room) => ['POST', '/comments', { event_id: events[room], body: 'x' }],
  file: (room) => [
    'POST',
    `/workspaces/${room}/workfiles`,
    { file_name: `f${Math.random().toString(36).slice(2)}.txt` },
  ],
  datasets: (room) => ['POST', `/workspaces/${room}/datasets`],
  milestone: (room) => ['POST', `/workspaces/${room}/milestones`, { name: 'm', target_date: '2030-01-01' }],
  'see jobs': (room) => ['GET', `/workspaces/${room}/jobs`],
  rename: (room) => ['PUT', `/workspaces/${room}`, { name: `named-${Math.random().toString(36).slice(2)}` }],
  'edit summary': (room) => ['PUT', `/workspaces/${room}`, { summary: Math.random().toString(36) }],
  members: (room) => ['POST', `/workspaces/${room}/members`, { 'member_ids[]': [ids.owner, ids.member] }],
  status: (room) => ['PUT', `/workspaces/${room}`, { project_status_reason: Math.random().toString(36) }],
  stage: (room) => ['PUT', `/workspaces/${room}`, { workspace_stage_id: 1 + (turn++ % 5) }],
  sandbox: (room) => ['POST', `/workspaces/${room}/sandbox`, { schema_id: '999999' }],
  credentials: (room) => ['PUT', `/workspaces/${room}/data_source_account`, { data_source_id: source }],
};

/** Calls after which the workspace is another one: each caller gets one of the same kind to itself. */
const upheavals: Readonly<Record<string, Action>> = {
  publicity: (room) => ['PUT', `/workspaces/${room}`, { public: 'true', is_project: 'false' }],
  archive: (room) => ['PUT', `/workspaces/${room}`, { archived: 'true', show_sandbox_datasets: 'false' }],
  owner: (room) => ['PUT', `/workspaces/${room}`, { owner_id: ids.member }],
  delete: (room) => ['DELETE', `/workspaces/${room}`],
};
let turn = 0;
/** An event of each workspace. */
const events: Record<number, number> = {};

/** Columns: a stranger, a member, the owner, a data administrator who is no member, an administrator. */
const callers = ['business', 'member', 'owner', 'steward', 'chief'] as const;
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  private: {
    see: '-++-+',
    'see members': '-++-+',
    'see files': '-++-+',
    'see notes': '-++-+',
    'see datasets': '-++-+',
    'see milestones': '-++-+',
    'write a note': '-++-+',
    comment: '-++-+',
    file: '-++-+',
    datasets: '-++-+',
    milestone: '-++-+',
    rename: '-++-+',
    'edit summary': '-++-+',
    'see jobs': '-++-+',
    members: '--+-+',
    status: '--+-+',
    stage: '--+-+',
    sandbox: '--+-+',
    credentials: '--+++',
    publicity: '--+-+',
    archive: '--+-+',
    owner: '--+-+',
    delete: '--+-+',
  },
  public: {
    see: '+++++',
    'see members': '+++++',
    'see files': '+++++',
    'see notes': '+++++',
    'see datasets': '+++++',
    'see milestones': '+++++',
    'write a note': '+++++',
    comment: '+++++',
    file: '-++-+',
    datasets: '-++-+',
    milestone: '-++-+',
    rename: '-++-+',
    'edit summary': '-++-+',
    'see jobs': '+++++',
    members: '--+-+',
    status: '--+-+',
    stage: '--+-+',
    sandbox: '--+-+',
    credentials: '--+++',
    publicity: '--+-+',
    archive: '--+-+',
    owner: '--+-+',
    delete: '--+-+',
  },
  archived: {
    see: '+++++',
    'see members': '+++++',
    'see files': '+++++',
    'see notes': '+++++',
    'see datasets': '+++++',
    'see milestones': '+++++',
    'write a note': '-----',
    comment: '+++++',
    file: '----+',
    datasets: '----+',
    milestone: '----+',
    rename: '--+-+',
    'edit summary': '--+-+',
    'see jobs': '+++++',
    members: '--+-+',
    status: '--+-+',
    stage: '--+-+',
    sandbox: '-----',
    credentials: '-----',
    publicity: '--+-+',
    archive: '--+-+',
    owner: '--+-+',
    delete: '--+-+',
  },
};

async function verdict(room: number, action: Action, as: string): Promise<string> {
  const [method, path, body] = action(room);
  const options: SendOptions = { as };
  const { status, body: answer } = await chorus.send(method, path, body, options);
  if (status < 300) return '+';
  // Blank credentials, an unknown schema and no datasets are refused only after the caller is known to have the right; jobs
  // are not licensed for anybody.
  const fields = answer.errors?.fields ?? {};
  const past = fields.db_username?.BLANK ?? fields.database?.GENERIC ?? fields.dataset_ids?.BLANK;
  if ((status === 422 && past !== undefined) || answer.errors?.license !== undefined) return '+';
  const frozen = fields.workspace?.ARCHIVED !== undefined || fields.dataset?.ARCHIVED !== undefined;
  return status === 403 || (status === 422 && frozen) || status === 404 ? '-' : `?${status}`;
}

/** A workspace of a kind, with its owner and a member. */
async function roomOf(kind: string): Promise<number> {
  const name = `${kind}-${Math.random().toString(36).slice(2)}`;
  const { id } = await chorus.get('POST', '/workspaces', { name, public: String(kind !== 'private') }, { as: 'owner' });
  const members = { members: [{ user_id: ids.owner }, { user_id: ids.member }] };
  await chorus.get('POST', `/workspaces/${id}/members`, json(members), { as: 'owner' });
  const note = { entity_type: 'workspace', entity_id: id, body: 'x' };
  events[id] = (await chorus.get('POST', '/notes', note, { as: 'owner' })).id;
  if (kind === 'archived') await chorus.get('PUT', `/workspaces/${id}`, { archived: 'true' }, { as: 'owner' });
  return id;
}

describe('the access table', () => {
  for (const [kind, lines] of Object.entries(table)) {
    it(`holds in a ${kind} workspace`, async () => {
      const found: Record<string, string> = {};
      for (const [name, action] of Object.entries(actions)) {
        let line = '';
        for (const as of callers) line += await verdict(rooms[kind]!, action, as);
        found[name] = line;
      }
      for (const [name, action] of Object.entries(upheavals)) {
        let line = '';
        for (const as of callers) line += await verdict(await roomOf(kind), action, as);
        found[name] = line;
      }
      expect(found).toEqual(lines);
    });
  }

  it('keeps users to administrators, and oneself', async () => {
    const path = `/users/${ids.member}`;
    const status = async (as: string, body: object): Promise<number> =>
      (await chorus.send('PUT', path, body, { as })).status;
    expect([await status('stranger', { title: 'x' }), await status('steward', { title: 'x' })]).toEqual([403, 403]);
    const own = await chorus.get('PUT', path, { title: 'Analyst', roles: 'admin', admin: 'true' }, { as: 'member' });
    expect([own.title, own.roles, own.admin]).toEqual(['Analyst', [], false]);
    expect((await chorus.send('POST', '/users', {}, { as: 'member' })).status).toBe(403);
    expect((await chorus.send('DELETE', `/users/${ids.chief}`, undefined, { as: 'chief' })).body).toEqual({});
    const owns = await chorus.send('DELETE', `/users/${ids.owner}`);
    expect(owns.body).toEqual({ errors: { fields: { workspace_count: { EQUAL_TO: { count: 0 } } } } });
    const sources = await chorus.send('DELETE', `/users/${ids.stranger}`);
    expect(sources.body).toEqual({ errors: { fields: { user: { NONEMPTY_DATA_SOURCE_LIST: {} } } } });
  });

  it('holds passwords to the policy of the installation', async () => {
    const policy = {
      enabled: true,
      minLength: 12,
      maxLength: 64,
      special: 0,
      lower: 1,
      upper: 1,
      digits: 1,
      expirationDays: 0,
    };
    const change = (password: string) => chorus.send('PUT', `/users/${ids.member}`, { password }, { as: 'member' });
    expect((await chorus.headgate.api('PUT', '/policies/passwords', policy)).status).toBe(200);
    try {
      const weak = await change('short-1');
      expect([weak.status, JSON.stringify(weak.body)]).toEqual([422, expect.stringContaining('The password needs')]);
      expect((await change('Long-enough-1')).status).toBe(200);
    } finally {
      await chorus.headgate.api('PUT', '/policies/passwords', { ...policy, enabled: false });
    }
  });

  it('lets data administrators manage sources, and business users make no workspace', async () => {
    const change = (as: string): Promise<{ status: number }> =>
      chorus.send('PUT', `/data_sources/${source}`, { description: as }, { as });
    expect([(await change('member')).status, (await change('steward')).status]).toEqual([403, 200]);
    const made = await chorus.send('POST', '/workspaces', { name: 'Mine' }, { as: 'business' });
    expect([made.status, made.body]).toEqual([403, { errors: { model_data: {} } }]);
    const listed = await chorus.get('GET', '/workspaces', undefined, { as: 'business' });
    expect(listed.every((one: { public: boolean }) => one.public)).toBe(true);
  });
});

describe('what is relative to the caller', () => {
  it('never leaks from one to the next', async () => {
    const wanted: Readonly<Record<string, readonly [string[], boolean]>> = {
      owner: [['admin', 'create_workflow'], true],
      member: [['read', 'commenting', 'update', 'duplicate_chorus_view', 'create_workflow'], true],
      stranger: [['read', 'commenting'], false],
      steward: [['read', 'commenting'], false],
      admin: [['admin'], false],
    };
    const names = Object.keys(wanted);
    const asked = Array.from({ length: 60 }, (_, turn) => names[(turn * 7) % names.length]!);
    const shown = await Promise.all(
      asked.map(async (as) => {
        const { permission, is_member } = await chorus.get('GET', `/workspaces/${rooms.public}`, undefined, { as });
        return [as, permission, is_member];
      }),
    );
    expect(shown).toEqual(asked.map((as) => [as, ...wanted[as]!]));
  });
});

describe('browsers', () => {
  it('may not be sent here by foreign pages', async () => {
    const foreign = { origin: 'https://evil.example' };
    const refused = await chorus.send('POST', '/workspaces', { name: 'x' }, { as: 'owner', headers: foreign });
    expect([refused.status, refused.text]).toEqual([403, '']);
    const read = await chorus.send('GET', '/workspaces', undefined, { as: 'owner', headers: foreign });
    expect(read.status).toBe(200);
    const token = await chorus.send('GET', '/users', undefined, {
      as: null,
      headers: { ...foreign, 'x-token': chorus.session('owner') },
    });
    expect(token.status).toBe(200);
  });
});

describe('sessions', () => {
  it('last as long as they are used', async () => {
    let now = Date.now();
    const later = await startChorus({ overrides: { clock: { now: () => new Date(now) } } });
    const status = async (minutes: number): Promise<number> => {
      now += minutes * 60_000;
      return (await later.send('GET', '/sessions')).status;
    };
    expect([await status(470), await status(470), await status(470)]).toEqual([200, 200, 200]);
    expect(await status(481)).toBe(401);
    await later.stop();
  });

  it('are not to be had where the door is switched off', async () => {
    const off = await startHeadgate({ settings: { HEADGATE_CHORUS_ENABLED: 'false' } });
    const answer = await off.call('GET', '/api/workspaces', undefined, { as: null });
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
    await off.stop();
  });
});
