/**
 * Connection URLs as far as every engine reads them alike: `[user[:password]@]host[:port][/path][?name=value&…]`. What the
 * parts mean is the engine's. Messages never repeat the text: it may hold a password in an unexpected place.
 */
import { EngineError } from './engine.ts';

/** Parts that are still being put together. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** EngineError `parameter_invalid`: the URL cannot be read, for this reason. */
export function invalidUrl(message: string, hint?: string): EngineError {
  return new EngineError('parameter_invalid', message, { hint });
}

/** Percent-decodes what stands for `what`. Throws EngineError `parameter_invalid`. */
export function decodePart(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidUrl(`The ${what} in the URL is not encoded correctly.`);
  }
}

/** A URL behind its scheme, as written. */
export interface UrlPieces {
  /** `user[:password]`; undefined when there is no `@`. */
  readonly login: string | undefined;
  /** `host[:port]`. */
  readonly address: string;
  /** Without the slash before it. */
  readonly path: string;
  /** Without the question mark. */
  readonly search: string;
}

/** Cuts what stands behind the scheme of a URL. A password may hold `@`. */
export function urlPieces(rest: string): UrlPieces {
  const [, authority = '', path = '', search = ''] = /^([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?/s.exec(rest) ?? [];
  const at = authority.lastIndexOf('@');
  return { login: at < 0 ? undefined : authority.slice(0, at), address: authority.slice(at + 1), path, search };
}

/** User name and password of a URL's login, decoded; nothing for none. Throws EngineError `parameter_invalid`. */
export function decodeLogin(login: string | undefined): { username?: string; password?: string } {
  if (login === undefined) return {};
  const colon = login.indexOf(':');
  if (colon < 0) return { username: decodePart(login, 'user name') };
  return {
    username: decodePart(login.slice(0, colon), 'user name'),
    password: decodePart(login.slice(colon + 1), 'password'),
  };
}

/** Names and values of a URL's parameters, decoded, in order. Throws EngineError `parameter_invalid`. */
export function* urlParameters(
  search: string,
  { plus }: { plus: 'space' | 'itself' } = { plus: 'space' },
): Generator<readonly [name: string, value: string]> {
  for (const pair of search.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals), 'parameters');
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    yield [name, decodePart(plus === 'space' ? value.replaceAll('+', ' ') : value, 'parameters')];
  }
}

/** A port in decimal digits. Throws EngineError `parameter_invalid`. */
export function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw invalidUrl('The port in the URL is not between 1 and 65535.');
  }
  return port;
}
