/** `headgate token …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { createCommand } from './create.ts';
import { listCommand } from './list.ts';
import { rmCommand } from './rm.ts';

export function tokenCommand(cli: Cli): Command {
  return new Command('token')
    .description('your API tokens, for programs')
    .addCommand(createCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(rmCommand(cli));
}
