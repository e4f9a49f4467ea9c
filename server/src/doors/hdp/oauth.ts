/** OAuth: applications of users, consent, tokens (hdp.md §4.12). Tokens are taken by the OData door alone. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, UnauthenticatedError } from '../../domain/errors.ts';
import { oauthScope, type TokenRequest } from '../../domain/identity/index.ts';
import { type DoorInstance, rawBody } from '../../platform/http/index.ts';
import { contextOf, credentialsOf, signIn } from './auth.ts';
import type { Payload } from './body.ts';
import { HdpError, lacking } from './errors.ts';
import { created, queryOf, type Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const tag = 'oauth';
const base = '/api/mgmt/oauth/client/applications';

type Client = Awaited<ReturnType<HdpServices['identity']['oauth']['get']>>;

function present(client: Client): Record<string, unknown> {
  return {
    id: String(client.id),
    name: client.name,
    ...(client.description === null ? {} : { description: client.description }),
    redirectUrls: client.redirectUrls,
    clientId: client.clientId,
  };
}

function input(payload: Payload) {
  return {
    name: payload.text('name', 128),
    description: payload.optionalText('description', 256),
    redirectUrls: payload.get('redirectUrls') === undefined ? [] : payload.texts('redirectUrls', 2048),
  };
}

export function registerOAuth(routes: Routes, app: DoorInstance, services: HdpServices): void {
  const { oauth } = services.identity;
  routes.add(
    { method: 'GET', path: base, id: 'listApplications', tag, summary: "The caller's applications." },
    async ({ principal }) => ({
      applications: (await oauth.list(principal)).map(present),
    }),
  );
  routes.add(
    {
      method: 'POST',
      path: base,
      id: 'createApplication',
      tag,
      summary: 'Register one; its secret is shown once.',
      body: true,
    },
    async (call) => {
      const client = await oauth.create(call.principal, input(call.payload()));
      return created(call, `${base}/${client.id}`, { ...present(client), clientSecret: client.clientSecret });
    },
  );
  const one = `${base}/:application`;
  routes.add(
    { method: 'GET', path: one, id: 'getApplication', tag, summary: 'Read one; the secret is not shown.' },
    async (call) => present(await oauth.get(call.principal, call.id('application'))),
  );
  routes.add(
    { method: 'PUT', path: one, id: 'updateApplication', tag, summary: 'Replace one.', body: true },
    async (call) => {
      await oauth.get(call.principal, call.id('application'));
      return present(await oauth.update(call.principal, call.id('application'), input(call.payload())));
    },
  );
  routes.add(
    {
      method: 'PUT',
      path: `${one}/reset`,
      id: 'resetApplication',
      tag,
      summary: 'A new secret, shown once.',
      body: true,
    },
    async (call) => {
      await oauth.get(call.principal, call.id('application'));
      call.payload(); // nothing is in it, and what is no payload is refused
      const client = await oauth.reset(call.principal, call.id('application'));
      return { ...present(client), clientSecret: client.clientSecret };
    },
  );
  routes.add({ method: 'DELETE', path: one, id: 'deleteApplication', tag, summary: 'Remove one.' }, (call) =>
    oauth.remove(call.principal, call.id('application')),
  );
  const allowed = '/api/mgmt/oauth/client/allowedapplications';
  routes.add(
    { method: 'GET', path: allowed, id: 'listAllowedApplications', tag, summary: 'Who may act for the caller.' },
    async ({ principal }) => ({
      applications: (await oauth.allowed(principal)).map(present),
    }),
  );
  routes.add(
    { method: 'DELETE', path: `${allowed}/:application`, id: 'revokeApplication', tag, summary: 'Allow it no longer.' },
    (call) => oauth.revoke(call.principal, call.id('application')),
  );
  for (const path of ['/api/mgmt/oauthapplications', '/api/mgmt/oauthprofiles']) {
    routes.add({ method: 'GET', path, id: `list${path.slice(10)}`, tag, summary: 'Not built.' }, () => {
      throw new HdpError(501, 900000022, 'OAuth applications and profiles for data stores are not supported.');
    });
  }
  for (const prefix of ['/api/mgmt/oauth2', '/oauth2']) registerGrants(app, services, prefix);
}

/** RFC 6749 §5.2: errors of the token endpoint have a body of their own. */
function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Basic realm="HDP"');
  return reply.code(status).type('application/json; charset=UTF-8').send(JSON.stringify({ error }));
}

/** Fields of a form or of a JSON object, by either spelling. */
function fieldsOf(request: FastifyRequest): Readonly<Record<string, string>> | null {
  const text = rawBody(request).toString('utf8');
  const type = request.wireContentType ?? '';
  if (!/^application\/json/i.test(type)) return Object.fromEntries(new URLSearchParams(text));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.fromEntries(
      Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
  } catch {
    return null;
  }
}

/** The request in the domain's words; an error code of RFC 6749 when it is none. */
function tokenRequest(fields: Readonly<Record<string, string>>, header: string | undefined): TokenRequest | string {
  const own = header === undefined ? null : credentialsOf(header);
  const clientId = own?.username ?? fields.client_id ?? fields.clientId;
  const clientSecret = own?.password ?? fields.client_secret ?? fields.clientSecret;
  if (clientId === undefined || clientSecret === undefined) return 'invalid_client';
  if (fields.scope !== undefined && fields.scope !== oauthScope) return 'invalid_scope';
  const client = { clientId, clientSecret };
  switch (fields.grant_type) {
    case 'password': {
      const { username, password } = fields;
      if (username === undefined || password === undefined) return 'invalid_request';
      return { ...client, grant: 'password', username, password };
    }
    case 'authorization_code': {
      if (fields.code === undefined) return 'invalid_request';
      return { ...client, grant: 'authorization_code', code: fields.code, redirectUrl: fields.redirect_uri };
    }
    case 'refresh_token': {
      if (fields.refresh_token === undefined) return 'invalid_request';
      return { ...client, grant: 'refresh_token', refreshToken: fields.refresh_token };
    }
    case undefined:
      return 'invalid_request';
    default:
      return 'unsupported_grant_type';
  }
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => escapes[one] ?? one);

/** Asks whether the application may; the answer comes back as a form of this very page. */
function consentPage(client: Client, fields: Readonly<Record<string, string>>): string {
  const hidden = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`)
    .join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Allow access</title><h1>${escaped(client.name)}</h1>
<p>This application asks to read and write data through OData in your name.</p>
<form method="post">${hidden}<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form></html>`;
}

function registerGrants(app: DoorInstance, services: HdpServices, prefix: string): void {
  const { identity, signInLimiter } = services;
  app.post(`${prefix}/token`, async (request, reply) => {
    reply.header('pragma', 'no-cache');
    await identity.addresses.check('data', request.ip, null);
    const fields = fieldsOf(request);
    if (fields === null) return refuse(reply, 400, 'invalid_request');
    if (signInLimiter.enabled && signInLimiter.take(`address:${request.ip}`) > 0)
      return refuse(reply, 429, 'slow_down');
    const wanted = tokenRequest(fields, request.headers.authorization);
    if (typeof wanted === 'string') return refuse(reply, wanted === 'invalid_client' ? 401 : 400, wanted);
    try {
      const set = await identity.oauth.token(wanted, contextOf(request));
      return {
        access_token: set.accessToken,
        token_type: 'Bearer',
        expires_in: set.expiresInSeconds,
        refresh_token: set.refreshToken,
        scope: set.scope,
      };
    } catch (error) {
      if (!(error instanceof UnauthenticatedError)) throw error;
      const client = error.code === 'invalid_client';
      return refuse(reply, client ? 401 : 400, client ? 'invalid_client' : 'invalid_grant');
    }
  });
  app.get(`${prefix}/authorize`, async (request, reply) => {
    await signIn(services, request, 'management', false);
    const query = queryOf(request.url);
    const client = await requesting(services, query);
    const fields = Object.fromEntries(query);
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    return reply.type('text/html; charset=utf-8').send(consentPage(client, fields));
  });
  app.post(`${prefix}/authorize`, async (request, reply) => {
    // Consent is never given by another site's page, listed or not.
    const { origin } = request.headers;
    if (
      origin !== undefined &&
      new URL(services.settings.publicUrl ?? `http://${request.host}`).host !== hostOf(origin)
    ) {
      throw lacking();
    }
    const principal = await signIn(services, request, 'management', false);
    const fields = new Map(Object.entries(fieldsOf(request) ?? {}));
    const client = await requesting(services, fields);
    const target = new URL(client.redirectUrl);
    const state = fields.get('state');
    if (state !== undefined) target.searchParams.set('state', state);
    if (fields.get('decision') === 'allow') {
      target.searchParams.set('code', await identity.oauth.consent(principal, client.clientId, client.redirectUrl));
    } else target.searchParams.set('error', 'access_denied');
    return reply.redirect(target.href, 303);
  });
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

async function requesting({ identity }: HdpServices, fields: ReadonlyMap<string, string>) {
  const clientId = fields.get('client_id') ?? fields.get('clientId');
  const type = fields.get('response_type') ?? 'code';
  if (clientId === undefined || type !== 'code')
    throw new HdpError(400, 900000002, "Missing or invalid property 'client_id'.");
  try {
    return await identity.oauth.requesting(clientId, fields.get('redirect_uri'));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new HdpError(400, 900000002, "Missing or invalid property 'redirect_uri'.");
  }
}
