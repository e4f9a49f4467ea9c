import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate user rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a user; refused while they own sources')
    .argument('<username>', 'the user')
    .action(async (username: string) => {
      await cli.api().send({ method: 'DELETE', path: `/users${path(username)}` });
      cli.print({ deleted: username }, () => `Deleted user ${username}.\n`);
    });
}
