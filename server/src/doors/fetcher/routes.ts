/** How the routes of this door are written down: signed in first, then the handler's own steps in the contract's order. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { Principal } from '../../domain/identity/index.ts';
import { type DoorInstance, goneSignal, withReferences } from '../../platform/http/index.ts';
import { signIn } from './auth.ts';
import { bodyLimit } from './body.ts';
import * as schemas from './schemas.ts';
import type { FetcherServices } from './services.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks at this door; null where nobody is asked. */
    fetcherPrincipal: Principal | null;
  }
}

/** What a handler gets. */
export interface FetcherCall {
  readonly principal: Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The path's id as sent. */
  readonly id: string;
  /** Query string by key, the last value of each. */
  readonly query: Readonly<Record<string, string>>;
  /** `X-Product-Name`. */
  readonly product: string | undefined;
  /** Fires when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface FetcherRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  /** Token scopes: reading or changing. */
  readonly work: 'read' | 'write';
  readonly query?: TSchema;
  readonly product?: true;
  readonly body?: TSchema;
  readonly answers: Readonly<Record<number, TSchema>>;
  /** Further statuses, all with an error body. */
  readonly errors: readonly number[];
}

function lastValues(query: unknown): Record<string, string> {
  const entries = Object.entries((query ?? {}) as Record<string, string | string[]>); // Fastify's parser gives these
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? (value.at(-1) ?? '') : value]),
  );
}

/** Registers the routes that need a sign-in. */
export class Routes {
  readonly #app: DoorInstance;
  readonly #services: FetcherServices;

  constructor(app: DoorInstance, services: FetcherServices) {
    this.#app = app;
    this.#services = services;
  }

  add(route: FetcherRoute, handle: (call: FetcherCall) => unknown): void {
    const { work } = route;
    this.#app.route({
      method: route.method,
      url: route.path,
      bodyLimit,
      onRequest: async (request) => {
        request.fetcherPrincipal = await signIn(this.#services, request, work);
      },
      schema: this.#schema(route),
      handler: async (request, reply) => {
        const header = request.headers['x-product-name'];
        return handle({
          principal: request.fetcherPrincipal!, // the hook above has set it or thrown
          request,
          reply,
          id: (request.params as { id?: string }).id ?? '',
          query: lastValues(request.query),
          product: Array.isArray(header) ? header[0] : header,
          signal: goneSignal(reply.raw),
        });
      },
    });
  }

  #schema(route: FetcherRoute): Record<string, unknown> {
    const answer = (description: string, schema: TSchema): object => ({
      description,
      content: { 'application/json': { schema: withReferences(this.#app, schema) } },
    });
    const answers = Object.entries(route.answers).map(([status, schema]) => [
      status,
      status === '204' ? { description: 'Done.' } : answer('Done.', schema),
    ]);
    const failures = [401, 403, 500, 503, ...route.errors].map((status) => [
      status,
      answer('Refused or failed.', schemas.errorBody),
    ]);
    return {
      operationId: route.id,
      tags: [route.tag],
      summary: route.summary,
      ...(route.path.includes(':id') ? { params: schemas.idParams } : {}),
      ...(route.query === undefined ? {} : { querystring: route.query }),
      ...(route.product === undefined ? {} : { headers: schemas.productHeader }),
      ...(route.body === undefined ? {} : { body: route.body, consumes: ['application/json'] }),
      response: Object.fromEntries([...answers, ...failures]),
    };
  }
}
