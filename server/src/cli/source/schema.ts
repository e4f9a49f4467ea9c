import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { count, time } from '../text.ts';

interface SchemaTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly comment?: string | null;
  readonly rowEstimate?: number | null;
  readonly primaryKey?: readonly string[];
  readonly columns?: readonly SchemaColumn[];
}

interface SchemaColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly comment?: string | null;
}

interface SchemaAnswer {
  readonly items: SchemaTable[];
  readonly nextCursor: string | null;
  /** Null when it was read from the database just now. */
  readonly catalog: { readonly capturedAt: string; readonly stale: boolean } | null;
}

interface SchemaOptions {
  schema?: string;
  search?: string;
  columns?: boolean;
  live?: boolean;
  refresh?: boolean;
  limit: number;
}

/** `headgate source schema` */
export function schemaCommand(cli: Cli): Command {
  return new Command('schema')
    .description('list the tables and views of a source')
    .argument('<name>', 'name or id of the source')
    .option('--schema <name>', 'only this schema')
    .option('--search <text>', 'only tables that hold this text in their name or a column name')
    .option('--columns', 'show the columns of each table')
    .option('--live', 'read it from the database instead of the catalog')
    .option('--refresh', 'bring the catalog up to date first')
    .option('--limit <number>', 'how many tables at most', positiveInteger, 500)
    .action(async (name: string, options: SchemaOptions) => {
      const api = cli.api();
      const base = `/sources${path(name)}/schema`;
      if (options.refresh) await api.send({ method: 'POST', path: `${base}/refresh`, signal: cli.io.signal });
      const query = {
        schema: options.schema,
        q: options.search,
        live: options.live,
        limit: Math.min(options.limit, 500),
      };
      const first = await api.get<SchemaAnswer>(base, query);
      const items = [...first.items];
      let cursor = first.nextCursor;
      while (cursor !== null && items.length < options.limit) {
        const next: SchemaAnswer = await api.get(base, { ...query, cursor });
        items.push(...next.items);
        cursor = next.nextCursor;
      }
      const answer = { ...first, items, nextCursor: cursor };
      if (options.columns && !cli.json) return cli.out(items.map((table) => describeTable(cli, table)).join('\n'));
      cli.printList(
        answer,
        [
          { title: 'schema', value: (table) => table.schema },
          { title: 'name', value: (table) => table.name },
          { title: 'kind', value: (table) => table.kind },
          { title: 'rows about', align: 'right', value: (table) => rowEstimate(table) },
          { title: 'columns', align: 'right', value: (table) => table.columns?.length },
          { title: 'comment', value: (table) => table.comment },
        ],
        'No tables.',
      );
      if (!cli.json && first.catalog) {
        const stale = first.catalog.stale ? '; the source has changed since, --refresh reads it again' : '';
        cli.note(`As of ${time(first.catalog.capturedAt)}${stale}.`);
      }
    });
}

function rowEstimate(table: SchemaTable): string {
  return typeof table.rowEstimate === 'number' ? count(table.rowEstimate) : '';
}

function describeTable(cli: Cli, table: SchemaTable): string {
  const keys = new Set(table.primaryKey ?? []);
  const columns = cli.table<SchemaColumn>(table.columns ?? [], [
    { title: '  column', value: (column) => `  ${column.name}` },
    { title: 'type', value: (column) => column.type },
    { title: 'null', value: (column) => (column.nullable ? 'yes' : 'no') },
    { title: 'key', value: (column) => (keys.has(column.name) ? 'primary' : '') },
    { title: 'comment', value: (column) => column.comment },
  ]);
  return `${table.schema}.${table.name} (${table.kind})\n${columns}`;
}
