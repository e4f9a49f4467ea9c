import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { follow, showEnd } from '../job/follow.ts';
import type { JobView } from '../job/view.ts';
import { positiveInteger, words } from '../options.ts';
import type { CatalogView, ColumnView, LabelView, TableView } from './view.ts';

/** `headgate catalog crawl` */
export function crawlCommand(cli: Cli): Command {
  return new Command('crawl')
    .description('read the tables and columns of a source into its catalog')
    .argument('<source>', 'its name or id')
    .option('--detach', 'do not wait for the end')
    .action(async (source: string, options: { detach?: boolean }) => {
      const api = cli.api();
      const { body } = await api.send<JobView>({ method: 'POST', path: `/sources${path(source)}/catalog/crawls` });
      if (options.detach) cli.print(body, () => `${body.id}\n`);
      else showEnd(cli, await follow(cli, api, body.id));
    });
}

interface DescribeOptions {
  readonly description?: string;
  readonly privacy?: string;
  readonly sensitivity?: string;
  readonly labels?: string[];
  readonly ifMatch?: number;
}

/** `headgate catalog describe` */
export function describeCommand(cli: Cli): Command {
  return new Command('describe')
    .description('say by hand what a source or one of its tables is')
    .argument('<source>', 'its name or id')
    .argument('[table]', 'only this table of it')
    .option('--description <text>', 'of the whole source')
    .option('--privacy <word>', 'unknown, none or personal')
    .option('--sensitivity <word>', 'a word of your own')
    .option('--labels <names>', 'exactly these labels', words)
    .option('--if-match <version>', 'only when nobody changed it since this version', positiveInteger)
    .action(async (source: string, table: string | undefined, { ifMatch, ...body }: DescribeOptions) => {
      if (Object.keys(body).length === 0) throw usageError('Nothing to change is named.');
      const at = `/sources${path(source)}/catalog${table === undefined ? '' : `/tables${path(table)}`}`;
      const { body: after } = await cli.api().send<CatalogView | TableView>({
        method: 'PATCH',
        path: at,
        body,
        headers: condition(ifMatch),
      });
      cli.print(after, () => `Changed ${table ?? source}; it is now at version ${after.version}.\n`);
    });
}

interface CorrectOptions {
  readonly identifiers?: string[];
  readonly clear?: boolean;
  readonly privacy?: string;
  readonly sensitivity?: string;
  readonly comment?: string;
  readonly ifMatch?: number;
}

/** `headgate catalog correct` */
export function correctCommand(cli: Cli): Command {
  return new Command('correct')
    .description('say by hand what a column holds; discoveries leave it alone from then on')
    .argument('<source>', 'its name or id')
    .argument('<table>', 'database.table or database.schema.table')
    .argument('<column>', 'its name')
    .option('--identifiers <names>', 'what it holds', words)
    .option('--clear', 'it holds no personal data')
    .option('--privacy <word>', 'unknown, none or personal')
    .option('--sensitivity <word>', 'a word of your own')
    .option('--comment <text>', 'a comment')
    .option('--if-match <version>', 'only when nobody changed it since this version', positiveInteger)
    .action(async (source: string, table: string, column: string, options: CorrectOptions) => {
      const { clear, ifMatch, ...said } = options;
      if (clear && said.identifiers !== undefined) throw usageError('--clear and --identifiers exclude each other.');
      const body = clear ? { ...said, identifiers: [] } : said;
      if (Object.keys(body).length === 0) throw usageError('Nothing to change is named.');
      const { body: after } = await cli.api().send<ColumnView>({
        method: 'PATCH',
        path: `/sources${path(source)}/catalog/tables${path(table)}/columns${path(column)}`,
        body,
        headers: condition(ifMatch),
      });
      cli.print(after, () => `Changed ${column}; it is now at version ${after.version}.\n`);
    });
}

/** `headgate catalog label …` */
export function labelCommand(cli: Cli): Command {
  const list = new Command('list')
    .description('list labels')
    .option('--limit <number>', 'how many at most', positiveInteger, 500)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<LabelView>('/catalog/labels', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (one) => one.name },
          { title: 'used', value: (one) => one.used, align: 'right' },
        ],
        'No labels.',
      );
    });
  const add = new Command('add')
    .description('make a label')
    .argument('<name>', 'at most 40 characters')
    .action(async (name: string) => {
      const { body } = await cli.api().send<LabelView>({ method: 'POST', path: '/catalog/labels', body: { name } });
      cli.print(body, () => `Label ${body.name} is made.\n`);
    });
  const rm = new Command('rm')
    .description('delete a label, and take it away from everything that carries it')
    .argument('<name>', 'the label')
    .action(async (name: string) => {
      await cli.api().send({ method: 'DELETE', path: `/catalog/labels${path(name)}` });
      cli.print({ name }, () => `Label ${name} is deleted.\n`);
    });
  return new Command('label')
    .description('labels for sources and tables')
    .addCommand(list)
    .addCommand(add)
    .addCommand(rm);
}

function condition(ifMatch: number | undefined): Record<string, string> {
  return ifMatch === undefined ? {} : { 'if-match': `"v${ifMatch}"` };
}
