/**
 * Every code that the data-source router can emit, with a request that provokes it (sdps.md §2.8, §3.1), and the proof that
 * none is left out: codes are read from the sources, endpoints from the OpenAPI document. No worker: what is started stays.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { messages } from '../../src/domain/sdps/index.ts';
import { startHeadgate } from '../harness.ts';
import {
  account,
  instanceAt,
  keyOf,
  type SampleDatabase,
  type SdpsClient,
  sampleDatabase,
  startSdps,
} from './fixture.ts';
import { operationsOf } from './operations.ts';

const aws = { account_provider: 1, account_id: '123456789012', region: '' };
const settings = {
  HEADGATE_SDPS_INSTALLED_ACCOUNTS: '123456789012,210987654321',
  HEADGATE_SDPS_ADMIN_REGION: 'eu-west-1',
  HEADGATE_SDPS_SUBNETS: 'subnet-1,subnet-2',
};

let client: SdpsClient;
let sample: SampleDatabase;
let stored: ReturnType<typeof instanceAt>;
let crawling: ReturnType<typeof instanceAt>;
beforeAll(async () => {
  client = await startSdps({ settings }, { withoutWorker: true });
  sample = await sampleDatabase();
  await client.data('POST', '/data-source/add_account', account);
  await client.data('POST', '/data-source/add_account', aws);
  await client.data('POST', '/data-source/add_account', { ...aws, account_id: '210987654321' });
  stored = instanceAt(sample);
  crawling = instanceAt(sample);
  await client.data('POST', '/data-source/add-jdbc-conn', stored);
  await client.data('POST', '/data-source/add-jdbc-conn', crawling);
  await client.data('POST', '/data-source/sync-jdbc', crawling);
});
afterAll(() => client?.stop());

const store = () => client.headgate.app.store.db;
/** A code, a path below the router, and the body to send there; a preparation where one is needed. */
type Row = readonly [code: number, path: string, body: () => unknown, prepare?: () => Promise<unknown>];
const fresh = (more: object = {}) => instanceAt(sample, { ...more });
const bucket = { account_id: 'a', region: 'eu-west-1', bucket: 'b' };
const rds = { account_id: 'a', region: 'eu-west-1', instance: 'i' };

/** The codes whose messages travel in the data of `delete-jdbc` have rows of their own below. */
const table: readonly Row[] = [
  [400, 'add_account', () => ({})],
  [1000, 'list-account', () => ({ page: 0 })],
  [1001, 'list-providers', () => undefined],
  [1005, 'delete_account', () => ({ ...account, region: 'elsewhere' })],
  [1204, 'delete-s3', () => bucket],
  [1208, 'sync-s3', () => bucket],
  [1210, 'sync-jdbc', () => crawling],
  [1212, 'sync-rds', () => rds],
  [1213, 'sync-rds', () => ({ ...rds, rds_user: 'u', rds_secret: 's' })],
  [1215, 'add_account', () => ({ ...aws, account_id: '111111111111' })],
  [1217, 'reload_organization_account', () => ({ organization_management_account_id: '1' })],
  [1218, 'sync-s3', () => ({ ...bucket, region: 'elsewhere' })],
  [1223, 'delete_account', () => aws],
  [
    1222,
    'delete_account',
    () => ({ ...aws, account_id: '210987654321' }),
    // The installation has moved to another region since.
    () => sql`update provider_account set region = 'us-east-1' where account_id = '210987654321'`.execute(store()),
  ],
  [1226, 'update-jdbc-conn', () => crawling],
  [1229, 'delete-rds', () => rds],
  [1234, 'add-jdbc-conn', () => stored],
  [
    1245,
    'add-jdbc-conn',
    () => fresh(),
    // Every native name that is tried is taken by somebody else at the same moment.
    () =>
      sql
        .raw(
          `create function taken() returns trigger language plpgsql as $$ begin
             raise unique_violation using constraint = 'data_source_name'; end $$;
           create trigger taken before insert on data_source for each row execute function taken()`,
        )
        .execute(store()),
  ],
  [1247, 'import-jdbc-conn', () => keyOf('SDPS-nothing')],
  [1249, 'query-connection-detail', () => keyOf('nowhere')],
  [1250, 'add-jdbc-conn', () => fresh({ network_subnet_id: 'subnet-3' })],
  [1251, 'add-jdbc-conn', () => fresh({ password: '' })],
  [1253, 'add-jdbc-conn', () => fresh({ jdbc_connection_url: 'jdbc:nothing' })],
  [
    1254,
    'update-jdbc-conn',
    () => ({
      ...stored,
      jdbc_connection_url: `jdbc:postgresql://${sample.host}:${sample.port}`,
      jdbc_connection_schema: '',
    }),
  ],
  [1255, 'import-jdbc-conn', () => keyOf(`SDPS-jdbc_tencent-${stored.instance_id}`)],
  [1256, 'add-jdbc-conn', () => fresh({ jdbc_connection_schema: '' })],
  [1257, 'jdbc-databases', () => ({ connection_url: 'jdbc:mysql://127.0.0.1:1', username: 'u', password: 'p' })],
  [1258, 'add_account', () => ({ ...account, account_provider: 3 })],
  [1259, 'batch-create', () => ({})],
];

for (const [code, path, body, prepare] of table) {
  it(`${code} comes of ${path}`, async () => {
    await prepare?.();
    const [got, message] = await client.said(`/data-source/${path}`, body());
    if (code === 1245) await sql.raw('drop trigger taken on data_source').execute(store());
    expect([got, message]).toEqual([code, expect.any(String)]);
    // Those of a connection carry the server's own words, 400 names the fields.
    const fixed = (messages as Readonly<Record<number, string>>)[code];
    if (fixed !== undefined && ![1208, 1257].includes(code)) expect(message).toBe(fixed);
  });
}

it('1003 comes of a token that is none', async () => {
  const answer = await client.send('POST', '/data-source/list-account', {}, { token: 'hg_none' });
  expect(answer.body).toEqual({ status: 'fail', code: 1003, message: 'Invalid token', ref: null });
});

/** What travels in the data of `delete-jdbc`, and 1224, which needs a run at the account. */
const running = [1519, 1224];
it('1519 and 1224 come of a run that is under way', async () => {
  const inAws = instanceAt(sample, { account_provider_id: 1, account_id: aws.account_id, region: 'eu-west-1' });
  await client.data('POST', '/data-source/add-jdbc-conn', inAws);
  const databases = [inAws, stored].map(({ instance_id, account_id, region, account_provider_id }) => ({
    account_id,
    region,
    database_type: account_provider_id === 1 ? 'jdbc_aws' : 'jdbc_tencent',
    database_name: instance_id,
  }));
  const { id } = await client.data('POST', '/discovery-jobs', { name: 'j', databases });
  await client.data('POST', `/discovery-jobs/${id}/start`);
  // As a worker would leave them.
  await sql`update discovery_run_database set state = 'Running'`.execute(store());
  const removed = await client.data('POST', '/data-source/delete-jdbc', {
    ...account,
    instances: [stored.instance_id, 'nowhere'],
  });
  expect(removed).toEqual([
    [stored.instance_id, messages[1519]],
    ['nowhere', messages[1249]],
  ]);
  // The same store, under settings that do not name the account as installed any more.
  const { headgate } = client;
  const later = await startHeadgate({
    at: headgate.at,
    settings: { HEADGATE_SDPS_ADMIN_REGION: 'eu-west-1' },
    overrides: { withoutWorker: true },
  });
  const asked = () =>
    later.call('POST', '/data-source/delete_account', aws, {
      as: null,
      headers: { authorization: `Bearer ${client.token}` },
    });
  expect((await asked()).body).toMatchObject({ code: 1224, message: messages[1224] });
  await client.data('POST', `/discovery-jobs/${id}/stop`);
  expect((await asked()).body.code).toBe(1001);
  expect((await asked()).body.code).toBe(1001);
  await later.stopServer();
});

/** Of workbooks; portal.test.ts provokes them. */
const ofWorkbooks = [1261, 1262];

it('leaves no code out that the router can emit', () => {
  const root = new URL('../../src/', import.meta.url);
  const sources = [
    ...['accounts', 'instances', 'storage', 'batches', 'fields', 'errors'].map((name) => `doors/sdps/${name}.ts`),
    ...readdirSync(new URL('domain/sdps', root))
      .filter((name) => !['refusals.ts', 'index.ts'].includes(name))
      .map((name) => `domain/sdps/${name}`),
  ];
  const emitted = new Set([400, 1001]);
  for (const path of sources) {
    const text = readFileSync(new URL(path, root), 'utf8');
    for (const [, inner = ''] of text.matchAll(/\b(?:refusal\(|messages\[)([^)\]]*)/g)) {
      for (const [code] of inner.matchAll(/\b1\d{3}\b/g)) emitted.add(Number(code));
    }
    if (text.includes('unforeseen()')) emitted.add(1000);
  }
  const covered = [1003, ...table.map(([code]) => code), ...running, ...ofWorkbooks];
  expect([...emitted].filter((code) => !covered.includes(code))).toEqual([]);
  expect(covered.filter((code) => !emitted.has(code))).toEqual([]);
});

it('names every endpoint of the router in a test of its own', async () => {
  const known = await operationsOf(client);
  const { body } = await client.send('GET', '/data-source/docs/json');
  const paths = Object.keys(body.paths).filter((path) => path.startsWith('/data-source/'));
  expect(paths.length).toBeGreaterThanOrEqual(50);
  expect(known.length).toBeGreaterThan(paths.length);
  const tests = ['data-source', 'codes', 'portal', 'stop'].map((name) =>
    readFileSync(new URL(`${name}.test.ts`, import.meta.url), 'utf8'),
  );
  const named = (path: string): boolean => {
    const last = path.replace('/data-source/', '');
    return tests.some((text) => text.includes(`/data-source/${last}`) || text.includes(`'${last}`));
  };
  expect(paths.filter((path) => !named(path))).toEqual([]);
});
