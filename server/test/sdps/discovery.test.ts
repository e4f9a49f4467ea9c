/** Catalog, template and discovery jobs as their clients see them (sdps.md §3.2–§3.4, §7). */
import { unzipSync } from 'fflate';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlantedColumn, plantedColumns } from '../../src/domain/catalog/classification/planted.testkit.ts';
import {
  account,
  instanceAt,
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
const rows = 120;
const columns = plantedColumns(20_261_126, rows);

/** Ten tables of eight columns each, as one script. */
function script(of: readonly PlantedColumn[], quote: (name: string) => string): string {
  const literal = (value: string | null): string => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`);
  return Array.from({ length: of.length / 8 }, (_, index) => {
    const table = of.slice(index * 8, index * 8 + 8);
    const values = Array.from(
      { length: rows },
      (__, row) => `(${table.map(({ values: all }) => literal(all[row] ?? null)).join(',')})`,
    );
    const names = table.map(({ name }) => quote(name));
    return `create table t${index} (${names.map((name) => `${name} varchar(200)`).join(',')}); insert into t${index} values ${values.join(',')};`;
  }).join('\n');
}

let postgres: ReturnType<typeof instanceAt>;
let mysql: ReturnType<typeof instanceAt>;
beforeAll(async () => {
  client = await startSdps();
  [sample, maria] = await Promise.all([sampleDatabase(), mariadbSample()]);
  await sample.execute(
    `${script(columns, (name) => `"${name}"`)} grant select on all tables in schema public to ${sample.username}`,
  );
  await maria.execute(script(columns, (name) => `\`${name}\``));
  await client.data('POST', '/data-source/add_account', account);
  postgres = instanceAt(sample);
  mysql = instanceAt(sample, {
    jdbc_connection_url: `jdbc:mysql://${maria.host}:${maria.port}`,
    jdbc_connection_schema: maria.database,
    master_username: maria.username,
    password: maria.password,
  });
  await client.data('POST', '/data-source/add-jdbc-conn', postgres);
  await client.data('POST', '/data-source/add-jdbc-conn', mysql);
});
afterAll(() => client?.stop());

const targets = () =>
  [postgres, mysql].map(({ instance_id, account_id, region }) => ({
    account_id,
    region,
    database_type: 'jdbc_tencent',
    database_name: instance_id,
  }));
const job = (more: object = {}) => ({ name: 'nightly', databases: [], range: 0, ...more });
const ended = (id: number, state = 'Completed') =>
  until(async () => {
    const found = await client.data('GET', `/discovery-jobs/${id}`);
    return found.state === state ? found : undefined;
  }, 60_000);
const columnsOf = async (database_name: unknown, table_name: string) =>
  (
    await client.data(
      'GET',
      `/catalog/get-columns-by-table?${new URLSearchParams({ account_id: account.account_id, region: account.region, database_type: 'jdbc_tencent', database_name: String(database_name), table_name })}`,
    )
  ).items;

describe('the template', () => {
  it('is empty at first, and a job finds nothing', async () => {
    expect(await client.data('GET', '/template/1')).toEqual({
      name: 'default-template',
      snapshot_no: 'init',
      status: 1,
    });
    expect(await client.data('GET', '/template/list-identifiers-by-template/1')).toEqual([]);
  });

  it('takes the product’s identifiers and those of users', async () => {
    const all = await client.data('POST', '/template/list-identifiers', { size: 100, conditions: [] });
    expect(all.total).toBe(272);
    expect((await client.said('/template/list-identifiers', {}))[0]).toBe(1000);
    const own = { name: 'staff number', type: 1, rule: 'PN-[0-9]{4}', header_keywords: '["staff"]', props: [1, 4] };
    const made = await client.data('POST', '/template/identifiers', own);
    expect(made).toMatchObject({
      id: 10_001,
      type: 1,
      header_keywords: '["staff"]',
      props: [{ prop_name: 'PERSONAL' }, { prop_name: 'S4' }],
    });
    const codes: readonly (readonly [object, number])[] = [
      [own, 1403],
      [{ ...own, name: 'EMAIL' }, 1403],
      [{ ...own, name: 'a', rule: '' }, 1408],
      [{ ...own, name: 'b', header_keywords: '[""]' }, 1409],
      [{ ...own, name: 'c', props: [999] }, 1407],
      [{}, 1000],
    ];
    for (const [body, code] of codes)
      expect([body, (await client.said('/template/identifiers', body))[0]]).toEqual([body, code]);
    expect((await client.said('/template/template-mappings', { template_id: 2, identifier_ids: [11] }))[0]).toBe(1401);
    expect((await client.said('/template/template-mappings', { template_id: 1, identifier_ids: [3] }))[0]).toBe(1402);
    const pages = [];
    for (let page = 1; page <= 3; page += 1)
      pages.push(
        ...(await client.data('POST', '/template/list-identifiers', { page, size: 100, conditions: [] })).items,
      );
    const ids = pages.filter(({ name }) => name !== 'DATE').map(({ id }) => id);
    expect(
      await client.data('POST', '/template/template-mappings', { template_id: 1, identifier_ids: ids, status: 1 }),
    ).toMatch(/^\d{14}$/);
    expect((await client.said('/template/template-mappings', { template_id: 1, identifier_ids: [11] }))[0]).toBe(1410);
    const used = await client.send('DELETE', '/template/identifiers/10001');
    expect(used.body).toMatchObject({ code: 1404, ref: ['template'] });
    expect((await client.send('DELETE', '/template/identifiers/11')).body.code).toBe(1404);
    const { items } = await client.data('POST', '/template/list-template-mappings', {
      conditions: [{ column: 'name', values: ['EMAIL'] }],
    });
    expect(
      await client.data('PATCH', `/template/template-mappings/${items[0].id}`, { template_id: 1, status: 1 }),
    ).toMatchObject({ identifier_id: 11 });
    expect((await client.send('PATCH', '/template/template-mappings/999999', { status: 1 })).body.code).toBe(1005);
    expect((await client.data('GET', '/template/list-props-by-type/2')).length).toBe(3);
    expect(await client.data('POST', '/template/props', { prop_name: 'GDPR', prop_type: 1 })).toEqual({
      prop_name: 'GDPR',
      prop_type: 1,
    });
    expect((await client.said('/template/props', { prop_name: 'gdpr', prop_type: 1 }))[0]).toBe(1406);
  });
});

describe('a discovery', () => {
  it('finds what was planted in PostgreSQL and MariaDB, and no decoy', async () => {
    const made = await client.data('POST', '/discovery-jobs', job({ databases: [...targets(), ...targets()] }));
    expect(made).toMatchObject({ state: 'Ready', schedule: 'OnDemand', detection_threshold: 0.2 });
    expect(made.databases.length).toBe(2);
    expect(await client.data('POST', `/discovery-jobs/${made.id}/start`)).toBe(true);
    expect(await client.data('POST', `/discovery-jobs/${made.id}/start`)).toBe(true);
    await ended(made.id);
    const { items } = await client.data('GET', `/discovery-jobs/${made.id}/runs`);
    const path = `/discovery-jobs/${made.id}/runs/${items[0].id}`;
    expect(await client.data('GET', `${path}/status`)).toMatchObject({
      success_count: 2,
      total_count: 2,
      success_per: 100,
    });
    const [progress] = await client.data('GET', `${path}/progress`);
    expect(progress.current_table_count).toBe(progress.table_count);
    for (const [instance, prefix] of [
      [postgres, `${sample.database}.public`],
      [mysql, maria.database],
    ] as const) {
      const found = (
        await Promise.all(
          columns.slice(0, 10).map((_, table) => columnsOf(instance.instance_id, `${prefix}.t${table}`)),
        )
      ).flat();
      expect(found.length).toBe(80);
      const privacy = new Map<string, number>(found.map((one) => [one.column_name, one.privacy]));
      const right = columns.filter(({ name, kind }) => kind !== null && privacy.get(name) === 1).length;
      const wrong = columns.filter(({ name, kind }) => kind === null && privacy.get(name) === 1).length;
      console.log(
        `discovery over ${prefix}: precision ${(right / (right + wrong)).toFixed(3)}, recall ${(right / 40).toFixed(3)}`,
      );
      expect(right / (right + wrong)).toBeGreaterThanOrEqual(0.95);
      expect(right / 40).toBeGreaterThanOrEqual(0.95);
      const email = found.find((one) => one.column_name === 'email_address');
      expect(Object.keys(JSON.parse(email.identifier))).toEqual(['EMAIL']);
      expect(email.column_value_example).toMatch(/\*{2,}/);
      expect(email.manual_tag).toBe('system');
    }
    const link = await client.data('GET', `${path}/report_url`);
    const report = await fetch(link);
    const sheets = unzipSync(new Uint8Array(await report.arrayBuffer()));
    expect(Object.keys(sheets).filter((name) => /^xl\/worksheets\/[^/]+$/.test(name)).length).toBe(5);
    expect((await fetch(`${link}x`)).status).toBe(403);
    const snapshot = await fetch(await client.data('GET', `${path}/template_snapshot_url`));
    expect(((await snapshot.json()) as { identifiers: object[] }).identifiers.length).toBe(272);
  });

  it('leaves corrections alone, also when the source is read again; and tells what differs', async () => {
    const table_name = `${sample.database}.public.t0`;
    const [first] = await columnsOf(postgres.instance_id, table_name);
    const correction = { ...first, identifier: '{"OURS": 1}', privacy: 1, comments: 'checked by hand' };
    expect((await client.send('PATCH', '/catalog/update-catalog-column', correction)).body.code).toBe(1001);
    expect(
      (await client.send('PATCH', '/catalog/update-catalog-column', { ...correction, column_name: 'x' })).body.code,
    ).toBe(1302);
    const label = await client.data('POST', '/labels/create-label', { label_name: 'Finance' });
    expect((await client.said('/labels/create-label', { label_name: 'finance' }))[0]).toBe(1611);
    const tables = await client.data('POST', '/catalog/search-tables', {
      conditions: [{ column: 'table_name', values: [table_name] }],
    });
    expect(tables.items[0].identifiers).toContain('OURS');
    expect(
      await client.data('PATCH', '/catalog/update-catalog-table-labels', {
        id: tables.items[0].id,
        labels: [label.id],
      }),
    ).toBe(true);
    expect(await client.data('PATCH', '/catalog/update-catalog-table-labels', { id: 999_999, labels: [] })).toBe(false);
    await sample.execute(
      `create table fresh (id int); grant select on fresh to ${sample.username}; drop table t9; alter table t0 add column more text`,
    );
    const { id } = await client.data('POST', '/discovery-jobs', job({ databases: targets().slice(0, 1) }));
    await client.data('POST', `/discovery-jobs/${id}/start`);
    await ended(id);
    const run = (await client.data('GET', `/discovery-jobs/${id}/runs`)).items[0].id;
    const { databases } = await client.data('GET', `/discovery-jobs/${id}/runs/${run}`);
    expect(databases).toMatchObject([{ state: 'Succeeded', error_log: null }]);
    const again = (await columnsOf(postgres.instance_id, table_name)).find(
      (one: { column_name: string }) => one.column_name === first.column_name,
    );
    expect(again).toMatchObject({ identifier: '{"OURS": 1}', comments: 'checked by hand', manual_tag: 'manual' });
    const after = await client.data('POST', '/catalog/search-tables', {
      conditions: [{ column: 'table_name', values: [table_name] }],
    });
    expect(after.items[0].labels).toEqual([{ id: label.id, label_name: 'Finance' }]);
    const { rows: drift } = await sql`select change, place, column_name from catalog_drift order by change`.execute(
      client.headgate.app.store.db,
    );
    expect(drift).toEqual([
      { change: 'column_added', place: table_name, column_name: 'more' },
      { change: 'table_added', place: `${sample.database}.public.fresh`, column_name: null },
      { change: 'table_removed', place: `${sample.database}.public.t9`, column_name: null },
    ]);
  });

  it('refuses what cannot be', async () => {
    const call = async (method: string, path: string, body?: unknown) =>
      (await client.send(method, `/discovery-jobs${path}`, body)).body.code;
    const none = await client.data('POST', '/discovery-jobs', job());
    expect(await call('POST', `/${none.id}/start`)).toBe(1524);
    const lost = await client.data(
      'POST',
      '/discovery-jobs',
      job({ databases: [{ ...targets()[0], database_name: 'nowhere' }] }),
    );
    expect(await call('POST', `/${lost.id}/start`)).toBe(1523);
    expect(await call('POST', '/999999/start')).toBe(1000);
    expect(await call('GET', '/999999')).toBe(1510);
    expect(await call('PATCH', '/999999', {})).toBe(1510);
    expect(await call('PATCH', `/${none.id}`, {})).toBe(1511);
    expect(await call('PATCH', `/${none.id}`, { depth_structured: 30 })).toBe(1001);
    expect((await client.data('GET', `/discovery-jobs/${none.id}`)).depth_structured).toBe(30);
    expect(await call('POST', `/${none.id}/stop`)).toBe(1512);
    expect(await call('POST', `/${none.id}/disable`)).toBe(1514);
    expect(await call('GET', `/${none.id}/runs/999999`)).toBe(1513);
    expect(await call('POST', '', job({ schedule: 'often' }))).toBe(1511);
    expect((await client.send('GET', '/discovery-jobs/x')).body.message).toBe(
      'path.job_id=>value is not a valid integer',
    );
    const scheduled = await client.data('POST', '/discovery-jobs', job({ schedule: 'cron(0 3 * * ? *)' }));
    expect(scheduled.state).toBe('Active (idle)');
    expect(await call('POST', `/${scheduled.id}/enable`)).toBe(1516);
    expect(await call('POST', `/${scheduled.id}/disable`)).toBe(1001);
    expect(await call('POST', `/${scheduled.id}/disable`)).toBe(1515);
    expect(await call('POST', `/${scheduled.id}/enable`)).toBe(1001);
    expect(await call('DELETE', `/${scheduled.id}`)).toBe(1001);
    expect(await call('DELETE', `/${scheduled.id}`)).toBe(1510);
  });
});
