/** `headgate source …`: one file a verb. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addCommand } from './add.ts';
import { listCommand } from './list.ts';
import { memberCommand } from './member.ts';
import { queryCommand } from './query.ts';
import { rmCommand } from './rm.ts';
import { schemaCommand } from './schema.ts';
import { setCommand } from './set.ts';
import { showCommand } from './show.ts';
import { testCommand } from './test.ts';
import { undeleteCommand } from './undelete.ts';

export function sourceCommand(cli: Cli): Command {
  return new Command('source')
    .description('data sources: register, change, test and query them')
    .addCommand(listCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(testCommand(cli))
    .addCommand(rmCommand(cli))
    .addCommand(undeleteCommand(cli))
    .addCommand(queryCommand(cli))
    .addCommand(schemaCommand(cli))
    .addCommand(memberCommand(cli));
}
