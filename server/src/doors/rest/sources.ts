/** Data sources: register, find, read, change, delete, test; who uses them; engines. */

import Type from 'typebox';
import type { SourceView } from '../../domain/sources/index.ts';
import { etagOf, goneSignal, ifMatchVersion, matchesNone, pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';
import { sourceInput, sourcePatch, testDraft, testOverrides } from './source-input.ts';

const tag = 'sources';
const dryRunQuery = schemas.strict({
  dryRun: Type.Optional(Type.Boolean({ description: 'Only tell what would be touched.' })),
});
const label = schemas.text(512, '`key=value`, or `key` for any value; repeat it to demand several.');
const listQuery = schemas.strict({
  ...pageQuery,
  q: schemas.optionalText(256, 'Part of the name, title, host or description.'),
  engine: schemas.optionalText(32),
  label: Type.Optional(Type.Union([label, Type.Array(label, { maxItems: 16 })])),
  owner: schemas.optionalText(256, 'User name.'),
  deleted: Type.Optional(schemas.oneOf(['only'], 'Deleted ones that the caller may bring back.')),
});

/** Options of a change from its `If-Match`. */
function changeOptions(header: string | undefined): { ifMatch?: number } {
  const ifMatch = ifMatchVersion(header);
  return ifMatch === undefined ? {} : { ifMatch };
}

function tagged(reply: { header(name: string, value: string): unknown }, source: SourceView): SourceView {
  reply.header('etag', etagOf(source.version));
  return source;
}

export function registerSources(operations: Operations, services: RestServices): void {
  const { sources, gateway } = services;
  operations.add(
    {
      method: 'POST',
      path: '/sources',
      id: 'createSource',
      tag,
      summary: 'Register a data source, by its parts or by a connection URL.',
      body: schemas.sourceBody,
      answers: { 201: schemas.source },
    },
    async ({ principal, body, reply }) => {
      const source = await sources.create(principal, sourceInput(body, gateway));
      reply.code(201).header('location', `/api/v1/sources/${encodeURIComponent(source.name)}`);
      return tagged(reply, source);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/sources',
      id: 'listSources',
      tag,
      summary: 'List, filter and search the sources that the caller may see.',
      query: listQuery,
      answers: { 200: pageOf(schemas.source) },
    },
    ({ principal, query: { limit, cursor, ...filter } }) => sources.list(principal, filter, { limit, cursor }),
  );
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name',
      id: 'getSource',
      tag,
      summary: 'Read a source. Its password is never shown.',
      params: schemas.sourceParams,
      answers: { 200: schemas.source },
      problems: [404],
    },
    async ({ principal, params, request, reply }) => {
      const source = await sources.get(principal, params.name);
      if (matchesNone(request.headers['if-none-match'], source.version)) {
        return reply.code(304).header('etag', etagOf(source.version)).send();
      }
      return tagged(reply, source);
    },
  );
  operations.add(
    {
      method: 'PATCH',
      path: '/sources/:name',
      id: 'updateSource',
      tag,
      summary: 'Change a source by a JSON merge patch; with `dryRun` only tell what that would touch.',
      params: schemas.sourceParams,
      query: dryRunQuery,
      body: schemas.sourcePatch,
      answers: { 200: Type.Union([schemas.source, schemas.blastRadius]), 204: schemas.noContent },
      problems: [404, 412],
    },
    async ({ principal, params, query, body, request, reply }) => {
      const patch = sourcePatch(body, gateway);
      if (query.dryRun === true) return sources.preview(principal, params.name, 'update', patch);
      const options = changeOptions(request.headers['if-match']);
      const source = await sources.update(principal, params.name, patch, options);
      // Changing needs no permission to read: who may not read the definition is told that it was changed, not what it is.
      if (source.permissions.includes('view')) return tagged(reply, source);
      reply.code(204);
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/sources/:name',
      id: 'deleteSource',
      tag,
      summary: 'Delete a source (it can be brought back); with `dryRun` only tell what that would touch.',
      params: schemas.sourceParams,
      query: dryRunQuery,
      answers: { 200: schemas.blastRadius, 204: schemas.noContent },
      problems: [404, 412],
    },
    async ({ principal, params, query, request, reply }) => {
      if (query.dryRun === true) return sources.preview(principal, params.name, 'delete');
      await sources.remove(principal, params.name, changeOptions(request.headers['if-match']));
      return reply.code(204).send();
    },
  );
  operations.add(
    {
      method: 'POST',
      path: '/sources/:name/undelete',
      id: 'undeleteSource',
      tag,
      summary: 'Bring a deleted source back.',
      params: schemas.sourceParams,
      answers: { 200: schemas.source },
      problems: [404],
    },
    async ({ principal, params, reply }) => tagged(reply, await sources.undelete(principal, params.name)),
  );
  operations.add(
    {
      method: 'GET',
      path: '/sources/:name/leases',
      id: 'listLeases',
      tag,
      summary: 'Who uses the source now.',
      params: schemas.sourceParams,
      answers: { 200: pageOf(schemas.lease) },
      problems: [404],
    },
    async ({ principal, params }) => ({ items: await sources.leases(principal, params.name), nextCursor: null }),
  );
}

/** Connection tests of saved sources and drafts. */
export function registerTests(operations: Operations, services: RestServices): void {
  const { gateway } = services;
  operations.add(
    {
      method: 'POST',
      path: '/sources/:name/test',
      id: 'testSource',
      tag,
      summary: 'Test the connection of a saved source, perhaps with other settings, stage by stage.',
      params: schemas.sourceParams,
      body: schemas.testOverrides,
      answers: { 200: schemas.testReport },
      problems: [404],
    },
    ({ principal, params, body, reply }) =>
      gateway.test(principal, { saved: params.name, overrides: testOverrides(body, gateway) }, goneSignal(reply.raw)),
  );
  operations.add(
    {
      method: 'POST',
      path: '/connection-tests',
      id: 'testConnection',
      tag,
      summary: 'Test a connection before it is saved.',
      body: schemas.testBody,
      answers: { 200: schemas.testReport },
    },
    ({ principal, body, reply }) => gateway.test(principal, { draft: testDraft(body, gateway) }, goneSignal(reply.raw)),
  );
}

/** Connection URLs, split for forms. The password stays where it is: no answer holds one. */
export function registerUrls(operations: Operations, { gateway }: RestServices): void {
  operations.add(
    {
      method: 'POST',
      path: '/connection-urls',
      id: 'splitConnectionUrl',
      tag,
      summary: 'Split a connection URL into the parts of a source, without its password.',
      body: schemas.urlBody,
      answers: { 200: schemas.urlParts },
    },
    ({ body }) => {
      const { password, ...parts } = gateway.splitUrl(body.url, body.engine);
      return { ...parts, hasPassword: password !== undefined && password !== '' };
    },
  );
}

/** The engines of this installation. */
export function registerEngines(operations: Operations, services: RestServices): void {
  const facts = services.gateway.engineFacts();
  const present = (id: string) => ({
    id,
    title: facts.title(id),
    available: facts.engineAvailable(id),
    defaultPort: facts.defaultPort(id),
    databaseRequired: facts.databaseRequired(id),
    optionsSchema: facts.optionsSchema(id),
  });
  operations.add(
    {
      method: 'GET',
      path: '/engines',
      id: 'listEngines',
      tag,
      summary: 'The database engines, and the options that each takes.',
      answers: { 200: pageOf(schemas.engine) },
    },
    () => ({ items: facts.ids.map(present), nextCursor: null }),
  );
}
