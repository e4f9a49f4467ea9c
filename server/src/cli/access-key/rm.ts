import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate access-key rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete an access key')
    .argument('<id>', 'id of the key (`headgate access-key list`)')
    .action(async (id: string) => {
      await cli.api().send({ method: 'DELETE', path: `/access-keys${path(id)}` });
      cli.print({ deleted: id }, () => 'The access key is deleted.\n');
    });
}
