/** Running a statement: the result streams from the gateway to the socket without passing through Fastify. */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { QueryOutput, ResultMeta } from '../../gateway/index.ts';
import { exchangeOf, goneSignal, pageOf, streamResponse } from '../../platform/http/index.ts';
import type { Operations } from './operation.ts';
import { presentQuery } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'queries';
/** Said at the end of a stream, so that a client can tell a whole result from a truncated one (decisions.md 31). */
const trailerName = 'Headgate-Result';

/**
 * The HTTP response as the gateway's output. Until `start` Fastify still owns the reply, so that an error becomes a
 * problem; from then on this class does.
 */
export class ResponseOutput implements QueryOutput {
  readonly #reply: FastifyReply;
  readonly #response: ServerResponse;
  /** A whole result, kept until `end` so that head and body leave in one packet. */
  #whole: { chunk: Buffer; release: (() => void) | undefined } | undefined;
  #streams = true;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#response = reply.raw;
  }

  start(meta: ResultMeta): void {
    this.#reply.hijack();
    this.#streams = meta.wholeBytes === undefined;
    const headers: Record<string, string | number> = exchangeOf(this.#response).headers;
    headers['content-type'] = meta.contentType;
    Object.assign(headers, meta.headers);
    if (meta.wholeBytes !== undefined) headers['content-length'] = meta.wholeBytes;
    else headers.trailer = trailerName;
    this.#response.writeHead(200, headers);
  }

  write(chunk: Buffer, release?: () => void): boolean {
    if (this.#streams) return this.#response.write(chunk, release);
    this.#whole = { chunk, release };
    return true;
  }

  whenDrained(): Promise<void> {
    const response = this.#response;
    if (!response.writableNeedDrain || response.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        response.off('drain', done);
        response.off('close', done);
        resolve();
      };
      response.on('drain', done);
      response.on('close', done);
    });
  }

  end(trailers: Readonly<Record<string, string>>): void {
    if (this.#whole !== undefined) {
      const { chunk, release } = this.#whole;
      // As text of the same bytes Node joins head and body into one write; two buffers cost it a slower call.
      this.#response.end(chunk.toString('latin1'), 'latin1');
      release?.();
      return;
    }
    if (this.#streams) this.#response.addTrailers(trailers);
    this.#response.end();
  }

  /** A reset, not a polite end: what was sent must not look like a whole result. */
  abort(): void {
    const { socket } = this.#response;
    if (socket === null) this.#response.destroy();
    else socket.resetAndDestroy();
  }
}

export function registerQueries(operations: Operations, services: RestServices): void {
  const { gateway } = services;
  operations.add(
    {
      method: 'POST',
      path: '/sources/:name/query',
      id: 'runQuery',
      tag,
      summary: 'Run one statement and stream its result.',
      description:
        'Columns stand in the header `Headgate-Columns` (base64 JSON) or in `GET /queries/{id}`; the trailer ' +
        '`Headgate-Result` says `complete` or `truncated` and the number of rows. An error after the first byte ' +
        'is the line `{"$headgate_error":{…}}` in NDJSON and a broken connection otherwise.',
      params: schemas.sourceParams,
      body: schemas.queryBody,
      answers: { 200: streamResponse('The rows.', 'application/x-ndjson', 'text/csv', 'application/json') },
      problems: [404, 502],
      idempotent: false,
    },
    ({ principal, params, body, reply }) =>
      // What the query came to is told by the output; only an error before its start is left to Fastify.
      gateway.query(principal, params.name, body, new ResponseOutput(reply), goneSignal(reply.raw)).then(() => reply),
  );
  operations.add(
    {
      method: 'GET',
      path: '/queries',
      id: 'listQueries',
      tag,
      summary: 'Queries that run on this node, and the last finished ones.',
      answers: { 200: pageOf(schemas.query) },
    },
    async ({ principal }) => ({ items: (await gateway.queries.list(principal)).map(presentQuery), nextCursor: null }),
  );
  operations.add(
    {
      method: 'GET',
      path: '/queries/:id',
      id: 'getQuery',
      tag,
      summary: 'Read a query: its columns, its state, how far it is.',
      params: schemas.idParams,
      answers: { 200: schemas.query },
      problems: [404],
    },
    async ({ principal, params }) => presentQuery(await gateway.queries.get(principal, params.id)),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/queries/:id',
      id: 'cancelQuery',
      tag,
      summary: 'Cancel a running query on its server.',
      params: schemas.idParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      await gateway.queries.cancel(principal, params.id);
      reply.code(204);
    },
  );
}
