/** `headgate workspace members`: who belongs to a workspace. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';

interface MemberView {
  readonly username: string;
  readonly label: string;
}

export function membersCommand(cli: Cli): Command {
  return new Command('members')
    .description('show who belongs to a workspace, or say who does')
    .argument('<workspace>', 'its name or id')
    .option('--set <user...>', 'exactly these, each as username or username=role; the owner must be among them')
    .option('--add <user...>', 'these as well, or give them another role')
    .option('--remove <user...>', 'take these out')
    .action(async (workspace: string, options: { set?: string[]; add?: string[]; remove?: string[] }) => {
      const at = `/workspaces${path(workspace)}/members`;
      const api = cli.api();
      if (options.set !== undefined && (options.add ?? options.remove) !== undefined) {
        throw usageError('--set says all of them: leave --add and --remove out.');
      }
      for (const { username, label } of (options.add ?? []).map(memberOf)) {
        await api.send({ method: 'PUT', path: at + path(username), body: { label } });
      }
      for (const username of options.remove ?? []) await api.send({ method: 'DELETE', path: at + path(username) });
      const page =
        options.set === undefined
          ? await api.list<MemberView>(at, {}, 10_000)
          : (
              await api.send<{ items: MemberView[]; nextCursor: null }>({
                method: 'PUT',
                path: at,
                body: { members: options.set.map(memberOf) },
              })
            ).body;
      cli.printList(
        page,
        [
          { title: 'user', value: (member) => member.username },
          { title: 'role', value: (member) => member.label },
        ],
        'No members.',
      );
    });
}

function memberOf(text: string): { username: string; label?: string } {
  const at = text.indexOf('=');
  return at === -1 ? { username: text } : { username: text.slice(0, at), label: text.slice(at + 1) };
}
