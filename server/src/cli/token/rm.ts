import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate token rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('revoke an API token')
    .argument('<id>', 'id of the token (`headgate token list`)')
    .action(async (id: string) => {
      await cli.api().send({ method: 'DELETE', path: `/tokens${path(id)}` });
      cli.print({ revoked: id }, () => 'The token is revoked.\n');
    });
}
