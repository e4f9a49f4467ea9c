/**
 * The catalog: four queries a schema, whatever the number of its tables, so that memory is bounded by the largest schema.
 */
import {
  type CatalogColumn,
  type CatalogForeignKey,
  type CatalogTable,
  EngineError,
  type IntrospectOptions,
} from '../engine.ts';
import type { MysqlConnection } from './connection.ts';
import { kindOfPrintedType } from './types.ts';

type Row = (string | null)[];

/** A string as a literal of our sessions (backslashes escape there). */
export function literal(text: string): string {
  return `'${text.replace(/['\\\0]/g, (character) => (character === '\0' ? '\\0' : `\\${character}`))}'`;
}

/** Streams the tables of all schemas that the login sees, or of one, in (schema, name) order. */
export async function* introspect(
  connection: MysqlConnection,
  options: IntrospectOptions,
): AsyncIterable<CatalogTable> {
  const only = options.schema === undefined ? '' : ` AND schema_name=${literal(options.schema)}`;
  const schemas = await connection.query(
    `SELECT schema_name FROM information_schema.schemata
     WHERE schema_name NOT IN ('information_schema','mysql','performance_schema','sys')${only} ORDER BY 1`,
    options.signal,
  );
  for (const [schema] of schemas) {
    for (const table of await tablesOf(connection, schema ?? '', options)) {
      if (options.signal.aborted) {
        throw new EngineError('cancelled', 'The request was given up.', { cause: options.signal.reason });
      }
      yield table;
    }
  }
}

async function tablesOf(
  connection: MysqlConnection,
  schema: string,
  { signal, tables: wanted }: IntrospectOptions,
): Promise<CatalogTable[]> {
  if (wanted?.length === 0) return [];
  const name = literal(schema);
  const only = wanted === undefined ? '' : ` AND table_name IN (${wanted.map(literal).join(',')})`;
  const tables = await connection.query(
    `SELECT table_name, table_type, table_comment, table_rows FROM information_schema.tables
     WHERE table_schema=${name} AND table_type<>'SEQUENCE'${only} ORDER BY table_name`,
    signal,
  );
  const columns = grouped(
    await connection.query(
      `SELECT table_name, column_name, column_type, is_nullable, column_default, column_comment, extra
       FROM information_schema.columns WHERE table_schema=${name}${only} ORDER BY table_name, ordinal_position`,
      signal,
    ),
  );
  const keys = grouped(
    await connection.query(
      `SELECT table_name, index_name, column_name FROM information_schema.statistics
       WHERE table_schema=${name} AND non_unique=0${only} ORDER BY table_name, index_name, seq_in_index`,
      signal,
    ),
  );
  const foreign = grouped(
    await connection.query(
      `SELECT table_name, constraint_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
       FROM information_schema.key_column_usage
       WHERE table_schema=${name} AND referenced_table_name IS NOT NULL${only} ORDER BY table_name, constraint_name, ordinal_position`,
      signal,
    ),
  );
  const jsonColumns = connection.mariadb ? await jsonChecks(connection, name, signal) : new Set<string>();
  return tables.map((row) => {
    const [table = '', type, comment, estimate] = row;
    const unique = grouped((keys.get(table ?? '') ?? []).map((key) => key.slice(1)));
    return {
      schema,
      name: table ?? '',
      kind: type === 'VIEW' || type === 'SYSTEM VIEW' ? 'view' : 'table',
      // Of a view the server says `VIEW` here.
      comment: comment && !(type === 'VIEW' && comment === 'VIEW') ? comment : null,
      rowEstimate: estimate === null || estimate === undefined ? null : Number(estimate),
      columns: (columns.get(table ?? '') ?? []).map((column) => catalogColumn(column, jsonColumns)),
      primaryKey: (unique.get('PRIMARY') ?? []).map((key) => key[1] ?? ''),
      uniqueKeys: [...unique].filter(([key]) => key !== 'PRIMARY').map(([, rows]) => rows.map((key) => key[1] ?? '')),
      foreignKeys: foreignKeys(foreign.get(table ?? '') ?? []),
    };
  });
}

/**
 * MariaDB's JSON is longtext with a check `json_valid(column)`: those columns are documents, as `table\0column`. Servers
 * before 10.2 have no such list, and no JSON either.
 */
async function jsonChecks(connection: MysqlConnection, schema: string, signal: AbortSignal): Promise<Set<string>> {
  const found = new Set<string>();
  try {
    const rows = await connection.query(
      `SELECT table_name, check_clause FROM information_schema.check_constraints
       WHERE constraint_schema=${schema} AND check_clause LIKE 'json_valid(%'`,
      signal,
    );
    for (const [table, clause] of rows) {
      const column = /^json_valid\(`((?:[^`]|``)+)`\)$/.exec(clause ?? '')?.[1];
      if (column !== undefined) found.add(`${table}\0${column.replaceAll('``', '`')}`);
    }
  } catch (error) {
    if (!(error instanceof EngineError) || error.fatal) throw error;
  }
  return found;
}

function catalogColumn(row: Row, json: ReadonlySet<string>): CatalogColumn {
  const [table, name, printed, nullable, defaultValue, comment, extra] = row;
  const type = json.has(`${table}\0${name}`) ? 'json' : (printed ?? '');
  // MariaDB prints a default as an expression (`'a'`, `NULL`); MySQL prints its value.
  const none = defaultValue === null || defaultValue === undefined || defaultValue === 'NULL';
  const generated = extra && /auto_increment|generated/i.test(extra) ? extra : null;
  return {
    name: name ?? '',
    type,
    kind: kindOfPrintedType(type),
    nullable: nullable === 'YES',
    default: none ? generated : defaultValue,
    comment: comment || null,
  };
}

function foreignKeys(rows: readonly Row[]): CatalogForeignKey[] {
  return [...grouped(rows.map((row) => row.slice(1)))].map(([name, parts]) => ({
    name,
    columns: parts.map((part) => part[1] ?? ''),
    referencedSchema: parts[0]?.[2] ?? '',
    referencedTable: parts[0]?.[3] ?? '',
    referencedColumns: parts.map((part) => part[4] ?? ''),
  }));
}

/** Rows by their first value, order kept. */
function grouped(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = row[0] ?? '';
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
