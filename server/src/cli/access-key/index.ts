/** `headgate access-key …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { createCommand } from './create.ts';
import { listCommand } from './list.ts';
import { rmCommand } from './rm.ts';
import { switchCommand } from './switch.ts';

export function accessKeyCommand(cli: Cli): Command {
  return new Command('access-key')
    .description('your access keys, which sign requests to the dataarts door')
    .addCommand(createCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(switchCommand(cli, 'disable'))
    .addCommand(switchCommand(cli, 'enable'))
    .addCommand(rmCommand(cli));
}
