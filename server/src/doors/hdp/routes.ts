/** How the routes of this door are written down: the contract's order of checks up to the resource (hdp.md §2.7). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AddressPart, Principal } from '../../domain/identity/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import { type DoorInstance, goneSignal } from '../../platform/http/index.ts';
import { signIn } from './auth.ts';
import { idOf, type Payload, payloadOf } from './body.ts';
import { HdpError, lacking, notThere } from './errors.ts';
import type { HdpServices } from './services.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks at this door; null where nobody is asked. */
    hdpPrincipal: Principal | null;
  }
}

export interface HdpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Unique in the OpenAPI document. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  /** Permissions of the caller that open it, one of them; 12 always does. `/api/mgmt` asks for MgmtAPI (11) by itself. */
  readonly needs?: readonly number[];
  /** Honours `?user=`; the permissions that the caller itself must have then (hdp.md §2.6). */
  readonly behalf?: readonly number[];
  /** Possible while the caller's password is to be changed. */
  readonly whilePasswordDue?: true;
  /** Takes a body. */
  readonly body?: true;
}

/** What a handler gets. */
export interface HdpCall {
  /** The caller, acting for somebody when `?user=` says so. */
  readonly principal: Principal;
  /** `?user=` was there. */
  readonly behalf: boolean;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly query: ReadonlyMap<string, string>;
  /** Fires when the caller goes away. */
  readonly signal: AbortSignal;
  /** A path parameter that is a number; the kind's own 404 when it is none. */
  id(kind: string): number;
  /** A path parameter as text. */
  text(name: string): string;
  payload(): Payload;
}

/** Filters are separated by `;` as documented, or by `&`. */
export function queryOf(url: string): ReadonlyMap<string, string> {
  const mark = url.indexOf('?');
  const found = new Map<string, string>();
  if (mark === -1) return found;
  for (const part of url.slice(mark + 1).split(/[&;]/)) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? '' : part.slice(equals + 1);
    // The server has refused what is not well encoded.
    if (name !== '') found.set(decodeURIComponent(name), decodeURIComponent(value.replaceAll('+', ' ')));
  }
  return found;
}

const management = '/api/mgmt';
const anything = Type.Unknown();

export class Routes {
  readonly #app: DoorInstance;
  readonly #services: HdpServices;

  constructor(app: DoorInstance, services: HdpServices) {
    this.#app = app;
    this.#services = services;
  }

  add(route: HdpRoute, handle: (call: HdpCall) => unknown): void {
    const { identity } = this.#services;
    const mgmt = route.path.startsWith(management);
    const part: AddressPart = mgmt ? 'management' : 'administration';
    this.#app.route({
      method: route.method,
      url: route.path,
      onRequest: async (request) => {
        const principal = await signIn(this.#services, request, part, route.whilePasswordDue === true);
        requireDoor(principal, route, mgmt);
        request.hdpPrincipal = principal;
      },
      schema: schemaOf(route),
      handler: async (request, reply) => {
        const caller = request.hdpPrincipal!; // the hook above has set it or thrown
        const query = queryOf(request.url);
        const user = route.behalf === undefined ? undefined : query.get('user');
        const principal =
          user === undefined || user === '' ? caller : await identity.actFor(caller, user, route.behalf ?? []);
        const answer = await handle({
          principal,
          behalf: user !== undefined && user !== '',
          request,
          reply,
          query,
          signal: goneSignal(reply.raw),
          id: (kind) => numberOf(request, kind),
          text: (name) => paramOf(request, name),
          payload: () => payloadOf(request),
        });
        return respond(reply, answer);
      },
    });
  }
}

/** Answers are JSON; nothing is 204. */
function respond(reply: FastifyReply, answer: unknown): FastifyReply {
  if (reply.sent || reply.raw.headersSent || answer === reply) return reply;
  if (answer === undefined) return reply.code(204).send();
  return reply.type('application/json; charset=UTF-8').send(JSON.stringify(answer));
}

/** Answers 201 with the address of what was made. */
export function created<T>(call: HdpCall, path: string, answer: T): T {
  call.reply.code(201).header('location', path);
  return answer;
}

function paramOf(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string>>)[name] ?? ''; // every parameter of a path is text
}

function numberOf(request: FastifyRequest, kind: string): number {
  const text = paramOf(request, kind);
  const id = idOf(text);
  if (id !== undefined) return id;
  const { answer } = notThere(kind, text.slice(0, 64));
  // hdp.md §8.5: what is no number at all is a malformed request where data sources are meant.
  throw new HdpError(kind === 'datasource' ? 400 : 404, answer.code, answer.text);
}

function requireDoor(principal: Principal, { needs }: HdpRoute, mgmt: boolean): void {
  const { permissions } = principal.actor;
  if (permissions.has(Permission.administrator)) return;
  if (mgmt && !permissions.has(Permission.managementApi)) throw lacking();
  if (needs !== undefined && !needs.some((id) => permissions.has(id))) throw lacking();
}

function schemaOf(route: HdpRoute): Record<string, unknown> {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name!); // the group always matches
  const params = Object.fromEntries(names.map((name) => [name, Type.String()]));
  const json = (description: string) => ({ description, content: { 'application/json': { schema: anything } } });
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    ...(names.length === 0 ? {} : { params: Type.Object(params) }),
    ...(route.behalf === undefined ? {} : { querystring: Type.Object({ user: Type.Optional(Type.String()) }) }),
    ...(route.body === undefined ? {} : { body: Type.Object({}), consumes: ['application/json'] }),
    response: {
      200: json('Done.'),
      400: json('Malformed.'),
      401: json('Not signed in.'),
      403: json('Refused.'),
      404: json('Absent.'),
    },
  };
}
