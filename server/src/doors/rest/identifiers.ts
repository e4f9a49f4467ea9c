/** Identifiers of sensitive data, and the template that says which of them discoveries look for. */
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';
import { changeOptions, tagged } from './source-catalog.ts';

const tag = 'discovery';
const root = '/discovery/identifiers';

export function registerIdentifiers(operations: Operations, { identifiers }: RestServices): void {
  const params = schemas.identifierParams;
  operations.add(
    {
      method: 'GET',
      path: root,
      id: 'listIdentifiers',
      tag,
      summary: "List identifiers: the product's own and those that were added.",
      query: schemas.strict({ ...pageQuery, ...schemas.identifierFilter }),
      answers: { 200: pageOf(schemas.identifier) },
    },
    ({ principal, query: { limit, cursor, ...filter } }) => identifiers.list(principal, filter, { limit, cursor }),
  );
  operations.add(
    {
      method: 'POST',
      path: root,
      id: 'createIdentifier',
      tag,
      summary: 'Add an identifier by a pattern, keywords of column names, or both.',
      body: schemas.identifierBody,
      answers: { 201: schemas.identifier },
    },
    async ({ principal, body, reply }) => {
      const identifier = await identifiers.create(principal, body);
      reply.code(201).header('location', `/api/v1${root}/${encodeURIComponent(identifier.name)}`);
      return tagged(reply, identifier);
    },
  );
  operations.add(
    {
      method: 'GET',
      path: `${root}/:name`,
      id: 'getIdentifier',
      tag,
      summary: 'Read an identifier.',
      params,
      answers: { 200: schemas.identifier },
      problems: [404],
    },
    async ({ principal, params: { name }, reply }) => tagged(reply, await identifiers.get(principal, name)),
  );
  operations.add(
    {
      method: 'PATCH',
      path: `${root}/:name`,
      id: 'updateIdentifier',
      tag,
      summary: 'Change an identifier that was added.',
      params,
      body: schemas.identifierPatch,
      answers: { 200: schemas.identifier },
      problems: [404, 412],
    },
    async ({ principal, params: { name }, body, request, reply }) =>
      tagged(reply, await identifiers.update(principal, name, body, changeOptions(request))),
  );
  operations.add(
    {
      method: 'DELETE',
      path: `${root}/:name`,
      id: 'deleteIdentifier',
      tag,
      summary: 'Delete an identifier that was added and is not in the template.',
      params,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params: { name }, reply }) => {
      await identifiers.remove(principal, name);
      reply.code(204);
    },
  );
}

export function registerTemplate(operations: Operations, { identifiers }: RestServices): void {
  operations.add(
    {
      method: 'GET',
      path: '/discovery/template',
      id: 'getTemplate',
      tag,
      summary: "Read the template's snapshot, and the categories and labels that identifiers may carry.",
      answers: { 200: schemas.template },
    },
    ({ principal }) => identifiers.template(principal),
  );
  for (const [word, id, summary] of [
    ['add', 'addToTemplate', 'Have discoveries look for these identifiers from now on.'],
    ['remove', 'removeFromTemplate', 'Have discoveries look for these identifiers no more.'],
  ] as const) {
    operations.add(
      {
        method: 'POST',
        path: `/discovery/template/${word}`,
        id,
        tag,
        summary,
        body: schemas.templateBody,
        answers: { 200: schemas.template },
        problems: [404],
      },
      ({ principal, body }) => identifiers[id](principal, body.identifiers),
    );
  }
}
