/** JDBC URLs as this protocol takes them (sdps.md §6): anchored at their start only, what follows is kept and not read. */
import { refusal, unforeseen } from './refusals.ts';

export interface JdbcAddress {
  /** The second part of the URL: `mysql`, `postgresql`, `redshift`, `oracle`, `sqlserver`. */
  readonly product: string;
  /** Our engine; null for what Headgate stores and cannot run. */
  readonly engine: 'mysql' | 'postgresql' | 'oracle' | 'sqlserver' | null;
  readonly host: string;
  readonly port: number;
  /** The database (Oracle: the service) that the URL names. */
  readonly database: string | null;
  /** Oracle's SID, which is no database. */
  readonly sid: string | null;
}

const forms: readonly (readonly [product: string, form: RegExp])[] = [
  ['mysql', /^jdbc:mysql:\/\/([A-Za-z0-9_.-]+):(\d+)(?:\/([A-Za-z0-9_-]+))?/],
  ['postgresql', /^jdbc:postgresql:\/\/([A-Za-z0-9_.-]+):(\d+)(?:\/([A-Za-z0-9_-]+))?/],
  ['redshift', /^jdbc:redshift:\/\/([A-Za-z0-9_.-]+):(\d+)(?:\/([A-Za-z0-9_-]+))?/],
  ['oracle', /^jdbc:oracle:thin:\/\/@([A-Za-z0-9_.-]+):(\d+)\/([A-Za-z0-9_-]+)/],
  ['oracle', /^jdbc:oracle:thin:\/\/@([A-Za-z0-9_.-]+):(\d+):(?<sid>[A-Za-z0-9_]+)/],
  ['sqlserver', /^jdbc:sqlserver:\/\/([A-Za-z0-9_.-]+):(\d+);(?:databaseName|database)=([A-Za-z0-9_-]+)/],
];

/** Longest host name and highest port that a data source may have. */
const highestPort = 65_535;

/** Throws SdpsError 1253. */
export function readJdbcUrl(url: string): JdbcAddress {
  for (const [product, form] of forms) {
    const found = form.exec(url);
    if (found === null) continue;
    const port = Number(found[2]);
    if (port < 1 || port > highestPort) throw refusal(1253);
    const sid = found.groups?.sid ?? null;
    return {
      product,
      engine: product === 'redshift' ? null : (product as 'mysql'), // one of the four, by the table above
      host: found[1]!,
      port,
      database: sid === null ? (found[3] ?? null) : null,
      sid,
    };
  }
  throw refusal(1253);
}

/**
 * The address to list databases of: only MySQL's, and only when the URL has no colon beyond the port's. Throws SdpsError
 * 1253, 1256, and 1000 for a port that is no number.
 */
export function readListableUrl(url: string): { readonly host: string; readonly port: number } {
  const parts = url.split(':');
  if (parts.length !== 4) throw refusal(1253);
  if (parts[1] !== 'mysql') throw refusal(1256);
  const port = /^\d{1,5}(?=$|[/?])/.exec(parts[3]!)?.[0];
  const host = parts[2]!.replace(/^\/\//, '');
  if (port === undefined || Number(port) < 1 || Number(port) > highestPort || host === '') throw unforeseen();
  return { host, port: Number(port) };
}

/** Databases that a URL and a list name together; for MySQL the server itself is asked. */
export function namedDatabases(address: JdbcAddress, schema: string | null): string[] {
  const listed = (schema ?? '').split('\n').map((line) => line.trim());
  return [...new Set([address.database ?? '', ...listed])].filter((name) => name !== '');
}

/** Databases of MySQL that hold nothing of anybody's. */
export const mysqlSystemDatabases: ReadonlySet<string> = new Set([
  'information_schema',
  'innodb',
  'mysql',
  'performance_schema',
  'sys',
  'tmp',
]);
