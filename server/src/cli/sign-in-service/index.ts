/** `headgate sign-in-service …`: one file a verb; the two verbs of links share one. */
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addCommand } from './add.ts';
import { linkCommand, unlinkCommand, usersCommand } from './link.ts';
import { listCommand } from './list.ts';
import { rmCommand } from './rm.ts';
import { setCommand } from './set.ts';
import { showCommand } from './show.ts';
import { testCommand } from './test.ts';

export function signInServiceCommand(cli: Cli): Command {
  return new Command('sign-in-service')
    .description('directories (LDAP) and OpenID providers to sign in with')
    .addCommand(listCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(testCommand(cli))
    .addCommand(rmCommand(cli))
    .addCommand(usersCommand(cli))
    .addCommand(linkCommand(cli))
    .addCommand(unlinkCommand(cli));
}
