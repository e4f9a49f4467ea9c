/** Datasets, the sandbox, and catalogs of sources (chorus.md §3.3, §3.6, §3.7). */
import { cut, listed, pageOf } from './paging.ts';
import { attributesOf, booleanOf, type Fields, idOf, listOf, plainText } from './params.ts';
import { presentSchema, presentSourceShort } from './present.ts';
import { presentCatalogDataset, presentDataset } from './present-content.ts';
import { enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

export function registerDatasets(routes: Routes, { datasets, sandboxes, catalogs }: ChorusServices): void {
  const tag = 'datasets';
  const ofRoom = '/workspaces/:id/datasets';
  const idsOf = (params: Fields): number[] => listOf(params.dataset_ids).map((value) => idOf(value) ?? 0);
  routes.add(
    { method: 'GET', path: ofRoom, id: 'listDatasets', tag, summary: 'What is at hand.' },
    async ({ principal, params, id }) => {
      const page = pageOf(params);
      const filter = {
        subtype: plainText(params.entity_subtype) ?? plainText(params.type),
        namePattern: plainText(params.name_pattern),
      };
      return listed(page, await datasets.list(principal, id('id'), filter, page), presentDataset);
    },
  );
  routes.add(
    { method: 'POST', path: ofRoom, id: 'associateDatasets', tag, summary: 'Put tables at hand.', status: 201 },
    async ({ principal, params, id }) => {
      await datasets.associate(principal, id('id'), idsOf(params));
      return {};
    },
  );
  routes.add(
    { method: 'DELETE', path: ofRoom, id: 'dissociateDatasets', tag, summary: 'Take them away.' },
    async ({ principal, params, id }) => {
      await datasets.dissociate(principal, id('id'), idsOf(params));
      return {};
    },
  );
  routes.add(
    { method: 'GET', path: `${ofRoom}/:dataset`, id: 'getDataset', tag, summary: 'One dataset.' },
    async ({ principal, params, id }) =>
      enveloped(presentDataset(await datasets.get(principal, id('id'), plainText(params.name) ?? id('dataset')))),
  );
  routes.add(
    { method: 'DELETE', path: `${ofRoom}/:dataset`, id: 'dissociateDataset', tag, summary: 'Take it away.' },
    async ({ principal, id }) => {
      await datasets.dissociate(principal, id('id'), [id('dataset')]);
      return {};
    },
  );
  routes.add(
    {
      method: 'POST',
      path: '/workspaces/:id/sandbox',
      id: 'setSandbox',
      tag,
      summary: 'A schema to make tables in.',
      status: 201,
    },
    async ({ principal, params, id }) => {
      const fields = attributesOf(params, 'sandbox');
      await sandboxes.set(principal, id('id'), {
        schemaId: fields.schema_id === undefined ? undefined : (idOf(fields.schema_id) ?? 0),
        databaseId: idOf(fields.database_id),
        sourceId: idOf(fields.data_source_id),
        databaseName: plainText(fields.database_name),
        schemaName: plainText(fields.schema_name),
        showSandboxDatasets: booleanOf(fields.show_sandbox_datasets),
      });
      return {};
    },
  );
  registerCatalog(routes, catalogs);
}

function registerCatalog(routes: Routes, catalogs: ChorusServices['catalogs']): void {
  const tag = 'datasets';
  type Database = Awaited<ReturnType<typeof catalogs.database>>;
  const shown = ({ id, name, source }: Database): Record<string, unknown> => ({
    id,
    name,
    data_source: presentSourceShort(source),
    entity_type: source.entityType === 'gpdb_data_source' ? 'gpdb_database' : 'pg_database',
    complete_json: true,
  });
  routes.add(
    { method: 'GET', path: '/data_sources/:id/databases', id: 'listDatabases', tag, summary: 'Databases of a source.' },
    async ({ principal, params, id }) => cut(pageOf(params), await catalogs.databases(principal, id('id')), shown),
  );
  routes.add(
    { method: 'GET', path: '/data_sources/:id/schemas', id: 'listSourceSchemas', tag, summary: 'Schemas of a source.' },
    async ({ principal, params, id }) =>
      cut(pageOf(params), await catalogs.schemasOfSource(principal, id('id')), presentSchema),
  );
  routes.add(
    { method: 'GET', path: '/schemas/:id/datasets', id: 'listSchemaDatasets', tag, summary: 'Its tables and views.' },
    async ({ principal, params, id }) => {
      const page = pageOf(params);
      const filter = { namePattern: plainText(params.name_pattern) ?? plainText(params.filter) };
      return listed(page, await catalogs.datasets(principal, id('id'), filter, page), presentCatalogDataset);
    },
  );
  routes.add(
    { method: 'GET', path: '/databases/:id', id: 'getDatabase', tag, summary: 'One database.' },
    async ({ principal, id }) => enveloped(shown(await catalogs.database(principal, id('id')))),
  );
  routes.add(
    {
      method: 'GET',
      path: '/databases/:id/schemas',
      id: 'listSchemas',
      tag,
      summary: 'Its schemas, read from the server.',
    },
    async ({ principal, params, id }) =>
      cut(pageOf(params), await catalogs.schemas(principal, id('id')), presentSchema),
  );
  routes.add(
    { method: 'GET', path: '/schemas/:id', id: 'getSchema', tag, summary: 'One schema.' },
    async ({ principal, id }) =>
      enveloped({ ...presentSchema(await catalogs.schema(principal, id('id'))), has_credentials: true }),
  );
}
