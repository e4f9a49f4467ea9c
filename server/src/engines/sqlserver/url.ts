/**
 * Connection URLs: JDBC's `sqlserver://host:1433;databaseName=…`, Go's `sqlserver://user:password@host:1433?database=…`,
 * `mssql://user:password@host/database`, and the keyword form of ADO.NET. Messages never repeat the text: it may hold a
 * password.
 */
import type { ConnectionParts, EngineError, TlsMode } from '../engine.ts';
import { decodeLogin, decodePart, invalidUrl, type Mutable, portOf, urlParameters, urlPieces } from '../url-parts.ts';

const SCHEME = /^(?:jdbc:)?(?:sqlserver|mssql):\/\//i;
/** The keyword form has no scheme: it must begin with the server, as no other product writes it. */
const KEYWORDS = /^\s*(?:server|data source|addr|address|network address)\s*=\s*([^;]*)/i;

/** Does this look like ours? */
export function recognisesUrl(text: string): boolean {
  if (SCHEME.test(text.trim())) return true;
  const server = KEYWORDS.exec(text)?.[1];
  if (server === undefined || text.includes('://')) return false;
  return (
    /^\s*tcp:/i.test(server) ||
    /[\\,]/.test(server) ||
    /;\s*(?:initial catalog|trust\s?server\s?certificate)\s*=/i.test(text)
  );
}

/** Splits a URL or keyword list. Throws EngineError `parameter_invalid`. */
export function parseUrl(text: string): ConnectionParts {
  const trimmed = text.trim();
  if (SCHEME.test(trimmed)) {
    const rest = trimmed.replace(SCHEME, '');
    return /^[^/?@]*;/.test(rest) || /^jdbc:/i.test(trimmed) ? parseJdbc(rest) : parseGeneric(rest);
  }
  if (KEYWORDS.test(trimmed)) return parseKeywords(trimmed);
  throw invalidUrl('The text is no SQL Server URL.');
}

/** `host[\instance][:port];name=value;…` */
function parseJdbc(rest: string): ConnectionParts {
  const [, address = '', list = ''] = /^([^;/]*)\/?(?:;(.*))?$/s.exec(rest) ?? [];
  if (address.includes('@')) throw invalidUrl('The user belongs behind the host: ;user=…;password=…');
  const properties = parseProperties(list, 'jdbc');
  return fromProperties(properties, hostAndPort(address, ':'));
}

/** `[user[:password]@]host[:port][/database][?name=value&…]` */
function parseGeneric(rest: string): ConnectionParts {
  const { login, address, path, search } = urlPieces(rest);
  const properties = new Map<string, string>();
  for (const [name, value] of urlParameters(search)) properties.set(keyOf(name), value);
  const parts: Mutable<ConnectionParts> = fromProperties(properties, hostAndPort(address, ':'));
  Object.assign(parts, decodeLogin(login));
  if (path !== '') parts.database = decodePart(path, 'database');
  return parts;
}

/** `Server=tcp:host,1433;Database=…;User Id=…;Password=…` */
function parseKeywords(text: string): ConnectionParts {
  const properties = parseProperties(text, 'ado');
  const server = ['server', 'datasource', 'addr', 'address', 'networkaddress']
    .map((key) => properties.get(key))
    .find((value) => value !== undefined);
  for (const key of ['server', 'datasource', 'addr', 'address', 'networkaddress']) properties.delete(key);
  const address = (server ?? '').trim().replace(/^tcp:/i, '');
  if (/^(np|lpc|admin):/i.test(address)) throw invalidUrl('Only TCP connections are possible.');
  return fromProperties(properties, hostAndPort(address, ','));
}

/** How a value that holds semicolons is written: JDBC in braces, ADO.NET in quotes; the closing sign doubled is one. */
const PAIRS = {
  jdbc: /\s*([^=;]*?)\s*=\s*(?:\{((?:[^}]|\}\})*)\}|((?!\{)[^;]*))\s*(?:;|$)/sy,
  ado: /\s*([^=;]*?)\s*=\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|((?!["'])[^;]*))\s*(?:;|$)/sy,
} as const;

/** `name=value;…` */
function parseProperties(text: string, form: 'jdbc' | 'ado'): Map<string, string> {
  const properties = new Map<string, string>();
  const pair = PAIRS[form];
  let at = 0;
  while (!/^[\s;]*$/.test(text.slice(at))) {
    if (text[at] === ';') {
      at += 1;
      continue;
    }
    pair.lastIndex = at;
    const match = pair.exec(text);
    if (!match || match[1] === '') throw invalidUrl('The list of properties cannot be read.');
    const [, name = '', first, second, third] = match;
    const value =
      form === 'jdbc'
        ? (first?.replaceAll('}}', '}') ?? second?.trim())
        : (first?.replaceAll('""', '"') ?? second?.replaceAll("''", "'") ?? third?.trim());
    properties.set(keyOf(name), value ?? '');
    at = pair.lastIndex;
  }
  return properties;
}

/** Names are compared without case and spaces. */
function keyOf(name: string): string {
  return name.replace(/\s+/g, '').toLowerCase();
}

function hostAndPort(text: string, separator: ':' | ','): { host?: string; port?: number } {
  if (text === '') return {};
  if (text.includes('\\')) throw namedInstance();
  const pattern =
    separator === ':'
      ? /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]()\\,\s]+))(?::(\d+))?$/
      : /^(?:\[?([0-9a-fA-F:.%]*:[0-9a-fA-F:.%]*)\]?|([^:[\]()\\,\s]+|\(local\)))(?:\s*,\s*(\d+))?$/;
  const match = pattern.exec(text);
  if (!match) throw invalidUrl('The host in the URL cannot be read.');
  const host = localName(match[1] ?? decodePart(match[2] ?? '', 'host'));
  return match[3] === undefined ? { host } : { host, port: portOf(match[3]) };
}

/** ADO.NET's words for this machine. */
function localName(host: string): string {
  return host === '.' || host.toLowerCase() === '(local)' ? 'localhost' : host;
}

function namedInstance(): EngineError {
  return invalidUrl(
    'The URL names an instance; Headgate does not ask the SQL Server Browser where it listens.',
    'Give the port of the instance instead: host:port.',
  );
}

/** What the named properties say; properties that mean nothing to us are left out. */
function fromProperties(
  properties: ReadonlyMap<string, string>,
  address: { host?: string; port?: number },
): Mutable<ConnectionParts> {
  const pick = (...keys: string[]) =>
    keys.map((key) => properties.get(key)).find((value) => value !== undefined && value !== '');
  if (pick('instancename', 'instance') !== undefined) throw namedInstance();
  if (isTrue(properties.get('integratedsecurity')) || isTrue(properties.get('trusted_connection'))) {
    throw invalidUrl('Windows sign-in is not possible; give a user name and password of SQL Server.');
  }
  const parts: Mutable<ConnectionParts> = { ...address, options: {} };
  const server = pick('servername', 'server');
  if (parts.host === undefined && server !== undefined) Object.assign(parts, hostAndPort(server, ','));
  const port = pick('port', 'portnumber');
  if (port !== undefined && parts.port === undefined) parts.port = portOf(port);
  const database = pick('databasename', 'database', 'initialcatalog');
  if (database !== undefined) parts.database = database;
  const user = pick('user', 'username', 'userid', 'uid');
  if (user !== undefined) parts.username = user;
  const password = pick('password', 'pwd');
  if (password !== undefined) parts.password = password;
  const options: Record<string, boolean> = {};
  const tlsMode = tlsModeOf(properties);
  if (tlsMode !== undefined) parts.tlsMode = tlsMode;
  if (properties.get('encrypt')?.toLowerCase() === 'strict') options.strictEncryption = true;
  if (/^readonly$/i.test(pick('applicationintent') ?? '')) options.readOnlyIntent = true;
  parts.options = options;
  return parts;
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(true|1|yes|on|sspi)$/i.test(value);
}

/** The words of the drivers for `encrypt`, and our own for what they cannot say. */
function tlsModeOf(properties: ReadonlyMap<string, string>): TlsMode | undefined {
  const word = properties.get('encrypt')?.toLowerCase();
  if (word === undefined) return undefined;
  switch (word) {
    case 'strict':
      return 'verify-full';
    case 'true':
    case 'yes':
    case '1':
    case 'mandatory':
      return isTrue(properties.get('trustservercertificate')) ? 'require' : 'verify-full';
    case 'false':
    case 'no':
    case '0':
    case 'disable':
      return 'disable';
    case 'optional':
      return 'prefer';
    case 'prefer':
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return word;
    default:
      throw invalidUrl(
        "The URL's encrypt is none of true, false, strict, disable, prefer, require, verify-ca, verify-full.",
      );
  }
}

/** `sqlserver://user@host:1433?database=…&encrypt=…`, never with a password. */
export function printUrl(parts: ConnectionParts): string {
  const host =
    parts.host === undefined ? '' : parts.host.includes(':') ? `[${parts.host}]` : encodeURIComponent(parts.host);
  const user = parts.username === undefined || parts.username === '' ? '' : `${encodeURIComponent(parts.username)}@`;
  const port = parts.port === undefined ? '' : `:${parts.port}`;
  const query: string[] = [];
  if (parts.database !== undefined && parts.database !== '')
    query.push(`database=${encodeURIComponent(parts.database)}`);
  if (parts.options.strictEncryption === true) query.push('encrypt=strict');
  else if (parts.tlsMode === 'verify-full') query.push('encrypt=true', 'trustServerCertificate=false');
  else if (parts.tlsMode === 'require') query.push('encrypt=true', 'trustServerCertificate=true');
  else if (parts.tlsMode !== undefined) query.push(`encrypt=${parts.tlsMode}`);
  if (parts.options.readOnlyIntent === true) query.push('applicationIntent=ReadOnly');
  return `sqlserver://${user}${host}${port}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}
