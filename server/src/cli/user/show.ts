import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { type UserView, userFields } from './view.ts';

/** `headgate user show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show one user')
    .argument('<username>', 'the user')
    .action(async (username: string) => {
      const user = await cli.api().get<UserView>(`/users${path(username)}`);
      cli.print(user, () => cli.fields(userFields(user)));
    });
}
