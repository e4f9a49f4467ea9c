/**
 * The catalog. Names of a schema's tables come first, then what belongs to them a few hundred tables at a time, so that
 * memory is bounded by a block of tables however large the schema is.
 */
import {
  type CatalogColumn,
  type CatalogForeignKey,
  type CatalogTable,
  EngineError,
  type IntrospectOptions,
} from '../engine.ts';
import type { Binds } from './driver.ts';
import type { OracleConnection } from './query.ts';
import { catalogType } from './types.ts';

type Row = (string | null)[];

/** Tables whose columns and keys are held at a time. */
const BLOCK = 200;

/** Owners that Oracle brings along, for servers before 12.1, which do not say so themselves. */
const MAINTAINED =
  /^(?:ANONYMOUS|APEX_.*|APPQOSSYS|AUDSYS|CTXSYS|DBSFWUSER|DBSNMP|DIP|DVF|DVSYS|EXFSYS|FLOWS_.*|GSM.*|LBACSYS|MDDATA|MDSYS|MGMT_VIEW|OJVMSYS|OLAPSYS|ORACLE_OCM|ORDDATA|ORDPLUGINS|ORDSYS|OUTLN|OWBSYS.*|PUBLIC|REMOTE_SCHEDULER_AGENT|SI_INFORMTN_SCHEMA|SPATIAL_.*|SYS|SYS\$UMF|SYSBACKUP|SYSDG|SYSKM|SYSMAN|SYSRAC|SYSTEM|TSMSYS|WK_TEST|WKPROXY|WKSYS|WMSYS|XDB|XS\$NULL)$/;

const OWNERS = 'SELECT owner FROM all_tables UNION SELECT owner FROM all_views';

/** Streams the tables of all schemas that the login sees, or of one, in (schema, name) order. */
export async function* introspect(
  connection: OracleConnection,
  options: IntrospectOptions,
): AsyncIterable<CatalogTable> {
  if (options.tables?.length === 0) return;
  for (const schema of await schemasOf(connection, options)) {
    const tables = await tablesOf(connection, schema, options);
    for (let from = 0; from < tables.length; from += BLOCK) {
      for (const table of await described(connection, schema, tables.slice(from, from + BLOCK), options.signal)) {
        if (options.signal.aborted) throw new EngineError('cancelled', 'The request was given up.');
        yield table;
      }
    }
  }
}

async function schemasOf(connection: OracleConnection, { schema, signal }: IntrospectOptions): Promise<string[]> {
  // One that is asked for by name is looked at whoever maintains it.
  if (schema !== undefined) return [schema];
  const firsts = (rows: Row[]) => rows.map(([name]) => name ?? '').sort(byCodeUnits);
  try {
    const users = `SELECT username FROM all_users WHERE oracle_maintained = 'N'`;
    return firsts(await connection.query(`${users} AND username IN (${OWNERS})`, {}, signal));
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'object_not_found') throw error;
    return firsts(await connection.query(OWNERS, {}, signal)).filter((owner) => !MAINTAINED.test(owner));
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Name, letter of its kind, estimate and comment of each table. */
async function tablesOf(
  connection: OracleConnection,
  schema: string,
  { tables: wanted, signal }: IntrospectOptions,
): Promise<Row[]> {
  const found: Row[] = [];
  for (const names of wanted === undefined ? [undefined] : blocksOf([...new Set(wanted)])) {
    const only = (column: string) => (names === undefined ? '' : ` AND ${column} IN (${placeholders(names)})`);
    const sql = `
      SELECT t.table_name, CASE WHEN m.mview_name IS NOT NULL THEN 'M' WHEN x.table_name IS NOT NULL THEN 'X' ELSE 'T' END,
             t.num_rows, c.comments
      FROM all_tables t
      LEFT JOIN all_mviews m ON m.owner = t.owner AND m.mview_name = t.table_name
      LEFT JOIN all_external_tables x ON x.owner = t.owner AND x.table_name = t.table_name
      LEFT JOIN all_tab_comments c ON c.owner = t.owner AND c.table_name = t.table_name
      WHERE t.owner = :owner AND t.nested = 'NO' AND t.secondary = 'N' AND t.iot_name IS NULL AND t.dropped = 'NO'${only('t.table_name')}
      UNION ALL
      SELECT v.view_name, 'V', NULL, c.comments
      FROM all_views v
      LEFT JOIN all_tab_comments c ON c.owner = v.owner AND c.table_name = v.view_name
      WHERE v.owner = :owner${only('v.view_name')}`;
    found.push(...(await connection.query(sql, bindsOf(schema, names ?? []), signal)));
  }
  return found.sort(([a], [b]) => byCodeUnits(a ?? '', b ?? ''));
}

function blocksOf(names: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(names.length / BLOCK) }, (_, at) => names.slice(at * BLOCK, (at + 1) * BLOCK));
}

const placeholders = (names: readonly string[]): string => names.map((_, index) => `:n${index}`).join(', ');

function bindsOf(owner: string, names: readonly string[]): Binds {
  return { OWNER: owner, ...Object.fromEntries(names.map((name, index) => [`N${index}`, name])) };
}

async function described(
  connection: OracleConnection,
  schema: string,
  tables: readonly Row[],
  signal: AbortSignal,
): Promise<CatalogTable[]> {
  const names = tables.map(([name]) => name ?? '');
  const binds = bindsOf(schema, names);
  const list = placeholders(names);
  const columns = grouped(
    await connection.query(
      `SELECT t.table_name, t.column_name, t.data_type, t.data_type_owner, t.data_length, t.char_length, t.char_used,
              t.data_precision, t.data_scale, t.nullable, t.data_default, c.comments
       FROM all_tab_columns t
       LEFT JOIN all_col_comments c
         ON c.owner = t.owner AND c.table_name = t.table_name AND c.column_name = t.column_name
       WHERE t.owner = :owner AND t.table_name IN (${list}) ORDER BY t.table_name, t.column_id`,
      binds,
      signal,
    ),
  );
  const keys = grouped(
    await connection.query(
      `SELECT k.table_name, k.constraint_name, k.constraint_type, p.column_name, r.owner, r.table_name, q.column_name
       FROM all_constraints k
       JOIN all_cons_columns p ON p.owner = k.owner AND p.constraint_name = k.constraint_name
       LEFT JOIN all_constraints r ON r.owner = k.r_owner AND r.constraint_name = k.r_constraint_name
       LEFT JOIN all_cons_columns q
         ON q.owner = r.owner AND q.constraint_name = r.constraint_name AND q.position = p.position
       WHERE k.owner = :owner AND k.table_name IN (${list}) AND k.constraint_type IN ('P', 'U', 'R')
         AND k.status = 'ENABLED'
       ORDER BY k.table_name, k.constraint_name, p.position`,
      binds,
      signal,
    ),
  );
  return tables.map((row) => catalogTable(schema, row, columns, keys));
}

const KINDS: Readonly<Record<string, CatalogTable['kind']>> = {
  T: 'table',
  V: 'view',
  M: 'materialized_view',
  X: 'foreign_table',
};

function catalogTable(
  schema: string,
  [name, kind, estimate, comment]: Row,
  columns: ReadonlyMap<string, Row[]>,
  keys: ReadonlyMap<string, Row[]>,
): CatalogTable {
  const constraints = [...grouped((keys.get(name ?? '') ?? []).map((row) => row.slice(1)))];
  const ofType = (letter: string) => constraints.filter(([, rows]) => rows[0]?.[1] === letter);
  const columnsOf = (rows: readonly Row[]) => rows.map((row) => row[2] ?? '');
  return {
    schema,
    name: name ?? '',
    kind: KINDS[kind ?? ''] ?? 'table',
    comment: comment ?? null,
    rowEstimate: numberOf(estimate),
    columns: (columns.get(name ?? '') ?? []).map(catalogColumn),
    primaryKey: columnsOf(ofType('P')[0]?.[1] ?? []),
    uniqueKeys: ofType('U').map(([, rows]) => columnsOf(rows)),
    foreignKeys: ofType('R').map(([constraint, rows]): CatalogForeignKey => foreignKey(constraint, rows)),
  };
}

function foreignKey(name: string, rows: readonly Row[]): CatalogForeignKey {
  return {
    name,
    columns: rows.map((row) => row[2] ?? ''),
    referencedSchema: rows[0]?.[3] ?? '',
    referencedTable: rows[0]?.[4] ?? '',
    referencedColumns: rows.map((row) => row[5] ?? ''),
  };
}

function catalogColumn(row: Row): CatalogColumn {
  const [, name, dataType, owner, length, characters, charUsed, precision, scale, nullable, initial, comment] = row;
  const { type, kind } = catalogType({
    dataType: dataType ?? '',
    owner: owner ?? null,
    length: numberOf(length),
    characters: numberOf(characters),
    charUsed: charUsed ?? null,
    precision: numberOf(precision),
    scale: numberOf(scale),
  });
  const expression = initial?.trim() ?? '';
  return {
    name: name ?? '',
    type,
    kind,
    nullable: nullable === 'Y',
    default: expression === '' || expression.toUpperCase() === 'NULL' ? null : expression,
    comment: comment ?? null,
  };
}

const numberOf = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Number(text);

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
