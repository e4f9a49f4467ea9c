/** What rules need to know of tables, over pg_catalog. */
import { collectRows } from '../../collect.ts';
import type { CatalogTable, EngineConnection } from '../../engine.ts';
import type { PolicyCatalog, PolicyTable } from '../../policy.ts';
import { introspect } from '../introspect.ts';

/** Ancestors and descendants of the tables with these names; partitions' own tables are no tables to read. */
const RELATED = `
WITH RECURSIVE up (start, oid) AS (
  SELECT c.oid, i.inhparent FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid
  WHERE c.relname = ANY ($1::text[])
  UNION SELECT u.start, i.inhparent FROM up u JOIN pg_catalog.pg_inherits i ON i.inhrelid = u.oid
), down (start, oid) AS (
  SELECT c.oid, i.inhrelid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid
  WHERE c.relname = ANY ($1::text[])
  UNION SELECT d.start, i.inhrelid FROM down d JOIN pg_catalog.pg_inherits i ON i.inhparent = d.oid
)
SELECT sn.nspname, s.relname, n.nspname, c.relname
FROM (SELECT * FROM up UNION SELECT * FROM down) r
JOIN pg_catalog.pg_class s ON s.oid = r.start JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT (c.relispartition AND s.relkind = 'p')`;

/** See `PolicyEngine.describe`. */
export async function describe(
  connection: EngineConnection,
  names: readonly string[],
  signal: AbortSignal,
): Promise<PolicyCatalog> {
  const path = await collectRows(connection, {
    sql: 'SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))',
  });
  const related = await relatedTables(connection, names);
  const wanted = new Set([...names, ...[...related.values()].flat().map(([, name]) => name)]);
  const tables: PolicyTable[] = [];
  for await (const table of introspect(connection, { signal, tables: [...wanted] })) {
    tables.push(described(table, related.get(keyOf(table.schema, table.name)) ?? []));
  }
  return { schemas: path.rows.map(([schema]) => schema ?? ''), foldsNames: false, tables };
}

type Related = readonly (readonly [schema: string, name: string])[];

async function relatedTables(connection: EngineConnection, names: readonly string[]): Promise<Map<string, Related>> {
  const array = `{${names.map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
  const { rows } = await collectRows(connection, { sql: RELATED, parameters: [array] });
  const found = new Map<string, (readonly [string, string])[]>();
  for (const [schema, name, relatedSchema, relatedName] of rows) {
    const key = keyOf(schema ?? '', name ?? '');
    const list = found.get(key) ?? [];
    list.push([relatedSchema ?? '', relatedName ?? '']);
    found.set(key, list);
  }
  return found;
}

const keyOf = (schema: string, name: string): string => JSON.stringify([schema, name]);

const NOT_BASE: Readonly<Record<CatalogTable['kind'], string | null>> = {
  table: null,
  view: 'a view',
  materialized_view: 'a materialized view',
  foreign_table: 'a table of another server',
};

function described(table: CatalogTable, related: Related): PolicyTable {
  return {
    schema: table.schema,
    name: table.name,
    columns: table.columns,
    notBase: NOT_BASE[table.kind],
    related,
    generated: new Set(
      table.columns.flatMap((column) => (column.default?.startsWith('generated always as (') ? [column.name] : [])),
    ),
  };
}
