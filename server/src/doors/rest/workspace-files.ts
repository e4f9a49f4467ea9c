/** Files of a workspace: SQL that runs, texts, in versions. */
import type { FastifyReply } from 'fastify';
import type { Workfile, WorkfileEntry, WorkfileVersionInfo } from '../../domain/workspaces/index.ts';
import {
  etagOf,
  exchangeOf,
  goneSignal,
  ifMatchVersion,
  pageOf,
  pageQuery,
  streamResponse,
} from '../../platform/http/index.ts';
import { paged } from './numbered.ts';
import type { Operations } from './operation.ts';
import { ResponseOutput } from './query.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'workspaces';
const all = '/workspaces/:workspace/files';
const one = `${all}/:file`;
const at = { tag, params: schemas.fileParams } as const;
/** Bytes of a body with a file in it. */
const bodyLimit = 17 * 1024 * 1024;
const texts: ReadonlySet<string> = new Set(['sql', 'text', 'code', 'xml']);

function presentVersion(version: WorkfileVersionInfo): Record<string, unknown> {
  const { number, commitMessage: message, modifier, createdAt } = version;
  return { number, message, author: modifier?.username ?? null, createdAt };
}

function presentEntry(file: WorkfileEntry): Record<string, unknown> {
  const place = file.executionSchema;
  return {
    id: file.uid,
    name: file.fileName,
    type: file.fileType,
    description: file.description,
    owner: file.owner?.username ?? null,
    runsIn: place === null ? null : { source: place.source.uid, schema: place.name },
    tags: file.tags.map(({ name }) => name),
    version: file.version,
    latest: presentVersion(file.latest),
    updatedAt: file.modifiedAt,
  };
}

/** A file with its content, and its version as ETag. */
function tagged(reply: FastifyReply, file: Workfile): Record<string, unknown> {
  reply.header('etag', etagOf(file.version));
  const content = texts.has(file.fileType) ? file.latest.content.toString('utf8') : null;
  return { ...presentEntry(file), content };
}

/** What a request names a file by. */
const keyOf = ({ workspace, file }: { workspace: string; file: string }) => ({ workspace, file });

export function registerWorkspaceFiles(operations: Operations, services: RestServices): void {
  const { workfiles } = services;
  operations.add(
    {
      method: 'GET',
      path: all,
      id: 'listWorkspaceFiles',
      tag,
      summary: 'Files of a workspace, without their content.',
      params: schemas.workspaceNameParams,
      query: schemas.fileListQuery,
      answers: { 200: pageOf(schemas.fileEntry) },
      problems: [404],
    },
    ({ principal, params, query }) => {
      const order = query.order === 'newest' ? ('newest' as const) : ('file_name' as const);
      const filter = { namePattern: query.q, fileType: query.type, order };
      return paged('files', query, (page) => workfiles.list(principal, params.workspace, filter, page), presentEntry);
    },
  );
  operations.add(
    {
      method: 'POST',
      path: all,
      id: 'createWorkspaceFile',
      tag,
      summary: 'Make a file with its first version.',
      params: schemas.workspaceNameParams,
      body: schemas.fileBody,
      answers: { 201: schemas.file },
      problems: [404],
      bodyLimit,
    },
    async ({ principal, params, body, reply }) => {
      const { name: fileName, description, content = '', runsIn } = body;
      const input = { fileName, description, content: Buffer.from(content), ...(runsIn == null ? {} : { runsIn }) };
      const file = await workfiles.create(principal, params.workspace, input);
      reply.code(201).header('location', `/api/v1/workspaces/${file.workspace.uid}/files/${file.uid}`);
      return tagged(reply, file);
    },
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      path: one,
      id: 'getWorkspaceFile',
      summary: 'A file with the content of its last version.',
      answers: { 200: schemas.file },
      problems: [404],
    },
    async ({ principal, params, reply }) => tagged(reply, await workfiles.get(principal, keyOf(params))),
  );
  operations.add(
    {
      ...at,
      method: 'PATCH',
      path: one,
      id: 'updateWorkspaceFile',
      summary: 'Rename it, describe it, or say where it runs; without a place it runs in the sandbox.',
      body: schemas.filePatch,
      answers: { 200: schemas.file },
      problems: [404, 412],
    },
    async ({ principal, params, body, request, reply }) => {
      const { name: fileName, ...change } = body;
      const ifMatch = ifMatchVersion(request.headers['if-match']);
      return tagged(reply, await workfiles.update(principal, keyOf(params), { ...change, fileName }, ifMatch));
    },
  );
  operations.add(
    {
      ...at,
      method: 'DELETE',
      path: one,
      id: 'deleteWorkspaceFile',
      summary: 'Delete a file with all its versions.',
      answers: { 204: schemas.noContent },
      problems: [404, 412],
    },
    async ({ principal, params, request, reply }) => {
      const ifMatch = ifMatchVersion(request.headers['if-match']);
      await workfiles.remove(principal, [keyOf(params)], ifMatch === undefined ? {} : { ifMatch });
      reply.code(204);
    },
  );
  registerFileVersions(operations, services);
  registerFileRuns(operations, services);
}

function registerFileVersions(operations: Operations, { workfileVersions }: RestServices): void {
  operations.add(
    {
      ...at,
      method: 'GET',
      path: `${one}/versions`,
      id: 'listWorkspaceFileVersions',
      summary: 'Its versions, the newest first.',
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.fileVersion) },
      problems: [404],
    },
    ({ principal, params, query }) =>
      paged('file versions', query, (page) => workfileVersions.list(principal, keyOf(params), page), presentVersion),
  );
  operations.add(
    {
      ...at,
      method: 'POST',
      path: `${one}/versions`,
      id: 'addWorkspaceFileVersion',
      summary: 'Write it: a new version with this content.',
      body: schemas.fileVersionBody,
      answers: { 201: schemas.file },
      problems: [404, 412],
      bodyLimit,
    },
    async ({ principal, params, body, request, reply }) => {
      const ifMatch = ifMatchVersion(request.headers['if-match']);
      const content = Buffer.from(body.content);
      reply.code(201);
      return tagged(
        reply,
        await workfileVersions.add(principal, keyOf(params), content, body.message ?? null, ifMatch),
      );
    },
  );
  operations.add(
    {
      ...at,
      method: 'GET',
      path: `${one}/content`,
      id: 'getWorkspaceFileContent',
      summary: 'The bytes of a version.',
      query: schemas.fileContentQuery,
      answers: { 200: streamResponse('The bytes.', 'application/octet-stream') },
      problems: [404],
    },
    async ({ principal, params, query, reply }) => {
      const version = query.version === undefined ? undefined : { number: query.version };
      const { content } = await workfileVersions.content(principal, keyOf(params), version);
      return reply
        .headers({ ...exchangeOf(reply.raw).headers, 'content-disposition': 'attachment' })
        .type('application/octet-stream')
        .send(content);
    },
  );
}

function registerFileRuns(operations: Operations, { workfileRuns, gateway }: RestServices): void {
  operations.add(
    {
      ...at,
      method: 'POST',
      path: `${one}/run`,
      id: 'runWorkspaceFile',
      summary: "Run its last version with the workspace's credentials; the rows stream as those of a query.",
      body: schemas.fileRunBody,
      answers: {
        200: streamResponse(
          'The rows.',
          'application/x-ndjson',
          'text/csv',
          'application/json',
          'application/vnd.apache.parquet',
        ),
      },
      problems: [404, 502],
      idempotent: false,
    },
    async ({ principal, params, body, reply }) => {
      const { fileId, text, sourceUid, workspaceUid } = await workfileRuns.statement(principal, keyOf(params));
      const request = { ...body, sql: text, workspace: workspaceUid };
      const output = new ResponseOutput(reply);
      await workfileRuns.during(principal, fileId, goneSignal(reply.raw), (signal) =>
        gateway.query(principal, sourceUid, request, output, signal),
      );
      return reply;
    },
  );
}
