/** `headgate workspace dataset …`, `… sandbox …`, `… tag …` and `… milestone …`. */
import { Command, Option } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

interface DatasetView {
  readonly id: string;
  readonly source: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly inSandbox: boolean;
}

interface MilestoneView {
  readonly id: string;
  readonly name: string;
  readonly targetDate: string;
  readonly state: string;
}

const at = (workspace: string, what: string): string => `/workspaces${path(workspace)}/${what}`;
const inWorkspace = (command: Command): Command => command.argument('<workspace>', 'its name or id');

export function datasetCommand(cli: Cli): Command {
  const list = inWorkspace(new Command('list').description('list the datasets that are at hand')).action(
    async (workspace: string) => {
      const page = await cli.api().list<DatasetView>(at(workspace, 'datasets'), {}, 1000);
      cli.printList(
        page,
        [
          { title: 'id', value: (dataset) => dataset.id },
          { title: 'schema', value: (dataset) => dataset.schema },
          { title: 'name', value: (dataset) => dataset.name },
          { title: 'kind', value: (dataset) => dataset.kind },
          { title: 'sandbox', value: (dataset) => (dataset.inSandbox ? 'yes' : 'no') },
        ],
        'No datasets.',
      );
    },
  );
  const add = inWorkspace(new Command('add').description('put a table or view at hand'))
    .argument('<source>', 'the data source')
    .argument('<schema>', 'the schema')
    .argument('<name>', 'the table or view')
    .action(async (workspace: string, source: string, schema: string, name: string) => {
      const request = { method: 'POST', path: at(workspace, 'datasets'), body: { source, schema, name } } as const;
      const { body } = await cli.api().send<DatasetView>(request);
      cli.print(body, () => `${body.schema}.${body.name} is at hand.\n`);
    });
  const rm = inWorkspace(new Command('rm').description('take a dataset away; no table is dropped'))
    .argument('<dataset>', 'its id')
    .action(async (workspace: string, dataset: string) => {
      await cli.api().send({ method: 'DELETE', path: `${at(workspace, 'datasets')}${path(dataset)}` });
      cli.print({ removed: dataset }, () => `Took ${dataset} away.\n`);
    });
  return new Command('dataset')
    .description('tables and views that are at hand in a workspace')
    .addCommand(list)
    .addCommand(add)
    .addCommand(rm);
}

export function sandboxCommand(cli: Cli): Command {
  const set = inWorkspace(new Command('set').description('say in which schema it may make tables'))
    .argument('<source>', 'a PostgreSQL data source')
    .argument('<schema>', 'the schema; one that is not there yet is made')
    .action(async (workspace: string, source: string, schema: string) => {
      const request = { method: 'PUT', path: at(workspace, 'sandbox'), body: { source, schema } } as const;
      const { body } = await cli.api().send(request);
      cli.print(body, () => `${workspace} makes its tables in ${schema} of ${source}.\n`);
    });
  const rm = inWorkspace(new Command('rm').description('take the sandbox away; its tables stay')).action(
    async (workspace: string) => {
      await cli.api().send({ method: 'DELETE', path: at(workspace, 'sandbox') });
      cli.print({ workspace }, () => `${workspace} has no sandbox any more.\n`);
    },
  );
  return new Command('sandbox').description('the schema of a workspace').addCommand(set).addCommand(rm);
}

export function tagCommand(cli: Cli): Command {
  const verb = (name: string, method: 'PUT' | 'DELETE', description: string, done: string): Command =>
    inWorkspace(new Command(name).description(description))
      .argument('<tag>', 'the word')
      .action(async (workspace: string, tag: string) => {
        await cli.api().send({ method, path: `${at(workspace, 'tags')}${path(tag)}` });
        cli.print({ workspace, tag }, () => `${done} ${tag}.\n`);
      });
  return new Command('tag')
    .description('tags of a workspace')
    .addCommand(verb('add', 'PUT', 'put a tag on it', 'Added'))
    .addCommand(verb('rm', 'DELETE', 'take a tag off it', 'Removed'));
}

export function milestoneCommand(cli: Cli): Command {
  const list = inWorkspace(new Command('list').description('list milestones by date')).action(
    async (workspace: string) => {
      const page = await cli.api().list<MilestoneView>(at(workspace, 'milestones'), {}, 1000);
      cli.printList(
        page,
        [
          { title: 'id', value: (milestone) => milestone.id },
          { title: 'date', value: (milestone) => milestone.targetDate },
          { title: 'name', value: (milestone) => milestone.name },
          { title: 'state', value: (milestone) => milestone.state },
        ],
        'No milestones.',
      );
    },
  );
  const add = inWorkspace(new Command('add').description('plan a milestone'))
    .argument('<name>', 'what is reached')
    .argument('<date>', 'when, as 2027-01-31')
    .action(async (workspace: string, name: string, targetDate: string) => {
      const request = { method: 'POST', path: at(workspace, 'milestones'), body: { name, targetDate } } as const;
      const { body } = await cli.api().send<MilestoneView>(request);
      cli.print(body, () => `Planned ${body.name} for ${body.targetDate}.\n`);
    });
  const set = inWorkspace(new Command('set').description('change a milestone'))
    .argument('<milestone>', 'its id')
    .option('--name <name>', 'what is reached')
    .option('--date <date>', 'when')
    .addOption(new Option('--state <word>', 'how it stands').choices(['planned', 'achieved']))
    .action(async (workspace: string, id: string, options: { name?: string; date?: string; state?: string }) => {
      const change = { name: options.name, targetDate: options.date, state: options.state };
      const request = { method: 'PATCH', path: `${at(workspace, 'milestones')}${path(id)}`, body: change } as const;
      const { body } = await cli.api().send<MilestoneView>(request);
      cli.print(body, () => `${body.name}: ${body.targetDate}, ${body.state}.\n`);
    });
  const rm = inWorkspace(new Command('rm').description('delete a milestone'))
    .argument('<milestone>', 'its id')
    .action(async (workspace: string, id: string) => {
      await cli.api().send({ method: 'DELETE', path: `${at(workspace, 'milestones')}${path(id)}` });
      cli.print({ deleted: id }, () => `Deleted milestone ${id}.\n`);
    });
  return new Command('milestone')
    .description('target dates of a workspace')
    .addCommand(list)
    .addCommand(add)
    .addCommand(set)
    .addCommand(rm);
}
