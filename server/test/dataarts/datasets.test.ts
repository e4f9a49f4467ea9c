/** Datasets and the rules on their rows and columns (dataarts.md §4.7, §4.8, §5.2, §5.5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataarts, dashed, type SampleDatabase, sampleDatabase, startDataarts } from './fixture.ts';

let dataarts: Dataarts;
let sample: SampleDatabase;
let room: string;
let root: string;
let source: string;
const people: Record<string, string> = {};

beforeAll(async () => {
  [dataarts, sample] = await Promise.all([startDataarts(), sampleDatabase()]);
  await sample.execute(
    `create table sales (id int, region text, amount numeric, card text);
     insert into sales values (1, 'EU', 10, '4111-CANARY'), (2, 'EU', 99, '4222-CANARY'), (3, 'US', 50, '4333-CANARY');
     create table regions (code text, title text); insert into regions values ('EU', 'Europe'), ('US', 'States');
     grant select on sales, regions to ${sample.username}`,
  );
  root = `${dataarts.project}/datasets`;
  for (const name of ['ann', 'bob', 'eve', 'lead', 'stranger']) people[name] = await dataarts.person(name);
  room = await dataarts.workspace('insight');
  for (const [name, role] of [
    ['ann', 'developer'],
    ['bob', 'developer'],
    ['eve', 'viewer'],
    ['lead', 'administrator'],
  ] as const) {
    await dataarts.member(room, name, role);
  }
  const { host, port, database, username, password } = sample;
  const connection = {
    name: 'sales',
    type: 'PostgreSQL',
    source: 'public',
    database_name: database,
    host,
    port,
    user_name: username,
    password,
    config: {},
  };
  source = (await get('POST', `${dataarts.project}/connections`, connection, 'ann')).id;
  await get(
    'POST',
    `${dataarts.project}/authorization/cooperate-authorization/rules/batch-save`,
    [{ auth_level: 'user', auth_id: people.bob, authority: 'use', resource_type: 'datasource', resource_id: source }],
    'ann',
  );
});
afterAll(() => dataarts?.stop());

const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const ms = expect.any(Number);
const refused = (code: string, status = 400) => [status, `DataArtsInsight.${code}`];
const get = (method: string, path: string, body?: unknown, as = 'ann', workspace = room) =>
  dataarts.get(method, path, body, { as, in: workspace });
async function codeOf(method: string, path: string, body?: unknown, as = 'ann', workspace = room): Promise<unknown[]> {
  const answer = await dataarts.send(method, path, body, { as, in: workspace });
  return [answer.status, answer.body?.error_code];
}

const level = (id: string, caption: string, column: string) => ({
  id,
  caption,
  data_type: 'STRING',
  origin_data_type: 'STRING',
  origin_column_name: column,
  origin_column_type: 'text',
});
const table = (name: string, more: object = {}) => ({
  database_name: sample.database,
  schema_name: 'public',
  table_name: name,
  table_type: 'table',
  is_fact_table: name === 'sales',
  ...more,
});
const model = (more: object = {}) => ({
  caption: 'Sales',
  table_type: 'table',
  ds_id: source,
  physical_schema: { tables: [table('sales'), table('regions')] },
  logical_schema: {
    filed_schema: {
      measures: [{ id: 'sales.amount', caption: 'Amount', data_type: 'NUMBER', origin_column_name: 'amount' }],
      dimensions: [
        {
          id: 'sales.region',
          caption: 'Region',
          dimension_type: 'StandardDimension',
          hierarchies: [{ caption: 'Region', levels: [level('sales.region', 'Region', 'region')] }],
        },
        { id: 'sales.card', caption: 'Card', origin_column_name: 'card' },
      ],
    },
    relations: [
      {
        source_database_name: sample.database,
        source_schema: 'public',
        source_table_name: 'sales',
        target_database_name: sample.database,
        target_schema: 'public',
        target_table_name: 'regions',
        join_type: 'left join',
        relation: 'many-to-one',
        joins: [{ source_key: 'sales.region', target_key: 'regions.code', condition: 'equal-to' }],
      },
    ],
    variables: [{ name: 'since', type: 'DATE', use_scope: 'dataset', default_values: ['2026-01-01'] }],
  },
  ...more,
});
const make = async (more: object = {}, as = 'ann'): Promise<string> =>
  (await get('POST', `${root}/save`, model(more), as)).id;
const condition = (column: string, relation_operator: string, values: string[], more: object = {}) => ({
  condition_node: { column_id: column, relation_operator, value: { values, value_type: 'ENUM', ...more } },
});
const rowRule = (dataset: string, more: object = {}) => ({
  name: 'Europe',
  dataset_id: dataset,
  is_open: 1,
  permission_type: 'ROW',
  rule_type: 'BY_CONDITION',
  rule_scope: 'SPECIFIED',
  rule_user: { users: [people.bob], user_groups: [] },
  rule_content: { logic_operator: 'AND', ...condition('sales.region', 'EQUAL-TO', ['EU']) },
  ...more,
});
const maskRule = (dataset: string, content: object) =>
  rowRule(dataset, {
    name: 'Card',
    permission_type: 'COLUMN',
    rule_type: 'MASK',
    rule_scope: 'ALL',
    rule_user: {},
    rule_content: { column_ids: ['sales.card'], ...content },
  });
const seenBy = async (username: string, sql = 'select id from sales order by id') => {
  const answer = await dataarts.headgate.api(
    'POST',
    `/sources/${dashed(source)}/query`,
    { sql, format: 'json' },
    { as: username },
  );
  return answer.status === 200
    ? answer.body.map((row: Record<string, unknown>) => Object.values(row)[0])
    : answer.body.code;
};

describe('a dataset', () => {
  it('is saved, shown, listed, changed and deleted', async () => {
    const saved = await get('POST', `${root}/save`, model());
    expect(saved).toMatchObject({
      id: uuid,
      caption: 'Sales',
      catalog_id: '-1',
      version: '2.0',
      status: 1,
      table_type: 'table',
      ds_id: source,
      ds_type: 'PostgreSQL',
      project_id: dataarts.projectId,
      workspace_id: room,
      domain_id: dataarts.domainId,
      advanced_config: {
        is_open_row_permission: 0,
        is_open_col_permission: 0,
        dataset_permission_config: expect.any(String),
      },
    });
    expect(saved.logical_schema.field_tree).toHaveLength(3);
    const shown = await get('GET', `${root}/${saved.id}/metadata`);
    expect(shown).toMatchObject({ create_user: people.ann, create_user_name: 'ann', create_date: ms, update_date: ms });
    expect(shown.physical_schema.tables[0]).toEqual({ id: 't1', ...table('sales'), sql_text: null });
    expect(shown.logical_schema.field_schema.measures).toMatchObject([
      { id: 'sales.amount', cube_id: 't1', is_expansion: 0 },
    ]);
    expect(shown.logical_schema.field_schema.dimensions).toMatchObject([
      { caption: 'Region', hierarchies: [{ levels: [{ origin_column_name: 'region' }] }] },
      { caption: 'Card', hierarchies: [{ levels: [{ origin_column_name: 'card' }] }] },
    ]);
    expect(shown.logical_schema.relations).toEqual([
      {
        source: 't1',
        target: 't2',
        join_type: 'left join',
        joins: [
          {
            source_key: 'region',
            source_type: 'dimension',
            target_key: 'code',
            target_type: 'dimension',
            condition: 'equal-to',
          },
        ],
      },
    ]);
    const list = await get('GET', `${root}?name=SALE&sort_key=name&sort_dir=asc`);
    expect(list).toMatchObject({
      count: 1,
      page_data: [
        {
          id: saved.id,
          name: 'Sales',
          type: 'table',
          permission_list: ['edit', 'export', 'use', 'read'],
          directory: false,
          pid: '-1',
        },
      ],
    });
    expect((await get('GET', root, undefined, 'bob')).page_data[0].permission_list).toEqual(['use', 'read']);
    const changed = await get('POST', `${root}/save`, model({ id: saved.id, caption: 'Renamed', status: '0' }));
    expect(changed).toMatchObject({ id: saved.id, caption: 'Renamed', status: 0 });
    expect((await get('GET', `${root}/${saved.id}/metadata`)).physical_schema.tables[0].id).toBe('t1');
    expect(await get('DELETE', `${root}/${saved.id}`)).toEqual({ data: true });
    expect(await codeOf('GET', `${root}/${saved.id}/metadata`)).toEqual(refused('24010003', 404));
  });

  it('may be a query; then rules cannot be kept on it', async () => {
    const query = { table_type: 'sql', sql_text: 'select * from sales', is_fact_table: true };
    const id = await make({
      table_type: 'sql',
      physical_schema: { tables: [table('q', query)] },
      logical_schema: { field_schema: { dimensions: [{ id: 'q.region', caption: 'Region', cube_id: 'q' }] } },
    });
    expect((await get('GET', `${root}/${id}/metadata`)).physical_schema.tables[0].sql_text).toBe('select * from sales');
    const rule = rowRule(id, { rule_content: condition('q.region', 'NULL', []) });
    expect(await codeOf('POST', `${root}/${id}/permissions`, rule)).toEqual(refused('24010001'));
    await get('DELETE', `${root}/${id}`);
  });

  it.each([
    ['no caption', { caption: undefined }],
    ['a long caption', { caption: 'x'.repeat(129) }],
    ['an unknown type of tables', { table_type: 'view' }],
    ['no source', { ds_id: undefined }],
    ['no tables', { physical_schema: { tables: [] } }],
    ['no physical schema', { physical_schema: undefined }],
    ['no logical schema', { logical_schema: undefined }],
    ['an unknown status', { status: '2' }],
    ['a long description', { description: 'x'.repeat(1001) }],
    ['a query among tables', { physical_schema: { tables: [{ table_name: 'a' }] } }],
  ])('is refused with %s', async (_name, more) => {
    expect(await codeOf('POST', `${root}/save`, model(more))).toEqual(refused('24010001'));
  });

  it('belongs to its workspace and to those who may', async () => {
    const id = await make();
    expect(await codeOf('GET', `${root}/${id}/metadata`, undefined, 'bob')).toEqual([200, undefined]);
    expect(await codeOf('GET', `${root}/${id}/metadata`, undefined, 'lead')).toEqual([200, undefined]);
    expect(await codeOf('GET', `${root}/${id}/metadata`, undefined, 'stranger')).toEqual(refused('20010003', 403));
    expect(await codeOf('DELETE', `${root}/${id}`, undefined, 'bob')).toEqual(refused('24010043'));
    expect(await codeOf('DELETE', `${root}/${id}`, undefined, 'eve')).toEqual(refused('20010003', 403));
    expect(await codeOf('POST', `${root}/save`, model({ id }), 'bob')).toEqual(refused('24010043'));
    const other = await dataarts.workspace('other');
    expect(await codeOf('GET', `${root}/${id}/metadata`, undefined, 'admin', other)).toEqual(refused('24010003', 404));
    expect(await codeOf('POST', `${root}/save`, model(), 'admin', other)).toEqual(refused('24010003', 404));
    expect(await codeOf('GET', `${root}/nonsense/metadata`)).toEqual(refused('24010003', 404));
    expect(await codeOf('DELETE', `${dataarts.project}/connections/${source}`)).toEqual(refused('24010001'));
    await get('DELETE', `${root}/${id}`, undefined, 'lead');
  });
});

describe('permissions of a dataset', () => {
  let dataset: string;
  let base: string;
  beforeAll(async () => {
    dataset = await make();
    base = `${root}/${dataset}`;
  });
  const config = (row: object, column: object = {}) =>
    get('POST', `${base}/permissions/config`, { row_permission_config: row, col_permission_config: column });

  it('are switched one by one, all off at first', async () => {
    const off = {
      is_open: false,
      is_open_by_condition: false,
      is_open_by_tag: false,
      others_has_permission_by_condition: false,
    };
    expect(await get('GET', `${base}/permission-config`)).toEqual({
      row_permission_config: off,
      col_permission_config: { is_open: false },
    });
    expect(await config({ is_open_by_tag: true })).toEqual({ data: true });
    expect(await config({ is_open_by_condition: 'true' }, { is_open: 1 })).toEqual({ data: true });
    expect(await get('GET', `${base}/permission-config`)).toEqual({
      row_permission_config: { ...off, is_open_by_condition: true, is_open_by_tag: true },
      col_permission_config: { is_open: true },
    });
    expect(await codeOf('POST', `${base}/permissions/config`, { row_permission_config: { is_open: 'x' } })).toEqual(
      refused('24010001'),
    );
    await config({ is_open_by_tag: false }, { is_open: false });
  });

  it('are made bare or wrapped, listed by type, changed and deleted', async () => {
    const made = await get('POST', `${base}/permissions`, rowRule(dataset, { is_open: true }));
    expect(made).toMatchObject({
      id: uuid,
      is_open: 1,
      permission_type: 'ROW',
      rule_type: 'BY_CONDITION',
      rule_scope: 'SPECIFIED',
      rule_user: { users: [people.bob], user_groups: [] },
      rule_content: rowRule(dataset).rule_content,
    });
    const wrapper = {
      dataset_permissions: [maskRule(dataset, { mask_type: 'PRESET_STYLE_1' }), rowRule(dataset, { name: 'two' })],
    };
    expect(await get('POST', `${base}/permissions`, wrapper)).toEqual({ message: 'success' });
    expect((await get('GET', `${base}/permissions?permission_type=COLUMN`)).page_data).toMatchObject([
      { rule_type: 'MASK' },
    ]);
    const rows = await get('GET', `${base}/permissions?permission_type=ROW&offset=1&limit=1`);
    expect(rows).toMatchObject({ count: 2, page_data: [{ name: 'two' }] });
    await get('POST', `${base}/permissions`, rowRule(dataset, { id: made.id, is_open: 0 }));
    const sorted = await get('GET', `${base}/permissions?permission_type=ROW&sort_key=isOpen&sort_dir=asc`);
    expect(sorted.page_data.map((one: { is_open: number }) => one.is_open)).toEqual([0, 1]);
    const all = [...sorted.page_data, ...(await get('GET', `${base}/permissions?permission_type=COLUMN`)).page_data];
    for (const { id } of all) expect(await get('DELETE', `${base}/permissions/${id}`)).toEqual({ data: true });
    expect(await codeOf('DELETE', `${base}/permissions/${made.id}`)).toEqual(refused('24010003', 404));
  });

  it.each([
    ['no name', { name: '' }],
    ['the id of another dataset', { dataset_id: '00000000-0000-7000-8000-000000000000' }],
    ['an unknown switch', { is_open: 2 }],
    ['a type that is no row rule', { rule_type: 'MASK' }],
    ['no scope', { rule_scope: undefined }],
    ['nobody’s rule_user', { rule_user: undefined }],
    ['an unknown user', { rule_user: { users: ['00000000000000000000000000000000'] } }],
    ['no condition', { rule_content: {} }],
    ['an unknown operator', { rule_content: condition('sales.region', 'RESEMBLES', ['EU']) }],
    ['an unknown column', { rule_content: condition('nowhere.region', 'EQUAL-TO', ['EU']) }],
    ['too few values', { rule_content: condition('sales.amount', 'BETWEEN', ['1']) }],
    [
      'a tag in a rule by condition',
      { rule_content: condition('sales.region', 'IN', [], { value_type: 'TAG_USER', value_names: ['area'] }) },
    ],
    [
      'an unknown mask',
      { permission_type: 'COLUMN', rule_type: 'MASK', rule_content: { column_ids: ['sales.card'], mask_type: 'X' } },
    ],
    [
      'a mask without words',
      {
        permission_type: 'COLUMN',
        rule_type: 'MASK',
        rule_content: { column_ids: ['sales.card'], mask_type: 'BEFORE_SPECIAL_CHARACTERS' },
      },
    ],
    ['no columns', { permission_type: 'COLUMN', rule_type: 'FORBID', rule_content: {} }],
  ])('are refused with %s', async (_name, more) => {
    expect(await codeOf('POST', `${base}/permissions`, rowRule(dataset, more))).toEqual(refused('24010001'));
  });

  it('are the source owner’s and the administrators’ to make', async () => {
    expect(await codeOf('POST', `${base}/permissions`, rowRule(dataset), 'bob')).toEqual(refused('24010043'));
    expect(await codeOf('POST', `${base}/permissions/config`, {}, 'bob')).toEqual(refused('24010043'));
    expect(await codeOf('GET', `${base}/permissions?permission_type=ROW`, undefined, 'bob')).toEqual(
      refused('24010043'),
    );
    expect(await codeOf('GET', `${base}/permissions?permission_type=ROW`, undefined, 'eve')).toEqual(
      refused('20010003', 403),
    );
    expect(await codeOf('GET', `${base}/permissions`)).toEqual(refused('24010001'));
    expect(await codeOf('GET', `${base}/permissions?permission_type=ROW&limit=0`)).toEqual(refused('24010001'));
    const { id } = await get('POST', `${base}/permissions`, rowRule(dataset), 'lead');
    await get('DELETE', `${base}/permissions/${id}`, undefined, 'lead');
    const unknown = '00000000-0000-7000-8000-000000000000';
    for (const path of ['permission-config', 'permissions?permission_type=ROW']) {
      expect(await codeOf('GET', `${root}/${unknown}/${path}`)).toEqual(refused('24010003', 404));
    }
    expect(await codeOf('POST', `${root}/${unknown}/permissions/config`, {})).toEqual(refused('24010003', 404));
  });

  it('hold for whoever reads the source, on every door', async () => {
    expect(await seenBy('bob')).toEqual([1, 2, 3]);
    await get('POST', `${base}/permissions`, rowRule(dataset));
    await config({ is_open: true, is_open_by_condition: true });
    expect(await seenBy('bob')).toEqual([1, 2]);
    expect(await seenBy('ann')).toEqual([1, 2, 3]);
    const both = {
      logic_operator: 'OR',
      sub_conditions: [condition('sales.region', 'IN', ['US']), condition('sales.amount', 'GREATER-THAN', ['50'])],
    };
    await get('POST', `${base}/permissions`, rowRule(dataset, { name: 'large', rule_content: both }));
    expect(await seenBy('bob')).toEqual([2]);
    await config({ is_open: false });
    expect(await seenBy('bob')).toEqual([1, 2, 3]);
  });

  it('by tag compare with the reader’s own', async () => {
    await dataarts.headgate.app.store.transaction(async (trx) => {
      const { id } = await trx
        .insertInto('user_tag')
        .values({
          uid: '00000000-0000-7000-8000-0000000000aa',
          tenant_id: 1,
          kind: 'user',
          name: 'Area',
          name_folded: 'area',
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      const bob = await trx
        .selectFrom('user_account')
        .select('id')
        .where('username', '=', 'bob')
        .executeTakeFirstOrThrow();
      await trx
        .insertInto('user_tag_value')
        .values({ tag_id: id, user_id: bob.id, value: ['US'] })
        .execute();
    });
    const tagged = condition('sales.region', 'EQUAL-TO', [], { value_type: 'TAG_USER', value_names: ['Area'] });
    await get(
      'POST',
      `${base}/permissions`,
      rowRule(dataset, { name: 'area', rule_type: 'BY_TAG', rule_scope: 'ALL', rule_content: tagged }),
    );
    await config({ is_open: true, is_open_by_tag: true, is_open_by_condition: false });
    expect(await seenBy('bob')).toEqual([3]);
    await config({ is_open: false, is_open_by_tag: false });
  });

  it.each([
    ['PRESET_STYLE_1', {}, '****'],
    ['PRESET_STYLE_2', {}, '4****'],
    ['PRESET_STYLE_3', {}, '4****Y'],
    ['RETAIN_FIRST_N_LAST_M', { first: 2, last: 1 }, '41****Y'],
    ['RETAIN_N_TO_M', { first: 2, last: 4 }, '****111****'],
    ['REPLACE_SPECIAL_CHARACTERS', { special_words: ['CANARY', '1'] }, '4************-****'],
    ['RETAIN_SPECIAL_CHARACTERS', { special_words: ['-', '#'] }, '****-****'],
    ['BEFORE_SPECIAL_CHARACTERS', { special_words: ['NARY'] }, '****NARY'],
    ['AFTER_SPECIAL_CHARACTERS', { special_words: ['-'] }, '4111-****'],
  ])('mask with %s', async (mask_type, more, expected) => {
    const { id } = await get('POST', `${base}/permissions`, maskRule(dataset, { mask_type, ...more }));
    await config({}, { is_open: true });
    expect((await seenBy('bob', 'select card from sales where id = 1'))[0]).toBe(expected);
    await get('DELETE', `${base}/permissions/${id}`);
  });

  it('forbid a column', async () => {
    const forbid = maskRule(dataset, {});
    const { id } = await get('POST', `${base}/permissions`, { ...forbid, rule_type: 'FORBID' });
    expect(await seenBy('bob', 'select card from sales')).toBe('policy_unprovable');
    expect(await seenBy('bob', 'select * from sales where id = 3')).toEqual([3]);
    await get('DELETE', `${base}/permissions/${id}`);
    await config({}, { is_open: false });
  });

  it('follow the workspace while row rules are off', async () => {
    const put = (value: string) =>
      get(
        'PUT',
        `${dataarts.instance}/workspaces/${room}`,
        {
          name: 'insight',
          eps_id: '0',
          configs: { default_dataset_permission: value },
        },
        'admin',
      );
    await put('0');
    await expect.poll(() => seenBy('bob'), { timeout: 5000, interval: 50 }).toEqual([]);
    expect(await codeOf('DELETE', base, undefined, 'bob')).toEqual(refused('24010043'));
    await put('1');
    await expect.poll(() => seenBy('bob'), { timeout: 5000, interval: 50 }).toEqual([1, 2, 3]);
  });

  it('show rules that were made natively', async () => {
    await dataarts.headgate.api(
      'POST',
      `/datasets/${dataset}/rules`,
      {
        name: 'native',
        kind: 'mask',
        scope: 'specified',
        users: ['bob'],
        columns: [{ table: 't1', column: 'card' }],
        mask: { style: 'ends', first: 1, last: 2 },
      },
      { as: 'ann' },
    );
    const { page_data } = await get('GET', `${base}/permissions?permission_type=COLUMN`);
    expect(page_data).toMatchObject([
      {
        name: 'native',
        rule_user: { users: [people.bob] },
        rule_content: { column_ids: ['sales.card'], mask_type: 'RETAIN_FIRST_N_LAST_M', first: 1, last: 2 },
        display_fields: { user_map: { [people.bob ?? '']: 'bob' } },
      },
    ]);
  });
});
