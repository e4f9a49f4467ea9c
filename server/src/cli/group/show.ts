import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import type { GroupView } from './list.ts';

/** `headgate group show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show a group and its members')
    .argument('<group>', 'the group')
    .action(async (name: string) => {
      const group = await cli.api().get<GroupView>(`/groups${path(name)}`);
      cli.print(group, () =>
        cli.fields([
          ['name', group.name],
          ['description', group.description],
          ['tenant', group.tenant],
          ['members', group.members],
          ['id', group.id],
        ]),
      );
    });
}
