/** `headgate source member …`: the sources in a group data source. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';

interface MemberView {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
}

const membersOf = (group: string): string => `/sources${path(group)}/members`;

/** `headgate source member` */
export function memberCommand(cli: Cli): Command {
  return new Command('member')
    .description('members of a group data source')
    .addCommand(listCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(rmCommand(cli));
}

function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list the members of a group that you may see')
    .argument('<group>', 'name or id of the group')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (group: string, options: { limit: number }) => {
      const page = await cli.api().list<MemberView>(membersOf(group), {}, options.limit);
      cli.printList(
        page,
        [
          { title: 'name', value: (member) => member.name },
          { title: 'prefix', value: (member) => member.prefix },
        ],
        'No members.',
      );
    });
}

function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('make a source a member of a group, or change its prefix')
    .argument('<group>', 'name or id of the group')
    .argument('<member>', "name or id of another source of the group's owner")
    .requiredOption('--prefix <text>', "put before the names of the member's entities, unique in the group")
    .action(async (group: string, member: string, options: { prefix: string }) => {
      const request = { method: 'PUT', path: `${membersOf(group)}${path(member)}`, body: options } as const;
      const { body } = await cli.api().send<MemberView>(request);
      cli.print(body, () => `${body.name} is in ${group}, with the prefix ${body.prefix}.\n`);
    });
}

function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('take a source out of a group; the source itself stays')
    .argument('<group>', 'name or id of the group')
    .argument('<member>', 'name or id of the member')
    .action(async (group: string, member: string) => {
      await cli.api().send({ method: 'DELETE', path: `${membersOf(group)}${path(member)}` });
      cli.print({ group, member }, () => `${member} is no longer in ${group}.\n`);
    });
}
