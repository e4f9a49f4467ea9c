import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate webhook rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a webhook and the log of its deliveries')
    .argument('<webhook>', 'its name or id')
    .action(async (name: string) => {
      await cli.api().send({ method: 'DELETE', path: `/webhooks${path(name)}` });
      cli.print({ deleted: name }, () => `Deleted webhook ${name}.\n`);
    });
}
