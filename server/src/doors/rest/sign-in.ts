/** What browsers open to sign in with a service: without a sign-in before it, and with redirects for answers. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type TSchema } from 'typebox';
import { attemptSeconds } from '../../domain/identity/index.ts';
import { type DoorInstance, pageOf, problemResponses, readCookie, withReferences } from '../../platform/http/index.ts';
import { contextOf, spend } from './auth.ts';
import { cookieText, isSecure, sessionCookieText } from './cookies.ts';
import { apiPrefix } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const base = `${apiPrefix}/sign-in`;
/** Binds an answer of a provider to the browser that asked. */
const attemptCookie = 'headgate_sign_in';
const redirect: Record<string, TSchema> = { 302: Type.Null({ description: 'Go on at `Location`.' }) };

export function registerOpenIdSignIn(app: DoorInstance, services: RestServices): void {
  const { identity, settings, signInLimiter, now } = services;
  const limit = async (request: FastifyRequest): Promise<void> => {
    if (signInLimiter.enabled) spend(signInLimiter, `address:${request.ip}`);
  };
  const redirectUri =
    (request: FastifyRequest) =>
    (service: string): string => {
      const origin = settings.publicUrl ?? `${request.protocol}://${request.host}`;
      return `${origin.replace(/\/$/, '')}${base}/oidc/${encodeURIComponent(service)}/callback`;
    };
  const attempt = (reply: FastifyReply, request: FastifyRequest, value: string): FastifyReply => {
    const cookie = { name: attemptCookie, value, path: `${base}/oidc/` };
    const age = value === '' ? 0 : attemptSeconds;
    return reply.header('set-cookie', cookieText(cookie, age, isSecure(settings, request.protocol)));
  };
  app.route({
    method: 'GET',
    url: `${base}/services`,
    onRequest: limit,
    schema: {
      operationId: 'listOfferedSignInServices',
      tags: ['sessions'],
      summary: 'The services that one can sign in with: names and kinds.',
      security: [],
      response: {
        200: withReferences(app, pageOf(schemas.offeredService)),
        ...problemResponses(400, 429, 503),
      } as Record<string, TSchema>,
    },
    handler: async () => ({ items: await identity.signInServices.offered(), nextCursor: null }),
  });
  app.route({
    method: 'GET',
    url: `${base}/oidc/:service/start`,
    onRequest: limit,
    schema: {
      operationId: 'startOpenIdSignIn',
      tags: ['sessions'],
      summary: 'Sign in with an OpenID provider: redirects there.',
      description: 'For browsers. Register `…/api/v1/sign-in/oidc/{service}/callback` with the provider.',
      security: [],
      params: schemas.signInServiceParams,
      querystring: schemas.openIdStartQuery,
      response: { ...redirect, ...problemResponses(400, 429, 503) },
    },
    handler: async (request, reply) => {
      const { service } = request.params;
      const departure = await identity.openId.start(service, {
        redirectUri: redirectUri(request),
        returnTo: request.query.returnTo ?? '/',
      });
      return attempt(reply, request, departure.browser)
        .header('cache-control', 'no-store')
        .redirect(departure.url, 302);
    },
  });
  app.route({
    method: 'GET',
    url: `${base}/oidc/:service/callback`,
    onRequest: limit,
    schema: {
      operationId: 'finishOpenIdSignIn',
      tags: ['sessions'],
      summary: 'Where the OpenID provider sends the browser back to; sets the session cookie.',
      security: [],
      params: schemas.signInServiceParams,
      response: { ...redirect, ...problemResponses(400, 401, 403, 429, 503) },
    },
    handler: async (request, reply) => {
      const { service } = request.params;
      const context = contextOf(request);
      attempt(reply, request, '');
      const arrival = await identity.openId.finish(
        service,
        {
          redirectUri: redirectUri(request),
          query: request.url.split('?')[1] ?? '',
          browser: readCookie(request.headers.cookie, attemptCookie),
        },
        context,
      );
      const session = await identity.authenticator.arrive(arrival, context);
      const seconds = Math.max(0, Math.floor((session.expiresAt.getTime() - now().getTime()) / 1000));
      reply.header('set-cookie', sessionCookieText(session.token, seconds, isSecure(settings, request.protocol)));
      return reply.header('cache-control', 'no-store').redirect(arrival.returnTo, 302);
    },
  });
}
