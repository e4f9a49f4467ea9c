/** `headgate role …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { createCommand } from './create.ts';
import { listCommand } from './list.ts';
import { rmCommand } from './rm.ts';
import { setCommand } from './set.ts';
import { showCommand } from './show.ts';

export function roleCommand(cli: Cli): Command {
  return new Command('role')
    .description('named sets of permissions for users')
    .addCommand(createCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli));
}
