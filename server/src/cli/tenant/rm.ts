import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';

/** `headgate tenant rm` */
export function rmCommand(cli: Cli): Command {
  return new Command('rm')
    .description('delete a tenant without users and sources')
    .argument('<tenant>', 'its slug')
    .action(async (tenant: string) => {
      await cli.api().send({ method: 'DELETE', path: `/tenants${path(tenant)}` });
      cli.print({ deleted: tenant }, () => `Deleted tenant ${tenant}.\n`);
    });
}
