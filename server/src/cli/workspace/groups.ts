/** `headgate workspace groups`: groups whose users belong to a workspace. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { pairOf } from './members.ts';

interface GroupMembershipView {
  readonly group: string;
  readonly role: string;
}

export function groupsCommand(cli: Cli): Command {
  return new Command('groups')
    .description('show which groups belong to a workspace, or say which do')
    .argument('<workspace>', 'its name or id')
    .option('--set [group...]', 'exactly these, each as group or group=role; none = no group')
    .action(async (workspace: string, options: { set?: string[] | true }) => {
      const at = `/workspaces${path(workspace)}/groups`;
      const api = cli.api();
      const wanted = options.set === true ? [] : options.set?.map(pairOf);
      const page =
        wanted === undefined
          ? await api.list<GroupMembershipView>(at, {}, 1000)
          : (
              await api.send<{ items: GroupMembershipView[]; nextCursor: null }>({
                method: 'PUT',
                path: at,
                body: { groups: wanted.map(([group, role]) => ({ group, role })) },
              })
            ).body;
      cli.printList(
        page,
        [
          { title: 'group', value: (one) => one.group },
          { title: 'role', value: (one) => one.role },
        ],
        'No groups.',
      );
    });
}
