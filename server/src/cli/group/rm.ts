import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate group rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a group and the shares with it')
    .argument('<group>', 'the group')
    .action(async (group: string) => {
      await cli.api().send({ method: 'DELETE', path: `/groups${path(group)}` });
      cli.print({ deleted: group }, () => `Deleted group ${group}.\n`);
    });
}
