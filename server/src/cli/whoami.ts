import { Command } from 'commander';
import type { Cli } from './cli.ts';
import { type UserView, userFields } from './user/view.ts';

interface Me {
  readonly user: UserView;
  readonly tenant?: string | { readonly name?: string; readonly slug?: string };
}

/** `headgate whoami` */
export function whoamiCommand(cli: Cli): Command {
  return new Command('whoami').description('show who is signed in, and where').action(async () => {
    const me = await cli.api().get<Me>('/me');
    cli.print(me, () => cli.fields([['server', cli.server], ...userFields(me.user)]));
  });
}
