/** What rules need to know of tables, over information_schema. */
import type { PolicyCatalog, PolicyTable } from '../../policy.ts';
import type { MysqlConnection } from '../connection.ts';
import { introspect, literal } from '../introspect.ts';

/** Storage engines that keep a table's own rows. Others show rows of other tables, files or servers. */
const OWN_ROWS = new Set(['innodb', 'myisam', 'aria', 'memory', 'archive', 'rocksdb', 'ndbcluster', 'columnstore']);

/** See `PolicyEngine.describe`. */
export async function describe(
  connection: MysqlConnection,
  names: readonly string[],
  signal: AbortSignal,
): Promise<PolicyCatalog> {
  const [session] = await connection.query('SELECT DATABASE(), @@lower_case_table_names', signal);
  const [database = null, folding] = session ?? [];
  const list = names.map(literal).join(',');
  const kinds = await connection.query(
    `SELECT table_schema, table_name, table_type, engine FROM information_schema.tables WHERE table_name IN (${list})`,
    signal,
  );
  const computed = await connection.query(
    `SELECT table_schema, table_name, column_name FROM information_schema.columns
     WHERE table_name IN (${list}) AND generation_expression IS NOT NULL AND generation_expression<>''`,
    signal,
  );
  const tables: PolicyTable[] = [];
  for await (const { schema, name, columns } of introspect(connection, { signal, tables: names })) {
    const here = (row: readonly (string | null)[]): boolean => row[0] === schema && row[1] === name;
    const [, , type, engine] = kinds.find(here) ?? [];
    tables.push({
      schema,
      name,
      columns,
      notBase: whyNotBase(type ?? '', engine ?? ''),
      related: [],
      generated: new Set(computed.filter(here).map((row) => row[2] ?? '')),
    });
  }
  return { schemas: database === null ? [] : [database], foldsNames: folding !== '0', tables };
}

function whyNotBase(type: string, engine: string): string | null {
  if (/VIEW/i.test(type)) return 'a view';
  if (type !== 'BASE TABLE' && type !== 'SYSTEM VERSIONED') return 'no table of rows';
  return OWN_ROWS.has(engine.toLowerCase()) ? null : 'a table whose rows are kept elsewhere';
}
