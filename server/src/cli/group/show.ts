import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import type { GroupView } from './list.ts';

/** `headgate group show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show a group and its members')
    .argument('<group>', 'the group')
    .action(async (name: string) => {
      const group = await cli.api().get<GroupView>(`/groups${path(name)}`);
      cli.print(group, () =>
        cli.fields([
          ['name', group.name],
          ['description', group.description],
          ['tenant', group.tenant],
          ['members', memberNames(group.members)],
          ['id', group.id],
        ]),
      );
    });
}

function memberNames(members: GroupView['members']): unknown {
  if (!Array.isArray(members)) return members;
  return members.map((member: unknown) =>
    typeof member === 'object' && member !== null && 'username' in member ? String(member.username) : String(member),
  );
}
