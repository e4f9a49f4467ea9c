/** Workspaces and their pairs through the native door and the command line, over the same rows as the chorus door. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    expect((await run(['credential', 'rm', 'shell', 'kept'])).code).toBe(0);
    expect((await run(['list'])).stdout).toContain('shell');
    expect((await run(['rm', 'shell'])).stdout).toBe('Deleted workspace shell.\n');
  });
});
