import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { fileText, words } from '../options.ts';
import { readStdin } from '../prompt.ts';
import { downloadOutput } from './download.ts';
import { follow, showEnd } from './follow.ts';
import type { JobView } from './view.ts';

interface ExtractOptions {
  readonly columns?: string[];
  readonly filter?: Filter[];
  readonly format: string;
  readonly compress?: string;
  readonly spec?: string;
  readonly output?: string;
  readonly background?: boolean;
}

interface Filter {
  readonly column: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** `headgate extract` */
export function extractCommand(cli: Cli): Command {
  return new Command('extract')
    .description('read tables of one or several sources into files, with a signed manifest; shows the progress')
    .argument('[tables...]', 'what to read: source:table or source:schema.table')
    .option('--columns <names>', 'only these columns (of one table), separated by commas', words)
    .option(
      '--filter <column:operator:value>',
      'only rows of which this holds (of one table); in, nin, between: values separated by commas; repeatable',
      filter,
    )
    .addOption(
      new Option('--format <format>', 'of the files; json is one object')
        .choices(['ndjson', 'csv', 'parquet', 'json'])
        .default('ndjson'),
    )
    .addOption(new Option('--compress <method>', 'compress the files').choices(['gzip', 'zstd']))
    .option('--spec <file>', 'the sources as the API takes them, JSON; "-" is standard input')
    .option('-o, --output <folder>', 'download the files into this folder when the job has succeeded')
    .option('--background', 'do not wait for the end')
    .action(async (tables: string[], options: ExtractOptions) => {
      const sources = options.spec === undefined ? sourcesOf(tables, options) : await specOf(cli, tables, options.spec);
      const api = cli.api();
      const { body: created } = await api.send<JobView>({
        method: 'POST',
        path: '/jobs',
        body: { kind: 'extract', sources, format: options.format, compression: options.compress },
      });
      if (options.background) {
        cli.print(created, () => `Job ${created.id} is ${created.status}.\n`);
        return;
      }
      cli.note(`Job ${created.id}; Ctrl-C stops following, \`headgate job cancel\` stops the job.`);
      const job = await follow(cli, api, created.id);
      if (job.status === 'succeeded' && options.output !== undefined) {
        mkdirSync(options.output, { recursive: true });
        for (const output of job.outputs ?? [])
          await downloadOutput(cli, api, job, output, join(options.output, output.name));
      }
      showEnd(cli, job);
    });
}

interface Table {
  readonly schema?: string;
  readonly table: string;
  readonly columns?: readonly string[];
  readonly filters?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

function sourcesOf(named: readonly string[], options: ExtractOptions): { source: string; tables: Table[] }[] {
  if (named.length === 0) throw usageError('Say what to read.', 'E.g. headgate extract sales:orders sales:audit.log');
  const narrowed = options.columns !== undefined || options.filter !== undefined;
  if (narrowed && named.length > 1) {
    throw usageError('--columns and --filter go with one table.', 'Use --spec for several tables.');
  }
  const sources = new Map<string, Table[]>();
  for (const text of named) {
    const { source, ...table } = tableOf(text);
    const more = {
      ...(options.columns === undefined ? {} : { columns: options.columns }),
      ...(options.filter === undefined ? {} : { filters: filtersOf(options.filter) }),
    };
    sources.set(source, [...(sources.get(source) ?? []), { ...table, ...more }]);
  }
  return [...sources].map(([source, tables]) => ({ source, tables }));
}

/** `source:table`, `source:schema.table`; a name with a dot in it needs `--spec`. */
function tableOf(text: string): { source: string; schema?: string; table: string } {
  const parts = /^([^:]+):(?:([^.]+)\.)?(.+)$/.exec(text);
  if (parts === null)
    throw usageError(`"${text}" names no table of a source.`, 'Write source:table or source:schema.table.');
  const [, source = '', schema, table = ''] = parts;
  return { source, table, ...(schema === undefined ? {} : { schema }) };
}

function filter(text: string, before: readonly Filter[] = []): Filter[] {
  const parts = /^([^:]+):([a-z]+):(.*)$/s.exec(text);
  if (parts === null) throw new InvalidArgumentError('Write it as column:operator:value, e.g. total:gte:100.');
  const [, column = '', operator = '', value = ''] = parts;
  const several = operator === 'in' || operator === 'nin' || operator === 'between';
  return [...before, { column, operator, values: several ? value.split(',') : [value] }];
}

function filtersOf(filters: readonly Filter[]): NonNullable<Table['filters']> {
  const columns = Map.groupBy(filters, ({ column }) => column);
  return Object.fromEntries(
    [...columns].map(([column, conditions]) => [
      column,
      Object.fromEntries(conditions.map(({ operator, values }) => [operator, values])),
    ]),
  );
}

async function specOf(cli: Cli, tables: readonly string[], file: string): Promise<unknown> {
  if (tables.length > 0)
    throw usageError('Tables stand in --spec or on the command line, not in both.', 'Use one of them.');
  try {
    return JSON.parse(file === '-' ? await readStdin(cli.io) : fileText(file));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw usageError(`${file} is no JSON.`, 'It holds the list `sources` of the API.');
    throw error;
  }
}
