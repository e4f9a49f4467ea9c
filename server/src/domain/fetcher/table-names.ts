/** Names of tables and fields as this protocol writes them, engine by engine (fetcher.md §5.3, §7.4). Pure. */
import type { ConnectionType, TableNames } from './model.ts';

/** What is needed of a table of the catalog. */
export interface CatalogEntry {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly columns: readonly { readonly name: string }[];
}

/** What naming depends on. */
export interface NamingScope {
  readonly type: ConnectionType;
  readonly databaseName: string;
  readonly schema: string | null;
  readonly userName: string;
}

interface Naming {
  /** The schema whose tables are listed; undefined = what the login sees by default. */
  defaultSchema(scope: NamingScope): string | undefined;
  /** The schema whose tables are written without it. */
  bareSchema(scope: NamingScope): string | undefined;
  /** Whether a name is left out. */
  hidden(name: string, schema: string): boolean;
  /** A schema mentioned as `schema.table` is discovered as well. */
  readonly qualified: boolean;
}

const pseudoSchemas: ReadonlySet<string> = new Set(['mysql', 'information_schema', 'performance_schema', 'sys']);
const oraclePrefixes = ['LOGMNR', 'REDO_', 'SQLPLUS_', 'PLAN_TABLE', 'AQ$', 'MVIEW$', 'ROLLING$', 'SCHEDULER_'];
const oracleOwners: ReadonlySet<string> = new Set([
  'SYS',
  'SYSTEM',
  'XDB',
  'OUTLN',
  'DBSNMP',
  'MDSYS',
  'CTXSYS',
  'WMSYS',
]);
const mongoNames: ReadonlySet<string> = new Set(['admin', 'local', 'config']);

const namings: Readonly<Record<ConnectionType, Naming>> = {
  POSTGRESQL: {
    defaultSchema: ({ schema }) => schema || 'public',
    bareSchema: () => 'public',
    hidden: (name, schema) => name.startsWith('pg_') || schema === 'information_schema' || schema.startsWith('pg_'),
    qualified: true,
  },
  MYSQL: {
    defaultSchema: ({ databaseName }) => databaseName,
    bareSchema: ({ databaseName }) => databaseName,
    hidden: (_name, schema) => pseudoSchemas.has(schema.toLowerCase()),
    qualified: false,
  },
  SQL_SERVER: {
    defaultSchema: ({ schema }) => schema || 'dbo',
    bareSchema: () => 'dbo',
    hidden: (_name, schema) => /^(sys|information_schema|db_.*)$/i.test(schema),
    qualified: true,
  },
  ORACLE: {
    defaultSchema: ({ userName }) => userName.toUpperCase(),
    bareSchema: ({ userName }) => userName.toUpperCase(),
    hidden: (name, schema) =>
      name.includes('$') || oraclePrefixes.some((one) => name.startsWith(one)) || oracleOwners.has(schema),
    qualified: true,
  },
  MONGODB: {
    defaultSchema: () => undefined,
    bareSchema: ({ databaseName }) => databaseName,
    hidden: (name) => name.startsWith('system.') || mongoNames.has(name),
    qualified: false,
  },
};

/** Order of bytes, as everywhere in this protocol. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The schema to read for the connection itself; undefined = all that the engine gives. */
export function defaultSchema(scope: NamingScope): string | undefined {
  return namings[scope.type].defaultSchema(scope);
}

/** A table's name here; null for one that is left out. */
export function tableName(scope: NamingScope, table: CatalogEntry): string | null {
  const naming = namings[scope.type];
  if (table.kind !== 'table' || naming.hidden(table.name, table.schema)) return null;
  const fold = (text: string): string => (scope.type === 'ORACLE' ? text.toUpperCase() : text);
  const bare = naming.bareSchema(scope);
  const unqualified = !naming.qualified || table.schema === bare;
  return fold(unqualified ? table.name : `${table.schema}.${table.name}`);
}

/** Tables as shown: names sorted, fields sorted. */
export function namesOf(scope: NamingScope, tables: Iterable<CatalogEntry>): TableNames[] {
  const fold = (text: string): string => (scope.type === 'ORACLE' ? text.toUpperCase() : text);
  const found: TableNames[] = [];
  for (const table of tables) {
    const name = tableName(scope, table);
    if (name === null) continue;
    found.push({ name, fields: table.columns.map((column) => fold(column.name)).sort(byBytes) });
  }
  return found.sort((a, b) => byBytes(a.name, b.name));
}

/**
 * How a caller's table is looked up: the form that `tableName` gives. `public.` and `dbo.` may be written or left out,
 * Oracle folds to upper case, MySQL's own database may be written.
 */
export function lookupName(scope: NamingScope, table: string): string {
  const naming = namings[scope.type];
  const folded = scope.type === 'ORACLE' ? table.toUpperCase() : table;
  const bare = naming.bareSchema(scope);
  if (bare !== undefined && scope.type !== 'MONGODB' && folded.startsWith(`${bare}.`))
    return folded.slice(bare.length + 1);
  return folded;
}

/** Schema and table of a name in the form of `lookupName`, as the catalog has them. */
export function schemaAndTable(scope: NamingScope, name: string): { readonly schema?: string; readonly table: string } {
  const naming = namings[scope.type];
  const dot = naming.qualified ? name.indexOf('.') : -1;
  if (dot > 0) return { schema: name.slice(0, dot), table: name.slice(dot + 1) };
  const schema = naming.bareSchema(scope);
  return schema === undefined ? { table: name } : { schema, table: name };
}

/** A field in the spelling of the catalog. */
export function lookupField(scope: NamingScope, field: string): string {
  return scope.type === 'ORACLE' ? field.toUpperCase() : field;
}

/**
 * Schemas to discover for these tables: those that are written, and the default one for tables written without.
 * References without a schema mean `public`, `dbo`, the user or the database (§7.4), whatever the connection's `schema`;
 * the connection's own is discovered in addition.
 */
export function schemasFor(scope: NamingScope, tables: Iterable<string>): (string | undefined)[] {
  const naming = namings[scope.type];
  const own = naming.defaultSchema(scope);
  if (!naming.qualified) return [own];
  const schemas = new Set<string | undefined>([own, naming.bareSchema(scope)]);
  for (const table of tables) {
    const folded = lookupName(scope, table);
    const dot = folded.indexOf('.');
    if (dot > 0) schemas.add(folded.slice(0, dot));
  }
  return [...schemas];
}
