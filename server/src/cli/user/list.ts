import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { positiveInteger } from '../options.ts';
import { time } from '../text.ts';
import { fullName, type UserView } from './view.ts';

/** `headgate user list` */
export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description('list users')
    .option('--search <text>', 'only those whose name or address holds this text')
    .option('--tenant <slug>', 'only those of this tenant')
    .option('--limit <number>', 'how many at most', positiveInteger, 100)
    .action(async (options: { search?: string; tenant?: string; limit: number }) => {
      const query = { q: options.search, tenant: options.tenant };
      const page = await cli.api().list<UserView>('/users', query, options.limit);
      cli.printList(
        page,
        [
          { title: 'username', value: (user) => user.username },
          { title: 'name', value: fullName },
          { title: 'roles', value: (user) => user.roles },
          { title: 'tenant', value: (user) => user.tenant },
          { title: 'status', value: (user) => user.status },
          { title: 'last sign-in', value: (user) => (user.lastSignInAt ? time(user.lastSignInAt) : 'never') },
        ],
        'No users.',
      );
    });
}
