/**
 * Connection URLs of PostgreSQL: libpq's URI and key=value forms and JDBC's. Errors never repeat any part of the text:
 * a mistyped URL often has its password in an unexpected place.
 */
import { type ConnectionParts, EngineError, type TlsMode } from '../engine.ts';

const URI = /^postgres(?:ql)?:\/\//i;
const JDBC = /^jdbc:postgresql:/i;
/** A key=value text has no scheme; these keys are libpq's alone. `;` belongs to other products' texts. */
const KEY_VALUE = /^\s*(?:[a-z_]+\s*=.*\s)?(?:host|hostaddr|dbname|sslmode)\s*=/is;

const TLS_MODES: Readonly<Record<string, TlsMode>> = {
  disable: 'disable',
  // Plain first, TLS on demand: there is no weaker word than prefer here, and prefer accepts all servers that it does.
  allow: 'prefer',
  prefer: 'prefer',
  require: 'require',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
};

/** Understood and without meaning here: the gateway has its own settings for them. */
const IGNORED = new Set([
  'application_name',
  'ApplicationName',
  'fallback_application_name',
  'assumeMinServerVersion',
  'binaryTransfer',
  'channel_binding',
  'channelBinding',
  'client_encoding',
  'connect_timeout',
  'connectTimeout',
  'defaultRowFetchSize',
  'gssencmode',
  'gssEncMode',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'loadBalanceHosts',
  'load_balance_hosts',
  'loginTimeout',
  'logUnclosedConnections',
  'prepareThreshold',
  'reWriteBatchedInserts',
  'readOnly',
  'socketTimeout',
  'sslcompression',
  'sslsni',
  'ssl_min_protocol_version',
  'stringtype',
  'targetServerType',
  'target_session_attrs',
  'tcpKeepAlive',
  'tcp_user_timeout',
]);
/** Files on the machine of whoever wrote the URL. */
const FILES = new Set([
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslcrl',
  'sslpassword',
  'passfile',
  'service',
  'servicefile',
]);

/** Does this text look like one of ours? By its beginning alone. */
export function recognisesUrl(text: string): boolean {
  return URI.test(text) || JDBC.test(text) || (KEY_VALUE.test(text) && !text.includes(';'));
}

/** Splits a URL, a JDBC URL or a key=value text. Throws `parameter_invalid`. */
export function parseUrl(text: string): ConnectionParts {
  if (text.includes('\0')) throw invalid('The URL contains the character NUL.');
  const parameters = JDBC.test(text) ? readJdbc(text) : URI.test(text) ? readUri(text) : readKeyValue(text);
  return toParts(parameters);
}

/**
 * The canonical URI without a password.
 *
 * @example
 * printUrl({ host: 'db', port: 5432, database: 'shop', username: 'ann', options: {} }); // 'postgresql://ann@db:5432/shop'
 */
export function printUrl(parts: ConnectionParts): string {
  const user = parts.username === undefined ? '' : `${encode(parts.username)}@`;
  const name = parts.host ?? '';
  const host = name.includes(':') ? `[${name}]` : encode(name);
  const port = parts.port === undefined ? '' : `:${parts.port}`;
  const database = parts.database === undefined ? '' : `/${encode(parts.database)}`;
  const query: string[] = [];
  if (parts.tlsMode) query.push(`sslmode=${parts.tlsMode}`);
  if (parts.schema !== undefined)
    query.push(`options=${encode(`-csearch_path=${parts.schema.replace(/[\\\s]/g, '\\$&')}`)}`);
  return `postgresql://${user}${host}${port}${database}${query.length > 0 ? `?${query.join('&')}` : ''}`;
}

type Parameters = Map<string, string>;

/** `postgresql://[user[:password]@][host[:port]][/database][?parameters]` */
function readUri(text: string): Parameters {
  const [, authority = '', path = '', query = ''] =
    /^[^:]+:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?(.*))?$/s.exec(text) ?? fail();
  const parameters: Parameters = new Map();
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    const [user = '', ...password] = authority.slice(0, at).split(':');
    parameters.set('user', decode(user));
    if (password.length > 0) parameters.set('password', decode(password.join(':')));
  }
  readHost(authority.slice(at + 1), parameters);
  if (path !== '') parameters.set('dbname', decode(path));
  readQuery(query, parameters);
  return parameters;
}

/** `jdbc:postgresql:[//host[:port]/][database][?parameters]`; user and password are parameters. */
function readJdbc(text: string): Parameters {
  const rest = text.replace(JDBC, '');
  const parameters: Parameters = new Map();
  const [, host, path = '', query = ''] = /^(?:\/\/([^/?]*)\/?)?([^?]*)(?:\?(.*))?$/s.exec(rest) ?? fail();
  if (host?.includes('@')) throw invalid('A JDBC URL takes user and password as parameters, not before the host.');
  if (host) readHost(host, parameters);
  if (path !== '' && path !== '/') parameters.set('dbname', decode(path));
  readQuery(query, parameters);
  return parameters;
}

/** `host=db port=5432 password='it\'s'` */
function readKeyValue(text: string): Parameters {
  const parameters: Parameters = new Map();
  const pair = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gsy;
  while (pair.lastIndex < text.trimEnd().length) {
    const match = pair.exec(text);
    if (!match) throw invalid('The connection text is not a URL and not a list of key=value pairs.');
    parameters.set(match[1] ?? '', (match[2] ?? match[3] ?? '').replace(/\\(.)/gs, '$1'));
  }
  if (parameters.size === 0) throw invalid('The connection text is empty.');
  return parameters;
}

function readHost(text: string, parameters: Parameters): void {
  if (text === '') return;
  if (text.includes(',')) throw invalid('A source has one host: several hosts in one URL are not supported.');
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  if (!match) throw invalid('The host in the URL cannot be read.');
  const host = match[1] ?? decode(match[2] ?? '');
  if (host !== '') parameters.set('host', host);
  if (match[3]) parameters.set('port', match[3]);
}

function readQuery(query: string, parameters: Parameters): void {
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (equals < 1) throw invalid('A parameter in the URL has no value.');
    parameters.set(decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)));
  }
}

function toParts(parameters: Parameters): ConnectionParts {
  const parts: { -readonly [K in keyof ConnectionParts]: ConnectionParts[K] } = { options: {} };
  for (const [key, value] of parameters) {
    switch (key) {
      case 'host':
      case 'hostaddr':
        if (key === 'hostaddr' && parameters.has('host')) break;
        parts.host = checkHost(value);
        break;
      case 'port':
        parts.port = checkPort(value);
        break;
      case 'dbname':
      case 'databaseName':
        parts.database = value;
        break;
      case 'user':
        parts.username = value;
        break;
      case 'password':
        parts.password = value;
        break;
      case 'sslmode':
        parts.tlsMode = TLS_MODES[value] ?? failWith('The URL has an unknown sslmode.');
        break;
      case 'ssl':
        // JDBC: ssl=true alone means a verified connection.
        if (!parameters.has('sslmode')) parts.tlsMode = value === 'false' ? 'disable' : 'verify-full';
        break;
      case 'requiressl':
        if (value === '1' && !parameters.has('sslmode')) parts.tlsMode = 'require';
        break;
      case 'currentSchema':
        parts.schema = value;
        break;
      case 'options':
        parts.schema = readOptions(value) ?? parts.schema;
        break;
      default:
        if (FILES.has(key))
          throw invalid(`${key} names a file: give the certificate or key itself in the source's TLS settings.`);
        if (!IGNORED.has(key)) throw invalid('The URL has a parameter that is not supported.');
    }
  }
  return parts;
}

/** libpq's `options`: command-line settings of the session, of which search_path is ours. `\` escapes a space. */
function readOptions(text: string): string | undefined {
  const words = text.match(/(?:[^\s\\]|\\[\s\S])+/g) ?? [];
  const joined: string[] = [];
  for (const word of words) {
    if (joined.at(-1) === '-c') joined[joined.length - 1] = `-c${word}`;
    else joined.push(word);
  }
  let schema: string | undefined;
  for (const word of joined) {
    const [, value] = /^(?:-c|--)search[_-]path=([\s\S]*)$/.exec(word) ?? [];
    if (value === undefined) throw invalid('Of the session options in a URL only search_path is supported.');
    schema = value.replace(/\\([\s\S])/g, '$1');
  }
  return schema;
}

function checkHost(host: string): string {
  if (host.startsWith('/') || host.startsWith('@')) throw invalid('Unix sockets are not supported: name a host.');
  if (host.includes(',')) throw invalid('A source has one host: several hosts in one URL are not supported.');
  return host.replace(/^\[(.*)\]$/, '$1');
}

function checkPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw invalid('The port in the URL is not a number from 1 to 65535.');
  return port;
}

function encode(text: string): string {
  return encodeURIComponent(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('The URL has a broken percent escape.');
  }
}

function fail(): never {
  throw invalid('The connection URL cannot be read.');
}

function failWith(message: string): never {
  throw invalid(message);
}

function invalid(message: string): EngineError {
  return new EngineError('parameter_invalid', message);
}
