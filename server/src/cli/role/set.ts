import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { words } from '../options.ts';
import type { RoleView } from './list.ts';

interface SetOptions {
  name?: string;
  permissions?: string[];
  description?: string;
}

/** `headgate role set` */
export function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('change a role; what is not named stays')
    .argument('<role>', 'its name or id')
    .option('--name <name>', 'a new name')
    .option('--permissions <names>', 'exactly these permissions, separated by commas', words)
    .option('--description <text>', 'what it is for')
    .action(async (role: string, options: SetOptions) => {
      if (Object.keys(options).length === 0) throw usageError('Nothing to change is named.');
      const { body } = await cli.api().send<RoleView>({ method: 'PATCH', path: `/roles${path(role)}`, body: options });
      cli.print(body, () => `Changed role ${body.name}.\n`);
    });
}
