/** Making, showing, changing and deleting workspaces. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { positiveInteger } from '../options.ts';

interface WorkspaceView {
  readonly id: string;
  readonly name: string;
  readonly summary: string | null;
  readonly public: boolean;
  readonly archivedAt: string | null;
  readonly owner: string;
  readonly members: number;
  readonly stage: { readonly name: string } | null;
  readonly projectStatus: string;
  readonly targetDate: string | null;
}

const visibility = ({ public: open }: WorkspaceView): string => (open ? 'public' : 'private');

/** `headgate workspace create` */
export function createCommand(cli: Cli): Command {
  return new Command('create')
    .description('make a workspace that you own')
    .argument('<workspace>', 'its name')
    .option('--summary <text>', 'what it is for')
    .option('--public', 'everyone of the tenant may read it')
    .action(async (name: string, options: { summary?: string; public?: boolean }) => {
      const request = { method: 'POST', path: '/workspaces', body: { name, ...options } } as const;
      const { body } = await cli.api().send<WorkspaceView>(request);
      cli.print(body, () => `Created workspace ${body.name}.\n`);
    });
}

/** `headgate workspace list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list workspaces')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { limit: number }) => {
      const page = await cli.api().list<WorkspaceView>('/workspaces', {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (workspace) => workspace.name },
          { title: 'owner', value: (workspace) => workspace.owner },
          { title: 'members', align: 'right', value: (workspace) => workspace.members },
          { title: 'visibility', value: visibility },
          { title: 'archived', value: (workspace) => workspace.archivedAt },
        ],
        'No workspaces.',
      );
    });
}

/** `headgate workspace show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show a workspace')
    .argument('<workspace>', 'its name or id')
    .action(async (name: string) => {
      const workspace = await cli.api().get<WorkspaceView>(`/workspaces${path(name)}`);
      cli.print(workspace, () =>
        cli.fields([
          ['name', workspace.name],
          ['summary', workspace.summary],
          ['owner', workspace.owner],
          ['members', workspace.members],
          ['visibility', visibility(workspace)],
          ['archived', workspace.archivedAt],
          ['stage', workspace.stage?.name],
          ['status', workspace.projectStatus],
          ['target date', workspace.targetDate],
          ['id', workspace.id],
        ]),
      );
    });
}

interface SetOptions {
  readonly name?: string;
  readonly summary?: string;
  readonly public?: boolean;
  readonly private?: boolean;
  readonly archive?: boolean;
  readonly unarchive?: boolean;
  readonly status?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly stage?: number;
}

function changeOf(options: SetOptions): Record<string, unknown> {
  if (options.public && options.private) throw usageError('Say --public or --private.');
  if (options.archive && options.unarchive) throw usageError('Say --archive or --unarchive.');
  const change = {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.summary === undefined ? {} : { summary: options.summary }),
    ...(options.public || options.private ? { public: options.public === true } : {}),
    ...(options.archive || options.unarchive ? { archived: options.archive === true } : {}),
    ...(options.status === undefined ? {} : { projectStatus: options.status }),
    ...(options.reason === undefined ? {} : { projectStatusReason: options.reason }),
    ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(options.stage === undefined ? {} : { stage: options.stage }),
  };
  if (Object.keys(change).length === 0) throw usageError('Say what to change.');
  return change;
}

/** `headgate workspace set` */
export function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('change a workspace')
    .argument('<workspace>', 'its name or id')
    .option('--name <name>', 'a new name')
    .option('--summary <text>', 'what it is for')
    .option('--public', 'everyone of the tenant may read it')
    .option('--private', 'only its members may')
    .option('--archive', 'freeze its content')
    .option('--unarchive', 'let it go on')
    .option('--status <word>', 'on_track, needs_attention or at_risk')
    .option('--reason <text>', 'why it stands so')
    .option('--owner <user>', 'a member, who owns it from then on')
    .option('--stage <number>', '1 Define, 2 Transform, 3 Model, 4 Deploy, 5 Act', positiveInteger)
    .action(async (name: string, options: SetOptions) => {
      const request = { method: 'PATCH', path: `/workspaces${path(name)}`, body: changeOf(options) } as const;
      const { body } = await cli.api().send<WorkspaceView>(request);
      cli.print(body, () => `Changed workspace ${body.name}.\n`);
    });
}

/** `headgate workspace rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a workspace and its credentials')
    .argument('<workspace>', 'its name or id')
    .action(async (name: string) => {
      await cli.api().send({ method: 'DELETE', path: `/workspaces${path(name)}` });
      cli.print({ deleted: name }, () => `Deleted workspace ${name}.\n`);
    });
}
