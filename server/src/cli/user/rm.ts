import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate user rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a user; refused while they own sources')
    .argument('<username>', 'the user')
    .option('--with-sources', 'delete their sources too, for everybody')
    .action(async (username: string, options: { withSources?: true }) => {
      const query = options.withSources ? '?ownedSources=delete' : '';
      await cli.api().send({ method: 'DELETE', path: `/users${path(username)}${query}` });
      cli.print({ deleted: username }, () => `Deleted user ${username}.\n`);
    });
}
