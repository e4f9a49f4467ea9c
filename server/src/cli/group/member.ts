import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate group add` */
export function addCommand(cli: Cli): Command {
  return memberCommand(cli, 'add', 'add a user to a group', 'PUT', 'is now in');
}

/** `headgate group remove` */
export function removeCommand(cli: Cli): Command {
  return memberCommand(cli, 'remove', 'take a user out of a group', 'DELETE', 'is no longer in');
}

function memberCommand(cli: Cli, verb: string, meaning: string, method: 'PUT' | 'DELETE', outcome: string): Command {
  return new Command(verb)
    .description(meaning)
    .argument('<group>', 'the group')
    .argument('<username>', 'the user')
    .action(async (group: string, username: string) => {
      await cli.api().send({ method, path: `/groups${path(group)}/members${path(username)}` });
      cli.print({ group, username }, () => `${username} ${outcome} ${group}.\n`);
    });
}
