/** `headgate user …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { createCommand } from './create.ts';
import { listCommand } from './list.ts';
import { passwordCommand } from './password.ts';
import { rmCommand } from './rm.ts';
import { setCommand } from './set.ts';
import { showCommand } from './show.ts';
import { unlockCommand } from './unlock.ts';

export function userCommand(cli: Cli): Command {
  return new Command('user')
    .description('users of this installation')
    .addCommand(createCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli))
    .addCommand(unlockCommand(cli))
    .addCommand(passwordCommand(cli));
}
