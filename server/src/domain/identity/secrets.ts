/** Opaque tokens: 256 random bits behind a prefix that says what they are. Only their SHA-256 is stored. */
import { hash, randomBytes } from 'node:crypto';

const body = '[A-Za-z0-9_-]{43}';
const sessionShape = new RegExp(`^hg_s_${body}$`);
const apiTokenShape = new RegExp(`^hg_${body}$`);

/** Sessions of the chorus protocol: 160 random bits in lower-case hex, the only form that its clients take. */
const shortSessionShape = /^[0-9a-f]{40}$/;

export const newShortSessionToken = (): string => randomBytes(20).toString('hex');
export const newSessionToken = (): string => `hg_s_${randomBytes(32).toString('base64url')}`;
export const newApiToken = (): string => `hg_${randomBytes(32).toString('base64url')}`;

/** What a bearer token is, by its shape alone. */
export function tokenKind(token: string): 'session' | 'api_token' | 'jwt' | 'unknown' {
  if (token.startsWith('hg_')) {
    if (sessionShape.test(token)) return 'session';
    return apiTokenShape.test(token) ? 'api_token' : 'unknown';
  }
  if (shortSessionShape.test(token)) return 'session';
  return token.startsWith('ey') && token.length <= 16_384 ? 'jwt' : 'unknown';
}

/** The form in which a token is stored and looked up. */
export const tokenHash = (token: string): Buffer => hash('sha256', token, 'buffer');

/** The same as a key of a map. */
export const tokenKey = (token: string): string => hash('sha256', token, 'base64');
