/** `headgate workspace file …`: the files of a workspace, in versions; SQL among them runs. */
import { Command, Option } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { fileText, positiveInteger } from '../options.ts';
import { readStdin } from '../prompt.ts';
import { type RunOptions, runStatement } from '../source/query.ts';

interface VersionView {
  readonly number: number;
  readonly message: string | null;
  readonly author: string | null;
  readonly createdAt: string;
}

interface FileView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string | null;
  readonly owner: string | null;
  readonly runsIn: { readonly source: string; readonly schema: string } | null;
  readonly latest: VersionView;
  readonly updatedAt: string;
  readonly content?: string | null;
}

export function fileCommand(cli: Cli): Command {
  return new Command('file')
    .description('files of a workspace, in versions')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(writeCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(versionsCommand(cli))
    .addCommand(runCommand(cli))
    .addCommand(rmCommand(cli));
}

const filesOf = (workspace: string): string => `/workspaces${path(workspace)}/files`;

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the files of a workspace')
    .argument('<workspace>', 'its name or id')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (workspace: string, options: { limit: number }) => {
      const page = await cli.api().list<FileView>(filesOf(workspace), {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (file) => file.name },
          { title: 'type', value: (file) => file.type },
          { title: 'version', align: 'right', value: (file) => file.latest.number },
          { title: 'by', value: (file) => file.latest.author },
          { title: 'changed', value: (file) => file.updatedAt },
        ],
        'No files.',
      );
    });
}

function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('print what stands in a file')
    .argument('<workspace>', 'its name or id')
    .argument('<file>', 'its name or id')
    .action(async (workspace: string, name: string) => {
      const file = await cli.api().get<FileView>(`${filesOf(workspace)}${path(name)}`);
      cli.print(file, () => file.content ?? '');
    });
}

interface WriteOptions {
  readonly from?: string;
  readonly message?: string;
  readonly source?: string;
  readonly schema?: string;
}

/** Where it runs, when the options say so. */
function placeOf({ source, schema }: WriteOptions): { source: string; schema: string } | undefined {
  if (source === undefined && schema === undefined) return undefined;
  if (source === undefined || schema === undefined) throw usageError('Say --source and --schema together.');
  return { source, schema };
}

function writeCommand(cli: Cli): Command {
  return new Command('write')
    .description('write a file: a new one, or a new version of the one that is there')
    .argument('<workspace>', 'its name or id')
    .argument('<file>', 'its name')
    .option('--from <path>', 'read the text from here; from standard input otherwise')
    .option('--message <text>', 'what changed')
    .option('--source <name>', 'of a new file: where it runs; in the sandbox otherwise')
    .option('--schema <name>', 'the schema there')
    .action(async (workspace: string, name: string, options: WriteOptions) => {
      const content = options.from === undefined ? await readStdin(cli.io) : fileText(options.from);
      const api = cli.api();
      const runsIn = placeOf(options);
      const page = await api.list<FileView>(filesOf(workspace), { q: name }, 500);
      const there = page.items.find((file) => file.name.toLowerCase() === name.toLowerCase());
      const { body } =
        there === undefined
          ? await api.send<FileView>({ method: 'POST', path: filesOf(workspace), body: { name, content, runsIn } })
          : await api.send<FileView>({
              method: 'POST',
              path: `${filesOf(workspace)}${path(there.id)}/versions`,
              body: { content, message: options.message },
            });
      cli.print(body, () => `${body.name} is at version ${body.latest.number}.\n`);
    });
}

function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('rename or describe a file, or say where it runs')
    .argument('<workspace>', 'its name or id')
    .argument('<file>', 'its name or id')
    .option('--name <name>', 'a new name')
    .option('--description <text>', 'what it is for')
    .option('--source <name>', 'where it runs')
    .option('--schema <name>', 'the schema there')
    .action(
      async (workspace: string, file: string, options: WriteOptions & { name?: string; description?: string }) => {
        const change = { name: options.name, description: options.description, runsIn: placeOf(options) };
        if (Object.values(change).every((value) => value === undefined)) throw usageError('Say what to change.');
        const request = { method: 'PATCH', path: `${filesOf(workspace)}${path(file)}`, body: change } as const;
        const { body } = await cli.api().send<FileView>(request);
        cli.print(body, () => `Changed ${body.name}.\n`);
      },
    );
}

function versionsCommand(cli: Cli): Command {
  return new Command('versions')
    .description('list the versions of a file, the newest first')
    .argument('<workspace>', 'its name or id')
    .argument('<file>', 'its name or id')
    .action(async (workspace: string, name: string) => {
      const page = await cli.api().list<VersionView>(`${filesOf(workspace)}${path(name)}/versions`, {}, 1000);
      cli.printList(
        page,
        [
          { title: 'version', align: 'right', value: (version) => version.number },
          { title: 'by', value: (version) => version.author },
          { title: 'when', value: (version) => version.createdAt },
          { title: 'message', value: (version) => version.message },
        ],
        'No versions.',
      );
    });
}

function runCommand(cli: Cli): Command {
  return new Command('run')
    .description("run an SQL file with the workspace's credentials and stream its rows")
    .argument('<workspace>', 'its name or id')
    .argument('<file>', 'its name or id')
    .addOption(
      new Option('--format <format>', 'table on a terminal, ndjson elsewhere').choices([
        'table',
        'ndjson',
        'csv',
        'json',
        'parquet',
      ]),
    )
    .option('-o, --output <file>', 'write the rows to a file, which appears only when it is whole')
    .option('--max-rows <number>', 'rows at most', positiveInteger)
    .option('--write', 'the statement changes data; needs the permission "write"')
    .action(async (workspace: string, file: string, options: RunOptions) => {
      await runStatement(cli, `${filesOf(workspace)}${path(file)}/run`, { write: options.write }, options);
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a file with its versions')
    .argument('<workspace>', 'its name or id')
    .argument('<file>', 'its name or id')
    .action(async (workspace: string, name: string) => {
      await cli.api().send({ method: 'DELETE', path: `${filesOf(workspace)}${path(name)}` });
      cli.print({ deleted: name }, () => `Deleted ${name}.\n`);
    });
}
