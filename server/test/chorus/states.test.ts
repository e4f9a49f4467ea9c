/**
 * What becomes of things (chorus.md §6.3), a table for each: in every state every event is tried, on a thing of its own.
 * A cell names the state afterwards; `=401` says that the event is answered so and changes nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce } from '../../src/domain/access/index.ts';
import type { Answer } from '../harness.ts';
import type { SampleDatabase } from '../rest/fixture.ts';
import { type Chorus, extraLogin, json, sampleDatabase, startChorus } from './fixture.ts';

let chorus: Chorus;
let sample: SampleDatabase;
let now = Date.now();
let owner: number;
let member: number;

beforeAll(async () => {
  chorus = await startChorus({ overrides: { clock: { now: () => new Date(now) } } });
  sample = await sampleDatabase();
  owner = await chorus.person('owner');
  member = await chorus.person('member');
});
afterAll(() => chorus?.stop());

/** A kind of thing whose states and events are written down in a table. */
interface Machine {
  /** Makes a thing and brings it into a state; gives what the others need to know of it. */
  make(state: string): Promise<Thing>;
  /** Takes away what would keep later things busy. */
  clear?(thing: Thing): Promise<unknown>;
  /** The state that it is seen to be in. */
  see(thing: Thing): Promise<string>;
  readonly events: Readonly<Record<string, (thing: Thing) => Promise<Answer>>>;
  /** State → event → state, or the status of a refusal. */
  readonly table: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface Thing {
  readonly id: number;
  readonly name: string;
  readonly login?: { readonly username: string; readonly password: string };
  readonly note?: number;
  readonly workspace?: number;
  readonly file?: number;
}

const fresh = (what: string): string => `${what}-${Math.random().toString(36).slice(2, 10)}`;
const send = (method: string, path: string, body?: unknown, as = 'owner'): Promise<Answer> =>
  chorus.send(method, path, body, { as });

async function room(): Promise<Thing> {
  const name = fresh('room');
  const { id } = await chorus.get('POST', '/workspaces', { name, public: 'false' }, { as: 'owner' });
  const members = { members: [{ user_id: owner }, { user_id: member }] };
  await chorus.get('POST', `/workspaces/${id}/members`, json(members), { as: 'owner' });
  return { id, name };
}

const workspaces: Machine = {
  make: async (state) => {
    const thing = await room();
    if (state === 'archived') await send('PUT', `/workspaces/${thing.id}`, { archived: 'true' });
    if (state === 'deleted') await send('DELETE', `/workspaces/${thing.id}`);
    return thing;
  },
  see: async ({ id, name }) => {
    const { status, body } = await send('GET', `/workspaces/${id}`);
    const found = await chorus.get('GET', `/search?query=${name}`, undefined, { as: 'owner' });
    const shown = found.workspaces.results.some((one: { id: number }) => one.id === id);
    if (status === 404) {
      // Hidden everywhere, and its name is free.
      const again = await send('POST', '/workspaces', { name });
      if (again.status === 201) await send('DELETE', `/workspaces/${again.body.response.id}`);
      return shown || again.status !== 201 ? 'half deleted' : 'deleted';
    }
    const { archived, archived_at: at, archiver } = body.response;
    const agree = archived === (at !== null) && archived === (archiver?.id === owner);
    return agree && shown ? (archived ? 'archived' : 'active') : 'inconsistent';
  },
  events: {
    archive: ({ id }) => send('PUT', `/workspaces/${id}`, { archived: 'true' }),
    unarchive: ({ id }) => send('PUT', `/workspaces/${id}`, { archived: 'false' }),
    delete: ({ id }) => send('DELETE', `/workspaces/${id}`),
    'add a file': ({ id }) => send('POST', `/workspaces/${id}/workfiles`, { file_name: 'a.txt' }),
    'write a note': ({ id }) => send('POST', '/notes', { entity_type: 'workspace', entity_id: id, body: 'x' }),
    'be read by a member': ({ id }) => send('GET', `/workspaces/${id}`, undefined, 'member'),
  },
  table: {
    active: {
      archive: 'archived',
      unarchive: 'active',
      delete: 'deleted',
      'add a file': 'active',
      'write a note': 'active',
      'be read by a member': 'active',
    },
    archived: {
      archive: 'archived',
      unarchive: 'active',
      delete: 'deleted',
      'add a file': '=403',
      'write a note': '=422',
      'be read by a member': 'archived',
    },
    deleted: {
      archive: '=404',
      unarchive: '=404',
      delete: '=404',
      'add a file': '=404',
      'write a note': '=404',
      'be read by a member': '=404',
    },
  },
};

/** Asks every source again that was asked more than five minutes ago. */
async function probe(): Promise<void> {
  now += 5 * 60_000 + 1000;
  await chorus.headgate.app.probes.runDue();
}

/** Where the source is said to be, without the door's own check: a server that stops is not to be had in a test. */
async function moveTo(id: number, port: number): Promise<void> {
  await chorus.headgate.app.store.transaction(async (trx) => {
    await trx.updateTable('data_source').set({ port }).where('id', '=', id).execute();
    await announce(trx, `s:${id}`);
  });
}

const sources: Machine = {
  make: async (state) => {
    const name = fresh('source');
    if (state === 'incomplete') {
      const half = { entity_type: 'pg_data_source', name, state };
      const { id } = await chorus.get('POST', '/data_sources', half, { as: 'owner' });
      return { id, name };
    }
    const id = await chorus.source(sample, 'owner', { name });
    if (state === 'offline') {
      await moveTo(id, 1);
      await probe();
      await moveTo(id, sample.port);
    }
    if (state === 'disabled') await send('PUT', `/data_sources/${id}`, { state: 'disabled' });
    return { id, name };
  },
  clear: ({ id }) => send('DELETE', `/data_sources/${id}`),
  see: async ({ id }) => {
    const mine = await send('GET', `/data_sources/${id}`);
    if (mine.status === 404) return 'deleted';
    const { state, online } = mine.body.response;
    const theirs = (await send('GET', `/data_sources/${id}`, undefined, 'member')).status;
    const usable = state === 'online' || state === 'offline';
    return online === (state === 'online') && theirs === (usable ? 200 : 404) ? state : 'inconsistent';
  },
  events: {
    'be probed': async () => {
      await probe();
      return send('GET', '/status');
    },
    'be probed while it does not answer': async ({ id }) => {
      await moveTo(id, 1);
      await probe();
      await moveTo(id, sample.port);
      return send('GET', '/status');
    },
    disable: ({ id }) => send('PUT', `/data_sources/${id}`, { state: 'disabled' }),
    enable: ({ id }) => send('PUT', `/data_sources/${id}`, { state: 'enabled' }),
    'enable while it does not answer': async ({ id }) => {
      await moveTo(id, 1);
      const answer = await send('PUT', `/data_sources/${id}`, { state: 'enabled' });
      await moveTo(id, sample.port);
      return answer;
    },
    complete: ({ id }) =>
      send('PUT', `/data_sources/${id}`, {
        host: sample.host,
        port: sample.port,
        db_name: sample.database,
        db_username: sample.username,
        db_password: sample.password,
        state: 'enabled',
      }),
    'take another word for a state': ({ id }) => send('PUT', `/data_sources/${id}`, { state: 'on fire' }),
    'get a pair of a member': ({ id }) =>
      send('POST', `/data_sources/${id}/account`, { db_username: 'x', db_password: '' }, 'member'),
    delete: ({ id }) => send('DELETE', `/data_sources/${id}`),
  },
  table: {
    online: {
      'be probed': 'online',
      'be probed while it does not answer': 'offline',
      disable: 'disabled',
      enable: 'online',
      'enable while it does not answer': 'offline',
      complete: 'online',
      'take another word for a state': '=422',
      'get a pair of a member': '=422',
      delete: 'deleted',
    },
    offline: {
      'be probed': 'online',
      'be probed while it does not answer': 'offline',
      disable: 'disabled',
      enable: 'online',
      'enable while it does not answer': 'offline',
      complete: 'online',
      'take another word for a state': '=422',
      'get a pair of a member': '=422',
      delete: 'deleted',
    },
    incomplete: {
      'be probed': 'incomplete',
      'be probed while it does not answer': 'incomplete',
      disable: 'disabled',
      enable: '=422',
      'enable while it does not answer': '=422',
      complete: 'online',
      'take another word for a state': '=422',
      'get a pair of a member': '=422',
      delete: 'deleted',
    },
    disabled: {
      'be probed': 'disabled',
      'be probed while it does not answer': 'disabled',
      disable: 'disabled',
      enable: 'online',
      'enable while it does not answer': 'offline',
      complete: 'online',
      'take another word for a state': '=422',
      'get a pair of a member': '=403',
      delete: 'deleted',
    },
  },
};

const milestones: Machine = {
  make: async (state) => {
    const { id: workspace, name } = await room();
    const path = `/workspaces/${workspace}/milestones`;
    const { id } = await chorus.get(
      'POST',
      path,
      { name: 'm', target_date: '2030-01-01', state: 'achieved' },
      { as: 'owner' },
    );
    if (state === 'achieved') await send('PUT', `${path}/${id}`, { state });
    if (state === 'deleted') await send('DELETE', `${path}/${id}`);
    return { id, name, workspace };
  },
  see: async ({ id, workspace }) => {
    const listed = await chorus.get('GET', `/workspaces/${workspace}/milestones`, undefined, { as: 'owner' });
    const shown = await chorus.get('GET', `/workspaces/${workspace}`, undefined, { as: 'owner' });
    const one = listed.find((milestone: { id: number }) => milestone.id === id);
    const counted = [shown.milestone_count, shown.milestone_completed_count, shown.has_milestones];
    const state = one?.state ?? 'deleted';
    const wanted = { planned: [1, 0, true], achieved: [1, 1, true], deleted: [0, 0, false] }[state as string];
    return JSON.stringify(counted) === JSON.stringify(wanted) ? state : `${state}, counted as ${counted}`;
  },
  events: {
    achieve: ({ id, workspace }) => send('PUT', `/workspaces/${workspace}/milestones/${id}`, { state: 'achieved' }),
    plan: ({ id, workspace }) => send('PUT', `/workspaces/${workspace}/milestones/${id}`, { state: 'planned' }),
    forget: ({ id, workspace }) => send('PUT', `/workspaces/${workspace}/milestones/${id}`, { state: 'forgotten' }),
    delete: ({ id, workspace }) => send('DELETE', `/workspaces/${workspace}/milestones/${id}`),
  },
  table: {
    planned: { achieve: 'achieved', plan: 'planned', forget: '=422', delete: 'deleted' },
    achieved: { achieve: 'achieved', plan: 'planned', forget: '=422', delete: 'deleted' },
    deleted: { achieve: '=404', plan: '=404', forget: '=404', delete: '=404' },
  },
};

const notes: Machine = {
  make: async (state) => {
    const { id: workspace, name } = await room();
    const note = { entity_type: 'workspace', entity_id: workspace, body: 'x' };
    const { id } = await chorus.get('POST', '/notes', note, { as: 'owner' });
    if (state === 'insight' || state === 'published') await send('POST', '/insights', { note_id: id });
    if (state === 'published') await send('POST', '/insights/publish', { note_id: id });
    if (state === 'deleted') await send('DELETE', `/notes/${id}`);
    return { id, name, workspace };
  },
  see: async ({ id, workspace }) => {
    const path = `/activities?entity_type=workspace&entity_id=${workspace}`;
    const listed = await chorus.get('GET', path, undefined, { as: 'owner' });
    const insights = await chorus.get('GET', `/insights?entity_type=workspace&entity_id=${workspace}`, undefined, {
      as: 'owner',
    });
    const one = listed.find((event: { id: number }) => event.id === id);
    if (one === undefined) return insights.length === 0 ? 'deleted' : 'half deleted';
    const { is_insight: insight, is_published: published, promoted_by: by, promotion_time: at } = one;
    const agree = insight === (insights.length === 1) && insight === (by?.id === owner) && insight === (at !== null);
    return agree && (insight || !published)
      ? published
        ? 'published'
        : insight
          ? 'insight'
          : 'plain'
      : 'inconsistent';
  },
  events: {
    promote: ({ id }) => send('POST', '/insights', { note_id: id }),
    publish: ({ id }) => send('POST', '/insights/publish', { note_id: id }),
    unpublish: ({ id }) => send('POST', '/insights/unpublish', { note_id: id }),
    demote: ({ id }) => send('DELETE', `/insights/${id}`),
    delete: ({ id }) => send('DELETE', `/notes/${id}`),
  },
  table: {
    plain: { promote: 'insight', publish: '=422', unpublish: '=422', demote: '=422', delete: 'deleted' },
    insight: { promote: '=422', publish: 'published', unpublish: '=422', demote: 'plain', delete: 'deleted' },
    published: { promote: '=422', publish: 'published', unpublish: 'insight', demote: 'plain', delete: 'deleted' },
    deleted: { promote: '=404', publish: '=404', unpublish: '=404', demote: '=404', delete: '=404' },
  },
};

const users: Machine = {
  make: async (state) => {
    const name = fresh('user');
    const id = await chorus.person(name);
    const { id: workspace } = await room();
    const members = { members: [{ user_id: owner }, { user_id: id }] };
    await chorus.get('POST', `/workspaces/${workspace}/members`, json(members), { as: 'owner' });
    const note = { entity_type: 'workspace', entity_id: workspace, body: 'x' };
    await chorus.get('POST', '/notes', note, { as: name });
    if (state === 'deactivated') await chorus.headgate.api('PATCH', `/users/${name}`, { status: 'inactive' });
    if (state === 'deleted') await chorus.send('DELETE', `/users/${id}`);
    return { id, name, workspace };
  },
  see: async ({ id, name, workspace }) => {
    const path = `/activities?entity_type=workspace&entity_id=${workspace}`;
    const [{ actor }] = await chorus.get('GET', path, undefined, { as: 'owner' });
    const { status, body } = await chorus.send('GET', `/users/${id}`);
    const signs = (await chorus.send('GET', '/sessions', undefined, { as: name })).status;
    if (status === 404) {
      // Gone as a user; what he wrote still names him.
      return actor?.id === id && actor.is_deleted === true && signs === 401 ? 'deleted' : 'half deleted';
    }
    const { is_deleted: gone, active_license: active, deactivated_at: at } = body.response;
    const agree = gone === null && active === (at === null) && actor.active_license === active;
    // A deactivated user's sessions are over; who is active again signs in anew.
    return agree ? (active ? 'active' : signs === 401 ? 'deactivated' : 'signed in all the same') : 'inconsistent';
  },
  events: {
    deactivate: ({ name }) => chorus.headgate.api('PATCH', `/users/${name}`, { status: 'inactive' }),
    activate: ({ name }) => chorus.headgate.api('PATCH', `/users/${name}`, { status: 'active' }),
    'sign in': ({ name }) =>
      chorus.send('POST', '/sessions', { username: name, password: `${name}-password-1` }, { as: null }),
    delete: ({ id }) => chorus.send('DELETE', `/users/${id}`),
    'be deleted by himself': ({ id, name }) => chorus.send('DELETE', `/users/${id}`, undefined, { as: name }),
  },
  table: {
    active: {
      deactivate: 'deactivated',
      activate: 'active',
      'sign in': 'active',
      delete: 'deleted',
      'be deleted by himself': '=403',
    },
    deactivated: {
      deactivate: 'deactivated',
      activate: 'active',
      'sign in': '=401',
      delete: 'deleted',
      'be deleted by himself': '=401',
    },
    deleted: {
      deactivate: '=404',
      activate: '=404',
      'sign in': '=401',
      delete: '=404',
      'be deleted by himself': '=401',
    },
  },
};

/** One data source, and a schema of it, for the pairs of many workspaces. */
let shared: Promise<{ readonly source: number; readonly schema: number }> | undefined;

async function sharedSource(): Promise<{ readonly source: number; readonly schema: number }> {
  const source = await chorus.source(sample, 'owner');
  const schemas = await chorus.get('GET', `/data_sources/${source}/schemas`, undefined, { as: 'owner' });
  return { source, schema: schemas.find((one: { name: string }) => one.name === 'public').id };
}

/** How often the owner was told that the pair of this workspace is refused. */
async function toldOf(workspace: number): Promise<number> {
  const unread = await chorus.get('GET', '/notifications?type=unread&per_page=1000', undefined, { as: 'owner' });
  return unread.filter(
    ({ event }: { event: { action: string; workspace?: { id: number } } }) =>
      event.action === 'CredentialsInvalid' && event.workspace?.id === workspace,
  ).length;
}

const accounts: Machine = {
  make: async (state) => {
    const { id: workspace, name } = await room();
    shared ??= sharedSource();
    const { source, schema } = await shared;
    const login = await extraLogin(sample);
    const pair = { data_source_id: source, db_username: login.username, db_password: login.password };
    await chorus.get('PUT', `/workspaces/${workspace}/data_source_account`, pair, { as: 'owner' });
    await send('POST', `/workspaces/${workspace}/sandbox`, { schema_id: schema });
    const sql = { file_name: 'a.sql', content: 'select current_user as who' };
    const { id: file } = await chorus.get('POST', `/workspaces/${workspace}/workfiles`, sql, { as: 'member' });
    const thing = { id: source, name, workspace, login, file };
    if (state === 'bad') {
      await sample.execute(`alter role ${login.username} password 'another'`);
      await send('POST', `/workfiles/${file}/run`, undefined, 'member');
      await sample.execute(`alter role ${login.username} password '${login.password}'`);
    }
    return thing;
  },
  see: async ({ id, workspace }) => {
    const [row] = await credentialsOf(id, workspace!);
    if (row === undefined) return 'removed';
    if (row.refused_at === null) return 'good';
    const told = await toldOf(workspace!);
    return told === 1 ? 'bad' : `bad, told ${told} times`;
  },
  events: {
    run: ({ file }) => send('POST', `/workfiles/${file}/run`, undefined, 'member'),
    'run twice while the database refuses it': async ({ file, login }) => {
      await sample.execute(`alter role ${login!.username} password 'another'`);
      // A connection that is open goes on working: the pair of a changed role is asked for by a new one.
      await sample.execute(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${login!.username}'`,
      );
      await send('POST', `/workfiles/${file}/run`, undefined, 'member');
      const answer = await send('POST', `/workfiles/${file}/run`, undefined, 'member');
      await sample.execute(`alter role ${login!.username} password '${login!.password}'`);
      return { ...answer, status: answer.body.errors?.record === 'INVALID_CREDENTIALS' ? 200 : answer.status };
    },
    'get a pair that works': ({ id, workspace, login }) =>
      send('PUT', `/workspaces/${workspace}/data_source_account`, {
        data_source_id: id,
        db_username: login!.username,
        db_password: login!.password,
      }),
    'get a pair that does not work': ({ id, workspace, login }) =>
      send('PUT', `/workspaces/${workspace}/data_source_account`, {
        data_source_id: id,
        db_username: login!.username,
        db_password: 'wrong',
      }),
    remove: ({ id, workspace }) =>
      send('DELETE', `/workspaces/${workspace}/data_source_account`, { data_source_id: id }),
  },
  table: {
    good: {
      run: 'good',
      'run twice while the database refuses it': 'bad',
      'get a pair that works': 'good',
      'get a pair that does not work': '=422',
      remove: 'removed',
    },
    bad: {
      run: '=403',
      'run twice while the database refuses it': 'bad',
      'get a pair that works': 'good',
      'get a pair that does not work': '=422',
      remove: 'removed',
    },
  },
};

function credentialsOf(source: number, workspace: number) {
  return chorus.headgate.app.store.db
    .selectFrom('credential')
    .select('refused_at')
    .where('source_id', '=', source)
    .where('workspace_id', '=', workspace)
    .execute();
}

const machines: Readonly<Record<string, Machine>> = {
  'a workspace': workspaces,
  'a data source': sources,
  'a milestone': milestones,
  'a note': notes,
  'a user': users,
  'an account': accounts,
};

describe.each(Object.entries(machines))('%s', (_name, { make, clear, see, events, table }) => {
  it('has every event in the table of every state', () => {
    for (const [state, cells] of Object.entries(table)) {
      expect([state, Object.keys(cells).sort()]).toEqual([state, Object.keys(events).sort()]);
    }
  });

  it.each(Object.entries(table))('that is %s', async (state, cells) => {
    const found: Record<string, string> = {};
    for (const [event, happen] of Object.entries(events)) {
      const thing = await make(state);
      if (Object.keys(found).length === 0) expect(await see(thing)).toBe(state); // it is made alike for every event
      const { status } = await happen(thing);
      const after = await see(thing);
      await clear?.(thing);
      found[event] = status < 300 ? after : after === state ? `=${status}` : `${after} after ${status}`;
    }
    expect(found).toEqual(cells);
  });
});
