/** The command line against a real server with a real database behind it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, type Headgate, startHeadgate } from '../harness.ts';
import { createGroup } from '../hdp/client.ts';
import type { PostgresqlAccess } from '../servers/postgresql.ts';
import { isSignedBy, startReceiver } from '../servers/receiver.ts';
import { sharedPostgresql } from '../servers/shared.ts';
import { type CliRun, type CliRunOptions, runCli } from './run-cli.ts';

/** Must never be seen again once it was given. */
const CANARY = 'canary-7f3a91';

let headgate: Headgate;
let postgresql: PostgresqlAccess;
let database: string;
let folder: string;
/** Everything that any command printed, for the search for the canary. */
let printed = '';

/** Runs a command as a user that is signed in on "their" machine. */
async function as(username: string, argv: readonly string[], options: CliRunOptions = {}): Promise<CliRun> {
  const env = { XDG_CONFIG_HOME: join(folder, username), HEADGATE_SERVER: headgate.url, ...options.env };
  const result = await runCli(argv, { ...options, env });
  printed += result.stdout + result.stderr;
  return result;
}

/** The same for a command that must work; gives its JSON. */
async function json(username: string, argv: readonly string[], options: CliRunOptions = {}) {
  const result = await as(username, [...argv, '--json'], options);
  expect(result).toMatchObject({ code: 0 });
  return JSON.parse(result.stdout);
}

function signIn(username: string, password: string): Promise<CliRun> {
  return as(username, ['login', '--username', username, '--password-stdin'], { stdin: password });
}

/** The store's own login is refused for sources, so the database has one of its own. */
function sourceUrl(password = CANARY): string {
  return `postgresql://${database}_reader:${password}@${postgresql.host}:${postgresql.port}/${database}`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'));
  postgresql = await sharedPostgresql();
  database = await postgresql.createDatabase();
  await postgresql.execute(
    `CREATE TABLE numbers AS SELECT n, 'row ' || n AS word FROM generate_series(1, 1000) AS n;
     CREATE ROLE ${database}_reader LOGIN PASSWORD '${CANARY}';
     GRANT SELECT ON numbers TO ${database}_reader;`,
    database,
  );
  headgate = await startHeadgate();
  await signIn('admin', adminPassword);
  for (const name of ['ana', 'ben', 'cara']) {
    const created = await as('admin', ['user', 'create', name, '--password-stdin'], { stdin: `${name}-password-1` });
    expect(created).toEqual({ code: 0, stdout: `Created user ${name}.\n`, stderr: '' });
    expect((await signIn(name, `${name}-password-1`)).code).toBe(0);
  }
  const added = await as('ana', ['source', 'add', 'numbers', '--url', '-'], { stdin: sourceUrl() });
  expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('Registered numbers: postgresql at') });
});

afterAll(async () => {
  await headgate.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('users', () => {
  it('locks a user after wrong passwords, and lets an administrator unlock them', async () => {
    await as('admin', ['user', 'create', 'dora', '--password-stdin'], { stdin: 'dora-password-1' });
    for (const _ of [1, 2, 3]) expect((await signIn('dora', 'wrong')).code).toBe(3);
    expect((await signIn('dora', 'dora-password-1')).code).not.toBe(0);
    expect((await as('admin', ['user', 'unlock', 'dora'])).code).toBe(0);
    expect((await signIn('dora', 'dora-password-1')).code).toBe(0);
  });

  it('changes the own password', async () => {
    const stdin = 'dora-password-1\ndora-password-2\n';
    expect(await as('dora', ['user', 'password', '--password-stdin'], { stdin })).toMatchObject({ code: 0 });
    expect((await signIn('dora', 'dora-password-1')).code).toBe(3);
    expect((await signIn('dora', 'dora-password-2')).code).toBe(0);
  });

  it('shows, changes, lists and deletes users', async () => {
    expect(await json('admin', ['user', 'set', 'dora', '--first-name', 'Dora'])).toMatchObject({ firstName: 'Dora' });
    expect((await as('admin', ['user', 'show', 'dora'])).stdout).toMatch(/^name: +Dora$/m);
    expect((await as('admin', ['user', 'list', '--search', 'dor'])).stdout).toContain('dora');
    expect((await as('admin', ['user', 'rm', 'dora'])).code).toBe(0);
    expect((await as('admin', ['user', 'show', 'dora'])).code).toBe(5);
    expect((await as('ben', ['user', 'create', 'x', '--password-stdin'], { stdin: 'x-password-12' })).code).toBe(4);
  });

  it('makes, changes and removes roles and tenants', async () => {
    const role = ['role', 'create', 'Readers', '--permissions', 'view,MgmtAPI', '--description', 'Look'];
    expect((await as('admin', role)).stdout).toBe('Created role Readers.\n');
    expect((await json('admin', ['role', 'set', 'Readers', '--permissions', 'view'])).permissions).toEqual(['view']);
    expect((await as('admin', ['role', 'list'])).stdout).toMatch(/^Readers +system +0 +view$/m);
    expect((await as('admin', ['role', 'set', 'User', '--permissions', 'view'])).code).toBe(4);
    expect((await as('admin', ['role', 'rm', 'Readers'])).code).toBe(0);
    expect((await as('admin', ['role', 'show', 'Readers'])).code).toBe(5);

    expect((await as('admin', ['tenant', 'create', 'Acme Inc'])).stdout).toBe('Created tenant acme-inc.\n');
    await json('admin', ['tenant', 'set', 'acme-inc', '--admins', 'admin', '--description', 'A customer']);
    expect((await as('admin', ['tenant', 'show', 'acme-inc'])).stdout).toMatch(/^administrators: admin$/m);
    const eve = ['user', 'create', 'eve', '--tenant', 'acme-inc', '--password-stdin'];
    await as('admin', eve, { stdin: 'eve-password-1' });
    expect((await as('admin', ['tenant', 'rm', 'acme-inc'])).code).toBe(6);
    // A temporary password opens nothing but changing it.
    const temporary = ['user', 'password', 'eve', '--temporary', '--password-stdin'];
    expect((await as('admin', temporary, { stdin: 'eve-password-2' })).code).toBe(0);
    expect((await signIn('eve', 'eve-password-2')).code).toBe(0);
    expect((await as('eve', ['source', 'list'])).stderr).toContain('must be changed');
    const change = ['user', 'password', '--password-stdin'];
    expect((await as('eve', change, { stdin: 'eve-password-2\neve-password-3' })).code).toBe(0);
    expect((await as('eve', ['source', 'list'])).code).toBe(0);
    expect((await as('admin', ['user', 'rm', 'eve', '--with-sources'])).code).toBe(0);
    expect((await as('admin', ['tenant', 'rm', 'acme-inc'])).code).toBe(0);
  });

  it('says who is signed in, and forgets them at logout', async () => {
    expect((await json('cara', ['whoami'])).user.username).toBe('cara');
    expect((await as('cara', ['logout'])).code).toBe(0);
    expect((await as('cara', ['whoami'])).code).toBe(3);
    await signIn('cara', 'cara-password-1');
  });
});

describe('sources', () => {
  it('shows everything but the password', async () => {
    const { stdout } = await as('ana', ['source', 'show', 'numbers']);
    expect(stdout).toMatch(/^credential: +set · source · user test_/m);
    expect((await as('ana', ['source', 'list'])).stdout).toContain('numbers');
  });

  it('refuses a change on a stale version and a taken name: exit code 6', async () => {
    const { version } = await json('ana', ['source', 'set', 'numbers', '--title', 'Numbers']);
    const stale = await as('ana', ['source', 'set', 'numbers', '--title', 'X', '--if-match', String(version - 1)]);
    expect(stale).toMatchObject({ code: 6, stderr: expect.stringContaining('stale_version') });
    const taken = await as('ana', ['source', 'add', 'NUMBERS', '--url', '-'], { stdin: sourceUrl() });
    expect(taken).toMatchObject({ code: 6, stderr: expect.stringContaining('name_taken') });
  });

  it('tells what a change would touch without making it', async () => {
    const preview = await as('ana', ['source', 'set', 'numbers', '--host', 'elsewhere.example', '--dry-run']);
    expect(preview).toMatchObject({ code: 0, stdout: expect.stringMatching(/changes: +.*host/) });
    expect((await json('ana', ['source', 'show', 'numbers'])).host).toBe(postgresql.host);
  });

  it('tests a connection stage by stage; a wrong password ends with 7 and says what to mend', async () => {
    const good = await as('ana', ['source', 'test', 'numbers']);
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ login.*\n/) });
    const bad = await as('ana', ['source', 'test', '--url', '-'], { stdin: sourceUrl('wrong') });
    expect(bad).toMatchObject({ code: 7, stdout: expect.stringMatching(/✗ login/) });
    expect(bad.stdout).toMatch(/field: +password/);
    expect((await json('ana', ['source', 'test', 'numbers'])).ok).toBe(true);
  });

  it('registers by parts, reading the password from standard input, and warns of nothing secret', async () => {
    const { host, port } = postgresql;
    const where = ['--engine', 'postgresql', '--host', host, '--port', String(port), '--database', database];
    const login = ['--username', `${database}_reader`, '--password-stdin'];
    const added = await as('ana', ['source', 'add', 'reader', ...where, ...login, '--test'], { stdin: CANARY });
    expect(added).toMatchObject({ code: 0, stderr: expect.stringContaining('The connection works.') });
    expect((await as('ana', ['source', 'query', 'reader', 'select count(*) as n from numbers'])).stdout).toBe(
      '{"n":"1000"}\n',
    );
  });

  it('removes and brings back', async () => {
    expect((await as('ana', ['source', 'rm', 'reader', '--dry-run'])).stdout).toContain('Nothing was changed');
    expect((await as('ana', ['source', 'rm', 'reader'])).code).toBe(0);
    expect((await as('ana', ['source', 'show', 'reader'])).code).toBe(5);
    expect((await json('ana', ['source', 'list', '--deleted'])).items).toHaveLength(1);
    expect((await as('ana', ['source', 'undelete', 'reader'])).code).toBe(0);
    expect((await as('ana', ['source', 'show', 'reader'])).code).toBe(0);
  });

  it('lists tables and columns', async () => {
    const tables = await as('ana', ['source', 'schema', 'numbers']);
    expect(tables.stdout).toMatch(/^public +numbers +table/m);
    const columns = await as('ana', ['source', 'schema', 'numbers', '--columns', '--live']);
    expect(columns.stdout).toMatch(/public\.numbers \(table\)\n[^\n]*\n +n +integer/);
  });
});

describe('shares', () => {
  it('hides, shows and permits exactly what the share says', async () => {
    expect((await as('ben', ['source', 'show', 'numbers'])).code).toBe(5);
    const share = ['share', 'add', 'numbers', '--user', 'ben', '--permissions', 'view,sql', '--expires', '1d'];
    expect((await as('ana', share)).stdout).toMatch(/^Shared numbers with user ben: view, sql until \d{4}-/);
    expect(await as('ana', share)).toMatchObject({ code: 6, stderr: expect.stringContaining('share set') });
    expect((await as('ben', ['source', 'show', 'numbers'])).stdout).toMatch(/^your rights: view, sql$/m);
    expect((await as('ben', ['source', 'query', 'numbers', 'select 1 as one'])).code).toBe(0);
    const write = await as('ben', ['source', 'query', 'numbers', 'delete from numbers', '--write']);
    expect(write).toMatchObject({ code: 4, stderr: expect.stringContaining('write_not_permitted') });
    expect((await as('ben', ['source', 'set', 'numbers', '--title', 'Mine'])).code).toBe(4);
    expect((await as('cara', ['source', 'set', 'numbers', '--title', 'Mine'])).code).toBe(5);
    expect((await as('ana', ['share', 'list', 'numbers'])).stdout).toMatch(/^user ben +view, sql/m);
    expect((await as('ana', ['share', 'rm', 'numbers', '--user', 'ben'])).code).toBe(0);
    expect((await as('ben', ['source', 'query', 'numbers', 'select 1'])).code).toBe(5);
  });

  it('shares with a group', async () => {
    expect((await as('admin', ['group', 'create', 'readers'])).code).toBe(0);
    expect((await as('admin', ['group', 'add', 'readers', 'cara'])).code).toBe(0);
    expect((await as('admin', ['group', 'show', 'readers'])).stdout).toMatch(/^members: cara$/m);
    expect((await as('ana', ['share', 'set', 'numbers', '--group', 'readers', '--permissions', 'sql'])).code).toBe(0);
    expect((await as('cara', ['source', 'query', 'numbers', 'select 1 as one'])).stdout).toBe('{"one":1}\n');
    expect((await as('admin', ['group', 'remove', 'readers', 'cara'])).code).toBe(0);
    expect((await as('cara', ['source', 'query', 'numbers', 'select 1'])).code).toBe(5);
    expect((await as('admin', ['group', 'rm', 'readers'])).code).toBe(0);
  });

  it('tends the members of a group data source', async () => {
    await createGroup(headgate, 'bundle', 'ana');
    const member = (verb: string, ...rest: string[]) => as('ana', ['source', 'member', verb, 'bundle', ...rest]);
    expect((await member('set', 'numbers', '--prefix', 'n')).stdout).toBe('numbers is in bundle, with the prefix n.\n');
    expect((await member('list')).stdout).toMatch(/^numbers +n$/m);
    const page = await json('ana', ['source', 'member', 'list', 'bundle']);
    expect(page.items).toMatchObject([{ name: 'numbers', prefix: 'n' }]);
    expect((await as('ben', ['source', 'member', 'list', 'bundle'])).code).toBe(5);
    expect((await member('rm', 'numbers')).stdout).toBe('numbers is no longer in bundle.\n');
    expect(await member('rm', 'numbers')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('member_not_found'),
    });
  });
});

describe('webhooks', () => {
  it('are added, pinged, changed and removed, and show their secret once', async () => {
    const receiver = await startReceiver();
    try {
      const added = await as('admin', ['webhook', 'add', 'ops', `${receiver.url}/in`, '--events', 'job.failed']);
      expect(added).toEqual({ code: 0, stdout: expect.stringMatching(/^whsec_\S+\n$/), stderr: expect.any(String) });
      expect((await as('ana', ['webhook', 'list'])).code).toBe(4);
      expect((await as('admin', ['webhook', 'ping', 'ops'])).code).toBe(0);
      expect(isSignedBy(added.stdout.trim(), await receiver.request(0))).toBe(true);
      const page = await json('admin', ['webhook', 'deliveries', 'ops']);
      const again = await as('admin', ['webhook', 'redeliver', 'ops', page.items[0].id]);
      expect(again.stdout).toContain('is on its way');
      expect((await receiver.request(1)).headers['webhook-id']).toBe(page.items[0].eventId);
      const set = await as('admin', ['webhook', 'set', 'ops', '--source', 'numbers', '--kind', 'export', '--disable']);
      expect(set.stdout).toBe('Changed ops; it is now at version 2.\n');
      const shown = await as('admin', ['webhook', 'show', 'ops']);
      expect(shown.stdout).toMatch(/^source: +numbers$/m);
      expect(shown.stdout).toMatch(/^state: +off$/m);
      expect((await as('admin', ['webhook', 'set', 'ops', '--any-source', '--any-kind', '--enable'])).code).toBe(0);
      expect((await json('admin', ['webhook', 'show', 'ops'])).source).toBeNull();
      expect((await as('admin', ['webhook', 'set', 'ops'])).code).toBe(2);
      const rotated = await as('admin', ['webhook', 'rotate-secret', 'ops']);
      expect(rotated.stdout).not.toBe(added.stdout);
      expect((await as('admin', ['webhook', 'list'])).stdout).toMatch(/^ops +on +job.failed/m);
      expect((await as('admin', ['webhook', 'rm', 'ops'])).code).toBe(0);
      expect((await as('admin', ['webhook', 'show', 'ops'])).code).toBe(5);
    } finally {
      await receiver.stop();
    }
  });
});

describe('queries', () => {
  const sql = 'select n, word from numbers order by n';
  it.each([
    ['ndjson', `${Array.from({ length: 1000 }, (_, i) => `{"n":${i + 1},"word":"row ${i + 1}"}`).join('\n')}\n`],
    ['csv', `n,word\n${Array.from({ length: 1000 }, (_, i) => `${i + 1},row ${i + 1}`).join('\n')}\n`],
  ])('streams %s, to standard output and to a file', async (format, expected) => {
    const piped = await as('ana', ['source', 'query', 'numbers', sql, '--format', format]);
    expect(piped.code).toBe(0);
    expect(piped.stdout.replaceAll('\r\n', '\n')).toBe(expected);
    const file = join(folder, `rows.${format}`);
    const saved = await as('ana', ['source', 'query', 'numbers', sql, '--format', format, '--output', file]);
    expect(saved).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^1,000 rows/) });
    expect(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).toBe(expected);
  });

  it('gives JSON with --json, parameters, and says when a limit cut the rows', async () => {
    const some = 'select n from numbers where n > $1 order by n';
    expect(await json('ana', ['source', 'query', 'numbers', some, '-p', '998'])).toEqual([{ n: 999 }, { n: 1000 }]);
    const cut = await as('ana', ['source', 'query', 'numbers', sql, '--max-rows', '2']);
    expect(cut).toMatchObject({ code: 0, stderr: expect.stringContaining('A limit cut the result') });
    expect(cut.stdout.split('\n')).toHaveLength(3);
  });

  it('shows a table on a terminal', async () => {
    const options = { terminal: 80, env: { NO_COLOR: '1' } };
    const table = await as('ana', ['source', 'query', 'numbers', `${sql} limit 2`], options);
    expect(table.stdout).toBe('n  word\n1  row 1\n2  row 2\n');
  });

  it('reports what the database said', async () => {
    const wrong = await as('ana', ['source', 'query', 'numbers', 'select nothing from numbers']);
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('object_not_found') });
  });

  it('cancels on the database server at Ctrl-C', async () => {
    const interrupt = new AbortController();
    const endless = 'select a.n, b.word from numbers a, numbers b, numbers c, numbers d';
    const result = await as('ana', ['source', 'query', 'numbers', endless], {
      signal: interrupt.signal,
      onStdout: () => interrupt.abort(),
    });
    expect(result.code).toBe(130);
    const running = async () =>
      await postgresql.execute(
        `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND state = 'active' AND query LIKE '%numbers d%' AND pid <> pg_backend_pid()`,
      );
    while ((await running()).length > 0) await delay(20);
  });
});

describe('jobs', () => {
  it('exports, shows, lists and downloads', async () => {
    const job = await json('ana', ['job', 'export', 'numbers', 'select * from numbers', '--format', 'csv', '--wait']);
    expect(job).toMatchObject({ status: 'succeeded', progress: { rows: 1000 } });
    expect((await as('ana', ['job', 'show', job.id])).stdout).toMatch(/^output: +numbers\.csv, 1,000 rows/m);
    expect((await as('ana', ['job', 'list', '--source', 'numbers'])).stdout).toContain(job.id);
    const file = join(folder, 'export.csv');
    expect((await as('ana', ['job', 'download', job.id, '--output', file])).code).toBe(0);
    expect(readFileSync(file, 'utf8').trimEnd().split(/\r?\n/)).toHaveLength(1001);
    expect((await as('ana', ['job', 'download', job.id, 'nothing.csv'])).code).toBe(5);
  });

  it('refuses to change a source while a job uses it, names the job, and cancels it', async () => {
    const endless = 'select count(*) from numbers a, numbers b, numbers c, numbers d';
    const job = await json('ana', ['job', 'export', 'numbers', endless]);
    const change = await as('ana', ['source', 'set', 'numbers', '--database', 'other']);
    expect(change).toMatchObject({ code: 6, stderr: expect.stringContaining('source_in_use') });
    expect(change.stderr).toMatch(/held by.*\n +job /);
    expect((await as('ana', ['job', 'cancel', job.id])).code).toBe(0);
    while ((await json('ana', ['job', 'show', job.id])).status !== 'cancelled') await delay(50);
    expect((await as('ana', ['source', 'set', 'numbers', '--schema', 'public'])).code).toBe(0);
  });
});

describe('tokens', () => {
  it('makes one that is shown once, restricts it, and revokes it', async () => {
    const created = await json('ana', ['token', 'create', 'ci', '--scopes', 'read', '--expires', '1d']);
    expect(created.token).toMatch(/^hg_/);
    const env = { HEADGATE_TOKEN: created.token };
    expect((await as('nobody', ['source', 'list'], { env })).stdout).toContain('numbers');
    expect((await as('nobody', ['source', 'set', 'numbers', '--title', 'X'], { env })).code).toBe(4);
    const list = await as('ana', ['token', 'list']);
    expect(list.stdout).toMatch(/^ci +hg_/m);
    expect(list.stdout).not.toContain(created.token);
    expect((await as('ana', ['token', 'rm', created.id])).code).toBe(0);
    expect((await as('nobody', ['source', 'list'], { env })).code).toBe(3);
  });

  it('keeps a token as a sign-in', async () => {
    const stdin = (await as('ana', ['token', 'create', 'laptop'])).stdout;
    expect((await as('ana-2', ['login', '--token-stdin'], { stdin })).code).toBe(0);
    expect((await json('ana-2', ['whoami'])).user.username).toBe('ana');
    expect((await as('ana-3', ['login', '--token-stdin'], { stdin: 'hg_wrong' })).code).toBe(3);
  });
});

describe('audit', () => {
  it('lists, exports, and verifies the export offline against the newest checkpoint', async () => {
    const list = await as('admin', ['audit', 'list', '--action', 'source.create', '--actor', 'ana']);
    expect(list.stdout).toMatch(/ana +source\.create +numbers +allowed +rest/);
    // Sealing follows within about a second.
    while ((await json('admin', ['audit', 'list', '--limit', '1'])).items[0].sequence === null) await delay(50);
    const file = join(folder, 'audit.ndjson');
    expect((await as('admin', ['audit', 'export', '--output', file])).code).toBe(0);
    const verified = await as('admin', ['audit', 'verify', '--file', file]);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('The audit chain is whole') });
    const [first = '', ...others] = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(first)).toMatchObject({ sequence: 1 });
    expect(others.length).toBeGreaterThan(20);
    const checkpoint = JSON.parse((await as('admin', ['audit', 'checkpoint'])).stdout);
    expect(checkpoint.publicKeyPem).toContain('BEGIN PUBLIC KEY');
  });
});

// Last: it looks at what all the others printed.
describe('secrets', () => {
  it('are in nothing that a command printed and in no log', () => {
    for (const secret of [CANARY, postgresql.password, adminPassword, 'ana-password-1']) {
      expect(printed).not.toContain(secret);
      expect(headgate.logs()).not.toContain(secret);
    }
  });
});
