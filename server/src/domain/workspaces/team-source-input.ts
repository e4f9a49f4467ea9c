/** Sources as the chorus protocol writes them: parameters to settings (chorus.md §3.3, §6.1). Pure but for the URL parser. */
import { InvalidError } from '../errors.ts';
import { checkHost } from '../sources/fields.ts';
import type { FieldProblem } from './refusals.ts';
import { limits, type Problems } from './text.ts';

/** What a caller writes. Absent members keep what is stored, or take their default. */
export interface TeamSourceInput {
  readonly entityType?: string;
  readonly name?: string;
  /** A host name, or the JDBC URL of a JDBC source. */
  readonly host?: string;
  readonly port?: string | number | null;
  readonly dbName?: string | null;
  readonly dbUsername?: string;
  readonly dbPassword?: string;
  readonly description?: string | null;
  readonly shared?: boolean;
  readonly ssl?: boolean;
  readonly isHawq?: boolean;
  readonly state?: string;
  readonly isPublic?: boolean;
}

/** Kinds that may be registered; null = the URL tells the engine. */
export const kinds: Readonly<Record<string, string | null>> = {
  gpdb_data_source: 'postgresql',
  pg_data_source: 'postgresql',
  oracle_data_source: 'oracle',
  jdbc_data_source: null,
  jdbc_hive_data_source: null,
};

export const nameLimit = 64;

/** Where a source is, as it is kept. */
export interface Place {
  readonly engine: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string | null;
}

/** Splits a connection URL; throws InvalidError for one that no engine here knows. */
export type SplitUrl = (url: string) => {
  readonly engine: string;
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
};

/** What of the input says where the source is. */
export interface PlaceInput {
  readonly host: unknown;
  readonly port: unknown;
  readonly dbName: unknown;
}

/** Reads where a source is. `lenient`: a half-filled one, whose members may be missing. */
export function readPlace(
  problems: Problems,
  entityType: string,
  input: PlaceInput,
  options: { readonly lenient: boolean; readonly splitUrl: SplitUrl; readonly defaultPort: (engine: string) => number },
): Place {
  const engine = kinds[entityType] ?? null;
  const host = options.lenient
    ? problems.text(input.host, 'host', limits.name)
    : problems.required(input.host, 'host', limits.name);
  if (engine === null) return ofUrl(host, options);
  const port = readPort(problems, input.port, options.lenient);
  const database = options.lenient
    ? problems.text(input.dbName, 'db_name', limits.name)
    : problems.required(input.dbName, 'db_name', limits.name);
  if (host !== null && host !== '' && !isHost(host)) problems.add('host', 'invalid', { value: host });
  return { engine, host: host === '' ? null : host, port, database };
}

/** An unknown URL is kept, and nothing here can run it. */
function ofUrl(
  url: string | null,
  options: { readonly splitUrl: SplitUrl; readonly defaultPort: (engine: string) => number },
): Place {
  try {
    const parts = options.splitUrl(url ?? '');
    if (parts.engine === 'mongodb') return { engine: null, host: null, port: null, database: null };
    return {
      engine: parts.engine,
      host: parts.host ?? null,
      port: parts.port ?? options.defaultPort(parts.engine),
      database: parts.database ?? null,
    };
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return { engine: null, host: null, port: null, database: null };
  }
}

function isHost(host: string): boolean {
  try {
    return checkHost(host) === host;
  } catch (error) {
    if (error instanceof InvalidError) return false;
    throw error;
  }
}

function readPort(problems: Problems, value: unknown, lenient: boolean): number | null {
  if (lenient && (value === undefined || value === null || value === '')) return null;
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const told: FieldProblem['context'] = { value: value ?? null };
  if (!/^-?\d+$/.test(text)) {
    problems.add('port', /^-?\d+\.\d+$/.test(text) ? 'not_an_integer' : 'not_a_number', told);
    return null;
  }
  const port = Number(text);
  if (port >= 1 && port <= 65_535) return port;
  problems.add('port', 'invalid', told);
  return null;
}
