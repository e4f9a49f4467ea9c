/** How the routes of this door are written down: signed in first, then what the request says, then the handler. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import type { Principal } from '../../domain/identity/index.ts';
import { admit, unforeseen } from '../../domain/sdps/index.ts';
import { type DoorInstance, goneSignal, parseJson, withReferences } from '../../platform/http/index.ts';
import { signIn } from './auth.ts';
import { type Parsed, Reading, type Shape } from './fields.ts';
import { success } from './present.ts';
import type { SdpsServices } from './services.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The content type as sent: the framework itself sees only bytes. */
    sdpsContentType: string | undefined;
    /** Who asks at this door; null where nobody is asked. */
    sdpsPrincipal: Principal | null;
  }
}

/** Bytes of a body at most: workbooks come here too. */
export const bodyLimit = 8 * 1024 * 1024;

export interface SdpsCall<Q extends Shape, B extends Shape, P extends Shape> {
  readonly principal: Principal;
  readonly query: Parsed<Q>;
  readonly body: Parsed<B>;
  readonly path: Parsed<P>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Fires when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface SdpsRoute<Q extends Shape, B extends Shape, P extends Shape> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Unique; the operation's id in the OpenAPI document. */
  readonly id: string;
  /** It changes something: the token must cover writing. */
  readonly writes?: true;
  readonly query?: Q;
  readonly body?: B;
  readonly params?: P;
  /** The body's bytes are the handler's affair. */
  readonly rawBody?: true;
  /** What the body is said to be in the document; JSON unless said. */
  readonly consumes?: string;
}

function lastValues(query: unknown): Record<string, unknown> {
  const entries = Object.entries((query ?? {}) as Record<string, string | string[]>); // Fastify's parser gives these
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]));
}

/** The parsed body; undefined for none. Throws SdpsError 1000 for what is no JSON. */
export function readBody(request: FastifyRequest): unknown {
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  if (body.length < 64 && body.toString('latin1').trim() === 'null') return null;
  try {
    return parseJson(body);
  } catch {
    throw unforeseen();
  }
}

/** Bodies stay bytes until a handler's turn (decisions.md 20). */
export function registerBodies(app: DoorInstance): void {
  app.decorateRequest('sdpsContentType', undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', (request, _reply, done) => {
    // Whatever was sent, also what is no media type at all, is judged when the body's turn comes.
    if (request.headers['content-type'] !== undefined) {
      request.sdpsContentType = request.headers['content-type'];
      request.headers['content-type'] = 'application/octet-stream';
    }
    done();
  });
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
}

export class Routes {
  readonly #app: DoorInstance;
  readonly #services: SdpsServices;

  constructor(app: DoorInstance, services: SdpsServices) {
    this.#app = app;
    this.#services = services;
  }

  /** A route whose handler gives the envelope's data; a handler that has answered by itself gives the reply. */
  add<Q extends Shape = Shape, B extends Shape = Shape, P extends Shape = Shape>(
    route: SdpsRoute<Q, B, P>,
    handle: (call: SdpsCall<Q, B, P>) => unknown,
  ): void {
    this.#app.route({
      method: route.method,
      url: route.path,
      bodyLimit,
      onRequest: async (request) => {
        const principal = await signIn(this.#services, request);
        if (route.writes === true) admit(principal, 'write');
        request.sdpsPrincipal = principal;
      },
      schema: this.#schema(route),
      handler: async (request, reply) => {
        const answer = await handle(this.#call(route, request, reply));
        if (answer === reply) return reply;
        return reply
          .code(200)
          .type('application/json')
          .send(success(answer ?? null));
      },
    });
  }

  #call<Q extends Shape, B extends Shape, P extends Shape>(
    route: SdpsRoute<Q, B, P>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): SdpsCall<Q, B, P> {
    const reading = new Reading();
    const none = {} as const;
    const path = reading.object('path', route.params ?? (none as P), lastValues(request.params));
    const query = reading.object('query', route.query ?? (none as Q), lastValues(request.query));
    const body =
      route.body === undefined || route.rawBody === true
        ? (none as Parsed<B>) // nothing is read of it
        : reading.body(route.body, readBody(request));
    reading.end();
    const principal = request.sdpsPrincipal!; // the hook has set it or thrown
    return { principal, path, query, body, request, reply, signal: goneSignal(reply.raw) };
  }

  #schema(route: SdpsRoute<Shape, Shape, Shape>): Record<string, unknown> {
    const any = (shape: Shape): TSchema =>
      Type.Object(
        Object.fromEntries(
          Object.entries(shape).map(([name, field]) => [
            name,
            field.required ? Type.Unknown() : Type.Optional(Type.Unknown()),
          ]),
        ),
        { additionalProperties: true },
      );
    const schema = withReferences(
      this.#app,
      Type.Object({ status: Type.String(), code: Type.Integer() }, { additionalProperties: true }),
    );
    return {
      operationId: route.id,
      tags: [route.path.split('/')[1] ?? ''],
      summary: route.id,
      ...(route.params === undefined ? {} : { params: any(route.params) }),
      ...(route.query === undefined ? {} : { querystring: any(route.query) }),
      ...(route.body === undefined ? {} : { body: any(route.body), consumes: [route.consumes ?? 'application/json'] }),
      response: { 200: { description: 'The envelope.', content: { 'application/json': { schema } } } },
    };
  }
}
