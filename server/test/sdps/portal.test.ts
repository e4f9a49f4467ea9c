/** Workbooks, dashboards, filter boxes and settings: what the portal asks beside (sdps.md §3.1–§3.5, §5.6). */
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWorkbook, writeWorkbook } from '../../src/platform/workbook/index.ts';
import {
  account,
  instanceAt,
  mariadbSample,
  type SampleDatabase,
  type SdpsClient,
  sampleDatabase,
  startSdps,
  until,
} from './fixture.ts';

let client: SdpsClient;
let sample: SampleDatabase;
let instance: ReturnType<typeof instanceAt>;
beforeAll(async () => {
  client = await startSdps();
  sample = await sampleDatabase();
  await sample.execute(
    `create table contact (id int, email text); insert into contact select g, 'm' || g || '@example.org' from generate_series(1, 9) g;
     grant select on contact to ${sample.username}`,
  );
  await client.data('POST', '/data-source/add_account', account);
  instance = instanceAt(sample, { instance_id: 'kept' });
  await client.data('POST', '/data-source/add-jdbc-conn', instance);
  await client.data('POST', '/template/template-mappings', { template_id: 1, identifier_ids: [11], status: 1 });
  const { id } = await client.data('POST', '/discovery-jobs', {
    name: 'first',
    databases: [
      { account_id: account.account_id, region: account.region, database_type: 'jdbc_tencent', database_name: 'kept' },
    ],
  });
  await client.data('POST', `/discovery-jobs/${id}/start`);
  await until(async () =>
    (await client.data('GET', `/discovery-jobs/${id}`)).state === 'Completed' ? true : undefined,
  );
});
afterAll(() => client?.stop());

/** Uploads a file as a form does. */
async function upload(path: string, content: Uint8Array, fileName = 'batch.xlsx', part = 'files') {
  const form = new FormData();
  form.append(part, new Blob([Uint8Array.from(content)]), fileName);
  const answer = await fetch(client.headgate.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}` },
    body: form,
  });
  return (await answer.json()) as { code: number; data: string; message: string };
}
async function download(link: string): Promise<Buffer> {
  const answer = await fetch(link);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}
const sheetOf = async (link: string, sheet = 'OriginTemplate') => readWorkbook(await download(link))?.get(sheet);
const named = (path: string, name: string) => client.data('POST', `${path}?filename=${name}`);

describe('batches of data sources', () => {
  it('are refused when they are no workbook, have no sheet, or nothing in it', async () => {
    const nothing = await writeWorkbook([{ name: 'Other', rows: [['x']] }]);
    const empty = await writeWorkbook([{ name: 'OriginTemplate', rows: [['notes'], ['InstanceName'], ['', ' ']] }]);
    for (const path of ['/data-source/batch-create', '/template/batch-create']) {
      expect([path, (await upload(path, empty, 'batch.csv')).code]).toEqual([path, 1259]);
      expect([path, (await upload(path, Buffer.from('PK'))).code]).toEqual([path, 1259]);
      expect([path, (await upload(path, empty, 'batch.xlsx', 'other')).code]).toEqual([path, 1259]);
      expect([path, (await client.post(path, {})).body.code]).toEqual([path, 1259]);
      expect([path, await upload(path, nothing)]).toMatchObject([
        path,
        { code: 1261, message: 'Sheet [OriginTemplate] not found in the Excel file' },
      ]);
      expect([path, (await upload(path, empty)).code]).toEqual([path, 1262]);
    }
  });

  it('add what is right, row by row, and report the rest', async () => {
    const maria = await mariadbSample();
    const url = String(instance.jdbc_connection_url);
    const at = [account.account_id, account.region, '2'];
    const login = [sample.username, sample.password];
    const rows: readonly (readonly [string[], string, RegExp])[] = [
      [['one', '0', 'first', url, sample.database, '', ...login, ...at], 'SUCCESSED', /^$/],
      [
        ['two', '0', '', `jdbc:mysql://${maria.host}:${maria.port}`, '', '', maria.username, maria.password, ...at],
        'SUCCESSED',
        /^$/,
      ],
      [['kept', '0', '', url, sample.database, '', ...login, ...at], 'WARNING', /already exists/],
      [['', '0', '', url, sample.database, '', ...login, ...at], 'FAILED', /InstanceName is missing/],
      [['three', '0', '', url, sample.database, '', '', '', ...at], 'FAILED', /Username is missing/],
      [['three', '2', '', url, sample.database, '', ...login, ...at], 'FAILED', /SSL/],
      [['three', '0', '', 'jdbc:nothing', sample.database, '', ...login, ...at], 'FAILED', /JDBC URL is incorrect/],
      [['three', '0', '', url, '', '', ...login, ...at], 'FAILED', /JDBC_Databases is missing/],
      [['three', '0', 'd'.repeat(2049), url, sample.database, '', ...login, ...at], 'FAILED', /Description/],
      [['three', '0', '', url, sample.database, '', ...login, ...at.slice(0, 2), 'x'], 'FAILED', /ProviderID/],
      [['one', '0', '', url, sample.database, '', ...login, ...at], 'FAILED', /repeated/],
      [
        ['three', '0', '', url, sample.database, '', ...login, 'nobody', account.region, '2'],
        'FAILED',
        /no such account/,
      ],
      [['three', '0', '', url, sample.database, 'no-such-secret', '', '', ...at], 'FAILED', /Validation/],
    ];
    const template = await sheetOf(await named('/data-source/download-batch-file', 'template-en-1'));
    expect(template?.[1]?.slice(0, 2)).toEqual(['InstanceName', 'SSL']);
    const lines = rows.flatMap(([cells], index) => (index === 3 ? [[], cells] : [cells]));
    const file = await writeWorkbook([{ name: 'OriginTemplate', rows: [...template!, ...lines] }]);
    const { code, data: report } = await upload('/data-source/batch-create', file, 'Batch.XLSM');
    expect(code).toBe(1001);
    expect(report).toMatch(/^report_\d+\.\d+$/);
    expect(await client.data('POST', `/data-source/query-batch-status?batch=${report}`)).toEqual({
      success: 2,
      warning: 1,
      failed: 10,
    });
    const told = await sheetOf(await named('/data-source/download-batch-file', report));
    expect(told?.[1]?.slice(-2)).toEqual(['Result', 'Details']);
    for (const [index, [, result, details]] of rows.entries()) {
      const row = told![index + 2]!;
      expect([index, row[11]]).toEqual([index, result]);
      expect([index, row[12] ?? '']).toEqual([index, expect.stringMatching(details)]);
    }
    expect(JSON.stringify(told)).not.toContain(sample.password);
    const { items } = await client.data('POST', '/data-source/list-jdbc?provider_id=2', {});
    expect(items.map((one: { instance_id: string }) => one.instance_id).sort()).toEqual(['kept', 'one', 'two']);
    expect(await client.data('POST', `/data-source/delete-report?key=${report}`)).toBeNull();
    expect(await client.data('POST', `/data-source/query-batch-status?batch=${report}`)).toBe(0);
    expect((await fetch(await named('/data-source/download-batch-file', report))).status).toBe(403);
  });

  it('go out as a workbook of all kinds', async () => {
    const workbook = readWorkbook(await download(await client.data('POST', '/data-source/export-datasource?key=1714')));
    expect([...(workbook?.keys() ?? [])]).toEqual(['S3', 'RDS', 'GLUE', 'JDBC']);
    const jdbc = workbook!.get('JDBC')!;
    expect(jdbc[0]).toEqual([
      'type',
      'account_id',
      'region',
      'instance_name',
      'description',
      'location',
      'crawler_status',
      'last_updated_at',
      'last_updated_by',
    ]);
    expect(jdbc[1]?.slice(0, 4)).toEqual(['jdbc_tencent', account.account_id, account.region, 'kept']);
    expect(jdbc[1]?.[6]).toBe('ACTIVE');
  });
});

describe('identifiers', () => {
  it('come in and go out by workbook', async () => {
    const template = await sheetOf(await named('/template/download-batch-file', 'identifier-template-zh'));
    const rows: readonly (readonly [string[], string, RegExp])[] = [
      [['badge', 'of staff', 'B-[0-9]+', 'badge,card', 'old', '20', '1', 'PERSONAL', 'S3'], 'SUCCESSED', /^$/],
      [['EMAIL', '', 'x'], 'WARNING', /same name/],
      [['', '', 'x'], 'FAILED', /Name is missing/],
      [['c', '', ''], 'FAILED', /Rule and Header Keywords/],
      [['d', '', 'x', '', '', 'far'], 'FAILED', /no number/],
      [['e', '', 'x', '', '', '', '', 'NOTHING'], 'FAILED', /no category NOTHING/],
    ];
    const file = await writeWorkbook([
      { name: 'OriginTemplate', rows: [...template!, ...rows.map(([cells]) => cells)] },
    ]);
    const { data: report } = await upload('/template/batch-create', file);
    expect(await client.data('POST', `/template/query-batch-status?batch=${report}`)).toEqual({
      success: 1,
      warning: 1,
      failed: 4,
    });
    const told = await sheetOf(await named('/template/download-batch-file', report));
    for (const [index, [, result, details]] of rows.entries()) {
      expect([told![index + 2]![9], told![index + 2]![10] ?? '']).toEqual([result, expect.stringMatching(details)]);
    }
    const exported = await sheetOf(await client.data('POST', '/template/export-identify?key=1'));
    expect(exported?.slice(2)).toEqual([
      ['badge', 'of staff', 'B-[0-9]+', 'badge,card', 'old', '20', '1', 'PERSONAL', 'S3'],
    ]);
    expect(await client.data('POST', `/template/delete-report?key=${report}`)).toBeNull();
  });
});

describe('the catalog', () => {
  const key = new URLSearchParams({
    account_id: account.account_id,
    region: account.region,
    database_type: 'jdbc_tencent',
    database_name: 'kept',
  });

  it('is summed up for dashboards', async () => {
    const board = (path: string) => client.data('GET', `/catalog/dashboard/${path}`);
    expect(await board('agg-catalog-summay?database_type=jdbc_tencent')).toEqual({
      instance_total: 1,
      database_total: 1,
      table_total: 2,
      column_total: 4,
      column_chart: [{ classification: 'postgresql', table_total: 2 }],
    });
    expect(await board('agg-catalog-summay?database_type=s3')).toEqual({
      database_total: 0,
      object_total: 0,
      size_total: 0,
      column_chart: [],
    });
    expect(await board(`agg-catalog-summay-by-provider-region?provider_id=2&region=${account.region}`)).toEqual([
      {
        database_type: 'jdbc_tencent',
        database_total: 1,
        instance_total: 1,
        object_total: 0,
        size_total: 0,
        table_total: 2,
        row_total: 4,
      },
    ]);
    expect(await board('agg-catalog-summay-by-privacy?database_type=jdbc')).toEqual([
      { privacy: 0, database_total: 0, instance_total: 0, row_total: 3, size_total: 0, table_total: 1 },
      { privacy: 1, database_total: 1, instance_total: 1, row_total: 1, size_total: 0, table_total: 1 },
    ]);
    expect(await board('agg-catalog-top-n?database_type=jdbc_tencent&top_n=5')).toMatchObject({
      account_top_n: [{ name: account.account_id, data_source_count: 1 }],
      identifier_top_n: [{ name: 'EMAIL', data_source_count: 1, props: [{ prop_name: 'PERSONAL' }, {}] }],
    });
    expect(await board('agg-data-source-summary?provider_id=2')).toEqual({ account_total: 1, region_total: 1 });
    const found = await client.data('POST', '/catalog/dashboard/get-database-by-identifier', {
      conditions: [
        { column: 'identifiers', values: ['EMAIL'] },
        { column: 'database_type', values: ['jdbc_tencent'], operation: 'in' },
      ],
    });
    expect(found).toMatchObject({ items: [{ database_name: 'kept' }], total: 1, page: 1, size: 20 });
    expect(
      (
        await client.data('POST', '/catalog/dashboard/get-database-by-identifier', {
          conditions: [{ column: 'identifiers', values: ['NOTHING'] }],
        })
      ).items,
    ).toEqual([]);
    expect((await client.send('GET', '/catalog/dashboard/agg-catalog-top-n?database_type=x&top_n=1')).body.code).toBe(
      1302,
    );
    expect(await client.data('GET', `/catalog/get-database-identifiers?${key}`)).toMatchObject([
      { identifier: 'EMAIL', table_count: 1, column_count: 1, row_count: 9, props: [{}, {}] },
    ]);
  });

  it('goes out in an archive, and is cleared away', async () => {
    const csv = await client.data('GET', '/catalog/data_catalog_export_url/csv/sensitive/1714');
    const files = unzipSync(await download(csv));
    const lines = Buffer.from(files['data_catalog.csv']!).toString().trim().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain(',email,text,');
    const all = await client.data('GET', '/catalog/data_catalog_export_url/xlsx/all/1714');
    const sheet = readWorkbook(unzipSync(await download(all))['data_catalog.xlsx']!)!.get('JDBC');
    expect(sheet).toHaveLength(5);
    expect(await client.data('GET', '/catalog/clear_s3_object/1714')).toBeNull();
    expect((await fetch(all)).status).toBe(403);
    expect((await client.send('GET', '/catalog/data_catalog_export_url/pdf/all/1')).body.code).toBe(1000);
  });

  it('tells the labels of a database with those of its tables', async () => {
    const label = await client.data('POST', '/labels/create-label', { label_name: 'Finance' });
    const { items } = await client.data('POST', '/catalog/search-tables', {
      conditions: [{ column: 'table_name', values: ['contact'], operation: ':' }],
    });
    await client.data('PATCH', '/catalog/update-catalog-table-labels', { id: items[0].id, labels: [label.id] });
    const path = `/labels/category/get-labels-by-one-database?${key}`;
    expect(await client.data('GET', `${path}&need_table_labels=true`)).toEqual({
      databaseLabels: { databaseName: 'kept', labels: [] },
      tablesLabels: [{ tableName: items[0].table_name, labels: [{ id: label.id, label_name: 'Finance' }] }],
    });
    expect((await client.data('GET', `${path}&need_table_labels=false`)).tablesLabels).toEqual([]);
  });

  it('has nothing of kinds of storage that Headgate does not have', async () => {
    for (const path of [
      's3-sample-objects',
      'unstructured-sample-objects',
      's3-folder-sample-data',
      'rds-database-sample-data',
    ])
      expect([path, await client.data('GET', `/catalog/get-${path}?${key}`)]).toEqual([path, []]);
    expect(await client.data('POST', '/catalog/get-s3-table-counts', {})).toEqual({ s3: 0, unstructured: 0 });
    expect(await client.data('POST', '/catalog/sync-crawler-results', Object.fromEntries(key))).toBeNull();
  });
});

describe('filter boxes', () => {
  it('know their tables, columns and values', async () => {
    const tables = await client.data('GET', '/query/tables');
    expect(tables).toHaveLength(15);
    for (const table of tables) {
      const columns: string[] = await client.data('GET', `/query/columns?table=${table}`);
      expect(columns.length).toBeGreaterThan(3);
      const page = await client.data('POST', '/query/', { table, page: 1, size: 5, conditions: [] });
      expect([table, page.page]).toEqual([table, 1]);
      const values = await Promise.all(
        columns.map((column) =>
          client.data('GET', `/query/property_values?table=${table}&column=${column}&condition=`),
        ),
      );
      expect([table, values.every(Array.isArray)]).toEqual([table, true]);
    }
    expect(await client.data('POST', '/query/', { table: 'nothing' })).toBeNull();
    const values = (column: string, condition = '') =>
      client.send(
        'GET',
        `/query/property_values?${new URLSearchParams({ table: 'source_jdbc_instance', column, condition })}`,
      );
    expect((await values('connection_status')).body.data).toEqual(['Empty']);
    const condition = JSON.stringify({ column: 'instance_id', values: ['KEPT'] });
    expect((await values('glue_state', condition)).body.data).toEqual(['ACTIVE']);
    for (const [column, wrong] of [
      ['nothing', ''],
      ['region', '{'],
      ['region', '{"column":"nothing","values":["a"]}'],
      ['region', '[]'],
    ] as const) {
      expect([column, wrong, (await values(column, wrong)).body.code]).toEqual([column, wrong, 1000]);
    }
    expect((await client.send('GET', '/query/columns?table=nothing')).body.code).toBe(1000);
    const logs = await fetch(`${client.headgate.url}/query/download-logs`, {
      headers: { authorization: `Bearer ${client.token}` },
    });
    expect(Object.keys(unzipSync(new Uint8Array(await logs.arrayBuffer())))).toEqual(['README.txt']);
  });
});

describe('settings', () => {
  it('are shown and changed', async () => {
    const config = () => client.data('GET', '/config');
    const [concurrent] = await config();
    expect(concurrent).toEqual({ config_key: 'ConcurrentRunJobNumber', config_value: '10' });
    expect(
      await client.data('POST', '/config', [
        { config_key: 'ConcurrentRunJobNumber', config_value: 1 },
        { config_key: 'Unknown', config_value: 'x' },
      ]),
    ).toBeNull();
    expect((await config()).map((one: { config_value: string }) => one.config_value)).toEqual(['1', '80', '3']);
    for (const [body, code] of [
      [[{ config_key: 'ConcurrentRunJobNumber', config_value: '0' }], 1000],
      [[{ config_key: 'ConcurrentRunJobNumber', config_value: 'many' }], 1000],
      [[null], 1000],
      [{}, 400],
    ] as const) {
      expect([body, (await client.said('/config', body))[0]]).toEqual([body, code]);
    }
    expect(await client.data('GET', '/config/subnets')).toMatchObject([{ subnet_id: 'subnet-headgate' }]);
  });

  it('let so many sources be looked through at the same time, and the others wait', async () => {
    await sample.execute(
      `create table pace (seconds float8); insert into pace values (3600); grant select on pace to ${sample.username};
       create view slow as select 'x' as a, pg_sleep((select seconds from pace))::text as b; grant select on slow to ${sample.username}`,
    );
    const target = (database_name: string, table_name?: string) => ({
      account_id: account.account_id,
      region: account.region,
      database_type: 'jdbc_tencent',
      database_name,
      ...(table_name === undefined ? {} : { table_name }),
    });
    const { id } = await client.data('POST', '/discovery-jobs', {
      name: 'two',
      range: 0,
      databases: [target('kept', 'slow'), target('one', 'slow')],
    });
    await client.data('POST', `/discovery-jobs/${id}/start`);
    const run = (await client.data('GET', `/discovery-jobs/${id}/runs`)).items[0].id;
    const states = async (): Promise<string[]> =>
      (await client.data('GET', `/discovery-jobs/${id}/runs/${run}`)).databases.map(
        (one: { state: string }) => one.state,
      );
    await until(async () => ((await states()).sort().join() === 'Pending,Running' ? true : undefined));
    expect(await client.data('GET', `/discovery-jobs/${id}/runs/${run}/status`)).toMatchObject({
      pending_count: 1,
      running_count: 1,
    });
    // A database that is being looked through stays.
    const running = (await states())[0] === 'Running' ? 'kept' : 'one';
    expect((await client.data('POST', '/data-source/delete-jdbc', { ...account, instances: [running] }))[0][1]).toBe(
      'This database cannot be deleted because it has running job(s).',
    );
    await client.data('POST', `/discovery-jobs/${id}/stop`);
    await until(async () => ((await client.data('GET', `/discovery-jobs/${id}`)).state === 'Ready' ? true : undefined));
    expect(await states()).toEqual(['Stopped', 'Stopped']);
    expect((await client.said(`/discovery-jobs/${id}/stop`))[0]).toBe(1512);
  });
});
