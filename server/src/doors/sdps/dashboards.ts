/** Totals over the catalog, and its export (sdps.md §3.2). */
import type { Principal } from '../../domain/identity/index.ts';
import { type Condition, unforeseen } from '../../domain/sdps/index.ts';
import { typesOf } from './catalog.ts';
import { required, sure } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { queryBody, queryCondition } from './shapes.ts';

const root = '/catalog/dashboard';
const typed = { database_type: required.text(64) };
const storage = ['s3', 'unstructured'];
const mostTop = 1000;

export function registerDashboards(routes: Routes, services: SdpsServices): void {
  const { dashboards, accounts } = services;
  routes.add(
    {
      method: 'GET',
      path: `${root}/agg-data-source-summary`,
      id: 'sourceSummary',
      query: { provider_id: required.integer },
    },
    ({ principal, query }) => accounts.summary(principal, sure(query.provider_id)),
  );
  routes.add(
    { method: 'GET', path: `${root}/agg-catalog-summay`, id: 'catalogSummary', query: typed },
    async ({ principal, query }) => {
      const type = sure(query.database_type);
      const types = typesOf(type);
      if (storage.includes(type)) return { database_total: 0, object_total: 0, size_total: 0, column_chart: [] };
      const [row] = await dashboards.totals(principal, types, null);
      const of = (name: string): unknown => row?.[name] ?? 0;
      return {
        instance_total: of('instance_total'),
        database_total: of('database_total'),
        table_total: of('table_total'),
        column_total: of('row_total'),
        column_chart: await dashboards.byEngine(principal, types),
      };
    },
  );
  routes.add(
    { method: 'GET', path: `${root}/agg-catalog-summay-by-region`, id: 'catalogByRegion', query: typed },
    async ({ principal, query }) => {
      const rows = await dashboards.totals(principal, typesOf(sure(query.database_type)), 'region');
      return rows.map(({ group: region, ...totals }) => ({ region, ...totals }));
    },
  );
  routes.add(
    { method: 'GET', path: `${root}/agg-catalog-summay-by-privacy`, id: 'catalogByPrivacy', query: typed },
    ({ principal, query }) => dashboards.byPrivacy(principal, typesOf(sure(query.database_type))),
  );
  routes.add(
    { method: 'GET', path: `${root}/agg-catalog-summary-by-modifier`, id: 'catalogByModifier', query: typed },
    async ({ principal, query }) => {
      const rows = await dashboards.totals(principal, typesOf(sure(query.database_type)), 'modifier');
      return rows.map(({ group, database_total }) => ({ modifier: group, data_sources: database_total }));
    },
  );
  registerDetails(routes, services);
  registerExports(routes, services);
}

function registerDetails(routes: Routes, { dashboards }: SdpsServices): void {
  routes.add(
    {
      method: 'GET',
      path: `${root}/agg-catalog-summay-by-provider-region`,
      id: 'catalogByProviderRegion',
      query: { provider_id: required.integer, region: required.text(255) },
    },
    ({ principal, query }) => dashboards.byProviderRegion(principal, sure(query.provider_id), sure(query.region)),
  );
  routes.add(
    {
      method: 'GET',
      path: `${root}/agg-catalog-top-n`,
      id: 'catalogTop',
      query: { ...typed, top_n: required.integer },
    },
    ({ principal, query }) =>
      dashboards.top(principal, typesOf(sure(query.database_type)), Math.min(mostTop, Math.max(0, sure(query.top_n)))),
  );
  routes.add(
    { method: 'POST', path: `${root}/get-database-by-identifier`, id: 'databasesByIdentifier', body: queryBody },
    async ({ principal, body, request }) => {
      const asked = queryCondition(body, readBody(request));
      const of = (column: string): Condition | undefined => asked.conditions?.find((one) => one.column === column);
      const identifier = of('identifiers')?.values[0];
      if (identifier === undefined) throw unforeseen();
      const conditions = asked.conditions?.filter((one) => one !== of('identifiers')) ?? [];
      const { items, page, size } = await dashboards.databasesOf(principal, identifier, { ...asked, conditions });
      return { items, total: items.length, page, size };
    },
  );
}

function registerExports(routes: Routes, { catalogExports, links }: SdpsServices): void {
  const name = (principal: Principal, time: string): string => `data_catalog_${principal.subject.id}_${time}.zip`;
  routes.add(
    {
      method: 'GET',
      path: '/catalog/data_catalog_export_url/:file_type/:sensitive_flag/:time_str',
      id: 'exportCatalog',
      params: { file_type: required.text(16), sensitive_flag: required.text(64), time_str: required.text(64) },
    },
    async ({ principal, path, request }) => {
      const { file_type: format } = path;
      if (format !== 'xlsx' && format !== 'csv') throw unforeseen();
      const file = name(principal, sure(path.time_str));
      await catalogExports.create(principal, file, format, path.sensitive_flag === 'all' ? 'all' : 'classified');
      return links.make(request, principal, { what: 'file', name: file });
    },
  );
  routes.add(
    {
      method: 'GET',
      path: '/catalog/clear_s3_object/:time_str',
      id: 'clearCatalogExport',
      writes: true,
      params: { time_str: required.text(64) },
    },
    ({ principal, path }) => catalogExports.remove(principal, name(principal, sure(path.time_str))),
  );
}
