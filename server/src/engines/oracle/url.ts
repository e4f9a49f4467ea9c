/**
 * Connection URLs: Oracle's JDBC forms (`jdbc:oracle:thin:@//host:port/service`, `@host:port:SID`, `@tcps://…`, a connect
 * descriptor with one address) and `oracle://user:password@host:port/service`. Messages never repeat the text: it may
 * hold a password.
 */
import type { ConnectionParts, TlsMode } from '../engine.ts';
import { decodeLogin, decodePart, invalidUrl, type Mutable, portOf, urlParameters, urlPieces } from '../url-parts.ts';

const JDBC = /^jdbc:oracle:(?:thin|oci8?|kprb):/i;
const URL_SCHEME = /^oracle(?:\+\w+)?:\/\//i;
const MODES: readonly TlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

type Options = Record<string, string | number | boolean>;

/** Does this look like ours? */
export function recognisesUrl(text: string): boolean {
  return /^jdbc:oracle:/i.test(text.trim()) || URL_SCHEME.test(text.trim());
}

/** Splits a URL. Throws EngineError `parameter_invalid`. */
export function parseUrl(text: string): ConnectionParts {
  const trimmed = text.trim();
  if (URL_SCHEME.test(trimmed)) return parseScheme(trimmed.replace(URL_SCHEME, ''));
  if (JDBC.test(trimmed)) return parseJdbc(trimmed.replace(JDBC, ''));
  throw invalidUrl('The text is no URL of Oracle: write jdbc:oracle:thin:@//host:1521/service or oracle://….');
}

function parseScheme(rest: string): ConnectionParts {
  const { login, address, path, search } = urlPieces(rest);
  const parts: Mutable<ConnectionParts> = { ...hostAndPort(address), ...fromQuery(search) };
  Object.assign(parts, decodeLogin(login));
  if (path !== '') parts.database = decodePart(path, 'service name');
  return parts;
}

/** What stands behind `jdbc:oracle:thin:`. The password may hold anything, so the address is found from behind. */
function parseJdbc(rest: string): ConnectionParts {
  const descriptor = /@\s*\((?:description|address)/i.exec(rest);
  const at = descriptor ? descriptor.index : rest.lastIndexOf('@');
  if (at < 0) throw invalidUrl('The URL has no @ before its address.');
  const address = rest.slice(at + 1).trim();
  const parts: Mutable<ConnectionParts> = address.startsWith('(') ? parseDescriptor(address) : parseAddress(address);
  const login = rest.slice(0, at).replace(/^\/\//, '');
  const slash = login.startsWith('"') ? login.indexOf('/', login.indexOf('"', 1)) : login.indexOf('/');
  const username = slash < 0 ? login : login.slice(0, slash);
  if (username !== '') parts.username = username.replace(/^"(.*)"$/s, '$1');
  if (slash >= 0) parts.password = login.slice(slash + 1).replace(/^"(.*)"$/s, '$1');
  return parts;
}

/** `//host:port/service`, `tcps://host:port/service?…`, `host:port:SID`, `host:port/service`. */
function parseAddress(text: string): Mutable<ConnectionParts> {
  const [, protocol = '', rest = ''] = /^(?:(tcps?):)?(?:\/\/)?(.*)$/is.exec(text) ?? [];
  if (/^\w+:\/\//.test(rest)) throw invalidUrl('The URL names a protocol other than tcp and tcps.');
  const [, address = '', search = ''] = /^([^?]*)(?:\?(.*))?$/s.exec(rest) ?? [];
  const bySid = /^(\[[^\]]*\]|[^:/]+):(\d+):([^:/]+)$/.exec(address);
  const byService = /^(\[[^\]]*\]|[^:/]+)(?::(\d+))?\/([^:/]*)(?::(\w+))?(?:\/[^/]*)?$/.exec(address);
  const match = bySid ?? byService ?? /^(\[[^\]]*\]|[^:/]+):(\d+)$/.exec(address);
  if (!match) {
    throw invalidUrl(
      'The address in the URL cannot be read; entries of tnsnames.ora are not: write //host:port/service.',
    );
  }
  const query = fromQuery(search);
  const parts: Mutable<ConnectionParts> = {
    ...hostAndPort(match[2] === undefined ? match[1]! : `${match[1]}:${match[2]}`),
    ...query,
    options: { ...query.options, ...(bySid ? { sid: true } : {}) },
  };
  if (match[3]) parts.database = match[3];
  if (/^tcps$/i.test(protocol)) parts.tlsMode = query.tlsMode ?? 'verify-full';
  else if (protocol !== '') parts.tlsMode = 'disable';
  return parts;
}

function hostAndPort(text: string): { host?: string; port?: number } {
  if (text === '') return {};
  if (text.includes(',')) throw invalidUrl('The URL names several hosts; name one.');
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]()@/\s"']+))(?::(\d+))?$/.exec(text);
  if (!match) throw invalidUrl('The host in the URL cannot be read.');
  const host = match[1] ?? decodePart(match[2]!, 'host');
  return match[3] === undefined ? { host } : { host, port: portOf(match[3]) };
}

function fromQuery(search: string): { tlsMode?: TlsMode; options: Options } {
  const options: Options = {};
  let tlsMode: TlsMode | undefined;
  for (const [written, value] of urlParameters(search)) {
    const name = written.toLowerCase();
    if (name === 'tls' || name === 'sslmode') {
      tlsMode = MODES.find((mode) => mode === value.toLowerCase());
      if (!tlsMode) throw invalidUrl(`The URL's ${name} is none of ${MODES.join(', ')}.`);
    } else if (name === 'ssl_server_dn_match' && /^(?:no|off|false)$/i.test(value)) tlsMode ??= 'verify-ca';
    else if (name === 'sid') options.sid = /^(?:true|1|yes|)$/i.test(value);
    else if (name === 'largerowsperfetch' && /^\d+$/.test(value)) options.largeRowsPerFetch = Number(value);
  }
  return tlsMode === undefined ? { options } : { tlsMode, options };
}

/** The members that we need of `(DESCRIPTION=(ADDRESS=…)(CONNECT_DATA=…))`. */
function parseDescriptor(text: string): Mutable<ConnectionParts> {
  let depth = 0;
  for (const character of text) depth += character === '(' ? 1 : character === ')' ? -1 : 0;
  if (depth !== 0) throw invalidUrl('The brackets of the descriptor in the URL do not match.');
  const all = (name: string) =>
    [...text.matchAll(new RegExp(`\\(\\s*${name}\\s*=\\s*("[^"]*"|[^()]*)\\)`, 'gi'))].map((match) =>
      match[1]!.trim().replace(/^"(.*)"$/, '$1'),
    );
  const hosts = all('HOST');
  if (hosts.length !== 1) throw invalidUrl('The descriptor in the URL must name exactly one address.');
  const [port, service, sid] = [all('PORT')[0], all('SERVICE_NAME')[0], all('SID')[0]];
  const [protocol = 'tcp', matches = 'yes'] = [all('PROTOCOL')[0], all('SSL_SERVER_DN_MATCH')[0]];
  if (!/^tcps?$/i.test(protocol))
    throw invalidUrl('The descriptor in the URL names a protocol other than TCP and TCPS.');
  const verified: TlsMode = /^(?:no|off|false)$/i.test(matches) ? 'verify-ca' : 'verify-full';
  const host = hosts[0]!.replace(/^\[(.*)\]$/, '$1');
  if (!/^[\w.:%-]+$/.test(host)) throw invalidUrl('The host in the URL cannot be read.');
  const parts: Mutable<ConnectionParts> = {
    host,
    tlsMode: /^tcps$/i.test(protocol) ? verified : 'disable',
    options: service === undefined && sid !== undefined ? { sid: true } : {},
  };
  if (port !== undefined) parts.port = portOf(port);
  if (service !== undefined || sid !== undefined) parts.database = service ?? sid;
  return parts;
}

/** `oracle://user@host:1521/service?sid=true&tls=…`, never with a password. */
export function printUrl(parts: ConnectionParts): string {
  const host =
    parts.host === undefined ? '' : parts.host.includes(':') ? `[${parts.host}]` : encodeURIComponent(parts.host);
  const user = parts.username === undefined || parts.username === '' ? '' : `${encodeURIComponent(parts.username)}@`;
  const port = parts.port === undefined ? '' : `:${parts.port}`;
  const query = parts.tlsMode === undefined ? [] : [`tls=${parts.tlsMode}`];
  for (const name of Object.keys(parts.options).sort()) {
    query.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(parts.options[name]))}`);
  }
  const database = parts.database === undefined ? '' : encodeURIComponent(parts.database);
  return `oracle://${user}${host}${port}/${database}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}
