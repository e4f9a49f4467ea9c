/** Cookies of this door (F5). */
import { sessionCookie } from './auth.ts';
import type { RestSettings } from './services.ts';

/** A `Set-Cookie` value. An age of 0 takes the cookie away. */
export function cookieText(
  cookie: { readonly name: string; readonly value: string; readonly path: string },
  maxAgeSeconds: number,
  secure: boolean,
): string {
  const parts = [`${cookie.name}=${cookie.value}`, `Path=${cookie.path}`, 'HttpOnly', 'SameSite=Lax'];
  return [...parts, `Max-Age=${maxAgeSeconds}`, ...(secure ? ['Secure'] : [])].join('; ');
}

/** The same for the session's cookie. */
export function sessionCookieText(token: string, maxAgeSeconds: number, secure: boolean): string {
  return cookieText({ name: sessionCookie, value: token, path: '/' }, maxAgeSeconds, secure);
}

/** Do browsers reach this server by https? */
export function isSecure(settings: RestSettings, protocol: string): boolean {
  return settings.publicUrl?.startsWith('https:') === true || protocol === 'https';
}
