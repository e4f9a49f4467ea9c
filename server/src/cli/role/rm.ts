import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate role rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a role that nobody has')
    .argument('<role>', 'its name or id')
    .action(async (role: string) => {
      await cli.api().send({ method: 'DELETE', path: `/roles${path(role)}` });
      cli.print({ deleted: role }, () => `Deleted role ${role}.\n`);
    });
}
