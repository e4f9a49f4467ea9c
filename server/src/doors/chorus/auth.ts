/**
 * Who is asking: the parameter or header with a session's id, else the cookie (chorus.md §2.1). Only a cookie comes by
 * itself, so unsafe calls with nothing else must not come from a foreign page (§2.4, decisions.md 22).
 */
import type { FastifyRequest } from 'fastify';
import { ForbiddenError, UnauthenticatedError } from '../../domain/errors.ts';
import { type Principal, type RequestContext, requireScope } from '../../domain/identity/index.ts';
import { callerContext, isOwnPage, noteCaller, readCookie } from '../../platform/http/index.ts';
import { type Fields, textOf } from './params.ts';
import type { ChorusServices } from './services.ts';

export const sessionCookie = '_session_id';
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** How often the life of a session is written down, ms. */
const extendEveryMs = 5 * 60_000;
const remembered = 20_000;

export const contextOf = (request: FastifyRequest): RequestContext => callerContext(request, 'chorus');

const cookieOf = (request: FastifyRequest): string | undefined => readCookie(request.headers.cookie, sessionCookie);

export function refuseForeignPage(request: FastifyRequest, publicUrl: string | undefined): void {
  if (isOwnPage(request, publicUrl)) return;
  throw new ForbiddenError('foreign_origin', 'A page of another origin may not do this with your session.');
}

/** The token of a request and whether it came by a cookie alone; undefined when there is none. */
function tokenOf(request: FastifyRequest, params: Fields): { token: string; byCookie: boolean } | undefined {
  const header = request.headers['x-token'];
  const sent = textOf(params.session_id) ?? (typeof header === 'string' ? header : undefined);
  if (sent !== undefined) return { token: sent, byCookie: false };
  const cookie = cookieOf(request);
  return cookie === undefined || cookie === '' ? undefined : { token: cookie, byCookie: true };
}

/** Whether there is a token outside of the body: large bodies are read for nobody else. */
export function hasTokenOutsideBody(request: FastifyRequest): boolean {
  return (
    cookieOf(request) !== undefined || request.headers['x-token'] !== undefined || /[?&]session_id=/.test(request.url)
  );
}

export class SignIns {
  readonly #services: ChorusServices;
  /** Session → when its life was last written down, ms since the epoch. */
  readonly #extended = new Map<string, number>();

  constructor(services: ChorusServices) {
    this.#services = services;
  }

  /** The principal, and the token that it came with. Throws UnauthenticatedError, ForbiddenError. */
  async of(
    request: FastifyRequest,
    params: Fields,
    work: 'read' | 'write' | 'admin',
  ): Promise<{ readonly principal: Principal; readonly token: string; readonly byCookie: boolean }> {
    const sent = tokenOf(request, params);
    if (sent === undefined || sent.token.length > 8192 || !/^[\x21-\x7e]+$/.test(sent.token)) {
      throw new UnauthenticatedError('sign_in_required', 'This needs a sign-in.');
    }
    const principal = await this.#services.identity.authenticator.bearer(sent.token, contextOf(request));
    if (sent.byCookie && !safeMethods.has(request.method)) refuseForeignPage(request, this.#services.publicUrl);
    noteCaller(request, principal.actor.username);
    await this.#services.identity.addresses.check('management', request.ip, principal.subject);
    requireScope(principal, work);
    return { principal, ...sent };
  }

  /** The session lasts longer because it is used (§2.2). */
  async extend(principal: Principal): Promise<void> {
    const uid = principal.method === 'session' ? principal.credentialUid : null;
    if (uid === null) return;
    const now = this.#services.now().getTime();
    if (now - (this.#extended.get(uid) ?? 0) < extendEveryMs) return;
    if (this.#extended.size >= remembered) this.#extended.clear();
    this.#extended.set(uid, now);
    await this.#services.identity.sessions.extend(principal, this.#services.sessionMinutes);
  }
}

/** The session's cookie; an empty value takes it away. */
export function cookieText(token: string, secure: boolean): string {
  const gone = token === '' ? '; Max-Age=0' : '';
  return `${sessionCookie}=${token}; path=/; HttpOnly; SameSite=Lax${gone}${secure ? '; Secure' : ''}`;
}

export function isSecure(services: ChorusServices, request: FastifyRequest): boolean {
  return services.publicUrl?.startsWith('https:') === true || request.protocol === 'https';
}
