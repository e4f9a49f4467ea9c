/** How the routes of this door are written down: one description an operation, typed by its schemas. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Principal } from '../../domain/identity/index.ts';
import { type DoorInstance, problemResponses, withReferences } from '../../platform/http/index.ts';
import { authentication } from './auth.ts';
import type { RestServices } from './services.ts';

/** What a handler gets: the caller and the parsed input. */
export interface Call<Params, Query, Body> {
  readonly principal: Principal;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Operation<Params extends TSchema, Query extends TSchema, Body extends TSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, with `:name` parameters. */
  readonly path: string;
  /** Unique; the name of the SDK's function. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Answers by status. */
  readonly answers: Readonly<Record<number, TSchema>>;
  /** Problem statuses beside those that every operation may answer. */
  readonly problems?: readonly number[];
  /** `false`: the answer is a stream, an Idempotency-Key is refused. */
  readonly idempotent?: false;
  /** Bytes of a body, where more than the installation's limit is taken. */
  readonly bodyLimit?: number;
  /** The answer shows a secret once. */
  readonly showsSecret?: true;
  /** Possible while the caller's password is to be changed before anything else. */
  readonly whilePasswordDue?: true;
}

export const apiPrefix = '/api/v1';
type None = TSchema;

/** Registers operations that need a sign-in. */
export class Operations {
  readonly #app: DoorInstance;
  readonly #authenticate: ReturnType<typeof authentication>;

  constructor(app: DoorInstance, services: RestServices) {
    this.#app = app;
    this.#authenticate = authentication(services);
  }

  add<Params extends TSchema = None, Query extends TSchema = None, Body extends TSchema = None>(
    operation: Operation<Params, Query, Body>,
    handle: (call: Call<Static<Params>, Static<Query>, Static<Body>>) => unknown,
  ): void {
    const { method, params, query, body } = operation;
    const unsafe = method !== 'GET';
    const problems = [400, 401, 403, 429, 503, ...(unsafe ? [409, 413, 415, 422] : []), ...(operation.problems ?? [])];
    const answers = Object.fromEntries(
      Object.entries(operation.answers).map(([status, schema]) => [status, this.#answer(status, schema)]),
    );
    this.#app.route({
      method,
      url: `${apiPrefix}${operation.path}`,
      onRequest: this.#authenticate,
      ...(operation.bodyLimit === undefined ? {} : { bodyLimit: operation.bodyLimit }),
      config: {
        ...(operation.idempotent === undefined ? {} : { idempotent: operation.idempotent }),
        ...(operation.whilePasswordDue === undefined ? {} : { whilePasswordDue: operation.whilePasswordDue }),
        ...(operation.showsSecret === undefined ? {} : { showsSecret: operation.showsSecret }),
      },
      schema: {
        operationId: operation.id,
        tags: [operation.tag],
        summary: operation.summary,
        ...(operation.description === undefined ? {} : { description: operation.description }),
        ...(params === undefined ? {} : { params }),
        ...(query === undefined ? {} : { querystring: query }),
        ...(body === undefined ? {} : { body }),
        ...(body !== undefined && method === 'PATCH'
          ? { consumes: ['application/merge-patch+json', 'application/json'] }
          : {}),
        response: { ...answers, ...problemResponses(...new Set(problems)) },
      },
      handler: async (request, reply) =>
        handle({
          principal: request.principal!, // the hook above has set it or thrown
          // The validator compiler has checked these against the very schemas that type them.
          params: request.params as Static<Params>,
          query: request.query as Static<Query>,
          body: request.body as Static<Body>,
          request,
          reply,
        }),
    });
  }

  /** An answer as the document shows it. Streams and empty answers describe themselves. */
  #answer(status: string, schema: TSchema): TSchema {
    if (status === '204' || 'content' in schema) return schema;
    const description = { '201': 'Created.', '202': 'Accepted.' }[status] ?? 'Done.';
    const content = { 'application/json': { schema: withReferences(this.#app, schema) } };
    return { description, content } as TSchema; // an OpenAPI response object, which Fastify passes through
  }
}
