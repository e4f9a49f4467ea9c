/** Dataset models, the rules on them, and what follows for a user. */
import type { FastifyRequest } from 'fastify';
import { etagOf, goneSignal, ifMatchVersion, pageOf, pageQuery, streamResponse } from '../../platform/http/index.ts';
import { definitionOf, presentDataset, presentPolicy, presentRule, ruleOf } from './dataset-input.ts';
import type { Operations } from './operation.ts';
import { ResponseOutput } from './query.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'datasets';
const root = '/datasets';
const one = `${root}/:dataset`;

const versionOf = (request: FastifyRequest): number | undefined => ifMatchVersion(request.headers['if-match']);

export function registerDatasets(operations: Operations, { datasetModels, gateway }: RestServices): void {
  const at = { tag, params: schemas.datasetParams, problems: [404] } as const;
  operations.add(
    {
      method: 'POST',
      path: root,
      id: 'createDataset',
      tag,
      summary: 'Make a dataset: a named model over tables of one source.',
      body: schemas.datasetBody,
      answers: { 201: schemas.dataset },
      problems: [404],
    },
    async ({ principal, body, reply }) => {
      const { source, workspace } = body;
      const made = await datasetModels.create(principal, { ...definitionOf(body), source, workspace });
      reply.code(201).header('location', `/api/v1/datasets/${made.id}`).header('etag', etagOf(made.version));
      return presentDataset(made);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: root,
      id: 'listDatasets',
      tag,
      summary: 'List datasets over sources that you may see.',
      query: schemas.strict({
        ...pageQuery,
        source: schemas.optionalText(256, "The source's name, or its id."),
        q: schemas.optionalText(128, 'Part of the name.'),
      }),
      answers: { 200: pageOf(schemas.dataset) },
      problems: [404],
    },
    async ({ principal, query }) => {
      const { source, q, ...page } = query;
      const { items, nextCursor } = await datasetModels.list(principal, { source, q }, page);
      return { items: items.map(presentDataset), nextCursor };
    },
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      path: one,
      id: 'getDataset',
      summary: 'Read a dataset.',
      answers: { 200: schemas.dataset },
    },
    async ({ principal, params, reply }) => {
      const found = await datasetModels.get(principal, params.dataset);
      reply.header('etag', etagOf(found.version));
      return presentDataset(found);
    },
  );
  operations.add(
    {
      ...at,
      method: 'PUT',
      path: one,
      id: 'replaceDataset',
      summary: 'Replace the definition of a dataset; its rules stay.',
      body: schemas.datasetReplacement,
      answers: { 200: schemas.dataset },
      problems: [404, 412],
    },
    async ({ principal, params, body, request, reply }) => {
      const { workspace } = body;
      const input = { ...definitionOf(body), workspace };
      const found = await datasetModels.replace(principal, params.dataset, input, { ifMatch: versionOf(request) });
      reply.header('etag', etagOf(found.version));
      return presentDataset(found);
    },
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      path: one,
      id: 'deleteDataset',
      summary: 'Delete a dataset and its rules: what they kept back is seen again.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      await datasetModels.delete(principal, params.dataset);
      reply.code(204);
    },
  );
  operations.add(
    {
      ...at,
      method: 'POST',
      path: `${one}/preview`,
      id: 'previewDataset',
      summary: 'Show rows of a dataset, under the rules that bind you; as a query streams them.',
      body: schemas.previewBody,
      answers: { 200: streamResponse('The rows.', 'application/x-ndjson', 'text/csv', 'application/json') },
      problems: [404, 502],
      idempotent: false,
    },
    async ({ principal, params, body, reply }) => {
      const model = await datasetModels.get(principal, params.dataset);
      const { format, maxRows = 100 } = body;
      const request = { maxRows, ...(format === undefined ? {} : { format }) };
      await gateway.previewDataset(principal, model, request, new ResponseOutput(reply), goneSignal(reply.raw));
      return reply;
    },
  );
}

export function registerDatasetRules(operations: Operations, { datasetModels, datasetRules }: RestServices): void {
  const at = { tag, params: schemas.datasetParams, problems: [404] } as const;
  const rule = { tag, params: schemas.ruleParams, problems: [404] } as const;
  operations.add(
    {
      ...at,
      method: 'GET',
      path: `${one}/policy`,
      id: 'getDatasetPolicy',
      summary: 'Read which kinds of rules of a dataset are on.',
      answers: { 200: schemas.policySwitchesView },
    },
    ({ principal, params }) => datasetRules.switches(principal, params.dataset),
  );
  operations.add(
    {
      ...at,
      method: 'PATCH',
      path: `${one}/policy`,
      id: 'updateDatasetPolicy',
      summary: 'Switch kinds of rules of a dataset on and off.',
      body: schemas.policyPatch,
      answers: { 200: schemas.policySwitchesView },
    },
    ({ principal, params, body }) => datasetRules.setSwitches(principal, params.dataset, body),
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      path: `${one}/rules`,
      id: 'listDatasetRules',
      summary: 'List the rules of a dataset.',
      answers: { 200: pageOf(schemas.rule) },
    },
    async ({ principal, params }) => {
      const { items } = await datasetRules.list(principal, params.dataset);
      return { items: items.map(presentRule), nextCursor: null };
    },
  );
  operations.add(
    {
      ...at,
      method: 'POST',
      path: `${one}/rules`,
      id: 'createDatasetRule',
      summary: 'Add a rule: which rows are seen, or what of columns is not.',
      body: schemas.ruleBody,
      answers: { 201: schemas.rule },
    },
    async ({ principal, params, body, reply }) => {
      const made = await save(principal, params.dataset, null, body);
      reply.code(201).header('location', `/api/v1/datasets/${params.dataset}/rules/${made.id}`);
      return made;
    },
  );
  operations.add(
    {
      ...rule,
      method: 'GET',
      path: `${one}/rules/:rule`,
      id: 'getDatasetRule',
      summary: 'Read a rule.',
      answers: { 200: schemas.rule },
    },
    async ({ principal, params }) => presentRule(await datasetRules.get(principal, params.dataset, params.rule)),
  );
  operations.add(
    {
      ...rule,
      method: 'PUT',
      path: `${one}/rules/:rule`,
      id: 'replaceDatasetRule',
      summary: 'Replace a rule.',
      body: schemas.ruleBody,
      answers: { 200: schemas.rule },
    },
    ({ principal, params, body }) => save(principal, params.dataset, params.rule, body),
  );
  operations.add(
    {
      ...rule,
      method: 'DELETE',
      path: `${one}/rules/:rule`,
      id: 'deleteDatasetRule',
      summary: 'Delete a rule.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      await datasetRules.delete(principal, params.dataset, params.rule);
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name/policy',
      id: 'explainPolicy',
      tag,
      summary: 'Read what a user may see of the tables of a source, and which rules say so.',
      params: schemas.sourceParams,
      query: schemas.policyQuery,
      answers: { 200: schemas.effectivePolicy },
      problems: [404],
    },
    async ({ principal, params, query }) =>
      presentPolicy(await datasetRules.explain(principal, params.name, query.user)),
  );

  async function save(
    principal: Parameters<typeof datasetRules.save>[0],
    dataset: string,
    ruleId: string | null,
    body: Parameters<typeof ruleOf>[0],
  ) {
    const { tables } = await datasetModels.get(principal, dataset);
    const content = ruleOf(body, tables);
    const named = await datasetRules.subjects(principal, { users: body.users ?? [], groups: body.groups ?? [] });
    return presentRule(await datasetRules.save(principal, dataset, ruleId, { ...content, ...named })) as Record<
      string,
      unknown
    > & { id: string };
  }
}
