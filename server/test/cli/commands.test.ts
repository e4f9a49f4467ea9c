/** The command line against a stand-in server: what it asks, what it prints, how it ends. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answers, type FakeServer, problem, startFakeServer } from './fake-server.ts';
import { type CliRunOptions, runCli } from './run-cli.ts';

let fake: FakeServer;
let home: string;

beforeAll(async () => {
  fake = await startFakeServer();
  home = mkdtempSync(join(tmpdir(), 'headgate-cli-'));
});
afterAll(async () => {
  await fake.stop();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => {
  fake.asked.length = 0;
  fake.answers = {};
});

/** Runs signed in by HEADGATE_TOKEN. */
function signedIn(argv: readonly string[], answers: Answers, options: CliRunOptions = {}) {
  fake.answers = answers;
  return runCli(argv, { ...options, env: { HEADGATE_SERVER: fake.url, HEADGATE_TOKEN: 'hg_test', ...options.env } });
}

const sales = {
  id: '0198c5c5-0000-7000-8000-000000000001',
  name: 'sales',
  title: 'Sales',
  engine: 'postgresql',
  host: 'db.example.com',
  port: 5432,
  database: 'shop',
  owner: 'ana',
  health: { state: 'online' },
  credential: { state: 'set', kind: 'source', username: 'shop_reader' },
  permissions: ['view', 'sql'],
  version: 3,
};

describe('signing in', () => {
  const session = {
    'POST /api/v1/sessions': {
      user: { id: 'u1', username: 'ana' },
      token: 'hg_s_secret',
      expiresAt: '2030-01-01T00:00:00.000Z',
    },
  };

  it('keeps the token in a file that only its owner can read, and uses it afterwards', async () => {
    fake.answers = { ...session, 'GET /api/v1/me': { user: { id: 'u1', username: 'ana' } } };
    const env = { XDG_CONFIG_HOME: home };
    const argv = ['login', '--server', `${fake.url}/`, '--username', 'ana', '--password-stdin'];
    const login = await runCli(argv, { env, stdin: 'river stone\n' });
    expect(login).toEqual({ code: 0, stdout: `Signed in to ${fake.url} as ana.\n`, stderr: '' });
    expect(fake.asked[0]?.body).toEqual({ username: 'ana', password: 'river stone' });
    expect(statSync(join(home, 'headgate/credentials.json')).mode & 0o777).toBe(0o600);

    const whoami = await runCli(['whoami'], { env });
    expect(whoami.code).toBe(0);
    expect(fake.asked[1]?.headers.authorization).toBe('Bearer hg_s_secret');
  });

  it('forgets the token at logout and ends the session on the server', async () => {
    fake.answers = { ...session, 'DELETE /api/v1/sessions/current': (response) => response.writeHead(204).end() };
    const env = { XDG_CONFIG_HOME: home };
    const stdin = 'river stone';
    await runCli(['login', '--server', fake.url, '--username', 'ana', '--password-stdin'], { env, stdin });
    expect((await runCli(['logout'], { env })).code).toBe(0);
    expect(fake.asked.at(-1)?.headers.authorization).toBe('Bearer hg_s_secret');
    expect(readFileSync(join(home, 'headgate/credentials.json'), 'utf8')).not.toContain('hg_s_secret');
    const after = await runCli(['source', 'list', '--server', fake.url], { env });
    expect(after.code).toBe(3);
    expect(after.stderr).toContain('headgate login');
  });

  it('asks for a password without showing it', async () => {
    fake.answers = session;
    const argv = ['login', '--server', fake.url];
    const login = await runCli(argv, {
      env: { XDG_CONFIG_HOME: home },
      types: ['anq\u007fa', 'river\u007f\u007f stone'],
    });
    expect(login.code).toBe(0);
    expect(fake.asked[0]?.body).toEqual({ username: 'ana', password: 'riv stone' });
    expect(login.stderr).not.toContain('stone');
  });

  it('ends with 130 when Ctrl-C is pressed at the prompt', async () => {
    const login = await runCli(['login', '--server', fake.url, '--username', 'ana'], { types: ['\u0003'] });
    expect(login.code).toBe(130);
    expect(fake.asked).toEqual([]);
  });

  it('refuses a password on the command line and says why', async () => {
    const argv = ['login', '--server', fake.url, '--username', 'ana', '--password', 'river stone'];
    const login = await runCli(argv);
    expect(login.code).toBe(2);
    expect(login.stderr).toContain('process list');
    expect(login.stderr).not.toContain('river stone');
  });

  it('warns before a password goes unencrypted to another machine', async () => {
    const argv = ['login', '--server', 'http://headgate.invalid:1', '--username', 'ana', '--password-stdin'];
    const login = await runCli(argv, { stdin: 'x' });
    expect(login.stderr).toContain('not encrypted');
    expect(login.code).toBe(7);
  });
});

describe('lists and records', () => {
  it('prints an aligned table without trailing blanks', async () => {
    const page = {
      items: [sales, { ...sales, name: 'hr', title: null, health: { state: 'unknown' } }],
      nextCursor: null,
    };
    const result = await signedIn(['source', 'list'], { 'GET /api/v1/sources': page });
    expect(result).toEqual({
      code: 0,
      stdout: [
        'name   engine      address              database  owner  health   credential  title',
        'sales  postgresql  db.example.com:5432  shop      ana    online   set         Sales',
        'hr     postgresql  db.example.com:5432  shop      ana    unknown  set',
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('prints the exact JSON of the API with --json, before or after the verb', async () => {
    const page = { items: [sales], nextCursor: null };
    for (const argv of [
      ['--json', 'source', 'list'],
      ['source', 'list', '--json'],
    ]) {
      const result = await signedIn(argv, { 'GET /api/v1/sources': page });
      expect(JSON.parse(result.stdout)).toEqual(page);
    }
  });

  it('follows cursors up to the limit', async () => {
    const answers: Answers = {
      'GET /api/v1/sources': (response, asked) => {
        const cursor = new URL(asked.path, fake.url).searchParams.get('cursor');
        const item = { ...sales, name: cursor === null ? 'first' : 'second' };
        response.end(JSON.stringify({ items: [item], nextCursor: cursor === null ? 'c1' : 'c2' }));
      },
    };
    const result = await signedIn(['source', 'list', '--limit', '2', '--json'], answers);
    const page = JSON.parse(result.stdout);
    expect(page.items.map((source: { name: string }) => source.name)).toEqual(['first', 'second']);
    expect(page.nextCursor).toBe('c2');
    expect(fake.asked.map((asked) => asked.path)).toEqual([
      '/api/v1/sources?limit=2',
      '/api/v1/sources?limit=1&cursor=c1',
    ]);
  });

  it('cuts lines on a narrow terminal only, and never lets data command the terminal', async () => {
    const page = { items: [{ ...sales, title: `\u001b[2J${'long '.repeat(40)}` }], nextCursor: null };
    const wide = await signedIn(['source', 'list'], { 'GET /api/v1/sources': page });
    expect(wide.stdout).toContain('\\u001b[2Jlong long');
    const narrow = await signedIn(['source', 'list'], { 'GET /api/v1/sources': page }, { terminal: 80 });
    const lines = stripVTControlCharacters(narrow.stdout).trimEnd().split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[1]).toContain('…');
    expect(narrow.stdout).not.toContain('\u001b[2J');
  });

  it('emphasises nothing under NO_COLOR', async () => {
    const page = { items: [sales], nextCursor: null };
    const options = { terminal: 200, env: { NO_COLOR: '1' } };
    expect((await signedIn(['source', 'list'], { 'GET /api/v1/sources': page }, options)).stdout).not.toContain(
      '\u001b',
    );
  });
});

describe('failures', () => {
  const cases: [number, number][] = [
    [400, 1],
    [401, 3],
    [403, 4],
    [404, 5],
    [409, 6],
    [412, 6],
    [429, 1],
    [500, 1],
    [502, 7],
    [504, 7],
  ];
  it.each(cases)('status %i ends with exit code %i', async (status, code) => {
    const document = { code: 'some_code', detail: 'What happened.', field: 'tls/mode', remedy: 'Do this.' };
    const result = await signedIn(['source', 'show', 'sales'], {
      'GET /api/v1/sources/sales': (response) => problem(response, status, document),
    });
    expect(result.code).toBe(code);
    expect(result.stdout).toBe('');
    expect(result.stderr).toBe(
      'headgate: What happened.\n  code:    some_code\n  field:   tls/mode\n  remedy:  Do this.\n  request: req-1\n',
    );
  });

  it('prints the problem as JSON with --json', async () => {
    const result = await signedIn(['source', 'show', 'sales', '--json'], {
      'GET /api/v1/sources/sales': (response) => problem(response, 404, { code: 'source_not_found', detail: 'No.' }),
    });
    expect(JSON.parse(result.stderr)).toMatchObject({ code: 'source_not_found', status: 404 });
  });

  it('names the holders of a source that is in use', async () => {
    const holders = [{ kind: 'job', id: 'j1', name: 'export', user: 'ana', since: '2026-01-02T03:04:05.000Z' }];
    const result = await signedIn(['source', 'set', 'sales', '--database', 'other'], {
      'PATCH /api/v1/sources/sales': (response) =>
        problem(response, 409, { code: 'source_in_use', detail: 'The source is in use.', holders }),
    });
    expect(result.code).toBe(6);
    expect(result.stderr).toContain('job export');
    expect(result.stderr).toContain('2026-01-02 03:04:05Z');
  });

  it('says so when no server answers, with exit code 7', async () => {
    const env = { HEADGATE_SERVER: 'http://127.0.0.1:1', HEADGATE_TOKEN: 'hg_test' };
    const result = await runCli(['source', 'list'], { env });
    expect(result.code).toBe(7);
    expect(result.stderr).toContain('http://127.0.0.1:1 cannot be reached');
  });

  it('says so when something else than Headgate answers', async () => {
    const result = await signedIn(['source', 'list'], {
      'GET /api/v1/sources': (response) => response.setHeader('content-type', 'text/html').end('<html>'),
    });
    expect(result.code).toBe(7);
    expect(result.stderr).toContain('not JSON (text/html)');
  });

  const wrong: string[][] = [
    ['nonsense'],
    ['source', 'nonsense'],
    ['source', 'show'],
    ['source', 'list', '--limit', 'zero'],
    ['source', 'list', '--nonsense'],
    ['source', 'add', 'x', '--port', '70000'],
    ['source', 'set', 'x'],
    ['source', 'set', 'x', '--enable', '--disable'],
    ['source', 'query', 'x', 'select 1', '--params', '{}'],
    ['source', 'query', 'x', 'select 1', '--json', '--format', 'csv'],
    ['share', 'set', 'x', '--permissions', 'view'],
    ['share', 'set', 'x', '--user', 'a', '--group', 'b', '--permissions', 'view'],
    ['share', 'set', 'x', '--user', 'a'],
    ['source', 'list', '--server', 'ftp://x'],
    ['source', 'list', '--server', 'http://user:secret@x'],
  ];
  it.each(wrong.map((argv) => [argv.join(' '), argv] as const))('`%s` is a wrong command line', async (_, argv) => {
    const result = await signedIn(argv, {});
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/^(headgate: |{"detail":)/);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(fake.asked).toEqual([]);
  });
});

describe('sources', () => {
  it('registers one by its parts and reads the password from standard input', async () => {
    const argv = [
      'source',
      'add',
      'sales',
      '--engine',
      'postgresql',
      '--host',
      'db',
      '--username',
      'u',
      '--password-stdin',
    ];
    const more = ['--label', 'team=a=b', '--option', 'applicationName=x', '--option', 'n=5', '--tls', 'require'];
    const result = await signedIn([...argv, ...more], { 'POST /api/v1/sources': sales }, { stdin: 'p w\n' });
    expect(result.code).toBe(0);
    expect(fake.asked[0]?.body).toEqual({
      name: 'sales',
      engine: 'postgresql',
      host: 'db',
      username: 'u',
      password: 'p w',
      labels: { team: 'a=b' },
      options: { applicationName: 'x', n: 5 },
      tls: { mode: 'require' },
    });
    expect(result.stdout + result.stderr).not.toContain('p w');
  });

  it('takes a URL from standard input, so that no process list shows it', async () => {
    const answers = { 'POST /api/v1/sources': sales };
    await signedIn(['source', 'add', 'sales', '--url', '-'], answers, { stdin: 'postgresql://u:p@h/d\n' });
    expect(fake.asked[0]?.body).toEqual({ name: 'sales', url: 'postgresql://u:p@h/d' });
  });

  it('changes only what is named, with the version that it expects', async () => {
    const argv = [
      'source',
      'set',
      'sales',
      '--title',
      'T',
      '--unset',
      'schema',
      '--unset',
      'labels.team',
      '--if-match',
      '3',
    ];
    await signedIn(argv, { 'PATCH /api/v1/sources/sales': sales });
    expect(fake.asked[0]?.body).toEqual({ title: 'T', schema: null, labels: { team: null } });
    expect(fake.asked[0]?.headers['if-match']).toBe('"v3"');
    expect(fake.asked[0]?.headers['content-type']).toBe('application/merge-patch+json');
  });

  it('prints the stages of a connection test and ends with 7 when one failed', async () => {
    const stages = [
      { stage: 'name', ok: true, ms: 0.4 },
      { stage: 'login', ok: false, ms: 12.2, code: 'login_failed', field: 'password', remedy: 'Set the password.' },
    ];
    const report = { ok: false, stages };
    const result = await signedIn(['source', 'test', 'sales'], { 'POST /api/v1/sources/sales/test': report });
    expect(result.code).toBe(7);
    expect(result.stdout).toMatch(/✓ name +0\.4 ms/);
    expect(result.stdout).toMatch(/✗ login +12 ms/);
    expect(result.stdout).toContain('Set the password.');
  });

  it('escapes names, so that no name reaches another path', async () => {
    await signedIn(['source', 'show', '../users/a?b'], {});
    expect(fake.asked[0]?.path).toBe('/api/v1/sources/..%2Fusers%2Fa%3Fb');
  });
});

describe('shares', () => {
  it('puts exactly the permissions named', async () => {
    const share = { subject: { type: 'user', name: 'ben' }, permissions: ['view', 'sql'], expiresAt: null };
    const argv = ['share', 'set', 'sales', '--user', 'ben', '--permissions', 'view,sql', '--expires', '2030-01-01'];
    const result = await signedIn(argv, { 'PUT /api/v1/sources/sales/shares/users/ben': share });
    expect(result.stdout).toBe('Shared sales with user ben: view, sql.\n');
    expect(fake.asked[0]?.body).toEqual({ permissions: ['view', 'sql'], expiresAt: '2030-01-01T00:00:00.000Z' });
  });
});

describe('access keys and roles', () => {
  const key = { id: 'k1', accessKey: 'HGKEY', enabled: true, description: 'sdk', createdAt: '2026-01-01T00:00:00Z' };

  it('shows the secret of a new key once, and never in a list', async () => {
    const made = await signedIn(['access-key', 'create', '--description', 'sdk'], {
      'POST /api/v1/access-keys': { ...key, secretKey: 'river' },
    });
    expect([made.code, made.stdout]).toEqual([0, 'access key: HGKEY\nsecret key: river\n']);
    expect(fake.asked.at(-1)?.body).toEqual({ description: 'sdk' });
    const list = await signedIn(['access-key', 'list'], {
      'GET /api/v1/access-keys': { items: [key], nextCursor: null },
    });
    expect(list.stdout).toContain('HGKEY       on     sdk');
  });

  it('switches a key off', async () => {
    const off = await signedIn(['access-key', 'disable', 'k1'], {
      'PATCH /api/v1/access-keys/k1': { ...key, enabled: false },
    });
    expect([off.code, off.stdout]).toEqual([0, 'The access key HGKEY is off.\n']);
    expect(fake.asked.at(-1)?.body).toEqual({ enabled: false });
  });

  it('says who belongs to a workspace, as what, and which groups do', async () => {
    const page = { items: [{ username: 'ann', label: 'Owner', role: 'administrator' }], nextCursor: null };
    await signedIn(['workspace', 'members', 'sales', '--set', 'ann', 'bob=Analyst', '--grant', 'bob=viewer'], {
      'PUT /api/v1/workspaces/sales/members': page,
    });
    expect(fake.asked.at(-1)?.body).toEqual({
      members: [{ username: 'ann' }, { username: 'bob', label: 'Analyst', role: 'viewer' }],
    });
    await signedIn(['workspace', 'groups', 'sales', '--set', 'team=analyst', 'staff'], {
      'PUT /api/v1/workspaces/sales/groups': { items: [], nextCursor: null },
    });
    expect(fake.asked.at(-1)?.body).toEqual({ groups: [{ group: 'team', role: 'analyst' }, { group: 'staff' }] });
  });
});
