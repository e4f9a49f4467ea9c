import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';
import { type CatalogView, type ColumnView, type DriftView, found, type TableView } from './view.ts';

/** `headgate catalog show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show what is known of a source as a whole')
    .argument('<source>', 'its name or id')
    .action(async (source: string) => {
      const catalog = await cli.api().get<CatalogView>(`/sources${path(source)}/catalog`);
      cli.print(catalog, () =>
        cli.fields([
          ['source', catalog.source],
          ['description', catalog.description],
          ['privacy', catalog.privacy],
          ['sensitivity', catalog.sensitivity],
          ['labels', catalog.labels],
          ['tables', catalog.tables],
          ['columns', catalog.columns],
          ['sampled rows', catalog.sampledRows],
          ['read', time(catalog.crawledAt)],
          ['version', catalog.version],
        ]),
      );
    });
}

interface TableOptions {
  readonly search?: string;
  readonly identifier?: string;
  readonly label?: string;
  readonly privacy?: string;
  readonly limit: number;
}

/** `headgate catalog tables` */
export function tablesCommand(cli: Cli): Command {
  return new Command('tables')
    .description('list the tables of a source')
    .argument('<source>', 'its name or id')
    .option('--search <text>', 'only those that have this text in the name of the table or of a column')
    .option('--identifier <name>', 'only those in which this was found')
    .option('--label <name>', 'only those with this label')
    .option('--privacy <word>', 'only those that are: unknown, none, personal')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (source: string, { search, limit, ...filter }: TableOptions) => {
      const query = { q: search, ...filter };
      const page = await cli.api().list<TableView>(`/sources${path(source)}/catalog/tables`, query, limit);
      cli.printList(
        page,
        [
          { title: 'table', value: (one) => one.name },
          { title: 'kind', value: (one) => one.kind },
          { title: 'columns', value: (one) => one.columns, align: 'right' },
          { title: 'privacy', value: (one) => one.privacy },
          { title: 'identifiers', value: (one) => one.identifiers },
          { title: 'labels', value: (one) => one.labels },
        ],
        'No tables.',
      );
    });
}

/** `headgate catalog columns` */
export function columnsCommand(cli: Cli): Command {
  return new Command('columns')
    .description('list the columns of a table')
    .argument('<source>', 'its name or id')
    .argument('<table>', 'database.table or database.schema.table, as "tables" lists it')
    .option('--samples', 'show masked samples too')
    .option('--limit <number>', 'how many at most', positiveInteger, 500)
    .action(async (source: string, table: string, options: { samples?: boolean; limit: number }) => {
      const at = `/sources${path(source)}/catalog/tables${path(table)}/columns`;
      const page = await cli.api().list<ColumnView>(at, {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'column', value: (one) => one.name },
          { title: 'type', value: (one) => one.type },
          { title: 'privacy', value: (one) => one.privacy },
          { title: 'identifiers', value: (one) => found(one.identifiers) },
          { title: 'by hand', value: (one) => (one.corrected ? 'yes' : '') },
          { title: 'comment', value: (one) => one.comment },
          ...(options.samples ? [{ title: 'samples', value: (one: ColumnView) => one.samples }] : []),
        ],
        'No columns.',
      );
    });
}

/** `headgate catalog drift` */
export function driftCommand(cli: Cli): Command {
  return new Command('drift')
    .description('list what differed between two readings of a source, newest first')
    .argument('<source>', 'its name or id')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (source: string, options: { limit: number }) => {
      const page = await cli.api().list<DriftView>(`/sources${path(source)}/catalog/drift`, {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'at', value: (one) => time(one.at) },
          { title: 'change', value: (one) => one.change },
          { title: 'table', value: (one) => one.table },
          { title: 'column', value: (one) => one.column },
          { title: 'before', value: (one) => one.before },
          { title: 'after', value: (one) => one.after },
        ],
        'Nothing has differed.',
      );
    });
}
