/** What a workspace works on: datasets, its sandbox; and how it is told from others: tags, a picture. */
import type { Dataset } from '../../domain/workspaces/index.ts';
import { etagOf, exchangeOf, pageOf, pageQuery, streamResponse } from '../../platform/http/index.ts';
import { paged } from './numbered.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';
import { presentWorkspace } from './workspaces.ts';

const tag = 'workspaces';
const one = '/workspaces/:workspace';
const at = { tag, params: schemas.workspaceNameParams, problems: [404] } as const;
/** Bytes of a body with a picture in it. */
const pictureBody = 7 * 1024 * 1024;

function presentDataset(dataset: Dataset): Record<string, unknown> {
  return {
    id: dataset.uid,
    source: dataset.schema.source.uid,
    schema: dataset.schema.name,
    name: dataset.name,
    kind: dataset.kind === 'CHORUS_VIEW' ? 'saved_query' : dataset.kind.toLowerCase(),
    query: dataset.query,
    inSandbox: dataset.inSandbox,
    staleAt: dataset.staleAt,
  };
}

export function registerWorkspaceDatasets(operations: Operations, { datasets }: RestServices): void {
  const all = `${one}/datasets`;
  operations.add(
    {
      ...at,
      method: 'GET',
      path: all,
      id: 'listWorkspaceDatasets',
      summary: 'Tables and views that are at hand, those of the sandbox among them, and saved queries.',
      query: schemas.strict({ ...pageQuery, q: schemas.optionalText(256, 'Part of the name.') }),
      answers: { 200: pageOf(schemas.workspaceDataset) },
    },
    ({ principal, params, query }) =>
      paged(
        'datasets',
        query,
        (page) => datasets.list(principal, params.workspace, { namePattern: query.q }, page),
        presentDataset,
      ),
  );
  operations.add(
    {
      ...at,
      method: 'POST',
      path: all,
      id: 'addWorkspaceDataset',
      summary: "Put a table or view at hand, as the source's catalog was last read.",
      body: schemas.workspaceDatasetBody,
      answers: { 201: schemas.workspaceDataset },
    },
    async ({ principal, params, body, reply }) => {
      const dataset = await datasets.associateNamed(principal, params.workspace, body);
      reply.code(201);
      return presentDataset(dataset);
    },
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      path: `${all}/:dataset`,
      id: 'removeWorkspaceDataset',
      summary: 'Take it away; no table is dropped.',
      params: schemas.workspaceDatasetParams,
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      await datasets.dissociate(principal, params.workspace, [params.dataset]);
      reply.code(204);
    },
  );
}

export function registerWorkspaceSandbox(operations: Operations, { sandboxes }: RestServices): void {
  operations.add(
    {
      ...at,
      method: 'PUT',
      path: `${one}/sandbox`,
      id: 'putWorkspaceSandbox',
      summary: 'Say in which schema it may make tables; one that is not there yet is made.',
      body: schemas.sandboxBody,
      answers: { 200: schemas.workspace },
      problems: [404, 502],
    },
    async ({ principal, params, body: { source, schema: schemaName, showSandboxDatasets }, reply }) => {
      const view = await sandboxes.set(principal, params.workspace, { source, schemaName, showSandboxDatasets });
      reply.header('etag', etagOf(view.version));
      return presentWorkspace(view);
    },
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      path: `${one}/sandbox`,
      id: 'deleteWorkspaceSandbox',
      summary: 'It has a sandbox no more; the tables stay where they are.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      await sandboxes.clear(principal, params.workspace);
      reply.code(204);
    },
  );
}

export function registerWorkspaceMarks(operations: Operations, { workspaces, tags, pictures }: RestServices): void {
  const tagged = { tag, params: schemas.workspaceTagParams, path: `${one}/tags/:name`, problems: [404] } as const;
  for (const [method, id, change, summary] of [
    ['PUT', 'addWorkspaceTag', 'add', 'Put a tag on it.'],
    ['DELETE', 'removeWorkspaceTag', 'remove', 'Take a tag off it.'],
  ] as const) {
    operations.add(
      { ...tagged, method, id, summary, answers: { 204: schemas.noContent } },
      async ({ principal, params, reply }) => {
        const { id: entityId } = await workspaces.get(principal, params.workspace);
        await tags.tag(principal, [{ entityType: 'workspace', entityId }], { [change]: params.name });
        reply.code(204);
      },
    );
  }
  const picture = { ...at, path: `${one}/picture` } as const;
  operations.add(
    {
      ...picture,
      method: 'GET',
      id: 'getWorkspacePicture',
      summary: 'Its picture.',
      answers: { 200: streamResponse('The picture.', 'image/png', 'image/jpeg', 'image/gif') },
    },
    async ({ principal, params, reply }) => {
      const { id } = await workspaces.get(principal, params.workspace);
      const { mediaType, content } = await pictures.get(principal, 'workspace', id);
      return reply.headers(exchangeOf(reply.raw).headers).type(mediaType).send(content);
    },
  );
  operations.add(
    {
      ...picture,
      method: 'PUT',
      id: 'putWorkspacePicture',
      summary: 'Set its picture: PNG, JPEG or GIF, at most 5 MB.',
      body: schemas.pictureBody,
      answers: { 204: schemas.noContent },
      bodyLimit: pictureBody,
    },
    async ({ principal, params, body, reply }) => {
      const { id } = await workspaces.get(principal, params.workspace);
      const content = Buffer.from(body.content, 'base64');
      await pictures.put(principal, 'workspace', id, { fileName: body.fileName ?? '', content });
      reply.code(204);
    },
  );
  operations.add(
    {
      ...picture,
      method: 'DELETE',
      id: 'deleteWorkspacePicture',
      summary: 'Take its picture away.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, params, reply }) => {
      const { id } = await workspaces.get(principal, params.workspace);
      await pictures.remove(principal, 'workspace', id);
      reply.code(204);
    },
  );
}
