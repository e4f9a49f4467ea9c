/** Files, datasets, the sandbox and pictures of workspaces (chorus.md §3.6–3.8, §4.7). */
import type { FastifyReply } from 'fastify';
import { ConflictError, ForbiddenError, NotFoundError, SourceError } from '../../domain/errors.ts';
import { type PictureOwner, SourceForbiddenError } from '../../domain/workspaces/index.ts';
import type { QueryOutput, ResultMeta } from '../../gateway/index.ts';
import { exchangeOf, goneSignal, type Upload } from '../../platform/http/index.ts';
import { cut, listed, pageOf } from './paging.ts';
import { attributesOf, booleanOf, type Fields, idOf, isFields, isUpload, listOf, plainText, textOf } from './params.ts';
import { presentImage, presentSchema, presentSourceShort } from './present.ts';
import { presentDataset, presentWorkfile } from './present-content.ts';
import { type ChorusCall, enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

/** Bytes of a request with a file, and of one with a picture. */
const fileBodies = 101 * 1024 * 1024;
const pictureBodies = 6 * 1024 * 1024;
/** Rows that a run shows at most. */
const shownRows = 1000;

/** The file of a request, wherever it stands in it. */
function uploadOf(value: unknown, depth = 0): Upload | undefined {
  if (isUpload(value)) return value;
  if (typeof value !== 'object' || value === null || depth > 5) return undefined;
  for (const member of Object.values(value)) {
    const found = uploadOf(member, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bytes as a download that no browser runs. */
function sendFile(reply: FastifyReply, file: { mediaType: string; content: Buffer; fileName?: string }): FastifyReply {
  reply.headers({ ...exchangeOf(reply.raw).headers, 'cache-control': 'private, max-age=0, must-revalidate' });
  if (file.fileName !== undefined) {
    reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.fileName)}`);
  }
  return reply.type(file.mediaType).send(file.content);
}

/** Keeps a result in memory: it is a page of rows. */
class Collected implements QueryOutput {
  readonly #chunks: Buffer[] = [];
  columns: ResultMeta['columns'] = [];

  start(meta: ResultMeta): void {
    this.columns = meta.columns;
  }

  write(chunk: Buffer, release?: () => void): boolean {
    this.#chunks.push(Buffer.from(chunk));
    release?.();
    return true;
  }

  whenDrained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {}

  abort(): void {}

  /** The rows, from one JSON object a line. */
  rows(): Record<string, unknown>[] {
    const lines = Buffer.concat(this.#chunks).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  }
}

export function registerWorkfiles(routes: Routes, services: ChorusServices): void {
  const { workfiles } = services;
  const tag = 'workfiles';
  const ofRoom = '/workspaces/:id/workfiles';
  const one = '/workfiles/:id';
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
      return listed(page, await workfiles.list(principal, id('id'), filter, page), (file) => presentWorkfile(file));
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
      await workfiles.remove(principal, ids, id('id'));
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
}

/** `versions_attributes[0][contents]`, or `content`, as text. */
function contentOf(fields: Fields): string | undefined {
  const [first] = listOf(fields.versions_attributes);
  const nested = isFields(first) ? plainText(first.contents) : undefined;
  return nested ?? plainText(fields.content);
}

function registerVersions(routes: Routes, services: ChorusServices): void {
  const { workfiles } = services;
  const tag = 'workfiles';
  const one = '/workfiles/:id';
  routes.add(
    { method: 'GET', path: `${one}/versions`, id: 'listWorkfileVersions', tag, summary: 'Versions, the newest first.' },
    async ({ principal, params, id }) => {
      const file = await workfiles.get(principal, id('id'));
      const versions = await workfiles.versions(principal, file.id);
      return cut(pageOf(params), versions, (version) => presentWorkfile(file, version));
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
      return enveloped(presentWorkfile(await workfiles.addVersion(principal, id('id'), content, message)));
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
      const file = await workfiles.get(principal, id('id'));
      const wanted = idOf(params.version_id);
      const versions = wanted === undefined ? [file.latest] : await workfiles.versions(principal, file.id);
      const version = wanted === undefined ? file.latest : versions.find((one) => one.id === wanted);
      if (version === undefined) throw new NotFoundError('version_not_found', 'There is no such version.');
      return sendFile(reply, {
        mediaType: 'application/octet-stream',
        content: version.content,
        fileName: file.fileName,
      });
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${one}/run`,
      id: 'runWorkfile',
      tag,
      summary: "Run SQL with the workspace's pair.",
      status: 202,
    },
    (call) => run(services, call),
  );
}

/** Runs a file's statement; the first rows come with the answer. */
async function run({ workfiles, gateway }: ChorusServices, { principal, reply, id }: ChorusCall): Promise<unknown> {
  const { text, sourceUid, source, workspaceUid } = await workfiles.statement(principal, id('id'));
  const output = new Collected();
  const request = { sql: text, workspace: workspaceUid, maxRows: shownRows, format: 'ndjson' } as const;
  try {
    const outcome = await gateway.query(principal, sourceUid, request, output, goneSignal(reply.raw));
    return enveloped({
      id: outcome.queryId,
      state: outcome.state,
      columns: output.columns.map(({ name, type }) => ({ name, data_type: type })),
      rows: output.rows(),
      complete_json: true,
    });
  } catch (error) {
    const missing = error instanceof ConflictError && error.code === 'credential_missing';
    if (error instanceof SourceError && error.code === 'login_failed') throw new SourceForbiddenError(source, true);
    // Who has no pair is asked for one by the client.
    if (missing || error instanceof ForbiddenError || error instanceof NotFoundError)
      throw new SourceForbiddenError(source);
    throw error;
  }
}

export function registerDatasets(routes: Routes, { datasets }: ChorusServices): void {
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
      await datasets.setSandbox(principal, id('id'), {
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
  registerCatalog(routes, datasets);
}

function registerCatalog(routes: Routes, datasets: ChorusServices['datasets']): void {
  const tag = 'datasets';
  type Database = Awaited<ReturnType<typeof datasets.database>>;
  const shown = ({ id, name, source }: Database): Record<string, unknown> => ({
    id,
    name,
    data_source: presentSourceShort(source),
    entity_type: source.entityType === 'gpdb_data_source' ? 'gpdb_database' : 'pg_database',
    complete_json: true,
  });
  routes.add(
    { method: 'GET', path: '/data_sources/:id/databases', id: 'listDatabases', tag, summary: 'Databases of a source.' },
    async ({ principal, params, id }) => cut(pageOf(params), await datasets.databases(principal, id('id')), shown),
  );
  routes.add(
    { method: 'GET', path: '/databases/:id', id: 'getDatabase', tag, summary: 'One database.' },
    async ({ principal, id }) => enveloped(shown(await datasets.database(principal, id('id')))),
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
      cut(pageOf(params), await datasets.schemas(principal, id('id')), presentSchema),
  );
  routes.add(
    { method: 'GET', path: '/schemas/:id', id: 'getSchema', tag, summary: 'One schema.' },
    async ({ principal, id }) =>
      enveloped({ ...presentSchema(await datasets.schema(principal, id('id'))), has_credentials: true }),
  );
}

export function registerPictures(routes: Routes, { pictures }: ChorusServices): void {
  const owners = [
    ['user', 'users', 'User'],
    ['workspace', 'workspaces', 'Workspace'],
  ] as const;
  for (const [owner, plural, name] of owners) {
    const path = `/${plural}/:id/image`;
    const show = async ({ principal, reply, id }: ChorusCall): Promise<FastifyReply> =>
      sendFile(reply, await shownPicture(pictures, principal, owner, id('id')));
    routes.add({ method: 'GET', path, id: `get${name}Image`, tag: 'images', summary: 'The picture.' }, show);
    routes.add(
      {
        method: 'POST',
        path,
        id: `put${name}Image`,
        tag: 'images',
        summary: 'Set the picture.',
        bodyLimit: pictureBodies,
      },
      async ({ principal, params, id }) => {
        const picture = await pictures.put(principal, owner, id('id'), uploadOf(params));
        return enveloped(presentImage(plural, id('id'), picture));
      },
    );
    routes.addOutside(
      {
        method: 'GET',
        path: `/paperclip/${plural}/images/:a/:b/:c/:style/:file`,
        id: `get${name}Picture`,
        tag: 'images',
        summary: 'The same under its own address.',
      },
      async ({ principal, request, reply }) => {
        const { a = '', b = '', c = '' } = request.params as Record<string, string>; // the router gives texts
        return sendFile(reply, await shownPicture(pictures, principal, owner, idOf(`${a}${b}${c}`) ?? 0));
      },
    );
  }
}

async function shownPicture(
  pictures: ChorusServices['pictures'],
  principal: ChorusCall['principal'],
  owner: PictureOwner,
  id: number,
): Promise<{ mediaType: string; content: Buffer }> {
  const { mediaType, content } = await pictures.get(principal, owner, id);
  return { mediaType, content };
}
