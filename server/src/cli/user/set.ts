import { Command, Option } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { words } from '../options.ts';
import type { UserView } from './view.ts';

interface SetOptions {
  firstName?: string;
  lastName?: string;
  email?: string;
  roles?: string[];
  status?: string;
  tenant?: string;
}

/** `headgate user set` */
export function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('change a user; what is not named stays')
    .argument('<username>', 'the user')
    .option('--first-name <name>', 'first name')
    .option('--last-name <name>', 'last name')
    .option('--email <address>', 'e-mail address')
    .option('--roles <names>', 'exactly these roles, separated by commas', words)
    .option('--tenant <slug>', 'moves a user who owns no sources; give roles of that tenant with it')
    .addOption(new Option('--status <status>', 'may the user sign in').choices(['active', 'inactive']))
    .action(async (username: string, options: SetOptions) => {
      if (Object.keys(options).length === 0) throw usageError('Nothing to change is named.');
      const { body } = await cli.api().send<UserView>({
        method: 'PATCH',
        path: `/users${path(username)}`,
        body: options,
      });
      cli.print(body, () => `Changed user ${body.username}.\n`);
    });
}
