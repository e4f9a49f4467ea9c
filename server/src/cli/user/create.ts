import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { readNewPassword, withPassword, words } from '../options.ts';
import type { UserView } from './view.ts';

interface CreateOptions {
  passwordStdin?: boolean;
  firstName?: string;
  lastName?: string;
  email?: string;
  roles?: string[];
  tenant?: string;
}

/** `headgate user create` */
export function createCommand(cli: Cli): Command {
  const command = new Command('create').description('create a user').argument('<username>', 'how they sign in');
  return withPassword(command, "the new user's password")
    .option('--first-name <name>', 'first name')
    .option('--last-name <name>', 'last name')
    .option('--email <address>', 'e-mail address')
    .option('--roles <names>', 'roles, separated by commas; "user" when left out', words)
    .option('--tenant <slug>', 'tenant; yours when left out')
    .action(async (username: string, options: CreateOptions) => {
      const api = cli.api();
      const password = await readNewPassword(cli, options, `Password for ${username}`);
      const { passwordStdin: _, ...rest } = options;
      const { body } = await api.send<UserView>({
        method: 'POST',
        path: '/users',
        body: { username, password, ...rest },
      });
      cli.print(body, () => `Created user ${body.username}.\n`);
    });
}
