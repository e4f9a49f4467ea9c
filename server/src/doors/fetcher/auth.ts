/**
 * Who is asking: a bearer token, an API token or the JWT of a trusted issuer, as in the Access-Manager mode of
 * fetcher.md §2.3 (decisions.md 22). In the open mode nobody signs in, and only this machine is let in, and no page.
 */
import type { FastifyRequest } from 'fastify';
import { ForbiddenError, UnauthenticatedError } from '../../domain/errors.ts';
import type { RequestContext } from '../../domain/identity/index.ts';
import { openDoorPrincipal, type Principal } from '../../domain/identity/principal.ts';
import { callerContext, noteCaller } from '../../platform/http/index.ts';
import { isLoopbackHost } from '../../platform/network/addresses.ts';
import type { FetcherServices } from './services.ts';

const maxTokenLength = 8192;

const contextOf = (request: FastifyRequest): RequestContext => callerContext(request, 'fetcher');

function tokenOf(request: FastifyRequest): string {
  const header = request.headers.authorization?.trim() ?? '';
  const token = /^Bearer +(\S.*)$/i.exec(header)?.[1];
  if (token === undefined) throw new UnauthenticatedError('sign_in_required', 'This needs a bearer token.');
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > maxTokenLength) {
    throw new UnauthenticatedError('invalid_token', 'The Authorization header holds no bearer token.');
  }
  return token;
}

function hostNameOf(header: string | undefined): string {
  const url = URL.parse(`http://${header ?? ''}`);
  return url === null ? '' : url.hostname;
}

/** A name that rebinds to this machine, a page of another origin, a proxy: none of them is somebody on this machine. */
function refuseStrangers(request: FastifyRequest): void {
  const { headers } = request;
  const forwarded = Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded-'));
  const here = isLoopbackHost(request.raw.socket.remoteAddress ?? '') && isLoopbackHost(hostNameOf(headers.host));
  if (here && !forwarded && headers.origin === undefined) return;
  throw new ForbiddenError('loopback_only', 'The open mode serves programs on this machine alone.');
}

/** The principal of a request, let in for this class of work. Throws UnauthenticatedError, ForbiddenError. */
export async function signIn(
  services: FetcherServices,
  request: FastifyRequest,
  work: 'read' | 'write',
): Promise<Principal> {
  const context = contextOf(request);
  if (services.open) refuseStrangers(request);
  const principal = services.open
    ? openDoorPrincipal(context)
    : await services.identity.authenticator.bearer(tokenOf(request), context);
  noteCaller(request, principal.actor.username);
  // The open mode serves this machine alone: no list is needed to say so.
  if (!services.open) await services.identity.addresses.check('management', request.ip, principal.subject);
  services.connections.admit(principal, work);
  return principal;
}
