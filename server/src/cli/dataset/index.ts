/** `headgate dataset …` */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { jsonFile } from '../json-file.ts';
import { positiveInteger } from '../options.ts';
import { type DatasetView, datasetFields, switchesText } from './view.ts';

export function datasetCommand(cli: Cli): Command {
  return new Command('dataset')
    .description('named models over one source')
    .addCommand(addCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(previewCommand(cli))
    .addCommand(rmCommand(cli));
}

function addCommand(cli: Cli): Command {
  return new Command('add')
    .description('make a dataset over a table, or from a definition')
    .argument('<name>', 'what it is called')
    .requiredOption('--source <source>', 'the data source')
    .option('--table <table>', 'the table, `schema.table` or `table`')
    .option('--definition <file>', 'tables, relations and fields as the API takes them, JSON; "-" is standard input')
    .action(async (name: string, options: { source: string; table?: string; definition?: string }) => {
      const given = (await jsonFile(cli, options.definition)) ?? {};
      const body = { ...given, ...tableOf(options.table), name, source: options.source };
      const { body: made } = await cli.api().send<DatasetView>({ method: 'POST', path: '/datasets', body });
      cli.print(made, () => cli.fields(datasetFields(made)));
    });
}

function tableOf(table: string | undefined): object {
  if (table === undefined) return {};
  const [name, schema] = table.split('.').reverse();
  return { tables: [{ name, ...(schema === undefined ? {} : { schema }) }] };
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list datasets')
    .option('--source <source>', 'over this source only')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { source?: string; limit: number }) => {
      const page = await cli.api().list<DatasetView>('/datasets', { source: options.source }, options.limit);
      cli.printList(
        page,
        [
          { title: 'id', value: (one) => one.id },
          { title: 'name', value: (one) => one.name },
          { title: 'source', value: (one) => one.source.name },
          { title: 'rules', value: (one) => switchesText(one.policy) },
        ],
        'No datasets.',
      );
    });
}

function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show a dataset')
    .argument('<id>', 'the dataset')
    .action(async (id: string) => {
      const dataset = await cli.api().get<DatasetView>(`/datasets${path(id)}`);
      cli.print(dataset, () => cli.fields(datasetFields(dataset)));
    });
}

function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('replace the definition of a dataset; its rules stay')
    .argument('<id>', 'the dataset')
    .requiredOption('--definition <file>', 'the definition as the API takes it, JSON; "-" is standard input')
    .action(async (id: string, options: { definition: string }) => {
      const body = await jsonFile(cli, options.definition);
      const request = { method: 'PUT', path: `/datasets${path(id)}`, body } as const;
      const { body: changed } = await cli.api().send<DatasetView>(request);
      cli.print(changed, () => cli.fields(datasetFields(changed)));
    });
}

function previewCommand(cli: Cli): Command {
  return new Command('preview')
    .description('show rows of a dataset, under the rules that bind you')
    .argument('<id>', 'the dataset')
    .option('--limit <number>', 'how many rows at most', positiveInteger, 20)
    .action(async (id: string, options: { limit: number }) => {
      const request = { format: 'json', maxRows: options.limit };
      const { body: rows } = await cli.api().send<Record<string, unknown>[]>({
        method: 'POST',
        path: `/datasets${path(id)}/preview`,
        body: request,
      });
      const names = Object.keys(rows[0] ?? {});
      const columns = names.map((title) => ({
        title,
        value: (row: Record<string, unknown>) => cellText(row[title]),
      }));
      cli.printList({ items: rows, nextCursor: null }, columns, 'No rows.');
    });
}

const cellText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a dataset and its rules: what they kept back is seen again')
    .argument('<id>', 'the dataset')
    .action(async (id: string) => {
      await cli.api().send({ method: 'DELETE', path: `/datasets${path(id)}` });
      cli.print({ id }, () => `Dataset ${id} is deleted.\n`);
    });
}
