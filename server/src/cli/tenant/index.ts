/** `headgate tenant …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { createCommand } from './create.ts';
import { listCommand } from './list.ts';
import { rmCommand } from './rm.ts';
import { setCommand } from './set.ts';
import { showCommand } from './show.ts';

export function tenantCommand(cli: Cli): Command {
  return new Command('tenant')
    .description('separate parts of one installation')
    .addCommand(createCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli));
}
