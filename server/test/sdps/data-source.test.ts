/** The data-source router as its clients see it (sdps.md §2, §3.1, §5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  account,
  instanceAt,
  keyOf,
  type MariadbSample,
  mariadbSample,
  type SampleDatabase,
  type SdpsClient,
  sampleDatabase,
  startSdps,
  until,
} from './fixture.ts';

let client: SdpsClient;
let sample: SampleDatabase;
let maria: MariadbSample;
beforeAll(async () => {
  client = await startSdps({
    settings: { HEADGATE_SDPS_INSTALLED_ACCOUNTS: '123456789012', HEADGATE_SDPS_ADMIN_REGION: 'eu-west-1' },
  });
  [sample, maria] = await Promise.all([sampleDatabase(), mariadbSample()]);
  await client.data('POST', '/data-source/add_account', account);
});
afterAll(() => client?.stop());

const list = (provider = 2, more: object = {}) =>
  client.data('POST', `/data-source/list-jdbc?provider_id=${provider}`, { size: 100, ...more });
const find = async (key: Record<string, unknown>) =>
  (await list()).items.find((one: { instance_id: string }) => one.instance_id === key.instance_id);
const add = (body: object) => client.data('POST', '/data-source/add-jdbc-conn', body);
const mariadbUrl = () => `jdbc:mysql://${maria.host}:${maria.port}`;

describe('the transport', () => {
  it('answers 200 with an envelope, and 404, 405, 307 where the router says so', async () => {
    const good = await client.post('/data-source/list-providers');
    expect([good.status, good.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(good.body).toMatchObject({ status: 'success', code: 1001, message: 'Operation succeeded' });
    const bad = await client.post('/data-source/add_account', {});
    expect([bad.status, bad.body]).toEqual([
      200,
      {
        status: 'fail',
        code: 400,
        message:
          'body.account_provider=>field required , body.account_id=>field required , body.region=>field required',
        ref: null,
      },
    ]);
    const lost = await client.post('/data-source/nothing-here');
    expect([lost.status, lost.body]).toEqual([404, { detail: 'Not Found' }]);
    const wrong = await client.send('GET', '/data-source/list-account');
    expect([wrong.status, wrong.body]).toEqual([405, { detail: 'Method Not Allowed' }]);
    const slash = await client.post('/data-source/list-account/', {});
    expect([slash.status, slash.headers.get('location')]).toEqual([307, '/data-source/list-account']);
  });

  it('asks who it is first, on unknown routes too', async () => {
    const invalid = { status: 'fail', code: 1003, message: 'Invalid token', ref: null };
    const wrong: Record<string, string>[] = [
      {},
      { authorization: 'Bearer' },
      { authorization: 'Bearer x.y.z' },
      { 'x-api-key': 'wrong' },
    ];
    for (const headers of wrong) {
      for (const path of ['/data-source/list-account', '/data-source/unknown', '/catalog/unknown']) {
        const answer = await client.send('POST', path, {}, { token: null, headers });
        expect([answer.status, answer.body]).toEqual([200, invalid]);
      }
    }
    const keyed = await client.send(
      'POST',
      '/data-source/list-account',
      {},
      { token: null, headers: { 'x-api-key': client.token } },
    );
    expect(keyed.body.code).toBe(1001);
    // The scheme's word is not looked at; a wrong key falls through to the token.
    const odd = { authorization: `Whatever ${client.token}`, 'x-api-key': 'wrong' };
    expect((await client.send('POST', '/data-source/list-account', {}, { token: null, headers: odd })).body.code).toBe(
      1001,
    );
    await client.headgate.createUser('nobody');
    const stranger = await client.send(
      'POST',
      '/data-source/list-account',
      {},
      { token: client.headgate.token('nobody') },
    );
    expect(stranger.body).toEqual(invalid);
    const open = await client.send('GET', '/config/getConfig', undefined, { token: null });
    expect(open.body).toMatchObject({ aws_api_endpoint: '/api', aws_project_region: 'eu-west-1' });
  });

  it('says what is wrong as its clients expect it', async () => {
    const path = '/data-source/add_account';
    const required =
      'body.account_provider=>field required , body.account_id=>field required , body.region=>field required';
    const cases: readonly (readonly [unknown, number, string | RegExp])[] = [
      [[], 400, required],
      [undefined, 400, 'body=>field required'],
      ['"text"', 400, 'body=>value is not a valid dict'],
      ['12', 400, 'body=>value is not a valid dict'],
      ['{broken', 1000, /CloudWatch/],
      [{ ...account, account_provider: 'x' }, 400, 'body.account_provider=>value is not a valid integer'],
      [{ ...account, account_provider: null }, 400, 'body.account_provider=>none is not an allowed value'],
      [{ ...account, account_id: [] }, 400, 'body.account_id=>str type expected'],
      [
        { ...account, account_id: 'x'.repeat(256) },
        400,
        'body.account_id=>ensure this value has at most 255 characters',
      ],
    ];
    for (const [body, code, message] of cases) {
      const [gotCode, gotMessage] = await client.said(path, body);
      expect([body, gotCode]).toEqual([body, code]);
      if (typeof message === 'string') expect(gotMessage).toBe(message);
      else expect(gotMessage).toMatch(message);
    }
    expect(await client.said('/data-source/list-jdbc', {})).toEqual([400, 'query.provider_id=>field required']);
    expect(await client.said('/data-source/list-jdbc?provider_id=x', {})).toEqual([
      400,
      'query.provider_id=>value is not a valid integer',
    ]);
    expect((await client.said('/data-source/refresh', { accounts: 'a' }))[1]).toBe(
      'body.accounts=>value is not a valid list',
    );
    expect((await client.said('/data-source/refresh', { accounts: [], type: 'x' }))[1]).toBe(
      "body.type=>value is not a valid enumeration member; permitted: 's3', 'rds', 'ddb', 'glue_database', 'jdbc', 'all'",
    );
    expect((await client.said('/data-source/delete-jdbc', { ...account, instances: [null] }))[0]).toBe(1000);
    expect((await client.said('/data-source/add-jdbc-conn', { ...keyOf(), glue_crawler_last_updated: 'x' }))[1]).toBe(
      'body.glue_crawler_last_updated=>invalid datetime format',
    );
    expect((await client.said('/data-source/add-jdbc-conn', {}))[0]).toBe(1000);
  });

  it('coerces as its clients are used to', async () => {
    await client.data('POST', '/data-source/add_account', {
      account_provider: '2',
      account_id: 7.0,
      region: true,
      extra: [],
    });
    const { items } = await client.data('POST', '/data-source/list-account', {
      conditions: [{ column: 'account_id', values: [7], operation: '=' }],
    });
    expect(items).toMatchObject([{ account_id: '7', region: 'True', account_provider_id: 2 }]);
    await client.data('POST', '/data-source/add_account', { account_provider: 2.7, account_id: '', region: '' });
    await client.data('POST', '/data-source/delete_account', { account_provider: 1, account_id: '', region: '' });
  });
});

describe('accounts', () => {
  it('shows a new account as the original does', async () => {
    await client.data('POST', '/data-source/add_account', { ...account, account_id: 'Fresh', account_provider: 99 });
    const { items, total, page, size, pages } = await client.data('POST', '/data-source/list-account', {
      conditions: [{ column: 'account_id', values: ['FRESH'] }],
    });
    expect({ total, page, size, pages }).toEqual({ total: 1, page: 1, size: 20, pages: 1 });
    expect(items[0]).toMatchObject({
      id: expect.any(Number),
      account_id: 'Fresh',
      account_provider_id: 99,
      status: 1,
      total_jdbc_instance: 0,
      connected_jdbc_instance: 0,
      detection_role_status: 0,
      detection_role_name: expect.any(String),
      total_s3_bucket: null,
      connect_rds_instance: null,
      stack_id: null,
    });
    expect(items[0].last_updated).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  });

  it('takes a number once, over all providers and ignoring case', async () => {
    const text =
      'A duplicate account with the same name already exists. Please note that account names must be unique.';
    expect(
      await client.said('/data-source/add_account', { account_provider: 3, account_id: 'TC-001', region: 'x' }),
    ).toEqual([1258, text]);
  });

  it('adds AWS accounts that are installed, with the admin region', async () => {
    const aws = { account_provider: 1, account_id: '111111111111', region: '' };
    expect((await client.said('/data-source/add_account', aws))[0]).toBe(1215);
    await client.data('POST', '/data-source/add_account', { ...aws, account_id: '123456789012', region: 'mars' });
    const { items } = await client.data('POST', '/data-source/list-account', {
      conditions: [{ column: 'account_provider_id', values: ['1'], operation: 'in' }],
    });
    expect(items).toMatchObject([{ account_id: '123456789012', region: 'eu-west-1', total_s3_bucket: 0 }]);
    expect((await client.said('/data-source/delete_account', { ...aws, account_id: '123456789012' }))[0]).toBe(1223);
  });

  it('deletes by number alone, but in the right region; unknown ones are fine', async () => {
    await client.data('POST', '/data-source/add_account', { ...account, account_id: 'gone' });
    expect((await client.said('/data-source/delete_account', { ...account, account_id: 'gone', region: 'x' }))[0]).toBe(
      1005,
    );
    const deleted = { account_provider: 1, account_id: 'GONE', region: account.region };
    expect((await client.said('/data-source/delete_account', deleted))[0]).toBe(1001);
    expect((await client.said('/data-source/delete_account', deleted))[0]).toBe(1001);
  });

  it('hides sources with their account and brings them back', async () => {
    const other = { ...account, account_id: 'comes-back' };
    await client.data('POST', '/data-source/add_account', other);
    const body = instanceAt(sample, { account_id: 'comes-back' });
    await add(body);
    expect(await find(body)).toBeDefined();
    await client.data('POST', '/data-source/delete_account', other);
    expect(await find(body)).toBeUndefined();
    expect((await client.data('GET', '/data-source/coverage?provider_id=2')).jdbc_total).toBe((await list()).total);
    await client.data('POST', '/data-source/add_account', other);
    expect(await find(body)).toBeDefined();
    const { items } = await client.data('POST', '/data-source/list-account', {
      conditions: [{ column: 'account_id', values: ['comes-back'] }],
    });
    expect(items[0].total_jdbc_instance).toBe(1);
  });

  it('answers what the portal asks beside', async () => {
    expect(await client.data('GET', '/data-source/admin_account_info')).toEqual({
      account_id: '000000000000',
      region: 'eu-west-1',
    });
    const providers = await client.data('POST', '/data-source/list-providers');
    expect(providers.map((one: { provider_name: string }) => one.provider_name)).toEqual([
      'AWS Cloud',
      'Tencent Cloud',
      'Google Cloud',
      'JDBC Proxy',
    ]);
    const infos = await client.data('POST', '/data-source/query-full-provider-infos', {});
    expect(infos.map((one: { resources: object[] }) => one.resources.length)).toEqual([4, 1, 1, 0]);
    const regions = await client.data('GET', '/data-source/query-regions-by-provider?provider_id=3');
    expect([regions.length, regions[0].id, regions[0].region_name]).toEqual([38, 81, 'asia-east1']);
    expect(await client.data('GET', '/data-source/query-regions-by-provider?provider_id=x')).toEqual([]);
    expect(await client.data('GET', '/data-source/coverage?provider_id=77')).toMatchObject({
      jdbc_total: 0,
      s3_total: null,
    });
    expect((await client.data('GET', '/data-source/coverage?provider_id=1')).s3_total).toBe(0);
    const [first] = await client.data('GET', '/data-source/dashboard/agg-data-location-list');
    expect(first).toMatchObject({ source: 'TENCENT CLOUD', region: 'ap-guangzhou-1', provider_id: 2 });
    expect(await client.data('POST', '/data-source/refresh', { provider_id: 2, accounts: ['tc-001', 'x'] })).toBe(true);
    expect(
      (await client.said('/data-source/reload_organization_account', { organization_management_account_id: '1' }))[0],
    ).toBe(1217);
  });
});

describe('adding instances', () => {
  it('stores what was sent and shows it, but no password', async () => {
    const body = instanceAt(sample, { glue_crawler_last_updated: '2024-01-01T00:00:00', creation_time: 'x' });
    await add(body);
    const row = await find(body);
    expect(row).toMatchObject({
      ...keyOf(String(body.instance_id)),
      description: 'd',
      jdbc_connection_url: body.jdbc_connection_url,
      jdbc_connection_schema: sample.database,
      jdbc_enforce_ssl: 'false',
      master_username: sample.username,
      password: null,
      secret: null,
      create_type: 1,
      data_source_id: null,
      detection_history_id: 0,
      connection_status: null,
      glue_database: `SDPS-jdbc_tencent-${body.instance_id}`,
      glue_crawler: `SDPS-jdbc_tencent-${body.instance_id}`,
      glue_state: 'AUTHORIZED',
      glue_crawler_last_updated: null,
      creation_time: null,
    });
    expect(row.id).toBeUndefined();
    const native = await client.headgate.api('GET', `/sources/${body.instance_id}`);
    expect(native.body).toMatchObject({
      engine: 'postgresql',
      host: sample.host,
      port: sample.port,
      database: sample.database,
    });
    const queried = await client.headgate.api('POST', `/sources/${body.instance_id}/query`, {
      sql: 'select count(*) n from people',
    });
    expect(queried.text).toContain('"3"');
  });

  it('refuses in the order of the steps, and a corrected retry succeeds', async () => {
    const body = instanceAt(sample);
    const wrong = (more: object) => client.said('/data-source/add-jdbc-conn', { ...body, ...more });
    const codes: readonly (readonly [object, number])[] = [
      [{ jdbc_connection_url: null }, 1000],
      [{ instance_id: null }, 1000],
      [{ jdbc_connection_schema: '' }, 1256],
      [{ jdbc_connection_schema: null, jdbc_connection_url: 'jdbc:oracle:thin://@h:1521/x' }, 1253],
      [{ jdbc_connection_schema: '', jdbc_connection_url: mariadbUrl(), password: 'wrong' }, 1257],
      [{ jdbc_connection_schema: '', jdbc_connection_url: 'jdbc:mysql://h:port' }, 1000],
      [{ password: '' }, 1251],
      [{ master_username: null }, 1251],
      [{ secret: 'no-such-secret' }, 1251],
      [{ jdbc_connection_url: 'jdbc:mariadb://h:1/x' }, 1253],
      [{ jdbc_connection_url: 'jdbc:postgresql://h/x' }, 1253],
      [{ jdbc_connection_url: 'JDBC:postgresql://h:1/x' }, 1253],
      [{ jdbc_connection_url: 'jdbc:sqlserver://h:1' }, 1253],
      [{ jdbc_connection_url: '' }, 1253],
      [{ jdbc_connection_url: `${mariadbUrl()}/x`, password: 'wrong' }, 1257],
      [{ account_provider_id: 1, account_id: 'not-installed' }, 1000],
      [{}, 1001],
      [{}, 1234],
      [{ account_id: 'another', region: 'elsewhere' }, 1234],
    ];
    for (const [more, code] of codes) expect([more, (await wrong(more))[0]]).toEqual([more, code]);
    expect((await wrong({ account_provider_id: 3 }))[0]).toBe(1001); // another provider is another namespace
    const [, driver] = await client.said('/data-source/jdbc-databases', {
      connection_url: mariadbUrl(),
      username: 'x',
      password: 'y',
    });
    expect(driver).toMatch(/denied/i);
  });

  it('lists the databases of MySQL where none are named', async () => {
    const body = instanceAt(sample, {
      jdbc_connection_url: mariadbUrl(),
      jdbc_connection_schema: '',
      master_username: maria.username,
      password: maria.password,
    });
    await add(body);
    expect((await find(body)).jdbc_connection_schema).toBe(maria.database);
    const asked = { connection_url: mariadbUrl(), username: maria.username, password: maria.password };
    expect(await client.data('POST', '/data-source/jdbc-databases', asked)).toEqual([maria.database]);
    const codes = [
      ['jdbc:postgresql://h:1', 1256],
      ['jdbc:mysql://h', 1253],
      ['jdbc:mysql://h:x', 1000],
      ['jdbc:mysql://127.0.0.1:1', 1257],
    ] as const;
    for (const [connection_url, code] of codes) {
      expect([connection_url, (await client.said('/data-source/jdbc-databases', { connection_url }))[0]]).toEqual([
        connection_url,
        code,
      ]);
    }
  });

  it('keeps names of AWS apart by account, ignoring case', async () => {
    const aws = instanceAt(sample, {
      account_provider_id: 1,
      account_id: '123456789012',
      region: 'eu-west-1',
      instance_id: 'Prod',
    });
    await add(aws);
    expect((await client.said('/data-source/add-jdbc-conn', { ...aws, instance_id: 'PROD', region: 'x' }))[0]).toBe(
      1234,
    );
  });
});

describe('one instance', () => {
  it('is shown with its password masked, and the mask keeps the password', async () => {
    const body = instanceAt(sample);
    await add(body);
    const detail = await client.data('POST', '/data-source/query-connection-detail', body);
    expect(detail).toMatchObject({
      Name: `SDPS-jdbc_tencent-${body.instance_id}`,
      ConnectionType: 'JDBC',
      ConnectionProperties: { USERNAME: sample.username, PASSWORD: '********', JDBC_ENFORCE_SSL: 'false' },
      PhysicalConnectionRequirements: { SubnetId: 'subnet-1', SecurityGroupIdList: ['sg-1'], AvailabilityZone: '' },
    });
    await client.data('POST', '/data-source/update-jdbc-conn', { ...body, password: '********', description: null });
    expect(await client.data('POST', '/data-source/test-jdbc-conn', body)).toBeNull();
    expect(await find(body)).toMatchObject({
      connection_status: 'SUCCESS',
      description: null,
      glue_state: 'AUTHORIZED',
    });
    const unknown = keyOf('nowhere');
    for (const path of ['query-connection-detail', 'test-jdbc-conn', 'sync-jdbc']) {
      expect([path, await client.said(`/data-source/${path}`, unknown)]).toEqual([
        path,
        [1249, 'JDBC connection not exist'],
      ]);
    }
  });

  it('is replaced by an edit, field by field', async () => {
    const body = instanceAt(sample);
    await add(body);
    const edit = (more: object) => client.said('/data-source/update-jdbc-conn', { ...body, ...more });
    expect((await edit({ jdbc_connection_url: 'x' }))[0]).toBe(1253);
    expect((await edit({ jdbc_connection_url: 'jdbc:postgresql://h:1', jdbc_connection_schema: '' }))[0]).toBe(1254);
    expect((await edit({ jdbc_connection_url: mariadbUrl(), password: 'wrong' }))[0]).toBe(1257);
    expect((await edit({ region: 'elsewhere' }))[0]).toBe(1249);
    // The path that the protocol's documentation prints for it.
    await client.data('POST', '/data-source/delete_account', { ...body, description: 'by the printed path' });
    expect((await find(body)).description).toBe('by the printed path');
    const { instance_id, account_provider_id, account_id, region, jdbc_connection_url } = body;
    const bare = {
      instance_id,
      account_provider_id,
      account_id,
      region,
      jdbc_connection_url,
      jdbc_enforce_ssl: 'false',
    };
    await client.data('POST', '/data-source/update-jdbc-conn', bare);
    const row = await find(body);
    expect(row).toMatchObject({
      description: null,
      master_username: null,
      network_subnet_id: null,
      jdbc_connection_schema: null,
      create_type: 1,
    });
    expect(row.glue_crawler_last_updated).toMatch(/^20/);
    await client.data('POST', '/data-source/test-jdbc-conn', body);
    expect((await find(body)).connection_status).toBe('FAIL'); // the login went with the edit
  });

  it('is deleted one by one, each with its reason', async () => {
    const [one, two] = [instanceAt(sample), instanceAt(sample)];
    await add(one);
    await add(two);
    const asked = { ...account, instances: [one.instance_id, 'nowhere', two.instance_id, one.instance_id] };
    const gone = 'JDBC connection not exist';
    expect(await client.data('POST', '/data-source/delete-jdbc', asked)).toEqual([
      [one.instance_id, ''],
      ['nowhere', gone],
      [two.instance_id, ''],
      [one.instance_id, gone],
    ]);
    expect(await client.data('POST', '/data-source/delete-jdbc', { ...account, instances: [] })).toEqual([]);
    await add(one); // the name is free again
  });

  it('cannot be imported, because every connection is an instance already', async () => {
    const body = instanceAt(sample);
    await add(body);
    const named = keyOf(`SDPS-jdbc_tencent-${body.instance_id}`);
    expect((await client.said('/data-source/import-jdbc-conn', named))[0]).toBe(1255);
    expect((await client.said('/data-source/import-jdbc-conn', keyOf('SDPS-x')))[0]).toBe(1247);
  });

  it('is catalogued by a job', async () => {
    const body = instanceAt(sample);
    await add(body);
    await client.data('POST', '/data-source/sync-jdbc', body);
    await until(async () => ((await find(body)).glue_state === 'ACTIVE' ? true : undefined));
    expect((await client.data('GET', '/data-source/coverage?provider_id=2')).jdbc_connected).toBeGreaterThan(0);
    const failing = instanceAt(sample, { password: 'wrong' });
    await add(failing);
    await client.data('POST', '/data-source/sync-jdbc', failing);
    const state = await until(async () => {
      const { glue_state } = await find(failing);
      return ['CRAWLING', 'AUTHORIZED'].includes(glue_state) ? undefined : glue_state;
    });
    expect(state).toMatch(/password authentication failed/);
  });
});

describe('sources made elsewhere', () => {
  it('appear in the home container, for those who may see them', async () => {
    const native = {
      name: 'native',
      engine: 'postgresql',
      host: 'db.example',
      port: 5432,
      database: 'shop',
      username: 'u',
      password: 'p',
    };
    expect((await client.headgate.api('POST', '/sources', native)).status).toBe(201);
    const { items } = await list(4);
    expect(items).toMatchObject([
      {
        instance_id: 'native',
        account_provider_id: 4,
        account_id: 'headgate',
        region: 'local',
        jdbc_connection_url: 'jdbc:postgresql://db.example:5432/shop',
        glue_state: null,
      },
    ]);
    const accounts = await client.data('POST', '/data-source/list-account', {
      conditions: [{ column: 'account_id', values: ['headgate'] }],
    });
    expect(accounts.items).toMatchObject([{ account_provider_id: 4, region: 'local', total_jdbc_instance: 1 }]);
    const used = await client.data('POST', '/data-source/query-glue-connections', {
      account_provider_id: 4,
      account_id: 'headgate',
      region: 'local',
    });
    expect(used).toMatchObject([{ Name: 'SDPS-jdbc_proxy-native', usedBy: 'JDBC PROXY-headgate' }]);
  });
});

describe('lists', () => {
  it('page, filter and sort', async () => {
    const accounts = (more: object) => client.said('/data-source/list-account', more);
    for (const wrong of [
      { page: 0 },
      { size: 0 },
      { size: 101 },
      { page: null },
      { sort_column: 'nothing' },
      { conditions: [{ column: 'nothing', values: ['x'] }] },
      { conditions: [{ column: 'region', values: [] }] },
      { conditions: [{ column: 'region', values: ['a', 'b'] }] },
      { conditions: [{ values: [null] }] },
    ]) {
      expect([wrong, (await accounts(wrong))[0]]).toEqual([wrong, 1000]);
    }
    const all = await client.data('POST', '/data-source/list-account', { size: 100 });
    const past = await client.data('POST', '/data-source/list-account', { page: 99, size: 2 });
    expect(past).toEqual({ items: [], total: all.total, page: 99, size: 2, pages: Math.ceil(all.total / 2) });
    const sorted = await client.data('POST', '/data-source/list-account', {
      sort_column: 'account_id',
      asc: false,
      size: 100,
    });
    const ids = sorted.items.map((one: { account_id: string }) => one.account_id);
    expect(ids).toEqual([...ids].sort().reverse());
    const names = async (condition: object) =>
      (await client.data('POST', '/data-source/list-account', { size: 100, conditions: [condition] })).items.map(
        (one: { account_id: string }) => one.account_id,
      );
    expect(await names({ values: ['C-00'] })).toEqual(['tc-001']);
    expect(await names({ column: 'account_id', values: ['tc%1'], operation: ':' })).toEqual(['tc-001']);
    expect(await names({ values: ['tc%1'] })).toEqual([]);
    expect(await names({ column: 'account_id', values: ['tc'], operation: '!:' })).not.toContain('tc-001');
    expect((await names({ column: 'account_alias', values: ['x'], operation: '!:' })).length).toBe(all.total);
    expect(await names({ column: 'account_alias', values: ['x'], operation: '!=' })).toEqual([]);
  });

  it('of storage that Headgate does not have are empty, and its members are not there', async () => {
    for (const path of ['list-s3', 'list-rds', 'list-glue-database']) {
      expect(await client.data('POST', `/data-source/${path}`, { size: 5 })).toEqual({
        items: [],
        total: 0,
        page: 1,
        size: 5,
        pages: 0,
      });
      expect((await client.said(`/data-source/${path}`, { size: 500 }))[0]).toBe(1000);
    }
    const bucket = { account_id: 'a', region: 'eu-west-1', bucket: 'b' };
    const rds = { account_id: 'a', region: 'eu-west-1', instance: 'i' };
    const cases: readonly (readonly [string, object, number])[] = [
      ['sync-s3', { ...bucket, region: 'x' }, 1218],
      ['sync-s3', bucket, 1208],
      ['sync-s3', { ...bucket, bucket: '*' }, 1001],
      ['delete-s3', bucket, 1204],
      ['disconnect-delete-catalog-s3', bucket, 1204],
      ['delete-catalog-s3', bucket, 1204],
      ['hide-s3', bucket, 1204],
      ['sync-rds', rds, 1212],
      ['sync-rds', { ...rds, rds_user: 'u', rds_secret: 's' }, 1213],
      ['sync-rds', { ...rds, rds_user: 'u', region: 'x' }, 1218],
      ['sync-rds', { ...rds, rds_secret: 's' }, 1208],
      ['delete-rds', rds, 1229],
      ['delete-catalog-rds', rds, 1229],
      ['disconnect-delete-catalog-rds', rds, 1229],
      ['hide-rds', rds, 1229],
      ['sync-glue-database', {}, 1001],
      ['import-glue-database', {}, 1000],
      ['delete-glue-database', { ...account, name: 'n' }, 1000],
      ['hide-glue-database', { ...account, name: 'n' }, 1000],
      ['query-glue-databases', { account_id: 'a', region: 'b' }, 1001],
      ['list-buckets', { account_provider_id: 1, account_id: 'a', region: 'b' }, 1001],
      ['test-glue-conn?account=a&connection=b', {}, 1000],
      ['batch-delete?account=a&datasource_list=b', {}, 1001],
    ];
    for (const [path, body, code] of cases) {
      expect([path, body, (await client.said(`/data-source/${path}`, body))[0]]).toEqual([path, body, code]);
    }
  });

  it('of networks and secrets give the portal’s form what it indexes', async () => {
    const { vpcs } = await client.data('POST', '/data-source/query-account-network', {
      account_provider_id: 2,
      account_id: 'x',
      region: 'y',
    });
    expect(vpcs[0].subnets[0].subnetId).toBeTruthy();
    expect(vpcs[0].securityGroups[0].securityGroupName).toBe('SDPS-CustomDB');
    expect(await client.data('GET', '/data-source/secrets?provider=2&account=a&region=b')).toEqual([]);
    const page = await client.data(
      'POST',
      '/data-source/list-resources-by-database-type?database_type=jdbc_tencent&account_id=TC-001',
      { size: 3 },
    );
    expect(page.items.every((one: { account_id: string }) => one.account_id === 'tc-001')).toBe(true);
  });
});
