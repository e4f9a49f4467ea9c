/** `headgate group …`: one file a verb; the two member verbs share one. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { createCommand } from './create.ts';
import { listCommand } from './list.ts';
import { addCommand, removeCommand } from './member.ts';
import { rmCommand } from './rm.ts';
import { showCommand } from './show.ts';

export function groupCommand(cli: Cli): Command {
  return new Command('group')
    .description('groups of users, to share sources with')
    .addCommand(createCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(rmCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(removeCommand(cli));
}
