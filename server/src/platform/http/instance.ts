/** One Fastify instance a door, with the kit's habits: strict JSON, TypeBox validation, problem documents, 404 and 405. */

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Door, DoorInstance } from './door.ts';
import { exchangeOf } from './exchange.ts';
import { parseJson } from './json.ts';
import { internalProblem, kitProblem, type Problem, problemDocument, problemMediaType } from './problem.ts';
import { validatorCompiler } from './validation.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's bytes as sent; null when the request had none. */
    bodyBytes: Buffer | null;
  }
  interface FastifyContextConfig {
    /** `false`: an Idempotency-Key is refused on this route (streams). */
    idempotent?: boolean;
    /** The answer shows a secret once; an idempotent replay must not (decisions.md 34). */
    showsSecret?: boolean;
    /** Possible while the caller's password is to be changed before anything else. */
    whilePasswordDue?: boolean;
    /** May be called without a sign-in. */
    anonymous?: boolean;
  }
}

export interface InstanceOptions {
  readonly bodyLimitBytes: number;
  readonly trustProxy: boolean;
  readonly log: Logger;
}

/** Sends `problem` as the answer. */
export function sendProblem(reply: FastifyReply, problem: Problem, requestId: string): FastifyReply {
  reply.headers(exchangeOf(reply.raw).headers); // an error may come before the route's own hook
  if (problem.headers !== undefined) reply.headers(problem.headers);
  return reply
    .code(problem.status)
    .type(problemMediaType)
    .send(JSON.stringify(problemDocument(problem, requestId)));
}

/** The problem of any error; what nobody foresaw is logged under the request id and told to nobody. */
export function foreseen(door: Door, error: unknown, requestId: string, log: Logger): Problem {
  const found = kitProblem(error) ?? door.problemOf(error);
  if (found === undefined || found.status >= 500) {
    log.error({ err: error, requestId, door: door.name, code: found?.code ?? internalProblem.code }, 'request failed');
  }
  return found ?? internalProblem;
}

/** `/a/:b/*` as an expression over paths. */
function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${source}$`);
}

/** Knows every route of an instance, for 405 and its Allow header. */
class KnownRoutes {
  readonly #byUrl = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  add(route: RouteOptions): void {
    if (route.method === 'OPTIONS') return; // a preflight answers everywhere and says nothing about the address
    const entry = this.#byUrl.get(route.url) ?? { pattern: patternOf(route.url), methods: new Set() };
    for (const method of [route.method].flat()) entry.methods.add(method);
    this.#byUrl.set(route.url, entry);
  }

  /** Methods that the path answers to, sorted; empty when it is not known. */
  allowed(url: string): string[] {
    const path = url.split('?', 1)[0]!;
    const found = new Set<string>();
    for (const { pattern, methods } of this.#byUrl.values()) {
      if (pattern.test(path)) for (const method of methods) found.add(method);
    }
    return [...found].sort();
  }
}

function unknownAddress(allowed: readonly string[]): Problem {
  if (allowed.length === 0) return { status: 404, code: 'not_found', detail: 'There is nothing at this address.' };
  const allow = allowed.join(', ');
  const detail = `This address answers to ${allow}.`;
  return { status: 405, code: 'method_not_allowed', detail, headers: { allow } };
}

/** Builds a door's instance, ready to route. */
export async function buildInstance(door: Door, options: InstanceOptions): Promise<DoorInstance> {
  const { log } = options;
  const routes = new KnownRoutes();
  const app: DoorInstance = Fastify({
    logger: false, // the server writes one line a request itself
    bodyLimit: options.bodyLimitBytes,
    trustProxy: options.trustProxy,
    genReqId: (request) => exchangeOf(request).requestId,
    // Shutting down is the server's affair; Fastify's own 503 would not be a problem document.
    return503OnClosing: false,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 4096,
    },
    frameworkErrors: (error, request, reply) => {
      sendProblem(reply as FastifyReply, foreseen(door, error, request.id, log), request.id);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.decorateRequest('bodyBytes', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done) => {
      request.bodyBytes = body;
      try {
        done(null, parseJson(body));
      } catch (error) {
        done(error as Error); // parseJson throws nothing but problems
      }
    },
  );
  app.setValidatorCompiler(validatorCompiler);
  // Answers are built by `present` modules; their schemas document them and never drop a member.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));

  app.addHook('onRoute', (route) => {
    routes.add(route);
    const { url } = route;
    const parameters = url.includes(':');
    const remember = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      const exchange = exchangeOf(request.raw);
      exchange.route = url;
      reply.headers(exchange.headers);
      // The router lets a parameter be empty: `/things/` would be a thing without a name.
      const empty = parameters && Object.values(request.params as Record<string, string>).includes('');
      if (empty) reply.callNotFound();
      else done();
    };
    route.onRequest = [remember, ...[route.onRequest ?? []].flat()];
  });
  app.setErrorHandler((error, request, reply) => {
    if (door.answerError !== undefined) return door.answerError(error, request, reply);
    return sendProblem(reply, foreseen(door, error, request.id, log), request.id);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.allowed(request.url);
    if (door.answerUnknown !== undefined) return door.answerUnknown(request, reply, allowed);
    return sendProblem(reply, unknownAddress(allowed), request.id);
  });

  await door.register(app);
  await app.ready();
  return app;
}
