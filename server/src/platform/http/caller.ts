/** What a request says of its caller before, and is noted of it after, a door knows who it is. */
import type { FastifyRequest } from 'fastify';
import { exchangeOf } from './exchange.ts';

const longestUserAgent = 300;

/** Where a request comes from, in the shape in which sign-in and audit take it. */
export function callerContext<Door extends string>(
  request: FastifyRequest,
  door: Door,
): { readonly door: Door; readonly requestId: string; readonly address: string; readonly userAgent?: string } {
  const userAgent = request.headers['user-agent']?.slice(0, longestUserAgent);
  return {
    door,
    requestId: request.id,
    address: request.ip,
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

/** Notes in the request's log line who has signed in. */
export function noteCaller(request: FastifyRequest, username: string): void {
  const exchange = exchangeOf(request.raw);
  exchange.username = username;
  exchange.address = request.ip;
}

/** The value of a cookie in a `Cookie` header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=');
    if (at !== -1 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** Is this the origin of the server itself, as it was addressed or as `publicUrl` says? */
export function isOwnOrigin(request: FastifyRequest, origin: string, publicUrl: string | undefined): boolean {
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return true;
  return origin === `http://${request.host}` || origin === `https://${request.host}`;
}

/** Is the page that sent this request one of Headgate's own? No sign of a page at all counts as yes: no browser. */
export function isOwnPage(request: FastifyRequest, publicUrl: string | undefined): boolean {
  const { origin } = request.headers;
  if (origin !== undefined) return isOwnOrigin(request, origin, publicUrl);
  const site = request.headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}
