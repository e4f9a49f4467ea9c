/** `headgate workspace credential …`: the pair that a workspace has for a source. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { readNewPassword, withPassword } from '../options.ts';

interface PairView {
  readonly id: string;
  readonly source: string;
  readonly username: string;
  readonly owner: string;
}

export function credentialCommand(cli: Cli): Command {
  return new Command('credential')
    .description('the user name and password that a workspace has for a source')
    .addCommand(setCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(rmCommand(cli));
}

function setCommand(cli: Cli): Command {
  const command = new Command('set')
    .description('store a pair, once a connection with it has worked')
    .argument('<workspace>', 'its name or id')
    .argument('<source>', 'the data source')
    .requiredOption('--username <name>', 'the login of the database');
  return withPassword(command, 'the password of the database').action(
    async (workspace: string, source: string, options: { username: string; passwordStdin?: boolean }) => {
      const password = await readNewPassword(cli, options, `Password of ${options.username}`);
      const { body } = await cli.api().send<PairView>({
        method: 'PUT',
        path: `/workspaces${path(workspace)}/credentials${path(source)}`,
        body: { username: options.username, password },
      });
      cli.print(body, () => `${workspace} uses ${source} as ${body.username}.\n`);
    },
  );
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the pairs of a workspace')
    .argument('<workspace>', 'its name or id')
    .action(async (workspace: string) => {
      const page = await cli.api().list<PairView>(`/workspaces${path(workspace)}/credentials`, {}, 500);
      cli.printList(
        page,
        [
          { title: 'source', value: (pair) => pair.source },
          { title: 'username', value: (pair) => pair.username },
          { title: 'stored by', value: (pair) => pair.owner },
        ],
        'No credentials.',
      );
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('remove a pair')
    .argument('<workspace>', 'its name or id')
    .argument('<source>', 'the data source')
    .action(async (workspace: string, source: string) => {
      await cli.api().send({ method: 'DELETE', path: `/workspaces${path(workspace)}/credentials${path(source)}` });
      cli.print({ workspace, source }, () => `${workspace} has no credentials of its own for ${source} any more.\n`);
    });
}
