/**
 * Connection URLs: `mysql://`, `mariadb://`, their JDBC forms, and the DSN of Go programs
 * (`user:password@tcp(host:port)/database?…`). Messages never repeat the text: it may hold a password.
 */
import type { ConnectionParts, TlsMode } from '../engine.ts';
import { decodeLogin, decodePart, invalidUrl, type Mutable, portOf, urlParameters, urlPieces } from '../url-parts.ts';

const URL_SCHEME = /^(?:jdbc:)?(?:mysql|mariadb):\/\//i;
const DSN = /^(?:([^@]*)@)?(?:(tcp|tcp6|tcp4)\(([^)]*)\))?\/([^?]*)(?:\?(.*))?$/s;

/** Does this look like ours? */
export function recognisesUrl(text: string): boolean {
  return URL_SCHEME.test(text.trim()) || /@(?:tcp[46]?)\([^)]*\)\//.test(text);
}

/** Splits a URL or DSN. Throws EngineError `parameter_invalid`. */
export function parseUrl(text: string): ConnectionParts {
  const trimmed = text.trim();
  return URL_SCHEME.test(trimmed) ? parseScheme(trimmed) : parseDsn(trimmed);
}

function parseScheme(text: string): ConnectionParts {
  const rest = text.replace(URL_SCHEME, '');
  const jdbc = /^jdbc:/i.test(text);
  const { login, address, path, search } = urlPieces(rest);
  const query = new Map(urlParameters(search));
  const parts: Mutable<ConnectionParts> = {
    ...hostAndPort(address),
    ...fromQuery(query),
  };
  Object.assign(parts, decodeLogin(login));
  // JDBC puts them among the parameters.
  if (jdbc || parts.username === undefined) {
    const user = query.get('user');
    const password = query.get('password');
    if (user !== undefined) parts.username = user;
    if (password !== undefined) parts.password = password;
  }
  if (path !== '') parts.database = decodePart(path, 'database');
  return parts;
}

function hostAndPort(text: string): { host?: string; port?: number } {
  if (text === '') return {};
  if (text.includes(',')) throw invalidUrl('The URL names several hosts; name one.');
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]()@/\s]+))(?::(\d+))?$/.exec(text);
  if (!match) throw invalidUrl('The host in the URL cannot be read.');
  const host = match[1] ?? decodePart(match[2]!, 'host');
  return match[3] === undefined ? { host } : { host, port: portOf(match[3]) };
}

function parseDsn(text: string): ConnectionParts {
  // The password may hold anything: the address begins at the last `@tcp(` before the database.
  const at = text.lastIndexOf('@tcp');
  const login = at < 0 ? undefined : text.slice(0, at);
  const match = DSN.exec(at < 0 ? text : text.slice(at + 1));
  if (!match) throw invalidUrl('The text is no MySQL or MariaDB URL.');
  const [, , , address, database = '', search = ''] = match;
  const parts: Mutable<ConnectionParts> = {
    ...hostAndPort(address ?? ''),
    ...fromQuery(new Map(urlParameters(search))),
  };
  if (login !== undefined) {
    const colon = login.indexOf(':');
    parts.username = colon < 0 ? login : login.slice(0, colon);
    if (colon >= 0) parts.password = login.slice(colon + 1);
  }
  if (database !== '') parts.database = decodePart(database, 'database');
  return parts;
}

/** TLS and options from a URL's parameters; parameters that mean nothing to us are left out. */
function fromQuery(query: ReadonlyMap<string, string>): Pick<ConnectionParts, 'tlsMode' | 'options'> {
  const tlsMode = tlsModeOf(query);
  const options: Record<string, boolean> = {};
  for (const name of ['allowPublicKeyRetrieval', 'allowCleartextPassword'] as const) {
    const value = query.get(name);
    if (value !== undefined) options[name] = isTrue(value);
  }
  if (query.has('allowCleartextPasswords'))
    options.allowCleartextPassword = isTrue(query.get('allowCleartextPasswords'));
  return tlsMode === undefined ? { options } : { tlsMode, options };
}

function isTrue(value: string | undefined): boolean {
  return value === '' || /^(true|1|yes|on)$/i.test(value ?? '');
}

/** The words of the many drivers: sslMode, ssl-mode, useSSL + requireSSL + verifyServerCertificate, ssl, tls. */
const TLS_WORDS: ReadonlyMap<string, TlsMode> = new Map<string, TlsMode>([
  ['disable', 'disable'],
  ['disabled', 'disable'],
  ['false', 'disable'],
  ['0', 'disable'],
  ['preferred', 'prefer'],
  ['prefer', 'prefer'],
  ['required', 'require'],
  ['require', 'require'],
  ['trust', 'require'],
  ['skip-verify', 'require'],
  ['verify_ca', 'verify-ca'],
  ['verify-ca', 'verify-ca'],
  ['verify_identity', 'verify-full'],
  ['verify-identity', 'verify-full'],
  ['verify_full', 'verify-full'],
  ['verify-full', 'verify-full'],
  ['true', 'verify-full'],
  ['1', 'verify-full'],
]);

function tlsModeOf(query: ReadonlyMap<string, string>): TlsMode | undefined {
  for (const name of ['sslMode', 'sslmode', 'ssl-mode', 'ssl_mode', 'tls', 'ssl']) {
    const word = query.get(name);
    if (word === undefined) continue;
    const mode = TLS_WORDS.get(word.toLowerCase());
    if (!mode) throw invalidUrl(`The URL's ${name} is none of disable, prefer, require, verify-ca, verify-full.`);
    return mode;
  }
  const use = query.get('useSSL') ?? query.get('useSsl');
  if (use === undefined) return undefined;
  if (!isTrue(use)) return 'disable';
  const trusts = query.has('trustServerCertificate') && isTrue(query.get('trustServerCertificate'));
  if (isTrue(query.get('verifyServerCertificate') ?? 'false') && !trusts) return 'verify-ca';
  return isTrue(query.get('requireSSL') ?? 'false') || trusts ? 'require' : 'prefer';
}

/** `mysql://user@host:3306/database?ssl-mode=…`, never with a password. */
export function printUrl(parts: ConnectionParts): string {
  const host =
    parts.host === undefined ? '' : parts.host.includes(':') ? `[${parts.host}]` : encodeURIComponent(parts.host);
  const user = parts.username === undefined || parts.username === '' ? '' : `${encodeURIComponent(parts.username)}@`;
  const port = parts.port === undefined ? '' : `:${parts.port}`;
  const query: string[] = [];
  if (parts.tlsMode !== undefined) query.push(`ssl-mode=${parts.tlsMode}`);
  for (const name of Object.keys(parts.options).sort()) {
    query.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(parts.options[name]))}`);
  }
  const database = parts.database === undefined ? '' : encodeURIComponent(parts.database);
  return `mysql://${user}${host}${port}/${database}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}
