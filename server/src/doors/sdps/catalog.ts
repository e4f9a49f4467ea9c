/** The catalog and its labels (sdps.md §3.2, §3.5). Buckets have no catalog here: their look-ups are empty. */
import type { CatalogKey } from '../../domain/discovery/index.ts';
import { type Condition, type QueryCondition, refusal, unforeseen } from '../../domain/sdps/index.ts';
import { element, optional, type Parsed, required, sure } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { pageQuery, queryBody, queryCondition } from './shapes.ts';

const root = '/catalog';
export const catalogKey = {
  account_id: required.text(255),
  region: required.text(255),
  database_type: required.text(64),
  database_name: required.text(255),
};
type Key = Parsed<typeof catalogKey>;
const key = catalogKey;

export const keyOf = (query: Key): CatalogKey => ({
  account_id: sure(query.account_id),
  region: sure(query.region),
  database_type: sure(query.database_type),
  database_name: sure(query.database_name),
});

const jdbcTypes = ['jdbc', 'jdbc_aws', 'jdbc_tencent', 'jdbc_google', 'jdbc_proxy'];
const knownTypes = [...jdbcTypes, 's3', 'unstructured', 'rds', 'glue', 'ddb', 'emr', 'jdbc_aliyun'];

/** Types that a dashboard means; an unknown one is 1302. */
export function typesOf(type: string): string[] {
  if (!knownTypes.includes(type)) throw refusal(1302);
  return type === 'jdbc' ? jdbcTypes : [type];
}

const equals = (column: string, value: string): Condition => ({ column, values: [value], operation: '=' });
function asked(query: Parsed<typeof pageQuery>, conditions: readonly Condition[], sortColumn = ''): QueryCondition {
  return { page: sure(query.page), size: sure(query.size), sortColumn, ascending: true, conditions, groupColumn: '' };
}
const inDatabase = (query: Key): Condition[] =>
  Object.entries(keyOf(query)).map(([column, value]) => equals(column, value));

export function registerCatalog(routes: Routes, services: SdpsServices): void {
  const { catalog } = services;
  routes.add(
    { method: 'POST', path: `${root}/list-databases-by-type`, id: 'listCatalogDatabases', body: queryBody },
    (call) => {
      const condition = queryCondition(call.body, readBody(call.request));
      if (condition.conditions === null) throw unforeseen();
      return catalog.databases(call.principal, condition);
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/get-databases-by-account-region-type`,
      id: 'catalogDatabases',
      query: { account_id: key.account_id, region: key.region, database_type: key.database_type, ...pageQuery },
    },
    ({ principal, query }) => {
      const { account_id, region, database_type } = query;
      const at = Object.entries({ account_id, region, database_type }).map(([column, value]) =>
        equals(column, sure(value)),
      );
      return catalog.databases(principal, asked(query, at));
    },
  );
  routes.add(
    { method: 'GET', path: `${root}/get-tables-by-database`, id: 'catalogTables', query: { ...key, ...pageQuery } },
    (call) => catalog.tables(call.principal, asked(call.query, inDatabase(call.query))),
  );
  for (const [path, id] of [
    ['search-tables-by-database', 'searchTablesByDatabase'],
    ['search-tables', 'searchTables'],
  ] as const) {
    routes.add({ method: 'POST', path: `${root}/${path}`, id, body: queryBody }, (call) =>
      catalog.tables(call.principal, queryCondition(call.body, readBody(call.request))),
    );
  }
  routes.add(
    {
      method: 'GET',
      path: `${root}/get-tables-by-database-identifier`,
      id: 'tablesByIdentifier',
      query: { ...key, table_name: required.text(1024), identifier: required.text(255), ...pageQuery },
    },
    ({ principal, query }) => {
      const parts = [['table_name', query.table_name] as const, ['identifiers', query.identifier] as const];
      const further = parts.flatMap(([column, value]) =>
        value === '' ? [] : [{ column, values: [sure(value)], operation: ':' }],
      );
      return catalog.tables(principal, asked(query, [...inDatabase(query), ...further]));
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/get-columns-by-table`,
      id: 'catalogColumns',
      query: { ...key, table_name: required.text(1024), ...pageQuery },
    },
    ({ principal, query }) =>
      catalog.columns(
        principal,
        asked(query, [...inDatabase(query), equals('table_name', sure(query.table_name))], 'column_order_num'),
      ),
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/get-columns-by-type`,
      id: 'columnsByType',
      query: { database_type: key.database_type, ...pageQuery },
    },
    ({ principal, query }) =>
      catalog.columns(principal, asked(query, [equals('database_type', sure(query.database_type))])),
  );
  registerDetails(routes, services);
  registerCorrections(routes, services);
  registerSamples(routes);
}

function registerDetails(routes: Routes, { catalog, dashboards }: SdpsServices): void {
  routes.add(
    { method: 'GET', path: `${root}/get-database-identifiers`, id: 'databaseIdentifiers', query: key },
    ({ principal, query }) => {
      typesOf(sure(query.database_type));
      return dashboards.identifiersIn(principal, keyOf(query));
    },
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/get-rds-table-sample-records`,
      id: 'sampleRecords',
      query: { ...key, table_name: required.text(1024) },
    },
    ({ principal, query }) => catalog.samples(principal, keyOf(query), sure(query.table_name)),
  );
  routes.add(
    { method: 'GET', path: `${root}/get-database-property`, id: 'databaseProperty', query: key },
    ({ query }) => [['Name', query.database_name]],
  );
  routes.add(
    { method: 'GET', path: `${root}/get-table-property`, id: 'tableProperty', query: { table_id: required.integer } },
    async ({ principal, query }) => (await catalog.tableProperty(principal, sure(query.table_id))) ?? {},
  );
}

/** Samples and counts of kinds that Headgate does not have; and imports, which happen by themselves here. */
function registerSamples(routes: Routes): void {
  for (const [path, id] of [
    ['get-s3-sample-objects', 's3Samples'],
    ['get-unstructured-sample-objects', 'unstructuredSamples'],
    ['get-s3-folder-sample-data', 's3FolderSamples'],
    ['get-rds-database-sample-data', 'rdsDatabaseSamples'],
  ] as const) {
    const query = { account_id: key.account_id, region: key.region };
    routes.add({ method: 'GET', path: `${root}/${path}`, id, query }, () => []);
  }
  const body = { account_id: optional.text(255), region: optional.text(255) };
  routes.add({ method: 'POST', path: `${root}/get-s3-table-counts`, id: 's3TableCounts', body }, () => ({
    s3: 0,
    unstructured: 0,
  }));
  for (const [path, id, shape] of [
    ['sync-crawler-results', 'syncCrawlerResults', key],
    ['sync-s3-results', 'syncS3Results', key],
    ['sync-job-detection-results', 'syncDetectionResults', { ...key, job_run_id: required.text(64) }],
  ] as const) {
    routes.add({ method: 'POST', path: `${root}/${path}`, id, writes: true, body: shape }, () => null);
  }
}

const privacy = optional.integer;
/** −1, 0 or 1. */
function privacyOf(value: number | null): number | null {
  if (value !== null && (value < -1 || value > 1)) throw unforeseen();
  return value;
}

function readIdentifier(text: string | null): Readonly<Record<string, number>> | null {
  if (text === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unforeseen();
  }
  const scores = Object.entries(parsed ?? {});
  const fine =
    typeof parsed === 'object' &&
    !Array.isArray(parsed) &&
    scores.every(([name, score]) => typeof score === 'number' && name.isWellFormed() && !name.includes('\0'));
  if (!fine) throw unforeseen();
  return Object.fromEntries(scores) as Record<string, number>; // checked just now
}

function registerCorrections(routes: Routes, { catalog }: SdpsServices): void {
  for (const [path, id, level] of [
    ['update-catalog-database', 'correctDatabase', 'database'],
    ['update-catalog-table', 'correctTable', 'table'],
  ] as const) {
    const body = { id: required.integer, privacy, sensitivity: optional.text(255), description: optional.text(2056) };
    routes.add({ method: 'PATCH', path: `${root}/${path}`, id, writes: true, body }, (call) =>
      catalog.correct(call.principal, level, sure(call.body.id), {
        privacy: privacyOf(call.body.privacy),
        sensitivity: call.body.sensitivity,
        ...(call.body.description === null ? {} : { description: call.body.description }),
      }),
    );
    const labels = { id: required.integer, labels: required.list(element.integer) };
    routes.add(
      { method: 'PATCH', path: `${root}/${path}-labels`, id: `${id}Labels`, writes: true, body: labels },
      (call) => catalog.setLabels(call.principal, level, sure(call.body.id), sure(call.body.labels)),
    );
  }
  const column = {
    ...key,
    table_name: required.text(1024),
    column_name: required.text(255),
    identifier: optional.text(2048),
    privacy,
    sensitivity: optional.text(255),
    comments: optional.text(2056),
  };
  routes.add(
    { method: 'PATCH', path: `${root}/update-catalog-column`, id: 'correctColumn', writes: true, body: column },
    async (call) => {
      const { body } = call;
      await catalog.correctColumn(call.principal, {
        ...keyOf(body),
        table_name: sure(body.table_name),
        column_name: sure(body.column_name),
        identifier: readIdentifier(body.identifier),
        privacy: privacyOf(body.privacy),
        sensitivity: body.sensitivity,
        comments: body.comments,
      });
      return 'Update catalog column successfully';
    },
  );
  routes.add(
    {
      method: 'PATCH',
      path: `${root}/update-catalog-column-comments`,
      id: 'setComments',
      writes: true,
      query: { id: required.integer, comments: required.text(2056) },
    },
    ({ principal, query }) => catalog.setComments(principal, sure(query.id), sure(query.comments)),
  );
}

export function registerLabels(routes: Routes, { labels, dashboards }: SdpsServices): void {
  routes.add(
    {
      method: 'GET',
      path: '/labels/category/get-labels-by-one-database',
      id: 'labelsOfDatabase',
      query: { ...key, need_table_labels: required.boolean },
    },
    ({ principal, query }) => dashboards.labelsOf(principal, keyOf(query), sure(query.need_table_labels)),
  );
  const details = {
    classification: optional.text(255),
    type: optional.text(255),
    style_type: optional.text(255),
    style_value: optional.text(255),
    state: optional.text(255),
  };
  routes.add(
    { method: 'GET', path: '/labels/search-labels', id: 'searchLabels', query: { label_name: required.text(255) } },
    ({ principal, query }) => labels.search(principal, sure(query.label_name)),
  );
  routes.add(
    {
      method: 'POST',
      path: '/labels/create-label',
      id: 'createLabel',
      writes: true,
      body: { label_name: required.text(40), ...details },
    },
    ({ principal, body: { label_name, ...rest } }) => labels.create(principal, sure(label_name), rest),
  );
  routes.add(
    {
      method: 'POST',
      path: '/labels/update-label',
      id: 'updateLabel',
      writes: true,
      body: { id: required.integer, label_name: optional.text(40), ...details },
    },
    ({ principal, body: { id, label_name, ...rest } }) =>
      labels.update(
        principal,
        sure(id),
        label_name,
        Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)),
      ),
  );
  routes.add(
    {
      method: 'POST',
      path: '/labels/delete-labels-by-ids',
      id: 'deleteLabels',
      writes: true,
      body: { ids: required.list(element.text) },
    },
    async ({ principal, body }) => {
      const ids = sure(body.ids);
      if (!ids.every((id) => /^\d{1,15}$/.test(id))) throw refusal(1005);
      await labels.remove(principal, ids.map(Number));
      return true;
    },
  );
}
