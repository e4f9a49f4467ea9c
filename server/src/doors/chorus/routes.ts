/** How the routes of this door are written down: parameters read, signed in, then the handler's own steps. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotFoundError, UnauthenticatedError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/index.ts';
import type { DoorInstance } from '../../platform/http/index.ts';
import { cookieText, hasTokenOutsideBody, isSecure, SignIns } from './auth.ts';
import { type Fields, idOf, readParams } from './params.ts';
import { sendJson } from './send.ts';
import type { ChorusServices } from './services.ts';

/** What a handler gets. */
export interface ChorusCall {
  readonly principal: Principal;
  readonly params: Fields;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The token that this call is signed in with. */
  readonly token: string;
  /** A number of the path. Throws NotFoundError for what is none. */
  id(name: string): number;
}

export interface ChorusRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api`, with `:name` parameters. */
  readonly path: string;
  /** Unique name of the operation. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  /** The status of success; 200 unless said. */
  readonly status?: number;
  /** Class of work for tokens; by the method unless said. */
  readonly work?: 'read' | 'write' | 'admin';
  /** Bytes of a body, where files are taken. */
  readonly bodyLimit?: number;
}

export const apiPrefix = '/api';
const answers = {
  200: { description: 'Done.', type: 'object', additionalProperties: true },
  '4xx': { description: 'Refused.', type: 'object', additionalProperties: true },
};

export class Routes {
  readonly #app: DoorInstance;
  readonly #services: ChorusServices;
  readonly #signIns: SignIns;

  constructor(app: DoorInstance, services: ChorusServices) {
    this.#app = app;
    this.#services = services;
    this.#signIns = new SignIns(services);
  }

  /** Registers a route that needs a sign-in. What the handler gives is sent as JSON; the reply itself is not. */
  add(route: ChorusRoute, handle: (call: ChorusCall) => unknown): void {
    this.#register(route, `${apiPrefix}${route.path}`, handle);
  }

  /** The same for a path that does not stand below `/api`. */
  addOutside(route: ChorusRoute, handle: (call: ChorusCall) => unknown): void {
    this.#register(route, route.path, handle);
  }

  #register(route: ChorusRoute, url: string, handle: (call: ChorusCall) => unknown): void {
    const work = route.work ?? (route.method === 'GET' ? 'read' : 'write');
    this.#app.route({
      method: route.method,
      url,
      ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
      onRequest: async (request) => {
        if (route.bodyLimit !== undefined && !hasTokenOutsideBody(request)) {
          throw new UnauthenticatedError('sign_in_required', 'Sign in before a file is sent.');
        }
      },
      schema: schemaOf(route),
      handler: async (request, reply) => {
        const params = readParams(request);
        const { principal, token, byCookie } = await this.#signIns.of(request, params, work);
        await this.#signIns.extend(principal);
        if (byCookie) reply.header('set-cookie', cookieText(token, isSecure(this.#services, request)));
        const path = request.params as Record<string, string>; // the router gives texts
        const id = (name: string): number => numbered(path[name]);
        const body = await handle({ principal, params, request, reply, token, id });
        return body === reply
          ? reply
          : sendJson(reply.code(reply.statusCode === 200 ? (route.status ?? 200) : reply.statusCode), body);
      },
    });
  }

  /** Registers a route that takes anybody; the handler sends. */
  open(route: ChorusRoute, handle: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>): void {
    this.#app.route({
      method: route.method,
      url: `${apiPrefix}${route.path}`,
      schema: { ...schemaOf(route), security: [] },
      handler: handle,
    });
  }

  /** The sign-in of a request, for open routes that want to know. */
  get signIns(): SignIns {
    return this.#signIns;
  }
}

function numbered(text: string | undefined): number {
  const id = idOf(text);
  if (id === undefined) throw new NotFoundError('not_found', 'There is nothing under this id.');
  return id;
}

function schemaOf(route: ChorusRoute): Record<string, unknown> {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(names.length === 0 ? {} : { params: { type: 'object', properties, required: names } }),
    response: answers,
  };
}

/** `{"response": …}` */
export function enveloped(response: unknown): { response: unknown } {
  return { response };
}
