/** Files of workspaces, their versions and drafts (chorus.md §3.8). */
import { listed, pageOf } from './paging.ts';
import { attributesOf, type Fields, idOf, isFields, listOf, plainText, textOf } from './params.ts';
import { presentDraft, presentWorkfile, presentWorkfileAt, presentWorkfileEntry } from './present-content.ts';
import { enveloped, type Routes } from './routes.ts';
import { registerRuns } from './runs.ts';
import type { ChorusServices } from './services.ts';
import { fileBodies, sendFile, uploadOf } from './uploads.ts';

const tag = 'workfiles';
const ofRoom = '/workspaces/:id/workfiles';
const one = '/workfiles/:id';

export function registerWorkfiles(routes: Routes, services: ChorusServices): void {
  const { workfiles } = services;
  routes.add(
    { method: 'GET', path: ofRoom, id: 'listWorkfiles', tag, summary: 'Files.' },
    async ({ principal, params, id }) => {
      const page = pageOf(params);
      const newest = params.order !== undefined && textOf(params.order) !== 'file_name';
      const filter = {
        fileType: plainText(params.file_type),
        namePattern: plainText(params.name_pattern),
        order: newest ? ('newest' as const) : ('file_name' as const),
      };
      return listed(page, await workfiles.list(principal, id('id'), filter, page), presentWorkfileEntry);
    },
  );
  routes.add(
    {
      method: 'POST',
      path: ofRoom,
      id: 'createWorkfile',
      tag,
      summary: 'Make or upload a file.',
      status: 201,
      bodyLimit: fileBodies,
    },
    async ({ principal, params, id }) => {
      const fields = attributesOf(params, 'workfile');
      const upload = uploadOf(params);
      const text = contentOf(fields);
      const file = await workfiles.create(principal, id('id'), {
        fileName: plainText(fields.file_name) ?? upload?.fileName,
        description: textOf(fields.description),
        content: upload?.content ?? (text === undefined ? undefined : Buffer.from(text)),
        uploaded: upload !== undefined && fields.file_name === undefined,
      });
      return enveloped(presentWorkfile(file));
    },
  );
  routes.add(
    { method: 'DELETE', path: ofRoom, id: 'deleteWorkfiles', tag, summary: 'Delete several files.' },
    async ({ principal, params, id }) => {
      const ids = listOf(params.workfile_ids).map((value) => idOf(value) ?? 0);
      await workfiles.remove(principal, ids, { workspace: id('id') });
      return {};
    },
  );
  routes.add({ method: 'GET', path: one, id: 'getWorkfile', tag, summary: 'One file.' }, async ({ principal, id }) =>
    enveloped(presentWorkfile(await workfiles.get(principal, id('id')))),
  );
  routes.add(
    { method: 'PUT', path: one, id: 'updateWorkfile', tag, summary: 'Rename it, or say where it runs.' },
    async ({ principal, params, id }) => {
      const fields = attributesOf(params, 'workfile');
      const schema = fields.execution_schema;
      const file = await workfiles.update(principal, id('id'), {
        fileName: fields.file_name === undefined ? undefined : (textOf(fields.file_name) ?? ''),
        description: textOf(fields.description),
        executionSchemaId: schema === null ? null : isFields(schema) ? (idOf(schema.id) ?? 0) : undefined,
      });
      return enveloped(presentWorkfile(file));
    },
  );
  routes.add(
    { method: 'DELETE', path: one, id: 'deleteWorkfile', tag, summary: 'Delete a file.' },
    async ({ principal, id }) => {
      await workfiles.remove(principal, [id('id')]);
      return {};
    },
  );
  registerVersions(routes, services);
  registerDrafts(routes, services);
  registerRuns(routes, services);
}

/** `versions_attributes[0][contents]`, or `content`, as text. */
function contentOf(fields: Fields): string | undefined {
  const [first] = listOf(fields.versions_attributes);
  const nested = isFields(first) ? plainText(first.contents) : undefined;
  return nested ?? plainText(fields.content);
}

function registerVersions(routes: Routes, services: ChorusServices): void {
  const { workfiles, workfileVersions } = services;
  routes.add(
    { method: 'GET', path: `${one}/versions`, id: 'listWorkfileVersions', tag, summary: 'Versions, the newest first.' },
    async ({ principal, params, id }) => {
      const page = pageOf(params);
      const file = await workfiles.get(principal, id('id'));
      const versions = await workfileVersions.list(principal, file.id, page);
      return listed(page, versions, (version) => presentWorkfileAt(file, version));
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${one}/versions`,
      id: 'addWorkfileVersion',
      tag,
      summary: 'A new version.',
      status: 201,
      bodyLimit: fileBodies,
    },
    async ({ principal, params, id }) => {
      const fields = attributesOf(params, 'workfile');
      const content = uploadOf(params)?.content ?? Buffer.from(contentOf(fields) ?? '');
      const message = plainText(fields.commit_message) ?? null;
      return enveloped(presentWorkfile(await workfileVersions.add(principal, id('id'), content, message)));
    },
  );
  routes.add(
    { method: 'POST', path: `${one}/copy`, id: 'copyWorkfile', tag, summary: 'Copy the last version.', status: 201 },
    async ({ principal, params, id }) => {
      const copy = await workfiles.copy(principal, id('id'), idOf(params.workspace_id), plainText(params.file_name));
      return enveloped(presentWorkfile(copy));
    },
  );
  routes.add(
    { method: 'GET', path: `${one}/download`, id: 'downloadWorkfile', tag, summary: 'Its bytes.' },
    async ({ principal, params, reply, id }) => {
      const wanted = idOf(params.version_id);
      const version = wanted === undefined ? undefined : { id: wanted };
      const { file, content } = await workfileVersions.content(principal, id('id'), version);
      return sendFile(reply, { mediaType: 'application/octet-stream', content, fileName: file.fileName });
    },
  );
}

/** What somebody has written into a file without saving it as a version: one for each person and file. */
function registerDrafts(routes: Routes, { workfileVersions }: ChorusServices): void {
  const path = `${one}/draft`;
  routes.add({ method: 'GET', path, id: 'getDraft', tag, summary: 'My draft of it.' }, async ({ principal, id }) =>
    enveloped(presentDraft(await workfileVersions.draft(principal, id('id')))),
  );
  for (const [method, name, status] of [
    ['POST', 'createDraft', 201],
    ['PUT', 'updateDraft', 200],
  ] as const) {
    routes.add(
      { method, path, id: name, tag, summary: 'Keep a draft in place of the one that there may be.', status },
      async ({ principal, params, id }) => {
        const content = Buffer.from(contentOf(attributesOf(params, 'workfile_draft')) ?? '');
        return enveloped(presentDraft(await workfileVersions.putDraft(principal, id('id'), content)));
      },
    );
  }
  routes.add(
    { method: 'DELETE', path, id: 'deleteDraft', tag, summary: 'Forget my draft.' },
    async ({ principal, id }) => {
      await workfileVersions.removeDraft(principal, id('id'));
      return {};
    },
  );
}
