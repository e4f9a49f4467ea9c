/** IAM (dataarts.md §2.3): tokens, projects, domains. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BusyError, ForbiddenError } from '../../domain/errors.ts';
import {
  coversScope,
  domainTokenScope,
  type IamToken,
  type Principal,
  type Site,
  type TokenScope,
} from '../../domain/identity/index.ts';
import { invalidParameter } from '../../domain/insight/index.ts';
import type { DoorInstance } from '../../platform/http/index.ts';
import { uuidOf } from '../../platform/ids.ts';
import { contextOf, headerOf, principalOf, signInBySignature, signInByToken } from './auth.ts';
import { booleanOf, integerOf, type Members, objectOf, queryOf, readObject } from './body.ts';
import { presentDomain, presentProject, presentToken } from './present-iam.ts';
import type { DataartsServices } from './services.ts';

const media = 'application/json';
const tag = 'iam';
const tokensPath = '/v3/auth/tokens';

interface SignedInCall {
  readonly principal: Principal;
  readonly site: Site;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The address of this server as the client sees it. */
function originOf(services: DataartsServices, request: FastifyRequest): string {
  return services.publicUrl?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`;
}

/** A member that must be a text: no other kind stands for a name or a password. */
function text(members: Members, name: string, path: string): string {
  const value = members[name];
  if (typeof value !== 'string' || value === '') throw invalidParameter(`${path}.${name}`);
  return value;
}

function member(members: Members, name: string, path: string): Members {
  const found = objectOf(members[name], `${path}.${name}`);
  if (found === undefined) throw invalidParameter(`${path}.${name}`);
  return found;
}

function named(members: Members, path: string): { id?: string; name?: string } {
  const one = (name: 'id' | 'name'): object =>
    members[name] === undefined || members[name] === null ? {} : { [name]: text(members, name, path) };
  return { ...one('id'), ...one('name') };
}

/** A project wins over a domain; neither means the whole domain. */
function scopeOf(auth: Members): TokenScope | undefined {
  const scope = objectOf(auth.scope, 'auth.scope') ?? {};
  const project = objectOf(scope.project, 'auth.scope.project');
  if (project !== undefined) return { project: named(project, 'auth.scope.project') };
  const domain = objectOf(scope.domain, 'auth.scope.domain');
  return domain === undefined ? undefined : { domain: named(domain, 'auth.scope.domain') };
}

function readTokenRequest(request: FastifyRequest) {
  const auth = member(readObject(request), 'auth', 'body');
  const identity = member(auth, 'identity', 'auth');
  if (!Array.isArray(identity.methods) || !identity.methods.includes('password')) {
    throw invalidParameter('auth.identity.methods');
  }
  const user = member(member(identity, 'password', 'auth.identity'), 'user', 'auth.identity.password');
  const path = 'auth.identity.password.user';
  return {
    username: text(user, 'name', path),
    password: text(user, 'password', path),
    domainName: text(member(user, 'domain', path), 'name', `${path}.domain`),
    scope: scopeOf(auth),
  };
}

function wantsCatalog(request: FastifyRequest): boolean {
  return queryOf(request).nocatalog === undefined;
}

function sendToken(
  services: DataartsServices,
  { request, reply }: Pick<SignedInCall, 'request' | 'reply'>,
  token: string,
  told: IamToken,
): FastifyReply {
  const catalogOrigin = wantsCatalog(request) ? originOf(services, request) : null;
  return reply
    .header('x-subject-token', token)
    .type(media)
    .send(JSON.stringify({ token: presentToken(told, catalogOrigin) }));
}

const answers = { 200: { description: 'Done.', type: 'object', additionalProperties: true } };

class IamRoutes {
  readonly #app: DoorInstance;
  readonly #services: DataartsServices;

  constructor(app: DoorInstance, services: DataartsServices) {
    this.#app = app;
    this.#services = services;
  }

  get(url: string, id: string, summary: string, handle: (call: SignedInCall) => unknown): void {
    const services = this.#services;
    this.#app.route({
      method: 'GET',
      url,
      schema: { operationId: id, tags: [tag], summary, response: answers },
      onRequest: (request) => signInByToken(services, request),
      preHandler: (request) => signInBySignature(services, request),
      handler: async (request, reply) => {
        const principal = principalOf(request);
        const reaches = principal.scopes?.has(domainTokenScope) === true || coversScope(principal, 'read');
        if (!reaches) throw new ForbiddenError('scope_missing', 'This token does not reach IAM.');
        const site = await services.identity.iam.siteOf(principal.subject.tenantId);
        const answer = await handle({ principal, site, request, reply });
        return answer === reply ? reply : reply.type(media).send(JSON.stringify(answer));
      },
    });
  }
}

function registerTokens(app: DoorInstance, routes: IamRoutes, services: DataartsServices): void {
  const { iam } = services.identity;
  app.route({
    method: 'POST',
    url: tokensPath,
    schema: {
      operationId: 'createIamToken',
      tags: [tag],
      summary: 'Sign in with a password; the token stands in X-Subject-Token.',
      security: [],
      querystring: { type: 'object', properties: { nocatalog: { type: 'string' } } },
      body: { type: 'object', properties: { auth: { type: 'object', additionalProperties: true } } },
      response: { 201: answers[200] },
    },
    handler: async (request, reply) => {
      const asked = readTokenRequest(request);
      await services.identity.addresses.check('management', request.ip, null);
      const waitSeconds = services.signInLimiter.enabled ? services.signInLimiter.take(`address:${request.ip}`) : 0;
      if (waitSeconds > 0) {
        throw new BusyError('rate_limited', 'Too many sign-ins from this address.', { retryAfterSeconds: waitSeconds });
      }
      const { token, ...told } = await iam.issue(asked, contextOf(request));
      return sendToken(services, { request, reply: reply.code(201) }, token, told);
    },
  });
  routes.get(tokensPath, 'showIamToken', 'What a token is; also as HEAD.', async ({ principal, request, reply }) => {
    const subject = headerOf(request, 'x-subject-token');
    if (subject === undefined) throw invalidParameter('X-Subject-Token');
    const told = await iam.describe(principal, subject, contextOf(request));
    return sendToken(services, { request, reply }, subject, told);
  });
}

/** The project, when the filters let it through. */
function projectsOf(site: Site, request: FastifyRequest): Site[] {
  const query = queryOf(request);
  const page = integerOf(query.page, 'page', 1, Number.MAX_SAFE_INTEGER);
  const perPage = integerOf(query.per_page, 'per_page', 1, 5000);
  if ((page === undefined) !== (perPage === undefined))
    throw invalidParameter(page === undefined ? 'page' : 'per_page');
  const enabled = booleanOf(query.enabled, 'enabled');
  const isDomain = booleanOf(query.is_domain, 'is_domain');
  const same = (wanted: string | undefined, id: string): boolean =>
    wanted === undefined || uuidOf(wanted) === uuidOf(id);
  const fits =
    (query.name === undefined || query.name === site.projectName) &&
    same(query.domain_id, site.domainId) &&
    same(query.parent_id, site.domainId) &&
    (enabled === undefined || enabled === site.enabled) &&
    isDomain !== true &&
    (page ?? 1) === 1;
  return fits ? [site] : [];
}

function registerLists(routes: IamRoutes, services: DataartsServices): void {
  const links = (request: FastifyRequest): object => ({
    self: `${originOf(services, request)}${request.url}`,
    previous: null,
    next: null,
  });
  for (const [path, id] of [
    ['/v3/projects', 'listProjects'],
    ['/v3/auth/projects', 'listOwnProjects'],
  ] as const) {
    routes.get(path, id, 'The project of the caller.', ({ site, request }) => ({
      links: links(request),
      projects: projectsOf(site, request).map((one) => presentProject(one, originOf(services, request))),
    }));
  }
  routes.get('/v3/auth/domains', 'listOwnDomains', 'The domain of the caller.', ({ site, request }) => ({
    links: links(request),
    domains: [presentDomain(site, originOf(services, request))],
  }));
}

export function registerIam(app: DoorInstance, services: DataartsServices): void {
  const routes = new IamRoutes(app, services);
  registerTokens(app, routes, services);
  registerLists(routes, services);
}
