/** Who is asking: Basic authentication on every call (hdp.md §2.1, §2.7). */
import type { FastifyRequest } from 'fastify';
import { ForbiddenError, UnauthenticatedError } from '../../domain/errors.ts';
import {
  type AddressPart,
  mustChangePassword,
  type Principal,
  type RequestContext,
  requireScope,
} from '../../domain/identity/index.ts';
import { callerContext, isOwnOrigin, noteCaller, problem } from '../../platform/http/index.ts';
import type { HdpServices } from './services.ts';

const maxHeaderLength = 4096;

export const contextOf = (request: FastifyRequest): RequestContext => callerContext(request, 'hdp');

/** Name and password of the header. Throws UnauthenticatedError. */
export function credentialsOf(header: string | undefined): { username: string; password: string } {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? '')?.[1];
  if (header === undefined || header.length > maxHeaderLength || encoded === undefined) throw nobody();
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon <= 0) throw nobody();
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function nobody(): UnauthenticatedError {
  return new UnauthenticatedError('sign_in_required', 'This needs Basic authentication.');
}

/** `user437|LDAP1` names a sign-in service behind the delimiter of the configuration. */
function loginOf(username: string, delimiter: string | null | undefined): { name: string; service?: string } {
  const at = delimiter ? username.lastIndexOf(delimiter) : -1;
  if (!delimiter || at < 0) return { name: username };
  return { name: username.slice(0, at), service: username.slice(at + delimiter.length) };
}

/** The principal of a request. Throws UnauthenticatedError, ForbiddenError. */
export async function signIn(
  services: HdpServices,
  request: FastifyRequest,
  part: AddressPart,
  whilePasswordDue: boolean,
): Promise<Principal> {
  const { identity, signInLimiter, userLimiter } = services;
  await refuseForeignPages(services, request);
  await identity.addresses.check(part, request.ip, null);
  const { username, password } = credentialsOf(request.headers.authorization);
  const policies = identity.policies.cached() ?? (await identity.policies.current());
  const { name, service } = loginOf(username, policies.configurations[1]);
  const signedIn = identity.authenticator.basic(name, password, contextOf(request), service);
  const principal = await signedIn.catch((error: unknown) => {
    // Guessing from one address slows down; who knows the password never meets this.
    if (signInLimiter.enabled && signInLimiter.take(`address:${request.ip}`) > 0) throw tooMany();
    throw error;
  });
  requireScope(principal, 'read');
  noteCaller(request, principal.actor.username);
  await identity.addresses.check(part, request.ip, principal.subject);
  if (!whilePasswordDue && mustChangePassword(principal, services.now())) {
    throw new ForbiddenError('password_change_required', 'The password must be changed first.');
  }
  if (userLimiter.enabled && userLimiter.take(`user:${principal.actor.id}`) > 0) throw tooMany();
  return principal;
}

function tooMany() {
  return problem(429, 'rate_limited', 'Too many requests.', { headers: { 'retry-after': '60' } });
}

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Content types that a form or script of any page can send without asking first. */
const simple = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i;

/**
 * A browser that knows the password sends it with whatever a page makes it send: unsafe requests from pages of other origins
 * are refused (decisions.md 22), but for listed origins, and, where all may call, those that a browser asks about first.
 */
async function refuseForeignPages(services: HdpServices, request: FastifyRequest): Promise<void> {
  const { origin } = request.headers;
  if (origin === undefined || safe.has(request.method) || isOwnOrigin(request, origin, services.settings.publicUrl))
    return;
  const standing = await services.identity.origins.standing(origin);
  const type = request.wireContentType;
  const asked = request.method !== 'POST' || (type !== undefined && !simple.test(type));
  if (standing === 'listed' || (standing === 'any' && asked)) return;
  throw new ForbiddenError('foreign_origin', 'A page of another origin may not do this.');
}
