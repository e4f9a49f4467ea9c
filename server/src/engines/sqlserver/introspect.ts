/**
 * The catalog, a page of tables at a time: four queries a page, so that memory does not grow with the database.
 */
import {
  type CatalogColumn,
  type CatalogForeignKey,
  type CatalogTable,
  EngineError,
  type IntrospectOptions,
} from '../engine.ts';
import type { SqlserverConnection } from './connection.ts';
import { kindOfPrintedType } from './types.ts';

const PAGE_TABLES = 200;

/** A string as a literal. */
function literal(text: string): string {
  return `N'${text.replaceAll("'", "''")}'`;
}

const SYSTEM_SCHEMAS = [
  'sys',
  'INFORMATION_SCHEMA',
  'guest',
  'db_accessadmin',
  'db_backupoperator',
  'db_datareader',
  'db_datawriter',
  'db_ddladmin',
  'db_denydatareader',
  'db_denydatawriter',
  'db_owner',
  'db_securityadmin',
];

type Row = readonly unknown[];

/** Streams the tables and views of all schemas that the login sees, or of one, in (schema, name) order. */
export async function* introspect(
  connection: SqlserverConnection,
  { signal, schema, tables: wanted }: IntrospectOptions,
): AsyncIterable<CatalogTable> {
  if (wanted?.length === 0) return;
  let after: { readonly schema: string; readonly name: string } | undefined;
  for (;;) {
    const rows = await connection.query(tablesQuery(schema, wanted, after !== undefined), lastOf(after), signal);
    const details = await detailsOf(connection, rows, signal);
    for (const row of rows) {
      if (signal.aborted) throw new EngineError('cancelled', 'The request was given up.', { cause: signal.reason });
      const table = catalogTable(row, details);
      // The server compares names as its collation says; the caller means these exact ones.
      const meant = (wanted?.includes(table.name) ?? true) && (schema === undefined || schema === table.schema);
      if (meant) yield table;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_TABLES) return;
    after = { schema: text(last[1]), name: text(last[2]) };
  }
}

function lastOf(after: { readonly schema: string; readonly name: string } | undefined): string[] {
  return after === undefined ? [] : [after.schema, after.name];
}

/** `@p1`, `@p2`: schema and name of the last table of the page before. */
function tablesQuery(schema: string | undefined, wanted: readonly string[] | undefined, continued: boolean): string {
  const conditions = [
    "o.type IN ('U', 'V')",
    'o.is_ms_shipped = 0',
    `s.name NOT IN (${SYSTEM_SCHEMAS.map(literal).join(', ')})`,
    ...(schema === undefined ? [] : [`s.name = ${literal(schema)}`]),
    ...(wanted === undefined ? [] : [`o.name IN (${wanted.map(literal).join(', ')})`]),
    ...(continued ? ['(s.name > @p1 OR (s.name = @p1 AND o.name > @p2))'] : []),
  ];
  return `SELECT TOP (${PAGE_TABLES}) o.object_id, s.name, o.name,
  CASE WHEN o.type = 'U' THEN CASE WHEN x.object_id IS NULL THEN 'table' ELSE 'foreign_table' END
       WHEN EXISTS (SELECT 1 FROM sys.indexes i WHERE i.object_id = o.object_id AND i.index_id = 1)
       THEN 'materialized_view' ELSE 'view' END,
  CAST(d.value AS nvarchar(4000)),
  (SELECT CAST(SUM(p.rows) AS bigint) FROM sys.partitions p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1))
FROM sys.objects o
JOIN sys.schemas s ON s.schema_id = o.schema_id
LEFT JOIN sys.external_tables x ON x.object_id = o.object_id
LEFT JOIN sys.extended_properties d
  ON d.class = 1 AND d.major_id = o.object_id AND d.minor_id = 0 AND d.name = N'MS_Description'
WHERE ${conditions.join(' AND ')}
ORDER BY s.name, o.name`;
}

/** Rows of a page's tables, by object id. */
interface Details {
  readonly columns: ReadonlyMap<string, Row[]>;
  readonly keys: ReadonlyMap<string, Row[]>;
  readonly foreign: ReadonlyMap<string, Row[]>;
}

async function detailsOf(
  connection: SqlserverConnection,
  tables: readonly Row[],
  signal: AbortSignal,
): Promise<Details> {
  if (tables.length === 0) return { columns: new Map(), keys: new Map(), foreign: new Map() };
  const ids = tables.map((row) => Number(row[0])).join(', ');
  const columns = await connection.query(
    `SELECT c.object_id, c.name, ISNULL(b.name, t.name), c.max_length, c.precision, c.scale, c.is_nullable,
  COALESCE(f.definition, k.definition), c.is_identity, CAST(d.value AS nvarchar(4000))
FROM sys.columns c
JOIN sys.types t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types b ON b.user_type_id = c.system_type_id
LEFT JOIN sys.default_constraints f ON f.object_id = c.default_object_id
LEFT JOIN sys.computed_columns k ON k.object_id = c.object_id AND k.column_id = c.column_id
LEFT JOIN sys.extended_properties d
  ON d.class = 1 AND d.major_id = c.object_id AND d.minor_id = c.column_id AND d.name = N'MS_Description'
WHERE c.object_id IN (${ids})
ORDER BY c.object_id, c.column_id`,
    [],
    signal,
  );
  const keys = await connection.query(
    `SELECT i.object_id, i.name, i.is_primary_key, c.name
FROM sys.indexes i
JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id AND x.key_ordinal > 0
JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id
WHERE i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND i.object_id IN (${ids})
ORDER BY i.object_id, i.name, x.key_ordinal`,
    [],
    signal,
  );
  const foreign = await connection.query(
    `SELECT f.parent_object_id, f.name, c.name, OBJECT_SCHEMA_NAME(f.referenced_object_id),
  OBJECT_NAME(f.referenced_object_id), r.name
FROM sys.foreign_keys f
JOIN sys.foreign_key_columns x ON x.constraint_object_id = f.object_id
JOIN sys.columns c ON c.object_id = x.parent_object_id AND c.column_id = x.parent_column_id
JOIN sys.columns r ON r.object_id = x.referenced_object_id AND r.column_id = x.referenced_column_id
WHERE f.parent_object_id IN (${ids})
ORDER BY f.parent_object_id, f.name, x.constraint_column_id`,
    [],
    signal,
  );
  return { columns: grouped(columns), keys: grouped(keys), foreign: grouped(foreign) };
}

function catalogTable(row: Row, details: Details): CatalogTable {
  const [id, schema, name, kind, comment, estimate] = row;
  const key = String(id);
  const indexes = [...grouped((details.keys.get(key) ?? []).map((part) => part.slice(1))).values()];
  const isPrimary = (parts: readonly Row[]) => parts[0]?.[1] === true;
  const columnsOf = (parts: readonly Row[]) => parts.map((part) => text(part[2]));
  return {
    schema: text(schema),
    name: text(name),
    kind: kind === 'view' || kind === 'materialized_view' || kind === 'foreign_table' ? kind : 'table',
    comment: textOrNull(comment),
    rowEstimate: estimate === null || estimate === undefined ? null : Number(estimate),
    columns: (details.columns.get(key) ?? []).map(catalogColumn),
    primaryKey: columnsOf(indexes.find(isPrimary) ?? []),
    uniqueKeys: indexes.filter((parts) => !isPrimary(parts)).map(columnsOf),
    foreignKeys: foreignKeys(details.foreign.get(key) ?? []),
  };
}

function catalogColumn(row: Row): CatalogColumn {
  const [, name, base, length, precision, scale, nullable, definition, identity, comment] = row;
  const type = printedType(text(base), Number(length), Number(precision), Number(scale));
  return {
    name: text(name),
    type,
    kind: kindOfPrintedType(type),
    nullable: nullable === true,
    default: textOrNull(definition) ?? (identity === true ? 'IDENTITY' : null),
    comment: textOrNull(comment),
  };
}

/** The type as people write it; lengths come in bytes, −1 is `max`. */
function printedType(base: string, length: number, precision: number, scale: number): string {
  switch (base) {
    case 'decimal':
    case 'numeric':
      return `${base}(${precision},${scale})`;
    case 'varchar':
    case 'char':
    case 'varbinary':
    case 'binary':
      return `${base}(${length < 0 ? 'max' : length})`;
    case 'nvarchar':
    case 'nchar':
      return `${base}(${length < 0 ? 'max' : length / 2})`;
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return `${base}(${scale})`;
    case 'timestamp':
      return 'rowversion';
    default:
      return base;
  }
}

function foreignKeys(rows: readonly Row[]): CatalogForeignKey[] {
  return [...grouped(rows.map((row) => row.slice(1)))].map(([name, parts]) => ({
    name,
    columns: parts.map((part) => text(part[1])),
    referencedSchema: text(parts[0]?.[2]),
    referencedTable: text(parts[0]?.[3]),
    referencedColumns: parts.map((part) => text(part[4])),
  }));
}

/** Rows by their first value, order kept. */
function grouped(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = text(row[0]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}

function textOrNull(value: unknown): string | null {
  return text(value) || null;
}
