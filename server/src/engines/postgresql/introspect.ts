/** What a database holds, what the login may do and what time it is: queries over pg_catalog (PostgreSQL 12 or later). */
import { collectRows } from '../collect.ts';
import {
  type CatalogColumn,
  type CatalogForeignKey,
  type CatalogTable,
  type EngineConnection,
  EngineError,
  type IntrospectOptions,
  type PrivilegeReport,
} from '../engine.ts';
import { kindOf } from './types.ts';

/** Tables whose columns and keys are asked for at once: bounds memory without a round trip a table. */
const TABLES_A_CHUNK = 200;

const KINDS: Readonly<Record<string, CatalogTable['kind']>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized_view',
  f: 'foreign_table',
};

/**
 * Tables that the login may use. Partitions are left out: their parent stands for them. Estimates: `reltuples` is −1
 * (before PostgreSQL 14: 0 without pages) when the table was never analysed; a partitioned table has its partitions'.
 */
const TABLES = `
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.obj_description(c.oid, 'pg_class'),
  CASE
    WHEN c.relkind IN ('v', 'f') THEN NULL
    WHEN c.relkind = 'p' THEN coalesce(nullif(c.reltuples, -1), (
      SELECT sum(nullif(k.reltuples, -1)) FROM pg_catalog.pg_inherits i
      JOIN pg_catalog.pg_class k ON k.oid = i.inhrelid WHERE i.inhparent = c.oid))
    WHEN c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages = 0) THEN NULL
    ELSE c.reltuples
  END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND ($1::text IS NULL OR n.nspname = $1) AND ($2::text[] IS NULL OR c.relname = ANY ($2))
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

const COLUMNS = `
SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
  CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END,
  a.attnotnull OR (t.typtype = 'd' AND t.typnotnull),
  pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated,
  pg_catalog.col_description(a.attrelid, a.attnum)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum`;

/** Unique indexes stand for unique constraints too; partial ones and ones over expressions are no keys. */
const KEYS = `
SELECT i.indrelid, i.indisprimary, (
  SELECT json_agg(a.attname ORDER BY k.place)
  FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
  WHERE k.place <= i.indnkeyatts)
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
  AND 0 <> ALL (i.indkey::int2[])
ORDER BY i.indrelid, c.relname COLLATE "C"`;

const FOREIGN_KEYS = `
SELECT o.conrelid, o.conname, n.nspname, f.relname,
  (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(o.conkey) WITH ORDINALITY k (number, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number),
  (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(o.confkey) WITH ORDINALITY k (number, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.number)
FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class f ON f.oid = o.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = f.relnamespace
WHERE o.contype = 'f' AND o.conrelid = ANY ($1::oid[]) AND NOT f.relispartition
ORDER BY o.conrelid, o.conname COLLATE "C"`;

type Row = readonly (string | null)[];

/** Streams the tables in (schema, name) order; an abort cancels what runs and rejects with `cancelled`. */
export async function* introspect(
  connection: EngineConnection,
  options: IntrospectOptions,
): AsyncGenerator<CatalogTable> {
  const onAbort = () => void connection.cancel();
  options.signal.addEventListener('abort', onAbort, { once: true });
  const ask = async (sql: string, ...parameters: (string | null)[]): Promise<readonly Row[]> => {
    if (options.signal.aborted) throw new EngineError('cancelled', 'The introspection was cancelled.');
    return (await collectRows(connection, { sql, parameters, timeoutMs: 300_000 })).rows;
  };
  try {
    const tables = await ask(
      TABLES,
      options.schema ?? null,
      options.tables === undefined ? null : textArray(options.tables),
    );
    for (let at = 0; at < tables.length; at += TABLES_A_CHUNK) {
      const chunk = tables.slice(at, at + TABLES_A_CHUNK);
      const oids = `{${chunk.map(([oid]) => oid).join(',')}}`;
      const columns = byTable(await ask(COLUMNS, oids));
      const keys = byTable(await ask(KEYS, oids));
      const foreignKeys = byTable(await ask(FOREIGN_KEYS, oids));
      for (const table of chunk) {
        const oid = table[0] ?? '';
        yield describeTable(table, columns.get(oid) ?? [], keys.get(oid) ?? [], foreignKeys.get(oid) ?? []);
      }
    }
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
}

/** PostgreSQL's own text of an array of texts. */
function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

function byTable(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => row[0] ?? '');
}

function describeTable(
  table: Row,
  columns: readonly Row[],
  keys: readonly Row[],
  foreignKeys: readonly Row[],
): CatalogTable {
  const [, schema, name, kind, comment = null, estimate] = table;
  const keyColumns = (key: Row) => names(key[2]);
  return {
    schema: schema ?? '',
    name: name ?? '',
    kind: KINDS[kind ?? ''] ?? 'table',
    comment,
    rowEstimate: estimate === null || estimate === undefined ? null : Math.round(Number(estimate)),
    columns: columns.map(describeColumn),
    primaryKey: keys.filter((key) => key[1] === 't').flatMap(keyColumns),
    uniqueKeys: keys.filter((key) => key[1] !== 't').map(keyColumns),
    foreignKeys: foreignKeys.map(describeForeignKey),
  };
}

function describeColumn(row: Row): CatalogColumn {
  const [, name, type, baseOid, required, expression = null, identity, generated, comment = null] = row;
  let value = expression;
  if (identity === 'a') value = 'generated always as identity';
  else if (identity === 'd') value = 'generated by default as identity';
  else if (generated === 's') value = `generated always as (${expression}) stored`;
  else if (generated === 'v') value = `generated always as (${expression}) virtual`;
  return {
    name: name ?? '',
    type: type ?? '',
    kind: kindOf(Number(baseOid)),
    nullable: required !== 't',
    default: value,
    comment,
  };
}

function describeForeignKey(row: Row): CatalogForeignKey {
  return {
    name: row[1] ?? '',
    columns: names(row[4]),
    referencedSchema: row[2] ?? '',
    referencedTable: row[3] ?? '',
    referencedColumns: names(row[5]),
  };
}

/** A JSON array of names that our own queries made. */
function names(json: string | null | undefined): string[] {
  return json ? (JSON.parse(json) as string[]) : [];
}

/** Roles whose members can leave the database's own rules. */
const DANGEROUS_ROLES = [
  'pg_execute_server_program',
  'pg_read_server_files',
  'pg_write_server_files',
  'pg_write_all_data',
  'pg_read_all_data',
  'pg_signal_backend',
  'pg_maintain',
  'pg_checkpoint',
  'pg_create_subscription',
];

const PRIVILEGES = `
SELECT pg_catalog.to_jsonb(r), (
    SELECT json_agg(m.rolname) FROM pg_catalog.pg_roles m
    WHERE m.rolname = ANY ($1::text[]) AND NOT r.rolsuper AND pg_catalog.pg_has_role(r.oid, m.oid, 'MEMBER')),
  NOT pg_catalog.pg_is_in_recovery() AND (
    r.rolsuper
    OR pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
    OR EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_(toast|temp)'
      AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'CREATE'))
    OR EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND n.nspname !~ '^pg_(toast|temp)' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
      AND (pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR pg_catalog.has_any_column_privilege(c.oid, 'INSERT, UPDATE')))
    OR EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      -- CASE, because the planner is free to ask about the privilege first, and that fails for what is no sequence.
      WHERE CASE WHEN c.relkind = 'S' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        THEN pg_catalog.has_sequence_privilege(c.oid, 'USAGE, UPDATE') ELSE false END)),
  (SELECT json_agg(DISTINCT p.proname) FROM pg_catalog.pg_proc p
    WHERE p.proname IN ('dblink', 'dblink_exec', 'dblink_connect') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER`;

const DANGEROUS_ATTRIBUTES: Readonly<Record<string, string>> = {
  rolsuper: 'superuser',
  rolcreaterole: 'createrole',
  rolcreatedb: 'createdb',
  rolreplication: 'replication',
  rolbypassrls: 'bypassrls',
};

/** Can the login change anything that it could leave behind? Temporary tables do not count. */
export async function privileges(connection: EngineConnection): Promise<PrivilegeReport> {
  const { rows } = await collectRows(connection, { sql: PRIVILEGES, parameters: [`{${DANGEROUS_ROLES.join(',')}}`] });
  const [role, memberships, canWrite, functions] = rows[0] ?? [];
  const attributes = role ? (JSON.parse(role) as Record<string, unknown>) : {}; // a row of pg_roles
  return {
    canWrite: canWrite === 't',
    dangerous: [
      ...Object.entries(DANGEROUS_ATTRIBUTES).flatMap(([attribute, name]) =>
        attributes[attribute] === true ? [name] : [],
      ),
      ...names(memberships),
      ...names(functions),
    ],
  };
}

/** Milliseconds since the epoch, by the server's clock. */
export async function clock(connection: EngineConnection): Promise<number> {
  const { rows } = await collectRows(connection, { sql: 'SELECT extract(epoch FROM clock_timestamp()) * 1000' });
  return Number(rows[0]?.[0]);
}
