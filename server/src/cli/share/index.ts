/** `headgate share …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addCommand } from './add.ts';
import { listCommand } from './list.ts';
import { rmCommand } from './rm.ts';
import { setCommand } from './set.ts';

export function shareCommand(cli: Cli): Command {
  return new Command('share')
    .description('who else may use a source, and how')
    .addCommand(listCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli));
}
