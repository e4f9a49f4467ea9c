/**
 * How the routes of this door are written down. The steps come in the contract's order (dataarts.md §2.4): credentials,
 * project, workspace and role, then the handler, which looks for its objects and reads the body last.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ForbiddenError } from '../../domain/errors.ts';
import { mustChangePassword, type Principal, requireScope, type Site } from '../../domain/identity/index.ts';
import { enterRoom, invalidParameter, type MemberRole, type Room, requireRole } from '../../domain/insight/index.ts';
import type { DoorInstance } from '../../platform/http/index.ts';
import { uuidOf } from '../../platform/ids.ts';
import { headerOf, principalOf, signInBySignature, signInByToken } from './auth.ts';
import { queryOf } from './body.ts';
import type { DataartsServices } from './services.ts';

/** What a handler gets. */
export interface DataartsCall {
  readonly principal: Principal;
  /** The project of the path, which is the principal's. */
  readonly site: Site;
  /** Query string by name. */
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** A parameter of the path, as sent. */
  path(name: string): string;
}

export interface RoomCall extends DataartsCall {
  /** The workspace of `X-Workspace-Id`. */
  readonly room: Room;
}

export interface DataartsRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/v1/:project`, with `:name` parameters. */
  readonly path: string;
  /** Unique name of the operation. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  /** Class of work; by the method unless said. */
  readonly work?: 'read' | 'write';
  /** Names of members of the body or the query string, for the document. */
  readonly body?: readonly string[] | 'list';
  readonly query?: readonly string[];
}

export interface RoomRoute extends DataartsRoute {
  /** The least role in the workspace that may call it; administrators and the owner always may. */
  readonly role: MemberRole;
}

const media = 'application/json';

/** Routes below `/v1/{project_id}`. */
export class Routes {
  readonly #app: DoorInstance;
  readonly #services: DataartsServices;

  constructor(app: DoorInstance, services: DataartsServices) {
    this.#app = app;
    this.#services = services;
  }

  /** A route of the project. What the handler gives is sent as JSON with status 200. */
  add(route: DataartsRoute, handle: (call: DataartsCall) => unknown): void {
    this.#register(route, handle);
  }

  /** A route inside the workspace that `X-Workspace-Id` names. */
  inWorkspace(route: RoomRoute, handle: (call: RoomCall) => unknown): void {
    const work = workOf(route);
    this.#register(
      route,
      async (call) => {
        const workspaceId = headerOf(call.request, 'x-workspace-id');
        if (workspaceId === undefined) throw invalidParameter('X-Workspace-Id');
        const room = await enterRoom(this.#services.store.db, call.principal, workspaceId, work);
        requireRole(room, route.role);
        return handle({ ...call, room });
      },
      true,
    );
  }

  #register(route: DataartsRoute, handle: (call: DataartsCall) => unknown, inWorkspace = false): void {
    const services = this.#services;
    const work = workOf(route);
    this.#app.route({
      method: route.method,
      url: `/v1/:project${route.path}`,
      schema: schemaOf(route, inWorkspace),
      onRequest: (request) => signInByToken(services, request),
      preHandler: (request) => signInBySignature(services, request),
      handler: async (request, reply) => {
        const principal = principalOf(request);
        const site = await services.identity.iam.siteOf(principal.subject.tenantId);
        const path = request.params as Record<string, string>; // the router gives texts
        admit(principal, site, path.project ?? '', work, services.now());
        const call = {
          principal,
          site,
          query: queryOf(request),
          request,
          reply,
          path: (name: string) => path[name] ?? '',
        };
        return reply
          .code(200)
          .type(media)
          .send(JSON.stringify(await handle(call)));
      },
    });
  }
}

function workOf(route: DataartsRoute): 'read' | 'write' {
  return route.work ?? (route.method === 'GET' ? 'read' : 'write');
}

/** The path's project must be the token's; a token for the whole domain covers no work (§2.3, §5.5). */
function admit(principal: Principal, site: Site, project: string, work: 'read' | 'write', now: Date): void {
  if (uuidOf(project) !== uuidOf(site.projectId)) {
    throw new ForbiddenError('other_project', 'This token is not for this project.');
  }
  if (mustChangePassword(principal, now)) {
    throw new ForbiddenError('password_due', 'The password is to be changed first.');
  }
  requireScope(principal, work);
}

function membersOf(members: readonly string[], type?: string): object {
  return {
    type: 'object',
    properties: Object.fromEntries(members.map((name) => [name, type === undefined ? {} : { type }])),
    additionalProperties: true,
  };
}

function bodyOf(body: readonly string[] | 'list'): object {
  return body === 'list' ? { type: 'array', items: membersOf([]) } : membersOf(body);
}

function schemaOf(route: DataartsRoute, inWorkspace: boolean): Record<string, unknown> {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!);
  const answer = (description: string): object => ({
    description,
    content: { [media]: { schema: { type: 'object', additionalProperties: true } } },
  });
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    params: { ...membersOf(['project', ...names], 'string'), required: ['project', ...names] },
    ...(route.query === undefined ? {} : { querystring: membersOf(route.query, 'string') }),
    ...(inWorkspace ? { headers: { ...membersOf(['X-Workspace-Id'], 'string'), required: ['X-Workspace-Id'] } } : {}),
    ...(route.body === undefined ? {} : { body: bodyOf(route.body), consumes: [media] }),
    response: { 200: answer('Done.'), '4xx': answer('Refused.') },
  };
}
