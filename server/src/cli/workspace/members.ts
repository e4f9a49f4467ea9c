/** `headgate workspace members`: who belongs to a workspace. */
import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';

interface MemberView {
  readonly username: string;
  readonly label: string;
  readonly role: string;
}

interface Options {
  readonly set?: string[];
  readonly add?: string[];
  readonly remove?: string[];
  readonly grant?: string[];
}

export function membersCommand(cli: Cli): Command {
  return new Command('members')
    .description('show who belongs to a workspace, or say who does')
    .argument('<workspace>', 'its name or id')
    .option('--set <user...>', 'exactly these, each as username or username=label; the owner must be among them')
    .option('--add <user...>', 'these as well, or give them another label')
    .option('--remove <user...>', 'take these out')
    .option(
      '--grant <user...>',
      'with --set or --add: what some of them may do, each as username=role: viewer, analyst, developer, administrator',
    )
    .action(async (workspace: string, options: Options) => {
      const granted = new Map(options.grant?.map(pairOf));
      const at = `/workspaces${path(workspace)}/members`;
      const api = cli.api();
      if (options.set !== undefined && (options.add ?? options.remove) !== undefined) {
        throw usageError('--set says all of them: leave --add and --remove out.');
      }
      for (const { username, ...body } of (options.add ?? []).map((one) => memberOf(one, granted))) {
        await api.send({ method: 'PUT', path: at + path(username), body });
      }
      for (const username of options.remove ?? []) await api.send({ method: 'DELETE', path: at + path(username) });
      const page =
        options.set === undefined
          ? await api.list<MemberView>(at, {}, 10_000)
          : (
              await api.send<{ items: MemberView[]; nextCursor: null }>({
                method: 'PUT',
                path: at,
                body: { members: options.set.map((one) => memberOf(one, granted)) },
              })
            ).body;
      cli.printList(
        page,
        [
          { title: 'user', value: (member) => member.username },
          { title: 'label', value: (member) => member.label },
          { title: 'role', value: (member) => member.role },
        ],
        'No members.',
      );
    });
}

/** `name=word` in its two parts. */
export function pairOf(text: string): [name: string, word: string | undefined] {
  const at = text.indexOf('=');
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function memberOf(text: string, granted: ReadonlyMap<string, string | undefined>) {
  const [username, label] = pairOf(text);
  return { username, label, role: granted.get(username) };
}
