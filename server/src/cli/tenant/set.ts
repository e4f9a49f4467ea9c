import { Command, Option } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { usageError } from '../exit.ts';
import { words } from '../options.ts';
import type { TenantView } from './list.ts';

interface SetOptions {
  name?: string;
  description?: string;
  status?: string;
  admins?: string[];
}

/** `headgate tenant set` */
export function setCommand(cli: Cli): Command {
  return new Command('set')
    .description('change a tenant; what is not named stays')
    .argument('<tenant>', 'its slug')
    .option('--name <name>', 'a new name')
    .option('--description <text>', 'what it is for')
    .addOption(new Option('--status <status>', 'may its users sign in').choices(['active', 'inactive']))
    .option('--admins <usernames>', 'exactly these administrators, separated by commas', words)
    .action(async (tenant: string, options: SetOptions) => {
      if (Object.keys(options).length === 0) throw usageError('Nothing to change is named.');
      const { body } = await cli
        .api()
        .send<TenantView>({ method: 'PATCH', path: `/tenants${path(tenant)}`, body: options });
      cli.print(body, () => `Changed tenant ${body.slug}.\n`);
    });
}
