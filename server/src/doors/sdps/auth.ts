/**
 * Who is asking (sdps.md §2.5): the second word of `Authorization`, whatever the first is: a JWT of a trusted issuer or a
 * Headgate token; or `x-api-key`, which is a Headgate API token. What fails is 1003, also on unknown routes.
 */
import type { FastifyRequest } from 'fastify';
import { UnauthenticatedError } from '../../domain/errors.ts';
import type { Principal, RequestContext } from '../../domain/identity/index.ts';
import { admit } from '../../domain/sdps/index.ts';
import { callerContext, noteCaller } from '../../platform/http/index.ts';
import type { SdpsServices } from './services.ts';

const longestToken = 8192;

const contextOf = (request: FastifyRequest): RequestContext => callerContext(request, 'sdps');

function usable(token: string | undefined): string | undefined {
  return token !== undefined && /^[\x21-\x7e]+$/.test(token) && token.length <= longestToken ? token : undefined;
}

function tokensOf(request: FastifyRequest): string[] {
  const key = request.headers['x-api-key'];
  const bearer = request.headers.authorization?.trim().split(/\s+/)[1];
  return [usable(Array.isArray(key) ? key[0] : key), usable(bearer)].filter((one) => one !== undefined);
}

/** The principal of a request. Throws UnauthenticatedError, ForbiddenError. */
export async function signIn(services: SdpsServices, request: FastifyRequest): Promise<Principal> {
  const { authenticator, addresses } = services.identity;
  let failure: unknown = new UnauthenticatedError('sign_in_required', 'This needs a token.');
  for (const token of tokensOf(request)) {
    try {
      const principal = await authenticator.bearer(token, contextOf(request));
      noteCaller(request, principal.actor.username);
      await addresses.check('management', request.ip, principal.subject);
      admit(principal, 'read');
      return principal;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
