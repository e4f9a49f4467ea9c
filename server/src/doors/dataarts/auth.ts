/**
 * Who is asking (dataarts.md §2.4, §2.5): the token in `X-Auth-Token`, else the signature of an access key. A request with
 * both goes by its token. A signature covers the body, so it is checked when the body is there.
 */
import type { FastifyRequest } from 'fastify';
import { BusyError, UnauthenticatedError } from '../../domain/errors.ts';
import type { Principal, RequestContext } from '../../domain/identity/index.ts';
import { callerContext, noteCaller, rawBody } from '../../platform/http/index.ts';
import type { DataartsServices } from './services.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks at this door; null until known. */
    dataartsPrincipal: Principal | null;
  }
}

const longestToken = 8192;

export const contextOf = (request: FastifyRequest): RequestContext => callerContext(request, 'dataarts');

/** A header that came once; empty counts as absent. */
export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  const one = Array.isArray(value) ? value[0] : value;
  return one === undefined || one.trim() === '' ? undefined : one.trim();
}

/** Lists of allowed addresses and the limit of requests hold here as they do natively. Throws ForbiddenError, BusyError. */
async function signedIn(services: DataartsServices, request: FastifyRequest, principal: Principal): Promise<void> {
  noteCaller(request, principal.actor.username);
  await services.identity.addresses.check('management', request.ip, principal.subject);
  const wait = services.userLimiter.enabled ? services.userLimiter.take(`user:${principal.actor.id}`) : 0;
  if (wait > 0) throw new BusyError('rate_limited', 'Too many requests.', { retryAfterSeconds: wait });
  request.dataartsPrincipal = principal;
}

/** Before the body: by token, where there is one. Throws UnauthenticatedError when there is neither. */
export async function signInByToken(services: DataartsServices, request: FastifyRequest): Promise<void> {
  const token = headerOf(request, 'x-auth-token');
  if (token !== undefined) {
    if (token.length > longestToken || !/^[\x21-\x7e]+$/.test(token)) {
      throw new UnauthenticatedError('invalid_token', 'This is no token.');
    }
    await signedIn(services, request, await services.identity.authenticator.bearer(token, contextOf(request)));
    return;
  }
  if (headerOf(request, 'authorization') === undefined) {
    throw new UnauthenticatedError('sign_in_required', 'This needs a token or a signature.');
  }
}

/** After the body: by signature, where no token was. Throws UnauthenticatedError. */
export async function signInBySignature(services: DataartsServices, request: FastifyRequest): Promise<void> {
  if (request.dataartsPrincipal !== null) return;
  const signed = {
    method: request.method,
    target: request.raw.url ?? request.url,
    headers: { ...request.headers, ...contentTypeOf(request) },
    body: rawBody(request),
  };
  await signedIn(services, request, await services.identity.accessKeys.verify(signed, contextOf(request)));
}

/** As it was sent: the framework itself sees only bytes. */
function contentTypeOf(request: FastifyRequest): { 'content-type': string } | undefined {
  return request.wireContentType === undefined ? undefined : { 'content-type': request.wireContentType };
}

/** The principal of a request that has passed both. */
export function principalOf(request: FastifyRequest): Principal {
  return request.dataartsPrincipal!; // the hooks have set it or thrown
}
