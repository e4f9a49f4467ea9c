/** Datasets and their rules through the whole server: what is hidden stays hidden on every way to the rows. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { type Headgate, startHeadgate } from '../harness.ts';
import { finalJob, registerSource, type SampleDatabase, sampleDatabase } from './fixture.ts';

let headgate: Headgate;
let sample: SampleDatabase;
let dataset: string;

beforeAll(async () => {
  sample = await sampleDatabase();
  await sample.execute(
    `create table staff (id int, region text, name text, iban text);
     insert into staff values (1, 'EU', 'Ada', 'DE-CANARY-1'), (2, 'EU', 'Bea', 'FR-CANARY-2'), (3, 'US', 'CANARY-Carl', null);
     create view staff_view as select * from staff;
     create table contact (email text); insert into contact values ('canary.one@example.com');
     grant select on staff, staff_view, contact to ${sample.username}`,
  );
  headgate = await startHeadgate();
  await headgate.createUser('owner');
  await headgate.createUser('reader', { roles: ['User'] });
  await headgate.createUser('other');
  await registerSource(headgate, 'staff', sample, 'owner');
  for (const user of ['reader', 'other']) {
    const permissions = { permissions: ['view', 'sql', 'extract', 'write', 'modify'] };
    const shared = await headgate.api('PUT', `/sources/staff/shares/users/${user}`, permissions, { as: 'owner' });
    expect(shared.status, shared.text).toBeLessThan(300);
  }
  const body = {
    name: 'Staff',
    source: 'staff',
    tables: [{ name: 'staff' }],
    fields: [{ column: 'iban', name: 'IBAN' }],
  };
  const made = await headgate.api('POST', '/datasets', body, { as: 'owner' });
  expect(made.status, made.text).toBe(201);
  dataset = made.body.id;
});
afterAll(() => headgate?.stop());

const waiting = { timeout: 30_000, interval: 50 };
const query = (sql: string, as: string, more: object = {}) =>
  headgate.api('POST', '/sources/staff/query', { sql, format: 'json', ...more }, { as });
const rule = (body: object, as = 'owner') => headgate.api('POST', `/datasets/${dataset}/rules`, body, { as });
const policy = (body: object, as = 'owner') => headgate.api('PATCH', `/datasets/${dataset}/policy`, body, { as });

const inEurope = {
  name: 'Europe',
  kind: 'condition',
  scope: 'specified',
  users: ['reader'],
  where: { column: 'region', operator: 'eq', values: ['EU'] },
};
const masked = {
  name: 'IBAN',
  kind: 'mask',
  scope: 'all',
  columns: [{ column: 'iban' }],
  mask: { style: 'ends', first: 2, last: 0 },
};

test('nothing is hidden until rules are switched on, and rules are the owner’s to make', async () => {
  expect((await rule(inEurope)).status).toBe(201);
  expect((await rule(masked)).status).toBe(201);
  expect((await query('select * from staff', 'reader')).body).toHaveLength(3);
  for (const answer of [await rule(inEurope, 'reader'), await policy({ rowsOn: false }, 'reader')]) {
    expect(answer.status).toBe(403);
    expect(answer.body.code).toBe('not_owner');
  }
  expect((await policy({ rowsOn: true, byConditionOn: true, columnsOn: true })).body).toEqual({
    rowsOn: true,
    byConditionOn: true,
    byTagOn: false,
    othersSeeRows: false,
    columnsOn: true,
  });
});

test('a query sees the rows and spellings that the rules leave, from the moment they are on', async () => {
  const { body } = await query('select * from staff order by id', 'reader');
  expect(body).toEqual([
    { id: 1, region: 'EU', name: 'Ada', iban: 'DE****' },
    { id: 2, region: 'EU', name: 'Bea', iban: 'FR****' },
  ]);
  expect((await query('select count(*)::int as n from staff', 'other')).body).toEqual([{ n: 0 }]);
  expect(
    (await query('select count(*)::int as n from staff where iban like $1', 'reader', { parameters: ['%CANARY%'] }))
      .body,
  ).toEqual([{ n: 0 }]);
  expect((await query('select * from staff', 'owner')).body).toHaveLength(3);
  expect((await query('select * from staff', 'admin')).body).toHaveLength(3);
});

test('what cannot be proven and what writes does not run, and the audit says so', async () => {
  for (const sql of ['select * from staff_view', 'select pg_sleep(0)', 'explain select * from staff']) {
    const { status, body } = await query(sql, 'reader');
    expect([status, body.code], sql).toEqual([403, 'policy_unprovable']);
  }
  const write = await query("update staff set region = 'EU'", 'reader', { write: true });
  expect([write.status, write.body.code]).toEqual([403, 'policy_unprovable']);
  const { body } = await headgate.api('GET', '/audit?action=source.query&outcome=denied&limit=1');
  expect(body.items[0]).toMatchObject({ detail: { code: 'policy_unprovable' } });
});

test('jobs and previews are under the same rules', async () => {
  const spec = { kind: 'export', source: 'staff', sql: 'select * from staff', format: 'csv', fileName: 'out.csv' };
  const extract = { kind: 'extract', sources: [{ source: 'staff', tables: [{ table: 'staff' }] }], format: 'csv' };
  for (const [body, rows] of [
    [spec, 2],
    [extract, 2],
  ] as const) {
    const job = await headgate.api('POST', '/jobs', body, { as: 'reader' });
    expect(job.status, job.text).toBe(202);
    expect(await finalJob(headgate, job.body.id, 'reader')).toMatchObject({ status: 'succeeded' });
    const { body: outputs } = await headgate.api('GET', `/jobs/${job.body.id}`, undefined, { as: 'reader' });
    const name = outputs.outputs.find(({ name: one }: { name: string }) => one.endsWith('.csv')).name;
    const file = await headgate.api('GET', `/jobs/${job.body.id}/outputs/${name}`, undefined, { as: 'reader' });
    expect(file.text.trim().split('\n')).toHaveLength(rows + 1);
    expect(file.text).toContain('DE****');
    expect(file.text).not.toContain('CANARY');
  }
  const preview = await headgate.api('POST', `/datasets/${dataset}/preview`, { format: 'json' }, { as: 'reader' });
  expect(preview.body).toEqual([{ IBAN: 'DE****' }, { IBAN: 'FR****' }]);
});

test('an extraction of a whole table leaves forbidden columns out, and one that names them fails', async () => {
  const forbid = await rule({ name: 'no name', kind: 'forbid', scope: 'all', columns: [{ column: 'name' }] });
  const extract = async (more: object) => {
    const sources = [{ source: 'staff', tables: [{ table: 'staff', ...more }] }];
    const job = await headgate.api('POST', '/jobs', { kind: 'extract', sources, format: 'csv' }, { as: 'reader' });
    await finalJob(headgate, job.body.id, 'reader');
    return (await headgate.api('GET', `/jobs/${job.body.id}`, undefined, { as: 'reader' })).body;
  };
  const { id, outputs } = await extract({});
  const file = await headgate.api('GET', `/jobs/${id}/outputs/${outputs[0].name}`, undefined, { as: 'reader' });
  expect(file.text.split('\r\n')[0]).toBe('id,region,iban');
  expect((await extract({ columns: ['id', 'name'] })).error.code).toBe('policy_unprovable');
  await headgate.api('DELETE', `/datasets/${dataset}/rules/${forbid.body.id}`, undefined, { as: 'owner' });
});

test('samples that a discovery read by another login are shown to nobody from whom something is kept', async () => {
  await headgate.createUser('manager', { permissions: ['view', 'ManageTenantSources'] });
  const share = { permissions: ['view', 'extract'] };
  await headgate.api('PUT', '/sources/staff/shares/users/manager', share, { as: 'owner' });
  await headgate.api('POST', '/discovery/template/add', { identifiers: ['EMAIL'] });
  const wanted = { name: 'Staff', sources: [{ source: 'staff' }] };
  const { body: job } = await headgate.api('POST', '/discovery/jobs', wanted);
  const started = await headgate.api('POST', `/discovery/jobs/${job.id}/start`);
  expect(started.status, started.text).toBe(200);
  await expect
    .poll(async () => (await headgate.api('GET', `/discovery/jobs/${job.id}/runs`)).body.items[0]?.state, waiting)
    .toBe('completed');
  const { id: run } = (await headgate.api('GET', `/discovery/jobs/${job.id}/runs`)).body.items[0];
  const columns = `/sources/staff/catalog/tables/${sample.database}.public.contact/columns`;
  for (const path of [
    '/discovery/findings',
    `/discovery/runs/${run}/findings`,
    `/discovery/runs/${run}/report?format=csv`,
    columns,
  ]) {
    const [all, some] = [
      await headgate.api('GET', path),
      await headgate.api('GET', path, undefined, { as: 'manager' }),
    ];
    expect([path, all.status, some.status]).toEqual([path, 200, 200]);
    expect(all.text, path).toContain('canary');
    expect(some.text, path).toContain('email');
    expect(some.text, path).not.toContain('canary');
  }
  expect((await headgate.api('GET', columns, undefined, { as: 'owner' })).body.items[0].samples).toHaveLength(1);
  expect((await headgate.api('GET', columns, undefined, { as: 'reader' })).body.items[0].samples).toBeNull();
});

test('the policy of a user can be read with its reasons, by the user and by the owner', async () => {
  const explain = (as: string, user?: string) =>
    headgate.api('GET', `/sources/staff/policy${user === undefined ? '' : `?user=${user}`}`, undefined, { as });
  const expected = {
    user: 'reader',
    exempt: false,
    tables: [
      {
        name: 'staff',
        rows: { kind: 'test', column: 'region', operator: 'eq', values: ['EU'] },
        columns: [{ column: 'iban', shown: 'masked' }],
        because: ['Staff / Europe', 'Staff / IBAN'],
      },
    ],
  };
  expect((await explain('reader')).body).toMatchObject(expected);
  expect((await explain('owner', 'reader')).body).toMatchObject(expected);
  expect((await explain('owner')).body).toMatchObject({ exempt: true, tables: [] });
  expect((await explain('reader', 'owner')).status).toBe(403);
  expect((await explain('owner', 'nobody')).status).toBe(404);
});

describe('the definition', () => {
  test('is its maker’s and the source owner’s; while rules are on it the owner’s alone', async () => {
    const body = { name: 'Mine', source: 'staff', tables: [{ name: 'staff' }] };
    const made = await headgate.api('POST', '/datasets', body, { as: 'reader' });
    expect(made.status, made.text).toBe(201);
    const { etag, id } = { etag: made.headers.get('etag') ?? '', id: made.body.id };
    const replace = (as: string, more: object = {}, headers = {}) =>
      headgate.api('PUT', `/datasets/${id}`, { name: 'Mine', tables: body.tables, ...more }, { as, headers });
    expect((await replace('other')).status).toBe(403);
    expect((await replace('reader', {}, { 'if-match': etag })).status).toBe(200);
    expect((await replace('reader', {}, { 'if-match': etag })).status).toBe(412);
    expect((await replace('reader', { workspace: '00000000-0000-7000-8000-000000000000' })).status).toBe(403);
    expect((await headgate.api('PATCH', `/datasets/${id}/policy`, { columnsOn: true }, { as: 'owner' })).status).toBe(
      200,
    );
    expect((await replace('reader')).body.code).toBe('not_owner');
    expect((await headgate.api('DELETE', `/datasets/${id}`, undefined, { as: 'reader' })).status).toBe(403);
    expect((await headgate.api('DELETE', `/datasets/${id}`, undefined, { as: 'owner' })).status).toBe(204);
  });

  test('keeps the tables that rules are on', async () => {
    const body = { name: 'Staff', tables: [{ id: 't1', name: 'people' }] };
    const { status, body: problem } = await headgate.api('PUT', `/datasets/${dataset}`, body, { as: 'owner' });
    expect([status, problem.code]).toEqual([409, 'dataset_in_rules']);
  });

  test.each([
    ['no root', { tables: [{ name: 'staff', root: false }] }],
    [
      'two roots',
      {
        tables: [
          { name: 'a', root: true },
          { name: 'b', root: true },
        ],
      },
    ],
    ['not joined', { tables: [{ name: 'a' }, { name: 'b' }] }],
    ['neither a table nor a query', { tables: [{}] }],
    ['a field of no table', { tables: [{ name: 'a' }], fields: [{ table: 'x', column: 'c' }] }],
  ])('is refused when it has %s', async (_name, more) => {
    const answer = await headgate.api('POST', '/datasets', { name: 'bad', source: 'staff', ...more }, { as: 'owner' });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_dataset']);
  });

  test.each([
    ['a condition without values', { ...inEurope, where: { column: 'region', operator: 'eq' } }],
    ['an unknown operator', { ...inEurope, where: { column: 'region', operator: 'like', values: ['x'] } }],
    ['an unknown table', { ...inEurope, where: { table: 'x', column: 'region', operator: 'null' } }],
    ['tags in a rule by condition', { ...inEurope, where: { column: 'region', operator: 'eq', userTags: ['a'] } }],
    ['nothing to demand', { ...inEurope, where: { all: [] } }],
    ['columns where rows are meant', { ...inEurope, columns: [{ column: 'iban' }] }],
    ['an unknown user', { ...inEurope, users: ['nobody'] }],
    ['a mask without words', { ...masked, mask: { style: 'before' } }],
  ])('takes no rule with %s', async (_name, body) => {
    const answer = await rule(body);
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_rule']);
  });
});

test('a rule that names what the table does not have closes the source rather than opening it', async () => {
  const made = await rule({ ...masked, name: 'gone', columns: [{ column: 'no_such' }] });
  const { status, body } = await query('select 1', 'reader');
  expect([status, body.code]).toEqual([403, 'policy_unprovable']);
  await headgate.api('DELETE', `/datasets/${dataset}/rules/${made.body.id}`, undefined, { as: 'owner' });
  expect((await query('select 1 as a', 'reader')).body).toEqual([{ a: 1 }]);
});

test('the command line makes, explains and takes away', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-policy-'));
  const cli = (...argv: readonly string[]) =>
    runCli(argv, { env: { HEADGATE_SERVER: headgate.url, HEADGATE_TOKEN: headgate.token('owner') } });
  const file = join(folder, 'rule.json');
  writeFileSync(file, JSON.stringify({ ...masked, name: 'by hand' }));
  try {
    const added = await cli('dataset', 'add', 'By hand', '--source', 'staff', '--table', 'public.staff', '--json');
    expect(added, added.stderr).toMatchObject({ code: 0 });
    const { id } = JSON.parse(added.stdout);
    const made = await cli('policy', 'add', id, '--rule', file, '--json');
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(await cli('policy', 'set', id, '--columns', 'on')).toMatchObject({ stdout: 'Rules that are on: columns\n' });
    expect((await cli('policy', 'show', id)).stdout).toMatch(/by hand +mask +all/);
    expect((await cli('policy', 'explain', 'staff', '--user', 'reader')).stdout).toMatch(/iban masked/);
    expect((await cli('dataset', 'preview', id)).stdout).toContain('DE-CANARY-1');
    expect((await cli('dataset', 'list')).stdout).toMatch(/By hand +staff +columns/);
    expect(await cli('policy', 'rm', id, JSON.parse(made.stdout).id)).toMatchObject({ code: 0 });
    expect(await cli('dataset', 'rm', id)).toMatchObject({ code: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
