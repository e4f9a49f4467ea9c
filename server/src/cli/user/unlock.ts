import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate user unlock` */
export function unlockCommand(cli: Cli): Command {
  return new Command('unlock')
    .description('let a user sign in again who was locked out by wrong passwords')
    .argument('<username>', 'the user')
    .action(async (username: string) => {
      const request = { method: 'POST', path: `/users${path(username)}/unlock` } as const;
      const { body } = await cli.api().send<unknown>(request);
      cli.print(body ?? { unlocked: username }, () => `${username} may sign in again.\n`);
    });
}
