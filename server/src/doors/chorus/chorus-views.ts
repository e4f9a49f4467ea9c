/** Chorus views: saved queries of a workspace (chorus.md §3.7). */
import type { ChorusViewInput } from '../../domain/workspaces/index.ts';
import { attributesOf, type Fields, idOf, plainText } from './params.ts';
import { presentDataset } from './present-content.ts';
import { enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

const tag = 'datasets';
const all = '/chorus_views';
const one = `${all}/:id`;

const fieldsOf = (params: Fields): Fields => attributesOf(params, 'chorus_view');

/** Where the query reads: a schema, or that of the dataset or file which it was written over. */
function readInput(params: Fields): ChorusViewInput {
  const fields = fieldsOf(params);
  const over = idOf(fields.source_object_id);
  const file = plainText(fields.source_object_type) === 'workfile';
  const schemaId = idOf(fields.schema_id);
  return {
    workspaceId: idOf(fields.workspace_id) ?? 0,
    ...(schemaId === undefined ? {} : { schemaId }),
    ...(over === undefined ? {} : file ? { workfileId: over } : { datasetId: over }),
    name: plainText(fields.object_name),
    query: plainText(fields.query),
  };
}

export function registerChorusViews(routes: Routes, { chorusViews }: ChorusServices): void {
  routes.add(
    { method: 'POST', path: all, id: 'createChorusView', tag, summary: 'Keep a query under a name.', status: 201 },
    async ({ principal, params }) => enveloped(presentDataset(await chorusViews.create(principal, readInput(params)))),
  );
  routes.add(
    { method: 'PUT', path: one, id: 'updateChorusView', tag, summary: 'Another query under the same name.' },
    async ({ principal, params, id }) =>
      enveloped(presentDataset(await chorusViews.update(principal, id('id'), plainText(fieldsOf(params).query)))),
  );
  routes.add(
    {
      method: 'POST',
      path: `${one}/duplicate`,
      id: 'duplicateChorusView',
      tag,
      summary: 'The same query under another name.',
      status: 201,
    },
    async ({ principal, params, id }) => {
      const name = plainText(fieldsOf(params).object_name);
      return enveloped(presentDataset(await chorusViews.duplicate(principal, id('id'), name)));
    },
  );
  routes.add(
    { method: 'DELETE', path: one, id: 'deleteChorusView', tag, summary: 'Forget a query.' },
    async ({ principal, id }) => {
      await chorusViews.remove(principal, id('id'));
      return {};
    },
  );
}
