/** Signing in and out, and who one is. */
import type { TSchema } from 'typebox';
import type { SignIn } from '../../domain/identity/index.ts';
import { type DoorInstance, problemResponses, withReferences } from '../../platform/http/index.ts';
import { checkOrigin, contextOf, spend } from './auth.ts';
import { isSecure, sessionCookieText } from './cookies.ts';
import { apiPrefix, type Operations } from './operation.ts';
import { presentUser, words } from './present.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

/** Signing in by password: an operation without a sign-in before it. */
export function registerSignIn(app: DoorInstance, services: RestServices): void {
  const { identity, settings, signInLimiter, now } = services;
  const answer = (reply: { header(name: string, value: string): unknown }, session: SignIn, secure: boolean) => {
    const seconds = Math.max(0, Math.floor((session.expiresAt.getTime() - now().getTime()) / 1000));
    reply.header('set-cookie', sessionCookieText(session.token, seconds, secure));
    return { user: presentUser(session.user), token: session.token, expiresAt: session.expiresAt };
  };
  // Typed loosely: the answer holds Date objects where its schema describes their text.
  const response: Record<string, TSchema> = {
    201: withReferences(app, schemas.signedIn),
    ...problemResponses(400, 401, 403, 413, 415, 429, 503),
  };
  app.route({
    method: 'POST',
    url: `${apiPrefix}/sessions`,
    config: { idempotent: false, showsSecret: true },
    onRequest: async (request) => {
      checkOrigin(request, settings.publicUrl);
      if (signInLimiter.enabled) spend(signInLimiter, `address:${request.ip}`);
      await identity.addresses.check('console', request.ip, null);
    },
    schema: {
      operationId: 'signIn',
      tags: ['sessions'],
      summary: 'Sign in with a user name and password.',
      description:
        'Answers a token for the Authorization header and sets the same one as a cookie. Without `service`, the links of the user decide which service checks the password.',
      security: [],
      body: schemas.signInBody,
      response,
    },
    handler: async (request, reply) => {
      const session = await identity.authenticator.signIn(request.body, contextOf(request));
      reply.code(201);
      return answer(reply, session, isSecure(settings, request.protocol));
    },
  });
}

export function registerSessions(operations: Operations, services: RestServices): void {
  const { identity, settings } = services;
  operations.add(
    {
      method: 'GET',
      path: '/sessions/current',
      id: 'getCurrentSession',
      whilePasswordDue: true,
      tag: 'sessions',
      summary: 'The session that this request is signed in with.',
      answers: { 200: schemas.nullable(schemas.session) },
    },
    ({ principal }) => identity.sessions.current(principal),
  );
  operations.add(
    {
      method: 'DELETE',
      path: '/sessions/current',
      id: 'signOut',
      whilePasswordDue: true,
      tag: 'sessions',
      summary: 'Sign out: the session ends.',
      answers: { 204: schemas.noContent },
    },
    async ({ principal, request, reply }) => {
      await identity.sessions.signOut(principal);
      reply.code(204).header('set-cookie', sessionCookieText('', 0, isSecure(settings, request.protocol)));
    },
  );
  operations.add(
    {
      method: 'GET',
      path: '/me',
      id: 'getMe',
      whilePasswordDue: true,
      tag: 'sessions',
      summary: 'Who the caller is and what it may do.',
      answers: { 200: schemas.me },
    },
    async ({ principal }) => {
      const { subject, scopes, method } = principal;
      const user = await identity.users.get(principal, subject.username);
      return {
        user: presentUser(user),
        permissions: words([...subject.permissions].sort((a, b) => a - b)),
        tenant: { id: subject.tenantUid, slug: user.tenant },
        method,
        scopes: scopes === null ? null : [...scopes],
      };
    },
  );
  operations.add(
    {
      method: 'PUT',
      path: '/me/password',
      id: 'changeOwnPassword',
      whilePasswordDue: true,
      tag: 'sessions',
      summary: 'Change the own password; other sessions end.',
      body: schemas.ownPasswordBody,
      answers: { 204: schemas.noContent },
    },
    async ({ principal, body, reply }) => {
      await identity.users.changeOwnPassword(principal, body.currentPassword, body.newPassword);
      reply.code(204);
    },
  );
}
