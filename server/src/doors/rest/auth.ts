/**
 * Who is asking: a session cookie or a bearer token, in that a header wins over a cookie. Unsafe methods that come
 * with a cookie must come from Headgate's own pages (F5): a foreign `Origin`, or none but a foreign `Sec-Fetch-Site`,
 * is refused.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ForbiddenError, UnauthenticatedError } from '../../domain/errors.ts';
import { mustChangePassword, type Principal, type RequestContext, requireScope } from '../../domain/identity/index.ts';
import {
  callerContext,
  isOwnPage,
  noteCaller,
  problem,
  type RateLimiter,
  readCookie,
} from '../../platform/http/index.ts';
import type { RestServices } from './services.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null on operations that need no sign-in. */
    principal: Principal | null;
  }
}

export const sessionCookie = 'headgate_session';
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const maxTokenLength = 8192;

/** What the domain may know of a request. */
export const contextOf = (request: FastifyRequest): RequestContext => callerContext(request, 'rest');

/** Refuses unsafe requests from foreign pages. Throws ForbiddenError `foreign_origin`. */
export function checkOrigin(request: FastifyRequest, publicUrl: string | undefined): void {
  if (safeMethods.has(request.method) || isOwnPage(request, publicUrl)) return;
  throw new ForbiddenError('foreign_origin', 'A page of another origin may not do this with your session.', {
    remedy: 'Call with a bearer token, or from the page that publicUrl names.',
  });
}

function bearerOf(header: string): string {
  const match = /^Bearer +([\x21-\x7e]+)$/i.exec(header);
  if (match === null || header.length > maxTokenLength) {
    throw new UnauthenticatedError('invalid_token', 'The Authorization header holds no bearer token.');
  }
  return match[1]!;
}

/** The token of a request. Throws UnauthenticatedError when there is none. */
function tokenOf(request: FastifyRequest, publicUrl: string | undefined): string {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) return bearerOf(authorization);
  const token = readCookie(cookie, sessionCookie);
  if (token === undefined || token === '') {
    throw new UnauthenticatedError('sign_in_required', 'This needs a sign-in.', {
      remedy: 'Send `Authorization: Bearer <token>`, or sign in with POST /api/v1/sessions.',
    });
  }
  checkOrigin(request, publicUrl);
  return token.slice(0, maxTokenLength);
}

/** Throws 429 `rate_limited` when the subject has used up its allowance. */
export function spend(limiter: RateLimiter, subject: string): void {
  const wait = limiter.take(subject);
  if (wait === 0) return;
  throw problem(429, 'rate_limited', 'Too many requests.', {
    remedy: `Try again in ${wait} s.`,
    headers: { 'retry-after': String(wait) },
  });
}

/** The hook that signs a request in; sets `request.principal`. */
export function authentication(services: RestServices) {
  const { identity, settings, userLimiter } = services;
  return async (request: FastifyRequest, _reply: FastifyReply): Promise<void> => {
    const token = tokenOf(request, settings.publicUrl);
    const principal = await identity.authenticator.bearer(token, contextOf(request));
    noteCaller(request, principal.actor.username);
    const part = principal.method === 'session' ? 'console' : 'management';
    await identity.addresses.check(part, request.ip, principal.subject);
    if (mustChangePassword(principal, services.now()) && request.routeOptions.config.whilePasswordDue !== true) {
      throw new ForbiddenError('password_change_required', 'Your password must be changed before anything else.', {
        remedy: 'Change it with PUT /api/v1/me/password.',
      });
    }
    // A token that is held to other doors reads nothing here either.
    requireScope(principal, 'read');
    request.principal = principal;
    if (userLimiter.enabled) spend(userLimiter, `user:${principal.actor.id}`);
  };
}
