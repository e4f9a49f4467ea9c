/** The labelled catalog of a source: crawls, tables, columns, corrections, drift; and the labels. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { etagOf, ifMatchVersion, pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'catalog';
const root = '/sources/:name/catalog';

/** Options of a change from its `If-Match`. */
export function changeOptions(request: FastifyRequest): { ifMatch?: number } {
  const ifMatch = ifMatchVersion(request.headers['if-match']);
  return ifMatch === undefined ? {} : { ifMatch };
}

/** The answer with its version as ETag. */
export function tagged<View extends { readonly version: number }>(reply: FastifyReply, view: View): View {
  reply.header('etag', etagOf(view.version));
  return view;
}

export function registerSourceCatalog(operations: Operations, services: RestServices): void {
  const { sourceCatalog: catalog, crawler, jobs } = services;
  const params = schemas.sourceParams;
  operations.add(
    {
      method: 'POST',
      path: `${root}/crawls`,
      id: 'crawlSource',
      tag,
      summary: 'Read the tables and columns of every database of a source into its catalog, as a job.',
      description: 'While a crawl of the source runs, that one is answered.',
      params,
      answers: { 202: schemas.job },
      problems: [404],
    },
    async ({ principal, params: { name }, reply }) => {
      const job = await jobs.get(principal, await crawler.start(principal, name));
      reply.code(202).header('location', `/api/v1/jobs/${job.id}`);
      return job;
    },
  );
  operations.add(
    {
      method: 'GET',
      path: root,
      id: 'getSourceCatalog',
      tag,
      summary: 'Read what is known of a source as a whole.',
      params,
      answers: { 200: schemas.sourceCatalog },
      problems: [404],
    },
    async ({ principal, params: { name }, reply }) => tagged(reply, await catalog.overview(principal, name)),
  );
  operations.add(
    {
      method: 'PATCH',
      path: root,
      id: 'updateSourceCatalog',
      tag,
      summary: 'Correct what is known of a source, and label it.',
      params,
      body: schemas.catalogPatch,
      answers: { 200: schemas.sourceCatalog },
      problems: [404, 412],
    },
    async ({ principal, params: { name }, body, request, reply }) =>
      tagged(reply, await catalog.update(principal, name, body, changeOptions(request))),
  );
  operations.add(
    {
      method: 'GET',
      path: `${root}/drift`,
      id: 'listCatalogDrift',
      tag,
      summary: 'What differed between two readings, newest first.',
      params,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.drift) },
      problems: [404],
    },
    ({ principal, params: { name }, query }) => catalog.drift(principal, name, query),
  );
  registerTables(operations, services);
}

function registerTables(operations: Operations, { sourceCatalog: catalog }: RestServices): void {
  operations.add(
    {
      method: 'GET',
      path: `${root}/tables`,
      id: 'listCatalogTables',
      tag,
      summary: 'List tables with their labels and what was found in them.',
      params: schemas.sourceParams,
      query: schemas.strict({ ...pageQuery, ...schemas.catalogTableFilter }),
      answers: { 200: pageOf(schemas.cataloguedTable) },
      problems: [404],
    },
    ({ principal, params: { name }, query: { limit, cursor, ...filter } }) =>
      catalog.tables(principal, name, filter, { limit, cursor }),
  );
  const params = schemas.catalogTableParams;
  const path = `${root}/tables/:table`;
  operations.add(
    {
      method: 'GET',
      path,
      id: 'getCatalogTable',
      tag,
      summary: 'Read a table of the catalog.',
      params,
      answers: { 200: schemas.cataloguedTable },
      problems: [404],
    },
    async ({ principal, params: { name, table }, reply }) => tagged(reply, await catalog.table(principal, name, table)),
  );
  operations.add(
    {
      method: 'PATCH',
      path,
      id: 'updateCatalogTable',
      tag,
      summary: 'Correct what is known of a table, and label it.',
      params,
      body: schemas.catalogTablePatch,
      answers: { 200: schemas.cataloguedTable },
      problems: [404, 412],
    },
    async ({ principal, params: { name, table }, body, request, reply }) =>
      tagged(reply, await catalog.updateTable(principal, name, table, body, changeOptions(request))),
  );
  operations.add(
    {
      method: 'GET',
      path: `${path}/columns`,
      id: 'listCatalogColumns',
      tag,
      summary: 'List the columns of a table with what was found in them and masked samples.',
      params,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.cataloguedColumn) },
      problems: [404],
    },
    ({ principal, params: { name, table }, query }) => catalog.columns(principal, name, table, query),
  );
  operations.add(
    {
      method: 'PATCH',
      path: `${path}/columns/:column`,
      id: 'correctCatalogColumn',
      tag,
      summary: 'Correct what is known of a column; readings and discoveries leave it alone from then on.',
      params: schemas.catalogColumnParams,
      body: schemas.catalogColumnPatch,
      answers: { 200: schemas.cataloguedColumn },
      problems: [404, 412],
    },
    async ({ principal, params: { name, table, column }, body, request, reply }) =>
      tagged(reply, await catalog.correctColumn(principal, name, table, column, body, changeOptions(request))),
  );
}

export function registerLabels(operations: Operations, { labels }: RestServices): void {
  operations.add(
    {
      method: 'GET',
      path: '/catalog/labels',
      id: 'listLabels',
      tag,
      summary: 'List the labels of the tenant.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.label) },
    },
    ({ principal, query }) => labels.page(principal, query),
  );
  operations.add(
    {
      method: 'POST',
      path: '/catalog/labels',
      id: 'createLabel',
      tag,
      summary: 'Make a label for sources and tables.',
      body: schemas.labelBody,
      answers: { 201: schemas.label },
    },
    async ({ principal, body, reply }) => {
      reply.code(201);
      return labels.add(principal, body.name);
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/catalog/labels/:name',
      id: 'deleteLabel',
      tag,
      summary: 'Delete a label, and take it away from everything that carries it.',
      params: schemas.labelParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await labels.removeNamed(principal, params.name);
      reply.code(204);
    },
  );
}
