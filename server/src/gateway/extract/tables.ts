/** Before anything is read: what the tables of an extraction are, and whether all that is asked of them exists. */
import type { SourceFacts } from '../../domain/access/index.ts';
import { ConflictError, InvalidError } from '../../domain/errors.ts';
import type { Principal } from '../../domain/identity/principal.ts';
import type { ExtractFilter, ExtractSource, ExtractTable } from '../../domain/jobs/index.ts';
import type { CatalogTable, Engine, ReadCondition } from '../../engines/engine.ts';
import type { Connections } from '../connections.ts';
import type { SourcePolicy } from '../policy.ts';
import type { GatewayDeps } from '../ports.ts';
import { located, type Place } from './place.ts';

export interface PreparedTable {
  /** What the table is called in the result. */
  readonly label: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly timeoutMs: number | undefined;
}

export interface PreparedSource {
  readonly source: ExtractSource;
  readonly facts: SourceFacts;
  readonly tables: readonly PreparedTable[];
}

export interface PrepareDeps {
  readonly deps: Pick<GatewayDeps, 'access' | 'engines' | 'sources'>;
  readonly connections: Connections;
  readonly policy: SourcePolicy;
}

/** How the columns of a table are ordered in the result. */
export type ColumnOrder = 'as asked' | 'by name';

/**
 * Looks the tables up on the server and writes their statements. Rejects, with the place, with `table_not_found`,
 * `column_not_found` (InvalidError), with what the source says, and with the refusals of access.
 */
export async function prepareSource(
  { deps, connections, policy }: PrepareDeps,
  principal: Principal,
  source: ExtractSource,
  order: ColumnOrder,
  signal: AbortSignal,
): Promise<PreparedSource> {
  try {
    const facts = await deps.access.resolve(principal, source.id);
    deps.access.authorise(principal, 'source.extract', facts);
    const engine = deps.engines.get(facts.source.engine ?? '');
    if (engine === undefined) {
      throw new ConflictError('engine_unavailable', 'This installation keeps the source but has no engine to run it.');
    }
    const { credential, request } = await connections.prepare(principal, facts, {
      level: 'read',
      ...(source.workspace === undefined ? {} : { workspaceUid: source.workspace }),
    });
    const settings = await deps.sources.connectSettings(facts, credential);
    const schema = settings.schema ?? engine.defaultSchema(settings);
    const found = await connections.borrow(request, signal, (connection) =>
      lookUp(engine, connection, source.tables, schema, signal),
    );
    const tables: PreparedTable[] = [];
    for (const table of source.tables) {
      // A whole table is what of it may be seen: a forbidden column that nobody asked for is no reason to fail.
      const hidden = await policy.forbiddenColumns(principal, facts, table.schema ?? schema, table.table);
      tables.push(prepareTable(engine, source, table, found, schema, order, hidden));
    }
    return { source, facts, tables };
  } catch (error) {
    throw located(error, { source: source.label });
  }
}

type Found = ReadonlyMap<string, CatalogTable>;
const keyOf = (schema: string, table: string): string => JSON.stringify([schema, table]);

/** One look at the catalog a schema, whatever the number of tables. */
async function lookUp(
  engine: Engine,
  connection: Parameters<Engine['introspect']>[0],
  tables: readonly ExtractTable[],
  defaultSchema: string,
  signal: AbortSignal,
): Promise<Found> {
  const found = new Map<string, CatalogTable>();
  for (const [schema, group] of Map.groupBy(tables, (table) => table.schema ?? defaultSchema)) {
    const names = [...new Set(group.map(({ table }) => table))];
    for await (const table of engine.introspect(connection, { signal, schema, tables: names })) {
      found.set(keyOf(table.schema, table.name), table);
    }
  }
  return found;
}

function prepareTable(
  engine: Engine,
  source: ExtractSource,
  wanted: ExtractTable,
  found: Found,
  defaultSchema: string,
  order: ColumnOrder,
  hidden: ReadonlySet<string>,
): PreparedTable {
  const schema = wanted.schema ?? defaultSchema;
  const label = wanted.label ?? (wanted.schema === undefined ? wanted.table : `${wanted.schema}.${wanted.table}`);
  const place: Place = { source: source.label, table: label };
  const table = found.get(keyOf(schema, wanted.table));
  if (table === undefined) {
    throw located(
      new InvalidError('table_not_found', `There is no table "${wanted.table}" in the schema "${schema}".`, {
        remedy: 'Look at the schema of the source; names are matched exactly.',
      }),
      place,
    );
  }
  const known = new Map(table.columns.map((column) => [column.name, column]));
  const require = (column: string): void => {
    // A part of a document, `address.city`: whether it is there differs by row.
    if (known.has(column) || known.get(column.split('.', 1)[0] ?? '')?.kind === 'json') return;
    const error = new InvalidError('column_not_found', `The table has no column "${column}".`, {
      remedy: 'Look at the schema of the source; names are matched exactly.',
    });
    throw located(error, { ...place, column });
  };
  const all = [...known.keys()].filter((name) => !hidden.has(name.toLowerCase()));
  const columns = [...(wanted.columns ?? all)];
  if (order === 'by name') columns.sort(byBytes);
  columns.forEach(require);
  const filters = Object.entries(wanted.filters ?? {});
  for (const [column] of filters) require(column);
  try {
    const conditions = filters.flatMap(([column, filter]) => conditionsOf(column, filter));
    const { sql, parameters } = engine.readStatement({ table, columns, conditions });
    return { label, schema, name: table.name, columns, sql, parameters, timeoutMs: wanted.timeoutMs };
  } catch (error) {
    throw located(error, place);
  }
}

function conditionsOf(column: string, filter: ExtractFilter): ReadCondition[] {
  return Object.entries(filter).map(([operator, values]) => ({
    column,
    operator: operator as ReadCondition['operator'], // the keys of ExtractFilter, checked at submission
    values,
  }));
}

/** The order of UTF-8 bytes, which is the order of code points. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
