import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { TenantView } from './list.ts';

/** `headgate tenant create` */
export function createCommand(cli: Cli): Command {
  return new Command('create')
    .description('create a tenant with its roles')
    .argument('<name>', 'its name')
    .option('--slug <slug>', 'its address; made from the name when left out')
    .option('--description <text>', 'what it is for')
    .action(async (name: string, options: { slug?: string; description?: string }) => {
      const { body } = await cli
        .api()
        .send<TenantView>({ method: 'POST', path: '/tenants', body: { name, ...options } });
      cli.print(body, () => `Created tenant ${body.slug}.\n`);
    });
}
