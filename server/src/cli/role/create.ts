import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { words } from '../options.ts';
import type { RoleView } from './list.ts';

interface CreateOptions {
  permissions: string[];
  description?: string;
  tenant?: string;
}

/** `headgate role create` */
export function createCommand(cli: Cli): Command {
  return new Command('create')
    .description('create a role')
    .argument('<role>', 'its name')
    .requiredOption('--permissions <names>', 'permissions by word or name, separated by commas', words)
    .option('--description <text>', 'what it is for')
    .option('--tenant <slug>', 'tenant; yours when left out')
    .action(async (name: string, options: CreateOptions) => {
      const { body } = await cli.api().send<RoleView>({ method: 'POST', path: '/roles', body: { name, ...options } });
      cli.print(body, () => `Created role ${body.name}.\n`);
    });
}
