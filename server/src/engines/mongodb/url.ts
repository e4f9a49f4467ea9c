/**
 * Connection URLs: `mongodb://user:password@host:27017/database?authSource=admin&tls=true`. Messages never repeat the
 * text: it may hold a password.
 */
import type { ConnectionParts, TlsMode } from '../engine.ts';
import { decodeLogin, decodePart, invalidUrl, type Mutable, portOf, urlParameters, urlPieces } from '../url-parts.ts';

const SCHEME = /^mongodb(\+srv)?:\/\//i;

/** Does this look like ours? Also `mongodb+srv://`, which `parseUrl` explains. */
export function recognisesUrl(text: string): boolean {
  return SCHEME.test(text.trim());
}

/** Splits a URL. Throws EngineError `parameter_invalid`. */
export function parseUrl(text: string): ConnectionParts {
  const trimmed = text.trim();
  const scheme = SCHEME.exec(trimmed);
  if (scheme === null) throw invalidUrl('The text is no MongoDB URL.');
  if (scheme[1] !== undefined) {
    throw invalidUrl(
      'A URL of the form mongodb+srv:// names its servers in DNS, and Headgate checks addresses before it connects. Write mongodb://host:port/database with one of the servers, and tls=true.',
    );
  }
  const { login, address, path, search } = urlPieces(trimmed.slice(scheme[0].length));
  const parts: Mutable<ConnectionParts> = { ...hostAndPort(address), ...fromQuery(queryOf(search)) };
  Object.assign(parts, decodeLogin(login));
  if (path !== '') parts.database = decodePart(path, 'database');
  // What the drivers do: who is not said to be known elsewhere is known in the database of the URL.
  if (parts.username !== undefined && parts.database !== undefined && !('authSource' in parts.options)) {
    const external = parts.options.authMechanism === 'PLAIN' || parts.options.authMechanism === 'MONGODB-X509';
    if (!external) parts.options = { ...parts.options, authSource: parts.database };
  }
  return parts;
}

function hostAndPort(text: string): { host?: string; port?: number } {
  if (text === '') return {};
  if (text.includes(',')) {
    throw invalidUrl('The URL names several hosts. Name one: the primary for writing, any member for reading.');
  }
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]()@/\s]+))(?::(\d+))?$/.exec(text);
  if (!match) throw invalidUrl('The host in the URL cannot be read.');
  const host = match[1] ?? decodePart(match[2] ?? '', 'host');
  if (host.includes('/')) throw invalidUrl('The URL names a socket of this machine; name a host.');
  return match[3] === undefined ? { host } : { host, port: portOf(match[3]) };
}

/** Names of parameters do not depend on case. */
function queryOf(search: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of urlParameters(search, { plus: 'itself' })) query.set(name.toLowerCase(), value);
  return query;
}

const OPTIONS = ['authSource', 'authMechanism', 'readPreference'] as const;

/** TLS and options from a URL's parameters; those that mean nothing to us (`replicaSet`, `w`, `appName`) are left out. */
function fromQuery(query: ReadonlyMap<string, string>): Pick<ConnectionParts, 'tlsMode' | 'options'> {
  const options: Record<string, string> = {};
  for (const name of OPTIONS) {
    const value = query.get(name.toLowerCase());
    if (value !== undefined && value !== '') options[name] = value;
  }
  const level = query.get('readconcernlevel');
  if (level === 'local' || level === 'majority' || level === 'snapshot') options.readConcern = level;
  const tlsMode = tlsModeOf(query);
  return tlsMode === undefined ? { options } : { tlsMode, options };
}

function tlsModeOf(query: ReadonlyMap<string, string>): TlsMode | undefined {
  const flag = (name: string): boolean | undefined => {
    const value = query.get(name);
    if (value === undefined) return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    throw invalidUrl(`The URL's ${name} is neither true nor false.`);
  };
  const tls = flag('tls') ?? flag('ssl');
  if (tls === undefined) return undefined;
  if (!tls) return 'disable';
  if (flag('tlsinsecure') || flag('tlsallowinvalidcertificates')) return 'require';
  return flag('tlsallowinvalidhostnames') ? 'verify-ca' : 'verify-full';
}

const TLS_WORDS: Readonly<Record<TlsMode, string | undefined>> = {
  disable: 'tls=false',
  prefer: undefined,
  require: 'tls=true&tlsInsecure=true',
  'verify-ca': 'tls=true&tlsAllowInvalidHostnames=true',
  'verify-full': 'tls=true',
};

/** `mongodb://user@host:27017/database?…`, never with a password. */
export function printUrl(parts: ConnectionParts): string {
  const host =
    parts.host === undefined ? '' : parts.host.includes(':') ? `[${parts.host}]` : encodeURIComponent(parts.host);
  const user = parts.username === undefined || parts.username === '' ? '' : `${encodeURIComponent(parts.username)}@`;
  const port = parts.port === undefined ? '' : `:${parts.port}`;
  const query = Object.keys(parts.options)
    .sort()
    .map((name) => {
      const written = name === 'readConcern' ? 'readConcernLevel' : name;
      return `${encodeURIComponent(written)}=${encodeURIComponent(String(parts.options[name]))}`;
    });
  const tls = parts.tlsMode === undefined ? undefined : TLS_WORDS[parts.tlsMode];
  if (tls !== undefined) query.push(tls);
  const database = parts.database === undefined ? '' : encodeURIComponent(parts.database);
  return `mongodb://${user}${host}${port}/${database}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}
