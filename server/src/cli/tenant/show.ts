import { Command } from 'commander';
import { path } from '../api.ts';
import type { Cli } from '../cli.ts';
import { renderFields } from '../table.ts';
import type { TenantView } from './list.ts';

/** `headgate tenant show` */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description('show a tenant')
    .argument('<tenant>', 'its slug')
    .action(async (tenant: string) => {
      const { body } = await cli.api().send<TenantView>({ method: 'GET', path: `/tenants${path(tenant)}` });
      cli.print(body, () =>
        renderFields([
          ['slug', body.slug],
          ['name', body.name],
          ['description', body.description],
          ['status', body.status],
          ['administrators', body.admins],
          ['id', body.id],
        ]),
      );
    });
}
